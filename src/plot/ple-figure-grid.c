/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of pictures with titles. */
#include "config.h"

#include "plot/ple-figure-private.h"

#include <math.h>

#define DEFAULT_SIDE 96.0
#define GAP 8.0
#define MARGIN 14.0
/* Enlarged at least so far, pixels stay squares: a blurred 32-pixel picture tells less. */
#define CRISP_FROM 2.5

typedef struct
{
  double side;
  double title_height; /* above the pictures of a row */
  double row_width;    /* of the row's title */
  size_t columns;
} GridLayout;

static GridLayout
lay_out (const PleGridFigure *figure, const PleFigureStyle *style)
{
  GridLayout layout = { .side = figure->side > 0 ? figure->side : DEFAULT_SIDE };
  gboolean row_titles = FALSE, titles = FALSE;
  for (size_t r = 0; r < figure->n_rows; r++)
    {
      layout.columns = MAX (layout.columns, figure->rows[r].n_tiles);
      row_titles |= figure->rows[r].title != NULL;
      for (size_t t = 0; t < figure->rows[r].n_tiles; t++)
        titles |= figure->rows[r].tiles[t].title != NULL;
    }
  layout.title_height = titles ? style->font_size * 1.7 : 0;
  layout.row_width = row_titles ? style->font_size * 12 : 0;
  return layout;
}

void
ple_figure_grid_get_size (const PleGridFigure *figure, double *width, double *height)
{
  const PleFigureStyle *style =
      figure->style != NULL ? figure->style : ple_figure_style_get (FALSE);
  GridLayout layout = lay_out (figure, style);
  double title = figure->title != NULL ? style->font_size * 2.6 : 0;
  double rows = (double) figure->n_rows * (layout.side + layout.title_height + GAP) - GAP;
  double columns = (double) layout.columns * (layout.side + GAP) - GAP;
  *width = MAX (2 * MARGIN + layout.row_width + columns, style->font_size * 24);
  *height = 2 * MARGIN + title + MAX (rows, 1);
}

static void
draw_missing (cairo_t *cr, const PleFigureStyle *style, PleArea area)
{
  ple_set_colour (cr, style->line);
  cairo_set_line_width (cr, 1);
  cairo_rectangle (cr, area.x + 0.5, area.y + 0.5, area.width - 1, area.height - 1);
  cairo_move_to (cr, area.x, area.y);
  cairo_line_to (cr, area.x + area.width, area.y + area.height);
  cairo_move_to (cr, area.x + area.width, area.y);
  cairo_line_to (cr, area.x, area.y + area.height);
  cairo_stroke (cr);
}

static void
draw_picture (cairo_t *cr,
              const PleGridFigure *figure,
              const PleFigureStyle *style,
              size_t item,
              PleArea area)
{
  cairo_surface_t *surface = NULL;
  if (figure->picture != NULL)
    surface = figure->picture (figure->picture_data, item,
                               (guint) ceil (area.width * PLE_FIGURE_PNG_SCALE));
  int width = surface != NULL ? cairo_image_surface_get_width (surface) : 0;
  int height = surface != NULL ? cairo_image_surface_get_height (surface) : 0;
  if (width < 1 || height < 1)
    {
      draw_missing (cr, style, area);
      g_clear_pointer (&surface, cairo_surface_destroy);
      return;
    }
  double factor = MIN (area.width / width, area.height / height);
  cairo_save (cr);
  cairo_translate (cr, area.x + (area.width - width * factor) / 2,
                   area.y + (area.height - height * factor) / 2);
  cairo_scale (cr, factor, factor);
  cairo_set_source_surface (cr, surface, 0, 0);
  cairo_pattern_set_filter (cairo_get_source (cr),
                            factor >= CRISP_FROM ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_GOOD);
  cairo_pattern_set_extend (cairo_get_source (cr), CAIRO_EXTEND_PAD);
  cairo_rectangle (cr, 0, 0, width, height);
  cairo_fill (cr);
  cairo_restore (cr);
  cairo_surface_destroy (surface);
}

static void
draw_row_title (cairo_t *cr, const PleFigureStyle *style, const char *title, PleArea area)
{
  g_auto (GStrv) lines = g_strsplit (title, "\n", 2);
  double em = style->font_size;
  double y = area.y + area.height / 2;
  double width = area.width - em;
  gboolean two = lines[0] != NULL && lines[1] != NULL;
  ple_text_draw (cr, style, PLE_TEXT_BOLD, style->ink, area.x, two ? y - em * 0.1 : y, 0,
                 two ? 1 : 0.5, width, lines[0] != NULL ? lines[0] : "", NULL);
  if (two)
    ple_text_draw (cr, style, PLE_TEXT_SMALL, style->dim, area.x, y + em * 0.1, 0, 0, width,
                   lines[1], NULL);
}

void
ple_figure_grid (cairo_t *cr, double width, double height, gpointer grid_figure)
{
  const PleGridFigure *figure = grid_figure;
  const PleFigureStyle *style =
      figure->style != NULL ? figure->style : ple_figure_style_get (FALSE);
  GridLayout layout = lay_out (figure, style);
  PleArea area = ple_figure_begin (cr, width, height, style, figure->title);

  for (size_t r = 0; r < figure->n_rows; r++)
    {
      const PleFigureRow *row = &figure->rows[r];
      double y = area.y + (double) r * (layout.side + layout.title_height + GAP);
      PleArea head = { area.x, y + layout.title_height, layout.row_width, layout.side };
      if (row->title != NULL)
        draw_row_title (cr, style, row->title, head);
      for (size_t t = 0; t < row->n_tiles; t++)
        {
          const PleFigureTile *tile = &row->tiles[t];
          guint32 ink = tile->state == PLE_TILE_RIGHT   ? PLE_PALETTE_RIGHT
                        : tile->state == PLE_TILE_WRONG ? style->warning
                                                        : style->dim;
          PleArea place = { area.x + layout.row_width + (double) t * (layout.side + GAP),
                            y + layout.title_height, layout.side, layout.side };
          if (tile->title != NULL)
            ple_text_draw (cr, style, PLE_TEXT_SMALL, ink, place.x + layout.side / 2, place.y - 2,
                           0.5, 1, layout.side, tile->title, NULL);
          draw_picture (cr, figure, style, tile->item, place);
        }
    }
}
