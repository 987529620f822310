/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "linalg/ple-knn.h"

G_BEGIN_DECLS

#define PLE_KNN_MAX_APPROXIMATE_K 1024

/**
 * PleKnnOptions:
 * @n_trees: random projection trees for the start, 0 for 6; from a single one the descent could not
 * leave its leaves
 * @max_rounds: rounds of descent, 0 for 12
 * @tolerance: a round that renews less than this share of the entries is the last, 0 for 0.001
 * @seed: of the trees and of the sampling
 */
typedef struct
{
  guint n_trees;
  guint max_rounds;
  double tolerance;
  guint64 seed;
} PleKnnOptions;

/**
 * ple_knn_approximate:
 * @x: (n, d) points, one per row
 * @k: neighbours per point, 1 <= k < n, k <= %PLE_KNN_MAX_APPROXIMATE_K
 * @metric: which distance
 * @options: (nullable): %NULL for the defaults
 * @neighbours: (out caller-allocates): (n, k) row indices, nearest first
 * @distances: (out caller-allocates) (optional): (n, k), ascending; exact for the rows found
 * @recall: (out) (optional): share of the true neighbours found, estimated on 256 rows by exact
 * search
 * @progress: (nullable): where to report, and where cancelling comes from
 *
 * NN-descent (Dong, Moses and Li 2011) from a forest of random projection trees (Dasgupta and
 * Freund 2008). All distances of a leaf, and of a point's candidates, come from one product each.
 * Where the paper updates in order of arrival, here a point keeps the k smallest pairs (distance,
 * index) of all that a round offers, whatever their order: same bits for any number of threads.
 *
 * Cost: about O(n^1.1 (d + k)) time; a copy of @x and about 100 k bytes per point.
 *
 * Returns: %FALSE as ple_knn_exact()
 */
gboolean ple_knn_approximate (const PleMatrix *x,
                              size_t k,
                              PleMetric metric,
                              const PleKnnOptions *options,
                              gint32 *neighbours,
                              float *distances,
                              double *recall,
                              PleProgress *progress,
                              GError **error);

/* Whether ple_knn_approximate() is expected to be faster than ple_knn_exact(). */
gboolean ple_knn_prefers_approximate (size_t n, size_t d, size_t k);

/* The faster of the two: exact below some ten thousand points, more where they are narrow. */
gboolean ple_knn (const PleMatrix *x,
                  size_t k,
                  PleMetric metric,
                  guint64 seed,
                  gint32 *neighbours,
                  float *distances,
                  PleProgress *progress,
                  GError **error);

G_END_DECLS
