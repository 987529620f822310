/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ple-make-model.h"

#include "base/ple-json.h"
#include "base/ple-rng.h"
#include "nn/ple-safetensors.h"

#include <math.h>
#include <string.h>

/* What a spec came to. */
typedef struct
{
  const char *family;
  GHashTable *values; /* key -> text */
  GPtrArray *tensors; /* of Tensor */
  const char *prefix;
  PleRng rng;
  guint64 next; /* stream of the next tensor */
} Maker;

typedef struct
{
  char *name;
  guint n_dims;
  size_t shape[4];
  size_t n;
  float *values;
} Tensor;

static const struct
{
  const char *name;
  const char *spec;
} published[] = {
  { "dinov2-small", "dinov2 hidden_size=384 num_attention_heads=6" },
  { "dinov2-base", "dinov2" },
  { "dinov2-large", "dinov2 hidden_size=1024 num_attention_heads=16 num_hidden_layers=24" },
  { "dinov2-giant", "dinov2 hidden_size=1536 num_attention_heads=24 num_hidden_layers=40 "
                    "use_swiglu_ffn=true" },
  { "dinov2-with-registers-small", "dinov2_with_registers hidden_size=384 num_attention_heads=6" },
  { "dinov2-with-registers-base", "dinov2_with_registers" },
  { "dinov2-with-registers-large", "dinov2_with_registers hidden_size=1024 num_attention_heads=16 "
                                   "num_hidden_layers=24" },
  { "dinov3-vits16", "dinov3_vit" },
  { "dinov3-vits16plus", "dinov3_vit use_gated_mlp=true hidden_act=silu" },
  { "dinov3-vitb16", "dinov3_vit hidden_size=768 num_attention_heads=12 intermediate_size=3072" },
  { "dinov3-vitl16", "dinov3_vit hidden_size=1024 num_attention_heads=16 intermediate_size=4096 "
                     "num_hidden_layers=24" },
  { "clip-vit-base-patch32", "clip" },
  { "clip-vit-base-patch16", "clip patch_size=16" },
  { "clip-vit-large-patch14", "clip patch_size=14 hidden_size=1024 num_attention_heads=16 "
                              "num_hidden_layers=24 intermediate_size=4096 projection_dim=768 "
                              "text_hidden_size=768 text_num_attention_heads=12 "
                              "text_intermediate_size=3072" },
  { "dino-vits16", "vit hidden_size=384 num_attention_heads=6 intermediate_size=1536" },
  { "dino-vits8", "vit hidden_size=384 num_attention_heads=6 intermediate_size=1536 patch_size=8" },
  { "dino-vitb16", "vit" },
  { "vit-base-patch16-224", "vit prefix=vit." },
  { "vit-msn-small", "vit_msn hidden_size=384 num_attention_heads=6 intermediate_size=1536" },
  { "vit-mae-base", "vit_mae prefix=vit." },
  { "convnext-tiny-224", "convnext prefix=convnext." },
  { "convnext-small-224", "convnext depths=3,3,27,3 prefix=convnext." },
  { "resnet-50", "resnet prefix=resnet." },
};

const char *const *
ple_make_model_list (void)
{
  static const char *names[G_N_ELEMENTS (published) + 1];

  for (size_t i = 0; i < G_N_ELEMENTS (published); i++)
    names[i] = published[i].name;
  return names;
}

static void
tensor_free (gpointer data)
{
  Tensor *tensor = data;

  g_free (tensor->name);
  g_free (tensor->values);
  g_free (tensor);
}

static const char *
get_text (const Maker *maker, const char *key, const char *fallback)
{
  const char *text = g_hash_table_lookup (maker->values, key);

  return text != NULL ? text : fallback;
}

/* What was not given takes the fallback and is remembered: config.json says all. */
static size_t
get_count (Maker *maker, const char *key, size_t fallback)
{
  if (g_hash_table_lookup (maker->values, key) == NULL)
    g_hash_table_insert (maker->values, g_strdup (key), g_strdup_printf ("%zu", fallback));
  return (size_t) g_ascii_strtoull (get_text (maker, key, "0"), NULL, 10);
}

