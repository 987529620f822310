/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-rng.h"
#include "gui/ple-map-renderer.h"
#include "gui/ple-map-view.h"
#include "ple-gui-test.h"

#include <glib/gstdio.h>
#include <math.h>

#define WIDTH 400
#define HEIGHT 300

typedef struct
{
  PleMapView *view;
  GtkWidget *widget;
  GtkWidget *window;
  PleSelection *selection;
  size_t n;
} Fixture;

/* A square of side 8, evenly filled: 101 x 101 points, the middle one at (0, 0). */
static PleMatrix *
square (size_t side, float shift)
{
  PleMatrix *xy = ple_matrix_new (side * side, 2, NULL);
  for (size_t i = 0; i < side * side; i++)
    {
      xy->data[2 * i] = 8 * ((float) (i % side) / (float) (side - 1) - 0.5f) + shift;
      xy->data[2 * i + 1] = 8 * ((float) (i / side) / (float) (side - 1) - 0.5f);
    }
  return xy;
}

static void
set_up_points (Fixture *f, PleMatrix *xy)
{
  g_autofree guint16 *colours = g_new (guint16, xy->n_rows);
  const guint32 table[] = { 0x0000ff, 0x00ff00 };
  for (size_t i = 0; i < xy->n_rows; i++)
    colours[i] = xy->data[2 * i] < 0 ? 0 : 1;
  f->n = xy->n_rows;
  ple_selection_reset (f->selection, f->n);
  ple_map_view_set_colours (f->view, colours, f->n, table, G_N_ELEMENTS (table));
  ple_map_view_set_points (f->view, xy);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (PleMatrix) xy = square (101, 0);
  f->widget = ple_map_view_new ();
  f->view = PLE_MAP_VIEW (f->widget);
  f->selection = ple_selection_new ();
  ple_map_view_set_selection (f->view, f->selection);
  set_up_points (f, xy);
  f->window = ple_gui_test_window (f->widget, WIDTH, HEIGHT);
  ple_gui_test_wait_for (f->view, "settled");
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  gtk_widget_destroy (f->window);
  g_object_unref (f->selection);
}

static void
test_draws_all_and_fits (Fixture *f, gconstpointer data)
{
  g_autoptr (PleGuiPicture) picture = ple_gui_test_picture (f->widget);
  guint blue = ple_gui_picture_count (picture, 0x0000ff, 120);
  guint green = ple_gui_picture_count (picture, 0x00ff00, 120);
  g_assert_cmpuint (blue, >, 5000);
  g_assert_cmpfloat_with_epsilon ((double) blue / green, 1, 0.1);
  double x, y;
  g_assert_true (ple_map_view_get_item_position (f->view, 0, &x, &y));
  g_assert_cmpfloat (x, >, 0);
  g_assert_cmpfloat (y, <, HEIGHT);
  g_assert_true (ple_map_view_get_item_position (f->view, (guint32) f->n - 1, &x, &y));
  g_assert_cmpfloat (x, <, WIDTH);
  g_assert_cmpfloat (y, >, 0);
  g_assert_false (ple_map_view_get_item_position (f->view, (guint32) f->n, &x, &y));
}

static void
test_wheel_zooms_to_the_pointer (Fixture *f, gconstpointer data)
{
  PleCamera before, after;
  double x0, y0, x1, y1;
  ple_map_view_get_camera (f->view, &before);
  ple_camera_to_data (&before, 130, 90, &x0, &y0);
  ple_gui_test_scroll (f->widget, 130, 90, -3, 0);
  ple_map_view_get_camera (f->view, &after);
  ple_camera_to_data (&after, 130, 90, &x1, &y1);
  g_assert_cmpfloat_with_epsilon (after.scale / before.scale, pow (1.25, 3), 1e-9);
  g_assert_cmpfloat_with_epsilon (x0, x1, 1e-9);
  g_assert_cmpfloat_with_epsilon (y0, y1, 1e-9);
  ple_gui_test_wait_for (f->view, "settled");
  ple_gui_test_scroll (f->widget, 130, 90, 3, 0);
  ple_gui_test_wait_for (f->view, "settled");
}

