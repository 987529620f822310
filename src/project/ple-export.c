/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "project/ple-pipeline.h"

#include "base/ple-error.h"
#include "curate/ple-pseudo-labels.h"
#include "plot/ple-figure.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MAP_WIDTH 960
#define MAP_HEIGHT 960
/* Pictures of a cluster in the grid, and clusters beyond which an image would be too tall. */
#define GRID_SAMPLES 8
#define GRID_MAX_CLUSTERS 100
#define TILE_SIDE 96

typedef struct
{
  PleCurated curated;
  PleRun *run;
} Export;

typedef gboolean (*ExportFunc) (const Export *job,
                                const char *path,
                                PleProgress *progress,
                                GError **error);

static gboolean
export_csv (const Export *job, const char *path, PleProgress *progress, GError **error)
{
  return ple_curated_write_csv (&job->curated, path, error);
}

static gboolean
export_mapping (const Export *job, const char *path, PleProgress *progress, GError **error)
{
  return ple_curated_write_mapping (&job->curated, path, error);
}

static gboolean
export_json (const Export *job, const char *path, PleProgress *progress, GError **error)
{
  return ple_curated_write_json (&job->curated, path, error);
}

static gboolean
export_folders (const Export *job, const char *path, PleProgress *progress, GError **error)
{
  return ple_curated_write_folders (&job->curated, path, FALSE, progress, error);
}

static gboolean
export_links (const Export *job, const char *path, PleProgress *progress, GError **error)
{
  return ple_curated_write_folders (&job->curated, path, TRUE, progress, error);
}

/* The clusters of now, without what is excluded. */
static PleLabels *
current_labels (const Export *job)
{
  size_t n = ple_curation_get_n_items (job->curated.curation);
  const guint8 *states = ple_curation_get_states (job->curated.curation);
  PleLabels *labels = ple_labels_new_from (ple_curation_get_labels (job->curated.curation), n);

  for (size_t i = 0; i < n; i++)
    if (states[i] == PLE_STATE_EXCLUDED)
      labels->data[i] = -1;
  return labels;
}

static char *
cluster_title (const Export *job, gint32 id)
{
  PleClusterInfo info = ple_curation_get_cluster (job->curated.curation, id);

  return *info.name != '\0' ? g_strdup (info.name) : g_strdup_printf (_ ("Cluster %d"), id);
}

static gboolean
write_map (const Export *job, const char *path, PleFigureFormat format, GError **error)
{
  size_t n_ids = ple_curation_get_n_ids (job->curated.curation);
  g_autoptr (PleLabels) labels = current_labels (job);
  g_auto (GStrv) names = g_new0 (char *, n_ids + 1);
  g_autoptr (PlePoints) points = NULL;
  PleScatterPanel panel = { .labels = labels->data,
                            .n_groups = n_ids,
                            .names = (const char *const *) names };
  PleScatterFigure figure = { .title = ple_dataset_get_title (job->curated.dataset),
                              .panels = &panel,
                              .n_panels = 1,
                              .name_groups = TRUE,
                              .legend = TRUE };

  if (job->run->xy == NULL)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY,
                   _ ("this run has no map; make one first"));
      return FALSE;
    }
  for (size_t id = 0; id < n_ids; id++)
    names[id] = cluster_title (job, (gint32) id);
  points = ple_points_new (job->run->xy);
  figure.points = points;
  return ple_figure_write (path, format, MAP_WIDTH, MAP_HEIGHT, ple_figure_scatter, &figure, error);
}

static gboolean
export_map_png (const Export *job, const char *path, PleProgress *progress, GError **error)
{
  return write_map (job, path, PLE_FIGURE_PNG, error);
}

static gboolean
export_map_svg (const Export *job, const char *path, PleProgress *progress, GError **error)
{
  return write_map (job, path, PLE_FIGURE_SVG, error);
}

static gboolean
export_map_pdf (const Export *job, const char *path, PleProgress *progress, GError **error)
{
  return write_map (job, path, PLE_FIGURE_PDF, error);
}

static cairo_surface_t *
load_picture (gpointer data, size_t item, guint side)
{
  g_autoptr (PleImage) image = ple_dataset_decode (data, item, side, NULL);
  g_autoptr (PleImage) square = image != NULL ? ple_image_resize_square (image, side, NULL)
                                              : ple_image_new_placeholder (side);

  return square != NULL ? ple_surface_new_from_rgb (square->width, square->height, square->data)
                        : NULL;
}

/* The members nearest to the centre of each cluster of now, and what those of known class say it
 * is. */
static PlePseudoLabels *
find_nearest (const Export *job, PleProgress *progress, GError **error)
{
  g_autoptr (PleLabels) labels = current_labels (job);
  size_t n_ids = ple_curation_get_n_ids (job->curated.curation);
  g_autoptr (PleMatrix) centres =
      ple_clustering_default_centres (job->run->features, labels, n_ids, progress, error);

  if (centres == NULL)
    return NULL;
  return ple_pseudo_labels_new (job->run->features, centres, labels,
                                ple_dataset_get_labels (job->curated.dataset), NULL, GRID_SAMPLES,
                                progress, error);
}

