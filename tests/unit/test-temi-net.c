/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-error.h"
#include "cluster/ple-temi-net.h"
#include "linalg/ple-linalg.h"
#include "nn/ple-kernels.h"
#include "nn/ple-ops.h"
#include "ple-test.h"

#include <math.h>
#include <string.h>

#define N 6

static const PleTemiShape shape = { 2, 5, 9, 4, 3 };

/* Head 1 in double, by the formulas of the header; returns sum of @slopes times logits. */
static double
forward_reference (const PleTemiHeads *heads,
                   const double *weights,
                   const float *x,
                   const float *slopes)
{
  const double *w1 = weights + heads->offset[PLE_TEMI_W1],
               *b1 = weights + heads->offset[PLE_TEMI_B1];
  const double *w2 = weights + heads->offset[PLE_TEMI_W2],
               *b2 = weights + heads->offset[PLE_TEMI_B2];
  const double *g = weights + heads->offset[PLE_TEMI_G], *v = weights + heads->offset[PLE_TEMI_V];
  double total = 0;

  for (size_t i = 0; i < N; i++)
    {
      double hidden[9], u[4], norm = 0;

      for (size_t j = 0; j < shape.n_hidden; j++)
        {
          double sum = b1[j];

          for (size_t f = 0; f < shape.n_inputs; f++)
            sum += w1[j * shape.n_inputs + f] * (double) x[i * shape.n_inputs + f];
          hidden[j] = sum * erfc (-sum / G_SQRT2) / 2;
        }
      for (size_t j = 0; j < shape.n_bottleneck; j++)
        {
          u[j] = b2[j];
          for (size_t f = 0; f < shape.n_hidden; f++)
            u[j] += w2[j * shape.n_hidden + f] * hidden[f];
          norm += u[j] * u[j];
        }
      for (size_t c = 0; c < shape.n_clusters; c++)
        {
          double dot = 0, length = 0;

          for (size_t j = 0; j < shape.n_bottleneck; j++)
            {
              dot += v[c * shape.n_bottleneck + j] * u[j];
              length += pow (v[c * shape.n_bottleneck + j], 2);
            }
          total += (double) slopes[i * shape.n_clusters + c] * g[c] * dot / sqrt (length * norm);
        }
    }
  return total;
}

static void
test_gradients_match_finite_differences (void)
{
  g_autoptr (PleTemiHeads) heads = ple_temi_heads_new (&shape, NULL);
  g_autoptr (PleTemiWorkspace) workspace = ple_temi_workspace_new (heads, N, TRUE, NULL);
  g_autoptr (PleMatrix) x = ple_test_random_matrix (N, shape.n_inputs, 1);
  g_autoptr (PleMatrix) slopes = ple_test_random_matrix (N, shape.n_clusters, 2);
  g_autofree double *weights = g_new0 (double, heads->stride);
  double total = 0;
  PleRng rng;

  ple_rng_init (&rng, 5);
  ple_rng_fill_normal (&rng, heads->weights, 2 * heads->stride, 0.5);
  for (size_t i = 0; i < heads->stride; i++)
    weights[i] = (double) heads->weights[heads->stride + i];
  ple_temi_forward (heads, 1, N, x->data, TRUE, workspace);
  for (size_t i = 0; i < N * shape.n_clusters; i++)
    total += (double) slopes->data[i] * (double) workspace->logits[i];
  g_assert_cmpfloat_with_epsilon (total, forward_reference (heads, weights, x->data, slopes->data),
                                  1e-5);
  ple_temi_backward (heads, 1, N, x->data, slopes->data, workspace);
  for (int part = 0; part < PLE_TEMI_N_PARTS; part++)
    {
      size_t n_rows, n_cols;

      ple_temi_part_size (&shape, (PleTemiPart) part, &n_rows, &n_cols);
      for (size_t i = 0; i < n_rows * n_cols; i++)
        {
          const size_t at = heads->offset[part] + i;
          const double h = 1e-5, centre = weights[at];
          double up, down;

          weights[at] = centre + h;
          up = forward_reference (heads, weights, x->data, slopes->data);
          weights[at] = centre - h;
          down = forward_reference (heads, weights, x->data, slopes->data);
          weights[at] = centre;
          g_assert_cmpfloat_with_epsilon ((double) workspace->gradient[at], (up - down) / (2 * h),
                                          2e-5);
        }
    }
}

