/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-packed-private.h"

#if PLE_PACKED_X86

#include <immintrin.h>

#define TILE_TARGET __attribute__ ((target ("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")))
#define TILE_LANES 16
#define TILE_ROWS 14
#define TILE_VECS 2
#define TILE_MIN(a, b) _mm512_min_ps (a, b)
#define TILE_MAX(a, b) _mm512_max_ps (a, b)
#include "linalg/ple-attention-tile-private.h"

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
  .attend = tile_attend,
};

#endif
