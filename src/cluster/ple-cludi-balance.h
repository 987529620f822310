/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "base/ple-rng.h"
#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

/**
 * PleCludiBalance:
 * @labels: n
 * @soft_score: mean over rows of the expected cosine to the own centre
 * @hard_score: mean length of the sums of members, per row
 *
 * A spherical k-means with soft members.
 */
typedef struct
{
  gint32 *labels;
  double soft_score;
  double hard_score;
} PleCludiBalance;

void ple_cludi_balance_clear (PleCludiBalance *balance);

/**
 * ple_cludi_balance:
 * @x: (n, q) unit rows
 * @n_clusters: K
 * @uniform: whether all clusters weigh alike; otherwise they are free
 * @n_starts: runs; that with the best @soft_score is kept, its hard score is the best of all
 * @n_rounds: of the annealing, temperature 0.2 down to 0.05
 * @rng: source of the starts
 *
 * Centres from one k-means each, then rounds of: cosines over the temperature, eight times the
 * clusters' weights to 1/K (if @uniform) and the rows' to 1/n (Sinkhorn and Knopp 1967), new
 * centres along the weighted sums. Starts run in parallel. Cost: O(n K q) per round.
 *
 * Returns: %FALSE if cancelled
 */
gboolean ple_cludi_balance (const PleMatrix *x,
                            size_t n_clusters,
                            gboolean uniform,
                            size_t n_starts,
                            size_t n_rounds,
                            const PleRng *rng,
                            PleCludiBalance *balance,
                            PleProgress *progress,
                            GError **error);

G_END_DECLS
