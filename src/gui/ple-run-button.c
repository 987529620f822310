/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-run-button.h"

#include "gui/ple-format.h"
#include "gui/ple-widgets.h"
#include "project/ple-run-list.h"

#include <glib/gi18n.h>
#include <math.h>

struct _PleRunButton
{
  GtkMenuButton parent_instance;
  PleSession *session;
  GtkLabel *label;
  GtkPopover *popover;
  GtkListBox *list;
  GCancellable *cancellable; /* of the reading of the list */
};

G_DEFINE_FINAL_TYPE (PleRunButton, ple_run_button, GTK_TYPE_MENU_BUTTON)

/* "k-means, 12 clusters" */
static char *
describe (PleRecipe *recipe, size_t n_clusters)
{
  g_autofree char *count = ple_format_count (n_clusters);

  return g_strdup_printf (ngettext ("%s, %s cluster", "%s, %s clusters", (gulong) n_clusters),
                          _ (ple_recipe_get_method (recipe)->title), count);
}

/* "ACC 80.1 % · NMI 82.1 % · today 19:20"; scores where there is truth. */
static char *
describe_outcome (const PleRunSummary *run)
{
  g_autofree char *accuracy = ple_format_percent (run->accuracy);
  g_autofree char *nmi = ple_format_percent (run->nmi);
  g_autofree char *time = ple_format_time (run->time);

  if (isnan (run->accuracy))
    return g_steal_pointer (&time);
  return g_strdup_printf (_ ("ACC %s · NMI %s · %s"), accuracy, nmi, time);
}

/* What else tells two runs apart. */
static char *
describe_making (PleRecipe *recipe)
{
  const PleEmbedding *embedding = ple_recipe_get_embedding (recipe);
  const PleModel *model = ple_recipe_get_model (recipe);

  return g_strdup_printf (_ ("%s · %s · seed %" G_GUINT64_FORMAT),
                          model != NULL ? _ (model->title) : _ ("Own features"),
                          embedding != NULL ? _ (embedding->title) : _ ("no map"),
                          ple_recipe_get_seed (recipe));
}

static void
add_line (GtkWidget *box, const char *text, const char *style)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  if (style != NULL)
    gtk_style_context_add_class (gtk_widget_get_style_context (label), style);
  gtk_container_add (GTK_CONTAINER (box), label);
}

static void
add_run (PleRunButton *button, const PleRunSummary *run, const char *shown)
{
  g_autofree char *title = describe (run->recipe, run->n_clusters);
  g_autofree char *outcome = describe_outcome (run);
  g_autofree char *making = describe_making (run->recipe);
  GtkWidget *row = gtk_list_box_row_new ();
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *texts = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *tick = gtk_image_new_from_icon_name ("object-select-symbolic", GTK_ICON_SIZE_BUTTON);
  gboolean is_shown = g_strcmp0 (run->key, shown) == 0;

  add_line (texts, title, "run-title");
  add_line (texts, outcome, NULL);
  add_line (texts, making, GTK_STYLE_CLASS_DIM_LABEL);
  gtk_widget_set_opacity (tick, is_shown ? 1 : 0);
  gtk_box_pack_start (GTK_BOX (line), texts, TRUE, TRUE, 0);
  gtk_container_add (GTK_CONTAINER (line), tick);
  gtk_container_set_border_width (GTK_CONTAINER (line), 6);
  gtk_container_add (GTK_CONTAINER (row), line);
  g_object_set_data_full (G_OBJECT (row), "key", g_strdup (run->key), g_free);
  atk_object_set_name (gtk_widget_get_accessible (row), title);
  gtk_widget_show_all (row);
  gtk_container_add (GTK_CONTAINER (button->list), row);
  if (is_shown)
    gtk_list_box_select_row (button->list, GTK_LIST_BOX_ROW (row));
}

typedef struct
{
  char *project_path;
  char **keys;
} Listing;

