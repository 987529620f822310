/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/ple-cli.h"

#include "base/ple-error.h"
#include "evaluate/ple-metrics.h"
#include "linalg/ple-array-file.h"

#include <glib/gi18n.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  char *features;
  char *labels;
  char *output;
  char *confidence_output;
  char *model_output;
  char *checkpoint_dir;
} ClusterOptions;

/* clang-format off */
static const PleParam cluster_params[] = {
  PLE_STRING (ClusterOptions, features, "features", N_("Features"), "",
              .blurb = N_("Vectors to group: .npy, .npz or .csv, one row each.")),
  PLE_STRING (ClusterOptions, labels, "labels", N_("True classes"), "",
              .blurb = N_("True classes, to score against: .npy, .npz, .csv or text.")),
  PLE_STRING (ClusterOptions, output, "output", N_("Output"), "",
              .blurb = N_("File for the clusters: .npy, int64, -1 for noise.")),
  PLE_STRING (ClusterOptions, confidence_output, "confidence_output", N_("Confidence"), "",
              .blurb = N_("File for the confidence of each row: .npy, float32.")),
  PLE_STRING (ClusterOptions, model_output, "model_output", N_("Fitted model"), "",
              .blurb = N_("File for the fitted model: .safetensors.")),
  PLE_STRING (ClusterOptions, checkpoint_dir, "checkpoint_dir", N_("Checkpoints"), "",
              .blurb = N_("Folder for checkpoints; the same command continues from them.")),
  PLE_PARAM_END
};
/* clang-format on */

static PleLabels *
read_truth (const ClusterOptions *options, size_t n, GError **error)
{
  g_autoptr (PleLabels) truth = ple_labels_read (options->labels, error);

  if (truth != NULL && truth->n != n)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   _ ("%s: expected %zu labels, found %zu"), options->labels, n, truth->n);
      return NULL;
    }
  return g_steal_pointer (&truth);
}

static gboolean
write_all (const ClusterOptions *options, PleClustering *clustering, GError **error)
{
  if (!ple_npy_write_labels (options->output, clustering->labels, error))
    return FALSE;
  if (*options->confidence_output != '\0')
    {
      size_t shape[1] = { clustering->labels->n };

      if (!ple_npy_write (options->confidence_output, PLE_ARRAY_F4, 1, shape,
                          clustering->confidence->data, error))
        return FALSE;
    }
  return *options->model_output == '\0' ||
         clustering->method->save (clustering, options->model_output, error);
}

static void
report (PleCli *cli, PleClustering *clustering, const PleMetrics *metrics, PleCliClock *clock)
{
  g_autoptr (JsonObject) object = json_object_new ();

  if (!ple_cli_wants_json (cli))
    {
      printf (_ ("%zu rows in %zu of %zu clusters by %s\n"), metrics->n_samples,
              metrics->n_active_clusters, clustering->n_clusters, clustering->method->id);
      if (isfinite (metrics->accuracy))
        printf (_ ("accuracy %.4f, NMI %.4f, ARI %.4f\n"), metrics->accuracy, metrics->nmi,
                metrics->ari);
      return;
    }
  json_object_set_string_member (object, "command", "cluster");
  json_object_set_string_member (object, "method", clustering->method->id);
  ple_metrics_to_json (metrics, object);
  if (clustering->metrics != NULL)
    json_object_set_object_member (object, "figures", json_object_ref (clustering->metrics));
  ple_cli_clock_finish (clock, object);
  ple_cli_print_json (object);
}

static gboolean
run_cluster (PleCli *cli, GError **error)
{
  const ClusterOptions *options = ple_cli_get_options (cli);
  g_auto (PleCliClock) clock = ple_cli_clock_start ();
  const PleMethod *method = ple_recipe_get_method (cli->recipe);
  PleParams *params = ple_recipe_get_params (cli->recipe, PLE_RECIPE_METHOD);
  g_autoptr (PleMatrix) features = NULL;
  g_autoptr (PleLabels) truth = NULL;
  g_autoptr (PleClustering) clustering = NULL;
  PleMetrics metrics;
  PleFitInput input;

  if (!ple_cli_require (cli, "features", error) || !ple_cli_require (cli, "output", error))
    return FALSE;
  features = ple_features_read (options->features, error);
  if (features == NULL || !ple_matrix_check_finite (features, options->features, error))
    return FALSE;
  if (*options->labels != '\0')
    {
      truth = read_truth (options, features->n_rows, error);
      if (truth == NULL)
        return FALSE;
    }
  ple_cli_clock_mark (&clock, "read");
  input = (PleFitInput){ features, ple_recipe_get_seed (cli->recipe),
                         *options->checkpoint_dir != '\0' ? options->checkpoint_dir : NULL };
  clustering = method->fit (&input, ple_params_get_struct (params), cli->progress, error);
  if (clustering == NULL)
    return FALSE;
  ple_cli_clock_mark (&clock, "fit");
  if (!write_all (options, clustering, error))
    return FALSE;
  ple_metrics_compute (truth, clustering->labels, clustering->n_clusters, &metrics, NULL);
  ple_cli_clock_mark (&clock, "write");
  report (cli, clustering, &metrics, &clock);
  return TRUE;
}

static const char *const recipe_names[] = { "method", "preset", "seed", NULL };

const PleCommand ple_command_cluster = {
  .name = "cluster",
  .arguments = "--features FILE --output FILE.npy [OPTION…]",
  .summary = N_ ("feature vectors to groups"),
  .params = cluster_params,
  .params_size = sizeof (ClusterOptions),
  .recipe_names = recipe_names,
  .recipe_parts = 1u << PLE_RECIPE_METHOD,
  .run = run_cluster,
};
