/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-job.h"
#include "gui/ple-picture-cache.h"
#include "gui/ple-selection.h"
#include "plot/ple-palette.h"
#include "project/ple-cluster-index.h"
#include "project/ple-pipeline.h"

G_BEGIN_DECLS

/**
 * PleSession:
 *
 * What a window is about: the data set, its project, the run that is shown, the person's decisions,
 * the selection and the scope. Views listen to it and never to each other; commands act on it. It
 * computes nothing: what takes long is a job or a task on a thread.
 *
 * Signals:
 * "phase-changed": see #PlePhase
 * "run-changed": another run is shown, or none
 * "layout-changed": ple_session_get_points() is another, possibly while it settles
 * "clusters-changed": labels, states or names have changed; the cluster index is up to date
 * "scope-changed": the set of pictures that the grid shows
 * "metrics-changed": new scores
 * "job-changed": ple_session_get_job() has moved on
 * "message" (const char *text, const char *detail or NULL, gboolean is_error): for the person
 */
#define PLE_TYPE_SESSION (ple_session_get_type ())
G_DECLARE_FINAL_TYPE (PleSession, ple_session, PLE, SESSION, GObject)

typedef enum
{
  PLE_PHASE_WELCOME,
  PLE_PHASE_OPENING, /* listing files */
  PLE_PHASE_IMPORT,  /* the recipe is being chosen */
  PLE_PHASE_PROJECT, /* there is a project; a run, or the job that makes it */
} PlePhase;

/* The scope when it is no cluster. */
#define PLE_SCOPE_ALL -3
#define PLE_SCOPE_PICKED -4

PleSession *ple_session_new (const PleEnvironment *environment);
const PleEnvironment *ple_session_get_environment (PleSession *session);

PlePhase ple_session_get_phase (PleSession *session);
/* A folder, file or project; "sample:N:SEED" for the built-in pictures. Leaves what was open. */
void ple_session_open (PleSession *session, const char *path);
/* Back to the welcome page; a running job is cancelled. */
void ple_session_close (PleSession *session);
/* From the project back to the recipe, for another run on the same pictures. */
void ple_session_prepare_run (PleSession *session);
/* Starts a run by the recipe. FALSE if there is nothing to run on. */
gboolean ple_session_start (PleSession *session, GError **error);
/* The failed or cancelled run again. */
void ple_session_retry (PleSession *session);
/**
 * ple_session_show_run:
 * @key: of a finished run of the project
 *
 * Shows another run with the decisions that were made on it; those on the present one are kept with
 * that one. The selection stays, since pictures are the same in all runs. The run is read on a
 * thread; if it cannot be shown the present one stays and "message" says why.
 *
 * Returns: %FALSE if there is no such run, or one is being made
 */
gboolean ple_session_show_run (PleSession *session, const char *key, GError **error);

/* Splits the selection into that many new clusters by k-means on the features, on a thread. One
 * step of undo. */
gboolean ple_session_split (PleSession *session, int n_parts, GError **error);
/* Writes what is decided now, as a job; "message" says when it is done. See ple_export() for the
 * kinds. */
gboolean
ple_session_export (PleSession *session, const char *kind, const char *path, GError **error);
/* Whether a split or the reading of another run is under way. */
gboolean ple_session_is_busy (PleSession *session);

/* All (transfer none); %NULL while there is none. */
PleDataset *ple_session_get_dataset (PleSession *session);
PleProject *ple_session_get_project (PleSession *session);
PleRecipe *ple_session_get_recipe (PleSession *session);
/* Whether num_clusters of the recipe is a guess. */
gboolean ple_session_is_guess (PleSession *session);
PleRun *ple_session_get_run (PleSession *session);
PleCuration *ple_session_get_curation (PleSession *session);
PleSelection *ple_session_get_selection (PleSession *session);
/* Small pictures, shared by all views; %NULL without pictures. */
PlePictureCache *ple_session_get_pictures (PleSession *session);
PleJobQueue *ple_session_get_queue (PleSession *session);
/* The run's job, running or ended. */
PleJob *ple_session_get_job (PleSession *session);
/* What the ring shows: whatever runs now, else the run's job. */
PleJob *ple_session_get_shown_job (PleSession *session);

size_t ple_session_get_n_items (PleSession *session);
/* The map, sorted into cells; %NULL before there is one. While a job runs it settles. */
PlePoints *ple_session_get_points (PleSession *session);
/* (n_items, 2) of the same. (transfer none) (nullable) */
PleMatrix *ple_session_get_layout (PleSession *session);
/* Clusters as they are now; while a job runs those that it reports. Never %NULL in the phases
 * import and project. */
PleClusterIndex *ple_session_get_index (PleSession *session);
const gint32 *ple_session_get_labels (PleSession *session);
/* %NULL before there is a curation. */
const guint8 *ple_session_get_states (PleSession *session);
/* Of a cluster for display: its name, or "Cluster 12". (transfer full) */
char *ple_session_dup_cluster_name (PleSession *session, gint32 id);
/* Colour of each cluster as an index of the palette, by id; neighbours on the map differ. */
const guint8 *ple_session_get_cluster_colours (PleSession *session);

/* Scores of all items as they are now; %NULL before there are any. */
const PleMetrics *ple_session_get_metrics (PleSession *session);

/* A cluster id, PLE_GROUP_NONE, PLE_GROUP_EXCLUDED, PLE_SCOPE_ALL or PLE_SCOPE_PICKED. */
gint32 ple_session_get_scope (PleSession *session);
PleOrder ple_session_get_order (PleSession *session);
void ple_session_set_order (PleSession *session, PleOrder order);
/* Shows a cluster, or all. */
void ple_session_set_scope (PleSession *session, gint32 scope);
/* Shows these, such as what a lasso has caught. */
void ple_session_pick (PleSession *session, const guint32 *items, size_t n);
/* The pictures of the scope in its order. (transfer none) (array length=n): valid until
 * "scope-changed" */
const guint32 *ple_session_get_shown (PleSession *session, size_t *n);
/* Selects the members of a cluster and shows them. */
void ple_session_select_cluster (PleSession *session, gint32 id);

void ple_session_report (PleSession *session, const char *text, const GError *error);

G_END_DECLS
