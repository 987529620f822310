/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-param.h"
#include "dataset/ple-dataset.h"

G_BEGIN_DECLS

/**
 * PleModel:
 *
 * A way from pictures to vectors: a row of a constant table. Adding one is adding one file and one
 * line.
 *
 * @extract: vectors of all items of the data set, in their order. Learns (where it learns) on the
 * training split only. A broken picture gives the vector of the placeholder and is counted by a
 * warning. Same seed, same bits.
 *
 * @seedless: @extract gives the same bits for every seed, so the seed is no part of the cache key
 * and another seed of the clustering finds the vectors again.
 */
typedef struct
{
  const char *id;        /* "hog-color" */
  const char *title;     /* N_() */
  const char *summary;   /* N_(): a sentence for the picker */
  const char *reference; /* paper */
  guint version;         /* raised when results change: part of the cache key */
  const PleParam *params;
  size_t params_size;
  PleMatrix *(*extract) (PleDataset *dataset,
                         gconstpointer params,
                         guint64 seed,
                         PleProgress *progress,
                         GError **error);
  gboolean seedless;
} PleModel;

/* (array zero-terminated=1): all models, the default of "auto" first */
const PleModel *const *ple_models_list (void);
/* By id; "auto" gives the best on this computer. %NULL with @error for a name that is not there. */
const PleModel *ple_model_find (const char *id, GError **error);

G_END_DECLS
