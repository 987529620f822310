/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures with axes: bars, curves, confusion matrix. */
#include "config.h"

#include "plot/ple-figure-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>

static const double dashes[] = { 5, 4 };

static const PleFigureStyle *
style_or_light (const PleFigureStyle *style)
{
  return style != NULL ? style : ple_figure_style_get (FALSE);
}

/* Bars as wide as four characters can carry names. */
static void
draw_bar_names (cairo_t *cr, const PleFigureStyle *style, const PleBarFigure *figure, PleAxes *axes)
{
  double em = style->font_size;
  double pitch = axes->area.width / (double) figure->n;
  double base = axes->area.y + axes->area.height + em * 0.35;
  size_t step = (size_t) MAX (ceil ((figure->names != NULL ? 4 : 3) * em / pitch), 1);
  if (figure->names == NULL)
    step = (size_t) MAX (ple_nice_step ((double) step, 1), 1);
  for (size_t i = 0; i < figure->n; i += step)
    {
      g_autofree char *number = g_strdup_printf ("%zu", i);
      const char *text =
          figure->names != NULL && figure->names[i] != NULL ? figure->names[i] : number;
      ple_text_draw (cr, style, PLE_TEXT_SMALL, style->dim,
                     axes->area.x + pitch * ((double) i + 0.5), base, 0.5, 0,
                     pitch * (double) step - em * 0.3, text, NULL);
    }
}

/* What the dashed line is, and how many bars are empty; above the axes. */
static void
draw_bar_legend (cairo_t *cr,
                 const PleFigureStyle *style,
                 const PleBarFigure *figure,
                 size_t n_empty,
                 PleArea *area)
{
  double em = style->font_size, right = area->x + area->width, y = area->y + em * 0.8;
  if (figure->mark_empty && n_empty > 0)
    {
      PleArea size;
      g_autofree char *text = g_strdup_printf (
          g_dngettext (GETTEXT_PACKAGE, "%zu empty", "%zu empty", (gulong) n_empty), n_empty);
      ple_text_draw (cr, style, PLE_TEXT_BOLD, style->warning, right, y, 1, 0.5, area->width, text,
                     &size);
      right -= size.width + em * 1.5;
    }
  if (isfinite (figure->mean))
    {
      PleArea size;
      g_autofree char *number = ple_number_text (figure->mean, figure->mean < 10 ? 0.1 : 1);
      g_autofree char *text = g_strdup_printf (_ ("mean %s"), number);
      ple_text_draw (cr, style, PLE_TEXT_NORMAL, style->ink, right, y, 1, 0.5, -1, text, &size);
      cairo_save (cr);
      cairo_set_line_width (cr, 1);
      cairo_set_dash (cr, dashes, G_N_ELEMENTS (dashes), 0);
      cairo_move_to (cr, size.x - em * 0.5, round (y) + 0.5);
      cairo_rel_line_to (cr, -em * 2.2, 0);
      cairo_stroke (cr);
      cairo_restore (cr);
    }
  area->y += em * 1.8;
  area->height -= em * 1.8;
}

