/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What one decision changed, run-length coded; the bytes are described in ple-journal-diff.c. A
 * diff holds both sides, so that it is undone by reading it backwards. */

/* The longest name of a cluster, in bytes. */
#define PLE_NAME_MAX_BYTES 1024

typedef struct
{
  gint32 from_label; /* -1 for none */
  gint32 to_label;
  guint8 from_state; /* PleState */
  guint8 to_state;
} PleItemChange;

typedef struct
{
  guint32 item;
  PleItemChange change;
} PleItemEdit;

/* Items first .. first + length - 1 all change alike. */
typedef struct
{
  size_t first;
  size_t length;
  PleItemChange change;
} PleDiffRun;

/* Names are never NULL; read ones are valid until the next call on the reader. */
typedef struct
{
  gint32 id;
  gboolean from_alive;
  gboolean to_alive;
  const char *from_name;
  const char *to_name;
} PleClusterChange;

/**
 * ple_diff_encode:
 * @items: (array length=n_items): what changes, by item, ascending, no doubles
 * @clusters: (array length=n_clusters): each id once
 *
 * About one byte per scattered item, a few bytes for any number of items in a row.
 *
 * Cost: O(n_items). Returns: (transfer full)
 */
GBytes *ple_diff_encode (const PleItemEdit *items,
                         size_t n_items,
                         const PleClusterChange *clusters,
                         size_t n_clusters);

/**
 * PleDiffReader:
 *
 * Walks over a diff: first its clusters, then its items. Nothing in the bytes is trusted: items are
 * below n_items, labels and ids below n_ids, states known, names valid UTF-8. That no item stands
 * in two groups is left to the caller (who compares the from side to what is there).
 */
typedef struct
{
  const guint8 *at;
  const guint8 *end;
  size_t n_items;
  gint32 n_ids;
  guint64 clusters_left;
  guint64 groups_left;
  guint64 runs_left;
  size_t next_item;
  PleItemChange change;
  gboolean groups_begun;
  gboolean damaged;
  char names[2][PLE_NAME_MAX_BYTES + 1];
} PleDiffReader;

/* @diff must outlive the reader. */
void ple_diff_reader_init (PleDiffReader *reader, GBytes *diff, size_t n_items, gint32 n_ids);
/* FALSE after the last, or when damaged. */
gboolean ple_diff_reader_next_cluster (PleDiffReader *reader, PleClusterChange *cluster);
/* Skips clusters that were not read. FALSE after the last, or when damaged. */
gboolean ple_diff_reader_next_run (PleDiffReader *reader, PleDiffRun *run);
/* Whether all was read, was sound, and nothing follows. */
gboolean ple_diff_reader_is_at_end (const PleDiffReader *reader);

G_END_DECLS
