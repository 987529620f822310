/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every operation of the tape: first and second derivatives against finite differences. */
#include "config.h"

#include "linalg/ple-linalg.h"
#include "nn/ple-ops.h"
#include "ple-test.h"

#include <math.h>
#include <string.h>

typedef PleNode *(*Build) (PleNode *const *inputs);

/**
 * Case:
 * @shapes: of the inputs, zero-terminated; a first size of 0 ends the list
 * @positive: whether the inputs are drawn from (0.5, 1.5)
 * @apart: no entry closer than this to zero, for functions with a kink there
 */
typedef struct
{
  const char *name;
  Build build;
  size_t shapes[2][5];
  gboolean positive;
  double apart;
} Case;

#define MAX_ENTRIES 64

typedef struct
{
  const Case *one;
  size_t n_inputs;
  guint n_dims[2];
  size_t sizes[2];
  float values[2][MAX_ENTRIES];
  float directions[2][MAX_ENTRIES]; /* of the second derivative */
} Problem;

static const float *
mixture (size_t n)
{
  static float weights[4096];
  PleRng rng;

  g_assert_cmpuint (n, <=, G_N_ELEMENTS (weights));
  ple_rng_init (&rng, 77);
  ple_rng_fill_normal (&rng, weights, n, 1);
  return weights;
}

/* The inputs on the tape, and sum of fixed weights times the result. */
static PleNode *
put (const Problem *problem, PleTape *tape, PleNode **inputs)
{
  PleNode *result;
  const PleTensor *value;

  for (size_t i = 0; i < problem->n_inputs; i++)
    inputs[i] =
        ple_tape_variable (tape, problem->n_dims[i], problem->one->shapes[i], problem->values[i]);
  result = problem->one->build (inputs);
  value = ple_node_get_value (result);
  return ple_op_sum_all (ple_op_multiply (
      result, ple_tape_constant (tape, value->n_dims, value->shape, mixture (value->n))));
}

/* order 0: the function; 1: sum of its gradients times the directions. */
static double
evaluate (const Problem *problem, PleTape *tape, int order, PleNode **inputs, PleNode **result)
{
  PleNode *gradients[2];
  PleNode *total = put (problem, tape, inputs);

  if (order == 1)
    {
      ple_tape_gradients (total, inputs, problem->n_inputs, TRUE, gradients);
      total = NULL;
      for (size_t i = 0; i < problem->n_inputs; i++)
        {
          PleNode *part = ple_op_sum_all (ple_op_multiply (
              gradients[i], ple_tape_constant (tape, problem->n_dims[i], problem->one->shapes[i],
                                               problem->directions[i])));

          total = total != NULL ? ple_op_add (total, part) : part;
        }
    }
  if (result != NULL)
    *result = total;
  return ple_node_get_number (total);
}

static double
slope_by_differences (Problem *problem, PleTape *tape, int order, float *entry, double h)
{
  const float centre = *entry;
  PleNode *inputs[2];
  double up, down;

  *entry = (float) ((double) centre + h);
  up = evaluate (problem, tape, order, inputs, NULL);
  ple_tape_reset (tape);
  *entry = (float) ((double) centre - h);
  down = evaluate (problem, tape, order, inputs, NULL);
  ple_tape_reset (tape);
  *entry = centre;
  return (up - down) / (2 * h);
}

static void
check (Problem *problem, PleTape *tape, int order)
{
  float found[2][MAX_ENTRIES];
  PleNode *inputs[2], *gradients[2], *total;
  double scale = 1;

  evaluate (problem, tape, order, inputs, &total);
  ple_tape_gradients (total, inputs, problem->n_inputs, FALSE, gradients);
  for (size_t i = 0; i < problem->n_inputs; i++)
    ple_node_get_floats (gradients[i], found[i]);
  g_assert_true (ple_tape_check (tape, NULL));
  ple_tape_reset (tape);
  for (size_t i = 0; i < problem->n_inputs; i++)
    for (size_t e = 0; e < problem->sizes[i]; e++)
      scale = MAX (scale, fabs ((double) found[i][e]));
  for (size_t i = 0; i < problem->n_inputs; i++)
    for (size_t e = 0; e < problem->sizes[i]; e++)
      {
        const double h = 0.02;
        float *entry = &problem->values[i][e];
        /* Richardson: the error of order h² cancels. */
        double expected = (4 * slope_by_differences (problem, tape, order, entry, h / 2) -
                           slope_by_differences (problem, tape, order, entry, h)) /
                          3;

        if (fabs ((double) found[i][e] - expected) > 2e-3 * scale)
          g_error ("%s: derivative %d of input %zu, entry %zu: %g, by differences %g",
                   problem->one->name, order + 1, i, e, (double) found[i][e], expected);
      }
}

