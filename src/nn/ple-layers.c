/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "nn/ple-layers.h"

#include "nn/ple-tape-private.h"

#include <math.h>

static PleTensor *
add (PleParameters *parameters,
     const char *layer,
     const char *part,
     guint n_dims,
     const size_t *shape,
     PleParameterFlags flags,
     PleInit init,
     double scale,
     PleRng *rng,
     GError **error)
{
  g_autofree char *name = g_strconcat (layer, ".", part, NULL);

  return ple_parameters_add (parameters, name, n_dims, shape, flags, init, scale, rng, error);
}

static PleNode *
on_tape_of (PleNode *x, PleTensor *tensor)
{
  return ple_tape_parameter (ple_node_get_tape (x), tensor);
}

gboolean
ple_linear_init (PleLinear *layer,
                 PleParameters *parameters,
                 const char *name,
                 size_t n_in,
                 size_t n_out,
                 gboolean with_bias,
                 PleInit init,
                 double scale,
                 PleRng *rng,
                 GError **error)
{
  const size_t shape[] = { n_out, n_in };

  layer->bias = NULL;
  layer->weight =
      add (parameters, name, "weight", 2, shape, PLE_PARAMETER_DEFAULT, init, scale, rng, error);
  if (layer->weight != NULL && with_bias)
    layer->bias = add (parameters, name, "bias", 1, shape, PLE_PARAMETER_NO_DECAY, PLE_INIT_ZEROS,
                       0, NULL, error);
  return layer->weight != NULL && (!with_bias || layer->bias != NULL);
}

PleNode *
ple_linear_apply (const PleLinear *layer, PleNode *x)
{
  PleNode *y = ple_op_multiply_matrices (x, on_tape_of (x, layer->weight), FALSE, TRUE);

  return layer->bias != NULL ? ple_op_add (y, on_tape_of (x, layer->bias)) : y;
}

gboolean
ple_weight_norm_linear_init (PleWeightNormLinear *layer,
                             PleParameters *parameters,
                             const char *name,
                             size_t n_in,
                             size_t n_out,
                             PleRng *rng,
                             GError **error)
{
  const size_t shape[] = { n_out, n_in };
  const size_t column[] = { n_out, 1 };

  layer->weight_g = add (parameters, name, "weight_g", 2, column, PLE_PARAMETER_DEFAULT,
                         PLE_INIT_ONES, 0, NULL, error);
  layer->weight_v = layer->weight_g != NULL
                        ? add (parameters, name, "weight_v", 2, shape, PLE_PARAMETER_DEFAULT,
                               PLE_INIT_KAIMING_UNIFORM, 1, rng, error)
                        : NULL;
  return layer->weight_v != NULL;
}

PleNode *
ple_weight_norm_linear_apply (const PleWeightNormLinear *layer, PleNode *x)
{
  PleNode *rows = ple_op_normalise_rows (on_tape_of (x, layer->weight_v));

  return ple_op_multiply_matrices (x, ple_op_multiply (rows, on_tape_of (x, layer->weight_g)),
                                   FALSE, TRUE);
}

/* "weight" of ones and "bias" of zeros. */
static gboolean
add_affine (PleParameters *parameters,
            const char *name,
            size_t n,
            PleTensor **weight,
            PleTensor **bias,
            GError **error)
{
  *weight = add (parameters, name, "weight", 1, &n, PLE_PARAMETER_NO_DECAY, PLE_INIT_ONES, 0, NULL,
                 error);
  *bias = *weight != NULL ? add (parameters, name, "bias", 1, &n, PLE_PARAMETER_NO_DECAY,
                                 PLE_INIT_ZEROS, 0, NULL, error)
                          : NULL;
  return *bias != NULL;
}

static PleNode *
apply_affine (PleTensor *weight, PleTensor *bias, PleNode *x)
{
  if (weight == NULL)
    return x;
  return ple_op_add (ple_op_multiply (x, on_tape_of (x, weight)), on_tape_of (x, bias));
}

