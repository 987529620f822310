/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-models-window.h"

#include "gui/ple-download-row.h"
#include "gui/ple-widgets.h"

#include <glib/gi18n.h>
#include <string.h>

struct _PleModelsWindow
{
  GtkWindow parent_instance;
  PleDownloads *downloads;
  GtkStack *stack;
  GtkListBox *model_list;
  GtkListBox *dataset_list;
  GtkEntry *mirror_entry;
  GtkLabel *data_label;
  GtkInfoBar *info_bar;
  GtkLabel *info_label;
  GHashTable *rows; /* id -> PleDownloadRow, of the lists */
};

G_DEFINE_FINAL_TYPE (PleModelsWindow, ple_models_window, GTK_TYPE_WINDOW)

static void
say (PleModelsWindow *window, const char *text)
{
  gtk_label_set_text (window->info_label, text);
  gtk_widget_show (GTK_WIDGET (window->info_bar));
  gtk_info_bar_set_revealed (window->info_bar, TRUE);
}

static void
on_info_response (GtkInfoBar *bar, int response, PleModelsWindow *window)
{
  gtk_info_bar_set_revealed (bar, FALSE);
}

/* Enter, or leaving the field. */
static void
take_mirror (PleModelsWindow *window)
{
  GtkStyleContext *style = gtk_widget_get_style_context (GTK_WIDGET (window->mirror_entry));
  g_autofree char *text = g_strstrip (g_strdup (gtk_entry_get_text (window->mirror_entry)));
  g_autofree char *old = ple_downloads_dup_mirror (window->downloads);
  g_autoptr (GError) error = NULL;

  if (strcmp (text, old) == 0 || ple_downloads_set_mirror (window->downloads, text, &error))
    {
      gtk_style_context_remove_class (style, "invalid");
      return;
    }
  gtk_style_context_add_class (style, "invalid");
  say (window, error->message);
}

static void
on_mirror_activate (GtkEntry *entry, PleModelsWindow *window)
{
  take_mirror (window);
}

static gboolean
on_mirror_focus_out (GtkWidget *entry, GdkEvent *event, PleModelsWindow *window)
{
  if (window->downloads != NULL)
    take_mirror (window);
  return FALSE;
}

static gboolean
ple_models_window_key_press (GtkWidget *widget, GdkEventKey *event)
{
  if (GTK_WIDGET_CLASS (ple_models_window_parent_class)->key_press_event (widget, event))
    return TRUE;
  if (event->keyval != GDK_KEY_Escape)
    return FALSE;
  gtk_window_close (GTK_WINDOW (widget));
  return TRUE;
}

static void
ple_models_window_dispose (GObject *object)
{
  PleModelsWindow *window = PLE_MODELS_WINDOW (object);

  if (window->downloads != NULL)
    g_signal_handlers_disconnect_by_data (window->downloads, window);
  g_clear_object (&window->downloads);
  g_clear_pointer (&window->rows, g_hash_table_unref);
  G_OBJECT_CLASS (ple_models_window_parent_class)->dispose (object);
}

static void
ple_models_window_class_init (PleModelsWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ple_models_window_dispose;
  widget_class->key_press_event = ple_models_window_key_press;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/pleiades/Pleiades/ui/ple-models-window.ui");
  gtk_widget_class_bind_template_child (widget_class, PleModelsWindow, stack);
  gtk_widget_class_bind_template_child (widget_class, PleModelsWindow, model_list);
  gtk_widget_class_bind_template_child (widget_class, PleModelsWindow, dataset_list);
  gtk_widget_class_bind_template_child (widget_class, PleModelsWindow, mirror_entry);
  gtk_widget_class_bind_template_child (widget_class, PleModelsWindow, data_label);
  gtk_widget_class_bind_template_child (widget_class, PleModelsWindow, info_bar);
  gtk_widget_class_bind_template_child (widget_class, PleModelsWindow, info_label);
  gtk_widget_class_bind_template_callback (widget_class, on_info_response);
  gtk_widget_class_bind_template_callback (widget_class, on_mirror_activate);
  gtk_widget_class_bind_template_callback (widget_class, on_mirror_focus_out);
}

/* The section above its first row. */
static void
make_header (GtkListBoxRow *row, GtkListBoxRow *before, gpointer data)
{
  const char *section = ple_download_row_get_section (PLE_DOWNLOAD_ROW (row));
  const char *above =
      before != NULL ? ple_download_row_get_section (PLE_DOWNLOAD_ROW (before)) : NULL;
  GtkWidget *label;

  if (g_strcmp0 (section, above) == 0)
    {
      gtk_list_box_row_set_header (row, NULL);
      return;
    }
  label = gtk_label_new (section);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_style_context_add_class (gtk_widget_get_style_context (label), "section-title");
  gtk_style_context_add_class (gtk_widget_get_style_context (label), "section-head");
  gtk_widget_show (label);
  gtk_list_box_row_set_header (row, label);
}

