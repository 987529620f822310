/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-knn-approximate.h"

#include "base/ple-error.h"
#include "linalg/ple-knn-graph-private.h"
#include "linalg/ple-linalg.h"
#include "linalg/ple-projection-tree-private.h"
#include "ple-test.h"

#include <math.h>
#include <string.h>

#define N 3000
#define D 12
#define K 10

/* Points near a curved sheet: hard enough that a start from trees alone does not find all. */
static PleMatrix *
sheet_new (void)
{
  PleMatrix *x = ple_test_random_matrix (N, D, 4);

  for (size_t i = 0; i < N; i++)
    {
      float *row = ple_matrix_row (x, i);

      for (size_t f = 3; f < D; f++)
        row[f] = 0.1f * row[f] + row[f % 3] * row[(f + 1) % 3];
    }
  return x;
}

static double
recall_of (const gint32 *found, const gint32 *truth, size_t k)
{
  size_t n_found = 0;

  for (size_t i = 0; i < N; i++)
    for (size_t a = 0; a < k; a++)
      for (size_t b = 0; b < k; b++)
        n_found += found[i * k + a] == truth[i * k + b];
  return (double) n_found / (double) (N * k);
}

/* Each row names k others, none twice, nearest first, with the distance that it has. */
static void
check_rows (const PleMatrix *x, PleMetric metric, const gint32 *found, const float *distances)
{
  for (size_t i = 0; i < N; i++)
    for (size_t a = 0; a < K; a++)
      {
        const gint32 j = found[i * K + a];
        double square = 0, product = 0, norm_i = 0, norm_j = 0;

        g_assert_cmpint (j, >=, 0);
        g_assert_cmpint (j, <, N);
        g_assert_cmpint (j, !=, (gint32) i);
        for (size_t b = 0; b < a; b++)
          g_assert_cmpint (found[i * K + b], !=, j);
        if (a > 0)
          g_assert_cmpfloat ((double) distances[i * K + a], >=, (double) distances[i * K + a - 1]);
        for (size_t f = 0; f < D; f++)
          {
            const double p = (double) ple_matrix_row (x, i)[f];
            const double q = (double) ple_matrix_row (x, (size_t) j)[f];

            square += (p - q) * (p - q);
            product += p * q;
            norm_i += p * p;
            norm_j += q * q;
          }
        g_assert_cmpfloat_with_epsilon (
            (double) distances[i * K + a],
            metric == PLE_METRIC_EUCLIDEAN ? square : 1 - product / sqrt (norm_i * norm_j), 1e-4);
      }
}

static void
test_recall (void)
{
  g_autoptr (PleMatrix) x = sheet_new ();
  g_autofree gint32 *truth = g_new (gint32, N * K);
  g_autofree gint32 *found = g_new (gint32, N * K);
  g_autofree float *distances = g_new (float, N *K);

  for (int metric = PLE_METRIC_EUCLIDEAN; metric <= PLE_METRIC_COSINE; metric++)
    {
      g_autoptr (GError) error = NULL;
      double estimate, recall;

      g_assert_true (ple_knn_exact (x, K, (PleMetric) metric, truth, NULL, NULL, &error));
      g_assert_true (ple_knn_approximate (x, K, (PleMetric) metric, NULL, found, distances,
                                          &estimate, NULL, &error));
      g_assert_no_error (error);
      check_rows (x, (PleMetric) metric, found, distances);
      recall = recall_of (found, truth, K);
      g_assert_cmpfloat (recall, >, 0.97);
      g_assert_cmpfloat (fabs (estimate - recall), <, 0.02);
    }
}

