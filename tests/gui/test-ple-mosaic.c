/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-atomic.h"
#include "dataset/ple-dataset.h"
#include "gui/ple-mosaic.h"

#include <gtk/gtk.h>

typedef struct
{
  char *folder;
  PleDataset *dataset;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = g_dir_make_tmp ("pleiades-mosaic-XXXXXX", NULL);
  f->dataset = ple_sample_dataset_new (24, 0);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  ple_remove_recursively (f->folder, NULL);
  g_free (f->folder);
  ple_dataset_unref (f->dataset);
}

static guint32
pixel (cairo_surface_t *surface, int x, int y)
{
  const guint8 *data = cairo_image_surface_get_data (surface);

  return *(const guint32 *) (const void *) (data + y * cairo_image_surface_get_stride (surface) +
                                            4 * x);
}

/* Mean of the colour channels over a square around (x, y). */
static double
brightness (cairo_surface_t *surface, int x, int y, int radius)
{
  double sum = 0;

  for (int dy = -radius; dy < radius; dy++)
    for (int dx = -radius; dx < radius; dx++)
      for (guint shift = 0; shift < 24; shift += 8)
        sum += (pixel (surface, x + dx, y + dy) >> shift) & 255;
  return sum / (4 * radius * radius * 3);
}

static void
test_is_kept_with_its_facts (Fixture *f, gconstpointer data)
{
  PleMosaic mosaic = { { 0, 7, 11, 20 }, 4, 24, 5 }, read;
  GError *error = NULL;
  cairo_surface_t *surface;

  g_assert_null (ple_mosaic_load (f->folder, "/a/project", 1, &read));
  g_assert_true (ple_mosaic_keep (f->folder, "/a/project", f->dataset, &mosaic, &error));
  g_assert_no_error (error);
  g_assert_null (ple_mosaic_load (f->folder, "/another/project", 1, &read));
  for (int scale = 1; scale <= 2; scale++)
    {
      surface = ple_mosaic_load (f->folder, "/a/project", scale, &read);
      g_assert_nonnull (surface);
      g_assert_cmpint (cairo_image_surface_get_width (surface), ==, scale * PLE_MOSAIC_SIDE);
      g_assert_cmpuint (read.n_items, ==, 24);
      g_assert_cmpuint (read.n_confirmed, ==, 5);
      /* Corners are cut, the middle of each cell is there, the gap between them is clear. */
      g_assert_cmpuint (pixel (surface, 0, 0) >> 24, ==, 0);
      g_assert_cmpuint (pixel (surface, scale * 50, scale * 50) >> 24, ==, 255);
      g_assert_cmpuint (pixel (surface, scale * 160, scale * 160) >> 24, ==, 255);
      g_assert_cmpuint (pixel (surface, scale * 105, scale * 50) >> 24, <, 64);
      cairo_surface_destroy (surface);
    }
  /* Newer facts take the place of older ones. */
  mosaic.n_confirmed = 24;
  g_assert_true (ple_mosaic_keep (f->folder, "/a/project", f->dataset, &mosaic, &error));
  surface = ple_mosaic_load (f->folder, "/a/project", 1, &read);
  g_assert_cmpuint (read.n_confirmed, ==, 24);
  cairo_surface_destroy (surface);
}

/* Fewer clusters than four fill the square too. */
static void
test_any_number_of_pictures (Fixture *f, gconstpointer data)
{
  for (guint n = 0; n <= PLE_MOSAIC_N; n++)
    {
      PleMosaic mosaic = { { 1, 2, 3, 4 }, n, 24, 0 }, read;
      cairo_surface_t *surface;
      static const int corners[][2] = { { 50, 50 }, { 160, 50 }, { 50, 160 }, { 160, 160 } };

      g_assert_true (ple_mosaic_keep (f->folder, "/p", f->dataset, &mosaic, NULL));
      surface = ple_mosaic_load (f->folder, "/p", 1, &read);
      for (size_t i = 0; i < G_N_ELEMENTS (corners); i++)
        g_assert_cmpuint (pixel (surface, corners[i][0], corners[i][1]) >> 24, ==, n > 0 ? 255 : 0);
      cairo_surface_destroy (surface);
    }
}

/* The cells show the pictures that were asked for, in reading order. */
static void
test_pictures_are_in_their_places (Fixture *f, gconstpointer data)
{
  const PleMosaic one = { { 3 }, 1, 24, 0 };
  const PleMosaic four = { { 0, 1, 2, 3 }, 4, 24, 0 };
  PleMosaic read;
  cairo_surface_t *large, *small;

  g_assert_true (ple_mosaic_keep (f->folder, "/one", f->dataset, &one, NULL));
  g_assert_true (ple_mosaic_keep (f->folder, "/four", f->dataset, &four, NULL));
  large = ple_mosaic_load (f->folder, "/one", 1, &read);
  small = ple_mosaic_load (f->folder, "/four", 1, &read);
  /* The fourth, in its middle and near its upper edge: the same at half the size. */
  g_assert_cmpfloat (ABS (brightness (large, 105, 105, 24) - brightness (small, 158, 158, 12)), <,
                     6);
  g_assert_cmpfloat (ABS (brightness (large, 105, 26, 24) - brightness (small, 158, 119, 12)), <,
                     6);
  cairo_surface_destroy (large);
  cairo_surface_destroy (small);
}

static void
test_a_damaged_file_is_none (Fixture *f, gconstpointer data)
{
  const PleMosaic mosaic = { { 0, 1, 2, 3 }, 4, 24, 0 };
  g_autofree char *folder = g_build_filename (f->folder, "mosaics", NULL);
  g_autoptr (GDir) dir = NULL;
  g_autofree char *path = NULL;
  g_autofree char *bytes = NULL;
  PleMosaic read;
  gsize size;

  g_assert_true (ple_mosaic_keep (f->folder, "/p", f->dataset, &mosaic, NULL));
  dir = g_dir_open (folder, 0, NULL);
  path = g_build_filename (folder, g_dir_read_name (dir), NULL);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  g_assert_true (g_file_set_contents (path, bytes, (gssize) size / 2, NULL));
  g_assert_null (ple_mosaic_load (f->folder, "/p", 1, &read));
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  g_assert_null (ple_mosaic_load (f->folder, "/p", 1, &read));
}

static void
test_unwritable_place (Fixture *f, gconstpointer data)
{
  const PleMosaic mosaic = { { 0, 1, 2, 3 }, 4, 24, 0 };
  g_autofree char *file = g_build_filename (f->folder, "a-file", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (file, "x", 1, NULL));
  g_assert_false (ple_mosaic_keep (file, "/p", f->dataset, &mosaic, &error));
  g_assert_nonnull (error);
}

#define ADD(name, func) g_test_add ("/gui/mosaic/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  ADD ("is-kept-with-its-facts", test_is_kept_with_its_facts);
  ADD ("any-number-of-pictures", test_any_number_of_pictures);
  ADD ("pictures-are-in-their-places", test_pictures_are_in_their_places);
  ADD ("a-damaged-file-is-none", test_a_damaged_file_is_none);
  ADD ("unwritable-place", test_unwritable_place);
  return g_test_run ();
}
