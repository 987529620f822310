/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is open: made, dropped, read out. What happens to it is in ple-session-*.c: opening (open),
 * runs taken over (run) and made (job), clusters, scope, split, export.
 */
#include "config.h"

#include "gui/ple-session-private.h"

static guint signals[PLE_SESSION_N_SIGNALS];
static guint message_signal;

G_DEFINE_FINAL_TYPE (PleSession, ple_session, G_TYPE_OBJECT)

void
ple_session_emit (PleSession *session, PleSessionSignal signal)
{
  g_signal_emit (session, signals[signal], 0);
}

void
ple_session_drop_job (PleSession *session)
{
  if (session->job == NULL)
    return;
  g_signal_handlers_disconnect_by_data (session->job, session);
  ple_job_cancel (session->job);
  g_clear_object (&session->job);
}

/* Tells the tasks that their results are not wanted any more. */
static void
renew (GCancellable **cancellable)
{
  g_cancellable_cancel (*cancellable);
  g_object_unref (*cancellable);
  *cancellable = g_cancellable_new ();
}

void
ple_session_drop_run (PleSession *session)
{
  renew (&session->run_cancellable);
  g_clear_handle_id (&session->metrics_source, g_source_remove);
  if (session->curation != NULL)
    {
      g_signal_handlers_disconnect_by_data (session->curation, session);
      ple_curation_close (session->curation);
      g_clear_object (&session->curation);
    }
  g_clear_pointer (&session->run, ple_run_unref);
  ple_session_set_layout (session, NULL, NULL);
  g_clear_pointer (&session->live_labels, ple_labels_unref);
  session->has_metrics = FALSE;
}

void
ple_session_set_layout (PleSession *session, PleMatrix *layout, PlePoints *points)
{
  g_clear_pointer (&session->points, ple_points_unref);
  g_clear_pointer (&session->layout, ple_matrix_unref);
  session->layout = layout;
  session->points = points;
}

void
ple_session_take_recipe (PleSession *session, PleRecipe *recipe, gboolean guess)
{
  g_object_unref (session->recipe);
  session->recipe = recipe;
  session->guess = guess;
}

void
ple_session_drop_all (PleSession *session)
{
  renew (&session->cancellable);
  ple_session_drop_job (session);
  ple_session_drop_run (session);
  g_clear_pointer (&session->index, ple_cluster_index_free);
  g_clear_object (&session->pictures);
  g_clear_object (&session->project);
  g_clear_pointer (&session->dataset, ple_dataset_unref);
  g_clear_pointer (&session->colours, g_free);
  session->n_colours = 0;
  g_array_set_size (session->picked, 0);
  g_array_set_size (session->shown, 0);
  session->scope = PLE_SCOPE_ALL;
}

static void
ple_session_dispose (GObject *object)
{
  PleSession *session = PLE_SESSION (object);

  ple_session_drop_all (session);
  g_clear_object (&session->queue);
  g_clear_object (&session->recipe);
  g_clear_object (&session->selection);
  G_OBJECT_CLASS (ple_session_parent_class)->dispose (object);
}

static void
ple_session_finalize (GObject *object)
{
  PleSession *session = PLE_SESSION (object);

  g_clear_object (&session->cancellable);
  g_clear_object (&session->run_cancellable);
  g_free (session->wanted_run);
  g_array_unref (session->picked);
  g_array_unref (session->shown);
  G_OBJECT_CLASS (ple_session_parent_class)->finalize (object);
}

static guint
new_signal (const char *name)
{
  return g_signal_new (name, PLE_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                       0);
}

