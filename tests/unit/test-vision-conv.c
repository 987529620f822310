/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-vision-conv.h"
#include "linalg/ple-linalg.h"
#include "ple-test.h"

#include <math.h>

/* Output (i, j, o) of a picture from weights (n_out, side side n_in) in the order y, x, channel. */
static double
conv_reference (const PleConv *conv,
                const PleMatrix *weights,
                size_t height,
                size_t width,
                const float *x,
                size_t i,
                size_t j,
                size_t o)
{
  double sum = (double) conv->linear.bias[o];

  for (size_t ky = 0; ky < conv->side; ky++)
    for (size_t kx = 0; kx < conv->side; kx++)
      for (size_t c = 0; c < conv->n_in; c++)
        {
          ptrdiff_t y = (ptrdiff_t) (i * conv->stride + ky) - (ptrdiff_t) conv->pad;
          ptrdiff_t at = (ptrdiff_t) (j * conv->stride + kx) - (ptrdiff_t) conv->pad;

          if (y >= 0 && y < (ptrdiff_t) height && at >= 0 && at < (ptrdiff_t) width)
            sum += (double) ple_matrix_row (weights, o)[(ky * conv->side + kx) * conv->n_in + c] *
                   (double) x[((size_t) y * width + (size_t) at) * conv->n_in + c];
        }
  return sum;
}

static void
check_conv (size_t side, size_t stride, size_t pad, size_t height, size_t width)
{
  PleConv conv = { .n_in = 5, .n_out = 7, .side = side, .stride = stride, .pad = pad };
  size_t n_images = 2, n_inputs = side * side * conv.n_in;
  size_t rows = ple_conv_count (&conv, height), columns = ple_conv_count (&conv, width);
  g_autoptr (PleMatrix) weights = ple_test_random_matrix (conv.n_out, n_inputs, 1);
  g_autoptr (PleMatrix) x = ple_test_random_matrix (n_images * height * width, conv.n_in, 2);
  g_autoptr (PleMatrix) y = ple_matrix_new (n_images * rows * columns, conv.n_out, NULL);
  g_autoptr (PleMatrix) scratch = ple_matrix_new (1, ple_conv_scratch (&conv), NULL);

  conv.linear.weights = ple_packed_new (conv.n_out, n_inputs, NULL);
  ple_packed_set_rows (conv.linear.weights, 0, conv.n_out, weights->data, n_inputs);
  conv.linear.bias = g_new (float, conv.n_out);
  for (size_t o = 0; o < conv.n_out; o++)
    conv.linear.bias[o] = (float) o;
  ple_conv_run (&conv, n_images, height, width, x->data, PLE_ACTIVATION_RELU, NULL, y->data,
                scratch->data);
  for (size_t i = 0; i < y->n_rows * y->n_cols; i++)
    {
      size_t o = i % conv.n_out, pixel = i / conv.n_out % (rows * columns);
      size_t image = i / conv.n_out / (rows * columns);
      double expected =
          conv_reference (&conv, weights, height, width, x->data + image * height * width * 5,
                          pixel / columns, pixel % columns, o);

      g_assert_cmpfloat_with_epsilon ((double) y->data[i], MAX (expected, 0), 1e-4);
    }
  ple_conv_clear (&conv);
}

static void
test_conv (void)
{
  check_conv (1, 1, 0, 6, 5);
  check_conv (1, 2, 0, 7, 6);
  check_conv (3, 1, 1, 6, 5);
  check_conv (3, 2, 1, 7, 6);
  check_conv (2, 2, 0, 7, 6);
  /* More pixels than are gathered at once. */
  check_conv (3, 1, 1, 20, 31);
}

static void
check_depthwise (size_t n, size_t height, size_t width)
{
  g_autoptr (PleMatrix) weights = ple_test_random_matrix (49, n, 1);
  g_autoptr (PleMatrix) bias = ple_test_random_matrix (1, n, 2);
  g_autoptr (PleMatrix) x = ple_test_random_matrix (height * width, n, 3);
  g_autoptr (PleMatrix) y = ple_matrix_new (height * width, n, NULL);

  ple_depthwise (n, 7, weights->data, bias->data, height, width, x->data, y->data);
  for (size_t i = 0; i < height; i++)
    for (size_t j = 0; j < width; j++)
      for (size_t c = 0; c < n; c++)
        {
          double sum = (double) bias->data[c];

          for (size_t k = 0; k < 49; k++)
            if (i + k / 7 >= 3 && i + k / 7 < height + 3 && j + k % 7 >= 3 && j + k % 7 < width + 3)
              sum += (double) ple_matrix_row (weights, k)[c] *
                     (double) ple_matrix_row (x, (i + k / 7 - 3) * width + j + k % 7 - 3)[c];
          g_assert_cmpfloat_with_epsilon ((double) ple_matrix_row (y, i * width + j)[c], sum, 1e-4);
        }
}

static void
test_depthwise (void)
{
  check_depthwise (5, 9, 8);
  check_depthwise (70, 4, 3);
  check_depthwise (32, 1, 1);
}

static void
test_mean (void)
{
  const float x[] = { 1, 10, 3, 20, /**/ 5, 0, 7, 2 };
  float means[4];

  ple_mean_pixels (2, 2, 2, x, means);
  g_assert_cmpfloat (means[0], ==, 2);
  g_assert_cmpfloat (means[1], ==, 15);
  g_assert_cmpfloat (means[2], ==, 6);
  g_assert_cmpfloat (means[3], ==, 1);
}

int
main (int argc, char **argv)
{
  ple_linalg_init ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/features/vision-conv/convolution-is-the-formula", test_conv);
  g_test_add_func ("/features/vision-conv/depthwise-is-the-formula", test_depthwise);
  g_test_add_func ("/features/vision-conv/mean-over-pixels", test_mean);
  return g_test_run ();
}
