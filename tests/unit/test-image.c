/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-error.h"
#include "dataset/ple-image.h"

#include "ple-test-pictures.h"

#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

static const guint8 exif_template[] = {
  'E',  'x', 'i', 'f', 0, 0, 'I', 'I', '*',
  0,    8,   0,   0,   0, 1, 0, /* one entry */
  0x12, 1,   3,   0,   1, 0, 0,   0,   0 /* the value */,
  0,    0,   0,   0,   0, 0, 0,
};
#define EXIF_VALUE 24

/* What EXIF says: quarter of the file that is shown at top left, top right, bottom left, right. */
static const int shown[9][4] = {
  { 0, 1, 2, 3 }, { 0, 1, 2, 3 }, { 1, 0, 3, 2 }, { 3, 2, 1, 0 }, { 2, 3, 0, 1 },
  { 0, 2, 1, 3 }, { 2, 0, 3, 1 }, { 3, 1, 2, 0 }, { 1, 3, 0, 2 },
};

static PleImage *
decode (GBytes *bytes, guint size_hint)
{
  g_autoptr (GError) error = NULL;
  PleImage *image = ple_image_decode (bytes, size_hint, TRUE, "picture", &error);

  g_assert_no_error (error);
  return image;
}

static GBytes *
insert (GBytes *bytes, size_t at, const void *data, size_t n)
{
  size_t size;
  const guint8 *old = g_bytes_get_data (bytes, &size);
  GByteArray *joined = g_byte_array_new ();

  g_byte_array_append (joined, old, (guint) at);
  g_byte_array_append (joined, data, (guint) n);
  g_byte_array_append (joined, old + at, (guint) (size - at));
  return g_byte_array_free_to_bytes (joined);
}

static void
assert_shown_as (GBytes *bytes, int orientation)
{
  g_autoptr (PleImage) turned = decode (bytes, 0);
  g_autoptr (PleImage) plain = ple_image_decode (bytes, 0, FALSE, "picture", NULL);

  for (int q = 0; q < 4; q++)
    g_assert_cmpint (ple_test_quarter_at (turned, q), ==, shown[orientation][q]);
  g_assert_cmpuint (turned->width, ==, orientation >= 5 ? 32 : 48);
  ple_test_assert_quarters (plain);
}

static void
test_formats (void)
{
  static const char *const types[] = { "png", "jpeg", "bmp", "tiff", "webp" };

  for (size_t i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autoptr (GBytes) bytes = ple_test_picture (types[i], 48, 32);
      g_autoptr (PleImage) image = decode (bytes, 0);

      g_assert_cmpuint (image->width, ==, 48);
      g_assert_cmpuint (image->height, ==, 32);
      ple_test_assert_quarters (image);
    }
}

static void
test_gif_first_frame (void)
{
  /* 2 x 1, red and white; then a second frame that is cut off. */
  static const guint8 gif[] = {
    'G',  'I', 'F',  '8',  '9', 'a', 2, 0, 1, 0, 0x80, 0, 0, 255, 0, 0,
    255,  255, 255,  0x2c, 0,   0,   0, 0, 2, 0, 1,    0, 0, 2,   2, 0x44,
    0x0a, 0,   0x2c, 0,    0,   0,   0, 2, 0, 1, 0,    0, 2, 2,
  };
  g_autoptr (GBytes) bytes = g_bytes_new_static (gif, sizeof gif);
  g_autoptr (GBytes) torn = g_bytes_new_static (gif, 30);
  g_autoptr (PleImage) image = decode (bytes, 0);
  g_autoptr (GError) error = NULL;

  g_assert_cmpmem (image->data, 6, "\xff\0\0\xff\xff\xff", 6);
  g_assert_null (ple_image_decode (torn, 0, TRUE, "torn.gif", &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TRUNCATED);
}

static void
test_transparency_over_white (void)
{
  g_autoptr (GdkPixbuf) pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, TRUE, 8, 2, 1);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (PleImage) image = NULL;
  gchar *data;
  gsize size;

  memcpy (gdk_pixbuf_get_pixels (pixbuf), "\x00\x64\xc8\x00\x00\x64\xc8\x80", 8);
  g_assert_true (gdk_pixbuf_save_to_buffer (pixbuf, &data, &size, "png", NULL, NULL));
  bytes = g_bytes_new_take (data, size);
  image = decode (bytes, 0);
  g_assert_cmpmem (image->data, 3, "\xff\xff\xff", 3);
  /* 100 * 128/255 + 255 * 127/255 = 177.2 */
  g_assert_cmpuint (image->data[4], ==, 177);
}

