/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stddef.h>

G_BEGIN_DECLS

/* The TEMI objective of one head, in log space, with its gradient in closed form. Plain functions;
 * (2B, K) arrays hold the first views of B pairs in rows 0..B-1 and their partners in rows B..2B-1.
 * Source: Adaloglou et al. 2023, eqs. 4 to 8. */

/**
 * PleTemiObjective:
 * @PLE_TEMI_OBJECTIVE_TEMI: pairs weighted by the agreement of all heads' teachers
 * @PLE_TEMI_OBJECTIVE_WMI: each head weights by its own teacher
 * @PLE_TEMI_OBJECTIVE_PMI: all pairs count alike
 * @PLE_TEMI_OBJECTIVE_SCAN: consistency, and 5 times the negative entropy of the mean prediction
 */
typedef enum
{
  PLE_TEMI_OBJECTIVE_TEMI,
  PLE_TEMI_OBJECTIVE_WMI,
  PLE_TEMI_OBJECTIVE_PMI,
  PLE_TEMI_OBJECTIVE_SCAN,
} PleTemiObjective;

/**
 * PleTemiLossOptions:
 * @beta: exponent of the product of student and teacher, (0, 1]
 * @student_temperature: divides the logits of the student
 * @teacher_temperature: divides the logits of the teacher
 * @marginal_momentum: of the tracked p(c)
 */
typedef struct
{
  PleTemiObjective objective;
  double beta;
  double student_temperature;
  double teacher_temperature;
  double marginal_momentum;
} PleTemiLossOptions;

/**
 * ple_temi_track_marginal:
 * @n_rows: 2B
 * @n_clusters: K
 * @momentum: share of the old value
 * @teacher: (n_rows, K) log probabilities
 * @scratch: K floats
 * @marginal: (inout): K; p(c) <- momentum p(c) + (1 - momentum) mean of the rows
 */
void ple_temi_track_marginal (size_t n_rows,
                              size_t n_clusters,
                              double momentum,
                              const float *teacher,
                              float *scratch,
                              float *marginal);

/**
 * ple_temi_pair_agreement:
 * @teacher: (2B, K) log probabilities
 * @scratch: K floats
 * @agreement: (out caller-allocates): B; sum over c of t(c | first) t(c | partner)
 */
void ple_temi_pair_agreement (
    size_t n_pairs, size_t n_clusters, const float *teacher, float *scratch, float *agreement);

/**
 * ple_temi_head_loss:
 * @options: objective and constants
 * @student: (2B, K) log probabilities of the student
 * @teacher: (2B, K) log probabilities of the teacher
 * @marginal: K; p(c), already updated with this batch; not used by SCAN
 * @weights: (nullable): B; weights of the pairs, %NULL for 1; not used by SCAN
 * @gradient_scale: 1 / number of heads for the gradient of the mean over heads
 * @scratch: 3 K floats
 * @gradient: (out caller-allocates) (nullable): (2B, K) with respect to the student's logits
 *
 * With a = beta (log s + log t) - log p and r = softmax (a), a pair costs -logsumexp (a), and the
 * gradient of its student's logits is w beta / temperature (s - r), halved for the two directions
 * and divided by B.
 *
 * Returns: the loss of the head, not scaled
 */
double ple_temi_head_loss (const PleTemiLossOptions *options,
                           size_t n_pairs,
                           size_t n_clusters,
                           const float *student,
                           const float *teacher,
                           const float *marginal,
                           const float *weights,
                           double gradient_scale,
                           float *scratch,
                           float *gradient);

G_END_DECLS
