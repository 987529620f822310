/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "project/ple-stages-private.h"

#include "base/ple-error.h"
#include "base/ple-json.h"
#include "base/ple-text.h"
#include "linalg/ple-array-file.h"
#include "project/ple-results.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Joins the array NAME of both splits: train_NAME, then test_NAME. */
static double *
read_both (PleNpz *npz, const char *name, const PleStages *stages, GError **error)
{
  static const char *const splits[] = { "train", "test" };
  size_t sizes[2] = { stages->n_train, stages->n_items - stages->n_train };
  g_autofree double *joined = g_new (double, MAX (stages->n_items, 1));
  size_t filled = 0;

  for (size_t s = 0; s < 2; s++)
    {
      g_autofree char *member = g_strdup_printf ("%s_%s", splits[s], name);
      g_autoptr (PleArray) array = NULL;

      if (sizes[s] == 0)
        continue;
      array = ple_npz_get (npz, member, error);
      if (array == NULL)
        return NULL;
      if (array->n != sizes[s])
        {
          g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                       _ ("%s: expected %zu values, found %zu"), member, sizes[s], array->n);
          return NULL;
        }
      for (size_t i = 0; i < array->n; i++)
        joined[filled++] = ple_array_get (array, i);
    }
  return g_steal_pointer (&joined);
}

static gboolean
load_predictions (const PleStages *stages, PleRun *run, GError **error)
{
  g_autofree char *path = g_build_filename (run->folder, "predictions.npz", NULL);
  g_autoptr (PleNpz) npz = ple_npz_open (path, error);
  g_autofree double *labels = NULL;
  g_autofree double *confidence = NULL;
  g_autoptr (PleArray) centres = NULL;

  if (npz == NULL)
    return FALSE;
  labels = read_both (npz, "predictions", stages, error);
  confidence = labels != NULL ? read_both (npz, "confidence", stages, error) : NULL;
  centres = confidence != NULL ? ple_npz_get (npz, "cluster_centers", error) : NULL;
  run->centres = centres != NULL ? ple_array_to_matrix (centres, error) : NULL;
  run->confidence = run->centres != NULL ? ple_matrix_new (stages->n_items, 1, error) : NULL;
  if (run->confidence == NULL)
    return FALSE;
  run->labels = ple_labels_new (stages->n_items);
  for (size_t i = 0; i < stages->n_items; i++)
    {
      if (!(labels[i] >= -1 && labels[i] < (double) run->n_clusters))
        {
          g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                       _ ("%s: a prediction is not a cluster"), path);
          return FALSE;
        }
      run->labels->data[i] = (gint32) labels[i];
      run->confidence->data[i] = (float) confidence[i];
    }
  if (run->centres->n_rows != run->n_clusters || run->centres->n_cols != run->features->n_cols)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   _ ("%s: the centres are not those of the features"), path);
      return FALSE;
    }
  return TRUE;
}

static gboolean
load_run (const PleStages *stages, PleRun *run, gboolean accept_stopped, GError **error)
{
  g_autoptr (JsonObject) config = ple_stages_load_config (run->folder, "runs", error);
  g_autofree char *history = NULL;
  gint64 n_clusters;

  if (config == NULL)
    return FALSE;
  if (!accept_stopped && ple_json_get_bool (config, "stopped_early", FALSE))
    return FALSE;
  n_clusters = ple_json_get_int (config, "n_clusters_made", 0);
  if (n_clusters < 1 || n_clusters > G_MAXINT32)
    return FALSE;
  run->n_clusters = (size_t) n_clusters;
  history = g_build_filename (run->folder, "history.csv", NULL);
  if (!load_predictions (stages, run, error))
    return FALSE;
  if (g_file_test (history, G_FILE_TEST_EXISTS) &&
      !ple_history_read (history, &run->history, &run->history_names, error))
    return FALSE;
  run->figures = ple_results_load_figures (run->folder);
  return TRUE;
}

static void
forget (PleRun *run)
{
  g_clear_pointer (&run->labels, ple_labels_unref);
  g_clear_pointer (&run->confidence, ple_matrix_unref);
  g_clear_pointer (&run->centres, ple_matrix_unref);
  g_clear_pointer (&run->history, ple_matrix_unref);
  g_clear_pointer (&run->history_names, g_strfreev);
  g_clear_pointer (&run->figures, json_object_unref);
  run->n_clusters = 0;
}

gboolean
ple_stage_run_find (const PleStages *stages, PleRun *run, gboolean accept_stopped)
{
  if (load_run (stages, run, accept_stopped, NULL))
    return TRUE;
  forget (run);
  return FALSE;
}

