/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What unit tests of pictures and data sets share: small pictures as files in memory, a folder of
 * their own. */

#include "base/ple-atomic.h"
#include "dataset/ple-image.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <webp/encode.h>

/* Red, green / blue, yellow: the quarters of the test picture. */
static const guint8 ple_test_quarters[4][3] = {
  { 220, 30, 30 }, { 30, 200, 40 }, { 30, 40, 210 }, { 230, 220, 40 }
};

/* (transfer full) */
static inline GdkPixbuf *
ple_test_pixbuf (int width, int height)
{
  GdkPixbuf *pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, width, height);
  guint8 *pixels = gdk_pixbuf_get_pixels (pixbuf);
  int stride = gdk_pixbuf_get_rowstride (pixbuf);

  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      memcpy (pixels + y * stride + 3 * x,
              ple_test_quarters[2 * (y >= height / 2) + (x >= width / 2)], 3);
  return pixbuf;
}

/* The test picture as a file of @type: "png", "jpeg", "bmp", "tiff" or "webp". (transfer full) */
static inline GBytes *
ple_test_picture (const char *type, int width, int height)
{
  g_autoptr (GdkPixbuf) pixbuf = ple_test_pixbuf (width, height);
  gchar *data = NULL;
  gsize size = 0;

  if (strcmp (type, "webp") == 0)
    {
      uint8_t *webp = NULL;
      GBytes *bytes;

      size = WebPEncodeLosslessRGB (gdk_pixbuf_read_pixels (pixbuf), width, height,
                                    gdk_pixbuf_get_rowstride (pixbuf), &webp);
      g_assert_cmpuint (size, >, 0);
      bytes = g_bytes_new (webp, size);
      WebPFree (webp);
      return bytes;
    }
  g_assert_true (gdk_pixbuf_save_to_buffer (pixbuf, &data, &size, type, NULL, NULL));
  return g_bytes_new_take (data, size);
}

/* Which quarter's colour stands in the middle of quarter @q of @image, or -1. */
static inline int
ple_test_quarter_at (const PleImage *image, int q)
{
  guint x = image->width * (q % 2 ? 3 : 1) / 4, y = image->height * (q / 2 ? 3 : 1) / 4;
  const guint8 *pixel = image->data + ((size_t) y * image->width + x) * 3;

  for (int k = 0; k < 4; k++)
    if (ABS (pixel[0] - ple_test_quarters[k][0]) < 12 &&
        ABS (pixel[1] - ple_test_quarters[k][1]) < 12 &&
        ABS (pixel[2] - ple_test_quarters[k][2]) < 12)
      return k;
  return -1;
}

static inline void
ple_test_assert_quarters (const PleImage *image)
{
  for (int q = 0; q < 4; q++)
    g_assert_cmpint (ple_test_quarter_at (image, q), ==, q);
}

/* A folder for one test; remove it with ple_test_folder_free(). */
static inline char *
ple_test_folder_new (void)
{
  char *path = g_dir_make_tmp ("pleiades-test-XXXXXX", NULL);

  g_assert_nonnull (path);
  return path;
}

static inline void
ple_test_folder_free (char *path)
{
  g_assert_true (ple_remove_recursively (path, NULL));
  g_free (path);
}

/* Replaces a file at once, without waiting for the disk as g_file_set_contents() does. */
static inline void
ple_test_write_file (const char *path, gconstpointer data, size_t size)
{
  FILE *stream = fopen (path, "wb");

  g_assert_nonnull (stream);
  g_assert_cmpuint (fwrite (data, 1, size, stream), ==, size);
  g_assert_cmpint (fclose (stream), ==, 0);
}

/* Writes a file below @folder, making what folders it needs. */
static inline void
ple_test_write (const char *folder, const char *name, gconstpointer data, size_t size)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (parent, 0777), ==, 0);
  ple_test_write_file (path, data, size);
}

static inline void
ple_test_write_text (const char *folder, const char *name, const char *text)
{
  ple_test_write (folder, name, text, strlen (text));
}

static inline void
ple_test_write_picture (const char *folder, const char *name, const char *type)
{
  g_autoptr (GBytes) bytes = ple_test_picture (type, 12, 8);

  ple_test_write (folder, name, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}
