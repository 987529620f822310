/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The journey of a person through the window, by its actions: open, run, look, decide, undo,
 * export, come back. */
#include "config.h"

#include "base/ple-atomic.h"
#include "gui/ple-application.h"
#include "gui/ple-window.h"
#include "linalg/ple-linalg.h"
#include "ple-gui-test.h"

#include <glib/gstdio.h>
#include <string.h>

/* A run on a loaded machine under a sanitizer. */
#define PATIENCE_SECONDS 150

/* One program for all tests, a window for each. */
typedef struct
{
  char *folder;
  PleEnvironment environment;
  PleApplication *app;
} Program;

typedef struct
{
  const char *folder;
  PleWindow *window;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  const Program *program = data;

  g_action_group_activate_action (G_ACTION_GROUP (program->app), "new-window", NULL);
  fixture->folder = program->folder;
  fixture->window = PLE_WINDOW (gtk_application_get_active_window (GTK_APPLICATION (program->app)));
  g_assert_nonnull (fixture->window);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  gtk_window_close (GTK_WINDOW (fixture->window));
  for (int i = 0; i < 50; i++)
    {
      ple_gui_test_spin ();
      g_usleep (2000);
    }
}

static void
act (Fixture *fixture, const char *name, GVariant *parameter)
{
  g_assert_true (g_action_group_has_action (G_ACTION_GROUP (fixture->window), name));
  g_action_group_activate_action (G_ACTION_GROUP (fixture->window), name, parameter);
}

static gint32
count (Fixture *fixture, const char *name)
{
  g_autoptr (GVariant) state =
      g_action_group_get_action_state (G_ACTION_GROUP (fixture->window), name);

  return g_variant_get_int32 (state);
}

static char *
text (Fixture *fixture, const char *name)
{
  g_autoptr (GVariant) state =
      g_action_group_get_action_state (G_ACTION_GROUP (fixture->window), name);

  return g_variant_dup_string (state, NULL);
}

typedef gboolean (*Condition) (Fixture *fixture);

static void
wait_until (Fixture *fixture, Condition condition)
{
  gint64 end = g_get_monotonic_time () + PATIENCE_SECONDS * G_USEC_PER_SEC;

  while (!condition (fixture))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_main_context_iteration (NULL, FALSE);
      g_usleep (500);
    }
}

static gboolean
is_on_import (Fixture *fixture)
{
  return ple_session_get_phase (ple_window_get_session (fixture->window)) == PLE_PHASE_IMPORT;
}

static gboolean
is_curated (Fixture *fixture)
{
  return ple_session_get_curation (ple_window_get_session (fixture->window)) != NULL;
}

static gboolean
is_idle (Fixture *fixture)
{
  g_autofree char *job = text (fixture, "job");

  return g_str_equal (job, "idle");
}

/* Past nought per cent of a stage. */
static gboolean
is_at_work (Fixture *fixture)
{
  return ple_job_get_fraction (ple_session_get_job (ple_window_get_session (fixture->window))) > 0;
}

static gboolean
is_settled (Fixture *fixture)
{
  g_autoptr (GVariant) state =
      g_action_group_get_action_state (G_ACTION_GROUP (fixture->window), "settled");

  return g_variant_get_boolean (state);
}

/* The sample, few pictures, the cheapest recipe. Each test has pictures, hence a project, of its
 * own. */
static void
run (Fixture *fixture, const char *sample)
{
  act (fixture, "open", g_variant_new_string (sample));
  wait_until (fixture, is_on_import);
  act (fixture, "set-param", g_variant_new ("(ss)", "model", "hog-color"));
  act (fixture, "set-param", g_variant_new ("(ss)", "embedding", "pca"));
  act (fixture, "set-param", g_variant_new ("(ss)", "num_clusters", "6"));
  act (fixture, "start", NULL);
  wait_until (fixture, is_curated);
  wait_until (fixture, is_idle);
}

