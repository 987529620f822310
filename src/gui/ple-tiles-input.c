/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mouse and keyboard of the grid of pictures. */
#include "config.h"

#include "gui/ple-tiles-view-private.h"

#include <math.h>
#include <string.h>

#define SIZE_STEP 1.12
/* Pixels a frame for each pixel that the pointer is outside, while a band is drawn. */
#define AUTOSCROLL 0.25

static void
select_range (PleTilesView *view, size_t from, size_t to, PleSelectMode mode)
{
  size_t first = MIN (from, to), end = MAX (from, to) + 1;
  ple_selection_apply (view->selection, view->items + first, end - first, mode);
}

void
ple_tiles_input_click (PleTilesView *view, size_t index, guint modifiers)
{
  if (view->selection == NULL || index >= view->n)
    return;
  gboolean control = (modifiers & GDK_CONTROL_MASK) != 0;
  if ((modifiers & GDK_SHIFT_MASK) != 0 && view->anchor < view->n)
    {
      ple_tiles_view_set_focus_index (view, index);
      select_range (view, view->anchor, index, control ? PLE_SELECT_ADD : PLE_SELECT_REPLACE);
      return;
    }
  view->anchor = index;
  ple_tiles_view_set_focus_index (view, index);
  ple_selection_apply (view->selection, &view->items[index], 1,
                       control ? PLE_SELECT_TOGGLE : PLE_SELECT_REPLACE);
}

/* ---- band ---- */

gboolean
ple_tiles_input_get_band (PleTilesView *view, GdkRectangle *band)
{
  if (!view->banding)
    return FALSE;
  double scroll = ple_scroller_get (&view->scroller);
  double x0 = view->press_x, y0 = view->press_y - scroll;
  *band = (GdkRectangle){ (int) MIN (x0, view->pointer_x), (int) MIN (y0, view->pointer_y),
                          (int) fabs (view->pointer_x - x0), (int) fabs (view->pointer_y - y0) };
  return TRUE;
}

/* Places of the grid that the band touches. */
static void
collect_band (PleTilesView *view, GArray *items)
{
  double scroll = ple_scroller_get (&view->scroller);
  double left = MIN (view->press_x, view->pointer_x), right = MAX (view->press_x, view->pointer_x);
  double top = MIN (view->press_y, view->pointer_y + scroll);
  double bottom = MAX (view->press_y, view->pointer_y + scroll);
  size_t first, end;
  ple_tiles_layout_get_range (&view->layout, top, bottom, &first, &end);
  for (size_t i = first; i < end; i++)
    {
      double x, y;
      ple_tiles_layout_get_place (&view->layout, i, &x, &y);
      x = ple_tiles_view_mirror (view, x, view->size);
      if (x <= right && x + view->size >= left && y <= bottom && y + view->size >= top)
        g_array_append_val (items, view->items[i]);
    }
}

