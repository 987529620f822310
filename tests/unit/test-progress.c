/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-progress.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

typedef struct
{
  guint n_reports;
  double fraction;
  char *stage;
  char *detail;
  GString *values;
  GString *warnings;
  guint n_published;
  size_t n_rows;
  atomic_int n_inside;
} Seen;

static void
on_report (gpointer data, double fraction, const char *stage, const char *detail)
{
  Seen *seen = data;

  /* Never two calls at once. */
  g_assert_cmpint (atomic_fetch_add (&seen->n_inside, 1), ==, 0);
  seen->n_reports++;
  seen->fraction = fraction;
  g_free (seen->stage);
  g_free (seen->detail);
  seen->stage = g_strdup (stage);
  seen->detail = g_strdup (detail);
  atomic_fetch_sub (&seen->n_inside, 1);
}

static void
on_value (gpointer data, const char *series, double x, double y)
{
  g_string_append_printf (((Seen *) data)->values, "%s %g %g;", series, x, y);
}

static void
on_publish (gpointer data, const char *topic, gconstpointer values, size_t n_rows, size_t row_bytes)
{
  Seen *seen = data;

  g_assert_cmpstr (topic, ==, "labels");
  g_assert_cmpuint (row_bytes, ==, sizeof (gint32));
  seen->n_published++;
  seen->n_rows = n_rows;
}

static void
on_warning (gpointer data, const char *message)
{
  g_string_append (((Seen *) data)->warnings, message);
}

static const PleProgressSink sink = {
  .report = on_report, .value = on_value, .publish = on_publish, .warning = on_warning
};

static void
seen_init (Seen *seen)
{
  memset (seen, 0, sizeof *seen);
  seen->values = g_string_new (NULL);
  seen->warnings = g_string_new (NULL);
}

static void
seen_clear (Seen *seen)
{
  g_free (seen->stage);
  g_free (seen->detail);
  g_string_free (seen->values, TRUE);
  g_string_free (seen->warnings, TRUE);
}

/* Nobody need ask whether there is a progress. */
static void
test_null (void)
{
  g_assert_null (ple_progress_new_stage (NULL, "x", 0, 1));
  g_assert_true (ple_progress_report (NULL, 0.5, NULL));
  g_assert_true (ple_progress_report_detail (NULL, 0.5, NULL, "%d", 1));
  g_assert_true (ple_progress_check (NULL, NULL));
  g_assert_false (ple_progress_is_cancelled (NULL));
  g_assert_false (ple_progress_is_stop_requested (NULL));
  g_assert_false (ple_progress_wants (NULL, "layout"));
  ple_progress_value (NULL, "loss", 0, 0);
  ple_progress_warning (NULL, "%s", "x");
  ple_progress_publish (NULL, "layout", NULL, 0, 8);
  g_assert_cmpuint (ple_progress_get_n_threads (NULL), >=, 1);
  g_assert_null (ple_progress_ref (NULL));
  ple_progress_unref (NULL);
}

static void
test_stages (void)
{
  Seen seen;
  PleProgress *root, *half;
  g_autoptr (PleProgress) part = NULL;
  g_autoptr (PleProgress) unnamed = NULL;

  seen_init (&seen);
  root = ple_progress_new (&sink, &seen, 1);
  half = ple_progress_new_stage (root, "Clustering", 0.5, 1);
  part = ple_progress_new_stage (half, "Neighbours", 0.2, 0.4);
  /* A child keeps what it needs of its parents. */
  ple_progress_unref (root);
  ple_progress_unref (half);
  g_assert_true (ple_progress_report_detail (part, 0.5, NULL, "block %d of %d", 3, 8));
  g_assert_cmpfloat_with_epsilon (seen.fraction, 0.5 + 0.5 * 0.3, 1e-12);
  g_assert_cmpstr (seen.stage, ==, "Clustering: Neighbours");
  g_assert_cmpstr (seen.detail, ==, "block 3 of 8");
  /* A new stage speaks at once; out of range is the end of the range. */
  unnamed = ple_progress_new_stage (part, NULL, 0, 0.5);
  g_assert_true (ple_progress_report (unnamed, 7, NULL));
  g_assert_cmpuint (seen.n_reports, ==, 2);
  g_assert_cmpfloat_with_epsilon (seen.fraction, 0.65, 1e-12);
  g_assert_cmpstr (seen.stage, ==, "Clustering: Neighbours");
  g_assert_null (seen.detail);
  seen_clear (&seen);
}

