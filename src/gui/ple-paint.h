/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>
#include <math.h>

G_BEGIN_DECLS

/* Colours as the plot folder has them, 0xRRGGBB, in widgets that draw themselves. */

static inline void
ple_paint_set (cairo_t *cr, guint32 colour, double alpha)
{
  cairo_set_source_rgba (cr, ((colour >> 16) & 255) / 255.0, ((colour >> 8) & 255) / 255.0,
                         (colour & 255) / 255.0, alpha);
}

static inline guint32
ple_paint_from_rgba (const GdkRGBA *rgba)
{
  return (guint32) lround (rgba->red * 255) << 16 | (guint32) lround (rgba->green * 255) << 8 |
         (guint32) lround (rgba->blue * 255);
}

/* A named colour of the theme, such as "theme_base_color". */
static inline guint32
ple_paint_theme (GtkWidget *widget, const char *name, guint32 otherwise)
{
  GdkRGBA rgba;
  if (!gtk_style_context_lookup_color (gtk_widget_get_style_context (widget), name, &rgba))
    return otherwise;
  return ple_paint_from_rgba (&rgba);
}

/* @a at @share 0, @b at 1. */
static inline guint32
ple_paint_blend (guint32 a, guint32 b, double share)
{
  guint32 colour = 0;
  for (guint shift = 0; shift < 24; shift += 8)
    {
      double x = (a >> shift) & 255, y = (b >> shift) & 255;
      colour |= (guint32) lround (x + (y - x) * share) << shift;
    }
  return colour;
}

static inline gboolean
ple_paint_is_dark (guint32 colour)
{
  return 299 * ((colour >> 16) & 255) + 587 * ((colour >> 8) & 255) + 114 * (colour & 255) <
         128 * 1000;
}

/* The theme's selection colour, made light enough to be seen as a line on a dark @background. */
static inline guint32
ple_paint_accent (GtkWidget *widget, guint32 background)
{
  guint32 accent = ple_paint_theme (widget, "theme_selected_bg_color", 0x3584e4);
  guint32 most = MAX (MAX (accent >> 16, (accent >> 8) & 255), accent & 255), lit = 0;
  if (!ple_paint_is_dark (background) || most == 0 || most > 220)
    return accent;
  for (guint shift = 0; shift < 24; shift += 8)
    lit |= ((accent >> shift) & 255) * 240 / most << shift;
  return ple_paint_blend (lit, 0xffffff, 0.25);
}

static inline void
ple_paint_rounded (cairo_t *cr, double x, double y, double width, double height, double radius)
{
  double r = MIN (radius, MIN (width, height) / 2);
  cairo_new_sub_path (cr);
  cairo_arc (cr, x + width - r, y + r, r, -G_PI_2, 0);
  cairo_arc (cr, x + width - r, y + height - r, r, 0, G_PI_2);
  cairo_arc (cr, x + r, y + height - r, r, G_PI_2, G_PI);
  cairo_arc (cr, x + r, y + r, r, G_PI, 3 * G_PI_2);
  cairo_close_path (cr);
}

G_END_DECLS
