/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "linalg/ple-matrix.h"
#include "plot/ple-camera.h"

G_BEGIN_DECLS

/**
 * PlePoints:
 * @n: points given; ids are 0 .. @n - 1, the rows of the matrix
 * @n_placed: points with finite coordinates: only these have a position
 * @x: (n_placed) by position
 * @y: (n_placed) by position
 * @id: (n_placed) id of a position
 * @position: (n) position of an id, %PLE_POINTS_NOWHERE for a point without finite coordinates
 * @columns: of cells
 * @rows: of cells
 * @cell_size: side of a cell in data units
 * @origin_x: left edge of column 0
 * @origin_y: lower edge of row 0
 * @cell_start: (columns rows + 1) first position of each cell, row after row from the lowest up
 * @extent: of all placed points
 * @core: what to show at first: @extent, or without the outermost 0.1 % on each side if those
 *   outliers would more than double it
 * @occupied: number of cells with points in them
 *
 * Points of the plane sorted into square cells (counting sort), in random order within a cell. The
 * cells are the index for culling, picking and selecting; the random order makes the first or last
 * m points of a cell a fair sample of it. Cells cover @core; a border cell also takes what lies
 * beyond it. Frozen and reference-counted, from any thread. 16 bytes a point.
 */
typedef struct
{
  size_t n;
  size_t n_placed;
  float *x;
  float *y;
  guint32 *id;
  guint32 *position;
  guint columns;
  guint rows;
  double cell_size;
  double origin_x;
  double origin_y;
  guint32 *cell_start;
  PleBox extent;
  PleBox core;
  size_t occupied;
  /*< private >*/
  int ref_count;
} PlePoints;

#define PLE_POINTS_NOWHERE G_MAXUINT32

/**
 * ple_points_new:
 * @xy: (n, 2) coordinates; the memory is not kept
 *
 * The same points give the same order, always. About 60 ms of one core for a million.
 *
 * Returns: (transfer full)
 */
PlePoints *ple_points_new (const PleMatrix *xy);
PlePoints *ple_points_ref (PlePoints *points);
void ple_points_unref (PlePoints *points);

/* A range of cells: columns column .. column_end - 1, rows row .. row_end - 1. */
typedef struct
{
  guint column;
  guint column_end;
  guint row;
  guint row_end;
} PleCellRange;

/* The cells that hold all points within @box (and some others). */
PleCellRange ple_points_get_cells (const PlePoints *points, const PleBox *box);

/**
 * ple_points_pick:
 * @x: data coordinates
 * @y: data coordinates
 * @radius: in data units
 * @flags: (nullable): (n_placed) by position
 * @mask: positions whose flags have a bit of @mask are passed over
 * @id: (out): the nearest point within @radius; of equally near ones the lowest id
 *
 * Returns: whether there is one
 */
gboolean ple_points_pick (const PlePoints *points,
                          double x,
                          double y,
                          double radius,
                          const guint8 *flags,
                          guint8 mask,
                          guint32 *id);

/* Ids of the points within @box, bounds included, in order of position; appended to @ids (of
 * guint32). @flags and @mask as in ple_points_pick(). */
void ple_points_select_box (
    const PlePoints *points, const PleBox *box, const guint8 *flags, guint8 mask, GArray *ids);

/**
 * ple_points_select_lasso:
 * @corners: (n_corners, 2) data coordinates of a closed polygon; it may cross itself (a point is
 *   inside where the winding number is not zero)
 * @n_corners: at least 3, else nothing is selected; neither is anything by a corner that is not
 *   finite
 * @flags: (nullable): as in ple_points_pick()
 * @mask: as there
 * @ids: (element-type guint32): appended to
 *
 * Exactly the points that ple_polygon_contains() says are inside, in order of position. Cells that
 * no edge runs through are taken or left as a whole; points of the others are tested against the
 * edges of their row of cells. 1 to
 * 2 ms of one core for a million points and 200 corners.
 */
void ple_points_select_lasso (const PlePoints *points,
                              const double *corners,
                              size_t n_corners,
                              const guint8 *flags,
                              guint8 mask,
                              GArray *ids);

/* Whether (@x, @y) has a winding number other than zero. The exact test. */
gboolean ple_polygon_contains (const double *corners, size_t n_corners, double x, double y);

/**
 * ple_points_mix:
 * @from: (n, 2) coordinates by id
 * @to: (n, 2) coordinates by id
 * @share: of the way from @from to @to, 0 .. 1
 * @error: return location
 *
 * Where points are on the straight way between two layouts. One without finite coordinates in @from
 * is at its end from the first.
 *
 * Returns: (transfer full) (nullable): (n, 2)
 */
PleMatrix *
ple_points_mix (const PleMatrix *from, const PleMatrix *to, double share, GError **error);

/* Values given by id, brought into the order of positions: 1 and 2 bytes each. */
void ple_points_arrange_8 (const PlePoints *points, const guint8 *by_id, guint8 *by_position);
void ple_points_arrange_16 (const PlePoints *points, const guint16 *by_id, guint16 *by_position);

/**
 * ple_points_get_medoids:
 * @labels: (n) group of each id, -1 for none
 * @n_groups: groups; a label beyond is taken as none
 * @xy: (out caller-allocates): (n_groups, 2) for each group the coordinates of the member nearest
 *   to the group's median (per coordinate); NaN for an empty group
 *
 * Where the name of a group goes: on one of its points, and not drawn away by strays. O(n).
 */
void
ple_points_get_medoids (const PlePoints *points, const gint32 *labels, size_t n_groups, float *xy);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PlePoints, ple_points_unref)

G_END_DECLS
