/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-job.h"

#include <math.h>
#include <pthread.h>

/* What the worker writes and the main thread takes over, under one lock. */
typedef struct
{
  pthread_mutex_t lock;
  gboolean pending; /* an idle source is on its way */
  double fraction;
  char *stage;
  char *detail;
  GPtrArray *points;    /* of NewPoint, not yet taken over */
  GPtrArray *warnings;  /* likewise, of char */
  GPtrArray *published; /* likewise, of Published; one per topic */
} Mailbox;

typedef struct
{
  char *series;
  PleJobPoint point;
} NewPoint;

typedef struct
{
  char *topic;
  GBytes *values;
  guint64 n_rows;
} Published;

struct _PleJob
{
  GObject parent_instance;
  char *title;
  PleJobFunc func;
  gpointer data;
  GDestroyNotify data_free;
  GDestroyNotify result_free;
  PleProgress *progress;
  GMainContext *context;
  Mailbox mailbox;

  /* Main thread only. */
  PleJobState state;
  double fraction;
  char *stage;
  char *detail;
  gint64 started;
  gint64 pause_began;
  gint64 paused_total;
  gint64 ended;
  GPtrArray *series_names;
  GHashTable *series; /* name -> GArray of PleJobPoint */
  GPtrArray *warnings;
  GString *log;
  GError *error;
  gpointer result;
};

