/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-parallel.h"

/* A crew of parked threads, owned by the root of a progress tree. */
typedef struct _PlePool PlePool;

PlePool *ple_pool_new (guint n_threads);
void ple_pool_free (PlePool *pool);

/* (transfer none): the crew of the tree, made at the first call; never %NULL for a non-%NULL
 * progress. */
PlePool *ple_progress_get_pool (PleProgress *progress);
