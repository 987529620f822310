/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "embed/ple-embedding-private.h"

#include "base/ple-error.h"
#include "linalg/ple-knn-approximate.h"
#include "linalg/ple-linalg.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Neighbours do not depend on the seed of the embedding: where they are approximate, all seeds
 * share them. */
#define NEIGHBOUR_SEED 0

const PleParamChoice ple_embed_metrics[] = {
  { PLE_EMBED_METRIC_AUTO, "auto", N_ ("Automatic") },
  { PLE_EMBED_METRIC_EUCLIDEAN, "euclidean", N_ ("Euclidean") },
  { PLE_EMBED_METRIC_COSINE, "cosine", N_ ("Cosine") },
  { 0, NULL, NULL },
};

/* The first two columns of @scores; a second one of zeros if there is none. */
static PleMatrix *
take_plane (const PleMatrix *scores, GError **error)
{
  PleMatrix *plane = ple_matrix_new (scores->n_rows, 2, error);

  for (size_t i = 0; plane != NULL && i < scores->n_rows; i++)
    memcpy (ple_matrix_row (plane, i), ple_matrix_row (scores, i),
            MIN (scores->n_cols, 2) * sizeof (float));
  return plane;
}

void
ple_embed_publish (const PleMatrix *xy, PleProgress *progress)
{
  ple_progress_publish (progress, "layout", xy->data, xy->n_rows, 2 * sizeof (float));
}

static gboolean
publish_start (const PleEmbedInput *input, PleProgress *progress, GError **error)
{
  ple_embed_publish (input->start, progress);
  return ple_progress_report (progress, 1, error);
}

gboolean
ple_embed_input_init (PleEmbedInput *input,
                      const PleMatrix *features,
                      int metric,
                      int pca_dims,
                      PleProgress *progress,
                      GError **error)
{
  g_autoptr (PleMatrix) explained = NULL;
  g_autoptr (PleMatrix) scores = NULL;
  size_t n = features->n_rows, d = features->n_cols, n_components;
  gboolean reduce;

  memset (input, 0, sizeof *input);
  if (n == 0)
    {
      g_set_error_literal (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW,
                           _ ("features: no rows, nothing to lay out"));
      return FALSE;
    }
  if (d == 0)
    {
      g_set_error_literal (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE,
                           _ ("features: no columns, nothing to lay out by"));
      return FALSE;
    }
  if (!ple_matrix_check_finite (features, "features", error))
    return FALSE;

  input->cosine = metric == PLE_EMBED_METRIC_COSINE ||
                  (metric == PLE_EMBED_METRIC_AUTO && d > PLE_EMBED_EUCLIDEAN_MAX_DIMS);
  if (input->cosine)
    {
      input->points = ple_matrix_copy (features, error);
      if (input->points == NULL)
        return FALSE;
      ple_matrix_normalise_rows (input->points);
    }
  else
    {
      /* Only read: taking a reference changes nothing but the count. */
      input->points = ple_matrix_ref ((PleMatrix *) features);
    }

  /* One row has no variance, but a place. */
  if (n == 1)
    {
      input->start = ple_matrix_new (1, 2, error);
      return input->start != NULL && publish_start (input, progress, error);
    }
  if (pca_dims == 0 && (double) n * (double) n * (double) d > PLE_EMBED_MAX_SEARCH)
    pca_dims = PLE_EMBED_AUTO_COMPONENTS;
  reduce = pca_dims > 0 && d > (size_t) pca_dims;
  n_components = MIN (reduce ? (size_t) pca_dims : 2, MIN (n, d));
  scores = ple_pca (input->points, n_components, NULL, NULL, &explained, progress, error);
  if (scores == NULL)
    return FALSE;
  for (size_t f = 0; f < MIN (n_components, 2); f++)
    input->explained[f] = (double) explained->data[f];
  input->start = take_plane (scores, error);
  if (input->start == NULL)
    return FALSE;
  if (reduce)
    {
      ple_matrix_unref (input->points);
      input->points = g_steal_pointer (&scores);
    }
  return publish_start (input, progress, error);
}

void
ple_embed_input_clear (PleEmbedInput *input)
{
  g_clear_pointer (&input->points, ple_matrix_unref);
  g_clear_pointer (&input->start, ple_matrix_unref);
}

PleMatrix *
ple_embed_keep_start (const PleEmbedInput *input, JsonObject *quality)
{
  if (quality != NULL)
    json_object_set_int_member (quality, "n_iterations", 0);
  return ple_matrix_ref (input->start);
}

gboolean
ple_embed_find_neighbours (const PleMatrix *points,
                           size_t k,
                           gint32 *neighbours,
                           float *distances,
                           gboolean *stopped,
                           PleProgress *progress,
                           GError **error)
{
  g_autoptr (PleProgress) search = ple_progress_new_stage (progress, NULL, 0, 1);
  g_autoptr (GError) local = NULL;

  *stopped = FALSE;
  ple_progress_set_stop_cancels (search);
  if (ple_knn (points, k, PLE_METRIC_EUCLIDEAN, NEIGHBOUR_SEED, neighbours, distances, search,
               &local))
    return ple_progress_report (progress, 1, error);
  *stopped = !ple_progress_is_cancelled (progress) &&
             g_error_matches (local, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  if (!*stopped)
    g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}
