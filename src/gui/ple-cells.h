/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk-a11y.h>
#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * PleCells:
 *
 * What a widget that draws many cells itself tells assistive technology (and tests) about those
 * that are visible. Its GtkWidgetAccessible is a #PleCellsAccessible: set it with
 * gtk_widget_class_set_accessible_type().
 */
#define PLE_TYPE_CELLS (ple_cells_get_type ())
G_DECLARE_INTERFACE (PleCells, ple_cells, PLE, CELLS, GtkWidget)

/**
 * PleCellsInterface:
 * @cell_role: such as %ATK_ROLE_LIST_ITEM
 * @get_visible: cells first .. end - 1 are on the screen, at least in part
 * @get_area: where a cell is, in widget coordinates
 * @dup_name: (transfer full): what it says
 * @is_selected: whether it is selected
 * @is_focus: whether the keyboard is on it
 * @click: selects it alone
 * @activate: opens it
 */
struct _PleCellsInterface
{
  GTypeInterface parent_interface;
  AtkRole cell_role;
  void (*get_visible) (PleCells *cells, guint *first, guint *end);
  void (*get_area) (PleCells *cells, guint index, GdkRectangle *area);
  char *(*dup_name) (PleCells *cells, guint index);
  gboolean (*is_selected) (PleCells *cells, guint index);
  gboolean (*is_focus) (PleCells *cells, guint index);
  void (*click) (PleCells *cells, guint index);
  void (*activate) (PleCells *cells, guint index);
};

#define PLE_TYPE_CELLS_ACCESSIBLE (ple_cells_accessible_get_type ())
G_DECLARE_FINAL_TYPE (
    PleCellsAccessible, ple_cells_accessible, PLE, CELLS_ACCESSIBLE, GtkWidgetAccessible)

/* The widget calls these: other cells are visible or they show other things; the selection has
 * changed. Cheap while nobody listens. */
void ple_cells_content_changed (PleCells *cells);
void ple_cells_selection_changed (PleCells *cells);

G_END_DECLS
