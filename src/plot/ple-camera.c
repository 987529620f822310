/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "plot/ple-camera.h"

#include <math.h>

void
ple_camera_fit (PleCamera *camera, const PleBox *box, double width, double height, double margin)
{
  PleBox b = *box;
  if (!(b.max_x >= b.min_x && b.max_y >= b.min_y))
    b = (PleBox){ 0, 0, 1, 1 };
  double span_x = b.max_x - b.min_x;
  double span_y = b.max_y - b.min_y;
  if (span_x <= 0 && span_y <= 0)
    span_x = span_y = 1;
  double free_x = MAX (width - 2 * margin, 1);
  double free_y = MAX (height - 2 * margin, 1);

  camera->x = b.min_x / 2 + b.max_x / 2;
  camera->y = b.min_y / 2 + b.max_y / 2;
  camera->scale =
      MIN (span_x > 0 ? free_x / span_x : HUGE_VAL, span_y > 0 ? free_y / span_y : HUGE_VAL);
  camera->width = width;
  camera->height = height;
}

void
ple_camera_zoom_at (PleCamera *camera, double view_x, double view_y, double factor)
{
  double x, y;
  ple_camera_to_data (camera, view_x, view_y, &x, &y);
  camera->scale *= factor;
  camera->x = x - (view_x - camera->width / 2) / camera->scale;
  camera->y = y + (view_y - camera->height / 2) / camera->scale;
}

void
ple_camera_pan (PleCamera *camera, double dx, double dy)
{
  camera->x -= dx / camera->scale;
  camera->y += dy / camera->scale;
}

void
ple_camera_resize (PleCamera *camera, double width, double height)
{
  camera->width = width;
  camera->height = height;
}

void
ple_camera_limit (PleCamera *camera, const PleBox *box)
{
  PleCamera fit;
  ple_camera_fit (&fit, box, camera->width, camera->height, 0);
  camera->scale = CLAMP (camera->scale, fit.scale / 2, fit.scale * 4096);
  if (box->max_x >= box->min_x && box->max_y >= box->min_y)
    {
      camera->x = CLAMP (camera->x, box->min_x, box->max_x);
      camera->y = CLAMP (camera->y, box->min_y, box->max_y);
    }
}

void
ple_camera_to_view (const PleCamera *camera, double x, double y, double *view_x, double *view_y)
{
  *view_x = camera->width / 2 + (x - camera->x) * camera->scale;
  *view_y = camera->height / 2 - (y - camera->y) * camera->scale;
}

void
ple_camera_to_data (const PleCamera *camera, double view_x, double view_y, double *x, double *y)
{
  *x = camera->x + (view_x - camera->width / 2) / camera->scale;
  *y = camera->y - (view_y - camera->height / 2) / camera->scale;
}

PleBox
ple_camera_get_box (const PleCamera *camera, double margin)
{
  double half_x = (camera->width / 2 + margin) / camera->scale;
  double half_y = (camera->height / 2 + margin) / camera->scale;
  return (PleBox){ camera->x - half_x, camera->y - half_y, camera->x + half_x, camera->y + half_y };
}

void
ple_camera_between (
    const PleCamera *from, const PleCamera *to, double *factor, double *dx, double *dy)
{
  double x, y;
  *factor = to->scale / from->scale;
  ple_camera_to_data (from, 0, 0, &x, &y);
  ple_camera_to_view (to, x, y, dx, dy);
}

void
ple_camera_interpolate (const PleCamera *from, const PleCamera *to, double t, PleCamera *result)
{
  PleCamera r = *to;
  r.scale = from->scale * pow (to->scale / from->scale, t);
  /* With s the scale, the middle moves on the line by the share (1/s0 - 1/s) / (1/s0 - 1/s1): then
   * one point of the plane stays put on the screen, as when zooming to it. */
  double a = 1 / from->scale, b = 1 / to->scale, c = 1 / r.scale;
  double share = fabs (a - b) > 1e-9 * a ? (a - c) / (a - b) : t;
  r.x = from->x + (to->x - from->x) * share;
  r.y = from->y + (to->y - from->y) * share;
  *result = r;
}
