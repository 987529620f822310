/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shows one of the big widgets with made-up data, to look at it and to measure its frames:
 *   widget-demo [--points N] [--groups K] [--dark] [--pictures DIR]
 *               [--bench pan|zoom --frames N --step S] [map|tiles|clusters]
 * PLEIADES_FRAME_LOG and PLEIADES_FRAME_SYNC as for the desktop program. */
#include "config.h"

#include "base/ple-rng.h"
#include "gui/ple-cluster-list.h"
#include "gui/ple-map-view.h"
#include "gui/ple-tiles-view.h"
#include "plot/ple-palette.h"

#include <math.h>

static int n_points = 5000;
static int n_groups = 24;
static gboolean dark;
static char *bench;
static int n_frames = 400;
static double step = 12;
static int tile_size = PLE_TILE_SIZE_DEFAULT;
static char *folder;
static char **rest;

static const GOptionEntry options[] = {
  { "points", 'n', 0, G_OPTION_ARG_INT, &n_points, "Items", "N" },
  { "groups", 'k', 0, G_OPTION_ARG_INT, &n_groups, "Groups", "K" },
  { "dark", 0, 0, G_OPTION_ARG_NONE, &dark, "Dark theme", NULL },
  { "bench", 0, 0, G_OPTION_ARG_STRING, &bench, "Move and quit", "pan|zoom" },
  { "frames", 0, 0, G_OPTION_ARG_INT, &n_frames, "Frames to move in", "N" },
  { "step", 0, 0, G_OPTION_ARG_DOUBLE, &step, "Pixels or per cent a frame", "S" },
  { "tile-size", 0, 0, G_OPTION_ARG_INT, &tile_size, "Pixels", "S" },
  { "pictures", 0, 0, G_OPTION_ARG_FILENAME, &folder, "JPEG files to show", "DIR" },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &rest, "map, tiles or clusters", NULL },
  { NULL },
};

static const char *const things[] = {
  "sailing boat", "mushroom",  "cactus",  "fish",     "house",  "planet",   "leaf",      "mug",
  "lighthouse",   "tabby cat", "husky",   "espresso", "agaric", "macaw",    "lakeside",  "violin",
  "sports car",   "daisy",     "ladybug", "castle",   "otter",  "sea lion", "beach hut", "tram"
};

static char *
group_name (size_t g)
{
  return g < G_N_ELEMENTS (things) ? g_strdup (things[g]) : g_strdup_printf ("Cluster %zu", g);
}

/* Overlapping blobs; a few labels are wrong. */
static PleMatrix *
make_points (size_t n, size_t k, gint32 *labels)
{
  PleRng rng;
  ple_rng_init (&rng, 7);
  g_autofree float *centres = g_new (float, 3 * k);
  double span = 6 * sqrt ((double) k);
  for (size_t g = 0; g < k; g++)
    {
      centres[3 * g] = (float) (ple_rng_uniform (&rng) * span * 1.5);
      centres[3 * g + 1] = (float) (ple_rng_uniform (&rng) * span);
      centres[3 * g + 2] = (float) (0.6 + ple_rng_uniform (&rng));
    }
  PleMatrix *xy = ple_matrix_new (n, 2, NULL);
  for (size_t i = 0; i < n; i++)
    {
      size_t g = (size_t) (pow (ple_rng_uniform (&rng), 1.5) * (double) k);
      for (size_t axis = 0; axis < 2; axis++)
        ple_matrix_row (xy, i)[axis] =
            centres[3 * g + axis] + centres[3 * g + 2] * (float) ple_rng_normal (&rng);
      labels[i] = (gint32) (ple_rng_below (&rng, 20) == 0 ? ple_rng_below (&rng, k) : g);
    }
  return xy;
}

static void
show_groups (PleMapView *map, const PleMatrix *xy, const gint32 *labels, size_t k)
{
  g_autoptr (PlePoints) points = ple_points_new (xy);
  g_autofree guint8 *assigned = g_new (guint8, k);
  g_autofree guint16 *colours = g_new (guint16, xy->n_rows);
  g_autofree float *medoids = g_new (float, 2 * k);
  g_autofree double *weights = g_new0 (double, k);
  g_auto (GStrv) names = g_new0 (char *, k + 1);
  guint32 table[PLE_PALETTE_SIZE];

  ple_palette_assign (points, labels, k, assigned);
  ple_points_get_medoids (points, labels, k, medoids);
  for (guint c = 0; c < PLE_PALETTE_SIZE; c++)
    table[c] = ple_palette_get (PLE_PALETTE_STANDARD, c);
  for (size_t i = 0; i < xy->n_rows; i++)
    {
      colours[i] = assigned[labels[i]];
      weights[labels[i]]++;
    }
  for (size_t g = 0; g < k; g++)
    names[g] = group_name (g);
  ple_map_view_set_colours (map, colours, xy->n_rows, table, PLE_PALETTE_SIZE);
  ple_map_view_set_names (map, k, (const char *const *) names, medoids, weights);
}

