/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ple_attention(), written once for all instruction sets: see ple-packed-tile-private.h. */
#pragma once

#include "linalg/ple-attention.h"
#include "linalg/ple-packed-tile-private.h"

#include <math.h>

/* One head, and the queries of it that are being done. */
typedef struct
{
  const PleAttentionShape *shape;
  float *keys;   /* panels of TILE_COLS tokens: (head_dim, TILE_COLS), times the scale */
  float *values; /* panels of TILE_COLS channels: (n_tokens, TILE_COLS) */
  float *scores; /* one tile for each panel of keys */
  float *shares; /* exp (score - largest), rows of PLE_PACKED_X_STRIDE, by pieces of the tokens */
  float *rows;   /* the queries */
  size_t first;  /* token of the first query */
  size_t n_rows;
} TileHead;

/* One panel of keys, of n_cols tokens; those past the end are zeros. */
TILE_TARGET static void
tile_pack_keys (const TileHead *head, const float *keys, size_t n_cols, float *panel)
{
  const size_t d = head->shape->head_dim, stride = head->shape->stride;
  const size_t n_whole = d / TILE_LANES * TILE_LANES;

  for (size_t c = 0; c < TILE_COLS; c += TILE_LANES)
    for (size_t f = 0; f < n_whole; f += TILE_LANES)
      {
        TileVector rows[TILE_LANES];

#pragma GCC unroll 16
        for (size_t i = 0; i < TILE_LANES; i++)
          {
            rows[i] = (TileVector){ 0 };
            if (c + i < n_cols)
              rows[i] = tile_load (keys + (c + i) * stride + f) * head->shape->scale;
          }
        tile_transpose (rows);
#pragma GCC unroll 16
        for (size_t i = 0; i < TILE_LANES; i++)
          tile_store (panel + (f + i) * TILE_COLS + c, rows[i]);
      }
  for (size_t f = n_whole; f < d; f++)
    for (size_t i = 0; i < TILE_COLS; i++)
      panel[f * TILE_COLS + i] = i < n_cols ? keys[i * stride + f] * head->shape->scale : 0;
}

/* One panel of values, of n_cols channels; those past the end are zeros. */
TILE_TARGET static void
tile_pack_values (const TileHead *head, const float *values, size_t n_cols, float *panel)
{
  const size_t stride = head->shape->stride;

  for (size_t t = 0; t < head->shape->n_tokens; t++, panel += TILE_COLS)
    if (n_cols == TILE_COLS)
      tile_copy (panel, values + t * stride, TILE_COLS);
    else
      for (size_t i = 0; i < TILE_COLS; i++)
        panel[i] = i < n_cols ? values[t * stride + i] : 0;
}

/* Scores of the queries against the first @n_seen tokens. */
TILE_TARGET static void
tile_score (const TileHead *head, size_t n_seen, const float *queries)
{
  const size_t d = head->shape->head_dim;

  for (size_t f = 0; f < d; f += PLE_PACKED_DEPTH)
    {
      const size_t depth = MIN (PLE_PACKED_DEPTH, d - f);

      for (size_t r = 0; r < head->n_rows; r++)
        tile_copy (head->rows + r * PLE_PACKED_X_STRIDE,
                   queries + (head->first + r) * head->shape->stride + f, depth);
      for (size_t t = 0; t < n_seen; t += TILE_COLS)
        tile_product_of (head->n_rows, depth, head->rows, head->keys + t * d + f * TILE_COLS, f > 0,
                         head->scores + t * TILE_ROWS, NULL);
    }
}

/* Of a vector that begins at token @t: all ones for the first @n_seen tokens, zero bits beyond. */
TILE_INLINE TileInts
tile_seen (size_t t, size_t n_seen)
{
  TileInts lane;

  for (int l = 0; l < TILE_LANES; l++)
    lane[l] = l;
  return lane < (gint32) MIN (n_seen - t, TILE_LANES);
}

TILE_INLINE TileVector
tile_where (TileInts mask, TileVector v, TileVector otherwise)
{
  return (TileVector) ((mask & (TileInts) v) | (~mask & (TileInts) otherwise));
}

/* Where the share of row @r in token @t is kept. */
TILE_INLINE float *
tile_share (const TileHead *head, size_t r, size_t t)
{
  return head->shares + (t / PLE_PACKED_DEPTH * TILE_ROWS + r) * PLE_PACKED_X_STRIDE +
         t % PLE_PACKED_DEPTH;
}

/* The largest score of row @r over its @n_seen tokens. */
TILE_INLINE float
tile_largest (const TileHead *head, size_t r, size_t n_seen)
{
  const TileVector lowest = tile_all (-INFINITY);
  const float *scores = head->scores + r * TILE_COLS;
  TileVector most = lowest;
  size_t t = 0;

  for (; t + TILE_COLS <= n_seen; t += TILE_COLS, scores += TILE_FLOATS)
#pragma GCC unroll 4
    for (size_t c = 0; c < TILE_COLS; c += TILE_LANES)
      most = TILE_MAX (tile_load (scores + c), most);
  for (; t < n_seen; t += TILE_LANES, scores += TILE_LANES)
    {
      TileVector v = tile_where (tile_seen (t, n_seen), tile_load (scores), lowest);

      most = TILE_MAX (v, most);
    }
  return tile_max_lanes (most);
}

/* exp (score - largest) of row @r over its @n_seen tokens, zero for those up to @n_end. Returns:
 * their sum */
