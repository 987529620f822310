/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact neighbours. Inner products of a tile of points are made on centred, scaled copies and
 * compared while they are in registers; what could still be among the k nearest by the norms is
 * measured again directly, in double, and put into a heap that lies in the caller's arrays. The
 * test by norms is loosened by the most that rounding can do, so the result is that of the direct
 * distances: it depends neither on the kernel, nor on the order of tiles, nor on threads.
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
#include "linalg/ple-knn-private.h"

#include <math.h>
#include <string.h>

/* All multiples of PLE_KNN_PANEL. */
#define QUERY_ROWS 96
#define MIN_BLOCK 48
#define MAX_BLOCK 480
/* Coordinates of a panel that are filled at a time. */
#define PACK 64
/* What rounding can do at most: beside that of norms and products, that of the gaps. */
#define SLACK(d) (ple_distance_slack (d) + 0x1p-20)

G_STATIC_ASSERT (QUERY_ROWS % PLE_KNN_PANEL == 0 && MIN_BLOCK % PLE_KNN_PANEL == 0 &&
                 MAX_BLOCK % MIN_BLOCK == 0);

static const PleKnnKernel *const kernels[] = {
#if PLE_KNN_X86
  &ple_knn_avx512,
  &ple_knn_avx2,
#endif
  &ple_knn_baseline,
};

const PleKnnKernel *
ple_knn_get_kernel (size_t i)
{
  for (size_t k = 0; k < G_N_ELEMENTS (kernels); k++)
    if (kernels[k]->is_supported () && i-- == 0)
      return kernels[k];
  return NULL;
}

/* Rows, and what the test by norms needs of them. */
typedef struct
{
  const PleMatrix *rows;
  PleMatrix *unit;   /* owned rows for the cosine metric */
  PleMatrix *panels; /* centred and scaled, as PleKnnTile wants them */
  float *norms;      /* half of the square, in the panels, less what rounding may hide */
  guint8 *zero;      /* cosine: rows without a direction */
} Side;

/**
 * Search:
 * @gaps: by query, as PleKnnTile has them: the norm less what is looked at at most; -infinite while
 * the heap is not full
 * @never: of points that look for nothing
 * @n_found: by query: how full the heap is
 * @scale_squared: distances in the panels per squared distance
 */
typedef struct
{
  const PleKnnKernel *kernel;
  Side points;
  Side queries;
  gboolean among_themselves;
  PleMetric metric;
  size_t k;
  gint32 *neighbours;
  float *distances;
  float *gaps;
  float never[PLE_KNN_PANEL];
  guint32 *n_found;
  double scale_squared;
  size_t block;
  size_t n_blocks;
  size_t round;
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
      search->gaps[query] = (float) ((double) search->queries.norms[query] -
                                     (squared * search->scale_squared * (1 + 1e-6) + 1e-37) / 2);
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

/* The pairs of a tile that the kernel found; rows from @row, columns from @col. */
static void
take_hits (Search *search, const PleKnnTile *tile, size_t row, size_t col, gboolean mutual)
{
  const size_t n_cols = search->kernel->n_cols;

  for (size_t r = 0; r < search->kernel->n_rows; r++)
    for (guint64 hits = tile->hits[r]; hits != 0; hits &= hits - 1)
      {
        const size_t c = (size_t) __builtin_ctzll (hits), i = row + r, j = col + c;
        const float product = tile->products[r * n_cols + c];
        float distance;

        /* Gaps have grown since the tile was scanned: at first they are infinite. */
        if ((search->among_themselves && i == j) ||
            (product < tile->column_norms[c] + tile->row_gaps[r] &&
             product < tile->column_gaps[c] + tile->row_norms[r]))
          continue;
        distance = exact_distance (search, i, j);
        offer (search, i, distance, (gint32) j);
        if (mutual)
          offer (search, j, distance, (gint32) i);
      }
}

/* Queries from @row against points from @col; both ways if @mutual (then both are the same set).
 * Both begin with a panel. */
static void
compare_blocks (
    Search *search, size_t row, size_t n_rows, size_t col, size_t n_cols, gboolean mutual)
{
  const PleKnnKernel *kernel = search->kernel;
  const Side *queries = &search->queries, *points = &search->points;
  PleKnnTile tile;
  size_t next;

  tile.depth = points->rows->n_cols;
  for (size_t j = col; j < col + n_cols; j += kernel->n_cols)
    {
      tile.columns = ple_matrix_row (points->panels, j / kernel->n_cols);
      tile.column_norms = points->norms + j;
      tile.column_gaps = mutual ? search->gaps + j : search->never;
      for (size_t i = row; i < row + n_rows; i += kernel->n_rows)
        {
          tile.rows = ple_matrix_row (queries->panels, i / kernel->n_cols) + i % kernel->n_cols;
          /* A share of the panel that comes next, or of the first, for the next columns. */
          next = i - i % kernel->n_cols + kernel->n_cols;
          tile.ahead = ple_matrix_row (queries->panels,
                                       (next < row + n_rows ? next : row) / kernel->n_cols) +
                       i % kernel->n_cols * tile.depth;
          tile.row_norms = queries->norms + i;
          tile.row_gaps = search->gaps + i;
          if (kernel->scan (&tile))
            take_hits (search, &tile, i, j, mutual);
        }
    }
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

  compare_blocks (search, row, n, row, n, FALSE);
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
                  block_size (search, b, n), TRUE);
}