/* A row per living cluster; titles and tiles are kept in @strings and @tiles. */
static size_t
fill_grid (const Export *job,
           const PlePseudoLabels *nearest,
           PleFigureRow *rows,
           PleFigureTile *tiles,
           GPtrArray *strings)
{
  PleDataset *dataset = job->curated.dataset;
  PleLabels *truth = ple_dataset_get_labels (dataset);
  size_t n_rows = 0;

  for (size_t id = 0; id < nearest->n_clusters && n_rows < GRID_MAX_CLUSTERS; id++)
    {
      PleClusterInfo info = ple_curation_get_cluster (job->curated.curation, (gint32) id);
      PleFigureRow *row = &rows[n_rows];
      g_autofree char *title = NULL;

      if (!info.alive || info.size == 0)
        continue;
      title = cluster_title (job, (gint32) id);
      g_ptr_array_add (strings, g_strdup_printf (_ ("%s\n%zu pictures"), title, info.size));
      row->title = g_ptr_array_index (strings, strings->len - 1);
      row->tiles = tiles + n_rows * GRID_SAMPLES;
      for (size_t s = 0; s < GRID_SAMPLES && nearest->nearest[id * nearest->k + s] >= 0; s++)
        {
          gint32 item = nearest->nearest[id * nearest->k + s];
          gint32 class_index = truth != NULL ? truth->data[item] : -1;
          PleFigureTile *tile = tiles + n_rows * GRID_SAMPLES + s;

          tile->item = (size_t) item;
          tile->title =
              class_index >= 0 ? ple_dataset_get_class_name (dataset, (size_t) class_index) : NULL;
          tile->state = class_index < 0                             ? PLE_TILE_PLAIN
                        : class_index == nearest->cluster_label[id] ? PLE_TILE_RIGHT
                                                                    : PLE_TILE_WRONG;
          row->n_tiles++;
        }
      n_rows++;
    }
  return n_rows;
}

static gboolean
export_grid_png (const Export *job, const char *path, PleProgress *progress, GError **error)
{
  g_autoptr (GPtrArray) strings = g_ptr_array_new_with_free_func (g_free);
  g_autofree PleFigureRow *rows = g_new0 (PleFigureRow, GRID_MAX_CLUSTERS);
  g_autofree PleFigureTile *tiles =
      g_new0 (PleFigureTile, (size_t) GRID_MAX_CLUSTERS * GRID_SAMPLES);
  g_autoptr (PlePseudoLabels) nearest = NULL;
  PleGridFigure figure = { .title = ple_dataset_get_title (job->curated.dataset),
                           .rows = rows,
                           .side = TILE_SIDE,
                           .picture = load_picture,
                           .picture_data = job->curated.dataset };
  double width, height;

  if (!ple_dataset_has_pictures (job->curated.dataset))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY,
                   _ ("this data set has no pictures to draw"));
      return FALSE;
    }
  nearest = find_nearest (job, progress, error);
  if (nearest == NULL)
    return FALSE;
  figure.n_rows = fill_grid (job, nearest, rows, tiles, strings);
  ple_figure_grid_get_size (&figure, &width, &height);
  return ple_figure_write (path, PLE_FIGURE_PNG, width, height, ple_figure_grid, &figure, error);
}

static const struct
{
  const char *kind;
  ExportFunc func;
} exports[] = {
  { "csv", export_csv },           { "mapping", export_mapping }, { "json", export_json },
  { "grid-png", export_grid_png }, { "map-png", export_map_png }, { "map-svg", export_map_svg },
  { "map-pdf", export_map_pdf },   { "folders", export_folders }, { "links", export_links },
};

const char *const *
ple_export_kinds (void)
{
  static const char *const kinds[] = { "csv",     "mapping", "json",    "grid-png", "map-png",
                                       "map-svg", "map-pdf", "folders", "links",    NULL };

  G_STATIC_ASSERT (G_N_ELEMENTS (kinds) == G_N_ELEMENTS (exports) + 1);
  return kinds;
}

gboolean
ple_export (PleDataset *dataset,
            PleRun *run,
            PleCuration *curation,
            const char *kind,
            const char *path,
            PleProgress *progress,
            GError **error)
{
  const Export job = {
    .curated = { .dataset = dataset,
                 .curation = curation,
                 .features = run->features,
                 .confidence = run->confidence,
                 .k_samples = (size_t) ple_recipe_get_settings (run->recipe)->k_samples },
    .run = run,
  };

  for (size_t i = 0; i < G_N_ELEMENTS (exports); i++)
    if (strcmp (exports[i].kind, kind) == 0)
      return ple_progress_check (progress, error) && exports[i].func (&job, path, progress, error);
  g_set_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_VALUE,
               _ ("kind: \"%s\" is not one of: csv, mapping, json, grid-png, map-png, map-svg, "
                  "map-pdf, folders, links"),
               kind);
  return FALSE;
}
