/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk-a11y.h>
#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * PleCells:
 *
 * A widget that draws many cells itself, such as a grid or a list. What it says about them serves
 * keyboard and mouse (the functions below, the same in all such widgets) and assistive technology:
 * its GtkWidgetAccessible is a #PleCellsAccessible, set with
 * gtk_widget_class_set_accessible_type().
 *
 * Signals: "activate" (guint id of the cell), "context-menu" (GdkEvent, or %NULL from the
 * keyboard).
 */
#define PLE_TYPE_CELLS (ple_cells_get_type ())
G_DECLARE_INTERFACE (PleCells, ple_cells, PLE, CELLS, GtkWidget)

#define PLE_CELL_NONE G_MAXSIZE

/* Where a key leads. */
typedef enum
{
  PLE_CELL_LEFT, /* on the screen, also in a window that reads from right to left */
  PLE_CELL_RIGHT,
  PLE_CELL_UP,
  PLE_CELL_DOWN,
  PLE_CELL_PAGE_UP,
  PLE_CELL_PAGE_DOWN,
} PleCellStep;

/**
 * PleCellsInterface:
 * @cell_role: such as %ATK_ROLE_LIST_ITEM
 * @get_n: cells, and the one the keyboard is on (%PLE_CELL_NONE for none)
 * @get_visible: cells first .. end - 1 are on the screen, at least in part
 * @get_at: the cell at a point of the widget, %PLE_CELL_NONE for none
 * @get_area: where a cell is, in widget coordinates
 * @get_id: what "activate" says of a cell
 * @dup_name: (transfer full): what it says
 * @is_selected: whether it is selected
 * @click: what a click with these modifiers does: moves the keyboard there and selects
 * @step: the cell a step away from @from < n, @from itself at an end; %PLE_CELL_NONE for a step
 * that means nothing here
 * @set_focus: moves the keyboard there and selects nothing
 * @reveal: scrolls as little as needed to show it
 */
struct _PleCellsInterface
{
  GTypeInterface parent_interface;
  AtkRole cell_role;
  size_t (*get_n) (PleCells *cells, size_t *focus);
  void (*get_visible) (PleCells *cells, guint *first, guint *end);
  size_t (*get_at) (PleCells *cells, double x, double y);
  void (*get_area) (PleCells *cells, guint index, GdkRectangle *area);
  guint (*get_id) (PleCells *cells, size_t index);
  char *(*dup_name) (PleCells *cells, guint index);
  gboolean (*is_selected) (PleCells *cells, size_t index);
  void (*click) (PleCells *cells, size_t index, guint modifiers);
  size_t (*step) (PleCells *cells, size_t from, PleCellStep step);
  void (*set_focus) (PleCells *cells, size_t index);
  void (*reveal) (PleCells *cells, size_t index);
};

/* For the widget's handlers of the same names.
 *
 * Keys: arrows, Home, End, Page; with Shift a range, with Ctrl the focus alone; Ctrl+Space toggles;
 * Enter activates. The first key shows where the keyboard is.
 * Mouse: takes the focus; the menu is about what is under it (the selection if that is part of it);
 * a double click activates.
 *
 * Returns: whether the event is dealt with */
gboolean ple_cells_key_press (PleCells *cells, const GdkEventKey *event);
gboolean ple_cells_button_press (PleCells *cells, const GdkEventButton *event);
gboolean ple_cells_popup_menu (PleCells *cells);
/* Emits "activate". */
void ple_cells_activate (PleCells *cells, size_t index);

#define PLE_TYPE_CELLS_ACCESSIBLE (ple_cells_accessible_get_type ())
G_DECLARE_FINAL_TYPE (
    PleCellsAccessible, ple_cells_accessible, PLE, CELLS_ACCESSIBLE, GtkWidgetAccessible)

/* The widget calls these: other cells are visible or they show other things; the selection has
 * changed. Cheap while nobody listens. */
void ple_cells_content_changed (PleCells *cells);
void ple_cells_selection_changed (PleCells *cells);

G_END_DECLS
