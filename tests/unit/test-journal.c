/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "curate/ple-journal-private.h"

#include "base/ple-atomic.h"
#include "curate/ple-curation.h"

#include <sqlite3.h>

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

typedef struct
{
  char *folder;
  char *path;
  GBytes *base;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("ple-journal-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->path = g_build_filename (fixture->folder, "curation.db", NULL);
  fixture->base = g_bytes_new_static ("base", 4);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ple_remove_recursively (fixture->folder, NULL);
  g_bytes_unref (fixture->base);
  g_free (fixture->folder);
  g_free (fixture->path);
}

static void
on_report (gpointer data, const char *failure)
{
  GPtrArray *reports = data;

  if (reports != NULL)
    g_ptr_array_add (reports, g_strdup (failure != NULL ? failure : "committed"));
}

static PleStep *
make_step (gint64 seq, size_t n_bytes)
{
  PleStep *step = ple_step_new ();
  guint8 *bytes = g_malloc (n_bytes);

  for (size_t i = 0; i < n_bytes; i++)
    bytes[i] = (guint8) (i * 31 + (size_t) seq);
  step->seq = seq;
  step->parent = seq - 1;
  step->time = 1000 * seq;
  step->kind = (PleStepKind) (seq % PLE_N_STEP_KINDS);
  step->n = 3 * seq;
  step->n_changes = 2 * seq;
  step->cluster = (gint32) (seq % 5) - 1;
  step->argument = (gint32) (seq % 3);
  step->name = g_strdup_printf ("näme %d", (int) seq);
  step->n_ids = 10;
  step->diff = g_bytes_new_take (bytes, n_bytes);
  return step;
}

static PleJournal *
open_journal (Fixture *fixture, const char *run, PleJournalContents *contents)
{
  g_autoptr (GError) error = NULL;
  PleJournal *journal = ple_journal_open (fixture->path, run, contents, &error);

  g_assert_no_error (error);
  g_assert_nonnull (journal);
  return journal;
}

/* Steps 1..n of @run, the cursor one before the tip. */
static void
write_steps (Fixture *fixture, const char *run, gint64 first, gint64 n)
{
  PleJournalContents contents;
  PleJournal *journal = open_journal (fixture, run, &contents);
  g_autoptr (GBytes) snapshot = g_bytes_new_static ("snapshot", 8);
  g_autoptr (GError) error = NULL;

  if (!contents.found)
    ple_journal_set_run (journal, 100, 10, fixture->base);
  ple_journal_start (journal, on_report, NULL);
  for (gint64 seq = first; seq < first + n; seq++)
    {
      g_autoptr (PleStep) step = make_step (seq, 50);

      ple_journal_push (journal, step, seq, seq, seq % 4 == 0 ? snapshot : NULL);
    }
  ple_journal_push (journal, NULL, first + n - 2, first + n - 1, NULL);
  ple_journal_flush (journal, &error);
  g_assert_no_error (error);
  g_assert_false (ple_journal_has_pending (journal));
  ple_journal_close (journal);
  ple_journal_contents_clear (&contents);
}

static void
assert_same_step (const PleStep *a, const PleStep *b)
{
  g_assert_cmpint (a->seq, ==, b->seq);
  g_assert_cmpint (a->parent, ==, b->parent);
  g_assert_cmpint (a->time, ==, b->time);
  g_assert_cmpint (a->kind, ==, b->kind);
  g_assert_cmpint (a->n, ==, b->n);
  g_assert_cmpint (a->n_changes, ==, b->n_changes);
  g_assert_cmpint (a->cluster, ==, b->cluster);
  g_assert_cmpint (a->argument, ==, b->argument);
  g_assert_cmpstr (a->name, ==, b->name);
  g_assert_cmpint (a->n_ids, ==, b->n_ids);
  g_assert_true (g_bytes_equal (a->diff, b->diff));
}

static void
test_reads_back (Fixture *fixture, gconstpointer data)
{
  PleJournalContents contents;
  PleJournal *journal;

  write_steps (fixture, "one", 1, 50);
  write_steps (fixture, "two", 51, 3);

  journal = open_journal (fixture, "one", &contents);
  g_assert_true (contents.found);
  g_assert_cmpint (contents.n_items, ==, 100);
  g_assert_cmpint (contents.n_clusters, ==, 10);
  g_assert_true (g_bytes_equal (contents.base, fixture->base));
  g_assert_cmpint (contents.cursor, ==, 49);
  g_assert_cmpint (contents.tip, ==, 50);
  g_assert_cmpint (contents.next_seq, ==, 54);
  g_assert_cmpuint (contents.steps->len, ==, 50);
  for (guint i = 0; i < contents.steps->len; i++)
    {
      g_autoptr (PleStep) step = make_step (i + 1, 50);

      assert_same_step (g_ptr_array_index (contents.steps, i), step);
    }
  /* Of 12 snapshots the latest 8 are kept. */
  g_assert_cmpuint (contents.snapshots->len, ==, 8);
  g_assert_cmpint (((PleSnapshot *) g_ptr_array_index (contents.snapshots, 0))->step, ==, 20);
  ple_journal_contents_clear (&contents);
  ple_journal_close (journal);

  journal = open_journal (fixture, "two", &contents);
  g_assert_cmpuint (contents.steps->len, ==, 3);
  ple_journal_contents_clear (&contents);
  ple_journal_close (journal);

  journal = open_journal (fixture, "three", &contents);
  g_assert_false (contents.found);
  g_assert_cmpuint (contents.steps->len, ==, 0);
  g_assert_cmpint (contents.next_seq, ==, 54);
  ple_journal_contents_clear (&contents);
  ple_journal_close (journal);
}

static void
test_looking_writes_no_run (Fixture *fixture, gconstpointer data)
{
  for (int i = 0; i < 2; i++)
    {
      PleJournalContents contents;
      PleJournal *journal = open_journal (fixture, "one", &contents);

      g_assert_false (contents.found);
      ple_journal_set_run (journal, 100, 10, fixture->base);
      ple_journal_start (journal, on_report, NULL);
      ple_journal_close (journal);
      ple_journal_contents_clear (&contents);
    }
}

static void
test_lock (Fixture *fixture, gconstpointer data)
{
  PleJournalContents contents, none;
  PleJournal *journal = open_journal (fixture, "one", &contents);
  g_autoptr (GError) error = NULL;

  g_assert_null (ple_journal_open (fixture->path, "one", &none, &error));
  g_assert_error (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_LOCKED);
  ple_journal_contents_clear (&none);
  ple_journal_close (journal);
  ple_journal_contents_clear (&contents);
  journal = open_journal (fixture, "one", &contents);
  ple_journal_close (journal);
  ple_journal_contents_clear (&contents);
}

static guint
count_files (Fixture *fixture, const char *prefix)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->folder, 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    n += g_str_has_prefix (name, prefix);
  return n;
}

