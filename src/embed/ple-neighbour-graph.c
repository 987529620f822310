/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "embed/ple-neighbour-graph-private.h"

#include "base/ple-error.h"
#include "base/ple-parallel.h"

#include <string.h>

#define CHUNK 1024
#define REPORT_ROWS 4096

typedef struct
{
  size_t n;
  size_t k;
  gint32 *neighbours;
  float *weights;
  PleGraphUnion how;
  size_t *incoming; /* n + 1: where the edges that end in a point begin in sources */
  gint32 *sources;
  float *source_weights;
  PleNeighbourGraph *graph;
} Build;

/* Insertion sort by column: k is tens, and half of the rows of real data are nearly sorted. */
static void
sort_row (size_t k, gint32 *columns, float *values)
{
  for (size_t a = 1; a < k; a++)
    {
      gint32 column = columns[a];
      float value = values[a];
      size_t b = a;

      for (; b > 0 && columns[b - 1] > column; b--)
        {
          columns[b] = columns[b - 1];
          values[b] = values[b - 1];
        }
      columns[b] = column;
      values[b] = value;
    }
}

static void
sort_rows (const PleChunk *chunk, gpointer data)
{
  Build *build = data;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    sort_row (build->k, build->neighbours + i * build->k, build->weights + i * build->k);
}

/* Joins the edges that leave i with those that end in it, both ascending. Returns their number;
 * writes them unless @columns is NULL. */
static size_t
merge_row (const Build *build, size_t i, gint32 *columns, float *values)
{
  const gint32 *own = build->neighbours + i * build->k;
  const float *own_weights = build->weights + i * build->k;
  const gint32 *other = build->sources + build->incoming[i];
  const float *other_weights = build->source_weights + build->incoming[i];
  size_t n_other = build->incoming[i + 1] - build->incoming[i];
  size_t a = 0, b = 0, n_written = 0;

  while (a < build->k || b < n_other)
    {
      gint32 column_a = a < build->k ? own[a] : G_MAXINT32;
      gint32 column_b = b < n_other ? other[b] : G_MAXINT32;
      gint32 column = MIN (column_a, column_b);
      float weight_a = column_a == column ? own_weights[a++] : 0;
      float weight_b = column_b == column ? other_weights[b++] : 0;
      float value;

      if (build->how == PLE_GRAPH_UNION_MEAN)
        value = (weight_a + weight_b) / (2 * (float) build->n);
      else
        value = weight_a + weight_b - weight_a * weight_b;
      if (!(value > 0))
        continue;
      if (columns != NULL)
        {
          columns[n_written] = column;
          values[n_written] = value;
        }
      n_written++;
    }
  return n_written;
}

static void
count_rows (const PleChunk *chunk, gpointer data)
{
  Build *build = data;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    build->graph->offsets[i + 1] = merge_row (build, i, NULL, NULL);
}

static void
fill_rows (const PleChunk *chunk, gpointer data)
{
  Build *build = data;
  PleNeighbourGraph *graph = build->graph;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    merge_row (build, i, graph->columns + graph->offsets[i], graph->values + graph->offsets[i]);
}

/* Counting sort of the edges by their end. Rows are visited in order, so the sources of each point
 * come out ascending. */
static gboolean
transpose (Build *build, PleProgress *progress, GError **error)
{
  g_autofree size_t *next = NULL;
  size_t n = build->n, k = build->k;

  for (size_t i = 0; i < n; i++)
    {
      if (i % REPORT_ROWS == 0 &&
          !ple_progress_report (progress, 0.4 * (double) i / (double) n, error))
        return FALSE;
      for (size_t e = i * k; e < (i + 1) * k; e++)
        build->incoming[build->neighbours[e] + 1]++;
    }
  for (size_t i = 0; i < n; i++)
    build->incoming[i + 1] += build->incoming[i];

  next = g_memdup2 (build->incoming, (n + 1) * sizeof *next);
  for (size_t i = 0; i < n; i++)
    {
      if (i % REPORT_ROWS == 0 &&
          !ple_progress_report (progress, 0.4 + 0.6 * (double) i / (double) n, error))
        return FALSE;
      for (size_t e = i * k; e < (i + 1) * k; e++)
        {
          size_t slot = next[build->neighbours[e]]++;

          build->sources[slot] = (gint32) i;
          build->source_weights[slot] = build->weights[e];
        }
    }
  return TRUE;
}

/* Memory for as many entries as the offsets say. */
static gboolean
allocate_entries (PleNeighbourGraph *graph, GError **error)
{
  size_t n_entries = MAX (ple_neighbour_graph_n_entries (graph), 1);

  graph->columns = g_try_new (gint32, n_entries);
  graph->values = g_try_new (float, n_entries);
  if (graph->columns != NULL && graph->values != NULL)
    return TRUE;
  g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY,
               "no memory for a graph of %" G_GSIZE_FORMAT " edges", n_entries);
  return FALSE;
}

