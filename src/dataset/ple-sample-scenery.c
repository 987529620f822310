/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands behind an object. Chosen without a look at the class: a fish may hang over a hill. */
#include "config.h"

#include "dataset/ple-sample-private.h"

#include <math.h>

static void
draw_gradient (PlePen *pen, PleInk top, PleInk bottom)
{
  cairo_pattern_t *gradient = cairo_pattern_create_linear (0, 0, 0, 100);

  cairo_pattern_add_color_stop_rgb (gradient, 0, top.r, top.g, top.b);
  cairo_pattern_add_color_stop_rgb (gradient, 1, bottom.r, bottom.g, bottom.b);
  cairo_set_source (pen->cr, gradient);
  cairo_pattern_destroy (gradient);
  cairo_paint (pen->cr);
}

static void
draw_glow (PlePen *pen, PleInk ink, double x, double y, double radius, double alpha)
{
  cairo_pattern_t *gradient = cairo_pattern_create_radial (x, y, 0, x, y, radius);

  cairo_pattern_add_color_stop_rgba (gradient, 0, ink.r, ink.g, ink.b, alpha);
  cairo_pattern_add_color_stop_rgba (gradient, 1, ink.r, ink.g, ink.b, 0);
  cairo_set_source (pen->cr, gradient);
  cairo_pattern_destroy (gradient);
  cairo_paint (pen->cr);
}

static void
draw_cloud (PlePen *pen, PleInk ink, double x, double y, double size, double alpha)
{
  ple_pen_ellipse (pen, x, y, size, size * 0.42);
  ple_pen_ellipse (pen, x - size * 0.35, y - size * 0.25, size * 0.42, size * 0.38);
  ple_pen_ellipse (pen, x + size * 0.25, y - size * 0.34, size * 0.5, size * 0.46);
  ple_pen_flat (pen, ink, alpha);
}

/* A rolling line of hills from the left to the right edge, filled down to the bottom. */
static void
draw_hill (PlePen *pen, PleInk ink, double height, double swing, double alpha)
{
  double phase = ple_pen_uniform (pen, 0, 2 * G_PI);
  double waves = ple_pen_uniform (pen, 0.5, 1.3);

  cairo_move_to (pen->cr, -1, 101);
  for (int i = 0; i <= 26; i++)
    {
      double x = -1 + i * 102.0 / 26;

      cairo_line_to (pen->cr, x, height + swing * sin (phase + x * waves * 2 * G_PI / 100));
    }
  cairo_line_to (pen->cr, 101, 101);
  cairo_close_path (pen->cr);
  ple_pen_flat (pen, ink, alpha);
}

static void
draw_sun_and_clouds (PlePen *pen, const PleScenery *s)
{
  double x = ple_pen_uniform (pen, 10, 90);
  double y = ple_pen_uniform (pen, 10, 30);
  double r = ple_pen_uniform (pen, 5, 9);
  int n_clouds = ple_pen_below (pen, 4);

  if (ple_pen_chance (pen, 0.7))
    {
      draw_glow (pen, s->glow, x, y, r * 4, 0.5);
      ple_pen_ellipse (pen, x, y, r, r);
      ple_pen_flat (pen, s->glow, 0.85);
    }
  for (int i = 0; i < n_clouds; i++)
    {
      double cx = ple_pen_uniform (pen, 0, 100);
      double cy = ple_pen_uniform (pen, 8, 45);
      double size = ple_pen_uniform (pen, 7, 14);

      draw_cloud (pen, s->glow, cx, cy, size, 0.4);
    }
}

static void
draw_hills (PlePen *pen, const PleScenery *s)
{
  double horizon = ple_pen_uniform (pen, 55, 78);
  double step = ple_pen_uniform (pen, 8, 14);

  draw_sun_and_clouds (pen, s);
  draw_hill (pen, ple_ink_mix (s->far, s->bottom, 0.45), horizon - step, 5, 1);
  draw_hill (pen, s->far, horizon, 4, 1);
  draw_hill (pen, ple_ink_mix (s->far, s->near, 0.6), horizon + step, 3, 1);
}

