/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-sample-private.h"

#include <math.h>

/* House */

static void
house_window (PlePen *pen, double x, double y, double size, gboolean lit)
{
  cairo_t *cr = pen->cr;
  PleInk glass =
      lit ? ple_ink_mix (pen->accent, pen->light, 0.3) : ple_ink_mix (pen->light, pen->dark, 0.25);

  ple_pen_box (pen, x - size, y - size, 2 * size, 2 * size, 1.2);
  ple_pen_finish (pen, glass);
  cairo_move_to (cr, x, y - size);
  cairo_line_to (cr, x, y + size);
  cairo_move_to (cr, x - size, y);
  cairo_line_to (cr, x + size, y);
  ple_pen_stroke (pen, ple_ink_mix (glass, pen->dark, 0.7), 1.2, 1);
}

static void
house_chimney (PlePen *pen, double x, double top, double side)
{
  double puff_x = x + 4;
  double puff_y = top - 3;

  for (int i = 0; i < 3; i++)
    {
      puff_x += side * ple_pen_uniform (pen, 0, 4);
      puff_y -= 3.5;
      ple_pen_ellipse (pen, puff_x, puff_y, 2.6 + i, 2.2 + i * 0.8);
      ple_pen_flat (pen, pen->light, 0.85);
    }
  ple_pen_box (pen, x, top, 8, 24, 0.6);
  ple_pen_finish (pen, ple_ink_mix (pen->second, pen->dark, 0.2));
}

void
ple_sample_draw_house (PlePen *pen)
{
  cairo_t *cr = pen->cr;
  double width = ple_pen_uniform (pen, 27, 37);
  double eaves = ple_pen_uniform (pen, -14, -4);
  double ridge = eaves - ple_pen_uniform (pen, 23, 31);
  double overhang = ple_pen_uniform (pen, 4, 8);
  double door_x = ple_pen_chance (pen, 0.5) ? 0 : -width * 0.42;
  double chimney = ple_pen_uniform (pen, 0.35, 0.5);
  gboolean lit = ple_pen_chance (pen, 0.6);
  gboolean round_window = ple_pen_chance (pen, 0.6);
  gboolean bushes = ple_pen_chance (pen, 0.5);
  double roof[] = { -width - overhang, eaves + 3, 0, ridge, width + overhang, eaves + 3 };

  house_chimney (pen, width * chimney, ridge + 4, 1);
  ple_pen_box (pen, -width, eaves, 2 * width, 46 - eaves, 1);
  ple_pen_finish (pen, ple_ink_mix (pen->light, pen->main, 0.45));
  ple_pen_polygon (pen, roof, 3);
  ple_pen_finish (pen, pen->second);
  cairo_save (cr);
  ple_pen_polygon (pen, roof, 3);
  cairo_clip (cr);
  for (double y = eaves - 4; y > ridge; y -= 7)
    {
      cairo_move_to (cr, -60, y);
      cairo_line_to (cr, 60, y);
    }
  ple_pen_stroke (pen, pen->dark, 1.1, 0.35);
  cairo_restore (cr);
  if (round_window)
    {
      ple_pen_ellipse (pen, 0, eaves - (eaves - ridge) * 0.36, 5, 5);
      ple_pen_finish (pen, lit ? ple_ink_mix (pen->accent, pen->light, 0.3) : pen->light);
    }

  ple_pen_box (pen, door_x - 7, 20, 14, 27, 6);
  ple_pen_finish (pen, pen->main);
  ple_pen_ellipse (pen, door_x + 3.6, 34, 1.3, 1.3);
  ple_pen_flat (pen, pen->accent, 1);
  if (door_x < 0)
    house_window (pen, width * 0.42, 24, 7.5, lit);
  for (int side = -1; side <= 1; side += 2)
    house_window (pen, side * width * 0.6, eaves + (door_x < 0 ? 11 : 16), door_x < 0 ? 5 : 6, lit);
  if (bushes)
    for (int side = -1; side <= 1; side += 2)
      {
        ple_pen_ellipse (pen, side * width * 0.95, 42, 9, 7);
        ple_pen_finish (pen, ple_ink_mix (pen->accent, pen->dark, 0.2));
      }
  ple_pen_box (pen, -47, 44.5, 94, 4.5, 2);
  ple_pen_finish (pen, ple_ink_mix (pen->second, pen->main, 0.5));
}

