/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "embed/ple-tsne-field-private.h"

#include "base/ple-clones.h"
#include "base/ple-error.h"
#include "base/ple-parallel.h"

#include <fftw3.h>
#include <math.h>
#include <string.h>

#define ORDER 6  /* of the splines: nodes touched per axis */
#define LANES 8  /* ORDER rounded up for the vector unit; the rest has weight 0 */
#define MARGIN 4 /* nodes outside the outermost point, on either side */
#define MIN_SIDE 48
#define MAX_SIDE 4096
#define HEADROOM 1.08   /* a grid is made this much wider than is needed now */
#define BAND 8          /* rows of nodes per band: at least ORDER - 1, divides every side */
#define COLUMN_BLOCK 16 /* columns transformed together: one cache line pair of complex numbers */
#define ROW_CHUNK 8
#define POINT_CHUNK 2048

struct _PleTsneField
{
  double wanted_spacing;
  double spacing;
  guint n_threads;
  size_t side;             /* nodes per axis; 0 until the first call */
  size_t stride;           /* floats per row of grid */
  size_t period;           /* 2 side */
  size_t n_frequencies;    /* side + 1, of a real row */
  size_t spectrum_stride;  /* complex numbers per row of spectrum */
  float *grid;             /* (side, stride) charges, then potential */
  fftwf_complex *spectrum; /* (side, spectrum_stride) rows transformed */
  float *kernel;           /* (side + 1, spectrum_stride) its real, even spectrum */
  float **rows;            /* per thread: one padded row */
  fftwf_complex **columns; /* per thread: (period, COLUMN_BLOCK) */
  fftwf_plan row_forward;
  fftwf_plan row_backward;
  fftwf_plan column_forward;
  fftwf_plan column_backward;

  size_t capacity;     /* points that the arrays below hold */
  guint32 *order;      /* points by band of their first row */
  size_t *band_begins; /* side / BAND + 1 */
  double *partial_z;
};

/* FFTW's planner is one for the whole process, and two jobs may plan at once. */
static void
make_planner_safe (void)
{
  static gsize once;

  if (g_once_init_enter (&once))
    {
      fftwf_make_planner_thread_safe ();
      g_once_init_leave (&once, 1);
    }
}

PleTsneField *
ple_tsne_field_new (double spacing, guint n_threads)
{
  PleTsneField *field = g_new0 (PleTsneField, 1);

  make_planner_safe ();
  field->wanted_spacing = spacing;
  field->n_threads = MAX (n_threads, 1);
  field->rows = g_new0 (float *, field->n_threads);
  field->columns = g_new0 (fftwf_complex *, field->n_threads);
  return field;
}

static void
clear_plan (fftwf_plan *plan)
{
  if (*plan != NULL)
    fftwf_destroy_plan (*plan);
  *plan = NULL;
}

static void
clear_grid (PleTsneField *field)
{
  clear_plan (&field->row_forward);
  clear_plan (&field->row_backward);
  clear_plan (&field->column_forward);
  clear_plan (&field->column_backward);
  g_clear_pointer (&field->grid, fftwf_free);
  g_clear_pointer (&field->spectrum, fftwf_free);
  g_clear_pointer (&field->kernel, fftwf_free);
  g_clear_pointer (&field->band_begins, g_free);
  for (guint t = 0; t < field->n_threads; t++)
    {
      g_clear_pointer (&field->rows[t], fftwf_free);
      g_clear_pointer (&field->columns[t], fftwf_free);
    }
  field->side = 0;
}

void
ple_tsne_field_free (PleTsneField *field)
{
  if (field == NULL)
    return;
  clear_grid (field);
  g_free (field->rows);
  g_free (field->columns);
  g_free (field->order);
  g_free (field->partial_z);
  g_free (field);
}

/* The smallest multiple of 8 with no prime factor above 5 that is at least @least. */
static size_t
good_side (size_t least)
{
  for (size_t side = (least + 7) / 8 * 8;; side += 8)
    {
      size_t rest = side;

      while (rest % 2 == 0)
        rest /= 2;
      while (rest % 3 == 0)
        rest /= 3;
      while (rest % 5 == 0)
        rest /= 5;
      if (rest == 1)
        return side;
    }
}

