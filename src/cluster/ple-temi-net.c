/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-temi-net.h"

#include "base/ple-error.h"
#include "linalg/ple-linalg.h"
#include "nn/ple-kernels.h"

#include <math.h>
#include <string.h>

/* Parts and workspaces begin at multiples of 64 bytes. */
#define ALIGNED(n) (((n) + 15) & ~(size_t) 15)
#define MIN_NORM 1e-12

void
ple_temi_part_size (const PleTemiShape *shape, PleTemiPart part, size_t *n_rows, size_t *n_cols)
{
  const size_t sizes[PLE_TEMI_N_PARTS][2] = {
    [PLE_TEMI_W1] = { shape->n_hidden, shape->n_inputs },
    [PLE_TEMI_B1] = { shape->n_hidden, 1 },
    [PLE_TEMI_W2] = { shape->n_bottleneck, shape->n_hidden },
    [PLE_TEMI_B2] = { shape->n_bottleneck, 1 },
    [PLE_TEMI_G] = { shape->n_clusters, 1 },
    [PLE_TEMI_V] = { shape->n_clusters, shape->n_bottleneck },
  };

  *n_rows = sizes[part][0];
  *n_cols = sizes[part][1];
}

const char *
ple_temi_part_name (PleTemiPart part)
{
  static const char *const names[PLE_TEMI_N_PARTS] = {
    [PLE_TEMI_W1] = "mlp.0.weight",       [PLE_TEMI_B1] = "mlp.0.bias",
    [PLE_TEMI_W2] = "mlp.2.weight",       [PLE_TEMI_B2] = "mlp.2.bias",
    [PLE_TEMI_G] = "last_layer.weight_g", [PLE_TEMI_V] = "last_layer.weight_v",
  };

  return names[part];
}

PleTemiHeads *
ple_temi_heads_new (const PleTemiShape *shape, GError **error)
{
  g_autoptr (PleTemiHeads) heads = g_new0 (PleTemiHeads, 1);
  size_t offset = 0;

  heads->shape = *shape;
  for (int part = 0; part < PLE_TEMI_N_PARTS; part++)
    {
      size_t n_rows, n_cols, size;

      ple_temi_part_size (shape, (PleTemiPart) part, &n_rows, &n_cols);
      heads->offset[part] = offset;
      if (!g_size_checked_mul (&size, n_rows, n_cols) || size > G_MAXSSIZE / 64 ||
          !g_size_checked_add (&offset, offset, ALIGNED (size)))
        {
          g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY,
                       "a head of that size does not fit into memory");
          return NULL;
        }
    }
  heads->offset[PLE_TEMI_N_PARTS] = offset;
  heads->stride = offset;
  heads->storage = ple_matrix_new (shape->n_heads, offset, error);
  if (heads->storage == NULL)
    return NULL;
  heads->weights = heads->storage->data;
  return g_steal_pointer (&heads);
}

void
ple_temi_heads_free (PleTemiHeads *heads)
{
  if (heads == NULL)
    return;
  ple_matrix_unref (heads->storage);
  g_free (heads);
}

void
ple_temi_heads_init (PleTemiHeads *heads, const PleRng *rng)
{
  const PleTemiShape *shape = &heads->shape;
  const double bound = 1 / sqrt ((double) shape->n_bottleneck);

  for (size_t h = 0; h < shape->n_heads; h++)
    {
      float *g = ple_temi_heads_part (heads, h, PLE_TEMI_G);
      float *v = ple_temi_heads_part (heads, h, PLE_TEMI_V);
      PleRng stream;

      ple_rng_split (rng, h, &stream);
      memset (heads->weights + h * heads->stride, 0, heads->stride * sizeof (float));
      ple_rng_fill_normal (&stream, ple_temi_heads_part (heads, h, PLE_TEMI_W1),
                           shape->n_hidden * shape->n_inputs, 0.02);
      ple_rng_fill_normal (&stream, ple_temi_heads_part (heads, h, PLE_TEMI_W2),
                           shape->n_bottleneck * shape->n_hidden, 0.02);
      for (size_t i = 0; i < shape->n_clusters * shape->n_bottleneck; i++)
        v[i] = (float) (bound * (2 * ple_rng_uniform (&stream) - 1));
      for (size_t c = 0; c < shape->n_clusters; c++)
        g[c] = 1;
    }
}

