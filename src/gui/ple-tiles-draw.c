/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the grid of pictures draws, and which pictures it asks for. */
#include "config.h"

#include "gui/ple-paint.h"
#include "gui/ple-tiles-view-private.h"

#include <math.h>

#define RADIUS 5
/* Rows beyond the screen whose pictures are asked for too. */
#define ROWS_AHEAD 2
#define BAR_HEIGHT 3
/* Below these sizes a tile carries no bar, no letters. */
#define BAR_FROM 40
#define GLYPH_FROM 32

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

void
ple_tiles_draw_update_settled (PleTilesView *view)
{
  gboolean settled = view->pictures == NULL || !ple_picture_cache_is_busy (view->pictures, view);
  if (settled == view->settled)
    return;
  view->settled = settled;
  g_object_notify (G_OBJECT (view), "settled");
}

gboolean
ple_tiles_draw (GtkWidget *widget, cairo_t *cr)
{
  PleTilesView *view = PLE_TILES_VIEW (widget);
  gint64 begin = g_get_monotonic_time ();
  double scroll = ple_scroller_get (&view->scroller);
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
  ple_tiles_draw_update_settled (view);
  ple_frame_log_add (view->log, PLE_FRAME_DRAW, g_get_monotonic_time () - begin);
  return GDK_EVENT_STOP;
}
