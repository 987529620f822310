/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exporting: a worker writes a snapshot of the decisions while the person goes on. */
#include "config.h"

#include "gui/ple-session-private.h"

#include <glib/gi18n.h>

typedef struct
{
  PleDataset *dataset;
  PleRun *run;
  PleCuration *curation;
  char *kind;
  char *path;
} Export;

static void
export_free (gpointer data)
{
  Export *order = data;

  ple_dataset_unref (order->dataset);
  ple_run_unref (order->run);
  g_object_unref (order->curation);
  g_free (order->kind);
  g_free (order->path);
  g_free (order);
}

static gpointer
run_export (PleProgress *progress, gpointer data, GError **error)
{
  Export *order = data;

  if (!ple_export (order->dataset, order->run, order->curation, order->kind, order->path, progress,
                   error))
    return NULL;
  return g_strdup (order->path);
}

static void
on_export_finished (PleSession *session, PleJob *job)
{
  g_autofree char *path = ple_job_take_result (job);

  if (path != NULL)
    {
      g_autofree char *text = g_strdup_printf (_ ("Exported to %s"), path);

      ple_session_report (session, text, NULL);
    }
  else if (ple_job_get_state (job) == PLE_JOB_FAILED)
    ple_session_report (session, _ ("Nothing was exported"), ple_job_get_error (job));
  ple_session_emit (session, PLE_SESSION_JOB_CHANGED);
}

gboolean
ple_session_export (PleSession *session, const char *kind, const char *path, GError **error)
{
  g_autoptr (PleJob) job = NULL;
  g_autofree char *title = NULL;
  Export *order;

  if (session->curation == NULL || !g_strv_contains (ple_export_kinds (), kind))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   session->curation == NULL ? _ ("There is no finished run to export (%s)")
                                             : _ ("There is no export called \"%s\""),
                   kind);
      return FALSE;
    }
  order = g_new0 (Export, 1);
  order->dataset = ple_dataset_ref (session->dataset);
  order->run = ple_run_ref (session->run);
  order->curation = ple_curation_dup_snapshot (session->curation);
  order->kind = g_strdup (kind);
  order->path = g_strdup (path);
  title = g_strdup_printf (_ ("Export: %s"), kind);
  job = ple_job_new (title, run_export, order, export_free, g_free);
  g_signal_connect_object (job, "updated", G_CALLBACK (ple_session_job_moved), session,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (job, "finished", G_CALLBACK (on_export_finished), session,
                           G_CONNECT_SWAPPED);
  ple_job_queue_push (session->queue, job);
  return TRUE;
}