static void
test_training_and_reading_agree (void)
{
  g_autoptr (PleTemiHeads) heads = ple_temi_heads_new (&shape, NULL);
  g_autoptr (PleTemiWorkspace) training = ple_temi_workspace_new (heads, N, TRUE, NULL);
  g_autoptr (PleTemiWorkspace) reading = ple_temi_workspace_new (heads, N, FALSE, NULL);
  g_autoptr (PleMatrix) x = ple_test_random_matrix (N, shape.n_inputs, 1);
  const size_t size = N * shape.n_clusters * sizeof (float);
  PleRng rng;

  ple_rng_init (&rng, 6);
  ple_temi_heads_init (heads, &rng);
  ple_temi_forward (heads, 0, N, x->data, TRUE, training);
  ple_temi_forward (heads, 0, N, x->data, FALSE, reading);
  g_assert_cmpmem (training->logits, size, reading->logits, size);
  /* |z| <= g = 1 */
  for (size_t i = 0; i < N * shape.n_clusters; i++)
    g_assert_cmpfloat (fabs ((double) training->logits[i]), <=, 1.00001);
}

/* -mean over both directions of w logsumexp (beta (log s + log t) - log p), on the tape. */
static PleNode *
loss_on_tape (PleTape *tape, PleNode *logits, const float *teacher, const float *marginal)
{
  const size_t k = shape.n_clusters, sizes[] = { N, k };
  const gint32 partners[] = { 3, 4, 5, 0, 1, 2 };
  float log_marginal[3];
  PleNode *s = ple_op_log_softmax (ple_op_affine (logits, 10, 0));
  PleNode *t = ple_op_take_rows (ple_tape_constant (tape, 2, sizes, teacher), partners, N);

  for (size_t c = 0; c < k; c++)
    log_marginal[c] = logf (marginal[c]);
  return ple_op_affine (ple_op_mean_all (ple_op_log_sum_exp (
                            ple_op_subtract (ple_op_affine (ple_op_add (s, t), 0.6, 0),
                                             ple_tape_constant (tape, 1, &k, log_marginal)))),
                        -1, 0);
}

