/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-knn-approximate.h"

#include "base/ple-error.h"
#include "base/ple-parallel.h"
#include "linalg/ple-centre-private.h"
#include "linalg/ple-distance-private.h"
#include "linalg/ple-knn-graph-private.h"
#include "linalg/ple-linalg.h"
#include "linalg/ple-projection-tree-private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAF_SIZE 192
#define LEAVES_AT_ONCE 4
#define POINTS_AT_ONCE 128
/* Candidates of each of the four kinds (fresh and old, own and reverse) that meet at a point. */
#define MAX_CANDIDATES 30
/* Ranges of points whose reverse lists are made side by side. */
#define REVERSE_RANGES 8
#define RECALL_ROWS 256

/* Points in the order of the first tree, so that neighbours lie near one another in memory; row p
 * is point order[p] of the caller. */
typedef struct
{
  PleMatrix *x;   /* (n, d) centred, or of length one */
  float *squares; /* ‖x_p‖² */
  guint32 *order;
  PleKnnGraph *graph;
  guint64 seed;
  guint n_levels;
} Search;

static void
search_clear (Search *search)
{
  g_clear_pointer (&search->x, ple_matrix_unref);
  g_clear_pointer (&search->squares, g_free);
  g_clear_pointer (&search->order, g_free);
  g_clear_pointer (&search->graph, ple_knn_graph_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Search, search_clear)

/* The k smallest of all that meet: rows @points (m) of which the first @n_asking meet all after
 * them;
 * @products (n_asking, m) are their dot products. */
static void
offer_pairs (
    const Search *search, const guint32 *points, size_t n_asking, size_t m, const float *products)
{
  for (size_t a = 0; a < n_asking; a++)
    {
      const guint32 p = points[a];
      const float *product = products + a * m;
      const float square = search->squares[p];

      for (size_t b = a + 1; b < m; b++)
        {
          const guint32 q = points[b];
          const float distance = MAX (square + search->squares[q] - 2 * product[b], 0);

          if (p == q)
            continue;
          if (distance <= ple_knn_graph_worst (search->graph, p))
            ple_knn_graph_offer (search->graph, p, (gint32) q, distance);
          if (distance <= ple_knn_graph_worst (search->graph, q))
            ple_knn_graph_offer (search->graph, q, (gint32) p, distance);
        }
    }
}

static void
gather (const PleMatrix *x, const guint32 *points, size_t m, float *rows)
{
  for (size_t i = 0; i < m; i++)
    memcpy (rows + i * x->n_cols, ple_matrix_row (x, points[i]), x->n_cols * sizeof *rows);
}

typedef struct
{
  const Search *search;
  const guint32 *tree; /* (n) order of the tree whose leaves meet */
} Leaves;

static void
join_leaves (const PleChunk *chunk, gpointer data)
{
  const Leaves *leaves = data;
  const Search *search = leaves->search;
  const size_t n = search->x->n_rows;
  const size_t d = search->x->n_cols;
  g_autofree float *rows = g_new (float, LEAF_SIZE *d);
  g_autofree float *products = g_new (float, LEAF_SIZE *LEAF_SIZE);

  for (size_t leaf = chunk->begin; leaf < chunk->end; leaf++)
    {
      const size_t first = ple_projection_tree_first (n, search->n_levels, leaf);
      const size_t m = ple_projection_tree_first (n, search->n_levels, leaf + 1) - first;

      gather (search->x, leaves->tree + first, m, rows);
      ple_gemm (FALSE, TRUE, m, m, d, 1.0f, rows, d, rows, d, 0.0f, products, m);
      offer_pairs (search, leaves->tree + first, m, m, products);
    }
}

/* The first tree: it also gives the order. */
static gboolean
begin (Search *search,
       const PleMatrix *x,
       PleMetric metric,
       size_t k,
       guint64 seed,
       PleProgress *progress,
       GError **error)
{
  const size_t n = x->n_rows;
  g_autofree double *mean = g_new0 (double, x->n_cols);
  g_autoptr (PleMatrix) moved = NULL;
  PleRng rng;

  search->seed = seed;
  search->n_levels = ple_projection_tree_n_levels (n, LEAF_SIZE);
  search->order = g_new (guint32, n);
  search->squares = g_new (float, n);
  search->graph = ple_knn_graph_new (n, k);
  if (search->graph == NULL)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY,
                   "no memory for %zu neighbours of %zu rows", k, n);
      return FALSE;
    }
  if (metric == PLE_METRIC_COSINE)
    {
      moved = ple_matrix_copy (x, error);
      if (moved == NULL)
        return FALSE;
      ple_matrix_normalise_rows (moved);
    }
  else
    {
      if (!ple_column_means (x, mean, progress, error))
        return FALSE;
      moved = ple_matrix_centre (x, mean, 1, progress, error);
      if (moved == NULL)
        return FALSE;
    }
  ple_rng_init (&rng, seed);
  if (!ple_projection_tree (moved, search->n_levels, &rng, search->order, progress, error))
    return FALSE;
  search->x = ple_matrix_take (moved, search->order, n, error);
  if (search->x == NULL)
    return FALSE;
  for (size_t p = 0; p < n; p++)
    search->squares[p] =
        (float) ple_squared_norm (search->x->n_cols, ple_matrix_row (search->x, p));
  return TRUE;
}

