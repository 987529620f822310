/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "plot/ple-splat.h"

#include "base/ple-rng.h"
#include "plot/ple-splat-private.h"

#include <math.h>
#include <string.h>

static void
test_sse2_equals_scalar (void)
{
  PleRng rng;
  ple_rng_init (&rng, 1);
  static const double radii[] = { 0.5, 0.6, 1, 1.5, 2.5, 3.1, 5, 7.5 };
  guint32 a[64 * 48], b[64 * 48];
  for (guint r = 0; r < G_N_ELEMENTS (radii); r++)
    {
      PleSprite sprite;
      ple_sprite_init (&sprite, radii[r], r % 2 == 0 ? 0 : radii[r] / 2, 0.78);
      for (guint i = 0; i < G_N_ELEMENTS (a); i++)
        a[i] = b[i] = (guint32) ple_rng_next (&rng);
      PleBlit blit = { .row = a, .stride = 64, .width = 60, .top = 3, .bottom = 41 };
      for (int i = 0; i < 3000; i++)
        {
          float x = (float) (ple_rng_uniform (&rng) * 80 - 10);
          float y = (float) (ple_rng_uniform (&rng) * 70 - 10);
          guint32 colour = 0xff000000u | (guint32) ple_rng_below (&rng, 1 << 24);
          blit.row = a;
          ple_blit_sprite (&blit, &sprite, colour, x, y);
          blit.row = b;
          ple_blit_scalar (&blit, &sprite, colour, x, y);
        }
      g_assert_cmpmem (a, sizeof a, b, sizeof b);
      ple_sprite_clear (&sprite);
    }
}

static void
test_disc_has_its_area_and_place (void)
{
  static const double radii[] = { 0.6, 1.3, 2.5, 6 };
  for (guint r = 0; r < G_N_ELEMENTS (radii); r++)
    for (int phase = 0; phase < 16; phase++)
      {
        guint32 pixels[40 * 40] = { 0 };
        PleSprite sprite;
        ple_sprite_init (&sprite, radii[r], 0, 1);
        PleBlit blit = { .row = pixels, .stride = 40, .width = 40, .bottom = 40 };
        float x = 20 + (float) (phase % 4) / 4, y = 20 + (float) (phase / 4) / 4;
        ple_blit_sprite (&blit, &sprite, 0xffffffff, x, y);
        double area = 0, mx = 0, my = 0;
        for (int i = 0; i < 40 * 40; i++)
          {
            double v = (pixels[i] & 255) / 255.0;
            area += v;
            mx += v * (i % 40 + 0.5);
            my += v * (i / 40 + 0.5);
          }
        double exact = G_PI * radii[r] * radii[r];
        g_assert_cmpfloat_with_epsilon (area / exact, 1, 0.06);
        g_assert_cmpfloat_with_epsilon (mx / area, (double) x, 0.13);
        g_assert_cmpfloat_with_epsilon (my / area, (double) y, 0.13);
        ple_sprite_clear (&sprite);
      }
}

typedef struct
{
  PlePoints *points;
  guint16 *colours;
  guint8 *flags;
  PleSplatScene scene;
  PleCamera camera;
} Fixture;

static const guint32 table[] = { 0xff0000, 0x00ff00, 0x0000ff };

static void
fixture_init (Fixture *f, size_t n)
{
  PleRng rng;
  ple_rng_init (&rng, 2);
  g_autoptr (PleMatrix) xy = ple_matrix_new (n, 2, NULL);
  ple_rng_fill_normal (&rng, xy->data, 2 * n, 1);
  f->points = ple_points_new (xy);
  f->colours = g_new (guint16, n);
  f->flags = g_new (guint8, n);
  for (size_t i = 0; i < n; i++)
    {
      f->colours[i] = (guint16) ple_rng_below (&rng, 5); /* beyond the table too */
      f->flags[i] = (guint8) ple_rng_below (&rng, 32);
    }
  f->scene = (PleSplatScene){ .points = f->points,
                              .colours = f->colours,
                              .flags = f->flags,
                              .table = table,
                              .n_table = 3,
                              .grey = 0x808080,
                              .ring = 0x202020,
                              .accent = 0x3584e4,
                              .opacity = 0.78,
                              .size = 1,
                              .pixel_ratio = 1,
                              .mode = PLE_SPLAT_DISCS };
  ple_camera_fit (&f->camera, &f->points->extent, 300, 200, 0);
}

static void
fixture_clear (Fixture *f)
{
  ple_points_unref (f->points);
  g_free (f->colours);
  g_free (f->flags);
}

static cairo_surface_t *
render (const Fixture *f, guint cap, guint n_threads)
{
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, n_threads);
  g_autoptr (GError) error = NULL;
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, 300, 200);
  g_assert_true (ple_splat_render (&f->scene, &f->camera, cap, surface, progress, &error));
  g_assert_no_error (error);
  return surface;
}

static gboolean
same (cairo_surface_t *a, cairo_surface_t *b)
{
  return memcmp (cairo_image_surface_get_data (a), cairo_image_surface_get_data (b),
                 (size_t) cairo_image_surface_get_stride (a) * 200) == 0;
}

static void
test_threads_give_the_same_bytes (void)
{
  static const double zooms[] = { 1, 7, 90 };
  Fixture f;
  fixture_init (&f, 20000);
  for (guint m = PLE_SPLAT_DISCS; m <= PLE_SPLAT_DENSITY; m++)
    for (guint z = 0; z < G_N_ELEMENTS (zooms); z++)
      for (guint cap = 0; cap < 2; cap++)
        {
          f.scene.mode = (PleSplatMode) m;
          ple_camera_fit (&f.camera, &f.points->extent, 300, 200, 0);
          ple_camera_zoom_at (&f.camera, 140, 110, zooms[z]);
          cairo_surface_t *one = render (&f, cap, 1);
          cairo_surface_t *two = render (&f, cap, 2);
          cairo_surface_t *five = render (&f, cap, 5);
          g_assert_true (same (one, two));
          g_assert_true (same (one, five));
          cairo_surface_destroy (one);
          cairo_surface_destroy (two);
          cairo_surface_destroy (five);
        }
  fixture_clear (&f);
}

