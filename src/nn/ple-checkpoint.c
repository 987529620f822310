/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "nn/ple-checkpoint.h"

#include "base/ple-error.h"

/* Microseconds. */
#define INTERVAL (30 * G_USEC_PER_SEC)
#define GRACE (G_USEC_PER_SEC / 10)
/* Share of the time that saving may take. */
#define SHARE 20

typedef struct
{
  char *name;
  PleParameters *parameters; /* one of these three */
  PleOptimiser *optimiser;
  gpointer data;
  PleSafetensorsType type; /* of @data */
  size_t n;
} Item;

struct _PleCheckpoint
{
  char *run;
  GPtrArray *items;
  PleCheckpointPace *pace; /* or NULL */
};

static void
item_free (gpointer data)
{
  Item *item = data;

  g_free (item->name);
  g_free (item);
}

PleCheckpoint *
ple_checkpoint_new (const char *run)
{
  PleCheckpoint *checkpoint = g_new0 (PleCheckpoint, 1);

  checkpoint->run = g_strdup (run);
  checkpoint->items = g_ptr_array_new_with_free_func (item_free);
  return checkpoint;
}

void
ple_checkpoint_free (PleCheckpoint *checkpoint)
{
  if (checkpoint == NULL)
    return;
  g_ptr_array_unref (checkpoint->items);
  g_free (checkpoint->run);
  g_free (checkpoint);
}

static Item *
add (PleCheckpoint *checkpoint, const char *name)
{
  Item *item = g_new0 (Item, 1);

  item->name = g_strdup (name);
  g_ptr_array_add (checkpoint->items, item);
  return item;
}

static void
add_data (
    PleCheckpoint *checkpoint, const char *name, gpointer data, PleSafetensorsType type, size_t n)
{
  Item *item = add (checkpoint, name);

  item->data = data;
  item->type = type;
  item->n = n;
}

void
ple_checkpoint_add_parameters (PleCheckpoint *checkpoint,
                               const char *name,
                               PleParameters *parameters)
{
  add (checkpoint, name)->parameters = parameters;
}

void
ple_checkpoint_add_optimiser (PleCheckpoint *checkpoint, const char *name, PleOptimiser *optimiser)
{
  add (checkpoint, name)->optimiser = optimiser;
}

void
ple_checkpoint_add_rng (PleCheckpoint *checkpoint, const char *name, PleRng *rng)
{
  add_data (checkpoint, name, rng->state, PLE_SAFETENSORS_U64, G_N_ELEMENTS (rng->state));
}

void
ple_checkpoint_add_counter (PleCheckpoint *checkpoint, const char *name, guint64 *counter)
{
  add_data (checkpoint, name, counter, PLE_SAFETENSORS_U64, 1);
}

void
ple_checkpoint_add_doubles (PleCheckpoint *checkpoint, const char *name, double *values, size_t n)
{
  add_data (checkpoint, name, values, PLE_SAFETENSORS_F64, n);
}

void
ple_checkpoint_add_floats (PleCheckpoint *checkpoint, const char *name, float *values, size_t n)
{
  add_data (checkpoint, name, values, PLE_SAFETENSORS_F32, n);
}

void
ple_checkpoint_pace_init (PleCheckpointPace *pace, PleProgress *progress)
{
  *pace = (PleCheckpointPace){ .progress = progress, .saved = g_get_monotonic_time () };
}

gboolean
ple_checkpoint_pace_is_due (const PleCheckpointPace *pace)
{
  return g_get_monotonic_time () - pace->saved > MAX (INTERVAL, SHARE * pace->took);
}

void
ple_checkpoint_pace_begin (PleCheckpointPace *pace)
{
  pace->saved = g_get_monotonic_time ();
}

void
ple_checkpoint_pace_end (PleCheckpointPace *pace)
{
  pace->took = g_get_monotonic_time () - pace->saved;
}

gboolean
ple_checkpoint_pace_go_on (gpointer data)
{
  PleCheckpointPace *pace = data;
  gint64 now;

  if (!ple_progress_is_cancelled (pace->progress))
    return TRUE;
  now = g_get_monotonic_time ();
  if (pace->cancelled == 0)
    pace->cancelled = now;
  return now - pace->cancelled < GRACE;
}

void
ple_checkpoint_set_pace (PleCheckpoint *checkpoint, PleCheckpointPace *pace)
{
  checkpoint->pace = pace;
}

gboolean
ple_checkpoint_save (PleCheckpoint *checkpoint, const char *path, GError **error)
{
  g_autoptr (PleSafetensorsWriter) writer = ple_safetensors_writer_new ();
  gboolean ok;

  ple_safetensors_writer_set_metadata (writer, "run", checkpoint->run);
  for (guint i = 0; i < checkpoint->items->len; i++)
    {
      Item *item = g_ptr_array_index (checkpoint->items, i);

      if (item->parameters != NULL)
        ple_parameters_save (item->parameters, writer, item->name);
      else if (item->optimiser != NULL)
        ple_optimiser_save (item->optimiser, writer, item->name);
      else
        ple_safetensors_writer_add (writer, item->name, item->type, 1, &item->n, item->data);
    }
  if (checkpoint->pace == NULL)
    return ple_safetensors_writer_write (writer, path, PLE_SAFETENSORS_QUICK, error);
  ple_safetensors_writer_set_limit (writer, ple_checkpoint_pace_go_on, checkpoint->pace);
  ple_checkpoint_pace_begin (checkpoint->pace);
  ok = ple_safetensors_writer_write (writer, path, PLE_SAFETENSORS_QUICK, error);
  ple_checkpoint_pace_end (checkpoint->pace);
  return ok;
}

gboolean
ple_checkpoint_load (PleCheckpoint *checkpoint, const char *path, GError **error)
{
  g_autoptr (PleSafetensors) file = NULL;
  g_autoptr (GError) local = NULL;

  file = ple_safetensors_open (path, &local);
  if (file == NULL && g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (file == NULL || !ple_safetensors_check_sum (file, &local))
    {
      g_set_error_literal (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH, local->message);
      return FALSE;
    }
  if (g_strcmp0 (ple_safetensors_get_metadata (file, "run"), checkpoint->run) != 0)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   "%s: a checkpoint of other data or settings", path);
      return FALSE;
    }
  for (guint i = 0; i < checkpoint->items->len; i++)
    {
      Item *item = g_ptr_array_index (checkpoint->items, i);
      gboolean ok;

      if (item->parameters != NULL)
        ok = ple_parameters_load (item->parameters, file, item->name, error);
      else if (item->optimiser != NULL)
        ok = ple_optimiser_load (item->optimiser, file, item->name, error);
      else
        ok = ple_safetensors_get_bytes (file, item->name, item->type, item->n, item->data, error);
      if (!ok)
        {
          g_prefix_error (error, "%s: ", path);
          return FALSE;
        }
    }
  return TRUE;
}
