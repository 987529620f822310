/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-sample-private.h"

#include <math.h>

/* Cactus */

static void
cactus_arm (PlePen *pen, double side, double reach, double foot, double tip, double width)
{
  cairo_t *cr = pen->cr;
  double bend = side * (reach - width * 0.2);

  cairo_move_to (cr, side * 4, foot);
  cairo_curve_to (cr, bend, foot, bend, foot, bend, foot - width);
  cairo_line_to (cr, bend, tip);
  ple_pen_stroke (pen, ple_ink_mix (pen->main, pen->dark, 0.72), width + 2 * pen->line, 1);
  cairo_move_to (cr, side * 4, foot);
  cairo_curve_to (cr, bend, foot, bend, foot, bend, foot - width);
  cairo_line_to (cr, bend, tip);
  ple_pen_stroke (pen, ple_ink_mix (pen->main, pen->dark, 0.08), width, 1);
  cairo_move_to (cr, bend - width * 0.15, foot - width);
  cairo_line_to (cr, bend - width * 0.15, tip);
  ple_pen_stroke (pen, pen->light, 1.2, 0.45);
}

static void
cactus_flower (PlePen *pen, double x, double y, double size)
{
  for (int i = 0; i < 5; i++)
    {
      double angle = 2 * G_PI * i / 5 - G_PI / 2;

      ple_pen_ellipse (pen, x + size * 0.6 * cos (angle), y + size * 0.6 * sin (angle), size * 0.5,
                       size * 0.5);
    }
  ple_pen_flat (pen, pen->accent, 1);
  ple_pen_ellipse (pen, x, y, size * 0.4, size * 0.4);
  ple_pen_flat (pen, pen->light, 1);
}

static void
cactus_pot (PlePen *pen, double width)
{
  double body[] = { -width, 28, width, 28, width * 0.72, 49, -width * 0.72, 49 };

  ple_pen_polygon (pen, body, 4);
  ple_pen_finish (pen, pen->second);
  ple_pen_box (pen, -width * 1.12, 22, width * 2.24, 9, 2.5);
  ple_pen_finish (pen, ple_ink_mix (pen->second, pen->light, 0.15));
}

void
ple_sample_draw_cactus (PlePen *pen)
{
  cairo_t *cr = pen->cr;
  double width = ple_pen_uniform (pen, 9, 13);
  double top = ple_pen_uniform (pen, -47, -34);
  double left_reach = ple_pen_uniform (pen, 21, 31);
  double left_foot = ple_pen_uniform (pen, -2, 12);
  double left_tip = left_foot - ple_pen_uniform (pen, 16, 28);
  double right_reach = ple_pen_uniform (pen, 21, 31);
  double right_foot = ple_pen_uniform (pen, -10, 6);
  double right_tip = right_foot - ple_pen_uniform (pen, 15, 26);
  double arm = ple_pen_uniform (pen, 9, 12);
  gboolean potted = ple_pen_chance (pen, 0.65);
  gboolean flowering = ple_pen_chance (pen, 0.6);
  gboolean two_arms = ple_pen_chance (pen, 0.85);

  cactus_arm (pen, -1, left_reach, left_foot, left_tip, arm);
  if (two_arms)
    cactus_arm (pen, 1, right_reach, right_foot, right_tip, arm);
  ple_pen_box (pen, -width, top, 2 * width, (potted ? 32 : 47) - top, width);
  ple_pen_finish (pen, pen->main);
  for (int i = -1; i <= 1; i++)
    {
      cairo_move_to (cr, i * width * 0.5, top + 9 + 3 * abs (i));
      cairo_line_to (cr, i * width * 0.5, potted ? 20 : 40);
    }
  ple_pen_stroke (pen, pen->dark, 1, 0.35);
  for (double y = top + 10; y < 18; y += 8)
    for (int i = -1; i <= 1; i++)
      {
        cairo_move_to (cr, i * width * 0.5 - 1.6, y - 1.2 + 3 * abs (i));
        cairo_line_to (cr, i * width * 0.5 + 1.6, y + 1.2 + 3 * abs (i));
      }
  ple_pen_stroke (pen, pen->light, 1, 0.8);
  if (flowering)
    {
      cactus_flower (pen, 0, top, 6);
      if (two_arms)
        cactus_flower (pen, right_reach - arm * 0.2, right_tip - arm * 0.3, 4);
    }
  if (potted)
    cactus_pot (pen, width + ple_pen_uniform (pen, 6, 10));
  else
    {
      ple_pen_ellipse (pen, 0, 47, 26, 4.5);
      ple_pen_finish (pen, pen->second);
    }
}

