/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each setting does what it says, at once and in the next window. */
#include "config.h"

#include "base/ple-atomic.h"
#include "gui/ple-application.h"
#include "gui/ple-preferences.h"
#include "gui/ple-window-private.h"
#include "linalg/ple-linalg.h"
#include "ple-gui-test.h"

#include <glib/gstdio.h>

typedef struct
{
  char *folder;
  PleEnvironment environment;
  GSettings *settings;
  PleApplication *app;
} Program;

static PleWindow *
open_window (const Program *program)
{
  g_action_group_activate_action (G_ACTION_GROUP (program->app), "new-window", NULL);
  return PLE_WINDOW (gtk_application_get_active_window (GTK_APPLICATION (program->app)));
}

static void
close_window (PleWindow *window)
{
  gtk_window_close (GTK_WINDOW (window));
  ple_gui_test_spin ();
}

static gboolean
prefers_dark (void)
{
  gboolean dark;

  g_object_get (gtk_settings_get_default (), "gtk-application-prefer-dark-theme", &dark, NULL);
  return dark;
}

static gboolean
get_dark_state (const Program *program)
{
  g_autoptr (GVariant) state =
      g_action_group_get_action_state (G_ACTION_GROUP (program->app), "dark");

  return g_variant_get_boolean (state);
}

static void
test_style (gconstpointer data)
{
  const Program *program = data;
  gboolean desktop = prefers_dark ();

  g_settings_set_string (program->settings, "style", "dark");
  g_assert_true (prefers_dark ());
  g_assert_true (get_dark_state (program));
  g_settings_set_string (program->settings, "style", "light");
  g_assert_false (prefers_dark ());
  g_assert_false (get_dark_state (program));
  g_action_group_change_action_state (G_ACTION_GROUP (program->app), "dark",
                                      g_variant_new_boolean (TRUE));
  g_assert_true (prefers_dark ());
  g_settings_reset (program->settings, "style");
  g_assert_cmpint (prefers_dark (), ==, desktop);
}

static void
test_tile_size (gconstpointer data)
{
  const Program *program = data;
  PleWindow *window = open_window (program);
  PleTilesView *tiles = ple_project_page_get_tiles (window->project_page);

  g_settings_set_int (program->settings, "tile-size", 150);
  g_assert_cmpint (ple_tiles_view_get_tile_size (tiles), ==, 150);
  ple_tiles_view_set_tile_size (tiles, 77);
  g_assert_cmpint (g_settings_get_int (program->settings, "tile-size"), ==, 77);
  close_window (window);
  window = open_window (program);
  tiles = ple_project_page_get_tiles (window->project_page);
  g_assert_cmpint (ple_tiles_view_get_tile_size (tiles), ==, 77);
  g_settings_reset (program->settings, "tile-size");
  close_window (window);
}

static gpointer
count_threads (PleProgress *progress, gpointer data, GError **error)
{
  guint *n = g_new (guint, 1);

  *n = ple_progress_get_n_threads (progress);
  return n;
}

static guint
threads_of_a_job (PleWindow *window)
{
  g_autoptr (PleJob) job = ple_job_new ("count", count_threads, NULL, NULL, g_free);
  g_autofree guint *n = NULL;

  ple_job_queue_push (ple_session_get_queue (window->session), job);
  while (!ple_job_is_over (job))
    g_main_context_iteration (NULL, TRUE);
  n = ple_job_take_result (job);
  return *n;
}

static void
test_threads (gconstpointer data)
{
  const Program *program = data;
  PleWindow *window = open_window (program);

  g_assert_cmpuint (threads_of_a_job (window), ==, g_get_num_processors ());
  g_settings_set_int (program->settings, "threads", 1);
  g_assert_cmpuint (threads_of_a_job (window), ==, 1);
  close_window (window);
  g_settings_set_int (program->settings, "threads", 3);
  window = open_window (program);
  g_assert_cmpuint (threads_of_a_job (window), ==, 3);
  g_settings_reset (program->settings, "threads");
  close_window (window);
}

