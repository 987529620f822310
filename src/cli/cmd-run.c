/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/ple-cli-data.h"
#include "cli/ple-cli.h"

#include "base/ple-error.h"
#include "base/ple-text.h"
#include "project/ple-pipeline.h"
#include "project/ple-results.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  PleDataOptions data;
  PleModelOptions models;
  char *project;
  char *results_dir;
  char *experiment_name;
  bool save_features;
  bool plot_clusters;
  bool generate_pseudo_labels;
  bool visualize_mapping;
  int max_clusters_viz;
  int samples_per_cluster;
} RunOptions;

/* clang-format off */
static const PleParam run_params[] = {
  PLE_CLI_DATA_PARAMS (RunOptions),
  PLE_CLI_MODEL_PARAMS (RunOptions),
  PLE_STRING (RunOptions, project, "project", N_("Project"), "",
              .blurb = N_("Project folder that keeps what is computed; without it one in the user's data folder, which the program pleiades opens too.")),
  PLE_STRING (RunOptions, results_dir, "results_dir", N_("Results"), "./results",
              .blurb = N_("Folder that gets a folder for this experiment.")),
  PLE_STRING (RunOptions, experiment_name, "experiment_name", N_("Name"), "",
              .blurb = N_("Name of that folder; without it METHOD_DATASET_KclustersDATE_TIME.")),
  PLE_BOOL   (RunOptions, save_features, "save_features", N_("Save features"), false,
              .blurb = N_("Write features/ (what `analyze --plot` and `pseudo-label` need later).")),
  PLE_BOOL   (RunOptions, plot_clusters, "plot_clusters", N_("Plots"), false,
              .blurb = N_("Lay out the map and write visualizations/.")),
  PLE_BOOL   (RunOptions, generate_pseudo_labels, "generate_pseudo_labels", N_("Pseudo-labels"), false,
              .blurb = N_("Write pseudo_labels/.")),
  PLE_BOOL   (RunOptions, visualize_mapping, "visualize_mapping", N_("Picture of the mapping"), false,
              .blurb = N_("Write pseudo_labels/ with a picture of each cluster's nearest members.")),
  PLE_INT    (RunOptions, max_clusters_viz, "max_clusters_viz", N_("Clusters in it"), 20, 1, 1000,
              .blurb = N_("Clusters in that picture.")),
  PLE_INT    (RunOptions, samples_per_cluster, "samples_per_cluster", N_("Pictures per cluster"), 5, 1, 100,
              .blurb = N_("Pictures per cluster in that picture.")),
  PLE_PARAM_END
};
/* clang-format on */

/* Makes --results_dir and sees whether the experiment may stand there, before hours of work. */
static char *
claim_folder (const RunOptions *options, const char *name, GError **error)
{
  g_autofree char *folder = g_build_filename (options->results_dir, name, NULL);
  g_autofree char *results = g_build_filename (folder, "results.json", NULL);
  g_autoptr (GDir) dir = NULL;
  int saved;

  if (g_mkdir_with_parents (options->results_dir, 0777) != 0 ||
      g_access (options->results_dir, W_OK) != 0)
    {
      saved = errno;
      g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (saved),
                   _ ("%s: cannot write there: %s"), options->results_dir, g_strerror (saved));
      return NULL;
    }
  dir = g_dir_open (folder, 0, NULL);
  if (!g_file_test (folder, G_FILE_TEST_EXISTS) || g_file_test (results, G_FILE_TEST_IS_REGULAR) ||
      (dir != NULL && g_dir_read_name (dir) == NULL))
    return g_steal_pointer (&folder);
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
               _ ("%s is there already and is not an experiment; choose another "
                  "--experiment_name"),
               folder);
  return NULL;
}

/* METHOD_DATASET_KclustersDATE_TIME, as the seeds name it. */
static char *
default_name (PleCli *cli, const RunOptions *options, PleDataset *dataset)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *time = g_date_time_format (now, "%Y%m%d_%H%M%S");
  g_autofree char *clusters = ple_recipe_get (cli->recipe, "num_clusters");
  g_autofree char *title = g_strdup (
      *options->data.dataset != '\0' ? options->data.dataset : ple_dataset_get_title (dataset));
  g_autofree char *name = g_strdup_printf (
      "%s_%s_%sclusters_%s", ple_recipe_get_method (cli->recipe)->id, title, clusters, time);

  return ple_file_name_from (name);
}

static char *
choose_name (PleCli *cli, const RunOptions *options, PleDataset *dataset, GError **error)
{
  g_autofree char *safe = NULL;

  if (*options->experiment_name == '\0')
    return default_name (cli, options, dataset);
  safe = ple_file_name_from (options->experiment_name);
  if (strcmp (safe, options->experiment_name) == 0)
    return g_steal_pointer (&safe);
  g_set_error (error, PLE_CLI_ERROR, PLE_CLI_ERROR_USAGE,
               _ ("experiment_name: \"%s\" cannot be the name of a folder"),
               options->experiment_name);
  return NULL;
}

