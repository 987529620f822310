/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-scroller.h"

#include <math.h>

void
ple_scroller_class_init (GObjectClass *klass)
{
  g_object_class_override_property (klass, PLE_SCROLLER_PROP_HADJUSTMENT, "hadjustment");
  g_object_class_override_property (klass, PLE_SCROLLER_PROP_VADJUSTMENT, "vadjustment");
  g_object_class_override_property (klass, PLE_SCROLLER_PROP_HSCROLL_POLICY, "hscroll-policy");
  g_object_class_override_property (klass, PLE_SCROLLER_PROP_VSCROLL_POLICY, "vscroll-policy");
}

void
ple_scroller_init (PleScroller *scroller, GtkWidget *widget)
{
  *scroller = (PleScroller){ .widget = widget };
}

static void
drop_adjustment (PleScroller *scroller, GtkOrientation which)
{
  if (scroller->adjustments[which] == NULL)
    return;
  g_signal_handlers_disconnect_by_data (scroller->adjustments[which], scroller->widget);
  g_clear_object (&scroller->adjustments[which]);
}

void
ple_scroller_clear (PleScroller *scroller)
{
  drop_adjustment (scroller, GTK_ORIENTATION_HORIZONTAL);
  drop_adjustment (scroller, GTK_ORIENTATION_VERTICAL);
}

static void
set_adjustment (PleScroller *scroller, GtkOrientation which, GtkAdjustment *adjustment)
{
  g_autoptr (GtkAdjustment) owned =
      g_object_ref_sink (adjustment != NULL ? adjustment : gtk_adjustment_new (0, 0, 0, 0, 0, 0));
  if (owned == scroller->adjustments[which])
    return;
  drop_adjustment (scroller, which);
  scroller->adjustments[which] = g_steal_pointer (&owned);
  g_signal_connect_swapped (scroller->adjustments[which], "value-changed",
                            G_CALLBACK (gtk_widget_queue_draw), scroller->widget);
  ple_scroller_configure (scroller, scroller->whole, scroller->step, scroller->page);
}

gboolean
ple_scroller_get_property (PleScroller *scroller, guint id, GValue *value)
{
  switch (id)
    {
    case PLE_SCROLLER_PROP_HADJUSTMENT:
      g_value_set_object (value, scroller->adjustments[GTK_ORIENTATION_HORIZONTAL]);
      return TRUE;
    case PLE_SCROLLER_PROP_VADJUSTMENT:
      g_value_set_object (value, scroller->adjustments[GTK_ORIENTATION_VERTICAL]);
      return TRUE;
    case PLE_SCROLLER_PROP_HSCROLL_POLICY:
      g_value_set_enum (value, scroller->policies[GTK_ORIENTATION_HORIZONTAL]);
      return TRUE;
    case PLE_SCROLLER_PROP_VSCROLL_POLICY:
      g_value_set_enum (value, scroller->policies[GTK_ORIENTATION_VERTICAL]);
      return TRUE;
    default:
      return FALSE;
    }
}

gboolean
ple_scroller_set_property (PleScroller *scroller, guint id, const GValue *value)
{
  switch (id)
    {
    case PLE_SCROLLER_PROP_HADJUSTMENT:
      set_adjustment (scroller, GTK_ORIENTATION_HORIZONTAL, g_value_get_object (value));
      return TRUE;
    case PLE_SCROLLER_PROP_VADJUSTMENT:
      set_adjustment (scroller, GTK_ORIENTATION_VERTICAL, g_value_get_object (value));
      return TRUE;
    case PLE_SCROLLER_PROP_HSCROLL_POLICY:
      scroller->policies[GTK_ORIENTATION_HORIZONTAL] =
          (GtkScrollablePolicy) g_value_get_enum (value);
      return TRUE;
    case PLE_SCROLLER_PROP_VSCROLL_POLICY:
      scroller->policies[GTK_ORIENTATION_VERTICAL] = (GtkScrollablePolicy) g_value_get_enum (value);
      return TRUE;
    default:
      return FALSE;
    }
}

void
ple_scroller_configure (PleScroller *scroller, double whole, double step, double page)
{
  GtkAdjustment *horizontal = scroller->adjustments[GTK_ORIENTATION_HORIZONTAL];
  GtkAdjustment *vertical = scroller->adjustments[GTK_ORIENTATION_VERTICAL];
  double width = gtk_widget_get_allocated_width (scroller->widget);
  double height = gtk_widget_get_allocated_height (scroller->widget);
  scroller->whole = whole;
  scroller->step = step;
  scroller->page = page;
  if (horizontal != NULL)
    gtk_adjustment_configure (horizontal, 0, 0, width, width, width, width);
  if (vertical != NULL)
    gtk_adjustment_configure (
        vertical, CLAMP (gtk_adjustment_get_value (vertical), 0, MAX (whole - height, 0)), 0,
        MAX (whole, height), step, MAX (page, 1), height);
}

double
ple_scroller_get (PleScroller *scroller)
{
  GtkAdjustment *vertical = scroller->adjustments[GTK_ORIENTATION_VERTICAL];
  double ratio = gtk_widget_get_scale_factor (scroller->widget);
  return vertical != NULL ? round (gtk_adjustment_get_value (vertical) * ratio) / ratio : 0;
}

void
ple_scroller_to (PleScroller *scroller, double y)
{
  if (scroller->adjustments[GTK_ORIENTATION_VERTICAL] != NULL)
    gtk_adjustment_set_value (scroller->adjustments[GTK_ORIENTATION_VERTICAL], y);
}

void
ple_scroller_reveal (PleScroller *scroller, double top, double bottom)
{
  double scroll = ple_scroller_get (scroller);
  double height = gtk_widget_get_allocated_height (scroller->widget);
  if (top < scroll)
    ple_scroller_to (scroller, top);
  else if (bottom > scroll + height)
    ple_scroller_to (scroller, bottom - height);
}