static gboolean
build_graph (Build *build, PleProgress *progress, GError **error)
{
  PleNeighbourGraph *graph = build->graph;
  g_autoptr (PleProgress) sort = ple_progress_new_stage (progress, NULL, 0, 0.2);
  g_autoptr (PleProgress) turn = ple_progress_new_stage (progress, NULL, 0.2, 0.5);
  g_autoptr (PleProgress) count = ple_progress_new_stage (progress, NULL, 0.5, 0.75);
  g_autoptr (PleProgress) fill = ple_progress_new_stage (progress, NULL, 0.75, 1);

  if (!ple_parallel_for_reporting (build->n, CHUNK, sort_rows, build, sort, error) ||
      !transpose (build, turn, error) ||
      !ple_parallel_for_reporting (build->n, CHUNK, count_rows, build, count, error))
    return FALSE;
  for (size_t i = 0; i < build->n; i++)
    graph->offsets[i + 1] += graph->offsets[i];

  if (!allocate_entries (graph, error))
    return FALSE;
  return ple_parallel_for_reporting (build->n, CHUNK, fill_rows, build, fill, error) &&
         ple_progress_report (progress, 1, error);
}

PleNeighbourGraph *
ple_neighbour_graph_new (size_t n,
                         size_t k,
                         gint32 *neighbours,
                         float *weights,
                         PleGraphUnion how,
                         PleProgress *progress,
                         GError **error)
{
  g_autoptr (PleNeighbourGraph) graph = g_new0 (PleNeighbourGraph, 1);
  Build build = { .n = n, .k = k, .neighbours = neighbours, .weights = weights, .how = how };
  gboolean ok;

  g_return_val_if_fail (n < PLE_GRAPH_MAX_POINTS, NULL);

  graph->n = n;
  graph->offsets = g_new0 (size_t, n + 1);
  build.graph = graph;
  build.incoming = g_new0 (size_t, n + 1);
  build.sources = g_try_new (gint32, MAX (n * k, 1));
  build.source_weights = g_try_new (float, MAX (n * k, 1));
  ok = build.sources != NULL && build.source_weights != NULL;
  if (!ok)
    g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY,
                 "no memory for %" G_GSIZE_FORMAT " edges", n * k);
  ok = ok && build_graph (&build, progress, error);
  g_free (build.incoming);
  g_free (build.sources);
  g_free (build.source_weights);
  return ok ? g_steal_pointer (&graph) : NULL;
}

typedef struct
{
  const PleNeighbourGraph *from;
  PleNeighbourGraph *to;
  const guint32 *order;
  const gint32 *place; /* where a point has gone */
} Permute;

static void
permute_rows (const PleChunk *chunk, gpointer data)
{
  Permute *permute = data;
  const PleNeighbourGraph *from = permute->from;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    {
      size_t first = from->offsets[permute->order[i]], to = permute->to->offsets[i];
      size_t n_entries = permute->to->offsets[i + 1] - to;

      memcpy (permute->to->values + to, from->values + first, n_entries * sizeof (float));
      for (size_t e = 0; e < n_entries; e++)
        permute->to->columns[to + e] = permute->place[from->columns[first + e]];
    }
}

PleNeighbourGraph *
ple_neighbour_graph_permute (const PleNeighbourGraph *graph,
                             const guint32 *order,
                             PleProgress *progress,
                             GError **error)
{
  g_autoptr (PleNeighbourGraph) result = g_new0 (PleNeighbourGraph, 1);
  g_autofree gint32 *place = g_new (gint32, MAX (graph->n, 1));
  Permute permute = { .from = graph, .to = result, .order = order, .place = place };

  result->n = graph->n;
  result->offsets = g_new0 (size_t, graph->n + 1);
  for (size_t i = 0; i < graph->n; i++)
    {
      place[order[i]] = (gint32) i;
      result->offsets[i + 1] =
          result->offsets[i] + graph->offsets[order[i] + 1] - graph->offsets[order[i]];
    }
  if (!allocate_entries (result, error) ||
      !ple_parallel_for (graph->n, CHUNK, permute_rows, &permute, progress, error))
    return NULL;
  return g_steal_pointer (&result);
}

size_t
ple_neighbour_graph_n_components (const PleNeighbourGraph *graph)
{
  g_autofree guint8 *seen = g_new0 (guint8, MAX (graph->n, 1));
  g_autofree gint32 *stack = g_new (gint32, MAX (graph->n, 1));
  size_t n_components = 0;

  for (size_t i = 0; i < graph->n; i++)
    {
      size_t n_open = 0;

      if (seen[i])
        continue;
      n_components++;
      seen[i] = 1;
      stack[n_open++] = (gint32) i;
      while (n_open > 0)
        {
          gint32 point = stack[--n_open];

          for (size_t e = graph->offsets[point]; e < graph->offsets[point + 1]; e++)
            if (!seen[graph->columns[e]])
              {
                seen[graph->columns[e]] = 1;
                stack[n_open++] = graph->columns[e];
              }
        }
    }
  return n_components;
}

void
ple_neighbour_graph_free (PleNeighbourGraph *graph)
{
  if (graph == NULL)
    return;
  g_free (graph->offsets);
  g_free (graph->columns);
  g_free (graph->values);
  g_free (graph);
}
