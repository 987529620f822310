/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several runs of one project, each with the decisions made on it. No window. */
#include "config.h"

#include "base/ple-atomic.h"
#include "gui/ple-session.h"
#include "linalg/ple-linalg.h"
#include "ple-gui-test.h"
#include "project/ple-run-list.h"

#include <string.h>

#define N_PICTURES 96

typedef struct
{
  char *folder;
  PleEnvironment environment;
} Program;

typedef struct
{
  PleSession *session;
  guint n_run_changes;
  guint n_messages;
  char *keys[2]; /* runs of 5 and of 7 clusters */
} Fixture;

static gboolean
is_on_import (gpointer session)
{
  return ple_session_get_phase (session) == PLE_PHASE_IMPORT;
}

static gboolean
is_curated (gpointer session)
{
  return ple_session_get_curation (session) != NULL;
}

static gboolean
is_not_busy (gpointer session)
{
  return !ple_session_is_busy (session);
}

static void
count (guint *counter)
{
  ++*counter;
}

static char *
run (Fixture *f, const char *n_clusters)
{
  PleRecipe *recipe = ple_session_get_recipe (f->session);
  g_autoptr (GError) error = NULL;

  ple_recipe_set (recipe, "model", "hog-color", &error);
  g_assert_no_error (error);
  ple_recipe_set (recipe, "embedding", "pca", &error);
  g_assert_no_error (error);
  ple_recipe_set (recipe, "num_clusters", n_clusters, &error);
  g_assert_no_error (error);
  ple_session_start (f->session, &error);
  g_assert_no_error (error);
  ple_gui_test_wait (is_curated, f->session);
  return g_strdup (ple_session_get_run (f->session)->key);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  const Program *program = data;

  f->session = ple_session_new (&program->environment);
  ple_session_open (f->session, "sample:96:11");
  ple_gui_test_wait (is_on_import, f->session);
  f->keys[0] = run (f, "5");
  ple_session_prepare_run (f->session);
  f->keys[1] = run (f, "7");
  g_signal_connect_swapped (f->session, "run-changed", G_CALLBACK (count), &f->n_run_changes);
  g_signal_connect_swapped (f->session, "message", G_CALLBACK (count), &f->n_messages);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  ple_session_close (f->session);
  g_object_unref (f->session);
  g_free (f->keys[0]);
  g_free (f->keys[1]);
}

static void
show (Fixture *f, guint which)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ple_session_show_run (f->session, f->keys[which], &error));
  g_assert_no_error (error);
  ple_gui_test_wait (is_not_busy, f->session);
}

static void
assert_shown (Fixture *f, guint which)
{
  static const char *const n_clusters[] = { "5", "7" };
  g_autofree char *said = ple_recipe_get (ple_session_get_recipe (f->session), "num_clusters");
  const gint32 *labels = ple_session_get_labels (f->session);
  gint32 largest = -1;

  g_assert_cmpstr (ple_session_get_run (f->session)->key, ==, f->keys[which]);
  g_assert_cmpstr (ple_project_get_current_run (ple_session_get_project (f->session)), ==,
                   f->keys[which]);
  g_assert_cmpstr (said, ==, n_clusters[which]);
  for (size_t i = 0; i < N_PICTURES; i++)
    largest = MAX (largest, labels[i]);
  g_assert_cmpint (largest, ==, which == 0 ? 4 : 6);
  g_assert_nonnull (ple_session_get_points (f->session));
}

