/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shows one of the big widgets with made-up data, to look at it and to measure its frames:
 *   widget-demo [--points N] [--groups K] [--dark] [--bench pan|zoom --frames N --step S] [map]
 * PLEIADES_FRAME_LOG and PLEIADES_FRAME_SYNC as for the desktop program. */
#include "config.h"

#include "base/ple-rng.h"
#include "gui/ple-map-view.h"
#include "plot/ple-palette.h"

#include <math.h>

static int n_points = 5000;
static int n_groups = 24;
static gboolean dark;
static char *bench;
static int n_frames = 400;
static double step = 12;
static char **rest;

static const GOptionEntry options[] = {
  { "points", 'n', 0, G_OPTION_ARG_INT, &n_points, "Items", "N" },
  { "groups", 'k', 0, G_OPTION_ARG_INT, &n_groups, "Groups", "K" },
  { "dark", 0, 0, G_OPTION_ARG_NONE, &dark, "Dark theme", NULL },
  { "bench", 0, 0, G_OPTION_ARG_STRING, &bench, "Move and quit", "pan|zoom" },
  { "frames", 0, 0, G_OPTION_ARG_INT, &n_frames, "Frames to move in", "N" },
  { "step", 0, 0, G_OPTION_ARG_DOUBLE, &step, "Pixels or per cent a frame", "S" },
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
  gtk_container_add (GTK_CONTAINER (window), make_map (log, selection));
  g_signal_connect (window, "destroy", G_CALLBACK (gtk_main_quit), NULL);
  gtk_widget_show_all (window);
  gtk_main ();
  return 0;
}
