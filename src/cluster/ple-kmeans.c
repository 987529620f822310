/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The method k-means: options, restarts and read-out around ple_lloyd(). Fitted file: "centres"
 * (K, d) F32; metadata "method" "kmeans", "metric" "euclidean" or "cosine", "scale" the mean
 * squared distance of a training row to its centre. */
#include "config.h"

#include "base/ple-error.h"
#include "base/ple-parallel.h"
#include "base/ple-text.h"
#include "cluster/ple-methods-private.h"
#include "linalg/ple-linalg.h"
#include "linalg/ple-lloyd.h"
#include "nn/ple-safetensors.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* Rows of one product with the centres: a block of distances stays in the cache. */
#define READ_CHUNK 256

typedef enum
{
  METRIC_EUCLIDEAN,
  METRIC_COSINE,
} Metric;

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

typedef struct
{
  PleMatrix *centres;
  int metric;
  double scale;
} KmeansModel;

/* clang-format off */
static const PleParamChoice metric_choices[] = {
  { METRIC_EUCLIDEAN, "euclidean", N_("Euclidean") },
  { METRIC_COSINE, "cosine", N_("Cosine") },
  { 0, NULL, NULL },
};

static const PleParamChoice init_choices[] = {
  { INIT_KMEANS_PLUS_PLUS, "k-means++", N_("k-means++") },
  { INIT_RANDOM, "random", N_("Random rows") },
  { 0, NULL, NULL },
};

static const PleParam params_table[] = {
  PLE_INT    (KmeansParams, num_clusters, "num_clusters", N_("Clusters"), 10, 1, 100000,
              .ui_min = 2, .ui_max = 200, .scale = PLE_SCALE_LOG, .aliases = "n_clusters k",
              .blurb = N_("How many groups to form.")),
  PLE_INT    (KmeansParams, n_init, "n_init", N_("Starts"), 10, 1, 1000,
              .ui_max = 50, .scale = PLE_SCALE_LOG, .aliases = "n_starts",
              .blurb = N_("Runs from different starting centres; the tightest is kept.")),
  PLE_ENUM   (KmeansParams, metric, "metric", N_("Distance"), METRIC_EUCLIDEAN, metric_choices,
              .blurb = N_("Euclidean, or cosine: rows and centres of length one.")),
  PLE_ENUM   (KmeansParams, init, "init", N_("Starting centres"), INIT_KMEANS_PLUS_PLUS, init_choices,
              .flags = PLE_PARAM_ADVANCED,
              .blurb = N_("k-means++ spreads the first centres out; random takes any rows.")),
  PLE_INT    (KmeansParams, max_iter, "max_iter", N_("Iterations"), 300, 1, 100000,
              .ui_max = 1000, .scale = PLE_SCALE_LOG, .aliases = "max_iterations",
              .flags = PLE_PARAM_ADVANCED | PLE_PARAM_NOT_SEARCHED,
              .blurb = N_("At most so many per start.")),
  PLE_DOUBLE (KmeansParams, tol, "tol", N_("Tolerance"), 1e-4, 0, 1,
              .scale = PLE_SCALE_LOG, .aliases = "tolerance",
              .flags = PLE_PARAM_ADVANCED | PLE_PARAM_NOT_SEARCHED,
              .blurb = N_("Stop a start once its inertia falls by less than this share.")),
  PLE_PARAM_END,
};

static const PlePreset presets[] = {
  { "auto", N_("Automatic"), "" },
  { "official", N_("As scikit-learn"), "n_init=10 max_iter=300 tol=1e-4 metric=euclidean init=k-means++" },
  { NULL, NULL, NULL },
};
/* clang-format on */

static void
kmeans_model_free (gpointer data)
{
  KmeansModel *model = data;

  ple_matrix_unref (model->centres);
  g_free (model);
}

typedef struct
{
  const PleMatrix *features;
  const KmeansModel *model;
  const float *centre_squares;
  float **products; /* (READ_CHUNK, K) per worker, made on first use */
  gint32 *labels;
  float *distances;
  float *gaps;
} ReadOut;

/* Nearest centre of each row of a block, the squared distance to it, and how much farther the
 * second nearest is. */
