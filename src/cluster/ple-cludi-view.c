/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-cludi-view.h"

#include "nn/ple-kernels.h"

#include <math.h>

#define MIN_NORM 1e-12

static double
norm_of (size_t n, const float *x)
{
  return MAX (sqrt (ple_kernel_dot (n, x, x)), MIN_NORM);
}

void
ple_cludi_view (
    size_t n_rows, size_t n_cols, double noise, const float *normals, const float *mask, float *x)
{
  for (size_t i = 0; i < n_rows; i++)
    {
      const float *direction = normals + i * n_cols, *kept = mask + i * n_cols;
      const float length = (float) (noise / norm_of (n_cols, direction));
      float *row = x + i * n_cols;

      for (size_t j = 0; j < n_cols; j++)
        row[j] = kept[j] * (row[j] + length * direction[j]);
    }
}

void
ple_cludi_unit_rows (size_t n_rows, size_t n_cols, float *x)
{
  for (size_t i = 0; i < n_rows; i++)
    {
      float *row = x + i * n_cols;
      const float factor = (float) (1 / norm_of (n_cols, row));

      for (size_t j = 0; j < n_cols; j++)
        row[j] *= factor;
    }
}
