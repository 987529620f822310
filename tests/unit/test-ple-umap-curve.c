/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "embed/ple-umap-curve-private.h"

#include <math.h>

static double
misfit (double min_dist, double spread, double a, double b)
{
  double sum = 0;

  for (int i = 0; i < 300; i++)
    {
      double d = 3 * spread * i / 299;
      double target = d <= min_dist ? 1 : exp (-(d - min_dist) / spread);

      sum += pow (1 / (1 + a * pow (d, 2 * b)) - target, 2);
    }
  return sum;
}

/* The values that the paper's program gives, to the digits that it is quoted with. */
static void
test_known_values (void)
{
  double a, b;

  ple_umap_fit_curve (0.1, 1, &a, &b);
  g_assert_cmpfloat_with_epsilon (a, 1.577, 5e-4);
  g_assert_cmpfloat_with_epsilon (b, 0.8951, 5e-5);
  ple_umap_fit_curve (0.01, 1, &a, &b);
  g_assert_cmpfloat_with_epsilon (a, 1.896, 5e-4);
  g_assert_cmpfloat_with_epsilon (b, 0.8006, 5e-5);
}

static void
test_nothing_near_fits_better (void)
{
  const double shares[] = { 0, 0.1, 0.3, 0.6, 1 }, spreads[] = { 0.1, 0.5, 1, 3, 10 };

  for (size_t m = 0; m < G_N_ELEMENTS (shares); m++)
    for (size_t s = 0; s < G_N_ELEMENTS (spreads); s++)
      {
        double a, b, best, min_dist = shares[m] * spreads[s];

        ple_umap_fit_curve (min_dist, spreads[s], &a, &b);
        g_assert_true (isfinite (a) && isfinite (b));
        best = misfit (min_dist, spreads[s], a, b);
        for (double f = 0.99; f < 1.02; f += 0.01)
          for (double g = 0.99; g < 1.02; g += 0.01)
            g_assert_cmpfloat (best, <=, misfit (min_dist, spreads[s], a * f, b * g) + 1e-6);
      }
}

/* Measuring distances in other units changes a, not b. */
static void
test_scales_with_the_unit (void)
{
  double a, b, scaled_a, scaled_b;

  ple_umap_fit_curve (0.1, 1, &a, &b);
  ple_umap_fit_curve (0.2, 2, &scaled_a, &scaled_b);
  g_assert_cmpfloat_with_epsilon (b, scaled_b, 1e-6);
  g_assert_cmpfloat_with_epsilon (a, scaled_a * pow (2, 2 * b), 1e-5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/embed/umap-curve/known-values", test_known_values);
  g_test_add_func ("/embed/umap-curve/nothing-near-fits-better", test_nothing_near_fits_better);
  g_test_add_func ("/embed/umap-curve/scales-with-the-unit", test_scales_with_the_unit);
  return g_test_run ();
}