/* What is decided on a run stays with it, and can be undone there; the selection goes along. */
static void
test_decisions_stay_with_their_run (Fixture *f, gconstpointer data)
{
  const guint32 items[] = { 3, 5, 8 };

  assert_shown (f, 1);
  g_assert_true (
      ple_curation_name_cluster (ple_session_get_curation (f->session), 2, "of seven", NULL));
  ple_selection_apply (ple_session_get_selection (f->session), items, 3, PLE_SELECT_REPLACE);
  ple_session_set_scope (f->session, 6);

  show (f, 0);
  assert_shown (f, 0);
  g_assert_cmpuint (f->n_run_changes, ==, 1);
  g_assert_cmpint (ple_session_get_scope (f->session), ==, PLE_SCOPE_ALL);
  g_assert_cmpuint (ple_selection_get_n_selected (ple_session_get_selection (f->session)), ==, 3);
  g_assert_cmpint (ple_curation_find_name (ple_session_get_curation (f->session), "of seven"), ==,
                   -1);
  g_assert_true (
      ple_curation_name_cluster (ple_session_get_curation (f->session), 1, "of five", NULL));
  show (f, 1);
  assert_shown (f, 1);
  g_assert_cmpint (ple_curation_find_name (ple_session_get_curation (f->session), "of seven"), ==,
                   2);
  g_assert_cmpint (ple_curation_find_name (ple_session_get_curation (f->session), "of five"), ==,
                   -1);
  g_assert_true (ple_curation_undo (ple_session_get_curation (f->session), NULL));
  g_assert_cmpint (ple_curation_find_name (ple_session_get_curation (f->session), "of seven"), ==,
                   -1);
  g_assert_cmpuint (f->n_messages, ==, 0);
}

/* The run asked for last is the one that comes. */
static void
test_last_wish_counts (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ple_session_show_run (f->session, f->keys[0], NULL));
  g_assert_true (ple_session_show_run (f->session, f->keys[1], NULL));
  ple_gui_test_wait (is_not_busy, f->session);
  assert_shown (f, 1);
  g_assert_cmpuint (f->n_run_changes, ==, 0);

  g_assert_false (ple_session_show_run (f->session, "no-such-run", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  assert_shown (f, 1);
}

/* A run whose files are gone leaves the present one, with a message. */
static void
test_damaged_run (Fixture *f, gconstpointer data)
{
  g_autofree char *path = ple_project_build_path (ple_session_get_project (f->session), "runs",
                                                  f->keys[0], "config.json", NULL);
  g_autofree char *config = NULL;

  g_assert_true (g_file_get_contents (path, &config, NULL, NULL));
  g_assert_true (g_file_set_contents (path, "{}", -1, NULL));
  show (f, 0);
  assert_shown (f, 1);
  g_assert_cmpuint (f->n_messages, ==, 1);
  g_assert_true (g_file_set_contents (path, config, -1, NULL));
}

static void
test_list (Fixture *f, gconstpointer data)
{
  PleProject *project = ple_session_get_project (f->session);
  g_auto (GStrv) keys = ple_project_list_runs (project);
  g_autoptr (GPtrArray) runs = ple_run_list_load (ple_project_get_path (project), keys);

  g_assert_cmpuint (runs->len, ==, 2);
  for (guint i = 0; i < 2; i++)
    {
      const PleRunSummary *summary = g_ptr_array_index (runs, i);

      g_assert_cmpstr (summary->key, ==, f->keys[i]);
      g_assert_cmpuint (summary->n_clusters, ==, i == 0 ? 5 : 7);
      g_assert_cmpstr (ple_recipe_get_method (summary->recipe)->id, ==, "kmeans");
      g_assert_cmpfloat (summary->accuracy, >, 0);
      g_assert_cmpfloat (summary->accuracy, <=, 1);
      g_assert_cmpfloat (summary->nmi, >, 0);
      g_assert_cmpint (summary->time, >, 0);
    }
  show (f, 1);
  g_assert_cmpfloat_with_epsilon (((PleRunSummary *) g_ptr_array_index (runs, 1))->accuracy,
                                  ple_session_get_run (f->session)->train_metrics.accuracy, 1e-9);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/gui/session/" name, Fixture, &program, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  Program program = { 0 };
  int status;

  gtk_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  program.folder = g_dir_make_tmp ("pleiades-session-XXXXXX", NULL);
  program.environment.data_dir = g_build_filename (program.folder, "data", NULL);
  program.environment.cache_dir = g_build_filename (program.folder, "cache", NULL);
  ADD ("decisions-stay-with-their-run", test_decisions_stay_with_their_run);
  ADD ("last-wish-counts", test_last_wish_counts);
  ADD ("damaged-run", test_damaged_run);
  ADD ("list", test_list);
  status = g_test_run ();
  ple_remove_recursively (program.folder, NULL);
  g_free (program.folder);
  g_free ((char *) program.environment.data_dir);
  g_free ((char *) program.environment.cache_dir);
  return status;
}