/* The bytes are kept under another name, and the next opening begins anew. */
static void
assert_set_aside (Fixture *fixture)
{
  g_autofree char *before = NULL, *after = NULL;
  g_autofree char *aside = g_strconcat (fixture->path, ".damaged-1", NULL);
  g_autoptr (GError) error = NULL;
  PleJournalContents contents;
  size_t n_before, n_after;

  g_file_get_contents (fixture->path, &before, &n_before, &error);
  g_assert_no_error (error);
  g_assert_null (ple_journal_open (fixture->path, "one", &contents, &error));
  g_assert_error (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_DAMAGED);
  g_clear_error (&error);
  ple_journal_contents_clear (&contents);
  g_file_get_contents (aside, &after, &n_after, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (before, n_before, after, n_after);
  write_steps (fixture, "one", 1, 5);
}

static void
test_foreign_file (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (int i = 0; i < 500; i++)
    g_string_append_printf (text, "This is no database, line %d.\n", i);
  g_assert_true (g_file_set_contents (fixture->path, text->str, -1, NULL));
  assert_set_aside (fixture);
}

static void
run_sql (const char *path, const char *sql)
{
  sqlite3 *db = NULL;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
}

static void
test_foreign_database (Fixture *fixture, gconstpointer data)
{
  run_sql (fixture->path, "CREATE TABLE recipes (cake TEXT)");
  assert_set_aside (fixture);
}

static void
test_wrong_rows (Fixture *fixture, gconstpointer sql)
{
  write_steps (fixture, "one", 1, 9);
  run_sql (fixture->path, sql);
  assert_set_aside (fixture);
}

static void
test_bad_snapshot_is_done_without (Fixture *fixture, gconstpointer data)
{
  PleJournalContents contents;
  PleJournal *journal;

  write_steps (fixture, "one", 1, 9);
  run_sql (fixture->path, "UPDATE snapshot SET diff = x'0102' WHERE step = 8");
  journal = open_journal (fixture, "one", &contents);
  g_assert_cmpuint (contents.snapshots->len, ==, 1);
  g_assert_cmpuint (contents.steps->len, ==, 9);
  ple_journal_contents_clear (&contents);
  ple_journal_close (journal);
}

static void
test_newer_version_is_left_alone (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  PleJournalContents contents;

  write_steps (fixture, "one", 1, 2);
  run_sql (fixture->path, "PRAGMA user_version = 2");
  g_assert_null (ple_journal_open (fixture->path, "one", &contents, &error));
  g_assert_error (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_DAMAGED);
  ple_journal_contents_clear (&contents);
  g_assert_true (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (count_files (fixture, "curation.db.damaged"), ==, 0);
}

static void
test_empty_file_is_new (Fixture *fixture, gconstpointer data)
{
  PleJournalContents contents;
  PleJournal *journal;

  g_assert_true (g_file_set_contents (fixture->path, "", 0, NULL));
  journal = open_journal (fixture, "one", &contents);
  g_assert_false (contents.found);
  ple_journal_contents_clear (&contents);
  ple_journal_close (journal);
}

static void
test_no_folder (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "nowhere", "curation.db", NULL);
  g_autoptr (GError) error = NULL;
  PleJournalContents contents;

  g_assert_null (ple_journal_open (path, "one", &contents, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  ple_journal_contents_clear (&contents);
}

/* A full disk, played by a limit on the size of files: reported once, kept, written later. */
static void
test_full_disk (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) reports = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  struct rlimit before, small;
  PleJournalContents contents;
  PleJournal *journal;
  gboolean ok;

  write_steps (fixture, "one", 1, 5);
  journal = open_journal (fixture, "one", &contents);
  ple_journal_contents_clear (&contents);
  ple_journal_start (journal, on_report, reports);
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &before), ==, 0);
  small = before;
  small.rlim_cur = 100 * 1000;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  for (gint64 seq = 6; seq < 9; seq++)
    {
      g_autoptr (PleStep) step = make_step (seq, 150 * 1000);

      ple_journal_push (journal, step, seq, seq, NULL);
    }
  ok = ple_journal_flush (journal, &error);
  if (!ok)
    while (reports->len == 0)
      g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_true (ple_journal_has_pending (journal));
  g_clear_error (&error);

  while (ple_journal_has_pending (journal))
    g_main_context_iteration (NULL, FALSE);
  g_assert_true (ple_journal_flush (journal, &error));
  while (reports->len < 2)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (g_ptr_array_index (reports, 0), !=, "committed");
  g_assert_cmpstr (g_ptr_array_index (reports, 1), ==, "committed");
  ple_journal_close (journal);
  journal = open_journal (fixture, "one", &contents);
  g_assert_cmpuint (contents.steps->len, ==, 8);
  g_assert_cmpint (contents.cursor, ==, 8);
  ple_journal_contents_clear (&contents);
  ple_journal_close (journal);
}

