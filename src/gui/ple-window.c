/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-window-private.h"

#include "gui/ple-format.h"
#include "gui/ple-mosaic.h"
#include "gui/ple-shortcuts.h"

#include <glib/gi18n.h>

#define TOAST_SECONDS 6

G_DEFINE_FINAL_TYPE (PleWindow, ple_window, GTK_TYPE_APPLICATION_WINDOW)

/* Messages */

static gboolean
on_toast_timeout (gpointer data)
{
  PleWindow *window = data;

  window->toast_source = 0;
  gtk_revealer_set_reveal_child (GTK_REVEALER (window->toast_revealer), FALSE);
  return G_SOURCE_REMOVE;
}

void
ple_window_toast (PleWindow *window, const char *text, gboolean offer_undo)
{
  gtk_label_set_text (window->toast_label, text);
  gtk_widget_set_visible (window->toast_undo, offer_undo);
  gtk_revealer_set_reveal_child (GTK_REVEALER (window->toast_revealer), TRUE);
  g_clear_handle_id (&window->toast_source, g_source_remove);
  window->toast_source = g_timeout_add_seconds (TOAST_SECONDS, on_toast_timeout, window);
}

void
ple_window_show_info (PleWindow *window, const char *text, const char *detail, gboolean error)
{
  gtk_label_set_text (window->info_label, text);
  gtk_label_set_text (window->info_detail, detail != NULL ? detail : "");
  gtk_widget_set_visible (GTK_WIDGET (window->info_detail), detail != NULL);
  gtk_info_bar_set_message_type (GTK_INFO_BAR (window->info_bar),
                                 error ? GTK_MESSAGE_ERROR : GTK_MESSAGE_INFO);
  gtk_widget_show (window->info_bar);
  gtk_info_bar_set_revealed (GTK_INFO_BAR (window->info_bar), TRUE);
}

static void
on_info_response (GtkInfoBar *bar, int response, PleWindow *window)
{
  gtk_info_bar_set_revealed (bar, FALSE);
}

static void
on_message (
    PleSession *session, const char *text, const char *detail, gboolean is_error, PleWindow *window)
{
  if (is_error)
    ple_window_show_info (window, text, detail, TRUE);
  else
    ple_window_toast (window, text, FALSE);
}

/* Title */

static char *
describe_progress (PleSession *session)
{
  PleCuration *curation = ple_session_get_curation (session);
  const PleMetrics *metrics = ple_session_get_metrics (session);
  g_autofree char *total = ple_format_count (ple_session_get_n_items (session));
  g_autofree char *confirmed = NULL;
  g_autofree char *accuracy = NULL;

  if (curation == NULL)
    return g_strdup_printf (
        ngettext ("%s picture", "%s pictures", (gulong) ple_session_get_n_items (session)), total);
  confirmed = ple_format_count (ple_curation_count_state (curation, PLE_STATE_CONFIRMED));
  if (metrics == NULL || metrics->accuracy != metrics->accuracy)
    return g_strdup_printf (_ ("%s of %s confirmed"), confirmed, total);
  accuracy = g_strdup_printf (_ ("ACC %.1f · NMI %.1f · ARI %.1f"), 100 * metrics->accuracy,
                              100 * metrics->nmi, 100 * metrics->ari);
  return g_strdup_printf (_ ("%s of %s confirmed · %s"), confirmed, total, accuracy);
}

static void
update_title (PleWindow *window)
{
  PleSession *session = window->session;
  PleDataset *dataset = ple_session_get_dataset (session);
  g_autofree char *subtitle = NULL;

  if (dataset == NULL || ple_session_get_phase (session) != PLE_PHASE_PROJECT)
    {
      gtk_header_bar_set_title (window->header_bar,
                                dataset != NULL ? ple_dataset_get_title (dataset) : _ ("Pleiades"));
      gtk_header_bar_set_subtitle (window->header_bar, NULL);
      gtk_window_set_title (GTK_WINDOW (window), _ ("Pleiades"));
      return;
    }
  subtitle = describe_progress (session);
  gtk_window_set_title (GTK_WINDOW (window),
                        ple_project_get_title (ple_session_get_project (session)));
  gtk_header_bar_set_subtitle (window->header_bar, subtitle);
  gtk_widget_set_tooltip_text (
      GTK_WIDGET (window->header_bar),
      ple_session_get_metrics (session) != NULL && ple_dataset_get_n_classes (dataset) > 0
          ? _ ("Scores of all pictures as they are now; they use the true classes")
          : NULL);
}

