/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-cludi-train.h"

#include "base/ple-parallel.h"
#include "cluster/ple-cludi-noise.h"
#include "cluster/ple-cludi-view.h"
#include "nn/ple-kernels.h"

#include <math.h>
#include <string.h>

#define ROW_CHUNK 256
#define BETA1 0.9
#define BETA2 0.98
#define EPSILON 1e-8

/* Streams of a step. */
enum
{
  STREAM_DRAWS, /* times, self-conditioning, strength of the views */
  STREAM_TEACHER,
  STREAM_VIEW,
  STREAM_STUDENT,
};

PleCludiTrainer *
ple_cludi_trainer_new (PleCludiNet *net,
                       const PleCludiSchedule *schedule,
                       const PleCludiOptions *options,
                       size_t max_rows,
                       GError **error)
{
  g_autoptr (PleCludiTrainer) trainer = g_new0 (PleCludiTrainer, 1);
  const size_t n = options->n_draws * max_rows, n_weights = net->weights->n_cols;

  trainer->options = *options;
  trainer->schedule = schedule;
  trainer->net = net;
  trainer->max_rows = max_rows;
  trainer->weights = g_new0 (double, options->n_draws);
  if ((trainer->average = ple_cludi_net_copy (net, error)) == NULL ||
      (trainer->gradient = ple_matrix_new (1, n_weights, error)) == NULL ||
      (trainer->moment1 = ple_matrix_new (1, n_weights, error)) == NULL ||
      (trainer->moment2 = ple_matrix_new (1, n_weights, error)) == NULL ||
      (trainer->sampler =
           ple_cludi_sampler_new (net, schedule, options->n_steps, options->v_prediction, max_rows,
                                  n, TRUE, options->gradient, error)) == NULL ||
      (trainer->student = ple_cludi_student_new (net, schedule, options->n_draws, n, error)) ==
          NULL ||
      (trainer->class_part = ple_cludi_class_loss_new (options->n_draws, max_rows,
                                                       net->shape.n_clusters, error)) == NULL)
    return NULL;
  trainer->student->v_prediction = options->v_prediction;
  trainer->student->dropout = options->dropout;
  trainer->student->dropout_twice = options->dropout_twice;
  return g_steal_pointer (&trainer);
}

void
ple_cludi_trainer_free (PleCludiTrainer *trainer)
{
  if (trainer == NULL)
    return;
  ple_cludi_net_free (trainer->net);
  ple_cludi_net_free (trainer->average);
  ple_matrix_unref (trainer->gradient);
  ple_matrix_unref (trainer->moment1);
  ple_matrix_unref (trainer->moment2);
  ple_cludi_sampler_free (trainer->sampler);
  ple_cludi_student_free (trainer->student);
  ple_cludi_class_loss_free (trainer->class_part);
  g_free (trainer->weights);
  g_free (trainer);
}

static void
clear (PleMatrix *matrix)
{
  memset (matrix->data, 0, matrix->n_rows * matrix->n_cols * sizeof (float));
}

void
ple_cludi_trainer_restart (PleCludiTrainer *trainer)
{
  const PleMatrix *weights = trainer->net->weights;

  clear (trainer->moment1);
  clear (trainer->moment2);
  memcpy (trainer->average->weights->data, weights->data, weights->n_cols * sizeof (float));
  trainer->n_updates = 0;
}

typedef struct
{
  PleCludiTrainer *trainer;
  const PleCludiBatch *batch;
  const double *noise; /* B */
  const double *drop;  /* B */
  const PleRng *rng;
} View;

/* The students' views of a chunk of rows of all draws: row r is draw r / N of row r % N. */
static void
view_rows (const PleChunk *chunk, gpointer data)
{
  const View *view = data;
  const PleCludiBatch *batch = view->batch;
  const size_t d = batch->features->n_cols, n = chunk->end - chunk->begin;
  float *x = view->trainer->student->features->x + chunk->begin * d;
  g_autofree float *normals = g_new (float, 2 * n * d);
  float *mask = normals + n * d;
  PleRng stream;

  ple_rng_split (view->rng, chunk->index, &stream);
  ple_cludi_fill_normal (&stream, normals, n * d);
  for (size_t i = 0; i < n; i++)
    {
      const size_t r = chunk->begin + i, draw = r / batch->n_rows;
      size_t row = batch->rows[r % batch->n_rows];

      if (batch->neighbours != NULL)
        row = (size_t) batch->neighbours[row * batch->n_neighbours +
                                         ple_rng_below (&stream, batch->n_neighbours)];
      memcpy (x + i * d, ple_matrix_row (batch->features, row), d * sizeof (float));
      ple_cludi_fill_mask (&stream, view->drop[draw], FALSE, mask + i * d, d);
      ple_cludi_view (1, d, view->noise[draw], normals + i * d, mask + i * d, x + i * d);
    }
  ple_cludi_unit_rows (n, d, x);
}