static void
read_block (const PleChunk *chunk, gpointer data)
{
  ReadOut *read = data;
  const PleMatrix *centres = read->model->centres;
  const size_t k = centres->n_rows;
  const size_t d = centres->n_cols;
  const size_t n = chunk->end - chunk->begin;
  float *products;

  if (read->products[chunk->worker] == NULL)
    read->products[chunk->worker] = g_new (float, READ_CHUNK *k);
  products = read->products[chunk->worker];
  ple_gemm (FALSE, TRUE, n, k, d, 1.0f, ple_matrix_row (read->features, chunk->begin), d,
            centres->data, d, 0.0f, products, k);

  for (size_t i = 0; i < n; i++)
    {
      const float *row = ple_matrix_row (read->features, chunk->begin + i);
      const float *product = products + i * k;
      float first = INFINITY, second = INFINITY;
      size_t nearest = 0;
      double square = 0;
      float scale = 1;

      for (size_t f = 0; f < d; f++)
        square += (double) row[f] * (double) row[f];
      /* Cosine: the row counts as if it had length one. */
      if (read->model->metric == METRIC_COSINE && square > 0)
        {
          scale = (float) (1 / sqrt (square));
          square = 1;
        }
      for (size_t j = 0; j < k; j++)
        {
          float value = read->centre_squares[j] - 2 * scale * product[j];

          if (value < first)
            {
              second = first;
              first = value;
              nearest = j;
            }
          else if (value < second)
            second = value;
        }
      read->labels[chunk->begin + i] = (gint32) nearest;
      read->distances[chunk->begin + i] = (float) MAX (square + (double) first, 0);
      read->gaps[chunk->begin + i] = second - first;
    }
}

/* All three outputs have n elements. */
static gboolean
read_out (const KmeansModel *model,
          const PleMatrix *features,
          gint32 *labels,
          float *distances,
          float *gaps,
          PleProgress *progress,
          GError **error)
{
  const guint n_workers = ple_progress_get_n_threads (progress);
  g_autofree float *squares = g_new (float, model->centres->n_rows);
  g_autofree float **products = g_new0 (float *, n_workers);
  ReadOut read = { features, model, squares, products, labels, distances, gaps };
  gboolean ok;

  for (size_t j = 0; j < model->centres->n_rows; j++)
    {
      const float *centre = ple_matrix_row (model->centres, j);
      double square = 0;

      for (size_t f = 0; f < model->centres->n_cols; f++)
        square += (double) centre[f] * (double) centre[f];
      squares[j] = (float) square;
    }
  ok =
      ple_parallel_for_reporting (features->n_rows, READ_CHUNK, read_block, &read, progress, error);
  for (guint w = 0; w < n_workers; w++)
    g_free (products[w]);
  return ok;
}

/* With two equal Gaussians whose variance is half the mean squared distance to the own centre, the
 * nearer one has the probability 1 / (1 + exp (-gap / scale)); the confidence is that, moved from
 * [1/2, 1] to [0, 1]: 0 on the border between two clusters, 0.76 where the second centre is farther
 * by the usual distance. */
static float
confidence_of_gap (float gap, double scale)
{
  if (!isfinite (gap))
    return 1; /* a single cluster */
  return scale > 0 ? (float) tanh ((double) gap / (2 * scale)) : gap > 0;
}

static gboolean
kmeans_predict (PleClustering *clustering,
                const PleMatrix *features,
                gint32 *labels,
                float *confidence,
                PleProgress *progress,
                GError **error)
{
  const KmeansModel *model = clustering->model;
  g_autofree float *distances = NULL;
  g_autofree float *gaps = NULL;

  if (features->n_cols != model->centres->n_cols)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE,
                   "features have %" G_GSIZE_FORMAT " columns, the centres %" G_GSIZE_FORMAT,
                   features->n_cols, model->centres->n_cols);
      return FALSE;
    }
  if (!ple_matrix_check_finite (features, _ ("features"), error))
    return FALSE;
  distances = g_new (float, MAX (features->n_rows, 1));
  gaps = g_new (float, MAX (features->n_rows, 1));
  if (!read_out (model, features, labels, distances, gaps, progress, error))
    return FALSE;
  for (size_t i = 0; confidence != NULL && i < features->n_rows; i++)
    confidence[i] = confidence_of_gap (gaps[i], model->scale);
  return TRUE;
}

static size_t
count_active (const PleLabels *labels, size_t n_clusters)
{
  g_autofree size_t *counts = ple_labels_count (labels, n_clusters);
  size_t active = 0;

  for (size_t j = 0; j < n_clusters; j++)
    active += counts[j] > 0;
  return active;
}

