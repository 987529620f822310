/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands of a window. Their names are a contract: menus, buttons, keys, tests and D-Bus
 * clients all go through them. Read-outs are stateful actions that ignore being set. */
#include "config.h"

#include "gui/ple-window-private.h"

#include "base/ple-json.h"
#include "gui/ple-export-dialog.h"
#include "gui/ple-format.h"
#include "gui/ple-split-popover.h"
#include "gui/ple-tiles-view.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* While something is on its way to the screen, "settled" is looked at again this often. */
#define SETTLE_INTERVAL_MS 50

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
on_open_folder (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  choose_and_open (data, GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, _ ("Folder of Pictures"));
}

static void
on_open_file (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  choose_and_open (data, GTK_FILE_CHOOSER_ACTION_OPEN, _ ("Archive, List or Features"));
}

static void
on_open_project (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  choose_and_open (data, GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, _ ("Project Folder (.pleiades)"));
}

static void
on_close_project (GSimpleAction *action, GVariant *parameter, gpointer data)
{
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

  if (!ple_session_start (window->session, &error))
    ple_session_report (window->session, _ ("The run cannot start"), error);
}

static void
on_new_run (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ple_session_prepare_run (((PleWindow *) data)->session);
}

static void
on_job_pause (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleJob *job = ple_session_get_shown_job (((PleWindow *) data)->session);

  if (job != NULL)
    ple_job_set_paused (job, ple_job_get_state (job) == PLE_JOB_RUNNING);
}

static void
on_job_stop (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleJob *job = ple_session_get_shown_job (((PleWindow *) data)->session);

  if (job != NULL)
    ple_job_request_stop (job);
}

