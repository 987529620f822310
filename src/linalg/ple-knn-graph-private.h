/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdatomic.h>
#include <stddef.h>

G_BEGIN_DECLS

/**
 * PleKnnGraph:
 * @n, @k: points, entries per point
 * @ids: (n, k) neighbours by rising (distance, id); -1 where none is known yet
 * @distances: (n, k); infinity where none is known yet
 * @fresh: (n, k) flags: entered since they were last cleared
 *
 * The best neighbours known so far. Any number of threads may offer at the same time; what is kept
 * does not depend on the order of the offers.
 */
typedef struct
{
  size_t n;
  size_t k;
  gint32 *ids;
  float *distances;
  guint8 *fresh;
  /*< private >*/
  _Atomic float *worst; /* (n) distances of the last entries, to refuse without a lock */
  atomic_flag *locks;   /* (n) */
} PleKnnGraph;

/* %NULL if memory is short. */
PleKnnGraph *ple_knn_graph_new (size_t n, size_t k);
void ple_knn_graph_free (PleKnnGraph *graph);

/* The distance that an offer to @i must not exceed to be looked at. */
static inline float
ple_knn_graph_worst (const PleKnnGraph *graph, size_t i)
{
  return atomic_load_explicit (&graph->worst[i], memory_order_relaxed);
}

/* Point @id is at @distance of point @i. Of two distances offered for the same pair the smaller
 * counts. */
void ple_knn_graph_offer (PleKnnGraph *graph, size_t i, gint32 id, float distance);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleKnnGraph, ple_knn_graph_free)

G_END_DECLS