/* The quintic B-spline between two nodes, as polynomials of the place t in [0, 1) after the third
 * of the ORDER nodes that it reaches: coefficients of t^0 .. t^5 by node, times 120. From M6(u) =
 * sum_k (-1)^k C(6, k) max(u - k, 0)^5 / 120. */
#define S(value) ((value) / 120.0f)
static const float spline[ORDER][LANES] = {
  { S (1), S (26), S (66), S (26), S (1) },    { S (-5), S (-50), 0, S (50), S (5) },
  { S (10), S (20), S (-60), S (20), S (10) }, { S (-10), S (20), 0, S (-20), S (10) },
  { S (5), S (-20), S (30), S (-20), S (5) },  { S (-1), S (5), S (-10), S (10), S (-5), S (1) },
};
#undef S

static inline __attribute__ ((always_inline)) void
weigh (float t, float *restrict weights)
{
#pragma omp simd
  for (int a = 0; a < LANES; a++)
    {
      float w = spline[5][a];

      w = w * t + spline[4][a];
      w = w * t + spline[3][a];
      w = w * t + spline[2][a];
      w = w * t + spline[1][a];
      weights[a] = w * t + spline[0][a];
    }
}

/* Derivatives of the weights. */
static inline __attribute__ ((always_inline)) void
slope (float t, float *restrict slopes)
{
#pragma omp simd
  for (int a = 0; a < LANES; a++)
    {
      float w = 5 * spline[5][a];

      w = w * t + 4 * spline[4][a];
      w = w * t + 3 * spline[3][a];
      w = w * t + 2 * spline[2][a];
      slopes[a] = w * t + spline[1][a];
    }
}

/* First of the ORDER nodes that a coordinate touches, and its place after it. */
static inline __attribute__ ((always_inline)) gint32
locate (float coordinate, float scale, float centre, float *t)
{
  float u = coordinate * scale + centre;
  gint32 cell = (gint32) u; /* u > 0: truncation is floor */

  *t = u - (float) cell;
  return cell - (ORDER / 2 - 1);
}

/* The spectrum of the quintic B-spline sampled at whole numbers. */
static double
spline_spectrum (size_t frequency, size_t period)
{
  double angle = 2 * G_PI * (double) frequency / (double) period;

  return (66 + 52 * cos (angle) + 2 * cos (2 * angle)) / 120;
}

/* The kernel is even along both axes, so its transform is a cosine transform of one quarter. The
 * scale of the two unnormalised transforms goes in as well. */
static gboolean
make_kernel (PleTsneField *field)
{
  size_t size = field->side + 1;
  g_autofree double *splines = g_new (double, size);
  float *quarter = fftwf_alloc_real (size * size);
  fftwf_plan plan;

  if (quarter == NULL)
    return FALSE;
  plan = fftwf_plan_r2r_2d ((int) size, (int) size, quarter, quarter, FFTW_REDFT00, FFTW_REDFT00,
                            FFTW_ESTIMATE);
  for (size_t a = 0; a < size; a++)
    {
      splines[a] = spline_spectrum (a, field->period);
      for (size_t b = 0; b < size; b++)
        {
          double u = field->spacing * (double) a, v = field->spacing * (double) b;

          quarter[a * size + b] = (float) (1 / (1 + u * u + v * v));
        }
    }
  fftwf_execute (plan);
  fftwf_destroy_plan (plan);

  for (size_t a = 0; a < size; a++)
    for (size_t b = 0; b < size; b++)
      {
        double s = splines[a] * splines[b] * (double) field->period;

        field->kernel[a * field->spectrum_stride + b] =
            (float) ((double) quarter[a * size + b] / (s * s));
      }
  fftwf_free (quarter);
  return TRUE;
}

/* FFTW_ESTIMATE: a measured plan would depend on timing, and so would the last bits. */
static gboolean
make_plans (PleTsneField *field)
{
  int period = (int) field->period;
  fftwf_complex *block = field->columns[0];

  field->row_forward =
      fftwf_plan_dft_r2c_1d (period, field->rows[0], field->spectrum, FFTW_ESTIMATE);
  field->row_backward =
      fftwf_plan_dft_c2r_1d (period, field->spectrum, field->rows[0], FFTW_ESTIMATE);
  field->column_forward =
      fftwf_plan_many_dft (1, &period, COLUMN_BLOCK, block, NULL, COLUMN_BLOCK, 1, block, NULL,
                           COLUMN_BLOCK, 1, FFTW_FORWARD, FFTW_ESTIMATE);
  field->column_backward =
      fftwf_plan_many_dft (1, &period, COLUMN_BLOCK, block, NULL, COLUMN_BLOCK, 1, block, NULL,
                           COLUMN_BLOCK, 1, FFTW_BACKWARD, FFTW_ESTIMATE);
  return field->row_forward != NULL && field->row_backward != NULL &&
         field->column_forward != NULL && field->column_backward != NULL;
}

