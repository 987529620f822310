/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ple_morton_order:
 * @n: points, < 2^32
 * @x: (n) finite
 * @y: (n) finite
 * @order: (out caller-allocates): (n) points along Morton's Z-curve over a grid of 65 536 x 65 536
 * cells, points of one cell by index
 *
 * Points that are close in the plane mostly come out close in the order, so memory that is laid out
 * by it is read from the cache. O(n).
 */
void ple_morton_order (size_t n, const float *x, const float *y, guint32 *order);

G_END_DECLS