/* Times, self-conditioning and views: all of the student that does not need the teacher. */
static gboolean
prepare_student (PleCludiTrainer *trainer,
                 const PleCludiBatch *batch,
                 size_t least_time,
                 const PleRng *rng,
                 PleProgress *progress,
                 GError **error)
{
  const size_t n_draws = trainer->options.n_draws;
  const size_t n_times = trainer->schedule->n_steps - least_time;
  g_autofree double *strength = g_new (double, 2 * n_draws);
  PleRng draws, views;
  View view = { trainer, batch, strength, strength + n_draws, &views };

  ple_rng_split (rng, STREAM_DRAWS, &draws);
  ple_rng_split (rng, STREAM_VIEW, &views);
  for (size_t b = 0; b < n_draws; b++)
    {
      trainer->student->times[b] = (gint32) (least_time + ple_rng_below (&draws, n_times));
      strength[b] =
          PLE_CLUDI_VIEW_MIN_NOISE +
          (PLE_CLUDI_VIEW_MAX_NOISE - PLE_CLUDI_VIEW_MIN_NOISE) * ple_rng_uniform (&draws);
      strength[n_draws + b] =
          PLE_CLUDI_VIEW_MIN_DROP +
          (PLE_CLUDI_VIEW_MAX_DROP - PLE_CLUDI_VIEW_MIN_DROP) * ple_rng_uniform (&draws);
    }
  trainer->student->self_condition = ple_rng_uniform (&draws) < 0.5;
  return ple_parallel_for (n_draws * batch->n_rows, ROW_CHUNK, view_rows, &view, progress, error);
}

static gboolean
run_teacher (PleCludiTrainer *trainer,
             const PleCludiBatch *batch,
             const PleRng *rng,
             PleProgress *progress,
             GError **error)
{
  const PleCludiOptions *options = &trainer->options;
  const gboolean averaged = options->teacher == PLE_CLUDI_TEACHER_AVERAGE;
  const size_t d = batch->features->n_cols;
  PleRng stream;

  ple_rng_split (rng, STREAM_TEACHER, &stream);
  for (size_t i = 0; i < batch->n_rows; i++)
    memcpy (trainer->sampler->features->x + i * d, ple_matrix_row (batch->features, batch->rows[i]),
            d * sizeof (float));
  return ple_cludi_sampler_run (averaged ? trainer->average : trainer->net, trainer->sampler,
                                batch->n_rows, options->n_draws * batch->n_rows, &stream,
                                averaged ? PLE_CLUDI_GRADIENT_NONE : options->gradient, progress,
                                error);
}

/* Both losses, with the gradients of the logits and embeddings of both sides. */
static gboolean
apply_losses (
    PleCludiTrainer *trainer, size_t n_rows, gboolean back, PleProgress *progress, GError **error)
{
  const PleCludiOptions *options = &trainer->options;
  PleCludiAssign *teacher = trainer->sampler->assign, *student = trainer->student->assign;
  g_autofree double *class_weights = g_new (double, options->n_draws);

  for (size_t b = 0; b < options->n_draws; b++)
    {
      size_t t = (size_t) trainer->student->times[b];

      trainer->weights[b] =
          options->snr_weights
              ? ple_cludi_schedule_get_weight (trainer->schedule, t, options->v_prediction) /
                    trainer->schedule->factor
              : 1;
      class_weights[b] = options->class_weights ? trainer->weights[b] : 1;
    }
  trainer->embedding_loss =
      ple_cludi_embedding_loss (options->n_draws, n_rows * trainer->net->shape.n_embedding,
                                student->embedding, teacher->embedding, trainer->weights, 1,
                                student->d_embedding, back ? teacher->d_embedding : NULL);
  if (!ple_cludi_class_loss_apply (trainer->class_part, n_rows, teacher->logits, student->logits,
                                   class_weights, options->lambda, back ? teacher->d_logits : NULL,
                                   student->d_logits, &trainer->class_loss, progress, error))
    return FALSE;
  trainer->loss = trainer->embedding_loss + options->lambda * trainer->class_loss;
  return TRUE;
}

