/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"

G_BEGIN_DECLS

/**
 * ple_perplexity_row:
 * @k: neighbours, >= 1
 * @perplexity: wanted, >= 1
 * @distances: (k) squared distances, >= 0, finite; in any order
 * @start: log of the precision to begin with, in units of 1 / mean distance above the nearest: that
 * of the row before, or 0
 * @probabilities: (out caller-allocates): (k) p_j ~ exp(-beta d_j), of sum 1
 *
 * Finds beta so that the entropy of p is log(@perplexity) within 1e-5, by Newton's method on log
 * beta inside a shrinking bracket. Where no beta does, p is the limit: uniform over all if all
 * distances are equal, over the nearest if more than @perplexity of them are equally near.
 *
 * Source: van der Maaten and Hinton 2008, eq. 1 and section 2.
 *
 * Returns: the log of beta in the units of @start
 */
double ple_perplexity_row (
    size_t k, double perplexity, const float *distances, double start, float *probabilities);

/**
 * ple_perplexity_rows:
 * @n: points
 * @k: neighbours per point
 * @perplexity: wanted, >= 1
 * @distances: (n, k) squared; overwritten by the probabilities, each row of sum 1
 * @progress: (nullable): stage of its own
 * @error: return location
 *
 * ple_perplexity_row() for all rows, in parallel.
 *
 * Returns: %FALSE if cancelled
 */
gboolean ple_perplexity_rows (
    size_t n, size_t k, double perplexity, float *distances, PleProgress *progress, GError **error);

G_END_DECLS
