/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stddef.h>

G_BEGIN_DECLS

/**
 * PleMatrix:
 * @n_rows: rows
 * @n_cols: columns
 * @data: float32, row-major, contiguous (row stride = @n_cols); 64-byte aligned when owned
 *
 * Numbers in memory of its own or in a mapped file. Reference-counted, from any thread; who has
 * handed a matrix to another thread or stored it no longer writes to it. A mapped matrix must never
 * be written to.
 */
typedef struct
{
  size_t n_rows;
  size_t n_cols;
  float *data;
  /*< private >*/
  int ref_count;
  GDestroyNotify release;
  gpointer owner;
} PleMatrix;

/**
 * ple_matrix_new:
 * @n_rows: rows, may be 0
 * @n_cols: columns, may be 0
 * @error: return location
 *
 * Returns: (transfer full) (nullable): all zeros; %PLE_NUMERIC_ERROR_NO_MEMORY if the size
 * overflows or cannot be had
 */
PleMatrix *ple_matrix_new (size_t n_rows, size_t n_cols, GError **error);

/**
 * ple_matrix_new_with_owner:
 * @data: (n_rows, n_cols) floats that live as long as @owner
 * @owner: (transfer full): released by @release when the matrix dies
 *
 * Wraps memory that somebody else owns: a mapped file, another matrix. Returns: (transfer full)
 */
PleMatrix *ple_matrix_new_with_owner (
    size_t n_rows, size_t n_cols, float *data, gpointer owner, GDestroyNotify release);

/* Rows first .. first + n_rows - 1, sharing memory. (transfer full) */
PleMatrix *ple_matrix_new_rows (PleMatrix *matrix, size_t first, size_t n_rows);
/* A copy of the rows named by @indices (n of them). (transfer full) (nullable) */
PleMatrix *
ple_matrix_take (const PleMatrix *matrix, const guint32 *indices, size_t n, GError **error);
PleMatrix *ple_matrix_copy (const PleMatrix *matrix, GError **error);

PleMatrix *ple_matrix_ref (PleMatrix *matrix);
void ple_matrix_unref (PleMatrix *matrix);

static inline float *
ple_matrix_row (const PleMatrix *matrix, size_t i)
{
  return matrix->data + i * matrix->n_cols;
}

/* Row of the first NaN or infinity, or n_rows if all is finite. O(n d). */
size_t ple_matrix_find_not_finite (const PleMatrix *matrix);
/* FALSE with %PLE_NUMERIC_ERROR_NOT_FINITE naming the row, if there is one. */
gboolean ple_matrix_check_finite (const PleMatrix *matrix, const char *name, GError **error);

/* Divides each row by its Euclidean norm (rows shorter than 1e-12 are left alone), in place. */
void ple_matrix_normalise_rows (PleMatrix *matrix);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleMatrix, ple_matrix_unref)

G_END_DECLS