static gboolean
get_flag (const Maker *maker, const char *key, gboolean fallback)
{
  return strcmp (get_text (maker, key, fallback ? "true" : "false"), "true") == 0;
}

/* Normal values of @deviation around @mean; sizes after the first that is 0 are left out. */
static void
add (Maker *maker,
     const char *name,
     double mean,
     double deviation,
     size_t a,
     size_t b,
     size_t c,
     size_t d)
{
  Tensor *tensor = g_new0 (Tensor, 1);
  const size_t sizes[] = { a, b, c, d };
  PleRng rng;

  tensor->name = g_strconcat (maker->prefix, name, NULL);
  tensor->n = 1;
  while (tensor->n_dims < 4 && sizes[tensor->n_dims] > 0)
    {
      tensor->shape[tensor->n_dims] = sizes[tensor->n_dims];
      tensor->n *= sizes[tensor->n_dims++];
    }
  tensor->values = g_new (float, tensor->n);
  ple_rng_split (&maker->rng, maker->next++, &rng);
  ple_rng_fill_normal (&rng, tensor->values, tensor->n, deviation);
  for (size_t i = 0; i < tensor->n; i++)
    tensor->values[i] += (float) mean;
  g_ptr_array_add (maker->tensors, tensor);
}

static void
add_linear (Maker *maker, const char *name, size_t n_out, size_t n_in, gboolean bias)
{
  g_autofree char *weight = g_strconcat (name, ".weight", NULL);
  g_autofree char *bias_name = g_strconcat (name, ".bias", NULL);

  add (maker, weight, 0, 1 / sqrt ((double) n_in), n_out, n_in, 0, 0);
  if (bias)
    add (maker, bias_name, 0, 0.1, n_out, 0, 0, 0);
}

static void
add_conv (Maker *maker, const char *name, size_t n_out, size_t n_in, size_t side, gboolean bias)
{
  g_autofree char *weight = g_strconcat (name, ".weight", NULL);
  g_autofree char *bias_name = g_strconcat (name, ".bias", NULL);

  add (maker, weight, 0, 1 / sqrt ((double) (n_in * side * side)), n_out, n_in, side, side);
  if (bias)
    add (maker, bias_name, 0, 0.1, n_out, 0, 0, 0);
}

static void
add_norm (Maker *maker, const char *name, size_t n)
{
  g_autofree char *weight = g_strconcat (name, ".weight", NULL);
  g_autofree char *bias = g_strconcat (name, ".bias", NULL);

  add (maker, weight, 1, 0.1, n, 0, 0, 0);
  add (maker, bias, 0, 0.1, n, 0, 0, 0);
}

/* Names of a block; those of its second half end the list. */
typedef struct
{
  const char *blocks;
  const char *norm1, *query, *key, *value, *out, *norm2, *fc1, *fc2, *scale;
} Names;

static const Names plain_names = { "encoder.layer",
                                   "layernorm_before",
                                   "attention.attention.query",
                                   "attention.attention.key",
                                   "attention.attention.value",
                                   "attention.output.dense",
                                   "layernorm_after",
                                   "intermediate.dense",
                                   "output.dense",
                                   NULL };
static const Names dinov2_names = { "encoder.layer",
                                    "norm1",
                                    "attention.attention.query",
                                    "attention.attention.key",
                                    "attention.attention.value",
                                    "attention.output.dense",
                                    "norm2",
                                    "mlp.fc1",
                                    "mlp.fc2",
                                    "layer_scale" };
static const Names dinov3_names = { "layer",
                                    "norm1",
                                    "attention.q_proj",
                                    "attention.k_proj",
                                    "attention.v_proj",
                                    "attention.o_proj",
                                    "norm2",
                                    "mlp.up_proj",
                                    "mlp.down_proj",
                                    "layer_scale" };
