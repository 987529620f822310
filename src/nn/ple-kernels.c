/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "nn/ple-kernels.h"

#include "nn/ple-kernels-private.h"

#include <math.h>
#include <string.h>

#define LANES 16

PLE_CLONES void
ple_kernel_exp (size_t n, const float *x, float *y)
{
  for (size_t i = 0; i < n; i++)
    y[i] = ple_fast_exp (x[i]);
}

PLE_CLONES void
ple_kernel_erf (size_t n, const float *x, float *y)
{
  for (size_t i = 0; i < n; i++)
    {
      float density;

      y[i] = 2 * ple_fast_normal (x[i] * (float) G_SQRT2, &density) - 1;
    }
}

/* @bias and @slope are fixed where this is inlined, so that each use vectorises without a branch.
 */
PLE_CLONES_INLINE void
gelu_row (size_t n,
          const float *restrict in,
          const float *restrict bias,
          float *restrict out,
          float *restrict slope)
{
  for (size_t j = 0; j < n; j++)
    {
      float v = bias != NULL ? in[j] + bias[j] : in[j];
      float density;
      float phi = ple_fast_normal (v, &density);

      out[j] = v * phi;
      if (slope != NULL)
        slope[j] = phi + v * density;
    }
}

/* Not restrict: the output may be the input. */
PLE_CLONES_INLINE void
gelu_row_in_place (size_t n, const float *in, const float *bias, float *out)
{
  for (size_t j = 0; j < n; j++)
    {
      float v = bias != NULL ? in[j] + bias[j] : in[j];
      float density;

      out[j] = v * ple_fast_normal (v, &density);
    }
}

PLE_CLONES void
ple_kernel_gelu (size_t n_rows, size_t n_cols, const float *x, const float *bias, float *y)
{
  for (size_t i = 0; i < n_rows; i++)
    if (bias != NULL)
      gelu_row_in_place (n_cols, x + i * n_cols, bias, y + i * n_cols);
    else
      gelu_row_in_place (n_cols, x + i * n_cols, NULL, y + i * n_cols);
}

PLE_CLONES void
ple_kernel_gelu_slope (
    size_t n_rows, size_t n_cols, const float *x, const float *bias, float *y, float *derivative)
{
  for (size_t i = 0; i < n_rows; i++)
    if (bias != NULL)
      gelu_row (n_cols, x + i * n_cols, bias, y + i * n_cols, derivative + i * n_cols);
    else
      gelu_row (n_cols, x + i * n_cols, NULL, y + i * n_cols, derivative + i * n_cols);
}

/* Lanes in float, gathered in double before their rounding can add up. */
#define LANE_BLOCK ((size_t) 64 * LANES)

/* Sixteen lanes as one value: as an array they would go through memory in every turn of a loop. */
typedef float Lanes
    __attribute__ ((vector_size (LANES * sizeof (float)), aligned (sizeof (float)), may_alias));

static inline const Lanes *
lanes_at (const float *x)
{
  return (const Lanes *) (const void *) x;
}

