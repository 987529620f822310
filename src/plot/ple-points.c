/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "plot/ple-points.h"

#include "base/ple-rng.h"

#include <math.h>
#include <string.h>

/* Points a cell on average, where the number of cells a side is not at its limit. */
#define POINTS_PER_CELL 32
#define MAX_SIDE 128
#define MAX_SIDE_MANY 256
#define MANY (5 * 1000 * 1000)
/* Quantiles come from at most this many points. */
#define QUANTILE_SAMPLE 16384

static int
compare_floats (gconstpointer a, gconstpointer b)
{
  float x = *(const float *) a, y = *(const float *) b;
  return (x > y) - (x < y);
}

/* The range that holds all but 0.1 % at either end, widened by a twentieth; the full range if that
 * is not more than twice as long. */
static void
find_core (const float *xy, size_t n, size_t axis, double min, double max, double *lo, double *hi)
{
  size_t step = n / QUANTILE_SAMPLE + 1;
  g_autofree float *sample = g_new (float, n / step + 1);
  size_t m = 0;
  for (size_t i = 0; i < n; i += step)
    if (isfinite (xy[2 * i]) && isfinite (xy[2 * i + 1]))
      sample[m++] = xy[2 * i + axis];
  *lo = min;
  *hi = max;
  if (m < 1000)
    return;
  qsort (sample, m, sizeof (float), compare_floats);
  double low = (double) sample[m / 1000];
  double high = (double) sample[m - 1 - m / 1000];
  double slack = (high - low) / 20;
  if (high > low && max - min > 2 * (high - low))
    {
      *lo = MAX (low - slack, min);
      *hi = MIN (high + slack, max);
    }
}

static void
measure (PlePoints *points, const PleMatrix *xy)
{
  PleBox box = { HUGE_VAL, HUGE_VAL, -HUGE_VAL, -HUGE_VAL };
  size_t n_placed = 0;
  for (size_t i = 0; i < xy->n_rows; i++)
    {
      float x = xy->data[2 * i], y = xy->data[2 * i + 1];
      if (!isfinite (x) || !isfinite (y))
        continue;
      n_placed++;
      box.min_x = MIN (box.min_x, (double) x);
      box.max_x = MAX (box.max_x, (double) x);
      box.min_y = MIN (box.min_y, (double) y);
      box.max_y = MAX (box.max_y, (double) y);
    }
  points->n_placed = n_placed;
  points->extent = points->core = box;
  if (n_placed == 0)
    return;
  PleBox *core = &points->core;
  find_core (xy->data, xy->n_rows, 0, box.min_x, box.max_x, &core->min_x, &core->max_x);
  find_core (xy->data, xy->n_rows, 1, box.min_y, box.max_y, &core->min_y, &core->max_y);
}

static void
lay_cells (PlePoints *points)
{
  const PleBox *core = &points->core;
  double span_x = core->max_x - core->min_x;
  double span_y = core->max_y - core->min_y;
  double span = MAX (span_x, span_y);
  guint most = points->n_placed > MANY ? MAX_SIDE_MANY : MAX_SIDE;

  points->columns = points->rows = 1;
  points->cell_size = 1;
  if (points->n_placed == 0 || !(span > 0))
    {
      points->origin_x = points->n_placed > 0 ? core->min_x : 0;
      points->origin_y = points->n_placed > 0 ? core->min_y : 0;
      return;
    }
  double wanted = sqrt ((double) points->n_placed / POINTS_PER_CELL);
  double side = CLAMP (wanted, 1, most);
  points->cell_size = span / side;
  points->columns = (guint) CLAMP (ceil (span_x / points->cell_size), 1, most);
  points->rows = (guint) CLAMP (ceil (span_y / points->cell_size), 1, most);
  points->origin_x = core->min_x;
  points->origin_y = core->min_y;
}

static inline guint
clamp_cell (double t, guint n)
{
  return t <= 0 ? 0 : t >= (double) n ? n - 1 : (guint) t;
}

static inline guint32
cell_of (const PlePoints *points, double per_cell, float x, float y)
{
  guint column = clamp_cell (((double) x - points->origin_x) * per_cell, points->columns);
  guint row = clamp_cell (((double) y - points->origin_y) * per_cell, points->rows);
  return row * points->columns + column;
}