static void
compare_queries (const PleChunk *chunk, gpointer data)
{
  Search *search = data;

  compare_blocks (search, chunk->begin, chunk->end - chunk->begin, search->round * search->block,
                  block_size (search, search->round, search->points.rows->n_rows), FALSE);
}

/* One of @n_rounds equal parts of the search; tells how far it is at every chunk. */
static gboolean
run_round (Search *search,
           size_t round,
           size_t n_rounds,
           size_t n,
           size_t chunk_size,
           PleParallelFunc func,
           PleProgress *progress,
           GError **error)
{
  g_autoptr (PleProgress) stage = ple_progress_new_stage (
      progress, NULL, (double) round / (double) n_rounds, (double) (round + 1) / (double) n_rounds);

  return ple_parallel_for_reporting (n, chunk_size, func, search, stage, error);
}

static gboolean
run_tournament (Search *search, PleProgress *progress, GError **error)
{
  size_t n_teams = search->n_blocks + search->n_blocks % 2;

  if (!run_round (search, 0, n_teams, search->n_blocks, 1, compare_within, progress, error))
    return FALSE;
  for (search->round = 0; search->round + 1 < n_teams; search->round++)
    if (!run_round (search, search->round + 1, n_teams, n_teams / 2, 1, compare_pair, progress,
                    error))
      return FALSE;
  return TRUE;
}

