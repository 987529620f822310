/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-lloyd.h"

#include "base/ple-clones.h"
#include "base/ple-error.h"
#include "base/ple-parallel.h"
#include "linalg/ple-centre-private.h"
#include "linalg/ple-linalg.h"
#include "linalg/ple-lloyd-private.h"

#include <math.h>
#include <string.h>

#define SEGMENT 1024
/* Beyond twice that, starts are drawn from a sample of it. */
#define SEEDING_ROWS(n_clusters) MAX (100 * (n_clusters), (size_t) 50000)

/* Up to SEGMENT members of one cluster, in order[begin .. end - 1]. */
typedef struct
{
  size_t cluster;
  size_t begin;
  size_t end;
} Segment;

/**
 * Lloyd:
 * @x: (n, d) rows, moved so that their mean is 0 (not if spherical)
 * @order: rows sorted by label, in rising order within one
 * @segments: of @order, by rising cluster; their sums in @sums (n_segments, d)
 */
typedef struct
{
  const PleMatrix *x;
  const PleLloydOptions *options;
  gboolean spherical;
  float *norms;
  PleMatrix *centres;
  gint32 *labels;
  gint32 *previous;
  float *distances;
  size_t *counts;
  guint32 *order;
  GArray *segments;
  double *sums;
} Lloyd;

/* Each empty cluster takes the row that lies farthest from its centre, the next one the next
 * farthest; never the last member of another. */
static void
fill_empty (Lloyd *lloyd)
{
  size_t n = lloyd->x->n_rows, n_clusters = lloyd->options->n_clusters;

  for (size_t j = 0; j < n_clusters; j++)
    {
      size_t farthest = n;

      if (lloyd->counts[j] > 0)
        continue;
      for (size_t i = 0; i < n; i++)
        if (lloyd->counts[lloyd->labels[i]] > 1 && lloyd->distances[i] > 0 &&
            (farthest == n || lloyd->distances[i] > lloyd->distances[farthest]))
          farthest = i;
      /* Fewer distinct rows than clusters: the others stay empty where they are. */
      if (farthest == n)
        return;
      lloyd->counts[lloyd->labels[farthest]]--;
      lloyd->counts[j] = 1;
      lloyd->labels[farthest] = (gint32) j;
      lloyd->distances[farthest] = 0;
    }
}

/* Sorts the rows by label and cuts the sorted list into segments. */
static void
sort_rows (Lloyd *lloyd)
{
  size_t n = lloyd->x->n_rows, n_clusters = lloyd->options->n_clusters;
  g_autofree size_t *next = g_new (size_t, n_clusters);
  size_t begin = 0;

  memset (lloyd->counts, 0, n_clusters * sizeof (size_t));
  for (size_t i = 0; i < n; i++)
    lloyd->counts[lloyd->labels[i]]++;
  fill_empty (lloyd);
  g_array_set_size (lloyd->segments, 0);
  for (size_t j = 0; j < n_clusters; j++)
    {
      size_t end = begin + lloyd->counts[j];

      next[j] = begin;
      for (; begin < end; begin = MIN (begin + SEGMENT, end))
        {
          Segment segment = { j, begin, MIN (begin + SEGMENT, end) };

          g_array_append_val (lloyd->segments, segment);
        }
    }
  for (size_t i = 0; i < n; i++)
    lloyd->order[next[lloyd->labels[i]]++] = (guint32) i;
}

PLE_CLONES static void
add_row (size_t d, const float *restrict row, double *restrict sum)
{
  for (size_t f = 0; f < d; f++)
    sum[f] += (double) row[f];
}

static void
sum_segment (const PleChunk *chunk, gpointer data)
{
  Lloyd *lloyd = data;
  const Segment *segment = &g_array_index (lloyd->segments, Segment, chunk->index);
  size_t d = lloyd->x->n_cols;
  double *sum = lloyd->sums + chunk->index * d;

  memset (sum, 0, d * sizeof (double));
  for (size_t i = segment->begin; i < segment->end; i++)
    add_row (d, ple_matrix_row (lloyd->x, lloyd->order[i]), sum);
}

/* The sums of all segments of one cluster, from @first on, as its centre; a sum without a direction
 * leaves a spherical centre where it is. */
