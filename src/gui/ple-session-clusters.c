/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The clusters as they are now: labels, names, colours, scores. */
#include "config.h"

#include "gui/ple-session-private.h"

#include <glib/gi18n.h>

/* Scores are computed this long after the last edit of a burst. */
#define METRICS_DELAY_MS 60

const gint32 *
ple_session_get_labels (PleSession *session)
{
  if (session->curation != NULL)
    return ple_curation_get_labels (session->curation);
  return session->live_labels != NULL ? session->live_labels->data : NULL;
}

const guint8 *
ple_session_get_states (PleSession *session)
{
  return session->curation != NULL ? ple_curation_get_states (session->curation) : NULL;
}

static size_t
count_ids (PleSession *session)
{
  if (session->curation != NULL)
    return ple_curation_get_n_ids (session->curation);
  return session->live_labels != NULL ? ple_labels_get_n_groups (session->live_labels) : 0;
}

void
ple_session_update_colours (PleSession *session, gboolean again)
{
  size_t n_ids = count_ids (session);
  size_t first = again ? 0 : session->n_colours;

  session->colours = g_renew (guint8, session->colours, MAX (n_ids, 1));
  if (again && session->layout != NULL && ple_session_get_labels (session) != NULL && n_ids > 0)
    {
      ple_palette_assign (ple_session_get_points (session), ple_session_get_labels (session), n_ids,
                          session->colours);
      first = n_ids;
    }
  /* A cluster that is new keeps off the colour of its predecessor by number. */
  for (size_t id = first; id < n_ids; id++)
    session->colours[id] = (guint8) (id % PLE_PALETTE_SIZE);
  session->n_colours = n_ids;
}

const guint8 *
ple_session_get_cluster_colours (PleSession *session)
{
  return session->colours;
}

static void
compute_metrics (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  PleMetrics *metrics = g_new0 (PleMetrics, 1);

  ple_metrics_from_confusion (data, metrics, NULL);
  g_task_return_pointer (task, metrics, g_free);
}

static void
on_metrics_computed (GObject *source, GAsyncResult *result, gpointer data)
{
  PleSession *session = PLE_SESSION (source);
  g_autofree PleMetrics *metrics = g_task_propagate_pointer (G_TASK (result), NULL);

  if (metrics == NULL)
    return;
  session->metrics = *metrics;
  session->has_metrics = TRUE;
  ple_session_emit (session, PLE_SESSION_METRICS_CHANGED);
}

static gboolean
start_metrics (gpointer data)
{
  PleSession *session = data;
  g_autoptr (GTask) task =
      g_task_new (session, session->run_cancellable, on_metrics_computed, NULL);

  session->metrics_source = 0;
  g_task_set_task_data (task, ple_cluster_index_dup_confusion (session->index),
                        (GDestroyNotify) ple_confusion_free);
  g_task_run_in_thread (task, compute_metrics);
  return G_SOURCE_REMOVE;
}

void
ple_session_clusters_changed (PleSession *session)
{
  if (session->index == NULL || ple_session_get_labels (session) == NULL)
    return;
  ple_cluster_index_update (session->index, ple_session_get_labels (session),
                            ple_session_get_states (session), count_ids (session));
  ple_session_update_colours (session, FALSE);
  ple_session_update_shown (session);
  g_clear_handle_id (&session->metrics_source, g_source_remove);
  session->metrics_source = g_timeout_add (METRICS_DELAY_MS, start_metrics, session);
  ple_session_emit (session, PLE_SESSION_CLUSTERS_CHANGED);
  ple_session_emit (session, PLE_SESSION_SCOPE_CHANGED);
}

char *
ple_session_dup_cluster_name (PleSession *session, gint32 id)
{
  if (id == PLE_GROUP_EXCLUDED)
    return g_strdup (_ ("Excluded"));
  if (id < 0)
    return g_strdup (_ ("No cluster"));
  if (session->curation != NULL && (size_t) id < ple_curation_get_n_ids (session->curation))
    {
      PleClusterInfo info = ple_curation_get_cluster (session->curation, id);

      if (info.name[0] != '\0')
        return g_strdup (info.name);
    }
  return g_strdup_printf (_ ("Cluster %d"), id);
}
