/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ple_umap_fit_curve:
 * @min_dist: distance within which points count as together, 0 to @spread
 * @spread: scale of the distances in the plane, > 0
 * @a: (out)
 * @b: (out)
 *
 * Least squares of 1 / (1 + a d^(2b)) against 1 up to @min_dist and exp(-(d - @min_dist) / @spread)
 * beyond, on 300 points over [0, 3 @spread], by Levenberg and Marquardt from a = b = 1. (0.1, 1)
 * gives a = 1.577, b = 0.8951.
 *
 * Source: McInnes, Healy and Melville 2018, section 4.2.
 */
void ple_umap_fit_curve (double min_dist, double spread, double *a, double *b);

G_END_DECLS
