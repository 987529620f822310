/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The blocked product of ple_packed_multiply(), written once for all instruction sets: a source
 * file defines the four macros below for its own and includes this. */
#pragma once

#include "linalg/ple-packed-private.h"
#include "linalg/ple-tile-math-private.h"

#include <string.h>

#define TILE_COLS (TILE_LANES * TILE_VECS)
#define LINE 16     /* floats of a cache line */
#define MAX_LINES 8 /* more at once would wait for each other */
#define TILE_FLOATS (TILE_ROWS * TILE_COLS)

/* What the end of this tile and those after it will touch: asked for while the products keep the
 * processor busy, a share with each row. */
typedef struct
{
  const float *y; /* where the tile goes */
  size_t y_stride;
  const float *residual; /* (nullable) */
  size_t residual_stride;
  const float *x; /* @x_lines cache lines of each row that is copied next */
  size_t x_stride;
  size_t x_lines;
  const float *weights; /* @weights_lines for each row, of the block of weights that comes next */
  size_t weights_lines;
} TileAhead;

TILE_INLINE void
tile_fetch (const TileAhead *ahead, size_t r)
{
  for (size_t c = 0; c < TILE_COLS; c += LINE)
    __builtin_prefetch (ahead->y + r * ahead->y_stride + c, 1, 3);
  __builtin_prefetch (ahead->y + r * ahead->y_stride + TILE_COLS - 1, 1, 3);
  if (ahead->residual != NULL)
    for (size_t c = 0; c < TILE_COLS; c += LINE)
      __builtin_prefetch (ahead->residual + r * ahead->residual_stride + c, 0, 3);
  for (size_t l = 0; l < ahead->x_lines; l++)
    __builtin_prefetch (ahead->x + r * ahead->x_stride + l * LINE, 0, 2);
  for (size_t l = 0; l < ahead->weights_lines; l++)
    __builtin_prefetch (ahead->weights + (r * ahead->weights_lines + l) * LINE, 0, 2);
}

/* tile (n_rows, TILE_COLS) = [tile +] x (n_rows, depth) panel (depth, TILE_COLS). @n_rows is a
 * constant where this is inlined, and all loops over rows and vectors vanish. @ahead: (nullable) */
TILE_INLINE void
tile_product (size_t n_rows,
              size_t depth,
              const float *restrict x,
              const float *restrict panel,
              gboolean add,
              float *restrict tile,
              const TileAhead *ahead)
{
  TileVector sums[TILE_ROWS][TILE_VECS];

#pragma GCC unroll 16
  for (size_t r = 0; r < n_rows; r++)
#pragma GCC unroll 4
    for (size_t v = 0; v < TILE_VECS; v++)
      sums[r][v] = (TileVector){ 0 };
#pragma GCC unroll 1
  for (size_t part = 0, k = 0; part < n_rows; part++)
    {
      const size_t end = depth * (part + 1) / n_rows;

      if (ahead != NULL)
        tile_fetch (ahead, part);
      for (; k < end; k++)
        {
          TileVector weights[TILE_VECS];

#pragma GCC unroll 4
          for (size_t v = 0; v < TILE_VECS; v++)
            weights[v] = tile_load (panel + k * TILE_COLS + v * TILE_LANES);
#pragma GCC unroll 16
          for (size_t r = 0; r < n_rows; r++)
            {
              const float one = x[r * PLE_PACKED_X_STRIDE + k];

#pragma GCC unroll 4
              for (size_t v = 0; v < TILE_VECS; v++)
                sums[r][v] += one * weights[v];
            }
        }
    }
#pragma GCC unroll 16
  for (size_t r = 0; r < n_rows; r++)
#pragma GCC unroll 4
    for (size_t v = 0; v < TILE_VECS; v++)
      {
        float *out = tile + r * TILE_COLS + v * TILE_LANES;

        tile_store (out, add ? tile_load (out) + sums[r][v] : sums[r][v]);
      }
}

TILE_TARGET static void
tile_product_of (size_t n_rows,
                 size_t depth,
                 const float *x,
                 const float *panel,
                 gboolean add,
                 float *tile,
                 const TileAhead *ahead)
{
  switch (n_rows)
    {
#define CASE(n)                                                                                    \
  case n:                                                                                          \
    if (n <= TILE_ROWS)                                                                            \
      tile_product (n <= TILE_ROWS ? n : 1, depth, x, panel, add, tile, ahead);                    \
    break;
      CASE (1)
      CASE (2)
      CASE (3)
      CASE (4)
      CASE (5)
      CASE (6)
      CASE (7)
      CASE (8)
      CASE (9)
      CASE (10)
      CASE (11)
      CASE (12)
      CASE (13)
      CASE (14)
#undef CASE
    default:
      g_assert_not_reached ();
    }
}

/* Of one panel: what the epilogue needs, with neutral values where the caller has none. */
typedef struct
{
  float bias[TILE_COLS] __attribute__ ((aligned (64)));
  float scale[TILE_COLS] __attribute__ ((aligned (64)));
  size_t first;
  size_t n_cols;
} TileColumns;

