/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-tiles-view.h"
#include "ple-gui-test.h"

#include <math.h>

/* Four columns of 96 pixels, and a scroll bar at the side. */
#define WIDTH 480
#define HEIGHT 320
#define N 1000

typedef struct
{
  GtkWidget *window;
  GtkWidget *widget;
  PleTilesView *view;
  PleSelection *selection;
  PlePictureCache *pictures;
  gint n_made;
} Fixture;

static cairo_surface_t *
make (gpointer data, size_t item, guint side)
{
  Fixture *f = data;
  g_atomic_int_inc (&f->n_made);
  guint8 rgb[3] = { (guint8) item, 200, (guint8) (item >> 8) };
  return ple_surface_new_from_rgb (1, 1, rgb);
}

/* Items are shown from the last to the first. */
static guint32
item_at (size_t index)
{
  return (guint32) (N - 1 - index);
}

static void
set_items (Fixture *f, size_t from, size_t to)
{
  g_autofree guint32 *items = g_new (guint32, N);
  for (size_t i = from; i < to; i++)
    items[i - from] = item_at (i);
  ple_tiles_view_set_items (f->view, items, to - from, NULL, 0);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  GtkWidget *scrolled = gtk_scrolled_window_new (NULL, NULL);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER,
                                  GTK_POLICY_ALWAYS);
  gtk_scrolled_window_set_overlay_scrolling (GTK_SCROLLED_WINDOW (scrolled), FALSE);
  f->widget = ple_tiles_view_new ();
  f->view = PLE_TILES_VIEW (f->widget);
  f->selection = ple_selection_new ();
  f->pictures = ple_picture_cache_new (make, f, NULL, 64 << 20);
  ple_selection_reset (f->selection, N);
  ple_tiles_view_set_selection (f->view, f->selection);
  ple_tiles_view_set_pictures (f->view, f->pictures);
  set_items (f, 0, N);
  gtk_container_add (GTK_CONTAINER (scrolled), f->widget);
  f->window = ple_gui_test_window (scrolled, WIDTH, HEIGHT);
  gtk_widget_grab_focus (f->widget);
  ple_gui_test_wait_for (f->view, "settled");
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  gtk_widget_destroy (f->window);
  g_object_unref (f->pictures);
  g_object_unref (f->selection);
}

static GtkAdjustment *
vertical (Fixture *f)
{
  return gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (f->widget));
}

static void
area_of (Fixture *f, size_t index, GdkRectangle *area)
{
  g_assert_true (ple_tiles_view_get_item_area (f->view, item_at (index), area));
}

static void
click (Fixture *f, size_t index, guint state)
{
  GdkRectangle area;
  area_of (f, index, &area);
  ple_gui_test_click (f->widget, 1, area.x + 40, area.y + 40, state);
}

/* That exactly the tiles @first .. @last are selected. */
static void
assert_selected (Fixture *f, size_t first, size_t last)
{
  g_assert_cmpuint (ple_selection_get_n_selected (f->selection), ==, last - first + 1);
  for (size_t i = first; i <= last; i++)
    g_assert_true (ple_selection_contains (f->selection, item_at (i)));
}

static void
test_only_near_pictures_are_made (Fixture *f, gconstpointer data)
{
  int first_screen = g_atomic_int_get (&f->n_made);
  g_assert_cmpint (first_screen, >=, 12);
  g_assert_cmpint (first_screen, <=, 4 * 8);
  gtk_adjustment_set_value (vertical (f), gtk_adjustment_get_upper (vertical (f)));
  ple_gui_test_spin ();
  gtk_test_widget_wait_for_draw (f->widget);
  ple_gui_test_wait_for (f->view, "settled");
  g_assert_cmpint (g_atomic_int_get (&f->n_made), <=, first_screen + 4 * 8);
  /* The last tile is seen, with its picture. */
  GdkRectangle area;
  area_of (f, N - 1, &area);
  g_autoptr (PleGuiPicture) picture = ple_gui_test_picture (f->widget);
  guint32 pixel = picture->pixels[(area.y + 20) * picture->width + area.x + 20] & 0xffffff;
  g_assert_cmphex (pixel, ==, 0x00c800);
}

