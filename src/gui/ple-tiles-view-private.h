/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "gui/ple-cells.h"
#include "gui/ple-scroller.h"
#include "gui/ple-tiles-layout.h"
#include "gui/ple-tiles-view.h"

G_BEGIN_DECLS

/* What lies over pictures, drawn once for the present size and theme. */
typedef struct
{
  cairo_surface_t *placeholder;
  cairo_surface_t *selected;
  cairo_surface_t *focus;
  cairo_surface_t *struck;
  cairo_surface_t *glyphs[PLE_TILE_N_GLYPHS];
} PleTilesDecor;

struct _PleTilesView
{
  GtkDrawingArea parent_instance;

  guint32 *items;
  size_t n;
  size_t *starts;
  char **titles; /* of the sections */
  size_t n_sections;
  PlePictureCache *pictures;
  PleSelection *selection;
  PleTileInfoFunc info;
  gpointer info_data;
  PleTileNameFunc name;
  gpointer name_data;
  PleFrameLog *log;

  PleTilesLayout layout;
  int size;
  gboolean crisp;
  PleScroller scroller;
  size_t shown_first; /* of the last draw */
  size_t shown_end;
  gboolean settled;

  guint32 background;
  guint32 ink;
  guint32 accent;
  PleTilesDecor decor;

  /* Input. */
  size_t focus;  /* places in the grid, PLE_TILES_NONE for none */
  size_t anchor; /* where a range begins */
  guint32 hover;
  guint button;
  guint modifiers;
  gboolean pressed;
  gboolean banding;
  double press_x, press_y;     /* from the upper left of the whole */
  double pointer_x, pointer_y; /* of the widget */
  guint32 *kept;               /* selected before the band, to be kept */
  size_t n_kept;
  guint tick;
};

/* Where something of @width at @x of the layout is in a window that reads from right to left (and
 * the other way round); @x otherwise. */
double ple_tiles_view_mirror (PleTilesView *view, double x, double width);
/* The tile at widget coordinates, PLE_TILES_NONE for none. */
size_t ple_tiles_view_get_index_at (PleTilesView *view, double x, double y);
/* Resizes tiles so that what is at (@x, @y) of the widget stays there. */
void ple_tiles_view_resize_at (PleTilesView *view, int size, double y);
/* Moves the keyboard there and tells the selection. */
void ple_tiles_view_set_focus_index (PleTilesView *view, size_t index);

/* ple-tiles-draw.c */
gboolean ple_tiles_draw (GtkWidget *widget, cairo_t *cr);
/* Whether all pictures on the screen are there: property "settled". */
void ple_tiles_draw_update_settled (PleTilesView *view);

/* ple-tiles-decor.c */
typedef enum
{
  PLE_TILES_PLACEHOLDER,
  PLE_TILES_SELECTED,
  PLE_TILES_FOCUS,
  PLE_TILES_STRUCK,
} PleTilesDecoration;

void ple_tiles_decor_clear (PleTilesView *view);
/* Over the tile whose upper left corner is (@x, @y). */
void ple_tiles_decor_draw (
    PleTilesView *view, cairo_t *cr, PleTilesDecoration decoration, double x, double y);
void ple_tiles_decor_draw_glyph (
    PleTilesView *view, cairo_t *cr, PleTileGlyph glyph, double x, double y);
void
ple_tiles_decor_draw_hint (PleTilesView *view, cairo_t *cr, const char *hint, double x, double y);

/* ple-tiles-input.c */
void ple_tiles_input_class_init (GtkWidgetClass *widget_class);
void ple_tiles_input_init (PleTilesView *view);
void ple_tiles_input_cancel (PleTilesView *view);
void ple_tiles_input_click (PleTilesView *view, size_t index, guint modifiers);
/* The band in widget coordinates; %FALSE if there is none. */
gboolean ple_tiles_input_get_band (PleTilesView *view, GdkRectangle *band);

G_END_DECLS
