/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "nn/ple-parameters.h"

G_BEGIN_DECLS

/**
 * PleOptimiserKind:
 * @PLE_OPTIMISER_SGD: buffer = momentum buffer + g, w -= rate buffer; with Nesterov's step if asked
 * @PLE_OPTIMISER_ADAM: Kingma and Ba 2015; decay is added to the gradient
 * @PLE_OPTIMISER_ADAMW: Loshchilov and Hutter 2019; decay is taken from the weights
 * @PLE_OPTIMISER_LARS: You, Gitman and Ginsburg 2017: SGD whose rate is scaled per tensor by trust
 * |w| / (|g| + decay |w|); what is not decayed is not scaled either
 */
typedef enum
{
  PLE_OPTIMISER_SGD,
  PLE_OPTIMISER_ADAM,
  PLE_OPTIMISER_ADAMW,
  PLE_OPTIMISER_LARS,
} PleOptimiserKind;

typedef struct
{
  PleOptimiserKind kind;
  double momentum; /* SGD and LARS */
  gboolean nesterov;
  double beta1; /* Adam and AdamW */
  double beta2;
  double epsilon;
  double decay;
  double trust; /* LARS */
} PleOptimiserOptions;

/* What the papers use: momentum 0.9, betas 0.9 and 0.999, epsilon 1e-8, trust 1e-3, no decay. */
void ple_optimiser_options_init (PleOptimiserOptions *options, PleOptimiserKind kind);

/**
 * PleOptimiser:
 *
 * Updates the trained tensors of a set; its moments are part of a checkpoint.
 */
typedef struct _PleOptimiser PleOptimiser;

/* Keeps @parameters, which must live as long and get no more tensors. */
PleOptimiser *
ple_optimiser_new (const PleOptimiserOptions *options, PleParameters *parameters, GError **error);
void ple_optimiser_free (PleOptimiser *optimiser);

/**
 * ple_optimiser_step:
 * @gradients: one per trained tensor, in the order of ple_parameters_to_tape(); %NULL leaves the
 * tensor and its moments alone
 * @rate: learning rate of this step
 *
 * Returns: %FALSE if cancelled; the step is then half done, so go back to a checkpoint
 */
gboolean ple_optimiser_step (PleOptimiser *optimiser,
                             PleNode *const *gradients,
                             double rate,
                             PleProgress *progress,
                             GError **error);

/* Scales all gradients down so that their common norm is at most @limit; new nodes replace them.
 * Returns: the norm before, NaN if the tape has failed. */
double ple_clip_gradients (PleNode **gradients, size_t n, double limit, PleProgress *progress);

/* As ple_parameters_save() and load: moments and number of steps. */
void ple_optimiser_save (PleOptimiser *optimiser, PleSafetensorsWriter *writer, const char *prefix);
gboolean ple_optimiser_load (PleOptimiser *optimiser,
                             const PleSafetensors *file,
                             const char *prefix,
                             GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleOptimiser, ple_optimiser_free)

G_END_DECLS