gboolean
ple_cludi_trainer_step (PleCludiTrainer *trainer,
                        const PleCludiBatch *batch,
                        double rate,
                        const PleRng *rng,
                        PleProgress *progress,
                        GError **error)
{
  const PleCludiOptions *options = &trainer->options;
  const size_t n = options->n_draws * batch->n_rows;
  const gboolean back =
      options->gradient != PLE_CLUDI_GRADIENT_NONE && options->teacher == PLE_CLUDI_TEACHER_STUDENT;
  PleCludiAssign *teacher = trainer->sampler->assign;
  PleRng stream;

  g_return_val_if_fail (batch->n_rows <= trainer->max_rows, FALSE);

  ple_rng_split (rng, STREAM_STUDENT, &stream);
  trainer->student->clamp = FALSE;
  clear (trainer->gradient);
  if (!prepare_student (trainer, batch, 0, rng, progress, error) ||
      !run_teacher (trainer, batch, rng, progress, error) ||
      !ple_cludi_student_forward (trainer->net, trainer->student, batch->n_rows, teacher->embedding,
                                  &stream, progress, error) ||
      !apply_losses (trainer, batch->n_rows, back, progress, error) ||
      !ple_cludi_student_backward (trainer->net, trainer->student, batch->n_rows, TRUE,
                                   trainer->gradient, back ? teacher->d_embedding : NULL, progress,
                                   error) ||
      (back && !ple_cludi_sampler_backward (trainer->net, trainer->sampler, n, options->gradient,
                                            trainer->gradient, progress, error)))
    return FALSE;
  ple_cludi_trainer_update (trainer, rate);
  return TRUE;
}

/* Cross-entropy of the draws with the given shares; d_logits gets its gradient. */
static double
cross_entropy (PleCludiTrainer *trainer, size_t n_rows, const float *shares)
{
  const size_t k = trainer->net->shape.n_clusters;
  const size_t n = trainer->options.n_draws * n_rows;
  PleCludiAssign *a = trainer->student->assign;
  const float sharp = (float) (1 / trainer->student->temperature);
  const float factor = sharp / (float) n;
  double loss = 0;

  for (size_t r = 0; r < n; r++)
    {
      const float *wanted = shares + (r % n_rows) * k, *found = a->shares + r * k;
      float *slope = a->d_logits + r * k;

      ple_kernel_log_softmax (1, k, sharp, a->logits + r * k, slope);
      loss -= ple_kernel_dot (k, wanted, slope) / (double) n;
      for (size_t c = 0; c < k; c++)
        slope[c] = factor * (found[c] - wanted[c]);
    }
  return loss;
}

typedef struct
{
  PleCludiTrainer *trainer;
  size_t n_rows;
  const float *shares;
} Given;

/* The given shares as if the teacher had drawn them. */
static void
embed_rows (const PleChunk *chunk, gpointer data)
{
  const Given *given = data;
  const size_t k = given->trainer->net->shape.n_clusters;
  PleCludiAssign *a = given->trainer->sampler->assign;

  for (size_t r = chunk->begin; r < chunk->end; r++)
    memcpy (a->shares + r * k, given->shares + (r % given->n_rows) * k, k * sizeof (float));
  ple_cludi_assign_embed_rows (given->trainer->net, a, chunk->begin, chunk->end);
}

gboolean
ple_cludi_trainer_teach (PleCludiTrainer *trainer,
                         const PleCludiBatch *batch,
                         const float *shares,
                         size_t least_time,
                         double rate,
                         const PleRng *rng,
                         PleProgress *progress,
                         GError **error)
{
  const size_t n = trainer->options.n_draws * batch->n_rows;
  Given given = { trainer, batch->n_rows, shares };
  PleRng stream;

  ple_rng_split (rng, STREAM_STUDENT, &stream);
  trainer->student->clamp = TRUE;
  clear (trainer->gradient);
  if (!prepare_student (trainer, batch, least_time, rng, progress, error) ||
      !ple_parallel_for (n, ROW_CHUNK, embed_rows, &given, progress, error) ||
      !ple_cludi_student_forward (trainer->net, trainer->student, batch->n_rows,
                                  trainer->sampler->assign->embedding, &stream, progress, error))
    return FALSE;
  trainer->loss = trainer->class_loss = cross_entropy (trainer, batch->n_rows, shares);
  trainer->embedding_loss = 0;
  if (!ple_cludi_student_backward (trainer->net, trainer->student, batch->n_rows, FALSE,
                                   trainer->gradient, NULL, progress, error))
    return FALSE;
  ple_cludi_trainer_update (trainer, rate);
  return TRUE;
}

/* Factor that brings a norm down to the limit, as the original has it. */
static float
clip_factor (double squares, double limit)
{
  double factor = limit / (sqrt (squares) + 1e-6);

  return factor < 1 ? (float) factor : 1;
}

