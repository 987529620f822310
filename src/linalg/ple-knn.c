/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact neighbours. A tile of products comes from GEMM on centred, scaled copies; what could still
 * be among the k nearest by the norms is measured again directly, in double, and put into a heap
 * that lies in the caller's arrays. The test by norms is loosened by the most that rounding can do,
 * so the result is that of the direct distances: it depends neither on the order of tiles nor on
 * threads.
 *
 * Among themselves, points are compared once per pair: blocks of rows meet like the teams of a
 * tournament, in rounds in which every block plays once, so the heaps need no locks. */
#include "config.h"

#include "linalg/ple-knn.h"

#include "base/ple-clones.h"
#include "base/ple-error.h"
#include "base/ple-parallel.h"
#include "linalg/ple-centre-private.h"
#include "linalg/ple-distance-private.h"
#include "linalg/ple-linalg.h"

#include <math.h>
#include <string.h>

#define TILE_ROWS 128
#define MAX_BLOCK 512
#define GROUP 32

/* Rows, and what the test by norms needs of them. */
typedef struct
{
  const PleMatrix *rows;
  PleMatrix *unit; /* owned rows for the cosine metric */
  PleMatrix *centred;
  float *norms; /* squared, in the centred copy, less what rounding may hide */
  guint8 *zero; /* cosine: rows without a direction */
} Side;

/**
 * Search:
 * @limits: by query: what a distance by norms may be to be looked at; infinite while the heap is
 * not full
 * @open: by query: how full the heap is
 * @scale_squared: distances in the scaled copies per squared distance
 */
typedef struct
{
  Side points;
  Side queries;
  gboolean among_themselves;
  PleMetric metric;
  size_t k;
  gint32 *neighbours;
  float *distances;
  float *limits;
  guint32 *n_found;
  double scale_squared;
  size_t block;
  size_t n_blocks;
  size_t round;
  float *scratch; /* per worker: TILE_ROWS x MAX_BLOCK products, then MAX_BLOCK never-limits */
} Search;

/* Larger distance, or the same and a higher index: farther from the top. */
static inline gboolean
is_farther (float da, gint32 ia, float db, gint32 ib)
{
  return da > db || (da == db && ia > ib);
}

static void
sift_down (float *distances, gint32 *indices, size_t n, size_t at, float distance, gint32 index)
{
  for (;;)
    {
      size_t child = 2 * at + 1;

      if (child >= n)
        break;
      if (child + 1 < n &&
          is_farther (distances[child + 1], indices[child + 1], distances[child], indices[child]))
        child++;
      if (!is_farther (distances[child], indices[child], distance, index))
        break;
      distances[at] = distances[child];
      indices[at] = indices[child];
      at = child;
    }
  distances[at] = distance;
  indices[at] = index;
}

static void
sift_up (float *distances, gint32 *indices, size_t at, float distance, gint32 index)
{
  while (at > 0)
    {
      size_t parent = (at - 1) / 2;

      if (!is_farther (distance, index, distances[parent], indices[parent]))
        break;
      distances[at] = distances[parent];
      indices[at] = indices[parent];
      at = parent;
    }
  distances[at] = distance;
  indices[at] = index;
}

/* Offers point @index at @distance to the heap of @query; a full heap keeps the nearer ones. */
static void
offer (Search *search, size_t query, float distance, gint32 index)
{
  size_t k = search->k;
  float *distances = search->distances + query * k;
  gint32 *indices = search->neighbours + query * k;

  if (search->n_found[query] < k)
    sift_up (distances, indices, search->n_found[query]++, distance, index);
  else if (is_farther (distances[0], indices[0], distance, index))
    sift_down (distances, indices, k, 0, distance, index);
  else
    return;
  if (search->n_found[query] == k)
    {
      double squared = (double) distances[0] * (search->metric == PLE_METRIC_COSINE ? 2 : 1);

      /* Upwards, for the rounding of the heap's floats and of this one. */
      search->limits[query] = (float) (squared * search->scale_squared * (1 + 1e-6) + 1e-37);
    }
}

PLE_CLONES static double
direct_distance (size_t d, const float *a, const float *b)
{
  return ple_squared_distance (d, a, b);
}

static float
exact_distance (const Search *search, size_t query, size_t point)
{
  double squared;

  if (search->metric == PLE_METRIC_COSINE &&
      (search->queries.zero[query] != 0 || search->points.zero[point] != 0))
    return 1;
  squared =
      direct_distance (search->points.rows->n_cols, ple_matrix_row (search->queries.rows, query),
                       ple_matrix_row (search->points.rows, point));
  /* Of unit rows, ‖a - b‖² = 2 - 2 cos. */
  return (float) (search->metric == PLE_METRIC_COSINE ? squared / 2 : squared);
}

