/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stddef.h>

/* Blocks of points are multiples of this: whole panels of every kernel. */
#define PLE_KNN_PANEL 48
#define PLE_KNN_MAX_ROWS 8

/**
 * PleKnnTile:
 * @depth: coordinates of a point
 * @rows: first of the kernel's n_rows points, in their panel
 * @columns: panel of n_cols points
 * @ahead: depth n_rows floats that will be read soon
 * @row_norms: n_rows; half the squared norm of each point
 * @row_gaps: n_rows; the same less half the squared distance that it looks for at most
 * @column_norms: n_cols
 * @column_gaps: n_cols; infinite where points look for nothing
 * @hits: (out): for each row, one bit for each column that may be near enough for either
 * @products: (out): (n_rows, n_cols) inner products, written if there are hits
 *
 * All pairs of a few points. A panel holds n_cols points, coordinate by coordinate. Half the
 * squared distance is row_norm + column_norm - product; points that only fill a panel have an
 * infinite norm and gap, and are never hit.
 */
typedef struct
{
  size_t depth;
  const float *rows;
  const float *columns;
  const float *ahead;
  const float *row_norms;
  const float *row_gaps;
  const float *column_norms;
  const float *column_gaps;
  guint64 hits[PLE_KNN_MAX_ROWS];
  float products[PLE_KNN_MAX_ROWS * PLE_KNN_PANEL];
} PleKnnTile;

/**
 * PleKnnKernel:
 * @name: of the instruction set
 * @n_rows: of a tile, divides n_cols
 * @n_cols: points of a panel, divides %PLE_KNN_PANEL
 * @is_supported: whether this processor has it
 * @scan: computes one tile. Returns: whether there are hits
 */
typedef struct
{
  const char *name;
  size_t n_rows;
  size_t n_cols;
  gboolean (*is_supported) (void);
  gboolean (*scan) (PleKnnTile *tile);
} PleKnnKernel;

#if defined(__x86_64__) && defined(__GNUC__)
#define PLE_KNN_X86 1
extern const PleKnnKernel ple_knn_avx512;
extern const PleKnnKernel ple_knn_avx2;
#else
#define PLE_KNN_X86 0
#endif
extern const PleKnnKernel ple_knn_baseline;

/* The i-th kernel that this processor can run, best first; %NULL after the last, the baseline. */
const PleKnnKernel *ple_knn_get_kernel (size_t i);
