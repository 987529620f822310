/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UMAP: McInnes, Healy and Melville 2018, with exact neighbours, a bounded spectral start and a
 * descent that is parallel and reproducible. */
#include "config.h"

#include "base/ple-rng.h"
#include "embed/ple-embedding-private.h"
#include "embed/ple-spectral-private.h"
#include "embed/ple-umap-curve-private.h"
#include "embed/ple-umap-graph-private.h"
#include "embed/ple-umap-sgd-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>

/* Fewer points than this keep the principal plane. */
#define MIN_POINTS 4
/* Fewer than this begin with the principal plane. */
#define MIN_SPECTRAL_POINTS 16
#define SMALL_POINTS 10000
#define EPOCHS_SMALL 500
#define EPOCHS_LARGE 200
#define START_EXTENT 10.0
#define START_NOISE 1e-4

typedef struct
{
  int n_neighbors;
  double min_dist;
  double spread;
  int num_epochs;
  int metric;
  int pca_dims;
} Params;

/* clang-format off */
static const PleParam params_table[] = {
  PLE_INT    (Params, n_neighbors, "n_neighbors", N_("Neighbours"), 15, 2, 1000,
              .ui_max = 100, .scale = PLE_SCALE_LOG,
              .blurb = N_("Size of the neighbourhood of a point, itself included. Small shows detail, large "
                          "shows the whole.")),
  PLE_DOUBLE (Params, min_dist, "min_dist", N_("Minimum distance"), 0.1, 0, 100, .ui_max = 1,
              .blurb = N_("How closely points may be packed; at most the spread.")),
  PLE_DOUBLE (Params, spread, "spread", N_("Spread"), 1, 0.01, 100,
              .ui_min = 0.5, .ui_max = 3, .flags = PLE_PARAM_ADVANCED,
              .blurb = N_("Scale of the distances between groups.")),
  PLE_INT    (Params, num_epochs, "num_epochs", N_("Epochs"), 0, 0, 100000,
              .ui_max = 2000, .flags = PLE_PARAM_ZERO_IS_AUTO | PLE_PARAM_ADVANCED, .aliases = "n_epochs",
              .blurb = N_("Passes over the neighbourhoods. Automatic is 500 up to 10 000 points, else 200.")),
  PLE_ENUM   (Params, metric, "metric", N_("Metric"), PLE_EMBED_METRIC_AUTO, ple_embed_metrics,
              .flags = PLE_PARAM_ADVANCED,
              .blurb = N_("Cosine scales every vector to length one first. Automatic is cosine above 64 "
                          "dimensions.")),
  PLE_INT    (Params, pca_dims, "pca_dims", N_("Components"), 0, 0, 100000,
              .ui_max = 200, .flags = PLE_PARAM_ADVANCED | PLE_PARAM_NOT_SEARCHED | PLE_PARAM_ZERO_IS_AUTO,
              .blurb = N_("Reduce longer vectors to so many principal components before neighbours are "
                          "sought. Automatic is 50 for very large sets, and all otherwise.")),
  PLE_PARAM_END
};
/* clang-format on */

static PleNeighbourGraph *
make_graph (const PleMatrix *points,
            int n_neighbours,
            gboolean *stopped,
            PleProgress *progress,
            GError **error)
{
  size_t n = points->n_rows, k = MIN ((size_t) n_neighbours, n) - 1;
  g_autofree gint32 *neighbours = g_new (gint32, n * k);
  g_autoptr (PleMatrix) distances = ple_matrix_new (n, k, error);
  g_autoptr (PleProgress) search = ple_progress_new_stage (progress, _ ("Neighbours"), 0, 0.9);
  g_autoptr (PleProgress) weigh = ple_progress_new_stage (progress, _ ("Affinities"), 0.9, 0.95);
  g_autoptr (PleProgress) join = ple_progress_new_stage (progress, _ ("Affinities"), 0.95, 1);

  if (distances == NULL ||
      !ple_embed_find_neighbours (points, k, neighbours, distances->data, stopped, search, error))
    return NULL;
  for (size_t e = 0; e < n * k; e++)
    distances->data[e] = sqrtf (distances->data[e]);
  if (!ple_umap_memberships (n, k, distances->data, weigh, error))
    return NULL;
  return ple_neighbour_graph_new (n, k, neighbours, distances->data, PLE_GRAPH_UNION_FUZZY, join,
                                  error);
}

/* Scales the layout to 10 either way, as the descent's unit step expects, and adds a little noise
 * so that points that coincide can part. */
static void
scale_start (PleMatrix *xy, guint64 seed)
{
  PleRng root, rng;
  float largest = 0;

  for (size_t i = 0; i < 2 * xy->n_rows; i++)
    largest = MAX (largest, fabsf (xy->data[i]));
  ple_rng_init (&root, seed);
  ple_rng_split (&root, 0, &rng);
  for (size_t i = 0; i < 2 * xy->n_rows; i++)
    xy->data[i] =
        (float) ((largest > 0 ? START_EXTENT * (double) xy->data[i] / (double) largest : 0) +
                 START_NOISE * ple_rng_normal (&rng));
}

/* Eigenvectors of the graph where it hangs together; else the principal plane, which at least says
 * how its parts lie. */