static void
listing_free (gpointer data)
{
  Listing *listing = data;

  g_free (listing->project_path);
  g_strfreev (listing->keys);
  g_free (listing);
}

static void
list_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Listing *listing = data;

  g_task_return_pointer (task, ple_run_list_load (listing->project_path, listing->keys),
                         (GDestroyNotify) g_ptr_array_unref);
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GPtrArray) runs = g_task_propagate_pointer (G_TASK (result), NULL);
  PleRunButton *button = PLE_RUN_BUTTON (source);
  PleRun *shown;

  if (runs == NULL)
    return;
  shown = ple_session_get_run (button->session);
  ple_container_clear (GTK_CONTAINER (button->list));
  for (guint i = runs->len; i-- > 0;)
    add_run (button, g_ptr_array_index (runs, i), shown != NULL ? shown->key : NULL);
}

static void
forget_listing (PleRunButton *button)
{
  g_cancellable_cancel (button->cancellable);
  g_clear_object (&button->cancellable);
}

/* The popover comes up: runs may have been added, by the command line, too. */
static void
on_popover_shown (PleRunButton *button)
{
  PleProject *project = ple_session_get_project (button->session);
  g_autoptr (GTask) task = NULL;
  Listing *listing;

  forget_listing (button);
  if (project == NULL)
    return;
  listing = g_new0 (Listing, 1);
  listing->project_path = g_strdup (ple_project_get_path (project));
  listing->keys = ple_project_list_runs (project);
  button->cancellable = g_cancellable_new ();
  task = g_task_new (button, button->cancellable, on_listed, NULL);
  g_task_set_task_data (task, listing, listing_free);
  g_task_run_in_thread (task, list_in_thread);
}

static void
on_row_activated (GtkListBox *list, GtkListBoxRow *row, PleRunButton *button)
{
  const char *key = g_object_get_data (G_OBJECT (row), "key");

  gtk_popover_popdown (button->popover);
  g_action_group_change_action_state (
      G_ACTION_GROUP (gtk_widget_get_toplevel (GTK_WIDGET (button))), "show-run",
      g_variant_new_string (key));
}

static void
on_run_changed (PleRunButton *button)
{
  PleProject *project = ple_session_get_project (button->session);
  PleRun *run = ple_session_get_run (button->session);
  g_auto (GStrv) keys = run != NULL ? ple_project_list_runs (project) : NULL;
  gboolean choice = keys != NULL && g_strv_length (keys) > 1;

  gtk_widget_set_visible (GTK_WIDGET (button), choice);
  if (choice)
    {
      g_autofree char *title = describe (run->recipe, run->n_clusters);

      gtk_label_set_text (button->label, title);
    }
}

static void
ple_run_button_dispose (GObject *object)
{
  forget_listing (PLE_RUN_BUTTON (object));
  G_OBJECT_CLASS (ple_run_button_parent_class)->dispose (object);
}

static void
ple_run_button_class_init (PleRunButtonClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ple_run_button_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/pleiades/Pleiades/ui/ple-run-button.ui");
  gtk_widget_class_bind_template_child (widget_class, PleRunButton, label);
  gtk_widget_class_bind_template_child (widget_class, PleRunButton, popover);
  gtk_widget_class_bind_template_child (widget_class, PleRunButton, list);
  gtk_widget_class_bind_template_callback (widget_class, on_row_activated);
}

static void
ple_run_button_init (PleRunButton *button)
{
  gtk_widget_init_template (GTK_WIDGET (button));
  g_signal_connect_swapped (button->popover, "show", G_CALLBACK (on_popover_shown), button);
}

void
ple_run_button_set_session (PleRunButton *button, PleSession *session)
{
  button->session = session;
  g_signal_connect_object (session, "run-changed", G_CALLBACK (on_run_changed), button,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "phase-changed", G_CALLBACK (on_run_changed), button,
                           G_CONNECT_SWAPPED);
}
