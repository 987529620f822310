/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Broadcast, permute and slice are one operation, reading by strides; its adjoint adds by the same
 * strides, and has the reading as its own adjoint. */
#include "config.h"

#include "nn/ple-ops.h"

#include "nn/ple-tape-private.h"

#include <string.h>

static PleNode *scatter (PleNode *x, const PleLayout *layout, guint n_dims, const size_t *shape);

static void
gather_backward (PleNode *node, PleNode *g, const gboolean *wanted, PleNode **out)
{
  const PleTensor *from = node->parents[0]->value;

  if (wanted[0])
    out[0] = scatter (g, &node->layout, from->n_dims, from->shape);
}

/* A tensor of shape @shape, whose index space is that of @layout. */
static PleNode *
gather (PleNode *x, const PleLayout *layout, guint n_dims, const size_t *shape)
{
  PleNode *node = ple_tape_add (x->tape, n_dims, shape, x, NULL, gather_backward);

  node->layout = *layout;
  if (ple_tape_is_ok (x->tape))
    ple_tape_done (x->tape, ple_tape_get_device (x->tape)->gather (
                                &node->layout, x->value->data, node->value->data,
                                ple_tape_get_progress (x->tape)));
  return node;
}

static void
scatter_backward (PleNode *node, PleNode *g, const gboolean *wanted, PleNode **out)
{
  const PleTensor *from = node->parents[0]->value;

  if (wanted[0])
    out[0] = gather (g, &node->layout, from->n_dims, from->shape);
}

static PleNode *
scatter (PleNode *x, const PleLayout *layout, guint n_dims, const size_t *shape)
{
  PleNode *node = ple_tape_add (x->tape, n_dims, shape, x, NULL, scatter_backward);

  node->layout = *layout;
  if (ple_tape_is_ok (x->tape))
    ple_tape_done (x->tape, ple_tape_get_device (x->tape)->scatter (
                                &node->layout, x->value->data, node->value->n, node->value->data,
                                ple_tape_get_progress (x->tape)));
  return node;
}

static void
contiguous_strides (guint n_dims, const size_t *shape, size_t *strides)
{
  size_t stride = 1;

  for (guint dim = n_dims; dim-- > 0;)
    {
      strides[dim] = stride;
      stride *= shape[dim];
    }
}

/* A scalar counts as one dimension of size 1: a layout has at least one. */
static void
layout_of (PleLayout *layout, guint n_dims, const size_t *shape)
{
  memset (layout, 0, sizeof *layout);
  layout->n_dims = MAX (n_dims, 1);
  layout->shape[0] = 1;
  if (n_dims > 0)
    memcpy (layout->shape, shape, n_dims * sizeof (size_t));
}

/* Index space @large, strides in @small (0 where it repeats). */
static void
broadcast_layout (
    PleLayout *layout, guint n_large, const size_t *large, guint n_small, const size_t *small)
{
  const guint shift = n_large - n_small;
  size_t strides[PLE_MAX_DIMS];

  g_assert (n_small <= n_large);
  layout_of (layout, n_large, large);
  contiguous_strides (n_small, small, strides);
  for (guint dim = 0; dim < n_small; dim++)
    {
      g_assert (small[dim] == large[dim + shift] || small[dim] == 1);
      layout->strides[0][dim + shift] =
          small[dim] == large[dim + shift] && small[dim] != 1 ? strides[dim] : 0;
    }
}

static gboolean
has_shape (const PleNode *x, guint n_dims, const size_t *shape)
{
  /* A scalar has no shape to point to. */
  return x->value->n_dims == n_dims &&
         (n_dims == 0 || memcmp (x->value->shape, shape, n_dims * sizeof (size_t)) == 0);
}

PleNode *
ple_op_broadcast_to (PleNode *x, guint n_dims, const size_t *shape)
{
  PleLayout layout;

  if (has_shape (x, n_dims, shape))
    return x;
  broadcast_layout (&layout, n_dims, shape, x->value->n_dims, x->value->shape);
  return gather (x, &layout, n_dims, shape);
}

