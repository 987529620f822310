/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A TEMI fit from the neighbours to the read-out. */
#include "config.h"

#include "cluster/ple-temi-private.h"

#include "base/ple-error.h"
#include "linalg/ple-knn-approximate.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* Random streams of the seed. */
#define STREAM_WEIGHTS 0
#define STREAM_EPOCHS 1

static gboolean
prepare_rows (PleTemiRun *run, PleProgress *progress, GError **error)
{
  const PleMatrix *features = run->input->features;
  PleTemiModel *model = run->model;

  model->mean = ple_matrix_new (1, features->n_cols, error);
  model->scale = ple_matrix_new (1, features->n_cols, error);
  if (model->mean == NULL || model->scale == NULL)
    return FALSE;
  for (size_t f = 0; f < features->n_cols; f++)
    model->scale->data[f] = 1;
  if (!run->params->standardise)
    {
      run->rows = ple_matrix_ref (run->input->features);
      return TRUE;
    }
  if (!ple_temi_model_set_standardisation (model, features, progress, error))
    return FALSE;
  run->rows = ple_temi_model_standardise (model, features, progress, error);
  return run->rows != NULL;
}

static gboolean
find_neighbours (PleTemiRun *run, PleProgress *progress, GError **error)
{
  g_autoptr (PleProgress) stage = ple_progress_new_stage (progress, _ ("Neighbours"), 0, 0.04);
  const size_t n = run->input->features->n_rows;

  run->neighbours = g_try_new (gint32, n * run->plan.n_neighbours);
  if (run->neighbours == NULL)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY,
                   _ ("no memory for %" G_GSIZE_FORMAT " neighbours of each row"),
                   run->plan.n_neighbours);
      return FALSE;
    }
  return ple_knn (run->input->features, run->plan.n_neighbours, PLE_METRIC_COSINE, run->input->seed,
                  run->neighbours, NULL, stage, error);
}

PleTemiRun *
ple_temi_run_new (const PleFitInput *input,
                  const PleTemiParams *params,
                  PleProgress *progress,
                  GError **error)
{
  g_autoptr (PleTemiRun) run = g_new0 (PleTemiRun, 1);
  const size_t n = input->features->n_rows;
  const PleTemiShape shape = {
    .n_heads = (size_t) params->num_heads,
    .n_inputs = input->features->n_cols,
    .n_hidden = (size_t) params->hidden_dim,
    .n_bottleneck = (size_t) params->projection_dim,
    .n_clusters = (size_t) params->num_clusters,
  };
  const PleTemiLossOptions loss = {
    .objective = (PleTemiObjective) params->objective,
    .beta = params->beta,
    .student_temperature = params->temperature,
    .teacher_temperature = params->temperature,
    .marginal_momentum = 0.9,
  };
  PleRng stream;

  run->input = input;
  run->params = params;
  ple_temi_plan_init (&run->plan, params, n);
  ple_rng_init (&run->rng, input->seed);
  run->trainer = ple_temi_trainer_new (&shape, &loss, run->plan.batch, progress, error);
  if (run->trainer == NULL)
    return NULL;
  run->model = ple_temi_model_new (run->trainer->teacher);
  run->model->temperature = params->temperature;
  run->anchors = g_new (guint32, n);
  run->partners = g_new (gint32, n);
  run->labels = g_new0 (gint32, n);
  run->history = g_array_new (FALSE, FALSE, sizeof (float));
  run->head_losses = g_new0 (double, shape.n_heads);
  run->epoch_sums = g_new0 (double, shape.n_heads);
  if (!prepare_rows (run, progress, error) || !find_neighbours (run, progress, error))
    return NULL;

  ple_rng_split (&run->rng, STREAM_WEIGHTS, &stream);
  ple_temi_heads_init (run->trainer->student, &stream);
  ple_temi_trainer_start (run->trainer);
  if (input->checkpoint_dir != NULL)
    {
      run->checkpoint_path =
          g_build_filename (input->checkpoint_dir, "temi-checkpoint.safetensors", NULL);
      if (!ple_temi_run_restore (run, progress, error))
        return NULL;
    }
  return g_steal_pointer (&run);
}

void
ple_temi_run_free (PleTemiRun *run)
{
  if (run == NULL)
    return;
  if (run->model != NULL)
    run->model->heads = NULL; /* the trainer's */
  ple_temi_model_free (run->model);
  ple_temi_trainer_free (run->trainer);
  ple_matrix_unref (run->rows);
  g_free (run->neighbours);
  g_free (run->anchors);
  g_free (run->partners);
  g_free (run->labels);
  g_clear_pointer (&run->history, g_array_unref);
  g_free (run->head_losses);
  g_free (run->epoch_sums);
  g_free (run->checkpoint_path);
  g_free (run->fingerprint);
  g_free (run);
}

PleTemiModel *
ple_temi_run_steal_model (PleTemiRun *run)
{
  run->trainer->teacher = NULL;
  return g_steal_pointer (&run->model);
}

/* Every row once as anchor in random order, with a partner drawn afresh. From the epoch's own
 * stream, so that a run which goes on in the middle of an epoch sees the same pairs. */
static void
draw_pairs (PleTemiRun *run)
{
  const size_t n = run->input->features->n_rows, k = run->plan.n_neighbours;
  PleRng epochs, stream;

  ple_rng_split (&run->rng, STREAM_EPOCHS, &epochs);
  ple_rng_split (&epochs, run->epoch, &stream);
  for (size_t i = 0; i < n; i++)
    run->anchors[i] = (guint32) i;
  ple_rng_shuffle (&stream, run->anchors, n);
  for (size_t i = 0; i < n; i++)
    run->partners[i] = run->neighbours[run->anchors[i] * k + ple_rng_below (&stream, k)];
}

