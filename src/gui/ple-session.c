/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-session.h"

#include "base/ple-rng.h"
#include "gui/ple-thumbnail-loader.h"
#include "linalg/ple-lloyd.h"

#include <glib/gi18n.h>
#include <string.h>

/* Scores are computed this long after the last edit of a burst. */
#define METRICS_DELAY_MS 60
#define PICTURE_BYTES ((size_t) 256 << 20)

struct _PleSession
{
  GObject parent_instance;
  const PleEnvironment *environment;
  PlePhase phase;
  GCancellable *cancellable; /* of tasks on what is open now */

  PleDataset *dataset;
  PleProject *project;
  PleRecipe *recipe;
  gboolean guess;
  PlePictureCache *pictures;
  PleSelection *selection;
  PleJobQueue *queue;
  PleJob *job;

  PleRun *run;
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

enum
{
  PHASE_CHANGED,
  LAYOUT_CHANGED,
  CLUSTERS_CHANGED,
  SCOPE_CHANGED,
  METRICS_CHANGED,
  JOB_CHANGED,
  MESSAGE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (PleSession, ple_session, G_TYPE_OBJECT)

static void on_curation_changed (PleSession *session);
static void on_curation_failed (PleSession *session, const char *message);

/* Thumbnails outlive the session's interest in them: a decoding thread may hold the last reference.
 */
static void
drop_job (PleSession *session)
{
  if (session->job == NULL)
    return;
  g_signal_handlers_disconnect_by_data (session->job, session);
  ple_job_cancel (session->job);
  g_clear_object (&session->job);
}

static void
drop_run (PleSession *session)
{
  g_clear_handle_id (&session->metrics_source, g_source_remove);
  if (session->curation != NULL)
    {
      g_signal_handlers_disconnect_by_data (session->curation, session);
      ple_curation_close (session->curation);
      g_clear_object (&session->curation);
    }
  g_clear_pointer (&session->run, ple_run_unref);
  g_clear_pointer (&session->points, ple_points_unref);
  g_clear_pointer (&session->layout, ple_matrix_unref);
  g_clear_pointer (&session->live_labels, ple_labels_unref);
  session->has_metrics = FALSE;
}

static void
drop_all (PleSession *session)
{
  g_cancellable_cancel (session->cancellable);
  g_clear_object (&session->cancellable);
  session->cancellable = g_cancellable_new ();
  drop_job (session);
  drop_run (session);
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

  drop_all (session);
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
  signals[PHASE_CHANGED] = new_signal ("phase-changed");
  signals[LAYOUT_CHANGED] = new_signal ("layout-changed");
  signals[CLUSTERS_CHANGED] = new_signal ("clusters-changed");
  signals[SCOPE_CHANGED] = new_signal ("scope-changed");
  signals[METRICS_CHANGED] = new_signal ("metrics-changed");
  signals[JOB_CHANGED] = new_signal ("job-changed");
  signals[MESSAGE] =
      g_signal_new ("message", PLE_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_BOOLEAN);
}

static void
on_queue_changed (PleSession *session)
{
  g_signal_emit (session, signals[JOB_CHANGED], 0);
}

static void
ple_session_init (PleSession *session)
{
  session->cancellable = g_cancellable_new ();
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
  g_signal_emit (session, signals[MESSAGE], 0, text, error != NULL ? error->message : NULL,
                 error != NULL);
}

static void
set_phase (PleSession *session, PlePhase phase)
{
  session->phase = phase;
  g_signal_emit (session, signals[PHASE_CHANGED], 0);
}

/* Scope */

static void
update_shown (PleSession *session)
{
  size_t n = 0;
  const guint32 *items = NULL;

  g_array_set_size (session->shown, 0);
  if (session->index == NULL)
    return;
  if (session->scope >= (gint32) ple_cluster_index_get_n_ids (session->index))
    session->scope = PLE_SCOPE_ALL;
  if (session->scope == PLE_SCOPE_ALL)
    for (guint32 i = 0; i < ple_session_get_n_items (session); i++)
      g_array_append_val (session->shown, i);
  else
    {
      if (session->scope == PLE_SCOPE_PICKED)
        {
          items = (const guint32 *) session->picked->data;
          n = session->picked->len;
        }
      else
        items = ple_cluster_index_get_members (session->index, session->scope, &n);
      if (n > 0)
        g_array_append_vals (session->shown, items, (guint) n);
    }
  /* Without clusters nothing is more typical than anything else. */
  if (ple_cluster_index_get_n_ids (session->index) > 0 &&
      !(session->scope == PLE_SCOPE_ALL && session->order <= PLE_ORDER_EDGE))
    ple_cluster_index_sort (session->index, (guint32 *) session->shown->data, session->shown->len,
                            session->order, 1);
}

static void
scope_changed (PleSession *session)
{
  update_shown (session);
  g_signal_emit (session, signals[SCOPE_CHANGED], 0);
}

gint32
ple_session_get_scope (PleSession *session)
{
  return session->scope;
}

PleOrder
ple_session_get_order (PleSession *session)
{
  return session->order;
}

void
ple_session_set_order (PleSession *session, PleOrder order)
{
  if (session->order == order)
    return;
  session->order = order;
  scope_changed (session);
}

void
ple_session_set_scope (PleSession *session, gint32 scope)
{
  if (session->scope == scope)
    return;
  session->scope = scope;
  scope_changed (session);
}

void
ple_session_pick (PleSession *session, const guint32 *items, size_t n)
{
  g_array_set_size (session->picked, 0);
  if (n > 0)
    g_array_append_vals (session->picked, items, (guint) n);
  session->scope = PLE_SCOPE_PICKED;
  scope_changed (session);
}

const guint32 *
ple_session_get_shown (PleSession *session, size_t *n)
{
  *n = session->shown->len;
  return (const guint32 *) session->shown->data;
}

void
ple_session_select_cluster (PleSession *session, gint32 id)
{
  const guint32 *members;
  size_t n;

  if (session->index == NULL || id < PLE_GROUP_EXCLUDED ||
      id >= (gint32) ple_cluster_index_get_n_ids (session->index))
    return;
  ple_session_set_scope (session, id);
  members = ple_cluster_index_get_members (session->index, id, &n);
  ple_selection_apply (session->selection, members, n, PLE_SELECT_REPLACE);
  if (session->shown->len > 0)
    ple_selection_set_focus (session->selection, g_array_index (session->shown, guint32, 0));
}

/* Clusters */

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

static void
update_colours (PleSession *session, gboolean again)
{
  size_t n_ids = count_ids (session);
  size_t first = again ? 0 : session->n_colours;

  session->colours = g_renew (guint8, session->colours, MAX (n_ids, 1));
  if (again && session->points != NULL && ple_session_get_labels (session) != NULL && n_ids > 0)
    {
      ple_palette_assign (session->points, ple_session_get_labels (session), n_ids,
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
  g_signal_emit (session, signals[METRICS_CHANGED], 0);
}

static gboolean
start_metrics (gpointer data)
{
  PleSession *session = data;
  g_autoptr (GTask) task = g_task_new (session, session->cancellable, on_metrics_computed, NULL);

  session->metrics_source = 0;
  g_task_set_task_data (task, ple_cluster_index_dup_confusion (session->index),
                        (GDestroyNotify) ple_confusion_free);
  g_task_run_in_thread (task, compute_metrics);
  return G_SOURCE_REMOVE;
}

static void
clusters_changed (PleSession *session)
{
  if (session->index == NULL || ple_session_get_labels (session) == NULL)
    return;
  ple_cluster_index_update (session->index, ple_session_get_labels (session),
                            ple_session_get_states (session), count_ids (session));
  update_colours (session, FALSE);
  update_shown (session);
  g_clear_handle_id (&session->metrics_source, g_source_remove);
  session->metrics_source = g_timeout_add (METRICS_DELAY_MS, start_metrics, session);
  g_signal_emit (session, signals[CLUSTERS_CHANGED], 0);
  g_signal_emit (session, signals[SCOPE_CHANGED], 0);
}

static void
on_curation_changed (PleSession *session)
{
  clusters_changed (session);
}

static void
on_curation_failed (PleSession *session, const char *message)
{
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, message);

  ple_session_report (session, _ ("A decision could not be written to disk"), error);
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

/* Takes a finished run over: the index and the journal are opened on a thread, the rest is cheap.
 */

typedef struct
{
  PleRun *run;
  PleClusterIndex *index;
  PlePoints *points;
  PleCuration *curation;
} Loaded;

static void
loaded_free (gpointer data)
{
  Loaded *loaded = data;

  g_clear_pointer (&loaded->run, ple_run_unref);
  g_clear_pointer (&loaded->index, ple_cluster_index_free);
  g_clear_pointer (&loaded->points, ple_points_unref);
  g_clear_object (&loaded->curation);
  g_free (loaded);
}

static PleClusterIndex *
make_index (PleDataset *dataset, PleRun *run)
{
  PleClusterIndex *index = ple_cluster_index_new (
      run != NULL ? run->features : NULL, run != NULL ? run->confidence : NULL,
      ple_dataset_get_labels (dataset), ple_dataset_get_n_items (dataset));

  if (run != NULL)
    ple_cluster_index_update (index, run->labels->data, NULL, run->n_clusters);
  return index;
}

/* What the views need beside the run itself; on the worker's thread. */
static void
prepare (Loaded *loaded, PleDataset *dataset)
{
  loaded->index = make_index (dataset, loaded->run);
  if (loaded->run->xy != NULL)
    loaded->points = ple_points_new (loaded->run->xy);
}

static void
adopt (PleSession *session, Loaded *loaded)
{
  drop_run (session);
  g_clear_pointer (&session->index, ple_cluster_index_free);
  session->run = g_steal_pointer (&loaded->run);
  session->index = g_steal_pointer (&loaded->index);
  session->curation = g_steal_pointer (&loaded->curation);
  session->layout = ple_matrix_ref (session->run->xy);
  session->points = g_steal_pointer (&loaded->points);
  g_signal_connect_object (session->curation, "changed", G_CALLBACK (on_curation_changed), session,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session->curation, "failed", G_CALLBACK (on_curation_failed), session,
                           G_CONNECT_SWAPPED);
  update_colours (session, TRUE);
  g_signal_emit (session, signals[LAYOUT_CHANGED], 0);
  clusters_changed (session);
}

/* A damaged journal was set aside under another name: the person is told, and a new one begun. */
static gboolean
open_curation (PleSession *session, Loaded *loaded, GError **error)
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

/* Job of a run */

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
  Loaded *loaded = g_new0 (Loaded, 1);

  loaded->run =
      ple_pipeline_run (order->project_path, order->dataset, order->recipe, progress, error);
  if (loaded->run == NULL)
    {
      loaded_free (loaded);
      return NULL;
    }
  prepare (loaded, order->dataset);
  return loaded;
}

static void
on_job_updated (PleSession *session)
{
  g_signal_emit (session, signals[JOB_CHANGED], 0);
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
      gboolean first = session->points == NULL;

      g_clear_pointer (&session->points, ple_points_unref);
      g_clear_pointer (&session->layout, ple_matrix_unref);
      session->layout = ple_matrix_new_with_owner (n_rows, 2, (float *) data, g_bytes_ref (values),
                                                   (GDestroyNotify) g_bytes_unref);
      session->points = ple_points_new (session->layout);
      if (first)
        update_colours (session, TRUE);
      g_signal_emit (session, signals[LAYOUT_CHANGED], 0);
    }
  else if (g_str_equal (topic, "labels") && size == n_rows * sizeof (gint32) &&
           session->curation == NULL)
    {
      gboolean first = session->live_labels == NULL;

      g_clear_pointer (&session->live_labels, ple_labels_unref);
      session->live_labels = ple_labels_new (ple_session_get_n_items (session));
      memcpy (session->live_labels->data, data, size);
      update_colours (session, first);
      clusters_changed (session);
    }
}

static void
on_job_finished (PleSession *session, PleJob *job)
{
  g_autoptr (GError) error = NULL;
  Loaded *loaded;

  if (ple_job_get_state (job) == PLE_JOB_FAILED)
    ple_session_report (session, _ ("The run failed"), ple_job_get_error (job));
  loaded = ple_job_take_result (job);
  if (loaded == NULL)
    {
      g_signal_emit (session, signals[JOB_CHANGED], 0);
      return;
    }
  if (open_curation (session, loaded, &error) &&
      ple_project_set_current_run (session->project, loaded->run->key, &error))
    adopt (session, loaded);
  else
    ple_session_report (session, _ ("The run is finished but cannot be shown"), error);
  loaded_free (loaded);
  g_signal_emit (session, signals[JOB_CHANGED], 0);
}

static void
start_job (PleSession *session, PleRecipe *recipe)
{
  RunOrder *order = g_new0 (RunOrder, 1);
  g_autofree char *title = NULL;

  drop_job (session);
  drop_run (session);
  order->project_path = g_strdup (ple_project_get_path (session->project));
  order->dataset = ple_dataset_ref (session->dataset);
  order->recipe = ple_recipe_copy (recipe);
  title = g_strdup_printf ("%s, %s", ple_project_get_title (session->project),
                           _ (ple_recipe_get_method (recipe)->title));
  session->job = ple_job_new (title, run_pipeline, order, run_order_free, loaded_free);
  g_signal_connect_object (session->job, "updated", G_CALLBACK (on_job_updated), session,
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
  session->index = make_index (session->dataset, NULL);
  start_job (session, session->recipe);
  set_phase (session, PLE_PHASE_PROJECT);
  scope_changed (session);
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
    set_phase (session, PLE_PHASE_IMPORT);
}

/* Splitting */

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
  g_signal_emit (session, signals[JOB_CHANGED], 0);
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
  task = g_task_new (session, session->cancellable, on_split, NULL);
  g_task_set_task_data (task, split, split_free);
  session->n_busy++;
  g_task_run_in_thread (task, split_in_thread);
  g_signal_emit (session, signals[JOB_CHANGED], 0);
  return TRUE;
}

gboolean
ple_session_is_busy (PleSession *session)
{
  return session->n_busy > 0;
}

/* Exporting: a worker writes a snapshot of the decisions while the person goes on. */

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
  g_signal_emit (session, signals[JOB_CHANGED], 0);
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
  g_signal_connect_object (job, "updated", G_CALLBACK (on_job_updated), session, G_CONNECT_SWAPPED);
  g_signal_connect_object (job, "finished", G_CALLBACK (on_export_finished), session,
                           G_CONNECT_SWAPPED);
  ple_job_queue_push (session->queue, job);
  return TRUE;
}

/* Opening */

typedef struct
{
  char *path;
  const PleEnvironment *environment;
  PleProgress *progress;
  PleDataset *dataset;
  PleProject *project;
  Loaded *loaded;
} Opening;

static void
opening_free (gpointer data)
{
  Opening *opening = data;

  g_free (opening->path);
  ple_progress_unref (opening->progress);
  g_clear_pointer (&opening->dataset, ple_dataset_unref);
  g_clear_object (&opening->project);
  g_clear_pointer (&opening->loaded, loaded_free);
  g_free (opening);
}

/* The run shown last, or the newest; none is no error. */
static gboolean
load_current_run (Opening *opening, GError **error)
{
  g_auto (GStrv) keys = ple_project_list_runs (opening->project);
  const char *current = ple_project_get_current_run (opening->project);
  const char *key = NULL;

  for (size_t i = 0; keys[i] != NULL; i++)
    if (key == NULL || !g_str_equal (key, current))
      key = keys[i];
  opening->loaded = g_new0 (Loaded, 1);
  if (key == NULL)
    return TRUE;
  opening->loaded->run =
      ple_run_load (ple_project_get_path (opening->project), opening->dataset, key, error);
  if (opening->loaded->run == NULL)
    return FALSE;
  prepare (opening->loaded, opening->dataset);
  return TRUE;
}

static void
open_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Opening *opening = data;
  GError *error = NULL;

