/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-error.h"
#include "dataset/ple-exif.h"
#include "dataset/ple-image-private.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <webp/decode.h>
#include <webp/demux.h>

typedef enum
{
  FORMAT_UNKNOWN,
  FORMAT_JPEG,
  FORMAT_PNG,
  FORMAT_WEBP,
  FORMAT_GIF,
  FORMAT_BMP,
  FORMAT_TIFF,
} Format;

static Format
recognise (const guint8 *data, size_t size)
{
  static const struct
  {
    Format format;
    size_t size;
    const char *magic;
  } magics[] = {
    { FORMAT_JPEG, 3, "\xff\xd8\xff" },
    { FORMAT_PNG, 8, "\x89PNG\r\n\x1a\n" },
    { FORMAT_GIF, 6, "GIF87a" },
    { FORMAT_GIF, 6, "GIF89a" },
    { FORMAT_TIFF, 4, "II*\0" },
    { FORMAT_TIFF, 4, "MM\0*" },
    { FORMAT_BMP, 2, "BM" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (magics); i++)
    if (size >= magics[i].size && memcmp (data, magics[i].magic, magics[i].size) == 0)
      return magics[i].format;
  if (size >= 12 && memcmp (data, "RIFF", 4) == 0 && memcmp (data + 8, "WEBP", 4) == 0)
    return FORMAT_WEBP;
  return FORMAT_UNKNOWN;
}

static gboolean
fail_format (GError **error, const char *name, PleFileError code, const char *reason)
{
  g_set_error (error, PLE_FILE_ERROR, code, "%s: %s", name, reason);
  return FALSE;
}

gboolean
ple_image_check_claim (
    guint64 width, guint64 height, size_t n_bytes, const char *name, GError **error)
{
  if (width == 0 || height == 0)
    return fail_format (error, name, PLE_FILE_ERROR_FORMAT, _ ("a picture without any pixel"));
  if (width > PLE_IMAGE_MAX_SIDE || height > PLE_IMAGE_MAX_SIDE ||
      width * height > PLE_IMAGE_MAX_PIXELS)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE,
                   _ ("%s: %" G_GUINT64_FORMAT " x %" G_GUINT64_FORMAT
                      " pixels are too many (the limit is %u million)"),
                   name, width, height, PLE_IMAGE_MAX_PIXELS / 1000000);
      return FALSE;
    }
  if (width * height > 1 << 24 && width * height / 16384 > n_bytes)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TRUNCATED,
                   _ ("%s: claims %" G_GUINT64_FORMAT " x %" G_GUINT64_FORMAT
                      " pixels but has only %zu bytes"),
                   name, width, height, n_bytes);
      return FALSE;
    }
  return TRUE;
}

/* WebP, by libwebp. */

static PleImage *
blend_rgba (
    const guint8 *pixels, guint width, guint height, size_t stride, guint channels, GError **error)
{
  PleImage *image = ple_image_new (width, height, error);

  for (guint y = 0; image != NULL && y < height; y++)
    {
      const guint8 *in = pixels + (size_t) y * stride;
      guint8 *out = image->data + (size_t) y * width * 3;

      if (channels == 3)
        memcpy (out, in, (size_t) width * 3);
      else
        for (guint x = 0; x < width; x++, in += 4, out += 3)
          for (int c = 0; c < 3; c++)
            out[c] = ple_over_white (in[c], in[3]);
    }
  return image;
}

