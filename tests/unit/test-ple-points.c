/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "plot/ple-points.h"

#include "base/ple-rng.h"

#include <math.h>
#include <string.h>

static PleMatrix *
blobs (size_t n, guint64 seed)
{
  PleRng rng;
  ple_rng_init (&rng, seed);
  PleMatrix *xy = ple_matrix_new (n, 2, NULL);
  for (size_t i = 0; i < n; i++)
    {
      double blob = (double) ple_rng_below (&rng, 9);
      xy->data[2 * i] = (float) (3 * fmod (blob, 3) + ple_rng_normal (&rng));
      xy->data[2 * i + 1] = (float) (3 * floor (blob / 3) + ple_rng_normal (&rng));
    }
  return xy;
}

static void
check_index (const PlePoints *points, const PleMatrix *xy)
{
  size_t n_cells = (size_t) points->columns * points->rows;
  g_assert_cmpuint (points->cell_start[0], ==, 0);
  g_assert_cmpuint (points->cell_start[n_cells], ==, points->n_placed);
  size_t placed = 0, occupied = 0;
  for (size_t i = 0; i < points->n; i++)
    {
      guint32 p = points->position[i];
      if (p == PLE_POINTS_NOWHERE)
        continue;
      placed++;
      g_assert_cmpuint (points->id[p], ==, i);
      g_assert_cmpfloat (points->x[p], ==, ple_matrix_row (xy, i)[0]);
      g_assert_cmpfloat (points->y[p], ==, ple_matrix_row (xy, i)[1]);
    }
  g_assert_cmpuint (placed, ==, points->n_placed);
  for (size_t c = 0; c < n_cells; c++)
    occupied += points->cell_start[c + 1] > points->cell_start[c];
  g_assert_cmpuint (occupied, ==, points->occupied);
}

static void
test_mix (void)
{
  g_autoptr (PleMatrix) from = blobs (500, 1);
  g_autoptr (PleMatrix) to = blobs (500, 2);
  from->data[6] = NAN;
  to->data[9] = NAN;
  for (double share = 0; share <= 1; share += 0.25)
    {
      g_autoptr (PleMatrix) mixed = ple_points_mix (from, to, share, NULL);
      g_assert_true (isnan (mixed->data[9]));
      g_assert_cmpfloat (mixed->data[6], ==, to->data[6]);
      for (size_t i = 10; i < 1000; i++)
        g_assert_cmpfloat_with_epsilon (
            (double) mixed->data[i],
            (1 - share) * (double) from->data[i] + share * (double) to->data[i], 1e-5);
    }
}

static void
test_index_is_a_permutation (void)
{
  static const size_t sizes[] = { 0, 1, 2, 100, 20000 };
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (PleMatrix) xy = blobs (sizes[i], i);
      g_autoptr (PlePoints) points = ple_points_new (xy);
      g_assert_cmpuint (points->n_placed, ==, sizes[i]);
      check_index (points, xy);
    }
}

static void
test_not_finite_has_no_place (void)
{
  g_autoptr (PleMatrix) xy = blobs (50, 1);
  xy->data[2 * 7] = NAN;
  xy->data[2 * 9 + 1] = INFINITY;
  g_autoptr (PlePoints) points = ple_points_new (xy);
  g_assert_cmpuint (points->n_placed, ==, 48);
  g_assert_cmpuint (points->position[7], ==, PLE_POINTS_NOWHERE);
  g_assert_cmpuint (points->position[9], ==, PLE_POINTS_NOWHERE);
  check_index (points, xy);
}

static void
test_outliers_do_not_take_the_cells (void)
{
  g_autoptr (PleMatrix) xy = blobs (20000, 2);
  xy->data[0] = 1e6f;
  xy->data[3] = -1e7f;
  g_autoptr (PlePoints) points = ple_points_new (xy);
  check_index (points, xy);
  g_assert_cmpfloat (points->core.max_x, <, 100);
  g_assert_cmpfloat (points->extent.max_x, ==, 1e6);
  g_assert_cmpuint (points->occupied, >, 100);
  /* They are still found where they are. */
  guint32 id = 0;
  g_assert_true (ple_points_pick (points, 1e6 + 1, (double) xy->data[1], 2, NULL, 0, &id));
  g_assert_cmpuint (id, ==, 0);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint32));
  ple_points_select_box (points, &(PleBox){ -1e8, -1e8, 1e8, -1e6 }, NULL, 0, ids);
  g_assert_cmpuint (ids->len, ==, 1);
  g_assert_cmpuint (g_array_index (ids, guint32, 0), ==, 1);
}

static void
test_same_place (void)
{
  g_autoptr (PleMatrix) xy = ple_matrix_new (500, 2, NULL);
  g_autoptr (PlePoints) points = ple_points_new (xy);
  check_index (points, xy);
  guint32 id = 99;
  g_assert_true (ple_points_pick (points, 0, 0, 1, NULL, 0, &id));
  g_assert_cmpuint (id, ==, 0);
}

static void
test_order_is_deterministic_and_mixed (void)
{
  g_autoptr (PleMatrix) xy = blobs (5000, 3);
  g_autoptr (PlePoints) a = ple_points_new (xy);
  g_autoptr (PlePoints) b = ple_points_new (xy);
  g_assert_cmpmem (a->id, a->n * sizeof (guint32), b->id, b->n * sizeof (guint32));
  size_t rising = 0;
  for (size_t p = 1; p < a->n; p++)
    rising += a->id[p] > a->id[p - 1];
  g_assert_cmpuint (rising, <, 3500);
}

