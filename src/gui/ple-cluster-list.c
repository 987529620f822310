/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of clusters: model, selection, input. Drawing is in ple-cluster-list-draw.c. */
#include "config.h"

#include "gui/ple-cluster-list-private.h"

#include "gui/ple-paint.h"

#include <glib/gi18n-lib.h>
#include <math.h>

enum
{
  SELECTION_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void cells_init (PleCellsInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PleClusterList,
                               ple_cluster_list,
                               GTK_TYPE_DRAWING_AREA,
                               G_IMPLEMENT_INTERFACE (GTK_TYPE_SCROLLABLE, NULL)
                                   G_IMPLEMENT_INTERFACE (PLE_TYPE_CELLS, cells_init))

/* ---- scrolling ---- */

static void
configure (PleClusterList *list)
{
  ple_scroller_configure (
      &list->scroller, (double) list->n * PLE_CLUSTER_ROW_HEIGHT, PLE_CLUSTER_ROW_HEIGHT,
      gtk_widget_get_allocated_height (GTK_WIDGET (list)) - PLE_CLUSTER_ROW_HEIGHT);
}

static void
reveal_index (PleClusterList *list, size_t index)
{
  double y = (double) index * PLE_CLUSTER_ROW_HEIGHT;
  ple_scroller_reveal (&list->scroller, y, y + PLE_CLUSTER_ROW_HEIGHT);
}

/* ---- selection ---- */

static gboolean
set_selected (PleClusterList *list, size_t index, gboolean selected)
{
  if (list->rows[index].selected == selected)
    return FALSE;
  list->rows[index].selected = selected;
  return TRUE;
}

static void
selection_changed (PleClusterList *list)
{
  ple_cells_selection_changed (PLE_CELLS (list));
  gtk_widget_queue_draw (GTK_WIDGET (list));
  g_signal_emit (list, signals[SELECTION_CHANGED], 0);
}

/* As a click with these modifiers does. */
static void
choose (PleClusterList *list, size_t index, guint modifiers)
{
  gboolean control = (modifiers & GDK_CONTROL_MASK) != 0, changed = FALSE;
  gboolean range = (modifiers & GDK_SHIFT_MASK) != 0 && list->anchor < list->n;
  list->focus = index;
  if (range)
    {
      size_t low = MIN (list->anchor, index), high = MAX (list->anchor, index);
      for (size_t i = 0; i < list->n; i++)
        changed |=
            set_selected (list, i, (i >= low && i <= high) || (control && list->rows[i].selected));
    }
  else
    {
      list->anchor = index;
      if (control)
        changed = set_selected (list, index, !list->rows[index].selected);
      else
        for (size_t i = 0; i < list->n; i++)
          changed |= set_selected (list, i, i == index);
    }
  if (changed)
    selection_changed (list);
  else
    gtk_widget_queue_draw (GTK_WIDGET (list));
}

/* ---- input ---- */

static size_t
index_at (PleClusterList *list, double y)
{
  double row = floor ((y + ple_scroller_get (&list->scroller)) / PLE_CLUSTER_ROW_HEIGHT);
  return row >= 0 && row < (double) list->n ? (size_t) row : PLE_CELL_NONE;
}

static gboolean
on_button_press (GtkWidget *widget, GdkEventButton *event)
{
  PleClusterList *list = PLE_CLUSTER_LIST (widget);
  size_t index = index_at (list, event->y);
  ple_frame_log_input (list->log, event->time);
  if (ple_cells_button_press (PLE_CELLS (list), event))
    return GDK_EVENT_STOP;
  if (event->button != GDK_BUTTON_PRIMARY || index >= list->n)
    return GDK_EVENT_PROPAGATE;
  if (event->type == GDK_BUTTON_PRESS)
    choose (list, index, event->state);
  return GDK_EVENT_STOP;
}

static void
set_hover (PleClusterList *list, size_t index)
{
  if (list->hover == index)
    return;
  list->hover = index;
  gtk_widget_queue_draw (GTK_WIDGET (list));
}

static gboolean
on_motion (GtkWidget *widget, GdkEventMotion *event)
{
  PleClusterList *list = PLE_CLUSTER_LIST (widget);
  set_hover (list, index_at (list, event->y));
  return GDK_EVENT_PROPAGATE;
}

static gboolean
on_leave (GtkWidget *widget, GdkEventCrossing *event)
{
  set_hover (PLE_CLUSTER_LIST (widget), PLE_CELL_NONE);
  return GDK_EVENT_PROPAGATE;
}

static gboolean
on_scroll (GtkWidget *widget, GdkEventScroll *event)
{
  ple_frame_log_input (PLE_CLUSTER_LIST (widget)->log, event->time);
  return GDK_EVENT_PROPAGATE;
}

static gboolean
on_key_press (GtkWidget *widget, GdkEventKey *event)
{
  ple_frame_log_input (PLE_CLUSTER_LIST (widget)->log, event->time);
  return ple_cells_key_press (PLE_CELLS (widget), event) ||
         GTK_WIDGET_CLASS (ple_cluster_list_parent_class)->key_press_event (widget, event);
}

static gboolean
on_popup_menu (GtkWidget *widget)
{
  return ple_cells_popup_menu (PLE_CELLS (widget));
}

/* ---- accessibility ---- */

static void
get_visible (PleCells *cells, guint *first, guint *end)
{
  PleClusterList *list = PLE_CLUSTER_LIST (cells);
  *first = (guint) MIN (list->shown_first, list->n);
  *end = (guint) MIN (list->shown_end, list->n);
}

static void
get_area (PleCells *cells, guint index, GdkRectangle *area)
{
  PleClusterList *list = PLE_CLUSTER_LIST (cells);
  *area = (GdkRectangle){
    0, (int) ((double) index * PLE_CLUSTER_ROW_HEIGHT - ple_scroller_get (&list->scroller)),
    gtk_widget_get_allocated_width (GTK_WIDGET (list)), PLE_CLUSTER_ROW_HEIGHT
  };
}

static const char *
state_name (PleClusterState state)
{
  switch (state)
    {
    case PLE_CLUSTER_DONE:
      return _ ("confirmed");
    case PLE_CLUSTER_DOUBTFUL:
      return _ ("unsure");
    case PLE_CLUSTER_CONFLICT:
      return _ ("conflict");
    case PLE_CLUSTER_OPEN:
    default:
      return _ ("not reviewed");
    }
}

static char *
dup_name (PleCells *cells, guint index)
{
  PleClusterList *list = PLE_CLUSTER_LIST (cells);
  if (index >= list->n)
    return NULL;
  const PleClusterRow *row = &list->rows[index].row;
  g_autofree char *count =
      g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%" G_GUINT64_FORMAT " picture",
                                    "%" G_GUINT64_FORMAT " pictures", (gulong) row->count),
                       row->count);
  if (!isfinite (row->quality))
    return g_strdup_printf ("%s, %s, %s", row->name, count, state_name (row->state));
  return g_strdup_printf ("%s, %s, %.0f %%, %s", row->name, count, 100 * row->quality,
                          state_name (row->state));
}

