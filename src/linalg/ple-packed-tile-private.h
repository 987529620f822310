/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The blocked product of ple_packed_multiply(), written once for all instruction sets: a source
 * file defines the four macros below for its own and includes this. */
#pragma once

#include "linalg/ple-activation-private.h"
#include "linalg/ple-packed-private.h"

#include <string.h>

#ifndef TILE_TARGET
#define TILE_TARGET  /* function attribute that turns the instruction set on */
#define TILE_LANES 4 /* floats of a vector */
#define TILE_ROWS 6  /* rows of x in one tile: with TILE_VECS all sums stay in registers */
#define TILE_VECS 2  /* vectors of columns in one tile */
#endif

#define TILE_COLS (TILE_LANES * TILE_VECS)
#define TILE_FLOATS (TILE_ROWS * TILE_COLS)
#define TILE_INLINE TILE_TARGET static inline __attribute__ ((always_inline))

typedef float TileVector __attribute__ ((vector_size (TILE_LANES * sizeof (float))));

/* tile (n_rows, TILE_COLS) = [tile +] x (n_rows, depth) panel (depth, TILE_COLS). @n_rows is a
 * constant where this is inlined, and all loops over rows and vectors vanish. */
TILE_INLINE void
tile_product (size_t n_rows,
              size_t depth,
              const float *restrict x,
              const float *restrict panel,
              gboolean add,
              float *restrict tile)
{
  TileVector sums[TILE_ROWS][TILE_VECS];
  TileVector *out = (TileVector *) tile;

#pragma GCC unroll 16
  for (size_t r = 0; r < n_rows; r++)
#pragma GCC unroll 4
    for (size_t v = 0; v < TILE_VECS; v++)
      sums[r][v] = add ? out[r * TILE_VECS + v] : (TileVector){ 0 };
  for (size_t k = 0; k < depth; k++)
    {
      const TileVector *weights = (const TileVector *) (panel + k * TILE_COLS);
      TileVector w[TILE_VECS];

#pragma GCC unroll 4
      for (size_t v = 0; v < TILE_VECS; v++)
        w[v] = weights[v];
#pragma GCC unroll 16
      for (size_t r = 0; r < n_rows; r++)
        {
          float one = x[r * PLE_PACKED_X_STRIDE + k];

#pragma GCC unroll 4
          for (size_t v = 0; v < TILE_VECS; v++)
            sums[r][v] += one * w[v];
        }
    }
#pragma GCC unroll 16
  for (size_t r = 0; r < n_rows; r++)
#pragma GCC unroll 4
    for (size_t v = 0; v < TILE_VECS; v++)
      out[r * TILE_VECS + v] = sums[r][v];
}

TILE_TARGET static void
tile_product_of (
    size_t n_rows, size_t depth, const float *x, const float *panel, gboolean add, float *tile)
{
  switch (n_rows)
    {
#define CASE(n)                                                                                    \
  case n:                                                                                          \
    if (n <= TILE_ROWS)                                                                            \
      tile_product (n <= TILE_ROWS ? n : 1, depth, x, panel, add, tile);                           \
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

/* @activation and @n_cols are constants where this is inlined. The row goes through an array of
 * its own, since y may be the residual and gcc could not vectorise that. */
TILE_INLINE void
tile_finish_row (PleActivation activation,
                 size_t n_cols,
                 const TileColumns *columns,
                 const float *restrict tile,
                 const float *residual,
                 float *y)
{
  float row[TILE_COLS] __attribute__ ((aligned (64)));

  for (size_t j = 0; j < TILE_COLS; j++)
    row[j] = ple_activate (activation, tile[j] + columns->bias[j]) * columns->scale[j];
  if (residual != NULL)
    for (size_t j = 0; j < n_cols; j++)
      row[j] += residual[j];
  for (size_t j = 0; j < n_cols; j++)
    y[j] = row[j];
}

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
  for (size_t r = 0; r < n_rows; r++)
    {
      const float *from = residual != NULL ? residual + r * residual_stride : NULL;

      if (columns->n_cols == TILE_COLS)
        tile_finish_row (activation, TILE_COLS, columns, tile + r * TILE_COLS, from,
                         y + r * y_stride);
      else
        tile_finish_row (activation, columns->n_cols, columns, tile + r * TILE_COLS, from,
                         y + r * y_stride);
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
  const size_t n_in = packed->n_in;
  const gboolean split = n_in > PLE_PACKED_DEPTH;
  const size_t max_panels = split ? PLE_PACKED_MAX_COLS / TILE_COLS
                                  : MAX (PLE_PACKED_BLOCK_FLOATS / (n_in * TILE_COLS), 1);
  const size_t n_col_blocks = (packed->n_panels + max_panels - 1) / max_panels;
  const size_t n_row_blocks = (m + PLE_PACKED_MAX_ROWS - 1) / PLE_PACKED_MAX_ROWS;
  float *x_rows = scratch;
  float *partial = scratch + PLE_PACKED_X_ROWS * PLE_PACKED_X_STRIDE;

  for (size_t jb = 0; jb < n_col_blocks; jb++)
    {
      const size_t panel_begin = packed->n_panels * jb / n_col_blocks;
      const size_t panel_end = packed->n_panels * (jb + 1) / n_col_blocks;

      for (size_t ib = 0; ib < n_row_blocks; ib++)
        {
          const size_t row_begin = m * ib / n_row_blocks;
          const size_t row_end = m * (ib + 1) / n_row_blocks;
          const size_t n_tiles = (row_end - row_begin + TILE_ROWS - 1) / TILE_ROWS;

          for (size_t k = 0; k < n_in; k += PLE_PACKED_DEPTH)
            {
              const size_t depth = MIN (PLE_PACKED_DEPTH, n_in - k);
              const gboolean last = k + depth == n_in;

              for (size_t t = 0; t < n_tiles; t++)
                {
                  const size_t row = row_begin + (row_end - row_begin) * t / n_tiles;
                  const size_t n_rows = row_begin + (row_end - row_begin) * (t + 1) / n_tiles - row;

                  for (size_t r = 0; r < n_rows; r++)
                    memcpy (x_rows + r * PLE_PACKED_X_STRIDE, x + (row + r) * x_stride + k,
                            depth * sizeof (float));
                  for (size_t j = panel_begin; j < panel_end; j++)
                    {
                      float *tile = partial;

                      if (split)
                        tile += (t * (panel_end - panel_begin) + j - panel_begin) * TILE_FLOATS;
                      tile_product_of (n_rows, depth, x_rows,
                                       packed->panels + (j * n_in + k) * TILE_COLS, k > 0, tile);
                      if (last)
                        {
                          TileColumns columns;
                          const size_t col = j * TILE_COLS;

                          tile_columns_init (&columns, packed, epilogue, j);
                          tile_finish (
                              epilogue->activation, n_rows, &columns, tile,
                              epilogue->residual != NULL
                                  ? epilogue->residual + row * epilogue->residual_stride + col
                                  : NULL,
                              epilogue->residual_stride, y + row * y_stride + col, y_stride);
                        }
                    }
                }
            }
        }
    }
}
