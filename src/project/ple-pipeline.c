/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "project/ple-pipeline.h"

#include "linalg/ple-linalg.h"
#include "project/ple-experiment.h"
#include "project/ple-stages-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Rows beyond which the quick look takes a regular sample for its axes. */
#define QUICK_LAYOUT_MAX_ROWS 5000
#define QUICK_LAYOUT_MAX_COLUMNS 2048

typedef enum
{
  STAGE_FEATURES,
  STAGE_CLUSTERING,
  STAGE_NEIGHBOURS,
  STAGE_EMBEDDING,
  STAGE_PSEUDO_LABELS,
} Stage;

typedef struct
{
  PleStages stages;
  PleRun *run;
  PleProgress *progress;
} Pipeline;

typedef gboolean (*FindFunc) (Pipeline *pipeline);
typedef gboolean (*MakeFunc) (Pipeline *pipeline, PleProgress *progress, GError **error);

static gboolean
find_features (Pipeline *pipeline)
{
  pipeline->run->features = ple_stage_features_find (&pipeline->stages);
  return pipeline->run->features != NULL;
}

static gboolean
make_features (Pipeline *pipeline, PleProgress *progress, GError **error)
{
  pipeline->run->features = ple_stage_features_make (&pipeline->stages, progress, error);
  return pipeline->run->features != NULL;
}

static gboolean
find_clustering (Pipeline *pipeline)
{
  return ple_stage_run_find (&pipeline->stages, pipeline->run, FALSE);
}

static gboolean
make_clustering (Pipeline *pipeline, PleProgress *progress, GError **error)
{
  return ple_stage_run_make (&pipeline->stages, pipeline->run, progress, error);
}

static gboolean
find_neighbours (Pipeline *pipeline)
{
  return ple_stage_neighbours_find (&pipeline->stages, pipeline->run);
}

static gboolean
make_neighbours (Pipeline *pipeline, PleProgress *progress, GError **error)
{
  return ple_stage_neighbours_make (&pipeline->stages, pipeline->run, progress, error);
}

static gboolean
find_embedding (Pipeline *pipeline)
{
  return ple_stage_embedding_find (&pipeline->stages, pipeline->run, FALSE);
}

static gboolean
make_embedding (Pipeline *pipeline, PleProgress *progress, GError **error)
{
  return ple_stage_embedding_make (&pipeline->stages, pipeline->run, progress, error);
}

/* Pseudo-labels need a vote, so they are made where there is truth; without it the person's names
 * take its place, at export. */
static gboolean
find_pseudo_labels (Pipeline *pipeline)
{
  g_autofree char *name = NULL;
  g_autofree char *path = NULL;

  if (ple_dataset_get_labels (pipeline->stages.dataset) == NULL)
    return TRUE;
  name = g_strdup_printf ("pseudo_labels_k%d.json",
                          ple_recipe_get_settings (pipeline->run->recipe)->k_samples);
  path = g_build_filename (pipeline->run->folder, "pseudo_labels", name, NULL);
  return g_file_test (path, G_FILE_TEST_IS_REGULAR);
}

static gboolean
make_pseudo_labels (Pipeline *pipeline, PleProgress *progress, GError **error)
{
  g_autoptr (PleExperiment) experiment =
      ple_experiment_new_for_run (pipeline->stages.dataset, pipeline->run);
  g_autofree char *folder = g_build_filename (pipeline->run->folder, "pseudo_labels", NULL);

  return ple_experiment_write_pseudo_labels (
      experiment, folder, (size_t) ple_recipe_get_settings (pipeline->run->recipe)->k_samples, NULL,
      NULL, progress, error);
}

/* The JSON key of each stage, what the person reads, and its share of the whole. */
static const struct
{
  const char *name;
  const char *title;
  double from;
  double to;
  FindFunc find;
  MakeFunc make;
} stage_table[PLE_PIPELINE_N_STAGES] = {
  { "features", N_ ("Features"), 0.00, 0.45, find_features, make_features },
  { "clustering", N_ ("Clustering"), 0.45, 0.70, find_clustering, make_clustering },
  { "neighbours", N_ ("Neighbours"), 0.70, 0.76, find_neighbours, make_neighbours },
  { "embedding", N_ ("Map"), 0.76, 0.98, find_embedding, make_embedding },
  { "pseudo_labels", N_ ("Pseudo-labels"), 0.98, 1.00, find_pseudo_labels, make_pseudo_labels },
};

static gboolean
do_stage (Pipeline *pipeline, Stage stage, GError **error)
{
  gint64 start = g_get_monotonic_time ();
  g_autoptr (PleProgress) progress =
      ple_progress_new_stage (pipeline->progress, _ (stage_table[stage].title),
                              stage_table[stage].from, stage_table[stage].to);
  PleStageTime *time = &pipeline->run->stages[stage];

  if (!ple_progress_report (progress, 0, error))
    return FALSE;
  time->name = stage_table[stage].name;
  if (stage == STAGE_EMBEDDING && pipeline->stages.embedding_key == NULL)
    return TRUE;
  time->found = stage_table[stage].find (pipeline);
  if (!time->found && !stage_table[stage].make (pipeline, progress, error))
    {
      g_prefix_error (error, "%s: ", _ (stage_table[stage].title));
      return FALSE;
    }
  time->seconds = (double) (g_get_monotonic_time () - start) / 1e6;
  return ple_progress_report (progress, 1, error);
}

