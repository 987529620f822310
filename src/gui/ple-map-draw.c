/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The map on the screen: the renderer's pictures go to the display server and are copied to where
 * the camera is; lasso and rings are drawn over them.
 */
#include "config.h"

#include "gui/ple-map-view-private.h"
#include "gui/ple-paint.h"

#include <math.h>

#define UPLOAD_ROWS 256

/* Copies @image to a surface of the display server, in strips, so that no request is huge. */
static cairo_surface_t *
upload (PleMapView *view,
        cairo_surface_t *image,
        int ratio,
        cairo_surface_t *reuse,
        int reuse_width,
        int reuse_height)
{
  int width = cairo_image_surface_get_width (image);
  int height = cairo_image_surface_get_height (image);
  gint64 begin = g_get_monotonic_time ();
  cairo_surface_t *surface = reuse;
  if (reuse == NULL || reuse_width != width || reuse_height != height)
    {
      g_clear_pointer (&reuse, cairo_surface_destroy);
      surface =
          gdk_window_create_similar_surface (gtk_widget_get_window (GTK_WIDGET (view)),
                                             CAIRO_CONTENT_COLOR, width / ratio, height / ratio);
    }
  cairo_surface_set_device_scale (image, ratio, ratio);
  cairo_t *cr = cairo_create (surface);
  cairo_set_operator (cr, CAIRO_OPERATOR_SOURCE);
  cairo_set_source_surface (cr, image, 0, 0);
  cairo_pattern_set_filter (cairo_get_source (cr), CAIRO_FILTER_NEAREST);
  for (int y = 0; y < height; y += UPLOAD_ROWS)
    {
      cairo_rectangle (cr, 0, (double) y / ratio, (double) width / ratio,
                       (double) MIN (UPLOAD_ROWS, height - y) / ratio);
      cairo_fill (cr);
    }
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  ple_frame_log_add (view->log, PLE_FRAME_UPLOAD, g_get_monotonic_time () - begin);
  return surface;
}

