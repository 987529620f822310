/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "nn/ple-ops.h"

#include "nn/ple-tape-private.h"

#include <math.h>
#include <string.h>

/* The gradient of an argument that was repeated is the sum over its repetitions. */
static PleNode *
sum_like (PleNode *gradient, const PleNode *argument)
{
  return ple_op_sum_to (gradient, argument->value->n_dims, argument->value->shape);
}

static void
add_backward (PleNode *node, PleNode *g, const gboolean *wanted, PleNode **out)
{
  for (int p = 0; p < 2; p++)
    if (wanted[p])
      out[p] = sum_like (g, node->parents[p]);
}

static void
subtract_backward (PleNode *node, PleNode *g, const gboolean *wanted, PleNode **out)
{
  if (wanted[0])
    out[0] = sum_like (g, node->parents[0]);
  if (wanted[1])
    out[1] = sum_like (ple_op_affine (g, -1, 0), node->parents[1]);
}

static void
multiply_backward (PleNode *node, PleNode *g, const gboolean *wanted, PleNode **out)
{
  for (int p = 0; p < 2; p++)
    if (wanted[p])
      out[p] = sum_like (ple_op_multiply (g, node->parents[1 - p]), node->parents[p]);
}

static void
divide_backward (PleNode *node, PleNode *g, const gboolean *wanted, PleNode **out)
{
  PleNode *slope = ple_op_divide (g, node->parents[1]);

  if (wanted[0])
    out[0] = sum_like (slope, node->parents[0]);
  if (wanted[1])
    out[1] = sum_like (ple_op_affine (ple_op_multiply (slope, node), -1, 0), node->parents[1]);
}

static void
maximum_backward (PleNode *node, PleNode *g, const gboolean *wanted, PleNode **out)
{
  PleNode *first = ple_op_greater (node->parents[0], node->parents[1]);

  if (wanted[0])
    out[0] = sum_like (ple_op_multiply (g, first), node->parents[0]);
  if (wanted[1])
    out[1] = sum_like (ple_op_multiply (g, ple_op_affine (first, -1, 1)), node->parents[1]);
}

/* Merges dimensions that both arguments walk through in one go. */
static void
collapse (PleLayout *layout)
{
  guint kept = 0;

  for (guint dim = 0; dim < layout->n_dims; dim++)
    {
      gboolean merge = kept > 0;

      if (layout->shape[dim] == 1 && layout->n_dims > 1 && (kept > 0 || dim + 1 < layout->n_dims))
        continue;
      for (int arg = 0; merge && arg < 2; arg++)
        merge = layout->strides[arg][kept - 1] == layout->strides[arg][dim] * layout->shape[dim];
      if (merge)
        layout->shape[kept - 1] *= layout->shape[dim];
      else
        layout->shape[kept++] = layout->shape[dim];
      for (int arg = 0; arg < 2; arg++)
        layout->strides[arg][kept - 1] = layout->strides[arg][dim];
    }
  layout->n_dims = kept;
}

static PleNode *
binary (PleBinary op, PleNode *a, PleNode *b, PleBackward backward)
{
  const PleTensor *args[2] = { a->value, b->value };
  const guint n_dims = MAX (args[0]->n_dims, args[1]->n_dims);
  PleLayout layout = { .n_dims = n_dims };
  PleNode *node;

  for (guint dim = 0; dim < n_dims; dim++)
    layout.shape[dim] = 1;
  for (int arg = 0; arg < 2; arg++)
    {
      const guint shift = n_dims - args[arg]->n_dims;
      size_t stride = 1;

      for (guint dim = args[arg]->n_dims; dim-- > 0;)
        {
          const size_t size = args[arg]->shape[dim];
          size_t *common = &layout.shape[dim + shift];

          g_assert (*common == 1 || size == 1 || *common == size);
          if (size != 1)
            *common = size;
          layout.strides[arg][dim + shift] = size != 1 ? stride : 0;
          stride *= size;
        }
    }
  node = ple_tape_add (a->tape, n_dims, layout.shape, a, b, backward);
  if (layout.n_dims == 0)
    {
      layout.n_dims = 1;
      layout.shape[0] = 1;
    }
  collapse (&layout);
  if (ple_tape_is_ok (a->tape))
    ple_tape_done (a->tape,
                   a->tape == b->tape && ple_tape_get_device (a->tape)->binary (
                                             op, &layout, args[0]->data, args[1]->data,
                                             node->value->data, ple_tape_get_progress (a->tape)));
  return node;
}

