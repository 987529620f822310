/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-shortcuts.h"

#include <glib/gi18n.h>

#define GENERAL PLE_SHORTCUT_GENERAL, PLE_SHORTCUT_BY_WINDOW
#define VIEW PLE_SHORTCUT_VIEW, PLE_SHORTCUT_BY_WINDOW
#define SELECTION PLE_SHORTCUT_SELECTION, PLE_SHORTCUT_BY_WINDOW
#define CELLS PLE_SHORTCUT_SELECTION, PLE_SHORTCUT_BY_CELLS
#define GRID PLE_SHORTCUT_SELECTION, PLE_SHORTCUT_BY_GRID
#define DECISION PLE_SHORTCUT_DECISIONS, PLE_SHORTCUT_BY_WINDOW
#define MAP PLE_SHORTCUT_MAP, PLE_SHORTCUT_BY_WINDOW
#define ON_MAP PLE_SHORTCUT_MAP, PLE_SHORTCUT_BY_MAP

/* clang-format off */
static const PleShortcut shortcuts[] = {
  { GENERAL, "win.open-folder", N_("Open a folder of pictures"), { "<Primary>o" } },
  { GENERAL, "win.export-dialog", N_("Export"), { "<Primary>e" } },
  { GENERAL, "win.undo", N_("Undo"), { "<Primary>z" } },
  { GENERAL, "win.redo", N_("Redo"), { "<Primary><Shift>z" } },
  { GENERAL, "app.new-window", N_("New window"), { "<Primary>n" } },
  { GENERAL, "app.preferences", N_("Preferences"), { "<Primary>comma" } },
  { GENERAL, "app.help", N_("Help"), { "F1" } },
  { GENERAL, "app.shortcuts", N_("Keyboard shortcuts"), { "<Primary>question", "<Primary>F1" } },
  { GENERAL, "win.menu", N_("Menu"), { "F10" } },
  { GENERAL, "win.close", N_("Close the window"), { "<Primary>w" } },
  { GENERAL, "app.quit", N_("Quit"), { "<Primary>q" } },

  { VIEW, "win.step-cluster(1)", N_("Next cluster"), { "bracketright" } },
  { VIEW, "win.step-cluster(-1)", N_("Cluster before"), { "bracketleft" } },
  { VIEW, "win.find-cluster", N_("Find a cluster"), { "slash", "<Primary>f" } },
  { VIEW, "win.show-sidebar", N_("Show the clusters"), { "F9" } },
  { VIEW, "win.show-inspector", N_("Show the inspector"), { "i", "<Primary>i" } },
  { VIEW, "win.side-by-side", N_("True classes beside the clusters"), { "backslash" } },
  { VIEW, "win.fullscreen", N_("Full screen"), { "F11" } },

  { CELLS, NULL, N_("Go to another cell"), { "Up", "Down", "Home", "End" } },
  { CELLS, NULL, N_("Go on by a page"), { "Page_Up", "Page_Down" } },
  { GRID, NULL, N_("Go to the picture beside"), { "Left", "Right" } },
  { CELLS, NULL, N_("Select a range"), { "<Shift>Up", "<Shift>Down" } },
  { CELLS, NULL, N_("Go without selecting"), { "<Primary>Up", "<Primary>Down" } },
  { CELLS, NULL, N_("Select or leave out"), { "<Primary>space" } },
  { SELECTION, "win.select-all", N_("Select all"), { "<Primary>a" } },
  { SELECTION, "win.select-none", N_("Select nothing"), { "<Primary><Shift>a", "Escape" } },
  { SELECTION, "win.select-invert", N_("Invert the selection"), { "<Primary><Shift>i" } },
  { SELECTION, "win.copy-paths", N_("Copy paths"), { "<Primary>c" } },

  { DECISION, "win.confirm", N_("Confirm"), { "c" } },
  { DECISION, "win.name-dialog", N_("Name the cluster"), { "n" } },
  { DECISION, "win.move-dialog", N_("Move to another cluster"), { "m" } },
  { DECISION, "win.merge-clusters", N_("Merge clusters"), { "<Shift>m" } },
  { DECISION, "win.split-dialog", N_("Split"), { "s" } },
  { DECISION, "win.exclude", N_("Exclude"), { "x" } },
  { DECISION, "win.unsure", N_("Mark as unsure"), { "u" } },
  { DECISION, "win.reset", N_("Back to the run’s label"), { "0" } },

  { MAP, "win.tool::hand", N_("Hand"), { "h" } },
  { MAP, "win.tool::box", N_("Box"), { "b" } },
  { MAP, "win.tool::lasso", N_("Lasso"), { "o" } },
  { MAP, "win.zoom-in", N_("Zoom in"), { "plus", "equal", "KP_Add", "<Primary>plus" } },
  { MAP, "win.zoom-out", N_("Zoom out"), { "minus", "KP_Subtract", "<Primary>minus" } },
  { MAP, "win.zoom-fit", N_("Show the whole map"), { "<Primary>0" } },
  { MAP, "win.zoom-selection", N_("Show the selection"), { "v" } },
  { ON_MAP, NULL, N_("Move the map"), { "Left", "Right", "Up", "Down" } },
};
/* clang-format on */

