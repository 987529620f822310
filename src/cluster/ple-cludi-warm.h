/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "base/ple-rng.h"
#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

/* Rows that the graph is made of; beyond, it is made of a sample, and the rest follow their nearest
 * neighbours in it. */
#define PLE_CLUDI_WARM_ROWS 5000

/**
 * PleCludiWarm:
 * @labels: n
 * @uniform: whether the clusters seem to be of one size
 * @perplexity: of the graph that was taken; 0 if none was made
 * @excess: by how much free clusters score better than even ones, as a share
 *
 * Labels to start from, found without training.
 */
typedef struct
{
  gint32 *labels;
  gboolean uniform;
  double perplexity;
  double excess;
} PleCludiWarm;

void ple_cludi_warm_clear (PleCludiWarm *warm);

/**
 * ple_cludi_warm:
 * @x: (n, p) unit rows, reduced
 * @n_clusters: K <= n
 *
 * First whether clusters of one size fit as well as free ones (within 0.5 %). Then, for neighbour
 * graphs of perplexity 8, 15 and 25, the leading eigenvectors, grouped by ple_cludi_balance() or by
 * k-means, and the best score of the three. With fewer than 10 rows of the graph per cluster,
 * k-means alone. Cost: O(m² (p + K)) for m = min (n, 5000), 0.1 GB.
 */
gboolean ple_cludi_warm (const PleMatrix *x,
                         size_t n_clusters,
                         const PleRng *rng,
                         PleCludiWarm *warm,
                         PleProgress *progress,
                         GError **error);

G_END_DECLS
