/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-linalg.h"
#include "nn/ple-layers.h"
#include "ple-test.h"

#include <math.h>

typedef struct
{
  PleTape *tape;
  PleParameters *parameters;
  PleRng rng;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->tape = ple_tape_new (ple_device_cpu (), NULL);
  fixture->parameters = ple_parameters_new (ple_device_cpu ());
  ple_rng_init (&fixture->rng, 3);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_true (ple_tape_check (fixture->tape, NULL));
  ple_tape_free (fixture->tape);
  ple_parameters_free (fixture->parameters);
}

static void
test_linear (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (6, 4, 1);
  const size_t three_dims[] = { 2, 3, 4 };
  PleLinear layer;
  PleNode *y;
  float w[12], b[3], out[18];

  g_assert_true (ple_linear_init (&layer, fixture->parameters, "fc", 4, 3, TRUE,
                                  PLE_INIT_XAVIER_UNIFORM, 1, &fixture->rng, NULL));
  ple_tensor_fill_normal (layer.bias, &fixture->rng, 1);
  g_assert_true (ple_parameters_find (fixture->parameters, "fc.weight") == layer.weight);
  g_assert_cmpuint (ple_parameters_count (fixture->parameters), ==, 15);
  ple_tensor_get (layer.weight, w);
  ple_tensor_get (layer.bias, b);
  y = ple_linear_apply (&layer, ple_op_reshape (ple_tape_matrix (fixture->tape, x), 3, three_dims));
  g_assert_cmpuint (ple_node_get_size (y, 1), ==, 3);
  ple_node_get_floats (y, out);
  for (size_t i = 0; i < 6; i++)
    for (size_t o = 0; o < 3; o++)
      {
        double sum = (double) b[o];

        for (size_t f = 0; f < 4; f++)
          sum += (double) ple_matrix_row (x, i)[f] * (double) w[o * 4 + f];
        g_assert_cmpfloat_with_epsilon ((double) out[i * 3 + o], sum, 1e-5);
      }
  for (size_t i = 0; i < 12; i++)
    g_assert_cmpfloat (fabs ((double) w[i]), <=, sqrt (6.0 / 7));
}

static void
test_weight_norm (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (5, 4, 1);
  PleWeightNormLinear layer;
  float before[15], after[15];

  g_assert_true (
      ple_weight_norm_linear_init (&layer, fixture->parameters, "last", 4, 3, &fixture->rng, NULL));
  ple_node_get_floats (ple_weight_norm_linear_apply (&layer, ple_tape_matrix (fixture->tape, x)),
                       before);
  ple_tape_reset (fixture->tape);
  /* Only the direction of v counts. */
  for (size_t i = 0; i < 12; i++)
    layer.weight_v->data[i] *= 7;
  ple_node_get_floats (ple_weight_norm_linear_apply (&layer, ple_tape_matrix (fixture->tape, x)),
                       after);
  for (size_t i = 0; i < 15; i++)
    g_assert_cmpfloat_with_epsilon ((double) before[i], (double) after[i], 1e-5);
}

static void
test_layer_norm (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (5, 8, 1);
  PleLayerNorm layer;
  float out[40];

  g_assert_true (ple_layer_norm_init (&layer, fixture->parameters, "norm", 8, 1e-5, NULL));
  layer.weight->data[3] = 2;
  layer.bias->data[3] = 0.5f;
  ple_node_get_floats (ple_layer_norm_apply (&layer, ple_tape_matrix (fixture->tape, x)), out);
  for (size_t i = 0; i < 5; i++)
    {
      const float *row = ple_matrix_row (x, i);
      double mean = 0, variance = 0;

      for (size_t f = 0; f < 8; f++)
        mean += (double) row[f] / 8;
      for (size_t f = 0; f < 8; f++)
        variance += pow ((double) row[f] - mean, 2) / 8;
      for (size_t f = 0; f < 8; f++)
        {
          double y = ((double) row[f] - mean) / sqrt (variance + 1e-5);

          g_assert_cmpfloat_with_epsilon ((double) out[i * 8 + f], f == 3 ? 2 * y + 0.5 : y, 1e-5);
        }
    }
}

