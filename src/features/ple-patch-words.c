/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-patch-words-private.h"

#include "features/ple-gradients-private.h"
#include "linalg/ple-linalg.h"
#include "linalg/ple-lloyd.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define N_PATCHES 50000
#define MAX_PICTURES 2000
#define ITERATIONS 20
/* Energy of a patch, in shares of an average one, that is added before its length is taken. */
#define REGULARISER 0.1
#define CONTRAST_HALF 0.5
/* Share of the first variance that is added before whitening. */
#define VARIANCE_FLOOR 1e-3

static double
mean_energy (const float *cells)
{
  size_t n = PLE_PATCH_CELLS * PLE_PATCH_CELLS * PLE_PATCH_BINS;
  double sum = 0;

  for (size_t i = 0; i < n; i++)
    sum += (double) cells[i] * (double) cells[i];
  return sum / (double) n;
}

void
ple_patches_init (PlePatches *patches, size_t size, const float *rgb, float *scratch)
{
  PleFrame whole = PLE_FRAME_WHOLE;

  patches->size = size;
  patches->magnitude = scratch;
  patches->orientation = patches->magnitude + PLE_PATCH_SIDE * PLE_PATCH_SIDE;
  patches->cells = patches->orientation + PLE_PATCH_SIDE * PLE_PATCH_SIDE;
  ple_gradients_compute (PLE_PATCH_SIDE, PLE_PATCH_BINS, rgb, patches->magnitude,
                         patches->orientation);
  ple_gradients_pool (PLE_PATCH_SIDE, PLE_PATCH_BINS, patches->magnitude, patches->orientation,
                      &whole, PLE_PATCH_CELLS, patches->cells);
  patches->energy = mean_energy (patches->cells);
}

/* Copies the cells of a patch; of the mirror image: columns and orientations run the other way. */
static void
copy_cells (const PlePatches *patches, size_t row, size_t column, gboolean mirrored, float *out)
{
  size_t size = patches->size;

  for (size_t y = 0; y < size; y++)
    for (size_t x = 0; x < size; x++)
      {
        size_t from_x = column + (mirrored ? size - 1 - x : x);
        const float *from =
            patches->cells + ((row + y) * PLE_PATCH_CELLS + from_x) * PLE_PATCH_BINS;

        for (size_t b = 0; b < PLE_PATCH_BINS; b++)
          *out++ = from[mirrored ? (PLE_PATCH_BINS - b) % PLE_PATCH_BINS : b];
      }
}

float
ple_patches_cut (
    const PlePatches *patches, size_t row, size_t column, gboolean mirrored, float *out)
{
  size_t n = patches->size * patches->size * PLE_PATCH_BINS;
  double average = patches->energy * (double) n, sum = 0, norm;

  copy_cells (patches, row, column, mirrored, out);
  for (size_t i = 0; i < n; i++)
    sum += (double) out[i] * (double) out[i];
  norm = sqrt (sum + REGULARISER * average) + 1e-9;
  for (size_t i = 0; i < n; i++)
    out[i] = sqrtf ((float) ((double) out[i] / norm));
  return sum > 0 ? (float) sqrt (sum / (sum + CONTRAST_HALF * average)) : 0;
}

typedef struct
{
  size_t size;
  size_t per_picture;
  const PleRng *rng;
  PleMatrix *patches;
  float *scratch;
} Gathering;

static void
gather_picture (size_t index, const float *rgb, guint worker, gpointer data)
{
  Gathering *gathering = data;
  size_t positions = PLE_PATCH_POSITIONS (gathering->size);
  PlePatches patches;
  PleRng stream;

  ple_patches_init (&patches, gathering->size, rgb,
                    gathering->scratch + worker * PLE_PATCHES_SCRATCH);
  ple_rng_split (gathering->rng, index, &stream);
  for (size_t i = 0; i < gathering->per_picture; i++)
    {
      size_t place = ple_rng_below (&stream, positions * positions);
      gboolean mirrored = ple_rng_below (&stream, 2) == 1;

      ple_patches_cut (&patches, place / positions, place % positions, mirrored,
                       ple_matrix_row (gathering->patches, index * gathering->per_picture + i));
    }
}

