/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-sample-private.h"

#include <math.h>

double
ple_pen_uniform (PlePen *pen, double low, double high)
{
  return low + (high - low) * ple_rng_uniform (pen->rng);
}

gboolean
ple_pen_chance (PlePen *pen, double probability)
{
  return ple_rng_uniform (pen->rng) < probability;
}

int
ple_pen_below (PlePen *pen, int n)
{
  return (int) ple_rng_below (pen->rng, (guint64) n);
}

PleInk
ple_ink_mix (PleInk a, PleInk b, double share_of_b)
{
  return (PleInk){ a.r + (b.r - a.r) * share_of_b, a.g + (b.g - a.g) * share_of_b,
                   a.b + (b.b - a.b) * share_of_b };
}

void
ple_pen_set (PlePen *pen, PleInk ink, double alpha)
{
  cairo_set_source_rgba (pen->cr, ink.r, ink.g, ink.b, alpha);
}

static void
set_shaded (PlePen *pen, PleInk ink)
{
  const PleInk white = { 1, 0.99, 0.95 };
  PleInk lit = ple_ink_mix (ink, white, 0.22);
  PleInk shadow = ple_ink_mix (ink, pen->dark, 0.22);
  cairo_pattern_t *gradient;
  double x0, y0, x1, y1;

  cairo_path_extents (pen->cr, &x0, &y0, &x1, &y1);
  gradient = cairo_pattern_create_linear (x0 + (x1 - x0) * 0.25, y0, x0 + (x1 - x0) * 0.75, y1);
  cairo_pattern_add_color_stop_rgb (gradient, 0, lit.r, lit.g, lit.b);
  cairo_pattern_add_color_stop_rgb (gradient, 0.45, ink.r, ink.g, ink.b);
  cairo_pattern_add_color_stop_rgb (gradient, 1, shadow.r, shadow.g, shadow.b);
  cairo_set_source (pen->cr, gradient);
  cairo_pattern_destroy (gradient);
}

void
ple_pen_finish (PlePen *pen, PleInk ink)
{
  set_shaded (pen, ink);
  cairo_fill_preserve (pen->cr);
  ple_pen_stroke (pen, ple_ink_mix (ink, pen->dark, 0.72), pen->line, 1);
}

void
ple_pen_flat (PlePen *pen, PleInk ink, double alpha)
{
  ple_pen_set (pen, ink, alpha);
  cairo_fill (pen->cr);
}

void
ple_pen_stroke (PlePen *pen, PleInk ink, double width, double alpha)
{
  ple_pen_set (pen, ink, alpha);
  cairo_set_line_width (pen->cr, width);
  cairo_set_line_join (pen->cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap (pen->cr, CAIRO_LINE_CAP_ROUND);
  cairo_stroke (pen->cr);
}

void
ple_pen_clip_filled (PlePen *pen, PleInk ink)
{
  set_shaded (pen, ink);
  cairo_fill_preserve (pen->cr);
  cairo_clip (pen->cr);
}

void
ple_pen_ellipse (PlePen *pen, double x, double y, double rx, double ry)
{
  cairo_save (pen->cr);
  cairo_translate (pen->cr, x, y);
  cairo_scale (pen->cr, rx, ry);
  cairo_new_sub_path (pen->cr);
  cairo_arc (pen->cr, 0, 0, 1, 0, 2 * G_PI);
  cairo_close_path (pen->cr);
  cairo_restore (pen->cr);
}

void
ple_pen_box (PlePen *pen, double x, double y, double width, double height, double radius)
{
  double r = MIN (radius, MIN (width, height) / 2);

  cairo_new_sub_path (pen->cr);
  cairo_arc (pen->cr, x + r, y + r, r, G_PI, 1.5 * G_PI);
  cairo_arc (pen->cr, x + width - r, y + r, r, 1.5 * G_PI, 2 * G_PI);
  cairo_arc (pen->cr, x + width - r, y + height - r, r, 0, 0.5 * G_PI);
  cairo_arc (pen->cr, x + r, y + height - r, r, 0.5 * G_PI, G_PI);
  cairo_close_path (pen->cr);
}

void
ple_pen_polygon (PlePen *pen, const double *xy, int n_points)
{
  cairo_new_sub_path (pen->cr);
  for (int i = 0; i < n_points; i++)
    cairo_line_to (pen->cr, xy[2 * i], xy[2 * i + 1]);
  cairo_close_path (pen->cr);
}

void
ple_pen_smooth (PlePen *pen, const double *xy, int n_points)
{
  cairo_move_to (pen->cr, xy[0], xy[1]);
  for (int i = 0; i < n_points; i++)
    {
      const double *before = xy + 2 * ((i + n_points - 1) % n_points);
      const double *from = xy + 2 * i;
      const double *to = xy + 2 * ((i + 1) % n_points);
      const double *after = xy + 2 * ((i + 2) % n_points);

      cairo_curve_to (pen->cr, from[0] + (to[0] - before[0]) / 6, from[1] + (to[1] - before[1]) / 6,
                      to[0] - (after[0] - from[0]) / 6, to[1] - (after[1] - from[1]) / 6, to[0],
                      to[1]);
    }
  cairo_close_path (pen->cr);
}

void
ple_pen_star (PlePen *pen, double x, double y, double radius, int n_points, double inner)
{
  cairo_new_sub_path (pen->cr);
  for (int i = 0; i < 2 * n_points; i++)
    {
      double angle = G_PI * (i / (double) n_points - 0.5);
      double r = i % 2 == 0 ? radius : radius * inner;

      cairo_line_to (pen->cr, x + r * cos (angle), y + r * sin (angle));
    }
  cairo_close_path (pen->cr);
}

void
ple_pen_heart (PlePen *pen, double x, double y, double radius)
{
  cairo_t *cr = pen->cr;
  double r = radius;

  cairo_move_to (cr, x, y + r);
  cairo_curve_to (cr, x - 0.5 * r, y + 0.5 * r, x - 1.1 * r, y + 0.15 * r, x - 1.1 * r,
                  y - 0.35 * r);
  cairo_curve_to (cr, x - 1.1 * r, y - 1.1 * r, x - 0.1 * r, y - 1.05 * r, x, y - 0.4 * r);
  cairo_curve_to (cr, x + 0.1 * r, y - 1.05 * r, x + 1.1 * r, y - 1.1 * r, x + 1.1 * r,
                  y - 0.35 * r);
  cairo_curve_to (cr, x + 1.1 * r, y + 0.15 * r, x + 0.5 * r, y + 0.5 * r, x, y + r);
  cairo_close_path (cr);
}

void
ple_pen_eye (PlePen *pen, double x, double y, double radius, double look)
{
  const PleInk white = { 1, 1, 1 };

  ple_pen_ellipse (pen, x, y, radius, radius);
  ple_pen_set (pen, white, 1);
  cairo_fill_preserve (pen->cr);
  ple_pen_stroke (pen, pen->dark, 0.7 * pen->line, 1);
  ple_pen_ellipse (pen, x + look * radius * 0.3, y, radius * 0.58, radius * 0.62);
  ple_pen_flat (pen, pen->dark, 1);
  ple_pen_ellipse (pen, x + look * radius * 0.3 + radius * 0.2, y - radius * 0.24, radius * 0.2,
                   radius * 0.2);
  ple_pen_flat (pen, white, 1);
}
