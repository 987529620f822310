/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* One table of keys feeds the bindings, the menus (GTK reads the bindings), the tooltips of
 * buttons, the window of shortcuts and the help: they cannot say different things. */

typedef enum
{
  PLE_SHORTCUT_GENERAL,
  PLE_SHORTCUT_VIEW,
  PLE_SHORTCUT_SELECTION,
  PLE_SHORTCUT_DECISIONS,
  PLE_SHORTCUT_MAP,
  PLE_SHORTCUT_N_GROUPS,
} PleShortcutGroup;

/* Who answers to the keys. */
typedef enum
{
  PLE_SHORTCUT_BY_WINDOW, /* bound to @action, wherever the focus is (but for text entries) */
  PLE_SHORTCUT_BY_CELLS,  /* the grid of pictures and the list of clusters */
  PLE_SHORTCUT_BY_GRID,
  PLE_SHORTCUT_BY_MAP,
} PleShortcutOwner;

/**
 * PleShortcut:
 * @group: where it is shown
 * @owner: who answers
 * @action: (nullable): detailed name, "win.tool::box"; %NULL if a widget answers
 * @title: what it does, to be translated
 * @keys: (array zero-terminated=1): accelerators that all do it
 */
typedef struct
{
  PleShortcutGroup group;
  PleShortcutOwner owner;
  const char *action;
  const char *title;
  const char *keys[6];
} PleShortcut;

const PleShortcut *ple_shortcuts_get (size_t *n);
/* Translated. (transfer none) */
const char *ple_shortcuts_get_group_title (PleShortcutGroup group);

/* Binds the keys of all that have an action. */
void ple_shortcuts_install (GtkApplication *app);
/* Adds the key of its action to the tooltip of each button in @root: "Undo (Ctrl+Z)". Once, when
 * the keys are bound. */
void ple_shortcuts_add_to_tooltips (GtkWidget *root, GtkApplication *app);
/* A window that shows them all. (transfer none) */
GtkWindow *ple_shortcuts_window_new (void);

G_END_DECLS
