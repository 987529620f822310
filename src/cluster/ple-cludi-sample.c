/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-cludi-sample.h"

#include "base/ple-parallel.h"
#include "cluster/ple-cludi-arena.h"
#include "cluster/ple-cludi-noise.h"

#include <math.h>
#include <string.h>

#define ROW_CHUNK 256

PleCludiSampler *
ple_cludi_sampler_new (const PleCludiNet *net,
                       const PleCludiSchedule *schedule,
                       size_t n_steps,
                       gboolean v_prediction,
                       size_t n_features,
                       size_t n_rows,
                       gboolean training,
                       PleCludiGradient gradient,
                       GError **error)
{
  const size_t d = net->shape.n_embedding;
  const gboolean chain = training && gradient == PLE_CLUDI_GRADIENT_CHAIN;
  g_autoptr (PleCludiSampler) sampler = g_new0 (PleCludiSampler, 1);
  const PleCludiBlock blocks[] = {
    { &sampler->trail, n_steps * n_rows, 2 * d, chain },
    { &sampler->d_carry, n_rows, 2 * d, chain },
  };

  sampler->schedule = schedule;
  sampler->n_steps = n_steps;
  sampler->times = g_new (gint32, n_steps + 1);
  ple_cludi_schedule_fill_times (schedule, n_steps, sampler->times);
  sampler->v_prediction = v_prediction;
  sampler->temperature = 0.1;
  if ((sampler->tokens = ple_cludi_times_new (net, n_steps, error)) == NULL ||
      (sampler->features = ple_cludi_features_new (net, n_features, training, error)) == NULL ||
      (sampler->pass = ple_cludi_pass_new (net, n_rows, training, error)) == NULL ||
      (sampler->assign = ple_cludi_assign_new (net, n_rows, training, error)) == NULL ||
      (sampler->storage = ple_cludi_arena_new (blocks, G_N_ELEMENTS (blocks), error)) == NULL)
    return NULL;
  return g_steal_pointer (&sampler);
}

void
ple_cludi_sampler_free (PleCludiSampler *sampler)
{
  if (sampler == NULL)
    return;
  ple_cludi_times_free (sampler->tokens);
  ple_cludi_features_free (sampler->features);
  ple_cludi_pass_free (sampler->pass);
  ple_cludi_assign_free (sampler->assign);
  ple_matrix_unref (sampler->storage);
  g_free (sampler->times);
  g_free (sampler);
}

/* x0 = a z + b out */
static void
estimate_factors (
    const PleCludiSchedule *schedule, size_t t, gboolean v_prediction, float *a, float *b)
{
  *a = v_prediction ? (float) sqrt (schedule->alpha_bar[t]) : 0;
  *b = v_prediction ? (float) -sqrt (1 - schedule->alpha_bar[t]) : 1;
}

void
ple_cludi_estimate (const PleCludiSchedule *schedule,
                    size_t t,
                    gboolean v_prediction,
                    gboolean clamp,
                    size_t n_rows,
                    size_t n_cols,
                    const float *z,
                    size_t z_stride,
                    const float *out,
                    float *x0)
{
  const float limit = clamp ? 1 : INFINITY;
  float a, b;

  estimate_factors (schedule, t, v_prediction, &a, &b);
  for (size_t i = 0; i < n_rows; i++)
    for (size_t j = 0; j < n_cols; j++)
      x0[i * n_cols + j] = CLAMP (a * z[i * z_stride + j] + b * out[i * n_cols + j], -limit, limit);
}

void
ple_cludi_estimate_back (const PleCludiSchedule *schedule,
                         size_t t,
                         gboolean v_prediction,
                         gboolean clamp,
                         size_t n_rows,
                         size_t n_cols,
                         const float *z,
                         size_t z_stride,
                         const float *out,
                         float *d_x0,
                         float *d_out,
                         float *d_z)
{
  const float limit = clamp ? 1 : INFINITY;
  float a, b;

  estimate_factors (schedule, t, v_prediction, &a, &b);
  for (size_t i = 0; i < n_rows; i++)
    for (size_t j = 0; j < n_cols; j++)
      {
        float x0 = a * z[i * z_stride + j] + b * out[i * n_cols + j];
        float slope = fabsf (x0) <= limit ? d_x0[i * n_cols + j] : 0;

        d_x0[i * n_cols + j] = slope;
        d_out[i * n_cols + j] = b * slope;
        if (d_z != NULL)
          d_z[i * z_stride + j] += a * slope;
      }
}

