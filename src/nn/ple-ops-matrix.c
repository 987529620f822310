/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "nn/ple-ops.h"

#include "nn/ple-tape-private.h"

#include <string.h>

/* flags: transpose_a, transpose_b. With C = op (A) op (B) and G its gradient: dA = G op (B)',
 * turned round if A was; dB likewise. A shared matrix sums over the batch. */
static void
multiply_backward (PleNode *node, PleNode *g, const gboolean *wanted, PleNode **out)
{
  PleNode *a = node->parents[0], *b = node->parents[1];
  const gboolean ta = node->flags[0], tb = node->flags[1];

  if (wanted[0])
    {
      out[0] = ta ? ple_op_multiply_matrices (b, g, tb, TRUE)
                  : ple_op_multiply_matrices (g, b, FALSE, !tb);
      out[0] = ple_op_sum_to (out[0], a->value->n_dims, a->value->shape);
    }
  if (wanted[1])
    {
      out[1] = tb ? ple_op_multiply_matrices (g, a, TRUE, ta)
                  : ple_op_multiply_matrices (a, g, !ta, FALSE);
      out[1] = ple_op_sum_to (out[1], b->value->n_dims, b->value->shape);
    }
}

PleNode *
ple_op_multiply_matrices (PleNode *a, PleNode *b, gboolean transpose_a, gboolean transpose_b)
{
  const PleTensor *left = a->value, *right = b->value;
  const guint na = left->n_dims, nb = right->n_dims;
  const guint n_dims = MAX (na, nb);
  const PleTensor *batched = na >= nb ? left : right;
  size_t shape[PLE_MAX_DIMS];
  size_t m, n, k, n_batch = 1;
  PleNode *node;

  g_assert (na >= 2 && nb >= 2 && (na == nb || na == 2 || nb == 2));
  m = left->shape[na - (transpose_a ? 1 : 2)];
  k = left->shape[na - (transpose_a ? 2 : 1)];
  n = right->shape[nb - (transpose_b ? 2 : 1)];
  g_assert (right->shape[nb - (transpose_b ? 1 : 2)] == k);
  for (guint dim = 0; dim + 2 < n_dims; dim++)
    {
      g_assert (na != nb || left->shape[dim] == right->shape[dim]);
      shape[dim] = batched->shape[dim];
      n_batch *= shape[dim];
    }
  shape[n_dims - 2] = m;
  shape[n_dims - 1] = n;
  /* Many rows against one matrix: a single product. */
  if (na > 2 && nb == 2 && !transpose_a)
    {
      const size_t flat[] = { n_batch * m, k };

      return ple_op_reshape (
          ple_op_multiply_matrices (ple_op_reshape (a, 2, flat), b, FALSE, transpose_b), n_dims,
          shape);
    }
  node = ple_tape_add (a->tape, n_dims, shape, a, b, multiply_backward);
  node->flags[0] = transpose_a;
  node->flags[1] = transpose_b;
  if (ple_tape_is_ok (a->tape))
    ple_tape_done (a->tape, ple_tape_get_device (a->tape)->multiply (
                                n_batch, transpose_a, transpose_b, m, n, k, left->data,
                                na > 2 ? m * k : 0, right->data, nb > 2 ? k * n : 0,
                                node->value->data, ple_tape_get_progress (a->tape)));
  return node;
}
