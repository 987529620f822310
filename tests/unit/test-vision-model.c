/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-error.h"
#include "features/ple-vision-model.h"
#include "features/ple-vision-weights.h"
#include "linalg/ple-linalg.h"
#include "ple-test-model.h"
#include "ple-test.h"

#include <glib/gstdio.h>
#include <string.h>

#define SIDE 36

/* Features of n pictures, in the groups of the plan or one by one. (transfer full) */
static PleMatrix *
run (PleVisionModel *model, size_t n, gboolean one_by_one)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PleVisionPlan) plan = ple_vision_plan_new (model, SIDE, SIDE, &error);
  g_autoptr (PleVisionWorker) worker = NULL;
  g_autoptr (PleMatrix) pixels = ple_test_random_matrix (n, 3 * SIDE * SIDE, 4);
  PleMatrix *features;
  size_t group;

  g_assert_no_error (error);
  worker = ple_vision_worker_new (plan, &error);
  g_assert_no_error (error);
  features = ple_matrix_new (n, ple_vision_plan_get_n_features (plan), NULL);
  group = one_by_one ? 1 : ple_vision_plan_get_group (plan);
  for (size_t i = 0; i < n; i += group)
    ple_vision_worker_run (worker, MIN (group, n - i), ple_matrix_row (pixels, i),
                           ple_matrix_row (features, i));
  return features;
}

static PleVisionModel *
open_model (const char *folder)
{
  g_autoptr (GError) error = NULL;
  PleVisionModel *model = ple_vision_model_open (folder, NULL, &error);

  g_assert_no_error (error);
  return model;
}

/* Each family loads by its true names, runs, and treats pictures apart. */
static void
test_family (PleTestModel *f, gconstpointer spec)
{
  g_autoptr (PleVisionModel) model = open_model (f->model);
  g_autoptr (PleMatrix) together = run (model, 5, FALSE);
  g_autoptr (PleMatrix) apart = run (model, 5, TRUE);

  g_assert_cmpuint (ple_vision_model_get_n_weights (model), >, 0);
  g_assert_cmpuint (ple_matrix_find_not_finite (together), ==, 5);
  for (size_t i = 0; i < together->n_rows * together->n_cols; i++)
    g_assert_cmpfloat_with_epsilon (together->data[i], apart->data[i], 1e-5);
  /* Different pictures, different vectors. */
  g_assert_true (memcmp (together->data, ple_matrix_row (together, 1),
                         together->n_cols * sizeof (float)) != 0);
}

/* The same weights, spread over files or behind a prefix, give the same bits. */
static void
test_layouts (PleTestModel *f, gconstpointer data)
{
  static const char *const variants[] = { PLE_TEST_TINY_DINOV2 " shards=3",
                                          PLE_TEST_TINY_DINOV2 " prefix=dinov2." };
  g_autoptr (PleVisionModel) model = open_model (f->model);
  g_autoptr (PleMatrix) expected = run (model, 2, FALSE);

  for (size_t i = 0; i < G_N_ELEMENTS (variants); i++)
    {
      g_autofree char *name = g_strdup_printf ("variant-%zu", i);
      g_autofree char *folder = g_build_filename (f->folder, name, NULL);
      g_autoptr (PleVisionModel) other = NULL;
      g_autoptr (PleMatrix) found = NULL;

      g_assert_true (ple_make_model (folder, variants[i], NULL));
      other = open_model (folder);
      found = run (other, 2, FALSE);
      ple_test_assert_same_bits (expected, found);
    }
}

/* Half precision is what it says: near. */
static void
test_types (PleTestModel *f, gconstpointer data)
{
  static const char *const variants[] = { PLE_TEST_TINY_DINOV2 " dtype=f16",
                                          PLE_TEST_TINY_DINOV2 " dtype=bf16" };
  static const double tolerances[] = { 0.02, 0.15 };
  g_autoptr (PleVisionModel) model = open_model (f->model);
  g_autoptr (PleMatrix) expected = run (model, 2, FALSE);

  for (size_t i = 0; i < G_N_ELEMENTS (variants); i++)
    {
      g_autofree char *folder = g_build_filename (f->folder, i == 0 ? "f16" : "bf16", NULL);
      g_autoptr (PleVisionModel) other = NULL;
      g_autoptr (PleMatrix) found = NULL;

      g_assert_true (ple_make_model (folder, variants[i], NULL));
      other = open_model (folder);
      found = run (other, 2, FALSE);
      for (size_t k = 0; k < expected->n_rows * expected->n_cols; k++)
        g_assert_cmpfloat_with_epsilon ((double) expected->data[k], (double) found->data[k],
                                        tolerances[i]);
    }
}

