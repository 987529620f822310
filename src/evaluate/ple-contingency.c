/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "evaluate/ple-contingency-private.h"

#include "linalg/ple-hungarian.h"

#include <stdlib.h>
#include <string.h>

/* Entries of one dense part: half a gibibyte. */
#define MAX_DENSE ((size_t) 1 << 26)

static int
compare_cells (gconstpointer a, gconstpointer b)
{
  const PleCell *p = a, *q = b;

  if (p->row != q->row)
    return p->row < q->row ? -1 : 1;
  return p->col < q->col ? -1 : p->col > q->col;
}

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  gint32 p = *(const gint32 *) a, q = *(const gint32 *) b;

  return p < q ? -1 : p > q;
}

/* Columns from labels to 0 .. n_cols - 1. */
static void
number_columns (PleContingency *table)
{
  table->col_ids = g_new (gint32, MAX (table->n_cells, 1));
  for (size_t i = 0; i < table->n_cells; i++)
    table->col_ids[i] = (gint32) table->cells[i].col;
  qsort (table->col_ids, table->n_cells, sizeof (gint32), compare_ids);
  for (size_t i = 0; i < table->n_cells; i++)
    if (i == 0 || table->col_ids[i] != table->col_ids[i - 1])
      table->col_ids[table->n_cols++] = table->col_ids[i];
  for (size_t i = 0; i < table->n_cells; i++)
    {
      gint32 id = (gint32) table->cells[i].col;
      const gint32 *found =
          bsearch (&id, table->col_ids, table->n_cols, sizeof (gint32), compare_ids);

      table->cells[i].col = (guint32) (found - table->col_ids);
    }
}

static void
number_rows (PleContingency *table)
{
  guint32 before = 0;

  table->row_ids = g_new (gint32, MAX (table->n_cells, 1));
  for (size_t i = 0; i < table->n_cells; i++)
    {
      guint32 id = table->cells[i].row;

      if (i == 0 || id != before)
        table->row_ids[table->n_rows++] = (gint32) id;
      before = id;
      table->cells[i].row = (guint32) (table->n_rows - 1);
    }
  /* G_MAXUINT32, which is -1, sorts last. */
  table->has_noise = table->n_rows > 0 && table->row_ids[table->n_rows - 1] == -1;
}

PleContingency *
ple_contingency_new (const PleCell *cells, size_t n_cells)
{
  PleContingency *table = g_new0 (PleContingency, 1);

  table->cells = g_new (PleCell, MAX (n_cells, 1));
  for (size_t i = 0; i < n_cells; i++)
    if (cells[i].count > 0)
      table->cells[table->n_cells++] = cells[i];
  qsort (table->cells, table->n_cells, sizeof (PleCell), compare_cells);
  number_rows (table);
  number_columns (table);
  table->row_sums = g_new0 (guint64, MAX (table->n_rows, 1));
  table->col_sums = g_new0 (guint64, MAX (table->n_cols, 1));
  for (size_t i = 0; i < table->n_cells; i++)
    {
      table->row_sums[table->cells[i].row] += table->cells[i].count;
      table->col_sums[table->cells[i].col] += table->cells[i].count;
      table->n += table->cells[i].count;
    }
  return table;
}

void
ple_contingency_free (PleContingency *table)
{
  if (table == NULL)
    return;
  g_free (table->cells);
  g_free (table->row_ids);
  g_free (table->col_ids);
  g_free (table->row_sums);
  g_free (table->col_sums);
  g_free (table);
}

static size_t
find_root (size_t *parent, size_t node)
{
  while (parent[node] != node)
    node = parent[node] = parent[parent[node]];
  return node;
}

/* Parts: rows and columns that hang together by cells. Within each, places count from 0. */
typedef struct
{
  size_t n;
  size_t *n_rows;
  size_t *n_cols;
  size_t *part_of_row;
  size_t *place_of_row;
  size_t *place_of_col;
  PleCell *cells; /* sorted by part */
  size_t *first;  /* n + 1: of each part's cells */
} Parts;

static void
parts_clear (Parts *parts)
{
  g_free (parts->n_rows);
  g_free (parts->n_cols);
  g_free (parts->part_of_row);
  g_free (parts->place_of_row);
  g_free (parts->place_of_col);
  g_free (parts->cells);
  g_free (parts->first);
}

