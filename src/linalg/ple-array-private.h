/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "linalg/ple-array-file.h"

/* What the readers of array files share. */

/* A label beyond it is a mistake or an attack: tables are made of one entry per label. */
#define PLE_LABEL_MAX ((1 << 24) - 1)

size_t ple_array_type_size (PleArrayType type);

/* Number of elements and of bytes; FALSE if a product of the sizes (zeros taken as ones) does not
 * fit. */
gboolean
ple_array_count (guint n_dims, const size_t *shape, size_t item_size, size_t *n, size_t *bytes);

/* @bytes: (transfer full): what keeps @data, the elements in C order, alive */
PleArray *ple_array_new (
    PleArrayType type, guint n_dims, const size_t *shape, GBytes *bytes, gconstpointer data);

/* Whether every element is a whole number. */
gboolean ple_array_is_whole (const PleArray *array);
/* FALSE with an error naming @item if @value cannot be a label. */
gboolean ple_label_check (double value, size_t item, const char *name, GError **error);

/* The bytes of a regular file, mapped; FORMAT errors for what is none, EMPTY if it has no bytes.
 * The name of it for messages goes to @name (transfer full). */
GBytes *ple_map_file (const char *path, char **name, GError **error);

/* The header of a .npy file in front of the elements, padded so that they begin at a multiple of 64
 * bytes. */
GByteArray *ple_npy_header (PleArrayType type, guint n_dims, const size_t *shape);

/* Numbers of a text file: commas, semicolons, tabs or blanks between them, a header line optional.
 * (transfer full) */
PleMatrix *ple_csv_parse_matrix (GBytes *bytes, const char *name, GError **error);
/* One whole number per line, a header line optional. (transfer full) */
PleLabels *ple_csv_parse_labels (GBytes *bytes, const char *name, GError **error);
PleNpz *ple_npz_parse (GBytes *bytes, const char *name, GError **error);
