/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "gui/ple-frame-log.h"
#include "gui/ple-picture-cache.h"
#include "gui/ple-selection.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * PleTilesView:
 *
 * A scrolling grid of pictures; put it in a GtkScrolledWindow. Only the rows on the screen cost
 * anything: there are no children, and pictures are asked from a #PlePictureCache when they come
 * near.
 *
 * Mouse: click selects one, Ctrl+click toggles, Shift+click selects from the last one on; a drag
 * draws a frame (Shift or Ctrl keep what was selected). Ctrl+wheel changes the size. Keyboard:
 * arrows, Home, End, Page; with Shift a range, with Ctrl the focus alone; Ctrl+Space toggles; Enter
 * activates.
 *
 * Properties: "settled" (boolean: all visible pictures are there), "tile-size" (int, logical
 * pixels), and those of GtkScrollable.
 * Signals: "hover" (guint item or PLE_SELECTION_NO_ITEM), "activate" (guint item), "context-menu"
 * (GdkEvent, or %NULL from the keyboard).
 */
#define PLE_TYPE_TILES_VIEW (ple_tiles_view_get_type ())
G_DECLARE_FINAL_TYPE (PleTilesView, ple_tiles_view, PLE, TILES_VIEW, GtkDrawingArea)

#define PLE_TILE_SIZE_MIN 16
#define PLE_TILE_SIZE_MAX 512
#define PLE_TILE_SIZE_DEFAULT 96

typedef enum
{
  PLE_TILE_GLYPH_NONE,
  PLE_TILE_GLYPH_CONFIRMED,
  PLE_TILE_GLYPH_UNSURE,
  PLE_TILE_GLYPH_EXCLUDED,
  PLE_TILE_GLYPH_LOCKED,
  PLE_TILE_N_GLYPHS
} PleTileGlyph;

/**
 * PleTileInfo:
 * @confidence: 0 to 1 for a bar at the lower edge; NaN for none
 * @glyph: in the upper right corner
 * @hint: (nullable): letters in a pill at the upper left
 * @struck: faded, with a cross: struck out on this page
 *
 * What is drawn over a picture. Filled with "nothing" before the callback is called.
 */
typedef struct
{
  double confidence;
  PleTileGlyph glyph;
  const char *hint;
  gboolean struck;
} PleTileInfo;

/* Called for each visible tile in each draw: must be fast. @index: place in the grid. */
typedef void (*PleTileInfoFunc) (gpointer data, guint32 item, size_t index, PleTileInfo *info);
/* (transfer full): what assistive technology reads, such as "husky, confirmed, 93 %". */
typedef char *(*PleTileNameFunc) (gpointer data, guint32 item, size_t index);

/* Tiles from number @first on belong together under @title (%NULL for a plain break). */
typedef struct
{
  size_t first;
  const char *title;
} PleTileSection;

GtkWidget *ple_tiles_view_new (void);

void ple_tiles_view_set_pictures (PleTilesView *view, PlePictureCache *cache);
void ple_tiles_view_set_selection (PleTilesView *view, PleSelection *selection);

/**
 * ple_tiles_view_set_items:
 * @items: (array length=n): in the order to show; copied
 * @sections: (nullable) (array length=n_sections): ascending from 0; copied
 *
 * The first item on the screen stays where it is if it is among the new ones; else the view stays
 * at its height. For another set of pictures call ple_tiles_view_scroll_to_top() too.
 */
void ple_tiles_view_set_items (PleTilesView *view,
                               const guint32 *items,
                               size_t n,
                               const PleTileSection *sections,
                               size_t n_sections);
/* (transfer none) (array length=n) */
const guint32 *ple_tiles_view_get_items (PleTilesView *view, size_t *n);

/* Both @data must live as long as the view or until replaced by %NULL. */
void ple_tiles_view_set_info_func (PleTilesView *view, PleTileInfoFunc func, gpointer data);
void ple_tiles_view_set_name_func (PleTilesView *view, PleTileNameFunc func, gpointer data);
/* What the callback says has changed: draws anew. */
void ple_tiles_view_refresh (PleTilesView *view);

void ple_tiles_view_set_tile_size (PleTilesView *view, int size);
int ple_tiles_view_get_tile_size (PleTilesView *view);
/* Pictures smaller than a tile are enlarged as squares (the default) or smoothly. */
void ple_tiles_view_set_crisp (PleTilesView *view, gboolean crisp);

void ple_tiles_view_scroll_to_top (PleTilesView *view);
/* Scrolls as little as needed to show @item whole. */
void ple_tiles_view_reveal (PleTilesView *view, guint32 item);
/* The item at widget coordinates, or PLE_SELECTION_NO_ITEM. */
guint32 ple_tiles_view_get_item_at (PleTilesView *view, double x, double y);
/* Where @item is in widget coordinates. Returns: %FALSE if it is not in the grid. */
gboolean ple_tiles_view_get_item_area (PleTilesView *view, guint32 item, GdkRectangle *area);

gboolean ple_tiles_view_get_settled (PleTilesView *view);
/* @log: (nullable): not owned. */
void ple_tiles_view_set_frame_log (PleTilesView *view, PleFrameLog *log);

G_END_DECLS
