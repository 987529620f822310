/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Principal components in double. The centred data is never held whole: blocks of its rows (or of
 * its columns) pass through one buffer, and the sums over blocks are taken in block order, each
 * tile of a sum by one thread. */
#include "config.h"

#include "linalg/ple-linalg.h"

#include "base/ple-error.h"
#include "base/ple-parallel.h"
#include "base/ple-rng.h"
#include "linalg/ple-blas-private.h"
#include "linalg/ple-centre-private.h"

#include <math.h>
#include <string.h>

#define BLOCK 512
#define TILE 128
/* Below it an eigenvector of the Gram matrix is mostly rounding. */
#define GRAM_TOLERANCE 1e-10
#define OVERSAMPLING 10
#define MAX_POWER_ITERATIONS 60
#define RITZ_TOLERANCE 1e-9

/**
 * Pca:
 * @block: centred values: up to BLOCK rows of d (row blocks), or n rows of up to BLOCK columns
 * @sum: (order, order) upper tiles of the sum over blocks of block' block or block block'
 * @basis, @image, @applied: block power iterations: Q (d, l), Z = Xc Q of one block, Xc' Z (d, l)
 */
typedef struct
{
  const PleMatrix *x;
  double *mean;
  double total;
  double *block;
  size_t first;
  size_t n_block;
  size_t order;
  double *sum;
  gboolean gram;
  const double *basis;
  size_t n_basis;
  double *image;
  double *applied;
  const double *directions; /* (q, d) */
  size_t n_components;
  PleMatrix *scores;
  double *scratch; /* per worker */
} Pca;

static void
centre_rows (const PleChunk *chunk, gpointer data)
{
  Pca *pca = data;
  size_t d = pca->x->n_cols;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    {
      const float *row = ple_matrix_row (pca->x, pca->first + i);

      for (size_t f = 0; f < d; f++)
        pca->block[i * d + f] = (double) row[f] - pca->mean[f];
    }
}

static void
centre_columns (const PleChunk *chunk, gpointer data)
{
  Pca *pca = data;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    for (size_t f = 0; f < pca->n_block; f++)
      pca->block[i * pca->n_block + f] =
          (double) ple_matrix_row (pca->x, i)[pca->first + f] - pca->mean[pca->first + f];
}

/* Tile (i, j) of the upper triangle, counted by columns of tiles: sum += block' block. */
static void
add_tile (const PleChunk *chunk, gpointer data)
{
  Pca *pca = data;
  size_t j = 0, i = chunk->index;
  size_t rows, cols;
  double *out;

  while (i > j)
    i -= ++j;
  i *= TILE;
  j *= TILE;
  rows = MIN (TILE, pca->order - i);
  cols = MIN (TILE, pca->order - j);
  out = pca->sum + i * pca->order + j;
  if (pca->gram)
    ple_dgemm (FALSE, TRUE, rows, cols, pca->n_block, 1, pca->block + i * pca->n_block,
               pca->n_block, pca->block + j * pca->n_block, pca->n_block, 1, out, pca->order);
  else
    ple_dgemm (TRUE, FALSE, rows, cols, pca->n_block, 1, pca->block + i, pca->order, pca->block + j,
               pca->order, 1, out, pca->order);
}

static void
mirror_upper (size_t n, double *a)
{
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < i; j++)
      a[i * n + j] = a[j * n + i];
}

static double
trace_of (size_t n, const double *a)
{
  double trace = 0;

  for (size_t i = 0; i < n; i++)
    trace += a[i * n + i];
  return trace;
}

