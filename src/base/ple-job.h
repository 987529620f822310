/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "base/ple-progress.h"

G_BEGIN_DECLS

/**
 * PleJob:
 *
 * A piece of long work on a thread of its own, seen from the main thread: state, progress, curves,
 * intermediate results, the end. The work itself knows only its #PleProgress. All functions and
 * signals: main thread.
 *
 * Signals: "updated" (anything shown has changed; coalesced: at most one is pending, however often
 * the work reports); "published" (const char *topic, GBytes *values, guint64 n_rows: the newest of
 * each topic); "finished" (once, in any end state, after the last "updated").
 */
#define PLE_TYPE_JOB (ple_job_get_type ())
G_DECLARE_FINAL_TYPE (PleJob, ple_job, PLE, JOB, GObject)

typedef enum
{
  PLE_JOB_QUEUED,
  PLE_JOB_RUNNING,
  PLE_JOB_PAUSED,
  PLE_JOB_DONE,
  PLE_JOB_FAILED,
  PLE_JOB_CANCELLED,
} PleJobState;

/**
 * PleJobFunc:
 * @progress: where to report; never %NULL
 * @data: of the job
 * @error: return location
 *
 * The work, on its thread. Returns: (transfer full): a result, or %NULL with @error
 */
typedef gpointer (*PleJobFunc) (PleProgress *progress, gpointer data, GError **error);

/**
 * ple_job_new:
 * @title: for the person
 * @func: the work
 * @data: (transfer full): freed by @data_free when the job dies
 * @result_free: frees a result that nobody took
 *
 * Returns: (transfer full): queued; hand it to ple_job_queue_push() or start it by ple_job_start()
 */
PleJob *ple_job_new (const char *title,
                     PleJobFunc func,
                     gpointer data,
                     GDestroyNotify data_free,
                     GDestroyNotify result_free);

/* Threads that its loops may use, 0 for one per processor; before it is started. */
void ple_job_set_n_threads (PleJob *job, guint n_threads);
void ple_job_start (PleJob *job);
void ple_job_cancel (PleJob *job);
void ple_job_set_paused (PleJob *job, gboolean paused);
/* "Stop early and keep what there is." */
void ple_job_request_stop (PleJob *job);

const char *ple_job_get_title (PleJob *job);
PleJobState ple_job_get_state (PleJob *job);
gboolean ple_job_is_over (PleJob *job);
double ple_job_get_fraction (PleJob *job);
/* "Clustering", "epoch 3 of 30": (nullable) (transfer none) */
const char *ple_job_get_stage (PleJob *job);
const char *ple_job_get_detail (PleJob *job);
/* Seconds of work so far, pauses left out; seconds left, NaN while unknown. */
double ple_job_get_elapsed (PleJob *job);
double ple_job_get_time_left (PleJob *job);
/* Why it failed. (transfer none) (nullable) */
const GError *ple_job_get_error (PleJob *job);
/* Stages, warnings and the error with times. (transfer full) */
char *ple_job_dup_log (PleJob *job);
/* Warnings so far. (transfer none) (element-type utf8) */
const GPtrArray *ple_job_get_warnings (PleJob *job);

typedef struct
{
  double x;
  double y;
} PleJobPoint;

/* Names of the curves, in order of appearance. (transfer none) (element-type utf8) */
const GPtrArray *ple_job_get_series_names (PleJob *job);
/* (transfer none) (array length=n) (nullable) */
const PleJobPoint *ple_job_get_series (PleJob *job, const char *name, size_t *n);

/* The result of a job that is done, once. (transfer full) (nullable) */
gpointer ple_job_take_result (PleJob *job);

/**
 * PleJobQueue:
 *
 * Runs heavy jobs one at a time, in order. Signal "changed": a job was added, started or ended.
 */
#define PLE_TYPE_JOB_QUEUE (ple_job_queue_get_type ())
G_DECLARE_FINAL_TYPE (PleJobQueue, ple_job_queue, PLE, JOB_QUEUE, GObject)

PleJobQueue *ple_job_queue_new (void);
/* For jobs pushed from now on: see ple_job_set_n_threads(). */
void ple_job_queue_set_n_threads (PleJobQueue *queue, guint n_threads);
void ple_job_queue_push (PleJobQueue *queue, PleJob *job);
/* All jobs that are queued or running and the last few that ended, oldest first. (transfer none) */
const GPtrArray *ple_job_queue_get_jobs (PleJobQueue *queue);
/* The running one. (transfer none) (nullable) */
PleJob *ple_job_queue_get_current (PleJobQueue *queue);
/* Forgets an ended job, or takes a queued one out. */
void ple_job_queue_remove (PleJobQueue *queue, PleJob *job);
/* Cancels all and runs the main loop until the workers have ended: for closing. */
void ple_job_queue_shut_down (PleJobQueue *queue);

G_END_DECLS
