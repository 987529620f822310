/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-split-popover.h"

#include <glib/gi18n.h>

static void
on_split (GtkWidget *widget, GtkSpinButton *parts)
{
  GtkPopover *popover = GTK_POPOVER (gtk_widget_get_ancestor (widget, GTK_TYPE_POPOVER));
  GtkWidget *toplevel = gtk_widget_get_toplevel (gtk_popover_get_relative_to (popover));

  gtk_spin_button_update (parts);
  gtk_popover_popdown (popover);
  g_action_group_activate_action (G_ACTION_GROUP (toplevel), "split-selection",
                                  g_variant_new_int32 (gtk_spin_button_get_value_as_int (parts)));
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
  g_idle_add_full (G_PRIORITY_DEFAULT, destroy_later, g_object_ref (popover), g_object_unref);
}

void
ple_split_popover_ask (GtkWidget *relative_to)
{
  g_autoptr (GtkBuilder) builder =
      gtk_builder_new_from_resource ("/org/pleiades/Pleiades/ui/ple-split-popover.ui");
  GtkWidget *popover = GTK_WIDGET (gtk_builder_get_object (builder, "popover"));
  GtkWidget *parts = GTK_WIDGET (gtk_builder_get_object (builder, "parts"));

  gtk_popover_set_relative_to (GTK_POPOVER (popover), relative_to);
  g_signal_connect (gtk_builder_get_object (builder, "split_button"), "clicked",
                    G_CALLBACK (on_split), parts);
  g_signal_connect (parts, "activate", G_CALLBACK (on_split), parts);
  g_signal_connect (popover, "closed", G_CALLBACK (on_closed), NULL);
  gtk_popover_popup (GTK_POPOVER (popover));
  gtk_widget_grab_focus (parts);
}
