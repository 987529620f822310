/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A finished run: read and prepared for the views on a thread, then taken over with its decisions;
 * and the change from one run of the project to another.
 */
#include "config.h"

#include "gui/ple-session-private.h"

#include <glib/gi18n.h>

void
ple_loaded_run_free (gpointer data)
{
  PleLoadedRun *loaded = data;

  g_clear_pointer (&loaded->run, ple_run_unref);
  g_clear_pointer (&loaded->index, ple_cluster_index_free);
  g_clear_pointer (&loaded->points, ple_points_unref);
  g_clear_object (&loaded->curation);
  g_free (loaded);
}

PleClusterIndex *
ple_session_make_index (PleDataset *dataset, PleRun *run)
{
  PleClusterIndex *index = ple_cluster_index_new (
      run != NULL ? run->features : NULL, run != NULL ? run->confidence : NULL,
      ple_dataset_get_labels (dataset), ple_dataset_get_n_items (dataset));

  if (run != NULL)
    ple_cluster_index_update (index, run->labels->data, NULL, run->n_clusters);
  return index;
}

/* What the views need beside the run itself; on the worker's thread. */
void
ple_loaded_run_prepare (PleLoadedRun *loaded, PleDataset *dataset)
{
  loaded->index = ple_session_make_index (dataset, loaded->run);
  if (loaded->run->xy != NULL)
    loaded->points = ple_points_new (loaded->run->xy);
}

PleLoadedRun *
ple_loaded_run_load (const char *project_path, PleDataset *dataset, const char *key, GError **error)
{
  PleRun *run = ple_run_load (project_path, dataset, key, error);
  PleLoadedRun *loaded;

  if (run == NULL)
    return NULL;
  loaded = g_new0 (PleLoadedRun, 1);
  loaded->run = run;
  ple_loaded_run_prepare (loaded, dataset);
  return loaded;
}

static void
on_curation_changed (PleSession *session)
{
  ple_session_clusters_changed (session);
}

static void
on_curation_failed (PleSession *session, const char *message)
{
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, message);

  ple_session_report (session, _ ("A decision could not be written to disk"), error);
}

void
ple_session_adopt (PleSession *session, PleLoadedRun *loaded)
{
  ple_session_drop_run (session);
  g_clear_pointer (&session->index, ple_cluster_index_free);
  session->run = g_steal_pointer (&loaded->run);
  session->index = g_steal_pointer (&loaded->index);
  session->curation = g_steal_pointer (&loaded->curation);
  if (session->run->xy != NULL)
    ple_session_set_layout (session, ple_matrix_ref (session->run->xy),
                            g_steal_pointer (&loaded->points));
  g_signal_connect_object (session->curation, "changed", G_CALLBACK (on_curation_changed), session,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session->curation, "failed", G_CALLBACK (on_curation_failed), session,
                           G_CONNECT_SWAPPED);
  ple_session_update_colours (session, TRUE);
  ple_session_emit (session, PLE_SESSION_RUN_CHANGED);
  ple_session_emit (session, PLE_SESSION_LAYOUT_CHANGED);
  ple_session_clusters_changed (session);
}

/* A damaged journal was set aside under another name: the person is told, and a new one begun. */
gboolean
ple_session_open_curation (PleSession *session, PleLoadedRun *loaded, GError **error)
{
  g_autofree char *path = ple_project_build_path (session->project, "curation.db", NULL);
  g_autoptr (GError) damage = NULL;
  PleRun *run = loaded->run;

  loaded->curation = ple_curation_open (path, run->key, run->labels, run->n_clusters, &damage);
  if (loaded->curation != NULL)
    return TRUE;
  if (!g_error_matches (damage, PLE_CURATION_ERROR, PLE_CURATION_ERROR_DAMAGED))
    {
      g_propagate_error (error, g_steal_pointer (&damage));
      return FALSE;
    }
  ple_session_report (session, _ ("The journal of decisions was damaged"), damage);
  loaded->curation = ple_curation_open (path, run->key, run->labels, run->n_clusters, error);
  return loaded->curation != NULL;
}

/* Another run of the project */

typedef struct
{
  char *project_path;
  PleDataset *dataset;
  char *key;
} Change;

static void
change_free (gpointer data)
{
  Change *change = data;

  g_free (change->project_path);
  ple_dataset_unref (change->dataset);
  g_free (change->key);
  g_free (change);
}

static void
load_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Change *change = data;
  GError *error = NULL;
  PleLoadedRun *loaded =
      ple_loaded_run_load (change->project_path, change->dataset, change->key, &error);

  if (loaded == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, loaded, ple_loaded_run_free);
}

/* One journal is open at a time: that of the present run is closed first, and opened again if the
 * other cannot be. */
static gboolean
exchange (PleSession *session, PleLoadedRun *loaded, GError **error)
{
  g_autoptr (PleRun) before = ple_run_ref (session->run);
  PleLoadedRun *back;

  ple_session_drop_run (session);
  if (ple_session_open_curation (session, loaded, error))
    {
      session->scope = PLE_SCOPE_ALL;
      ple_session_adopt (session, loaded);
      ple_session_take_recipe (session, ple_recipe_copy (session->run->recipe), FALSE);
      return ple_project_set_current_run (session->project, session->run->key, error);
    }
  back = g_new0 (PleLoadedRun, 1);
  back->run = g_steal_pointer (&before);
  ple_loaded_run_prepare (back, session->dataset);
  if (ple_session_open_curation (session, back, NULL))
    ple_session_adopt (session, back);
  else
    ple_session_close (session);
  ple_loaded_run_free (back);
  return FALSE;
}

static void
on_run_loaded (GObject *source, GAsyncResult *result, gpointer data)
{
  PleSession *session = PLE_SESSION (source);
  const Change *change = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;
  PleLoadedRun *loaded = g_task_propagate_pointer (G_TASK (result), &error);

  session->n_busy--;
  /* Unless something else was wanted meanwhile: yet another run, or a new one. */
  if (loaded != NULL && session->run != NULL && session->phase == PLE_PHASE_PROJECT &&
      g_strcmp0 (session->wanted_run, change->key) == 0)
    exchange (session, loaded, &error);
  g_clear_pointer (&loaded, ple_loaded_run_free);
  if (error != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    ple_session_report (session, _ ("The run cannot be shown"), error);
  ple_session_emit (session, PLE_SESSION_JOB_CHANGED);
}

gboolean
ple_session_show_run (PleSession *session, const char *key, GError **error)
{
  g_auto (GStrv) keys = NULL;
  g_autoptr (GTask) task = NULL;
  Change *change;

  if (session->run != NULL)
    keys = ple_project_list_runs (session->project);
  if (keys == NULL || !g_strv_contains ((const char *const *) keys, key))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _ ("There is no run \"%s\" to show"),
                   key);
      return FALSE;
    }
  g_free (session->wanted_run);
  session->wanted_run = g_strdup (key);
  if (g_str_equal (session->run->key, key))
    return TRUE;
  change = g_new0 (Change, 1);
  change->project_path = g_strdup (ple_project_get_path (session->project));
  change->dataset = ple_dataset_ref (session->dataset);
  change->key = g_strdup (key);
  task = g_task_new (session, session->cancellable, on_run_loaded, NULL);
  g_task_set_task_data (task, change, change_free);
  session->n_busy++;
  g_task_run_in_thread (task, load_in_thread);
  ple_session_emit (session, PLE_SESSION_JOB_CHANGED);
  return TRUE;
}
