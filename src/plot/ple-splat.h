/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "plot/ple-points.h"

#include <cairo.h>

G_BEGIN_DECLS

/**
 * PlePointFlags:
 * @PLE_POINT_HIDDEN: not drawn, not picked
 * @PLE_POINT_GREYED: context: grey, beneath all others
 * @PLE_POINT_HOLLOW: a ring instead of a disc (low trust)
 * @PLE_POINT_HIGHLIGHTED: of the cluster in focus: drawn last, larger, with a thin dark ring
 * @PLE_POINT_SELECTED: drawn after even those, with a ring in the accent colour
 *
 * One byte a point.
 */
typedef enum
{
  PLE_POINT_HIDDEN = 1 << 0,
  PLE_POINT_GREYED = 1 << 1,
  PLE_POINT_HOLLOW = 1 << 2,
  PLE_POINT_HIGHLIGHTED = 1 << 3,
  PLE_POINT_SELECTED = 1 << 4,
} PlePointFlags;

typedef enum
{
  PLE_SPLAT_AUTO, /* density where more than 4 points fall on a pixel, else discs */
  PLE_SPLAT_DISCS,
  PLE_SPLAT_DENSITY, /* mean colour a pixel, strength by the logarithm of the count */
} PleSplatMode;

/**
 * PleSplatScene:
 * @points: what to draw
 * @colours: (points->n_placed) by position: index into @table
 * @flags: (nullable) (points->n_placed) by position: #PlePointFlags
 * @table: (n_table) colours, 0xRRGGBB
 * @n_table: indices beyond take the last
 * @grey: of greyed points
 * @ring: dark ring of highlighted points
 * @accent: ring of selected points
 * @opacity: of a disc, 0 to 1; 0.78 looks well
 * @radius: (0 for by density) of a disc in pixels
 * @size: factor on the radius chosen by density, 1 normally
 * @pixel_ratio: pixels of the target per pixel of the design: the scale factor of the screen
 * @mode: how
 *
 * All that a picture depends on, beside camera and background.
 */
typedef struct
{
  const PlePoints *points;
  const guint16 *colours;
  const guint8 *flags;
  const guint32 *table;
  guint n_table;
  guint32 grey;
  guint32 ring;
  guint32 accent;
  double opacity;
  double radius;
  double size;
  double pixel_ratio;
  PleSplatMode mode;
} PleSplatScene;

/* The radius in pixels that discs get at @scale: so that where points lie they cover about half
 * of the plane; 0.6 to 2.5 design pixels times the scene's size, at most 7.5 pixels. Depends on the
 * scale only, so that nothing swells while panning. */
double ple_splat_radius (const PleSplatScene *scene, double scale);

/**
 * ple_splat_render:
 * @scene: what
 * @camera: from where; its view size is that of @target
 * @cap: 0 for all points; else at most @cap points a pixel are drawn in each cell (those that would
 *   come last, so that the quick picture is close to the full one). Highlighted and selected ones
 *   are always all drawn
 * @target: image surface, %CAIRO_FORMAT_RGB24 or %CAIRO_FORMAT_ARGB32; drawn over what is there
 * @progress: (nullable): threads and cancelling
 * @error: return location
 *
 * Discs of 16 sub-pixel phases, laid over each other from cell to cell. Rows of the picture are
 * divided among threads; the bytes are the same for any number of threads, and with or without
 * SSE2.
 *
 * Cost: 10 to 30 ns a point that is seen, by radius.
 *
 * Returns: %FALSE if cancelled; the target is then half drawn
 */
gboolean ple_splat_render (const PleSplatScene *scene,
                           const PleCamera *camera,
                           guint cap,
                           cairo_surface_t *target,
                           PleProgress *progress,
                           GError **error);

G_END_DECLS
