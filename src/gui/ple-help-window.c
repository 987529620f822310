/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-help-window.h"

#include "gui/ple-shortcuts.h"

#include <glib/gi18n.h>

struct _PleHelpWindow
{
  GtkWindow parent_instance;
  GtkStack *stack;
  GtkBox *keys_box;
};

G_DEFINE_FINAL_TYPE (PleHelpWindow, ple_help_window, GTK_TYPE_WINDOW)

/* "Ctrl+Shift+A or Escape" */
static char *
describe_keys (const PleShortcut *shortcut)
{
  GString *text = g_string_new (NULL);

  for (size_t i = 0; shortcut->keys[i] != NULL; i++)
    {
      g_autofree char *label = NULL;
      GdkModifierType modifiers;
      guint key;

      gtk_accelerator_parse (shortcut->keys[i], &key, &modifiers);
      label = gtk_accelerator_get_label (key, modifiers);
      /* Translators: between two keys that do the same. */
      g_string_append_printf (text, "%s%s", i > 0 ? _ (", ") : "", label);
    }
  return g_string_free (text, FALSE);
}

static void
add_row (GtkGrid *grid, int row, const PleShortcut *shortcut)
{
  g_autofree char *keys = describe_keys (shortcut);
  GtkWidget *title = gtk_label_new (_ (shortcut->title));
  GtkWidget *label = gtk_label_new (keys);

  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_style_context_add_class (gtk_widget_get_style_context (label), "dim-label");
  gtk_grid_attach (grid, title, 0, row, 1, 1);
  gtk_grid_attach (grid, label, 1, row, 1, 1);
}

static void
add_keys (PleHelpWindow *window)
{
  GtkSizeGroup *columns = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  size_t n;
  const PleShortcut *shortcuts = ple_shortcuts_get (&n);

  for (guint group = 0; group < PLE_SHORTCUT_N_GROUPS; group++)
    {
      GtkWidget *title = gtk_label_new (ple_shortcuts_get_group_title ((PleShortcutGroup) group));
      GtkWidget *grid = gtk_grid_new ();
      int row = 0;

      gtk_label_set_xalign (GTK_LABEL (title), 0);
      gtk_style_context_add_class (gtk_widget_get_style_context (title), "section-title");
      g_object_set (grid, "row-spacing", 6, "column-spacing", 24, "margin-bottom", 12, NULL);
      for (size_t i = 0; i < n; i++)
        if (shortcuts[i].group == (PleShortcutGroup) group)
          add_row (GTK_GRID (grid), row++, &shortcuts[i]);
      gtk_size_group_add_widget (columns, gtk_grid_get_child_at (GTK_GRID (grid), 0, 0));
      gtk_container_add (GTK_CONTAINER (window->keys_box), title);
      gtk_container_add (GTK_CONTAINER (window->keys_box), grid);
    }
  g_object_unref (columns);
  gtk_widget_show_all (GTK_WIDGET (window->keys_box));
}

static gboolean
ple_help_window_key_press (GtkWidget *widget, GdkEventKey *event)
{
  if (event->keyval == GDK_KEY_Escape)
    {
      gtk_window_close (GTK_WINDOW (widget));
      return GDK_EVENT_STOP;
    }
  return GTK_WIDGET_CLASS (ple_help_window_parent_class)->key_press_event (widget, event);
}

static void
ple_help_window_class_init (PleHelpWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->key_press_event = ple_help_window_key_press;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/pleiades/Pleiades/ui/ple-help-window.ui");
  gtk_widget_class_bind_template_child (widget_class, PleHelpWindow, stack);
  gtk_widget_class_bind_template_child (widget_class, PleHelpWindow, keys_box);
}

static void
ple_help_window_init (PleHelpWindow *window)
{
  gtk_widget_init_template (GTK_WIDGET (window));
  add_keys (window);
}

GtkWidget *
ple_help_window_new (void)
{
  return g_object_new (PLE_TYPE_HELP_WINDOW, NULL);
}

void
ple_help_window_show_page (PleHelpWindow *window, const char *page)
{
  gtk_stack_set_visible_child_name (window->stack, page);
}
