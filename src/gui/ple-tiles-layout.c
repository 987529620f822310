/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-tiles-layout.h"

#include <math.h>

static double
pitch (const PleTilesLayout *layout)
{
  return layout->size + PLE_TILES_GAP;
}

static size_t
rows_of (const PleTilesLayout *layout, const PleTilesSection *section)
{
  return (section->count + layout->columns - 1) / layout->columns;
}

void
ple_tiles_layout_init (PleTilesLayout *layout,
                       size_t n,
                       int size,
                       int width,
                       const size_t *starts,
                       size_t n_starts,
                       gboolean headers)
{
  int room = width - 2 * PLE_TILES_PADDING + PLE_TILES_GAP;
  gboolean plain = starts == NULL || n_starts == 0;
  *layout = (PleTilesLayout){ .n = n, .size = size, .width = width };
  layout->columns = (size_t) MAX (room / (size + PLE_TILES_GAP), 1);
  layout->n_sections = plain ? 1 : n_starts;
  layout->sections = g_new0 (PleTilesSection, layout->n_sections);
  double y = PLE_TILES_PADDING;
  for (size_t s = 0; s < layout->n_sections; s++)
    {
      PleTilesSection *section = &layout->sections[s];
      size_t end = plain || s + 1 == n_starts ? n : MIN (starts[s + 1], n);
      section->first = plain ? 0 : MIN (starts[s], end);
      section->count = end - section->first;
      section->header = headers && !plain ? PLE_TILES_HEADER : 0;
      section->y = y + section->header;
      y = section->y + (double) rows_of (layout, section) * pitch (layout);
    }
  layout->height = y - PLE_TILES_GAP + PLE_TILES_PADDING;
}

void
ple_tiles_layout_clear (PleTilesLayout *layout)
{
  g_clear_pointer (&layout->sections, g_free);
}

size_t
ple_tiles_layout_get_section (const PleTilesLayout *layout, size_t index)
{
  size_t low = 0, high = layout->n_sections - 1;
  while (low < high)
    {
      size_t middle = (low + high + 1) / 2;
      if (layout->sections[middle].first <= index)
        low = middle;
      else
        high = middle - 1;
    }
  /* Of empty sections that begin at the same tile, the last has it. */
  return low;
}

void
ple_tiles_layout_get_place (const PleTilesLayout *layout, size_t index, double *x, double *y)
{
  const PleTilesSection *section = &layout->sections[ple_tiles_layout_get_section (layout, index)];
  size_t k = index - section->first;
  *x = PLE_TILES_PADDING + (double) (k % layout->columns) * pitch (layout);
  *y = section->y + (double) (k / layout->columns) * pitch (layout);
}

/* The last section that begins (its header included) at or above @y; the first if none does. */
static size_t
section_at (const PleTilesLayout *layout, double y)
{
  size_t low = 0, high = layout->n_sections - 1;
  while (low < high)
    {
      size_t middle = (low + high + 1) / 2;
      if (layout->sections[middle].y - layout->sections[middle].header <= y)
        low = middle;
      else
        high = middle - 1;
    }
  return low;
}

size_t
ple_tiles_layout_get_at (const PleTilesLayout *layout, double x, double y)
{
  const PleTilesSection *section = &layout->sections[section_at (layout, y)];
  double column = floor ((x - PLE_TILES_PADDING) / pitch (layout));
  double row = floor ((y - section->y) / pitch (layout));
  if (column < 0 || column >= (double) layout->columns || row < 0)
    return PLE_TILES_NONE;
  if (x - PLE_TILES_PADDING - column * pitch (layout) >= layout->size ||
      y - section->y - row * pitch (layout) >= layout->size)
    return PLE_TILES_NONE;
  double k = row * (double) layout->columns + column;
  return k < (double) section->count ? section->first + (size_t) k : PLE_TILES_NONE;
}

void
ple_tiles_layout_get_range (
    const PleTilesLayout *layout, double top, double bottom, size_t *first, size_t *end)
{
  const PleTilesSection *a = &layout->sections[section_at (layout, top)];
  const PleTilesSection *b = &layout->sections[section_at (layout, bottom)];
  double columns = (double) layout->columns;
  double row = CLAMP (floor ((top - a->y + PLE_TILES_GAP) / pitch (layout)), 0,
                      (double) rows_of (layout, a));
  *first = a->first + (size_t) MIN (row * columns, (double) a->count);
  row = CLAMP (ceil ((bottom - b->y) / pitch (layout)), 0, (double) rows_of (layout, b));
  *end = b->first + (size_t) MIN (row * columns, (double) b->count);
  *end = MAX (*end, *first);
}

size_t
ple_tiles_layout_step_rows (const PleTilesLayout *layout, size_t index, long rows)
{
  size_t s = ple_tiles_layout_get_section (layout, index);
  const PleTilesSection *section = &layout->sections[s];
  size_t column = (index - section->first) % layout->columns;
  long row = (long) ((index - section->first) / layout->columns) + rows;
  while (row < 0 && s > 0)
    {
      section = &layout->sections[--s];
      row += (long) rows_of (layout, section);
    }
  while (row >= (long) rows_of (layout, section) && s + 1 < layout->n_sections)
    {
      row -= (long) rows_of (layout, section);
      section = &layout->sections[++s];
    }
  /* Beyond either end: stay in the first or last row that has tiles. */
  while (section->count == 0 && s > 0)
    section = &layout->sections[--s];
  if (section->count == 0)
    return index;
  row = CLAMP (row, 0, (long) rows_of (layout, section) - 1);
  size_t k = (size_t) row * layout->columns + column;
  return section->first + MIN (k, section->count - 1);
}