void
ple_cludi_trainer_update (PleCludiTrainer *trainer, double rate)
{
  const PleCludiOptions *options = &trainer->options;
  const PleCludiNet *net = trainer->net;
  float *gradient = trainer->gradient->data;
  const float all =
      clip_factor (ple_kernel_dot (trainer->gradient->n_cols, gradient, gradient), options->clip);

  trainer->n_updates++;
  for (int tensor = 0; tensor < PLE_CLUDI_N_TENSORS; tensor++)
    {
      const size_t at = net->offset[tensor], n = net->offset[tensor + 1] - at;
      const gboolean matrix = tensor < PLE_CLUDI_CLUSTER_GAIN && tensor % 2 == 0;
      const PleAdamStep step = { .rate = rate,
                                 .beta1 = BETA1,
                                 .beta2 = BETA2,
                                 .epsilon = EPSILON,
                                 .decay = matrix ? options->decay : 0,
                                 .step = trainer->n_updates };
      const float factor =
          options->clip_global
              ? all
              : clip_factor (ple_kernel_dot (n, gradient + at, gradient + at), options->clip);

      for (size_t i = 0; factor < 1 && i < n; i++)
        gradient[at + i] *= factor;
      ple_kernel_adam_average (n, &step, options->average, gradient + at, net->weights->data + at,
                               trainer->moment1->data + at, trainer->moment2->data + at,
                               trainer->average->weights->data + at);
    }
}

double
ple_cludi_trainer_count (const PleCludiTrainer *trainer, size_t n_rows)
{
  const PleCludiShape *shape = &trainer->net->shape;
  const PleCludiOptions *options = &trainer->options;
  const double data = (double) shape->n_inputs, d = (double) shape->n_embedding;
  const double e = (double) ple_cludi_branch_width (shape);
  const double h = (double) ple_cludi_trunk_width (shape), k = (double) shape->n_clusters;
  const double row = 4 * d * d + 2 * d * e + e * e + 5 * h * h + h * d + 2 * d * d;
  const double feature = 3 * data * data, head = d * (k + (shape->deep_head ? d : 0));
  const double n = (double) n_rows, all = n * (double) options->n_draws;
  const double steps = (double) options->n_steps;
  double count = all * steps * row + n * feature + all * (head + k * d); /* teacher */

  count += 3 * all * (row + feature + head) + 3 * all * k * d + 0.5 * all * row; /* student */
  if (options->teacher == PLE_CLUDI_TEACHER_AVERAGE || options->gradient == PLE_CLUDI_GRADIENT_NONE)
    return count;
  count += 2 * all * row + 2 * n * feature + 2 * all * (head + k * d);
  if (options->gradient == PLE_CLUDI_GRADIENT_CHAIN)
    count += (steps - 1) * 3 * all * row;
  return count;
}

void
ple_cludi_trainer_get_labels (PleCludiTrainer *trainer, const PleCludiBatch *batch, gint32 *labels)
{
  const size_t k = trainer->net->shape.n_clusters, n = batch->n_rows;
  const float *logits = trainer->sampler->assign->logits;
  g_autofree float *sums = g_new (float, k);

  for (size_t i = 0; i < n; i++)
    {
      size_t best = 0;

      memset (sums, 0, k * sizeof (float));
      for (size_t b = 0; b < trainer->options.n_draws; b++)
        for (size_t c = 0; c < k; c++)
          sums[c] += logits[(b * n + i) * k + c];
      for (size_t c = 1; c < k; c++)
        if (sums[c] > sums[best])
          best = c;
      labels[batch->rows[i]] = (gint32) best;
    }
}

#define N_STATE 5

static void
list_state (PleCludiTrainer *trainer, const char *names[], PleMatrix *matrices[])
{
  const struct
  {
    const char *name;
    PleMatrix *matrix;
  } all[N_STATE] = {
    { "weights", trainer->net->weights }, { "average", trainer->average->weights },
    { "moment1", trainer->moment1 },      { "moment2", trainer->moment2 },
    { "centres", trainer->net->centres },
  };

  for (size_t i = 0; i < N_STATE; i++)
    {
      names[i] = all[i].name;
      matrices[i] = all[i].matrix;
    }
}

void
ple_cludi_trainer_save (PleCludiTrainer *trainer, PleSafetensorsWriter *writer)
{
  const size_t one = 1;
  const char *names[N_STATE];
  PleMatrix *matrices[N_STATE];

  list_state (trainer, names, matrices);
  for (size_t i = 0; i < N_STATE; i++)
    ple_safetensors_writer_add_matrix (writer, names[i], matrices[i]);
  ple_safetensors_writer_add (writer, "n_updates", PLE_SAFETENSORS_U64, 1, &one,
                              &trainer->n_updates);
}

gboolean
ple_cludi_trainer_load (PleCludiTrainer *trainer, const PleSafetensors *file, GError **error)
{
  const char *names[N_STATE];
  PleMatrix *matrices[N_STATE];

  list_state (trainer, names, matrices);
  for (size_t i = 0; i < N_STATE; i++)
    if (!ple_safetensors_get_bytes (file, names[i], PLE_SAFETENSORS_F32,
                                    matrices[i]->n_rows * matrices[i]->n_cols, matrices[i]->data,
                                    error))
      return FALSE;
  return ple_safetensors_get_bytes (file, "n_updates", PLE_SAFETENSORS_U64, 1, &trainer->n_updates,
                                    error);
}
