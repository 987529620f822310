/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cluster/ple-cludi-sample.h"

G_BEGIN_DECLS

/**
 * PleCludiModel:
 * @net: what is sampled from
 * @noise: of the schedule
 * @n_times: T of the schedule
 * @factor: F of the schedule
 * @rescale: of the schedule
 * @v_prediction: what the network predicts
 * @n_draws: draws whose logits are averaged
 * @n_steps: calls of the denoiser for a draw
 * @mean: (nullable): (1, D) subtracted from the features
 * @components: (nullable): (p, D) directions that the features are reduced to
 *
 * A fitted CLUDI, enough to label new rows.
 */
typedef struct
{
  PleCludiNet *net;
  PleCludiNoise noise;
  size_t n_times;
  double factor;
  gboolean rescale;
  gboolean v_prediction;
  size_t n_draws;
  size_t n_steps;
  PleMatrix *mean;
  PleMatrix *components;
} PleCludiModel;

void ple_cludi_model_free (PleCludiModel *model);

/* Columns of the features that it takes; 0 before it has a net or a reduction. */
size_t ple_cludi_model_get_n_inputs (const PleCludiModel *model);

/* The features as the network takes them: reduced if the model does that, then to length one.
 * (transfer full) (nullable) */
PleMatrix *ple_cludi_model_reduce (const PleCludiModel *model,
                                   const PleMatrix *features,
                                   PleProgress *progress,
                                   GError **error);

/**
 * PleCludiReading:
 * @labels: (optional): n
 * @confidence: (optional): n, share of the label
 * @shares: (optional): (n, K) softmax (mean logits / 0.1)
 * @first: (optional): n, labels by the first half of the draws alone
 * @second: (optional): n, by the other half
 *
 * Where a read-out goes; caller-allocated.
 */
typedef struct
{
  gint32 *labels;
  float *confidence;
  float *shares;
  gint32 *first;
  gint32 *second;
} PleCludiReading;

/* @rows (n, p) as ple_cludi_model_reduce() gives them. The noise is the same in every call. %FALSE
 * if cancelled. */
gboolean ple_cludi_model_read (const PleCludiModel *model,
                               const PleMatrix *rows,
                               const PleCludiReading *reading,
                               PleProgress *progress,
                               GError **error);

/* As .safetensors: the tensors by the original's names, "centres", "mean", "components". */
gboolean ple_cludi_model_save (const PleCludiModel *model, const char *path, GError **error);
PleCludiModel *ple_cludi_model_load (const char *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleCludiModel, ple_cludi_model_free)

G_END_DECLS
