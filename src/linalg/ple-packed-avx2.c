/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-packed-private.h"

#if PLE_PACKED_X86

#include <immintrin.h>

#define TILE_TARGET __attribute__ ((target ("avx2,fma")))
#define TILE_LANES 8
#define TILE_ROWS 6
#define TILE_VECS 2
#define TILE_MIN(a, b) _mm256_min_ps (a, b)
#define TILE_MAX(a, b) _mm256_max_ps (a, b)
#include "linalg/ple-attention-tile-private.h"

static gboolean
is_supported (void)
{
  return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma");
}

const PlePackedKernel ple_packed_avx2 = {
  .name = "avx2",
  .n_cols = TILE_COLS,
  .is_supported = is_supported,
  .multiply = tile_multiply,
  .attend = tile_attend,
};

#endif