void
ple_map_view_take_frame (gpointer data, PleMapFrame *frame)
{
  PleMapView *view = data;
  gboolean new_layout = view->frame == NULL || view->frame->xy != frame->xy;
  int old_width = 0, old_height = 0;
  if (view->frame != NULL && view->frame->ratio == frame->ratio)
    {
      old_width = cairo_image_surface_get_width (view->frame->image);
      old_height = cairo_image_surface_get_height (view->frame->image);
    }
  view->surface = upload (view, frame->image, frame->ratio, view->surface, old_width, old_height);
  if (frame->overview != NULL)
    {
      g_clear_pointer (&view->overview, cairo_surface_destroy);
      view->overview = upload (view, frame->overview, 1, NULL, 0, 0);
      view->overview_camera = frame->overview_camera;
    }
  ple_frame_log_add (view->log, PLE_FRAME_WORKER, frame->wall_us);
  ple_frame_log_add (view->log, PLE_FRAME_WORKER_CPU, frame->cpu_us);

  g_clear_pointer (&view->frame, ple_map_frame_free);
  view->frame = frame;
  view->wander_rest = g_get_monotonic_time () + frame->wall_us;
  if (view->camera.scale <= 0)
    {
      view->camera = frame->camera;
      g_signal_emit_by_name (view, "camera-moved");
    }
  else if (new_layout && view->following)
    ple_map_view_follow (view, &frame->core);
  ple_map_view_update_settled (view);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

static void
draw_overview (PleMapView *view, cairo_t *cr)
{
  double factor, dx, dy;
  if (view->overview == NULL)
    return;
  ple_camera_between (&view->overview_camera, &view->camera, &factor, &dx, &dy);
  cairo_save (cr);
  cairo_translate (cr, dx, dy);
  cairo_scale (cr, factor, factor);
  cairo_set_source_surface (cr, view->overview, 0, 0);
  cairo_pattern_set_filter (cairo_get_source (cr), CAIRO_FILTER_BILINEAR);
  cairo_paint (cr);
  cairo_restore (cr);
}

static void
draw_frame (PleMapView *view, cairo_t *cr)
{
  const PleMapFrame *frame = view->frame;
  double factor, dx, dy;
  ple_camera_between (&frame->camera, &view->camera, &factor, &dx, &dy);
  dx -= frame->margin * factor;
  dy -= frame->margin * factor;
  double width = (frame->camera.width + 2 * frame->margin) * factor;
  double height = (frame->camera.height + 2 * frame->margin) * factor;
  gboolean covers =
      dx <= 0 && dy <= 0 && dx + width >= view->camera.width && dy + height >= view->camera.height;
  if (!covers)
    draw_overview (view, cr);

  cairo_save (cr);
  if (fabs (factor - 1) < 1e-9)
    {
      dx = round (dx * frame->ratio) / frame->ratio;
      dy = round (dy * frame->ratio) / frame->ratio;
      cairo_set_source_surface (cr, view->surface, dx, dy);
      cairo_pattern_set_filter (cairo_get_source (cr), CAIRO_FILTER_NEAREST);
    }
  else
    {
      cairo_translate (cr, dx, dy);
      cairo_scale (cr, factor, factor);
      cairo_set_source_surface (cr, view->surface, 0, 0);
      cairo_pattern_set_filter (cairo_get_source (cr), CAIRO_FILTER_BILINEAR);
    }
  cairo_set_operator (cr, covers ? CAIRO_OPERATOR_SOURCE : CAIRO_OPERATOR_OVER);
  cairo_paint (cr);
  cairo_restore (cr);
}

static void
stroke_twice (PleMapView *view, cairo_t *cr, guint32 colour)
{
  ple_paint_set (cr, view->background, 0.8);
  cairo_set_line_width (cr, 3);
  cairo_stroke_preserve (cr);
  ple_paint_set (cr, colour, 1);
  cairo_set_line_width (cr, 1.2);
  cairo_stroke (cr);
}

static void
draw_lasso (PleMapView *view, cairo_t *cr)
{
  const double *corners = (const double *) (gpointer) view->lasso->data;
  guint n = view->lasso->len / 2;
  if (n < 2)
    return;
  double x, y;
  if (view->drag == MAP_DRAG_BOX)
    {
      double x1, y1;
      ple_camera_to_view (&view->camera, corners[0], corners[1], &x, &y);
      ple_camera_to_view (&view->camera, corners[2], corners[3], &x1, &y1);
      cairo_rectangle (cr, floor (x) + 0.5, floor (y) + 0.5, floor (x1) - floor (x),
                       floor (y1) - floor (y));
    }
  else
    {
      for (guint i = 0; i < n; i++)
        {
          ple_camera_to_view (&view->camera, corners[2 * i], corners[2 * i + 1], &x, &y);
          cairo_line_to (cr, x, y);
        }
      cairo_close_path (cr);
    }
  ple_paint_set (cr, view->accent, 0.12);
  cairo_fill_preserve (cr);
  stroke_twice (view, cr, view->accent);
}

static void
draw_ring (PleMapView *view, cairo_t *cr, guint32 item, guint32 colour)
{
  double x, y;
  if (item == PLE_SELECTION_NO_ITEM || !ple_map_view_get_item_position (view, item, &x, &y))
    return;
  cairo_new_path (cr);
  cairo_arc (cr, x, y, 7, 0, 2 * G_PI);
  stroke_twice (view, cr, colour);
}

gboolean
ple_map_view_draw (GtkWidget *widget, cairo_t *cr)
{
  PleMapView *view = PLE_MAP_VIEW (widget);
  gint64 begin = g_get_monotonic_time ();
  ple_paint_set (cr, view->background, 1);
  cairo_paint (cr);
  if (view->frame != NULL && view->surface != NULL && view->xy != NULL)
    {
      draw_frame (view, cr);
      /* Names stand where points will be, not where they are on the way. */
      if (!view->wandering)
        ple_map_labels_draw (view->labels, widget, cr, &view->camera, view->settled);
      if (view->selection != NULL)
        draw_ring (view, cr, ple_selection_get_focus (view->selection), view->accent);
      draw_ring (view, cr, view->hover, view->ink);
      if (view->drag == MAP_DRAG_BOX || view->drag == MAP_DRAG_LASSO)
        draw_lasso (view, cr);
    }
  if (gtk_widget_has_visible_focus (widget))
    gtk_render_focus (gtk_widget_get_style_context (widget), cr, 2, 2,
                      gtk_widget_get_allocated_width (widget) - 4,
                      gtk_widget_get_allocated_height (widget) - 4);
  ple_frame_log_add (view->log, PLE_FRAME_DRAW, g_get_monotonic_time () - begin);
  return GDK_EVENT_STOP;
}
