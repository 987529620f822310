/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stddef.h>

G_BEGIN_DECLS

/* Edges of a square picture: what is left of it when colour, brightness and polarity of contrast
 * are taken away. */

/**
 * PleFrame:
 * @x: centre, 0 to 1 from the left edge
 * @y: centre, 0 to 1 from the upper edge
 * @half: half the side, in sides of the picture
 *
 * A square window on a picture; may stand out over its edges.
 */
typedef struct
{
  float x, y, half;
} PleFrame;

/* The picture itself. */
#define PLE_FRAME_WHOLE ((PleFrame){ 0.5f, 0.5f, 0.5f })

/**
 * ple_gradients_compute:
 * @side: pixels, >= 2
 * @n_bins: orientations over half a turn
 * @rgb: (side, side, 3), 0 to 1
 * @magnitude: (out): (side, side), of central differences in the channel where they are largest
 * @orientation: (out): (side, side), 0 <= value < n_bins; light-to-dark and dark-to-light are the
 *   same
 */
void ple_gradients_compute (size_t side,
                            size_t n_bins,
                            const float *restrict rgb,
                            float *restrict magnitude,
                            float *restrict orientation);

/**
 * ple_gradients_pool:
 * @grid: cells along each side of the frame
 * @cells: (out): (grid, grid, n_bins), sums of magnitudes, shared linearly between the
 *   neighbouring cells and bins; pixels outside the frame fade out over half a cell. Divided by
 *   the number of pixels of a cell, so that frames of all sizes compare
 */
void ple_gradients_pool (size_t side,
                         size_t n_bins,
                         const float *restrict magnitude,
                         const float *restrict orientation,
                         const PleFrame *frame,
                         size_t grid,
                         float *restrict cells);

/**
 * ple_gradients_find_frame:
 * @cells: (grid, grid, n_bins) over the whole picture
 * @strength: 0 for the whole picture, 1 for the frame of the object, between: between
 *
 * The window around what stands out: mean shift to the centroid of edges stronger than the average,
 * each cell capped so that one sharp edge does not decide, with a wide prior on the middle; the
 * half side is twice the spread along an axis. A picture without edges keeps the whole.
 */
PleFrame ple_gradients_find_frame (size_t grid, size_t n_bins, const float *cells, double strength);

G_END_DECLS