static void
refuse (const PleTestModel *f, GQuark domain, int code, const char *part, const char *other)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PleVisionModel) model = ple_vision_model_open (f->model, NULL, &error);

  g_assert_null (model);
  g_assert_error (error, domain, code);
  g_assert_nonnull (strstr (error->message, part));
  g_assert_nonnull (strstr (error->message, other));
  g_assert_null (strchr (error->message, '\n'));
}

/* The sentence names the file and the tensor. */
static void
test_broken (PleTestModel *f, gconstpointer data)
{
  g_autofree char *weights = ple_test_model_file (f, "model.safetensors");
  g_autofree char *pickle = ple_test_model_file (f, "pytorch_model.bin");
  g_autofree char *config = ple_test_model_file (f, "config.json");
  g_autofree char *text = NULL;
  g_autofree char *wider = NULL;
  g_autofree char *deeper = NULL;
  g_auto (GStrv) parts = NULL;

  g_assert_true (g_file_get_contents (config, &text, NULL, NULL));
  parts = g_strsplit (text, "\"num_hidden_layers\": 2", 2);
  g_assert_nonnull (parts[1]);
  deeper = g_strjoinv ("\"num_hidden_layers\": 3", parts);
  ple_test_model_write (f, "config.json", deeper);
  refuse (f, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH, "model.safetensors", "encoder.layer.2.norm1");
  g_strfreev (parts);
  parts = g_strsplit (text, "\"hidden_size\": 24", 2);
  wider = g_strjoinv ("\"hidden_size\": 48", parts);
  ple_test_model_write (f, "config.json", wider);
  refuse (f, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH, "embeddings.cls_token", "[1,1,48]");
  ple_test_model_write (f, "config.json", "{");
  refuse (f, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, "config.json", "JSON");
  ple_test_model_write (f, "config.json", text);
  ple_test_model_write (f, "model.safetensors", "no");
  refuse (f, PLE_FILE_ERROR, PLE_FILE_ERROR_TRUNCATED, "model.safetensors", "");
  g_unlink (weights);
  refuse (f, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY, "model.safetensors", "");
  ple_test_model_write (f, "pytorch_model.bin", "x");
  refuse (f, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED, "no model.safetensors",
          "pytorch_model.bin");
  g_unlink (config);
  refuse (f, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "config.json", "");
}

/* No name in an index leaves the folder. */
static void
test_index (PleTestModel *f, gconstpointer data)
{
  static const char *const names[] = {
    "../model.safetensors", "/etc/x.safetensors", "a/b.safetensors",
    "..safetensors",        "model.bin",          "a\\\\b.safetensors"
  };
  g_autofree char *shard = ple_test_model_file (f, "model-00002-of-00003.safetensors");

  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"weight_map\":{\"a\":\"%s\"}}", names[i]);

      ple_test_model_write (f, "model.safetensors.index.json", text);
      refuse (f, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, "model.safetensors.index.json",
              "weight_map");
    }
  ple_test_model_write (f, "model.safetensors.index.json", "{\"weight_map\":{\"a\":3}}");
  refuse (f, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, "weight_map", "");
  ple_test_model_write (f, "model.safetensors.index.json", "{\"weight_map\":{}}");
  refuse (f, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, "weight_map", "");
  g_unlink (shard);
  ple_test_model_write (f, "model.safetensors.index.json",
                        "{\"weight_map\":{\"a\":\"model-00002-of-00003.safetensors\"}}");
  refuse (f, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH, "model-00002-of-00003.safetensors",
          "missing");
}

