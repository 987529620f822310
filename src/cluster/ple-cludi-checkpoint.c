/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A CLUDI run on disk: the trainer's state (ple_cludi_trainer_save()), "warm_step", "epoch", "step"
 * (U64), "warm" (F64: uniform, perplexity, excess), "warm_labels" and "labels" (I32), "sums" (F64),
 * "history" (F32); metadata "run", the fingerprint of data, settings and seed, and the file's sum.
 * Rows, neighbours and orders are made again. */
#include "config.h"

#include "cluster/ple-cludi-private.h"

#include "base/ple-error.h"
#include "base/ple-hash.h"

#include <glib/gi18n.h>
#include <string.h>

/* Of all that decides the bits of the result. Of the features, at most about 65 536 rows' first
 * entries are looked at beside their sizes: a check against mistakes, not against malice. */
static const char *
get_fingerprint (PleCludiRun *run)
{
  const PleMatrix *x = run->input->features;
  const PleCludiParams *p = run->params;
  const PleCludiPlan *plan = &run->plan;
  g_autoptr (PleHash) hash = NULL;
  const gint64 numbers[] = {
    (gint64) x->n_rows,
    (gint64) x->n_cols,
    (gint64) run->input->seed,
    (gint64) plan->batch,
    (gint64) plan->even,
    (gint64) plan->n_epochs,
    (gint64) plan->n_warmup,
    (gint64) plan->warm_steps,
    (gint64) plan->warm_batch,
    p->num_clusters,
    p->embedding_dim,
    p->diffusion_steps,
    p->batch_diffusion,
    p->use_v_prediction,
    p->reduce,
    p->reduced_dim,
    p->neighbours,
    p->teacher_steps,
    p->teacher,
    p->teacher_gradient,
    p->loss_weights,
    p->noise_schedule,
    p->rescale_schedule,
    p->deep_head,
    p->activation,
    p->init,
    p->double_dropout,
    p->clip_together,
  };
  const double reals[] = { plan->peak_rate, plan->final_rate, p->rescaling_factor,
                           p->ce_lambda,    p->dropout,       p->clip,
                           p->ema,          p->weight_decay };

  if (run->fingerprint != NULL)
    return run->fingerprint;
  hash = ple_hash_new ();
  for (size_t i = 0; i < G_N_ELEMENTS (numbers); i++)
    ple_hash_add_int (hash, numbers[i]);
  for (size_t i = 0; i < G_N_ELEMENTS (reals); i++)
    ple_hash_add_double (hash, reals[i]);
  for (size_t i = 0; i < x->n_rows; i += x->n_rows / 65536 + 1)
    ple_hash_add_bytes (hash, ple_matrix_row (x, i), MIN (x->n_cols, 8) * sizeof (float));
  run->fingerprint = ple_hash_get_hex (hash, 64);
  return run->fingerprint;
}

gboolean
ple_cludi_run_save (PleCludiRun *run, PleProgress *progress)
{
  g_autoptr (PleSafetensorsWriter) writer = NULL;
  g_autoptr (GError) error = NULL;
  const size_t one = 1, two = 2, three = 3, n = run->rows->n_rows;
  const size_t n_history = run->history->len;
  const double warm[] = { run->warm.uniform, run->warm.perplexity, run->warm.excess };

  if (run->checkpoint_path == NULL)
    return TRUE;
  writer = ple_safetensors_writer_new ();
  ple_safetensors_writer_set_metadata (writer, "run", get_fingerprint (run));
  ple_cludi_trainer_save (run->trainer, writer);
  ple_safetensors_writer_add (writer, "warm_step", PLE_SAFETENSORS_U64, 1, &one, &run->warm_step);
  ple_safetensors_writer_add (writer, "epoch", PLE_SAFETENSORS_U64, 1, &one, &run->epoch);
  ple_safetensors_writer_add (writer, "step", PLE_SAFETENSORS_U64, 1, &one, &run->step);
  ple_safetensors_writer_add (writer, "warm", PLE_SAFETENSORS_F64, 1, &three, warm);
  ple_safetensors_writer_add (writer, "sums", PLE_SAFETENSORS_F64, 1, &two, run->sums);
  ple_safetensors_writer_add (writer, "labels", PLE_SAFETENSORS_I32, 1, &n, run->labels);
  if (run->warm.labels != NULL)
    ple_safetensors_writer_add (writer, "warm_labels", PLE_SAFETENSORS_I32, 1, &n,
                                run->warm.labels);
  ple_safetensors_writer_add (writer, "history", PLE_SAFETENSORS_F32, 1, &n_history,
                              run->history->data);
  if (ple_safetensors_writer_write (writer, run->checkpoint_path, PLE_SAFETENSORS_QUICK, &error))
    return TRUE;
  ple_progress_warning (progress, _ ("No checkpoint was written: %s"), error->message);
  return FALSE;
}

