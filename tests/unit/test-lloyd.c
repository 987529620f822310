/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-lloyd.h"

#include "base/ple-error.h"
#include "linalg/ple-linalg.h"
#include "ple-test.h"

#include <math.h>
#include <string.h>

/* n rows around n_blobs places that are far from each other; row i belongs to blob i % n_blobs. */
static PleMatrix *
make_blobs (size_t n, size_t d, size_t n_blobs)
{
  PleMatrix *x = ple_test_random_matrix (n, d, 1);
  g_autoptr (PleMatrix) places = ple_test_random_matrix (n_blobs, d, 2);

  for (size_t i = 0; i < n; i++)
    for (size_t f = 0; f < d; f++)
      ple_matrix_row (x, i)[f] =
          0.3f * ple_matrix_row (x, i)[f] + 20 * ple_matrix_row (places, i % n_blobs)[f] + 50;
  return x;
}

static double
fit (const PleMatrix *x,
     size_t n_clusters,
     size_t n_starts,
     guint64 seed,
     gboolean spherical,
     PleMatrix **centres,
     gint32 *labels,
     PleProgress *progress)
{
  PleLloydOptions options = {
    .n_clusters = n_clusters, .n_starts = n_starts, .max_iterations = 300, .tolerance = 0
  };
  g_autoptr (GError) error = NULL;
  double inertia;
  PleRng rng;

  ple_rng_init (&rng, seed);
  ple_lloyd (x, &options, spherical, &rng, centres, labels, &inertia, progress, &error);
  g_assert_no_error (error);
  return inertia;
}

static void
test_finds_blobs (void)
{
  g_autoptr (PleMatrix) x = make_blobs (600, 8, 12);
  g_autoptr (PleMatrix) centres = NULL;
  gint32 labels[600];

  fit (x, 12, 3, 7, FALSE, &centres, labels, NULL);
  for (size_t i = 0; i < 600; i++)
    for (size_t j = 0; j < i; j++)
      g_assert_true ((labels[i] == labels[j]) == (i % 12 == j % 12));
}

/* What Lloyd's iteration ends at: each row with its nearest centre, each centre the mean of its
 * rows, no cluster empty, and the inertia that goes with them. */
static void
test_fixed_point (void)
{
  enum
  {
    N = 700,
    D = 5,
    K = 23
  };
  g_autoptr (PleMatrix) x = ple_test_random_matrix (N, D, 3);
  g_autoptr (PleMatrix) centres = NULL;
  gint32 labels[N], nearest[N];
  double sums[K][D] = { { 0 } }, counts[K] = { 0 }, inertia, sum = 0;

  inertia = fit (x, K, 1, 5, FALSE, &centres, labels, NULL);
  g_assert_true (ple_assign_nearest (x, centres, nearest, NULL, NULL, NULL));
  g_assert_cmpmem (labels, sizeof labels, nearest, sizeof nearest);
  for (size_t i = 0; i < N; i++)
    {
      counts[labels[i]]++;
      for (size_t f = 0; f < D; f++)
        {
          double value = (double) ple_matrix_row (x, i)[f];

          sums[labels[i]][f] += value;
          sum += pow (value - (double) ple_matrix_row (centres, (size_t) labels[i])[f], 2);
        }
    }
  g_assert_cmpfloat_with_epsilon (inertia, sum, 1e-4);
  for (size_t j = 0; j < K; j++)
    for (size_t f = 0; f < D; f++)
      {
        g_assert_cmpfloat (counts[j], >, 0);
        g_assert_cmpfloat_with_epsilon ((double) ple_matrix_row (centres, j)[f],
                                        sums[j][f] / counts[j], 1e-6);
      }
}

