/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A CLUDI fit: warm labels, the steps that teach them, and the method's own epochs. */
#include "config.h"

#include "cluster/ple-cludi-private.h"

#include "base/ple-error.h"
#include "cluster/ple-labeling.h"
#include "linalg/ple-knn-approximate.h"
#include "linalg/ple-linalg.h"
#include "nn/ple-schedule.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* The share of the given label in what the warm start teaches, and the rate that it falls to. */
#define WARM_SHARE 0.9
#define WARM_RATE 1e-3
#define WARM_FINAL_RATE 1e-4
#define WARM_RAMP 20
/* Parts of the whole: labels to start from, their teaching; the rest is training and read-out. */
#define WARM_LABELS_DONE 0.25
#define WARM_DONE 0.45
#define TRAIN_DONE 0.96

/* Streams of the run. */
enum
{
  STREAM_WEIGHTS,
  STREAM_WARM_LABELS,
  STREAM_WARM_STEPS,
  STREAM_ORDERS,
  STREAM_STEPS,
};

static gboolean
prepare_rows (PleCludiRun *run, PleProgress *progress, GError **error)
{
  g_autoptr (PleProgress) stage = ple_progress_new_stage (progress, _ ("Features"), 0, 0.01);
  PleMatrix *features = run->input->features;
  g_autoptr (PleMatrix) scores = NULL;
  double spread = 0;

  if (run->params->reduce)
    {
      const size_t p =
          MIN ((size_t) run->params->reduced_dim, MIN (features->n_rows, features->n_cols));

      scores =
          ple_pca (features, p, &run->model->mean, &run->model->components, NULL, stage, error);
      if (scores == NULL)
        return FALSE;
    }
  run->rows = ple_cludi_model_reduce (run->model, features, stage, error);
  if (run->rows == NULL)
    return FALSE;
  for (size_t i = 1; i < run->rows->n_rows; i++)
    for (size_t f = 0; f < run->rows->n_cols; f++)
      spread =
          MAX (spread, fabs ((double) (ple_matrix_row (run->rows, i)[f] - run->rows->data[f])));
  if (spread > 1e-6)
    return TRUE;
  g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW,
               _ ("all rows of the features are alike: there is nothing to group"));
  return FALSE;
}

static gboolean
find_neighbours (PleCludiRun *run, PleProgress *progress, GError **error)
{
  g_autoptr (PleProgress) stage = ple_progress_new_stage (progress, _ ("Neighbours"), 0.01, 0.03);
  const size_t n = run->rows->n_rows;

  run->n_neighbours = MIN ((size_t) run->params->neighbours, n - 1);
  if (run->n_neighbours == 0)
    return TRUE;
  run->neighbours = g_try_new (gint32, n * run->n_neighbours);
  if (run->neighbours == NULL)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY,
                   _ ("no memory for %" G_GSIZE_FORMAT " neighbours of each row"),
                   run->n_neighbours);
      return FALSE;
    }
  return ple_knn (run->rows, run->n_neighbours, PLE_METRIC_COSINE, run->input->seed,
                  run->neighbours, NULL, stage, error);
}

static gboolean
make_network (PleCludiRun *run, GError **error)
{
  const PleCludiParams *params = run->params;
  const PleCludiShape shape = {
    .n_inputs = run->rows->n_cols,
    .n_embedding = (size_t) params->embedding_dim,
    .n_clusters = (size_t) params->num_clusters,
    .deep_head = params->deep_head,
    .activation = params->activation == 0 ? PLE_CLUDI_ACTIVATION : 1,
  };
  const PleCludiOptions options = {
    .n_draws = (size_t) params->batch_diffusion,
    .n_steps = (size_t) params->teacher_steps,
    .v_prediction = params->use_v_prediction,
    .lambda = params->ce_lambda,
    .teacher = (PleCludiTeacher) params->teacher,
    .gradient = (PleCludiGradient) params->teacher_gradient,
    .snr_weights = params->loss_weights != PLE_CLUDI_WEIGHTS_EVEN,
    .class_weights = params->loss_weights == PLE_CLUDI_WEIGHTS_SNR,
    .dropout = params->dropout,
    .dropout_twice = params->double_dropout,
    .clip = params->clip,
    .clip_global = params->clip_together,
    .decay = params->weight_decay,
    .average = params->ema,
  };
  g_autoptr (PleCludiNet) net = ple_cludi_net_new (&shape, error);
  PleRng stream;

  if (net == NULL)
    return FALSE;
  ple_rng_split (&run->rng, STREAM_WEIGHTS, &stream);
  ple_cludi_net_init (net, (PleCludiInit) params->init, &stream);
  run->trainer = ple_cludi_trainer_new (net, run->schedule, &options,
                                        MAX (run->plan.batch, run->plan.warm_batch), error);
  if (run->trainer == NULL)
    return FALSE;
  g_steal_pointer (&net);
  ple_cludi_trainer_restart (run->trainer);
  return TRUE;
}

