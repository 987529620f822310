/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The processor as a device: loops over fixed chunks. */
#include "config.h"

#include "nn/ple-device.h"

#include "base/ple-parallel.h"
#include "linalg/ple-linalg.h"
#include "nn/ple-kernels-private.h"

#include <math.h>
#include <string.h>

#define ALIGNMENT 64
/* Elements per chunk: a thread takes tens of microseconds for it. */
#define CHUNK 32768
/* Multiply-adds per block of a product. */
#define BLOCK_WORK ((size_t) 1 << 25)
/* Below this, the call of the parallel loop costs more than it brings. */
#define SMALL 65536

/* On the calling thread when there is little to do: the chunks are the same, so are the bits. */
static gboolean
for_chunks (size_t n,
            size_t chunk_size,
            size_t cost,
            PleParallelFunc func,
            gpointer data,
            PleProgress *progress)
{
  if (cost > SMALL)
    return ple_parallel_for (n, chunk_size, func, data, progress, NULL);
  if (ple_progress_is_cancelled (progress))
    return FALSE;
  for (size_t begin = 0; begin < n; begin += chunk_size)
    {
      const PleChunk chunk = { begin, MIN (begin + chunk_size, n), begin / chunk_size, 0 };

      func (&chunk, data);
    }
  return TRUE;
}

static float *
cpu_alloc (size_t n)
{
  gsize size;

  if (!g_size_checked_mul (&size, n, sizeof (float)) ||
      !g_size_checked_add (&size, size, ALIGNMENT - 1))
    return NULL;
  return aligned_alloc (ALIGNMENT, MAX (size / ALIGNMENT * ALIGNMENT, ALIGNMENT));
}

static void
cpu_free (float *data)
{
  free (data);
}

static void
cpu_copy (float *to, const float *from, size_t n)
{
  if (n > 0)
    memmove (to, from, n * sizeof (float));
}

static void
cpu_fill (float *y, float value, size_t n)
{
  for (size_t i = 0; i < n; i++)
    y[i] = value;
}

typedef struct
{
  int op;
  float scale;
  float shift;
  const float *x;
  float *y;
} Elementwise;

PLE_CLONES_INLINE float
sigmoid (float x)
{
  return 1.0f / (1.0f + ple_fast_exp (-x));
}

/* For the functions that are not worth a kernel of their own. */
#define LOOP(expression)                                                                           \
  for (size_t i = 0; i < n; i++)                                                                   \
    {                                                                                              \
      float v = x[i];                                                                              \
      y[i] = (expression);                                                                         \
    }                                                                                              \
  break

PLE_CLONES static void
unary_loop (PleUnary op, size_t n, const float *x, float *y)
{
  float density;

  switch (op)
    {
    case PLE_UNARY_NEGATE:
      LOOP (-v);
    case PLE_UNARY_EXP:
      LOOP (ple_fast_exp (v));
    case PLE_UNARY_LOG:
      LOOP (logf (v));
    case PLE_UNARY_SQRT:
      LOOP (sqrtf (v));
    case PLE_UNARY_RECIPROCAL:
      LOOP (1.0f / v);
    case PLE_UNARY_SQUARE:
      LOOP (v * v);
    case PLE_UNARY_ABS:
      LOOP (fabsf (v));
    case PLE_UNARY_SIGN:
      LOOP ((float) (v > 0) - (float) (v < 0));
    case PLE_UNARY_SIN:
      LOOP (sinf (v));
    case PLE_UNARY_COS:
      LOOP (cosf (v));
    case PLE_UNARY_TANH:
      LOOP (tanhf (v));
    case PLE_UNARY_SIGMOID:
      LOOP (sigmoid (v));
    case PLE_UNARY_SOFTPLUS:
      LOOP ((v > 0 ? v : 0) + log1pf (ple_fast_exp (-fabsf (v))));
    case PLE_UNARY_ERF:
      LOOP (2 * ple_fast_normal (v * (float) G_SQRT2, &density) - 1);
    case PLE_UNARY_RELU:
      LOOP (v > 0 ? v : 0);
    case PLE_UNARY_STEP:
      LOOP (v > 0 ? 1.0f : 0.0f);
    case PLE_UNARY_SILU:
      LOOP (v * sigmoid (v));
    case PLE_UNARY_GELU:
      LOOP (v * ple_fast_normal (v, &density));
    case PLE_UNARY_GELU_SLOPE:
      for (size_t i = 0; i < n; i++)
        {
          float v = x[i];
          float phi = ple_fast_normal (v, &density);

          y[i] = phi + v * density;
        }
      break;
    case PLE_UNARY_N:
    default:
      g_assert_not_reached ();
    }
}

