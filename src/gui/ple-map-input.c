/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mouse, touchpad and keyboard of the map. */
#include "config.h"

#include "gui/ple-map-view-private.h"

#include <math.h>

#define PICK_RADIUS 8.0
#define WHEEL_FACTOR 1.25
#define KEY_ZOOM 1.4
/* Steps of a lasso below this many pixels are left out. */
#define LASSO_STEP 2.0
#define MODIFIERS (GDK_SHIFT_MASK | GDK_CONTROL_MASK | GDK_MOD1_MASK)

static gboolean
can_move (PleMapView *view)
{
  return view->frame != NULL && view->camera.scale > 0;
}

static void
set_cursor (PleMapView *view)
{
  GdkWindow *window = gtk_widget_get_window (GTK_WIDGET (view));
  if (window == NULL)
    return;
  const char *name = view->drag == MAP_DRAG_PAN             ? "grabbing"
                     : view->tool != PLE_MAP_TOOL_HAND      ? "crosshair"
                     : view->hover != PLE_SELECTION_NO_ITEM ? "pointer"
                                                            : "default";
  g_autoptr (GdkCursor) cursor =
      gdk_cursor_new_from_name (gtk_widget_get_display (GTK_WIDGET (view)), name);
  gdk_window_set_cursor (window, cursor);
}

static void
user_move (PleMapView *view, PleCamera *camera)
{
  ple_camera_limit (camera, &view->frame->points->extent);
  view->following = FALSE;
  ple_map_view_stop_motion (view);
  ple_map_view_move (view, camera);
}

guint32
ple_map_view_get_item_at (PleMapView *view, double x, double y)
{
  guint32 item = PLE_SELECTION_NO_ITEM;
  if (!can_move (view))
    return item;
  const guint8 *flags =
      view->frame->flags != NULL ? g_bytes_get_data (view->frame->flags, NULL) : NULL;
  double data_x, data_y;
  ple_camera_to_data (&view->camera, x, y, &data_x, &data_y);
  ple_points_pick (view->frame->points, data_x, data_y, PICK_RADIUS / view->camera.scale, flags,
                   PLE_POINT_HIDDEN, &item);
  return item;
}

static void
add_corner (PleMapView *view, double x, double y)
{
  double at[2];
  ple_camera_to_data (&view->camera, x, y, &at[0], &at[1]);
  g_array_append_vals (view->lasso, at, 2);
}

static void
begin_drag (PleMapView *view)
{
  g_array_set_size (view->lasso, 0);
  view->velocity_x = view->velocity_y = 0;
  if (view->button == GDK_BUTTON_MIDDLE || view->tool == PLE_MAP_TOOL_HAND)
    view->drag = MAP_DRAG_PAN;
  else
    {
      view->drag = view->tool == PLE_MAP_TOOL_BOX ? MAP_DRAG_BOX : MAP_DRAG_LASSO;
      add_corner (view, view->press_x, view->press_y);
      add_corner (view, view->press_x, view->press_y);
    }
  ple_map_view_change_hover (view, PLE_SELECTION_NO_ITEM);
  set_cursor (view);
}

/* Keeps those of @ids that are selected already. */
static void
intersect (PleSelection *selection, GArray *ids)
{
  guint kept = 0;
  for (guint i = 0; i < ids->len; i++)
    {
      guint32 id = g_array_index (ids, guint32, i);
      if (ple_selection_contains (selection, id))
        g_array_index (ids, guint32, kept++) = id;
    }
  g_array_set_size (ids, kept);
}

