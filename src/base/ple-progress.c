/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-parallel-private.h"
#include "base/ple-progress.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#define REPORT_INTERVAL_US 50000
#define PUBLISH_INTERVAL_US 60000

typedef struct
{
  atomic_int ref_count;
  atomic_bool cancelled;
  atomic_bool stop;
  atomic_bool paused;
  atomic_llong last_report;
  atomic_llong last_publish;
  pthread_mutex_t lock; /* guards the sink and making the pool */
  /* Of its own, so that a callback of the sink may cancel, stop and pause. */
  pthread_mutex_t pause_lock;
  pthread_cond_t resumed;
  const PleProgressSink *sink;
  gpointer data;
  gboolean every; /* set before the work begins, then constant */
  guint n_threads;
  PlePool *pool;
} Root;

struct _PleProgress
{
  atomic_int ref_count;
  Root *root;
  char *stage; /* full path; NULL at the root */
  double from;
  double to;
  gboolean stop_cancels; /* set before others see the stage, then constant */
};

static const PleProgressSink silent_sink;

PleProgress *
ple_progress_new (const PleProgressSink *sink, gpointer data, guint n_threads)
{
  PleProgress *progress = g_new0 (PleProgress, 1);
  Root *root = g_new0 (Root, 1);

  atomic_init (&root->ref_count, 1);
  pthread_mutex_init (&root->lock, NULL);
  pthread_mutex_init (&root->pause_lock, NULL);
  pthread_cond_init (&root->resumed, NULL);
  root->sink = sink != NULL ? sink : &silent_sink;
  root->data = data;
  root->n_threads = n_threads > 0 ? n_threads : ple_progress_get_n_threads (NULL);
  atomic_init (&progress->ref_count, 1);
  progress->root = root;
  progress->to = 1;
  return progress;
}

void
ple_progress_set_every (PleProgress *progress)
{
  progress->root->every = TRUE;
}

void
ple_progress_set_n_threads (PleProgress *progress, guint n_threads)
{
  g_return_if_fail (progress->root->pool == NULL);
  progress->root->n_threads = n_threads > 0 ? n_threads : ple_progress_get_n_threads (NULL);
}

static void
root_unref (Root *root)
{
  if (atomic_fetch_sub (&root->ref_count, 1) != 1)
    return;
  ple_pool_free (root->pool);
  pthread_mutex_destroy (&root->lock);
  pthread_mutex_destroy (&root->pause_lock);
  pthread_cond_destroy (&root->resumed);
  g_free (root);
}

PleProgress *
ple_progress_ref (PleProgress *progress)
{
  if (progress != NULL)
    atomic_fetch_add (&progress->ref_count, 1);
  return progress;
}

void
ple_progress_unref (PleProgress *progress)
{
  if (progress == NULL || atomic_fetch_sub (&progress->ref_count, 1) != 1)
    return;
  root_unref (progress->root);
  g_free (progress->stage);
  g_free (progress);
}

PleProgress *
ple_progress_new_stage (PleProgress *progress, const char *name, double from, double to)
{
  PleProgress *child;

  if (progress == NULL)
    return NULL;
  child = g_new0 (PleProgress, 1);
  atomic_init (&child->ref_count, 1);
  atomic_fetch_add (&progress->root->ref_count, 1);
  child->root = progress->root;
  child->from = progress->from + from * (progress->to - progress->from);
  child->to = progress->from + to * (progress->to - progress->from);
  child->stop_cancels = progress->stop_cancels;
  if (name == NULL)
    child->stage = g_strdup (progress->stage);
  else if (progress->stage == NULL)
    child->stage = g_strdup (name);
  else
    child->stage = g_strconcat (progress->stage, ": ", name, NULL);
  /* A new stage is news, whenever the last report was. */
  atomic_store (&child->root->last_report, 0);
  return child;
}

gboolean
ple_progress_is_cancelled (PleProgress *progress)
{
  return progress != NULL &&
         (atomic_load_explicit (&progress->root->cancelled, memory_order_relaxed) ||
          (progress->stop_cancels &&
           atomic_load_explicit (&progress->root->stop, memory_order_relaxed)));
}

gboolean
ple_progress_check (PleProgress *progress, GError **error)
{
  if (!ple_progress_is_cancelled (progress))
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
  return FALSE;
}

gboolean
ple_progress_is_stop_requested (PleProgress *progress)
{
  return progress != NULL && atomic_load (&progress->root->stop);
}

static void
wait_while_paused (Root *root)
{
  if (!atomic_load_explicit (&root->paused, memory_order_relaxed))
    return;
  pthread_mutex_lock (&root->pause_lock);
  while (atomic_load (&root->paused) && !atomic_load (&root->cancelled))
    pthread_cond_wait (&root->resumed, &root->pause_lock);
  pthread_mutex_unlock (&root->pause_lock);
}

