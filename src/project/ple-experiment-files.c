/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files that an experiment's results are shown in: pseudo-labels and figures. */
#include "config.h"

#include "project/ple-experiment.h"

#include "base/ple-error.h"
#include "curate/ple-pseudo-labels.h"
#include "plot/ple-figure.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#define TILE_SIDE 96

static gboolean
make_folder (const char *folder, GError **error)
{
  int saved;

  if (g_mkdir_with_parents (folder, 0777) == 0)
    return TRUE;
  saved = errno;
  g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (saved), "%s: %s", folder,
               g_strerror (saved));
  return FALSE;
}

typedef struct
{
  const char *name;  /* of the files about labels */
  const char *title; /* of the files with figures */
  size_t first;
  size_t n;
} Split;

static const char *
class_name (const PleExperiment *experiment, gint32 class_index, char buffer[16])
{
  if (class_index < 0)
    return NULL;
  if (experiment->class_names != NULL &&
      (guint) class_index < g_strv_length (experiment->class_names))
    return experiment->class_names[class_index];
  g_snprintf (buffer, 16, "%d", class_index);
  return buffer;
}

static PleLabels *
slice (const PleLabels *labels, const Split *split)
{
  return labels != NULL ? ple_labels_new_from (labels->data + split->first, split->n) : NULL;
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

/* One row of the picture of the mapping: the nearest members, green where their class is the
 * cluster's label. Tiles and titles are kept in @strings and @tiles. */
static PleFigureRow
mapping_row (const PleExperiment *experiment,
             const PlePseudoLabels *labels,
             size_t cluster,
             guint samples,
             GPtrArray *strings,
             PleFigureTile *tiles)
{
  gint32 label = labels->cluster_label[cluster];
  char buffer[16];
  const char *name = class_name (experiment, label, buffer);
  PleFigureRow row = { .tiles = tiles };

  g_ptr_array_add (strings, name != NULL ? g_strdup_printf (_ ("Cluster %zu\n%s"), cluster, name)
                                         : g_strdup_printf (_ ("Cluster %zu"), cluster));
  row.title = g_ptr_array_index (strings, strings->len - 1);
  for (guint s = 0; s < samples && s < labels->k; s++)
    {
      gint32 item = labels->nearest[cluster * labels->k + s];
      gint32 truth;
      PleFigureTile *tile = &tiles[row.n_tiles];

      if (item < 0)
        break;
      truth = experiment->truth != NULL ? experiment->truth->data[item] : -1;
      g_ptr_array_add (strings, g_strdup (class_name (experiment, truth, buffer)));
      tile->item = (size_t) item;
      tile->title = g_ptr_array_index (strings, strings->len - 1);
      tile->state = truth < 0 ? PLE_TILE_PLAIN : truth == label ? PLE_TILE_RIGHT : PLE_TILE_WRONG;
      row.n_tiles++;
    }
  return row;
}

static gboolean
write_mapping_picture (const PleExperiment *experiment,
                       const PlePseudoLabels *labels,
                       const PleMappingPicture *picture,
                       const char *path,
                       GError **error)
{
  g_autoptr (GPtrArray) strings = g_ptr_array_new_with_free_func (g_free);
  g_autofree PleFigureRow *rows = g_new0 (PleFigureRow, picture->max_clusters);
  g_autofree PleFigureTile *tiles =
      g_new0 (PleFigureTile, (size_t) picture->max_clusters * MAX (picture->samples, 1));
  PleGridFigure figure = { .title = _ ("Pictures nearest to the centre of each cluster"),
                           .rows = rows,
                           .side = TILE_SIDE,
                           .picture = load_picture,
                           .picture_data = experiment->dataset };
  double width, height;

  for (size_t c = 0; c < labels->n_clusters && figure.n_rows < picture->max_clusters; c++)
    {
      PleFigureTile *own = tiles + figure.n_rows * picture->samples;

      if (labels->nearest[c * labels->k] >= 0)
        rows[figure.n_rows++] = mapping_row (experiment, labels, c, picture->samples, strings, own);
    }
  ple_figure_grid_get_size (&figure, &width, &height);
  return ple_figure_write (path, PLE_FIGURE_PNG, width, height, ple_figure_grid, &figure, error);
}

/* The votes of the training rows. The picture may show more members than vote. */
static PlePseudoLabels *
vote (PleExperiment *experiment, size_t k, PleProgress *progress, GError **error)
{
  const Split train = { .n = experiment->n_train };
  g_autoptr (PleMatrix) features = ple_matrix_new_rows (experiment->features, 0, train.n);
  g_autoptr (PleLabels) assignments = slice (experiment->labels, &train);
  g_autoptr (PleLabels) truth = slice (experiment->truth, &train);

  if (experiment->centres == NULL)
    experiment->centres = ple_clustering_default_centres (features, assignments,
                                                          experiment->n_clusters, progress, error);
  if (experiment->centres == NULL)
    return NULL;
  return ple_pseudo_labels_new (features, experiment->centres, assignments, truth, NULL, k,
                                progress, error);
}

static gboolean
write_split (const PleExperiment *experiment,
             const PlePseudoLabels *labels,
             const Split *split,
             const char *folder,
             size_t k,
             GError **error)
{
  g_autofree char *name = g_strdup_printf ("%s_pseudo_labels_k%zu.csv", split->name, k);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (PleLabels) assignments = slice (experiment->labels, split);
  g_autoptr (PleLabels) truth = slice (experiment->truth, split);

  return ple_pseudo_labels_write_csv (labels, assignments, truth,
                                      (const char *const *) experiment->class_names, path, error);
}

static gboolean
write_mapping (const PleExperiment *experiment,
               const PlePseudoLabels *labels,
               const char *folder,
               size_t k,
               GError **error)
{
  const Split train = { .n = experiment->n_train };
  g_autofree char *name = g_strdup_printf ("cluster_mapping_k%zu.csv", k);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (PleLabels) assignments = slice (experiment->labels, &train);
  g_autoptr (PleLabels) truth = slice (experiment->truth, &train);

  return ple_pseudo_labels_write_mapping_csv (
      labels, assignments, truth, (const char *const *) experiment->class_names, path, error);
}

static gboolean
write_picture (PleExperiment *experiment,
               const PlePseudoLabels *labels,
               const PleMappingPicture *picture,
               const char *folder,
               size_t k,
               PleProgress *progress,
               GError **error)
{
  g_autofree char *name = g_strdup_printf ("cluster_mapping_k%zu.png", k);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (PlePseudoLabels) more = NULL;

  if (picture == NULL || experiment->dataset == NULL ||
      !ple_dataset_has_pictures (experiment->dataset))
    return TRUE;
  if (picture->samples > labels->k)
    {
      more = vote (experiment, picture->samples, progress, error);
      if (more == NULL)
        return FALSE;
      memcpy (more->cluster_label, labels->cluster_label, labels->n_clusters * sizeof (gint32));
    }
  return write_mapping_picture (experiment, more != NULL ? more : labels, picture, path, error);
}

/* Accuracy over the rows of a split that have both a label and a class. */
static double
score (const PleExperiment *experiment,
       const PlePseudoLabels *labels,
       const Split *split,
       size_t *n_labelled)
{
  size_t n_known = 0, n_right = 0;

  *n_labelled = 0;
  for (size_t i = 0; labels != NULL && i < split->n; i++)
    {
      gint32 label = labels->labels->data[i];
      gint32 truth = experiment->truth != NULL ? experiment->truth->data[split->first + i] : -1;

      *n_labelled += label >= 0;
      n_known += label >= 0 && truth >= 0;
      n_right += label >= 0 && label == truth;
    }
  return n_known > 0 ? (double) n_right / (double) n_known : (double) NAN;
}

gboolean
ple_experiment_write_pseudo_labels (PleExperiment *experiment,
                                    const char *folder,
                                    size_t k,
                                    const PleMappingPicture *picture,
                                    PleVoteSummary *summary,
                                    PleProgress *progress,
                                    GError **error)
{
  const Split train = { .name = "train", .n = experiment->n_train };
  const Split test = { .name = "test",
                       .first = experiment->n_train,
                       .n = experiment->labels->n - experiment->n_train };
  g_autofree char *name = g_strdup_printf ("pseudo_labels_k%zu.json", k);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (PlePseudoLabels) labels = NULL;
  g_autoptr (PlePseudoLabels) test_labels = NULL;
  g_autoptr (PleLabels) assignments = slice (experiment->labels, &test);

  if (experiment->features == NULL)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY,
                   _ ("the experiment was saved without features; run it again with "
                      "--save_features"));
      return FALSE;
    }
  if (!make_folder (folder, error))
    return FALSE;
  labels = vote (experiment, k, progress, error);
  if (labels == NULL || !write_split (experiment, labels, &train, folder, k, error))
    return FALSE;
  if (test.n > 0)
    {
      test_labels = ple_pseudo_labels_new_for_test (labels, assignments);
      if (!write_split (experiment, test_labels, &test, folder, k, error))
        return FALSE;
    }
  if (summary != NULL)
    {
      summary->train_accuracy = score (experiment, labels, &train, &summary->n_train_labelled);
      summary->test_accuracy = score (experiment, test_labels, &test, &summary->n_test_labelled);
    }
  return write_mapping (experiment, labels, folder, k, error) &&
         write_picture (experiment, labels, picture, folder, k, progress, error) &&
         ple_progress_check (progress, error) &&
         ple_pseudo_labels_write_json (labels, test_labels, path, error);
}

