/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "curate/ple-journal-private.h"

#include "curate/ple-curation.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <sqlite3.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* The file: SQLite 3, WAL, application id "PleC", user version 1.
 *
 * run       one row per run that has decisions. key: of the run; base: its clusters as they came, a
 *           diff (ple-journal-diff.c) from the state in which no item has a cluster; so the file is
 *           complete without the run's folder.
 * step      one row per decision, never changed and never deleted. seq rises over all runs; parent
 *           is the step it was taken on top of (0: base), so the steps of a run form a tree. kind
 * is one of kind_names[]; the other columns are the members of PleStep. place     where the person
 * stands in that tree: cursor, and tip, the end of the branch that redo follows. Undo moves the
 * cursor to its parent. A step after an undo moves both to a new branch; what hangs off the way
 * from base to tip is abandoned, but stays. snapshot  the state at a step as a diff from base, to
 * open quickly. Only the latest are kept; losing them loses nothing.
 *
 * sum columns: FNV-1a, 64 bits, over the row's other columns in their order: integers as 8 bytes,
 * little-endian; texts and blobs as their length (8 bytes) and bytes. SQLite trusts its pages; a
 * flipped bit in a blob would otherwise become a wrong label. Not a guard against malice: every
 * blob is read with suspicion all the same.
 *
 * One transaction holds all that gathered while the one before was synced: a decision is on disk
 * after two syncs at most (synchronous=FULL: the log is synced at each commit, before a power cut
 * can matter). A torn tail of the log is cut by SQLite at the next opening.
 *
 * Lock: flock() on NAME-lock beside the file, which holds the owner's process number. SQLite's own
 * lock would not cover renaming a damaged file. Besides, locking_mode=EXCLUSIVE keeps other SQLite
 * programs out and needs no shared memory file. */
#define APPLICATION_ID 0x506c6543
#define FORMAT_VERSION 1
#define KEPT_SNAPSHOTS 8
#define RETRY_MICROSECONDS (G_USEC_PER_SEC / 2)
/* A value larger than this is refused: base and diffs of 100 million items fit. */
#define MAX_VALUE_BYTES (512 * 1024 * 1024)

static const char *const kind_names[PLE_N_STEP_KINDS] = {
  [PLE_STEP_NAME] = "name",   [PLE_STEP_STATE] = "state", [PLE_STEP_MOVE] = "move",
  [PLE_STEP_MERGE] = "merge", [PLE_STEP_SPLIT] = "split", [PLE_STEP_RESET] = "reset",
};

/* Exactly what sqlite_schema must hold, by name. */
static const char *const schema[] = {
  "CREATE TABLE place (run INTEGER PRIMARY KEY, cursor INTEGER NOT NULL, tip INTEGER NOT NULL)",
  "CREATE TABLE run (id INTEGER PRIMARY KEY, key TEXT NOT NULL, n_items INTEGER NOT NULL, "
  "n_clusters INTEGER NOT NULL, base BLOB NOT NULL, sum INTEGER NOT NULL)",
  "CREATE TABLE snapshot (step INTEGER PRIMARY KEY, run INTEGER NOT NULL, diff BLOB NOT NULL, "
  "sum INTEGER NOT NULL)",
  "CREATE TABLE step (seq INTEGER PRIMARY KEY, run INTEGER NOT NULL, parent INTEGER NOT NULL, "
  "time INTEGER NOT NULL, kind TEXT NOT NULL, n INTEGER NOT NULL, n_changes INTEGER NOT NULL, "
  "cluster INTEGER NOT NULL, argument INTEGER NOT NULL, name TEXT NOT NULL, "
  "n_ids INTEGER NOT NULL, diff BLOB NOT NULL, sum INTEGER NOT NULL)",
  "CREATE INDEX step_of_run ON step (run, seq)",
};

typedef struct
{
  PleStep *step;
  gint64 cursor;
  gint64 tip;
  GBytes *snapshot;
} Record;

typedef enum
{
  INSERT_RUN,
  INSERT_STEP,
  INSERT_SNAPSHOT,
  PRUNE_SNAPSHOTS,
  SET_PLACE,
} Statement;

static const char *const statement_texts[] = {
  [INSERT_RUN] = "INSERT INTO run VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
  [INSERT_STEP] =
      "INSERT INTO step VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
  [INSERT_SNAPSHOT] = "INSERT INTO snapshot VALUES (?1, ?2, ?3, ?4)",
  [PRUNE_SNAPSHOTS] =
      "DELETE FROM snapshot WHERE run = ?1 AND step NOT IN "
      "(SELECT step FROM snapshot WHERE run = ?1 ORDER BY step DESC LIMIT " G_STRINGIFY (
          KEPT_SNAPSHOTS) ")",
  [SET_PLACE] = "INSERT INTO place VALUES (?1, ?2, ?3) "
                "ON CONFLICT (run) DO UPDATE SET cursor = excluded.cursor, tip = excluded.tip",
};

