/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "features/ple-vision-config.h"

G_BEGIN_DECLS

/**
 * PleVisionModel:
 *
 * A vision model of a folder in the layout of the transformers library: config.json with
 * model.safetensors or its shards. All weights are in memory, laid out for the products; about as
 * many bytes as they take as float32. Frozen; reference-counted; from any thread.
 */
typedef struct _PleVisionModel PleVisionModel;

/**
 * ple_vision_model_open:
 * @folder: of the model
 * @progress: (nullable): threads, cancelling
 *
 * Checks config.json, then the shape of each tensor against it before the tensor is used.
 *
 * Cost: one pass over the weights; about 0.3 s for 350 MB in the system's cache.
 *
 * Returns: (transfer full) (nullable): a PleFileError or GFileError in one sentence that names the
 * file, the tensor or field, and what was expected
 */
PleVisionModel *ple_vision_model_open (const char *folder, PleProgress *progress, GError **error);
PleVisionModel *ple_vision_model_ref (PleVisionModel *model);
void ple_vision_model_unref (PleVisionModel *model);

const PleVisionConfig *ple_vision_model_get_config (const PleVisionModel *model);
/* Weights that are used, as numbers. */
size_t ple_vision_model_get_n_weights (const PleVisionModel *model);

/**
 * PleVisionPlan:
 *
 * A model made ready for pictures of one size: positions interpolated, tables made. Frozen; shared
 * by workers; holds a reference to the model.
 */
typedef struct _PleVisionPlan PleVisionPlan;

/**
 * ple_vision_plan_new:
 * @height, @width: of the pictures in pixels, at least one patch each
 *
 * What does not fill a patch at the right and lower edge is left out, as the strided convolution
 * of the reference does.
 */
PleVisionPlan *
ple_vision_plan_new (PleVisionModel *model, size_t height, size_t width, GError **error);
PleVisionPlan *ple_vision_plan_ref (PleVisionPlan *plan);
void ple_vision_plan_unref (PleVisionPlan *plan);

/* Pictures that a worker takes at once: as many as make its products large. Constant of the plan,
 * so that who cuts a data set into groups of that size gets the same bits every time. */
size_t ple_vision_plan_get_group (const PleVisionPlan *plan);
/* Length of a feature vector. */
size_t ple_vision_plan_get_n_features (const PleVisionPlan *plan);
size_t ple_vision_plan_get_height (const PleVisionPlan *plan);
size_t ple_vision_plan_get_width (const PleVisionPlan *plan);

/**
 * PleVisionTrace:
 * @stage: "embeddings", "hidden_0", "hidden_1", "stage_1", ...
 * @values: (n_rows, n_cols); one row per token or pixel of all pictures
 *
 * For tests: sees values on the way.
 */
typedef void (*PleVisionTrace) (
    const char *stage, size_t n_rows, size_t n_cols, const float *values, gpointer data);

/**
 * PleVisionWorker:
 *
 * The memory that one thread needs to run a plan. Not thread-safe.
 */
typedef struct _PleVisionWorker PleVisionWorker;

/* %PLE_NUMERIC_ERROR_NO_MEMORY if it cannot be had. */
PleVisionWorker *ple_vision_worker_new (PleVisionPlan *plan, GError **error);
void ple_vision_worker_free (PleVisionWorker *worker);
void ple_vision_worker_set_trace (PleVisionWorker *worker, PleVisionTrace trace, gpointer data);

/**
 * ple_vision_worker_run:
 * @n_images: at most ple_vision_plan_get_group()
 * @pixels: (n_images, 3, height, width), preprocessed
 * @features: (out): (n_images, n_features)
 *
 * On the calling thread; allocates nothing.
 */
void ple_vision_worker_run (PleVisionWorker *worker,
                            size_t n_images,
                            const float *pixels,
                            float *features);

/* What the extraction calls: groups of pixels (n, 3, height, width) to features, on all threads of
 * @progress; @workers: one per thread. FALSE if cancelled. */
gboolean ple_vision_run_all (PleVisionPlan *plan,
                             PleVisionWorker *const *workers,
                             size_t n,
                             const float *pixels,
                             float *features,
                             PleProgress *progress,
                             GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleVisionModel, ple_vision_model_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleVisionPlan, ple_vision_plan_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleVisionWorker, ple_vision_worker_free)

G_END_DECLS
