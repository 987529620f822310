/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The denoiser but for its branches of times and features. */
#include "config.h"

#include "cluster/ple-cludi-pass.h"

#include "base/ple-clones.h"
#include "base/ple-parallel.h"
#include "cluster/ple-cludi-arena.h"

#include <string.h>

#define CLUSTER_EPSILON 1e-6
#define NORM_EPSILON 1e-5
#define ROW_CHUNK 256

PleCludiPass *
ple_cludi_pass_new (const PleCludiNet *net, size_t n, gboolean training, GError **error)
{
  const size_t d = net->shape.n_embedding, e = ple_cludi_branch_width (&net->shape);
  const size_t h = ple_cludi_trunk_width (&net->shape);
  g_autoptr (PleCludiPass) pass = g_new0 (PleCludiPass, 1);
  const PleCludiBlock blocks[] = {
    { &pass->inputs, n, 2 * d, TRUE },       { &pass->out, n, d, TRUE },
    { &pass->cluster0, n, 2 * d, TRUE },     { &pass->cluster2, n, e, TRUE },
    { &pass->cluster2_scale, n, 1, TRUE },   { &pass->cluster3, n, e, TRUE },
    { &pass->hidden[0], n, h, TRUE },        { &pass->hidden[1], n, h, TRUE },
    { &pass->hidden[2], n, h, TRUE },        { &pass->hidden[3], n, h, TRUE },
    { &pass->hidden[4], n, h, TRUE },        { &pass->hidden[5], n, h, TRUE },
    { &pass->narrow, n, d, TRUE },           { &pass->norm, n, d, TRUE },
    { &pass->norm_scale, n, 1, TRUE },       { &pass->normed, n, d, TRUE },
    { &pass->d_cluster4, n, e, TRUE }, /* the forward pass borrows it */
    { &pass->mask, n, h, training },         { &pass->d_out, n, d, training },
    { &pass->d_inputs, n, 2 * d, training }, { &pass->cluster0_slope, n, 2 * d, training },
    { &pass->d_cluster2, n, e, training },   { &pass->d_cluster3, n, e, training },
    { &pass->slope[0], n, h, training },     { &pass->slope[1], n, h, training },
    { &pass->slope[2], n, h, training },     { &pass->slope[3], n, h, training },
    { &pass->slope[4], n, h, training },     { &pass->narrow_slope, n, d, training },
    { &pass->d_hidden, n, h, training },     { &pass->d_norm, n, d, training },
    { &pass->d_normed, n, d, training },
  };

  G_STATIC_ASSERT (PLE_CLUDI_N_TRUNK == 5);
  pass->n = n;
  pass->storage = ple_cludi_arena_new (blocks, G_N_ELEMENTS (blocks), error);
  return pass->storage != NULL ? g_steal_pointer (&pass) : NULL;
}

void
ple_cludi_pass_free (PleCludiPass *pass)
{
  if (pass == NULL)
    return;
  ple_matrix_unref (pass->storage);
  g_free (pass);
}

/* y = gain x + shift, row by row. */
PLE_CLONES static void
apply_gain (size_t n_rows,
            size_t n_cols,
            const float *restrict gain,
            const float *restrict shift,
            const float *restrict x,
            float *restrict y)
{
  for (size_t i = 0; i < n_rows; i++)
    for (size_t j = 0; j < n_cols; j++)
      y[i * n_cols + j] = gain[j] * x[i * n_cols + j] + shift[j];
}

/* y = gain x, row by row. */
PLE_CLONES static void
scale_columns (size_t n_rows,
               size_t n_cols,
               const float *restrict gain,
               const float *restrict x,
               float *restrict y)
{
  for (size_t i = 0; i < n_rows; i++)
    for (size_t j = 0; j < n_cols; j++)
      y[i * n_cols + j] = gain[j] * x[i * n_cols + j];
}

