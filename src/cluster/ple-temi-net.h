/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "base/ple-rng.h"
#include "cluster/ple-temi-loss.h"
#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

/**
 * PleTemiShape:
 * @n_heads: H
 * @n_inputs: D, columns of the features
 * @n_hidden: width of the hidden layer
 * @n_bottleneck: width before the output layer
 * @n_clusters: K
 */
typedef struct
{
  size_t n_heads;
  size_t n_inputs;
  size_t n_hidden;
  size_t n_bottleneck;
  size_t n_clusters;
} PleTemiShape;

/**
 * PleTemiPart:
 *
 * The tensors of a head, in the order of memory: u = W2 GELU (W1 x + b1) + b2, n = u / |u|,
 * z_c = g_c v_c.n / |v_c|.
 */
typedef enum
{
  PLE_TEMI_W1, /* (hidden, D) */
  PLE_TEMI_B1, /* (hidden) */
  PLE_TEMI_W2, /* (bottleneck, hidden) */
  PLE_TEMI_B2, /* (bottleneck) */
  PLE_TEMI_G,  /* (K, 1) */
  PLE_TEMI_V,  /* (K, bottleneck) */
  PLE_TEMI_N_PARTS,
} PleTemiPart;

/**
 * PleTemiHeads:
 * @shape: sizes
 * @offset: of each part within a head, in floats; a multiple of 16
 * @stride: floats from head to head
 * @weights: H * stride floats, 64-byte aligned; padding is zero
 *
 * The weights of H heads of one shape.
 */
typedef struct
{
  PleTemiShape shape;
  size_t offset[PLE_TEMI_N_PARTS + 1];
  size_t stride;
  PleMatrix *storage;
  float *weights;
} PleTemiHeads;

/* Zeros. (transfer full) (nullable): %PLE_NUMERIC_ERROR_NO_MEMORY */
PleTemiHeads *ple_temi_heads_new (const PleTemiShape *shape, GError **error);
void ple_temi_heads_free (PleTemiHeads *heads);
/* Rows and columns of a part. */
void
ple_temi_part_size (const PleTemiShape *shape, PleTemiPart part, size_t *n_rows, size_t *n_cols);
/* "mlp.0.weight" and so on: the names of the original checkpoints. */
const char *ple_temi_part_name (PleTemiPart part);

static inline float *
ple_temi_heads_part (const PleTemiHeads *heads, size_t head, PleTemiPart part)
{
  return heads->weights + head * heads->stride + heads->offset[part];
}

/**
 * ple_temi_heads_init:
 *
 * W1, W2 from N(0, 0.02²), biases 0, v uniform in ±1/sqrt (bottleneck), g = 1. Head h draws from
 * stream h of @rng.
 */
void ple_temi_heads_init (PleTemiHeads *heads, const PleRng *rng);

/**
 * PleTemiWorkspace:
 *
 * Memory of one thread for the forward and backward pass of one head over at most n_rows rows.
 */
typedef struct
{
  size_t n_rows;
  float *hidden;     /* (n_rows, hidden): GELU */
  float *slope;      /* (n_rows, hidden): its derivative, then the gradient before it */
  float *before;     /* (n_rows, hidden): before the bias; gradient after GELU */
  float *unit;       /* (n_rows, bottleneck) */
  float *unit_slope; /* (n_rows, bottleneck) */
  float *norms;      /* n_rows */
  float *logits;     /* (n_rows, K) */
  float *directions; /* (K, bottleneck): g v / |v| */
  float *scratch;    /* 3 K */
  float *gradient;   /* one head's stride */
  PleMatrix *storage;
} PleTemiWorkspace;

/* Without @training the arrays of the backward pass are left out. */
PleTemiWorkspace *ple_temi_workspace_new (const PleTemiHeads *heads,
                                          size_t n_rows,
                                          gboolean training,
                                          GError **error);
void ple_temi_workspace_free (PleTemiWorkspace *workspace);

/**
 * ple_temi_forward:
 * @heads: weights
 * @head: which
 * @n_rows: at most the workspace's
 * @x: (n_rows, D)
 * @training: whether the backward pass will follow
 * @workspace: its logits, unit rows and norms are the result
 */
void ple_temi_forward (const PleTemiHeads *heads,
                       size_t head,
                       size_t n_rows,
                       const float *x,
                       gboolean training,
                       PleTemiWorkspace *workspace);

/**
 * ple_temi_backward:
 * @x: (n_rows, D) as given to ple_temi_forward()
 * @gradient: (n_rows, K) of the logits
 * @workspace: of the forward pass; its gradient is the result, laid out like the weights
 */
void ple_temi_backward (const PleTemiHeads *heads,
                        size_t head,
                        size_t n_rows,
                        const float *x,
                        const float *gradient,
                        PleTemiWorkspace *workspace);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleTemiHeads, ple_temi_heads_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleTemiWorkspace, ple_temi_workspace_free)

G_END_DECLS