/* One still bitstream. */
static PleImage *
decode_webp_frame (
    const guint8 *data, size_t size, guint size_hint, const char *name, GError **error)
{
  WebPDecoderConfig config;
  PleImage *image = NULL;
  guint side;

  if (!WebPInitDecoderConfig (&config) ||
      WebPGetFeatures (data, size, &config.input) != VP8_STATUS_OK)
    {
      fail_format (error, name, PLE_FILE_ERROR_FORMAT, _ ("broken WebP picture"));
      return NULL;
    }
  if (!ple_image_check_claim ((guint64) config.input.width, (guint64) config.input.height, size,
                              name, error))
    return NULL;
  side = (guint) MIN (config.input.width, config.input.height);
  if (size_hint > 0 && side >= 2 * size_hint)
    {
      config.options.use_scaling = 1;
      config.options.scaled_width = (int) ((guint64) config.input.width * size_hint / side);
      config.options.scaled_height = (int) ((guint64) config.input.height * size_hint / side);
    }
  config.output.colorspace = config.input.has_alpha ? MODE_RGBA : MODE_RGB;
  switch (WebPDecode (data, size, &config))
    {
    case VP8_STATUS_OK:
      image = blend_rgba (config.output.u.RGBA.rgba, (guint) config.output.width,
                          (guint) config.output.height, (size_t) config.output.u.RGBA.stride,
                          config.input.has_alpha ? 4 : 3, error);
      break;
    case VP8_STATUS_NOT_ENOUGH_DATA:
      fail_format (error, name, PLE_FILE_ERROR_TRUNCATED, _ ("the WebP picture ends early"));
      break;
    case VP8_STATUS_OUT_OF_MEMORY:
      fail_format (error, name, PLE_FILE_ERROR_TOO_LARGE, _ ("no memory for the WebP picture"));
      break;
    case VP8_STATUS_INVALID_PARAM:
    case VP8_STATUS_BITSTREAM_ERROR:
    case VP8_STATUS_UNSUPPORTED_FEATURE:
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_USER_ABORT:
    default:
      fail_format (error, name, PLE_FILE_ERROR_FORMAT, _ ("broken WebP picture"));
      break;
    }
  WebPFreeDecBuffer (&config.output);
  return image;
}

static PleImage *
decode_webp (const guint8 *data,
             size_t size,
             guint size_hint,
             guint *orientation,
             const char *name,
             GError **error)
{
  WebPData input = { data, size };
  WebPDemuxer *demuxer = WebPDemux (&input);
  WebPChunkIterator chunk;
  WebPIterator frame;
  PleImage *image;

  /* The demuxer refuses what is not whole; then the decoder says what is wrong. */
  if (demuxer == NULL)
    return decode_webp_frame (data, size, size_hint, name, error);
  if (WebPDemuxGetChunk (demuxer, "EXIF", 1, &chunk))
    {
      const guint8 *exif = chunk.chunk.bytes;
      size_t n = chunk.chunk.size;
      gboolean prefixed = n > 6 && memcmp (exif, "Exif\0", 6) == 0;

      *orientation =
          ple_exif_orientation_of_tiff (exif + (prefixed ? 6 : 0), n - (prefixed ? 6 : 0), NULL);
      WebPDemuxReleaseChunkIterator (&chunk);
    }
  if ((WebPDemuxGetI (demuxer, WEBP_FF_FORMAT_FLAGS) & ANIMATION_FLAG) != 0 &&
      WebPDemuxGetFrame (demuxer, 1, &frame))
    {
      image = decode_webp_frame (frame.fragment.bytes, frame.fragment.size, size_hint, name, error);
      WebPDemuxReleaseIterator (&frame);
    }
  else
    image = decode_webp_frame (data, size, size_hint, name, error);
  WebPDemuxDelete (demuxer);
  return image;
}

/* PNG, GIF, BMP and TIFF, by gdk-pixbuf. */

static guint32
get_le (const guint8 *p, guint n)
{
  guint32 value = 0;

  while (n-- > 0)
    value = value << 8 | p[n];
  return value;
}

/* Where the first frame of a GIF ends, so that the loader does not decode a film: header (6),
 * screen (7), colours, then blocks: 21 label sub-blocks, or 2C left top width height (2 each) flags
 * colours code-size sub-blocks. The loader trusts the frame's place, so it is checked here. */
