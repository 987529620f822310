/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-rng.h"
#include "features/ple-pictures-private.h"

G_BEGIN_DECLS

/* Patches of edges and a dictionary of them. */

#define PLE_PATCH_SIDE 64      /* pixels of the square that is looked at */
#define PLE_PATCH_CELL 4       /* pixels */
#define PLE_PATCH_CELLS 16     /* cells along a side */
#define PLE_PATCH_BINS 8       /* orientations per cell */
#define PLE_PATCH_MAX_SIZE 8   /* cells along a side of a patch */
#define PLE_PATCH_MAX_DEPTH 64 /* principal components of a patch that are kept */

/* Patches along a side, one at each cell. */
#define PLE_PATCH_POSITIONS(size) ((size_t) (PLE_PATCH_CELLS - (size) + 1))

/**
 * PlePatches:
 * @size: cells along a side of a patch
 * @cells: (16, 16, 8) gradients pooled over the whole picture
 * @magnitude, @orientation: (64, 64), as of ple_gradients_compute()
 * @energy: mean square of @cells
 *
 * What is known of a picture before its patches are cut; arrays in scratch space.
 */
typedef struct
{
  size_t size;
  float *cells;
  float *magnitude;
  float *orientation;
  double energy;
} PlePatches;

/* Floats that ple_patches_init() takes from scratch space. */
#define PLE_PATCHES_SCRATCH                                                                        \
  (2 * PLE_PATCH_SIDE * PLE_PATCH_SIDE + PLE_PATCH_CELLS * PLE_PATCH_CELLS * PLE_PATCH_BINS)
void ple_patches_init (PlePatches *patches, size_t size, const float *rgb, float *scratch);

/**
 * ple_patches_cut:
 * @row: of the upper left cell
 * @column: of the upper left cell
 * @mirrored: cut from the mirror image instead (at the mirrored place)
 * @out: (size, size, 8): square roots of the patch divided by its length; weak patches stay short
 *
 * Returns: the contrast, 0 to 1: how strong the patch is beside the picture's average
 */
float ple_patches_cut (
    const PlePatches *patches, size_t row, size_t column, gboolean mirrored, float *out);

/**
 * PlePatchWords:
 * @offset: (1, depth) and @projection: (depth, size² 8): a patch p becomes projection p - offset,
 * scaled to length 1
 * @words: (n_words, depth), of length 1
 */
typedef struct
{
  size_t size;
  PleMatrix *offset;
  PleMatrix *projection;
  PleMatrix *words;
} PlePatchWords;

/**
 * ple_patch_words_learn:
 * @size: cells along a side of a patch
 * @n_words: wanted; no more than there are patches
 *
 * Takes about 50 000 patches from at most 2 000 training pictures, compresses and half-whitens
 * them and clusters their directions (spherical k-means). Source: Coates, Lee and Ng 2011 and
 * Coates and Ng 2012; the patches are of edges instead of colours, so that words do not depend on
 * paint and light.
 */
PlePatchWords *ple_patch_words_learn (PleDataset *dataset,
                                      size_t size,
                                      size_t n_words,
                                      const PleRng *rng,
                                      PleProgress *progress,
                                      GError **error);
void ple_patch_words_free (PlePatchWords *words);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PlePatchWords, ple_patch_words_free)

G_END_DECLS
