/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Agglomerative clustering: the tree of ple_linkage() cut at the number of clusters. Of more rows
 * than its matrix of distances shall hold, k-means first makes micro-clusters, whose centres stand
 * for their members. New rows go to the nearest centre. */
#include "config.h"

#include "cluster/ple-centroids-private.h"
#include "cluster/ple-linkage.h"
#include "cluster/ple-methods-private.h"
#include "linalg/ple-lloyd.h"

#include <glib/gi18n.h>

/* Micro-clusters per cluster at least, as far as max_points allows, and at most in all: more of
 * them change little and cost O(n d) each. */
#define MICRO_PER_CLUSTER 8
#define MICRO_LEAST 2000

typedef struct
{
  int num_clusters;
  int linkage;
  int metric;
  int max_points;
} AgglomerativeParams;

/* clang-format off */
static const PleParamChoice linkage_choices[] = {
  { PLE_LINKAGE_WARD, "ward", N_("Ward") },
  { PLE_LINKAGE_AVERAGE, "average", N_("Average") },
  { PLE_LINKAGE_COMPLETE, "complete", N_("Complete") },
  { 0, NULL, NULL },
};

static const PleParam params_table[] = {
  PLE_INT    (AgglomerativeParams, num_clusters, "num_clusters", N_("Clusters"), 10, 1, 30000,
              .ui_min = 2, .ui_max = 200, .scale = PLE_SCALE_LOG, .aliases = "n_clusters k",
              .blurb = N_("How many groups to form.")),
  PLE_ENUM   (AgglomerativeParams, linkage, "linkage", N_("Linkage"), PLE_LINKAGE_WARD, linkage_choices,
              .blurb = N_("What makes two groups near: Ward favours even sizes, average and complete let small ones stand.")),
  PLE_ENUM   (AgglomerativeParams, metric, "metric", N_("Distance"), PLE_METRIC_EUCLIDEAN, ple_metric_choices,
              .blurb = N_("Euclidean, or cosine: rows of length one.")),
  PLE_INT    (AgglomerativeParams, max_points, "max_points", N_("Points"), 20000, 2, 30000,
              .scale = PLE_SCALE_LOG, .flags = PLE_PARAM_ADVANCED | PLE_PARAM_NOT_SEARCHED,
              .blurb = N_("Of more rows, k-means makes micro-clusters first. The memory needed is 4 bytes times the square: 1.6 GB for 20 000.")),
  PLE_PARAM_END,
};

static const PlePreset presets[] = {
  { "auto", N_("Automatic"), "" },
  { NULL, NULL, NULL },
};
/* clang-format on */

/* Means of the members, or of their directions. */
static PleMatrix *
mean_rows (const PleMatrix *rows, const gint32 *labels, size_t k, PleMetric metric, GError **error)
{
  const size_t d = rows->n_cols;
  PleMatrix *means = ple_matrix_new (k, d, error);
  g_autofree double *sums = g_new0 (double, k *d);
  g_autofree size_t *counts = g_new0 (size_t, k);

  if (means == NULL)
    return NULL;
  for (size_t i = 0; i < rows->n_rows; i++)
    {
      double *sum = sums + (size_t) labels[i] * d;

      counts[labels[i]]++;
      for (size_t f = 0; f < d; f++)
        sum[f] += (double) ple_matrix_row (rows, i)[f];
    }
  for (size_t j = 0; j < k; j++)
    for (size_t f = 0; f < d; f++)
      ple_matrix_row (means, j)[f] = (float) (sums[j * d + f] / (double) MAX (counts[j], 1));
  if (metric == PLE_METRIC_COSINE)
    ple_matrix_normalise_rows (means);
  return means;
}

