/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "linalg/ple-packed.h"

G_BEGIN_DECLS

/**
 * PleLinear:
 * @weights: (n_out, n_in)
 * @bias: (n_out) (nullable)
 *
 * An affine map. Frozen once made.
 */
typedef struct
{
  PlePacked *weights;
  float *bias;
} PleLinear;

void ple_linear_clear (PleLinear *linear);

/**
 * ple_linear_apply:
 * @n_rows: of @x, @residual and @y
 * @stride_x: floats from row to row of @x
 * @scale: (n_out) (nullable): factor per output
 * @residual: (nullable): added at the end, may be @y; rows as those of @y
 * @stride_y: floats from row to row of @y
 * @scratch: as of ple_packed_multiply()
 *
 * y = residual + scale * activation (x weights' + bias), on the calling thread.
 */
void ple_linear_apply (const PleLinear *linear,
                       size_t n_rows,
                       const float *x,
                       size_t stride_x,
                       PleActivation activation,
                       const float *scale,
                       const float *residual,
                       float *y,
                       size_t stride_y,
                       float *scratch);

/* Rows of @n: y = (x - mean) / sqrt (variance + eps) * weight + bias. @y may be @x. */
void ple_layer_norm (size_t n_rows,
                     size_t n,
                     float eps,
                     const float *weight,
                     const float *bias,
                     const float *x,
                     size_t stride_x,
                     float *y,
                     size_t stride_y);

/* x (n) times y, in place. */
void ple_multiply_by (size_t n, const float *y, float *x);

G_END_DECLS