TILE_TARGET static float
tile_soften (const TileHead *head, size_t r, size_t n_seen, size_t n_end)
{
  const float *scores = head->scores + r * TILE_COLS;
  const float largest = tile_largest (head, r, n_seen);
  TileVector sums[TILE_VECS] = { 0 };
  size_t t = 0;

  for (; t + TILE_COLS <= n_seen; t += TILE_COLS, scores += TILE_FLOATS)
#pragma GCC unroll 4
    for (size_t v = 0; v < TILE_VECS; v++)
      {
        TileVector share = tile_exp (tile_load (scores + v * TILE_LANES) - largest);

        tile_store (tile_share (head, r, t) + v * TILE_LANES, share);
        sums[v] += share;
      }
  for (; t < n_seen; t += TILE_LANES, scores += TILE_LANES)
    {
      TileVector share = tile_exp (tile_load (scores) - largest);

      share = tile_where (tile_seen (t, n_seen), share, (TileVector){ 0 });
      tile_store (tile_share (head, r, t), share);
      sums[0] += share;
    }
  for (; t < n_end; t += TILE_LANES)
    tile_store (tile_share (head, r, t), (TileVector){ 0 });
  for (size_t v = 1; v < TILE_VECS; v++)
    sums[0] += sums[v];
  return tile_sum_lanes (sums[0]);
}

TILE_TARGET static void
tile_attend_rows (const TileHead *head, const float *queries, float *y, size_t y_stride)
{
  const size_t n = head->shape->n_tokens, d = head->shape->head_dim;
  const size_t n_seen = head->shape->causal ? head->first + head->n_rows : n;
  float factors[TILE_ROWS];
  float tile[TILE_FLOATS] __attribute__ ((aligned (64)));

  tile_score (head, n_seen, queries);
  for (size_t r = 0; r < head->n_rows; r++)
    factors[r] = 1 / tile_soften (head, r, head->shape->causal ? head->first + r + 1 : n, n_seen);
  for (size_t f = 0; f < d; f += TILE_COLS)
    {
      const size_t n_cols = MIN (TILE_COLS, d - f);

      for (size_t t = 0; t < n_seen; t += PLE_PACKED_DEPTH)
        tile_product_of (head->n_rows, MIN (PLE_PACKED_DEPTH, n_seen - t),
                         head->shares + t / PLE_PACKED_DEPTH * TILE_ROWS * PLE_PACKED_X_STRIDE,
                         head->values + f * n + t * TILE_COLS, t > 0, tile, NULL);
      for (size_t r = 0; r < head->n_rows; r++)
        {
          for (size_t c = 0; c < TILE_COLS; c += TILE_LANES)
            tile_store (tile + r * TILE_COLS + c,
                        tile_load (tile + r * TILE_COLS + c) * factors[r]);
          tile_copy (y + r * y_stride + f, tile + r * TILE_COLS, n_cols);
        }
    }
}

/* Asks for @n_rows tokens of what the next head will read. */
TILE_TARGET static void
tile_fetch_head (const PleAttentionShape *shape, size_t n_rows, const float *x)
{
  for (size_t r = 0; r < n_rows; r++)
    for (size_t f = 0; f < shape->head_dim; f += LINE)
      __builtin_prefetch (x + r * shape->stride + f, 0, 2);
}

TILE_TARGET static void
tile_attend (const PleAttentionShape *shape,
             size_t first,
             size_t n_queries,
             const float *queries,
             const float *keys,
             const float *values,
             float *y,
             size_t y_stride,
             float *scratch)
{
  const PleAttentionLayout layout = ple_attention_layout (shape);
  const size_t n_tiles = (n_queries + TILE_ROWS - 1) / TILE_ROWS;
  TileHead head = {
    .shape = shape,
    .keys = scratch + layout.keys,
    .values = scratch + layout.values,
    .scores = scratch + layout.scores,
    .shares = scratch + layout.shares,
    .rows = scratch + layout.rows,
  };

  for (size_t h = 0; h < shape->n_heads; h++)
    {
      const size_t channel = h * shape->head_dim;

      for (size_t t = 0; t < shape->n_tokens; t += TILE_COLS)
        tile_pack_keys (&head, keys + t * shape->stride + channel,
                        MIN (TILE_COLS, shape->n_tokens - t), head.keys + t * shape->head_dim);
      for (size_t f = 0; f < shape->head_dim; f += TILE_COLS)
        tile_pack_values (&head, values + channel + f, MIN (TILE_COLS, shape->head_dim - f),
                          head.values + f * shape->n_tokens);
      for (size_t t = 0; t < n_tiles; t++)
        {
          const size_t begin = n_queries * t / n_tiles;

          head.first = first + begin;
          head.n_rows = n_queries * (t + 1) / n_tiles - begin;
          if (h + 1 < shape->n_heads)
            {
              const size_t from = shape->n_tokens * t / n_tiles;
              const size_t n_rows = shape->n_tokens * (t + 1) / n_tiles - from;
              const size_t next = from * shape->stride + channel + shape->head_dim;

              tile_fetch_head (shape, n_rows, keys + next);
              tile_fetch_head (shape, n_rows, values + next);
              tile_fetch_head (shape, head.n_rows,
                               queries + head.first * shape->stride + channel + shape->head_dim);
            }
          tile_attend_rows (&head, queries + channel, y + begin * y_stride + channel, y_stride);
        }
    }
}
