/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ple-test-curation.h"

/* Twelve items: 0-3 in cluster 0, 4-8 in 1, 9-10 in 2, 11 in none; cluster 3 is empty. */
#define N_CLUSTERS 4
static const gint32 run_labels[] = { 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, -1 };

typedef struct
{
  char *folder;
  PleCuration *curation;
  char *begin;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleLabels) labels = ple_labels_new_from (run_labels, G_N_ELEMENTS (run_labels));
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  fixture->folder = ple_test_make_folder ();
  path = g_build_filename (fixture->folder, "curation.db", NULL);
  fixture->curation = ple_curation_open (path, "run", labels, N_CLUSTERS, &error);
  g_assert_no_error (error);
  fixture->begin = ple_test_digest (fixture->curation, N_CLUSTERS, FALSE);
}

/* Every test ends with the proof that undoing all of it is the identity. */
static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autofree char *end = NULL;

  ple_test_check_counts (fixture->curation);
  while (ple_curation_get_undo_label (fixture->curation) != NULL)
    g_assert_true (ple_curation_undo (fixture->curation, NULL));
  end = ple_test_digest (fixture->curation, N_CLUSTERS, FALSE);
  g_assert_cmpstr (end, ==, fixture->begin);
  g_object_unref (fixture->curation);
  ple_remove_recursively (fixture->folder, NULL);
  g_free (fixture->folder);
  g_free (fixture->begin);
}

static gint32
label_of (Fixture *fixture, size_t item)
{
  return ple_curation_get_labels (fixture->curation)[item];
}

static guint8
state_of (Fixture *fixture, size_t item)
{
  return ple_curation_get_states (fixture->curation)[item];
}

/* @result is FALSE, for that reason, and nothing has become a step. */
static void
assert_refused (Fixture *fixture, gboolean result, GError **error)
{
  g_assert_false (result);
  g_assert_error (*error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_REFUSED);
  g_clear_error (error);
  g_assert_cmpuint (ple_curation_get_n_decisions (fixture->curation), ==, 0);
}

static void
test_name (Fixture *fixture, gconstpointer data)
{
  PleCuration *curation = fixture->curation;
  g_autofree char *long_name = g_strnfill (2000, 'x');
  GError *error = NULL;

  assert_refused (fixture, ple_curation_name_cluster (curation, 4, "cats", &error), &error);
  assert_refused (fixture, ple_curation_name_cluster (curation, -1, "cats", &error), &error);
  assert_refused (fixture, ple_curation_name_cluster (curation, 0, "a\nb", &error), &error);
  assert_refused (fixture, ple_curation_name_cluster (curation, 0, "\xff", &error), &error);
  assert_refused (fixture, ple_curation_name_cluster (curation, 0, long_name, &error), &error);

  g_assert_true (ple_curation_name_cluster (curation, 0, "  Cafe\xcc\x81s ", NULL));
  g_assert_cmpstr (ple_curation_get_cluster (curation, 0).name, ==, "Caf\xc3\xa9s");
  g_assert_cmpint (ple_curation_find_name (curation, "caf\xc3\xa9S"), ==, 0);
  g_assert_cmpint (ple_curation_find_name (curation, ""), ==, -1);
  g_assert_true (ple_curation_name_cluster (curation, 0, "", NULL));
  g_assert_cmpstr (ple_curation_get_cluster (curation, 0).name, ==, "");
  g_assert_cmpint (ple_curation_find_name (curation, "caf\xc3\xa9S"), ==, -1);
}

static void
test_find_prefers_the_exact_name (Fixture *fixture, gconstpointer data)
{
  g_assert_true (ple_curation_name_cluster (fixture->curation, 1, "CATS", NULL));
  g_assert_true (ple_curation_name_cluster (fixture->curation, 2, "cats", NULL));
  g_assert_cmpint (ple_curation_find_name (fixture->curation, "cats"), ==, 2);
  g_assert_cmpint (ple_curation_find_name (fixture->curation, "CATS"), ==, 1);
  g_assert_cmpint (ple_curation_find_name (fixture->curation, "Cats"), ==, 1);
}