PLE_CLONES static void
multiply (size_t n, const float *restrict x, float *restrict y)
{
  for (size_t i = 0; i < n; i++)
    y[i] *= x[i];
}

/* Features, embedding and time side by side: what the trunk is given. */
PLE_CLONES static void
join_row (size_t d,
          size_t h,
          const float *restrict features,
          const float *restrict cluster,
          const float *restrict token,
          const float *restrict mask,
          float *restrict out)
{
  if (mask == NULL)
    {
      for (size_t j = 0; j < d; j++)
        out[j] = features[j] + token[j];
      for (size_t j = d; j < h; j++)
        out[j] = cluster[j - d] + token[j];
      return;
    }
  for (size_t j = 0; j < d; j++)
    out[j] = features[j] * mask[j] + token[j];
  for (size_t j = d; j < h; j++)
    out[j] = cluster[j - d] * mask[j] + token[j];
}

void
ple_cludi_pass_forward_rows (const PleCludiNet *net,
                             const PleCludiFeatures *features,
                             size_t n_draw,
                             const float *tokens,
                             gboolean shared_token,
                             gboolean masked,
                             gboolean keep,
                             PleCludiPass *p,
                             size_t begin,
                             size_t end)
{
  const size_t data = net->shape.n_inputs, d = net->shape.n_embedding, n = end - begin;
  const size_t e = ple_cludi_branch_width (&net->shape), h = ple_cludi_trunk_width (&net->shape);
  float *cluster4 = p->d_cluster4 + begin * e;

  ple_cludi_linear_active (net, PLE_CLUDI_CLUSTER_0, n, p->inputs + begin * 2 * d,
                           p->cluster0 + begin * 2 * d,
                           keep ? p->cluster0_slope + begin * 2 * d : NULL);
  ple_cludi_linear (net, PLE_CLUDI_CLUSTER_2, n, p->cluster0 + begin * 2 * d,
                    p->cluster2 + begin * e);
  ple_cludi_standardise (n, e, CLUSTER_EPSILON, p->cluster2 + begin * e, p->cluster2_scale + begin);
  apply_gain (n, e, ple_cludi_tensor (net, PLE_CLUDI_CLUSTER_GAIN),
              ple_cludi_tensor (net, PLE_CLUDI_CLUSTER_SHIFT), p->cluster2 + begin * e,
              p->cluster3 + begin * e);
  ple_cludi_linear (net, PLE_CLUDI_CLUSTER_4, n, p->cluster3 + begin * e, cluster4);
  for (size_t r = begin; r < end; r++)
    join_row (data, h, features->out + (r % features->n) * data, cluster4 + (r - begin) * e,
              tokens + (shared_token ? 0 : r / n_draw) * h, masked ? p->mask + r * h : NULL,
              p->hidden[0] + r * h);
  for (int l = 0; l < PLE_CLUDI_N_TRUNK; l++)
    ple_cludi_linear_active (net, (PleCludiLayer) (PLE_CLUDI_NETWORK_0 + l), n,
                             p->hidden[l] + begin * h, p->hidden[l + 1] + begin * h,
                             keep ? p->slope[l] + begin * h : NULL);
  ple_cludi_linear_active (net, PLE_CLUDI_NETWORK_10, n, p->hidden[PLE_CLUDI_N_TRUNK] + begin * h,
                           p->narrow + begin * d, keep ? p->narrow_slope + begin * d : NULL);
  ple_cludi_linear (net, PLE_CLUDI_NETWORK_12, n, p->narrow + begin * d, p->norm + begin * d);
  ple_cludi_standardise (n, d, NORM_EPSILON, p->norm + begin * d, p->norm_scale + begin);
  apply_gain (n, d, ple_cludi_tensor (net, PLE_CLUDI_NORM_GAIN),
              ple_cludi_tensor (net, PLE_CLUDI_NORM_SHIFT), p->norm + begin * d,
              p->normed + begin * d);
  ple_cludi_linear (net, PLE_CLUDI_FINAL, n, p->normed + begin * d, p->out + begin * d);
}