static void
find_parts (const PleContingency *table, size_t n_rows, size_t n_cells, Parts *parts)
{
  size_t n_nodes = n_rows + table->n_cols;
  g_autofree size_t *parent = g_new (size_t, MAX (n_nodes, 1));
  g_autofree size_t *part_of_root = g_new (size_t, MAX (n_nodes, 1));
  g_autofree size_t *next = NULL;

  for (size_t i = 0; i < n_nodes; i++)
    {
      parent[i] = i;
      part_of_root[i] = G_MAXSIZE;
    }
  for (size_t i = 0; i < n_cells; i++)
    parent[find_root (parent, table->cells[i].row)] =
        find_root (parent, n_rows + table->cells[i].col);

  parts->n_rows = g_new0 (size_t, MAX (n_nodes, 1));
  parts->n_cols = g_new0 (size_t, MAX (n_nodes, 1));
  parts->part_of_row = g_new (size_t, MAX (n_rows, 1));
  parts->place_of_row = g_new (size_t, MAX (n_rows, 1));
  parts->place_of_col = g_new (size_t, MAX (table->n_cols, 1));
  for (size_t i = 0; i < n_nodes; i++)
    {
      size_t root = find_root (parent, i);
      size_t part;

      if (part_of_root[root] == G_MAXSIZE)
        part_of_root[root] = parts->n++;
      part = part_of_root[root];
      if (i < n_rows)
        {
          parts->part_of_row[i] = part;
          parts->place_of_row[i] = parts->n_rows[part]++;
        }
      else
        parts->place_of_col[i - n_rows] = parts->n_cols[part]++;
    }

  parts->first = g_new0 (size_t, parts->n + 1);
  for (size_t i = 0; i < n_cells; i++)
    parts->first[parts->part_of_row[table->cells[i].row] + 1]++;
  for (size_t p = 0; p < parts->n; p++)
    parts->first[p + 1] += parts->first[p];
  next = g_memdup2 (parts->first, (parts->n + 1) * sizeof (size_t));
  parts->cells = g_new (PleCell, MAX (n_cells, 1));
  for (size_t i = 0; i < n_cells; i++)
    parts->cells[next[parts->part_of_row[table->cells[i].row]]++] = table->cells[i];
}

static gboolean
match_part (const Parts *parts, size_t part, gint32 *col_of_row)
{
  size_t n_rows = parts->n_rows[part], n_cols = parts->n_cols[part];
  g_autofree double *cost = NULL;
  g_autofree gint32 *place = NULL;

  if (n_rows == 0 || n_cols == 0)
    return TRUE;
  if (n_rows > MAX_DENSE / n_cols || (cost = g_try_new0 (double, n_rows *n_cols)) == NULL)
    return FALSE;
  place = g_new (gint32, n_rows);
  for (size_t i = parts->first[part]; i < parts->first[part + 1]; i++)
    {
      const PleCell *cell = &parts->cells[i];

      cost[parts->place_of_row[cell->row] * n_cols + parts->place_of_col[cell->col]] =
          -(double) cell->count;
    }
  ple_assignment_solve (n_rows, n_cols, cost, place);
  /* Only pairs with items are told; a place without any is none. */
  for (size_t i = parts->first[part]; i < parts->first[part + 1]; i++)
    {
      const PleCell *cell = &parts->cells[i];

      if (place[parts->place_of_row[cell->row]] == (gint32) parts->place_of_col[cell->col])
        col_of_row[cell->row] = (gint32) cell->col;
    }
  return TRUE;
}

gboolean
ple_contingency_match (const PleContingency *table, gint32 *col_of_row)
{
  size_t n_rows = table->n_rows - table->has_noise, n_cells = table->n_cells;
  Parts parts = { 0 };
  gboolean ok = TRUE;

  for (size_t i = 0; i < table->n_rows; i++)
    col_of_row[i] = -1;
  while (n_cells > 0 && table->cells[n_cells - 1].row >= n_rows)
    n_cells--;
  find_parts (table, n_rows, n_cells, &parts);
  for (size_t part = 0; part < parts.n && ok; part++)
    ok = match_part (&parts, part, col_of_row);
  parts_clear (&parts);
  return ok;
}