static void
drag (Fixture *f, guint button, const double *xy, guint n, guint state)
{
  ple_gui_test_press (f->widget, button, xy[0], xy[1], state);
  for (guint i = 1; i < n; i++)
    for (int step = 1; step <= 5; step++)
      ple_gui_test_motion (f->widget, xy[2 * i - 2] + (xy[2 * i] - xy[2 * i - 2]) * step / 5,
                           xy[2 * i - 1] + (xy[2 * i + 1] - xy[2 * i - 1]) * step / 5, state);
  ple_gui_test_release (f->widget, button, xy[2 * n - 2], xy[2 * n - 1], state);
}

static void
test_drag_pans (Fixture *f, gconstpointer data)
{
  PleCamera before, after;
  const double way[] = { 100, 100, 160, 130 };
  ple_gui_test_scroll (f->widget, 200, 150, -4, 0);
  ple_map_view_get_camera (f->view, &before);
  drag (f, GDK_BUTTON_PRIMARY, way, 2, 0);
  ple_map_view_get_camera (f->view, &after);
  g_assert_cmpfloat_with_epsilon (after.x, before.x - 60 / before.scale, 1e-9);
  g_assert_cmpfloat_with_epsilon (after.y, before.y + 30 / before.scale, 1e-9);
  g_assert_cmpuint (ple_selection_get_n_selected (f->selection), ==, 0);
}

static void
position (Fixture *f, guint32 item, double *x, double *y)
{
  g_assert_true (ple_map_view_get_item_position (f->view, item, x, y));
}

static void
test_click_selects (Fixture *f, gconstpointer data)
{
  double x, y;
  guint32 middle = 50 * 101 + 50;
  position (f, middle, &x, &y);
  ple_gui_test_click (f->widget, 1, x, y, 0);
  g_assert_cmpuint (ple_selection_get_n_selected (f->selection), ==, 1);
  g_assert_true (ple_selection_contains (f->selection, middle));
  g_assert_cmpuint (ple_selection_get_focus (f->selection), ==, middle);
  position (f, 3, &x, &y);
  ple_gui_test_click (f->widget, 1, x, y, GDK_SHIFT_MASK);
  g_assert_cmpuint (ple_selection_get_n_selected (f->selection), ==, 2);
  ple_gui_test_click (f->widget, 1, x, y, GDK_MOD1_MASK);
  g_assert_cmpuint (ple_selection_get_n_selected (f->selection), ==, 1);
  ple_gui_test_click (f->widget, 1, x, y, GDK_CONTROL_MASK);
  g_assert_cmpuint (ple_selection_get_n_selected (f->selection), ==, 2);
  ple_gui_test_click (f->widget, 1, 2, 2, 0);
  g_assert_cmpuint (ple_selection_get_n_selected (f->selection), ==, 0);
}

static void
test_box (Fixture *f, gconstpointer data)
{
  double x0, y0, x1, y1;
  ple_map_view_set_tool (f->view, PLE_MAP_TOOL_BOX);
  /* From between points 9 and 10 of either axis to between 19 and 20. */
  position (f, 9 * 101 + 9, &x0, &y0);
  position (f, 20 * 101 + 20, &x1, &y1);
  const double way[] = { x0 + 1.2, y0 - 1.2, x1 - 1.2, y1 + 1.2 };
  drag (f, 1, way, 2, 0);
  g_assert_cmpuint (ple_selection_get_n_selected (f->selection), ==, 100);
  g_assert_true (ple_selection_contains (f->selection, 15 * 101 + 15));
  /* Half of it again, taken away; then all of it, cut with what is selected. */
  const double half[] = { x0 - 1, y0 + 1, x0 + 1.2 + (x1 - x0 - 2.4) / 2, y1 - 1 };
  drag (f, 1, half, 2, GDK_MOD1_MASK);
  size_t left = ple_selection_get_n_selected (f->selection);
  g_assert_cmpuint (left, >, 20);
  g_assert_cmpuint (left, <, 80);
  const double all[] = { 1, 1, WIDTH - 1, HEIGHT - 1 };
  drag (f, 1, all, 2, GDK_SHIFT_MASK | GDK_CONTROL_MASK);
  g_assert_cmpuint (ple_selection_get_n_selected (f->selection), ==, left);
  drag (f, 1, all, 2, GDK_SHIFT_MASK);
  g_assert_cmpuint (ple_selection_get_n_selected (f->selection), ==, f->n);
}

