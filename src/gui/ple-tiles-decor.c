/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outlines, marks and letters over the pictures of the grid. Each is drawn once to a surface of the
 * display server and then copied: a hundred tiles have a hundred of them in every frame. */
#include "config.h"

#include "gui/ple-paint.h"
#include "gui/ple-tiles-view-private.h"

#define RADIUS 5
/* Outlines reach beyond the tile. */
#define BLEED 3
#define GLYPH_RADIUS 8.0
#define GLYPH_SIDE 18

void
ple_tiles_decor_clear (PleTilesView *view)
{
  PleTilesDecor *decor = &view->decor;
  g_clear_pointer (&decor->placeholder, cairo_surface_destroy);
  g_clear_pointer (&decor->selected, cairo_surface_destroy);
  g_clear_pointer (&decor->focus, cairo_surface_destroy);
  g_clear_pointer (&decor->struck, cairo_surface_destroy);
  for (guint i = 0; i < G_N_ELEMENTS (decor->glyphs); i++)
    g_clear_pointer (&decor->glyphs[i], cairo_surface_destroy);
}

static void
paint_placeholder (PleTilesView *view, cairo_t *cr)
{
  ple_paint_rounded (cr, 0, 0, view->size, view->size, RADIUS);
  ple_paint_set (cr, view->ink, 0.07);
  cairo_fill (cr);
}

/* The accent around the tile, and a line of the background between the two: it shows on any picture
 * and beside any. */
static void
paint_selected (PleTilesView *view, cairo_t *cr)
{
  double size = view->size;
  ple_paint_rounded (cr, -1, -1, size + 2, size + 2, RADIUS + 1);
  ple_paint_set (cr, view->accent, 1);
  cairo_set_line_width (cr, 3);
  cairo_stroke (cr);
  ple_paint_rounded (cr, 1, 1, size - 2, size - 2, RADIUS - 1);
  ple_paint_set (cr, view->background, 1);
  cairo_set_line_width (cr, 1);
  cairo_stroke (cr);
}

static void
paint_focus (PleTilesView *view, cairo_t *cr)
{
  double size = view->size;
  ple_paint_rounded (cr, 3, 3, size - 6, size - 6, RADIUS - 1);
  cairo_set_line_width (cr, 4);
  ple_paint_set (cr, 0x000000, 0.75);
  cairo_stroke_preserve (cr);
  cairo_set_line_width (cr, 2);
  ple_paint_set (cr, 0xffffff, 1);
  cairo_stroke (cr);
}

static void
paint_struck (PleTilesView *view, cairo_t *cr)
{
  double middle = view->size / 2.0, reach = CLAMP (view->size * 0.08, 4, 14);
  ple_paint_rounded (cr, 0, 0, view->size, view->size, RADIUS);
  ple_paint_set (cr, view->background, 0.72);
  cairo_fill (cr);
  cairo_set_line_width (cr, 3);
  ple_paint_set (cr, view->ink, 0.5);
  cairo_move_to (cr, middle - reach, middle - reach);
  cairo_line_to (cr, middle + reach, middle + reach);
  cairo_move_to (cr, middle + reach, middle - reach);
  cairo_line_to (cr, middle - reach, middle + reach);
  cairo_stroke (cr);
}

static void
trace_glyph (cairo_t *cr, PleTileGlyph glyph, double x, double y)
{
  switch (glyph)
    {
    case PLE_TILE_GLYPH_CONFIRMED:
      cairo_move_to (cr, x - 3.5, y + 0.2);
      cairo_line_to (cr, x - 1, y + 2.8);
      cairo_line_to (cr, x + 3.6, y - 2.8);
      break;
    case PLE_TILE_GLYPH_UNSURE:
      cairo_arc (cr, x, y - 1.9, 2.2, G_PI, 2.45 * G_PI);
      cairo_line_to (cr, x, y + 1.6);
      cairo_move_to (cr, x, y + 3.9);
      cairo_line_to (cr, x, y + 4.1);
      break;
    case PLE_TILE_GLYPH_EXCLUDED:
      cairo_move_to (cr, x - 2.8, y - 2.8);
      cairo_line_to (cr, x + 2.8, y + 2.8);
      cairo_move_to (cr, x + 2.8, y - 2.8);
      cairo_line_to (cr, x - 2.8, y + 2.8);
      break;
    case PLE_TILE_GLYPH_LOCKED:
      cairo_rectangle (cr, x - 2.6, y - 0.6, 5.2, 4);
      cairo_new_sub_path (cr);
      cairo_arc (cr, x, y - 1.2, 1.9, G_PI, 2 * G_PI);
      break;
    case PLE_TILE_GLYPH_NONE:
    case PLE_TILE_N_GLYPHS:
    default:
      break;
    }
}