static void
unary_chunk (const PleChunk *chunk, gpointer data)
{
  const Elementwise *job = data;

  unary_loop ((PleUnary) job->op, chunk->end - chunk->begin, job->x + chunk->begin,
              job->y + chunk->begin);
}

static gboolean
cpu_unary (PleUnary op, size_t n, const float *x, float *y, PleProgress *progress)
{
  Elementwise job = { .op = (int) op, .x = x, .y = y };

  return for_chunks (n, CHUNK, n, unary_chunk, &job, progress);
}

static void
affine_chunk (const PleChunk *chunk, gpointer data)
{
  const Elementwise *job = data;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    job->y[i] = job->scale * job->x[i] + job->shift;
}

static gboolean
cpu_affine (size_t n, float scale, float shift, const float *x, float *y, PleProgress *progress)
{
  Elementwise job = { .scale = scale, .shift = shift, .x = x, .y = y };

  return for_chunks (n, CHUNK, n, affine_chunk, &job, progress);
}

static void
power_chunk (const PleChunk *chunk, gpointer data)
{
  const Elementwise *job = data;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    job->y[i] = powf (job->x[i], job->scale);
}

static gboolean
cpu_power (size_t n, float exponent, const float *x, float *y, PleProgress *progress)
{
  Elementwise job = { .scale = exponent, .x = x, .y = y };

  return for_chunks (n, CHUNK, n, power_chunk, &job, progress);
}

typedef struct
{
  PleBinary op;
  const PleLayout *layout;
  size_t inner; /* size of the last dimension */
  const float *a;
  const float *b;
  float *y;
} Strided;

/* Where row @row of the index space (all dimensions but the last) begins in argument @arg. */
static size_t
row_offset (const PleLayout *layout, int arg, size_t row)
{
  size_t offset = layout->offset[arg];

  for (guint dim = layout->n_dims - 1; dim-- > 0;)
    {
      offset += row % layout->shape[dim] * layout->strides[arg][dim];
      row /= layout->shape[dim];
    }
  return offset;
}

static size_t
layout_size (const PleLayout *layout)
{
  size_t n = 1;

  for (guint dim = 0; dim < layout->n_dims; dim++)
    n *= layout->shape[dim];
  return n;
}

/* One row; strides of 0 and 1 are what occurs and vectorise. */
#define ROW(expression)                                                                            \
  if (sa == 1 && sb == 1)                                                                          \
    for (size_t i = 0; i < n; i++)                                                                 \
      {                                                                                            \
        float u = a[i], v = b[i];                                                                  \
        y[i] = (expression);                                                                       \
      }                                                                                            \
  else if (sb == 0 && sa == 1)                                                                     \
    for (size_t i = 0; i < n; i++)                                                                 \
      {                                                                                            \
        float u = a[i], v = b[0];                                                                  \
        y[i] = (expression);                                                                       \
      }                                                                                            \
  else                                                                                             \
    for (size_t i = 0; i < n; i++)                                                                 \
      {                                                                                            \
        float u = a[i * sa], v = b[i * sb];                                                        \
        y[i] = (expression);                                                                       \
      }                                                                                            \
  break

PLE_CLONES static void
binary_row (
    PleBinary op, size_t n, const float *a, size_t sa, const float *b, size_t sb, float *restrict y)
{
  switch (op)
    {
    case PLE_BINARY_ADD:
      ROW (u + v);
    case PLE_BINARY_SUBTRACT:
      ROW (u - v);
    case PLE_BINARY_MULTIPLY:
      ROW (u * v);
    case PLE_BINARY_DIVIDE:
      ROW (u / v);
    case PLE_BINARY_MAXIMUM:
      ROW (u > v ? u : v);
    case PLE_BINARY_GREATER:
      ROW (u > v ? 1.0f : 0.0f);
    case PLE_BINARY_N:
    default:
      g_assert_not_reached ();
    }
}

