/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-vision-model.h"

#include "base/ple-error.h"
#include "base/ple-parallel.h"
#include "features/ple-vision-model-private.h"
#include "linalg/ple-matrix.h"

#include <glib/gi18n-lib.h>
#include <string.h>

static const PleVisionNetwork *
find_network (PleVisionFamily family)
{
  switch (family)
    {
    case PLE_VISION_CONVNEXT:
      return &ple_vision_convnext;
    case PLE_VISION_RESNET:
      return &ple_vision_resnet;
    case PLE_VISION_DINOV2:
    case PLE_VISION_DINOV2_REGISTERS:
    case PLE_VISION_DINOV3:
    case PLE_VISION_CLIP:
    case PLE_VISION_VIT:
    default:
      return &ple_vision_vit;
    }
}

PleVisionModel *
ple_vision_model_open (const char *folder, PleProgress *progress, GError **error)
{
  g_autoptr (PleVisionModel) model = g_new0 (PleVisionModel, 1);
  g_autoptr (PleVisionWeights) weights = NULL;

  model->ref_count = 1;
  if (!ple_vision_config_load (folder, &model->config, error))
    return NULL;
  model->network = find_network (model->config.family);
  weights = ple_vision_weights_open (folder, model->network->prefixes, error);
  if (weights == NULL)
    return NULL;
  model->weights = model->network->load (&model->config, weights, progress, error);
  model->n_weights = ple_vision_weights_get_n_read (weights);
  return model->weights != NULL ? g_steal_pointer (&model) : NULL;
}

PleVisionModel *
ple_vision_model_ref (PleVisionModel *model)
{
  g_atomic_int_inc (&model->ref_count);
  return model;
}

void
ple_vision_model_unref (PleVisionModel *model)
{
  if (model == NULL || !g_atomic_int_dec_and_test (&model->ref_count))
    return;
  if (model->weights != NULL)
    model->network->clear (&model->config, model->weights);
  g_free (model);
}

const PleVisionConfig *
ple_vision_model_get_config (const PleVisionModel *model)
{
  return &model->config;
}

size_t
ple_vision_model_get_n_weights (const PleVisionModel *model)
{
  return model->n_weights;
}

PleVisionPlan *
ple_vision_plan_new (PleVisionModel *model, size_t height, size_t width, GError **error)
{
  size_t least = model->config.patch_size;
  g_autoptr (PleVisionPlan) plan = g_new0 (PleVisionPlan, 1);

  plan->ref_count = 1;
  plan->model = ple_vision_model_ref (model);
  plan->height = height;
  plan->width = width;
  if (height < least || width < least || height > PLE_VISION_MAX_SIDE ||
      width > PLE_VISION_MAX_SIDE)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE,
                   _ ("pictures of %zu x %zu pixels: the model takes sides from %zu to %d"), width,
                   height, least, PLE_VISION_MAX_SIDE);
      return NULL;
    }
  return model->network->plan (plan, error) ? g_steal_pointer (&plan) : NULL;
}

PleVisionPlan *
ple_vision_plan_ref (PleVisionPlan *plan)
{
  g_atomic_int_inc (&plan->ref_count);
  return plan;
}

void
ple_vision_plan_unref (PleVisionPlan *plan)
{
  if (plan == NULL || !g_atomic_int_dec_and_test (&plan->ref_count))
    return;
  if (plan->tables != NULL)
    plan->model->network->clear_tables (plan->tables);
  ple_vision_model_unref (plan->model);
  g_free (plan);
}

size_t
ple_vision_plan_get_group (const PleVisionPlan *plan)
{
  return plan->group;
}

size_t
ple_vision_plan_get_n_features (const PleVisionPlan *plan)
{
  return plan->model->config.n_features;
}

size_t
ple_vision_plan_get_height (const PleVisionPlan *plan)
{
  return plan->height;
}

size_t
ple_vision_plan_get_width (const PleVisionPlan *plan)
{
  return plan->width;
}

PleVisionWorker *
ple_vision_worker_new (PleVisionPlan *plan, GError **error)
{
  PleMatrix *scratch = ple_matrix_new (1, plan->n_scratch, error);
  PleVisionWorker *worker;

  if (scratch == NULL)
    return NULL;
  worker = g_new0 (PleVisionWorker, 1);
  worker->plan = ple_vision_plan_ref (plan);
  worker->scratch = scratch;
  return worker;
}

void
ple_vision_worker_free (PleVisionWorker *worker)
{
  if (worker == NULL)
    return;
  ple_matrix_unref (worker->scratch);
  ple_vision_plan_unref (worker->plan);
  g_free (worker);
}

void
ple_vision_worker_set_trace (PleVisionWorker *worker, PleVisionTrace trace, gpointer data)
{
  worker->trace = trace;
  worker->trace_data = data;
}

void
ple_vision_trace (
    PleVisionWorker *worker, const char *stage, size_t n_rows, size_t n_cols, const float *values)
{
  if (worker->trace != NULL)
    worker->trace (stage, n_rows, n_cols, values, worker->trace_data);
}

void
ple_vision_worker_run (PleVisionWorker *worker,
                       size_t n_images,
                       const float *pixels,
                       float *features)
{
  g_return_if_fail (n_images <= worker->plan->group);
  worker->plan->model->network->run (worker, n_images, pixels, features);
}

typedef struct
{
  PleVisionPlan *plan;
  PleVisionWorker *const *workers;
  const float *pixels;
  float *features;
  PleProgress *progress;
} Pass;

static void
run_group (const PleChunk *chunk, gpointer data)
{
  Pass *pass = data;
  PleVisionPlan *plan = pass->plan;

  pass->workers[chunk->worker]->progress = pass->progress;
  ple_vision_worker_run (pass->workers[chunk->worker], chunk->end - chunk->begin,
                         pass->pixels + chunk->begin * 3 * plan->height * plan->width,
                         pass->features + chunk->begin * plan->model->config.n_features);
}

gboolean
ple_vision_run_all (PleVisionPlan *plan,
                    PleVisionWorker *const *workers,
                    size_t n,
                    const float *pixels,
                    float *features,
                    PleProgress *progress,
                    GError **error)
{
  Pass pass = { plan, workers, pixels, features, progress };

  return ple_parallel_for_reporting (n, plan->group, run_group, &pass, progress, error) &&
         ple_progress_check (progress, error);
}

void
ple_vision_gather (size_t n_channels,
                   size_t height,
                   size_t width,
                   const float *pixels,
                   size_t side,
                   float *patches)
{
  for (size_t i = 0; i < height / side; i++)
    for (size_t j = 0; j < width / side; j++)
      for (size_t c = 0; c < n_channels; c++)
        for (size_t y = 0; y < side; y++, patches += side)
          memcpy (patches, pixels + (c * height + i * side + y) * width + j * side,
                  side * sizeof *patches);
}