PlePoints *
ple_points_new (const PleMatrix *xy)
{
  g_return_val_if_fail (xy->n_cols == 2 || xy->n_rows == 0, NULL);
  g_return_val_if_fail (xy->n_rows < PLE_POINTS_NOWHERE, NULL);

  PlePoints *points = g_new0 (PlePoints, 1);
  points->ref_count = 1;
  points->n = xy->n_rows;
  measure (points, xy);
  lay_cells (points);

  size_t n_cells = (size_t) points->columns * points->rows;
  points->x = g_new (float, points->n_placed);
  points->y = g_new (float, points->n_placed);
  points->id = g_new (guint32, points->n_placed);
  points->position = g_new (guint32, points->n);
  points->cell_start = g_new0 (guint32, n_cells + 1);

  /* Counting sort. "position" holds each point's cell until its place is known. */
  double per_cell = 1 / points->cell_size;
  for (size_t i = 0; i < points->n; i++)
    {
      float x = xy->data[2 * i], y = xy->data[2 * i + 1];
      guint32 cell = PLE_POINTS_NOWHERE;
      if (isfinite (x) && isfinite (y))
        points->cell_start[1 + (cell = cell_of (points, per_cell, x, y))]++;
      points->position[i] = cell;
    }
  for (size_t c = 0; c < n_cells; c++)
    {
      points->occupied += points->cell_start[c + 1] > 0;
      points->cell_start[c + 1] += points->cell_start[c];
    }
  g_autofree guint32 *next = g_memdup2 (points->cell_start, n_cells * sizeof (guint32));
  for (size_t i = 0; i < points->n; i++)
    if (points->position[i] != PLE_POINTS_NOWHERE)
      points->id[next[points->position[i]]++] = (guint32) i;

  PleRng root, rng;
  ple_rng_init (&root, 0);
  for (size_t c = 0; c < n_cells; c++)
    {
      ple_rng_split (&root, c, &rng);
      ple_rng_shuffle (&rng, points->id + points->cell_start[c],
                       points->cell_start[c + 1] - points->cell_start[c]);
    }
  for (size_t p = 0; p < points->n_placed; p++)
    {
      guint32 i = points->id[p];
      points->position[i] = (guint32) p;
      points->x[p] = xy->data[2 * (size_t) i];
      points->y[p] = xy->data[2 * (size_t) i + 1];
    }
  return points;
}

PlePoints *
ple_points_ref (PlePoints *points)
{
  g_atomic_int_inc (&points->ref_count);
  return points;
}

void
ple_points_unref (PlePoints *points)
{
  if (!g_atomic_int_dec_and_test (&points->ref_count))
    return;
  g_free (points->x);
  g_free (points->y);
  g_free (points->id);
  g_free (points->position);
  g_free (points->cell_start);
  g_free (points);
}

PleCellRange
ple_points_get_cells (const PlePoints *points, const PleBox *box)
{
  double per_cell = 1 / points->cell_size;
  /* The float coordinates were divided in double: the same rounding holds for the box, but a bound
   * that lies on a cell's edge must take both cells. */
  double slack = 1e-6;
  return (PleCellRange){
    clamp_cell ((box->min_x - points->origin_x) * per_cell - slack, points->columns),
    clamp_cell ((box->max_x - points->origin_x) * per_cell + slack, points->columns) + 1,
    clamp_cell ((box->min_y - points->origin_y) * per_cell - slack, points->rows),
    clamp_cell ((box->max_y - points->origin_y) * per_cell + slack, points->rows) + 1,
  };
}

gboolean
ple_points_pick (const PlePoints *points,
                 double x,
                 double y,
                 double radius,
                 const guint8 *flags,
                 guint8 mask,
                 guint32 *id)
{
  PleBox box = { x - radius, y - radius, x + radius, y + radius };
  PleCellRange cells = ple_points_get_cells (points, &box);
  double best = radius * radius;
  gboolean found = FALSE;
  for (guint row = cells.row; row < cells.row_end; row++)
    {
      /* Cells of one row stand one after the other. */
      const guint32 *start = points->cell_start + (size_t) row * points->columns;
      for (size_t p = start[cells.column]; p < start[cells.column_end]; p++)
        {
          double dx = (double) points->x[p] - x, dy = (double) points->y[p] - y;
          double d = dx * dx + dy * dy;
          if (d > best || (d == best && found && points->id[p] > *id))
            continue;
          if (flags != NULL && (flags[p] & mask) != 0)
            continue;
          best = d;
          *id = points->id[p];
          found = TRUE;
        }
    }
  return found;
}