enum
{
  UPDATED,
  PUBLISHED,
  FINISHED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (PleJob, ple_job, G_TYPE_OBJECT)

static void
new_point_free (gpointer data)
{
  NewPoint *point = data;

  g_free (point->series);
  g_free (point);
}

static void
published_free (gpointer data)
{
  Published *published = data;

  g_free (published->topic);
  g_bytes_unref (published->values);
  g_free (published);
}

static void
ple_job_finalize (GObject *object)
{
  PleJob *job = PLE_JOB (object);

  if (job->result != NULL && job->result_free != NULL)
    job->result_free (job->result);
  if (job->data_free != NULL)
    job->data_free (job->data);
  ple_progress_unref (job->progress);
  g_main_context_unref (job->context);
  pthread_mutex_destroy (&job->mailbox.lock);
  g_free (job->mailbox.stage);
  g_free (job->mailbox.detail);
  g_ptr_array_unref (job->mailbox.points);
  g_ptr_array_unref (job->mailbox.warnings);
  g_ptr_array_unref (job->mailbox.published);
  g_free (job->title);
  g_free (job->stage);
  g_free (job->detail);
  g_ptr_array_unref (job->series_names);
  g_hash_table_unref (job->series);
  g_ptr_array_unref (job->warnings);
  g_string_free (job->log, TRUE);
  g_clear_error (&job->error);
  G_OBJECT_CLASS (ple_job_parent_class)->finalize (object);
}

static void
ple_job_class_init (PleJobClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ple_job_finalize;
  signals[UPDATED] =
      g_signal_new ("updated", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[PUBLISHED] = g_signal_new ("published", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                     G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_BYTES, G_TYPE_UINT64);
  signals[FINISHED] =
      g_signal_new ("finished", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
ple_job_init (PleJob *job)
{
  pthread_mutex_init (&job->mailbox.lock, NULL);
  job->mailbox.points = g_ptr_array_new_with_free_func (new_point_free);
  job->mailbox.warnings = g_ptr_array_new_with_free_func (g_free);
  job->mailbox.published = g_ptr_array_new_with_free_func (published_free);
  job->series_names = g_ptr_array_new_with_free_func (g_free);
  job->series =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_array_unref);
  job->warnings = g_ptr_array_new_with_free_func (g_free);
  job->log = g_string_new (NULL);
}

static void
append_log (PleJob *job, const char *line)
{
  g_string_append_printf (job->log, "%8.2f  %s\n", ple_job_get_elapsed (job), line);
}

static void
take_point (PleJob *job, const NewPoint *new_point)
{
  GArray *curve = g_hash_table_lookup (job->series, new_point->series);

  if (curve == NULL)
    {
      char *name = g_strdup (new_point->series);

      g_ptr_array_add (job->series_names, name);
      curve = g_array_new (FALSE, FALSE, sizeof (PleJobPoint));
      g_hash_table_insert (job->series, name, curve);
    }
  g_array_append_val (curve, new_point->point);
}

/* Takes over what the worker has left, and tells. */
static void
collect (PleJob *job)
{
  Mailbox *mailbox = &job->mailbox;
  g_autoptr (GPtrArray) points = NULL;
  g_autoptr (GPtrArray) warnings = NULL;
  g_autoptr (GPtrArray) published = NULL;

  pthread_mutex_lock (&mailbox->lock);
  mailbox->pending = FALSE;
  job->fraction = mailbox->fraction;
  if (mailbox->stage != NULL && g_strcmp0 (mailbox->stage, job->stage) != 0)
    {
      g_free (job->stage);
      job->stage = g_strdup (mailbox->stage);
      append_log (job, job->stage);
    }
  g_free (job->detail);
  job->detail = g_strdup (mailbox->detail);
  points = g_steal_pointer (&mailbox->points);
  warnings = g_steal_pointer (&mailbox->warnings);
  published = g_steal_pointer (&mailbox->published);
  mailbox->points = g_ptr_array_new_with_free_func (new_point_free);
  mailbox->warnings = g_ptr_array_new_with_free_func (g_free);
  mailbox->published = g_ptr_array_new_with_free_func (published_free);
  pthread_mutex_unlock (&mailbox->lock);

  for (guint i = 0; i < points->len; i++)
    take_point (job, g_ptr_array_index (points, i));
  for (guint i = 0; i < warnings->len; i++)
    {
      const char *message = g_ptr_array_index (warnings, i);

      append_log (job, message);
      g_ptr_array_add (job->warnings, g_strdup (message));
    }
  g_signal_emit (job, signals[UPDATED], 0);
  for (guint i = 0; i < published->len; i++)
    {
      Published *frame = g_ptr_array_index (published, i);

      g_signal_emit (job, signals[PUBLISHED], 0, frame->topic, frame->values, frame->n_rows);
    }
}

static gboolean
on_idle (gpointer data)
{
  collect (data);
  return G_SOURCE_REMOVE;
}

/* Under the lock: sees to it that collect() will run. */
static void
wake_main (PleJob *job)
{
  GSource *source;

  if (job->mailbox.pending)
    return;
  job->mailbox.pending = TRUE;
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT_IDLE);
  g_source_set_callback (source, on_idle, g_object_ref (job), g_object_unref);
  g_source_attach (source, job->context);
  g_source_unref (source);
}

static void
on_report (gpointer data, double fraction, const char *stage, const char *detail)
{
  PleJob *job = data;
  Mailbox *mailbox = &job->mailbox;

  pthread_mutex_lock (&mailbox->lock);
  mailbox->fraction = fraction;
  if (g_strcmp0 (stage, mailbox->stage) != 0)
    {
      g_free (mailbox->stage);
      mailbox->stage = g_strdup (stage);
    }
  g_free (mailbox->detail);
  mailbox->detail = g_strdup (detail);
  wake_main (job);
  pthread_mutex_unlock (&mailbox->lock);
}

static void
on_value (gpointer data, const char *series, double x, double y)
{
  PleJob *job = data;
  NewPoint *new_point = g_new (NewPoint, 1);

  new_point->series = g_strdup (series);
  new_point->point = (PleJobPoint){ x, y };
  pthread_mutex_lock (&job->mailbox.lock);
  g_ptr_array_add (job->mailbox.points, new_point);
  wake_main (job);
  pthread_mutex_unlock (&job->mailbox.lock);
}

static void
on_publish (gpointer data, const char *topic, gconstpointer values, size_t n_rows, size_t row_bytes)
{
  PleJob *job = data;
  GPtrArray *published;
  Published *frame = g_new (Published, 1);

  frame->topic = g_strdup (topic);
  frame->values = g_bytes_new (values, n_rows * row_bytes);
  frame->n_rows = n_rows;
  pthread_mutex_lock (&job->mailbox.lock);
  /* Only the newest of a topic is of use. */
  published = job->mailbox.published;
  for (guint i = 0; i < published->len; i++)
    if (g_str_equal (((Published *) g_ptr_array_index (published, i))->topic, topic))
      {
        g_ptr_array_remove_index (published, i);
        break;
      }
  g_ptr_array_add (published, frame);
  wake_main (job);
  pthread_mutex_unlock (&job->mailbox.lock);
}

static void
on_warning (gpointer data, const char *message)
{
  PleJob *job = data;

  pthread_mutex_lock (&job->mailbox.lock);
  g_ptr_array_add (job->mailbox.warnings, g_strdup (message));
  wake_main (job);
  pthread_mutex_unlock (&job->mailbox.lock);
}

static const PleProgressSink job_sink = {
  .report = on_report,
  .value = on_value,
  .publish = on_publish,
  .warning = on_warning,
};

PleJob *
ple_job_new (const char *title,
             PleJobFunc func,
             gpointer data,
             GDestroyNotify data_free,
             GDestroyNotify result_free)
{
  PleJob *job = g_object_new (PLE_TYPE_JOB, NULL);

  job->title = g_strdup (title);
  job->func = func;
  job->data = data;
  job->data_free = data_free;
  job->result_free = result_free;
  job->progress = ple_progress_new (&job_sink, job, 0);
  job->context = g_main_context_ref_thread_default ();
  return job;
}

static void
run_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  PleJob *job = source;
  GError *error = NULL;
  gpointer result = NULL;

  if (ple_progress_check (job->progress, &error))
    result = job->func (job->progress, job->data, &error);
  if (error != NULL)
    {
      if (result != NULL && job->result_free != NULL)
        job->result_free (result);
      g_task_return_error (task, error);
    }
  else
    g_task_return_pointer (task, result, job->result_free);
}

static void
on_done (GObject *source, GAsyncResult *async_result, gpointer data)
{
  PleJob *job = PLE_JOB (source);

  ple_job_set_paused (job, FALSE);
  job->result = g_task_propagate_pointer (G_TASK (async_result), &job->error);
  job->ended = g_get_monotonic_time ();
  if (job->error == NULL)
    {
      job->state = PLE_JOB_DONE;
      pthread_mutex_lock (&job->mailbox.lock);
      job->mailbox.fraction = 1;
      pthread_mutex_unlock (&job->mailbox.lock);
    }
  else if (g_error_matches (job->error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    job->state = PLE_JOB_CANCELLED;
  else
    {
      job->state = PLE_JOB_FAILED;
      append_log (job, job->error->message);
    }
  collect (job);
  g_signal_emit (job, signals[FINISHED], 0);
}

void
ple_job_set_n_threads (PleJob *job, guint n_threads)
{
  g_return_if_fail (job->state == PLE_JOB_QUEUED);
  ple_progress_set_n_threads (job->progress, n_threads);
}

void
ple_job_start (PleJob *job)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (job->state == PLE_JOB_QUEUED);
  job->state = PLE_JOB_RUNNING;
  job->started = g_get_monotonic_time ();
  task = g_task_new (job, NULL, on_done, NULL);
  g_task_run_in_thread (task, run_in_thread);
  g_signal_emit (job, signals[UPDATED], 0);
}

void
ple_job_cancel (PleJob *job)
{
  if (ple_job_is_over (job))
    return;
  ple_progress_cancel (job->progress);
  if (job->state == PLE_JOB_QUEUED)
    {
      job->state = PLE_JOB_CANCELLED;
      g_signal_emit (job, signals[UPDATED], 0);
      g_signal_emit (job, signals[FINISHED], 0);
    }
}

void
ple_job_set_paused (PleJob *job, gboolean paused)
{
  gint64 now = g_get_monotonic_time ();

  if (paused && job->state == PLE_JOB_RUNNING)
    {
      job->state = PLE_JOB_PAUSED;
      job->pause_began = now;
    }
  else if (!paused && job->state == PLE_JOB_PAUSED)
    {
      job->state = PLE_JOB_RUNNING;
      job->paused_total += now - job->pause_began;
    }
  else
    return;
  ple_progress_set_paused (job->progress, paused);
  g_signal_emit (job, signals[UPDATED], 0);
}

void
ple_job_request_stop (PleJob *job)
{
  if (ple_job_is_over (job) || job->state == PLE_JOB_QUEUED)
    return;
  ple_job_set_paused (job, FALSE);
  ple_progress_request_stop (job->progress);
}

const char *
ple_job_get_title (PleJob *job)
{
  return job->title;
}

PleJobState
ple_job_get_state (PleJob *job)
{
  return job->state;
}

gboolean
ple_job_is_over (PleJob *job)
{
  return job->state == PLE_JOB_DONE || job->state == PLE_JOB_FAILED ||
         job->state == PLE_JOB_CANCELLED;
}

double
ple_job_get_fraction (PleJob *job)
{
  return job->fraction;
}

const char *
ple_job_get_stage (PleJob *job)
{
  return job->stage;
}

const char *
ple_job_get_detail (PleJob *job)
{
  return job->detail;
}

double
ple_job_get_elapsed (PleJob *job)
{
  gint64 end;

  if (job->started == 0)
    return 0;
  if (job->ended != 0)
    end = job->ended;
  else if (job->state == PLE_JOB_PAUSED)
    end = job->pause_began;
  else
    end = g_get_monotonic_time ();
  return (double) (end - job->started - job->paused_total) / G_USEC_PER_SEC;
}

double
ple_job_get_time_left (PleJob *job)
{
  if (job->state != PLE_JOB_RUNNING && job->state != PLE_JOB_PAUSED)
    return NAN;
  /* The first per cent says too little. */
  if (job->fraction < 0.01)
    return NAN;
  return ple_job_get_elapsed (job) * (1 - job->fraction) / job->fraction;
}

const GError *
ple_job_get_error (PleJob *job)
{
  return job->error;
}

char *
ple_job_dup_log (PleJob *job)
{
  return g_strdup (job->log->str);
}

const GPtrArray *
ple_job_get_warnings (PleJob *job)
{
  return job->warnings;
}

const GPtrArray *
ple_job_get_series_names (PleJob *job)
{
  return job->series_names;
}

const PleJobPoint *
ple_job_get_series (PleJob *job, const char *name, size_t *n)
{
  GArray *curve = g_hash_table_lookup (job->series, name);

  *n = curve != NULL ? curve->len : 0;
  return curve != NULL ? (const PleJobPoint *) curve->data : NULL;
}

gpointer
ple_job_take_result (PleJob *job)
{
  return g_steal_pointer (&job->result);
}
