/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-temi-train.h"

#include "base/ple-error.h"
#include "base/ple-parallel.h"
#include "nn/ple-kernels.h"

#include <string.h>

PleTemiTrainer *
ple_temi_trainer_new (const PleTemiShape *shape,
                      const PleTemiLossOptions *loss,
                      size_t max_pairs,
                      PleProgress *progress,
                      GError **error)
{
  g_autoptr (PleTemiTrainer) trainer = g_new0 (PleTemiTrainer, 1);
  const size_t h = shape->n_heads, k = shape->n_clusters, n_rows = 2 * max_pairs;

  trainer->loss = *loss;
  trainer->max_pairs = max_pairs;
  /* A worker without a head to work on needs no memory. */
  trainer->n_workers = ple_progress_get_n_threads (progress);
  trainer->workspaces = g_new0 (PleTemiWorkspace *, trainer->n_workers);
  trainer->done = g_new0 (guint8, h);
  if ((trainer->student = ple_temi_heads_new (shape, error)) == NULL ||
      (trainer->teacher = ple_temi_heads_new (shape, error)) == NULL ||
      (trainer->moment1 = ple_temi_heads_new (shape, error)) == NULL ||
      (trainer->moment2 = ple_temi_heads_new (shape, error)) == NULL ||
      (trainer->marginal = ple_matrix_new (h, k, error)) == NULL ||
      (trainer->old_marginal = ple_matrix_new (h, k, error)) == NULL ||
      (trainer->rows = ple_matrix_new (n_rows, shape->n_inputs, error)) == NULL ||
      (trainer->teacher_logs = ple_matrix_new (h, n_rows * k, error)) == NULL ||
      (trainer->student_logs = ple_matrix_new (trainer->n_workers, n_rows * k, error)) == NULL ||
      (trainer->slopes = ple_matrix_new (trainer->n_workers, n_rows * k, error)) == NULL ||
      (trainer->agreement = ple_matrix_new (h, max_pairs, error)) == NULL ||
      (trainer->weights = ple_matrix_new (1, max_pairs, error)) == NULL ||
      (trainer->head_losses = ple_matrix_new (1, h, error)) == NULL)
    return NULL;
  for (guint w = 0; w < trainer->n_workers; w++)
    {
      trainer->workspaces[w] = ple_temi_workspace_new (trainer->student, n_rows, TRUE, error);
      if (trainer->workspaces[w] == NULL)
        return NULL;
    }
  return g_steal_pointer (&trainer);
}

void
ple_temi_trainer_free (PleTemiTrainer *trainer)
{
  if (trainer == NULL)
    return;
  for (guint w = 0; w < trainer->n_workers; w++)
    ple_temi_workspace_free (trainer->workspaces[w]);
  g_free (trainer->workspaces);
  g_free (trainer->done);
  ple_temi_heads_free (trainer->student);
  ple_temi_heads_free (trainer->teacher);
  ple_temi_heads_free (trainer->moment1);
  ple_temi_heads_free (trainer->moment2);
  ple_matrix_unref (trainer->marginal);
  ple_matrix_unref (trainer->old_marginal);
  ple_matrix_unref (trainer->rows);
  ple_matrix_unref (trainer->teacher_logs);
  ple_matrix_unref (trainer->student_logs);
  ple_matrix_unref (trainer->slopes);
  ple_matrix_unref (trainer->agreement);
  ple_matrix_unref (trainer->weights);
  ple_matrix_unref (trainer->head_losses);
  g_free (trainer);
}

static void
copy_matrix (PleMatrix *to, const PleMatrix *from)
{
  memcpy (to->data, from->data, from->n_rows * from->n_cols * sizeof (float));
}

void
ple_temi_trainer_start (PleTemiTrainer *trainer)
{
  const PleMatrix *marginal = trainer->marginal;

  copy_matrix (trainer->teacher->storage, trainer->student->storage);
  for (size_t i = 0; i < marginal->n_rows * marginal->n_cols; i++)
    marginal->data[i] = 1.0f / (float) marginal->n_cols;
  trainer->n_steps = trainer->n_output_steps = 0;
  trainer->interrupted = FALSE;
}

typedef struct
{
  PleTemiTrainer *trainer;
  size_t n_pairs;
  const PleTemiStep *step;
  gboolean track; /* whether p(c) takes in this batch */
} Pass;

