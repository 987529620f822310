/* SPDX-License-Identifier: GPL-3.0-or-later */
/* config.json and preprocessor_config.json of a model: the bytes are read as either. */
#include "config.h"

#include "features/ple-preprocess.h"
#include "ple-fuzz.h"

#include <math.h>

static void
check_config (JsonNode *root)
{
  g_autoptr (GError) error = NULL;
  PleVisionConfig config;

  if (!ple_vision_config_parse (root, "config.json", &config, &error))
    {
      ple_fuzz_check (NULL, error, "config.json: ");
      return;
    }
  g_assert_no_error (error);
  /* Sizes computed from these cannot overflow. */
  g_assert_cmpuint (config.n_features, >, 0);
  g_assert_cmpuint (config.n_features, <=, 1 << 20);
  g_assert_cmpuint (config.patch_size, >, 0);
  g_assert_cmpuint (config.block.width % config.block.n_heads, ==, 0);
  g_assert_cmpuint (config.block.n_hidden, <=, 1 << 24);
  g_assert_cmpuint (config.n_blocks, <=, 1 << 12);
  g_assert_cmpuint (config.n_stages, <=, PLE_VISION_MAX_STAGES);
  for (size_t i = 0; i < config.n_stages; i++)
    g_assert_true (config.widths[i] > 0 && config.depths[i] > 0);
}

static void
check_preprocess (JsonNode *root)
{
  const PleVisionConfig config = { .family = PLE_VISION_CLIP,
                                   .model_type = "clip",
                                   .image_size = 32 };
  g_autoptr (PleImage) image = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autofree float *pixels = NULL;
  PlePreprocess preprocess;
  size_t n;

  if (!ple_preprocess_parse (root, "preprocessor_config.json", &config, &preprocess, &error))
    {
      ple_fuzz_check (NULL, error, "preprocessor_config.json: ");
      return;
    }
  g_assert_no_error (error);
  text = ple_preprocess_describe (&preprocess);
  n = ple_preprocess_get_height (&preprocess) * ple_preprocess_get_width (&preprocess);
  g_assert_cmpuint (n, >, 0);
  if (n > 1 << 18)
    return;
  image = ple_image_new_placeholder (24);
  pixels = g_new (float, 3 * n);
  g_assert_true (ple_preprocess_run (&preprocess, image, pixels, NULL));
  for (size_t i = 0; i < 3 * n; i++)
    g_assert_true (isfinite (pixels[i]));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (JsonNode) root = ple_json_parse ((const char *) data, size, "x.json", NULL);

  if (root == NULL)
    return 0;
  check_config (root);
  check_preprocess (root);
  return 0;
}
