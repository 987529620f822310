/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "nn/ple-tape.h"

G_BEGIN_DECLS

/* Operations on the nodes of one tape. Each gives a new node and can be differentiated, its
 * gradient too. Shapes follow numpy: sizes are matched from the last dimension on, a size of 1 or a
 * missing dimension repeats. Dimensions are numbered from 0. */

PleNode *ple_op_add (PleNode *a, PleNode *b);
PleNode *ple_op_subtract (PleNode *a, PleNode *b);
PleNode *ple_op_multiply (PleNode *a, PleNode *b);
PleNode *ple_op_divide (PleNode *a, PleNode *b);
/* The gradient goes to the larger, to @b where they are equal. */
PleNode *ple_op_maximum (PleNode *a, PleNode *b);
/* 1 where a > b; no gradient. */
PleNode *ple_op_greater (PleNode *a, PleNode *b);

PleNode *ple_op_unary (PleUnary op, PleNode *x);
/* scale x + shift */
PleNode *ple_op_affine (PleNode *x, double scale, double shift);
/* x^exponent, x > 0 unless the exponent is a whole number */
PleNode *ple_op_power (PleNode *x, double exponent);
/* The same value, through which no gradient flows. */
PleNode *ple_op_detach (PleNode *x);

/* Same number of entries; shares the memory. */
PleNode *ple_op_reshape (PleNode *x, guint n_dims, const size_t *shape);
/* Dimension i of the result is dimension dims[i] of @x. */
PleNode *ple_op_permute (PleNode *x, const guint *dims);
/* Swaps the last two dimensions. */
PleNode *ple_op_transpose (PleNode *x);
PleNode *ple_op_broadcast_to (PleNode *x, guint n_dims, const size_t *shape);
/* Adjoint of the broadcast: sums over what was repeated. */
PleNode *ple_op_sum_to (PleNode *x, guint n_dims, const size_t *shape);
/* Entries first .. first + n - 1 of a dimension. */
PleNode *ple_op_slice (PleNode *x, guint dim, size_t first, size_t n);
/* @a before @b along a dimension; the other sizes are equal. */
PleNode *ple_op_concatenate (PleNode *a, PleNode *b, guint dim);
/* Rows (entries of dimension 0) by number; may repeat. @rows is copied. */
PleNode *ple_op_take_rows (PleNode *x, const gint32 *rows, size_t n);
/* Its adjoint: @n_out rows, row rows[i] is the sum of all x[i] that name it. */
PleNode *ple_op_add_rows (PleNode *x, const gint32 *rows, size_t n_out);

/* Sums and means over one dimension, kept with size 1 if @keep; over all: a scalar. */
PleNode *ple_op_sum (PleNode *x, guint dim, gboolean keep);
PleNode *ple_op_mean (PleNode *x, guint dim, gboolean keep);
PleNode *ple_op_sum_all (PleNode *x);
PleNode *ple_op_mean_all (PleNode *x);

/**
 * ple_op_multiply_matrices:
 * @a: (..., m, k), or (..., k, m) if @transpose_a
 * @b: (..., k, n), or (..., n, k) if @transpose_b
 *
 * Products of the last two dimensions. The leading ones are equal, or one of the two has none and
 * is shared by all.
 */
PleNode *
ple_op_multiply_matrices (PleNode *a, PleNode *b, gboolean transpose_a, gboolean transpose_b);

/* Along the last dimension. */
PleNode *ple_op_softmax (PleNode *x);
PleNode *ple_op_log_softmax (PleNode *x);
/* The last dimension is kept with size 1. */
PleNode *ple_op_log_sum_exp (PleNode *x);
/* Rows to mean 0 and variance 1: (x - mean) / sqrt (variance + epsilon), variance by n. */
PleNode *ple_op_standardise_rows (PleNode *x, double epsilon);
/* Rows to length 1: x / sqrt (sum x² + 1e-24), so a row of zeros stays. */
PleNode *ple_op_normalise_rows (PleNode *x);

/**
 * ple_op_cross_entropy:
 * @logits: (n, k)
 * @labels: n classes, 0 <= label < k; rows with -1 count for nothing
 *
 * Returns: a scalar: mean of -log softmax (logits)[label] over the rows that have a label
 */
PleNode *ple_op_cross_entropy (PleNode *logits, const gint32 *labels);
/* Mean over rows of -sum target log softmax (logits); @target (n, k) may carry a gradient. */
PleNode *ple_op_soft_cross_entropy (PleNode *logits, PleNode *target);

/**
 * ple_op_dropout:
 * @rate: share that is set to 0, 0 <= rate < 1; the rest is divided by 1 - rate
 * @rng: (inout): advanced
 */
PleNode *ple_op_dropout (PleNode *x, double rate, PleRng *rng);

G_END_DECLS