/* An uncompressed TIFF of 48 x 32, its orientation given. */
static GBytes *
tiff_with_orientation (int orientation)
{
  static const guint16 tags[][3] = { { 256, 3, 48 },          { 257, 3, 32 }, { 258, 3, 8 },
                                     { 259, 3, 1 },           { 262, 3, 2 },  { 273, 4, 146 },
                                     { 274, 3, 0 },           { 277, 3, 3 },  { 278, 3, 32 },
                                     { 279, 4, 48 * 32 * 3 }, { 284, 3, 1 } };
  g_autoptr (GdkPixbuf) pixbuf = ple_test_pixbuf (48, 32);
  GByteArray *tiff = g_byte_array_new ();
  static const guint8 head[] = { 'I', 'I', '*', 0, 8, 0, 0, 0, G_N_ELEMENTS (tags), 0 };

  g_byte_array_append (tiff, head, sizeof head);
  for (size_t i = 0; i < G_N_ELEMENTS (tags); i++)
    {
      guint value = tags[i][0] == 274 ? (guint) orientation : tags[i][2];
      guint8 entry[12] = { (guint8) tags[i][0],
                           (guint8) (tags[i][0] >> 8),
                           (guint8) tags[i][1],
                           0,
                           1,
                           0,
                           0,
                           0,
                           (guint8) value,
                           (guint8) (value >> 8),
                           0,
                           0 };

      g_byte_array_append (tiff, entry, sizeof entry);
    }
  g_byte_array_append (tiff, (const guint8 *) "\0\0\0\0", 4);
  g_assert_cmpuint (tiff->len, ==, 146);
  for (int y = 0; y < 32; y++)
    g_byte_array_append (
        tiff, gdk_pixbuf_read_pixels (pixbuf) + y * gdk_pixbuf_get_rowstride (pixbuf), 48 * 3);
  return g_byte_array_free_to_bytes (tiff);
}

static void
test_orientation (void)
{
  g_autoptr (GBytes) jpeg = ple_test_picture ("jpeg", 48, 32);
  g_autoptr (GBytes) png = ple_test_picture ("png", 48, 32);
  guint8 segment[4 + sizeof exif_template] = { 0xff, 0xe1, 0, sizeof exif_template + 2 };
  guint8 chunk[12 + sizeof exif_template - 6] = { 0,   0,   0,   sizeof exif_template - 6,
                                                  'e', 'X', 'I', 'f' };

  memcpy (segment + 4, exif_template, sizeof exif_template);
  memcpy (chunk + 8, exif_template + 6, sizeof exif_template - 6);
  for (int orientation = 1; orientation <= 8; orientation++)
    {
      g_autoptr (GBytes) with_segment = NULL;
      g_autoptr (GBytes) with_chunk = NULL;
      g_autoptr (GBytes) with_tag = tiff_with_orientation (orientation);

      segment[4 + EXIF_VALUE] = (guint8) orientation;
      with_segment = insert (jpeg, 2, segment, sizeof segment);
      assert_shown_as (with_segment, orientation);
      chunk[8 + EXIF_VALUE - 6] = (guint8) orientation;
      with_chunk = insert (png, 33, chunk, sizeof chunk);
      assert_shown_as (with_chunk, orientation);
      assert_shown_as (with_tag, orientation);
    }
}

