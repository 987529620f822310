/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-sample-private.h"

#include <math.h>

/* Hot-air balloon */

static void
balloon_path (PlePen *pen, double width, double squeeze, double top, double mouth)
{
  cairo_t *cr = pen->cr;
  double waist = top + (mouth - top) * 0.45;

  cairo_move_to (cr, 0, top);
  cairo_curve_to (cr, width * squeeze * 0.75, top, width * squeeze, waist - 14, width * squeeze,
                  waist);
  cairo_curve_to (cr, width * squeeze, waist + 14, 8 * squeeze, mouth - 9, 7 * squeeze, mouth);
  cairo_line_to (cr, -7 * squeeze, mouth);
  cairo_curve_to (cr, -8 * squeeze, mouth - 9, -width * squeeze, waist + 14, -width * squeeze,
                  waist);
  cairo_curve_to (cr, -width * squeeze, waist - 14, -width * squeeze * 0.75, top, 0, top);
  cairo_close_path (cr);
}

static void
balloon_pattern (PlePen *pen, int kind, double width, double top, double mouth)
{
  cairo_t *cr = pen->cr;
  double middle = top + (mouth - top) * 0.42;

  if (kind <= 1)
    {
      static const double gores[] = { 0.78, 0.5, 0.18 };

      for (int i = 0; i < 3; i++)
        {
          balloon_path (pen, width, gores[i], top, mouth);
          ple_pen_flat (pen, i % 2 == 0 ? pen->second : kind == 0 ? pen->main : pen->accent, 1);
        }
      return;
    }
  if (kind == 2)
    for (int i = 0; i < 2; i++)
      {
        cairo_move_to (cr, -60, middle + i * 14 - 2);
        for (int j = 0; j < 24; j++)
          cairo_rel_line_to (cr, 5, j % 2 ? 5 : -5);
        ple_pen_stroke (pen, i == 0 ? pen->accent : pen->second, 4.5, 1);
      }
  else
    {
      if (kind == 3)
        ple_pen_star (pen, 0, middle, width * 0.5, 5, 0.48);
      else
        ple_pen_heart (pen, 0, middle, width * 0.42);
      ple_pen_flat (pen, pen->accent, 1);
    }
  balloon_path (pen, width, 0.55, top, mouth);
  ple_pen_stroke (pen, pen->dark, 1, 0.35);
}

void
ple_sample_draw_balloon (PlePen *pen)
{
  cairo_t *cr = pen->cr;
  double width = ple_pen_uniform (pen, 28, 36);
  double mouth = ple_pen_uniform (pen, 16, 22);
  double basket = ple_pen_uniform (pen, 6.5, 9);
  int kind = ple_pen_below (pen, 5);
  double deck = ple_pen_uniform (pen, 32, 36);

  for (int side = -1; side <= 1; side += 2)
    {
      cairo_move_to (cr, side * 6.5, mouth);
      cairo_line_to (cr, side * (basket - 1), deck + 1);
      cairo_move_to (cr, side * 2, mouth);
      cairo_line_to (cr, side * 2.4, deck + 1);
    }
  ple_pen_stroke (pen, pen->dark, 1.2, 1);
  balloon_path (pen, width, 1, -48, mouth);
  ple_pen_finish (pen, pen->main);
  cairo_save (cr);
  balloon_path (pen, width, 1, -48, mouth);
  cairo_clip (cr);
  balloon_pattern (pen, kind, width, -48, mouth);
  cairo_restore (cr);
  ple_pen_ellipse (pen, -width * 0.5, -28, 3.6, 8);
  ple_pen_flat (pen, pen->light, 0.45);
  balloon_path (pen, width, 1, -48, mouth);
  ple_pen_stroke (pen, ple_ink_mix (pen->main, pen->dark, 0.72), pen->line, 1);
  ple_pen_box (pen, -basket, deck, 2 * basket, 13, 2.4);
  ple_pen_finish (pen, ple_ink_mix (pen->accent, pen->dark, 0.25));
  ple_pen_box (pen, -basket - 1.5, deck - 1, 2 * basket + 3, 4, 1.6);
  ple_pen_finish (pen, pen->accent);
}