static gboolean
is_selected (PleCells *cells, size_t index)
{
  PleClusterList *list = PLE_CLUSTER_LIST (cells);
  return index < list->n && list->rows[index].selected;
}

static size_t
get_n (PleCells *cells, size_t *focus)
{
  *focus = PLE_CLUSTER_LIST (cells)->focus;
  return PLE_CLUSTER_LIST (cells)->n;
}

static size_t
get_at (PleCells *cells, double x, double y)
{
  return index_at (PLE_CLUSTER_LIST (cells), y);
}

static guint
get_id (PleCells *cells, size_t index)
{
  return PLE_CLUSTER_LIST (cells)->rows[index].row.id;
}

static void
click (PleCells *cells, size_t index, guint modifiers)
{
  if (index < PLE_CLUSTER_LIST (cells)->n)
    choose (PLE_CLUSTER_LIST (cells), index, modifiers);
}

static size_t
step (PleCells *cells, size_t from, PleCellStep step)
{
  PleClusterList *list = PLE_CLUSTER_LIST (cells);
  int height = gtk_widget_get_allocated_height (GTK_WIDGET (list));
  size_t page = (size_t) MAX (height / PLE_CLUSTER_ROW_HEIGHT - 1, 1);
  switch (step)
    {
    case PLE_CELL_UP:
      return from > 0 ? from - 1 : 0;
    case PLE_CELL_DOWN:
      return MIN (from + 1, list->n - 1);
    case PLE_CELL_PAGE_UP:
      return from > page ? from - page : 0;
    case PLE_CELL_PAGE_DOWN:
      return MIN (from + page, list->n - 1);
    case PLE_CELL_LEFT:
    case PLE_CELL_RIGHT:
    default:
      return PLE_CELL_NONE;
    }
}

static void
set_focus (PleCells *cells, size_t index)
{
  PLE_CLUSTER_LIST (cells)->focus = index;
  gtk_widget_queue_draw (GTK_WIDGET (cells));
}

