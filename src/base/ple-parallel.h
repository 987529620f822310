/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"

G_BEGIN_DECLS

/**
 * PleChunk:
 * @begin: first item
 * @end: one past the last item
 * @index: number of the chunk, begin / chunk size; the same whatever the number of threads. Random
 * streams and partial sums belong to this number
 * @worker: 0 <= worker < ple_progress_get_n_threads(): for scratch space only, results must not
 * depend on it
 */
typedef struct
{
  size_t begin;
  size_t end;
  size_t index;
  guint worker;
} PleChunk;

typedef void (*PleParallelFunc) (const PleChunk *chunk, gpointer data);

/**
 * ple_parallel_for:
 * @n: number of items
 * @chunk_size: items per chunk, > 0; a constant of the algorithm, never derived from the number of
 * threads
 * @func: called once per chunk, concurrently
 * @data: for @func
 * @progress: (nullable): number of threads, cancelling
 * @error: return location
 *
 * Calls @func for every chunk of 0..n-1, in rising order of claim, on the calling thread and on the
 * workers of
 * @progress' root (kept between calls; a loop costs a few microseconds). Between chunks it looks at
 * the cancel flag, so a chunk should take at most 100 ms. A loop inside a loop runs on its own
 * thread, in order.
 *
 * Returns: %FALSE if cancelled; then not all chunks were done
 */
gboolean ple_parallel_for (size_t n,
                           size_t chunk_size,
                           PleParallelFunc func,
                           gpointer data,
                           PleProgress *progress,
                           GError **error);

/* As ple_parallel_for(), and reports the share of chunks begun on @progress from 0 to 1. */
gboolean ple_parallel_for_reporting (size_t n,
                                     size_t chunk_size,
                                     PleParallelFunc func,
                                     gpointer data,
                                     PleProgress *progress,
                                     GError **error);

/* Number of chunks that ple_parallel_for() makes: for arrays of partial results. */
static inline size_t
ple_parallel_n_chunks (size_t n, size_t chunk_size)
{
  return n / chunk_size + (n % chunk_size != 0);
}

G_END_DECLS
