/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-tiles-layout.h"

/* Four columns of 50 pixels in 4 (50 + 6) - 6 + 24. */
#define WIDTH 242

static void
check_places (const PleTilesLayout *layout)
{
  double last_y = 0;
  for (size_t i = 0; i < layout->n; i++)
    {
      double x, y;
      ple_tiles_layout_get_place (layout, i, &x, &y);
      g_assert_cmpfloat (x, >=, PLE_TILES_PADDING);
      g_assert_cmpfloat (x + layout->size, <=, MAX (layout->width, layout->size + 24));
      g_assert_cmpfloat (y, >=, last_y);
      g_assert_cmpfloat (y + layout->size, <=, layout->height);
      last_y = y;
      g_assert_cmpuint (ple_tiles_layout_get_at (layout, x, y), ==, i);
      g_assert_cmpuint (
          ple_tiles_layout_get_at (layout, x + layout->size - 1, y + layout->size - 1), ==, i);
      g_assert_cmpuint (ple_tiles_layout_get_at (layout, x + layout->size + 1, y), ==,
                        PLE_TILES_NONE);
      g_assert_cmpuint (ple_tiles_layout_get_at (layout, x, y + layout->size + 1), ==,
                        PLE_TILES_NONE);
    }
}

/* Every tile that touches the strip is in the range, and no row beyond the next. */
static void
check_ranges (const PleTilesLayout *layout)
{
  for (double top = -40; top < layout->height + 40; top += 7)
    {
      size_t first, end;
      double bottom = top + 90;
      ple_tiles_layout_get_range (layout, top, bottom, &first, &end);
      g_assert_cmpuint (first, <=, end);
      g_assert_cmpuint (end, <=, layout->n);
      for (size_t i = 0; i < layout->n; i++)
        {
          double x, y;
          ple_tiles_layout_get_place (layout, i, &x, &y);
          if (y < bottom && y + layout->size > top)
            {
              g_assert_cmpuint (i, >=, first);
              g_assert_cmpuint (i, <, end);
            }
          else if (y > bottom + layout->size || y + 2 * layout->size < top)
            g_assert_true (i < first || i >= end);
        }
    }
}

static void
test_plain (void)
{
  static const size_t numbers[] = { 1, 3, 4, 5, 50 };
  for (guint k = 0; k < G_N_ELEMENTS (numbers); k++)
    {
      PleTilesLayout layout;
      ple_tiles_layout_init (&layout, numbers[k], 50, WIDTH, NULL, 0, FALSE);
      g_assert_cmpuint (layout.columns, ==, 4);
      check_places (&layout);
      check_ranges (&layout);
      ple_tiles_layout_clear (&layout);
    }
}

static void
test_sections (void)
{
  const size_t starts[] = { 0, 5, 5, 6, 20, 30 };
  for (int headers = 0; headers < 2; headers++)
    {
      PleTilesLayout layout;
      ple_tiles_layout_init (&layout, 30, 50, WIDTH, starts, G_N_ELEMENTS (starts), headers);
      check_places (&layout);
      check_ranges (&layout);
      double x, y, x6, y6;
      ple_tiles_layout_get_place (&layout, 5, &x, &y);
      ple_tiles_layout_get_place (&layout, 6, &x6, &y6);
      g_assert_cmpfloat (x, ==, x6);
      g_assert_cmpfloat (y6 - y, ==, 56 + (headers ? PLE_TILES_HEADER : 0));
      ple_tiles_layout_clear (&layout);
    }
}

static void
test_steps (void)
{
  const size_t starts[] = { 0, 6 };
  PleTilesLayout layout;
  ple_tiles_layout_init (&layout, 12, 50, WIDTH, starts, 2, TRUE);
  /* Rows: 0-3, 4-5, 6-9, 10-11. */
  g_assert_cmpuint (ple_tiles_layout_step_rows (&layout, 1, 1), ==, 5);
  g_assert_cmpuint (ple_tiles_layout_step_rows (&layout, 3, 1), ==, 5);
  g_assert_cmpuint (ple_tiles_layout_step_rows (&layout, 5, 1), ==, 7);
  g_assert_cmpuint (ple_tiles_layout_step_rows (&layout, 9, -2), ==, 3);
  g_assert_cmpuint (ple_tiles_layout_step_rows (&layout, 6, -1), ==, 4);
  g_assert_cmpuint (ple_tiles_layout_step_rows (&layout, 8, 1), ==, 11);
  g_assert_cmpuint (ple_tiles_layout_step_rows (&layout, 0, 99), ==, 10);
  g_assert_cmpuint (ple_tiles_layout_step_rows (&layout, 11, -99), ==, 1);
  ple_tiles_layout_clear (&layout);
}

static void
test_odd_sizes (void)
{
  PleTilesLayout layout;
  /* Narrower than one tile: still one column. */
  ple_tiles_layout_init (&layout, 3, 512, 40, NULL, 0, FALSE);
  g_assert_cmpuint (layout.columns, ==, 1);
  check_places (&layout);
  ple_tiles_layout_clear (&layout);
  ple_tiles_layout_init (&layout, 0, 50, WIDTH, NULL, 0, FALSE);
  size_t first, end;
  ple_tiles_layout_get_range (&layout, 0, 1000, &first, &end);
  g_assert_cmpuint (end, ==, 0);
  g_assert_cmpuint (ple_tiles_layout_get_at (&layout, 20, 20), ==, PLE_TILES_NONE);
  ple_tiles_layout_clear (&layout);
  /* ImageNet at the smallest size. */
  ple_tiles_layout_init (&layout, 1281167, 16, 1000, NULL, 0, FALSE);
  double x, y;
  ple_tiles_layout_get_place (&layout, 1281166, &x, &y);
  g_assert_cmpuint (ple_tiles_layout_get_at (&layout, x + 8, y + 8), ==, 1281166);
  ple_tiles_layout_clear (&layout);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gui/tiles-layout/plain", test_plain);
  g_test_add_func ("/gui/tiles-layout/sections", test_sections);
  g_test_add_func ("/gui/tiles-layout/steps", test_steps);
  g_test_add_func ("/gui/tiles-layout/odd-sizes", test_odd_sizes);
  return g_test_run ();
}