static void
test_derivatives (gconstpointer data)
{
  g_autoptr (PleTape) tape = ple_tape_new (ple_device_cpu (), NULL);
  Problem problem = { .one = data };
  PleRng rng;

  ple_rng_init (&rng, 5);
  for (size_t i = 0; i < 2 && problem.one->shapes[i][0] > 0; i++)
    {
      size_t n = 1;

      for (; problem.one->shapes[i][problem.n_dims[i]] > 0; problem.n_dims[i]++)
        n *= problem.one->shapes[i][problem.n_dims[i]];
      g_assert_cmpuint (n, <=, MAX_ENTRIES);
      problem.sizes[i] = n;
      problem.n_inputs++;
      ple_rng_fill_normal (&rng, problem.directions[i], n, 1);
      ple_rng_fill_normal (&rng, problem.values[i], n, 0.7);
      for (size_t e = 0; e < n; e++)
        {
          float *v = &problem.values[i][e];

          if (problem.one->positive)
            *v = (float) (0.5 + ple_rng_uniform (&rng));
          if (fabs ((double) *v) < problem.one->apart)
            *v += *v < 0 ? (float) -problem.one->apart : (float) problem.one->apart;
        }
    }
  check (&problem, tape, 0);
  check (&problem, tape, 1);
}

#define UNARY(name, op)                                                                            \
  static PleNode *build_##name (PleNode *const *in)                                                \
  {                                                                                                \
    return ple_op_unary (op, in[0]);                                                               \
  }
UNARY (negate, PLE_UNARY_NEGATE)
UNARY (exp, PLE_UNARY_EXP)
UNARY (log, PLE_UNARY_LOG)
UNARY (sqrt, PLE_UNARY_SQRT)
UNARY (reciprocal, PLE_UNARY_RECIPROCAL)
UNARY (square, PLE_UNARY_SQUARE)
UNARY (abs, PLE_UNARY_ABS)
UNARY (sign, PLE_UNARY_SIGN)
UNARY (sin, PLE_UNARY_SIN)
UNARY (cos, PLE_UNARY_COS)
UNARY (tanh, PLE_UNARY_TANH)
UNARY (sigmoid, PLE_UNARY_SIGMOID)
UNARY (softplus, PLE_UNARY_SOFTPLUS)
UNARY (erf, PLE_UNARY_ERF)
UNARY (relu, PLE_UNARY_RELU)
UNARY (step, PLE_UNARY_STEP)
UNARY (silu, PLE_UNARY_SILU)
UNARY (gelu, PLE_UNARY_GELU)
UNARY (gelu_slope, PLE_UNARY_GELU_SLOPE)

#define BINARY(name)                                                                               \
  static PleNode *build_##name (PleNode *const *in)                                                \
  {                                                                                                \
    return ple_op_##name (in[0], in[1]);                                                           \
  }
BINARY (add)
BINARY (subtract)
BINARY (multiply)
BINARY (divide)
BINARY (maximum)

static PleNode *
build_affine (PleNode *const *in)
{
  return ple_op_affine (ple_op_unary (PLE_UNARY_SQUARE, in[0]), -3, 0.5);
}

static PleNode *
build_power (PleNode *const *in)
{
  return ple_op_power (in[0], 2.5);
}

static PleNode *
build_reshape (PleNode *const *in)
{
  const size_t shape[] = { 2, 6 };

  return ple_op_unary (PLE_UNARY_EXP, ple_op_reshape (in[0], 2, shape));
}

