/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/ple-cli-data.h"
#include "cli/ple-cli.h"
#include "linalg/ple-array-file.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  PleDataOptions data;
  char *output;
  char *labels_output;
} FeaturesOptions;

/* clang-format off */
static const PleParam features_params[] = {
  PLE_CLI_DATA_PARAMS (FeaturesOptions),
  PLE_STRING (FeaturesOptions, output, "output", N_("Output"), "",
              .blurb = N_("File to write: .npy, (n, d) float32, in the order of the data set.")),
  PLE_STRING (FeaturesOptions, labels_output, "labels_output", N_("Labels"), "",
              .blurb = N_("File for the true classes: .npy, int64, -1 where unknown.")),
  PLE_PARAM_END
};
/* clang-format on */

static gboolean
write_labels (const char *path, PleDataset *dataset, GError **error)
{
  PleLabels *truth = ple_dataset_get_labels (dataset);
  g_autoptr (PleLabels) none =
      truth == NULL ? ple_labels_new (ple_dataset_get_n_items (dataset)) : NULL;

  if (truth == NULL)
    ple_cli_note (_ ("no classes are known: all labels are -1"));
  return ple_npy_write_labels (path, truth != NULL ? truth : none, error);
}

static void
report (PleCli *cli, const char *output, const PleMatrix *matrix, PleCliClock *clock)
{
  g_autoptr (JsonObject) object = json_object_new ();
  const char *model = ple_recipe_get_model (cli->recipe)->id;

  if (!ple_cli_wants_json (cli))
    {
      printf (_ ("%s: %zu x %zu by %s\n"), output, matrix->n_rows, matrix->n_cols, model);
      return;
    }
  json_object_set_string_member (object, "command", "features");
  json_object_set_string_member (object, "model", model);
  json_object_set_string_member (object, "output", output);
  json_object_set_int_member (object, "num_samples", (gint64) matrix->n_rows);
  json_object_set_int_member (object, "feature_dim", (gint64) matrix->n_cols);
  ple_cli_clock_finish (clock, object);
  ple_cli_print_json (object);
}

static gboolean
run_features (PleCli *cli, GError **error)
{
  const FeaturesOptions *options = ple_cli_get_options (cli);
  g_auto (PleCliClock) clock = ple_cli_clock_start ();
  const PleModel *model = ple_recipe_get_model (cli->recipe);
  PleParams *params = ple_recipe_get_params (cli->recipe, PLE_RECIPE_MODEL);
  g_autoptr (PleProgress) opening = ple_progress_new_stage (cli->progress, _ ("Data set"), 0, 0.02);
  g_autoptr (PleProgress) working = ple_progress_new_stage (cli->progress, _ ("Features"), 0.02, 1);
  g_autoptr (PleDataset) dataset = NULL;
  g_autoptr (PleMatrix) matrix = NULL;

  if (!ple_cli_require (cli, "output", error))
    return FALSE;
  dataset = ple_cli_open_dataset (&options->data, cli->environment, opening, error);
  if (dataset == NULL)
    return FALSE;
  ple_cli_clock_mark (&clock, "dataset");
  if (ple_dataset_get_features (dataset) != NULL)
    {
      ple_cli_note (_ ("these are vectors already: they are copied"));
      matrix = ple_matrix_ref (ple_dataset_get_features (dataset));
    }
  else
    matrix = model->extract (dataset, ple_params_get_struct (params),
                             ple_recipe_get_seed (cli->recipe), working, error);
  if (matrix == NULL)
    return FALSE;
  ple_cli_clock_mark (&clock, "features");
  if (!ple_npy_write_matrix (options->output, matrix, error) ||
      (*options->labels_output != '\0' && !write_labels (options->labels_output, dataset, error)))
    return FALSE;
  ple_cli_clock_mark (&clock, "write");
  report (cli, options->output, matrix, &clock);
  return TRUE;
}

static const char *const recipe_names[] = { "model", "seed", NULL };

const PleCommand ple_command_features = {
  .name = "features",
  .arguments = "--input PATH --output FILE.npy [OPTION…]",
  .summary = N_ ("pictures to feature vectors"),
  .params = features_params,
  .params_size = sizeof (FeaturesOptions),
  .recipe_names = recipe_names,
  .recipe_parts = 1u << PLE_RECIPE_MODEL,
  .run = run_features,
};
