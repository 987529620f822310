/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-cludi-loss.h"

#include "base/ple-clones.h"
#include "base/ple-parallel.h"
#include "cluster/ple-cludi-arena.h"
#include "cluster/ple-cludi-noise.h"
#include "nn/ple-kernels.h"

#include <math.h>
#include <string.h>

/* As the original: added inside the logarithm, and the least divisor of a normalisation, below
 * which the divisor is a constant. */
#define LOG_EPSILON 1e-8f
#define MIN_SUM 1e-8f
#define ROW_CHUNK 256

PleCludiClassLoss *
ple_cludi_class_loss_new (size_t n_draws, size_t n_rows, size_t n_clusters, GError **error)
{
  g_autoptr (PleCludiClassLoss) loss = g_new0 (PleCludiClassLoss, 1);
  const size_t b = n_draws, n = n_rows, k = n_clusters;
  const PleCludiBlock blocks[] = {
    { &loss->columns[0], b * n, k, TRUE },   { &loss->columns[1], b * n, k, TRUE },
    { &loss->rows[0], b * n, k, TRUE },      { &loss->rows[1], b * n, k, TRUE },
    { &loss->by_row[0], b * n, k, TRUE },    { &loss->by_row[1], b * n, k, TRUE },
    { &loss->by_column[0], b * n, k, TRUE }, { &loss->by_column[1], b * n, k, TRUE },
    { &loss->column_sums[0], b, k, TRUE },   { &loss->column_sums[1], b, k, TRUE },
    { &loss->row_sums[0], b, n, TRUE },      { &loss->row_sums[1], b, n, TRUE },
    { &loss->log_sum[0], n, k, TRUE },       { &loss->log_sum[1], n, k, TRUE },
    { &loss->row_sum[0], n, k, TRUE },       { &loss->row_sum[1], n, k, TRUE },
    { &loss->scratch[0], b * n, k, TRUE },   { &loss->scratch[1], b * n, k, TRUE },
  };

  loss->row_temperature = 0.1;
  loss->column_temperature = 0.05;
  loss->n_draws = b;
  loss->n_rows = n;
  loss->n_clusters = k;
  loss->storage = ple_cludi_arena_new (blocks, G_N_ELEMENTS (blocks), error);
  return loss->storage != NULL ? g_steal_pointer (&loss) : NULL;
}

void
ple_cludi_class_loss_free (PleCludiClassLoss *loss)
{
  if (loss == NULL)
    return;
  ple_matrix_unref (loss->storage);
  g_free (loss);
}

PLE_CLONES static void
add_row (size_t n, const float *restrict x, float *restrict sums)
{
  for (size_t j = 0; j < n; j++)
    sums[j] += x[j];
}

PLE_CLONES static void
raise_row (size_t n, const float *restrict x, float *restrict peaks)
{
  for (size_t j = 0; j < n; j++)
    peaks[j] = x[j] > peaks[j] ? x[j] : peaks[j];
}

PLE_CLONES static void
shift_row (
    size_t n, float scale, const float *restrict x, const float *restrict peaks, float *restrict y)
{
  for (size_t j = 0; j < n; j++)
    y[j] = scale * (x[j] - peaks[j]);
}

PLE_CLONES static void
divide_row (size_t n, float least, const float *x, const float *restrict divisors, float *y)
{
  for (size_t j = 0; j < n; j++)
    y[j] = x[j] / (divisors[j] > least ? divisors[j] : least);
}

/* Softmax of scale x down the columns. @scratch 2 k. */
static void
column_softmax (size_t n, size_t k, float scale, const float *x, float *scratch, float *out)
{
  float *peaks = scratch, *totals = scratch + k;

  memcpy (peaks, x, k * sizeof (float));
  for (size_t i = 1; i < n; i++)
    raise_row (k, x + i * k, peaks);
  memset (totals, 0, k * sizeof (float));
  for (size_t i = 0; i < n; i++)
    {
      shift_row (k, scale, x + i * k, peaks, out + i * k);
      ple_kernel_exp (k, out + i * k, out + i * k);
      add_row (k, out + i * k, totals);
    }
  for (size_t i = 0; i < n; i++)
    divide_row (k, 0, out + i * k, totals, out + i * k);
}

typedef struct
{
  PleCludiClassLoss *loss;
  size_t n_rows;
  const float *logits[2];
  const double *weights;
  double scale;
  float *slopes[2];
} Job;

PLE_CLONES static void
affine (size_t n, float scale, float shift, const float *restrict x, float *restrict y)
{
  for (size_t j = 0; j < n; j++)
    y[j] = scale * x[j] + shift;
}

