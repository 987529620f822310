/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "evaluate/ple-metrics.h"
#include "linalg/ple-labels.h"

G_BEGIN_DECLS

/**
 * PleCuration:
 *
 * The person's decisions on one run's clusters: names, moves, merges, splits, states, all undoable,
 * in a journal that survives being killed (SQLite, WAL; a decision is on disk within 250 ms and
 * never half). Cluster ids are stable and never reused: a run's clusters are 0..K-1, new ones count
 * on from there.
 *
 * Lives on the main thread; writing is on a thread of its own, in order. What has been decided here
 * is final state: labels and states below are what gets exported.
 */
#define PLE_TYPE_CURATION (ple_curation_get_type ())
G_DECLARE_FINAL_TYPE (PleCuration, ple_curation, PLE, CURATION, GObject)

#define PLE_CURATION_ERROR (ple_curation_error_quark ())
typedef enum
{
  PLE_CURATION_ERROR_LOCKED,  /* open already, in another program or in this one */
  PLE_CURATION_ERROR_DAMAGED, /* not a journal, damaged, or of a newer version */
  PLE_CURATION_ERROR_REFUSED, /* the command makes no sense now; the message says why */
} PleCurationError;
GQuark ple_curation_error_quark (void);

typedef enum
{
  PLE_STATE_AUTO,      /* as the run says */
  PLE_STATE_CONFIRMED, /* a person says so */
  PLE_STATE_UNSURE,
  PLE_STATE_EXCLUDED, /* not exported */
  PLE_STATE_CONFLICT, /* two decisions disagree */
} PleState;
#define PLE_N_STATES 5

/* A cluster as it is now. Borrowed from the curation; valid until its next "changed". */
typedef struct
{
  gint32 id;
  const char *name; /* "" if unnamed */
  size_t size;      /* members that are not excluded */
  size_t n_confirmed;
  gboolean alive; /* FALSE: merged away or emptied by a split; kept for history and undo */
} PleClusterInfo;

/**
 * ple_curation_open:
 * @path: of curation.db; made if absent
 * @run: key of the run; one file holds the decisions on all runs of a project
 * @labels: the run's clusters of all items; -1 for none
 * @n_clusters: K of the run
 * @error: return location
 *
 * Replays the journal. What the journal says about the run (its clusters as they came) wins over
 * @labels, so that decisions keep their meaning; only the numbers of items and clusters must agree.
 *
 * Signals, on the thread that opened it: "changed" once after every command, undo and redo (items
 * or clusters may have changed); "committed" when all decisions are on disk; "failed" (const char
 * *message), once until it works again, if writing fails: the state is kept in memory and writing
 * is tried again twice a second. The last two come from the thread-default main context.
 *
 * A file that is damaged or no journal is renamed to NAME.damaged-N beside, never deleted, and the
 * error is PLE_CURATION_ERROR_DAMAGED: show its message and open again, which begins a new journal.
 * A file of a newer version and one about another number of items stay where they are (the same
 * code; opening again gives the same error). A file that is held (by a lock beside it, NAME-lock)
 * gives PLE_CURATION_ERROR_LOCKED; close one curation before opening another one of the same
 * project.
 *
 * Cost: O(n + size of the diffs): about 50 ms for 100 000 items and 10 000 decisions.
 *
 * Returns: (transfer full) (nullable): the decisions on @run
 */
PleCuration *ple_curation_open (
    const char *path, const char *run, PleLabels *labels, size_t n_clusters, GError **error);
/* Writes what is pending and lets go of the file; also done when the last reference goes. */
void ple_curation_close (PleCuration *curation);
/* Waits until all decisions are on disk, or until an attempt to write them has failed. */
gboolean ple_curation_flush (PleCuration *curation, GError **error);
gboolean ple_curation_has_pending (PleCuration *curation);

/**
 * ple_curation_dup_snapshot:
 *
 * What is decided now, for a worker to export while the person goes on: a closed curation that
 * nothing changes any more. It has no history and takes no command; all read-outs work, from any
 * one thread. Cost: O(n).
 *
 * Returns: (transfer full)
 */
