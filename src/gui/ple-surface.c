/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-surface.h"

cairo_surface_t *
ple_surface_new_from_image (const PleImage *image, int device_scale)
{
  cairo_surface_t *surface =
      cairo_image_surface_create (CAIRO_FORMAT_RGB24, (int) image->width, (int) image->height);
  guint8 *pixels = cairo_image_surface_get_data (surface);
  size_t stride = (size_t) cairo_image_surface_get_stride (surface);

  if (cairo_surface_status (surface) != CAIRO_STATUS_SUCCESS)
    return surface;
  for (size_t y = 0; y < image->height; y++)
    {
      const guint8 *in = image->data + y * image->width * 3;
      guint32 *out = (guint32 *) (void *) (pixels + y * stride);

      for (size_t x = 0; x < image->width; x++, in += 3)
        out[x] = (guint32) in[0] << 16 | (guint32) in[1] << 8 | in[2];
    }
  cairo_surface_mark_dirty (surface);
  cairo_surface_set_device_scale (surface, device_scale, device_scale);
  return surface;
}
