/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-vision-linear.h"

#include "base/ple-clones.h"

#include <math.h>

void
ple_linear_clear (PleLinear *linear)
{
  g_clear_pointer (&linear->weights, ple_packed_free);
  g_clear_pointer (&linear->bias, g_free);
}

void
ple_linear_apply (const PleLinear *linear,
                  size_t n_rows,
                  const float *x,
                  size_t stride_x,
                  PleActivation activation,
                  const float *scale,
                  const float *residual,
                  float *y,
                  size_t stride_y,
                  float *scratch)
{
  const PleEpilogue epilogue = { linear->bias, activation, scale, residual, stride_y };

  ple_packed_multiply (linear->weights, n_rows, x, stride_x, &epilogue, y, stride_y, scratch);
}

PLE_CLONES void
ple_multiply_by (size_t n, const float *y, float *x)
{
  for (size_t i = 0; i < n; i++)
    x[i] *= y[i];
}

PLE_CLONES void
ple_layer_norm (size_t n_rows,
                size_t n,
                float eps,
                const float *weight,
                const float *bias,
                const float *x,
                size_t stride_x,
                float *y,
                size_t stride_y)
{
  for (size_t i = 0; i < n_rows; i++)
    {
      const float *from = x + i * stride_x;
      float *to = y + i * stride_y;
      double sums[8] = { 0 }, squares[8] = { 0 };
      double sum = 0, square = 0;
      float mean, factor;
      size_t j = 0;

      /* Eight lanes in double: the order of the sum is the same for every instruction set. */
      for (; j + 8 <= n; j += 8)
        for (size_t k = 0; k < 8; k++)
          sums[k] += (double) from[j + k];
      for (; j < n; j++)
        sums[j % 8] += (double) from[j];
      for (size_t k = 0; k < 8; k++)
        sum += sums[k];
      mean = (float) (sum / (double) n);
      for (j = 0; j + 8 <= n; j += 8)
        for (size_t k = 0; k < 8; k++)
          squares[k] += (double) ((from[j + k] - mean) * (from[j + k] - mean));
      for (; j < n; j++)
        squares[j % 8] += (double) ((from[j] - mean) * (from[j] - mean));
      for (size_t k = 0; k < 8; k++)
        square += squares[k];
      factor = (float) (1 / sqrt (square / (double) n + (double) eps));
      for (j = 0; j < n; j++)
        to[j] = (from[j] - mean) * factor * weight[j] + bias[j];
    }
}
