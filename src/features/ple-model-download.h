/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "features/ple-model-store.h"

G_BEGIN_DECLS

/**
 * PleModelDownloadOptions:
 * @address: (nullable): where from, instead of ple_model_store_dup_address()
 * @revision: (nullable): a branch, tag or commit; %NULL is "main"
 *
 * How to download a model.
 */
typedef struct
{
  const char *address;
  const char *revision;
} PleModelDownloadOptions;

/**
 * ple_model_download:
 * @store: whose own folder it goes into
 * @name: a repository, or the part of a known one behind the '/'
 * @options: (nullable): constant
 * @progress: (nullable): fraction by bytes, detail with bytes and rate
 * @error: return location
 *
 * Fetches ADDRESS/REPOSITORY/resolve/REVISION/FILE: config.json, preprocessor_config.json if there
 * is one, model.safetensors or its index and shards, and for CLIP the tokenizer's files; all of one
 * commit where the server tells it. Weights are compared with the checksum that the server states.
 * They are collected in a folder beside, ".part-NAME", which a later call goes on with; the model's
 * folder appears when all is there and ple_model_folder_inspect() finds nothing wrong. Beside the
 * model's files lies pleiades.json: {"repository", "revision", "address", "date", "files": {FILE:
 * {"bytes", "sha256"}}}. A model that is in the own folder already is left alone.
 *
 * Only one at a time fetches a model, over all programs: the second is told so.
 *
 * Returns: (transfer full) (nullable): the folder; %NULL with a #PleDownloadError, a
 *   #PleModelStoreError, a #PleFileError, a #GFileError or %G_IO_ERROR_CANCELLED
 */
char *ple_model_download (PleModelStore *store,
                          const char *name,
                          const PleModelDownloadOptions *options,
                          PleProgress *progress,
                          GError **error);

/* Bytes that an earlier try has fetched; 0 if there are none. */
guint64 ple_model_download_get_part_size (PleModelStore *store, const char *repository);

G_END_DECLS
