/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * PleBox:
 *
 * A closed rectangle; empty if a maximum is below its minimum.
 */
typedef struct
{
  double min_x;
  double min_y;
  double max_x;
  double max_y;
} PleBox;

/**
 * PleCamera:
 * @x: data x at the middle of the view
 * @y: data y at the middle of the view
 * @scale: pixels per data unit, the same on both axes, > 0
 * @width: of the view in pixels
 * @height: of the view in pixels
 *
 * Where one looks at the plane from. Data y grows upwards, view y downwards, as in any plot:
 *   view_x = width / 2 + (x_data - x) scale,  view_y = height / 2 - (y_data - y) scale
 * Plain data: copy and compare freely.
 */
typedef struct
{
  double x;
  double y;
  double scale;
  double width;
  double height;
} PleCamera;

/* The whole of @box in a view of @width x @height with @margin pixels free on each side. A box of
 * no extent (one point) gets one data unit; an empty box the unit square. */
void
ple_camera_fit (PleCamera *camera, const PleBox *box, double width, double height, double margin);

/* Multiplies the scale by @factor; what is under the view point (@view_x, @view_y) stays there. */
void ple_camera_zoom_at (PleCamera *camera, double view_x, double view_y, double factor);

/* Moves the picture by (@dx, @dy) pixels, as a hand drags paper. */
void ple_camera_pan (PleCamera *camera, double dx, double dy);

/* Another view size; the middle and the scale stay. */
void ple_camera_resize (PleCamera *camera, double width, double height);

/* Keeps the scale within [fit / 2, fit 4096] and the middle within @box: one cannot get lost. */
void ple_camera_limit (PleCamera *camera, const PleBox *box);

void
ple_camera_to_view (const PleCamera *camera, double x, double y, double *view_x, double *view_y);
void
ple_camera_to_data (const PleCamera *camera, double view_x, double view_y, double *x, double *y);

/* The part of the plane that is seen, with @margin pixels more on each side. */
PleBox ple_camera_get_box (const PleCamera *camera, double margin);

/**
 * ple_camera_between:
 * @from: the camera that an old frame was drawn with
 * @to: the camera of now
 * @factor: (out): pixels of now per pixel of then
 * @dx: (out): where the old frame's upper left corner lies now
 * @dy: (out): the same, vertically
 *
 * So that an old frame can be shown in place until the new one is there.
 */
void ple_camera_between (
    const PleCamera *from, const PleCamera *to, double *factor, double *dx, double *dy);

/* The camera at @t in 0..1 on the way: the scale in equal ratios, and the middle such that the way
 * looks straight on the screen at every moment. */
void
ple_camera_interpolate (const PleCamera *from, const PleCamera *to, double t, PleCamera *result);

G_END_DECLS
