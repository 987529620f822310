/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-cludi-noise.h"

#include <math.h>

#define N 200003

/* Moments of the normal distribution; the bounds are six standard errors of a sample of N. */
static void
test_normals_have_the_moments (void)
{
  g_autofree float *x = g_new (float, N);
  double sums[5] = { 0 };
  size_t beyond = 0;
  PleRng rng;

  ple_rng_init (&rng, 5);
  ple_cludi_fill_normal (&rng, x, N);
  for (size_t i = 0; i < N; i++)
    {
      for (int p = 1; p <= 4; p++)
        sums[p] += pow ((double) x[i], p) / N;
      beyond += fabsf (x[i]) > 2.5758293f;
      g_assert_true (isfinite (x[i]));
    }
  g_assert_cmpfloat (fabs (sums[1]), <, 6 / sqrt (N));
  g_assert_cmpfloat (fabs (sums[2] - 1), <, 6 * sqrt (2.0 / N));
  g_assert_cmpfloat (fabs (sums[3]), <, 6 * sqrt (15.0 / N));
  g_assert_cmpfloat (fabs (sums[4] - 3), <, 6 * sqrt (96.0 / N));
  g_assert_cmpfloat (fabs ((double) beyond / N - 0.01), <, 6 * sqrt (0.01 / N));
  /* Pairs come from one radius: they must not be tied to each other. */
  sums[0] = 0;
  for (size_t i = 0; i + 256 < N; i++)
    sums[0] += (double) x[i] * (double) x[i + 256] / N;
  g_assert_cmpfloat (fabs (sums[0]), <, 6 / sqrt (N));
}

static void
test_masks_have_the_rate (void)
{
  static const double rates[] = { 0, 0.05, 0.15, 0.5, 0.9 };
  g_autofree float *x = g_new (float, N);
  PleRng rng;

  ple_rng_init (&rng, 6);
  for (size_t r = 0; r < G_N_ELEMENTS (rates); r++)
    {
      double dropped = 0, sum = 0;

      ple_cludi_fill_mask (&rng, rates[r], TRUE, x, N);
      for (size_t i = 0; i < N; i++)
        {
          dropped += (x[i] == 0) / (double) N;
          sum += (double) x[i] / N;
        }
      g_assert_cmpfloat (fabs (dropped - rates[r]), <=, 6 * sqrt (rates[r] / N) + 1e-5);
      g_assert_cmpfloat (fabs (sum - 1), <=, 6 * sqrt (rates[r] / (1 - rates[r]) / N) + 1e-4);
    }
}

static void
test_logarithm (void)
{
  for (double x = 1e-30; x < 1e30; x *= 1.0137)
    {
      const float in = (float) x;
      float out;

      ple_cludi_log (1, &in, &out);
      g_assert_cmpfloat (fabs ((double) out - log ((double) in)), <,
                         1.5e-7 + 3e-7 * fabs (log ((double) in)));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cluster/cludi-noise/normals-have-the-moments", test_normals_have_the_moments);
  g_test_add_func ("/cluster/cludi-noise/masks-have-the-rate", test_masks_have_the_rate);
  g_test_add_func ("/cluster/cludi-noise/logarithm", test_logarithm);
  return g_test_run ();
}