/* Where the checkpoints of an unfinished training lie. (transfer full) */
static char *
checkpoint_dir (const PleStages *stages)
{
  const char *given = ple_recipe_get_settings (stages->recipe)->checkpoint_dir;
  g_autofree char *name = g_strconcat (".partial-", stages->run_key, NULL);

  return *given != '\0' ? g_build_filename (given, stages->run_key, NULL)
                        : ple_stages_folder (stages, "runs", name);
}

static gboolean
copy_file_into (const char *path, const char *folder, PleProgress *progress, GError **error)
{
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *target = g_build_filename (folder, name, NULL);
  g_autoptr (GFile) from = g_file_new_for_path (path);
  g_autoptr (GFile) to = g_file_new_for_path (target);

  return ple_progress_check (progress, error) &&
         g_file_copy (from, to, G_FILE_COPY_OVERWRITE, NULL, NULL, NULL, error);
}

/* Puts what --resume_from names where the method looks for its checkpoints. */
static gboolean
place_checkpoints (const PleStages *stages,
                   const char *folder,
                   PleProgress *progress,
                   GError **error)
{
  const char *source = ple_recipe_get_settings (stages->recipe)->resume_from;
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (*source == '\0')
    return TRUE;
  if (!g_file_test (source, G_FILE_TEST_IS_DIR))
    return copy_file_into (source, folder, progress, error);
  dir = g_dir_open (source, 0, error);
  if (dir == NULL)
    return FALSE;
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (source, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_REGULAR) &&
          !copy_file_into (path, folder, progress, error))
        return FALSE;
    }
  return TRUE;
}

static PleClustering *
fit (const PleStages *stages,
     PleRun *run,
     const char *checkpoints,
     PleProgress *progress,
     GError **error)
{
  const PleMethod *method = ple_recipe_get_method (stages->recipe);
  PleParams *params = ple_recipe_get_params (stages->recipe, PLE_RECIPE_METHOD);
  g_autoptr (PleMatrix) train = ple_matrix_new_rows (run->features, 0, stages->n_train);
  PleFitInput input = { train, ple_recipe_get_seed (stages->recipe), checkpoints };

  if (g_mkdir_with_parents (checkpoints, 0777) != 0)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, _ ("%s: cannot make the folder"),
                   checkpoints);
      return NULL;
    }
  if (!place_checkpoints (stages, checkpoints, progress, error))
    return NULL;
  return method->fit (&input, ple_params_get_struct (params), progress, error);
}

/* Labels and confidence of all items: the fitted ones, and predictions for the rest. */
static gboolean
label_all (const PleStages *stages,
           PleRun *run,
           PleClustering *clustering,
           PleProgress *progress,
           GError **error)
{
  size_t n_train = stages->n_train;
  size_t n_rest = stages->n_items - n_train;
  g_autoptr (PleMatrix) rest = NULL;

  run->n_clusters = clustering->n_clusters;
  run->labels = ple_labels_new (stages->n_items);
  run->confidence = ple_matrix_new (stages->n_items, 1, error);
  run->centres = ple_matrix_ref (clustering->centres);
  run->history = clustering->history != NULL ? ple_matrix_ref (clustering->history) : NULL;
  run->history_names = g_strdupv (clustering->history_names);
  run->figures = clustering->metrics != NULL ? json_object_ref (clustering->metrics) : NULL;
  if (run->confidence == NULL)
    return FALSE;
  memcpy (run->labels->data, clustering->labels->data, n_train * sizeof (gint32));
  if (clustering->confidence != NULL)
    memcpy (run->confidence->data, clustering->confidence->data, n_train * sizeof (float));
  if (n_rest == 0)
    return TRUE;
  rest = ple_matrix_new_rows (run->features, n_train, n_rest);
  return clustering->method->predict (clustering, rest, run->labels->data + n_train,
                                      run->confidence->data + n_train, progress, error);
}

static gboolean
save_predictions (const PleStages *stages, const PleRun *run, PleAtomicDir *dir, GError **error)
{
  g_autofree char *path = ple_atomic_dir_build (dir, "predictions.npz");
  PleLabels *truth = ple_dataset_get_labels (stages->dataset);
  g_autoptr (PleLabels) none = truth == NULL ? ple_labels_new (stages->n_items) : NULL;

  return ple_results_write_predictions (path, run, truth != NULL ? truth : none, stages->n_train,
                                        error);
}