static gboolean
check_losses (const PleTemiRun *run, GError **error)
{
  const PleMatrix *losses = run->trainer->head_losses;

  for (size_t h = 0; h < losses->n_cols; h++)
    if (!isfinite (losses->data[h]))
      {
        g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_CONVERGENCE,
                     _ ("the loss is no longer a number in epoch %" G_GUINT64_FORMAT
                        "; lower the learning rate"),
                     run->epoch + 1);
        return FALSE;
      }
  return TRUE;
}

/* The steps that are left of the epoch, or until the person wants to stop. */
static gboolean
train_epoch (PleTemiRun *run, PleProgress *progress, GError **error)
{
  const PleTemiPlan *plan = &run->plan;
  const double total = (double) (plan->n_epochs * plan->steps_per_epoch);

  draw_pairs (run);
  for (; run->step < plan->steps_per_epoch; run->step++)
    {
      const size_t begin = run->step * plan->batch;
      const PleTemiStep step =
          ple_temi_plan_get_step (plan, run->params->weight_decay, run->epoch, run->step);

      if (ple_progress_is_stop_requested (progress))
        return TRUE;
      if (ple_checkpoint_pace_is_due (&run->pace))
        ple_temi_run_save (run, progress);
      if (!ple_progress_report_detail (
              progress, (double) (run->epoch * plan->steps_per_epoch + run->step) / total, error,
              _ ("epoch %" G_GUINT64_FORMAT " of %" G_GSIZE_FORMAT), run->epoch + 1,
              plan->n_epochs))
        return FALSE;
      if (!ple_temi_trainer_step (run->trainer, run->rows, plan->batch, run->anchors + begin,
                                  run->partners + begin, &step, progress, error))
        return FALSE;
      if (!check_losses (run, error))
        return FALSE;
      for (size_t h = 0; h < run->trainer->student->shape.n_heads; h++)
        run->epoch_sums[h] += (double) run->trainer->head_losses->data[h];
    }
  return TRUE;
}

size_t
ple_temi_count_active (const gint32 *labels, size_t n, size_t n_clusters)
{
  g_autofree guint8 *used = g_new0 (guint8, n_clusters);
  size_t active = 0;

  for (size_t i = 0; i < n; i++)
    {
      active += !used[labels[i]];
      used[labels[i]] = 1;
    }
  return active;
}

/* Mean losses over the steps of the epoch, and the head with the smallest. */
static double
average_losses (PleTemiRun *run)
{
  const size_t n_heads = run->trainer->student->shape.n_heads;
  double mean = 0;

  run->model->best_head = 0;
  for (size_t h = 0; h < n_heads; h++)
    {
      run->head_losses[h] = run->epoch_sums[h] / (double) MAX (run->step, 1);
      mean += run->head_losses[h] / (double) n_heads;
      if (run->head_losses[h] < run->head_losses[run->model->best_head])
        run->model->best_head = h;
    }
  return mean;
}

/* Which head is best, the labels that it gives, and the curves. Repeated as it is after a cancel.
 */
static gboolean
end_epoch (PleTemiRun *run, PleProgress *progress, GError **error)
{
  const double done = (double) (run->epoch + 1) / (double) run->plan.n_epochs;
  g_autoptr (PleProgress) reading = ple_progress_new_stage (progress, NULL, done, done);
  const size_t n_heads = run->trainer->student->shape.n_heads, n = run->rows->n_rows;
  const double x = (double) (run->epoch + 1);
  const double mean = average_losses (run);
  const double best = run->head_losses[run->model->best_head];
  float row[PLE_TEMI_N_SERIES] = { (float) mean, (float) best };
  size_t active;

  if (!ple_temi_model_read (run->model, run->model->best_head, run->rows, TRUE, run->labels, NULL,
                            NULL, reading, error))
    return FALSE;
  active = ple_temi_count_active (run->labels, n, run->trainer->student->shape.n_clusters);
  row[2] = (float) active;
  g_array_append_vals (run->history, row, PLE_TEMI_N_SERIES);
  ple_progress_value (progress, "loss", x, mean);
  ple_progress_value (progress, "best_loss", x, best);
  ple_progress_value (progress, "active_clusters", x, (double) active);
  if (ple_progress_wants (progress, "labels"))
    ple_progress_publish (progress, "labels", run->labels, n, sizeof (gint32));
  memset (run->epoch_sums, 0, n_heads * sizeof (double));
  run->epoch++;
  run->step = 0;
  return TRUE;
}

gboolean
ple_temi_run_train (PleTemiRun *run, PleProgress *progress, GError **error)
{
  g_autoptr (PleProgress) stage = ple_progress_new_stage (progress, _ ("Training"), 0.04, 0.98);
  const size_t n_steps = run->plan.steps_per_epoch;

  ple_checkpoint_pace_init (&run->pace, progress);
  while (run->epoch < run->plan.n_epochs && !ple_progress_is_stop_requested (progress))
    {
      if (!train_epoch (run, stage, error) ||
          (run->step == n_steps && !end_epoch (run, stage, error)))
        {
          ple_temi_run_save (run, progress);
          return FALSE;
        }
      if (run->step == 0 && run->epoch % (guint64) run->params->checkpoint_every == 0)
        ple_temi_run_save (run, progress);
    }
  ple_temi_run_save (run, progress);
  /* Stopped within an epoch: its steps count for the choice of the head. */
  if (run->step > 0)
    average_losses (run);
  return TRUE;
}
