/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stddef.h>

/* A pair of groups that have items in common. */
typedef struct
{
  guint32 row;
  guint32 col;
  guint64 count;
} PleCell;

/**
 * PleContingency:
 * @n_rows: used clusters; the noise, if any, is the last row
 * @n_cols: used classes
 * @cells: sorted by row, then by column
 * @row_ids, @col_ids: rising labels of the groups; -1 for noise
 * @has_noise: whether the last row is noise
 *
 * Two labelings against each other, sparse: as large as there are pairs in use, whatever the
 * labels.
 */
typedef struct
{
  size_t n_rows;
  size_t n_cols;
  size_t n_cells;
  PleCell *cells;
  gint32 *row_ids;
  gint32 *col_ids;
  guint64 *row_sums;
  guint64 *col_sums;
  guint64 n;
  gboolean has_noise;
} PleContingency;

/* Cells with labels as row and col (noise: G_MAXUINT32), in any order, none twice; empty ones are
 * dropped. (transfer full) */
PleContingency *ple_contingency_new (const PleCell *cells, size_t n_cells);
void ple_contingency_free (PleContingency *table);

/**
 * ple_contingency_match:
 * @table: counts
 * @col_of_row: (out caller-allocates): n_rows; the column matched one-to-one, -1 for none; never a
 * pair without items; noise is not matched
 *
 * The match with the most items, by Hungarian assignment within each connected part.
 *
 * Returns: %FALSE if a part is too large to be solved
 */
gboolean ple_contingency_match (const PleContingency *table, gint32 *col_of_row);

/* Mutual information expected of two labelings with these group sizes by chance, in nats. */
double ple_expected_information (
    size_t n_rows, const guint64 *row_sums, size_t n_cols, const guint64 *col_sums, guint64 n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleContingency, ple_contingency_free)
