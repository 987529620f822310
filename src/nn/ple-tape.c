/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "nn/ple-tape-private.h"

#include "base/ple-error.h"
#include "nn/ple-ops.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

struct _PleTape
{
  const PleDevice *device;
  PleProgress *progress;
  GPtrArray *nodes;
  GHashTable *parameters; /* PleTensor -> PleNode */
  GHashTable *free_data;  /* size in floats -> GPtrArray of blocks */
  gboolean paused;        /* operations are not recorded: gradients that nobody differentiates */
  GError *error;
};

static void
free_block_list (gpointer data)
{
  g_ptr_array_unref (data);
}

PleTape *
ple_tape_new (const PleDevice *device, PleProgress *progress)
{
  PleTape *tape = g_new0 (PleTape, 1);

  tape->device = device;
  tape->progress = progress != NULL ? ple_progress_ref (progress) : NULL;
  tape->nodes = g_ptr_array_new ();
  tape->parameters = g_hash_table_new (NULL, NULL);
  tape->free_data = g_hash_table_new_full (NULL, NULL, NULL, free_block_list);
  return tape;
}

void
ple_tape_free (PleTape *tape)
{
  GHashTableIter iter;
  gpointer blocks;

  if (tape == NULL)
    return;
  ple_tape_reset (tape);
  g_hash_table_iter_init (&iter, tape->free_data);
  while (g_hash_table_iter_next (&iter, NULL, &blocks))
    for (guint i = 0; i < ((GPtrArray *) blocks)->len; i++)
      tape->device->free (g_ptr_array_index ((GPtrArray *) blocks, i));
  g_hash_table_unref (tape->free_data);
  g_hash_table_unref (tape->parameters);
  g_ptr_array_unref (tape->nodes);
  ple_progress_unref (tape->progress);
  g_free (tape);
}

static float *
take_block (PleTape *tape, size_t n)
{
  GPtrArray *blocks = g_hash_table_lookup (tape->free_data, GSIZE_TO_POINTER (n));

  if (blocks != NULL && blocks->len > 0)
    return g_ptr_array_steal_index_fast (blocks, blocks->len - 1);
  return tape->device->alloc (n);
}

static void
give_block (PleTape *tape, size_t n, float *data)
{
  GPtrArray *blocks = g_hash_table_lookup (tape->free_data, GSIZE_TO_POINTER (n));

  if (blocks == NULL)
    {
      blocks = g_ptr_array_new ();
      g_hash_table_insert (tape->free_data, GSIZE_TO_POINTER (n), blocks);
    }
  g_ptr_array_add (blocks, data);
}

void
ple_tape_reset (PleTape *tape)
{
  /* From the end: views let go of what they share first. */
  for (guint i = tape->nodes->len; i-- > 0;)
    {
      PleNode *node = g_ptr_array_index (tape->nodes, i);

      /* A value that nobody else holds gives its block back to the tape. */
      if (node->value != NULL && g_atomic_int_get (&node->value->ref_count) == 1 &&
          node->value->data != NULL && node->value->base == NULL)
        give_block (tape, node->value->n, g_steal_pointer (&node->value->data));
      ple_tensor_unref (node->value);
      g_free (node->rows);
      g_free (node);
    }
  g_ptr_array_set_size (tape->nodes, 0);
  g_hash_table_remove_all (tape->parameters);
  g_clear_error (&tape->error);
}

gboolean
ple_tape_is_ok (const PleTape *tape)
{
  return tape->error == NULL;
}

gboolean
ple_tape_check (PleTape *tape, GError **error)
{
  if (tape->error != NULL && error != NULL)
    *error = g_error_copy (tape->error);
  return tape->error == NULL;
}

