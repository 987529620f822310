/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-error.h"
#include "linalg/ple-linalg.h"
#include "linalg/ple-packed-private.h"
#include "linalg/ple-packed.h"
#include "ple-test.h"

#include <math.h>
#include <stdlib.h>

static float *
scratch_new (void)
{
  void *scratch = NULL;

  g_assert_cmpint (posix_memalign (&scratch, 64, ple_packed_get_scratch_size () * sizeof (float)),
                   ==, 0);
  return scratch;
}

static double
activate (PleActivation activation, double v)
{
  switch (activation)
    {
    case PLE_ACTIVATION_GELU:
      return v / 2 * erfc (-v / G_SQRT2);
    case PLE_ACTIVATION_GELU_TANH:
      return v / 2 * (1 + tanh (sqrt (2 / G_PI) * (v + 0.044715 * v * v * v)));
    case PLE_ACTIVATION_QUICK_GELU:
      return v / (1 + exp (-1.702 * v));
    case PLE_ACTIVATION_RELU:
      return fmax (v, 0);
    case PLE_ACTIVATION_SILU:
      return v / (1 + exp (-v));
    case PLE_ACTIVATION_NONE:
    default:
      return v;
    }
}

/* y = residual + scale activation (x w' + bias) in double, and the largest error of @y. */
static double
error_against_reference (const PleMatrix *x,
                         const PleMatrix *w,
                         const PleEpilogue *epilogue,
                         const PleMatrix *y)
{
  double worst = 0;

  for (size_t i = 0; i < x->n_rows; i++)
    for (size_t j = 0; j < w->n_rows; j++)
      {
        double v = epilogue->bias != NULL ? (double) epilogue->bias[j] : 0;

        for (size_t f = 0; f < w->n_cols; f++)
          v += (double) ple_matrix_row (x, i)[f] * (double) ple_matrix_row (w, j)[f];
        v = activate (epilogue->activation, v);
        if (epilogue->scale != NULL)
          v *= (double) epilogue->scale[j];
        if (epilogue->residual != NULL)
          v += (double) epilogue->residual[i * epilogue->residual_stride + j];
        worst = fmax (worst, fabs (v - (double) ple_matrix_row (y, i)[j]));
      }
  return worst;
}

static PlePacked *
pack (const PlePackedKernel *kernel, const PleMatrix *w)
{
  PlePacked *packed = ple_packed_new_for_kernel (kernel, w->n_rows, w->n_cols, NULL);

  ple_packed_set_rows (packed, 0, w->n_rows, w->data, w->n_cols);
  return packed;
}

/* Rows, columns and depths around each border: of a tile, a panel, a block, a pass. */
static void
test_every_size (gconstpointer data)
{
  const PlePackedKernel *kernel = data;
  static const size_t rows[] = { 0, 1, 2, 3, 5, 6, 7, 13, 14, 15, 29, 383, 385, 401 };
  static const size_t shapes[][2] = { { 1, 1 },    { 1, 400 },   { 7, 3 },
                                      { 8, 17 },   { 31, 64 },   { 33, 383 },
                                      { 65, 384 }, { 100, 385 }, { 200, 769 } };
  float *work = scratch_new ();

  for (size_t s = 0; s < G_N_ELEMENTS (shapes); s++)
    {
      size_t n_out = shapes[s][0], n_in = shapes[s][1];
      g_autoptr (PleMatrix) w = ple_test_random_matrix (n_out, n_in, 1);
      g_autoptr (PlePacked) packed = pack (kernel, w);

      for (size_t r = 0; r < G_N_ELEMENTS (rows); r++)
        {
          PleEpilogue plain = { .activation = PLE_ACTIVATION_NONE };
          g_autoptr (PleMatrix) x = NULL;
          g_autoptr (PleMatrix) y = NULL;

          if (rows[r] * n_out * n_in > 9000000)
            continue;
          x = ple_test_random_matrix (rows[r], n_in, 2);
          y = ple_test_random_matrix (rows[r], n_out, 3);
          ple_packed_multiply (packed, rows[r], x->data, n_in, NULL, y->data, n_out, work);
          /* 769 roundings of sums that reach 100, and a wrong term would be of size 1. */
          g_assert_cmpfloat (error_against_reference (x, w, &plain, y), <, 2e-4);
        }
    }
  free (work);
}

static void
test_every_epilogue (gconstpointer data)
{
  const PlePackedKernel *kernel = data;
  const size_t m = 20, n_out = 75, stride = 90;
  float *work = scratch_new ();

  for (size_t n_in = 24; n_in <= 424; n_in += 400)
    {
      g_autoptr (PleMatrix) x = ple_test_random_matrix (m, n_in, 1);
      g_autoptr (PleMatrix) w = ple_test_random_matrix (n_out, n_in, 2);
      g_autoptr (PleMatrix) vectors = ple_test_random_matrix (2, n_out, 3);
      g_autoptr (PleMatrix) before = ple_test_random_matrix (m, stride, 4);
      g_autoptr (PlePacked) packed = pack (kernel, w);

      for (unsigned mask = 0; mask < 8; mask++)
        for (PleActivation a = PLE_ACTIVATION_NONE; a <= PLE_ACTIVATION_SILU; a++)
          {
            PleEpilogue epilogue = { .activation = a };
            g_autoptr (PleMatrix) y = ple_matrix_copy (before, NULL);
            g_autoptr (PleMatrix) dense = ple_matrix_new (m, n_out, NULL);

            if (mask & 1)
              epilogue.bias = ple_matrix_row (vectors, 0);
            if (mask & 2)
              epilogue.scale = ple_matrix_row (vectors, 1);
            if (mask & 4)
              {
                epilogue.residual = y->data;
                epilogue.residual_stride = stride;
              }
            ple_packed_multiply (packed, m, x->data, n_in, &epilogue, y->data, stride, work);
            for (size_t i = 0; i < m; i++)
              {
                for (size_t j = 0; j < n_out; j++)
                  ple_matrix_row (dense, i)[j] = ple_matrix_row (y, i)[j];
                for (size_t j = n_out; j < stride; j++)
                  g_assert_cmpfloat ((double) ple_matrix_row (y, i)[j], ==,
                                     (double) ple_matrix_row (before, i)[j]);
              }
            if (mask & 4)
              epilogue.residual = before->data;
            g_assert_cmpfloat (error_against_reference (x, w, &epilogue, dense), <, 2e-4);
          }
    }
  free (work);
}