static const Names clip_names = {
  "encoder.layers",     "layer_norm1", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
  "self_attn.out_proj", "layer_norm2", "mlp.fc1",          "mlp.fc2",          NULL
};

/* @gate: name of the gate, or "" if gate and value are one matrix, or NULL without. */
static void
add_block (Maker *maker,
           const Names *names,
           const char *prefix,
           size_t index,
           size_t width,
           size_t hidden,
           const char *gate,
           gboolean key_bias)
{
  const char *const square[] = { names->query, names->key, names->value, names->out };
  g_autofree char *block = g_strdup_printf ("%s%s.%zu.", prefix, names->blocks, index);
  g_autofree char *norm1 = g_strconcat (block, names->norm1, NULL);
  g_autofree char *norm2 = g_strconcat (block, names->norm2, NULL);
  gboolean joined = gate != NULL && *gate == '\0';
  g_autofree char *fc1 = g_strconcat (block, joined ? "mlp.weights_in" : names->fc1, NULL);
  g_autofree char *fc2 = g_strconcat (block, joined ? "mlp.weights_out" : names->fc2, NULL);

  add_norm (maker, norm1, width);
  for (size_t i = 0; i < G_N_ELEMENTS (square); i++)
    {
      g_autofree char *name = g_strconcat (block, square[i], NULL);

      add_linear (maker, name, width, width, i != 1 || key_bias);
    }
  add_norm (maker, norm2, width);
  if (gate != NULL && !joined)
    {
      g_autofree char *name = g_strconcat (block, gate, NULL);

      add_linear (maker, name, hidden, width, TRUE);
    }
  add_linear (maker, fc1, joined ? 2 * hidden : hidden, width, TRUE);
  add_linear (maker, fc2, width, hidden, TRUE);
  for (int i = 1; names->scale != NULL && i <= 2; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s%s%d.lambda1", block, names->scale, i);

      add (maker, name, 0.2, 0.05, width, 0, 0, 0);
    }
}

static void
make_vit (Maker *maker)
{
  gboolean dinov2 = g_str_has_prefix (maker->family, "dinov2");
  gboolean dinov3 = strcmp (maker->family, "dinov3_vit") == 0;
  size_t width = get_count (maker, "hidden_size", dinov3 ? 384 : 768);
  size_t n_blocks = get_count (maker, "num_hidden_layers", 12);
  size_t patch = get_count (maker, "patch_size", dinov2 ? 14 : 16);
  size_t image = get_count (maker, "image_size", dinov2 ? 518 : 224);
  size_t side = image / patch, hidden;
  gboolean gated = get_flag (maker, dinov2 ? "use_swiglu_ffn" : "use_gated_mlp", FALSE);
  const Names *names = dinov2 ? &dinov2_names : dinov3 ? &dinov3_names : &plain_names;

  get_count (maker, "num_attention_heads", dinov3 ? 6 : 12);
  if (dinov2)
    hidden = gated ? ((size_t) (4.0 * (double) width * 2 / 3) + 7) / 8 * 8
                   : get_count (maker, "mlp_ratio", 4) * width;
  else
    hidden = get_count (maker, "intermediate_size", dinov3 ? 1536 : 3072);
  add (maker, "embeddings.cls_token", 0, 0.5, 1, 1, width, 0);
  if (dinov3 || strcmp (maker->family, "dinov2_with_registers") == 0)
    add (maker, "embeddings.register_tokens", 0, 0.5, 1,
         get_count (maker, "num_register_tokens", 4), width, 0);
  if (!dinov3)
    add (maker, "embeddings.position_embeddings", 0, 0.3, 1, 1 + side * side, width, 0);
  add_conv (maker,
            dinov3 ? "embeddings.patch_embeddings" : "embeddings.patch_embeddings.projection",
            width, 3, patch, TRUE);
  for (size_t i = 0; i < n_blocks; i++)
    add_block (maker, names, "", i, width, hidden,
               !gated   ? NULL
               : dinov3 ? "mlp.gate_proj"
                        : "",
               !dinov3);
  add_norm (maker, dinov3 ? "norm" : "layernorm", width);
}