static PleClustering *
kmeans_fit (const PleFitInput *input, gconstpointer data, PleProgress *progress, GError **error)
{
  const KmeansParams *params = data;
  const size_t n = input->features->n_rows;
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
  g_autoptr (PleClustering) clustering = NULL;
  g_autoptr (PleMatrix) rows = ple_matrix_ref (input->features);
  g_autofree float *distances = NULL;
  g_autofree float *gaps = NULL;
  KmeansModel *model;
  double inertia = 0;
  PleRng rng;

  if (n < k)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW,
                   _ ("%" G_GSIZE_FORMAT " rows cannot form %" G_GSIZE_FORMAT " clusters"), n, k);
      return NULL;
    }
  if (!ple_matrix_check_finite (input->features, _ ("features"), error))
    return NULL;
  if (params->metric == METRIC_COSINE)
    {
      g_clear_pointer (&rows, ple_matrix_unref);
      rows = ple_matrix_copy (input->features, error);
      if (rows == NULL)
        return NULL;
      ple_matrix_normalise_rows (rows);
    }

  clustering = ple_clustering_new (&ple_kmeans_method, k);
  clustering->model = model = g_new0 (KmeansModel, 1);
  clustering->model_free = kmeans_model_free;
  clustering->labels = ple_labels_new (n);
  clustering->confidence = ple_matrix_new (n, 1, error);
  if (clustering->confidence == NULL)
    return NULL;
  model->metric = params->metric;
  ple_rng_init (&rng, input->seed);
  if (!ple_lloyd (rows, &options, params->metric == METRIC_COSINE, &rng, &model->centres,
                  clustering->labels->data, &inertia, training, error))
    return NULL;
  clustering->centres = ple_matrix_ref (model->centres);

  distances = g_new (float, n);
  gaps = g_new (float, n);
  if (!read_out (model, input->features, clustering->labels->data, distances, gaps, reading, error))
    return NULL;
  inertia = 0;
  for (size_t i = 0; i < n; i++)
    inertia += (double) distances[i];
  model->scale = inertia / (double) n;
  for (size_t i = 0; i < n; i++)
    clustering->confidence->data[i] = confidence_of_gap (gaps[i], model->scale);

  clustering->metrics = json_object_new ();
  json_object_set_double_member (clustering->metrics, "inertia", inertia);
  json_object_set_int_member (clustering->metrics, "active_clusters",
                              (gint64) count_active (clustering->labels, k));
  ple_progress_value (progress, "inertia", 0, inertia);
  if (ple_progress_wants (progress, "labels"))
    ple_progress_publish (progress, "labels", clustering->labels->data, n, sizeof (gint32));
  return g_steal_pointer (&clustering);
}

static gboolean
kmeans_save (PleClustering *clustering, const char *path, GError **error)
{
  const KmeansModel *model = clustering->model;
  g_autoptr (PleSafetensorsWriter) writer = ple_safetensors_writer_new ();
  char scale[PLE_DOUBLE_BUFFER];

  ple_safetensors_writer_set_metadata (writer, "method", ple_kmeans_method.id);
  ple_safetensors_writer_set_metadata (writer, "metric", metric_choices[model->metric].nick);
  ple_safetensors_writer_set_metadata (writer, "scale", ple_format_double (model->scale, scale));
  ple_safetensors_writer_add_matrix (writer, "centres", model->centres);
  return ple_safetensors_writer_write (writer, path, PLE_SAFETENSORS_DURABLE, error);
}

static PleClustering *
kmeans_load (const char *path, GError **error)
{
  g_autoptr (PleSafetensors) file = ple_safetensors_open (path, error);
  g_autoptr (PleMatrix) centres = NULL;
  PleClustering *clustering;
  KmeansModel *model;
  const char *metric, *scale;
  double value;

  if (file == NULL)
    return NULL;
  metric = ple_safetensors_get_metadata (file, "metric");
  scale = ple_safetensors_get_metadata (file, "scale");
  if (g_strcmp0 (ple_safetensors_get_metadata (file, "method"), ple_kmeans_method.id) != 0 ||
      metric == NULL || scale == NULL || !ple_parse_double (scale, &value) || !(value >= 0))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, "%s: not a k-means model", path);
      return NULL;
    }
  centres = ple_safetensors_get_matrix (file, "centres", error);
  if (centres == NULL)
    return NULL;
  if (centres->n_rows == 0 || centres->n_cols == 0)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY, "%s: no centres", path);
      return NULL;
    }
  if (!ple_matrix_check_finite (centres, path, error))
    return NULL;

  clustering = ple_clustering_new (&ple_kmeans_method, centres->n_rows);
  clustering->model = model = g_new0 (KmeansModel, 1);
  clustering->model_free = kmeans_model_free;
  clustering->centres = ple_matrix_ref (centres);
  model->centres = g_steal_pointer (&centres);
  model->metric =
      strcmp (metric, metric_choices[METRIC_COSINE].nick) == 0 ? METRIC_COSINE : METRIC_EUCLIDEAN;
  model->scale = value;
  return clustering;
}

const PleMethod ple_kmeans_method = {
  .id = "kmeans",
  .title = N_ ("k-means"),
  .summary = N_ ("Groups around centres: seconds, no training. The first look at any data."),
  .reference = "Lloyd 1982; Arthur and Vassilvitskii 2007",
  .version = 1,
  .params = params_table,
  .params_size = sizeof (KmeansParams),
  .presets = presets,
  .fit = kmeans_fit,
  .predict = kmeans_predict,
  .save = kmeans_save,
  .load = kmeans_load,
};