/* Gives each cluster the colour of the class it stands for (one to one), and the rest the colours
 * that are left, so that what is right looks alike in both panels. */
static guint8 *
matched_colours (const PleExperiment *experiment, size_t n_classes)
{
  g_autofree gint32 *class_of_cluster = g_new (gint32, MAX (experiment->n_clusters, 1));
  guint8 *colours = g_new (guint8, MAX (experiment->n_clusters, 1));
  size_t next = n_classes;
  PleMetrics metrics;

  ple_metrics_compute (experiment->truth, experiment->labels, experiment->n_clusters, &metrics,
                       class_of_cluster);
  for (size_t c = 0; c < experiment->n_clusters; c++)
    colours[c] = class_of_cluster[c] >= 0 ? (guint8) class_of_cluster[c]
                                          : (guint8) (next++ % PLE_PALETTE_SIZE);
  return colours;
}

static gboolean
write_scatter (const PleExperiment *experiment,
               const Split *split,
               const char *folder,
               GError **error)
{
  g_autofree char *name = g_strdup_printf ("%s_clusters_%s.png", split->title, experiment->layout);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (PleMatrix) xy = ple_matrix_new_rows (experiment->xy, split->first, split->n);
  g_autoptr (PlePoints) points = ple_points_new (xy);
  g_autofree guint8 *colours = NULL;
  PleScatterPanel panels[2] = { { .title = _ ("Predicted clusters"),
                                  .labels = experiment->labels->data + split->first,
                                  .n_groups = experiment->n_clusters } };
  PleScatterFigure figure = {
    .title = experiment->name, .points = points, .panels = panels, .n_panels = 1, .legend = TRUE
  };

  if (experiment->truth != NULL)
    {
      panels[1].title = _ ("True classes");
      panels[1].labels = experiment->truth->data + split->first;
      panels[1].n_groups = ple_labels_get_n_groups (experiment->truth);
      panels[1].names = (const char *const *) experiment->class_names;
      figure.n_panels = 2;
      if (panels[1].n_groups <= PLE_PALETTE_SIZE && experiment->n_clusters <= PLE_PALETTE_SIZE)
        panels[0].colours = colours = matched_colours (experiment, panels[1].n_groups);
    }
  return ple_figure_write (path, PLE_FIGURE_PNG, 560.0 * figure.n_panels, 640, ple_figure_scatter,
                           &figure, error);
}

