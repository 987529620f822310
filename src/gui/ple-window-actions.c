/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands of a window. Their names are a contract: menus, buttons, keys, tests and D-Bus
 * clients all go through them. Read-outs are stateful actions that ignore being set. When which
 * command makes sense, and what the read-outs say, is in ple-window-readouts.c. */
#include "config.h"

#include "gui/ple-window-private.h"

#include "gui/ple-export-dialog.h"
#include "gui/ple-format.h"
#include "gui/ple-split-popover.h"
#include "gui/ple-tiles-view.h"

#include <glib/gi18n.h>

static PleSelection *
selection_of (PleWindow *window)
{
  return ple_session_get_selection (window->session);
}

/* After a decision: what was done, with a way back; or why not. */
static void
report (PleWindow *window, gboolean done, const GError *error)
{
  PleCuration *curation = ple_session_get_curation (window->session);

  if (!done && error != NULL)
    ple_window_toast (window, error->message, FALSE);
  else if (done && ple_curation_get_undo_label (curation) != NULL)
    ple_window_toast (window, ple_curation_get_undo_label (curation), TRUE);
}

static gboolean
is_called (GSimpleAction *action, const char *name)
{
  return g_str_equal (g_action_get_name (G_ACTION (action)), name);
}

/* Opening */

static void
on_open (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ple_window_open (data, g_variant_get_string (parameter, NULL));
}

static void
on_chosen (GtkNativeDialog *chooser, int response, PleWindow *window)
{
  g_autofree char *path = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (chooser));

  if (response == GTK_RESPONSE_ACCEPT && path != NULL)
    ple_window_open (window, path);
  g_object_unref (chooser);
}

static void
choose_and_open (PleWindow *window, GtkFileChooserAction kind, const char *title)
{
  GtkFileChooserNative *chooser =
      gtk_file_chooser_native_new (title, GTK_WINDOW (window), kind, _ ("_Open"), _ ("_Cancel"));

  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (chooser), TRUE);
  g_signal_connect_object (chooser, "response", G_CALLBACK (on_chosen), window, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
}

static void
on_choose (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  static const struct
  {
    const char *action;
    GtkFileChooserAction kind;
    const char *title;
  } choosers[] = {
    { "open-folder", GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, N_ ("Folder of Pictures") },
    { "open-file", GTK_FILE_CHOOSER_ACTION_OPEN, N_ ("Archive, List or Features") },
    { "open-project", GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, N_ ("Project Folder (.pleiades)") },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (choosers); i++)
    if (is_called (action, choosers[i].action))
      choose_and_open (data, choosers[i].kind, _ (choosers[i].title));
}

static void
on_forget_project (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleWindow *window = data;
  const PleEnvironment *environment = ple_session_get_environment (window->session);
  g_autoptr (GError) error = NULL;

  if (ple_project_forget_recent (environment, g_variant_get_string (parameter, NULL), &error))
    ple_window_toast (window, _ ("Taken from the list; the project itself stays"), FALSE);
  else
    ple_window_toast (window, error->message, FALSE);
  ple_welcome_page_refresh (window->welcome_page, environment);
}

static void
on_close_project (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ple_window_keep_mosaic (data, FALSE);
  ple_session_close (((PleWindow *) data)->session);
}

static void
on_close (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  gtk_window_close (data);
}

/* Runs */

static void
on_set_param (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleWindow *window = data;
  g_autoptr (GError) error = NULL;
  const char *name, *value;

  g_variant_get (parameter, "(&s&s)", &name, &value);
  if (!ple_recipe_set (ple_session_get_recipe (window->session), name, value, &error))
    ple_session_report (window->session, _ ("The setting was not taken"), error);
  ple_window_update_actions (window);
}

static void
on_start (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleWindow *window = data;
  g_autoptr (GError) error = NULL;

  ple_window_choose_model (window);
  if (!ple_session_start (window->session, &error))
    ple_session_report (window->session, _ ("The run cannot start"), error);
}

static void
on_new_run (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ple_session_prepare_run (((PleWindow *) data)->session);
}

static void
on_job (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleJob *job = ple_session_get_shown_job (((PleWindow *) data)->session);

  if (job == NULL)
    return;
  if (is_called (action, "job-pause"))
    ple_job_set_paused (job, ple_job_get_state (job) == PLE_JOB_RUNNING);
  else if (is_called (action, "job-stop"))
    ple_job_request_stop (job);
  else
    ple_job_cancel (job);
}

