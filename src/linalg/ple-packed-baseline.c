/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-attention-tile-private.h"
#include "linalg/ple-packed-private.h"

static gboolean
is_supported (void)
{
  return TRUE;
}

const PlePackedKernel ple_packed_baseline = {
  .name = "baseline",
  .n_cols = TILE_COLS,
  .is_supported = is_supported,
  .multiply = tile_multiply,
  .attend = tile_attend,
};
