/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Residual networks of bottlenecks or of basic layers. Source: He et al. 2016; the stride of a
 * bottleneck sits in its second convolution unless the configuration says otherwise. Batch norms
 * are folded into the convolutions when the weights are read. */
#include "config.h"

#include "base/ple-clones.h"
#include "features/ple-vision-conv.h"
#include "features/ple-vision-model-private.h"

#include <string.h>

#define GROUP 4
#define MAX_CONVS 3
/* Of the batch norms; the configuration does not have it. */
#define EPS 1e-5

typedef struct
{
  size_t n_convs;
  PleConv convs[MAX_CONVS];
  gboolean has_shortcut;
  PleConv shortcut;
} Layer;

typedef struct
{
  PleConv stem;
  GArray *layers; /* of Layer, of all stages */
} Resnet;

static void
layer_clear (gpointer data)
{
  Layer *layer = data;

  for (size_t i = 0; i < layer->n_convs; i++)
    ple_conv_clear (&layer->convs[i]);
  ple_conv_clear (&layer->shortcut);
}

static void
resnet_clear (const PleVisionConfig *config, gpointer data)
{
  Resnet *net = data;

  ple_conv_clear (&net->stem);
  g_array_unref (net->layers);
  g_free (net);
}

static PleConv
describe (size_t n_in, size_t n_out, size_t side, size_t stride)
{
  return (PleConv){ .n_in = n_in, .n_out = n_out, .side = side, .stride = stride, .pad = side / 2 };
}

/* The shapes of a layer's convolutions. */
static void
shape_layer (const PleVisionConfig *config, size_t n_in, size_t n_out, size_t stride, Layer *layer)
{
  size_t inner = n_out / 4;
  gboolean early = config->downsample_early;

  if (config->bottleneck)
    {
      layer->n_convs = 3;
      layer->convs[0] = describe (n_in, inner, 1, early ? stride : 1);
      layer->convs[1] = describe (inner, inner, 3, early ? 1 : stride);
      layer->convs[2] = describe (inner, n_out, 1, 1);
    }
  else
    {
      layer->n_convs = 2;
      layer->convs[0] = describe (n_in, n_out, 3, stride);
      layer->convs[1] = describe (n_out, n_out, 3, 1);
    }
  layer->has_shortcut = n_in != n_out || stride != 1;
  layer->shortcut = describe (n_in, n_out, 1, stride);
}

static gboolean
load_conv (PleVisionWeights *weights, const char *prefix, PleConv *conv, GError **error)
{
  g_autofree char *name = g_strconcat (prefix, ".convolution", NULL);
  g_autofree char *norm = g_strconcat (prefix, ".normalization", NULL);

  return ple_conv_load (conv, weights, name, FALSE, norm, EPS, error);
}

static gboolean
load_layer (PleVisionWeights *weights, size_t stage, size_t index, Layer *layer, GError **error)
{
  g_autofree char *prefix = g_strdup_printf ("encoder.stages.%zu.layers.%zu.", stage, index);

  for (size_t i = 0; i < layer->n_convs; i++)
    {
      g_autofree char *name = g_strdup_printf ("%slayer.%zu", prefix, i);

      if (!load_conv (weights, name, &layer->convs[i], error))
        return FALSE;
    }
  if (layer->has_shortcut)
    {
      g_autofree char *name = g_strconcat (prefix, "shortcut", NULL);

      return load_conv (weights, name, &layer->shortcut, error);
    }
  return TRUE;
}

static gpointer
resnet_load (const PleVisionConfig *config,
             PleVisionWeights *weights,
             PleProgress *progress,
             GError **error)
{
  Resnet *net = g_new0 (Resnet, 1);
  size_t n_in = config->embedding_width;
  gboolean ok;

  net->layers = g_array_new (FALSE, TRUE, sizeof (Layer));
  g_array_set_clear_func (net->layers, layer_clear);
  net->stem = describe (config->n_channels, config->embedding_width, 7, 2);
  ok = load_conv (weights, "embedder.embedder", &net->stem, error);
  for (size_t s = 0; ok && s < config->n_stages; s++)
    {
      size_t stride = s > 0 || config->downsample_first ? 2 : 1;

      for (size_t i = 0; ok && i < config->depths[s]; i++)
        {
          Layer layer = { 0 };

          shape_layer (config, n_in, config->widths[s], i == 0 ? stride : 1, &layer);
          n_in = config->widths[s];
          ok = ple_progress_check (progress, error) && load_layer (weights, s, i, &layer, error);
          g_array_append_val (net->layers, layer);
        }
    }
  if (ok)
    return net;
  resnet_clear (config, net);
  return NULL;
}

/* Parts of a worker's scratch space: four places for pictures, and that of the products. */
typedef struct
{
  float *x;
  float *a;
  float *b;
  float *shortcut;
  float *product;
} Scratch;

/* Half, rounded up: of the stem and of its pooling. */
static size_t
halve (size_t n)
{
  return (n + 1) / 2;
}

static void
measure (const PleVisionPlan *plan, size_t *n_values, size_t *n_product)
{
  const PleVisionConfig *config = &plan->model->config;
  const Resnet *net = plan->model->weights;
  size_t rows = halve (plan->height), columns = halve (plan->width);

  *n_values = MAX (rows * columns * config->embedding_width, plan->height * plan->width * 3);
  *n_product = ple_conv_scratch (&net->stem);
  rows = halve (rows);
  columns = halve (columns);
  for (guint l = 0; l < net->layers->len; l++)
    {
      const Layer *layer = &g_array_index (net->layers, Layer, l);

      *n_product = MAX (*n_product, ple_conv_scratch (&layer->shortcut));
      for (size_t i = 0; i < layer->n_convs; i++)
        {
          const PleConv *conv = &layer->convs[i];

          rows = ple_conv_count (conv, rows);
          columns = ple_conv_count (conv, columns);
          *n_values = MAX (*n_values, rows * columns * conv->n_out);
          *n_product = MAX (*n_product, ple_conv_scratch (conv));
        }
    }
}

