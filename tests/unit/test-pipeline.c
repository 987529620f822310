/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "linalg/ple-array-file.h"
#include "linalg/ple-linalg.h"
#include "project/ple-pipeline.h"
#include "project/ple-stages-private.h"
#include "ple-test.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#define N_ITEMS 60

typedef struct
{
  char *folder;
  PleEnvironment environment;
  PleDataset *dataset;
  PleProject *project;
  PleRecipe *recipe;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file = NULL;
  g_autoptr (PleMatrix) x = NULL;

  fixture->folder = g_dir_make_tmp ("ple-pipeline-XXXXXX", NULL);
  file = g_build_filename (fixture->folder, "f.npy", NULL);
  fixture->environment.data_dir = fixture->folder;
  fixture->environment.cache_dir = fixture->folder;
  fixture->dataset = ple_sample_dataset_new (N_ITEMS, 1);
  x = ple_test_blobs (ple_dataset_get_labels (fixture->dataset), 6, 1);
  fixture->project = ple_project_new (NULL, fixture->dataset, &fixture->environment, NULL);
  fixture->recipe = ple_recipe_new ();
  g_assert_true (ple_recipe_set (fixture->recipe, "model", "hog-color", NULL));
  /* Vectors from a file cost nothing; who tests the description of pictures calls describe(). */
  g_assert_true (ple_npy_write_matrix (file, x, NULL));
  g_assert_true (ple_recipe_set (fixture->recipe, "load_features", file, NULL));
  g_assert_true (ple_recipe_set (fixture->recipe, "embedding", "pca", NULL));
  ple_recipe_adapt (fixture->recipe, fixture->dataset, NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_object_unref (fixture->recipe);
  g_object_unref (fixture->project);
  ple_dataset_unref (fixture->dataset);
  g_assert_true (ple_remove_recursively (fixture->folder, NULL));
  g_free (fixture->folder);
}

static void
describe (Fixture *fixture)
{
  ple_recipe_set (fixture->recipe, "load_features", "", NULL);
}

static PleRun *
run_with (Fixture *fixture, PleProgress *progress)
{
  g_autoptr (GError) error = NULL;
  PleRun *run = ple_pipeline_run (ple_project_get_path (fixture->project), fixture->dataset,
                                  fixture->recipe, progress, &error);

  g_assert_no_error (error);
  return run;
}

static void
assert_same_run (const PleRun *a, const PleRun *b)
{
  g_assert_cmpstr (a->key, ==, b->key);
  g_assert_cmpuint (a->n_clusters, ==, b->n_clusters);
  g_assert_cmpmem (a->labels->data, a->labels->n * sizeof (gint32), b->labels->data,
                   b->labels->n * sizeof (gint32));
  ple_test_assert_same_bits (a->features, b->features);
  ple_test_assert_same_bits (a->confidence, b->confidence);
  ple_test_assert_same_bits (a->centres, b->centres);
  ple_test_assert_same_bits (a->xy, b->xy);
  g_assert_cmpuint (a->n_neighbours, ==, b->n_neighbours);
  g_assert_cmpmem (a->neighbours, a->labels->n * a->n_neighbours * sizeof (gint32), b->neighbours,
                   b->labels->n * b->n_neighbours * sizeof (gint32));
  g_assert_cmpfloat (a->train_metrics.accuracy, ==, b->train_metrics.accuracy);
  g_assert_cmpfloat (a->test_metrics.nmi, ==, b->test_metrics.nmi);
}

static guint
count_found (const PleRun *run)
{
  guint n = 0;

  for (size_t i = 0; i < PLE_PIPELINE_N_STAGES; i++)
    n += run->stages[i].found;
  return n;
}

static void
test_makes_everything_and_finds_it_again (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleRun) first = NULL;
  g_autoptr (PleRun) again = NULL;
  g_autoptr (PleRun) loaded = NULL;
  g_auto (GStrv) runs = NULL;
  g_autoptr (GError) error = NULL;

  describe (fixture);
  first = run_with (fixture, NULL);
  again = run_with (fixture, NULL);
  runs = ple_project_list_runs (fixture->project);
  g_assert_cmpuint (first->labels->n, ==, N_ITEMS);
  g_assert_cmpuint (first->n_clusters, ==, 12);
  g_assert_cmpuint (first->n_train, ==,
                    ple_dataset_get_split_size (fixture->dataset, PLE_SPLIT_TRAIN));
  g_assert_cmpuint (first->n_neighbours, ==, 15);
  g_assert_cmpuint (count_found (first), ==, 0);
  g_assert_cmpuint (count_found (again), ==, PLE_PIPELINE_N_STAGES);
  assert_same_run (first, again);
  g_assert_cmpuint (g_strv_length (runs), ==, 1);
  loaded =
      ple_run_load (ple_project_get_path (fixture->project), fixture->dataset, runs[0], &error);
  g_assert_no_error (error);
  assert_same_run (first, loaded);
}