/* The columns of one row of a tile whose distance by norms is within the row's or their own limit.
 * @hits: n. Returns: how many */
PLE_CLONES static size_t
find_hits (size_t n,
           const float *restrict products,
           const float *restrict norms,
           const float *restrict limits,
           float row_norm,
           float row_limit,
           guint16 *restrict hits)
{
  size_t n_hits = 0, j = 0;

  for (; j + GROUP <= n; j += GROUP)
    {
      int any = 0;

      for (size_t i = j; i < j + GROUP; i++)
        {
          float limit = limits[i] > row_limit ? limits[i] : row_limit;

          any += row_norm + norms[i] - 2 * products[i] <= limit;
        }
      if (any == 0)
        continue;
      for (size_t i = j; i < j + GROUP; i++)
        {
          float limit = limits[i] > row_limit ? limits[i] : row_limit;

          hits[n_hits] = (guint16) i;
          n_hits += row_norm + norms[i] - 2 * products[i] <= limit;
        }
    }
  for (; j < n; j++)
    {
      float limit = limits[j] > row_limit ? limits[j] : row_limit;

      hits[n_hits] = (guint16) j;
      n_hits += row_norm + norms[j] - 2 * products[j] <= limit;
    }
  return n_hits;
}

/* Queries from @row against points from @col; both ways if @mutual (then both are the same set). */
static void
compare_blocks (Search *search,
                size_t row,
                size_t n_rows,
                size_t col,
                size_t n_cols,
                gboolean mutual,
                float *scratch)
{
  size_t d = search->points.rows->n_cols;
  const float *never = scratch + TILE_ROWS * MAX_BLOCK;
  guint16 hits[MAX_BLOCK + 1];

  for (size_t first = row; first < row + n_rows; first += TILE_ROWS)
    {
      size_t n = MIN (TILE_ROWS, row + n_rows - first);

      ple_gemm (FALSE, TRUE, n, n_cols, d, 1, ple_matrix_row (search->queries.centred, first), d,
                ple_matrix_row (search->points.centred, col), d, 0, scratch, n_cols);
      for (size_t i = first; i < first + n; i++)
        {
          const float *products = scratch + (i - first) * n_cols;
          const float *norms = search->points.norms + col;
          const float *limits = mutual ? search->limits + col : never;
          float norm = search->queries.norms[i];
          size_t n_hits =
              find_hits (n_cols, products, norms, limits, norm, search->limits[i], hits);

          for (size_t h = 0; h < n_hits; h++)
            {
              size_t j = col + hits[h];
              float limit = MAX (search->limits[i], limits[hits[h]]);
              float distance;

              /* Limits have fallen since the row was looked at: at first they are infinite. */
              if ((search->among_themselves && i == j) ||
                  norm + norms[hits[h]] - 2 * products[hits[h]] > limit)
                continue;
              distance = exact_distance (search, i, j);
              offer (search, i, distance, (gint32) j);
              if (mutual)
                offer (search, j, distance, (gint32) i);
            }
        }
    }
}

static float *
scratch_of (Search *search, guint worker)
{
  return search->scratch + worker * (TILE_ROWS + 1) * (size_t) MAX_BLOCK;
}

static size_t
block_size (const Search *search, size_t block, size_t n)
{
  return MIN (search->block, n - block * search->block);
}

static void
compare_within (const PleChunk *chunk, gpointer data)
{
  Search *search = data;
  size_t row = chunk->index * search->block;
  size_t n = block_size (search, chunk->index, search->points.rows->n_rows);

  compare_blocks (search, row, n, row, n, FALSE, scratch_of (search, chunk->worker));
}

/* Game @index of the current round: the last team stays, the others go round in a circle. */
static void
compare_pair (const PleChunk *chunk, gpointer data)
{
  Search *search = data;
  size_t n = search->points.rows->n_rows;
  size_t n_teams = search->n_blocks + search->n_blocks % 2;
  size_t circle = n_teams - 1;
  size_t a = (search->round + chunk->index) % circle;
  size_t b = chunk->index == 0 ? circle : (search->round + circle - chunk->index) % circle;

  /* The team that fills an odd number up is a day off. */
  if (a >= search->n_blocks || b >= search->n_blocks)
    return;
  compare_blocks (search, a * search->block, block_size (search, a, n), b * search->block,
                  block_size (search, b, n), TRUE, scratch_of (search, chunk->worker));
}