static gboolean
plant (Search *search, guint n_trees, PleProgress *progress, GError **error)
{
  const size_t n = search->x->n_rows;
  const size_t n_leaves = (size_t) 1 << search->n_levels;
  g_autofree guint32 *tree = g_new (guint32, n);
  Leaves leaves = { search, tree };

  for (guint t = 0; t < n_trees; t++)
    {
      g_autoptr (PleProgress) stage =
          ple_progress_new_stage (progress, NULL, (double) t / n_trees, (double) (t + 1) / n_trees);
      PleRng rng, own;

      ple_rng_init (&rng, search->seed);
      ple_rng_split (&rng, t, &own);
      /* The points stand in the order of the first tree already. */
      if (t == 0)
        for (size_t p = 0; p < n; p++)
          tree[p] = (guint32) p;
      else if (!ple_projection_tree (search->x, search->n_levels, &own, tree, stage, error))
        return FALSE;
      if (!ple_parallel_for (n_leaves, LEAVES_AT_ONCE, join_leaves, &leaves, progress, error))
        return FALSE;
    }
  return TRUE;
}

/* One round's view of the graph: what everybody reads while the graph itself changes. */
typedef struct
{
  const Search *search;
  guint round;
  gint32 *own;      /* (n, k) entries: id << 1 | fresh; -1 for none */
  guint64 *starts;  /* (n + 1) of the reverse lists */
  gint32 *reverse;  /* entries of the points that have this one: id << 1 | fresh */
  size_t n_columns; /* k */
} Round;

/* Which of many candidates take part: those with the smallest numbers. */
static inline guint64
lot (const Round *round, size_t point, guint32 candidate)
{
  return ple_mix64 (round->search->seed ^ ple_mix64 (((guint64) round->round << 56) ^
                                                     ((guint64) point << 28) ^ candidate));
}

/* Takes a picture of the graph. Fresh entries that take part are no longer fresh; of more than
 * MAX_CANDIDATES the rest stay so and are not shown. */
static void
show_own (const PleChunk *chunk, gpointer data)
{
  Round *round = data;
  PleKnnGraph *graph = round->search->graph;
  const size_t k = graph->k;

  for (size_t p = chunk->begin; p < chunk->end; p++)
    {
      guint n_fresh = 0, n_old = 0;

      /* Nearest first: with more than MAX_CANDIDATES of a kind the far ones wait. */
      for (size_t e = p * k; e < (p + 1) * k; e++)
        {
          gboolean shown =
              graph->ids[e] >= 0 && (graph->fresh[e] ? n_fresh : n_old) < MAX_CANDIDATES;

          round->own[e] = shown ? graph->ids[e] << 1 | graph->fresh[e] : -1;
          if (!shown)
            continue;
          n_fresh += graph->fresh[e];
          n_old += !graph->fresh[e];
          graph->fresh[e] = 0;
        }
    }
}

static void
count_reverse (const PleChunk *chunk, gpointer data)
{
  Round *round = data;
  const size_t n = round->search->graph->n;
  const size_t k = round->n_columns;
  const guint32 low = (guint32) (n * chunk->begin / REVERSE_RANGES);
  const guint32 high = (guint32) (n * chunk->end / REVERSE_RANGES);

  for (size_t e = 0; e < n * k; e++)
    {
      const guint32 q = (guint32) (round->own[e] >> 1);

      if (round->own[e] >= 0 && q >= low && q < high)
        round->starts[q + 1]++;
    }
}

