/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "base/ple-rng.h"
#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

/* Levels of a tree over @n points whose leaves hold at most @leaf_size. */
guint ple_projection_tree_n_levels (size_t n, size_t leaf_size);

/* Leaf @leaf of 2^n_levels is positions first .. first of the next - 1 of the order. */
static inline size_t
ple_projection_tree_first (size_t n, guint n_levels, size_t leaf)
{
  return (size_t) (((guint64) n * leaf) >> n_levels);
}

/**
 * ple_projection_tree:
 * @x: (n, d) finite
 * @rng: source of the directions
 * @order: (out caller-allocates): n: the points, leaf by leaf
 *
 * A random projection tree: each node is halved at the median of its points' projections on the
 * difference of two of them, drawn at random. Equal projections go by index. Same order for any
 * number of threads.
 *
 * Cost: O(n d) per level.
 */
gboolean ple_projection_tree (const PleMatrix *x,
                              guint n_levels,
                              const PleRng *rng,
                              guint32 *order,
                              PleProgress *progress,
                              GError **error);

G_END_DECLS