static void
apply_area (PleMapView *view)
{
  if (view->selection == NULL || !can_move (view) ||
      ple_selection_get_n_items (view->selection) != view->frame->points->n)
    return;
  const PlePoints *points = view->frame->points;
  const guint8 *flags =
      view->frame->flags != NULL ? g_bytes_get_data (view->frame->flags, NULL) : NULL;
  const double *corners = (const double *) (gpointer) view->lasso->data;
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint32));
  if (view->drag == MAP_DRAG_BOX)
    {
      PleBox box = { MIN (corners[0], corners[2]), MIN (corners[1], corners[3]),
                     MAX (corners[0], corners[2]), MAX (corners[1], corners[3]) };
      ple_points_select_box (points, &box, flags, PLE_POINT_HIDDEN, ids);
    }
  else
    ple_points_select_lasso (points, corners, view->lasso->len / 2, flags, PLE_POINT_HIDDEN, ids);

  PleSelectMode mode = PLE_SELECT_REPLACE;
  if ((view->modifiers & GDK_SHIFT_MASK) != 0 && (view->modifiers & GDK_CONTROL_MASK) != 0)
    intersect (view->selection, ids);
  else if ((view->modifiers & GDK_SHIFT_MASK) != 0)
    mode = PLE_SELECT_ADD;
  else if ((view->modifiers & GDK_MOD1_MASK) != 0)
    mode = PLE_SELECT_REMOVE;
  ple_selection_apply (view->selection, (const guint32 *) (gpointer) ids->data, ids->len, mode);
}

static void
click (PleMapView *view, double x, double y)
{
  if (view->selection == NULL)
    return;
  guint32 item = ple_map_view_get_item_at (view, x, y);
  if (item == PLE_SELECTION_NO_ITEM)
    {
      if ((view->modifiers & MODIFIERS) == 0)
        ple_selection_clear (view->selection);
      return;
    }
  PleSelectMode mode = (view->modifiers & GDK_SHIFT_MASK) != 0     ? PLE_SELECT_ADD
                       : (view->modifiers & GDK_MOD1_MASK) != 0    ? PLE_SELECT_REMOVE
                       : (view->modifiers & GDK_CONTROL_MASK) != 0 ? PLE_SELECT_TOGGLE
                                                                   : PLE_SELECT_REPLACE;
  ple_selection_set_focus (view->selection, item);
  ple_selection_apply (view->selection, &item, 1, mode);
}

