/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-vision-config.h"

#include "base/ple-error.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define MAX_WIDTH 16384
#define MAX_HIDDEN 131072
#define MAX_BLOCKS 512
#define MAX_PATCH 512

static gboolean fail (GError **error, const char *file, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static gboolean
fail (GError **error, const char *file, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, "%s: %s", file, message);
  return FALSE;
}

/* The value at @field, or %NULL if it is absent or null; *@bad if it is an object or array. */
static JsonNode *
find_value (JsonObject *object, const char *field, gboolean *bad)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, field) : NULL;

  *bad = FALSE;
  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return NULL;
  *bad = !JSON_NODE_HOLDS_VALUE (node);
  return node;
}

gboolean
ple_config_get_number (JsonObject *object,
                       const char *file,
                       const char *field,
                       double min,
                       double max,
                       double *value,
                       GError **error)
{
  gboolean bad;
  JsonNode *node = find_value (object, field, &bad);
  double found;

  if (node == NULL)
    return TRUE;
  if (bad || (json_node_get_value_type (node) != G_TYPE_INT64 &&
              json_node_get_value_type (node) != G_TYPE_DOUBLE))
    return fail (error, file, _ ("%s: expected a number"), field);
  found = json_node_get_double (node);
  if (!(found >= min && found <= max))
    return fail (error, file, _ ("%s: expected %g to %g, found %g"), field, min, max, found);
  *value = found;
  return TRUE;
}

gboolean
ple_config_get_count (JsonObject *object,
                      const char *file,
                      const char *field,
                      size_t min,
                      size_t max,
                      size_t *value,
                      GError **error)
{
  gboolean bad;
  JsonNode *node = find_value (object, field, &bad);
  gint64 found;

  if (node == NULL)
    return TRUE;
  if (bad || json_node_get_value_type (node) != G_TYPE_INT64)
    return fail (error, file, _ ("%s: expected a whole number"), field);
  found = json_node_get_int (node);
  if (found < (gint64) min || found > (gint64) max)
    return fail (error, file, _ ("%s: expected %zu to %zu, found %" G_GINT64_FORMAT), field, min,
                 max, found);
  *value = (size_t) found;
  return TRUE;
}

gboolean
ple_config_get_flag (
    JsonObject *object, const char *file, const char *field, gboolean *value, GError **error)
{
  gboolean bad;
  JsonNode *node = find_value (object, field, &bad);

  if (node == NULL)
    return TRUE;
  if (bad || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return fail (error, file, _ ("%s: expected true or false"), field);
  *value = json_node_get_boolean (node);
  return TRUE;
}

gboolean
ple_config_get_activation (
    JsonObject *object, const char *file, const char *field, PleActivation *value, GError **error)
{
  static const struct
  {
    const char *name;
    PleActivation activation;
  } known[] = {
    { "gelu", PLE_ACTIVATION_GELU },          { "quick_gelu", PLE_ACTIVATION_QUICK_GELU },
    { "gelu_new", PLE_ACTIVATION_GELU_TANH }, { "gelu_pytorch_tanh", PLE_ACTIVATION_GELU_TANH },
    { "silu", PLE_ACTIVATION_SILU },          { "swish", PLE_ACTIVATION_SILU },
    { "relu", PLE_ACTIVATION_RELU },
  };
  gboolean bad;
  JsonNode *node = find_value (object, field, &bad);
  const char *name;

  if (node == NULL)
    return TRUE;
  name = bad ? NULL : json_node_get_string (node);
  for (size_t i = 0; name != NULL && i < G_N_ELEMENTS (known); i++)
    if (strcmp (known[i].name, name) == 0)
      {
        *value = known[i].activation;
        return TRUE;
      }
  g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED,
               _ ("%s: %s: expected gelu, quick_gelu, gelu_new, silu or relu, found \"%s\""), file,
               field, name != NULL ? name : "");
  return FALSE;
}

/* An array of whole numbers; its length must be *@n unless that is 0. */
static gboolean
get_counts (JsonObject *object,
            const char *file,
            const char *field,
            size_t max,
            size_t *n,
            size_t values[PLE_VISION_MAX_STAGES],
            GError **error)
{
  JsonArray *array = ple_json_get_array (object, field);
  size_t length = array != NULL ? json_array_get_length (array) : 0;

  if (array == NULL && !json_object_has_member (object, field))
    return TRUE;
  if (length == 0 || length > PLE_VISION_MAX_STAGES || (*n != 0 && length != *n))
    return fail (error, file, _ ("%s: expected a list of %zu whole numbers"), field,
                 *n != 0 ? *n : 4);
  for (size_t i = 0; i < length; i++)
    {
      JsonNode *node = json_array_get_element (array, (guint) i);

      if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64 ||
          json_node_get_int (node) < 1 || json_node_get_int (node) > (gint64) max)
        return fail (error, file, _ ("%s: expected whole numbers from 1 to %zu"), field, max);
      values[i] = (size_t) json_node_get_int (node);
    }
  *n = length;
  return TRUE;
}

