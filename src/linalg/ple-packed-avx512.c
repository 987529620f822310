/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-packed-private.h"

#if PLE_PACKED_X86

#define TILE_TARGET                                                                                \
  __attribute__ ((target ("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,prefer-vector-width=512")))
#define TILE_LANES 16
#define TILE_ROWS 14
#define TILE_VECS 2
#include "linalg/ple-packed-tile-private.h"

static gboolean
is_supported (void)
{
  return __builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512dq") &&
         __builtin_cpu_supports ("avx512bw") && __builtin_cpu_supports ("avx512vl") &&
         __builtin_cpu_supports ("fma");
}

const PlePackedKernel ple_packed_avx512 = {
  .name = "avx512",
  .n_cols = TILE_COLS,
  .is_supported = is_supported,
  .multiply = tile_multiply,
};

#endif
