/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dataset/ple-dataset.h"

G_BEGIN_DECLS

/**
 * PleThumbnails:
 *
 * Square thumbnails of one data set, kept in one packed file below @cache_dir (keyed by name, size
 * and modification time: what is stale is not found and made again; a torn tail is cut off, a
 * record is checked before it is trusted). Thread-safe: decoding is the caller's thread. A second
 * program that has the same data set open reads the file and adds nothing to it.
 *
 * Data sets that are not made of picture files (CIFAR, IDX, the sample) are decoded each time,
 * which costs less than looking them up; nothing is written for them.
 */
typedef struct _PleThumbnails PleThumbnails;

#define PLE_THUMBNAIL_SIDE 128

/* @cache_dir: (nullable): %NULL keeps nothing on disk. (transfer full) */
PleThumbnails *ple_thumbnails_new (PleDataset *dataset, const char *cache_dir);
void ple_thumbnails_free (PleThumbnails *thumbnails);

/**
 * ple_thumbnails_get:
 * @item: which
 * @reason: (out) (optional) (transfer full): why it is a placeholder, or %NULL
 *
 * From the cache file or decoded now (and then appended to it). Pictures smaller than
 * %PLE_THUMBNAIL_SIDE keep their size. Never fails: a broken picture is a placeholder.
 *
 * Returns: (transfer full): a square picture of at most %PLE_THUMBNAIL_SIDE
 */
PleImage *ple_thumbnails_get (PleThumbnails *thumbnails, size_t item, char **reason);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleThumbnails, ple_thumbnails_free)

G_END_DECLS