/* What all transformers share, from the object that holds it. */
static gboolean
parse_transformer (JsonObject *object, const char *file, PleVisionConfig *config, GError **error)
{
  PleBlockShape *block = &config->block;
  double eps = (double) config->eps;

  if (!ple_config_get_count (object, file, "hidden_size", 1, MAX_WIDTH, &block->width, error) ||
      !ple_config_get_count (object, file, "num_hidden_layers", 1, MAX_BLOCKS, &config->n_blocks,
                             error) ||
      !ple_config_get_count (object, file, "num_attention_heads", 1, MAX_WIDTH, &block->n_heads,
                             error) ||
      !ple_config_get_count (object, file, "patch_size", 1, MAX_PATCH, &config->patch_size,
                             error) ||
      !ple_config_get_count (object, file, "image_size", 1, PLE_VISION_MAX_SIDE,
                             &config->image_size, error) ||
      !ple_config_get_count (object, file, "num_channels", 3, 3, &config->n_channels, error) ||
      !ple_config_get_number (object, file, "layer_norm_eps", 0, 1, &eps, error) ||
      !ple_config_get_activation (object, file, "hidden_act", &config->activation, error))
    return FALSE;
  config->eps = (float) eps;
  if (block->width % block->n_heads != 0)
    return fail (error, file, _ ("hidden_size: %zu cannot be shared by %zu attention heads"),
                 block->width, block->n_heads);
  if (config->image_size < config->patch_size)
    return fail (error, file, _ ("image_size: %zu is smaller than a patch of %zu"),
                 config->image_size, config->patch_size);
  return TRUE;
}

static gboolean
parse_hidden (JsonObject *object, const char *file, PleVisionConfig *config, GError **error)
{
  return ple_config_get_count (object, file, "intermediate_size", 1, MAX_HIDDEN,
                               &config->block.n_hidden, error);
}

static gboolean
parse_dinov2 (JsonObject *object, const char *file, PleVisionConfig *config, GError **error)
{
  PleBlockShape *block = &config->block;
  gboolean qkv_bias = TRUE, swiglu = FALSE;
  double ratio = 4, hidden;

  config->patch_size = 14;
  config->image_size = 518;
  config->layer_scale = TRUE;
  if (config->family == PLE_VISION_DINOV2_REGISTERS)
    config->n_registers = 4;
  if (!parse_transformer (object, file, config, error) ||
      !ple_config_get_number (object, file, "mlp_ratio", 0.125, 64, &ratio, error) ||
      !ple_config_get_flag (object, file, "qkv_bias", &qkv_bias, error) ||
      !ple_config_get_flag (object, file, "use_swiglu_ffn", &swiglu, error) ||
      (config->family == PLE_VISION_DINOV2_REGISTERS &&
       !ple_config_get_count (object, file, "num_register_tokens", 0, 1024, &config->n_registers,
                              error)))
    return FALSE;
  config->query_bias = config->key_bias = config->value_bias = qkv_bias;
  hidden = floor (ratio * (double) block->width);
  block->gated = swiglu;
  block->n_hidden = (size_t) hidden;
  if (swiglu)
    {
      /* Two thirds of it, up to a multiple of 8; the first half is always gated by silu. */
      block->n_hidden = ((size_t) floor (hidden * 2 / 3) + 7) / 8 * 8;
      config->activation = PLE_ACTIVATION_SILU;
    }
  if (block->n_hidden == 0)
    return fail (error, file, _ ("mlp_ratio: %g leaves no hidden unit"), ratio);
  return TRUE;
}

static gboolean
parse_dinov3 (JsonObject *object, const char *file, PleVisionConfig *config, GError **error)
{
  PleBlockShape *block = &config->block;

  *block = (PleBlockShape){ .width = 384, .n_heads = 6, .n_hidden = 1536 };
  config->eps = 1e-5f;
  config->image_size = 224;
  config->n_registers = 4;
  config->rope_theta = 100;
  config->key_bias = FALSE;
  config->layer_scale = TRUE;
  if (!parse_transformer (object, file, config, error) ||
      !parse_hidden (object, file, config, error) ||
      !ple_config_get_count (object, file, "num_register_tokens", 0, 1024, &config->n_registers,
                             error) ||
      !ple_config_get_number (object, file, "rope_theta", 1, 1e9, &config->rope_theta, error) ||
      !ple_config_get_flag (object, file, "query_bias", &config->query_bias, error) ||
      !ple_config_get_flag (object, file, "key_bias", &config->key_bias, error) ||
      !ple_config_get_flag (object, file, "value_bias", &config->value_bias, error) ||
      !ple_config_get_flag (object, file, "proj_bias", &config->out_bias, error) ||
      !ple_config_get_flag (object, file, "mlp_bias", &config->mlp_bias, error) ||
      !ple_config_get_flag (object, file, "use_gated_mlp", &block->gated, error))
    return FALSE;
  if (block->width / block->n_heads % 4 != 0)
    return fail (error, file,
                 _ ("num_attention_heads: rotary positions need heads of a multiple "
                    "of 4 channels, found %zu"),
                 block->width / block->n_heads);
  return TRUE;
}

