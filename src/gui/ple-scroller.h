/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * PleScroller:
 *
 * The vertical scrolling of a widget that draws itself: adjustments, policies and the four
 * properties of GtkScrollable. The widget holds one by value, tells it how high the whole is, and
 * draws anew when it scrolls. Horizontally there is never anything to scroll.
 */
typedef struct
{
  GtkWidget *widget; /* not owned */
  GtkAdjustment *adjustments[2];
  GtkScrollablePolicy policies[2];
  double whole;
  double step;
  double page;
} PleScroller;

/* Ids of the properties; those of the widget's own begin at %PLE_SCROLLER_N_PROPS. */
enum
{
  PLE_SCROLLER_PROP_HADJUSTMENT = 1,
  PLE_SCROLLER_PROP_VADJUSTMENT,
  PLE_SCROLLER_PROP_HSCROLL_POLICY,
  PLE_SCROLLER_PROP_VSCROLL_POLICY,
  PLE_SCROLLER_N_PROPS,
};

/* In class_init and init, and where the widget is disposed of (may run twice). */
void ple_scroller_class_init (GObjectClass *klass);
void ple_scroller_init (PleScroller *scroller, GtkWidget *widget);
void ple_scroller_clear (PleScroller *scroller);

/* Of the class's get_property and set_property. Returns: %FALSE if @id is not one of the four. */
gboolean ple_scroller_get_property (PleScroller *scroller, guint id, GValue *value);
gboolean ple_scroller_set_property (PleScroller *scroller, guint id, const GValue *value);

/* The whole is @whole pixels high now, or the widget has another size; @step and @page: what a
 * click beside the bar's slider moves. Keeps the place as far as there is one. */
void ple_scroller_configure (PleScroller *scroller, double whole, double step, double page);

/* What of the whole is at the widget's upper edge: whole device pixels, so that pictures stay
 * sharp. 0 without an adjustment. */
double ple_scroller_get (PleScroller *scroller);
void ple_scroller_to (PleScroller *scroller, double y);
/* Scrolls as little as needed to show what is between @top and @bottom of the whole. */
void ple_scroller_reveal (PleScroller *scroller, double top, double bottom);

G_END_DECLS
