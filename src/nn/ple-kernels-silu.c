/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "nn/ple-kernels.h"

#include "nn/ple-kernels-private.h"

PLE_CLONES_INLINE void
silu_row (size_t n, float scale, const float *restrict bias, float *restrict y)
{
  for (size_t j = 0; j < n; j++)
    {
      float v = y[j] + bias[j];
      float share = 1.0f / (1.0f + ple_fast_exp (-v));

      y[j] = scale * v * share;
    }
}

PLE_CLONES void
ple_kernel_silu (size_t n_rows, size_t n_cols, float scale, const float *bias, float *y)
{
  for (size_t i = 0; i < n_rows; i++)
    silu_row (n_cols, scale, bias, y + i * n_cols);
}

PLE_CLONES void
ple_kernel_silu_slope (size_t n_rows,
                       size_t n_cols,
                       float scale,
                       const float *restrict bias,
                       float *restrict y,
                       float *restrict derivative)
{
  for (size_t i = 0; i < n_rows; i++)
    for (size_t j = 0; j < n_cols; j++)
      {
        float v = y[i * n_cols + j] + bias[j];
        float share = 1.0f / (1.0f + ple_fast_exp (-v));

        y[i * n_cols + j] = scale * v * share;
        derivative[i * n_cols + j] = scale * share * (1.0f + v * (1.0f - share));
      }
}
