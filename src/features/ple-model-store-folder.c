/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One model folder: what its config.json says and whether its weights are there. */
#include "config.h"

#include "features/ple-model-store-private.h"

#include "base/ple-error.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

/* A header of a safetensors file is at least this long: its length and "{}". */
#define LEAST_WEIGHTS 10

void
ple_model_folder_free (PleModelFolder *folder)
{
  if (folder == NULL)
    return;
  g_free (folder->name);
  g_free (folder->path);
  g_free (folder->family);
  g_free (folder->problem);
  g_free (folder);
}

const char *
ple_model_config_get_family (JsonObject *config, const char *name)
{
  static const struct
  {
    const char *type;
    const char *family;
  } types[] = {
    { "dinov2_with_registers", "dinov2" },
    { "dinov3_vit", "dinov3" },
    { "clip_vision_model", "clip" },
    { "vit_msn", "msn" },
    { "vit_mae", "mae" },
  };
  const char *type = ple_json_get_string (config, "model_type", "");
  const char *base = strrchr (name, '/');

  base = base != NULL ? base + 1 : name;
  for (size_t i = 0; i < G_N_ELEMENTS (types); i++)
    if (strcmp (type, types[i].type) == 0)
      return types[i].family;
  if (strcmp (type, "vit") == 0 && g_str_has_prefix (base, "dino-"))
    return "dino";
  return type;
}

guint
ple_model_config_get_dimension (JsonObject *config)
{
  const char *type = ple_json_get_string (config, "model_type", "");
  JsonArray *sizes = ple_json_get_array (config, "hidden_sizes");
  gint64 dimension = 0;

  if (g_str_has_prefix (type, "clip"))
    dimension = ple_json_get_int (config, "projection_dim", 512);
  else if (sizes != NULL && json_array_get_length (sizes) > 0)
    {
      JsonNode *last = json_array_get_element (sizes, json_array_get_length (sizes) - 1);

      if (JSON_NODE_HOLDS_VALUE (last))
        dimension = json_node_get_int (last);
    }
  else
    dimension = ple_json_get_int (config, "hidden_size", 0);
  return dimension > 0 && dimension <= 1 << 20 ? (guint) dimension : 0;
}

static gboolean
is_plain_name (const char *name)
{
  return *name != '\0' && *name != '.' && strpbrk (name, "/\\") == NULL;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

GPtrArray *
ple_model_index_list_shards (const char *path, GError **error)
{
  g_autoptr (JsonNode) root = ple_json_load (path, PLE_MODEL_MAX_INDEX, error);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GPtrArray) shards = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GList) files = NULL;
  JsonObject *map = NULL;

  if (root == NULL)
    return NULL;
  if (JSON_NODE_HOLDS_OBJECT (root))
    map = ple_json_get_object (json_node_get_object (root), "weight_map");
  if (map != NULL)
    files = json_object_get_values (map);
  for (GList *at = files; at != NULL; at = at->next)
    {
      const char *name = JSON_NODE_HOLDS_VALUE (at->data) ? json_node_get_string (at->data) : NULL;

      if (name == NULL || !is_plain_name (name))
        {
          g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                       _ ("%s: names a shard that is not a file beside it"), PLE_MODEL_INDEX);
          return NULL;
        }
      if (!g_hash_table_contains (seen, name))
        {
          g_ptr_array_add (shards, g_strdup (name));
          g_hash_table_add (seen, g_ptr_array_index (shards, shards->len - 1));
        }
    }
  if (shards->len == 0)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, _ ("%s: names no shards"),
                   PLE_MODEL_INDEX);
      return NULL;
    }
  g_ptr_array_sort (shards, compare_names);
  return g_steal_pointer (&shards);
}

/* Adds the size of a weight file. Returns: (transfer full) (nullable): what is wrong with it */
static char *
look_at_weights (const char *folder, const char *name, guint64 *bytes)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  FILE *file = g_fopen (path, "rbe");
  guint64 header = 0;
  GStatBuf info;
  gboolean ok;

  if (file == NULL)
    return g_strdup_printf (_ ("%s is missing"), name);
  ok = g_stat (path, &info) == 0 && fread (&header, sizeof header, 1, file) == 1;
  fclose (file);
  header = GUINT64_FROM_LE (header);
  if (!ok || info.st_size < LEAST_WEIGHTS || header > (guint64) info.st_size - 8)
    return g_strdup_printf (_ ("%s is cut off, or no safetensors file"), name);
  *bytes += (guint64) info.st_size;
  return NULL;
}

static char *
look_at_shards (const char *folder, guint64 *bytes)
{
  g_autofree char *path = g_build_filename (folder, PLE_MODEL_INDEX, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) shards = ple_model_index_list_shards (path, &error);
  char *problem = NULL;

  if (shards == NULL)
    return g_strdup (error->message);
  for (guint i = 0; i < shards->len && problem == NULL; i++)
    problem = look_at_weights (folder, g_ptr_array_index (shards, i), bytes);
  return problem;
}

static gboolean
has_file (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static char *
look_at_all_weights (const char *folder, guint64 *bytes)
{
  if (has_file (folder, PLE_MODEL_WEIGHTS))
    return look_at_weights (folder, PLE_MODEL_WEIGHTS, bytes);
  if (has_file (folder, PLE_MODEL_INDEX))
    return look_at_shards (folder, bytes);
  if (has_file (folder, "pytorch_model.bin") || has_file (folder, "pytorch_model.bin.index.json"))
    return g_strdup (_ ("there is no model.safetensors, only pytorch_model.bin, which can hold "
                        "code and is not read"));
  return g_strdup (_ ("there is no model.safetensors"));
}

PleModelFolder *
ple_model_folder_inspect (const char *path, const char *name, PleModelPlace place)
{
  g_autofree char *config_path = g_build_filename (path, PLE_MODEL_CONFIG, NULL);
  g_autofree char *base = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) root = NULL;
  PleModelFolder *folder;

  if (!g_file_test (config_path, G_FILE_TEST_IS_REGULAR))
    return NULL;
  folder = g_new0 (PleModelFolder, 1);
  folder->path = g_canonicalize_filename (path, NULL);
  base = g_path_get_basename (folder->path);
  folder->known = ple_known_models_find (name != NULL ? name : base);
  folder->name = g_strdup (folder->known != NULL ? folder->known->repository
                           : name != NULL        ? name
                                                 : base);
  folder->place = place;
  root = ple_json_load (config_path, PLE_MODEL_MAX_CONFIG, &error);
  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
    {
      JsonObject *config = json_node_get_object (root);

      folder->family = g_strdup (ple_model_config_get_family (config, folder->name));
      folder->dimension = ple_model_config_get_dimension (config);
      folder->problem = look_at_all_weights (path, &folder->bytes);
    }
  else
    {
      folder->family = g_strdup ("");
      folder->problem = error != NULL
                            ? g_strdup (error->message)
                            : g_strdup_printf (_ ("%s holds no object"), PLE_MODEL_CONFIG);
    }
  return folder;
}
