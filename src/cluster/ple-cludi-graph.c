/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-cludi-graph.h"

#include "base/ple-parallel.h"
#include "cluster/ple-cludi-noise.h"
#include "linalg/ple-linalg.h"
#include "nn/ple-kernels.h"

#include <math.h>
#include <string.h>

#define ROW_CHUNK 64
#define MIN_ETA 0.005
#define MAX_ETA 0.5
#define HALVINGS 9
#define ROUGH_ROUNDS 8
#define ROUNDS 30
/* Columns that a block has beyond those wanted, and the size of the space it is sought in. */
#define EXTRA 8
#define MAX_BLOCKS 32
#define MAX_SPACE 768
/* Directions with less of the norm than this are noise. */
#define MIN_SHARE 1e-9

struct _PleCludiGraph
{
  PleMatrix *cosines; /* (n, n), not below 0 */
  PleMatrix *kernel;  /* (n, n) */
  float *scales;      /* n: d */
  double eta;
};

PleCludiGraph *
ple_cludi_graph_new (const PleMatrix *x, PleProgress *progress, GError **error)
{
  g_autoptr (PleCludiGraph) graph = g_new0 (PleCludiGraph, 1);
  const size_t n = x->n_rows;

  graph->scales = g_new (float, n);
  if ((graph->cosines = ple_matrix_multiply (x, x, TRUE, progress, error)) == NULL ||
      (graph->kernel = ple_matrix_new (n, n, error)) == NULL)
    return NULL;
  for (size_t i = 0; i < n * n; i++)
    graph->cosines->data[i] = MAX (graph->cosines->data[i], 0);
  return g_steal_pointer (&graph);
}

void
ple_cludi_graph_free (PleCludiGraph *graph)
{
  if (graph == NULL)
    return;
  ple_matrix_unref (graph->cosines);
  ple_matrix_unref (graph->kernel);
  g_free (graph->scales);
  g_free (graph);
}

typedef struct
{
  PleCludiGraph *graph;
  const float *old; /* scales of the last round */
  double *parts;    /* per row */
} Rows;

static void
kernel_rows (const PleChunk *chunk, gpointer data)
{
  const Rows *job = data;
  PleCludiGraph *graph = job->graph;
  const size_t n = graph->cosines->n_rows;
  const float sharp = (float) (1 / graph->eta);

  for (size_t i = chunk->begin; i < chunk->end; i++)
    {
      const float *cosines = ple_matrix_row (graph->cosines, i);
      float *row = ple_matrix_row (graph->kernel, i);

      for (size_t j = 0; j < n; j++)
        row[j] = sharp * (cosines[j] - 1);
      ple_kernel_exp (n, row, row);
      row[i] = 0;
      graph->scales[i] = (float) (1 / sqrt (ple_kernel_sum (n, row)));
    }
}

static void
balance_rows (const PleChunk *chunk, gpointer data)
{
  const Rows *job = data;
  const size_t n = job->graph->kernel->n_rows;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    job->graph->scales[i] =
        (float) sqrt ((double) job->old[i] /
                      ple_kernel_dot (n, ple_matrix_row (job->graph->kernel, i), job->old));
}

static gboolean
balance (PleCludiGraph *graph, double eta, size_t n_rounds, PleProgress *progress, GError **error)
{
  const size_t n = graph->kernel->n_rows;
  g_autofree float *old = g_new (float, n);
  Rows job = { graph, old, NULL };

  graph->eta = eta;
  if (!ple_parallel_for (n, ROW_CHUNK, kernel_rows, &job, progress, error))
    return FALSE;
  for (size_t round = 0; round < n_rounds; round++)
    {
      memcpy (old, graph->scales, n * sizeof (float));
      if (!ple_parallel_for (n, ROW_CHUNK, balance_rows, &job, progress, error))
        return FALSE;
    }
  return TRUE;
}

