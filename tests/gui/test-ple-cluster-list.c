/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-cluster-list.h"
#include "ple-gui-test.h"

#include <math.h>

#define N 25000
#define ROW 54

typedef struct
{
  GtkWidget *window;
  GtkWidget *widget;
  PleClusterList *list;
  guint n_changes;
} Fixture;

static void
on_changed (PleClusterList *list, guint *n)
{
  (*n)++;
}

static void
on_activate (PleClusterList *list, guint id, guint *activated)
{
  *activated = id;
}

/* Rows of ids @first, @first + @step, ... */
static void
set_rows (Fixture *f, guint32 first, guint32 step, size_t n)
{
  g_autofree PleClusterRow *rows = g_new0 (PleClusterRow, n + 1);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  for (size_t i = 0; i < n; i++)
    {
      guint32 id = first + (guint32) i * step;
      g_ptr_array_add (names, g_strdup_printf ("Cluster %u", id));
      rows[i] = (PleClusterRow){ .id = id,
                                 .colour = 0xff0000,
                                 .name = g_ptr_array_index (names, i),
                                 .count = 1000 + id,
                                 .quality = id % 2 != 0 ? 0.5 : (double) NAN,
                                 .state = (PleClusterState) (id % 4) };
    }
  ple_cluster_list_set_rows (f->list, rows, n);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  GtkWidget *scrolled = gtk_scrolled_window_new (NULL, NULL);
  f->widget = ple_cluster_list_new ();
  f->list = PLE_CLUSTER_LIST (f->widget);
  set_rows (f, 0, 1, N);
  g_signal_connect (f->list, "selection-changed", G_CALLBACK (on_changed), &f->n_changes);
  gtk_container_add (GTK_CONTAINER (scrolled), f->widget);
  f->window = ple_gui_test_window (scrolled, 272, 6 * ROW);
  gtk_widget_grab_focus (f->widget);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  gtk_widget_destroy (f->window);
}

static void
assert_selected (Fixture *f, size_t n_expected, const guint32 *expected)
{
  size_t n;
  g_autofree guint32 *ids = ple_cluster_list_dup_selected (f->list, &n);
  g_assert_cmpmem (ids, n * sizeof *ids, expected, n_expected * sizeof *expected);
}

#define ASSERT_SELECTED(f, ...)                                                                    \
  G_STMT_START                                                                                     \
  {                                                                                                \
    const guint32 wanted[] = { __VA_ARGS__ };                                                      \
    assert_selected (f, G_N_ELEMENTS (wanted), wanted);                                            \
  }                                                                                                \
  G_STMT_END

static double
scroll_of (Fixture *f)
{
  return gtk_adjustment_get_value (gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (f->widget)));
}

static void
test_clicks (Fixture *f, gconstpointer data)
{
  ple_gui_test_click (f->widget, 1, 90, 2 * ROW + 10, 0);
  ASSERT_SELECTED (f, 2);
  g_assert_cmpuint (ple_cluster_list_get_focus_id (f->list), ==, 2);
  ple_gui_test_click (f->widget, 1, 90, 4 * ROW + 10, GDK_CONTROL_MASK);
  ASSERT_SELECTED (f, 2, 4);
  ple_gui_test_click (f->widget, 1, 90, 1 * ROW + 10, 0);
  ple_gui_test_click (f->widget, 1, 90, 3 * ROW + 10, GDK_SHIFT_MASK);
  ASSERT_SELECTED (f, 1, 2, 3);
  g_assert_cmpuint (f->n_changes, ==, 4);
  /* The same again is no change. */
  ple_gui_test_click (f->widget, 1, 90, 3 * ROW + 10, GDK_SHIFT_MASK);
  g_assert_cmpuint (f->n_changes, ==, 4);
}

static void
test_keys_reach_the_last_row (Fixture *f, gconstpointer data)
{
  ple_gui_test_key (f->widget, GDK_KEY_Down, 0);
  ASSERT_SELECTED (f, 0);
  ple_gui_test_key (f->widget, GDK_KEY_Down, GDK_SHIFT_MASK);
  ASSERT_SELECTED (f, 0, 1);
  ple_gui_test_key (f->widget, GDK_KEY_End, 0);
  ASSERT_SELECTED (f, N - 1);
  g_assert_cmpfloat (scroll_of (f), ==, N * ROW - gtk_widget_get_allocated_height (f->widget));
  g_assert_false (ple_cluster_list_step (f->list, 1));
  g_assert_true (ple_cluster_list_step (f->list, -1));
  ASSERT_SELECTED (f, N - 2);
  ple_gui_test_key (f->widget, GDK_KEY_Home, GDK_CONTROL_MASK);
  ASSERT_SELECTED (f, N - 2);
  ple_gui_test_key (f->widget, GDK_KEY_space, GDK_CONTROL_MASK);
  ASSERT_SELECTED (f, 0, N - 2);
  g_assert_cmpfloat (scroll_of (f), ==, 0);
}

