/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the list of clusters draws, and which pictures it asks for. */
#include "config.h"

#include "gui/ple-cluster-list-private.h"
#include "gui/ple-paint.h"

#include <math.h>

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
paint_row (PleClusterList *list, cairo_t *cr, const PleClusterListRow *row)
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
                     (PLE_CLUSTER_ROW_HEIGHT - SWATCH_HEIGHT) / 2.0, SWATCH_WIDTH, SWATCH_HEIGHT,
                     3);
  ple_paint_set (cr, row->row.colour, 1);
  cairo_fill (cr);

  double text_x = mirrored ? width - TEXT_X - text_width : TEXT_X;
  g_autofree char *detail = detail_of (&row->row);
  int name_height, detail_height;
  pango_layout_get_pixel_size (list->name_layout, NULL, &name_height);
  pango_layout_get_pixel_size (list->detail_layout, NULL, &detail_height);
  double top = (PLE_CLUSTER_ROW_HEIGHT - (name_height + detail_height + BAR_HEIGHT + 4)) / 2.0;
  ple_paint_set (cr, list->ink, row->row.named ? 1 : 0.75);
  draw_text (cr, list->name_layout, row->row.name, text_x, top, text_width);
  ple_paint_set (cr, list->ink, 0.65);
  draw_text (cr, list->detail_layout, detail, text_x, top + name_height, text_width);
  if (isfinite (row->row.quality))
    draw_quality (list, cr, row->row.quality, text_x, top + name_height + detail_height + 4,
                  text_width);
  if (shows_pictures (list))
    complete = draw_pictures (list, cr, &row->row, mirrored ? width - pictures - strip : pictures,
                              (PLE_CLUSTER_ROW_HEIGHT - PICTURE) / 2.0);
  draw_state (list, cr, row->row.state, mirrored ? GLYPH_WIDTH / 2.0 : glyph + GLYPH_WIDTH / 2.0,
              PLE_CLUSTER_ROW_HEIGHT / 2.0);
  cairo_rectangle (cr, 0, PLE_CLUSTER_ROW_HEIGHT - 1, width, 1);
  ple_paint_set (cr, list->line, 1);
  cairo_fill (cr);
  return complete;
}

static void
draw_row (PleClusterList *list, cairo_t *cr, size_t index, double y)
{
  GtkWidget *widget = GTK_WIDGET (list);
  const PleClusterListRow *row = &list->rows[index];
  PleClusterListDrawn *drawn = &list->drawn[index % PLE_CLUSTER_LIST_N_DRAWN];
  int width = gtk_widget_get_allocated_width (widget);
  if (drawn->surface == NULL)
    drawn->surface = gdk_window_create_similar_surface (
        gtk_widget_get_window (widget), CAIRO_CONTENT_COLOR, width, PLE_CLUSTER_ROW_HEIGHT);
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
      cairo_rectangle (cr, 0, y, width, PLE_CLUSTER_ROW_HEIGHT - 1);
      ple_paint_set (cr, list->ink, 0.05);
      cairo_fill (cr);
    }
  if (index == list->focus && gtk_widget_has_visible_focus (widget))
    gtk_render_focus (gtk_widget_get_style_context (widget), cr, 2, y + 2, width - 4,
                      PLE_CLUSTER_ROW_HEIGHT - 5);
}

void
ple_cluster_list_forget_drawn (PleClusterList *list, gboolean all)
{
  for (guint i = 0; i < PLE_CLUSTER_LIST_N_DRAWN; i++)
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

gboolean
ple_cluster_list_draw (GtkWidget *widget, cairo_t *cr)
{
  PleClusterList *list = PLE_CLUSTER_LIST (widget);
  gint64 begin = g_get_monotonic_time ();
  double scroll = ple_scroller_get (&list->scroller),
         height = gtk_widget_get_allocated_height (widget);
  size_t first = MIN ((size_t) (scroll / PLE_CLUSTER_ROW_HEIGHT), list->n);
  size_t end = MIN ((size_t) ceil ((scroll + height) / PLE_CLUSTER_ROW_HEIGHT), list->n);

  ple_paint_set (cr, list->background, 1);
  cairo_paint (cr);
  for (size_t i = first; i < end; i++)
    draw_row (list, cr, i, (double) i * PLE_CLUSTER_ROW_HEIGHT - scroll);
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
