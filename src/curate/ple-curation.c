/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "curate/ple-curation.h"

#include "curate/ple-curation-private.h"

#include <glib/gi18n-lib.h>

#include <string.h>

/* The state is the run's labels with the path's first n_done diffs applied. A command makes an edit
 * of what is there and carries it out; undo and redo apply a diff that was made so, opening applies
 * those of the journal. apply_diff() first compares the diff's one side with what is there: a
 * journal that does not fit is found out before anything has changed. */

/* A snapshot is due when opening would replay this many item changes per item... */
#define SNAPSHOT_ITEM_FACTOR 4
/* ...of at least so many items; a step alone counts as some changes. */
#define SNAPSHOT_MIN_ITEMS 4096
#define STEP_COST 16

G_DEFINE_FINAL_TYPE (PleCuration, ple_curation, G_TYPE_OBJECT)
G_DEFINE_QUARK (ple - curation - error - quark, ple_curation_error)

enum
{
  CHANGED,
  COMMITTED,
  FAILED,
  N_SIGNALS,
};
static guint signals[N_SIGNALS];

static void
cluster_clear (gpointer data)
{
  PleCluster *cluster = data;

  g_free (cluster->name);
  g_free (cluster->folded);
}

/* Dead and unnamed up to n_ids. */
static void
grow_clusters (PleCuration *curation, gint32 n_ids)
{
  while (ple_curation_count_ids (curation) < n_ids)
    {
      PleCluster cluster = { .name = g_strdup (""), .folded = g_strdup ("") };

      g_array_append_val (curation->clusters, cluster);
    }
}

/* @n pictures more of that label and state; unsigned arithmetic wraps, so (size_t) -n takes away.
 */
static void
count_items (PleCuration *curation, gint32 label, guint8 state, size_t n)
{
  curation->state_counts[state] += n;
  if (label < 0)
    return;
  PleCluster *cluster = ple_curation_peek_cluster (curation, label);

  cluster->n_members += n;
  cluster->size += state != PLE_STATE_EXCLUDED ? n : 0;
  cluster->n_confirmed += state == PLE_STATE_CONFIRMED ? n : 0;
}

/* What a person has to wait for. Counts are kept by what is there, not by what the diff says of it:
 * a hostile one may name an item twice. */
static void
set_items (PleCuration *curation, size_t first, size_t length, gint32 label, guint8 state)
{
  for (size_t i = first; i < first + length;)
    {
      gint32 old_label = curation->labels[i];
      guint8 old_state = curation->states[i];
      size_t begin = i;

      for (; i < first + length && curation->labels[i] == old_label &&
             curation->states[i] == old_state;
           i++)
        {
          curation->labels[i] = label;
          curation->states[i] = state;
        }
      count_items (curation, old_label, old_state, begin - i);
    }
  count_items (curation, label, state, length);
}

static void
set_cluster (PleCuration *curation, gint32 id, gboolean alive, const char *name)
{
  PleCluster *cluster = ple_curation_peek_cluster (curation, id);

  curation->n_alive += (size_t) alive - (size_t) cluster->alive;
  cluster->alive = alive;
  if (strcmp (cluster->name, name) == 0)
    return;
  g_free (cluster->name);
  g_free (cluster->folded);
  cluster->name = g_strdup (name);
  cluster->folded = g_utf8_casefold (name, -1);
}

/* --- applying ------------------------------------------------------------------------------ */

/* Whether the side of @diff that shall be left is what is there. */
static gboolean
diff_fits (PleCuration *curation, GBytes *diff, gboolean forward)
{
  PleDiffReader reader;
  PleClusterChange cluster;
  PleDiffRun run;

  ple_diff_reader_init (&reader, diff, curation->n_items, ple_curation_count_ids (curation));
  while (ple_diff_reader_next_cluster (&reader, &cluster))
    {
      const PleCluster *now = ple_curation_peek_cluster (curation, cluster.id);

      if (now->alive != (forward ? cluster.from_alive : cluster.to_alive) ||
          strcmp (now->name, forward ? cluster.from_name : cluster.to_name) != 0)
        return FALSE;
    }
  while (ple_diff_reader_next_run (&reader, &run))
    {
      gint32 label = forward ? run.change.from_label : run.change.to_label;
      guint8 state = forward ? run.change.from_state : run.change.to_state;

      for (size_t i = run.first; i < run.first + run.length; i++)
        if (curation->labels[i] != label || curation->states[i] != state)
          return FALSE;
    }
  return ple_diff_reader_is_at_end (&reader);
}

