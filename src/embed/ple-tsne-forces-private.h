/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "embed/ple-neighbour-graph-private.h"

G_BEGIN_DECLS

/* The sums over pairs of t-SNE, for rows begin .. end - 1 of a layout: xy (n, 2), 8-aligned, where
 * points are visited at random, so that a point is one line of the cache; x and y (n) where all are
 * in order. With w_ij = 1 / (1 + |y_i - y_j|²) and Z the sum of w over all ordered pairs, the
 * gradient of KL(P || Q) is 4 (attraction - repulsion / Z). Sums are in float lanes within a row,
 * in double across rows. Pure functions. Source: van der Maaten 2014, eq. 8. */

/* fx, fy (end - begin) = sum_j p_ij w_ij (y_i - y_j); O(entries). */
void ple_tsne_attract (
    const PleNeighbourGraph *p, size_t begin, size_t end, const float *xy, float *fx, float *fy);

/* fx, fy (end - begin) = sum_j w_ij² (y_i - y_j). Returns: the share of these rows in Z. O(n) per
 * row. */
double ple_tsne_repel_exact (
    size_t n, size_t begin, size_t end, const float *x, const float *y, float *fx, float *fy);

/* sum_j p_ij log(p_ij / w_ij) of these rows. Over all rows, and with P of sum 1, adding log Z makes
 * it KL(P || Q). */
double ple_tsne_divergence (const PleNeighbourGraph *p, size_t begin, size_t end, const float *xy);

G_END_DECLS