static void
on_job_retry (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ple_session_retry (((PleWindow *) data)->session);
}

static void
on_copy_command (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleWindow *window = data;
  g_autofree char *command = ple_recipe_to_command (ple_session_get_recipe (window->session),
                                                    ple_session_get_dataset (window->session));

  gtk_clipboard_set_text (gtk_clipboard_get (GDK_SELECTION_CLIPBOARD), command, -1);
  ple_window_toast (window, _ ("The command that does the same is on the clipboard"), FALSE);
}

/* Selection */

static void
on_select_cluster (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ple_session_select_cluster (((PleWindow *) data)->session, g_variant_get_int32 (parameter));
}

static void
on_select (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleSelection *selection = selection_of (data);

  if (is_called (action, "select-all"))
    ple_selection_select_all (selection);
  else if (is_called (action, "select-none"))
    ple_selection_clear (selection);
  else
    ple_selection_invert (selection);
}

static void
on_show_all (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ple_session_set_scope (((PleWindow *) data)->session, PLE_SCOPE_ALL);
}

static void
on_step_cluster (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ple_project_page_step_cluster (((PleWindow *) data)->project_page,
                                 g_variant_get_int32 (parameter));
}

static void
on_copy_paths (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleWindow *window = data;
  PleDataset *dataset = ple_session_get_dataset (window->session);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree guint32 *items = NULL;
  size_t n;

  items = ple_selection_dup_items (selection_of (window), &n);
  for (size_t i = 0; i < n; i++)
    {
      g_autofree char *path = ple_dataset_dup_item_path (dataset, items[i]);

      if (path == NULL)
        path = ple_dataset_dup_item_name (dataset, items[i]);
      g_string_append_printf (text, "%s\n", path);
    }
  gtk_clipboard_set_text (gtk_clipboard_get (GDK_SELECTION_CLIPBOARD), text->str, -1);
}

/* Decisions */

/* The cluster that a command without argument means: the one shown, else the one that all selected
 * pictures are in. */
static gint32
find_cluster (PleWindow *window)
{
  const gint32 *labels = ple_session_get_labels (window->session);
  const guint8 *mask = ple_selection_get_mask (selection_of (window));
  size_t n = ple_session_get_n_items (window->session);
  gint32 found = PLE_GROUP_NONE;

  if (ple_session_get_scope (window->session) >= 0)
    return ple_session_get_scope (window->session);
  for (size_t i = 0; labels != NULL && i < n; i++)
    if (mask[i] && labels[i] >= 0)
      {
        if (found >= 0 && found != labels[i])
          return PLE_GROUP_NONE;
        found = labels[i];
      }
  return found;
}

static void
on_name_cluster (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleWindow *window = data;
  g_autoptr (GError) error = NULL;
  gint32 id = find_cluster (window);
  gboolean done;

  if (id < 0)
    {
      ple_window_toast (window, _ ("Choose a cluster to name it"), FALSE);
      return;
    }
  done = ple_curation_name_cluster (ple_session_get_curation (window->session), id,
                                    g_variant_get_string (parameter, NULL), &error);
  report (window, done, error);
}

static void
on_move_selection (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleWindow *window = data;
  g_autofree guint32 *items = NULL;
  g_autoptr (GError) error = NULL;
  gboolean done;
  size_t n;

  items = ple_selection_dup_items (selection_of (window), &n);
  done = ple_curation_move_to_name (ple_session_get_curation (window->session), items, n,
                                    g_variant_get_string (parameter, NULL), NULL, &error);
  report (window, done, error);
}

/* What a person says of each selected picture; "reset" takes it back. */
static void
on_judge (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  static const struct
  {
    const char *action;
    PleState state;
  } verdicts[] = {
    { "confirm", PLE_STATE_CONFIRMED },
    { "exclude", PLE_STATE_EXCLUDED },
    { "unsure", PLE_STATE_UNSURE },
  };
  PleWindow *window = data;
  PleCuration *curation = ple_session_get_curation (window->session);
  g_autofree guint32 *items = NULL;
  g_autoptr (GError) error = NULL;
  gboolean done = FALSE;
  size_t n;

  items = ple_selection_dup_items (selection_of (window), &n);
  for (size_t i = 0; i < G_N_ELEMENTS (verdicts); i++)
    if (is_called (action, verdicts[i].action))
      done = ple_curation_set_state (curation, items, n, verdicts[i].state, &error);
  if (is_called (action, "reset"))
    done = ple_curation_reset (curation, items, n, &error);
  report (window, done, error);
}