static gboolean
labels_fit (const gint32 *labels, size_t n, size_t k, GError **error)
{
  for (size_t i = 0; i < n; i++)
    if (labels[i] < 0 || (size_t) labels[i] >= k)
      {
        g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                     _ ("the checkpoint has a label that is no cluster"));
        return FALSE;
      }
  return TRUE;
}

static gboolean
read_state (PleCludiRun *run, const PleSafetensors *file, GError **error)
{
  const size_t n = run->rows->n_rows, k = (size_t) run->params->num_clusters;
  const PleSafetensorsEntry *history = ple_safetensors_find (file, "history");
  double warm[3];

  if (!ple_safetensors_get_bytes (file, "warm_step", PLE_SAFETENSORS_U64, 1, &run->warm_step,
                                  error) ||
      !ple_safetensors_get_bytes (file, "epoch", PLE_SAFETENSORS_U64, 1, &run->epoch, error) ||
      !ple_safetensors_get_bytes (file, "step", PLE_SAFETENSORS_U64, 1, &run->step, error) ||
      !ple_safetensors_get_bytes (file, "warm", PLE_SAFETENSORS_F64, 3, warm, error) ||
      !ple_safetensors_get_bytes (file, "sums", PLE_SAFETENSORS_F64, 2, run->sums, error) ||
      !ple_safetensors_get_bytes (file, "labels", PLE_SAFETENSORS_I32, n, run->labels, error) ||
      !labels_fit (run->labels, n, k, error) || !ple_cludi_trainer_load (run->trainer, file, error))
    return FALSE;
  run->warm.uniform = warm[0] != 0;
  run->warm.perplexity = warm[1];
  run->warm.excess = warm[2];
  if (ple_safetensors_find (file, "warm_labels") != NULL)
    {
      run->warm.labels = g_new (gint32, n);
      if (!ple_safetensors_get_bytes (file, "warm_labels", PLE_SAFETENSORS_I32, n, run->warm.labels,
                                      error) ||
          !labels_fit (run->warm.labels, n, k, error))
        return FALSE;
    }
  if (history != NULL && history->type == PLE_SAFETENSORS_F32 && history->n > 0)
    {
      g_array_set_size (run->history, (guint) history->n);
      memcpy (run->history->data, history->data, history->size);
    }
  return TRUE;
}

gboolean
ple_cludi_run_restore (PleCludiRun *run, PleProgress *progress, GError **error)
{
  g_autoptr (PleSafetensors) file = NULL;
  g_autoptr (GError) local = NULL;

  if (!g_file_test (run->checkpoint_path, G_FILE_TEST_EXISTS))
    return TRUE;
  file = ple_safetensors_open (run->checkpoint_path, &local);
  if (file == NULL || !ple_safetensors_check_sum (file, &local))
    {
      ple_progress_warning (progress, _ ("The checkpoint cannot be used, starting over: %s"),
                            local->message);
      return TRUE;
    }
  if (g_strcmp0 (ple_safetensors_get_metadata (file, "run"), get_fingerprint (run)) != 0)
    {
      ple_progress_warning (progress,
                            _ ("The checkpoint is of other data or settings, starting over"));
      return TRUE;
    }
  return read_state (run, file, error);
}
