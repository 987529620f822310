/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The store below PleCuration: a SQLite file, a lock, and the thread that writes. It knows nothing
 * of what a decision means. The format is described in ple-journal.c. */

typedef enum
{
  PLE_STEP_NAME,
  PLE_STEP_STATE,
  PLE_STEP_MOVE,
  PLE_STEP_MERGE,
  PLE_STEP_SPLIT,
  PLE_STEP_RESET,
} PleStepKind;
#define PLE_N_STEP_KINDS 6

/**
 * PleStep:
 * @seq: > 0, rising, never used twice in a file
 * @parent: the step it was taken on top of, 0 for the run as it came
 * @time: microseconds since 1970
 * @n: pictures it was about (PLE_STEP_MERGE: clusters)
 * @n_changes: pictures that it changed
 * @cluster: target, or -1
 * @argument: PLE_STEP_STATE: the state; PLE_STEP_SPLIT: clusters made
 * @name: PLE_STEP_NAME: the new name; else that of @cluster then, "" if none
 * @n_ids: cluster ids in existence afterwards
 * @diff: what changed (ple-journal-diff-private.h)
 *
 * One decision. Frozen once pushed; reference-counted, from any thread.
 */
typedef struct
{
  gint64 seq;
  gint64 parent;
  gint64 time;
  PleStepKind kind;
  gint64 n;
  gint64 n_changes;
  gint32 cluster;
  gint32 argument;
  char *name;
  gint32 n_ids;
  GBytes *diff;
} PleStep;

PleStep *ple_step_new (void);
PleStep *ple_step_ref (PleStep *step);
void ple_step_unref (PleStep *step);

/* The state at a step, as a diff from the run as it came. */
typedef struct
{
  gint64 step;
  GBytes *diff;
} PleSnapshot;

/**
 * PleJournalContents:
 * @found: whether the file knows the run; if not, all else is empty
 * @base: the run as it came, as a diff from "no picture has a cluster"
 * @steps: (element-type PleStep): all of the run, by seq, those of abandoned branches too
 * @cursor: the step that the person stands on, 0 for none
 * @tip: where redo leads to: @cursor or a descendant
 * @snapshots: (element-type PleSnapshot): by step
 * @next_seq: first free number of the file
 */
typedef struct
{
  gboolean found;
  gint64 n_items;
  gint64 n_clusters;
  GBytes *base;
  GPtrArray *steps;
  gint64 cursor;
  gint64 tip;
  GPtrArray *snapshots;
  gint64 next_seq;
} PleJournalContents;

void ple_journal_contents_clear (PleJournalContents *contents);

typedef struct _PleJournal PleJournal;

/* @failure: %NULL when all is on disk, else a sentence (once until writing works again). Called on
 * the thread-default main context of ple_journal_start(). */
typedef void (*PleJournalNotify) (gpointer data, const char *failure);

/**
 * ple_journal_open:
 * @path: of the file; made if absent (not its folder)
 * @run: key of the run
 * @contents: (out caller-allocates): what stands in the file about @run
 *
 * Takes the lock, checks the file and reads. Numbers and texts are checked, diffs only by their
 * sum. A file that is damaged or somebody else's is renamed, see ple_journal_set_aside().
 *
 * Returns: (transfer full) (nullable): PLE_CURATION_ERROR_LOCKED, PLE_CURATION_ERROR_DAMAGED, or
 * what the system says
 */
PleJournal *
ple_journal_open (const char *path, const char *run, PleJournalContents *contents, GError **error);
/**
 * ple_journal_set_aside:
 * @journal: (transfer full): before ple_journal_start()
 * @reason: what is wrong with it, a clause
 * @error: set to PLE_CURATION_ERROR_DAMAGED, saying under which name the file is kept
 *
 * Renames the file, so that the next opening begins a new one. Nothing is ever deleted.
 */
void ple_journal_set_aside (PleJournal *journal, const char *reason, GError **error);

/* For a run that was not found: what is written with its first decision. */
void ple_journal_set_run (PleJournal *journal, size_t n_items, size_t n_clusters, GBytes *base);
/* Starts the writing thread; nothing is reported before. */
void ple_journal_start (PleJournal *journal, PleJournalNotify notify, gpointer data);

/**
 * ple_journal_push:
 * @step: (nullable): a new decision, %NULL for undo and redo
 * @cursor: where the person stands afterwards
 * @tip: where redo leads
 * @snapshot: (nullable): the state at @step
 *
 * Returns at once. The thread writes all that waits in one transaction; while that is being synced
 * the next gathers.
 */
void
ple_journal_push (PleJournal *journal, PleStep *step, gint64 cursor, gint64 tip, GBytes *snapshot);
gboolean ple_journal_has_pending (PleJournal *journal);
/* Waits until all is on disk, or until an attempt to write it has failed (G_IO_ERROR_FAILED). */
gboolean ple_journal_flush (PleJournal *journal, GError **error);
/* Writes what is pending (once), stops the thread, lets go of the file. (transfer full) */
void ple_journal_close (PleJournal *journal);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleStep, ple_step_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleJournal, ple_journal_close)

G_END_DECLS
