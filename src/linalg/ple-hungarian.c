/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-hungarian.h"

#include "base/ple-clones.h"

#include <math.h>

#define LANES 8
#define N_PASSES 3
#define BIDS_PER_ROW 8

/**
 * Problem: with at most as many rows as columns
 * @u, @v: dual prices; cost - u - v >= 0, and 0 on the assignment
 * @price: v of the open columns, -infinity of those reached, so that no way leads there again
 * @open: shortest way known to each open column, from the free row along alternating paths of
 * reduced cost; infinite for those reached, whose way is in @reached
 * @from: the row before each column on its path
 */
typedef struct
{
  size_t n_rows;
  size_t n_cols;
  const double *cost;
  double *u;
  double *v;
  double *price;
  double *open;
  double *reached;
  double *from;
  gint32 *row_of_column;
  gint32 *column_of_row;
} Problem;

/* Shortens the way to every open column by way of @row, which lies at @base: one step of Dijkstra.
 * @from holds row numbers as doubles, so that the loop is one select per vector. Returns: the
 * nearest open column; of equals the first without a row, which ends the search, or the first */
PLE_CLONES static size_t
scan_row (size_t n,
          const double *restrict cost,
          const double *restrict price,
          double base,
          double row,
          const gint32 *restrict row_of_column,
          double *restrict open,
          double *restrict from)
{
  double lowest[LANES];
  double least = (double) INFINITY;
  size_t nearest = n, j;

  for (j = 0; j < n; j++)
    {
      double reduced = base + cost[j] - price[j];
      double known = open[j];

      from[j] = reduced < known ? row : from[j];
      open[j] = reduced < known ? reduced : known;
    }
  for (size_t lane = 0; lane < LANES; lane++)
    lowest[lane] = (double) INFINITY;
  for (j = 0; j + LANES <= n; j += LANES)
    for (size_t lane = 0; lane < LANES; lane++)
      lowest[lane] = open[j + lane] < lowest[lane] ? open[j + lane] : lowest[lane];
  for (; j < n; j++)
    least = MIN (least, open[j]);
  for (size_t lane = 0; lane < LANES; lane++)
    least = MIN (least, lowest[lane]);

  for (j = 0; j < n; j += LANES)
    {
      size_t end = MIN (j + LANES, n);
      int found = 0;

      for (size_t i = j; i < end; i++)
        found |= open[i] == least;
      for (size_t i = j; found && i < end; i++)
        if (open[i] == least)
          {
            if (row_of_column[i] < 0)
              return i;
            nearest = MIN (nearest, i);
          }
    }
  return nearest;
}

/* Finds the shortest augmenting path from the free @row, moves the prices so that all stays tight,
 * and turns the path over (Crouse 2016, algorithm 1). */
static void
augment (Problem *p, size_t free_row)
{
  size_t row = free_row, column;
  double base = 0;

  for (size_t j = 0; j < p->n_cols; j++)
    {
      p->open[j] = (double) INFINITY;
      p->price[j] = p->v[j];
    }
  for (;;)
    {
      column = scan_row (p->n_cols, p->cost + row * p->n_cols, p->price, base - p->u[row],
                         (double) row, p->row_of_column, p->open, p->from);
      base = p->reached[column] = p->open[column];
      p->open[column] = (double) INFINITY;
      p->price[column] = (double) -INFINITY;
      if (p->row_of_column[column] < 0)
        break;
      row = (size_t) p->row_of_column[column];
    }

  p->u[free_row] += base;
  for (size_t j = 0; j < p->n_cols; j++)
    if (p->price[j] == (double) -INFINITY)
      {
        if (p->row_of_column[j] >= 0)
          p->u[p->row_of_column[j]] += base - p->reached[j];
        p->v[j] -= base - p->reached[j];
      }
  do
    {
      gint32 next;

      row = (size_t) p->from[column];
      p->row_of_column[column] = (gint32) row;
      next = p->column_of_row[row];
      p->column_of_row[row] = (gint32) column;
      column = (size_t) next;
    }
  while (row != free_row);
}

/* The cheapest two columns for a row at the current prices, the first of equals. */
PLE_CLONES static void
cheapest_two (size_t n,
              const double *restrict cost,
              const double *restrict v,
              double *least,
              size_t *first,
              double *next,
              size_t *second)
{
  double lowest[LANES], after[LANES];
  double where[LANES], where_after[LANES];
  size_t j;

  for (size_t lane = 0; lane < LANES; lane++)
    {
      lowest[lane] = after[lane] = (double) INFINITY;
      where[lane] = where_after[lane] = (double) n;
    }
  for (j = 0; j + LANES <= n; j += LANES)
    for (size_t lane = 0; lane < LANES; lane++)
      {
        double price = cost[j + lane] - v[j + lane];
        double column = (double) j;
        int wins = price < lowest[lane], follows = price < after[lane];

        after[lane] = wins ? lowest[lane] : follows ? price : after[lane];
        where_after[lane] = wins ? where[lane] : follows ? column : where_after[lane];
        lowest[lane] = wins ? price : lowest[lane];
        where[lane] = wins ? column : where[lane];
      }

  *least = *next = (double) INFINITY;
  *first = *second = n;
#define CONSIDER(price_, column_)                                                                  \
  G_STMT_START                                                                                     \
  {                                                                                                \
    double price = price_;                                                                         \
    size_t column = column_;                                                                       \
                                                                                                   \
    if (price < *least || (price == *least && column < *first))                                    \
      {                                                                                            \
        *next = *least;                                                                            \
        *second = *first;                                                                          \
        *least = price;                                                                            \
        *first = column;                                                                           \
      }                                                                                            \
    else if (price < *next || (price == *next && column < *second))                                \
      {                                                                                            \
        *next = price;                                                                             \
        *second = column;                                                                          \
      }                                                                                            \
  }                                                                                                \
  G_STMT_END
  for (size_t lane = 0; lane < LANES && n >= LANES; lane++)
    {
      CONSIDER (lowest[lane], (size_t) where[lane] + lane);
      CONSIDER (after[lane], (size_t) where_after[lane] + lane);
    }
  for (; j < n; j++)
    CONSIDER (cost[j] - v[j], j);
#undef CONSIDER
}

