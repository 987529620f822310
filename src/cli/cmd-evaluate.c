/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/ple-cli.h"

#include "base/ple-error.h"
#include "evaluate/ple-metrics.h"
#include "linalg/ple-array-file.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  char *labels;
  char *predictions;
  int num_clusters;
} EvaluateOptions;

/* clang-format off */
static const PleParam evaluate_params[] = {
  PLE_STRING (EvaluateOptions, labels, "labels", N_("True classes"), "",
              .blurb = N_("True classes: .npy, .npz, .csv or text with one number a line.")),
  PLE_STRING (EvaluateOptions, predictions, "predictions", N_("Predictions"), "",
              .blurb = N_("Clusters of the same rows; -1 (noise) counts as a mistake.")),
  PLE_INT    (EvaluateOptions, num_clusters, "num_clusters", N_("Clusters"), 0, 0, 1000000000,
              .flags = PLE_PARAM_ZERO_IS_AUTO,
              .blurb = N_("Number of clusters, empty ones included; automatic is the largest id + 1.")),
  PLE_PARAM_END
};
/* clang-format on */

static void
print_text (const PleMetrics *metrics)
{
  printf (_ ("accuracy              %.6f\n"), metrics->accuracy);
  printf (_ ("accuracy many to one  %.6f\n"), metrics->accuracy_many_to_one);
  printf (_ ("NMI                   %.6f (geometric %.6f)\n"), metrics->nmi,
          metrics->nmi_geometric);
  printf (_ ("ARI                   %.6f\n"), metrics->ari);
  printf (_ ("AMI                   %.6f\n"), metrics->ami);
  printf (_ ("rows                  %zu, of them noise %zu\n"), metrics->n_samples,
          metrics->n_noise);
  printf (_ ("clusters              %zu, of them empty %zu\n"), metrics->n_clusters,
          metrics->n_empty_clusters);
  printf (_ ("sizes                 %.1f +- %.1f, %.0f to %.0f\n"), metrics->size_mean,
          metrics->size_deviation, metrics->size_min, metrics->size_max);
}

static gboolean
run_evaluate (PleCli *cli, GError **error)
{
  const EvaluateOptions *options = ple_cli_get_options (cli);
  g_auto (PleCliClock) clock = ple_cli_clock_start ();
  g_autoptr (PleLabels) truth = NULL;
  g_autoptr (PleLabels) predicted = NULL;
  g_autoptr (JsonObject) object = json_object_new ();
  PleMetrics metrics;

  if (!ple_cli_require (cli, "labels", error) || !ple_cli_require (cli, "predictions", error))
    return FALSE;
  truth = ple_labels_read (options->labels, error);
  predicted = truth != NULL ? ple_labels_read (options->predictions, error) : NULL;
  if (predicted == NULL)
    return FALSE;
  if (truth->n != predicted->n)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   _ ("%s has %zu rows, %s has %zu"), options->labels, truth->n,
                   options->predictions, predicted->n);
      return FALSE;
    }
  if (options->num_clusters > 0 &&
      ple_labels_get_n_groups (predicted) > (size_t) options->num_clusters)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   _ ("%s: holds clusters beyond --num_clusters %d"), options->predictions,
                   options->num_clusters);
      return FALSE;
    }
  ple_cli_clock_mark (&clock, "read");
  ple_metrics_compute (truth, predicted, (size_t) options->num_clusters, &metrics, NULL);
  ple_cli_clock_mark (&clock, "evaluate");
  ple_metrics_to_json (&metrics, object);
  json_object_set_int_member (object, "num_noise", (gint64) metrics.n_noise);
  ple_cli_clock_finish (&clock, object);
  if (ple_cli_wants_json (cli))
    ple_cli_print_json (object);
  else
    print_text (&metrics);
  return TRUE;
}

const PleCommand ple_command_evaluate = {
  .name = "evaluate",
  .arguments = "--labels FILE --predictions FILE [OPTION…]",
  .summary = N_ ("accuracy, NMI, ARI and AMI of given clusters"),
  .params = evaluate_params,
  .params_size = sizeof (EvaluateOptions),
  .run = run_evaluate,
};
