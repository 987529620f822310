/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-cludi-net.h"

#include "base/ple-clones.h"
#include "base/ple-error.h"
#include "base/ple-parallel.h"
#include "linalg/ple-linalg.h"
#include "nn/ple-kernels.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* Tensors begin at multiples of 64 bytes. */
#define ALIGNED(n) (((n) + 15) & ~(size_t) 15)
/* Rows of a weight matrix whose gradient is one piece of parallel work. */
#define OUTPUT_BLOCK 96

static void
layer_size (const PleCludiShape *shape, PleCludiLayer layer, size_t *n_out, size_t *n_in)
{
  const size_t data = shape->n_inputs, d = shape->n_embedding, k = shape->n_clusters;
  const size_t e = ple_cludi_branch_width (shape), h = ple_cludi_trunk_width (shape);
  const size_t sizes[PLE_CLUDI_N_LAYERS][2] = {
    [PLE_CLUDI_TIME_0] = { 4 * h, h },
    [PLE_CLUDI_TIME_2] = { h, 4 * h },
    [PLE_CLUDI_DATA_0] = { data, data },
    [PLE_CLUDI_DATA_2] = { data, data },
    [PLE_CLUDI_DATA_4] = { data, data },
    [PLE_CLUDI_CLUSTER_0] = { 2 * d, 2 * d },
    [PLE_CLUDI_CLUSTER_2] = { e, 2 * d },
    [PLE_CLUDI_CLUSTER_4] = { e, e },
    [PLE_CLUDI_NETWORK_0] = { h, h },
    [PLE_CLUDI_NETWORK_2] = { h, h },
    [PLE_CLUDI_NETWORK_4] = { h, h },
    [PLE_CLUDI_NETWORK_6] = { h, h },
    [PLE_CLUDI_NETWORK_8] = { h, h },
    [PLE_CLUDI_NETWORK_10] = { d, h },
    [PLE_CLUDI_NETWORK_12] = { d, d },
    [PLE_CLUDI_FINAL] = { d, d },
    [PLE_CLUDI_HEAD_0] = { shape->deep_head ? d : k, d },
    [PLE_CLUDI_HEAD_2] = { shape->deep_head ? k : 0, d },
  };

  *n_out = sizes[layer][0];
  *n_in = sizes[layer][1];
}

void
ple_cludi_tensor_size (const PleCludiShape *shape, int tensor, size_t *n_rows, size_t *n_cols)
{
  if (tensor < PLE_CLUDI_CLUSTER_GAIN)
    {
      layer_size (shape, (PleCludiLayer) (tensor / 2), n_rows, n_cols);
      if (tensor % 2 == 1)
        {
          *n_cols = *n_rows;
          *n_rows = 1;
        }
      return;
    }
  *n_rows = 1;
  *n_cols = tensor < PLE_CLUDI_NORM_GAIN ? ple_cludi_branch_width (shape) : shape->n_embedding;
}

const char *
ple_cludi_tensor_name (int tensor)
{
  static const char *const names[PLE_CLUDI_N_TENSORS] = {
    "time_embed.0.weight",
    "time_embed.0.bias",
    "time_embed.2.weight",
    "time_embed.2.bias",
    "data_input_proj.0.weight",
    "data_input_proj.0.bias",
    "data_input_proj.2.weight",
    "data_input_proj.2.bias",
    "data_input_proj.4.weight",
    "data_input_proj.4.bias",
    "cluster_input_proj.0.weight",
    "cluster_input_proj.0.bias",
    "cluster_input_proj.2.weight",
    "cluster_input_proj.2.bias",
    "cluster_input_proj.4.weight",
    "cluster_input_proj.4.bias",
    "network.0.weight",
    "network.0.bias",
    "network.2.weight",
    "network.2.bias",
    "network.4.weight",
    "network.4.bias",
    "network.6.weight",
    "network.6.bias",
    "network.8.weight",
    "network.8.bias",
    "network.10.weight",
    "network.10.bias",
    "network.12.weight",
    "network.12.bias",
    "final_layer.weight",
    "final_layer.bias",
    "last_layer.0.weight",
    "last_layer.0.bias",
    "last_layer.2.weight",
    "last_layer.2.bias",
    "cluster_input_proj.3.weight",
    "cluster_input_proj.3.bias",
    "norm.weight",
    "norm.bias",
  };

  return names[tensor];
}

