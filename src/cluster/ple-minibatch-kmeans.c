/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mini-batch k-means: centres that follow small random batches, for millions of rows.
 *
 * Each step assigns a batch and moves every centre to the running mean of what it has been given
 * since the start (Sculley 2010, with the batch's members of a centre taken together). Centres that
 * are given next to nothing are moved to rows of the batch; their history is dropped. The starting
 * centres are those of a short k-means on a sample. */
#include "config.h"

#include "cluster/ple-centroids-private.h"
#include "cluster/ple-methods-private.h"
#include "linalg/ple-lloyd.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* Rows of the sample for the starting centres: so many per centre, or a few batches if more. */
#define SAMPLE_PER_CENTRE 20
#define SAMPLE_BATCHES 3
/* A centre with less than this share of the largest one's rows is moved. */
#define STARVED 0.01
/* The running mean of a batch's inertia looks back over so many batches. */
#define MEMORY 20

typedef struct
{
  int num_clusters;
  int batch_size;
  int max_epochs;
  int patience;
  int metric;
} MinibatchParams;

/* clang-format off */
static const PleParam params_table[] = {
  PLE_INT    (MinibatchParams, num_clusters, "num_clusters", N_("Clusters"), 10, 1, 100000,
              .ui_min = 2, .ui_max = 200, .scale = PLE_SCALE_LOG, .aliases = "n_clusters k",
              .blurb = N_("How many groups to form.")),
  PLE_INT    (MinibatchParams, batch_size, "batch_size", N_("Batch"), 4096, 1, 1000000,
              .ui_min = 256, .ui_max = 65536, .scale = PLE_SCALE_LOG,
              .blurb = N_("Rows per step: more of them make each step steadier and slower.")),
  PLE_ENUM   (MinibatchParams, metric, "metric", N_("Distance"), PLE_METRIC_EUCLIDEAN, ple_metric_choices,
              .blurb = N_("Euclidean, or cosine: rows and centres of length one.")),
  PLE_INT    (MinibatchParams, max_epochs, "max_epochs", N_("Epochs"), 100, 1, 100000,
              .ui_max = 300, .scale = PLE_SCALE_LOG,
              .flags = PLE_PARAM_ADVANCED | PLE_PARAM_NOT_SEARCHED,
              .blurb = N_("At most so many passes over all rows.")),
  PLE_INT    (MinibatchParams, patience, "patience", N_("Patience"), 30, 1, 100000,
              .ui_max = 200, .scale = PLE_SCALE_LOG, .aliases = "max_no_improvement",
              .flags = PLE_PARAM_ADVANCED | PLE_PARAM_NOT_SEARCHED,
              .blurb = N_("Stop after so many batches without a new best smoothed inertia.")),
  PLE_PARAM_END,
};

static const PlePreset presets[] = {
  { "auto", N_("Automatic"), "" },
  { NULL, NULL, NULL },
};
/* clang-format on */

typedef struct
{
  const PleMatrix *features;
  const MinibatchParams *params;
  PleMatrix *centres; /* (K, d) */
  double *weights;    /* (K) rows given to each so far */
  double *sums;       /* (K, d) of the batch */
  size_t *counts;     /* (K) of the batch */
} Minibatch;

/* Rows of the batch, of length one where the metric wants it. */
static PleMatrix *
take_rows (const Minibatch *state, const guint32 *rows, size_t n, GError **error)
{
  PleMatrix *batch = ple_matrix_take (state->features, rows, n, error);

  if (batch != NULL && state->params->metric == PLE_METRIC_COSINE)
    ple_matrix_normalise_rows (batch);
  return batch;
}

static gboolean
find_start (Minibatch *state, const PleRng *rng, PleProgress *progress, GError **error)
{
  const size_t n = state->features->n_rows;
  const size_t k = (size_t) state->params->num_clusters;
  const size_t n_sample =
      MIN (n, MAX (SAMPLE_PER_CENTRE * k, SAMPLE_BATCHES * (size_t) state->params->batch_size));
  const PleLloydOptions options = {
    .n_clusters = k, .n_starts = 1, .max_iterations = 10, .tolerance = 1e-3
  };
  g_autofree guint32 *rows = g_new (guint32, n_sample);
  g_autoptr (PleMatrix) sample = NULL;
  PleRng choosing, starting;

  ple_rng_split (rng, 0, &choosing);
  ple_rng_split (rng, 1, &starting);
  ple_rng_sample (&choosing, n, n_sample, rows);
  sample = take_rows (state, rows, n_sample, error);
  return sample != NULL && ple_lloyd (sample, &options, state->params->metric == PLE_METRIC_COSINE,
                                      &starting, &state->centres, NULL, NULL, progress, error);
}

/* Centres move to the mean of all that they were given, in the order of the rows. */
static void
move_centres (Minibatch *state, const PleMatrix *batch, const gint32 *labels)
{
  const size_t k = state->centres->n_rows;
  const size_t d = state->centres->n_cols;

  memset (state->sums, 0, k * d * sizeof *state->sums);
  memset (state->counts, 0, k * sizeof *state->counts);
  for (size_t i = 0; i < batch->n_rows; i++)
    {
      double *sum = state->sums + (size_t) labels[i] * d;

      for (size_t f = 0; f < d; f++)
        sum[f] += (double) ple_matrix_row (batch, i)[f];
      state->counts[labels[i]]++;
    }
  for (size_t j = 0; j < k; j++)
    {
      float *centre = ple_matrix_row (state->centres, j);
      double total = state->weights[j] + (double) state->counts[j];

      if (state->counts[j] == 0)
        continue;
      for (size_t f = 0; f < d; f++)
        centre[f] =
            (float) (((double) centre[f] * state->weights[j] + state->sums[j * d + f]) / total);
      state->weights[j] = total;
    }
  if (state->params->metric == PLE_METRIC_COSINE)
    ple_matrix_normalise_rows (state->centres);
}

/* Starved centres go to random rows of the batch, and count as little as the least of the others so
 * that they settle quickly. */
static void
move_starved (Minibatch *state, const PleMatrix *batch, PleRng *rng)
{
  const size_t k = state->centres->n_rows;
  double most = 0, least = INFINITY;

  for (size_t j = 0; j < k; j++)
    most = MAX (most, state->weights[j]);
  for (size_t j = 0; j < k; j++)
    if (state->weights[j] >= STARVED * most)
      least = MIN (least, state->weights[j]);
  for (size_t j = 0; j < k; j++)
    if (state->weights[j] < STARVED * most)
      {
        size_t row = ple_rng_below (rng, batch->n_rows);

        memcpy (ple_matrix_row (state->centres, j), ple_matrix_row (batch, row),
                batch->n_cols * sizeof (float));
        state->weights[j] = least;
      }
}

static gboolean
train (Minibatch *state, const PleRng *rng, PleProgress *progress, GError **error)
{
  const size_t n = state->features->n_rows;
  const size_t size = MIN ((size_t) state->params->batch_size, n);
  const size_t n_batches = n / size;
  const size_t n_steps = n_batches * (size_t) state->params->max_epochs;
  g_autofree guint32 *order = g_new (guint32, n);
  g_autofree gint32 *labels = g_new (gint32, size);
  g_autofree float *distances = g_new (float, size);
  double smoothed = INFINITY, best = INFINITY;
  size_t n_worse = 0;

  for (size_t i = 0; i < n; i++)
    order[i] = (guint32) i;
  for (size_t step = 0; step < n_steps; step++)
    {
      const size_t epoch = step / n_batches;
      g_autoptr (PleMatrix) batch = NULL;
      double inertia = 0;
      PleRng stream;

      if (!ple_progress_report_detail (progress, (double) step / (double) n_steps, error,
                                       _ ("epoch %zu"), epoch + 1))
        return FALSE;
      if (ple_progress_is_stop_requested (progress))
        break;
      ple_rng_split (rng, step, &stream);
      if (step % n_batches == 0)
        ple_rng_shuffle (&stream, order, n);
      batch = take_rows (state, order + step % n_batches * size, size, error);
      if (batch == NULL ||
          !ple_assign_nearest (batch, state->centres, labels, distances, progress, error))
        return FALSE;
      for (size_t i = 0; i < size; i++)
        inertia += (double) distances[i];
      inertia /= (double) size;
      move_centres (state, batch, labels);
      if (step % MEMORY == MEMORY - 1)
        move_starved (state, batch, &stream);
      smoothed = isinf (smoothed) ? inertia : smoothed + (inertia - smoothed) * 2 / (MEMORY + 1);
      ple_progress_value (progress, "loss", (double) step / (double) n_batches, smoothed);
      n_worse = smoothed < best * (1 - 1e-6) ? 0 : n_worse + 1;
      best = MIN (best, smoothed);
      if (n_worse >= (size_t) state->params->patience)
        break;
    }
  return TRUE;
}

static PleClustering *
fit (const PleFitInput *input, gconstpointer data, PleProgress *progress, GError **error)
{
  const MinibatchParams *params = data;
  const size_t k = (size_t) params->num_clusters;
  const size_t d = input->features->n_cols;
  g_autoptr (PleProgress) starting =
      ple_progress_new_stage (progress, _ ("Starting centres"), 0, 0.1);
  g_autoptr (PleProgress) training =
      ple_progress_new_stage (progress, _ ("Mini-batch k-means"), 0.1, 0.95);
  g_autoptr (PleProgress) reading = ple_progress_new_stage (progress, NULL, 0.95, 1);
  g_autoptr (PleMatrix) centres = NULL;
  g_autofree double *weights = NULL;
  g_autofree double *sums = NULL;
  g_autofree size_t *counts = NULL;
  Minibatch state = { .features = input->features, .params = params };
  PleRng rng, steps;
  gboolean done;

  if (!ple_centroids_check (input->features, k, error))
    return NULL;
  state.weights = weights = g_new0 (double, k);
  state.sums = sums = g_new (double, k *d);
  state.counts = counts = g_new (size_t, k);
  ple_rng_init (&rng, input->seed);
  ple_rng_split (&rng, 2, &steps);
  done = find_start (&state, &rng, starting, error) && train (&state, &steps, training, error);
  centres = state.centres;
  return done ? ple_centroids_finish (&ple_minibatch_kmeans_method, input->features, centres,
                                      (PleMetric) params->metric, NULL, reading, error)
              : NULL;
}

static PleClustering *
load (const char *path, GError **error)
{
  return ple_centroids_load (&ple_minibatch_kmeans_method, path, error);
}

const PleMethod ple_minibatch_kmeans_method = {
  .id = "minibatch-kmeans",
  .title = N_ ("Mini-batch k-means"),
  .summary = N_ ("k-means by small random batches: nearly as tight, for millions of pictures."),
  .reference = "Sculley 2010",
  .version = 1,
  .params = params_table,
  .params_size = sizeof (MinibatchParams),
  .presets = presets,
  .fit = fit,
  .predict = ple_centroids_predict,
  .save = ple_centroids_save,
  .load = load,
};
