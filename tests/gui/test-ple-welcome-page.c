/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recent projects: shown with their mosaics, said to be gone where they are, removable. */
#include "config.h"

#include "base/ple-atomic.h"
#include "dataset/ple-dataset.h"
#include "gui/ple-mosaic.h"
#include "gui/ple-recent-tile.h"
#include "gui/ple-welcome-page.h"
#include "ple-gui-test.h"

#include <string.h>

typedef struct
{
  char *folder;
  PleEnvironment environment;
  GtkWidget *page;
  GtkWidget *window;
  GSimpleActionGroup *actions;
  GString *opened;
} Fixture;

static void
on_action (GSimpleAction *action, GVariant *target, GString *opened)
{
  g_string_append_printf (opened, "%s %s\n", g_action_get_name (G_ACTION (action)),
                          g_variant_get_string (target, NULL));
}

static void
add_action (Fixture *f, const char *name)
{
  g_autoptr (GSimpleAction) action = g_simple_action_new (name, G_VARIANT_TYPE_STRING);

  g_signal_connect (action, "activate", G_CALLBACK (on_action), f->opened);
  g_action_map_add_action (G_ACTION_MAP (f->actions), G_ACTION (action));
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = g_dir_make_tmp ("pleiades-welcome-XXXXXX", NULL);
  f->environment.data_dir = g_build_filename (f->folder, "data", NULL);
  f->environment.cache_dir = g_build_filename (f->folder, "cache", NULL);
  f->opened = g_string_new (NULL);
  f->actions = g_simple_action_group_new ();
  add_action (f, "open");
  add_action (f, "forget-project");
  f->page = g_object_new (PLE_TYPE_WELCOME_PAGE, NULL);
  f->window = ple_gui_test_window (f->page, 1000, 700);
  gtk_widget_insert_action_group (f->window, "win", G_ACTION_GROUP (f->actions));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  gtk_widget_destroy (f->window);
  g_object_unref (f->actions);
  g_string_free (f->opened, TRUE);
  ple_remove_recursively (f->folder, NULL);
  g_free (f->folder);
  g_free ((char *) f->environment.data_dir);
  g_free ((char *) f->environment.cache_dir);
}

static void
collect (GtkWidget *widget, gpointer data)
{
  if (PLE_IS_RECENT_TILE (widget))
    g_ptr_array_add (data, widget);
  if (GTK_IS_CONTAINER (widget))
    gtk_container_forall (GTK_CONTAINER (widget), collect, data);
}

static GPtrArray *
find_tiles (Fixture *f)
{
  GPtrArray *tiles = g_ptr_array_new ();

  collect (f->page, tiles);
  return tiles;
}

static void
collect_text (GtkWidget *widget, gpointer data)
{
  if (GTK_IS_LABEL (widget))
    g_string_append_printf (data, "%s\n", gtk_label_get_text (GTK_LABEL (widget)));
  if (GTK_IS_CONTAINER (widget))
    gtk_container_forall (GTK_CONTAINER (widget), collect_text, data);
}

static gboolean
tile_says (GtkWidget *tile, const char *text)
{
  g_autoptr (GString) all = g_string_new (NULL);

  collect_text (tile, all);
  return strstr (all->str, text) != NULL;
}

static void
click_buttons (GtkWidget *widget, gpointer data)
{
  if (GTK_IS_BUTTON (widget))
    gtk_button_clicked (GTK_BUTTON (widget));
  else if (GTK_IS_CONTAINER (widget))
    gtk_container_forall (GTK_CONTAINER (widget), click_buttons, data);
}

/* A project of its own. (transfer full): its path */
static char *
make_project (Fixture *f, guint64 seed)
{
  g_autoptr (PleDataset) dataset = ple_sample_dataset_new (24, seed);
  g_autoptr (PleProject) project = ple_project_new (NULL, dataset, &f->environment, NULL);

  g_assert_nonnull (project);
  return g_strdup (ple_project_get_path (project));
}

static void
test_none (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) tiles = NULL;

  ple_welcome_page_refresh (PLE_WELCOME_PAGE (f->page), &f->environment);
  tiles = find_tiles (f);
  g_assert_cmpuint (tiles->len, ==, 0);
}

static gboolean
says_how_far (gpointer tile)
{
  return tile_says (tile, "24 pictures · 25 % confirmed");
}

static void
test_shows_mosaics_and_what_is_gone (Fixture *f, gconstpointer data)
{
  const PleMosaic mosaic = { { 0, 1, 2, 3 }, 4, 24, 6 };
  g_autoptr (PleDataset) dataset = ple_sample_dataset_new (24, 0);
  g_autofree char *gone = make_project (f, 1);
  g_autofree char *there = make_project (f, 0);
  g_autofree char *wanted = NULL;
  g_autoptr (GPtrArray) tiles = NULL;

  g_assert_true (ple_mosaic_keep (f->environment.cache_dir, there, dataset, &mosaic, NULL));
  g_assert_true (ple_remove_recursively (gone, NULL));
  ple_welcome_page_refresh (PLE_WELCOME_PAGE (f->page), &f->environment);
  tiles = find_tiles (f);
  g_assert_cmpuint (tiles->len, ==, 2);
  ple_gui_test_wait (says_how_far, g_ptr_array_index (tiles, 0));
  g_assert_true (tile_says (g_ptr_array_index (tiles, 1), "moved or deleted"));
  /* Each has two buttons: open, and take it from the list. */
  click_buttons (g_ptr_array_index (tiles, 0), NULL);
  wanted = g_strdup_printf ("open %s\nforget-project %s\n", there, there);
  g_assert_cmpstr (f->opened->str, ==, wanted);
}

/* Tiles that go while their mosaic is loaded are not touched any more. */
static void
test_refresh_while_loading (Fixture *f, gconstpointer data)
{
  g_autofree char *first = make_project (f, 0);
  g_autofree char *second = make_project (f, 1);

  for (int i = 0; i < 5; i++)
    ple_welcome_page_refresh (PLE_WELCOME_PAGE (f->page), &f->environment);
  g_assert_true (ple_project_forget_recent (&f->environment, first, NULL));
  ple_welcome_page_refresh (PLE_WELCOME_PAGE (f->page), &f->environment);
  ple_gui_test_spin ();
  {
    g_autoptr (GPtrArray) tiles = find_tiles (f);

    g_assert_cmpuint (tiles->len, ==, 1);
  }
}

#define ADD(name, func)                                                                            \
  g_test_add ("/gui/welcome-page/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  ADD ("none", test_none);
  ADD ("shows-mosaics-and-what-is-gone", test_shows_mosaics_and_what_is_gone);
  ADD ("refresh-while-loading", test_refresh_while_loading);
  return g_test_run ();
}
