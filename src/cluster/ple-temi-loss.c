/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-temi-loss.h"

#include "nn/ple-kernels.h"

#include <math.h>
#include <string.h>

/* Weight of the entropy in SCAN (Van Gansbeke et al. 2020). */
#define SCAN_ENTROPY 5.0
/* A cluster that no batch ever chose still has a logarithm. */
#define MIN_MARGINAL 1e-30f

void
ple_temi_track_marginal (size_t n_rows,
                         size_t n_clusters,
                         double momentum,
                         const float *teacher,
                         float *scratch,
                         float *marginal)
{
  const float keep = (float) momentum;
  const float share = (float) ((1 - momentum) / (double) n_rows);

  for (size_t c = 0; c < n_clusters; c++)
    marginal[c] *= keep;
  for (size_t i = 0; i < n_rows; i++)
    {
      ple_kernel_exp (n_clusters, teacher + i * n_clusters, scratch);
      for (size_t c = 0; c < n_clusters; c++)
        marginal[c] += share * scratch[c];
    }
}

void
ple_temi_pair_agreement (
    size_t n_pairs, size_t n_clusters, const float *teacher, float *scratch, float *agreement)
{
  for (size_t i = 0; i < n_pairs; i++)
    {
      const float *first = teacher + i * n_clusters;
      const float *partner = teacher + (n_pairs + i) * n_clusters;

      for (size_t c = 0; c < n_clusters; c++)
        scratch[c] = first[c] + partner[c];
      ple_kernel_exp (n_clusters, scratch, scratch);
      agreement[i] = (float) ple_kernel_sum (n_clusters, scratch);
    }
}

/* One direction of one pair: logsumexp of beta (s + t) - log p; its softmax goes to @share. */
static double
pair_term (size_t n_clusters,
           float beta,
           const float *student,
           const float *teacher,
           const float *log_marginal,
           float *share)
{
  float max;
  double sum;
  float factor;

  for (size_t c = 0; c < n_clusters; c++)
    share[c] = beta * (student[c] + teacher[c]) - log_marginal[c];
  max = ple_kernel_max (n_clusters, share);
  for (size_t c = 0; c < n_clusters; c++)
    share[c] -= max;
  ple_kernel_exp (n_clusters, share, share);
  sum = ple_kernel_sum (n_clusters, share);
  factor = (float) (1 / sum);
  for (size_t c = 0; c < n_clusters; c++)
    share[c] *= factor;
  return (double) max + log (sum);
}

/* Mean over pairs and directions of -w logsumexp, the part that all objectives share. */
static double
consistency (size_t n_pairs,
             size_t n_clusters,
             double beta,
             const float *student,
             const float *teacher,
             const float *log_marginal,
             const float *weights,
             double gradient_scale,
             float *scratch,
             float *gradient)
{
  float *share = scratch;
  float *probability = scratch + n_clusters;
  double loss = 0;

  for (size_t i = 0; i < 2 * n_pairs; i++)
    {
      size_t pair = i < n_pairs ? i : i - n_pairs;
      size_t other = i < n_pairs ? i + n_pairs : i - n_pairs;
      const float *view = student + i * n_clusters;
      double weight = weights != NULL ? (double) weights[pair] : 1;
      float factor = (float) (weight * beta * gradient_scale / (2.0 * (double) n_pairs));

      loss -= weight * pair_term (n_clusters, (float) beta, view, teacher + other * n_clusters,
                                  log_marginal, share);
      if (gradient == NULL)
        continue;
      ple_kernel_exp (n_clusters, view, probability);
      for (size_t c = 0; c < n_clusters; c++)
        gradient[i * n_clusters + c] = factor * (probability[c] - share[c]);
    }
  return loss / (2.0 * (double) n_pairs);
}

/* Adds SCAN's 5 sum m log m, m the mean prediction of each view, to the gradient. */
static double
negative_entropy (size_t n_pairs,
                  size_t n_clusters,
                  const float *student,
                  double gradient_scale,
                  float *scratch,
                  float *gradient)
{
  float *mean = scratch;
  float *probability = scratch + n_clusters;
  const float share = 1.0f / (float) n_pairs;
  double total = 0;

  for (size_t view = 0; view < 2; view++)
    {
      const float *rows = student + view * n_pairs * n_clusters;

      memset (mean, 0, n_clusters * sizeof (float));
      for (size_t i = 0; i < n_pairs; i++)
        {
          ple_kernel_exp (n_clusters, rows + i * n_clusters, probability);
          for (size_t c = 0; c < n_clusters; c++)
            mean[c] += share * probability[c];
        }
      for (size_t c = 0; c < n_clusters; c++)
        {
          float m = MAX (mean[c], MIN_MARGINAL);
          float log_mean = logf (m);

          total += (double) m * (double) log_mean;
          mean[c] = log_mean; /* from here on; its added 1 has no effect through a softmax */
        }
      for (size_t i = 0; gradient != NULL && i < n_pairs; i++)
        {
          float *out = gradient + (view * n_pairs + i) * n_clusters;
          float factor = (float) (SCAN_ENTROPY * gradient_scale / (2.0 * (double) n_pairs));
          float expected;

          ple_kernel_exp (n_clusters, rows + i * n_clusters, probability);
          expected = (float) ple_kernel_dot (n_clusters, probability, mean);
          for (size_t c = 0; c < n_clusters; c++)
            out[c] += factor * probability[c] * (mean[c] - expected);
        }
    }
  return SCAN_ENTROPY * total / 2;
}

double
ple_temi_head_loss (const PleTemiLossOptions *options,
                    size_t n_pairs,
                    size_t n_clusters,
                    const float *student,
                    const float *teacher,
                    const float *marginal,
                    const float *weights,
                    double gradient_scale,
                    float *scratch,
                    float *gradient)
{
  const gboolean scan = options->objective == PLE_TEMI_OBJECTIVE_SCAN;
  /* The chain rule through log softmax (z / temperature). */
  const double scale = gradient_scale / options->student_temperature;
  float *log_marginal = scratch + 2 * n_clusters;
  double loss;

  for (size_t c = 0; c < n_clusters; c++)
    log_marginal[c] = scan ? 0 : logf (MAX (marginal[c], MIN_MARGINAL));
  loss = consistency (n_pairs, n_clusters, scan ? 1 : options->beta, student, teacher, log_marginal,
                      scan ? NULL : weights, scale, scratch, gradient);
  if (scan)
    loss += negative_entropy (n_pairs, n_clusters, student, scale, scratch, gradient);
  return loss;
}