static void
test_bad_exif_is_ignored (void)
{
  g_autoptr (GBytes) jpeg = ple_test_picture ("jpeg", 48, 32);
  guint8 segment[4 + sizeof exif_template] = { 0xff, 0xe1, 0, sizeof exif_template + 2 };

  memcpy (segment + 4, exif_template, sizeof exif_template);
  segment[4 + EXIF_VALUE] = 6;
  /* Each byte of the block in turn set to 255: never a crash, always a picture. */
  for (size_t i = 6; i < sizeof exif_template; i++)
    {
      guint8 broken[sizeof segment];
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (PleImage) image = NULL;

      memcpy (broken, segment, sizeof segment);
      broken[4 + i] = 255;
      bytes = insert (jpeg, 2, broken, sizeof broken);
      image = decode (bytes, 0);
      g_assert_cmpuint (image->width * image->height, ==, 48 * 32);
    }
}

static void
test_scaled_decode (void)
{
  static const char *const types[] = { "jpeg", "webp", "png" };

  for (size_t i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autoptr (GBytes) bytes = ple_test_picture (types[i], 480, 320);
      g_autoptr (PleImage) image = decode (bytes, 70);

      g_assert_cmpuint (image->height, >=, 70);
      g_assert_cmpuint (image->width, >=, 105);
      ple_test_assert_quarters (image);
      if (i < 2)
        g_assert_cmpuint (image->height, <=, 80);
    }
}

/* Four components, written as Adobe does: complements of the inks. */
static void
test_cmyk (void)
{
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr errors;
  unsigned char *buffer = NULL;
  unsigned long size = 0;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (PleImage) image = NULL;
  JSAMPLE line[16 * 4];
  JSAMPROW row = line;

  jpeg.err = jpeg_std_error (&errors);
  jpeg_create_compress (&jpeg);
  jpeg_mem_dest (&jpeg, &buffer, &size);
  jpeg.image_width = jpeg.image_height = 16;
  jpeg.input_components = 4;
  jpeg.in_color_space = JCS_CMYK;
  jpeg_set_defaults (&jpeg);
  jpeg_set_colorspace (&jpeg, JCS_YCCK);
  jpeg_set_quality (&jpeg, 98, TRUE);
  jpeg_start_compress (&jpeg, TRUE);
  for (int x = 0; x < 16; x++)
    memcpy (line + 4 * x, "\xc8\x64\x32\xff", 4);
  while (jpeg.next_scanline < 16)
    jpeg_write_scanlines (&jpeg, &row, 1);
  jpeg_finish_compress (&jpeg);
  jpeg_destroy_compress (&jpeg);
  bytes = g_bytes_new (buffer, size);
  free (buffer);
  image = decode (bytes, 0);
  g_assert_cmpint (ABS (image->data[0] - 200), <=, 4);
  g_assert_cmpint (ABS (image->data[1] - 100), <=, 4);
  g_assert_cmpint (ABS (image->data[2] - 50), <=, 4);
}

/* Noise, so that the bytes are spread evenly over the rows. */
static GBytes *
noisy_jpeg (gboolean progressive)
{
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr errors;
  unsigned char *buffer = NULL;
  unsigned long size = 0;
  JSAMPLE line[256 * 3];
  JSAMPROW row = line;
  guint32 state = 1;
  GBytes *bytes;

  jpeg.err = jpeg_std_error (&errors);
  jpeg_create_compress (&jpeg);
  jpeg_mem_dest (&jpeg, &buffer, &size);
  jpeg.image_width = jpeg.image_height = 256;
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults (&jpeg);
  if (progressive)
    jpeg_simple_progression (&jpeg);
  jpeg_start_compress (&jpeg, TRUE);
  while (jpeg.next_scanline < 256)
    {
      for (size_t i = 0; i < sizeof line; i++)
        line[i] = (JSAMPLE) ((state = state * 1664525 + 1013904223) >> 24);
      jpeg_write_scanlines (&jpeg, &row, 1);
    }
  jpeg_finish_compress (&jpeg);
  jpeg_destroy_compress (&jpeg);
  bytes = g_bytes_new (buffer, size);
  free (buffer);
  return bytes;
}

