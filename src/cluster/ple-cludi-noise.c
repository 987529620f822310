/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-cludi-noise.h"

#include "base/ple-clones.h"

#include <math.h>
#include <string.h>

#define BLOCK 256

#define INLINE static inline __attribute__ ((always_inline))

/* x = 2^e m with m in [0.7, 1.4]; log m = 2 atanh ((m - 1) / (m + 1)) by its series, whose argument
 * is below 0.172. */
INLINE float
fast_log (float x)
{
  gint32 bits, e;
  float m, s, s2, p;

  memcpy (&bits, &x, sizeof bits);
  e = (bits - 0x3f3504f3) >> 23;
  bits -= e * (1 << 23);
  memcpy (&m, &bits, sizeof m);
  s = (m - 1.0f) / (m + 1.0f);
  s2 = s * s;
  p = 2.0f / 9;
  p = p * s2 + 2.0f / 7;
  p = p * s2 + 2.0f / 5;
  p = p * s2 + 2.0f / 3;
  p = p * s2 + 2.0f;
  return (float) e * 0.693147181f + p * s;
}

PLE_CLONES void
ple_cludi_log (size_t n, const float *x, float *y)
{
  for (size_t i = 0; i < n; i++)
    y[i] = fast_log (x[i]);
}

/* sin and cos of 2 pi u, u in [0, 1): the nearest quarter turn, then Taylor on ±pi / 4. */
INLINE void
fast_turn (float u, float *sine, float *cosine)
{
  float quarter = 4.0f * u + 12582912.0f;
  gint32 q;
  float r, r2, s, c, swap_s, swap_c;

  memcpy (&q, &quarter, sizeof q);
  quarter -= 12582912.0f;
  r = (4.0f * u - quarter) * 1.57079633f;
  r2 = r * r;
  s = 1.0f / 362880;
  s = s * r2 - 1.0f / 5040;
  s = s * r2 + 1.0f / 120;
  s = s * r2 - 1.0f / 6;
  s = s * r2 * r + r;
  c = 1.0f / 40320;
  c = c * r2 - 1.0f / 720;
  c = c * r2 + 1.0f / 24;
  c = c * r2 - 0.5f;
  c = c * r2 + 1.0f;
  swap_s = (q & 1) != 0 ? c : s;
  swap_c = (q & 1) != 0 ? s : c;
  *sine = (q & 2) != 0 ? -swap_s : swap_s;
  *cosine = ((q + 1) & 2) != 0 ? -swap_c : swap_c;
}

/* BLOCK words of 64 bits to 2 BLOCK normals. */
PLE_CLONES static void
transform (const guint32 *restrict low, const guint32 *restrict high, float *restrict out)
{
  for (size_t i = 0; i < BLOCK; i++)
    {
      /* in (0, 1]; the half keeps it off 0 */
      float u = ((float) (low[i] >> 8) + 0.5f) * (1.0f / 16777216) +
                (float) (low[i] & 255) * (1.0f / 4294967296.0f);
      float turn = (float) (high[i] >> 8) * (1.0f / 16777216);
      float radius = sqrtf (-2.0f * fast_log (u));
      float sine, cosine;

      fast_turn (turn, &sine, &cosine);
      out[i] = radius * cosine;
      out[BLOCK + i] = radius * sine;
    }
}

void
ple_cludi_fill_normal (PleRng *rng, float *values, size_t n)
{
  guint32 low[BLOCK], high[BLOCK];
  float block[2 * BLOCK];

  for (size_t begin = 0; begin < n; begin += 2 * BLOCK)
    {
      for (size_t i = 0; i < BLOCK; i++)
        {
          guint64 bits = ple_rng_next (rng);

          low[i] = (guint32) bits;
          high[i] = (guint32) (bits >> 32);
        }
      transform (low, high, block);
      memcpy (values + begin, block, MIN (n - begin, 2 * BLOCK) * sizeof (float));
    }
}

PLE_CLONES static void
threshold (size_t n, const guint16 *restrict draws, guint16 limit, float kept, float *restrict out)
{
  for (size_t i = 0; i < n; i++)
    out[i] = draws[i] >= limit ? kept : 0.0f;
}

void
ple_cludi_fill_mask (PleRng *rng, double rate, gboolean rescale, float *values, size_t n)
{
  const guint16 limit = (guint16) MIN (lrint (rate * 65536), 65535);
  const float kept = rescale ? (float) (65536.0 / (65536.0 - limit)) : 1;
  guint64 words[BLOCK];
  guint16 draws[4 * BLOCK];

  for (size_t begin = 0; begin < n; begin += 4 * BLOCK)
    {
      const size_t here = MIN (n - begin, 4 * BLOCK);

      for (size_t i = 0; i < (here + 3) / 4; i++)
        words[i] = ple_rng_next (rng);
      memcpy (draws, words, (here + 3) / 4 * sizeof (guint64));
      threshold (here, draws, limit, kept, values + begin);
    }
}
