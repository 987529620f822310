/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-knn.h"

#include "base/ple-error.h"
#include "linalg/ple-knn-private.h"
#include "linalg/ple-linalg.h"
#include "ple-test.h"

#include <math.h>
#include <string.h>

typedef struct
{
  double distance;
  gint32 index;
} Pair;

static int
compare_pairs (gconstpointer a, gconstpointer b)
{
  const Pair *p = a, *q = b;

  if (p->distance != q->distance)
    return p->distance < q->distance ? -1 : 1;
  return p->index - q->index;
}

static double
distance_reference (size_t d, const float *a, const float *b, PleMetric metric)
{
  double sum = 0, aa = 0, bb = 0;

  for (size_t f = 0; f < d; f++)
    {
      aa += (double) a[f] * (double) a[f];
      bb += (double) b[f] * (double) b[f];
      sum += metric == PLE_METRIC_COSINE ? (double) a[f] * (double) b[f]
                                         : pow ((double) a[f] - (double) b[f], 2);
    }
  if (metric == PLE_METRIC_EUCLIDEAN)
    return sum;
  return aa > 0 && bb > 0 ? 1 - sum / sqrt (aa * bb) : 1;
}

/* All distances, sorted. Returns: (m, n) */
static Pair *
all_pairs_reference (const PleMatrix *x, const PleMatrix *queries, PleMetric metric)
{
  size_t n = x->n_rows;
  Pair *pairs = g_new (Pair, queries->n_rows * n);

  for (size_t i = 0; i < queries->n_rows; i++)
    {
      for (size_t j = 0; j < n; j++)
        {
          pairs[i * n + j].distance = distance_reference (x->n_cols, ple_matrix_row (queries, i),
                                                          ple_matrix_row (x, j), metric);
          pairs[i * n + j].index = (gint32) j;
        }
      qsort (pairs + i * n, n, sizeof (Pair), compare_pairs);
    }
  return pairs;
}

/* Distances must be those of the slow way, and each index must lie at its distance; which of two at
 * nearly the same distance comes first is left to rounding, unless they are exactly equal. */
static void
check (const PleMatrix *x, const PleMatrix *queries, size_t k, PleMetric metric)
{
  const PleMatrix *q = queries != NULL ? queries : x;
  size_t n = x->n_rows, m = q->n_rows;
  g_autofree gint32 *neighbours = g_new (gint32, m * k);
  g_autofree float *distances = g_new (float, m *k);
  g_autofree Pair *pairs = all_pairs_reference (x, q, metric);
  g_autoptr (GError) error = NULL;

  if (queries != NULL)
    ple_knn_query (x, queries, k, metric, neighbours, distances, NULL, &error);
  else
    ple_knn_exact (x, k, metric, neighbours, distances, NULL, &error);
  g_assert_no_error (error);

  for (size_t i = 0; i < m; i++)
    {
      g_autofree guint8 *seen = g_new0 (guint8, n);
      const Pair *expected = pairs + i * n;
      size_t at = 0;

      for (size_t j = 0; j < k; j++, at++)
        {
          gint32 index = neighbours[i * k + j];
          double distance = (double) distances[i * k + j];

          if (queries == NULL && expected[at].index == (gint32) i)
            at++;
          g_assert_cmpint (index, >=, 0);
          g_assert_cmpint (index, <, (gint32) n);
          g_assert_cmpuint (seen[index], ==, 0);
          seen[index] = 1;
          if (queries == NULL)
            g_assert_cmpint (index, !=, (gint32) i);
          g_assert_cmpfloat_with_epsilon (distance, expected[at].distance,
                                          3e-7 * (1 + expected[at].distance));
          g_assert_cmpfloat_with_epsilon (distance,
                                          distance_reference (x->n_cols, ple_matrix_row (q, i),
                                                              ple_matrix_row (x, (size_t) index),
                                                              metric),
                                          3e-7 * (1 + distance));
          if (j > 0)
            {
              g_assert_true (distances[i * k + j - 1] <= distances[i * k + j]);
              if (distances[i * k + j - 1] == distances[i * k + j])
                g_assert_cmpint (neighbours[i * k + j - 1], <, index);
            }
        }
    }
}

static void
test_equals_slow_way (void)
{
  static const size_t shapes[][3] = { { 2, 1, 1 },     { 3, 2, 2 },    { 129, 7, 5 },
                                      { 300, 50, 15 }, { 700, 3, 10 }, { 257, 16, 256 } };

  for (size_t i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      g_autoptr (PleMatrix) x = ple_test_random_matrix (shapes[i][0], shapes[i][1], i);

      check (x, NULL, shapes[i][2], PLE_METRIC_EUCLIDEAN);
      check (x, NULL, shapes[i][2], PLE_METRIC_COSINE);
    }
}