static guint32
pixel_at (cairo_surface_t *surface, double x, double y)
{
  const guint8 *row = cairo_image_surface_get_data (surface) +
                      (gsize) y * (gsize) cairo_image_surface_get_stride (surface);
  return ((const guint32 *) (const void *) row)[(gsize) x];
}

/* Two points at one place: what is seen of them, by flags. */
static guint32
on_top (guint8 flags_0, guint8 flags_1)
{
  Fixture f;
  fixture_init (&f, 2);
  f.points->x[1] = f.points->x[0];
  f.points->y[1] = f.points->y[0];
  f.colours[0] = 0;
  f.colours[1] = 1;
  f.flags[0] = flags_0;
  f.flags[1] = flags_1;
  f.scene.radius = 3;
  f.scene.opacity = 1;
  double x, y;
  ple_camera_to_view (&f.camera, (double) f.points->x[0], (double) f.points->y[0], &x, &y);
  cairo_surface_t *surface = render (&f, 0, 1);
  guint32 seen = pixel_at (surface, CLAMP (x, 0, 299), CLAMP (y, 0, 199));
  cairo_surface_destroy (surface);
  fixture_clear (&f);
  return seen & 0xffffff;
}

static void
test_layers (void)
{
  g_assert_cmphex (on_top (0, 0), ==, 0x00ff00);
  g_assert_cmphex (on_top (PLE_POINT_HIGHLIGHTED, 0), ==, 0xff0000);
  g_assert_cmphex (on_top (PLE_POINT_SELECTED, PLE_POINT_HIGHLIGHTED), ==, 0xff0000);
  g_assert_cmphex (on_top (0, PLE_POINT_GREYED), ==, 0xff0000);
  g_assert_cmphex (on_top (PLE_POINT_GREYED, PLE_POINT_HIDDEN), ==, 0x808080);
  g_assert_cmphex (on_top (PLE_POINT_HIDDEN, PLE_POINT_HIDDEN | PLE_POINT_SELECTED), ==, 0);
}

static void
test_a_high_cap_leaves_nothing_out (void)
{
  Fixture f;
  fixture_init (&f, 20000);
  cairo_surface_t *all = render (&f, 0, 1);
  cairo_surface_t *most = render (&f, 1000, 1);
  g_assert_true (same (all, most));
  /* Far away, so that a cap of one bites; the quick picture is close to the full one. */
  ple_camera_zoom_at (&f.camera, 150, 100, 0.25);
  memset (f.flags, 0, f.points->n_placed);
  cairo_surface_t *full = render (&f, 0, 1);
  cairo_surface_t *quick = render (&f, 1, 1);
  g_assert_false (same (full, quick));
  gint64 difference = 0;
  for (int y = 0; y < 200; y++)
    for (int x = 0; x < 300; x++)
      for (int shift = 0; shift < 24; shift += 8)
        difference += ABS ((int) ((pixel_at (full, x, y) >> shift) & 255) -
                           (int) ((pixel_at (quick, x, y) >> shift) & 255));
  g_assert_cmpint (difference, <, 300 * 200 * 3 * 2);
  cairo_surface_destroy (all);
  cairo_surface_destroy (most);
  cairo_surface_destroy (full);
  cairo_surface_destroy (quick);
  fixture_clear (&f);
}

static void
test_radius_falls_with_density (void)
{
  Fixture few, many;
  fixture_init (&few, 500);
  fixture_init (&many, 50000);
  double a = ple_splat_radius (&few.scene, few.camera.scale);
  double b = ple_splat_radius (&many.scene, many.camera.scale);
  g_assert_cmpfloat (a, ==, 2.5);
  g_assert_cmpfloat (b, <, 1.2);
  g_assert_cmpfloat (ple_splat_radius (&many.scene, many.camera.scale * 20), >, b);
  many.scene.pixel_ratio = 2;
  g_assert_cmpfloat_with_epsilon (ple_splat_radius (&many.scene, many.camera.scale * 2), 2 * b,
                                  1e-9);
  fixture_clear (&few);
  fixture_clear (&many);
}

static void
test_cancel_and_empty (void)
{
  Fixture f;
  fixture_init (&f, 100);
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 1);
  g_autoptr (GError) error = NULL;
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, 300, 200);
  ple_progress_cancel (progress);
  g_assert_false (ple_splat_render (&f.scene, &f.camera, 0, surface, progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  fixture_clear (&f);
  fixture_init (&f, 0);
  g_assert_true (ple_splat_render (&f.scene, &f.camera, 0, surface, NULL, NULL));
  cairo_surface_destroy (surface);
  fixture_clear (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plot/splat/sse2-equals-scalar", test_sse2_equals_scalar);
  g_test_add_func ("/plot/splat/disc-has-its-area-and-place", test_disc_has_its_area_and_place);
  g_test_add_func ("/plot/splat/threads-give-the-same-bytes", test_threads_give_the_same_bytes);
  g_test_add_func ("/plot/splat/layers", test_layers);
  g_test_add_func ("/plot/splat/a-high-cap-leaves-nothing-out", test_a_high_cap_leaves_nothing_out);
  g_test_add_func ("/plot/splat/radius-falls-with-density", test_radius_falls_with_density);
  g_test_add_func ("/plot/splat/cancel-and-empty", test_cancel_and_empty);
  return g_test_run ();
}
