/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The grid of pictures: model, scrolling, drawing. Input is in ple-tiles-input.c, geometry in
 * ple-tiles-layout.c. */
#include "config.h"

#include "gui/ple-paint.h"
#include "gui/ple-tiles-view-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#define RADIUS 5
/* Rows beyond the screen whose pictures are asked for too. */
#define ROWS_AHEAD 2
#define BAR_HEIGHT 3
/* Below these sizes a tile carries no bar, no letters. */
#define BAR_FROM 40
#define GLYPH_FROM 32

enum
{
  PROP_0,
  PROP_HADJUSTMENT,
  PROP_VADJUSTMENT,
  PROP_HSCROLL_POLICY,
  PROP_VSCROLL_POLICY,
  PROP_SETTLED,
  PROP_TILE_SIZE,
};

enum
{
  HOVER,
  ACTIVATE,
  CONTEXT_MENU,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void cells_init (PleCellsInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PleTilesView,
                               ple_tiles_view,
                               GTK_TYPE_DRAWING_AREA,
                               G_IMPLEMENT_INTERFACE (GTK_TYPE_SCROLLABLE, NULL)
                                   G_IMPLEMENT_INTERFACE (PLE_TYPE_CELLS, cells_init))

/* ---- scrolling and layout ---- */

double
ple_tiles_view_mirror (PleTilesView *view, double x, double width)
{
  gboolean mirrored = gtk_widget_get_direction (GTK_WIDGET (view)) == GTK_TEXT_DIR_RTL;
  return mirrored ? view->layout.width - x - width : x;
}

double
ple_tiles_view_get_scroll (PleTilesView *view)
{
  GtkAdjustment *vertical = view->adjustments[GTK_ORIENTATION_VERTICAL];
  double ratio = gtk_widget_get_scale_factor (GTK_WIDGET (view));
  return vertical != NULL ? round (gtk_adjustment_get_value (vertical) * ratio) / ratio : 0;
}

void
ple_tiles_view_scroll_to (PleTilesView *view, double y)
{
  if (view->adjustments[GTK_ORIENTATION_VERTICAL] != NULL)
    gtk_adjustment_set_value (view->adjustments[GTK_ORIENTATION_VERTICAL], y);
}

static void
configure (PleTilesView *view)
{
  GtkAdjustment *horizontal = view->adjustments[GTK_ORIENTATION_HORIZONTAL];
  GtkAdjustment *vertical = view->adjustments[GTK_ORIENTATION_VERTICAL];
  double width = gtk_widget_get_allocated_width (GTK_WIDGET (view));
  double height = gtk_widget_get_allocated_height (GTK_WIDGET (view));
  if (horizontal != NULL)
    gtk_adjustment_configure (horizontal, 0, 0, width, width, width, width);
  if (vertical != NULL)
    gtk_adjustment_configure (
        vertical,
        CLAMP (gtk_adjustment_get_value (vertical), 0, MAX (view->layout.height - height, 0)), 0,
        MAX (view->layout.height, height), (view->size + PLE_TILES_GAP) / 2.0, height * 0.9,
        height);
}

static void
lay_out (PleTilesView *view)
{
  ple_tiles_layout_clear (&view->layout);
  ple_tiles_layout_init (&view->layout, view->n, view->size,
                         gtk_widget_get_allocated_width (GTK_WIDGET (view)), view->starts,
                         view->n_sections, view->titles != NULL);
  configure (view);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

/* Lays out anew such that tile @index is @offset below the upper edge of the widget. */
static void
lay_out_around (PleTilesView *view, size_t index, double offset)
{
  double x, y;
  lay_out (view);
  if (index >= view->n)
    return;
  ple_tiles_layout_get_place (&view->layout, index, &x, &y);
  ple_tiles_view_scroll_to (view, y - offset);
}

/* The first tile that is on the screen at height @y of the widget, and where it is. */
static size_t
tile_near (PleTilesView *view, double y, double *offset)
{
  size_t first, end;
  double x, top, scroll = ple_tiles_view_get_scroll (view);
  *offset = 0;
  ple_tiles_layout_get_range (&view->layout, scroll + y, view->layout.height, &first, &end);
  if (first >= view->n)
    return PLE_TILES_NONE;
  ple_tiles_layout_get_place (&view->layout, first, &x, &top);
  *offset = top - scroll;
  return first;
}

void
ple_tiles_view_resize_at (PleTilesView *view, int size, double y)
{
  size = CLAMP (size, PLE_TILE_SIZE_MIN, PLE_TILE_SIZE_MAX);
  if (size == view->size)
    return;
  double offset, share = 0;
  size_t index = tile_near (view, y, &offset);
  gboolean at_top = ple_tiles_view_get_scroll (view) <= 0;
  /* The same part of the picture stays under the pointer. */
  if (index < view->n)
    share = (y - offset) / view->size;
  view->size = size;
  ple_tiles_decor_clear (view);
  lay_out_around (view, at_top ? PLE_TILES_NONE : index, y - share * size);
  g_object_notify (G_OBJECT (view), "tile-size");
}

void
ple_tiles_view_reveal_index (PleTilesView *view, size_t index)
{
  double x, y, scroll = ple_tiles_view_get_scroll (view);
  double height = gtk_widget_get_allocated_height (GTK_WIDGET (view));
  if (index >= view->n)
    return;
  ple_tiles_layout_get_place (&view->layout, index, &x, &y);
  if (y - PLE_TILES_GAP < scroll)
    ple_tiles_view_scroll_to (view, index < view->layout.columns ? 0 : y - PLE_TILES_GAP);
  else if (y + view->size + PLE_TILES_GAP > scroll + height)
    ple_tiles_view_scroll_to (view, y + view->size + PLE_TILES_PADDING - height);
}

static void
on_scrolled (PleTilesView *view)
{
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

static void
set_adjustment (PleTilesView *view, GtkOrientation which, GtkAdjustment *adjustment)
{
  if (adjustment == NULL)
    adjustment = gtk_adjustment_new (0, 0, 0, 0, 0, 0);
  if (adjustment == view->adjustments[which])
    return;
  if (view->adjustments[which] != NULL)
    {
      g_signal_handlers_disconnect_by_data (view->adjustments[which], view);
      g_object_unref (view->adjustments[which]);
    }
  view->adjustments[which] = g_object_ref_sink (adjustment);
  g_signal_connect_swapped (adjustment, "value-changed", G_CALLBACK (on_scrolled), view);
  configure (view);
}

/* ---- drawing ---- */

static PlePictureForm
form_of (PleTilesView *view)
{
  int ratio = gtk_widget_get_scale_factor (GTK_WIDGET (view));
  return (PlePictureForm){ .side = (guint16) (view->size * ratio),
                           .radius = (guint8) ((view->size < BAR_FROM ? 2 : RADIUS) * ratio),
                           .crisp = (guint8) (view->crisp ? 1 : 0) };
}

static void
draw_picture (PleTilesView *view, cairo_t *cr, guint32 item, double x, double y)
{
  int ratio = gtk_widget_get_scale_factor (GTK_WIDGET (view));
  cairo_surface_t *surface = NULL;
  guint side;
  if (view->pictures != NULL)
    surface = ple_picture_cache_lookup (view->pictures, GTK_WIDGET (view), item, form_of (view));
  if (surface != NULL)
    {
      cairo_surface_set_device_scale (surface, ratio, ratio);
      cairo_set_source_surface (cr, surface, x, y);
      cairo_paint (cr);
      cairo_surface_set_device_scale (surface, 1, 1);
      return;
    }
  if (view->pictures != NULL)
    surface = ple_picture_cache_lookup_any (view->pictures, item, &side);
  if (surface == NULL)
    {
      ple_tiles_decor_draw (view, cr, PLE_TILES_PLACEHOLDER, x, y);
      return;
    }
  /* Of another size: rough, for the moment. */
  double factor = (double) view->size / side;
  cairo_save (cr);
  cairo_translate (cr, x, y);
  cairo_scale (cr, factor, factor);
  cairo_set_source_surface (cr, surface, 0, 0);
  cairo_pattern_set_filter (cairo_get_source (cr), CAIRO_FILTER_FAST);
  cairo_paint (cr);
  cairo_restore (cr);
}

/* What is known of the tiles on the screen, asked once a draw. */
typedef struct
{
  double x;
  double y;
  PleTileInfo info;
} Tile;

static void
draw_tile (PleTilesView *view, cairo_t *cr, size_t index, const Tile *tile)
{
  guint32 item = view->items[index];
  double x = tile->x, y = tile->y;
  if (tile->info.struck)
    ple_tiles_decor_draw (view, cr, PLE_TILES_STRUCK, x, y);
  if (tile->info.glyph != PLE_TILE_GLYPH_NONE && view->size >= GLYPH_FROM)
    ple_tiles_decor_draw_glyph (view, cr, tile->info.glyph, x, y);
  if (tile->info.hint != NULL && view->size >= GLYPH_FROM)
    ple_tiles_decor_draw_hint (view, cr, tile->info.hint, x, y);
  if (view->selection != NULL && ple_selection_contains (view->selection, item))
    ple_tiles_decor_draw (view, cr, PLE_TILES_SELECTED, x, y);
  if (index == view->focus && gtk_widget_has_visible_focus (GTK_WIDGET (view)))
    ple_tiles_decor_draw (view, cr, PLE_TILES_FOCUS, x, y);
}

/* The bars of all tiles in two fills of plain rectangles: first what they run in, then the bars. */
static void
draw_bars (PleTilesView *view, cairo_t *cr, const Tile *tiles, size_t n)
{
  double inset = view->size < 64 ? 4 : 6, width = view->size - 2 * inset;
  if (view->size < BAR_FROM)
    return;
  for (int layer = 0; layer < 2; layer++)
    {
      for (size_t i = 0; i < n; i++)
        {
          double confidence = tiles[i].info.confidence;
          if (!isfinite (confidence))
            continue;
          double filled = round (width * CLAMP (confidence, 0, 1));
          cairo_rectangle (cr, tiles[i].x + inset, tiles[i].y + view->size - inset - BAR_HEIGHT,
                           layer == 0 ? width : MAX (filled, 1), BAR_HEIGHT);
        }
      ple_paint_set (cr, layer == 0 ? 0x000000 : 0xffffff, layer == 0 ? 0.45 : 0.95);
      cairo_fill (cr);
    }
}

static void
draw_tiles (PleTilesView *view, cairo_t *cr, size_t first, size_t end, double scroll)
{
  size_t n = end - first;
  g_autofree Tile *tiles = g_new (Tile, n + 1);
  for (size_t i = first; i < end; i++)
    {
      Tile *tile = &tiles[i - first];
      ple_tiles_layout_get_place (&view->layout, i, &tile->x, &tile->y);
      tile->x = ple_tiles_view_mirror (view, tile->x, view->size);
      tile->y -= scroll;
      tile->info = (PleTileInfo){ .confidence = (double) NAN };
      if (view->info != NULL)
        view->info (view->info_data, view->items[i], i, &tile->info);
      draw_picture (view, cr, view->items[i], tile->x, tile->y);
    }
  draw_bars (view, cr, tiles, n);
  for (size_t i = first; i < end; i++)
    draw_tile (view, cr, i, &tiles[i - first]);
}

static void
draw_headers (PleTilesView *view, cairo_t *cr, double scroll, double height)
{
  for (size_t s = 0; view->titles != NULL && s < view->layout.n_sections; s++)
    {
      const PleTilesSection *section = &view->layout.sections[s];
      double y = section->y - section->header - scroll;
      if (y > height)
        break;
      if (y + section->header < 0 || view->titles[s] == NULL)
        continue;
      g_autoptr (PangoLayout) layout =
          gtk_widget_create_pango_layout (GTK_WIDGET (view), view->titles[s]);
      int text_height;
      pango_layout_get_pixel_size (layout, NULL, &text_height);
      pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_END);
      pango_layout_set_width (layout,
                              MAX (view->layout.width - 2 * PLE_TILES_PADDING, 1) * PANGO_SCALE);
      ple_paint_set (cr, view->ink, 0.8);
      cairo_move_to (cr, PLE_TILES_PADDING, y + (section->header - text_height) / 2.0);
      pango_cairo_show_layout (cr, layout);
      cairo_new_path (cr);
    }
}

/* Asks for what is missing on the screen and around it; what was asked for before and has scrolled
 * away is taken back. Asked last is made first: the tiles on the screen, from the upper left. */
static void
request_pictures (PleTilesView *view, size_t first, size_t end)
{
  if (view->pictures == NULL)
    return;
  PlePictureForm form = form_of (view);
  size_t ahead = ROWS_AHEAD * view->layout.columns;
  size_t low = first > ahead ? first - ahead : 0, high = MIN (end + ahead, view->n);
  ple_picture_cache_retract (view->pictures, view);
  for (size_t i = low; i < first; i++)
    ple_picture_cache_request (view->pictures, view, view->items[i], form);
  for (size_t i = high; i-- > end;)
    ple_picture_cache_request (view->pictures, view, view->items[i], form);
  for (size_t i = end; i-- > first;)
    ple_picture_cache_request (view->pictures, view, view->items[i], form);
}

static void
update_settled (PleTilesView *view)
{
  gboolean settled = view->pictures == NULL || !ple_picture_cache_is_busy (view->pictures, view);
  if (settled == view->settled)
    return;
  view->settled = settled;
  g_object_notify (G_OBJECT (view), "settled");
}

static gboolean
ple_tiles_view_draw (GtkWidget *widget, cairo_t *cr)
{
  PleTilesView *view = PLE_TILES_VIEW (widget);
  gint64 begin = g_get_monotonic_time ();
  double scroll = ple_tiles_view_get_scroll (view);
  double height = gtk_widget_get_allocated_height (widget);
  size_t first = 0, end = 0;
  GdkRectangle band;

  ple_paint_set (cr, view->background, 1);
  cairo_paint (cr);
  if (view->n > 0)
    ple_tiles_layout_get_range (&view->layout, scroll, scroll + height, &first, &end);
  draw_headers (view, cr, scroll, height);
  draw_tiles (view, cr, first, end, scroll);
  if (ple_tiles_input_get_band (view, &band))
    {
      cairo_rectangle (cr, band.x + 0.5, band.y + 0.5, band.width, band.height);
      ple_paint_set (cr, view->accent, 0.2);
      cairo_fill_preserve (cr);
      ple_paint_set (cr, view->accent, 1);
      cairo_set_line_width (cr, 1);
      cairo_stroke (cr);
    }
  if (first != view->shown_first || end != view->shown_end)
    {
      view->shown_first = first;
      view->shown_end = end;
      ple_cells_content_changed (PLE_CELLS (view));
    }
  request_pictures (view, first, end);
  update_settled (view);
  ple_frame_log_add (view->log, PLE_FRAME_DRAW, g_get_monotonic_time () - begin);
  return GDK_EVENT_STOP;
}

/* ---- accessibility ---- */

static void
get_visible (PleCells *cells, guint *first, guint *end)
{
  PleTilesView *view = PLE_TILES_VIEW (cells);
  *first = (guint) MIN (view->shown_first, view->n);
  *end = (guint) MIN (view->shown_end, view->n);
}

static void
get_area (PleCells *cells, guint index, GdkRectangle *area)
{
  PleTilesView *view = PLE_TILES_VIEW (cells);
  double x, y;
  if (index >= view->n)
    return;
  ple_tiles_layout_get_place (&view->layout, index, &x, &y);
  x = ple_tiles_view_mirror (view, x, view->size);
  *area = (GdkRectangle){ (int) x, (int) (y - ple_tiles_view_get_scroll (view)), view->size,
                          view->size };
}

static char *
dup_name (PleCells *cells, guint index)
{
  PleTilesView *view = PLE_TILES_VIEW (cells);
  if (index < view->n && view->name != NULL)
    return view->name (view->name_data, view->items[index], index);
  return g_strdup_printf (_ ("Tile %u of %zu"), index + 1, view->n);
}

static gboolean
is_selected (PleCells *cells, guint index)
{
  PleTilesView *view = PLE_TILES_VIEW (cells);
  return view->selection != NULL && index < view->n &&
         ple_selection_contains (view->selection, view->items[index]);
}

static gboolean
is_focus (PleCells *cells, guint index)
{
  return PLE_TILES_VIEW (cells)->focus == index;
}

static void
click (PleCells *cells, guint index)
{
  ple_tiles_input_click (PLE_TILES_VIEW (cells), index, 0);
}

static void
activate (PleCells *cells, guint index)
{
  PleTilesView *view = PLE_TILES_VIEW (cells);
  if (index < view->n)
    g_signal_emit (view, signals[ACTIVATE], 0, view->items[index]);
}

static void
cells_init (PleCellsInterface *iface)
{
  iface->cell_role = ATK_ROLE_IMAGE;
  iface->get_visible = get_visible;
  iface->get_area = get_area;
  iface->dup_name = dup_name;
  iface->is_selected = is_selected;
  iface->is_focus = is_focus;
  iface->click = click;
  iface->activate = activate;
}

/* ---- widget ---- */

static void
ple_tiles_view_size_allocate (GtkWidget *widget, GtkAllocation *allocation)
{
  PleTilesView *view = PLE_TILES_VIEW (widget);
  double offset;
  gboolean rewrap = view->layout.width != allocation->width;
  size_t index = rewrap ? tile_near (view, 0, &offset) : PLE_TILES_NONE;
  gboolean at_top = ple_tiles_view_get_scroll (view) <= 0;
  GTK_WIDGET_CLASS (ple_tiles_view_parent_class)->size_allocate (widget, allocation);
  if (rewrap)
    lay_out_around (view, at_top ? PLE_TILES_NONE : index, offset);
  else
    configure (view);
}

static void
ple_tiles_view_style_updated (GtkWidget *widget)
{
  PleTilesView *view = PLE_TILES_VIEW (widget);
  GTK_WIDGET_CLASS (ple_tiles_view_parent_class)->style_updated (widget);
  view->background = ple_paint_theme (widget, "theme_base_color", 0xffffff);
  view->ink = ple_paint_theme (widget, "theme_text_color", 0x202020);
  view->accent = ple_paint_accent (widget, view->background);
  ple_tiles_decor_clear (view);
  gtk_widget_queue_draw (widget);
}

static void
ple_tiles_view_unrealize (GtkWidget *widget)
{
  PleTilesView *view = PLE_TILES_VIEW (widget);
  ple_tiles_input_cancel (view);
  ple_tiles_decor_clear (view);
  if (view->pictures != NULL)
    ple_picture_cache_retract (view->pictures, view);
  GTK_WIDGET_CLASS (ple_tiles_view_parent_class)->unrealize (widget);
}

static void
on_scale_factor_changed (PleTilesView *view)
{
  ple_tiles_decor_clear (view);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

static void
on_pictures_updated (PleTilesView *view)
{
  update_settled (view);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

static void
on_selection_changed (PleTilesView *view)
{
  ple_cells_selection_changed (PLE_CELLS (view));
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

static size_t
find (PleTilesView *view, guint32 item)
{
  for (size_t i = 0; i < view->n; i++)
    if (view->items[i] == item)
      return i;
  return PLE_TILES_NONE;
}

static void
on_focus_changed (PleTilesView *view)
{
  guint32 item = ple_selection_get_focus (view->selection);
  if (view->focus < view->n && view->items[view->focus] == item)
    return;
  view->focus = item != PLE_SELECTION_NO_ITEM ? find (view, item) : PLE_TILES_NONE;
  view->anchor = view->focus;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
ple_tiles_view_set_focus_index (PleTilesView *view, size_t index)
{
  view->focus = index;
  ple_selection_set_focus (view->selection, view->items[index]);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

static void
ple_tiles_view_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  PleTilesView *view = PLE_TILES_VIEW (object);
  switch (id)
    {
    case PROP_HADJUSTMENT:
      g_value_set_object (value, view->adjustments[GTK_ORIENTATION_HORIZONTAL]);
      break;
    case PROP_VADJUSTMENT:
      g_value_set_object (value, view->adjustments[GTK_ORIENTATION_VERTICAL]);
      break;
    case PROP_HSCROLL_POLICY:
      g_value_set_enum (value, view->policies[GTK_ORIENTATION_HORIZONTAL]);
      break;
    case PROP_VSCROLL_POLICY:
      g_value_set_enum (value, view->policies[GTK_ORIENTATION_VERTICAL]);
      break;
    case PROP_SETTLED:
      g_value_set_boolean (value, view->settled);
      break;
    case PROP_TILE_SIZE:
      g_value_set_int (value, view->size);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ple_tiles_view_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  PleTilesView *view = PLE_TILES_VIEW (object);
  switch (id)
    {
    case PROP_HADJUSTMENT:
      set_adjustment (view, GTK_ORIENTATION_HORIZONTAL, g_value_get_object (value));
      break;
    case PROP_VADJUSTMENT:
      set_adjustment (view, GTK_ORIENTATION_VERTICAL, g_value_get_object (value));
      break;
    case PROP_HSCROLL_POLICY:
      view->policies[GTK_ORIENTATION_HORIZONTAL] = (GtkScrollablePolicy) g_value_get_enum (value);
      break;
    case PROP_VSCROLL_POLICY:
      view->policies[GTK_ORIENTATION_VERTICAL] = (GtkScrollablePolicy) g_value_get_enum (value);
      break;
    case PROP_TILE_SIZE:
      ple_tiles_view_set_tile_size (view, g_value_get_int (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ple_tiles_view_dispose (GObject *object)
{
  PleTilesView *view = PLE_TILES_VIEW (object);
  ple_tiles_view_set_pictures (view, NULL);
  ple_tiles_view_set_selection (view, NULL);
  view->info = NULL;
  view->name = NULL;
  view->log = NULL;
  for (guint i = 0; i < G_N_ELEMENTS (view->adjustments); i++)
    if (view->adjustments[i] != NULL)
      {
        g_signal_handlers_disconnect_by_data (view->adjustments[i], view);
        g_clear_object (&view->adjustments[i]);
      }
  G_OBJECT_CLASS (ple_tiles_view_parent_class)->dispose (object);
}

static void
ple_tiles_view_finalize (GObject *object)
{
  PleTilesView *view = PLE_TILES_VIEW (object);
  ple_tiles_layout_clear (&view->layout);
  g_free (view->items);
  g_free (view->starts);
  for (size_t s = 0; view->titles != NULL && s < view->n_sections; s++)
    g_free (view->titles[s]);
  g_free (view->titles);
  g_free (view->kept);
  G_OBJECT_CLASS (ple_tiles_view_parent_class)->finalize (object);
}

static void
ple_tiles_view_class_init (PleTilesViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GType type = G_TYPE_FROM_CLASS (klass);

  object_class->get_property = ple_tiles_view_get_property;
  object_class->set_property = ple_tiles_view_set_property;
  object_class->dispose = ple_tiles_view_dispose;
  object_class->finalize = ple_tiles_view_finalize;
  widget_class->draw = ple_tiles_view_draw;
  widget_class->size_allocate = ple_tiles_view_size_allocate;
  widget_class->style_updated = ple_tiles_view_style_updated;
  widget_class->unrealize = ple_tiles_view_unrealize;
  ple_tiles_input_class_init (widget_class);
  gtk_widget_class_set_css_name (widget_class, "pletiles");
  gtk_widget_class_set_accessible_type (widget_class, PLE_TYPE_CELLS_ACCESSIBLE);
  gtk_widget_class_set_accessible_role (widget_class, ATK_ROLE_TABLE);

  g_object_class_override_property (object_class, PROP_HADJUSTMENT, "hadjustment");
  g_object_class_override_property (object_class, PROP_VADJUSTMENT, "vadjustment");
  g_object_class_override_property (object_class, PROP_HSCROLL_POLICY, "hscroll-policy");
  g_object_class_override_property (object_class, PROP_VSCROLL_POLICY, "vscroll-policy");
  g_object_class_install_property (
      object_class, PROP_SETTLED,
      g_param_spec_boolean ("settled", NULL, NULL, TRUE,
                            G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (
      object_class, PROP_TILE_SIZE,
      g_param_spec_int ("tile-size", NULL, NULL, PLE_TILE_SIZE_MIN, PLE_TILE_SIZE_MAX,
                        PLE_TILE_SIZE_DEFAULT,
                        G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY));

  signals[HOVER] = g_signal_new ("hover", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                 1, G_TYPE_UINT);
  signals[ACTIVATE] = g_signal_new ("activate", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 1, G_TYPE_UINT);
  signals[CONTEXT_MENU] =
      g_signal_new ("context-menu", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                    GDK_TYPE_EVENT | G_SIGNAL_TYPE_STATIC_SCOPE);
}

static void
ple_tiles_view_init (PleTilesView *view)
{
  view->size = PLE_TILE_SIZE_DEFAULT;
  view->crisp = TRUE;
  view->settled = TRUE;
  view->focus = view->anchor = PLE_TILES_NONE;
  view->hover = PLE_SELECTION_NO_ITEM;
  ple_tiles_layout_init (&view->layout, 0, view->size, 1, NULL, 0, FALSE);
  gtk_style_context_add_class (gtk_widget_get_style_context (GTK_WIDGET (view)), "view");
  gtk_widget_set_can_focus (GTK_WIDGET (view), TRUE);
  ple_tiles_input_init (view);
  g_signal_connect (view, "notify::scale-factor", G_CALLBACK (on_scale_factor_changed), NULL);
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (view)), _ ("Pictures"));
}

GtkWidget *
ple_tiles_view_new (void)
{
  return g_object_new (PLE_TYPE_TILES_VIEW, NULL);
}

/* ---- model ---- */

void
ple_tiles_view_set_pictures (PleTilesView *view, PlePictureCache *cache)
{
  if (view->pictures != NULL)
    {
      g_signal_handlers_disconnect_by_data (view->pictures, view);
      ple_picture_cache_retract (view->pictures, view);
    }
  g_set_object (&view->pictures, cache);
  if (cache != NULL)
    g_signal_connect_swapped (cache, "updated", G_CALLBACK (on_pictures_updated), view);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
ple_tiles_view_set_selection (PleTilesView *view, PleSelection *selection)
{
  if (view->selection != NULL)
    g_signal_handlers_disconnect_by_data (view->selection, view);
  g_set_object (&view->selection, selection);
  if (selection == NULL)
    return;
  g_signal_connect_swapped (selection, "changed", G_CALLBACK (on_selection_changed), view);
  g_signal_connect_swapped (selection, "focus-changed", G_CALLBACK (on_focus_changed), view);
  on_focus_changed (view);
}

static void
set_sections (PleTilesView *view, const PleTileSection *sections, size_t n)
{
  gboolean titled = FALSE;
  for (size_t s = 0; view->titles != NULL && s < view->n_sections; s++)
    g_free (view->titles[s]);
  g_clear_pointer (&view->titles, g_free);
  g_clear_pointer (&view->starts, g_free);
  view->n_sections = n;
  if (n == 0)
    return;
  view->starts = g_new (size_t, n);
  for (size_t s = 0; s < n; s++)
    {
      view->starts[s] = sections[s].first;
      titled |= sections[s].title != NULL;
    }
  if (!titled)
    return;
  view->titles = g_new0 (char *, n);
  for (size_t s = 0; s < n; s++)
    view->titles[s] = g_strdup (sections[s].title);
}

void
ple_tiles_view_set_items (PleTilesView *view,
                          const guint32 *items,
                          size_t n,
                          const PleTileSection *sections,
                          size_t n_sections)
{
  double offset;
  size_t top = tile_near (view, 0, &offset);
  guint32 top_item = top < view->n ? view->items[top] : PLE_SELECTION_NO_ITEM;
  guint32 focus_item =
      view->selection != NULL ? ple_selection_get_focus (view->selection) : PLE_SELECTION_NO_ITEM;
  gboolean at_top = ple_tiles_view_get_scroll (view) <= 0;

  ple_tiles_input_cancel (view);
  g_free (view->items);
  view->items = g_memdup2 (items, n * sizeof *items);
  view->n = n;
  set_sections (view, sections, n_sections);
  view->focus = focus_item != PLE_SELECTION_NO_ITEM ? find (view, focus_item) : PLE_TILES_NONE;
  view->anchor = view->focus;
  view->hover = PLE_SELECTION_NO_ITEM;
  top = at_top || top_item == PLE_SELECTION_NO_ITEM ? PLE_TILES_NONE : find (view, top_item);
  lay_out_around (view, top, offset);
  ple_cells_content_changed (PLE_CELLS (view));
}

const guint32 *
ple_tiles_view_get_items (PleTilesView *view, size_t *n)
{
  *n = view->n;
  return view->items;
}

void
ple_tiles_view_set_info_func (PleTilesView *view, PleTileInfoFunc func, gpointer data)
{
  view->info = func;
  view->info_data = data;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
ple_tiles_view_set_name_func (PleTilesView *view, PleTileNameFunc func, gpointer data)
{
  view->name = func;
  view->name_data = data;
}

void
ple_tiles_view_refresh (PleTilesView *view)
{
  ple_cells_content_changed (PLE_CELLS (view));
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
ple_tiles_view_set_tile_size (PleTilesView *view, int size)
{
  ple_tiles_view_resize_at (view, size, 0);
}

int
ple_tiles_view_get_tile_size (PleTilesView *view)
{
  return view->size;
}

void
ple_tiles_view_set_crisp (PleTilesView *view, gboolean crisp)
{
  view->crisp = crisp;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
ple_tiles_view_scroll_to_top (PleTilesView *view)
{
  ple_tiles_view_scroll_to (view, 0);
}

void
ple_tiles_view_reveal (PleTilesView *view, guint32 item)
{
  ple_tiles_view_reveal_index (view, find (view, item));
}

guint32
ple_tiles_view_get_item_at (PleTilesView *view, double x, double y)
{
  size_t index = ple_tiles_layout_get_at (&view->layout, ple_tiles_view_mirror (view, x, 0),
                                          y + ple_tiles_view_get_scroll (view));
  return index < view->n ? view->items[index] : PLE_SELECTION_NO_ITEM;
}

gboolean
ple_tiles_view_get_item_area (PleTilesView *view, guint32 item, GdkRectangle *area)
{
  size_t index = find (view, item);
  if (index >= view->n)
    return FALSE;
  get_area (PLE_CELLS (view), (guint) index, area);
  return TRUE;
}

gboolean
ple_tiles_view_get_settled (PleTilesView *view)
{
  return view->settled;
}

void
ple_tiles_view_set_frame_log (PleTilesView *view, PleFrameLog *log)
{
  view->log = log;
}
