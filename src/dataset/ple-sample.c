/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-sample.h"

#include "dataset/ple-sample-private.h"

#include <math.h>

typedef struct
{
  const char *name;
  PleSampleDrawing draw;
} Class;

static const Class classes[PLE_SAMPLE_N_CLASSES] = {
  { "balloon", ple_sample_draw_balloon }, { "butterfly", ple_sample_draw_butterfly },
  { "cactus", ple_sample_draw_cactus },   { "fish", ple_sample_draw_fish },
  { "house", ple_sample_draw_house },     { "leaf", ple_sample_draw_leaf },
  { "mug", ple_sample_draw_mug },         { "mushroom", ple_sample_draw_mushroom },
  { "owl", ple_sample_draw_owl },         { "planet", ple_sample_draw_planet },
  { "rocket", ple_sample_draw_rocket },   { "sailboat", ple_sample_draw_sailboat },
};

/* Three body colours, a near white and a dark. */
static const guint32 object_palettes[][5] = {
  { 0xe76f51, 0x2a9d8f, 0xf4c95d, 0xfff4e0, 0x2b3a55 },
  { 0x3d7ea6, 0xf2a65a, 0xe85d75, 0xfdf6ec, 0x22304a },
  { 0x6a994e, 0xbc4749, 0xf2cc8f, 0xfbf7e9, 0x2f3e2e },
  { 0x8e6bbf, 0xf6ae99, 0xffd166, 0xfff6ef, 0x33264f },
  { 0xd64550, 0xf7b32b, 0x2d7dd2, 0xfff8ea, 0x3a2230 },
  { 0x2e9ca6, 0xff7f6a, 0xffe08a, 0xf7fbf4, 0x173f4a },
  { 0xf28482, 0x84a59d, 0xf6bd60, 0xfff7f0, 0x4a3440 },
  { 0x4c6fbf, 0x9ad1d4, 0xffb84c, 0xf8f9ff, 0x1f2a4d },
  { 0xb56b45, 0x6d9f8e, 0xf0c27b, 0xfff5e6, 0x3b2a24 },
  { 0xefa23a, 0x5b6c9f, 0xd9594c, 0xfff9e8, 0x35304f },
  { 0x5fa777, 0xf3d37a, 0xe2725b, 0xfafbef, 0x20402f },
  { 0xc75b8e, 0x5da9a1, 0xf7ce76, 0xfff5f7, 0x43203a },
};

/* Top, bottom, far, near, glow: see PleScenery. */
static const guint32 scenery_palettes[][5] = {
  { 0x9fd3ec, 0xe8f5f0, 0xa9cfa4, 0x7db489, 0xfff6d6 },
  { 0xf6b79b, 0xfde7cf, 0xd99a94, 0xa86f7f, 0xfff0c9 },
  { 0xb9b4e3, 0xf3e6f1, 0x9c94c9, 0x7971ae, 0xfff3da },
  { 0x1e2a52, 0x44568f, 0x2f3f70, 0x22305a, 0xf6e7b4 },
  { 0x0f4c5c, 0x3a8d94, 0x1f6b75, 0x14505c, 0xe8f3c8 },
  { 0xbfe6d2, 0xf2faec, 0x93cdb1, 0x68ae95, 0xfff8d8 },
  { 0xf3ddb3, 0xfbf2de, 0xe2be88, 0xc99d69, 0xffffff },
  { 0xf4c6cf, 0xfcedea, 0xdfa0ae, 0xbf7c90, 0xfff6e2 },
  { 0xa9b8c9, 0xe2e8ea, 0x8b9db2, 0x6c8097, 0xfffbea },
  { 0x4a2f5e, 0x9a5f7f, 0x6b3f6b, 0x4b2c54, 0xffd9a0 },
  { 0xf8e59a, 0xfdf8dc, 0xd9cf80, 0xb0b262, 0xffffff },
  { 0x27513f, 0x6e9f7a, 0x3d6e55, 0x2c5744, 0xf2edc2 },
};

const char *
ple_sample_class_name (size_t class_index)
{
  g_return_val_if_fail (class_index < PLE_SAMPLE_N_CLASSES, NULL);
  return classes[class_index].name;
}

size_t
ple_sample_class_size (size_t n_items, size_t class_index, size_t *n_train)
{
  size_t n =
      n_items / PLE_SAMPLE_N_CLASSES + (class_index < n_items % PLE_SAMPLE_N_CLASSES ? 1 : 0);

  if (n_train != NULL)
    *n_train = n - n / 5;
  return n;
}

static PleInk
ink_from_hex (guint32 hex)
{
  return (PleInk){ (hex >> 16 & 255) / 255.0, (hex >> 8 & 255) / 255.0, (hex & 255) / 255.0 };
}

static double
ink_distance (PleInk a, PleInk b)
{
  /* Lightness counts most: it is what separates a shape from its ground. */
  double dr = a.r - b.r, dg = a.g - b.g, db = a.b - b.b;
  double dl = 0.3 * dr + 0.59 * dg + 0.11 * db;

  return sqrt (dl * dl * 2 + (dr * dr + dg * dg + db * db) * 0.5);
}