/* Planet */

static void
planet_surface (PlePen *pen, int kind, double radius)
{
  cairo_t *cr = pen->cr;

  if (kind == 0)
    {
      double y = -radius;

      for (int i = 0; y < radius; i++)
        {
          double height = ple_pen_uniform (pen, 4, 9);
          double sag = ple_pen_uniform (pen, 1, 4);

          cairo_move_to (cr, -radius, y);
          cairo_curve_to (cr, -radius * 0.4, y + sag, radius * 0.4, y + sag, radius, y);
          ple_pen_stroke (pen, i % 2 ? pen->light : pen->second, height * 0.6, 0.55);
          y += height;
        }
    }
  else
    {
      int n = 5 + ple_pen_below (pen, 4);

      for (int i = 0; i < n; i++)
        {
          double angle = ple_pen_uniform (pen, 0, 2 * G_PI);
          double distance = radius * sqrt (ple_pen_uniform (pen, 0.02, 0.8));
          double size = radius * ple_pen_uniform (pen, 0.1, 0.26);
          double x = distance * cos (angle);
          double y = distance * sin (angle);

          ple_pen_ellipse (pen, x, y, size * (kind == 1 ? 1 : 1.5),
                           size * (kind == 1 ? 0.85 : 0.7));
          ple_pen_flat (pen, kind == 1 ? ple_ink_mix (pen->main, pen->dark, 0.4) : pen->second,
                        0.75);
        }
    }
  /* Night side: all but a disc shifted towards the sun. */
  cairo_rectangle (cr, -60, -60, 120, 120);
  cairo_new_sub_path (cr);
  cairo_arc_negative (cr, -radius * 0.28, -radius * 0.28, radius * 1.02, 2 * G_PI, 0);
  cairo_set_fill_rule (cr, CAIRO_FILL_RULE_EVEN_ODD);
  ple_pen_flat (pen, pen->dark, 0.28);
  ple_pen_ellipse (pen, -radius * 0.45, -radius * 0.5, radius * 0.24, radius * 0.16);
  ple_pen_flat (pen, pen->light, 0.4);
}

static void
planet_ring (PlePen *pen, double radius, double flat, double from, double to)
{
  static const double bands[] = { 1.62, 1.4 };
  cairo_t *cr = pen->cr;

  for (int pass = 0; pass < 3; pass++)
    {
      double r = radius * (pass == 2 ? bands[1] : bands[0] * 0.98 - 0.08);

      cairo_save (cr);
      cairo_scale (cr, 1, flat);
      cairo_new_sub_path (cr);
      cairo_arc (cr, 0, 0, r, from, to);
      cairo_restore (cr);
      if (pass == 0)
        ple_pen_stroke (pen, ple_ink_mix (pen->accent, pen->dark, 0.72), 5.5 + pen->line, 1);
      else
        ple_pen_stroke (pen, pass == 1 ? pen->accent : pen->light,
                        pass == 1 ? 5 - pen->line * 0.3 : 1.6, 1);
    }
}

void
ple_sample_draw_planet (PlePen *pen)
{
  cairo_t *cr = pen->cr;
  double radius = ple_pen_uniform (pen, 24, 29);
  double tilt = ple_pen_uniform (pen, -0.5, -0.15);
  double flat = ple_pen_uniform (pen, 0.2, 0.34);
  int kind = ple_pen_below (pen, 3);
  gboolean moon = ple_pen_chance (pen, 0.5);
  double moon_x = ple_pen_uniform (pen, 24, 36);

  cairo_rotate (cr, tilt);
  planet_ring (pen, radius, flat, G_PI, 2 * G_PI);
  ple_pen_ellipse (pen, 0, 0, radius, radius);
  ple_pen_finish (pen, pen->main);
  cairo_save (cr);
  ple_pen_ellipse (pen, 0, 0, radius, radius);
  cairo_clip (cr);
  planet_surface (pen, kind, radius);
  cairo_restore (cr);
  ple_pen_ellipse (pen, 0, 0, radius, radius);
  ple_pen_stroke (pen, ple_ink_mix (pen->main, pen->dark, 0.72), pen->line, 1);
  planet_ring (pen, radius, flat, 0, G_PI);
  if (moon)
    {
      ple_pen_ellipse (pen, moon_x, -30, 6, 6);
      ple_pen_finish (pen, pen->second);
    }
}

