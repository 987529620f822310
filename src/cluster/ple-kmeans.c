/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The methods k-means and spherical k-means: options and restarts around ple_lloyd(). */
#include "config.h"

#include "cluster/ple-centroids-private.h"
#include "cluster/ple-methods-private.h"
#include "linalg/ple-lloyd.h"

#include <glib/gi18n.h>

typedef enum
{
  INIT_KMEANS_PLUS_PLUS,
  INIT_RANDOM,
} Init;

typedef struct
{
  int num_clusters;
  int n_init;
  int max_iter;
  double tol;
  int metric;
  int init;
} KmeansParams;

/* clang-format off */
static const PleParamChoice init_choices[] = {
  { INIT_KMEANS_PLUS_PLUS, "k-means++", N_("k-means++") },
  { INIT_RANDOM, "random", N_("Random rows") },
  { 0, NULL, NULL },
};

#define NUM_CLUSTERS                                                                                  \
  PLE_INT    (KmeansParams, num_clusters, "num_clusters", N_("Clusters"), 10, 1, 100000,              \
              .ui_min = 2, .ui_max = 200, .scale = PLE_SCALE_LOG, .aliases = "n_clusters k",          \
              .blurb = N_("How many groups to form."))
#define N_INIT                                                                                        \
  PLE_INT    (KmeansParams, n_init, "n_init", N_("Starts"), 10, 1, 1000,                              \
              .ui_max = 50, .scale = PLE_SCALE_LOG, .aliases = "n_starts",                            \
              .blurb = N_("Runs from different starting centres; the tightest is kept."))
#define INIT                                                                                          \
  PLE_ENUM   (KmeansParams, init, "init", N_("Starting centres"), INIT_KMEANS_PLUS_PLUS, init_choices, \
              .flags = PLE_PARAM_ADVANCED,                                                            \
              .blurb = N_("k-means++ spreads the first centres out; random takes any rows."))
#define MAX_ITER                                                                                      \
  PLE_INT    (KmeansParams, max_iter, "max_iter", N_("Iterations"), 300, 1, 100000,                   \
              .ui_max = 1000, .scale = PLE_SCALE_LOG, .aliases = "max_iterations",                    \
              .flags = PLE_PARAM_ADVANCED | PLE_PARAM_NOT_SEARCHED,                                   \
              .blurb = N_("At most so many per start."))
#define TOL                                                                                           \
  PLE_DOUBLE (KmeansParams, tol, "tol", N_("Tolerance"), 1e-4, 0, 1,                                  \
              .scale = PLE_SCALE_LOG, .aliases = "tolerance",                                         \
              .flags = PLE_PARAM_ADVANCED | PLE_PARAM_NOT_SEARCHED,                                   \
              .blurb = N_("Stop a start once its inertia falls by less than this share."))

static const PleParam kmeans_table[] = {
  NUM_CLUSTERS,
  N_INIT,
  PLE_ENUM   (KmeansParams, metric, "metric", N_("Distance"), PLE_METRIC_EUCLIDEAN, ple_metric_choices,
              .blurb = N_("Euclidean, or cosine: rows and centres of length one.")),
  INIT,
  MAX_ITER,
  TOL,
  PLE_PARAM_END,
};

static const PleParam spherical_table[] = {
  NUM_CLUSTERS, N_INIT, INIT, MAX_ITER, TOL, PLE_PARAM_END,
};

static const PlePreset kmeans_presets[] = {
  { "auto", N_("Automatic"), "" },
  { "official", N_("As scikit-learn"), "n_init=10 max_iter=300 tol=1e-4 metric=euclidean init=k-means++" },
  { NULL, NULL, NULL },
};

static const PlePreset spherical_presets[] = {
  { "auto", N_("Automatic"), "" },
  { NULL, NULL, NULL },
};
/* clang-format on */

static PleClustering *
fit_with (const PleMethod *method,
          const PleFitInput *input,
          const KmeansParams *params,
          PleMetric metric,
          PleProgress *progress,
          GError **error)
{
  const size_t k = (size_t) params->num_clusters;
  const PleLloydOptions options = {
    .n_clusters = k,
    .n_starts = (size_t) params->n_init,
    .max_iterations = (size_t) params->max_iter,
    .tolerance = params->tol,
    .random_seeds = params->init == INIT_RANDOM,
  };
  g_autoptr (PleProgress) training = ple_progress_new_stage (progress, _ ("k-means"), 0, 0.95);
  g_autoptr (PleProgress) reading = ple_progress_new_stage (progress, NULL, 0.95, 1);
  g_autoptr (PleMatrix) rows = NULL;
  g_autoptr (PleMatrix) centres = NULL;
  PleRng rng;

  if (!ple_centroids_check (input->features, k, error))
    return NULL;
  rows = ple_centroids_rows (input->features, metric, error);
  ple_rng_init (&rng, input->seed);
  if (rows == NULL || !ple_lloyd (rows, &options, metric == PLE_METRIC_COSINE, &rng, &centres, NULL,
                                  NULL, training, error))
    return NULL;
  return ple_centroids_finish (method, input->features, centres, metric, NULL, reading, error);
}

static PleClustering *
kmeans_fit (const PleFitInput *input, gconstpointer data, PleProgress *progress, GError **error)
{
  const KmeansParams *params = data;

  return fit_with (&ple_kmeans_method, input, params, (PleMetric) params->metric, progress, error);
}

static PleClustering *
spherical_fit (const PleFitInput *input, gconstpointer data, PleProgress *progress, GError **error)
{
  return fit_with (&ple_spherical_kmeans_method, input, data, PLE_METRIC_COSINE, progress, error);
}

static PleClustering *
kmeans_load (const char *path, GError **error)
{
  return ple_centroids_load (&ple_kmeans_method, path, error);
}

static PleClustering *
spherical_load (const char *path, GError **error)
{
  return ple_centroids_load (&ple_spherical_kmeans_method, path, error);
}

const PleMethod ple_kmeans_method = {
  .id = "kmeans",
  .title = N_ ("k-means"),
  .summary = N_ ("Groups around centres: seconds, no training. The first look at any data."),
  .reference = "Lloyd 1982; Arthur and Vassilvitskii 2007",
  .version = 1,
  .params = kmeans_table,
  .params_size = sizeof (KmeansParams),
  .presets = kmeans_presets,
  .fit = kmeans_fit,
  .predict = ple_centroids_predict,
  .save = ple_centroids_save,
  .load = kmeans_load,
};

const PleMethod ple_spherical_kmeans_method = {
  .id = "spherical-kmeans",
  .title = N_ ("Spherical k-means"),
  .summary = N_ ("k-means on directions: for features whose length says nothing, such as CLIP's."),
  .reference = "Dhillon and Modha 2001",
  .version = 1,
  .params = spherical_table,
  .params_size = sizeof (KmeansParams),
  .presets = spherical_presets,
  .fit = spherical_fit,
  .predict = ple_centroids_predict,
  .save = ple_centroids_save,
  .load = spherical_load,
};
