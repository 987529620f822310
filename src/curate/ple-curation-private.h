/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "curate/ple-curation.h"
#include "curate/ple-journal-diff-private.h"
#include "curate/ple-journal-private.h"

G_BEGIN_DECLS

/* What the files of PleCuration share: ple-curation.c holds the state and the only two ways to
 * change it (apply a diff forwards, apply it backwards), ple-curation-commands.c decides what a
 * command means, ple-curation-labels.c puts it into words. */

typedef struct
{
  char *name;       /* "" if unnamed, never NULL */
  char *folded;     /* of the name, for finding it */
  size_t n_members; /* excluded ones too */
  size_t size;      /* excluded ones not */
  size_t n_confirmed;
  gboolean alive;
} PleCluster;

struct _PleCuration
{
  GObject parent_instance;

  PleJournal *journal; /* NULL once closed */
  PleLabels *base;
  gint32 n_base_clusters;
  size_t n_items;
  gint32 *labels;
  guint8 *states;
  GArray *clusters; /* PleCluster, by id */
  size_t n_alive;
  size_t state_counts[PLE_N_STATES];

  GPtrArray *steps; /* PleStep, by seq: the whole tree */
  GPtrArray *path;  /* PleStep: from the base to the tip */
  size_t n_done;    /* how many of them are in effect */
  gint64 next_seq;
  guint64 replay_cost; /* item changes since the last snapshot, about */
  guint64 stamp;
  char *undo_label;
  char *redo_label;
};

static inline PleCluster *
ple_curation_peek_cluster (PleCuration *curation, gint32 id)
{
  return &g_array_index (curation->clusters, PleCluster, id);
}

static inline gint32
ple_curation_count_ids (const PleCuration *curation)
{
  return (gint32) curation->clusters->len;
}

/**
 * PleEdit:
 *
 * What a command is about to change, gathered before anything changes. Items must come in rising
 * order, each at most once, and each cluster at most once; what stays as it is is left out.
 */
typedef struct
{
  PleCuration *curation;
  GArray *items;    /* PleItemEdit */
  GArray *clusters; /* PleClusterChange */
  GPtrArray *names; /* what they own */
  gint32 n_new;
} PleEdit;

/* Room for @n items is made at once. */
void ple_edit_init (PleEdit *edit, PleCuration *curation, size_t n);
void ple_edit_clear (PleEdit *edit);
/* What is gathered so far. (transfer full) */
GBytes *ple_edit_encode (const PleEdit *edit);
void ple_edit_item (PleEdit *edit, size_t item, gint32 label, PleState state);
void ple_edit_cluster (PleEdit *edit, gint32 id, gboolean alive, const char *name);
/* Returns: its id, one that was never used */
gint32 ple_edit_new_cluster (PleEdit *edit, const char *name);
/* Makes it a step, in effect, in the journal and announced; nothing if nothing changes. */
void ple_edit_commit (
    PleEdit *edit, PleStepKind kind, size_t n, gint32 cluster, gint32 argument, const char *name);

/* A step in words, translated. (transfer full) */
char *ple_step_describe (const PleStep *step);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PleEdit, ple_edit_clear)

G_END_DECLS
