/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "features/ple-vision-linear.h"

G_BEGIN_DECLS

/* The transformer block that all families share, for pictures and for text:
 *
 *   x += scale1 * out (attention (qkv (norm1 (x))))
 *   x += scale2 * fc2 (activation (fc1 (norm2 (x))))
 *
 * Source: Dosovitskiy et al. 2021, eq. 2 and 3; layer scale: Touvron et al. 2021. */

/**
 * PleBlockShape:
 * @width: channels of a token
 * @n_heads: divides @width
 * @n_hidden: inner channels of the second half
 * @eps: of the norms
 * @gated: the second half is fc2 (activation (gate (x)) * fc1 (x))
 * @causal: a token sees only itself and those before it (text)
 */
typedef struct
{
  size_t width;
  size_t n_heads;
  size_t n_hidden;
  float eps;
  PleActivation activation;
  gboolean gated;
  gboolean causal;
} PleBlockShape;

/**
 * PleBlock:
 * @norm1, @norm2: weights (width), then biases (width)
 * @qkv: (3 width, width): queries, keys, values
 * @out: (width, width)
 * @scale1, @scale2: (width) (nullable)
 * @gate: (n_hidden, width), if gated
 * @fc1: (n_hidden, width)
 * @fc2: (width, n_hidden)
 *
 * Weights of a block.
 */
typedef struct
{
  float *norm1;
  PleLinear qkv;
  PleLinear out;
  float *scale1;
  float *norm2;
  PleLinear gate;
  PleLinear fc1;
  PleLinear fc2;
  float *scale2;
} PleBlock;

void ple_block_clear (PleBlock *block);

/**
 * PleRope:
 * @n_plain: tokens at the beginning that are not turned
 * @n: tokens that are, behind them
 * @n_angles: half the channels of a head
 * @cosines, @sines: (n, n_angles)
 *
 * Rotary positions: channel j and channel j + n_angles of each head of queries and keys are turned
 * by angle j of the token. Source: Su et al. 2021, in the layout of DINOv3 (halves, not pairs).
 */
typedef struct
{
  size_t n_plain;
  size_t n;
  size_t n_angles;
  float *cosines;
  float *sines;
} PleRope;

/* Floats of scratch space that a run over @n_sequences of @n_tokens needs. */
size_t ple_block_scratch (const PleBlockShape *shape, size_t n_sequences, size_t n_tokens);

/**
 * ple_block_run:
 * @x: (inout): (n_sequences, n_tokens, width)
 * @rope: (nullable)
 * @scratch: ple_block_scratch() floats, aligned to 64 bytes, of this thread alone
 *
 * On the calling thread; allocates nothing.
 */
void ple_block_run (const PleBlockShape *shape,
                    const PleBlock *block,
                    size_t n_sequences,
                    size_t n_tokens,
                    const PleRope *rope,
                    float *x,
                    float *scratch);

/**
 * ple_block_run_one:
 * @x: (n_sequences, n_tokens, width); only read
 * @wanted: (n_sequences) (nullable): the token of each sequence that is asked for; %NULL: the first
 * @out: (n_sequences, width): that token after the block
 *
 * A last block of which one token a sequence is used: keys and values are computed for all tokens,
 * all else for that one. The same result as ple_block_run() for about a sixth of its cost.
 */
void ple_block_run_one (const PleBlockShape *shape,
                        const PleBlock *block,
                        size_t n_sequences,
                        size_t n_tokens,
                        const PleRope *rope,
                        const guint32 *wanted,
                        const float *x,
                        float *out,
                        float *scratch);

G_END_DECLS
