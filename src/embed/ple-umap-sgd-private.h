/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "embed/ple-neighbour-graph-private.h"

G_BEGIN_DECLS

/**
 * PleUmapSgd:
 *
 * Stochastic gradient descent of UMAP's cross-entropy: every edge pulls its ends together as often
 * as it is strong, and with each pull its head is pushed away from five points taken at random.
 *
 * Source: McInnes, Healy and Melville 2018, section 3.2 and algorithm 5. Differs so that it is
 * parallel and still a function of the seed alone: each point moves only itself, reading the others
 * from where they stood when its turn began. The graph is symmetric and stores both directions, so
 * a point makes the step that an edge would have given it as a tail together with that as a head.
 * In an epoch the points take turns in eight interleaved sets, each of which sees the moves of
 * those before it. The negatives of one pull are evaluated at one place, in the lanes of a vector.
 * Random numbers are a hash of seed, epoch and edge.
 */
typedef struct _PleUmapSgd PleUmapSgd;

/**
 * ple_umap_sgd_new:
 * @graph: strengths in (0, 1]; must outlive the result
 * @a: of the curve 1 / (1 + a d^(2b))
 * @b: of the curve
 * @n_epochs: all that will be run: edges that would not come up in so many are left out
 * @seed: of all that is random
 *
 * Returns: (transfer full)
 */
PleUmapSgd *
ple_umap_sgd_new (const PleNeighbourGraph *graph, double a, double b, guint n_epochs, guint64 seed);
void ple_umap_sgd_free (PleUmapSgd *sgd);

/**
 * ple_umap_sgd_epoch:
 * @epoch: 0, 1, ... in order; the step falls linearly from 1 to 0
 * @xy: (inout): (n, 2) layout
 * @progress: (nullable): threads and cancelling
 * @error: return location
 *
 * Returns: %FALSE if cancelled; the layout is then half moved
 */
gboolean
ple_umap_sgd_epoch (PleUmapSgd *sgd, guint epoch, float *xy, PleProgress *progress, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleUmapSgd, ple_umap_sgd_free)

G_END_DECLS