static void
test_lasso (Fixture *f, gconstpointer data)
{
  double x, y;
  const double way[] = { 200, 40, 330, 150, 200, 260, 70, 150 };
  ple_map_view_set_tool (f->view, PLE_MAP_TOOL_LASSO);
  drag (f, 1, way, 4, 0);
  size_t expected = 0;
  for (guint32 i = 0; i < f->n; i++)
    {
      position (f, i, &x, &y);
      /* The diamond, with a belt in which either answer may stand. */
      double inside = 1 - fabs (x - 200) / 130 - fabs (y - 150) / 110;
      if (fabs (inside) < 0.01)
        continue;
      expected += inside > 0;
      g_assert_cmpint (ple_selection_contains (f->selection, i), ==, inside > 0);
    }
  g_assert_cmpuint (expected, >, 1000);
  /* Escape ends one without effect. */
  size_t before = ple_selection_get_n_selected (f->selection);
  ple_gui_test_press (f->widget, 1, 10, 10, 0);
  ple_gui_test_motion (f->widget, 100, 10, 0);
  ple_gui_test_motion (f->widget, 100, 100, 0);
  ple_gui_test_key (f->widget, GDK_KEY_Escape, 0);
  ple_gui_test_release (f->widget, 1, 100, 100, 0);
  g_assert_cmpuint (ple_selection_get_n_selected (f->selection), ==, before);
}

static void
on_hover (PleMapView *view, guint item, guint *seen)
{
  *seen = item;
}

static void
test_hover_and_hidden (Fixture *f, gconstpointer data)
{
  double x, y;
  guint seen = 77;
  guint32 middle = 50 * 101 + 50;
  g_signal_connect (f->view, "hover", G_CALLBACK (on_hover), &seen);
  position (f, middle, &x, &y);
  ple_gui_test_motion (f->widget, x, y, 0);
  g_assert_cmpuint (seen, ==, middle);
  ple_gui_test_motion (f->widget, 1, 1, 0);
  g_assert_cmpuint (seen, ==, PLE_SELECTION_NO_ITEM);

  g_autofree guint8 *flags = g_new0 (guint8, f->n);
  flags[middle] = PLE_POINT_HIDDEN;
  ple_map_view_set_flags (f->view, flags, f->n);
  ple_gui_test_wait_for (f->view, "settled");
  g_assert_cmpuint (ple_map_view_get_item_at (f->view, x, y), !=, middle);
}

static void
test_selected_points_are_seen (Fixture *f, gconstpointer data)
{
  g_autoptr (PleGuiPicture) before = ple_gui_test_picture (f->widget);
  ple_selection_select_all (f->selection);
  ple_gui_test_wait_for (f->view, "settled");
  g_autoptr (PleGuiPicture) after = ple_gui_test_picture (f->widget);
  guint changed = 0;
  for (int i = 0; i < before->width * before->height; i++)
    changed += before->pixels[i] != after->pixels[i];
  g_assert_cmpuint (changed, >, 10000);
}

static void
test_new_layout_is_followed (Fixture *f, gconstpointer data)
{
  g_autoptr (PleMatrix) moved = square (101, 500);
  double x, y;
  ple_map_view_set_points (f->view, moved);
  g_assert_false (ple_map_view_get_settled (f->view));
  ple_gui_test_wait_for (f->view, "settled");
  position (f, 50 * 101 + 50, &x, &y);
  g_assert_cmpfloat_with_epsilon (x, WIDTH / 2.0, 2);
  /* Once the person has moved the map, it stays. */
  ple_gui_test_scroll (f->widget, 200, 150, -1, 0);
  PleCamera before, after;
  ple_map_view_get_camera (f->view, &before);
  g_autoptr (PleMatrix) again = square (101, 502);
  ple_map_view_set_points (f->view, again);
  ple_gui_test_wait_for (f->view, "settled");
  ple_map_view_get_camera (f->view, &after);
  g_assert_cmpfloat (before.x, ==, after.x);
}