/* Leaf: one half's outline from stem to tip, by kind; the other half is its mirror image. */

static void
leaf_outline (PlePen *pen, int kind, double width, int n_teeth)
{
  cairo_t *cr = pen->cr;

  cairo_move_to (cr, 0, 34);
  for (int side = -1; side <= 1; side += 2)
    {
      for (int i = 1; i <= 48; i++)
        {
          double t = side < 0 ? i / 48.0 : 1 - i / 48.0;
          double y = 34 - 80 * t;
          double x = width * sin (G_PI * pow (t, kind == 2 ? 0.62 : 0.75));
          double tooth = t * n_teeth - floor (t * n_teeth);

          if (kind == 0)
            x *= 0.9 + 0.13 * tooth;
          else if (kind == 1)
            x *= 0.8 + 0.26 * sin (G_PI * tooth);
          cairo_line_to (cr, side * x, y);
        }
    }
  cairo_close_path (cr);
}

void
ple_sample_draw_leaf (PlePen *pen)
{
  cairo_t *cr = pen->cr;
  int kind = ple_pen_below (pen, 3);
  double width = ple_pen_uniform (pen, 20, 29);
  int n_teeth = kind == 1 ? 4 + ple_pen_below (pen, 2) : 7 + ple_pen_below (pen, 4);
  int n_veins = 4 + ple_pen_below (pen, 3);
  double turn = ple_pen_uniform (pen, -0.5, 0.5);
  double stem = ple_pen_uniform (pen, -9, 9);
  gboolean dewy = ple_pen_chance (pen, 0.35);

  cairo_rotate (cr, turn);
  cairo_move_to (cr, 0, 30);
  cairo_curve_to (cr, 0, 40, stem * 0.4, 44, stem, 50);
  ple_pen_stroke (pen, ple_ink_mix (pen->second, pen->dark, 0.5), 4, 1);
  leaf_outline (pen, kind, width, n_teeth);
  ple_pen_finish (pen, pen->main);

  cairo_save (cr);
  leaf_outline (pen, kind, width, n_teeth);
  cairo_clip (cr);
  cairo_rectangle (cr, 0, -50, 50, 100);
  ple_pen_flat (pen, pen->dark, 0.14);
  cairo_move_to (cr, 0, 34);
  cairo_line_to (cr, 0, -38);
  ple_pen_stroke (pen, pen->light, 2.2, 0.85);
  for (int i = 0; i < n_veins; i++)
    {
      double y = 24 - 54.0 * i / n_veins;

      cairo_move_to (cr, -width * 0.82, y - 15);
      cairo_curve_to (cr, -width * 0.4, y - 10, -4, y - 3, 0, y);
      cairo_curve_to (cr, 4, y - 3, width * 0.4, y - 10, width * 0.82, y - 15);
    }
  ple_pen_stroke (pen, pen->light, 1.3, 0.7);
  if (dewy)
    {
      ple_pen_ellipse (pen, width * 0.35, 2, 4, 4.6);
      ple_pen_flat (pen, pen->light, 0.6);
    }
  cairo_restore (cr);
}

/* Mushroom */

static void
mushroom_stalk (PlePen *pen, double width, double cap_y, double foot)
{
  cairo_t *cr = pen->cr;

  cairo_move_to (cr, -width * 0.75, cap_y - 3);
  cairo_curve_to (cr, -width * 0.7, 20, -width * 1.3, foot - 12, -width * 1.15, foot - 3);
  cairo_curve_to (cr, -width, foot + 2, width, foot + 2, width * 1.15, foot - 3);
  cairo_curve_to (cr, width * 1.3, foot - 12, width * 0.7, 20, width * 0.75, cap_y - 3);
  cairo_close_path (cr);
  ple_pen_finish (pen, ple_ink_mix (pen->light, pen->second, 0.12));
}