/* A map costs time: it is laid out when it is drawn, asked for by name, or when the project that
 * shall show it is named. */
static void
choose_map (PleCli *cli, const RunOptions *options)
{
  PleParams *settings = ple_recipe_get_params (cli->recipe, PLE_RECIPE_RUN);

  if (options->plot_clusters || *options->project != '\0' ||
      ple_params_is_given (settings, "embedding"))
    return;
  ple_recipe_set (cli->recipe, "embedding", "none", NULL);
}

static void
note_what_has_no_effect (PleCli *cli, const RunOptions *options, PleDataset *dataset)
{
  const PleParam *mapping[] = { ple_param_find (run_params, "max_clusters_viz"),
                                ple_param_find (run_params, "samples_per_cluster") };
  PleParams *settings = ple_recipe_get_params (cli->recipe, PLE_RECIPE_RUN);
  PleParams *model = ple_recipe_get_params (cli->recipe, PLE_RECIPE_MODEL);
  gboolean labels = options->generate_pseudo_labels || options->visualize_mapping;

  for (size_t i = 0; i < G_N_ELEMENTS (mapping); i++)
    if (!options->visualize_mapping && ple_cli_is_given (cli, mapping[i]->name))
      ple_cli_note (_ ("--%s has no effect without --visualize_mapping"), mapping[i]->name);
  if (!labels && ple_params_is_given (settings, "k_samples"))
    ple_cli_note (_ ("--k_samples has no effect without --generate_pseudo_labels"));
  if (!options->plot_clusters && ple_params_is_given (settings, "embedding"))
    ple_cli_note (_ ("the map is kept in the project; --plot_clusters draws it into the results"));
  if (*options->data.dataset == '\0' && ple_cli_is_given (cli, "data_root"))
    ple_cli_note (_ ("--data_root has no effect with --input"));
  if (ple_dataset_get_features (dataset) != NULL && model != NULL &&
      ple_params_is_given (settings, "model"))
    ple_cli_note (_ ("--model has no effect: this data set consists of vectors"));
}

static void
adapt (PleCli *cli, PleDataset *dataset)
{
  gboolean guessed = FALSE;
  PleParams *method = ple_recipe_get_params (cli->recipe, PLE_RECIPE_METHOD);
  g_autofree char *clusters = NULL;

  ple_recipe_adapt (cli->recipe, dataset, &guessed);
  clusters = ple_recipe_get (cli->recipe, "num_clusters");
  if (guessed && method != NULL && !ple_params_is_given (method, "num_clusters"))
    ple_cli_note (_ ("no classes are known: going by a guess of %s clusters; --num_clusters "
                     "sets another number"),
                  clusters);
}

/* The command line's own options for config.json: every one, with the seeds' names. */
static JsonObject *
describe_options (PleCli *cli, PleDataset *dataset)
{
  JsonObject *object = json_object_new ();
  const PleCommonOptions *common = ple_params_get_struct (cli->common);

  ple_params_to_json (cli->options, object);
  json_object_set_string_member (object, "input", ple_dataset_get_path (dataset));
  json_object_set_string_member (object, "dataset_kind", ple_dataset_get_kind (dataset));
  if (*ple_json_get_string (object, "dataset", "") == '\0')
    json_object_set_string_member (object, "dataset", ple_dataset_get_title (dataset));
  json_object_remove_member (object, "experiment_name");
  json_object_set_string_member (object, "device", common->device);
  json_object_set_int_member (object, "num_workers", common->threads);
  return object;
}

static gboolean
write_experiment (PleCli *cli,
                  const RunOptions *options,
                  PleDataset *dataset,
                  PleRun *run,
                  const char *folder,
                  const char *name,
                  PleProgress *progress,
                  GError **error)
{
  g_autoptr (JsonObject) config = describe_options (cli, dataset);
  const PleExperimentOptions what = {
    .name = name,
    .config = config,
    .save_features = options->save_features,
    .plot_clusters = options->plot_clusters,
    .generate_pseudo_labels = options->generate_pseudo_labels || options->visualize_mapping,
    .visualize_mapping = options->visualize_mapping,
    .max_clusters_viz = (guint) options->max_clusters_viz,
    .samples_per_cluster = (guint) options->samples_per_cluster,
  };

  if (what.generate_pseudo_labels && ple_dataset_get_labels (dataset) == NULL)
    ple_progress_warning (progress, _ ("no classes are known, so nobody votes: all pseudo-labels "
                                       "are -1 until the clusters are named in the window"));
  return ple_run_write_experiment (dataset, run, folder, &what, progress, error);
}

static void
print_split (const char *title, const PleMetrics *metrics)
{
  if (metrics->n_samples == 0)
    return;
  printf (_ ("%-9s %zu pictures in %zu clusters (%zu empty)"), title, metrics->n_samples,
          metrics->n_active_clusters, metrics->n_empty_clusters);
  if (isfinite (metrics->accuracy))
    printf (_ (", accuracy %.4f, NMI %.4f, ARI %.4f"), metrics->accuracy, metrics->nmi,
            metrics->ari);
  putchar ('\n');
}

