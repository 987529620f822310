/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-compress-private.h"

#include "base/ple-parallel.h"
#include "linalg/ple-linalg.h"

#include <math.h>
#include <string.h>

#define OVERSAMPLING 16
#define ROUNDS 6
#define ROW_CHUNK 256
/* Share of the first variance below which a direction counts as noise. */
#define VARIANCE_FLOOR 1e-6

typedef struct
{
  const PleMatrix *x;
  PleMatrix *partial; /* (chunks l, d): X' Y of each chunk, transposed */
  const float *basis; /* (l, d) */
  size_t l;
  PleMatrix *image; /* (n, l) */
  const float *mean;
} Round;

/* Takes the mean from the rows. */
static void
centre_chunk (const PleChunk *chunk, gpointer data)
{
  Round *round = data;
  size_t d = round->x->n_cols;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    {
      float *row = ple_matrix_row (round->x, i);

      for (size_t f = 0; f < d; f++)
        row[f] -= round->mean[f];
    }
}

static void
image_chunk (const PleChunk *chunk, gpointer data)
{
  Round *round = data;
  size_t d = round->x->n_cols;

  ple_gemm (FALSE, TRUE, chunk->end - chunk->begin, round->l, d, 1,
            ple_matrix_row (round->x, chunk->begin), d, round->basis, d, 0,
            ple_matrix_row (round->image, chunk->begin), round->l);
}

/* Y = X Q', then partial = Y' X of these rows. */
static void
round_chunk (const PleChunk *chunk, gpointer data)
{
  Round *round = data;
  size_t d = round->x->n_cols;

  image_chunk (chunk, data);
  ple_gemm (TRUE, FALSE, round->l, d, chunk->end - chunk->begin, 1,
            ple_matrix_row (round->image, chunk->begin), round->l,
            ple_matrix_row (round->x, chunk->begin), d, 0,
            ple_matrix_row (round->partial, chunk->index * round->l), d);
}

/* Rows of @basis (l, d) become orthonormal, by modified Gram-Schmidt, twice; a row that depends on
 * the earlier ones becomes zero. */
static void
orthonormalise (size_t l, size_t d, float *basis)
{
  for (size_t i = 0; i < l; i++)
    {
      float *row = basis + i * d;
      double before = 0, norm = 0;

      for (size_t f = 0; f < d; f++)
        before += (double) row[f] * (double) row[f];
      for (int pass = 0; pass < 2; pass++)
        for (size_t j = 0; j < i; j++)
          {
            const float *other = basis + j * d;
            double dot = 0;

            for (size_t f = 0; f < d; f++)
              dot += (double) row[f] * (double) other[f];
            for (size_t f = 0; f < d; f++)
              row[f] -= (float) dot * other[f];
          }
      for (size_t f = 0; f < d; f++)
        norm += (double) row[f] * (double) row[f];
      if (norm > 1e-10 * before && norm > 0)
        for (size_t f = 0; f < d; f++)
          row[f] = (float) ((double) row[f] / sqrt (norm));
      else
        memset (row, 0, d * sizeof *row);
    }
}

static PleMatrix *
column_means (const PleMatrix *x, GError **error)
{
  PleMatrix *mean = ple_matrix_new (1, x->n_cols, error);
  g_autofree double *sum = g_new0 (double, x->n_cols);

  if (mean == NULL)
    return NULL;
  for (size_t i = 0; i < x->n_rows; i++)
    for (size_t f = 0; f < x->n_cols; f++)
      sum[f] += (double) ple_matrix_row (x, i)[f];
  for (size_t f = 0; f < x->n_cols; f++)
    mean->data[f] = (float) (sum[f] / (double) x->n_rows);
  return mean;
}