static void
fill_reverse (const PleChunk *chunk, gpointer data)
{
  Round *round = data;
  const size_t n = round->search->graph->n;
  const size_t k = round->n_columns;
  const guint32 low = (guint32) (n * chunk->begin / REVERSE_RANGES);
  const guint32 high = (guint32) (n * chunk->end / REVERSE_RANGES);
  g_autofree guint64 *next = g_new (guint64, high - low + 1);

  for (guint32 q = low; q < high; q++)
    next[q - low] = round->starts[q];
  for (size_t p = 0; p < n; p++)
    for (size_t e = p * k; e < (p + 1) * k; e++)
      {
        const guint32 q = (guint32) (round->own[e] >> 1);

        if (round->own[e] >= 0 && q >= low && q < high)
          round->reverse[next[q - low]++] = (gint32) (p << 1) | (round->own[e] & 1);
      }
}

static gboolean
show (Round *round, PleProgress *progress, GError **error)
{
  const size_t n = round->search->graph->n;

  memset (round->starts, 0, (n + 1) * sizeof *round->starts);
  if (!ple_parallel_for (n, 1024, show_own, round, progress, error) ||
      !ple_parallel_for (REVERSE_RANGES, 1, count_reverse, round, progress, error))
    return FALSE;
  for (size_t p = 0; p < n; p++)
    round->starts[p + 1] += round->starts[p];
  return ple_parallel_for (REVERSE_RANGES, 1, fill_reverse, round, progress, error);
}

/* Candidates of one kind at a point, at most MAX_CANDIDATES reverse ones beside the own. */
typedef struct
{
  guint32 points[2 * MAX_CANDIDATES];
  guint64 lots[MAX_CANDIDATES];
  size_t n_own;
  size_t n; /* with reverse ones, by rising lot */
} Candidates;

static void
add_reverse (Candidates *candidates, guint32 point, guint64 its_lot)
{
  size_t at = candidates->n - candidates->n_own;

  for (size_t c = 0; c < candidates->n_own; c++)
    if (candidates->points[c] == point)
      return;
  if (at == MAX_CANDIDATES)
    {
      if (its_lot >= candidates->lots[at - 1])
        return;
      at--;
    }
  else
    candidates->n++;
  while (at > 0 && candidates->lots[at - 1] > its_lot)
    {
      candidates->lots[at] = candidates->lots[at - 1];
      candidates->points[candidates->n_own + at] = candidates->points[candidates->n_own + at - 1];
      at--;
    }
  candidates->lots[at] = its_lot;
  candidates->points[candidates->n_own + at] = point;
}

static void
collect (const Round *round, size_t p, Candidates kinds[2])
{
  const size_t k = round->n_columns;

  kinds[0].n = kinds[1].n = 0;
  for (size_t e = p * k; e < (p + 1) * k; e++)
    if (round->own[e] >= 0)
      {
        Candidates *kind = &kinds[round->own[e] & 1];

        kind->points[kind->n++] = (guint32) round->own[e] >> 1;
      }
  kinds[0].n_own = kinds[0].n;
  kinds[1].n_own = kinds[1].n;
  for (guint64 r = round->starts[p]; r < round->starts[p + 1]; r++)
    {
      const guint32 point = (guint32) round->reverse[r] >> 1;

      add_reverse (&kinds[round->reverse[r] & 1], point, lot (round, p, point));
    }
}

/* Fresh candidates of a point meet one another and the old ones. */
static void
join_candidates (const PleChunk *chunk, gpointer data)
{
  const Round *round = data;
  const Search *search = round->search;
  const size_t d = search->x->n_cols;
  g_autofree float *rows = g_new (float, (size_t) 4 * MAX_CANDIDATES * d);
  g_autofree float *products = g_new (float, (size_t) 8 * MAX_CANDIDATES * MAX_CANDIDATES);
  guint32 points[4 * MAX_CANDIDATES];
  Candidates kinds[2];

  for (size_t p = chunk->begin; p < chunk->end; p++)
    {
      size_t m;

      collect (round, p, kinds);
      if (kinds[1].n == 0)
        continue;
      m = kinds[1].n + kinds[0].n;
      memcpy (points, kinds[1].points, kinds[1].n * sizeof *points);
      memcpy (points + kinds[1].n, kinds[0].points, kinds[0].n * sizeof *points);
      gather (search->x, points, m, rows);
      ple_gemm (FALSE, TRUE, kinds[1].n, m, d, 1.0f, rows, d, rows, d, 0.0f, products, m);
      offer_pairs (search, points, kinds[1].n, m, products);
    }
}

