/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "base/ple-rng.h"
#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

/**
 * PleCludiGraph:
 *
 * All cosines of some rows, and from them the doubly stochastic neighbour graph of a chosen width:
 * Pi = D exp ((A - 1) / eta) D with A = max (cosine, 0) and an empty diagonal. Memory: 8 n² bytes.
 */
typedef struct _PleCludiGraph PleCludiGraph;

/* @x (n, p) unit rows. (transfer full) (nullable) */
PleCludiGraph *ple_cludi_graph_new (const PleMatrix *x, PleProgress *progress, GError **error);
void ple_cludi_graph_free (PleCludiGraph *graph);

/**
 * ple_cludi_graph_set_perplexity:
 * @perplexity: exp of the mean entropy of the rows that is wanted
 *
 * Finds eta by nine halvings of its logarithm between 0.005 and 0.5, and balances: 30 rounds of
 * d <- sqrt (d / (K d)).
 */
gboolean ple_cludi_graph_set_perplexity (PleCludiGraph *graph,
                                         double perplexity,
                                         PleProgress *progress,
                                         GError **error);

/* The @n_vectors leading eigenvectors of the graph, one per column, rows then scaled to length one:
 * (n, n_vectors). Block Lanczos with full reorthogonalisation (Golub and Underwood 1977). (transfer
 * full) (nullable) */
PleMatrix *ple_cludi_graph_embed (PleCludiGraph *graph,
                                  size_t n_vectors,
                                  const PleRng *rng,
                                  PleProgress *progress,
                                  GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleCludiGraph, ple_cludi_graph_free)

G_END_DECLS
