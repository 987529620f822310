/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The job that makes a run: started by the recipe, watched while map and labels settle. */
#include "config.h"

#include "gui/ple-session-private.h"

#include <glib/gi18n.h>
#include <string.h>

typedef struct
{
  char *project_path;
  PleDataset *dataset;
  PleRecipe *recipe;
} RunOrder;

static void
run_order_free (gpointer data)
{
  RunOrder *order = data;

  g_free (order->project_path);
  ple_dataset_unref (order->dataset);
  g_object_unref (order->recipe);
  g_free (order);
}

static gpointer
run_pipeline (PleProgress *progress, gpointer data, GError **error)
{
  RunOrder *order = data;
  PleLoadedRun *loaded = g_new0 (PleLoadedRun, 1);

  loaded->run =
      ple_pipeline_run (order->project_path, order->dataset, order->recipe, progress, error);
  if (loaded->run == NULL)
    {
      ple_loaded_run_free (loaded);
      return NULL;
    }
  ple_loaded_run_prepare (loaded, order->dataset);
  return loaded;
}

void
ple_session_job_moved (PleSession *session)
{
  ple_session_emit (session, PLE_SESSION_JOB_CHANGED);
}

static void
on_job_published (PleSession *session, const char *topic, GBytes *values, guint64 n_rows)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (values, &size);

  /* While a method trains, it speaks of the training split only, which comes first. */
  if (n_rows > ple_session_get_n_items (session))
    return;
  if (g_str_equal (topic, "layout") && n_rows == ple_session_get_n_items (session) &&
      size == n_rows * 2 * sizeof (float))
    {
      gboolean first = session->layout == NULL;

      PleMatrix *layout = ple_matrix_new_with_owner (
          n_rows, 2, (float *) data, g_bytes_ref (values), (GDestroyNotify) g_bytes_unref);

      ple_session_set_layout (session, layout, NULL);
      if (first)
        ple_session_update_colours (session, TRUE);
      ple_session_emit (session, PLE_SESSION_LAYOUT_CHANGED);
    }
  else if (g_str_equal (topic, "labels") && size == n_rows * sizeof (gint32) &&
           session->curation == NULL)
    {
      gboolean first = session->live_labels == NULL;

      g_clear_pointer (&session->live_labels, ple_labels_unref);
      session->live_labels = ple_labels_new (ple_session_get_n_items (session));
      memcpy (session->live_labels->data, data, size);
      ple_session_update_colours (session, first);
      ple_session_clusters_changed (session);
    }
}

static void
on_job_finished (PleSession *session, PleJob *job)
{
  g_autoptr (GError) error = NULL;
  PleLoadedRun *loaded;

  if (ple_job_get_state (job) == PLE_JOB_FAILED)
    ple_session_report (session, _ ("The run failed"), ple_job_get_error (job));
  loaded = ple_job_take_result (job);
  if (loaded == NULL)
    {
      ple_session_emit (session, PLE_SESSION_JOB_CHANGED);
      return;
    }
  if (ple_session_open_curation (session, loaded, &error) &&
      ple_project_set_current_run (session->project, loaded->run->key, &error))
    ple_session_adopt (session, loaded);
  else
    ple_session_report (session, _ ("The run is finished but cannot be shown"), error);
  ple_loaded_run_free (loaded);
  ple_session_emit (session, PLE_SESSION_JOB_CHANGED);
}

static void
start_job (PleSession *session, PleRecipe *recipe)
{
  RunOrder *order = g_new0 (RunOrder, 1);
  g_autofree char *title = NULL;

  ple_session_drop_job (session);
  ple_session_drop_run (session);
  ple_session_emit (session, PLE_SESSION_RUN_CHANGED);
  order->project_path = g_strdup (ple_project_get_path (session->project));
  order->dataset = ple_dataset_ref (session->dataset);
  order->recipe = ple_recipe_copy (recipe);
  title = g_strdup_printf ("%s, %s", ple_project_get_title (session->project),
                           _ (ple_recipe_get_method (recipe)->title));
  session->job = ple_job_new (title, run_pipeline, order, run_order_free, ple_loaded_run_free);
  g_signal_connect_object (session->job, "updated", G_CALLBACK (ple_session_job_moved), session,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session->job, "published", G_CALLBACK (on_job_published), session,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session->job, "finished", G_CALLBACK (on_job_finished), session,
                           G_CONNECT_SWAPPED);
  ple_job_queue_push (session->queue, session->job);
}

gboolean
ple_session_start (PleSession *session, GError **error)
{
  if (session->phase != PLE_PHASE_IMPORT)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, _ ("Open some pictures first"));
      return FALSE;
    }
  if (session->project == NULL)
    session->project = ple_project_new (NULL, session->dataset, session->environment, error);
  if (session->project == NULL)
    return FALSE;
  g_clear_pointer (&session->index, ple_cluster_index_free);
  session->index = ple_session_make_index (session->dataset, NULL);
  start_job (session, session->recipe);
  ple_session_set_phase (session, PLE_PHASE_PROJECT);
  ple_session_scope_changed (session);
  return TRUE;
}

void
ple_session_retry (PleSession *session)
{
  if (session->project != NULL && session->job != NULL && ple_job_is_over (session->job) &&
      session->run == NULL)
    start_job (session, session->recipe);
}

void
ple_session_prepare_run (PleSession *session)
{
  if (session->phase == PLE_PHASE_PROJECT)
    ple_session_set_phase (session, PLE_PHASE_IMPORT);
}
