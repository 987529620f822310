/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "project/ple-names.h"

#include "base/ple-error.h"
#include "cluster/ple-method.h"
#include "linalg/ple-hungarian.h"
#include "linalg/ple-linalg.h"

#include <math.h>
#include <string.h>

/* The @n_top largest of @cosines, best first, behind @first (PLE_NO_WORD for none), with their
 * share of the softmax over all. */
static void
take_top (const float *cosines,
          size_t n_words,
          double scale,
          guint32 first,
          size_t n_top,
          PleNameProposal *proposals)
{
  size_t n = 0;
  size_t first_at = first != PLE_NO_WORD ? 1 : 0;
  float largest = cosines[0];
  double sum = 0;

  for (size_t w = 0; w < n_words; w++)
    largest = MAX (largest, cosines[w]);
  for (size_t w = 0; w < n_words; w++)
    sum += exp (scale * (double) (cosines[w] - largest));
  if (first_at > 0)
    proposals[n++] = (PleNameProposal){ .word = first, .cosine = cosines[first] };
  for (size_t w = 0; w < n_words; w++)
    {
      size_t at = n;

      if (w == first || (n == n_top && (n == first_at || cosines[w] <= proposals[n - 1].cosine)))
        continue;
      while (at > first_at && proposals[at - 1].cosine < cosines[w])
        at--;
      n = MIN (n + 1, n_top);
      memmove (proposals + at + 1, proposals + at, (n - at - 1) * sizeof *proposals);
      proposals[at] = (PleNameProposal){ .word = (guint32) w, .cosine = cosines[w] };
    }
  for (size_t i = 0; i < n; i++)
    proposals[i].share = (float) (exp (scale * (double) (proposals[i].cosine - largest)) / sum);
}

static gboolean
check (const PleMatrix *features,
       const PleLabels *labels,
       size_t n_clusters,
       const PleMatrix *words,
       gboolean distinct,
       GError **error)
{
  if (features->n_cols != words->n_cols)
    {
      g_set_error (
          error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE,
          "the pictures' features have %zu numbers and the words' %zu: both must be of the "
          "same model",
          features->n_cols, words->n_cols);
      return FALSE;
    }
  if (features->n_rows != labels->n)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE,
                   "%zu rows of features and %zu labels: one label a picture is needed",
                   features->n_rows, labels->n);
      return FALSE;
    }
  if (distinct && words->n_rows < n_clusters)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW,
                   "%zu names cannot be given to %zu clusters once each; give a larger vocabulary",
                   words->n_rows, n_clusters);
      return FALSE;
    }
  return ple_matrix_check_finite (features, "the features", error) &&
         ple_matrix_check_finite (words, "the words' features", error);
}

/* The word for each cluster so that none is used twice; clusters without members take part with
 * cosine 0 and so take what is left. */
static gboolean
assign_words (const PleMatrix *cosines, guint32 *first, GError **error)
{
  size_t n = cosines->n_rows * cosines->n_cols;
  g_autofree double *cost = g_try_new (double, n);
  g_autofree gint32 *word_of = g_new (gint32, cosines->n_rows);

  if (cost == NULL)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY,
                   "no memory to assign %zu names to %zu clusters", cosines->n_cols,
                   cosines->n_rows);
      return FALSE;
    }
  for (size_t i = 0; i < n; i++)
    cost[i] = -(double) cosines->data[i];
  ple_assignment_solve (cosines->n_rows, cosines->n_cols, cost, word_of);
  for (size_t j = 0; j < cosines->n_rows; j++)
    first[j] = (guint32) word_of[j];
  return TRUE;
}

gboolean
ple_names_propose (const PleMatrix *features,
                   const PleLabels *labels,
                   size_t n_clusters,
                   const PleMatrix *words,
                   double scale,
                   size_t n_top,
                   gboolean distinct,
                   PleNameProposal *proposals,
                   PleProgress *progress,
                   GError **error)
{
  g_autofree guint32 *first = g_new (guint32, n_clusters);
  g_autofree size_t *sizes = NULL;
  g_autoptr (PleMatrix) directions = NULL;
  g_autoptr (PleMatrix) unit = NULL;
  g_autoptr (PleMatrix) cosines = NULL;

  g_return_val_if_fail (n_top >= 1 && n_top <= words->n_rows, FALSE);
  g_return_val_if_fail (ple_labels_get_n_groups (labels) <= n_clusters, FALSE);
  if (!check (features, labels, n_clusters, words, distinct, error))
    return FALSE;
  directions = ple_clustering_default_centres (features, labels, n_clusters, progress, error);
  unit = directions != NULL ? ple_matrix_copy (words, error) : NULL;
  if (unit == NULL)
    return FALSE;
  ple_matrix_normalise_rows (directions);
  ple_matrix_normalise_rows (unit);
  sizes = ple_labels_count (labels, n_clusters);
  cosines = ple_matrix_multiply (directions, unit, TRUE, progress, error);
  if (cosines == NULL)
    return FALSE;
  for (size_t j = 0; j < n_clusters; j++)
    first[j] = PLE_NO_WORD;
  if (distinct && !assign_words (cosines, first, error))
    return FALSE;
  for (size_t j = 0; j < n_clusters; j++)
    if (sizes[j] > 0)
      take_top (ple_matrix_row (cosines, j), words->n_rows, scale, first[j], n_top,
                proposals + j * n_top);
    else
      for (size_t i = 0; i < n_top; i++)
        proposals[j * n_top + i] = (PleNameProposal){ .word = PLE_NO_WORD };
  return TRUE;
}