/* Points that stand for the rows: @members (n) says which, @weights for how many. */
static PleMatrix *
make_points (const PleFitInput *input,
             const AgglomerativeParams *params,
             PleMatrix *rows,
             gint32 *members,
             double **weights,
             PleProgress *progress,
             GError **error)
{
  const size_t n = rows->n_rows;
  const size_t most = (size_t) params->max_points;
  const PleLloydOptions options = {
    .n_clusters = MIN (most, MAX (MICRO_PER_CLUSTER * (size_t) params->num_clusters, MICRO_LEAST)),
    .n_starts = 1,
    .max_iterations = 20,
    .tolerance = 1e-3,
  };
  PleMatrix *points = NULL;
  PleRng rng;

  if (n <= most)
    {
      for (size_t i = 0; i < n; i++)
        members[i] = (gint32) i;
      return ple_matrix_ref (rows);
    }
  ple_rng_init (&rng, input->seed);
  if (!ple_lloyd (rows, &options, params->metric == PLE_METRIC_COSINE, &rng, &points, members, NULL,
                  progress, error))
    return NULL;
  *weights = g_new0 (double, options.n_clusters);
  for (size_t i = 0; i < n; i++)
    (*weights)[members[i]]++;
  /* A micro-cluster that nobody is in would count for nothing and divide by it. */
  for (size_t j = 0; j < options.n_clusters; j++)
    (*weights)[j] = MAX ((*weights)[j], 1);
  return points;
}

static PleClustering *
fit (const PleFitInput *input, gconstpointer data, PleProgress *progress, GError **error)
{
  const AgglomerativeParams *params = data;
  const size_t n = input->features->n_rows;
  const size_t k = (size_t) params->num_clusters;
  const double split = n > (size_t) params->max_points ? 0.7 : 0;
  g_autoptr (PleProgress) micro = ple_progress_new_stage (progress, _ ("Micro-clusters"), 0, split);
  g_autoptr (PleProgress) merging = ple_progress_new_stage (progress, _ ("Merging"), split, 0.95);
  g_autoptr (PleProgress) reading = ple_progress_new_stage (progress, NULL, 0.95, 1);
  g_autoptr (PleMatrix) rows = NULL;
  g_autoptr (PleMatrix) points = NULL;
  g_autoptr (PleMatrix) centres = NULL;
  g_autofree gint32 *labels = NULL;
  g_autofree gint32 *members = NULL;
  g_autofree gint32 *groups = NULL;
  g_autofree double *weights = NULL;
  g_autofree PleMerge *merges = NULL;

  if (!ple_centroids_check (input->features, k, error))
    return NULL;
  if (n > (size_t) params->max_points && k > (size_t) params->max_points)
    {
      g_set_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_VALUE,
                   _ ("%zu clusters need at least as many points; raise max_points from %d"), k,
                   params->max_points);
      return NULL;
    }
  /* A tree that is half made is of no use. */
  ple_progress_set_stop_cancels (merging);
  labels = g_new (gint32, n);
  members = g_new (gint32, n);
  rows = ple_centroids_rows (input->features, (PleMetric) params->metric, error);
  points = rows != NULL ? make_points (input, params, rows, members, &weights, micro, error) : NULL;
  if (points == NULL)
    return NULL;
  merges = g_new (PleMerge, MAX (points->n_rows, 2) - 1);
  groups = g_new (gint32, points->n_rows);
  if (!ple_linkage (points, (PleLinkage) params->linkage, weights, merges, merging, error))
    return NULL;
  ple_linkage_cut (points->n_rows, merges, k, groups);
  for (size_t i = 0; i < n; i++)
    labels[i] = groups[members[i]];
  centres = mean_rows (rows, labels, k, (PleMetric) params->metric, error);
  return centres != NULL
             ? ple_centroids_finish (&ple_agglomerative_method, input->features, centres,
                                     (PleMetric) params->metric, labels, reading, error)
             : NULL;
}

static PleClustering *
load (const char *path, GError **error)
{
  return ple_centroids_load (&ple_agglomerative_method, path, error);
}

const PleMethod ple_agglomerative_method = {
  .id = "agglomerative",
  .title = N_ ("Agglomerative"),
  .summary = N_ ("Merges the two nearest groups until so many are left: no random start."),
  .reference = "Ward 1963; Müllner 2011",
  .version = 1,
  .params = params_table,
  .params_size = sizeof (AgglomerativeParams),
  .presets = presets,
  .fit = fit,
  .predict = ple_centroids_predict,
  .save = ple_centroids_save,
  .load = load,
};
