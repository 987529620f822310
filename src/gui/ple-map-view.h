/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "gui/ple-frame-log.h"
#include "gui/ple-selection.h"
#include "linalg/ple-matrix.h"
#include "plot/ple-camera.h"
#include "plot/ple-splat.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * PleMapView:
 *
 * The map: all points of a layout, drawn by a thread; the main thread only copies its last picture
 * to where the camera is now, so panning and zooming cost the same for a thousand points and for a
 * million. Frames of a layout that is still settling may be set several times a second: points
 * wander from one to the next, and the camera follows until the person moves it (both jump where
 * the desktop wants no animation).
 *
 * Mouse: wheel zooms to the pointer, drag pans (in every tool with the middle button), double click
 * shows all, click selects, right click asks for a menu. With the box and lasso tools a drag
 * selects. Shift adds, Alt removes, Ctrl toggles (a click), Ctrl+Shift intersects (a drag).
 * Keyboard: arrows pan, + and - zoom, 0 shows all, Escape ends a lasso.
 *
 * Properties: "settled" (boolean: nothing is still to be drawn), "tool" (#PleMapTool as int),
 * "bench-left" (frames).
 * Signals: "hover" (guint item or PLE_SELECTION_NO_ITEM), "context-menu" (GdkEvent or %NULL from
 * the keyboard), "camera-moved".
 */
#define PLE_TYPE_MAP_VIEW (ple_map_view_get_type ())
G_DECLARE_FINAL_TYPE (PleMapView, ple_map_view, PLE, MAP_VIEW, GtkDrawingArea)

typedef enum
{
  PLE_MAP_TOOL_HAND,
  PLE_MAP_TOOL_BOX,
  PLE_MAP_TOOL_LASSO,
} PleMapTool;

GtkWidget *ple_map_view_new (void);

/**
 * ple_map_view_set_points:
 * @xy: (nullable): (n, 2) coordinates by item; frozen from now on; NaN for items without a place
 *
 * Colours and flags stay if the number of items does. The first points are shown as a whole; later
 * ones too, points and camera gliding along, until the person has panned or zoomed. Drawing points
 * on their way takes at most half of the time of the drawing thread.
 */
void ple_map_view_set_points (PleMapView *view, PleMatrix *xy);

/* @colours: (n): index into @table (0xRRGGBB) by item. Copied. */
void ple_map_view_set_colours (
    PleMapView *view, const guint16 *colours, size_t n, const guint32 *table, size_t n_table);

/* @flags: (nullable) (n): #PlePointFlags by item; %PLE_POINT_SELECTED is ours. Copied. */
void ple_map_view_set_flags (PleMapView *view, const guint8 *flags, size_t n);

/* The shared selection; its number of items must be that of the points to be shown. */
void ple_map_view_set_selection (PleMapView *view, PleSelection *selection);

/* Names on the map: @n of them at @xy (n, 2), the heaviest first where they would collide. Copied.
 */
void ple_map_view_set_names (
    PleMapView *view, size_t n, const char *const *names, const float *xy, const double *weights);

void ple_map_view_set_tool (PleMapView *view, PleMapTool tool);
PleMapTool ple_map_view_get_tool (PleMapView *view);
void ple_map_view_set_mode (PleMapView *view, PleSplatMode mode);
/* Factor on the size of points, 1 normally. */
void ple_map_view_set_point_size (PleMapView *view, double size);

/* Shows everything. */
void ple_map_view_fit (PleMapView *view);
/* Shows the selected points, or everything if none is. */
void ple_map_view_fit_selection (PleMapView *view);
/* Zooms about the middle. */
void ple_map_view_zoom (PleMapView *view, double factor);
void ple_map_view_get_camera (PleMapView *view, PleCamera *camera);
/* Goes there at once, as for view history. The view size in @camera is not used. */
void ple_map_view_set_camera (PleMapView *view, const PleCamera *camera);
/* Shows what @other shows now, for linked maps. No "camera-moved", so two can mirror each other. */
void ple_map_view_mirror (PleMapView *view, PleMapView *other);

/* Where @item is in widget coordinates. Returns: %FALSE if it has no place. */
gboolean ple_map_view_get_item_position (PleMapView *view, guint32 item, double *x, double *y);
/* The item at widget coordinates, or PLE_SELECTION_NO_ITEM. */
guint32 ple_map_view_get_item_at (PleMapView *view, double x, double y);
/* Rings @item, as if the pointer were on it: for linked views. No signal. */
void ple_map_view_set_hover (PleMapView *view, guint32 item);

gboolean ple_map_view_get_settled (PleMapView *view);

/**
 * ple_map_view_bench:
 * @kind: "pan" or "zoom"
 * @n_frames: to move in, one step each
 * @step: pixels (pan) or per cent (zoom) a frame
 *
 * Moves the view in every frame, back and forth; "bench-left" counts down to 0.
 */
void ple_map_view_bench (PleMapView *view, const char *kind, guint n_frames, double step);
guint ple_map_view_get_bench_left (PleMapView *view);

/* @log: (nullable): not owned; must live longer than the view, or be set to %NULL. */
void ple_map_view_set_frame_log (PleMapView *view, PleFrameLog *log);

G_END_DECLS
