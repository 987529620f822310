/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-vision-conv.h"

#include "base/ple-clones.h"
#include "features/ple-vision-model-private.h"

#include <math.h>
#include <string.h>

/* Neighbourhoods that are gathered at once. */
#define BLOCK_ROWS 512

/* Factor and summand per output of a batch norm that is not trained any more. */
static gboolean
load_norm (PleVisionWeights *weights,
           const char *norm,
           size_t n,
           double eps,
           double *factor,
           double *summand,
           GError **error)
{
  static const char *const parts[] = { ".weight", ".bias", ".running_mean", ".running_var" };
  g_autofree float *values = g_new (float, 4 * n);

  for (size_t i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree char *name = g_strconcat (norm, parts[i], NULL);
      const PleSafetensorsEntry *entry = ple_vision_weights_find (weights, error, name, 1, n);

      if (entry == NULL || !ple_vision_weights_copy (weights, entry, values + i * n, error))
        return FALSE;
    }
  for (size_t i = 0; i < n; i++)
    {
      factor[i] = (double) values[i] / sqrt ((double) values[3 * n + i] + eps);
      summand[i] = (double) values[n + i] - (double) values[2 * n + i] * factor[i];
    }
  return TRUE;
}

gboolean
ple_conv_load (PleConv *conv,
               PleVisionWeights *weights,
               const char *name,
               gboolean has_bias,
               const char *norm,
               double eps,
               GError **error)
{
  size_t n_in = conv->n_in, n_out = conv->n_out, area = conv->side * conv->side;
  g_autofree char *weight_name = g_strconcat (name, ".weight", NULL);
  g_autofree char *bias_name = g_strconcat (name, ".bias", NULL);
  const PleSafetensorsEntry *entry =
      ple_vision_weights_find (weights, error, weight_name, 4, n_out, n_in, conv->side, conv->side);
  g_autofree double *factor = NULL;
  g_autofree double *summand = NULL;
  g_autofree float *from = NULL;
  g_autofree float *row = NULL;

  if (entry == NULL)
    return FALSE;
  factor = g_new (double, n_out);
  summand = g_new0 (double, n_out);
  for (size_t i = 0; i < n_out; i++)
    factor[i] = 1;
  if (norm != NULL && !load_norm (weights, norm, n_out, eps, factor, summand, error))
    return FALSE;
  conv->linear.weights = ple_packed_new (n_out, n_in * area, error);
  if (conv->linear.weights == NULL)
    return FALSE;
  if (has_bias)
    conv->linear.bias = ple_vision_weights_get_vector (weights, bias_name, n_out, error);
  else
    conv->linear.bias = g_new0 (float, n_out);
  if (conv->linear.bias == NULL)
    return FALSE;
  from = g_new (float, entry->n);
  row = g_new (float, n_in *area);
  if (!ple_vision_weights_copy (weights, entry, from, error))
    return FALSE;
  for (size_t i = 0; i < n_out; i++)
    {
      for (size_t c = 0; c < n_in; c++)
        for (size_t k = 0; k < area; k++)
          row[k * n_in + c] = (float) (factor[i] * (double) from[(i * n_in + c) * area + k]);
      ple_packed_set_rows (conv->linear.weights, i, 1, row, n_in * area);
      conv->linear.bias[i] = (float) (factor[i] * (double) conv->linear.bias[i] + summand[i]);
    }
  return TRUE;
}

void
ple_conv_clear (PleConv *conv)
{
  ple_linear_clear (&conv->linear);
}

size_t
ple_conv_count (const PleConv *conv, size_t n)
{
  return n + 2 * conv->pad < conv->side ? 0 : (n + 2 * conv->pad - conv->side) / conv->stride + 1;
}

size_t
ple_conv_scratch (const PleConv *conv)
{
  return ple_vision_align (ple_packed_get_scratch_size ()) +
         BLOCK_ROWS * conv->side * conv->side * conv->n_in;
}

/* The neighbourhood of output pixel (i, j) of one picture. */
static void
gather (const PleConv *conv,
        size_t height,
        size_t width,
        const float *x,
        size_t i,
        size_t j,
        float *out)
{
  size_t n = conv->n_in;

  for (size_t ky = 0; ky < conv->side; ky++)
    {
      size_t y = i * conv->stride + ky;

      for (size_t kx = 0; kx < conv->side; kx++, out += n)
        {
          size_t at = j * conv->stride + kx;

          if (y < conv->pad || y >= height + conv->pad || at < conv->pad || at >= width + conv->pad)
            memset (out, 0, n * sizeof *out);
          else
            memcpy (out, x + ((y - conv->pad) * width + at - conv->pad) * n, n * sizeof *out);
        }
    }
}