static gboolean
write_distribution (const PleExperiment *experiment,
                    const Split *split,
                    const char *folder,
                    GError **error)
{
  g_autofree char *name = g_strdup_printf ("%s_distribution.png", split->title);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (PleLabels) labels = slice (experiment->labels, split);
  g_autofree size_t *counts = ple_labels_count (labels, experiment->n_clusters);
  g_autofree double *values = g_new (double, MAX (experiment->n_clusters, 1));
  PleBarFigure figure = { .title = _ ("Pictures per cluster"),
                          .x_title = _ ("Cluster"),
                          .y_title = _ ("Pictures"),
                          .values = values,
                          .n = experiment->n_clusters,
                          .mark_empty = TRUE };
  size_t n_active = 0, total = 0;

  for (size_t c = 0; c < experiment->n_clusters; c++)
    {
      values[c] = (double) counts[c];
      n_active += counts[c] > 0;
      total += counts[c];
    }
  figure.mean = n_active > 0 ? (double) total / (double) n_active : (double) NAN;
  return ple_figure_write (path, PLE_FIGURE_PNG, 800, 420, ple_figure_bars, &figure, error);
}

static gboolean
write_history (const PleExperiment *experiment, const char *folder, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "training_history.png", NULL);
  size_t n = experiment->history->n_rows, n_series = experiment->history->n_cols;
  g_autofree double *values = g_new (double, n *n_series + 1);
  g_autofree PleCurve *curves = g_new0 (PleCurve, n_series + 1);
  PleCurveFigure figure = { .title = _ ("Training"),
                            .x_title = _ ("Epoch"),
                            .curves = curves,
                            .n_curves = n_series,
                            .mark_x = (double) NAN };

  for (size_t s = 0; s < n_series; s++)
    {
      for (size_t e = 0; e < n; e++)
        values[s * n + e] = (double) ple_matrix_row (experiment->history, e)[s];
      curves[s].name = experiment->history_names[s];
      curves[s].y = values + s * n;
      curves[s].n = n;
    }
  return ple_figure_write (path, PLE_FIGURE_PNG, 800, 480, ple_figure_curves, &figure, error);
}

gboolean
ple_experiment_write_figures (PleExperiment *experiment,
                              const char *folder,
                              PleProgress *progress,
                              GError **error)
{
  const Split splits[] = { { "train", "training", 0, experiment->n_train },
                           { "test", "test", experiment->n_train,
                             experiment->labels->n - experiment->n_train } };

  if (!make_folder (folder, error))
    return FALSE;
  for (size_t s = 0; s < G_N_ELEMENTS (splits); s++)
    {
      if (!ple_progress_report (progress, (double) s / 2, error))
        return FALSE;
      if (splits[s].n == 0)
        continue;
      if (experiment->xy != NULL && !write_scatter (experiment, &splits[s], folder, error))
        return FALSE;
      if (!write_distribution (experiment, &splits[s], folder, error))
        return FALSE;
    }
  return experiment->history == NULL || experiment->history->n_rows == 0 ||
         write_history (experiment, folder, error);
}
