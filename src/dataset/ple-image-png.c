/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-image.h"

#include <gdk-pixbuf/gdk-pixbuf.h>

gboolean
ple_image_write_png (const PleImage *image, const char *path, GError **error)
{
  g_autoptr (GdkPixbuf) pixbuf =
      gdk_pixbuf_new_from_data (image->data, GDK_COLORSPACE_RGB, FALSE, 8, (int) image->width,
                                (int) image->height, (int) (3 * image->width), NULL, NULL);

  /* The level is named so that the bytes do not depend on somebody's default. */
  return gdk_pixbuf_save (pixbuf, path, "png", error, "compression", "6", NULL);
}