static gboolean
is_idle (gpointer data)
{
  return !ple_preferences_is_busy (data);
}

static GtkWidget *
find_button (GtkWidget *widget, const char *name)
{
  GtkWidget *found = NULL;

  if (GTK_IS_BUTTON (widget) &&
      g_strcmp0 (atk_object_get_name (gtk_widget_get_accessible (widget)), name) == 0)
    return widget;
  if (GTK_IS_CONTAINER (widget))
    {
      g_autoptr (GList) children = gtk_container_get_children (GTK_CONTAINER (widget));

      for (GList *l = children; l != NULL && found == NULL; l = l->next)
        found = find_button (l->data, name);
    }
  return found;
}

/* The one there is. */
static GtkWidget *
find_preferences (const Program *program)
{
  GtkWidget *found = NULL;

  for (GList *l = gtk_application_get_windows (GTK_APPLICATION (program->app)); l != NULL;
       l = l->next)
    if (PLE_IS_PREFERENCES (l->data))
      {
        g_assert_null (found);
        found = l->data;
      }
  g_assert_nonnull (found);
  return found;
}

/* Clearing takes thumbnails and mosaics, and nothing else that may lie beside them. */
static void
test_clear (gconstpointer data)
{
  static const char *const names[] = { "thumbnails", "mosaics", "models" };
  const Program *program = data;
  PleWindow *window = open_window (program);
  GtkWidget *preferences, *clear;
  char *files[G_N_ELEMENTS (names)];

  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *folder = g_build_filename (program->environment.cache_dir, names[i], NULL);

      g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
      files[i] = g_build_filename (folder, "a-file", NULL);
      g_assert_true (g_file_set_contents (files[i], "0123456789", 10, NULL));
    }
  g_action_group_activate_action (G_ACTION_GROUP (program->app), "preferences", NULL);
  preferences = find_preferences (program);
  ple_gui_test_wait (is_idle, preferences);
  clear = find_button (preferences, "Clear thumbnails");
  g_assert_nonnull (clear);
  g_assert_true (gtk_widget_get_sensitive (clear));
  gtk_button_clicked (GTK_BUTTON (clear));
  ple_gui_test_wait (is_idle, preferences);
  g_assert_false (g_file_test (files[0], G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (files[1], G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (files[2], G_FILE_TEST_EXISTS));
  g_assert_false (gtk_widget_get_sensitive (clear));
  /* Asked for again it comes to the front, there are not two. */
  g_action_group_activate_action (G_ACTION_GROUP (program->app), "preferences", NULL);
  g_assert_true (preferences == find_preferences (program));
  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    g_free (files[i]);
  /* It goes with its window. */
  close_window (window);
  g_assert_null (gtk_application_get_windows (GTK_APPLICATION (program->app)));
}

int
main (int argc, char **argv)
{
  Program program = { 0 };
  int status;

  gtk_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  program.settings = g_settings_new (PLE_APP_ID);
  program.folder = g_dir_make_tmp ("pleiades-preferences-XXXXXX", NULL);
  program.environment.data_dir = g_build_filename (program.folder, "data", NULL);
  program.environment.cache_dir = g_build_filename (program.folder, "cache", NULL);
  program.app =
      ple_application_new (&program.environment, program.settings, G_APPLICATION_NON_UNIQUE);
  g_assert_true (g_application_register (G_APPLICATION (program.app), NULL, NULL));

  g_test_add_data_func ("/gui/preferences/style", &program, test_style);
  g_test_add_data_func ("/gui/preferences/tile-size", &program, test_tile_size);
  g_test_add_data_func ("/gui/preferences/threads", &program, test_threads);
  g_test_add_data_func ("/gui/preferences/clear", &program, test_clear);
  status = g_test_run ();

  g_object_unref (program.app);
  g_object_unref (program.settings);
  ple_remove_recursively (program.folder, NULL);
  g_free (program.folder);
  g_free ((char *) program.environment.data_dir);
  g_free ((char *) program.environment.cache_dir);
  return status;
}