static void
print_text (PleCli *cli, PleRun *run, const char *folder)
{
  const char *model = ple_recipe_get_model_source (run->recipe);

  printf (_ ("features  %s (%zu x %zu)\n"), model != NULL ? model : "-", run->features->n_rows,
          run->features->n_cols);
  printf (_ ("method    %s, %zu clusters\n"), ple_recipe_get_method (run->recipe)->id,
          run->n_clusters);
  print_split (_ ("training"), &run->train_metrics);
  print_split (_ ("test"), &run->test_metrics);
  printf (_ ("results   %s\n"), folder);
}

static void
print_json (PleCli *cli,
            PleDataset *dataset,
            PleRun *run,
            PleProject *project,
            const char *folder,
            const char *name,
            PleCliClock *clock)
{
  g_autoptr (JsonObject) object = ple_results_to_json (run, dataset, name);
  JsonObject *seconds = clock->object;
  JsonArray *found = json_array_new ();
  const PleEmbedding *embedding = ple_recipe_get_embedding (run->recipe);
  const char *model = ple_recipe_get_model_source (run->recipe);

  json_object_set_string_member (object, "command", "run");
  json_object_set_string_member (object, "experiment_dir", folder);
  json_object_set_string_member (object, "project", ple_project_get_path (project));
  json_object_set_string_member (object, "run", run->key);
  json_object_set_string_member (object, "input", ple_dataset_get_path (dataset));
  json_object_set_string_member (object, "model", model != NULL ? model : "");
  json_object_set_string_member (object, "method", ple_recipe_get_method (run->recipe)->id);
  json_object_set_string_member (object, "embedding", embedding != NULL ? embedding->id : "none");
  json_object_set_int_member (object, "feature_dim", (gint64) run->features->n_cols);
  for (size_t i = 0; i < PLE_PIPELINE_N_STAGES; i++)
    {
      json_object_set_double_member (seconds, run->stages[i].name, run->stages[i].seconds);
      if (run->stages[i].found)
        json_array_add_string_element (found, run->stages[i].name);
    }
  json_object_set_array_member (object, "found", found);
  ple_cli_clock_finish (clock, object);
  ple_cli_print_json (object);
}

static gboolean
run_run (PleCli *cli, GError **error)
{
  const RunOptions *options = ple_cli_get_options (cli);
  g_auto (PleCliClock) clock = ple_cli_clock_start ();
  g_autoptr (PleProgress) opening = ple_progress_new_stage (cli->progress, _ ("Data set"), 0, 0.02);
  g_autoptr (PleProgress) working = ple_progress_new_stage (cli->progress, NULL, 0.02, 0.95);
  g_autoptr (PleProgress) writing = ple_progress_new_stage (cli->progress, _ ("Results"), 0.95, 1);
  g_autoptr (PleDataset) dataset =
      ple_cli_open_dataset (&options->data, cli->environment, opening, error);
  g_autoptr (PleProject) project = NULL;
  g_autoptr (PleRun) run = NULL;
  g_autofree char *name = NULL;
  g_autofree char *folder = NULL;

  if (dataset == NULL)
    return FALSE;
  adapt (cli, dataset);
  note_what_has_no_effect (cli, options, dataset);
  choose_map (cli, options);
  name = choose_name (cli, options, dataset, error);
  folder = name != NULL ? claim_folder (options, name, error) : NULL;
  if (folder == NULL)
    return FALSE;
  project = ple_project_new (*options->project != '\0' ? options->project : NULL, dataset,
                             cli->environment, error);
  if (project == NULL)
    return FALSE;
  ple_cli_clock_mark (&clock, "dataset");
  run = ple_pipeline_run (ple_project_get_path (project), dataset, cli->recipe, working, error);
  if (run == NULL)
    return FALSE;
  ple_cli_clock_mark (&clock, "pipeline");
  if (!write_experiment (cli, options, dataset, run, folder, name, writing, error) ||
      !ple_project_set_current_run (project, run->key, error))
    return FALSE;
  ple_cli_clock_mark (&clock, "results");
  if (ple_cli_wants_json (cli))
    print_json (cli, dataset, run, project, folder, name, &clock);
  else
    print_text (cli, run, folder);
  return TRUE;
}

static const char *const recipe_names[] = {
  "model",     "method",        "preset",      "embedding",      "seed",
  "k_samples", "load_features", "resume_from", "checkpoint_dir", NULL
};

const PleCommand ple_command_run = {
  .name = "run",
  .arguments = "[OPTION…]",
  .summary = N_ ("from pictures to clusters, metrics, map and pseudo-labels"),
  .params = run_params,
  .params_size = sizeof (RunOptions),
  .recipe_names = recipe_names,
  .recipe_parts = 1u << PLE_RECIPE_MODEL | 1u << PLE_RECIPE_METHOD | 1u << PLE_RECIPE_EMBEDDING,
  .run = run_run,
};
