/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-cludi-schedule.h"

#include <math.h>

/* Goldens hold the values; here are the properties that any number of steps must have. */
static void
test_signal_falls (void)
{
  for (int noise = PLE_CLUDI_NOISE_SQRT; noise <= PLE_CLUDI_NOISE_SIGMOID; noise++)
    for (size_t n = PLE_CLUDI_MIN_STEPS; n <= 2000; n = 3 * n + 1)
      for (int rescale = 0; rescale < 2; rescale++)
        {
          g_autoptr (PleCludiSchedule) schedule =
              ple_cludi_schedule_new ((PleCludiNoise) noise, n, 7, rescale);
          double last = 1;

          for (size_t t = 0; t < n; t++)
            {
              g_assert_cmpfloat (schedule->alpha_bar[t], >, 0);
              g_assert_cmpfloat (schedule->alpha_bar[t], <, last);
              last = schedule->alpha_bar[t];
            }
        }
}

static void
test_times_end_at_the_data (void)
{
  g_autoptr (PleCludiSchedule) schedule =
      ple_cludi_schedule_new (PLE_CLUDI_NOISE_SQRT, 100, 1, FALSE);
  gint32 times[51];

  for (size_t steps = 1; steps <= 50; steps++)
    {
      ple_cludi_schedule_fill_times (schedule, steps, times);
      g_assert_cmpint (times[0], ==, 99);
      g_assert_cmpint (times[steps], ==, -1);
      for (size_t i = 0; i < steps; i++)
        g_assert_cmpint (times[i], >, times[i + 1]);
    }
}

/* Where the estimate is right, a jump keeps the distribution: mean and variance of z' are those of
 * the later time. */
static void
test_jump_keeps_the_distribution (void)
{
  g_autoptr (PleCludiSchedule) schedule =
      ple_cludi_schedule_new (PLE_CLUDI_NOISE_SQRT, 1000, 7, FALSE);

  for (size_t t = 999; t > 0; t /= 2)
    for (size_t next = t / 2; next > 0; next /= 3)
      {
        const PleCludiJump jump = ple_cludi_schedule_get_jump (schedule, t, next);
        const double now = schedule->alpha_bar[t], then = schedule->alpha_bar[next];
        const double mean = jump.x0 + jump.z * sqrt (now);
        const double variance = pow (jump.z * 7, 2) * (1 - now) + pow (jump.noise, 2);

        g_assert_cmpfloat_with_epsilon (mean, sqrt (then), 1e-9);
        g_assert_cmpfloat_with_epsilon (variance, 49 * (1 - then), 1e-9 * 49);
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cluster/cludi-schedule/signal-falls", test_signal_falls);
  g_test_add_func ("/cluster/cludi-schedule/times-end-at-the-data", test_times_end_at_the_data);
  g_test_add_func ("/cluster/cludi-schedule/jump-keeps-the-distribution",
                   test_jump_keeps_the_distribution);
  return g_test_run ();
}