/* The descent must find what two trees alone do not. */
static void
test_descent_improves (void)
{
  const PleKnnOptions trees_only = { .n_trees = 2, .max_rounds = 1, .tolerance = 1 };
  const PleKnnOptions descent = { .n_trees = 2 };
  g_autoptr (PleMatrix) x = ple_test_random_matrix (N, D, 8);
  g_autofree gint32 *truth = g_new (gint32, N * K);
  g_autofree gint32 *found = g_new (gint32, N * K);
  double before, after;

  g_assert_true (ple_knn_exact (x, K, PLE_METRIC_EUCLIDEAN, truth, NULL, NULL, NULL));
  ple_knn_approximate (x, K, PLE_METRIC_EUCLIDEAN, &trees_only, found, NULL, NULL, NULL, NULL);
  before = recall_of (found, truth, K);
  ple_knn_approximate (x, K, PLE_METRIC_EUCLIDEAN, &descent, found, NULL, NULL, NULL, NULL);
  after = recall_of (found, truth, K);
  g_test_message ("%g %g", before, after);
  g_assert_cmpfloat (before, <, 0.9);
  g_assert_cmpfloat (after, >, 0.95);
}

static void
test_same_bits_for_any_threads (void)
{
  g_autoptr (PleMatrix) x = sheet_new ();
  g_autofree gint32 *found[2] = { g_new (gint32, N * K), g_new (gint32, N * K) };
  g_autofree float *distances[2] = { g_new (float, N *K), g_new (float, N *K) };

  for (guint t = 0; t < 2; t++)
    {
      g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, t == 0 ? 1 : 4);

      g_assert_true (ple_knn_approximate (x, K, PLE_METRIC_EUCLIDEAN, NULL, found[t], distances[t],
                                          NULL, progress, NULL));
    }
  g_assert_cmpmem (found[0], N * K * 4, found[1], N * K * 4);
  g_assert_cmpmem (distances[0], N * K * 4, distances[1], N * K * 4);
  g_free (g_steal_pointer (&found[1]));
  g_free (g_steal_pointer (&distances[1]));
}

/* What is kept does not depend on the order of the offers. */
static void
test_graph_is_a_set (void)
{
  g_autoptr (PleKnnGraph) a = ple_knn_graph_new (1, 5);
  g_autoptr (PleKnnGraph) b = ple_knn_graph_new (1, 5);
  struct
  {
    gint32 id;
    float distance;
  } offers[200];
  PleRng rng;

  ple_rng_init (&rng, 3);
  for (size_t o = 0; o < 200; o++)
    {
      offers[o].id = (gint32) ple_rng_below (&rng, 30) + 1;
      /* The same pair comes with two roundings, and several pairs at one distance. */
      offers[o].distance = (float) (offers[o].id / 3) + (o % 2 == 0 ? 0 : 1e-3f);
    }
  for (size_t o = 0; o < 200; o++)
    {
      ple_knn_graph_offer (a, 0, offers[o].id, offers[o].distance);
      ple_knn_graph_offer (b, 0, offers[199 - o].id, offers[199 - o].distance);
    }
  g_assert_cmpmem (a->ids, 5 * 4, b->ids, 5 * 4);
  g_assert_cmpmem (a->distances, 5 * 4, b->distances, 5 * 4);
  for (size_t e = 1; e < 5; e++)
    g_assert_true (a->distances[e] > a->distances[e - 1] ||
                   (!(a->distances[e] < a->distances[e - 1]) && a->ids[e] > a->ids[e - 1]));
}

static void
test_tree_halves (void)
{
  g_autoptr (PleMatrix) x = sheet_new ();
  g_autofree guint32 *order = g_new (guint32, N);
  g_autofree gboolean *seen = g_new0 (gboolean, N);
  const guint n_levels = ple_projection_tree_n_levels (N, 100);
  PleRng rng;

  g_assert_cmpuint (n_levels, ==, 5);
  g_assert_cmpuint (ple_projection_tree_n_levels (100, 100), ==, 0);
  g_assert_cmpuint (ple_projection_tree_n_levels (101, 100), ==, 1);
  ple_rng_init (&rng, 1);
  /* Many rows are one and the same: they must be divided all the same. */
  for (size_t i = 0; i < N / 2; i++)
    memcpy (ple_matrix_row (x, i), ple_matrix_row (x, 0), D * sizeof (float));
  g_assert_true (ple_projection_tree (x, n_levels, &rng, order, NULL, NULL));
  for (size_t p = 0; p < N; p++)
    {
      g_assert_false (seen[order[p]]);
      seen[order[p]] = TRUE;
    }
  for (size_t leaf = 0; leaf < 32; leaf++)
    {
      const size_t size = ple_projection_tree_first (N, n_levels, leaf + 1) -
                          ple_projection_tree_first (N, n_levels, leaf);

      g_assert_cmpuint (size, >=, 93);
      g_assert_cmpuint (size, <=, 94);
    }
}