static PleNode *
build_permute (PleNode *const *in)
{
  const guint dims[] = { 2, 0, 1 };

  return ple_op_unary (PLE_UNARY_SQUARE, ple_op_permute (in[0], dims));
}

static PleNode *
build_transpose (PleNode *const *in)
{
  return ple_op_unary (PLE_UNARY_SQUARE, ple_op_transpose (in[0]));
}

static PleNode *
build_broadcast (PleNode *const *in)
{
  const size_t shape[] = { 2, 3, 4 };

  return ple_op_unary (PLE_UNARY_SQUARE, ple_op_broadcast_to (in[0], 3, shape));
}

static PleNode *
build_sum_to (PleNode *const *in)
{
  const size_t shape[] = { 3, 1 };

  return ple_op_unary (PLE_UNARY_SQUARE, ple_op_sum_to (in[0], 2, shape));
}

static PleNode *
build_slice (PleNode *const *in)
{
  return ple_op_unary (PLE_UNARY_SQUARE, ple_op_slice (in[0], 1, 1, 2));
}

static PleNode *
build_concatenate (PleNode *const *in)
{
  return ple_op_unary (PLE_UNARY_SQUARE, ple_op_concatenate (in[0], in[1], 1));
}

static PleNode *
build_take_rows (PleNode *const *in)
{
  static const gint32 rows[] = { 2, 0, 2, 1 };

  return ple_op_unary (PLE_UNARY_SQUARE, ple_op_take_rows (in[0], rows, 4));
}

static PleNode *
build_add_rows (PleNode *const *in)
{
  static const gint32 rows[] = { 1, 1, 3 };

  return ple_op_unary (PLE_UNARY_SQUARE, ple_op_add_rows (in[0], rows, 4));
}

static PleNode *
build_mean (PleNode *const *in)
{
  return ple_op_unary (PLE_UNARY_SQUARE, ple_op_mean (in[0], 1, FALSE));
}

static PleNode *
build_mean_all (PleNode *const *in)
{
  return ple_op_unary (PLE_UNARY_SQUARE, ple_op_mean_all (in[0]));
}

#define PRODUCT(name, ta, tb)                                                                      \
  static PleNode *build_product_##name (PleNode *const *in)                                        \
  {                                                                                                \
    return ple_op_multiply_matrices (in[0], in[1], ta, tb);                                        \
  }
PRODUCT (nn, FALSE, FALSE)
PRODUCT (nt, FALSE, TRUE)
PRODUCT (tn, TRUE, FALSE)
PRODUCT (tt, TRUE, TRUE)

#define ROWS(name)                                                                                 \
  static PleNode *build_##name (PleNode *const *in)                                                \
  {                                                                                                \
    return ple_op_##name (in[0]);                                                                  \
  }
ROWS (softmax)
ROWS (log_softmax)
ROWS (log_sum_exp)
ROWS (normalise_rows)

static PleNode *
build_standardise_rows (PleNode *const *in)
{
  return ple_op_standardise_rows (in[0], 0.01);
}

static PleNode *
build_cross_entropy (PleNode *const *in)
{
  static const gint32 labels[] = { 1, -1, 3 };

  return ple_op_cross_entropy (in[0], labels);
}

static PleNode *
build_soft_cross_entropy (PleNode *const *in)
{
  return ple_op_soft_cross_entropy (in[0], ple_op_softmax (in[1]));
}

/* The mask is drawn anew from the same state. */
static PleNode *
build_dropout (PleNode *const *in)
{
  PleRng rng;

  ple_rng_init (&rng, 2);
  return ple_op_unary (PLE_UNARY_SQUARE, ple_op_dropout (in[0], 0.4, &rng));
}