static gboolean
apply_diff (PleCuration *curation, GBytes *diff, gboolean forward)
{
  PleDiffReader reader;
  PleClusterChange cluster;
  PleDiffRun run;

  if (!diff_fits (curation, diff, forward))
    return FALSE;
  ple_diff_reader_init (&reader, diff, curation->n_items, ple_curation_count_ids (curation));
  while (ple_diff_reader_next_cluster (&reader, &cluster))
    set_cluster (curation, cluster.id, forward ? cluster.to_alive : cluster.from_alive,
                 forward ? cluster.to_name : cluster.from_name);
  while (ple_diff_reader_next_run (&reader, &run))
    set_items (curation, run.first, run.length,
               forward ? run.change.to_label : run.change.from_label,
               forward ? run.change.to_state : run.change.from_state);
  return TRUE;
}

/* What differs from the run as it came. */
static GBytes *
encode_from_base (PleCuration *curation)
{
  g_auto (PleEdit) edit = { 0 };
  const gint32 *base = curation->base->data;

  ple_edit_init (&edit, curation, 0);
  for (size_t i = 0; i < curation->n_items; i++)
    if (curation->labels[i] != base[i] || curation->states[i] != PLE_STATE_AUTO)
      {
        PleItemEdit item = {
          .item = (guint32) i,
          .change = { base[i], curation->labels[i], PLE_STATE_AUTO, curation->states[i] },
        };

        g_array_append_val (edit.items, item);
      }
  for (gint32 id = 0; id < ple_curation_count_ids (curation); id++)
    {
      const PleCluster *cluster = ple_curation_peek_cluster (curation, id);
      PleClusterChange change = {
        .id = id,
        .from_alive = id < curation->n_base_clusters,
        .to_alive = cluster->alive,
        .from_name = "",
        .to_name = cluster->name,
      };

      if (change.from_alive != change.to_alive || cluster->name[0] != '\0')
        g_array_append_val (edit.clusters, change);
    }
  return ple_edit_encode (&edit);
}

/* --- edits --------------------------------------------------------------------------------- */

void
ple_edit_init (PleEdit *edit, PleCuration *curation, size_t n)
{
  edit->curation = curation;
  edit->items = g_array_sized_new (FALSE, FALSE, sizeof (PleItemEdit), (guint) n);
  edit->clusters = g_array_new (FALSE, FALSE, sizeof (PleClusterChange));
  edit->names = g_ptr_array_new_with_free_func (g_free);
  edit->n_new = 0;
}

void
ple_edit_clear (PleEdit *edit)
{
  g_clear_pointer (&edit->items, g_array_unref);
  g_clear_pointer (&edit->clusters, g_array_unref);
  g_clear_pointer (&edit->names, g_ptr_array_unref);
}

GBytes *
ple_edit_encode (const PleEdit *edit)
{
  return ple_diff_encode ((const PleItemEdit *) (void *) edit->items->data, edit->items->len,
                          (const PleClusterChange *) (void *) edit->clusters->data,
                          edit->clusters->len);
}

void
ple_edit_item (PleEdit *edit, size_t item, gint32 label, PleState state)
{
  PleItemEdit change = {
    .item = (guint32) item,
    .change = { edit->curation->labels[item], label, edit->curation->states[item], (guint8) state },
  };

  if (change.change.from_label != label || change.change.from_state != state)
    g_array_append_val (edit->items, change);
}

