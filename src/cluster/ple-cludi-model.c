/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-cludi-model.h"

#include "base/ple-error.h"
#include "base/ple-parallel.h"
#include "base/ple-text.h"
#include "cluster/ple-cludi-view.h"
#include "linalg/ple-linalg.h"
#include "nn/ple-kernels.h"
#include "nn/ple-safetensors.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#define TEMPERATURE 0.1
#define REDUCE_CHUNK 256
/* Rows times draws of a block of the read-out. */
#define READ_ROWS 8192
#define READ_SEED 0x636c756469

void
ple_cludi_model_free (PleCludiModel *model)
{
  if (model == NULL)
    return;
  ple_cludi_net_free (model->net);
  ple_matrix_unref (model->mean);
  ple_matrix_unref (model->components);
  g_free (model);
}

size_t
ple_cludi_model_get_n_inputs (const PleCludiModel *model)
{
  if (model->components != NULL)
    return model->components->n_cols;
  return model->net != NULL ? model->net->shape.n_inputs : 0;
}

typedef struct
{
  const PleCludiModel *model;
  const PleMatrix *features;
  PleMatrix *out;
} Reduce;

static void
reduce_rows (const PleChunk *chunk, gpointer data)
{
  const Reduce *job = data;
  const PleMatrix *components = job->model->components;
  const size_t d = job->features->n_cols, n = chunk->end - chunk->begin, p = job->out->n_cols;
  float *out = ple_matrix_row (job->out, chunk->begin);

  if (components == NULL)
    memcpy (out, ple_matrix_row (job->features, chunk->begin), n * d * sizeof (float));
  else
    {
      g_autofree float *centred = g_new (float, n *d);

      for (size_t i = 0; i < n; i++)
        for (size_t f = 0; f < d; f++)
          centred[i * d + f] =
              ple_matrix_row (job->features, chunk->begin + i)[f] - job->model->mean->data[f];
      ple_gemm (FALSE, TRUE, n, p, d, 1, centred, d, components->data, d, 0, out, p);
    }
  ple_cludi_unit_rows (n, p, out);
}

PleMatrix *
ple_cludi_model_reduce (const PleCludiModel *model,
                        const PleMatrix *features,
                        PleProgress *progress,
                        GError **error)
{
  const size_t p = model->components != NULL ? model->components->n_rows : features->n_cols;
  const size_t n_inputs = ple_cludi_model_get_n_inputs (model);
  g_autoptr (PleMatrix) out = NULL;
  Reduce job = { model, features, NULL };

  if (n_inputs > 0 && features->n_cols != n_inputs)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE,
                   _ ("features have %" G_GSIZE_FORMAT " columns, the model %" G_GSIZE_FORMAT),
                   features->n_cols, n_inputs);
      return NULL;
    }
  job.out = out = ple_matrix_new (features->n_rows, p, error);
  if (out == NULL ||
      !ple_parallel_for (features->n_rows, REDUCE_CHUNK, reduce_rows, &job, progress, error))
    return NULL;
  return g_steal_pointer (&out);
}

static gint32
argmax (size_t k, const float *x)
{
  size_t best = 0;

  for (size_t c = 1; c < k; c++)
    if (x[c] > x[best])
      best = c;
  return (gint32) best;
}

/* Mean logits over draws first .. last - 1 of row @i of a block of @n rows. */
static void
average_logits (const PleCludiAssign *assign,
                size_t n,
                size_t k,
                size_t i,
                size_t first,
                size_t last,
                float *mean)
{
  memset (mean, 0, k * sizeof (float));
  for (size_t b = first; b < last; b++)
    for (size_t c = 0; c < k; c++)
      mean[c] += assign->logits[(b * n + i) * k + c] / (float) (last - first);
}

static void
read_block (const PleCludiModel *model,
            const PleCludiAssign *assign,
            size_t begin,
            size_t n,
            const PleCludiReading *reading)
{
  const size_t k = model->net->shape.n_clusters, half = MAX (model->n_draws / 2, 1);
  g_autofree float *mean = g_new (float, k);

  for (size_t i = 0; i < n; i++)
    {
      gint32 best;

      if (reading->first != NULL)
        {
          average_logits (assign, n, k, i, 0, half, mean);
          reading->first[begin + i] = argmax (k, mean);
          average_logits (assign, n, k, i, MIN (half, model->n_draws - 1), model->n_draws, mean);
          reading->second[begin + i] = argmax (k, mean);
        }
      average_logits (assign, n, k, i, 0, model->n_draws, mean);
      best = argmax (k, mean);
      ple_kernel_softmax (1, k, (float) (1 / TEMPERATURE), mean, mean);
      if (reading->labels != NULL)
        reading->labels[begin + i] = best;
      if (reading->confidence != NULL)
        reading->confidence[begin + i] = MIN (mean[best], 1);
      if (reading->shares != NULL)
        memcpy (reading->shares + (begin + i) * k, mean, k * sizeof (float));
    }
}