static void
test_metrics_of_both_splits (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleRun) run = run_with (fixture, NULL);
  PleLabels *truth = ple_dataset_get_labels (fixture->dataset);
  size_t n_rest = N_ITEMS - run->n_train;
  g_autoptr (PleLabels) rest = ple_labels_new_from (run->labels->data + run->n_train, n_rest);
  g_autoptr (PleLabels) rest_truth = ple_labels_new_from (truth->data + run->n_train, n_rest);
  PleMetrics expected;

  ple_metrics_compute (rest_truth, rest, run->n_clusters, &expected, NULL);
  g_assert_cmpuint (run->train_metrics.n_samples, ==, run->n_train);
  g_assert_cmpuint (run->test_metrics.n_samples, ==, n_rest);
  g_assert_cmpfloat (run->test_metrics.accuracy, ==, expected.accuracy);
  g_assert_cmpfloat (run->train_metrics.accuracy, >, 1.0 / 12);
}

static void
test_keys_follow_what_they_depend_on (Fixture *fixture, gconstpointer data)
{
  const char *path = ple_project_get_path (fixture->project);
  g_auto (PleStages) base = { 0 };
  g_auto (PleStages) clusters = { 0 };
  g_auto (PleStages) view = { 0 };
  g_auto (PleStages) seed = { 0 };

  g_assert_true (ple_stages_init (&base, path, fixture->dataset, fixture->recipe, NULL));
  ple_recipe_set (fixture->recipe, "num_clusters", "5", NULL);
  g_assert_true (ple_stages_init (&clusters, path, fixture->dataset, fixture->recipe, NULL));
  g_assert_cmpstr (base.features_key, ==, clusters.features_key);
  g_assert_cmpstr (base.embedding_key, ==, clusters.embedding_key);
  g_assert_cmpstr (base.run_key, !=, clusters.run_key);
  ple_recipe_set (fixture->recipe, "k_samples", "3", NULL);
  ple_recipe_set (fixture->recipe, "embedding", "tsne", NULL);
  ple_recipe_set (fixture->recipe, "checkpoint_dir", "/elsewhere", NULL);
  g_assert_true (ple_stages_init (&view, path, fixture->dataset, fixture->recipe, NULL));
  g_assert_cmpstr (clusters.run_key, ==, view.run_key);
  g_assert_cmpstr (clusters.embedding_key, !=, view.embedding_key);
  ple_recipe_set (fixture->recipe, "seed", "8", NULL);
  g_assert_true (ple_stages_init (&seed, path, fixture->dataset, fixture->recipe, NULL));
  g_assert_cmpstr (view.run_key, !=, seed.run_key);
}

/* Another seed of the clustering does not describe the pictures again, unless the model learns by
 * chance. */
static void
test_seedless_features_serve_every_seed (Fixture *fixture, gconstpointer data)
{
  static const char *const models[] = { "hog-color", "patch-kmeans" };
  const char *path = ple_project_get_path (fixture->project);

  describe (fixture);
  for (size_t i = 0; i < G_N_ELEMENTS (models); i++)
    {
      g_auto (PleStages) first = { 0 };
      g_auto (PleStages) second = { 0 };

      g_assert_true (ple_recipe_set (fixture->recipe, "model", models[i], NULL));
      g_assert_true (ple_recipe_set (fixture->recipe, "seed", "1", NULL));
      g_assert_true (ple_stages_init (&first, path, fixture->dataset, fixture->recipe, NULL));
      g_assert_true (ple_recipe_set (fixture->recipe, "seed", "2", NULL));
      g_assert_true (ple_stages_init (&second, path, fixture->dataset, fixture->recipe, NULL));
      g_assert_cmpstr (first.run_key, !=, second.run_key);
      if (i == 0)
        g_assert_cmpstr (first.features_key, ==, second.features_key);
      else
        g_assert_cmpstr (first.features_key, !=, second.features_key);
    }
}