void
ple_cludi_pass_backward_rows (const PleCludiNet *net,
                              gboolean masked,
                              gboolean with_inputs,
                              PleCludiPass *p,
                              size_t begin,
                              size_t end)
{
  const size_t data = net->shape.n_inputs, d = net->shape.n_embedding, n = end - begin;
  const size_t e = ple_cludi_branch_width (&net->shape), h = ple_cludi_trunk_width (&net->shape);
  float *back = p->d_hidden + begin * h;

  ple_cludi_linear_back (net, PLE_CLUDI_FINAL, n, p->d_out + begin * d, p->d_normed + begin * d);
  scale_columns (n, d, ple_cludi_tensor (net, PLE_CLUDI_NORM_GAIN), p->d_normed + begin * d,
                 p->d_norm + begin * d);
  ple_cludi_standardise_back (n, d, p->norm + begin * d, p->norm_scale + begin,
                              p->d_norm + begin * d);
  /* d may exceed H, so this one is borrowed from the wider array. */
  ple_cludi_linear_back (net, PLE_CLUDI_NETWORK_12, n, p->d_norm + begin * d,
                         p->d_inputs + begin * 2 * d);
  multiply (n * d, p->d_inputs + begin * 2 * d, p->narrow_slope + begin * d);
  ple_cludi_linear_back (net, PLE_CLUDI_NETWORK_10, n, p->narrow_slope + begin * d, back);
  for (int l = PLE_CLUDI_N_TRUNK - 1; l >= 0; l--)
    {
      multiply (n * h, back, p->slope[l] + begin * h);
      ple_cludi_linear_back (net, (PleCludiLayer) (PLE_CLUDI_NETWORK_0 + l), n,
                             p->slope[l] + begin * h, back);
    }
  for (size_t r = begin; r < end; r++)
    {
      const float *from = p->d_hidden + r * h + data;
      float *to = p->d_cluster4 + r * e;

      for (size_t j = 0; j < e; j++)
        to[j] = masked ? from[j] * p->mask[r * h + data + j] : from[j];
    }
  ple_cludi_linear_back (net, PLE_CLUDI_CLUSTER_4, n, p->d_cluster4 + begin * e,
                         p->d_cluster3 + begin * e);
  scale_columns (n, e, ple_cludi_tensor (net, PLE_CLUDI_CLUSTER_GAIN), p->d_cluster3 + begin * e,
                 p->d_cluster2 + begin * e);
  ple_cludi_standardise_back (n, e, p->cluster2 + begin * e, p->cluster2_scale + begin,
                              p->d_cluster2 + begin * e);
  ple_cludi_linear_back (net, PLE_CLUDI_CLUSTER_2, n, p->d_cluster2 + begin * e,
                         p->d_inputs + begin * 2 * d);
  multiply (n * 2 * d, p->d_inputs + begin * 2 * d, p->cluster0_slope + begin * 2 * d);
  if (with_inputs)
    ple_cludi_linear_back (net, PLE_CLUDI_CLUSTER_0, n, p->cluster0_slope + begin * 2 * d,
                           p->d_inputs + begin * 2 * d);
}

typedef struct
{
  const PleCludiNet *net;
  const PleCludiPass *pass;
  size_t n_rows;
  size_t n_draw;
  gboolean masked;
  PleCludiFeatures *features;
  float *d_tokens;
  gboolean shared_token;
  PleMatrix *gradient;
} Collect;

