/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-vision-block.h"

#include "base/ple-clones.h"
#include "linalg/ple-attention.h"

#include <math.h>
#include <string.h>

void
ple_block_clear (PleBlock *block)
{
  ple_linear_clear (&block->qkv);
  ple_linear_clear (&block->out);
  ple_linear_clear (&block->gate);
  ple_linear_clear (&block->fc1);
  ple_linear_clear (&block->fc2);
  g_clear_pointer (&block->norm1, g_free);
  g_clear_pointer (&block->norm2, g_free);
  g_clear_pointer (&block->scale1, g_free);
  g_clear_pointer (&block->scale2, g_free);
}

/* Where the parts of the scratch space lie. */
typedef struct
{
  float *normed;    /* (rows, width): also the joined heads */
  float *wide;      /* (rows, 3 width) or, once or twice, (rows, n_hidden) */
  float *attention; /* of ple_attention() */
  float *product;   /* of ple_packed_multiply() */
} Scratch;

/* Up to a multiple of 16 floats, so that each part begins where the first does in its cache line.
 */
static size_t
align (size_t n)
{
  return (n + 15) / 16 * 16;
}

static PleAttentionShape
describe_attention (const PleBlockShape *shape, size_t n_tokens)
{
  size_t d = shape->width / shape->n_heads;

  return (PleAttentionShape){ .n_tokens = n_tokens,
                              .n_heads = shape->n_heads,
                              .head_dim = d,
                              .stride = 3 * shape->width,
                              .scale = (float) (1 / sqrt ((double) d)),
                              .causal = shape->causal };
}

static size_t
attention_scratch (const PleBlockShape *shape, size_t n_tokens)
{
  PleAttentionShape attention = describe_attention (shape, n_tokens);

  return ple_attention_get_scratch_size (&attention);
}

static size_t
wide_columns (const PleBlockShape *shape)
{
  return MAX (3 * shape->width, shape->n_hidden * (shape->gated ? 2 : 1));
}

size_t
ple_block_scratch (const PleBlockShape *shape, size_t n_sequences, size_t n_tokens)
{
  size_t rows = n_sequences * n_tokens;

  return align (ple_packed_get_scratch_size ()) + align (rows * shape->width) +
         align (rows * wide_columns (shape)) + (shape->gated ? align (rows * shape->n_hidden) : 0) +
         align (attention_scratch (shape, n_tokens));
}

static Scratch
cut (const PleBlockShape *shape, size_t n_sequences, size_t n_tokens, float *scratch)
{
  size_t rows = n_sequences * n_tokens;
  Scratch parts;

  parts.product = scratch;
  parts.normed = parts.product + align (ple_packed_get_scratch_size ());
  parts.wide = parts.normed + align (rows * shape->width);
  parts.attention = parts.wide + align (rows * wide_columns (shape));
  return parts;
}

/* Turns @n_heads heads of one token in place. */
PLE_CLONES static void
turn (size_t n_heads, size_t n_angles, const float *cosines, const float *sines, float *x)
{
  for (size_t h = 0; h < n_heads; h++, x += 2 * n_angles)
    for (size_t j = 0; j < n_angles; j++)
      {
        float u = x[j], v = x[n_angles + j];

        x[j] = u * cosines[j] - v * sines[j];
        x[n_angles + j] = v * cosines[j] + u * sines[j];
      }
}

/* Queries and keys of all rows; x (rows, 3 width). */
static void
apply_rope (
    const PleBlockShape *shape, const PleRope *rope, size_t n_sequences, size_t n_tokens, float *x)
{
  for (size_t s = 0; s < n_sequences; s++)
    for (size_t i = 0; i < rope->n; i++)
      turn (2 * shape->n_heads, rope->n_angles, rope->cosines + i * rope->n_angles,
            rope->sines + i * rope->n_angles,
            x + (s * n_tokens + rope->n_plain + i) * 3 * shape->width);
}

/* Attention of the tokens first .. first + n_queries - 1 of one sequence. qkv (n_tokens, 3 width),
 * y (n_queries, width). */