struct _PleJournal
{
  char *path;
  char *run;
  int lock_fd;
  gboolean leave_alone; /* not ours to rename */
  gboolean identified;  /* its tables are those of a journal: a few hundred bytes of text */
  gint64 run_id;        /* 0: not in the file yet */
  gint64 next_run_id;
  /* Of a run that is not in the file. */
  gint64 n_items;
  gint64 n_clusters;
  GBytes *base;

  /* The writing thread's own between ple_journal_start() and its end. */
  sqlite3 *db;
  sqlite3_stmt *statements[G_N_ELEMENTS (statement_texts)];

  GThread *thread;
  PleJournalNotify notify;
  gpointer notify_data;
  GMainContext *context;

  GMutex mutex; /* guards all below */
  GCond wake;   /* to the thread: something is queued, or the end has come */
  GCond done;   /* from the thread: an attempt ended */
  GPtrArray *queue;
  guint64 n_pushed;
  guint64 n_committed;
  guint64 n_failures;
  gboolean hurry; /* try again without waiting */
  gboolean closing;
  char *failure;          /* why the last attempt failed */
  gboolean failure_fresh; /* not reported yet */
  GSource *report;        /* pending on the main context */
};

static void
step_clear (gpointer data)
{
  PleStep *step = data;

  g_free (step->name);
  g_clear_pointer (&step->diff, g_bytes_unref);
}

PleStep *
ple_step_new (void)
{
  return g_atomic_rc_box_new0 (PleStep);
}

PleStep *
ple_step_ref (PleStep *step)
{
  return g_atomic_rc_box_acquire (step);
}

void
ple_step_unref (PleStep *step)
{
  g_atomic_rc_box_release_full (step, step_clear);
}

static void
snapshot_free (gpointer data)
{
  PleSnapshot *snapshot = data;

  g_bytes_unref (snapshot->diff);
  g_free (snapshot);
}

void
ple_journal_contents_clear (PleJournalContents *contents)
{
  g_clear_pointer (&contents->base, g_bytes_unref);
  g_clear_pointer (&contents->steps, g_ptr_array_unref);
  g_clear_pointer (&contents->snapshots, g_ptr_array_unref);
}

static void
record_free (gpointer data)
{
  Record *record = data;

  g_clear_pointer (&record->step, ple_step_unref);
  g_clear_pointer (&record->snapshot, g_bytes_unref);
  g_free (record);
}

/* --- sums ---------------------------------------------------------------------------------- */

static guint64
sum_bytes (guint64 sum, gconstpointer bytes, size_t size)
{
  const guint8 *at = bytes;

  for (size_t i = 0; i < size; i++)
    sum = (sum ^ at[i]) * G_GUINT64_CONSTANT (0x100000001b3);
  return sum;
}

static guint64
sum_int (guint64 sum, gint64 value)
{
  gint64 little = GINT64_TO_LE (value);

  return sum_bytes (sum, &little, sizeof little);
}

static guint64
sum_text (guint64 sum, const char *text)
{
  size_t length = strlen (text);

  return sum_bytes (sum_int (sum, (gint64) length), text, length);
}

static guint64
sum_blob (guint64 sum, GBytes *blob)
{
  size_t size;
  gconstpointer bytes = g_bytes_get_data (blob, &size);

  return sum_bytes (sum_int (sum, (gint64) size), bytes, size);
}

#define SUM_START G_GUINT64_CONSTANT (0xcbf29ce484222325)

static gint64
sum_of_run (gint64 id, const char *key, gint64 n_items, gint64 n_clusters, GBytes *base)
{
  guint64 sum = sum_text (sum_int (SUM_START, id), key);

  sum = sum_int (sum_int (sum, n_items), n_clusters);
  return (gint64) sum_blob (sum, base);
}

static gint64
sum_of_step (const PleStep *step, gint64 run)
{
  guint64 sum = sum_int (sum_int (SUM_START, step->seq), run);

  sum = sum_int (sum_int (sum, step->parent), step->time);
  sum = sum_text (sum, kind_names[step->kind]);
  sum = sum_int (sum_int (sum, step->n), step->n_changes);
  sum = sum_int (sum_int (sum, step->cluster), step->argument);
  sum = sum_int (sum_text (sum, step->name), step->n_ids);
  return (gint64) sum_blob (sum, step->diff);
}

static gint64
sum_of_snapshot (gint64 step, gint64 run, GBytes *diff)
{
  return (gint64) sum_blob (sum_int (sum_int (SUM_START, step), run), diff);
}

/* --- reading ------------------------------------------------------------------------------- */

static gboolean
damaged (GError **error, const char *reason)
{
  g_set_error_literal (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_DAMAGED, reason);
  return FALSE;
}

