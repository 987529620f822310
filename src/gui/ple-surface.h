/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <cairo.h>

#include "dataset/ple-image.h"

G_BEGIN_DECLS

/* The picture as an RGB24 image surface of the same pixels, with that device scale. Any thread.
 * (transfer full) */
cairo_surface_t *ple_surface_new_from_image (const PleImage *image, int device_scale);

G_END_DECLS
