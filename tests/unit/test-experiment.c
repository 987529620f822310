/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The experiment folder and the exports, from one run on a small sample. */
#include "config.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "base/ple-json.h"
#include "linalg/ple-array-file.h"
#include "linalg/ple-linalg.h"
#include "project/ple-experiment.h"
#include "project/ple-results.h"
#include "ple-test.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#define N_ITEMS 60

typedef struct
{
  char *folder;
  PleDataset *dataset;
  PleProject *project;
  PleRun *run;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  PleEnvironment environment = { 0 };
  g_autoptr (PleRecipe) recipe = ple_recipe_new ();
  g_autoptr (PleMatrix) x = NULL;
  g_autofree char *file = NULL;
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("ple-experiment-XXXXXX", NULL);
  environment.data_dir = fixture->folder;
  environment.cache_dir = fixture->folder;
  fixture->dataset = ple_sample_dataset_new (N_ITEMS, 1);
  fixture->project = ple_project_new (NULL, fixture->dataset, &environment, &error);
  g_assert_no_error (error);
  x = ple_test_blobs (ple_dataset_get_labels (fixture->dataset), 6, 1);
  file = g_build_filename (fixture->folder, "f.npy", NULL);
  g_assert_true (ple_npy_write_matrix (file, x, NULL));
  g_assert_true (ple_recipe_set (recipe, "load_features", file, NULL));
  ple_recipe_set (recipe, "embedding", "pca", NULL);
  ple_recipe_adapt (recipe, fixture->dataset, NULL);
  fixture->run = ple_pipeline_run (ple_project_get_path (fixture->project), fixture->dataset,
                                   recipe, NULL, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ple_run_unref (fixture->run);
  g_object_unref (fixture->project);
  ple_dataset_unref (fixture->dataset);
  g_assert_true (ple_remove_recursively (fixture->folder, NULL));
  g_free (fixture->folder);
}

static gboolean
has (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  GStatBuf info;

  return g_stat (path, &info) == 0 && info.st_size > 0;
}

static void
assert_png (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *bytes = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  g_assert_cmpuint (size, >, 1000);
  g_assert_cmpmem (bytes, 8, "\x89PNG\r\n\x1a\n", 8);
}

static void
test_has_the_seeds_files (Fixture *fixture, gconstpointer data)
{
  static const char *const files[] = { "config.json",
                                       "results.json",
                                       "predictions.npz",
                                       "final_checkpoint.safetensors",
                                       "features/train_features.npy",
                                       "features/test_features.npy",
                                       "features/train_labels.npy",
                                       "features/test_labels.npy",
                                       "pseudo_labels/pseudo_labels_k10.json",
                                       "pseudo_labels/train_pseudo_labels_k10.csv",
                                       "pseudo_labels/test_pseudo_labels_k10.csv",
                                       "pseudo_labels/cluster_mapping_k10.csv" };
  static const char *const pictures[] = { "visualizations/training_clusters_pca.png",
                                          "visualizations/test_clusters_pca.png",
                                          "visualizations/training_distribution.png",
                                          "visualizations/test_distribution.png",
                                          "pseudo_labels/cluster_mapping_k10.png" };
  g_autofree char *folder = g_build_filename (fixture->folder, "results", "one", NULL);
  g_autofree char *results = g_build_filename (folder, "results.json", NULL);
  g_autoptr (JsonNode) node = NULL;
  JsonObject *object, *training, *test;
  g_autoptr (GError) error = NULL;

  ple_run_write_experiment (fixture->dataset, fixture->run, folder, NULL, NULL, &error);
  g_assert_no_error (error);
  for (size_t i = 0; i < G_N_ELEMENTS (files); i++)
    if (!has (folder, files[i]))
      g_error ("%s is missing", files[i]);
  for (size_t i = 0; i < G_N_ELEMENTS (pictures); i++)
    assert_png (folder, pictures[i]);
  node = ple_json_load (results, 1 << 20, &error);
  g_assert_no_error (error);
  object = json_node_get_object (node);
  training = ple_json_get_object (object, "training");
  test = ple_json_get_object (object, "test");
  g_assert_cmpstr (ple_json_get_string (object, "experiment_name", ""), ==, "one");
  g_assert_cmpint (ple_json_get_int (object, "num_clusters", 0), ==, 12);
  g_assert_cmpfloat (ple_json_get_double (training, "accuracy", -1), ==,
                     fixture->run->train_metrics.accuracy);
  g_assert_cmpfloat (ple_json_get_double (training, "nmi", -1), ==,
                     fixture->run->train_metrics.nmi);
  g_assert_cmpfloat (ple_json_get_double (training, "ari", -1), ==,
                     fixture->run->train_metrics.ari);
  g_assert_cmpint (ple_json_get_int (training, "num_samples", 0), ==,
                   (gint64) fixture->run->n_train);
  g_assert_cmpint (ple_json_get_int (test, "num_samples", 0), ==,
                   (gint64) (N_ITEMS - fixture->run->n_train));
  g_assert_cmpint (ple_json_get_int (test, "num_active_clusters", -1) +
                       ple_json_get_int (test, "num_empty_clusters", -1),
                   ==, 12);
  /* Matching on the test split itself can only be better. */
  g_assert_cmpfloat (ple_json_get_double (test, "accuracy_train_mapping", 2), <=,
                     ple_json_get_double (test, "accuracy", -1));
}

static void
test_only_what_is_asked_for (Fixture *fixture, gconstpointer data)
{
  const PleExperimentOptions options = { .name = "named" };
  g_autofree char *folder = g_build_filename (fixture->folder, "bare", NULL);
  g_autoptr (GError) error = NULL;

  ple_run_write_experiment (fixture->dataset, fixture->run, folder, &options, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (has (folder, "results.json"));
  g_assert_false (has (folder, "features"));
  g_assert_false (has (folder, "visualizations"));
  g_assert_false (has (folder, "pseudo_labels"));
}

static void
test_reads_back (Fixture *fixture, gconstpointer data)
{
  const PleExperimentOptions options = { .save_features = TRUE };
  g_autofree char *folder = g_build_filename (fixture->folder, "one", NULL);
  g_autoptr (PleExperiment) experiment = NULL;
  g_autoptr (PleExperiment) within = NULL;
  g_autoptr (GError) error = NULL;

  ple_run_write_experiment (fixture->dataset, fixture->run, folder, &options, NULL, &error);
  g_assert_no_error (error);
  experiment = ple_experiment_load (folder, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (experiment->n_train, ==, fixture->run->n_train);
  g_assert_cmpuint (experiment->n_clusters, ==, 12);
  g_assert_cmpmem (experiment->labels->data, N_ITEMS * sizeof (gint32), fixture->run->labels->data,
                   N_ITEMS * sizeof (gint32));
  g_assert_cmpmem (
      experiment->features->data, N_ITEMS * experiment->features->n_cols * sizeof (float),
      fixture->run->features->data, N_ITEMS * fixture->run->features->n_cols * sizeof (float));
  g_assert_cmpstr (experiment->class_names[0], ==,
                   ple_dataset_get_class_name (fixture->dataset, 0));
  /* A run's folder within a project is one too. */
  within = ple_experiment_load (fixture->run->folder, &error);
  g_assert_no_error (error);
  g_assert_nonnull (within->features);
}

static void
test_test_labels_follow_the_training_vote (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_build_filename (fixture->folder, "labels", NULL);
  g_autofree char *before_path = g_build_filename (folder, "test_pseudo_labels_k5.csv", NULL);
  g_autoptr (PleExperiment) experiment =
      ple_experiment_new_for_run (fixture->dataset, fixture->run);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autoptr (PleLabels) blind = NULL;
  g_auto (GStrv) lines = NULL;
  g_auto (GStrv) lines_after = NULL;
  PleVoteSummary summary;
  g_autoptr (GError) error = NULL;

  g_assert_true (
      ple_experiment_write_pseudo_labels (experiment, folder, 5, NULL, &summary, NULL, &error));
  g_assert_cmpfloat (summary.train_accuracy, >, 0);
  g_assert_cmpuint (summary.n_test_labelled, <=, N_ITEMS - fixture->run->n_train);
  g_assert_true (g_file_get_contents (before_path, &before, NULL, NULL));
  /* Without the test split's classes its pseudo-labels are the same. */
  blind = ple_labels_new_from (experiment->truth->data, N_ITEMS);
  for (size_t i = experiment->n_train; i < N_ITEMS; i++)
    blind->data[i] = -1;
  ple_labels_unref (experiment->truth);
  experiment->truth = ple_labels_ref (blind);
  g_assert_true (
      ple_experiment_write_pseudo_labels (experiment, folder, 5, NULL, &summary, NULL, &error));
  g_assert_true (isnan (summary.test_accuracy));
  g_assert_true (g_file_get_contents (before_path, &after, NULL, NULL));
  lines = g_strsplit (before, "\n", -1);
  lines_after = g_strsplit (after, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, g_strv_length (lines_after));
  for (size_t i = 1; lines[i] != NULL && *lines[i] != '\0'; i++)
    {
      g_auto (GStrv) fields = g_strsplit (lines[i], ",", -1);
      g_auto (GStrv) fields_after = g_strsplit (lines_after[i], ",", -1);

      g_assert_cmpstr (fields[2], ==, fields_after[2]);
      g_assert_cmpstr (fields_after[3], ==, "-1");
    }
}

static void
test_refuses_what_is_no_experiment (Fixture *fixture, gconstpointer data)
{
  g_autofree char *results = g_build_filename (fixture->folder, "results.json", NULL);
  g_autofree char *predictions = g_build_filename (fixture->folder, "predictions.npz", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (ple_experiment_load (fixture->folder, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (results, "{\"num_clusters\": 3}", -1, NULL));
  g_assert_null (ple_experiment_load (fixture->folder, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (predictions, "PK\3\4 no archive", -1, NULL));
  g_assert_null (ple_experiment_load (fixture->folder, &error));
  g_assert_nonnull (error);
}

static void
test_history_there_and_back (void)
{
  g_autofree char *folder = g_dir_make_tmp ("ple-history-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "history.csv", NULL);
  g_autoptr (PleMatrix) history = ple_matrix_new (3, 2, NULL);
  g_autoptr (PleMatrix) read = NULL;
  char *names[] = { (char *) "loss", (char *) "accuracy of \"heads\"", NULL };
  g_auto (GStrv) read_names = NULL;
  g_autoptr (GError) error = NULL;

  for (size_t i = 0; i < 6; i++)
    history->data[i] = (float) i / 7;
  history->data[3] = (float) NAN;
  g_assert_true (ple_history_write (path, history, names, &error));
  g_assert_true (ple_history_read (path, &read, &read_names, &error));
  g_assert_cmpuint (read->n_rows, ==, 3);
  g_assert_cmpuint (read->n_cols, ==, 2);
  for (size_t i = 0; i < 6; i++)
    if (i == 3)
      g_assert_true (isnan (read->data[i]));
    else
      g_assert_cmpfloat ((double) read->data[i], ==, (double) history->data[i]);
  g_assert_cmpstr (read_names[0], ==, "loss");
  g_assert_true (g_file_set_contents (path, "nothing", -1, NULL));
  g_assert_false (ple_history_read (path, &read, &read_names, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT);
  g_assert_true (ple_remove_recursively (folder, NULL));
}

static void
test_every_export_writes_and_is_stable (Fixture *fixture, gconstpointer data)
{
  g_autofree char *journal = ple_project_build_path (fixture->project, "curation.db", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (PleCuration) curation = ple_curation_open (
      journal, fixture->run->key, fixture->run->labels, fixture->run->n_clusters, &error);

  g_assert_no_error (error);
  g_assert_true (ple_curation_name_cluster (curation, 0, "my name", &error));
  for (const char *const *kind = ple_export_kinds (); *kind != NULL; kind++)
    {
      g_autofree char *path = g_build_filename (fixture->folder, *kind, NULL);
      g_autofree char *first = NULL;
      g_autofree char *second = NULL;
      gsize first_size, second_size;

      ple_export (fixture->dataset, fixture->run, curation, *kind, path, NULL, &error);
      if (strcmp (*kind, "links") == 0 && error != NULL)
        {
          /* The sample has no files to point to. */
          g_clear_error (&error);
          continue;
        }
      g_assert_no_error (error);
      if (g_file_test (path, G_FILE_TEST_IS_DIR))
        continue;
      g_assert_true (g_file_get_contents (path, &first, &first_size, NULL));
      g_assert_cmpuint (first_size, >, 0);
      ple_export (fixture->dataset, fixture->run, curation, *kind, path, NULL, &error);
      g_assert_no_error (error);
      g_assert_true (g_file_get_contents (path, &second, &second_size, NULL));
      g_assert_cmpmem (first, first_size, second, second_size);
    }
  g_assert_false (
      ple_export (fixture->dataset, fixture->run, curation, "no-kind", "x", NULL, &error));
  g_assert_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_VALUE);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/project/experiment/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  ple_linalg_init ();
  g_test_init (&argc, &argv, NULL);
  ADD ("has-the-seeds-files", test_has_the_seeds_files);
  ADD ("only-what-is-asked-for", test_only_what_is_asked_for);
  ADD ("reads-back", test_reads_back);
  ADD ("test-labels-follow-training", test_test_labels_follow_the_training_vote);
  ADD ("refuses-what-is-none", test_refuses_what_is_no_experiment);
  g_test_add_func ("/project/results/history-there-and-back", test_history_there_and_back);
  ADD ("every-export-writes-and-is-stable", test_every_export_writes_and_is_stable);
  return g_test_run ();
}