static gboolean
parse_clip (JsonObject *object, const char *file, PleVisionConfig *config, GError **error)
{
  JsonObject *vision = ple_json_get_object (object, "vision_config");

  config->patch_size = 32;
  config->image_size = 224;
  config->eps = 1e-5f;
  config->activation = PLE_ACTIVATION_QUICK_GELU;
  config->n_projection = 512;
  if (strcmp (config->model_type, "clip_vision_model") == 0 && vision == NULL)
    vision = object;
  if (vision != NULL && (!parse_transformer (vision, file, config, error) ||
                         !parse_hidden (vision, file, config, error) ||
                         !ple_config_get_count (vision, file, "projection_dim", 1, MAX_WIDTH,
                                                &config->n_projection, error)))
    return FALSE;
  if (!ple_config_get_count (object, file, "projection_dim", 1, MAX_WIDTH, &config->n_projection,
                             error))
    return FALSE;
  config->n_features = config->n_projection;
  return TRUE;
}

static gboolean
parse_vit (JsonObject *object, const char *file, PleVisionConfig *config, GError **error)
{
  gboolean qkv_bias = TRUE;

  config->image_size = 224;
  config->eps = strcmp (config->model_type, "vit_msn") == 0 ? 1e-6f : 1e-12f;
  if (!parse_transformer (object, file, config, error) ||
      !parse_hidden (object, file, config, error) ||
      !ple_config_get_flag (object, file, "qkv_bias", &qkv_bias, error))
    return FALSE;
  config->query_bias = config->key_bias = config->value_bias = qkv_bias;
  return TRUE;
}

static gboolean
parse_convnext (JsonObject *object, const char *file, PleVisionConfig *config, GError **error)
{
  static const size_t widths[] = { 96, 192, 384, 768 }, depths[] = { 3, 3, 9, 3 };
  double eps = 1e-12, init = 1e-6;

  config->patch_size = 4;
  config->n_stages = 4;
  config->image_size = 224;
  memcpy (config->widths, widths, sizeof widths);
  memcpy (config->depths, depths, sizeof depths);
  if (!ple_config_get_count (object, file, "num_stages", 1, PLE_VISION_MAX_STAGES,
                             &config->n_stages, error) ||
      !get_counts (object, file, "hidden_sizes", MAX_WIDTH, &config->n_stages, config->widths,
                   error) ||
      !get_counts (object, file, "depths", MAX_BLOCKS, &config->n_stages, config->depths, error) ||
      !ple_config_get_count (object, file, "patch_size", 1, MAX_PATCH, &config->patch_size,
                             error) ||
      !ple_config_get_count (object, file, "num_channels", 3, 3, &config->n_channels, error) ||
      !ple_config_get_number (object, file, "layer_norm_eps", 0, 1, &eps, error) ||
      !ple_config_get_number (object, file, "layer_scale_init_value", -1, 1e6, &init, error) ||
      !ple_config_get_activation (object, file, "hidden_act", &config->activation, error))
    return FALSE;
  for (size_t i = 0; i < config->n_stages; i++)
    if (config->widths[i] == 0)
      return fail (error, file, _ ("hidden_sizes: expected a list of %zu whole numbers"),
                   config->n_stages);
  config->eps = (float) eps;
  config->layer_scale = init > 0;
  config->n_features = config->widths[config->n_stages - 1];
  return TRUE;
}