static void
test_degenerate (void)
{
  g_autoptr (PleMatrix) same = ple_matrix_new (N, D, NULL);
  g_autoptr (PleMatrix) few = ple_test_random_matrix (K + 1, D, 1);
  g_autoptr (PleMatrix) bad = ple_test_random_matrix (50, D, 1);
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 1);
  g_autofree gint32 *found = g_new (gint32, N * K);
  g_autofree float *distances = g_new (float, N *K);
  g_autoptr (GError) error = NULL;

  /* All rows the same; all the others of the only eleven. */
  g_assert_true (ple_knn_approximate (same, K, PLE_METRIC_EUCLIDEAN, NULL, found, distances, NULL,
                                      NULL, &error));
  for (size_t e = 0; e < N * K; e++)
    {
      g_assert_cmpint (found[e], !=, (gint32) (e / K));
      g_assert_cmpint (found[e], >=, 0);
      g_assert_cmpfloat ((double) distances[e], ==, 0);
    }
  g_assert_true (
      ple_knn_approximate (same, K, PLE_METRIC_COSINE, NULL, found, distances, NULL, NULL, &error));
  g_assert_cmpfloat ((double) distances[0], ==, 1);
  g_assert_true (ple_knn_approximate (few, K, PLE_METRIC_EUCLIDEAN, NULL, found, distances, NULL,
                                      NULL, &error));
  for (size_t i = 0; i <= K; i++)
    {
      guint others = 0;

      for (size_t e = 0; e < K; e++)
        others |= 1u << found[i * K + e];
      g_assert_cmpuint (others, ==, ((1u << (K + 1)) - 1) & ~(1u << i));
    }
  g_assert_false (ple_knn_approximate (few, K + 1, PLE_METRIC_EUCLIDEAN, NULL, found, distances,
                                       NULL, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW);
  g_clear_error (&error);
  bad->data[100] = NAN;
  g_assert_false (ple_knn_approximate (bad, K, PLE_METRIC_EUCLIDEAN, NULL, found, distances, NULL,
                                       NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NOT_FINITE);
  g_clear_error (&error);
  ple_progress_cancel (progress);
  g_assert_false (ple_knn_approximate (same, K, PLE_METRIC_EUCLIDEAN, NULL, found, distances, NULL,
                                       progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_choice (void)
{
  g_assert_false (ple_knn_prefers_approximate (10000, 768, 15));
  g_assert_false (ple_knn_prefers_approximate (60000, 50, 15));
  g_assert_true (ple_knn_prefers_approximate (50000, 768, 15));
  g_assert_true (ple_knn_prefers_approximate (1000000, 64, 15));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  g_test_add_func ("/linalg/knn-approximate/recall", test_recall);
  g_test_add_func ("/linalg/knn-approximate/descent-improves", test_descent_improves);
  g_test_add_func ("/linalg/knn-approximate/same-bits-for-any-threads",
                   test_same_bits_for_any_threads);
  g_test_add_func ("/linalg/knn-approximate/graph-is-a-set", test_graph_is_a_set);
  g_test_add_func ("/linalg/knn-approximate/tree-halves", test_tree_halves);
  g_test_add_func ("/linalg/knn-approximate/degenerate", test_degenerate);
  g_test_add_func ("/linalg/knn-approximate/choice", test_choice);
  return g_test_run ();
}
