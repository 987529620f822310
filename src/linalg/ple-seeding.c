/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-lloyd-private.h"

#include "base/ple-clones.h"
#include "base/ple-parallel.h"
#include "linalg/ple-distance-private.h"
#include "linalg/ple-linalg.h"

#include <math.h>
#include <string.h>

#define CHUNK 512
#define MAX_TRIALS 64

/**
 * Seeding:
 * @closest: squared distance of each row to the nearest centre so far
 * @trials: (n_trials, d) rows on trial, @n_trials of them
 * @with_trial: (n_trials, n): what @closest would be with the trial as a further centre
 * @potentials: (n_trials, n_chunks): sums of @with_trial
 */
typedef struct
{
  const PleMatrix *x;
  const float *norms;
  float *closest;
  size_t n_trials;
  float *trials;
  float trial_norms[MAX_TRIALS];
  float *with_trial;
  double *potentials;
  size_t n_chunks;
  float *scratch; /* per worker: (MAX_TRIALS, CHUNK) */
} Seeding;

PLE_CLONES static double
direct_distance (size_t d, const float *a, const float *b)
{
  return ple_squared_distance (d, a, b);
}

static void
try_rows (const PleChunk *chunk, gpointer data)
{
  Seeding *seeding = data;
  size_t d = seeding->x->n_cols, n_rows = chunk->end - chunk->begin;
  float *products = seeding->scratch + chunk->worker * MAX_TRIALS * (size_t) CHUNK;
  double slack = ple_distance_slack (d);

  ple_gemm (FALSE, TRUE, seeding->n_trials, n_rows, d, 1, seeding->trials, d,
            ple_matrix_row (seeding->x, chunk->begin), d, 0, products, n_rows);
  for (size_t t = 0; t < seeding->n_trials; t++)
    {
      float *with_trial = seeding->with_trial + t * seeding->x->n_rows;
      double sum = 0;

      for (size_t i = chunk->begin; i < chunk->end; i++)
        {
          double norms = (double) seeding->norms[i] + (double) seeding->trial_norms[t];
          double distance = norms - 2 * (double) products[t * n_rows + i - chunk->begin];

          /* Twins must be at distance 0, or they would be drawn for the rounding's sake. */
          if (distance <= 4 * slack * norms)
            distance = direct_distance (d, ple_matrix_row (seeding->x, i), seeding->trials + t * d);
          with_trial[i] = MIN (seeding->closest[i], (float) distance);
          sum += (double) with_trial[i];
        }
      seeding->potentials[t * seeding->n_chunks + chunk->index] = sum;
    }
}

static double
sum_of (const double *values, size_t n)
{
  double sum = 0;

  for (size_t i = 0; i < n; i++)
    sum += values[i];
  return sum;
}

/* A row drawn with probability proportional to closest; any row if all are covered. */
static size_t
draw_row (const Seeding *seeding, const double *chunk_sums, double total, PleRng *rng)
{
  size_t n = seeding->x->n_rows, chunk = 0, row, last = 0;
  double left = ple_rng_uniform (rng) * total;

  if (!(total > 0))
    return (size_t) ple_rng_below (rng, n);
  while (chunk + 1 < seeding->n_chunks && left >= chunk_sums[chunk])
    left -= chunk_sums[chunk++];
  /* Rounding may leave a rest beyond the last row that counts: that one is taken then. */
  last = n;
  for (row = chunk * CHUNK; row < n; row++)
    {
      double weight = (double) seeding->closest[row];

      if (weight > 0)
        {
          last = row;
          if (left < weight)
            break;
        }
      left -= weight;
    }
  for (row = n; last == n && row-- > 0;)
    if (seeding->closest[row] > 0)
      last = row;
  return last;
}

static void
put_on_trial (Seeding *seeding, size_t trial, size_t row)
{
  size_t d = seeding->x->n_cols;

  memcpy (seeding->trials + trial * d, ple_matrix_row (seeding->x, row), d * sizeof (float));
  seeding->trial_norms[trial] = seeding->norms[row];
}

static gboolean
seed (Seeding *seeding, PleMatrix *centres, PleRng *rng, PleProgress *progress, GError **error)
{
  size_t n = seeding->x->n_rows, d = seeding->x->n_cols, n_chunks = seeding->n_chunks;
  g_autofree double *chunk_sums = g_new0 (double, n_chunks);
  size_t n_trials = MIN (2 + (size_t) log ((double) centres->n_rows), MAX_TRIALS);

  for (size_t i = 0; i < n; i++)
    seeding->closest[i] = INFINITY;
  seeding->n_trials = 1;
  put_on_trial (seeding, 0, (size_t) ple_rng_below (rng, n));
  for (size_t j = 0; j < centres->n_rows; j++)
    {
      size_t best = 0;
      double least = (double) INFINITY;

      if (!ple_progress_report (progress, (double) j / (double) centres->n_rows, error) ||
          !ple_parallel_for (n, CHUNK, try_rows, seeding, progress, error))
        return FALSE;
      for (size_t t = 0; t < seeding->n_trials; t++)
        {
          double potential = sum_of (seeding->potentials + t * n_chunks, n_chunks);

          if (potential < least)
            {
              least = potential;
              best = t;
            }
        }
      memcpy (ple_matrix_row (centres, j), seeding->trials + best * d, d * sizeof (float));
      memcpy (seeding->closest, seeding->with_trial + best * n, n * sizeof (float));
      memcpy (chunk_sums, seeding->potentials + best * n_chunks, n_chunks * sizeof (double));
      seeding->n_trials = n_trials;
      for (size_t t = 0; t < n_trials; t++)
        put_on_trial (seeding, t, draw_row (seeding, chunk_sums, least, rng));
    }
  return TRUE;
}

gboolean
ple_seed_centres (const PleMatrix *x,
                  const float *norms,
                  PleMatrix *centres,
                  PleRng *rng,
                  PleProgress *progress,
                  GError **error)
{
  size_t n = x->n_rows, n_chunks = ple_parallel_n_chunks (n, CHUNK);
  size_t n_trials = MIN (2 + (size_t) log ((double) centres->n_rows), MAX_TRIALS);
  size_t n_workers = ple_progress_get_n_threads (progress);
  g_autoptr (PleMatrix) trials = ple_matrix_new (n_trials, x->n_cols, error);
  g_autoptr (PleMatrix) with_trial = NULL;
  g_autoptr (PleMatrix) scratch = NULL;
  g_autofree float *closest = NULL;
  g_autofree double *potentials = NULL;
  Seeding seeding = { .x = x, .norms = norms, .n_chunks = n_chunks };

  if (trials == NULL || (with_trial = ple_matrix_new (n_trials, n, error)) == NULL ||
      (scratch = ple_matrix_new (n_workers * MAX_TRIALS, CHUNK, error)) == NULL)
    return FALSE;
  closest = g_new (float, n);
  potentials = g_new0 (double, n_trials *n_chunks);
  seeding.closest = closest;
  seeding.trials = trials->data;
  seeding.with_trial = with_trial->data;
  seeding.potentials = potentials;
  seeding.scratch = scratch->data;
  return seed (&seeding, centres, rng, progress, error);
}
