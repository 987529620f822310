/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-attention.h"
#include "linalg/ple-linalg.h"
#include "linalg/ple-packed-private.h"
#include "ple-test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float *
scratch_new (const PleAttentionShape *shape)
{
  size_t size = ple_attention_get_scratch_size (shape) * sizeof (float);
  void *scratch = NULL;

  g_assert_cmpint (posix_memalign (&scratch, 64, size), ==, 0);
  memset (scratch, 0xff, size); /* NaN: what is read must have been written */
  return scratch;
}

/* In double, from the definition. y (n_tokens, n_heads head_dim) */
static void
attention_reference (const PleAttentionShape *shape, const float *qkv, double *y)
{
  const size_t d = shape->head_dim, width = shape->n_heads * d, n = shape->n_tokens;
  g_autofree double *shares = g_new (double, n);

  for (size_t h = 0; h < shape->n_heads; h++)
    for (size_t i = 0; i < n; i++)
      {
        const size_t n_seen = shape->causal ? i + 1 : n;
        double largest = -(double) INFINITY, sum = 0;

        for (size_t j = 0; j < n_seen; j++)
          {
            shares[j] = 0;
            for (size_t f = 0; f < d; f++)
              shares[j] += (double) qkv[i * shape->stride + h * d + f] *
                           (double) qkv[j * shape->stride + width + h * d + f];
            shares[j] *= (double) shape->scale;
            largest = fmax (largest, shares[j]);
          }
        for (size_t j = 0; j < n_seen; j++)
          sum += shares[j] = exp (shares[j] - largest);
        for (size_t f = 0; f < d; f++)
          {
            double v = 0;

            for (size_t j = 0; j < n_seen; j++)
              v += shares[j] * (double) qkv[j * shape->stride + 2 * width + h * d + f];
            y[i * width + h * d + f] = v / sum;
          }
      }
}

/* All tokens at once, then in two parts: within rounding of the reference, and the same bits. */
static void
check (const PlePackedKernel *kernel, const PleAttentionShape *shape, const PleMatrix *qkv)
{
  const size_t width = shape->n_heads * shape->head_dim, n = shape->n_tokens, cut = n / 3;
  g_autoptr (PleMatrix) y = ple_matrix_new (n, width + 5, NULL);
  g_autoptr (PleMatrix) parts = ple_matrix_new (n, width + 5, NULL);
  g_autofree double *expected = g_new (double, n *width);
  const float *q = qkv->data, *k = q + width, *v = k + width;
  float *scratch = scratch_new (shape);

  kernel->attend (shape, 0, n, q, k, v, y->data, width + 5, scratch);
  kernel->attend (shape, cut, n - cut, q, k, v, ple_matrix_row (parts, cut), width + 5, scratch);
  kernel->attend (shape, 0, cut, q, k, v, parts->data, width + 5, scratch);
  ple_test_assert_same_bits (y, parts);
  attention_reference (shape, qkv->data, expected);
  for (size_t i = 0; i < n; i++)
    {
      for (size_t f = 0; f < width; f++)
        g_assert_cmpfloat_with_epsilon ((double) ple_matrix_row (y, i)[f], expected[i * width + f],
                                        2e-5);
      for (size_t f = width; f < width + 5; f++)
        g_assert_cmpfloat ((double) ple_matrix_row (y, i)[f], ==, 0);
    }
  free (scratch);
}

/* Around the borders of tiles, panels and passes; heads wider than a pass. */
static void
test_every_size (gconstpointer data)
{
  static const struct
  {
    size_t n_tokens, n_heads, head_dim;
  } cases[] = { { 1, 1, 1 },   { 2, 3, 5 },   { 14, 1, 32 },  { 15, 2, 33 }, { 50, 2, 64 },
                { 77, 2, 16 }, { 257, 1, 8 }, { 385, 1, 20 }, { 33, 1, 400 } };

  for (size_t c = 0; c < G_N_ELEMENTS (cases); c++)
    for (int causal = 0; causal < 2; causal++)
      {
        const size_t width = cases[c].n_heads * cases[c].head_dim;
        PleAttentionShape shape = { .n_tokens = cases[c].n_tokens,
                                    .n_heads = cases[c].n_heads,
                                    .head_dim = cases[c].head_dim,
                                    .stride = 3 * width + 3,
                                    .causal = causal };
        g_autoptr (PleMatrix) qkv = ple_test_random_matrix (shape.n_tokens, shape.stride, c);

        shape.scale = (float) (1 / sqrt ((double) shape.head_dim));
        check (data, &shape, qkv);
      }
}

/* Scores of some thousands, and all far below zero: nothing overflows, no row is empty. */
static void
test_extreme_scores (gconstpointer data)
{
  PleAttentionShape shape = {
    .n_tokens = 40, .n_heads = 1, .head_dim = 4, .stride = 12, .scale = 1
  };
  g_autoptr (PleMatrix) qkv = ple_test_random_matrix (40, 12, 1);

  for (size_t i = 0; i < 40; i++)
    for (size_t f = 0; f < 4; f++)
      {
        /* Whole numbers, so that the scores are exact. */
        ple_matrix_row (qkv, i)[f] = -30;
        ple_matrix_row (qkv, i)[4 + f] = (float) (20 + (i * 7 + f) % 11);
      }
  check (data, &shape, qkv);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  for (size_t i = 0; ple_packed_get_kernel (i) != NULL; i++)
    {
      const PlePackedKernel *kernel = ple_packed_get_kernel (i);
      g_autofree char *sizes = g_strdup_printf ("/linalg/attention/%s/every-size", kernel->name);
      g_autofree char *extreme =
          g_strdup_printf ("/linalg/attention/%s/extreme-scores", kernel->name);

      g_test_add_data_func (sizes, kernel, test_every_size);
      g_test_add_data_func (extreme, kernel, test_extreme_scores);
    }
  return g_test_run ();
}