static void
test_truncated_jpeg (void)
{
  for (int progressive = 0; progressive < 2; progressive++)
    {
      g_autoptr (GBytes) whole = noisy_jpeg (progressive);
      size_t size = g_bytes_get_size (whole);
      g_autoptr (GBytes) most = g_bytes_new_from_bytes (whole, 0, size * 8 / 10);
      g_autoptr (GBytes) little = g_bytes_new_from_bytes (whole, 0, progressive ? 520 : size / 4);
      g_autofree char *flaw = NULL;
      g_autofree char *no_flaw = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (PleImage) good =
          ple_image_decode_flawed (whole, 0, TRUE, "whole", &no_flaw, &error);
      g_autoptr (PleImage) cut = ple_image_decode_flawed (most, 0, TRUE, "most", &flaw, &error);

      g_assert_no_error (error);
      g_assert_null (no_flaw);
      g_assert_nonnull (flaw);
      if (!progressive)
        g_assert_cmpmem (good->data, 256 * 3 * 128, cut->data, 256 * 3 * 128);
      g_assert_null (ple_image_decode (little, 0, TRUE, "little", &error));
      g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TRUNCATED);
    }
}

static void
assert_refused (const void *data, size_t size, PleFileError code)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;

  g_assert_null (ple_image_decode (bytes, 0, TRUE, "hostile", &error));
  g_assert_error (error, PLE_FILE_ERROR, (int) code);
  g_assert_true (g_str_has_prefix (error->message, "hostile: "));
}

static void
test_hostile_headers (void)
{
  g_autoptr (GBytes) png = ple_test_picture ("png", 8, 8);
  g_autoptr (GBytes) bmp = ple_test_picture ("bmp", 8, 8);
  g_autofree guint8 *wide = g_memdup2 (g_bytes_get_data (png, NULL), g_bytes_get_size (png));
  g_autofree guint8 *tall = g_memdup2 (g_bytes_get_data (bmp, NULL), g_bytes_get_size (bmp));

  assert_refused ("", 0, PLE_FILE_ERROR_EMPTY);
  assert_refused ("hello", 5, PLE_FILE_ERROR_FORMAT);
  assert_refused (wide, 20, PLE_FILE_ERROR_FORMAT);
  memset (wide + 16, 0x7f, 8);
  assert_refused (wide, g_bytes_get_size (png), PLE_FILE_ERROR_TOO_LARGE);
  memcpy (wide + 16, "\0\0\x4e\x20\0\0\x4e\x20", 8); /* 20 000 x 20 000 in 100 bytes */
  assert_refused (wide, g_bytes_get_size (png), PLE_FILE_ERROR_TRUNCATED);
  memset (wide + 16, 0, 8);
  assert_refused (wide, g_bytes_get_size (png), PLE_FILE_ERROR_FORMAT);
  memset (tall + 22, 0x80, 4);
  assert_refused (tall, g_bytes_get_size (bmp), PLE_FILE_ERROR_TOO_LARGE);
}

static PleImage *
random_image (guint width, guint height)
{
  PleImage *image = ple_image_new (width, height, NULL);
  guint32 state = width * 7 + height;

  for (size_t i = 0; i < (size_t) width * height * 3; i++)
    image->data[i] = (guint8) ((state = state * 1664525 + 1013904223) >> 24);
  return image;
}

/* The exact mean over each output pixel's rectangle, by the definition. */
static double
mean_over_reference (const PleImage *image, guint x, guint y, int c, guint width, guint height)
{
  double sx = (double) image->width / width, sy = (double) image->height / height, sum = 0;

  for (guint j = 0; j < image->height; j++)
    for (guint i = 0; i < image->width; i++)
      {
        double w = MIN ((x + 1) * sx, i + 1.0) - MAX (x * sx, (double) i);
        double h = MIN ((y + 1) * sy, j + 1.0) - MAX (y * sy, (double) j);

        if (w > 0 && h > 0)
          sum += w * h * image->data[((size_t) j * image->width + i) * 3 + (guint) c];
      }
  return sum / (sx * sy);
}