static void
test_queries_equal_slow_way (void)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (333, 21, 1);
  g_autoptr (PleMatrix) queries = ple_test_random_matrix (140, 21, 2);
  g_autoptr (PleMatrix) own = ple_matrix_new_rows (x, 100, 50);
  gint32 nearest[50];

  check (x, queries, 1, PLE_METRIC_EUCLIDEAN);
  check (x, queries, 333, PLE_METRIC_EUCLIDEAN);
  check (x, queries, 9, PLE_METRIC_COSINE);
  g_assert_true (ple_knn_query (x, own, 1, PLE_METRIC_EUCLIDEAN, nearest, NULL, NULL, NULL));
  for (gint32 i = 0; i < 50; i++)
    g_assert_cmpint (nearest[i], ==, 100 + i);
}

/* Few distinct points, each many times: only the indices decide, so they must be the lowest. */
static void
test_duplicates (void)
{
  enum
  {
    N = 400,
    K = 12,
    KINDS = 5
  };
  g_autoptr (PleMatrix) kinds = ple_test_random_matrix (KINDS, 6, 3);
  g_autoptr (PleMatrix) x = ple_matrix_new (N, 6, NULL);
  g_autofree gint32 *neighbours = g_new (gint32, N * K);
  g_autofree float *distances = g_new (float, N *K);

  for (size_t i = 0; i < N; i++)
    memcpy (ple_matrix_row (x, i), ple_matrix_row (kinds, i * 7 % KINDS), 6 * sizeof (float));
  for (int metric = 0; metric < 2; metric++)
    {
      g_assert_true (ple_knn_exact (x, K, (PleMetric) metric, neighbours, distances, NULL, NULL));
      for (size_t i = 0; i < N; i++)
        for (size_t j = 0, expected = 0; j < K; j++, expected++)
          {
            while (expected * 7 % KINDS != i * 7 % KINDS || expected == i)
              expected++;
            g_assert_cmpint (neighbours[i * K + j], ==, (gint32) expected);
            g_assert_cmpfloat (distances[i * K + j], ==, 0);
          }
    }
}

/* A cloud far from the origin, where norms lose all digits, and powers of two at both ends of
 * float, where their squares would leave it: differences are the same bits or scaled exactly, so
 * the neighbours must be the same. */
static void
test_far_and_extreme (void)
{
  enum
  {
    N = 300,
    D = 10,
    K = 8
  };
  static const float scales[] = { 1, 0x1p-90f, 0x1p80f };
  g_autoptr (PleMatrix) x = ple_test_random_matrix (N, D, 4);
  g_autofree gint32 *plain = g_new (gint32, N * K);

  for (size_t i = 0; i < N * D; i++)
    x->data[i] = roundf (x->data[i] * 1000);
  check (x, NULL, K, PLE_METRIC_EUCLIDEAN);
  g_assert_true (ple_knn_exact (x, K, PLE_METRIC_EUCLIDEAN, plain, NULL, NULL, NULL));
  for (size_t s = 0; s < G_N_ELEMENTS (scales); s++)
    {
      g_autoptr (PleMatrix) moved = ple_matrix_copy (x, NULL);
      g_autofree gint32 *neighbours = g_new (gint32, N * K);

      for (size_t i = 0; i < N * D; i++)
        moved->data[i] = (moved->data[i] + 8000000) * scales[s];
      g_assert_true (ple_knn_exact (moved, K, PLE_METRIC_EUCLIDEAN, neighbours, NULL, NULL, NULL));
      /* Beyond float's range distances are all 0 or all infinite, and only indices decide. */
      if (scales[s] == 1)
        g_assert_cmpmem (plain, N * K * 4, neighbours, N * K * 4);
      else
        for (gint32 j = 0; j < K; j++)
          g_assert_cmpint (neighbours[j], ==, j + 1);
    }
}

static void
test_zero_rows (void)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (150, 4, 5);
  gint32 *neighbours;
  float *distances;

  for (size_t i = 0; i < 3; i++)
    memset (ple_matrix_row (x, 20 * i), 0, 4 * sizeof (float));
  check (x, NULL, 149, PLE_METRIC_COSINE);
  neighbours = g_new (gint32, 150 * 5);
  distances = g_new (float, 150 * 5);
  g_assert_true (ple_knn_exact (x, 5, PLE_METRIC_COSINE, neighbours, distances, NULL, NULL));
  for (gint32 j = 0; j < 5; j++)
    {
      g_assert_cmpint (neighbours[j], ==, j + 1);
      g_assert_cmpfloat (distances[j], ==, 1);
    }
  g_free (neighbours);
  g_free (distances);
}

static void
test_same_bits_any_threads (void)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (1500, 20, 6);
  g_autofree gint32 *first = NULL;
  g_autofree float *first_distances = NULL;
  static const guint threads[] = { 1, 2, 3, 7 };

  for (size_t t = 0; t < G_N_ELEMENTS (threads); t++)
    {
      g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, threads[t]);
      gint32 *neighbours = g_new (gint32, 1500 * 10);
      float *distances = g_new (float, 1500 * 10);

      ple_knn_exact (x, 10, PLE_METRIC_EUCLIDEAN, neighbours, distances, progress, NULL);
      if (first == NULL)
        {
          first = neighbours;
          first_distances = distances;
          continue;
        }
      g_assert_cmpmem (first, 60000, neighbours, 60000);
      g_assert_cmpmem (first_distances, 60000, distances, 60000);
      g_free (neighbours);
      g_free (distances);
    }
}

