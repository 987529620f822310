/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "curate/ple-pseudo-labels.h"

#include "base/ple-error.h"
#include "base/ple-parallel.h"

#include <math.h>
#include <string.h>

/* Rows per chunk of the parallel loop: about a millisecond. */
#define CHUNK 1024

/* --- nearest members ----------------------------------------------------------------------- */

typedef struct
{
  const PleMatrix *features;
  const PleMatrix *centres;
  const double *centre_norms;
  const PleLabels *assignments;
  double *cosines;
} Cosines;

static double
norm_of (const float *row, size_t d)
{
  double sum = 0;

  for (size_t f = 0; f < d; f++)
    sum += (double) row[f] * (double) row[f];
  return sqrt (sum);
}

/* The cluster of item @i, or -1 for none and for one without a centre. */
static gint32
cluster_of (const PleLabels *assignments, size_t i, size_t n_clusters)
{
  gint32 cluster = assignments->data[i];

  return cluster >= 0 && (size_t) cluster < n_clusters ? cluster : -1;
}

/* cos(x, own centre) of each row, 0 where one of them is 0 or there is no centre. */
static void
cosines_chunk (const PleChunk *chunk, gpointer data)
{
  const Cosines *job = data;
  size_t d = job->features->n_cols;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    {
      gint32 cluster = cluster_of (job->assignments, i, job->centres->n_rows);
      const float *x = ple_matrix_row (job->features, i);
      double product = 0, norms;

      job->cosines[i] = 0;
      if (cluster < 0)
        continue;
      const float *centre = ple_matrix_row (job->centres, (size_t) cluster);
      for (size_t f = 0; f < d; f++)
        product += (double) x[f] * (double) centre[f];
      norms = norm_of (x, d) * job->centre_norms[cluster];
      if (norms > 0)
        job->cosines[i] = product / norms;
    }
}

static double *
compute_cosines (const PleMatrix *features,
                 const PleMatrix *centres,
                 const PleLabels *assignments,
                 PleProgress *progress,
                 GError **error)
{
  g_autofree double *cosines = g_new (double, MAX (features->n_rows, 1));
  g_autofree double *norms = g_new (double, MAX (centres->n_rows, 1));
  Cosines job = { features, centres, norms, assignments, cosines };

  for (size_t j = 0; j < centres->n_rows; j++)
    norms[j] = norm_of (ple_matrix_row (centres, j), centres->n_cols);
  if (!ple_parallel_for_reporting (features->n_rows, CHUNK, cosines_chunk, &job, progress, error))
    return NULL;
  return g_steal_pointer (&cosines);
}

/* Fills the k nearest of each cluster: rows come in rising order and only a strictly larger cosine
 * goes before, so ties keep the lower row. Returns: (transfer full): how many each cluster has */
static size_t *
find_nearest (PlePseudoLabels *labels, const PleLabels *assignments, const double *cosines)
{
  size_t k = labels->k;
  size_t *n_nearest = g_new0 (size_t, MAX (labels->n_clusters, 1));

  for (size_t i = 0; i < assignments->n; i++)
    {
      gint32 cluster = cluster_of (assignments, i, labels->n_clusters);
      gint32 *nearest;
      size_t place;

      if (cluster < 0)
        continue;
      nearest = labels->nearest + (size_t) cluster * k;
      place = n_nearest[cluster];
      if (place == k && !(cosines[i] > cosines[nearest[k - 1]]))
        continue;
      place = MIN (place, k - 1);
      for (; place > 0 && cosines[i] > cosines[nearest[place - 1]]; place--)
        nearest[place] = nearest[place - 1];
      nearest[place] = (gint32) i;
      n_nearest[cluster] = MIN (n_nearest[cluster] + 1, k);
    }
  return n_nearest;
}

/* --- the vote ------------------------------------------------------------------------------ */

/* The class that most of @rows have (tie: the smallest) and its share of those that have one. */
static void
vote (const PleLabels *truth,
      const gint32 *rows,
      size_t n,
      size_t *counts, /* per class, all 0 before and after */
      gint32 *label,
      float *confidence)
{
  size_t n_votes = 0;

  *label = -1;
  *confidence = 0;
  for (size_t i = 0; i < n; i++)
    {
      gint32 class = truth->data[rows[i]];

      if (class < 0)
        continue;
      n_votes++;
      counts[class]++;
    }
  for (size_t i = 0; i < n; i++)
    {
      gint32 class = truth->data[rows[i]];

      if (class < 0)
        continue;
      if (*label < 0 || counts[class] > counts[*label] ||
          (counts[class] == counts[*label] && class < *label))
        *label = class;
    }
  if (n_votes > 0)
    *confidence = (float) ((double) counts[*label] / (double) n_votes);
  for (size_t i = 0; i < n; i++)
    if (truth->data[rows[i]] >= 0)
      counts[truth->data[rows[i]]] = 0;
}

