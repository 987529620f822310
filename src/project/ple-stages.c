/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "project/ple-stages-private.h"

#include "base/ple-error.h"
#include "base/ple-json.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

#define KEY_DIGITS 16
/* All that is computed here is float32; a mode with other arithmetic writes another word. */
#define PRECISION "f32"

size_t
ple_stages_count_train (PleDataset *dataset)
{
  size_t n = ple_dataset_get_split_size (dataset, PLE_SPLIT_TRAIN);

  return n > 0 ? n : ple_dataset_get_n_items (dataset);
}

static PleHash *
begin_key (const char *stage, const char *id, guint version)
{
  PleHash *hash = ple_hash_new ();

  ple_hash_add_string (hash, stage);
  ple_hash_add_int (hash, PLE_STAGES_SCHEMA);
  ple_hash_add_string (hash, PRECISION);
  ple_hash_add_string (hash, id);
  ple_hash_add_int (hash, version);
  return hash;
}

static void
hash_part (PleHash *hash, PleRecipe *recipe, PleRecipePart part)
{
  ple_params_hash (ple_recipe_get_params (recipe, part), hash);
  ple_hash_add_int (hash, (gint64) ple_recipe_get_seed (recipe));
}

/* Files that --load_features may mean by @path, by size and time: a changed file is another
 * input. */
static void
hash_feature_files (PleHash *hash, const char *path)
{
  static const char *const suffixes[] = {
    "", ".npy", ".npz", ".csv", "/train_features.npy", "/test_features.npy", "/../test_features.npy"
  };
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);

  ple_hash_add_string (hash, absolute);
  for (size_t i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *joined = g_strconcat (absolute, suffixes[i], NULL);
      g_autofree char *file = g_canonicalize_filename (joined, NULL);
      GStatBuf info;

      if (g_stat (file, &info) != 0)
        continue;
      ple_hash_add_int (hash, (gint64) i);
      ple_hash_add_int (hash, info.st_size);
      ple_hash_add_int (hash, info.st_mtim.tv_sec);
      ple_hash_add_int (hash, info.st_mtim.tv_nsec);
    }
}

static char *
features_key (PleDataset *dataset, PleRecipe *recipe)
{
  const PleModel *model = ple_recipe_get_model (recipe);
  const char *file = ple_recipe_get_settings (recipe)->load_features;
  g_autoptr (PleHash) hash = NULL;

  if (*file != '\0')
    {
      hash = begin_key ("features", "file", 1);
      hash_feature_files (hash, file);
    }
  else if (ple_dataset_get_features (dataset) != NULL)
    hash = begin_key ("features", "vectors", 1);
  else
    {
      hash = begin_key ("features", model->id, model->version);
      if (model->seedless)
        ple_params_hash (ple_recipe_get_params (recipe, PLE_RECIPE_MODEL), hash);
      else
        hash_part (hash, recipe, PLE_RECIPE_MODEL);
    }
  ple_hash_add_string (hash, ple_dataset_get_fingerprint (dataset));
  return ple_hash_get_hex (hash, KEY_DIGITS);
}

static char *
run_key (PleRecipe *recipe, const char *features)
{
  const PleMethod *method = ple_recipe_get_method (recipe);
  const char *resume_from = ple_recipe_get_settings (recipe)->resume_from;
  g_autoptr (PleHash) hash = begin_key ("run", method->id, method->version);

  hash_part (hash, recipe, PLE_RECIPE_METHOD);
  ple_hash_add_string (hash, resume_from);
  ple_hash_add_string (hash, features);
  return ple_hash_get_hex (hash, KEY_DIGITS);
}

static char *
embedding_key (PleRecipe *recipe, const char *features)
{
  const PleEmbedding *embedding = ple_recipe_get_embedding (recipe);
  g_autoptr (PleHash) hash = NULL;

  if (embedding == NULL)
    return NULL;
  hash = begin_key ("embedding", embedding->id, embedding->version);
  hash_part (hash, recipe, PLE_RECIPE_EMBEDDING);
  ple_hash_add_string (hash, features);
  return ple_hash_get_hex (hash, KEY_DIGITS);
}