static void
on_job_cancel (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleJob *job = ple_session_get_shown_job (((PleWindow *) data)->session);

  if (job != NULL)
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
on_select_all (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ple_selection_select_all (selection_of (data));
}

static void
on_select_none (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ple_selection_clear (selection_of (data));
}

static void
on_select_invert (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ple_selection_invert (selection_of (data));
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

static void
set_state (PleWindow *window, PleState state)
{
  g_autofree guint32 *items = NULL;
  g_autoptr (GError) error = NULL;
  gboolean done;
  size_t n;

  items = ple_selection_dup_items (selection_of (window), &n);
  done =
      ple_curation_set_state (ple_session_get_curation (window->session), items, n, state, &error);
  report (window, done, error);
}

static void
on_confirm (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  set_state (data, PLE_STATE_CONFIRMED);
}

static void
on_exclude (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  set_state (data, PLE_STATE_EXCLUDED);
}

static void
on_unsure (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  set_state (data, PLE_STATE_UNSURE);
}

static void
on_reset (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleWindow *window = data;
  g_autofree guint32 *items = NULL;
  g_autoptr (GError) error = NULL;
  gboolean done;
  size_t n;

  items = ple_selection_dup_items (selection_of (window), &n);
  done = ple_curation_reset (ple_session_get_curation (window->session), items, n, &error);
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
on_name_dialog (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ple_project_page_ask_name (((PleWindow *) data)->project_page);
}

static void
on_move_dialog (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  ple_project_page_ask_target (((PleWindow *) data)->project_page);
}

static void
on_split_dialog (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PleWindow *window = data;

  ple_split_popover_ask (ple_project_page_get_split_button (window->project_page));
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
  const char *name = g_action_get_name (G_ACTION (action));

  if (g_str_equal (name, "zoom-in"))
    ple_map_view_zoom (map, 1.25);
  else if (g_str_equal (name, "zoom-out"))
    ple_map_view_zoom (map, 0.8);
  else if (g_str_equal (name, "zoom-selection"))
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
on_bench (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const char *kind;
  gint32 n_frames;
  double step;

  g_variant_get (parameter, "(&sid)", &kind, &n_frames, &step);
  ple_map_view_bench (ple_project_page_get_map (((PleWindow *) data)->project_page), kind,
                      (guint) CLAMP (n_frames, 0, 100000), step);
}

/* Position of @text in a list; -1 if it is not there. */
static int
find_nick (const char *const *nicks, GVariant *state)
{
  const char *text = g_variant_get_string (state, NULL);

  for (int i = 0; nicks[i] != NULL; i++)
    if (g_str_equal (nicks[i], text))
      return i;
  return -1;
}

static void
on_tool (GSimpleAction *action, GVariant *state, gpointer data)
{
  static const char *const nicks[] = { "hand", "box", "lasso", NULL };
  int tool = find_nick (nicks, state);

  if (tool < 0)
    return;
  ple_project_page_set_tool (((PleWindow *) data)->project_page, (PleMapTool) tool);
  g_simple_action_set_state (action, state);
}

static void
on_colour_by (GSimpleAction *action, GVariant *state, gpointer data)
{
  static const char *const nicks[] = { "cluster",    "class",       "state",
                                       "confidence", "correctness", NULL };
  int mode = find_nick (nicks, state);

  if (mode < 0)
    return;
  ple_project_page_set_colour_mode (((PleWindow *) data)->project_page, (PleColourMode) mode);
  g_simple_action_set_state (action, state);
}

static void
on_order (GSimpleAction *action, GVariant *state, gpointer data)
{
  static const char *const nicks[] = { "centre", "edge", "confidence", "file", "random", NULL };
  int order = find_nick (nicks, state);

  if (order < 0)
    return;
  ple_session_set_order (((PleWindow *) data)->session, (PleOrder) order);
  g_simple_action_set_state (action, state);
}

static void
on_sort_clusters (GSimpleAction *action, GVariant *state, gpointer data)
{
  static const char *const nicks[] = { "size", "name", "number", "doubt", NULL };
  int sort = find_nick (nicks, state);

  if (sort < 0)
    return;
  ple_project_page_set_sort (((PleWindow *) data)->project_page, (PleClusterSort) sort);
  g_simple_action_set_state (action, state);
}

static void
on_toggle (GSimpleAction *action, GVariant *state, gpointer data)
{
  PleWindow *window = data;
  const char *name = g_action_get_name (G_ACTION (action));
  gboolean on = g_variant_get_boolean (state);

  if (g_str_equal (name, "side-by-side"))
    ple_project_page_set_side_by_side (window->project_page, on);
  else if (g_str_equal (name, "show-legend"))
    ple_project_page_set_legend (window->project_page, on);
  else if (g_str_equal (name, "show-sidebar"))
    ple_project_page_set_sidebar (window->project_page, on);
  else
    ple_project_page_set_inspector (window->project_page, on);
  g_simple_action_set_state (action, state);
}

/* Read-outs: whoever asks to set them is not listened to. */
static void
ignore_state (GSimpleAction *action, GVariant *state, gpointer data)
{
}

static const GActionEntry entries[] = {
  { "open", on_open, "s", NULL, NULL, { 0 } },
  { "open-folder", on_open_folder, NULL, NULL, NULL, { 0 } },
  { "open-file", on_open_file, NULL, NULL, NULL, { 0 } },
  { "open-project", on_open_project, NULL, NULL, NULL, { 0 } },
  { "close-project", on_close_project, NULL, NULL, NULL, { 0 } },
  { "close", on_close, NULL, NULL, NULL, { 0 } },

  { "set-param", on_set_param, "(ss)", NULL, NULL, { 0 } },
  { "start", on_start, NULL, NULL, NULL, { 0 } },
  { "new-run", on_new_run, NULL, NULL, NULL, { 0 } },
  { "job-pause", on_job_pause, NULL, NULL, NULL, { 0 } },
  { "job-stop", on_job_stop, NULL, NULL, NULL, { 0 } },
  { "job-cancel", on_job_cancel, NULL, NULL, NULL, { 0 } },
  { "job-retry", on_job_retry, NULL, NULL, NULL, { 0 } },
  { "copy-command", on_copy_command, NULL, NULL, NULL, { 0 } },

  { "select-cluster", on_select_cluster, "i", NULL, NULL, { 0 } },
  { "select-all", on_select_all, NULL, NULL, NULL, { 0 } },
  { "select-none", on_select_none, NULL, NULL, NULL, { 0 } },
  { "select-invert", on_select_invert, NULL, NULL, NULL, { 0 } },
  { "show-all", on_show_all, NULL, NULL, NULL, { 0 } },
  { "step-cluster", on_step_cluster, "i", NULL, NULL, { 0 } },
  { "find-cluster", on_find_cluster, NULL, NULL, NULL, { 0 } },
  { "copy-paths", on_copy_paths, NULL, NULL, NULL, { 0 } },

  { "name-cluster", on_name_cluster, "s", NULL, NULL, { 0 } },
  { "move-selection", on_move_selection, "s", NULL, NULL, { 0 } },
  { "merge-clusters", on_merge_clusters, NULL, NULL, NULL, { 0 } },
  { "split-selection", on_split_selection, "i", NULL, NULL, { 0 } },
  { "confirm", on_confirm, NULL, NULL, NULL, { 0 } },
  { "exclude", on_exclude, NULL, NULL, NULL, { 0 } },
  { "unsure", on_unsure, NULL, NULL, NULL, { 0 } },
  { "reset", on_reset, NULL, NULL, NULL, { 0 } },
  { "undo", on_undo, NULL, NULL, NULL, { 0 } },
  { "redo", on_redo, NULL, NULL, NULL, { 0 } },
  { "name-dialog", on_name_dialog, NULL, NULL, NULL, { 0 } },
  { "move-dialog", on_move_dialog, NULL, NULL, NULL, { 0 } },
  { "split-dialog", on_split_dialog, NULL, NULL, NULL, { 0 } },

  { "export", on_export, "(ss)", NULL, NULL, { 0 } },
  { "export-dialog", on_export_dialog, NULL, NULL, NULL, { 0 } },

  { "zoom-in", on_zoom, NULL, NULL, NULL, { 0 } },
  { "zoom-out", on_zoom, NULL, NULL, NULL, { 0 } },
  { "zoom-fit", on_zoom, NULL, NULL, NULL, { 0 } },
  { "zoom-selection", on_zoom, NULL, NULL, NULL, { 0 } },
  { "tool", NULL, "s", "'hand'", on_tool, { 0 } },
  { "colour-by", NULL, "s", "'cluster'", on_colour_by, { 0 } },
  { "order", NULL, "s", "'centre'", on_order, { 0 } },
  { "sort-clusters", NULL, "s", "'size'", on_sort_clusters, { 0 } },
  { "side-by-side", NULL, NULL, "false", on_toggle, { 0 } },
  { "show-legend", NULL, NULL, "false", on_toggle, { 0 } },
  { "show-sidebar", NULL, NULL, "true", on_toggle, { 0 } },
  { "show-inspector", NULL, NULL, "true", on_toggle, { 0 } },
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

static void
set_enabled (PleWindow *window, const char *name, gboolean enabled)
{
  g_simple_action_set_enabled (
      G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (window), name)), enabled);
}

static void
set_readout (PleWindow *window, const char *name, GVariant *value)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (window), name);
  g_autoptr (GVariant) owned = g_variant_ref_sink (value);
  g_autoptr (GVariant) old = g_action_get_state (action);

  if (!g_variant_equal (old, owned))
    g_simple_action_set_state (G_SIMPLE_ACTION (action), owned);
}

static char *
describe_job (PleSession *session)
{
  PleJob *job = ple_session_get_shown_job (session);

  if (ple_session_is_busy (session))
    return g_strdup (_ ("working"));
  if (job == NULL || ple_job_is_over (job))
    return g_strdup ("idle");
  return g_strdup_printf ("%s %.0f %%",
                          ple_job_get_stage (job) != NULL ? ple_job_get_stage (job)
                                                          : ple_job_get_title (job),
                          100 * ple_job_get_fraction (job));
}

static char *
describe_recipe (PleSession *session)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, json_object_new ());
  ple_recipe_to_json (ple_session_get_recipe (session), json_node_get_object (node));
  return ple_json_to_text (node, 0);
}

