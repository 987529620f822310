/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The map widget and what it shows. Its pictures are drawn in ple-map-renderer.c and shown in
 * ple-map-draw.c; motion is in ple-map-motion.c, input in ple-map-input.c.
 */
#include "config.h"

#include "gui/ple-map-view-private.h"
#include "gui/ple-paint.h"

#include <glib/gi18n-lib.h>
#include <math.h>

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
  CAMERA_MOVED,
  N_SIGNALS
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (PleMapView, ple_map_view, GTK_TYPE_DRAWING_AREA)

/* ---- what to draw ---- */

void
ple_map_view_update_settled (PleMapView *view)
{
  gboolean waiting = view->xy != NULL && gtk_widget_get_realized (GTK_WIDGET (view)) &&
                     (view->frame == NULL || view->frame->quick || view->frame->moving ||
                      view->frame->serial < view->submitted);
  gboolean settled = !waiting && view->tick == 0;
  if (settled == view->settled)
    return;
  view->settled = settled;
  g_object_notify_by_pspec (G_OBJECT (view), props[PROP_SETTLED]);
  /* Names are placed for good once nothing moves. */
  if (settled)
    gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
ple_map_view_snapshot_selection (PleMapView *view)
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

void
ple_map_view_submit (PleMapView *view)
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
  ple_map_view_snapshot_selection (view);
  view->camera.width = width;
  view->camera.height = height;
  PleMapRequest request = {
    .xy = view->xy,
    .colours = view->colours,
    .flags = view->flags != NULL && g_bytes_get_size (view->flags) == n ? view->flags : NULL,
    .selection = view->selected,
    .table = view->table,
    .camera = view->camera,
    .share = view->wander_share,
    .fit = view->camera.scale <= 0,
    .margin = PLE_MAP_MARGIN,
    .ratio = gtk_widget_get_scale_factor (widget),
    .background = view->background,
    .grey = view->grey,
    .ring = view->ring,
    .accent = view->accent,
    .size = view->point_size,
    .mode = view->mode,
  };
  view->submitted = ple_map_renderer_submit (view->renderer, &request);
  ple_map_view_update_settled (view);
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
  ple_map_view_submit (view);
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
  view->renderer = ple_map_renderer_new (threads_for_drawing (), ple_map_view_take_frame, view);
  ple_map_view_submit (view);
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
  ple_map_view_stop_wandering (view);
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
    ple_camera_fit (&view->camera, &view->frame->core, allocation->width, allocation->height,
                    PLE_MAP_FIT_MARGIN);
  ple_map_view_submit (view);
  g_signal_emit (view, signals[CAMERA_MOVED], 0);
}

static void
on_scale_factor_changed (PleMapView *view)
{
  g_clear_pointer (&view->surface, cairo_surface_destroy);
  g_clear_pointer (&view->frame, ple_map_frame_free);
  ple_map_labels_restyle (view->labels, view->ink, view->background);
  ple_map_view_submit (view);
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
  ple_map_view_submit (view);
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
  signals[CAMERA_MOVED] = g_signal_new ("camera-moved", G_TYPE_FROM_CLASS (klass),
                                        G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
ple_map_view_init (PleMapView *view)
{
  static const guint32 plain = 0x4087de;
  view->labels = ple_map_labels_new ();
  view->table = g_bytes_new (&plain, sizeof plain);
  view->following = TRUE;
  view->settled = TRUE;
  view->wander_share = 1;
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
  gboolean moved = xy != view->xy;
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
      ple_map_view_stop_wandering (view);
      ple_map_view_change_hover (view, PLE_SELECTION_NO_ITEM);
    }
  else if (moved)
    ple_map_view_wander (view);
  describe (view);
  if (!view->wandering)
    ple_map_view_submit (view);
  ple_map_view_update_settled (view);
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
  ple_map_view_submit (view);
}

void
ple_map_view_set_flags (PleMapView *view, const guint8 *flags, size_t n)
{
  g_clear_pointer (&view->flags, g_bytes_unref);
  if (flags != NULL)
    view->flags = g_bytes_new (flags, n);
  ple_map_view_submit (view);
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
  ple_map_view_submit (view);
}

void
ple_map_view_set_point_size (PleMapView *view, double size)
{
  view->point_size = CLAMP (size, 0.25, 4);
  ple_map_view_submit (view);
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
