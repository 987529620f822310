/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What tests of the curation share: a run to curate, a script of random commands that depends on
 * the state and a seed only, and the whole table as one digest. */

#include "base/ple-atomic.h"
#include "base/ple-hash.h"
#include "base/ple-rng.h"
#include "curate/ple-curation.h"

#include <string.h>

/* n items in k clusters, one in twenty in none. (transfer full) */
static inline PleLabels *
ple_test_run_labels (size_t n, size_t k)
{
  PleLabels *labels = ple_labels_new (n);
  PleRng rng;

  ple_rng_init (&rng, 77);
  for (size_t i = 0; i < n; i++)
    labels->data[i] = ple_rng_below (&rng, 20) == 0 ? -1 : (gint32) ple_rng_below (&rng, k);
  return labels;
}

/* (transfer full): a new folder */
static inline char *
ple_test_make_folder (void)
{
  g_autoptr (GError) error = NULL;
  char *folder = g_dir_make_tmp ("ple-curation-XXXXXX", &error);

  g_assert_no_error (error);
  return folder;
}

/* A choice of items: a few scattered ones, all of a cluster, or a stretch. (transfer full) */
static inline guint32 *
ple_test_choose_items (PleCuration *curation, PleRng *rng, size_t *n)
{
  size_t n_items = ple_curation_get_n_items (curation);
  guint32 *items;
  size_t first;

  switch (ple_rng_below (rng, 4))
    {
    case 0:
      return ple_curation_dup_members (
          curation, (gint32) ple_rng_below (rng, ple_curation_get_n_ids (curation)), n);
    case 1:
      first = ple_rng_below (rng, n_items);
      *n = 1 + ple_rng_below (rng, n_items - first);
      items = g_new (guint32, *n);
      for (size_t i = 0; i < *n; i++)
        items[i] = (guint32) (first + i);
      return items;
    default:
      *n = 1 + ple_rng_below (rng, MIN (20, n_items));
      items = g_new (guint32, *n);
      ple_rng_sample (rng, n_items, *n, items);
      return items;
    }
}

static inline gint32
ple_test_choose_cluster (PleCuration *curation, PleRng *rng)
{
  return (gint32) ple_rng_below (rng, ple_curation_get_n_ids (curation));
}

/* Number @step of the script @seed. Commands that make no sense now are refused, and that is all
 * that may go wrong. */
static inline void
ple_test_script_step (PleCuration *curation, guint64 seed, guint64 step)
{
  static const char *const names[] = { "cats", "dogs", "Boats", "çay", "mugs, \"blue\"", "船" };
  g_autoptr (GError) error = NULL;
  g_autofree guint32 *items = NULL;
  g_autofree gint32 *parts = NULL;
  gint32 ids[3];
  size_t n = 0;
  PleRng root, rng;

  ple_rng_init (&root, seed);
  ple_rng_split (&root, step, &rng);
  items = ple_test_choose_items (curation, &rng, &n);
  switch (ple_rng_below (&rng, 14))
    {
    case 0:
    case 1:
      ple_curation_name_cluster (curation, ple_test_choose_cluster (curation, &rng),
                                 names[ple_rng_below (&rng, G_N_ELEMENTS (names))], &error);
      break;
    case 2:
    case 3:
      ple_curation_set_state (curation, items, n, (PleState) ple_rng_below (&rng, PLE_N_STATES),
                              &error);
      break;
    case 4:
    case 5:
      ple_curation_move (curation, items, n, ple_test_choose_cluster (curation, &rng), &error);
      break;
    case 6:
      ple_curation_move_to_name (curation, items, n,
                                 names[ple_rng_below (&rng, G_N_ELEMENTS (names))], NULL, &error);
      break;
    case 7:
      for (size_t j = 0; j < G_N_ELEMENTS (ids); j++)
        ids[j] = ple_test_choose_cluster (curation, &rng);
      ple_curation_merge (curation, ids, G_N_ELEMENTS (ids), NULL, &error);
      break;
    case 8:
    case 9:
      parts = g_new (gint32, MAX (n, 1));
      for (size_t i = 0; i < n; i++)
        parts[i] = (gint32) ple_rng_below (&rng, 3);
      ple_curation_split (curation, items, parts, n, 3, &error);
      break;
    case 10:
      ple_curation_reset (curation, items, n, &error);
      break;
    case 11:
    case 12:
      ple_curation_undo (curation, &error);
      break;
    default:
      ple_curation_redo (curation, &error);
      break;
    }
  if (error != NULL)
    g_assert_error (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_REFUSED);
}

