/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Selecting by a free-hand polygon. Cells that no edge runs through lie inside or outside as a
 * whole; points of the others are tested, only against the edges of their row of cells.
 */
#include "config.h"

#include "plot/ple-points.h"

#include <math.h>
#include <string.h>

/* In cells: edges count for a cell that they pass by so closely, so that rounding cannot keep an
 * edge and a point that it decides about in different cells. */
#define SLACK 1e-6
/* Points tested in one go. */
#define BLOCK 256

/* From the corner a to the corner b. */
typedef struct
{
  double ax;
  double ay;
  double bx;
  double by;
} Edge;

/* What the edge adds to the winding number of (x, y): +1 where it goes up on the right of the
 * point, -1 where it goes down there. Half-open in y, so that a corner counts once. */
static inline int
edge_winding (const Edge *edge, double x, double y)
{
  double side = (edge->bx - edge->ax) * (y - edge->ay) - (x - edge->ax) * (edge->by - edge->ay);
  int up = (edge->ay <= y) & (edge->by > y) & (side > 0);
  int down = (edge->ay > y) & (edge->by <= y) & (side < 0);
  return up - down;
}

gboolean
ple_polygon_contains (const double *corners, size_t n_corners, double x, double y)
{
  int winding = 0;
  for (size_t i = 0, j = n_corners - 1; i < n_corners; j = i++)
    {
      Edge edge = { corners[2 * j], corners[2 * j + 1], corners[2 * i], corners[2 * i + 1] };
      winding += edge_winding (&edge, x, y);
    }
  return winding != 0;
}

typedef enum
{
  CELL_OUTSIDE,
  CELL_INSIDE,
  CELL_MIXED, /* an edge runs through it, or it reaches beyond its square */
} CellKind;

/* Where an edge crosses the middle of a row, in columns. */
typedef struct
{
  double at;
  int winding;
} Crossing;

typedef struct
{
  const PlePoints *points;
  const guint8 *flags;
  guint8 skip;
  PleCellRange cells;
  GArray *edges;     /* of Edge: all */
  GArray *near;      /* of Edge: those of the row */
  GArray *crossings; /* of Crossing: of the row */
  guint8 *kinds;     /* of the row, by column */
  guint32 *ids;      /* where the next one goes */
} Lasso;

static int
compare_crossings (gconstpointer a, gconstpointer b)
{
  const Crossing *x = a, *y = b;
  return (x->at > y->at) - (x->at < y->at);
}

/* The rows' own range of y; the outermost reach on for ever. */
static void
get_row_range (const PlePoints *points, guint row, double *low, double *high)
{
  double slack = SLACK * points->cell_size;
  *low = row == 0 ? -HUGE_VAL : points->origin_y + row * points->cell_size - slack;
  *high =
      row + 1 == points->rows ? HUGE_VAL : points->origin_y + (row + 1) * points->cell_size + slack;
}

/* Marks the cells of the row that the edge runs through. */
static void
mark_cells (Lasso *lasso, const Edge *edge, double low, double high)
{
  const PlePoints *points = lasso->points;
  double from = edge->ax, to = edge->bx;
  if (edge->ay != edge->by)
    {
      double slope = (edge->bx - edge->ax) / (edge->by - edge->ay);
      from = edge->ax + (CLAMP (edge->ay, low, high) - edge->ay) * slope;
      to = edge->ax + (CLAMP (edge->by, low, high) - edge->ay) * slope;
    }
  /* The rounding of a clipped end grows with the length of the edge. */
  double slack = SLACK * points->cell_size + 1e-12 * fabs (edge->bx - edge->ax);
  double first = (MIN (from, to) - slack - points->origin_x) / points->cell_size;
  double last = (MAX (from, to) + slack - points->origin_x) / points->cell_size;
  guint column = (guint) CLAMP (first, lasso->cells.column, lasso->cells.column_end);
  guint end = (guint) CLAMP (floor (last) + 1, lasso->cells.column, lasso->cells.column_end);
  if (column < end)
    memset (lasso->kinds + column, CELL_MIXED, end - column);
}

/* Which edges the row's points can be decided by, and where they cross its middle. */
static void
collect_edges (Lasso *lasso, guint row)
{
  const PlePoints *points = lasso->points;
  double middle = points->origin_y + (row + 0.5) * points->cell_size;
  double low, high;
  get_row_range (points, row, &low, &high);
  g_array_set_size (lasso->near, 0);
  g_array_set_size (lasso->crossings, 0);
  for (guint i = 0; i < lasso->edges->len; i++)
    {
      const Edge *edge = &g_array_index (lasso->edges, Edge, i);
      if (MAX (edge->ay, edge->by) < low || MIN (edge->ay, edge->by) > high)
        continue;
      g_array_append_val (lasso->near, *edge);
      mark_cells (lasso, edge, low, high);
      if ((edge->ay <= middle) == (edge->by <= middle))
        continue;
      double share = (middle - edge->ay) / (edge->by - edge->ay);
      double x = edge->ax + share * (edge->bx - edge->ax);
      Crossing crossing = { (x - points->origin_x) / points->cell_size,
                            edge->ay <= middle ? 1 : -1 };
      g_array_append_val (lasso->crossings, crossing);
    }
  g_array_sort (lasso->crossings, compare_crossings);
}

