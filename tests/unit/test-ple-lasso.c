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

/* The slow and obvious way, in order of position. */
static void
check (const PlePoints *points, const double *corners, size_t n, const guint8 *flags, guint8 mask)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint32));
  const guint32 kept = 77;
  guint at = 1;

  g_array_append_val (ids, kept);
  ple_points_select_lasso (points, corners, n, flags, mask, ids);
  g_assert_cmpuint (g_array_index (ids, guint32, 0), ==, 77);
  for (size_t p = 0; p < points->n_placed; p++)
    {
      if (!ple_polygon_contains (corners, n, (double) points->x[p], (double) points->y[p]) ||
          (flags != NULL && (flags[p] & mask) != 0))
        continue;
      g_assert_cmpuint (at, <, ids->len);
      g_assert_cmpuint (g_array_index (ids, guint32, at), ==, points->id[p]);
      at++;
    }
  g_assert_cmpuint (at, ==, ids->len);
}

static void
test_equals_exact_test (void)
{
  g_autoptr (PlePoints) points = scattered (30000);
  g_autofree guint8 *flags = g_new (guint8, 30000);
  PleRng rng;

  ple_rng_init (&rng, 5);
  for (guint i = 0; i < 30000; i++)
    flags[i] = (guint8) ple_rng_below (&rng, 4);
  for (guint trial = 0; trial < 8; trial++)
    {
      double corners[2 * 60];
      size_t n = 3 + ple_rng_below (&rng, 58);

      loop (&rng, n, corners);
      check (points, corners, n, NULL, 0);
      check (points, corners, n, flags, 2);
    }
}

/* Points and corners on the lines between cells, where rounding decides. */
static void
test_on_the_lines (void)
{
  g_autoptr (PleMatrix) xy = ple_matrix_new (64 * 64 * 8, 2, NULL);
  PleRng rng;

  ple_rng_init (&rng, 6);
  for (size_t i = 0; i < xy->n_rows; i++)
    {
      xy->data[2 * i] = (float) ple_rng_below (&rng, 65) * 0.1f;
      xy->data[2 * i + 1] = (float) ple_rng_below (&rng, 65) * 0.1f;
    }
  g_autoptr (PlePoints) points = ple_points_new (xy);
  for (guint trial = 0; trial < 20; trial++)
    {
      double corners[2 * 9];

      for (guint i = 0; i < 9; i++)
        {
          guint column = (guint) ple_rng_below (&rng, points->columns + 1);
          guint row = (guint) ple_rng_below (&rng, points->rows + 1);
          gboolean on_point = ple_rng_below (&rng, 2) == 0;
          size_t p = ple_rng_below (&rng, points->n_placed);

          corners[2 * i] =
              on_point ? (double) points->x[p] : points->origin_x + column * points->cell_size;
          corners[2 * i + 1] =
              on_point ? (double) points->y[p] : points->origin_y + row * points->cell_size;
        }
      check (points, corners, 9, NULL, 0);
    }
}

/* A polygon far larger, far smaller or far off, and points far out in the outermost cells. */
static void
test_sizes (void)
{
  g_autoptr (PleMatrix) xy = ple_matrix_new (20000, 2, NULL);
  static const double sizes[] = { 1e-7, 1e-3, 0.1, 3, 30, 1e4, 1e12 };
  PleRng rng;

  ple_rng_init (&rng, 7);
  ple_rng_fill_normal (&rng, xy->data, 2 * xy->n_rows, 1);
  for (size_t i = 0; i < 20; i++)
    xy->data[7 * i] *= 1000;
  xy->data[500] = NAN;
  g_autoptr (PlePoints) points = ple_points_new (xy);
  for (guint trial = 0; trial < 2 * G_N_ELEMENTS (sizes); trial++)
    {
      double size = sizes[trial / 2], corners[2 * 40];

      loop (&rng, 40, corners);
      for (guint i = 0; i < 80; i++)
        corners[i] = corners[i] * size + (trial % 2 == 0 ? 0 : size / 2);
      check (points, corners, 40, NULL, 0);
    }
}

static void
test_flags_and_degenerate (void)
{
  g_autoptr (PlePoints) points = scattered (100);
  g_autoptr (PlePoints) none = scattered (0);
  g_autofree guint8 *flags = g_new0 (guint8, 100);
  const double all[] = { -99, -99, 99, -99, 99, 99, -99, 99 };
  const double flat[] = { 0, 0, 1, 0, 2, 0 };
  const double broken[] = { 0, 0, 1, 0, 2, NAN };
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint32));

  flags[3] = 1;
  ple_points_select_lasso (points, all, 4, flags, 1, ids);
  g_assert_cmpuint (ids->len, ==, 99);
  g_array_set_size (ids, 0);
  for (size_t n = 0; n < 3; n++)
    ple_points_select_lasso (points, all, n, NULL, 0, ids);
  ple_points_select_lasso (points, flat, 3, NULL, 0, ids);
  ple_points_select_lasso (points, broken, 3, NULL, 0, ids);
  ple_points_select_lasso (none, all, 4, NULL, 0, ids);
  g_assert_cmpuint (ids->len, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plot/lasso/winding", test_winding);
  g_test_add_func ("/plot/lasso/equals-exact-test", test_equals_exact_test);
  g_test_add_func ("/plot/lasso/on-the-lines", test_on_the_lines);
  g_test_add_func ("/plot/lasso/sizes", test_sizes);
  g_test_add_func ("/plot/lasso/flags-and-degenerate", test_flags_and_degenerate);
  return g_test_run ();
}
