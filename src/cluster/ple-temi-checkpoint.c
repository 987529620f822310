/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A TEMI run on disk: the trainer's state (ple_temi_trainer_save()), "epoch", "step" (U64), "rng"
 * (4 U64), "epoch_sums", "head_losses_epoch" (F64), "best_head" (U64), "labels" (I32), "history"
 * (F32); metadata "run", the fingerprint of data, settings and seed, and the file's sum. */
#include "config.h"

#include "cluster/ple-temi-private.h"

#include "base/ple-hash.h"

#include <glib/gi18n.h>
#include <string.h>

/* Of all that decides the bits of the result. Of the features, at most about 65 536 rows' first
 * entries are looked at beside their sizes: a check against mistakes, not against malice. */
static const char *
get_fingerprint (PleTemiRun *run)
{
  const PleMatrix *x = run->input->features;
  const PleTemiParams *p = run->params;
  const PleTemiPlan *plan = &run->plan;
  g_autoptr (PleHash) hash = NULL;
  const gint64 numbers[] = { (gint64) x->n_rows,
                             (gint64) x->n_cols,
                             (gint64) run->input->seed,
                             (gint64) plan->n_neighbours,
                             (gint64) plan->batch,
                             (gint64) plan->n_epochs,
                             (gint64) plan->n_warmup,
                             p->num_clusters,
                             p->num_heads,
                             p->objective,
                             p->standardise,
                             p->hidden_dim,
                             p->projection_dim };
  const double reals[] = { plan->peak_rate, plan->final_rate, plan->momentum, plan->final_momentum,
                           p->beta,         p->weight_decay,  p->temperature };

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
ple_temi_run_save (PleTemiRun *run, PleProgress *progress)
{
  g_autoptr (PleSafetensorsWriter) writer = NULL;
  g_autoptr (GError) error = NULL;
  const size_t one = 1, four = 4, n_heads = run->trainer->student->shape.n_heads;
  const size_t n = run->rows->n_rows;
  const size_t n_history = run->history->len;
  guint64 best_head = run->model->best_head;
  gboolean ok;

  if (run->checkpoint_path == NULL)
    return TRUE;
  writer = ple_safetensors_writer_new ();
  ple_safetensors_writer_set_metadata (writer, "run", get_fingerprint (run));
  ple_temi_trainer_save (run->trainer, writer);
  ple_safetensors_writer_add (writer, "epoch", PLE_SAFETENSORS_U64, 1, &one, &run->epoch);
  ple_safetensors_writer_add (writer, "step", PLE_SAFETENSORS_U64, 1, &one, &run->step);
  ple_safetensors_writer_add (writer, "rng", PLE_SAFETENSORS_U64, 1, &four, run->rng.state);
  ple_safetensors_writer_add (writer, "epoch_sums", PLE_SAFETENSORS_F64, 1, &n_heads,
                              run->epoch_sums);
  ple_safetensors_writer_add (writer, "head_losses_epoch", PLE_SAFETENSORS_F64, 1, &n_heads,
                              run->head_losses);
  ple_safetensors_writer_add (writer, "best_head", PLE_SAFETENSORS_U64, 1, &one, &best_head);
  ple_safetensors_writer_add (writer, "labels", PLE_SAFETENSORS_I32, 1, &n, run->labels);
  ple_safetensors_writer_add (writer, "history", PLE_SAFETENSORS_F32, 1, &n_history,
                              run->history->data);
  ple_safetensors_writer_set_limit (writer, ple_checkpoint_pace_go_on, &run->pace);
  ple_checkpoint_pace_begin (&run->pace);
  ok = ple_safetensors_writer_write (writer, run->checkpoint_path, PLE_SAFETENSORS_QUICK, &error);
  ple_checkpoint_pace_end (&run->pace);
  if (!ok && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    ple_progress_warning (progress, _ ("No checkpoint was written: %s"), error->message);
  return ok;
}

static gboolean
read_state (PleTemiRun *run, const PleSafetensors *file, GError **error)
{
  const size_t n_heads = run->trainer->student->shape.n_heads;
  const PleSafetensorsEntry *history = ple_safetensors_find (file, "history");
  guint64 best_head = 0;

  if (!ple_safetensors_get_bytes (file, "epoch", PLE_SAFETENSORS_U64, 1, &run->epoch, error) ||
      !ple_safetensors_get_bytes (file, "step", PLE_SAFETENSORS_U64, 1, &run->step, error) ||
      !ple_safetensors_get_bytes (file, "rng", PLE_SAFETENSORS_U64, 4, run->rng.state, error) ||
      !ple_safetensors_get_bytes (file, "epoch_sums", PLE_SAFETENSORS_F64, n_heads, run->epoch_sums,
                                  error) ||
      !ple_safetensors_get_bytes (file, "head_losses_epoch", PLE_SAFETENSORS_F64, n_heads,
                                  run->head_losses, error) ||
      !ple_safetensors_get_bytes (file, "best_head", PLE_SAFETENSORS_U64, 1, &best_head, error) ||
      !ple_safetensors_get_bytes (file, "labels", PLE_SAFETENSORS_I32, run->rows->n_rows,
                                  run->labels, error) ||
      !ple_temi_trainer_load (run->trainer, file, error))
    return FALSE;
  run->model->best_head = MIN (best_head, n_heads - 1);
  if (history != NULL && history->type == PLE_SAFETENSORS_F32 && history->n > 0)
    {
      g_array_set_size (run->history, (guint) history->n);
      memcpy (run->history->data, history->data, history->size);
    }
  return TRUE;
}

gboolean
ple_temi_run_restore (PleTemiRun *run, PleProgress *progress, GError **error)
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
