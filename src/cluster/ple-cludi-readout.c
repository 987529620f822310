/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a trained CLUDI gives: labels by the mean of several draws, and how far the draws agree. */
#include "config.h"

#include "cluster/ple-cludi-private.h"

#include "cluster/ple-labeling.h"

#include <glib/gi18n.h>
#include <string.h>

/* Probabilities of more entries (1 GiB) than this are not kept. */
#define MAX_PROBABILITIES ((size_t) 1 << 28)
/* Draws that agree less than this are a sign of trouble. */
#define MIN_AGREEMENT 0.9

static void
set_metrics (const PleCludiRun *run, PleClustering *clustering, double agreement)
{
  JsonObject *metrics = clustering->metrics = json_object_new ();
  const PleLabels *labels = clustering->labels;
  const size_t k = clustering->n_clusters;
  size_t smallest, largest;

  ple_labeling_get_sizes (labels->data, labels->n, k, &smallest, &largest);
  json_object_set_int_member (metrics, "active_clusters",
                              (gint64) ple_labeling_count_active (labels->data, labels->n, k));
  json_object_set_int_member (metrics, "smallest_cluster", (gint64) smallest);
  json_object_set_int_member (metrics, "largest_cluster", (gint64) largest);
  json_object_set_double_member (metrics, "draw_agreement", agreement);
  json_object_set_double_member (metrics, "loss", run->trainer->loss);
  json_object_set_double_member (metrics, "class_loss", run->trainer->class_loss);
  json_object_set_int_member (metrics, "epochs", (gint64) run->epoch);
  json_object_set_int_member (metrics, "steps_per_epoch", (gint64) run->plan.steps_per_epoch);
  json_object_set_int_member (metrics, "batch_size", (gint64) run->plan.batch);
  json_object_set_double_member (metrics, "peak_learning_rate", run->plan.peak_rate);
  json_object_set_double_member (metrics, "multiply_adds_per_step",
                                 ple_cludi_trainer_count (run->trainer, run->plan.batch));
  if (run->warm.labels == NULL)
    return;
  json_object_set_double_member (
      metrics, "warm_agreement",
      ple_labeling_compare (labels->n, k, labels->data, run->warm.labels));
  json_object_set_boolean_member (metrics, "warm_even", run->warm.uniform);
  json_object_set_double_member (metrics, "warm_excess", run->warm.excess);
  json_object_set_double_member (metrics, "warm_perplexity", run->warm.perplexity);
}

static void
warn (const PleClustering *clustering, double agreement, PleProgress *progress)
{
  const size_t k = clustering->n_clusters;
  const size_t active =
      ple_labeling_count_active (clustering->labels->data, clustering->labels->n, k);

  if (active * 10 < k * 9)
    ple_progress_warning (progress,
                          _ ("only %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT
                             " clusters are used; a warm start, a lower learning rate or fewer "
                             "clusters may help"),
                          active, k);
  if (agreement < MIN_AGREEMENT)
    ple_progress_warning (progress,
                          _ ("draws agree by %.2f only: the clusters are not settled, more epochs "
                             "may help"),
                          agreement);
}

static gboolean
set_history (const PleCludiRun *run, PleClustering *clustering, GError **error)
{
  static const char *const names[] = { "loss", "class_loss", "active_clusters", NULL };

  clustering->history =
      ple_matrix_new (run->history->len / PLE_CLUDI_N_SERIES, PLE_CLUDI_N_SERIES, error);
  if (clustering->history == NULL)
    return FALSE;
  if (run->history->len > 0)
    memcpy (clustering->history->data, run->history->data, run->history->len * sizeof (float));
  clustering->history_names = g_strdupv ((char **) names);
  return TRUE;
}

PleClustering *
ple_cludi_run_read_out (PleCludiRun *run, PleProgress *progress, GError **error)
{
  g_autoptr (PleProgress) stage = ple_progress_new_stage (progress, _ ("Labels"), 0.96, 1);
  const size_t n = run->rows->n_rows, k = (size_t) run->params->num_clusters;
  g_autofree gint32 *first = g_new (gint32, n);
  g_autofree gint32 *second = g_new (gint32, n);
  PleCludiReading reading = { .first = first, .second = second };
  g_autoptr (PleClustering) clustering = NULL;
  double agreement;

  run->model->net = ple_cludi_net_copy (
      run->params->teacher == PLE_CLUDI_TEACHER_AVERAGE ? run->trainer->average : run->trainer->net,
      error);
  if (run->model->net == NULL)
    return NULL;
  clustering = ple_cludi_clustering_new (g_steal_pointer (&run->model));
  clustering->labels = ple_labels_new (n);
  clustering->confidence = ple_matrix_new (n, 1, error);
  if (clustering->confidence == NULL)
    return NULL;
  if (n <= MAX_PROBABILITIES / k)
    {
      clustering->probabilities = ple_matrix_new (n, k, error);
      if (clustering->probabilities == NULL)
        return NULL;
      reading.shares = clustering->probabilities->data;
    }
  reading.labels = clustering->labels->data;
  reading.confidence = clustering->confidence->data;
  if (!ple_cludi_model_read (clustering->model, run->rows, &reading, stage, error))
    return NULL;
  clustering->centres =
      ple_clustering_default_centres (run->input->features, clustering->labels, k, stage, error);
  if (clustering->centres == NULL || !set_history (run, clustering, error))
    return NULL;
  agreement = ple_labeling_compare (n, k, first, second);
  set_metrics (run, clustering, agreement);
  warn (clustering, agreement, progress);
  return g_steal_pointer (&clustering);
}