/* Cells that no edge runs through are decided by their middle: what lies to the right of it. */
static void
judge_row (Lasso *lasso, guint row)
{
  const PlePoints *points = lasso->points;
  const PleCellRange *cells = &lasso->cells;
  gboolean border = row == 0 || row + 1 == points->rows;
  memset (lasso->kinds + cells->column, border ? CELL_MIXED : CELL_OUTSIDE,
          cells->column_end - cells->column);
  collect_edges (lasso, row);
  if (cells->column == 0)
    lasso->kinds[0] = CELL_MIXED;
  if (cells->column_end == points->columns)
    lasso->kinds[points->columns - 1] = CELL_MIXED;

  const Crossing *crossing = (const Crossing *) (gpointer) lasso->crossings->data;
  int winding = 0;
  guint next = lasso->crossings->len;
  for (guint column = cells->column_end; column-- > cells->column;)
    {
      while (next > 0 && crossing[next - 1].at > column + 0.5)
        winding += crossing[--next].winding;
      if (lasso->kinds[column] != CELL_MIXED && winding != 0)
        lasso->kinds[column] = CELL_INSIDE;
    }
}

/* All positions from @begin to @end. */
static void
take_all (Lasso *lasso, size_t begin, size_t end)
{
  const guint32 *id = lasso->points->id;
  if (lasso->flags == NULL)
    {
      memcpy (lasso->ids, id + begin, (end - begin) * sizeof *id);
      lasso->ids += end - begin;
      return;
    }
  for (size_t p = begin; p < end; p++)
    {
      *lasso->ids = id[p];
      lasso->ids += (lasso->flags[p] & lasso->skip) == 0;
    }
}

/* Those that are inside. */
static void
take_tested (Lasso *lasso, size_t begin, size_t end)
{
  const PlePoints *points = lasso->points;
  const Edge *edges = (const Edge *) (gpointer) lasso->near->data;
  int winding[BLOCK];
  for (; begin < end; begin += BLOCK)
    {
      const float *x = points->x + begin, *y = points->y + begin;
      size_t n = MIN (end - begin, BLOCK);
      memset (winding, 0, sizeof winding);
      for (guint e = 0; e < lasso->near->len; e++)
        for (size_t i = 0; i < n; i++)
          winding[i] += edge_winding (&edges[e], (double) x[i], (double) y[i]);
      for (size_t i = 0; i < n; i++)
        {
          size_t p = begin + i;
          *lasso->ids = points->id[p];
          lasso->ids += winding[i] != 0 && (lasso->flags == NULL || //
                                            (lasso->flags[p] & lasso->skip) == 0);
        }
    }
}

/* Cells of one kind stand one after the other, and so do their points. */
static void
select_in_row (Lasso *lasso, guint row)
{
  const guint32 *start = lasso->points->cell_start + (size_t) row * lasso->points->columns;
  guint end;
  judge_row (lasso, row);
  for (guint column = lasso->cells.column; column < lasso->cells.column_end; column = end)
    {
      guint8 kind = lasso->kinds[column];
      for (end = column + 1; end < lasso->cells.column_end && lasso->kinds[end] == kind;)
        end++;
      if (kind == CELL_INSIDE)
        take_all (lasso, start[column], start[end]);
      else if (kind == CELL_MIXED)
        take_tested (lasso, start[column], start[end]);
    }
}

/* Returns: %FALSE if there is nothing to select by. */
static gboolean
take_corners (Lasso *lasso, const double *corners, size_t n_corners)
{
  PleBox box = { HUGE_VAL, HUGE_VAL, -HUGE_VAL, -HUGE_VAL };
  for (size_t i = 0, j = n_corners - 1; i < n_corners; j = i++)
    {
      Edge edge = { corners[2 * j], corners[2 * j + 1], corners[2 * i], corners[2 * i + 1] };
      if (!isfinite (edge.bx) || !isfinite (edge.by))
        return FALSE;
      g_array_append_val (lasso->edges, edge);
      box.min_x = MIN (box.min_x, edge.bx);
      box.max_x = MAX (box.max_x, edge.bx);
      box.min_y = MIN (box.min_y, edge.by);
      box.max_y = MAX (box.max_y, edge.by);
    }
  lasso->cells = ple_points_get_cells (lasso->points, &box);
  return n_corners >= 3;
}

static size_t
count_points (const PlePoints *points, const PleCellRange *cells)
{
  size_t n = 0;
  for (guint row = cells->row; row < cells->row_end; row++)
    {
      const guint32 *start = points->cell_start + (size_t) row * points->columns;
      n += start[cells->column_end] - start[cells->column];
    }
  return n;
}

void
ple_points_select_lasso (const PlePoints *points,
                         const double *corners,
                         size_t n_corners,
                         const guint8 *flags,
                         guint8 mask,
                         GArray *ids)
{
  g_autoptr (GArray) edges = g_array_new (FALSE, FALSE, sizeof (Edge));
  g_autoptr (GArray) near = g_array_new (FALSE, FALSE, sizeof (Edge));
  g_autoptr (GArray) crossings = g_array_new (FALSE, FALSE, sizeof (Crossing));
  g_autofree guint8 *kinds = g_new (guint8, points->columns);
  Lasso lasso = { .points = points,
                  .flags = flags,
                  .skip = mask,
                  .edges = edges,
                  .near = near,
                  .crossings = crossings,
                  .kinds = kinds };
  guint before = ids->len;
  if (!take_corners (&lasso, corners, n_corners))
    return;
  /* One more: the place that a point not taken is written to. */
  g_array_set_size (ids, before + (guint) count_points (points, &lasso.cells) + 1);
  lasso.ids = &g_array_index (ids, guint32, before);
  for (guint row = lasso.cells.row; row < lasso.cells.row_end; row++)
    select_in_row (&lasso, row);
  g_array_set_size (ids, (guint) (lasso.ids - &g_array_index (ids, guint32, 0)));
}
