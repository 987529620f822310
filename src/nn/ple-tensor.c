/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "nn/ple-tensor.h"

#include "base/ple-error.h"

#include <string.h>

PleTensor *
ple_tensor_new (const PleDevice *device, guint n_dims, const size_t *shape, GError **error)
{
  g_autofree PleTensor *tensor = g_new0 (PleTensor, 1);
  gboolean fits = TRUE;

  g_return_val_if_fail (n_dims <= PLE_MAX_DIMS, NULL);

  tensor->device = device;
  tensor->n_dims = n_dims;
  tensor->n = 1;
  tensor->ref_count = 1;
  for (guint dim = 0; dim < n_dims; dim++)
    {
      tensor->shape[dim] = shape[dim];
      fits = fits && g_size_checked_mul (&tensor->n, tensor->n, shape[dim]);
    }
  tensor->data = fits ? device->alloc (tensor->n) : NULL;
  if (tensor->data == NULL)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY,
                   "no memory on %s for a tensor of %" G_GSIZE_FORMAT " numbers", device->id,
                   fits ? tensor->n : G_MAXSIZE);
      return NULL;
    }
  device->fill (tensor->data, 0, tensor->n);
  return g_steal_pointer (&tensor);
}

PleTensor *
ple_tensor_ref (PleTensor *tensor)
{
  if (tensor != NULL)
    g_atomic_int_inc (&tensor->ref_count);
  return tensor;
}

void
ple_tensor_unref (PleTensor *tensor)
{
  if (tensor == NULL || !g_atomic_int_dec_and_test (&tensor->ref_count))
    return;
  if (tensor->base != NULL)
    ple_tensor_unref (tensor->base);
  else
    tensor->device->free (tensor->data);
  g_free (tensor);
}

gboolean
ple_tensor_same_shape (const PleTensor *a, const PleTensor *b)
{
  return a->n_dims == b->n_dims && memcmp (a->shape, b->shape, a->n_dims * sizeof (size_t)) == 0;
}

void
ple_tensor_set (PleTensor *tensor, const float *values)
{
  tensor->device->upload (tensor->data, values, tensor->n);
}

void
ple_tensor_get (const PleTensor *tensor, float *values)
{
  tensor->device->download (values, tensor->data, tensor->n);
}

void
ple_tensor_fill_normal (PleTensor *tensor, PleRng *rng, double deviation)
{
  g_autofree float *values = g_new (float, MAX (tensor->n, 1));

  ple_rng_fill_normal (rng, values, tensor->n, deviation);
  ple_tensor_set (tensor, values);
}

void
ple_tensor_fill_uniform (PleTensor *tensor, PleRng *rng, double bound)
{
  g_autofree float *values = g_new (float, MAX (tensor->n, 1));

  for (size_t i = 0; i < tensor->n; i++)
    values[i] = (float) (bound * (2 * ple_rng_uniform (rng) - 1));
  ple_tensor_set (tensor, values);
}
