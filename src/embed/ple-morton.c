/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "embed/ple-morton-private.h"

#include <string.h>

#define CELLS 65536
#define DIGIT_BITS 11
#define N_DIGITS 3 /* of 32 bits */
#define N_BUCKETS ((size_t) 1 << DIGIT_BITS)

/* abcd becomes 0a0b0c0d. */
static guint32
spread_bits (guint32 v)
{
  v = (v | (v << 8)) & 0x00ff00ff;
  v = (v | (v << 4)) & 0x0f0f0f0f;
  v = (v | (v << 2)) & 0x33333333;
  return (v | (v << 1)) & 0x55555555;
}

static void
find_range (size_t n, const float *values, float *low, float *scale)
{
  float high;

  *low = high = n > 0 ? values[0] : 0;
  for (size_t i = 1; i < n; i++)
    {
      *low = MIN (*low, values[i]);
      high = MAX (high, values[i]);
    }
  *scale = high > *low ? (float) ((CELLS - 1) / ((double) high - (double) *low)) : 0;
}

void
ple_morton_order (size_t n, const float *x, const float *y, guint32 *order)
{
  g_autofree guint64 *keys = g_new (guint64, MAX (n, 1)); /* code, then index */
  g_autofree guint64 *spare = g_new (guint64, MAX (n, 1));
  float low_x, low_y, scale_x, scale_y;

  find_range (n, x, &low_x, &scale_x);
  find_range (n, y, &low_y, &scale_y);
  for (size_t i = 0; i < n; i++)
    {
      guint32 column = (guint32) CLAMP ((x[i] - low_x) * scale_x, 0.0f, CELLS - 1.0f);
      guint32 row = (guint32) CLAMP ((y[i] - low_y) * scale_y, 0.0f, CELLS - 1.0f);

      keys[i] = (guint64) (spread_bits (column) | (spread_bits (row) << 1)) << 32 | i;
    }
  /* Radix sort, which keeps the order of equal digits. */
  for (guint digit = 0; digit < N_DIGITS; digit++)
    {
      size_t begins[N_BUCKETS + 1] = { 0 };
      guint shift = 32 + digit * DIGIT_BITS;
      guint64 *swap = keys;

      for (size_t i = 0; i < n; i++)
        begins[((keys[i] >> shift) & (N_BUCKETS - 1)) + 1]++;
      for (size_t b = 0; b < N_BUCKETS; b++)
        begins[b + 1] += begins[b];
      for (size_t i = 0; i < n; i++)
        spare[begins[(keys[i] >> shift) & (N_BUCKETS - 1)]++] = keys[i];
      keys = spare;
      spare = swap;
    }
  for (size_t i = 0; i < n; i++)
    order[i] = (guint32) keys[i];
}