/* An orthonormal basis (l, d) of nearly the leading principal directions of the centred @x. */
static PleMatrix *
find_subspace (Round *round, const PleRng *rng, PleProgress *progress, GError **error)
{
  size_t n = round->x->n_rows, d = round->x->n_cols, l = round->l;
  size_t n_chunks = ple_parallel_n_chunks (n, ROW_CHUNK);
  g_autoptr (PleMatrix) basis = ple_matrix_new (l, d, error);
  g_autoptr (PleMatrix) partial = ple_matrix_new (n_chunks * l, d, error);
  PleRng stream = *rng;

  if (basis == NULL || partial == NULL)
    return NULL;
  ple_rng_fill_normal (&stream, basis->data, l * d, 1);
  orthonormalise (l, d, basis->data);
  round->partial = partial;
  for (int r = 0; r < ROUNDS; r++)
    {
      if (!ple_progress_report (progress, r / (double) ROUNDS, error))
        return NULL;
      round->basis = basis->data;
      if (!ple_parallel_for (n, ROW_CHUNK, round_chunk, round, progress, error))
        return NULL;
      memset (basis->data, 0, l * d * sizeof (float));
      for (size_t c = 0; c < n_chunks; c++)
        for (size_t i = 0; i < l * d; i++)
          basis->data[i] += partial->data[c * l * d + i];
      orthonormalise (l, d, basis->data);
    }
  return g_steal_pointer (&basis);
}

PleCompress *
ple_compress_new (PleMatrix *x,
                  size_t n_components,
                  double whitening,
                  const PleRng *rng,
                  PleProgress *progress,
                  GError **error)
{
  g_autoptr (PleCompress) compress = g_new0 (PleCompress, 1);
  g_autoptr (PleMatrix) basis = NULL;
  g_autoptr (PleMatrix) image = NULL;
  g_autofree double *gram = NULL;
  g_autofree double *values = NULL;
  size_t n = x->n_rows, d = x->n_cols;
  size_t q = CLAMP (n_components, 1, MAX (1, MIN (n - 1, d)));
  size_t l = MIN (q + OVERSAMPLING, d);
  Round round = { .x = x, .l = l };

  compress->mean = column_means (x, error);
  image = ple_matrix_new (n, l, error);
  if (compress->mean == NULL || image == NULL)
    return NULL;
  round.mean = compress->mean->data;
  round.image = image;
  if (!ple_parallel_for (n, ROW_CHUNK, centre_chunk, &round, progress, error))
    return NULL;
  basis = find_subspace (&round, rng, progress, error);
  if (basis == NULL)
    return NULL;
  round.basis = basis->data;
  if (!ple_parallel_for (n, ROW_CHUNK, image_chunk, &round, progress, error))
    return NULL;

  /* Within the subspace: eigenvectors of the covariance of the image. */
  gram = g_new0 (double, l *l);
  values = g_new0 (double, l);
  for (size_t i = 0; i < n; i++)
    for (size_t a = 0; a < l; a++)
      for (size_t b = 0; b < l; b++)
        gram[a * l + b] += (double) ple_matrix_row (image, i)[a] *
                           (double) ple_matrix_row (image, i)[b] / (double) n;
  if (!ple_eigen_symmetric (l, gram, values, error))
    return NULL;
  compress->projection = ple_matrix_new (q, d, error);
  if (compress->projection == NULL)
    return NULL;
  for (size_t j = 0; j < q; j++)
    {
      float *row = ple_matrix_row (compress->projection, j);
      double variance = MAX (values[j], 0) + VARIANCE_FLOOR * values[0];
      double scale = variance > 0 ? pow (variance, -0.5 * whitening) : 0;

      for (size_t a = 0; a < l; a++)
        for (size_t f = 0; f < d; f++)
          row[f] += (float) (scale * gram[j * l + a]) * ple_matrix_row (basis, a)[f];
    }
  return g_steal_pointer (&compress);
}

void
ple_compress_free (PleCompress *compress)
{
  if (compress == NULL)
    return;
  g_clear_pointer (&compress->mean, ple_matrix_unref);
  g_clear_pointer (&compress->projection, ple_matrix_unref);
  g_free (compress);
}

gboolean
ple_compress_apply (const PleCompress *compress,
                    PleMatrix *x,
                    gboolean centred,
                    PleMatrix *out,
                    PleProgress *progress,
                    GError **error)
{
  Round round = { .x = x,
                  .l = compress->projection->n_rows,
                  .basis = compress->projection->data,
                  .image = out,
                  .mean = compress->mean->data };

  g_return_val_if_fail (out->n_rows == x->n_rows && out->n_cols == round.l, FALSE);

  if ((!centred &&
       !ple_parallel_for (x->n_rows, ROW_CHUNK, centre_chunk, &round, progress, error)) ||
      !ple_parallel_for (x->n_rows, ROW_CHUNK, image_chunk, &round, progress, error))
    return FALSE;
  ple_matrix_normalise_rows (out);
  return TRUE;
}
