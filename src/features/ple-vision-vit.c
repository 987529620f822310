/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Vision transformers: DINOv2 (with and without registers), DINOv3, CLIP's picture side, and the
 * plain layout of ViT, DINO, MSN and MAE. They differ in the names of their tensors, in the tokens
 * before the patches, in how positions come in, and in what is done with the class token at the
 * end. */
#include "config.h"

#include "base/ple-parallel.h"
#include "features/ple-vision-model-private.h"
#include "features/ple-vision-position.h"

#include <string.h>

/* Rows that a product should have to run at full speed. */
#define WANTED_ROWS 512

typedef struct
{
  PleLinear patch;  /* (width, 3 patch²) */
  float *prefix;    /* (1 + registers, width): class token, registers */
  float *positions; /* (1 + side², width); NULL with rotary positions */
  size_t side;
  float *pre_norm;
  PleBlock *blocks;
  float *norm;
  PleLinear projection; /* CLIP */
} Vit;

typedef struct
{
  size_t rows; /* of patches */
  size_t columns;
  size_t n_tokens;
  float *tokens; /* (n_tokens, width): what each token starts from, before its patch is added */
  PleRope rope;
} Tables;

/* Names of the tensors of a family; those of a block come after "BLOCKS.N.". */
typedef struct
{
  const char *class_token;
  const char *registers;
  const char *positions;
  const char *patch;
  const char *pre_norm;
  const char *blocks;
  const char *norm1, *query, *key, *value, *out, *scale1;
  const char *norm2, *gate, *fc1, *fc2, *scale2;
  const char *gated_fc1, *gated_fc2; /* where the names differ if gated: gate and value in one */
  const char *norm;
  const char *projection;
} Names;

static const Names dinov2_names = {
  .class_token = "embeddings.cls_token",
  .registers = "embeddings.register_tokens",
  .positions = "embeddings.position_embeddings",
  .patch = "embeddings.patch_embeddings.projection",
  .blocks = "encoder.layer",
  .norm1 = "norm1",
  .query = "attention.attention.query",
  .key = "attention.attention.key",
  .value = "attention.attention.value",
  .out = "attention.output.dense",
  .scale1 = "layer_scale1.lambda1",
  .norm2 = "norm2",
  .fc1 = "mlp.fc1",
  .fc2 = "mlp.fc2",
  .gated_fc1 = "mlp.weights_in",
  .gated_fc2 = "mlp.weights_out",
  .scale2 = "layer_scale2.lambda1",
  .norm = "layernorm",
};

static const Names dinov3_names = {
  .class_token = "embeddings.cls_token",
  .registers = "embeddings.register_tokens",
  .patch = "embeddings.patch_embeddings",
  .blocks = "layer",
  .norm1 = "norm1",
  .query = "attention.q_proj",
  .key = "attention.k_proj",
  .value = "attention.v_proj",
  .out = "attention.o_proj",
  .scale1 = "layer_scale1.lambda1",
  .norm2 = "norm2",
  .gate = "mlp.gate_proj",
  .fc1 = "mlp.up_proj",
  .fc2 = "mlp.down_proj",
  .scale2 = "layer_scale2.lambda1",
  .norm = "norm",
};

static const Names clip_names = {
  .class_token = "vision_model.embeddings.class_embedding",
  .positions = "vision_model.embeddings.position_embedding.weight",
  .patch = "vision_model.embeddings.patch_embedding",
  .pre_norm = "vision_model.pre_layrnorm",
  .blocks = "vision_model.encoder.layers",
  .norm1 = "layer_norm1",
  .query = "self_attn.q_proj",
  .key = "self_attn.k_proj",
  .value = "self_attn.v_proj",
  .out = "self_attn.out_proj",
  .norm2 = "layer_norm2",
  .fc1 = "mlp.fc1",
  .fc2 = "mlp.fc2",
  .norm = "vision_model.post_layernorm",
  .projection = "visual_projection",
};

