/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stddef.h>

G_BEGIN_DECLS

/**
 * PlePacked:
 *
 * The weights of a linear layer, (n_out, n_in), laid out once in the order in which the kernel for
 * this processor reads them (AVX-512, AVX2 with FMA, or the baseline), for many products
 * y = f (x W'). Rows are padded to whole panels of at most 32, so a layer takes the memory of its
 * weights. Once filled it is read only: any number of threads may multiply with it.
 */
typedef struct _PlePacked PlePacked;

/* What is applied to v = x w' + b on the way out. */
typedef enum
{
  PLE_ACTIVATION_NONE,
  PLE_ACTIVATION_GELU,       /* v Phi(v), the exact form; absolute error below 1e-6 */
  PLE_ACTIVATION_GELU_TANH,  /* v / 2 (1 + tanh (sqrt (2/pi) (v + 0.044715 v^3))) */
  PLE_ACTIVATION_QUICK_GELU, /* v sigmoid (1.702 v) */
  PLE_ACTIVATION_RELU,
  PLE_ACTIVATION_SILU, /* v sigmoid (v) */
} PleActivation;

/**
 * PleEpilogue:
 * @bias: (nullable): (n_out)
 * @activation: applied after the bias
 * @scale: (nullable): (n_out), times the activation: the layer scale of some transformers
 * @residual: (nullable): (m, n_out), added last; may be the output itself
 * @residual_stride: floats from one row of it to the next
 *
 * y = residual + scale activation (x W' + bias). A %NULL for all of it is the plain product.
 */
typedef struct
{
  const float *bias;
  PleActivation activation;
  const float *scale;
  const float *residual;
  size_t residual_stride;
} PleEpilogue;

/**
 * ple_packed_new:
 * @n_out: rows of the weights, at least 1
 * @n_in: columns of the weights, at least 1
 *
 * Returns: (transfer full) (nullable): all zeros; %PLE_NUMERIC_ERROR_NO_MEMORY if it cannot be had
 */
PlePacked *ple_packed_new (size_t n_out, size_t n_in, GError **error);
void ple_packed_free (PlePacked *packed);

/**
 * ple_packed_set_rows:
 * @first: row of the weights to begin with
 * @n_rows: how many
 * @weights: (n_rows, n_in), as files have them
 * @stride: floats from one row to the next
 *
 * Packs rows first .. first + n_rows - 1; in any order, so that a file can be converted piece by
 * piece, and several matrices (query, key, value) become one.
 */
void ple_packed_set_rows (
    PlePacked *packed, size_t first, size_t n_rows, const float *weights, size_t stride);

size_t ple_packed_get_n_out (const PlePacked *packed);
size_t ple_packed_get_n_in (const PlePacked *packed);

/* Floats of work space that one product needs, whatever its sizes: about 90 000. */
size_t ple_packed_get_scratch_size (void);

/**
 * ple_packed_multiply:
 * @m: rows of @x, may be 0
 * @x: (m, n_in)
 * @x_stride: floats from one row to the next
 * @epilogue: (nullable): applied while the result is in registers or cache
 * @y: (m, n_out); must not overlap @x
 * @y_stride: floats from one row to the next
 * @scratch: ple_packed_get_scratch_size() floats, aligned to 64 bytes, of this thread alone
 *
 * On the calling thread, nothing is allocated. A row of the result has the same bits however the
 * rows are split over calls, and sums in the order of the columns; a stride may be any number.
 *
 * Cost: 2 m n_in n_out operations; from some 200 rows on, and with n_in and n_out from 384, at the
 * speed of a large square product.
 */
void ple_packed_multiply (const PlePacked *packed,
                          size_t m,
                          const float *x,
                          size_t x_stride,
                          const PleEpilogue *epilogue,
                          float *y,
                          size_t y_stride,
                          float *scratch);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PlePacked, ple_packed_free)

G_END_DECLS
