/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-preprocess.h"

#include <string.h>

size_t
ple_preprocess_get_height (const PlePreprocess *preprocess)
{
  return preprocess->crop ? preprocess->crop_height : preprocess->resize_height;
}

size_t
ple_preprocess_get_width (const PlePreprocess *preprocess)
{
  return preprocess->crop ? preprocess->crop_width : preprocess->resize_width;
}

/* Where one axis of the result comes from. */
typedef struct
{
  size_t whole; /* of the resized picture */
  size_t first; /* of it that is used */
  size_t n;     /* likewise */
  size_t pad;   /* black before it */
} Span;

/* The middle @wanted of @whole; where there is less, it is padded, one more before than after. */
static Span
centre (size_t whole, size_t wanted)
{
  if (whole >= wanted)
    return (Span){ whole, (whole - wanted) / 2, wanted, 0 };
  return (Span){ whole, 0, whole, (wanted - whole + 1) / 2 };
}

static void
find_spans (const PlePreprocess *preprocess, const PleImage *image, Span *across, Span *down)
{
  size_t width = image->width, height = image->height;

  if (preprocess->resize && preprocess->shortest > 0)
    {
      size_t shortest = preprocess->shortest;

      /* The longer side is cut, not rounded. */
      width = image->width <= image->height ? shortest : shortest * image->width / image->height;
      height = image->width <= image->height ? shortest * image->height / image->width : shortest;
    }
  else if (preprocess->resize)
    {
      width = preprocess->resize_width;
      height = preprocess->resize_height;
    }
  *across = centre (width, preprocess->crop ? preprocess->crop_width : width);
  *down = centre (height, preprocess->crop ? preprocess->crop_height : height);
}

PleImage *
ple_preprocess_crop (const PlePreprocess *preprocess, const PleImage *image, GError **error)
{
  size_t width = ple_preprocess_get_width (preprocess);
  size_t height = ple_preprocess_get_height (preprocess);
  PleImage *out = ple_image_new ((guint) width, (guint) height, error);
  Span across, down;
  PleWindow window;

  if (out == NULL)
    return NULL;
  find_spans (preprocess, image, &across, &down);
  window = (PleWindow){ across.whole, down.whole, across.first, down.first, across.n, down.n };
  if (preprocess->on_floats)
    {
      g_autofree float *values = g_new (float, 3 * across.n * down.n);

      ple_resample_floats (preprocess->resample, image->width, image->height, image->data, &window,
                           values);
      memset (out->data, 0, 3 * width * height);
      for (size_t c = 0; c < 3; c++)
        for (size_t y = 0; y < down.n; y++)
          for (size_t x = 0; x < across.n; x++)
            out->data[((down.pad + y) * width + across.pad + x) * 3 + c] =
                (guint8) (CLAMP (values[(c * down.n + y) * across.n + x], 0, 255) + 0.5f);
      return out;
    }
  if (across.n == width && down.n == height)
    {
      ple_resample_bytes (preprocess->resample, image->width, image->height, image->data, &window,
                          out->data);
      return out;
    }
  {
    g_autofree guint8 *part = g_new (guint8, 3 * across.n * down.n);

    ple_resample_bytes (preprocess->resample, image->width, image->height, image->data, &window,
                        part);
    memset (out->data, 0, 3 * width * height);
    for (size_t y = 0; y < down.n; y++)
      memcpy (out->data + ((down.pad + y) * width + across.pad) * 3, part + y * across.n * 3,
              across.n * 3);
  }
  return out;
}

/* Resized without rounding, cut, scaled; (3, height, width). */
static void
run_on_floats (const PlePreprocess *preprocess, const PleImage *image, float *pixels)
{
  size_t width = ple_preprocess_get_width (preprocess);
  size_t height = ple_preprocess_get_height (preprocess);
  g_autofree float *values = NULL;
  Span across, down;

  find_spans (preprocess, image, &across, &down);
  {
    PleWindow window = { across.whole, down.whole, across.first, down.first, across.n, down.n };

    values = g_new (float, 3 * across.n * down.n);
    ple_resample_floats (preprocess->resample, image->width, image->height, image->data, &window,
                         values);
  }
  for (size_t c = 0; c < 3; c++)
    {
      float factor = (float) (preprocess->rescale / preprocess->deviation[c]);
      float summand = (float) (-preprocess->mean[c] / preprocess->deviation[c]);

      for (size_t i = 0; i < width * height; i++)
        pixels[c * width * height + i] = summand;
      for (size_t y = 0; y < down.n; y++)
        for (size_t x = 0; x < across.n; x++)
          pixels[(c * height + down.pad + y) * width + across.pad + x] +=
              factor * values[(c * down.n + y) * across.n + x];
    }
}

gboolean
ple_preprocess_run (const PlePreprocess *preprocess,
                    const PleImage *image,
                    float *pixels,
                    GError **error)
{
  size_t n;
  g_autoptr (PleImage) crop = NULL;

  if (preprocess->on_floats)
    {
      run_on_floats (preprocess, image, pixels);
      return TRUE;
    }
  crop = ple_preprocess_crop (preprocess, image, error);
  if (crop == NULL)
    return FALSE;
  n = (size_t) crop->width * crop->height;
  for (size_t c = 0; c < 3; c++)
    for (size_t i = 0; i < n; i++)
      pixels[c * n + i] = preprocess->table[c][crop->data[3 * i + c]];
  return TRUE;
}