gboolean
ple_layer_norm_init (PleLayerNorm *layer,
                     PleParameters *parameters,
                     const char *name,
                     size_t n,
                     double epsilon,
                     GError **error)
{
  layer->epsilon = epsilon;
  return add_affine (parameters, name, n, &layer->weight, &layer->bias, error);
}

PleNode *
ple_layer_norm_apply (const PleLayerNorm *layer, PleNode *x)
{
  return apply_affine (layer->weight, layer->bias, ple_op_standardise_rows (x, layer->epsilon));
}

gboolean
ple_batch_norm_init (PleBatchNorm *layer,
                     PleParameters *parameters,
                     const char *name,
                     size_t n,
                     gboolean affine,
                     GError **error)
{
  *layer = (PleBatchNorm){ .epsilon = 1e-5, .momentum = 0.1 };
  if (affine && !add_affine (parameters, name, n, &layer->weight, &layer->bias, error))
    return FALSE;
  layer->running_mean = add (parameters, name, "running_mean", 1, &n, PLE_PARAMETER_BUFFER,
                             PLE_INIT_ZEROS, 0, NULL, error);
  if (layer->running_mean != NULL)
    layer->running_variance = add (parameters, name, "running_var", 1, &n, PLE_PARAMETER_BUFFER,
                                   PLE_INIT_ONES, 0, NULL, error);
  return layer->running_variance != NULL;
}

/* A buffer may change while the tape is recording, so the tape gets a copy. */
static PleNode *
copy_to_tape (PleNode *x, const PleTensor *buffer)
{
  g_autofree float *values = g_new (float, MAX (buffer->n, 1));

  ple_tensor_get (buffer, values);
  return ple_tape_constant (ple_node_get_tape (x), buffer->n_dims, buffer->shape, values);
}

static void
track (PleBatchNorm *layer, PleNode *x, PleNode *mean, PleNode *variance)
{
  PleTape *tape = ple_node_get_tape (x);
  const double n = (double) ple_node_get_size (x, 0);
  PleNode *unbiased = ple_op_detach (ple_op_affine (variance, n / (n - 1), 0));
  PleTensor *const buffers[] = { layer->running_mean, layer->running_variance };
  PleNode *const batch[] = { mean, unbiased };

  for (int i = 0; i < 2 && ple_tape_is_ok (tape); i++)
    ple_tape_done (tape, ple_tape_get_device (tape)->average (
                             buffers[i]->n, 1 - layer->momentum, batch[i]->value->data,
                             buffers[i]->data, ple_tape_get_progress (tape)));
}

PleNode *
ple_batch_norm_apply (PleBatchNorm *layer, PleNode *x, gboolean training)
{
  PleNode *mean, *variance, *centred;

  if (training)
    {
      g_assert (ple_node_get_size (x, 0) > 1);
      mean = ple_op_mean (x, 0, TRUE);
      centred = ple_op_subtract (x, mean);
      variance = ple_op_mean (ple_op_unary (PLE_UNARY_SQUARE, centred), 0, TRUE);
      track (layer, x, mean, variance);
    }
  else
    {
      centred = ple_op_subtract (x, copy_to_tape (x, layer->running_mean));
      variance = copy_to_tape (x, layer->running_variance);
    }
  return apply_affine (
      layer->weight, layer->bias,
      ple_op_divide (centred,
                     ple_op_unary (PLE_UNARY_SQRT, ple_op_affine (variance, 1, layer->epsilon))));
}

PleNode *
ple_time_embedding (PleTape *tape,
                    const double *times,
                    size_t n,
                    size_t size,
                    double max_period,
                    gboolean cosine_first)
{
  const size_t half = size / 2;
  const size_t shape[] = { n, size };
  g_autofree float *values = g_new (float, MAX (n * size, 1));

  g_assert (size % 2 == 0);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < half; j++)
      {
        double angle = times[i] * exp (-log (max_period) * (double) j / (double) half);

        values[i * size + j + (cosine_first ? 0 : half)] = (float) cos (angle);
        values[i * size + j + (cosine_first ? half : 0)] = (float) sin (angle);
      }
  return ple_tape_constant (tape, 2, shape, values);
}
