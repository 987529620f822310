/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <cairo.h>

#include "base/ple-progress.h"
#include "base/ple-rng.h"
#include "dataset/ple-image.h"

G_BEGIN_DECLS

/* The built-in sample: small pictures of twelve kinds of things, drawn when asked for. Colours,
 * backgrounds, size, place, tilt and direction are chosen without regard to the class, so that
 * groups can be found by shape only. See ple_sample_dataset_new() for the data set. */

#define PLE_SAMPLE_N_CLASSES 12
#define PLE_SAMPLE_SIDE 96
#define PLE_SAMPLE_DEFAULT_ITEMS 1800
/* So that file names of four digits sort by number. */
#define PLE_SAMPLE_MAX_ITEMS (10000 * PLE_SAMPLE_N_CLASSES)
/* Raised when the drawings change: part of the data set's fingerprint. */
#define PLE_SAMPLE_VERSION 1

/* English, lower case: "balloon" .. "sailboat", in C-locale order. */
const char *ple_sample_class_name (size_t class_index);

/* Pictures of a class (and of them in the training split: 80 %, rounded) in a sample of
 * @n_items: the first n_items % 12 classes have one more than the others. */
size_t ple_sample_class_size (size_t n_items, size_t class_index, size_t *n_train);

/**
 * ple_sample_draw:
 * @cr: of an image surface; the picture fills the square 0..1 of its user space, what lies outside
 * is not touched
 * @class_index: 0 .. PLE_SAMPLE_N_CLASSES - 1
 * @rng: stream of this picture; advanced by a number of steps that depends on what is drawn
 *
 * Draws one picture at any resolution.
 */
void ple_sample_draw (cairo_t *cr, size_t class_index, PleRng *rng);

/**
 * ple_sample_render:
 * @number: of the picture within its class
 * @side: pixels, at least 1; the data set has %PLE_SAMPLE_SIDE
 *
 * The picture (seed, class, number), the same whatever the size of the sample and the thread. About
 * 1.5 ms at 96 pixels.
 *
 * Returns: (transfer full) (nullable): a square picture
 */
PleImage *
ple_sample_render (size_t class_index, size_t number, guint64 seed, guint side, GError **error);

/**
 * ple_sample_write:
 * @folder: is made; an existing one must be empty
 * @n_items: 0 for %PLE_SAMPLE_DEFAULT_ITEMS
 * @seed: of the drawings
 *
 * Writes FOLDER/{train,test}/CLASS/NNNN.png, the pictures of ple_sample_dataset_new() in its order.
 * The folder appears when it is complete, or not at all.
 *
 * Returns: %FALSE with %G_FILE_ERROR_EXIST for a folder that is not empty
 */
gboolean ple_sample_write (
    const char *folder, size_t n_items, guint64 seed, PleProgress *progress, GError **error);

G_END_DECLS