static const Names vit_names = {
  .class_token = "embeddings.cls_token",
  .positions = "embeddings.position_embeddings",
  .patch = "embeddings.patch_embeddings.projection",
  .blocks = "encoder.layer",
  .norm1 = "layernorm_before",
  .query = "attention.attention.query",
  .key = "attention.attention.key",
  .value = "attention.attention.value",
  .out = "attention.output.dense",
  .norm2 = "layernorm_after",
  .fc1 = "intermediate.dense",
  .fc2 = "output.dense",
  .norm = "layernorm",
};

static const Names *
get_names (const PleVisionConfig *config)
{
  switch (config->family)
    {
    case PLE_VISION_DINOV2:
    case PLE_VISION_DINOV2_REGISTERS:
      return &dinov2_names;
    case PLE_VISION_DINOV3:
      return &dinov3_names;
    case PLE_VISION_CLIP:
      return &clip_names;
    case PLE_VISION_VIT:
    case PLE_VISION_CONVNEXT:
    case PLE_VISION_RESNET:
    default:
      return &vit_names;
    }
}

static void
vit_clear (const PleVisionConfig *config, gpointer data)
{
  Vit *vit = data;

  for (size_t i = 0; i < config->n_blocks; i++)
    ple_block_clear (&vit->blocks[i]);
  g_free (vit->blocks);
  ple_linear_clear (&vit->patch);
  ple_linear_clear (&vit->projection);
  g_free (vit->prefix);
  g_free (vit->positions);
  g_free (vit->pre_norm);
  g_free (vit->norm);
  g_free (vit);
}

/* ==== Loading ==== */

/* Matrices below one another, so that one product does for all; zeros for a bias that is not there
 * while another is. */
static gboolean
load_stacked (PleVisionWeights *weights,
              const char *prefix,
              size_t n_parts,
              const char *const *names,
              const gboolean *has_bias,
              size_t n_out,
              size_t n_in,
              PleLinear *linear,
              GError **error)
{
  gboolean any = FALSE;

  for (size_t i = 0; i < n_parts; i++)
    {
      g_autofree char *name = g_strconcat (prefix, names[i], ".weight", NULL);

      if (ple_vision_weights_find (weights, error, name, 2, n_out, n_in) == NULL)
        return FALSE;
      any = any || has_bias[i];
    }
  linear->weights = ple_packed_new (n_parts * n_out, n_in, error);
  if (linear->weights == NULL)
    return FALSE;
  if (any)
    linear->bias = g_new0 (float, n_parts *n_out);
  for (size_t i = 0; i < n_parts; i++)
    {
      g_autofree char *weight_name = g_strconcat (prefix, names[i], ".weight", NULL);
      g_autofree char *bias_name = g_strconcat (prefix, names[i], ".bias", NULL);
      const PleSafetensorsEntry *entry =
          ple_vision_weights_find (weights, error, weight_name, 2, n_out, n_in);

      if (!ple_vision_weights_pack (weights, entry, 0, n_out, linear->weights, i * n_out, error))
        return FALSE;
      if (!has_bias[i])
        continue;
      entry = ple_vision_weights_find (weights, error, bias_name, 1, n_out);
      if (entry == NULL ||
          !ple_vision_weights_copy (weights, entry, linear->bias + i * n_out, error))
        return FALSE;
    }
  return TRUE;
}

/* One of two halves of a matrix that holds gate and value below one another. */
static gboolean
load_half (PleVisionWeights *weights,
           const char *name,
           size_t half,
           size_t n_out,
           size_t n_in,
           gboolean has_bias,
           PleLinear *linear,
           GError **error)
{
  g_autofree char *weight_name = g_strconcat (name, ".weight", NULL);
  g_autofree char *bias_name = g_strconcat (name, ".bias", NULL);
  const PleSafetensorsEntry *entry =
      ple_vision_weights_find (weights, error, weight_name, 2, 2 * n_out, n_in);

  if (entry == NULL)
    return FALSE;
  linear->weights = ple_packed_new (n_out, n_in, error);
  if (linear->weights == NULL ||
      !ple_vision_weights_pack (weights, entry, half * n_out, n_out, linear->weights, 0, error))
    return FALSE;
  if (!has_bias)
    return TRUE;
  entry = ple_vision_weights_find (weights, error, bias_name, 1, 2 * n_out);
  if (entry == NULL)
    return FALSE;
  linear->bias = g_new (float, n_out);
  return ple_vision_weights_copy_part (weights, entry, half * n_out, n_out, linear->bias, error);
}