static void
make_clip (Maker *maker)
{
  size_t width = get_count (maker, "hidden_size", 768);
  size_t hidden = get_count (maker, "intermediate_size", 3072);
  size_t n_blocks = get_count (maker, "num_hidden_layers", 12);
  size_t patch = get_count (maker, "patch_size", 32);
  size_t side = get_count (maker, "image_size", 224) / patch;
  size_t projection = get_count (maker, "projection_dim", 512);
  size_t text_width = get_count (maker, "text_hidden_size", 512);
  size_t text_hidden = get_count (maker, "text_intermediate_size", 2048);
  size_t text_blocks = get_count (maker, "text_num_hidden_layers", 12);

  get_count (maker, "num_attention_heads", 12);
  get_count (maker, "text_num_attention_heads", 8);
  add (maker, "vision_model.embeddings.class_embedding", 0, 0.5, width, 0, 0, 0);
  add_conv (maker, "vision_model.embeddings.patch_embedding", width, 3, patch, FALSE);
  add (maker, "vision_model.embeddings.position_embedding.weight", 0, 0.3, 1 + side * side, width,
       0, 0);
  add_norm (maker, "vision_model.pre_layrnorm", width);
  for (size_t i = 0; i < n_blocks; i++)
    add_block (maker, &clip_names, "vision_model.", i, width, hidden, NULL, TRUE);
  add_norm (maker, "vision_model.post_layernorm", width);
  add_linear (maker, "visual_projection", projection, width, FALSE);
  add (maker, "text_model.embeddings.token_embedding.weight", 0, 0.5,
       get_count (maker, "text_vocab_size", 49408), text_width, 0, 0);
  add (maker, "text_model.embeddings.position_embedding.weight", 0, 0.3,
       get_count (maker, "text_max_position_embeddings", 77), text_width, 0, 0);
  for (size_t i = 0; i < text_blocks; i++)
    add_block (maker, &clip_names, "text_model.", i, text_width, text_hidden, NULL, TRUE);
  add_norm (maker, "text_model.final_layer_norm", text_width);
  add_linear (maker, "text_projection", projection, text_width, FALSE);
}

/* "96,192,384,768"; returns how many. */
static size_t
get_list (Maker *maker, const char *key, const char *fallback, size_t values[8])
{
  g_auto (GStrv) parts = g_strsplit (get_text (maker, key, fallback), ",", -1);
  size_t n = MIN (g_strv_length (parts), 8);

  if (g_hash_table_lookup (maker->values, key) == NULL)
    g_hash_table_insert (maker->values, g_strdup (key), g_strdup (fallback));
  for (size_t i = 0; i < n; i++)
    values[i] = (size_t) g_ascii_strtoull (parts[i], NULL, 10);
  return n;
}

static void
make_convnext (Maker *maker)
{
  size_t widths[8], depths[8];
  size_t n = get_list (maker, "hidden_sizes", "96,192,384,768", widths);

  get_list (maker, "depths", "3,3,9,3", depths);
  add_conv (maker, "embeddings.patch_embeddings", widths[0], 3, get_count (maker, "patch_size", 4),
            TRUE);
  add_norm (maker, "embeddings.layernorm", widths[0]);
  for (size_t s = 0; s < n; s++)
    {
      size_t width = widths[s];
      g_autofree char *stage = g_strdup_printf ("encoder.stages.%zu.", s);
      g_autofree char *norm = g_strconcat (stage, "downsampling_layer.0", NULL);
      g_autofree char *down = g_strconcat (stage, "downsampling_layer.1", NULL);

      if (s > 0)
        {
          add_norm (maker, norm, widths[s - 1]);
          add_conv (maker, down, width, widths[s - 1], 2, TRUE);
        }
      for (size_t i = 0; i < depths[s]; i++)
        {
          g_autofree char *layer = g_strdup_printf ("%slayers.%zu.", stage, i);
          g_autofree char *dwconv = g_strconcat (layer, "dwconv", NULL);
          g_autofree char *layernorm = g_strconcat (layer, "layernorm", NULL);
          g_autofree char *pwconv1 = g_strconcat (layer, "pwconv1", NULL);
          g_autofree char *pwconv2 = g_strconcat (layer, "pwconv2", NULL);
          g_autofree char *scale = g_strconcat (layer, "layer_scale_parameter", NULL);

          add_conv (maker, dwconv, width, 1, 7, TRUE);
          add_norm (maker, layernorm, width);
          add_linear (maker, pwconv1, 4 * width, width, TRUE);
          add_linear (maker, pwconv2, width, 4 * width, TRUE);
          add (maker, scale, 0.2, 0.05, width, 0, 0, 0);
        }
    }
  add_norm (maker, "layernorm", widths[n - 1]);
}