/* Cuts a file in half, or replaces all of it. */
static void
damage (const char *path, gboolean truncate)
{
  g_autofree char *bytes = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  if (truncate)
    g_assert_true (g_file_set_contents (path, bytes, (gssize) (size / 2), NULL));
  else
    g_assert_true (g_file_set_contents (path, "torn", 4, NULL));
}

static void
test_damaged_folders_are_made_again (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleRun) first = run_with (fixture, NULL);
  const char *path = ple_project_get_path (fixture->project);
  g_auto (PleStages) stages = { 0 };

  g_assert_true (ple_stages_init (&stages, path, fixture->dataset, fixture->recipe, NULL));
  {
    const struct
    {
      const char *stage;
      const char *key;
      const char *file;
    } victims[] = {
      { "features", stages.features_key, "train_features.npy" },
      { "features", stages.features_key, "test_features.npy" },
      { "features", stages.features_key, "config.json" },
      { "runs", stages.run_key, "predictions.npz" },
      { "neighbours", stages.neighbours_key, "neighbours.npy" },
      { "embeddings", stages.embedding_key, "xy.npy" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS (victims); i++)
      for (int way = 0; way < 3; way++)
        {
          g_autofree char *file =
              g_build_filename (path, victims[i].stage, victims[i].key, victims[i].file, NULL);
          g_autoptr (PleRun) again = NULL;

          if (way == 2)
            g_assert_cmpint (g_remove (file), ==, 0);
          else
            damage (file, way == 0);
          again = run_with (fixture, NULL);
          g_assert_cmpuint (count_found (again), <, PLE_PIPELINE_N_STAGES);
          assert_same_run (first, again);
        }
  }
}

static void
test_a_leftover_is_not_taken (Fixture *fixture, gconstpointer data)
{
  g_auto (PleStages) stages = { 0 };
  g_autofree char *folder = NULL;
  g_autofree char *config = NULL;
  g_autoptr (PleRun) run = NULL;

  g_assert_true (ple_stages_init (&stages, ple_project_get_path (fixture->project),
                                  fixture->dataset, fixture->recipe, NULL));
  folder = ple_stages_folder (&stages, "runs", stages.run_key);
  config = g_build_filename (folder, "config.json", NULL);
  g_assert_cmpint (g_mkdir_with_parents (folder, 0777), ==, 0);
  g_assert_true (g_file_set_contents (config, "{\"stage\": \"runs\"", -1, NULL));
  run = run_with (fixture, NULL);
  g_assert_cmpuint (count_found (run), ==, 0);
}

typedef struct
{
  PleProgress *progress;
  double at;
  gint64 time;
} Canceller;

static void
cancel_at (gpointer data, double fraction, const char *stage, const char *detail)
{
  Canceller *canceller = data;

  if (fraction < canceller->at || canceller->time != 0)
    return;
  canceller->time = ple_test_cpu_time ();
  ple_progress_cancel (canceller->progress);
}

static void
test_cancel_keeps_what_is_finished (Fixture *fixture, gconstpointer data)
{
  static const PleProgressSink sink = { .report = cancel_at };
  static const double moments[] = { 0, 0.2, 0.5, 0.7 };

  describe (fixture);
  for (size_t i = 0; i < G_N_ELEMENTS (moments); i++)
    {
      Canceller canceller = { .at = moments[i] };
      g_autoptr (GError) error = NULL;
      g_autoptr (PleRun) run = NULL;

      canceller.progress = ple_progress_new (&sink, &canceller, 2);
      ple_progress_set_every (canceller.progress);
      run = ple_pipeline_run (ple_project_get_path (fixture->project), fixture->dataset,
                              fixture->recipe, canceller.progress, &error);
      g_assert_null (run);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      /* 200 ms are promised; the rest is for a sanitizer. */
      g_assert_cmpint (ple_test_cpu_time () - canceller.time, <, 5 * G_USEC_PER_SEC);
      ple_progress_unref (canceller.progress);
    }
  {
    g_autoptr (PleRun) run = run_with (fixture, NULL);

    /* The last cancel came after the features. */
    g_assert_true (run->stages[0].found);
  }
}

