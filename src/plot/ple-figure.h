/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "plot/ple-palette.h"

#include <cairo.h>

G_BEGIN_DECLS

/**
 * PleFigureFunc:
 * @cr: to draw with; saved and restored around the call
 * @width: of the figure; its upper left corner is (0, 0)
 * @height: of the figure
 * @data: of ple_figure_write()
 *
 * Draws a figure. All ple_figure_*() below have this form, so the same code draws for a file and
 * for the screen.
 */
typedef void (*PleFigureFunc) (cairo_t *cr, double width, double height, gpointer data);

typedef enum
{
  PLE_FIGURE_AUTO, /* by the ending of the path: .png, .svg, .pdf */
  PLE_FIGURE_PNG,
  PLE_FIGURE_SVG,
  PLE_FIGURE_PDF,
} PleFigureFormat;

/* Pixels of a PNG per unit of a figure, so that small text stays readable. */
#define PLE_FIGURE_PNG_SCALE 2

/**
 * ple_figure_write:
 * @path: file to write; it appears at once and complete
 * @format: of the file
 * @width: in units: 1/72 inch in PDF, pixels in SVG, %PLE_FIGURE_PNG_SCALE pixels in PNG
 * @height: the same
 * @func: draws
 * @data: for @func
 * @error: return location; %PLE_FILE_ERROR_UNSUPPORTED for an unknown ending or a size that no
 *   image may have
 *
 * The same figure gives the same bytes. May be called from any thread.
 */
gboolean ple_figure_write (const char *path,
                           PleFigureFormat format,
                           double width,
                           double height,
                           PleFigureFunc func,
                           gpointer data,
                           GError **error);

/**
 * PleFigureStyle:
 *
 * Colours 0xRRGGBB and the size of running text in units; titles are 1.25 times as large.
 */
typedef struct
{
  double font_size;
  guint32 background;
  guint32 ink;
  guint32 dim;
  guint32 line;
  guint32 bar;
  guint32 warning;
} PleFigureStyle;

/* (transfer none) */
const PleFigureStyle *ple_figure_style_get (gboolean dark);

/**
 * PleScatterPanel:
 * @title: (nullable): above the panel
 * @labels: (points->n) group of each id, -1 for none
 * @n_groups: groups
 * @names: (nullable) (array length=n_groups): names; entries may be %NULL
 * @colours: (nullable) (array length=n_groups): of ple_palette_assign(), which is called if %NULL
 */
typedef struct
{
  const char *title;
  const gint32 *labels;
  size_t n_groups;
  const char *const *names;
  const guint8 *colours;
} PleScatterPanel;

/**
 * PleScatterFigure:
 * @title: (nullable): above all
 * @style: (nullable): light if %NULL
 * @set: colours
 * @points: the map
 * @panels: (array length=n_panels): side by side, such as predicted and true
 * @n_panels: 1 or more
 * @name_groups: write names at the medoids, largest groups first, none over another
 * @legend: list the names beneath (as many as fit)
 *
 * Up to 20 000 points are drawn as discs (vectors in SVG and PDF); above, as one embedded image
 * under vector text.
 */
typedef struct
{
  const char *title;
  const PleFigureStyle *style;
  PlePaletteSet set;
  const PlePoints *points;
  const PleScatterPanel *panels;
  guint n_panels;
  gboolean name_groups;
  gboolean legend;
} PleScatterFigure;

#define PLE_FIGURE_VECTOR_POINTS 20000

void ple_figure_scatter (cairo_t *cr, double width, double height, gpointer scatter_figure);

/**
 * PleBarFigure:
 * @values: (n), >= 0: one bar each
 * @names: (nullable) (n): beneath the bars, where there is room; else numbers
 * @mark_empty: bars of value 0 get a mark in the warning colour, and a legend says how many
 * @mean: a dashed line there; NaN for none
 */
typedef struct
{
  const char *title;
  const char *x_title;
  const char *y_title;
  const PleFigureStyle *style;
  const double *values;
  size_t n;
  const char *const *names;
  gboolean mark_empty;
  double mean;
} PleBarFigure;

void ple_figure_bars (cairo_t *cr, double width, double height, gpointer bar_figure);

/* @x: (nullable): 1, 2, 3 ... if %NULL. Values that are not finite leave a gap. */
typedef struct
{
  const char *name;
  const double *x;
  const double *y;
  size_t n;
} PleCurve;

/**
 * PleCurveFigure:
 * @mark_x: a vertical line there (such as the chosen number of clusters); NaN for none
 * @log_y: logarithmic; values <= 0 leave a gap
 */
typedef struct
{
  const char *title;
  const char *x_title;
  const char *y_title;
  const PleFigureStyle *style;
  const PleCurve *curves;
  size_t n_curves;
  double mark_x;
  gboolean log_y;
} PleCurveFigure;

void ple_figure_curves (cairo_t *cr, double width, double height, gpointer curve_figure);

/**
 * PleConfusionFigure:
 * @counts: (n_rows, n_cols): rows are true classes, columns clusters, by convention
 * @row_names: (nullable) (n_rows)
 * @col_names: (nullable) (n_cols)
 *
 * Cells are coloured by their share of the row; up to 20 x 20 carry their number too.
 */
typedef struct
{
  const char *title;
  const char *row_title;
  const char *col_title;
  const PleFigureStyle *style;
  const size_t *counts;
  size_t n_rows;
  size_t n_cols;
  const char *const *row_names;
  const char *const *col_names;
} PleConfusionFigure;

void ple_figure_confusion (cairo_t *cr, double width, double height, gpointer confusion_figure);

/* The picture of @item, about @side pixels or smaller; (transfer full) (nullable): %NULL draws a
 * crossed frame. Called on the thread that draws. */
typedef cairo_surface_t *(*PlePictureFunc) (gpointer data, size_t item, guint side);

/* An image surface with a copy of @rgb (8 bits a channel, stride 3 width). (transfer full) */
cairo_surface_t *ple_surface_new_from_rgb (guint width, guint height, const guint8 *rgb);

typedef enum
{
  PLE_TILE_PLAIN,
  PLE_TILE_RIGHT, /* green title */
  PLE_TILE_WRONG, /* red title */
} PleTileState;

/* @title: (nullable): above the picture, cut at its width. */
typedef struct
{
  size_t item;
  const char *title;
  PleTileState state;
} PleFigureTile;

/* @title: (nullable): left of the row; a newline begins a second, dim line. */
typedef struct
{
  const char *title;
  const PleFigureTile *tiles;
  size_t n_tiles;
} PleFigureRow;

/**
 * PleGridFigure:
 * @side: of a tile in units; 96 if 0
 * @picture: where pictures come from
 *
 * Rows of pictures with titles, such as the nearest members of each cluster, green where the true
 * label is that of the cluster and red where not. For a width and height that fit it exactly ask
 * ple_figure_grid_get_size().
 */
typedef struct
{
  const char *title;
  const PleFigureStyle *style;
  const PleFigureRow *rows;
  size_t n_rows;
  double side;
  PlePictureFunc picture;
  gpointer picture_data;
} PleGridFigure;

void ple_figure_grid_get_size (const PleGridFigure *figure, double *width, double *height);
void ple_figure_grid (cairo_t *cr, double width, double height, gpointer grid_figure);

G_END_DECLS
