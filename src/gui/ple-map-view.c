/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The map widget: model, pictures from the renderer's thread, motion. Input is in ple-map-input.c.
 */
#include "config.h"

#include "gui/ple-map-view-private.h"
#include "gui/ple-paint.h"

#include <glib/gi18n-lib.h>
#include <math.h>

/* Logical pixels drawn beyond the view, so that a drag shows finished picture. */
#define MARGIN 128
#define GLIDE_TIME (200 * 1000)
/* Kinetic panning: speed falls to 1/e in this time; it ends below so many pixels a second. */
#define KINETIC_TIME 0.325
#define KINETIC_END 12.0
#define UPLOAD_ROWS 256

enum
{
  PROP_0,
  PROP_SETTLED,
  PROP_TOOL,
  PROP_BENCH_LEFT,
  N_PROPS
};

enum
{
  HOVER,
  CONTEXT_MENU,
  N_SIGNALS
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (PleMapView, ple_map_view, GTK_TYPE_DRAWING_AREA)

/* ---- what to draw ---- */

static void
update_settled (PleMapView *view)
{
  gboolean waiting =
      view->xy != NULL && gtk_widget_get_realized (GTK_WIDGET (view)) &&
      (view->frame == NULL || view->frame->quick || view->frame->serial < view->submitted);
  gboolean settled = !waiting && view->tick == 0;
  if (settled == view->settled)
    return;
  view->settled = settled;
  g_object_notify_by_pspec (G_OBJECT (view), props[PROP_SETTLED]);
  /* Names are placed for good once nothing moves. */
  if (settled)
    gtk_widget_queue_draw (GTK_WIDGET (view));
}

static void
snapshot_selection (PleMapView *view)
{
  if (view->selection == NULL || view->xy == NULL ||
      ple_selection_get_n_items (view->selection) != view->xy->n_rows ||
      ple_selection_get_n_selected (view->selection) == 0)
    {
      g_clear_pointer (&view->selected, g_bytes_unref);
      return;
    }
  guint64 stamp = ple_selection_get_stamp (view->selection);
  if (view->selected != NULL && stamp == view->selected_stamp &&
      g_bytes_get_size (view->selected) == view->xy->n_rows)
    return;
  g_clear_pointer (&view->selected, g_bytes_unref);
  view->selected = g_bytes_new (ple_selection_get_mask (view->selection), view->xy->n_rows);
  view->selected_stamp = stamp;
}

static void
submit (PleMapView *view)
{
  GtkWidget *widget = GTK_WIDGET (view);
  if (view->renderer == NULL || view->xy == NULL)
    return;
  int width = gtk_widget_get_allocated_width (widget);
  int height = gtk_widget_get_allocated_height (widget);
  if (width < 2 || height < 2)
    return;
  size_t n = view->xy->n_rows;
  if (view->colours == NULL || g_bytes_get_size (view->colours) != n * sizeof (guint16))
    {
      g_clear_pointer (&view->colours, g_bytes_unref);
      view->colours = g_bytes_new_take (g_new0 (guint16, MAX (n, 1)), n * sizeof (guint16));
    }
  snapshot_selection (view);
  view->camera.width = width;
  view->camera.height = height;
  PleMapRequest request = {
    .xy = view->xy,
    .colours = view->colours,
    .flags = view->flags != NULL && g_bytes_get_size (view->flags) == n ? view->flags : NULL,
    .selection = view->selected,
    .table = view->table,
    .camera = view->camera,
    .fit = view->camera.scale <= 0,
    .margin = MARGIN,
    .ratio = gtk_widget_get_scale_factor (widget),
    .background = view->background,
    .grey = view->grey,
    .ring = view->ring,
    .accent = view->accent,
    .size = view->point_size,
    .mode = view->mode,
  };
  view->submitted = ple_map_renderer_submit (view->renderer, &request);
  update_settled (view);
}

/* Whether the last picture, moved to where the camera is, is sharp and covers the view. */
static gboolean
frame_will_do (PleMapView *view)
{
  if (view->frame == NULL || view->frame->serial < view->submitted || view->frame->quick)
    return FALSE;
  const PleCamera *old = &view->frame->camera;
  if (old->width != view->camera.width || old->height != view->camera.height ||
      fabs (view->camera.scale / old->scale - 1) > 1e-9)
    return FALSE;
  /* Half the margin: time to draw the next one before its edge comes into view. */
  return fabs (view->camera.x - old->x) * old->scale <= MARGIN / 2.0 &&
         fabs (view->camera.y - old->y) * old->scale <= MARGIN / 2.0;
}

void
ple_map_view_move (PleMapView *view, const PleCamera *camera)
{
  view->camera = *camera;
  view->camera.width = gtk_widget_get_allocated_width (GTK_WIDGET (view));
  view->camera.height = gtk_widget_get_allocated_height (GTK_WIDGET (view));
  if (!frame_will_do (view))
    submit (view);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

/* ---- motion ---- */

void
ple_map_view_stop_motion (PleMapView *view)
{
  view->motion = MAP_MOTION_NONE;
}

static void
advance_glide (PleMapView *view, gint64 now)
{
  double t = CLAMP ((double) (now - view->motion_time) / GLIDE_TIME, 0, 1);
  double eased = 1 - pow (1 - t, 3);
  PleCamera camera;
  ple_camera_interpolate (&view->from, &view->to, eased, &camera);
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
  g_object_notify_by_pspec (G_OBJECT (view), props[PROP_BENCH_LEFT]);
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
  if (view->bench_left > 0 && view->frame != NULL)
    advance_bench (view);
  if (view->motion != MAP_MOTION_NONE || view->bench_left > 0)
    return G_SOURCE_CONTINUE;
  view->tick = 0;
  update_settled (view);
  return G_SOURCE_REMOVE;
}

static void
start_ticking (PleMapView *view)
{
  if (view->tick == 0)
    view->tick = gtk_widget_add_tick_callback (GTK_WIDGET (view), tick_cb, NULL, NULL);
  update_settled (view);
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

void
ple_map_view_glide (PleMapView *view, const PleCamera *camera)
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
  start_ticking (view);
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

/* ---- pictures ---- */

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

static void
follow_points (PleMapView *view, const PlePoints *points)
{
  PleCamera fit;
  ple_camera_fit (&fit, &points->core, view->camera.width, view->camera.height, PLE_MAP_FIT_MARGIN);
  /* A settling layout trembles: what is nearly in place stays. */
  const PleCamera *aim = view->motion == MAP_MOTION_GLIDE ? &view->to : &view->camera;
  double shift = hypot (fit.x - aim->x, fit.y - aim->y) * aim->scale;
  if (fabs (log (fit.scale / aim->scale)) > 0.03 || shift > 6)
    ple_map_view_glide (view, &fit);
}

/* @frame: (transfer full) */
static void
frame_cb (gpointer data, PleMapFrame *frame)
{
  PleMapView *view = data;
  gboolean new_points = view->frame == NULL || view->frame->points != frame->points;
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
  if (view->camera.scale <= 0)
    view->camera = frame->camera;
  else if (new_points && view->following)
    follow_points (view, frame->points);
  update_settled (view);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

/* ---- drawing ---- */

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

static gboolean
ple_map_view_draw (GtkWidget *widget, cairo_t *cr)
{
  PleMapView *view = PLE_MAP_VIEW (widget);
  gint64 begin = g_get_monotonic_time ();
  ple_paint_set (cr, view->background, 1);
  cairo_paint (cr);
  if (view->frame != NULL && view->surface != NULL && view->xy != NULL)
    {
      draw_frame (view, cr);
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

/* ---- widget ---- */

static void
ple_map_view_style_updated (GtkWidget *widget)
{
  PleMapView *view = PLE_MAP_VIEW (widget);
  GTK_WIDGET_CLASS (ple_map_view_parent_class)->style_updated (widget);
  view->background = ple_paint_theme (widget, "theme_base_color", 0xffffff);
  view->ink = ple_paint_theme (widget, "theme_text_color", 0x202020);
  view->accent = ple_paint_accent (widget, view->background);
  view->grey = ple_paint_blend (view->background, view->ink, 0.22);
  view->ring = ple_paint_is_dark (view->background) ? 0x0c0c0c : view->ink;
  ple_map_labels_restyle (view->labels, view->ink, view->background);
  submit (view);
  gtk_widget_queue_draw (widget);
}

static guint
threads_for_drawing (void)
{
  /* The cores are shared with this thread, the display server and the computing jobs. */
  return CLAMP (g_get_num_processors () / 4, 1, 4);
}

static void
ple_map_view_realize (GtkWidget *widget)
{
  PleMapView *view = PLE_MAP_VIEW (widget);
  GTK_WIDGET_CLASS (ple_map_view_parent_class)->realize (widget);
  view->renderer = ple_map_renderer_new (threads_for_drawing (), frame_cb, view);
  submit (view);
}

static void
drop_pictures (PleMapView *view)
{
  g_clear_pointer (&view->frame, ple_map_frame_free);
  g_clear_pointer (&view->surface, cairo_surface_destroy);
  g_clear_pointer (&view->overview, cairo_surface_destroy);
}

static void
ple_map_view_unrealize (GtkWidget *widget)
{
  PleMapView *view = PLE_MAP_VIEW (widget);
  g_clear_pointer (&view->renderer, ple_map_renderer_free);
  view->submitted = 0;
  drop_pictures (view);
  ple_map_labels_restyle (view->labels, view->ink, view->background);
  GTK_WIDGET_CLASS (ple_map_view_parent_class)->unrealize (widget);
}

static void
ple_map_view_size_allocate (GtkWidget *widget, GtkAllocation *allocation)
{
  PleMapView *view = PLE_MAP_VIEW (widget);
  GTK_WIDGET_CLASS (ple_map_view_parent_class)->size_allocate (widget, allocation);
  if (view->camera.width == allocation->width && view->camera.height == allocation->height)
    return;
  PleCamera old = view->camera;
  ple_camera_resize (&view->camera, allocation->width, allocation->height);
  if (view->frame != NULL && view->following && old.scale > 0)
    ple_camera_fit (&view->camera, &view->frame->points->core, allocation->width,
                    allocation->height, PLE_MAP_FIT_MARGIN);
  submit (view);
}

static void
on_scale_factor_changed (PleMapView *view)
{
  g_clear_pointer (&view->surface, cairo_surface_destroy);
  g_clear_pointer (&view->frame, ple_map_frame_free);
  ple_map_labels_restyle (view->labels, view->ink, view->background);
  submit (view);
}

static void
describe (PleMapView *view)
{
  AtkObject *accessible = gtk_widget_get_accessible (GTK_WIDGET (view));
  size_t n = view->xy != NULL ? view->xy->n_rows : 0;
  size_t selected = view->selection != NULL ? ple_selection_get_n_selected (view->selection) : 0;
  g_autofree char *text = g_strdup_printf (_ ("%zu of %zu points selected"), selected, n);
  atk_object_set_description (accessible, text);
}

static void
on_selection_changed (PleMapView *view)
{
  describe (view);
  submit (view);
}

static void
on_focus_changed (PleMapView *view)
{
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

static void
ple_map_view_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  PleMapView *view = PLE_MAP_VIEW (object);
  switch (id)
    {
    case PROP_SETTLED:
      g_value_set_boolean (value, view->settled);
      break;
    case PROP_TOOL:
      g_value_set_int (value, view->tool);
      break;
    case PROP_BENCH_LEFT:
      g_value_set_uint (value, view->bench_left);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ple_map_view_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (id == PROP_TOOL)
    ple_map_view_set_tool (PLE_MAP_VIEW (object), (PleMapTool) g_value_get_int (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
ple_map_view_dispose (GObject *object)
{
  PleMapView *view = PLE_MAP_VIEW (object);
  ple_map_view_set_selection (view, NULL);
  ple_map_input_clear (view);
  view->log = NULL;
  G_OBJECT_CLASS (ple_map_view_parent_class)->dispose (object);
}

static void
ple_map_view_finalize (GObject *object)
{
  PleMapView *view = PLE_MAP_VIEW (object);
  g_clear_pointer (&view->xy, ple_matrix_unref);
  g_clear_pointer (&view->colours, g_bytes_unref);
  g_clear_pointer (&view->flags, g_bytes_unref);
  g_clear_pointer (&view->table, g_bytes_unref);
  g_clear_pointer (&view->selected, g_bytes_unref);
  g_clear_pointer (&view->labels, ple_map_labels_free);
  G_OBJECT_CLASS (ple_map_view_parent_class)->finalize (object);
}

static void
ple_map_view_class_init (PleMapViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = ple_map_view_get_property;
  object_class->set_property = ple_map_view_set_property;
  object_class->dispose = ple_map_view_dispose;
  object_class->finalize = ple_map_view_finalize;
  widget_class->draw = ple_map_view_draw;
  widget_class->realize = ple_map_view_realize;
  widget_class->unrealize = ple_map_view_unrealize;
  widget_class->size_allocate = ple_map_view_size_allocate;
  widget_class->style_updated = ple_map_view_style_updated;
  ple_map_input_class_init (widget_class);
  gtk_widget_class_set_css_name (widget_class, "plemap");
  gtk_widget_class_set_accessible_role (widget_class, ATK_ROLE_CHART);

  props[PROP_SETTLED] = g_param_spec_boolean ("settled", NULL, NULL, TRUE, readable);
  props[PROP_TOOL] = g_param_spec_int (
      "tool", NULL, NULL, PLE_MAP_TOOL_HAND, PLE_MAP_TOOL_LASSO, PLE_MAP_TOOL_HAND,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  props[PROP_BENCH_LEFT] = g_param_spec_uint ("bench-left", NULL, NULL, 0, G_MAXUINT, 0, readable);
  g_object_class_install_properties (object_class, N_PROPS, props);

  signals[HOVER] = g_signal_new ("hover", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                 NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
  signals[CONTEXT_MENU] =
      g_signal_new ("context-menu", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    NULL, G_TYPE_NONE, 1, GDK_TYPE_EVENT | G_SIGNAL_TYPE_STATIC_SCOPE);
}

static void
ple_map_view_init (PleMapView *view)
{
  static const guint32 plain = 0x4087de;
  view->labels = ple_map_labels_new ();
  view->table = g_bytes_new (&plain, sizeof plain);
  view->following = TRUE;
  view->settled = TRUE;
  view->point_size = 1;
  view->hover = PLE_SELECTION_NO_ITEM;
  gtk_style_context_add_class (gtk_widget_get_style_context (GTK_WIDGET (view)), "view");
  gtk_widget_set_can_focus (GTK_WIDGET (view), TRUE);
  ple_map_input_init (view);
  g_signal_connect (view, "notify::scale-factor", G_CALLBACK (on_scale_factor_changed), NULL);
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (view)), _ ("Map"));
}

GtkWidget *
ple_map_view_new (void)
{
  return g_object_new (PLE_TYPE_MAP_VIEW, NULL);
}

/* ---- model ---- */

void
ple_map_view_set_points (PleMapView *view, PleMatrix *xy)
{
  g_return_if_fail (xy == NULL || xy->n_cols == 2);
  gboolean other = view->xy == NULL || xy == NULL || xy->n_rows != view->xy->n_rows;
  PleMatrix *old = view->xy;
  view->xy = xy != NULL ? ple_matrix_ref (xy) : NULL;
  g_clear_pointer (&old, ple_matrix_unref);
  if (other)
    {
      /* Another set of items: the last picture is of something else. */
      drop_pictures (view);
      view->motion = MAP_MOTION_NONE;
      view->camera.scale = 0;
      view->following = TRUE;
      ple_map_view_change_hover (view, PLE_SELECTION_NO_ITEM);
    }
  describe (view);
  submit (view);
  update_settled (view);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
ple_map_view_set_colours (
    PleMapView *view, const guint16 *colours, size_t n, const guint32 *table, size_t n_table)
{
  g_return_if_fail (n_table > 0);
  g_clear_pointer (&view->colours, g_bytes_unref);
  g_clear_pointer (&view->table, g_bytes_unref);
  view->colours = g_bytes_new (colours, n * sizeof *colours);
  view->table = g_bytes_new (table, n_table * sizeof *table);
  submit (view);
}

void
ple_map_view_set_flags (PleMapView *view, const guint8 *flags, size_t n)
{
  g_clear_pointer (&view->flags, g_bytes_unref);
  if (flags != NULL)
    view->flags = g_bytes_new (flags, n);
  submit (view);
}

void
ple_map_view_set_selection (PleMapView *view, PleSelection *selection)
{
  if (view->selection != NULL)
    g_signal_handlers_disconnect_by_data (view->selection, view);
  g_set_object (&view->selection, selection);
  g_clear_pointer (&view->selected, g_bytes_unref);
  if (selection == NULL)
    return;
  g_signal_connect_swapped (selection, "changed", G_CALLBACK (on_selection_changed), view);
  g_signal_connect_swapped (selection, "focus-changed", G_CALLBACK (on_focus_changed), view);
  on_selection_changed (view);
}

void
ple_map_view_set_names (
    PleMapView *view, size_t n, const char *const *names, const float *xy, const double *weights)
{
  ple_map_labels_set (view->labels, n, names, xy, weights);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

PleMapTool
ple_map_view_get_tool (PleMapView *view)
{
  return view->tool;
}

void
ple_map_view_set_mode (PleMapView *view, PleSplatMode mode)
{
  view->mode = mode;
  submit (view);
}

void
ple_map_view_set_point_size (PleMapView *view, double size)
{
  view->point_size = CLAMP (size, 0.25, 4);
  submit (view);
}

void
ple_map_view_fit (PleMapView *view)
{
  view->following = TRUE;
  if (view->frame == NULL || view->camera.scale <= 0)
    return;
  PleCamera fit;
  ple_camera_fit (&fit, &view->frame->points->core, view->camera.width, view->camera.height,
                  PLE_MAP_FIT_MARGIN);
  ple_map_view_glide (view, &fit);
}

void
ple_map_view_fit_selection (PleMapView *view)
{
  PleBox box = { HUGE_VAL, HUGE_VAL, -HUGE_VAL, -HUGE_VAL };
  snapshot_selection (view);
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

gboolean
ple_map_view_get_item_position (PleMapView *view, guint32 item, double *x, double *y)
{
  if (view->frame == NULL || item >= view->frame->points->n)
    return FALSE;
  guint32 p = view->frame->points->position[item];
  if (p == PLE_POINTS_NOWHERE)
    return FALSE;
  ple_camera_to_view (&view->camera, (double) view->frame->points->x[p],
                      (double) view->frame->points->y[p], x, y);
  return TRUE;
}

void
ple_map_view_set_hover (PleMapView *view, guint32 item)
{
  if (view->hover == item)
    return;
  view->hover = item;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
ple_map_view_change_hover (PleMapView *view, guint32 item)
{
  if (view->hover == item)
    return;
  ple_map_view_set_hover (view, item);
  g_signal_emit (view, signals[HOVER], 0, item);
}

gboolean
ple_map_view_get_settled (PleMapView *view)
{
  return view->settled;
}

void
ple_map_view_bench (PleMapView *view, const char *kind, guint n_frames, double step)
{
  view->bench_zoom = g_str_equal (kind, "zoom");
  view->bench_left = view->bench_total = n_frames;
  view->bench_step = step;
  view->following = FALSE;
  view->motion = MAP_MOTION_NONE;
  g_object_notify_by_pspec (G_OBJECT (view), props[PROP_BENCH_LEFT]);
  if (n_frames > 0)
    start_ticking (view);
}

guint
ple_map_view_get_bench_left (PleMapView *view)
{
  return view->bench_left;
}

void
ple_map_view_set_frame_log (PleMapView *view, PleFrameLog *log)
{
  view->log = log;
}

void
ple_map_view_set_tool (PleMapView *view, PleMapTool tool)
{
  if (view->tool == tool)
    return;
  view->tool = tool;
  ple_map_input_cancel (view);
  g_object_notify_by_pspec (G_OBJECT (view), props[PROP_TOOL]);
}