/* Mug */

static void
mug_decoration (PlePen *pen, int kind, double width, double top)
{
  double middle = (top + 42) / 2;

  switch (kind)
    {
    case 0:
      ple_pen_heart (pen, 0, middle, width * 0.34);
      ple_pen_flat (pen, pen->accent, 1);
      break;
    case 1:
      for (int i = -1; i <= 1; i++)
        {
          cairo_rectangle (pen->cr, -60, middle - 2.5 + i * 9, 120, 4.5);
          ple_pen_flat (pen, pen->second, 1);
        }
      break;
    case 2:
      for (int row = -2; row <= 2; row++)
        for (int i = -3; i <= 3; i++)
          ple_pen_ellipse (pen, i * 11 + (row & 1) * 5.5, middle + row * 9, 2.2, 2.2);
      ple_pen_flat (pen, pen->light, 0.95);
      break;
    case 3:
      ple_pen_star (pen, 0, middle, width * 0.42, 5, 0.48);
      ple_pen_flat (pen, pen->second, 1);
      break;
    default:
      for (int side = -1; side <= 1; side += 2)
        {
          ple_pen_ellipse (pen, side * 8, middle - 3, 1.9, 2.5);
          ple_pen_flat (pen, pen->dark, 1);
          ple_pen_ellipse (pen, side * 13, middle + 3, 3, 2);
          ple_pen_flat (pen, pen->accent, 0.8);
        }
      cairo_arc (pen->cr, 0, middle, 5, 0.4, G_PI - 0.4);
      ple_pen_stroke (pen, pen->dark, 1.6, 1);
      break;
    }
}

static void
mug_steam (PlePen *pen, double top)
{
  for (int i = -1; i <= 1; i++)
    {
      double sway = ple_pen_uniform (pen, 3, 5);
      double x = i * 9 - 6;

      cairo_move_to (pen->cr, x, top - 9);
      cairo_curve_to (pen->cr, x - sway, top - 14, x + sway, top - 18, x, top - 24);
      ple_pen_stroke (pen, pen->light, 2.6, 0.9);
    }
}

void
ple_sample_draw_mug (PlePen *pen)
{
  cairo_t *cr = pen->cr;
  double width = ple_pen_uniform (pen, 23, 30);
  double top = ple_pen_uniform (pen, -26, -14);
  double taper = ple_pen_uniform (pen, 0.78, 1);
  double handle = ple_pen_uniform (pen, 13, 17);
  double grip = ple_pen_uniform (pen, 0.3, 0.4);
  int kind = ple_pen_below (pen, 5);
  gboolean steaming = ple_pen_chance (pen, 0.75);
  double middle = (top + 40) / 2;

  cairo_translate (cr, -6, 4);
  for (int pass = 0; pass < 2; pass++)
    {
      PleInk ink = ple_ink_mix (pen->main, pen->dark, pass == 0 ? 0.72 : 0.12);

      ple_pen_ellipse (pen, width * 0.92, middle - 1, handle, (40 - top) * grip);
      ple_pen_stroke (pen, ink, pass == 0 ? 7 + 2 * pen->line : 7, 1);
    }
  cairo_save (cr);
  cairo_move_to (cr, -width, top);
  cairo_line_to (cr, -width * taper, 36);
  cairo_curve_to (cr, -width * taper, 45, width * taper, 45, width * taper, 36);
  cairo_line_to (cr, width, top);
  cairo_close_path (cr);
  ple_pen_clip_filled (pen, pen->main);
  mug_decoration (pen, kind, width, top);
  cairo_rectangle (cr, width * 0.55, top, 40, 80);
  ple_pen_flat (pen, pen->dark, 0.12);
  cairo_rectangle (cr, -width * 0.78, top, 4, 80);
  ple_pen_flat (pen, pen->light, 0.3);
  cairo_restore (cr);
  cairo_move_to (cr, -width, top);
  cairo_line_to (cr, -width * taper, 36);
  cairo_curve_to (cr, -width * taper, 45, width * taper, 45, width * taper, 36);
  cairo_line_to (cr, width, top);
  ple_pen_stroke (pen, ple_ink_mix (pen->main, pen->dark, 0.72), pen->line, 1);
  ple_pen_ellipse (pen, 0, top, width, 6.5);
  ple_pen_finish (pen, ple_ink_mix (pen->main, pen->light, 0.35));
  ple_pen_ellipse (pen, 0, top + 1, width * 0.84, 4.4);
  ple_pen_finish (pen, ple_ink_mix (pen->dark, pen->accent, 0.25));
  if (steaming)
    mug_steam (pen, top);
}

