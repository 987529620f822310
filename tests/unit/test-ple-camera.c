/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "plot/ple-camera.h"

static void
test_fit (void)
{
  PleCamera camera;
  PleBox box = { -2, 1, 6, 3 };
  ple_camera_fit (&camera, &box, 400, 300, 20);
  double x0, y0, x1, y1;
  ple_camera_to_view (&camera, box.min_x, box.min_y, &x0, &y0);
  ple_camera_to_view (&camera, box.max_x, box.max_y, &x1, &y1);
  g_assert_cmpfloat_with_epsilon (x0, 20, 1e-9);
  g_assert_cmpfloat_with_epsilon (x1, 380, 1e-9);
  g_assert_cmpfloat (y1, <, y0);
  g_assert_cmpfloat_with_epsilon ((y0 + y1) / 2, 150, 1e-9);
}

static void
test_fit_degenerate (void)
{
  PleCamera camera;
  ple_camera_fit (&camera, &(PleBox){ 3, 4, 3, 4 }, 100, 50, 5);
  g_assert_cmpfloat (camera.scale, ==, 40);
  g_assert_cmpfloat (camera.x, ==, 3);
  ple_camera_fit (&camera, &(PleBox){ 1, 1, 0, 0 }, 100, 50, 0);
  g_assert_cmpfloat (camera.scale, ==, 50);
  ple_camera_fit (&camera, &(PleBox){ 0, 0, 10, 0 }, 4, 4, 50);
  g_assert_cmpfloat (camera.scale, ==, 0.1);
}

static void
test_zoom_keeps_the_pointer (void)
{
  PleCamera camera = { 5, -2, 30, 640, 480 };
  double x, y, vx, vy;
  ple_camera_to_data (&camera, 100, 77, &x, &y);
  ple_camera_zoom_at (&camera, 100, 77, 3.7);
  ple_camera_to_view (&camera, x, y, &vx, &vy);
  g_assert_cmpfloat_with_epsilon (vx, 100, 1e-9);
  g_assert_cmpfloat_with_epsilon (vy, 77, 1e-9);
  g_assert_cmpfloat_with_epsilon (camera.scale, 111, 1e-9);
}

static void
test_pan_follows_the_hand (void)
{
  PleCamera camera = { 5, -2, 30, 640, 480 };
  double x, y, vx, vy;
  ple_camera_to_data (&camera, 10, 20, &x, &y);
  ple_camera_pan (&camera, 33, -8);
  ple_camera_to_view (&camera, x, y, &vx, &vy);
  g_assert_cmpfloat_with_epsilon (vx, 43, 1e-9);
  g_assert_cmpfloat_with_epsilon (vy, 12, 1e-9);
}

static void
test_old_frame_lands_in_place (void)
{
  PleCamera from = { 1, 2, 50, 800, 600 }, to = { 1.7, 1.1, 80, 700, 500 };
  double factor, dx, dy, x, y, vx, vy;
  ple_camera_between (&from, &to, &factor, &dx, &dy);
  ple_camera_to_data (&from, 123, 456, &x, &y);
  ple_camera_to_view (&to, x, y, &vx, &vy);
  g_assert_cmpfloat_with_epsilon (vx, 123 * factor + dx, 1e-9);
  g_assert_cmpfloat_with_epsilon (vy, 456 * factor + dy, 1e-9);
}

static void
test_limit (void)
{
  PleBox box = { 0, 0, 1, 1 };
  PleCamera camera = { 9, -9, 1e-9, 100, 100 };
  ple_camera_limit (&camera, &box);
  g_assert_cmpfloat (camera.scale, ==, 50);
  g_assert_cmpfloat (camera.x, ==, 1);
  g_assert_cmpfloat (camera.y, ==, 0);
  camera.scale = 1e12;
  ple_camera_limit (&camera, &box);
  g_assert_cmpfloat (camera.scale, ==, 409600);
}

static void
test_interpolate_ends (void)
{
  PleCamera a = { 0, 0, 10, 100, 100 }, b = { 4, 2, 160, 100, 100 }, c;
  ple_camera_interpolate (&a, &b, 0, &c);
  g_assert_cmpfloat_with_epsilon (c.x, a.x, 1e-12);
  g_assert_cmpfloat_with_epsilon (c.scale, a.scale, 1e-12);
  ple_camera_interpolate (&a, &b, 1, &c);
  g_assert_cmpfloat_with_epsilon (c.x, b.x, 1e-12);
  g_assert_cmpfloat_with_epsilon (c.y, b.y, 1e-12);
  ple_camera_interpolate (&a, &b, 0.5, &c);
  g_assert_cmpfloat_with_epsilon (c.scale, 40, 1e-9);
  /* The same scale at both ends: a plain slide. */
  b.scale = 10;
  ple_camera_interpolate (&a, &b, 0.25, &c);
  g_assert_cmpfloat_with_epsilon (c.x, 1, 1e-12);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plot/camera/fit", test_fit);
  g_test_add_func ("/plot/camera/fit-degenerate", test_fit_degenerate);
  g_test_add_func ("/plot/camera/zoom-keeps-the-pointer", test_zoom_keeps_the_pointer);
  g_test_add_func ("/plot/camera/pan-follows-the-hand", test_pan_follows_the_hand);
  g_test_add_func ("/plot/camera/old-frame-lands-in-place", test_old_frame_lands_in_place);
  g_test_add_func ("/plot/camera/limit", test_limit);
  g_test_add_func ("/plot/camera/interpolate-ends", test_interpolate_ends);
  return g_test_run ();
}