PleNode *
ple_op_add (PleNode *a, PleNode *b)
{
  return binary (PLE_BINARY_ADD, a, b, add_backward);
}

PleNode *
ple_op_subtract (PleNode *a, PleNode *b)
{
  return binary (PLE_BINARY_SUBTRACT, a, b, subtract_backward);
}

PleNode *
ple_op_multiply (PleNode *a, PleNode *b)
{
  return binary (PLE_BINARY_MULTIPLY, a, b, multiply_backward);
}

PleNode *
ple_op_divide (PleNode *a, PleNode *b)
{
  return binary (PLE_BINARY_DIVIDE, a, b, divide_backward);
}

PleNode *
ple_op_maximum (PleNode *a, PleNode *b)
{
  return binary (PLE_BINARY_MAXIMUM, a, b, maximum_backward);
}

PleNode *
ple_op_greater (PleNode *a, PleNode *b)
{
  return binary (PLE_BINARY_GREATER, a, b, NULL);
}

static void
affine_backward (PleNode *node, PleNode *g, const gboolean *wanted, PleNode **out)
{
  if (wanted[0])
    out[0] = ple_op_affine (g, node->number, 0);
}

PleNode *
ple_op_affine (PleNode *x, double scale, double shift)
{
  PleNode *node =
      ple_tape_add (x->tape, x->value->n_dims, x->value->shape, x, NULL, affine_backward);

  node->number = scale;
  if (ple_tape_is_ok (x->tape))
    ple_tape_done (x->tape, ple_tape_get_device (x->tape)->affine (
                                x->value->n, (float) scale, (float) shift, x->value->data,
                                node->value->data, ple_tape_get_progress (x->tape)));
  return node;
}

static void
power_backward (PleNode *node, PleNode *g, const gboolean *wanted, PleNode **out)
{
  if (!wanted[0] || node->number == 0)
    return;
  out[0] = ple_op_multiply (
      g, ple_op_affine (ple_op_power (node->parents[0], node->number - 1), node->number, 0));
}

PleNode *
ple_op_power (PleNode *x, double exponent)
{
  PleNode *node =
      ple_tape_add (x->tape, x->value->n_dims, x->value->shape, x, NULL, power_backward);

  node->number = exponent;
  if (ple_tape_is_ok (x->tape))
    ple_tape_done (x->tape, ple_tape_get_device (x->tape)->power (x->value->n, (float) exponent,
                                                                  x->value->data, node->value->data,
                                                                  ple_tape_get_progress (x->tape)));
  return node;
}

