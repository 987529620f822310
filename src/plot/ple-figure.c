/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of figures, and what all figures share: text, axes, legends. */
#include "config.h"

#include "plot/ple-figure-private.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <errno.h>
#include <glib/gi18n-lib.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <string.h>

/* Cairo's own limit on the side of an image. */
#define MAX_SIDE 32767
#define MARGIN 14.0
#define THIN_SPACE "\342\200\211"

static const PleFigureStyle light_style = { .font_size = 11,
                                            .background = 0xffffff,
                                            .ink = 0x2a2c2e,
                                            .dim = 0x6c6f72,
                                            .line = 0xd9dbdc,
                                            .bar = 0x4087de,
                                            .warning = PLE_PALETTE_WRONG };
static const PleFigureStyle dark_style = { .font_size = 11,
                                           .background = 0x1e1e1e,
                                           .ink = 0xeeeeec,
                                           .dim = 0x9a9996,
                                           .line = 0x3a3b3c,
                                           .bar = 0x81b4f6,
                                           .warning = 0xef7d84 };

const PleFigureStyle *
ple_figure_style_get (gboolean dark)
{
  return dark ? &dark_style : &light_style;
}

static cairo_status_t
write_to_text (void *closure, const unsigned char *bytes, unsigned int length)
{
  g_string_append_len (closure, (const char *) bytes, (gssize) length);
  return CAIRO_STATUS_SUCCESS;
}

/* Length of an identifier as Cairo makes them, letters then digits, at @text; 0 if there is none.
 */
static size_t
identifier_length (const char *text)
{
  size_t letters = 0, digits = 0;
  while (g_ascii_islower (text[letters]) || (letters > 0 && text[letters] == '-'))
    letters++;
  while (g_ascii_isdigit (text[letters + digits]))
    digits++;
  return letters > 0 && digits > 0 ? letters + digits : 0;
}

/* Cairo numbers the surfaces of a whole process, so the same figure would get other identifiers
 * each time. Numbers them anew in the order of their first appearance. (transfer full) */
static GString *
renumber_identifiers (const char *svg)
{
  g_autoptr (GHashTable) numbers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GString *out = g_string_sized_new (strlen (svg));
  while (*svg != '\0')
    {
      gboolean defines = g_str_has_prefix (svg, " id=\"");
      gboolean refers = *svg == '#';
      size_t lead = defines ? strlen (" id=\"") : 1;
      size_t length = defines || refers ? identifier_length (svg + lead) : 0;
      char end = length > 0 ? svg[lead + length] : '\0';
      if (end != '"' && end != ')')
        {
          g_string_append_c (out, *svg++);
          continue;
        }
      g_autofree char *name = g_strndup (svg + lead, length);
      guint number = GPOINTER_TO_UINT (g_hash_table_lookup (numbers, name));
      if (number == 0)
        {
          number = g_hash_table_size (numbers) + 1;
          g_hash_table_insert (numbers, g_strdup (name), GUINT_TO_POINTER (number));
        }
      g_string_append_len (out, svg, (gssize) lead);
      g_string_append_printf (out, "i%u", number);
      svg += lead + length;
    }
  return out;
}

static cairo_status_t
write_to_stream (void *closure, const unsigned char *bytes, unsigned int length)
{
  return fwrite (bytes, 1, length, closure) == length ? CAIRO_STATUS_SUCCESS
                                                      : CAIRO_STATUS_WRITE_ERROR;
}

static PleFigureFormat
format_of (const char *path)
{
  const char *dot = strrchr (path, '.');
  if (dot != NULL && g_ascii_strcasecmp (dot, ".png") == 0)
    return PLE_FIGURE_PNG;
  if (dot != NULL && g_ascii_strcasecmp (dot, ".svg") == 0)
    return PLE_FIGURE_SVG;
  if (dot != NULL && g_ascii_strcasecmp (dot, ".pdf") == 0)
    return PLE_FIGURE_PDF;
  return PLE_FIGURE_AUTO;
}

