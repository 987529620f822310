/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-color-grid-private.h"

#include <math.h>

#define GRID PLE_COLOR_GRID

void
ple_color_grid (
    size_t side, const float *rgb, const PleFrame *frame, gboolean mirror, float weight, float *out)
{
  float sum[GRID * GRID][6] = { { 0 } };
  float count[GRID * GRID] = { 0 };

  for (size_t y = 0; y < side; y++)
    for (size_t x = 0; x < side; x++)
      {
        const float *p = rgb + (y * side + x) * 3;
        float u = ((((float) x + 0.5f) / (float) side - frame->x) / frame->half + 1) / 2;
        float v = ((((float) y + 0.5f) / (float) side - frame->y) / frame->half + 1) / 2;
        float opponent[3] = { (p[0] + p[1] + p[2]) / 3, p[0] - p[1], 0.5f * (p[0] + p[1]) - p[2] };
        size_t cell, column;

        if (u < 0 || v < 0 || u >= 1 || v >= 1)
          continue;
        column = MIN ((size_t) (u * GRID), GRID - 1);
        if (mirror)
          column = MIN (column, GRID - 1 - column);
        cell = MIN ((size_t) (v * GRID), GRID - 1) * GRID + column;
        count[cell]++;
        for (size_t k = 0; k < 3; k++)
          {
            sum[cell][k] += opponent[k];
            sum[cell][3 + k] += opponent[k] * opponent[k];
          }
      }
  for (size_t c = 0; c < GRID * GRID; c++)
    for (size_t k = 0; k < 3; k++)
      {
        float n = MAX (count[c], 1);
        float mean = sum[c][k] / n;

        out[c * 6 + k] = weight * mean;
        out[c * 6 + 3 + k] = weight * sqrtf (MAX (sum[c][3 + k] / n - mean * mean, 0));
      }
}