static gboolean
make_grid (PleTsneField *field, size_t side, GError **error)
{
  gboolean ok;

  clear_grid (field);
  field->side = side;
  field->stride = side + LANES;
  field->period = 2 * side;
  field->n_frequencies = side + 1;
  /* Rows of whole column blocks, so that every row begins where the plans expect it to. */
  field->spectrum_stride = (field->n_frequencies + COLUMN_BLOCK - 1) / COLUMN_BLOCK * COLUMN_BLOCK;
  field->grid = fftwf_alloc_real (side * field->stride);
  field->spectrum = fftwf_alloc_complex (side * field->spectrum_stride);
  field->kernel = fftwf_alloc_real ((side + 1) * field->spectrum_stride);
  field->band_begins = g_new0 (size_t, side / BAND + 2);
  ok = field->grid != NULL && field->spectrum != NULL && field->kernel != NULL;
  for (guint t = 0; ok && t < field->n_threads; t++)
    {
      field->rows[t] = fftwf_alloc_real (field->period);
      field->columns[t] = fftwf_alloc_complex (field->period * COLUMN_BLOCK);
      ok = field->rows[t] != NULL && field->columns[t] != NULL;
    }
  if (ok)
    {
      memset (field->spectrum, 0, side * field->spectrum_stride * sizeof *field->spectrum);
      memset (field->kernel, 0, (side + 1) * field->spectrum_stride * sizeof *field->kernel);
      ok = make_plans (field) && make_kernel (field);
    }
  if (!ok)
    {
      clear_grid (field);
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY,
                   "no memory for a grid of %" G_GSIZE_FORMAT " x %" G_GSIZE_FORMAT, side, side);
    }
  return ok;
}

/* A grid that holds all points: the one at hand, or a new one. */
static gboolean
fit_grid (PleTsneField *field, size_t n, const float *x, const float *y, GError **error)
{
  float reach = 0, finite = 0;
  double needed;

  for (size_t i = 0; i < n; i++)
    {
      reach = MAX (reach, MAX (fabsf (x[i]), fabsf (y[i])));
      finite += x[i] * 0 + y[i] * 0;
    }
  if (finite != 0)
    {
      g_set_error_literal (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_CONVERGENCE,
                           "the layout has grown without bounds; try a smaller learning rate");
      return FALSE;
    }
  if (field->side > 0 && 2 * ((double) reach / field->spacing + MARGIN) <= (double) field->side &&
      (field->spacing <= field->wanted_spacing ||
       2 * ((double) reach / field->wanted_spacing + MARGIN) * HEADROOM > MAX_SIDE))
    return TRUE;

  field->spacing = field->wanted_spacing;
  needed = 2 * ((double) reach / field->spacing + MARGIN) * HEADROOM;
  if (needed > MAX_SIDE)
    {
      field->spacing = (double) reach * HEADROOM / (MAX_SIDE / 2.0 - 2 * MARGIN);
      needed = MAX_SIDE;
    }
  return make_grid (field, good_side ((size_t) MAX (ceil (needed), MIN_SIDE)), error);
}

/* Counting sort of the points by band of grid rows: a band writes only to itself and to the first
 * rows of the next, so all even bands can be filled at once, then all odd ones, always with the
 * same order of additions. */
static void
sort_by_band (PleTsneField *field, size_t n, const float *y)
{
  size_t *begins = field->band_begins;
  size_t n_bands = field->side / BAND;
  float scale = (float) (1 / field->spacing), centre = (float) (field->side / 2), t;

  if (field->capacity < n)
    {
      field->order = g_renew (guint32, field->order, n);
      field->partial_z = g_renew (double, field->partial_z, ple_parallel_n_chunks (n, POINT_CHUNK));
      field->capacity = n;
    }
  memset (begins, 0, (n_bands + 2) * sizeof *begins);
  for (size_t i = 0; i < n; i++)
    begins[locate (y[i], scale, centre, &t) / BAND + 2]++;
  for (size_t b = 0; b < n_bands; b++)
    begins[b + 2] += begins[b + 1];
  /* begins[b + 1] is where band b goes on; afterwards it is where band b ends. */
  for (size_t i = 0; i < n; i++)
    field->order[begins[locate (y[i], scale, centre, &t) / BAND + 1]++] = (guint32) i;
}