void
ple_edit_cluster (PleEdit *edit, gint32 id, gboolean alive, const char *name)
{
  const PleCluster *cluster = ple_curation_peek_cluster (edit->curation, id);
  PleClusterChange change = {
    .id = id,
    .from_alive = cluster->alive,
    .to_alive = alive,
    .from_name = cluster->name,
  };

  if (cluster->alive == alive && strcmp (cluster->name, name) == 0)
    return;
  /* Copies: the change outlives the names that it replaces. */
  change.from_name = g_strdup (cluster->name);
  change.to_name = g_strdup (name);
  g_ptr_array_add (edit->names, (gpointer) change.from_name);
  g_ptr_array_add (edit->names, (gpointer) change.to_name);
  g_array_append_val (edit->clusters, change);
}

gint32
ple_edit_new_cluster (PleEdit *edit, const char *name)
{
  PleClusterChange change = {
    .id = ple_curation_count_ids (edit->curation) + edit->n_new++,
    .to_alive = TRUE,
    .from_name = "",
    .to_name = g_strdup (name),
  };

  g_ptr_array_add (edit->names, (gpointer) change.to_name);
  g_array_append_val (edit->clusters, change);
  return change.id;
}

/* In the order of the items: with all of a large run that is twice as fast as by the diff. */
static void
carry_out (const PleEdit *edit, gint32 n_ids)
{
  const PleItemEdit *items = (const PleItemEdit *) (void *) edit->items->data;

  grow_clusters (edit->curation, n_ids);
  for (guint j = 0; j < edit->clusters->len; j++)
    {
      const PleClusterChange *change = &g_array_index (edit->clusters, PleClusterChange, j);

      set_cluster (edit->curation, change->id, change->to_alive, change->to_name);
    }
  for (guint i = 0; i < edit->items->len; i++)
    set_items (edit->curation, items[i].item, 1, items[i].change.to_label,
               items[i].change.to_state);
}

static void
changed (PleCuration *curation)
{
  curation->stamp++;
  g_clear_pointer (&curation->undo_label, g_free);
  g_clear_pointer (&curation->redo_label, g_free);
  g_signal_emit (curation, signals[CHANGED], 0);
}

/* The seq of the path's step number @n, counted from 1; 0 for none. */
static gint64
seq_at (PleCuration *curation, size_t n)
{
  return n == 0 ? 0 : ((PleStep *) g_ptr_array_index (curation->path, n - 1))->seq;
}

static gint64
tip_seq (PleCuration *curation)
{
  return seq_at (curation, curation->path->len);
}

void
ple_edit_commit (
    PleEdit *edit, PleStepKind kind, size_t n, gint32 cluster, gint32 argument, const char *name)
{
  PleCuration *curation = edit->curation;
  g_autoptr (GBytes) snapshot = NULL;
  g_autoptr (PleStep) step = NULL;
  gint64 limit;

  if (edit->items->len == 0 && edit->clusters->len == 0)
    return;
  step = ple_step_new ();
  step->seq = curation->next_seq++;
  step->parent = seq_at (curation, curation->n_done);
  step->time = g_get_real_time ();
  step->kind = kind;
  step->n = (gint64) n;
  step->n_changes = edit->items->len;
  step->cluster = cluster;
  step->argument = argument;
  step->name = g_strdup (name);
  step->n_ids = ple_curation_count_ids (curation) + edit->n_new;
  step->diff = ple_edit_encode (edit);
  carry_out (edit, step->n_ids);

  /* A new branch begins here: what could be redone is abandoned. */
  g_ptr_array_set_size (curation->path, (int) curation->n_done);
  g_ptr_array_add (curation->path, step);
  g_ptr_array_add (curation->steps, ple_step_ref (step));
  curation->n_done++;
  curation->replay_cost += (guint64) step->n_changes + STEP_COST;
  limit = SNAPSHOT_ITEM_FACTOR * (gint64) MAX (curation->n_items, SNAPSHOT_MIN_ITEMS);
  if (curation->replay_cost > (guint64) limit)
    {
      snapshot = encode_from_base (curation);
      curation->replay_cost = 0;
    }
  ple_journal_push (curation->journal, step, step->seq, step->seq, snapshot);
  changed (curation);
}

