/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "embed/ple-spectral-private.h"

#include "base/ple-clones.h"
#include "base/ple-parallel.h"
#include "base/ple-rng.h"
#include "linalg/ple-linalg.h"

#include <math.h>
#include <string.h>

#define BLOCK 4
#define DEGREE 12
#define MAX_ROUNDS 8
#define RESIDUAL 1e-3 /* |M v - lambda v| of both vectors, at which they are good enough */
#define CHUNK 1024
/* Partial sums of a chunk: X'X, X'MX, MX'MX (BLOCK² each) and X'u (BLOCK). */
#define N_SUMS (3 * BLOCK * BLOCK + BLOCK)

typedef struct
{
  size_t n;
  const PleNeighbourGraph *graph;
  float *weights;    /* of D^-1/2 W D^-1/2 */
  float *trivial;    /* u: square roots of the degrees, of unit length */
  PleMatrix *memory; /* (3 n, BLOCK) */
  float *current, *previous, *next;
  double *partials;
  double sums[N_SUMS];

  double centre, half; /* of the interval that the filter damps */
  gboolean first;      /* term of the recurrence */
  double projection[BLOCK];
  float rotation[BLOCK * BLOCK];
} Spectral;

static void
spectral_clear (Spectral *s)
{
  g_clear_pointer (&s->weights, g_free);
  g_clear_pointer (&s->trivial, g_free);
  g_clear_pointer (&s->partials, g_free);
  g_clear_pointer (&s->memory, ple_matrix_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Spectral, spectral_clear)

/* out = M in for rows begin .. end - 1. */
PLE_CLONES static void
multiply (size_t begin,
          size_t end,
          const size_t *restrict offsets,
          const gint32 *restrict columns,
          const float *restrict weights,
          const float *restrict in,
          float *restrict out)
{
  for (size_t i = begin; i < end; i++)
    {
      float sum[BLOCK] = { 0 };

      for (size_t e = offsets[i]; e < offsets[i + 1]; e++)
        for (size_t c = 0; c < BLOCK; c++)
          sum[c] += weights[e] * in[(size_t) columns[e] * BLOCK + c];
      memcpy (out + i * BLOCK, sum, sizeof sum);
    }
}

/* One term of the recurrence: T1 = (M - c) X / h, then T(k+1) = 2 (M - c) T(k) / h - T(k-1). */
static void
filter_chunk (const PleChunk *chunk, gpointer data)
{
  Spectral *s = data;
  float centre = (float) s->centre, scale = (float) ((s->first ? 1 : 2) / s->half);
  float keep = s->first ? 0 : 1;

  multiply (chunk->begin, chunk->end, s->graph->offsets, s->graph->columns, s->weights, s->current,
            s->next);
  for (size_t e = chunk->begin * BLOCK; e < chunk->end * BLOCK; e++)
    s->next[e] = scale * (s->next[e] - centre * s->current[e]) - keep * s->previous[e];
}

static void
project_sums_chunk (const PleChunk *chunk, gpointer data)
{
  Spectral *s = data;
  double *sums = s->partials + chunk->index * N_SUMS;

  memset (sums, 0, N_SUMS * sizeof *sums);
  for (size_t i = chunk->begin; i < chunk->end; i++)
    for (size_t c = 0; c < BLOCK; c++)
      sums[c] += (double) s->trivial[i] * (double) s->current[i * BLOCK + c];
}

static void
project_chunk (const PleChunk *chunk, gpointer data)
{
  Spectral *s = data;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    for (size_t c = 0; c < BLOCK; c++)
      s->current[i * BLOCK + c] -= (float) (s->projection[c] * (double) s->trivial[i]);
}

/* next = M current, and the products of both. */
static void
ritz_chunk (const PleChunk *chunk, gpointer data)
{
  Spectral *s = data;
  double *sums = s->partials + chunk->index * N_SUMS;

  multiply (chunk->begin, chunk->end, s->graph->offsets, s->graph->columns, s->weights, s->current,
            s->next);
  memset (sums, 0, N_SUMS * sizeof *sums);
  for (size_t i = chunk->begin; i < chunk->end; i++)
    for (size_t a = 0; a < BLOCK; a++)
      for (size_t b = 0; b < BLOCK; b++)
        {
          double x_a = (double) s->current[i * BLOCK + a], y_a = (double) s->next[i * BLOCK + a];
          double x_b = (double) s->current[i * BLOCK + b], y_b = (double) s->next[i * BLOCK + b];

          sums[a * BLOCK + b] += x_a * x_b;
          sums[BLOCK * BLOCK + a * BLOCK + b] += (x_a * y_b + x_b * y_a) / 2;
          sums[2 * BLOCK * BLOCK + a * BLOCK + b] += y_a * y_b;
        }
}

static void
rotate_chunk (const PleChunk *chunk, gpointer data)
{
  Spectral *s = data;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    {
      float row[BLOCK] = { 0 };

      for (size_t a = 0; a < BLOCK; a++)
        for (size_t b = 0; b < BLOCK; b++)
          row[b] += s->rotation[b * BLOCK + a] * s->current[i * BLOCK + a];
      memcpy (s->current + i * BLOCK, row, sizeof row);
    }
}

static gboolean
sum_over_chunks (Spectral *s, PleParallelFunc func, PleProgress *progress, GError **error)
{
  if (!ple_parallel_for (s->n, CHUNK, func, s, progress, error))
    return FALSE;
  memset (s->sums, 0, sizeof s->sums);
  for (size_t c = 0; c < ple_parallel_n_chunks (s->n, CHUNK); c++)
    for (size_t f = 0; f < N_SUMS; f++)
      s->sums[f] += s->partials[c * N_SUMS + f];
  return TRUE;
}

/* t' a t for symmetric a, rows of t. */
static void
congruence (const double *t, const double *a, double *result)
{
  for (size_t p = 0; p < BLOCK; p++)
    for (size_t q = 0; q < BLOCK; q++)
      {
        double sum = 0;

        for (size_t c = 0; c < BLOCK; c++)
          for (size_t d = 0; d < BLOCK; d++)
            sum += t[p * BLOCK + c] * a[c * BLOCK + d] * t[q * BLOCK + d];
        result[p * BLOCK + q] = sum;
      }
}

/* Turns current into an orthonormal basis of Ritz vectors, best first. @values: their Ritz values.
 * @residual: the larger |M v - lambda v| of the first two. */
static gboolean
rayleigh_ritz (Spectral *s, double *values, double *residual, PleProgress *progress, GError **error)
{
  double gram[BLOCK * BLOCK], spread[BLOCK], whiten[BLOCK * BLOCK], projected[BLOCK * BLOCK];
  double turn[BLOCK * BLOCK], squares[BLOCK * BLOCK];
  const double *products = s->sums + BLOCK * BLOCK;

  if (!sum_over_chunks (s, project_sums_chunk, progress, error))
    return FALSE;
  memcpy (s->projection, s->sums, sizeof s->projection);
  if (!ple_parallel_for (s->n, CHUNK, project_chunk, s, progress, error) ||
      !sum_over_chunks (s, ritz_chunk, progress, error))
    return FALSE;

  memcpy (gram, s->sums, sizeof gram);
  if (!ple_eigen_symmetric (BLOCK, gram, spread, error))
    return FALSE;
  for (size_t p = 0; p < BLOCK; p++)
    for (size_t c = 0; c < BLOCK; c++)
      whiten[p * BLOCK + c] =
          spread[p] > 1e-10 * spread[0] ? gram[p * BLOCK + c] / sqrt (spread[p]) : 0;
  congruence (whiten, products, projected);
  if (!ple_eigen_symmetric (BLOCK, projected, values, error))
    return FALSE;
  for (size_t p = 0; p < BLOCK; p++)
    for (size_t c = 0; c < BLOCK; c++)
      {
        turn[p * BLOCK + c] = 0;
        for (size_t q = 0; q < BLOCK; q++)
          turn[p * BLOCK + c] += projected[p * BLOCK + q] * whiten[q * BLOCK + c];
        s->rotation[p * BLOCK + c] = (float) turn[p * BLOCK + c];
      }
  congruence (turn, products + BLOCK * BLOCK, squares);
  *residual = 0;
  for (size_t p = 0; p < 2; p++)
    *residual = MAX (*residual, sqrt (MAX (squares[p * BLOCK + p] - values[p] * values[p], 0)));
  return ple_parallel_for (s->n, CHUNK, rotate_chunk, s, progress, error);
}

static gboolean
apply_filter (Spectral *s, double cut, PleProgress *progress, GError **error)
{
  s->centre = (cut - 1) / 2;
  s->half = (cut + 1) / 2;
  for (int term = 0; term < DEGREE; term++)
    {
      float *spare = s->previous;

      s->first = term == 0;
      if (!ple_parallel_for (s->n, CHUNK, filter_chunk, s, progress, error))
        return FALSE;
      s->previous = s->current;
      s->current = s->next;
      s->next = spare;
    }
  return TRUE;
}

static gboolean
spectral_init (Spectral *s,
               const PleNeighbourGraph *graph,
               const PleMatrix *start,
               guint64 seed,
               GError **error)
{
  size_t n = graph->n;
  double total = 0, size[2] = { 0 };
  PleRng root, rng;

  s->n = n;
  s->graph = graph;
  s->memory = ple_matrix_new (3 * n, BLOCK, error);
  if (s->memory == NULL)
    return FALSE;
  s->current = s->memory->data;
  s->previous = s->current + n * BLOCK;
  s->next = s->previous + n * BLOCK;
  s->partials = g_new0 (double, ple_parallel_n_chunks (n, CHUNK) * N_SUMS);
  s->weights = g_new (float, MAX (ple_neighbour_graph_n_entries (graph), 1));
  s->trivial = g_new (float, n);

  for (size_t i = 0; i < n; i++)
    {
      double degree = 0;

      for (size_t e = graph->offsets[i]; e < graph->offsets[i + 1]; e++)
        degree += (double) graph->values[e];
      s->trivial[i] = (float) sqrt (degree);
      total += degree;
    }
  for (size_t i = 0; i < n; i++)
    for (size_t e = graph->offsets[i]; e < graph->offsets[i + 1]; e++)
      s->weights[e] = graph->values[e] / (s->trivial[i] * s->trivial[graph->columns[e]]);

  ple_rng_init (&root, seed);
  ple_rng_split (&root, 1, &rng);
  ple_rng_fill_normal (&rng, s->current, n * BLOCK, 1 / sqrt ((double) n));
  for (size_t c = 0; c < 2; c++)
    for (size_t i = 0; i < n; i++)
      size[c] += pow ((double) start->data[2 * i + c], 2);
  for (size_t c = 0; c < 2; c++)
    for (size_t i = 0; i < n && size[c] > 0; i++)
      s->current[i * BLOCK + c] = (float) ((double) start->data[2 * i + c] / sqrt (size[c]));
  for (size_t i = 0; i < n; i++)
    s->trivial[i] = (float) ((double) s->trivial[i] / sqrt (total));
  return TRUE;
}

static PleMatrix *
take_two (const Spectral *s, GError **error)
{
  PleMatrix *layout = ple_matrix_new (s->n, 2, error);

  for (size_t c = 0; layout != NULL && c < 2; c++)
    {
      float largest = 0;

      for (size_t i = 0; i < s->n; i++)
        {
          layout->data[2 * i + c] = s->current[i * BLOCK + c];
          if (fabsf (s->current[i * BLOCK + c]) > fabsf (largest))
            largest = s->current[i * BLOCK + c];
        }
      for (size_t i = 0; i < s->n && largest < 0; i++)
        layout->data[2 * i + c] *= -1;
    }
  return layout;
}

PleMatrix *
ple_spectral_layout (const PleNeighbourGraph *graph,
                     const PleMatrix *start,
                     guint64 seed,
                     PleProgress *progress,
                     GError **error)
{
  g_auto (Spectral) s = { 0 };
  double values[BLOCK], residual;

  g_return_val_if_fail (graph->n >= BLOCK, NULL);

  if (!spectral_init (&s, graph, start, seed, error) ||
      !rayleigh_ritz (&s, values, &residual, progress, error))
    return NULL;
  for (int round = 0; round < MAX_ROUNDS && residual > RESIDUAL; round++)
    {
      /* Damp all below the block, but leave an interval to damp and one to grow in. */
      double cut = CLAMP (values[BLOCK - 1], 0.0, 0.999);

      if (ple_progress_is_stop_requested (progress))
        break;
      if (!ple_progress_report (progress, (double) round / MAX_ROUNDS, error) ||
          !apply_filter (&s, cut, progress, error) ||
          !rayleigh_ritz (&s, values, &residual, progress, error))
        return NULL;
    }
  return ple_progress_report (progress, 1, error) ? take_two (&s, error) : NULL;
}
