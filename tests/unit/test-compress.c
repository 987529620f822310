/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-compress-private.h"

#include "linalg/ple-linalg.h"
#include "ple-test.h"

#include <math.h>
#include <string.h>

/* Rows with a few strong directions and noise, far from the origin. */
static PleMatrix *
make_rows (size_t n, size_t d, guint64 seed)
{
  enum
  {
    RANK = 5
  };
  g_autoptr (PleMatrix) scores = ple_test_random_matrix (n, RANK, seed);
  g_autoptr (PleMatrix) directions = ple_test_random_matrix (RANK, d, seed + 1);
  PleMatrix *x = ple_test_random_matrix (n, d, seed + 2);

  for (size_t i = 0; i < n; i++)
    for (size_t f = 0; f < d; f++)
      {
        float sum = 0.05f * ple_matrix_row (x, i)[f] + 3;

        for (size_t k = 0; k < RANK; k++)
          sum +=
              ple_matrix_row (scores, i)[k] * ple_matrix_row (directions, k)[f] / (float) (k + 1);
        ple_matrix_row (x, i)[f] = sum;
      }
  return x;
}

/* Cosines between all rows do not depend on the basis: those of the exact components, divided by
 * the roots of their deviations, are the reference. float32 and six rounds: 1e-3. */
static void
test_agrees_with_exact_components (void)
{
  enum
  {
    N = 300,
    D = 80,
    Q = 5
  };
  g_autoptr (PleMatrix) x = make_rows (N, D, 3);
  g_autoptr (PleMatrix) exact = ple_pca (x, Q, NULL, NULL, NULL, NULL, NULL);
  g_autoptr (PleMatrix) out = ple_matrix_new (N, Q, NULL);
  g_autoptr (PleCompress) compress = NULL;
  PleRng rng;

  for (size_t k = 0; k < Q; k++)
    {
      double sum = 0;

      for (size_t i = 0; i < N; i++)
        sum += pow ((double) ple_matrix_row (exact, i)[k], 2);
      for (size_t i = 0; i < N; i++)
        ple_matrix_row (exact, i)[k] /= (float) pow (sum / N, 0.25);
    }
  ple_matrix_normalise_rows (exact);
  ple_rng_init (&rng, 1);
  compress = ple_compress_new (x, Q, 0.5, &rng, NULL, NULL);
  g_assert_true (ple_compress_apply (compress, x, TRUE, out, NULL, NULL));
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < i; j++)
      {
        double a = 0, b = 0;

        for (size_t k = 0; k < Q; k++)
          {
            a += (double) ple_matrix_row (exact, i)[k] * (double) ple_matrix_row (exact, j)[k];
            b += (double) ple_matrix_row (out, i)[k] * (double) ple_matrix_row (out, j)[k];
          }
        g_assert_cmpfloat_with_epsilon (a, b, 1e-3);
      }
}

static PleMatrix *
compress_with_threads (guint n_threads)
{
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, n_threads);
  g_autoptr (PleMatrix) x = make_rows (1000, 60, 8);
  g_autoptr (PleMatrix) fresh = make_rows (1000, 60, 8);
  g_autoptr (PleCompress) compress = NULL;
  PleMatrix *out = ple_matrix_new (1000, 12, NULL);
  PleRng rng;

  ple_rng_init (&rng, 1);
  compress = ple_compress_new (x, 12, 0.5, &rng, progress, NULL);
  g_assert_true (ple_compress_apply (compress, fresh, FALSE, out, progress, NULL));
  return out;
}

static void
test_one_thread_equals_three (void)
{
  g_autoptr (PleMatrix) a = compress_with_threads (1);
  g_autoptr (PleMatrix) b = compress_with_threads (3);

  ple_test_assert_same_bits (a, b);
}

/* Centring what was learned from and centring anew are the same. */
static void
test_centred_flag (void)
{
  g_autoptr (PleMatrix) x = make_rows (50, 20, 2);
  g_autoptr (PleMatrix) fresh = ple_matrix_copy (x, NULL);
  g_autoptr (PleMatrix) a = ple_matrix_new (50, 4, NULL);
  g_autoptr (PleMatrix) b = ple_matrix_new (50, 4, NULL);
  g_autoptr (PleCompress) compress = NULL;
  PleRng rng;

  ple_rng_init (&rng, 1);
  compress = ple_compress_new (x, 4, 1, &rng, NULL, NULL);
  ple_compress_apply (compress, x, TRUE, a, NULL, NULL);
  ple_compress_apply (compress, fresh, FALSE, b, NULL, NULL);
  ple_test_assert_same_bits (a, b);
}

static void
test_few_and_equal_rows (void)
{
  static const size_t counts[] = { 1, 2, 3, 30 };

  for (size_t c = 0; c < G_N_ELEMENTS (counts); c++)
    for (int equal = 0; equal < 2; equal++)
      {
        g_autoptr (PleMatrix) x = make_rows (counts[c], 40, 5);
        g_autoptr (PleCompress) compress = NULL;
        g_autoptr (PleMatrix) out = NULL;
        PleRng rng;

        for (size_t i = 1; i < counts[c] && equal; i++)
          memcpy (ple_matrix_row (x, i), x->data, 40 * sizeof (float));
        ple_rng_init (&rng, 1);
        compress = ple_compress_new (x, 16, 0.5, &rng, NULL, NULL);
        g_assert_cmpuint (compress->projection->n_rows, ==,
                          CLAMP (counts[c] - 1, (size_t) 1, (size_t) 16));
        out = ple_matrix_new (counts[c], compress->projection->n_rows, NULL);
        g_assert_true (ple_compress_apply (compress, x, TRUE, out, NULL, NULL));
        g_assert_cmpuint (ple_matrix_find_not_finite (out), ==, counts[c]);
      }
}

static void
test_cancel (void)
{
  g_autoptr (PleProgress) progress = ple_test_cancelled ();
  g_autoptr (PleMatrix) x = make_rows (600, 40, 5);
  g_autoptr (GError) error = NULL;
  PleRng rng;

  ple_rng_init (&rng, 1);
  g_assert_null (ple_compress_new (x, 8, 0.5, &rng, progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  ple_linalg_init ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/features/compress/agrees-with-exact-components",
                   test_agrees_with_exact_components);
  g_test_add_func ("/features/compress/one-thread-equals-three", test_one_thread_equals_three);
  g_test_add_func ("/features/compress/centred-flag", test_centred_flag);
  g_test_add_func ("/features/compress/few-and-equal-rows", test_few_and_equal_rows);
  g_test_add_func ("/features/compress/cancel", test_cancel);
  return g_test_run ();
}