gboolean
ple_cludi_model_read (const PleCludiModel *model,
                      const PleMatrix *rows,
                      const PleCludiReading *reading,
                      PleProgress *progress,
                      GError **error)
{
  const size_t block = MAX (MIN (READ_ROWS / model->n_draws, rows->n_rows), 1);
  g_autoptr (PleCludiSchedule) schedule =
      ple_cludi_schedule_new (model->noise, model->n_times, model->factor, model->rescale);
  g_autoptr (PleCludiSampler) sampler =
      ple_cludi_sampler_new (model->net, schedule, model->n_steps, model->v_prediction, block,
                             block * model->n_draws, FALSE, PLE_CLUDI_GRADIENT_NONE, error);
  PleRng rng, stream;

  if (sampler == NULL)
    return FALSE;
  ple_rng_init (&rng, READ_SEED);
  for (size_t begin = 0; begin < rows->n_rows; begin += block)
    {
      const size_t n = MIN (block, rows->n_rows - begin);

      if (!ple_progress_report (progress, (double) begin / (double) rows->n_rows, error))
        return FALSE;
      memcpy (sampler->features->x, ple_matrix_row (rows, begin),
              n * rows->n_cols * sizeof (float));
      ple_rng_split (&rng, begin / block, &stream);
      if (!ple_cludi_sampler_run (model->net, sampler, n, n * model->n_draws, &stream,
                                  PLE_CLUDI_GRADIENT_NONE, progress, error))
        return FALSE;
      read_block (model, sampler->assign, begin, n, reading);
    }
  return TRUE;
}

static void
set_number (PleSafetensorsWriter *writer, const char *key, double value)
{
  char text[PLE_DOUBLE_BUFFER];

  ple_safetensors_writer_set_metadata (writer, key, ple_format_double (value, text));
}

gboolean
ple_cludi_model_save (const PleCludiModel *model, const char *path, GError **error)
{
  const PleCludiShape *shape = &model->net->shape;
  g_autoptr (PleSafetensorsWriter) writer = ple_safetensors_writer_new ();

  ple_safetensors_writer_set_metadata (writer, "method", "cludi");
  set_number (writer, "noise", model->noise);
  set_number (writer, "n_times", (double) model->n_times);
  set_number (writer, "factor", model->factor);
  set_number (writer, "rescale", model->rescale);
  set_number (writer, "v_prediction", model->v_prediction);
  set_number (writer, "n_draws", (double) model->n_draws);
  set_number (writer, "n_steps", (double) model->n_steps);
  set_number (writer, "activation", shape->activation);
  ple_safetensors_writer_add_matrix (writer, "centres", model->net->centres);
  if (model->components != NULL)
    {
      ple_safetensors_writer_add_matrix (writer, "mean", model->mean);
      ple_safetensors_writer_add_matrix (writer, "components", model->components);
    }
  for (int tensor = 0; tensor < PLE_CLUDI_N_TENSORS; tensor++)
    {
      size_t sizes[2];
      const gboolean vector = tensor >= PLE_CLUDI_CLUSTER_GAIN || tensor % 2 == 1;

      ple_cludi_tensor_size (shape, tensor, &sizes[0], &sizes[1]);
      if (sizes[0] * sizes[1] > 0)
        ple_safetensors_writer_add (writer, ple_cludi_tensor_name (tensor), PLE_SAFETENSORS_F32,
                                    vector ? 1 : 2, vector ? &sizes[1] : sizes,
                                    ple_cludi_tensor (model->net, tensor));
    }
  return ple_safetensors_writer_write (writer, path, PLE_SAFETENSORS_DURABLE, error);
}

static gboolean
get_number (const PleSafetensors *file, const char *key, double min, double max, double *value)
{
  const char *text = ple_safetensors_get_metadata (file, key);

  return text != NULL && ple_parse_double (text, value) && *value >= min && *value <= max;
}