/* Gives most rows a column before the first search: each free row takes its cheapest column and
 * lowers that column's price until the second cheapest is as good; the row that it drives out bids
 * next (augmenting row reduction of Jonker and Volgenant 1987). Prices of columns without a row
 * stay 0, so rectangles are allowed. Bids are bounded: wars by small steps are left to the search.
 */
static void
bid (Problem *p)
{
  g_autofree gint32 *waiting = g_new (gint32, p->n_rows);
  size_t n_waiting = p->n_rows;

  for (size_t i = 0; i < p->n_rows; i++)
    waiting[i] = (gint32) i;
  for (int pass = 0; pass < N_PASSES && p->n_cols > 1; pass++)
    {
      size_t n_left = 0, n_bids = BIDS_PER_ROW * p->n_rows;

      for (size_t k = 0; k < n_waiting; k++)
        for (gint32 row = waiting[k]; row >= 0;)
          {
            double least, next;
            size_t first, second;
            gint32 out;

            cheapest_two (p->n_cols, p->cost + (size_t) row * p->n_cols, p->v, &least, &first,
                          &next, &second);
            if (least < next)
              p->v[first] -= next - least;
            else if (p->row_of_column[first] >= 0)
              first = second;
            out = p->row_of_column[first];
            p->row_of_column[first] = row;
            p->column_of_row[row] = (gint32) first;
            if (out >= 0)
              p->column_of_row[out] = -1;
            if (out >= 0 && (least >= next || n_bids == 0))
              {
                waiting[n_left++] = out;
                out = -1;
              }
            n_bids -= n_bids > 0;
            row = out;
          }
      n_waiting = n_left;
    }
  /* Tight on the pairs made; a free row's price is found by its search. */
  for (size_t i = 0; i < p->n_rows; i++)
    if (p->column_of_row[i] >= 0)
      p->u[i] = p->cost[i * p->n_cols + (size_t) p->column_of_row[i]] - p->v[p->column_of_row[i]];
}

static void
solve (
    size_t n_rows, size_t n_cols, const double *cost, gint32 *column_of_row, gint32 *row_of_column)
{
  g_autofree double *u = g_new0 (double, n_rows);
  g_autofree double *columns = g_new0 (double, 5 * n_cols);
  Problem problem = { .n_rows = n_rows,
                      .n_cols = n_cols,
                      .cost = cost,
                      .u = u,
                      .v = columns,
                      .price = columns + n_cols,
                      .open = columns + 2 * n_cols,
                      .reached = columns + 3 * n_cols,
                      .from = columns + 4 * n_cols,
                      .row_of_column = row_of_column,
                      .column_of_row = column_of_row };

  for (size_t i = 0; i < n_rows; i++)
    column_of_row[i] = -1;
  for (size_t j = 0; j < n_cols; j++)
    row_of_column[j] = -1;
  bid (&problem);
  for (size_t i = 0; i < n_rows; i++)
    if (column_of_row[i] < 0)
      augment (&problem, i);
}

double
ple_assignment_solve (size_t n_rows, size_t n_cols, const double *cost, gint32 *column_of_row)
{
  double total = 0;

  g_return_val_if_fail (n_rows <= G_MAXINT32 && n_cols <= G_MAXINT32, NAN);

  if (n_rows == 0 || n_cols == 0)
    for (size_t i = 0; i < n_rows; i++)
      column_of_row[i] = -1;
  else if (n_rows <= n_cols)
    {
      g_autofree gint32 *row_of_column = g_new (gint32, n_cols);

      solve (n_rows, n_cols, cost, column_of_row, row_of_column);
    }
  else
    {
      g_autofree double *transposed = g_new (double, n_rows *n_cols);
      g_autofree gint32 *row_of_column = g_new (gint32, n_cols);

      for (size_t i = 0; i < n_rows; i++)
        for (size_t j = 0; j < n_cols; j++)
          transposed[j * n_rows + i] = cost[i * n_cols + j];
      solve (n_cols, n_rows, transposed, row_of_column, column_of_row);
    }

  for (size_t i = 0; i < n_rows; i++)
    if (column_of_row[i] >= 0)
      total += cost[i * n_cols + (size_t) column_of_row[i]];
  return total;
}
