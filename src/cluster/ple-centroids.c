/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-centroids-private.h"

#include "base/ple-error.h"
#include "base/ple-parallel.h"
#include "base/ple-text.h"
#include "linalg/ple-linalg.h"
#include "nn/ple-safetensors.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* Rows of one product with the centres: a block of distances stays in the cache. */
#define READ_CHUNK 256

const PleParamChoice ple_metric_choices[] = {
  { PLE_METRIC_EUCLIDEAN, "euclidean", N_ ("Euclidean") },
  { PLE_METRIC_COSINE, "cosine", N_ ("Cosine") },
  { 0, NULL, NULL },
};

typedef struct
{
  PleMatrix *centres;
  PleMetric metric;
  double scale;
} CentroidModel;

static void
model_free (gpointer data)
{
  CentroidModel *model = data;

  ple_matrix_unref (model->centres);
  g_free (model);
}

typedef struct
{
  const PleMatrix *features;
  const CentroidModel *model;
  const float *centre_squares;
  float **products;    /* (READ_CHUNK, K) per worker, made on first use */
  const gint32 *given; /* (nullable) */
  gint32 *labels;
  float *distances;
  float *gaps;
} ReadOut;

/* Own centre of each row of a block (the nearest, unless labels are given), the squared distance to
 * it, and how much farther the nearest of the others is: below 0 if it is nearer. */
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
      if (read->model->metric == PLE_METRIC_COSINE && square > 0)
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
      if (read->given != NULL && (size_t) read->given[chunk->begin + i] != nearest)
        {
          second = first;
          nearest = (size_t) read->given[chunk->begin + i];
          first = read->centre_squares[nearest] - 2 * scale * product[nearest];
        }
      read->labels[chunk->begin + i] = (gint32) nearest;
      read->distances[chunk->begin + i] = (float) MAX (square + (double) first, 0);
      read->gaps[chunk->begin + i] = second - first;
    }
}

/* All three outputs have n elements. */
static gboolean
read_out (const CentroidModel *model,
          const PleMatrix *features,
          const gint32 *given,
          gint32 *labels,
          float *distances,
          float *gaps,
          PleProgress *progress,
          GError **error)
{
  const guint n_workers = ple_progress_get_n_threads (progress);
  g_autofree float *squares = g_new (float, model->centres->n_rows);
  g_autofree float **products = g_new0 (float *, n_workers);
  ReadOut read = { features, model, squares, products, given, labels, distances, gaps };
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
  if (gap <= 0)
    return 0;
  return scale > 0 ? (float) tanh ((double) gap / (2 * scale)) : 1;
}

gboolean
ple_centroids_predict (PleClustering *clustering,
                       const PleMatrix *features,
                       gint32 *labels,
                       float *confidence,
                       PleProgress *progress,
                       GError **error)
{
  const CentroidModel *model = clustering->model;
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
  if (!read_out (model, features, NULL, labels, distances, gaps, progress, error))
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

gboolean
ple_centroids_check (const PleMatrix *features, size_t n_clusters, GError **error)
{
  if (features->n_rows < n_clusters)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW,
                   _ ("%" G_GSIZE_FORMAT " rows cannot form %" G_GSIZE_FORMAT " clusters"),
                   features->n_rows, n_clusters);
      return FALSE;
    }
  return ple_matrix_check_finite (features, _ ("features"), error);
}

PleMatrix *
ple_centroids_rows (PleMatrix *features, PleMetric metric, GError **error)
{
  PleMatrix *rows;

  if (metric == PLE_METRIC_EUCLIDEAN)
    return ple_matrix_ref (features);
  rows = ple_matrix_copy (features, error);
  if (rows != NULL)
    ple_matrix_normalise_rows (rows);
  return rows;
}

PleClustering *
ple_centroids_finish (const PleMethod *method,
                      const PleMatrix *features,
                      PleMatrix *centres,
                      PleMetric metric,
                      const gint32 *labels,
                      PleProgress *progress,
                      GError **error)
{
  const size_t n = features->n_rows;
  g_autoptr (PleClustering) clustering = ple_clustering_new (method, centres->n_rows);
  g_autofree float *distances = g_new (float, n);
  g_autofree float *gaps = g_new (float, n);
  CentroidModel *model = g_new0 (CentroidModel, 1);
  double inertia = 0;

  model->centres = ple_matrix_ref (centres);
  model->metric = metric;
  clustering->model = model;
  clustering->model_free = model_free;
  clustering->centres = ple_matrix_ref (centres);
  clustering->labels = ple_labels_new (n);
  clustering->confidence = ple_matrix_new (n, 1, error);
  if (clustering->confidence == NULL ||
      !read_out (model, features, labels, clustering->labels->data, distances, gaps, progress,
                 error))
    return NULL;
  for (size_t i = 0; i < n; i++)
    inertia += (double) distances[i];
  model->scale = inertia / (double) n;
  for (size_t i = 0; i < n; i++)
    clustering->confidence->data[i] = confidence_of_gap (gaps[i], model->scale);

  clustering->metrics = json_object_new ();
  json_object_set_double_member (clustering->metrics, "inertia", inertia);
  json_object_set_int_member (clustering->metrics, "active_clusters",
                              (gint64) count_active (clustering->labels, centres->n_rows));
  ple_progress_value (progress, "inertia", 0, inertia);
  if (ple_progress_wants (progress, "labels"))
    ple_progress_publish (progress, "labels", clustering->labels->data, n, sizeof (gint32));
  return g_steal_pointer (&clustering);
}

gboolean
ple_centroids_save (PleClustering *clustering, const char *path, GError **error)
{
  const CentroidModel *model = clustering->model;
  g_autoptr (PleSafetensorsWriter) writer = ple_safetensors_writer_new ();
  char scale[PLE_DOUBLE_BUFFER];

  ple_safetensors_writer_set_metadata (writer, "method", clustering->method->id);
  ple_safetensors_writer_set_metadata (writer, "metric", ple_metric_choices[model->metric].nick);
  ple_safetensors_writer_set_metadata (writer, "scale", ple_format_double (model->scale, scale));
  ple_safetensors_writer_add_matrix (writer, "centres", model->centres);
  return ple_safetensors_writer_write (writer, path, PLE_SAFETENSORS_DURABLE, error);
}

PleClustering *
ple_centroids_load (const PleMethod *method, const char *path, GError **error)
{
  g_autoptr (PleSafetensors) file = ple_safetensors_open (path, error);
  g_autoptr (PleMatrix) centres = NULL;
  PleClustering *clustering;
  CentroidModel *model;
  const char *metric, *scale;
  double value;

  if (file == NULL)
    return NULL;
  metric = ple_safetensors_get_metadata (file, "metric");
  scale = ple_safetensors_get_metadata (file, "scale");
  if (g_strcmp0 (ple_safetensors_get_metadata (file, "method"), method->id) != 0 ||
      metric == NULL || scale == NULL || !ple_parse_double (scale, &value) || !(value >= 0))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, "%s: not a fitted model of %s",
                   path, method->id);
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

  clustering = ple_clustering_new (method, centres->n_rows);
  clustering->model = model = g_new0 (CentroidModel, 1);
  clustering->model_free = model_free;
  clustering->centres = ple_matrix_ref (centres);
  model->centres = g_steal_pointer (&centres);
  model->metric = strcmp (metric, ple_metric_choices[PLE_METRIC_COSINE].nick) == 0
                      ? PLE_METRIC_COSINE
                      : PLE_METRIC_EUCLIDEAN;
  model->scale = value;
  return clustering;
}
