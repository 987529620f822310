/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-error.h"
#include "features/ple-vision-config.h"

#include <string.h>

static gboolean
parse (const char *text, PleVisionConfig *config, GError **error)
{
  g_autoptr (JsonNode) root = ple_json_parse (text, strlen (text), "config.json", NULL);

  g_assert_nonnull (root);
  return ple_vision_config_parse (root, "config.json", config, error);
}

static PleVisionConfig
accept (const char *text)
{
  g_autoptr (GError) error = NULL;
  PleVisionConfig config;

  parse (text, &config, &error);
  g_assert_no_error (error);
  return config;
}

/* The message names the file and the field. */
static void
refuse (const char *text, const char *field, int code)
{
  g_autoptr (GError) error = NULL;
  PleVisionConfig config;

  g_assert_false (parse (text, &config, &error));
  g_assert_error (error, PLE_FILE_ERROR, code);
  g_assert_true (g_str_has_prefix (error->message, "config.json: "));
  g_assert_nonnull (strstr (error->message, field));
}

static void
test_defaults (void)
{
  PleVisionConfig c = accept ("{\"model_type\":\"dinov2\"}");

  g_assert_cmpuint (c.block.width, ==, 768);
  g_assert_cmpuint (c.block.n_hidden, ==, 3072);
  g_assert_cmpuint (c.patch_size, ==, 14);
  g_assert_cmpuint (c.image_size, ==, 518);
  g_assert_true (c.layer_scale && c.query_bias && !c.block.gated);
  g_assert_cmpfloat (c.eps, ==, 1e-6f);
  c = accept ("{\"model_type\":\"dinov3_vit\",\"use_gated_mlp\":true,\"hidden_act\":\"silu\"}");
  g_assert_true (!c.key_bias && c.value_bias && c.block.gated);
  g_assert_cmpuint (c.n_registers, ==, 4);
  g_assert_cmpfloat (c.eps, ==, 1e-5f);
  c = accept ("{\"model_type\":\"vit\"}");
  g_assert_cmpfloat (c.eps, ==, 1e-12f);
  c = accept ("{\"model_type\":\"vit_msn\",\"qkv_bias\":false}");
  g_assert_cmpfloat (c.eps, ==, 1e-6f);
  g_assert_false (c.query_bias || c.key_bias || c.value_bias);
  c = accept ("{\"model_type\":\"convnext\"}");
  g_assert_cmpuint (c.n_features, ==, 768);
  c = accept ("{\"model_type\":\"resnet\"}");
  g_assert_cmpuint (c.n_features, ==, 2048);
  g_assert_true (c.bottleneck);
}

/* The giant models: two thirds of four times the width, up to a multiple of 8. */
static void
test_swiglu (void)
{
  PleVisionConfig c = accept ("{\"model_type\":\"dinov2\",\"hidden_size\":1536,"
                              "\"num_attention_heads\":24,\"num_hidden_layers\":40,"
                              "\"use_swiglu_ffn\":true}");

  g_assert_true (c.block.gated);
  g_assert_cmpuint (c.block.n_hidden, ==, 4096);
  g_assert_cmpint (c.block.activation, ==, PLE_ACTIVATION_SILU);
}

/* Files of the library that hold only what differs from its defaults. */
static void
test_clip (void)
{
  PleVisionConfig c = accept ("{\"model_type\":\"clip\"}");

  g_assert_cmpuint (c.n_features, ==, 512);
  g_assert_cmpint (c.activation, ==, PLE_ACTIVATION_QUICK_GELU);
  c = accept ("{\"model_type\":\"clip\",\"projection_dim\":640,\"vision_config\":{"
              "\"hidden_act\":\"gelu\",\"projection_dim\":512,\"patch_size\":16}}");
  g_assert_cmpuint (c.n_features, ==, 640);
  g_assert_cmpuint (c.patch_size, ==, 16);
  g_assert_cmpint (c.activation, ==, PLE_ACTIVATION_GELU);
  c = accept ("{\"model_type\":\"clip_vision_model\",\"hidden_size\":64,"
              "\"num_attention_heads\":4,\"projection_dim\":32}");
  g_assert_cmpuint (c.block.width, ==, 64);
  g_assert_cmpuint (c.n_features, ==, 32);
}

static void
test_refusals (void)
{
  refuse ("[]", "object", PLE_FILE_ERROR_FORMAT);
  refuse ("{}", "model_type", PLE_FILE_ERROR_FORMAT);
  refuse ("{\"model_type\":\"bert\"}", "bert", PLE_FILE_ERROR_UNSUPPORTED);
  refuse ("{\"model_type\":\"vit\",\"hidden_size\":\"768\"}", "hidden_size", PLE_FILE_ERROR_FORMAT);
  refuse ("{\"model_type\":\"vit\",\"hidden_size\":-1}", "hidden_size", PLE_FILE_ERROR_FORMAT);
  refuse ("{\"model_type\":\"vit\",\"hidden_size\":4611686018427387904}", "hidden_size",
          PLE_FILE_ERROR_FORMAT);
  refuse ("{\"model_type\":\"vit\",\"hidden_size\":100}", "hidden_size", PLE_FILE_ERROR_FORMAT);
  refuse ("{\"model_type\":\"vit\",\"num_attention_heads\":0}", "num_attention_heads",
          PLE_FILE_ERROR_FORMAT);
  refuse ("{\"model_type\":\"vit\",\"num_channels\":1}", "num_channels", PLE_FILE_ERROR_FORMAT);
  refuse ("{\"model_type\":\"vit\",\"hidden_act\":\"mish\"}", "hidden_act",
          PLE_FILE_ERROR_UNSUPPORTED);
  refuse ("{\"model_type\":\"vit\",\"image_size\":8}", "image_size", PLE_FILE_ERROR_FORMAT);
  refuse ("{\"model_type\":\"vit\",\"qkv_bias\":1}", "qkv_bias", PLE_FILE_ERROR_FORMAT);
  refuse ("{\"model_type\":\"dinov2\",\"mlp_ratio\":1e300}", "mlp_ratio", PLE_FILE_ERROR_FORMAT);
  refuse ("{\"model_type\":\"convnext\",\"depths\":[1,2]}", "depths", PLE_FILE_ERROR_FORMAT);
  refuse ("{\"model_type\":\"convnext\",\"num_stages\":6}", "hidden_sizes", PLE_FILE_ERROR_FORMAT);
  refuse ("{\"model_type\":\"resnet\",\"hidden_sizes\":[]}", "hidden_sizes", PLE_FILE_ERROR_FORMAT);
  refuse ("{\"model_type\":\"resnet\",\"layer_type\":\"dense\"}", "layer_type",
          PLE_FILE_ERROR_FORMAT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/features/vision-config/defaults-of-the-library", test_defaults);
  g_test_add_func ("/features/vision-config/gated-width-of-the-giants", test_swiglu);
  g_test_add_func ("/features/vision-config/clip-files-that-say-little", test_clip);
  g_test_add_func ("/features/vision-config/refusals-name-the-field", test_refusals);
  return g_test_run ();
}