PleTemiWorkspace *
ple_temi_workspace_new (const PleTemiHeads *heads, size_t n_rows, gboolean training, GError **error)
{
  const PleTemiShape *shape = &heads->shape;
  g_autoptr (PleTemiWorkspace) workspace = g_new0 (PleTemiWorkspace, 1);
  const struct
  {
    float **block;
    size_t n_rows;
    size_t n_cols;
    gboolean wanted;
  } blocks[] = {
    { &workspace->hidden, n_rows, shape->n_hidden, TRUE },
    { &workspace->slope, n_rows, shape->n_hidden, training },
    { &workspace->before, n_rows, shape->n_hidden, training },
    { &workspace->unit, n_rows, shape->n_bottleneck, TRUE },
    { &workspace->unit_slope, n_rows, shape->n_bottleneck, training },
    { &workspace->norms, n_rows, 1, TRUE },
    { &workspace->logits, n_rows, shape->n_clusters, TRUE },
    { &workspace->directions, shape->n_clusters, shape->n_bottleneck, TRUE },
    { &workspace->scratch, 3, shape->n_clusters, TRUE },
    { &workspace->gradient, 1, heads->stride, training },
  };
  size_t total = 0;

  workspace->n_rows = n_rows;
  for (size_t b = 0; b < G_N_ELEMENTS (blocks); b++)
    if (blocks[b].wanted)
      total += ALIGNED (blocks[b].n_rows * blocks[b].n_cols);
  workspace->storage = ple_matrix_new (1, total, error);
  if (workspace->storage == NULL)
    return NULL;
  total = 0;
  for (size_t b = 0; b < G_N_ELEMENTS (blocks); b++)
    if (blocks[b].wanted)
      {
        *blocks[b].block = workspace->storage->data + total;
        total += ALIGNED (blocks[b].n_rows * blocks[b].n_cols);
      }
  return g_steal_pointer (&workspace);
}

void
ple_temi_workspace_free (PleTemiWorkspace *workspace)
{
  if (workspace == NULL)
    return;
  ple_matrix_unref (workspace->storage);
  g_free (workspace);
}

static double
row_norm (size_t n, const float *row)
{
  return sqrt (ple_kernel_dot (n, row, row));
}

/* Rows of u + b2 to length one. */
static void
normalise_rows (size_t n_rows, size_t n_cols, const float *bias, float *u, float *norms)
{
  for (size_t i = 0; i < n_rows; i++)
    {
      float *row = u + i * n_cols;
      double norm;
      float factor;

      for (size_t j = 0; j < n_cols; j++)
        row[j] += bias[j];
      norm = MAX (row_norm (n_cols, row), MIN_NORM);
      factor = (float) (1 / norm);
      for (size_t j = 0; j < n_cols; j++)
        row[j] *= factor;
      norms[i] = (float) norm;
    }
}

void
ple_temi_forward (const PleTemiHeads *heads,
                  size_t head,
                  size_t n_rows,
                  const float *x,
                  gboolean training,
                  PleTemiWorkspace *ws)
{
  const PleTemiShape *shape = &heads->shape;
  const size_t d = shape->n_inputs, hid = shape->n_hidden, bot = shape->n_bottleneck;
  const size_t k = shape->n_clusters;
  const float *b1 = ple_temi_heads_part (heads, head, PLE_TEMI_B1);
  const float *g = ple_temi_heads_part (heads, head, PLE_TEMI_G);
  const float *v = ple_temi_heads_part (heads, head, PLE_TEMI_V);
  float *before = training ? ws->before : ws->hidden;

  ple_gemm (FALSE, TRUE, n_rows, hid, d, 1, x, d, ple_temi_heads_part (heads, head, PLE_TEMI_W1), d,
            0, before, hid);
  if (training)
    ple_kernel_gelu_slope (n_rows, hid, before, b1, ws->hidden, ws->slope);
  else
    ple_kernel_gelu (n_rows, hid, before, b1, ws->hidden);
  ple_gemm (FALSE, TRUE, n_rows, bot, hid, 1, ws->hidden, hid,
            ple_temi_heads_part (heads, head, PLE_TEMI_W2), hid, 0, ws->unit, bot);
  normalise_rows (n_rows, bot, ple_temi_heads_part (heads, head, PLE_TEMI_B2), ws->unit, ws->norms);
  for (size_t c = 0; c < k; c++)
    {
      float factor = (float) ((double) g[c] / MAX (row_norm (bot, v + c * bot), MIN_NORM));

      for (size_t j = 0; j < bot; j++)
        ws->directions[c * bot + j] = factor * v[c * bot + j];
    }
  ple_gemm (FALSE, TRUE, n_rows, k, bot, 1, ws->unit, bot, ws->directions, bot, 0, ws->logits, k);
}