/* --- undo and redo ------------------------------------------------------------------------- */

static gboolean
refuse_if_closed (PleCuration *curation, GError **error)
{
  if (curation->journal != NULL)
    return FALSE;
  g_set_error_literal (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_REFUSED,
                       _ ("The project is closed"));
  return TRUE;
}

static gboolean
travel (PleCuration *curation, gboolean forward, GError **error)
{
  size_t n = forward ? curation->n_done + 1 : curation->n_done;
  const PleStep *step = g_ptr_array_index (curation->path, n - 1);
  guint64 cost = (guint64) step->n_changes + STEP_COST;

  if (!apply_diff (curation, step->diff, forward))
    {
      g_set_error_literal (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_DAMAGED,
                           _ ("This decision does not fit what came before it in the journal"));
      return FALSE;
    }
  curation->n_done = forward ? n : n - 1;
  if (forward)
    curation->replay_cost += cost;
  else
    curation->replay_cost -= MIN (curation->replay_cost, cost);
  ple_journal_push (curation->journal, NULL, seq_at (curation, curation->n_done),
                    tip_seq (curation), NULL);
  changed (curation);
  return TRUE;
}

gboolean
ple_curation_undo (PleCuration *curation, GError **error)
{
  g_return_val_if_fail (PLE_IS_CURATION (curation), FALSE);

  if (refuse_if_closed (curation, error))
    return FALSE;
  if (curation->n_done == 0)
    {
      g_set_error_literal (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_REFUSED,
                           _ ("There is nothing to undo"));
      return FALSE;
    }
  return travel (curation, FALSE, error);
}

gboolean
ple_curation_redo (PleCuration *curation, GError **error)
{
  g_return_val_if_fail (PLE_IS_CURATION (curation), FALSE);

  if (refuse_if_closed (curation, error))
    return FALSE;
  if (curation->n_done == curation->path->len)
    {
      g_set_error_literal (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_REFUSED,
                           _ ("There is nothing to redo"));
      return FALSE;
    }
  return travel (curation, TRUE, error);
}

const char *
ple_curation_get_undo_label (PleCuration *curation)
{
  g_return_val_if_fail (PLE_IS_CURATION (curation), NULL);

  if (curation->n_done == 0)
    return NULL;
  if (curation->undo_label == NULL)
    curation->undo_label =
        ple_step_describe (g_ptr_array_index (curation->path, curation->n_done - 1));
  return curation->undo_label;
}

const char *
ple_curation_get_redo_label (PleCuration *curation)
{
  g_return_val_if_fail (PLE_IS_CURATION (curation), NULL);

  if (curation->n_done == curation->path->len)
    return NULL;
  if (curation->redo_label == NULL)
    curation->redo_label = ple_step_describe (g_ptr_array_index (curation->path, curation->n_done));
  return curation->redo_label;
}

/* --- opening and closing ------------------------------------------------------------------- */

static PleStep *
find_step (PleCuration *curation, gint64 seq)
{
  size_t low = 0, high = curation->steps->len;

  while (low < high)
    {
      size_t middle = low + (high - low) / 2;
      PleStep *step = g_ptr_array_index (curation->steps, middle);

      if (step->seq == seq)
        return step;
      if (step->seq < seq)
        low = middle + 1;
      else
        high = middle;
    }
  return NULL;
}

/* The way from the base to the tip. FALSE if it is broken, or if the cursor is not on it. */
static gboolean
build_path (PleCuration *curation, gint64 cursor, gint64 tip)
{
  gboolean found = cursor == 0;

  /* Parents come before their children (checked on reading), so this ends. */
  for (gint64 seq = tip; seq != 0;)
    {
      PleStep *step = find_step (curation, seq);

      if (step == NULL)
        return FALSE;
      if (seq == cursor)
        found = TRUE;
      if (found && cursor != 0)
        curation->n_done++;
      g_ptr_array_add (curation->path, step);
      seq = step->parent;
    }
  for (size_t i = 0, j = curation->path->len; i + 1 < j; i++)
    {
      gpointer step = curation->path->pdata[i];

      curation->path->pdata[i] = curation->path->pdata[--j];
      curation->path->pdata[j] = step;
    }
  return found;
}

