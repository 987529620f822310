/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-linalg.h"

#include "base/ple-error.h"
#include "ple-test.h"

#include <math.h>
#include <string.h>

/* Symmetric with eigenvalues of both signs. */
static double *
random_symmetric (size_t n)
{
  double *a = g_new (double, n *n);
  PleRng rng;

  ple_rng_init (&rng, n);
  for (size_t i = 0; i < n; i++)
    for (size_t j = i; j < n; j++)
      a[i * n + j] = a[j * n + i] = ple_rng_normal (&rng);
  return a;
}

/* A v = lambda v, orthonormal rows, order, sign: the properties that define the result. */
static void
check_eigen (size_t n)
{
  g_autofree double *a = random_symmetric (n);
  g_autofree double *vectors = g_memdup2 (a, n * n * sizeof (double));
  g_autofree double *values = g_new (double, n);
  g_autoptr (GError) error = NULL;
  double tolerance = 1e-13 * (double) (n + 10);

  ple_eigen_symmetric (n, vectors, values, &error);
  g_assert_no_error (error);
  for (size_t j = 0; j < n; j++)
    {
      const double *v = vectors + j * n;
      double largest = 0;

      g_assert_true (j == 0 || values[j] <= values[j - 1]);
      for (size_t i = 0; i < n; i++)
        {
          double sum = 0;

          for (size_t f = 0; f < n; f++)
            sum += a[i * n + f] * v[f];
          g_assert_cmpfloat_with_epsilon (sum, values[j] * v[i], 10 * tolerance);
          if (fabs (v[i]) > fabs (largest))
            largest = v[i];
        }
      g_assert_cmpfloat (largest, >, 0);
      for (size_t i = 0; i <= j; i++)
        {
          double dot = 0;

          for (size_t f = 0; f < n; f++)
            dot += v[f] * vectors[i * n + f];
          g_assert_cmpfloat_with_epsilon (dot, i == j ? 1 : 0, tolerance);
        }
    }
}

static void
test_eigen_properties (void)
{
  static const size_t orders[] = { 1, 2, 3, 10, 61, 120 };

  for (size_t i = 0; i < G_N_ELEMENTS (orders); i++)
    check_eigen (orders[i]);
}

/* The path graph's Laplacian has eigenvalues 2 - 2 cos (pi j / n). */
static void
test_eigen_known_values (void)
{
  enum
  {
    N = 50
  };
  g_autofree double *a = g_new0 (double, N *N);
  double values[N];

  for (size_t i = 0; i < N; i++)
    {
      a[i * N + i] = i == 0 || i == N - 1 ? 1 : 2;
      if (i + 1 < N)
        a[i * N + i + 1] = a[(i + 1) * N + i] = -1;
    }
  g_assert_true (ple_eigen_symmetric (N, a, values, NULL));
  for (size_t j = 0; j < N; j++)
    g_assert_cmpfloat_with_epsilon (values[N - 1 - j], 2 - 2 * cos (G_PI * (double) j / N), 1e-13);
}

