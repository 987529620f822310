/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ple-test-curation.h"

#define N_CLUSTERS 3

typedef struct
{
  char *folder;
  PleCuration *curation;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  static const gint32 run_labels[] = { 0, 0, 1, 1, 2, -1 };
  g_autoptr (PleLabels) labels = ple_labels_new_from (run_labels, G_N_ELEMENTS (run_labels));
  g_autofree char *path = NULL;

  fixture->folder = ple_test_make_folder ();
  path = g_build_filename (fixture->folder, "curation.db", NULL);
  fixture->curation = ple_curation_open (path, "run", labels, N_CLUSTERS, NULL);
  g_assert_nonnull (fixture->curation);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_object_unref (fixture->curation);
  ple_remove_recursively (fixture->folder, NULL);
  g_free (fixture->folder);
}

/* The tests run untranslated, so the words are those of the source. */
static void
assert_undo (Fixture *fixture, const char *expected)
{
  g_assert_cmpstr (ple_curation_get_undo_label (fixture->curation), ==, expected);
  g_assert_true (ple_curation_undo (fixture->curation, NULL));
  g_assert_cmpstr (ple_curation_get_redo_label (fixture->curation), ==, expected);
  g_assert_true (ple_curation_redo (fixture->curation, NULL));
}

static void
test_sentences (Fixture *fixture, gconstpointer data)
{
  PleCuration *curation = fixture->curation;
  const guint32 items[] = { 0, 5 };
  const gint32 parts[] = { 0, 1 }, same[] = { 0, 0 }, ids[] = { 1, 2 };

  ple_curation_name_cluster (curation, 1, "cats", NULL);
  assert_undo (fixture, "Name cluster 1 “cats”");
  ple_curation_set_state (curation, items, 1, PLE_STATE_CONFIRMED, NULL);
  assert_undo (fixture, "Confirm 1 picture");
  ple_curation_set_state (curation, items, 2, PLE_STATE_EXCLUDED, NULL);
  assert_undo (fixture, "Exclude 2 pictures");
  ple_curation_set_state (curation, items, 2, PLE_STATE_UNSURE, NULL);
  assert_undo (fixture, "Mark 2 pictures as unsure");
  ple_curation_set_state (curation, items, 2, PLE_STATE_CONFLICT, NULL);
  assert_undo (fixture, "Mark 2 pictures as conflicts");
  ple_curation_set_state (curation, items, 2, PLE_STATE_AUTO, NULL);
  assert_undo (fixture, "Take back the marks of 2 pictures");
  ple_curation_move (curation, items, 2, 1, NULL);
  assert_undo (fixture, "Move 2 pictures to cats");
  ple_curation_move (curation, items, 2, 2, NULL);
  assert_undo (fixture, "Move 2 pictures to cluster 2");
  ple_curation_merge (curation, ids, 2, NULL, NULL);
  assert_undo (fixture, "Merge 2 clusters into cats");
  ple_curation_split (curation, items, parts, 2, 2, NULL);
  assert_undo (fixture, "Split 2 pictures into 2 clusters");
  ple_curation_split (curation, items, same, 2, 1, NULL);
  assert_undo (fixture, "Make a new cluster of 2 pictures");
  ple_curation_reset (curation, items, 2, NULL);
  assert_undo (fixture, "Reset 2 pictures to what the run said");
  ple_curation_name_cluster (curation, 1, "", NULL);
  assert_undo (fixture, "Remove the name of cluster 1");
}

static void
test_history_of_an_item (Fixture *fixture, gconstpointer data)
{
  PleCuration *curation = fixture->curation;
  const guint32 first[] = { 0, 1 }, second[] = { 2, 3 };
  gint64 now = g_get_real_time ();
  g_autoptr (GPtrArray) one = NULL, other = NULL, all = NULL;
  const PleJournalEntry *entry;

  ple_curation_move (curation, first, 2, 1, NULL);
  ple_curation_name_cluster (curation, 1, "cats", NULL);
  ple_curation_set_state (curation, first, 1, PLE_STATE_UNSURE, NULL);
  ple_curation_move (curation, second, 2, 2, NULL);
  ple_curation_undo (curation, NULL);
  ple_curation_undo (curation, NULL);

  one = ple_curation_dup_history (curation, 0);
  g_assert_cmpuint (one->len, ==, 2);
  entry = g_ptr_array_index (one, 0);
  g_assert_cmpint (entry->from, ==, 0);
  g_assert_cmpint (entry->to, ==, 1);
  g_assert_false (entry->undone);
  g_assert_cmpint (entry->time, >=, now);
  g_assert_cmpstr (entry->summary, ==, "Move 2 pictures to cluster 1");
  entry = g_ptr_array_index (one, 1);
  g_assert_cmpint (entry->from, ==, 1);
  g_assert_cmpint (entry->to, ==, 1);
  g_assert_true (entry->undone);
  other = ple_curation_dup_history (curation, 4);
  g_assert_cmpuint (other->len, ==, 0);
  all = ple_curation_dup_history (curation, -1);
  g_assert_cmpuint (all->len, ==, 4);
}

#define ADD(name, function)                                                                        \
  g_test_add ("/curate/labels/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("sentences", test_sentences);
  ADD ("history-of-an-item", test_history_of_an_item);
  return g_test_run ();
}