/* The keypad does what its namesakes do; what means nothing in a list is left to the window. */
static void
test_keypad_and_foreign_keys (Fixture *f, gconstpointer data)
{
  guint activated = G_MAXUINT;
  g_signal_connect (f->list, "activate", G_CALLBACK (on_activate), &activated);
  ple_gui_test_key (f->widget, GDK_KEY_KP_Down, 0);
  ple_gui_test_key (f->widget, GDK_KEY_KP_Down, 0);
  ASSERT_SELECTED (f, 1);
  ple_gui_test_key (f->widget, GDK_KEY_Left, 0);
  ple_gui_test_key (f->widget, GDK_KEY_Down, GDK_MOD1_MASK);
  ASSERT_SELECTED (f, 1);
  ple_gui_test_key (f->widget, GDK_KEY_KP_Page_Down, GDK_CONTROL_MASK);
  ASSERT_SELECTED (f, 1);
  g_assert_cmpuint (ple_cluster_list_get_focus_id (f->list), ==, 6);
  ple_gui_test_key (f->widget, GDK_KEY_KP_Space, GDK_CONTROL_MASK);
  ASSERT_SELECTED (f, 1, 6);
  ple_gui_test_key (f->widget, GDK_KEY_KP_Enter, 0);
  g_assert_cmpuint (activated, ==, 6);
}

static void
test_new_rows_keep_selection_and_place (Fixture *f, gconstpointer data)
{
  const guint32 chosen[] = { 20000, 20001, 99999 };
  ple_cluster_list_select (f->list, chosen, 3);
  ASSERT_SELECTED (f, 20000, 20001);
  ple_cluster_list_reveal (f->list, 20000);
  double y = 20000.0 * ROW - scroll_of (f);
  /* Only even ids are left: one selected row is gone, the other stays where it is. */
  f->n_changes = 0;
  set_rows (f, 0, 2, N / 2);
  ASSERT_SELECTED (f, 20000);
  g_assert_cmpuint (f->n_changes, ==, 1);
  g_assert_cmpuint (ple_cluster_list_get_focus_id (f->list), ==, 20000);
  g_assert_cmpfloat (10000.0 * ROW - scroll_of (f), ==, y);
  set_rows (f, 0, 1, 0);
  g_assert_cmpuint (ple_cluster_list_get_focus_id (f->list), ==, PLE_CLUSTER_NONE);
  g_assert_false (ple_cluster_list_step (f->list, 1));
}

static void
test_draws_only_what_is_seen (Fixture *f, gconstpointer data)
{
  g_autoptr (PleGuiPicture) picture = ple_gui_test_picture (f->widget);
  /* Six swatches of 10 x 28 with rounded corners. */
  guint red = ple_gui_picture_count (picture, 0xff0000, 2);
  g_assert_cmpuint (red, >, 6 * 250);
  g_assert_cmpuint (red, <=, 7 * 280);
  AtkObject *accessible = gtk_widget_get_accessible (f->widget);
  g_assert_cmpint (atk_object_get_n_accessible_children (accessible), <=, 7);
}

static void
test_accessible_rows (Fixture *f, gconstpointer data)
{
  AtkObject *accessible = gtk_widget_get_accessible (f->widget);
  g_assert_cmpint (atk_object_get_role (accessible), ==, ATK_ROLE_LIST);
  g_autoptr (AtkObject) row = atk_object_ref_accessible_child (accessible, 3);
  g_assert_cmpint (atk_object_get_role (row), ==, ATK_ROLE_LIST_ITEM);
  g_assert_cmpstr (atk_object_get_name (row), ==, "Cluster 3, 1003 pictures, 50 %, conflict");
  atk_action_do_action (ATK_ACTION (row), 0);
  ASSERT_SELECTED (f, 3);
}

static void
test_update_row (Fixture *f, gconstpointer data)
{
  AtkObject *accessible = gtk_widget_get_accessible (f->widget);
  PleClusterRow row = {
    .id = 1, .colour = 0x00ff00, .name = "husky", .count = 1, .quality = (double) NAN
  };
  ple_cluster_list_update_row (f->list, &row);
  g_autoptr (AtkObject) cell = atk_object_ref_accessible_child (accessible, 1);
  g_assert_cmpstr (atk_object_get_name (cell), ==, "husky, 1 picture, not reviewed");
  g_autoptr (PleGuiPicture) picture = ple_gui_test_picture (f->widget);
  g_assert_cmpuint (ple_gui_picture_count (picture, 0x00ff00, 2), >, 250);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/gui/cluster-list/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  ADD ("clicks", test_clicks);
  ADD ("keys-reach-the-last-row", test_keys_reach_the_last_row);
  ADD ("keypad-and-foreign-keys", test_keypad_and_foreign_keys);
  ADD ("new-rows-keep-selection-and-place", test_new_rows_keep_selection_and_place);
  ADD ("draws-only-what-is-seen", test_draws_only_what_is_seen);
  ADD ("accessible-rows", test_accessible_rows);
  ADD ("update-row", test_update_row);
  return g_test_run ();
}