/* Xc' Xc (d, d), or Xc Xc' (n, n) if pca->gram. */
static gboolean
sum_products (Pca *pca, PleProgress *progress, GError **error)
{
  size_t n = pca->x->n_rows, d = pca->x->n_cols;
  size_t length = pca->gram ? d : n;
  size_t n_tiles = ple_parallel_n_chunks (pca->order, TILE);

  pca->sum = ple_doubles_new (pca->order, pca->order, error);
  if (pca->sum == NULL)
    return FALSE;
  for (pca->first = 0; pca->first < length; pca->first += BLOCK)
    {
      pca->n_block = MIN (BLOCK, length - pca->first);
      if (!ple_progress_report (progress, (double) pca->first / (double) length, error) ||
          !ple_parallel_for (pca->gram ? n : pca->n_block, 64,
                             pca->gram ? centre_columns : centre_rows, pca, progress, error) ||
          !ple_parallel_for (n_tiles * (n_tiles + 1) / 2, 1, add_tile, pca, progress, error))
        return FALSE;
    }
  mirror_upper (pca->order, pca->sum);
  pca->total = trace_of (pca->order, pca->sum);
  return TRUE;
}

/* Sets row @j of @rows (each of @d) to a unit vector orthogonal to rows 0..j-1: the first axis that
 * has a direction of its own. Twice is enough for Gram-Schmidt (Kahan). */
static void
complete_row (double *rows, size_t j, size_t d)
{
  double *row = rows + j * d;
  double norm = 0;

  /* j < d, so some axis is at least 1 / sqrt (d) long outside of the others' span. */
  for (size_t axis = 0; norm < 0.5 / (double) d; axis++)
    {
      g_assert (axis < d);
      memset (row, 0, d * sizeof (double));
      row[axis] = 1;
      for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < j; i++)
          {
            double dot = 0;

            for (size_t f = 0; f < d; f++)
              dot += rows[i * d + f] * row[f];
            for (size_t f = 0; f < d; f++)
              row[f] -= dot * rows[i * d + f];
          }
      norm = 0;
      for (size_t f = 0; f < d; f++)
        norm += row[f] * row[f];
    }
  norm = 1 / sqrt (norm);
  for (size_t f = 0; f < d; f++)
    row[f] *= norm;
}

/* Directions from the eigenvectors u_j of the Gram matrix: Xc' u_j / sqrt (value); those of value 0
 * are any that complete the basis. */
static gboolean
directions_from_gram (
    Pca *pca, const double *values, double *directions, PleProgress *progress, GError **error)
{
  size_t n = pca->x->n_rows, d = pca->x->n_cols, q = pca->n_components;

  for (pca->first = 0; pca->first < d; pca->first += BLOCK)
    {
      pca->n_block = MIN (BLOCK, d - pca->first);
      if (!ple_progress_report (progress, (double) pca->first / (double) d, error) ||
          !ple_parallel_for (n, 64, centre_columns, pca, progress, error))
        return FALSE;
      ple_dgemm (FALSE, FALSE, q, pca->n_block, n, 1, pca->sum, n, pca->block, pca->n_block, 0,
                 directions + pca->first, d);
    }
  for (size_t j = 0; j < q; j++)
    {
      double *row = directions + j * d;
      gboolean sound = values[j] > GRAM_TOLERANCE * values[0];
      double scale = sound ? 1 / sqrt (values[j]) : 0;

      for (size_t f = 0; f < d; f++)
        row[f] *= scale;
      if (!sound)
        complete_row (directions, j, d);
      if (!ple_progress_check (progress, error))
        return FALSE;
    }
  return TRUE;
}

static void
apply_rows (const PleChunk *chunk, gpointer data)
{
  Pca *pca = data;
  size_t d = pca->x->n_cols;

  ple_dgemm (FALSE, FALSE, chunk->end - chunk->begin, pca->n_basis, d, 1,
             pca->block + chunk->begin * d, d, pca->basis, pca->n_basis, 0,
             pca->image + chunk->begin * pca->n_basis, pca->n_basis);
}

static void
apply_transposed (const PleChunk *chunk, gpointer data)
{
  Pca *pca = data;
  size_t d = pca->x->n_cols;

  ple_dgemm (TRUE, FALSE, chunk->end - chunk->begin, pca->n_basis, pca->n_block, 1,
             pca->block + chunk->begin, d, pca->image, pca->n_basis, 1,
             pca->applied + chunk->begin * pca->n_basis, pca->n_basis);
}