static void
want_animations (Fixture *f, gboolean wanted)
{
  g_object_set (gtk_widget_get_settings (f->widget), "gtk-enable-animations", wanted, NULL);
}

/* Points go the straight way from one layout to the next, are picked where they are drawn, and
 * arrive. */
static void
test_points_wander (Fixture *f, gconstpointer data)
{
  g_autoptr (PleMatrix) moved = square (101, 3);
  const guint32 item = 50 * 101 + 20;
  double start, y0, x, y, end;
  PleCamera camera;

  want_animations (f, TRUE);
  ple_gui_test_scroll (f->widget, 200, 150, 1, 0);
  ple_gui_test_wait_for (f->view, "settled");
  position (f, item, &start, &y0);
  ple_map_view_get_camera (f->view, &camera);
  end = start + 3 * camera.scale;
  ple_map_view_set_points (f->view, moved);
  position (f, item, &x, &y);
  g_assert_cmpfloat (x, ==, start);
  for (double last = start; !ple_map_view_get_settled (f->view); last = x)
    {
      g_main_context_iteration (NULL, TRUE);
      position (f, item, &x, &y);
      g_assert_cmpfloat (x, >=, last - 1e-3);
      g_assert_cmpfloat (x, <=, end + 1e-3);
      g_assert_cmpfloat_with_epsilon (y, y0, 1e-3);
    }
  g_assert_cmpfloat_with_epsilon (x, end, 1e-3);
}

/* Without animations there is nothing between. */
static void
test_points_jump_without_animation (Fixture *f, gconstpointer data)
{
  g_autoptr (PleMatrix) moved = square (101, 3);
  const guint32 item = 50 * 101 + 20;
  double start, x, y;
  PleCamera camera;

  ple_gui_test_scroll (f->widget, 200, 150, 1, 0);
  ple_gui_test_wait_for (f->view, "settled");
  want_animations (f, FALSE);
  position (f, item, &start, &y);
  ple_map_view_get_camera (f->view, &camera);
  ple_map_view_set_points (f->view, moved);
  do
    {
      g_main_context_iteration (NULL, TRUE);
      position (f, item, &x, &y);
      g_assert_true (fabs (x - start) < 1e-3 || fabs (x - start - 3 * camera.scale) < 1e-3);
    }
  while (!ple_map_view_get_settled (f->view));
  g_assert_cmpfloat_with_epsilon (x, start + 3 * camera.scale, 1e-3);
  want_animations (f, TRUE);
}

/* What the renderer is asked for by share is what it draws. */
static void
take_frame (gpointer data, PleMapFrame *frame)
{
  PleMapFrame **taken = data;

  g_clear_pointer (taken, ple_map_frame_free);
  *taken = frame;
}

static void
test_renderer_mixes_layouts (Fixture *f, gconstpointer data)
{
  g_autoptr (PleMatrix) here = square (11, 0);
  g_autoptr (PleMatrix) there = square (11, 4);
  static const guint16 colours[121];
  static const guint32 table[] = { 0x00ff00 };
  static const double shares[] = { 1, 0.25, 0.5, 1 };
  static const double shifts[] = { 0, 1, 2, 4 };
  PleMapFrame *frame = NULL;
  PleMapRenderer *renderer = ple_map_renderer_new (1, take_frame, &frame);
  PleMapRequest request = { .camera = { 0, 0, 10, 200, 200 }, .ratio = 1, .size = 1 };

  request.colours = g_bytes_new_static (colours, sizeof colours);
  request.table = g_bytes_new_static (table, sizeof table);
  for (guint i = 0; i < G_N_ELEMENTS (shares); i++)
    {
      request.xy = i == 0 ? here : there;
      request.share = shares[i];
      guint64 serial = ple_map_renderer_submit (renderer, &request);
      while (frame == NULL || frame->serial < serial)
        g_main_context_iteration (NULL, TRUE);
      guint32 p = frame->points->position[60];
      g_assert_cmpfloat_with_epsilon ((double) frame->points->x[p], shifts[i], 1e-5);
      g_assert_cmpint (frame->moving, ==, shares[i] < 1);
      g_assert_true (frame->xy == request.xy);
      g_assert_cmpfloat_with_epsilon (frame->core.min_x, i == 0 ? -4 : 0, 1e-5);
    }
  ple_map_renderer_free (renderer);
  ple_map_frame_free (frame);
  g_bytes_unref (request.colours);
  g_bytes_unref (request.table);
}

