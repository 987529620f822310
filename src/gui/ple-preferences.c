/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-preferences.h"

#include "base/ple-atomic.h"

#include <glib/gi18n.h>
#include <math.h>

/* Folders of the cache that are made again when they are needed. Nothing else there is touched. */
static const char *const disposable[] = { "thumbnails", "mosaics" };

struct _PlePreferences
{
  GtkDialog parent_instance;
  GtkComboBox *style_combo;
  GtkAdjustment *size_adjustment;
  GtkLabel *size_label;
  GtkAdjustment *threads_adjustment;
  GtkSpinButton *threads_spin;
  GtkLabel *projects_label;
  GtkLabel *cache_label;
  GtkLabel *used_label;
  GtkWidget *clear_button;

  GSettings *settings;
  GCancellable *cancellable;
  char *data_dir;
  char *cache_dir;
  guint n_busy;
};

G_DEFINE_FINAL_TYPE (PlePreferences, ple_preferences, GTK_TYPE_DIALOG)

/* The slider of sizes is logarithmic: a step looks the same at any size. */
static gboolean
size_to_slider (GValue *slider, GVariant *size, gpointer data)
{
  g_value_set_double (slider, log2 (g_variant_get_int32 (size)));
  return TRUE;
}

static GVariant *
slider_to_size (const GValue *slider, const GVariantType *type, gpointer data)
{
  return g_variant_new_int32 ((gint32) lround (exp2 (g_value_get_double (slider))));
}

static gboolean
size_to_text (GValue *text, GVariant *size, gpointer data)
{
  g_value_take_string (text, g_strdup_printf (_ ("%d pixels"), g_variant_get_int32 (size)));
  return TRUE;
}

/* 0 is no number to a person. */
static gboolean
on_threads_output (GtkSpinButton *spin, gpointer data)
{
  if (gtk_spin_button_get_value_as_int (spin) > 0)
    return FALSE;
  gtk_entry_set_text (GTK_ENTRY (spin), _ ("Automatic"));
  return TRUE;
}

static int
on_threads_input (GtkSpinButton *spin, double *value, gpointer data)
{
  if (g_strcmp0 (gtk_entry_get_text (GTK_ENTRY (spin)), _ ("Automatic")) != 0)
    return FALSE;
  *value = 0;
  return TRUE;
}

/* Room on disk */

/* (transfer full): bytes, by a pointer */
static void
measure (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const char *cache_dir = data;
  guint64 *total = g_new0 (guint64, 1);

  for (size_t i = 0; i < G_N_ELEMENTS (disposable); i++)
    {
      g_autoptr (GFile) folder = g_file_new_build_filename (cache_dir, disposable[i], NULL);
      guint64 bytes = 0;

      /* What is not there takes no room. */
      if (g_file_measure_disk_usage (folder, G_FILE_MEASURE_NONE, cancellable, NULL, NULL, &bytes,
                                     NULL, NULL, NULL))
        *total += bytes;
    }
  g_task_return_pointer (task, total, g_free);
}

static void
set_busy (PlePreferences *preferences, int change)
{
  preferences->n_busy = (guint) ((int) preferences->n_busy + change);
}

static void
on_measured (GObject *source, GAsyncResult *result, gpointer data)
{
  PlePreferences *preferences = PLE_PREFERENCES (source);
  g_autofree guint64 *bytes = g_task_propagate_pointer (G_TASK (result), NULL);
  g_autofree char *size = NULL;

  if (bytes == NULL)
    return; /* cancelled: the window is gone */
  set_busy (preferences, -1);
  size = g_format_size (*bytes);
  gtk_label_set_text (preferences->used_label, size);
  gtk_widget_set_sensitive (preferences->clear_button, *bytes > 0 && preferences->n_busy == 0);
}

static GTask *
make_task (PlePreferences *preferences, GAsyncReadyCallback callback)
{
  GTask *task = g_task_new (preferences, preferences->cancellable, callback, NULL);

  g_task_set_task_data (task, g_strdup (preferences->cache_dir), g_free);
  set_busy (preferences, 1);
  return task;
}

static void
start_measuring (PlePreferences *preferences)
{
  g_autoptr (GTask) task = make_task (preferences, on_measured);

  g_task_run_in_thread (task, measure);
}

static void
clear (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const char *cache_dir = data;

  for (size_t i = 0; i < G_N_ELEMENTS (disposable); i++)
    {
      g_autofree char *folder = g_build_filename (cache_dir, disposable[i], NULL);
      GError *error = NULL;

      if (g_file_test (folder, G_FILE_TEST_IS_DIR) && !ple_remove_recursively (folder, &error))
        {
          g_task_return_error (task, error);
          return;
        }
    }
  g_task_return_boolean (task, TRUE);
}

static void
on_cleared (GObject *source, GAsyncResult *result, gpointer data)
{
  PlePreferences *preferences = PLE_PREFERENCES (source);
  g_autoptr (GError) error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    {
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
      gtk_widget_set_tooltip_text (GTK_WIDGET (preferences->used_label), error->message);
    }
  set_busy (preferences, -1);
  start_measuring (preferences);
}