/* applied = Xc' Xc basis and ritz = basis' Xc' Xc basis, in one pass over the rows. */
static gboolean
apply_covariance (Pca *pca, double *ritz, PleProgress *progress, GError **error)
{
  size_t n = pca->x->n_rows, d = pca->x->n_cols, l = pca->n_basis;

  memset (pca->applied, 0, d * l * sizeof (double));
  memset (ritz, 0, l * l * sizeof (double));
  for (pca->first = 0; pca->first < n; pca->first += BLOCK)
    {
      pca->n_block = MIN (BLOCK, n - pca->first);
      if (!ple_progress_report (progress, (double) pca->first / (double) n, error) ||
          !ple_parallel_for (pca->n_block, 64, centre_rows, pca, progress, error) ||
          !ple_parallel_for (pca->n_block, 64, apply_rows, pca, progress, error) ||
          !ple_parallel_for (d, 256, apply_transposed, pca, progress, error))
        return FALSE;
      ple_dgemm (TRUE, FALSE, l, l, pca->n_block, 1, pca->image, l, pca->image, l, 1, ritz, l);
    }
  return TRUE;
}

/* Orthonormal columns of a (d, l) row-major, by Householder QR of what Fortran sees as (d, l). */
static gboolean
orthonormalise (size_t d, size_t l, double *a, double *scratch, GError **error)
{
  int d_ = (int) d, l_ = (int) l, lwork = -1, info = 0;
  double size[2] = { 0, 0 };
  g_autofree double *tau = g_new (double, l);
  g_autofree double *work = NULL;

  for (size_t i = 0; i < d; i++)
    for (size_t j = 0; j < l; j++)
      scratch[j * d + i] = a[i * l + j];
  dgeqrf_ (&d_, &l_, scratch, &d_, tau, &size[0], &lwork, &info);
  dorgqr_ (&d_, &l_, &l_, scratch, &d_, tau, &size[1], &lwork, &info);
  lwork = (int) MAX (size[0], size[1]);
  work = ple_doubles_new ((size_t) lwork, 1, error);
  if (work == NULL)
    return FALSE;
  dgeqrf_ (&d_, &l_, scratch, &d_, tau, work, &lwork, &info);
  dorgqr_ (&d_, &l_, &l_, scratch, &d_, tau, work, &lwork, &info);
  for (size_t i = 0; i < d; i++)
    for (size_t j = 0; j < l; j++)
      a[i * l + j] = scratch[j * d + i];
  return TRUE;
}

/* Entries in (-1, 1) from a counter: the fixed start. */
static void
fill_start (size_t n, double *values)
{
  for (size_t i = 0; i < n; i++)
    {
      guint64 z = ple_mix64 ((i + 1) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15));

      values[i] = (double) (z >> 11) * 0x1p-52 - 1;
    }
}

/* Subspace iteration (Halko, Martinsson and Tropp 2011, alg. 4.4) that goes on until the Ritz
 * values of the wanted components stand still; one pass over the data per iteration. */
