/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-SNE: van der Maaten and Hinton 2008, with what practice has added since: exact neighbours,
 * start from the principal plane, a learning rate that grows with n (Belkina et al. 2019; n over
 * the exaggeration at the time, not only the early one: the late phase would end unfinished), steps
 * of bounded length, repulsion by FFT. The factor 4 of the gradient is part of the learning rate,
 * as in Linderman et al. 2019.
 *
 * The exaggeration is the 4 of 2008, not the 12 of many programs: around a single point, attraction
 * holds by the exaggeration times the eigenvalues of the graph's Laplacian against a repulsion of
 * 1 / n. Where neighbours form no clear groups even the smallest of these are so large that at 12
 * the map stays folded up through the early phase (its divergence does not move) and unfolds
 * without order afterwards. */
#include "config.h"

#include "base/ple-clones.h"
#include "base/ple-parallel.h"
#include "base/ple-rng.h"
#include "embed/ple-embed-descent-private.h"
#include "embed/ple-morton-private.h"
#include "embed/ple-perplexity-private.h"
#include "embed/ple-tsne-field-private.h"
#include "embed/ple-tsne-forces-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* Fewer points than this have no perplexity of at least 1: they keep the principal plane. */
#define MIN_POINTS 4
/* Up to here all pairs are summed; above the FFT is faster. */
#define EXACT_MAX_POINTS 3000
/* Up to here the grid may be fine: error of the gradient below 1e-3. Larger maps are dense, and so
 * is the sum that the error is relative to. */
#define FINE_MAX_POINTS 20000
#define FINE_SPACING 0.3
#define COARSE_SPACING 0.5
#define EXACT_KL_MAX_POINTS 20000

#define START_DEVIATION 1e-4
#define NOISE 0.01 /* of the start: points that coincide can part */
#define EXAGGERATED_ITERATIONS 250
#define EARLY_MOMENTUM 0.5f
#define LATE_MOMENTUM 0.8f
#define MIN_GAIN 0.01f
#define MAX_STEP 5.0f
#define MIN_LEARNING_RATE 200.0
#define KL_INTERVAL 50
#define CONVERGED 1e-4 /* relative fall of KL over KL_INTERVAL iterations */

/* Iteration at which neighbours have gathered for the first time. */
#define FIRST_REORDER 50

#define POINT_CHUNK 512
#define EXACT_CHUNK 32

typedef struct
{
  double perplexity;
  int num_iterations;
  double learning_rate;
  double early_exaggeration;
  int metric;
  int pca_dims;
} Params;