static void
binary_chunk (const PleChunk *chunk, gpointer data)
{
  const Strided *job = data;
  const guint last = job->layout->n_dims - 1;
  const size_t *sa = job->layout->strides[0], *sb = job->layout->strides[1];

  if (last == 0) /* the chunk is part of the only row */
    {
      binary_row (job->op, chunk->end - chunk->begin, job->a + chunk->begin * sa[0], sa[0],
                  job->b + chunk->begin * sb[0], sb[0], job->y + chunk->begin);
      return;
    }
  for (size_t row = chunk->begin; row < chunk->end; row++)
    binary_row (job->op, job->inner, job->a + row_offset (job->layout, 0, row),
                job->layout->strides[0][last], job->b + row_offset (job->layout, 1, row),
                job->layout->strides[1][last], job->y + row * job->inner);
}

static gboolean
cpu_binary (PleBinary op,
            const PleLayout *layout,
            const float *a,
            const float *b,
            float *y,
            PleProgress *progress)
{
  const size_t n = layout_size (layout);
  Strided job = { op, layout, layout->shape[layout->n_dims - 1], a, b, y };

  if (n == 0)
    return TRUE;
  if (layout->n_dims == 1)
    {
      job.a += layout->offset[0];
      job.b += layout->offset[1];
      return for_chunks (n, CHUNK, n, binary_chunk, &job, progress);
    }
  return for_chunks (n / job.inner, MAX (CHUNK / job.inner, 1), n, binary_chunk, &job, progress);
}

static void
gather_chunk (const PleChunk *chunk, gpointer data)
{
  const Strided *job = data;
  const size_t stride = job->layout->strides[0][job->layout->n_dims - 1];

  for (size_t row = chunk->begin; row < chunk->end; row++)
    {
      const float *from = job->a + row_offset (job->layout, 0, row);
      float *to = job->y + row * job->inner;

      if (stride == 1)
        memcpy (to, from, job->inner * sizeof (float));
      else
        for (size_t i = 0; i < job->inner; i++)
          to[i] = from[i * stride];
    }
}

static gboolean
cpu_gather (const PleLayout *layout, const float *x, float *y, PleProgress *progress)
{
  const size_t n = layout_size (layout);
  Strided job = { .layout = layout, .inner = layout->shape[layout->n_dims - 1], .a = x, .y = y };

  if (n == 0)
    return TRUE;
  return for_chunks (n / job.inner, MAX (CHUNK / job.inner, 1), n, gather_chunk, &job, progress);
}

/* Rows that fall on the same output must be added by the same thread: the chunks run over the
 * outputs of the leading dimensions that do not repeat, the repeating ones inside. */
typedef struct
{
  PleLayout kept;     /* dimensions that move in y */
  PleLayout repeated; /* dimensions that stay: the sums; strides[0] in x */
  size_t n_repeated;
  const float *x;
  float *y;
} Scatter;

static size_t
offset_of (const PleLayout *layout, int arg, size_t index)
{
  size_t offset = 0;

  for (guint dim = layout->n_dims; dim-- > 0;)
    {
      offset += index % layout->shape[dim] * layout->strides[arg][dim];
      index /= layout->shape[dim];
    }
  return offset;
}

/* kept: strides[0] in x, strides[1] in y */
static void
scatter_chunk (const PleChunk *chunk, gpointer data)
{
  const Scatter *job = data;
  const guint n_kept = job->kept.n_dims;
  const size_t inner = n_kept > 0 ? job->kept.shape[n_kept - 1] : 1;

  for (size_t row = chunk->begin; row < chunk->end; row++)
    {
      const float *from = job->x + offset_of (&job->kept, 0, row * inner);
      float *to = job->y + offset_of (&job->kept, 1, row * inner);
      const size_t from_stride = n_kept > 0 ? job->kept.strides[0][n_kept - 1] : 0;
      const size_t to_stride = n_kept > 0 ? job->kept.strides[1][n_kept - 1] : 0;

      if (job->repeated.n_dims == 1 && job->repeated.strides[0][0] == 1 && inner == 1)
        {
          *to = (float) ple_kernel_sum (job->n_repeated, from);
          continue;
        }
      for (size_t r = 0; r < job->n_repeated; r++)
        {
          const float *part = from + offset_of (&job->repeated, 0, r);

          if (from_stride == 1 && to_stride == 1)
            for (size_t i = 0; i < inner; i++)
              to[i] += part[i];
          else
            for (size_t i = 0; i < inner; i++)
              to[i * to_stride] += part[i * from_stride];
        }
    }
}