static void
ple_models_window_init (PleModelsWindow *window)
{
  gtk_widget_init_template (GTK_WIDGET (window));
  window->rows = g_hash_table_new (g_str_hash, g_str_equal);
  gtk_list_box_set_header_func (window->model_list, make_header, NULL, NULL);
  gtk_list_box_set_header_func (window->dataset_list, make_header, NULL, NULL);
}

static void
show_item (PleModelsWindow *window, const PleDownloadItem *item)
{
  PleDownloadRow *row = g_hash_table_lookup (window->rows, item->id);

  g_hash_table_steal (window->rows, item->id);
  ple_download_row_show (row, item, ple_downloads_get_job (window->downloads, item->id),
                         ple_downloads_get_failure (window->downloads, item->id));
  g_hash_table_insert (window->rows, (gpointer) ple_download_row_get_id (row), row);
}

/* Whether the lists have a row for each of the items, and no other. */
static gboolean
has_all_rows (PleModelsWindow *window, const GPtrArray *items)
{
  for (guint i = 0; i < items->len; i++)
    if (!g_hash_table_contains (window->rows,
                                ((const PleDownloadItem *) g_ptr_array_index (items, i))->id))
      return FALSE;
  return g_hash_table_size (window->rows) == items->len;
}

static void
make_rows (PleModelsWindow *window, const GPtrArray *items)
{
  g_hash_table_remove_all (window->rows);
  ple_container_clear (GTK_CONTAINER (window->model_list));
  ple_container_clear (GTK_CONTAINER (window->dataset_list));
  for (guint i = 0; i < items->len; i++)
    {
      const PleDownloadItem *item = g_ptr_array_index (items, i);
      GtkWidget *row = ple_download_row_new ();

      ple_download_row_show (PLE_DOWNLOAD_ROW (row), item, NULL, NULL);
      g_hash_table_insert (window->rows,
                           (gpointer) ple_download_row_get_id (PLE_DOWNLOAD_ROW (row)), row);
      gtk_container_add (
          GTK_CONTAINER (item->is_dataset ? window->dataset_list : window->model_list), row);
    }
}

/* The mirror as it is set, unless somebody types. */
static void
show_settings (PleModelsWindow *window)
{
  g_autofree char *data_folder = ple_downloads_dup_data_folder (window->downloads);
  g_autofree char *mirror = ple_downloads_dup_mirror (window->downloads);

  if (!gtk_widget_has_focus (GTK_WIDGET (window->mirror_entry)))
    gtk_entry_set_text (window->mirror_entry, mirror);
  gtk_label_set_text (window->data_label, data_folder);
}

static void
on_items_changed (PleModelsWindow *window)
{
  const GPtrArray *items = ple_downloads_get_items (window->downloads);

  if (!has_all_rows (window, items))
    make_rows (window, items);
  for (guint i = 0; i < items->len; i++)
    show_item (window, g_ptr_array_index (items, i));
  show_settings (window);
}

static void
on_item_changed (PleDownloads *downloads, const char *id, PleModelsWindow *window)
{
  const GPtrArray *items = ple_downloads_get_items (downloads);

  for (guint i = 0; items != NULL && i < items->len; i++)
    {
      const PleDownloadItem *item = g_ptr_array_index (items, i);

      if (strcmp (item->id, id) == 0 && g_hash_table_contains (window->rows, id))
        show_item (window, item);
    }
}

static void
on_message (PleDownloads *downloads, const char *text, PleModelsWindow *window)
{
  say (window, text);
}

PleModelsWindow *
ple_models_window_new (GtkApplicationWindow *owner, PleDownloads *downloads)
{
  PleModelsWindow *window = g_object_new (PLE_TYPE_MODELS_WINDOW, "transient-for", owner,
                                          "destroy-with-parent", TRUE, NULL);
  GtkApplication *app = gtk_window_get_application (GTK_WINDOW (owner));

  /* Not a window of the application's own: those hold a project. */
  gtk_widget_insert_action_group (GTK_WIDGET (window), "win", G_ACTION_GROUP (owner));
  if (app != NULL)
    gtk_widget_insert_action_group (GTK_WIDGET (window), "app", G_ACTION_GROUP (app));
  window->downloads = g_object_ref (downloads);
  show_settings (window);
  g_signal_connect_swapped (downloads, "items-changed", G_CALLBACK (on_items_changed), window);
  g_signal_connect (downloads, "item-changed", G_CALLBACK (on_item_changed), window);
  g_signal_connect (downloads, "message", G_CALLBACK (on_message), window);
  if (ple_downloads_get_items (downloads) != NULL)
    on_items_changed (window);
  ple_downloads_refresh (downloads);
  return window;
}

void
ple_models_window_set_page (PleModelsWindow *window, const char *name)
{
  gtk_stack_set_visible_child_name (window->stack, name);
}
