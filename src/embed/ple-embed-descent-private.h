/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "embed/ple-embedding-private.h"
#include "embed/ple-neighbour-graph-private.h"

G_BEGIN_DECLS

/**
 * PleEmbedDescent:
 * @min_points: fewer keep the principal plane
 * @graph_share: of the progress after the principal plane, that making the graph takes
 * @join: how the two directions of an edge become one weight
 * @get_n_neighbours: of each of @n points, 1 .. @n - 1
 * @weigh: turns (n, k) squared distances into weights, in place; %FALSE if cancelled
 * @settle: lays the graph (transfer full) out from @start (n, 2), publishing frames; %NULL if
 *   cancelled or out of memory
 *
 * What a method is that lays out the graph of nearest neighbours by iteration, such as t-SNE and
 * UMAP: all that they do not share.
 */
typedef struct
{
  size_t min_points;
  double graph_share;
  PleGraphUnion join;
  size_t (*get_n_neighbours) (size_t n, gconstpointer params);
  gboolean (*weigh) (size_t n,
                     size_t k,
                     float *distances,
                     gconstpointer params,
                     PleProgress *progress,
                     GError **error);
  PleMatrix *(*settle) (PleNeighbourGraph *graph,
                        const PleMatrix *start,
                        gconstpointer params,
                        guint64 seed,
                        JsonObject *quality,
                        PleProgress *progress,
                        GError **error);
} PleEmbedDescent;

/**
 * ple_embed_descend:
 * @descent: the method
 * @features: as ple_embed_input_init() takes them, and so @metric and @pca_dims
 * @params: of the method
 * @quality: (nullable): where figures go
 * @progress: (nullable)
 * @error: return location
 *
 * Principal plane, neighbours, graph, iterations. The plane is published at once. "Stop early"
 * gives the plane until there is a graph, and the layout as it stands from then on.
 *
 * Returns: (transfer full) (nullable): (n, 2)
 */
PleMatrix *ple_embed_descend (const PleEmbedDescent *descent,
                              const PleMatrix *features,
                              int metric,
                              int pca_dims,
                              gconstpointer params,
                              guint64 seed,
                              JsonObject *quality,
                              PleProgress *progress,
                              GError **error);

G_END_DECLS
