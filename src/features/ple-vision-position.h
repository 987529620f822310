/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "features/ple-vision-block.h"

G_BEGIN_DECLS

/**
 * ple_position_resize:
 * @side: of the stored grid
 * @rows, @columns: of the wanted grid
 * @width: channels
 * @antialias: as the register models and no others are: cubic of a = -0.5, widened where the grid
 * shrinks, its weights normalised; else a = -0.75 on 4 taps, clamped at the border
 * @from: (side, side, width)
 * @to: (rows, columns, width)
 *
 * Learned positions for a grid of another size, by separable bicubic interpolation with the
 * centres of the corner cells half a cell from the border. A grid of the same size is copied.
 * Source: Keys 1981; the two variants are those of torch.nn.functional.interpolate.
 */
void ple_position_resize (size_t side,
                          size_t rows,
                          size_t columns,
                          size_t width,
                          gboolean antialias,
                          const float *from,
                          float *to);

/**
 * ple_rope_init:
 * @theta: base
 * @n_plain: tokens before the patches
 * @rows, @columns: of the patches
 * @n_channels: of a head, a multiple of 4
 *
 * Angles of DINOv3: the first half from the row, the second from the column of the patch, both from
 * -1 to 1 over the picture.
 */
void ple_rope_init (
    PleRope *rope, double theta, size_t n_plain, size_t rows, size_t columns, size_t n_channels);
void ple_rope_clear (PleRope *rope);

G_END_DECLS
