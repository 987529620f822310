/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A model folder of which one file is replaced: the first byte says which, the rest is its
 * contents. '0' config.json, '1' preprocessor_config.json, '2' model.safetensors, '3' the index,
 * beside which the true weights stand as a shard. What opens must run. */
#include "config.h"

#include "features/ple-vision-extract.h"
#include "linalg/ple-linalg.h"
#include "ple-fuzz-dataset.h"
#include "ple-make-model.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#define SHARD "model-00001-of-00001.safetensors"

static char *good_weights, *good_config;
static size_t good_weights_size, good_config_size;

static char *
path_of (const char *name)
{
  return g_build_filename (ple_fuzz_get_folder (), name, NULL);
}

/* The sound model, read once. */
static void
prepare (void)
{
  g_autofree char *weights = path_of ("model.safetensors");
  g_autofree char *config = path_of ("config.json");

  if (good_weights != NULL)
    return;
  ple_linalg_init ();
  g_assert_true (ple_make_model (ple_fuzz_get_folder (),
                                 "dinov2 hidden_size=8 num_attention_heads=2 num_hidden_layers=1 "
                                 "patch_size=4 image_size=8",
                                 NULL));
  g_assert_true (g_file_get_contents (weights, &good_weights, &good_weights_size, NULL));
  g_assert_true (g_file_get_contents (config, &good_config, &good_config_size, NULL));
}

static void
put (const char *name, gconstpointer data, size_t size)
{
  g_autofree char *path = path_of (name);

  if (data == NULL)
    g_unlink (path);
  else
    ple_fuzz_write (path, data, size);
}

static void
run (PleVisionModel *model)
{
  g_autoptr (PleVisionPlan) plan = ple_vision_plan_new (model, 12, 12, NULL);
  g_autoptr (PleVisionWorker) worker = NULL;
  g_autofree float *pixels = g_new0 (float, 3 * 12 * 12);
  g_autofree float *features = NULL;

  if (plan == NULL)
    return;
  worker = ple_vision_worker_new (plan, NULL);
  g_assert_nonnull (worker);
  features = g_new (float, ple_vision_plan_get_n_features (plan));
  ple_vision_worker_run (worker, 1, pixels, features);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PleVisionModel) model = NULL;
  g_autofree char *sum = NULL;
  char which = size > 0 ? (char) data[0] : '2';
  const uint8_t *rest = data + (size > 0);
  size_t n = size - (size > 0);

  prepare ();
  put ("config.json", good_config, good_config_size);
  put ("preprocessor_config.json", NULL, 0);
  put ("model.safetensors.index.json", NULL, 0);
  put (SHARD, NULL, 0);
  put ("model.safetensors", good_weights, good_weights_size);
  switch (which)
    {
    case '0':
      put ("config.json", rest, n);
      break;
    case '1':
      put ("preprocessor_config.json", rest, n);
      break;
    case '3':
      put ("model.safetensors", NULL, 0);
      put (SHARD, good_weights, good_weights_size);
      put ("model.safetensors.index.json", rest, n);
      break;
    default:
      put ("model.safetensors", rest, n);
    }
  model = ple_vision_model_open (ple_fuzz_get_folder (), NULL, &error);
  g_assert_true ((model == NULL) == (error != NULL));
  if (model != NULL)
    {
      PlePreprocess preprocess;
      g_autoptr (GError) refused = NULL;

      run (model);
      g_assert_true (ple_preprocess_load (ple_fuzz_get_folder (),
                                          ple_vision_model_get_config (model), &preprocess,
                                          &refused) == (refused == NULL));
    }
  sum = ple_vision_hash (ple_fuzz_get_folder (), NULL, NULL, NULL);
  return 0;
}
