/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-job.h"

/* Waits to be cancelled. */
static gpointer
wait_for_cancel (PleProgress *progress, gpointer data, GError **error)
{
  while (ple_progress_report (progress, 0, error))
    g_usleep (1000);
  return NULL;
}

typedef struct
{
  guint n_threads;
  GString *order;
} Seen;

static gpointer
look (PleProgress *progress, gpointer data, GError **error)
{
  Seen *seen = data;

  seen->n_threads = ple_progress_get_n_threads (progress);
  g_string_append_c (seen->order, '.');
  return g_new0 (guint, 1);
}

static PleJob *
push (PleJobQueue *queue, PleJobFunc func, gpointer data)
{
  PleJob *job = ple_job_new ("a job", func, data, NULL, g_free);

  ple_job_queue_push (queue, job);
  return job;
}

static void
wait_until_over (PleJob *job)
{
  while (!ple_job_is_over (job))
    g_main_context_iteration (NULL, TRUE);
}

/* A number of threads holds for jobs pushed after it was set, not for those before. */
static void
test_number_of_threads (void)
{
  g_autoptr (PleJobQueue) queue = ple_job_queue_new ();
  g_autoptr (GString) order = g_string_new (NULL);
  Seen seen[4] = { { 0, order }, { 0, order }, { 0, order }, { 0, order } };
  g_autoptr (PleJob) before = push (queue, look, &seen[0]);
  g_autoptr (PleJob) three = NULL;
  g_autoptr (PleJob) one = NULL;
  g_autoptr (PleJob) automatic = NULL;

  ple_job_queue_set_n_threads (queue, 3);
  three = push (queue, look, &seen[1]);
  ple_job_queue_set_n_threads (queue, 1);
  one = push (queue, look, &seen[2]);
  ple_job_queue_set_n_threads (queue, 0);
  automatic = push (queue, look, &seen[3]);
  wait_until_over (automatic);
  g_assert_cmpuint (seen[0].n_threads, ==, g_get_num_processors ());
  g_assert_cmpuint (seen[1].n_threads, ==, 3);
  g_assert_cmpuint (seen[2].n_threads, ==, 1);
  g_assert_cmpuint (seen[3].n_threads, ==, g_get_num_processors ());
  g_assert_cmpstr (order->str, ==, "....");
  g_assert_cmpint ((int) ple_job_get_state (one), ==, PLE_JOB_DONE);
}

/* One runs at a time; cancelling it lets the next one in; a queued one can be taken out. */
static void
test_one_at_a_time (void)
{
  g_autoptr (PleJobQueue) queue = ple_job_queue_new ();
  g_autoptr (GString) order = g_string_new (NULL);
  Seen seen = { 0, order };
  g_autoptr (PleJob) first = push (queue, wait_for_cancel, NULL);
  g_autoptr (PleJob) taken_out = push (queue, look, &seen);
  g_autoptr (PleJob) last = push (queue, look, &seen);

  g_assert_true (ple_job_queue_get_current (queue) == first);
  g_assert_cmpint ((int) ple_job_get_state (last), ==, PLE_JOB_QUEUED);
  ple_job_queue_remove (queue, taken_out);
  ple_job_cancel (first);
  wait_until_over (last);
  g_assert_cmpint ((int) ple_job_get_state (first), ==, PLE_JOB_CANCELLED);
  g_assert_cmpstr (order->str, ==, ".");
  g_assert_null (ple_job_queue_get_current (queue));
}

/* Closing ends what runs and starts nothing new. */
static void
test_shut_down (void)
{
  g_autoptr (PleJobQueue) queue = ple_job_queue_new ();
  g_autoptr (GString) order = g_string_new (NULL);
  Seen seen = { 0, order };
  g_autoptr (PleJob) running = push (queue, wait_for_cancel, NULL);
  g_autoptr (PleJob) waiting = push (queue, look, &seen);

  ple_job_queue_shut_down (queue);
  g_assert_true (ple_job_is_over (running));
  g_assert_true (ple_job_is_over (waiting));
  g_assert_cmpstr (order->str, ==, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/job-queue/number-of-threads", test_number_of_threads);
  g_test_add_func ("/base/job-queue/one-at-a-time", test_one_at_a_time);
  g_test_add_func ("/base/job-queue/shut-down", test_shut_down);
  return g_test_run ();
}