static void
mushroom_cap_path (PlePen *pen, double width, double top, double rim)
{
  cairo_t *cr = pen->cr;

  cairo_move_to (cr, -width, rim);
  cairo_curve_to (cr, -width * 1.02, top + (rim - top) * 0.3, -width * 0.6, top, 0, top);
  cairo_curve_to (cr, width * 0.6, top, width * 1.02, top + (rim - top) * 0.3, width, rim);
  cairo_curve_to (cr, width * 0.7, rim + 6.5, -width * 0.7, rim + 6.5, -width, rim);
  cairo_close_path (cr);
}

static void
mushroom_spots (PlePen *pen, double width, double top, double rim)
{
  double height = rim - top;
  int rows = 2;

  for (int row = 0; row < rows; row++)
    {
      int n = row == 0 ? 2 : 3;
      double shift = ple_pen_uniform (pen, -0.12, 0.12);

      for (int i = 0; i < n; i++)
        {
          double x = width * ((i + 0.5) / n * 1.7 - 0.85 + shift) * (row == 0 ? 0.62 : 1);
          double size = width * ple_pen_uniform (pen, 0.11, 0.18);
          double y = top + height * (row == 0 ? 0.3 : 0.7) + ple_pen_uniform (pen, -2, 2);

          ple_pen_ellipse (pen, x, y, size, size * 0.8);
        }
    }
  ple_pen_flat (pen, pen->light, 0.95);
}

static void
draw_grass (PlePen *pen, double y, PleInk ink)
{
  for (int i = -4; i <= 4; i++)
    {
      double lean = ple_pen_uniform (pen, -4, 4);
      double height = ple_pen_uniform (pen, 6, 12);
      double x = i * 6.0;
      double blade[] = { x - 2, y, x + lean, y - height, x + 2, y };

      ple_pen_polygon (pen, blade, 3);
    }
  ple_pen_flat (pen, ink, 1);
  ple_pen_ellipse (pen, 0, y, 31, 3.4);
  ple_pen_flat (pen, ink, 1);
}

void
ple_sample_draw_mushroom (PlePen *pen)
{
  double cap = ple_pen_uniform (pen, 33, 46);
  double top = ple_pen_uniform (pen, -47, -38);
  double rim = ple_pen_uniform (pen, -6, 5);
  double stalk = ple_pen_uniform (pen, 8.5, 13);
  gboolean spotted = ple_pen_chance (pen, 0.8);
  gboolean grassy = ple_pen_chance (pen, 0.6);
  gboolean faced = ple_pen_chance (pen, 0.25);

  mushroom_stalk (pen, stalk, rim, 47);
  ple_pen_ellipse (pen, 0, rim + 1.5, cap * 0.86, 5.5);
  ple_pen_finish (pen, ple_ink_mix (pen->light, pen->second, 0.4));
  mushroom_cap_path (pen, cap, top, rim);
  ple_pen_finish (pen, pen->main);
  cairo_save (pen->cr);
  mushroom_cap_path (pen, cap, top, rim);
  cairo_clip (pen->cr);
  if (spotted)
    mushroom_spots (pen, cap, top, rim);
  else
    {
      ple_pen_ellipse (pen, 0, rim + 2, cap * 0.95, (rim - top) * 0.34);
      ple_pen_flat (pen, pen->accent, 0.8);
    }
  ple_pen_ellipse (pen, -cap * 0.42, top + (rim - top) * 0.28, cap * 0.22, 3.5);
  ple_pen_flat (pen, pen->light, 0.35);
  cairo_restore (pen->cr);
  if (faced)
    for (int side = -1; side <= 1; side += 2)
      {
        ple_pen_ellipse (pen, side * 4, 22, 1.5, 2);
        ple_pen_flat (pen, pen->dark, 1);
      }
  if (grassy)
    draw_grass (pen, 47, pen->second);
}