static void
add_conv_norm (Maker *maker, const char *name, size_t n_out, size_t n_in, size_t side)
{
  g_autofree char *conv = g_strconcat (name, ".convolution", NULL);
  g_autofree char *norm = g_strconcat (name, ".normalization", NULL);
  g_autofree char *mean = g_strconcat (norm, ".running_mean", NULL);
  g_autofree char *variance = g_strconcat (norm, ".running_var", NULL);

  add_conv (maker, conv, n_out, n_in, side, FALSE);
  add_norm (maker, norm, n_out);
  add (maker, mean, 0, 0.1, n_out, 0, 0, 0);
  add (maker, variance, 1, 0.05, n_out, 0, 0, 0);
}

static void
make_resnet (Maker *maker)
{
  gboolean basic = strcmp (get_text (maker, "layer_type", "bottleneck"), "basic") == 0;
  size_t before = get_count (maker, "embedding_size", 64);
  size_t widths[8], depths[8];
  size_t n = get_list (maker, "hidden_sizes", "256,512,1024,2048", widths);

  get_list (maker, "depths", "3,4,6,3", depths);
  add_conv_norm (maker, "embedder.embedder", before, 3, 7);
  for (size_t s = 0; s < n; s++)
    for (size_t i = 0; i < depths[s]; i++, before = widths[s])
      {
        size_t width = widths[s], inner = basic ? width : width / 4;
        g_autofree char *layer = g_strdup_printf ("encoder.stages.%zu.layers.%zu.", s, i);
        g_autofree char *first = g_strconcat (layer, "layer.0", NULL);
        g_autofree char *second = g_strconcat (layer, "layer.1", NULL);
        g_autofree char *third = g_strconcat (layer, "layer.2", NULL);
        g_autofree char *shortcut = g_strconcat (layer, "shortcut", NULL);

        add_conv_norm (maker, first, inner, before, basic ? 3 : 1);
        add_conv_norm (maker, second, inner, inner, 3);
        if (!basic)
          add_conv_norm (maker, third, width, inner, 1);
        if (i == 0 && (before != width || s > 0))
          add_conv_norm (maker, shortcut, width, before, 1);
      }
}

/* ==== Files ==== */

