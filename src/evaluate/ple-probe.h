/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "linalg/ple-labels.h"
#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

/* What features are worth to a classifier that sees true labels: the usual upper mark beside which
 * a clustering without labels is read. */

/**
 * PleProbeData:
 * @train, @test: (n, d) features
 * @train_classes, @test_classes: (n) classes, -1 for unknown: such rows are left out
 */
typedef struct
{
  const PleMatrix *train;
  const PleLabels *train_classes;
  const PleMatrix *test;
  const PleLabels *test_classes;
} PleProbeData;

/**
 * PleProbe:
 * @n_classes: C, 1 + the largest class of either side
 * @n_train, @n_test: rows with a class
 * @train_accuracy, @test_accuracy: shares; NaN where there is no such row
 * @penalty: the L2 penalty that was chosen
 * @n_iterations: of the final fit
 * @converged: whether it ended because the gradient vanished
 * @class_totals, @class_right: (C) test rows of each class, and how many of them were right
 */
typedef struct
{
  size_t n_classes;
  size_t n_train;
  size_t n_test;
  double train_accuracy;
  double test_accuracy;
  double penalty;
  size_t n_iterations;
  gboolean converged;
  size_t *class_totals;
  size_t *class_right;
} PleProbe;

void ple_probe_free (PleProbe *probe);

/**
 * ple_probe_logistic:
 * @penalties: (array length=n_penalties): L2 penalties to choose from, > 0; with more than one, a
 * fifth of the training rows, drawn by @seed within each class, decides. Test rows never do
 * @max_iterations: per fit
 *
 * Multinomial logistic regression on centred features of mean squared length one: the mean
 * cross-entropy plus penalty / 2 times the squared weights (not the biases), by L-BFGS (Liu and
 * Nocedal 1989), each penalty starting from the solution of the one before. Same bits for any
 * number of threads.
 *
 * Cost: O(n d C) per iteration; a copy of the features.
 *
 * Returns: (transfer full) (nullable): %PLE_NUMERIC_ERROR_TOO_FEW with fewer than two classes among
 * the training rows, _SHAPE, _NOT_FINITE, or cancelled
 */
PleProbe *ple_probe_logistic (const PleProbeData *data,
                              const double *penalties,
                              size_t n_penalties,
                              size_t max_iterations,
                              guint64 seed,
                              PleProgress *progress,
                              GError **error);

/**
 * ple_probe_knn:
 * @k: neighbours that vote, at most the number of training rows
 * @temperature: a neighbour's weight is exp (cosine / temperature); 0.07 as DINO's evaluation
 *
 * Classes of the test rows by their nearest training rows (Wu et al. 2018). The training accuracy
 * is not computed (NaN).
 */
PleProbe *ple_probe_knn (
    const PleProbeData *data, size_t k, double temperature, PleProgress *progress, GError **error);

/**
 * ple_probe_split:
 * @classes: (n), -1 for unknown
 * @share: of each class, rounded, at least one row where the class has two; 0 < share < 1
 * @chosen: (out caller-allocates): n flags: the rows held out
 */
void ple_probe_split (const PleLabels *classes, double share, guint64 seed, gboolean *chosen);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleProbe, ple_probe_free)

G_END_DECLS