/* Entropy of each row of Pi, whose logarithm is that of the scales and the cosine over eta. */
static void
entropy_rows (const PleChunk *chunk, gpointer data)
{
  const Rows *job = data;
  const PleCludiGraph *graph = job->graph;
  const size_t n = graph->kernel->n_rows;
  const float sharp = (float) (1 / graph->eta);
  g_autofree float *shares = g_new (float, 2 * n);
  float *logs = shares + n;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    {
      const float *cosines = ple_matrix_row (graph->cosines, i);
      const float *kernel = ple_matrix_row (graph->kernel, i);
      double total;

      for (size_t j = 0; j < n; j++)
        {
          shares[j] = graph->scales[i] * kernel[j] * graph->scales[j];
          logs[j] = sharp * (cosines[j] - 1) + job->old[i] + job->old[j];
        }
      total = ple_kernel_sum (n, shares);
      job->parts[i] = log (total) - ple_kernel_dot (n, shares, logs) / total;
    }
}

static gboolean
measure_perplexity (PleCludiGraph *graph, double *perplexity, PleProgress *progress, GError **error)
{
  const size_t n = graph->kernel->n_rows;
  g_autofree float *logs = g_new (float, n);
  g_autofree double *parts = g_new (double, n);
  Rows job = { graph, logs, parts };
  double mean = 0;

  for (size_t i = 0; i < n; i++)
    logs[i] = logf (graph->scales[i]);
  if (!ple_parallel_for (n, ROW_CHUNK, entropy_rows, &job, progress, error))
    return FALSE;
  for (size_t i = 0; i < n; i++)
    mean += parts[i] / (double) n;
  *perplexity = exp (mean);
  return TRUE;
}

/* The graph itself, D^-1/2 Pi D^-1/2 with D the row sums of Pi, in place of its kernel. */
static void
scale_rows (const PleChunk *chunk, gpointer data)
{
  const Rows *job = data;
  const size_t n = job->graph->kernel->n_rows;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    {
      float *row = ple_matrix_row (job->graph->kernel, i);

      for (size_t j = 0; j < n; j++)
        row[j] *= job->old[i] * job->old[j];
    }
}

gboolean
ple_cludi_graph_set_perplexity (PleCludiGraph *graph,
                                double perplexity,
                                PleProgress *progress,
                                GError **error)
{
  const size_t n = graph->kernel->n_rows;
  g_autofree float *scales = g_new (float, n);
  Rows job = { graph, scales, NULL };
  double low = log (MIN_ETA), high = log (MAX_ETA);

  for (int halving = 0; halving < HALVINGS; halving++)
    {
      double found = 0;

      if (!balance (graph, exp ((low + high) / 2), ROUGH_ROUNDS, progress, error) ||
          !measure_perplexity (graph, &found, progress, error))
        return FALSE;
      if (found < perplexity)
        low = (low + high) / 2;
      else
        high = (low + high) / 2;
    }
  if (!balance (graph, exp ((low + high) / 2), ROUNDS, progress, error))
    return FALSE;
  for (size_t i = 0; i < n; i++)
    {
      double sum = (double) graph->scales[i] *
                   ple_kernel_dot (n, ple_matrix_row (graph->kernel, i), graph->scales);

      scales[i] = (float) ((double) graph->scales[i] / sqrt (sum));
    }
  return ple_parallel_for (n, ROW_CHUNK, scale_rows, &job, progress, error);
}

/* The columns of the new block against those of the space and among each other; columns that have
 * nothing of their own become zero. Vectors are rows here: (b, n). */
static gboolean
orthonormalise (
    size_t n, size_t n_space, const float *space, size_t b, float *block, GError **error)
{
  g_autofree float *along = g_new (float, MAX (n_space, b) * b);
  g_autofree double *gram = g_new (double, b *b);
  g_autofree double *values = g_new (double, b);
  g_autofree float *mixed = g_new (float, b *n);

  for (int twice = 0; twice < 2; twice++)
    {
      if (n_space > 0)
        {
          ple_gemm (FALSE, TRUE, b, n_space, n, 1, block, n, space, n, 0, along, n_space);
          ple_gemm (FALSE, FALSE, b, n, n_space, -1, along, n_space, space, n, 1, block, n);
        }
      for (size_t i = 0; i < b; i++)
        for (size_t j = 0; j <= i; j++)
          gram[i * b + j] = gram[j * b + i] = ple_kernel_dot (n, block + i * n, block + j * n);
      if (!ple_eigen_symmetric (b, gram, values, error))
        return FALSE;
      for (size_t i = 0; i < b; i++)
        {
          double scale =
              values[i] > MIN_SHARE * values[0] && values[i] > 0 ? 1 / sqrt (values[i]) : 0;

          for (size_t j = 0; j < b; j++)
            along[i * b + j] = (float) (scale * gram[i * b + j]);
        }
      ple_gemm (FALSE, FALSE, b, n, b, 1, along, b, block, n, 0, mixed, n);
      memcpy (block, mixed, b * n * sizeof (float));
    }
  return TRUE;
}

