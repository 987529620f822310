/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define PLE_TILES_GAP 6
#define PLE_TILES_PADDING 12
#define PLE_TILES_HEADER 30
#define PLE_TILES_NONE G_MAXSIZE

/* Tiles first .. first + count - 1, from @y on; a header of @header pixels comes first. */
typedef struct
{
  size_t first;
  size_t count;
  double y;
  int header;
} PleTilesSection;

/**
 * PleTilesLayout:
 *
 * Where tiles of equal size are: rows of as many as fit, in sections that each begin a new row.
 * Pure arithmetic, in pixels from the upper left of the whole; O(log sections) a question, whatever
 * the number of tiles.
 */
typedef struct
{
  size_t n;
  int size;
  int width;
  size_t columns;
  double height;
  PleTilesSection *sections;
  size_t n_sections;
} PleTilesLayout;

/* @starts: (nullable) (array length=n_starts): first tile of each section, ascending from 0;
 * @headers: whether sections have a header. Without, all is one section. */
void ple_tiles_layout_init (PleTilesLayout *layout,
                            size_t n,
                            int size,
                            int width,
                            const size_t *starts,
                            size_t n_starts,
                            gboolean headers);
void ple_tiles_layout_clear (PleTilesLayout *layout);

/* Upper left corner of tile @index < n. */
void ple_tiles_layout_get_place (const PleTilesLayout *layout, size_t index, double *x, double *y);
/* The tile at a point, %PLE_TILES_NONE between tiles. */
size_t ple_tiles_layout_get_at (const PleTilesLayout *layout, double x, double y);
/* Tiles *first .. *end - 1 are those of all rows that touch @top .. @bottom. */
void ple_tiles_layout_get_range (
    const PleTilesLayout *layout, double top, double bottom, size_t *first, size_t *end);
/* The tile @rows rows further down (up if negative), in the same column as far as there is one; the
 * first or last row's where that ends. */
size_t ple_tiles_layout_step_rows (const PleTilesLayout *layout, size_t index, long rows);
/* The section that a tile belongs to. */
size_t ple_tiles_layout_get_section (const PleTilesLayout *layout, size_t index);

G_END_DECLS
