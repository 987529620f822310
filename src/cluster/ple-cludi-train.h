/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cluster/ple-cludi-loss.h"
#include "cluster/ple-cludi-student.h"
#include "nn/ple-safetensors.h"

G_BEGIN_DECLS

/* Who draws the assignments that the student learns from. */
typedef enum
{
  PLE_CLUDI_TEACHER_STUDENT, /* the weights under training, as the authors' code does */
  PLE_CLUDI_TEACHER_AVERAGE, /* their moving average */
} PleCludiTeacher;

/**
 * PleCludiOptions:
 * @n_draws: B
 * @n_steps: of the teacher's sampling
 * @v_prediction: whether the network predicts v rather than the embedding
 * @lambda: weight of the class loss
 * @snr_weights: min-SNR weights over F; otherwise all draws count alike
 * @class_weights: whether they apply to the class loss as well
 * @dropout: rate; on the features twice in a row with @dropout_twice
 * @clip: largest norm of the gradient: of each tensor, or of all together with @clip_global
 * @decay: decoupled, of matrices
 * @average: momentum of the moving average
 */
typedef struct
{
  size_t n_draws;
  size_t n_steps;
  gboolean v_prediction;
  double lambda;
  PleCludiTeacher teacher;
  PleCludiGradient gradient;
  gboolean snr_weights;
  gboolean class_weights;
  double dropout;
  gboolean dropout_twice;
  double clip;
  gboolean clip_global;
  double decay;
  double average;
} PleCludiOptions;

/**
 * PleCludiBatch:
 * @features: (n, D) rows of length one
 * @rows: N of them
 * @n_rows: N
 * @neighbours: (nullable): (n, n_neighbours): the student sees one of these instead of the row
 */
typedef struct
{
  const PleMatrix *features;
  const guint32 *rows;
  size_t n_rows;
  const gint32 *neighbours;
  size_t n_neighbours;
} PleCludiBatch;

/**
 * PleCludiTrainer:
 * @net: under training
 * @average: its moving average
 * @n_updates: since ple_cludi_trainer_restart()
 * @loss: of the last step: @embedding_loss + lambda @class_loss
 *
 * Training steps without an allocation worth mentioning. Nothing changes until all of a step is
 * known, so a cancelled step has left no trace.
 */
typedef struct
{
  PleCludiOptions options;
  const PleCludiSchedule *schedule;
  PleCludiNet *net;
  PleCludiNet *average;
  guint64 n_updates;
  double loss;
  double embedding_loss;
  double class_loss;
  /*< private >*/
  size_t max_rows;
  PleMatrix *gradient;
  PleMatrix *moment1;
  PleMatrix *moment2;
  PleCludiSampler *sampler;
  PleCludiStudent *student;
  PleCludiClassLoss *class_part;
  double *weights; /* B */
} PleCludiTrainer;

/* Keeps @schedule. Takes @net; batches of at most @max_rows. */
PleCludiTrainer *ple_cludi_trainer_new (PleCludiNet *net,
                                        const PleCludiSchedule *schedule,
                                        const PleCludiOptions *options,
                                        size_t max_rows,
                                        GError **error);
void ple_cludi_trainer_free (PleCludiTrainer *trainer);
/* Moments to zero; the average becomes a copy of the net. */
void ple_cludi_trainer_restart (PleCludiTrainer *trainer);

/**
 * ple_cludi_trainer_step:
 * @rate: learning rate
 * @rng: of this step alone
 *
 * One step of the method: the teacher draws assignments, the student finds them again from noise.
 *
 * Multiply-adds: with P those of a row through the denoiser, Q = 3 D² those of a feature row:
 * forward n_steps B N P + N Q of the teacher (3 B N P + 3 N Q with gradient for the last call; for
 * the chain 3 P and one more forward for every call), 3 B N (P + Q) of the student, half the time B
 * N P more.
 *
 * Returns: %FALSE if cancelled: nothing has changed
 */
gboolean ple_cludi_trainer_step (PleCludiTrainer *trainer,
                                 const PleCludiBatch *batch,
                                 double rate,
                                 const PleRng *rng,
                                 PleProgress *progress,
                                 GError **error);

/**
 * ple_cludi_trainer_teach:
 * @shares: (N, K) assignments of the batch, given
 * @least_time: noise is drawn at times from here on
 *
 * A step towards given assignments: the student finds them from noise; cross-entropy at the
 * temperature of the shares, after the clamp of sampling. For a warm start.
 */
gboolean ple_cludi_trainer_teach (PleCludiTrainer *trainer,
                                  const PleCludiBatch *batch,
                                  const float *shares,
                                  size_t least_time,
                                  double rate,
                                  const PleRng *rng,
                                  PleProgress *progress,
                                  GError **error);

/* Multiply-adds that ple_cludi_trainer_step() needs for a batch, in all matrix products; the
 * self-conditioning counts half. */
double ple_cludi_trainer_count (const PleCludiTrainer *trainer, size_t n_rows);

/* Clusters of the last step's batch, by the teacher's mean logits over draws. */
void
ple_cludi_trainer_get_labels (PleCludiTrainer *trainer, const PleCludiBatch *batch, gint32 *labels);

/* Adds weights, average, moments and centres, borrowed, to a checkpoint; and back. */
void ple_cludi_trainer_save (PleCludiTrainer *trainer, PleSafetensorsWriter *writer);
gboolean
ple_cludi_trainer_load (PleCludiTrainer *trainer, const PleSafetensors *file, GError **error);

/* Clips @gradient and makes one AdamW update; then the average. */
void ple_cludi_trainer_update (PleCludiTrainer *trainer, double rate);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleCludiTrainer, ple_cludi_trainer_free)

G_END_DECLS
