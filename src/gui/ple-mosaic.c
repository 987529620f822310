/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-mosaic.h"

#include "base/ple-atomic.h"
#include "base/ple-hash.h"
#include "gui/ple-paint.h"
#include "gui/ple-thumbnail-loader.h"

#include <errno.h>

#define KEY_ITEMS "tEXt::Pleiades::Items"
#define KEY_CONFIRMED "tEXt::Pleiades::Confirmed"
/* As kept: device pixels of a screen with scale 2. */
#define KEPT_SIDE (2 * PLE_MOSAIC_SIDE)
#define GAP 4
#define RADIUS 12
/* No file that we wrote is larger. */
#define MAX_BYTES (4 << 20)

static char *
dup_path (const char *cache_dir, const char *project)
{
  g_autoptr (PleHash) hash = ple_hash_new ();
  g_autofree char *digits = NULL;
  g_autofree char *name = NULL;

  ple_hash_add_string (hash, project);
  digits = ple_hash_get_hex (hash, 32);
  name = g_strconcat (digits, ".png", NULL);
  return g_build_filename (cache_dir, "mosaics", name, NULL);
}

/* @picture's middle square into the rectangle. */
static void
draw_cell (cairo_t *cr, cairo_surface_t *picture, double x, double y, double width, double height)
{
  double from_width = cairo_image_surface_get_width (picture);
  double from_height = cairo_image_surface_get_height (picture);
  double factor = MAX (width / MAX (from_width, 1), height / MAX (from_height, 1));

  cairo_save (cr);
  cairo_rectangle (cr, x, y, width, height);
  cairo_clip (cr);
  cairo_translate (cr, x + (width - factor * from_width) / 2,
                   y + (height - factor * from_height) / 2);
  cairo_scale (cr, factor, factor);
  cairo_set_source_surface (cr, picture, 0, 0);
  cairo_pattern_set_filter (cairo_get_source (cr), CAIRO_FILTER_GOOD);
  cairo_pattern_set_extend (cairo_get_source (cr), CAIRO_EXTEND_PAD);
  cairo_paint (cr);
  cairo_restore (cr);
}

/* One picture fills the square, two stand beside each other, of three the first is tall. */
static void
draw_cells (cairo_t *cr, PleThumbnailLoader *loader, const PleMosaic *mosaic)
{
  double half = (KEPT_SIDE - GAP) / 2.0;

  for (guint i = 0; i < mosaic->n; i++)
    {
      guint column = mosaic->n > 2 ? i % 2 : i;
      gboolean tall = mosaic->n <= 2 || (mosaic->n == 3 && i == 1);
      double width = mosaic->n > 1 ? half : KEPT_SIDE;
      double height = tall ? KEPT_SIDE : half;
      cairo_surface_t *picture =
          ple_thumbnail_loader_load (loader, mosaic->items[i], (guint) MAX (width, height));

      draw_cell (cr, picture, column * (half + GAP), i < 2 ? 0 : half + GAP, width, height);
      cairo_surface_destroy (picture);
    }
}

gboolean
ple_mosaic_keep (const char *cache_dir,
                 const char *project,
                 PleDataset *dataset,
                 const PleMosaic *mosaic,
                 GError **error)
{
  g_autofree char *path = dup_path (cache_dir, project);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *items = g_strdup_printf ("%" G_GUINT64_FORMAT, mosaic->n_items);
  g_autofree char *confirmed = g_strdup_printf ("%" G_GUINT64_FORMAT, mosaic->n_confirmed);
  g_autofree char *bytes = NULL;
  g_autoptr (GdkPixbuf) pixbuf = NULL;
  PleThumbnailLoader *loader = ple_thumbnail_loader_new (dataset, NULL);
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, KEPT_SIDE, KEPT_SIDE);
  cairo_t *cr = cairo_create (surface);
  gsize size;

  ple_paint_rounded (cr, 0, 0, KEPT_SIDE, KEPT_SIDE, RADIUS);
  cairo_clip (cr);
  draw_cells (cr, loader, mosaic);
  cairo_destroy (cr);
  ple_thumbnail_loader_unref (loader);
  pixbuf = gdk_pixbuf_get_from_surface (surface, 0, 0, KEPT_SIDE, KEPT_SIDE);
  cairo_surface_destroy (surface);
  if (!gdk_pixbuf_save_to_buffer (pixbuf, &bytes, &size, "png", error, KEY_ITEMS, items,
                                  KEY_CONFIRMED, confirmed, "compression", "4", NULL))
    return FALSE;
  if (g_mkdir_with_parents (folder, 0700) != 0)
    {
      int saved = errno;

      g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (saved), "%s: %s", folder,
                   g_strerror (saved));
      return FALSE;
    }
  return ple_atomic_write (path, bytes, size, error);
}

static gboolean
read_count (GdkPixbuf *pixbuf, const char *key, guint64 *count)
{
  const char *text = gdk_pixbuf_get_option (pixbuf, key);

  return text != NULL && g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, count, NULL);
}

/* The file as it is; NULL if it is none of ours. (transfer full) */
static GdkPixbuf *
read_kept (const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInfo) info =
      g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE, G_FILE_QUERY_INFO_NONE, NULL, NULL);
  g_autoptr (GdkPixbuf) pixbuf = NULL;
  int width, height;

  if (info == NULL || g_file_info_get_size (info) > MAX_BYTES ||
      gdk_pixbuf_get_file_info (path, &width, &height) == NULL || width != KEPT_SIDE ||
      height != KEPT_SIDE)
    return NULL;
  pixbuf = gdk_pixbuf_new_from_file (path, NULL);
  return g_steal_pointer (&pixbuf);
}

cairo_surface_t *
ple_mosaic_load (const char *cache_dir, const char *project, int scale, PleMosaic *mosaic)
{
  g_autofree char *path = dup_path (cache_dir, project);
  g_autoptr (GdkPixbuf) pixbuf = read_kept (path);
  cairo_surface_t *kept, *surface;
  cairo_t *cr;

  *mosaic = (PleMosaic){ 0 };
  if (pixbuf == NULL || !read_count (pixbuf, KEY_ITEMS, &mosaic->n_items) ||
      !read_count (pixbuf, KEY_CONFIRMED, &mosaic->n_confirmed))
    return NULL;
  kept = gdk_cairo_surface_create_from_pixbuf (pixbuf, 1, NULL);
  surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, PLE_MOSAIC_SIDE * scale,
                                        PLE_MOSAIC_SIDE * scale);
  cr = cairo_create (surface);
  cairo_scale (cr, (double) PLE_MOSAIC_SIDE * scale / KEPT_SIDE,
               (double) PLE_MOSAIC_SIDE * scale / KEPT_SIDE);
  cairo_set_source_surface (cr, kept, 0, 0);
  cairo_pattern_set_filter (cairo_get_source (cr), CAIRO_FILTER_GOOD);
  cairo_paint (cr);
  cairo_destroy (cr);
  cairo_surface_destroy (kept);
  cairo_surface_flush (surface);
  cairo_surface_set_device_scale (surface, scale, scale);
  return surface;
}
