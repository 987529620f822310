/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "features/ple-pictures-private.h"
#include "base/ple-rng.h"

G_BEGIN_DECLS

/**
 * PleDescriber:
 * @side: of the squares that @describe sees
 * @n_values: length of a description
 * @n_scratch: floats of scratch space per thread
 * @describe: (side, side, 3) to @n_values; @out is not cleared
 * @data: for @describe; constant while describing
 *
 * A way from one picture to a long description.
 */
typedef struct
{
  guint side;
  size_t n_values;
  size_t n_scratch;
  void (*describe) (gconstpointer data, const float *rgb, float *scratch, float *out);
  gconstpointer data;
} PleDescriber;

/**
 * ple_describe_dataset:
 * @n_components: wanted length of the vectors; fewer where there are fewer training pictures
 * @whitening: as in ple_compress_new()
 * @rng: of the training pictures that are used, at most 6 000, and of the compression
 *
 * Describes all pictures and compresses the descriptions to short vectors of length 1. The
 * compression is learned on training pictures only. Broken pictures are counted in a warning.
 * Memory: 6 000 descriptions, 1 024 more, and the result.
 *
 * Returns: (transfer full) (nullable): (n_items, q)
 */
PleMatrix *ple_describe_dataset (PleDataset *dataset,
                                 const PleDescriber *describer,
                                 size_t n_components,
                                 double whitening,
                                 const PleRng *rng,
                                 PleProgress *progress,
                                 GError **error);

G_END_DECLS