static gboolean
load_hidden (const PleVisionConfig *config,
             PleVisionWeights *weights,
             const Names *names,
             const char *prefix,
             PleBlock *block,
             GError **error)
{
  size_t width = config->block.width, n_hidden = config->block.n_hidden;
  gboolean bias = config->mlp_bias, joined = config->block.gated && names->gated_fc1 != NULL;
  g_autofree char *fc1 = g_strconcat (prefix, joined ? names->gated_fc1 : names->fc1, NULL);
  g_autofree char *fc2 = g_strconcat (prefix, joined ? names->gated_fc2 : names->fc2, NULL);

  if (joined)
    {
      if (!load_half (weights, fc1, 0, n_hidden, width, bias, &block->gate, error) ||
          !load_half (weights, fc1, 1, n_hidden, width, bias, &block->fc1, error))
        return FALSE;
    }
  else
    {
      if (config->block.gated)
        {
          g_autofree char *gate = g_strconcat (prefix, names->gate, NULL);

          if (!ple_vision_weights_get_linear (weights, gate, n_hidden, width, bias, &block->gate,
                                              error))
            return FALSE;
        }
      if (!ple_vision_weights_get_linear (weights, fc1, n_hidden, width, bias, &block->fc1, error))
        return FALSE;
    }
  return ple_vision_weights_get_linear (weights, fc2, width, n_hidden, bias, &block->fc2, error);
}

static gboolean
load_block (const PleVisionConfig *config,
            PleVisionWeights *weights,
            const Names *names,
            size_t index,
            PleBlock *block,
            GError **error)
{
  const char *const parts[] = { names->query, names->key, names->value };
  const gboolean has_bias[] = { config->query_bias, config->key_bias, config->value_bias };
  size_t width = config->block.width;
  g_autofree char *prefix = g_strdup_printf ("%s.%zu.", names->blocks, index);
  g_autofree char *norm1 = g_strconcat (prefix, names->norm1, NULL);
  g_autofree char *norm2 = g_strconcat (prefix, names->norm2, NULL);
  g_autofree char *out = g_strconcat (prefix, names->out, NULL);

  block->norm1 = ple_vision_weights_get_norm (weights, norm1, width, error);
  if (block->norm1 == NULL ||
      !load_stacked (weights, prefix, 3, parts, has_bias, width, width, &block->qkv, error) ||
      !ple_vision_weights_get_linear (weights, out, width, width, config->out_bias, &block->out,
                                      error))
    return FALSE;
  block->norm2 = ple_vision_weights_get_norm (weights, norm2, width, error);
  if (block->norm2 == NULL || !load_hidden (config, weights, names, prefix, block, error))
    return FALSE;
  if (config->layer_scale)
    {
      g_autofree char *scale1 = g_strconcat (prefix, names->scale1, NULL);
      g_autofree char *scale2 = g_strconcat (prefix, names->scale2, NULL);

      block->scale1 = ple_vision_weights_get_vector (weights, scale1, width, error);
      if (block->scale1 == NULL)
        return FALSE;
      block->scale2 = ple_vision_weights_get_vector (weights, scale2, width, error);
      if (block->scale2 == NULL)
        return FALSE;
    }
  return TRUE;
}

gboolean
ple_vision_load_clip_block (const PleVisionConfig *config,
                            PleVisionWeights *weights,
                            const char *blocks,
                            size_t index,
                            PleBlock *block,
                            GError **error)
{
  Names names = clip_names;

  names.blocks = blocks;
  return load_block (config, weights, &names, index, block, error);
}

