/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "nn/ple-parameters.h"

#include "base/ple-error.h"

#include <math.h>
#include <string.h>

struct _PleParameters
{
  const PleDevice *device;
  GPtrArray *list;    /* PleParameter */
  GPtrArray *staging; /* host copies that a writer borrows */
};

static void
parameter_free (gpointer data)
{
  PleParameter *parameter = data;

  g_free (parameter->name);
  ple_tensor_unref (parameter->tensor);
  g_free (parameter);
}

PleParameters *
ple_parameters_new (const PleDevice *device)
{
  PleParameters *parameters = g_new0 (PleParameters, 1);

  parameters->device = device;
  parameters->list = g_ptr_array_new_with_free_func (parameter_free);
  parameters->staging = g_ptr_array_new_with_free_func (g_free);
  return parameters;
}

void
ple_parameters_free (PleParameters *parameters)
{
  if (parameters == NULL)
    return;
  g_ptr_array_unref (parameters->list);
  g_ptr_array_unref (parameters->staging);
  g_free (parameters);
}

static void
initialise (PleTensor *tensor, PleInit init, double scale, PleRng *rng)
{
  const double fan_out = tensor->n_dims > 0 ? (double) MAX (tensor->shape[0], 1) : 1;
  const double fan_in = MAX ((double) tensor->n / fan_out, 1);

  switch (init)
    {
    case PLE_INIT_ZEROS:
      break;
    case PLE_INIT_ONES:
      tensor->device->fill (tensor->data, 1, tensor->n);
      break;
    case PLE_INIT_NORMAL:
      ple_tensor_fill_normal (tensor, rng, scale);
      break;
    case PLE_INIT_UNIFORM:
      ple_tensor_fill_uniform (tensor, rng, scale);
      break;
    case PLE_INIT_XAVIER_UNIFORM:
      ple_tensor_fill_uniform (tensor, rng, scale * sqrt (6 / (fan_in + fan_out)));
      break;
    case PLE_INIT_KAIMING_NORMAL:
      ple_tensor_fill_normal (tensor, rng, scale * sqrt (2 / fan_in));
      break;
    case PLE_INIT_KAIMING_UNIFORM:
      ple_tensor_fill_uniform (tensor, rng, scale / sqrt (fan_in));
      break;
    default:
      g_assert_not_reached ();
    }
}

PleTensor *
ple_parameters_add (PleParameters *parameters,
                    const char *name,
                    guint n_dims,
                    const size_t *shape,
                    PleParameterFlags flags,
                    PleInit init,
                    double scale,
                    PleRng *rng,
                    GError **error)
{
  PleTensor *tensor;
  PleParameter *parameter;

  g_return_val_if_fail (ple_parameters_find (parameters, name) == NULL, NULL);

  tensor = ple_tensor_new (parameters->device, n_dims, shape, error);
  if (tensor == NULL)
    return NULL;
  initialise (tensor, init, scale, rng);
  parameter = g_new0 (PleParameter, 1);
  parameter->name = g_strdup (name);
  parameter->tensor = tensor;
  parameter->flags = flags;
  g_ptr_array_add (parameters->list, parameter);
  return tensor;
}

size_t
ple_parameters_get_n (const PleParameters *parameters)
{
  return parameters->list->len;
}

const PleParameter *
ple_parameters_get (const PleParameters *parameters, size_t i)
{
  g_return_val_if_fail (i < parameters->list->len, NULL);
  return g_ptr_array_index (parameters->list, i);
}

PleTensor *
ple_parameters_find (const PleParameters *parameters, const char *name)
{
  for (guint i = 0; i < parameters->list->len; i++)
    {
      PleParameter *parameter = g_ptr_array_index (parameters->list, i);

      if (strcmp (parameter->name, name) == 0)
        return parameter->tensor;
    }
  return NULL;
}

size_t
ple_parameters_count (const PleParameters *parameters)
{
  size_t n = 0;

  for (guint i = 0; i < parameters->list->len; i++)
    if (!(ple_parameters_get (parameters, i)->flags & PLE_PARAMETER_BUFFER))
      n += ple_parameters_get (parameters, i)->tensor->n;
  return n;
}