static void
test_eigen_refuses (void)
{
  double bad[4] = { 1, NAN, NAN, 1 }, values[2];
  g_autoptr (GError) error = NULL;

  g_assert_false (ple_eigen_symmetric (2, bad, values, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NOT_FINITE);
  g_clear_error (&error);
  g_assert_false (ple_eigen_symmetric (5000, bad, values, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE);
}

static void
assert_orthonormal (size_t count, size_t length, const float *first, size_t step, size_t stride)
{
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j <= i; j++)
      {
        double dot = 0;

        for (size_t f = 0; f < length; f++)
          dot += (double) first[i * step + f * stride] * (double) first[j * step + f * stride];
        g_assert_cmpfloat_with_epsilon (dot, i == j ? 1 : 0, 1e-6);
      }
}

static void
check_svd (size_t m, size_t n)
{
  g_autoptr (PleMatrix) a = ple_test_random_matrix (m, n, m + n);
  g_autoptr (PleMatrix) u = NULL;
  g_autoptr (PleMatrix) s = NULL;
  g_autoptr (PleMatrix) vt = NULL;
  g_autoptr (GError) error = NULL;
  size_t r = MIN (m, n);

  ple_svd (a, &u, &s, &vt, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (u->n_rows, ==, m);
  g_assert_cmpuint (u->n_cols, ==, r);
  g_assert_cmpuint (s->n_rows, ==, 1);
  g_assert_cmpuint (s->n_cols, ==, r);
  g_assert_cmpuint (vt->n_rows, ==, r);
  g_assert_cmpuint (vt->n_cols, ==, n);
  assert_orthonormal (r, m, u->data, 1, r);
  assert_orthonormal (r, n, vt->data, n, 1);
  for (size_t j = 0; j < r; j++)
    g_assert_true (s->data[j] >= 0 && (j == 0 || s->data[j] <= s->data[j - 1]));
  /* The product is taken in double, so only the rounding of the three factors is left. */
  for (size_t i = 0; i < m; i++)
    for (size_t f = 0; f < n; f++)
      {
        double sum = 0;

        for (size_t j = 0; j < r; j++)
          sum += (double) ple_matrix_row (u, i)[j] * (double) s->data[j] *
                 (double) ple_matrix_row (vt, j)[f];
        g_assert_cmpfloat_with_epsilon (sum, (double) ple_matrix_row (a, i)[f], 3e-6);
      }
}

static void
test_svd_properties (void)
{
  static const size_t shapes[][2] = { { 1, 1 },   { 1, 9 },   { 9, 1 },   { 7, 7 },
                                      { 40, 13 }, { 13, 40 }, { 300, 5 }, { 5, 300 } };

  for (size_t i = 0; i < G_N_ELEMENTS (shapes); i++)
    check_svd (shapes[i][0], shapes[i][1]);
}

static void
test_svd_rank_and_empty (void)
{
  g_autoptr (PleMatrix) a = ple_matrix_new (6, 4, NULL);
  g_autoptr (PleMatrix) empty = ple_matrix_new (0, 4, NULL);
  g_autoptr (PleMatrix) s = NULL;
  g_autoptr (PleMatrix) none = NULL;

  /* Rank one: the outer product of (1..6) and (1..4). */
  for (size_t i = 0; i < 6; i++)
    for (size_t f = 0; f < 4; f++)
      ple_matrix_row (a, i)[f] = (float) ((i + 1) * (f + 1));
  g_assert_true (ple_svd (a, NULL, &s, NULL, NULL));
  g_assert_cmpfloat_with_epsilon ((double) s->data[0], sqrt (91.0 * 30.0), 1e-5);
  g_assert_cmpfloat_with_epsilon ((double) s->data[1], 0, 1e-12);
  g_assert_true (ple_svd (empty, NULL, &none, NULL, NULL));
  g_assert_cmpuint (none->n_cols, ==, 0);
}

static void
test_svd_refuses_nan (void)
{
  g_autoptr (PleMatrix) a = ple_test_random_matrix (5, 4, 1);
  g_autoptr (GError) error = NULL;

  a->data[7] = INFINITY;
  g_assert_false (ple_svd (a, NULL, NULL, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NOT_FINITE);
}

int
main (int argc, char **argv)
{
  ple_linalg_init ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/linalg/eigen/properties", test_eigen_properties);
  g_test_add_func ("/linalg/eigen/known-values", test_eigen_known_values);
  g_test_add_func ("/linalg/eigen/refuses-nan-and-size", test_eigen_refuses);
  g_test_add_func ("/linalg/svd/properties", test_svd_properties);
  g_test_add_func ("/linalg/svd/rank-and-empty", test_svd_rank_and_empty);
  g_test_add_func ("/linalg/svd/refuses-nan", test_svd_refuses_nan);
  return g_test_run ();
}
