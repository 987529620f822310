/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-hungarian.h"

#include "base/ple-clones.h"

#include <math.h>
#include <string.h>

#define LANES 16
#define N_PASSES 3
#define BIDS_PER_ROW 8
/* Of the searches that are tried before prices are scaled: a random matrix needs about 8. */
#define SCANS_PER_ROW 16
/* Rounds of the auction: the bids of the first and the last as shares of the range of costs, and
 * how many of them. */
#define BID_FACTOR 5
#define SMALLEST_BID 1e-8
#define BIDS_PER_ROUND 20

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
 * and turns the path over (Crouse 2016, algorithm 1). Returns: how many rows it looked at */
static size_t
augment (Problem *p, size_t free_row)
{
  size_t row = free_row, column, n_scans = 0;
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
      n_scans++;
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
  return n_scans;
}

/* What the cheapest two columns cost a row at the current prices. */
PLE_CLONES static void
cheapest_two (
    size_t n, const double *restrict cost, const double *restrict v, double *least, double *next)
{
  double lowest[LANES], after[LANES];
  size_t j;

  for (size_t lane = 0; lane < LANES; lane++)
    lowest[lane] = after[lane] = (double) INFINITY;
  for (j = 0; j + LANES <= n; j += LANES)
    for (size_t lane = 0; lane < LANES; lane++)
      {
        double price = cost[j + lane] - v[j + lane];
        double larger = price > lowest[lane] ? price : lowest[lane];

        after[lane] = larger < after[lane] ? larger : after[lane];
        lowest[lane] = price < lowest[lane] ? price : lowest[lane];
      }
  *least = *next = (double) INFINITY;
  for (size_t i = 0; i < 2 * LANES + n - j; i++)
    {
      double price = i < LANES       ? lowest[i]
                     : i < 2 * LANES ? after[i - LANES]
                                     : cost[j + i - 2 * LANES] - v[j + i - 2 * LANES];

      *next = MIN (*next, MAX (price, *least));
      *least = MIN (*least, price);
    }
}

/* The first column from @j on that costs @price. */
PLE_CLONES static size_t
find_price (size_t n, const double *restrict cost, const double *restrict v, double price, size_t j)
{
  for (; j + LANES <= n; j += LANES)
    {
      int found = 0;

      for (size_t lane = 0; lane < LANES; lane++)
        found |= cost[j + lane] - v[j + lane] == price;
      if (found != 0)
        break;
    }
  while (j < n && cost[j] - v[j] != price)
    j++;
  return j;
}

static void
unassign_all (Problem *p)
{
  for (size_t i = 0; i < p->n_rows; i++)
    p->column_of_row[i] = -1;
  for (size_t j = 0; j < p->n_cols; j++)
    p->row_of_column[j] = -1;
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
            const double *cost = p->cost + (size_t) row * p->n_cols;
            double least, next;
            size_t first;
            gint32 out;

            cheapest_two (p->n_cols, cost, p->v, &least, &next);
            first = find_price (p->n_cols, cost, p->v, least, 0);
            if (least < next)
              p->v[first] -= next - least;
            else if (p->row_of_column[first] >= 0)
              first = find_price (p->n_cols, cost, p->v, next, first + 1);
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

/* One round of the auction (Bertsekas 1988): every bid is raised by @epsilon, so that a war over a
 * column ends soon. Ends when every row has a column or @n_bids are made. */
static void
auction (Problem *p, double epsilon, size_t n_bids, gint32 *waiting)
{
  size_t n_waiting = p->n_rows;

  unassign_all (p);
  for (size_t i = 0; i < p->n_rows; i++)
    waiting[i] = (gint32) i;
  while (n_waiting > 0 && n_bids-- > 0)
    {
      const gint32 row = waiting[--n_waiting];
      const double *cost = p->cost + (size_t) row * p->n_cols;
      double least, next;
      size_t first;
      gint32 out;

      cheapest_two (p->n_cols, cost, p->v, &least, &next);
      first = find_price (p->n_cols, cost, p->v, least, 0);
      p->v[first] -= next - least + epsilon;
      out = p->row_of_column[first];
      p->row_of_column[first] = row;
      if (out >= 0)
        waiting[n_waiting++] = out;
    }
}

/* Starts again from the prices that rounds of the auction with ever smaller bids end at: few and
 * short searches are left then, for matrices too whose rows all want the same columns, such as the
 * product i j. For as many columns as rows, where any prices will do to start from. */
static void
scale_prices (Problem *p)
{
  g_autofree gint32 *waiting = g_new (gint32, p->n_rows);
  double low = p->cost[0], high = p->cost[0], epsilon;

  for (size_t i = 0; i < p->n_rows * p->n_cols; i++)
    {
      low = MIN (low, p->cost[i]);
      high = MAX (high, p->cost[i]);
    }
  for (size_t j = 0; j < p->n_cols; j++)
    p->v[j] = 0;
  for (size_t i = 0; i < p->n_rows; i++)
    p->u[i] = 0;
  for (epsilon = (high - low) / BID_FACTOR; epsilon > (high - low) * SMALLEST_BID;
       epsilon /= BID_FACTOR)
    auction (p, epsilon, BIDS_PER_ROUND * p->n_rows, waiting);
  unassign_all (p);
}

/* Searches for the rows without a column; gives up after @n_scans. */
static gboolean
search (Problem *p, size_t n_scans)
{
  size_t n_done = 0;

  for (size_t i = 0; i < p->n_rows; i++)
    if (p->column_of_row[i] < 0)
      {
        if (n_done >= n_scans)
          return FALSE;
        n_done += augment (p, i);
      }
  return TRUE;
}

static void solve (
    size_t n_rows, size_t n_cols, const double *cost, gint32 *column_of_row, gint32 *row_of_column);

/* With as many rows more as make a square, which cost nothing and whose columns stay free. */
static void
solve_squared (Problem *p)
{
  const size_t n = p->n_cols;
  g_autofree double *square = g_new0 (double, n *n);
  g_autofree gint32 *column_of_any = g_new (gint32, n);

  memcpy (square, p->cost, p->n_rows * n * sizeof (double));
  solve (n, n, square, column_of_any, p->row_of_column);
  memcpy (p->column_of_row, column_of_any, p->n_rows * sizeof (gint32));
  for (size_t j = 0; j < n; j++)
    if (p->row_of_column[j] >= (gint32) p->n_rows)
      p->row_of_column[j] = -1;
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

  unassign_all (&problem);
  bid (&problem);
  if (search (&problem, 2 * n_rows >= n_cols ? SCANS_PER_ROW * n_rows : G_MAXSIZE))
    return;
  if (n_rows < n_cols)
    {
      solve_squared (&problem);
      return;
    }
  scale_prices (&problem);
  bid (&problem);
  search (&problem, G_MAXSIZE);
}

double
ple_assignment_solve (size_t n_rows, size_t n_cols, const double *cost, gint32 *column_of_row)
{
  double total = 0;

  g_return_val_if_fail (n_rows <= G_MAXINT32 && n_cols <= G_MAXINT32, (double) NAN);

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