static void
draw_forest (PlePen *pen, const PleScenery *s)
{
  double horizon = ple_pen_uniform (pen, 62, 80);
  gboolean pines = ple_pen_chance (pen, 0.5);
  PleInk ink = ple_ink_mix (s->far, s->bottom, 0.4);

  draw_sun_and_clouds (pen, s);
  for (double x = -4; x < 106;)
    {
      double height = ple_pen_uniform (pen, 12, 30);
      double width = ple_pen_uniform (pen, 5, 9);

      if (pines)
        {
          double tree[] = { x - width, horizon + 3, x, horizon - height, x + width, horizon + 3 };

          ple_pen_polygon (pen, tree, 3);
        }
      else
        {
          ple_pen_ellipse (pen, x, horizon - height * 0.55, width, height * 0.45);
          cairo_rectangle (pen->cr, x - 1, horizon - height * 0.4, 2, height * 0.4 + 3);
        }
      ple_pen_flat (pen, ink, 1);
      x += width * ple_pen_uniform (pen, 1.1, 2.4);
    }
  draw_hill (pen, s->far, horizon + 2, 2, 1);
}

static void
draw_sea (PlePen *pen, const PleScenery *s)
{
  double horizon = ple_pen_uniform (pen, 50, 72);

  draw_sun_and_clouds (pen, s);
  cairo_rectangle (pen->cr, 0, horizon, 100, 100 - horizon);
  ple_pen_flat (pen, s->far, 1);
  for (double y = horizon + 4; y < 104; y += 7)
    {
      double shift = ple_pen_uniform (pen, 0, 14);

      cairo_move_to (pen->cr, -14 + shift, y);
      for (double x = -14 + shift; x < 104; x += 14)
        cairo_curve_to (pen->cr, x + 4, y - 2, x + 10, y - 2, x + 14, y);
      ple_pen_stroke (pen, s->bottom, 1, 0.4);
    }
}

static void
draw_starry (PlePen *pen, const PleScenery *s)
{
  int n_stars = 14 + ple_pen_below (pen, 22);
  double x = ple_pen_uniform (pen, 10, 90);
  double y = ple_pen_uniform (pen, 10, 90);

  draw_glow (pen, s->far, x, y, 60, 0.8);
  for (int i = 0; i < n_stars; i++)
    {
      double sx = ple_pen_uniform (pen, 0, 100);
      double sy = ple_pen_uniform (pen, 0, 100);
      double r = ple_pen_uniform (pen, 0.4, 1.1);

      if (r > 1)
        ple_pen_star (pen, sx, sy, r * 2.6, 4, 0.35);
      else
        ple_pen_ellipse (pen, sx, sy, r, r);
      ple_pen_flat (pen, s->glow, 0.75);
    }
}

static void
draw_room (PlePen *pen, const PleScenery *s)
{
  double table = ple_pen_uniform (pen, 66, 84);
  double period = ple_pen_uniform (pen, 8, 15);
  PleInk wood = ple_ink_mix (s->near, s->far, 0.5);

  for (double x = ple_pen_uniform (pen, -period, 0); x < 100; x += period)
    {
      cairo_rectangle (pen->cr, x, 0, period * 0.5, table);
      ple_pen_flat (pen, s->far, 0.2);
    }
  cairo_rectangle (pen->cr, 0, table, 100, 100 - table);
  ple_pen_flat (pen, wood, 1);
  cairo_rectangle (pen->cr, 0, table, 100, 2.2);
  ple_pen_flat (pen, s->bottom, 0.5);
}

static void
draw_dots (PlePen *pen, const PleScenery *s)
{
  double period = ple_pen_uniform (pen, 9, 16);
  double radius = period * ple_pen_uniform (pen, 0.12, 0.24);
  int row = 0;

  for (double y = 0; y < 100 + period; y += period * 0.87, row++)
    for (double x = row % 2 ? period / 2 : 0; x < 100 + period; x += period)
      ple_pen_ellipse (pen, x, y, radius, radius);
  ple_pen_flat (pen, s->far, 0.45);
}

static void
draw_bokeh (PlePen *pen, const PleScenery *s)
{
  int n = 7 + ple_pen_below (pen, 8);

  for (int i = 0; i < n; i++)
    {
      double x = ple_pen_uniform (pen, 0, 100);
      double y = ple_pen_uniform (pen, 0, 100);
      double r = ple_pen_uniform (pen, 6, 20);

      ple_pen_ellipse (pen, x, y, r, r);
      ple_pen_flat (pen, i % 2 ? s->glow : s->far, 0.28);
    }
}