typedef struct
{
  const PleCludiNet *net;
  PleCludiSampler *sampler;
  size_t n_rows;
  const PleRng *rng;
  PleCludiGradient gradient;
  size_t step; /* of the backward pass */
} Job;

static void
features_rows (const PleChunk *chunk, gpointer data)
{
  const Job *job = data;

  ple_cludi_features_forward_rows (job->net, job->sampler->features, chunk->begin, chunk->end);
}

/* Unit normals of a chunk at a step, from the chunk's own stream or as given. */
static void
get_noise (const Job *job, const PleChunk *chunk, size_t step, PleRng *stream, float *noise)
{
  const size_t d = job->net->shape.n_embedding, n = (chunk->end - chunk->begin) * d;

  if (job->sampler->given_noise != NULL)
    memcpy (noise, job->sampler->given_noise + (step * job->n_rows + chunk->begin) * d,
            n * sizeof (float));
  else
    ple_cludi_fill_normal (stream, noise, n);
}

static void
call_rows (const Job *job, size_t step, gboolean keep, size_t begin, size_t end)
{
  PleCludiSampler *s = job->sampler;
  const size_t h = ple_cludi_trunk_width (&job->net->shape);

  ple_cludi_pass_forward_rows (job->net, s->features, job->n_rows, s->tokens->tokens + step * h,
                               TRUE, FALSE, keep, s->pass, begin, end);
}

/* All steps of a chunk of rows: what it works on stays in the cache. */
static void
sample_rows (const PleChunk *chunk, gpointer data)
{
  const Job *job = data;
  PleCludiSampler *s = job->sampler;
  const size_t d = job->net->shape.n_embedding, begin = chunk->begin, end = chunk->end;
  const size_t n = end - begin;
  const float factor = (float) s->schedule->factor;
  float *inputs = s->pass->inputs + begin * 2 * d;
  float *x0 = s->assign->x0 + begin * d;
  g_autofree float *noise = g_new (float, n *d);
  PleRng stream;

  ple_rng_split (job->rng, chunk->index, &stream);
  get_noise (job, chunk, 0, &stream, noise);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < d; j++)
      {
        inputs[i * 2 * d + j] = 0;
        inputs[i * 2 * d + d + j] = factor * noise[i * d + j];
      }
  for (size_t step = 0; step < s->n_steps; step++)
    {
      const size_t t = (size_t) s->times[step];
      const gboolean last = step + 1 == s->n_steps;

      if (s->trail != NULL && job->gradient == PLE_CLUDI_GRADIENT_CHAIN)
        memcpy (s->trail + (step * job->n_rows + begin) * 2 * d, inputs,
                n * 2 * d * sizeof (float));
      call_rows (job, step, last && job->gradient != PLE_CLUDI_GRADIENT_NONE, begin, end);
      ple_cludi_estimate (s->schedule, t, s->v_prediction, TRUE, n, d, inputs + d, 2 * d,
                          s->pass->out + begin * d, x0);
      if (!last)
        {
          const PleCludiJump jump =
              ple_cludi_schedule_get_jump (s->schedule, t, (size_t) s->times[step + 1]);

          get_noise (job, chunk, step + 1, &stream, noise);
          for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < d; j++)
              {
                float *z = &inputs[i * 2 * d + d + j];
                float estimate = x0[i * d + j];

                *z = (float) jump.x0 * estimate + (float) jump.z * *z +
                     (float) jump.noise * noise[i * d + j];
                inputs[i * 2 * d + j] = estimate;
              }
        }
    }
  ple_cludi_assign_logits_rows (job->net, s->assign, begin, end);
  if (s->assign->shares != NULL)
    ple_cludi_assign_shares_rows (job->net, s->temperature, s->assign, begin, end);
}

gboolean
ple_cludi_sampler_run (const PleCludiNet *net,
                       PleCludiSampler *sampler,
                       size_t n_features,
                       size_t n_rows,
                       const PleRng *rng,
                       PleCludiGradient gradient,
                       PleProgress *progress,
                       GError **error)
{
  Job job = { net, sampler, n_rows, rng, gradient, 0 };

  g_return_val_if_fail (n_rows <= sampler->pass->n, FALSE);

  sampler->features->n = n_features;
  ple_cludi_times_forward (net, sampler->times, sampler->tokens);
  return ple_parallel_for (n_features, ROW_CHUNK, features_rows, &job, progress, error) &&
         ple_parallel_for (n_rows, ROW_CHUNK, sample_rows, &job, progress, error);
}