static void
reveal (PleCells *cells, size_t index)
{
  reveal_index (PLE_CLUSTER_LIST (cells), index);
}

static void
cells_init (PleCellsInterface *iface)
{
  iface->cell_role = ATK_ROLE_LIST_ITEM;
  iface->get_n = get_n;
  iface->get_visible = get_visible;
  iface->get_at = get_at;
  iface->get_area = get_area;
  iface->get_id = get_id;
  iface->dup_name = dup_name;
  iface->is_selected = is_selected;
  iface->click = click;
  iface->step = step;
  iface->set_focus = set_focus;
  iface->reveal = reveal;
}

/* ---- widget ---- */

static PangoLayout *
make_layout (GtkWidget *widget, PangoAttribute *attribute)
{
  PangoLayout *layout = gtk_widget_create_pango_layout (widget, "X");
  PangoAttrList *attributes = pango_attr_list_new ();
  pango_attr_list_insert (attributes, attribute);
  pango_layout_set_attributes (layout, attributes);
  pango_attr_list_unref (attributes);
  pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_END);
  pango_layout_set_single_paragraph_mode (layout, TRUE);
  return layout;
}

static void
ple_cluster_list_style_updated (GtkWidget *widget)
{
  PleClusterList *list = PLE_CLUSTER_LIST (widget);
  GTK_WIDGET_CLASS (ple_cluster_list_parent_class)->style_updated (widget);
  list->background = ple_paint_theme (widget, "theme_bg_color", 0xf6f5f4);
  list->ink = ple_paint_theme (widget, "theme_fg_color", 0x202020);
  list->accent = ple_paint_accent (widget, list->background);
  list->line = ple_paint_blend (list->background, list->ink, 0.12);
  gboolean dark = ple_paint_is_dark (list->background);
  list->good = dark ? 0x57e389 : 0x26a269;
  list->bad = dark ? 0xff7b63 : 0xc01c28;
  g_clear_object (&list->name_layout);
  g_clear_object (&list->detail_layout);
  list->name_layout = make_layout (widget, pango_attr_weight_new (PANGO_WEIGHT_SEMIBOLD));
  list->detail_layout = make_layout (widget, pango_attr_scale_new (0.87));
  ple_cluster_list_forget_drawn (list, FALSE);
}

static void
ple_cluster_list_size_allocate (GtkWidget *widget, GtkAllocation *allocation)
{
  PleClusterList *list = PLE_CLUSTER_LIST (widget);
  if (allocation->width != gtk_widget_get_allocated_width (widget))
    ple_cluster_list_forget_drawn (list, TRUE);
  GTK_WIDGET_CLASS (ple_cluster_list_parent_class)->size_allocate (widget, allocation);
  configure (list);
}

static void
ple_cluster_list_direction_changed (GtkWidget *widget, GtkTextDirection old)
{
  GTK_WIDGET_CLASS (ple_cluster_list_parent_class)->direction_changed (widget, old);
  ple_cluster_list_forget_drawn (PLE_CLUSTER_LIST (widget), FALSE);
}

static void
on_scale_factor_changed (PleClusterList *list)
{
  ple_cluster_list_forget_drawn (list, TRUE);
}

static void
ple_cluster_list_unrealize (GtkWidget *widget)
{
  PleClusterList *list = PLE_CLUSTER_LIST (widget);
  if (list->pictures != NULL)
    ple_picture_cache_retract (list->pictures, list);
  ple_cluster_list_forget_drawn (list, TRUE);
  GTK_WIDGET_CLASS (ple_cluster_list_parent_class)->unrealize (widget);
}

