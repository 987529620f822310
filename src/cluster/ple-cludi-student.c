/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-cludi-student.h"

#include "base/ple-parallel.h"
#include "cluster/ple-cludi-arena.h"
#include "cluster/ple-cludi-noise.h"

#include <math.h>
#include <string.h>

#define ROW_CHUNK 256

PleCludiStudent *
ple_cludi_student_new (const PleCludiNet *net,
                       const PleCludiSchedule *schedule,
                       size_t n_draws,
                       size_t n_rows,
                       GError **error)
{
  g_autoptr (PleCludiStudent) student = g_new0 (PleCludiStudent, 1);
  const PleCludiBlock blocks[] = {
    { &student->d_carry, n_rows, 2 * net->shape.n_embedding, TRUE },
  };

  student->schedule = schedule;
  student->n_draws = n_draws;
  student->times = g_new0 (gint32, n_draws);
  student->temperature = 0.1;
  if ((student->tokens = ple_cludi_times_new (net, n_draws, error)) == NULL ||
      (student->features = ple_cludi_features_new (net, n_rows, TRUE, error)) == NULL ||
      (student->pass = ple_cludi_pass_new (net, n_rows, TRUE, error)) == NULL ||
      (student->assign = ple_cludi_assign_new (net, n_rows, TRUE, error)) == NULL ||
      (student->storage = ple_cludi_arena_new (blocks, G_N_ELEMENTS (blocks), error)) == NULL)
    return NULL;
  return g_steal_pointer (&student);
}

void
ple_cludi_student_free (PleCludiStudent *student)
{
  if (student == NULL)
    return;
  ple_cludi_times_free (student->tokens);
  ple_cludi_features_free (student->features);
  ple_cludi_pass_free (student->pass);
  ple_cludi_assign_free (student->assign);
  ple_matrix_unref (student->storage);
  g_free (student->times);
  g_free (student);
}

typedef struct
{
  const PleCludiNet *net;
  PleCludiStudent *student;
  size_t n_draw;
  const float *targets;
  const PleRng *rng;
  gboolean through_embedding;
  float *d_targets;
} Job;

static size_t
time_of (const Job *job, size_t row)
{
  return (size_t) job->student->times[row / job->n_draw];
}

/* Factors of h: those of the features, then those of the embedding. */
static void
fill_mask (const Job *job, size_t begin, size_t end, PleRng *stream)
{
  const PleCludiStudent *s = job->student;
  const size_t d = job->net->shape.n_inputs, h = ple_cludi_trunk_width (&job->net->shape);
  const double keep = 1 - s->dropout;
  const double rate = s->dropout_twice ? 1 - keep * keep : s->dropout;

  for (size_t r = begin; r < end; r++)
    {
      ple_cludi_fill_mask (stream, rate, TRUE, s->pass->mask + r * h, d);
      ple_cludi_fill_mask (stream, s->dropout, TRUE, s->pass->mask + r * h + d, h - d);
    }
}

static void
call_rows (const Job *job, gboolean keep, size_t begin, size_t end, PleRng *stream)
{
  PleCludiStudent *s = job->student;

  if (s->dropout > 0)
    fill_mask (job, begin, end, stream);
  ple_cludi_pass_forward_rows (job->net, s->features, job->n_draw, s->tokens->tokens, FALSE,
                               s->dropout > 0, keep, s->pass, begin, end);
}

/* z_t, beside an empty self-conditioning. */
static void
noise_rows (const Job *job, size_t begin, size_t end, PleRng *stream)
{
  PleCludiStudent *s = job->student;
  const size_t d = job->net->shape.n_embedding, n = end - begin;
  g_autofree float *drawn = g_new (float, n *d);
  const float *noise = drawn;

  if (s->given_noise != NULL)
    noise = s->given_noise + begin * d;
  else
    ple_cludi_fill_normal (stream, drawn, n * d);
  for (size_t r = begin; r < end; r++)
    {
      const double left = s->schedule->alpha_bar[time_of (job, r)];
      const float signal = (float) sqrt (left);
      const float deviation = (float) (sqrt (1 - left) * s->schedule->factor);
      float *row = s->pass->inputs + r * 2 * d;

      for (size_t j = 0; j < d; j++)
        {
          row[j] = 0;
          row[d + j] = signal * job->targets[r * d + j] + deviation * noise[(r - begin) * d + j];
        }
    }
}