/* Whether a report is due; if so, takes the turn. */
static gboolean
take_turn (Root *root)
{
  long long now = g_get_monotonic_time ();
  long long seen = atomic_load (&root->last_report);

  return root->every || (now - seen >= REPORT_INTERVAL_US &&
                         atomic_compare_exchange_strong (&root->last_report, &seen, now));
}

static void
report (PleProgress *progress, double fraction, const char *detail)
{
  Root *root = progress->root;
  double whole = progress->from + CLAMP (fraction, 0, 1) * (progress->to - progress->from);

  pthread_mutex_lock (&root->lock);
  root->sink->report (root->data, whole, progress->stage, detail);
  pthread_mutex_unlock (&root->lock);
}

gboolean
ple_progress_report (PleProgress *progress, double fraction, GError **error)
{
  if (progress == NULL)
    return TRUE;
  wait_while_paused (progress->root);
  if (!ple_progress_check (progress, error))
    return FALSE;
  if (progress->root->sink->report != NULL && take_turn (progress->root))
    report (progress, fraction, NULL);
  return TRUE;
}

gboolean
ple_progress_report_detail (
    PleProgress *progress, double fraction, GError **error, const char *format, ...)
{
  if (progress == NULL)
    return TRUE;
  wait_while_paused (progress->root);
  if (!ple_progress_check (progress, error))
    return FALSE;
  if (progress->root->sink->report != NULL && take_turn (progress->root))
    {
      g_autofree char *detail = NULL;
      va_list args;

      va_start (args, format);
      detail = g_strdup_vprintf (format, args);
      va_end (args);
      report (progress, fraction, detail);
    }
  return TRUE;
}

void
ple_progress_set_stop_cancels (PleProgress *progress)
{
  if (progress != NULL)
    progress->stop_cancels = TRUE;
}

void
ple_progress_value (PleProgress *progress, const char *series, double x, double y)
{
  if (progress == NULL || progress->root->sink->value == NULL)
    return;
  pthread_mutex_lock (&progress->root->lock);
  progress->root->sink->value (progress->root->data, series, x, y);
  pthread_mutex_unlock (&progress->root->lock);
}

void
ple_progress_warning (PleProgress *progress, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  if (progress == NULL || progress->root->sink->warning == NULL)
    return;
  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  pthread_mutex_lock (&progress->root->lock);
  progress->root->sink->warning (progress->root->data, message);
  pthread_mutex_unlock (&progress->root->lock);
}

gboolean
ple_progress_wants (PleProgress *progress, const char *topic)
{
  return progress != NULL && progress->root->sink->publish != NULL &&
         (progress->root->every ||
          g_get_monotonic_time () - atomic_load (&progress->root->last_publish) >=
              PUBLISH_INTERVAL_US);
}

void
ple_progress_publish (
    PleProgress *progress, const char *topic, gconstpointer values, size_t n_rows, size_t row_bytes)
{
  Root *root;

  if (progress == NULL || progress->root->sink->publish == NULL)
    return;
  root = progress->root;
  pthread_mutex_lock (&root->lock);
  root->sink->publish (root->data, topic, values, n_rows, row_bytes);
  pthread_mutex_unlock (&root->lock);
  atomic_store (&root->last_publish, g_get_monotonic_time ());
}

static void
wake (Root *root)
{
  pthread_mutex_lock (&root->pause_lock);
  pthread_cond_broadcast (&root->resumed);
  pthread_mutex_unlock (&root->pause_lock);
}

void
ple_progress_cancel (PleProgress *progress)
{
  atomic_store (&progress->root->cancelled, true);
  wake (progress->root);
}

void
ple_progress_set_paused (PleProgress *progress, gboolean paused)
{
  atomic_store (&progress->root->paused, paused != FALSE);
  wake (progress->root);
}

void
ple_progress_request_stop (PleProgress *progress)
{
  atomic_store (&progress->root->stop, true);
  /* What is paused and shall stop has to run to its end. */
  ple_progress_set_paused (progress, FALSE);
}

guint
ple_progress_get_n_threads (PleProgress *progress)
{
  return progress != NULL ? progress->root->n_threads : g_get_num_processors ();
}

PlePool *
ple_progress_get_pool (PleProgress *progress)
{
  Root *root = progress->root;
  PlePool *pool;

  pthread_mutex_lock (&root->lock);
  if (root->pool == NULL)
    root->pool = ple_pool_new (root->n_threads);
  pool = root->pool;
  pthread_mutex_unlock (&root->lock);
  return pool;
}
