/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "features/ple-vision-weights.h"

G_BEGIN_DECLS

/* Convolutions for networks whose pictures lie in memory pixel by pixel: (n, height, width,
 * channels). A convolution is a product of the gathered neighbourhoods with packed weights. */

/**
 * PleConv:
 * @linear: (n_out, side side n_in), inputs in the order y, x, channel
 * @side, @stride, @pad: in pixels
 */
typedef struct
{
  PleLinear linear;
  size_t n_in;
  size_t n_out;
  size_t side;
  size_t stride;
  size_t pad;
} PleConv;

/**
 * ple_conv_load:
 * @conv: (inout): with n_in, n_out, side, stride and pad set
 * @name: NAME.weight (n_out, n_in, side, side) and, if @has_bias, NAME.bias
 * @norm: (nullable): batch norm that follows, NORM.weight, .bias, .running_mean and .running_var,
 * folded into weights and bias
 * @eps: of the batch norm
 */
gboolean ple_conv_load (PleConv *conv,
                        PleVisionWeights *weights,
                        const char *name,
                        gboolean has_bias,
                        const char *norm,
                        double eps,
                        GError **error);
void ple_conv_clear (PleConv *conv);

/* Pixels along a side that had @n. */
size_t ple_conv_count (const PleConv *conv, size_t n);
/* Floats of scratch space, whatever the size of the pictures. */
size_t ple_conv_scratch (const PleConv *conv);

/**
 * ple_conv_run:
 * @x: (n_images, height, width, n_in)
 * @residual: (nullable): as @y; added after the activation
 * @y: (out): (n_images, ple_conv_count (height), ple_conv_count (width), n_out)
 * @scratch: ple_conv_scratch() floats, aligned to 64 bytes
 */
void ple_conv_run (const PleConv *conv,
                   size_t n_images,
                   size_t height,
                   size_t width,
                   const float *x,
                   PleActivation activation,
                   const float *residual,
                   float *y,
                   float *scratch);

/**
 * ple_depthwise:
 * @side: of the kernel, odd; padded with zeros by (side - 1) / 2
 * @weight: (side side, n_channels)
 * @bias: (n_channels)
 *
 * Each channel is convolved with its own kernel.
 */
void ple_depthwise (size_t n_channels,
                    size_t side,
                    const float *weight,
                    const float *bias,
                    size_t height,
                    size_t width,
                    const float *x,
                    float *y);

/* means (n_images, n_channels) over the @n_pixels of each picture. */
void
ple_mean_pixels (size_t n_images, size_t n_pixels, size_t n_channels, const float *x, float *means);

G_END_DECLS
