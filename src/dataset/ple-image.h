/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * PleImage:
 * @width: pixels
 * @height: pixels
 * @data: RGB, 8 bits a channel, rows top down without padding (stride = 3 width)
 *
 * A decoded picture. Reference-counted, from any thread; frozen once shared.
 */
typedef struct
{
  guint width;
  guint height;
  guint8 *data;
  /*< private >*/
  int ref_count;
} PleImage;

/* Sides above this are refused: a hostile header must not make us allocate. */
#define PLE_IMAGE_MAX_SIDE 65500
#define PLE_IMAGE_MAX_PIXELS (400u * 1000 * 1000)

PleImage *ple_image_new (guint width, guint height, GError **error);
PleImage *ple_image_ref (PleImage *image);
void ple_image_unref (PleImage *image);

/**
 * ple_image_decode:
 * @bytes: a JPEG, PNG, WebP, GIF (first frame), BMP or TIFF file, told apart by content
 * @size_hint: 0 for full size, else the result may be smaller than the original as long as its
 * shorter side is at least @size_hint (scaled JPEG decoding)
 * @honour_orientation: turn as EXIF says
 * @name: for messages
 *
 * Grey, palette, 16-bit, CMYK and transparent pictures become RGB (transparency over white).
 *
 * Returns: (transfer full) (nullable): PLE_FILE_ERROR_* naming the file and the reason
 */
PleImage *ple_image_decode (
    GBytes *bytes, guint size_hint, gboolean honour_orientation, const char *name, GError **error);

/**
 * ple_image_decode_flawed:
 * @flaw: (out) (optional) (transfer full): a sentence if the file is damaged and yet gives a
 * picture, else %NULL
 *
 * As ple_image_decode(). A JPEG that ends early or is corrupt counts as a picture if at least the
 * upper half of it was decoded from true data (the rest is grey); less than that is
 * %PLE_FILE_ERROR_TRUNCATED. The other formats have to be whole.
 */
PleImage *ple_image_decode_flawed (GBytes *bytes,
                                   guint size_hint,
                                   gboolean honour_orientation,
                                   const char *name,
                                   char **flaw,
                                   GError **error);

/* Area-averaging down, bilinear up; exact size. For thumbnails and weights-free features. (transfer
 * full) */
PleImage *ple_image_resize (const PleImage *image, guint width, guint height, GError **error);
/* The largest centred square, resized to @side. */
PleImage *ple_image_resize_square (const PleImage *image, guint side, GError **error);
/* The grey tile with a broken-picture mark that stands for what cannot be decoded. */
PleImage *ple_image_new_placeholder (guint side);
/* Writes @path in place (not atomic: for files of a folder that is). */
gboolean ple_image_write_png (const PleImage *image, const char *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleImage, ple_image_unref)

G_END_DECLS