/* Every row of @x projected onto the two main axes, found on at most QUICK_LAYOUT_MAX_ROWS of
 * them. */
static PleMatrix *
quick_layout (PleMatrix *x, PleProgress *progress, GError **error)
{
  size_t step = x->n_rows / QUICK_LAYOUT_MAX_ROWS + 1;
  size_t n = (x->n_rows + step - 1) / step;
  g_autofree guint32 *rows = g_new (guint32, n);
  g_autoptr (PleMatrix) sample = NULL;
  g_autoptr (PleMatrix) components = NULL;
  g_autoptr (PleMatrix) scores = NULL;

  if (step == 1)
    return ple_pca (x, 2, NULL, NULL, NULL, progress, error);
  for (size_t i = 0; i < n; i++)
    rows[i] = (guint32) (i * step);
  sample = ple_matrix_take (x, rows, n, error);
  scores = sample != NULL ? ple_pca (sample, 2, NULL, &components, NULL, progress, error) : NULL;
  return scores != NULL ? ple_matrix_multiply (x, components, TRUE, progress, error) : NULL;
}

/* Gives the window something to look at while the method works. Nothing depends on it, so its own
 * troubles are not the run's. */
static gboolean
publish_quick_layout (Pipeline *pipeline, GError **error)
{
  PleMatrix *x = pipeline->run->features;
  /* No share of the whole: it reports and cancels, but moves nothing. */
  g_autoptr (PleProgress) progress =
      ple_progress_new_stage (pipeline->progress, _ ("Quick look"), stage_table[STAGE_FEATURES].to,
                              stage_table[STAGE_FEATURES].to);
  g_autoptr (PleMatrix) xy = NULL;

  if (!ple_progress_wants (pipeline->progress, "layout"))
    return TRUE;
  if (ple_stage_embedding_find (&pipeline->stages, pipeline->run, FALSE) &&
      pipeline->run->xy != NULL)
    xy = g_steal_pointer (&pipeline->run->xy);
  else if (x->n_rows > 2 && x->n_cols >= 2 && x->n_cols <= QUICK_LAYOUT_MAX_COLUMNS)
    xy = quick_layout (x, progress, NULL);
  if (xy != NULL)
    ple_progress_publish (pipeline->progress, "layout", xy->data, xy->n_rows, 2 * sizeof (float));
  return ple_progress_check (pipeline->progress, error);
}

static void
publish_results (Pipeline *pipeline)
{
  PleRun *run = pipeline->run;

  if (run->xy != NULL)
    ple_progress_publish (pipeline->progress, "layout", run->xy->data, run->xy->n_rows,
                          2 * sizeof (float));
}

static gboolean
run_stages (Pipeline *pipeline, GError **error)
{
  PleRun *run = pipeline->run;

  if (!do_stage (pipeline, STAGE_FEATURES, error) || !publish_quick_layout (pipeline, error) ||
      !do_stage (pipeline, STAGE_CLUSTERING, error))
    return FALSE;
  ple_run_compute_metrics (run, pipeline->stages.dataset);
  ple_progress_publish (pipeline->progress, "labels", run->labels->data, run->labels->n,
                        sizeof (gint32));
  if (!do_stage (pipeline, STAGE_NEIGHBOURS, error) || !do_stage (pipeline, STAGE_EMBEDDING, error))
    return FALSE;
  publish_results (pipeline);
  return do_stage (pipeline, STAGE_PSEUDO_LABELS, error) &&
         ple_stage_run_remember (&pipeline->stages, run, error) &&
         ple_progress_report (pipeline->progress, 1, error);
}

/* The keys depend on the model's files. */
static gboolean
identify_model (const char *project_path,
                PleDataset *dataset,
                PleRecipe *recipe,
                PleProgress *progress,
                GError **error)
{
  g_autofree char *cache = g_build_filename (project_path, "features", "weights.json", NULL);
  g_autoptr (PleProgress) part = ple_progress_new_stage (progress, _ ("Model"), 0, 0);

  if (ple_dataset_get_features (dataset) != NULL ||
      *ple_recipe_get_settings (recipe)->load_features != '\0')
    return TRUE;
  return ple_recipe_identify_model (recipe, cache, part, error);
}

PleRun *
ple_pipeline_run (const char *project_path,
                  PleDataset *dataset,
                  PleRecipe *recipe,
                  PleProgress *progress,
                  GError **error)
{
  Pipeline pipeline = { .progress = progress };
  PleRun *run = NULL;

  g_return_val_if_fail (project_path != NULL && dataset != NULL && recipe != NULL, NULL);
  if (!identify_model (project_path, dataset, recipe, progress, error) ||
      !ple_stages_init (&pipeline.stages, project_path, dataset, recipe, error))
    return NULL;
  pipeline.run = ple_run_new (&pipeline.stages);
  if (run_stages (&pipeline, error))
    run = g_steal_pointer (&pipeline.run);
  g_clear_pointer (&pipeline.run, ple_run_unref);
  ple_stages_clear (&pipeline.stages);
  return run;
}
