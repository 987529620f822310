/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-centre-private.h"

#include "base/ple-clones.h"
#include "base/ple-parallel.h"

#include <math.h>

#define MEAN_ROWS 16384
#define MEAN_COLS 64
#define CHUNK 256

typedef struct
{
  const PleMatrix *x;
  const double *mean;
  double *sums;
  double *reach;
  double scale;
  size_t first;
  size_t n_rows;
  PleMatrix *out;
} Centre;

static void
add_columns (const PleChunk *chunk, gpointer data)
{
  Centre *centre = data;

  for (size_t i = 0; i < centre->n_rows; i++)
    {
      const float *row = ple_matrix_row (centre->x, centre->first + i);

      for (size_t f = chunk->begin; f < chunk->end; f++)
        centre->sums[f] += (double) row[f];
    }
}

gboolean
ple_column_means (const PleMatrix *x, double *mean, PleProgress *progress, GError **error)
{
  Centre centre = { .x = x, .sums = mean };

  for (size_t f = 0; f < x->n_cols; f++)
    mean[f] = 0;
  for (; centre.first < x->n_rows; centre.first += MEAN_ROWS)
    {
      centre.n_rows = MIN (MEAN_ROWS, x->n_rows - centre.first);
      if (!ple_parallel_for (x->n_cols, MEAN_COLS, add_columns, &centre, progress, error))
        return FALSE;
    }
  for (size_t f = 0; f < x->n_cols && x->n_rows > 0; f++)
    mean[f] /= (double) x->n_rows;
  return TRUE;
}

PLE_CLONES static void
centre_row (size_t d,
            const float *restrict row,
            const double *restrict mean,
            double scale,
            float *restrict out)
{
  for (size_t f = 0; f < d; f++)
    out[f] = (float) (((double) row[f] - mean[f]) * scale);
}

static void
centre_rows (const PleChunk *chunk, gpointer data)
{
  Centre *centre = data;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    centre_row (centre->x->n_cols, ple_matrix_row (centre->x, i), centre->mean, centre->scale,
                ple_matrix_row (centre->out, i));
}

PleMatrix *
ple_matrix_centre (
    const PleMatrix *x, const double *mean, double scale, PleProgress *progress, GError **error)
{
  g_autoptr (PleMatrix) out = ple_matrix_new (x->n_rows, x->n_cols, error);
  Centre centre = { .x = x, .mean = mean, .scale = scale, .out = out };

  if (out == NULL || !ple_parallel_for (x->n_rows, CHUNK, centre_rows, &centre, progress, error))
    return NULL;
  return g_steal_pointer (&out);
}

static void
reach_of_rows (const PleChunk *chunk, gpointer data)
{
  Centre *centre = data;
  double reach = 0;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    {
      const float *row = ple_matrix_row (centre->x, i);

      for (size_t f = 0; f < centre->x->n_cols; f++)
        {
          double distance = fabs ((double) row[f] - centre->mean[f]);

          reach = distance > reach ? distance : reach;
        }
    }
  centre->reach[chunk->index] = reach;
}

gboolean
ple_matrix_reach (
    const PleMatrix *x, const double *mean, double *largest, PleProgress *progress, GError **error)
{
  size_t n_chunks = ple_parallel_n_chunks (x->n_rows, CHUNK);
  g_autofree double *reach = g_new0 (double, MAX (n_chunks, 1));
  Centre centre = { .x = x, .mean = mean, .reach = reach };

  if (!ple_parallel_for (x->n_rows, CHUNK, reach_of_rows, &centre, progress, error))
    return FALSE;
  *largest = 0;
  for (size_t i = 0; i < n_chunks; i++)
    *largest = MAX (*largest, reach[i]);
  return TRUE;
}
