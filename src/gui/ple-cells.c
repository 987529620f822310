/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Accessible objects for cells that are drawn, not widgets. Only visible cells have one; each is
 * known by its index and asks the widget when it is asked. Keyboard and mouse of such widgets are
 * in ple-cells-input.c. */
#include "config.h"

#include "gui/ple-cells.h"

#include <glib/gi18n-lib.h>

/* ---- one cell ---- */

#define PLE_TYPE_CELL_ACCESSIBLE (ple_cell_accessible_get_type ())
G_DECLARE_FINAL_TYPE (PleCellAccessible, ple_cell_accessible, PLE, CELL_ACCESSIBLE, AtkObject)

struct _PleCellAccessible
{
  AtkObject parent_instance;
  GtkWidget *widget; /* weak: NULL once it or the cell is gone */
  guint index;
  char *name;
};

static void cell_component_init (AtkComponentIface *iface);
static void cell_action_init (AtkActionIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PleCellAccessible,
                               ple_cell_accessible,
                               ATK_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ATK_TYPE_COMPONENT, cell_component_init)
                                   G_IMPLEMENT_INTERFACE (ATK_TYPE_ACTION, cell_action_init))

static const char *
cell_get_name (AtkObject *object)
{
  PleCellAccessible *cell = PLE_CELL_ACCESSIBLE (object);
  if (cell->widget != NULL)
    {
      PleCells *cells = PLE_CELLS (cell->widget);
      g_free (cell->name);
      cell->name = PLE_CELLS_GET_IFACE (cells)->dup_name (cells, cell->index);
    }
  return cell->name;
}

static AtkObject *
cell_get_parent (AtkObject *object)
{
  PleCellAccessible *cell = PLE_CELL_ACCESSIBLE (object);
  return cell->widget != NULL ? gtk_widget_get_accessible (cell->widget) : NULL;
}

static gboolean
is_visible (PleCellAccessible *cell, guint *place)
{
  guint first, end;
  if (cell->widget == NULL || !gtk_widget_get_mapped (cell->widget))
    return FALSE;
  PleCells *cells = PLE_CELLS (cell->widget);
  PLE_CELLS_GET_IFACE (cells)->get_visible (cells, &first, &end);
  *place = cell->index - first;
  return cell->index >= first && cell->index < end;
}

static int
cell_get_index_in_parent (AtkObject *object)
{
  guint place;
  return is_visible (PLE_CELL_ACCESSIBLE (object), &place) ? (int) place : -1;
}

static AtkStateSet *
cell_ref_state_set (AtkObject *object)
{
  PleCellAccessible *cell = PLE_CELL_ACCESSIBLE (object);
  AtkStateSet *states = atk_state_set_new ();
  guint place;
  if (cell->widget == NULL)
    {
      atk_state_set_add_state (states, ATK_STATE_DEFUNCT);
      return states;
    }
  PleCells *cells = PLE_CELLS (cell->widget);
  const PleCellsInterface *iface = PLE_CELLS_GET_IFACE (cells);
  size_t focus;
  atk_state_set_add_state (states, ATK_STATE_ENABLED);
  atk_state_set_add_state (states, ATK_STATE_SENSITIVE);
  atk_state_set_add_state (states, ATK_STATE_SELECTABLE);
  atk_state_set_add_state (states, ATK_STATE_FOCUSABLE);
  atk_state_set_add_state (states, ATK_STATE_TRANSIENT);
  if (is_visible (cell, &place))
    {
      atk_state_set_add_state (states, ATK_STATE_VISIBLE);
      atk_state_set_add_state (states, ATK_STATE_SHOWING);
      if (iface->is_selected (cells, cell->index))
        atk_state_set_add_state (states, ATK_STATE_SELECTED);
      if (iface->get_n (cells, &focus) > 0 && focus == cell->index &&
          gtk_widget_has_focus (cell->widget))
        atk_state_set_add_state (states, ATK_STATE_FOCUSED);
    }
  return states;
}

static void
cell_get_extents (
    AtkComponent *component, int *x, int *y, int *width, int *height, AtkCoordType type)
{
  PleCellAccessible *cell = PLE_CELL_ACCESSIBLE (component);
  GdkRectangle area = { 0 };
  *x = *y = *width = *height = -1;
  if (cell->widget == NULL)
    return;
  PleCells *cells = PLE_CELLS (cell->widget);
  PLE_CELLS_GET_IFACE (cells)->get_area (cells, cell->index, &area);
  atk_component_get_extents (ATK_COMPONENT (gtk_widget_get_accessible (cell->widget)), x, y, width,
                             height, type);
  *x += area.x;
  *y += area.y;
  *width = area.width;
  *height = area.height;
}