static void
forward_rows (const PleChunk *chunk, gpointer data)
{
  const Job *job = data;
  PleCludiStudent *s = job->student;
  const size_t d = job->net->shape.n_embedding, begin = chunk->begin, end = chunk->end;
  PleRng stream;

  ple_rng_split (job->rng, chunk->index, &stream);
  ple_cludi_features_forward_rows (job->net, s->features, begin, end);
  noise_rows (job, begin, end, &stream);
  if (s->self_condition)
    {
      call_rows (job, FALSE, begin, end, &stream);
      /* As the original: clamped for v, as it is for the embedding. */
      for (size_t r = begin; r < end; r++)
        ple_cludi_estimate (s->schedule, time_of (job, r), s->v_prediction, s->v_prediction, 1, d,
                            s->pass->inputs + r * 2 * d + d, 2 * d, s->pass->out + r * d,
                            s->pass->inputs + r * 2 * d);
    }
  call_rows (job, TRUE, begin, end, &stream);
  for (size_t r = begin; r < end; r++)
    ple_cludi_estimate (s->schedule, time_of (job, r), s->v_prediction, s->clamp, 1, d,
                        s->pass->inputs + r * 2 * d + d, 2 * d, s->pass->out + r * d,
                        s->assign->x0 + r * d);
  ple_cludi_assign_logits_rows (job->net, s->assign, begin, end);
  ple_cludi_assign_shares_rows (job->net, s->temperature, s->assign, begin, end);
}

gboolean
ple_cludi_student_forward (const PleCludiNet *net,
                           PleCludiStudent *student,
                           size_t n_draw,
                           const float *targets,
                           const PleRng *rng,
                           PleProgress *progress,
                           GError **error)
{
  Job job = { net, student, n_draw, targets, rng, FALSE, NULL };
  const size_t n = student->n_draws * n_draw;

  g_return_val_if_fail (n <= student->pass->n, FALSE);

  student->features->n = n;
  ple_cludi_times_forward (net, student->times, student->tokens);
  return ple_parallel_for (n, ROW_CHUNK, forward_rows, &job, progress, error);
}

static void
backward_rows (const PleChunk *chunk, gpointer data)
{
  const Job *job = data;
  PleCludiStudent *s = job->student;
  const size_t d = job->net->shape.n_embedding, begin = chunk->begin, end = chunk->end;

  memset (s->d_carry + begin * 2 * d, 0, (end - begin) * 2 * d * sizeof (float));
  ple_cludi_assign_backward_rows (job->net, s->temperature, job->through_embedding, s->assign,
                                  begin, end);
  for (size_t r = begin; r < end; r++)
    ple_cludi_estimate_back (s->schedule, time_of (job, r), s->v_prediction, s->clamp, 1, d,
                             s->pass->inputs + r * 2 * d + d, 2 * d, s->pass->out + r * d,
                             s->assign->d_x0 + r * d, s->pass->d_out + r * d,
                             s->d_carry + r * 2 * d);
  ple_cludi_pass_backward_rows (job->net, s->dropout > 0, job->d_targets != NULL, s->pass, begin,
                                end);
  if (job->d_targets == NULL)
    return;
  for (size_t r = begin; r < end; r++)
    {
      const float signal = (float) sqrt (s->schedule->alpha_bar[time_of (job, r)]);

      for (size_t j = 0; j < d; j++)
        job->d_targets[r * d + j] +=
            signal * (s->d_carry[r * 2 * d + j] + s->pass->d_inputs[r * 2 * d + d + j]);
    }
}

gboolean
ple_cludi_student_backward (const PleCludiNet *net,
                            PleCludiStudent *student,
                            size_t n_draw,
                            gboolean through_embedding,
                            PleMatrix *slopes,
                            float *d_targets,
                            PleProgress *progress,
                            GError **error)
{
  Job job = { net, student, n_draw, NULL, NULL, through_embedding, d_targets };
  const size_t n = student->n_draws * n_draw;

  return ple_parallel_for (n, ROW_CHUNK, backward_rows, &job, progress, error) &&
         ple_cludi_assign_collect (net, student->assign, n, slopes, progress, error) &&
         ple_cludi_pass_collect (net, student->pass, n, n_draw, student->dropout > 0,
                                 student->features, student->tokens->d_tokens, FALSE, slopes,
                                 progress, error) &&
         ple_cludi_features_backward (net, student->features, slopes, progress, error) &&
         ple_cludi_times_backward (net, student->tokens, slopes, progress, error);
}
