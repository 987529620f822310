/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"

G_BEGIN_DECLS

/**
 * ple_umap_memberships:
 * @n: points
 * @k: neighbours per point without itself, >= 1
 * @distances: (n, k) not squared; overwritten by the strength of each edge, in (0, 1]
 * @progress: (nullable): threads and cancelling
 * @error: return location
 *
 * exp(-max(0, d - rho) / sigma): rho is the smallest distance that is not 0, sigma makes the row
 * sum to log2(@k + 1), since UMAP counts the point itself among its neighbours. sigma is at least
 * 1e-3 of the mean distance of the row. A row of nothing but duplicates gets 1 everywhere.
 *
 * Source: McInnes, Healy and Melville 2018, algorithm 3.
 *
 * Returns: %FALSE if cancelled
 */
gboolean
ple_umap_memberships (size_t n, size_t k, float *distances, PleProgress *progress, GError **error);

G_END_DECLS