static gboolean
resnet_plan (PleVisionPlan *plan, GError **error)
{
  size_t n_values, n_product;

  plan->group = GROUP;
  measure (plan, &n_values, &n_product);
  plan->n_scratch = 4 * ple_vision_align (GROUP * n_values) + ple_vision_align (n_product);
  return TRUE;
}

static Scratch
cut (const PleVisionPlan *plan, float *scratch)
{
  size_t n_values, n_product, place;
  Scratch parts;

  measure (plan, &n_values, &n_product);
  place = ple_vision_align (GROUP * n_values);
  parts.x = scratch;
  parts.a = parts.x + place;
  parts.b = parts.a + place;
  parts.shortcut = parts.b + place;
  parts.product = parts.shortcut + place;
  return parts;
}

/* The largest of 3 x 3, every second pixel; outside of the picture there is nothing. */
static void
pool (size_t n_images, size_t height, size_t width, size_t n, const float *x, float *y)
{
  for (size_t image = 0; image < n_images; image++, x += height * width * n)
    for (size_t i = 0; i < halve (height); i++)
      for (size_t j = 0; j < halve (width); j++, y += n)
        {
          memcpy (y, x + (2 * i * width + 2 * j) * n, n * sizeof *y);
          for (size_t r = i > 0 ? 2 * i - 1 : 0; r <= 2 * i + 1 && r < height; r++)
            for (size_t s = j > 0 ? 2 * j - 1 : 0; s <= 2 * j + 1 && s < width; s++)
              for (size_t c = 0; c < n; c++)
                y[c] = MAX (y[c], x[(r * width + s) * n + c]);
        }
}

/* Pictures channel by channel to pixel by pixel. */
static void
interleave (size_t n_images, size_t n_channels, size_t n_pixels, const float *x, float *y)
{
  for (size_t i = 0; i < n_images; i++, x += n_channels * n_pixels)
    for (size_t p = 0; p < n_pixels; p++)
      for (size_t c = 0; c < n_channels; c++)
        *y++ = x[c * n_pixels + p];
}

PLE_CLONES static void
rectify (size_t n, const float *restrict x, float *restrict y)
{
  for (size_t i = 0; i < n; i++)
    y[i] = x[i] > 0 ? x[i] : 0;
}

/* x of parts is replaced by the layer's result. */
static void
run_layer (const Layer *layer, size_t n_images, size_t *rows, size_t *columns, const Scratch *parts)
{
  const float *from = parts->x, *shortcut = parts->x;
  float *to = parts->a;
  size_t height = *rows, width = *columns;

  if (layer->has_shortcut)
    {
      ple_conv_run (&layer->shortcut, n_images, height, width, parts->x, PLE_ACTIVATION_NONE, NULL,
                    parts->shortcut, parts->product);
      shortcut = parts->shortcut;
    }
  for (size_t i = 0; i < layer->n_convs; i++)
    {
      gboolean last = i + 1 == layer->n_convs;

      ple_conv_run (&layer->convs[i], n_images, height, width, from,
                    last ? PLE_ACTIVATION_NONE : PLE_ACTIVATION_RELU, last ? shortcut : NULL, to,
                    parts->product);
      height = ple_conv_count (&layer->convs[i], height);
      width = ple_conv_count (&layer->convs[i], width);
      from = to;
      to = to == parts->a ? parts->b : parts->a;
    }
  /* The old x is not needed any more: the result goes there. */
  rectify (n_images * height * width * layer->convs[layer->n_convs - 1].n_out, from, parts->x);
  *rows = height;
  *columns = width;
}

static void
resnet_run (PleVisionWorker *worker, size_t n_images, const float *pixels, float *features)
{
  static const char *const names[PLE_VISION_MAX_STAGES] = { "stage_1", "stage_2", "stage_3",
                                                            "stage_4", "stage_5", "stage_6",
                                                            "stage_7", "stage_8" };
  const PleVisionPlan *plan = worker->plan;
  const PleVisionConfig *config = &plan->model->config;
  const Resnet *net = plan->model->weights;
  size_t rows = halve (plan->height), columns = halve (plan->width);
  Scratch parts = cut (plan, worker->scratch->data);
  guint l = 0;

  interleave (n_images, config->n_channels, plan->height * plan->width, pixels, parts.a);
  ple_conv_run (&net->stem, n_images, plan->height, plan->width, parts.a, PLE_ACTIVATION_RELU, NULL,
                parts.b, parts.product);
  pool (n_images, rows, columns, config->embedding_width, parts.b, parts.x);
  rows = halve (rows);
  columns = halve (columns);
  ple_vision_trace (worker, "embeddings", n_images * rows * columns, config->embedding_width,
                    parts.x);
  for (size_t s = 0; s < config->n_stages; s++)
    {
      if (ple_vision_is_cancelled (worker))
        return;
      for (size_t i = 0; i < config->depths[s]; i++)
        run_layer (&g_array_index (net->layers, Layer, l++), n_images, &rows, &columns, &parts);
      ple_vision_trace (worker, names[s], n_images * rows * columns, config->widths[s], parts.x);
    }
  ple_mean_pixels (n_images, rows * columns, config->n_features, parts.x, features);
}

static const char *const prefixes[] = { "resnet.", NULL };

const PleVisionNetwork ple_vision_resnet = {
  .prefixes = prefixes,
  .load = resnet_load,
  .clear = resnet_clear,
  .plan = resnet_plan,
  .run = resnet_run,
};
