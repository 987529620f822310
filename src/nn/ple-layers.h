/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "nn/ple-ops.h"
#include "nn/ple-parameters.h"

G_BEGIN_DECLS

/* Layers: plain structs that borrow their tensors from a PleParameters. *_init() makes the tensors
 * "NAME.weight" and so on, with PyTorch's names; *_apply() puts the layer on the tape of its input.
 * Inputs are (..., features). */

typedef struct
{
  PleTensor *weight; /* (n_out, n_in) */
  PleTensor *bias;   /* (n_out) or NULL */
} PleLinear;

gboolean ple_linear_init (PleLinear *layer,
                          PleParameters *parameters,
                          const char *name,
                          size_t n_in,
                          size_t n_out,
                          gboolean with_bias,
                          PleInit init,
                          double scale,
                          PleRng *rng,
                          GError **error);
/* x W' + b */
PleNode *ple_linear_apply (const PleLinear *layer, PleNode *x);

/* W = g v / |v|, row by row (Salimans and Kingma 2016); no bias. */
typedef struct
{
  PleTensor *weight_g; /* (n_out, 1) */
  PleTensor *weight_v; /* (n_out, n_in) */
} PleWeightNormLinear;

/* v uniform in ±1 / sqrt (n_in), g = 1 */
gboolean ple_weight_norm_linear_init (PleWeightNormLinear *layer,
                                      PleParameters *parameters,
                                      const char *name,
                                      size_t n_in,
                                      size_t n_out,
                                      PleRng *rng,
                                      GError **error);
PleNode *ple_weight_norm_linear_apply (const PleWeightNormLinear *layer, PleNode *x);

/* Each row to mean 0 and variance 1, then weight and bias (Ba et al. 2016). */
typedef struct
{
  PleTensor *weight; /* (n) */
  PleTensor *bias;   /* (n) */
  double epsilon;
} PleLayerNorm;

gboolean ple_layer_norm_init (PleLayerNorm *layer,
                              PleParameters *parameters,
                              const char *name,
                              size_t n,
                              double epsilon,
                              GError **error);
PleNode *ple_layer_norm_apply (const PleLayerNorm *layer, PleNode *x);

/* Each column to mean 0 and variance 1 over the batch (Ioffe and Szegedy 2015). */
typedef struct
{
  PleTensor *weight;           /* (n) or NULL */
  PleTensor *bias;             /* (n) or NULL */
  PleTensor *running_mean;     /* (n) buffer */
  PleTensor *running_variance; /* (n) buffer, unbiased */
  double epsilon;
  double momentum; /* share of the batch in the running statistics, 0.1 */
} PleBatchNorm;

gboolean ple_batch_norm_init (PleBatchNorm *layer,
                              PleParameters *parameters,
                              const char *name,
                              size_t n,
                              gboolean affine,
                              GError **error);
/* @x (n_rows, n). @training: by the batch, whose statistics enter the running ones at once; else by
 * the running ones. A batch of one row has no variance: it is an error of the programmer to train
 * on it. */
PleNode *ple_batch_norm_apply (PleBatchNorm *layer, PleNode *x, gboolean training);

/**
 * ple_time_embedding:
 * @times: n numbers, as they are
 * @size: columns, even
 * @max_period: 10 000 in most papers
 * @cosine_first: cosines in the first half of the columns, as in CLUDI; else sines
 *
 * cos (t f_j) and sin (t f_j) with f_j = max_period^(-2j / size), j < size / 2 (Vaswani et al.
 * 2017, section 3.5; Ho et al. 2020).
 *
 * Returns: (n, size) constant
 */
PleNode *ple_time_embedding (PleTape *tape,
                             const double *times,
                             size_t n,
                             size_t size,
                             double max_period,
                             gboolean cosine_first);

G_END_DECLS