static void
ple_cluster_list_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (!ple_scroller_get_property (&PLE_CLUSTER_LIST (object)->scroller, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
ple_cluster_list_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (!ple_scroller_set_property (&PLE_CLUSTER_LIST (object)->scroller, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
free_rows (PleClusterListRow *rows, size_t n)
{
  for (size_t i = 0; i < n; i++)
    g_free ((char *) rows[i].row.name);
  g_free (rows);
}

static void
ple_cluster_list_dispose (GObject *object)
{
  PleClusterList *list = PLE_CLUSTER_LIST (object);
  ple_cluster_list_set_pictures (list, NULL);
  list->log = NULL;
  ple_scroller_clear (&list->scroller);
  g_clear_object (&list->name_layout);
  g_clear_object (&list->detail_layout);
  G_OBJECT_CLASS (ple_cluster_list_parent_class)->dispose (object);
}

static void
ple_cluster_list_finalize (GObject *object)
{
  PleClusterList *list = PLE_CLUSTER_LIST (object);
  free_rows (list->rows, list->n);
  g_hash_table_unref (list->by_id);
  G_OBJECT_CLASS (ple_cluster_list_parent_class)->finalize (object);
}

static void
ple_cluster_list_class_init (PleClusterListClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GType type = G_TYPE_FROM_CLASS (klass);

  object_class->get_property = ple_cluster_list_get_property;
  object_class->set_property = ple_cluster_list_set_property;
  object_class->dispose = ple_cluster_list_dispose;
  object_class->finalize = ple_cluster_list_finalize;
  widget_class->draw = ple_cluster_list_draw;
  widget_class->size_allocate = ple_cluster_list_size_allocate;
  widget_class->style_updated = ple_cluster_list_style_updated;
  widget_class->unrealize = ple_cluster_list_unrealize;
  widget_class->direction_changed = ple_cluster_list_direction_changed;
  widget_class->button_press_event = on_button_press;
  widget_class->motion_notify_event = on_motion;
  widget_class->leave_notify_event = on_leave;
  widget_class->scroll_event = on_scroll;
  widget_class->key_press_event = on_key_press;
  widget_class->popup_menu = on_popup_menu;
  gtk_widget_class_set_css_name (widget_class, "pleclusters");
  gtk_widget_class_set_accessible_type (widget_class, PLE_TYPE_CELLS_ACCESSIBLE);
  gtk_widget_class_set_accessible_role (widget_class, ATK_ROLE_LIST);

  ple_scroller_class_init (object_class);
  signals[SELECTION_CHANGED] = g_signal_new ("selection-changed", type, G_SIGNAL_RUN_LAST, 0, NULL,
                                             NULL, NULL, G_TYPE_NONE, 0);
}

static void
ple_cluster_list_init (PleClusterList *list)
{
  ple_scroller_init (&list->scroller, GTK_WIDGET (list));
  list->by_id = g_hash_table_new (NULL, NULL);
  list->focus = list->anchor = list->hover = PLE_CELL_NONE;
  gtk_widget_set_can_focus (GTK_WIDGET (list), TRUE);
  gtk_widget_add_events (GTK_WIDGET (list), GDK_BUTTON_PRESS_MASK | GDK_POINTER_MOTION_MASK |
                                                GDK_LEAVE_NOTIFY_MASK | GDK_SCROLL_MASK |
                                                GDK_SMOOTH_SCROLL_MASK | GDK_KEY_PRESS_MASK);
  g_signal_connect (list, "notify::scale-factor", G_CALLBACK (on_scale_factor_changed), NULL);
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (list)), _ ("Clusters"));
}

GtkWidget *
ple_cluster_list_new (void)
{
  return g_object_new (PLE_TYPE_CLUSTER_LIST, NULL);
}

/* ---- model ---- */

static void
on_pictures_updated (PleClusterList *list)
{
  for (guint i = 0; i < PLE_CLUSTER_LIST_N_DRAWN; i++)
    list->drawn[i].valid &= list->drawn[i].complete;
  gtk_widget_queue_draw (GTK_WIDGET (list));
}

void
ple_cluster_list_set_pictures (PleClusterList *list, PlePictureCache *cache)
{
  if (list->pictures != NULL)
    {
      g_signal_handlers_disconnect_by_data (list->pictures, list);
      ple_picture_cache_retract (list->pictures, list);
    }
  g_set_object (&list->pictures, cache);
  if (cache != NULL)
    g_signal_connect_swapped (cache, "updated", G_CALLBACK (on_pictures_updated), list);
  ple_cluster_list_forget_drawn (list, FALSE);
}

static size_t
find (PleClusterList *list, guint32 id)
{
  gpointer index;
  if (!g_hash_table_lookup_extended (list->by_id, GUINT_TO_POINTER (id), NULL, &index))
    return PLE_CELL_NONE;
  return GPOINTER_TO_SIZE (index);
}

static guint32
id_at (PleClusterList *list, size_t index)
{
  return index < list->n ? list->rows[index].row.id : PLE_CLUSTER_NONE;
}

/* The row that shall not move: the keyboard's if it is on the screen, else the first visible one.
 */
static size_t
fixed_row (PleClusterList *list, double scroll)
{
  double height = gtk_widget_get_allocated_height (GTK_WIDGET (list));
  double y = (double) list->focus * PLE_CLUSTER_ROW_HEIGHT - scroll;
  if (list->focus < list->n && y > -PLE_CLUSTER_ROW_HEIGHT && y < height)
    return list->focus;
  return (size_t) (scroll / PLE_CLUSTER_ROW_HEIGHT);
}

void
ple_cluster_list_set_rows (PleClusterList *list, const PleClusterRow *rows, size_t n)
{
  double scroll = ple_scroller_get (&list->scroller);
  size_t fixed = fixed_row (list, scroll);
  double offset = (double) fixed * PLE_CLUSTER_ROW_HEIGHT - scroll;
  guint32 fixed_id = id_at (list, fixed), focus_id = id_at (list, list->focus);
  guint32 anchor_id = id_at (list, list->anchor);
  PleClusterListRow *old = list->rows;
  size_t n_old = list->n, n_selected = 0, n_kept = 0;

  list->rows = g_new0 (PleClusterListRow, n);
  list->n = n;
  for (size_t i = 0; i < n; i++)
    {
      size_t before = find (list, rows[i].id);
      list->rows[i].row = rows[i];
      list->rows[i].row.name = g_strdup (rows[i].name != NULL ? rows[i].name : "");
      list->rows[i].selected = before < n_old && old[before].selected;
      n_kept += list->rows[i].selected;
    }
  for (size_t i = 0; i < n_old; i++)
    n_selected += old[i].selected;
  free_rows (old, n_old);
  g_hash_table_remove_all (list->by_id);
  for (size_t i = 0; i < n; i++)
    g_hash_table_insert (list->by_id, GUINT_TO_POINTER (rows[i].id), GSIZE_TO_POINTER (i));

  list->focus = find (list, focus_id);
  list->anchor = find (list, anchor_id);
  list->hover = PLE_CELL_NONE;
  configure (list);
  fixed = scroll > 0 ? find (list, fixed_id) : PLE_CELL_NONE;
  if (fixed < n)
    ple_scroller_to (&list->scroller, (double) fixed * PLE_CLUSTER_ROW_HEIGHT - offset);
  ple_cells_content_changed (PLE_CELLS (list));
  ple_cluster_list_forget_drawn (list, FALSE);
  if (n_kept != n_selected)
    selection_changed (list);
}

size_t
ple_cluster_list_get_n_rows (PleClusterList *list)
{
  return list->n;
}

void
ple_cluster_list_update_row (PleClusterList *list, const PleClusterRow *row)
{
  size_t index = find (list, row->id);
  if (index >= list->n)
    return;
  g_autofree char *old_name = (char *) list->rows[index].row.name;
  list->rows[index].row = *row;
  list->rows[index].row.name = g_strdup (row->name != NULL ? row->name : "");
  list->drawn[index % PLE_CLUSTER_LIST_N_DRAWN].valid = FALSE;
  gtk_widget_queue_draw (GTK_WIDGET (list));
}

guint32 *
ple_cluster_list_dup_selected (PleClusterList *list, size_t *n)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint32));
  for (size_t i = 0; i < list->n; i++)
    if (list->rows[i].selected)
      g_array_append_val (ids, list->rows[i].row.id);
  *n = ids->len;
  return (guint32 *) (gpointer) g_array_steal (ids, NULL);
}