void
ple_figure_bars (cairo_t *cr, double width, double height, gpointer bar_figure)
{
  const PleBarFigure *figure = bar_figure;
  const PleFigureStyle *style = style_or_light (figure->style);
  PleArea area = ple_figure_begin (cr, width, height, style, figure->title);
  double em = style->font_size;
  double most = 0;
  size_t n_empty = 0;
  for (size_t i = 0; i < figure->n; i++)
    {
      most = MAX (most, figure->values[i]);
      n_empty += figure->values[i] <= 0;
    }
  if (isfinite (figure->mean) || (figure->mark_empty && n_empty > 0))
    draw_bar_legend (cr, style, figure, n_empty, &area);
  PleAxes axes = { .x1 = MAX ((double) figure->n, 1), .y1 = most > 0 ? most * 1.05 : 1 };
  ple_axes_draw (&axes, cr, style, area, figure->x_title, figure->y_title, FALSE);
  if (figure->n == 0)
    return;
  draw_bar_names (cr, style, figure, &axes);

  double pitch = axes.area.width / (double) figure->n;
  double gap = pitch > 4 ? MIN (pitch * 0.2, 4) : 0;
  double base = axes.area.y + axes.area.height;
  ple_set_colour (cr, style->bar);
  for (size_t i = 0; i < figure->n; i++)
    {
      double top = ple_axes_y (&axes, figure->values[i]);
      cairo_rectangle (cr, axes.area.x + pitch * (double) i + gap / 2, top, pitch - gap,
                       base - top);
    }
  cairo_fill (cr);
  if (figure->mark_empty && n_empty > 0)
    {
      /* A foot to stand on: an empty bar has no height that could be coloured. */
      ple_set_colour (cr, style->warning);
      for (size_t i = 0; i < figure->n; i++)
        if (figure->values[i] <= 0)
          cairo_rectangle (cr, axes.area.x + pitch * (double) i + gap / 2, base - em * 0.6,
                           MAX (pitch - gap, 1), em * 0.6);
      cairo_fill (cr);
    }
  if (isfinite (figure->mean))
    {
      double y = round (ple_axes_y (&axes, figure->mean)) + 0.5;
      cairo_save (cr);
      cairo_set_dash (cr, dashes, G_N_ELEMENTS (dashes), 0);
      ple_set_colour (cr, style->ink);
      cairo_move_to (cr, axes.area.x, y);
      cairo_rel_line_to (cr, axes.area.width, 0);
      cairo_stroke (cr);
      cairo_restore (cr);
    }
}

static double
curve_x (const PleCurve *curve, size_t i)
{
  return curve->x != NULL ? curve->x[i] : (double) i + 1;
}

static gboolean
curve_usable (const PleCurveFigure *figure, const PleCurve *curve, size_t i)
{
  return isfinite (curve->y[i]) && isfinite (curve_x (curve, i)) &&
         (!figure->log_y || curve->y[i] > 0);
}

static PleAxes
curve_range (const PleCurveFigure *figure)
{
  PleAxes axes = { .x0 = HUGE_VAL, .x1 = -HUGE_VAL, .y0 = HUGE_VAL, .y1 = -HUGE_VAL };
  axes.log_y = figure->log_y;
  for (size_t c = 0; c < figure->n_curves; c++)
    for (size_t i = 0; i < figure->curves[c].n; i++)
      if (curve_usable (figure, &figure->curves[c], i))
        {
          axes.x0 = MIN (axes.x0, curve_x (&figure->curves[c], i));
          axes.x1 = MAX (axes.x1, curve_x (&figure->curves[c], i));
          axes.y0 = MIN (axes.y0, figure->curves[c].y[i]);
          axes.y1 = MAX (axes.y1, figure->curves[c].y[i]);
        }
  if (axes.x0 > axes.x1)
    {
      axes.x0 = axes.y0 = 0;
      axes.x1 = axes.y1 = 1;
      axes.log_y = FALSE;
    }
  if (axes.x1 <= axes.x0)
    axes.x1 = axes.x0 + 1;
  if (axes.log_y)
    {
      axes.y0 /= 1.2;
      axes.y1 *= 1.2;
      return axes;
    }
  double slack = axes.y1 > axes.y0 ? (axes.y1 - axes.y0) * 0.06 : MAX (fabs (axes.y0) * 0.1, 1e-9);
  /* Curves of what cannot be negative do not get an axis below zero. */
  axes.y0 = axes.y0 >= 0 ? MAX (axes.y0 - slack, 0) : axes.y0 - slack;
  axes.y1 += slack;
  return axes;
}

static void
draw_curve (cairo_t *cr, const PleCurveFigure *figure, const PleCurve *curve, const PleAxes *axes)
{
  gboolean drawing = FALSE;
  for (size_t i = 0; i < curve->n; i++)
    {
      if (!curve_usable (figure, curve, i))
        {
          drawing = FALSE;
          continue;
        }
      double x = ple_axes_x (axes, curve_x (curve, i)), y = ple_axes_y (axes, curve->y[i]);
      if (drawing)
        cairo_line_to (cr, x, y);
      else
        cairo_move_to (cr, x, y);
      drawing = TRUE;
    }
  cairo_stroke (cr);
  if (curve->n > 40)
    return;
  for (size_t i = 0; i < curve->n; i++)
    if (curve_usable (figure, curve, i))
      {
        cairo_new_sub_path (cr);
        cairo_arc (cr, ple_axes_x (axes, curve_x (curve, i)), ple_axes_y (axes, curve->y[i]), 2.4,
                   0, 2 * G_PI);
      }
  cairo_fill (cr);
}

