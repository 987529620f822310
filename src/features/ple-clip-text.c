/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-clip-text.h"

#include "base/ple-error.h"
#include "base/ple-json.h"
#include "base/ple-parallel.h"
#include "features/ple-clip-tokenizer.h"
#include "features/ple-vision-model-private.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* Texts of one product. They are cut behind the longest of them. */
#define TEXTS_AT_ONCE 16
/* In old files the end token has this number, which is not its own; then the largest id is meant.
 */
#define MISTAKEN_END 2
#define MAX_CONTEXT 4096
#define MAX_VOCABULARY (1 << 24)

/* Own choice of sentences; %s is the name, with its article where one is wanted. */
static const char *const sentences[] = {
  "a photo of %s.",   "a close-up photo of %s.", "a blurry photo of %s.",
  "a picture of %s.", "a drawing of %s.",
};

struct _PleClipText
{
  PleVisionConfig config; /* width, heads, blocks, eps, activation, n_projection */
  size_t n_context;
  size_t n_ids;
  gint32 end;
  double scale;
  PleClipTokenizer *tokenizer;
  float *tokens;    /* (n_ids, width) */
  float *positions; /* (n_context, width) */
  PleBlock *blocks;
  float *norm;
  PleLinear projection;
};

void
ple_clip_text_free (PleClipText *model)
{
  if (model == NULL)
    return;
  for (size_t i = 0; model->blocks != NULL && i < model->config.n_blocks; i++)
    ple_block_clear (&model->blocks[i]);
  g_free (model->blocks);
  ple_clip_tokenizer_free (model->tokenizer);
  ple_linear_clear (&model->projection);
  g_free (model->tokens);
  g_free (model->positions);
  g_free (model->norm);
  g_free (model);
}

/* The library's defaults where the file says nothing. */
static gboolean
read_config (PleClipText *model, JsonNode *root, GError **error)
{
  static const char file[] = "config.json";
  PleVisionConfig *config = &model->config;
  PleBlockShape *block = &config->block;
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
  JsonObject *text = object != NULL ? ple_json_get_object (object, "text_config") : NULL;
  size_t end = MISTAKEN_END;
  double eps = 1e-5;

  if (object == NULL || g_strcmp0 (ple_json_get_string (object, "model_type", NULL), "clip") != 0)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED,
                   _ ("%s: model_type is not clip, so there is no text side"), file);
      return FALSE;
    }
  *config = (PleVisionConfig){
    .family = PLE_VISION_CLIP,
    .block = { .width = 512, .n_heads = 8, .n_hidden = 2048, .causal = TRUE },
    .n_blocks = 12,
    .activation = PLE_ACTIVATION_QUICK_GELU,
    .n_projection = 512,
    .query_bias = TRUE,
    .key_bias = TRUE,
    .value_bias = TRUE,
    .out_bias = TRUE,
    .mlp_bias = TRUE,
  };
  model->n_context = 77;
  model->n_ids = 49408;
  if (text != NULL &&
      (!ple_config_get_count (text, file, "hidden_size", 1, 65536, &block->width, error) ||
       !ple_config_get_count (text, file, "num_attention_heads", 1, 65536, &block->n_heads,
                              error) ||
       !ple_config_get_count (text, file, "intermediate_size", 1, 1 << 20, &block->n_hidden,
                              error) ||
       !ple_config_get_count (text, file, "num_hidden_layers", 1, 1024, &config->n_blocks, error) ||
       !ple_config_get_count (text, file, "max_position_embeddings", 2, MAX_CONTEXT,
                              &model->n_context, error) ||
       !ple_config_get_count (text, file, "vocab_size", 1, MAX_VOCABULARY, &model->n_ids, error) ||
       !ple_config_get_count (text, file, "eos_token_id", 0, MAX_VOCABULARY, &end, error) ||
       !ple_config_get_count (text, file, "projection_dim", 1, 65536, &config->n_projection,
                              error) ||
       !ple_config_get_number (text, file, "layer_norm_eps", 0, 1, &eps, error) ||
       !ple_config_get_activation (text, file, "hidden_act", &config->activation, error)))
    return FALSE;
  if (!ple_config_get_count (object, file, "projection_dim", 1, 65536, &config->n_projection,
                             error))
    return FALSE;
  if (block->width % block->n_heads != 0)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                   _ ("%s: hidden_size: %zu cannot be shared by %zu attention heads"), file,
                   block->width, block->n_heads);
      return FALSE;
    }
  config->eps = (float) eps;
  block->eps = config->eps;
  block->activation = config->activation;
  model->end = (gint32) end;
  return TRUE;
}

