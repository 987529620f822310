/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"

G_BEGIN_DECLS

/**
 * PleKnownDataset:
 * @id: "cifar10"
 * @title: a name for the person, not translated
 * @url: of the official archive
 * @folder: that it holds, and that is made in the data folder
 * @md5: of the archive, as published
 * @bytes: of the archive
 * @max_bytes: of all files unpacked; more is refused
 * @n_pictures: in all
 * @n_classes: of the labelled ones
 * @size: "32 × 32", or the shorter side
 * @terms: what is known of its licence
 * @good_for: N_(): a sentence
 *
 * A data set that the program knows where to get, in a constant table.
 */
typedef struct
{
  const char *id;
  const char *title;
  const char *url;
  const char *folder;
  const char *md5;
  guint64 bytes;
  guint64 max_bytes;
  guint n_pictures;
  guint n_classes;
  const char *size;
  const char *terms;
  const char *good_for;
} PleKnownDataset;

/* (array length=n): all rows */
const PleKnownDataset *ple_known_datasets_list (size_t *n);
/* By id; '-' and '_' alike. (nullable) */
const PleKnownDataset *ple_known_datasets_find (const char *id);

/* The unpacked folder in @data_folder if it is there. (transfer full) (nullable) */
char *ple_known_dataset_find_folder (const PleKnownDataset *dataset, const char *data_folder);
/* Bytes of the archive that an earlier try has fetched. */
guint64 ple_known_dataset_get_part_size (const PleKnownDataset *dataset, const char *data_folder);

/**
 * ple_known_dataset_download:
 * @dataset: a row of the table
 * @data_folder: made if absent
 * @mirror: (nullable): an address that holds the archives by name, in place of the official one
 * @progress: (nullable): stages "Download" and "Unpack"
 * @error: return location
 *
 * Fetches the archive into @data_folder (going on where an earlier try ended; one that lies there
 * whole is taken), compares its MD5 with the published one, unpacks it as ple_unpack() does, and
 * removes it. A data set that is there already is left alone.
 *
 * Returns: (transfer full) (nullable): its folder; %NULL with a #PleDownloadError, a #PleFileError,
 * a #GFileError or %G_IO_ERROR_CANCELLED
 */
char *ple_known_dataset_download (const PleKnownDataset *dataset,
                                  const char *data_folder,
                                  const char *mirror,
                                  PleProgress *progress,
                                  GError **error);

G_END_DECLS