static gboolean
is_settled (PleWindow *window)
{
  PleJob *job = ple_session_get_shown_job (window->session);

  if (job != NULL && !ple_job_is_over (job))
    return FALSE;
  if (ple_session_is_busy (window->session) ||
      ple_session_get_phase (window->session) == PLE_PHASE_OPENING)
    return FALSE;
  return ple_session_get_phase (window->session) != PLE_PHASE_PROJECT ||
         ple_project_page_is_settled (window->project_page);
}

static gboolean
on_settle_timeout (gpointer data)
{
  PleWindow *window = data;
  gboolean settled = is_settled (window);
  guint bench_left = ple_map_view_get_bench_left (ple_project_page_get_map (window->project_page));

  set_readout (window, "settled", g_variant_new_boolean (settled));
  set_readout (window, "bench-left", g_variant_new_int32 ((gint32) bench_left));
  if (!settled || bench_left > 0)
    return G_SOURCE_CONTINUE;
  window->settle_source = 0;
  return G_SOURCE_REMOVE;
}

/* Drawing goes on behind our back: look again until all is there. */
static void
watch_settling (PleWindow *window)
{
  set_readout (window, "settled", g_variant_new_boolean (FALSE));
  if (window->settle_source == 0)
    window->settle_source = g_timeout_add (SETTLE_INTERVAL_MS, on_settle_timeout, window);
}