/* Ten thousand reports cost few calls; values and warnings all arrive. */
static void
test_rate (void)
{
  Seen seen;
  g_autoptr (PleProgress) progress = NULL;
  gint64 began = g_get_monotonic_time ();

  seen_init (&seen);
  progress = ple_progress_new (&sink, &seen, 1);
  for (int i = 0; i < 10000; i++)
    g_assert_true (ple_progress_report (progress, i / 1e4, NULL));
  g_assert_cmpint (seen.n_reports, <=, (g_get_monotonic_time () - began) / 50000 + 2);
  g_assert_cmpuint (seen.n_reports, >=, 1);
  for (int i = 0; i < 3; i++)
    ple_progress_value (progress, "loss", i, 0.5 * i);
  ple_progress_warning (progress, "%d pictures are broken", 3);
  g_assert_cmpstr (seen.values->str, ==, "loss 0 0;loss 1 0.5;loss 2 1;");
  g_assert_cmpstr (seen.warnings->str, ==, "3 pictures are broken");
  seen_clear (&seen);
}

static void
test_publish (void)
{
  gint32 labels[5] = { 0 };
  Seen seen;
  gint64 published;
  g_autoptr (PleProgress) progress = NULL;
  g_autoptr (PleProgress) deaf = ple_progress_new (NULL, NULL, 1);

  seen_init (&seen);
  progress = ple_progress_new (&sink, &seen, 1);
  g_assert_false (ple_progress_wants (deaf, "labels"));
  g_assert_true (ple_progress_wants (progress, "labels"));
  published = g_get_monotonic_time ();
  ple_progress_publish (progress, "labels", labels, 5, sizeof (gint32));
  g_assert_cmpuint (seen.n_published, ==, 1);
  g_assert_cmpuint (seen.n_rows, ==, 5);
  /* Frames come no faster than they can be seen, and no slower, or this never ends. */
  while (!ple_progress_wants (progress, "labels"))
    g_usleep (1000);
  g_assert_cmpint (g_get_monotonic_time () - published, >=, 60000);
  seen_clear (&seen);
}

static void
test_every_report_arrives_where_asked (void)
{
  Seen seen;
  g_autoptr (PleProgress) progress = NULL;
  g_autoptr (PleProgress) stage = NULL;

  seen_init (&seen);
  progress = ple_progress_new (&sink, &seen, 1);
  ple_progress_set_every (progress);
  stage = ple_progress_new_stage (progress, "x", 0, 1);
  for (guint i = 0; i < 100; i++)
    {
      g_assert_true (ple_progress_report (stage, i / 100.0, NULL));
      g_assert_cmpuint (seen.n_reports, ==, i + 1);
      g_assert_true (ple_progress_wants (stage, "labels"));
      ple_progress_publish (stage, "labels", &i, 1, sizeof i);
    }
  seen_clear (&seen);
}

