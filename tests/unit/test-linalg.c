/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-linalg.h"

#include "base/ple-error.h"
#include "ple-test.h"

#include <math.h>

/* C = A B by the definition, in double. */
static double
product_reference (const PleMatrix *a, const PleMatrix *b, gboolean transpose_b, size_t i, size_t j)
{
  double sum = 0;

  for (size_t f = 0; f < a->n_cols; f++)
    sum += (double) ple_matrix_row (a, i)[f] *
           (double) (transpose_b ? ple_matrix_row (b, j)[f] : ple_matrix_row (b, f)[j]);
  return sum;
}

static void
check_product (size_t m, size_t n, size_t k, gboolean transpose_b)
{
  g_autoptr (PleMatrix) a = ple_test_random_matrix (m, k, 1);
  g_autoptr (PleMatrix) b = ple_test_random_matrix (transpose_b ? n : k, transpose_b ? k : n, 2);
  g_autoptr (GError) error = NULL;
  g_autoptr (PleMatrix) c = ple_matrix_multiply (a, b, transpose_b, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (c->n_rows, ==, m);
  g_assert_cmpuint (c->n_cols, ==, n);
  /* k products of size about 1 with 2^-24 each. */
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j < n; j++)
      g_assert_cmpfloat_with_epsilon ((double) ple_matrix_row (c, i)[j],
                                      product_reference (a, b, transpose_b, i, j),
                                      1e-6 * (double) (k + 1));
}

static void
test_multiply_equals_definition (void)
{
  static const size_t shapes[][3] = { { 1, 1, 1 },   { 3, 5, 2 },   { 70, 33, 19 },
                                      { 600, 3, 7 }, { 2, 700, 5 }, { 5, 4, 300 },
                                      { 0, 3, 2 },   { 3, 0, 2 },   { 3, 2, 0 } };

  for (size_t i = 0; i < G_N_ELEMENTS (shapes); i++)
    for (int transpose = 0; transpose < 2; transpose++)
      check_product (shapes[i][0], shapes[i][1], shapes[i][2], transpose);
}

static void
test_gemm_strides_and_transposes (void)
{
  enum
  {
    M = 5,
    N = 7,
    K = 3,
    STRIDE = 11
  };
  g_autoptr (PleMatrix) a = ple_test_random_matrix (STRIDE, STRIDE, 3);
  g_autoptr (PleMatrix) b = ple_test_random_matrix (STRIDE, STRIDE, 4);

  for (int ta = 0; ta < 2; ta++)
    for (int tb = 0; tb < 2; tb++)
      {
        g_autoptr (PleMatrix) c = ple_test_random_matrix (STRIDE, STRIDE, 5);
        g_autoptr (PleMatrix) before = ple_matrix_copy (c, NULL);

        ple_gemm (ta, tb, M, N, K, 2, a->data, STRIDE, b->data, STRIDE, 0.5f, c->data, STRIDE);
        for (size_t i = 0; i < STRIDE; i++)
          for (size_t j = 0; j < STRIDE; j++)
            {
              double expected = (double) ple_matrix_row (before, i)[j];

              if (i < M && j < N)
                {
                  expected /= 2;
                  for (size_t f = 0; f < K; f++)
                    expected +=
                        2 * (double) (ta ? ple_matrix_row (a, f)[i] : ple_matrix_row (a, i)[f]) *
                        (double) (tb ? ple_matrix_row (b, j)[f] : ple_matrix_row (b, f)[j]);
                }
              g_assert_cmpfloat_with_epsilon ((double) ple_matrix_row (c, i)[j], expected, 1e-5);
            }
      }
}

static void
test_multiply_same_bits_any_threads (void)
{
  g_autoptr (PleMatrix) a = ple_test_random_matrix (1500, 130, 6);
  g_autoptr (PleMatrix) b = ple_test_random_matrix (130, 90, 7);
  g_autoptr (PleMatrix) first = NULL;
  static const guint threads[] = { 1, 2, 3, 7 };

  for (size_t t = 0; t < G_N_ELEMENTS (threads); t++)
    {
      g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, threads[t]);
      g_autoptr (PleMatrix) c = ple_matrix_multiply (a, b, FALSE, progress, NULL);

      if (first == NULL)
        first = ple_matrix_ref (c);
      ple_test_assert_same_bits (first, c);
    }
}

static void
test_multiply_refuses_shapes (void)
{
  g_autoptr (PleMatrix) a = ple_test_random_matrix (4, 3, 1);
  g_autoptr (PleMatrix) b = ple_test_random_matrix (4, 3, 2);
  g_autoptr (GError) error = NULL;

  g_assert_null (ple_matrix_multiply (a, b, FALSE, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE);
}

static void
test_multiply_cancels (void)
{
  g_autoptr (PleMatrix) a = ple_test_random_matrix (40, 3, 1);
  g_autoptr (PleProgress) progress = ple_test_cancelled ();
  g_autoptr (GError) error = NULL;

  g_assert_null (ple_matrix_multiply (a, a, TRUE, progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  ple_linalg_init ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/linalg/multiply/equals-definition", test_multiply_equals_definition);
  g_test_add_func ("/linalg/gemm/strides-and-transposes", test_gemm_strides_and_transposes);
  g_test_add_func ("/linalg/multiply/same-bits-any-threads", test_multiply_same_bits_any_threads);
  g_test_add_func ("/linalg/multiply/refuses-shapes", test_multiply_refuses_shapes);
  g_test_add_func ("/linalg/multiply/cancels", test_multiply_cancels);
  return g_test_run ();
}
