/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-cludi-assign.h"

#include "base/ple-parallel.h"
#include "cluster/ple-cludi-arena.h"
#include "linalg/ple-linalg.h"
#include "nn/ple-kernels.h"

#include <math.h>

#define MIN_NORM 1e-12

PleCludiAssign *
ple_cludi_assign_new (const PleCludiNet *net, size_t n, gboolean training, GError **error)
{
  const size_t d = net->shape.n_embedding, k = net->shape.n_clusters;
  const gboolean deep = net->shape.deep_head;
  g_autoptr (PleCludiAssign) a = g_new0 (PleCludiAssign, 1);
  const PleCludiBlock blocks[] = {
    { &a->x0, n, d, TRUE },
    { &a->logits, n, k, TRUE },
    { &a->hidden, n, d, deep },
    { &a->shares, n, k, training },
    { &a->embedding, n, d, training },
    { &a->norms, n, 1, training },
    { &a->hidden_slope, n, d, deep && training },
    { &a->d_logits, n, k, training },
    { &a->d_embedding, n, d, training },
    { &a->d_x0, n, d, training },
    { &a->d_shares, n, k, training },
    { &a->d_sum, n, d, training },
  };

  a->n = n;
  a->storage = ple_cludi_arena_new (blocks, G_N_ELEMENTS (blocks), error);
  return a->storage != NULL ? g_steal_pointer (&a) : NULL;
}

void
ple_cludi_assign_free (PleCludiAssign *assign)
{
  if (assign == NULL)
    return;
  ple_matrix_unref (assign->storage);
  g_free (assign);
}

void
ple_cludi_assign_logits_rows (const PleCludiNet *net, PleCludiAssign *a, size_t begin, size_t end)
{
  const size_t d = net->shape.n_embedding, k = net->shape.n_clusters, n = end - begin;

  if (!net->shape.deep_head)
    {
      ple_cludi_linear (net, PLE_CLUDI_HEAD_0, n, a->x0 + begin * d, a->logits + begin * k);
      return;
    }
  ple_cludi_linear_active (net, PLE_CLUDI_HEAD_0, n, a->x0 + begin * d, a->hidden + begin * d,
                           a->hidden_slope != NULL ? a->hidden_slope + begin * d : NULL);
  ple_cludi_linear (net, PLE_CLUDI_HEAD_2, n, a->hidden + begin * d, a->logits + begin * k);
}

void
ple_cludi_assign_embed_rows (const PleCludiNet *net, PleCludiAssign *a, size_t begin, size_t end)
{
  const size_t d = net->shape.n_embedding, k = net->shape.n_clusters;
  const double length = sqrt ((double) d);

  ple_gemm (FALSE, FALSE, end - begin, d, k, 1, a->shares + begin * k, k, net->centres->data, d, 0,
            a->embedding + begin * d, d);
  for (size_t i = begin; i < end; i++)
    {
      float *row = a->embedding + i * d;
      double norm = MAX (sqrt (ple_kernel_dot (d, row, row)), MIN_NORM);
      float factor = (float) (length / norm);

      a->norms[i] = (float) norm;
      for (size_t j = 0; j < d; j++)
        row[j] *= factor;
    }
}

void
ple_cludi_assign_shares_rows (
    const PleCludiNet *net, double temperature, PleCludiAssign *a, size_t begin, size_t end)
{
  const size_t k = net->shape.n_clusters;

  ple_kernel_softmax (end - begin, k, (float) (1 / temperature), a->logits + begin * k,
                      a->shares + begin * k);
  ple_cludi_assign_embed_rows (net, a, begin, end);
}

/* d_logits += through embedding and softmax. */
static void
embedding_back (
    const PleCludiNet *net, double temperature, PleCludiAssign *a, size_t begin, size_t end)
{
  const size_t d = net->shape.n_embedding, k = net->shape.n_clusters;
  const double length = sqrt ((double) d);
  const float sharp = (float) (1 / temperature);

  for (size_t i = begin; i < end; i++)
    {
      const float *row = a->embedding + i * d, *slope = a->d_embedding + i * d;
      float *sum = a->d_sum + i * d;
      float factor = (float) (length / (double) a->norms[i]);
      float along = (float) (ple_kernel_dot (d, slope, row) / (double) d);

      for (size_t j = 0; j < d; j++)
        sum[j] = factor * (slope[j] - along * row[j]);
    }
  ple_gemm (FALSE, TRUE, end - begin, k, d, 1, a->d_sum + begin * d, d, net->centres->data, d, 0,
            a->d_shares + begin * k, k);
  for (size_t i = begin; i < end; i++)
    {
      const float *share = a->shares + i * k, *slope = a->d_shares + i * k;
      float mean = (float) ple_kernel_dot (k, share, slope);

      for (size_t c = 0; c < k; c++)
        a->d_logits[i * k + c] += sharp * share[c] * (slope[c] - mean);
    }
}

void
ple_cludi_assign_backward_rows (const PleCludiNet *net,
                                double temperature,
                                gboolean through_embedding,
                                PleCludiAssign *a,
                                size_t begin,
                                size_t end)
{
  const size_t d = net->shape.n_embedding, k = net->shape.n_clusters, n = end - begin;

  if (through_embedding)
    embedding_back (net, temperature, a, begin, end);
  if (!net->shape.deep_head)
    {
      ple_cludi_linear_back (net, PLE_CLUDI_HEAD_0, n, a->d_logits + begin * k,
                             a->d_x0 + begin * d);
      return;
    }
  ple_cludi_linear_back (net, PLE_CLUDI_HEAD_2, n, a->d_logits + begin * k, a->d_sum + begin * d);
  for (size_t i = begin * d; i < end * d; i++)
    a->hidden_slope[i] *= a->d_sum[i];
  ple_cludi_linear_back (net, PLE_CLUDI_HEAD_0, n, a->hidden_slope + begin * d,
                         a->d_x0 + begin * d);
}

gboolean
ple_cludi_assign_collect (const PleCludiNet *net,
                          const PleCludiAssign *a,
                          size_t n_rows,
                          PleMatrix *gradient,
                          PleProgress *progress,
                          GError **error)
{
  const PleCludiProduct plain[] = { { PLE_CLUDI_HEAD_0, n_rows, a->d_logits, a->x0 } };
  const PleCludiProduct deep[] = {
    { PLE_CLUDI_HEAD_2, n_rows, a->d_logits, a->hidden },
    { PLE_CLUDI_HEAD_0, n_rows, a->hidden_slope, a->x0 },
  };

  if (net->shape.deep_head)
    return ple_cludi_add_products (net, deep, G_N_ELEMENTS (deep), gradient, progress, error);
  return ple_cludi_add_products (net, plain, G_N_ELEMENTS (plain), gradient, progress, error);
}