/* Over its whole range, through a weight that is one; and far beyond it. */
static void
test_activations_of_the_range (gconstpointer data)
{
  const PlePackedKernel *kernel = data;
  enum
  {
    N = 4001
  };
  g_autoptr (PleMatrix) x = ple_matrix_new (N, 1, NULL);
  g_autoptr (PleMatrix) y = ple_matrix_new (N, 1, NULL);
  g_autoptr (PleMatrix) w = ple_matrix_new (1, 1, NULL);
  g_autoptr (PlePacked) packed = NULL;
  float *work = scratch_new ();

  w->data[0] = 1;
  packed = pack (kernel, w);
  for (size_t i = 0; i < N; i++)
    x->data[i] = (float) (((double) i - N / 2) / 50);
  x->data[0] = -1e12f;
  x->data[N - 1] = 1e12f;
  for (PleActivation a = PLE_ACTIVATION_NONE; a <= PLE_ACTIVATION_SILU; a++)
    {
      const PleEpilogue epilogue = { .activation = a };

      ple_packed_multiply (packed, N, x->data, 1, &epilogue, y->data, 1, work);
      for (size_t i = 0; i < N; i++)
        {
          double v = activate (a, (double) x->data[i]);

          g_assert_cmpfloat (fabs ((double) y->data[i] - v), <=,
                             1e-6 + 2e-7 * fabs ((double) x->data[i]));
        }
    }
  free (work);
}

/* However the rows are cut, and with the matrix packed in pieces and with other strides. */
static void
test_same_bits_for_any_cut (gconstpointer data)
{
  const PlePackedKernel *kernel = data;
  const size_t m = 420, n_in = 500, n_out = 70;
  g_autoptr (PleMatrix) x = ple_test_random_matrix (m, n_in, 1);
  g_autoptr (PleMatrix) w = ple_test_random_matrix (n_out, n_in, 2);
  g_autoptr (PleMatrix) whole = ple_matrix_new (m, n_out, NULL);
  g_autoptr (PlePacked) packed = pack (kernel, w);
  g_autoptr (PlePacked) pieces = ple_packed_new_for_kernel (kernel, n_out, n_in, NULL);
  const PleEpilogue epilogue = { .activation = PLE_ACTIVATION_GELU };
  float *work = scratch_new ();

  g_assert_cmpuint (ple_packed_get_n_in (pieces), ==, n_in);
  g_assert_cmpuint (ple_packed_get_n_out (pieces), ==, n_out);
  ple_packed_set_rows (pieces, 41, n_out - 41, ple_matrix_row (w, 41), n_in);
  ple_packed_set_rows (pieces, 0, 5, w->data, n_in);
  ple_packed_set_rows (pieces, 5, 36, ple_matrix_row (w, 5), n_in);
  ple_packed_multiply (packed, m, x->data, n_in, &epilogue, whole->data, n_out, work);
  for (size_t step = 1; step <= m; step = step * 3 + 1)
    {
      g_autoptr (PleMatrix) cut = ple_matrix_new (m, n_out, NULL);

      for (size_t i = 0; i < m; i += step)
        ple_packed_multiply (pieces, MIN (step, m - i), ple_matrix_row (x, i), n_in, &epilogue,
                             ple_matrix_row (cut, i), n_out, work);
      ple_test_assert_same_bits (whole, cut);
    }
  free (work);
}

static void
test_no_memory (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ple_packed_new (G_MAXSIZE / 4, 64, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  for (size_t i = 0; ple_packed_get_kernel (i) != NULL; i++)
    {
      static const struct
      {
        const char *name;
        GTestDataFunc function;
      } cases[] = {
        { "every-size", test_every_size },
        { "every-epilogue", test_every_epilogue },
        { "activations-of-the-whole-range", test_activations_of_the_range },
        { "same-bits-for-any-cut", test_same_bits_for_any_cut },
      };
      const PlePackedKernel *kernel = ple_packed_get_kernel (i);

      for (size_t c = 0; c < G_N_ELEMENTS (cases); c++)
        {
          g_autofree char *path =
              g_strdup_printf ("/linalg/packed/%s/%s", kernel->name, cases[c].name);

          g_test_add_data_func (path, kernel, cases[c].function);
        }
    }
  g_test_add_func ("/linalg/packed/no-memory", test_no_memory);
  return g_test_run ();
}
