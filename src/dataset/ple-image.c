/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-error.h"
#include "dataset/ple-image-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

PleImage *
ple_image_new (guint width, guint height, GError **error)
{
  PleImage *image;
  guint8 *data;

  g_return_val_if_fail (width > 0 && height > 0, NULL);
  if (width > PLE_IMAGE_MAX_SIDE || height > PLE_IMAGE_MAX_SIDE ||
      (guint64) width * height > PLE_IMAGE_MAX_PIXELS)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE,
                   _ ("a picture of %u x %u pixels is too large"), width, height);
      return NULL;
    }
  data = g_try_malloc ((size_t) width * height * 3);
  if (data == NULL)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE,
                   _ ("no memory for a picture of %u x %u pixels"), width, height);
      return NULL;
    }
  image = g_new (PleImage, 1);
  image->width = width;
  image->height = height;
  image->data = data;
  image->ref_count = 1;
  return image;
}

PleImage *
ple_image_ref (PleImage *image)
{
  g_atomic_int_inc (&image->ref_count);
  return image;
}

void
ple_image_unref (PleImage *image)
{
  if (image == NULL || !g_atomic_int_dec_and_test (&image->ref_count))
    return;
  g_free (image->data);
  g_free (image);
}

/* Turning. */

PleImage *
ple_image_orient (PleImage *image, guint orientation, GError **error)
{
  g_autoptr (PleImage) source = image;
  /* EXIF 2.3, 4.6.4 A: what row 0 and column 0 of the file are in the picture. */
  gboolean transposed = orientation >= 5;
  gboolean flip_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  gboolean flip_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  PleImage *turned;

  if (orientation <= 1 || orientation > 8)
    return g_steal_pointer (&source);
  turned = transposed ? ple_image_new (source->height, source->width, error)
                      : ple_image_new (source->width, source->height, error);
  if (turned == NULL)
    return NULL;
  for (guint y = 0; y < turned->height; y++)
    {
      guint8 *out = turned->data + (size_t) y * turned->width * 3;

      for (guint x = 0; x < turned->width; x++, out += 3)
        {
          guint sx = transposed ? y : x, sy = transposed ? x : y;

          sx = flip_x ? source->width - 1 - sx : sx;
          sy = flip_y ? source->height - 1 - sy : sy;
          memcpy (out, source->data + ((size_t) sy * source->width + sx) * 3, 3);
        }
    }
  return turned;
}

/* Resizing. */

/* One axis: output i is the weighted sum of inputs first[i] .. first[i] + count[i] - 1. */
typedef struct
{
  guint *first;
  guint *count;
  float *weights; /* n_taps per output */
  guint n_taps;
} Axis;

/* Shrinking: the share of each input pixel's interval that lies in the output's. Growing: linear
 * between the centres of input pixels, the border's value beyond. */
static void
axis_init (Axis *axis, guint n_in, guint n_out)
{
  double scale = (double) n_in / n_out;

  axis->n_taps = n_out < n_in ? (guint) ceil (scale) + 1 : 2;
  axis->first = g_new (guint, n_out);
  axis->count = g_new (guint, n_out);
  axis->weights = g_new0 (float, (size_t) n_out * axis->n_taps);
  for (guint i = 0; i < n_out; i++)
    {
      float *weights = axis->weights + (size_t) i * axis->n_taps;

      if (n_out < n_in)
        {
          double begin = i * scale, end = (i + 1) * scale;
          guint first = MIN ((guint) begin, n_in - 1);
          guint last = MIN ((guint) MAX (ceil (end) - 1, 0), n_in - 1);

          last = MIN (MAX (last, first), first + axis->n_taps - 1);
          axis->first[i] = first;
          axis->count[i] = last - first + 1;
          for (guint k = first; k <= last; k++)
            weights[k - first] =
                (float) (MAX (MIN (end, k + 1.0) - MAX (begin, (double) k), 0) / scale);
        }
      else
        {
          double centre = CLAMP ((i + 0.5) * scale - 0.5, 0, n_in - 1.0);
          guint first = MIN ((guint) centre, n_in - 1);

          axis->first[i] = first;
          axis->count[i] = first + 1 < n_in ? 2 : 1;
          weights[0] = (float) (axis->count[i] == 2 ? 1 - (centre - first) : 1);
          weights[1] = (float) (axis->count[i] == 2 ? centre - first : 0);
        }
    }
}

static void
axis_clear (Axis *axis)
{
  g_free (axis->first);
  g_free (axis->count);
  g_free (axis->weights);
}

static void
resize_row (const guint8 *in, const Axis *axis, guint n_out, float *out)
{
  for (guint i = 0; i < n_out; i++, out += 3)
    {
      const guint8 *pixel = in + (size_t) axis->first[i] * 3;
      const float *weights = axis->weights + (size_t) i * axis->n_taps;
      float r = 0, g = 0, b = 0;

      for (guint k = 0; k < axis->count[i]; k++, pixel += 3)
        {
          r += weights[k] * pixel[0];
          g += weights[k] * pixel[1];
          b += weights[k] * pixel[2];
        }
      out[0] = r;
      out[1] = g;
      out[2] = b;
    }
}