static PleMatrix *
make_start (const PleNeighbourGraph *graph,
            const PleMatrix *plane,
            guint64 seed,
            JsonObject *quality,
            PleProgress *progress,
            GError **error)
{
  size_t n_components = ple_neighbour_graph_n_components (graph);
  gboolean spectral = n_components == 1 && graph->n >= MIN_SPECTRAL_POINTS;
  PleMatrix *xy = spectral ? ple_spectral_layout (graph, plane, seed, progress, error)
                           : ple_matrix_copy (plane, error);

  if (xy == NULL)
    return NULL;
  scale_start (xy, seed);
  if (quality != NULL)
    {
      json_object_set_int_member (quality, "graph_components", (gint64) n_components);
      json_object_set_string_member (quality, "start", spectral ? "spectral" : "pca");
    }
  ple_progress_publish (progress, "layout", xy->data, xy->n_rows, 2 * sizeof (float));
  return xy;
}

static gboolean
descend (const PleNeighbourGraph *graph,
         const Params *params,
         guint64 seed,
         PleMatrix *xy,
         JsonObject *quality,
         PleProgress *progress,
         GError **error)
{
  guint n_epochs = params->num_epochs > 0     ? (guint) params->num_epochs
                   : graph->n <= SMALL_POINTS ? EPOCHS_SMALL
                                              : EPOCHS_LARGE;
  g_autoptr (PleUmapSgd) sgd = NULL;
  double a, b;
  guint epoch = 0;

  ple_umap_fit_curve (params->min_dist, params->spread, &a, &b);
  sgd = ple_umap_sgd_new (graph, a, b, n_epochs, seed);
  for (; epoch < n_epochs && !ple_progress_is_stop_requested (progress); epoch++)
    {
      if (!ple_progress_report_detail (progress, (double) epoch / n_epochs, error,
                                       _ ("epoch %u of %u"), epoch + 1, n_epochs) ||
          !ple_umap_sgd_epoch (sgd, epoch, xy->data, progress, error))
        return FALSE;
      if (ple_progress_wants (progress, "layout"))
        ple_progress_publish (progress, "layout", xy->data, xy->n_rows, 2 * sizeof (float));
    }
  if (quality != NULL)
    {
      json_object_set_double_member (quality, "curve_a", a);
      json_object_set_double_member (quality, "curve_b", b);
      json_object_set_int_member (quality, "n_iterations", epoch);
    }
  ple_progress_publish (progress, "layout", xy->data, xy->n_rows, 2 * sizeof (float));
  return ple_progress_report (progress, 1, error);
}

/* All that follows the principal plane, on a progress that is not NULL: its threads are kept
 * between the thousands of short loops. */
static PleMatrix *
lay_out (const PleEmbedInput *input,
         const Params *params,
         guint64 seed,
         JsonObject *quality,
         PleProgress *progress,
         GError **error)
{
  g_autoptr (PleProgress) prepare = ple_progress_new_stage (progress, NULL, 0, 0.4);
  g_autoptr (PleProgress) start = ple_progress_new_stage (progress, _ ("Start"), 0.4, 0.5);
  g_autoptr (PleProgress) iterate = ple_progress_new_stage (progress, _ ("UMAP"), 0.5, 1);
  g_autoptr (PleNeighbourGraph) graph = NULL;
  g_autoptr (PleMatrix) xy = NULL;
  gboolean stopped = FALSE;

  graph = make_graph (input->points, params->n_neighbors, &stopped, prepare, error);
  if (graph == NULL)
    return stopped ? ple_embed_keep_start (input, quality) : NULL;
  xy = make_start (graph, input->start, seed, quality, start, error);
  if (xy == NULL || !descend (graph, params, seed, xy, quality, iterate, error))
    return NULL;
  return g_steal_pointer (&xy);
}

static PleMatrix *
run (const PleMatrix *features,
     gconstpointer data,
     guint64 seed,
     JsonObject *quality,
     PleProgress *progress,
     GError **error)
{
  const Params *params = data;
  g_autoptr (PleProgress) root =
      progress != NULL ? ple_progress_ref (progress) : ple_progress_new (NULL, NULL, 0);
  g_autoptr (PleProgress) plane =
      ple_progress_new_stage (root, _ ("Principal components"), 0, 0.05);
  g_autoptr (PleProgress) rest = ple_progress_new_stage (root, NULL, 0.05, 1);
  g_auto (PleEmbedInput) input = { 0 };

  if (params->min_dist > params->spread)
    {
      g_set_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_RANGE,
                   _ ("min_dist: %g is more than spread, which is %g"), params->min_dist,
                   params->spread);
      return NULL;
    }
  if (!ple_embed_input_init (&input, features, params->metric, params->pca_dims, plane, error))
    return NULL;
  if (features->n_rows < MIN_POINTS || ple_progress_is_stop_requested (root))
    return ple_embed_keep_start (&input, quality);
  return lay_out (&input, params, seed, quality, rest, error);
}

const PleEmbedding ple_embedding_umap = {
  .id = "umap",
  .title = N_ ("UMAP"),
  .summary =
      N_ ("Keeps neighbours together and shows how groups hang together. Fast on large sets."),
  .reference = "McInnes, Healy and Melville, UMAP: Uniform Manifold Approximation and Projection, "
               "2018",
  .version = 1,
  .params = params_table,
  .params_size = sizeof (Params),
  .run = run,
};