PleCludiNet *
ple_cludi_net_new (const PleCludiShape *shape, GError **error)
{
  g_autoptr (PleCludiNet) net = g_new0 (PleCludiNet, 1);
  size_t offset = 0;

  net->shape = *shape;
  for (int tensor = 0; tensor < PLE_CLUDI_N_TENSORS; tensor++)
    {
      size_t n_rows, n_cols, size;

      ple_cludi_tensor_size (shape, tensor, &n_rows, &n_cols);
      net->offset[tensor] = offset;
      if (!g_size_checked_mul (&size, n_rows, n_cols) || size > G_MAXSSIZE / 64 ||
          !g_size_checked_add (&offset, offset, ALIGNED (size)))
        {
          g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY,
                       _ ("a network of that size does not fit into memory"));
          return NULL;
        }
    }
  net->offset[PLE_CLUDI_N_TENSORS] = offset;
  if ((net->weights = ple_matrix_new (1, offset, error)) == NULL ||
      (net->centres = ple_matrix_new (shape->n_clusters, shape->n_embedding, error)) == NULL)
    return NULL;
  return g_steal_pointer (&net);
}

PleCludiNet *
ple_cludi_net_copy (const PleCludiNet *net, GError **error)
{
  g_autoptr (PleCludiNet) copy = g_memdup2 (net, sizeof *net);

  copy->centres = ple_matrix_ref (net->centres);
  copy->weights = ple_matrix_copy (net->weights, error);
  return copy->weights != NULL ? g_steal_pointer (&copy) : NULL;
}

void
ple_cludi_net_free (PleCludiNet *net)
{
  if (net == NULL)
    return;
  ple_matrix_unref (net->weights);
  ple_matrix_unref (net->centres);
  g_free (net);
}

static void
fill_uniform (PleRng *rng, float *values, size_t n, double bound)
{
  for (size_t i = 0; i < n; i++)
    values[i] = (float) (bound * (2 * ple_rng_uniform (rng) - 1));
}

static void
fill_cut_normal (PleRng *rng, float *values, size_t n, double deviation)
{
  for (size_t i = 0; i < n; i++)
    {
      double x;

      do
        x = ple_rng_normal (rng);
      while (fabs (x) > 2);
      values[i] = (float) (deviation * x);
    }
}

void
ple_cludi_net_init (PleCludiNet *net, PleCludiInit init, const PleRng *rng)
{
  PleRng stream;

  memset (net->weights->data, 0, net->weights->n_cols * sizeof (float));
  for (int tensor = 0; tensor < PLE_CLUDI_N_TENSORS; tensor++)
    {
      size_t n_rows, n_cols, n_out, n_in;
      float *values = ple_cludi_tensor (net, tensor);

      ple_rng_split (rng, (guint64) tensor, &stream);
      ple_cludi_tensor_size (&net->shape, tensor, &n_rows, &n_cols);
      if (tensor == PLE_CLUDI_CLUSTER_GAIN || tensor == PLE_CLUDI_NORM_GAIN)
        for (size_t i = 0; i < n_cols; i++)
          values[i] = 1;
      if (tensor >= PLE_CLUDI_CLUSTER_GAIN)
        continue;
      layer_size (&net->shape, (PleCludiLayer) (tensor / 2), &n_out, &n_in);
      if (init == PLE_CLUDI_INIT_UNIFORM)
        fill_uniform (&stream, values, n_rows * n_cols, 1 / sqrt ((double) n_in));
      else if (tensor % 2 == 0)
        fill_cut_normal (&stream, values, n_rows * n_cols, 0.02);
    }
  ple_rng_split (rng, PLE_CLUDI_N_TENSORS, &stream);
  ple_rng_fill_normal (&stream, net->centres->data, net->centres->n_rows * net->centres->n_cols, 1);
  ple_matrix_normalise_rows (net->centres);
}

void
ple_cludi_linear (
    const PleCludiNet *net, PleCludiLayer layer, size_t n_rows, const float *x, float *y)
{
  const float *bias = ple_cludi_tensor (net, 2 * (int) layer + 1);
  size_t n_out, n_in;

  layer_size (&net->shape, layer, &n_out, &n_in);
  for (size_t i = 0; i < n_rows; i++)
    memcpy (y + i * n_out, bias, n_out * sizeof (float));
  ple_gemm (FALSE, TRUE, n_rows, n_out, n_in, 1, x, n_in, ple_cludi_tensor (net, 2 * (int) layer),
            n_in, 1, y, n_out);
}

