/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The row of the table of models that stands for all models in folders. */
#include "config.h"

#include "features/ple-models-private.h"

#include "base/ple-atomic.h"
#include "features/ple-vision-extract.h"

#include <glib/gi18n-lib.h>

typedef struct
{
  char *weights;
  int precision;
  int batch_size;
  int n_decoders;
} VisionParams;

enum
{
  PRECISION_EXACT
};

/* clang-format off */
static const PleParamChoice precision_choices[] = {
  { PRECISION_EXACT, "exact", N_("exact: single precision") },
  { 0, NULL, NULL },
};

static const PleParam vision_params[] = {
  PLE_STRING (VisionParams, weights, PLE_MODEL_WEIGHTS_PARAM, N_("Weights"), "",
              .flags = PLE_PARAM_HIDDEN | PLE_PARAM_NOT_SEARCHED,
              .blurb = N_("SHA-256 of the model's files; others are refused. Found out by itself.")),
  PLE_ENUM   (VisionParams, precision, "precision", N_("Precision"), PRECISION_EXACT, precision_choices,
              .flags = PLE_PARAM_ADVANCED | PLE_PARAM_NOT_SEARCHED,
              .blurb = N_("How numbers are multiplied.")),
  PLE_INT    (VisionParams, batch_size, "feature_batch_size", N_("Pictures per step"), PLE_VISION_BATCH, 1, 65536,
              .aliases = "batch_size",
              .ui_max = 1024, .scale = PLE_SCALE_LOG,
              .flags = PLE_PARAM_ADVANCED | PLE_PARAM_NO_EFFECT | PLE_PARAM_NOT_SEARCHED,
              .blurb = N_("Vectors are kept after each step; the result does not depend on it.")),
  PLE_INT    (VisionParams, n_decoders, "feature_workers", N_("Decoding threads"), 0, 0, 1024,
              .ui_max = 64,
              .flags = PLE_PARAM_ADVANCED | PLE_PARAM_NO_EFFECT | PLE_PARAM_NOT_SEARCHED | PLE_PARAM_ZERO_IS_AUTO,
              .blurb = N_("Threads that decode pictures ahead of the network.")),
  PLE_PARAM_END
};
/* clang-format on */

static char *
vision_identify (const char *source, const char *cache_file, PleProgress *progress, GError **error)
{
  return ple_vision_hash (source, cache_file, progress, error);
}

/* The vectors stay in a mapped file, so that they may be more than memory holds. */
static PleMatrix *
vision_extract (PleDataset *dataset,
                const PleModelRequest *request,
                PleProgress *progress,
                GError **error)
{
  const VisionParams *params = request->params;
  g_autofree char *folder = NULL;
  g_autofree char *path = NULL;
  g_autoptr (PleArray) array = NULL;
  const PleVisionJob job = {
    .folder = request->source,
    .weights = params->weights,
    .cache_file = request->cache_file,
    .dataset = dataset,
    .batch_size = (guint) params->batch_size,
    .n_decoders = (guint) params->n_decoders,
  };

  if (!ple_model_check_pictures (dataset, error))
    return NULL;
  if (request->partial != NULL)
    path = g_strdup (request->partial);
  else
    {
      folder = g_dir_make_tmp ("pleiades-features-XXXXXX", error);
      if (folder == NULL)
        return NULL;
      path = g_build_filename (folder, "features.npy", NULL);
    }
  if (ple_vision_extract (&job, path, request->record, progress, error))
    array = ple_npy_read (path, error);
  /* What is mapped stays readable after its name is gone. */
  if (folder != NULL)
    ple_remove_recursively (folder, NULL);
  return array != NULL ? ple_array_to_matrix (array, error) : NULL;
}

const PleModel ple_model_vision = {
  .id = "vision",
  .title = N_ ("Vision model"),
  .summary = N_ ("A trained network from a folder: DINOv2, DINOv3, CLIP, ViT, DINO, MSN, MAE, "
                 "ConvNeXt or ResNet."),
  .reference = "Dosovitskiy et al. 2021; Oquab et al. 2023; Radford et al. 2021",
  .version = 1,
  .params = vision_params,
  .params_size = sizeof (VisionParams),
  .extract = vision_extract,
  .seedless = TRUE,
  .identify = vision_identify,
};
