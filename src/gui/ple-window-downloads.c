/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands of a window that get models and data sets. */
#include "config.h"

#include "gui/ple-window-private.h"

#include <glib/gi18n.h>

static void
on_show (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleWindow *window = data;

  if (window->models_window == NULL)
    {
      window->models_window =
          ple_models_window_new (GTK_APPLICATION_WINDOW (window), window->downloads);
      g_object_add_weak_pointer (G_OBJECT (window->models_window),
                                 (gpointer *) &window->models_window);
    }
  ple_models_window_set_page (window->models_window, g_action_get_name (G_ACTION (action)));
  gtk_window_present (GTK_WINDOW (window->models_window));
}

static void
on_download (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ple_downloads_start (((PleWindow *) data)->downloads, g_variant_get_string (parameter, NULL));
}

static void
on_cancel_download (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ple_downloads_cancel (((PleWindow *) data)->downloads, g_variant_get_string (parameter, NULL));
}

static void
on_add_folder (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ple_downloads_add_folder (((PleWindow *) data)->downloads,
                            g_variant_get_string (parameter, NULL));
}

static void
on_folder_chosen (GtkNativeDialog *chooser, int response, PleWindow *window)
{
  g_autofree char *path = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (chooser));
  const char *action = g_object_get_data (G_OBJECT (chooser), "action");

  if (response == GTK_RESPONSE_ACCEPT && path != NULL)
    g_action_group_activate_action (G_ACTION_GROUP (window), action, g_variant_new_string (path));
  g_object_unref (chooser);
}

/* Asks for a folder, then does the action of that name without "-dialog". */
static void
on_choose_folder (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  static const struct
  {
    const char *dialog;
    const char *action;
    const char *title;
  } choosers[] = {
    { "add-model-folder-dialog", "add-model-folder", N_ ("Folder of a Model, or of Models") },
    { "set-data-folder-dialog", "set-data-folder", N_ ("Folder for Data Sets") },
  };
  PleWindow *window = data;
  GtkWindow *parent =
      window->models_window != NULL ? GTK_WINDOW (window->models_window) : GTK_WINDOW (window);

  for (size_t i = 0; i < G_N_ELEMENTS (choosers); i++)
    if (g_str_equal (g_action_get_name (G_ACTION (action)), choosers[i].dialog))
      {
        GtkFileChooserNative *chooser = gtk_file_chooser_native_new (
            _ (choosers[i].title), parent, GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, _ ("_Choose"),
            _ ("_Cancel"));

        g_object_set_data (G_OBJECT (chooser), "action", (gpointer) choosers[i].action);
        gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (chooser), TRUE);
        g_signal_connect_object (chooser, "response", G_CALLBACK (on_folder_chosen), window, 0);
        gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
      }
}

static void
on_set_mirror (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleWindow *window = data;
  g_autoptr (GError) error = NULL;

  if (!ple_downloads_set_mirror (window->downloads, g_variant_get_string (parameter, NULL), &error))
    ple_session_report (window->session, _ ("The mirror was not taken"), error);
}

static void
on_set_data_folder (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ple_downloads_set_data_folder (((PleWindow *) data)->downloads,
                                 g_variant_get_string (parameter, NULL));
}

/* A read-out: whoever asks to set it is not listened to. */
static void
ignore_state (GSimpleAction *action, GVariant *state, gpointer data)
{
}

static const GActionEntry entries[] = {
  { "models", on_show, NULL, NULL, NULL, { 0 } },
  { "datasets", on_show, NULL, NULL, NULL, { 0 } },
  { "download", on_download, "s", NULL, NULL, { 0 } },
  { "cancel-download", on_cancel_download, "s", NULL, NULL, { 0 } },
  { "add-model-folder", on_add_folder, "s", NULL, NULL, { 0 } },
  { "add-model-folder-dialog", on_choose_folder, NULL, NULL, NULL, { 0 } },
  { "set-mirror", on_set_mirror, "s", NULL, NULL, { 0 } },
  { "set-data-folder-dialog", on_choose_folder, NULL, NULL, NULL, { 0 } },
  { "set-data-folder", on_set_data_folder, "s", NULL, NULL, { 0 } },
  { "downloads", NULL, NULL, "'idle'", ignore_state, { 0 } },
};

static void
on_item_changed (PleDownloads *downloads, const char *id, PleWindow *window)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (window), "downloads");
  g_autofree char *text = ple_downloads_describe (downloads);

  g_simple_action_set_state (G_SIMPLE_ACTION (action), g_variant_new_string (text));
}

void
ple_window_choose_model (PleWindow *window)
{
  PleRecipe *recipe = ple_session_get_recipe (window->session);
  const PleDownloadItem *best = ple_downloads_get_best_model (window->downloads);
  g_autofree char *model = ple_recipe_get (recipe, "model");

  if (best != NULL && g_strcmp0 (model, "auto") == 0)
    ple_recipe_set (recipe, "model", best->path, NULL);
}

void
ple_window_init_downloads (PleWindow *window, const PleEnvironment *environment)
{
  window->downloads = ple_downloads_new (environment, window->settings);
  g_action_map_add_action_entries (G_ACTION_MAP (window), entries, G_N_ELEMENTS (entries), window);
  ple_import_page_set_downloads (window->import_page, window->downloads);
  g_signal_connect_object (window->downloads, "item-changed", G_CALLBACK (on_item_changed), window,
                           0);
}