static gboolean
find_gif_frame (const guint8 *data, size_t size, size_t *end, const char *name, GError **error)
{
  size_t at = 13;
  gboolean is_frame = FALSE;

  if (size >= at && data[10] & 0x80)
    at += (size_t) 3 << ((data[10] & 7) + 1);
  while (!is_frame && at < size && (data[at] == 0x21 || data[at] == 0x2c))
    {
      is_frame = data[at] == 0x2c;
      if (is_frame && size - at < 11)
        break;
      if (is_frame)
        {
          const guint8 *place = data + at + 1;
          guint width = get_le (place + 4, 2), height = get_le (place + 6, 2);

          if (width == 0 || height == 0 || get_le (place, 2) + width > get_le (data + 6, 2) ||
              get_le (place + 2, 2) + height > get_le (data + 8, 2))
            return fail_format (error, name, PLE_FILE_ERROR_FORMAT,
                                _ ("broken GIF picture, its frame lies outside"));
          at += place[8] & 0x80 ? 11 + ((size_t) 3 << ((place[8] & 7) + 1)) : 11;
        }
      else
        at += 2;
      while (at < size && data[at] != 0)
        at += 1 + (size_t) data[at];
      at++;
    }
  *end = at;
  return (is_frame && at <= size) || fail_format (error, name, PLE_FILE_ERROR_TRUNCATED,
                                                  _ ("ends before its first frame does"));
}

/* What the header claims. */
static gboolean
probe (Format format, const guint8 *data, size_t size, guint64 *width, guint64 *height)
{
  guint32 w, h;
  gint32 signed_height;

  switch (format)
    {
    case FORMAT_PNG:
      if (size < 24 || memcmp (data + 12, "IHDR", 4) != 0)
        return FALSE;
      *width = GUINT32_SWAP_LE_BE (get_le (data + 16, 4));
      *height = GUINT32_SWAP_LE_BE (get_le (data + 20, 4));
      return TRUE;
    case FORMAT_GIF:
      if (size < 13)
        return FALSE;
      *width = get_le (data + 6, 2);
      *height = get_le (data + 8, 2);
      return TRUE;
    case FORMAT_BMP:
      if (size < 26)
        return FALSE;
      if (get_le (data + 14, 4) == 12)
        {
          *width = get_le (data + 18, 2);
          *height = get_le (data + 20, 2);
          return TRUE;
        }
      *width = get_le (data + 18, 4);
      signed_height = (gint32) get_le (data + 22, 4);
      *height = (guint64) ABS ((gint64) signed_height);
      return TRUE;
    case FORMAT_TIFF:
      if (!ple_exif_size_of_tiff (data, size, &w, &h))
        return FALSE;
      *width = w;
      *height = h;
      return TRUE;
    case FORMAT_UNKNOWN:
    case FORMAT_JPEG:
    case FORMAT_WEBP:
    default:
      return FALSE;
    }
}

static void
on_size_prepared (GdkPixbufLoader *loader, int width, int height, gpointer data)
{
  gboolean *refused = data;

  if (width <= 0 || height <= 0 || (guint64) width * (guint64) height > PLE_IMAGE_MAX_PIXELS)
    {
      *refused = TRUE;
      gdk_pixbuf_loader_set_size (loader, 0, 0);
    }
}

static PleImage *
decode_by_pixbuf (
    const char *type, const guint8 *data, size_t size, const char *name, GError **error)
{
  static const guint8 gif_trailer = 0x3b;
  GError *local = NULL;
  g_autoptr (GdkPixbufLoader) loader = gdk_pixbuf_loader_new_with_type (type, &local);
  GdkPixbuf *pixbuf = NULL;
  gboolean refused = FALSE, ok;
  PleImage *image = NULL;

  if (loader == NULL)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED,
                   _ ("%s: gdk-pixbuf has no loader for it here (%s)"), name, local->message);
      g_error_free (local);
      return NULL;
    }
  g_signal_connect (loader, "size-prepared", G_CALLBACK (on_size_prepared), &refused);
  ok = gdk_pixbuf_loader_write (loader, data, size, &local);
  if (ok && strcmp (type, "gif") == 0)
    ok = gdk_pixbuf_loader_write (loader, &gif_trailer, 1, &local);
  ok = gdk_pixbuf_loader_close (loader, ok ? &local : NULL) && ok;
  if (ok && !refused)
    pixbuf = gdk_pixbuf_loader_get_pixbuf (loader);
  if (pixbuf != NULL)
    image = blend_rgba (gdk_pixbuf_read_pixels (pixbuf), (guint) gdk_pixbuf_get_width (pixbuf),
                        (guint) gdk_pixbuf_get_height (pixbuf),
                        (size_t) gdk_pixbuf_get_rowstride (pixbuf),
                        (guint) gdk_pixbuf_get_n_channels (pixbuf), error);
  else
    g_set_error (error, PLE_FILE_ERROR, refused ? PLE_FILE_ERROR_TOO_LARGE : PLE_FILE_ERROR_FORMAT,
                 _ ("%s: broken picture (%s)"), name,
                 local != NULL ? local->message : _ ("it gives no pixels"));
  g_clear_error (&local);
  return image;
}

