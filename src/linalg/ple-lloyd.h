/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "base/ple-rng.h"
#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

/**
 * PleLloydOptions:
 * @n_clusters: K, 1 <= K <= n
 * @n_starts: runs of k-means++ and Lloyd; the one with the least inertia is kept
 * @max_iterations: per start
 * @tolerance: stop once inertia falls by less than this share
 * @random_seeds: start from any K rows instead of k-means++
 *
 * The k-means kernel, for who needs centres: the method k-means, patch dictionaries, splits of a
 * selection.
 */
typedef struct
{
  size_t n_clusters;
  size_t n_starts;
  size_t max_iterations;
  double tolerance;
  gboolean random_seeds;
} PleLloydOptions;

/**
 * ple_lloyd:
 * @x: (n, d) finite; for spherical k-means pass normalised rows and @spherical
 * @spherical: centres are normalised after each update
 * @rng: source of the starts
 * @centres: (out): (K, d) (transfer full)
 * @labels: (out caller-allocates) (optional): n
 * @inertia: (out) (optional): sum of squared distances to the own centre
 *
 * Greedy k-means++ (2 + ln K trials; of more than 200 K and 100 000 rows, on a sample of half
 * that), then Lloyd with GEMM assignment until nothing changes or inertia falls by less than the
 * tolerance; an empty cluster moves to the point farthest from its centre, if there is one at a
 * distance.
 * @labels and @inertia are those of @centres as handed out. Ties to the lower centre; same bits for
 * any number of threads. A request to stop ends the current start and keeps the best.
 *
 * Cost: O(n d K) per iteration; a centred copy of @x.
 *
 * Returns: %FALSE with %PLE_NUMERIC_ERROR_TOO_FEW (K > n), %PLE_NUMERIC_ERROR_NOT_FINITE or
 * %G_IO_ERROR_CANCELLED
 */
gboolean ple_lloyd (const PleMatrix *x,
                    const PleLloydOptions *options,
                    gboolean spherical,
                    const PleRng *rng,
                    PleMatrix **centres,
                    gint32 *labels,
                    double *inertia,
                    PleProgress *progress,
                    GError **error);

/**
 * ple_assign_nearest:
 * @x: (n, d)
 * @centres: (K, d)
 * @labels: (out caller-allocates): n, ties to the lower centre
 * @distances: (out caller-allocates) (optional): n squared distances to it
 */
gboolean ple_assign_nearest (const PleMatrix *x,
                             const PleMatrix *centres,
                             gint32 *labels,
                             float *distances,
                             PleProgress *progress,
                             GError **error);

G_END_DECLS
