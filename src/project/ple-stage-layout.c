/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "project/ple-stages-private.h"

#include "base/ple-json.h"
#include "linalg/ple-array-file.h"
#include "linalg/ple-knn-approximate.h"

#include <string.h>

/* Of large sets, whose neighbours are approximate. */
#define NEIGHBOUR_SEED 0

static void
take_neighbours (PleRun *run, PleArray *array)
{
  run->n_neighbours = array->shape[1];
  run->neighbours = array->data;
  run->neighbours_owner = array;
}

gboolean
ple_stage_neighbours_find (const PleStages *stages, PleRun *run)
{
  g_autofree char *folder = ple_stages_folder (stages, "neighbours", stages->neighbours_key);
  g_autofree char *path = g_build_filename (folder, "neighbours.npy", NULL);
  g_autoptr (JsonObject) config = ple_stages_load_config (folder, "neighbours", NULL);
  g_autoptr (PleArray) array = config != NULL ? ple_npy_read (path, NULL) : NULL;

  if (array == NULL || array->type != PLE_ARRAY_I4 || array->n_dims != 2 ||
      array->shape[0] != stages->n_items || array->shape[1] == 0)
    return FALSE;
  for (size_t i = 0; i < array->n; i++)
    if (((gint32 *) array->data)[i] < 0 || (size_t) ((gint32 *) array->data)[i] >= stages->n_items)
      return FALSE;
  take_neighbours (run, g_steal_pointer (&array));
  return TRUE;
}

gboolean
ple_stage_neighbours_make (const PleStages *stages,
                           PleRun *run,
                           PleProgress *progress,
                           GError **error)
{
  gint64 start = g_get_monotonic_time ();
  size_t k = MIN (PLE_STAGES_N_NEIGHBOURS, stages->n_items - 1);
  size_t shape[2] = { stages->n_items, k };
  g_autoptr (PleAtomicDir) dir = NULL;
  g_autoptr (JsonObject) config = json_object_new ();
  g_autofree gint32 *neighbours = NULL;
  g_autofree char *path = NULL;

  if (k == 0)
    return TRUE;
  neighbours = g_new (gint32, stages->n_items * k);
  if (!ple_knn (run->features, k, PLE_METRIC_COSINE, NEIGHBOUR_SEED, neighbours, NULL, progress,
                error))
    return FALSE;
  json_object_set_string_member (config, "features_key", stages->features_key);
  json_object_set_int_member (config, "k", (gint64) k);
  json_object_set_string_member (config, "metric", "cosine");
  dir = ple_stages_begin (stages, "neighbours", stages->neighbours_key, config, error);
  if (dir == NULL)
    return FALSE;
  path = ple_atomic_dir_build (dir, "neighbours.npy");
  if (!ple_npy_write (path, PLE_ARRAY_I4, 2, shape, neighbours, error) ||
      !ple_stages_commit (g_steal_pointer (&dir), "neighbours",
                          (double) (g_get_monotonic_time () - start) / 1e6, error))
    return FALSE;
  run->n_neighbours = k;
  run->neighbours = g_steal_pointer (&neighbours);
  return TRUE;
}

gboolean
ple_stage_embedding_find (const PleStages *stages, PleRun *run, gboolean accept_stopped)
{
  g_autofree char *folder = NULL;
  g_autofree char *path = NULL;
  g_autoptr (JsonObject) config = NULL;
  g_autoptr (PleArray) array = NULL;

  if (stages->embedding_key == NULL)
    return TRUE;
  folder = ple_stages_folder (stages, "embeddings", stages->embedding_key);
  path = g_build_filename (folder, "xy.npy", NULL);
  config = ple_stages_load_config (folder, "embeddings", NULL);
  if (config == NULL || (!accept_stopped && ple_json_get_bool (config, "stopped_early", FALSE)))
    return FALSE;
  array = ple_npy_read (path, NULL);
  if (array == NULL || array->type != PLE_ARRAY_F4 || array->n_dims != 2 ||
      array->shape[0] != stages->n_items || array->shape[1] != 2)
    return FALSE;
  run->xy = ple_array_to_matrix (array, NULL);
  return run->xy != NULL;
}

gboolean
ple_stage_embedding_make (const PleStages *stages,
                          PleRun *run,
                          PleProgress *progress,
                          GError **error)
{
  gint64 start = g_get_monotonic_time ();
  const PleEmbedding *embedding = ple_recipe_get_embedding (stages->recipe);
  PleParams *params = ple_recipe_get_params (stages->recipe, PLE_RECIPE_EMBEDDING);
  g_autoptr (JsonObject) config = json_object_new ();
  JsonObject *quality = json_object_new ();
  g_autoptr (PleAtomicDir) dir = NULL;
  g_autofree char *path = NULL;

  json_object_set_string_member (config, "embedding", embedding->id);
  json_object_set_int_member (config, "version", embedding->version);
  json_object_set_int_member (config, "seed", (gint64) ple_recipe_get_seed (stages->recipe));
  json_object_set_string_member (config, "features_key", stages->features_key);
  ple_params_to_json (params, config);
  json_object_set_object_member (config, "quality", quality);
  run->xy = embedding->run (run->features, ple_params_get_struct (params),
                            ple_recipe_get_seed (stages->recipe), quality, progress, error);
  if (run->xy == NULL)
    return FALSE;
  json_object_set_boolean_member (config, "stopped_early",
                                  ple_progress_is_stop_requested (progress));
  dir = ple_stages_begin (stages, "embeddings", stages->embedding_key, config, error);
  if (dir == NULL)
    return FALSE;
  path = ple_atomic_dir_build (dir, "xy.npy");
  return ple_npy_write_matrix (path, run->xy, error) &&
         ple_stages_commit (g_steal_pointer (&dir), "embeddings",
                            (double) (g_get_monotonic_time () - start) / 1e6, error);
}
