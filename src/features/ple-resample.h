/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stddef.h>

G_BEGIN_DECLS

/* Filters, by the numbers that preprocessor_config.json and Pillow have for them. */
typedef enum
{
  PLE_RESAMPLE_NEAREST = 0,
  PLE_RESAMPLE_LANCZOS = 1,
  PLE_RESAMPLE_BILINEAR = 2,
  PLE_RESAMPLE_BICUBIC = 3, /* a = -0.5 */
  PLE_RESAMPLE_BOX = 4,
  PLE_RESAMPLE_HAMMING = 5,
} PleResample;

/**
 * PleWindow:
 * @width, @height: of the whole resized picture
 * @x, @y: upper left corner of the part that is wanted
 * @columns, @rows: its size; lies within the whole
 */
typedef struct
{
  size_t width;
  size_t height;
  size_t x;
  size_t y;
  size_t columns;
  size_t rows;
} PleWindow;

/**
 * ple_resample_bytes:
 * @from: (height, width, 3)
 * @to: (rows, columns, 3): the part of the resized picture
 *
 * Resizing as Pillow does it, bit for bit: columns first, rounded to 8 bits in between; the filter
 * is widened by the factor of reduction; weights of 22 bits behind the point. What lies outside of
 * the window is not computed. Source: the algorithm of Pillow's Image.resize() (ImagingResample),
 * restated.
 */
void ple_resample_bytes (PleResample filter,
                         size_t width,
                         size_t height,
                         const guint8 *from,
                         const PleWindow *window,
                         guint8 *to);

/* The same on real numbers without any rounding, in the range of 0 to 255, channel by channel: @to
 * (3, rows, columns). */
void ple_resample_floats (PleResample filter,
                          size_t width,
                          size_t height,
                          const guint8 *from,
                          const PleWindow *window,
                          float *to);

G_END_DECLS