static void
compare_queries (const PleChunk *chunk, gpointer data)
{
  Search *search = data;

  compare_blocks (search, chunk->begin, chunk->end - chunk->begin, search->round * search->block,
                  block_size (search, search->round, search->points.rows->n_rows), FALSE,
                  scratch_of (search, chunk->worker));
}

static gboolean
run_tournament (Search *search, PleProgress *progress, GError **error)
{
  size_t n_teams = search->n_blocks + search->n_blocks % 2;

  if (!ple_parallel_for (search->n_blocks, 1, compare_within, search, progress, error))
    return FALSE;
  for (search->round = 0; search->round + 1 < n_teams; search->round++)
    if (!ple_progress_report (progress, (double) search->round / (double) n_teams, error) ||
        !ple_parallel_for (n_teams / 2, 1, compare_pair, search, progress, error))
      return FALSE;
  return TRUE;
}

static gboolean
run_queries (Search *search, PleProgress *progress, GError **error)
{
  for (search->round = 0; search->round < search->n_blocks; search->round++)
    if (!ple_progress_report (progress, (double) search->round / (double) search->n_blocks,
                              error) ||
        !ple_parallel_for (search->queries.rows->n_rows, TILE_ROWS, compare_queries, search,
                           progress, error))
      return FALSE;
  return TRUE;
}

static void
sort_heaps (const PleChunk *chunk, gpointer data)
{
  Search *search = data;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    {
      float *distances = search->distances + i * search->k;
      gint32 *indices = search->neighbours + i * search->k;

      for (size_t last = search->k; last-- > 1;)
        {
          float distance = distances[last];
          gint32 index = indices[last];

          distances[last] = distances[0];
          indices[last] = indices[0];
          sift_down (distances, indices, last, 0, distance, index);
        }
    }
}

static void
side_clear (Side *side)
{
  ple_matrix_unref (side->unit);
  ple_matrix_unref (side->centred);
  g_free (side->norms);
  g_free (side->zero);
}

/* For the cosine metric: unit rows, and which have no direction. */
static gboolean
side_normalise (Side *side, GError **error)
{
  size_t d = side->rows->n_cols;

  side->unit = ple_matrix_copy (side->rows, error);
  if (side->unit == NULL)
    return FALSE;
  side->zero = g_new0 (guint8, MAX (side->rows->n_rows, 1));
  for (size_t i = 0; i < side->rows->n_rows; i++)
    {
      float *row = ple_matrix_row (side->unit, i);
      double sum = 0, scale;

      for (size_t f = 0; f < d; f++)
        sum += (double) row[f] * (double) row[f];
      side->zero[i] = !(sum > 0);
      scale = sum > 0 ? 1 / sqrt (sum) : 0;
      for (size_t f = 0; f < d; f++)
        row[f] = (float) ((double) row[f] * scale);
    }
  side->rows = side->unit;
  return TRUE;
}

static gboolean
side_centre (Side *side, const double *mean, double scale, PleProgress *progress, GError **error)
{
  size_t d = side->rows->n_cols;
  double keep = 1 - ple_distance_slack (d);

  side->centred = ple_matrix_centre (side->rows, mean, scale, progress, error);
  if (side->centred == NULL)
    return FALSE;
  side->norms = g_new (float, MAX (side->rows->n_rows, 1));
  for (size_t i = 0; i < side->rows->n_rows; i++)
    {
      const float *row = ple_matrix_row (side->centred, i);
      double sum = 0;

      for (size_t f = 0; f < d; f++)
        sum += (double) row[f] * (double) row[f];
      side->norms[i] = (float) (sum * keep);
    }
  return TRUE;
}

/* A power of two that brings the data's reach to 1, so that no square over- or underflows. */
static double
scale_for (double reach)
{
  int exponent;

  if (!(reach > 0))
    return 1;
  frexp (reach, &exponent);
  return ldexp (1, -exponent);
}

static gboolean
prepare (Search *search, PleProgress *progress, GError **error)
{
  g_autofree double *mean = g_new (double, MAX (search->points.rows->n_cols, 1));
  double reach, query_reach = 0, scale;
  gboolean queries = !search->among_themselves;

  if (search->metric == PLE_METRIC_COSINE &&
      (!side_normalise (&search->points, error) ||
       (queries && !side_normalise (&search->queries, error))))
    return FALSE;
  if (!ple_column_means (search->points.rows, mean, progress, error) ||
      !ple_matrix_reach (search->points.rows, mean, &reach, progress, error) ||
      (queries && !ple_matrix_reach (search->queries.rows, mean, &query_reach, progress, error)))
    return FALSE;
  scale = scale_for (MAX (reach, query_reach));
  search->scale_squared = scale * scale;
  if (!side_centre (&search->points, mean, scale, progress, error))
    return FALSE;
  if (queries)
    return side_centre (&search->queries, mean, scale, progress, error);
  return TRUE;
}