/* @pixels: the top left corner of a (width, height) window in rows of @stride bytes. */
static PleImage *
resize_window (const guint8 *pixels,
               guint width,
               guint height,
               size_t stride,
               guint out_width,
               guint out_height,
               GError **error)
{
  g_autoptr (PleImage) image = ple_image_new (out_width, out_height, error);
  size_t n = (size_t) out_width * 3;
  g_autofree float *rows = NULL;
  g_autofree float *sum = NULL;
  guint held[2] = { G_MAXUINT, G_MAXUINT }; /* input rows that stand in rows[0] and rows[1] */
  Axis across, down;

  if (image == NULL)
    return NULL;
  axis_init (&across, width, out_width);
  axis_init (&down, height, out_height);
  rows = g_new (float, 2 * n);
  sum = g_new (float, n);
  for (guint y = 0; y < out_height; y++)
    {
      const float *weights = down.weights + (size_t) y * down.n_taps;
      guint8 *out = image->data + y * n;

      memset (sum, 0, n * sizeof *sum);
      for (guint k = 0; k < down.count[y]; k++)
        {
          guint source = down.first[y] + k, slot = source & 1;
          const float *row = rows + slot * n;

          if (held[slot] != source)
            {
              resize_row (pixels + source * stride, &across, out_width, rows + slot * n);
              held[slot] = source;
            }
          for (size_t i = 0; i < n; i++)
            sum[i] += weights[k] * row[i];
        }
      for (size_t i = 0; i < n; i++)
        out[i] = (guint8) MIN (sum[i] + 0.5f, 255);
    }
  axis_clear (&across);
  axis_clear (&down);
  return g_steal_pointer (&image);
}

PleImage *
ple_image_resize (const PleImage *image, guint width, guint height, GError **error)
{
  g_return_val_if_fail (width > 0 && height > 0, NULL);
  return resize_window (image->data, image->width, image->height, (size_t) image->width * 3, width,
                        height, error);
}

PleImage *
ple_image_resize_square (const PleImage *image, guint side, GError **error)
{
  guint crop = MIN (image->width, image->height);
  size_t left = (image->width - crop) / 2, top = (image->height - crop) / 2;

  g_return_val_if_fail (side > 0, NULL);
  return resize_window (image->data + (top * image->width + left) * 3, crop, crop,
                        (size_t) image->width * 3, side, side, error);
}

/* The mark of a broken picture: a frame with a hill in it and a crack from top to bottom. In units
 * of the side. */

static double
distance_to_path (double x, double y, const double (*points)[2], size_t n)
{
  double least = 1;

  for (size_t i = 0; i + 1 < n; i++)
    {
      const double *p = points[i], *q = points[i + 1];
      double dx = q[0] - p[0], dy = q[1] - p[1];
      double t = CLAMP (((x - p[0]) * dx + (y - p[1]) * dy) / (dx * dx + dy * dy), 0, 1);
      double ex = x - p[0] - t * dx, ey = y - p[1] - t * dy;

      least = MIN (least, ex * ex + ey * ey);
    }
  return sqrt (least);
}

PleImage *
ple_image_new_placeholder (guint side)
{
  static const double frame[][2] = {
    { 0.28, 0.3 }, { 0.72, 0.3 }, { 0.72, 0.7 }, { 0.28, 0.7 }, { 0.28, 0.3 }
  };
  static const double hill[][2] = {
    { 0.28, 0.64 }, { 0.4, 0.5 }, { 0.5, 0.6 }, { 0.6, 0.46 }, { 0.72, 0.6 }
  };
  static const double crack[][2] = {
    { 0.56, 0.26 }, { 0.46, 0.42 }, { 0.55, 0.54 }, { 0.44, 0.74 }
  };
  const double tile = 0xd6, ink = 0x96, half = 0.014, gap = 0.03;
  PleImage *image = ple_image_new (CLAMP (side, 1, 4096), CLAMP (side, 1, 4096), NULL);

  if (image == NULL)
    g_error ("no memory for a placeholder");
  for (guint y = 0; y < image->height; y++)
    for (guint x = 0; x < image->width; x++)
      {
        double u = (x + 0.5) / image->width, v = (y + 0.5) / image->height;
        double soft = image->width;
        double line = MIN (distance_to_path (u, v, frame, G_N_ELEMENTS (frame)),
                           distance_to_path (u, v, hill, G_N_ELEMENTS (hill)));
        double cover = CLAMP ((half - line) * soft + 0.5, 0, 1);
        double cut =
            CLAMP ((gap - distance_to_path (u, v, crack, G_N_ELEMENTS (crack))) * soft + 0.5, 0, 1);
        double grey = tile + (ink - tile) * cover * (1 - cut);

        memset (image->data + ((size_t) y * image->width + x) * 3, (int) (grey + 0.5), 3);
      }
  return image;
}
