/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-scroller.h"
#include "ple-gui-test.h"

#define WIDTH 200
#define HEIGHT 100

typedef struct
{
  GtkWidget *window;
  GtkWidget *widget;
  PleScroller scroller;
  GtkAdjustment *vertical;
} Fixture;

static void
set_adjustment (Fixture *f, guint id, GtkAdjustment *adjustment)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_value_init (&value, GTK_TYPE_ADJUSTMENT);
  g_value_set_object (&value, adjustment);
  g_assert_true (ple_scroller_set_property (&f->scroller, id, &value));
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->widget = gtk_drawing_area_new ();
  f->window = ple_gui_test_window (f->widget, WIDTH, HEIGHT);
  f->vertical = gtk_adjustment_new (0, 0, 0, 0, 0, 0);
  g_object_ref_sink (f->vertical);
  ple_scroller_init (&f->scroller, f->widget);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  ple_scroller_clear (&f->scroller);
  g_clear_object (&f->vertical);
  gtk_widget_destroy (f->window);
}

/* The adjustment may come before or after the height is known. */
static void
test_tells_the_adjustment (Fixture *f, gconstpointer data)
{
  g_assert_cmpfloat (ple_scroller_get (&f->scroller), ==, 0);
  ple_scroller_to (&f->scroller, 50);
  ple_scroller_configure (&f->scroller, 1000, 54, 90);
  set_adjustment (f, PLE_SCROLLER_PROP_VADJUSTMENT, f->vertical);
  g_assert_cmpfloat (gtk_adjustment_get_upper (f->vertical), ==, 1000);
  g_assert_cmpfloat (gtk_adjustment_get_page_size (f->vertical), ==, HEIGHT);
  g_assert_cmpfloat (gtk_adjustment_get_step_increment (f->vertical), ==, 54);
  g_assert_cmpfloat (gtk_adjustment_get_page_increment (f->vertical), ==, 90);
  ple_scroller_configure (&f->scroller, 2000, 54, 90);
  g_assert_cmpfloat (gtk_adjustment_get_upper (f->vertical), ==, 2000);
  /* Less than fits is as high as the widget: nothing to scroll. */
  ple_scroller_configure (&f->scroller, 30, 54, -24);
  g_assert_cmpfloat (gtk_adjustment_get_upper (f->vertical), ==, HEIGHT);
  g_assert_cmpfloat (gtk_adjustment_get_page_increment (f->vertical), >, 0);
}

static void
test_keeps_the_place_within_the_whole (Fixture *f, gconstpointer data)
{
  set_adjustment (f, PLE_SCROLLER_PROP_VADJUSTMENT, f->vertical);
  ple_scroller_configure (&f->scroller, 1000, 54, 90);
  ple_scroller_to (&f->scroller, 700);
  ple_scroller_configure (&f->scroller, 900, 54, 90);
  g_assert_cmpfloat (ple_scroller_get (&f->scroller), ==, 700);
  ple_scroller_configure (&f->scroller, 400, 54, 90);
  g_assert_cmpfloat (ple_scroller_get (&f->scroller), ==, 400 - HEIGHT);
  ple_scroller_to (&f->scroller, 7.4);
  g_assert_cmpfloat (ple_scroller_get (&f->scroller), ==, 7);
}

static void
test_reveals_with_the_least_motion (Fixture *f, gconstpointer data)
{
  set_adjustment (f, PLE_SCROLLER_PROP_VADJUSTMENT, f->vertical);
  ple_scroller_configure (&f->scroller, 1000, 54, 90);
  ple_scroller_reveal (&f->scroller, 10, 64);
  g_assert_cmpfloat (ple_scroller_get (&f->scroller), ==, 0);
  ple_scroller_reveal (&f->scroller, 400, 454);
  g_assert_cmpfloat (ple_scroller_get (&f->scroller), ==, 454 - HEIGHT);
  ple_scroller_reveal (&f->scroller, 380, 434);
  g_assert_cmpfloat (ple_scroller_get (&f->scroller), ==, 454 - HEIGHT);
  ple_scroller_reveal (&f->scroller, 108, 162);
  g_assert_cmpfloat (ple_scroller_get (&f->scroller), ==, 108);
}

/* Another adjustment takes over; the old one is let go of. */
static void
test_changes_adjustments (Fixture *f, gconstpointer data)
{
  g_auto (GValue) value = G_VALUE_INIT;
  ple_scroller_configure (&f->scroller, 1000, 54, 90);
  set_adjustment (f, PLE_SCROLLER_PROP_VADJUSTMENT, f->vertical);
  set_adjustment (f, PLE_SCROLLER_PROP_VADJUSTMENT, f->vertical);
  set_adjustment (f, PLE_SCROLLER_PROP_VADJUSTMENT, NULL);
  g_assert_cmpuint (G_OBJECT (f->vertical)->ref_count, ==, 1);
  ple_scroller_to (&f->scroller, 20);
  g_assert_cmpfloat (gtk_adjustment_get_value (f->vertical), ==, 0);
  g_assert_cmpfloat (ple_scroller_get (&f->scroller), ==, 20);
  g_value_init (&value, GTK_TYPE_ADJUSTMENT);
  g_assert_true (ple_scroller_get_property (&f->scroller, PLE_SCROLLER_PROP_VADJUSTMENT, &value));
  g_assert_nonnull (g_value_get_object (&value));
  g_assert_false (ple_scroller_get_property (&f->scroller, PLE_SCROLLER_N_PROPS, &value));
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/gui/scroller/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("tells-the-adjustment", test_tells_the_adjustment);
  ADD ("keeps-the-place-within-the-whole", test_keeps_the_place_within_the_whole);
  ADD ("reveals-with-the-least-motion", test_reveals_with_the_least_motion);
  ADD ("changes-adjustments", test_changes_adjustments);
  return g_test_run ();
}
