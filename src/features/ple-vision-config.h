/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-json.h"
#include "features/ple-vision-block.h"

G_BEGIN_DECLS

/* What a model folder's config.json says: which architecture, and its sizes. Field names and
 * defaults are those of the files that the transformers library writes. */

#define PLE_VISION_MAX_STAGES 8
#define PLE_VISION_MAX_SIDE 8192 /* of a picture */
/* A longer config.json is refused. */
#define PLE_VISION_CONFIG_MAX ((size_t) 4 << 20)

typedef enum
{
  PLE_VISION_DINOV2,           /* dinov2 */
  PLE_VISION_DINOV2_REGISTERS, /* dinov2_with_registers */
  PLE_VISION_DINOV3,           /* dinov3_vit */
  PLE_VISION_CLIP,             /* clip, clip_vision_model: its picture side */
  PLE_VISION_VIT,              /* vit (also DINO), vit_msn, vit_mae */
  PLE_VISION_CONVNEXT,         /* convnext */
  PLE_VISION_RESNET,           /* resnet */
} PleVisionFamily;

/**
 * PleVisionConfig:
 * @model_type: as in the file
 * @n_channels: 3
 * @image_size: side of the pictures that the stored positions are for
 * @patch_size: side of a patch (transformers), stride of the stem (ConvNeXt)
 * @n_features: length of the vector that the model gives
 * @eps: of the layer norms (ConvNeXt: of the last one only)
 * @activation: of the hidden layers
 * @block: transformers: sizes of a block
 * @n_blocks: transformers: how many
 * @n_registers: tokens between the class token and the patches
 * @rope_theta: DINOv3: base of the rotary positions
 * @query_bias, @key_bias, @value_bias, @out_bias, @mlp_bias: whether there is one
 * @layer_scale: whether each branch is scaled per channel
 * @n_projection: CLIP: length of the projected vector
 * @n_stages: convolutional networks
 * @depths, @widths: per stage
 * @embedding_width: ResNet: channels of the stem
 * @bottleneck: ResNet: three convolutions per layer instead of two
 * @downsample_first: ResNet: stride 2 in the first stage
 * @downsample_early: ResNet: in the first convolution of a bottleneck instead of the second
 */
typedef struct
{
  PleVisionFamily family;
  char model_type[32];
  size_t n_channels;
  size_t image_size;
  size_t patch_size;
  size_t n_features;
  float eps;
  PleActivation activation;
  PleBlockShape block;
  size_t n_blocks;
  size_t n_registers;
  double rope_theta;
  gboolean query_bias, key_bias, value_bias, out_bias, mlp_bias;
  gboolean layer_scale;
  size_t n_projection;
  size_t n_stages;
  size_t depths[PLE_VISION_MAX_STAGES];
  size_t widths[PLE_VISION_MAX_STAGES];
  size_t embedding_width;
  gboolean bottleneck;
  gboolean downsample_first;
  gboolean downsample_early;
} PleVisionConfig;

/**
 * ple_vision_config_parse:
 * @root: of config.json
 * @name: of the file, for messages
 * @config: (out caller-allocates): filled
 *
 * Every number is checked to be of its kind and within sane limits, so that sizes computed from
 * them cannot overflow. Absent fields take the library's default.
 *
 * Returns: %FALSE with %PLE_FILE_ERROR_UNSUPPORTED for another architecture,
 * %PLE_FILE_ERROR_FORMAT naming the field otherwise
 */
gboolean
ple_vision_config_parse (JsonNode *root, const char *name, PleVisionConfig *config, GError **error);

/* config.json of @folder. */
gboolean ple_vision_config_load (const char *folder, PleVisionConfig *config, GError **error);

/* Fields of such a file, for who reads more of it. A member that is absent or null leaves @value;
 * one of another type or outside [min, max] is %PLE_FILE_ERROR_FORMAT. */
gboolean ple_config_get_count (JsonObject *object,
                               const char *file,
                               const char *field,
                               size_t min,
                               size_t max,
                               size_t *value,
                               GError **error);
gboolean ple_config_get_number (JsonObject *object,
                                const char *file,
                                const char *field,
                                double min,
                                double max,
                                double *value,
                                GError **error);
gboolean ple_config_get_flag (
    JsonObject *object, const char *file, const char *field, gboolean *value, GError **error);
/* "gelu", "quick_gelu", "silu", "gelu_new", "relu", ... */
gboolean ple_config_get_activation (
    JsonObject *object, const char *file, const char *field, PleActivation *value, GError **error);

G_END_DECLS