PleCuration *ple_curation_dup_snapshot (PleCuration *curation);

/* Now. Arrays of n_items, borrowed, valid until the next "changed". */
size_t ple_curation_get_n_items (PleCuration *curation);
const gint32 *ple_curation_get_labels (PleCuration *curation);
const guint8 *ple_curation_get_states (PleCuration *curation);
size_t ple_curation_count_state (PleCuration *curation, PleState state);
/* Ids run from 0 to n-1, alive or not. */
size_t ple_curation_get_n_ids (PleCuration *curation);
size_t ple_curation_get_n_alive (PleCuration *curation);
PleClusterInfo ple_curation_get_cluster (PleCuration *curation, gint32 id);
/* Alive cluster of that name (exact, then case-folded), or -1. */
gint32 ple_curation_find_name (PleCuration *curation, const char *name);
/* Members in item order; (transfer full) (array length=n) */
guint32 *ple_curation_dup_members (PleCuration *curation, gint32 id, size_t *n);
/* Goes up with every change. */
guint64 ple_curation_get_stamp (PleCuration *curation);

/* Commands. Each is one step of undo and does nothing when it fails, which is
 * PLE_CURATION_ERROR_REFUSED with a sentence; one that would change nothing succeeds without a
 * step.
 * @items: n item numbers, any order, no doubles. None waits for the disk; all items of 100 000 take
 * about 15 ms. */
/* Names are composed (NFC) and stripped of blanks; "" takes the name away. Two clusters may have
 * the same name. */
gboolean
ple_curation_name_cluster (PleCuration *curation, gint32 id, const char *name, GError **error);
gboolean ple_curation_set_state (
    PleCuration *curation, const guint32 *items, size_t n, PleState state, GError **error);
/* To an existing cluster; moved items are confirmed. */
gboolean ple_curation_move (
    PleCuration *curation, const guint32 *items, size_t n, gint32 target, GError **error);
/* To the alive cluster of that name, made if there is none. @target: (out) (optional) */
gboolean ple_curation_move_to_name (PleCuration *curation,
                                    const guint32 *items,
                                    size_t n,
                                    const char *name,
                                    gint32 *target,
                                    GError **error);
/* All members of @ids go to the first named of them, else the largest, whose name and id stay. */
gboolean ple_curation_merge (
    PleCuration *curation, const gint32 *ids, size_t n, gint32 *target, GError **error);
/* @parts: part 0..n_parts-1 of each item: one new cluster per part that has members. States stay; a
 * cluster that loses all its members is no longer alive. */
gboolean ple_curation_split (PleCuration *curation,
                             const guint32 *items,
                             const gint32 *parts,
                             size_t n,
                             size_t n_parts,
                             GError **error);
/* Back to what the run said, state auto; a cluster that was merged away comes back for it. */
gboolean ple_curation_reset (PleCuration *curation, const guint32 *items, size_t n, GError **error);

/* What the next undo or redo would do, translated ("Move 12 pictures to cats"), or %NULL. (transfer
 * none) */
const char *ple_curation_get_undo_label (PleCuration *curation);
const char *ple_curation_get_redo_label (PleCuration *curation);
gboolean ple_curation_undo (PleCuration *curation, GError **error);
gboolean ple_curation_redo (PleCuration *curation, GError **error);

/* One line of the history of an item or of the whole journal, oldest first. */
typedef struct
{
  gint64 seq;
  gint64 time;   /* microseconds since 1970 */
  char *summary; /* translated */
  gint32 from;   /* cluster before and after for the item asked for; -1 where it does not apply */
  gint32 to;
  gboolean undone; /* not in effect: undone, or of a branch that a later decision abandoned */
} PleJournalEntry;
/* @item: which, or -1 for all. (transfer full) (element-type PleJournalEntry) */
GPtrArray *ple_curation_dup_history (PleCuration *curation, gint64 item);
/* Those in effect: what undo can take back. */
size_t ple_curation_get_n_decisions (PleCuration *curation);

G_END_DECLS