/* clang-format off */
static const Case cases[] = {
  { "negate", build_negate, { { 3, 4 } } },
  { "exp", build_exp, { { 3, 4 } } },
  { "log", build_log, { { 3, 4 } }, .positive = TRUE },
  { "sqrt", build_sqrt, { { 3, 4 } }, .positive = TRUE },
  { "reciprocal", build_reciprocal, { { 3, 4 } }, .positive = TRUE },
  { "square", build_square, { { 3, 4 } } },
  { "abs", build_abs, { { 3, 4 } }, .apart = 0.05 },
  { "sign", build_sign, { { 3, 4 } }, .apart = 0.05 },
  { "sin", build_sin, { { 3, 4 } } },
  { "cos", build_cos, { { 3, 4 } } },
  { "tanh", build_tanh, { { 3, 4 } } },
  { "sigmoid", build_sigmoid, { { 3, 4 } } },
  { "softplus", build_softplus, { { 3, 4 } } },
  { "erf", build_erf, { { 3, 4 } } },
  { "relu", build_relu, { { 3, 4 } }, .apart = 0.05 },
  { "step", build_step, { { 3, 4 } }, .apart = 0.05 },
  { "silu", build_silu, { { 3, 4 } } },
  { "gelu", build_gelu, { { 3, 4 } } },
  { "gelu-slope", build_gelu_slope, { { 3, 4 } } },
  { "add", build_add, { { 3, 4 }, { 3, 4 } } },
  { "add-row", build_add, { { 3, 4 }, { 4 } } },
  { "subtract-column", build_subtract, { { 3, 4 }, { 3, 1 } } },
  { "multiply", build_multiply, { { 3, 4 }, { 3, 4 } } },
  { "multiply-row", build_multiply, { { 4 }, { 3, 4 } } },
  { "multiply-outer", build_multiply, { { 3, 1 }, { 1, 4 } } },
  { "multiply-middle", build_multiply, { { 2, 3, 4 }, { 2, 1, 4 } } },
  { "multiply-number", build_multiply, { { 2, 3, 4 }, { 1 } } },
  { "divide", build_divide, { { 3, 4 }, { 3, 4 } }, .positive = TRUE },
  { "divide-column", build_divide, { { 3, 4 }, { 3, 1 } }, .positive = TRUE },
  { "maximum", build_maximum, { { 3, 4 }, { 3, 4 } } },
  { "affine", build_affine, { { 3, 4 } } },
  { "power", build_power, { { 3, 4 } }, .positive = TRUE },
  { "reshape", build_reshape, { { 3, 4 } } },
  { "permute", build_permute, { { 2, 3, 4 } } },
  { "transpose", build_transpose, { { 2, 3, 4 } } },
  { "broadcast", build_broadcast, { { 3, 1 } } },
  { "sum-to", build_sum_to, { { 2, 3, 4 } } },
  { "slice", build_slice, { { 3, 4, 2 } } },
  { "concatenate", build_concatenate, { { 2, 3, 2 }, { 2, 1, 2 } } },
  { "take-rows", build_take_rows, { { 3, 4 } } },
  { "add-rows", build_add_rows, { { 3, 4 } } },
  { "mean", build_mean, { { 3, 4, 2 } } },
  { "mean-all", build_mean_all, { { 3, 4 } } },
  { "product-nn", build_product_nn, { { 3, 4 }, { 4, 2 } } },
  { "product-nt", build_product_nt, { { 3, 4 }, { 2, 4 } } },
  { "product-tn", build_product_tn, { { 4, 3 }, { 4, 2 } } },
  { "product-tt", build_product_tt, { { 4, 3 }, { 2, 4 } } },
  { "product-batch", build_product_nn, { { 2, 3, 4 }, { 2, 4, 2 } } },
  { "product-batch-tt", build_product_tt, { { 2, 4, 3 }, { 2, 2, 4 } } },
  { "product-shared-right", build_product_nt, { { 2, 3, 4 }, { 2, 4 } } },
  { "product-shared-left", build_product_nn, { { 3, 4 }, { 2, 4, 2 } } },
  { "product-shared-turned", build_product_tn, { { 2, 4, 3 }, { 4, 2 } } },
  { "softmax", build_softmax, { { 3, 4 } } },
  { "log-softmax", build_log_softmax, { { 3, 4 } } },
  { "log-sum-exp", build_log_sum_exp, { { 3, 4 } } },
  { "normalise-rows", build_normalise_rows, { { 3, 4 } } },
  { "standardise-rows", build_standardise_rows, { { 3, 5 } } },
  { "cross-entropy", build_cross_entropy, { { 3, 4 } } },
  { "soft-cross-entropy", build_soft_cross_entropy, { { 3, 4 }, { 3, 4 } } },
  { "dropout", build_dropout, { { 3, 4 } } },
};
/* clang-format on */

