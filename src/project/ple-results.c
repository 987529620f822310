/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "project/ple-results.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "base/ple-text.h"
#include "linalg/ple-array-file.h"
#include "project/ple-stages-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define HISTORY_MAX_BYTES (64u * 1024 * 1024)

static JsonObject *
distribution_to_json (const PleMetrics *metrics)
{
  JsonObject *object = json_object_new ();

  json_object_set_double_member (object, "mean", metrics->size_mean);
  json_object_set_double_member (object, "std", metrics->size_deviation);
  json_object_set_double_member (object, "min", metrics->size_min);
  json_object_set_double_member (object, "max", metrics->size_max);
  json_object_set_double_member (object, "cv", metrics->size_deviation / metrics->size_mean);
  json_object_set_double_member (object, "balance", metrics->balance);
  return object;
}

static JsonObject *
split_to_json (const PleMetrics *metrics)
{
  JsonObject *object = json_object_new ();

  ple_metrics_to_json (metrics, object);
  json_object_set_object_member (object, "distribution", distribution_to_json (metrics));
  return object;
}

/* Share of the rows from @first on whose cluster stands for their class by the match that was made
 * on the rows before; NaN without truth. */
static double
accuracy_by_training (const PleRun *run, const PleLabels *truth, size_t first)
{
  g_autofree gint32 *class_of_cluster = g_new (gint32, MAX (run->n_clusters, 1));
  g_autoptr (PleLabels) train_truth = ple_labels_new_from (truth->data, first);
  g_autoptr (PleLabels) train = ple_labels_new_from (run->labels->data, first);
  PleMetrics metrics;
  size_t n = 0, n_right = 0;

  ple_metrics_compute (train_truth, train, run->n_clusters, &metrics, class_of_cluster);
  for (size_t i = first; i < run->labels->n; i++)
    {
      gint32 cluster = run->labels->data[i];

      if (truth->data[i] < 0)
        continue;
      n++;
      n_right += cluster >= 0 && class_of_cluster[cluster] == truth->data[i];
    }
  return n > 0 ? (double) n_right / (double) n : (double) NAN;
}

JsonObject *
ple_results_to_json (const PleRun *run, PleDataset *dataset, const char *experiment_name)
{
  JsonObject *object = json_object_new ();
  JsonObject *test = split_to_json (&run->test_metrics);
  PleLabels *truth = ple_dataset_get_labels (dataset);
  size_t n_train = ple_stages_count_train (dataset);

  json_object_set_string_member (object, "experiment_name", experiment_name);
  json_object_set_int_member (object, "num_clusters", (gint64) run->n_clusters);
  json_object_set_object_member (object, "training", split_to_json (&run->train_metrics));
  if (truth != NULL && n_train < run->labels->n)
    json_object_set_double_member (test, "accuracy_train_mapping",
                                   accuracy_by_training (run, truth, n_train));
  json_object_set_object_member (object, "test", test);
  if (run->figures != NULL)
    json_object_set_object_member (object, "figures", json_object_ref (run->figures));
  return object;
}

gboolean
ple_results_write (const char *path,
                   const PleRun *run,
                   PleDataset *dataset,
                   const char *experiment_name,
                   GError **error)
{
  g_autoptr (JsonObject) object = ple_results_to_json (run, dataset, experiment_name);
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);

  return ple_json_save (node, path, error);
}

JsonObject *
ple_results_load_figures (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "results.json", NULL);
  g_autoptr (JsonNode) node = ple_json_load (path, PLE_STAGES_CONFIG_MAX, NULL);
  JsonObject *figures = NULL;

  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    figures = ple_json_get_object (json_node_get_object (node), "figures");
  return figures != NULL ? json_object_ref (figures) : NULL;
}

static gint64 *
widen (const gint32 *values, size_t n)
{
  gint64 *wide = g_new (gint64, MAX (n, 1));

  for (size_t i = 0; i < n; i++)
    wide[i] = values[i];
  return wide;
}

gboolean
ple_results_write_predictions (
    const char *path, const PleRun *run, const PleLabels *truth, size_t n_train, GError **error)
{
  size_t n_rest = run->labels->n - n_train;
  g_autofree gint64 *predicted = widen (run->labels->data, run->labels->n);
  g_autofree gint64 *classes = widen (truth->data, run->labels->n);
  const PleNpzMember members[] = {
    { "train_predictions", PLE_ARRAY_I8, 1, { n_train }, predicted },
    { "train_labels", PLE_ARRAY_I8, 1, { n_train }, classes },
    { "test_predictions", PLE_ARRAY_I8, 1, { n_rest }, predicted + n_train },
    { "test_labels", PLE_ARRAY_I8, 1, { n_rest }, classes + n_train },
    { "train_confidence", PLE_ARRAY_F4, 1, { n_train }, run->confidence->data },
    { "test_confidence", PLE_ARRAY_F4, 1, { n_rest }, run->confidence->data + n_train },
    { "cluster_centers",
      PLE_ARRAY_F4,
      2,
      { run->centres->n_rows, run->centres->n_cols },
      run->centres->data },
  };

  return ple_npz_write (path, members, G_N_ELEMENTS (members), error);
}

gboolean
ple_history_write (const char *path, const PleMatrix *history, char *const *names, GError **error)
{
  g_autoptr (GString) text = g_string_new ("epoch");
  char buffer[PLE_DOUBLE_BUFFER];

  for (size_t s = 0; s < history->n_cols; s++)
    {
      g_autofree char *quoted = ple_csv_quote (names[s]);

      g_string_append_printf (text, ",%s", quoted);
    }
  g_string_append_c (text, '\n');
  for (size_t epoch = 0; epoch < history->n_rows; epoch++)
    {
      g_string_append_printf (text, "%zu", epoch + 1);
      for (size_t s = 0; s < history->n_cols; s++)
        g_string_append_printf (
            text, ",%s", ple_format_double ((double) ple_matrix_row (history, epoch)[s], buffer));
      g_string_append_c (text, '\n');
    }
  return ple_atomic_write (path, text->str, text->len, error);
}

gboolean
ple_history_read (const char *path, PleMatrix **history, char ***names, GError **error)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_auto (GStrv) heading = NULL;
  g_autoptr (PleMatrix) matrix = NULL;
  size_t size, n_rows = 0, n_series;

  if (!g_file_get_contents (path, &text, &size, error))
    return FALSE;
  lines = g_strsplit (text, "\n", -1);
  heading = g_strsplit (lines[0] != NULL ? lines[0] : "", ",", -1);
  n_series = g_strv_length (heading);
  while (lines[0] != NULL && lines[n_rows + 1] != NULL && *lines[n_rows + 1] != '\0')
    n_rows++;
  if (size > HISTORY_MAX_BYTES || n_series < 2)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, _ ("%s: not a history"), path);
      return FALSE;
    }
  matrix = ple_matrix_new (n_rows, n_series - 1, error);
  if (matrix == NULL)
    return FALSE;
  for (size_t i = 0; i < n_rows; i++)
    {
      g_auto (GStrv) fields = g_strsplit (lines[i + 1], ",", -1);

      for (size_t s = 1; s < n_series; s++)
        {
          double value = (double) NAN;

          /* A diverged training writes "nan", which is read back as such. */
          if (s < g_strv_length (fields))
            ple_parse_double (fields[s], &value);
          ple_matrix_row (matrix, i)[s - 1] = (float) value;
        }
    }
  *history = g_steal_pointer (&matrix);
  *names = g_strdupv (heading + 1);
  return TRUE;
}