static gboolean
cell_grab_focus (AtkComponent *component)
{
  PleCellAccessible *cell = PLE_CELL_ACCESSIBLE (component);
  if (cell->widget == NULL)
    return FALSE;
  gtk_widget_grab_focus (cell->widget);
  PLE_CELLS_GET_IFACE (cell->widget)->click (PLE_CELLS (cell->widget), cell->index, 0);
  return TRUE;
}

static void
cell_component_init (AtkComponentIface *iface)
{
  iface->get_extents = cell_get_extents;
  iface->grab_focus = cell_grab_focus;
}

static gboolean
cell_do_action (AtkAction *action, int i)
{
  PleCellAccessible *cell = PLE_CELL_ACCESSIBLE (action);
  if (cell->widget == NULL || i < 0 || i > 1)
    return FALSE;
  PleCells *cells = PLE_CELLS (cell->widget);
  if (i == 0)
    PLE_CELLS_GET_IFACE (cells)->click (cells, cell->index, 0);
  else
    ple_cells_activate (cells, cell->index);
  return TRUE;
}

static int
cell_get_n_actions (AtkAction *action)
{
  return 2;
}

static const char *
cell_get_action_name (AtkAction *action, int i)
{
  static const char *const names[] = { "click", "activate" };
  return i >= 0 && i < 2 ? names[i] : NULL;
}

static void
cell_action_init (AtkActionIface *iface)
{
  iface->do_action = cell_do_action;
  iface->get_n_actions = cell_get_n_actions;
  iface->get_name = cell_get_action_name;
}

static void
forget_widget (PleCellAccessible *cell)
{
  if (cell->widget != NULL)
    g_object_remove_weak_pointer (G_OBJECT (cell->widget), (gpointer *) &cell->widget);
  cell->widget = NULL;
}

static void
ple_cell_accessible_finalize (GObject *object)
{
  PleCellAccessible *cell = PLE_CELL_ACCESSIBLE (object);
  forget_widget (cell);
  g_free (cell->name);
  G_OBJECT_CLASS (ple_cell_accessible_parent_class)->finalize (object);
}

static void
ple_cell_accessible_class_init (PleCellAccessibleClass *klass)
{
  AtkObjectClass *atk_class = ATK_OBJECT_CLASS (klass);
  G_OBJECT_CLASS (klass)->finalize = ple_cell_accessible_finalize;
  atk_class->get_name = cell_get_name;
  atk_class->get_parent = cell_get_parent;
  atk_class->get_index_in_parent = cell_get_index_in_parent;
  atk_class->ref_state_set = cell_ref_state_set;
}

static void
ple_cell_accessible_init (PleCellAccessible *cell)
{
}

/* ---- the widget ---- */

struct _PleCellsAccessible
{
  GtkWidgetAccessible parent_instance;
  GHashTable *cells; /* index -> PleCellAccessible */
};

static void selection_init (AtkSelectionIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PleCellsAccessible,
                               ple_cells_accessible,
                               GTK_TYPE_WIDGET_ACCESSIBLE,
                               G_IMPLEMENT_INTERFACE (ATK_TYPE_SELECTION, selection_init))

/* The widget, or NULL once it is gone; with the range of visible cells. */
static PleCells *
visible_cells (gpointer accessible, guint *first, guint *end)
{
  GtkWidget *widget = gtk_accessible_get_widget (GTK_ACCESSIBLE (accessible));
  *first = *end = 0;
  if (widget == NULL)
    return NULL;
  PleCells *cells = PLE_CELLS (widget);
  if (gtk_widget_get_mapped (widget))
    PLE_CELLS_GET_IFACE (cells)->get_visible (cells, first, end);
  return cells;
}

static int
get_n_children (AtkObject *object)
{
  guint first, end;
  visible_cells (object, &first, &end);
  return (int) (end - first);
}

