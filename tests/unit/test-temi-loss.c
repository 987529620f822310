/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-temi-loss.h"
#include "nn/ple-kernels.h"
#include "ple-test.h"

#include <math.h>

#define B 5
#define K 7
#define SIZE (2 * B * K)

static const PleTemiLossOptions base = { PLE_TEMI_OBJECTIVE_TEMI, 0.6, 0.1, 0.1, 0.9 };

/* The formulas as they stand in the paper, in double, without log space. */
static double
loss_reference (const PleTemiLossOptions *options,
                const double *student,
                const float *teacher,
                const float *marginal,
                const float *weights)
{
  double s[SIZE], t[SIZE], loss = 0;

  for (size_t i = 0; i < 2 * B; i++)
    {
      double sum_s = 0, sum_t = 0;

      for (size_t c = 0; c < K; c++)
        {
          sum_s += s[i * K + c] = exp (student[i * K + c] / options->student_temperature);
          sum_t += t[i * K + c] = exp ((double) teacher[i * K + c] / options->teacher_temperature);
        }
      for (size_t c = 0; c < K; c++)
        {
          s[i * K + c] /= sum_s;
          t[i * K + c] /= sum_t;
        }
    }
  for (size_t i = 0; i < 2 * B; i++)
    {
      size_t other = (i + B) % (2 * B);
      double sum = 0;

      for (size_t c = 0; c < K; c++)
        if (options->objective == PLE_TEMI_OBJECTIVE_SCAN)
          sum += s[i * K + c] * t[other * K + c];
        else
          sum += pow (s[i * K + c] * t[other * K + c], options->beta) / (double) marginal[c];
      loss -= (weights != NULL ? (double) weights[i % B] : 1) * log (sum) / (2 * B);
    }
  for (size_t view = 0; options->objective == PLE_TEMI_OBJECTIVE_SCAN && view < 2; view++)
    for (size_t c = 0; c < K; c++)
      {
        double mean = 0;

        for (size_t i = 0; i < B; i++)
          mean += s[(view * B + i) * K + c] / B;
        loss += 2.5 * mean * log (mean);
      }
  return loss;
}

static void
test_against_formula (gconstpointer data)
{
  PleTemiLossOptions options = base;
  g_autoptr (PleMatrix) student = ple_test_random_matrix (2 * B, K, 1);
  g_autoptr (PleMatrix) teacher = ple_test_random_matrix (2 * B, K, 2);
  float s[SIZE], t[SIZE], gradient[SIZE], marginal[K], weights[B], scratch[3 * K];
  double z[SIZE];
  double loss;

  options.objective = (PleTemiObjective) GPOINTER_TO_INT (data);
  for (size_t i = 0; i < SIZE; i++)
    {
      student->data[i] *= 0.3f;
      teacher->data[i] *= 0.3f;
      z[i] = (double) student->data[i];
    }
  for (size_t c = 0; c < K; c++)
    marginal[c] = (float) (c + 1) / 28;
  ple_kernel_log_softmax (2 * B, K, 10, student->data, s);
  ple_kernel_log_softmax (2 * B, K, 10, teacher->data, t);
  ple_temi_pair_agreement (B, K, t, scratch, weights);
  loss = ple_temi_head_loss (&options, B, K, s, t, marginal,
                             options.objective == PLE_TEMI_OBJECTIVE_PMI ? NULL : weights, 0.25,
                             scratch, gradient);
  if (options.objective == PLE_TEMI_OBJECTIVE_PMI || options.objective == PLE_TEMI_OBJECTIVE_SCAN)
    for (size_t i = 0; i < B; i++)
      weights[i] = 1;
  g_assert_cmpfloat_with_epsilon (
      loss, loss_reference (&options, z, teacher->data, marginal, weights), 1e-5);
  for (size_t i = 0; i < SIZE; i++)
    {
      const double h = 1e-5;
      double up, down, centre = z[i];

      z[i] = centre + h;
      up = loss_reference (&options, z, teacher->data, marginal, weights);
      z[i] = centre - h;
      down = loss_reference (&options, z, teacher->data, marginal, weights);
      z[i] = centre;
      g_assert_cmpfloat_with_epsilon ((double) gradient[i], 0.25 * (up - down) / (2 * h), 2e-6);
    }
}

/* Where a product of probabilities would underflow to log (0). */
static void
test_saturated_heads (void)
{
  PleTemiLossOptions options = base;
  float s[SIZE], t[SIZE], gradient[SIZE], marginal[K], scratch[3 * K];
  double loss;

  for (size_t i = 0; i < SIZE; i++)
    {
      s[i] = i % K == 0 ? 0 : -3000;
      t[i] = i % K == 1 ? 0 : -3000;
    }
  for (size_t c = 0; c < K; c++)
    marginal[c] = c == 2 ? 0 : 1.0f / K;
  loss = ple_temi_head_loss (&options, B, K, s, t, marginal, NULL, 1, scratch, gradient);
  g_assert_true (isfinite (loss) && loss > 1000);
  for (size_t i = 0; i < SIZE; i++)
    g_assert_true (isfinite (gradient[i]));
}

static void
test_marginal_stays_a_distribution (void)
{
  g_autoptr (PleMatrix) teacher = ple_test_random_matrix (2 * B, K, 4);
  float marginal[K], scratch[K];

  for (size_t c = 0; c < K; c++)
    marginal[c] = 1.0f / K;
  ple_kernel_log_softmax (2 * B, K, 3, teacher->data, teacher->data);
  for (int step = 0; step < 100; step++)
    ple_temi_track_marginal (2 * B, K, 0.9, teacher->data, scratch, marginal);
  g_assert_cmpfloat_with_epsilon (ple_kernel_sum (K, marginal), 1, 1e-5);
  /* After so long it is the mean of the rows. */
  for (size_t c = 0; c < K; c++)
    {
      double mean = 0;

      for (size_t i = 0; i < 2 * B; i++)
        mean += exp ((double) teacher->data[i * K + c]) / (2 * B);
      g_assert_cmpfloat_with_epsilon ((double) marginal[c], mean, 1e-4);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/cluster/temi-loss/temi", GINT_TO_POINTER (PLE_TEMI_OBJECTIVE_TEMI),
                        test_against_formula);
  g_test_add_data_func ("/cluster/temi-loss/wmi", GINT_TO_POINTER (PLE_TEMI_OBJECTIVE_WMI),
                        test_against_formula);
  g_test_add_data_func ("/cluster/temi-loss/pmi", GINT_TO_POINTER (PLE_TEMI_OBJECTIVE_PMI),
                        test_against_formula);
  g_test_add_data_func ("/cluster/temi-loss/scan", GINT_TO_POINTER (PLE_TEMI_OBJECTIVE_SCAN),
                        test_against_formula);
  g_test_add_func ("/cluster/temi-loss/saturated-heads", test_saturated_heads);
  g_test_add_func ("/cluster/temi-loss/marginal-stays-a-distribution",
                   test_marginal_stays_a_distribution);
  return g_test_run ();
}