/* The convolution that makes tokens of patches. CLIP's has no bias. */
static gboolean
load_patch (const PleVisionConfig *config, PleVisionWeights *weights, Vit *vit, GError **error)
{
  const Names *names = get_names (config);
  size_t width = config->block.width, side = config->patch_size;
  g_autofree char *weight_name = g_strconcat (names->patch, ".weight", NULL);
  g_autofree char *bias_name = g_strconcat (names->patch, ".bias", NULL);
  const PleSafetensorsEntry *entry = ple_vision_weights_find (weights, error, weight_name, 4, width,
                                                              config->n_channels, side, side);

  if (entry == NULL)
    return FALSE;
  vit->patch.weights = ple_packed_new (width, config->n_channels * side * side, error);
  if (vit->patch.weights == NULL ||
      !ple_vision_weights_pack (weights, entry, 0, width, vit->patch.weights, 0, error))
    return FALSE;
  if (config->family != PLE_VISION_CLIP)
    {
      vit->patch.bias = ple_vision_weights_get_vector (weights, bias_name, width, error);
      return vit->patch.bias != NULL;
    }
  return TRUE;
}

/* Class token, registers, positions. */
static gboolean
load_tokens (const PleVisionConfig *config, PleVisionWeights *weights, Vit *vit, GError **error)
{
  const Names *names = get_names (config);
  gboolean flat = config->family == PLE_VISION_CLIP; /* no leading axis of 1 */
  size_t width = config->block.width;
  size_t one = 1;
  const PleSafetensorsEntry *entry =
      flat ? ple_vision_weights_find (weights, error, names->class_token, 1, width)
           : ple_vision_weights_find (weights, error, names->class_token, 3, one, one, width);

  if (entry == NULL)
    return FALSE;
  vit->prefix = g_new (float, (1 + config->n_registers) * width);
  if (!ple_vision_weights_copy (weights, entry, vit->prefix, error))
    return FALSE;
  if (config->n_registers > 0)
    {
      entry = ple_vision_weights_find (weights, error, names->registers, 3, one,
                                       config->n_registers, width);
      if (entry == NULL || !ple_vision_weights_copy (weights, entry, vit->prefix + width, error))
        return FALSE;
    }
  if (names->positions == NULL)
    return TRUE;
  vit->side = config->image_size / config->patch_size;
  {
    size_t n = 1 + vit->side * vit->side;

    entry = flat ? ple_vision_weights_find (weights, error, names->positions, 2, n, width)
                 : ple_vision_weights_find (weights, error, names->positions, 3, one, n, width);
    if (entry == NULL)
      return FALSE;
    vit->positions = g_new (float, n *width);
    return ple_vision_weights_copy (weights, entry, vit->positions, error);
  }
}

typedef struct
{
  const PleVisionConfig *config;
  PleVisionWeights *weights;
  Vit *vit;
  GError **errors; /* one per block */
} Loading;

static void
load_blocks (const PleChunk *chunk, gpointer data)
{
  Loading *loading = data;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    load_block (loading->config, loading->weights, get_names (loading->config), i,
                &loading->vit->blocks[i], &loading->errors[i]);
}

/* All blocks, in parallel; the first error counts. */
static gboolean
load_all_blocks (const PleVisionConfig *config,
                 PleVisionWeights *weights,
                 Vit *vit,
                 PleProgress *progress,
                 GError **error)
{
  g_autofree GError **errors = g_new0 (GError *, config->n_blocks);
  Loading loading = { config, weights, vit, errors };
  gboolean ok = ple_parallel_for (config->n_blocks, 1, load_blocks, &loading, progress, error);

  for (size_t i = 0; i < config->n_blocks; i++)
    if (ok && errors[i] != NULL)
      {
        g_propagate_error (error, g_steal_pointer (&errors[i]));
        ok = FALSE;
      }
    else
      g_clear_error (&errors[i]);
  return ok;
}

