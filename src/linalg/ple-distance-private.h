/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "linalg/ple-matrix.h"

/* Exact squared distances, and what is needed to be sure that distances by norms and products
 * (‖a‖² + ‖b‖² - 2 a·b, by GEMM in float) miss none that counts. */

/* ‖a - b‖² in double, in eight sums whose order is fixed. */
static inline double
ple_squared_distance (size_t d, const float *a, const float *b)
{
  double sums[8] = { 0 };
  size_t f = 0;

  for (; f + 8 <= d; f += 8)
    for (size_t lane = 0; lane < 8; lane++)
      {
        double difference = (double) a[f + lane] - (double) b[f + lane];

        sums[lane] += difference * difference;
      }
  for (; f < d; f++)
    {
      double difference = (double) a[f] - (double) b[f];

      sums[0] += difference * difference;
    }
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

/* ‖a‖² in double, the sums as above. */
static inline double
ple_squared_norm (size_t d, const float *a)
{
  double sums[8] = { 0 };
  size_t f = 0;

  for (; f + 8 <= d; f += 8)
    for (size_t lane = 0; lane < 8; lane++)
      sums[lane] += (double) a[f + lane] * (double) a[f + lane];
  for (; f < d; f++)
    sums[0] += (double) a[f] * (double) a[f];
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

/* How far a distance by GEMM of rows of @d can be off, as a share of ‖a‖² + ‖b‖²: the worst case of
 * d roundings in sequence, and those of centring, norms and the final sum. */
static inline double
ple_distance_slack (size_t d)
{
  return (double) (d + 24) * 0x1p-24;
}
