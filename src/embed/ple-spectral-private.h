/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "embed/ple-neighbour-graph-private.h"
#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

/**
 * ple_spectral_layout:
 * @graph: connected, at least 4 points; see ple_neighbour_graph_n_components()
 * @start: (n, 2) where to begin, such as the principal plane; may be of rank 0
 * @seed: of the rest of the block that is iterated
 * @progress: (nullable): stage of its own
 * @error: return location
 *
 * The eigenvectors of the second and third largest eigenvalue of D^-1/2 W D^-1/2 (Belkin and Niyogi
 * 2003; Ng, Jordan and Weiss 2002), of unit length, the largest |entry| positive.
 *
 * Block subspace iteration with a Chebyshev filter (Zhou et al. 2006): the trivial eigenvector is
 * known and projected out, what lies below the smallest Ritz value of the block is damped. It is
 * bounded: at most 96 products with the graph, then the best subspace so far is taken, since a
 * start for an optimiser need not be exact. Restarted Lanczos, which is usual here, may run for
 * minutes where the graph nearly falls apart. "Stop early" ends it after the round.
 *
 * Cost: O(96 entries · 4); 32 bytes per point beside copies of the weights.
 *
 * Returns: (transfer full) (nullable): (n, 2)
 */
PleMatrix *ple_spectral_layout (const PleNeighbourGraph *graph,
                                const PleMatrix *start,
                                guint64 seed,
                                PleProgress *progress,
                                GError **error);

G_END_DECLS
