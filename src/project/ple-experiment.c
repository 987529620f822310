/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "project/ple-experiment.h"

#include "base/ple-error.h"
#include "base/ple-json.h"
#include "linalg/ple-array-file.h"
#include "project/ple-results.h"
#include "project/ple-stages-private.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

static char **
dup_class_names (PleDataset *dataset)
{
  size_t n = ple_dataset_get_n_classes (dataset);
  char **names = n > 0 ? g_new0 (char *, n + 1) : NULL;

  for (size_t c = 0; c < n; c++)
    names[c] = g_strdup (ple_dataset_get_class_name (dataset, c));
  return names;
}

PleExperiment *
ple_experiment_new_for_run (PleDataset *dataset, PleRun *run)
{
  PleExperiment *experiment = g_new0 (PleExperiment, 1);
  PleLabels *truth = ple_dataset_get_labels (dataset);
  const PleEmbedding *embedding = ple_recipe_get_embedding (run->recipe);

  experiment->name = g_strdup (ple_dataset_get_title (dataset));
  experiment->dataset = ple_dataset_ref (dataset);
  experiment->features = ple_matrix_ref (run->features);
  experiment->labels = ple_labels_ref (run->labels);
  experiment->truth = truth != NULL ? ple_labels_ref (truth) : NULL;
  experiment->centres = ple_matrix_ref (run->centres);
  experiment->xy = run->xy != NULL ? ple_matrix_ref (run->xy) : NULL;
  experiment->layout = g_strdup (embedding != NULL ? embedding->id : NULL);
  experiment->history = run->history != NULL ? ple_matrix_ref (run->history) : NULL;
  experiment->history_names = g_strdupv (run->history_names);
  experiment->class_names = dup_class_names (dataset);
  experiment->n_clusters = run->n_clusters;
  experiment->n_train = run->n_train;
  return experiment;
}

void
ple_experiment_free (PleExperiment *experiment)
{
  g_free (experiment->name);
  g_clear_pointer (&experiment->config, json_object_unref);
  g_clear_pointer (&experiment->dataset, ple_dataset_unref);
  g_clear_pointer (&experiment->features, ple_matrix_unref);
  g_clear_pointer (&experiment->labels, ple_labels_unref);
  g_clear_pointer (&experiment->truth, ple_labels_unref);
  g_clear_pointer (&experiment->centres, ple_matrix_unref);
  g_clear_pointer (&experiment->xy, ple_matrix_unref);
  g_free (experiment->layout);
  g_clear_pointer (&experiment->history, ple_matrix_unref);
  g_strfreev (experiment->history_names);
  g_strfreev (experiment->class_names);
  g_free (experiment);
}

static JsonObject *
load_object (const char *folder, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (JsonNode) node = ple_json_load (path, PLE_STAGES_CONFIG_MAX, error);

  if (node == NULL)
    return NULL;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, _ ("%s: not an object"), path);
      return NULL;
    }
  return json_object_ref (json_node_get_object (node));
}

static PleLabels *
get_labels (PleNpz *npz, const char *name, GError **error)
{
  g_autoptr (PleArray) array = ple_npz_get (npz, name, error);

  return array != NULL ? ple_array_to_labels (array, name, error) : NULL;
}

static PleLabels *
join (const PleLabels *first, const PleLabels *second)
{
  PleLabels *joined = ple_labels_new (first->n + second->n);

  if (first->n > 0)
    memcpy (joined->data, first->data, first->n * sizeof (gint32));
  if (second->n > 0)
    memcpy (joined->data + first->n, second->data, second->n * sizeof (gint32));
  return joined;
}

/* A split's array, or nothing at all where the file has none for it. */
static PleLabels *
get_optional (PleNpz *npz, const char *name, GError **error)
{
  if (!g_strv_contains (ple_npz_get_names (npz), name))
    return ple_labels_new (0);
  return get_labels (npz, name, error);
}

static gboolean
load_predictions (PleExperiment *experiment, const char *folder, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "predictions.npz", NULL);
  g_autoptr (PleNpz) npz = ple_npz_open (path, error);
  g_autoptr (PleLabels) train = npz != NULL ? get_labels (npz, "train_predictions", error) : NULL;
  g_autoptr (PleLabels) classes = train != NULL ? get_labels (npz, "train_labels", error) : NULL;
  g_autoptr (PleLabels) test =
      classes != NULL ? get_optional (npz, "test_predictions", error) : NULL;
  g_autoptr (PleLabels) test_classes =
      test != NULL ? get_optional (npz, "test_labels", error) : NULL;

  if (test_classes == NULL)
    return FALSE;
  if (classes->n != train->n || test_classes->n != test->n)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   _ ("%s: predictions and labels are not of the same items"), path);
      return FALSE;
    }
  experiment->n_train = train->n;
  experiment->labels = join (train, test);
  experiment->truth = join (classes, test_classes);
  if (ple_labels_get_n_groups (experiment->truth) == 0)
    g_clear_pointer (&experiment->truth, ple_labels_unref);
  experiment->n_clusters =
      MAX (experiment->n_clusters, ple_labels_get_n_groups (experiment->labels));
  if (g_strv_contains (ple_npz_get_names (npz), "cluster_centers"))
    {
      g_autoptr (PleArray) centres = ple_npz_get (npz, "cluster_centers", error);

      experiment->centres = centres != NULL ? ple_array_to_matrix (centres, error) : NULL;
      return experiment->centres != NULL;
    }
  return TRUE;
}

