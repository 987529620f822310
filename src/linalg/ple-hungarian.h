/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stddef.h>

G_BEGIN_DECLS

/**
 * ple_assignment_solve:
 * @n_rows: rows
 * @n_cols: columns
 * @cost: (n_rows, n_cols) finite
 * @column_of_row: (out caller-allocates): n_rows; the column given to each row, -1 for none (more
 * rows than columns)
 *
 * The cheapest one-to-one assignment of min(n_rows, n_cols) pairs, by shortest augmenting paths
 * with dual prices (Jonker and Volgenant 1987; Crouse 2016 for rectangles). Where these become many
 * and long, it starts again from the prices of an auction with bids scaled down (Bertsekas 1988).
 * Cost: O(min² max); 1000 x 1000 random costs about 0.05 s, the product i j about 0.2 s.
 *
 * Returns: its total cost
 */
double
ple_assignment_solve (size_t n_rows, size_t n_cols, const double *cost, gint32 *column_of_row);

G_END_DECLS