/* A flick goes on after the button is up, slows down and ends; the way is speed times the time
 * constant. */
static void
flick (Fixture *f)
{
  ple_gui_test_set_time (1000);
  ple_gui_test_press (f->widget, GDK_BUTTON_PRIMARY, 100, 100, 0);
  for (guint i = 1; i <= 20; i++)
    {
      ple_gui_test_set_time (1000 + 10 * i);
      ple_gui_test_motion (f->widget, 100 + 5.0 * i, 100, 0);
    }
  ple_gui_test_release (f->widget, GDK_BUTTON_PRIMARY, 200, 100, 0);
  ple_gui_test_set_time (0);
}

static void
test_pan_is_kinetic (Fixture *f, gconstpointer data)
{
  PleCamera before, released, after;

  want_animations (f, TRUE);
  ple_gui_test_scroll (f->widget, 200, 150, -10, 0);
  ple_gui_test_wait_for (f->view, "settled");
  ple_map_view_get_camera (f->view, &before);
  flick (f);
  ple_map_view_get_camera (f->view, &released);
  g_assert_cmpfloat_with_epsilon ((before.x - released.x) * before.scale, 100, 1e-6);
  g_assert_false (ple_map_view_get_settled (f->view));
  ple_gui_test_wait_for (f->view, "settled");
  ple_map_view_get_camera (f->view, &after);
  /* 500 pixels a second times 0.325 s, less the tail; long frames make long steps. */
  g_assert_cmpfloat ((released.x - after.x) * before.scale, >, 100);
  g_assert_cmpfloat ((released.x - after.x) * before.scale, <, 220);
  g_assert_cmpfloat_with_epsilon (after.y, released.y, 1e-9);

  /* A press stops it; without animations it never starts. */
  flick (f);
  ple_gui_test_press (f->widget, GDK_BUTTON_PRIMARY, 100, 100, 0);
  ple_map_view_get_camera (f->view, &released);
  ple_gui_test_release (f->widget, GDK_BUTTON_PRIMARY, 100, 100, 0);
  ple_gui_test_wait_for (f->view, "settled");
  ple_map_view_get_camera (f->view, &after);
  g_assert_cmpfloat (after.x, ==, released.x);
  want_animations (f, FALSE);
  flick (f);
  ple_map_view_get_camera (f->view, &released);
  ple_gui_test_wait_for (f->view, "settled");
  ple_map_view_get_camera (f->view, &after);
  g_assert_cmpfloat (after.x, ==, released.x);
  want_animations (f, TRUE);
}

static void
test_other_items_start_afresh (Fixture *f, gconstpointer data)
{
  g_autoptr (PleMatrix) small = square (5, -30);
  set_up_points (f, small);
  ple_gui_test_wait_for (f->view, "settled");
  double x, y;
  position (f, 12, &x, &y);
  g_assert_cmpfloat_with_epsilon (x, WIDTH / 2.0, 2);
  ple_map_view_set_points (f->view, NULL);
  ple_gui_test_wait_for (f->view, "settled");
  g_autoptr (PleGuiPicture) picture = ple_gui_test_picture (f->widget);
  g_assert_cmpuint (ple_gui_picture_count (picture, picture->pixels[0], 0), ==,
                    (guint) (picture->width * picture->height));
}