/* Teachers of the heads that are not yet updated, their p(c), and the agreement of each pair. */
static void
teacher_pass (const PleChunk *chunk, gpointer data)
{
  const Pass *pass = data;
  PleTemiTrainer *trainer = pass->trainer;
  const size_t h = chunk->begin, k = trainer->student->shape.n_clusters;
  const size_t n_rows = 2 * pass->n_pairs;
  PleTemiWorkspace *workspace = trainer->workspaces[chunk->worker];
  float *logs = ple_matrix_row (trainer->teacher_logs, h);

  if (trainer->done[h])
    return;
  ple_temi_forward (trainer->teacher, h, n_rows, trainer->rows->data, FALSE, workspace);
  ple_kernel_log_softmax (n_rows, k, (float) (1 / trainer->loss.teacher_temperature),
                          workspace->logits, logs);
  if (!pass->track)
    return;
  if (trainer->loss.objective != PLE_TEMI_OBJECTIVE_SCAN)
    ple_temi_track_marginal (n_rows, k, trainer->loss.marginal_momentum, logs, workspace->scratch,
                             ple_matrix_row (trainer->marginal, h));
  ple_temi_pair_agreement (pass->n_pairs, k, logs, workspace->scratch,
                           ple_matrix_row (trainer->agreement, h));
}

static void
update_head (const Pass *pass, size_t h, const float *gradient)
{
  static const gboolean decays[PLE_TEMI_N_PARTS] = {
    [PLE_TEMI_W1] = TRUE,
    [PLE_TEMI_W2] = TRUE,
    [PLE_TEMI_G] = TRUE,
    [PLE_TEMI_V] = TRUE,
  };
  PleTemiTrainer *trainer = pass->trainer;
  const PleTemiHeads *heads = trainer->student;
  const PleTemiStep *step = pass->step;

  for (int part = 0; part < PLE_TEMI_N_PARTS; part++)
    {
      gboolean output = part == PLE_TEMI_G || part == PLE_TEMI_V;
      size_t at = h * heads->stride + heads->offset[part];
      size_t n = heads->offset[part + 1] - heads->offset[part];
      PleAdamStep adam = {
        .rate = step->rate,
        .beta1 = 0.9,
        .beta2 = 0.999,
        .epsilon = 1e-8,
        .decay = decays[part] ? step->decay : 0,
        .step = output ? trainer->n_output_steps + 1 : trainer->n_steps + 1,
      };

      if (output && step->freeze_output)
        ple_kernel_average (n, step->momentum, heads->weights + at, trainer->teacher->weights + at);
      else
        ple_kernel_adam_average (n, &adam, step->momentum, gradient + heads->offset[part],
                                 heads->weights + at, trainer->moment1->weights + at,
                                 trainer->moment2->weights + at, trainer->teacher->weights + at);
    }
}

static void
student_pass (const PleChunk *chunk, gpointer data)
{
  const Pass *pass = data;
  PleTemiTrainer *trainer = pass->trainer;
  const size_t h = chunk->begin, k = trainer->student->shape.n_clusters;
  const size_t n_rows = 2 * pass->n_pairs;
  PleTemiWorkspace *workspace = trainer->workspaces[chunk->worker];
  float *logs = ple_matrix_row (trainer->student_logs, chunk->worker);
  float *slope = ple_matrix_row (trainer->slopes, chunk->worker);
  const float *weights = NULL;
  double loss;

  if (trainer->done[h])
    return;
  if (trainer->loss.objective == PLE_TEMI_OBJECTIVE_TEMI)
    weights = trainer->weights->data;
  else if (trainer->loss.objective == PLE_TEMI_OBJECTIVE_WMI)
    weights = ple_matrix_row (trainer->agreement, h);
  ple_temi_forward (trainer->student, h, n_rows, trainer->rows->data, TRUE, workspace);
  ple_kernel_log_softmax (n_rows, k, (float) (1 / trainer->loss.student_temperature),
                          workspace->logits, logs);
  loss = ple_temi_head_loss (
      &trainer->loss, pass->n_pairs, k, logs, ple_matrix_row (trainer->teacher_logs, h),
      ple_matrix_row (trainer->marginal, h), weights,
      1.0 / (double) trainer->student->shape.n_heads, workspace->scratch, slope);
  ple_temi_backward (trainer->student, h, n_rows, trainer->rows->data, slope, workspace);
  update_head (pass, h, workspace->gradient);
  trainer->head_losses->data[h] = (float) loss;
  trainer->done[h] = 1;
}

static void
gather (PleTemiTrainer *trainer,
        const PleMatrix *features,
        size_t n_pairs,
        const guint32 *anchors,
        const gint32 *partners)
{
  const size_t bytes = features->n_cols * sizeof (float);

  for (size_t i = 0; i < n_pairs; i++)
    {
      memcpy (ple_matrix_row (trainer->rows, i), ple_matrix_row (features, anchors[i]), bytes);
      memcpy (ple_matrix_row (trainer->rows, n_pairs + i),
              ple_matrix_row (features, (size_t) partners[i]), bytes);
    }
}

/* Mean agreement over the heads, in the order of the heads. */
static void
weigh_pairs (PleTemiTrainer *trainer, size_t n_pairs)
{
  const size_t n_heads = trainer->student->shape.n_heads;
  float *weights = trainer->weights->data;

  memset (weights, 0, n_pairs * sizeof (float));
  for (size_t h = 0; h < n_heads; h++)
    {
      const float *agreement = ple_matrix_row (trainer->agreement, h);

      for (size_t i = 0; i < n_pairs; i++)
        weights[i] += agreement[i] / (float) n_heads;
    }
}