static void
test_pick_equals_brute_force (void)
{
  g_autoptr (PleMatrix) xy = blobs (3000, 4);
  g_autoptr (PlePoints) points = ple_points_new (xy);
  g_autofree guint8 *flags = g_new0 (guint8, points->n_placed);
  PleRng rng;
  ple_rng_init (&rng, 9);
  for (size_t p = 0; p < points->n_placed; p++)
    flags[p] = ple_rng_below (&rng, 2) != 0 ? 4 : 8;
  for (int trial = 0; trial < 300; trial++)
    {
      double x = ple_rng_uniform (&rng) * 12 - 3, y = ple_rng_uniform (&rng) * 12 - 3;
      double radius = ple_rng_uniform (&rng) * 0.5, best = radius * radius;
      guint32 expected = G_MAXUINT32, id = G_MAXUINT32;
      for (size_t i = 0; i < xy->n_rows; i++)
        {
          double dx = (double) ple_matrix_row (xy, i)[0] - x;
          double dy = (double) ple_matrix_row (xy, i)[1] - y;
          if ((flags[points->position[i]] & 4) == 0 && dx * dx + dy * dy <= best &&
              (dx * dx + dy * dy < best || expected == G_MAXUINT32))
            {
              best = dx * dx + dy * dy;
              expected = (guint32) i;
            }
        }
      gboolean found = ple_points_pick (points, x, y, radius, flags, 4, &id);
      g_assert_cmpint (found, ==, expected != G_MAXUINT32);
      g_assert_cmpuint (id, ==, expected);
    }
}

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  guint32 x = *(const guint32 *) a, y = *(const guint32 *) b;
  return (x > y) - (x < y);
}

static void
test_box_equals_brute_force (void)
{
  g_autoptr (PleMatrix) xy = blobs (3000, 5);
  g_autoptr (PlePoints) points = ple_points_new (xy);
  PleRng rng;
  ple_rng_init (&rng, 10);
  for (int trial = 0; trial < 50; trial++)
    {
      /* Corners on points, so that the bounds are met exactly. */
      const float *a = ple_matrix_row (xy, ple_rng_below (&rng, 3000));
      const float *b = ple_matrix_row (xy, ple_rng_below (&rng, 3000));
      PleBox box = { (double) MIN (a[0], b[0]), (double) MIN (a[1], b[1]),
                     (double) MAX (a[0], b[0]), (double) MAX (a[1], b[1]) };
      g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint32));
      ple_points_select_box (points, &box, NULL, 0, ids);
      g_array_sort (ids, compare_ids);
      guint n = 0;
      for (guint32 i = 0; i < 3000; i++)
        {
          double x = (double) ple_matrix_row (xy, i)[0], y = (double) ple_matrix_row (xy, i)[1];
          if (x < box.min_x || x > box.max_x || y < box.min_y || y > box.max_y)
            continue;
          g_assert_cmpuint (n, <, ids->len);
          g_assert_cmpuint (g_array_index (ids, guint32, n), ==, i);
          n++;
        }
      g_assert_cmpuint (n, ==, ids->len);
    }
}

static void
test_arrange (void)
{
  g_autoptr (PleMatrix) xy = blobs (1000, 6);
  g_autoptr (PlePoints) points = ple_points_new (xy);
  guint16 by_id[1000], by_position[1000];
  guint8 small[1000], small_by_position[1000];
  for (guint i = 0; i < 1000; i++)
    {
      by_id[i] = (guint16) i;
      small[i] = (guint8) i;
    }
  ple_points_arrange_16 (points, by_id, by_position);
  ple_points_arrange_8 (points, small, small_by_position);
  for (guint p = 0; p < 1000; p++)
    {
      g_assert_cmpuint (by_position[p], ==, points->id[p]);
      g_assert_cmpuint (small_by_position[p], ==, points->id[p] & 255);
    }
}

static void
test_medoids (void)
{
  g_autoptr (PleMatrix) xy = ple_matrix_new (7, 2, NULL);
  const float values[] = { 0, 0, 1, 1, 2, 2, 100, 100, 5, 5, 6, 6, NAN, 0 };
  const gint32 labels[] = { 0, 0, 0, -1, 2, 7, 1 };
  memcpy (xy->data, values, sizeof values);
  g_autoptr (PlePoints) points = ple_points_new (xy);
  float medoids[6];
  ple_points_get_medoids (points, labels, 3, medoids);
  g_assert_cmpfloat (medoids[0], ==, 1);
  g_assert_cmpfloat (medoids[1], ==, 1);
  g_assert_true (isnan (medoids[2]));
  g_assert_cmpfloat (medoids[4], ==, 5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plot/points/mix", test_mix);
  g_test_add_func ("/plot/points/index-is-a-permutation", test_index_is_a_permutation);
  g_test_add_func ("/plot/points/not-finite-has-no-place", test_not_finite_has_no_place);
  g_test_add_func ("/plot/points/outliers-do-not-take-the-cells",
                   test_outliers_do_not_take_the_cells);
  g_test_add_func ("/plot/points/same-place", test_same_place);
  g_test_add_func ("/plot/points/order-is-deterministic-and-mixed",
                   test_order_is_deterministic_and_mixed);
  g_test_add_func ("/plot/points/pick-equals-brute-force", test_pick_equals_brute_force);
  g_test_add_func ("/plot/points/box-equals-brute-force", test_box_equals_brute_force);
  g_test_add_func ("/plot/points/arrange", test_arrange);
  g_test_add_func ("/plot/points/medoids", test_medoids);
  return g_test_run ();
}
