/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/ple-cli-data.h"
#include "cli/ple-cli.h"

#include "base/ple-error.h"
#include "project/ple-experiment.h"

#include <glib/gi18n.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  char *experiment_dir;
  int k_samples;
  bool visualize;
  int max_clusters_viz;
  int samples_per_cluster;
} PseudoLabelOptions;

/* clang-format off */
static const PleParam pseudo_label_params[] = {
  PLE_STRING (PseudoLabelOptions, experiment_dir, "experiment_dir", N_("Experiment"), "",
              .blurb = N_("Folder of an experiment that was run with --save_features.")),
  PLE_INT    (PseudoLabelOptions, k_samples, "k_samples", N_("Votes per cluster"), 10, 1, 1000,
              .blurb = N_("Members nearest to the centre that vote for a cluster's label.")),
  PLE_BOOL   (PseudoLabelOptions, visualize, "visualize", N_("Picture of the mapping"), false, .aliases = "visualize_mapping",
              .blurb = N_("Also write a picture of each cluster's nearest members.")),
  PLE_INT    (PseudoLabelOptions, max_clusters_viz, "max_clusters_viz", N_("Clusters in it"), 20, 1, 1000,
              .blurb = N_("Clusters in that picture.")),
  PLE_INT    (PseudoLabelOptions, samples_per_cluster, "samples_per_cluster", N_("Pictures per cluster"), 5, 1, 100,
              .blurb = N_("Pictures per cluster in that picture.")),
  PLE_PARAM_END
};
/* clang-format on */

/* The pictures behind the experiment, for the picture of the mapping. */
static gboolean
attach_pictures (PleExperiment *experiment,
                 const PleEnvironment *environment,
                 PleProgress *progress,
                 GError **error)
{
  g_autoptr (PleDataset) dataset = NULL;
  GError *inner = NULL;

  if (experiment->config != NULL)
    dataset = ple_cli_reopen_dataset (experiment->config, environment, progress, &inner);
  if (inner != NULL)
    {
      g_propagate_error (error, inner);
      return FALSE;
    }
  if (dataset == NULL || !ple_dataset_has_pictures (dataset))
    {
      ple_progress_warning (progress, _ ("--visualize has no effect: the experiment does not name "
                                         "its pictures"));
      return TRUE;
    }
  if (ple_dataset_get_n_items (dataset) != experiment->labels->n)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   _ ("%s has changed: %zu pictures, the experiment had %zu"),
                   ple_dataset_get_path (dataset), ple_dataset_get_n_items (dataset),
                   experiment->labels->n);
      return FALSE;
    }
  experiment->dataset = g_steal_pointer (&dataset);
  return TRUE;
}

static void
report (PleCli *cli,
        const PseudoLabelOptions *options,
        const char *folder,
        const PleVoteSummary *summary,
        PleCliClock *clock)
{
  g_autoptr (JsonObject) object = json_object_new ();

  if (!ple_cli_wants_json (cli))
    {
      printf (_ ("%s: %zu training and %zu test labels\n"), folder, summary->n_train_labelled,
              summary->n_test_labelled);
      if (isfinite (summary->train_accuracy))
        printf (_ ("accuracy of the training labels %.4f\n"), summary->train_accuracy);
      if (isfinite (summary->test_accuracy))
        printf (_ ("accuracy of the test labels     %.4f\n"), summary->test_accuracy);
      return;
    }
  json_object_set_string_member (object, "command", "pseudo-label");
  json_object_set_string_member (object, "output", folder);
  json_object_set_int_member (object, "k_samples", options->k_samples);
  json_object_set_double_member (object, "train_accuracy", summary->train_accuracy);
  json_object_set_double_member (object, "test_accuracy", summary->test_accuracy);
  json_object_set_int_member (object, "num_train_labelled", (gint64) summary->n_train_labelled);
  json_object_set_int_member (object, "num_test_labelled", (gint64) summary->n_test_labelled);
  ple_cli_clock_finish (clock, object);
  ple_cli_print_json (object);
}

static gboolean
run_pseudo_label (PleCli *cli, GError **error)
{
  const PseudoLabelOptions *options = ple_cli_get_options (cli);
  g_auto (PleCliClock) clock = ple_cli_clock_start ();
  const PleMappingPicture picture = { (guint) options->max_clusters_viz,
                                      (guint) options->samples_per_cluster };
  g_autoptr (PleExperiment) experiment = NULL;
  g_autofree char *folder = NULL;
  PleVoteSummary summary;

  if (!ple_cli_require (cli, "experiment_dir", error))
    return FALSE;
  if (!options->visualize &&
      (ple_cli_is_given (cli, "max_clusters_viz") || ple_cli_is_given (cli, "samples_per_cluster")))
    ple_cli_note (_ ("--max_clusters_viz and --samples_per_cluster have no effect without "
                     "--visualize"));
  experiment = ple_experiment_load (options->experiment_dir, error);
  if (experiment == NULL ||
      (options->visualize && !attach_pictures (experiment, cli->environment, cli->progress, error)))
    return FALSE;
  ple_cli_clock_mark (&clock, "read");
  folder = g_build_filename (options->experiment_dir, "pseudo_labels", NULL);
  if (!ple_experiment_write_pseudo_labels (experiment, folder, (size_t) options->k_samples,
                                           options->visualize ? &picture : NULL, &summary,
                                           cli->progress, error))
    return FALSE;
  ple_cli_clock_mark (&clock, "pseudo_labels");
  report (cli, options, folder, &summary, &clock);
  return TRUE;
}

const PleCommand ple_command_pseudo_label = {
  .name = "pseudo-label",
  .arguments = "--experiment_dir DIR [OPTION…]",
  .summary = N_ ("labels for an existing experiment"),
  .params = pseudo_label_params,
  .params_size = sizeof (PseudoLabelOptions),
  .run = run_pseudo_label,
};