static gboolean
run (Search *search, PleProgress *progress, GError **error)
{
  size_t n_queries = search->queries.rows->n_rows;
  size_t n_workers = ple_progress_get_n_threads (progress);
  g_autofree float *own_distances = NULL;
  g_autofree float *scratch = NULL;
  g_autofree float *limits = NULL;
  g_autofree guint32 *n_found = NULL;
  gboolean ok;

  if (search->distances == NULL)
    search->distances = own_distances = g_try_new (float, MAX (n_queries * search->k, 1));
  scratch = g_try_new (float, n_workers *(TILE_ROWS + 1) * MAX_BLOCK);
  limits = g_try_new (float, MAX (n_queries, 1));
  n_found = g_try_new0 (guint32, MAX (n_queries, 1));
  if (search->distances == NULL || scratch == NULL || limits == NULL || n_found == NULL)
    {
      g_set_error_literal (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY,
                           "no memory for the neighbours");
      return FALSE;
    }
  search->scratch = scratch;
  search->limits = limits;
  search->n_found = n_found;
  for (size_t i = 0; i < n_queries; i++)
    limits[i] = INFINITY;
  for (size_t worker = 0; worker < n_workers; worker++)
    for (size_t j = 0; j < MAX_BLOCK; j++)
      scratch_of (search, (guint) worker)[TILE_ROWS * MAX_BLOCK + j] = -INFINITY;

  ok = (search->among_themselves ? run_tournament (search, progress, error)
                                 : run_queries (search, progress, error)) &&
       ple_parallel_for (n_queries, 1024, sort_heaps, search, progress, error);
  return ok && ple_progress_report (progress, 1, error);
}

/* Small sets in small blocks, so that there is work for every thread; long rows too, so that a
 * block takes milliseconds. The result does not depend on it. */
static size_t
choose_block (size_t n, size_t d)
{
  size_t block = n < 4096 ? 128 : n < 32768 ? 256 : MAX_BLOCK;

  while (block > 32 && block * block * d > (size_t) 1 << 29)
    block /= 2;
  return block;
}

static gboolean
search_all (Search *search, PleProgress *progress, GError **error)
{
  const PleMatrix *points = search->points.rows, *queries = search->queries.rows;
  gboolean ok;

  if (search->k < 1 || points->n_rows < search->k + search->among_themselves ||
      points->n_rows > G_MAXINT32 || queries->n_rows > G_MAXINT32)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW,
                   "%" G_GSIZE_FORMAT " neighbours cannot be had from %" G_GSIZE_FORMAT " rows",
                   search->k, points->n_rows);
      return FALSE;
    }
  if (points->n_cols != queries->n_cols || points->n_cols > G_MAXINT)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE,
                   "points have %" G_GSIZE_FORMAT " columns, queries %" G_GSIZE_FORMAT,
                   points->n_cols, queries->n_cols);
      return FALSE;
    }
  if (!ple_matrix_check_finite (points, "neighbours", error) ||
      !ple_matrix_check_finite (queries, "neighbours", error))
    return FALSE;

  search->block = choose_block (points->n_rows, points->n_cols);
  search->n_blocks = ple_parallel_n_chunks (points->n_rows, search->block);
  ok = prepare (search, progress, error);
  if (search->among_themselves)
    search->queries = search->points;
  ok = ok && run (search, progress, error);
  side_clear (&search->points);
  if (!search->among_themselves)
    side_clear (&search->queries);
  return ok;
}

gboolean
ple_knn_exact (const PleMatrix *x,
               size_t k,
               PleMetric metric,
               gint32 *neighbours,
               float *distances,
               PleProgress *progress,
               GError **error)
{
  Search search = { .points = { .rows = x },
                    .queries = { .rows = x },
                    .among_themselves = TRUE,
                    .metric = metric,
                    .k = k,
                    .neighbours = neighbours,
                    .distances = distances };

  return search_all (&search, progress, error);
}

gboolean
ple_knn_query (const PleMatrix *x,
               const PleMatrix *queries,
               size_t k,
               PleMetric metric,
               gint32 *neighbours,
               float *distances,
               PleProgress *progress,
               GError **error)
{
  Search search = { .points = { .rows = x },
                    .queries = { .rows = queries },
                    .metric = metric,
                    .k = k,
                    .neighbours = neighbours,
                    .distances = distances };

  return search_all (&search, progress, error);
}