PleNode **
ple_parameters_to_tape (const PleParameters *parameters, PleTape *tape, size_t *n)
{
  PleNode **nodes = g_new (PleNode *, MAX (parameters->list->len, 1));

  *n = 0;
  for (guint i = 0; i < parameters->list->len; i++)
    {
      const PleParameter *parameter = ple_parameters_get (parameters, i);

      if (!(parameter->flags & PLE_PARAMETER_BUFFER))
        nodes[(*n)++] = ple_tape_parameter (tape, parameter->tensor);
    }
  return nodes;
}

/* The tensor of @from that belongs to tensor @i of @to. */
static PleTensor *
partner_of (const PleParameters *to, const PleParameters *from, size_t i)
{
  const PleParameter *mine = ple_parameters_get (to, i);
  const PleParameter *other = ple_parameters_get (from, i);

  g_assert (strcmp (mine->name, other->name) == 0);
  g_assert (ple_tensor_same_shape (mine->tensor, other->tensor));
  g_assert (mine->tensor->device == other->tensor->device);
  return other->tensor;
}

static void
copy_tensor (PleTensor *to, const PleTensor *from)
{
  g_autofree float *values = g_new (float, MAX (from->n, 1));

  ple_tensor_get (from, values);
  ple_tensor_set (to, values);
}

void
ple_parameters_copy (PleParameters *to, const PleParameters *from)
{
  for (guint i = 0; i < to->list->len; i++)
    copy_tensor (ple_parameters_get (to, i)->tensor, partner_of (to, from, i));
}

gboolean
ple_parameters_average (PleParameters *to,
                        const PleParameters *from,
                        double momentum,
                        PleProgress *progress)
{
  for (guint i = 0; i < to->list->len; i++)
    {
      const PleParameter *mine = ple_parameters_get (to, i);
      const PleTensor *other = partner_of (to, from, i);

      if (mine->flags & PLE_PARAMETER_BUFFER)
        copy_tensor (mine->tensor, other);
      else if (!to->device->average (other->n, momentum, other->data, mine->tensor->data, progress))
        return FALSE;
    }
  return TRUE;
}

static char *
full_name (const char *prefix, const char *name)
{
  return prefix != NULL ? g_strconcat (prefix, ".", name, NULL) : g_strdup (name);
}

void
ple_parameters_save (PleParameters *parameters, PleSafetensorsWriter *writer, const char *prefix)
{
  g_ptr_array_set_size (parameters->staging, 0);
  for (guint i = 0; i < parameters->list->len; i++)
    {
      const PleParameter *parameter = ple_parameters_get (parameters, i);
      g_autofree char *name = full_name (prefix, parameter->name);
      float *values = g_new (float, MAX (parameter->tensor->n, 1));

      ple_tensor_get (parameter->tensor, values);
      g_ptr_array_add (parameters->staging, values);
      ple_safetensors_writer_add (writer, name, PLE_SAFETENSORS_F32, parameter->tensor->n_dims,
                                  parameter->tensor->shape, values);
    }
}

gboolean
ple_parameters_load (PleParameters *parameters,
                     const PleSafetensors *file,
                     const char *prefix,
                     GError **error)
{
  for (guint i = 0; i < parameters->list->len; i++)
    {
      const PleParameter *parameter = ple_parameters_get (parameters, i);
      PleTensor *tensor = parameter->tensor;
      g_autofree char *name = full_name (prefix, parameter->name);
      const PleSafetensorsEntry *entry = ple_safetensors_find (file, name);
      g_autofree float *values = NULL;

      if (entry == NULL)
        {
          g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, "there is no tensor \"%s\"",
                       name);
          return FALSE;
        }
      if (entry->n_dims != tensor->n_dims ||
          memcmp (entry->shape, tensor->shape, tensor->n_dims * sizeof (size_t)) != 0)
        {
          g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                       "tensor \"%s\" has another shape than the network", name);
          return FALSE;
        }
      values = g_new (float, MAX (tensor->n, 1));
      if (!ple_safetensors_read_floats (entry, 0, tensor->n, values, error))
        return FALSE;
      ple_tensor_set (tensor, values);
    }
  return TRUE;
}