static AtkObject *
ref_child (AtkObject *object, int i)
{
  PleCellsAccessible *self = PLE_CELLS_ACCESSIBLE (object);
  guint first, end;
  PleCells *cells = visible_cells (object, &first, &end);
  if (cells == NULL || i < 0 || (guint) i >= end - first)
    return NULL;
  guint index = first + (guint) i;
  PleCellAccessible *cell = g_hash_table_lookup (self->cells, GUINT_TO_POINTER (index));
  if (cell == NULL)
    {
      cell = g_object_new (PLE_TYPE_CELL_ACCESSIBLE, NULL);
      cell->widget = GTK_WIDGET (cells);
      cell->index = index;
      g_object_add_weak_pointer (G_OBJECT (cells), (gpointer *) &cell->widget);
      atk_object_set_role (ATK_OBJECT (cell), PLE_CELLS_GET_IFACE (cells)->cell_role);
      g_hash_table_insert (self->cells, GUINT_TO_POINTER (index), cell);
    }
  return g_object_ref (ATK_OBJECT (cell));
}

static AtkStateSet *
ref_state_set (AtkObject *object)
{
  AtkStateSet *states =
      ATK_OBJECT_CLASS (ple_cells_accessible_parent_class)->ref_state_set (object);
  atk_state_set_add_state (states, ATK_STATE_MANAGES_DESCENDANTS);
  atk_state_set_add_state (states, ATK_STATE_MULTISELECTABLE);
  return states;
}

static gboolean
add_selection (AtkSelection *selection, int i)
{
  guint first, end;
  PleCells *cells = visible_cells (selection, &first, &end);
  if (cells == NULL || i < 0 || (guint) i >= end - first)
    return FALSE;
  PLE_CELLS_GET_IFACE (cells)->click (cells, first + (guint) i, 0);
  return TRUE;
}

static gboolean
is_child_selected (AtkSelection *selection, int i)
{
  guint first, end;
  PleCells *cells = visible_cells (selection, &first, &end);
  return cells != NULL && i >= 0 && (guint) i < end - first &&
         PLE_CELLS_GET_IFACE (cells)->is_selected (cells, first + (guint) i);
}

static int
get_selection_count (AtkSelection *selection)
{
  int n = 0;
  for (int i = 0; i < get_n_children (ATK_OBJECT (selection)); i++)
    n += is_child_selected (selection, i);
  return n;
}

static AtkObject *
ref_selection (AtkSelection *selection, int wanted)
{
  for (int i = 0; i < get_n_children (ATK_OBJECT (selection)); i++)
    if (is_child_selected (selection, i) && wanted-- == 0)
      return ref_child (ATK_OBJECT (selection), i);
  return NULL;
}

static void
selection_init (AtkSelectionIface *iface)
{
  iface->add_selection = add_selection;
  iface->is_child_selected = is_child_selected;
  iface->get_selection_count = get_selection_count;
  iface->ref_selection = ref_selection;
}

static void
drop_cell (gpointer data)
{
  forget_widget (data);
  g_object_unref (data);
}

static void
ple_cells_accessible_finalize (GObject *object)
{
  g_hash_table_unref (PLE_CELLS_ACCESSIBLE (object)->cells);
  G_OBJECT_CLASS (ple_cells_accessible_parent_class)->finalize (object);
}

static void
ple_cells_accessible_class_init (PleCellsAccessibleClass *klass)
{
  AtkObjectClass *atk_class = ATK_OBJECT_CLASS (klass);
  G_OBJECT_CLASS (klass)->finalize = ple_cells_accessible_finalize;
  atk_class->get_n_children = get_n_children;
  atk_class->ref_child = ref_child;
  atk_class->ref_state_set = ref_state_set;
}

static void
ple_cells_accessible_init (PleCellsAccessible *self)
{
  self->cells = g_hash_table_new_full (NULL, NULL, NULL, drop_cell);
}

void
ple_cells_content_changed (PleCells *cells)
{
  PleCellsAccessible *self = PLE_CELLS_ACCESSIBLE (gtk_widget_get_accessible (GTK_WIDGET (cells)));
  if (g_hash_table_size (self->cells) == 0)
    return;
  /* Those that somebody still holds say that they are defunct. */
  g_hash_table_remove_all (self->cells);
  g_signal_emit_by_name (self, "visible-data-changed");
}

void
ple_cells_selection_changed (PleCells *cells)
{
  PleCellsAccessible *self = PLE_CELLS_ACCESSIBLE (gtk_widget_get_accessible (GTK_WIDGET (cells)));
  if (g_hash_table_size (self->cells) > 0)
    g_signal_emit_by_name (self, "selection-changed");
}