static void
set_centre (Lloyd *lloyd, size_t first, size_t n_segments, size_t cluster)
{
  size_t d = lloyd->x->n_cols;
  double *sum = lloyd->sums + first * d;
  double length = 0, scale;

  for (size_t s = first + 1; s < first + n_segments; s++)
    for (size_t f = 0; f < d; f++)
      sum[f] += lloyd->sums[s * d + f];
  for (size_t f = 0; f < d; f++)
    length += sum[f] * sum[f];
  if (lloyd->spherical && !(length > 1e-24))
    return;
  scale = 1 / (lloyd->spherical ? sqrt (length) : (double) lloyd->counts[cluster]);
  for (size_t f = 0; f < d; f++)
    ple_matrix_row (lloyd->centres, cluster)[f] = (float) (sum[f] * scale);
}

static gboolean
update_centres (Lloyd *lloyd, PleProgress *progress, GError **error)
{
  size_t n_segments;

  sort_rows (lloyd);
  n_segments = lloyd->segments->len;
  if (!ple_parallel_for (n_segments, 1, sum_segment, lloyd, progress, error))
    return FALSE;
  for (size_t first = 0, end; first < n_segments; first = end)
    {
      size_t cluster = g_array_index (lloyd->segments, Segment, first).cluster;

      for (end = first + 1;
           end < n_segments && g_array_index (lloyd->segments, Segment, end).cluster == cluster;)
        end++;
      set_centre (lloyd, first, end - first, cluster);
    }
  return TRUE;
}

static double
sum_distances (size_t n, const float *distances)
{
  double sum = 0;

  for (size_t i = 0; i < n; i++)
    sum += (double) distances[i];
  return sum;
}

static gboolean
seed (Lloyd *lloyd, PleRng *rng, PleProgress *progress, GError **error)
{
  size_t n = lloyd->x->n_rows, n_rows = SEEDING_ROWS (lloyd->options->n_clusters);
  g_autofree guint32 *chosen = NULL;
  g_autoptr (PleMatrix) sample = NULL;
  g_autofree float *norms = NULL;

  if (lloyd->options->random_seeds)
    {
      size_t n_clusters = lloyd->options->n_clusters, d = lloyd->x->n_cols;

      chosen = g_new (guint32, n_clusters);
      ple_rng_sample (rng, n, n_clusters, chosen);
      for (size_t j = 0; j < n_clusters; j++)
        memcpy (ple_matrix_row (lloyd->centres, j), ple_matrix_row (lloyd->x, chosen[j]),
                d * sizeof (float));
      return TRUE;
    }
  if (n <= 2 * n_rows)
    return ple_seed_centres (lloyd->x, lloyd->norms, lloyd->centres, rng, progress, error);
  chosen = g_new (guint32, n_rows);
  ple_rng_sample (rng, n, n_rows, chosen);
  sample = ple_matrix_take (lloyd->x, chosen, n_rows, error);
  if (sample == NULL)
    return FALSE;
  norms = ple_squared_norms (sample);
  return ple_seed_centres (sample, norms, lloyd->centres, rng, progress, error);
}

/* One start: centres that Lloyd's iteration has settled on, and their inertia. */
static gboolean
run_start (Lloyd *lloyd, PleRng *rng, double *inertia, PleProgress *progress, GError **error)
{
  const PleLloydOptions *options = lloyd->options;
  size_t n = lloyd->x->n_rows;
  g_autoptr (PleProgress) seeding = ple_progress_new_stage (progress, NULL, 0, 0.3);
  double before = (double) INFINITY;

  if (!seed (lloyd, rng, seeding, error))
    return FALSE;
  for (size_t i = 0; i < n; i++)
    lloyd->previous[i] = -1;
  for (size_t iteration = 0;; iteration++)
    {
      gint32 *swap;

      if (!ple_progress_report (
              progress, 0.3 + 0.7 * (double) iteration / (double) MAX (options->max_iterations, 1),
              error) ||
          !ple_assign_centred (lloyd->x, lloyd->norms, NULL, lloyd->centres, FALSE, lloyd->labels,
                               lloyd->distances, progress, error))
        return FALSE;
      *inertia = sum_distances (n, lloyd->distances);
      if (iteration >= options->max_iterations ||
          before - *inertia < options->tolerance * *inertia ||
          memcmp (lloyd->labels, lloyd->previous, n * sizeof (gint32)) == 0 ||
          (iteration > 0 && ple_progress_is_stop_requested (progress)))
        return TRUE;
      before = *inertia;
      if (!update_centres (lloyd, progress, error))
        return FALSE;
      swap = lloyd->labels;
      lloyd->labels = lloyd->previous;
      lloyd->previous = swap;
    }
}

