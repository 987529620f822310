/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "plot/ple-figure.h"

#include "base/ple-error.h"
#include "base/ple-rng.h"
#include "plot/ple-figure-private.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

typedef struct
{
  char *folder;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = g_dir_make_tmp ("ple-figure-XXXXXX", NULL);
  g_assert_nonnull (f->folder);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_autoptr (GDir) dir = g_dir_open (f->folder, 0, NULL);
  for (const char *name; (name = g_dir_read_name (dir)) != NULL;)
    {
      g_autofree char *path = g_build_filename (f->folder, name, NULL);
      g_remove (path);
    }
  g_rmdir (f->folder);
  g_free (f->folder);
}

/* Pixels of the figure @func that are near @colour. */
static guint
count_colour (PleFigureFunc func, gpointer data, int width, int height, guint32 colour)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, width, height);
  cairo_t *cr = cairo_create (surface);
  func (cr, width, height, data);
  g_assert_cmpint (cairo_status (cr), ==, CAIRO_STATUS_SUCCESS);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  guint n = 0;
  const guint8 *bytes = cairo_image_surface_get_data (surface);
  for (int y = 0; y < height; y++, bytes += cairo_image_surface_get_stride (surface))
    for (int x = 0; x < width; x++)
      {
        guint32 pixel = ((const guint32 *) (const void *) bytes)[x];
        gboolean near = TRUE;
        for (int shift = 0; shift < 24; shift += 8)
          near &= ABS ((int) ((pixel >> shift) & 255) - (int) ((colour >> shift) & 255)) < 4;
        n += near;
      }
  cairo_surface_destroy (surface);
  return n;
}

static PlePoints *
two_blobs (size_t n, gint32 *labels)
{
  PleRng rng;
  ple_rng_init (&rng, 1);
  g_autoptr (PleMatrix) xy = ple_matrix_new (n, 2, NULL);
  ple_rng_fill_normal (&rng, xy->data, 2 * n, 1);
  for (size_t i = 0; i < n; i++)
    {
      labels[i] = (gint32) (i % 2);
      xy->data[2 * i] += i % 2 != 0 ? 8 : 0;
    }
  return ple_points_new (xy);
}

static char *
written (const char *folder, const char *name, PleFigureFunc func, gpointer data, gsize *size)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;
  char *bytes = NULL;
  g_assert_true (ple_figure_write (path, PLE_FIGURE_AUTO, 600, 300, func, data, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &bytes, size, &error));
  return bytes;
}

static void
test_formats (Fixture *f, gconstpointer data)
{
  g_autofree gint32 *labels = g_new (gint32, 500);
  g_autoptr (PlePoints) points = two_blobs (500, labels);
  const char *names[] = { "lighthouse", "Muscheln" };
  PleScatterPanel panel = { .title = "Predicted", .labels = labels, .n_groups = 2, .names = names };
  PleScatterFigure figure = { .title = "Map",
                              .points = points,
                              .panels = &panel,
                              .n_panels = 1,
                              .name_groups = TRUE,
                              .legend = TRUE };
  gsize size;
  g_autofree char *png = written (f->folder, "a.png", ple_figure_scatter, &figure, &size);
  g_assert_cmpmem (png, 8, "\x89PNG\r\n\x1a\n", 8);
  /* Width and height in the header, at the scale of PNG. */
  g_assert_cmpmem (png + 16, 8, "\0\0\x04\xb0\0\0\x02\x58", 8);
  g_autofree char *svg = written (f->folder, "a.SVG", ple_figure_scatter, &figure, &size);
  g_assert_nonnull (g_strstr_len (svg, (gssize) size, "<svg"));
  g_assert_null (g_strstr_len (svg, (gssize) size, "<image"));
  g_autofree char *pdf = written (f->folder, "a.pdf", ple_figure_scatter, &figure, &size);
  g_assert_cmpmem (pdf, 5, "%PDF-", 5);
}

static void
test_many_points_become_an_image (Fixture *f, gconstpointer data)
{
  g_autofree gint32 *labels = g_new (gint32, 30000);
  g_autoptr (PlePoints) points = two_blobs (30000, labels);
  PleScatterPanel panels[2] = { { .labels = labels, .n_groups = 2 },
                                { .labels = labels, .n_groups = 1 } };
  PleScatterFigure figure = { .points = points, .panels = panels, .n_panels = 2 };
  gsize size;
  g_autofree char *svg = written (f->folder, "a.svg", ple_figure_scatter, &figure, &size);
  g_assert_nonnull (g_strstr_len (svg, (gssize) size, "<image"));
  g_assert_cmpuint (size, <, 4 << 20);
}

