/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-error.h"
#include "features/ple-preprocess.h"
#include "ple-test.h"

#include <math.h>
#include <string.h>

static const PleVisionConfig dinov2 = { .family = PLE_VISION_DINOV2,
                                        .model_type = "dinov2",
                                        .image_size = 518 };

static gboolean
parse (const char *text, PlePreprocess *preprocess, GError **error)
{
  g_autoptr (JsonNode) root = NULL;

  if (text != NULL)
    {
      root = ple_json_parse (text, strlen (text), "preprocessor_config.json", NULL);
      g_assert_nonnull (root);
    }
  return ple_preprocess_parse (root, "preprocessor_config.json", &dinov2, preprocess, error);
}

static PlePreprocess
accept (const char *text)
{
  g_autoptr (GError) error = NULL;
  PlePreprocess preprocess;

  parse (text, &preprocess, &error);
  g_assert_no_error (error);
  return preprocess;
}

static void
refuse (const char *text, const char *part, int code)
{
  g_autoptr (GError) error = NULL;
  PlePreprocess preprocess;

  g_assert_false (parse (text, &preprocess, &error));
  g_assert_error (error, PLE_FILE_ERROR, code);
  g_assert_true (g_str_has_prefix (error->message, "preprocessor_config.json: "));
  g_assert_nonnull (strstr (error->message, part));
}

static PleImage *
make_image (guint width, guint height)
{
  PleImage *image = ple_image_new (width, height, NULL);
  PleRng rng;

  ple_rng_init (&rng, width + height);
  for (size_t i = 0; i < 3 * (size_t) width * height; i++)
    image->data[i] = (guint8) ple_rng_below (&rng, 256);
  return image;
}

/* Old and new ways to write the same. */
static void
test_forms (void)
{
  PlePreprocess p = accept ("{\"feature_extractor_type\":\"CLIPFeatureExtractor\",\"size\":224,"
                            "\"crop_size\":192}");

  g_assert_true (p.resize && p.crop && p.resample == PLE_RESAMPLE_BICUBIC);
  g_assert_cmpuint (p.shortest, ==, 224);
  g_assert_cmpuint (ple_preprocess_get_height (&p), ==, 192);
  p = accept ("{\"feature_extractor_type\":\"ViTFeatureExtractor\",\"size\":96}");
  g_assert_true (!p.crop && p.resample == PLE_RESAMPLE_BILINEAR);
  g_assert_cmpuint (p.shortest, ==, 0);
  g_assert_cmpuint (ple_preprocess_get_width (&p), ==, 96);
  p = accept ("{\"image_processor_type\":\"DINOv3ViTImageProcessorFast\",\"do_center_crop\":null,"
              "\"crop_size\":null,\"size\":{\"height\":112,\"width\":80}}");
  g_assert_true (p.on_floats && !p.crop);
  g_assert_cmpuint (ple_preprocess_get_height (&p), ==, 112);
  g_assert_cmpuint (ple_preprocess_get_width (&p), ==, 80);
  p = accept ("{\"feature_extractor_type\":\"ConvNextFeatureExtractor\",\"size\":224}");
  g_assert_cmpuint (p.shortest, ==, 256);
  p = accept ("{\"image_processor_type\":\"ConvNextImageProcessor\",\"size\":"
              "{\"shortest_edge\":384},\"crop_pct\":0.5}");
  g_assert_true (!p.crop && p.shortest == 0);
  g_assert_cmpuint (ple_preprocess_get_height (&p), ==, 384);
}

static void
test_absent_file (void)
{
  PlePreprocess p = accept (NULL);

  g_assert_true (p.assumed);
  g_assert_cmpuint (p.shortest, ==, 256);
  g_assert_cmpuint (ple_preprocess_get_height (&p), ==, 224);
  g_assert_cmpfloat_with_epsilon (p.table[0][255], (1 - 0.485f) / 0.229f, 1e-6);
}

static void
test_refusals (void)
{
  refuse ("[]", "object", PLE_FILE_ERROR_FORMAT);
  refuse ("{\"image_processor_type\":\"SamImageProcessor\"}", "SamImageProcessor",
          PLE_FILE_ERROR_UNSUPPORTED);
  refuse ("{\"size\":{\"longest_edge\":3}}", "size", PLE_FILE_ERROR_FORMAT);
  refuse ("{\"size\":-5}", "size", PLE_FILE_ERROR_FORMAT);
  refuse ("{\"image_mean\":[1,2]}", "image_mean", PLE_FILE_ERROR_FORMAT);
  refuse ("{\"image_std\":[0,1,1]}", "image_std", PLE_FILE_ERROR_FORMAT);
  refuse ("{\"resample\":7}", "resample", PLE_FILE_ERROR_FORMAT);
  refuse ("{\"do_resize\":1}", "do_resize", PLE_FILE_ERROR_FORMAT);
  refuse ("{\"do_center_crop\":false}", "different sizes", PLE_FILE_ERROR_FORMAT);
  refuse ("{\"image_processor_type\":\"ViTImageProcessor\",\"do_resize\":false}", "different sizes",
          PLE_FILE_ERROR_FORMAT);
}

