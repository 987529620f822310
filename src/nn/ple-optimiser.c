/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "nn/ple-optimiser.h"

#include "nn/ple-ops.h"

#include <gio/gio.h>
#include <math.h>

struct _PleOptimiser
{
  PleOptimiserOptions options;
  PleParameters *parameters;
  PleParameters *moments; /* "NAME.1" and, for Adam, "NAME.2" of each trained tensor */
  guint64 *steps;         /* of each trained tensor: a frozen one does not age */
  size_t n_trained;
};

void
ple_optimiser_options_init (PleOptimiserOptions *options, PleOptimiserKind kind)
{
  *options = (PleOptimiserOptions){
    .kind = kind,
    .momentum = 0.9,
    .beta1 = 0.9,
    .beta2 = 0.999,
    .epsilon = 1e-8,
    .trust = 1e-3,
  };
}

static gboolean
is_adam (const PleOptimiser *optimiser)
{
  return optimiser->options.kind == PLE_OPTIMISER_ADAM ||
         optimiser->options.kind == PLE_OPTIMISER_ADAMW;
}

PleOptimiser *
ple_optimiser_new (const PleOptimiserOptions *options, PleParameters *parameters, GError **error)
{
  g_autoptr (PleOptimiser) optimiser = g_new0 (PleOptimiser, 1);
  const size_t n = ple_parameters_get_n (parameters);

  optimiser->options = *options;
  optimiser->parameters = parameters;
  for (size_t i = 0; i < n; i++)
    {
      const PleParameter *parameter = ple_parameters_get (parameters, i);
      const PleTensor *tensor = parameter->tensor;

      if (parameter->flags & PLE_PARAMETER_BUFFER)
        continue;
      if (optimiser->moments == NULL)
        optimiser->moments = ple_parameters_new (tensor->device);
      for (int m = 1; m <= (is_adam (optimiser) ? 2 : 1); m++)
        {
          g_autofree char *name = g_strdup_printf ("%s.%d", parameter->name, m);

          if (ple_parameters_add (optimiser->moments, name, tensor->n_dims, tensor->shape,
                                  PLE_PARAMETER_BUFFER, PLE_INIT_ZEROS, 0, NULL, error) == NULL)
            return NULL;
        }
      optimiser->n_trained++;
    }
  optimiser->steps = g_new0 (guint64, MAX (optimiser->n_trained, 1));
  return g_steal_pointer (&optimiser);
}

void
ple_optimiser_free (PleOptimiser *optimiser)
{
  if (optimiser == NULL)
    return;
  ple_parameters_free (optimiser->moments);
  g_free (optimiser->steps);
  g_free (optimiser);
}

static gboolean
step_adam (PleOptimiser *optimiser,
           size_t i,
           const PleParameter *parameter,
           const PleTensor *gradient,
           double rate,
           PleProgress *progress)
{
  const PleOptimiserOptions *options = &optimiser->options;
  const double decay = parameter->flags & PLE_PARAMETER_NO_DECAY ? 0 : options->decay;
  const gboolean decoupled = options->kind == PLE_OPTIMISER_ADAMW;
  const PleAdamStep step = {
    .rate = rate,
    .beta1 = options->beta1,
    .beta2 = options->beta2,
    .epsilon = options->epsilon,
    .decay = decoupled ? decay : 0,
    .penalty = decoupled ? 0 : decay,
    .step = optimiser->steps[i] + 1,
  };

  return gradient->device->adam (gradient->n, &step, gradient->data, parameter->tensor->data,
                                 ple_parameters_get (optimiser->moments, 2 * i)->tensor->data,
                                 ple_parameters_get (optimiser->moments, 2 * i + 1)->tensor->data,
                                 progress);
}

/* trust |w| / (|g| + decay |w| + 1e-8); 1 where a norm is 0. */
static gboolean
local_rate (const PleOptimiserOptions *options,
            const PleTensor *weights,
            const PleTensor *gradient,
            double *scale,
            PleProgress *progress)
{
  const PleDevice *device = weights->device;
  double w, g;

  if (!device->dot (weights->n, weights->data, weights->data, &w, progress) ||
      !device->dot (weights->n, gradient->data, gradient->data, &g, progress))
    return FALSE;
  w = sqrt (w);
  g = sqrt (g);
  *scale = w > 0 && g > 0 ? options->trust * w / (g + options->decay * w + 1e-8) : 1;
  return TRUE;
}

