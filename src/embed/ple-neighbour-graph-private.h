/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"

G_BEGIN_DECLS

/* Twice an index fits in 31 bits, which is what a vector of gathers takes. */
#define PLE_GRAPH_MAX_POINTS ((size_t) 1 << 30)

/**
 * PleNeighbourGraph:
 * @n: points
 * @offsets: n + 1: entries of row i are offsets[i] .. offsets[i + 1] - 1
 * @columns: the other point, ascending within a row unless permuted; never the row itself
 * @values: weight, positive; symmetric: both directions are stored with the same bits
 *
 * A symmetric weighted graph, sparse by rows.
 */
typedef struct
{
  size_t n;
  size_t *offsets;
  gint32 *columns;
  float *values;
} PleNeighbourGraph;

/**
 * PleGraphUnion:
 * @PLE_GRAPH_UNION_MEAN: (a + b) / 2n, so that rows of sum 1 become a joint distribution (t-SNE)
 * @PLE_GRAPH_UNION_FUZZY: a + b - ab (UMAP)
 *
 * How the weights of the two directions are joined; a missing direction is 0.
 */
typedef enum
{
  PLE_GRAPH_UNION_MEAN,
  PLE_GRAPH_UNION_FUZZY,
} PleGraphUnion;

/**
 * ple_neighbour_graph_new:
 * @n: points, < %PLE_GRAPH_MAX_POINTS
 * @k: neighbours per point
 * @neighbours: (n, k) no row names itself or the same point twice; each row is sorted in place
 * @weights: (n, k) of the directed edges, >= 0; reordered with @neighbours
 * @how: how the two directions are joined
 * @progress: (nullable): stage of its own
 * @error: return location
 *
 * Edges of weight 0 in both directions are left out.
 *
 * Cost: O(n k log k), 8 bytes per directed edge beside the output.
 *
 * Returns: (transfer full) (nullable): %NULL if cancelled or out of memory
 */
PleNeighbourGraph *ple_neighbour_graph_new (size_t n,
                                            size_t k,
                                            gint32 *neighbours,
                                            float *weights,
                                            PleGraphUnion how,
                                            PleProgress *progress,
                                            GError **error);
void ple_neighbour_graph_free (PleNeighbourGraph *graph);

/**
 * ple_neighbour_graph_permute:
 * @graph: a graph; left alone
 * @order: (n) row r of the result is row order[r] of @graph
 * @progress: (nullable): threads and cancelling
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the same graph with its points renamed; the entries of a row
 * keep their order
 */
PleNeighbourGraph *ple_neighbour_graph_permute (const PleNeighbourGraph *graph,
                                                const guint32 *order,
                                                PleProgress *progress,
                                                GError **error);

/* Number of connected components; O(entries). */
size_t ple_neighbour_graph_n_components (const PleNeighbourGraph *graph);

static inline size_t
ple_neighbour_graph_n_entries (const PleNeighbourGraph *graph)
{
  return graph->offsets[graph->n];
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleNeighbourGraph, ple_neighbour_graph_free)

G_END_DECLS
