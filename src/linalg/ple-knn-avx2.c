/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-knn-private.h"

#if PLE_KNN_X86

#include <immintrin.h>

#define TILE_TARGET __attribute__ ((target ("avx2,fma")))
#define TILE_LANES 8
#define TILE_ROWS 4
#define TILE_VECS 3

typedef float TileVector __attribute__ ((vector_size (32), aligned (sizeof (float))));

TILE_TARGET static inline TileVector
tile_min (TileVector a, TileVector b)
{
  return (TileVector) _mm256_min_ps ((__m256) a, (__m256) b);
}

TILE_TARGET static inline guint32
tile_at_least (TileVector a, TileVector b)
{
  return (guint32) _mm256_movemask_ps (_mm256_cmp_ps ((__m256) a, (__m256) b, _CMP_GE_OQ));
}

#include "linalg/ple-knn-tile-private.h"

static gboolean
is_supported (void)
{
  return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma");
}

const PleKnnKernel ple_knn_avx2 = {
  .name = "avx2",
  .n_rows = TILE_ROWS,
  .n_cols = TILE_COLS,
  .is_supported = is_supported,
  .scan = tile_scan,
};

#endif
