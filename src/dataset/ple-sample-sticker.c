/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rim and shadow of an object, from its coverage. On the pixels and not by thirty shifted
 * cairo_mask(), which takes ten times as long. */
#include "config.h"

#include "dataset/ple-sample-private.h"

#include <math.h>
#include <string.h>

#define N_DIRECTIONS 16

/* Coverage with a margin, so that shifted reads stay inside. */
typedef struct
{
  int width, height, margin, stride;
  float *values;
} Coverage;

static float *
coverage_at (const Coverage *coverage, int x, int y)
{
  return coverage->values + (y + coverage->margin) * coverage->stride + x + coverage->margin;
}

static void
coverage_init (Coverage *coverage, cairo_surface_t *surface, int margin)
{
  const guint8 *rows = cairo_image_surface_get_data (surface);
  int stride = cairo_image_surface_get_stride (surface);

  coverage->width = cairo_image_surface_get_width (surface);
  coverage->height = cairo_image_surface_get_height (surface);
  coverage->margin = margin;
  coverage->stride = coverage->width + 2 * margin;
  coverage->values =
      g_new0 (float, (size_t) coverage->stride *(size_t) (coverage->height + 2 * margin));
  for (int y = 0; y < coverage->height; y++)
    {
      const guint32 *row = (const guint32 *) (gconstpointer) (rows + (size_t) y * (size_t) stride);
      float *to = coverage_at (coverage, 0, y);

      for (int x = 0; x < coverage->width; x++)
        to[x] = (float) (row[x] >> 24) / 255;
    }
}

/* out = max (out, shifted) or out += shifted, the coverage moved by (dx, dy) pixels, bilinear. */
static void
coverage_merge_shifted (
    const Coverage *coverage, double dx, double dy, gboolean accumulate, float *restrict out)
{
  int ix = (int) floor (-dx), iy = (int) floor (-dy);
  float tx = (float) (-dx - ix), ty = (float) (-dy - iy);

  for (int y = 0; y < coverage->height; y++)
    {
      const float *restrict upper = coverage_at (coverage, ix, y + iy);
      const float *restrict lower = upper + coverage->stride;
      float *restrict to = out + (size_t) y * (size_t) coverage->width;

      for (int x = 0; x < coverage->width; x++)
        {
          float value = (1 - ty) * ((1 - tx) * upper[x] + tx * upper[x + 1]) +
                        ty * ((1 - tx) * lower[x] + tx * lower[x + 1]);

          to[x] = accumulate ? to[x] + value : MAX (to[x], value);
        }
    }
}

/* Covers the current clip with @ink through @alpha, times @scale, laid over @like. */
static void
paint_through (PlePen *pen, PleInk ink, const float *alpha, float scale, cairo_surface_t *like)
{
  int width = cairo_image_surface_get_width (like);
  int height = cairo_image_surface_get_height (like);
  cairo_surface_t *mask = cairo_image_surface_create (CAIRO_FORMAT_A8, width, height);
  guint8 *rows = cairo_image_surface_get_data (mask);
  size_t stride = (size_t) cairo_image_surface_get_stride (mask);
  double x, y;

  if (rows == NULL) /* out of memory: the picture lacks a rim */
    {
      cairo_surface_destroy (mask);
      return;
    }
  for (int j = 0; j < height; j++)
    for (int i = 0; i < width; i++)
      rows[(size_t) j * stride + (size_t) i] =
          (guint8) (255 * MIN (1, scale * alpha[(size_t) j * (size_t) width + (size_t) i]) + 0.5f);
  cairo_surface_mark_dirty (mask);
  cairo_surface_get_device_offset (like, &x, &y);
  cairo_save (pen->cr);
  cairo_identity_matrix (pen->cr);
  ple_pen_set (pen, ink, 1);
  cairo_mask_surface (pen->cr, mask, -x, -y);
  cairo_restore (pen->cr);
  cairo_surface_destroy (mask);
}

void
ple_pen_paint_sticker (PlePen *pen, cairo_pattern_t *object, double rim, double lift)
{
  cairo_surface_t *surface;
  g_autofree float *alpha = NULL;
  Coverage coverage;
  double unit = 1, zero = 0, spread, n_pixels;

  if (cairo_pattern_get_surface (object, &surface) != CAIRO_STATUS_SUCCESS ||
      cairo_surface_get_type (surface) != CAIRO_SURFACE_TYPE_IMAGE)
    g_return_if_reached ();
  cairo_surface_flush (surface);

  cairo_user_to_device_distance (pen->cr, &unit, &zero);
  rim *= unit;
  lift *= unit;
  spread = rim * 0.8 + 0.9 * unit;
  coverage_init (&coverage, surface, (int) ceil (spread + rim + lift) + 2);
  n_pixels = (double) coverage.width * coverage.height;

  alpha = g_new0 (float, (size_t) n_pixels);
  for (int i = 0; i < N_DIRECTIONS; i++)
    {
      double angle = 2 * G_PI * i / N_DIRECTIONS;

      coverage_merge_shifted (&coverage, spread * cos (angle) + lift * 0.5,
                              spread * sin (angle) + lift, TRUE, alpha);
    }
  paint_through (pen, pen->dark, alpha, 0.5f / N_DIRECTIONS, surface);

  memset (alpha, 0, (size_t) n_pixels * sizeof *alpha);
  for (int i = 0; i < N_DIRECTIONS; i++)
    {
      double angle = 2 * G_PI * i / N_DIRECTIONS;

      coverage_merge_shifted (&coverage, rim * cos (angle), rim * sin (angle), FALSE, alpha);
    }
  paint_through (pen, pen->light, alpha, 1, surface);
  g_free (coverage.values);

  cairo_set_source (pen->cr, object);
  cairo_paint (pen->cr);
}