void
ple_map_input_cancel (PleMapView *view)
{
  view->drag = MAP_DRAG_NONE;
  g_array_set_size (view->lasso, 0);
  set_cursor (view);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

static gboolean
on_button_press (GtkWidget *widget, GdkEventButton *event)
{
  PleMapView *view = PLE_MAP_VIEW (widget);
  if (!gtk_widget_has_focus (widget))
    gtk_widget_grab_focus (widget);
  if (gdk_event_triggers_context_menu ((GdkEvent *) event))
    {
      g_signal_emit_by_name (view, "context-menu", event);
      return GDK_EVENT_STOP;
    }
  if (event->type == GDK_2BUTTON_PRESS && event->button == GDK_BUTTON_PRIMARY)
    {
      ple_map_input_cancel (view);
      ple_map_view_fit (view);
      return GDK_EVENT_STOP;
    }
  if (event->type != GDK_BUTTON_PRESS || event->button > GDK_BUTTON_MIDDLE)
    return GDK_EVENT_PROPAGATE;
  ple_map_view_stop_motion (view);
  view->drag = MAP_DRAG_PRESSED;
  view->button = event->button;
  view->modifiers = event->state;
  view->press_x = view->last_x = event->x;
  view->press_y = view->last_y = event->y;
  view->last_time = event->time;
  return GDK_EVENT_STOP;
}

static void
measure_velocity (PleMapView *view, const GdkEventMotion *event)
{
  double dt = (guint32) (event->time - view->last_time) / 1000.0;
  if (dt <= 0)
    return;
  /* The mean over some 50 ms: single events jitter. */
  double share = MIN (dt / 0.05, 1);
  view->velocity_x += ((event->x - view->last_x) / dt - view->velocity_x) * share;
  view->velocity_y += ((event->y - view->last_y) / dt - view->velocity_y) * share;
}

static gboolean
on_motion (GtkWidget *widget, GdkEventMotion *event)
{
  PleMapView *view = PLE_MAP_VIEW (widget);
  if (view->drag == MAP_DRAG_NONE)
    {
      ple_map_view_change_hover (view, ple_map_view_get_item_at (view, event->x, event->y));
      set_cursor (view);
      return GDK_EVENT_STOP;
    }
  if (view->drag == MAP_DRAG_PRESSED)
    {
      if (!can_move (view) ||
          !gtk_drag_check_threshold (widget, (int) view->press_x, (int) view->press_y,
                                     (int) event->x, (int) event->y))
        return GDK_EVENT_STOP;
      begin_drag (view);
    }
  ple_frame_log_input (view->log, event->time);
  if (view->drag == MAP_DRAG_PAN)
    {
      PleCamera camera = view->camera;
      measure_velocity (view, event);
      ple_camera_pan (&camera, event->x - view->last_x, event->y - view->last_y);
      user_move (view, &camera);
    }
  else if (view->drag == MAP_DRAG_BOX)
    {
      g_array_set_size (view->lasso, 2);
      add_corner (view, event->x, event->y);
    }
  else if (hypot (event->x - view->last_x, event->y - view->last_y) >= LASSO_STEP)
    add_corner (view, event->x, event->y);
  else
    return GDK_EVENT_STOP;
  view->last_x = event->x;
  view->last_y = event->y;
  view->last_time = event->time;
  gtk_widget_queue_draw (widget);
  return GDK_EVENT_STOP;
}

static gboolean
on_button_release (GtkWidget *widget, GdkEventButton *event)
{
  PleMapView *view = PLE_MAP_VIEW (widget);
  if (view->drag == MAP_DRAG_NONE || event->button != view->button)
    return GDK_EVENT_PROPAGATE;
  ple_frame_log_input (view->log, event->time);
  switch (view->drag)
    {
    case MAP_DRAG_PRESSED:
      if (view->button == GDK_BUTTON_PRIMARY)
        click (view, event->x, event->y);
      break;
    case MAP_DRAG_PAN:
      if ((guint32) (event->time - view->last_time) < 60)
        ple_map_view_fling (view);
      break;
    case MAP_DRAG_BOX:
    case MAP_DRAG_LASSO:
      apply_area (view);
      break;
    case MAP_DRAG_NONE:
    default:
      break;
    }
  ple_map_input_cancel (view);
  return GDK_EVENT_STOP;
}

static gboolean
on_scroll (GtkWidget *widget, GdkEventScroll *event)
{
  PleMapView *view = PLE_MAP_VIEW (widget);
  double dx = 0, dy = 0;
  if (!can_move (view))
    return GDK_EVENT_PROPAGATE;
  if (event->direction == GDK_SCROLL_SMOOTH)
    gdk_event_get_scroll_deltas ((GdkEvent *) event, &dx, &dy);
  else
    dy = event->direction == GDK_SCROLL_UP ? -1 : event->direction == GDK_SCROLL_DOWN ? 1 : 0;
  if (dy == 0)
    return GDK_EVENT_PROPAGATE;
  ple_frame_log_input (view->log, event->time);
  PleCamera camera = view->camera;
  ple_camera_zoom_at (&camera, event->x, event->y, pow (WHEEL_FACTOR, -CLAMP (dy, -4, 4)));
  user_move (view, &camera);
  return GDK_EVENT_STOP;
}

static void
on_pinch_begin (PleMapView *view)
{
  view->pinch_scale = view->camera.scale;
}

static void
on_pinch (PleMapView *view, double factor)
{
  double x, y;
  if (!can_move (view) || !gtk_gesture_get_bounding_box_center (view->pinch, &x, &y))
    return;
  PleCamera camera = view->camera;
  ple_camera_zoom_at (&camera, x, y, view->pinch_scale * factor / camera.scale);
  user_move (view, &camera);
}

static void
pan_by_key (PleMapView *view, double x, double y)
{
  PleCamera camera = view->camera;
  ple_camera_pan (&camera, x * camera.width / 8, y * camera.height / 8);
  user_move (view, &camera);
}

static gboolean
on_key_press (GtkWidget *widget, GdkEventKey *event)
{
  PleMapView *view = PLE_MAP_VIEW (widget);
  if ((event->state & (GDK_CONTROL_MASK | GDK_MOD1_MASK)) != 0 || !can_move (view))
    return GTK_WIDGET_CLASS (g_type_class_peek_parent (GTK_WIDGET_GET_CLASS (widget)))
        ->key_press_event (widget, event);
  switch (event->keyval)
    {
    case GDK_KEY_Left:
    case GDK_KEY_KP_Left:
      pan_by_key (view, 1, 0);
      break;
    case GDK_KEY_Right:
    case GDK_KEY_KP_Right:
      pan_by_key (view, -1, 0);
      break;
    case GDK_KEY_Up:
    case GDK_KEY_KP_Up:
      pan_by_key (view, 0, 1);
      break;
    case GDK_KEY_Down:
    case GDK_KEY_KP_Down:
      pan_by_key (view, 0, -1);
      break;
    case GDK_KEY_plus:
    case GDK_KEY_equal:
    case GDK_KEY_KP_Add:
      ple_map_view_zoom (view, KEY_ZOOM);
      break;
    case GDK_KEY_minus:
    case GDK_KEY_KP_Subtract:
      ple_map_view_zoom (view, 1 / KEY_ZOOM);
      break;
    case GDK_KEY_0:
    case GDK_KEY_KP_0:
    case GDK_KEY_Home:
      ple_map_view_fit (view);
      break;
    case GDK_KEY_Escape:
      if (view->drag != MAP_DRAG_BOX && view->drag != MAP_DRAG_LASSO)
        return GDK_EVENT_PROPAGATE;
      ple_map_input_cancel (view);
      break;
    default:
      return GTK_WIDGET_CLASS (g_type_class_peek_parent (GTK_WIDGET_GET_CLASS (widget)))
          ->key_press_event (widget, event);
    }
  ple_frame_log_input (view->log, event->time);
  return GDK_EVENT_STOP;
}

static gboolean
on_leave (GtkWidget *widget, GdkEventCrossing *event)
{
  PleMapView *view = PLE_MAP_VIEW (widget);
  if (view->drag == MAP_DRAG_NONE)
    ple_map_view_change_hover (view, PLE_SELECTION_NO_ITEM);
  return GDK_EVENT_PROPAGATE;
}

static gboolean
on_grab_broken (GtkWidget *widget, GdkEventGrabBroken *event)
{
  ple_map_input_cancel (PLE_MAP_VIEW (widget));
  return GDK_EVENT_PROPAGATE;
}

static gboolean
on_popup_menu (GtkWidget *widget)
{
  g_signal_emit_by_name (widget, "context-menu", NULL);
  return TRUE;
}

void
ple_map_input_class_init (GtkWidgetClass *widget_class)
{
  widget_class->button_press_event = on_button_press;
  widget_class->button_release_event = on_button_release;
  widget_class->motion_notify_event = on_motion;
  widget_class->scroll_event = on_scroll;
  widget_class->key_press_event = on_key_press;
  widget_class->leave_notify_event = on_leave;
  widget_class->grab_broken_event = on_grab_broken;
  widget_class->popup_menu = on_popup_menu;
}

void
ple_map_input_init (PleMapView *view)
{
  view->lasso = g_array_new (FALSE, FALSE, sizeof (double));
  gtk_widget_add_events (GTK_WIDGET (view), GDK_BUTTON_PRESS_MASK | GDK_BUTTON_RELEASE_MASK |
                                                GDK_POINTER_MOTION_MASK | GDK_LEAVE_NOTIFY_MASK |
                                                GDK_SCROLL_MASK | GDK_SMOOTH_SCROLL_MASK |
                                                GDK_KEY_PRESS_MASK | GDK_TOUCHPAD_GESTURE_MASK);
  view->pinch = gtk_gesture_zoom_new (GTK_WIDGET (view));
  g_signal_connect_swapped (view->pinch, "begin", G_CALLBACK (on_pinch_begin), view);
  g_signal_connect_swapped (view->pinch, "scale-changed", G_CALLBACK (on_pinch), view);
}

void
ple_map_input_clear (PleMapView *view)
{
  view->drag = MAP_DRAG_NONE;
  g_clear_pointer (&view->lasso, g_array_unref);
  g_clear_object (&view->pinch);
}
