/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ple-test-curation.h"

#include <sqlite3.h>

#define N_CLUSTERS 12

typedef struct
{
  char *folder;
  char *path;
  PleLabels *labels;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = ple_test_make_folder ();
  fixture->path = g_build_filename (fixture->folder, "curation.db", NULL);
  fixture->labels = ple_test_run_labels (600, N_CLUSTERS);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ple_remove_recursively (fixture->folder, NULL);
  ple_labels_unref (fixture->labels);
  g_free (fixture->folder);
  g_free (fixture->path);
}

static PleCuration *
open_run (Fixture *fixture, const char *run)
{
  g_autoptr (GError) error = NULL;
  PleCuration *curation =
      ple_curation_open (fixture->path, run, fixture->labels, N_CLUSTERS, &error);

  g_assert_no_error (error);
  return curation;
}

static char *
digest (PleCuration *curation)
{
  return ple_test_digest (curation, N_CLUSTERS, FALSE);
}

static char *
digest_all (PleCuration *curation)
{
  return ple_test_digest_all (curation, N_CLUSTERS);
}

static void
reopen (Fixture *fixture, PleCuration **curation)
{
  g_object_unref (*curation);
  *curation = open_run (fixture, "run");
}

static void
test_begins_as_the_run (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleCuration) curation = open_run (fixture, "run");

  g_assert_cmpuint (ple_curation_get_n_items (curation), ==, fixture->labels->n);
  g_assert_cmpmem (ple_curation_get_labels (curation), fixture->labels->n * sizeof (gint32),
                   fixture->labels->data, fixture->labels->n * sizeof (gint32));
  g_assert_cmpuint (ple_curation_get_n_ids (curation), ==, N_CLUSTERS);
  g_assert_cmpuint (ple_curation_get_n_alive (curation), ==, N_CLUSTERS);
  g_assert_cmpuint (ple_curation_count_state (curation, PLE_STATE_AUTO), ==, 600);
  g_assert_null (ple_curation_get_undo_label (curation));
  g_assert_null (ple_curation_get_redo_label (curation));
  g_assert_cmpuint (ple_curation_get_n_decisions (curation), ==, 0);
  ple_test_check_counts (curation);
}

/* 5 000 random commands: undoing all gives the run, redoing all the end; now and after a restart.
 */
static void
test_undo_is_the_identity (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleCuration) curation = open_run (fixture, "run");
  g_autofree char *begin = digest (curation);
  g_autofree char *end_all = NULL, *reopened = NULL, *middle = NULL;
  g_autoptr (GPtrArray) trail = g_ptr_array_new_with_free_func (g_free);
  size_t n;

  for (guint64 step = 0; step < 5000; step++)
    {
      ple_test_script_step (curation, 5, step);
      if (step % 500 == 0)
        ple_test_check_counts (curation);
      if (step == 2500)
        reopen (fixture, &curation);
    }
  end_all = digest_all (curation);
  reopen (fixture, &curation);
  reopened = digest_all (curation);
  g_assert_cmpstr (reopened, ==, end_all);

  for (n = ple_curation_get_n_decisions (curation); n > 0; n--)
    {
      g_ptr_array_add (trail, digest (curation));
      g_assert_true (ple_curation_undo (curation, NULL));
    }
  middle = digest (curation);
  g_assert_cmpstr (middle, ==, begin);
  reopen (fixture, &curation);
  g_free (middle);
  middle = digest (curation);
  g_assert_cmpstr (middle, ==, begin);

  for (n = trail->len; n > 0; n--)
    {
      g_autofree char *now = NULL;

      g_assert_true (ple_curation_redo (curation, NULL));
      now = digest (curation);
      g_assert_cmpstr (now, ==, g_ptr_array_index (trail, n - 1));
    }
  g_free (reopened);
  reopened = digest_all (curation);
  g_assert_cmpstr (reopened, ==, end_all);
  ple_test_check_counts (curation);
}

/* Nothing that can be read differs after a restart, wherever it happens. */
static void
test_survives_restarts (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleCuration) curation = open_run (fixture, "run");

  for (guint64 step = 0; step < 300; step++)
    {
      ple_test_script_step (curation, 9, step);
      if (step % 7 == 0)
        {
          g_autofree char *before = digest_all (curation);
          g_autofree char *after = NULL;

          reopen (fixture, &curation);
          after = digest_all (curation);
          g_assert_cmpstr (after, ==, before);
        }
    }
}

