/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What fuzz targets of readers share: the input becomes a file of its own folder, is opened as a
 * data set and looked at. */

#include "base/ple-atomic.h"
#include "dataset/ple-dataset.h"
#include "ple-fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#define PLE_FUZZ_MAX_ITEMS 8

static char *ple_fuzz_folder;

static inline void
ple_fuzz_remove_folder (void)
{
  ple_remove_recursively (ple_fuzz_folder, NULL);
  g_free (ple_fuzz_folder);
}

/* The folder, made at the first call and removed at exit. */
static inline const char *
ple_fuzz_get_folder (void)
{
  if (ple_fuzz_folder == NULL)
    {
      ple_fuzz_folder = g_dir_make_tmp ("pleiades-fuzz-XXXXXX", NULL);
      g_assert_nonnull (ple_fuzz_folder);
      atexit (ple_fuzz_remove_folder);
    }
  return ple_fuzz_folder;
}

static inline void
ple_fuzz_write (const char *path, const uint8_t *data, size_t size)
{
  FILE *stream = fopen (path, "wb");

  g_assert_nonnull (stream);
  g_assert_cmpuint (fwrite (data, 1, size, stream), ==, size);
  fclose (stream);
}

/* Opens the input as file @name by the reader @kind (nullable), decodes a few items. */
static inline void
ple_fuzz_open (const char *name, const char *kind, const uint8_t *data, size_t size)
{
  g_autofree char *path = g_build_filename (ple_fuzz_get_folder (), name, NULL);
  const PleDatasetOptions options = { .kind = kind };
  g_autoptr (GError) error = NULL;
  g_autoptr (PleDataset) dataset = NULL;

  ple_fuzz_write (path, data, size);
  dataset = ple_dataset_open (path, &options, NULL, &error);
  g_assert_true ((dataset == NULL) == (error != NULL));
  if (error != NULL)
    g_assert_nonnull (strstr (error->message, name));
  for (size_t i = 0;
       dataset != NULL && i < MIN (ple_dataset_get_n_items (dataset), PLE_FUZZ_MAX_ITEMS); i++)
    {
      g_autoptr (GError) item_error = NULL;
      g_autofree char *item = ple_dataset_dup_item_name (dataset, i);
      g_autoptr (PleImage) image = ple_dataset_decode (dataset, i, 0, &item_error);

      g_assert_true ((image == NULL) == (item_error != NULL));
    }
}
