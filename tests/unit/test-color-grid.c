/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-color-grid-private.h"

#define SIDE 30

/* Left third red, the rest grey, in a picture mirrored or not. */
static void
fill (float *rgb, gboolean mirrored)
{
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      {
        gboolean red = (mirrored ? SIDE - 1 - x : x) < SIDE / 3;
        float *p = rgb + (y * SIDE + x) * 3;

        p[0] = red ? 1 : 0.5f;
        p[1] = p[2] = red ? 0 : 0.5f;
      }
}

static void
test_values (void)
{
  float rgb[SIDE * SIDE * 3], out[PLE_COLOR_GRID_VALUES];
  PleFrame whole = PLE_FRAME_WHOLE;

  fill (rgb, FALSE);
  ple_color_grid (SIDE, rgb, &whole, FALSE, 2, out);
  /* Red: brightness 1/3, red-green 1, yellow-blue 1/2, times two; flat, so no deviation. */
  g_assert_cmpfloat_with_epsilon (out[0], 2.0f / 3, 1e-4f);
  g_assert_cmpfloat_with_epsilon (out[1], 2, 1e-4f);
  g_assert_cmpfloat_with_epsilon (out[2], 1, 1e-4f);
  g_assert_cmpfloat_with_epsilon (out[3], 0, 2e-3f);
  g_assert_cmpfloat_with_epsilon (out[6], 1, 1e-4f);
  g_assert_cmpfloat_with_epsilon (out[7], 0, 1e-4f);
}

static void
test_mirror (void)
{
  float rgb[SIDE * SIDE * 3], a[PLE_COLOR_GRID_VALUES], b[PLE_COLOR_GRID_VALUES];
  PleFrame whole = PLE_FRAME_WHOLE;
  double difference = 0;

  for (int mirror = 1; mirror >= 0; mirror--)
    {
      fill (rgb, FALSE);
      ple_color_grid (SIDE, rgb, &whole, mirror, 1, a);
      fill (rgb, TRUE);
      ple_color_grid (SIDE, rgb, &whole, mirror, 1, b);
      difference = 0;
      for (size_t i = 0; i < PLE_COLOR_GRID_VALUES; i++)
        difference += (double) ABS (a[i] - b[i]);
      if (mirror)
        g_assert_cmpfloat (difference, <, 1e-3);
    }
  g_assert_cmpfloat (difference, >, 1);
}

/* A frame beyond the picture's edges sees only what there is. */
static void
test_frame_beyond_edges (void)
{
  float rgb[SIDE * SIDE * 3], out[PLE_COLOR_GRID_VALUES];
  PleFrame far = { 0, 0, 0.9f };

  fill (rgb, FALSE);
  ple_color_grid (SIDE, rgb, &far, FALSE, 1, out);
  for (size_t k = 0; k < 6; k++)
    g_assert_cmpfloat (out[k], ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/features/color-grid/values", test_values);
  g_test_add_func ("/features/color-grid/mirror", test_mirror);
  g_test_add_func ("/features/color-grid/frame-beyond-edges", test_frame_beyond_edges);
  return g_test_run ();
}
