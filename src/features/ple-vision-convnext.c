/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ConvNeXt. Source: Liu et al. 2022. Pictures lie in memory pixel by pixel, so that the pointwise
 * layers are plain products. */
#include "config.h"

#include "features/ple-vision-conv.h"
#include "features/ple-vision-model-private.h"

#include "base/ple-error.h"

#include <glib/gi18n-lib.h>

#define SIDE 7 /* of the depthwise kernels */
#define AREA (SIDE * SIDE)
#define GROUP 4
/* Pixels that are widened at once. */
#define BLOCK_ROWS ((size_t) 1024)
/* Of all norms but the last. */
#define EPS 1e-6f

typedef struct
{
  float *kernel; /* (49, width) */
  float *kernel_bias;
  float *norm;
  PleLinear widen; /* (4 width, width) */
  PleLinear narrow;
  float *scale; /* (nullable) */
} Layer;

typedef struct
{
  size_t width;
  float *norm; /* before the step down; NULL in the first stage */
  PleConv down;
  size_t depth;
  Layer *layers;
} Stage;

typedef struct
{
  PleLinear patch; /* inputs in the order channel, y, x */
  float *patch_norm;
  Stage stages[PLE_VISION_MAX_STAGES];
  float *norm;
} ConvNext;

static void
layer_clear (Layer *layer)
{
  g_free (layer->kernel);
  g_free (layer->kernel_bias);
  g_free (layer->norm);
  ple_linear_clear (&layer->widen);
  ple_linear_clear (&layer->narrow);
  g_free (layer->scale);
}

static void
convnext_clear (const PleVisionConfig *config, gpointer data)
{
  ConvNext *net = data;

  for (size_t s = 0; s < config->n_stages; s++)
    {
      Stage *stage = &net->stages[s];

      for (size_t i = 0; stage->layers != NULL && i < stage->depth; i++)
        layer_clear (&stage->layers[i]);
      g_free (stage->layers);
      g_free (stage->norm);
      ple_conv_clear (&stage->down);
    }
  ple_linear_clear (&net->patch);
  g_free (net->patch_norm);
  g_free (net->norm);
  g_free (net);
}

/* (width, 1, 7, 7) to (49, width). */
static gboolean
load_kernel (
    PleVisionWeights *weights, const char *prefix, size_t width, Layer *layer, GError **error)
{
  g_autofree char *weight_name = g_strconcat (prefix, "dwconv.weight", NULL);
  g_autofree char *bias_name = g_strconcat (prefix, "dwconv.bias", NULL);
  const PleSafetensorsEntry *entry = ple_vision_weights_find (
      weights, error, weight_name, 4, width, (size_t) 1, (size_t) SIDE, (size_t) SIDE);
  g_autofree float *from = NULL;

  if (entry == NULL)
    return FALSE;
  from = g_new (float, entry->n);
  if (!ple_vision_weights_copy (weights, entry, from, error))
    return FALSE;
  layer->kernel = g_new (float, entry->n);
  for (size_t c = 0; c < width; c++)
    for (size_t k = 0; k < AREA; k++)
      layer->kernel[k * width + c] = from[c * AREA + k];
  layer->kernel_bias = ple_vision_weights_get_vector (weights, bias_name, width, error);
  return layer->kernel_bias != NULL;
}

static gboolean
load_layer (const PleVisionConfig *config,
            PleVisionWeights *weights,
            const char *prefix,
            size_t width,
            Layer *layer,
            GError **error)
{
  g_autofree char *norm = g_strconcat (prefix, "layernorm", NULL);
  g_autofree char *widen = g_strconcat (prefix, "pwconv1", NULL);
  g_autofree char *narrow = g_strconcat (prefix, "pwconv2", NULL);
  g_autofree char *scale = g_strconcat (prefix, "layer_scale_parameter", NULL);

  if (!load_kernel (weights, prefix, width, layer, error))
    return FALSE;
  layer->norm = ple_vision_weights_get_norm (weights, norm, width, error);
  if (layer->norm == NULL ||
      !ple_vision_weights_get_linear (weights, widen, 4 * width, width, TRUE, &layer->widen,
                                      error) ||
      !ple_vision_weights_get_linear (weights, narrow, width, 4 * width, TRUE, &layer->narrow,
                                      error))
    return FALSE;
  if (config->layer_scale)
    layer->scale = ple_vision_weights_get_vector (weights, scale, width, error);
  return !config->layer_scale || layer->scale != NULL;
}