static void
test_closing_writes (Fixture *fixture, gconstpointer data)
{
  PleJournalContents contents;
  PleJournal *journal = open_journal (fixture, "one", &contents);

  ple_journal_contents_clear (&contents);
  ple_journal_set_run (journal, 100, 10, fixture->base);
  ple_journal_start (journal, on_report, NULL);
  for (gint64 seq = 1; seq <= 200; seq++)
    {
      g_autoptr (PleStep) step = make_step (seq, 20);

      ple_journal_push (journal, step, seq, seq, NULL);
    }
  ple_journal_close (journal);
  journal = open_journal (fixture, "one", &contents);
  g_assert_cmpuint (contents.steps->len, ==, 200);
  ple_journal_contents_clear (&contents);
  ple_journal_close (journal);
}

#define ADD(name, data, function)                                                                  \
  g_test_add ("/curate/journal/" name, Fixture, data, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("reads-back", NULL, test_reads_back);
  ADD ("looking-writes-no-run", NULL, test_looking_writes_no_run);
  ADD ("one-owner-at-a-time", NULL, test_lock);
  ADD ("foreign-file-is-set-aside", NULL, test_foreign_file);
  ADD ("foreign-database-is-set-aside", NULL, test_foreign_database);
  ADD ("wrong-rows/diff", "UPDATE step SET diff = x'00' WHERE seq = 4", test_wrong_rows);
  ADD ("wrong-rows/kind", "UPDATE step SET kind = 'dance' WHERE seq = 4", test_wrong_rows);
  ADD ("wrong-rows/parent", "UPDATE step SET parent = 8 WHERE seq = 4", test_wrong_rows);
  ADD ("wrong-rows/ids", "UPDATE step SET n_ids = 1 << 40 WHERE seq = 4", test_wrong_rows);
  ADD ("wrong-rows/base", "UPDATE run SET base = x'00'", test_wrong_rows);
  ADD ("wrong-rows/trigger",
       "CREATE TRIGGER t AFTER INSERT ON step BEGIN DELETE FROM step WHERE seq < new.seq; END",
       test_wrong_rows);
  ADD ("wrong-rows/table", "DROP TABLE place", test_wrong_rows);
  ADD ("bad-snapshot-is-done-without", NULL, test_bad_snapshot_is_done_without);
  ADD ("newer-version-is-left-alone", NULL, test_newer_version_is_left_alone);
  ADD ("empty-file-is-new", NULL, test_empty_file_is_new);
  ADD ("no-folder", NULL, test_no_folder);
  ADD ("full-disk", NULL, test_full_disk);
  ADD ("closing-writes", NULL, test_closing_writes);
  return g_test_run ();
}