static gboolean
directions_by_power (
    Pca *pca, double *values, double *directions, PleProgress *progress, GError **error)
{
  size_t d = pca->x->n_cols, q = pca->n_components;
  size_t l = MIN (q + OVERSAMPLING, MIN (pca->x->n_rows, d));
  g_autofree double *basis = ple_doubles_new (d, l, error);
  g_autofree double *scratch = NULL;
  g_autofree double *ritz = NULL;
  g_autofree double *ritz_values = NULL;
  g_autofree double *previous = NULL;

  if (basis == NULL || (pca->applied = ple_doubles_new (d, l, error)) == NULL ||
      (pca->image = ple_doubles_new (BLOCK, l, error)) == NULL ||
      (scratch = ple_doubles_new (d, l, error)) == NULL ||
      (ritz = ple_doubles_new (l, l, error)) == NULL)
    return FALSE;
  ritz_values = g_new0 (double, l);
  previous = g_new0 (double, l);
  fill_start (d * l, basis);
  pca->basis = basis;
  pca->n_basis = l;
  if (!orthonormalise (d, l, basis, scratch, error))
    return FALSE;

  for (int iteration = 0;; iteration++)
    {
      g_autoptr (PleProgress) pass =
          ple_progress_new_stage (progress, NULL, (double) iteration / MAX_POWER_ITERATIONS,
                                  (double) (iteration + 1) / MAX_POWER_ITERATIONS);
      gboolean settled = TRUE;

      if (!apply_covariance (pca, ritz, pass, error) ||
          !ple_eigen_symmetric (l, ritz, ritz_values, error))
        return FALSE;
      for (size_t j = 0; j < q; j++)
        settled = settled &&
                  fabs (ritz_values[j] - previous[j]) <= RITZ_TOLERANCE * fabs (ritz_values[0]);
      memcpy (previous, ritz_values, l * sizeof (double));
      if (settled || iteration + 1 == MAX_POWER_ITERATIONS)
        break;
      memcpy (basis, pca->applied, d * l * sizeof (double));
      if (!orthonormalise (d, l, basis, scratch, error))
        return FALSE;
    }
  /* Ritz vectors: rows of ritz (the eigenvectors) times the basis. */
  ple_dgemm (FALSE, TRUE, q, d, l, 1, ritz, l, basis, l, 0, directions, d);
  memcpy (values, ritz_values, q * sizeof (double));
  return TRUE;
}

static void
sum_squares (const PleChunk *chunk, gpointer data)
{
  Pca *pca = data;
  size_t d = pca->x->n_cols;
  double sum = 0;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    for (size_t f = 0; f < d; f++)
      {
        double centred = (double) ple_matrix_row (pca->x, i)[f] - pca->mean[f];

        sum += centred * centred;
      }
  pca->image[chunk->index] = sum;
}

static gboolean
sum_total (Pca *pca, PleProgress *progress, GError **error)
{
  size_t n = pca->x->n_rows, n_chunks = ple_parallel_n_chunks (n, BLOCK);
  g_autofree double *partial = g_new0 (double, MAX (n_chunks, 1));
  gboolean ok;

  pca->image = partial;
  ok = ple_parallel_for (n, BLOCK, sum_squares, pca, progress, error);
  pca->image = NULL;
  pca->total = 0;
  for (size_t i = 0; i < n_chunks; i++)
    pca->total += partial[i];
  return ok;
}

/* Scores of one chunk of rows: centred and projected in double, kept in float. */
static void
project_rows (const PleChunk *chunk, gpointer data)
{
  Pca *pca = data;
  size_t d = pca->x->n_cols, q = pca->n_components, n_rows = chunk->end - chunk->begin;
  double *rows = pca->scratch + chunk->worker * TILE * (d + q);
  double *out = rows + TILE * d;

  for (size_t i = 0; i < n_rows; i++)
    for (size_t f = 0; f < d; f++)
      rows[i * d + f] = (double) ple_matrix_row (pca->x, chunk->begin + i)[f] - pca->mean[f];
  ple_dgemm (FALSE, TRUE, n_rows, q, d, 1, rows, d, pca->directions, d, 0, out, q);
  for (size_t i = 0; i < n_rows * q; i++)
    ple_matrix_row (pca->scores, chunk->begin)[i] = (float) out[i];
}

static gboolean
project (Pca *pca, PleProgress *progress, GError **error)
{
  size_t n = pca->x->n_rows, d = pca->x->n_cols, q = pca->n_components;
  g_autofree double *scratch =
      ple_doubles_new ((size_t) ple_progress_get_n_threads (progress) * TILE, d + q, error);
  gboolean ok;

  if (scratch == NULL)
    return FALSE;
  pca->scores = ple_matrix_new (n, q, error);
  if (pca->scores == NULL)
    return FALSE;
  pca->scratch = scratch;
  ok = ple_parallel_for_reporting (n, TILE, project_rows, pca, progress, error);
  pca->scratch = NULL;
  return ok;
}