static cairo_surface_t *
surface_for (PleFigureFormat format, double width, double height, FILE *stream, GString *svg)
{
  cairo_surface_t *surface;
  switch (format)
    {
    case PLE_FIGURE_SVG:
      return cairo_svg_surface_create_for_stream (write_to_text, svg, width, height);
    case PLE_FIGURE_PDF:
      surface = cairo_pdf_surface_create_for_stream (write_to_stream, stream, width, height);
      /* The same figure, the same bytes. */
      cairo_pdf_surface_set_metadata (surface, CAIRO_PDF_METADATA_CREATE_DATE,
                                      "1970-01-01T00:00:00Z");
      return surface;
    case PLE_FIGURE_AUTO:
    case PLE_FIGURE_PNG:
    default:
      return cairo_image_surface_create (CAIRO_FORMAT_RGB24,
                                         (int) ceil (width * PLE_FIGURE_PNG_SCALE),
                                         (int) ceil (height * PLE_FIGURE_PNG_SCALE));
    }
}

gboolean
ple_figure_write (const char *path,
                  PleFigureFormat format,
                  double width,
                  double height,
                  PleFigureFunc func,
                  gpointer data,
                  GError **error)
{
  if (format == PLE_FIGURE_AUTO)
    format = format_of (path);
  if (format == PLE_FIGURE_AUTO)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED,
                   _ ("%s: the name of a figure must end in .png, .svg or .pdf"), path);
      return FALSE;
    }
  double most = (double) MAX_SIDE / PLE_FIGURE_PNG_SCALE;
  if (!(width >= 1 && height >= 1 && width <= most && height <= most))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED,
                   _ ("%s: a figure of %.0f × %.0f cannot be written"), path, width, height);
      return FALSE;
    }
  g_autoptr (PleAtomicFile) file = ple_atomic_file_begin (path, error);
  if (file == NULL)
    return FALSE;
  FILE *stream = ple_atomic_file_get_stream (file);
  g_autoptr (GString) svg = g_string_new (NULL);
  cairo_surface_t *surface = surface_for (format, width, height, stream, svg);
  cairo_t *cr = cairo_create (surface);
  if (format == PLE_FIGURE_PNG)
    cairo_scale (cr, PLE_FIGURE_PNG_SCALE, PLE_FIGURE_PNG_SCALE);
  func (cr, width, height, data);
  cairo_status_t status = cairo_status (cr);
  cairo_destroy (cr);
  if (status == CAIRO_STATUS_SUCCESS && format == PLE_FIGURE_PNG)
    status = cairo_surface_write_to_png_stream (surface, write_to_stream, stream);
  cairo_surface_finish (surface);
  if (status == CAIRO_STATUS_SUCCESS)
    status = cairo_surface_status (surface);
  cairo_surface_destroy (surface);
  if (status != CAIRO_STATUS_SUCCESS)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", path,
                   cairo_status_to_string (status));
      return FALSE;
    }
  if (format == PLE_FIGURE_SVG)
    {
      g_autoptr (GString) stable = renumber_identifiers (svg->str);
      fwrite (stable->str, 1, stable->len, stream);
    }
  return ple_atomic_file_commit (g_steal_pointer (&file), error);
}

cairo_surface_t *
ple_surface_new_from_rgb (guint width, guint height, const guint8 *rgb)
{
  cairo_surface_t *surface =
      cairo_image_surface_create (CAIRO_FORMAT_RGB24, (int) width, (int) height);
  guint8 *data = cairo_image_surface_get_data (surface);
  if (data == NULL)
    return surface;
  size_t stride = (size_t) cairo_image_surface_get_stride (surface);
  cairo_surface_flush (surface);
  for (guint y = 0; y < height; y++)
    {
      guint32 *row = (guint32 *) (void *) (data + y * stride);
      for (guint x = 0; x < width; x++, rgb += 3)
        row[x] = 0xff000000u | (guint32) rgb[0] << 16 | (guint32) rgb[1] << 8 | rgb[2];
    }
  cairo_surface_mark_dirty (surface);
  return surface;
}

