/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-knn-private.h"

#if PLE_KNN_X86

#include <immintrin.h>

#define TILE_TARGET __attribute__ ((target ("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")))
#define TILE_LANES 16
#define TILE_ROWS 8
#define TILE_VECS 3

typedef float TileVector __attribute__ ((vector_size (64), aligned (sizeof (float))));

TILE_TARGET static inline TileVector
tile_min (TileVector a, TileVector b)
{
  return (TileVector) _mm512_min_ps ((__m512) a, (__m512) b);
}

TILE_TARGET static inline guint32
tile_at_least (TileVector a, TileVector b)
{
  return _mm512_cmp_ps_mask ((__m512) a, (__m512) b, _CMP_GE_OQ);
}

#include "linalg/ple-knn-tile-private.h"

static gboolean
is_supported (void)
{
  return __builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512dq") &&
         __builtin_cpu_supports ("avx512bw") && __builtin_cpu_supports ("avx512vl") &&
         __builtin_cpu_supports ("fma");
}

const PleKnnKernel ple_knn_avx512 = {
  .name = "avx512",
  .n_rows = TILE_ROWS,
  .n_cols = TILE_COLS,
  .is_supported = is_supported,
  .scan = tile_scan,
};

#endif