/* clang-format off */
static const PleParam params_table[] = {
  PLE_DOUBLE (Params, perplexity, "perplexity", N_("Perplexity"), 30, 1, 10000,
              .ui_min = 5, .ui_max = 200, .scale = PLE_SCALE_LOG,
              .blurb = N_("How many neighbours each point feels. Cut to a third of the points.")),
  PLE_INT    (Params, num_iterations, "num_iterations", N_("Iterations"), 750, 1, 100000,
              .ui_min = 250, .ui_max = 5000, .scale = PLE_SCALE_LOG, .aliases = "n_iter max_iter",
              .blurb = N_("Steps of the layout. The first third, at most 250, pull neighbours together "
                          "more strongly.")),
  PLE_DOUBLE (Params, learning_rate, "learning_rate", N_("Learning rate"), 0, 0, 1e7,
              .ui_max = 10000, .flags = PLE_PARAM_ZERO_IS_AUTO | PLE_PARAM_ADVANCED,
              .blurb = N_("Length of a step. Automatic is points divided by the exaggeration, at least 200.")),
  PLE_DOUBLE (Params, early_exaggeration, "early_exaggeration", N_("Early exaggeration"), 4, 1, 1000,
              .ui_max = 50, .flags = PLE_PARAM_ADVANCED,
              .blurb = N_("How much more strongly neighbours attract each other at first. Much more folds a "
                          "map without clear groups.")),
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

typedef struct
{
  size_t n;
  PleNeighbourGraph *p;
  PleTsneField *field; /* NULL: all pairs */
  PleMatrix *memory;   /* (10, n): the rows below */
  PleMatrix *pairs;    /* (n, 2): x and y once more, side by side */
  PleMatrix *plane;    /* (n, 2): the layout in the order of the features */
  guint32 *order;      /* which point a row is */
  float *x, *y;
  float *xy;
  float *velocity_x, *velocity_y;
  float *gain_x, *gain_y;
  float *force_x, *force_y; /* gradient */
  float *repulsion_x, *repulsion_y;
  double *partials; /* of sums over chunks, two per chunk */
  double z;

  float exaggeration;
  float momentum;
  float learning_rate;
  float mean_x, mean_y;
} Layout;

static void
layout_clear (Layout *layout)
{
  g_clear_pointer (&layout->field, ple_tsne_field_free);
  g_clear_pointer (&layout->memory, ple_matrix_unref);
  g_clear_pointer (&layout->pairs, ple_matrix_unref);
  g_clear_pointer (&layout->plane, ple_matrix_unref);
  g_clear_pointer (&layout->order, g_free);
  g_clear_pointer (&layout->p, ple_neighbour_graph_free);
  g_clear_pointer (&layout->partials, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Layout, layout_clear)

/* The principal plane, shrunk until the first axis has a standard deviation of 1e-4, so that the
 * first steps are governed by attraction; with a little noise. */
static void
place (Layout *layout, const PleMatrix *start, guint64 seed)
{
  PleRng root, rng;
  double sum = 0, scale;

  for (size_t i = 0; i < layout->n; i++)
    sum += (double) start->data[2 * i] * (double) start->data[2 * i];
  scale = sum > 0 ? START_DEVIATION / sqrt (sum / (double) layout->n) : 0;

  ple_rng_init (&root, seed);
  ple_rng_split (&root, 0, &rng);
  for (size_t i = 0; i < layout->n; i++)
    {
      double noise = sum > 0 ? NOISE * START_DEVIATION : START_DEVIATION;

      layout->x[i] = (float) (scale * (double) start->data[2 * i] + noise * ple_rng_normal (&rng));
      layout->y[i] =
          (float) (scale * (double) start->data[2 * i + 1] + noise * ple_rng_normal (&rng));
      layout->xy[2 * i] = layout->x[i];
      layout->xy[2 * i + 1] = layout->y[i];
    }
}

static gboolean
layout_init (Layout *layout,
             PleNeighbourGraph *p,
             const PleMatrix *start,
             guint64 seed,
             guint n_threads,
             GError **error)
{
  size_t n = p->n;
  float **rows[] = { &layout->x,          &layout->y,       &layout->velocity_x,
                     &layout->velocity_y, &layout->gain_x,  &layout->gain_y,
                     &layout->force_x,    &layout->force_y, &layout->repulsion_x,
                     &layout->repulsion_y };

  layout->n = n;
  layout->p = p;
  layout->memory = ple_matrix_new (G_N_ELEMENTS (rows), n, error);
  layout->pairs = layout->memory != NULL ? ple_matrix_new (n, 2, error) : NULL;
  layout->plane = layout->pairs != NULL ? ple_matrix_new (n, 2, error) : NULL;
  if (layout->plane == NULL)
    return FALSE;
  layout->xy = layout->pairs->data;
  layout->order = g_new (guint32, n);
  for (size_t i = 0; i < n; i++)
    layout->order[i] = (guint32) i;
  for (size_t r = 0; r < G_N_ELEMENTS (rows); r++)
    *rows[r] = ple_matrix_row (layout->memory, r);
  for (size_t i = 0; i < n; i++)
    layout->gain_x[i] = layout->gain_y[i] = 1;
  layout->partials = g_new0 (double, 2 * ple_parallel_n_chunks (n, EXACT_CHUNK));
  if (n > EXACT_MAX_POINTS)
    layout->field =
        ple_tsne_field_new (n > FINE_MAX_POINTS ? COARSE_SPACING : FINE_SPACING, n_threads);
  place (layout, start, seed);
  return TRUE;
}

static double
sum_partials (const Layout *layout, size_t chunk_size, size_t which)
{
  double sum = 0;

  for (size_t c = 0; c < ple_parallel_n_chunks (layout->n, chunk_size); c++)
    sum += layout->partials[2 * c + which];
  return sum;
}

static void
repel_chunk (const PleChunk *chunk, gpointer data)
{
  Layout *layout = data;

  layout->partials[2 * chunk->index] =
      ple_tsne_repel_exact (layout->n, chunk->begin, chunk->end, layout->x, layout->y,
                            layout->repulsion_x + chunk->begin, layout->repulsion_y + chunk->begin);
}

static gboolean
repel_exactly (Layout *layout, PleProgress *progress, GError **error)
{
  if (!ple_parallel_for (layout->n, EXACT_CHUNK, repel_chunk, layout, progress, error))
    return FALSE;
  layout->z = sum_partials (layout, EXACT_CHUNK, 0);
  return TRUE;
}

static gboolean
repel (Layout *layout, PleProgress *progress, GError **error)
{
  if (layout->field == NULL)
    return repel_exactly (layout, progress, error);
  return ple_tsne_field_repel (layout->field, layout->n, layout->x, layout->y, layout->repulsion_x,
                               layout->repulsion_y, &layout->z, progress, error);
}

PLE_CLONES static void
combine (size_t begin,
         size_t end,
         float exaggeration,
         float inverse_z,
         const float *restrict repulsion,
         float *restrict force)
{
  for (size_t i = begin; i < end; i++)
    force[i] = exaggeration * force[i] - inverse_z * repulsion[i];
}

static void
attract_chunk (const PleChunk *chunk, gpointer data)
{
  Layout *layout = data;
  float inverse_z = (float) (1 / MAX (layout->z, 1e-30));

  ple_tsne_attract (layout->p, chunk->begin, chunk->end, layout->xy, layout->force_x + chunk->begin,
                    layout->force_y + chunk->begin);
  combine (chunk->begin, chunk->end, layout->exaggeration, inverse_z, layout->repulsion_x,
           layout->force_x);
  combine (chunk->begin, chunk->end, layout->exaggeration, inverse_z, layout->repulsion_y,
           layout->force_y);
}

/* Momentum with a gain per coordinate (Jacobs 1988): it grows by 0.2 while the gradient keeps
 * pushing the way the point moves, and falls by a fifth when it turns. */
PLE_CLONES static void
accelerate (size_t n,
            float momentum,
            float rate,
            const float *restrict gradient,
            float *restrict gain,
            float *restrict velocity)
{
  for (size_t i = 0; i < n; i++)
    {
      float grown = gain[i] + 0.2f, shrunk = gain[i] * 0.8f;
      float next = gradient[i] * velocity[i] > 0 ? shrunk : grown;

      gain[i] = next < MIN_GAIN ? MIN_GAIN : next;
      velocity[i] = momentum * velocity[i] - rate * gain[i] * gradient[i];
    }
}

/* Moves the points, no step longer than MAX_STEP. sums: of the new coordinates. */
PLE_CLONES static void
move (size_t n,
      float *restrict velocity_x,
      float *restrict velocity_y,
      float *restrict x,
      float *restrict y,
      double *restrict sums)
{
  double sum_x = 0, sum_y = 0;

#pragma omp simd reduction(+ : sum_x, sum_y)
  for (size_t i = 0; i < n; i++)
    {
      float length2 = velocity_x[i] * velocity_x[i] + velocity_y[i] * velocity_y[i];
      float over = length2 > MAX_STEP * MAX_STEP ? length2 : MAX_STEP * MAX_STEP;
      float scale = MAX_STEP / sqrtf (over);

      velocity_x[i] *= scale;
      velocity_y[i] *= scale;
      x[i] += velocity_x[i];
      y[i] += velocity_y[i];
      sum_x += (double) x[i];
      sum_y += (double) y[i];
    }
  sums[0] = sum_x;
  sums[1] = sum_y;
}

static void
move_chunk (const PleChunk *chunk, gpointer data)
{
  Layout *layout = data;
  size_t i = chunk->begin, n = chunk->end - chunk->begin;

  accelerate (n, layout->momentum, layout->learning_rate, layout->force_x + i, layout->gain_x + i,
              layout->velocity_x + i);
  accelerate (n, layout->momentum, layout->learning_rate, layout->force_y + i, layout->gain_y + i,
              layout->velocity_y + i);
  move (n, layout->velocity_x + i, layout->velocity_y + i, layout->x + i, layout->y + i,
        layout->partials + 2 * chunk->index);
}

static void
centre_chunk (const PleChunk *chunk, gpointer data)
{
  Layout *layout = data;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    {
      layout->x[i] -= layout->mean_x;
      layout->y[i] -= layout->mean_y;
      layout->xy[2 * i] = layout->x[i];
      layout->xy[2 * i + 1] = layout->y[i];
    }
}

static gboolean
step (Layout *layout, PleProgress *progress, GError **error)
{
  if (!repel (layout, progress, error) ||
      !ple_parallel_for (layout->n, POINT_CHUNK, attract_chunk, layout, progress, error) ||
      !ple_parallel_for (layout->n, POINT_CHUNK, move_chunk, layout, progress, error))
    return FALSE;
  layout->mean_x = (float) (sum_partials (layout, POINT_CHUNK, 0) / (double) layout->n);
  layout->mean_y = (float) (sum_partials (layout, POINT_CHUNK, 1) / (double) layout->n);
  return ple_parallel_for (layout->n, POINT_CHUNK, centre_chunk, layout, progress, error);
}

static void
divergence_chunk (const PleChunk *chunk, gpointer data)
{
  Layout *layout = data;

  layout->partials[2 * chunk->index] =
      ple_tsne_divergence (layout->p, chunk->begin, chunk->end, layout->xy);
}

/* KL(P || Q) of the layout as it stands, with the Z of layout->z. */
static gboolean
divergence (Layout *layout, double *kl, PleProgress *progress, GError **error)
{
  if (!ple_parallel_for (layout->n, POINT_CHUNK, divergence_chunk, layout, progress, error))
    return FALSE;
  *kl = sum_partials (layout, POINT_CHUNK, 0) + log (MAX (layout->z, 1e-30));
  return TRUE;
}

/* The layout in the order of the features. */
static void
unfold (Layout *layout)
{
  for (size_t i = 0; i < layout->n; i++)
    memcpy (layout->plane->data + 2 * (size_t) layout->order[i], layout->xy + 2 * i,
            2 * sizeof *layout->xy);
}

static void
publish (Layout *layout, PleProgress *progress)
{
  unfold (layout);
  ple_embed_publish (layout->plane, progress);
}

/* Renames the points along a curve through the layout, so that neighbours lie together in memory.
 */
static gboolean
reorder (Layout *layout, PleProgress *progress, GError **error)
{
  size_t n = layout->n;
  float *rows[] = { layout->x,          layout->y,      layout->velocity_x,
                    layout->velocity_y, layout->gain_x, layout->gain_y };
  g_autofree guint32 *order = g_new (guint32, n);
  g_autofree guint32 *named = g_new (guint32, n);
  g_autofree float *row = g_new (float, n);
  PleNeighbourGraph *p;

  ple_morton_order (n, layout->x, layout->y, order);
  p = ple_neighbour_graph_permute (layout->p, order, progress, error);
  if (p == NULL)
    return FALSE;
  ple_neighbour_graph_free (layout->p);
  layout->p = p;
  for (size_t r = 0; r < G_N_ELEMENTS (rows); r++)
    {
      for (size_t i = 0; i < n; i++)
        row[i] = rows[r][order[i]];
      memcpy (rows[r], row, n * sizeof *row);
    }
  for (size_t i = 0; i < n; i++)
    {
      named[i] = layout->order[order[i]];
      layout->xy[2 * i] = layout->x[i];
      layout->xy[2 * i + 1] = layout->y[i];
    }
  memcpy (layout->order, named, n * sizeof *named);
  return TRUE;
}

/* Iterates until the end, convergence or a wish to stop. */
static gboolean
descend (
    Layout *layout, const Params *params, int *n_iterations, PleProgress *progress, GError **error)
{
  int n_exaggerated = MIN (EXAGGERATED_ITERATIONS, params->num_iterations / 3);
  double last_kl = INFINITY;

  publish (layout, progress);

  for (*n_iterations = 0; *n_iterations < params->num_iterations; ++*n_iterations)
    {
      int done = *n_iterations;
      gboolean early = done < n_exaggerated;

      if (ple_progress_is_stop_requested (progress))
        break;
      if (!ple_progress_report_detail (progress, (double) done / params->num_iterations, error,
                                       _ ("iteration %d of %d"), done + 1, params->num_iterations))
        return FALSE;
      layout->exaggeration = early ? (float) params->early_exaggeration : 1;
      layout->learning_rate =
          (float) (params->learning_rate > 0
                       ? params->learning_rate
                       : MAX (MIN_LEARNING_RATE,
                              (double) layout->n / (double) layout->exaggeration));
      layout->momentum = early ? EARLY_MOMENTUM : LATE_MOMENTUM;

      if (done > 0 && done % KL_INTERVAL == 0)
        {
          double kl;

          /* Z is that of one step ago: good enough for a curve. */
          if (!divergence (layout, &kl, progress, error))
            return FALSE;
          ple_progress_value (progress, "kl_divergence", done, kl);
          if (done > n_exaggerated + KL_INTERVAL && last_kl - kl < CONVERGED * fabs (kl) &&
              kl - last_kl < CONVERGED * fabs (kl))
            break;
          last_kl = kl;
        }
      if ((done == FIRST_REORDER || done == n_exaggerated) && layout->field != NULL &&
          !reorder (layout, progress, error))
        return FALSE;
      if (!step (layout, progress, error))
        return FALSE;
      if (ple_progress_wants (progress, "layout"))
        publish (layout, progress);
    }
  return ple_progress_report (progress, 1, error);
}

static gboolean
describe (
    Layout *layout, int n_iterations, JsonObject *quality, PleProgress *progress, GError **error)
{
  gboolean exact = layout->n <= EXACT_KL_MAX_POINTS;
  double kl;

  if (exact ? !repel_exactly (layout, progress, error) : !repel (layout, progress, error))
    return FALSE;
  if (!divergence (layout, &kl, progress, error))
    return FALSE;
  ple_progress_value (progress, "kl_divergence", n_iterations, kl);
  if (quality != NULL)
    {
      json_object_set_double_member (quality, "kl_divergence", kl);
      json_object_set_string_member (quality, "kl_normaliser", exact ? "exact" : "interpolated");
      json_object_set_int_member (quality, "n_iterations", n_iterations);
    }
  return TRUE;
}

static double
get_perplexity (size_t n, const Params *params)
{
  return MIN (params->perplexity, (double) (n - 1) / 3);
}

static size_t
get_n_neighbours (size_t n, gconstpointer data)
{
  return MIN (n - 1, (size_t) (3 * get_perplexity (n, data)));
}

/* The probabilities that are joined to P. */
static gboolean
weigh (
    size_t n, size_t k, float *distances, gconstpointer data, PleProgress *progress, GError **error)
{
  return ple_perplexity_rows (n, k, get_perplexity (n, data), distances, progress, error);
}

static PleMatrix *
settle (PleNeighbourGraph *p,
        const PleMatrix *start,
        gconstpointer data,
        guint64 seed,
        JsonObject *quality,
        PleProgress *progress,
        GError **error)
{
  g_autoptr (PleProgress) iterate = ple_progress_new_stage (progress, _ ("t-SNE"), 0, 1);
  g_auto (Layout) layout = { 0 };
  int n_iterations = 0;

  if (!layout_init (&layout, p, start, seed, ple_progress_get_n_threads (progress), error) ||
      !descend (&layout, data, &n_iterations, iterate, error) ||
      !describe (&layout, n_iterations, quality, iterate, error))
    return NULL;
  publish (&layout, iterate);
  return g_steal_pointer (&layout.plane);
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
    .graph_share = 0.3,
    .join = PLE_GRAPH_UNION_MEAN,
    .get_n_neighbours = get_n_neighbours,
    .weigh = weigh,
    .settle = settle,
  };
  const Params *params = data;

  return ple_embed_descend (&descent, features, params->metric, params->pca_dims, params, seed,
                            quality, progress, error);
}

const PleEmbedding ple_embedding_tsne = {
  .id = "tsne",
  .title = N_ ("t-SNE"),
  .summary =
      N_ ("Keeps neighbours together and groups apart. Sizes of groups and distances between "
          "them mean little."),
  .reference = "van der Maaten and Hinton, Visualizing Data using t-SNE, 2008; Linderman et al., "
               "Fast interpolation-based t-SNE, 2019",
  .version = 2,
  .params = params_table,
  .params_size = sizeof (Params),
  .run = run,
};