typedef struct
{
  PleTsneField *field;
  size_t first_band; /* 0: even bands, 1: odd ones */
  size_t n;
  const float *x;
  const float *y;
  float *fx;
  float *fy;
} Call;

PLE_CLONES static void
spread_points (size_t n,
               const guint32 *restrict points,
               const float *restrict x,
               const float *restrict y,
               float scale,
               float centre,
               size_t stride,
               float *restrict grid)
{
  for (size_t p = 0; p < n; p++)
    {
      float weights_x[LANES], weights_y[LANES], t_x, t_y;
      gint32 column = locate (x[points[p]], scale, centre, &t_x);
      gint32 row = locate (y[points[p]], scale, centre, &t_y);
      float *restrict corner = grid + (size_t) row * stride + (size_t) column;

      weigh (t_x, weights_x);
      weigh (t_y, weights_y);
      for (int a = 0; a < ORDER; a++)
#pragma omp simd
        for (int b = 0; b < LANES; b++)
          corner[(size_t) a * stride + (size_t) b] += weights_y[a] * weights_x[b];
    }
}

static void
spread_bands (const PleChunk *chunk, gpointer data)
{
  Call *call = data;
  PleTsneField *field = call->field;

  for (size_t c = chunk->begin; c < chunk->end; c++)
    {
      size_t band = 2 * c + call->first_band;
      size_t begin = field->band_begins[band], end = field->band_begins[band + 1];

      spread_points (end - begin, field->order + begin, call->x, call->y,
                     (float) (1 / field->spacing), (float) (field->side / 2), field->stride,
                     field->grid);
    }
}

static void
transform_rows (const PleChunk *chunk, gpointer data)
{
  PleTsneField *field = ((Call *) data)->field;
  float *padded = field->rows[chunk->worker];

  memset (padded + field->side, 0, field->side * sizeof *padded);
  for (size_t r = chunk->begin; r < chunk->end; r++)
    {
      memcpy (padded, field->grid + r * field->stride, field->side * sizeof *padded);
      fftwf_execute_dft_r2c (field->row_forward, padded,
                             field->spectrum + r * field->spectrum_stride);
    }
}

static void
transform_rows_back (const PleChunk *chunk, gpointer data)
{
  PleTsneField *field = ((Call *) data)->field;
  float *padded = field->rows[chunk->worker];

  for (size_t r = chunk->begin; r < chunk->end; r++)
    {
      fftwf_execute_dft_c2r (field->row_backward, field->spectrum + r * field->spectrum_stride,
                             padded);
      memcpy (field->grid + r * field->stride, padded, field->side * sizeof *padded);
    }
}

PLE_CLONES static void
multiply_columns (size_t side, size_t stride, const float *restrict kernel, float *restrict block)
{
  for (size_t r = 0; r < 2 * side; r++)
    {
      const float *restrict factors = kernel + (r <= side ? r : 2 * side - r) * stride;
      float *restrict values = block + r * 2 * COLUMN_BLOCK;

      for (size_t c = 0; c < COLUMN_BLOCK; c++)
        {
          values[2 * c] *= factors[c];
          values[2 * c + 1] *= factors[c];
        }
    }
}

/* A block of columns forward, times the kernel, and back, while it is in the cache. Only the upper
 * half of a column is not zero before, and only that is wanted afterwards. */
static void
convolve_columns (const PleChunk *chunk, gpointer data)
{
  PleTsneField *field = ((Call *) data)->field;
  fftwf_complex *block = field->columns[chunk->worker];
  size_t row_bytes = COLUMN_BLOCK * sizeof *block;

  for (size_t c = chunk->begin; c < chunk->end; c++)
    {
      fftwf_complex *corner = field->spectrum + c * COLUMN_BLOCK;

      for (size_t r = 0; r < field->side; r++)
        memcpy (block + r * COLUMN_BLOCK, corner + r * field->spectrum_stride, row_bytes);
      memset (block + field->side * COLUMN_BLOCK, 0, field->side * row_bytes);
      fftwf_execute_dft (field->column_forward, block, block);
      multiply_columns (field->side, field->spectrum_stride, field->kernel + c * COLUMN_BLOCK,
                        (float *) block);
      fftwf_execute_dft (field->column_backward, block, block);
      for (size_t r = 0; r < field->side; r++)
        memcpy (corner + r * field->spectrum_stride, block + r * COLUMN_BLOCK, row_bytes);
    }
}