typedef struct
{
  const PleMatrix *graph;
  size_t b;
  const float *from; /* (b, n) */
  float *to;         /* (b, n) */
} Product;

static void
product_rows (const PleChunk *chunk, gpointer data)
{
  const Product *job = data;
  const size_t n = job->graph->n_rows, here = chunk->end - chunk->begin;

  ple_gemm (FALSE, TRUE, job->b, here, n, 1, job->from, n,
            ple_matrix_row (job->graph, chunk->begin), n, 0, job->to + chunk->begin, n);
}

/* Rayleigh and Ritz on the space: its leading directions, (n, n_vectors). */
static PleMatrix *
project (size_t n,
         size_t n_space,
         const float *space,
         const float *images,
         size_t n_vectors,
         GError **error)
{
  g_autofree float *products = g_new (float, n_space *n_space);
  g_autofree double *small = g_new (double, n_space *n_space);
  g_autofree double *values = g_new (double, n_space);
  PleMatrix *out;

  ple_gemm (FALSE, TRUE, n_space, n_space, n, 1, space, n, images, n, 0, products, n_space);
  for (size_t i = 0; i < n_space; i++)
    for (size_t j = 0; j < n_space; j++)
      small[i * n_space + j] =
          ((double) products[i * n_space + j] + (double) products[j * n_space + i]) / 2;
  if (!ple_eigen_symmetric (n_space, small, values, error))
    return NULL;
  for (size_t i = 0; i < n_vectors * n_space; i++)
    products[i] = (float) small[i];
  out = ple_matrix_new (n, n_vectors, error);
  if (out == NULL)
    return NULL;
  ple_gemm (TRUE, TRUE, n, n_vectors, n_space, 1, space, n, products, n_space, 0, out->data,
            n_vectors);
  ple_matrix_normalise_rows (out);
  return out;
}

PleMatrix *
ple_cludi_graph_embed (PleCludiGraph *graph,
                       size_t n_vectors,
                       const PleRng *rng,
                       PleProgress *progress,
                       GError **error)
{
  const size_t n = graph->kernel->n_rows;
  const size_t b = MIN (n_vectors + EXTRA, n);
  const size_t n_blocks = MAX (MIN (MAX_BLOCKS, MIN (MAX_SPACE, n) / b), 1);
  g_autoptr (PleMatrix) space = ple_matrix_new (n_blocks * b, n, error);
  g_autoptr (PleMatrix) images = ple_matrix_new (n_blocks * b, n, error);
  PleRng stream;

  if (space == NULL || images == NULL)
    return NULL;
  ple_rng_split (rng, 0, &stream);
  ple_cludi_fill_normal (&stream, space->data, b * n);
  for (size_t block = 0; block < n_blocks; block++)
    {
      float *vectors = ple_matrix_row (space, block * b);
      Product product = { graph->kernel, b, vectors, ple_matrix_row (images, block * b) };

      if (!orthonormalise (n, block * b, space->data, b, vectors, error) ||
          !ple_parallel_for (n, ROW_CHUNK * 4, product_rows, &product, progress, error))
        return NULL;
      if (block + 1 < n_blocks)
        memcpy (ple_matrix_row (space, (block + 1) * b), product.to, b * n * sizeof (float));
    }
  return project (n, n_blocks * b, space->data, images->data, n_vectors, error);
}
