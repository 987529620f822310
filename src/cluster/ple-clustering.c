/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-error.h"
#include "base/ple-parallel.h"
#include "cluster/ple-method.h"

#include <math.h>
#include <string.h>

PleClustering *
ple_clustering_new (const PleMethod *method, size_t n_clusters)
{
  PleClustering *clustering = g_new0 (PleClustering, 1);

  clustering->method = method;
  clustering->n_clusters = n_clusters;
  clustering->ref_count = 1;
  return clustering;
}

PleClustering *
ple_clustering_ref (PleClustering *clustering)
{
  if (clustering != NULL)
    g_atomic_int_inc (&clustering->ref_count);
  return clustering;
}

void
ple_clustering_unref (PleClustering *clustering)
{
  if (clustering == NULL || !g_atomic_int_dec_and_test (&clustering->ref_count))
    return;
  ple_labels_unref (clustering->labels);
  ple_matrix_unref (clustering->confidence);
  ple_matrix_unref (clustering->probabilities);
  ple_matrix_unref (clustering->centres);
  ple_matrix_unref (clustering->history);
  g_strfreev (clustering->history_names);
  g_clear_pointer (&clustering->metrics, json_object_unref);
  if (clustering->model_free != NULL)
    clustering->model_free (clustering->model);
  g_free (clustering);
}

typedef struct
{
  const PleMatrix *features;
  const PleLabels *labels;
  size_t n_clusters;
  double *sums;
  size_t *counts;
} CentreSums;

/* Members of each cluster in the order of their rows: a cluster belongs to one chunk, so that its
 * sum does not depend on the number of threads and needs no memory per thread. */
static void
sum_clusters (const PleChunk *chunk, gpointer data)
{
  CentreSums *sums = data;
  const size_t d = sums->features->n_cols;

  for (size_t i = 0; i < sums->labels->n; i++)
    {
      gint32 label = sums->labels->data[i];
      const float *row;
      double norm = 0;
      double *sum;

      if (label < 0 || (size_t) label < chunk->begin || (size_t) label >= chunk->end)
        continue;
      row = ple_matrix_row (sums->features, i);
      sum = sums->sums + (size_t) label * d;
      for (size_t f = 0; f < d; f++)
        norm += (double) row[f] * (double) row[f];
      norm = norm > 0 ? 1 / sqrt (norm) : 0;
      for (size_t f = 0; f < d; f++)
        sum[f] += (double) row[f] * norm;
      sums->counts[label]++;
    }
}

PleMatrix *
ple_clustering_default_centres (const PleMatrix *features,
                                const PleLabels *labels,
                                size_t n_clusters,
                                PleProgress *progress,
                                GError **error)
{
  const size_t d = features->n_cols;
  g_autoptr (PleMatrix) centres = NULL;
  g_autofree double *sums = NULL;
  g_autofree size_t *counts = NULL;
  CentreSums job;
  size_t size;

  g_return_val_if_fail (labels->n == features->n_rows, NULL);

  centres = ple_matrix_new (n_clusters, d, error);
  if (centres == NULL)
    return NULL;
  if (!g_size_checked_mul (&size, MAX (n_clusters, 1), MAX (d, 1)) ||
      (sums = g_try_new0 (double, size)) == NULL)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY,
                   "no memory for %" G_GSIZE_FORMAT " centres", n_clusters);
      return NULL;
    }
  counts = g_new0 (size_t, MAX (n_clusters, 1));
  job = (CentreSums){ features, labels, n_clusters, sums, counts };
  /* A handful of chunks: each walks over all labels. */
  if (!ple_parallel_for (n_clusters, MAX (n_clusters / 16, 1), sum_clusters, &job, progress, error))
    return NULL;
  for (size_t j = 0; j < n_clusters; j++)
    for (size_t f = 0; f < d && counts[j] > 0; f++)
      ple_matrix_row (centres, j)[f] = (float) (sums[j * d + f] / (double) counts[j]);
  return g_steal_pointer (&centres);
}