void
ple_conv_run (const PleConv *conv,
              size_t n_images,
              size_t height,
              size_t width,
              const float *x,
              PleActivation activation,
              const float *residual,
              float *y,
              float *scratch)
{
  size_t rows = ple_conv_count (conv, height), columns = ple_conv_count (conv, width);
  size_t n_inputs = conv->side * conv->side * conv->n_in;
  size_t n_pixels = rows * columns, total = n_images * n_pixels;
  float *gathered = scratch + ple_vision_align (ple_packed_get_scratch_size ());

  if (conv->side == 1 && conv->stride == 1)
    {
      ple_linear_apply (&conv->linear, total, x, conv->n_in, activation, NULL, residual, y,
                        conv->n_out, scratch);
      return;
    }
  for (size_t first = 0; first < total; first += BLOCK_ROWS)
    {
      size_t n = MIN (BLOCK_ROWS, total - first);

      for (size_t r = 0; r < n; r++)
        {
          size_t image = (first + r) / n_pixels, pixel = (first + r) % n_pixels;

          gather (conv, height, width, x + image * height * width * conv->n_in, pixel / columns,
                  pixel % columns, gathered + r * n_inputs);
        }
      ple_linear_apply (&conv->linear, n, gathered, n_inputs, activation, NULL,
                        residual != NULL ? residual + first * conv->n_out : NULL,
                        y + first * conv->n_out, conv->n_out, scratch);
    }
}

#define LANES 32

/* Pixel (i, j), channels first .. first + n - 1, n <= LANES. */
PLE_CLONES static void
depthwise_pixels (size_t n_channels,
                  size_t side,
                  const float *weight,
                  const float *bias,
                  size_t height,
                  size_t width,
                  const float *x,
                  size_t i,
                  float *y)
{
  size_t pad = (side - 1) / 2;
  size_t y0 = i < pad ? pad - i : 0, y1 = MIN (side, height + pad - i);

  for (size_t j = 0; j < width; j++, y += n_channels)
    {
      size_t x0 = j < pad ? pad - j : 0, x1 = MIN (side, width + pad - j);
      size_t c = 0;

      for (; c + LANES <= n_channels; c += LANES)
        {
          float sums[LANES];

          for (size_t k = 0; k < LANES; k++)
            sums[k] = bias[c + k];
          for (size_t ky = y0; ky < y1; ky++)
            for (size_t kx = x0; kx < x1; kx++)
              {
                const float *w = weight + (ky * side + kx) * n_channels + c;
                const float *v = x + ((i + ky - pad) * width + j + kx - pad) * n_channels + c;

                for (size_t k = 0; k < LANES; k++)
                  sums[k] += w[k] * v[k];
              }
          for (size_t k = 0; k < LANES; k++)
            y[c + k] = sums[k];
        }
      for (; c < n_channels; c++)
        {
          float sum = bias[c];

          for (size_t ky = y0; ky < y1; ky++)
            for (size_t kx = x0; kx < x1; kx++)
              sum += weight[(ky * side + kx) * n_channels + c] *
                     x[((i + ky - pad) * width + j + kx - pad) * n_channels + c];
          y[c] = sum;
        }
    }
}

void
ple_depthwise (size_t n_channels,
               size_t side,
               const float *weight,
               const float *bias,
               size_t height,
               size_t width,
               const float *x,
               float *y)
{
  for (size_t i = 0; i < height; i++)
    depthwise_pixels (n_channels, side, weight, bias, height, width, x, i,
                      y + i * width * n_channels);
}

void
ple_mean_pixels (size_t n_images, size_t n_pixels, size_t n_channels, const float *x, float *means)
{
  for (size_t i = 0; i < n_images; i++)
    for (size_t c = 0; c < n_channels; c++)
      {
        double sum = 0;

        for (size_t p = 0; p < n_pixels; p++)
          sum += (double) x[(i * n_pixels + p) * n_channels + c];
        means[i * n_channels + c] = (float) (sum / (double) n_pixels);
      }
}
