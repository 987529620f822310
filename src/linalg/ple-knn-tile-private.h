/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One tile of the exact search, written once for all instruction sets: a source file defines the
 * macros, the type and the two functions below for its own and includes this. The products never
 * leave the registers unless a pair may count. */
#pragma once

#include "linalg/ple-knn-private.h"

#ifndef TILE_TARGET
#define TILE_TARGET  /* function attribute that turns the instruction set on */
#define TILE_LANES 4 /* floats of a vector */
#define TILE_ROWS 4  /* points of a tile: with TILE_VECS all sums stay in registers */
#define TILE_VECS 2  /* vectors of points of a panel */

typedef float TileVector __attribute__ ((vector_size (16), aligned (sizeof (float))));

/* The smaller of each lane, @b where either is not a number. */
static inline TileVector
tile_min (TileVector a, TileVector b)
{
  for (size_t lane = 0; lane < TILE_LANES; lane++)
    a[lane] = a[lane] < b[lane] ? a[lane] : b[lane];
  return a;
}

/* A bit for each lane of which @a is at least @b; none where either is not a number. */
static inline guint32
tile_at_least (TileVector a, TileVector b)
{
  guint32 mask = 0;

  for (size_t lane = 0; lane < TILE_LANES; lane++)
    mask |= (guint32) (a[lane] >= b[lane]) << lane;
  return mask;
}
#endif

#define TILE_COLS (TILE_LANES * TILE_VECS)

G_STATIC_ASSERT (TILE_COLS % TILE_ROWS == 0 && PLE_KNN_PANEL % TILE_COLS == 0);
G_STATIC_ASSERT (TILE_ROWS <= PLE_KNN_MAX_ROWS && TILE_COLS <= 64);

TILE_TARGET static gboolean
tile_scan (PleKnnTile *tile)
{
  const float *restrict rows = tile->rows;
  const float *restrict columns = tile->columns;
  const float *ahead = tile->ahead;
  TileVector sums[TILE_ROWS][TILE_VECS];
  guint64 any = 0;

#pragma GCC unroll 8
  for (size_t r = 0; r < TILE_ROWS; r++)
#pragma GCC unroll 4
    for (size_t v = 0; v < TILE_VECS; v++)
      sums[r][v] = (TileVector){ 0 };
  for (size_t k = 0; k < tile->depth; k++)
    {
      TileVector column[TILE_VECS];

#pragma GCC unroll 4
      for (size_t v = 0; v < TILE_VECS; v++)
        column[v] = *(const TileVector *) (columns + k * TILE_COLS + v * TILE_LANES);
      __builtin_prefetch (ahead + k * TILE_ROWS, 0, 2);
#pragma GCC unroll 8
      for (size_t r = 0; r < TILE_ROWS; r++)
        {
          float one = rows[k * TILE_COLS + r];

#pragma GCC unroll 4
          for (size_t v = 0; v < TILE_VECS; v++)
            sums[r][v] += one * column[v];
        }
    }

    /* Near enough for the row, norms - product <= limit, or for the column. */
#pragma GCC unroll 8
  for (size_t r = 0; r < TILE_ROWS; r++)
    {
      guint64 hits = 0;

#pragma GCC unroll 4
      for (size_t v = 0; v < TILE_VECS; v++)
        {
          const size_t first = v * TILE_LANES;
          TileVector for_row =
              *(const TileVector *) (tile->column_norms + first) + tile->row_gaps[r];
          TileVector for_column =
              *(const TileVector *) (tile->column_gaps + first) + tile->row_norms[r];

          hits |= (guint64) tile_at_least (sums[r][v], tile_min (for_row, for_column)) << first;
        }
      tile->hits[r] = hits;
      any |= hits;
    }
  if (any == 0)
    return FALSE;
#pragma GCC unroll 8
  for (size_t r = 0; r < TILE_ROWS; r++)
#pragma GCC unroll 4
    for (size_t v = 0; v < TILE_VECS; v++)
      *(TileVector *) (tile->products + r * TILE_COLS + v * TILE_LANES) = sums[r][v];
  return TRUE;
}
