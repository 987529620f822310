/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "embed/ple-perplexity-private.h"

#include "base/ple-clones.h"
#include "base/ple-parallel.h"
#include "embed/ple-fast-math-private.h"

#define CHUNK 256
#define ENTROPY_TOLERANCE 1e-5
#define MAX_STEPS 64
/* exp(46) = 1e20: beyond, all weight lies on the nearest. */
#define MAX_LOG_BETA 46.0

/* p_j = exp(-beta d_j) and the sums of p, p d and p d². */
PLE_CLONES static void
weigh (
    size_t k, float beta, const float *restrict distances, float *restrict p, double *restrict sums)
{
  double s0 = 0, s1 = 0, s2 = 0;

#pragma omp simd reduction(+ : s0, s1, s2)
  for (size_t j = 0; j < k; j++)
    {
      float e = ple_expf (-beta * distances[j]);
      float ed = e * distances[j];

      p[j] = e;
      s0 += (double) e;
      s1 += (double) ed;
      s2 += (double) (ed * distances[j]);
    }
  sums[0] = s0;
  sums[1] = s1;
  sums[2] = s2;
}

double
ple_perplexity_row (
    size_t k, double perplexity, const float *distances, double start, float *probabilities)
{
  double target = log (perplexity), log_beta = start, low = -MAX_LOG_BETA, high = MAX_LOG_BETA;
  double mean = 0, sums[3] = { 0 };
  float nearest = distances[0];
  g_autofree float *scaled = g_new (float, k);

  for (size_t j = 1; j < k; j++)
    nearest = MIN (nearest, distances[j]);
  for (size_t j = 0; j < k; j++)
    mean += (double) (distances[j] - nearest);
  mean /= (double) k;
  if (!(mean > 0))
    {
      for (size_t j = 0; j < k; j++)
        probabilities[j] = 1 / (float) k;
      return start;
    }
  /* In units of the mean, no power of ten of the features matters. */
  for (size_t j = 0; j < k; j++)
    scaled[j] = (float) ((double) (distances[j] - nearest) / mean);

  for (int step = 0; step < MAX_STEPS; step++)
    {
      double beta = exp (log_beta), entropy, variance, next;

      weigh (k, (float) beta, scaled, probabilities, sums);
      entropy = log (sums[0]) + beta * sums[1] / sums[0];
      if (fabs (entropy - target) < ENTROPY_TOLERANCE || high - low < 1e-9)
        break;
      if (entropy > target)
        low = log_beta;
      else
        high = log_beta;
      /* d entropy / d log beta = -beta² Var(d). */
      variance = sums[2] / sums[0] - sums[1] * sums[1] / (sums[0] * sums[0]);
      next = log_beta + (entropy - target) / (beta * beta * variance);
      log_beta = next > low && next < high ? next : (low + high) / 2;
    }
  for (size_t j = 0; j < k; j++)
    probabilities[j] = (float) ((double) probabilities[j] / sums[0]);
  return log_beta;
}

typedef struct
{
  size_t k;
  double perplexity;
  float *distances;
} Rows;

static void
do_rows (const PleChunk *chunk, gpointer data)
{
  Rows *rows = data;
  g_autofree float *probabilities = g_new (float, rows->k);
  double start = 0;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    {
      float *row = rows->distances + i * rows->k;

      start = ple_perplexity_row (rows->k, rows->perplexity, row, start, probabilities);
      memcpy (row, probabilities, rows->k * sizeof *row);
    }
}

gboolean
ple_perplexity_rows (
    size_t n, size_t k, double perplexity, float *distances, PleProgress *progress, GError **error)
{
  Rows rows = { .k = k, .perplexity = perplexity, .distances = distances };

  return ple_parallel_for_reporting (n, CHUNK, do_rows, &rows, progress, error) &&
         ple_progress_report (progress, 1, error);
}
