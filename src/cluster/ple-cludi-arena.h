/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

/**
 * PleCludiBlock:
 * @at: (out): the block's memory, %NULL if it is not wanted
 * @n_rows: rows
 * @n_cols: columns
 * @wanted: whether to make it
 *
 * An array of a workspace.
 */
typedef struct
{
  float **at;
  size_t n_rows;
  size_t n_cols;
  gboolean wanted;
} PleCludiBlock;

/* One allocation, zeroed, for all blocks; each begins at a multiple of 64 bytes. (transfer full)
 * (nullable): %PLE_NUMERIC_ERROR_NO_MEMORY */
PleMatrix *ple_cludi_arena_new (const PleCludiBlock *blocks, size_t n_blocks, GError **error);

G_END_DECLS