TILE_TARGET static void
tile_columns_init (TileColumns *columns,
                   const PlePacked *packed,
                   const PleEpilogue *epilogue,
                   size_t panel)
{
  columns->first = panel * TILE_COLS;
  columns->n_cols = MIN (TILE_COLS, packed->n_out - columns->first);
  for (size_t j = 0; j < TILE_COLS; j++)
    {
      gboolean inside = j < columns->n_cols;

      columns->bias[j] =
          inside && epilogue->bias != NULL ? epilogue->bias[columns->first + j] : 0.0f;
      columns->scale[j] =
          inside && epilogue->scale != NULL ? epilogue->scale[columns->first + j] : 1.0f;
    }
}

/* @activation is a constant where this is inlined. */
TILE_INLINE void
tile_finish_with (PleActivation activation,
                  size_t n_rows,
                  const TileColumns *columns,
                  const float *tile,
                  const float *residual,
                  size_t residual_stride,
                  float *y,
                  size_t y_stride)
{
  float row[TILE_COLS] __attribute__ ((aligned (64)));

  for (size_t r = 0; r < n_rows; r++)
    {
      const float *from = residual != NULL ? residual + r * residual_stride : NULL;
      const gboolean whole = columns->n_cols == TILE_COLS;
      float *to = whole ? y + r * y_stride : row;

      if (from != NULL && !whole)
        from = memcpy (row, from, columns->n_cols * sizeof (float));
#pragma GCC unroll 4
      for (size_t c = 0; c < TILE_COLS; c += TILE_LANES)
        {
          TileVector v = tile_load (tile + r * TILE_COLS + c) + tile_load (columns->bias + c);

          v = tile_activate (activation, v) * tile_load (columns->scale + c);
          tile_store (to + c, from != NULL ? v + tile_load (from + c) : v);
        }
      if (!whole)
        memcpy (y + r * y_stride, row, columns->n_cols * sizeof (float));
    }
}

/* @residual and @y: at the first row and column of the tile. */
TILE_TARGET static void
tile_finish (PleActivation activation,
             size_t n_rows,
             const TileColumns *columns,
             const float *tile,
             const float *residual,
             size_t residual_stride,
             float *y,
             size_t y_stride)
{
  switch (activation)
    {
#define CASE(name)                                                                                 \
  case name:                                                                                       \
    tile_finish_with (name, n_rows, columns, tile, residual, residual_stride, y, y_stride);        \
    break;
      CASE (PLE_ACTIVATION_NONE)
      CASE (PLE_ACTIVATION_GELU)
      CASE (PLE_ACTIVATION_GELU_TANH)
      CASE (PLE_ACTIVATION_QUICK_GELU)
      CASE (PLE_ACTIVATION_RELU)
      CASE (PLE_ACTIVATION_SILU)
#undef CASE
    default:
      g_assert_not_reached ();
    }
}

/* A product, and the block of it that is being done: some rows of x, some panels of weights, some
 * columns of x. */
typedef struct
{
  const PlePacked *packed;
  const float *x;
  size_t x_stride;
  const PleEpilogue *epilogue;
  float *y;
  size_t y_stride;
  float *x_rows;  /* copied rows of x, for one tile */
  float *partial; /* the tiles of a block, if there are several passes; else one */
  gboolean split; /* whether the depth takes several passes */
  size_t panel_begin, panel_end;
  size_t row_begin, row_end;
  size_t n_tiles; /* over the rows */
  size_t k, depth;
  const float *next; /* the block of weights after this one, %NULL if it is the same or none */
  size_t next_lines; /* cache lines of each of its panels */
} TileBlock;

/* Where tile @t begins; tiles of a block differ by at most one row. */
static size_t
tile_first_row (const TileBlock *b, size_t t)
{
  return b->row_begin + (b->row_end - b->row_begin) * t / b->n_tiles;
}

/* The shares of tile @t and the p-th panel in what is fetched ahead. */
TILE_TARGET static void
tile_plan (const TileBlock *b, size_t t, size_t p, float *tile, TileAhead *ahead)
{
  const size_t n_panels = b->panel_end - b->panel_begin;
  const size_t row = tile_first_row (b, t), col = (b->panel_begin + p) * TILE_COLS;
  const size_t x_lines = (b->depth + LINE - 1) / LINE, x_from = x_lines * p / n_panels;
  const PleEpilogue *epilogue = b->epilogue;

  *ahead = (TileAhead){ .y = tile, .y_stride = TILE_COLS };
  if (b->k + b->depth == b->packed->n_in)
    {
      ahead->y = b->y + row * b->y_stride + col;
      ahead->y_stride = b->y_stride;
      if (epilogue->residual != NULL && epilogue->residual != b->y)
        ahead->residual = epilogue->residual + row * epilogue->residual_stride + col;
      ahead->residual_stride = epilogue->residual_stride;
    }
  if (t + 1 < b->n_tiles)
    {
      ahead->x = b->x + tile_first_row (b, t + 1) * b->x_stride + b->k + x_from * LINE;
      ahead->x_stride = b->x_stride;
      ahead->x_lines = x_lines * (p + 1) / n_panels - x_from;
    }
  if (b->next != NULL)
    {
      const size_t n_shares = b->n_tiles * TILE_ROWS;
      const size_t lines = MIN ((b->next_lines + n_shares - 1) / n_shares, MAX_LINES);
      const size_t from = t * TILE_ROWS * lines;

      ahead->weights = b->next + p * b->packed->n_in * TILE_COLS + from * LINE;
      ahead->weights_lines = from < b->next_lines ? lines : 0;
    }
}