/* What SQLite says, by what can be done about it. No memory for those few tables is no lack of
 * memory, but a damaged size. */
static gboolean
fail_sqlite (PleJournal *journal, int code, GError **error)
{
  int primary = code & 0xff;
  g_autofree char *name = g_path_get_basename (journal->path);

  if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED)
    g_set_error (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_LOCKED,
                 _ ("%s: another program has the decisions of this project open; close it there "
                    "first"),
                 name);
  else if (primary == SQLITE_NOTADB)
    return damaged (error, _ ("it is not a journal of decisions"));
  else if (primary == SQLITE_CORRUPT || primary == SQLITE_FORMAT || primary == SQLITE_TOOBIG ||
           primary == SQLITE_ERROR || (primary == SQLITE_NOMEM && !journal->identified))
    return damaged (error, _ ("the journal of decisions is damaged"));
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                 _ ("%s: cannot use the journal of decisions: %s"), name,
                 journal->db != NULL ? sqlite3_errmsg (journal->db) : sqlite3_errstr (code));
  return FALSE;
}

static gboolean
execute (PleJournal *journal, const char *sql, GError **error)
{
  int code = sqlite3_exec (journal->db, sql, NULL, NULL, NULL);

  return code == SQLITE_OK || fail_sqlite (journal, code, error);
}

static gboolean
prepare (PleJournal *journal, const char *sql, sqlite3_stmt **statement, GError **error)
{
  int code = sqlite3_prepare_v2 (journal->db, sql, -1, statement, NULL);

  return code == SQLITE_OK || fail_sqlite (journal, code, error);
}

static gboolean
read_int (PleJournal *journal, const char *sql, gint64 *value, GError **error)
{
  sqlite3_stmt *statement = NULL;
  int code;

  if (!prepare (journal, sql, &statement, error))
    return FALSE;
  code = sqlite3_step (statement);
  if (code == SQLITE_ROW)
    *value = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  return code == SQLITE_ROW || fail_sqlite (journal, code, error);
}

static GBytes *
column_blob (sqlite3_stmt *statement, int column)
{
  gconstpointer bytes = sqlite3_column_blob (statement, column);

  return g_bytes_new (bytes, (size_t) sqlite3_column_bytes (statement, column));
}

/* %NULL unless it is a text that can be shown. */
static const char *
column_text (sqlite3_stmt *statement, int column)
{
  const char *text = (const char *) sqlite3_column_text (statement, column);
  size_t length = (size_t) sqlite3_column_bytes (statement, column);

  return text != NULL && g_utf8_validate_len (text, length, NULL) ? text : NULL;
}

static int
find_kind (const char *name)
{
  for (int kind = 0; name != NULL && kind < PLE_N_STEP_KINDS; kind++)
    if (strcmp (kind_names[kind], name) == 0)
      return kind;
  return -1;
}

/* The schema is ours to the letter: no view or trigger of somebody else runs. */
static gboolean
check_schema (PleJournal *journal, GError **error)
{
  sqlite3_stmt *statement = NULL;
  size_t i = 0;
  gboolean same = TRUE;
  int code;

  if (!prepare (journal, "SELECT sql FROM sqlite_schema ORDER BY name", &statement, error))
    return FALSE;
  while ((code = sqlite3_step (statement)) == SQLITE_ROW)
    {
      const char *sql = (const char *) sqlite3_column_text (statement, 0);

      same = same && i < G_N_ELEMENTS (schema) && g_strcmp0 (sql, schema[i]) == 0;
      i++;
    }
  sqlite3_finalize (statement);
  if (code != SQLITE_DONE)
    return fail_sqlite (journal, code, error);
  return (same && i == G_N_ELEMENTS (schema)) ||
         damaged (error, _ ("the tables in it are not those of a journal"));
}

static gboolean
sync_folder (PleJournal *journal)
{
  g_autofree char *folder = g_path_get_dirname (journal->path);
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean ok = fd >= 0 && fsync (fd) == 0;

  if (fd >= 0)
    close (fd);
  return ok;
}

static gboolean
create_schema (PleJournal *journal, GError **error)
{
  g_autofree char *identity = g_strdup_printf ("PRAGMA application_id=%d; PRAGMA user_version=%d",
                                               APPLICATION_ID, FORMAT_VERSION);

  if (!execute (journal, "BEGIN IMMEDIATE", error) || !execute (journal, identity, error))
    return FALSE;
  for (size_t i = 0; i < G_N_ELEMENTS (schema); i++)
    if (!execute (journal, schema[i], error))
      return FALSE;
  if (!execute (journal, "COMMIT", error))
    return FALSE;
  /* The file's name must outlive a power cut too; where folders cannot be synced, so be it. */
  sync_folder (journal);
  return TRUE;
}