/* Sizes that do not fit a patch, and groups on any number of threads. */
static void
test_plan (PleTestModel *f, gconstpointer data)
{
  g_autoptr (PleVisionModel) model = open_model (f->model);
  g_autoptr (GError) error = NULL;
  g_autoptr (PleVisionPlan) plan = NULL;

  g_assert_null (ple_vision_plan_new (model, 3, 40, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE);
  g_clear_error (&error);
  g_assert_null (ple_vision_plan_new (model, 40, 100000, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE);
  g_clear_error (&error);
  plan = ple_vision_plan_new (model, 9, 13, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ple_vision_plan_get_n_features (plan), ==, 24);
}

static void
test_threads (PleTestModel *f, gconstpointer data)
{
  g_autoptr (PleVisionModel) model = open_model (f->model);
  g_autoptr (PleMatrix) expected = run (model, 33, FALSE);
  g_autoptr (PleVisionPlan) plan = ple_vision_plan_new (model, SIDE, SIDE, NULL);
  g_autoptr (PleMatrix) pixels = ple_test_random_matrix (33, 3 * SIDE * SIDE, 4);
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 3);
  g_autoptr (PleProgress) cancelled = ple_test_cancelled ();
  g_autoptr (GError) error = NULL;
  PleMatrix *found = ple_matrix_new (33, 24, NULL);
  PleVisionWorker *workers[3];

  for (size_t i = 0; i < 3; i++)
    workers[i] = ple_vision_worker_new (plan, NULL);
  g_assert_true (ple_vision_run_all (plan, workers, 33, pixels->data, found->data, progress, NULL));
  ple_test_assert_same_bits (expected, found);
  g_assert_false (
      ple_vision_run_all (plan, workers, 33, pixels->data, found->data, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  for (size_t i = 0; i < 3; i++)
    ple_vision_worker_free (workers[i]);
  ple_matrix_unref (found);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    const char *spec;
  } families[] = {
    { "dinov2", PLE_TEST_TINY_DINOV2 },
    { "dinov2-swiglu", PLE_TEST_TINY_DINOV2 " use_swiglu_ffn=true" },
    { "dinov2-registers", "dinov2_with_registers hidden_size=24 num_attention_heads=3 "
                          "num_hidden_layers=2 patch_size=4 image_size=28" },
    { "dinov3", "dinov3_vit hidden_size=24 num_attention_heads=3 num_hidden_layers=2 patch_size=4 "
                "intermediate_size=40" },
    { "dinov3-gated", "dinov3_vit hidden_size=24 num_attention_heads=3 num_hidden_layers=1 "
                      "patch_size=4 intermediate_size=40 use_gated_mlp=true hidden_act=silu" },
    { "clip", "clip hidden_size=24 num_attention_heads=3 num_hidden_layers=2 patch_size=12 "
              "image_size=36 intermediate_size=40 projection_dim=10 text_hidden_size=16 "
              "text_num_attention_heads=2 text_num_hidden_layers=1 text_intermediate_size=16 "
              "text_vocab_size=50" },
    { "vit", "vit hidden_size=24 num_attention_heads=3 num_hidden_layers=2 patch_size=4 "
             "image_size=28 intermediate_size=40 prefix=vit." },
    { "vit-msn", "vit_msn hidden_size=24 num_attention_heads=3 num_hidden_layers=1 patch_size=4 "
                 "image_size=36 intermediate_size=40" },
    { "vit-mae", "vit_mae hidden_size=24 num_attention_heads=3 num_hidden_layers=1 patch_size=4 "
                 "image_size=36 intermediate_size=40 prefix=vit." },
    { "convnext", "convnext hidden_sizes=8,12,16,20 depths=1,1,2,1 prefix=convnext." },
    { "resnet", "resnet embedding_size=8 hidden_sizes=16,24,32,40 depths=1,2,1,1 prefix=resnet." },
    { "resnet-basic", "resnet embedding_size=8 hidden_sizes=8,12,16,20 depths=2,1,1,1 "
                      "layer_type=basic" },
  };

  ple_linalg_init ();
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (families); i++)
    {
      g_autofree char *path = g_strconcat ("/features/vision-model/", families[i].name, NULL);

      g_test_add (path, PleTestModel, families[i].spec, ple_test_model_set_up, test_family,
                  ple_test_model_tear_down);
    }
#define ADD(name, spec, test)                                                                      \
  g_test_add ("/features/vision-model/" name, PleTestModel, spec, ple_test_model_set_up, test,     \
              ple_test_model_tear_down)
  ADD ("shards-and-prefixes-change-nothing", NULL, test_layouts);
  ADD ("half-precision", NULL, test_types);
  ADD ("broken-folders-get-a-sentence", NULL, test_broken);
  ADD ("index-stays-in-its-folder", PLE_TEST_TINY_DINOV2 " shards=3", test_index);
  ADD ("sizes-of-pictures", NULL, test_plan);
  ADD ("any-number-of-threads", NULL, test_threads);
  return g_test_run ();
}
