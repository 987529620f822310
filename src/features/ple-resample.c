/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-resample.h"

#include "base/ple-clones.h"

#include <math.h>
#include <string.h>

/* Bits behind the point of a weight: 32 less 8 of the pixel less 2 for sums beyond 1. */
#define BITS 22
#define HALF (1 << (BITS - 1))

/* Weights of the outputs first .. first + n - 1 along one axis. */
typedef struct
{
  size_t most;   /* taps per output */
  size_t *begin; /* (n) */
  size_t *count; /* (n) */
  double *exact; /* (n, most) */
  gint32 *fixed; /* (n, most) */
} Axis;

static double
sinc (double x)
{
  return x == 0 ? 1 : sin (G_PI * x) / (G_PI * x);
}

static double
weigh (PleResample filter, double x)
{
  double size = fabs (x);

  switch (filter)
    {
    case PLE_RESAMPLE_LANCZOS:
      return size < 3 ? sinc (x) * sinc (x / 3) : 0;
    case PLE_RESAMPLE_BILINEAR:
      return size < 1 ? 1 - size : 0;
    case PLE_RESAMPLE_BICUBIC:
      if (size < 1)
        return (1.5 * size - 2.5) * size * size + 1;
      return size < 2 ? (((size - 5) * size + 8) * size - 4) * -0.5 : 0;
    case PLE_RESAMPLE_HAMMING:
      return size < 1 ? sinc (x) * (0.54 + 0.46 * cos (G_PI * x)) : 0;
    case PLE_RESAMPLE_BOX:
    case PLE_RESAMPLE_NEAREST:
    default:
      return x > -0.5 && x <= 0.5 ? 1 : 0;
    }
}

static double
support_of (PleResample filter)
{
  switch (filter)
    {
    case PLE_RESAMPLE_LANCZOS:
      return 3;
    case PLE_RESAMPLE_BICUBIC:
      return 2;
    case PLE_RESAMPLE_BILINEAR:
    case PLE_RESAMPLE_HAMMING:
      return 1;
    case PLE_RESAMPLE_BOX:
    case PLE_RESAMPLE_NEAREST:
    default:
      return 0.5;
    }
}

static void
fill_nearest (Axis *axis, double scale, size_t n_from, size_t first, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      size_t at = (size_t) (((double) (first + i) + 0.5) * scale);

      axis->begin[i] = MIN (at, n_from - 1);
      axis->count[i] = 1;
      axis->exact[i * axis->most] = 1;
      axis->fixed[i * axis->most] = 1 << BITS;
    }
}

static void
fill_filtered (Axis *axis, PleResample filter, double scale, size_t n_from, size_t first, size_t n)
{
  double widening = MAX (scale, 1), support = support_of (filter) * widening;

  for (size_t i = 0; i < n; i++)
    {
      double centre = ((double) (first + i) + 0.5) * scale, sum = 0;
      double *exact = axis->exact + i * axis->most;
      /* Truncated, not floored: both are then cut to the picture. */
      ptrdiff_t begin = MAX ((ptrdiff_t) (centre - support + 0.5), 0);
      ptrdiff_t end = MIN ((ptrdiff_t) (centre + support + 0.5), (ptrdiff_t) n_from);
      size_t count = (size_t) MAX (end - begin, 0);

      axis->begin[i] = (size_t) begin;
      axis->count[i] = count;
      for (size_t j = 0; j < count; j++)
        {
          exact[j] = weigh (filter, ((double) ((size_t) begin + j) - centre + 0.5) / widening);
          sum += exact[j];
        }
      for (size_t j = 0; j < count; j++)
        {
          if (sum != 0)
            exact[j] /= sum;
          axis->fixed[i * axis->most + j] =
              (gint32) (exact[j] * (1 << BITS) + (exact[j] < 0 ? -0.5 : 0.5));
        }
    }
}

static void
axis_init (Axis *axis, PleResample filter, size_t n_from, size_t n_to, size_t first, size_t n)
{
  double scale = (double) n_from / (double) n_to;

  axis->most = (size_t) ceil (support_of (filter) * MAX (scale, 1)) * 2 + 1;
  axis->begin = g_new (size_t, n);
  axis->count = g_new (size_t, n);
  axis->exact = g_new0 (double, n * axis->most);
  axis->fixed = g_new0 (gint32, n * axis->most);
  if (filter == PLE_RESAMPLE_NEAREST)
    fill_nearest (axis, scale, n_from, first, n);
  else
    fill_filtered (axis, filter, scale, n_from, first, n);
}