static gboolean
bench_done (gpointer view)
{
  return ple_map_view_get_bench_left (view) == 0 && ple_map_view_get_settled (view);
}

static void
test_bench_and_frame_log (Fixture *f, gconstpointer data)
{
  g_autofree char *path = NULL;
  int file = g_file_open_tmp ("ple-frames-XXXXXX.csv", &path, NULL);
  g_assert_cmpint (file, >=, 0);
  g_close (file, NULL);
  PleEnvironment environment = { .frame_log = path, .frame_sync = TRUE };
  PleFrameLog *log = ple_frame_log_new (&environment, f->window, NULL);
  g_assert_nonnull (log);
  ple_map_view_set_frame_log (f->view, log);
  ple_map_view_bench (f->view, "pan", 12, 10);
  g_assert_cmpuint (ple_map_view_get_bench_left (f->view), ==, 12);
  ple_gui_test_wait (bench_done, f->view);
  ple_map_view_bench (f->view, "zoom", 6, 5);
  ple_gui_test_wait (bench_done, f->view);
  ple_map_view_set_frame_log (f->view, NULL);
  ple_frame_log_free (log);

  g_autofree char *text = NULL;
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_assert_cmpstr (lines[0], ==,
                   "frame,t_us,interval_us,total_us,cpu_us,draw_us,upload_us,worker_us,"
                   "worker_cpu_us,latency_us");
  g_assert_cmpuint (g_strv_length (lines), >=, 16);
  gint64 worker = 0;
  for (guint i = 1; lines[i] != NULL && *lines[i] != '\0'; i++)
    {
      g_auto (GStrv) fields = g_strsplit (lines[i], ",", -1);
      g_assert_cmpuint (g_strv_length (fields), ==, 10);
      worker += g_ascii_strtoll (fields[8], NULL, 10);
    }
  g_assert_cmpint (worker, >, 0);
  g_remove (path);
}

static void
test_keys (Fixture *f, gconstpointer data)
{
  PleCamera before, after;
  ple_gui_test_scroll (f->widget, 200, 150, -3, 0);
  ple_map_view_get_camera (f->view, &before);
  ple_gui_test_key (f->widget, GDK_KEY_Right, 0);
  ple_map_view_get_camera (f->view, &after);
  g_assert_cmpfloat (after.x, >, before.x);
  ple_gui_test_key (f->widget, GDK_KEY_plus, 0);
  ple_gui_test_wait_for (f->view, "settled");
  ple_map_view_get_camera (f->view, &after);
  g_assert_cmpfloat (after.scale, >, before.scale * 1.3);
  ple_gui_test_key (f->widget, GDK_KEY_0, 0);
  ple_gui_test_wait_for (f->view, "settled");
  ple_map_view_get_camera (f->view, &after);
  g_assert_cmpfloat (after.scale, <, before.scale);
}

#define ADD(name, func) g_test_add ("/gui/map-view/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  ADD ("draws-all-and-fits", test_draws_all_and_fits);
  ADD ("wheel-zooms-to-the-pointer", test_wheel_zooms_to_the_pointer);
  ADD ("drag-pans", test_drag_pans);
  ADD ("click-selects", test_click_selects);
  ADD ("box", test_box);
  ADD ("lasso", test_lasso);
  ADD ("hover-and-hidden", test_hover_and_hidden);
  ADD ("selected-points-are-seen", test_selected_points_are_seen);
  ADD ("new-layout-is-followed", test_new_layout_is_followed);
  ADD ("points-wander", test_points_wander);
  ADD ("points-jump-without-animation", test_points_jump_without_animation);
  ADD ("renderer-mixes-layouts", test_renderer_mixes_layouts);
  ADD ("pan-is-kinetic", test_pan_is_kinetic);
  ADD ("other-items-start-afresh", test_other_items_start_afresh);
  ADD ("bench-and-frame-log", test_bench_and_frame_log);
  ADD ("keys", test_keys);
  return g_test_run ();
}
