/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-cluster-list.h"

#include "gui/ple-cells.h"
#include "gui/ple-paint.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#define ROW_HEIGHT 54
#define PADDING 12
#define SWATCH_WIDTH 10
#define SWATCH_HEIGHT 28
#define TEXT_X 31
#define PICTURE 28
#define PICTURE_GAP 2
#define GLYPH_WIDTH 26
#define BAR_HEIGHT 3
#define THIN_SPACE "\342\200\211"
/* Below this width the pictures give way to the name. */
#define PICTURES_FROM 220
#define NONE G_MAXSIZE

typedef struct
{
  PleClusterRow row; /* its name is ours */
  gboolean selected;
} Row;

/* A row as it looks, on the display server: text is too slow to be set anew in each frame. */
typedef struct
{
  cairo_surface_t *surface;
  size_t index;
  gboolean selected;
  gboolean complete; /* all its pictures are there */
  gboolean valid;
} DrawnRow;

/* More than fit on a screen; row i is kept in place i modulo this. */
#define N_DRAWN 64

struct _PleClusterList
{
  GtkDrawingArea parent_instance;

  Row *rows;
  size_t n;
  GHashTable *by_id; /* id -> index */
  PlePictureCache *pictures;
  PleFrameLog *log;
  GtkAdjustment *adjustments[2];
  GtkScrollablePolicy policies[2];
  size_t focus;
  size_t anchor;
  size_t hover;
  size_t shown_first;
  size_t shown_end;
  DrawnRow drawn[N_DRAWN];
  PangoLayout *name_layout;
  PangoLayout *detail_layout;

  guint32 background;
  guint32 ink;
  guint32 accent;
  guint32 line;
  guint32 good;
  guint32 bad;
};

enum
{
  PROP_0,
  PROP_HADJUSTMENT,
  PROP_VADJUSTMENT,
  PROP_HSCROLL_POLICY,
  PROP_VSCROLL_POLICY,
};