static void
test_same_figure_same_bytes (Fixture *f, gconstpointer data)
{
  static const char *const files[] = { "a.png", "a.svg", "a.pdf" };
  g_autofree gint32 *labels = g_new (gint32, 30000);
  g_autoptr (PlePoints) points = two_blobs (30000, labels);
  PleScatterPanel panels[2] = { { .labels = labels, .n_groups = 2 },
                                { .labels = labels, .n_groups = 1 } };
  PleScatterFigure figure = { .title = "Map", .points = points, .panels = panels, .n_panels = 2 };
  for (size_t i = 0; i < G_N_ELEMENTS (files); i++)
    {
      gsize first_size, second_size;
      g_autofree char *first =
          written (f->folder, files[i], ple_figure_scatter, &figure, &first_size);
      g_autofree char *second =
          written (f->folder, files[i], ple_figure_scatter, &figure, &second_size);
      g_assert_cmpmem (first, first_size, second, second_size);
    }
}

static void
test_scatter_shows_both_groups (Fixture *f, gconstpointer data)
{
  g_autofree gint32 *labels = g_new (gint32, 2000);
  g_autoptr (PlePoints) points = two_blobs (2000, labels);
  guint8 colours[] = { 3, 9 };
  PleScatterPanel panel = { .labels = labels, .n_groups = 2, .colours = colours };
  PleScatterFigure figure = { .points = points, .panels = &panel, .n_panels = 1, .legend = TRUE };
  /* The swatches of the legend are opaque. */
  for (guint i = 0; i < 2; i++)
    g_assert_cmpuint (count_colour (ple_figure_scatter, &figure, 500, 400,
                                    ple_palette_get (PLE_PALETTE_STANDARD, colours[i])),
                      >, 20);
}

