/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "gui/ple-session.h"

G_BEGIN_DECLS

/* Of the files ple-session*.c only: what they share of the session. */

struct _PleSession
{
  GObject parent_instance;
  const PleEnvironment *environment;
  PlePhase phase;
  GCancellable *cancellable;     /* of tasks on what is open now */
  GCancellable *run_cancellable; /* of tasks on the run that is shown now */

  PleDataset *dataset;
  PleProject *project;
  PleRecipe *recipe;
  gboolean guess;
  PlePictureCache *pictures; /* a decoding thread may hold the last reference */
  PleSelection *selection;
  PleJobQueue *queue;
  PleJob *job;

  PleRun *run;
  char *wanted_run; /* key of the run asked for last */
  PleCuration *curation;
  PleMatrix *layout;
  PlePoints *points;
  PleLabels *live_labels; /* of a job that runs */
  PleClusterIndex *index;
  guint8 *colours;
  size_t n_colours;

  PleMetrics metrics;
  gboolean has_metrics;
  guint metrics_source;

  gint32 scope;
  PleOrder order;
  GArray *picked;
  GArray *shown;
  guint n_busy;
};

/* ple-session.c */

/* The signals without arguments. */
typedef enum
{
  PLE_SESSION_PHASE_CHANGED,
  PLE_SESSION_RUN_CHANGED,
  PLE_SESSION_LAYOUT_CHANGED,
  PLE_SESSION_CLUSTERS_CHANGED,
  PLE_SESSION_SCOPE_CHANGED,
  PLE_SESSION_METRICS_CHANGED,
  PLE_SESSION_JOB_CHANGED,
  PLE_SESSION_N_SIGNALS
} PleSessionSignal;

void ple_session_emit (PleSession *session, PleSessionSignal signal);
void ple_session_set_phase (PleSession *session, PlePhase phase);
/* @recipe: (transfer full) */
void ple_session_take_recipe (PleSession *session, PleRecipe *recipe, gboolean guess);
/* @layout, @points: (transfer full) (nullable): points are made when asked for. No signal. */
void ple_session_set_layout (PleSession *session, PleMatrix *layout, PlePoints *points);
/* The run's job is cancelled and forgotten. */
void ple_session_drop_job (PleSession *session);
/* Lets go of the run that is shown, its decisions and its map; the index stays. */
void ple_session_drop_run (PleSession *session);
/* Back to nothing open. */
void ple_session_drop_all (PleSession *session);

/* ple-session-scope.c */
void ple_session_update_shown (PleSession *session);
/* The same, and says so. */
void ple_session_scope_changed (PleSession *session);

/* ple-session-clusters.c */

/* @again: all colours anew by the map, else only those of new clusters */
void ple_session_update_colours (PleSession *session, gboolean again);
/* Labels, states or names have changed: brings the index up to date and says so. */
void ple_session_clusters_changed (PleSession *session);

/* ple-session-run.c */

/* A run and what the views need beside it; not yet the session's. */
typedef struct
{
  PleRun *run;
  PleClusterIndex *index;
  PlePoints *points;
  PleCuration *curation;
} PleLoadedRun;

void ple_loaded_run_free (gpointer loaded);
/* Reads a finished run and prepares it; any thread. (transfer full) (nullable) */
PleLoadedRun *ple_loaded_run_load (const char *project_path,
                                   PleDataset *dataset,
                                   const char *key,
                                   GError **error);
/* Index and points of ->run, which is there; any thread. */
void ple_loaded_run_prepare (PleLoadedRun *loaded, PleDataset *dataset);
/* @run: (nullable): none while one is made. (transfer full) */
PleClusterIndex *ple_session_make_index (PleDataset *dataset, PleRun *run);
/* The decisions on the run. Those on another one must have been closed. */
gboolean ple_session_open_curation (PleSession *session, PleLoadedRun *loaded, GError **error);
/* Shows it; empties @loaded. */
void ple_session_adopt (PleSession *session, PleLoadedRun *loaded);

/* ple-session-job.c */
void ple_session_job_moved (PleSession *session);

G_END_DECLS