static void
test_clicks (Fixture *f, gconstpointer data)
{
  click (f, 5, 0);
  assert_selected (f, 5, 5);
  g_assert_cmpuint (ple_selection_get_focus (f->selection), ==, item_at (5));
  click (f, 6, GDK_CONTROL_MASK);
  assert_selected (f, 5, 6);
  click (f, 5, GDK_CONTROL_MASK);
  assert_selected (f, 6, 6);
  click (f, 2, 0);
  click (f, 9, GDK_SHIFT_MASK);
  assert_selected (f, 2, 9);
  click (f, 4, GDK_SHIFT_MASK);
  assert_selected (f, 2, 4);
  /* Between tiles. */
  GdkRectangle area;
  area_of (f, 0, &area);
  ple_gui_test_click (f->widget, 1, area.x + area.width + 3, area.y + 5, 0);
  g_assert_cmpuint (ple_selection_get_n_selected (f->selection), ==, 0);
}

static void
test_keys (Fixture *f, gconstpointer data)
{
  ple_gui_test_key (f->widget, GDK_KEY_Right, 0);
  assert_selected (f, 0, 0);
  ple_gui_test_key (f->widget, GDK_KEY_Down, 0);
  assert_selected (f, 4, 4);
  ple_gui_test_key (f->widget, GDK_KEY_Right, GDK_SHIFT_MASK);
  ple_gui_test_key (f->widget, GDK_KEY_Down, GDK_SHIFT_MASK);
  assert_selected (f, 4, 9);
  ple_gui_test_key (f->widget, GDK_KEY_Up, GDK_SHIFT_MASK);
  assert_selected (f, 4, 5);
  ple_gui_test_key (f->widget, GDK_KEY_Left, GDK_CONTROL_MASK);
  ple_gui_test_key (f->widget, GDK_KEY_Left, GDK_CONTROL_MASK);
  assert_selected (f, 4, 5);
  ple_gui_test_key (f->widget, GDK_KEY_space, GDK_CONTROL_MASK);
  assert_selected (f, 3, 5);
  ple_gui_test_key (f->widget, GDK_KEY_End, 0);
  assert_selected (f, N - 1, N - 1);
  GdkRectangle area;
  area_of (f, N - 1, &area);
  g_assert_cmpint (area.y, >=, 0);
  g_assert_cmpint (area.y + area.height, <=, HEIGHT);
  ple_gui_test_key (f->widget, GDK_KEY_Page_Up, 0);
  g_assert_false (ple_selection_contains (f->selection, item_at (N - 1)));
  ple_gui_test_key (f->widget, GDK_KEY_Home, GDK_SHIFT_MASK);
  ple_gui_test_key (f->widget, GDK_KEY_Home, 0);
  assert_selected (f, 0, 0);
  g_assert_cmpfloat (gtk_adjustment_get_value (vertical (f)), ==, 0);
}

static void
on_item (PleTilesView *view, guint item, guint *seen)
{
  *seen = item;
}

static void
test_activate_and_hover (Fixture *f, gconstpointer data)
{
  guint activated = 0, hovered = 0;
  GdkRectangle area;
  g_signal_connect (f->view, "activate", G_CALLBACK (on_item), &activated);
  g_signal_connect (f->view, "hover", G_CALLBACK (on_item), &hovered);
  click (f, 3, 0);
  ple_gui_test_key (f->widget, GDK_KEY_Return, 0);
  g_assert_cmpuint (activated, ==, item_at (3));
  area_of (f, 6, &area);
  ple_gui_test_motion (f->widget, area.x + 9, area.y + 9, 0);
  g_assert_cmpuint (hovered, ==, item_at (6));
  ple_gui_test_motion (f->widget, 2, 2, 0);
  g_assert_cmpuint (hovered, ==, PLE_SELECTION_NO_ITEM);
}

