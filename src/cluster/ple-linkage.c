/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-linkage.h"

#include "base/ple-error.h"
#include "base/ple-parallel.h"
#include "linalg/ple-linalg.h"

#include <math.h>
#include <string.h>

#define ROWS_AT_ONCE 64

typedef struct
{
  size_t n;
  const PleMatrix *x;
  PleLinkage linkage;
  const double *weights;
  double *squares;  /* ‖x_i‖² */
  float *distances; /* (n, n) symmetric; squared and weighted for Ward */
} Distances;

/* Rows of the upper half and of the lower alike: by products, which are symmetric to the bit only
 * if both are computed from the same one; so the upper half is made and mirrored. */
static void
fill_rows (const PleChunk *chunk, gpointer data)
{
  Distances *all = data;
  const size_t n = all->n;
  const size_t d = all->x->n_cols;
  const size_t first = chunk->begin;

  ple_gemm (FALSE, TRUE, chunk->end - first, n - first, d, -2.0f, ple_matrix_row (all->x, first), d,
            ple_matrix_row (all->x, first), d, 0.0f, all->distances + first * n + first, n);
  for (size_t i = first; i < chunk->end; i++)
    for (size_t j = i; j < n; j++)
      {
        float *value = all->distances + i * n + j;
        double square = MAX ((double) *value + all->squares[i] + all->squares[j], 0.0);

        if (all->linkage != PLE_LINKAGE_WARD)
          square = sqrt (square);
        else if (all->weights != NULL)
          square *= 2 * all->weights[i] * all->weights[j] / (all->weights[i] + all->weights[j]);
        *value = i == j ? 0 : (float) square;
      }
}

static void
mirror_rows (const PleChunk *chunk, gpointer data)
{
  Distances *all = data;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    for (size_t j = 0; j < i; j++)
      all->distances[i * all->n + j] = all->distances[j * all->n + i];
}

static gboolean
fill (Distances *all, PleProgress *progress, GError **error)
{
  for (size_t i = 0; i < all->n; i++)
    {
      const float *row = ple_matrix_row (all->x, i);

      all->squares[i] = 0;
      for (size_t f = 0; f < all->x->n_cols; f++)
        all->squares[i] += (double) row[f] * (double) row[f];
    }
  return ple_parallel_for_reporting (all->n, ROWS_AT_ONCE, fill_rows, all, progress, error) &&
         ple_parallel_for (all->n, ROWS_AT_ONCE, mirror_rows, all, progress, error);
}

/* Clusters under way. A cluster lives in the row of its smallest member. */
typedef struct
{
  float *distances;
  size_t n;
  guint32 *alive; /* rows of the clusters that are left, rising */
  size_t n_alive;
  double *sizes;
} State;

/* The nearest of the others, the lowest among equals but @preferred before all; NaN cannot occur.
 */
static guint32
find_nearest (const State *state, guint32 a, guint32 preferred, float *distance)
{
  const float *row = state->distances + a * state->n;
  guint32 nearest = preferred;
  float least = preferred != G_MAXUINT32 ? row[preferred] : INFINITY;

  for (size_t i = 0; i < state->n_alive; i++)
    {
      guint32 b = state->alive[i];

      if (b != a && row[b] < least)
        {
          least = row[b];
          nearest = b;
        }
    }
  /* All at infinity: overflowed distances are equal to one another. */
  if (nearest == G_MAXUINT32)
    nearest = state->alive[state->alive[0] == a ? 1 : 0];
  *distance = least;
  return nearest;
}

/* @b is taken into @a: Lance and Williams 1967. */
static void
merge (State *state, PleLinkage linkage, guint32 a, guint32 b)
{
  const float *of_b = state->distances + b * state->n;
  float *of_a = state->distances + a * state->n;
  const double na = state->sizes[a];
  const double nb = state->sizes[b];
  const double ab = (double) of_a[b];
  size_t kept = 0;

  for (size_t i = 0; i < state->n_alive; i++)
    {
      guint32 c = state->alive[i];
      double nc = state->sizes[c];
      double ac = (double) of_a[c];
      double bc = (double) of_b[c];
      double joined;

      if (c == b)
        continue;
      state->alive[kept++] = c;
      if (c == a)
        continue;
      switch (linkage)
        {
        case PLE_LINKAGE_WARD:
          joined = ((na + nc) * ac + (nb + nc) * bc - nc * ab) / (na + nb + nc);
          break;
        case PLE_LINKAGE_AVERAGE:
          joined = (na * ac + nb * bc) / (na + nb);
          break;
        case PLE_LINKAGE_COMPLETE:
        default:
          joined = MAX (ac, bc);
          break;
        }
      of_a[c] = (float) joined;
      state->distances[c * state->n + a] = (float) joined;
    }
  state->n_alive = kept;
  state->sizes[a] = na + nb;
}