static gboolean
cpu_scatter (const PleLayout *layout, const float *x, size_t n_y, float *y, PleProgress *progress)
{
  const size_t n = layout_size (layout);
  Scatter job = { .x = x, .y = y, .n_repeated = 1 };
  size_t stride = 1, n_kept = 1, inner;

  memset (y, 0, n_y * sizeof (float));
  job.y += layout->offset[0];
  if (n == 0)
    return TRUE;
  /* Sizes of 1 count as repeated: they move nothing. Built from the last dimension on, then turned
   * round, neighbouring repeated ones merged. */
  for (guint dim = layout->n_dims; dim-- > 0;)
    {
      const size_t size = layout->shape[dim];
      const size_t to = layout->strides[0][dim];

      if (size > 1 && to != 0)
        {
          job.kept.shape[job.kept.n_dims] = size;
          job.kept.strides[0][job.kept.n_dims] = stride;
          job.kept.strides[1][job.kept.n_dims++] = to;
          n_kept *= size;
        }
      else if (size > 1)
        {
          const guint last = job.repeated.n_dims - 1;

          if (job.repeated.n_dims > 0 &&
              job.repeated.strides[0][last] * job.repeated.shape[last] == stride)
            job.repeated.shape[last] *= size;
          else
            {
              job.repeated.shape[job.repeated.n_dims] = size;
              job.repeated.strides[0][job.repeated.n_dims++] = stride;
            }
          job.n_repeated *= size;
        }
      stride *= size;
    }
  for (int which = 0; which < 2; which++)
    {
      PleLayout *turned = which == 0 ? &job.kept : &job.repeated;
      const PleLayout copy = *turned;

      for (guint dim = 0; dim < copy.n_dims; dim++)
        {
          turned->shape[dim] = copy.shape[copy.n_dims - 1 - dim];
          turned->strides[0][dim] = copy.strides[0][copy.n_dims - 1 - dim];
          turned->strides[1][dim] = copy.strides[1][copy.n_dims - 1 - dim];
        }
    }
  /* Few long rows of sums of whole columns: cut the row, so that all threads have work. */
  inner = job.kept.n_dims > 0 ? job.kept.shape[job.kept.n_dims - 1] : 1;
  if (job.repeated.n_dims == 1 && job.repeated.strides[0][0] == 1)
    {
      /* Sum along the fastest dimension: every output is a row of its own. */
      job.kept.shape[job.kept.n_dims] = 1;
      job.kept.strides[0][job.kept.n_dims] = job.kept.strides[1][job.kept.n_dims] = 0;
      job.kept.n_dims = MIN (job.kept.n_dims + 1, PLE_MAX_DIMS);
      inner = 1;
    }
  return for_chunks (n_kept / inner, MAX (CHUNK / (inner * job.n_repeated), 1), n, scatter_chunk,
                     &job, progress);
}

typedef struct
{
  size_t n;
  size_t n_cols;
  const gint32 *rows;
  const float *x;
  float *y;
} Rows;

static void
take_chunk (const PleChunk *chunk, gpointer data)
{
  const Rows *job = data;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    memcpy (job->y + i * job->n_cols, job->x + (size_t) job->rows[i] * job->n_cols,
            job->n_cols * sizeof (float));
}

static gboolean
cpu_take_rows (
    size_t n, size_t n_cols, const gint32 *rows, const float *x, float *y, PleProgress *progress)
{
  Rows job = { n, n_cols, rows, x, y };

  return for_chunks (n, MAX (CHUNK / MAX (n_cols, 1), 1), n * n_cols, take_chunk, &job, progress);
}

/* Chunks of columns: each output row is summed by one thread, in order. */
static void
add_chunk (const PleChunk *chunk, gpointer data)
{
  const Rows *job = data;

  for (size_t i = 0; i < job->n; i++)
    for (size_t f = chunk->begin; f < chunk->end; f++)
      job->y[(size_t) job->rows[i] * job->n_cols + f] += job->x[i * job->n_cols + f];
}

static gboolean
cpu_add_rows (size_t n,
              size_t n_cols,
              const gint32 *rows,
              const float *x,
              size_t n_y,
              float *y,
              PleProgress *progress)
{
  Rows job = { n, n_cols, rows, x, y };

  memset (y, 0, n_y * n_cols * sizeof (float));
  return for_chunks (n_cols, 64, n * n_cols, add_chunk, &job, progress);
}

typedef struct
{
  gboolean transpose_a, transpose_b;
  size_t m, n, k;
  const float *a, *b;
  size_t batch_a, batch_b;
  float *c;
  size_t block; /* rows of C per chunk */
  size_t n_blocks;
} Product;

