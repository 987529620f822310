/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-gradients-private.h"

#include <math.h>
#include <string.h>

#define SIDE 32
#define BINS 8
#define GRID 8

typedef struct
{
  float rgb[SIDE * SIDE * 3];
  float magnitude[SIDE * SIDE];
  float orientation[SIDE * SIDE];
  float cells[GRID * GRID * BINS];
} Picture;

/* A rectangle of one colour on another, [x0, x1) by [y0, y1). */
static Picture *
picture_new (const float ground[3], const float paint[3], int x0, int y0, int x1, int y1)
{
  Picture *picture = g_new0 (Picture, 1);

  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      memcpy (picture->rgb + (y * SIDE + x) * 3,
              x >= x0 && x < x1 && y >= y0 && y < y1 ? paint : ground, 3 * sizeof (float));
  return picture;
}

static void
picture_pool (Picture *picture, const PleFrame *frame)
{
  ple_gradients_compute (SIDE, BINS, picture->rgb, picture->magnitude, picture->orientation);
  ple_gradients_pool (SIDE, BINS, picture->magnitude, picture->orientation, frame, GRID,
                      picture->cells);
}

static const float dark[3] = { 0.1f, 0.2f, 0.3f };
static const float pale[3] = { 0.9f, 0.7f, 0.6f };
static const PleFrame whole = { 0.5f, 0.5f, 0.5f };

static void
test_flat_is_silent (void)
{
  g_autofree Picture *picture = picture_new (pale, pale, 0, 0, 0, 0);
  PleFrame frame;

  picture_pool (picture, &whole);
  for (size_t i = 0; i < G_N_ELEMENTS (picture->cells); i++)
    g_assert_cmpfloat (picture->cells[i], ==, 0);
  frame = ple_gradients_find_frame (GRID, BINS, picture->cells, 1);
  g_assert_cmpfloat (frame.half, ==, 0.5f);
  g_assert_cmpfloat (frame.x, ==, 0.5f);
}

static double
share_of_bin (const Picture *picture, size_t bin)
{
  double sum = 0, all = 0;

  for (size_t c = 0; c < GRID * GRID; c++)
    for (size_t b = 0; b < BINS; b++)
      {
        all += (double) picture->cells[c * BINS + b];
        if (b == bin)
          sum += (double) picture->cells[c * BINS + b];
      }
  return sum / all;
}

static void
test_orientation_of_bars (void)
{
  g_autofree Picture *upright = picture_new (dark, pale, 12, 0, 20, SIDE);
  g_autofree Picture *lying = picture_new (dark, pale, 0, 12, SIDE, 20);

  picture_pool (upright, &whole);
  picture_pool (lying, &whole);
  /* Gradients of an upright bar are horizontal: angle 0, bin 0; of a lying one a quarter turn on.
   */
  g_assert_cmpfloat_with_epsilon (share_of_bin (upright, 0), 1, 1e-5);
  g_assert_cmpfloat_with_epsilon (share_of_bin (lying, BINS / 2), 1, 1e-5);
}

static void
test_polarity_does_not_matter (void)
{
  g_autofree Picture *a = picture_new (dark, pale, 5, 9, 21, 25);
  g_autofree Picture *b = picture_new (pale, dark, 5, 9, 21, 25);

  picture_pool (a, &whole);
  picture_pool (b, &whole);
  for (size_t i = 0; i < G_N_ELEMENTS (a->cells); i++)
    g_assert_cmpfloat_with_epsilon (a->cells[i], b->cells[i], 1e-5f);
}

/* Inside the frame nothing is lost: cells times pixels per cell add up to the magnitudes. */
static void
test_pooling_keeps_the_sum (void)
{
  g_autofree Picture *picture = picture_new (dark, pale, 10, 12, 20, 22);
  double magnitudes = 0, cells = 0;

  picture_pool (picture, &whole);
  for (size_t i = 0; i < SIDE * SIDE; i++)
    magnitudes += (double) picture->magnitude[i];
  for (size_t i = 0; i < G_N_ELEMENTS (picture->cells); i++)
    cells += (double) picture->cells[i];
  g_assert_cmpfloat_with_epsilon (cells * (SIDE / GRID) * (SIDE / GRID), magnitudes,
                                  1e-4 * magnitudes);
}

static void
test_frame_finds_the_object (void)
{
  g_autofree Picture *picture = picture_new (dark, pale, 4, 14, 14, 24);
  g_autofree Picture *mirrored = picture_new (dark, pale, SIDE - 14, 14, SIDE - 4, 24);
  PleFrame frame, half, other;

  picture_pool (picture, &whole);
  picture_pool (mirrored, &whole);
  frame = ple_gradients_find_frame (GRID, BINS, picture->cells, 1);
  half = ple_gradients_find_frame (GRID, BINS, picture->cells, 0.5);
  other = ple_gradients_find_frame (GRID, BINS, mirrored->cells, 1);
  /* The middle is at (9, 19) of 32; a cell is 4 pixels wide. */
  g_assert_cmpfloat_with_epsilon (frame.x, 9.0f / SIDE, 0.04f);
  g_assert_cmpfloat_with_epsilon (frame.y, 19.0f / SIDE, 0.04f);
  g_assert_cmpfloat (frame.half, <, 0.4f);
  g_assert_cmpfloat (frame.half, >, 0.1f);
  g_assert_cmpfloat_with_epsilon (half.x, (frame.x + 0.5f) / 2, 1e-5f);
  g_assert_cmpfloat_with_epsilon (half.half, sqrtf (frame.half * 0.5f), 1e-5f);
  g_assert_cmpfloat_with_epsilon (other.x, 1 - frame.x, 1e-5f);
  g_assert_cmpfloat_with_epsilon (other.half, frame.half, 1e-5f);
}

/* The same object in another place gives the same cells when the frame goes with it. */
static void
test_frame_moves_the_grid (void)
{
  g_autofree Picture *a = picture_new (dark, pale, 6, 6, 14, 18);
  g_autofree Picture *b = picture_new (dark, pale, 14, 10, 22, 22);
  PleFrame at_a = { 10.0f / SIDE, 12.0f / SIDE, 0.25f };
  PleFrame at_b = { 18.0f / SIDE, 16.0f / SIDE, 0.25f };

  picture_pool (a, &at_a);
  picture_pool (b, &at_b);
  for (size_t i = 0; i < G_N_ELEMENTS (a->cells); i++)
    g_assert_cmpfloat_with_epsilon (a->cells[i], b->cells[i], 1e-5f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/features/gradients/flat-is-silent", test_flat_is_silent);
  g_test_add_func ("/features/gradients/orientation-of-bars", test_orientation_of_bars);
  g_test_add_func ("/features/gradients/polarity-does-not-matter", test_polarity_does_not_matter);
  g_test_add_func ("/features/gradients/pooling-keeps-the-sum", test_pooling_keeps_the_sum);
  g_test_add_func ("/features/gradients/frame-finds-the-object", test_frame_finds_the_object);
  g_test_add_func ("/features/gradients/frame-moves-the-grid", test_frame_moves_the_grid);
  return g_test_run ();
}