/* phi and its gradient at the points. Returns the sum of phi - 1. */
PLE_CLONES static double
read_points (size_t n,
             const float *restrict x,
             const float *restrict y,
             float scale,
             float centre,
             size_t stride,
             const float *restrict grid,
             float *restrict fx,
             float *restrict fy)
{
  double sum = 0;

  for (size_t i = 0; i < n; i++)
    {
      float weights_x[LANES], weights_y[LANES], slopes_x[LANES], slopes_y[LANES], t_x, t_y;
      float values[LANES] = { 0 }, rises[LANES] = { 0 };
      float phi = 0, along_x = 0, along_y = 0;
      gint32 column = locate (x[i], scale, centre, &t_x);
      gint32 row = locate (y[i], scale, centre, &t_y);
      const float *restrict corner = grid + (size_t) row * stride + (size_t) column;

      weigh (t_x, weights_x);
      weigh (t_y, weights_y);
      slope (t_x, slopes_x);
      slope (t_y, slopes_y);
      for (int a = 0; a < ORDER; a++)
#pragma omp simd
        for (int b = 0; b < LANES; b++)
          {
            values[b] += weights_y[a] * corner[(size_t) a * stride + (size_t) b];
            rises[b] += slopes_y[a] * corner[(size_t) a * stride + (size_t) b];
          }
#pragma omp simd reduction(+ : phi, along_x, along_y)
      for (int b = 0; b < LANES; b++)
        {
          phi += weights_x[b] * values[b];
          along_x += slopes_x[b] * values[b];
          along_y += weights_x[b] * rises[b];
        }
      fx[i] = -0.5f * scale * along_x;
      fy[i] = -0.5f * scale * along_y;
      sum += (double) phi - 1;
    }
  return sum;
}

static void
read_chunk (const PleChunk *chunk, gpointer data)
{
  Call *call = data;
  PleTsneField *field = call->field;

  field->partial_z[chunk->index] =
      read_points (chunk->end - chunk->begin, call->x + chunk->begin, call->y + chunk->begin,
                   (float) (1 / field->spacing), (float) (field->side / 2), field->stride,
                   field->grid, call->fx + chunk->begin, call->fy + chunk->begin);
}

gboolean
ple_tsne_field_repel (PleTsneField *field,
                      size_t n,
                      const float *x,
                      const float *y,
                      float *fx,
                      float *fy,
                      double *z,
                      PleProgress *progress,
                      GError **error)
{
  Call call = { .field = field, .n = n, .x = x, .y = y, .fx = fx, .fy = fy };
  size_t n_bands;

  g_return_val_if_fail (ple_progress_get_n_threads (progress) <= field->n_threads, FALSE);

  if (!fit_grid (field, n, x, y, error))
    return FALSE;
  n_bands = field->side / BAND;
  sort_by_band (field, n, y);
  memset (field->grid, 0, field->side * field->stride * sizeof *field->grid);

  if (!ple_parallel_for ((n_bands + 1) / 2, 1, spread_bands, &call, progress, error))
    return FALSE;
  call.first_band = 1;
  if (!ple_parallel_for (n_bands / 2, 1, spread_bands, &call, progress, error) ||
      !ple_parallel_for (field->side, ROW_CHUNK, transform_rows, &call, progress, error) ||
      !ple_parallel_for (field->spectrum_stride / COLUMN_BLOCK, 1, convolve_columns, &call,
                         progress, error) ||
      !ple_parallel_for (field->side, ROW_CHUNK, transform_rows_back, &call, progress, error) ||
      !ple_parallel_for (n, POINT_CHUNK, read_chunk, &call, progress, error))
    return FALSE;

  *z = 0;
  for (size_t c = 0; c < ple_parallel_n_chunks (n, POINT_CHUNK); c++)
    *z += field->partial_z[c];
  return TRUE;
}