static void
test_run (Fixture *fixture, gconstpointer data)
{
  g_autofree char *recipe = NULL;

  run (fixture, "sample:96:1");
  g_assert_cmpint (count (fixture, "n-items"), ==, 96);
  g_assert_cmpint (count (fixture, "n-clusters"), ==, 6);
  recipe = text (fixture, "recipe");
  g_assert_nonnull (strstr (recipe, "\"num_clusters\": 6"));
  wait_until (fixture, is_settled);
}

/* A read-out keeps its value whoever sets it. */
static void
test_read_outs_ignore_being_set (Fixture *fixture, gconstpointer data)
{
  g_action_group_change_action_state (G_ACTION_GROUP (fixture->window), "n-items",
                                      g_variant_new_int32 (99));
  g_assert_cmpint (count (fixture, "n-items"), ==, 0);
}

static void
test_decisions (Fixture *fixture, gconstpointer data)
{
  PleCuration *curation;
  g_autofree char *undo = NULL;
  gint32 target;
  gint32 size;

  run (fixture, "sample:96:2");
  curation = ple_session_get_curation (ple_window_get_session (fixture->window));

  act (fixture, "select-cluster", g_variant_new_int32 (2));
  size = count (fixture, "n-selected");
  g_assert_cmpuint ((guint) size, ==, ple_curation_get_cluster (curation, 2).size);
  act (fixture, "name-cluster", g_variant_new_string ("Boote"));
  g_assert_cmpstr (ple_curation_get_cluster (curation, 2).name, ==, "Boote");
  act (fixture, "confirm", NULL);
  g_assert_cmpint (count (fixture, "n-confirmed"), ==, size);
  undo = text (fixture, "undo-label");
  g_assert_cmpstr (undo, !=, "");
  act (fixture, "undo", NULL);
  g_assert_cmpint (count (fixture, "n-confirmed"), ==, 0);
  act (fixture, "redo", NULL);
  g_assert_cmpint (count (fixture, "n-confirmed"), ==, size);

  act (fixture, "select-cluster", g_variant_new_int32 (0));
  act (fixture, "move-selection", g_variant_new_string ("something new"));
  target = ple_curation_find_name (curation, "something new");
  g_assert_cmpint (target, ==, 6);
  act (fixture, "undo", NULL);
  g_assert_cmpint (ple_curation_find_name (curation, "something new"), ==, -1);

  act (fixture, "select-cluster", g_variant_new_int32 (1));
  act (fixture, "split-selection", g_variant_new_int32 (2));
  wait_until (fixture, is_idle);
  g_assert_cmpint (count (fixture, "n-clusters"), ==, 7);
  act (fixture, "select-all", NULL);
  g_assert_cmpint (count (fixture, "n-selected"), ==, 96);
  act (fixture, "merge-clusters", NULL);
  g_assert_cmpint (count (fixture, "n-clusters"), ==, 1);
  act (fixture, "undo", NULL);
  g_assert_cmpint (count (fixture, "n-clusters"), ==, 7);
  act (fixture, "exclude", NULL);
  g_assert_cmpuint (ple_curation_count_state (curation, PLE_STATE_EXCLUDED), ==, 96);
  act (fixture, "select-none", NULL);
  g_assert_cmpint (count (fixture, "n-selected"), ==, 0);
}

static void
test_export (Fixture *fixture, gconstpointer data)
{
  static const char *const kinds[] = { "csv", "mapping", "json", "map-png", "map-svg", "folders" };

  run (fixture, "sample:96:3");
  act (fixture, "select-cluster", g_variant_new_int32 (0));
  act (fixture, "name-cluster", g_variant_new_string ("first, \"quoted\""));
  for (size_t i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *name = g_strconcat ("out.", kinds[i], NULL);
      g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

      act (fixture, "export", g_variant_new ("(ss)", kinds[i], path));
      wait_until (fixture, is_idle);
      g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
      if (i == 0)
        {
          g_autofree char *csv = NULL;

          g_assert_true (g_file_get_contents (path, &csv, NULL, NULL));
          g_assert_nonnull (strstr (csv, "\"first, \"\"quoted\"\"\""));
        }
    }
  /* A kind that does not exist leaves nothing. */
  act (fixture, "export", g_variant_new ("(ss)", "no-such-kind", fixture->folder));
  wait_until (fixture, is_idle);
}