typedef struct
{
  guint n_layouts;
  guint n_labels;
  size_t last_layout_rows;
  size_t last_label_rows;
} Watcher;

static void
watch (gpointer data, const char *topic, gconstpointer values, size_t n_rows, size_t row_bytes)
{
  Watcher *watcher = data;

  if (strcmp (topic, "layout") == 0)
    {
      g_assert_cmpuint (row_bytes, ==, 2 * sizeof (float));
      watcher->n_layouts++;
      watcher->last_layout_rows = n_rows;
    }
  else if (strcmp (topic, "labels") == 0)
    {
      g_assert_cmpuint (row_bytes, ==, sizeof (gint32));
      watcher->n_labels++;
      watcher->last_label_rows = n_rows;
    }
}

static void
test_publishes_in_item_order (Fixture *fixture, gconstpointer data)
{
  static const PleProgressSink sink = { .publish = watch };
  Watcher watcher = { 0 };
  g_autoptr (PleProgress) progress = ple_progress_new (&sink, &watcher, 2);
  g_autoptr (PleRun) run = run_with (fixture, progress);

  g_assert_cmpuint (watcher.n_layouts, >=, 2);
  g_assert_cmpuint (watcher.n_labels, >=, 1);
  g_assert_cmpuint (watcher.last_layout_rows, ==, N_ITEMS);
  g_assert_cmpuint (watcher.last_label_rows, ==, N_ITEMS);
}

static void
test_without_a_map (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleRun) run = NULL;
  g_autoptr (PleRun) with = NULL;
  g_autoptr (PleRun) loaded = NULL;

  ple_recipe_set (fixture->recipe, "embedding", "none", NULL);
  run = run_with (fixture, NULL);
  g_assert_null (run->xy);
  ple_recipe_set (fixture->recipe, "embedding", "pca", NULL);
  with = run_with (fixture, NULL);
  g_assert_nonnull (with->xy);
  g_assert_cmpstr (run->key, ==, with->key);
  g_assert_true (with->stages[1].found);
  /* Running it once more without a map does not take the map away. */
  ple_recipe_set (fixture->recipe, "embedding", "none", NULL);
  ple_run_unref (run);
  run = run_with (fixture, NULL);
  g_assert_false (run->stages[3].found);
  loaded = ple_run_load (ple_project_get_path (fixture->project), fixture->dataset, run->key, NULL);
  g_assert_nonnull (loaded->xy);
}

/* Vectors without pictures: three far groups. */
static void
test_vectors_instead_of_pictures (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "vectors.npy", NULL);
  g_autoptr (PleMatrix) x = ple_test_random_matrix (60, 8, 3);
  g_autoptr (PleDataset) dataset = NULL;
  g_autoptr (PleProject) project = NULL;
  g_autoptr (PleRun) run = NULL;
  g_autoptr (GError) error = NULL;

  for (size_t i = 0; i < 60; i++)
    ple_matrix_row (x, i)[i % 3] += 30;
  g_assert_true (ple_npy_write_matrix (path, x, &error));
  dataset = ple_dataset_open (path, NULL, NULL, &error);
  g_assert_no_error (error);
  project = ple_project_new (NULL, dataset, &fixture->environment, &error);
  describe (fixture);
  ple_recipe_set (fixture->recipe, "num_clusters", "3", NULL);
  run = ple_pipeline_run (ple_project_get_path (project), dataset, fixture->recipe, NULL, &error);
  g_assert_no_error (error);
  for (size_t i = 3; i < 60; i++)
    g_assert_cmpint (run->labels->data[i], ==, run->labels->data[i % 3]);
  g_assert_true (isnan (run->train_metrics.accuracy));
}

