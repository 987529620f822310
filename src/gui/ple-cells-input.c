/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keyboard and mouse of widgets that draw their cells themselves. */
#include "config.h"

#include "gui/ple-cells.h"

enum
{
  ACTIVATE,
  CONTEXT_MENU,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_INTERFACE (PleCells, ple_cells, GTK_TYPE_WIDGET)

static void
ple_cells_default_init (PleCellsInterface *iface)
{
  signals[ACTIVATE] = g_signal_new ("activate", PLE_TYPE_CELLS, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                    NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
  signals[CONTEXT_MENU] =
      g_signal_new ("context-menu", PLE_TYPE_CELLS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 1, GDK_TYPE_EVENT | G_SIGNAL_TYPE_STATIC_SCOPE);
}

void
ple_cells_activate (PleCells *cells, size_t index)
{
  const PleCellsInterface *iface = PLE_CELLS_GET_IFACE (cells);
  size_t focus;
  if (index < iface->get_n (cells, &focus))
    g_signal_emit (cells, signals[ACTIVATE], 0, iface->get_id (cells, index));
}

/* The keys of the keypad do what their namesakes do. */
static guint
plain_key (guint keyval)
{
  static const guint plain[][2] = {
    { GDK_KEY_KP_Left, GDK_KEY_Left },       { GDK_KEY_KP_Right, GDK_KEY_Right },
    { GDK_KEY_KP_Up, GDK_KEY_Up },           { GDK_KEY_KP_Down, GDK_KEY_Down },
    { GDK_KEY_KP_Page_Up, GDK_KEY_Page_Up }, { GDK_KEY_KP_Page_Down, GDK_KEY_Page_Down },
    { GDK_KEY_KP_Home, GDK_KEY_Home },       { GDK_KEY_KP_End, GDK_KEY_End },
    { GDK_KEY_KP_Space, GDK_KEY_space },     { GDK_KEY_KP_Enter, GDK_KEY_Return },
  };
  for (size_t i = 0; i < G_N_ELEMENTS (plain); i++)
    if (plain[i][0] == keyval)
      return plain[i][1];
  return keyval;
}

/* The cell that @key leads to from @focus of @n; PLE_CELL_NONE if it is no such key. */
static size_t
find_destination (PleCells *cells, guint key, size_t n, size_t focus)
{
  static const guint keys[] = {
    [PLE_CELL_LEFT] = GDK_KEY_Left,       [PLE_CELL_RIGHT] = GDK_KEY_Right,
    [PLE_CELL_UP] = GDK_KEY_Up,           [PLE_CELL_DOWN] = GDK_KEY_Down,
    [PLE_CELL_PAGE_UP] = GDK_KEY_Page_Up, [PLE_CELL_PAGE_DOWN] = GDK_KEY_Page_Down,
  };
  if (key == GDK_KEY_End)
    return n - 1;
  if (key == GDK_KEY_Home)
    return 0;
  for (size_t i = 0; i < G_N_ELEMENTS (keys); i++)
    if (keys[i] == key)
      /* The first key shows where the keyboard is. */
      return focus < n ? PLE_CELLS_GET_IFACE (cells)->step (cells, focus, (PleCellStep) i) : 0;
  return PLE_CELL_NONE;
}

gboolean
ple_cells_key_press (PleCells *cells, const GdkEventKey *event)
{
  const PleCellsInterface *iface = PLE_CELLS_GET_IFACE (cells);
  guint modifiers = event->state & gtk_accelerator_get_default_mod_mask ();
  guint key = plain_key (event->keyval);
  size_t focus, n = iface->get_n (cells, &focus);
  if (n == 0 || (modifiers & GDK_MOD1_MASK) != 0)
    return GDK_EVENT_PROPAGATE;
  size_t to = find_destination (cells, key, n, focus);
  if (to < n)
    {
      if (modifiers == GDK_CONTROL_MASK)
        iface->set_focus (cells, to);
      else
        iface->click (cells, to, modifiers & GDK_SHIFT_MASK);
      iface->reveal (cells, to);
      return GDK_EVENT_STOP;
    }
  if (focus >= n)
    return GDK_EVENT_PROPAGATE;
  if (key == GDK_KEY_space && modifiers == GDK_CONTROL_MASK)
    iface->click (cells, focus, GDK_CONTROL_MASK);
  else if (key == GDK_KEY_Return && modifiers == 0)
    ple_cells_activate (cells, focus);
  else
    return GDK_EVENT_PROPAGATE;
  return GDK_EVENT_STOP;
}

gboolean
ple_cells_button_press (PleCells *cells, const GdkEventButton *event)
{
  const PleCellsInterface *iface = PLE_CELLS_GET_IFACE (cells);
  GtkWidget *widget = GTK_WIDGET (cells);
  size_t focus, n = iface->get_n (cells, &focus), index = iface->get_at (cells, event->x, event->y);
  if (!gtk_widget_has_focus (widget))
    gtk_widget_grab_focus (widget);
  if (gdk_event_triggers_context_menu ((const GdkEvent *) event))
    {
      if (index < n && !iface->is_selected (cells, index))
        iface->click (cells, index, 0);
      g_signal_emit (cells, signals[CONTEXT_MENU], 0, event);
      return GDK_EVENT_STOP;
    }
  if (event->button != GDK_BUTTON_PRIMARY || event->type != GDK_2BUTTON_PRESS || index >= n)
    return GDK_EVENT_PROPAGATE;
  ple_cells_activate (cells, index);
  return GDK_EVENT_STOP;
}

gboolean
ple_cells_popup_menu (PleCells *cells)
{
  g_signal_emit (cells, signals[CONTEXT_MENU], 0, NULL);
  return TRUE;
}