/* One tile's rows against all panels of the block. */
TILE_TARGET static void
tile_block_rows (const TileBlock *b, size_t t)
{
  const size_t row = tile_first_row (b, t), n_rows = tile_first_row (b, t + 1) - row;
  const size_t n_panels = b->panel_end - b->panel_begin, n_in = b->packed->n_in;
  const PleEpilogue *epilogue = b->epilogue;

  for (size_t r = 0; r < n_rows; r++)
    tile_copy (b->x_rows + r * PLE_PACKED_X_STRIDE, b->x + (row + r) * b->x_stride + b->k,
               b->depth);
  for (size_t p = 0; p < n_panels; p++)
    {
      const size_t j = b->panel_begin + p, col = j * TILE_COLS;
      float *tile = b->partial + (b->split ? (t * n_panels + p) * TILE_FLOATS : 0);
      const float *residual = NULL;
      TileAhead ahead;
      TileColumns columns;

      tile_plan (b, t, p, tile, &ahead);
      tile_product_of (n_rows, b->depth, b->x_rows,
                       b->packed->panels + (j * n_in + b->k) * TILE_COLS, b->k > 0, tile, &ahead);
      if (b->k + b->depth < n_in)
        continue;
      tile_columns_init (&columns, b->packed, epilogue, j);
      if (epilogue->residual != NULL)
        residual = epilogue->residual + row * epilogue->residual_stride + col;
      tile_finish (epilogue->activation, n_rows, &columns, tile, residual,
                   epilogue->residual_stride, b->y + row * b->y_stride + col, b->y_stride);
    }
}

/* All passes over the depth, for a block of rows and panels. @again: whether the same panels are
 * wanted once more, for the next rows. */
TILE_TARGET static void
tile_block (TileBlock *b, gboolean again)
{
  const PlePacked *packed = b->packed;
  const size_t n_in = packed->n_in;
  const float *panels = packed->panels + b->panel_begin * n_in * TILE_COLS;

  b->n_tiles = (b->row_end - b->row_begin + TILE_ROWS - 1) / TILE_ROWS;
  for (b->k = 0; b->k < n_in; b->k += b->depth)
    {
      size_t rest;

      b->depth = MIN (PLE_PACKED_DEPTH, n_in - b->k);
      rest = n_in - b->k - b->depth;
      if (rest > 0)
        b->next = panels + (b->k + b->depth) * TILE_COLS;
      else if (again)
        b->next = b->split ? panels : NULL;
      else
        b->next = b->panel_end < packed->n_panels ? packed->panels + b->panel_end * n_in * TILE_COLS
                                                  : NULL;
      b->next_lines = MIN (PLE_PACKED_DEPTH, rest > 0 ? rest : n_in) * TILE_COLS / LINE;
      for (size_t t = 0; t < b->n_tiles; t++)
        tile_block_rows (b, t);
    }
}

TILE_TARGET static void
tile_multiply (const PlePacked *packed,
               size_t m,
               const float *x,
               size_t x_stride,
               const PleEpilogue *epilogue,
               float *y,
               size_t y_stride,
               float *scratch)
{
  const size_t n_panels = packed->n_panels;
  const gboolean split = packed->n_in > PLE_PACKED_DEPTH;
  const size_t max_panels = split ? PLE_PACKED_MAX_COLS / TILE_COLS
                                  : MAX (PLE_PACKED_BLOCK_FLOATS / (packed->n_in * TILE_COLS), 1);
  const size_t n_col_blocks = (n_panels + max_panels - 1) / max_panels;
  const size_t n_row_blocks = (m + PLE_PACKED_MAX_ROWS - 1) / PLE_PACKED_MAX_ROWS;
  TileBlock block = {
    .packed = packed,
    .x = x,
    .x_stride = x_stride,
    .epilogue = epilogue,
    .y = y,
    .y_stride = y_stride,
    .x_rows = scratch,
    .partial = scratch + PLE_PACKED_X_ROWS * PLE_PACKED_X_STRIDE,
    .split = split,
  };

  for (size_t jb = 0; jb < n_col_blocks; jb++)
    for (size_t ib = 0; ib < n_row_blocks; ib++)
      {
        block.panel_begin = n_panels * jb / n_col_blocks;
        block.panel_end = n_panels * (jb + 1) / n_col_blocks;
        block.row_begin = m * ib / n_row_blocks;
        block.row_end = m * (ib + 1) / n_row_blocks;
        tile_block (&block, ib + 1 < n_row_blocks);
      }
}
