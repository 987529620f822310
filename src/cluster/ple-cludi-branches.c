/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The denoiser's branches of the times and of the features. */
#include "config.h"

#include "cluster/ple-cludi-pass.h"

#include "base/ple-parallel.h"
#include "cluster/ple-cludi-arena.h"

#include <math.h>
#include <string.h>

#define EPSILON 1e-6
#define ROW_CHUNK 256

PleCludiTimes *
ple_cludi_times_new (const PleCludiNet *net, size_t n, GError **error)
{
  const size_t h = ple_cludi_trunk_width (&net->shape);
  g_autoptr (PleCludiTimes) times = g_new0 (PleCludiTimes, 1);
  const PleCludiBlock blocks[] = {
    { &times->tokens, n, h, TRUE },
    { &times->d_tokens, n, h, TRUE },
    { &times->waves, n, h, TRUE },
    { &times->hidden, n, 4 * h, TRUE },
    { &times->hidden_slope, n, 4 * h, TRUE },
  };

  times->n = n;
  times->storage = ple_cludi_arena_new (blocks, G_N_ELEMENTS (blocks), error);
  return times->storage != NULL ? g_steal_pointer (&times) : NULL;
}

void
ple_cludi_times_free (PleCludiTimes *times)
{
  if (times == NULL)
    return;
  ple_matrix_unref (times->storage);
  g_free (times);
}

void
ple_cludi_times_forward (const PleCludiNet *net, const gint32 *times, PleCludiTimes *state)
{
  const size_t h = ple_cludi_trunk_width (&net->shape), half = h / 2;

  for (size_t i = 0; i < state->n; i++)
    for (size_t j = 0; j < half; j++)
      {
        double angle = times[i] * exp (-log (10000) * (double) j / (double) half);

        state->waves[i * h + j] = (float) cos (angle);
        state->waves[i * h + half + j] = (float) sin (angle);
      }
  ple_cludi_linear_active (net, PLE_CLUDI_TIME_0, state->n, state->waves, state->hidden,
                           state->hidden_slope);
  ple_cludi_linear (net, PLE_CLUDI_TIME_2, state->n, state->hidden, state->tokens);
  memset (state->d_tokens, 0, state->n * h * sizeof (float));
}

gboolean
ple_cludi_times_backward (const PleCludiNet *net,
                          PleCludiTimes *state,
                          PleMatrix *gradient,
                          PleProgress *progress,
                          GError **error)
{
  const size_t h = ple_cludi_trunk_width (&net->shape), n = state->n * 4 * h;
  g_autofree float *back = g_new (float, n);
  const PleCludiProduct products[] = {
    { PLE_CLUDI_TIME_2, state->n, state->d_tokens, state->hidden },
    { PLE_CLUDI_TIME_0, state->n, state->hidden_slope, state->waves },
  };

  ple_cludi_linear_back (net, PLE_CLUDI_TIME_2, state->n, state->d_tokens, back);
  for (size_t i = 0; i < n; i++)
    state->hidden_slope[i] *= back[i];
  return ple_cludi_add_products (net, products, G_N_ELEMENTS (products), gradient, progress, error);
}

PleCludiFeatures *
ple_cludi_features_new (const PleCludiNet *net, size_t n, gboolean training, GError **error)
{
  const size_t d = net->shape.n_inputs;
  g_autoptr (PleCludiFeatures) features = g_new0 (PleCludiFeatures, 1);
  const PleCludiBlock blocks[] = {
    { &features->x, n, d, TRUE },
    { &features->out, n, d, TRUE },
    { &features->hidden, n, d, TRUE },
    { &features->middle, n, d, TRUE },
    { &features->middle_scale, n, 1, TRUE },
    { &features->d_out, n, d, training },
    { &features->hidden_slope, n, d, training },
    { &features->d_middle, n, d, training },
  };

  features->n = n;
  features->storage = ple_cludi_arena_new (blocks, G_N_ELEMENTS (blocks), error);
  return features->storage != NULL ? g_steal_pointer (&features) : NULL;
}

void
ple_cludi_features_free (PleCludiFeatures *features)
{
  if (features == NULL)
    return;
  ple_matrix_unref (features->storage);
  g_free (features);
}

void
ple_cludi_features_forward_rows (const PleCludiNet *net,
                                 PleCludiFeatures *f,
                                 size_t begin,
                                 size_t end)
{
  const size_t d = net->shape.n_inputs, n = end - begin, at = begin * d;

  ple_cludi_linear_active (net, PLE_CLUDI_DATA_0, n, f->x + at, f->hidden + at,
                           f->hidden_slope != NULL ? f->hidden_slope + at : NULL);
  ple_cludi_linear (net, PLE_CLUDI_DATA_2, n, f->hidden + at, f->middle + at);
  ple_cludi_standardise (n, d, EPSILON, f->middle + at, f->middle_scale + begin);
  ple_cludi_linear (net, PLE_CLUDI_DATA_4, n, f->middle + at, f->out + at);
  if (f->d_out != NULL)
    memset (f->d_out + at, 0, n * d * sizeof (float));
}

typedef struct
{
  const PleCludiNet *net;
  PleCludiFeatures *features;
} Branch;

static void
features_back (const PleChunk *chunk, gpointer data)
{
  const Branch *branch = data;
  PleCludiFeatures *f = branch->features;
  const size_t d = branch->net->shape.n_inputs, n = chunk->end - chunk->begin;
  const size_t at = chunk->begin * d;
  g_autofree float *back = g_new (float, n *d);

  ple_cludi_linear_back (branch->net, PLE_CLUDI_DATA_4, n, f->d_out + at, f->d_middle + at);
  ple_cludi_standardise_back (n, d, f->middle + at, f->middle_scale + chunk->begin,
                              f->d_middle + at);
  ple_cludi_linear_back (branch->net, PLE_CLUDI_DATA_2, n, f->d_middle + at, back);
  for (size_t i = 0; i < n * d; i++)
    f->hidden_slope[at + i] *= back[i];
}

gboolean
ple_cludi_features_backward (const PleCludiNet *net,
                             PleCludiFeatures *features,
                             PleMatrix *gradient,
                             PleProgress *progress,
                             GError **error)
{
  const size_t n = features->n;
  Branch branch = { net, features };
  const PleCludiProduct products[] = {
    { PLE_CLUDI_DATA_4, n, features->d_out, features->middle },
    { PLE_CLUDI_DATA_2, n, features->d_middle, features->hidden },
    { PLE_CLUDI_DATA_0, n, features->hidden_slope, features->x },
  };

  return ple_parallel_for (n, ROW_CHUNK, features_back, &branch, progress, error) &&
         ple_cludi_add_products (net, products, G_N_ELEMENTS (products), gradient, progress, error);
}
