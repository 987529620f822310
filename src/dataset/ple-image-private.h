/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dataset/ple-image.h"

G_BEGIN_DECLS

/* Turned as EXIF's @orientation (1 to 8) says. (transfer full) (nullable); @image is consumed. */
PleImage *ple_image_orient (PleImage *image, guint orientation, GError **error);

/**
 * ple_image_check_claim:
 * @n_bytes: size of the file
 *
 * What a header claims, before anything is allocated for it: sides within %PLE_IMAGE_MAX_SIDE,
 * pixels within %PLE_IMAGE_MAX_PIXELS, and above 16 million pixels at least one byte per 16 384 of
 * them (deflate, the tightest, gives at most 8 256 pixels of one bit per byte).
 */
gboolean ple_image_check_claim (
    guint64 width, guint64 height, size_t n_bytes, const char *name, GError **error);

/* JPEG by libjpeg; parameters as ple_image_decode_flawed(). */
PleImage *ple_image_decode_jpeg (const guint8 *data,
                                 size_t size,
                                 guint size_hint,
                                 const char *name,
                                 char **flaw,
                                 GError **error);
/* JPEG, baseline, 4:2:0, @quality 1 to 100. (transfer full) (nullable) */
GBytes *ple_image_encode_jpeg (const PleImage *image, guint quality, GError **error);

/* A colour of @alpha (0 to 255) over white. */
static inline guint8
ple_over_white (guint colour, guint alpha)
{
  guint sum = colour * alpha + 255 * (255 - alpha) + 127;

  return (guint8) (sum / 255);
}

G_END_DECLS