/* Both files of @folder as one matrix, if they are there and fit. */
static gboolean
load_features (PleExperiment *experiment, const char *folder, GError **error)
{
  g_autofree char *train_path = g_build_filename (folder, "train_features", NULL);
  g_autofree char *test_path = g_build_filename (folder, "test_features", NULL);
  size_t n = experiment->labels->n;
  g_autoptr (PleMatrix) train = ple_features_read (train_path, error);
  g_autoptr (PleMatrix) test = NULL;

  if (train == NULL)
    return FALSE;
  if (experiment->n_train < n)
    {
      test = ple_features_read (test_path, error);
      if (test == NULL)
        return FALSE;
    }
  if (train->n_rows != experiment->n_train ||
      (test != NULL && (test->n_rows != n - train->n_rows || test->n_cols != train->n_cols)))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   _ ("%s: not the features of these predictions"), folder);
      return FALSE;
    }
  if (test == NULL)
    {
      experiment->features = g_steal_pointer (&train);
      return TRUE;
    }
  experiment->features = ple_matrix_new (n, train->n_cols, error);
  if (experiment->features == NULL)
    return FALSE;
  memcpy (experiment->features->data, train->data, train->n_rows * train->n_cols * sizeof (float));
  memcpy (ple_matrix_row (experiment->features, train->n_rows), test->data,
          test->n_rows * test->n_cols * sizeof (float));
  return TRUE;
}

static void
take_class_names (PleExperiment *experiment)
{
  JsonArray *names =
      experiment->config != NULL ? ple_json_get_array (experiment->config, "class_names") : NULL;
  guint n = names != NULL ? json_array_get_length (names) : 0;
  size_t n_classes = experiment->truth != NULL ? ple_labels_get_n_groups (experiment->truth) : 0;

  if (n == 0 || n < n_classes)
    return;
  experiment->class_names = g_new0 (char *, n + 1);
  for (guint c = 0; c < n; c++)
    {
      JsonNode *node = json_array_get_element (names, c);
      const char *name = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;

      experiment->class_names[c] = g_strdup (name != NULL ? name : "");
    }
}

/* features/ of the experiment; for a run within a project the project's. */
static char *
find_features_folder (const PleExperiment *experiment, const char *folder)
{
  g_autofree char *own = g_build_filename (folder, "features", NULL);
  const char *key = experiment->config != NULL
                        ? ple_json_get_string (experiment->config, "features_key", NULL)
                        : NULL;
  g_autofree char *shared = NULL;

  if (g_file_test (own, G_FILE_TEST_IS_DIR))
    return g_steal_pointer (&own);
  if (key == NULL || strchr (key, G_DIR_SEPARATOR) != NULL)
    return NULL;
  shared = g_build_filename (folder, "..", "..", "features", key, NULL);
  return g_file_test (shared, G_FILE_TEST_IS_DIR) ? g_steal_pointer (&shared) : NULL;
}

PleExperiment *
ple_experiment_load (const char *folder, GError **error)
{
  g_autoptr (PleExperiment) experiment = g_new0 (PleExperiment, 1);
  g_autoptr (JsonObject) results = load_object (folder, "results.json", error);
  g_autofree char *features = NULL;
  g_autofree char *history = g_build_filename (folder, "history.csv", NULL);
  gint64 n_clusters;

  if (results == NULL)
    {
      g_prefix_error (error, _ ("%s is not the folder of an experiment: "), folder);
      return NULL;
    }
  n_clusters = ple_json_get_int (results, "num_clusters", 0);
  experiment->n_clusters = n_clusters > 0 && n_clusters <= G_MAXINT32 ? (size_t) n_clusters : 0;
  experiment->name = g_strdup (ple_json_get_string (results, "experiment_name", ""));
  experiment->config = load_object (folder, "config.json", NULL);
  if (!load_predictions (experiment, folder, error))
    return NULL;
  take_class_names (experiment);
  features = find_features_folder (experiment, folder);
  if (features != NULL && !load_features (experiment, features, error))
    return NULL;
  if (g_file_test (history, G_FILE_TEST_IS_REGULAR) &&
      !ple_history_read (history, &experiment->history, &experiment->history_names, error))
    return NULL;
  return g_steal_pointer (&experiment);
}