PleCludiRun *
ple_cludi_run_new (const PleFitInput *input,
                   const PleCludiParams *params,
                   PleProgress *progress,
                   GError **error)
{
  g_autoptr (PleCludiRun) run = g_new0 (PleCludiRun, 1);
  const size_t n = input->features->n_rows;
  PleCludiModel *model = run->model = g_new0 (PleCludiModel, 1);

  run->input = input;
  run->params = params;
  model->noise = (PleCludiNoise) params->noise_schedule;
  model->n_times = (size_t) params->diffusion_steps;
  model->factor = params->rescaling_factor;
  model->rescale = params->rescale_schedule;
  model->v_prediction = params->use_v_prediction;
  model->n_draws = (size_t) params->read_draws;
  model->n_steps = (size_t) params->read_steps;
  run->schedule =
      ple_cludi_schedule_new (model->noise, model->n_times, model->factor, model->rescale);
  ple_cludi_plan_init (&run->plan, params, n);
  ple_rng_init (&run->rng, input->seed);
  run->order = g_new (guint32, n);
  run->labels = g_new0 (gint32, n);
  run->history = g_array_new (FALSE, FALSE, sizeof (float));
  if (!prepare_rows (run, progress, error) || !find_neighbours (run, progress, error) ||
      !make_network (run, error))
    return NULL;
  if (input->checkpoint_dir != NULL)
    {
      run->checkpoint_path =
          g_build_filename (input->checkpoint_dir, "cludi-checkpoint.safetensors", NULL);
      if (!ple_cludi_run_restore (run, progress, error))
        return NULL;
    }
  return g_steal_pointer (&run);
}

void
ple_cludi_run_free (PleCludiRun *run)
{
  if (run == NULL)
    return;
  ple_cludi_model_free (run->model);
  ple_cludi_trainer_free (run->trainer);
  ple_cludi_schedule_free (run->schedule);
  ple_cludi_warm_clear (&run->warm);
  ple_matrix_unref (run->rows);
  g_free (run->neighbours);
  g_free (run->order);
  g_free (run->labels);
  g_clear_pointer (&run->history, g_array_unref);
  g_free (run->checkpoint_path);
  g_free (run->fingerprint);
  g_free (run);
}

static gboolean
find_warm_labels (PleCludiRun *run, PleProgress *progress, GError **error)
{
  g_autoptr (PleProgress) stage =
      ple_progress_new_stage (progress, _ ("First labels"), 0.03, WARM_LABELS_DONE);
  PleRng stream;

  ple_progress_set_stop_cancels (stage);
  ple_rng_split (&run->rng, STREAM_WARM_LABELS, &stream);
  if (!ple_cludi_warm (run->rows, (size_t) run->params->num_clusters, &stream, &run->warm, stage,
                       error))
    {
      ple_cludi_warm_clear (&run->warm);
      return FALSE;
    }
  memcpy (run->labels, run->warm.labels, run->rows->n_rows * sizeof (gint32));
  if (ple_progress_wants (progress, "labels"))
    ple_progress_publish (progress, "labels", run->labels, run->rows->n_rows, sizeof (gint32));
  return TRUE;
}

static gboolean
check_loss (const PleCludiRun *run, GError **error)
{
  if (isfinite (run->trainer->loss))
    return TRUE;
  g_set_error (
      error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_CONVERGENCE,
      _ ("the loss is no longer a number in epoch %" G_GUINT64_FORMAT "; lower the learning rate"),
      run->epoch + 1);
  return FALSE;
}

