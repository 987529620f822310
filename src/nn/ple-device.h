/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "nn/ple-kernels.h"

G_BEGIN_DECLS

/* What a device must be able to do: one constant table of functions over its own memory. A second
 * device is one more such table; tensors, the tape, layers and optimisers know only this header.
 *
 * All arrays are contiguous float32 in C order in the device's memory, unless stated otherwise.
 * Outputs must not overlap inputs unless stated otherwise. Functions return %FALSE only when
 * @progress is cancelled; the output is then unspecified. Results must not depend on the number of
 * threads. */

#define PLE_MAX_DIMS 6

/* Element-wise functions of one argument. Their derivatives are again among them, so that the tape
 * can differentiate as often as asked. */
typedef enum
{
  PLE_UNARY_NEGATE,
  PLE_UNARY_EXP,
  PLE_UNARY_LOG,
  PLE_UNARY_SQRT,
  PLE_UNARY_RECIPROCAL,
  PLE_UNARY_SQUARE,
  PLE_UNARY_ABS,
  PLE_UNARY_SIGN, /* 0 at 0 */
  PLE_UNARY_SIN,
  PLE_UNARY_COS,
  PLE_UNARY_TANH,
  PLE_UNARY_SIGMOID,
  PLE_UNARY_SOFTPLUS, /* log (1 + exp (x)) */
  PLE_UNARY_ERF,
  PLE_UNARY_RELU,
  PLE_UNARY_STEP, /* 1 above 0, else 0 */
  PLE_UNARY_SILU, /* x sigmoid (x) */
  PLE_UNARY_GELU, /* x Phi (x), exact form */
  PLE_UNARY_GELU_SLOPE,
  PLE_UNARY_N,
} PleUnary;

typedef enum
{
  PLE_BINARY_ADD,
  PLE_BINARY_SUBTRACT,
  PLE_BINARY_MULTIPLY,
  PLE_BINARY_DIVIDE,
  PLE_BINARY_MAXIMUM,
  PLE_BINARY_GREATER, /* 1 where a > b, else 0 */
  PLE_BINARY_N,
} PleBinary;

/**
 * PleLayout:
 * @n_dims: of the index space
 * @shape: its sizes
 * @strides: in elements, per argument; 0 repeats
 * @offset: of the first element, per argument
 *
 * How a contiguous index space meets up to two arrays that are not laid out like it.
 */
typedef struct
{
  guint n_dims;
  size_t shape[PLE_MAX_DIMS];
  size_t strides[2][PLE_MAX_DIMS];
  size_t offset[2];
} PleLayout;

/**
 * PleDevice:
 * @id: "cpu"
 * @alloc: memory for n floats, not cleared; %NULL if there is none
 * @upload: from the host into the device
 * @download: the other way
 * @fill: all to one value
 * @unary: y = f (x); may be in place
 * @affine: y = scale x + shift; may be in place
 * @power: y = x^exponent; may be in place
 * @binary: y = f (a, b) over @layout: y is contiguous, a and b by their strides
 * @gather: y = x by strides[0] of @layout: broadcast, permute, slice
 * @scatter: y by strides[0] += x, contiguous; the adjoint of gather. @y is n_y long and cleared
 * first. Every sum is taken in the order of the index space
 * @take_rows: y[i] = x[rows[i]], rows of n_cols; @rows lives on the host
 * @add_rows: y[rows[i]] += x[i] in the order of i; @y (n_y rows) is cleared first
 * @multiply: batched C = alpha op (A) op (B) + beta C; matrices of a batch lie batch strides apart
 * (0 to share one)
 * @softmax, @log_softmax: over rows of n_cols; may be in place
 * @normalise: rows to mean 0 and variance 1, (x - mean) / sqrt (variance + epsilon); @deviation
 * (optional, n_rows) = 1 / sqrt (variance + epsilon)
 * @row_max: largest entry of each row
 * @adam: one update in place, ple_kernel_adam()
 * @momentum: one update in place, ple_kernel_momentum()
 * @average: y += (1 - momentum) (x - y)
 * @dot: sum of a b, in double
 */
typedef struct
{
  const char *id;
  float *(*alloc) (size_t n);
  void (*free) (float *data);
  void (*upload) (float *to, const float *from, size_t n);
  void (*download) (float *to, const float *from, size_t n);
  void (*fill) (float *y, float value, size_t n);
  gboolean (*unary) (PleUnary op, size_t n, const float *x, float *y, PleProgress *progress);
  gboolean (*affine) (
      size_t n, float scale, float shift, const float *x, float *y, PleProgress *progress);
  gboolean (*power) (size_t n, float exponent, const float *x, float *y, PleProgress *progress);
  gboolean (*binary) (PleBinary op,
                      const PleLayout *layout,
                      const float *a,
                      const float *b,
                      float *y,
                      PleProgress *progress);
  gboolean (*gather) (const PleLayout *layout, const float *x, float *y, PleProgress *progress);
  gboolean (*scatter) (
      const PleLayout *layout, const float *x, size_t n_y, float *y, PleProgress *progress);
  gboolean (*take_rows) (
      size_t n, size_t n_cols, const gint32 *rows, const float *x, float *y, PleProgress *progress);
  gboolean (*add_rows) (size_t n,
                        size_t n_cols,
                        const gint32 *rows,
                        const float *x,
                        size_t n_y,
                        float *y,
                        PleProgress *progress);
  gboolean (*multiply) (size_t n_batch,
                        gboolean transpose_a,
                        gboolean transpose_b,
                        size_t m,
                        size_t n,
                        size_t k,
                        const float *a,
                        size_t batch_a,
                        const float *b,
                        size_t batch_b,
                        float *c,
                        PleProgress *progress);
  gboolean (*softmax) (
      size_t n_rows, size_t n_cols, const float *x, float *y, PleProgress *progress);
  gboolean (*log_softmax) (
      size_t n_rows, size_t n_cols, const float *x, float *y, PleProgress *progress);
  gboolean (*normalise) (size_t n_rows,
                         size_t n_cols,
                         double epsilon,
                         const float *x,
                         float *y,
                         float *deviation,
                         PleProgress *progress);
  gboolean (*row_max) (
      size_t n_rows, size_t n_cols, const float *x, float *y, PleProgress *progress);
  gboolean (*adam) (size_t n,
                    const PleAdamStep *step,
                    const float *gradient,
                    float *weights,
                    float *moment1,
                    float *moment2,
                    PleProgress *progress);
  gboolean (*momentum) (size_t n,
                        const PleMomentumStep *step,
                        const float *gradient,
                        float *weights,
                        float *buffer,
                        PleProgress *progress);
  gboolean (*average) (size_t n, double momentum, const float *x, float *y, PleProgress *progress);
  gboolean (*dot) (size_t n, const float *a, const float *b, double *out, PleProgress *progress);
} PleDevice;

/* The processor. Always there. */
const PleDevice *ple_device_cpu (void);
/* By id; "cuda" gives the CPU as long as there is no such device: ask whether the id is what you
 * wanted, and warn. %NULL for an unknown id. */
const PleDevice *ple_device_find (const char *id);

G_END_DECLS
