/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-lloyd.h"

#include "base/ple-clones.h"
#include "base/ple-error.h"
#include "base/ple-parallel.h"
#include "linalg/ple-distance-private.h"
#include "linalg/ple-linalg.h"
#include "linalg/ple-lloyd-private.h"

#include <math.h>

#define MAX_ROWS 256
#define MAX_SCRATCH ((size_t) 1 << 20)
#define LANES 16

typedef struct
{
  const PleMatrix *x;
  const float *row_norms;
  const double *offset;
  const PleMatrix *centres;
  gboolean exact;
  gint32 *labels;
  float *distances;
  float *norms; /* of the centres */
  double slack;
  double largest_norm;
  size_t n_rows; /* per chunk */
  float *scratch;
  size_t scratch_size; /* per worker: the rows of a chunk, then their products */
} Assign;

/* The least of norms - 2 products; products is overwritten by all of them. */
PLE_CLONES static float
score_row (size_t n, const float *restrict norms, float *restrict products)
{
  float lowest[LANES], least = INFINITY;
  size_t j;

  for (size_t lane = 0; lane < LANES; lane++)
    lowest[lane] = INFINITY;
  for (j = 0; j < n; j++)
    products[j] = norms[j] - 2 * products[j];
  for (j = 0; j + LANES <= n; j += LANES)
    for (size_t lane = 0; lane < LANES; lane++)
      lowest[lane] = products[j + lane] < lowest[lane] ? products[j + lane] : lowest[lane];
  for (; j < n; j++)
    least = products[j] < least ? products[j] : least;
  for (size_t lane = 0; lane < LANES; lane++)
    least = lowest[lane] < least ? lowest[lane] : least;
  return least;
}

PLE_CLONES static size_t
count_up_to (size_t n, const float *scores, float limit)
{
  unsigned count = 0;

  for (size_t j = 0; j < n; j++)
    count += scores[j] <= limit;
  return count;
}

PLE_CLONES static double
direct_distance (size_t d, const float *a, const float *b)
{
  return ple_squared_distance (d, a, b);
}

PLE_CLONES static double
squared_norm (size_t d, const float *a)
{
  return ple_squared_norm (d, a);
}

float *
ple_squared_norms (const PleMatrix *x)
{
  float *norms = g_new (float, MAX (x->n_rows, 1));

  for (size_t i = 0; i < x->n_rows; i++)
    norms[i] = (float) squared_norm (x->n_cols, ple_matrix_row (x, i));
  return norms;
}

/* Of the centres within @limit, the nearest by direct measure. */
static size_t
tell_apart (const Assign *assign, const float *row, const float *scores, float limit)
{
  size_t best = 0, d = assign->centres->n_cols;
  double least = (double) INFINITY;

  for (size_t j = 0; j < assign->centres->n_rows; j++)
    if (scores[j] <= limit)
      {
        double distance = direct_distance (d, row, ple_matrix_row (assign->centres, j));

        if (distance < least)
          {
            least = distance;
            best = j;
          }
      }
  return best;
}

static void
assign_row (const Assign *assign, size_t i, const float *row, float *products)
{
  size_t n_centres = assign->centres->n_rows, d = assign->centres->n_cols, best = 0;
  float least = score_row (n_centres, assign->norms, products);
  double norm = assign->row_norms != NULL ? (double) assign->row_norms[i] : squared_norm (d, row);
  float limit;

  /* Two scores, each off by that much, and the float here. */
  limit = (float) ((double) least + 2 * assign->slack * (norm + assign->largest_norm) + 1e-37);
  limit = nextafterf (limit, INFINITY);
  if (count_up_to (n_centres, products, limit) > 1)
    best = tell_apart (assign, row, products, limit);
  else
    while (products[best] > least)
      best++;
  assign->labels[i] = (gint32) best;
  if (assign->exact)
    assign->distances[i] = (float) direct_distance (d, row, ple_matrix_row (assign->centres, best));
  else
    assign->distances[i] = (float) MAX (norm + (double) products[best], 0);
}