static void
draw_rays (PlePen *pen, const PleScenery *s)
{
  double x = ple_pen_uniform (pen, 30, 70);
  double y = ple_pen_uniform (pen, 35, 75);
  int n = 9 + ple_pen_below (pen, 6);
  double turn = ple_pen_uniform (pen, 0, G_PI);

  for (int i = 0; i < n; i++)
    {
      double angle = turn + 2 * G_PI * i / n;

      cairo_move_to (pen->cr, x, y);
      cairo_line_to (pen->cr, x + 160 * cos (angle), y + 160 * sin (angle));
      cairo_line_to (pen->cr, x + 160 * cos (angle + G_PI / n), y + 160 * sin (angle + G_PI / n));
      cairo_close_path (pen->cr);
    }
  ple_pen_flat (pen, s->glow, 0.36);
}

static void
draw_stripes (PlePen *pen, const PleScenery *s)
{
  double period = ple_pen_uniform (pen, 10, 20);
  double lean = ple_pen_chance (pen, 0.5) ? 60 : -60;

  for (double x = -80; x < 180; x += period)
    {
      double stripe[] = { x, 0, x + period * 0.5, 0, x + period * 0.5 + lean, 100, x + lean, 100 };

      ple_pen_polygon (pen, stripe, 4);
    }
  ple_pen_flat (pen, s->far, 0.4);
}

static void
draw_plain (PlePen *pen, const PleScenery *s)
{
  double x = ple_pen_uniform (pen, 20, 80);
  double y = ple_pen_uniform (pen, 20, 80);

  draw_glow (pen, s->glow, x, y, 80, 0.5);
}

void
ple_sample_draw_scenery (PlePen *pen, const PleScenery *scenery)
{
  static void (*const kinds[]) (PlePen *, const PleScenery *) = {
    draw_hills, draw_forest, draw_sea,  draw_starry,  draw_room,
    draw_dots,  draw_bokeh,  draw_rays, draw_stripes, draw_plain,
  };
  int kind = ple_pen_below (pen, G_N_ELEMENTS (kinds));

  draw_gradient (pen, scenery->top, scenery->bottom);
  kinds[kind](pen, scenery);
}

static void
draw_grass_bank (PlePen *pen, const PleScenery *s)
{
  double height = ple_pen_uniform (pen, 84, 92);
  PleInk ink = ple_ink_mix (s->near, pen->dark, 0.1);

  for (double x = 0; x < 100;)
    {
      double lean = ple_pen_uniform (pen, -3, 3);
      double length = ple_pen_uniform (pen, 5, 13);
      double blade[] = { x - 2, height + 3, x + lean, height - length, x + 2, height + 3 };

      ple_pen_polygon (pen, blade, 3);
      x += ple_pen_uniform (pen, 2.5, 6);
    }
  ple_pen_flat (pen, ink, 1);
  draw_hill (pen, ink, height, 1.5, 1);
}

static void
draw_clouds_in_front (PlePen *pen, const PleScenery *s)
{
  int n = 1 + ple_pen_below (pen, 2);

  for (int i = 0; i < n; i++)
    {
      double x = ple_pen_uniform (pen, 0, 100);
      double y =
          ple_pen_chance (pen, 0.5) ? ple_pen_uniform (pen, 4, 22) : ple_pen_uniform (pen, 80, 98);
      double size = ple_pen_uniform (pen, 14, 24);

      draw_cloud (pen, ple_ink_mix (s->glow, s->bottom, 0.25), x, y, size, 0.95);
    }
}

static void
draw_flakes (PlePen *pen, const PleScenery *s)
{
  int n = 12 + ple_pen_below (pen, 16);

  for (int i = 0; i < n; i++)
    {
      double x = ple_pen_uniform (pen, 0, 100);
      double y = ple_pen_uniform (pen, 0, 100);
      double r = ple_pen_uniform (pen, 0.7, 1.9);

      ple_pen_ellipse (pen, x, y, r, r);
      ple_pen_flat (pen, s->glow, 0.9);
    }
}

void
ple_sample_draw_foreground (PlePen *pen, const PleScenery *scenery)
{
  switch (ple_pen_below (pen, 8))
    {
    case 0:
      draw_grass_bank (pen, scenery);
      break;
    case 1:
      draw_clouds_in_front (pen, scenery);
      break;
    case 2:
      draw_flakes (pen, scenery);
      break;
    default:
      break;
    }
}