static void
test_edges (void)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (40, 3, 4);
  g_autoptr (PleMatrix) one = NULL;
  g_autoptr (PleMatrix) all = NULL;
  gint32 labels[40];
  double mean = 0;

  fit (x, 1, 1, 1, FALSE, &one, labels, NULL);
  for (size_t i = 0; i < 40; i++)
    {
      mean += (double) x->data[3 * i] / 40;
      g_assert_cmpint (labels[i], ==, 0);
    }
  g_assert_cmpfloat_with_epsilon ((double) one->data[0], mean, 1e-6);
  /* As many clusters as rows: each row alone. */
  g_assert_cmpfloat_with_epsilon (fit (x, 40, 1, 1, FALSE, &all, labels, NULL), 0, 1e-9);
  for (size_t i = 0; i < 40; i++)
    for (size_t j = 0; j < i; j++)
      g_assert_cmpint (labels[i], !=, labels[j]);
}

/* Three kinds of row and eight clusters: five stay empty, nothing breaks, nothing is lost. */
static void
test_fewer_kinds_than_clusters (void)
{
  g_autoptr (PleMatrix) x = ple_matrix_new (50, 2, NULL);
  g_autoptr (PleMatrix) centres = NULL;
  gint32 labels[50];

  for (size_t i = 0; i < 50; i++)
    x->data[2 * i] = (float) (i % 3);
  g_assert_cmpfloat (fit (x, 8, 2, 1, FALSE, &centres, labels, NULL), ==, 0);
  g_assert_cmpuint (ple_matrix_find_not_finite (centres), ==, 8);
  for (size_t i = 3; i < 50; i++)
    g_assert_cmpint (labels[i], ==, labels[i % 3]);
}

static void
test_more_starts_are_no_worse (void)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (500, 4, 6);
  double one, ten, sum_one = 0, sum_ten = 0;

  for (guint64 seed = 0; seed < 5; seed++)
    {
      g_autoptr (PleMatrix) a = NULL;
      g_autoptr (PleMatrix) b = NULL;

      one = fit (x, 15, 1, seed, FALSE, &a, NULL, NULL);
      ten = fit (x, 15, 10, seed, FALSE, &b, NULL, NULL);
      g_assert_cmpfloat (ten, <=, one);
      sum_one += one;
      sum_ten += ten;
    }
  g_assert_cmpfloat (sum_ten, <, sum_one);
}

static void
test_spherical (void)
{
  g_autoptr (PleMatrix) x = make_blobs (400, 6, 8);
  g_autoptr (PleMatrix) centres = NULL;
  gint32 labels[400];
  double inertia, sum = 0;

  for (size_t i = 0; i < 400 * 6; i++)
    x->data[i] -= 50;
  ple_matrix_normalise_rows (x);
  inertia = fit (x, 8, 2, 3, TRUE, &centres, labels, NULL);
  for (size_t j = 0; j < 8; j++)
    {
      double norm = 0;

      for (size_t f = 0; f < 6; f++)
        norm += pow ((double) ple_matrix_row (centres, j)[f], 2);
      g_assert_cmpfloat_with_epsilon (norm, 1, 1e-6);
    }
  /* Of unit vectors the squared distance is 2 - 2 cos, and the nearest has the largest cosine. */
  for (size_t i = 0; i < 400; i++)
    {
      double best = -2;

      for (size_t j = 0; j < 8; j++)
        {
          double dot = 0;

          for (size_t f = 0; f < 6; f++)
            dot += (double) ple_matrix_row (x, i)[f] * (double) ple_matrix_row (centres, j)[f];
          best = MAX (best, dot);
        }
      sum += 2 - 2 * best;
    }
  g_assert_cmpfloat_with_epsilon (inertia, sum, 1e-3);
}

static void
test_same_bits_any_threads (void)
{
  static const guint threads[] = { 1, 2, 3, 7 };
  g_autoptr (PleMatrix) x = ple_test_random_matrix (3000, 10, 8);
  g_autoptr (PleMatrix) first = NULL;
  g_autofree gint32 *first_labels = NULL;

  for (size_t t = 0; t < G_N_ELEMENTS (threads); t++)
    {
      g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, threads[t]);
      g_autoptr (PleMatrix) centres = NULL;
      g_autofree gint32 *labels = g_new (gint32, 3000);

      fit (x, 20, 2, 9, FALSE, &centres, labels, progress);
      if (first == NULL)
        {
          first = ple_matrix_ref (centres);
          first_labels = g_steal_pointer (&labels);
          continue;
        }
      ple_test_assert_same_bits (first, centres);
      g_assert_cmpmem (first_labels, 12000, labels, 12000);
    }
}