static void
on_settled (PleMapView *map, GParamSpec *pspec, gpointer data)
{
  if (bench != NULL && ple_map_view_get_settled (map))
    {
      g_autofree char *kind = g_steal_pointer (&bench);
      ple_map_view_bench (map, kind, (guint) n_frames, step);
    }
}

static void
on_bench_left (PleMapView *map, GParamSpec *pspec, gpointer data)
{
  if (ple_map_view_get_bench_left (map) == 0)
    gtk_main_quit ();
}

static GtkWidget *
make_map (PleFrameLog *log, PleSelection *selection)
{
  GtkWidget *widget = ple_map_view_new ();
  PleMapView *map = PLE_MAP_VIEW (widget);
  size_t n = (size_t) MAX (n_points, 0), k = (size_t) MAX (n_groups, 1);
  g_autofree gint32 *labels = g_new (gint32, n + 1);
  g_autoptr (PleMatrix) xy = make_points (n, k, labels);
  g_autofree guint8 *flags = g_new0 (guint8, n + 1);

  ple_selection_reset (selection, n);
  for (size_t i = 0; i < n && bench == NULL; i++)
    flags[i] = labels[i] == 2 ? PLE_POINT_HIGHLIGHTED : labels[i] == 3 ? PLE_POINT_HOLLOW : 0;
  show_groups (map, xy, labels, k);
  ple_map_view_set_flags (map, flags, n);
  ple_map_view_set_selection (map, selection);
  ple_map_view_set_points (map, xy);
  ple_map_view_set_frame_log (map, log);
  g_signal_connect (map, "notify::settled", G_CALLBACK (on_settled), NULL);
  g_signal_connect (map, "notify::bench-left", G_CALLBACK (on_bench_left), NULL);
  return widget;
}

/* ---- pictures ---- */

/* A file of the folder, or a made-up picture. */
static cairo_surface_t *
make_picture (gpointer data, size_t item, guint side)
{
  GPtrArray *files = data;
  if (files->len > 0)
    {
      const char *path = g_ptr_array_index (files, item % files->len);
      g_autoptr (GdkPixbuf) picture = gdk_pixbuf_new_from_file (path, NULL);
      return picture != NULL ? gdk_cairo_surface_create_from_pixbuf (picture, 1, NULL) : NULL;
    }
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, 96, 64);
  cairo_t *cr = cairo_create (surface);
  for (int i = 0; i < 2; i++)
    {
      guint32 colour = ple_palette_get (PLE_PALETTE_STANDARD, (guint) item * 7 + 11 * (guint) i);
      cairo_set_source_rgb (cr, (colour >> 16) / 255.0, ((colour >> 8) & 255) / 255.0,
                            (colour & 255) / 255.0);
      if (i == 0)
        cairo_paint (cr);
    }
  cairo_arc (cr, 48, 32, 12 + (double) (item % 13), 0, 2 * G_PI);
  cairo_fill (cr);
  cairo_destroy (cr);
  return surface;
}

static PlePictureCache *
make_pictures (void)
{
  GPtrArray *files = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = folder != NULL ? g_dir_open (folder, 0, NULL) : NULL;
  for (const char *name; dir != NULL && (name = g_dir_read_name (dir)) != NULL;)
    g_ptr_array_add (files, g_build_filename (folder, name, NULL));
  return ple_picture_cache_new (make_picture, files, (GDestroyNotify) g_ptr_array_unref, 64 << 20);
}

static void
tile_info (gpointer data, guint32 item, size_t index, PleTileInfo *info)
{
  static const char *const hints[] = { "a", "s", "d", "f", "j", "k" };
  info->confidence = 1 - pow ((double) (item % 97) / 97, 2);
  info->glyph = (PleTileGlyph) (item % 11 < 5 ? item % 11 : 0);
  info->hint = index < G_N_ELEMENTS (hints) ? hints[index] : NULL;
  info->struck = index == 5;
}

static GtkWidget *
in_scrolled_window (GtkWidget *child)
{
  GtkWidget *scrolled = gtk_scrolled_window_new (NULL, NULL);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER,
                                  GTK_POLICY_AUTOMATIC);
  gtk_container_add (GTK_CONTAINER (scrolled), child);
  return scrolled;
}

static gboolean
scroll_cb (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  GtkAdjustment *vertical = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (widget));
  gtk_adjustment_set_value (vertical, gtk_adjustment_get_value (vertical) + step);
  if (n_frames-- > 0)
    return G_SOURCE_CONTINUE;
  gtk_main_quit ();
  return G_SOURCE_REMOVE;
}

