/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A finished run: prepared for the views on a thread, then taken over with its decisions. */
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
