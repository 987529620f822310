/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of keys: every action is there, every key that is shown does what is said. */
#include "config.h"

#include "base/ple-atomic.h"
#include "gui/ple-application.h"
#include "gui/ple-cluster-list.h"
#include "gui/ple-help-window.h"
#include "gui/ple-project-page.h"
#include "gui/ple-shortcuts.h"
#include "gui/ple-window-private.h"
#include "linalg/ple-linalg.h"
#include "ple-gui-test.h"

#include <string.h>

typedef struct
{
  GtkApplication *app;
  PleWindow *window;
  GString *activated; /* "win.tool 'box'" */
} Fixture;

/* The map of @action's scope, and its name and target. */
static GActionMap *
find_scope (Fixture *f, const char *detailed, char **name, GVariant **target)
{
  g_autofree char *full = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_action_parse_detailed_name (detailed, &full, target, &error));
  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (full, "win.") || g_str_has_prefix (full, "app."));
  *name = g_strdup (full + 4);
  return g_str_has_prefix (full, "win.") ? G_ACTION_MAP (f->window) : G_ACTION_MAP (f->app);
}

static void
test_actions_exist (Fixture *f, gconstpointer data)
{
  size_t n;
  const PleShortcut *shortcuts = ple_shortcuts_get (&n);

  for (size_t i = 0; i < n; i++)
    {
      g_autofree char *name = NULL;
      g_autoptr (GVariant) target = NULL;
      GActionMap *scope;
      GAction *action;

      g_assert_cmpint (shortcuts[i].owner == PLE_SHORTCUT_BY_WINDOW, ==,
                       shortcuts[i].action != NULL);
      if (shortcuts[i].action == NULL)
        continue;
      g_test_message ("%s", shortcuts[i].action);
      scope = find_scope (f, shortcuts[i].action, &name, &target);
      action = g_action_map_lookup_action (scope, name);
      g_assert_nonnull (action);
      if (target == NULL)
        g_assert_null (g_action_get_parameter_type (action));
      else
        g_assert_true (g_variant_is_of_type (target, g_action_get_parameter_type (action)));
    }
}

static void
on_probe (GSimpleAction *action, GVariant *target, GString *activated)
{
  g_autofree char *text = target != NULL ? g_variant_print (target, FALSE) : g_strdup ("");

  g_string_printf (activated, "%s %s", g_action_get_name (G_ACTION (action)), text);
}

/* Every key, pressed in the window, activates its action and no other: a probe takes the place of
 * each. */
static void
test_keys_activate (Fixture *f, gconstpointer data)
{
  size_t n;
  const PleShortcut *shortcuts = ple_shortcuts_get (&n);

  for (size_t i = 0; i < n; i++)
    {
      g_autofree char *name = NULL;
      g_autoptr (GVariant) target = NULL;
      g_autoptr (GSimpleAction) probe = NULL;
      GActionMap *scope;

      if (shortcuts[i].action == NULL)
        continue;
      scope = find_scope (f, shortcuts[i].action, &name, &target);
      probe = g_simple_action_new (name, target != NULL ? g_variant_get_type (target) : NULL);
      g_signal_connect (probe, "activate", G_CALLBACK (on_probe), f->activated);
      g_action_map_add_action (scope, G_ACTION (probe));
    }
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; shortcuts[i].action != NULL && shortcuts[i].keys[k] != NULL; k++)
      {
        g_autofree char *name = NULL;
        g_autofree char *value = NULL;
        g_autofree char *wanted = NULL;
        g_autoptr (GVariant) target = NULL;

        find_scope (f, shortcuts[i].action, &name, &target);
        value = target != NULL ? g_variant_print (target, FALSE) : g_strdup ("");
        wanted = g_strdup_printf ("%s %s", name, value);
        g_string_assign (f->activated, "");
        g_test_message ("%s: %s", shortcuts[i].keys[k], wanted);
        g_assert_true (ple_gui_test_accelerator (GTK_WIDGET (f->window), shortcuts[i].keys[k]));
        g_assert_cmpstr (f->activated->str, ==, wanted);
      }
}

static gboolean
has_map (gpointer data)
{
  Fixture *f = data;
  PleSession *session = ple_window_get_session (f->window);

  return ple_session_get_curation (session) != NULL && ple_session_get_points (session) != NULL &&
         ple_project_page_is_settled (f->window->project_page);
}

static gboolean
is_on_import (gpointer data)
{
  Fixture *f = data;

  return ple_session_get_phase (ple_window_get_session (f->window)) == PLE_PHASE_IMPORT;
}

static void
set_param (Fixture *f, const char *name, const char *value)
{
  g_action_group_activate_action (G_ACTION_GROUP (f->window), "set-param",
                                  g_variant_new ("(ss)", name, value));
}

static GtkWidget *
find_child (GtkWidget *widget, GType type)
{
  GtkWidget *found = NULL;

  if (G_TYPE_CHECK_INSTANCE_TYPE (widget, type))
    return widget;
  if (GTK_IS_CONTAINER (widget))
    {
      g_autoptr (GList) children = gtk_container_get_children (GTK_CONTAINER (widget));

      for (GList *l = children; l != NULL && found == NULL; l = l->next)
        found = find_child (l->data, type);
    }
  return found;
}