/* The fused loss, forward and backward against the general tape. */
static void
test_fused_step_matches_the_tape (void)
{
  const PleTemiLossOptions options = { PLE_TEMI_OBJECTIVE_PMI, 0.6, 0.1, 0.1, 0.9 };
  g_autoptr (PleTemiHeads) heads = ple_temi_heads_new (&shape, NULL);
  g_autoptr (PleTemiWorkspace) workspace = ple_temi_workspace_new (heads, N, TRUE, NULL);
  g_autoptr (PleTape) tape = ple_tape_new (ple_device_cpu (), NULL);
  g_autoptr (PleMatrix) x = ple_test_random_matrix (N, shape.n_inputs, 1);
  g_autoptr (PleMatrix) teacher = ple_test_random_matrix (N, shape.n_clusters, 3);
  const float marginal[] = { 0.5f, 0.2f, 0.3f };
  PleNode *parts[PLE_TEMI_N_PARTS], *gradients[PLE_TEMI_N_PARTS], *y, *loss;
  float logs[N * 3], slopes[N * 3];
  double fused;
  PleRng rng;

  ple_rng_init (&rng, 5);
  ple_rng_fill_normal (&rng, heads->weights, 2 * heads->stride, 0.5);
  ple_kernel_log_softmax (N, shape.n_clusters, 1, teacher->data, teacher->data);
  ple_temi_forward (heads, 1, N, x->data, TRUE, workspace);
  ple_kernel_log_softmax (N, shape.n_clusters, 10, workspace->logits, logs);
  fused = ple_temi_head_loss (&options, N / 2, shape.n_clusters, logs, teacher->data, marginal,
                              NULL, 1, workspace->scratch, slopes);
  ple_temi_backward (heads, 1, N, x->data, slopes, workspace);

  for (int part = 0; part < PLE_TEMI_N_PARTS; part++)
    {
      size_t sizes[2];

      ple_temi_part_size (&shape, (PleTemiPart) part, &sizes[0], &sizes[1]);
      parts[part] = ple_tape_variable (tape, part == PLE_TEMI_B1 || part == PLE_TEMI_B2 ? 1 : 2,
                                       sizes, ple_temi_heads_part (heads, 1, (PleTemiPart) part));
    }
  y = ple_op_multiply_matrices (ple_tape_matrix (tape, x), parts[PLE_TEMI_W1], FALSE, TRUE);
  y = ple_op_unary (PLE_UNARY_GELU, ple_op_add (y, parts[PLE_TEMI_B1]));
  y = ple_op_multiply_matrices (y, parts[PLE_TEMI_W2], FALSE, TRUE);
  y = ple_op_normalise_rows (ple_op_add (y, parts[PLE_TEMI_B2]));
  y = ple_op_multiply_matrices (
      y, ple_op_multiply (ple_op_normalise_rows (parts[PLE_TEMI_V]), parts[PLE_TEMI_G]), FALSE,
      TRUE);
  loss = loss_on_tape (tape, y, teacher->data, marginal);
  ple_tape_gradients (loss, parts, PLE_TEMI_N_PARTS, FALSE, gradients);
  g_assert_true (ple_tape_check (tape, NULL));
  g_assert_cmpfloat_with_epsilon (ple_node_get_number (loss), fused, 1e-5);
  for (int part = 0; part < PLE_TEMI_N_PARTS; part++)
    {
      const PleTensor *expected = ple_node_get_value (gradients[part]);

      for (size_t i = 0; i < expected->n; i++)
        g_assert_cmpfloat_with_epsilon ((double) workspace->gradient[heads->offset[part] + i],
                                        (double) expected->data[i], 1e-5);
    }
}

/* A row of zeros has no direction: logits 0, and nothing that is not a number. */
static void
test_zero_rows (void)
{
  g_autoptr (PleTemiHeads) heads = ple_temi_heads_new (&shape, NULL);
  g_autoptr (PleTemiWorkspace) workspace = ple_temi_workspace_new (heads, N, TRUE, NULL);
  g_autoptr (PleMatrix) x = ple_matrix_new (N, shape.n_inputs, NULL);
  g_autoptr (PleMatrix) slopes = ple_test_random_matrix (N, shape.n_clusters, 2);
  PleRng rng;

  ple_rng_init (&rng, 7);
  ple_temi_heads_init (heads, &rng);
  ple_temi_forward (heads, 0, N, x->data, TRUE, workspace);
  for (size_t i = 0; i < N * shape.n_clusters; i++)
    g_assert_cmpfloat ((double) workspace->logits[i], ==, 0);
  ple_temi_backward (heads, 0, N, x->data, slopes->data, workspace);
  for (size_t i = 0; i < heads->stride; i++)
    g_assert_true (isfinite (workspace->gradient[i]));
}

static void
test_too_large (void)
{
  const PleTemiShape huge = { 1, (size_t) 1 << 40, (size_t) 1 << 40, 1, 1 };
  g_autoptr (GError) error = NULL;

  g_assert_null (ple_temi_heads_new (&huge, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  g_test_add_func ("/cluster/temi-net/gradients-match-finite-differences",
                   test_gradients_match_finite_differences);
  g_test_add_func ("/cluster/temi-net/training-and-reading-agree", test_training_and_reading_agree);
  g_test_add_func ("/cluster/temi-net/fused-step-matches-the-tape",
                   test_fused_step_matches_the_tape);
  g_test_add_func ("/cluster/temi-net/zero-rows", test_zero_rows);
  g_test_add_func ("/cluster/temi-net/too-large", test_too_large);
  return g_test_run ();
}
