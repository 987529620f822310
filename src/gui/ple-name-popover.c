/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-name-popover.h"

#include <glib/gi18n.h>
#include <string.h>

struct _PleNamePopover
{
  GtkPopover parent_instance;
  GtkLabel *question_label;
  GtkEntry *entry;
  GtkWidget *ok_button;
  char *action;
};

G_DEFINE_FINAL_TYPE (PleNamePopover, ple_name_popover, GTK_TYPE_POPOVER)

static void
ple_name_popover_finalize (GObject *object)
{
  g_free (PLE_NAME_POPOVER (object)->action);
  G_OBJECT_CLASS (ple_name_popover_parent_class)->finalize (object);
}

static void
commit (PleNamePopover *popover)
{
  g_autofree char *name = g_strstrip (g_strdup (gtk_entry_get_text (popover->entry)));
  const char *bare = strchr (popover->action, '.') + 1;
  GtkWidget *owner = gtk_popover_get_relative_to (GTK_POPOVER (popover));

  if (name[0] == '\0')
    {
      gtk_widget_error_bell (GTK_WIDGET (popover));
      return;
    }
  gtk_popover_popdown (GTK_POPOVER (popover));
  g_action_group_activate_action (G_ACTION_GROUP (gtk_widget_get_toplevel (owner)), bare,
                                  g_variant_new_string (name));
}

static void
on_changed (PleNamePopover *popover)
{
  g_autofree char *name = g_strstrip (g_strdup (gtk_entry_get_text (popover->entry)));

  gtk_widget_set_sensitive (popover->ok_button, name[0] != '\0');
}

static void
ple_name_popover_class_init (PleNamePopoverClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ple_name_popover_finalize;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/pleiades/Pleiades/ui/ple-name-popover.ui");
  gtk_widget_class_bind_template_child (widget_class, PleNamePopover, question_label);
  gtk_widget_class_bind_template_child (widget_class, PleNamePopover, entry);
  gtk_widget_class_bind_template_child (widget_class, PleNamePopover, ok_button);
  gtk_widget_class_bind_template_callback (widget_class, commit);
  gtk_widget_class_bind_template_callback (widget_class, on_changed);
}

static void
ple_name_popover_init (PleNamePopover *popover)
{
  gtk_widget_init_template (GTK_WIDGET (popover));
}

static gboolean
destroy_later (gpointer popover)
{
  gtk_widget_destroy (popover);
  return G_SOURCE_REMOVE;
}

static void
on_closed (GtkPopover *popover)
{
  /* GTK is still using it. */
  g_idle_add_full (G_PRIORITY_DEFAULT, destroy_later, g_object_ref (popover), g_object_unref);
}

static void
add_name (GtkListStore *store, GHashTable *seen, const char *name)
{
  if (name[0] == '\0' || !g_hash_table_add (seen, g_strdup (name)))
    return;
  gtk_list_store_insert_with_values (store, NULL, -1, 0, name, -1);
}

static GtkListStore *
list_names (PleSession *session)
{
  GtkListStore *store = gtk_list_store_new (1, G_TYPE_STRING);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  PleCuration *curation = ple_session_get_curation (session);
  PleDataset *dataset = ple_session_get_dataset (session);

  for (size_t id = 0; curation != NULL && id < ple_curation_get_n_ids (curation); id++)
    {
      PleClusterInfo info = ple_curation_get_cluster (curation, (gint32) id);

      if (info.alive)
        add_name (store, seen, info.name);
    }
  for (size_t c = 0; c < ple_dataset_get_n_classes (dataset); c++)
    add_name (store, seen, ple_dataset_get_class_name (dataset, c));
  return store;
}

/* Anywhere in the name, whatever the case. */
static gboolean
matches (GtkEntryCompletion *completion, const char *key, GtkTreeIter *iter, gpointer data)
{
  g_autofree char *name = NULL;
  g_autofree char *folded = NULL;

  gtk_tree_model_get (gtk_entry_completion_get_model (completion), iter, 0, &name, -1);
  folded = name != NULL ? g_utf8_casefold (name, -1) : NULL;
  return folded != NULL && strstr (folded, key) != NULL;
}

void
ple_name_popover_ask (GtkWidget *relative_to,
                      const GdkRectangle *area,
                      PleSession *session,
                      const char *question,
                      const char *text,
                      const char *action)
{
  PleNamePopover *popover = g_object_new (PLE_TYPE_NAME_POPOVER, "relative-to", relative_to, NULL);
  g_autoptr (GtkEntryCompletion) completion = gtk_entry_completion_new ();
  g_autoptr (GtkListStore) names = list_names (session);

  if (area != NULL)
    gtk_popover_set_pointing_to (GTK_POPOVER (popover), area);
  popover->action = g_strdup (action);
  gtk_label_set_text (popover->question_label, question);
  gtk_entry_completion_set_model (completion, GTK_TREE_MODEL (names));
  gtk_entry_completion_set_text_column (completion, 0);
  gtk_entry_completion_set_match_func (completion, matches, NULL, NULL);
  gtk_entry_completion_set_popup_single_match (completion, TRUE);
  gtk_entry_set_completion (popover->entry, completion);
  gtk_entry_set_text (popover->entry, text != NULL ? text : "");
  on_changed (popover);
  g_signal_connect (popover, "closed", G_CALLBACK (on_closed), NULL);
  gtk_popover_popup (GTK_POPOVER (popover));
  gtk_widget_grab_focus (GTK_WIDGET (popover->entry));
}