static void
product_chunk (const PleChunk *chunk, gpointer data)
{
  const Product *job = data;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    {
      const size_t batch = i / job->n_blocks;
      const size_t first = i % job->n_blocks * job->block;
      const size_t rows = MIN (job->block, job->m - first);
      const float *a = job->a + batch * job->batch_a;

      ple_gemm (job->transpose_a, job->transpose_b, rows, job->n, job->k, 1,
                job->transpose_a ? a + first : a + first * job->k,
                job->transpose_a ? job->m : job->k, job->b + batch * job->batch_b,
                job->transpose_b ? job->k : job->n, 0, job->c + (batch * job->m + first) * job->n,
                job->n);
    }
}

static gboolean
cpu_multiply (size_t n_batch,
              gboolean transpose_a,
              gboolean transpose_b,
              size_t m,
              size_t n,
              size_t k,
              const float *a,
              size_t batch_a,
              const float *b,
              size_t batch_b,
              float *c,
              PleProgress *progress)
{
  Product job = { transpose_a, transpose_b, m, n, k, a, b, batch_a, batch_b, c, 0, 0 };
  const size_t row_work = MAX (n * k, 1);

  if (n_batch * m * n == 0)
    return TRUE;
  if (k == 0)
    {
      memset (c, 0, n_batch * m * n * sizeof (float));
      return TRUE;
    }
  job.block = CLAMP (BLOCK_WORK / row_work, 32, MAX (m, 32));
  job.n_blocks = ple_parallel_n_chunks (m, job.block);
  return for_chunks (n_batch * job.n_blocks, MAX (BLOCK_WORK / (MIN (job.block, m) * row_work), 1),
                     n_batch * m * row_work, product_chunk, &job, progress);
}

typedef struct
{
  size_t n_cols;
  double epsilon;
  const float *x;
  float *y;
  float *deviation;
} RowWise;

static void
softmax_chunk (const PleChunk *chunk, gpointer data)
{
  const RowWise *job = data;

  ple_kernel_softmax (chunk->end - chunk->begin, job->n_cols, 1,
                      job->x + chunk->begin * job->n_cols, job->y + chunk->begin * job->n_cols);
}

static gboolean
cpu_softmax (size_t n_rows, size_t n_cols, const float *x, float *y, PleProgress *progress)
{
  RowWise job = { .n_cols = n_cols, .x = x, .y = y };

  return for_chunks (n_rows, MAX (CHUNK / MAX (n_cols, 1), 1), n_rows * n_cols, softmax_chunk, &job,
                     progress);
}

static void
log_softmax_chunk (const PleChunk *chunk, gpointer data)
{
  const RowWise *job = data;

  ple_kernel_log_softmax (chunk->end - chunk->begin, job->n_cols, 1,
                          job->x + chunk->begin * job->n_cols, job->y + chunk->begin * job->n_cols);
}

static gboolean
cpu_log_softmax (size_t n_rows, size_t n_cols, const float *x, float *y, PleProgress *progress)
{
  RowWise job = { .n_cols = n_cols, .x = x, .y = y };

  return for_chunks (n_rows, MAX (CHUNK / MAX (n_cols, 1), 1), n_rows * n_cols, log_softmax_chunk,
                     &job, progress);
}

static void
normalise_chunk (const PleChunk *chunk, gpointer data)
{
  const RowWise *job = data;
  const size_t n = job->n_cols;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    {
      const float *x = job->x + i * n;
      float *y = job->y + i * n;
      float mean = (float) (ple_kernel_sum (n, x) / (double) n);
      float factor;

      for (size_t f = 0; f < n; f++)
        y[f] = x[f] - mean;
      factor = (float) (1 / sqrt (ple_kernel_dot (n, y, y) / (double) n + job->epsilon));
      for (size_t f = 0; f < n; f++)
        y[f] *= factor;
      if (job->deviation != NULL)
        job->deviation[i] = factor;
    }
}

static gboolean
cpu_normalise (size_t n_rows,
               size_t n_cols,
               double epsilon,
               const float *x,
               float *y,
               float *deviation,
               PleProgress *progress)
{
  RowWise job = { n_cols, epsilon, x, y, deviation };

  return for_chunks (n_rows, MAX (CHUNK / MAX (n_cols, 1), 1), n_rows * n_cols, normalise_chunk,
                     &job, progress);
}

