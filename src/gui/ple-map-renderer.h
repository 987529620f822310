/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "plot/ple-splat.h"

G_BEGIN_DECLS

/**
 * PleMapRequest:
 * @xy: (n, 2) points; the same pointer means the same points
 * @share: of the way from where points were drawn last before @xy came; 1 draws @xy itself, less
 *   draws them on the straight way, thinned out and without overview
 * @colours: guint16 by id, n of them
 * @flags: (nullable): guint8 by id, #PlePointFlags without %PLE_POINT_SELECTED
 * @selection: (nullable): guint8 by id, 1 for selected
 * @table: guint32 colours, at least one
 * @camera: of the view in logical pixels
 * @fit: take the camera that shows all of @xy instead
 * @margin: logical pixels drawn beyond the view on each side
 * @ratio: device pixels per logical pixel
 *
 * All that a picture of the map depends on. What it points to is never written to again.
 */
typedef struct
{
  PleMatrix *xy;
  double share;
  GBytes *colours;
  GBytes *flags;
  GBytes *selection;
  GBytes *table;
  PleCamera camera;
  gboolean fit;
  int margin;
  int ratio;
  guint32 background;
  guint32 grey;
  guint32 ring;
  guint32 accent;
  double size;
  PleSplatMode mode;
} PleMapRequest;

/* Logical pixels kept free around the points when fitting. */
#define PLE_MAP_FIT_MARGIN 24

/**
 * PleMapFrame:
 * @points: the index of the points as drawn
 * @xy: the request's
 * @core: of @xy, even while points are on their way there
 * @flags: (nullable): guint8 by position of @points
 * @image: %CAIRO_FORMAT_RGB24, the view and its margin in device pixels
 * @camera: the view's, as in the request or fitted
 * @overview: (nullable): the whole map, smaller; only when it has changed
 * @overview_camera: its camera, in pixels of @overview
 * @quick: not all points are drawn; the full picture follows unless another request comes first
 * @moving: points are on their way; see @share of the request
 * @serial: of the request
 * @wall_us: drawing took so long
 * @cpu_us: of the thread that draws
 */
typedef struct
{
  PlePoints *points;
  PleMatrix *xy;
  PleBox core;
  GBytes *flags;
  cairo_surface_t *image;
  PleCamera camera;
  int margin;
  int ratio;
  cairo_surface_t *overview;
  PleCamera overview_camera;
  gboolean quick;
  gboolean moving;
  guint64 serial;
  gint64 wall_us;
  gint64 cpu_us;
} PleMapFrame;

void ple_map_frame_free (PleMapFrame *frame);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleMapFrame, ple_map_frame_free)

/* @frame: (transfer full). Called from the main loop, above the priority of redrawing. */
typedef void (*PleMapFrameFunc) (gpointer data, PleMapFrame *frame);

/**
 * PleMapRenderer:
 *
 * A thread that draws the map. The latest request wins: one that waits is replaced, one that is
 * being drawn in full after its quick picture is given up. So a long drag gets quick pictures all
 * the way and a full one when the hand stops.
 */
typedef struct _PleMapRenderer PleMapRenderer;

/* @n_threads: for drawing. Frames are delivered to the thread-default main context of the caller.
 */
PleMapRenderer *ple_map_renderer_new (guint n_threads, PleMapFrameFunc func, gpointer data);
/* Waits for the thread; @func is not called any more. */
void ple_map_renderer_free (PleMapRenderer *renderer);

/* Takes references on what @request points to. Returns: its serial, rising from 1. */
guint64 ple_map_renderer_submit (PleMapRenderer *renderer, const PleMapRequest *request);

G_END_DECLS