static void
test_abandoned_branch_stays_in_history (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleCuration) curation = open_run (fixture, "run");
  g_autoptr (GPtrArray) history = NULL;

  g_assert_true (ple_curation_name_cluster (curation, 0, "one", NULL));
  g_assert_true (ple_curation_name_cluster (curation, 0, "two", NULL));
  g_assert_true (ple_curation_name_cluster (curation, 0, "three", NULL));
  g_assert_true (ple_curation_undo (curation, NULL));
  g_assert_true (ple_curation_undo (curation, NULL));
  g_assert_nonnull (ple_curation_get_redo_label (curation));
  g_assert_true (ple_curation_name_cluster (curation, 0, "four", NULL));
  g_assert_null (ple_curation_get_redo_label (curation));
  reopen (fixture, &curation);
  g_assert_null (ple_curation_get_redo_label (curation));
  g_assert_cmpuint (ple_curation_get_n_decisions (curation), ==, 2);
  history = ple_curation_dup_history (curation, -1);
  g_assert_cmpuint (history->len, ==, 4);
  for (guint i = 0; i < history->len; i++)
    {
      const PleJournalEntry *entry = g_ptr_array_index (history, i);

      g_assert_cmpint (entry->undone, ==, i == 1 || i == 2);
    }
}

/* A split that was undone and abandoned keeps its ids for itself, also over a restart. */
static void
test_ids_are_never_used_again (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleCuration) curation = open_run (fixture, "run");
  const guint32 items[] = { 1, 2, 3, 4 };
  const gint32 parts[] = { 0, 1, 0, 1 };

  g_assert_true (ple_curation_split (curation, items, parts, 4, 2, NULL));
  g_assert_cmpuint (ple_curation_get_n_ids (curation), ==, N_CLUSTERS + 2);
  g_assert_true (ple_curation_undo (curation, NULL));
  g_assert_cmpuint (ple_curation_get_n_ids (curation), ==, N_CLUSTERS + 2);
  g_assert_false (ple_curation_get_cluster (curation, N_CLUSTERS).alive);
  reopen (fixture, &curation);
  g_assert_cmpuint (ple_curation_get_n_ids (curation), ==, N_CLUSTERS + 2);
  g_assert_true (ple_curation_split (curation, items, parts, 4, 2, NULL));
  g_assert_cmpint (ple_curation_get_labels (curation)[1], ==, N_CLUSTERS + 2);
  g_assert_cmpint (ple_curation_get_labels (curation)[2], ==, N_CLUSTERS + 3);
  reopen (fixture, &curation);
  g_assert_cmpuint (ple_curation_get_n_ids (curation), ==, N_CLUSTERS + 4);
  g_assert_false (ple_curation_get_cluster (curation, N_CLUSTERS + 1).alive);
  g_assert_true (ple_curation_get_cluster (curation, N_CLUSTERS + 2).alive);
}

static void
test_runs_are_apart (Fixture *fixture, gconstpointer data)
{
  PleCuration *curation = open_run (fixture, "a");
  g_autoptr (GError) error = NULL;

  g_assert_true (ple_curation_name_cluster (curation, 1, "cats", NULL));
  g_object_unref (curation);
  curation = open_run (fixture, "b");
  g_assert_cmpint (ple_curation_find_name (curation, "cats"), ==, -1);
  g_assert_true (ple_curation_name_cluster (curation, 2, "dogs", NULL));
  g_object_unref (curation);
  curation = open_run (fixture, "a");
  g_assert_cmpint (ple_curation_find_name (curation, "CATS"), ==, 1);
  g_assert_cmpint (ple_curation_find_name (curation, "dogs"), ==, -1);
  g_object_unref (curation);
}

static void
test_other_sizes_are_refused (Fixture *fixture, gconstpointer data)
{
  PleCuration *curation = open_run (fixture, "a");
  g_autoptr (PleLabels) fewer = ple_labels_new (10);
  g_autoptr (GError) error = NULL;

  g_assert_true (ple_curation_name_cluster (curation, 1, "cats", NULL));
  g_object_unref (curation);
  g_assert_null (ple_curation_open (fixture->path, "a", fewer, N_CLUSTERS, &error));
  g_assert_error (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_DAMAGED);
  g_clear_error (&error);
  /* Nothing was set aside for that. */
  curation = open_run (fixture, "a");
  g_assert_cmpint (ple_curation_find_name (curation, "cats"), ==, 1);
  g_object_unref (curation);
}

static void
test_second_owner_is_refused (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleCuration) curation = open_run (fixture, "a");
  g_autoptr (GError) error = NULL;

  g_assert_null (ple_curation_open (fixture->path, "a", fixture->labels, N_CLUSTERS, &error));
  g_assert_error (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_LOCKED);
  ple_curation_close (curation);
  g_clear_error (&error);
  g_object_unref (open_run (fixture, "a"));
  /* What is closed can be looked at, but decides nothing. */
  g_assert_cmpuint (ple_curation_get_n_alive (curation), ==, N_CLUSTERS);
  g_assert_false (ple_curation_name_cluster (curation, 0, "x", &error));
  g_assert_error (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_REFUSED);
}

static void
on_count (PleCuration *curation, gpointer data)
{
  ++*(guint *) data;
}