static size_t
count_fresh (const PleKnnGraph *graph)
{
  size_t fresh = 0;

  for (size_t e = 0; e < graph->n * graph->k; e++)
    fresh += graph->fresh[e];
  return fresh;
}

static gboolean
descend (Search *search, guint max_rounds, double tolerance, PleProgress *progress, GError **error)
{
  const size_t n = search->graph->n;
  const size_t k = search->graph->k;
  g_autofree gint32 *own = g_try_new (gint32, n * k);
  g_autofree gint32 *reverse = g_try_new (gint32, n * k);
  g_autofree guint64 *starts = g_try_new (guint64, n + 1);
  Round round = { search, 0, own, starts, reverse, k };

  if (own == NULL || reverse == NULL || starts == NULL)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY,
                   "no memory for %zu neighbours of %zu rows", k, n);
      return FALSE;
    }
  for (round.round = 0; round.round < max_rounds; round.round++)
    {
      const double from = (double) round.round / max_rounds;
      g_autoptr (PleProgress) stage =
          ple_progress_new_stage (progress, NULL, from, from + 1.0 / max_rounds);

      if (!show (&round, progress, error) ||
          !ple_parallel_for_reporting (n, POINTS_AT_ONCE, join_candidates, &round, stage, error))
        return FALSE;
      if ((double) count_fresh (search->graph) < tolerance * (double) (n * k))
        break;
    }
  return TRUE;
}

/* What is handed out: the caller's numbers, distances measured directly, ties to the lower row. */
typedef struct
{
  float distance;
  gint32 id;
} Found;

typedef struct
{
  const Search *search;
  PleMetric metric;
  gint32 *neighbours;
  float *distances;
} Output;

static int
compare_found (gconstpointer a, gconstpointer b)
{
  const Found *left = a;
  const Found *right = b;

  if (left->distance < right->distance || left->distance > right->distance)
    return left->distance < right->distance ? -1 : 1;
  return left->id < right->id ? -1 : left->id > right->id;
}

/* Squared Euclidean, or 1 - cosine of rows of length one; a row without direction is at 1. */
static float
measure (const PleMatrix *x, PleMetric metric, size_t p, size_t q)
{
  const float *a = ple_matrix_row (x, p);
  const float *b = ple_matrix_row (x, q);
  const double square = ple_squared_distance (x->n_cols, a, b);

  if (metric == PLE_METRIC_EUCLIDEAN)
    return (float) square;
  return (float) MAX (
      1 - (ple_squared_norm (x->n_cols, a) + ple_squared_norm (x->n_cols, b) - square) / 2, 0.0);
}

static void
hand_out (const PleChunk *chunk, gpointer data)
{
  const Output *output = data;
  const Search *search = output->search;
  const PleKnnGraph *graph = search->graph;
  const size_t k = graph->k;
  Found found[PLE_KNN_MAX_APPROXIMATE_K];

  for (size_t p = chunk->begin; p < chunk->end; p++)
    {
      const size_t row = search->order[p];

      for (size_t e = 0; e < k; e++)
        {
          const size_t q = (size_t) graph->ids[p * k + e];

          found[e] =
              (Found){ measure (search->x, output->metric, p, q), (gint32) search->order[q] };
        }
      qsort (found, k, sizeof *found, compare_found);
      for (size_t e = 0; e < k; e++)
        {
          output->neighbours[row * k + e] = found[e].id;
          if (output->distances != NULL)
            output->distances[row * k + e] = found[e].distance;
        }
    }
}

/* Leaves smaller than k + 1 and duplicates can leave a point without k neighbours: the rest are the
 * nearest in the order of the first tree. */
static void
fill_up (Search *search)
{
  PleKnnGraph *graph = search->graph;
  const size_t n = graph->n;
  const size_t k = graph->k;

  for (size_t p = 0; p < n; p++)
    for (size_t step = 1; graph->ids[p * k + k - 1] < 0; step++)
      for (int side = 0; side < 2; side++)
        {
          const size_t q = side == 0 ? p + step : p - step;

          if (q < n)
            ple_knn_graph_offer (graph, p, (gint32) q,
                                 (float) ple_squared_distance (search->x->n_cols,
                                                               ple_matrix_row (search->x, p),
                                                               ple_matrix_row (search->x, q)));
        }
}

