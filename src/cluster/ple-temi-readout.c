/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a trained TEMI gives: which head is read out, the labels, and how far the heads agree. */
#include "config.h"

#include "cluster/ple-temi-private.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* Probabilities of more entries (1 GiB) than this are not kept. */
#define MAX_PROBABILITIES ((size_t) 1 << 28)
/* Rows on which the heads are compared: every so many-th. */
#define COMPARED_ROWS 20000

static double
pairs_of (double n)
{
  return n * (n - 1) / 2;
}

/* Adjusted Rand index of two labelings into k clusters each (Hubert and Arabie 1985), in O(n + k).
 */
static double
adjusted_rand (size_t n, size_t k, const gint32 *a, const gint32 *b)
{
  g_autofree size_t *begin = g_new0 (size_t, k + 1);
  g_autofree size_t *at = g_new (size_t, k);
  g_autofree gint32 *sorted = g_new (gint32, n);
  g_autofree double *counts = g_new0 (double, k);
  double both = 0, left = 0, right = 0, expected, largest;

  for (size_t i = 0; i < n; i++)
    {
      begin[a[i] + 1]++;
      counts[b[i]]++;
    }
  for (size_t j = 0; j < k; j++)
    {
      right += pairs_of (counts[j]);
      left += pairs_of ((double) begin[j + 1]);
      counts[j] = 0;
      begin[j + 1] += begin[j];
      at[j] = begin[j];
    }
  for (size_t i = 0; i < n; i++)
    sorted[at[a[i]]++] = b[i];
  for (size_t j = 0; j < k; j++)
    {
      /* Adding a member to m others makes m pairs. */
      for (size_t i = begin[j]; i < begin[j + 1]; i++)
        both += counts[sorted[i]]++;
      for (size_t i = begin[j]; i < begin[j + 1]; i++)
        counts[sorted[i]] = 0;
    }
  expected = left * right / pairs_of ((double) n);
  largest = (left + right) / 2;
  return largest > expected ? (both - expected) / (largest - expected) : 1;
}

/* Labels of every head on the rows that are compared, (H, n_compared). (transfer full) (nullable)
 */
static gint32 *
read_all_heads (PleTemiRun *run,
                const PleTemiModel *model,
                size_t *n_compared,
                PleProgress *progress,
                GError **error)
{
  const size_t n = run->rows->n_rows, n_heads = model->heads->shape.n_heads;
  const size_t stride = (n - 1) / COMPARED_ROWS + 1;
  const size_t n_taken = (n - 1) / stride + 1;
  g_autofree guint32 *taken = g_new (guint32, n_taken);
  g_autofree gint32 *labels = g_new (gint32, n_heads * n_taken);
  g_autoptr (PleMatrix) rows = NULL;

  for (size_t i = 0; i < n_taken; i++)
    taken[i] = (guint32) (i * stride);
  rows = ple_matrix_take (run->rows, taken, n_taken, error);
  for (size_t h = 0; rows != NULL && h < n_heads; h++)
    if (!ple_temi_model_read (model, h, rows, TRUE, labels + h * n_taken, NULL, NULL, progress,
                              error))
      return NULL;
  *n_compared = n_taken;
  return rows != NULL ? g_steal_pointer (&labels) : NULL;
}

/* Mean adjusted Rand index of each head with the others; 1 for a single head. */
static gboolean
compare_heads (PleTemiRun *run,
               const PleTemiModel *model,
               double *agreements,
               PleProgress *progress,
               GError **error)
{
  const size_t n_heads = model->heads->shape.n_heads, k = model->heads->shape.n_clusters;
  g_autofree gint32 *labels = NULL;
  size_t n;

  for (size_t h = 0; h < n_heads; h++)
    agreements[h] = n_heads > 1 ? 0 : 1;
  if (n_heads == 1)
    return TRUE;
  labels = read_all_heads (run, model, &n, progress, error);
  if (labels == NULL)
    return FALSE;
  for (size_t h = 0; h < n_heads; h++)
    for (size_t other = 0; other < h; other++)
      {
        double rand = adjusted_rand (n, k, labels + h * n, labels + other * n);

        if (!ple_progress_check (progress, error))
          return FALSE;
        agreements[h] += rand / (double) (n_heads - 1);
        agreements[other] += rand / (double) (n_heads - 1);
      }
  return TRUE;
}

static JsonArray *
array_of (const double *values, size_t n)
{
  JsonArray *array = json_array_new ();

  for (size_t i = 0; i < n; i++)
    json_array_add_double_element (array, values[i]);
  return array;
}

