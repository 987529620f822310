/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Selecting by a free-hand polygon: a mask in pixels for most cells and points, the exact test at
 * its edge.
 */
#include "config.h"

#include "plot/ple-points.h"

#include <cairo.h>
#include <math.h>

/* A larger mask is drawn coarser: the belt of exact tests then is wider in data units, no more. */
#define MAX_MASK_SIDE 4096.0
#define EDGE 1.5

gboolean
ple_polygon_contains (const double *corners, size_t n_corners, double x, double y)
{
  int winding = 0;
  for (size_t i = 0, j = n_corners - 1; i < n_corners; j = i++)
    {
      double ax = corners[2 * j], ay = corners[2 * j + 1];
      double bx = corners[2 * i], by = corners[2 * i + 1];
      /* Half-open in y, so that a corner counts once. */
      if ((ay <= y) == (by <= y))
        continue;
      double side = (bx - ax) * (y - ay) - (x - ax) * (by - ay);
      if (ay <= y && side > 0)
        winding++;
      else if (ay > y && side < 0)
        winding--;
    }
  return winding != 0;
}

typedef struct
{
  cairo_surface_t *inside;
  cairo_surface_t *edge;
  double scale;
  double x;
  double y;
  int width;
  int height;
} LassoMask;

static void
trace (cairo_t *cr, const LassoMask *mask, const double *corners, size_t n_corners)
{
  for (size_t i = 0; i < n_corners; i++)
    cairo_line_to (cr, (corners[2 * i] - mask->x) * mask->scale,
                   (corners[2 * i + 1] - mask->y) * mask->scale);
  cairo_close_path (cr);
}

static void
mask_init (
    LassoMask *mask, const PleBox *box, const double *corners, size_t n_corners, double scale)
{
  double span = MAX (box->max_x - box->min_x, box->max_y - box->min_y);
  mask->scale = span * scale > MAX_MASK_SIDE ? MAX_MASK_SIDE / span : scale;
  mask->x = box->min_x - 2 / mask->scale;
  mask->y = box->min_y - 2 / mask->scale;
  mask->width = (int) ceil ((box->max_x - mask->x) * mask->scale) + 2;
  mask->height = (int) ceil ((box->max_y - mask->y) * mask->scale) + 2;
  mask->inside = cairo_image_surface_create (CAIRO_FORMAT_A8, mask->width, mask->height);
  mask->edge = cairo_image_surface_create (CAIRO_FORMAT_A8, mask->width, mask->height);

  cairo_t *cr = cairo_create (mask->inside);
  trace (cr, mask, corners, n_corners);
  cairo_fill (cr);
  cairo_destroy (cr);
  cr = cairo_create (mask->edge);
  cairo_set_line_width (cr, 2 * EDGE);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  trace (cr, mask, corners, n_corners);
  cairo_stroke (cr);
  cairo_destroy (cr);
  cairo_surface_flush (mask->inside);
  cairo_surface_flush (mask->edge);
}

typedef enum
{
  CELL_MIXED, /* the edge runs through it, or it reaches beyond its square: look at each point */
  CELL_OUTSIDE,
  CELL_INSIDE,
} CellKind;

