/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stddef.h>

G_BEGIN_DECLS

/* Element-wise and row kernels that gcc vectorises, built for several instruction sets. Plain
 * functions on the calling thread; the caller cuts the work. Inputs and outputs may be the same
 * array where the header says so, and must not overlap otherwise. Finite inputs. */

/* y = exp (x); relative error below 2e-7. Below -87.3 it stays at 1.2e-38, above 88.3 at 2.2e38.
 * @y may be @x. */
void ple_kernel_exp (size_t n, const float *x, float *y);

/* y = erf (x); absolute error below 4e-7. @y may be @x. */
void ple_kernel_erf (size_t n, const float *x, float *y);

/**
 * ple_kernel_gelu:
 * @x: (n_rows, n_cols) before the bias
 * @bias: (nullable): (n_cols), added first
 * @y: (n_rows, n_cols): GELU in its exact form, x Phi(x); may be @x
 *
 * Phi by exp (-x²/2) times a polynomial in 1/(1 + 0.235 |x|), own fit: relative error of the tail
 * below 1.5e-7, so nothing cancels for large negative x.
 */
void ple_kernel_gelu (size_t n_rows, size_t n_cols, const float *x, const float *bias, float *y);
/* The same with the derivative Phi(x) + x phi(x); no two arrays may overlap. */
void ple_kernel_gelu_slope (
    size_t n_rows, size_t n_cols, const float *x, const float *bias, float *y, float *derivative);

/* y = scale v sigmoid (v), v = y + bias, in place; y (n_rows, n_cols), bias (n_cols). */
void ple_kernel_silu (size_t n_rows, size_t n_cols, float scale, const float *bias, float *y);
/* The same with the derivative. */
void ple_kernel_silu_slope (
    size_t n_rows, size_t n_cols, float scale, const float *bias, float *y, float *derivative);

/* Row by row: y = log softmax (scale x). @y may be @x. */
void ple_kernel_log_softmax (size_t n_rows, size_t n_cols, float scale, const float *x, float *y);
/* Row by row: y = softmax (scale x). @y may be @x. */
void ple_kernel_softmax (size_t n_rows, size_t n_cols, float scale, const float *x, float *y);

/* Sum, largest entry and dot product; sixteen running lanes, the same on every processor. */
double ple_kernel_sum (size_t n, const float *x);
float ple_kernel_max (size_t n, const float *x);
double ple_kernel_dot (size_t n, const float *x, const float *y);
/* sums (n_cols) = sum of the rows of x. */
void ple_kernel_sum_rows (size_t n_rows, size_t n_cols, const float *x, float *sums);

/**
 * PleAdamStep:
 * @rate: learning rate
 * @beta1: of the first moment
 * @beta2: of the second
 * @epsilon: added to the root of the corrected second moment
 * @decay: decoupled weight decay (Loshchilov and Hutter 2019); 0 for Adam
 * @step: 1 for the first update, for the corrections of the bias
 * @penalty: times the weights, added to the gradient: decay as in the first Adam
 */
typedef struct
{
  double rate;
  double beta1;
  double beta2;
  double epsilon;
  double decay;
  guint64 step;
  double penalty;
} PleAdamStep;

/**
 * PleMomentumStep:
 *
 * buffer = momentum buffer + scale (g + decay w); w -= rate buffer, or rate (scale (g + decay w) +
 * momentum buffer) with @nesterov.
 */
typedef struct
{
  double rate;
  double momentum;
  double decay;
  double scale;
  gboolean nesterov;
} PleMomentumStep;

/* One update in place; arrays of n. */
void ple_kernel_adam (size_t n,
                      const PleAdamStep *step,
                      const float *gradient,
                      float *weights,
                      float *moment1,
                      float *moment2);
void ple_kernel_momentum (
    size_t n, const PleMomentumStep *step, const float *gradient, float *weights, float *buffer);
/* average += (1 - momentum) (x - average) */
void ple_kernel_average (size_t n, double momentum, const float *x, float *average);
/* Both in one pass over memory: the update, then the average of the new weights. */
void ple_kernel_adam_average (size_t n,
                              const PleAdamStep *step,
                              double momentum,
                              const float *gradient,
                              float *weights,
                              float *moment1,
                              float *moment2,
                              float *average);

G_END_DECLS