void
ple_cluster_list_select (PleClusterList *list, const guint32 *ids, size_t n)
{
  g_autofree gboolean *wanted = g_new0 (gboolean, list->n + 1);
  gboolean changed = FALSE;
  size_t first = PLE_CELL_NONE;
  for (size_t i = 0; i < n; i++)
    {
      size_t index = find (list, ids[i]);
      if (index >= list->n)
        continue;
      wanted[index] = TRUE;
      if (first == PLE_CELL_NONE)
        first = index;
    }
  for (size_t i = 0; i < list->n; i++)
    changed |= set_selected (list, i, wanted[i]);
  if (first != PLE_CELL_NONE)
    list->focus = list->anchor = first;
  if (changed)
    selection_changed (list);
}

guint32
ple_cluster_list_get_focus_id (PleClusterList *list)
{
  return id_at (list, list->focus);
}

gboolean
ple_cluster_list_step (PleClusterList *list, int direction)
{
  size_t to = list->focus >= list->n ? 0 : list->focus + (size_t) direction;
  if (list->n == 0 || to >= list->n)
    return FALSE;
  choose (list, to, 0);
  reveal_index (list, to);
  return TRUE;
}

void
ple_cluster_list_reveal (PleClusterList *list, guint32 id)
{
  size_t index = find (list, id);
  if (index < list->n)
    reveal_index (list, index);
}

void
ple_cluster_list_set_frame_log (PleClusterList *list, PleFrameLog *log)
{
  list->log = log;
}
