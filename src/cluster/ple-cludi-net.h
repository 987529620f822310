/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "base/ple-rng.h"
#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

/**
 * PleCludiShape:
 * @n_inputs: D, columns of the features
 * @n_embedding: d, columns of an assignment embedding
 * @n_clusters: K
 * @deep_head: whether the logits have a hidden layer
 * @activation: A(y) = activation silu (y); the authors divide by 0.596
 */
typedef struct
{
  size_t n_inputs;
  size_t n_embedding;
  size_t n_clusters;
  gboolean deep_head;
  double activation;
} PleCludiShape;

#define PLE_CLUDI_ACTIVATION (1 / 0.596)

/* Width of the branch of the embeddings, E = D / 2, and of the trunk, H = D + E. */
static inline size_t
ple_cludi_branch_width (const PleCludiShape *shape)
{
  return MAX (shape->n_inputs / 2, 1);
}

static inline size_t
ple_cludi_trunk_width (const PleCludiShape *shape)
{
  return shape->n_inputs + ple_cludi_branch_width (shape);
}

/**
 * PleCludiLayer:
 *
 * The linear layers, y = W x + b, named as in the original: time_embed, data_input_proj,
 * cluster_input_proj, network (the trunk), final_layer and last_layer (the logits).
 */
typedef enum
{
  PLE_CLUDI_TIME_0,     /* (4 H, H) A */
  PLE_CLUDI_TIME_2,     /* (H, 4 H) */
  PLE_CLUDI_DATA_0,     /* (D, D) A */
  PLE_CLUDI_DATA_2,     /* (D, D), then normalised */
  PLE_CLUDI_DATA_4,     /* (D, D) */
  PLE_CLUDI_CLUSTER_0,  /* (2 d, 2 d) A */
  PLE_CLUDI_CLUSTER_2,  /* (E, 2 d), then normalised with gain and bias */
  PLE_CLUDI_CLUSTER_4,  /* (E, E) */
  PLE_CLUDI_NETWORK_0,  /* (H, H) A */
  PLE_CLUDI_NETWORK_2,  /* (H, H) A */
  PLE_CLUDI_NETWORK_4,  /* (H, H) A */
  PLE_CLUDI_NETWORK_6,  /* (H, H) A */
  PLE_CLUDI_NETWORK_8,  /* (H, H) A */
  PLE_CLUDI_NETWORK_10, /* (d, H) A */
  PLE_CLUDI_NETWORK_12, /* (d, d), then normalised with gain and bias */
  PLE_CLUDI_FINAL,      /* (d, d) */
  PLE_CLUDI_HEAD_0,     /* (K, d), or (d, d) A with a deep head */
  PLE_CLUDI_HEAD_2,     /* (K, d) with a deep head, else empty */
  PLE_CLUDI_N_LAYERS,
} PleCludiLayer;

#define PLE_CLUDI_N_TRUNK 5 /* layers of width H */

/* Tensors in the order of memory: weight 2 l and bias 2 l + 1 of layer l, then the norms. */
enum
{
  PLE_CLUDI_CLUSTER_GAIN = 2 * PLE_CLUDI_N_LAYERS, /* (E) */
  PLE_CLUDI_CLUSTER_SHIFT,                         /* (E) */
  PLE_CLUDI_NORM_GAIN,                             /* (d) */
  PLE_CLUDI_NORM_SHIFT,                            /* (d) */
  PLE_CLUDI_N_TENSORS,
};

/**
 * PleCludiNet:
 * @shape: sizes
 * @offset: of each tensor, in floats; multiples of 16
 * @weights: (1, offset[N_TENSORS]); gradients and moments are matrices of the same layout
 * @centres: (K, d) unit rows, drawn once and never trained
 *
 * The denoiser and the layer of the logits, as in the authors' code; unused parts of it left out.
 */
typedef struct
{
  PleCludiShape shape;
  size_t offset[PLE_CLUDI_N_TENSORS + 1];
  PleMatrix *weights;
  PleMatrix *centres;
} PleCludiNet;

typedef enum
{
  PLE_CLUDI_INIT_UNIFORM, /* ±1 / sqrt (inputs), weights and biases: the authors' */
  PLE_CLUDI_INIT_NORMAL,  /* N(0, 0.02²) cut at 2 deviations, biases 0: the seed's */
} PleCludiInit;

/* Zeros. (transfer full) (nullable): %PLE_NUMERIC_ERROR_NO_MEMORY */
PleCludiNet *ple_cludi_net_new (const PleCludiShape *shape, GError **error);
/* Shares the centres, copies the weights. (transfer full) (nullable) */
PleCludiNet *ple_cludi_net_copy (const PleCludiNet *net, GError **error);
void ple_cludi_net_free (PleCludiNet *net);
void ple_cludi_net_init (PleCludiNet *net, PleCludiInit init, const PleRng *rng);

/* "network.0.weight" and so on. */
const char *ple_cludi_tensor_name (int tensor);
/* A vector has one row. */
void ple_cludi_tensor_size (const PleCludiShape *shape, int tensor, size_t *n_rows, size_t *n_cols);

static inline float *
ple_cludi_tensor (const PleCludiNet *net, int tensor)
{
  return net->weights->data + net->offset[tensor];
}

/* y (n, out) = x W' + b on the calling thread. */
void ple_cludi_linear (
    const PleCludiNet *net, PleCludiLayer layer, size_t n_rows, const float *x, float *y);
/* y = A (x W' + b) with the derivative A', which may be %NULL. */
void ple_cludi_linear_active (const PleCludiNet *net,
                              PleCludiLayer layer,
                              size_t n_rows,
                              const float *x,
                              float *y,
                              float *derivative);
/* dx = dy W */
void ple_cludi_linear_back (
    const PleCludiNet *net, PleCludiLayer layer, size_t n_rows, const float *dy, float *dx);

/**
 * PleCludiProduct:
 * @layer: whose gradient
 * @n_rows: n
 * @slopes: (n, out) gradients of its outputs
 * @inputs: (n, in) what it was given
 *
 * One term of the gradient of a layer: dW += slopes' inputs, db += column sums of slopes.
 */
typedef struct
{
  PleCludiLayer layer;
  size_t n_rows;
  const float *slopes;
  const float *inputs;
} PleCludiProduct;

/* Adds the terms, of different layers, to @gradient, in parallel over blocks of output rows. %FALSE
 * if cancelled. */
gboolean ple_cludi_add_products (const PleCludiNet *net,
                                 const PleCludiProduct *products,
                                 size_t n_products,
                                 PleMatrix *gradient,
                                 PleProgress *progress,
                                 GError **error);

/* Rows to mean 0 and variance 1; @scales (n_rows) = 1 / deviation. In place. */
void ple_cludi_standardise (size_t n_rows, size_t n_cols, double epsilon, float *x, float *scales);
/* Gradient of the input from that of the output (in @slopes), in place; @y the output. */
void ple_cludi_standardise_back (
    size_t n_rows, size_t n_cols, const float *y, const float *scales, float *slopes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleCludiNet, ple_cludi_net_free)

G_END_DECLS
