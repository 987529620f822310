/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-projection-tree-private.h"

#include "base/ple-clones.h"
#include "base/ple-parallel.h"

#include <string.h>

#define POINTS_AT_ONCE 2048
/* Draws of a pair of points that differ, before a node is taken to be of one point only. */
#define MAX_DRAWS 8

typedef struct
{
  guint32 point;
  float projection;
} Projected;

typedef struct
{
  const PleMatrix *x;
  const PleRng *rng;
  guint level;
  float *directions; /* (2^level, d) */
  Projected *points; /* (n) in the order so far */
} Level;

guint
ple_projection_tree_n_levels (size_t n, size_t leaf_size)
{
  guint n_levels = 0;

  while ((n + ((size_t) 1 << n_levels) - 1) >> n_levels > leaf_size)
    n_levels++;
  return n_levels;
}

PLE_CLONES static float
dot (size_t d, const float *a, const float *b)
{
  float lanes[16] = { 0 };
  float sum = 0;
  size_t f = 0;

  for (; f + 16 <= d; f += 16)
    for (size_t lane = 0; lane < 16; lane++)
      lanes[lane] += a[f + lane] * b[f + lane];
  for (; f < d; f++)
    sum += a[f] * b[f];
  for (size_t lane = 0; lane < 16; lane++)
    sum += lanes[lane];
  return sum;
}

static void
choose_directions (const PleChunk *chunk, gpointer data)
{
  const Level *level = data;
  const size_t n = level->x->n_rows;
  const size_t d = level->x->n_cols;

  for (size_t node = chunk->begin; node < chunk->end; node++)
    {
      const size_t first = ple_projection_tree_first (n, level->level, node);
      const size_t size = ple_projection_tree_first (n, level->level, node + 1) - first;
      float *direction = level->directions + node * d;
      gboolean differ = FALSE;
      PleRng rng;

      ple_rng_split (level->rng, ((guint64) 1 << level->level) + node, &rng);
      for (guint draw = 0; draw < MAX_DRAWS && !differ && size > 0; draw++)
        {
          const float *a =
              ple_matrix_row (level->x, level->points[first + ple_rng_below (&rng, size)].point);
          const float *b =
              ple_matrix_row (level->x, level->points[first + ple_rng_below (&rng, size)].point);

          for (size_t f = 0; f < d; f++)
            {
              direction[f] = a[f] - b[f];
              differ = differ || direction[f] < 0 || direction[f] > 0;
            }
        }
    }
}

static void
project (const PleChunk *chunk, gpointer data)
{
  const Level *level = data;
  const size_t n = level->x->n_rows;
  const size_t d = level->x->n_cols;
  size_t node = 0, next;

  /* The node that holds the first position. */
  node = (size_t) (((guint64) chunk->begin << level->level) / n);
  while (ple_projection_tree_first (n, level->level, node + 1) <= chunk->begin)
    node++;
  next = ple_projection_tree_first (n, level->level, node + 1);
  for (size_t p = chunk->begin; p < chunk->end; p++)
    {
      while (p >= next)
        next = ple_projection_tree_first (n, level->level, ++node + 1);
      level->points[p].projection =
          dot (d, ple_matrix_row (level->x, level->points[p].point), level->directions + node * d);
    }
}

static inline gboolean
before (Projected a, Projected b)
{
  return a.projection < b.projection || (a.projection == b.projection && a.point < b.point);
}

/* Moves the @middle smallest of @size to the front (Hoare's selection, median of three). */
static void
halve (Projected *points, size_t size, size_t middle)
{
  size_t low = 0, high = size;

  while (low < middle && middle < high)
    {
      Projected a = points[low], b = points[low + (high - low) / 2], c = points[high - 1];
      Projected pivot = before (a, b) ? (before (b, c)   ? b
                                         : before (a, c) ? c
                                                         : a)
                                      : (before (a, c)   ? a
                                         : before (b, c) ? c
                                                         : b);
      size_t i = low, j = high - 1;

      for (;;)
        {
          while (before (points[i], pivot))
            i++;
          while (before (pivot, points[j]))
            j--;
          if (i >= j)
            break;
          {
            Projected swap = points[i];

            points[i++] = points[j];
            points[j--] = swap;
          }
        }
      /* Up to j none is after the pivot, beyond it none before. If j is the last one, it is the
       * pivot, and the largest. */
      if (middle > j)
        low = j + 1;
      else
        high = j + 1 == high ? j : j + 1;
    }
}

static void
halve_nodes (const PleChunk *chunk, gpointer data)
{
  const Level *level = data;
  const size_t n = level->x->n_rows;

  for (size_t node = chunk->begin; node < chunk->end; node++)
    {
      const size_t first = ple_projection_tree_first (n, level->level, node);
      const size_t middle = ple_projection_tree_first (n, level->level + 1, 2 * node + 1);
      const size_t end = ple_projection_tree_first (n, level->level, node + 1);

      halve (level->points + first, end - first, middle - first);
    }
}

gboolean
ple_projection_tree (const PleMatrix *x,
                     guint n_levels,
                     const PleRng *rng,
                     guint32 *order,
                     PleProgress *progress,
                     GError **error)
{
  const size_t n = x->n_rows;
  g_autofree Projected *points = g_new (Projected, n);
  g_autofree float *directions = g_new (float, (((size_t) 1 << n_levels) / 2 + 1) * x->n_cols);
  Level level = { x, rng, 0, directions, points };

  for (size_t i = 0; i < n; i++)
    points[i] = (Projected){ (guint32) i, 0 };
  for (level.level = 0; level.level < n_levels; level.level++)
    {
      const size_t n_nodes = (size_t) 1 << level.level;

      if (!ple_progress_report (progress, (double) level.level / n_levels, error) ||
          !ple_parallel_for (n_nodes, 64, choose_directions, &level, progress, error) ||
          !ple_parallel_for (n, POINTS_AT_ONCE, project, &level, progress, error) ||
          !ple_parallel_for (n_nodes, 1, halve_nodes, &level, progress, error))
        return FALSE;
    }
  for (size_t i = 0; i < n; i++)
    order[i] = points[i].point;
  return TRUE;
}
