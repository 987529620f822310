/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "embed/ple-umap-graph-private.h"

#include "base/ple-clones.h"
#include "base/ple-parallel.h"
#include "embed/ple-fast-math-private.h"

#define CHUNK 512
#define STEPS 64
#define TOLERANCE 1e-5
#define MIN_SIGMA 1e-3 /* of a mean distance */

typedef struct
{
  size_t k;
  float *distances;
} Rows;

PLE_CLONES static double
sum_strengths (size_t k, float rho, float inverse_sigma, const float *restrict distances)
{
  double sum = 0;

#pragma omp simd reduction(+ : sum)
  for (size_t j = 0; j < k; j++)
    {
      float above = distances[j] - rho;

      sum += (double) ple_expf (-(above > 0 ? above : 0) * inverse_sigma);
    }
  return sum;
}

PLE_CLONES static void
strengthen (size_t k, float rho, float inverse_sigma, float *restrict distances)
{
  for (size_t j = 0; j < k; j++)
    {
      float above = distances[j] - rho;

      distances[j] = ple_expf (-(above > 0 ? above : 0) * inverse_sigma);
    }
}

static double
find_sigma (size_t k, float rho, double mean, const float *distances)
{
  double target = log2 ((double) k + 1), low = MIN_SIGMA * mean, high = INFINITY, sigma = mean;

  for (int step = 0; step < STEPS; step++)
    {
      double sum = sum_strengths (k, rho, (float) (1 / sigma), distances);

      if (fabs (sum - target) < TOLERANCE)
        break;
      if (sum > target)
        high = sigma;
      else
        low = sigma;
      sigma = isinf (high) ? 2 * sigma : (low + high) / 2;
    }
  return sigma;
}

static void
do_chunk (const PleChunk *chunk, gpointer data)
{
  Rows *rows = data;
  size_t k = rows->k;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    {
      float *row = rows->distances + i * k;
      float rho = INFINITY;
      double mean = 0;

      for (size_t j = 0; j < k; j++)
        {
          mean += (double) row[j];
          if (row[j] > 0 && row[j] < rho)
            rho = row[j];
        }
      mean /= (double) k;
      if (isinf (rho))
        {
          /* All neighbours are duplicates. */
          for (size_t j = 0; j < k; j++)
            row[j] = 1;
          continue;
        }
      strengthen (k, rho, (float) (1 / find_sigma (k, rho, mean, row)), row);
    }
}

gboolean
ple_umap_memberships (size_t n, size_t k, float *distances, PleProgress *progress, GError **error)
{
  Rows rows = { .k = k, .distances = distances };

  return ple_parallel_for_reporting (n, CHUNK, do_chunk, &rows, progress, error);
}
