/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "plot/ple-palette.h"

#include "base/ple-rng.h"

#include <math.h>

static void
test_colours_are_distinct (void)
{
  for (PlePaletteSet set = PLE_PALETTE_STANDARD; set <= PLE_PALETTE_SAFE; set++)
    for (guint i = 0; i < PLE_PALETTE_SIZE; i++)
      for (guint j = 0; j < i; j++)
        g_assert_cmphex (ple_palette_get (set, i), !=, ple_palette_get (set, j));
  g_assert_cmphex (ple_palette_get (PLE_PALETTE_STANDARD, 0), ==, 0x4087de);
  g_assert_cmphex (ple_palette_get (PLE_PALETTE_STANDARD, 24), ==, 0x4087de);
}

/* Lightness L of OKLab (Ottosson 2020). */
static double
lightness (guint32 colour)
{
  double rgb[3];
  for (int i = 0; i < 3; i++)
    {
      double v = ((colour >> (16 - 8 * i)) & 255) / 255.0;
      rgb[i] = v <= 0.04045 ? v / 12.92 : pow ((v + 0.055) / 1.055, 2.4);
    }
  double l = cbrt (0.4122214708 * rgb[0] + 0.5363325363 * rgb[1] + 0.0514459929 * rgb[2]);
  double m = cbrt (0.2119034982 * rgb[0] + 0.6806995451 * rgb[1] + 0.1073969566 * rgb[2]);
  double s = cbrt (0.0883024619 * rgb[0] + 0.2817188376 * rgb[1] + 0.6299787005 * rgb[2]);
  return 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s;
}

/* Some hues leave the sRGB gamut at the wanted chroma and were clipped; hence the tolerance. */
static void
test_tones_are_equally_light (void)
{
  for (guint i = 0; i < 12; i++)
    {
      g_assert_cmpfloat_with_epsilon (lightness (ple_palette_get (PLE_PALETTE_STANDARD, i)), 0.62,
                                      0.025);
      g_assert_cmpfloat_with_epsilon (lightness (ple_palette_get (PLE_PALETTE_STANDARD, i + 12)),
                                      0.76, 0.025);
    }
}

static void
test_ramp_rises (void)
{
  double last = 0;
  for (int i = 0; i <= 100; i++)
    {
      double now = lightness (ple_palette_ramp (i / 100.0));
      g_assert_cmpfloat (now, >, last);
      last = now;
    }
  g_assert_cmphex (ple_palette_ramp (-5), ==, ple_palette_ramp (0));
  g_assert_cmphex (ple_palette_ramp (NAN), ==, PLE_PALETTE_NONE);
}

/* A field of k x k square groups that fill the plane. */
static PlePoints *
field (guint k, size_t n, gint32 *labels)
{
  PleRng rng;
  ple_rng_init (&rng, 1);
  g_autoptr (PleMatrix) xy = ple_matrix_new (n, 2, NULL);
  for (size_t i = 0; i < n; i++)
    {
      double x = ple_rng_uniform (&rng) * k, y = ple_rng_uniform (&rng) * k;
      labels[i] = (gint32) ((guint) y * k + (guint) x);
      xy->data[2 * i] = (float) x;
      xy->data[2 * i + 1] = (float) y;
    }
  return ple_points_new (xy);
}

static void
test_neighbours_never_share (void)
{
  const guint k = 14;
  g_autofree gint32 *labels = g_new (gint32, 40000);
  g_autoptr (PlePoints) points = field (k, 40000, labels);
  guint8 colours[14 * 14], again[14 * 14];
  guint used[PLE_PALETTE_SIZE] = { 0 };
  ple_palette_assign (points, labels, k * k, colours);
  ple_palette_assign (points, labels, k * k, again);
  g_assert_cmpmem (colours, sizeof colours, again, sizeof again);
  for (guint y = 0; y < k; y++)
    for (guint x = 0; x < k; x++)
      {
        guint8 c = colours[y * k + x];
        g_assert_cmpuint (c, <, PLE_PALETTE_SIZE);
        used[c]++;
        if (x + 1 < k)
          g_assert_cmpuint (c, !=, colours[y * k + x + 1]);
        if (y + 1 < k)
          g_assert_cmpuint (c, !=, colours[(y + 1) * k + x]);
        if (x + 1 < k && y + 1 < k)
          g_assert_cmpuint (c, !=, colours[(y + 1) * k + x + 1]);
      }
  /* All colours are used, none for a quarter of the groups. */
  for (guint c = 0; c < PLE_PALETTE_SIZE; c++)
    {
      g_assert_cmpuint (used[c], >, 0);
      g_assert_cmpuint (used[c], <, k * k / 4);
    }
}

static void
test_few_groups_keep_their_number (void)
{
  guint8 colours[PLE_PALETTE_SIZE];
  ple_palette_assign (NULL, NULL, PLE_PALETTE_SIZE, colours);
  for (guint i = 0; i < PLE_PALETTE_SIZE; i++)
    g_assert_cmpuint (colours[i], ==, i);
}

static void
test_hopeless_and_empty (void)
{
  /* 60 groups all in one heap, some empty, some labels out of range: no crash, colours in range. */
  g_autofree gint32 *labels = g_new (gint32, 5000);
  g_autoptr (PlePoints) points = field (1, 5000, labels);
  for (int i = 0; i < 5000; i++)
    labels[i] = i % 70 - 2;
  guint8 colours[60];
  ple_palette_assign (points, labels, 60, colours);
  for (guint g = 0; g < 60; g++)
    g_assert_cmpuint (colours[g], <, PLE_PALETTE_SIZE);
  for (int i = 0; i < 5000; i++)
    labels[i] = -1;
  ple_palette_assign (points, labels, 60, colours);
  ple_palette_assign (points, labels, 0, colours);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plot/palette/colours-are-distinct", test_colours_are_distinct);
  g_test_add_func ("/plot/palette/tones-are-equally-light", test_tones_are_equally_light);
  g_test_add_func ("/plot/palette/ramp-rises", test_ramp_rises);
  g_test_add_func ("/plot/palette/neighbours-never-share", test_neighbours_never_share);
  g_test_add_func ("/plot/palette/few-groups-keep-their-number", test_few_groups_keep_their_number);
  g_test_add_func ("/plot/palette/hopeless-and-empty", test_hopeless_and_empty);
  return g_test_run ();
}
