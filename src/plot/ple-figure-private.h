/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "plot/ple-figure.h"

G_BEGIN_DECLS

typedef struct
{
  double x;
  double y;
  double width;
  double height;
} PleArea;

typedef enum
{
  PLE_TEXT_NORMAL,
  PLE_TEXT_TITLE, /* larger and bold */
  PLE_TEXT_BOLD,
  PLE_TEXT_SMALL,
} PleTextKind;

/**
 * ple_text_draw:
 * @x: anchor
 * @y: anchor
 * @align_x: 0: @x is the left edge, 1: the right, 0.5: the middle
 * @align_y: the same for top and bottom
 * @max_width: cut with an ellipsis; < 0 for no limit
 *
 * One line (a newline begins another) in @colour. Returns the size drawn in @size if not %NULL.
 */
void ple_text_draw (cairo_t *cr,
                    const PleFigureStyle *style,
                    PleTextKind kind,
                    guint32 colour,
                    double x,
                    double y,
                    double align_x,
                    double align_y,
                    double max_width,
                    const char *text,
                    PleArea *size);

/* Width and height only. */
void ple_text_measure (cairo_t *cr,
                       const PleFigureStyle *style,
                       PleTextKind kind,
                       const char *text,
                       double *width,
                       double *height);

void ple_set_colour (cairo_t *cr, guint32 colour);
void ple_set_colour_alpha (cairo_t *cr, guint32 colour, double alpha);

/* Fills the background and draws the title; what is left, with a margin, is returned. */
PleArea ple_figure_begin (
    cairo_t *cr, double width, double height, const PleFigureStyle *style, const char *title);

/* A step of 1, 2 or 5 times a power of ten that divides @span in at most @most parts. */
double ple_nice_step (double span, guint most);

/* As many decimals as @step needs, a full stop in every locale, thin spaces between thousands from
 * 10 000 on. (transfer full) */
char *ple_number_text (double value, double step);

/**
 * PleAxes:
 * @area: of the data
 *
 * A frame with ticks. Data (x0..x1) is laid over the width, (y0..y1) over the height, upwards.
 */
typedef struct
{
  PleArea area;
  double x0;
  double x1;
  double y0;
  double y1;
  gboolean log_y;
} PleAxes;

/* Lays out axes with titles in @area and draws lines, ticks of y and, if @x_ticks, of x. */
void ple_axes_draw (PleAxes *axes,
                    cairo_t *cr,
                    const PleFigureStyle *style,
                    PleArea area,
                    const char *x_title,
                    const char *y_title,
                    gboolean x_ticks);
double ple_axes_x (const PleAxes *axes, double x);
double ple_axes_y (const PleAxes *axes, double y);

/* A row of swatches with names, wrapped at the width of @area, from its top; stops at its bottom
 * and then says how many more there are. Returns the height used; with @cr %NULL nothing is drawn.
 */
double ple_legend_draw (cairo_t *cr,
                        const PleFigureStyle *style,
                        PleArea area,
                        const char *const *names,
                        const guint32 *colours,
                        size_t n,
                        gboolean draw);

G_END_DECLS