enum
{
  SELECTION_CHANGED,
  ACTIVATE,
  CONTEXT_MENU,
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

static double
get_scroll (PleClusterList *list)
{
  GtkAdjustment *vertical = list->adjustments[GTK_ORIENTATION_VERTICAL];
  return vertical != NULL ? round (gtk_adjustment_get_value (vertical)) : 0;
}

static void
scroll_to (PleClusterList *list, double y)
{
  if (list->adjustments[GTK_ORIENTATION_VERTICAL] != NULL)
    gtk_adjustment_set_value (list->adjustments[GTK_ORIENTATION_VERTICAL], y);
}

static void
configure (PleClusterList *list)
{
  GtkAdjustment *horizontal = list->adjustments[GTK_ORIENTATION_HORIZONTAL];
  GtkAdjustment *vertical = list->adjustments[GTK_ORIENTATION_VERTICAL];
  double width = gtk_widget_get_allocated_width (GTK_WIDGET (list));
  double height = gtk_widget_get_allocated_height (GTK_WIDGET (list));
  double whole = (double) list->n * ROW_HEIGHT;
  if (horizontal != NULL)
    gtk_adjustment_configure (horizontal, 0, 0, width, width, width, width);
  if (vertical != NULL)
    gtk_adjustment_configure (
        vertical, CLAMP (gtk_adjustment_get_value (vertical), 0, MAX (whole - height, 0)), 0,
        MAX (whole, height), ROW_HEIGHT, MAX (height - ROW_HEIGHT, 1), height);
}

static void
reveal_index (PleClusterList *list, size_t index)
{
  double height = gtk_widget_get_allocated_height (GTK_WIDGET (list));
  double y = (double) index * ROW_HEIGHT, scroll = get_scroll (list);
  if (y < scroll)
    scroll_to (list, y);
  else if (y + ROW_HEIGHT > scroll + height)
    scroll_to (list, y + ROW_HEIGHT - height);
}

static void
set_adjustment (PleClusterList *list, GtkOrientation which, GtkAdjustment *adjustment)
{
  if (adjustment == NULL)
    adjustment = gtk_adjustment_new (0, 0, 0, 0, 0, 0);
  if (adjustment == list->adjustments[which])
    return;
  if (list->adjustments[which] != NULL)
    {
      g_signal_handlers_disconnect_by_data (list->adjustments[which], list);
      g_object_unref (list->adjustments[which]);
    }
  list->adjustments[which] = g_object_ref_sink (adjustment);
  g_signal_connect_swapped (adjustment, "value-changed", G_CALLBACK (gtk_widget_queue_draw), list);
  configure (list);
}

/* ---- drawing ---- */

static char *
group_digits (guint64 number)
{
  char digits[24];
  int length = g_snprintf (digits, sizeof digits, "%" G_GUINT64_FORMAT, number);
  GString *text = g_string_new (NULL);
  for (int i = 0; i < length; i++)
    {
      if (i > 0 && (length - i) % 3 == 0)
        g_string_append (text, THIN_SPACE);
      g_string_append_c (text, digits[i]);
    }
  return g_string_free (text, FALSE);
}

/* "1 850 · 97 %" */
static char *
detail_of (const PleClusterRow *row)
{
  g_autofree char *count = group_digits (row->count);
  if (!isfinite (row->quality))
    return g_steal_pointer (&count);
  return g_strdup_printf ("%s · %.0f" THIN_SPACE "%%", count, 100 * row->quality);
}

static PlePictureForm
form_of (PleClusterList *list)
{
  int ratio = gtk_widget_get_scale_factor (GTK_WIDGET (list));
  return (PlePictureForm){ .side = (guint16) (PICTURE * ratio), .radius = (guint8) (2 * ratio) };
}

static gboolean
shows_pictures (PleClusterList *list)
{
  return list->pictures != NULL &&
         gtk_widget_get_allocated_width (GTK_WIDGET (list)) >= PICTURES_FROM;
}

/* Returns whether all of them are there. */
static gboolean
draw_pictures (PleClusterList *list, cairo_t *cr, const PleClusterRow *row, double x, double y)
{
  gboolean complete = TRUE;
  int ratio = gtk_widget_get_scale_factor (GTK_WIDGET (list));
  for (guint i = 0; i < MIN (row->n_pictures, PLE_CLUSTER_PICTURES); i++)
    {
      cairo_surface_t *surface = ple_picture_cache_lookup (list->pictures, GTK_WIDGET (list),
                                                           row->pictures[i], form_of (list));
      double left = x + i * (PICTURE + PICTURE_GAP);
      if (surface != NULL)
        {
          cairo_surface_set_device_scale (surface, ratio, ratio);
          cairo_set_source_surface (cr, surface, left, y);
          cairo_paint (cr);
          cairo_surface_set_device_scale (surface, 1, 1);
          continue;
        }
      complete = FALSE;
      ple_paint_rounded (cr, left, y, PICTURE, PICTURE, 2);
      ple_paint_set (cr, list->ink, 0.08);
      cairo_fill (cr);
    }
  return complete;
}

static void
draw_state (PleClusterList *list, cairo_t *cr, PleClusterState state, double x, double y)
{
  cairo_save (cr);
  cairo_set_line_width (cr, 1.8);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  ple_paint_set (cr, state == PLE_CLUSTER_CONFLICT ? list->bad : list->good, 1);
  switch (state)
    {
    case PLE_CLUSTER_DONE:
      cairo_move_to (cr, x - 4, y + 0.3);
      cairo_line_to (cr, x - 1.2, y + 3.2);
      cairo_line_to (cr, x + 4.4, y - 3.4);
      break;
    case PLE_CLUSTER_DOUBTFUL:
      cairo_arc (cr, x, y - 2.4, 2.7, G_PI, 2.45 * G_PI);
      cairo_line_to (cr, x, y + 1.9);
      cairo_move_to (cr, x, y + 5);
      cairo_line_to (cr, x, y + 5.1);
      break;
    case PLE_CLUSTER_CONFLICT:
      cairo_move_to (cr, x, y - 5);
      cairo_line_to (cr, x, y + 1.6);
      cairo_move_to (cr, x, y + 5);
      cairo_line_to (cr, x, y + 5.1);
      break;
    case PLE_CLUSTER_OPEN:
    default:
      break;
    }
  cairo_stroke (cr);
  cairo_restore (cr);
}

static void
draw_text (cairo_t *cr, PangoLayout *layout, const char *text, double x, double y, double width)
{
  pango_layout_set_text (layout, text, -1);
  pango_layout_set_width (layout, (int) (MAX (width, 1) * PANGO_SCALE));
  cairo_move_to (cr, x, y);
  pango_cairo_show_layout (cr, layout);
  cairo_new_path (cr);
}

static void
draw_quality (PleClusterList *list, cairo_t *cr, double quality, double x, double y, double width)
{
  ple_paint_rounded (cr, x, y, width, BAR_HEIGHT, 1.5);
  ple_paint_set (cr, list->ink, 0.13);
  cairo_fill (cr);
  ple_paint_rounded (cr, x, y, MAX (width * CLAMP (quality, 0, 1), BAR_HEIGHT), BAR_HEIGHT, 1.5);
  ple_paint_set (cr, list->good, 1);
  cairo_fill (cr);
}

/* The row with its upper edge at 0. Returns whether all its pictures are there. */
static gboolean
paint_row (PleClusterList *list, cairo_t *cr, const Row *row)
{
  GtkWidget *widget = GTK_WIDGET (list);
  double width = gtk_widget_get_allocated_width (widget);
  gboolean mirrored = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  double glyph = width - GLYPH_WIDTH;
  double strip = PLE_CLUSTER_PICTURES * (PICTURE + PICTURE_GAP) - PICTURE_GAP;
  double pictures = shows_pictures (list) ? glyph - strip : glyph;
  double text_width = pictures - PADDING - TEXT_X;
  gboolean complete = TRUE;

  ple_paint_set (cr, list->background, 1);
  cairo_paint (cr);
  if (row->selected)
    {
      ple_paint_set (cr, list->accent, 0.2);
      cairo_paint (cr);
    }
  ple_paint_rounded (cr, mirrored ? width - PADDING - SWATCH_WIDTH : PADDING,
                     (ROW_HEIGHT - SWATCH_HEIGHT) / 2.0, SWATCH_WIDTH, SWATCH_HEIGHT, 3);
  ple_paint_set (cr, row->row.colour, 1);
  cairo_fill (cr);

  double text_x = mirrored ? width - TEXT_X - text_width : TEXT_X;
  g_autofree char *detail = detail_of (&row->row);
  int name_height, detail_height;
  pango_layout_get_pixel_size (list->name_layout, NULL, &name_height);
  pango_layout_get_pixel_size (list->detail_layout, NULL, &detail_height);
  double top = (ROW_HEIGHT - (name_height + detail_height + BAR_HEIGHT + 4)) / 2.0;
  ple_paint_set (cr, list->ink, row->row.named ? 1 : 0.75);
  draw_text (cr, list->name_layout, row->row.name, text_x, top, text_width);
  ple_paint_set (cr, list->ink, 0.65);
  draw_text (cr, list->detail_layout, detail, text_x, top + name_height, text_width);
  if (isfinite (row->row.quality))
    draw_quality (list, cr, row->row.quality, text_x, top + name_height + detail_height + 4,
                  text_width);
  if (shows_pictures (list))
    complete = draw_pictures (list, cr, &row->row, mirrored ? width - pictures - strip : pictures,
                              (ROW_HEIGHT - PICTURE) / 2.0);
  draw_state (list, cr, row->row.state, mirrored ? GLYPH_WIDTH / 2.0 : glyph + GLYPH_WIDTH / 2.0,
              ROW_HEIGHT / 2.0);
  cairo_rectangle (cr, 0, ROW_HEIGHT - 1, width, 1);
  ple_paint_set (cr, list->line, 1);
  cairo_fill (cr);
  return complete;
}

static void
draw_row (PleClusterList *list, cairo_t *cr, size_t index, double y)
{
  GtkWidget *widget = GTK_WIDGET (list);
  const Row *row = &list->rows[index];
  DrawnRow *drawn = &list->drawn[index % N_DRAWN];
  int width = gtk_widget_get_allocated_width (widget);
  if (drawn->surface == NULL)
    drawn->surface = gdk_window_create_similar_surface (gtk_widget_get_window (widget),
                                                        CAIRO_CONTENT_COLOR, width, ROW_HEIGHT);
  if (!drawn->valid || drawn->index != index || drawn->selected != row->selected)
    {
      cairo_t *once = cairo_create (drawn->surface);
      drawn->complete = paint_row (list, once, row);
      drawn->index = index;
      drawn->selected = row->selected;
      drawn->valid = TRUE;
      cairo_destroy (once);
    }
  cairo_set_source_surface (cr, drawn->surface, 0, y);
  cairo_paint (cr);
  if (index == list->hover && !row->selected)
    {
      cairo_rectangle (cr, 0, y, width, ROW_HEIGHT - 1);
      ple_paint_set (cr, list->ink, 0.05);
      cairo_fill (cr);
    }
  if (index == list->focus && gtk_widget_has_visible_focus (widget))
    gtk_render_focus (gtk_widget_get_style_context (widget), cr, 2, y + 2, width - 4,
                      ROW_HEIGHT - 5);
}

/* The rows look otherwise now; with @all their size or place on the display server too. */
static void
forget_drawn (PleClusterList *list, gboolean all)
{
  for (guint i = 0; i < N_DRAWN; i++)
    {
      list->drawn[i].valid = FALSE;
      if (all)
        g_clear_pointer (&list->drawn[i].surface, cairo_surface_destroy);
    }
  gtk_widget_queue_draw (GTK_WIDGET (list));
}

static void
request_pictures (PleClusterList *list, size_t first, size_t end)
{
  if (!shows_pictures (list))
    return;
  size_t low = first > 2 ? first - 2 : 0, high = MIN (end + 2, list->n);
  ple_picture_cache_retract (list->pictures, list);
  for (size_t i = high; i-- > low;)
    for (guint k = MIN (list->rows[i].row.n_pictures, PLE_CLUSTER_PICTURES); k-- > 0;)
      ple_picture_cache_request (list->pictures, list, list->rows[i].row.pictures[k],
                                 form_of (list));
}

static gboolean
ple_cluster_list_draw (GtkWidget *widget, cairo_t *cr)
{
  PleClusterList *list = PLE_CLUSTER_LIST (widget);
  gint64 begin = g_get_monotonic_time ();
  double scroll = get_scroll (list), height = gtk_widget_get_allocated_height (widget);
  size_t first = MIN ((size_t) (scroll / ROW_HEIGHT), list->n);
  size_t end = MIN ((size_t) ceil ((scroll + height) / ROW_HEIGHT), list->n);

  ple_paint_set (cr, list->background, 1);
  cairo_paint (cr);
  for (size_t i = first; i < end; i++)
    draw_row (list, cr, i, (double) i * ROW_HEIGHT - scroll);
  if (first != list->shown_first || end != list->shown_end)
    {
      list->shown_first = first;
      list->shown_end = end;
      ple_cells_content_changed (PLE_CELLS (list));
    }
  request_pictures (list, first, end);
  ple_frame_log_add (list->log, PLE_FRAME_DRAW, g_get_monotonic_time () - begin);
  return GDK_EVENT_STOP;
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
  double row = floor ((y + get_scroll (list)) / ROW_HEIGHT);
  return row >= 0 && row < (double) list->n ? (size_t) row : NONE;
}

static gboolean
on_button_press (GtkWidget *widget, GdkEventButton *event)
{
  PleClusterList *list = PLE_CLUSTER_LIST (widget);
  size_t index = index_at (list, event->y);
  if (!gtk_widget_has_focus (widget))
    gtk_widget_grab_focus (widget);
  ple_frame_log_input (list->log, event->time);
  if (gdk_event_triggers_context_menu ((GdkEvent *) event))
    {
      if (index < list->n && !list->rows[index].selected)
        choose (list, index, 0);
      g_signal_emit (list, signals[CONTEXT_MENU], 0, event);
      return GDK_EVENT_STOP;
    }
  if (event->button != GDK_BUTTON_PRIMARY || index >= list->n)
    return GDK_EVENT_PROPAGATE;
  if (event->type == GDK_2BUTTON_PRESS)
    g_signal_emit (list, signals[ACTIVATE], 0, list->rows[index].row.id);
  else if (event->type == GDK_BUTTON_PRESS)
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
  set_hover (PLE_CLUSTER_LIST (widget), NONE);
  return GDK_EVENT_PROPAGATE;
}

static gboolean
on_scroll (GtkWidget *widget, GdkEventScroll *event)
{
  ple_frame_log_input (PLE_CLUSTER_LIST (widget)->log, event->time);
  return GDK_EVENT_PROPAGATE;
}

static gboolean
destination (PleClusterList *list, guint keyval, size_t *to)
{
  size_t at = list->focus < list->n ? list->focus : 0, last = list->n - 1;
  size_t page =
      (size_t) MAX (gtk_widget_get_allocated_height (GTK_WIDGET (list)) / ROW_HEIGHT - 1, 1);
  switch (keyval)
    {
    case GDK_KEY_Up:
    case GDK_KEY_KP_Up:
      *to = at > 0 ? at - 1 : 0;
      return TRUE;
    case GDK_KEY_Down:
    case GDK_KEY_KP_Down:
      *to = list->focus < list->n ? MIN (at + 1, last) : 0;
      return TRUE;
    case GDK_KEY_Page_Up:
    case GDK_KEY_KP_Page_Up:
      *to = at > page ? at - page : 0;
      return TRUE;
    case GDK_KEY_Page_Down:
    case GDK_KEY_KP_Page_Down:
      *to = MIN (at + page, last);
      return TRUE;
    case GDK_KEY_Home:
    case GDK_KEY_KP_Home:
      *to = 0;
      return TRUE;
    case GDK_KEY_End:
    case GDK_KEY_KP_End:
      *to = last;
      return TRUE;
    default:
      return FALSE;
    }
}

static gboolean
on_key_press (GtkWidget *widget, GdkEventKey *event)
{
  PleClusterList *list = PLE_CLUSTER_LIST (widget);
  GtkWidgetClass *parent = GTK_WIDGET_CLASS (ple_cluster_list_parent_class);
  guint modifiers = event->state & gtk_accelerator_get_default_mod_mask ();
  size_t to;
  if (list->n == 0 || (modifiers & GDK_MOD1_MASK) != 0)
    return parent->key_press_event (widget, event);
  ple_frame_log_input (list->log, event->time);
  if (destination (list, event->keyval, &to))
    {
      if (modifiers == GDK_CONTROL_MASK)
        {
          list->focus = to;
          gtk_widget_queue_draw (widget);
        }
      else
        choose (list, to, modifiers & GDK_SHIFT_MASK);
      reveal_index (list, to);
      return GDK_EVENT_STOP;
    }
  if (list->focus >= list->n)
    return parent->key_press_event (widget, event);
  if ((event->keyval == GDK_KEY_space || event->keyval == GDK_KEY_KP_Space) &&
      modifiers == GDK_CONTROL_MASK)
    {
      choose (list, list->focus, GDK_CONTROL_MASK);
      return GDK_EVENT_STOP;
    }
  if ((event->keyval == GDK_KEY_Return || event->keyval == GDK_KEY_KP_Enter) && modifiers == 0)
    {
      g_signal_emit (list, signals[ACTIVATE], 0, list->rows[list->focus].row.id);
      return GDK_EVENT_STOP;
    }
  return parent->key_press_event (widget, event);
}

static gboolean
on_popup_menu (GtkWidget *widget)
{
  g_signal_emit (widget, signals[CONTEXT_MENU], 0, NULL);
  return TRUE;
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
  *area = (GdkRectangle){ 0, (int) ((double) index * ROW_HEIGHT - get_scroll (list)),
                          gtk_widget_get_allocated_width (GTK_WIDGET (list)), ROW_HEIGHT };
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
is_selected (PleCells *cells, guint index)
{
  PleClusterList *list = PLE_CLUSTER_LIST (cells);
  return index < list->n && list->rows[index].selected;
}

static gboolean
is_focus (PleCells *cells, guint index)
{
  return PLE_CLUSTER_LIST (cells)->focus == index;
}

static void
click (PleCells *cells, guint index)
{
  if (index < PLE_CLUSTER_LIST (cells)->n)
    choose (PLE_CLUSTER_LIST (cells), index, 0);
}

static void
activate (PleCells *cells, guint index)
{
  PleClusterList *list = PLE_CLUSTER_LIST (cells);
  if (index < list->n)
    g_signal_emit (list, signals[ACTIVATE], 0, list->rows[index].row.id);
}

static void
cells_init (PleCellsInterface *iface)
{
  iface->cell_role = ATK_ROLE_LIST_ITEM;
  iface->get_visible = get_visible;
  iface->get_area = get_area;
  iface->dup_name = dup_name;
  iface->is_selected = is_selected;
  iface->is_focus = is_focus;
  iface->click = click;
  iface->activate = activate;
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
  forget_drawn (list, FALSE);
}

static void
ple_cluster_list_size_allocate (GtkWidget *widget, GtkAllocation *allocation)
{
  PleClusterList *list = PLE_CLUSTER_LIST (widget);
  if (allocation->width != gtk_widget_get_allocated_width (widget))
    forget_drawn (list, TRUE);
  GTK_WIDGET_CLASS (ple_cluster_list_parent_class)->size_allocate (widget, allocation);
  configure (list);
}

static void
ple_cluster_list_direction_changed (GtkWidget *widget, GtkTextDirection old)
{
  GTK_WIDGET_CLASS (ple_cluster_list_parent_class)->direction_changed (widget, old);
  forget_drawn (PLE_CLUSTER_LIST (widget), FALSE);
}

static void
on_scale_factor_changed (PleClusterList *list)
{
  forget_drawn (list, TRUE);
}

static void
ple_cluster_list_unrealize (GtkWidget *widget)
{
  PleClusterList *list = PLE_CLUSTER_LIST (widget);
  if (list->pictures != NULL)
    ple_picture_cache_retract (list->pictures, list);
  forget_drawn (list, TRUE);
  GTK_WIDGET_CLASS (ple_cluster_list_parent_class)->unrealize (widget);
}

static void
ple_cluster_list_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  PleClusterList *list = PLE_CLUSTER_LIST (object);
  switch (id)
    {
    case PROP_HADJUSTMENT:
      g_value_set_object (value, list->adjustments[GTK_ORIENTATION_HORIZONTAL]);
      break;
    case PROP_VADJUSTMENT:
      g_value_set_object (value, list->adjustments[GTK_ORIENTATION_VERTICAL]);
      break;
    case PROP_HSCROLL_POLICY:
      g_value_set_enum (value, list->policies[GTK_ORIENTATION_HORIZONTAL]);
      break;
    case PROP_VSCROLL_POLICY:
      g_value_set_enum (value, list->policies[GTK_ORIENTATION_VERTICAL]);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ple_cluster_list_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  PleClusterList *list = PLE_CLUSTER_LIST (object);
  switch (id)
    {
    case PROP_HADJUSTMENT:
      set_adjustment (list, GTK_ORIENTATION_HORIZONTAL, g_value_get_object (value));
      break;
    case PROP_VADJUSTMENT:
      set_adjustment (list, GTK_ORIENTATION_VERTICAL, g_value_get_object (value));
      break;
    case PROP_HSCROLL_POLICY:
      list->policies[GTK_ORIENTATION_HORIZONTAL] = (GtkScrollablePolicy) g_value_get_enum (value);
      break;
    case PROP_VSCROLL_POLICY:
      list->policies[GTK_ORIENTATION_VERTICAL] = (GtkScrollablePolicy) g_value_get_enum (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
free_rows (Row *rows, size_t n)
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
  for (guint i = 0; i < G_N_ELEMENTS (list->adjustments); i++)
    if (list->adjustments[i] != NULL)
      {
        g_signal_handlers_disconnect_by_data (list->adjustments[i], list);
        g_clear_object (&list->adjustments[i]);
      }
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

  g_object_class_override_property (object_class, PROP_HADJUSTMENT, "hadjustment");
  g_object_class_override_property (object_class, PROP_VADJUSTMENT, "vadjustment");
  g_object_class_override_property (object_class, PROP_HSCROLL_POLICY, "hscroll-policy");
  g_object_class_override_property (object_class, PROP_VSCROLL_POLICY, "vscroll-policy");
  signals[SELECTION_CHANGED] = g_signal_new ("selection-changed", type, G_SIGNAL_RUN_LAST, 0, NULL,
                                             NULL, NULL, G_TYPE_NONE, 0);
  signals[ACTIVATE] = g_signal_new ("activate", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 1, G_TYPE_UINT);
  signals[CONTEXT_MENU] =
      g_signal_new ("context-menu", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                    GDK_TYPE_EVENT | G_SIGNAL_TYPE_STATIC_SCOPE);
}

static void
ple_cluster_list_init (PleClusterList *list)
{
  list->by_id = g_hash_table_new (NULL, NULL);
  list->focus = list->anchor = list->hover = NONE;
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
  for (guint i = 0; i < N_DRAWN; i++)
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
  forget_drawn (list, FALSE);
}

static size_t
find (PleClusterList *list, guint32 id)
{
  gpointer index;
  if (!g_hash_table_lookup_extended (list->by_id, GUINT_TO_POINTER (id), NULL, &index))
    return NONE;
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
  double y = (double) list->focus * ROW_HEIGHT - scroll;
  if (list->focus < list->n && y > -ROW_HEIGHT && y < height)
    return list->focus;
  return (size_t) (scroll / ROW_HEIGHT);
}

void
ple_cluster_list_set_rows (PleClusterList *list, const PleClusterRow *rows, size_t n)
{
  double scroll = get_scroll (list);
  size_t fixed = fixed_row (list, scroll);
  double offset = (double) fixed * ROW_HEIGHT - scroll;
  guint32 fixed_id = id_at (list, fixed), focus_id = id_at (list, list->focus);
  guint32 anchor_id = id_at (list, list->anchor);
  Row *old = list->rows;
  size_t n_old = list->n, n_selected = 0, n_kept = 0;

  list->rows = g_new0 (Row, n);
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
  list->hover = NONE;
  configure (list);
  fixed = scroll > 0 ? find (list, fixed_id) : NONE;
  if (fixed < n)
    scroll_to (list, (double) fixed * ROW_HEIGHT - offset);
  ple_cells_content_changed (PLE_CELLS (list));
  forget_drawn (list, FALSE);
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
  list->drawn[index % N_DRAWN].valid = FALSE;
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
  size_t first = NONE;
  for (size_t i = 0; i < n; i++)
    {
      size_t index = find (list, ids[i]);
      if (index >= list->n)
        continue;
      wanted[index] = TRUE;
      if (first == NONE)
        first = index;
    }
  for (size_t i = 0; i < list->n; i++)
    changed |= set_selected (list, i, wanted[i]);
  if (first != NONE)
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