/* Sailing boat, bow to the right. */

static void
boat_waves (PlePen *pen, double y)
{
  cairo_t *cr = pen->cr;

  cairo_move_to (cr, -48, y);
  for (int i = 0; i < 6; i++)
    cairo_rel_curve_to (cr, 4, -5, 12, -5, 16, 0);
  cairo_line_to (cr, 48, y + 9);
  cairo_curve_to (cr, 20, y + 13, -20, y + 13, -48, y + 9);
  cairo_close_path (cr);
}

static void
boat_sails (PlePen *pen, double mast, double top, double reach, double jib)
{
  cairo_t *cr = pen->cr;
  double belly = ple_pen_uniform (pen, 3, 9);
  int kind = ple_pen_below (pen, 3);

  for (int pass = 0; pass < 2; pass++)
    {
      cairo_move_to (cr, mast + 2, top + 3);
      cairo_curve_to (cr, mast + reach * 0.6 + belly, top + 22, mast + reach, 4, mast + reach, 15);
      cairo_line_to (cr, mast + 2, 15);
      cairo_close_path (cr);
      if (pass == 0)
        {
          ple_pen_finish (pen, kind == 2 ? pen->second : ple_ink_mix (pen->light, pen->main, 0.1));
          cairo_save (cr);
        }
      else
        {
          cairo_clip (cr);
          if (kind == 0)
            for (double y = -4; y > top; y -= 14)
              {
                cairo_rectangle (cr, -60, y, 120, 6);
                ple_pen_flat (pen, pen->accent, 0.95);
              }
          else if (kind == 1)
            {
              ple_pen_star (pen, mast + reach * 0.36, 2, 8, 5, 0.48);
              ple_pen_flat (pen, pen->accent, 1);
            }
          cairo_restore (cr);
        }
    }
  cairo_move_to (cr, mast - 2, top + 9);
  cairo_curve_to (cr, mast - jib * 0.35, top + 26, mast - jib * 0.8, 4, mast - jib, 15);
  cairo_line_to (cr, mast - 2, 15);
  cairo_close_path (cr);
  ple_pen_finish (pen, pen->accent);
}

void
ple_sample_draw_sailboat (PlePen *pen)
{
  cairo_t *cr = pen->cr;
  double mast = ple_pen_uniform (pen, -9, 1);
  double top = ple_pen_uniform (pen, -46, -38);
  double reach = ple_pen_uniform (pen, 28, 38);
  double jib = ple_pen_uniform (pen, 20, 29);
  double hull = ple_pen_uniform (pen, 38, 44);
  gboolean waves = ple_pen_chance (pen, 0.6);

  cairo_move_to (cr, mast, top - 4);
  cairo_line_to (cr, mast, 22);
  ple_pen_stroke (pen, pen->dark, 3, 1);
  boat_sails (pen, mast, top, reach, jib);
  cairo_move_to (cr, mast, top - 3);
  cairo_line_to (cr, mast - 11, top);
  cairo_line_to (cr, mast, top + 4);
  cairo_close_path (cr);
  ple_pen_flat (pen, pen->second, 1);

  cairo_move_to (cr, -hull, 20);
  cairo_line_to (cr, hull + 3, 20);
  cairo_curve_to (cr, hull - 3, 32, hull - 8, 40, hull - 16, 42);
  cairo_line_to (cr, -hull + 12, 42);
  cairo_curve_to (cr, -hull + 4, 40, -hull + 1, 30, -hull, 20);
  cairo_close_path (cr);
  ple_pen_finish (pen, pen->main);
  cairo_move_to (cr, -hull + 3, 26);
  cairo_line_to (cr, hull - 2, 26);
  ple_pen_stroke (pen, pen->light, 2.4, 0.9);
  if (waves)
    {
      boat_waves (pen, 38);
      ple_pen_finish (pen, ple_ink_mix (pen->second, pen->light, 0.35));
    }
}