static void
test_state (Fixture *fixture, gconstpointer data)
{
  PleCuration *curation = fixture->curation;
  const guint32 items[] = { 8, 0, 4 }, outside[] = { 3, 12 }, twice[] = { 3, 3 };
  GError *error = NULL;

  assert_refused (fixture, ple_curation_set_state (curation, outside, 2, PLE_STATE_UNSURE, &error),
                  &error);
  assert_refused (fixture, ple_curation_set_state (curation, twice, 2, PLE_STATE_UNSURE, &error),
                  &error);
  assert_refused (fixture, ple_curation_set_state (curation, items, 0, PLE_STATE_UNSURE, &error),
                  &error);
  g_assert_true (ple_curation_set_state (curation, items, 3, PLE_STATE_EXCLUDED, NULL));
  g_assert_cmpint (state_of (fixture, 0), ==, PLE_STATE_EXCLUDED);
  g_assert_cmpint (state_of (fixture, 1), ==, PLE_STATE_AUTO);
  g_assert_cmpuint (ple_curation_get_cluster (curation, 0).size, ==, 3);
  g_assert_cmpuint (ple_curation_get_cluster (curation, 1).size, ==, 3);
  g_assert_cmpuint (ple_curation_count_state (curation, PLE_STATE_EXCLUDED), ==, 3);
  g_assert_true (ple_curation_set_state (curation, items, 3, PLE_STATE_CONFIRMED, NULL));
  g_assert_cmpuint (ple_curation_get_cluster (curation, 1).n_confirmed, ==, 2);
}

static void
test_move (Fixture *fixture, gconstpointer data)
{
  PleCuration *curation = fixture->curation;
  const guint32 items[] = { 11, 0 };
  GError *error = NULL;
  gint32 target = -1;

  assert_refused (fixture, ple_curation_move (curation, items, 2, 4, &error), &error);
  assert_refused (fixture, ple_curation_move_to_name (curation, items, 2, "  ", &target, &error),
                  &error);
  g_assert_true (ple_curation_move (curation, items, 2, 3, NULL));
  g_assert_cmpint (label_of (fixture, 0), ==, 3);
  g_assert_cmpint (label_of (fixture, 11), ==, 3);
  g_assert_cmpint (state_of (fixture, 11), ==, PLE_STATE_CONFIRMED);
  g_assert_true (ple_curation_move_to_name (curation, items, 2, "boats", &target, NULL));
  g_assert_cmpint (target, ==, N_CLUSTERS);
  g_assert_cmpint (label_of (fixture, 0), ==, N_CLUSTERS);
  g_assert_cmpstr (ple_curation_get_cluster (curation, target).name, ==, "boats");
  /* Emptied by a move, a cluster stays. */
  g_assert_true (ple_curation_get_cluster (curation, 3).alive);
  g_assert_true (ple_curation_move_to_name (curation, items, 1, "BOATS", &target, NULL));
  g_assert_cmpint (target, ==, N_CLUSTERS);
  g_assert_cmpuint (ple_curation_get_n_ids (curation), ==, N_CLUSTERS + 1);
}

static void
test_merge (Fixture *fixture, gconstpointer data)
{
  PleCuration *curation = fixture->curation;
  const gint32 one[] = { 1, 1 }, dead[] = { 1, 9 }, all[] = { 0, 2, 1 }, two[] = { 3, 1 };
  GError *error = NULL;
  gint32 target = -1;

  assert_refused (fixture, ple_curation_merge (curation, one, 2, &target, &error), &error);
  assert_refused (fixture, ple_curation_merge (curation, dead, 2, &target, &error), &error);
  assert_refused (fixture, ple_curation_merge (curation, NULL, 0, &target, &error), &error);
  /* No names: the largest. */
  g_assert_true (ple_curation_merge (curation, all, 3, &target, NULL));
  g_assert_cmpint (target, ==, 1);
  g_assert_cmpuint (ple_curation_get_cluster (curation, 1).size, ==, 11);
  g_assert_false (ple_curation_get_cluster (curation, 0).alive);
  g_assert_cmpint (state_of (fixture, 0), ==, PLE_STATE_AUTO);
  g_assert_false (ple_curation_name_cluster (curation, 0, "x", NULL));
  g_assert_true (ple_curation_undo (curation, NULL));
  /* The first that has a name, though it is smaller. */
  g_assert_true (ple_curation_name_cluster (curation, 3, "mugs", NULL));
  g_assert_true (ple_curation_merge (curation, two, 2, &target, NULL));
  g_assert_cmpint (target, ==, 3);
  g_assert_cmpstr (ple_curation_get_cluster (curation, 3).name, ==, "mugs");
  g_assert_cmpint (label_of (fixture, 4), ==, 3);
}

