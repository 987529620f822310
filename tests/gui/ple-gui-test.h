/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* What tests of widgets share: a window around one widget, events made by hand, waiting. */

/* A shown window of that size with @widget in it. (transfer none): gtk_widget_destroy() it. */
GtkWidget *ple_gui_test_window (GtkWidget *widget, int width, int height);

typedef gboolean (*PleGuiTestFunc) (gpointer data);

/* Runs the main loop until @func says so; fails the test after two minutes. */
void ple_gui_test_wait (PleGuiTestFunc func, gpointer data);
/* Runs the main loop until the boolean property is TRUE. */
void ple_gui_test_wait_for (gpointer object, const char *property);
/* Runs what is pending. */
void ple_gui_test_spin (void);

/* The time that events bear from now on, so that speeds do not depend on the machine; 0 for the
 * clock's. */
void ple_gui_test_set_time (guint32 milliseconds);
void ple_gui_test_press (GtkWidget *widget, guint button, double x, double y, guint state);
void ple_gui_test_release (GtkWidget *widget, guint button, double x, double y, guint state);
void ple_gui_test_motion (GtkWidget *widget, double x, double y, guint state);
/* Press and release. */
void ple_gui_test_click (GtkWidget *widget, guint button, double x, double y, guint state);
/* @clicks: wheel clicks, up is negative. */
void ple_gui_test_scroll (GtkWidget *widget, double x, double y, int clicks, guint state);
void ple_gui_test_key (GtkWidget *widget, guint keyval, guint state);
/* The key of an accelerator such as "<Primary>plus", as the keyboard sends it; for a window, its
 * bindings come first. Returns: whether somebody answered. */
gboolean ple_gui_test_accelerator (GtkWidget *widget, const char *accelerator);

/* What the widget draws now, as pixels 0xRRGGBB by (x, y) in logical coordinates. */
typedef struct
{
  int width;
  int height;
  guint32 *pixels;
} PleGuiPicture;

PleGuiPicture *ple_gui_test_picture (GtkWidget *widget);
void ple_gui_picture_free (PleGuiPicture *picture);
/* Pixels within @tolerance of @colour in each channel. */
guint ple_gui_picture_count (const PleGuiPicture *picture, guint32 colour, int tolerance);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleGuiPicture, ple_gui_picture_free)

G_END_DECLS