static void
attend (const PleBlockShape *shape,
        size_t n_tokens,
        size_t first,
        size_t n_queries,
        const float *qkv,
        float *scratch,
        float *y)
{
  PleAttentionShape attention = describe_attention (shape, n_tokens);

  ple_attention (&attention, first, n_queries, qkv, qkv + shape->width, qkv + 2 * shape->width, y,
                 shape->width, scratch);
}

/* The second half, in place. */
static void
run_hidden (const PleBlockShape *shape,
            const PleBlock *block,
            size_t n_rows,
            float *x,
            const Scratch *parts)
{
  size_t width = shape->width, n_hidden = shape->n_hidden;

  ple_layer_norm (n_rows, width, shape->eps, block->norm2, block->norm2 + width, x, width,
                  parts->normed, width);
  ple_linear_apply (&block->fc1, n_rows, parts->normed, width,
                    shape->gated ? PLE_ACTIVATION_NONE : shape->activation, NULL, NULL, parts->wide,
                    n_hidden, parts->product);
  if (shape->gated)
    {
      float *gate = parts->wide + n_rows * n_hidden;

      ple_linear_apply (&block->gate, n_rows, parts->normed, width, shape->activation, NULL, NULL,
                        gate, n_hidden, parts->product);
      ple_multiply_by (n_rows * n_hidden, gate, parts->wide);
    }
  ple_linear_apply (&block->fc2, n_rows, parts->wide, n_hidden, PLE_ACTIVATION_NONE, block->scale2,
                    x, x, width, parts->product);
}

void
ple_block_run (const PleBlockShape *shape,
               const PleBlock *block,
               size_t n_sequences,
               size_t n_tokens,
               const PleRope *rope,
               float *x,
               float *scratch)
{
  Scratch parts = cut (shape, n_sequences, n_tokens, scratch);
  size_t width = shape->width, n_rows = n_sequences * n_tokens;

  ple_layer_norm (n_rows, width, shape->eps, block->norm1, block->norm1 + width, x, width,
                  parts.normed, width);
  ple_linear_apply (&block->qkv, n_rows, parts.normed, width, PLE_ACTIVATION_NONE, NULL, NULL,
                    parts.wide, 3 * width, parts.product);
  if (rope != NULL)
    apply_rope (shape, rope, n_sequences, n_tokens, parts.wide);
  for (size_t s = 0; s < n_sequences; s++)
    attend (shape, n_tokens, 0, n_tokens, parts.wide + s * n_tokens * 3 * width, parts.attention,
            parts.normed + s * n_tokens * width);
  ple_linear_apply (&block->out, n_rows, parts.normed, width, PLE_ACTIVATION_NONE, block->scale1, x,
                    x, width, parts.product);
  run_hidden (shape, block, n_rows, x, &parts);
}

void
ple_block_run_one (const PleBlockShape *shape,
                   const PleBlock *block,
                   size_t n_sequences,
                   size_t n_tokens,
                   const PleRope *rope,
                   const guint32 *wanted,
                   const float *x,
                   float *out,
                   float *scratch)
{
  Scratch parts = cut (shape, n_sequences, n_tokens, scratch);
  size_t width = shape->width, n_rows = n_sequences * n_tokens;

  ple_layer_norm (n_rows, width, shape->eps, block->norm1, block->norm1 + width, x, width,
                  parts.normed, width);
  ple_linear_apply (&block->qkv, n_rows, parts.normed, width, PLE_ACTIVATION_NONE, NULL, NULL,
                    parts.wide, 3 * width, parts.product);
  if (rope != NULL)
    apply_rope (shape, rope, n_sequences, n_tokens, parts.wide);
  for (size_t s = 0; s < n_sequences; s++)
    {
      size_t token = wanted != NULL ? wanted[s] : 0;

      attend (shape, n_tokens, token, 1, parts.wide + s * n_tokens * 3 * width, parts.attention,
              parts.normed + s * width);
      memcpy (out + s * width, x + (s * n_tokens + token) * width, width * sizeof *out);
    }
  ple_linear_apply (&block->out, n_sequences, parts.normed, width, PLE_ACTIVATION_NONE,
                    block->scale1, out, out, width, parts.product);
  run_hidden (shape, block, n_sequences, out, &parts);
}
