/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dataset/ple-dataset.h"
#include "features/ple-preprocess.h"

G_BEGIN_DECLS

/**
 * PleVisionFeed:
 *
 * Threads that decode and preprocess pictures of a data set ahead of the network: while it works on
 * one batch they fill the next.
 */
typedef struct _PleVisionFeed PleVisionFeed;

/* @dataset and @preprocess are borrowed and must outlive it. @n_threads >= 1. */
PleVisionFeed *
ple_vision_feed_new (PleDataset *dataset, const PlePreprocess *preprocess, guint n_threads);
/* Gives up what was begun; returns once no thread writes any more. */
void ple_vision_feed_free (PleVisionFeed *feed);

/* Begins to fill @pixels (n, 3, height, width) with items first .. first + n - 1 and returns at
 * once. Not before what was begun earlier has been finished. */
void ple_vision_feed_begin (PleVisionFeed *feed, size_t first, size_t n, float *pixels);
/* Waits for it, decoding too. Returns: pictures for which the placeholder stands in */
size_t ple_vision_feed_finish (PleVisionFeed *feed);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleVisionFeed, ple_vision_feed_free)

G_END_DECLS
