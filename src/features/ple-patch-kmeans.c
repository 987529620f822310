/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures as counts of words of edges on a coarse grid around what stands out. Source: Coates, Lee
 * and Ng 2011. We differ: patches are of edge directions (see ple-patch-words-private.h); a word
 * answers by how far its cosine exceeds a threshold, weighted by the contrast of the patch, so that
 * empty background stays silent; the grid follows the object; a picture and its mirror image are
 * added up; and the result is compressed. */
#include "config.h"

#include "features/ple-models-private.h"

#include "features/ple-color-grid-private.h"
#include "features/ple-describe-private.h"
#include "features/ple-gradients-private.h"
#include "features/ple-patch-words-private.h"
#include "linalg/ple-linalg.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

typedef struct
{
  int n_words;
  int patch;
  int grid;
  double threshold;
  double color;
  double centring;
  bool mirror;
  int n_dimensions;
  double whitening;
} PatchKmeansParams;

/* clang-format off */
static const PleParam patch_kmeans_params[] = {
  PLE_INT    (PatchKmeansParams, n_words, "words", N_("Words"), 256, 8, 2048, .scale = PLE_SCALE_LOG,
              .blurb = N_("Size of the dictionary of patches that is learned from the pictures.")),
  PLE_INT    (PatchKmeansParams, patch, "patch_size", N_("Patch size"), 4, 2, PLE_PATCH_MAX_SIZE,
              .blurb = N_("Side of a patch in sixteenths of the picture.")),
  PLE_INT    (PatchKmeansParams, grid, "grid", N_("Grid"), 3, 1, 6,
              .blurb = N_("Words are counted in so many fields along each side; 1 forgets where they stood.")),
  PLE_DOUBLE (PatchKmeansParams, color, "color_weight", N_("Weight of colour"), 0.3, 0, 10, .ui_max = 2,
              .blurb = N_("How much colour counts beside shape; 0 is shape alone.")),
  PLE_DOUBLE (PatchKmeansParams, centring, "centring", N_("Centring"), 0.7, 0, 1,
              .blurb = N_("How far the grid follows what stands out from its surroundings, in place and size.")),
  PLE_BOOL   (PatchKmeansParams, mirror, "mirror", N_("Ignore mirroring"), true,
              .blurb = N_("A picture and its mirror image get the same vector.")),
  PLE_DOUBLE (PatchKmeansParams, threshold, "threshold", N_("Threshold"), 0.3, 0, 0.9,
              .flags = PLE_PARAM_ADVANCED,
              .blurb = N_("Cosine above which a word answers to a patch; higher is sparser.")),
  PLE_INT    (PatchKmeansParams, n_dimensions, "dimensions", N_("Dimensions"), 64, 1, 512,
              .flags = PLE_PARAM_ADVANCED, .scale = PLE_SCALE_LOG,
              .blurb = N_("Length of the vectors after compression.")),
  PLE_DOUBLE (PatchKmeansParams, whitening, "whitening", N_("Whitening"), 0.5, 0, 1,
              .flags = PLE_PARAM_ADVANCED,
              .blurb = N_("How far the compressed dimensions are made equally strong: 0 not, 1 fully.")),
  PLE_PARAM_END
};
/* clang-format on */

typedef struct
{
  const PatchKmeansParams *params;
  const PlePatchWords *words;
} PatchModel;

typedef struct
{
  size_t n_patches; /* times two if mirrored */
  size_t n_values;  /* of a patch */
  size_t depth;
  size_t n_words;
} Sizes;

static Sizes
get_sizes (const PatchModel *model)
{
  size_t positions = PLE_PATCH_POSITIONS (model->words->size);

  return (Sizes){ .n_patches = positions * positions * (model->params->mirror ? 2 : 1),
                  .n_values = model->words->projection->n_cols,
                  .depth = model->words->projection->n_rows,
                  .n_words = model->words->words->n_rows };
}

static size_t
scratch_size (const Sizes *s)
{
  return PLE_PATCHES_SCRATCH + s->n_patches * (s->n_values + s->depth + s->n_words + 1);
}

/* Cuts all patches, first of the picture, then of its mirror image, and compares them with the
 * words: @answers (n_patches, n_words), @contrast (n_patches). */
static void
compare_patches (const PatchModel *model,
                 const PlePatches *patches,
                 const Sizes *s,
                 float *scratch,
                 float *answers,
                 float *contrast)
{
  const PlePatchWords *words = model->words;
  size_t positions = PLE_PATCH_POSITIONS (words->size);
  float *cut = scratch, *codes = cut + s->n_patches * s->n_values;

  for (size_t i = 0; i < s->n_patches; i++)
    {
      size_t place = i % (positions * positions);

      contrast[i] = ple_patches_cut (patches, place / positions, place % positions,
                                     i >= positions * positions, cut + i * s->n_values);
      memcpy (codes + i * s->depth, words->offset->data, s->depth * sizeof *codes);
    }
  ple_gemm (FALSE, TRUE, s->n_patches, s->depth, s->n_values, 1, cut, s->n_values,
            words->projection->data, s->n_values, -1, codes, s->depth);
  for (size_t i = 0; i < s->n_patches; i++)
    {
      float *code = codes + i * s->depth, sum = 0;

      for (size_t k = 0; k < s->depth; k++)
        sum += code[k] * code[k];
      if (sum > 1e-20f)
        for (size_t k = 0; k < s->depth; k++)
          code[k] /= sqrtf (sum);
    }
  ple_gemm (FALSE, TRUE, s->n_patches, s->n_words, s->depth, 1, codes, s->depth, words->words->data,
            s->depth, 0, answers, s->n_words);
}

