/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-rng.h"

#include <math.h>

#define GOLDEN G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)

__extension__ typedef unsigned __int128 Wide;

static inline guint64
rotate_left (guint64 x, int k)
{
  return (x << k) | (x >> (64 - k));
}

void
ple_rng_init (PleRng *rng, guint64 seed)
{
  for (int i = 0; i < 4; i++)
    {
      seed += GOLDEN;
      rng->state[i] = ple_mix64 (seed);
    }
}

void
ple_rng_split (const PleRng *parent, guint64 stream, PleRng *child)
{
  guint64 h = ple_mix64 (stream + GOLDEN);

  for (int i = 0; i < 4; i++)
    h = ple_mix64 (h ^ parent->state[i]) + GOLDEN;
  ple_rng_init (child, h);
}

guint64
ple_rng_next (PleRng *rng)
{
  guint64 *s = rng->state;
  guint64 result = rotate_left (s[0] + s[3], 23) + s[0];
  guint64 t = s[1] << 17;

  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate_left (s[3], 45);
  return result;
}

double
ple_rng_uniform (PleRng *rng)
{
  return (double) (ple_rng_next (rng) >> 11) * 0x1p-53;
}

guint64
ple_rng_below (PleRng *rng, guint64 n)
{
  Wide product = (Wide) ple_rng_next (rng) * n;
  guint64 low = (guint64) product;

  if (low < n)
    {
      guint64 threshold = (0 - n) % n;

      while (low < threshold)
        {
          product = (Wide) ple_rng_next (rng) * n;
          low = (guint64) product;
        }
    }
  return (guint64) (product >> 64);
}

double
ple_rng_normal (PleRng *rng)
{
  /* 1 - u is in (0, 1], so the logarithm is finite. */
  double radius = sqrt (-2 * log (1 - ple_rng_uniform (rng)));

  return radius * cos (2 * G_PI * ple_rng_uniform (rng));
}

void
ple_rng_fill_normal (PleRng *rng, float *values, size_t n, double deviation)
{
  for (size_t i = 0; i < n; i++)
    values[i] = (float) (deviation * ple_rng_normal (rng));
}

void
ple_rng_shuffle (PleRng *rng, guint32 *values, size_t n)
{
  for (size_t i = n; i > 1; i--)
    {
      size_t j = ple_rng_below (rng, i);
      guint32 swap = values[i - 1];

      values[i - 1] = values[j];
      values[j] = swap;
    }
}

void
ple_rng_sample (PleRng *rng, size_t n, size_t k, guint32 *chosen)
{
  g_autoptr (GHashTable) taken = NULL;

  g_return_if_fail (k <= n && n <= G_MAXUINT32);

  taken = g_hash_table_new (NULL, NULL);
  for (size_t i = 0; i < k; i++)
    {
      size_t top = n - k + i;
      size_t pick = ple_rng_below (rng, top + 1);

      if (g_hash_table_contains (taken, GSIZE_TO_POINTER (pick)))
        pick = top;
      g_hash_table_add (taken, GSIZE_TO_POINTER (pick));
      chosen[i] = (guint32) pick;
    }
  ple_rng_shuffle (rng, chosen, k);
}