static void
row_max_chunk (const PleChunk *chunk, gpointer data)
{
  const RowWise *job = data;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    job->y[i] = ple_kernel_max (job->n_cols, job->x + i * job->n_cols);
}

static gboolean
cpu_row_max (size_t n_rows, size_t n_cols, const float *x, float *y, PleProgress *progress)
{
  RowWise job = { .n_cols = n_cols, .x = x, .y = y };

  return for_chunks (n_rows, MAX (CHUNK / MAX (n_cols, 1), 1), n_rows * n_cols, row_max_chunk, &job,
                     progress);
}

typedef struct
{
  const PleAdamStep *step;
  const float *gradient;
  float *weights, *moment1, *moment2;
  double momentum;
  const float *x;
  float *y;
  double *sums;
  const PleMomentumStep *momentum_step;
} Update;

static void
adam_chunk (const PleChunk *chunk, gpointer data)
{
  const Update *job = data;
  const size_t at = chunk->begin;

  ple_kernel_adam (chunk->end - at, job->step, job->gradient + at, job->weights + at,
                   job->moment1 + at, job->moment2 + at);
}

static gboolean
cpu_adam (size_t n,
          const PleAdamStep *step,
          const float *gradient,
          float *weights,
          float *moment1,
          float *moment2,
          PleProgress *progress)
{
  Update job = {
    .step = step, .gradient = gradient, .weights = weights, .moment1 = moment1, .moment2 = moment2
  };

  return for_chunks (n, CHUNK, n, adam_chunk, &job, progress);
}

static void
momentum_chunk (const PleChunk *chunk, gpointer data)
{
  const Update *job = data;
  const size_t at = chunk->begin;

  ple_kernel_momentum (chunk->end - at, job->momentum_step, job->gradient + at, job->weights + at,
                       job->moment1 + at);
}

static gboolean
cpu_momentum (size_t n,
              const PleMomentumStep *step,
              const float *gradient,
              float *weights,
              float *buffer,
              PleProgress *progress)
{
  Update job = {
    .momentum_step = step, .gradient = gradient, .weights = weights, .moment1 = buffer
  };

  return for_chunks (n, CHUNK, n, momentum_chunk, &job, progress);
}

static void
average_chunk (const PleChunk *chunk, gpointer data)
{
  const Update *job = data;

  ple_kernel_average (chunk->end - chunk->begin, job->momentum, job->x + chunk->begin,
                      job->y + chunk->begin);
}

static gboolean
cpu_average (size_t n, double momentum, const float *x, float *y, PleProgress *progress)
{
  Update job = { .momentum = momentum, .x = x, .y = y };

  return for_chunks (n, CHUNK, n, average_chunk, &job, progress);
}

static void
dot_chunk (const PleChunk *chunk, gpointer data)
{
  const Update *job = data;

  job->sums[chunk->index] = ple_kernel_dot (chunk->end - chunk->begin, job->x + chunk->begin,
                                            job->gradient + chunk->begin);
}

static gboolean
cpu_dot (size_t n, const float *a, const float *b, double *out, PleProgress *progress)
{
  const size_t n_chunks = ple_parallel_n_chunks (n, CHUNK);
  g_autofree double *sums = g_new (double, MAX (n_chunks, 1));
  Update job = { .x = a, .gradient = b, .sums = sums };

  *out = 0;
  if (!for_chunks (n, CHUNK, n, dot_chunk, &job, progress))
    return FALSE;
  for (size_t c = 0; c < n_chunks; c++)
    *out += sums[c];
  return TRUE;
}

const PleDevice *
ple_device_cpu (void)
{
  static const PleDevice device = {
    .id = "cpu",
    .alloc = cpu_alloc,
    .free = cpu_free,
    .upload = cpu_copy,
    .download = cpu_copy,
    .fill = cpu_fill,
    .unary = cpu_unary,
    .affine = cpu_affine,
    .power = cpu_power,
    .binary = cpu_binary,
    .gather = cpu_gather,
    .scatter = cpu_scatter,
    .take_rows = cpu_take_rows,
    .add_rows = cpu_add_rows,
    .multiply = cpu_multiply,
    .softmax = cpu_softmax,
    .log_softmax = cpu_log_softmax,
    .normalise = cpu_normalise,
    .row_max = cpu_row_max,
    .adam = cpu_adam,
    .momentum = cpu_momentum,
    .average = cpu_average,
    .dot = cpu_dot,
  };

  return &device;
}
