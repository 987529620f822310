/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-rng.h"
#include "linalg/ple-matrix.h"
#include "nn/ple-device.h"

G_BEGIN_DECLS

/**
 * PleTensor:
 * @device: where the numbers are
 * @n_dims: 0 for a scalar
 * @shape: sizes
 * @n: product of the sizes
 * @data: n floats, C order, in the memory of @device
 *
 * Numbers on a device. Reference-counted; a parameter of a network is a tensor that outlives the
 * tape which uses it.
 */
typedef struct _PleTensor PleTensor;
struct _PleTensor
{
  const PleDevice *device;
  guint n_dims;
  size_t shape[PLE_MAX_DIMS];
  size_t n;
  float *data;
  /*< private >*/
  int ref_count;
  PleTensor *base; /* whose data it shares, or NULL */
};

/* Zeros. (transfer full) (nullable): %PLE_NUMERIC_ERROR_NO_MEMORY */
PleTensor *
ple_tensor_new (const PleDevice *device, guint n_dims, const size_t *shape, GError **error);
PleTensor *ple_tensor_ref (PleTensor *tensor);
void ple_tensor_unref (PleTensor *tensor);
gboolean ple_tensor_same_shape (const PleTensor *a, const PleTensor *b);

/* Between host and device; n floats. */
void ple_tensor_set (PleTensor *tensor, const float *values);
void ple_tensor_get (const PleTensor *tensor, float *values);

/* Fills, drawn on the host, so that all devices begin alike. */
void ple_tensor_fill_normal (PleTensor *tensor, PleRng *rng, double deviation);
void ple_tensor_fill_uniform (PleTensor *tensor, PleRng *rng, double bound);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleTensor, ple_tensor_unref)

G_END_DECLS
