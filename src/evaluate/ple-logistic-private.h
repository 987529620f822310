/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

/**
 * PleLogistic:
 * @n_classes: C
 * @weights: (C, d + 1): the last column is the bias
 * @n_iterations, @converged: of the last fit
 *
 * A multinomial logistic regression.
 */
typedef struct
{
  size_t n_classes;
  size_t n_cols;
  double *weights;
  size_t n_iterations;
  gboolean converged;
} PleLogistic;

/* All zero. */
PleLogistic *ple_logistic_new (size_t n_classes, size_t n_cols);
void ple_logistic_free (PleLogistic *model);

/**
 * ple_logistic_fit:
 * @model: where to begin, and the result
 * @x: (n, d)
 * @classes: (n) all in 0..C-1
 * @penalty: as in ple_probe_logistic()
 *
 * "Stop early" ends it with what there is.
 */
gboolean ple_logistic_fit (PleLogistic *model,
                           const PleMatrix *x,
                           const gint32 *classes,
                           double penalty,
                           size_t max_iterations,
                           PleProgress *progress,
                           GError **error);

/* @predicted (n): the likeliest class, ties to the lower. */
gboolean ple_logistic_predict (const PleLogistic *model,
                               const PleMatrix *x,
                               gint32 *predicted,
                               PleProgress *progress,
                               GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleLogistic, ple_logistic_free)

G_END_DECLS
