/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-linalg.h"

#include "base/ple-error.h"
#include "ple-test.h"

#include <math.h>

/* Random rows with falling spread along mixed directions, far from the origin. */
static PleMatrix *
make_data (size_t n, size_t d, double decay)
{
  PleMatrix *x = ple_test_random_matrix (n, d, 11);

  for (size_t i = 0; i < n; i++)
    {
      float *row = ple_matrix_row (x, i);

      for (size_t f = 0; f < d; f++)
        row[f] *= (float) pow (decay, (double) f);
      for (size_t f = 0; f + 1 < d; f++)
        row[f + 1] += 0.5f * row[f];
      for (size_t f = 0; f < d; f++)
        row[f] += 100;
    }
  return x;
}

static double
covariance_form (const PleMatrix *x, const float *mean, const float *a, const float *b)
{
  double sum = 0;

  for (size_t i = 0; i < x->n_rows; i++)
    {
      double pa = 0, pb = 0;

      for (size_t f = 0; f < x->n_cols; f++)
        {
          double centred = (double) ple_matrix_row (x, i)[f] - (double) mean[f];

          pa += centred * (double) a[f];
          pb += centred * (double) b[f];
        }
      sum += pa * pb;
    }
  return sum;
}

static double
total_variance (const PleMatrix *x, const float *mean)
{
  double total = 0;

  for (size_t i = 0; i < x->n_rows; i++)
    for (size_t f = 0; f < x->n_cols; f++)
      total += pow ((double) ple_matrix_row (x, i)[f] - (double) mean[f], 2);
  return total;
}

/* What makes a principal basis: orthonormal, diagonal covariance with the stated shares in falling
 * order, scores that are the projections; and (for all components) nothing of the variance lost. */
static void
check_pca (const PleMatrix *x, size_t q, double tolerance)
{
  g_autoptr (PleMatrix) mean = NULL;
  g_autoptr (PleMatrix) components = NULL;
  g_autoptr (PleMatrix) explained = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (PleMatrix) scores = ple_pca (x, q, &mean, &components, &explained, NULL, &error);
  double total, sum = 0;

  g_assert_no_error (error);
  g_assert_cmpuint (scores->n_rows, ==, x->n_rows);
  g_assert_cmpuint (scores->n_cols, ==, q);
  g_assert_cmpuint (components->n_rows, ==, q);
  g_assert_cmpuint (components->n_cols, ==, x->n_cols);
  total = total_variance (x, mean->data);
  for (size_t j = 0; j < q; j++)
    {
      const float *c = ple_matrix_row (components, j);
      float largest = 0;

      sum += (double) explained->data[j];
      g_assert_true (j == 0 || explained->data[j] <= explained->data[j - 1]);
      for (size_t f = 0; f < x->n_cols; f++)
        if (fabsf (c[f]) > fabsf (largest))
          largest = c[f];
      g_assert_cmpfloat (largest, >, 0);
      for (size_t i = 0; i <= j; i++)
        {
          const float *b = ple_matrix_row (components, i);
          double dot = 0;

          for (size_t f = 0; f < x->n_cols; f++)
            dot += (double) c[f] * (double) b[f];
          g_assert_cmpfloat_with_epsilon (dot, i == j ? 1 : 0, 2e-6);
          if (total > 0)
            g_assert_cmpfloat_with_epsilon (covariance_form (x, mean->data, c, b) / total,
                                            i == j ? (double) explained->data[j] : 0, tolerance);
        }
      for (size_t i = 0; i < x->n_rows; i += 7)
        {
          double projection = 0;

          for (size_t f = 0; f < x->n_cols; f++)
            projection +=
                ((double) ple_matrix_row (x, i)[f] - (double) mean->data[f]) * (double) c[f];
          g_assert_cmpfloat_with_epsilon ((double) ple_matrix_row (scores, i)[j], projection, 1e-4);
        }
    }
  if (q == MIN (x->n_rows, x->n_cols) && total > 0)
    g_assert_cmpfloat_with_epsilon (sum, 1, 1e-6);
}

static void
test_properties (void)
{
  static const size_t shapes[][3] = { { 200, 6, 6 }, { 700, 20, 5 }, { 5, 9, 5 },
                                      { 1, 4, 1 },   { 40, 1, 1 },   { 600, 150, 3 } };

  for (size_t i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      g_autoptr (PleMatrix) x = make_data (shapes[i][0], shapes[i][1], 0.8);

      check_pca (x, shapes[i][2], 1e-7);
    }
}

/* More columns than a covariance may have: by the Gram matrix, down to the component of value 0. */
static void
test_wide (void)
{
  g_autoptr (PleMatrix) x = make_data (30, 2100, 0.9);

  check_pca (x, 30, 1e-7);
}

/* Both sides above the dense limit: block power iterations. */
static void
test_large_both_ways (void)
{
  g_autoptr (PleMatrix) x = make_data (2060, 2055, 0.7);

  check_pca (x, 3, 1e-7);
}

static void
test_constant_data (void)
{
  g_autoptr (PleMatrix) x = ple_matrix_new (50, 4, NULL);

  for (size_t i = 0; i < 200; i++)
    x->data[i] = 3;
  check_pca (x, 4, 0);
}

static void
test_same_bits_any_threads (void)
{
  static const size_t shapes[][2] = { { 1300, 200 }, { 40, 2200 }, { 2100, 2070 } };
  static const guint threads[] = { 1, 2, 3, 7 };

  for (size_t s = 0; s < G_N_ELEMENTS (shapes); s++)
    {
      g_autoptr (PleMatrix) x = make_data (shapes[s][0], shapes[s][1], 0.5);
      g_autoptr (PleMatrix) first = NULL;
      /* The largest shape is slow: two counts tell as much. */
      size_t n_counts = s == 2 ? 2 : G_N_ELEMENTS (threads);

      for (size_t t = 0; t < n_counts; t++)
        {
          g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, threads[t]);
          g_autoptr (PleMatrix) scores = ple_pca (x, 2, NULL, NULL, NULL, progress, NULL);

          if (first == NULL)
            first = ple_matrix_ref (scores);
          ple_test_assert_same_bits (first, scores);
        }
    }
}

static void
test_refuses (void)
{
  g_autoptr (PleMatrix) x = make_data (10, 4, 1);
  g_autoptr (PleProgress) cancelled = ple_test_cancelled ();
  g_autoptr (GError) error = NULL;

  g_assert_null (ple_pca (x, 5, NULL, NULL, NULL, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE);
  g_clear_error (&error);
  g_assert_null (ple_pca (x, 2, NULL, NULL, NULL, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  x->data[9] = NAN;
  g_assert_null (ple_pca (x, 2, NULL, NULL, NULL, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NOT_FINITE);
}

int
main (int argc, char **argv)
{
  ple_linalg_init ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/linalg/pca/properties", test_properties);
  g_test_add_func ("/linalg/pca/wide", test_wide);
  g_test_add_func ("/linalg/pca/large-both-ways", test_large_both_ways);
  g_test_add_func ("/linalg/pca/constant-data", test_constant_data);
  g_test_add_func ("/linalg/pca/same-bits-any-threads", test_same_bits_any_threads);
  g_test_add_func ("/linalg/pca/refuses", test_refuses);
  return g_test_run ();
}
