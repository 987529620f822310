/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-error.h"
#include "linalg/ple-linalg.h"
#include "nn/ple-ops.h"
#include "ple-test.h"

#include <gio/gio.h>
#include <math.h>

static PleNode *
number (PleTape *tape, float value)
{
  return ple_tape_variable (tape, 0, NULL, &value);
}

/* x^4: 4 x³, 12 x², 24 x, 24, 0. */
static void
test_gradients_of_gradients (void)
{
  g_autoptr (PleTape) tape = ple_tape_new (ple_device_cpu (), NULL);
  const double expected[] = { 4 * 1.5 * 1.5 * 1.5, 12 * 1.5 * 1.5, 24 * 1.5, 24, 0 };
  PleNode *x = number (tape, 1.5f);
  PleNode *y = ple_op_unary (PLE_UNARY_SQUARE, ple_op_unary (PLE_UNARY_SQUARE, x));

  for (size_t i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      ple_tape_gradients (y, &x, 1, TRUE, &y);
      g_assert_cmpfloat_with_epsilon (ple_node_get_number (y), expected[i], 1e-4);
    }
}

/* What trajectory matching needs: the loss after two steps of gradient descent on w, differentiated
 * by the data x. Linear regression: w1 = w0 - r x (x w0 - t). */
static void
test_through_training_steps (void)
{
  g_autoptr (PleTape) tape = ple_tape_new (ple_device_cpu (), NULL);
  const double rate = 0.1, target = 0.7, goal = 0.2;
  double slopes[2];

  for (int by_differences = 0; by_differences < 2; by_differences++)
    if (by_differences)
      {
        double values[2];

        for (int side = 0; side < 2; side++)
          {
            double x = 1.3 + (side ? 1e-6 : -1e-6), w = 0.4;

            for (int step = 0; step < 2; step++)
              w -= rate * 2 * x * (x * w - target);
            values[side] = (w - goal) * (w - goal);
          }
        slopes[1] = (values[1] - values[0]) / 2e-6;
      }
    else
      {
        PleNode *x = number (tape, 1.3f);
        PleNode *w = number (tape, 0.4f);
        PleNode *gradient;

        for (int step = 0; step < 2; step++)
          {
            PleNode *loss =
                ple_op_unary (PLE_UNARY_SQUARE, ple_op_affine (ple_op_multiply (x, w), 1, -target));

            ple_tape_gradients (loss, &w, 1, TRUE, &gradient);
            w = ple_op_subtract (w, ple_op_affine (gradient, rate, 0));
          }
        ple_tape_gradients (ple_op_unary (PLE_UNARY_SQUARE, ple_op_affine (w, 1, -goal)), &x, 1,
                            FALSE, &gradient);
        slopes[0] = ple_node_get_number (gradient);
      }
  g_assert_cmpfloat_with_epsilon (slopes[0], slopes[1], 1e-5);
}

static void
test_detached_unused_and_shared (void)
{
  g_autoptr (PleTape) tape = ple_tape_new (ple_device_cpu (), NULL);
  PleNode *x = number (tape, 3), *unused = number (tape, 5);
  PleNode *inputs[] = { x, unused }, *gradients[2];
  PleNode *y = ple_op_add (ple_op_multiply (x, x), ple_op_multiply (x, ple_op_detach (x)));

  ple_tape_gradients (y, inputs, 2, FALSE, gradients);
  g_assert_cmpfloat (ple_node_get_number (gradients[0]), ==, 9);
  g_assert_cmpfloat (ple_node_get_number (gradients[1]), ==, 0);
  /* A gradient that was not to be differentiated is a constant. */
  ple_tape_gradients (gradients[0], inputs, 1, FALSE, gradients);
  g_assert_cmpfloat (ple_node_get_number (gradients[0]), ==, 0);
  /* Of itself. */
  ple_tape_gradients (x, inputs, 1, FALSE, gradients);
  g_assert_cmpfloat (ple_node_get_number (gradients[0]), ==, 1);
  /* Of something made before the input. */
  ple_tape_gradients (x, &y, 1, FALSE, gradients);
  g_assert_cmpfloat (ple_node_get_number (gradients[0]), ==, 0);
}

static void
test_parameters_outlive_the_tape (void)
{
  const size_t shape[] = { 2 };
  const float values[] = { 1, 2 };
  float found[2];
  PleTensor *weights = ple_tensor_new (ple_device_cpu (), 1, shape, NULL);
  PleTape *tape = ple_tape_new (ple_device_cpu (), NULL);
  PleNode *node, *gradient;

  ple_tensor_set (weights, values);
  for (int step = 0; step < 3; step++)
    {
      node = ple_tape_parameter (tape, weights);
      g_assert_true (node == ple_tape_parameter (tape, weights));
      ple_tape_gradients (ple_op_unary (PLE_UNARY_SQUARE, node), &node, 1, FALSE, &gradient);
      ple_node_get_floats (gradient, found);
      g_assert_cmpfloat ((double) found[1], ==, 4);
      ple_tape_reset (tape);
    }
  /* The tape holds on to what it uses. */
  node = ple_tape_parameter (tape, weights);
  ple_tensor_unref (weights);
  ple_node_get_floats (ple_op_affine (node, 2, 0), found);
  g_assert_cmpfloat ((double) found[0], ==, 2);
  ple_tape_free (tape);
}

static void
test_cancel_sticks (void)
{
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 2);
  g_autoptr (PleTape) tape = ple_tape_new (ple_device_cpu (), progress);
  g_autoptr (GError) error = NULL;
  PleNode *x = number (tape, 3), *gradient;

  ple_progress_cancel (progress);
  x = ple_op_add (x, x);
  ple_tape_gradients (x, &x, 1, FALSE, &gradient);
  g_assert_true (isnan (ple_node_get_number (gradient)));
  g_assert_false (ple_tape_check (tape, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_out_of_memory_sticks (void)
{
  g_autoptr (PleTape) tape = ple_tape_new (ple_device_cpu (), NULL);
  g_autoptr (GError) error = NULL;
  const size_t huge[] = { (size_t) 1 << 40, (size_t) 1 << 40 };
  PleNode *x = ple_tape_full (tape, 2, huge, 0);

  x = ple_op_unary (PLE_UNARY_EXP, ple_op_add (x, x));
  g_assert_false (ple_tape_check (tape, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY);
  ple_tape_reset (tape);
  x = number (tape, 2);
  g_assert_cmpfloat (ple_node_get_number (ple_op_add (x, x)), ==, 4);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  g_test_add_func ("/nn/tape/gradients-of-gradients", test_gradients_of_gradients);
  g_test_add_func ("/nn/tape/through-training-steps", test_through_training_steps);
  g_test_add_func ("/nn/tape/detached-unused-and-shared", test_detached_unused_and_shared);
  g_test_add_func ("/nn/tape/parameters-outlive-the-tape", test_parameters_outlive_the_tape);
  g_test_add_func ("/nn/tape/cancel-sticks", test_cancel_sticks);
  g_test_add_func ("/nn/tape/out-of-memory-sticks", test_out_of_memory_sticks);
  return g_test_run ();
}