/* Adds the answers of one patch to the fields around its centre (u, v), in fields. */
static void
pool_answers (size_t n_words,
              const float *restrict answers,
              float threshold,
              float weight,
              size_t grid,
              float u,
              float v,
              float *restrict fields)
{
  int column = (int) floorf (u), row = (int) floorf (v);

  for (int j = 0; j < 2; j++)
    for (int i = 0; i < 2; i++)
      {
        float tx = i ? u - (float) column : 1 - u + (float) column;
        float ty = j ? v - (float) row : 1 - v + (float) row;
        float share = weight * tx * ty;
        float *restrict field;

        if (row + j < 0 || row + j >= (int) grid || column + i < 0 || column + i >= (int) grid ||
            share <= 0)
          continue;
        field = fields + ((size_t) (row + j) * grid + (size_t) (column + i)) * n_words;
        for (size_t k = 0; k < n_words; k++)
          field[k] += share * MAX (answers[k] - threshold, 0);
      }
}

/* Square roots, then length 1: counts of frequent words grow less. */
static void
normalise_counts (size_t n, float *values)
{
  double sum = 0;

  for (size_t i = 0; i < n; i++)
    sum += (double) values[i];
  if (sum > 1e-12)
    for (size_t i = 0; i < n; i++)
      values[i] = sqrtf ((float) ((double) values[i] / sum));
}

static void
patch_kmeans_describe (gconstpointer data, const float *rgb, float *scratch, float *out)
{
  const PatchModel *model = data;
  const PatchKmeansParams *params = model->params;
  Sizes s = get_sizes (model);
  size_t grid = (size_t) params->grid, positions = PLE_PATCH_POSITIONS (model->words->size);
  float *answers = scratch + PLE_PATCHES_SCRATCH + s.n_patches * (s.n_values + s.depth);
  float *contrast = answers + s.n_patches * s.n_words;
  PlePatches patches;
  PleFrame frame;

  ple_patches_init (&patches, model->words->size, rgb, scratch);
  frame =
      ple_gradients_find_frame (PLE_PATCH_CELLS, PLE_PATCH_BINS, patches.cells, params->centring);
  compare_patches (model, &patches, &s, scratch + PLE_PATCHES_SCRATCH, answers, contrast);

  memset (out, 0, grid * grid * s.n_words * sizeof *out);
  for (size_t i = 0; i < s.n_patches; i++)
    {
      size_t place = i % (positions * positions);
      float centre = (float) model->words->size / 2;
      float x = ((float) (place % positions) + centre) / PLE_PATCH_CELLS;
      float y = ((float) (place / positions) + centre) / PLE_PATCH_CELLS;
      float u = ((x - frame.x) / frame.half + 1) / 2 * (float) grid;
      float v = ((y - frame.y) / frame.half + 1) / 2 * (float) grid;

      if (i >= positions * positions)
        u = (float) grid - u;
      pool_answers (s.n_words, answers + i * s.n_words, (float) params->threshold, contrast[i],
                    grid, u - 0.5f, v - 0.5f, out);
    }
  normalise_counts (grid * grid * s.n_words, out);
  if (params->color > 0)
    ple_color_grid (PLE_PATCH_SIDE, rgb, &frame, params->mirror, (float) params->color,
                    out + grid * grid * s.n_words);
}

static PleMatrix *
patch_kmeans_extract (PleDataset *dataset,
                      const PleModelRequest *request,
                      PleProgress *progress,
                      GError **error)
{
  const PatchKmeansParams *p = request->params;
  g_autoptr (PleProgress) learning = ple_progress_new_stage (progress, NULL, 0, 0.25);
  g_autoptr (PleProgress) describing = ple_progress_new_stage (progress, NULL, 0.25, 1);
  g_autoptr (PlePatchWords) words = NULL;
  PleRng root, of_words, of_description;
  PatchModel model = { .params = p };
  PleDescriber describer = { .side = PLE_PATCH_SIDE,
                             .describe = patch_kmeans_describe,
                             .data = &model };
  Sizes sizes;

  if (!ple_model_check_pictures (dataset, error))
    return NULL;
  ple_rng_init (&root, request->seed);
  ple_rng_split (&root, 0, &of_words);
  ple_rng_split (&root, 1, &of_description);
  words = ple_patch_words_learn (dataset, (size_t) p->patch, (size_t) p->n_words, &of_words,
                                 learning, error);
  if (words == NULL)
    return NULL;
  model.words = words;
  sizes = get_sizes (&model);
  describer.n_values = (size_t) p->grid * (size_t) p->grid * sizes.n_words +
                       (p->color > 0 ? PLE_COLOR_GRID_VALUES : 0);
  describer.n_scratch = scratch_size (&sizes);
  return ple_describe_dataset (dataset, &describer, (size_t) p->n_dimensions, p->whitening,
                               &of_description, describing, error);
}

const PleModel ple_model_patch_kmeans = {
  .id = "patch-kmeans",
  .title = N_ ("Learned patches"),
  .summary =
      N_ ("Learns a dictionary of edge patterns from your own pictures and counts where they "
          "occur; needs no model file."),
  .reference = "Coates, Lee and Ng 2011",
  .version = 2,
  .params = patch_kmeans_params,
  .params_size = sizeof (PatchKmeansParams),
  .extract = patch_kmeans_extract,
};