static gboolean
get_count (const PleSafetensors *file, const char *key, double min, size_t *value)
{
  double number;

  if (!get_number (file, key, min, 1e6, &number))
    return FALSE;
  *value = (size_t) number;
  return TRUE;
}

/* Sizes as the tensors say; the rest is checked when they are read. */
static gboolean
read_header (const PleSafetensors *file, PleCludiModel *model, PleCludiShape *shape)
{
  const PleSafetensorsEntry *data = ple_safetensors_find (file, "data_input_proj.0.weight");
  const PleSafetensorsEntry *centres = ple_safetensors_find (file, "centres");
  size_t noise, rescale, v_prediction;

  if (g_strcmp0 (ple_safetensors_get_metadata (file, "method"), "cludi") != 0 || data == NULL ||
      data->n_dims != 2 || data->n == 0 || centres == NULL || centres->n_dims != 2 ||
      centres->n == 0 || !get_count (file, "noise", 0, &noise) || noise > PLE_CLUDI_NOISE_SIGMOID ||
      !get_count (file, "rescale", 0, &rescale) ||
      !get_count (file, "v_prediction", 0, &v_prediction) ||
      !get_count (file, "n_times", PLE_CLUDI_MIN_STEPS, &model->n_times) ||
      !get_count (file, "n_draws", 1, &model->n_draws) ||
      !get_count (file, "n_steps", 1, &model->n_steps) || model->n_steps > model->n_times ||
      !get_number (file, "factor", 1e-6, 1e6, &model->factor) ||
      !get_number (file, "activation", 1e-3, 1e3, &shape->activation))
    return FALSE;
  model->noise = (PleCludiNoise) noise;
  model->rescale = rescale != 0;
  model->v_prediction = v_prediction != 0;
  shape->n_inputs = data->shape[1];
  shape->n_clusters = centres->shape[0];
  shape->n_embedding = centres->shape[1];
  shape->deep_head = ple_safetensors_find (file, "last_layer.2.weight") != NULL;
  return TRUE;
}

static gboolean
read_tensor (const PleSafetensors *file,
             const char *name,
             size_t n_rows,
             size_t n_cols,
             float *to,
             GError **error)
{
  g_autoptr (PleMatrix) matrix = ple_safetensors_get_matrix_of (file, name, n_rows, n_cols, error);

  if (matrix == NULL || !ple_matrix_check_finite (matrix, name, error))
    return FALSE;
  memcpy (to, matrix->data, n_rows * n_cols * sizeof (float));
  return TRUE;
}

PleCludiModel *
ple_cludi_model_load (const char *path, GError **error)
{
  g_autoptr (PleSafetensors) file = ple_safetensors_open (path, error);
  g_autoptr (PleCludiModel) model = g_new0 (PleCludiModel, 1);
  const PleSafetensorsEntry *components;
  PleCludiShape shape = { 0 };

  if (file == NULL)
    return NULL;
  if (!read_header (file, model, &shape))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, _ ("%s: not a CLUDI model"), path);
      return NULL;
    }
  model->net = ple_cludi_net_new (&shape, error);
  if (model->net == NULL || !read_tensor (file, "centres", shape.n_clusters, shape.n_embedding,
                                          model->net->centres->data, error))
    return NULL;
  for (int tensor = 0; tensor < PLE_CLUDI_N_TENSORS; tensor++)
    {
      size_t n_rows, n_cols;

      ple_cludi_tensor_size (&shape, tensor, &n_rows, &n_cols);
      if (n_rows * n_cols > 0 && !read_tensor (file, ple_cludi_tensor_name (tensor), n_rows, n_cols,
                                               ple_cludi_tensor (model->net, tensor), error))
        return NULL;
    }
  components = ple_safetensors_find (file, "components");
  if (components == NULL || components->n_dims != 2)
    return g_steal_pointer (&model);
  model->mean = ple_matrix_new (1, components->shape[1], error);
  model->components = ple_matrix_new (shape.n_inputs, components->shape[1], error);
  if (model->mean == NULL || model->components == NULL ||
      !read_tensor (file, "mean", 1, components->shape[1], model->mean->data, error) ||
      !read_tensor (file, "components", shape.n_inputs, components->shape[1],
                    model->components->data, error))
    return NULL;
  return g_steal_pointer (&model);
}
