/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-param.h"
#include "dataset/ple-dataset.h"

G_BEGIN_DECLS

/**
 * PleModelRequest:
 * @source: what the recipe names as its model: the row's id, or for a model that is read from files
 *   its folder
 * @params: struct of the row's table
 * @seed: of all that is random
 * @partial: (nullable): file where unfinished work may be kept, for a later call with the same
 *   request; what stands there, and beside it with ".json", is the caller's to remove
 * @cache_file: (nullable): see @identify
 * @record: (nullable): gets members that say what the vectors were made with
 */
typedef struct
{
  const char *source;
  gconstpointer params;
  guint64 seed;
  const char *partial;
  const char *cache_file;
  JsonObject *record;
} PleModelRequest;

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
 *
 * @identify: (nullable): of models that are read from files: a hash of the files of folder
 * @source; remembered in @cache_file. It becomes the parameter "weights" and so part of the cache
 * key.
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
                         const PleModelRequest *request,
                         PleProgress *progress,
                         GError **error);
  gboolean seedless;
  char *(*identify) (const char *source,
                     const char *cache_file,
                     PleProgress *progress,
                     GError **error);
} PleModel;

/* Name of the parameter that holds what @identify gives. */
#define PLE_MODEL_WEIGHTS_PARAM "weights"

/* (array zero-terminated=1): all models that need no files, the default of "auto" first */
const PleModel *const *ple_models_list (void);
/* The row of all models that are read from a folder. */
const PleModel *ple_model_of_folders (void);
/* By id; "auto" gives the best that needs no files; an absolute path gives ple_model_of_folders(),
 * whether or not there is such a folder. %NULL with @error for a name that is not there. (Names of
 * models that are read from files are turned into folders before: ple_model_store_resolve().) */
const PleModel *ple_model_find (const char *id, GError **error);

G_END_DECLS