/* Whose file is it? Nothing is written before that is known. */
static gboolean
identify (PleJournal *journal, gboolean *is_new, GError **error)
{
  gint64 application = 0, version = 0, n_objects = 0;
  g_autofree char *name = g_path_get_basename (journal->path);

  if (!read_int (journal, "PRAGMA application_id", &application, error) ||
      !read_int (journal, "PRAGMA user_version", &version, error) ||
      !read_int (journal, "SELECT count(*) FROM sqlite_schema", &n_objects, error))
    return FALSE;
  *is_new = application == 0 && version == 0 && n_objects == 0;
  if (*is_new)
    return TRUE;
  if (application != APPLICATION_ID)
    return damaged (error, _ ("it is a database of another program"));
  if (version > FORMAT_VERSION)
    {
      /* Not damaged for its owner: it stays where it is. */
      g_set_error (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_DAMAGED,
                   _ ("%s: the decisions were written by a newer version of the program (format "
                      "%d); update this one"),
                   name, (int) CLAMP (version, 0, G_MAXINT));
      journal->leave_alone = TRUE;
      return FALSE;
    }
  return check_schema (journal, error);
}

static gboolean
configure (PleJournal *journal, GError **error)
{
  gboolean is_new = FALSE;

  sqlite3_limit (journal->db, SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES);
  sqlite3_db_config (journal->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config (journal->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_db_config (journal->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
  sqlite3_db_config (journal->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
  if (!execute (journal, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cell_size_check=ON", error) ||
      !identify (journal, &is_new, error))
    return FALSE;
  journal->identified = TRUE;
  if (!execute (journal, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", error))
    return FALSE;
  return !is_new || create_schema (journal, error);
}

static gboolean
read_run (PleJournal *journal, PleJournalContents *contents, GError **error)
{
  sqlite3_stmt *statement = NULL;
  gboolean ok = TRUE;
  int code;

  if (!read_int (journal, "SELECT ifnull(max(seq), 0) + 1 FROM step", &contents->next_seq, error) ||
      !read_int (journal, "SELECT ifnull(max(id), 0) + 1 FROM run", &journal->next_run_id, error) ||
      !prepare (journal, "SELECT id, n_items, n_clusters, base, sum FROM run WHERE key = ?1",
                &statement, error))
    return FALSE;
  sqlite3_bind_text (statement, 1, journal->run, -1, SQLITE_STATIC);
  code = sqlite3_step (statement);
  if (code == SQLITE_ROW)
    {
      contents->found = TRUE;
      journal->run_id = sqlite3_column_int64 (statement, 0);
      contents->n_items = sqlite3_column_int64 (statement, 1);
      contents->n_clusters = sqlite3_column_int64 (statement, 2);
      contents->base = column_blob (statement, 3);
      ok = journal->run_id > 0 && contents->n_items >= 0 && contents->n_clusters >= 0 &&
           contents->n_clusters <= G_MAXINT32 &&
           sum_of_run (journal->run_id, journal->run, contents->n_items, contents->n_clusters,
                       contents->base) == sqlite3_column_int64 (statement, 4);
    }
  sqlite3_finalize (statement);
  if (code != SQLITE_ROW && code != SQLITE_DONE)
    return fail_sqlite (journal, code, error);
  if (contents->next_seq < 1 || journal->next_run_id < 1)
    ok = FALSE;
  return ok || damaged (error, _ ("what it says about the run is damaged"));
}

static PleStep *
read_step (PleJournal *journal, sqlite3_stmt *statement)
{
  g_autoptr (PleStep) step = ple_step_new ();
  int kind = find_kind (column_text (statement, 3));
  gint64 cluster = sqlite3_column_int64 (statement, 6);
  gint64 argument = sqlite3_column_int64 (statement, 7);
  gint64 n_ids = sqlite3_column_int64 (statement, 9);

  step->seq = sqlite3_column_int64 (statement, 0);
  step->parent = sqlite3_column_int64 (statement, 1);
  step->time = sqlite3_column_int64 (statement, 2);
  step->n = sqlite3_column_int64 (statement, 4);
  step->n_changes = sqlite3_column_int64 (statement, 5);
  step->name = g_strdup (column_text (statement, 8));
  step->diff = column_blob (statement, 10);
  if (kind < 0 || step->name == NULL || step->seq < 1 || step->parent < 0 ||
      step->parent >= step->seq || step->n < 0 || step->n_changes < 0 || cluster < -1 ||
      n_ids < 0 || n_ids > G_MAXINT32 || cluster >= n_ids || argument < 0 || argument > G_MAXINT32)
    return NULL;
  step->kind = (PleStepKind) kind;
  step->cluster = (gint32) cluster;
  step->argument = (gint32) argument;
  step->n_ids = (gint32) n_ids;
  if (sum_of_step (step, journal->run_id) != sqlite3_column_int64 (statement, 11))
    return NULL;
  return g_steal_pointer (&step);
}

static gboolean
read_steps (PleJournal *journal, GPtrArray *steps, GError **error)
{
  sqlite3_stmt *statement = NULL;
  int code;

  if (!prepare (journal,
                "SELECT seq, parent, time, kind, n, n_changes, cluster, argument, name, n_ids, "
                "diff, sum FROM step WHERE run = ?1 ORDER BY seq",
                &statement, error))
    return FALSE;
  sqlite3_bind_int64 (statement, 1, journal->run_id);
  while ((code = sqlite3_step (statement)) == SQLITE_ROW)
    {
      PleStep *step = read_step (journal, statement);

      if (step == NULL)
        {
          sqlite3_finalize (statement);
          return damaged (error, _ ("a decision in it is damaged"));
        }
      g_ptr_array_add (steps, step);
    }
  sqlite3_finalize (statement);
  return code == SQLITE_DONE || fail_sqlite (journal, code, error);
}

static gboolean
read_place (PleJournal *journal, PleJournalContents *contents, GError **error)
{
  sqlite3_stmt *statement = NULL;
  int code;

  if (!prepare (journal, "SELECT cursor, tip FROM place WHERE run = ?1", &statement, error))
    return FALSE;
  sqlite3_bind_int64 (statement, 1, journal->run_id);
  code = sqlite3_step (statement);
  if (code == SQLITE_ROW)
    {
      contents->cursor = sqlite3_column_int64 (statement, 0);
      contents->tip = sqlite3_column_int64 (statement, 1);
    }
  sqlite3_finalize (statement);
  return code == SQLITE_ROW || code == SQLITE_DONE || fail_sqlite (journal, code, error);
}

/* A snapshot with a wrong sum is left out: it can be done without. */
static gboolean
read_snapshots (PleJournal *journal, GPtrArray *snapshots, GError **error)
{
  sqlite3_stmt *statement = NULL;
  int code;

  if (!prepare (journal, "SELECT step, diff, sum FROM snapshot WHERE run = ?1 ORDER BY step",
                &statement, error))
    return FALSE;
  sqlite3_bind_int64 (statement, 1, journal->run_id);
  while ((code = sqlite3_step (statement)) == SQLITE_ROW)
    {
      gint64 step = sqlite3_column_int64 (statement, 0);
      g_autoptr (GBytes) diff = column_blob (statement, 1);

      if (sum_of_snapshot (step, journal->run_id, diff) == sqlite3_column_int64 (statement, 2))
        {
          PleSnapshot *snapshot = g_new (PleSnapshot, 1);

          snapshot->step = step;
          snapshot->diff = g_steal_pointer (&diff);
          g_ptr_array_add (snapshots, snapshot);
        }
    }
  sqlite3_finalize (statement);
  return code == SQLITE_DONE || fail_sqlite (journal, code, error);
}

static gboolean
read_contents (PleJournal *journal, PleJournalContents *contents, GError **error)
{
  if (!read_run (journal, contents, error))
    return FALSE;
  if (contents->found &&
      (!read_steps (journal, contents->steps, error) || !read_place (journal, contents, error) ||
       !read_snapshots (journal, contents->snapshots, error)))
    return FALSE;
  for (size_t i = 0; i < G_N_ELEMENTS (statement_texts); i++)
    if (!prepare (journal, statement_texts[i], &journal->statements[i], error))
      return FALSE;
  return TRUE;
}

/* --- opening ------------------------------------------------------------------------------- */

static gboolean
take_lock (PleJournal *journal, GError **error)
{
  g_autofree char *lock = g_strconcat (journal->path, "-lock", NULL);
  g_autofree char *name = g_path_get_basename (journal->path);
  char owner[16] = "";

  journal->lock_fd = open (lock, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (journal->lock_fd < 0)
    {
      int saved = errno;

      g_set_error (error, G_IO_ERROR, (int) g_io_error_from_errno (saved),
                   _ ("%s: cannot lock the journal of decisions: %s"), name, g_strerror (saved));
      return FALSE;
    }
  if (flock (journal->lock_fd, LOCK_EX | LOCK_NB) != 0)
    {
      ssize_t length = pread (journal->lock_fd, owner, sizeof owner - 1, 0);

      owner[MAX (length, 0)] = '\0';
      g_set_error (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_LOCKED,
                   _ ("%s: another program (process %d) has the decisions of this project open; "
                      "close it there first"),
                   name, atoi (owner));
      return FALSE;
    }
  g_snprintf (owner, sizeof owner, "%d\n", (int) getpid ());
  /* Only for that message: no harm if it cannot be written. */
  if (ftruncate (journal->lock_fd, 0) == 0 &&
      pwrite (journal->lock_fd, owner, strlen (owner), 0) < 0)
    errno = 0;
  return TRUE;
}

/* Everything but the thread. Safe on a journal that was opened half. */
static void
journal_free (PleJournal *journal)
{
  for (size_t i = 0; i < G_N_ELEMENTS (journal->statements); i++)
    sqlite3_finalize (journal->statements[i]);
  sqlite3_close (journal->db);
  if (journal->lock_fd >= 0)
    close (journal->lock_fd);
  g_clear_pointer (&journal->base, g_bytes_unref);
  g_clear_pointer (&journal->context, g_main_context_unref);
  g_ptr_array_unref (journal->queue);
  g_mutex_clear (&journal->mutex);
  g_cond_clear (&journal->wake);
  g_cond_clear (&journal->done);
  g_free (journal->failure);
  g_free (journal->path);
  g_free (journal->run);
  g_free (journal);
}

PleJournal *
ple_journal_open (const char *path, const char *run, PleJournalContents *contents, GError **error)
{
  PleJournal *journal = g_new0 (PleJournal, 1);
  GError *problem = NULL;
  int code;

  memset (contents, 0, sizeof *contents);
  contents->steps = g_ptr_array_new_with_free_func ((GDestroyNotify) ple_step_unref);
  contents->snapshots = g_ptr_array_new_with_free_func (snapshot_free);
  journal->path = g_strdup (path);
  journal->run = g_strdup (run);
  journal->lock_fd = -1;
  journal->queue = g_ptr_array_new_with_free_func (record_free);
  g_mutex_init (&journal->mutex);
  g_cond_init (&journal->wake);
  g_cond_init (&journal->done);

  if (take_lock (journal, &problem))
    {
      code =
          sqlite3_open_v2 (path, &journal->db,
                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
      if (code != SQLITE_OK)
        fail_sqlite (journal, code, &problem);
      else if (configure (journal, &problem) && read_contents (journal, contents, &problem))
        return journal;
    }
  if (!journal->leave_alone &&
      g_error_matches (problem, PLE_CURATION_ERROR, PLE_CURATION_ERROR_DAMAGED))
    ple_journal_set_aside (journal, problem->message, error);
  else
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      journal_free (journal);
    }
  g_clear_error (&problem);
  return NULL;
}

/* The first free name. */
static char *
name_aside (const char *path)
{
  for (guint i = 1;; i++)
    {
      g_autofree char *aside = g_strdup_printf ("%s.damaged-%u", path, i);
      g_autofree char *log = g_strconcat (aside, "-wal", NULL);

      if (!g_file_test (aside, G_FILE_TEST_EXISTS) && !g_file_test (log, G_FILE_TEST_EXISTS))
        return g_steal_pointer (&aside);
    }
}

void
ple_journal_set_aside (PleJournal *journal, const char *reason, GError **error)
{
  static const char *const suffixes[] = { "", "-wal", "-journal", "-shm" };
  g_autofree char *aside = name_aside (journal->path);
  g_autofree char *name = g_path_get_basename (journal->path);
  g_autofree char *aside_name = g_path_get_basename (aside);
  gboolean moved = TRUE;

  g_assert (journal->thread == NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (journal->statements); i++)
    g_clear_pointer (&journal->statements[i], sqlite3_finalize);
  /* As it was found: closing must not fold the log into the file. */
  sqlite3_db_config (journal->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  g_clear_pointer (&journal->db, sqlite3_close);
  for (size_t i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *from = g_strconcat (journal->path, suffixes[i], NULL);
      g_autofree char *to = g_strconcat (aside, suffixes[i], NULL);

      if (g_rename (from, to) != 0 && errno != ENOENT)
        moved = FALSE;
    }
  if (moved)
    g_set_error (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_DAMAGED,
                 _ ("%s: %s; it is kept as %s, and a new journal begins when the project is opened "
                    "again"),
                 name, reason, aside_name);
  else
    g_set_error (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_DAMAGED,
                 _ ("%s: %s, and it cannot be renamed; move it away by hand"), name, reason);
  journal_free (journal);
}

void
ple_journal_set_run (PleJournal *journal, size_t n_items, size_t n_clusters, GBytes *base)
{
  g_assert (journal->thread == NULL && journal->run_id == 0);
  journal->n_items = (gint64) n_items;
  journal->n_clusters = (gint64) n_clusters;
  journal->base = g_bytes_ref (base);
}

/* --- writing ------------------------------------------------------------------------------- */

static void
bind_blob (sqlite3_stmt *statement, int column, GBytes *blob)
{
  size_t size;
  gconstpointer bytes = g_bytes_get_data (blob, &size);

  /* A NULL pointer would bind NULL. */
  sqlite3_bind_blob64 (statement, column, bytes != NULL ? bytes : "", size, SQLITE_STATIC);
}

static int
run_statement (PleJournal *journal, Statement which)
{
  sqlite3_stmt *statement = journal->statements[which];
  int code = sqlite3_step (statement);

  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int
write_run (PleJournal *journal, gint64 id)
{
  sqlite3_stmt *statement = journal->statements[INSERT_RUN];

  sqlite3_bind_int64 (statement, 1, id);
  sqlite3_bind_text (statement, 2, journal->run, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (statement, 3, journal->n_items);
  sqlite3_bind_int64 (statement, 4, journal->n_clusters);
  bind_blob (statement, 5, journal->base);
  sqlite3_bind_int64 (
      statement, 6,
      sum_of_run (id, journal->run, journal->n_items, journal->n_clusters, journal->base));
  return run_statement (journal, INSERT_RUN);
}

static int
write_step (PleJournal *journal, gint64 run, const PleStep *step)
{
  sqlite3_stmt *statement = journal->statements[INSERT_STEP];

  sqlite3_bind_int64 (statement, 1, step->seq);
  sqlite3_bind_int64 (statement, 2, run);
  sqlite3_bind_int64 (statement, 3, step->parent);
  sqlite3_bind_int64 (statement, 4, step->time);
  sqlite3_bind_text (statement, 5, kind_names[step->kind], -1, SQLITE_STATIC);
  sqlite3_bind_int64 (statement, 6, step->n);
  sqlite3_bind_int64 (statement, 7, step->n_changes);
  sqlite3_bind_int64 (statement, 8, step->cluster);
  sqlite3_bind_int64 (statement, 9, step->argument);
  sqlite3_bind_text (statement, 10, step->name, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (statement, 11, step->n_ids);
  bind_blob (statement, 12, step->diff);
  sqlite3_bind_int64 (statement, 13, sum_of_step (step, run));
  return run_statement (journal, INSERT_STEP);
}

static int
write_snapshot (PleJournal *journal, gint64 run, gint64 step, GBytes *diff)
{
  sqlite3_stmt *statement = journal->statements[INSERT_SNAPSHOT];
  int code;

  sqlite3_bind_int64 (statement, 1, step);
  sqlite3_bind_int64 (statement, 2, run);
  bind_blob (statement, 3, diff);
  sqlite3_bind_int64 (statement, 4, sum_of_snapshot (step, run, diff));
  code = run_statement (journal, INSERT_SNAPSHOT);
  if (code != SQLITE_OK)
    return code;
  sqlite3_bind_int64 (journal->statements[PRUNE_SNAPSHOTS], 1, run);
  return run_statement (journal, PRUNE_SNAPSHOTS);
}

static int
write_records (PleJournal *journal, gint64 run, GPtrArray *records)
{
  const Record *last = g_ptr_array_index (records, records->len - 1);
  int code = journal->run_id == 0 ? write_run (journal, run) : SQLITE_OK;

  for (guint i = 0; i < records->len && code == SQLITE_OK; i++)
    {
      const Record *record = g_ptr_array_index (records, i);

      if (record->step != NULL)
        code = write_step (journal, run, record->step);
      if (record->snapshot != NULL && code == SQLITE_OK)
        code = write_snapshot (journal, run, record->step->seq, record->snapshot);
    }
  if (code != SQLITE_OK)
    return code;
  sqlite3_bind_int64 (journal->statements[SET_PLACE], 1, run);
  sqlite3_bind_int64 (journal->statements[SET_PLACE], 2, last->cursor);
  sqlite3_bind_int64 (journal->statements[SET_PLACE], 3, last->tip);
  return run_statement (journal, SET_PLACE);
}

/* All or nothing. Returns: (transfer full) (nullable): why not */
static char *
write_batch (PleJournal *journal, GPtrArray *records)
{
  gint64 run = journal->run_id != 0 ? journal->run_id : journal->next_run_id;
  int code = sqlite3_exec (journal->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
  char *failure;

  if (code == SQLITE_OK)
    code = write_records (journal, run, records);
  if (code == SQLITE_OK)
    code = sqlite3_exec (journal->db, "COMMIT", NULL, NULL, NULL);
  if (code == SQLITE_OK)
    {
      journal->run_id = run;
      return NULL;
    }
  failure = g_strdup (sqlite3_errmsg (journal->db));
  if (!sqlite3_get_autocommit (journal->db))
    sqlite3_exec (journal->db, "ROLLBACK", NULL, NULL, NULL);
  return failure;
}

/* On the main context. */
static gboolean
report_cb (gpointer data)
{
  PleJournal *journal = data;
  g_autofree char *failure = NULL;
  gboolean all_committed;

  g_mutex_lock (&journal->mutex);
  g_clear_pointer (&journal->report, g_source_unref);
  if (journal->failure_fresh)
    failure = g_strdup (journal->failure);
  journal->failure_fresh = FALSE;
  all_committed = journal->n_committed == journal->n_pushed;
  g_mutex_unlock (&journal->mutex);

  if (failure != NULL)
    journal->notify (journal->notify_data, failure);
  else if (all_committed)
    journal->notify (journal->notify_data, NULL);
  return G_SOURCE_REMOVE;
}

/* Under the mutex. */
static void
schedule_report (PleJournal *journal)
{
  if (journal->report != NULL || journal->closing)
    return;
  journal->report = g_idle_source_new ();
  g_source_set_priority (journal->report, G_PRIORITY_DEFAULT);
  g_source_set_callback (journal->report, report_cb, journal, NULL);
  g_source_attach (journal->report, journal->context);
}

/* Under the mutex: notes how an attempt ended. */
static void
end_attempt (PleJournal *journal, GPtrArray *batch, char *failure)
{
  if (failure == NULL)
    {
      journal->n_committed += batch->len;
      g_clear_pointer (&journal->failure, g_free);
      journal->failure_fresh = FALSE;
      g_ptr_array_unref (batch);
    }
  else
    {
      /* Back to the head of the queue. */
      g_ptr_array_extend_and_steal (batch, g_steal_pointer (&journal->queue));
      journal->queue = batch;
      journal->n_failures++;
      journal->failure_fresh = journal->failure_fresh || journal->failure == NULL;
      g_free (journal->failure);
      journal->failure = failure;
    }
  schedule_report (journal);
  g_cond_broadcast (&journal->done);
}

static gpointer
writer_thread (gpointer data)
{
  PleJournal *journal = data;

  g_mutex_lock (&journal->mutex);
  for (;;)
    {
      GPtrArray *batch;
      char *failure;

      while (journal->queue->len == 0 && !journal->closing)
        g_cond_wait (&journal->wake, &journal->mutex);
      if (journal->queue->len == 0)
        break;
      batch = g_steal_pointer (&journal->queue);
      journal->queue = g_ptr_array_new_with_free_func (record_free);
      journal->hurry = FALSE;
      g_mutex_unlock (&journal->mutex);
      failure = write_batch (journal, batch);
      g_mutex_lock (&journal->mutex);
      end_attempt (journal, batch, failure);
      if (failure != NULL)
        {
          gint64 until = g_get_monotonic_time () + RETRY_MICROSECONDS;

          if (journal->closing)
            break;
          while (!journal->hurry && !journal->closing &&
                 g_cond_wait_until (&journal->wake, &journal->mutex, until))
            ;
        }
    }
  g_mutex_unlock (&journal->mutex);
  return NULL;
}

void
ple_journal_start (PleJournal *journal, PleJournalNotify notify, gpointer data)
{
  g_assert (journal->thread == NULL);
  journal->notify = notify;
  journal->notify_data = data;
  journal->context = g_main_context_ref_thread_default ();
  journal->thread = g_thread_new ("journal", writer_thread, journal);
}

void
ple_journal_push (PleJournal *journal, PleStep *step, gint64 cursor, gint64 tip, GBytes *snapshot)
{
  Record *record = g_new0 (Record, 1);

  g_assert (snapshot == NULL || step != NULL);
  record->step = step != NULL ? ple_step_ref (step) : NULL;
  record->cursor = cursor;
  record->tip = tip;
  record->snapshot = snapshot != NULL ? g_bytes_ref (snapshot) : NULL;
  g_mutex_lock (&journal->mutex);
  g_ptr_array_add (journal->queue, record);
  journal->n_pushed++;
  g_cond_signal (&journal->wake);
  g_mutex_unlock (&journal->mutex);
}

gboolean
ple_journal_has_pending (PleJournal *journal)
{
  gboolean pending;

  g_mutex_lock (&journal->mutex);
  pending = journal->n_committed != journal->n_pushed;
  g_mutex_unlock (&journal->mutex);
  return pending;
}

gboolean
ple_journal_flush (PleJournal *journal, GError **error)
{
  guint64 wanted, failures;
  gboolean ok;

  g_mutex_lock (&journal->mutex);
  wanted = journal->n_pushed;
  failures = journal->n_failures;
  journal->hurry = TRUE;
  g_cond_signal (&journal->wake);
  while (journal->n_committed < wanted && journal->n_failures == failures)
    g_cond_wait (&journal->done, &journal->mutex);
  ok = journal->n_committed >= wanted;
  if (!ok)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                 _ ("%s: the decisions cannot be written: %s"), journal->path, journal->failure);
  g_mutex_unlock (&journal->mutex);
  return ok;
}

void
ple_journal_close (PleJournal *journal)
{
  if (journal == NULL)
    return;
  if (journal->thread != NULL)
    {
      g_mutex_lock (&journal->mutex);
      journal->closing = TRUE;
      g_cond_signal (&journal->wake);
      g_mutex_unlock (&journal->mutex);
      g_thread_join (journal->thread);
      /* The thread is gone, and its report runs on ours. */
      if (journal->report != NULL)
        g_source_destroy (journal->report);
      g_clear_pointer (&journal->report, g_source_unref);
    }
  journal_free (journal);
}
