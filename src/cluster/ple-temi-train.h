/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cluster/ple-temi-net.h"
#include "nn/ple-safetensors.h"

G_BEGIN_DECLS

/**
 * PleTemiTrainer:
 * @student: trained by AdamW
 * @teacher: moving average of the student
 * @moment1: of AdamW
 * @moment2: of AdamW
 * @marginal: (H, K); the tracked p(c) of each head's teacher
 * @n_steps: updates of the layers before the output
 * @n_output_steps: updates of the output layer, which is frozen at first
 *
 * All heads in training. A step is fused: forward, loss and gradient in closed form, backward,
 * update and average per head, without an allocation. Heads run in parallel; the result does not
 * depend on the number of threads.
 */
typedef struct
{
  PleTemiLossOptions loss;
  PleTemiHeads *student;
  PleTemiHeads *teacher;
  PleTemiHeads *moment1;
  PleTemiHeads *moment2;
  PleMatrix *marginal;
  guint64 n_steps;
  guint64 n_output_steps;
  /*< private >*/
  size_t max_pairs;
  guint n_workers;
  PleTemiWorkspace **workspaces;
  PleMatrix *rows;         /* (2 max_pairs, D): of the batch */
  PleMatrix *teacher_logs; /* (H, 2 max_pairs K) */
  PleMatrix *student_logs; /* (workers, 2 max_pairs K): log probabilities */
  PleMatrix *slopes;       /* (workers, 2 max_pairs K): gradient of the logits */
  PleMatrix *agreement;    /* (H, max_pairs) */
  PleMatrix *weights;      /* (1, max_pairs): of the pairs */
  PleMatrix *old_marginal; /* to take back half a step */
  PleMatrix *head_losses;  /* (1, H): of the step */
  guint8 *done;            /* H: heads that the interrupted step has updated */
  gboolean interrupted;    /* in the middle of the updates */
} PleTemiTrainer;

/**
 * PleTemiStep:
 * @rate: learning rate
 * @decay: decoupled weight decay of the matrices
 * @momentum: of the teacher
 * @freeze_output: whether g and v stay as they are
 */
typedef struct
{
  double rate;
  double decay;
  double momentum;
  gboolean freeze_output;
} PleTemiStep;

/* Student and teacher are zero: fill the student with ple_temi_heads_init() or by hand and call
 * ple_temi_trainer_start(). */
PleTemiTrainer *ple_temi_trainer_new (const PleTemiShape *shape,
                                      const PleTemiLossOptions *loss,
                                      size_t max_pairs,
                                      PleProgress *progress,
                                      GError **error);
void ple_temi_trainer_free (PleTemiTrainer *trainer);
/* The teacher becomes a copy of the student, p(c) = 1/K. */
void ple_temi_trainer_start (PleTemiTrainer *trainer);

/**
 * ple_temi_trainer_step:
 * @features: (n, D) as the heads take them
 * @n_pairs: B
 * @anchors: B rows of @features
 * @partners: B rows of @features
 *
 * One step: teachers, p(c), weights of the pairs; students, losses, updates, averages. The losses
 * are in head_losses.
 *
 * Returns: %FALSE if cancelled. Call it again with the same arguments to go on, at once or after
 * ple_temi_trainer_save() and load: the bits are those of a step that was not cancelled
 */
gboolean ple_temi_trainer_step (PleTemiTrainer *trainer,
                                const PleMatrix *features,
                                size_t n_pairs,
                                const guint32 *anchors,
                                const gint32 *partners,
                                const PleTemiStep *step,
                                PleProgress *progress,
                                GError **error);

/* Adds the whole state, borrowed, to a checkpoint. */
void ple_temi_trainer_save (PleTemiTrainer *trainer, PleSafetensorsWriter *writer);
/* Back from it, into a trainer of the same sizes. */
gboolean
ple_temi_trainer_load (PleTemiTrainer *trainer, const PleSafetensors *file, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleTemiTrainer, ple_temi_trainer_free)

G_END_DECLS