/* Ids that the journal claims. Each was made by a diff that spends bytes on it, so a journal that
 * claims more than that is not believed. */
static gboolean
grow_to_journal (PleCuration *curation, gint32 n_clusters)
{
  gint64 n_ids = n_clusters, bytes = 0;

  for (guint i = 0; i < curation->steps->len; i++)
    {
      const PleStep *step = g_ptr_array_index (curation->steps, i);

      n_ids = MAX (n_ids, step->n_ids);
      bytes += (gint64) g_bytes_get_size (step->diff);
    }
  if (n_ids - n_clusters > bytes)
    return FALSE;
  grow_clusters (curation, (gint32) n_ids);
  return TRUE;
}

/* The path's steps up to the cursor, from the best snapshot on. */
static gboolean
replay (PleCuration *curation, const GPtrArray *snapshots)
{
  size_t first = 0;
  guint i = snapshots->len;

  while (i > 0 && first == 0)
    {
      const PleSnapshot *snapshot = g_ptr_array_index (snapshots, --i);

      for (size_t n = curation->n_done; n > 0 && first == 0; n--)
        if (seq_at (curation, n) == snapshot->step && apply_diff (curation, snapshot->diff, TRUE))
          first = n;
    }
  for (size_t n = first; n < curation->n_done; n++)
    {
      const PleStep *step = g_ptr_array_index (curation->path, n);

      if (!apply_diff (curation, step->diff, TRUE))
        return FALSE;
      curation->replay_cost += (guint64) step->n_changes + STEP_COST;
    }
  return TRUE;
}

/* From "no item has a cluster" to the run as it came. */
static GBytes *
encode_base (const PleLabels *labels)
{
  g_autofree PleItemEdit *items = g_new (PleItemEdit, MAX (labels->n, 1));
  size_t n = 0;

  for (size_t i = 0; i < labels->n; i++)
    if (labels->data[i] >= 0)
      items[n++] = (PleItemEdit){ .item = (guint32) i,
                                  .change = { .from_label = -1, .to_label = labels->data[i] } };
  return ple_diff_encode (items, n, NULL, 0);
}

static void
begin_state (PleCuration *curation, size_t n_items, gint32 n_clusters)
{
  curation->n_items = n_items;
  curation->labels = g_new (gint32, MAX (n_items, 1));
  curation->states = g_new0 (guint8, MAX (n_items, 1));
  memset (curation->labels, 0xff, n_items * sizeof (gint32)); /* -1 */
  curation->state_counts[PLE_STATE_AUTO] = n_items;
  curation->n_base_clusters = n_clusters;
  grow_clusters (curation, n_clusters);
  for (gint32 id = 0; id < n_clusters; id++)
    set_cluster (curation, id, TRUE, "");
}

/* Brings the state to where the journal says it was left. %NULL if it fits, else why not. */
static const char *
restore (PleCuration *curation, PleJournalContents *contents)
{
  if (!apply_diff (curation, contents->base, TRUE))
    return _ ("what it says about the run is damaged");
  g_clear_pointer (&curation->base, ple_labels_unref);
  curation->base = ple_labels_new_from (curation->labels, curation->n_items);
  g_ptr_array_unref (curation->steps);
  curation->steps = g_steal_pointer (&contents->steps);
  if (!grow_to_journal (curation, curation->n_base_clusters) ||
      !build_path (curation, contents->cursor, contents->tip) ||
      !replay (curation, contents->snapshots))
    return _ ("the decisions in it do not fit together");
  return NULL;
}

/* On the main thread, by the journal. */
static void
on_journal_report (gpointer data, const char *failure)
{
  PleCuration *curation = data;

  if (failure == NULL)
    g_signal_emit (curation, signals[COMMITTED], 0);
  else
    g_signal_emit (curation, signals[FAILED], 0, failure);
}

