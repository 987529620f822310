/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cluster/ple-cludi-assign.h"
#include "cluster/ple-cludi-pass.h"
#include "cluster/ple-cludi-schedule.h"

G_BEGIN_DECLS

/* How far the gradient of a sample reaches back. */
typedef enum
{
  PLE_CLUDI_GRADIENT_LAST,  /* through the last call of the denoiser */
  PLE_CLUDI_GRADIENT_CHAIN, /* through all calls, as the authors' code does */
  PLE_CLUDI_GRADIENT_NONE,  /* the sample is constant */
} PleCludiGradient;

/**
 * PleCludiSampler:
 * @n_steps: calls of the denoiser
 * @times: n_steps + 1, falling to -1
 * @v_prediction: whether the network predicts v rather than the embedding
 * @features: their branch; its x is filled by the caller
 * @assign: its x0, logits, shares and embedding are the result
 * @given_noise: (nullable): (n_steps, n, d) unit normals to use instead of drawing them: of the
 * start, then of each step but the last
 *
 * Draws assignments from noise: z = F N(0, I), then n_steps jumps of the schedule with
 * self-conditioning; estimates are clamped to [-1, 1].
 */
typedef struct
{
  const PleCludiSchedule *schedule;
  size_t n_steps;
  gint32 *times;
  gboolean v_prediction;
  double temperature;
  PleCludiTimes *tokens;
  PleCludiFeatures *features;
  PleCludiPass *pass;
  PleCludiAssign *assign;
  const float *given_noise;
  /*< private >*/
  float *trail;   /* (n_steps, n, 2 d) inputs of each call, for the chain; or NULL */
  float *d_carry; /* (n, 2 d): gradient on its way back */
  PleMatrix *storage;
} PleCludiSampler;

/**
 * ple_cludi_sampler_new:
 * @n_features: rows of the features: the draws share them
 * @n_rows: B times that many
 * @gradient: what the backward pass needs
 */
PleCludiSampler *ple_cludi_sampler_new (const PleCludiNet *net,
                                        const PleCludiSchedule *schedule,
                                        size_t n_steps,
                                        gboolean v_prediction,
                                        size_t n_features,
                                        size_t n_rows,
                                        gboolean training,
                                        PleCludiGradient gradient,
                                        GError **error);
void ple_cludi_sampler_free (PleCludiSampler *sampler);

/**
 * ple_cludi_sampler_run:
 * @n_features: rows of this call, at most those of ple_cludi_sampler_new()
 * @n_rows: rows of this call
 * @rng: source of the noise
 * @gradient: what the backward pass will need
 *
 * Returns: %FALSE if cancelled
 */
gboolean ple_cludi_sampler_run (const PleCludiNet *net,
                                PleCludiSampler *sampler,
                                size_t n_features,
                                size_t n_rows,
                                const PleRng *rng,
                                PleCludiGradient gradient,
                                PleProgress *progress,
                                GError **error);

/**
 * ple_cludi_sampler_backward:
 * @gradient: as given to ple_cludi_sampler_run(), not NONE
 * @slopes: gradients of the weights are added
 *
 * From the d_logits and d_embedding of assign.
 */
gboolean ple_cludi_sampler_backward (const PleCludiNet *net,
                                     PleCludiSampler *sampler,
                                     size_t n_rows,
                                     PleCludiGradient gradient,
                                     PleMatrix *slopes,
                                     PleProgress *progress,
                                     GError **error);

/* Row by row: the estimate of z_0 from what the network gave for z at time @t; @clamp to [-1, 1].
 * @z has rows @z_stride apart. */
void ple_cludi_estimate (const PleCludiSchedule *schedule,
                         size_t t,
                         gboolean v_prediction,
                         gboolean clamp,
                         size_t n_rows,
                         size_t n_cols,
                         const float *z,
                         size_t z_stride,
                         const float *out,
                         float *x0);
/* Its gradient: @d_x0 is cleared where the estimate was clamped, @d_out gets the network's part,
 * and
 * @d_z (nullable, rows @z_stride apart) gains the direct part. */
void ple_cludi_estimate_back (const PleCludiSchedule *schedule,
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
                              float *d_z);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleCludiSampler, ple_cludi_sampler_free)

G_END_DECLS
