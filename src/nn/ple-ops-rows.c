/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What works along the last dimension. */
#include "config.h"

#include "nn/ple-ops.h"

#include "nn/ple-tape-private.h"

#include <math.h>
#include <string.h>

static size_t
last_size (const PleNode *x)
{
  g_assert (x->value->n_dims > 0);
  return x->value->shape[x->value->n_dims - 1];
}

static size_t
count_rows (const PleNode *x)
{
  return last_size (x) > 0 ? x->value->n / last_size (x) : 0;
}

/* Sum along the last dimension, kept. */
static PleNode *
row_sum (PleNode *x)
{
  return ple_op_sum (x, x->value->n_dims - 1, TRUE);
}

/* y (g - sum (g y)) */
static void
softmax_backward (PleNode *y, PleNode *g, const gboolean *wanted, PleNode **out)
{
  if (wanted[0])
    out[0] = ple_op_multiply (y, ple_op_subtract (g, row_sum (ple_op_multiply (g, y))));
}

PleNode *
ple_op_softmax (PleNode *x)
{
  PleNode *node =
      ple_tape_add (x->tape, x->value->n_dims, x->value->shape, x, NULL, softmax_backward);

  if (ple_tape_is_ok (x->tape))
    ple_tape_done (x->tape, ple_tape_get_device (x->tape)->softmax (
                                count_rows (x), last_size (x), x->value->data, node->value->data,
                                ple_tape_get_progress (x->tape)));
  return node;
}

/* g - exp (y) sum (g) */
static void
log_softmax_backward (PleNode *y, PleNode *g, const gboolean *wanted, PleNode **out)
{
  if (wanted[0])
    out[0] = ple_op_subtract (g, ple_op_multiply (ple_op_softmax (y->parents[0]), row_sum (g)));
}

PleNode *
ple_op_log_softmax (PleNode *x)
{
  PleNode *node =
      ple_tape_add (x->tape, x->value->n_dims, x->value->shape, x, NULL, log_softmax_backward);

  if (ple_tape_is_ok (x->tape))
    ple_tape_done (x->tape, ple_tape_get_device (x->tape)->log_softmax (
                                count_rows (x), last_size (x), x->value->data, node->value->data,
                                ple_tape_get_progress (x->tape)));
  return node;
}

/* The shift by the largest entry carries no gradient: it cancels. */
PleNode *
ple_op_log_sum_exp (PleNode *x)
{
  size_t shape[PLE_MAX_DIMS] = { 0 };
  PleNode *max, *sum;

  memcpy (shape, x->value->shape, sizeof shape);
  shape[x->value->n_dims - 1] = 1;
  max = ple_tape_add (x->tape, x->value->n_dims, shape, NULL, NULL, NULL);
  if (ple_tape_is_ok (x->tape))
    ple_tape_done (x->tape, ple_tape_get_device (x->tape)->row_max (
                                count_rows (x), last_size (x), x->value->data, max->value->data,
                                ple_tape_get_progress (x->tape)));
  sum = row_sum (ple_op_unary (PLE_UNARY_EXP, ple_op_subtract (x, max)));
  return ple_op_add (ple_op_unary (PLE_UNARY_LOG, sum), max);
}

static PleNode *row_deviation (PleNode *x, double epsilon);

/* With y = (x - mean) r: r (g - mean (g) - y mean (g y)) */
static void
standardise_backward (PleNode *y, PleNode *g, const gboolean *wanted, PleNode **out)
{
  const double share = 1 / (double) last_size (y);
  PleNode *mean, *along;

  if (!wanted[0])
    return;
  mean = ple_op_affine (row_sum (g), share, 0);
  along = ple_op_affine (row_sum (ple_op_multiply (g, y)), share, 0);
  out[0] =
      ple_op_multiply (row_deviation (y->parents[0], y->number),
                       ple_op_subtract (ple_op_subtract (g, mean), ple_op_multiply (y, along)));
}

/* dr/dx = -r² y / n */
static void
deviation_backward (PleNode *r, PleNode *g, const gboolean *wanted, PleNode **out)
{
  PleNode *x = r->parents[0];

  if (wanted[0])
    out[0] =
        ple_op_multiply (ple_op_affine (ple_op_multiply (g, ple_op_unary (PLE_UNARY_SQUARE, r)),
                                        -1 / (double) last_size (x), 0),
                         ple_op_standardise_rows (x, r->number));
}

/* The rows in @y, 1 / sqrt (variance + epsilon) in @r, either of which may be NULL. */
static void
standardise (PleNode *x, double epsilon, PleNode *y, PleNode *r)
{
  const PleDevice *device = ple_tape_get_device (x->tape);
  float *rows = y != NULL ? y->value->data : NULL;
  float *spare = NULL;

  if (!ple_tape_is_ok (x->tape))
    return;
  if (rows == NULL)
    rows = spare = device->alloc (x->value->n);
  if (rows != NULL)
    ple_tape_done (x->tape,
                   device->normalise (count_rows (x), last_size (x), epsilon, x->value->data, rows,
                                      r != NULL ? r->value->data : NULL,
                                      ple_tape_get_progress (x->tape)));
  device->free (spare);
}

/* 1 / sqrt (variance + epsilon) of each row. */
static PleNode *
row_deviation (PleNode *x, double epsilon)
{
  size_t shape[PLE_MAX_DIMS] = { 0 };
  PleNode *node;

  memcpy (shape, x->value->shape, sizeof shape);
  shape[x->value->n_dims - 1] = 1;
  node = ple_tape_add (x->tape, x->value->n_dims, shape, x, NULL, deviation_backward);
  node->number = epsilon;
  standardise (x, epsilon, NULL, node);
  return node;
}

PleNode *
ple_op_standardise_rows (PleNode *x, double epsilon)
{
  PleNode *node =
      ple_tape_add (x->tape, x->value->n_dims, x->value->shape, x, NULL, standardise_backward);

  node->number = epsilon;
  standardise (x, epsilon, node, NULL);
  return node;
}

PleNode *
ple_op_normalise_rows (PleNode *x)
{
  PleNode *square = row_sum (ple_op_unary (PLE_UNARY_SQUARE, x));

  return ple_op_divide (x, ple_op_unary (PLE_UNARY_SQRT, ple_op_affine (square, 1, 1e-24)));
}

PleNode *
ple_op_soft_cross_entropy (PleNode *logits, PleNode *target)
{
  PleNode *sum;

  g_assert (logits->value->n_dims == 2 && ple_tensor_same_shape (logits->value, target->value));
  sum = ple_op_sum_all (ple_op_multiply (target, ple_op_log_softmax (logits)));
  return ple_op_affine (sum, -1 / (double) MAX (count_rows (logits), 1), 0);
}

PleNode *
ple_op_cross_entropy (PleNode *logits, const gint32 *labels)
{
  const size_t n = count_rows (logits), k = last_size (logits);
  g_autofree float *target = g_new0 (float, MAX (n * k, 1));
  size_t n_labelled = 0;
  PleNode *sum;

  g_assert (logits->value->n_dims == 2);
  for (size_t i = 0; i < n; i++)
    if (labels[i] >= 0)
      {
        g_assert ((size_t) labels[i] < k);
        target[i * k + (size_t) labels[i]] = 1;
        n_labelled++;
      }
  sum = ple_op_sum_all (
      ple_op_multiply (ple_tape_constant (logits->tape, 2, logits->value->shape, target),
                       ple_op_log_softmax (logits)));
  return ple_op_affine (sum, -1 / (double) MAX (n_labelled, 1), 0);
}