static void
test_bad_path_and_size (Fixture *f, gconstpointer data)
{
  PleBarFigure bars = { .mean = NAN };
  g_autoptr (GError) error = NULL;
  g_autofree char *odd = g_build_filename (f->folder, "a.gif", NULL);
  g_assert_false (ple_figure_write (odd, PLE_FIGURE_AUTO, 9, 9, ple_figure_bars, &bars, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED);
  g_clear_error (&error);
  g_autofree char *png = g_build_filename (f->folder, "a.png", NULL);
  g_assert_false (ple_figure_write (png, PLE_FIGURE_AUTO, 1e6, 9, ple_figure_bars, &bars, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED);
  g_clear_error (&error);
  g_autofree char *nowhere = g_build_filename (f->folder, "a.png", "b.png", NULL);
  g_assert_true (ple_figure_write (png, PLE_FIGURE_AUTO, 90, 90, ple_figure_bars, &bars, NULL));
  g_assert_false (
      ple_figure_write (nowhere, PLE_FIGURE_AUTO, 90, 90, ple_figure_bars, &bars, &error));
  g_assert_nonnull (error);
}

static void
test_bars_mark_empty (Fixture *f, gconstpointer data)
{
  double values[] = { 5, 0, 7, 3 };
  PleBarFigure figure = { .values = values, .n = 4, .mark_empty = TRUE, .mean = 3.75 };
  guint32 red = ple_figure_style_get (FALSE)->warning, blue = ple_figure_style_get (FALSE)->bar;
  guint marked = count_colour (ple_figure_bars, &figure, 400, 300, red);
  g_assert_cmpuint (marked, >, 100);
  g_assert_cmpuint (count_colour (ple_figure_bars, &figure, 400, 300, blue), >, 10 * marked);
  figure.mark_empty = FALSE;
  g_assert_cmpuint (count_colour (ple_figure_bars, &figure, 400, 300, red), ==, 0);
}

static void
test_curves (Fixture *f, gconstpointer data)
{
  double a[] = { 3, 2, NAN, 1.5, 1.2 }, b[] = { 0.1, 0, -1, 5, 2 }, none[] = { NAN };
  PleCurve curves[] = { { "loss", NULL, a, 5 }, { "entropy", NULL, b, 5 }, { "", NULL, none, 1 } };
  PleCurveFigure figure = { .title = "Training",
                            .x_title = "Epoch",
                            .y_title = "Loss",
                            .curves = curves,
                            .n_curves = 3,
                            .mark_x = 3 };
  for (guint i = 0; i < 2; i++)
    {
      figure.log_y = i == 1;
      for (guint c = 0; c < 2; c++)
        g_assert_cmpuint (count_colour (ple_figure_curves, &figure, 400, 300,
                                        ple_palette_get (PLE_PALETTE_STANDARD, c)),
                          >, 40);
    }
  figure.curves = &curves[2];
  figure.n_curves = 1;
  g_assert_cmpuint (count_colour (ple_figure_curves, &figure, 400, 300, 0xffffff), >, 1000);
  figure.n_curves = 0;
  g_assert_cmpuint (count_colour (ple_figure_curves, &figure, 400, 300, 0xffffff), >, 1000);
}

static void
test_confusion (Fixture *f, gconstpointer data)
{
  size_t counts[] = { 10, 0, 0, 0, 0, 20 };
  const char *names[] = { "ship", "frog" };
  PleConfusionFigure figure = { .row_title = "True",
                                .col_title = "Cluster",
                                .counts = counts,
                                .n_rows = 2,
                                .n_cols = 3,
                                .row_names = names };
  /* Two of six cells in full colour, less their numbers. */
  guint full =
      count_colour (ple_figure_confusion, &figure, 400, 400, ple_figure_style_get (FALSE)->bar);
  g_assert_cmpuint (full, >, 400 * 400 / 10);
  figure.n_rows = 0;
  g_assert_cmpuint (count_colour (ple_figure_confusion, &figure, 400, 400, 0xffffff), ==,
                    400 * 400);
}

static cairo_surface_t *
plain_picture (gpointer data, size_t item, guint side)
{
  g_assert_cmpuint (side, >, 0);
  if (item == 99)
    return NULL;
  const guint8 rgb[] = { 250, 200, 0, 250, 200, 0 };
  return ple_surface_new_from_rgb (2, 1, rgb);
}

static void
test_grid (Fixture *f, gconstpointer data)
{
  PleFigureTile tiles[] = { { 0, "True: ship", PLE_TILE_RIGHT },
                            { 1, "True: frog", PLE_TILE_WRONG },
                            { 99, NULL, PLE_TILE_PLAIN } };
  PleFigureRow rows[] = { { "Cluster 0\nship, 0.9", tiles, 3 }, { "Cluster 1", tiles, 1 } };
  PleGridFigure figure = {
    .title = "Clusters", .rows = rows, .n_rows = 2, .side = 50, .picture = plain_picture
  };
  double width, height;
  ple_figure_grid_get_size (&figure, &width, &height);
  /* Three pictures are there, twice as wide as high; one is missing. */
  guint yellow = count_colour (ple_figure_grid, &figure, (int) width, (int) height, 0xfac800);
  g_assert_cmpuint (yellow, >=, 3 * 48 * 24);
  g_assert_cmpuint (yellow, <=, 3 * 52 * 27);
  gsize size;
  g_autofree char *png = written (f->folder, "grid.png", ple_figure_grid, &figure, &size);
  g_assert_cmpuint (size, >, 500);
  figure.n_rows = 0;
  ple_figure_grid_get_size (&figure, &width, &height);
  g_assert_cmpfloat (width, >=, 1);
  g_assert_cmpfloat (height, >=, 1);
}

static void
test_ticks_and_numbers (Fixture *f, gconstpointer data)
{
  g_assert_cmpfloat_with_epsilon (ple_nice_step (1, 5), 0.2, 1e-12);
  g_assert_cmpfloat_with_epsilon (ple_nice_step (97, 10), 10, 1e-12);
  g_assert_cmpfloat_with_epsilon (ple_nice_step (430, 4), 200, 1e-9);
  g_assert_cmpfloat (ple_nice_step (0, 4), ==, 1);
  static const struct
  {
    double value, step;
    const char *text;
  } cases[] = { { 0, 1, "0" },
                { -0.0, 0.5, "0.0" },
                { 1234, 1, "1234" },
                { 12430, 10, "12\342\200\211430" },
                { -1234567, 1, "-1\342\200\211234\342\200\211567" },
                { 0.25, 0.05, "0.25" },
                { 1.5e-7, 1e-7, "1.5e-07" } };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = ple_number_text (cases[i].value, cases[i].step);
      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/plot/figure/same-figure-same-bytes", test_same_figure_same_bytes);
  ADD ("/plot/figure/formats", test_formats);
  ADD ("/plot/figure/many-points-become-an-image", test_many_points_become_an_image);
  ADD ("/plot/figure/scatter-shows-both-groups", test_scatter_shows_both_groups);
  ADD ("/plot/figure/bad-path-and-size", test_bad_path_and_size);
  ADD ("/plot/figure/bars-mark-empty", test_bars_mark_empty);
  ADD ("/plot/figure/curves", test_curves);
  ADD ("/plot/figure/confusion", test_confusion);
  ADD ("/plot/figure/grid", test_grid);
  ADD ("/plot/figure/ticks-and-numbers", test_ticks_and_numbers);
  return g_test_run ();
}
