/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fitted file: for every head h and part "heads.h.PART" (the parts of ple_temi_part_name(), F32),
 * "mean" and "scale" (1, D) F32; metadata "method" "temi", "best_head", "temperature". */
#include "config.h"

#include "cluster/ple-temi-model.h"

#include "base/ple-error.h"
#include "base/ple-parallel.h"
#include "base/ple-text.h"
#include "nn/ple-kernels.h"
#include "nn/ple-safetensors.h"

#include <math.h>
#include <string.h>

#define READ_CHUNK 256
#define COLUMN_CHUNK 4096
#define MIN_DEVIATION 1e-6
/* Beyond any use; keeps a hostile file from asking for memory. */
#define MAX_HEADS 4096

PleTemiModel *
ple_temi_model_new (PleTemiHeads *heads)
{
  PleTemiModel *model = g_new0 (PleTemiModel, 1);

  model->heads = heads;
  model->temperature = 1;
  return model;
}

void
ple_temi_model_free (PleTemiModel *model)
{
  if (model == NULL)
    return;
  ple_temi_heads_free (model->heads);
  ple_matrix_unref (model->mean);
  ple_matrix_unref (model->scale);
  g_free (model);
}

typedef struct
{
  const PleMatrix *features;
  const double *mean; /* NULL in the first pass */
  double *sums;       /* (chunks, D): of the entries, or of their squared distances to the mean */
} ColumnSums;

static void
sum_columns (const PleChunk *chunk, gpointer data)
{
  const ColumnSums *job = data;
  const size_t d = job->features->n_cols;
  double *sums = job->sums + chunk->index * d;

  memset (sums, 0, d * sizeof (double));
  for (size_t i = chunk->begin; i < chunk->end; i++)
    for (size_t f = 0; f < d; f++)
      {
        double value = (double) ple_matrix_row (job->features, i)[f];

        sums[f] += job->mean != NULL ? (value - job->mean[f]) * (value - job->mean[f]) : value;
      }
}

static gboolean
average_columns (const PleMatrix *features,
                 const double *mean,
                 double *averages,
                 PleProgress *progress,
                 GError **error)
{
  const size_t n_chunks = ple_parallel_n_chunks (features->n_rows, COLUMN_CHUNK);
  const size_t d = features->n_cols;
  const size_t divisor = features->n_rows - (mean != NULL && features->n_rows > 1);
  g_autofree double *sums = g_new (double, MAX (n_chunks * d, 1));
  ColumnSums job = { features, mean, sums };

  if (!ple_parallel_for (features->n_rows, COLUMN_CHUNK, sum_columns, &job, progress, error))
    return FALSE;
  for (size_t f = 0; f < d; f++)
    {
      averages[f] = 0;
      for (size_t c = 0; c < n_chunks; c++)
        averages[f] += sums[c * d + f];
      averages[f] /= (double) MAX (divisor, 1);
    }
  return TRUE;
}

gboolean
ple_temi_model_set_standardisation (PleTemiModel *model,
                                    const PleMatrix *features,
                                    PleProgress *progress,
                                    GError **error)
{
  const size_t d = features->n_cols;
  g_autofree double *mean = g_new (double, d);
  g_autofree double *variance = g_new (double, d);
  double largest = 0;

  if (!average_columns (features, NULL, mean, progress, error) ||
      !average_columns (features, mean, variance, progress, error))
    return FALSE;
  for (size_t f = 0; f < d; f++)
    largest = MAX (largest, sqrt (variance[f]));
  for (size_t f = 0; f < d; f++)
    {
      double deviation = sqrt (variance[f]);

      model->mean->data[f] = (float) mean[f];
      model->scale->data[f] = deviation > MIN_DEVIATION * largest ? (float) (1 / deviation) : 1;
    }
  return TRUE;
}

static void
standardise_rows (
    const PleTemiModel *model, const PleMatrix *features, size_t begin, size_t end, float *out)
{
  const size_t d = features->n_cols;

  for (size_t i = begin; i < end; i++)
    for (size_t f = 0; f < d; f++)
      out[(i - begin) * d + f] =
          (ple_matrix_row (features, i)[f] - model->mean->data[f]) * model->scale->data[f];
}

typedef struct
{
  const PleTemiModel *model;
  const PleMatrix *features;
  PleMatrix *out;
} Standardise;

static void
standardise_chunk (const PleChunk *chunk, gpointer data)
{
  const Standardise *job = data;

  standardise_rows (job->model, job->features, chunk->begin, chunk->end,
                    ple_matrix_row (job->out, chunk->begin));
}