void
ple_cludi_linear_active (const PleCludiNet *net,
                         PleCludiLayer layer,
                         size_t n_rows,
                         const float *x,
                         float *y,
                         float *derivative)
{
  const float *bias = ple_cludi_tensor (net, 2 * (int) layer + 1);
  const float scale = (float) net->shape.activation;
  size_t n_out, n_in;

  layer_size (&net->shape, layer, &n_out, &n_in);
  ple_gemm (FALSE, TRUE, n_rows, n_out, n_in, 1, x, n_in, ple_cludi_tensor (net, 2 * (int) layer),
            n_in, 0, y, n_out);
  if (derivative != NULL)
    ple_kernel_silu_slope (n_rows, n_out, scale, bias, y, derivative);
  else
    ple_kernel_silu (n_rows, n_out, scale, bias, y);
}

void
ple_cludi_linear_back (
    const PleCludiNet *net, PleCludiLayer layer, size_t n_rows, const float *dy, float *dx)
{
  size_t n_out, n_in;

  layer_size (&net->shape, layer, &n_out, &n_in);
  ple_gemm (FALSE, FALSE, n_rows, n_in, n_out, 1, dy, n_out,
            ple_cludi_tensor (net, 2 * (int) layer), n_in, 0, dx, n_in);
}

PLE_CLONES static void
add_column_sums (
    size_t n_rows, size_t n_cols, size_t stride, const float *restrict x, float *restrict sums)
{
  for (size_t i = 0; i < n_rows; i++)
    for (size_t j = 0; j < n_cols; j++)
      sums[j] += x[i * stride + j];
}

typedef struct
{
  const PleCludiNet *net;
  const PleCludiProduct *products;
  const size_t *first_block; /* of each product; one more at the end */
  PleMatrix *gradient;
} Products;

/* A block of output rows of one product; nothing else writes to it, so the order of the terms of a
 * layer is that of the calls. */
static void
add_block (const PleChunk *chunk, gpointer data)
{
  const Products *job = data;
  const PleCludiProduct *product = job->products;
  const size_t *first = job->first_block;
  size_t n_out, n_in, begin, n;
  float *weight, *bias;

  while (chunk->begin >= first[1])
    product++, first++;
  layer_size (&job->net->shape, product->layer, &n_out, &n_in);
  begin = (chunk->begin - first[0]) * OUTPUT_BLOCK;
  n = MIN (n_out - begin, OUTPUT_BLOCK);
  weight = job->gradient->data + job->net->offset[2 * product->layer] + begin * n_in;
  bias = job->gradient->data + job->net->offset[2 * product->layer + 1] + begin;
  ple_gemm (TRUE, FALSE, n, n_in, product->n_rows, 1, product->slopes + begin, n_out,
            product->inputs, n_in, 1, weight, n_in);
  add_column_sums (product->n_rows, n, n_out, product->slopes + begin, bias);
}

gboolean
ple_cludi_add_products (const PleCludiNet *net,
                        const PleCludiProduct *products,
                        size_t n_products,
                        PleMatrix *gradient,
                        PleProgress *progress,
                        GError **error)
{
  g_autofree size_t *first_block = g_new0 (size_t, n_products + 1);
  Products job = { net, products, first_block, gradient };

  for (size_t i = 0; i < n_products; i++)
    {
      size_t n_out, n_in;

      layer_size (&net->shape, products[i].layer, &n_out, &n_in);
      first_block[i + 1] = first_block[i] + (n_out + OUTPUT_BLOCK - 1) / OUTPUT_BLOCK;
    }
  return ple_parallel_for (first_block[n_products], 1, add_block, &job, progress, error);
}

void
ple_cludi_standardise (size_t n_rows, size_t n_cols, double epsilon, float *x, float *scales)
{
  for (size_t i = 0; i < n_rows; i++)
    {
      float *row = x + i * n_cols;
      float mean = (float) (ple_kernel_sum (n_cols, row) / (double) n_cols);
      double variance;

      for (size_t j = 0; j < n_cols; j++)
        row[j] -= mean;
      variance = ple_kernel_dot (n_cols, row, row) / (double) n_cols;
      scales[i] = (float) (1 / sqrt (variance + epsilon));
      for (size_t j = 0; j < n_cols; j++)
        row[j] *= scales[i];
    }
}

void
ple_cludi_standardise_back (
    size_t n_rows, size_t n_cols, const float *y, const float *scales, float *slopes)
{
  for (size_t i = 0; i < n_rows; i++)
    {
      const float *row = y + i * n_cols;
      float *slope = slopes + i * n_cols;
      float mean = (float) (ple_kernel_sum (n_cols, slope) / (double) n_cols);
      float along = (float) (ple_kernel_dot (n_cols, slope, row) / (double) n_cols);

      for (size_t j = 0; j < n_cols; j++)
        slope[j] = scales[i] * (slope[j] - mean - along * row[j]);
    }
}