/* What was decided is there after closing and opening the project. */
static void
test_coming_back (Fixture *fixture, gconstpointer data)
{
  g_autofree char *project = NULL;
  PleCuration *curation;

  run (fixture, "sample:96:4");
  project = g_strdup (
      ple_project_get_path (ple_session_get_project (ple_window_get_session (fixture->window))));
  act (fixture, "select-cluster", g_variant_new_int32 (3));
  act (fixture, "name-cluster", g_variant_new_string ("kept"));
  act (fixture, "confirm", NULL);
  act (fixture, "close-project", NULL);
  g_assert_false (is_curated (fixture));

  act (fixture, "open", g_variant_new_string (project));
  wait_until (fixture, is_curated);
  curation = ple_session_get_curation (ple_window_get_session (fixture->window));
  g_assert_cmpint (ple_curation_find_name (curation, "kept"), ==, 3);
  g_assert_cmpuint (ple_curation_count_state (curation, PLE_STATE_CONFIRMED), ==,
                    ple_curation_get_cluster (curation, 3).size);
  act (fixture, "undo", NULL);
  g_assert_cmpuint (ple_curation_count_state (curation, PLE_STATE_CONFIRMED), ==, 0);
}

/* What cannot be opened leaves the window usable. */
static void
test_nothing_there (Fixture *fixture, gconstpointer data)
{
  PleSession *session = ple_window_get_session (fixture->window);

  act (fixture, "open", g_variant_new_string ("/no/such/folder"));
  while (ple_session_get_phase (session) == PLE_PHASE_OPENING)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint ((int) ple_session_get_phase (session), ==, PLE_PHASE_WELCOME);
}

/* Cancelling comes through quickly and the run can be tried again. */
static void
test_cancel_and_retry (Fixture *fixture, gconstpointer data)
{
  PleSession *session = ple_window_get_session (fixture->window);

  /* So many that no machine is done before it is told to stop. */
  act (fixture, "open", g_variant_new_string ("sample:20000:5"));
  wait_until (fixture, is_on_import);
  act (fixture, "start", NULL);
  wait_until (fixture, is_at_work);
  act (fixture, "job-cancel", NULL);
  wait_until (fixture, is_idle);
  g_assert_cmpint ((int) ple_job_get_state (ple_session_get_job (session)), ==, PLE_JOB_CANCELLED);
  g_assert_null (ple_session_get_run (session));
  act (fixture, "job-retry", NULL);
  g_assert_false (ple_job_is_over (ple_session_get_job (session)));
  act (fixture, "job-cancel", NULL);
  wait_until (fixture, is_idle);
}

#define ADD(name, func) g_test_add ("/gui/window/" name, Fixture, &program, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  Program program = { 0 };
  g_autoptr (GSettings) settings = NULL;
  int status;

  gtk_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  settings = g_settings_new (PLE_APP_ID);
  program.folder = g_dir_make_tmp ("pleiades-window-XXXXXX", NULL);
  program.environment.data_dir = g_build_filename (program.folder, "data", NULL);
  program.environment.cache_dir = g_build_filename (program.folder, "cache", NULL);
  program.app = ple_application_new (&program.environment, settings, G_APPLICATION_NON_UNIQUE);
  g_assert_true (g_application_register (G_APPLICATION (program.app), NULL, NULL));

  ADD ("read-outs-ignore-being-set", test_read_outs_ignore_being_set);
  ADD ("nothing-there", test_nothing_there);
  ADD ("run", test_run);
  ADD ("decisions", test_decisions);
  ADD ("export", test_export);
  ADD ("coming-back", test_coming_back);
  ADD ("cancel-and-retry", test_cancel_and_retry);
  status = g_test_run ();

  g_object_unref (program.app);
  ple_remove_recursively (program.folder, NULL);
  g_free (program.folder);
  g_free ((char *) program.environment.data_dir);
  g_free ((char *) program.environment.cache_dir);
  return status;
}