const PleShortcut *
ple_shortcuts_get (size_t *n)
{
  *n = G_N_ELEMENTS (shortcuts);
  return shortcuts;
}

const char *
ple_shortcuts_get_group_title (PleShortcutGroup group)
{
  static const char *const titles[] = {
    [PLE_SHORTCUT_GENERAL] = N_ ("General"),
    [PLE_SHORTCUT_VIEW] = N_ ("View"),
    [PLE_SHORTCUT_SELECTION] = N_ ("Selection"),
    [PLE_SHORTCUT_DECISIONS] = N_ ("Decisions"),
    [PLE_SHORTCUT_MAP] = N_ ("Map"),
  };

  return _ (titles[group]);
}

void
ple_shortcuts_install (GtkApplication *app)
{
  for (size_t i = 0; i < G_N_ELEMENTS (shortcuts); i++)
    if (shortcuts[i].action != NULL)
      gtk_application_set_accels_for_action (app, shortcuts[i].action, shortcuts[i].keys);
}

/* The action of a button with its target, "win.tool::box"; NULL without. (transfer full) */
static char *
dup_detailed_action (GtkWidget *widget)
{
  const char *name =
      GTK_IS_ACTIONABLE (widget) ? gtk_actionable_get_action_name (GTK_ACTIONABLE (widget)) : NULL;

  if (name == NULL)
    return NULL;
  return g_action_print_detailed_name (
      name, gtk_actionable_get_action_target_value (GTK_ACTIONABLE (widget)));
}

static void
add_to_tooltip (GtkWidget *widget, gpointer data)
{
  g_autofree char *tooltip = gtk_widget_get_tooltip_text (widget);
  g_autofree char *action = dup_detailed_action (widget);

  if (tooltip != NULL && action != NULL)
    {
      g_auto (GStrv) keys = gtk_application_get_accels_for_action (data, action);

      if (keys[0] != NULL)
        {
          g_autofree char *label = NULL;
          g_autofree char *text = NULL;
          GdkModifierType modifiers;
          guint key;

          gtk_accelerator_parse (keys[0], &key, &modifiers);
          label = gtk_accelerator_get_label (key, modifiers);
          text = g_strdup_printf ("%s (%s)", tooltip, label);
          gtk_widget_set_tooltip_text (widget, text);
        }
    }
  if (GTK_IS_CONTAINER (widget))
    gtk_container_forall (GTK_CONTAINER (widget), add_to_tooltip, data);
}

void
ple_shortcuts_add_to_tooltips (GtkWidget *root, GtkApplication *app)
{
  add_to_tooltip (root, app);
}

static GtkWidget *
make_group (PleShortcutGroup group)
{
  GtkWidget *widget = g_object_new (GTK_TYPE_SHORTCUTS_GROUP, "visible", TRUE, "title",
                                    ple_shortcuts_get_group_title (group), NULL);

  for (size_t i = 0; i < G_N_ELEMENTS (shortcuts); i++)
    {
      g_autofree char *keys = NULL;

      if (shortcuts[i].group != group)
        continue;
      keys = g_strjoinv (" ", (char **) shortcuts[i].keys);
      gtk_container_add (GTK_CONTAINER (widget),
                         g_object_new (GTK_TYPE_SHORTCUTS_SHORTCUT, "visible", TRUE, "accelerator",
                                       keys, "title", _ (shortcuts[i].title), NULL));
    }
  return widget;
}

GtkWindow *
ple_shortcuts_window_new (void)
{
  GtkWidget *window = g_object_new (GTK_TYPE_SHORTCUTS_WINDOW, "modal", TRUE, NULL);
  GtkWidget *section = g_object_new (GTK_TYPE_SHORTCUTS_SECTION, "visible", TRUE, "section-name",
                                     "all", "max-height", 12u, NULL);

  for (guint group = 0; group < PLE_SHORTCUT_N_GROUPS; group++)
    gtk_container_add (GTK_CONTAINER (section), make_group ((PleShortcutGroup) group));
  gtk_container_add (GTK_CONTAINER (window), section);
  return GTK_WINDOW (window);
}
