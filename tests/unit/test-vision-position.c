/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-vision-position.h"
#include "ple-test.h"

#include <math.h>

static double
keys (double x, double a)
{
  x = fabs (x);
  if (x <= 1)
    return (a + 2) * x * x * x - (a + 3) * x * x + 1;
  return x < 2 ? a * x * x * x - 5 * a * x * x + 8 * a * x - 4 * a : 0;
}

/* One output cell from all input cells at once. */
static double
resize_reference (size_t side,
                  size_t rows,
                  size_t columns,
                  size_t width,
                  gboolean antialias,
                  const float *from,
                  size_t y,
                  size_t x,
                  size_t c)
{
  double sy = (double) side / (double) rows, sx = (double) side / (double) columns;
  double fy = MAX (sy, 1), fx = MAX (sx, 1), sum = 0, total = 0;

  for (ptrdiff_t i = -4; i < (ptrdiff_t) side + 4; i++)
    for (ptrdiff_t j = -4; j < (ptrdiff_t) side + 4; j++)
      {
        double dy = (double) i + 0.5 - ((double) y + 0.5) * sy;
        double dx = (double) j + 0.5 - ((double) x + 0.5) * sx;
        ptrdiff_t ci = CLAMP (i, 0, (ptrdiff_t) side - 1), cj = CLAMP (j, 0, (ptrdiff_t) side - 1);
        double w;

        if (antialias && (ci != i || cj != j))
          continue;
        w = antialias ? keys (dy / fy, -0.5) * keys (dx / fx, -0.5)
                      : keys (dy, -0.75) * keys (dx, -0.75);
        sum += w * (double) from[((size_t) ci * side + (size_t) cj) * width + c];
        total += w;
      }
  return antialias ? sum / total : sum;
}

static void
check_resize (size_t side, size_t rows, size_t columns, gboolean antialias)
{
  size_t width = 3;
  g_autoptr (PleMatrix) from = ple_test_random_matrix (side * side, width, 5);
  g_autofree float *to = g_new (float, rows *columns *width);

  ple_position_resize (side, rows, columns, width, antialias, from->data, to);
  for (size_t i = 0; i < rows * columns * width; i++)
    g_assert_cmpfloat_with_epsilon ((double) to[i],
                                    resize_reference (side, rows, columns, width, antialias,
                                                      from->data, i / width / columns,
                                                      i / width % columns, i % width),
                                    1e-5);
}

static void
test_resize (void)
{
  for (int antialias = 0; antialias < 2; antialias++)
    {
      check_resize (9, 4, 4, antialias);
      check_resize (7, 3, 5, antialias);
      check_resize (4, 9, 6, antialias);
      check_resize (1, 3, 2, antialias);
    }
}

static void
test_same_grid (void)
{
  g_autoptr (PleMatrix) from = ple_test_random_matrix (36, 4, 3);
  g_autofree float *to = g_new (float, 36 * 4);

  ple_position_resize (6, 6, 6, 4, TRUE, from->data, to);
  g_assert_cmpmem (to, 36 * 4 * sizeof *to, from->data, 36 * 4 * sizeof *to);
}

/* The middle of an odd grid is not turned; opposite patches are turned by opposite angles. */
static void
test_rope (void)
{
  PleRope rope = { 0 };

  ple_rope_init (&rope, 100, 5, 3, 5, 16);
  g_assert_cmpuint (rope.n, ==, 15);
  g_assert_cmpuint (rope.n_angles, ==, 8);
  for (size_t j = 0; j < 8; j++)
    {
      g_assert_cmpfloat_with_epsilon (rope.cosines[7 * 8 + j], 1, 1e-6);
      for (size_t i = 0; i < 15; i++)
        {
          g_assert_cmpfloat_with_epsilon (rope.sines[i * 8 + j], -rope.sines[(14 - i) * 8 + j],
                                          1e-6);
          g_assert_cmpfloat_with_epsilon (rope.cosines[i * 8 + j], rope.cosines[(14 - i) * 8 + j],
                                          1e-6);
        }
    }
  /* Row 0 of 3 is at 2 / 6 of the way: -2/3. */
  g_assert_cmpfloat_with_epsilon ((double) rope.sines[0], sin (-2 * G_PI * 2 / 3), 1e-6);
  g_assert_cmpfloat_with_epsilon ((double) rope.sines[1],
                                  sin (-2 * G_PI * 2 / 3 * pow (100, -0.25)), 1e-6);
  g_assert_cmpfloat_with_epsilon ((double) rope.sines[4], sin (-2 * G_PI * 4 / 5), 1e-6);
  ple_rope_clear (&rope);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/features/vision-position/resize-is-the-reference", test_resize);
  g_test_add_func ("/features/vision-position/same-grid-is-copied", test_same_grid);
  g_test_add_func ("/features/vision-position/rotary-angles", test_rope);
  return g_test_run ();
}