static GtkWidget *
make_tiles (PleFrameLog *log, PleSelection *selection, PlePictureCache *pictures)
{
  GtkWidget *widget = ple_tiles_view_new ();
  PleTilesView *tiles = PLE_TILES_VIEW (widget);
  g_autofree guint32 *items = g_new (guint32, n_points + 1);
  const PleTileSection sections[] = { { 0, "Most doubtful first" }, { 19, "The others" } };
  const guint32 chosen[] = { 2, 3, 21 };
  for (int i = 0; i < n_points; i++)
    items[i] = (guint32) i;
  ple_selection_reset (selection, (size_t) n_points);
  ple_tiles_view_set_pictures (tiles, pictures);
  ple_tiles_view_set_selection (tiles, selection);
  ple_tiles_view_set_info_func (tiles, tile_info, NULL);
  ple_tiles_view_set_items (tiles, items, (size_t) n_points, sections, G_N_ELEMENTS (sections));
  ple_tiles_view_set_tile_size (tiles, tile_size);
  ple_tiles_view_set_frame_log (tiles, log);
  ple_selection_apply (selection, chosen, G_N_ELEMENTS (chosen), PLE_SELECT_REPLACE);
  if (bench != NULL)
    gtk_widget_add_tick_callback (widget, scroll_cb, NULL, NULL);
  return in_scrolled_window (widget);
}

static GtkWidget *
make_clusters (PleFrameLog *log, PlePictureCache *pictures)
{
  GtkWidget *widget = ple_cluster_list_new ();
  PleClusterList *list = PLE_CLUSTER_LIST (widget);
  g_autofree PleClusterRow *rows = g_new0 (PleClusterRow, n_groups + 1);
  g_auto (GStrv) names = g_new0 (char *, n_groups + 1);
  const guint32 chosen[] = { 2 };
  for (int g = 0; g < n_groups; g++)
    {
      names[g] = group_name ((size_t) g);
      rows[g] = (PleClusterRow){ .id = (guint32) g,
                                 .colour = ple_palette_get (PLE_PALETTE_STANDARD, (guint) g),
                                 .name = names[g],
                                 .named = (gsize) g < G_N_ELEMENTS (things),
                                 .count = 12345 / (guint) (g + 1),
                                 .quality = g % 9 == 8 ? (double) NAN : 1 / (1 + 0.03 * g),
                                 .state = (PleClusterState) (g % 4),
                                 .pictures = { (guint32) g, (guint32) g + 100, (guint32) g + 200 },
                                 .n_pictures = 3 };
    }
  ple_cluster_list_set_pictures (list, pictures);
  ple_cluster_list_set_rows (list, rows, (size_t) n_groups);
  ple_cluster_list_select (list, chosen, 1);
  ple_cluster_list_set_frame_log (list, log);
  if (bench != NULL && rest != NULL && g_str_equal (rest[0], "clusters"))
    gtk_widget_add_tick_callback (widget, scroll_cb, NULL, NULL);
  GtkWidget *scrolled = in_scrolled_window (widget);
  gtk_widget_set_size_request (scrolled, 272, -1);
  return scrolled;
}

static GtkWidget *
make_all (PleFrameLog *log, PleSelection *selection, PlePictureCache *pictures)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  GtkWidget *panes = gtk_paned_new (GTK_ORIENTATION_VERTICAL);
  gtk_box_pack_start (GTK_BOX (box), make_clusters (log, pictures), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), gtk_separator_new (GTK_ORIENTATION_VERTICAL), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), panes, TRUE, TRUE, 0);
  gtk_paned_pack1 (GTK_PANED (panes), make_map (log, selection), TRUE, FALSE);
  gtk_paned_pack2 (GTK_PANED (panes), make_tiles (log, selection, pictures), TRUE, FALSE);
  gtk_paned_set_position (GTK_PANED (panes), 480);
  return box;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  if (!gtk_init_with_args (&argc, &argv, NULL, options, NULL, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }
  g_object_set (gtk_settings_get_default (), "gtk-application-prefer-dark-theme", dark, NULL);
  PleEnvironment environment = { .frame_log = g_getenv ("PLEIADES_FRAME_LOG"),
                                 .frame_sync = g_getenv ("PLEIADES_FRAME_SYNC") != NULL };
  GtkWidget *window = gtk_window_new (GTK_WINDOW_TOPLEVEL);
  gtk_window_set_default_size (GTK_WINDOW (window), 1280, 960);
  g_autoptr (PleFrameLog) log = ple_frame_log_new (&environment, window, NULL);
  g_autoptr (PleSelection) selection = ple_selection_new ();
  g_autoptr (PlePictureCache) pictures = make_pictures ();
  const char *what = rest != NULL ? rest[0] : "all";
  GtkWidget *child = g_str_equal (what, "map")        ? make_map (log, selection)
                     : g_str_equal (what, "tiles")    ? make_tiles (log, selection, pictures)
                     : g_str_equal (what, "clusters") ? make_clusters (log, pictures)
                                                      : make_all (log, selection, pictures);
  gtk_container_add (GTK_CONTAINER (window), child);
  g_signal_connect (window, "destroy", G_CALLBACK (gtk_main_quit), NULL);
  gtk_widget_show_all (window);
  gtk_main ();
  gtk_widget_destroy (window);
  return 0;
}