PleMatrix *
ple_temi_model_standardise (const PleTemiModel *model,
                            const PleMatrix *features,
                            PleProgress *progress,
                            GError **error)
{
  g_autoptr (PleMatrix) out = ple_matrix_new (features->n_rows, features->n_cols, error);
  Standardise job = { model, features, out };

  if (out == NULL ||
      !ple_parallel_for (features->n_rows, 1024, standardise_chunk, &job, progress, error))
    return NULL;
  return g_steal_pointer (&out);
}

typedef struct
{
  const PleTemiModel *model;
  size_t head;
  const PleMatrix *features;
  gboolean standardised;
  PleTemiWorkspace **workspaces;
  PleMatrix *rows; /* (workers, READ_CHUNK D) */
  gint32 *labels;
  float *confidence;
  float *probabilities;
} Read;

static void
read_chunk (const PleChunk *chunk, gpointer data)
{
  const Read *job = data;
  const size_t k = job->model->heads->shape.n_clusters;
  const size_t n = chunk->end - chunk->begin;
  PleTemiWorkspace *workspace = job->workspaces[chunk->worker];
  const float *rows = ple_matrix_row (job->features, chunk->begin);

  if (!job->standardised)
    {
      rows = ple_matrix_row (job->rows, chunk->worker);
      standardise_rows (job->model, job->features, chunk->begin, chunk->end,
                        ple_matrix_row (job->rows, chunk->worker));
    }
  ple_temi_forward (job->model->heads, job->head, n, rows, FALSE, workspace);
  for (size_t i = 0; i < n; i++)
    {
      const float *logits = workspace->logits + i * k;
      size_t best = 0;

      for (size_t c = 1; c < k; c++)
        if (logits[c] > logits[best])
          best = c;
      job->labels[chunk->begin + i] = (gint32) best;
    }
  if (job->confidence == NULL && job->probabilities == NULL)
    return;
  ple_kernel_softmax (n, k, (float) (1 / job->model->temperature), workspace->logits,
                      workspace->logits);
  for (size_t i = 0; job->confidence != NULL && i < n; i++)
    job->confidence[chunk->begin + i] =
        MIN (workspace->logits[i * k + (size_t) job->labels[chunk->begin + i]], 1.0f);
  if (job->probabilities != NULL)
    memcpy (job->probabilities + chunk->begin * k, workspace->logits, n * k * sizeof (float));
}

gboolean
ple_temi_model_read (const PleTemiModel *model,
                     size_t head,
                     const PleMatrix *features,
                     gboolean standardised,
                     gint32 *labels,
                     float *confidence,
                     float *probabilities,
                     PleProgress *progress,
                     GError **error)
{
  const guint n_workers = ple_progress_get_n_threads (progress);
  g_autofree PleTemiWorkspace **workspaces = g_new0 (PleTemiWorkspace *, n_workers);
  g_autoptr (PleMatrix) rows = NULL;
  Read job = { model, head,   features,   standardised, workspaces,
               NULL,  labels, confidence, probabilities };
  gboolean ok;

  if (features->n_cols != model->heads->shape.n_inputs)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE,
                   "features have %" G_GSIZE_FORMAT " columns, the model %" G_GSIZE_FORMAT,
                   features->n_cols, model->heads->shape.n_inputs);
      return FALSE;
    }
  job.rows = rows = ple_matrix_new (n_workers, READ_CHUNK * features->n_cols, error);
  ok = rows != NULL;
  for (guint w = 0; ok && w < n_workers; w++)
    ok = (workspaces[w] = ple_temi_workspace_new (model->heads, READ_CHUNK, FALSE, error)) != NULL;
  ok = ok &&
       ple_parallel_for_reporting (features->n_rows, READ_CHUNK, read_chunk, &job, progress, error);
  for (guint w = 0; w < n_workers; w++)
    ple_temi_workspace_free (workspaces[w]);
  return ok;
}

gboolean
ple_temi_model_save (const PleTemiModel *model, const char *path, GError **error)
{
  const PleTemiShape *shape = &model->heads->shape;
  g_autoptr (PleSafetensorsWriter) writer = ple_safetensors_writer_new ();
  g_autofree char *best = g_strdup_printf ("%" G_GSIZE_FORMAT, model->best_head);
  char temperature[PLE_DOUBLE_BUFFER];

  ple_safetensors_writer_set_metadata (writer, "method", "temi");
  ple_safetensors_writer_set_metadata (writer, "best_head", best);
  ple_safetensors_writer_set_metadata (writer, "temperature",
                                       ple_format_double (model->temperature, temperature));
  ple_safetensors_writer_add_matrix (writer, "mean", model->mean);
  ple_safetensors_writer_add_matrix (writer, "scale", model->scale);
  for (size_t h = 0; h < shape->n_heads; h++)
    for (int part = 0; part < PLE_TEMI_N_PARTS; part++)
      {
        g_autofree char *name = g_strdup_printf ("heads.%" G_GSIZE_FORMAT ".%s", h,
                                                 ple_temi_part_name ((PleTemiPart) part));
        size_t sizes[2];

        ple_temi_part_size (shape, (PleTemiPart) part, &sizes[0], &sizes[1]);
        ple_safetensors_writer_add (writer, name, PLE_SAFETENSORS_F32,
                                    part == PLE_TEMI_B1 || part == PLE_TEMI_B2 ? 1 : 2, sizes,
                                    ple_temi_heads_part (model->heads, h, (PleTemiPart) part));
      }
  return ple_safetensors_writer_write (writer, path, PLE_SAFETENSORS_DURABLE, error);
}

