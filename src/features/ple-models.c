/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-models-private.h"

#include "base/ple-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

static const PleModel *const models[] = {
  &ple_model_patch_kmeans,
  &ple_model_hog_color,
  NULL,
};

const PleModel *const *
ple_models_list (void)
{
  return models;
}

const PleModel *
ple_model_of_folders (void)
{
  return &ple_model_vision;
}

const PleModel *
ple_model_find (const char *id, GError **error)
{
  g_autoptr (GString) known = g_string_new ("auto");

  if (strcmp (id, "auto") == 0)
    return models[0];
  if (g_path_is_absolute (id))
    return &ple_model_vision;
  for (size_t i = 0; models[i] != NULL; i++)
    {
      if (strcmp (models[i]->id, id) == 0)
        return models[i];
      g_string_append_printf (known, ", %s", models[i]->id);
    }
  g_set_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_VALUE,
               _ ("there is no model \"%s\"; known are: %s"), id, known->str);
  return NULL;
}

gboolean
ple_model_check_pictures (PleDataset *dataset, GError **error)
{
  if (ple_dataset_has_pictures (dataset))
    return TRUE;
  g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED,
               _ ("%s: there are no pictures to describe, only features"),
               ple_dataset_get_title (dataset));
  return FALSE;
}
