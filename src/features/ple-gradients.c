/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-gradients-private.h"

#include <math.h>
#include <string.h>

#define PI_F 3.14159265358979f
/* Weaker than one step of eight bits over two pixels: noise. */
#define MIN_MAGNITUDE 2e-3f
#define SHIFT_STEPS 3
/* Variance of the prior on the middle, in squared sides. */
#define PRIOR_VARIANCE 0.12

void
ple_gradients_compute (size_t side,
                       size_t n_bins,
                       const float *restrict rgb,
                       float *restrict magnitude,
                       float *restrict orientation)
{
  float bins_per_radian = (float) n_bins / PI_F;

  for (size_t y = 0; y < side; y++)
    {
      const float *above = rgb + (y > 0 ? y - 1 : 0) * side * 3;
      const float *below = rgb + (y + 1 < side ? y + 1 : y) * side * 3;
      const float *row = rgb + y * side * 3;

      for (size_t x = 0; x < side; x++)
        {
          size_t left = (x > 0 ? x - 1 : 0) * 3;
          size_t right = (x + 1 < side ? x + 1 : x) * 3;
          float best = -1, best_x = 0, best_y = 0, bin;

          for (size_t c = 0; c < 3; c++)
            {
              float dx = row[right + c] - row[left + c];
              float dy = below[x * 3 + c] - above[x * 3 + c];
              float square = dx * dx + dy * dy;

              if (square > best)
                {
                  best = square;
                  best_x = dx;
                  best_y = dy;
                }
            }
          best = sqrtf (best);
          magnitude[y * side + x] = best > MIN_MAGNITUDE ? best : 0;
          bin = (atan2f (best_y, best_x) + PI_F) * bins_per_radian;
          while (bin >= (float) n_bins)
            bin -= (float) n_bins;
          orientation[y * side + x] = MAX (bin, 0);
        }
    }
}

void
ple_gradients_pool (size_t side,
                    size_t n_bins,
                    const float *restrict magnitude,
                    const float *restrict orientation,
                    const PleFrame *frame,
                    size_t grid,
                    float *restrict cells)
{
  float cells_per_pixel = (float) grid / (2 * frame->half * (float) side);
  float scale = cells_per_pixel * cells_per_pixel;
  float x0 = (frame->x - frame->half) * (float) side - 0.5f;
  float y0 = (frame->y - frame->half) * (float) side - 0.5f;

  memset (cells, 0, grid * grid * n_bins * sizeof *cells);
  for (size_t y = 0; y < side; y++)
    {
      float v = ((float) y - y0) * cells_per_pixel - 0.5f;
      int row = (int) floorf (v);
      float ty = v - (float) row;

      if (row < -1 || row >= (int) grid)
        continue;
      for (size_t x = 0; x < side; x++)
        {
          float m = magnitude[y * side + x] * scale;
          float u = ((float) x - x0) * cells_per_pixel - 0.5f;
          int column = (int) floorf (u);
          float tx = u - (float) column;
          float b = orientation[y * side + x];
          size_t low = MIN ((size_t) b, n_bins - 1);
          size_t high = low + 1 < n_bins ? low + 1 : 0;
          float tb = b - (float) low;

          if (m <= 0 || column < -1 || column >= (int) grid)
            continue;
          for (int j = 0; j < 2; j++)
            for (int i = 0; i < 2; i++)
              {
                float weight = m * (j ? ty : 1 - ty) * (i ? tx : 1 - tx);
                float *cell;

                if (row + j < 0 || row + j >= (int) grid || column + i < 0 ||
                    column + i >= (int) grid)
                  continue;
                cell = cells + ((size_t) (row + j) * grid + (size_t) (column + i)) * n_bins;
                cell[low] += weight * (1 - tb);
                cell[high] += weight * tb;
              }
        }
    }
}

/* How much a cell stands out: above the average, at most twice the average. */
static double
salience (size_t n_bins, const float *cell, double mean)
{
  double sum = 0;

  for (size_t b = 0; b < n_bins; b++)
    sum += (double) cell[b];
  return CLAMP (sum - mean, 0, 2 * mean);
}

PleFrame
ple_gradients_find_frame (size_t grid, size_t n_bins, const float *cells, double strength)
{
  PleFrame frame = PLE_FRAME_WHOLE;
  double x = 0.5, y = 0.5, spread = 0, mean = 0;

  for (size_t i = 0; i < grid * grid * n_bins; i++)
    mean += (double) cells[i];
  mean /= (double) (grid * grid);
  if (!(mean > 0) || strength <= 0)
    return frame;
  for (int step = 0; step < SHIFT_STEPS; step++)
    {
      double weight = 0, sum_x = 0, sum_y = 0, sum_square = 0;

      for (size_t j = 0; j < grid; j++)
        for (size_t i = 0; i < grid; i++)
          {
            double px = ((double) i + 0.5) / (double) grid;
            double py = ((double) j + 0.5) / (double) grid;
            double square = (px - x) * (px - x) + (py - y) * (py - y);
            double w = salience (n_bins, cells + (j * grid + i) * n_bins, mean) *
                       exp (-square / (2 * PRIOR_VARIANCE));

            weight += w;
            sum_x += w * px;
            sum_y += w * py;
            sum_square += w * square;
          }
      if (!(weight > 0))
        return frame;
      x = sum_x / weight;
      y = sum_y / weight;
      spread = sqrt (sum_square / weight / 2);
    }
  frame.x = (float) (0.5 + (x - 0.5) * strength);
  frame.y = (float) (0.5 + (y - 0.5) * strength);
  frame.half = (float) (0.5 * pow (CLAMP (2 * spread, 0.1, 0.75) / 0.5, strength));
  return frame;
}
