/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-rng.h"
#include "embed/ple-morton-private.h"

#include <math.h>

static void
test_four_corners_go_in_a_z (void)
{
  const float x[] = { 1, 0, 1, 0 }, y[] = { 1, 1, 0, 0 };
  guint32 order[4];

  ple_morton_order (4, x, y, order);
  g_assert_cmpuint (order[0], ==, 3);
  g_assert_cmpuint (order[1], ==, 2);
  g_assert_cmpuint (order[2], ==, 1);
  g_assert_cmpuint (order[3], ==, 0);
}

static void
test_is_a_permutation_that_keeps_neighbours_close (void)
{
  const size_t n = 4096;
  g_autofree float *x = g_new (float, n);
  g_autofree float *y = g_new (float, n);
  g_autofree guint32 *order = g_new (guint32, n);
  g_autofree guint8 *seen = g_new0 (guint8, n);
  double before = 0, after = 0;
  PleRng rng;

  ple_rng_init (&rng, 1);
  ple_rng_fill_normal (&rng, x, n, 3);
  ple_rng_fill_normal (&rng, y, n, 3);
  ple_morton_order (n, x, y, order);
  for (size_t i = 0; i < n; i++)
    {
      g_assert_cmpuint (order[i], <, n);
      g_assert_false (seen[order[i]]);
      seen[order[i]] = 1;
    }
  for (size_t i = 1; i < n; i++)
    {
      before += hypot ((double) (x[i] - x[i - 1]), (double) (y[i] - y[i - 1]));
      after += hypot ((double) (x[order[i]] - x[order[i - 1]]),
                      (double) (y[order[i]] - y[order[i - 1]]));
    }
  g_assert_cmpfloat (after, <, before / 10);
}

static void
test_points_of_one_place_stay_in_order (void)
{
  const float x[5] = { 2, 2, 2, 2, 2 }, y[5] = { 0 };
  guint32 order[5];

  ple_morton_order (5, x, y, order);
  for (guint32 i = 0; i < 5; i++)
    g_assert_cmpuint (order[i], ==, i);
}

static void
test_no_points (void)
{
  ple_morton_order (0, NULL, NULL, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/embed/morton/four-corners-go-in-a-z", test_four_corners_go_in_a_z);
  g_test_add_func ("/embed/morton/is-a-permutation-that-keeps-neighbours-close",
                   test_is_a_permutation_that_keeps_neighbours_close);
  g_test_add_func ("/embed/morton/points-of-one-place-stay-in-order",
                   test_points_of_one_place_stay_in_order);
  g_test_add_func ("/embed/morton/no-points", test_no_points);
  return g_test_run ();
}