gboolean
ple_temi_trainer_step (PleTemiTrainer *trainer,
                       const PleMatrix *features,
                       size_t n_pairs,
                       const guint32 *anchors,
                       const gint32 *partners,
                       const PleTemiStep *step,
                       PleProgress *progress,
                       GError **error)
{
  const size_t n_heads = trainer->student->shape.n_heads;
  Pass pass = { trainer, n_pairs, step, !trainer->interrupted };

  g_return_val_if_fail (n_pairs <= trainer->max_pairs, FALSE);

  gather (trainer, features, n_pairs, anchors, partners);
  if (!trainer->interrupted)
    {
      memset (trainer->done, 0, n_heads);
      copy_matrix (trainer->old_marginal, trainer->marginal);
    }
  if (!ple_parallel_for (n_heads, 1, teacher_pass, &pass, progress, error))
    {
      if (!trainer->interrupted)
        copy_matrix (trainer->marginal, trainer->old_marginal);
      return FALSE;
    }
  if (!trainer->interrupted)
    weigh_pairs (trainer, n_pairs);
  trainer->interrupted = !ple_parallel_for (n_heads, 1, student_pass, &pass, progress, error);
  if (trainer->interrupted)
    return FALSE;
  trainer->n_steps++;
  if (!step->freeze_output)
    trainer->n_output_steps++;
  return TRUE;
}

/* What a checkpoint holds beside the counts, which stand in one small array. */
#define N_STATE_MATRICES 8

static void
list_state (PleTemiTrainer *trainer, const char *names[], PleMatrix *matrices[])
{
  const struct
  {
    const char *name;
    PleMatrix *matrix;
  } all[N_STATE_MATRICES] = {
    { "student", trainer->student->storage }, { "teacher", trainer->teacher->storage },
    { "moment1", trainer->moment1->storage }, { "moment2", trainer->moment2->storage },
    { "marginal", trainer->marginal },        { "pair_weights", trainer->weights },
    { "pair_agreement", trainer->agreement }, { "head_losses", trainer->head_losses },
  };

  for (size_t i = 0; i < N_STATE_MATRICES; i++)
    {
      names[i] = all[i].name;
      matrices[i] = all[i].matrix;
    }
}

void
ple_temi_trainer_save (PleTemiTrainer *trainer, PleSafetensorsWriter *writer)
{
  const size_t n_heads = trainer->student->shape.n_heads;
  const size_t one = 1;
  const char *names[N_STATE_MATRICES];
  PleMatrix *matrices[N_STATE_MATRICES];

  list_state (trainer, names, matrices);
  for (size_t i = 0; i < N_STATE_MATRICES; i++)
    ple_safetensors_writer_add_matrix (writer, names[i], matrices[i]);
  ple_safetensors_writer_add (writer, "n_steps", PLE_SAFETENSORS_U64, 1, &one, &trainer->n_steps);
  ple_safetensors_writer_add (writer, "n_output_steps", PLE_SAFETENSORS_U64, 1, &one,
                              &trainer->n_output_steps);
  ple_safetensors_writer_add (writer, "interrupted", PLE_SAFETENSORS_I32, 1, &one,
                              &trainer->interrupted);
  ple_safetensors_writer_add (writer, "heads_done", PLE_SAFETENSORS_U8, 1, &n_heads, trainer->done);
}

gboolean
ple_temi_trainer_load (PleTemiTrainer *trainer, const PleSafetensors *file, GError **error)
{
  const char *names[N_STATE_MATRICES];
  PleMatrix *matrices[N_STATE_MATRICES];

  list_state (trainer, names, matrices);
  for (size_t i = 0; i < N_STATE_MATRICES; i++)
    {
      g_autoptr (PleMatrix) matrix = ple_safetensors_get_matrix_of (
          file, names[i], matrices[i]->n_rows, matrices[i]->n_cols, error);

      if (matrix == NULL)
        return FALSE;
      copy_matrix (matrices[i], matrix);
    }
  return ple_safetensors_get_bytes (file, "n_steps", PLE_SAFETENSORS_U64, 1, &trainer->n_steps,
                                    error) &&
         ple_safetensors_get_bytes (file, "n_output_steps", PLE_SAFETENSORS_U64, 1,
                                    &trainer->n_output_steps, error) &&
         ple_safetensors_get_bytes (file, "interrupted", PLE_SAFETENSORS_I32, 1,
                                    &trainer->interrupted, error) &&
         ple_safetensors_get_bytes (file, "heads_done", PLE_SAFETENSORS_U8,
                                    trainer->student->shape.n_heads, trainer->done, error);
}