/* So many rows that starts are drawn from a sample. */
static void
test_seeds_from_a_sample (void)
{
  g_autoptr (PleMatrix) x = make_blobs (101000, 2, 5);
  g_autoptr (PleMatrix) centres = NULL;
  g_autofree gint32 *labels = g_new (gint32, 101000);

  fit (x, 5, 2, 1, FALSE, &centres, labels, NULL);
  for (size_t i = 5; i < 101000; i++)
    g_assert_cmpint (labels[i], ==, labels[i % 5]);
}

static void
test_refuses (void)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (10, 3, 1);
  g_autoptr (PleProgress) cancelled = ple_test_cancelled ();
  PleLloydOptions options = { .n_clusters = 11, .n_starts = 1, .max_iterations = 10 };
  g_autoptr (PleMatrix) centres = NULL;
  g_autoptr (GError) error = NULL;
  PleRng rng;

  ple_rng_init (&rng, 1);
  g_assert_false (ple_lloyd (x, &options, FALSE, &rng, &centres, NULL, NULL, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW);
  g_clear_error (&error);
  options.n_clusters = 2;
  g_assert_false (ple_lloyd (x, &options, FALSE, &rng, &centres, NULL, NULL, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  x->data[3] = NAN;
  g_assert_false (ple_lloyd (x, &options, FALSE, &rng, &centres, NULL, NULL, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NOT_FINITE);
}

static void
cancel_soon (gpointer data, double fraction, const char *stage, const char *detail)
{
  if (fraction > 0.02)
    ple_progress_cancel (*(PleProgress **) data);
}

static void
test_cancels_half_way (void)
{
  static const PleProgressSink sink = { .report = cancel_soon };
  g_autoptr (PleMatrix) x = ple_test_random_matrix (4000, 20, 2);
  g_autoptr (PleMatrix) centres = NULL;
  g_autoptr (GError) error = NULL;
  PleProgress *progress = NULL;
  PleLloydOptions options = { .n_clusters = 40, .n_starts = 50, .max_iterations = 300 };
  PleRng rng;

  progress = ple_progress_new (&sink, &progress, 2);
  ple_progress_set_every (progress);
  ple_rng_init (&rng, 1);
  g_assert_false (ple_lloyd (x, &options, FALSE, &rng, &centres, NULL, NULL, progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_null (centres);
  ple_progress_unref (progress);
}

/* "Stop early and keep": the first settled centres are kept. */
static void
test_stops_early (void)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (500, 4, 6);
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 1);
  g_autoptr (PleMatrix) stopped = NULL;
  g_autoptr (PleMatrix) whole = NULL;
  gint32 labels[500];

  ple_progress_request_stop (progress);
  g_assert_cmpfloat (fit (x, 15, 10, 1, FALSE, &stopped, labels, progress), >,
                     fit (x, 15, 10, 1, FALSE, &whole, NULL, NULL));
}

int
main (int argc, char **argv)
{
  ple_linalg_init ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/linalg/lloyd/finds-blobs", test_finds_blobs);
  g_test_add_func ("/linalg/lloyd/fixed-point", test_fixed_point);
  g_test_add_func ("/linalg/lloyd/edges", test_edges);
  g_test_add_func ("/linalg/lloyd/fewer-kinds-than-clusters", test_fewer_kinds_than_clusters);
  g_test_add_func ("/linalg/lloyd/more-starts-are-no-worse", test_more_starts_are_no_worse);
  g_test_add_func ("/linalg/lloyd/spherical", test_spherical);
  g_test_add_func ("/linalg/lloyd/same-bits-any-threads", test_same_bits_any_threads);
  g_test_add_func ("/linalg/lloyd/seeds-from-a-sample", test_seeds_from_a_sample);
  g_test_add_func ("/linalg/lloyd/refuses", test_refuses);
  g_test_add_func ("/linalg/lloyd/cancels-half-way", test_cancels_half_way);
  g_test_add_func ("/linalg/lloyd/stops-early", test_stops_early);
  return g_test_run ();
}