/* Everything that can be seen of the state. Clusters that are dead and were not of the run count
 * only if @with_dead, their number too: undo brings back the table, not the free numbers. (transfer
 * full) */
static inline char *
ple_test_digest (PleCuration *curation, size_t n_run_clusters, gboolean with_dead)
{
  g_autoptr (PleHash) hash = ple_hash_new ();
  size_t n = ple_curation_get_n_items (curation);

  ple_hash_add_bytes (hash, ple_curation_get_labels (curation), n * sizeof (gint32));
  ple_hash_add_bytes (hash, ple_curation_get_states (curation), n);
  for (size_t id = 0; id < ple_curation_get_n_ids (curation); id++)
    {
      PleClusterInfo info = ple_curation_get_cluster (curation, (gint32) id);

      if (!info.alive && id >= n_run_clusters && !with_dead)
        {
          g_assert_cmpuint (info.size, ==, 0);
          g_assert_cmpuint (info.n_confirmed, ==, 0);
          continue;
        }
      ple_hash_add_int (hash, info.id);
      ple_hash_add_string (hash, info.name);
      ple_hash_add_int (hash, (gint64) info.size);
      ple_hash_add_int (hash, (gint64) info.n_confirmed);
      ple_hash_add_int (hash, info.alive);
    }
  ple_hash_add_int (hash, (gint64) ple_curation_get_n_alive (curation));
  for (int state = 0; state < PLE_N_STATES; state++)
    ple_hash_add_int (hash, (gint64) ple_curation_count_state (curation, (PleState) state));
  return ple_hash_get_hex (hash, 64);
}

/* The state with what can be undone and redone and the whole history. (transfer full) */
static inline char *
ple_test_digest_all (PleCuration *curation, size_t n_run_clusters)
{
  g_autoptr (PleHash) hash = ple_hash_new ();
  g_autofree char *state = ple_test_digest (curation, n_run_clusters, TRUE);
  g_autoptr (GPtrArray) history = ple_curation_dup_history (curation, -1);
  const char *undo = ple_curation_get_undo_label (curation);
  const char *redo = ple_curation_get_redo_label (curation);

  ple_hash_add_string (hash, state);
  ple_hash_add_string (hash, undo != NULL ? undo : "-");
  ple_hash_add_string (hash, redo != NULL ? redo : "-");
  ple_hash_add_int (hash, (gint64) ple_curation_get_n_decisions (curation));
  for (guint i = 0; i < history->len; i++)
    {
      const PleJournalEntry *entry = g_ptr_array_index (history, i);

      ple_hash_add_int (hash, entry->seq);
      ple_hash_add_string (hash, entry->summary);
      ple_hash_add_int (hash, entry->undone);
    }
  return ple_hash_get_hex (hash, 64);
}

/* The counts that are kept up to date against counts made afresh. */
static inline void
ple_test_check_counts (PleCuration *curation)
{
  size_t n_ids = ple_curation_get_n_ids (curation), n_alive = 0;
  g_autofree size_t *sizes = g_new0 (size_t, n_ids);
  g_autofree size_t *confirmed = g_new0 (size_t, n_ids);
  size_t states[PLE_N_STATES] = { 0 };

  for (size_t i = 0; i < ple_curation_get_n_items (curation); i++)
    {
      gint32 label = ple_curation_get_labels (curation)[i];
      guint8 state = ple_curation_get_states (curation)[i];

      states[state]++;
      if (label < 0)
        continue;
      g_assert_true (ple_curation_get_cluster (curation, label).alive);
      sizes[label] += state != PLE_STATE_EXCLUDED;
      confirmed[label] += state == PLE_STATE_CONFIRMED;
    }
  for (size_t id = 0; id < n_ids; id++)
    {
      PleClusterInfo info = ple_curation_get_cluster (curation, (gint32) id);

      g_assert_cmpuint (info.size, ==, sizes[id]);
      g_assert_cmpuint (info.n_confirmed, ==, confirmed[id]);
      n_alive += info.alive != FALSE;
    }
  g_assert_cmpuint (ple_curation_get_n_alive (curation), ==, n_alive);
  for (int state = 0; state < PLE_N_STATES; state++)
    g_assert_cmpuint (ple_curation_count_state (curation, (PleState) state), ==, states[state]);
}
