/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-job.h"

/* Ended jobs that stay visible. */
#define N_KEPT 8

struct _PleJobQueue
{
  GObject parent_instance;
  GPtrArray *jobs;
  guint n_threads; /* 0: one per processor */
};

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (PleJobQueue, ple_job_queue, G_TYPE_OBJECT)

static void
ple_job_queue_dispose (GObject *object)
{
  PleJobQueue *queue = PLE_JOB_QUEUE (object);

  for (guint i = 0; i < queue->jobs->len; i++)
    {
      PleJob *job = g_ptr_array_index (queue->jobs, i);

      g_signal_handlers_disconnect_by_data (job, queue);
      ple_job_cancel (job);
    }
  g_ptr_array_set_size (queue->jobs, 0);
  G_OBJECT_CLASS (ple_job_queue_parent_class)->dispose (object);
}

static void
ple_job_queue_finalize (GObject *object)
{
  g_ptr_array_unref (PLE_JOB_QUEUE (object)->jobs);
  G_OBJECT_CLASS (ple_job_queue_parent_class)->finalize (object);
}

static void
ple_job_queue_class_init (PleJobQueueClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = ple_job_queue_dispose;
  object_class->finalize = ple_job_queue_finalize;
  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
}

static void
ple_job_queue_init (PleJobQueue *queue)
{
  queue->jobs = g_ptr_array_new_with_free_func (g_object_unref);
}

PleJobQueue *
ple_job_queue_new (void)
{
  return g_object_new (PLE_TYPE_JOB_QUEUE, NULL);
}

PleJob *
ple_job_queue_get_current (PleJobQueue *queue)
{
  for (guint i = 0; i < queue->jobs->len; i++)
    {
      PleJob *job = g_ptr_array_index (queue->jobs, i);
      PleJobState state = ple_job_get_state (job);

      if (state == PLE_JOB_RUNNING || state == PLE_JOB_PAUSED)
        return job;
    }
  return NULL;
}

static void
start_next (PleJobQueue *queue)
{
  if (ple_job_queue_get_current (queue) != NULL)
    return;
  for (guint i = 0; i < queue->jobs->len; i++)
    {
      PleJob *job = g_ptr_array_index (queue->jobs, i);

      if (ple_job_get_state (job) == PLE_JOB_QUEUED)
        {
          ple_job_start (job);
          return;
        }
    }
}

static void
forget_old (PleJobQueue *queue)
{
  guint n_over = 0;

  for (guint i = queue->jobs->len; i-- > 0;)
    if (ple_job_is_over (g_ptr_array_index (queue->jobs, i)) && ++n_over > N_KEPT)
      g_ptr_array_remove_index (queue->jobs, i);
}

static void
on_finished (PleJob *job, PleJobQueue *queue)
{
  start_next (queue);
  forget_old (queue);
  g_signal_emit (queue, signals[CHANGED], 0);
}

void
ple_job_queue_set_n_threads (PleJobQueue *queue, guint n_threads)
{
  queue->n_threads = n_threads;
}

void
ple_job_queue_push (PleJobQueue *queue, PleJob *job)
{
  ple_job_set_n_threads (job, queue->n_threads);
  g_ptr_array_add (queue->jobs, g_object_ref (job));
  g_signal_connect (job, "finished", G_CALLBACK (on_finished), queue);
  start_next (queue);
  g_signal_emit (queue, signals[CHANGED], 0);
}

const GPtrArray *
ple_job_queue_get_jobs (PleJobQueue *queue)
{
  return queue->jobs;
}

void
ple_job_queue_remove (PleJobQueue *queue, PleJob *job)
{
  if (ple_job_get_state (job) == PLE_JOB_QUEUED)
    ple_job_cancel (job);
  if (!ple_job_is_over (job))
    return;
  g_signal_handlers_disconnect_by_data (job, queue);
  g_ptr_array_remove (queue->jobs, job);
  g_signal_emit (queue, signals[CHANGED], 0);
}

void
ple_job_queue_shut_down (PleJobQueue *queue)
{
  /* From the end, so that cancelling the running one does not start a queued one. */
  for (guint i = queue->jobs->len; i-- > 0;)
    if (i < queue->jobs->len)
      ple_job_cancel (g_ptr_array_index (queue->jobs, i));
  while (ple_job_queue_get_current (queue) != NULL)
    g_main_context_iteration (NULL, TRUE);
}