void
ple_tape_done (PleTape *tape, gboolean ok)
{
  if (!ok && tape->error == NULL)
    g_set_error_literal (&tape->error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Operation was cancelled");
}

const PleDevice *
ple_tape_get_device (PleTape *tape)
{
  return tape->device;
}

PleProgress *
ple_tape_get_progress (const PleTape *tape)
{
  return tape->progress;
}

static PleNode *
append (PleTape *tape, PleTensor *value, PleNode *a, PleNode *b, PleBackward backward)
{
  PleNode *node = g_new0 (PleNode, 1);

  node->tape = tape;
  node->value = value;
  node->index = tape->nodes->len;
  node->differentiable = !tape->paused && backward != NULL &&
                         ((a != NULL && a->differentiable) || (b != NULL && b->differentiable));
  if (node->differentiable)
    {
      node->parents[0] = a;
      node->parents[1] = b;
      node->backward = backward;
    }
  g_ptr_array_add (tape->nodes, node);
  return node;
}

PleNode *
ple_tape_add (
    PleTape *tape, guint n_dims, const size_t *shape, PleNode *a, PleNode *b, PleBackward backward)
{
  PleTensor *value = g_new0 (PleTensor, 1);
  gboolean fits = TRUE;

  g_assert (n_dims <= PLE_MAX_DIMS);
  g_assert (a == NULL || a->tape == tape);
  g_assert (b == NULL || b->tape == tape);
  value->device = tape->device;
  value->n_dims = n_dims;
  value->n = 1;
  value->ref_count = 1;
  for (guint dim = 0; dim < n_dims; dim++)
    {
      value->shape[dim] = shape[dim];
      fits = fits && g_size_checked_mul (&value->n, value->n, shape[dim]);
    }
  if (tape->error == NULL)
    value->data = fits ? take_block (tape, value->n) : NULL;
  if (value->data == NULL && tape->error == NULL)
    g_set_error (&tape->error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY,
                 "no memory on %s for a tensor of %" G_GSIZE_FORMAT " numbers", tape->device->id,
                 fits ? value->n : G_MAXSIZE);
  return append (tape, value, a, b, backward);
}

PleNode *
ple_tape_add_view (PleNode *a, guint n_dims, const size_t *shape, PleBackward backward)
{
  PleNode *node;
  PleTensor *value = g_new0 (PleTensor, 1);
  size_t n = 1;

  for (guint dim = 0; dim < n_dims; dim++)
    {
      value->shape[dim] = shape[dim];
      n *= shape[dim];
    }
  g_assert (n_dims <= PLE_MAX_DIMS && n == a->value->n);
  value->device = a->tape->device;
  value->n_dims = n_dims;
  value->n = n;
  value->ref_count = 1;
  value->data = a->value->data;
  value->base = ple_tensor_ref (a->value->base != NULL ? a->value->base : a->value);
  node = append (a->tape, value, a, NULL, backward);
  return node;
}

PleNode *
ple_tape_parameter (PleTape *tape, PleTensor *tensor)
{
  PleNode *node = g_hash_table_lookup (tape->parameters, tensor);

  g_assert (tensor->device == tape->device);
  if (node != NULL)
    return node;
  node = append (tape, ple_tensor_ref (tensor), NULL, NULL, NULL);
  node->differentiable = TRUE;
  g_hash_table_insert (tape->parameters, tensor, node);
  return node;
}

PleNode *
ple_tape_constant (PleTape *tape, guint n_dims, const size_t *shape, const float *values)
{
  PleNode *node = ple_tape_add (tape, n_dims, shape, NULL, NULL, NULL);

  if (ple_tape_is_ok (tape))
    tape->device->upload (node->value->data, values, node->value->n);
  return node;
}

PleNode *
ple_tape_variable (PleTape *tape, guint n_dims, const size_t *shape, const float *values)
{
  PleNode *node = ple_tape_constant (tape, n_dims, shape, values);

  node->differentiable = TRUE;
  return node;
}

PleNode *
ple_tape_full (PleTape *tape, guint n_dims, const size_t *shape, float value)
{
  PleNode *node = ple_tape_add (tape, n_dims, shape, NULL, NULL, NULL);

  if (ple_tape_is_ok (tape))
    tape->device->fill (node->value->data, value, node->value->n);
  return node;
}

PleNode *
ple_tape_matrix (PleTape *tape, const PleMatrix *matrix)
{
  const size_t shape[] = { matrix->n_rows, matrix->n_cols };

  return ple_tape_constant (tape, 2, shape, matrix->data);
}

const PleTensor *
ple_node_get_value (const PleNode *node)
{
  return node->value;
}

void
ple_node_get_floats (const PleNode *node, float *values)
{
  g_return_if_fail (ple_tape_is_ok (node->tape));
  node->tape->device->download (values, node->value->data, node->value->n);
}

double
ple_node_get_number (const PleNode *node)
{
  float value = NAN;

  g_return_val_if_fail (node->value->n == 1, NAN);
  if (ple_tape_is_ok (node->tape))
    node->tape->device->download (&value, node->value->data, 1);
  return (double) value;
}

size_t
ple_node_get_size (const PleNode *node, guint dim)
{
  g_return_val_if_fail (dim < node->value->n_dims, 0);
  return node->value->shape[dim];
}

PleTape *
ple_node_get_tape (const PleNode *node)
{
  return node->tape;
}

/* Which of the nodes up to @last lie between an input and the output. */
static gboolean *
find_relevant (PleTape *tape, size_t last, PleNode *const *inputs, size_t n_inputs)
{
  gboolean *relevant = g_new0 (gboolean, last + 1);

  for (size_t i = 0; i < n_inputs; i++)
    if (inputs[i]->index <= last)
      relevant[inputs[i]->index] = TRUE;
  for (size_t i = 0; i <= last; i++)
    {
      const PleNode *node = g_ptr_array_index (tape->nodes, i);

      for (int p = 0; p < PLE_MAX_PARENTS; p++)
        relevant[i] =
            relevant[i] || (node->parents[p] != NULL && relevant[node->parents[p]->index]);
    }
  return relevant;
}

static void
propagate (PleTape *tape, size_t last, const gboolean *relevant, PleNode **gradients)
{
  for (size_t i = last + 1; i-- > 0;)
    {
      PleNode *node = g_ptr_array_index (tape->nodes, i);
      PleNode *out[PLE_MAX_PARENTS] = { NULL };
      gboolean wanted[PLE_MAX_PARENTS];

      if (gradients[i] == NULL || node->backward == NULL || !ple_tape_is_ok (tape))
        continue;
      for (int p = 0; p < PLE_MAX_PARENTS; p++)
        wanted[p] = node->parents[p] != NULL && relevant[node->parents[p]->index];
      if (!wanted[0] && !wanted[1])
        continue;
      node->backward (node, gradients[i], wanted, out);
      for (int p = 0; p < PLE_MAX_PARENTS; p++)
        if (wanted[p] && out[p] != NULL)
          {
            PleNode **sum = &gradients[node->parents[p]->index];

            g_assert (ple_tensor_same_shape (out[p]->value, node->parents[p]->value));
            *sum = *sum != NULL ? ple_op_add (*sum, out[p]) : out[p];
          }
    }
}

void
ple_tape_gradients (PleNode *output,
                    PleNode *const *inputs,
                    size_t n_inputs,
                    gboolean differentiable,
                    PleNode **gradients)
{
  PleTape *tape = output->tape;
  const gboolean was_paused = tape->paused;
  g_autofree gboolean *relevant = find_relevant (tape, output->index, inputs, n_inputs);
  g_autofree PleNode **all = g_new0 (PleNode *, output->index + 1);

  tape->paused = was_paused || !differentiable;
  all[output->index] = ple_tape_full (tape, output->value->n_dims, output->value->shape, 1);
  if (relevant[output->index])
    propagate (tape, output->index, relevant, all);
  for (size_t i = 0; i < n_inputs; i++)
    {
      const PleTensor *value = inputs[i]->value;

      gradients[i] = inputs[i]->index <= output->index && relevant[output->index]
                         ? all[inputs[i]->index]
                         : NULL;
      if (gradients[i] == NULL)
        gradients[i] = ple_tape_full (tape, value->n_dims, value->shape, 0);
    }
  tape->paused = was_paused;
}