static gboolean
load_ends (const PleVisionConfig *config, PleVisionWeights *weights, Vit *vit, GError **error)
{
  const Names *names = get_names (config);
  size_t width = config->block.width;

  if (names->pre_norm != NULL)
    {
      vit->pre_norm = ple_vision_weights_get_norm (weights, names->pre_norm, width, error);
      if (vit->pre_norm == NULL)
        return FALSE;
    }
  vit->norm = ple_vision_weights_get_norm (weights, names->norm, width, error);
  if (vit->norm == NULL)
    return FALSE;
  return names->projection == NULL ||
         ple_vision_weights_get_linear (weights, names->projection, config->n_projection, width,
                                        FALSE, &vit->projection, error);
}

static gpointer
vit_load (const PleVisionConfig *config,
          PleVisionWeights *weights,
          PleProgress *progress,
          GError **error)
{
  Vit *vit = g_new0 (Vit, 1);

  vit->blocks = g_new0 (PleBlock, config->n_blocks);
  if (load_tokens (config, weights, vit, error) && load_patch (config, weights, vit, error) &&
      load_all_blocks (config, weights, vit, progress, error) &&
      load_ends (config, weights, vit, error))
    return vit;
  vit_clear (config, vit);
  return NULL;
}

/* ==== Running ==== */

static void
tables_clear (gpointer data)
{
  Tables *tables = data;

  g_free (tables->tokens);
  ple_rope_clear (&tables->rope);
  g_free (tables);
}

/* What each token starts from. Positions are for class token and patches; registers, which come
 * between, have none. */
static void
fill_tokens (const PleVisionConfig *config, const Vit *vit, Tables *tables)
{
  size_t width = config->block.width, n_prefix = 1 + config->n_registers;

  memcpy (tables->tokens, vit->prefix, n_prefix * width * sizeof (float));
  if (vit->positions == NULL)
    return;
  for (size_t c = 0; c < width; c++)
    tables->tokens[c] += vit->positions[c];
  ple_position_resize (vit->side, tables->rows, tables->columns, width,
                       config->family == PLE_VISION_DINOV2_REGISTERS, vit->positions + width,
                       tables->tokens + n_prefix * width);
}

/* Parts of a worker's scratch space. */
typedef struct
{
  float *tokens;  /* (group, n_tokens, width) */
  float *pooled;  /* (group, width) */
  float *patches; /* (patches of a picture, 3 patch²); used before, so shared with @rest */
  float *rest;
} Scratch;

static Scratch
cut (const PleVisionPlan *plan, float *scratch)
{
  const Tables *tables = plan->tables;
  size_t width = plan->model->config.block.width;
  Scratch parts;

  parts.tokens = scratch;
  parts.pooled = parts.tokens + ple_vision_align (plan->group * tables->n_tokens * width);
  parts.rest = parts.pooled + ple_vision_align (plan->group * width);
  /* Behind the work space of the product that uses them. */
  parts.patches = parts.rest + ple_vision_align (ple_packed_get_scratch_size ());
  return parts;
}

static gboolean
vit_plan (PleVisionPlan *plan, GError **error)
{
  const PleVisionConfig *config = &plan->model->config;
  size_t width = config->block.width;
  size_t n_inputs = config->n_channels * config->patch_size * config->patch_size;
  Tables *tables = g_new0 (Tables, 1);
  size_t n_patches;

  plan->tables = tables;
  tables->rows = plan->height / config->patch_size;
  tables->columns = plan->width / config->patch_size;
  n_patches = tables->rows * tables->columns;
  tables->n_tokens = 1 + config->n_registers + n_patches;
  tables->tokens = g_new0 (float, tables->n_tokens *width);
  fill_tokens (config, plan->model->weights, tables);
  if (config->family == PLE_VISION_DINOV3)
    ple_rope_init (&tables->rope, config->rope_theta, 1 + config->n_registers, tables->rows,
                   tables->columns, width / config->block.n_heads);
  plan->group = ple_vision_group (tables->n_tokens, WANTED_ROWS);
  plan->n_scratch = ple_vision_align (plan->group * tables->n_tokens * width) +
                    ple_vision_align (plan->group * width) +
                    MAX (ple_block_scratch (&config->block, plan->group, tables->n_tokens),
                         ple_vision_align (ple_packed_get_scratch_size ()) + n_patches * n_inputs);
  return TRUE;
}