/* Derivative of @op at @x where the result is @y; NULL for zero. */
static PleNode *
slope_of (PleUnary op, PleNode *x, PleNode *y)
{
  const double two_over_root_pi = 2 / sqrt (G_PI);
  PleNode *t;

  switch (op)
    {
    case PLE_UNARY_NEGATE:
      return ple_op_affine (x, 0, -1);
    case PLE_UNARY_EXP:
      return y;
    case PLE_UNARY_LOG:
      return ple_op_unary (PLE_UNARY_RECIPROCAL, x);
    case PLE_UNARY_SQRT:
      return ple_op_affine (ple_op_unary (PLE_UNARY_RECIPROCAL, y), 0.5, 0);
    case PLE_UNARY_RECIPROCAL:
      return ple_op_affine (ple_op_unary (PLE_UNARY_SQUARE, y), -1, 0);
    case PLE_UNARY_SQUARE:
      return ple_op_affine (x, 2, 0);
    case PLE_UNARY_ABS:
      return ple_op_unary (PLE_UNARY_SIGN, x);
    case PLE_UNARY_SIN:
      return ple_op_unary (PLE_UNARY_COS, x);
    case PLE_UNARY_COS:
      return ple_op_affine (ple_op_unary (PLE_UNARY_SIN, x), -1, 0);
    case PLE_UNARY_TANH:
      return ple_op_affine (ple_op_unary (PLE_UNARY_SQUARE, y), -1, 1);
    case PLE_UNARY_SIGMOID:
      return ple_op_multiply (y, ple_op_affine (y, -1, 1));
    case PLE_UNARY_SOFTPLUS:
      return ple_op_unary (PLE_UNARY_SIGMOID, x);
    case PLE_UNARY_ERF:
      t = ple_op_unary (PLE_UNARY_EXP, ple_op_affine (ple_op_unary (PLE_UNARY_SQUARE, x), -1, 0));
      return ple_op_affine (t, two_over_root_pi, 0);
    case PLE_UNARY_RELU:
      return ple_op_unary (PLE_UNARY_STEP, x);
    case PLE_UNARY_SILU: /* s + y (1 - s) */
      t = ple_op_unary (PLE_UNARY_SIGMOID, x);
      return ple_op_add (t, ple_op_multiply (y, ple_op_affine (t, -1, 1)));
    case PLE_UNARY_GELU:
      return ple_op_unary (PLE_UNARY_GELU_SLOPE, x);
    case PLE_UNARY_GELU_SLOPE: /* phi (x) (2 - x²) */
      t = ple_op_unary (PLE_UNARY_SQUARE, x);
      return ple_op_multiply (
          ple_op_affine (ple_op_unary (PLE_UNARY_EXP, ple_op_affine (t, -0.5, 0)),
                         1 / sqrt (2 * G_PI), 0),
          ple_op_affine (t, -1, 2));
    case PLE_UNARY_SIGN:
    case PLE_UNARY_STEP:
      return NULL;
    case PLE_UNARY_N:
    default:
      g_assert_not_reached ();
    }
}

static void
unary_backward (PleNode *node, PleNode *g, const gboolean *wanted, PleNode **out)
{
  PleUnary op = (PleUnary) node->dims[0];
  PleNode *slope;

  if (!wanted[0])
    return;
  if (op == PLE_UNARY_NEGATE)
    {
      out[0] = ple_op_affine (g, -1, 0);
      return;
    }
  slope = slope_of (op, node->parents[0], node);
  out[0] = slope != NULL ? ple_op_multiply (g, slope) : NULL;
}

PleNode *
ple_op_unary (PleUnary op, PleNode *x)
{
  PleNode *node =
      ple_tape_add (x->tape, x->value->n_dims, x->value->shape, x, NULL, unary_backward);

  node->dims[0] = (guint) op;
  if (ple_tape_is_ok (x->tape))
    ple_tape_done (x->tape, ple_tape_get_device (x->tape)->unary (op, x->value->n, x->value->data,
                                                                  node->value->data,
                                                                  ple_tape_get_progress (x->tape)));
  return node;
}

PleNode *
ple_op_dropout (PleNode *x, double rate, PleRng *rng)
{
  const float kept = (float) (1 / (1 - rate));
  g_autofree float *mask = NULL;

  g_assert (rate >= 0 && rate < 1);
  if (rate == 0)
    return x;
  mask = g_new (float, MAX (x->value->n, 1));
  for (size_t i = 0; i < x->value->n; i++)
    mask[i] = ple_rng_uniform (rng) < rate ? 0 : kept;
  return ple_op_multiply (x, ple_tape_constant (x->tape, x->value->n_dims, x->value->shape, mask));
}