static void
update_readouts (PleWindow *window)
{
  PleSession *session = window->session;
  PleCuration *curation = ple_session_get_curation (session);
  PleClusterIndex *index = ple_session_get_index (session);
  g_autofree char *job = describe_job (session);
  g_autofree char *recipe = describe_recipe (session);
  const char *undo = curation != NULL ? ple_curation_get_undo_label (curation) : NULL;
  size_t n_clusters = curation != NULL ? ple_curation_get_n_alive (curation)
                      : index != NULL  ? ple_cluster_index_get_n_ids (index)
                                       : 0;
  size_t n_confirmed =
      curation != NULL ? ple_curation_count_state (curation, PLE_STATE_CONFIRMED) : 0;

  set_readout (window, "recipe", g_variant_new_string (recipe));
  set_readout (window, "n-items", g_variant_new_int32 ((gint32) ple_session_get_n_items (session)));
  set_readout (window, "n-clusters", g_variant_new_int32 ((gint32) n_clusters));
  set_readout (window, "n-selected",
               g_variant_new_int32 ((gint32) ple_selection_get_n_selected (selection_of (window))));
  set_readout (window, "n-confirmed", g_variant_new_int32 ((gint32) n_confirmed));
  set_readout (window, "job", g_variant_new_string (job));
  set_readout (window, "undo-label", g_variant_new_string (undo != NULL ? undo : ""));
}

void
ple_window_update_actions (PleWindow *window)
{
  static const char *const on_selection[] = { "move-selection", "split-selection", "exclude",
                                              "confirm",        "unsure",          "reset",
                                              "merge-clusters", "move-dialog",     "split-dialog" };
  static const char *const on_curated[] = { "name-cluster", "export", "export-dialog" };
  static const char *const on_items[] = { "select-all", "select-invert", "step-cluster",
                                          "find-cluster", "show-all" };
  PleSession *session = window->session;
  PleCuration *curation = ple_session_get_curation (session);
  PleJob *job = ple_session_get_shown_job (session);
  PlePhase phase = ple_session_get_phase (session);
  gboolean has_selection = ple_selection_get_n_selected (selection_of (window)) > 0;
  gboolean running = job != NULL && !ple_job_is_over (job);
  gboolean truth = ple_session_get_dataset (session) != NULL &&
                   ple_dataset_get_n_classes (ple_session_get_dataset (session)) > 0;

  for (size_t i = 0; i < G_N_ELEMENTS (on_selection); i++)
    set_enabled (window, on_selection[i], curation != NULL && has_selection);
  for (size_t i = 0; i < G_N_ELEMENTS (on_curated); i++)
    set_enabled (window, on_curated[i], curation != NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (on_items); i++)
    set_enabled (window, on_items[i], phase == PLE_PHASE_PROJECT);
  set_enabled (window, "select-none", has_selection);
  set_enabled (window, "copy-paths", has_selection);
  set_enabled (window, "name-dialog", curation != NULL && ple_session_get_scope (session) >= 0);
  set_enabled (window, "undo", curation != NULL && ple_curation_get_undo_label (curation) != NULL);
  set_enabled (window, "redo", curation != NULL && ple_curation_get_redo_label (curation) != NULL);
  set_enabled (window, "start", phase == PLE_PHASE_IMPORT);
  set_enabled (window, "set-param", phase == PLE_PHASE_IMPORT);
  set_enabled (window, "new-run", phase == PLE_PHASE_PROJECT && !running);
  set_enabled (window, "close-project", phase != PLE_PHASE_WELCOME);
  set_enabled (window, "copy-command", phase >= PLE_PHASE_IMPORT);
  set_enabled (window, "job-pause", running);
  set_enabled (window, "job-stop", running);
  set_enabled (window, "job-cancel", running);
  set_enabled (window, "side-by-side", truth);
  update_readouts (window);
  watch_settling (window);
}

void
ple_window_init_actions (PleWindow *window)
{
  g_action_map_add_action_entries (G_ACTION_MAP (window), entries, G_N_ELEMENTS (entries), window);
}