static double
warm_rate (const PleCludiRun *run)
{
  const size_t i = run->warm_step, ramp = MIN (WARM_RAMP, run->plan.warm_steps);

  if (i < ramp)
    return WARM_RATE * (double) (i + 1) / (double) ramp;
  return ple_schedule_linear (WARM_RATE, WARM_FINAL_RATE, i - ramp, run->plan.warm_steps - ramp);
}

/* One step of the warm start on rows drawn afresh; every other one at late times, where nothing of
 * the labels is left in the noise. */
static gboolean
teach_step (PleCludiRun *run, float *shares, PleProgress *progress, GError **error)
{
  const size_t n = run->plan.warm_batch, k = (size_t) run->params->num_clusters;
  PleRng steps, stream;

  ple_rng_split (&run->rng, STREAM_WARM_STEPS, &steps);
  ple_rng_split (&steps, run->warm_step, &stream);
  ple_rng_sample (&stream, run->rows->n_rows, n, run->order);
  for (size_t i = 0; i < n; i++)
    {
      for (size_t c = 0; c < k; c++)
        shares[i * k + c] = (float) ((1 - WARM_SHARE) / (double) k);
      shares[i * k + (size_t) run->warm.labels[run->order[i]]] += (float) WARM_SHARE;
    }
  {
    const PleCludiBatch batch = { run->rows, run->order, n, run->neighbours, run->n_neighbours };

    return ple_cludi_trainer_teach (run->trainer, &batch, shares,
                                    run->warm_step % 2 == 1 ? run->schedule->n_steps / 2 : 0,
                                    warm_rate (run), &stream, progress, error) &&
           check_loss (run, error);
  }
}

static gboolean
teach (PleCludiRun *run, PleProgress *progress, GError **error)
{
  g_autoptr (PleProgress) stage =
      ple_progress_new_stage (progress, _ ("Warm start"), WARM_LABELS_DONE, WARM_DONE);
  const size_t n_steps = run->plan.warm_steps;
  g_autofree float *shares =
      g_new (float, run->plan.warm_batch *(size_t) run->params->num_clusters);

  for (; run->warm_step < n_steps; run->warm_step++)
    {
      if (ple_progress_is_stop_requested (progress))
        return TRUE;
      if (!ple_progress_report_detail (stage, (double) run->warm_step / (double) n_steps, error,
                                       _ ("step %" G_GUINT64_FORMAT " of %" G_GSIZE_FORMAT),
                                       run->warm_step + 1, n_steps) ||
          !teach_step (run, shares, stage, error))
        return FALSE;
      if (run->warm_step % 10 == 0)
        ple_progress_value (progress, "warm_loss", (double) run->warm_step, run->trainer->loss);
    }
  ple_cludi_trainer_restart (run->trainer);
  return TRUE;
}

/* Every row once, in the epoch's own order, so that a run which goes on in the middle of an epoch
 * sees the same batches. */
static void
draw_order (PleCludiRun *run)
{
  PleRng orders, stream;

  ple_rng_split (&run->rng, STREAM_ORDERS, &orders);
  ple_rng_split (&orders, run->epoch, &stream);
  for (size_t i = 0; i < run->rows->n_rows; i++)
    run->order[i] = (guint32) i;
  ple_rng_shuffle (&stream, run->order, run->rows->n_rows);
}

static gboolean
train_step (PleCludiRun *run, PleProgress *progress, GError **error)
{
  const PleCludiPlan *plan = &run->plan;
  const size_t i = run->epoch * plan->steps_per_epoch + run->step;
  const double rate = ple_schedule_warmup_cosine (plan->peak_rate, plan->final_rate, plan->n_warmup,
                                                  plan->n_epochs * plan->steps_per_epoch, i);
  PleCludiBatch batch = { .features = run->rows,
                          .neighbours = run->neighbours,
                          .n_neighbours = run->n_neighbours };
  PleRng steps, stream;
  size_t first;

  ple_cludi_plan_get_batch (plan, run->rows->n_rows, run->step, &first, &batch.n_rows);
  batch.rows = run->order + first;
  ple_rng_split (&run->rng, STREAM_STEPS, &steps);
  ple_rng_split (&steps, i, &stream);
  if (!ple_cludi_trainer_step (run->trainer, &batch, rate, &stream, progress, error) ||
      !check_loss (run, error))
    return FALSE;
  ple_cludi_trainer_get_labels (run->trainer, &batch, run->labels);
  run->sums[0] += run->trainer->loss;
  run->sums[1] += run->trainer->class_loss;
  return TRUE;
}

