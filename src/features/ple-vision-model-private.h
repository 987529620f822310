/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "features/ple-vision-model.h"
#include "features/ple-vision-weights.h"

G_BEGIN_DECLS

typedef struct _PleVisionNetwork PleVisionNetwork;

struct _PleVisionModel
{
  PleVisionConfig config;
  const PleVisionNetwork *network;
  gpointer weights; /* of the network */
  size_t n_weights;
  int ref_count;
};

struct _PleVisionPlan
{
  PleVisionModel *model;
  size_t height;
  size_t width;
  size_t group;
  size_t n_scratch; /* floats of a worker */
  gpointer tables;  /* of the network */
  int ref_count;
};

struct _PleVisionWorker
{
  PleVisionPlan *plan;
  PleMatrix *scratch;
  PleProgress *progress; /* (nullable): looked at between layers */
  PleVisionTrace trace;
  gpointer trace_data;
};

/**
 * PleVisionNetwork:
 * @prefixes: of tensor names, as ple_vision_weights_open() takes them
 * @load: (transfer full): the weights, for model->config; NULL with an error
 * @plan: sets group, n_scratch and tables of a plan with model, height and width
 * @run: as ple_vision_worker_run()
 *
 * An architecture.
 */
struct _PleVisionNetwork
{
  const char *const *prefixes;
  gpointer (*load) (const PleVisionConfig *config,
                    PleVisionWeights *weights,
                    PleProgress *progress,
                    GError **error);
  void (*clear) (const PleVisionConfig *config, gpointer weights);
  gboolean (*plan) (PleVisionPlan *plan, GError **error);
  void (*clear_tables) (gpointer tables);
  void (*run) (PleVisionWorker *worker, size_t n_images, const float *pixels, float *features);
};

extern const PleVisionNetwork ple_vision_vit;
extern const PleVisionNetwork ple_vision_convnext;
extern const PleVisionNetwork ple_vision_resnet;

/**
 * ple_vision_load_clip_block:
 * @blocks: what tensor names begin with: "text_model.encoder.layers"
 * @index: of the block
 * @block: (out): to be cleared by the caller, on failure too
 *
 * A block in CLIP's layout, which its text side shares with the picture side.
 */
gboolean ple_vision_load_clip_block (const PleVisionConfig *config,
                                     PleVisionWeights *weights,
                                     const char *blocks,
                                     size_t index,
                                     PleBlock *block,
                                     GError **error);

/* Up to a multiple of 16 floats: so that parts of scratch space begin at cache lines. */
static inline size_t
ple_vision_align (size_t n)
{
  return (n + 15) / 16 * 16;
}

/* Pictures that give products of some @n_wanted rows, each giving @n_rows. */
static inline size_t
ple_vision_group (size_t n_rows, size_t n_wanted)
{
  return CLAMP (n_wanted / MAX (n_rows, 1), 1, 16);
}

/* Whether the work shall end: the features are then unspecified. */
static inline gboolean
ple_vision_is_cancelled (const PleVisionWorker *worker)
{
  return ple_progress_is_cancelled (worker->progress);
}

/* Calls the worker's trace, if it has one. */
void ple_vision_trace (
    PleVisionWorker *worker, const char *stage, size_t n_rows, size_t n_cols, const float *values);

/**
 * ple_vision_gather:
 * @pixels: (n_channels, height, width)
 * @side: of a patch; patches lie side by side, what is left at the right and below is left out
 * @patches: (out): (height / side, width / side, n_channels side side), a patch in the order
 * channel, y, x
 */
void ple_vision_gather (size_t n_channels,
                        size_t height,
                        size_t width,
                        const float *pixels,
                        size_t side,
                        float *patches);

G_END_DECLS
