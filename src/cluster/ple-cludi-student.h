/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cluster/ple-cludi-sample.h"

G_BEGIN_DECLS

/**
 * PleCludiStudent:
 * @n_draws: B
 * @times: B, one per draw; filled by the caller
 * @v_prediction: as the sampler's
 * @clamp: whether the estimate is clamped to [-1, 1] before the logits; the authors do not
 * @self_condition: whether a first pass, without gradient, gives the self-conditioning
 * @dropout: rate, on features (twice in a row if @dropout_twice) and embedding; 0 for none
 * @features: a row per draw; its x is filled by the caller with rows of length one
 * @assign: its x0, logits, shares and embedding are the result
 * @given_noise: (nullable): (n, d) unit normals to use instead of drawing them
 *
 * One denoising step of noised assignments: what is trained.
 */
typedef struct
{
  const PleCludiSchedule *schedule;
  size_t n_draws;
  gint32 *times;
  gboolean v_prediction;
  gboolean clamp;
  gboolean self_condition;
  double dropout;
  gboolean dropout_twice;
  double temperature;
  PleCludiTimes *tokens;
  PleCludiFeatures *features;
  PleCludiPass *pass;
  PleCludiAssign *assign;
  const float *given_noise;
  /*< private >*/
  float *d_carry; /* (n, 2 d) */
  PleMatrix *storage;
} PleCludiStudent;

/* Room for @n_rows = B N. */
PleCludiStudent *ple_cludi_student_new (const PleCludiNet *net,
                                        const PleCludiSchedule *schedule,
                                        size_t n_draws,
                                        size_t n_rows,
                                        GError **error);
void ple_cludi_student_free (PleCludiStudent *student);

/**
 * ple_cludi_student_forward:
 * @n_draw: N, rows of a draw in this call
 * @targets: (B N, d) embeddings of the assignments to be noised
 * @rng: source of noise and dropout
 */
gboolean ple_cludi_student_forward (const PleCludiNet *net,
                                    PleCludiStudent *student,
                                    size_t n_draw,
                                    const float *targets,
                                    const PleRng *rng,
                                    PleProgress *progress,
                                    GError **error);

/**
 * ple_cludi_student_backward:
 * @through_embedding: whether assign's d_embedding counts beside its d_logits
 * @slopes: gradients of the weights are added
 * @d_targets: (nullable): (B N, d) gradient of the targets, added to
 */
gboolean ple_cludi_student_backward (const PleCludiNet *net,
                                     PleCludiStudent *student,
                                     size_t n_draw,
                                     gboolean through_embedding,
                                     PleMatrix *slopes,
                                     float *d_targets,
                                     PleProgress *progress,
                                     GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleCludiStudent, ple_cludi_student_free)

G_END_DECLS