static gboolean
run_queries (Search *search, PleProgress *progress, GError **error)
{
  for (search->round = 0; search->round < search->n_blocks; search->round++)
    if (!run_round (search, search->round, search->n_blocks, search->queries.rows->n_rows,
                    QUERY_ROWS, compare_queries, progress, error))
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
  ple_matrix_unref (side->panels);
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

typedef struct
{
  Side *side;
  const double *mean;
  double scale;
  size_t n_cols;
} Pack;

/* A strip of @n coordinates of one point. Returns: the sum of its squares */
static double
pack_strip (
    size_t n, size_t n_cols, const float *row, const double *mean, double scale, float *panel)
{
  double sum = 0;

  for (size_t f = 0; f < n; f++)
    {
      float value = (float) (((double) row[f] - mean[f]) * scale);

      panel[f * n_cols] = value;
      sum += (double) value * (double) value;
    }
  return sum;
}

static void
pack_panel (const PleChunk *chunk, gpointer data)
{
  const Pack *pack = data;
  const PleMatrix *rows = pack->side->rows;
  const size_t d = rows->n_cols, first = chunk->index * pack->n_cols;
  float *panel = ple_matrix_row (pack->side->panels, chunk->index);
  double sums[PLE_KNN_PANEL] = { 0 };

  for (size_t f = 0; f < d; f += PACK)
    for (size_t i = first; i < MIN (first + pack->n_cols, rows->n_rows); i++)
      sums[i - first] +=
          pack_strip (MIN (PACK, d - f), pack->n_cols, ple_matrix_row (rows, i) + f, pack->mean + f,
                      pack->scale, panel + f * pack->n_cols + i - first);
  for (size_t i = first; i < first + pack->n_cols; i++)
    pack->side->norms[i] =
        i < rows->n_rows ? (float) (sums[i - first] / 2 * (1 - SLACK (d))) : INFINITY;
}

static gboolean
side_pack (Side *side,
           const PleKnnKernel *kernel,
           const double *mean,
           double scale,
           PleProgress *progress,
           GError **error)
{
  const size_t n_panels = ple_parallel_n_chunks (side->rows->n_rows, kernel->n_cols);
  Pack pack = { side, mean, scale, kernel->n_cols };

  side->panels = ple_matrix_new (n_panels, kernel->n_cols * side->rows->n_cols, error);
  if (side->panels == NULL)
    return FALSE;
  side->norms = g_new (float, MAX (n_panels * kernel->n_cols, 1));
  return ple_parallel_for (n_panels, 1, pack_panel, &pack, progress, error);
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
  return side_pack (&search->points, search->kernel, mean, scale, progress, error) &&
         (!queries || side_pack (&search->queries, search->kernel, mean, scale, progress, error));
}

static gboolean
run (Search *search, PleProgress *progress, GError **error)
{
  size_t n_queries = search->queries.rows->n_rows;
  g_autoptr (PleProgress) compare = ple_progress_new_stage (progress, NULL, 0, 0.95);
  g_autoptr (PleProgress) sort = ple_progress_new_stage (progress, NULL, 0.95, 1);
  /* Gaps of whole panels: what fills the last one looks for nothing. */
  size_t n_gaps = ple_parallel_n_chunks (n_queries, PLE_KNN_PANEL) * PLE_KNN_PANEL;
  g_autofree float *own_distances = NULL;
  g_autofree float *gaps = NULL;
  g_autofree guint32 *n_found = NULL;
  gboolean ok;

  if (search->distances == NULL)
    search->distances = own_distances = g_try_new (float, MAX (n_queries * search->k, 1));
  gaps = g_try_new (float, MAX (n_gaps, 1));
  n_found = g_try_new0 (guint32, MAX (n_queries, 1));
  if (search->distances == NULL || gaps == NULL || n_found == NULL)
    {
      g_set_error_literal (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY,
                           "no memory for the neighbours");
      return FALSE;
    }
  search->gaps = gaps;
  search->n_found = n_found;
  for (size_t i = 0; i < n_gaps; i++)
    gaps[i] = i < n_queries ? -INFINITY : INFINITY;
  for (size_t i = 0; i < PLE_KNN_PANEL; i++)
    search->never[i] = INFINITY;

  ok = (search->among_themselves ? run_tournament (search, compare, error)
                                 : run_queries (search, compare, error)) &&
       ple_parallel_for_reporting (n_queries, 1024, sort_heaps, search, sort, error);
  return ok && ple_progress_report (progress, 1, error);
}

/* Small sets in small blocks, so that there is work for every thread; long rows too, so that a
 * block takes milliseconds. The result does not depend on it. */
static size_t
choose_block (size_t n, size_t d)
{
  size_t block = n < 4096 ? 3 * MIN_BLOCK : n < 32768 ? 5 * MIN_BLOCK : MAX_BLOCK;

  while (block > MIN_BLOCK && block * block * d > (size_t) 1 << 29)
    block = block / 2 / MIN_BLOCK * MIN_BLOCK;
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

  search->kernel = ple_knn_get_kernel (0);
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