/* The last call, whose activations are still there. */
static void
back_last_rows (const PleChunk *chunk, gpointer data)
{
  const Job *job = data;
  PleCludiSampler *s = job->sampler;
  const size_t d = job->net->shape.n_embedding, begin = chunk->begin, n = chunk->end - begin;
  const gboolean chain = job->gradient == PLE_CLUDI_GRADIENT_CHAIN;
  float *carry = chain ? s->d_carry + begin * 2 * d : NULL;

  if (chain)
    memset (carry, 0, n * 2 * d * sizeof (float));
  ple_cludi_assign_backward_rows (job->net, s->temperature, TRUE, s->assign, begin, chunk->end);
  ple_cludi_estimate_back (s->schedule, (size_t) s->times[s->n_steps - 1], s->v_prediction, TRUE, n,
                           d, s->pass->inputs + begin * 2 * d + d, 2 * d, s->pass->out + begin * d,
                           s->assign->d_x0 + begin * d, s->pass->d_out + begin * d,
                           chain ? carry + d : NULL);
  ple_cludi_pass_backward_rows (job->net, FALSE, chain, s->pass, begin, chunk->end);
}

/* An earlier call: its output went into the next z and into the next self-conditioning. The call is
 * made again from its inputs, which is cheaper than to keep the activations of all. */
static void
back_rows (const PleChunk *chunk, gpointer data)
{
  const Job *job = data;
  PleCludiSampler *s = job->sampler;
  const size_t d = job->net->shape.n_embedding, begin = chunk->begin, n = chunk->end - begin;
  const size_t step = job->step, t = (size_t) s->times[step];
  const PleCludiJump jump =
      ple_cludi_schedule_get_jump (s->schedule, t, (size_t) s->times[step + 1]);
  float *carry = s->d_carry + begin * 2 * d, *inputs = s->pass->inputs + begin * 2 * d;
  float *d_x0 = s->assign->d_x0 + begin * d;
  const float *d_inputs = s->pass->d_inputs + begin * 2 * d;

  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < d; j++)
      {
        float d_z = carry[i * 2 * d + d + j] + d_inputs[i * 2 * d + d + j];

        d_x0[i * d + j] = d_inputs[i * 2 * d + j] + (float) jump.x0 * d_z;
        carry[i * 2 * d + d + j] = (float) jump.z * d_z;
      }
  memcpy (inputs, s->trail + (step * job->n_rows + begin) * 2 * d, n * 2 * d * sizeof (float));
  call_rows (job, step, TRUE, begin, chunk->end);
  ple_cludi_estimate_back (s->schedule, t, s->v_prediction, TRUE, n, d, inputs + d, 2 * d,
                           s->pass->out + begin * d, d_x0, s->pass->d_out + begin * d, carry + d);
  ple_cludi_pass_backward_rows (job->net, FALSE, TRUE, s->pass, begin, chunk->end);
}

gboolean
ple_cludi_sampler_backward (const PleCludiNet *net,
                            PleCludiSampler *sampler,
                            size_t n_rows,
                            PleCludiGradient gradient,
                            PleMatrix *slopes,
                            PleProgress *progress,
                            GError **error)
{
  const size_t h = ple_cludi_trunk_width (&net->shape);
  Job job = { net, sampler, n_rows, NULL, gradient, 0 };
  const size_t n_back = gradient == PLE_CLUDI_GRADIENT_CHAIN ? sampler->n_steps : 1;

  for (size_t i = 0; i < n_back; i++)
    {
      job.step = sampler->n_steps - 1 - i;
      if (!ple_parallel_for (n_rows, ROW_CHUNK, i == 0 ? back_last_rows : back_rows, &job, progress,
                             error) ||
          (i == 0 &&
           !ple_cludi_assign_collect (net, sampler->assign, n_rows, slopes, progress, error)) ||
          !ple_cludi_pass_collect (net, sampler->pass, n_rows, n_rows, FALSE, sampler->features,
                                   sampler->tokens->d_tokens + job.step * h, TRUE, slopes, progress,
                                   error))
        return FALSE;
    }
  return ple_cludi_features_backward (net, sampler->features, slopes, progress, error) &&
         ple_cludi_times_backward (net, sampler->tokens, slopes, progress, error);
}
