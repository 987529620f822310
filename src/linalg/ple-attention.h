/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stddef.h>

G_BEGIN_DECLS

/**
 * PleAttentionShape:
 * @n_tokens: keys and values of one sequence, at least 1
 * @n_heads: heads
 * @head_dim: channels of a head
 * @stride: floats from one token to the next, in queries, keys and values alike; in the joined
 * product of all three it is 3 n_heads head_dim
 * @scale: times q k', usually 1 / sqrt (head_dim)
 * @causal: token i sees tokens 0 .. i only
 */
typedef struct
{
  size_t n_tokens;
  size_t n_heads;
  size_t head_dim;
  size_t stride;
  float scale;
  gboolean causal;
} PleAttentionShape;

/* Floats of work space that ple_attention() needs. */
size_t ple_attention_get_scratch_size (const PleAttentionShape *shape);

/**
 * ple_attention:
 * @first: the first token that asks
 * @n_queries: how many ask; first + n_queries <= n_tokens
 * @queries, @keys, @values: at token 0 of the sequence; head h begins at channel h head_dim
 * @y: (n_queries, n_heads head_dim): the heads joined; overlaps nothing
 * @y_stride: floats from one row of it to the next
 * @scratch: ple_attention_get_scratch_size() floats, aligned to 64 bytes, of this thread alone
 *
 * Per head softmax (scale q k') v, on the calling thread. A few queries at a time against all keys:
 * their scores stay in the first cache from the product to the exponential to the second product.
 * A row has the same bits whatever other rows are asked for. Finite inputs.
 *
 * Cost: 4 n_queries n_tokens n_heads head_dim operations, half of it if causal.
 * Source: Vaswani et al. 2017, eq. 1.
 */
void ple_attention (const PleAttentionShape *shape,
                    size_t first,
                    size_t n_queries,
                    const float *queries,
                    const float *keys,
                    const float *values,
                    float *y,
                    size_t y_stride,
                    float *scratch);

G_END_DECLS