static void
update_band (PleTilesView *view)
{
  g_autoptr (GArray) items = g_array_new (FALSE, FALSE, sizeof (guint32));
  if (view->n_kept > 0)
    g_array_append_vals (items, view->kept, (guint) view->n_kept);
  collect_band (view, items);
  ple_selection_apply (view->selection, (const guint32 *) (gpointer) items->data, items->len,
                       PLE_SELECT_REPLACE);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

static gboolean
autoscroll_cb (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  PleTilesView *view = PLE_TILES_VIEW (widget);
  int height = gtk_widget_get_allocated_height (widget);
  double beyond = view->pointer_y < 0        ? view->pointer_y
                  : view->pointer_y > height ? view->pointer_y - height
                                             : 0;
  if (beyond != 0)
    {
      ple_scroller_to (&view->scroller, ple_scroller_get (&view->scroller) + beyond * AUTOSCROLL);
      update_band (view);
    }
  return G_SOURCE_CONTINUE;
}

static void
begin_band (PleTilesView *view)
{
  view->banding = TRUE;
  g_clear_pointer (&view->kept, g_free);
  view->n_kept = 0;
  if ((view->modifiers & (GDK_SHIFT_MASK | GDK_CONTROL_MASK)) != 0)
    view->kept = ple_selection_dup_items (view->selection, &view->n_kept);
  view->tick = gtk_widget_add_tick_callback (GTK_WIDGET (view), autoscroll_cb, NULL, NULL);
}

void
ple_tiles_input_cancel (PleTilesView *view)
{
  if (view->tick != 0)
    gtk_widget_remove_tick_callback (GTK_WIDGET (view), view->tick);
  view->tick = 0;
  view->pressed = view->banding = FALSE;
  g_clear_pointer (&view->kept, g_free);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

/* ---- mouse ---- */

static gboolean
on_button_press (GtkWidget *widget, GdkEventButton *event)
{
  PleTilesView *view = PLE_TILES_VIEW (widget);
  ple_frame_log_input (view->log, event->time);
  if (ple_cells_button_press (PLE_CELLS (view), event))
    return GDK_EVENT_STOP;
  if (event->button != GDK_BUTTON_PRIMARY || view->selection == NULL ||
      event->type != GDK_BUTTON_PRESS)
    return GDK_EVENT_PROPAGATE;
  view->pressed = TRUE;
  view->button = event->button;
  view->modifiers = event->state;
  view->press_x = event->x;
  view->press_y = event->y + ple_scroller_get (&view->scroller);
  view->pointer_x = event->x;
  view->pointer_y = event->y;
  return GDK_EVENT_STOP;
}

static gboolean
on_motion (GtkWidget *widget, GdkEventMotion *event)
{
  PleTilesView *view = PLE_TILES_VIEW (widget);
  view->pointer_x = event->x;
  view->pointer_y = event->y;
  if (!view->pressed)
    {
      guint32 item = ple_tiles_view_get_item_at (view, event->x, event->y);
      if (item != view->hover)
        {
          view->hover = item;
          g_signal_emit_by_name (view, "hover", item);
        }
      return GDK_EVENT_PROPAGATE;
    }
  ple_frame_log_input (view->log, event->time);
  if (!view->banding &&
      gtk_drag_check_threshold (widget, (int) view->press_x,
                                (int) (view->press_y - ple_scroller_get (&view->scroller)),
                                (int) event->x, (int) event->y))
    begin_band (view);
  if (view->banding)
    update_band (view);
  return GDK_EVENT_STOP;
}

static gboolean
on_button_release (GtkWidget *widget, GdkEventButton *event)
{
  PleTilesView *view = PLE_TILES_VIEW (widget);
  if (!view->pressed || event->button != view->button)
    return GDK_EVENT_PROPAGATE;
  gboolean banding = view->banding;
  ple_tiles_input_cancel (view);
  if (banding)
    return GDK_EVENT_STOP;
  size_t index = ple_tiles_view_get_index_at (view, event->x, event->y);
  if (index < view->n)
    ple_tiles_input_click (view, index, view->modifiers);
  else if ((view->modifiers & (GDK_SHIFT_MASK | GDK_CONTROL_MASK)) == 0)
    ple_selection_clear (view->selection);
  return GDK_EVENT_STOP;
}

static gboolean
on_scroll (GtkWidget *widget, GdkEventScroll *event)
{
  PleTilesView *view = PLE_TILES_VIEW (widget);
  double dx = 0, dy = 0;
  ple_frame_log_input (view->log, event->time);
  if ((event->state & GDK_CONTROL_MASK) == 0)
    return GDK_EVENT_PROPAGATE; /* the scrolled window scrolls */
  if (event->direction == GDK_SCROLL_SMOOTH)
    gdk_event_get_scroll_deltas ((GdkEvent *) event, &dx, &dy);
  else
    dy = event->direction == GDK_SCROLL_UP ? -1 : event->direction == GDK_SCROLL_DOWN ? 1 : 0;
  if (dy == 0)
    return GDK_EVENT_STOP;
  int size = (int) lround (view->size * pow (SIZE_STEP, -dy));
  if (size == view->size)
    size += dy < 0 ? 1 : -1;
  ple_tiles_view_resize_at (view, size, event->y);
  return GDK_EVENT_STOP;
}

static gboolean
on_leave (GtkWidget *widget, GdkEventCrossing *event)
{
  PleTilesView *view = PLE_TILES_VIEW (widget);
  if (view->hover != PLE_SELECTION_NO_ITEM && !view->pressed)
    {
      view->hover = PLE_SELECTION_NO_ITEM;
      g_signal_emit_by_name (view, "hover", PLE_SELECTION_NO_ITEM);
    }
  return GDK_EVENT_PROPAGATE;
}

static gboolean
on_grab_broken (GtkWidget *widget, GdkEventGrabBroken *event)
{
  ple_tiles_input_cancel (PLE_TILES_VIEW (widget));
  return GDK_EVENT_PROPAGATE;
}

/* ---- keyboard ---- */

static gboolean
on_key_press (GtkWidget *widget, GdkEventKey *event)
{
  PleTilesView *view = PLE_TILES_VIEW (widget);
  GtkWidgetClass *parent = g_type_class_peek_parent (GTK_WIDGET_GET_CLASS (widget));
  if (view->banding && event->keyval == GDK_KEY_Escape)
    {
      ple_tiles_input_cancel (view);
      return GDK_EVENT_STOP;
    }
  ple_frame_log_input (view->log, event->time);
  return ple_cells_key_press (PLE_CELLS (widget), event) || parent->key_press_event (widget, event);
}

static gboolean
on_popup_menu (GtkWidget *widget)
{
  return ple_cells_popup_menu (PLE_CELLS (widget));
}

void
ple_tiles_input_class_init (GtkWidgetClass *widget_class)
{
  widget_class->button_press_event = on_button_press;
  widget_class->button_release_event = on_button_release;
  widget_class->motion_notify_event = on_motion;
  widget_class->scroll_event = on_scroll;
  widget_class->leave_notify_event = on_leave;
  widget_class->grab_broken_event = on_grab_broken;
  widget_class->key_press_event = on_key_press;
  widget_class->popup_menu = on_popup_menu;
}

void
ple_tiles_input_init (PleTilesView *view)
{
  gtk_widget_add_events (GTK_WIDGET (view), GDK_BUTTON_PRESS_MASK | GDK_BUTTON_RELEASE_MASK |
                                                GDK_POINTER_MOTION_MASK | GDK_LEAVE_NOTIFY_MASK |
                                                GDK_SCROLL_MASK | GDK_SMOOTH_SCROLL_MASK |
                                                GDK_KEY_PRESS_MASK);
}
