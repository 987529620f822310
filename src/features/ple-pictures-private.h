/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dataset/ple-dataset.h"

G_BEGIN_DECLS

/**
 * PlePictureFunc:
 * @index: position in the list that was asked for
 * @rgb: (side, side, 3), 0 to 1; valid during the call
 * @worker: for scratch space, as in #PleChunk
 */
typedef void (*PlePictureFunc) (size_t index, const float *rgb, guint worker, gpointer data);

/**
 * ple_pictures_for_each:
 * @items: (array length=n) (nullable): which; %NULL for @first, @first + 1, ...
 * @first: used if @items is %NULL
 * @side: the largest centred square of each picture is resized to it
 * @func: called once per picture, concurrently, in no order
 * @n_broken: (inout): counts pictures for which the placeholder stood in
 *
 * Decodes and hands out. One decoded picture per thread is held at a time; looks at the cancel flag
 * after each. Reports 0 to 1.
 */
gboolean ple_pictures_for_each (PleDataset *dataset,
                                const guint32 *items,
                                size_t first,
                                size_t n,
                                guint side,
                                PlePictureFunc func,
                                gpointer data,
                                size_t *n_broken,
                                PleProgress *progress,
                                GError **error);

/* The training items, or all where there is no training split. (transfer full) */
guint32 *ple_pictures_list_training (PleDataset *dataset, size_t *n);

G_END_DECLS
