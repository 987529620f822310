/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-knn-tile-private.h"

static gboolean
is_supported (void)
{
  return TRUE;
}

const PleKnnKernel ple_knn_baseline = {
  .name = "baseline",
  .n_rows = TILE_ROWS,
  .n_cols = TILE_COLS,
  .is_supported = is_supported,
  .scan = tile_scan,
};