/* In pairs, so that no addition waits for the one before. */
PLE_CLONES_INLINE double
add_lanes (const Lanes *lanes)
{
  double sums[LANES / 2];

  for (size_t l = 0; l < LANES / 2; l++)
    sums[l] = (double) (*lanes)[l] + (double) (*lanes)[l + LANES / 2];
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

PLE_CLONES_INLINE double
sum_lanes (size_t n, const float *x)
{
  double sum = 0;

  for (size_t begin = 0; begin < n; begin += LANE_BLOCK)
    {
      size_t end = begin + LANE_BLOCK < n ? begin + LANE_BLOCK : n;
      Lanes lanes = { 0 };
      size_t i = begin;

      for (; i + LANES <= end; i += LANES)
        lanes += *lanes_at (x + i);
      sum += add_lanes (&lanes);
      for (; i < end; i++)
        sum += (double) x[i];
    }
  return sum;
}

PLE_CLONES_INLINE float
max_lanes (size_t n, const float *x)
{
  float lanes[LANES];
  float max = -INFINITY;
  size_t i = 0;

  for (size_t l = 0; l < LANES; l++)
    lanes[l] = -INFINITY;
  for (; i + LANES <= n; i += LANES)
    for (size_t l = 0; l < LANES; l++)
      lanes[l] = x[i + l] > lanes[l] ? x[i + l] : lanes[l];
  for (size_t l = 0; l < LANES; l++)
    max = lanes[l] > max ? lanes[l] : max;
  for (; i < n; i++)
    max = x[i] > max ? x[i] : max;
  return max;
}

PLE_CLONES double
ple_kernel_sum (size_t n, const float *x)
{
  return sum_lanes (n, x);
}

PLE_CLONES float
ple_kernel_max (size_t n, const float *x)
{
  return max_lanes (n, x);
}

PLE_CLONES double
ple_kernel_dot (size_t n, const float *x, const float *y)
{
  double sum = 0;

  for (size_t begin = 0; begin < n; begin += LANE_BLOCK)
    {
      size_t end = begin + LANE_BLOCK < n ? begin + LANE_BLOCK : n;
      Lanes lanes = { 0 };
      size_t i = begin;

      for (; i + LANES <= end; i += LANES)
        lanes += *lanes_at (x + i) * *lanes_at (y + i);
      sum += add_lanes (&lanes);
      for (; i < end; i++)
        sum += (double) x[i] * (double) y[i];
    }
  return sum;
}

PLE_CLONES void
ple_kernel_sum_rows (size_t n_rows, size_t n_cols, const float *x, float *sums)
{
  memset (sums, 0, n_cols * sizeof (float));
  for (size_t i = 0; i < n_rows; i++)
    for (size_t j = 0; j < n_cols; j++)
      sums[j] += x[i * n_cols + j];
}

PLE_CLONES void
ple_kernel_log_softmax (size_t n_rows, size_t n_cols, float scale, const float *x, float *y)
{
  for (size_t i = 0; i < n_rows; i++)
    {
      const float *in = x + i * n_cols;
      float *out = y + i * n_cols;
      float shift = scale * max_lanes (n_cols, in);
      double sum = 0;
      float log_sum;

      if (scale < 0) /* then the largest product belongs to the smallest entry */
        for (size_t j = 0; j < n_cols; j++)
          shift = scale * in[j] > shift ? scale * in[j] : shift;
      /* In pieces, so that the exponentials need no memory. */
      for (size_t begin = 0; begin < n_cols; begin += 256)
        {
          size_t n = n_cols - begin < 256 ? n_cols - begin : 256;
          float piece[256];

          for (size_t j = 0; j < n; j++)
            piece[j] = ple_fast_exp (scale * in[begin + j] - shift);
          sum += sum_lanes (n, piece);
        }
      log_sum = (float) log (sum);
      for (size_t j = 0; j < n_cols; j++)
        out[j] = scale * in[j] - shift - log_sum;
    }
}

PLE_CLONES void
ple_kernel_softmax (size_t n_rows, size_t n_cols, float scale, const float *x, float *y)
{
  for (size_t i = 0; i < n_rows; i++)
    {
      const float *in = x + i * n_cols;
      float *out = y + i * n_cols;
      float shift = scale * max_lanes (n_cols, in);
      float factor;

      if (scale < 0)
        for (size_t j = 0; j < n_cols; j++)
          shift = scale * in[j] > shift ? scale * in[j] : shift;
      for (size_t j = 0; j < n_cols; j++)
        out[j] = ple_fast_exp (scale * in[j] - shift);
      factor = (float) (1 / sum_lanes (n_cols, out));
      for (size_t j = 0; j < n_cols; j++)
        out[j] *= factor;
    }
}

typedef struct
{
  float rate; /* rate / (1 - beta1^t) */
  float root; /* 1 / sqrt (1 - beta2^t) */
  float keep; /* 1 - rate decay */
  float beta1, beta2;
  float rest1, rest2; /* 1 - beta */
  float epsilon;
  float penalty;
} AdamConstants;

static AdamConstants
adam_constants (const PleAdamStep *step)
{
  double t = (double) step->step;

  return (AdamConstants){
    .rate = (float) (step->rate / (1 - pow (step->beta1, t))),
    .root = (float) (1 / sqrt (1 - pow (step->beta2, t))),
    .keep = (float) (1 - step->rate * step->decay),
    .beta1 = (float) step->beta1,
    .beta2 = (float) step->beta2,
    .rest1 = (float) (1 - step->beta1),
    .rest2 = (float) (1 - step->beta2),
    .epsilon = (float) step->epsilon,
    .penalty = (float) step->penalty,
  };
}

PLE_CLONES_INLINE float
adam_one (const AdamConstants *c, float g, float w, float *m1, float *m2)
{
  float slope = g + c->penalty * w;
  float first = c->beta1 * *m1 + c->rest1 * slope;
  float second = c->beta2 * *m2 + c->rest2 * (slope * slope);

  *m1 = first;
  *m2 = second;
  return c->keep * w - c->rate * first / (sqrtf (second) * c->root + c->epsilon);
}

PLE_CLONES void
ple_kernel_adam (size_t n,
                 const PleAdamStep *step,
                 const float *restrict gradient,
                 float *restrict weights,
                 float *restrict moment1,
                 float *restrict moment2)
{
  const AdamConstants c = adam_constants (step);

  for (size_t i = 0; i < n; i++)
    weights[i] = adam_one (&c, gradient[i], weights[i], &moment1[i], &moment2[i]);
}

PLE_CLONES void
ple_kernel_momentum (size_t n,
                     const PleMomentumStep *step,
                     const float *restrict gradient,
                     float *restrict weights,
                     float *restrict buffer)
{
  const float rate = (float) step->rate, momentum = (float) step->momentum;
  const float decay = (float) step->decay, scale = (float) step->scale;
  const float keep = step->nesterov ? momentum : 1;
  const float direct = step->nesterov ? 1 : 0;

  for (size_t i = 0; i < n; i++)
    {
      float slope = scale * (gradient[i] + decay * weights[i]);

      buffer[i] = momentum * buffer[i] + slope;
      weights[i] -= rate * (keep * buffer[i] + direct * slope);
    }
}

PLE_CLONES void
ple_kernel_average (size_t n, double momentum, const float *restrict x, float *restrict average)
{
  const float rest = (float) (1 - momentum);

  for (size_t i = 0; i < n; i++)
    average[i] += rest * (x[i] - average[i]);
}

PLE_CLONES void
ple_kernel_adam_average (size_t n,
                         const PleAdamStep *step,
                         double momentum,
                         const float *restrict gradient,
                         float *restrict weights,
                         float *restrict moment1,
                         float *restrict moment2,
                         float *restrict average)
{
  const AdamConstants c = adam_constants (step);
  const float rest = (float) (1 - momentum);

  for (size_t i = 0; i < n; i++)
    {
      float w = adam_one (&c, gradient[i], weights[i], &moment1[i], &moment2[i]);

      weights[i] = w;
      average[i] += rest * (w - average[i]);
    }
}