/* Rocket */

static void
rocket_flame (PlePen *pen, double width, double length)
{
  static const double sizes[] = { 1, 0.62, 0.3 };

  for (int i = 0; i < 3; i++)
    {
      double s = sizes[i];
      double flame[] = { -width * s,
                         26,
                         -width * 0.7 * s,
                         26 + length * 0.5 * s,
                         0,
                         26 + length * s,
                         width * 0.7 * s,
                         26 + length * 0.5 * s,
                         width * s,
                         26 };

      ple_pen_smooth (pen, flame, 5);
      ple_pen_flat (pen, i == 0 ? pen->accent : ple_ink_mix (pen->accent, pen->light, 0.45 * i), 1);
    }
}

static void
rocket_body_path (PlePen *pen, double width)
{
  cairo_t *cr = pen->cr;

  cairo_move_to (cr, 0, -49);
  cairo_curve_to (cr, width * 1.05, -34, width * 1.35, -4, width * 0.72, 26);
  cairo_line_to (cr, -width * 0.72, 26);
  cairo_curve_to (cr, -width * 1.35, -4, -width * 1.05, -34, 0, -49);
  cairo_close_path (cr);
}

void
ple_sample_draw_rocket (PlePen *pen)
{
  cairo_t *cr = pen->cr;
  double width = ple_pen_uniform (pen, 13, 18);
  double fin = ple_pen_uniform (pen, 12, 18);
  double length = ple_pen_uniform (pen, 17, 25);
  double turn = ple_pen_uniform (pen, -0.55, 0.55);
  double window = ple_pen_uniform (pen, 0.38, 0.5);
  gboolean banded = ple_pen_chance (pen, 0.5);

  cairo_rotate (cr, turn);
  rocket_flame (pen, width * 0.55, length);
  for (int side = -1; side <= 1; side += 2)
    {
      cairo_move_to (cr, side * width * 0.85, 2);
      cairo_curve_to (cr, side * (width + fin), 8, side * (width + fin), 24,
                      side * (width + fin * 0.8), 36);
      cairo_curve_to (cr, side * (width + 2), 28, side * width, 26, side * width * 0.6, 25);
      cairo_close_path (cr);
      ple_pen_finish (pen, pen->main);
    }
  rocket_body_path (pen, width);
  ple_pen_finish (pen, ple_ink_mix (pen->light, pen->second, 0.15));
  cairo_save (cr);
  rocket_body_path (pen, width);
  cairo_clip (cr);
  cairo_rectangle (cr, -50, -50, 100, 24);
  ple_pen_flat (pen, pen->main, 1);
  if (banded)
    {
      cairo_rectangle (cr, -50, 10, 100, 5);
      ple_pen_flat (pen, pen->second, 1);
    }
  cairo_rectangle (cr, width * 0.4, -50, 50, 100);
  ple_pen_flat (pen, pen->dark, 0.16);
  cairo_rectangle (cr, -50, 21, 100, 10);
  ple_pen_flat (pen, pen->dark, 0.6);
  cairo_restore (cr);
  rocket_body_path (pen, width);
  ple_pen_stroke (pen, ple_ink_mix (pen->main, pen->dark, 0.72), pen->line, 1);
  ple_pen_ellipse (pen, 0, -10, width * window + 2.2, width * window + 2.2);
  ple_pen_finish (pen, pen->accent);
  ple_pen_ellipse (pen, 0, -10, width * window, width * window);
  ple_pen_finish (pen, ple_ink_mix (pen->second, pen->light, 0.35));
  ple_pen_ellipse (pen, 0, 14, 2, 10);
  ple_pen_finish (pen, pen->main);
}