static void
set_spread (JsonObject *metrics, const char *name, const double *values, size_t n)
{
  g_autofree char *mean_name = g_strdup_printf ("%s_mean", name);
  g_autofree char *min_name = g_strdup_printf ("%s_min", name);
  g_autofree char *max_name = g_strdup_printf ("%s_max", name);
  double mean = 0, min = INFINITY, max = -INFINITY;

  for (size_t i = 0; i < n; i++)
    {
      mean += values[i] / (double) n;
      min = MIN (min, values[i]);
      max = MAX (max, values[i]);
    }
  json_object_set_double_member (metrics, mean_name, mean);
  json_object_set_double_member (metrics, min_name, min);
  json_object_set_double_member (metrics, max_name, max);
}

/* The head that is read out, and how the heads spread, for results.json. */
static gboolean
choose_head (PleTemiRun *run, PleClustering *clustering, PleProgress *progress, GError **error)
{
  PleTemiModel *model = clustering->model;
  const size_t n_heads = model->heads->shape.n_heads;
  g_autofree double *agreements = g_new (double, n_heads);
  JsonObject *metrics = clustering->metrics = json_object_new ();
  size_t best = model->best_head; /* with the smallest loss */

  if (!compare_heads (run, model, agreements, progress, error))
    return FALSE;
  if (run->params->head_choice == PLE_TEMI_HEAD_AGREEMENT)
    for (size_t h = 0; h < n_heads; h++)
      if (agreements[h] > agreements[best])
        best = h;
  json_object_set_int_member (metrics, "best_head", (gint64) best);
  json_object_set_int_member (metrics, "smallest_loss_head", (gint64) model->best_head);
  model->best_head = best;
  json_object_set_array_member (metrics, "head_losses", array_of (run->head_losses, n_heads));
  json_object_set_array_member (metrics, "head_agreements", array_of (agreements, n_heads));
  set_spread (metrics, "head_loss", run->head_losses, n_heads);
  set_spread (metrics, "head_agreement", agreements, n_heads);
  json_object_set_int_member (metrics, "epochs", (gint64) run->epoch);
  json_object_set_int_member (metrics, "steps", (gint64) run->trainer->n_steps);
  json_object_set_int_member (metrics, "batch_size", (gint64) run->plan.batch);
  json_object_set_int_member (metrics, "knn", (gint64) run->plan.n_neighbours);
  json_object_set_double_member (metrics, "teacher_momentum", run->plan.momentum);
  json_object_set_double_member (metrics, "peak_learning_rate", run->plan.peak_rate);
  return TRUE;
}

static void
count_clusters (PleClustering *clustering, PleProgress *progress)
{
  const size_t active = ple_temi_count_active (clustering->labels->data, clustering->labels->n,
                                               clustering->n_clusters);

  json_object_set_int_member (clustering->metrics, "active_clusters", (gint64) active);
  if (active * 10 < clustering->n_clusters * 9)
    ple_progress_warning (progress,
                          _ ("only %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT
                             " clusters are used; fewer neighbours, a smaller beta or fewer "
                             "clusters may help"),
                          active, clustering->n_clusters);
}

gboolean
ple_temi_run_read_out (PleTemiRun *run,
                       PleClustering *clustering,
                       PleProgress *progress,
                       GError **error)
{
  static const char *const names[] = { "loss", "best_loss", "active_clusters", NULL };
  g_autoptr (PleProgress) stage = ple_progress_new_stage (progress, _ ("Labels"), 0.98, 1);
  const size_t n = run->rows->n_rows, k = clustering->n_clusters;
  const PleTemiModel *model = clustering->model;

  clustering->labels = ple_labels_new (n);
  clustering->confidence = ple_matrix_new (n, 1, error);
  if (clustering->confidence == NULL)
    return FALSE;
  if (n <= MAX_PROBABILITIES / k)
    {
      clustering->probabilities = ple_matrix_new (n, k, error);
      if (clustering->probabilities == NULL)
        return FALSE;
    }
  if (!choose_head (run, clustering, stage, error) ||
      !ple_temi_model_read (
          model, model->best_head, run->rows, TRUE, clustering->labels->data,
          clustering->confidence->data,
          clustering->probabilities != NULL ? clustering->probabilities->data : NULL, stage, error))
    return FALSE;
  clustering->centres =
      ple_clustering_default_centres (run->input->features, clustering->labels, k, stage, error);
  clustering->history =
      ple_matrix_new (run->history->len / PLE_TEMI_N_SERIES, PLE_TEMI_N_SERIES, error);
  if (clustering->centres == NULL || clustering->history == NULL)
    return FALSE;
  if (run->history->len > 0)
    memcpy (clustering->history->data, run->history->data, run->history->len * sizeof (float));
  clustering->history_names = g_strdupv ((char **) names);
  count_clusters (clustering, progress);
  return TRUE;
}