static void
embed (const PleVisionPlan *plan, size_t n_images, const float *pixels, const Scratch *parts)
{
  const PleVisionConfig *config = &plan->model->config;
  const Vit *vit = plan->model->weights;
  const Tables *tables = plan->tables;
  size_t width = config->block.width, n_prefix = 1 + config->n_registers;
  size_t n_patches = tables->rows * tables->columns;
  size_t n_inputs = config->n_channels * config->patch_size * config->patch_size;

  for (size_t i = 0; i < n_images; i++)
    {
      float *tokens = parts->tokens + i * tables->n_tokens * width;

      ple_vision_gather (config->n_channels, plan->height, plan->width,
                         pixels + i * config->n_channels * plan->height * plan->width,
                         config->patch_size, parts->patches);
      memcpy (tokens, tables->tokens, n_prefix * width * sizeof *tokens);
      ple_linear_apply (&vit->patch, n_patches, parts->patches, n_inputs, PLE_ACTIVATION_NONE, NULL,
                        tables->tokens + n_prefix * width, tokens + n_prefix * width, width,
                        parts->rest);
    }
}

static void
vit_run (PleVisionWorker *worker, size_t n_images, const float *pixels, float *features)
{
  const PleVisionPlan *plan = worker->plan;
  const PleVisionConfig *config = &plan->model->config;
  const Vit *vit = plan->model->weights;
  const Tables *tables = plan->tables;
  const PleRope *rope = tables->rope.n > 0 ? &tables->rope : NULL;
  size_t width = config->block.width, last = config->n_blocks - 1;
  size_t n_rows = n_images * tables->n_tokens;
  Scratch parts = cut (plan, worker->scratch->data);

  embed (plan, n_images, pixels, &parts);
  ple_vision_trace (worker, "embeddings", n_rows, width, parts.tokens);
  if (vit->pre_norm != NULL)
    {
      ple_layer_norm (n_rows, width, config->eps, vit->pre_norm, vit->pre_norm + width,
                      parts.tokens, width, parts.tokens, width);
      ple_vision_trace (worker, "hidden_0", n_rows, width, parts.tokens);
    }
  for (size_t i = 0; i < last; i++)
    {
      if (ple_vision_is_cancelled (worker))
        return;
      ple_block_run (&config->block, &vit->blocks[i], n_images, tables->n_tokens, rope,
                     parts.tokens, parts.rest);
      if (i == 0)
        ple_vision_trace (worker, "hidden_1", n_rows, width, parts.tokens);
    }
  /* Only the class token is used after the last block. */
  ple_block_run_one (&config->block, &vit->blocks[last], n_images, tables->n_tokens, rope, NULL,
                     parts.tokens, parts.pooled, parts.rest);
  if (vit->projection.weights == NULL)
    {
      ple_layer_norm (n_images, width, config->eps, vit->norm, vit->norm + width, parts.pooled,
                      width, features, width);
      return;
    }
  ple_layer_norm (n_images, width, config->eps, vit->norm, vit->norm + width, parts.pooled, width,
                  parts.pooled, width);
  ple_linear_apply (&vit->projection, n_images, parts.pooled, width, PLE_ACTIVATION_NONE, NULL,
                    NULL, features, config->n_features, parts.rest);
}

static const char *const prefixes[] = {
  "dinov2.", "dinov2_with_registers.", "vit.", "dinov3_vit.", "model.", "encoder.", NULL
};

const PleVisionNetwork ple_vision_vit = {
  .prefixes = prefixes,
  .load = vit_load,
  .clear = vit_clear,
  .plan = vit_plan,
  .clear_tables = tables_clear,
  .run = vit_run,
};