/* One palette for the object, its three body colours in any roles, and one for the scenery; drawn
 * again a few times if object and ground would melt into each other. */
static void
choose_colours (PlePen *pen, PleScenery *scenery)
{
  for (int attempt = 0; attempt < 6; attempt++)
    {
      const guint32 *object = object_palettes[ple_pen_below (pen, G_N_ELEMENTS (object_palettes))];
      const guint32 *ground =
          scenery_palettes[ple_pen_below (pen, G_N_ELEMENTS (scenery_palettes))];
      int first = ple_pen_below (pen, 3);
      int second = (first + 1 + ple_pen_below (pen, 2)) % 3;

      pen->main = ink_from_hex (object[first]);
      pen->second = ink_from_hex (object[second]);
      pen->accent = ink_from_hex (object[3 - first - second]);
      pen->light = ink_from_hex (object[3]);
      pen->dark = ink_from_hex (object[4]);
      scenery->top = ink_from_hex (ground[0]);
      scenery->bottom = ink_from_hex (ground[1]);
      scenery->far = ink_from_hex (ground[2]);
      scenery->near = ink_from_hex (ground[3]);
      scenery->glow = ink_from_hex (ground[4]);
      if (ink_distance (pen->main, ple_ink_mix (scenery->top, scenery->bottom, 0.5)) > 0.28)
        return;
    }
}

static void
draw_object (PlePen *pen, size_t class_index)
{
  cairo_t *cr = pen->cr;
  double size = ple_pen_uniform (pen, 0.55, 0.95);
  double slack = (1 - size) * 50;
  double x = 50 + slack * ple_pen_uniform (pen, -1, 1);
  double y = 50 + slack * ple_pen_uniform (pen, -1, 1);
  double stretch = ple_pen_uniform (pen, 0.86, 1.16);
  double tilt = 0.17 * ple_rng_normal (pen->rng);
  gboolean flipped = ple_pen_chance (pen, 0.5);
  double rim = MAX (0, ple_pen_uniform (pen, -0.6, 2));
  double lift = ple_pen_uniform (pen, 0.8, 2);
  cairo_pattern_t *object;

  cairo_push_group (cr);
  cairo_translate (cr, x, y);
  cairo_rotate (cr, CLAMP (tilt, -0.45, 0.45));
  cairo_scale (cr, (flipped ? -size : size) * sqrt (stretch), size / sqrt (stretch));
  classes[class_index].draw (pen);
  object = cairo_pop_group (cr);
  ple_pen_paint_sticker (pen, object, rim, lift);
  cairo_pattern_destroy (object);
}

void
ple_sample_draw (cairo_t *cr, size_t class_index, PleRng *rng)
{
  PlePen pen = { .cr = cr, .rng = rng };
  PleScenery scenery;

  g_return_if_fail (class_index < PLE_SAMPLE_N_CLASSES);

  choose_colours (&pen, &scenery);
  pen.line = ple_pen_uniform (&pen, 1.3, 2);
  cairo_save (cr);
  cairo_rectangle (cr, 0, 0, 1, 1);
  cairo_clip (cr);
  cairo_scale (cr, 0.01, 0.01);
  ple_sample_draw_scenery (&pen, &scenery);
  draw_object (&pen, class_index);
  ple_sample_draw_foreground (&pen, &scenery);
  cairo_restore (cr);
}

cairo_surface_t *
ple_sample_render_surface (size_t class_index, size_t number, guint64 seed, guint side)
{
  cairo_surface_t *surface =
      cairo_image_surface_create (CAIRO_FORMAT_RGB24, (int) side, (int) side);
  cairo_t *cr = cairo_create (surface);
  PleRng root, of_class, of_picture;

  ple_rng_init (&root, seed);
  ple_rng_split (&root, class_index, &of_class);
  ple_rng_split (&of_class, number, &of_picture);
  cairo_scale (cr, side, side);
  ple_sample_draw (cr, class_index, &of_picture);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  return surface;
}

PleImage *
ple_sample_render (size_t class_index, size_t number, guint64 seed, guint side, GError **error)
{
  g_autoptr (PleImage) image = NULL;
  cairo_surface_t *surface;
  const guint8 *rows;
  size_t stride;

  g_return_val_if_fail (class_index < PLE_SAMPLE_N_CLASSES && side > 0 && side <= 4096, NULL);

  image = ple_image_new (side, side, error);
  if (image == NULL)
    return NULL;
  surface = ple_sample_render_surface (class_index, number, seed, side);
  rows = cairo_image_surface_get_data (surface);
  stride = (size_t) cairo_image_surface_get_stride (surface);
  for (size_t y = 0; y < side; y++)
    {
      const guint32 *from = (const guint32 *) (gconstpointer) (rows + y * stride);
      guint8 *to = image->data + y * 3 * side;

      for (size_t x = 0; x < side; x++, to += 3)
        {
          to[0] = (guint8) (from[x] >> 16 & 255);
          to[1] = (guint8) (from[x] >> 8 & 255);
          to[2] = (guint8) (from[x] & 255);
        }
    }
  cairo_surface_destroy (surface);
  return g_steal_pointer (&image);
}
