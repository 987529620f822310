/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Splitting the selection into new clusters, on a thread. */
#include "config.h"

#include "gui/ple-session-private.h"

#include "base/ple-rng.h"
#include "linalg/ple-lloyd.h"

#include <glib/gi18n.h>

typedef struct
{
  PleMatrix *features;
  guint32 *items;
  gint32 *parts;
  size_t n;
  size_t n_parts;
} Split;

static void
split_free (gpointer data)
{
  Split *split = data;

  ple_matrix_unref (split->features);
  g_free (split->items);
  g_free (split->parts);
  g_free (split);
}

/* Groups by direction, as the clusters' centres are. The same selection always splits the same way.
 */
static void
split_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Split *split = data;
  const PleLloydOptions options = {
    .n_clusters = split->n_parts,
    .n_starts = 4,
    .max_iterations = 100,
    .tolerance = 1e-4,
  };
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 0);
  g_autoptr (PleMatrix) x = NULL;
  g_autoptr (PleMatrix) centres = NULL;
  GError *error = NULL;
  PleRng rng;

  x = ple_matrix_take (split->features, split->items, split->n, &error);
  if (x != NULL)
    {
      ple_matrix_normalise_rows (x);
      ple_rng_init (&rng, split->n);
      ple_lloyd (x, &options, TRUE, &rng, &centres, split->parts, NULL, progress, &error);
    }
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void
on_split (GObject *source, GAsyncResult *result, gpointer data)
{
  PleSession *session = PLE_SESSION (source);
  Split *split = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;

  session->n_busy--;
  if (g_task_propagate_boolean (G_TASK (result), &error) && session->curation != NULL)
    ple_curation_split (session->curation, split->items, split->parts, split->n, split->n_parts,
                        &error);
  if (error != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    ple_session_report (session, _ ("The selection was not split"), error);
  ple_session_emit (session, PLE_SESSION_JOB_CHANGED);
}

gboolean
ple_session_split (PleSession *session, int n_parts, GError **error)
{
  g_autoptr (GTask) task = NULL;
  size_t n = ple_selection_get_n_selected (session->selection);
  Split *split;

  if (session->curation == NULL || n_parts < 2 || n < (size_t) n_parts)
    {
      g_set_error (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_REFUSED,
                   _ ("Select at least %d pictures to split them into %d parts"), MAX (n_parts, 2),
                   MAX (n_parts, 2));
      return FALSE;
    }
  split = g_new0 (Split, 1);
  split->features = ple_matrix_ref (session->run->features);
  split->items = ple_selection_dup_items (session->selection, &split->n);
  split->parts = g_new (gint32, n);
  split->n_parts = (size_t) n_parts;
  task = g_task_new (session, session->run_cancellable, on_split, NULL);
  g_task_set_task_data (task, split, split_free);
  session->n_busy++;
  g_task_run_in_thread (task, split_in_thread);
  ple_session_emit (session, PLE_SESSION_JOB_CHANGED);
  return TRUE;
}

gboolean
ple_session_is_busy (PleSession *session)
{
  return session->n_busy > 0;
}
