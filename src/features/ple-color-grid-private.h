/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "features/ple-gradients-private.h"

G_BEGIN_DECLS

#define PLE_COLOR_GRID 3
#define PLE_COLOR_GRID_VALUES (PLE_COLOR_GRID * PLE_COLOR_GRID * 6)

/**
 * ple_color_grid:
 * @rgb: (side, side, 3), 0 to 1
 * @frame: where the grid of 3 x 3 cells lies
 * @mirror: left and right columns are taken together
 * @weight: all values are multiplied by it
 * @out: (out): %PLE_COLOR_GRID_VALUES: per cell the means of brightness, red-green and yellow-blue,
 *   then their deviations
 */
void ple_color_grid (size_t side,
                     const float *rgb,
                     const PleFrame *frame,
                     gboolean mirror,
                     float weight,
                     float *out);

G_END_DECLS