/* (n, size² 8): patches from random places of random training pictures. */
static PleMatrix *
gather (PleDataset *dataset, size_t size, const PleRng *rng, PleProgress *progress, GError **error)
{
  size_t n, positions = PLE_PATCH_POSITIONS (size), n_broken = 0;
  g_autofree guint32 *training = ple_pictures_list_training (dataset, &n);
  size_t n_pictures = MIN (n, MAX_PICTURES);
  g_autofree guint32 *chosen = g_new (guint32, MAX (n_pictures, 1));
  g_autofree float *scratch =
      g_new (float, (size_t) PLE_PATCHES_SCRATCH *ple_progress_get_n_threads (progress));
  g_autoptr (PleMatrix) patches = NULL;
  PleRng of_choice, of_places;
  Gathering gathering = { .size = size, .rng = &of_places, .scratch = scratch };

  ple_rng_split (rng, 0, &of_choice);
  ple_rng_split (rng, 1, &of_places);
  ple_rng_sample (&of_choice, n, n_pictures, chosen);
  for (size_t i = 0; i < n_pictures; i++)
    chosen[i] = training[chosen[i]];
  gathering.per_picture = MIN (positions * positions, (N_PATCHES + n_pictures - 1) / n_pictures);
  patches = gathering.patches =
      ple_matrix_new (n_pictures * gathering.per_picture, size * size * PLE_PATCH_BINS, error);
  if (patches == NULL ||
      !ple_pictures_for_each (dataset, chosen, 0, n_pictures, PLE_PATCH_SIDE, gather_picture,
                              &gathering, &n_broken, progress, error))
    return NULL;
  return g_steal_pointer (&patches);
}

/* Half-whitens the scores of the patches in place and folds the same into the projection. */
static gboolean
set_projection (PlePatchWords *words,
                const PleMatrix *mean,
                PleMatrix *components,
                const PleMatrix *explained,
                PleMatrix *scores,
                GError **error)
{
  size_t depth = components->n_rows, d = components->n_cols;
  float scale[PLE_PATCH_MAX_DEPTH];

  words->offset = ple_matrix_new (1, depth, error);
  if (words->offset == NULL)
    return FALSE;
  for (size_t k = 0; k < depth; k++)
    {
      double share = (double) explained->data[k] + VARIANCE_FLOOR * (double) explained->data[0];
      float *row = ple_matrix_row (components, k);
      double offset = 0;

      scale[k] = share > 0 ? (float) pow (share, -0.25) : 1;
      for (size_t f = 0; f < d; f++)
        {
          row[f] *= scale[k];
          offset += (double) row[f] * (double) mean->data[f];
        }
      words->offset->data[k] = (float) offset;
    }
  for (size_t i = 0; i < scores->n_rows; i++)
    for (size_t k = 0; k < depth; k++)
      ple_matrix_row (scores, i)[k] *= scale[k];
  words->projection = ple_matrix_ref (components);
  return TRUE;
}

PlePatchWords *
ple_patch_words_learn (PleDataset *dataset,
                       size_t size,
                       size_t n_words,
                       const PleRng *rng,
                       PleProgress *progress,
                       GError **error)
{
  g_autoptr (PlePatchWords) words = g_new0 (PlePatchWords, 1);
  g_autoptr (PleProgress) gathering = ple_progress_new_stage (progress, _ ("Patches"), 0, 0.4);
  g_autoptr (PleProgress) clustering = ple_progress_new_stage (progress, _ ("Dictionary"), 0.4, 1);
  g_autoptr (PleMatrix) patches = gather (dataset, size, rng, gathering, error);
  g_autoptr (PleMatrix) scores = NULL, mean = NULL, components = NULL, explained = NULL;
  PleLloydOptions options = { .n_starts = 1, .max_iterations = ITERATIONS, .tolerance = 1e-3 };
  PleRng of_words;
  size_t depth;

  if (patches == NULL)
    return NULL;
  depth = MIN (PLE_PATCH_MAX_DEPTH, MIN (patches->n_rows, patches->n_cols));
  scores = ple_pca (patches, depth, &mean, &components, &explained, clustering, error);
  words->size = size;
  if (scores == NULL || !set_projection (words, mean, components, explained, scores, error))
    return NULL;
  ple_matrix_normalise_rows (scores);
  ple_rng_split (rng, 2, &of_words);
  options.n_clusters = MIN (n_words, scores->n_rows);
  if (!ple_lloyd (scores, &options, TRUE, &of_words, &words->words, NULL, NULL, clustering, error))
    return NULL;
  return g_steal_pointer (&words);
}

void
ple_patch_words_free (PlePatchWords *words)
{
  if (words == NULL)
    return;
  g_clear_pointer (&words->offset, ple_matrix_unref);
  g_clear_pointer (&words->projection, ple_matrix_unref);
  g_clear_pointer (&words->words, ple_matrix_unref);
  g_free (words);
}
