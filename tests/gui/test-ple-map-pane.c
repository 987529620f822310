/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two maps of a session, side by side. */
#include "config.h"

#include "base/ple-atomic.h"
#include "gui/ple-map-pane.h"
#include "linalg/ple-linalg.h"
#include "ple-gui-test.h"

#include <math.h>

typedef struct
{
  char *folder;
  PleEnvironment environment;
} Program;

typedef struct
{
  PleSession *session;
  PleMapPane *pane;
  PleMapView *map;
  PleMapView *truth;
  GtkWidget *window;
} Fixture;

static gboolean
is_on_import (gpointer session)
{
  return ple_session_get_phase (session) == PLE_PHASE_IMPORT;
}

static gboolean
is_curated (gpointer session)
{
  return ple_session_get_curation (session) != NULL;
}

static gboolean
is_settled (gpointer pane)
{
  return ple_map_pane_is_settled (pane);
}

/* A small sample with its true classes, laid out by PCA. */
static void
set_up (Fixture *f, gconstpointer data)
{
  const Program *program = data;
  g_autoptr (GError) error = NULL;

  f->session = ple_session_new (&program->environment);
  f->pane = g_object_new (PLE_TYPE_MAP_PANE, "visible", TRUE, NULL);
  f->map = ple_map_pane_get_map (f->pane);
  f->truth = ple_map_pane_get_truth_map (f->pane);
  ple_map_pane_set_session (f->pane, f->session);
  f->window = ple_gui_test_window (GTK_WIDGET (f->pane), 800, 400);
  ple_session_open (f->session, "sample:96:7");
  ple_gui_test_wait (is_on_import, f->session);
  g_assert_true (ple_recipe_set (ple_session_get_recipe (f->session), "model", "hog-color", NULL));
  g_assert_true (ple_recipe_set (ple_session_get_recipe (f->session), "embedding", "pca", NULL));
  g_assert_true (ple_session_start (f->session, &error));
  g_assert_no_error (error);
  ple_gui_test_wait (is_curated, f->session);
  ple_gui_test_wait (is_settled, f->pane);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  gtk_widget_destroy (f->window);
  ple_session_close (f->session);
  g_object_unref (f->session);
}

static void
assert_same_view (Fixture *f)
{
  PleCamera a, b;

  ple_map_view_get_camera (f->map, &a);
  ple_map_view_get_camera (f->truth, &b);
  g_assert_cmpfloat_with_epsilon (a.x, b.x, 1e-9 * fabs (a.x) + 1e-12);
  g_assert_cmpfloat_with_epsilon (a.y, b.y, 1e-9 * fabs (a.y) + 1e-12);
  g_assert_cmpfloat_with_epsilon (a.scale, b.scale, 1e-9 * a.scale);
}

static void
show_both (Fixture *f)
{
  ple_map_pane_set_side_by_side (f->pane, TRUE);
  ple_gui_test_wait (is_settled, f->pane);
  g_assert_true (gtk_widget_get_mapped (GTK_WIDGET (f->truth)));
}

/* Whoever is moved, by wheel, hand, key or animation, the other goes along. */
static void
test_one_camera (Fixture *f, gconstpointer data)
{
  PleCamera before, after;

  show_both (f);
  assert_same_view (f);
  ple_map_view_get_camera (f->map, &before);
  ple_gui_test_scroll (GTK_WIDGET (f->truth), 120, 90, -3, 0);
  ple_map_view_get_camera (f->map, &after);
  g_assert_cmpfloat (after.scale, >, before.scale * 1.5);
  assert_same_view (f);
  ple_gui_test_scroll (GTK_WIDGET (f->map), 200, 190, -2, 0);
  assert_same_view (f);
  ple_gui_test_key (GTK_WIDGET (f->truth), GDK_KEY_Right, 0);
  assert_same_view (f);
  ple_gui_test_key (GTK_WIDGET (f->map), GDK_KEY_plus, 0);
  ple_gui_test_wait (is_settled, f->pane);
  assert_same_view (f);
  ple_gui_test_key (GTK_WIDGET (f->truth), GDK_KEY_0, 0);
  ple_gui_test_wait (is_settled, f->pane);
  assert_same_view (f);
  ple_map_view_get_camera (f->map, &after);
  g_assert_cmpfloat_with_epsilon (after.scale, before.scale, before.scale * 0.01);
}

/* Hidden, the map of the classes is left alone; shown again it comes to where the other is. */
static void
test_comes_back_to_the_others_view (Fixture *f, gconstpointer data)
{
  show_both (f);
  ple_map_pane_set_side_by_side (f->pane, FALSE);
  ple_gui_test_wait (is_settled, f->pane);
  ple_gui_test_scroll (GTK_WIDGET (f->map), 250, 200, -4, 0);
  ple_gui_test_wait (is_settled, f->pane);
  show_both (f);
  assert_same_view (f);
}

static void
test_one_selection_and_hover (Fixture *f, gconstpointer data)
{
  PleSelection *selection = ple_session_get_selection (f->session);
  g_autoptr (PleGuiPicture) before = NULL;
  g_autoptr (PleGuiPicture) after = NULL;
  guint changed = 0;
  double x, y;

  show_both (f);
  g_assert_true (ple_map_view_get_item_position (f->truth, 5, &x, &y));
  before = ple_gui_test_picture (GTK_WIDGET (f->map));
  ple_gui_test_motion (GTK_WIDGET (f->truth), x, y, 0);
  after = ple_gui_test_picture (GTK_WIDGET (f->map));
  for (int i = 0; i < before->width * before->height; i++)
    changed += before->pixels[i] != after->pixels[i];
  g_assert_cmpuint (changed, >, 10);
  ple_gui_test_click (GTK_WIDGET (f->truth), 1, x, y, 0);
  g_assert_cmpuint (ple_selection_get_n_selected (selection), ==, 1);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/gui/map-pane/" name, Fixture, &program, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  Program program = { 0 };
  int status;

  gtk_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  program.folder = g_dir_make_tmp ("pleiades-pane-XXXXXX", NULL);
  program.environment.data_dir = g_build_filename (program.folder, "data", NULL);
  program.environment.cache_dir = g_build_filename (program.folder, "cache", NULL);
  ADD ("one-camera", test_one_camera);
  ADD ("comes-back-to-the-others-view", test_comes_back_to_the_others_view);
  ADD ("one-selection-and-hover", test_one_selection_and_hover);
  status = g_test_run ();
  ple_remove_recursively (program.folder, NULL);
  g_free (program.folder);
  g_free ((char *) program.environment.data_dir);
  g_free ((char *) program.environment.cache_dir);
  return status;
}
