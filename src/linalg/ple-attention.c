/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-attention.h"

#include "linalg/ple-packed-private.h"

size_t
ple_attention_get_scratch_size (const PleAttentionShape *shape)
{
  return ple_attention_layout (shape).size;
}

void
ple_attention (const PleAttentionShape *shape,
               size_t first,
               size_t n_queries,
               const float *queries,
               const float *keys,
               const float *values,
               float *y,
               size_t y_stride,
               float *scratch)
{
  g_return_if_fail (first <= shape->n_tokens && n_queries <= shape->n_tokens - first);
  ple_packed_get_kernel (0)->attend (shape, first, n_queries, queries, keys, values, y, y_stride,
                                     scratch);
}