void
ple_set_colour (cairo_t *cr, guint32 colour)
{
  ple_set_colour_alpha (cr, colour, 1);
}

void
ple_set_colour_alpha (cairo_t *cr, guint32 colour, double alpha)
{
  cairo_set_source_rgba (cr, ((colour >> 16) & 255) / 255.0, ((colour >> 8) & 255) / 255.0,
                         (colour & 255) / 255.0, alpha);
}

static PangoLayout *
layout_new (cairo_t *cr, const PleFigureStyle *style, PleTextKind kind, const char *text)
{
  static const double factors[] = {
    [PLE_TEXT_NORMAL] = 1, [PLE_TEXT_TITLE] = 1.25, [PLE_TEXT_BOLD] = 1, [PLE_TEXT_SMALL] = 0.85
  };
  PangoLayout *layout = pango_cairo_create_layout (cr);
  PangoFontDescription *font = pango_font_description_from_string ("Sans");
  pango_font_description_set_absolute_size (font, style->font_size * factors[kind] * PANGO_SCALE);
  if (kind == PLE_TEXT_TITLE || kind == PLE_TEXT_BOLD)
    pango_font_description_set_weight (font, PANGO_WEIGHT_SEMIBOLD);
  pango_layout_set_font_description (layout, font);
  pango_font_description_free (font);
  pango_layout_set_text (layout, text, -1);
  return layout;
}

void
ple_text_draw (cairo_t *cr,
               const PleFigureStyle *style,
               PleTextKind kind,
               guint32 colour,
               double x,
               double y,
               double align_x,
               double align_y,
               double max_width,
               const char *text,
               PleArea *size)
{
  g_autoptr (PangoLayout) layout = layout_new (cr, style, kind, text);
  int width, height;
  pango_layout_get_size (layout, &width, &height);
  if (max_width >= 0 && width > max_width * PANGO_SCALE)
    {
      pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_END);
      pango_layout_set_width (layout, (int) (MAX (max_width, 1) * PANGO_SCALE));
      pango_layout_get_size (layout, &width, &height);
    }
  if (align_x > 0.9)
    pango_layout_set_alignment (layout, PANGO_ALIGN_RIGHT);
  double w = (double) width / PANGO_SCALE, h = (double) height / PANGO_SCALE;
  PleArea drawn = { x - w * align_x, y - h * align_y, w, h };
  ple_set_colour (cr, colour);
  cairo_move_to (cr, drawn.x, drawn.y);
  pango_cairo_show_layout (cr, layout);
  cairo_new_path (cr);
  if (size != NULL)
    *size = drawn;
}

void
ple_text_measure (cairo_t *cr,
                  const PleFigureStyle *style,
                  PleTextKind kind,
                  const char *text,
                  double *width,
                  double *height)
{
  g_autoptr (PangoLayout) layout = layout_new (cr, style, kind, text);
  int w, h;
  pango_layout_get_size (layout, &w, &h);
  *width = (double) w / PANGO_SCALE;
  if (height != NULL)
    *height = (double) h / PANGO_SCALE;
}

PleArea
ple_figure_begin (
    cairo_t *cr, double width, double height, const PleFigureStyle *style, const char *title)
{
  PleArea area = { MARGIN, MARGIN, MAX (width - 2 * MARGIN, 1), MAX (height - 2 * MARGIN, 1) };
  ple_set_colour (cr, style->background);
  cairo_rectangle (cr, 0, 0, width, height);
  cairo_fill (cr);
  if (title != NULL)
    {
      PleArea size;
      ple_text_draw (cr, style, PLE_TEXT_TITLE, style->ink, width / 2, MARGIN, 0.5, 0, area.width,
                     title, &size);
      double used = size.height + style->font_size * 0.8;
      area.y += used;
      area.height = MAX (area.height - used, 1);
    }
  return area;
}