/* Keys that widgets answer to: each one that is shown is answered. */
static void
test_widgets_answer (Fixture *f, gconstpointer data)
{
  size_t n;
  const PleShortcut *shortcuts = ple_shortcuts_get (&n);
  GtkWidget *grid = GTK_WIDGET (ple_project_page_get_tiles (f->window->project_page));
  GtkWidget *map = GTK_WIDGET (ple_project_page_get_map (f->window->project_page));
  GtkWidget *list = find_child (GTK_WIDGET (f->window), PLE_TYPE_CLUSTER_LIST);

  ple_window_open (f->window, "sample:24:0");
  ple_gui_test_wait (is_on_import, f);
  set_param (f, "model", "hog-color");
  set_param (f, "embedding", "pca");
  set_param (f, "num_clusters", "3");
  g_action_group_activate_action (G_ACTION_GROUP (f->window), "start", NULL);
  ple_gui_test_wait (has_map, f);
  /* Each widget knows where the keyboard is. */
  ple_gui_test_key (grid, GDK_KEY_Home, 0);
  ple_gui_test_key (list, GDK_KEY_Home, 0);
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; shortcuts[i].action == NULL && shortcuts[i].keys[k] != NULL; k++)
      {
        const char *key = shortcuts[i].keys[k];

        g_test_message ("%s: %s", key, shortcuts[i].title);
        if (shortcuts[i].owner == PLE_SHORTCUT_BY_MAP)
          g_assert_true (ple_gui_test_accelerator (map, key));
        else
          g_assert_true (ple_gui_test_accelerator (grid, key));
        if (shortcuts[i].owner == PLE_SHORTCUT_BY_CELLS)
          g_assert_true (ple_gui_test_accelerator (list, key));
      }
}

/* No key of the window means two things. */
static void
test_keys_are_unique (Fixture *f, gconstpointer data)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  size_t n;
  const PleShortcut *shortcuts = ple_shortcuts_get (&n);

  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; shortcuts[i].action != NULL && shortcuts[i].keys[k] != NULL; k++)
      {
        GdkModifierType modifiers;
        guint key;

        gtk_accelerator_parse (shortcuts[i].keys[k], &key, &modifiers);
        g_test_message ("%s", shortcuts[i].keys[k]);
        g_assert_cmpuint (key, !=, 0);
        g_assert_true (g_hash_table_add (seen, (char *) shortcuts[i].keys[k]));
      }
}

static void
count_rows (GtkWidget *widget, gpointer data)
{
  *(guint *) data += GTK_IS_SHORTCUTS_SHORTCUT (widget);
  if (GTK_IS_CONTAINER (widget))
    gtk_container_forall (GTK_CONTAINER (widget), count_rows, data);
}

static void
count_labels (GtkWidget *widget, gpointer data)
{
  *(guint *) data += GTK_IS_LABEL (widget);
  if (GTK_IS_CONTAINER (widget))
    gtk_container_forall (GTK_CONTAINER (widget), count_labels, data);
}

/* The window of shortcuts and the help show all of them. */
static void
test_all_are_shown (Fixture *f, gconstpointer data)
{
  GtkWindow *shortcuts = ple_shortcuts_window_new ();
  GtkWidget *help = ple_help_window_new ();
  guint n_rows = 0, n_labels = 0;
  size_t n;

  ple_shortcuts_get (&n);
  gtk_widget_show (GTK_WIDGET (shortcuts));
  count_rows (GTK_WIDGET (shortcuts), &n_rows);
  g_assert_cmpuint (n_rows, >=, n);
  gtk_widget_show (help);
  ple_help_window_show_page (PLE_HELP_WINDOW (help), "keys");
  count_labels (help, &n_labels);
  g_assert_cmpuint (n_labels, >, 2 * n);
  gtk_widget_destroy (GTK_WIDGET (shortcuts));
  gtk_widget_destroy (help);
}

static void
test_tooltips_name_the_key (Fixture *f, gconstpointer data)
{
  g_autofree char *tooltip = NULL;
  g_autoptr (GList) children = gtk_container_get_children (GTK_CONTAINER (f->window->undo_box));

  tooltip = gtk_widget_get_tooltip_text (children->data);
  g_assert_nonnull (strstr (tooltip, "(Ctrl+Z)"));
}

typedef struct
{
  char *folder;
  PleEnvironment environment;
  PleApplication *app;
} Program;

static void
set_up (Fixture *f, gconstpointer data)
{
  const Program *program = data;

  f->app = GTK_APPLICATION (program->app);
  g_action_group_activate_action (G_ACTION_GROUP (f->app), "new-window", NULL);
  f->window = PLE_WINDOW (gtk_application_get_active_window (f->app));
  f->activated = g_string_new (NULL);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (f->window));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  gtk_window_close (GTK_WINDOW (f->window));
  ple_gui_test_spin ();
  g_string_free (f->activated, TRUE);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/gui/shortcuts/" name, Fixture, &program, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  Program program = { 0 };
  g_autoptr (GSettings) settings = NULL;
  int status;

  gtk_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  settings = g_settings_new (PLE_APP_ID);
  program.folder = g_dir_make_tmp ("pleiades-shortcuts-XXXXXX", NULL);
  program.environment.data_dir = g_build_filename (program.folder, "data", NULL);
  program.environment.cache_dir = g_build_filename (program.folder, "cache", NULL);
  program.app = ple_application_new (&program.environment, settings, G_APPLICATION_NON_UNIQUE);
  g_assert_true (g_application_register (G_APPLICATION (program.app), NULL, NULL));

  ADD ("actions-exist", test_actions_exist);
  ADD ("keys-are-unique", test_keys_are_unique);
  ADD ("tooltips-name-the-key", test_tooltips_name_the_key);
  ADD ("all-are-shown", test_all_are_shown);
  ADD ("widgets-answer", test_widgets_answer);
  /* The last one: its probes stay with the program. */
  ADD ("keys-activate", test_keys_activate);
  status = g_test_run ();

  g_object_unref (program.app);
  ple_remove_recursively (program.folder, NULL);
  g_free (program.folder);
  g_free ((char *) program.environment.data_dir);
  g_free ((char *) program.environment.cache_dir);
  return status;
}
