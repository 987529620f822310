/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The map in motion: where the camera goes, and how points wander from one layout to the next. */
#include "config.h"

#include "gui/ple-map-view-private.h"

#include <math.h>

#define GLIDE_TIME (200 * 1000)
/* Kinetic panning: speed falls to 1/e in this time; it ends below so many pixels a second. */
#define KINETIC_TIME 0.325
#define KINETIC_END 12.0
/* Points wander for as long as the layouts are apart, within these bounds. */
#define WANDER_LEAST (100 * 1000)
#define WANDER_MOST (400 * 1000)
/* Layouts that follow each other so closely are a stream: evenly from one to the next, where a
 * single change starts and ends softly. */
#define STREAM_GAP (1000 * 1000)

/* Whether the last picture, moved to where the camera is, is sharp and covers the view. */
static gboolean
frame_will_do (PleMapView *view)
{
  if (view->frame == NULL || view->frame->serial < view->submitted || view->frame->quick ||
      view->frame->moving)
    return FALSE;
  const PleCamera *old = &view->frame->camera;
  if (old->width != view->camera.width || old->height != view->camera.height ||
      fabs (view->camera.scale / old->scale - 1) > 1e-9)
    return FALSE;
  /* Half the margin: time to draw the next one before its edge comes into view. */
  return fabs (view->camera.x - old->x) * old->scale <= PLE_MAP_MARGIN / 2.0 &&
         fabs (view->camera.y - old->y) * old->scale <= PLE_MAP_MARGIN / 2.0;
}