/* A window is that part of the whole; one colour stays that colour; the same size is a copy. */
static void
test_window (void)
{
  g_autoptr (PleImage) image = make_image (37, 23);

  for (int filter = 0; filter <= 5; filter++)
    {
      PleWindow whole = { 19, 31, 0, 0, 19, 31 };
      PleWindow part = { 19, 31, 4, 7, 9, 11 };
      PleWindow same = { 37, 23, 0, 0, 37, 23 };
      guint8 all[19 * 31 * 3], some[9 * 11 * 3], copy[37 * 23 * 3];

      ple_resample_bytes ((PleResample) filter, 37, 23, image->data, &whole, all);
      ple_resample_bytes ((PleResample) filter, 37, 23, image->data, &part, some);
      ple_resample_bytes ((PleResample) filter, 37, 23, image->data, &same, copy);
      for (size_t y = 0; y < 11; y++)
        g_assert_cmpmem (some + y * 27, 27, all + ((y + 7) * 19 + 4) * 3, 27);
      g_assert_cmpmem (copy, sizeof copy, image->data, sizeof copy);
      memset (copy, 77, sizeof copy);
      ple_resample_bytes ((PleResample) filter, 37, 23, copy, &whole, all);
      for (size_t i = 0; i < sizeof all; i++)
        g_assert_cmpuint (all[i], ==, 77);
    }
}

/* Rounding aside, bytes and floats agree: at most half a level per pass. */
static void
test_floats (void)
{
  g_autoptr (PleImage) image = make_image (50, 41);
  PleWindow window = { 20, 64, 3, 5, 15, 40 };
  guint8 bytes[15 * 40 * 3];
  float floats[15 * 40 * 3];

  ple_resample_bytes (PLE_RESAMPLE_BILINEAR, 50, 41, image->data, &window, bytes);
  ple_resample_floats (PLE_RESAMPLE_BILINEAR, 50, 41, image->data, &window, floats);
  for (size_t i = 0; i < 15 * 40; i++)
    for (size_t c = 0; c < 3; c++)
      g_assert_cmpfloat_with_epsilon ((float) bytes[3 * i + c], floats[c * 15 * 40 + i], 1.01);
}

/* A picture smaller than the crop stands in the middle of black, the odd pixel before it. */
static void
test_padding (void)
{
  PlePreprocess p = accept ("{\"do_resize\":false,\"crop_size\":{\"height\":10,\"width\":7}}");
  g_autoptr (PleImage) image = make_image (4, 13);
  g_autoptr (PleImage) crop = ple_preprocess_crop (&p, image, NULL);
  float pixels[3 * 70];

  g_assert_cmpuint (crop->width, ==, 7);
  g_assert_cmpuint (crop->height, ==, 10);
  for (size_t y = 0; y < 10; y++)
    for (size_t x = 0; x < 7; x++)
      for (size_t c = 0; c < 3; c++)
        {
          guint8 expected = x < 2 || x >= 6 ? 0 : image->data[((y + 1) * 4 + x - 2) * 3 + c];

          g_assert_cmpuint (crop->data[(y * 7 + x) * 3 + c], ==, expected);
        }
  g_assert_true (ple_preprocess_run (&p, image, pixels, NULL));
  g_assert_cmpfloat (pixels[0], ==, p.table[0][0]);
  g_assert_cmpfloat (pixels[70 + 2], ==, p.table[1][image->data[4 * 3 + 1]]);
}

/* The most lopsided pictures there are cost no more than what is looked at. */
static void
test_lopsided (void)
{
  PlePreprocess p = accept ("{}");
  g_autoptr (PleImage) wide = make_image (65500, 1);
  g_autoptr (PleImage) tall = make_image (1, 65500);
  g_autofree float *pixels = g_new (float, 3 * 224 * 224);

  g_assert_true (ple_preprocess_run (&p, wide, pixels, NULL));
  g_assert_true (ple_preprocess_run (&p, tall, pixels, NULL));
  g_assert_true (isfinite (pixels[1000]));
}

static void
test_describe (void)
{
  PlePreprocess a = accept ("{}"), b = accept ("{\"resample\":2}");
  g_autofree char *first = ple_preprocess_describe (&a);
  g_autofree char *second = ple_preprocess_describe (&b);

  g_assert_cmpstr (first, !=, second);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/features/preprocess/old-and-new-forms", test_forms);
  g_test_add_func ("/features/preprocess/without-a-file", test_absent_file);
  g_test_add_func ("/features/preprocess/refusals-name-the-field", test_refusals);
  g_test_add_func ("/features/preprocess/window-is-part-of-the-whole", test_window);
  g_test_add_func ("/features/preprocess/floats-and-bytes-agree", test_floats);
  g_test_add_func ("/features/preprocess/small-pictures-are-padded", test_padding);
  g_test_add_func ("/features/preprocess/lopsided-pictures", test_lopsided);
  g_test_add_func ("/features/preprocess/record-tells-settings-apart", test_describe);
  return g_test_run ();
}