/* Clusters that the selection touches, by id. */
static GArray *
touched_clusters (PleWindow *window)
{
  const gint32 *labels = ple_session_get_labels (window->session);
  const guint8 *mask = ple_selection_get_mask (selection_of (window));
  size_t n = ple_session_get_n_items (window->session);
  size_t n_ids = ple_cluster_index_get_n_ids (ple_session_get_index (window->session));
  g_autofree guint8 *seen = g_new0 (guint8, MAX (n_ids, 1));
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint32));

  for (size_t i = 0; labels != NULL && i < n; i++)
    if (mask[i] && labels[i] >= 0 && !seen[labels[i]])
      {
        seen[labels[i]] = 1;
        g_array_append_val (ids, labels[i]);
      }
  return ids;
}

static void
on_merge_clusters (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleWindow *window = data;
  g_autoptr (GArray) ids = touched_clusters (window);
  g_autoptr (GError) error = NULL;
  gint32 target;
  gboolean done;

  if (ids->len < 2)
    {
      ple_window_toast (window, _ ("Select pictures of two or more clusters to merge them"), FALSE);
      return;
    }
  done = ple_curation_merge (ple_session_get_curation (window->session), (const gint32 *) ids->data,
                             ids->len, &target, &error);
  if (done)
    ple_session_set_scope (window->session, target);
  report (window, done, error);
}

static void
on_split_selection (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleWindow *window = data;
  g_autoptr (GError) error = NULL;

  if (!ple_session_split (window->session, g_variant_get_int32 (parameter), &error))
    report (window, FALSE, error);
}

static void
on_undo (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleWindow *window = data;
  PleCuration *curation = ple_session_get_curation (window->session);
  g_autofree char *text =
      g_strdup_printf (_ ("Undone: %s"), ple_curation_get_undo_label (curation));
  g_autoptr (GError) error = NULL;

  ple_window_toast (window, ple_curation_undo (curation, &error) ? text : error->message, FALSE);
}

static void
on_redo (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleWindow *window = data;
  PleCuration *curation = ple_session_get_curation (window->session);
  g_autoptr (GError) error = NULL;
  gboolean done = ple_curation_redo (curation, &error);

  report (window, done, error);
}

static void
on_ask (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleProjectPage *page = ((PleWindow *) data)->project_page;

  if (is_called (action, "name-dialog"))
    ple_project_page_ask_name (page);
  else if (is_called (action, "move-dialog"))
    ple_project_page_ask_target (page);
  else
    ple_split_popover_ask (ple_project_page_get_split_button (page));
}

/* Export */

static void
on_export (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleWindow *window = data;
  g_autoptr (GError) error = NULL;
  const char *kind, *path;

  g_variant_get (parameter, "(&s&s)", &kind, &path);
  if (!ple_session_export (window->session, kind, path, &error))
    ple_session_report (window->session, _ ("Nothing was exported"), error);
}

static void
on_export_dialog (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleWindow *window = data;

  ple_export_dialog_show (GTK_WINDOW (window), window->session);
}

/* The view */

static void
on_zoom (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleMapView *map = ple_project_page_get_map (((PleWindow *) data)->project_page);

  if (is_called (action, "zoom-in"))
    ple_map_view_zoom (map, 1.25);
  else if (is_called (action, "zoom-out"))
    ple_map_view_zoom (map, 0.8);
  else if (is_called (action, "zoom-selection"))
    ple_map_view_fit_selection (map);
  else
    ple_map_view_fit (map);
}

static void
on_find_cluster (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleWindow *window = data;

  g_action_group_change_action_state (G_ACTION_GROUP (window), "show-sidebar",
                                      g_variant_new_boolean (TRUE));
  ple_project_page_focus_filter (window->project_page);
}

static void
on_fullscreen (GSimpleAction *action, GVariant *state, gpointer data)
{
  if (g_variant_get_boolean (state))
    gtk_window_fullscreen (data);
  else
    gtk_window_unfullscreen (data);
  g_simple_action_set_state (action, state);
}