/* A matrix as it is. */
static float *
read_table (
    PleVisionWeights *weights, const char *name, size_t n_rows, size_t n_cols, GError **error)
{
  const PleSafetensorsEntry *entry =
      ple_vision_weights_find (weights, error, name, 2, n_rows, n_cols);
  g_autofree float *table = entry != NULL ? g_try_new (float, n_rows *n_cols) : NULL;

  if (entry == NULL)
    return NULL;
  if (table == NULL)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY, _ ("no memory for %s"),
                   name);
      return NULL;
    }
  return ple_vision_weights_copy (weights, entry, table, error) ? g_steal_pointer (&table) : NULL;
}

static gboolean
read_weights (PleClipText *model, PleVisionWeights *weights, PleProgress *progress, GError **error)
{
  const PleVisionConfig *config = &model->config;
  const size_t width = config->block.width;

  model->tokens = read_table (weights, "text_model.embeddings.token_embedding.weight", model->n_ids,
                              width, error);
  if (model->tokens == NULL)
    return FALSE;
  model->positions = read_table (weights, "text_model.embeddings.position_embedding.weight",
                                 model->n_context, width, error);
  if (model->positions == NULL)
    return FALSE;
  model->blocks = g_new0 (PleBlock, config->n_blocks);
  for (size_t i = 0; i < config->n_blocks; i++)
    if (!ple_progress_check (progress, error) ||
        !ple_vision_load_clip_block (config, weights, "text_model.encoder.layers", i,
                                     &model->blocks[i], error))
      return FALSE;
  model->norm = ple_vision_weights_get_norm (weights, "text_model.final_layer_norm", width, error);
  if (model->norm == NULL ||
      !ple_vision_weights_get_linear (weights, "text_projection", config->n_projection, width,
                                      FALSE, &model->projection, error))
    return FALSE;
  model->scale = 100;
  if (ple_vision_weights_has (weights, "logit_scale"))
    {
      const PleSafetensorsEntry *entry = ple_vision_weights_find (weights, error, "logit_scale", 0);
      float logit;

      if (entry == NULL || !ple_vision_weights_copy (weights, entry, &logit, error))
        return FALSE;
      /* The authors clip it at 100; a broken file must not overflow. */
      model->scale = exp (CLAMP ((double) logit, 0, log (100)));
    }
  return TRUE;
}

PleClipText *
ple_clip_text_open (const char *folder, PleProgress *progress, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "config.json", NULL);
  g_autoptr (JsonNode) root = ple_json_load (path, PLE_VISION_CONFIG_MAX, error);
  g_autoptr (PleClipText) model = NULL;
  g_autoptr (PleVisionWeights) weights = NULL;

  if (root == NULL)
    return NULL;
  model = g_new0 (PleClipText, 1);
  if (!read_config (model, root, error))
    return NULL;
  model->tokenizer = ple_clip_tokenizer_load (folder, error);
  if (model->tokenizer == NULL)
    return NULL;
  if ((size_t) ple_clip_tokenizer_get_n_ids (model->tokenizer) > model->n_ids)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   _ ("%s: the tokenizer has ids up to %d, vocab_size of config.json is %zu"),
                   folder, ple_clip_tokenizer_get_n_ids (model->tokenizer) - 1, model->n_ids);
      return NULL;
    }
  weights = ple_vision_weights_open (folder, NULL, error);
  if (weights == NULL || !read_weights (model, weights, progress, error))
    return NULL;
  return g_steal_pointer (&model);
}

size_t
ple_clip_text_get_n_features (const PleClipText *model)
{
  return model->config.n_projection;
}

size_t
ple_clip_text_get_n_context (const PleClipText *model)
{
  return model->n_context;
}

double
ple_clip_text_get_scale (const PleClipText *model)
{
  return model->scale;
}

/* Position of the token that stands for the whole text. */
static size_t
find_end (const PleClipText *model, const gint32 *ids)
{
  size_t at = 0;

  for (size_t t = 0; t < model->n_context; t++)
    if (model->end != MISTAKEN_END)
      {
        if (ids[t] == model->end)
          return t;
      }
    else if (ids[t] > ids[at])
      at = t;
  return at;
}

typedef struct
{
  const PleClipText *model;
  const gint32 *ids;
  PleMatrix *features;
  float **scratch; /* per worker, made on first use */
} Encoding;

/* Floats of a worker: tokens, the pooled rows, what the blocks need. */
static size_t
count_scratch (const PleClipText *model)
{
  const PleBlockShape *block = &model->config.block;

  return ple_vision_align (TEXTS_AT_ONCE * model->n_context * block->width) +
         ple_vision_align (TEXTS_AT_ONCE * block->width) +
         ple_block_scratch (block, TEXTS_AT_ONCE, model->n_context);
}

