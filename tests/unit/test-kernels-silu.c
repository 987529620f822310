/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "nn/ple-kernels.h"

#include <math.h>

#define N 37 /* no multiple of a vector */

/* Against double; the derivative against central differences of it. */
static void
test_silu (void)
{
  float bias[N], plain[2 * N], y[2 * N], slope[2 * N];
  const double scale = 1.7;

  for (size_t j = 0; j < N; j++)
    bias[j] = 0.1f * (float) j - 1;
  for (double start = -90; start < 90; start += 7.3)
    {
      for (size_t i = 0; i < 2 * N; i++)
        plain[i] = y[i] = (float) (start + 0.13 * (double) i);
      ple_kernel_silu (2, N, (float) scale, bias, plain);
      ple_kernel_silu_slope (2, N, (float) scale, bias, y, slope);
      for (size_t i = 0; i < 2 * N; i++)
        {
          const float in = (float) (start + 0.13 * (double) i) + bias[i % N];
          const double v = (double) in, share = 1 / (1 + exp (-v));
          const double wanted = scale * v * share;
          const double rise = scale * share * (1 + v * (1 - share));

          g_assert_cmpfloat (fabs ((double) y[i] - wanted), <, 2e-6 * (fabs (wanted) + 1e-3));
          g_assert_cmpfloat (fabs ((double) plain[i] - wanted), <, 2e-6 * (fabs (wanted) + 1e-3));
          g_assert_cmpfloat (fabs ((double) slope[i] - rise), <, 1e-5 * (fabs (rise) + 1e-2));
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nn/kernels-silu/silu", test_silu);
  return g_test_run ();
}