static char *
neighbours_key (const char *features)
{
  g_autoptr (PleHash) hash = begin_key ("neighbours", "exact-cosine", 1);

  ple_hash_add_int (hash, PLE_STAGES_N_NEIGHBOURS);
  ple_hash_add_string (hash, features);
  return ple_hash_get_hex (hash, KEY_DIGITS);
}

gboolean
ple_stages_init (PleStages *stages,
                 const char *project_path,
                 PleDataset *dataset,
                 PleRecipe *recipe,
                 GError **error)
{
  memset (stages, 0, sizeof *stages);
  if (ple_recipe_get_method (recipe) == NULL ||
      (ple_recipe_get_model (recipe) == NULL && ple_dataset_get_features (dataset) == NULL))
    {
      g_set_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_VALUE,
                   _ ("this build has no such features or method"));
      return FALSE;
    }
  stages->project_path = project_path;
  stages->dataset = dataset;
  stages->recipe = recipe;
  stages->n_items = ple_dataset_get_n_items (dataset);
  stages->n_train = ple_stages_count_train (dataset);
  stages->features_key = features_key (dataset, recipe);
  stages->neighbours_key = neighbours_key (stages->features_key);
  stages->run_key = run_key (recipe, stages->features_key);
  stages->embedding_key = embedding_key (recipe, stages->features_key);
  return TRUE;
}

void
ple_stages_clear (PleStages *stages)
{
  g_clear_pointer (&stages->features_key, g_free);
  g_clear_pointer (&stages->neighbours_key, g_free);
  g_clear_pointer (&stages->run_key, g_free);
  g_clear_pointer (&stages->embedding_key, g_free);
}

char *
ple_stages_folder (const PleStages *stages, const char *stage, const char *key)
{
  return g_build_filename (stages->project_path, stage, key, NULL);
}

JsonObject *
ple_stages_load_config (const char *folder, const char *stage, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "config.json", NULL);
  g_autofree char *key = g_path_get_basename (folder);
  g_autoptr (JsonNode) node = ple_json_load (path, PLE_STAGES_CONFIG_MAX, error);
  JsonObject *object;

  if (node == NULL)
    return NULL;
  object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  if (object == NULL || strcmp (ple_json_get_string (object, "stage", ""), stage) != 0 ||
      strcmp (ple_json_get_string (object, "key", ""), key) != 0)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   _ ("%s: not the description of %s/%s"), path, stage, key);
      return NULL;
    }
  return json_object_ref (object);
}

PleAtomicDir *
ple_stages_begin (
    const PleStages *stages, const char *stage, const char *key, JsonObject *config, GError **error)
{
  g_autofree char *folder = ple_stages_folder (stages, stage, key);
  g_autoptr (PleAtomicDir) dir = ple_atomic_dir_begin (folder, error);
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), config);
  g_autofree char *path = NULL;

  if (dir == NULL)
    return NULL;
  json_object_set_string_member (config, "stage", stage);
  json_object_set_string_member (config, "key", key);
  json_object_set_int_member (config, "schema", PLE_STAGES_SCHEMA);
  json_object_set_string_member (config, "pleiades_version", PLE_VERSION);
  path = ple_atomic_dir_build (dir, "config.json");
  return ple_json_save (node, path, error) ? g_steal_pointer (&dir) : NULL;
}

gboolean
ple_stages_commit (PleAtomicDir *dir, const char *stage, double seconds, GError **error)
{
  g_autoptr (PleAtomicDir) owned = dir;
  g_autofree char *path = ple_atomic_dir_build (dir, "log.txt");
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *time = g_date_time_format_iso8601 (now);
  g_autofree char *text = g_strdup_printf ("%s %s finished after %.3f s, pleiades %s\n", time,
                                           stage, seconds, PLE_VERSION);

  return ple_atomic_write (path, text, strlen (text), error) &&
         ple_atomic_dir_commit (g_steal_pointer (&owned), error);
}
