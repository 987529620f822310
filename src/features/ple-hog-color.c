/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Histograms of oriented gradients on a grid around what stands out, and colour on a coarser one.
 * Source: Dalal and Triggs 2005; we have one histogram a cell, normalised by its neighbourhood and
 * the picture, instead of overlapping blocks, and the frame and the mirror are ours. */
#include "config.h"

#include "features/ple-models-private.h"

#include "features/ple-color-grid-private.h"
#include "features/ple-describe-private.h"
#include "features/ple-gradients-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define SIDE 64
#define N_BINS 9
#define FRAME_GRID 16
#define MAX_GRID 16

typedef struct
{
  int grid;
  double color;
  double centring;
  bool mirror;
  int n_dimensions;
  double whitening;
} HogColorParams;

/* clang-format off */
static const PleParam hog_color_params[] = {
  PLE_INT    (HogColorParams, grid, "grid", N_("Grid"), 6, 2, MAX_GRID,
              .blurb = N_("Cells along each side; more cells see finer shapes and forgive less.")),
  PLE_DOUBLE (HogColorParams, color, "color_weight", N_("Weight of colour"), 0.3, 0, 10, .ui_max = 2,
              .blurb = N_("How much colour counts beside shape; 0 is shape alone.")),
  PLE_DOUBLE (HogColorParams, centring, "centring", N_("Centring"), 0.7, 0, 1,
              .blurb = N_("How far the grid follows what stands out from its surroundings, in place and size.")),
  PLE_BOOL   (HogColorParams, mirror, "mirror", N_("Ignore mirroring"), true,
              .blurb = N_("A picture and its mirror image get the same vector.")),
  PLE_INT    (HogColorParams, n_dimensions, "dimensions", N_("Dimensions"), 64, 1, 512,
              .flags = PLE_PARAM_ADVANCED, .scale = PLE_SCALE_LOG,
              .blurb = N_("Length of the vectors after compression.")),
  PLE_DOUBLE (HogColorParams, whitening, "whitening", N_("Whitening"), 0.5, 0, 1,
              .flags = PLE_PARAM_ADVANCED,
              .blurb = N_("How far the compressed dimensions are made equally strong: 0 not, 1 fully.")),
  PLE_PARAM_END
};
/* clang-format on */

static size_t
n_gradient_values (const HogColorParams *params)
{
  return (size_t) params->grid * (size_t) params->grid * N_BINS;
}

/* Each cell is divided by the strength of its neighbourhood and, more weakly, of the picture, so
 * that faint pictures count as much as strong ones but flat regions stay flat. Square roots make
 * sums of histograms comparable by Euclidean distance (Hellinger). */
static void
normalise_cells (size_t grid, const float *cells, float *out)
{
  float energy[MAX_GRID * MAX_GRID];
  double total = 0;

  for (size_t c = 0; c < grid * grid; c++)
    {
      energy[c] = 0;
      for (size_t b = 0; b < N_BINS; b++)
        energy[c] += cells[c * N_BINS + b] * cells[c * N_BINS + b];
      total += (double) energy[c];
    }
  total /= (double) (grid * grid);
  for (size_t y = 0; y < grid; y++)
    for (size_t x = 0; x < grid; x++)
      {
        const float *cell = cells + (y * grid + x) * N_BINS;
        float *to = out + (y * grid + x) * N_BINS;
        double sum = 0, norm;
        size_t n = 0;

        for (size_t j = y > 0 ? y - 1 : 0; j < MIN (y + 2, grid); j++)
          for (size_t i = x > 0 ? x - 1 : 0; i < MIN (x + 2, grid); i++, n++)
            sum += (double) energy[j * grid + i];
        norm = sqrt (sum / (double) n + 0.5 * total) + 1e-6;
        for (size_t b = 0; b < N_BINS; b++)
          to[b] = sqrtf (MIN ((float) ((double) cell[b] / norm), 1));
      }
}

/* out = the mean of cells and their mirror image: columns and orientations run the other way. */
static void
symmetrise_cells (size_t grid, float *cells)
{
  for (size_t y = 0; y < grid; y++)
    for (size_t x = 0; x < (grid + 1) / 2; x++)
      {
        float *left = cells + (y * grid + x) * N_BINS;
        float *right = cells + (y * grid + grid - 1 - x) * N_BINS;
        float mean[N_BINS];

        for (size_t b = 0; b < N_BINS; b++)
          mean[b] = 0.5f * (left[b] + right[(N_BINS - b) % N_BINS]);
        for (size_t b = 0; b < N_BINS; b++)
          {
            left[b] = mean[b];
            right[(N_BINS - b) % N_BINS] = mean[b];
          }
      }
}

static void
scale_to_length (size_t n, float *values, float length)
{
  double sum = 0;

  for (size_t i = 0; i < n; i++)
    sum += (double) values[i] * (double) values[i];
  if (sum > 1e-12)
    for (size_t i = 0; i < n; i++)
      values[i] *= length / (float) sqrt (sum);
}

static void
hog_color_describe (gconstpointer data, const float *rgb, float *scratch, float *out)
{
  const HogColorParams *params = data;
  size_t grid = (size_t) params->grid;
  float *magnitude = scratch;
  float *orientation = magnitude + SIDE * SIDE;
  float *cells = orientation + SIDE * SIDE;
  PleFrame frame = PLE_FRAME_WHOLE;

  ple_gradients_compute (SIDE, N_BINS, rgb, magnitude, orientation);
  ple_gradients_pool (SIDE, N_BINS, magnitude, orientation, &frame, FRAME_GRID, cells);
  frame = ple_gradients_find_frame (FRAME_GRID, N_BINS, cells, params->centring);
  ple_gradients_pool (SIDE, N_BINS, magnitude, orientation, &frame, grid, cells);
  if (params->mirror)
    symmetrise_cells (grid, cells);
  normalise_cells (grid, cells, out);
  scale_to_length (n_gradient_values (params), out, 1);
  if (params->color > 0)
    ple_color_grid (SIDE, rgb, &frame, params->mirror, (float) params->color,
                    out + n_gradient_values (params));
}

static PleMatrix *
hog_color_extract (PleDataset *dataset,
                   const PleModelRequest *request,
                   PleProgress *progress,
                   GError **error)
{
  const HogColorParams *p = request->params;
  PleDescriber describer = {
    .side = SIDE,
    .n_values = n_gradient_values (p) + (p->color > 0 ? PLE_COLOR_GRID_VALUES : 0),
    .n_scratch = 2 * SIDE * SIDE + MAX_GRID * MAX_GRID * N_BINS,
    .describe = hog_color_describe,
    .data = p,
  };
  PleRng rng;

  if (!ple_model_check_pictures (dataset, error))
    return NULL;
  ple_rng_init (&rng, 0); /* seedless: all that is random is the start of the components */
  return ple_describe_dataset (dataset, &describer, (size_t) p->n_dimensions, p->whitening, &rng,
                               progress, error);
}

const PleModel ple_model_hog_color = {
  .id = "hog-color",
  .title = N_ ("Shapes and colours"),
  .summary = N_ ("Histograms of edge directions and colours; needs no model file and hardly learns "
                 "from the pictures."),
  .reference = "Dalal and Triggs 2005",
  .version = 3,
  .params = hog_color_params,
  .params_size = sizeof (HogColorParams),
  .extract = hog_color_extract,
  .seedless = TRUE,
};
