/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "embed/ple-fast-math-private.h"

/* A float has 24 bits: 4e-7 is about six units in the last place. */
#define TOLERANCE 4e-7

static void
test_exp2_agrees_with_libm (void)
{
  double worst = 0;

  for (int i = -125999; i <= 126999; i++)
    {
      float t = (float) i * 1e-3f;
      double truth = exp2 ((double) t);

      worst = MAX (worst, fabs ((double) ple_exp2f (t) / truth - 1));
    }
  g_assert_cmpfloat (worst, <, TOLERANCE);
  g_assert_cmpfloat (ple_exp2f (0), ==, 1);
  g_assert_cmpfloat (ple_exp2f (10), ==, 1024);
}

static void
test_exp2_stays_finite_far_away (void)
{
  g_assert_cmpfloat (ple_exp2f (-1e30f), >=, 0);
  g_assert_cmpfloat (ple_exp2f (-1e30f), <, 1e-37f);
  g_assert_true (isfinite (ple_exp2f (1e30f)));
  g_assert_true (isfinite (ple_exp2f (-INFINITY)));
}

static void
test_exp_agrees_with_libm (void)
{
  for (int i = -20000; i <= 0; i++)
    {
      float t = (float) i * 1e-3f;

      /* The product with log2 e costs as many units as its size. */
      g_assert_cmpfloat (fabs ((double) ple_expf (t) / exp ((double) t) - 1), <, 3e-6);
    }
}

static void
test_log2_agrees_with_libm (void)
{
  for (double a = 1e-37; a < 1e38; a *= 1.0007)
    {
      float value = (float) a;
      double truth = log2 ((double) value);

      g_assert_cmpfloat (fabs ((double) ple_log2f (value) - truth), <,
                         TOLERANCE * MAX (1, fabs (truth)));
    }
  g_assert_cmpfloat (ple_log2f (1), ==, 0);
  g_assert_cmpfloat (ple_log2f (8), ==, 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/embed/fast-math/exp2-agrees-with-libm", test_exp2_agrees_with_libm);
  g_test_add_func ("/embed/fast-math/exp2-stays-finite-far-away", test_exp2_stays_finite_far_away);
  g_test_add_func ("/embed/fast-math/exp-agrees-with-libm", test_exp_agrees_with_libm);
  g_test_add_func ("/embed/fast-math/log2-agrees-with-libm", test_log2_agrees_with_libm);
  return g_test_run ();
}