/* One draw of one side: p along the rows and R from it, q down the columns and C from it. */
static void
share_draw (const PleChunk *chunk, gpointer data)
{
  const Job *job = data;
  PleCludiClassLoss *loss = job->loss;
  const size_t side = chunk->begin % 2, b = chunk->begin / 2;
  const size_t n = job->n_rows, k = loss->n_clusters, at = b * n * k;
  const float *logits = job->logits[side] + at;
  float *p = loss->by_row[side] + at, *q = loss->by_column[side] + at;
  float *column_sums = loss->column_sums[side] + b * k, *row_sums = loss->row_sums[side] + b * n;
  g_autofree float *scratch = g_new (float, 2 * k);

  ple_kernel_softmax (n, k, (float) (1 / loss->row_temperature), logits, p);
  memset (column_sums, 0, k * sizeof (float));
  for (size_t i = 0; i < n; i++)
    add_row (k, p + i * k, column_sums);
  for (size_t i = 0; i < n; i++)
    divide_row (k, MIN_SUM, p + i * k, column_sums, loss->columns[side] + at + i * k);

  column_softmax (n, k, (float) (1 / loss->column_temperature), logits, scratch, q);
  for (size_t i = 0; i < n; i++)
    {
      row_sums[i] = (float) ple_kernel_sum (k, q + i * k);
      affine (k, 1 / MAX (row_sums[i], MIN_SUM), 0, q + i * k, loss->rows[side] + at + i * k);
    }
}

PLE_CLONES static void
add_weighted (size_t n, float weight, const float *restrict x, float *restrict sums)
{
  for (size_t j = 0; j < n; j++)
    sums[j] += weight * x[j];
}

/* Some rows, over all draws of both sides. */
static void
sum_draws (const PleChunk *chunk, gpointer data)
{
  const Job *job = data;
  PleCludiClassLoss *loss = job->loss;
  const size_t k = loss->n_clusters, stride = job->n_rows * k;
  const size_t at = chunk->begin * k, n = (chunk->end - chunk->begin) * k;
  const float ratio = (float) job->n_rows / (float) k;

  for (int side = 0; side < 2; side++)
    {
      memset (loss->log_sum[side] + at, 0, n * sizeof (float));
      memset (loss->row_sum[side] + at, 0, n * sizeof (float));
      for (size_t b = 0; b < loss->n_draws; b++)
        {
          float *logs = loss->scratch[side] + b * stride + at;

          affine (n, ratio, LOG_EPSILON, loss->columns[side] + b * stride + at, logs);
          ple_cludi_log (n, logs, logs);
          add_row (n, logs, loss->log_sum[side] + at);
          add_weighted (n, (float) job->weights[b], loss->rows[side] + b * stride + at,
                        loss->row_sum[side] + at);
        }
    }
}

/* slopes = R dR with dR = factor wanted ratio / (ratio R + epsilon); @sums += them. */
PLE_CLONES static void
column_slopes (size_t k,
               float factor,
               float ratio,
               const float *restrict wanted,
               const float *restrict shares,
               float *restrict slopes,
               float *restrict sums)
{
  for (size_t j = 0; j < k; j++)
    {
      slopes[j] = factor * wanted[j] * ratio * shares[j] / (ratio * shares[j] + LOG_EPSILON);
      sums[j] += slopes[j];
    }
}

/* y -= share sum */
PLE_CLONES static void
subtract_shares (size_t n,
                 const float *restrict share,
                 const float *restrict sum,
                 float *restrict y)
{
  for (size_t j = 0; j < n; j++)
    y[j] -= share[j] * sum[j];
}

/* y += scale (x - share sum) */
PLE_CLONES static void
add_centred (size_t n,
             float scale,
             const float *restrict x,
             const float *restrict share,
             const float *restrict sum,
             float *restrict y)
{
  for (size_t j = 0; j < n; j++)
    y[j] += scale * (x[j] - share[j] * sum[j]);
}

/* y = scale (x - share sum) */
PLE_CLONES static void
centre (size_t n,
        float scale,
        float sum,
        const float *restrict x,
        const float *restrict share,
        float *restrict y)
{
  for (size_t j = 0; j < n; j++)
    y[j] = scale * (x[j] - share[j] * sum);
}

/* slopes = C (dC - mean), dC = factor wanted; @sums += them. */
PLE_CLONES static void
row_slopes (size_t k,
            float factor,
            float mean,
            const float *restrict wanted,
            const float *restrict shares,
            float *restrict slopes,
            float *restrict sums)
{
  for (size_t j = 0; j < k; j++)
    {
      slopes[j] = factor * shares[j] * (wanted[j] - mean);
      sums[j] += slopes[j];
    }
}