double
ple_nice_step (double span, guint most)
{
  if (!(span > 0) || !isfinite (span))
    return 1;
  double raw = span / MAX (most, 1u);
  double power = pow (10, floor (log10 (raw)));
  double m = raw / power;
  /* A hair of room, so that 0.2 / 0.1 does not count as more than 2. */
  return power * (m <= 1 + 1e-9 ? 1 : m <= 2 + 1e-9 ? 2 : m <= 5 + 1e-9 ? 5 : 10);
}

char *
ple_number_text (double value, double step)
{
  char buffer[64];
  if (fabs (value) >= 1e9 || (value != 0 && fabs (value) < 1e-4))
    return g_strdup (g_ascii_formatd (buffer, sizeof buffer, "%.3g", value));
  int digits = step >= 1 ? 0 : CLAMP ((int) ceil (-log10 (step) - 1e-9), 0, 6);
  char format[8];
  g_snprintf (format, sizeof format, "%%.%df", digits);
  /* Adding zero turns the minus of -0 off. */
  g_ascii_formatd (buffer, sizeof buffer, format, value + 0.0);

  const char *first = buffer + (buffer[0] == '-');
  size_t whole = strspn (first, "0123456789");
  GString *text = g_string_new_len (buffer, first - buffer);
  for (size_t i = 0; i < whole; i++)
    {
      if (i > 0 && whole > 4 && (whole - i) % 3 == 0)
        g_string_append (text, THIN_SPACE);
      g_string_append_c (text, first[i]);
    }
  g_string_append (text, first + whole);
  return g_string_free (text, FALSE);
}

double
ple_axes_x (const PleAxes *axes, double x)
{
  return axes->area.x + axes->area.width * (x - axes->x0) / (axes->x1 - axes->x0);
}

double
ple_axes_y (const PleAxes *axes, double y)
{
  double t = axes->log_y ? log (y / axes->y0) / log (axes->y1 / axes->y0)
                         : (y - axes->y0) / (axes->y1 - axes->y0);
  return axes->area.y + axes->area.height * (1 - t);
}

/* The tick after @value (the first if @value is NaN). */
static double
next_tick (double value, double from, double step, gboolean logarithmic)
{
  if (logarithmic)
    return isnan (value) ? pow (10, ceil (log10 (from) - 1e-9)) : value * 10;
  return isnan (value) ? ceil (from / step - 1e-9) * step : value + step;
}