static void
test_signals (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleCuration) curation = open_run (fixture, "run");
  const guint32 items[] = { 5, 3, 17 };
  const gint32 parts[] = { 0, 1, 2 };
  guint n_changed = 0, n_committed = 0;
  guint64 stamp = ple_curation_get_stamp (curation);

  g_signal_connect (curation, "changed", G_CALLBACK (on_count), &n_changed);
  g_signal_connect (curation, "committed", G_CALLBACK (on_count), &n_committed);
  g_assert_true (ple_curation_move_to_name (curation, items, 3, "cats", NULL, NULL));
  g_assert_cmpuint (n_changed, ==, 1);
  g_assert_true (ple_curation_has_pending (curation) || n_committed == 0);
  g_assert_true (ple_curation_split (curation, items, parts, 3, 3, NULL));
  g_assert_cmpuint (n_changed, ==, 2);
  g_assert_true (ple_curation_undo (curation, NULL));
  g_assert_true (ple_curation_redo (curation, NULL));
  g_assert_cmpuint (n_changed, ==, 4);
  g_assert_cmpuint (ple_curation_get_stamp (curation), ==, stamp + 4);
  /* Nothing changes: no step, no signal. */
  g_assert_true (ple_curation_set_state (curation, items, 3, PLE_STATE_CONFIRMED, NULL));
  g_assert_cmpuint (n_changed, ==, 4);
  g_assert_cmpuint (ple_curation_get_n_decisions (curation), ==, 2);
  g_assert_true (ple_curation_flush (curation, NULL));
  g_assert_false (ple_curation_has_pending (curation));
  while (n_committed == 0)
    g_main_context_iteration (NULL, TRUE);
}

/* A file whose sums are right but whose decisions do not fit together is found out on opening. */
static void
test_misfit_is_set_aside (Fixture *fixture, gconstpointer data)
{
  PleCuration *curation = open_run (fixture, "run");
  g_autoptr (GError) error = NULL;
  sqlite3 *db = NULL;

  g_assert_true (ple_curation_name_cluster (curation, 1, "cats", NULL));
  g_assert_true (ple_curation_name_cluster (curation, 2, "dogs", NULL));
  g_object_unref (curation);
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "UPDATE place SET cursor = 7", NULL, NULL, NULL), ==,
                   SQLITE_OK);
  sqlite3_close (db);
  g_assert_null (ple_curation_open (fixture->path, "run", fixture->labels, N_CLUSTERS, &error));
  g_assert_error (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_DAMAGED);
  curation = open_run (fixture, "run");
  g_assert_cmpuint (ple_curation_get_n_decisions (curation), ==, 0);
  g_object_unref (curation);
}

/* What a power cut leaves of the log is a state that once was, and opens. */
static void
test_torn_log (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleCuration) curation = open_run (fixture, "run");
  g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *log_path = g_strconcat (fixture->path, "-wal", NULL);
  g_autofree char *other = g_build_filename (fixture->folder, "torn.db", NULL);
  g_autofree char *other_log = g_strconcat (other, "-wal", NULL);
  g_autofree char *file = NULL, *log = NULL;
  size_t n_file, n_log;
  PleRng rng;

  g_hash_table_add (known, digest_all (curation));
  for (guint64 step = 0; step < 60; step++)
    {
      ple_test_script_step (curation, 21, step);
      g_assert_true (ple_curation_flush (curation, NULL));
      g_hash_table_add (known, digest_all (curation));
    }
  g_assert_true (g_file_get_contents (fixture->path, &file, &n_file, NULL));
  g_assert_true (g_file_get_contents (log_path, &log, &n_log, NULL));
  ple_rng_init (&rng, 4);
  for (int trial = 0; trial < 40; trial++)
    {
      g_autoptr (PleCuration) torn = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *now = NULL;

      g_assert_true (g_file_set_contents (other, file, (gssize) n_file, NULL));
      g_assert_true (
          g_file_set_contents (other_log, log, (gssize) ple_rng_below (&rng, n_log + 1), NULL));
      torn = ple_curation_open (other, "run", fixture->labels, N_CLUSTERS, &error);
      g_assert_no_error (error);
      now = digest_all (torn);
      g_assert_true (g_hash_table_contains (known, now));
    }
}

#define ADD(name, function)                                                                        \
  g_test_add ("/curate/curation/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("begins-as-the-run", test_begins_as_the_run);
  ADD ("undo-is-the-identity", test_undo_is_the_identity);
  ADD ("survives-restarts", test_survives_restarts);
  ADD ("abandoned-branch-stays-in-history", test_abandoned_branch_stays_in_history);
  ADD ("ids-are-never-used-again", test_ids_are_never_used_again);
  ADD ("runs-are-apart", test_runs_are_apart);
  ADD ("other-sizes-are-refused", test_other_sizes_are_refused);
  ADD ("second-owner-is-refused", test_second_owner_is_refused);
  ADD ("signals", test_signals);
  ADD ("misfit-is-set-aside", test_misfit_is_set_aside);
  ADD ("torn-log", test_torn_log);
  return g_test_run ();
}