static void
test_values (void)
{
  g_autoptr (PleTape) tape = ple_tape_new (ple_device_cpu (), NULL);
  const size_t two_by_three[] = { 2, 3 }, three_by_two[] = { 3, 2 };
  const float a[] = { 1, 2, 3, 4, 5, 6 }, b[] = { 1, 0, 0, 1, 1, 1 };
  PleNode *x = ple_tape_constant (tape, 2, two_by_three, a);
  float out[12];

  ple_node_get_floats (
      ple_op_multiply_matrices (x, ple_tape_constant (tape, 2, three_by_two, b), FALSE, FALSE),
      out);
  g_assert_cmpfloat ((double) out[0], ==, 4);
  g_assert_cmpfloat ((double) out[1], ==, 5);
  g_assert_cmpfloat ((double) out[3], ==, 11);
  ple_node_get_floats (ple_op_transpose (x), out);
  g_assert_cmpfloat ((double) out[1], ==, 4);
  ple_node_get_floats (ple_op_concatenate (x, x, 0), out);
  g_assert_cmpmem (out + 6, 24, a, 24);
  ple_node_get_floats (ple_op_slice (x, 1, 1, 2), out);
  g_assert_cmpfloat ((double) out[2], ==, 5);
  g_assert_cmpfloat (ple_node_get_number (ple_op_sum_all (x)), ==, 21);
  ple_node_get_floats (ple_op_sum (x, 0, FALSE), out);
  g_assert_cmpfloat ((double) out[2], ==, 9);
  ple_node_get_floats (ple_op_mean (x, 1, TRUE), out);
  g_assert_cmpfloat ((double) out[1], ==, 5);
  ple_node_get_floats (ple_op_greater (x, ple_tape_full (tape, 0, NULL, 3)), out);
  g_assert_cmpfloat ((double) out[2], ==, 0);
  g_assert_cmpfloat ((double) out[3], ==, 1);
}

/* Large enough for the parallel paths: the same bits for any number of threads. */
static void
test_same_bits_for_any_threads (void)
{
  g_autoptr (PleMatrix) a = ple_test_random_matrix (700, 300, 1);
  g_autoptr (PleMatrix) b = ple_test_random_matrix (400, 300, 2);
  g_autofree float *expected = NULL;

  for (guint threads = 1; threads <= 3; threads++)
    {
      g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, threads);
      g_autoptr (PleTape) tape = ple_tape_new (ple_device_cpu (), progress);
      const size_t shape[] = { 700, 300 };
      PleNode *x = ple_tape_variable (tape, 2, shape, a->data);
      PleNode *y = ple_op_log_softmax (ple_op_unary (
          PLE_UNARY_GELU, ple_op_multiply_matrices (ple_op_standardise_rows (x, 1e-5),
                                                    ple_tape_matrix (tape, b), FALSE, TRUE)));
      PleNode *column = ple_op_sum (y, 0, TRUE), *gradient;
      g_autofree float *found = g_new (float, 700 * 300);

      ple_tape_gradients (ple_op_multiply (y, column), &x, 1, FALSE, &gradient);
      ple_node_get_floats (gradient, found);
      g_assert_true (ple_tape_check (tape, NULL));
      if (expected == NULL)
        expected = g_steal_pointer (&found);
      else
        g_assert_cmpmem (found, 700 * 300 * sizeof (float), expected, 700 * 300 * sizeof (float));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/nn/ops/derivatives/%s", cases[i].name);

      g_test_add_data_func (path, &cases[i], test_derivatives);
    }
  g_test_add_func ("/nn/ops/values", test_values);
  g_test_add_func ("/nn/ops/same-bits-for-any-threads", test_same_bits_for_any_threads);
  return g_test_run ();
}
