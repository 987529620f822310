/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-linalg.h"

#include "base/ple-error.h"
#include "base/ple-parallel.h"
#include "linalg/ple-blas-private.h"

#include <math.h>

/* Multiply-adds of one tile of a product: a few milliseconds, so that a cancel is seen soon. */
#define TILE_WORK ((size_t) 1 << 28)
#define MAX_TILE_ROWS 512
#define MIN_TILE_COLS 64

void
ple_linalg_init (void)
{
  openblas_set_num_threads (1);
}

/* A row-major matrix is its transpose to Fortran, so C' = B' A' is asked for. */
void
ple_gemm (gboolean transpose_a,
          gboolean transpose_b,
          size_t m,
          size_t n,
          size_t k,
          float alpha,
          const float *a,
          size_t lda,
          const float *b,
          size_t ldb,
          float beta,
          float *c,
          size_t ldc)
{
  int m_ = (int) m, n_ = (int) n, k_ = (int) k;
  int lda_ = (int) MAX (lda, 1), ldb_ = (int) MAX (ldb, 1), ldc_ = (int) MAX (ldc, 1);

  g_assert (m <= G_MAXINT && n <= G_MAXINT && k <= G_MAXINT);
  g_assert (lda <= G_MAXINT && ldb <= G_MAXINT && ldc <= G_MAXINT);
  if (m == 0 || n == 0)
    return;
  sgemm_ (transpose_b ? "T" : "N", transpose_a ? "T" : "N", &n_, &m_, &k_, &alpha, b, &ldb_, a,
          &lda_, &beta, c, &ldc_, 1, 1);
}

void
ple_dgemm (gboolean transpose_a,
           gboolean transpose_b,
           size_t m,
           size_t n,
           size_t k,
           double alpha,
           const double *a,
           size_t lda,
           const double *b,
           size_t ldb,
           double beta,
           double *c,
           size_t ldc)
{
  int m_ = (int) m, n_ = (int) n, k_ = (int) k;
  int lda_ = (int) MAX (lda, 1), ldb_ = (int) MAX (ldb, 1), ldc_ = (int) MAX (ldc, 1);

  g_assert (m <= G_MAXINT && n <= G_MAXINT && k <= G_MAXINT);
  g_assert (lda <= G_MAXINT && ldb <= G_MAXINT && ldc <= G_MAXINT);
  if (m == 0 || n == 0)
    return;
  dgemm_ (transpose_b ? "T" : "N", transpose_a ? "T" : "N", &n_, &m_, &k_, &alpha, b, &ldb_, a,
          &lda_, &beta, c, &ldc_, 1, 1);
}

double *
ple_doubles_new (size_t n_rows, size_t n_cols, GError **error)
{
  gsize n;
  double *values = NULL;

  if (g_size_checked_mul (&n, MAX (n_rows, 1), MAX (n_cols, 1)))
    values = g_try_new0 (double, n);
  if (values == NULL)
    g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY,
                 "no memory for a work space of %" G_GSIZE_FORMAT " x %" G_GSIZE_FORMAT, n_rows,
                 n_cols);
  return values;
}

PleMatrix *
ple_matrix_from_doubles (size_t n_rows, size_t n_cols, const double *values, GError **error)
{
  PleMatrix *matrix = ple_matrix_new (n_rows, n_cols, error);

  for (size_t i = 0; matrix != NULL && i < n_rows * n_cols; i++)
    matrix->data[i] = (float) values[i];
  return matrix;
}

gboolean
ple_fix_sign (size_t n, double *vector)
{
  double largest = 0;

  for (size_t i = 0; i < n; i++)
    if (fabs (vector[i]) > fabs (largest))
      largest = vector[i];
  if (largest >= 0)
    return FALSE;
  for (size_t i = 0; i < n; i++)
    vector[i] = -vector[i];
  return TRUE;
}

typedef struct
{
  const PleMatrix *a;
  const PleMatrix *b;
  PleMatrix *c;
  gboolean transpose_b;
  size_t tile_rows;
  size_t tile_cols;
  size_t n_col_tiles;
} Product;

static void
multiply_tile (const PleChunk *chunk, gpointer data)
{
  const Product *product = data;
  const PleMatrix *a = product->a, *b = product->b;
  PleMatrix *c = product->c;
  size_t row = chunk->index / product->n_col_tiles * product->tile_rows;
  size_t col = chunk->index % product->n_col_tiles * product->tile_cols;
  const float *b_tile = product->transpose_b ? ple_matrix_row (b, col) : b->data + col;

  ple_gemm (FALSE, product->transpose_b, MIN (product->tile_rows, c->n_rows - row),
            MIN (product->tile_cols, c->n_cols - col), a->n_cols, 1, ple_matrix_row (a, row),
            a->n_cols, b_tile, b->n_cols, 0, ple_matrix_row (c, row) + col, c->n_cols);
}

PleMatrix *
ple_matrix_multiply (const PleMatrix *a,
                     const PleMatrix *b,
                     gboolean transpose_b,
                     PleProgress *progress,
                     GError **error)
{
  size_t k = a->n_cols;
  size_t n = transpose_b ? b->n_rows : b->n_cols;
  g_autoptr (PleMatrix) c = NULL;
  Product product;

  if (k != (transpose_b ? b->n_cols : b->n_rows) || k > G_MAXINT || n > G_MAXINT)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE,
                   "cannot multiply (%" G_GSIZE_FORMAT ", %" G_GSIZE_FORMAT
                   ") by %s(%" G_GSIZE_FORMAT ", %" G_GSIZE_FORMAT ")",
                   a->n_rows, a->n_cols, transpose_b ? "the transpose of " : "", b->n_rows,
                   b->n_cols);
      return NULL;
    }
  c = ple_matrix_new (a->n_rows, n, error);
  if (c == NULL)
    return NULL;

  product = (Product){ .a = a, .b = b, .c = c, .transpose_b = transpose_b };
  product.tile_rows = CLAMP (TILE_WORK / (MAX (k, 1) * MIN_TILE_COLS), 16, MAX_TILE_ROWS);
  product.tile_cols = MAX (TILE_WORK / (MAX (k, 1) * product.tile_rows), MIN_TILE_COLS);
  product.n_col_tiles = ple_parallel_n_chunks (n, product.tile_cols);
  /* Without columns inside, the product is the zeros that it was made with. */
  if (k > 0 && n > 0 &&
      !ple_parallel_for_reporting (ple_parallel_n_chunks (a->n_rows, product.tile_rows) *
                                       product.n_col_tiles,
                                   1, multiply_tile, &product, progress, error))
    return NULL;
  return g_steal_pointer (&c);
}
