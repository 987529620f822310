/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-vision-position.h"

#include <math.h>
#include <string.h>

/* The taps of one output cell. */
typedef struct
{
  size_t first; /* into @index and @weight */
  size_t n;
} Taps;

typedef struct
{
  Taps *cells;
  size_t *index;
  double *weight;
} Axis;

/* Keys' cubic with parameter a. */
static double
cubic (double x, double a)
{
  x = fabs (x);
  if (x < 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2)
    return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

static void
axis_init (Axis *axis, size_t n_from, size_t n_to, gboolean antialias)
{
  double scale = (double) n_from / (double) n_to;
  double widening = antialias && scale > 1 ? scale : 1;
  size_t most = antialias ? (size_t) ceil (4 * widening) + 2 : 4;
  size_t n = 0;

  axis->cells = g_new (Taps, n_to);
  axis->index = g_new (size_t, n_to * most);
  axis->weight = g_new (double, n_to *most);
  for (size_t i = 0; i < n_to; i++)
    {
      double centre = ((double) i + 0.5) * scale, sum = 0;

      axis->cells[i].first = n;
      if (antialias)
        {
          double support = 2 * widening;
          ptrdiff_t begin = MAX ((ptrdiff_t) (centre - support + 0.5), 0);
          ptrdiff_t end = MIN ((ptrdiff_t) (centre + support + 0.5), (ptrdiff_t) n_from);

          for (ptrdiff_t j = begin; j < end; j++, n++)
            {
              axis->index[n] = (size_t) j;
              axis->weight[n] = cubic (((double) j - centre + 0.5) / widening, -0.5);
              sum += axis->weight[n];
            }
          for (size_t j = axis->cells[i].first; j < n; j++)
            axis->weight[j] /= sum;
        }
      else
        {
          double source = centre - 0.5, below = floor (source);

          for (ptrdiff_t j = -1; j <= 2; j++, n++)
            {
              axis->index[n] = (size_t) CLAMP ((ptrdiff_t) below + j, 0, (ptrdiff_t) n_from - 1);
              axis->weight[n] = cubic (source - below - (double) j, -0.75);
            }
        }
      axis->cells[i].n = n - axis->cells[i].first;
    }
}

static void
axis_clear (Axis *axis)
{
  g_free (axis->cells);
  g_free (axis->index);
  g_free (axis->weight);
}

void
ple_position_resize (size_t side,
                     size_t rows,
                     size_t columns,
                     size_t width,
                     gboolean antialias,
                     const float *from,
                     float *to)
{
  g_autofree double *between = NULL; /* (side, columns, width) */
  g_autofree double *sums = NULL;
  Axis across, down;

  if (rows == side && columns == side)
    {
      memcpy (to, from, side * side * width * sizeof *to);
      return;
    }
  between = g_new0 (double, side *columns *width);
  sums = g_new (double, width);
  axis_init (&across, side, columns, antialias);
  axis_init (&down, side, rows, antialias);
  for (size_t y = 0; y < side; y++)
    for (size_t x = 0; x < columns; x++)
      for (size_t t = 0; t < across.cells[x].n; t++)
        {
          size_t tap = across.cells[x].first + t;
          const float *source = from + (y * side + across.index[tap]) * width;
          double *target = between + (y * columns + x) * width;

          for (size_t c = 0; c < width; c++)
            target[c] += across.weight[tap] * (double) source[c];
        }
  for (size_t y = 0; y < rows; y++)
    for (size_t x = 0; x < columns; x++)
      {
        memset (sums, 0, width * sizeof *sums);
        for (size_t t = 0; t < down.cells[y].n; t++)
          {
            size_t tap = down.cells[y].first + t;
            const double *source = between + (down.index[tap] * columns + x) * width;

            for (size_t c = 0; c < width; c++)
              sums[c] += down.weight[tap] * source[c];
          }
        for (size_t c = 0; c < width; c++)
          to[(y * columns + x) * width + c] = (float) sums[c];
      }
  axis_clear (&across);
  axis_clear (&down);
}

void
ple_rope_init (
    PleRope *rope, double theta, size_t n_plain, size_t rows, size_t columns, size_t n_channels)
{
  size_t quarter = n_channels / 4;

  rope->n_plain = n_plain;
  rope->n = rows * columns;
  rope->n_angles = n_channels / 2;
  rope->cosines = g_new (float, rope->n * rope->n_angles);
  rope->sines = g_new (float, rope->n * rope->n_angles);
  for (size_t i = 0; i < rope->n; i++)
    {
      double place[2] = { 2 * ((double) (i / columns) + 0.5) / (double) rows - 1,
                          2 * ((double) (i % columns) + 0.5) / (double) columns - 1 };

      for (size_t j = 0; j < rope->n_angles; j++)
        {
          double frequency = pow (theta, -(double) (j % quarter) / (double) quarter);
          double angle = 2 * G_PI * place[j / quarter] * frequency;

          rope->cosines[i * rope->n_angles + j] = (float) cos (angle);
          rope->sines[i * rope->n_angles + j] = (float) sin (angle);
        }
    }
}

void
ple_rope_clear (PleRope *rope)
{
  g_clear_pointer (&rope->cosines, g_free);
  g_clear_pointer (&rope->sines, g_free);
}