/* Each feature row has the gradients of all draws that share it. */
static void
collect_features (const PleChunk *chunk, gpointer data)
{
  const Collect *job = data;
  const size_t d = job->net->shape.n_inputs, h = ple_cludi_trunk_width (&job->net->shape);

  for (size_t i = chunk->begin; i < chunk->end; i++)
    for (size_t r = i; r < job->n_rows; r += job->features->n)
      {
        const float *from = job->pass->d_hidden + r * h, *mask = job->pass->mask + r * h;
        float *to = job->features->d_out + i * d;

        if (job->masked)
          for (size_t j = 0; j < d; j++)
            to[j] += from[j] * mask[j];
        else
          for (size_t j = 0; j < d; j++)
            to[j] += from[j];
      }
}

/* Gradients of gain and shift, and of the tokens: sums of columns. */
PLE_CLONES static void
collect_sums (const Collect *job)
{
  const PleCludiNet *net = job->net;
  const PleCludiPass *p = job->pass;
  const size_t d = net->shape.n_embedding, e = ple_cludi_branch_width (&net->shape);
  const size_t h = ple_cludi_trunk_width (&net->shape);
  float *const out = job->gradient->data;
  float *restrict cluster_gain = out + net->offset[PLE_CLUDI_CLUSTER_GAIN];
  float *restrict cluster_shift = out + net->offset[PLE_CLUDI_CLUSTER_SHIFT];
  float *restrict norm_gain = out + net->offset[PLE_CLUDI_NORM_GAIN];
  float *restrict norm_shift = out + net->offset[PLE_CLUDI_NORM_SHIFT];

  for (size_t r = 0; r < job->n_rows; r++)
    {
      float *restrict token = job->d_tokens + (job->shared_token ? 0 : r / job->n_draw) * h;

      for (size_t j = 0; j < e; j++)
        {
          cluster_gain[j] += p->d_cluster3[r * e + j] * p->cluster2[r * e + j];
          cluster_shift[j] += p->d_cluster3[r * e + j];
        }
      for (size_t j = 0; j < d; j++)
        {
          norm_gain[j] += p->d_normed[r * d + j] * p->norm[r * d + j];
          norm_shift[j] += p->d_normed[r * d + j];
        }
      for (size_t j = 0; j < h; j++)
        token[j] += p->d_hidden[r * h + j];
    }
}

gboolean
ple_cludi_pass_collect (const PleCludiNet *net,
                        PleCludiPass *p,
                        size_t n_rows,
                        size_t n_draw,
                        gboolean masked,
                        PleCludiFeatures *features,
                        float *d_tokens,
                        gboolean shared_token,
                        PleMatrix *gradient,
                        PleProgress *progress,
                        GError **error)
{
  Collect job = { net, p, n_rows, n_draw, masked, features, d_tokens, shared_token, gradient };
  const PleCludiProduct products[] = {
    { PLE_CLUDI_NETWORK_0, n_rows, p->slope[0], p->hidden[0] },
    { PLE_CLUDI_NETWORK_2, n_rows, p->slope[1], p->hidden[1] },
    { PLE_CLUDI_NETWORK_4, n_rows, p->slope[2], p->hidden[2] },
    { PLE_CLUDI_NETWORK_6, n_rows, p->slope[3], p->hidden[3] },
    { PLE_CLUDI_NETWORK_8, n_rows, p->slope[4], p->hidden[4] },
    { PLE_CLUDI_CLUSTER_0, n_rows, p->cluster0_slope, p->inputs },
    { PLE_CLUDI_NETWORK_10, n_rows, p->narrow_slope, p->hidden[5] },
    { PLE_CLUDI_CLUSTER_2, n_rows, p->d_cluster2, p->cluster0 },
    { PLE_CLUDI_NETWORK_12, n_rows, p->d_norm, p->narrow },
    { PLE_CLUDI_FINAL, n_rows, p->d_out, p->normed },
    { PLE_CLUDI_CLUSTER_4, n_rows, p->d_cluster4, p->cluster3 },
  };

  collect_sums (&job);
  return ple_parallel_for (features->n, ROW_CHUNK, collect_features, &job, progress, error) &&
         ple_cludi_add_products (net, products, G_N_ELEMENTS (products), gradient, progress, error);
}