/* What the mask says of whole cells. @kinds: (columns rows), filled for @cells. */
static void
judge_cells (const PlePoints *points, const LassoMask *mask, PleCellRange cells, guint8 *kinds)
{
  size_t stride = (size_t) cairo_image_surface_get_stride (mask->inside);
  const guint8 *inside = cairo_image_surface_get_data (mask->inside);
  const guint8 *edge = cairo_image_surface_get_data (mask->edge);

  for (guint row = cells.row; row < cells.row_end; row++)
    for (guint column = cells.column; column < cells.column_end; column++)
      {
        double x = points->origin_x + (column + 0.5) * points->cell_size;
        double y = points->origin_y + (row + 0.5) * points->cell_size;
        double at_x = (x - mask->x) * mask->scale, at_y = (y - mask->y) * mask->scale;
        gboolean in = at_x >= 0 && at_y >= 0 && at_x < mask->width && at_y < mask->height &&
                      inside[(size_t) at_y * stride + (size_t) at_x] > 127;
        gboolean border =
            row == 0 || column == 0 || row + 1 == points->rows || column + 1 == points->columns;
        kinds[(size_t) row * points->columns + column] = border ? CELL_MIXED
                                                         : in   ? CELL_INSIDE
                                                                : CELL_OUTSIDE;
      }
  for (int y = 0; y < mask->height; y++)
    for (int x = 0; x < mask->width; x++)
      {
        if (edge[(size_t) y * stride + (size_t) x] == 0)
          continue;
        PleBox pixel = { mask->x + x / mask->scale, mask->y + y / mask->scale,
                         mask->x + (x + 1) / mask->scale, mask->y + (y + 1) / mask->scale };
        PleCellRange touched = ple_points_get_cells (points, &pixel);
        for (guint row = touched.row; row < touched.row_end; row++)
          for (guint column = touched.column; column < touched.column_end; column++)
            kinds[(size_t) row * points->columns + column] = CELL_MIXED;
      }
}

typedef struct
{
  const double *corners;
  size_t n_corners;
  const PleBox *box;
  const guint8 *flags;
  guint8 skip;
} Lasso;

static void
select_in_cell (const PlePoints *points,
                const LassoMask *mask,
                const Lasso *lasso,
                size_t cell,
                CellKind kind,
                GArray *ids)
{
  const guint8 *inside = cairo_image_surface_get_data (mask->inside);
  const guint8 *edge = cairo_image_surface_get_data (mask->edge);
  size_t stride = (size_t) cairo_image_surface_get_stride (mask->inside);
  const PleBox *box = lasso->box;

  for (size_t p = points->cell_start[cell]; p < points->cell_start[cell + 1]; p++)
    {
      if (lasso->flags != NULL && (lasso->flags[p] & lasso->skip) != 0)
        continue;
      if (kind == CELL_MIXED)
        {
          double x = (double) points->x[p], y = (double) points->y[p];
          if (x < box->min_x || x > box->max_x || y < box->min_y || y > box->max_y)
            continue;
          size_t at = (size_t) ((y - mask->y) * mask->scale) * stride +
                      (size_t) ((x - mask->x) * mask->scale);
          if (edge[at] != 0 ? !ple_polygon_contains (lasso->corners, lasso->n_corners, x, y)
                            : inside[at] <= 127)
            continue;
        }
      g_array_append_val (ids, points->id[p]);
    }
}

void
ple_points_select_lasso (const PlePoints *points,
                         const double *corners,
                         size_t n_corners,
                         double scale,
                         const guint8 *flags,
                         guint8 mask_flags,
                         GArray *ids)
{
  g_return_if_fail (scale > 0);
  if (n_corners < 3)
    return;
  PleBox box = { corners[0], corners[1], corners[0], corners[1] };
  for (size_t i = 1; i < n_corners; i++)
    {
      box.min_x = MIN (box.min_x, corners[2 * i]);
      box.max_x = MAX (box.max_x, corners[2 * i]);
      box.min_y = MIN (box.min_y, corners[2 * i + 1]);
      box.max_y = MAX (box.max_y, corners[2 * i + 1]);
    }
  Lasso lasso = { corners, n_corners, &box, flags, mask_flags };
  LassoMask mask;
  mask_init (&mask, &box, corners, n_corners, scale);

  PleCellRange cells = ple_points_get_cells (points, &box);
  g_autofree guint8 *kinds = g_new (guint8, (size_t) points->columns * points->rows);
  judge_cells (points, &mask, cells, kinds);
  for (guint row = cells.row; row < cells.row_end; row++)
    for (guint column = cells.column; column < cells.column_end; column++)
      {
        size_t cell = (size_t) row * points->columns + column;
        if (kinds[cell] != CELL_OUTSIDE)
          select_in_cell (points, &mask, &lasso, cell, (CellKind) kinds[cell], ids);
      }
  cairo_surface_destroy (mask.inside);
  cairo_surface_destroy (mask.edge);
}