static gboolean
parse_resnet (JsonObject *object, const char *file, PleVisionConfig *config, GError **error)
{
  static const size_t widths[] = { 256, 512, 1024, 2048 }, depths[] = { 3, 4, 6, 3 };
  const char *layer = ple_json_get_string (object, "layer_type", "bottleneck");

  config->activation = PLE_ACTIVATION_RELU;
  config->image_size = 224;
  config->patch_size = 1;
  config->embedding_width = 64;
  memcpy (config->widths, widths, sizeof widths);
  memcpy (config->depths, depths, sizeof depths);
  if (!get_counts (object, file, "hidden_sizes", MAX_WIDTH, &config->n_stages, config->widths,
                   error))
    return FALSE;
  if (config->n_stages == 0)
    config->n_stages = 4;
  if (!get_counts (object, file, "depths", MAX_BLOCKS, &config->n_stages, config->depths, error) ||
      !ple_config_get_count (object, file, "embedding_size", 1, MAX_WIDTH, &config->embedding_width,
                             error) ||
      !ple_config_get_count (object, file, "num_channels", 3, 3, &config->n_channels, error) ||
      !ple_config_get_flag (object, file, "downsample_in_first_stage", &config->downsample_first,
                            error) ||
      !ple_config_get_flag (object, file, "downsample_in_bottleneck", &config->downsample_early,
                            error) ||
      !ple_config_get_activation (object, file, "hidden_act", &config->activation, error))
    return FALSE;
  if (config->activation != PLE_ACTIVATION_RELU)
    return fail (error, file, _ ("hidden_act: expected relu for a residual network"));
  config->bottleneck = strcmp (layer, "bottleneck") == 0;
  if (!config->bottleneck && strcmp (layer, "basic") != 0)
    return fail (error, file, _ ("layer_type: expected bottleneck or basic, found \"%s\""), layer);
  for (size_t i = 0; i < config->n_stages; i++)
    if (config->depths[i] == 0 || (config->bottleneck && config->widths[i] % 4 != 0))
      return fail (error, file, _ ("hidden_sizes and depths do not describe a %s network"), layer);
  config->n_features = config->widths[config->n_stages - 1];
  return TRUE;
}

typedef gboolean (*ParseFunc) (JsonObject *object,
                               const char *file,
                               PleVisionConfig *config,
                               GError **error);

/* clang-format off */
static const struct
{
  const char *model_type;
  PleVisionFamily family;
  ParseFunc parse;
} families[] = {
  { "dinov2",                PLE_VISION_DINOV2,           parse_dinov2 },
  { "dinov2_with_registers", PLE_VISION_DINOV2_REGISTERS, parse_dinov2 },
  { "dinov3_vit",            PLE_VISION_DINOV3,           parse_dinov3 },
  { "clip",                  PLE_VISION_CLIP,             parse_clip },
  { "clip_vision_model",     PLE_VISION_CLIP,             parse_clip },
  { "vit",                   PLE_VISION_VIT,              parse_vit },
  { "vit_msn",               PLE_VISION_VIT,              parse_vit },
  { "vit_mae",               PLE_VISION_VIT,              parse_vit },
  { "convnext",              PLE_VISION_CONVNEXT,         parse_convnext },
  { "resnet",                PLE_VISION_RESNET,           parse_resnet },
};
/* clang-format on */

/* What most transformers agree on. */
static void
set_defaults (PleVisionConfig *config)
{
  *config = (PleVisionConfig){
    .n_channels = 3,
    .patch_size = 16,
    .eps = 1e-6f,
    .activation = PLE_ACTIVATION_GELU,
    .block = { .width = 768, .n_heads = 12, .n_hidden = 3072 },
    .n_blocks = 12,
    .query_bias = TRUE,
    .key_bias = TRUE,
    .value_bias = TRUE,
    .out_bias = TRUE,
    .mlp_bias = TRUE,
  };
}

gboolean
ple_vision_config_parse (JsonNode *root, const char *name, PleVisionConfig *config, GError **error)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
  const char *type;

  if (object == NULL)
    return fail (error, name, _ ("expected an object"));
  type = ple_json_get_string (object, "model_type", NULL);
  if (type == NULL)
    return fail (error, name, _ ("model_type: expected the name of an architecture"));
  for (size_t i = 0; i < G_N_ELEMENTS (families); i++)
    {
      if (strcmp (families[i].model_type, type) != 0)
        continue;
      set_defaults (config);
      config->family = families[i].family;
      g_strlcpy (config->model_type, type, sizeof config->model_type);
      if (!families[i].parse (object, name, config, error))
        return FALSE;
      config->block.eps = config->eps;
      config->block.activation = config->activation;
      if (config->n_features == 0)
        config->n_features = config->block.width;
      return TRUE;
    }
  g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED,
               _ ("%s: model_type \"%s\" is not one of dinov2, dinov2_with_registers, dinov3_vit, "
                  "clip, vit, vit_msn, vit_mae, convnext, resnet"),
               name, type);
  return FALSE;
}

gboolean
ple_vision_config_load (const char *folder, PleVisionConfig *config, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "config.json", NULL);
  g_autoptr (JsonNode) root = ple_json_load (path, PLE_VISION_CONFIG_MAX, error);

  return root != NULL && ple_vision_config_parse (root, "config.json", config, error);
}
