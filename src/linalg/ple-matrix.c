/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-matrix.h"

#include "base/ple-error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 64

PleMatrix *
ple_matrix_new_with_owner (
    size_t n_rows, size_t n_cols, float *data, gpointer owner, GDestroyNotify release)
{
  PleMatrix *matrix = g_new0 (PleMatrix, 1);

  matrix->n_rows = n_rows;
  matrix->n_cols = n_cols;
  matrix->data = data;
  matrix->owner = owner;
  matrix->release = release;
  matrix->ref_count = 1;
  return matrix;
}

PleMatrix *
ple_matrix_new (size_t n_rows, size_t n_cols, GError **error)
{
  gsize n, bytes;
  float *data = NULL;

  if (g_size_checked_mul (&n, n_rows, n_cols) && g_size_checked_mul (&bytes, n, sizeof (float)) &&
      bytes <= G_MAXSSIZE - ALIGNMENT)
    {
      /* aligned_alloc wants a multiple of the alignment, and something for an empty matrix. */
      gsize padded = (MAX (bytes, 1) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

      data = aligned_alloc (ALIGNMENT, padded);
      if (data != NULL)
        memset (data, 0, padded);
    }
  if (data == NULL)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY,
                   "no memory for a matrix of %" G_GSIZE_FORMAT " x %" G_GSIZE_FORMAT, n_rows,
                   n_cols);
      return NULL;
    }
  return ple_matrix_new_with_owner (n_rows, n_cols, data, data, free);
}

static void
unref_matrix (gpointer matrix)
{
  ple_matrix_unref (matrix);
}

PleMatrix *
ple_matrix_new_rows (PleMatrix *matrix, size_t first, size_t n_rows)
{
  g_return_val_if_fail (first <= matrix->n_rows && n_rows <= matrix->n_rows - first, NULL);

  return ple_matrix_new_with_owner (n_rows, matrix->n_cols, ple_matrix_row (matrix, first),
                                    ple_matrix_ref (matrix), unref_matrix);
}

PleMatrix *
ple_matrix_take (const PleMatrix *matrix, const guint32 *indices, size_t n, GError **error)
{
  PleMatrix *taken = ple_matrix_new (n, matrix->n_cols, error);

  for (size_t i = 0; taken != NULL && i < n; i++)
    {
      g_assert (indices[i] < matrix->n_rows);
      memcpy (ple_matrix_row (taken, i), ple_matrix_row (matrix, indices[i]),
              matrix->n_cols * sizeof (float));
    }
  return taken;
}

PleMatrix *
ple_matrix_copy (const PleMatrix *matrix, GError **error)
{
  PleMatrix *copy = ple_matrix_new (matrix->n_rows, matrix->n_cols, error);

  if (copy != NULL)
    memcpy (copy->data, matrix->data, matrix->n_rows * matrix->n_cols * sizeof (float));
  return copy;
}

PleMatrix *
ple_matrix_ref (PleMatrix *matrix)
{
  if (matrix != NULL)
    g_atomic_int_inc (&matrix->ref_count);
  return matrix;
}

void
ple_matrix_unref (PleMatrix *matrix)
{
  if (matrix == NULL || !g_atomic_int_dec_and_test (&matrix->ref_count))
    return;
  if (matrix->release != NULL)
    matrix->release (matrix->owner);
  g_free (matrix);
}

size_t
ple_matrix_find_not_finite (const PleMatrix *matrix)
{
  for (size_t i = 0; i < matrix->n_rows; i++)
    {
      const float *row = ple_matrix_row (matrix, i);
      float sum = 0;

      /* x * 0 is 0 for finite x, NaN otherwise: one vectorised pass per row. */
      for (size_t f = 0; f < matrix->n_cols; f++)
        sum += row[f] * 0;
      if (sum != 0)
        return i;
    }
  return matrix->n_rows;
}

gboolean
ple_matrix_check_finite (const PleMatrix *matrix, const char *name, GError **error)
{
  size_t row = ple_matrix_find_not_finite (matrix);

  if (row == matrix->n_rows)
    return TRUE;
  g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NOT_FINITE,
               "%s: row %" G_GSIZE_FORMAT " holds a value that is not a number or infinite", name,
               row);
  return FALSE;
}

void
ple_matrix_normalise_rows (PleMatrix *matrix)
{
  for (size_t i = 0; i < matrix->n_rows; i++)
    {
      float *row = ple_matrix_row (matrix, i);
      double sum = 0;
      float scale;

      for (size_t f = 0; f < matrix->n_cols; f++)
        sum += (double) row[f] * (double) row[f];
      if (!(sum > 1e-24))
        continue;
      scale = (float) (1 / sqrt (sum));
      for (size_t f = 0; f < matrix->n_cols; f++)
        row[f] *= scale;
    }
}
