/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-atomic.h"
#include "curate/ple-pseudo-labels.h"
#include "curate/ple-rows-private.h"

#include <stdio.h>

/* Names that @label_names must have: it is indexed by pseudo-labels and by classes. */
static size_t
count_labels (const PlePseudoLabels *labels, const PleLabels *truth)
{
  size_t n = truth != NULL ? ple_labels_get_n_groups (truth) : 0;

  for (size_t j = 0; j < labels->n_clusters; j++)
    n = MAX (n, (size_t) (labels->cluster_label[j] + 1));
  return n;
}

gboolean
ple_pseudo_labels_write_csv (const PlePseudoLabels *labels,
                             const PleLabels *assignments,
                             const PleLabels *truth,
                             const char *const *label_names,
                             const char *path,
                             GError **error)
{
  g_autoptr (PleAtomicFile) file = NULL;
  g_autoptr (GPtrArray) names = NULL;
  FILE *out;

  g_return_val_if_fail (assignments->n == labels->labels->n, FALSE);
  g_return_val_if_fail (truth == NULL || truth->n == labels->labels->n, FALSE);

  file = ple_atomic_file_begin (path, error);
  if (file == NULL)
    return FALSE;
  out = ple_atomic_file_get_stream (file);
  names = ple_rows_quote (label_names, count_labels (labels, truth));
  fputs ("sample_idx,cluster_id,pseudo_label,true_label,confidence_score,pseudo_label_name,"
         "true_label_name,is_correct\n",
         out);
  for (size_t i = 0; i < assignments->n; i++)
    {
      gint32 label = labels->labels->data[i];
      gint32 class = truth != NULL ? truth->data[i] : -1;

      fprintf (out, "%zu,%d,%d,%d,", i, assignments->data[i], label, class);
      ple_rows_put_decimal (out, (double) labels->confidence[i]);
      fprintf (out, ",%s,%s,%s\n", ple_rows_get (names, label), ple_rows_get (names, class),
               class < 0 ? "" : (label == class ? "1" : "0"));
    }
  return ple_atomic_file_commit (g_steal_pointer (&file), error);
}

gboolean
ple_pseudo_labels_write_mapping_csv (const PlePseudoLabels *train,
                                     const PleLabels *assignments,
                                     const PleLabels *truth,
                                     const char *const *label_names,
                                     const char *path,
                                     GError **error)
{
  g_autoptr (PleAtomicFile) file = NULL;
  g_autoptr (GPtrArray) names = NULL;
  g_autofree size_t *sizes = NULL, *n_known = NULL, *n_correct = NULL;
  FILE *out;

  g_return_val_if_fail (truth == NULL || truth->n == assignments->n, FALSE);

  file = ple_atomic_file_begin (path, error);
  if (file == NULL)
    return FALSE;
  out = ple_atomic_file_get_stream (file);
  names = ple_rows_quote (label_names, count_labels (train, truth));
  sizes = ple_labels_count (assignments, train->n_clusters);
  n_known = g_new0 (size_t, MAX (train->n_clusters, 1));
  n_correct = g_new0 (size_t, MAX (train->n_clusters, 1));
  for (size_t i = 0; truth != NULL && i < assignments->n; i++)
    {
      gint32 cluster = assignments->data[i];

      if (cluster < 0 || (size_t) cluster >= train->n_clusters || truth->data[i] < 0)
        continue;
      n_known[cluster]++;
      n_correct[cluster] += truth->data[i] == train->cluster_label[cluster];
    }
  fputs ("cluster_id,pseudo_label,cluster_size,cluster_accuracy,confidence,pseudo_label_name\n",
         out);
  for (size_t j = 0; j < train->n_clusters; j++)
    {
      fprintf (out, "%zu,%d,%zu,", j, train->cluster_label[j], sizes[j]);
      if (truth != NULL)
        ple_rows_put_decimal (out,
                              n_known[j] > 0 ? (double) n_correct[j] / (double) n_known[j] : 0);
      fputc (',', out);
      ple_rows_put_decimal (out, (double) train->cluster_confidence[j]);
      fprintf (out, ",%s\n", ple_rows_get (names, train->cluster_label[j]));
    }
  return ple_atomic_file_commit (g_steal_pointer (&file), error);
}

/* --- JSON ---------------------------------------------------------------------------------- */

static void
put_labels (FILE *out, const char *name, const gint32 *labels, size_t n)
{
  fprintf (out, "  \"%s\": [", name);
  for (size_t i = 0; i < n; i++)
    fprintf (out, "%s%d", i > 0 ? ", " : "", labels[i]);
  fputs ("],\n", out);
}

static void
put_nearest (FILE *out, const PlePseudoLabels *train)
{
  fputs ("  \"train_k_nearest_indices\": {", out);
  for (size_t j = 0; j < train->n_clusters; j++)
    {
      const gint32 *nearest = train->nearest + j * train->k;

      fprintf (out, "%s\n    \"%zu\": [", j > 0 ? "," : "", j);
      for (size_t i = 0; i < train->k && nearest[i] >= 0; i++)
        fprintf (out, "%s%d", i > 0 ? ", " : "", nearest[i]);
      fputc (']', out);
    }
  fputs (train->n_clusters > 0 ? "\n  },\n" : "},\n", out);
}

/* One object per kind of answer about clusters, keyed by the cluster's number. */
static void
put_clusters (FILE *out, const PlePseudoLabels *train)
{
  fputs ("  \"train_cluster_to_label\": {", out);
  for (size_t j = 0; j < train->n_clusters; j++)
    fprintf (out, "%s\"%zu\": %d", j > 0 ? ", " : "", j, train->cluster_label[j]);
  fputs ("},\n  \"train_cluster_to_confidence\": {", out);
  for (size_t j = 0; j < train->n_clusters; j++)
    {
      fprintf (out, "%s\"%zu\": ", j > 0 ? ", " : "", j);
      ple_rows_put_json_number (out, (double) train->cluster_confidence[j]);
    }
  fputs ("},\n", out);
}

gboolean
ple_pseudo_labels_write_json (const PlePseudoLabels *train,
                              const PlePseudoLabels *test,
                              const char *path,
                              GError **error)
{
  g_autoptr (PleAtomicFile) file = ple_atomic_file_begin (path, error);
  FILE *out;

  if (file == NULL)
    return FALSE;
  out = ple_atomic_file_get_stream (file);
  fprintf (out, "{\n  \"k_samples\": %zu,\n", train->k);
  put_labels (out, "train_pseudo_labels", train->labels->data, train->labels->n);
  put_clusters (out, train);
  fputs ("  \"train_confidence_scores\": [", out);
  for (size_t i = 0; i < train->labels->n; i++)
    {
      if (i > 0)
        fputs (", ", out);
      ple_rows_put_json_number (out, (double) train->confidence[i]);
    }
  fputs ("],\n", out);
  put_nearest (out, train);
  put_labels (out, "test_pseudo_labels", test != NULL ? test->labels->data : NULL,
              test != NULL ? test->labels->n : 0);
  fputs ("  \"note\": \"Test labels come from the mapping of the training clusters; true labels of "
         "the test split are not used.\"\n}\n",
         out);
  return ple_atomic_file_commit (g_steal_pointer (&file), error);
}