static PleImage *
decode_other (Format format,
              const guint8 *data,
              size_t size,
              guint *orientation,
              const char *name,
              GError **error)
{
  static const char *const types[] = {
    [FORMAT_PNG] = "png", [FORMAT_GIF] = "gif", [FORMAT_BMP] = "bmp", [FORMAT_TIFF] = "tiff"
  };
  guint64 width, height;
  g_autofree guint8 *copy = NULL;
  size_t value_offset;

  if (!probe (format, data, size, &width, &height))
    {
      fail_format (error, name, PLE_FILE_ERROR_FORMAT,
                   _ ("broken picture, its header has no size"));
      return NULL;
    }
  if (!ple_image_check_claim (width, height, size, name, error))
    return NULL;
  if (format == FORMAT_PNG)
    *orientation = ple_exif_orientation_of_png (data, size);
  if (format == FORMAT_GIF && !find_gif_frame (data, size, &size, name, error))
    return NULL;
  if (format == FORMAT_TIFF)
    {
      *orientation = ple_exif_orientation_of_tiff (data, size, &value_offset);
      if (*orientation != 1)
        {
          /* libtiff would turn by its own rules: it is told that nothing is to be turned. */
          copy = g_memdup2 (data, size);
          copy[value_offset] = copy[0] == 'M' ? 0 : 1;
          copy[value_offset + 1] = copy[0] == 'M' ? 1 : 0;
          data = copy;
        }
    }
  return decode_by_pixbuf (types[format], data, size, name, error);
}

PleImage *
ple_image_decode_flawed (GBytes *bytes,
                         guint size_hint,
                         gboolean honour_orientation,
                         const char *name,
                         char **flaw,
                         GError **error)
{
  size_t size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  Format format = recognise (data, size);
  guint orientation = 1;
  PleImage *image = NULL;

  if (flaw != NULL)
    *flaw = NULL;
  switch (format)
    {
    case FORMAT_JPEG:
      orientation = ple_exif_orientation_of_jpeg (data, size);
      image = ple_image_decode_jpeg (data, size, size_hint, name, flaw, error);
      break;
    case FORMAT_WEBP:
      image = decode_webp (data, size, size_hint, &orientation, name, error);
      break;
    case FORMAT_PNG:
    case FORMAT_GIF:
    case FORMAT_BMP:
    case FORMAT_TIFF:
      image = decode_other (format, data, size, &orientation, name, error);
      break;
    case FORMAT_UNKNOWN:
    default:
      fail_format (error, name, size == 0 ? PLE_FILE_ERROR_EMPTY : PLE_FILE_ERROR_FORMAT,
                   size == 0 ? _ ("the file is empty")
                             : _ ("not a JPEG, PNG, WebP, GIF, BMP or TIFF picture"));
      break;
    }
  if (image != NULL && honour_orientation && orientation != 1)
    image = ple_image_orient (image, orientation, error);
  return image;
}

PleImage *
ple_image_decode (
    GBytes *bytes, guint size_hint, gboolean honour_orientation, const char *name, GError **error)
{
  return ple_image_decode_flawed (bytes, size_hint, honour_orientation, name, NULL, error);
}