static void
test_resize (void)
{
  g_autoptr (PleImage) image = random_image (37, 29);
  g_autoptr (PleImage) same = ple_image_resize (image, 37, 29, NULL);
  g_autoptr (PleImage) small = ple_image_resize (image, 11, 7, NULL);
  g_autoptr (PleImage) dot = random_image (1, 1);
  g_autoptr (PleImage) grown = ple_image_resize (dot, 5, 4, NULL);
  g_autoptr (PleImage) pair = random_image (2, 1);
  g_autoptr (PleImage) ramp = ple_image_resize (pair, 4, 1, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpmem (same->data, 37 * 29 * 3, image->data, 37 * 29 * 3);
  for (guint y = 0; y < 7; y++)
    for (guint x = 0; x < 11; x++)
      for (int c = 0; c < 3; c++)
        /* Half a level of rounding and float sums. */
        g_assert_cmpfloat_with_epsilon (small->data[(y * 11 + x) * 3 + (guint) c],
                                        mean_over_reference (image, x, y, c, 11, 7), 0.51);
  for (size_t i = 0; i < 5 * 4; i++)
    g_assert_cmpmem (grown->data + 3 * i, 3, dot->data, 3);
  /* Between centres at 0.5 and 1.5: weights 1, 3/4, 1/4, 0. */
  for (size_t c = 0; c < 3; c++)
    {
      double a = pair->data[c], b = pair->data[3 + c];

      g_assert_cmpfloat_with_epsilon (ramp->data[c], a, 0.51);
      g_assert_cmpfloat_with_epsilon (ramp->data[3 + c], 0.75 * a + 0.25 * b, 0.51);
      g_assert_cmpfloat_with_epsilon (ramp->data[9 + c], b, 0.51);
    }
  g_assert_null (ple_image_resize (image, 65500, 65500, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE);
}

static void
test_resize_square_takes_the_middle (void)
{
  g_autoptr (PleImage) image = ple_image_new (30, 10, NULL);
  g_autoptr (PleImage) square = NULL;

  memset (image->data, 0, 30 * 10 * 3);
  for (size_t y = 0; y < 10; y++)
    memset (image->data + (y * 30 + 10) * 3, 200, 10 * 3);
  square = ple_image_resize_square (image, 4, NULL);
  g_assert_cmpuint (square->width, ==, 4);
  for (size_t i = 0; i < 4 * 4 * 3; i++)
    g_assert_cmpuint (square->data[i], ==, 200);
}

static void
test_placeholder (void)
{
  static const guint sides[] = { 1, 16, 128 };

  for (size_t i = 0; i < G_N_ELEMENTS (sides); i++)
    {
      g_autoptr (PleImage) image = ple_image_new_placeholder (sides[i]);

      g_assert_cmpuint (image->width, ==, sides[i]);
      g_assert_cmpuint (image->height, ==, sides[i]);
      if (sides[i] > 1)
        g_assert_cmpuint (image->data[0], ==, 0xd6);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dataset/image/reads-each-format", test_formats);
  g_test_add_func ("/dataset/image/gif-gives-first-frame", test_gif_first_frame);
  g_test_add_func ("/dataset/image/transparency-over-white", test_transparency_over_white);
  g_test_add_func ("/dataset/image/orientation", test_orientation);
  g_test_add_func ("/dataset/image/bad-exif-is-ignored", test_bad_exif_is_ignored);
  g_test_add_func ("/dataset/image/scaled-decode", test_scaled_decode);
  g_test_add_func ("/dataset/image/cmyk", test_cmyk);
  g_test_add_func ("/dataset/image/truncated-jpeg", test_truncated_jpeg);
  g_test_add_func ("/dataset/image/hostile-headers", test_hostile_headers);
  g_test_add_func ("/dataset/image/resize-is-the-mean", test_resize);
  g_test_add_func ("/dataset/image/square-takes-the-middle", test_resize_square_takes_the_middle);
  g_test_add_func ("/dataset/image/placeholder", test_placeholder);
  return g_test_run ();
}