PleCuration *
ple_curation_open (
    const char *path, const char *run, PleLabels *labels, size_t n_clusters, GError **error)
{
  g_autoptr (PleCuration) curation = NULL;
  PleJournalContents contents;
  PleJournal *journal;
  const char *problem = NULL;

  g_return_val_if_fail (path != NULL && run != NULL && labels != NULL, NULL);
  g_return_val_if_fail (n_clusters < G_MAXINT32 && labels->n <= G_MAXUINT32, NULL);
  g_return_val_if_fail (ple_labels_get_n_groups (labels) <= n_clusters, NULL);

  journal = ple_journal_open (path, run, &contents, error);
  if (journal != NULL && contents.found &&
      (contents.n_items != (gint64) labels->n || contents.n_clusters != (gint64) n_clusters))
    {
      g_autofree char *name = g_path_get_basename (path);

      g_set_error (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_DAMAGED,
                   _ ("%s: the decisions are about %d pictures in %d clusters, but this run has %d "
                      "in %d"),
                   name, (int) contents.n_items, (int) contents.n_clusters, (int) labels->n,
                   (int) n_clusters);
      g_clear_pointer (&journal, ple_journal_close);
    }
  if (journal == NULL)
    {
      ple_journal_contents_clear (&contents);
      return NULL;
    }
  curation = g_object_new (PLE_TYPE_CURATION, NULL);
  curation->base = ple_labels_ref (labels);
  curation->next_seq = contents.next_seq;
  begin_state (curation, labels->n, (gint32) n_clusters);
  if (!contents.found)
    {
      contents.base = encode_base (labels);
      ple_journal_set_run (journal, labels->n, n_clusters, contents.base);
    }
  problem = restore (curation, &contents);
  ple_journal_contents_clear (&contents);
  if (problem != NULL)
    {
      ple_journal_set_aside (journal, problem, error);
      return NULL;
    }
  curation->journal = journal;
  ple_journal_start (journal, on_journal_report, curation);
  return g_steal_pointer (&curation);
}

void
ple_curation_close (PleCuration *curation)
{
  g_return_if_fail (PLE_IS_CURATION (curation));

  g_clear_pointer (&curation->journal, ple_journal_close);
}

gboolean
ple_curation_flush (PleCuration *curation, GError **error)
{
  g_return_val_if_fail (PLE_IS_CURATION (curation), FALSE);

  return curation->journal == NULL || ple_journal_flush (curation->journal, error);
}

gboolean
ple_curation_has_pending (PleCuration *curation)
{
  g_return_val_if_fail (PLE_IS_CURATION (curation), FALSE);

  return curation->journal != NULL && ple_journal_has_pending (curation->journal);
}

/* --- what is so now ------------------------------------------------------------------------ */

size_t
ple_curation_get_n_items (PleCuration *curation)
{
  return curation->n_items;
}

const gint32 *
ple_curation_get_labels (PleCuration *curation)
{
  return curation->labels;
}

const guint8 *
ple_curation_get_states (PleCuration *curation)
{
  return curation->states;
}

size_t
ple_curation_count_state (PleCuration *curation, PleState state)
{
  g_return_val_if_fail ((guint) state < PLE_N_STATES, 0);

  return curation->state_counts[state];
}

size_t
ple_curation_get_n_ids (PleCuration *curation)
{
  return curation->clusters->len;
}

size_t
ple_curation_get_n_alive (PleCuration *curation)
{
  return curation->n_alive;
}

PleClusterInfo
ple_curation_get_cluster (PleCuration *curation, gint32 id)
{
  PleClusterInfo info = { .id = id, .name = "" };
  const PleCluster *cluster;

  g_return_val_if_fail (id >= 0 && id < ple_curation_count_ids (curation), info);

  cluster = ple_curation_peek_cluster (curation, id);
  info.name = cluster->name;
  info.size = cluster->size;
  info.n_confirmed = cluster->n_confirmed;
  info.alive = cluster->alive;
  return info;
}

