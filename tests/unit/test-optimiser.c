/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-linalg.h"
#include "nn/ple-ops.h"
#include "nn/ple-optimiser.h"
#include "ple-test.h"

#include <math.h>

#define N 3
#define STEPS 20
#define RATE 0.05

/* The rules as the papers write them, in double, on w = (w0, w1, w2) with gradient (w - t)³. */
static void
reference (const PleOptimiserOptions *o, gboolean plain, double *w, const double *target)
{
  double m[N] = { 0 }, v[N] = { 0 };
  const double decay = plain ? 0 : o->decay;

  for (int t = 1; t <= STEPS; t++)
    {
      double g[N], wn = 0, gn = 0, local = 1;

      for (int i = 0; i < N; i++)
        {
          g[i] = pow (w[i] - target[i], 3);
          wn += w[i] * w[i];
          gn += g[i] * g[i];
        }
      if (o->kind == PLE_OPTIMISER_LARS && !plain)
        local = o->trust * sqrt (wn) / (sqrt (gn) + decay * sqrt (wn) + 1e-8);
      for (int i = 0; i < N; i++)
        switch (o->kind)
          {
          case PLE_OPTIMISER_SGD:
            g[i] += decay * w[i];
            m[i] = o->momentum * m[i] + g[i];
            w[i] -= RATE * (o->nesterov ? g[i] + o->momentum * m[i] : m[i]);
            break;
          case PLE_OPTIMISER_LARS:
            m[i] = o->momentum * m[i] + RATE * local * (g[i] + decay * w[i]);
            w[i] -= m[i];
            break;
          case PLE_OPTIMISER_ADAM:
          case PLE_OPTIMISER_ADAMW:
          default:
            if (o->kind == PLE_OPTIMISER_ADAM)
              g[i] += decay * w[i];
            else
              w[i] *= 1 - RATE * decay;
            m[i] = o->beta1 * m[i] + (1 - o->beta1) * g[i];
            v[i] = o->beta2 * v[i] + (1 - o->beta2) * g[i] * g[i];
            w[i] -= RATE * (m[i] / (1 - pow (o->beta1, t))) /
                    (sqrt (v[i] / (1 - pow (o->beta2, t))) + o->epsilon);
          }
    }
}

static void
run (const PleOptimiserOptions *options, gboolean plain)
{
  g_autoptr (PleParameters) parameters = ple_parameters_new (ple_device_cpu ());
  g_autoptr (PleTape) tape = ple_tape_new (ple_device_cpu (), NULL);
  g_autoptr (PleOptimiser) optimiser = NULL;
  g_autoptr (GError) error = NULL;
  const size_t n = N;
  const float target[N] = { 1, -2, 0.5f };
  const double target_d[N] = { 1, -2, 0.5 };
  double expected[N] = { 0.3, 0.7, -0.4 };
  float values[N] = { 0.3f, 0.7f, -0.4f };
  PleTensor *w = ple_parameters_add (parameters, "w", 1, &n,
                                     plain ? PLE_PARAMETER_NO_DECAY : PLE_PARAMETER_DEFAULT,
                                     PLE_INIT_ZEROS, 0, NULL, NULL);

  ple_tensor_set (w, values);
  optimiser = ple_optimiser_new (options, parameters, &error);
  for (int t = 0; t < STEPS; t++)
    {
      PleNode *node = ple_tape_parameter (tape, w), *gradient;
      PleNode *gap = ple_op_subtract (node, ple_tape_constant (tape, 1, &n, target));
      PleNode *loss = ple_op_affine (ple_op_power (gap, 4), 0.25, 0);

      ple_tape_gradients (loss, &node, 1, FALSE, &gradient);
      g_assert_true (ple_optimiser_step (optimiser, &gradient, RATE, NULL, &error));
      ple_tape_reset (tape);
    }
  reference (options, plain, expected, target_d);
  ple_tensor_get (w, values);
  for (int i = 0; i < N; i++)
    g_assert_cmpfloat_with_epsilon ((double) values[i], expected[i], 2e-5);
}

static void
test_against_the_papers (void)
{
  for (int kind = PLE_OPTIMISER_SGD; kind <= PLE_OPTIMISER_LARS; kind++)
    for (int plain = 0; plain < 2; plain++)
      for (int nesterov = 0; nesterov < 2; nesterov++)
        {
          PleOptimiserOptions options;

          ple_optimiser_options_init (&options, (PleOptimiserKind) kind);
          options.decay = 0.1;
          options.trust = 0.2;
          options.nesterov = nesterov && kind == PLE_OPTIMISER_SGD;
          run (&options, plain);
        }
}

/* A tensor without a gradient stays, and its moments do not age. */
static void
test_frozen_tensor (void)
{
  g_autoptr (PleParameters) parameters = ple_parameters_new (ple_device_cpu ());
  g_autoptr (PleTape) tape = ple_tape_new (ple_device_cpu (), NULL);
  g_autoptr (PleOptimiser) optimiser = NULL;
  PleOptimiserOptions options;
  const size_t n = 1;
  PleTensor *a = ple_parameters_add (parameters, "a", 1, &n, PLE_PARAMETER_DEFAULT, PLE_INIT_ONES,
                                     0, NULL, NULL);
  PleTensor *b = ple_parameters_add (parameters, "b", 1, &n, PLE_PARAMETER_DEFAULT, PLE_INIT_ONES,
                                     0, NULL, NULL);

  ple_optimiser_options_init (&options, PLE_OPTIMISER_ADAMW);
  options.decay = 0.5;
  optimiser = ple_optimiser_new (&options, parameters, NULL);
  for (int t = 0; t < 4; t++)
    {
      PleNode *gradients[] = { ple_tape_full (tape, 1, &n, 1), NULL };

      if (t == 3)
        gradients[1] = gradients[0];
      g_assert_true (ple_optimiser_step (optimiser, gradients, 0.01, NULL, NULL));
      if (t < 3)
        g_assert_cmpfloat ((double) b->data[0], ==, 1);
      ple_tape_reset (tape);
    }
  /* Its first update is a first update: rate times sign, and the decay. */
  g_assert_cmpfloat_with_epsilon ((double) b->data[0], 1 - 0.005 - 0.01, 1e-6);
  g_assert_cmpfloat ((double) a->data[0], <, (double) b->data[0]);
}

static void
test_clipping (void)
{
  g_autoptr (PleTape) tape = ple_tape_new (ple_device_cpu (), NULL);
  const size_t one = 1;
  PleNode *gradients[] = { ple_tape_full (tape, 1, &one, 3), ple_tape_full (tape, 1, &one, 4) };

  g_assert_cmpfloat_with_epsilon (ple_clip_gradients (gradients, 2, 10, NULL), 5, 1e-6);
  g_assert_cmpfloat (ple_node_get_number (gradients[0]), ==, 3);
  g_assert_cmpfloat_with_epsilon (ple_clip_gradients (gradients, 2, 1, NULL), 5, 1e-6);
  g_assert_cmpfloat_with_epsilon (ple_node_get_number (gradients[0]), 0.6, 1e-5);
  g_assert_cmpfloat_with_epsilon (ple_node_get_number (gradients[1]), 0.8, 1e-5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  g_test_add_func ("/nn/optimiser/against-the-papers", test_against_the_papers);
  g_test_add_func ("/nn/optimiser/frozen-tensor", test_frozen_tensor);
  g_test_add_func ("/nn/optimiser/clipping", test_clipping);
  return g_test_run ();
}