static void
decide_clusters (PlePseudoLabels *labels,
                 const PleLabels *truth,
                 const gint32 *names,
                 const size_t *n_nearest)
{
  size_t n_classes = truth != NULL ? ple_labels_get_n_groups (truth) : 0;
  g_autofree size_t *counts = g_new0 (size_t, n_classes + 1);

  for (size_t j = 0; j < labels->n_clusters; j++)
    {
      labels->cluster_label[j] = -1;
      labels->cluster_confidence[j] = 0;
      if (n_nearest[j] == 0)
        continue;
      if (names != NULL && names[j] >= 0)
        {
          labels->cluster_label[j] = names[j];
          labels->cluster_confidence[j] = 1;
        }
      else if (truth != NULL)
        vote (truth, labels->nearest + j * labels->k, n_nearest[j], counts,
              &labels->cluster_label[j], &labels->cluster_confidence[j]);
    }
}

static PlePseudoLabels *
pseudo_labels_alloc (size_t n, size_t n_clusters, size_t k)
{
  PlePseudoLabels *labels = g_new0 (PlePseudoLabels, 1);

  labels->k = k;
  labels->n_clusters = n_clusters;
  labels->cluster_label = g_new (gint32, MAX (n_clusters, 1));
  labels->cluster_confidence = g_new0 (float, MAX (n_clusters, 1));
  labels->nearest = g_new (gint32, MAX (n_clusters * k, 1));
  memset (labels->nearest, 0xff, n_clusters * k * sizeof (gint32)); /* -1 */
  labels->labels = ple_labels_new (n);
  labels->confidence = g_new0 (float, MAX (n, 1));
  return labels;
}

static gboolean
check_shapes (const PleMatrix *features,
              const PleMatrix *centres,
              const PleLabels *assignments,
              const PleLabels *truth,
              GError **error)
{
  if (features->n_cols != centres->n_cols || assignments->n != features->n_rows ||
      (truth != NULL && truth->n != features->n_rows))
    {
      g_set_error (
          error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE,
          "pseudo-labels: features are %zu x %zu, centres %zu x %zu, with %zu clusters and "
          "%zu classes",
          features->n_rows, features->n_cols, centres->n_rows, centres->n_cols, assignments->n,
          truth != NULL ? truth->n : features->n_rows);
      return FALSE;
    }
  return ple_matrix_check_finite (features, "features", error) &&
         ple_matrix_check_finite (centres, "centres", error);
}

PlePseudoLabels *
ple_pseudo_labels_new (const PleMatrix *features,
                       const PleMatrix *centres,
                       const PleLabels *assignments,
                       const PleLabels *truth,
                       const gint32 *names,
                       size_t k,
                       PleProgress *progress,
                       GError **error)
{
  g_autoptr (PlePseudoLabels) labels = NULL;
  g_autofree double *cosines = NULL;
  g_autofree size_t *n_nearest = NULL;

  g_return_val_if_fail (k > 0 && features->n_rows <= G_MAXINT32, NULL);

  if (!check_shapes (features, centres, assignments, truth, error))
    return NULL;
  cosines = compute_cosines (features, centres, assignments, progress, error);
  if (cosines == NULL)
    return NULL;
  /* No cluster has more nearest members than members. */
  labels = pseudo_labels_alloc (features->n_rows, centres->n_rows, k);
  n_nearest = find_nearest (labels, assignments, cosines);
  decide_clusters (labels, truth, names, n_nearest);
  for (size_t i = 0; i < assignments->n; i++)
    {
      gint32 cluster = cluster_of (assignments, i, labels->n_clusters);
      double square;

      if (cluster < 0)
        continue;
      square = (double) labels->cluster_confidence[cluster] * (cosines[i] + 1) / 2;
      labels->labels->data[i] = labels->cluster_label[cluster];
      labels->confidence[i] = (float) sqrt (MAX (square, 0));
    }
  return g_steal_pointer (&labels);
}

PlePseudoLabels *
ple_pseudo_labels_new_for_test (const PlePseudoLabels *train, const PleLabels *assignments)
{
  PlePseudoLabels *labels = pseudo_labels_alloc (assignments->n, train->n_clusters, train->k);

  for (size_t j = 0; j < train->n_clusters; j++)
    {
      labels->cluster_label[j] = train->cluster_label[j];
      labels->cluster_confidence[j] = train->cluster_confidence[j];
    }
  for (size_t i = 0; i < assignments->n; i++)
    {
      gint32 cluster = cluster_of (assignments, i, train->n_clusters);

      if (cluster < 0)
        continue;
      labels->labels->data[i] = train->cluster_label[cluster];
      labels->confidence[i] = train->cluster_confidence[cluster];
    }
  return labels;
}

void
ple_pseudo_labels_free (PlePseudoLabels *labels)
{
  if (labels == NULL)
    return;
  g_free (labels->cluster_label);
  g_free (labels->cluster_confidence);
  g_free (labels->nearest);
  g_free (labels->confidence);
  ple_labels_unref (labels->labels);
  g_free (labels);
}
