/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "base/ple-rng.h"
#include "linalg/ple-matrix.h"

/* Squared norms of the rows. (transfer full) (array length=n_rows) */
float *ple_squared_norms (const PleMatrix *x);

/**
 * ple_assign_centred:
 * @x: (n, d), best near the origin, where products lose least
 * @row_norms: (nullable): n squared norms of the rows less @offset, if they are known
 * @offset: (nullable): (d) subtracted from each row of @x on the way
 * @centres: (K, d), less @offset already
 * @labels: (out caller-allocates): n
 * @distances: (out caller-allocates): n squared distances; by norms and products, good to about
 * 1e-6 of the norms, or directly if @exact
 *
 * The nearest centre of each row, ties to the lower one. Centres that products cannot tell apart
 * are told apart directly, so the labels are exact.
 */
gboolean ple_assign_centred (const PleMatrix *x,
                             const float *row_norms,
                             const double *offset,
                             const PleMatrix *centres,
                             gboolean exact,
                             gint32 *labels,
                             float *distances,
                             PleProgress *progress,
                             GError **error);

/**
 * ple_seed_centres:
 * @x: (n, d)
 * @norms: n squared norms
 * @centres: (K, d), K <= n: filled with rows of @x
 *
 * Greedy k-means++ (Arthur and Vassilvitskii 2007, section 6): each centre is the best of 2 + ln K
 * rows drawn with probability proportional to the squared distance from the centres so far.
 */
gboolean ple_seed_centres (const PleMatrix *x,
                           const float *norms,
                           PleMatrix *centres,
                           PleRng *rng,
                           PleProgress *progress,
                           GError **error);