PleNode *
ple_op_sum_to (PleNode *x, guint n_dims, const size_t *shape)
{
  PleLayout layout;

  if (has_shape (x, n_dims, shape))
    return x;
  broadcast_layout (&layout, x->value->n_dims, x->value->shape, n_dims, shape);
  return scatter (x, &layout, n_dims, shape);
}

static void
reshape_backward (PleNode *node, PleNode *g, const gboolean *wanted, PleNode **out)
{
  if (wanted[0])
    out[0] = ple_op_reshape (g, node->parents[0]->value->n_dims, node->parents[0]->value->shape);
}

PleNode *
ple_op_reshape (PleNode *x, guint n_dims, const size_t *shape)
{
  if (has_shape (x, n_dims, shape))
    return x;
  return ple_tape_add_view (x, n_dims, shape, reshape_backward);
}

PleNode *
ple_op_detach (PleNode *x)
{
  return ple_tape_add_view (x, x->value->n_dims, x->value->shape, NULL);
}

PleNode *
ple_op_permute (PleNode *x, const guint *dims)
{
  const guint n_dims = x->value->n_dims;
  size_t strides[PLE_MAX_DIMS], shape[PLE_MAX_DIMS];
  PleLayout layout;
  guint seen = 0;

  contiguous_strides (n_dims, x->value->shape, strides);
  for (guint dim = 0; dim < n_dims; dim++)
    {
      g_assert (dims[dim] < n_dims);
      seen |= 1u << dims[dim];
      shape[dim] = x->value->shape[dims[dim]];
    }
  g_assert (seen == (1u << n_dims) - 1);
  layout_of (&layout, n_dims, shape);
  for (guint dim = 0; dim < n_dims; dim++)
    layout.strides[0][dim] = strides[dims[dim]];
  return gather (x, &layout, n_dims, shape);
}

PleNode *
ple_op_transpose (PleNode *x)
{
  const guint n_dims = x->value->n_dims;
  guint dims[PLE_MAX_DIMS];

  g_assert (n_dims >= 2);
  for (guint dim = 0; dim < n_dims; dim++)
    dims[dim] = dim;
  dims[n_dims - 1] = n_dims - 2;
  dims[n_dims - 2] = n_dims - 1;
  return ple_op_permute (x, dims);
}

/* Index space @part, within a contiguous @whole, beginning at @first along @dim. */
static void
part_layout (PleLayout *layout,
             guint n_dims,
             const size_t *part,
             const size_t *whole,
             guint dim,
             size_t first)
{
  layout_of (layout, n_dims, part);
  contiguous_strides (n_dims, whole, layout->strides[0]);
  layout->offset[0] = first * layout->strides[0][dim];
}

PleNode *
ple_op_slice (PleNode *x, guint dim, size_t first, size_t n)
{
  const PleTensor *value = x->value;
  size_t shape[PLE_MAX_DIMS];
  PleLayout layout;

  g_assert (dim < value->n_dims && first + n <= value->shape[dim]);
  memcpy (shape, value->shape, sizeof shape);
  shape[dim] = n;
  part_layout (&layout, value->n_dims, shape, value->shape, dim, first);
  return gather (x, &layout, value->n_dims, shape);
}

/* Each is placed among zeros, and the two are added: the gradient is two slices. */
PleNode *
ple_op_concatenate (PleNode *a, PleNode *b, guint dim)
{
  const PleTensor *left = a->value, *right = b->value;
  size_t shape[PLE_MAX_DIMS];
  PleLayout layout;
  PleNode *first, *second;

  g_assert (left->n_dims == right->n_dims && dim < left->n_dims);
  for (guint other = 0; other < left->n_dims; other++)
    g_assert (other == dim || left->shape[other] == right->shape[other]);
  memcpy (shape, left->shape, sizeof shape);
  shape[dim] += right->shape[dim];
  part_layout (&layout, left->n_dims, left->shape, shape, dim, 0);
  first = scatter (a, &layout, left->n_dims, shape);
  part_layout (&layout, left->n_dims, right->shape, shape, dim, left->shape[dim]);
  second = scatter (b, &layout, left->n_dims, shape);
  return ple_op_add (first, second);
}

