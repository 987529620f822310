/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * PleGrowingArray:
 *
 * A .npy file of float32 rows that is written row by row over a long time and survives the death of
 * the program at any moment. Its header states the final size from the beginning; beside it stands
 * PATH.json with the identity of what is being computed. Who opens it again with the same identity
 * goes on where it ended; another identity begins anew.
 */
typedef struct _PleGrowingArray PleGrowingArray;

/**
 * ple_growing_array_open:
 * @path: of the array
 * @identity: a word that is the same if and only if the rows would be
 * @n_rows, @n_cols: final size
 * @unit: rows are continued at a multiple of this
 *
 * Returns: (transfer full) (nullable): a GFileError if it cannot be written
 */
PleGrowingArray *ple_growing_array_open (const char *path,
                                         const char *identity,
                                         size_t n_rows,
                                         size_t n_cols,
                                         size_t unit,
                                         GError **error);
void ple_growing_array_free (PleGrowingArray *array);

/* Rows that are there. */
size_t ple_growing_array_get_n_done (const PleGrowingArray *array);

/* Adds rows and waits until they are on the disk. */
gboolean
ple_growing_array_append (PleGrowingArray *array, size_t n_rows, const float *rows, GError **error);

/* Takes what stands at @path and beside it away. */
void ple_growing_array_remove (const char *path);
/* The finished array becomes @to; the identity is taken away. */
gboolean ple_growing_array_finish (const char *path, const char *to, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleGrowingArray, ple_growing_array_free)

G_END_DECLS
