/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "embed/ple-tsne-forces-private.h"

#include "base/ple-clones.h"
#include "embed/ple-fast-math-private.h"

/* A point of the layout, read as one number: where the processor has no quick gather (and on those
 * whose gather was slowed against leaks), half as many loads. */
typedef guint64 __attribute__ ((may_alias)) Pair;

static inline __attribute__ ((always_inline)) void
split (Pair pair, float *x, float *y)
{
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
  guint32 first = (guint32) pair, second = (guint32) (pair >> 32);
#else
  guint32 first = (guint32) (pair >> 32), second = (guint32) pair;
#endif

  memcpy (x, &first, sizeof *x);
  memcpy (y, &second, sizeof *y);
}

PLE_CLONES void
ple_tsne_attract (
    const PleNeighbourGraph *p, size_t begin, size_t end, const float *xy, float *fx, float *fy)
{
  const Pair *pairs = (const Pair *) xy;

  for (size_t i = begin; i < end; i++)
    {
      const gint32 *restrict columns = p->columns + p->offsets[i];
      const float *restrict values = p->values + p->offsets[i];
      int n_entries = (int) (p->offsets[i + 1] - p->offsets[i]);
      float x_i = xy[2 * i], y_i = xy[2 * i + 1], sum_x = 0, sum_y = 0;

#pragma omp simd reduction(+ : sum_x, sum_y)
      for (int e = 0; e < n_entries; e++)
        {
          float x, y, dx, dy, force;

          split (pairs[columns[e]], &x, &y);
          dx = x_i - x;
          dy = y_i - y;
          force = values[e] / (1.0f + dx * dx + dy * dy);

          sum_x += force * dx;
          sum_y += force * dy;
        }
      fx[i - begin] = sum_x;
      fy[i - begin] = sum_y;
    }
}

PLE_CLONES double
ple_tsne_repel_exact (
    size_t n, size_t begin, size_t end, const float *x, const float *y, float *fx, float *fy)
{
  double z = 0;

  for (size_t i = begin; i < end; i++)
    {
      float x_i = x[i], y_i = y[i], sum_w = 0, sum_x = 0, sum_y = 0;

#pragma omp simd reduction(+ : sum_w, sum_x, sum_y)
      for (size_t j = 0; j < n; j++)
        {
          float dx = x_i - x[j];
          float dy = y_i - y[j];
          float w = 1.0f / (1.0f + dx * dx + dy * dy);
          float w2 = w * w;

          sum_w += w;
          sum_x += w2 * dx;
          sum_y += w2 * dy;
        }
      fx[i - begin] = sum_x;
      fy[i - begin] = sum_y;
      z += (double) sum_w - 1; /* the pair (i, i) */
    }
  return z;
}

PLE_CLONES double
ple_tsne_divergence (const PleNeighbourGraph *p, size_t begin, size_t end, const float *xy)
{
  const Pair *pairs = (const Pair *) xy;
  double total = 0;

  for (size_t i = begin; i < end; i++)
    {
      const gint32 *restrict columns = p->columns + p->offsets[i];
      const float *restrict values = p->values + p->offsets[i];
      int n_entries = (int) (p->offsets[i + 1] - p->offsets[i]);
      float x_i = xy[2 * i], y_i = xy[2 * i + 1];
      double sum = 0;

#pragma omp simd reduction(+ : sum)
      for (int e = 0; e < n_entries; e++)
        {
          float x, y, dx, dy;

          split (pairs[columns[e]], &x, &y);
          dx = x_i - x;
          dy = y_i - y;
          sum +=
              (double) (values[e] * (ple_logf (values[e]) + ple_logf (1.0f + dx * dx + dy * dy)));
        }
      total += sum;
    }
  return total;
}