  if (ple_project_is_project (opening->path))
    {
      opening->project =
          ple_project_open (opening->path, opening->environment, opening->progress, &error);
      if (opening->project != NULL)
        {
          opening->dataset = ple_dataset_ref (ple_project_get_dataset (opening->project));
          load_current_run (opening, &error);
        }
    }
  else
    opening->dataset = ple_dataset_open (opening->path, NULL, opening->progress, &error);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void
take_dataset (PleSession *session, Opening *opening)
{
  session->dataset = g_steal_pointer (&opening->dataset);
  session->project = g_steal_pointer (&opening->project);
  if (ple_dataset_has_pictures (session->dataset))
    session->pictures = ple_picture_cache_new (
        ple_thumbnail_loader_load,
        ple_thumbnail_loader_new (session->dataset, session->environment->cache_dir),
        ple_thumbnail_loader_unref, PICTURE_BYTES);
  session->order = PLE_ORDER_CENTRE;
  ple_selection_reset (session->selection, ple_dataset_get_n_items (session->dataset));
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer data)
{
  PleSession *session = PLE_SESSION (source);
  Opening *opening = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    {
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
      set_phase (session, PLE_PHASE_WELCOME);
      ple_session_report (session, _ ("This cannot be opened"), error);
      return;
    }
  take_dataset (session, opening);
  if (opening->loaded != NULL && opening->loaded->run != NULL)
    {
      if (!open_curation (session, opening->loaded, &error))
        {
          drop_all (session);
          set_phase (session, PLE_PHASE_WELCOME);
          ple_session_report (session, _ ("The decisions of this project cannot be opened"), error);
          return;
        }
      adopt (session, opening->loaded);
      g_object_unref (session->recipe);
      session->recipe = ple_recipe_copy (session->run->recipe);
      session->guess = FALSE;
      set_phase (session, PLE_PHASE_PROJECT);
    }
  else
    {
      session->index = make_index (session->dataset, NULL);
      g_object_unref (session->recipe);
      session->recipe = ple_recipe_new ();
      ple_recipe_adapt (session->recipe, session->dataset, &session->guess);
      set_phase (session, PLE_PHASE_IMPORT);
    }
  scope_changed (session);
}

static void
on_open_cancelled (GCancellable *cancellable, PleProgress *progress)
{
  ple_progress_cancel (progress);
}

void
ple_session_open (PleSession *session, const char *path)
{
  Opening *opening = g_new0 (Opening, 1);
  g_autoptr (GTask) task = NULL;

  drop_all (session);
  ple_selection_reset (session->selection, 0);
  set_phase (session, PLE_PHASE_OPENING);

  opening->path = g_strdup (path);
  opening->environment = session->environment;
  opening->progress = ple_progress_new (NULL, NULL, 0);
  g_cancellable_connect (session->cancellable, G_CALLBACK (on_open_cancelled),
                         ple_progress_ref (opening->progress), (GDestroyNotify) ple_progress_unref);
  task = g_task_new (session, session->cancellable, on_opened, NULL);
  g_task_set_task_data (task, opening, opening_free);
  g_task_run_in_thread (task, open_in_thread);
}

void
ple_session_close (PleSession *session)
{
  drop_all (session);
  ple_selection_reset (session->selection, 0);
  set_phase (session, PLE_PHASE_WELCOME);
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
