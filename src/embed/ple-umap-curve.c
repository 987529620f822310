/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "embed/ple-umap-curve-private.h"

#include <math.h>

#define N_POINTS 300
#define MAX_STEPS 200
#define SMALLEST 1e-3 /* of a and b: the curve stays a falling one */

/* Sum of squares at (a, b), in units of the spread; with its normal equations if @normal is not
 * NULL: the elements aa, ab, bb of J'J and a, b of J'r. */
static double
residual (double min_dist, double a, double b, double *normal)
{
  double sum = 0;

  for (int i = 0; normal != NULL && i < 5; i++)
    normal[i] = 0;
  /* d = 0 fits whatever a and b are. */
  for (int i = 1; i < N_POINTS; i++)
    {
      double d = 3.0 * i / (N_POINTS - 1);
      double target = d <= min_dist ? 1 : exp (min_dist - d);
      double power = pow (d, 2 * b);
      double value = 1 / (1 + a * power);
      double r = value - target;

      sum += r * r;
      if (normal != NULL)
        {
          double by_a = -power * value * value;
          double by_b = 2 * a * log (d) * by_a;

          normal[0] += by_a * by_a;
          normal[1] += by_a * by_b;
          normal[2] += by_b * by_b;
          normal[3] += by_a * r;
          normal[4] += by_b * r;
        }
    }
  return sum;
}

void
ple_umap_fit_curve (double min_dist, double spread, double *a, double *b)
{
  double damping = 1e-3, normal[5], near = min_dist / spread;
  double best = residual (near, *a = 1, *b = 1, normal);

  for (int step = 0; step < MAX_STEPS && damping < 1e12; step++)
    {
      double aa = normal[0] * (1 + damping), bb = normal[2] * (1 + damping);
      double determinant = aa * bb - normal[1] * normal[1];
      double next_a = *a - (bb * normal[3] - normal[1] * normal[4]) / determinant;
      double next_b = *b - (aa * normal[4] - normal[1] * normal[3]) / determinant;
      double moved, sum;

      next_a = MAX (next_a, SMALLEST);
      next_b = MAX (next_b, SMALLEST);
      sum = residual (near, next_a, next_b, NULL);
      if (!(sum <= best))
        {
          damping *= 10;
          continue;
        }
      moved = fabs (next_a - *a) + fabs (next_b - *b);
      *a = next_a;
      *b = next_b;
      best = residual (near, *a, *b, normal);
      damping /= 10;
      if (moved < 1e-10)
        break;
    }
  *a /= pow (spread, 2 * *b);
}