/* Finds the directions (q, d) and their sums of squares by the way that suits the shape. */
static gboolean
find_directions (
    Pca *pca, double *values, double *directions, PleProgress *progress, GError **error)
{
  size_t n = pca->x->n_rows, d = pca->x->n_cols, q = pca->n_components;
  g_autofree double *all_values = NULL;

  if (MIN (n, d) > PLE_DENSE_MAX)
    return sum_total (pca, progress, error) &&
           directions_by_power (pca, values, directions, progress, error);

  all_values = g_new (double, pca->order);
  if (!sum_products (pca, progress, error) ||
      !ple_eigen_symmetric (pca->order, pca->sum, all_values, error))
    return FALSE;
  memcpy (values, all_values, q * sizeof (double));
  if (pca->gram)
    return directions_from_gram (pca, values, directions, progress, error);
  memcpy (directions, pca->sum, q * d * sizeof (double));
  return TRUE;
}

static gboolean
pca_run (Pca *pca, double *values, double *directions, PleProgress *progress, GError **error)
{
  size_t d = pca->x->n_cols, q = pca->n_components;
  g_autoptr (PleProgress) finding = ple_progress_new_stage (progress, NULL, 0, 0.9);
  g_autoptr (PleProgress) projecting = ple_progress_new_stage (progress, NULL, 0.9, 1);

  if (!ple_column_means (pca->x, pca->mean, progress, error) ||
      !find_directions (pca, values, directions, finding, error))
    return FALSE;
  for (size_t j = 0; j < q; j++)
    {
      ple_fix_sign (d, directions + j * d);
      values[j] = pca->total > 0 ? MAX (values[j], 0) / pca->total : 0;
    }
  pca->directions = directions;
  return project (pca, projecting, error);
}

PleMatrix *
ple_pca (const PleMatrix *x,
         size_t n_components,
         PleMatrix **mean,
         PleMatrix **components,
         PleMatrix **explained,
         PleProgress *progress,
         GError **error)
{
  size_t n = x->n_rows, d = x->n_cols, q = n_components;
  g_autofree double *directions = NULL;
  g_autofree double *values = NULL;
  g_autoptr (PleMatrix) out_mean = NULL;
  g_autoptr (PleMatrix) out_components = NULL;
  g_autoptr (PleMatrix) out_explained = NULL;
  gboolean gram = n <= PLE_DENSE_MAX && d > PLE_DENSE_MAX;
  Pca pca = { .x = x, .n_components = q, .gram = gram, .order = gram ? n : d };
  gboolean ok;

  if (q < 1 || q > MIN (n, d) || d > G_MAXINT ||
      (MIN (n, d) > PLE_DENSE_MAX && q > PLE_DENSE_MAX - OVERSAMPLING))
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE,
                   "%" G_GSIZE_FORMAT " principal components of a %" G_GSIZE_FORMAT
                   " x %" G_GSIZE_FORMAT " matrix cannot be had",
                   q, n, d);
      return NULL;
    }
  if (!ple_matrix_check_finite (x, "principal components", error))
    return NULL;

  pca.mean = ple_doubles_new (d, 1, error);
  if (pca.mean != NULL)
    pca.block = ple_doubles_new (gram ? n : MIN (BLOCK, n), gram ? MIN (BLOCK, d) : d, error);
  if (pca.block != NULL)
    directions = ple_doubles_new (q, d, error);
  values = g_new0 (double, q);
  ok = directions != NULL && pca_run (&pca, values, directions, progress, error) &&
       (mean == NULL || (out_mean = ple_matrix_from_doubles (1, d, pca.mean, error)) != NULL) &&
       (components == NULL ||
        (out_components = ple_matrix_from_doubles (q, d, directions, error)) != NULL) &&
       (explained == NULL ||
        (out_explained = ple_matrix_from_doubles (1, q, values, error)) != NULL);
  g_free (pca.mean);
  g_free (pca.block);
  g_free (pca.sum);
  g_free (pca.image);
  g_free (pca.applied);
  if (!ok)
    {
      ple_matrix_unref (pca.scores);
      return NULL;
    }
  if (mean != NULL)
    *mean = g_steal_pointer (&out_mean);
  if (components != NULL)
    *components = g_steal_pointer (&out_components);
  if (explained != NULL)
    *explained = g_steal_pointer (&out_explained);
  return pca.scores;
}