static void
on_menu (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  gtk_widget_activate (((PleWindow *) data)->menu_button);
}

static void
on_bench (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const char *kind;
  gint32 n_frames;
  double step;

  g_variant_get (parameter, "(&sid)", &kind, &n_frames, &step);
  ple_map_view_bench (ple_project_page_get_map (((PleWindow *) data)->project_page), kind,
                      (guint) CLAMP (n_frames, 0, 100000), step);
}

static void
set_tool (PleWindow *window, int value)
{
  ple_project_page_set_tool (window->project_page, (PleMapTool) value);
}

static void
set_colour_mode (PleWindow *window, int value)
{
  ple_project_page_set_colour_mode (window->project_page, (PleColourMode) value);
}

static void
set_order (PleWindow *window, int value)
{
  ple_session_set_order (window->session, (PleOrder) value);
}

static void
set_sort (PleWindow *window, int value)
{
  ple_project_page_set_sort (window->project_page, (PleClusterSort) value);
}

/* One of several: the state of the action is the name of a value, in the order of its enum. */
static void
on_choice (GSimpleAction *action, GVariant *state, gpointer data)
{
  static const struct
  {
    const char *action;
    void (*set) (PleWindow *window, int value);
    const char *values[6];
  } choices[] = {
    { "tool", set_tool, { "hand", "box", "lasso" } },
    { "colour-by", set_colour_mode, { "cluster", "class", "state", "confidence", "correctness" } },
    { "order", set_order, { "centre", "edge", "confidence", "file", "random" } },
    { "sort-clusters", set_sort, { "size", "name", "number", "doubt" } },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (choices); i++)
    for (int value = 0; choices[i].values[value] != NULL; value++)
      if (is_called (action, choices[i].action) &&
          g_str_equal (g_variant_get_string (state, NULL), choices[i].values[value]))
        {
          choices[i].set (data, value);
          g_simple_action_set_state (action, state);
        }
}

static void
on_toggle (GSimpleAction *action, GVariant *state, gpointer data)
{
  static const struct
  {
    const char *action;
    void (*set) (PleProjectPage *page, gboolean on);
  } toggles[] = {
    { "side-by-side", ple_project_page_set_side_by_side },
    { "show-legend", ple_project_page_set_legend },
    { "show-sidebar", ple_project_page_set_sidebar },
    { "show-inspector", ple_project_page_set_inspector },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (toggles); i++)
    if (is_called (action, toggles[i].action))
      toggles[i].set (((PleWindow *) data)->project_page, g_variant_get_boolean (state));
  g_simple_action_set_state (action, state);
}

/* Its state is the run that is shown, which it is only once it has been read. */
static void
on_show_run (GSimpleAction *action, GVariant *key, gpointer data)
{
  PleWindow *window = data;
  g_autoptr (GError) error = NULL;

  if (!ple_session_show_run (window->session, g_variant_get_string (key, NULL), &error))
    ple_session_report (window->session, _ ("The run cannot be shown"), error);
}

/* Read-outs: whoever asks to set them is not listened to. */
static void
ignore_state (GSimpleAction *action, GVariant *state, gpointer data)
{
}