static void
test_band (Fixture *f, gconstpointer data)
{
  GdkRectangle a, b;
  area_of (f, 1, &a);
  area_of (f, 6, &b);
  ple_gui_test_press (f->widget, 1, a.x + 10, a.y + 10, 0);
  for (int i = 1; i <= 4; i++)
    ple_gui_test_motion (f->widget, a.x + 10 + (b.x - a.x) * i / 4, a.y + 10 + (b.y - a.y) * i / 4,
                         0);
  ple_gui_test_release (f->widget, 1, b.x + 10, b.y + 10, 0);
  g_assert_cmpuint (ple_selection_get_n_selected (f->selection), ==, 4);
  static const size_t expected[] = { 1, 2, 5, 6 };
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_true (ple_selection_contains (f->selection, item_at (expected[i])));
  /* Another with Shift keeps them. */
  area_of (f, 8, &a);
  ple_gui_test_press (f->widget, 1, a.x + 10, a.y + 10, GDK_SHIFT_MASK);
  ple_gui_test_motion (f->widget, a.x + 30, a.y + 30, GDK_SHIFT_MASK);
  ple_gui_test_motion (f->widget, a.x + 40, a.y + 30, GDK_SHIFT_MASK);
  ple_gui_test_release (f->widget, 1, a.x + 40, a.y + 30, GDK_SHIFT_MASK);
  g_assert_cmpuint (ple_selection_get_n_selected (f->selection), ==, 5);
}

static void
test_size_keeps_the_place (Fixture *f, gconstpointer data)
{
  GdkRectangle before, after;
  gtk_adjustment_set_value (vertical (f), 5000);
  ple_gui_test_spin ();
  guint32 item = ple_tiles_view_get_item_at (f->view, 60, 150);
  if (item == PLE_SELECTION_NO_ITEM)
    item = ple_tiles_view_get_item_at (f->view, 60, 160);
  g_assert_cmpuint (item, !=, PLE_SELECTION_NO_ITEM);
  g_assert_true (ple_tiles_view_get_item_area (f->view, item, &before));
  ple_gui_test_scroll (f->widget, 60, 150, -2, GDK_CONTROL_MASK);
  g_assert_cmpint (ple_tiles_view_get_tile_size (f->view), >, 115);
  g_assert_true (ple_tiles_view_get_item_area (f->view, item, &after));
  g_assert_cmpint (after.width, ==, ple_tiles_view_get_tile_size (f->view));
  g_assert_cmpint (ABS (after.y - before.y), <, 60);
  ple_tiles_view_set_tile_size (f->view, 9999);
  g_assert_cmpint (ple_tiles_view_get_tile_size (f->view), ==, PLE_TILE_SIZE_MAX);
  ple_tiles_view_set_tile_size (f->view, 1);
  g_assert_cmpint (ple_tiles_view_get_tile_size (f->view), ==, PLE_TILE_SIZE_MIN);
}

static void
test_changed_items_keep_the_place (Fixture *f, gconstpointer data)
{
  GdkRectangle before, after;
  gtk_adjustment_set_value (vertical (f), 5000);
  ple_gui_test_spin ();
  guint32 top = PLE_SELECTION_NO_ITEM;
  for (int y = 0; y < 60 && top == PLE_SELECTION_NO_ITEM; y += 10)
    top = ple_tiles_view_get_item_at (f->view, 30, y);
  g_assert_cmpuint (top, !=, PLE_SELECTION_NO_ITEM);
  g_assert_true (ple_tiles_view_get_item_area (f->view, top, &before));
  /* Four tiles at the front were moved to another cluster. */
  set_items (f, 4, N);
  g_assert_true (ple_tiles_view_get_item_area (f->view, top, &after));
  g_assert_cmpint (before.y, ==, after.y);
  g_assert_false (ple_tiles_view_get_item_area (f->view, item_at (0), &after));
  set_items (f, 0, 0);
  ple_gui_test_key (f->widget, GDK_KEY_Down, 0);
  ple_gui_test_wait_for (f->view, "settled");
}