static gboolean
train_epoch (PleCludiRun *run, PleProgress *progress, GError **error)
{
  const PleCludiPlan *plan = &run->plan;
  const double total = (double) (plan->n_epochs * plan->steps_per_epoch);

  draw_order (run);
  for (; run->step < plan->steps_per_epoch; run->step++)
    {
      if (ple_progress_is_stop_requested (progress))
        return TRUE;
      if (!ple_progress_report_detail (
              progress, (double) (run->epoch * plan->steps_per_epoch + run->step) / total, error,
              _ ("epoch %" G_GUINT64_FORMAT " of %" G_GSIZE_FORMAT), run->epoch + 1,
              plan->n_epochs) ||
          !train_step (run, progress, error))
        return FALSE;
    }
  return TRUE;
}

/* The curves, and the labels that the teacher gave on the way: no read-out of its own is needed. */
static void
end_epoch (PleCludiRun *run, PleProgress *progress)
{
  const size_t n = run->rows->n_rows, k = (size_t) run->params->num_clusters;
  const double x = (double) (run->epoch + 1), steps = (double) run->plan.steps_per_epoch;
  const size_t active = ple_labeling_count_active (run->labels, n, k);
  const float row[PLE_CLUDI_N_SERIES] = { (float) (run->sums[0] / steps),
                                          (float) (run->sums[1] / steps), (float) active };

  g_array_append_vals (run->history, row, PLE_CLUDI_N_SERIES);
  ple_progress_value (progress, "loss", x, (double) row[PLE_CLUDI_SERIES_LOSS]);
  ple_progress_value (progress, "class_loss", x, (double) row[PLE_CLUDI_SERIES_CLASS_LOSS]);
  ple_progress_value (progress, "active_clusters", x, (double) active);
  if (ple_progress_wants (progress, "labels"))
    ple_progress_publish (progress, "labels", run->labels, n, sizeof (gint32));
  /* Half-way there, clusters that are not used do not come back by themselves. */
  if (run->epoch + 1 == MAX (run->plan.n_epochs / 2, 1) && active * 2 < k)
    ple_progress_warning (progress,
                          _ ("only %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT
                             " clusters are in use half-way; a lower learning rate or a smaller "
                             "rescaling factor may help"),
                          active, k);
  run->sums[0] = run->sums[1] = 0;
  run->epoch++;
  run->step = 0;
}

static gboolean
train (PleCludiRun *run, PleProgress *progress, GError **error)
{
  g_autoptr (PleProgress) stage = ple_progress_new_stage (
      progress, _ ("Training"), run->plan.warm_steps > 0 ? WARM_DONE : 0.03, TRAIN_DONE);

  while (run->epoch < run->plan.n_epochs && !ple_progress_is_stop_requested (progress))
    {
      if (!train_epoch (run, stage, error))
        return FALSE;
      if (run->step == run->plan.steps_per_epoch)
        {
          end_epoch (run, stage);
          if (run->epoch % (guint64) run->params->checkpoint_every == 0)
            ple_cludi_run_save (run, progress);
        }
    }
  return TRUE;
}

/* Whether the method's own loss, which takes clusters for equally large, shall be trained on. */
static gboolean
fits_prior (const PleCludiRun *run)
{
  return run->warm.labels == NULL || run->warm.uniform;
}

gboolean
ple_cludi_run_train (PleCludiRun *run, PleProgress *progress, GError **error)
{
  gboolean ok = TRUE;

  if (run->plan.warm_steps > 0 && run->warm.labels == NULL)
    {
      if (!find_warm_labels (run, progress, error))
        return FALSE;
      ple_cludi_run_save (run, progress);
    }
  if (run->plan.warm_steps > 0 && run->epoch == 0 && run->step == 0)
    ok = teach (run, progress, error);
  if (!fits_prior (run) && run->warm_step == run->plan.warm_steps)
    ple_progress_warning (progress,
                          _ ("the clusters differ in size: CLUDI's own training, which takes them "
                             "for equal, is left out after its warm start"));
  else
    ok = ok && train (run, progress, error);
  ple_cludi_run_save (run, progress);
  return ok;
}