static guint16
to_bf16 (float value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  return (guint16) ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

/* Rounded towards zero, small numbers to zero: values that a half can hold are enough here. */
static guint16
to_f16 (float value)
{
  guint32 bits;
  int exponent;

  memcpy (&bits, &value, sizeof bits);
  exponent = (int) (bits >> 23 & 0xff) - 112;
  if (exponent <= 0)
    return (guint16) (bits >> 16 & 0x8000);
  return (guint16) ((bits >> 16 & 0x8000) | ((guint32) MIN (exponent, 30) << 10) |
                    (bits >> 13 & 0x3ff));
}

/* The tensor's elements in place as another type. */
static PleSafetensorsType
convert (Tensor *tensor, const char *dtype)
{
  guint16 *half = (guint16 *) (void *) tensor->values;
  gboolean bf16 = strcmp (dtype, "bf16") == 0;

  if (!bf16 && strcmp (dtype, "f16") != 0)
    return PLE_SAFETENSORS_F32;
  for (size_t i = 0; i < tensor->n; i++)
    {
      float value;

      memcpy (&value, tensor->values + i, sizeof value);
      half[i] = bf16 ? to_bf16 (value) : to_f16 (value);
    }
  return bf16 ? PLE_SAFETENSORS_BF16 : PLE_SAFETENSORS_F16;
}

/* Tensors i, i + step, ... so that neighbours lie in different files. */
static gboolean
write_file (Maker *maker, const char *path, size_t first, size_t step, GError **error)
{
  g_autoptr (PleSafetensorsWriter) writer = ple_safetensors_writer_new ();
  const char *dtype = get_text (maker, "dtype", "f32");

  ple_safetensors_writer_set_metadata (writer, "format", "pt");
  for (size_t i = first; i < maker->tensors->len; i += step)
    {
      Tensor *tensor = g_ptr_array_index (maker->tensors, i);

      ple_safetensors_writer_add (writer, tensor->name, convert (tensor, dtype), tensor->n_dims,
                                  tensor->shape, tensor->values);
    }
  return ple_safetensors_writer_write (writer, path, PLE_SAFETENSORS_QUICK, error);
}

static gboolean
write_weights (Maker *maker, const char *folder, GError **error)
{
  size_t n = get_count (maker, "shards", 1);
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL);
  g_autofree char *index_path = g_build_filename (folder, "model.safetensors.index.json", NULL);
  g_autoptr (JsonObject) index = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonObject *map;

  if (n <= 1)
    return write_file (maker, path, 0, 1, error);
  index = json_object_new ();
  map = json_object_new ();
  for (size_t i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("model-%05zu-of-%05zu.safetensors", i + 1, n);
      g_autofree char *file = g_build_filename (folder, name, NULL);

      if (!write_file (maker, file, i, n, error))
        return FALSE;
      for (size_t t = i; t < maker->tensors->len; t += n)
        json_object_set_string_member (
            map, ((Tensor *) g_ptr_array_index (maker->tensors, t))->name, name);
    }
  json_object_set_object_member (index, "weight_map", map);
  node = json_node_init_object (json_node_alloc (), index);
  return ple_json_save (node, index_path, error);
}

/* Numbers as numbers, lists as lists. */
static void
set_member (JsonObject *object, const char *key, const char *text)
{
  if (strchr (text, ',') != NULL)
    {
      g_auto (GStrv) parts = g_strsplit (text, ",", -1);
      JsonArray *array = json_array_new ();

      for (size_t i = 0; parts[i] != NULL; i++)
        json_array_add_int_element (array, g_ascii_strtoll (parts[i], NULL, 10));
      json_object_set_array_member (object, key, array);
    }
  else if (strcmp (text, "true") == 0 || strcmp (text, "false") == 0)
    json_object_set_boolean_member (object, key, strcmp (text, "true") == 0);
  else if (g_ascii_isdigit (*text))
    json_object_set_int_member (object, key, g_ascii_strtoll (text, NULL, 10));
  else
    json_object_set_string_member (object, key, text);
}

static gboolean
write_config (Maker *maker, const char *folder, GError **error)
{
  static const char *const ours[] = { "seed", "dtype", "shards", "prefix", NULL };
  g_autofree char *path = g_build_filename (folder, "config.json", NULL);
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  gboolean clip = strcmp (maker->family, "clip") == 0;
  JsonObject *vision = clip ? json_object_new () : json_object_ref (object);
  JsonObject *text = json_object_new ();
  GHashTableIter iter;
  gpointer key, value;

  json_object_set_string_member (object, "model_type", maker->family);
  g_hash_table_iter_init (&iter, maker->values);
  while (g_hash_table_iter_next (&iter, &key, &value))
    if (strcmp (key, "projection_dim") == 0)
      set_member (object, key, value);
    else if (g_str_has_prefix (key, "text_"))
      set_member (text, (const char *) key + 5, value);
    else if (!g_strv_contains (ours, key))
      set_member (vision, key, value);
  if (clip)
    {
      json_object_set_object_member (object, "vision_config", json_object_ref (vision));
      json_object_set_object_member (object, "text_config", json_object_ref (text));
    }
  json_object_unref (vision);
  json_object_unref (text);
  return ple_json_save (node, path, error);
}

