/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dataset/ple-dataset.h"
#include "features/ple-preprocess.h"
#include "features/ple-vision-model.h"
#include "linalg/ple-array-file.h"

G_BEGIN_DECLS

#define PLE_VISION_BATCH 64

/**
 * PleVisionJob:
 * @folder: of the model
 * @weights: (nullable): what ple_vision_hash() must give for @folder; %NULL or "" accepts any
 * @cache_file: (nullable): for ple_vision_hash()
 * @dataset: (nullable): pictures
 * @pixels: (nullable): instead of them, preprocessed: (n, 3, height, width), any number type
 * @pixels_stamp: of where @pixels come from: the same if and only if they are
 * @batch_size: pictures per step: what is lost at most when the program is killed; rounded up to
 * whole groups of the model
 * @n_decoders: threads that decode ahead; 0 for as many as compute
 *
 * What ple_vision_extract() works on.
 */
typedef struct
{
  const char *folder;
  const char *weights;
  const char *cache_file;
  PleDataset *dataset;
  PleArray *pixels;
  const char *pixels_stamp;
  guint batch_size;
  guint n_decoders;
} PleVisionJob;

/**
 * ple_vision_extract:
 * @path: .npy that grows (see #PleGrowingArray); a call with the same job continues it
 * @record: (nullable): an object that is given what the vectors were made with: "model",
 * "model_type", "weights", "preprocessing", "precision", "created", "num_resumed"
 *
 * Vectors of all pictures, in their order, written batch by batch: memory does not depend on their
 * number. While the network works on one batch the next is decoded. A picture that cannot be
 * decoded gives the vector of the placeholder; a warning counts them.
 *
 * Returns: %FALSE if cancelled or failed; what was written stays and is continued by the next call
 */
gboolean ple_vision_extract (const PleVisionJob *job,
                             const char *path,
                             JsonObject *record,
                             PleProgress *progress,
                             GError **error);

/**
 * ple_vision_hash:
 * @folder: of a model
 * @cache_file: (nullable): JSON file that remembers the sums of files by path, size and time; made
 * if absent
 *
 * SHA-256 over config.json, preprocessor_config.json and the files of weights, in hexadecimal: what
 * tells models apart. Cost: reads all of it the first time (some 0.4 s per GB/s of the disk for a
 * base model), nothing afterwards.
 *
 * Returns: (transfer full) (nullable)
 */
char *
ple_vision_hash (const char *folder, const char *cache_file, PleProgress *progress, GError **error);

G_END_DECLS