static gboolean
load_stage (const PleVisionConfig *config,
            PleVisionWeights *weights,
            size_t index,
            Stage *stage,
            GError **error)
{
  g_autofree char *prefix = g_strdup_printf ("encoder.stages.%zu.", index);
  g_autofree char *norm = g_strconcat (prefix, "downsampling_layer.0", NULL);
  g_autofree char *down = g_strconcat (prefix, "downsampling_layer.1", NULL);

  stage->width = config->widths[index];
  stage->depth = config->depths[index];
  if (index > 0)
    {
      size_t before = config->widths[index - 1];

      stage->norm = ple_vision_weights_get_norm (weights, norm, before, error);
      stage->down =
          (PleConv){ .n_in = before, .n_out = stage->width, .side = 2, .stride = 2, .pad = 0 };
      if (stage->norm == NULL || !ple_conv_load (&stage->down, weights, down, TRUE, NULL, 0, error))
        return FALSE;
    }
  stage->layers = g_new0 (Layer, stage->depth);
  for (size_t i = 0; i < stage->depth; i++)
    {
      g_autofree char *name = g_strdup_printf ("%slayers.%zu.", prefix, i);

      if (!load_layer (config, weights, name, stage->width, &stage->layers[i], error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
load_ends (const PleVisionConfig *config, PleVisionWeights *weights, ConvNext *net, GError **error)
{
  size_t side = config->patch_size, width = config->widths[0];
  size_t last = config->widths[config->n_stages - 1];
  const PleSafetensorsEntry *entry =
      ple_vision_weights_find (weights, error, "embeddings.patch_embeddings.weight", 4, width,
                               config->n_channels, side, side);

  if (entry == NULL)
    return FALSE;
  net->patch.weights = ple_packed_new (width, config->n_channels * side * side, error);
  if (net->patch.weights == NULL ||
      !ple_vision_weights_pack (weights, entry, 0, width, net->patch.weights, 0, error))
    return FALSE;
  net->patch.bias =
      ple_vision_weights_get_vector (weights, "embeddings.patch_embeddings.bias", width, error);
  if (net->patch.bias == NULL)
    return FALSE;
  net->patch_norm = ple_vision_weights_get_norm (weights, "embeddings.layernorm", width, error);
  if (net->patch_norm == NULL)
    return FALSE;
  net->norm = ple_vision_weights_get_norm (weights, "layernorm", last, error);
  return net->norm != NULL;
}

static gpointer
convnext_load (const PleVisionConfig *config,
               PleVisionWeights *weights,
               PleProgress *progress,
               GError **error)
{
  ConvNext *net = g_new0 (ConvNext, 1);
  gboolean ok = load_ends (config, weights, net, error);

  for (size_t s = 0; ok && s < config->n_stages; s++)
    ok = ple_progress_check (progress, error) &&
         load_stage (config, weights, s, &net->stages[s], error);
  if (ok)
    return net;
  convnext_clear (config, net);
  return NULL;
}

/* Parts of a worker's scratch space. */
typedef struct
{
  float *x; /* (group, pixels, width) */
  float *y; /* likewise: what goes into the next step */
  float *wide;
  float *product; /* of products and convolutions */
} Scratch;

/* The most floats that the pictures of any stage take, and that the widened block takes. */
static void
measure (const PleVisionPlan *plan, size_t *n_values, size_t *n_wide, size_t *n_product)
{
  const PleVisionConfig *config = &plan->model->config;
  const ConvNext *net = plan->model->weights;
  size_t rows = plan->height / config->patch_size, columns = plan->width / config->patch_size;

  *n_values = *n_wide = 0;
  *n_product = ple_packed_get_scratch_size ();
  for (size_t s = 0; s < config->n_stages; s++)
    {
      if (s > 0)
        {
          rows /= 2;
          columns /= 2;
          *n_product = MAX (*n_product, ple_conv_scratch (&net->stages[s].down));
        }
      *n_values = MAX (*n_values, rows * columns * config->widths[s]);
      *n_wide = MAX (*n_wide, BLOCK_ROWS * 4 * config->widths[s]);
    }
  /* The gathered patches of a picture share the place of the widened block. */
  *n_wide = MAX (*n_wide, plan->height * plan->width * config->n_channels);
}

static gboolean
convnext_plan (PleVisionPlan *plan, GError **error)
{
  const PleVisionConfig *config = &plan->model->config;
  size_t least = config->patch_size << (config->n_stages - 1);
  size_t n_values, n_wide, n_product;

  if (plan->height < least || plan->width < least)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE,
                   _ ("pictures of %zu x %zu pixels: the model takes sides from %zu"), plan->width,
                   plan->height, least);
      return FALSE;
    }
  plan->group = GROUP;
  measure (plan, &n_values, &n_wide, &n_product);
  plan->n_scratch = 2 * ple_vision_align (GROUP * n_values) + ple_vision_align (n_wide) +
                    ple_vision_align (n_product);
  return TRUE;
}

static Scratch
cut (const PleVisionPlan *plan, float *scratch)
{
  size_t n_values, n_wide, n_product;
  Scratch parts;

  measure (plan, &n_values, &n_wide, &n_product);
  parts.x = scratch;
  parts.y = parts.x + ple_vision_align (GROUP * n_values);
  parts.wide = parts.y + ple_vision_align (GROUP * n_values);
  parts.product = parts.wide + ple_vision_align (n_wide);
  return parts;
}

static void
run_layer (const PleVisionConfig *config,
           const Stage *stage,
           const Layer *layer,
           size_t n_images,
           size_t rows,
           size_t columns,
           const Scratch *parts)
{
  size_t width = stage->width, n_values = rows * columns * width;
  size_t total = n_images * rows * columns;

  for (size_t i = 0; i < n_images; i++)
    ple_depthwise (width, SIDE, layer->kernel, layer->kernel_bias, rows, columns,
                   parts->x + i * n_values, parts->y + i * n_values);
  ple_layer_norm (total, width, EPS, layer->norm, layer->norm + width, parts->y, width, parts->y,
                  width);
  for (size_t first = 0; first < total; first += BLOCK_ROWS)
    {
      size_t n = MIN (BLOCK_ROWS, total - first);
      float *x = parts->x + first * width;

      ple_linear_apply (&layer->widen, n, parts->y + first * width, width, config->activation, NULL,
                        NULL, parts->wide, 4 * width, parts->product);
      ple_linear_apply (&layer->narrow, n, parts->wide, 4 * width, PLE_ACTIVATION_NONE,
                        layer->scale, x, x, width, parts->product);
    }
}

static void
embed (const PleVisionPlan *plan,
       size_t n_images,
       size_t rows,
       size_t columns,
       const float *pixels,
       const Scratch *parts)
{
  const PleVisionConfig *config = &plan->model->config;
  const ConvNext *net = plan->model->weights;
  size_t side = config->patch_size, width = config->widths[0];

  for (size_t i = 0; i < n_images; i++)
    {
      ple_vision_gather (config->n_channels, plan->height, plan->width,
                         pixels + i * config->n_channels * plan->height * plan->width, side,
                         parts->wide);
      ple_linear_apply (&net->patch, rows * columns, parts->wide, config->n_channels * side * side,
                        PLE_ACTIVATION_NONE, NULL, NULL, parts->x + i * rows * columns * width,
                        width, parts->product);
    }
  ple_layer_norm (n_images * rows * columns, width, EPS, net->patch_norm, net->patch_norm + width,
                  parts->x, width, parts->x, width);
}

static void
convnext_run (PleVisionWorker *worker, size_t n_images, const float *pixels, float *features)
{
  static const char *const names[PLE_VISION_MAX_STAGES] = { "stage_1", "stage_2", "stage_3",
                                                            "stage_4", "stage_5", "stage_6",
                                                            "stage_7", "stage_8" };
  const PleVisionPlan *plan = worker->plan;
  const PleVisionConfig *config = &plan->model->config;
  const ConvNext *net = plan->model->weights;
  size_t rows = plan->height / config->patch_size, columns = plan->width / config->patch_size;
  Scratch parts = cut (plan, worker->scratch->data);

  embed (plan, n_images, rows, columns, pixels, &parts);
  ple_vision_trace (worker, "embeddings", n_images * rows * columns, config->widths[0], parts.x);
  for (size_t s = 0; s < config->n_stages; s++)
    {
      const Stage *stage = &net->stages[s];

      if (s > 0)
        {
          size_t before = config->widths[s - 1];

          ple_layer_norm (n_images * rows * columns, before, EPS, stage->norm, stage->norm + before,
                          parts.x, before, parts.y, before);
          ple_conv_run (&stage->down, n_images, rows, columns, parts.y, PLE_ACTIVATION_NONE, NULL,
                        parts.x, parts.product);
          rows /= 2;
          columns /= 2;
        }
      for (size_t i = 0; i < stage->depth && !ple_vision_is_cancelled (worker); i++)
        run_layer (config, stage, &stage->layers[i], n_images, rows, columns, &parts);
      ple_vision_trace (worker, names[s], n_images * rows * columns, stage->width, parts.x);
    }
  ple_mean_pixels (n_images, rows * columns, config->n_features, parts.x, features);
  ple_layer_norm (n_images, config->n_features, config->eps, net->norm,
                  net->norm + config->n_features, features, config->n_features, features,
                  config->n_features);
}

static const char *const prefixes[] = { "convnext.", NULL };

const PleVisionNetwork ple_vision_convnext = {
  .prefixes = prefixes,
  .load = convnext_load,
  .clear = convnext_clear,
  .plan = convnext_plan,
  .run = convnext_run,
};