void
ple_figure_curves (cairo_t *cr, double width, double height, gpointer curve_figure)
{
  const PleCurveFigure *figure = curve_figure;
  const PleFigureStyle *style = style_or_light (figure->style);
  PleArea area = ple_figure_begin (cr, width, height, style, figure->title);

  if (figure->n_curves > 1)
    {
      g_autofree const char **names = g_new (const char *, figure->n_curves);
      g_autofree guint32 *colours = g_new (guint32, figure->n_curves);
      for (size_t c = 0; c < figure->n_curves; c++)
        {
          names[c] = figure->curves[c].name != NULL ? figure->curves[c].name : "";
          colours[c] = ple_palette_get (PLE_PALETTE_STANDARD, (guint) c);
        }
      PleArea legend = { area.x, area.y, area.width, style->font_size * 1.6 * 2 };
      double used = ple_legend_draw (cr, style, legend, names, colours, figure->n_curves, TRUE);
      area.y += used + style->font_size * 0.5;
      area.height -= used + style->font_size * 0.5;
    }
  PleAxes axes = curve_range (figure);
  ple_axes_draw (&axes, cr, style, area, figure->x_title, figure->y_title, TRUE);

  cairo_save (cr);
  cairo_rectangle (cr, axes.area.x - 3, axes.area.y - 3, axes.area.width + 6, axes.area.height + 6);
  cairo_clip (cr);
  cairo_set_line_width (cr, 1.6);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  for (size_t c = 0; c < figure->n_curves; c++)
    {
      ple_set_colour (cr, ple_palette_get (PLE_PALETTE_STANDARD, (guint) c));
      draw_curve (cr, figure, &figure->curves[c], &axes);
    }
  if (isfinite (figure->mark_x))
    {
      cairo_set_dash (cr, dashes, G_N_ELEMENTS (dashes), 0);
      cairo_set_line_width (cr, 1);
      ple_set_colour (cr, style->dim);
      cairo_move_to (cr, ple_axes_x (&axes, figure->mark_x), axes.area.y);
      cairo_rel_line_to (cr, 0, axes.area.height);
      cairo_stroke (cr);
    }
  cairo_restore (cr);
}

/* From the background to the bar colour. */
static guint32
shade (const PleFigureStyle *style, double t)
{
  guint32 colour = 0;
  for (guint shift = 0; shift < 24; shift += 8)
    {
      double a = (style->background >> shift) & 255, b = (style->bar >> shift) & 255;
      colour |= (guint32) lround (a + (b - a) * t) << shift;
    }
  return colour;
}

/* The length of the longest name, but at most @most. */
static double
name_room (
    cairo_t *cr, const PleFigureStyle *style, const char *const *names, size_t n, double most)
{
  double room = style->font_size * 2;
  for (size_t i = 0; names != NULL && i < n && room < most; i++)
    if (names[i] != NULL)
      {
        double width;
        ple_text_measure (cr, style, PLE_TEXT_SMALL, names[i], &width, NULL);
        room = MAX (room, width);
      }
  return MIN (room, most);
}