static gboolean
estimate_recall (const PleMatrix *x,
                 PleMetric metric,
                 size_t k,
                 guint64 seed,
                 const gint32 *neighbours,
                 double *recall,
                 PleProgress *progress,
                 GError **error)
{
  const size_t n_rows = MIN (RECALL_ROWS, x->n_rows);
  g_autofree guint32 *rows = g_new (guint32, n_rows);
  g_autofree gint32 *truth = g_new (gint32, n_rows * (k + 1));
  g_autoptr (PleMatrix) queries = NULL;
  size_t n_found = 0;
  PleRng rng;

  ple_rng_init (&rng, seed + 1);
  ple_rng_sample (&rng, x->n_rows, n_rows, rows);
  queries = ple_matrix_take (x, rows, n_rows, error);
  if (queries == NULL || !ple_knn_query (x, queries, k + 1, metric, truth, NULL, progress, error))
    return FALSE;
  for (size_t i = 0; i < n_rows; i++)
    {
      size_t n_true = 0;

      /* The row itself is among the answers; k others count. */
      for (size_t t = 0; t <= k && n_true < k; t++)
        {
          if (truth[i * (k + 1) + t] == (gint32) rows[i])
            continue;
          n_true++;
          for (size_t e = 0; e < k; e++)
            n_found += neighbours[rows[i] * k + e] == truth[i * (k + 1) + t];
        }
    }
  *recall = (double) n_found / (double) (n_rows * k);
  return TRUE;
}

gboolean
ple_knn_approximate (const PleMatrix *x,
                     size_t k,
                     PleMetric metric,
                     const PleKnnOptions *options,
                     gint32 *neighbours,
                     float *distances,
                     double *recall,
                     PleProgress *progress,
                     GError **error)
{
  const guint64 seed = options != NULL ? options->seed : 0;
  const guint n_trees = options != NULL && options->n_trees > 0 ? options->n_trees : 6;
  const guint n_rounds = options != NULL && options->max_rounds > 0 ? options->max_rounds : 12;
  const double tolerance = options != NULL && options->tolerance > 0 ? options->tolerance : 0.001;
  g_autoptr (PleProgress) planting = ple_progress_new_stage (progress, NULL, 0.05, 0.3);
  g_autoptr (PleProgress) descending = ple_progress_new_stage (progress, NULL, 0.3, 0.97);
  g_auto (Search) search = { NULL };
  Output output = { &search, metric, neighbours, distances };

  g_return_val_if_fail (k >= 1 && k <= PLE_KNN_MAX_APPROXIMATE_K, FALSE);
  if (x->n_rows <= k)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW,
                   "%zu rows do not have %zu neighbours each", x->n_rows, k);
      return FALSE;
    }
  if (!ple_matrix_check_finite (x, "features", error) ||
      !begin (&search, x, metric, k, seed, progress, error) ||
      !plant (&search, n_trees, planting, error) ||
      !descend (&search, n_rounds, tolerance, descending, error))
    return FALSE;
  fill_up (&search);
  if (!ple_parallel_for (x->n_rows, 256, hand_out, &output, progress, error))
    return FALSE;
  return recall == NULL ||
         estimate_recall (x, metric, k, seed, neighbours, recall, progress, error);
}

gboolean
ple_knn_prefers_approximate (size_t n, size_t d, size_t k)
{
  /* Seconds of one core per point, fitted on 50 000 x 768, 60 000 x 50 and 1 000 000 x 64. */
  const double exact = (double) n * ((double) d * 1e-11 + 4e-10);
  const double descent = (5e-5 + (double) d * 1e-7) * (double) MAX (k, 15) / 15;

  return n > 20000 && k <= PLE_KNN_MAX_APPROXIMATE_K && exact > descent;
}

gboolean
ple_knn (const PleMatrix *x,
         size_t k,
         PleMetric metric,
         guint64 seed,
         gint32 *neighbours,
         float *distances,
         PleProgress *progress,
         GError **error)
{
  const PleKnnOptions options = { .seed = seed };

  if (ple_knn_prefers_approximate (x->n_rows, x->n_cols, k))
    return ple_knn_approximate (x, k, metric, &options, neighbours, distances, NULL, progress,
                                error);
  return ple_knn_exact (x, k, metric, neighbours, distances, progress, error);
}
