/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-cludi-arena.h"

#include "base/ple-error.h"

#include <glib/gi18n.h>

#define ALIGNED(n) (((n) + 15) & ~(size_t) 15)

PleMatrix *
ple_cludi_arena_new (const PleCludiBlock *blocks, size_t n_blocks, GError **error)
{
  g_autofree size_t *offsets = g_new (size_t, n_blocks);
  size_t total = 0;
  PleMatrix *storage;

  for (size_t b = 0; b < n_blocks; b++)
    {
      size_t size;

      offsets[b] = total;
      if (!blocks[b].wanted)
        continue;
      if (!g_size_checked_mul (&size, blocks[b].n_rows, blocks[b].n_cols) ||
          size > G_MAXSSIZE / 64 || !g_size_checked_add (&total, total, ALIGNED (size)))
        {
          g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY,
                       _ ("a batch of that size does not fit into memory"));
          return NULL;
        }
    }
  storage = ple_matrix_new (1, total, error);
  for (size_t b = 0; storage != NULL && b < n_blocks; b++)
    *blocks[b].at = blocks[b].wanted ? storage->data + offsets[b] : NULL;
  return storage;
}