static void
assign_rows (const PleChunk *chunk, gpointer data)
{
  const Assign *assign = data;
  size_t d = assign->x->n_cols, n_centres = assign->centres->n_rows;
  size_t n = chunk->end - chunk->begin;
  float *products = assign->scratch + chunk->worker * assign->scratch_size;
  float *moved = products + assign->n_rows * n_centres;
  const float *rows = ple_matrix_row (assign->x, chunk->begin);

  if (assign->offset != NULL)
    {
      for (size_t i = 0; i < n; i++)
        for (size_t f = 0; f < d; f++)
          moved[i * d + f] = (float) ((double) rows[i * d + f] - assign->offset[f]);
      rows = moved;
    }
  ple_gemm (FALSE, TRUE, n, n_centres, d, 1, rows, d, assign->centres->data, d, 0, products,
            n_centres);
  for (size_t i = 0; i < n; i++)
    assign_row (assign, chunk->begin + i, rows + i * d, products + i * n_centres);
}

gboolean
ple_assign_centred (const PleMatrix *x,
                    const float *row_norms,
                    const double *offset,
                    const PleMatrix *centres,
                    gboolean exact,
                    gint32 *labels,
                    float *distances,
                    PleProgress *progress,
                    GError **error)
{
  g_autofree float *norms = ple_squared_norms (centres);
  g_autofree float *scratch = NULL;
  Assign assign = { .x = x,
                    .row_norms = row_norms,
                    .offset = offset,
                    .centres = centres,
                    .exact = exact,
                    .labels = labels,
                    .distances = distances,
                    .norms = norms,
                    .slack = ple_distance_slack (x->n_cols) };

  for (size_t j = 0; j < centres->n_rows; j++)
    assign.largest_norm = MAX (assign.largest_norm, (double) norms[j]);
  /* A chunk is a matter of the sizes only. */
  assign.n_rows = CLAMP (MAX_SCRATCH / (centres->n_rows + x->n_cols), 8, MAX_ROWS);
  assign.scratch_size = assign.n_rows * (centres->n_rows + (offset != NULL ? x->n_cols : 0));
  scratch = g_try_new (float, assign.scratch_size *ple_progress_get_n_threads (progress));
  if (scratch == NULL)
    {
      g_set_error_literal (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY,
                           "no memory to assign rows to centres");
      return FALSE;
    }
  assign.scratch = scratch;
  return ple_parallel_for (x->n_rows, assign.n_rows, assign_rows, &assign, progress, error);
}

gboolean
ple_assign_nearest (const PleMatrix *x,
                    const PleMatrix *centres,
                    gint32 *labels,
                    float *distances,
                    PleProgress *progress,
                    GError **error)
{
  size_t d = x->n_cols, n_centres = centres->n_rows;
  g_autofree double *offset = NULL;
  g_autofree float *own_distances = NULL;
  g_autoptr (PleMatrix) moved = NULL;

  if (centres->n_cols != d || n_centres < 1 || n_centres > G_MAXINT32 || d > G_MAXINT)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE,
                   "rows have %" G_GSIZE_FORMAT " columns, the %" G_GSIZE_FORMAT
                   " centres %" G_GSIZE_FORMAT,
                   d, n_centres, centres->n_cols);
      return FALSE;
    }
  if (!ple_matrix_check_finite (x, "rows", error) ||
      !ple_matrix_check_finite (centres, "centres", error) ||
      (moved = ple_matrix_new (n_centres, d, error)) == NULL)
    return FALSE;
  offset = g_new0 (double, MAX (d, 1));
  for (size_t j = 0; j < n_centres; j++)
    for (size_t f = 0; f < d; f++)
      offset[f] += (double) ple_matrix_row (centres, j)[f] / (double) n_centres;
  for (size_t j = 0; j < n_centres; j++)
    for (size_t f = 0; f < d; f++)
      ple_matrix_row (moved, j)[f] = (float) ((double) ple_matrix_row (centres, j)[f] - offset[f]);
  if (distances == NULL)
    distances = own_distances = g_new (float, MAX (x->n_rows, 1));
  return ple_assign_centred (x, NULL, offset, moved, TRUE, labels, distances, progress, error);
}
