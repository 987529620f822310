/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-application.h"

#include "gui/ple-help-window.h"
#include "gui/ple-preferences.h"
#include "gui/ple-shortcuts.h"
#include "gui/ple-window.h"

#include <glib/gi18n.h>

struct _PleApplication
{
  GtkApplication parent_instance;
  const PleEnvironment *environment;
  GSettings *settings;
};

G_DEFINE_FINAL_TYPE (PleApplication, ple_application, GTK_TYPE_APPLICATION)

/* The built-in pictures at their default number and seed. */
#define SAMPLE_PATH "sample:1800:0"

static PleWindow *
get_free_window (PleApplication *app)
{
  /* The most recently used first. */
  for (GList *l = gtk_application_get_windows (GTK_APPLICATION (app)); l != NULL; l = l->next)
    if (PLE_IS_WINDOW (l->data) && ple_window_is_free (l->data))
      return l->data;
  return ple_window_new (GTK_APPLICATION (app), app->environment, app->settings);
}

static void
open_path (PleApplication *app, const char *path)
{
  PleWindow *window = get_free_window (app);

  gtk_window_present (GTK_WINDOW (window));
  ple_window_open (window, path);
}

static void
on_open (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  open_path (data, g_variant_get_string (parameter, NULL));
}

static void
on_sample (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  open_path (data, SAMPLE_PATH);
}

static void
on_new_window (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleApplication *app = data;

  gtk_window_present (
      GTK_WINDOW (ple_window_new (GTK_APPLICATION (app), app->environment, app->settings)));
}

static void
on_quit (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  g_autoptr (GList) windows = g_list_copy (gtk_application_get_windows (data));

  /* Each window ends its jobs and writes its decisions; the last one ends the program. */
  for (GList *l = windows; l != NULL; l = l->next)
    gtk_window_close (l->data);
}

/* The style is a setting; "dark" is what it comes to, and a short way to change it. */

static void
on_dark (GSimpleAction *action, GVariant *state, gpointer data)
{
  g_settings_set_string (((PleApplication *) data)->settings, "style",
                         g_variant_get_boolean (state) ? "dark" : "light");
}

static void
apply_style (PleApplication *app)
{
  GtkSettings *desktop = gtk_settings_get_default ();
  g_autofree char *style = g_settings_get_string (app->settings, "style");
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (app), "dark");
  gboolean dark;

  if (g_str_equal (style, "system"))
    gtk_settings_reset_property (desktop, "gtk-application-prefer-dark-theme");
  else
    g_object_set (desktop, "gtk-application-prefer-dark-theme", g_str_equal (style, "dark"), NULL);
  g_object_get (desktop, "gtk-application-prefer-dark-theme", &dark, NULL);
  g_simple_action_set_state (G_SIMPLE_ACTION (action), g_variant_new_boolean (dark));
}

static void
on_about (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  gtk_show_about_dialog (gtk_application_get_active_window (data), "program-name", _ ("Pleiades"),
                         "version", PLE_VERSION, "logo-icon-name", PLE_APP_ID, "comments",
                         _ ("From a heap of pictures to labels you can trust"), "license-type",
                         GTK_LICENSE_GPL_3_0, NULL);
}

static void
on_shortcuts (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  GtkWindow *shortcuts = ple_shortcuts_window_new ();

  gtk_window_set_transient_for (shortcuts, gtk_application_get_active_window (data));
  gtk_window_present (shortcuts);
}

/* The window that @type is the class of, if it is open. */
static GtkWindow *
find_window (PleApplication *app, GType type)
{
  for (GList *l = gtk_application_get_windows (GTK_APPLICATION (app)); l != NULL; l = l->next)
    if (G_TYPE_CHECK_INSTANCE_TYPE (l->data, type))
      return l->data;
  return NULL;
}

static void
on_preferences (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleApplication *app = data;
  GtkWindow *window = find_window (app, PLE_TYPE_PREFERENCES);

  if (window == NULL)
    {
      window = GTK_WINDOW (
          ple_preferences_new (gtk_application_get_active_window (GTK_APPLICATION (app)),
                               app->settings, app->environment));
      gtk_window_set_application (window, GTK_APPLICATION (app));
    }
  gtk_window_present (window);
}

/* The manual opens where the person is. */
static void
on_help (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleApplication *app = data;
  GtkWindow *active = gtk_application_get_active_window (GTK_APPLICATION (app));
  GtkWindow *window = find_window (app, PLE_TYPE_HELP_WINDOW);

  if (window == NULL)
    {
      window = GTK_WINDOW (ple_help_window_new ());
      gtk_window_set_application (window, GTK_APPLICATION (app));
    }
  if (active != NULL && PLE_IS_WINDOW (active) &&
      ple_session_get_phase (ple_window_get_session (PLE_WINDOW (active))) == PLE_PHASE_PROJECT)
    ple_help_window_show_page (PLE_HELP_WINDOW (window), "map");
  gtk_window_present (window);
}