static void
test_batch_norm (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (10, 3, 1);
  PleBatchNorm layer;
  float out[30], mean[3], variance[3];

  for (size_t i = 0; i < 30; i++)
    x->data[i] = 3 * x->data[i] + 5;
  g_assert_true (ple_batch_norm_init (&layer, fixture->parameters, "bn", 3, TRUE, NULL));
  /* Buffers are not trained. */
  g_assert_cmpuint (ple_parameters_count (fixture->parameters), ==, 6);
  ple_node_get_floats (ple_batch_norm_apply (&layer, ple_tape_matrix (fixture->tape, x), TRUE),
                       out);
  ple_tensor_get (layer.running_mean, mean);
  ple_tensor_get (layer.running_variance, variance);
  for (size_t f = 0; f < 3; f++)
    {
      double m = 0, v = 0;

      for (size_t i = 0; i < 10; i++)
        m += (double) ple_matrix_row (x, i)[f] / 10;
      for (size_t i = 0; i < 10; i++)
        v += pow ((double) ple_matrix_row (x, i)[f] - m, 2);
      for (size_t i = 0; i < 10; i++)
        g_assert_cmpfloat_with_epsilon (
            (double) out[i * 3 + f], ((double) ple_matrix_row (x, i)[f] - m) / sqrt (v / 10 + 1e-5),
            1e-5);
      g_assert_cmpfloat_with_epsilon ((double) mean[f], 0.1 * m, 1e-5);
      g_assert_cmpfloat_with_epsilon ((double) variance[f], 0.9 + 0.1 * v / 9, 1e-5);
    }
  /* Many times the same batch: the running statistics become the batch's. */
  for (int i = 0; i < 200; i++)
    {
      ple_tape_reset (fixture->tape);
      ple_batch_norm_apply (&layer, ple_tape_matrix (fixture->tape, x), TRUE);
    }
  {
    float training[30], reading[30];

    ple_node_get_floats (ple_batch_norm_apply (&layer, ple_tape_matrix (fixture->tape, x), TRUE),
                         training);
    ple_node_get_floats (ple_batch_norm_apply (&layer, ple_tape_matrix (fixture->tape, x), FALSE),
                         reading);
    for (size_t i = 0; i < 30; i++)
      g_assert_cmpfloat_with_epsilon ((double) reading[i], (double) training[i] * sqrt (0.9), 1e-3);
  }
}

static void
test_time_embedding (Fixture *fixture, gconstpointer data)
{
  const double times[] = { 0, 1, 250 };
  float cosine[18], sine[18];

  ple_node_get_floats (ple_time_embedding (fixture->tape, times, 3, 6, 10000, TRUE), cosine);
  ple_node_get_floats (ple_time_embedding (fixture->tape, times, 3, 6, 10000, FALSE), sine);
  for (size_t i = 0; i < 3; i++)
    for (size_t j = 0; j < 3; j++)
      {
        double angle = times[i] * pow (10000, -(double) j / 3);

        g_assert_cmpfloat_with_epsilon ((double) cosine[i * 6 + j], cos (angle), 1e-6);
        g_assert_cmpfloat_with_epsilon ((double) cosine[i * 6 + 3 + j], sin (angle), 1e-6);
        g_assert_cmpfloat ((double) sine[i * 6 + j], ==, (double) cosine[i * 6 + 3 + j]);
      }
}

static void
test_dropout_keeps_the_mean (Fixture *fixture, gconstpointer data)
{
  const size_t shape[] = { 10000 };
  PleNode *x = ple_tape_full (fixture->tape, 1, shape, 1);
  PleNode *y = ple_op_dropout (x, 0.3, &fixture->rng);
  g_autofree float *out = g_new (float, 10000);
  size_t n_dropped = 0;

  ple_node_get_floats (y, out);
  for (size_t i = 0; i < 10000; i++)
    {
      n_dropped += out[i] == 0;
      g_assert_true (out[i] == 0 || fabs ((double) out[i] - 1 / 0.7) < 1e-6);
    }
  g_assert_cmpuint (n_dropped, >, 2800);
  g_assert_cmpuint (n_dropped, <, 3200);
  g_assert_true (ple_op_dropout (x, 0, &fixture->rng) == x);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
#define ADD(name, func) g_test_add ("/nn/layers/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("linear", test_linear);
  ADD ("weight-norm", test_weight_norm);
  ADD ("layer-norm", test_layer_norm);
  ADD ("batch-norm", test_batch_norm);
  ADD ("time-embedding", test_time_embedding);
  ADD ("dropout-keeps-the-mean", test_dropout_keeps_the_mean);
  return g_test_run ();
}