static void
test_features_that_are_not_finite (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "vectors.npy", NULL);
  g_autoptr (PleMatrix) x = ple_test_random_matrix (20, 4, 3);
  g_autoptr (PleDataset) dataset = NULL;
  g_autoptr (GError) error = NULL;

  describe (fixture);
  x->data[17] = (float) NAN;
  g_assert_true (ple_npy_write_matrix (path, x, NULL));
  dataset = ple_dataset_open (path, NULL, NULL, &error);
  if (dataset != NULL)
    {
      g_assert_null (ple_pipeline_run (ple_project_get_path (fixture->project), dataset,
                                       fixture->recipe, NULL, &error));
      g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NOT_FINITE);
    }
  g_assert_nonnull (error);
}

static void
test_features_from_a_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "mine.npy", NULL);
  g_autoptr (PleMatrix) x = ple_test_random_matrix (N_ITEMS, 6, 3);
  g_autoptr (PleMatrix) short_x = ple_test_random_matrix (N_ITEMS - 1, 6, 3);
  g_autoptr (PleRun) run = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (ple_npy_write_matrix (path, x, NULL));
  ple_recipe_set (fixture->recipe, "load_features", path, NULL);
  run = run_with (fixture, NULL);
  ple_test_assert_same_bits (run->features, x);
  g_assert_true (ple_npy_write_matrix (path, short_x, NULL));
  g_assert_null (ple_pipeline_run (ple_project_get_path (fixture->project), fixture->dataset,
                                   fixture->recipe, NULL, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH);
}

static void
test_an_interrupted_training_continues (Fixture *fixture, gconstpointer data)
{
  static const PleProgressSink sink = { .report = cancel_at };
  Canceller canceller = { .at = 0.60 };
  g_autoptr (PleProgress) progress = ple_progress_new (&sink, &canceller, 2);
  g_autoptr (GError) error = NULL;
  g_autoptr (PleRun) continued = NULL;
  g_autoptr (PleRun) straight = NULL;

  canceller.progress = progress;
  ple_progress_set_every (progress);
  ple_recipe_set (fixture->recipe, "method", "temi", NULL);
  ple_recipe_set (fixture->recipe, "num_epochs", "6", NULL);
  ple_recipe_set (fixture->recipe, "num_heads", "2", NULL);
  ple_recipe_set (fixture->recipe, "hidden_dim", "16", NULL);
  ple_recipe_set (fixture->recipe, "projection_dim", "8", NULL);
  ple_recipe_set (fixture->recipe, "checkpoint_every", "1", NULL);
  g_assert_null (ple_pipeline_run (ple_project_get_path (fixture->project), fixture->dataset,
                                   fixture->recipe, progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  continued = run_with (fixture, NULL);
  g_assert_nonnull (continued->history);
  g_assert_cmpuint (continued->history->n_rows, ==, 6);
  g_assert_true (ple_remove_recursively (ple_project_get_path (fixture->project), NULL));
  g_clear_object (&fixture->project);
  fixture->project = ple_project_new (NULL, fixture->dataset, &fixture->environment, NULL);
  straight = run_with (fixture, NULL);
  assert_same_run (continued, straight);
  ple_test_assert_same_bits (continued->history, straight->history);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/project/pipeline/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  ple_linalg_init ();
  g_test_init (&argc, &argv, NULL);
  ADD ("makes-everything-and-finds-it-again", test_makes_everything_and_finds_it_again);
  ADD ("metrics-of-both-splits", test_metrics_of_both_splits);
  ADD ("keys-follow-what-they-depend-on", test_keys_follow_what_they_depend_on);
  ADD ("seedless-features-serve-every-seed", test_seedless_features_serve_every_seed);
  ADD ("damaged-folders-are-made-again", test_damaged_folders_are_made_again);
  ADD ("leftover-is-not-taken", test_a_leftover_is_not_taken);
  ADD ("cancel-keeps-what-is-finished", test_cancel_keeps_what_is_finished);
  ADD ("publishes-in-item-order", test_publishes_in_item_order);
  ADD ("without-a-map", test_without_a_map);
  ADD ("vectors-instead-of-pictures", test_vectors_instead_of_pictures);
  ADD ("features-not-finite", test_features_that_are_not_finite);
  ADD ("features-from-a-file", test_features_from_a_file);
  ADD ("interrupted-training-continues", test_an_interrupted_training_continues);
  return g_test_run ();
}