static void
on_phase_changed (PleWindow *window)
{
  static const char *const pages[] = {
    [PLE_PHASE_WELCOME] = "welcome",
    [PLE_PHASE_OPENING] = "opening",
    [PLE_PHASE_IMPORT] = "import",
    [PLE_PHASE_PROJECT] = "project",
  };
  PlePhase phase = ple_session_get_phase (window->session);

  if (phase == PLE_PHASE_WELCOME)
    ple_welcome_page_refresh (window->welcome_page, ple_session_get_environment (window->session));
  else if (phase == PLE_PHASE_OPENING)
    gtk_info_bar_set_revealed (GTK_INFO_BAR (window->info_bar), FALSE);
  gtk_stack_set_visible_child_name (window->stack, pages[phase]);
  gtk_widget_set_visible (window->undo_box, phase == PLE_PHASE_PROJECT);
  update_title (window);
}

/* The tile of the welcome page */

typedef struct
{
  char *cache_dir;
  char *project;
  PleDataset *dataset;
  PleMosaic mosaic;
} Keep;

static void
keep_free (gpointer data)
{
  Keep *keep = data;

  g_free (keep->cache_dir);
  g_free (keep->project);
  ple_dataset_unref (keep->dataset);
  g_free (keep);
}

static void
keep_cb (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Keep *keep = data;
  GError *error = NULL;

  if (ple_mosaic_keep (keep->cache_dir, keep->project, keep->dataset, &keep->mosaic, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
on_kept (GObject *source, GAsyncResult *result, gpointer data)
{
  PleWindow *window = PLE_WINDOW (source);

  /* A tile that cannot be written is not worth a message: the project is there without it. */
  if (g_task_propagate_boolean (G_TASK (result), NULL) && window->session != NULL &&
      ple_session_get_phase (window->session) == PLE_PHASE_WELCOME)
    ple_welcome_page_refresh (window->welcome_page, ple_session_get_environment (window->session));
}

/* The most typical pictures of the largest clusters, the largest first. */
static void
choose_pictures (PleSession *session, PleMosaic *mosaic)
{
  PleClusterIndex *index = ple_session_get_index (session);
  size_t sizes[PLE_MOSAIC_N] = { 0 };

  for (size_t id = 0; id < ple_cluster_index_get_n_ids (index); id++)
    {
      const PleClusterSummary *summary = ple_cluster_index_get (index, (gint32) id);
      guint place = mosaic->n;

      if (summary->n_nearest == 0)
        continue;
      while (place > 0 && sizes[place - 1] < summary->size)
        place--;
      if (place >= PLE_MOSAIC_N)
        continue;
      mosaic->n = MIN (mosaic->n + 1, PLE_MOSAIC_N);
      for (guint i = mosaic->n - 1; i > place; i--)
        {
          sizes[i] = sizes[i - 1];
          mosaic->items[i] = mosaic->items[i - 1];
        }
      sizes[place] = summary->size;
      mosaic->items[place] = summary->nearest[0];
    }
}

void
ple_window_keep_mosaic (PleWindow *window, gboolean wait)
{
  PleSession *session = window->session;
  PleCuration *curation = ple_session_get_curation (session);
  PleDataset *dataset = ple_session_get_dataset (session);
  const PleEnvironment *environment = ple_session_get_environment (session);
  g_autoptr (GTask) task = NULL;
  Keep *keep;

  if (curation == NULL || !ple_dataset_has_pictures (dataset))
    return;
  keep = g_new0 (Keep, 1);
  keep->cache_dir = g_strdup (environment->cache_dir);
  keep->project = g_strdup (ple_project_get_path (ple_session_get_project (session)));
  keep->dataset = ple_dataset_ref (dataset);
  keep->mosaic.n_items = ple_session_get_n_items (session);
  keep->mosaic.n_confirmed = ple_curation_count_state (curation, PLE_STATE_CONFIRMED);
  choose_pictures (session, &keep->mosaic);
  task = g_task_new (window, NULL, on_kept, NULL);
  g_task_set_task_data (task, keep, keep_free);
  if (wait)
    g_task_run_in_thread_sync (task, keep_cb);
  else
    g_task_run_in_thread (task, keep_cb);
}

/* A run has come in: its tile is there even if the program is killed. */
static void
on_clusters_changed (PleWindow *window)
{
  gboolean curated = ple_session_get_curation (window->session) != NULL;

  if (curated && !window->has_mosaic)
    ple_window_keep_mosaic (window, FALSE);
  window->has_mosaic = curated;
}

/* Dropping files and folders on the window. */

static void
on_drag_data_received (GtkWidget *widget,
                       GdkDragContext *context,
                       int x,
                       int y,
                       GtkSelectionData *data,
                       guint info,
                       guint time,
                       gpointer user_data)
{
  g_auto (GStrv) uris = gtk_selection_data_get_uris (data);
  g_autofree char *path =
      uris != NULL && uris[0] != NULL ? g_filename_from_uri (uris[0], NULL, NULL) : NULL;

  gtk_drag_finish (context, path != NULL, FALSE, time);
  if (path != NULL)
    g_action_group_activate_action (G_ACTION_GROUP (widget), "open", g_variant_new_string (path));
}

static gboolean
on_drag_motion (GtkWidget *widget, GdkDragContext *context, int x, int y, guint time, gpointer data)
{
  gtk_style_context_add_class (
      gtk_widget_get_style_context (GTK_WIDGET (PLE_WINDOW (widget)->stack)), "drop-target");
  return FALSE;
}

static void
on_drag_leave (GtkWidget *widget, GdkDragContext *context, guint time, gpointer data)
{
  gtk_style_context_remove_class (
      gtk_widget_get_style_context (GTK_WIDGET (PLE_WINDOW (widget)->stack)), "drop-target");
}

/* GtkWindow tries accelerators before the focused entry, so that a bare letter would never reach
 * it. */
static gboolean
ple_window_key_press (GtkWidget *widget, GdkEventKey *event)
{
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (widget));

  /* So too Escape, which ends what a widget is at before it means the selection. */
  if (focus != NULL && (GTK_IS_EDITABLE (focus) || event->keyval == GDK_KEY_Escape) &&
      gtk_window_propagate_key_event (GTK_WINDOW (widget), event))
    return TRUE;
  return GTK_WIDGET_CLASS (ple_window_parent_class)->key_press_event (widget, event);
}

/* Size and place are remembered. */

static void
save_size (PleWindow *window)
{
  int width, height;

  g_settings_set_boolean (window->settings, "maximized",
                          gtk_window_is_maximized (GTK_WINDOW (window)));
  if (gtk_window_is_maximized (GTK_WINDOW (window)))
    return;
  gtk_window_get_size (GTK_WINDOW (window), &width, &height);
  g_settings_set (window->settings, "window-size", "(ii)", width, height);
}

static gboolean
ple_window_delete_event (GtkWidget *widget, GdkEventAny *event)
{
  PleWindow *window = PLE_WINDOW (widget);

  save_size (window);
  /* A worker must not outlive what it works on; decisions are written out. */
  gtk_widget_hide (widget);
  ple_window_keep_mosaic (window, TRUE);
  ple_session_close (window->session);
  ple_job_queue_shut_down (ple_session_get_queue (window->session));
  ple_downloads_shut_down (window->downloads);
  return FALSE;
}

static void
ple_window_dispose (GObject *object)
{
  PleWindow *window = PLE_WINDOW (object);

  g_clear_handle_id (&window->toast_source, g_source_remove);
  g_clear_handle_id (&window->settle_source, g_source_remove);
  g_clear_weak_pointer (&window->models_window);
  if (window->project_page != NULL)
    ple_map_view_set_frame_log (ple_project_page_get_map (window->project_page), NULL);
  g_clear_pointer (&window->frame_log, ple_frame_log_free);
  if (window->session != NULL)
    g_signal_handlers_disconnect_by_data (window->session, window);
  G_OBJECT_CLASS (ple_window_parent_class)->dispose (object);
  /* After the widgets: they listen to it. */
  g_clear_object (&window->session);
  g_clear_object (&window->downloads);
  g_clear_object (&window->settings);
}

static void
ple_window_class_init (PleWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  g_type_ensure (PLE_TYPE_WELCOME_PAGE);
  g_type_ensure (PLE_TYPE_IMPORT_PAGE);
  g_type_ensure (PLE_TYPE_PROJECT_PAGE);
  g_type_ensure (PLE_TYPE_JOBS_BUTTON);
  G_OBJECT_CLASS (klass)->dispose = ple_window_dispose;
  widget_class->key_press_event = ple_window_key_press;
  widget_class->delete_event = ple_window_delete_event;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/pleiades/Pleiades/ui/ple-window.ui");
  gtk_widget_class_bind_template_child (widget_class, PleWindow, header_bar);
  gtk_widget_class_bind_template_child (widget_class, PleWindow, undo_box);
  gtk_widget_class_bind_template_child (widget_class, PleWindow, menu_button);
  gtk_widget_class_bind_template_child (widget_class, PleWindow, jobs_button);
  gtk_widget_class_bind_template_child (widget_class, PleWindow, stack);
  gtk_widget_class_bind_template_child (widget_class, PleWindow, welcome_page);
  gtk_widget_class_bind_template_child (widget_class, PleWindow, import_page);
  gtk_widget_class_bind_template_child (widget_class, PleWindow, project_page);
  gtk_widget_class_bind_template_child (widget_class, PleWindow, info_bar);
  gtk_widget_class_bind_template_child (widget_class, PleWindow, info_label);
  gtk_widget_class_bind_template_child (widget_class, PleWindow, info_detail);
  gtk_widget_class_bind_template_child (widget_class, PleWindow, toast_revealer);
  gtk_widget_class_bind_template_child (widget_class, PleWindow, toast_label);
  gtk_widget_class_bind_template_child (widget_class, PleWindow, toast_undo);
  gtk_widget_class_bind_template_callback (widget_class, on_info_response);
}

static void
ple_window_init (PleWindow *window)
{
  gtk_widget_init_template (GTK_WIDGET (window));
  gtk_drag_dest_set (GTK_WIDGET (window), GTK_DEST_DEFAULT_ALL, NULL, 0, GDK_ACTION_COPY);
  gtk_drag_dest_add_uri_targets (GTK_WIDGET (window));
  g_signal_connect (window, "drag-data-received", G_CALLBACK (on_drag_data_received), NULL);
  g_signal_connect (window, "drag-motion", G_CALLBACK (on_drag_motion), NULL);
  g_signal_connect (window, "drag-leave", G_CALLBACK (on_drag_leave), NULL);
}

static void
connect_session (PleWindow *window)
{
  static const char *const updating[] = { "phase-changed", "layout-changed", "clusters-changed",
                                          "job-changed",   "scope-changed",  "metrics-changed" };

  g_signal_connect_swapped (window->session, "phase-changed", G_CALLBACK (on_phase_changed),
                            window);
  g_signal_connect_swapped (window->session, "clusters-changed", G_CALLBACK (update_title), window);
  g_signal_connect_swapped (window->session, "clusters-changed", G_CALLBACK (on_clusters_changed),
                            window);
  g_signal_connect_swapped (window->session, "metrics-changed", G_CALLBACK (update_title), window);
  g_signal_connect (window->session, "message", G_CALLBACK (on_message), window);
  for (size_t i = 0; i < G_N_ELEMENTS (updating); i++)
    g_signal_connect_swapped (window->session, updating[i], G_CALLBACK (ple_window_update_actions),
                              window);
  g_signal_connect_object (ple_session_get_selection (window->session), "changed",
                           G_CALLBACK (ple_window_update_actions), window, G_CONNECT_SWAPPED);
}

static void
start_frame_log (PleWindow *window, const PleEnvironment *environment)
{
  g_autoptr (GError) error = NULL;

  window->frame_log = ple_frame_log_new (environment, GTK_WIDGET (window), &error);
  if (error != NULL)
    ple_window_show_info (window, _ ("The frame log cannot be written"), error->message, TRUE);
  ple_map_view_set_frame_log (ple_project_page_get_map (window->project_page), window->frame_log);
}

/* Those that a window reads, now and whenever they change. */
static void
apply_settings (PleWindow *window)
{
  PleJobQueue *queue = ple_session_get_queue (window->session);

  ple_job_queue_set_n_threads (queue, (guint) g_settings_get_int (window->settings, "threads"));
}

PleWindow *
ple_window_new (GtkApplication *app, const PleEnvironment *environment, GSettings *settings)
{
  PleWindow *window =
      g_object_new (PLE_TYPE_WINDOW, "application", app, "show-menubar", FALSE, NULL);
  int width, height;

  window->settings = g_object_ref (settings);
  window->session = ple_session_new (environment);
  g_settings_get (settings, "window-size", "(ii)", &width, &height);
  gtk_window_set_default_size (GTK_WINDOW (window), width, height);
  if (g_settings_get_boolean (settings, "maximized"))
    gtk_window_maximize (GTK_WINDOW (window));
  ple_import_page_set_session (window->import_page, window->session);
  ple_project_page_set_session (window->project_page, window->session);
  ple_jobs_button_set_session (window->jobs_button, window->session);
  ple_window_init_actions (window);
  ple_window_init_downloads (window, environment);
  ple_shortcuts_add_to_tooltips (GTK_WIDGET (window), app);
  apply_settings (window);
  g_signal_connect_object (settings, "changed::threads", G_CALLBACK (apply_settings), window,
                           G_CONNECT_SWAPPED);
  g_settings_bind (settings, "tile-size", ple_project_page_get_tiles (window->project_page),
                   "tile-size", G_SETTINGS_BIND_DEFAULT);
  connect_session (window);
  start_frame_log (window, environment);
  on_phase_changed (window);
  ple_window_update_actions (window);
  return window;
}

PleSession *
ple_window_get_session (PleWindow *window)
{
  return window->session;
}

void
ple_window_open (PleWindow *window, const char *path)
{
  ple_window_keep_mosaic (window, FALSE);
  ple_session_open (window->session, path);
}

gboolean
ple_window_is_free (PleWindow *window)
{
  return ple_session_get_phase (window->session) == PLE_PHASE_WELCOME;
}