static gboolean
run_starts (Lloyd *lloyd, const PleRng *rng, PleMatrix *best, PleProgress *progress, GError **error)
{
  size_t n_starts = MAX (lloyd->options->n_starts, 1);
  double least = (double) INFINITY;

  for (size_t start = 0; start < n_starts; start++)
    {
      g_autoptr (PleProgress) stage =
          ple_progress_new_stage (progress, NULL, (double) start / (double) n_starts,
                                  (double) (start + 1) / (double) n_starts);
      PleRng stream;
      double inertia;

      ple_rng_split (rng, start, &stream);
      if (!run_start (lloyd, &stream, &inertia, stage, error))
        return FALSE;
      if (inertia < least)
        {
          least = inertia;
          memcpy (best->data, lloyd->centres->data, best->n_rows * best->n_cols * sizeof (float));
        }
      if (ple_progress_is_stop_requested (progress))
        break;
    }
  return TRUE;
}

/* All starts on the rows moved by @mean; the best centres, moved back. */
static PleMatrix *
find_centres (const PleMatrix *x,
              const PleLloydOptions *options,
              gboolean spherical,
              const PleRng *rng,
              PleProgress *progress,
              GError **error)
{
  size_t n = x->n_rows, d = x->n_cols, n_clusters = options->n_clusters;
  g_autofree double *mean = g_new0 (double, MAX (d, 1));
  g_autoptr (PleMatrix) moved = NULL;
  g_autoptr (PleMatrix) centres = NULL;
  g_autoptr (PleMatrix) best = NULL;
  Lloyd lloyd = { .options = options, .spherical = spherical };
  gboolean ok;

  if (!spherical && (!ple_column_means (x, mean, progress, error) ||
                     (moved = ple_matrix_centre (x, mean, 1, progress, error)) == NULL))
    return NULL;
  if ((centres = ple_matrix_new (n_clusters, d, error)) == NULL ||
      (best = ple_matrix_new (n_clusters, d, error)) == NULL)
    return NULL;
  lloyd.x = spherical ? x : moved;
  lloyd.centres = centres;
  lloyd.norms = ple_squared_norms (lloyd.x);
  lloyd.labels = g_new (gint32, n);
  lloyd.previous = g_new (gint32, n);
  lloyd.distances = g_new (float, n);
  lloyd.counts = g_new (size_t, n_clusters);
  lloyd.order = g_new (guint32, n);
  lloyd.segments = g_array_new (FALSE, FALSE, sizeof (Segment));
  lloyd.sums = g_new (double, (n / SEGMENT + n_clusters) * MAX (d, 1));
  ok = run_starts (&lloyd, rng, best, progress, error);
  g_free (lloyd.norms);
  g_free (lloyd.labels);
  g_free (lloyd.previous);
  g_free (lloyd.distances);
  g_free (lloyd.counts);
  g_free (lloyd.order);
  g_array_unref (lloyd.segments);
  g_free (lloyd.sums);
  if (!ok)
    return NULL;
  for (size_t j = 0; j < n_clusters; j++)
    for (size_t f = 0; f < d; f++)
      ple_matrix_row (best, j)[f] = (float) ((double) ple_matrix_row (best, j)[f] + mean[f]);
  return g_steal_pointer (&best);
}

gboolean
ple_lloyd (const PleMatrix *x,
           const PleLloydOptions *options,
           gboolean spherical,
           const PleRng *rng,
           PleMatrix **centres,
           gint32 *labels,
           double *inertia,
           PleProgress *progress,
           GError **error)
{
  size_t n = x->n_rows;
  g_autoptr (PleMatrix) found = NULL;
  g_autofree gint32 *own_labels = NULL;
  g_autofree float *distances = NULL;

  if (options->n_clusters < 1 || options->n_clusters > n || n > G_MAXUINT32)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW,
                   "%" G_GSIZE_FORMAT " clusters cannot be made of %" G_GSIZE_FORMAT " rows",
                   options->n_clusters, n);
      return FALSE;
    }
  if (!ple_matrix_check_finite (x, "k-means", error))
    return FALSE;
  found = find_centres (x, options, spherical, rng, progress, error);
  if (found == NULL)
    return FALSE;
  if (labels != NULL || inertia != NULL)
    {
      /* From the centres as they are handed out, and measured directly. */
      distances = g_new (float, n);
      if (labels == NULL)
        labels = own_labels = g_new (gint32, n);
      if (!ple_assign_nearest (x, found, labels, distances, progress, error))
        return FALSE;
      if (inertia != NULL)
        *inertia = sum_distances (n, distances);
    }
  *centres = g_steal_pointer (&found);
  return ple_progress_report (progress, 1, error);
}