static void
place_camera (PleMapView *view, const PleCamera *camera)
{
  view->camera = *camera;
  view->camera.width = gtk_widget_get_allocated_width (GTK_WIDGET (view));
  view->camera.height = gtk_widget_get_allocated_height (GTK_WIDGET (view));
  if (!frame_will_do (view))
    ple_map_view_submit (view);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
ple_map_view_move (PleMapView *view, const PleCamera *camera)
{
  place_camera (view, camera);
  g_signal_emit_by_name (view, "camera-moved");
}

void
ple_map_view_mirror (PleMapView *view, PleMapView *other)
{
  if (other->camera.scale <= 0)
    return;
  view->motion = MAP_MOTION_NONE;
  view->following = FALSE;
  place_camera (view, &other->camera);
}

void
ple_map_view_stop_motion (PleMapView *view)
{
  view->motion = MAP_MOTION_NONE;
}

static void
advance_glide (PleMapView *view, gint64 now)
{
  double t = CLAMP ((double) (now - view->motion_time) / (double) view->glide_time, 0, 1);
  double way = view->glide_even ? t : 1 - pow (1 - t, 3);
  PleCamera camera;
  ple_camera_interpolate (&view->from, &view->to, way, &camera);
  ple_map_view_move (view, t < 1 ? &camera : &view->to);
  if (t >= 1)
    view->motion = MAP_MOTION_NONE;
}

static void
advance_kinetic (PleMapView *view, gint64 now)
{
  double dt = CLAMP ((double) (now - view->motion_time) / G_USEC_PER_SEC, 0, 0.1);
  PleCamera camera = view->camera;
  view->motion_time = now;
  ple_camera_pan (&camera, view->velocity_x * dt, view->velocity_y * dt);
  if (view->frame != NULL)
    ple_camera_limit (&camera, &view->frame->points->extent);
  view->velocity_x *= exp (-dt / KINETIC_TIME);
  view->velocity_y *= exp (-dt / KINETIC_TIME);
  ple_map_view_move (view, &camera);
  if (hypot (view->velocity_x, view->velocity_y) < KINETIC_END)
    view->motion = MAP_MOTION_NONE;
}

static void
advance_bench (PleMapView *view)
{
  PleCamera camera = view->camera;
  /* There and back, so that one stays over the points. */
  guint half = MAX (view->bench_total / 8, 1);
  guint done = view->bench_total - view->bench_left;
  gboolean back = (done / half) % 2 != 0;
  if (view->bench_zoom)
    {
      double factor = 1 + view->bench_step / 100;
      ple_camera_zoom_at (&camera, camera.width * 0.4, camera.height * 0.55,
                          back ? 1 / factor : factor);
    }
  else
    ple_camera_pan (&camera, back ? view->bench_step : -view->bench_step,
                    (back ? view->bench_step : -view->bench_step) / 3);
  view->bench_left--;
  ple_map_view_move (view, &camera);
  g_object_notify (G_OBJECT (view), "bench-left");
}

/* Asks for the points on their way, but never for more than half of the drawing thread's time: what
 * computes the layout needs the processor as well. */
static void
advance_wander (PleMapView *view, gint64 now)
{
  double t = (double) (now - view->wander_start) / (double) view->wander_time;
  if (t >= 1)
    {
      view->wandering = FALSE;
      view->wander_share = 1;
      ple_map_view_submit (view);
    }
  else if (view->frame != NULL && view->frame->serial == view->submitted &&
           now >= view->wander_rest)
    {
      t = MAX (t, 0);
      view->wander_share = view->wander_even ? t : t * t * (3 - 2 * t);
      ple_map_view_submit (view);
    }
}

static gboolean
tick_cb (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  PleMapView *view = PLE_MAP_VIEW (widget);
  gint64 now = gdk_frame_clock_get_frame_time (clock);
  switch (view->motion)
    {
    case MAP_MOTION_GLIDE:
      advance_glide (view, now);
      break;
    case MAP_MOTION_KINETIC:
      advance_kinetic (view, now);
      break;
    case MAP_MOTION_NONE:
    default:
      break;
    }
  if (view->wandering)
    advance_wander (view, now);
  if (view->bench_left > 0 && view->frame != NULL)
    advance_bench (view);
  if (view->motion != MAP_MOTION_NONE || view->wandering || view->bench_left > 0)
    return G_SOURCE_CONTINUE;
  view->tick = 0;
  ple_map_view_update_settled (view);
  return G_SOURCE_REMOVE;
}

static void
start_ticking (PleMapView *view)
{
  if (view->tick == 0)
    view->tick = gtk_widget_add_tick_callback (GTK_WIDGET (view), tick_cb, NULL, NULL);
  ple_map_view_update_settled (view);
}

static gboolean
animations_wanted (PleMapView *view)
{
  gboolean enabled = FALSE;
  g_object_get (gtk_widget_get_settings (GTK_WIDGET (view)), "gtk-enable-animations", &enabled,
                NULL);
  return enabled && gtk_widget_get_mapped (GTK_WIDGET (view));
}

static gint64
frame_time (PleMapView *view)
{
  GdkFrameClock *clock = gtk_widget_get_frame_clock (GTK_WIDGET (view));
  return clock != NULL ? gdk_frame_clock_get_frame_time (clock) : g_get_monotonic_time ();
}

static void
glide (PleMapView *view, const PleCamera *camera, gint64 duration, gboolean evenly)
{
  if (!animations_wanted (view) || view->camera.scale <= 0)
    {
      view->motion = MAP_MOTION_NONE;
      ple_map_view_move (view, camera);
      return;
    }
  view->from = view->camera;
  view->to = *camera;
  view->motion = MAP_MOTION_GLIDE;
  view->motion_time = frame_time (view);
  view->glide_time = duration;
  view->glide_even = evenly;
  start_ticking (view);
}

void
ple_map_view_glide (PleMapView *view, const PleCamera *camera)
{
  glide (view, camera, GLIDE_TIME, FALSE);
}

void
ple_map_view_wander (PleMapView *view)
{
  gint64 now = frame_time (view);
  gint64 gap = now - view->layout_time;
  view->layout_time = now;
  if (!animations_wanted (view) || view->frame == NULL)
    {
      ple_map_view_stop_wandering (view);
      return;
    }
  view->wandering = TRUE;
  view->wander_share = 0;
  view->wander_start = now;
  view->wander_time = CLAMP (gap, WANDER_LEAST, WANDER_MOST);
  view->wander_even = gap < STREAM_GAP;
  start_ticking (view);
}

void
ple_map_view_stop_wandering (PleMapView *view)
{
  view->wandering = FALSE;
  view->wander_share = 1;
}

void
ple_map_view_follow (PleMapView *view, const PleBox *core)
{
  PleCamera fit;
  ple_camera_fit (&fit, core, view->camera.width, view->camera.height, PLE_MAP_FIT_MARGIN);
  /* A settling layout trembles: what is nearly in place stays. */
  const PleCamera *aim = view->motion == MAP_MOTION_GLIDE ? &view->to : &view->camera;
  double shift = hypot (fit.x - aim->x, fit.y - aim->y) * aim->scale;
  if (fabs (log (fit.scale / aim->scale)) <= 0.03 && shift <= 6)
    return;
  /* There when the points are. */
  if (view->wandering)
    glide (view, &fit,
           MAX (view->wander_start + view->wander_time - frame_time (view), WANDER_LEAST / 2),
           view->wander_even);
  else
    ple_map_view_glide (view, &fit);
}

void
ple_map_view_fling (PleMapView *view)
{
  if (!animations_wanted (view) || hypot (view->velocity_x, view->velocity_y) < 10 * KINETIC_END)
    return;
  view->motion = MAP_MOTION_KINETIC;
  view->motion_time = frame_time (view);
  start_ticking (view);
}

void
ple_map_view_fit (PleMapView *view)
{
  view->following = TRUE;
  if (view->frame == NULL || view->camera.scale <= 0)
    return;
  PleCamera fit;
  ple_camera_fit (&fit, &view->frame->core, view->camera.width, view->camera.height,
                  PLE_MAP_FIT_MARGIN);
  ple_map_view_glide (view, &fit);
}

void
ple_map_view_fit_selection (PleMapView *view)
{
  PleBox box = { HUGE_VAL, HUGE_VAL, -HUGE_VAL, -HUGE_VAL };
  ple_map_view_snapshot_selection (view);
  if (view->frame == NULL || view->selected == NULL)
    {
      ple_map_view_fit (view);
      return;
    }
  const guint8 *selected = g_bytes_get_data (view->selected, NULL);
  const PlePoints *points = view->frame->points;
  for (size_t p = 0; p < points->n_placed; p++)
    if (selected[points->id[p]] != 0)
      {
        box.min_x = MIN (box.min_x, (double) points->x[p]);
        box.max_x = MAX (box.max_x, (double) points->x[p]);
        box.min_y = MIN (box.min_y, (double) points->y[p]);
        box.max_y = MAX (box.max_y, (double) points->y[p]);
      }
  if (box.min_x > box.max_x)
    return;
  PleCamera camera;
  ple_camera_fit (&camera, &box, view->camera.width, view->camera.height, 3 * PLE_MAP_FIT_MARGIN);
  /* One point does not fill the view. */
  ple_camera_limit (&camera, &points->extent);
  camera.scale = MIN (camera.scale, MAX (view->camera.scale, 4 * view->overview_camera.scale));
  view->following = FALSE;
  ple_map_view_glide (view, &camera);
}

void
ple_map_view_zoom (PleMapView *view, double factor)
{
  if (view->frame == NULL || view->camera.scale <= 0)
    return;
  PleCamera camera = view->motion == MAP_MOTION_GLIDE ? view->to : view->camera;
  ple_camera_zoom_at (&camera, camera.width / 2, camera.height / 2, factor);
  ple_camera_limit (&camera, &view->frame->points->extent);
  view->following = FALSE;
  ple_map_view_glide (view, &camera);
}

void
ple_map_view_get_camera (PleMapView *view, PleCamera *camera)
{
  *camera = view->camera;
}

void
ple_map_view_set_camera (PleMapView *view, const PleCamera *camera)
{
  g_return_if_fail (camera->scale > 0);
  view->motion = MAP_MOTION_NONE;
  view->following = FALSE;
  ple_map_view_move (view, camera);
}

void
ple_map_view_bench (PleMapView *view, const char *kind, guint n_frames, double step)
{
  view->bench_zoom = g_str_equal (kind, "zoom");
  view->bench_left = view->bench_total = n_frames;
  view->bench_step = step;
  view->following = FALSE;
  view->motion = MAP_MOTION_NONE;
  g_object_notify (G_OBJECT (view), "bench-left");
  if (n_frames > 0)
    start_ticking (view);
}

guint
ple_map_view_get_bench_left (PleMapView *view)
{
  return view->bench_left;
}