static void
ple_session_class_init (PleSessionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = ple_session_dispose;
  object_class->finalize = ple_session_finalize;
  signals[PLE_SESSION_PHASE_CHANGED] = new_signal ("phase-changed");
  signals[PLE_SESSION_RUN_CHANGED] = new_signal ("run-changed");
  signals[PLE_SESSION_LAYOUT_CHANGED] = new_signal ("layout-changed");
  signals[PLE_SESSION_CLUSTERS_CHANGED] = new_signal ("clusters-changed");
  signals[PLE_SESSION_SCOPE_CHANGED] = new_signal ("scope-changed");
  signals[PLE_SESSION_METRICS_CHANGED] = new_signal ("metrics-changed");
  signals[PLE_SESSION_JOB_CHANGED] = new_signal ("job-changed");
  message_signal =
      g_signal_new ("message", PLE_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_BOOLEAN);
}

static void
on_queue_changed (PleSession *session)
{
  ple_session_emit (session, PLE_SESSION_JOB_CHANGED);
}

static void
ple_session_init (PleSession *session)
{
  session->cancellable = g_cancellable_new ();
  session->run_cancellable = g_cancellable_new ();
  session->recipe = ple_recipe_new ();
  session->selection = ple_selection_new ();
  session->queue = ple_job_queue_new ();
  session->picked = g_array_new (FALSE, FALSE, sizeof (guint32));
  session->shown = g_array_new (FALSE, FALSE, sizeof (guint32));
  session->scope = PLE_SCOPE_ALL;
  g_signal_connect_object (session->queue, "changed", G_CALLBACK (on_queue_changed), session,
                           G_CONNECT_SWAPPED);
}

PleSession *
ple_session_new (const PleEnvironment *environment)
{
  PleSession *session = g_object_new (PLE_TYPE_SESSION, NULL);

  session->environment = environment;
  return session;
}

const PleEnvironment *
ple_session_get_environment (PleSession *session)
{
  return session->environment;
}

void
ple_session_report (PleSession *session, const char *text, const GError *error)
{
  g_signal_emit (session, message_signal, 0, text, error != NULL ? error->message : NULL,
                 error != NULL);
}

void
ple_session_set_phase (PleSession *session, PlePhase phase)
{
  session->phase = phase;
  ple_session_emit (session, PLE_SESSION_PHASE_CHANGED);
}

/* Read-outs */

PlePhase
ple_session_get_phase (PleSession *session)
{
  return session->phase;
}

PleDataset *
ple_session_get_dataset (PleSession *session)
{
  return session->dataset;
}

PleProject *
ple_session_get_project (PleSession *session)
{
  return session->project;
}

PleRecipe *
ple_session_get_recipe (PleSession *session)
{
  return session->recipe;
}

gboolean
ple_session_is_guess (PleSession *session)
{
  return session->guess;
}

PleRun *
ple_session_get_run (PleSession *session)
{
  return session->run;
}

PleCuration *
ple_session_get_curation (PleSession *session)
{
  return session->curation;
}

PleSelection *
ple_session_get_selection (PleSession *session)
{
  return session->selection;
}

PlePictureCache *
ple_session_get_pictures (PleSession *session)
{
  return session->pictures;
}

PleJobQueue *
ple_session_get_queue (PleSession *session)
{
  return session->queue;
}

PleJob *
ple_session_get_job (PleSession *session)
{
  return session->job;
}

PleJob *
ple_session_get_shown_job (PleSession *session)
{
  PleJob *current = ple_job_queue_get_current (session->queue);

  return current != NULL ? current : session->job;
}

size_t
ple_session_get_n_items (PleSession *session)
{
  return session->dataset != NULL ? ple_dataset_get_n_items (session->dataset) : 0;
}

PleMatrix *
ple_session_get_layout (PleSession *session)
{
  return session->layout;
}

PlePoints *
ple_session_get_points (PleSession *session)
{
  /* Not while nobody asks: a layout that settles is another several times a second. */
  if (session->points == NULL && session->layout != NULL)
    session->points = ple_points_new (session->layout);
  return session->points;
}

PleClusterIndex *
ple_session_get_index (PleSession *session)
{
  return session->index;
}

const PleMetrics *
ple_session_get_metrics (PleSession *session)
{
  return session->has_metrics ? &session->metrics : NULL;
}