static void
test_cancel (void)
{
  g_autoptr (PleProgress) root = ple_progress_new (NULL, NULL, 1);
  g_autoptr (PleProgress) stage = ple_progress_new_stage (root, "x", 0, 1);
  g_autoptr (GError) error = NULL;

  g_assert_true (ple_progress_report (stage, 0, &error));
  /* Controls act on the whole tree. */
  ple_progress_cancel (root);
  g_assert_true (ple_progress_is_cancelled (stage));
  g_assert_false (ple_progress_report (stage, 0.5, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (ple_progress_report_detail (stage, 0.5, &error, "x"));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (ple_progress_check (stage, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (ple_progress_check (root, NULL));
}

typedef struct
{
  PleProgress *progress;
  atomic_int n_steps;
  atomic_bool cancelled;
} Worker;

static void *
work (void *data)
{
  Worker *worker = data;

  while (ple_progress_report (worker->progress, 0.5, NULL) &&
         !ple_progress_is_stop_requested (worker->progress))
    {
      atomic_fetch_add (&worker->n_steps, 1);
      g_usleep (500);
    }
  atomic_store (&worker->cancelled, ple_progress_is_cancelled (worker->progress));
  return NULL;
}

static void
wait_for_steps (Worker *worker, int n)
{
  /* Comes, or the test is killed by its time limit. */
  while (atomic_load (&worker->n_steps) < n)
    g_usleep (500);
}

/* While paused nothing moves; what is paused can be resumed, cancelled, and told to stop. */
static void
check_pause (gboolean stop)
{
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 1);
  Worker worker = { .progress = progress };
  pthread_t thread;
  int n_steps;

  g_assert_cmpint (pthread_create (&thread, NULL, work, &worker), ==, 0);
  wait_for_steps (&worker, 3);
  ple_progress_set_paused (progress, TRUE);
  g_usleep (20000);
  n_steps = atomic_load (&worker.n_steps);
  g_usleep (40000);
  /* One step may have been under way. */
  g_assert_cmpint (atomic_load (&worker.n_steps), <=, n_steps + 1);
  ple_progress_set_paused (progress, FALSE);
  wait_for_steps (&worker, n_steps + 5);
  ple_progress_set_paused (progress, TRUE);
  g_usleep (5000);
  if (stop)
    ple_progress_request_stop (progress);
  else
    ple_progress_cancel (progress);
  /* Ends, or the test hangs and is killed by its time limit. */
  pthread_join (thread, NULL);
  g_assert_true (atomic_load (&worker.cancelled) == !stop);
}

static void
test_pause (void)
{
  check_pause (FALSE);
  check_pause (TRUE);
}

static void *
report_a_lot (void *data)
{
  for (int i = 0; i < 3000; i++)
    {
      g_autoptr (PleProgress) stage = ple_progress_new_stage (data, "part", 0, 1);

      ple_progress_report (stage, i / 3e3, NULL);
    }
  return NULL;
}

/* From any thread; the sink checks that it is never called twice at once. */
static void
test_many_threads (void)
{
  Seen seen;
  PleProgress *progress;
  pthread_t threads[4];

  seen_init (&seen);
  progress = ple_progress_new (&sink, &seen, 2);
  for (size_t i = 0; i < 4; i++)
    g_assert_cmpint (pthread_create (&threads[i], NULL, report_a_lot, progress), ==, 0);
  for (size_t i = 0; i < 4; i++)
    pthread_join (threads[i], NULL);
  g_assert_cmpuint (seen.n_reports, >, 0);
  ple_progress_unref (progress);
  seen_clear (&seen);
}

static void
test_stop_cancels_only_where_asked (void)
{
  g_autoptr (PleProgress) root = ple_progress_new (NULL, NULL, 1);
  g_autoptr (PleProgress) search = ple_progress_new_stage (root, "search", 0, 0.5);
  g_autoptr (PleProgress) inner = NULL;

  ple_progress_set_stop_cancels (search);
  inner = ple_progress_new_stage (search, "inner", 0, 1);
  g_assert_false (ple_progress_is_cancelled (inner));
  ple_progress_request_stop (root);
  g_assert_true (ple_progress_is_cancelled (search));
  g_assert_true (ple_progress_is_cancelled (inner));
  g_assert_false (ple_progress_is_cancelled (root));
  ple_progress_set_stop_cancels (NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/progress/null", test_null);
  g_test_add_func ("/base/progress/stages", test_stages);
  g_test_add_func ("/base/progress/rate", test_rate);
  g_test_add_func ("/base/progress/publish", test_publish);
  g_test_add_func ("/base/progress/every-report-arrives-where-asked",
                   test_every_report_arrives_where_asked);
  g_test_add_func ("/base/progress/cancel", test_cancel);
  g_test_add_func ("/base/progress/pause", test_pause);
  g_test_add_func ("/base/progress/many-threads", test_many_threads);
  g_test_add_func ("/base/progress/stop-cancels-only-where-asked",
                   test_stop_cancels_only_where_asked);
  return g_test_run ();
}