static const GActionEntry entries[] = {
  { "open", on_open, "s", NULL, NULL, { 0 } },
  { "sample", on_sample, NULL, NULL, NULL, { 0 } },
  { "new-window", on_new_window, NULL, NULL, NULL, { 0 } },
  { "quit", on_quit, NULL, NULL, NULL, { 0 } },
  { "dark", NULL, NULL, "false", on_dark, { 0 } },
  { "about", on_about, NULL, NULL, NULL, { 0 } },
  { "shortcuts", on_shortcuts, NULL, NULL, NULL, { 0 } },
  { "preferences", on_preferences, NULL, NULL, NULL, { 0 } },
  { "help", on_help, NULL, NULL, NULL, { 0 } },
};

static void
load_style (void)
{
  g_autoptr (GtkCssProvider) provider = gtk_css_provider_new ();

  gtk_css_provider_load_from_resource (provider, "/org/pleiades/Pleiades/ui/style.css");
  gtk_style_context_add_provider_for_screen (gdk_screen_get_default (),
                                             GTK_STYLE_PROVIDER (provider),
                                             GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  gtk_icon_theme_add_resource_path (gtk_icon_theme_get_default (), "/org/pleiades/Pleiades/icons");
}

static void
ple_application_startup (GApplication *application)
{
  PleApplication *app = PLE_APPLICATION (application);

  G_APPLICATION_CLASS (ple_application_parent_class)->startup (application);
  load_style ();
  g_action_map_add_action_entries (G_ACTION_MAP (app), entries, G_N_ELEMENTS (entries), app);
  g_signal_connect_object (app->settings, "changed::style", G_CALLBACK (apply_style), app,
                           G_CONNECT_SWAPPED);
  apply_style (app);
  ple_shortcuts_install (GTK_APPLICATION (app));
}

/* Help and preferences do not keep the program running. */
static void
ple_application_window_removed (GtkApplication *application, GtkWindow *window)
{
  PleApplication *app = PLE_APPLICATION (application);

  GTK_APPLICATION_CLASS (ple_application_parent_class)->window_removed (application, window);
  if (find_window (app, PLE_TYPE_WINDOW) == NULL)
    {
      /* One may go with another. */
      GList *rest = g_list_copy_deep (gtk_application_get_windows (application),
                                      (GCopyFunc) (GCallback) g_object_ref, NULL);

      g_list_foreach (rest, (GFunc) (GCallback) gtk_widget_destroy, NULL);
      g_list_free_full (rest, g_object_unref);
    }
}

static void
ple_application_activate (GApplication *application)
{
  GtkWindow *active = gtk_application_get_active_window (GTK_APPLICATION (application));

  if (active == NULL)
    active = GTK_WINDOW (get_free_window (PLE_APPLICATION (application)));
  gtk_window_present (active);
}

static void
ple_application_open (GApplication *application, GFile **files, int n_files, const char *hint)
{
  for (int i = 0; i < n_files; i++)
    {
      g_autofree char *path = g_file_get_path (files[i]);

      if (path != NULL)
        open_path (PLE_APPLICATION (application), path);
    }
}

static int
ple_application_handle_local_options (GApplication *application, GVariantDict *options)
{
  g_autoptr (GError) error = NULL;

  if (g_variant_dict_contains (options, "version"))
    {
      g_print ("Pleiades %s\n", PLE_VERSION);
      return 0;
    }
  if (!g_variant_dict_contains (options, "sample"))
    return -1;
  if (!g_application_register (application, NULL, &error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  g_action_group_activate_action (G_ACTION_GROUP (application), "sample", NULL);
  /* Activating then presents the window that this has opened. */
  return -1;
}

static void
ple_application_finalize (GObject *object)
{
  g_clear_object (&PLE_APPLICATION (object)->settings);
  G_OBJECT_CLASS (ple_application_parent_class)->finalize (object);
}

static void
ple_application_class_init (PleApplicationClass *klass)
{
  GApplicationClass *app_class = G_APPLICATION_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ple_application_finalize;
  GTK_APPLICATION_CLASS (klass)->window_removed = ple_application_window_removed;
  app_class->startup = ple_application_startup;
  app_class->activate = ple_application_activate;
  app_class->open = ple_application_open;
  app_class->handle_local_options = ple_application_handle_local_options;
}

static void
ple_application_init (PleApplication *app)
{
}

PleApplication *
ple_application_new (const PleEnvironment *environment,
                     GSettings *settings,
                     GApplicationFlags flags)
{
  static const GOptionEntry options[] = {
    { "sample", 0, 0, G_OPTION_ARG_NONE, NULL, N_ ("Open the built-in sample pictures"), NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, NULL, N_ ("Print the version"), NULL },
    { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
  };
  PleApplication *app = g_object_new (PLE_TYPE_APPLICATION, "application-id", PLE_APP_ID, "flags",
                                      flags | G_APPLICATION_HANDLES_OPEN, NULL);

  app->environment = environment;
  app->settings = g_object_ref (settings);
  g_application_add_main_option_entries (G_APPLICATION (app), options);
  g_application_set_option_context_parameter_string (G_APPLICATION (app), _ ("[PICTURES|PROJECT]"));
  g_application_set_option_context_summary (
      G_APPLICATION (app),
      _ ("Groups pictures into clusters, lets you correct and name them, and exports the labels."));
  return app;
}