void
ple_points_select_box (
    const PlePoints *points, const PleBox *box, const guint8 *flags, guint8 mask, GArray *ids)
{
  PleCellRange cells = ple_points_get_cells (points, box);
  for (guint row = cells.row; row < cells.row_end; row++)
    {
      const guint32 *start = points->cell_start + (size_t) row * points->columns;
      for (size_t p = start[cells.column]; p < start[cells.column_end]; p++)
        {
          double x = (double) points->x[p], y = (double) points->y[p];
          if (x >= box->min_x && x <= box->max_x && y >= box->min_y && y <= box->max_y &&
              (flags == NULL || (flags[p] & mask) == 0))
            g_array_append_val (ids, points->id[p]);
        }
    }
}

PleMatrix *
ple_points_mix (const PleMatrix *from, const PleMatrix *to, double share, GError **error)
{
  g_return_val_if_fail (from->n_rows == to->n_rows && from->n_cols == 2 && to->n_cols == 2, NULL);
  PleMatrix *mixed = ple_matrix_new (to->n_rows, 2, error);
  const float way = (float) share;

  for (size_t i = 0; mixed != NULL && i < 2 * to->n_rows; i++)
    {
      float a = from->data[i], b = to->data[i];
      mixed->data[i] = isfinite (a) ? a + way * (b - a) : b;
    }
  return mixed;
}

void
ple_points_arrange_8 (const PlePoints *points, const guint8 *by_id, guint8 *by_position)
{
  for (size_t p = 0; p < points->n_placed; p++)
    by_position[p] = by_id[points->id[p]];
}

void
ple_points_arrange_16 (const PlePoints *points, const guint16 *by_id, guint16 *by_position)
{
  for (size_t p = 0; p < points->n_placed; p++)
    by_position[p] = by_id[points->id[p]];
}

/* The value in the middle; @values are reordered. Hoare's selection in Wirth's form; O(n) expected.
 */
static float
median (float *values, size_t n)
{
  gssize low = 0, high = (gssize) n - 1, middle = (gssize) n / 2;
  while (low < high)
    {
      float pivot = values[middle];
      gssize i = low, j = high;
      do
        {
          while (values[i] < pivot)
            i++;
          while (pivot < values[j])
            j--;
          if (i <= j)
            {
              float swap = values[i];
              values[i++] = values[j];
              values[j--] = swap;
            }
        }
      while (i <= j);
      if (j < middle)
        low = i;
      if (middle < i)
        high = j;
    }
  return values[middle];
}

void
ple_points_get_medoids (const PlePoints *points, const gint32 *labels, size_t n_groups, float *xy)
{
  g_autofree size_t *start = g_new0 (size_t, n_groups + 2);
  g_autofree float *xs = g_new (float, points->n_placed);
  g_autofree float *ys = g_new (float, points->n_placed);

  for (size_t p = 0; p < points->n_placed; p++)
    {
      gint32 g = labels[points->id[p]];
      if (g >= 0 && (size_t) g < n_groups)
        start[(size_t) g + 2]++;
    }
  for (size_t g = 0; g < n_groups; g++)
    start[g + 2] += start[g + 1];
  for (size_t p = 0; p < points->n_placed; p++)
    {
      gint32 g = labels[points->id[p]];
      if (g < 0 || (size_t) g >= n_groups)
        continue;
      size_t at = start[(size_t) g + 1]++;
      xs[at] = points->x[p];
      ys[at] = points->y[p];
    }
  g_autofree float *scratch = g_new (float, points->n_placed);
  for (size_t g = 0; g < n_groups; g++)
    {
      size_t first = start[g], count = start[g + 1] - first;
      xy[2 * g] = xy[2 * g + 1] = NAN;
      if (count == 0)
        continue;
      memcpy (scratch, xs + first, count * sizeof (float));
      double mx = (double) median (scratch, count);
      memcpy (scratch, ys + first, count * sizeof (float));
      double my = (double) median (scratch, count);
      double best = HUGE_VAL;
      for (size_t i = first; i < first + count; i++)
        {
          double dx = (double) xs[i] - mx, dy = (double) ys[i] - my;
          if (dx * dx + dy * dy < best)
            {
              best = dx * dx + dy * dy;
              xy[2 * g] = xs[i];
              xy[2 * g + 1] = ys[i];
            }
        }
    }
}