/* Sizes as the tensors of head 0 say. */
static gboolean
read_shape (const PleSafetensors *file, PleTemiShape *shape)
{
  const PleSafetensorsEntry *w1 = ple_safetensors_find (file, "heads.0.mlp.0.weight");
  const PleSafetensorsEntry *v = ple_safetensors_find (file, "heads.0.last_layer.weight_v");

  if (w1 == NULL || v == NULL || w1->n_dims != 2 || v->n_dims != 2 || w1->n == 0 || v->n == 0)
    return FALSE;
  shape->n_hidden = w1->shape[0];
  shape->n_inputs = w1->shape[1];
  shape->n_clusters = v->shape[0];
  shape->n_bottleneck = v->shape[1];
  for (shape->n_heads = 1; shape->n_heads < MAX_HEADS; shape->n_heads++)
    {
      g_autofree char *name =
          g_strdup_printf ("heads.%" G_GSIZE_FORMAT ".mlp.0.weight", shape->n_heads);

      if (ple_safetensors_find (file, name) == NULL)
        break;
    }
  return TRUE;
}

static gboolean
read_heads (const PleSafetensors *file, PleTemiHeads *heads, GError **error)
{
  for (size_t h = 0; h < heads->shape.n_heads; h++)
    for (int part = 0; part < PLE_TEMI_N_PARTS; part++)
      {
        g_autofree char *name = g_strdup_printf ("heads.%" G_GSIZE_FORMAT ".%s", h,
                                                 ple_temi_part_name ((PleTemiPart) part));
        gboolean vector = part == PLE_TEMI_B1 || part == PLE_TEMI_B2;
        g_autoptr (PleMatrix) matrix = NULL;
        size_t n_rows, n_cols;

        ple_temi_part_size (&heads->shape, (PleTemiPart) part, &n_rows, &n_cols);
        matrix = ple_safetensors_get_matrix_of (file, name, vector ? 1 : n_rows,
                                                vector ? n_rows : n_cols, error);
        if (matrix == NULL || !ple_matrix_check_finite (matrix, name, error))
          return FALSE;
        memcpy (ple_temi_heads_part (heads, h, (PleTemiPart) part), matrix->data,
                n_rows * n_cols * sizeof (float));
      }
  return TRUE;
}

PleTemiModel *
ple_temi_model_load (const char *path, GError **error)
{
  g_autoptr (PleSafetensors) file = ple_safetensors_open (path, error);
  g_autoptr (PleTemiModel) model = NULL;
  PleTemiHeads *heads;
  PleTemiShape shape;
  gint64 best_head;
  double temperature;

  if (file == NULL)
    return NULL;
  if (g_strcmp0 (ple_safetensors_get_metadata (file, "method"), "temi") != 0 ||
      !read_shape (file, &shape) || ple_safetensors_get_metadata (file, "best_head") == NULL ||
      !ple_parse_int64 (ple_safetensors_get_metadata (file, "best_head"), &best_head) ||
      best_head < 0 || (size_t) best_head >= shape.n_heads ||
      ple_safetensors_get_metadata (file, "temperature") == NULL ||
      !ple_parse_double (ple_safetensors_get_metadata (file, "temperature"), &temperature) ||
      !(temperature > 0))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, "%s: not a TEMI model", path);
      return NULL;
    }
  heads = ple_temi_heads_new (&shape, error);
  if (heads == NULL)
    return NULL;
  model = ple_temi_model_new (heads);
  model->best_head = (size_t) best_head;
  model->temperature = temperature;
  if ((model->mean = ple_safetensors_get_matrix_of (file, "mean", 1, shape.n_inputs, error)) ==
          NULL ||
      (model->scale = ple_safetensors_get_matrix_of (file, "scale", 1, shape.n_inputs, error)) ==
          NULL ||
      !read_heads (file, heads, error))
    return NULL;
  return g_steal_pointer (&model);
}
