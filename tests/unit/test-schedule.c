/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "nn/ple-schedule.h"

static void
test_cosine (void)
{
  g_assert_cmpfloat (ple_schedule_cosine (3, 1, 0, 10), ==, 3);
  g_assert_cmpfloat_with_epsilon (ple_schedule_cosine (3, 1, 5, 10), 2, 1e-12);
  g_assert_cmpfloat_with_epsilon (ple_schedule_cosine (3, 1, 10, 10), 1, 1e-12);
  g_assert_cmpfloat (ple_schedule_cosine (3, 1, 0, 0), ==, 3);
}

static void
test_linear (void)
{
  g_assert_cmpfloat (ple_schedule_linear (0, 4, 1, 4), ==, 1);
  g_assert_cmpfloat (ple_schedule_linear (0, 4, 9, 4), ==, 4);
}

static void
test_warmup_cosine (void)
{
  double before = -1;

  for (size_t i = 0; i < 10; i++)
    {
      double rate = ple_schedule_warmup_cosine (2, 0.5, 10, 100, i);

      g_assert_cmpfloat (rate, >, before);
      before = rate;
    }
  g_assert_cmpfloat (ple_schedule_warmup_cosine (2, 0.5, 10, 100, 0), ==, 0);
  g_assert_cmpfloat (before, ==, 2);
  g_assert_cmpfloat (ple_schedule_warmup_cosine (2, 0.5, 10, 100, 10), ==, 2);
  for (size_t i = 10; i < 100; i++)
    {
      double rate = ple_schedule_warmup_cosine (2, 0.5, 10, 100, i);

      g_assert_cmpfloat (rate, <=, before);
      g_assert_cmpfloat (rate, >, 0.5);
      before = rate;
    }
  /* Without a warm-up it begins at the peak. */
  g_assert_cmpfloat (ple_schedule_warmup_cosine (2, 0.5, 0, 100, 0), ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nn/schedule/cosine", test_cosine);
  g_test_add_func ("/nn/schedule/linear", test_linear);
  g_test_add_func ("/nn/schedule/warmup-cosine", test_warmup_cosine);
  return g_test_run ();
}
