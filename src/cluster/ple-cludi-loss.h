/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

/**
 * PleCludiClassLoss:
 * @row_temperature: of the softmax over clusters, 0.1
 * @column_temperature: of the softmax over rows, 0.05
 *
 * The loss of the Self-Classifier (Amrani et al. 2022) over all pairs of draws, with the prior of
 * equal clusters. For logits a (B, N, K): R(a) = softmax over clusters, divided by its column sums;
 * C(a) = softmax over rows, divided by its row sums; no divisor is below 1e-8. With weights w of
 * the draws
 *
 *   L = -1 / (2 B² N) sum_ij sum_nk [w_i C(a_i) log (N/K R(b_j) + 1e-8) + w_j C(b_j) log (N/K
 * R(a_i)
 *       + 1e-8)]
 *
 * which is two inner products of sums over the draws, so that no pair is ever visited.
 */
typedef struct
{
  double row_temperature;
  double column_temperature;
  /*< private >*/
  size_t n_draws;
  size_t n_rows;
  size_t n_clusters;
  float *columns[2];     /* (B, N, K) R of the teacher, of the student */
  float *rows[2];        /* (B, N, K) C */
  float *column_sums[2]; /* (B, K) of p */
  float *row_sums[2];    /* (B, N) of q */
  float *by_row[2];      /* (B, N, K) p, softmax along the rows */
  float *by_column[2];   /* (B, N, K) q, softmax down the columns */
  float *log_sum[2];     /* (N, K) sum of log (N/K R + 1e-8) over draws */
  float *row_sum[2];     /* (N, K) sum of w C over draws */
  float *scratch[2];     /* (B, N, K) */
  PleMatrix *storage;
} PleCludiClassLoss;

/* Room for at most that many draws and rows. */
PleCludiClassLoss *
ple_cludi_class_loss_new (size_t n_draws, size_t n_rows, size_t n_clusters, GError **error);
void ple_cludi_class_loss_free (PleCludiClassLoss *loss);

/**
 * ple_cludi_class_loss_apply:
 * @n_rows: N
 * @teacher: (B, N, K) logits
 * @student: (B, N, K) logits
 * @weights: B
 * @scale: factor of the gradients
 * @d_teacher: (out caller-allocates) (optional): (B, N, K)
 * @d_student: (out caller-allocates) (optional): (B, N, K)
 * @value: (out): the loss
 *
 * Returns: %FALSE if cancelled
 */
gboolean ple_cludi_class_loss_apply (PleCludiClassLoss *loss,
                                     size_t n_rows,
                                     const float *teacher,
                                     const float *student,
                                     const double *weights,
                                     double scale,
                                     float *d_teacher,
                                     float *d_student,
                                     double *value,
                                     PleProgress *progress,
                                     GError **error);

/**
 * ple_cludi_embedding_loss:
 * @n_draws: B
 * @n_entries: entries of a draw, N d
 * @found: (B, N, d) embeddings of the student
 * @wanted: (B, N, d) of the teacher
 * @weights: B
 * @scale: factor of the gradients
 * @d_found: (out caller-allocates): (B, N, d)
 * @d_wanted: (out caller-allocates) (optional): (B, N, d)
 *
 * Returns: mean over draws of w_b times the mean squared difference
 */
double ple_cludi_embedding_loss (size_t n_draws,
                                 size_t n_entries,
                                 const float *found,
                                 const float *wanted,
                                 const double *weights,
                                 double scale,
                                 float *d_found,
                                 float *d_wanted);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleCludiClassLoss, ple_cludi_class_loss_free)

G_END_DECLS