/* Gradient of the logits of one draw of one side: R dR - R sum (R dR) is that of log p, and so on.
 */
static void
draw_back (const PleChunk *chunk, gpointer data)
{
  const Job *job = data;
  PleCludiClassLoss *loss = job->loss;
  const size_t side = chunk->begin % 2, b = chunk->begin / 2;
  const size_t n = job->n_rows, k = loss->n_clusters, at = b * n * k;
  const double draws = (double) loss->n_draws;
  const float factor = (float) (-job->scale / (2 * draws * draws * (double) n));
  const float ratio = (float) n / (float) k;
  const float row_factor = (float) ((double) factor * job->weights[b]);
  g_autofree float *sums = g_new0 (float, 2 * k);
  float *down = sums + k;
  float *slopes = loss->scratch[side] + at, *out = job->slopes[side] + at;

  if (job->slopes[side] == NULL)
    return;
  for (size_t i = 0; i < n; i++)
    column_slopes (k, factor, ratio, loss->row_sum[1 - side] + i * k,
                   loss->columns[side] + at + i * k, slopes + i * k, sums);
  for (size_t j = 0; j < k; j++)
    if (loss->column_sums[side][b * k + j] < MIN_SUM)
      sums[j] = 0;
  for (size_t i = 0; i < n; i++)
    {
      float *row = slopes + i * k;

      subtract_shares (k, loss->columns[side] + at + i * k, sums, row);
      centre (k, (float) (1 / loss->row_temperature), (float) ple_kernel_sum (k, row), row,
              loss->by_row[side] + at + i * k, out + i * k);
    }
  for (size_t i = 0; i < n; i++)
    {
      const float *wanted = loss->log_sum[1 - side] + i * k, *share = loss->rows[side] + at + i * k;
      const gboolean live = loss->row_sums[side][b * n + i] >= MIN_SUM;

      row_slopes (k, row_factor, live ? (float) ple_kernel_dot (k, wanted, share) : 0, wanted,
                  share, slopes + i * k, down);
    }
  for (size_t i = 0; i < n; i++)
    add_centred (k, (float) (1 / loss->column_temperature), slopes + i * k,
                 loss->by_column[side] + at + i * k, down, out + i * k);
}

gboolean
ple_cludi_class_loss_apply (PleCludiClassLoss *loss,
                            size_t n_rows,
                            const float *teacher,
                            const float *student,
                            const double *weights,
                            double scale,
                            float *d_teacher,
                            float *d_student,
                            double *value,
                            PleProgress *progress,
                            GError **error)
{
  const double draws = (double) loss->n_draws;
  const size_t n = n_rows * loss->n_clusters;
  Job job = { loss, n_rows, { teacher, student }, weights, scale, { d_teacher, d_student } };

  g_return_val_if_fail (n_rows <= loss->n_rows, FALSE);

  if (!ple_parallel_for (2 * loss->n_draws, 1, share_draw, &job, progress, error) ||
      !ple_parallel_for (n_rows, ROW_CHUNK, sum_draws, &job, progress, error))
    return FALSE;
  *value = -(ple_kernel_dot (n, loss->row_sum[0], loss->log_sum[1]) +
             ple_kernel_dot (n, loss->row_sum[1], loss->log_sum[0])) /
           (2 * draws * draws * (double) n_rows);
  return ple_parallel_for (2 * loss->n_draws, 1, draw_back, &job, progress, error);
}

PLE_CLONES static double
squares (size_t n,
         float factor,
         const float *restrict found,
         const float *restrict wanted,
         float *restrict d_found)
{
  double sum = 0;

  for (size_t begin = 0; begin < n; begin += ROW_CHUNK)
    {
      size_t end = begin + ROW_CHUNK < n ? begin + ROW_CHUNK : n;
      float part = 0;

      for (size_t i = begin; i < end; i++)
        {
          float gap = found[i] - wanted[i];

          part += gap * gap;
          d_found[i] = factor * gap;
        }
      sum += (double) part;
    }
  return sum;
}

double
ple_cludi_embedding_loss (size_t n_draws,
                          size_t n_entries,
                          const float *found,
                          const float *wanted,
                          const double *weights,
                          double scale,
                          float *d_found,
                          float *d_wanted)
{
  const double share = 1 / ((double) n_draws * (double) n_entries);
  double loss = 0;

  for (size_t b = 0; b < n_draws; b++)
    loss += share * weights[b] *
            squares (n_entries, (float) (2 * scale * share * weights[b]), found + b * n_entries,
                     wanted + b * n_entries, d_found + b * n_entries);
  if (d_wanted != NULL)
    for (size_t i = 0; i < n_draws * n_entries; i++)
      d_wanted[i] = -d_found[i];
  return loss;
}