gint32
ple_curation_find_name (PleCuration *curation, const char *name)
{
  g_autofree char *folded = NULL;
  gint32 similar = -1;

  g_return_val_if_fail (name != NULL, -1);

  if (name[0] == '\0')
    return -1;
  folded = g_utf8_casefold (name, -1);
  for (gint32 id = 0; id < ple_curation_count_ids (curation); id++)
    {
      const PleCluster *cluster = ple_curation_peek_cluster (curation, id);

      if (!cluster->alive || strcmp (cluster->folded, folded) != 0)
        continue;
      if (strcmp (cluster->name, name) == 0)
        return id;
      if (similar < 0)
        similar = id;
    }
  return similar;
}

guint32 *
ple_curation_dup_members (PleCuration *curation, gint32 id, size_t *n)
{
  guint32 *members;
  size_t n_found = 0;

  g_return_val_if_fail (id >= 0 && id < ple_curation_count_ids (curation), NULL);

  members = g_new (guint32, MAX (ple_curation_peek_cluster (curation, id)->n_members, 1));
  for (size_t i = 0; i < curation->n_items; i++)
    if (curation->labels[i] == id)
      members[n_found++] = (guint32) i;
  *n = n_found;
  return members;
}

guint64
ple_curation_get_stamp (PleCuration *curation)
{
  return curation->stamp;
}

size_t
ple_curation_get_n_decisions (PleCuration *curation)
{
  return curation->n_done;
}

/* --- the object ---------------------------------------------------------------------------- */

static void
ple_curation_dispose (GObject *object)
{
  ple_curation_close (PLE_CURATION (object));
  G_OBJECT_CLASS (ple_curation_parent_class)->dispose (object);
}

static void
ple_curation_finalize (GObject *object)
{
  PleCuration *curation = PLE_CURATION (object);

  g_clear_pointer (&curation->base, ple_labels_unref);
  g_free (curation->labels);
  g_free (curation->states);
  g_array_unref (curation->clusters);
  g_ptr_array_unref (curation->path);
  g_ptr_array_unref (curation->steps);
  g_free (curation->undo_label);
  g_free (curation->redo_label);
  G_OBJECT_CLASS (ple_curation_parent_class)->finalize (object);
}

static void
ple_curation_class_init (PleCurationClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->dispose = ple_curation_dispose;
  object_class->finalize = ple_curation_finalize;

  signals[CHANGED] = g_signal_new ("changed", PLE_TYPE_CURATION, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
  signals[COMMITTED] = g_signal_new ("committed", PLE_TYPE_CURATION, G_SIGNAL_RUN_LAST, 0, NULL,
                                     NULL, NULL, G_TYPE_NONE, 0);
  signals[FAILED] = g_signal_new ("failed", PLE_TYPE_CURATION, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

PleCuration *
ple_curation_dup_snapshot (PleCuration *curation)
{
  PleCuration *copy = g_object_new (PLE_TYPE_CURATION, NULL);

  copy->base = ple_labels_ref (curation->base);
  copy->n_base_clusters = curation->n_base_clusters;
  copy->n_items = curation->n_items;
  copy->labels = g_memdup2 (curation->labels, curation->n_items * sizeof (gint32));
  copy->states = g_memdup2 (curation->states, curation->n_items);
  g_array_append_vals (copy->clusters, curation->clusters->data, curation->clusters->len);
  for (guint i = 0; i < copy->clusters->len; i++)
    {
      PleCluster *cluster = &g_array_index (copy->clusters, PleCluster, i);

      cluster->name = g_strdup (cluster->name);
      cluster->folded = g_strdup (cluster->folded);
    }
  copy->n_alive = curation->n_alive;
  memcpy (copy->state_counts, curation->state_counts, sizeof copy->state_counts);
  copy->stamp = curation->stamp;
  return copy;
}

static void
ple_curation_init (PleCuration *curation)
{
  curation->clusters = g_array_new (FALSE, TRUE, sizeof (PleCluster));
  g_array_set_clear_func (curation->clusters, cluster_clear);
  curation->steps = g_ptr_array_new_with_free_func ((GDestroyNotify) ple_step_unref);
  curation->path = g_ptr_array_new ();
  curation->stamp = 1;
}