static void
encode_group (const PleChunk *chunk, gpointer data)
{
  Encoding *encoding = data;
  const PleClipText *model = encoding->model;
  const PleVisionConfig *config = &model->config;
  const size_t width = config->block.width;
  const size_t n = chunk->end - chunk->begin;
  guint32 ends[TEXTS_AT_ONCE];
  size_t n_tokens = 0;
  float *x, *pooled, *rest;

  if (encoding->scratch[chunk->worker] == NULL)
    encoding->scratch[chunk->worker] = g_aligned_alloc (count_scratch (model), sizeof (float), 64);
  x = encoding->scratch[chunk->worker];
  pooled = x + ple_vision_align (TEXTS_AT_ONCE * model->n_context * width);
  rest = pooled + ple_vision_align (TEXTS_AT_ONCE * width);
  for (size_t i = 0; i < n; i++)
    {
      ends[i] = (guint32) find_end (model, encoding->ids + (chunk->begin + i) * model->n_context);
      n_tokens = MAX (n_tokens, (size_t) ends[i] + 1);
    }
  for (size_t i = 0; i < n; i++)
    for (size_t t = 0; t < n_tokens; t++)
      {
        const size_t id = (size_t) encoding->ids[(chunk->begin + i) * model->n_context + t];
        float *row = x + (i * n_tokens + t) * width;

        for (size_t c = 0; c < width; c++)
          row[c] = model->tokens[id * width + c] + model->positions[t * width + c];
      }
  for (size_t b = 0; b + 1 < config->n_blocks; b++)
    ple_block_run (&config->block, &model->blocks[b], n, n_tokens, NULL, x, rest);
  /* Only the end token is used after the last block. */
  ple_block_run_one (&config->block, &model->blocks[config->n_blocks - 1], n, n_tokens, NULL, ends,
                     x, pooled, rest);
  ple_layer_norm (n, width, config->eps, model->norm, model->norm + width, pooled, width, pooled,
                  width);
  ple_linear_apply (&model->projection, n, pooled, width, PLE_ACTIVATION_NONE, NULL, NULL,
                    ple_matrix_row (encoding->features, chunk->begin), config->n_projection, rest);
}

PleMatrix *
ple_clip_text_encode_ids (
    const PleClipText *model, const gint32 *ids, size_t n, PleProgress *progress, GError **error)
{
  const guint n_workers = ple_progress_get_n_threads (progress);
  g_autoptr (PleMatrix) features = ple_matrix_new (n, model->config.n_projection, error);
  g_autofree float **scratch = g_new0 (float *, n_workers);
  Encoding encoding = { model, ids, features, scratch };
  gboolean ok;

  if (features == NULL)
    return NULL;
  ok = ple_parallel_for_reporting (n, TEXTS_AT_ONCE, encode_group, &encoding, progress, error);
  for (guint w = 0; w < n_workers; w++)
    g_aligned_free (scratch[w]);
  return ok ? g_steal_pointer (&features) : NULL;
}

PleMatrix *
ple_clip_text_encode (const PleClipText *model,
                      const char *const *texts,
                      size_t n,
                      PleProgress *progress,
                      GError **error)
{
  g_autofree gint32 *ids = g_new (gint32, MAX (n, 1) * model->n_context);

  for (size_t i = 0; i < n; i++)
    if (!ple_clip_tokenizer_encode (model->tokenizer, texts[i], model->n_context,
                                    ids + i * model->n_context, NULL, error))
      return NULL;
  return ple_clip_text_encode_ids (model, ids, n, progress, error);
}

/* "an apple", "a cat". */
static char *
with_article (const char *name)
{
  return g_strconcat (strchr ("aeiouAEIOU", *name) != NULL && *name != '\0' ? "an " : "a ", name,
                      NULL);
}

PleMatrix *
ple_clip_text_encode_names (const PleClipText *model,
                            const char *const *names,
                            size_t n,
                            PleProgress *progress,
                            GError **error)
{
  const size_t n_sentences = G_N_ELEMENTS (sentences);
  const size_t d = model->config.n_projection;
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (PleMatrix) all = NULL;
  g_autoptr (PleMatrix) means = ple_matrix_new (n, d, error);

  if (means == NULL)
    return NULL;
  for (size_t i = 0; i < n; i++)
    {
      g_autofree char *name = with_article (names[i]);

      for (size_t s = 0; s < n_sentences; s++)
        {
          g_auto (GStrv) parts = g_strsplit (sentences[s], "%s", 2);

          g_ptr_array_add (texts, g_strjoinv (name, parts));
        }
    }
  all =
      ple_clip_text_encode (model, (const char *const *) texts->pdata, texts->len, progress, error);
  if (all == NULL)
    return NULL;
  ple_matrix_normalise_rows (all);
  for (size_t i = 0; i < n; i++)
    for (size_t s = 0; s < n_sentences; s++)
      for (size_t f = 0; f < d; f++)
        ple_matrix_row (means, i)[f] += ple_matrix_row (all, i * n_sentences + s)[f];
  ple_matrix_normalise_rows (means);
  return g_steal_pointer (&means);
}
