/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cluster/ple-temi-net.h"

G_BEGIN_DECLS

/**
 * PleTemiModel:
 * @heads: the teachers
 * @mean: (1, D) subtracted from the features
 * @scale: (1, D) multiplied after that: 1 / standard deviation, or 1
 * @best_head: the one that is read out
 * @temperature: of its softmax
 *
 * A fitted TEMI, enough to label new rows.
 */
typedef struct
{
  PleTemiHeads *heads;
  PleMatrix *mean;
  PleMatrix *scale;
  size_t best_head;
  double temperature;
} PleTemiModel;

/* Takes @heads. */
PleTemiModel *ple_temi_model_new (PleTemiHeads *heads);
void ple_temi_model_free (PleTemiModel *model);

/**
 * ple_temi_model_set_standardisation:
 * @features: (n, D)
 *
 * Mean and deviation (n - 1) of each column; a deviation below 1e-6 of the largest counts as 1, so
 * that a constant column stays finite. Cost: O(n D), two passes, in double.
 */
gboolean ple_temi_model_set_standardisation (PleTemiModel *model,
                                             const PleMatrix *features,
                                             PleProgress *progress,
                                             GError **error);
/* (transfer full) (nullable): (n, D) (x - mean) scale */
PleMatrix *ple_temi_model_standardise (const PleTemiModel *model,
                                       const PleMatrix *features,
                                       PleProgress *progress,
                                       GError **error);

/**
 * ple_temi_model_read:
 * @head: which
 * @features: (n, D)
 * @standardised: whether @features come from ple_temi_model_standardise()
 * @labels: (out caller-allocates): n; argmax of the logits, ties to the lower cluster
 * @confidence: (out caller-allocates) (nullable): n; probability of that cluster
 * @probabilities: (out caller-allocates) (nullable): (n, K)
 */
gboolean ple_temi_model_read (const PleTemiModel *model,
                              size_t head,
                              const PleMatrix *features,
                              gboolean standardised,
                              gint32 *labels,
                              float *confidence,
                              float *probabilities,
                              PleProgress *progress,
                              GError **error);

gboolean ple_temi_model_save (const PleTemiModel *model, const char *path, GError **error);
PleTemiModel *ple_temi_model_load (const char *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleTemiModel, ple_temi_model_free)

G_END_DECLS
