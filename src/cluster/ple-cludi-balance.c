/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-cludi-balance.h"

#include "base/ple-parallel.h"
#include "linalg/ple-linalg.h"
#include "linalg/ple-lloyd.h"
#include "nn/ple-kernels.h"

#include <math.h>
#include <string.h>

#define FIRST_TEMPERATURE 0.2
#define LAST_TEMPERATURE 0.05
#define SINKHORN_ROUNDS 8
#define BLOCK 512 /* rows of a product between looks at the cancel flag */

void
ple_cludi_balance_clear (PleCludiBalance *balance)
{
  g_clear_pointer (&balance->labels, g_free);
}

typedef struct
{
  const PleMatrix *x;
  size_t k;
  gboolean uniform;
  size_t n_rounds;
  const PleRng *rng;
  PleProgress *progress;
  PleCludiBalance *results;
  GError **errors;
} Starts;

/* Weights of the rows and of the clusters such that E is balanced. The cosines over 0.05 stay
 * within ±20, so nothing overflows. */
static void
weigh (size_t n, size_t k, gboolean uniform, const float *e, float *rows, float *clusters)
{
  g_autofree float *sums = g_new (float, k);

  for (size_t i = 0; i < n; i++)
    rows[i] = 1;
  for (size_t c = 0; c < k; c++)
    clusters[c] = 1;
  for (int round = 0; round < (uniform ? SINKHORN_ROUNDS : 1); round++)
    {
      if (uniform)
        {
          ple_gemm (FALSE, FALSE, 1, k, n, 1, rows, n, e, k, 0, sums, k);
          for (size_t c = 0; c < k; c++)
            clusters[c] = (float) (1 / ((double) k * MAX ((double) sums[c], 1e-30)));
        }
      ple_gemm (FALSE, TRUE, 1, n, k, 1, clusters, k, e, k, 0, rows, n);
      for (size_t i = 0; i < n; i++)
        rows[i] = (float) (1 / ((double) n * MAX ((double) rows[i], 1e-30)));
    }
}

/* P = n diag (rows) E diag (clusters) in place of E, new centres, and the soft score of the old. */
static double
move_centres (const PleMatrix *x,
              size_t k,
              const float *rows,
              const float *clusters,
              float *e,
              PleMatrix *centres,
              const float *cosines)
{
  const size_t n = x->n_rows, q = x->n_cols;
  double score = 0;

  for (size_t i = 0; i < n; i++)
    {
      float *share = e + i * k;
      const float factor = (float) n * rows[i];

      for (size_t c = 0; c < k; c++)
        share[c] *= factor * clusters[c];
      score += ple_kernel_dot (k, share, cosines + i * k) / (double) n;
    }
  ple_gemm (TRUE, FALSE, k, q, n, 1, e, k, x->data, q, 0, centres->data, q);
  ple_matrix_normalise_rows (centres);
  return score;
}

static void
measure (const PleMatrix *x, size_t k, const float *shares, PleCludiBalance *result)
{
  const size_t n = x->n_rows, q = x->n_cols;
  g_autofree float *sums = g_new0 (float, k *q);

  for (size_t i = 0; i < n; i++)
    {
      const float *share = shares + i * k;
      size_t best = 0;

      for (size_t c = 1; c < k; c++)
        if (share[c] > share[best])
          best = c;
      result->labels[i] = (gint32) best;
      for (size_t f = 0; f < q; f++)
        sums[best * q + f] += x->data[i * q + f];
    }
  result->hard_score = 0;
  for (size_t c = 0; c < k; c++)
    result->hard_score += sqrt (ple_kernel_dot (q, sums + c * q, sums + c * q)) / (double) n;
}

static gboolean
run_start (const Starts *job, size_t start, PleCludiBalance *result, GError **error)
{
  const PleMatrix *x = job->x;
  const size_t n = x->n_rows, q = x->n_cols, k = job->k;
  const PleLloydOptions options = {
    .n_clusters = k, .n_starts = 1, .max_iterations = 50, .tolerance = 1e-4
  };
  g_autoptr (PleProgress) quiet = ple_progress_new_stage (job->progress, NULL, 0, 0);
  g_autoptr (PleMatrix) centres = NULL;
  g_autoptr (PleMatrix) cosines = NULL;
  g_autoptr (PleMatrix) shares = NULL;
  g_autofree float *rows = g_new (float, n);
  g_autofree float *clusters = g_new (float, k);
  PleRng stream;

  ple_rng_split (job->rng, start, &stream);
  if (!ple_lloyd (x, &options, TRUE, &stream, &centres, NULL, NULL, quiet, error) ||
      (cosines = ple_matrix_new (n, k, error)) == NULL ||
      (shares = ple_matrix_new (n, k, error)) == NULL)
    return FALSE;
  for (size_t round = 0; round < job->n_rounds; round++)
    {
      const double temperature =
          FIRST_TEMPERATURE * pow (LAST_TEMPERATURE / FIRST_TEMPERATURE,
                                   (double) round / (double) MAX (job->n_rounds - 1, 1));

      for (size_t i = 0; i < n; i += BLOCK)
        {
          const size_t here = MIN (n - i, BLOCK);

          if (ple_progress_is_cancelled (job->progress))
            return ple_progress_check (job->progress, error);
          ple_gemm (FALSE, TRUE, here, k, q, 1, ple_matrix_row (x, i), q, centres->data, q, 0,
                    ple_matrix_row (cosines, i), k);
          for (size_t j = i * k; j < (i + here) * k; j++)
            shares->data[j] = cosines->data[j] / (float) temperature;
          ple_kernel_exp (here * k, ple_matrix_row (shares, i), ple_matrix_row (shares, i));
        }
      weigh (n, k, job->uniform, shares->data, rows, clusters);
      result->soft_score =
          move_centres (x, k, rows, clusters, shares->data, centres, cosines->data);
    }
  result->labels = g_new (gint32, n);
  measure (x, k, shares->data, result);
  return TRUE;
}

static void
start_chunk (const PleChunk *chunk, gpointer data)
{
  const Starts *job = data;

  run_start (job, chunk->begin, &job->results[chunk->begin], &job->errors[chunk->begin]);
}

gboolean
ple_cludi_balance (const PleMatrix *x,
                   size_t n_clusters,
                   gboolean uniform,
                   size_t n_starts,
                   size_t n_rounds,
                   const PleRng *rng,
                   PleCludiBalance *balance,
                   PleProgress *progress,
                   GError **error)
{
  g_autofree PleCludiBalance *results = g_new0 (PleCludiBalance, n_starts);
  g_autofree GError **errors = g_new0 (GError *, n_starts);
  Starts job = { x, n_clusters, uniform, n_rounds, rng, progress, results, errors };
  gboolean ok = ple_parallel_for (n_starts, 1, start_chunk, &job, progress, error);
  double hard = 0;
  size_t best = 0;

  for (size_t s = 0; s < n_starts; s++)
    {
      if (errors[s] != NULL && ok)
        {
          g_propagate_error (error, g_steal_pointer (&errors[s]));
          ok = FALSE;
        }
      g_clear_error (&errors[s]);
      if (results[s].soft_score > results[best].soft_score)
        best = s;
      hard = MAX (hard, results[s].hard_score);
    }
  if (ok)
    {
      *balance = results[best];
      balance->hard_score = hard;
      results[best].labels = NULL;
    }
  for (size_t s = 0; s < n_starts; s++)
    ple_cludi_balance_clear (&results[s]);
  return ok;
}