static gboolean
step_momentum (PleOptimiser *optimiser,
               size_t i,
               const PleParameter *parameter,
               const PleTensor *gradient,
               double rate,
               PleProgress *progress)
{
  const PleOptimiserOptions *options = &optimiser->options;
  const gboolean plain = (parameter->flags & PLE_PARAMETER_NO_DECAY) != 0;
  PleMomentumStep step = {
    .rate = rate,
    .momentum = options->momentum,
    .decay = plain ? 0 : options->decay,
    .scale = 1,
    .nesterov = options->nesterov,
  };

  /* The buffer of LARS holds steps, not gradients. */
  if (options->kind == PLE_OPTIMISER_LARS)
    {
      if (!plain && !local_rate (options, parameter->tensor, gradient, &step.scale, progress))
        return FALSE;
      step.scale *= rate;
      step.rate = 1;
    }
  return gradient->device->momentum (gradient->n, &step, gradient->data, parameter->tensor->data,
                                     ple_parameters_get (optimiser->moments, i)->tensor->data,
                                     progress);
}

gboolean
ple_optimiser_step (PleOptimiser *optimiser,
                    PleNode *const *gradients,
                    double rate,
                    PleProgress *progress,
                    GError **error)
{
  size_t i = 0;

  for (size_t p = 0; p < ple_parameters_get_n (optimiser->parameters); p++)
    {
      const PleParameter *parameter = ple_parameters_get (optimiser->parameters, p);
      const PleTensor *gradient;
      gboolean ok;

      if (parameter->flags & PLE_PARAMETER_BUFFER)
        continue;
      if (gradients[i] == NULL)
        {
          i++;
          continue;
        }
      gradient = ple_node_get_value (gradients[i]);
      if (!ple_tape_check (ple_node_get_tape (gradients[i]), error))
        return FALSE;
      g_assert (ple_tensor_same_shape (gradient, parameter->tensor));
      if (is_adam (optimiser))
        ok = step_adam (optimiser, i, parameter, gradient, rate, progress);
      else
        ok = step_momentum (optimiser, i, parameter, gradient, rate, progress);
      if (!ok)
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Operation was cancelled");
          return FALSE;
        }
      optimiser->steps[i++]++;
    }
  return TRUE;
}

double
ple_clip_gradients (PleNode **gradients, size_t n, double limit, PleProgress *progress)
{
  double total = 0;

  for (size_t i = 0; i < n; i++)
    {
      const PleTensor *value = ple_node_get_value (gradients[i]);
      double square;

      if (!ple_tape_check (ple_node_get_tape (gradients[i]), NULL) ||
          !value->device->dot (value->n, value->data, value->data, &square, progress))
        return (double) NAN;
      total += square;
    }
  total = sqrt (total);
  for (size_t i = 0; i < n && total > limit; i++)
    gradients[i] = ple_op_affine (gradients[i], limit / (total + 1e-6), 0);
  return total;
}

void
ple_optimiser_save (PleOptimiser *optimiser, PleSafetensorsWriter *writer, const char *prefix)
{
  g_autofree char *steps = g_strconcat (prefix, ".steps", NULL);
  g_autofree char *moments = g_strconcat (prefix, ".moments", NULL);

  ple_safetensors_writer_add (writer, steps, PLE_SAFETENSORS_U64, 1, &optimiser->n_trained,
                              optimiser->steps);
  if (optimiser->moments != NULL)
    ple_parameters_save (optimiser->moments, writer, moments);
}

gboolean
ple_optimiser_load (PleOptimiser *optimiser,
                    const PleSafetensors *file,
                    const char *prefix,
                    GError **error)
{
  g_autofree char *steps = g_strconcat (prefix, ".steps", NULL);
  g_autofree char *moments = g_strconcat (prefix, ".moments", NULL);

  return ple_safetensors_get_bytes (file, steps, PLE_SAFETENSORS_U64, optimiser->n_trained,
                                    optimiser->steps, error) &&
         (optimiser->moments == NULL ||
          ple_parameters_load (optimiser->moments, file, moments, error));
}