static int
compare_merges (gconstpointer a, gconstpointer b)
{
  const PleMerge *left = a;
  const PleMerge *right = b;

  if (left->height != right->height)
    return left->height < right->height ? -1 : 1;
  if (left->a != right->a)
    return left->a < right->a ? -1 : 1;
  return left->b < right->b ? -1 : left->b > right->b;
}

static gboolean
follow_chains (
    State *state, PleLinkage linkage, PleMerge *merges, PleProgress *progress, GError **error)
{
  g_autofree guint32 *chain = g_new (guint32, state->n);
  size_t length = 0, n_merges = 0;

  while (state->n_alive > 1)
    {
      guint32 top, nearest;
      float distance;

      if (!ple_progress_report (progress, (double) n_merges / (double) state->n, error))
        return FALSE;
      if (length == 0)
        chain[length++] = state->alive[0];
      top = chain[length - 1];
      nearest = find_nearest (state, top, length > 1 ? chain[length - 2] : G_MAXUINT32, &distance);
      if (length > 1 && nearest == chain[length - 2])
        {
          guint32 a = MIN (top, nearest);
          guint32 b = MAX (top, nearest);

          merges[n_merges++] = (PleMerge){ a, b,
                                           linkage == PLE_LINKAGE_WARD ? sqrt ((double) distance)
                                                                       : (double) distance };
          merge (state, linkage, a, b);
          length -= 2;
        }
      else
        chain[length++] = nearest;
    }
  return TRUE;
}

gboolean
ple_linkage (const PleMatrix *x,
             PleLinkage linkage,
             const double *weights,
             PleMerge *merges,
             PleProgress *progress,
             GError **error)
{
  const size_t n = x->n_rows;
  g_autoptr (PleProgress) filling = ple_progress_new_stage (progress, NULL, 0, 0.3);
  g_autoptr (PleProgress) merging = ple_progress_new_stage (progress, NULL, 0.3, 1);
  g_autofree double *squares = g_new (double, n);
  g_autofree guint32 *alive = g_new (guint32, n);
  g_autofree double *sizes = g_new (double, n);
  g_autofree float *distances = g_try_new (float, n *n);
  Distances all = { n, x, linkage, weights, squares, distances };
  State state = { distances, n, alive, n, sizes };

  if (distances == NULL)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY,
                   "no memory for the distances of %zu rows (%zu MB); lower max_points", n,
                   n * n * sizeof (float) >> 20);
      return FALSE;
    }
  for (size_t i = 0; i < n; i++)
    {
      alive[i] = (guint32) i;
      sizes[i] = weights != NULL ? weights[i] : 1;
    }
  if (!fill (&all, filling, error) || !follow_chains (&state, linkage, merges, merging, error))
    return FALSE;
  qsort (merges, n - 1, sizeof *merges, compare_merges);
  return TRUE;
}

void
ple_linkage_cut (size_t n, const PleMerge *merges, size_t n_clusters, gint32 *labels)
{
  g_autofree guint32 *parent = g_new (guint32, n);
  gint32 next = 0;

  /* The parent is the lower row, so that a root is the first of its cluster. */
  for (size_t i = 0; i < n; i++)
    parent[i] = (guint32) i;
  for (size_t m = 0; m + n_clusters < n; m++)
    {
      guint32 a = merges[m].a;
      guint32 b = merges[m].b;

      while (parent[a] != a)
        a = parent[a] = parent[parent[a]];
      while (parent[b] != b)
        b = parent[b] = parent[parent[b]];
      parent[MAX (a, b)] = MIN (a, b);
    }
  for (size_t i = 0; i < n; i++)
    {
      guint32 root = (guint32) i;

      while (parent[root] != root)
        root = parent[root];
      labels[i] = root == i ? next++ : labels[root];
    }
}