void
ple_axes_draw (PleAxes *axes,
               cairo_t *cr,
               const PleFigureStyle *style,
               PleArea area,
               const char *x_title,
               const char *y_title,
               gboolean x_ticks)
{
  double em = style->font_size;
  double bottom = em * (x_title != NULL ? 3.4 : 1.8);
  double left = y_title != NULL ? em * 1.8 : 0;
  double y_step = ple_nice_step (axes->y1 - axes->y0, (guint) MAX (area.height / (4 * em), 2));

  double widest = 0;
  for (double y = next_tick (NAN, axes->y0, y_step, axes->log_y); y <= axes->y1 + y_step * 1e-6;
       y = next_tick (y, axes->y0, y_step, axes->log_y))
    {
      g_autofree char *text = ple_number_text (y, axes->log_y ? y : y_step);
      double width;
      ple_text_measure (cr, style, PLE_TEXT_SMALL, text, &width, NULL);
      widest = MAX (widest, width);
    }
  left += widest + em * 0.6;
  axes->area = (PleArea){ area.x + left, area.y + em * 0.5, MAX (area.width - left - em * 0.5, 1),
                          MAX (area.height - bottom - em * 0.5, 1) };

  cairo_set_line_width (cr, 1);
  for (double y = next_tick (NAN, axes->y0, y_step, axes->log_y); y <= axes->y1 + y_step * 1e-6;
       y = next_tick (y, axes->y0, y_step, axes->log_y))
    {
      double at = round (ple_axes_y (axes, y)) + 0.5;
      ple_set_colour (cr, style->line);
      cairo_move_to (cr, axes->area.x, at);
      cairo_rel_line_to (cr, axes->area.width, 0);
      cairo_stroke (cr);
      g_autofree char *text = ple_number_text (y, axes->log_y ? y : y_step);
      ple_text_draw (cr, style, PLE_TEXT_SMALL, style->dim, axes->area.x - em * 0.5, at, 1, 0.5, -1,
                     text, NULL);
    }
  double base = axes->area.y + axes->area.height;
  double x_step = ple_nice_step (axes->x1 - axes->x0, (guint) MAX (axes->area.width / (6 * em), 2));
  if (x_ticks)
    for (double x = next_tick (NAN, axes->x0, x_step, FALSE); x <= axes->x1 + x_step * 1e-6;
         x += x_step)
      {
        g_autofree char *text = ple_number_text (x, x_step);
        ple_text_draw (cr, style, PLE_TEXT_SMALL, style->dim, ple_axes_x (axes, x),
                       base + em * 0.35, 0.5, 0, -1, text, NULL);
      }
  ple_set_colour (cr, style->dim);
  cairo_move_to (cr, axes->area.x, round (base) + 0.5);
  cairo_rel_line_to (cr, axes->area.width, 0);
  cairo_stroke (cr);

  if (x_title != NULL)
    ple_text_draw (cr, style, PLE_TEXT_NORMAL, style->ink, axes->area.x + axes->area.width / 2,
                   area.y + area.height, 0.5, 1, axes->area.width, x_title, NULL);
  if (y_title != NULL)
    {
      cairo_save (cr);
      cairo_translate (cr, area.x, axes->area.y + axes->area.height / 2);
      cairo_rotate (cr, -G_PI_2);
      ple_text_draw (cr, style, PLE_TEXT_NORMAL, style->ink, 0, 0, 0.5, 0, axes->area.height,
                     y_title, NULL);
      cairo_restore (cr);
    }
}

double
ple_legend_draw (cairo_t *cr,
                 const PleFigureStyle *style,
                 PleArea area,
                 const char *const *names,
                 const guint32 *colours,
                 size_t n,
                 gboolean draw)
{
  double em = style->font_size, line = em * 1.6, widest = em * 3;
  for (size_t i = 0; i < n && widest < area.width; i++)
    {
      double width;
      ple_text_measure (cr, style, PLE_TEXT_SMALL, names[i], &width, NULL);
      widest = MAX (widest, width);
    }
  double step = CLAMP (widest + em * 2.6, 1, MIN (area.width, em * 16));
  size_t columns = (size_t) MAX (area.width / step, 1);
  size_t lines = (size_t) MAX ((area.height + 1e-6) / line, 1);
  size_t rows = (n + columns - 1) / columns;
  size_t shown = rows <= lines ? n : lines * columns - 1;
  rows = MIN (rows, lines);
  for (size_t i = 0; draw && i < n && i <= shown; i++)
    {
      double x = area.x + step * (double) (i % columns);
      double y = area.y + line * ((double) (i / columns) + 0.5);
      if (i == shown)
        {
          g_autofree char *more = g_strdup_printf (_ ("and %zu more"), n - shown);
          ple_text_draw (cr, style, PLE_TEXT_SMALL, style->dim, x, y, 0, 0.5, step, more, NULL);
          break;
        }
      ple_set_colour (cr, colours[i]);
      cairo_arc (cr, x + em * 0.45, y, em * 0.38, 0, 2 * G_PI);
      cairo_fill (cr);
      ple_text_draw (cr, style, PLE_TEXT_SMALL, style->ink, x + em * 1.2, y, 0, 0.5,
                     step - em * 1.6, names[i], NULL);
    }
  return (double) rows * line;
}
