/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-lloyd.h"

#include "base/ple-error.h"
#include "linalg/ple-linalg.h"
#include "ple-test.h"

#include <math.h>
#include <string.h>

static size_t
nearest_reference (const float *row, const PleMatrix *centres, double *distance)
{
  size_t best = 0;

  *distance = (double) INFINITY;
  for (size_t j = 0; j < centres->n_rows; j++)
    {
      double sum = 0;

      for (size_t f = 0; f < centres->n_cols; f++)
        sum += pow ((double) row[f] - (double) ple_matrix_row (centres, j)[f], 2);
      if (sum < *distance)
        {
          *distance = sum;
          best = j;
        }
    }
  return best;
}

static void
check (const PleMatrix *x, const PleMatrix *centres)
{
  g_autofree gint32 *labels = g_new (gint32, x->n_rows);
  g_autofree float *distances = g_new (float, x->n_rows);
  g_autoptr (GError) error = NULL;

  ple_assign_nearest (x, centres, labels, distances, NULL, &error);
  g_assert_no_error (error);
  for (size_t i = 0; i < x->n_rows; i++)
    {
      double distance;

      g_assert_cmpint (labels[i], ==,
                       (gint32) nearest_reference (ple_matrix_row (x, i), centres, &distance));
      g_assert_cmpfloat_with_epsilon ((double) distances[i], distance, 1e-5 * (1 + distance));
    }
}

static void
test_equals_slow_way (void)
{
  static const size_t shapes[][3] = { { 1, 1, 1 }, { 300, 3, 1 }, { 520, 20, 33 }, { 70, 9, 100 } };

  for (size_t i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      g_autoptr (PleMatrix) x = ple_test_random_matrix (shapes[i][0], shapes[i][1], i);
      g_autoptr (PleMatrix) centres = ple_test_random_matrix (shapes[i][2], shapes[i][1], 100 + i);

      check (x, centres);
    }
}

/* Every centre three times, at places that GEMM treats differently: the first must win. */
static void
test_ties_to_the_lower (void)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (200, 30, 1);
  g_autoptr (PleMatrix) kinds = ple_test_random_matrix (17, 30, 2);
  g_autoptr (PleMatrix) centres = ple_matrix_new (51, 30, NULL);
  gint32 labels[200];

  for (size_t j = 0; j < 51; j++)
    memcpy (ple_matrix_row (centres, j), ple_matrix_row (kinds, j % 17), 30 * sizeof (float));
  check (x, centres);
  g_assert_true (ple_assign_nearest (x, centres, labels, NULL, NULL, NULL));
  for (size_t i = 0; i < 200; i++)
    g_assert_cmpint (labels[i], <, 17);
}

/* Around (10000, ..., 10000) with distances of about 1: norms have no digit left for them. */
static void
test_far_from_the_origin (void)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (300, 12, 3);
  g_autoptr (PleMatrix) centres = ple_test_random_matrix (25, 12, 4);

  for (size_t i = 0; i < 3600; i++)
    x->data[i] += 10000;
  for (size_t i = 0; i < 300; i++)
    centres->data[i] += 10000;
  check (x, centres);
}

static void
test_refuses (void)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (10, 3, 1);
  g_autoptr (PleMatrix) narrow = ple_test_random_matrix (4, 2, 1);
  g_autoptr (PleMatrix) none = ple_matrix_new (0, 3, NULL);
  g_autoptr (PleProgress) cancelled = ple_test_cancelled ();
  g_autoptr (GError) error = NULL;
  gint32 labels[10];

  g_assert_false (ple_assign_nearest (x, narrow, labels, NULL, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE);
  g_clear_error (&error);
  g_assert_false (ple_assign_nearest (x, none, labels, NULL, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE);
  g_clear_error (&error);
  g_assert_false (ple_assign_nearest (x, x, labels, NULL, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  x->data[5] = NAN;
  g_assert_false (ple_assign_nearest (x, x, labels, NULL, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NOT_FINITE);
}

int
main (int argc, char **argv)
{
  ple_linalg_init ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/linalg/assign/equals-slow-way", test_equals_slow_way);
  g_test_add_func ("/linalg/assign/ties-to-the-lower", test_ties_to_the_lower);
  g_test_add_func ("/linalg/assign/far-from-the-origin", test_far_from_the_origin);
  g_test_add_func ("/linalg/assign/refuses", test_refuses);
  return g_test_run ();
}
