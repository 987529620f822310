/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "plot/ple-points.h"

#include "base/ple-rng.h"

#include <math.h>

static void
test_winding (void)
{
  const double square[] = { 0, 0, 1, 0, 1, 1, 0, 1 };
  g_assert_true (ple_polygon_contains (square, 4, 0.5, 0.5));
  g_assert_false (ple_polygon_contains (square, 4, 1.5, 0.5));
  g_assert_false (ple_polygon_contains (square, 4, 0.5, -0.1));
  /* A pentagram: its middle has winding number 2 and counts as inside. */
  double star[10];
  for (int i = 0; i < 5; i++)
    {
      star[2 * i] = sin (2 * G_PI * (2 * i) / 5);
      star[2 * i + 1] = cos (2 * G_PI * (2 * i) / 5);
    }
  g_assert_true (ple_polygon_contains (star, 5, 0, 0));
  g_assert_false (ple_polygon_contains (star, 5, 0.9, 0.9));
}

static PlePoints *
scattered (size_t n)
{
  PleRng rng;
  ple_rng_init (&rng, 3);
  g_autoptr (PleMatrix) xy = ple_matrix_new (n, 2, NULL);
  ple_rng_fill_normal (&rng, xy->data, 2 * n, 1);
  return ple_points_new (xy);
}

/* A free-hand loop with spikes that crosses itself. */
static void
loop (PleRng *rng, size_t n, double *corners)
{
  for (size_t i = 0; i < n; i++)
    {
      double angle = 4 * G_PI * (double) i / (double) n;
      double radius = 0.4 + 1.2 * ple_rng_uniform (rng);
      corners[2 * i] = radius * cos (angle);
      corners[2 * i + 1] = radius * sin (angle);
    }
}

static void
test_equals_exact_test (void)
{
  g_autoptr (PlePoints) points = scattered (30000);
  PleRng rng;
  ple_rng_init (&rng, 5);
  static const double scales[] = { 0.5, 20, 300, 1e5 };
  for (guint trial = 0; trial < 8; trial++)
    {
      double corners[2 * 60];
      loop (&rng, 60, corners);
      g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint32));
      ple_points_select_lasso (points, corners, 60, scales[trial % G_N_ELEMENTS (scales)], NULL, 0,
                               ids);
      g_autofree guint8 *chosen = g_new0 (guint8, points->n);
      for (guint i = 0; i < ids->len; i++)
        chosen[g_array_index (ids, guint32, i)]++;
      for (size_t p = 0; p < points->n_placed; p++)
        g_assert_cmpint (
            chosen[points->id[p]], ==,
            ple_polygon_contains (corners, 60, (double) points->x[p], (double) points->y[p]));
    }
}

static void
test_flags_and_degenerate (void)
{
  g_autoptr (PlePoints) points = scattered (100);
  g_autofree guint8 *flags = g_new0 (guint8, 100);
  flags[3] = 1;
  const double all[] = { -99, -99, 99, -99, 99, 99, -99, 99 };
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint32));
  ple_points_select_lasso (points, all, 4, 1, flags, 1, ids);
  g_assert_cmpuint (ids->len, ==, 99);
  g_array_set_size (ids, 0);
  ple_points_select_lasso (points, all, 2, 1, NULL, 0, ids);
  g_assert_cmpuint (ids->len, ==, 0);
  const double flat[] = { 0, 0, 1, 0, 2, 0 };
  ple_points_select_lasso (points, flat, 3, 10, NULL, 0, ids);
  g_assert_cmpuint (ids->len, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plot/lasso/winding", test_winding);
  g_test_add_func ("/plot/lasso/equals-exact-test", test_equals_exact_test);
  g_test_add_func ("/plot/lasso/flags-and-degenerate", test_flags_and_degenerate);
  return g_test_run ();
}