/* From the gradient of g v / |v| (in @dv) to those of g and v. */
static void
direction_backward (size_t k, size_t bot, const float *g, const float *v, float *dg, float *dv)
{
  for (size_t c = 0; c < k; c++)
    {
      const float *row = v + c * bot;
      float *slope = dv + c * bot;
      double norm = MAX (row_norm (bot, row), MIN_NORM);
      double along = ple_kernel_dot (bot, slope, row) / norm;
      float factor = (float) ((double) g[c] / norm);
      float back = (float) ((double) g[c] * along / (norm * norm));

      dg[c] = (float) along;
      for (size_t j = 0; j < bot; j++)
        slope[j] = factor * slope[j] - back * row[j];
    }
}

void
ple_temi_backward (const PleTemiHeads *heads,
                   size_t head,
                   size_t n_rows,
                   const float *x,
                   const float *gradient,
                   PleTemiWorkspace *ws)
{
  const PleTemiShape *shape = &heads->shape;
  const size_t d = shape->n_inputs, hid = shape->n_hidden, bot = shape->n_bottleneck;
  const size_t k = shape->n_clusters;
  float *out = ws->gradient;
  float *dv = out + heads->offset[PLE_TEMI_V];

  ple_gemm (TRUE, FALSE, k, bot, n_rows, 1, gradient, k, ws->unit, bot, 0, dv, bot);
  direction_backward (k, bot, ple_temi_heads_part (heads, head, PLE_TEMI_G),
                      ple_temi_heads_part (heads, head, PLE_TEMI_V),
                      out + heads->offset[PLE_TEMI_G], dv);

  ple_gemm (FALSE, FALSE, n_rows, bot, k, 1, gradient, k, ws->directions, bot, 0, ws->unit_slope,
            bot);
  for (size_t i = 0; i < n_rows; i++)
    {
      const float *unit = ws->unit + i * bot;
      float *slope = ws->unit_slope + i * bot;
      float along = (float) ple_kernel_dot (bot, slope, unit);
      float factor = 1 / ws->norms[i];

      for (size_t j = 0; j < bot; j++)
        slope[j] = factor * (slope[j] - along * unit[j]);
    }
  ple_kernel_sum_rows (n_rows, bot, ws->unit_slope, out + heads->offset[PLE_TEMI_B2]);
  ple_gemm (TRUE, FALSE, bot, hid, n_rows, 1, ws->unit_slope, bot, ws->hidden, hid, 0,
            out + heads->offset[PLE_TEMI_W2], hid);

  ple_gemm (FALSE, FALSE, n_rows, hid, bot, 1, ws->unit_slope, bot,
            ple_temi_heads_part (heads, head, PLE_TEMI_W2), hid, 0, ws->before, hid);
  for (size_t i = 0; i < n_rows * hid; i++)
    ws->slope[i] *= ws->before[i];
  ple_kernel_sum_rows (n_rows, hid, ws->slope, out + heads->offset[PLE_TEMI_B1]);
  ple_gemm (TRUE, FALSE, hid, d, n_rows, 1, ws->slope, hid, x, d, 0,
            out + heads->offset[PLE_TEMI_W1], d);
}
