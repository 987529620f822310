/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "nn/ple-kernels.h"
#include "ple-test.h"

#include <math.h>

#define N 4001

static void
fill_range (float *x, double from, double to)
{
  for (size_t i = 0; i < N; i++)
    x[i] = (float) (from + (to - from) * (double) i / (N - 1));
}

static void
test_exp (void)
{
  static float x[N], y[N];

  fill_range (x, -87, 88);
  ple_kernel_exp (N, x, y);
  for (size_t i = 0; i < N; i++)
    g_assert_cmpfloat (fabs ((double) y[i] / exp ((double) x[i]) - 1), <, 2e-7);
  x[0] = -1000;
  x[1] = 1000;
  ple_kernel_exp (2, x, x);
  g_assert_true (x[0] >= 0 && x[0] < 2e-38f);
  g_assert_true (isfinite (x[1]) && x[1] > 1e38f);
}

static void
test_erf_and_gelu (void)
{
  static float x[N], y[N], plain[N], slope[N];
  static const float bias[1] = { 0.25f };

  fill_range (x, -9, 9);
  ple_kernel_erf (N, x, y);
  for (size_t i = 0; i < N; i++)
    g_assert_cmpfloat (fabs ((double) y[i] - erf ((double) x[i])), <, 4e-7);
  /* One column, so that the bias is the same for all. */
  ple_kernel_gelu_slope (N, 1, x, bias, y, slope);
  ple_kernel_gelu (N, 1, x, bias, plain);
  for (size_t i = 0; i < N; i++)
    {
      double v = (double) (x[i] + bias[0]);
      double phi = erfc (-v / G_SQRT2) / 2;

      g_assert_cmpfloat (fabs ((double) y[i] - v * phi), <, 2e-7 * fmax (fabs (v), 1));
      g_assert_cmpfloat (fabs ((double) slope[i] - phi - v * exp (-v * v / 2) / sqrt (2 * G_PI)), <,
                         4e-7);
      g_assert_cmpfloat ((double) y[i], ==, (double) plain[i]);
      /* The tail does not cancel: relative accuracy far below zero. */
      if (v < -3 && v > -8)
        g_assert_cmpfloat (fabs ((double) y[i] / (v * phi) - 1), <, 3e-6);
    }
}

static void
test_softmax_of_extreme_rows (void)
{
  float x[3 * 20], log_p[3 * 20], p[3 * 20];

  for (size_t j = 0; j < 20; j++)
    {
      x[j] = j == 7 ? 1000 : -1000;
      x[20 + j] = 5;
      x[40 + j] = (float) j;
    }
  for (int sign = -1; sign <= 1; sign += 2)
    {
      ple_kernel_log_softmax (3, 20, (float) sign, x, log_p);
      ple_kernel_softmax (3, 20, (float) sign, x, p);
      for (size_t i = 0; i < 3; i++)
        {
          double sum = 0;

          for (size_t j = 0; j < 20; j++)
            {
              g_assert_true (isfinite (log_p[i * 20 + j]));
              g_assert_cmpfloat (fabs (exp ((double) log_p[i * 20 + j]) - (double) p[i * 20 + j]),
                                 <, 1e-6);
              sum += (double) p[i * 20 + j];
            }
          g_assert_cmpfloat_with_epsilon (sum, 1, 1e-6);
        }
      g_assert_cmpfloat_with_epsilon ((double) p[20], 0.05, 1e-7);
    }
  /* e^19 / (e^0 + ... + e^19) */
  g_assert_cmpfloat_with_epsilon ((double) p[59], (1 - exp (-1)) / (1 - exp (-20)), 1e-6);
}

/* Any length, not only multiples of the lanes. */
static void
test_reductions (void)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (2, 100, 3);

  for (size_t n = 1; n <= 100; n++)
    {
      double sum = 0, dot = 0;
      float max = -INFINITY;

      for (size_t i = 0; i < n; i++)
        {
          sum += (double) x->data[i];
          dot += (double) x->data[i] * (double) x->data[100 + i];
          max = fmaxf (max, x->data[i]);
        }
      g_assert_cmpfloat_with_epsilon (ple_kernel_sum (n, x->data), sum, 1e-5);
      g_assert_cmpfloat_with_epsilon (ple_kernel_dot (n, x->data, x->data + 100), dot, 1e-5);
      g_assert_cmpfloat ((double) ple_kernel_max (n, x->data), ==, (double) max);
    }
}

static void
test_adam_against_the_formula (void)
{
  double w = 0.5, m = 0, v = 0, average = 0.5;
  float weight = 0.5f, moment1 = 0, moment2 = 0, teacher = 0.5f;

  for (int t = 1; t <= 50; t++)
    {
      double g = sin (t);
      float gradient = (float) g;
      PleAdamStep step = { 0.01, 0.9, 0.999, 1e-8, 0.1, (guint64) t };

      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      w = w * (1 - 0.01 * 0.1) -
          0.01 * (m / (1 - pow (0.9, t))) / (sqrt (v / (1 - pow (0.999, t))) + 1e-8);
      average = 0.95 * average + 0.05 * w;
      ple_kernel_adam_average (1, &step, 0.95, &gradient, &weight, &moment1, &moment2, &teacher);
    }
  g_assert_cmpfloat_with_epsilon ((double) weight, w, 1e-6);
  g_assert_cmpfloat_with_epsilon ((double) teacher, average, 1e-6);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nn/kernels/exp", test_exp);
  g_test_add_func ("/nn/kernels/erf-and-gelu", test_erf_and_gelu);
  g_test_add_func ("/nn/kernels/softmax-of-extreme-rows", test_softmax_of_extreme_rows);
  g_test_add_func ("/nn/kernels/reductions", test_reductions);
  g_test_add_func ("/nn/kernels/adam-against-the-formula", test_adam_against_the_formula);
  return g_test_run ();
}
