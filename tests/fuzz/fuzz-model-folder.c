/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The input as config.json and as index of shards of a model. */
#include "config.h"

#include "features/ple-model-store-private.h"
#include "ple-fuzz-dataset.h"

#include <string.h>

static void
check_index (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) shards = ple_model_index_list_shards (path, &error);

  ple_fuzz_check (shards, error, PLE_MODEL_INDEX ": ");
  for (guint i = 0; shards != NULL && i < shards->len; i++)
    {
      const char *name = g_ptr_array_index (shards, i);

      g_assert_null (strpbrk (name, "/\\"));
      g_assert_true (*name != '\0' && *name != '.');
      g_assert_true (i == 0 || strcmp (name, g_ptr_array_index (shards, i - 1)) > 0);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const char *folder = ple_fuzz_get_folder ();
  g_autofree char *config = g_build_filename (folder, PLE_MODEL_CONFIG, NULL);
  g_autofree char *index = g_build_filename (folder, PLE_MODEL_INDEX, NULL);
  g_autoptr (PleModelFolder) model = NULL;

  ple_fuzz_write (config, data, size);
  ple_fuzz_write (index, data, size);
  check_index (index);
  model = ple_model_folder_inspect (folder, NULL, PLE_MODEL_PLACE_ADDED);
  /* No weights are there. */
  g_assert_nonnull (model);
  g_assert_nonnull (model->problem);
  g_assert_nonnull (model->family);
  return 0;
}
