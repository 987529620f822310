/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small discs with soft edges, laid over a picture: the inner loop of the map. */
#include "config.h"

#include "plot/ple-splat-private.h"

#include <math.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Coverage is measured on a grid of SAMPLES x SAMPLES in each pixel. */
#define SAMPLES 8

static double
coverage (double px, double py, double cx, double cy, double radius, double inner)
{
  int hits = 0;
  for (int j = 0; j < SAMPLES; j++)
    for (int i = 0; i < SAMPLES; i++)
      {
        double dx = px + (i + 0.5) / SAMPLES - cx;
        double dy = py + (j + 0.5) / SAMPLES - cy;
        double d = dx * dx + dy * dy;
        hits += d <= radius * radius && d >= inner * inner;
      }
  return (double) hits / (SAMPLES * SAMPLES);
}

void
ple_sprite_init (PleSprite *sprite, double radius, double inner, double opacity)
{
  /* A phase moves the centre by up to 3/4; the disc needs its radius on either side of that. */
  double reach = MIN (radius, (PLE_SPRITE_MAX_SIDE - 1) / 2.0);
  int side = (int) ceil (2 * reach + (PLE_SPRITE_PHASES - 1.0) / PLE_SPRITE_PHASES);
  sprite->side = CLAMP (side, 1, PLE_SPRITE_MAX_SIDE);
  sprite->width = sprite->side <= 4 ? 4 : sprite->side <= 8 ? 8 : 16;
  sprite->centre = (float) reach;

  size_t phase_size = (size_t) sprite->side * (size_t) sprite->width * 4;
  sprite->weight = g_new (gint16, PLE_SPRITE_PHASES * PLE_SPRITE_PHASES * phase_size);
  gint16 *out = sprite->weight;
  for (int v = 0; v < PLE_SPRITE_PHASES; v++)
    for (int u = 0; u < PLE_SPRITE_PHASES; u++)
      for (int py = 0; py < sprite->side; py++)
        for (int px = 0; px < sprite->width; px++)
          {
            double cx = reach + (double) u / PLE_SPRITE_PHASES;
            double cy = reach + (double) v / PLE_SPRITE_PHASES;
            double a = coverage (px, py, cx, cy, reach, inner) * opacity;
            for (int channel = 0; channel < 4; channel++)
              *out++ = (gint16) lround (a * 128);
          }
}

void
ple_sprite_clear (PleSprite *sprite)
{
  g_clear_pointer (&sprite->weight, g_free);
}

/* Upper left pixel and phase for a centre at (x, y). */
static inline const gint16 *
place (const PleSprite *sprite, float x, float y, int *left, int *top)
{
  float fx = (x - sprite->centre) * PLE_SPRITE_PHASES;
  float fy = (y - sprite->centre) * PLE_SPRITE_PHASES;
  /* One instruction each, where floor() would be a call. */
  int ix = (int) lrintf (fx);
  int iy = (int) lrintf (fy);
  *left = ix >> 2;
  *top = iy >> 2;
  return sprite->weight +
         (size_t) ((iy & 3) * 4 + (ix & 3)) * (size_t) (sprite->side * sprite->width * 4);
}

static inline guint32
mix (guint32 d, guint32 c, const gint16 *w)
{
  guint32 result = 0;
  for (int shift = 0, channel = 0; channel < 4; shift += 8, channel++)
    {
      int a = (int) (d >> shift) & 255, b = (int) (c >> shift) & 255;
      result |= (guint32) ((a + (((b - a) * w[channel] + 64) >> 7)) & 255) << shift;
    }
  return result;
}

static void
blit_clipped (const PleBlit *blit,
              const PleSprite *sprite,
              guint32 colour,
              const gint16 *weight,
              int left,
              int top)
{
  int first = MAX (0, -left), end = MIN (sprite->width, blit->width - left);
  for (int j = MAX (0, blit->top - top); j < MIN (sprite->side, blit->bottom - top); j++)
    {
      guint32 *d = blit->row + (size_t) (top + j) * blit->stride;
      const gint16 *w = weight + j * sprite->width * 4;
      for (int i = first; i < end; i++)
        d[left + i] = mix (d[left + i], colour, w + 4 * i);
    }
}

void
ple_blit_scalar (const PleBlit *blit, const PleSprite *sprite, guint32 colour, float x, float y)
{
  int left, top;
  const gint16 *weight = place (sprite, x, y, &left, &top);
  blit_clipped (blit, sprite, colour, weight, left, top);
}

#ifdef __SSE2__

/* Four pixels. */
static inline __m128i
mix_4 (__m128i d, __m128i c, __m128i w_low, __m128i w_high)
{
  const __m128i zero = _mm_setzero_si128 ();
  const __m128i half = _mm_set1_epi16 (64);
  __m128i low = _mm_unpacklo_epi8 (d, zero);
  __m128i high = _mm_unpackhi_epi8 (d, zero);
  __m128i add_low = _mm_mullo_epi16 (_mm_sub_epi16 (c, low), w_low);
  __m128i add_high = _mm_mullo_epi16 (_mm_sub_epi16 (c, high), w_high);
  low = _mm_add_epi16 (low, _mm_srai_epi16 (_mm_add_epi16 (add_low, half), 7));
  high = _mm_add_epi16 (high, _mm_srai_epi16 (_mm_add_epi16 (add_high, half), 7));
  return _mm_packus_epi16 (low, high);
}

static inline void
blit_rows (guint32 *d, size_t stride, int rows, int quads, __m128i c, const __m128i *w)
{
  for (int j = 0; j < rows; j++, d += stride)
    for (int q = 0; q < quads; q++, w += 2)
      {
        __m128i *at = (__m128i *) (void *) (d + 4 * q);
        __m128i old = _mm_loadu_si128 (at);
        _mm_storeu_si128 (at, mix_4 (old, c, _mm_loadu_si128 (w), _mm_loadu_si128 (w + 1)));
      }
}

void
ple_blit_sprite (const PleBlit *blit, const PleSprite *sprite, guint32 colour, float x, float y)
{
  int left, top;
  const gint16 *weight = place (sprite, x, y, &left, &top);
  if (left < 0 || left + sprite->width > blit->width)
    {
      blit_clipped (blit, sprite, colour, weight, left, top);
      return;
    }
  int first = MAX (0, blit->top - top);
  int rows = MIN (sprite->side, blit->bottom - top) - first;
  if (rows <= 0)
    return;
  guint32 *d = blit->row + (size_t) (top + first) * blit->stride + left;
  const __m128i *w = (const __m128i *) (const void *) (weight + first * sprite->width * 4);
  __m128i c = _mm_unpacklo_epi8 (_mm_set1_epi32 ((int) colour), _mm_setzero_si128 ());
  /* Constant widths, so that the inner loop unrolls. */
  if (sprite->width == 4)
    blit_rows (d, blit->stride, rows, 1, c, w);
  else if (sprite->width == 8)
    blit_rows (d, blit->stride, rows, 2, c, w);
  else
    blit_rows (d, blit->stride, rows, 4, c, w);
}

#else

void
ple_blit_sprite (const PleBlit *blit, const PleSprite *sprite, guint32 colour, float x, float y)
{
  ple_blit_scalar (blit, sprite, colour, x, y);
}

#endif
