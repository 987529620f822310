/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-sample-private.h"

#include <math.h>

/* Butterfly: the right half, drawn twice. */

typedef struct
{
  double span, rise, lower, lobe;
  int markings;
} Wings;

static void
upper_wing (PlePen *pen, const Wings *w, double size)
{
  cairo_t *cr = pen->cr;

  cairo_move_to (cr, 2, -4);
  cairo_curve_to (cr, 8 * size, -26 * size, w->span * 0.7 * size, -w->rise * size - 10,
                  w->span * size, -w->rise * size);
  cairo_curve_to (cr, w->span * size + 5, -w->rise * size + 14, w->span * 0.8 * size, 2, 2, 5);
  cairo_close_path (cr);
}

static void
lower_wing (PlePen *pen, const Wings *w, double size)
{
  cairo_t *cr = pen->cr;

  cairo_move_to (cr, 2, 2);
  cairo_curve_to (cr, w->lobe * 0.7 * size, -3, w->lobe * 1.2 * size, 10 * size, w->lobe * size,
                  w->lower * 0.6 * size);
  cairo_curve_to (cr, w->lobe * 0.85 * size, w->lower * size, w->lobe * 0.4 * size,
                  w->lower * 1.1 * size, w->lobe * 0.3 * size, w->lower * 0.8 * size);
  cairo_curve_to (cr, w->lobe * 0.2 * size, w->lower * 0.6 * size, 3, 14, 2, 12);
  cairo_close_path (cr);
}

static void
butterfly_half (PlePen *pen, const Wings *w)
{
  lower_wing (pen, w, 1);
  ple_pen_finish (pen, pen->second);
  lower_wing (pen, w, 0.66);
  ple_pen_flat (pen, ple_ink_mix (pen->second, pen->light, 0.4), 0.9);
  upper_wing (pen, w, 1);
  ple_pen_finish (pen, pen->main);
  upper_wing (pen, w, 0.7);
  ple_pen_flat (pen, ple_ink_mix (pen->main, pen->light, 0.35), 0.9);
  if (w->markings != 1)
    {
      ple_pen_ellipse (pen, w->span * 0.74, -w->rise * 0.72, 5.4, 5.4);
      ple_pen_flat (pen, pen->dark, 0.85);
      ple_pen_ellipse (pen, w->span * 0.74, -w->rise * 0.72, 2.8, 2.8);
      ple_pen_flat (pen, pen->accent, 1);
      ple_pen_ellipse (pen, w->lobe * 0.68, w->lower * 0.62, 3.6, 3.6);
      ple_pen_flat (pen, pen->accent, 1);
    }
  if (w->markings != 0)
    for (int i = 0; i < 3; i++)
      {
        double t = i / 3.0;

        ple_pen_ellipse (pen, w->span * (0.93 - 0.1 * t), -w->rise * (0.8 - 0.7 * t), 1.8, 1.8);
        ple_pen_flat (pen, pen->light, 0.95);
      }
}

void
ple_sample_draw_butterfly (PlePen *pen)
{
  cairo_t *cr = pen->cr;
  double fold = ple_pen_uniform (pen, 0.82, 1);
  double turn = ple_pen_uniform (pen, -0.3, 0.3);
  double antenna = ple_pen_uniform (pen, 8, 15);
  Wings w;

  w.span = ple_pen_uniform (pen, 39, 48);
  w.rise = ple_pen_uniform (pen, 25, 36);
  w.lower = ple_pen_uniform (pen, 33, 44);
  w.lobe = ple_pen_uniform (pen, 25, 37);
  w.markings = ple_pen_below (pen, 3);

  cairo_rotate (cr, turn);
  for (int side = -1; side <= 1; side += 2)
    {
      cairo_save (cr);
      cairo_scale (cr, side * fold, 1);
      butterfly_half (pen, &w);
      cairo_restore (cr);
    }
  for (int side = -1; side <= 1; side += 2)
    {
      cairo_move_to (cr, side, -14);
      cairo_curve_to (cr, side * 2, -24, side * antenna * 0.5, -30, side * antenna, -33);
      ple_pen_stroke (pen, pen->dark, 1.5, 1);
      ple_pen_ellipse (pen, side * antenna, -33, 1.9, 1.9);
      ple_pen_flat (pen, pen->dark, 1);
    }
  ple_pen_ellipse (pen, 0, 5, 3.4, 19);
  ple_pen_finish (pen, ple_ink_mix (pen->dark, pen->accent, 0.2));
  ple_pen_ellipse (pen, 0, -14, 4.2, 4.2);
  ple_pen_finish (pen, ple_ink_mix (pen->dark, pen->accent, 0.2));
}