static void
test_split (Fixture *fixture, gconstpointer data)
{
  PleCuration *curation = fixture->curation;
  const guint32 items[] = { 10, 9, 4, 11 };
  const gint32 parts[] = { 2, 0, 2, 0 }, outside[] = { 0, 1, 2, 3 };
  GError *error = NULL;

  assert_refused (fixture, ple_curation_split (curation, items, outside, 4, 3, &error), &error);
  assert_refused (fixture, ple_curation_split (curation, items, parts, 4, 5, &error), &error);
  g_assert_true (ple_curation_set_state (curation, items, 1, PLE_STATE_UNSURE, NULL));
  g_assert_true (ple_curation_split (curation, items, parts, 4, 3, NULL));
  /* Part 1 has no members and gets no cluster. */
  g_assert_cmpuint (ple_curation_get_n_ids (curation), ==, N_CLUSTERS + 2);
  g_assert_cmpint (label_of (fixture, 9), ==, N_CLUSTERS);
  g_assert_cmpint (label_of (fixture, 11), ==, N_CLUSTERS);
  g_assert_cmpint (label_of (fixture, 10), ==, N_CLUSTERS + 1);
  g_assert_cmpint (label_of (fixture, 4), ==, N_CLUSTERS + 1);
  g_assert_cmpint (state_of (fixture, 10), ==, PLE_STATE_UNSURE);
  /* Cluster 2 was emptied, cluster 1 was not; cluster 3 was empty before. */
  g_assert_false (ple_curation_get_cluster (curation, 2).alive);
  g_assert_true (ple_curation_get_cluster (curation, 1).alive);
  g_assert_true (ple_curation_get_cluster (curation, 3).alive);
}

static void
test_reset (Fixture *fixture, gconstpointer data)
{
  PleCuration *curation = fixture->curation;
  const guint32 items[] = { 9, 11 };
  const gint32 ids[] = { 1, 2 };

  g_assert_true (ple_curation_name_cluster (curation, 1, "cats", NULL));
  g_assert_true (ple_curation_merge (curation, ids, 2, NULL, NULL));
  g_assert_true (ple_curation_move (curation, items, 2, 0, NULL));
  g_assert_true (ple_curation_reset (curation, items, 2, NULL));
  g_assert_cmpint (label_of (fixture, 9), ==, 2);
  g_assert_cmpint (label_of (fixture, 11), ==, -1);
  g_assert_cmpint (state_of (fixture, 9), ==, PLE_STATE_AUTO);
  /* Its cluster had been merged away. */
  g_assert_true (ple_curation_get_cluster (curation, 2).alive);
}

static void
test_members (Fixture *fixture, gconstpointer data)
{
  const guint32 excluded[] = { 5 };
  const guint32 expected[] = { 4, 5, 6, 7, 8 };
  g_autofree guint32 *members = NULL;
  size_t n = 0;

  g_assert_true (ple_curation_set_state (fixture->curation, excluded, 1, PLE_STATE_EXCLUDED, NULL));
  members = ple_curation_dup_members (fixture->curation, 1, &n);
  g_assert_cmpmem (members, n * sizeof (guint32), expected, sizeof expected);
}

#define ADD(name, function)                                                                        \
  g_test_add ("/curate/commands/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("name", test_name);
  ADD ("find-prefers-the-exact-name", test_find_prefers_the_exact_name);
  ADD ("state", test_state);
  ADD ("move", test_move);
  ADD ("merge", test_merge);
  ADD ("split", test_split);
  ADD ("reset", test_reset);
  ADD ("members-hold-the-excluded", test_members);
  return g_test_run ();
}
