/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "project/ple-pipeline.h"

#include "base/ple-error.h"
#include "base/ple-json.h"
#include "linalg/ple-array-file.h"
#include "project/ple-stages-private.h"

#include <glib/gi18n-lib.h>
#include <stdatomic.h>
#include <string.h>

PleRun *
ple_run_new (const PleStages *stages)
{
  PleRun *run = g_new0 (PleRun, 1);

  run->ref_count = 1;
  run->key = g_strdup (stages->run_key);
  run->folder = ple_stages_folder (stages, "runs", stages->run_key);
  run->recipe = ple_recipe_copy (stages->recipe);
  run->n_train = stages->n_train;
  return run;
}

PleRun *
ple_run_ref (PleRun *run)
{
  g_atomic_int_inc (&run->ref_count);
  return run;
}

void
ple_run_unref (PleRun *run)
{
  if (!g_atomic_int_dec_and_test (&run->ref_count))
    return;
  g_free (run->key);
  g_free (run->folder);
  g_clear_object (&run->recipe);
  g_clear_pointer (&run->features, ple_matrix_unref);
  g_clear_pointer (&run->labels, ple_labels_unref);
  g_clear_pointer (&run->confidence, ple_matrix_unref);
  g_clear_pointer (&run->centres, ple_matrix_unref);
  g_clear_pointer (&run->xy, ple_matrix_unref);
  g_clear_pointer (&run->history, ple_matrix_unref);
  g_strfreev (run->history_names);
  g_clear_pointer (&run->figures, json_object_unref);
  if (run->neighbours_owner != NULL)
    ple_array_unref (run->neighbours_owner);
  else
    g_free (run->neighbours);
  g_free (run);
}

static PleLabels *
slice (const PleLabels *labels, size_t first, size_t n)
{
  return labels != NULL ? ple_labels_new_from (labels->data + first, n) : NULL;
}

void
ple_run_compute_metrics (PleRun *run, PleDataset *dataset)
{
  PleLabels *truth = ple_dataset_get_labels (dataset);
  size_t n_rest = run->labels->n - run->n_train;
  g_autoptr (PleLabels) train = slice (run->labels, 0, run->n_train);
  g_autoptr (PleLabels) train_truth = slice (truth, 0, run->n_train);
  g_autoptr (PleLabels) rest = slice (run->labels, run->n_train, n_rest);
  g_autoptr (PleLabels) rest_truth = slice (truth, run->n_train, n_rest);

  ple_metrics_compute (train_truth, train, run->n_clusters, &run->train_metrics, NULL);
  ple_metrics_compute (n_rest > 0 ? rest_truth : NULL, rest, run->n_clusters, &run->test_metrics,
                       NULL);
}

/* Fills what hangs on the recipe's keys; the run itself must be complete, the rest may be absent.
 */
static PleRun *
load_with_recipe (const char *project_path,
                  PleDataset *dataset,
                  PleRecipe *recipe,
                  const char *key,
                  GError **error)
{
  g_auto (PleStages) stages = { 0 };
  g_autoptr (PleRun) run = NULL;

  if (!ple_stages_init (&stages, project_path, dataset, recipe, error))
    return NULL;
  run = ple_run_new (&stages);
  if (strcmp (run->key, key) != 0)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   _ ("run %s: made by another version or from other pictures; run it again"), key);
      return NULL;
    }
  run->features = ple_stage_features_find (&stages);
  if (run->features == NULL || !ple_stage_run_find (&stages, run, TRUE))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   _ ("run %s: its files are missing or damaged; run it again"), key);
      return NULL;
    }
  ple_run_compute_metrics (run, dataset);
  ple_stage_neighbours_find (&stages, run);
  ple_stage_embedding_find (&stages, run, TRUE);
  return g_steal_pointer (&run);
}

PleRun *
ple_run_load (const char *project_path, PleDataset *dataset, const char *key, GError **error)
{
  g_autofree char *folder = g_build_filename (project_path, "runs", key, NULL);
  g_autoptr (JsonObject) config = ple_stages_load_config (folder, "runs", error);
  g_autoptr (PleRecipe) recipe = NULL;

  if (config == NULL)
    return NULL;
  recipe = ple_recipe_new ();
  if (!ple_recipe_from_json (recipe, config, error))
    {
      g_prefix_error (error, _ ("run %s: "), key);
      return NULL;
    }
  return load_with_recipe (project_path, dataset, recipe, key, error);
}