static void
draw_confusion_names (cairo_t *cr,
                      const PleFigureStyle *style,
                      const PleConfusionFigure *figure,
                      PleArea cells,
                      double side_x,
                      double side_y,
                      double left,
                      double below)
{
  double em = style->font_size;
  size_t step = (size_t) MAX (ceil (em * 1.1 / side_y), 1);
  for (size_t r = 0; r < figure->n_rows; r += step)
    {
      g_autofree char *number = g_strdup_printf ("%zu", r);
      const char *text =
          figure->row_names != NULL && figure->row_names[r] != NULL ? figure->row_names[r] : number;
      ple_text_draw (cr, style, PLE_TEXT_SMALL, style->dim, cells.x - em * 0.4,
                     cells.y + side_y * ((double) r + 0.5), 1, 0.5, left, text, NULL);
    }
  step = (size_t) MAX (ceil (em * 1.1 / side_x), 1);
  for (size_t c = 0; c < figure->n_cols; c += step)
    {
      g_autofree char *number = g_strdup_printf ("%zu", c);
      const char *text =
          figure->col_names != NULL && figure->col_names[c] != NULL ? figure->col_names[c] : number;
      cairo_save (cr);
      cairo_translate (cr, cells.x + side_x * ((double) c + 0.5),
                       cells.y + cells.height + em * 0.4);
      cairo_rotate (cr, -G_PI_2);
      ple_text_draw (cr, style, PLE_TEXT_SMALL, style->dim, 0, 0, 1, 0.5, below, text, NULL);
      cairo_restore (cr);
    }
}

void
ple_figure_confusion (cairo_t *cr, double width, double height, gpointer confusion_figure)
{
  const PleConfusionFigure *figure = confusion_figure;
  const PleFigureStyle *style = style_or_light (figure->style);
  PleArea area = ple_figure_begin (cr, width, height, style, figure->title);
  if (figure->n_rows == 0 || figure->n_cols == 0)
    return;
  double em = style->font_size;
  double left = name_room (cr, style, figure->row_names, figure->n_rows, area.width / 4);
  double below = name_room (cr, style, figure->col_names, figure->n_cols, area.height / 4);
  PleArea cells = area;
  cells.x += left + em * 2.2;
  cells.width = MAX (cells.width - left - em * 2.2, 1);
  cells.height = MAX (cells.height - below - em * 2.2, 1);
  double side_x = cells.width / (double) figure->n_cols;
  double side_y = cells.height / (double) figure->n_rows;
  gboolean numbers = figure->n_rows <= 20 && figure->n_cols <= 20 && side_x > em * 1.8;

  for (size_t r = 0; r < figure->n_rows; r++)
    {
      const size_t *row = figure->counts + r * figure->n_cols;
      size_t total = 0;
      for (size_t c = 0; c < figure->n_cols; c++)
        total += row[c];
      for (size_t c = 0; c < figure->n_cols; c++)
        {
          if (row[c] == 0)
            continue;
          /* The square root, so that small confusions are seen at all. */
          guint32 colour = shade (style, sqrt ((double) row[c] / (double) total));
          double x = cells.x + side_x * (double) c, y = cells.y + side_y * (double) r;
          ple_set_colour (cr, colour);
          cairo_rectangle (cr, x, y, side_x, side_y);
          cairo_fill (cr);
          if (!numbers)
            continue;
          g_autofree char *text = g_strdup_printf ("%zu", row[c]);
          ple_text_draw (cr, style, PLE_TEXT_SMALL, ple_palette_ink_on (colour), x + side_x / 2,
                         y + side_y / 2, 0.5, 0.5, side_x, text, NULL);
        }
    }
  ple_set_colour (cr, style->line);
  cairo_set_line_width (cr, 1);
  cairo_rectangle (cr, cells.x, cells.y, cells.width, cells.height);
  cairo_stroke (cr);
  draw_confusion_names (cr, style, figure, cells, side_x, side_y, left, below);
  if (figure->col_title != NULL)
    ple_text_draw (cr, style, PLE_TEXT_NORMAL, style->ink, cells.x + cells.width / 2,
                   area.y + area.height, 0.5, 1, cells.width, figure->col_title, NULL);
  if (figure->row_title != NULL)
    {
      cairo_save (cr);
      cairo_translate (cr, area.x, cells.y + cells.height / 2);
      cairo_rotate (cr, -G_PI_2);
      ple_text_draw (cr, style, PLE_TEXT_NORMAL, style->ink, 0, 0, 0.5, 0, cells.height,
                     figure->row_title, NULL);
      cairo_restore (cr);
    }
}
