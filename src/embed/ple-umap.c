/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UMAP: McInnes, Healy and Melville 2018, with exact neighbours, a bounded spectral start and a
 * descent that is parallel and reproducible. */
#include "config.h"

#include "base/ple-rng.h"
#include "embed/ple-embed-descent-private.h"
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

static size_t
get_n_neighbours (size_t n, gconstpointer data)
{
  const Params *params = data;

  return MIN ((size_t) params->n_neighbors, n) - 1;
}

static gboolean
weigh (
    size_t n, size_t k, float *distances, gconstpointer data, PleProgress *progress, GError **error)
{
  for (size_t e = 0; e < n * k; e++)
    distances[e] = sqrtf (distances[e]);
  return ple_umap_memberships (n, k, distances, progress, error);
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
  ple_embed_publish (xy, progress);
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
        ple_embed_publish (xy, progress);
    }
  if (quality != NULL)
    {
      json_object_set_double_member (quality, "curve_a", a);
      json_object_set_double_member (quality, "curve_b", b);
      json_object_set_int_member (quality, "n_iterations", epoch);
    }
  ple_embed_publish (xy, progress);
  return ple_progress_report (progress, 1, error);
}

static PleMatrix *
settle (PleNeighbourGraph *given,
        const PleMatrix *plane,
        gconstpointer data,
        guint64 seed,
        JsonObject *quality,
        PleProgress *progress,
        GError **error)
{
  g_autoptr (PleNeighbourGraph) graph = given;
  g_autoptr (PleProgress) start = ple_progress_new_stage (progress, _ ("Start"), 0, 1.0 / 6);
  g_autoptr (PleProgress) iterate = ple_progress_new_stage (progress, _ ("UMAP"), 1.0 / 6, 1);
  g_autoptr (PleMatrix) xy = make_start (graph, plane, seed, quality, start, error);

  if (xy == NULL || !descend (graph, data, seed, xy, quality, iterate, error))
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
  static const PleEmbedDescent descent = {
    .min_points = MIN_POINTS,
    .graph_share = 0.4,
    .join = PLE_GRAPH_UNION_FUZZY,
    .get_n_neighbours = get_n_neighbours,
    .weigh = weigh,
    .settle = settle,
  };
  const Params *params = data;

  if (params->min_dist > params->spread)
    {
      g_set_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_RANGE,
                   _ ("min_dist: %g is more than spread, which is %g"), params->min_dist,
                   params->spread);
      return NULL;
    }
  return ple_embed_descend (&descent, features, params->metric, params->pca_dims, params, seed,
                            quality, progress, error);
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