static void
on_clear (PlePreferences *preferences)
{
  g_autoptr (GTask) task = make_task (preferences, on_cleared);

  gtk_widget_set_sensitive (preferences->clear_button, FALSE);
  g_task_run_in_thread (task, clear);
}

/* A folder that nothing was written to yet is made, so that there is something to show. */
static void
show_folder (PlePreferences *preferences, const char *folder)
{
  g_autofree char *uri = NULL;
  g_autoptr (GError) error = NULL;

  g_mkdir_with_parents (folder, 0700);
  uri = g_filename_to_uri (folder, NULL, NULL);
  if (!gtk_show_uri_on_window (GTK_WINDOW (preferences), uri, GDK_CURRENT_TIME, &error))
    gtk_widget_set_tooltip_text (GTK_WIDGET (preferences->projects_label), error->message);
}

static void
on_show_projects (PlePreferences *preferences)
{
  g_autofree char *folder = g_build_filename (preferences->data_dir, "projects", NULL);

  show_folder (preferences, folder);
}

static void
on_show_cache (PlePreferences *preferences)
{
  show_folder (preferences, preferences->cache_dir);
}

/* The widget */

static void
ple_preferences_dispose (GObject *object)
{
  PlePreferences *preferences = PLE_PREFERENCES (object);

  g_cancellable_cancel (preferences->cancellable);
  g_clear_object (&preferences->cancellable);
  g_clear_object (&preferences->settings);
  G_OBJECT_CLASS (ple_preferences_parent_class)->dispose (object);
}

static void
ple_preferences_finalize (GObject *object)
{
  PlePreferences *preferences = PLE_PREFERENCES (object);

  g_free (preferences->data_dir);
  g_free (preferences->cache_dir);
  G_OBJECT_CLASS (ple_preferences_parent_class)->finalize (object);
}

static void
ple_preferences_class_init (PlePreferencesClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ple_preferences_dispose;
  G_OBJECT_CLASS (klass)->finalize = ple_preferences_finalize;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/pleiades/Pleiades/ui/ple-preferences.ui");
  gtk_widget_class_bind_template_child (widget_class, PlePreferences, style_combo);
  gtk_widget_class_bind_template_child (widget_class, PlePreferences, size_adjustment);
  gtk_widget_class_bind_template_child (widget_class, PlePreferences, size_label);
  gtk_widget_class_bind_template_child (widget_class, PlePreferences, threads_adjustment);
  gtk_widget_class_bind_template_child (widget_class, PlePreferences, threads_spin);
  gtk_widget_class_bind_template_child (widget_class, PlePreferences, projects_label);
  gtk_widget_class_bind_template_child (widget_class, PlePreferences, cache_label);
  gtk_widget_class_bind_template_child (widget_class, PlePreferences, used_label);
  gtk_widget_class_bind_template_child (widget_class, PlePreferences, clear_button);
  gtk_widget_class_bind_template_callback (widget_class, on_threads_output);
  gtk_widget_class_bind_template_callback (widget_class, on_threads_input);
  gtk_widget_class_bind_template_callback (widget_class, on_show_projects);
  gtk_widget_class_bind_template_callback (widget_class, on_show_cache);
  gtk_widget_class_bind_template_callback (widget_class, on_clear);
}

static void
ple_preferences_init (PlePreferences *preferences)
{
  gtk_widget_init_template (GTK_WIDGET (preferences));
  preferences->cancellable = g_cancellable_new ();
}

GtkWidget *
ple_preferences_new (GtkWindow *parent, GSettings *settings, const PleEnvironment *environment)
{
  /* As the desktop has dialogs: in the bar at the top, or not. */
  PlePreferences *preferences =
      g_object_new (PLE_TYPE_PREFERENCES, "use-header-bar", 1, "transient-for", parent,
                    "destroy-with-parent", TRUE, NULL);
  g_autofree char *projects = g_build_filename (environment->data_dir, "projects", NULL);

  preferences->settings = g_object_ref (settings);
  preferences->data_dir = g_strdup (environment->data_dir);
  preferences->cache_dir = g_strdup (environment->cache_dir);
  gtk_label_set_text (preferences->projects_label, projects);
  gtk_label_set_text (preferences->cache_label, environment->cache_dir);
  gtk_adjustment_set_upper (preferences->threads_adjustment, g_get_num_processors ());
  g_settings_bind (settings, "style", preferences->style_combo, "active-id",
                   G_SETTINGS_BIND_DEFAULT);
  g_settings_bind_with_mapping (settings, "tile-size", preferences->size_adjustment, "value",
                                G_SETTINGS_BIND_DEFAULT, size_to_slider, slider_to_size, NULL,
                                NULL);
  g_settings_bind_with_mapping (settings, "tile-size", preferences->size_label, "label",
                                G_SETTINGS_BIND_GET, size_to_text, NULL, NULL, NULL);
  g_settings_bind (settings, "threads", preferences->threads_spin, "value",
                   G_SETTINGS_BIND_DEFAULT);
  start_measuring (preferences);
  return GTK_WIDGET (preferences);
}

gboolean
ple_preferences_is_busy (PlePreferences *preferences)
{
  return preferences->n_busy > 0;
}