static void
axis_clear (Axis *axis)
{
  g_free (axis->begin);
  g_free (axis->count);
  g_free (axis->exact);
  g_free (axis->fixed);
}

/* Source rows that the outputs need. */
static void
axis_span (const Axis *axis, size_t n, size_t *begin, size_t *end)
{
  *begin = axis->begin[0];
  *end = 0;
  for (size_t i = 0; i < n; i++)
    {
      *begin = MIN (*begin, axis->begin[i]);
      *end = MAX (*end, axis->begin[i] + axis->count[i]);
    }
}

static inline guint8
to_byte (gint32 sum)
{
  return (guint8) CLAMP (sum >> BITS, 0, 255);
}

/* One row, columns of the window. */
static void
squeeze_row (const Axis *axis, size_t columns, const guint8 *from, guint8 *to)
{
  for (size_t i = 0; i < columns; i++, to += 3)
    {
      const gint32 *weights = axis->fixed + i * axis->most;
      const guint8 *pixel = from + 3 * axis->begin[i];
      size_t count = axis->count[i];
      gint32 red = HALF, green = HALF, blue = HALF;

      for (size_t j = 0; j < count; j++, pixel += 3)
        {
          red += weights[j] * pixel[0];
          green += weights[j] * pixel[1];
          blue += weights[j] * pixel[2];
        }
      to[0] = to_byte (red);
      to[1] = to_byte (green);
      to[2] = to_byte (blue);
    }
}

/* One row of n bytes out of @count rows of @n that begin at @from. */
PLE_CLONES static void
join_rows (const gint32 *weights,
           size_t count,
           size_t n,
           const guint8 *from,
           gint32 *restrict sums,
           guint8 *restrict to)
{
  for (size_t i = 0; i < n; i++)
    sums[i] = HALF;
  for (size_t j = 0; j < count; j++)
    for (size_t i = 0; i < n; i++)
      sums[i] += weights[j] * from[j * n + i];
  for (size_t i = 0; i < n; i++)
    to[i] = to_byte (sums[i]);
}

void
ple_resample_bytes (PleResample filter,
                    size_t width,
                    size_t height,
                    const guint8 *from,
                    const PleWindow *window,
                    guint8 *to)
{
  size_t n = 3 * window->columns, begin, end;
  g_autofree guint8 *between = NULL; /* (end - begin, columns, 3) */
  g_autofree gint32 *sums = g_new (gint32, MAX (n, 1));
  Axis across, down;

  axis_init (&across, filter, width, window->width, window->x, window->columns);
  axis_init (&down, filter, height, window->height, window->y, window->rows);
  axis_span (&down, window->rows, &begin, &end);
  between = g_new (guint8, (end - begin) * n);
  for (size_t y = begin; y < end; y++)
    squeeze_row (&across, window->columns, from + y * width * 3, between + (y - begin) * n);
  for (size_t y = 0; y < window->rows; y++)
    join_rows (down.fixed + y * down.most, down.count[y], n, between + (down.begin[y] - begin) * n,
               sums, to + y * n);
  axis_clear (&across);
  axis_clear (&down);
}

void
ple_resample_floats (PleResample filter,
                     size_t width,
                     size_t height,
                     const guint8 *from,
                     const PleWindow *window,
                     float *to)
{
  size_t columns = window->columns, rows = window->rows, begin, end;
  g_autofree double *between = NULL; /* (end - begin, columns, 3) */
  Axis across, down;

  axis_init (&across, filter, width, window->width, window->x, columns);
  axis_init (&down, filter, height, window->height, window->y, rows);
  axis_span (&down, rows, &begin, &end);
  between = g_new0 (double, (end - begin) * columns * 3);
  for (size_t y = begin; y < end; y++)
    for (size_t x = 0; x < columns; x++)
      for (size_t j = 0; j < across.count[x]; j++)
        for (size_t c = 0; c < 3; c++)
          between[((y - begin) * columns + x) * 3 + c] +=
              across.exact[x * across.most + j] *
              (double) from[(y * width + across.begin[x] + j) * 3 + c];
  for (size_t c = 0; c < 3; c++)
    for (size_t y = 0; y < rows; y++)
      for (size_t x = 0; x < columns; x++)
        {
          double sum = 0;

          for (size_t j = 0; j < down.count[y]; j++)
            sum += down.exact[y * down.most + j] *
                   between[((down.begin[y] - begin + j) * columns + x) * 3 + c];
          to[(c * rows + y) * columns + x] = (float) sum;
        }
  axis_clear (&across);
  axis_clear (&down);
}