/* Fish, looking to the right. */

static void
fish_body_path (PlePen *pen, double length, double height)
{
  cairo_t *cr = pen->cr;

  cairo_move_to (cr, length, 1);
  cairo_curve_to (cr, length * 0.72, -height * 1.05, -length * 0.2, -height * 1.25, -length * 0.72,
                  -3);
  cairo_line_to (cr, -length * 0.72, 4);
  cairo_curve_to (cr, -length * 0.2, height * 1.25, length * 0.72, height * 1.05, length, 1);
  cairo_close_path (cr);
}

static void
fish_pattern (PlePen *pen, double length, double height, int kind)
{
  cairo_t *cr = pen->cr;

  if (kind == 0)
    for (int i = 0; i < 3; i++)
      {
        double x = length * (0.22 - 0.33 * i);

        cairo_move_to (cr, x, -height);
        cairo_curve_to (cr, x - 6, -height * 0.3, x - 6, height * 0.3, x, height);
        ple_pen_stroke (pen, pen->light, 6 - i, 0.9);
      }
  else if (kind == 1)
    for (int row = -2; row <= 2; row++)
      for (int i = 0; i < 5; i++)
        {
          double x = length * 0.18 - i * 8 - (row & 1) * 4;

          cairo_new_sub_path (cr);
          cairo_arc (cr, x, row * 7, 4, -G_PI / 2, G_PI / 2);
          ple_pen_stroke (pen, pen->dark, 1.2, 0.45);
        }
  else
    {
      cairo_rectangle (cr, -50, 1 + height * 0.12, 100, 50);
      ple_pen_flat (pen, pen->light, 0.75);
      cairo_rectangle (cr, -50, -height * 0.14, 70, 2.6);
      ple_pen_flat (pen, pen->accent, 1);
    }
}

void
ple_sample_draw_fish (PlePen *pen)
{
  cairo_t *cr = pen->cr;
  double length = ple_pen_uniform (pen, 38, 43);
  double height = ple_pen_uniform (pen, 19, 30);
  double tail = ple_pen_uniform (pen, 14, 22);
  double fork = ple_pen_uniform (pen, 0.4, 0.9);
  double fin = ple_pen_uniform (pen, 10, 18);
  int kind = ple_pen_below (pen, 3);
  double x = -length * 0.62;
  double tail_fin[] = { x, 0,          x - 10,     -tail,  x - 18 + 2, -tail * 0.9, x - 18 * fork,
                        0, x - 18 + 2, tail * 0.9, x - 10, tail };

  ple_pen_smooth (pen, tail_fin, 6);
  ple_pen_finish (pen, pen->second);
  cairo_move_to (cr, length * 0.3, -height * 0.7);
  cairo_curve_to (cr, length * 0.1, -height * 0.8 - fin, -length * 0.3, -height * 0.75 - fin,
                  -length * 0.5, -height * 0.35);
  cairo_close_path (cr);
  ple_pen_finish (pen, pen->second);
  cairo_move_to (cr, length * 0.05, height * 0.7);
  cairo_curve_to (cr, -length * 0.1, height * 0.8 + fin * 0.7, -length * 0.3,
                  height * 0.7 + fin * 0.6, -length * 0.35, height * 0.6);
  cairo_close_path (cr);
  ple_pen_finish (pen, pen->second);

  fish_body_path (pen, length, height);
  ple_pen_finish (pen, pen->main);
  cairo_save (cr);
  fish_body_path (pen, length, height);
  cairo_clip (cr);
  fish_pattern (pen, length, height, kind);
  cairo_restore (cr);

  cairo_new_sub_path (cr);
  cairo_arc (cr, length * 0.2, 0, height * 0.62, -0.9, 0.9);
  ple_pen_stroke (pen, pen->dark, 1.5, 0.6);
  cairo_move_to (cr, length * 0.12, height * 0.22);
  cairo_curve_to (cr, -2, height * 0.2, -8, height * 0.5, -9, height * 0.62);
  cairo_curve_to (cr, 0, height * 0.66, length * 0.14, height * 0.5, length * 0.12, height * 0.22);
  ple_pen_finish (pen, pen->accent);
  ple_pen_eye (pen, length * 0.6, -height * 0.16, 5.6, 0.8);
  cairo_move_to (cr, length * 0.97, height * 0.14);
  cairo_curve_to (cr, length * 0.9, height * 0.24, length * 0.82, height * 0.26, length * 0.76,
                  height * 0.22);
  ple_pen_stroke (pen, pen->dark, 1.4, 0.8);
}

