/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stddef.h>

G_BEGIN_DECLS

/* Orientation tags, by a parser that trusts no number. All functions return 1 (as it stands) to 8,
 * and 1 for anything that is absent, broken or out of range. */

/* A TIFF block: what follows "Exif\0\0", a PNG's eXIf chunk, a TIFF file. @value_offset: (out)
 * (optional): where the two bytes of the value lie, 0 if there is no such tag. */
guint ple_exif_orientation_of_tiff (const guint8 *data, size_t size, size_t *value_offset);
guint ple_exif_orientation_of_jpeg (const guint8 *data, size_t size);
guint ple_exif_orientation_of_png (const guint8 *data, size_t size);

/* Width and height that the first folder of a TIFF file claims. Returns: whether both are there. */
gboolean ple_exif_size_of_tiff (const guint8 *data, size_t size, guint32 *width, guint32 *height);

G_END_DECLS