static void
paint_glyph (cairo_t *cr, PleTileGlyph glyph)
{
  double middle = GLYPH_SIDE / 2.0;
  cairo_arc (cr, middle, middle, GLYPH_RADIUS, 0, 2 * G_PI);
  ple_paint_set (cr, 0x000000, 0.6);
  cairo_fill (cr);
  cairo_set_line_width (cr, 1.7);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  ple_paint_set (cr, 0xffffff, 1);
  trace_glyph (cr, glyph, middle, middle);
  cairo_stroke (cr);
}

static cairo_surface_t *
surface_new (PleTilesView *view, int side)
{
  return gdk_window_create_similar_surface (gtk_widget_get_window (GTK_WIDGET (view)),
                                            CAIRO_CONTENT_COLOR_ALPHA, side, side);
}

void
ple_tiles_decor_draw (
    PleTilesView *view, cairo_t *cr, PleTilesDecoration decoration, double x, double y)
{
  static void (*const painters[]) (PleTilesView *, cairo_t *) = {
    [PLE_TILES_PLACEHOLDER] = paint_placeholder,
    [PLE_TILES_SELECTED] = paint_selected,
    [PLE_TILES_FOCUS] = paint_focus,
    [PLE_TILES_STRUCK] = paint_struck,
  };
  cairo_surface_t **const surfaces[] = {
    [PLE_TILES_PLACEHOLDER] = &view->decor.placeholder,
    [PLE_TILES_SELECTED] = &view->decor.selected,
    [PLE_TILES_FOCUS] = &view->decor.focus,
    [PLE_TILES_STRUCK] = &view->decor.struck,
  };
  cairo_surface_t **surface = surfaces[decoration];
  if (*surface == NULL)
    {
      *surface = surface_new (view, view->size + 2 * BLEED);
      cairo_t *once = cairo_create (*surface);
      cairo_translate (once, BLEED, BLEED);
      painters[decoration](view, once);
      cairo_destroy (once);
    }
  cairo_set_source_surface (cr, *surface, x - BLEED, y - BLEED);
  cairo_paint (cr);
}

void
ple_tiles_decor_draw_glyph (PleTilesView *view, cairo_t *cr, PleTileGlyph glyph, double x, double y)
{
  cairo_surface_t **surface = &view->decor.glyphs[glyph];
  if (*surface == NULL)
    {
      *surface = surface_new (view, GLYPH_SIDE);
      cairo_t *once = cairo_create (*surface);
      paint_glyph (once, glyph);
      cairo_destroy (once);
    }
  cairo_set_source_surface (cr, *surface, x + view->size - GLYPH_SIDE - 3, y + 3);
  cairo_paint (cr);
}

void
ple_tiles_decor_draw_hint (PleTilesView *view, cairo_t *cr, const char *hint, double x, double y)
{
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (view), hint);
  PangoAttrList *attributes = pango_attr_list_new ();
  pango_attr_list_insert (attributes, pango_attr_weight_new (PANGO_WEIGHT_BOLD));
  pango_layout_set_attributes (layout, attributes);
  pango_attr_list_unref (attributes);
  int width, height;
  pango_layout_get_pixel_size (layout, &width, &height);
  double pill = MAX (width + 10, height);
  ple_paint_rounded (cr, x + 5, y + 5, pill, height + 2, 4);
  ple_paint_set (cr, 0x000000, 0.68);
  cairo_fill (cr);
  ple_paint_set (cr, 0xffffff, 1);
  cairo_move_to (cr, x + 5 + (pill - width) / 2.0, y + 6);
  pango_cairo_show_layout (cr, layout);
  cairo_new_path (cr);
}