/* Owl */

static void
owl_wing (PlePen *pen, double side, double width, double drop)
{
  cairo_t *cr = pen->cr;

  cairo_move_to (cr, side * width * 0.86, -12);
  cairo_curve_to (cr, side * (width + 11), 0, side * (width + 8), drop, side * width * 0.6,
                  drop + 6);
  cairo_curve_to (cr, side * width * 0.62, drop - 8, side * width * 0.5, 2, side * width * 0.86,
                  -12);
  cairo_close_path (cr);
  ple_pen_finish (pen, ple_ink_mix (pen->main, pen->dark, 0.22));
}

static void
owl_belly (PlePen *pen, double width)
{
  cairo_t *cr = pen->cr;

  cairo_save (cr);
  ple_pen_ellipse (pen, 0, 20, width * 0.62, 24);
  ple_pen_clip_filled (pen, ple_ink_mix (pen->light, pen->second, 0.25));
  for (int row = 0; row < 5; row++)
    for (int i = -3; i <= 3; i++)
      {
        double x = i * 9 + (row & 1) * 4.5;

        cairo_new_sub_path (cr);
        cairo_arc (cr, x, 4 + row * 8, 4, 0.3, G_PI - 0.3);
        ple_pen_stroke (pen, pen->second, 1.6, 0.9);
      }
  cairo_restore (cr);
}

void
ple_sample_draw_owl (PlePen *pen)
{
  cairo_t *cr = pen->cr;
  double width = ple_pen_uniform (pen, 26, 34);
  double ears = ple_pen_uniform (pen, 3, 14);
  double eye = ple_pen_uniform (pen, 9, 12);
  double drop = ple_pen_uniform (pen, 20, 30);
  double look = ple_pen_uniform (pen, -1, 1);
  gboolean perched = ple_pen_chance (pen, 0.6);
  double body[] = { 0,
                    -37,
                    width * 0.62,
                    -40 - ears * 0.6,
                    width * 0.9,
                    -26,
                    width,
                    6,
                    width * 0.86,
                    34,
                    width * 0.4,
                    46,
                    0,
                    47.5,
                    -width * 0.4,
                    46,
                    -width * 0.86,
                    34,
                    -width,
                    6,
                    -width * 0.9,
                    -26,
                    -width * 0.62,
                    -40 - ears * 0.6 };

  ple_pen_smooth (pen, body, 12);
  ple_pen_finish (pen, pen->main);
  owl_belly (pen, width);
  owl_wing (pen, -1, width, drop);
  owl_wing (pen, 1, width, drop);
  for (int side = -1; side <= 1; side += 2)
    {
      ple_pen_ellipse (pen, side * eye * 1.02, -20, eye * 1.3, eye * 1.3);
      ple_pen_finish (pen, ple_ink_mix (pen->second, pen->light, 0.35));
    }
  for (int side = -1; side <= 1; side += 2)
    ple_pen_eye (pen, side * eye * 1.02, -20, eye * 0.92, look);
  cairo_move_to (cr, -4, -14);
  cairo_line_to (cr, 4, -14);
  cairo_line_to (cr, 0, -4);
  cairo_close_path (cr);
  ple_pen_finish (pen, pen->accent);
  if (perched)
    {
      ple_pen_box (pen, -46, 43, 92, 6, 3);
      ple_pen_finish (pen, ple_ink_mix (pen->second, pen->dark, 0.35));
    }
  for (int side = -1; side <= 1; side += 2)
    for (int toe = -1; toe <= 1; toe++)
      {
        ple_pen_ellipse (pen, side * 10 + toe * 3.6, 46, 2, 3.2);
        ple_pen_finish (pen, pen->accent);
      }
}