static gboolean
save_run (const PleStages *stages,
          PleRun *run,
          PleClustering *clustering,
          PleAtomicDir *dir,
          const char *checkpoints,
          GError **error)
{
  g_autofree char *results = ple_atomic_dir_build (dir, "results.json");
  g_autofree char *history = ple_atomic_dir_build (dir, "history.csv");
  g_autofree char *model = ple_atomic_dir_build (dir, "final_checkpoint.safetensors");
  g_autofree char *kept = ple_atomic_dir_build (dir, "checkpoints");

  if (!save_predictions (stages, run, dir, error) ||
      !ple_results_write (results, run, stages->dataset, run->key, error))
    return FALSE;
  if (run->history != NULL && !ple_history_write (history, run->history, run->history_names, error))
    return FALSE;
  if (clustering->method->save != NULL && !clustering->method->save (clustering, model, error))
    return FALSE;
  /* An empty folder is no checkpoint; one elsewhere stays where it was asked to be. */
  if (*ple_recipe_get_settings (stages->recipe)->checkpoint_dir == '\0' &&
      g_rmdir (checkpoints) != 0)
    g_rename (checkpoints, kept);
  return TRUE;
}

static JsonObject *
describe (const PleStages *stages, const PleRun *run, gboolean stopped)
{
  JsonObject *config = json_object_new ();

  ple_recipe_to_json (stages->recipe, config);
  json_object_set_string_member (config, "features_key", stages->features_key);
  json_object_set_string_member (config, "dataset_fingerprint",
                                 ple_dataset_get_fingerprint (stages->dataset));
  json_object_set_string_member (config, "dataset_path", ple_dataset_get_path (stages->dataset));
  json_object_set_int_member (config, "n_clusters_made", (gint64) run->n_clusters);
  json_object_set_int_member (config, "method_version",
                              ple_recipe_get_method (stages->recipe)->version);
  json_object_set_boolean_member (config, "stopped_early", stopped);
  return config;
}

gboolean
ple_stage_run_make (const PleStages *stages, PleRun *run, PleProgress *progress, GError **error)
{
  gint64 start = g_get_monotonic_time ();
  g_autofree char *checkpoints = checkpoint_dir (stages);
  g_autoptr (PleProgress) fitting = ple_progress_new_stage (progress, NULL, 0, 0.95);
  g_autoptr (PleProgress) predicting = ple_progress_new_stage (progress, NULL, 0.95, 1);
  g_autoptr (PleClustering) clustering = fit (stages, run, checkpoints, fitting, error);
  g_autoptr (JsonObject) config = NULL;
  g_autoptr (PleAtomicDir) dir = NULL;

  if (clustering == NULL)
    {
      g_rmdir (checkpoints); /* only if nothing was kept in it */
      return FALSE;
    }
  if (!label_all (stages, run, clustering, predicting, error))
    return FALSE;
  ple_run_compute_metrics (run, stages->dataset);
  config = describe (stages, run, ple_progress_is_stop_requested (progress));
  dir = ple_stages_begin (stages, "runs", stages->run_key, config, error);
  return dir != NULL && save_run (stages, run, clustering, dir, checkpoints, error) &&
         ple_stages_commit (g_steal_pointer (&dir), "runs",
                            (double) (g_get_monotonic_time () - start) / 1e6, error);
}

gboolean
ple_stage_run_remember (const PleStages *stages, PleRun *run, GError **error)
{
  static const char *const kept[] = { "stage", "key", "schema", "pleiades_version" };
  g_autofree char *path = g_build_filename (run->folder, "config.json", NULL);
  g_autoptr (JsonObject) before = ple_stages_load_config (run->folder, "runs", error);
  g_autoptr (JsonObject) after = NULL;
  g_autoptr (JsonNode) old_node = NULL;
  g_autoptr (JsonNode) new_node = NULL;

  if (before == NULL)
    return FALSE;
  /* A run made without a map keeps the one it had. */
  if (stages->embedding_key == NULL && json_object_has_member (before, "embedding"))
    return TRUE;
  after = describe (stages, run, ple_json_get_bool (before, "stopped_early", FALSE));
  for (size_t i = 0; i < G_N_ELEMENTS (kept); i++)
    if (json_object_has_member (before, kept[i]))
      json_object_set_member (after, kept[i], json_object_dup_member (before, kept[i]));
  old_node = json_node_init_object (json_node_alloc (), before);
  new_node = json_node_init_object (json_node_alloc (), after);
  return json_node_equal (old_node, new_node) || ple_json_save (new_node, path, error);
}