static PleNode *take_or_add (PleNode *x, gint32 *rows, size_t n, size_t n_out, gboolean add);

static void
rows_backward (PleNode *node, PleNode *g, const gboolean *wanted, PleNode **out)
{
  if (wanted[0])
    out[0] = take_or_add (g, g_memdup2 (node->rows, node->n_rows * sizeof (gint32)), node->n_rows,
                          node->parents[0]->value->shape[0], !node->flags[0]);
}

/* Takes @rows. */
static PleNode *
take_or_add (PleNode *x, gint32 *rows, size_t n, size_t n_out, gboolean add)
{
  const PleTensor *value = x->value;
  const PleDevice *device = ple_tape_get_device (x->tape);
  PleProgress *progress = ple_tape_get_progress (x->tape);
  const size_t limit = add ? n_out : value->shape[0];
  const size_t n_cols = value->shape[0] > 0 ? value->n / value->shape[0] : 0;
  size_t shape[PLE_MAX_DIMS];
  PleNode *node;

  g_assert (value->n_dims > 0 && (!add || value->shape[0] == n));
  for (size_t i = 0; i < n; i++)
    g_assert (rows[i] >= 0 && (size_t) rows[i] < limit);
  memcpy (shape, value->shape, sizeof shape);
  shape[0] = add ? n_out : n;
  node = ple_tape_add (x->tape, value->n_dims, shape, x, NULL, rows_backward);
  node->rows = rows;
  node->n_rows = n;
  node->flags[0] = add;
  if (!ple_tape_is_ok (x->tape))
    return node;
  ple_tape_done (
      x->tape,
      add ? device->add_rows (n, n_cols, rows, value->data, n_out, node->value->data, progress)
          : device->take_rows (n, n_cols, rows, value->data, node->value->data, progress));
  return node;
}

PleNode *
ple_op_take_rows (PleNode *x, const gint32 *rows, size_t n)
{
  return take_or_add (x, g_memdup2 (rows, n * sizeof (gint32)), n, n, FALSE);
}

PleNode *
ple_op_add_rows (PleNode *x, const gint32 *rows, size_t n_out)
{
  const size_t n = x->value->shape[0];

  return take_or_add (x, g_memdup2 (rows, n * sizeof (gint32)), n, n_out, TRUE);
}

PleNode *
ple_op_sum (PleNode *x, guint dim, gboolean keep)
{
  size_t shape[PLE_MAX_DIMS] = { 0 };
  PleNode *sum;

  g_assert (dim < x->value->n_dims);
  memcpy (shape, x->value->shape, sizeof shape);
  shape[dim] = 1;
  sum = ple_op_sum_to (x, x->value->n_dims, shape);
  if (keep)
    return sum;
  memmove (shape + dim, shape + dim + 1, (PLE_MAX_DIMS - 1 - dim) * sizeof (size_t));
  return ple_op_reshape (sum, x->value->n_dims - 1, shape);
}

PleNode *
ple_op_mean (PleNode *x, guint dim, gboolean keep)
{
  return ple_op_affine (ple_op_sum (x, dim, keep), 1 / (double) x->value->shape[dim], 0);
}

PleNode *
ple_op_sum_all (PleNode *x)
{
  return ple_op_sum_to (x, 0, NULL);
}

PleNode *
ple_op_mean_all (PleNode *x)
{
  return ple_op_affine (ple_op_sum_all (x), 1 / (double) x->value->n, 0);
}