static gboolean
write_preprocessor (Maker *maker, const char *folder, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "preprocessor_config.json", NULL);
  g_autofree char *text = NULL;
  const char *family = maker->family;
  /* DINOv2's positions are for larger pictures than it is shown. */
  size_t image = g_str_has_prefix (family, "dinov2")
                     ? MIN (get_count (maker, "image_size", 518), 224)
                     : (size_t) g_ascii_strtoull (get_text (maker, "image_size", "224"), NULL, 10);

  if (g_str_has_prefix (family, "dinov2"))
    text = g_strdup_printf ("{\"image_processor_type\":\"BitImageProcessor\",\"resample\":3,"
                            "\"size\":{\"shortest_edge\":%zu},\"crop_size\":{\"height\":%zu,"
                            "\"width\":%zu},\"image_mean\":[0.485,0.456,0.406],"
                            "\"image_std\":[0.229,0.224,0.225]}\n",
                            image * 256 / 224, image, image);
  else
    text = g_strdup_printf ("{\"image_processor_type\":\"%s\",\"size\":%zu,\"crop_size\":%zu}\n",
                            strcmp (family, "clip") == 0         ? "CLIPImageProcessor"
                            : strcmp (family, "dinov3_vit") == 0 ? "DINOv3ViTImageProcessorFast"
                            : g_str_has_prefix (family, "vit")   ? "ViTImageProcessor"
                                                                 : "ConvNextImageProcessor",
                            image, image);
  return g_file_set_contents (path, text, -1, error);
}

static void
add_words (Maker *maker, const char *spec)
{
  g_auto (GStrv) words = g_strsplit (spec, " ", -1);

  for (size_t i = 0; words[i] != NULL; i++)
    {
      char *equals = strchr (words[i], '=');

      if (equals != NULL)
        g_hash_table_insert (maker->values, g_strndup (words[i], (size_t) (equals - words[i])),
                             g_strdup (equals + 1));
    }
}

gboolean
ple_make_model (const char *folder, const char *spec, GError **error)
{
  static const struct
  {
    const char *family;
    void (*make) (Maker *maker);
  } makers[] = {
    { "dinov2", make_vit },     { "dinov2_with_registers", make_vit },
    { "dinov3_vit", make_vit }, { "clip", make_clip },
    { "vit", make_vit },        { "vit_msn", make_vit },
    { "vit_mae", make_vit },    { "convnext", make_convnext },
    { "resnet", make_resnet },
  };
  g_autoptr (GHashTable) values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GPtrArray) tensors = g_ptr_array_new_with_free_func (tensor_free);
  g_autofree char *first = g_strndup (spec, strcspn (spec, " "));
  Maker maker = { .values = values, .tensors = tensors };

  for (size_t i = 0; i < G_N_ELEMENTS (published); i++)
    if (strcmp (published[i].name, first) == 0)
      {
        g_free (first);
        first = g_strndup (published[i].spec, strcspn (published[i].spec, " "));
        add_words (&maker, published[i].spec);
        break;
      }
  add_words (&maker, spec);
  maker.prefix = get_text (&maker, "prefix", "");
  ple_rng_init (&maker.rng, (guint64) g_ascii_strtoull (get_text (&maker, "seed", "0"), NULL, 10));
  for (size_t i = 0; i < G_N_ELEMENTS (makers); i++)
    if (strcmp (makers[i].family, first) == 0)
      {
        maker.family = makers[i].family;
        makers[i].make (&maker);
        return g_mkdir_with_parents (folder, 0777) == 0 &&
               write_preprocessor (&maker, folder, error) && write_config (&maker, folder, error) &&
               write_weights (&maker, folder, error);
      }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s: no such model", first);
  return FALSE;
}