static const GActionEntry entries[] = {
  { "open", on_open, "s", NULL, NULL, { 0 } },
  { "open-folder", on_choose, NULL, NULL, NULL, { 0 } },
  { "open-file", on_choose, NULL, NULL, NULL, { 0 } },
  { "open-project", on_choose, NULL, NULL, NULL, { 0 } },
  { "forget-project", on_forget_project, "s", NULL, NULL, { 0 } },
  { "close-project", on_close_project, NULL, NULL, NULL, { 0 } },
  { "close", on_close, NULL, NULL, NULL, { 0 } },

  { "set-param", on_set_param, "(ss)", NULL, NULL, { 0 } },
  { "start", on_start, NULL, NULL, NULL, { 0 } },
  { "new-run", on_new_run, NULL, NULL, NULL, { 0 } },
  { "show-run", NULL, "s", "''", on_show_run, { 0 } },
  { "job-pause", on_job, NULL, NULL, NULL, { 0 } },
  { "job-stop", on_job, NULL, NULL, NULL, { 0 } },
  { "job-cancel", on_job, NULL, NULL, NULL, { 0 } },
  { "job-retry", on_job_retry, NULL, NULL, NULL, { 0 } },
  { "copy-command", on_copy_command, NULL, NULL, NULL, { 0 } },

  { "select-cluster", on_select_cluster, "i", NULL, NULL, { 0 } },
  { "select-all", on_select, NULL, NULL, NULL, { 0 } },
  { "select-none", on_select, NULL, NULL, NULL, { 0 } },
  { "select-invert", on_select, NULL, NULL, NULL, { 0 } },
  { "show-all", on_show_all, NULL, NULL, NULL, { 0 } },
  { "step-cluster", on_step_cluster, "i", NULL, NULL, { 0 } },
  { "find-cluster", on_find_cluster, NULL, NULL, NULL, { 0 } },
  { "copy-paths", on_copy_paths, NULL, NULL, NULL, { 0 } },

  { "name-cluster", on_name_cluster, "s", NULL, NULL, { 0 } },
  { "move-selection", on_move_selection, "s", NULL, NULL, { 0 } },
  { "merge-clusters", on_merge_clusters, NULL, NULL, NULL, { 0 } },
  { "split-selection", on_split_selection, "i", NULL, NULL, { 0 } },
  { "confirm", on_judge, NULL, NULL, NULL, { 0 } },
  { "exclude", on_judge, NULL, NULL, NULL, { 0 } },
  { "unsure", on_judge, NULL, NULL, NULL, { 0 } },
  { "reset", on_judge, NULL, NULL, NULL, { 0 } },
  { "undo", on_undo, NULL, NULL, NULL, { 0 } },
  { "redo", on_redo, NULL, NULL, NULL, { 0 } },
  { "name-dialog", on_ask, NULL, NULL, NULL, { 0 } },
  { "move-dialog", on_ask, NULL, NULL, NULL, { 0 } },
  { "split-dialog", on_ask, NULL, NULL, NULL, { 0 } },

  { "export", on_export, "(ss)", NULL, NULL, { 0 } },
  { "export-dialog", on_export_dialog, NULL, NULL, NULL, { 0 } },

  { "zoom-in", on_zoom, NULL, NULL, NULL, { 0 } },
  { "zoom-out", on_zoom, NULL, NULL, NULL, { 0 } },
  { "zoom-fit", on_zoom, NULL, NULL, NULL, { 0 } },
  { "zoom-selection", on_zoom, NULL, NULL, NULL, { 0 } },
  { "tool", NULL, "s", "'hand'", on_choice, { 0 } },
  { "colour-by", NULL, "s", "'cluster'", on_choice, { 0 } },
  { "order", NULL, "s", "'centre'", on_choice, { 0 } },
  { "sort-clusters", NULL, "s", "'size'", on_choice, { 0 } },
  { "side-by-side", NULL, NULL, "false", on_toggle, { 0 } },
  { "show-legend", NULL, NULL, "false", on_toggle, { 0 } },
  { "show-sidebar", NULL, NULL, "true", on_toggle, { 0 } },
  { "show-inspector", NULL, NULL, "true", on_toggle, { 0 } },
  { "menu", on_menu, NULL, NULL, NULL, { 0 } },
  { "fullscreen", NULL, NULL, "false", on_fullscreen, { 0 } },
  { "bench", on_bench, "(sid)", NULL, NULL, { 0 } },

  { "recipe", NULL, NULL, "''", ignore_state, { 0 } },
  { "n-items", NULL, NULL, "0", ignore_state, { 0 } },
  { "n-clusters", NULL, NULL, "0", ignore_state, { 0 } },
  { "n-selected", NULL, NULL, "0", ignore_state, { 0 } },
  { "n-confirmed", NULL, NULL, "0", ignore_state, { 0 } },
  { "job", NULL, NULL, "'idle'", ignore_state, { 0 } },
  { "settled", NULL, NULL, "true", ignore_state, { 0 } },
  { "undo-label", NULL, NULL, "''", ignore_state, { 0 } },
  { "bench-left", NULL, NULL, "0", ignore_state, { 0 } },
};

void
ple_window_init_actions (PleWindow *window)
{
  g_action_map_add_action_entries (G_ACTION_MAP (window), entries, G_N_ELEMENTS (entries), window);
}
