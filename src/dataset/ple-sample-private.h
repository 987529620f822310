/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <cairo.h>

#include "base/ple-rng.h"

G_BEGIN_DECLS

/* The drawing kit of the built-in sample. An object is drawn around the origin in a box of about
 * 100 by 100 units, y downwards; the page behind it is 0..100 in both directions.
 *
 * The order in which C evaluates arguments is open, so no expression here or in the drawings asks
 * for two random numbers: each goes through a variable of its own. */

typedef struct
{
  double r, g, b;
} PleInk;

/**
 * PlePen:
 * @cr: where to draw
 * @rng: stream of this one picture
 * @main: colour of the object's body
 * @second: of its largest other part
 * @accent: of small parts
 * @light: near white
 * @dark: of lines and eyes
 * @line: width of outlines, units
 *
 * What a drawing gets. The colours come from palettes that all classes share.
 */
typedef struct
{
  cairo_t *cr;
  PleRng *rng;
  PleInk main, second, accent, light, dark;
  double line;
} PlePen;

/**
 * PleScenery:
 * @top: of the gradient
 * @bottom: of the gradient
 * @far: hills and patterns in the distance
 * @near: hills and furniture in front
 * @glow: sun, stars, clouds
 */
typedef struct
{
  PleInk top, bottom, far, near, glow;
} PleScenery;

double ple_pen_uniform (PlePen *pen, double low, double high);
gboolean ple_pen_chance (PlePen *pen, double probability);
int ple_pen_below (PlePen *pen, int n);

PleInk ple_ink_mix (PleInk a, PleInk b, double share_of_b);
void ple_pen_set (PlePen *pen, PleInk ink, double alpha);

/* Fills the current path, lighter at the upper left and darker at the lower right, outlines it in a
 * dark tint of the same colour and leaves no path. */
void ple_pen_finish (PlePen *pen, PleInk ink);
/* The same without outline, flat. */
void ple_pen_flat (PlePen *pen, PleInk ink, double alpha);
/* Strokes the current path in @ink. */
void ple_pen_stroke (PlePen *pen, PleInk ink, double width, double alpha);

/* Paths. */
void ple_pen_ellipse (PlePen *pen, double x, double y, double rx, double ry);
void ple_pen_box (PlePen *pen, double x, double y, double width, double height, double radius);
void ple_pen_polygon (PlePen *pen, const double *xy, int n_points);
/* A closed smooth curve through the points (Catmull-Rom). */
void ple_pen_smooth (PlePen *pen, const double *xy, int n_points);
void ple_pen_star (PlePen *pen, double x, double y, double radius, int n_points, double inner);
void ple_pen_heart (PlePen *pen, double x, double y, double radius);
/* An eye that looks a little to one side. */
void ple_pen_eye (PlePen *pen, double x, double y, double radius, double look);
/* Keeps the current path as clip until the caller's cairo_restore(); fills it with @ink first. */
void ple_pen_clip_filled (PlePen *pen, PleInk ink);

/* Paints @object, a group of an image surface, as a sticker: with a soft shadow @lift units below
 * it and a pale rim @rim units wide. */
void ple_pen_paint_sticker (PlePen *pen, cairo_pattern_t *object, double rim, double lift);

/* Covers 0..100 by 0..100. */
void ple_sample_draw_scenery (PlePen *pen, const PleScenery *scenery);
/* In three pictures of eight something stands in front: a bank of grass, a cloud, falling snow. */
void ple_sample_draw_foreground (PlePen *pen, const PleScenery *scenery);

/* As ple_sample_render(), before the conversion to RGB. (transfer full) */
cairo_surface_t *
ple_sample_render_surface (size_t class_index, size_t number, guint64 seed, guint side);

typedef void (*PleSampleDrawing) (PlePen *pen);

void ple_sample_draw_balloon (PlePen *pen);
void ple_sample_draw_butterfly (PlePen *pen);
void ple_sample_draw_cactus (PlePen *pen);
void ple_sample_draw_fish (PlePen *pen);
void ple_sample_draw_house (PlePen *pen);
void ple_sample_draw_leaf (PlePen *pen);
void ple_sample_draw_mug (PlePen *pen);
void ple_sample_draw_mushroom (PlePen *pen);
void ple_sample_draw_owl (PlePen *pen);
void ple_sample_draw_planet (PlePen *pen);
void ple_sample_draw_rocket (PlePen *pen);
void ple_sample_draw_sailboat (PlePen *pen);

G_END_DECLS
