/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "embed/ple-umap-sgd-private.h"

#include "base/ple-clones.h"
#include "base/ple-parallel.h"
#include "base/ple-rng.h"
#include "embed/ple-fast-math-private.h"

#define N_SETS 8
#define CHUNK 128
#define N_NEGATIVES 5
#define LANES 8 /* the negatives, the neighbour, and two idle */
#define MAX_PULL 4.0f
#define NEAR 0.001f /* keeps the push of a point close by finite */
#define TINY 1e-12f

struct _PleUmapSgd
{
  const PleNeighbourGraph *graph;
  float a;
  float b;
  guint n_epochs;
  guint64 key;
  float strongest;
  float *due;   /* per entry: when it comes up next, in epochs */
  float *moved; /* (n / N_SETS + 1, 2) new places of the set whose turn it is */

  /* Of the turn. */
  float *xy;
  size_t set;
  float now; /* the end of the epoch */
  float step;
  guint64 epoch_key;
};

PleUmapSgd *
ple_umap_sgd_new (const PleNeighbourGraph *graph, double a, double b, guint n_epochs, guint64 seed)
{
  PleUmapSgd *sgd = g_new0 (PleUmapSgd, 1);
  size_t n_entries = ple_neighbour_graph_n_entries (graph);
  PleRng root, rng;

  ple_rng_init (&root, seed);
  ple_rng_split (&root, 2, &rng);
  sgd->graph = graph;
  sgd->a = (float) a;
  sgd->b = (float) b;
  sgd->n_epochs = n_epochs;
  sgd->key = ple_rng_next (&rng);
  sgd->due = g_new (float, MAX (n_entries, 1));
  sgd->moved = g_new (float, 2 * (graph->n / N_SETS + 1));
  for (size_t e = 0; e < n_entries; e++)
    sgd->strongest = MAX (sgd->strongest, graph->values[e]);
  for (size_t e = 0; e < n_entries; e++)
    {
      float period = sgd->strongest / graph->values[e];

      /* At a random place within its period, so that weak edges do not all come at the end. */
      sgd->due[e] = period > (float) n_epochs ? INFINITY : (float) ple_rng_uniform (&rng) * period;
    }
  return sgd;
}

void
ple_umap_sgd_free (PleUmapSgd *sgd)
{
  if (sgd == NULL)
    return;
  g_free (sgd->due);
  g_free (sgd->moved);
  g_free (sgd);
}

static inline __attribute__ ((always_inline)) float
clip (float value)
{
  value = value > MAX_PULL ? MAX_PULL : value;
  return value < -MAX_PULL ? -MAX_PULL : value;
}

/* The steps of one point for one neighbour and N_NEGATIVES others, from (x, y). */
static inline __attribute__ ((always_inline)) void
pull_and_push (const float *restrict other_x,
               const float *restrict other_y,
               float a,
               float b,
               float step,
               float *restrict x,
               float *restrict y)
{
  /* Lane N_NEGATIVES is the neighbour: it counts twice, for the head and for the tail. */
  static const float pull[LANES] = { 0, 0, 0, 0, 0, 1, 0, 0 };
  static const float times[LANES] = { 1, 1, 1, 1, 1, 2, 0, 0 };
  float sum_x = 0, sum_y = 0;

#pragma omp simd reduction(+ : sum_x, sum_y)
  for (int l = 0; l < LANES; l++)
    {
      float dx = *x - other_x[l];
      float dy = *y - other_y[l];
      float d2 = dx * dx + dy * dy;
      float safe = d2 > TINY ? d2 : TINY;
      float power = ple_exp2f (b * ple_log2f (safe));
      float numerator = 2 * b * (1 - pull[l] - pull[l] * a * power);
      float near = d2 + (1 - pull[l]) * NEAR + TINY;
      float force = numerator / (near * (1 + a * power));

      sum_x += times[l] * clip (force * dx);
      sum_y += times[l] * clip (force * dy);
    }
  *x += step * sum_x;
  *y += step * sum_y;
}

PLE_CLONES static void
take_turn (const PleUmapSgd *sgd, size_t begin, size_t end, float *restrict due)
{
  const PleNeighbourGraph *graph = sgd->graph;
  const float *xy = sgd->xy;
  guint64 n = graph->n;

  for (size_t place = begin; place < end; place++)
    {
      size_t i = place * N_SETS + sgd->set;
      float x = xy[2 * i], y = xy[2 * i + 1];

      for (size_t e = graph->offsets[i]; e < graph->offsets[i + 1]; e++)
        {
          float other_x[LANES], other_y[LANES];
          size_t j = (size_t) graph->columns[e];
          guint64 random[3];

          if (due[e] >= sgd->now)
            continue;
          due[e] += sgd->strongest / graph->values[e];

          for (guint64 r = 0; r < 3; r++)
            random[r] =
                ple_mix64 (sgd->epoch_key + (3 * e + r) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15));
          for (size_t l = 0; l < N_NEGATIVES; l++)
            {
              guint64 bits = (random[l / 2] >> (32 * (l % 2))) & 0xffffffff;
              size_t other = (size_t) ((bits * n) >> 32);

              other_x[l] = xy[2 * other];
              other_y[l] = xy[2 * other + 1];
              /* Itself: it does not push. */
              if (other == i)
                {
                  other_x[l] = x;
                  other_y[l] = y;
                }
            }
          other_x[N_NEGATIVES] = xy[2 * j];
          other_y[N_NEGATIVES] = xy[2 * j + 1];
          for (size_t l = N_NEGATIVES + 1; l < LANES; l++)
            {
              other_x[l] = x;
              other_y[l] = y;
            }
          pull_and_push (other_x, other_y, sgd->a, sgd->b, sgd->step, &x, &y);
        }
      sgd->moved[2 * place] = x;
      sgd->moved[2 * place + 1] = y;
    }
}

static void
turn_chunk (const PleChunk *chunk, gpointer data)
{
  PleUmapSgd *sgd = data;

  take_turn (sgd, chunk->begin, chunk->end, sgd->due);
}

static void
settle_chunk (const PleChunk *chunk, gpointer data)
{
  PleUmapSgd *sgd = data;

  for (size_t place = chunk->begin; place < chunk->end; place++)
    {
      size_t i = place * N_SETS + sgd->set;

      sgd->xy[2 * i] = sgd->moved[2 * place];
      sgd->xy[2 * i + 1] = sgd->moved[2 * place + 1];
    }
}

gboolean
ple_umap_sgd_epoch (PleUmapSgd *sgd, guint epoch, float *xy, PleProgress *progress, GError **error)
{
  size_t n = sgd->graph->n;

  sgd->xy = xy;
  sgd->now = (float) (epoch + 1);
  sgd->step = 1 - (float) epoch / (float) sgd->n_epochs;
  sgd->epoch_key = ple_mix64 (sgd->key + epoch);
  for (sgd->set = 0; sgd->set < N_SETS; sgd->set++)
    {
      size_t n_places = (n + N_SETS - 1 - sgd->set) / N_SETS;

      if (!ple_parallel_for (n_places, CHUNK, turn_chunk, sgd, progress, error) ||
          !ple_parallel_for (n_places, 8 * CHUNK, settle_chunk, sgd, progress, error))
        return FALSE;
    }
  return TRUE;
}