static void
test_refuses (void)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (10, 3, 7);
  g_autoptr (PleMatrix) narrow = ple_test_random_matrix (10, 2, 7);
  g_autoptr (PleProgress) cancelled = ple_test_cancelled ();
  gint32 neighbours[100];
  g_autoptr (GError) error = NULL;

  g_assert_false (ple_knn_exact (x, 10, PLE_METRIC_EUCLIDEAN, neighbours, NULL, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW);
  g_clear_error (&error);
  g_assert_false (
      ple_knn_query (x, narrow, 2, PLE_METRIC_EUCLIDEAN, neighbours, NULL, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE);
  g_clear_error (&error);
  g_assert_false (ple_knn_exact (x, 3, PLE_METRIC_EUCLIDEAN, neighbours, NULL, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  x->data[8] = NAN;
  g_assert_false (ple_knn_exact (x, 3, PLE_METRIC_EUCLIDEAN, neighbours, NULL, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NOT_FINITE);
}

/* Hits of one tile against the definition, for every kernel that this processor has. Gaps are
 * chosen so that about a third of the pairs hits, and are far from it by more than rounding. */
static void
test_kernels_agree_with_definition (void)
{
  enum
  {
    D = 21
  };
  const PleKnnKernel *kernel;

  for (size_t which = 0; (kernel = ple_knn_get_kernel (which)) != NULL; which++)
    {
      const size_t n_rows = kernel->n_rows, n_cols = kernel->n_cols;
      g_autoptr (PleMatrix) rows = ple_test_random_matrix (D, n_cols, 1);
      g_autoptr (PleMatrix) columns = ple_test_random_matrix (D, n_cols, 2);
      float row_gaps[PLE_KNN_MAX_ROWS], row_norms[PLE_KNN_MAX_ROWS];
      float column_gaps[PLE_KNN_PANEL], column_norms[PLE_KNN_PANEL];
      PleKnnTile tile = { .depth = D,
                          .rows = rows->data,
                          .columns = columns->data,
                          .ahead = rows->data,
                          .row_norms = row_norms,
                          .row_gaps = row_gaps,
                          .column_norms = column_norms,
                          .column_gaps = column_gaps };
      size_t n_hits = 0;

      g_test_message ("kernel %s", kernel->name);
      for (size_t r = 0; r < n_rows; r++)
        {
          row_norms[r] = (float) r + 1;
          row_gaps[r] = r % 2 == 0 ? 1.0f : r == 1 ? -INFINITY : INFINITY;
        }
      for (size_t c = 0; c < n_cols; c++)
        {
          column_norms[c] = c + 1 < n_cols ? 1.0f : INFINITY; /* the last only fills the panel */
          column_gaps[c] = c % 3 == 0 && c + 1 < n_cols ? -0.5f : INFINITY;
        }
      g_assert_true (kernel->scan (&tile));
      for (size_t r = 0; r < n_rows; r++)
        for (size_t c = 0; c < n_cols; c++)
          {
            double product = 0, limit, for_row, for_column;
            gboolean hit = (tile.hits[r] >> c & 1) != 0;

            for (size_t f = 0; f < D; f++)
              product +=
                  (double) ple_matrix_row (rows, f)[r] * (double) ple_matrix_row (columns, f)[c];
            g_assert_cmpfloat_with_epsilon ((double) tile.products[r * n_cols + c], product, 1e-4);
            for_row = (double) row_gaps[r] + (double) column_norms[c];
            for_column = (double) row_norms[r] + (double) column_gaps[c];
            limit = for_row < for_column ? for_row : for_column;
            if (c + 1 == n_cols)
              g_assert_false (hit);
            else if (fabs (product - limit) > 1e-4)
              g_assert_cmpint (hit, ==, product >= limit);
            n_hits += hit;
          }
      g_assert_cmpuint (n_hits, >, 0);
      g_assert_cmpuint (n_hits, <, n_rows * n_cols);

      for (size_t r = 0; r < n_rows; r++)
        row_gaps[r] = INFINITY;
      for (size_t c = 0; c < n_cols; c++)
        column_gaps[c] = INFINITY;
      g_assert_false (kernel->scan (&tile));
    }
}

int
main (int argc, char **argv)
{
  ple_linalg_init ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/linalg/knn/equals-slow-way", test_equals_slow_way);
  g_test_add_func ("/linalg/knn/queries-equal-slow-way", test_queries_equal_slow_way);
  g_test_add_func ("/linalg/knn/duplicates", test_duplicates);
  g_test_add_func ("/linalg/knn/far-and-extreme", test_far_and_extreme);
  g_test_add_func ("/linalg/knn/zero-rows", test_zero_rows);
  g_test_add_func ("/linalg/knn/same-bits-any-threads", test_same_bits_any_threads);
  g_test_add_func ("/linalg/knn/refuses", test_refuses);
  g_test_add_func ("/linalg/knn/kernels-agree-with-definition", test_kernels_agree_with_definition);
  return g_test_run ();
}