static void
confident (gpointer data, guint32 item, size_t index, PleTileInfo *info)
{
  g_assert_cmpuint (item, ==, item_at (index));
  g_assert_true (isnan (info->confidence));
  info->confidence = 1;
}

static void
test_overlay (Fixture *f, gconstpointer data)
{
  GdkRectangle area;
  ple_tiles_view_set_info_func (f->view, confident, NULL);
  g_autoptr (PleGuiPicture) picture = ple_gui_test_picture (f->widget);
  area_of (f, 0, &area);
  guint32 pixel = picture->pixels[(area.y + 96 - 8) * picture->width + area.x + 48] & 0xff00ff;
  g_assert_cmphex (pixel & 0xf000f0, ==, 0xf000f0);
}

static char *
tile_name (gpointer data, guint32 item, size_t index)
{
  return g_strdup_printf ("picture %u", item);
}

static void
test_accessible_cells (Fixture *f, gconstpointer data)
{
  ple_tiles_view_set_name_func (f->view, tile_name, NULL);
  AtkObject *accessible = gtk_widget_get_accessible (f->widget);
  g_assert_cmpint (atk_object_get_role (accessible), ==, ATK_ROLE_TABLE);
  int n = atk_object_get_n_accessible_children (accessible);
  g_assert_cmpint (n, >=, 12);
  g_assert_cmpint (n, <=, 20);
  g_autoptr (AtkObject) cell = atk_object_ref_accessible_child (accessible, 5);
  g_autofree char *expected = g_strdup_printf ("picture %u", item_at (5));
  g_assert_cmpstr (atk_object_get_name (cell), ==, expected);
  g_assert_cmpint (atk_object_get_role (cell), ==, ATK_ROLE_IMAGE);
  g_assert_true (atk_object_get_parent (cell) == accessible);
  g_assert_cmpint (atk_object_get_index_in_parent (cell), ==, 5);
  g_assert_true (atk_action_do_action (ATK_ACTION (cell), 0));
  assert_selected (f, 5, 5);
  g_autoptr (AtkStateSet) states = atk_object_ref_state_set (cell);
  g_assert_true (atk_state_set_contains_state (states, ATK_STATE_SELECTED));
  g_assert_true (atk_state_set_contains_state (states, ATK_STATE_SHOWING));
  g_assert_cmpint (atk_selection_get_selection_count (ATK_SELECTION (accessible)), ==, 1);
  int x, y, width, height;
  atk_component_get_extents (ATK_COMPONENT (cell), &x, &y, &width, &height, ATK_XY_WINDOW);
  g_assert_cmpint (width, ==, 96);
  /* Once it has scrolled away it is no more. */
  gtk_adjustment_set_value (vertical (f), 5000);
  gtk_test_widget_wait_for_draw (f->widget);
  g_autoptr (AtkStateSet) gone = atk_object_ref_state_set (cell);
  g_assert_true (atk_state_set_contains_state (gone, ATK_STATE_DEFUNCT));
}

#define ADD(name, func) g_test_add ("/gui/tiles-view/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  ADD ("only-near-pictures-are-made", test_only_near_pictures_are_made);
  ADD ("clicks", test_clicks);
  ADD ("keys", test_keys);
  ADD ("activate-and-hover", test_activate_and_hover);
  ADD ("band", test_band);
  ADD ("size-keeps-the-place", test_size_keeps_the_place);
  ADD ("changed-items-keep-the-place", test_changed_items_keep_the_place);
  ADD ("overlay", test_overlay);
  ADD ("accessible-cells", test_accessible_cells);
  return g_test_run ();
}
