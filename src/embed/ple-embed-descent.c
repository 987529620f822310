/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "embed/ple-embed-descent-private.h"

#include <glib/gi18n-lib.h>

static PleNeighbourGraph *
make_graph (const PleEmbedDescent *descent,
            const PleMatrix *points,
            gconstpointer params,
            gboolean *stopped,
            PleProgress *progress,
            GError **error)
{
  size_t n = points->n_rows, k = descent->get_n_neighbours (n, params);
  g_autofree gint32 *neighbours = NULL;
  g_autoptr (PleMatrix) distances = ple_matrix_new (n, k, error);
  g_autoptr (PleProgress) search = ple_progress_new_stage (progress, _ ("Neighbours"), 0, 0.9);
  g_autoptr (PleProgress) weigh = ple_progress_new_stage (progress, _ ("Affinities"), 0.9, 0.95);
  g_autoptr (PleProgress) join = ple_progress_new_stage (progress, _ ("Affinities"), 0.95, 1);

  if (distances == NULL)
    return NULL;
  neighbours = g_new (gint32, n * k);
  if (!ple_embed_find_neighbours (points, k, neighbours, distances->data, stopped, search, error) ||
      !descent->weigh (n, k, distances->data, params, weigh, error))
    return NULL;
  return ple_neighbour_graph_new (n, k, neighbours, distances->data, descent->join, join, error);
}

PleMatrix *
ple_embed_descend (const PleEmbedDescent *descent,
                   const PleMatrix *features,
                   int metric,
                   int pca_dims,
                   gconstpointer params,
                   guint64 seed,
                   JsonObject *quality,
                   PleProgress *progress,
                   GError **error)
{
  /* Never NULL from here on: its threads are kept between the thousands of short loops. */
  g_autoptr (PleProgress) root =
      progress != NULL ? ple_progress_ref (progress) : ple_progress_new (NULL, NULL, 0);
  g_autoptr (PleProgress) plane =
      ple_progress_new_stage (root, _ ("Principal components"), 0, 0.05);
  g_autoptr (PleProgress) rest = ple_progress_new_stage (root, NULL, 0.05, 1);
  g_autoptr (PleProgress) prepare = ple_progress_new_stage (rest, NULL, 0, descent->graph_share);
  g_autoptr (PleProgress) settle = ple_progress_new_stage (rest, NULL, descent->graph_share, 1);
  g_auto (PleEmbedInput) input = { 0 };
  PleNeighbourGraph *graph;
  gboolean stopped = FALSE;

  if (!ple_embed_input_init (&input, features, metric, pca_dims, plane, error))
    return NULL;
  if (features->n_rows < descent->min_points || ple_progress_is_stop_requested (root))
    return ple_embed_keep_start (&input, quality);
  graph = make_graph (descent, input.points, params, &stopped, prepare, error);
  if (graph == NULL)
    return stopped ? ple_embed_keep_start (&input, quality) : NULL;
  return descent->settle (graph, input.start, params, seed, quality, settle, error);
}
