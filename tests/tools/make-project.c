/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-json.h"
#include "base/ple-rng.h"
#include "linalg/ple-array-file.h"
#include "linalg/ple-linalg.h"
#include "project/ple-pipeline.h"
#include "project/ple-results.h"
#include "project/ple-stages-private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writes a project of any size for tests of scale: features, a finished run, neighbours and a map,
 * all made up from a seed in the time it takes to write them. Nothing is computed: a cluster is a
 * blob, one picture in twenty lies in a wrong one.
 *
 *   make-project --items N --clusters K --seed S [--dim D] [--pictures] DIR
 *
 * DIR becomes the project; its vectors are DIR/data/features.npy and labels.npy (a set without
 * pictures), or with --pictures the built-in sample of N pictures, whose 12 classes are then spread
 * over the clusters. The same arguments give the same numbers. */
#define NEIGHBOURS 15
#define WRONG_EVERY 20

typedef struct
{
  size_t n_items;
  size_t n_clusters;
  size_t dim;
  guint64 seed;
  gboolean pictures;
  char *path;
  PleRng rng;
  PleMatrix *centres;
  PleMatrix *features;
  PleLabels *blobs; /* what it is */
  PleMatrix *xy;
} Study;

/* --- making it up -------------------------------------------------------------------------- */

static void
choose_blobs (Study *study, const PleLabels *classes)
{
  PleRng rng;

  ple_rng_split (&study->rng, 1, &rng);
  study->blobs = ple_labels_new (study->n_items);
  for (size_t i = 0; i < study->n_items; i++)
    {
      size_t blob = ple_rng_below (&rng, study->n_clusters);

      /* Pictures of a class share the clusters c, c + 12, c + 24, ... */
      if (classes != NULL && study->n_clusters > (size_t) classes->data[i])
        {
          blob -= blob % 12;
          blob += (size_t) classes->data[i];
          blob = blob < study->n_clusters ? blob : (size_t) classes->data[i];
        }
      study->blobs->data[i] = (gint32) blob;
    }
}

/* Rows of length one, as models give them. */
static void
draw_features (Study *study)
{
  PleRng rng;

  ple_rng_split (&study->rng, 2, &rng);
  study->centres = ple_matrix_new (study->n_clusters, study->dim, NULL);
  study->features = ple_matrix_new (study->n_items, study->dim, NULL);
  if (study->centres == NULL || study->features == NULL)
    g_error ("no memory for %zu x %zu features", study->n_items, study->dim);
  ple_rng_fill_normal (&rng, study->centres->data, study->n_clusters * study->dim, 1);
  ple_matrix_normalise_rows (study->centres);
  ple_rng_fill_normal (&rng, study->features->data, study->n_items * study->dim,
                       0.5 / sqrt ((double) study->dim));
  for (size_t i = 0; i < study->n_items; i++)
    {
      const float *centre = ple_matrix_row (study->centres, (size_t) study->blobs->data[i]);
      float *x = ple_matrix_row (study->features, i);

      for (size_t f = 0; f < study->dim; f++)
        x[f] += centre[f];
    }
  ple_matrix_normalise_rows (study->features);
}

/* Blobs on a sunflower: no two of them overlap much, whatever their number. */
static void
draw_map (Study *study)
{
  const double golden_angle = G_PI * (3 - sqrt (5));
  PleRng rng;

  ple_rng_split (&study->rng, 3, &rng);
  study->xy = ple_matrix_new (study->n_items, 2, NULL);
  g_assert_nonnull (study->xy);
  ple_rng_fill_normal (&rng, study->xy->data, study->n_items * 2, 0.6);
  for (size_t i = 0; i < study->n_items; i++)
    {
      double blob = (double) study->blobs->data[i];

      study->xy->data[2 * i] += (float) (2 * sqrt (blob + 0.5) * cos (blob * golden_angle));
      study->xy->data[2 * i + 1] += (float) (2 * sqrt (blob + 0.5) * sin (blob * golden_angle));
    }
}

/* What a method would have said: the blob, or now and then another one. */
static void
fill_run (Study *study, PleRun *run)
{
  PleRng rng;

  ple_rng_split (&study->rng, 4, &rng);
  run->n_clusters = study->n_clusters;
  run->features = ple_matrix_ref (study->features);
  run->centres = ple_matrix_ref (study->centres);
  run->labels = ple_labels_new (study->n_items);
  run->confidence = ple_matrix_new (study->n_items, 1, NULL);
  g_assert_nonnull (run->confidence);
  for (size_t i = 0; i < study->n_items; i++)
    {
      gboolean wrong = ple_rng_below (&rng, WRONG_EVERY) == 0;
      double u = ple_rng_uniform (&rng);

      run->labels->data[i] =
          wrong ? (gint32) ple_rng_below (&rng, study->n_clusters) : study->blobs->data[i];
      run->confidence->data[i] = (float) (wrong ? 0.3 + 0.4 * u : 0.6 + 0.4 * u);
    }
}

/* The next members of the same blob, in a ring: near enough, without n² distances. */
static gint32 *
make_neighbours (const Study *study, size_t k)
{
  g_autofree size_t *begins = ple_labels_count (study->blobs, study->n_clusters + 1);
  g_autofree guint32 *members = g_new (guint32, study->n_items);
  g_autofree size_t *places = g_new (size_t, study->n_items);
  g_autofree size_t *next = g_new (size_t, study->n_clusters + 1);
  gint32 *neighbours = g_new (gint32, study->n_items * k);
  size_t begin = 0;

  for (size_t j = 0; j <= study->n_clusters; j++)
    {
      size_t size = begins[j];

      begins[j] = next[j] = begin;
      begin += size;
    }
  for (size_t i = 0; i < study->n_items; i++)
    {
      places[i] = next[study->blobs->data[i]]++;
      members[places[i]] = (guint32) i;
    }
  for (size_t i = 0; i < study->n_items; i++)
    {
      size_t first = begins[study->blobs->data[i]];
      size_t size = begins[study->blobs->data[i] + 1] - first;

      for (size_t j = 0; j < k; j++)
        neighbours[i * k + j] = size > k
                                    ? (gint32) members[first + (places[i] - first + j + 1) % size]
                                    : (gint32) ((i + j + 1) % study->n_items);
    }
  return neighbours;
}

/* --- writing it ---------------------------------------------------------------------------- */

static PleDataset *
write_vectors (Study *study, GError **error)
{
  g_autofree char *folder = g_build_filename (study->path, "data", NULL);
  g_autofree char *features = g_build_filename (folder, "features.npy", NULL);
  g_autofree char *labels = g_build_filename (folder, "labels.npy", NULL);

  g_mkdir_with_parents (folder, 0777);
  choose_blobs (study, NULL);
  draw_features (study);
  if (!ple_npy_write_matrix (features, study->features, error) ||
      !ple_npy_write_labels (labels, study->blobs, error))
    return NULL;
  return ple_dataset_open (features, NULL, NULL, error);
}

static PleDataset *
make_dataset (Study *study, GError **error)
{
  PleDataset *dataset;

  if (!study->pictures)
    return write_vectors (study, error);
  dataset = ple_sample_dataset_new (study->n_items, study->seed);
  choose_blobs (study, ple_dataset_get_labels (dataset));
  draw_features (study);
  return dataset;
}

static gboolean
write_features (Study *study, const PleStages *stages, GError **error)
{
  g_autoptr (JsonObject) config = json_object_new ();
  g_autoptr (PleAtomicDir) dir = NULL;
  g_autoptr (PleMatrix) train = NULL, test = NULL;
  g_autofree char *train_path = NULL, *test_path = NULL;

  if (!study->pictures) /* they are the data set */
    return TRUE;
  dir = ple_stages_begin (stages, "features", stages->features_key, config, error);
  if (dir == NULL)
    return FALSE;
  train_path = ple_atomic_dir_build (dir, "train_features.npy");
  test_path = ple_atomic_dir_build (dir, "test_features.npy");
  train = ple_matrix_new_rows (study->features, 0, stages->n_train);
  test = ple_matrix_new_rows (study->features, stages->n_train, stages->n_items - stages->n_train);
  return ple_npy_write_matrix (train_path, train, error) &&
         (test->n_rows == 0 || ple_npy_write_matrix (test_path, test, error)) &&
         ple_stages_commit (g_steal_pointer (&dir), "features", 0, error);
}

static gboolean
write_run (Study *study, const PleStages *stages, GError **error)
{
  g_autoptr (PleRun) run = ple_run_new (stages);
  g_autoptr (JsonObject) config = json_object_new ();
  g_autoptr (PleAtomicDir) dir = NULL;
  g_autofree char *results = NULL, *predictions = NULL;
  PleLabels *truth = ple_dataset_get_labels (stages->dataset);

  fill_run (study, run);
  ple_run_compute_metrics (run, stages->dataset);
  ple_recipe_to_json (stages->recipe, config);
  json_object_set_string_member (config, "features_key", stages->features_key);
  json_object_set_int_member (config, "n_clusters_made", (gint64) study->n_clusters);
  json_object_set_boolean_member (config, "stopped_early", FALSE);
  dir = ple_stages_begin (stages, "runs", stages->run_key, config, error);
  if (dir == NULL)
    return FALSE;
  results = ple_atomic_dir_build (dir, "results.json");
  predictions = ple_atomic_dir_build (dir, "predictions.npz");
  return ple_results_write_predictions (predictions, run, truth, stages->n_train, error) &&
         ple_results_write (results, run, stages->dataset, run->key, error) &&
         ple_stages_commit (g_steal_pointer (&dir), "runs", 0, error);
}

static gboolean
write_neighbours (Study *study, const PleStages *stages, GError **error)
{
  size_t k = MIN (NEIGHBOURS, study->n_items - 1);
  const size_t shape[2] = { study->n_items, k };
  g_autofree gint32 *neighbours = make_neighbours (study, k);
  g_autoptr (JsonObject) config = json_object_new ();
  g_autoptr (PleAtomicDir) dir =
      ple_stages_begin (stages, "neighbours", stages->neighbours_key, config, error);
  g_autofree char *path = NULL;

  if (dir == NULL)
    return FALSE;
  path = ple_atomic_dir_build (dir, "neighbours.npy");
  return ple_npy_write (path, PLE_ARRAY_I4, 2, shape, neighbours, error) &&
         ple_stages_commit (g_steal_pointer (&dir), "neighbours", 0, error);
}

static gboolean
write_map (Study *study, const PleStages *stages, GError **error)
{
  g_autoptr (JsonObject) config = json_object_new ();
  g_autoptr (PleAtomicDir) dir =
      ple_stages_begin (stages, "embeddings", stages->embedding_key, config, error);
  g_autofree char *path = NULL;

  if (dir == NULL)
    return FALSE;
  draw_map (study);
  path = ple_atomic_dir_build (dir, "xy.npy");
  return ple_npy_write_matrix (path, study->xy, error) &&
         ple_stages_commit (g_steal_pointer (&dir), "embeddings", 0, error);
}

static PleRecipe *
make_recipe (const Study *study, GError **error)
{
  g_autoptr (PleRecipe) recipe = ple_recipe_new ();
  g_autofree char *n_clusters = g_strdup_printf ("%zu", study->n_clusters);
  g_autofree char *seed = g_strdup_printf ("%" G_GUINT64_FORMAT, study->seed);

  if (!ple_recipe_set (recipe, "method", "kmeans", error) ||
      !ple_recipe_set (recipe, "embedding", "pca", error) ||
      !ple_recipe_set (recipe, "num_clusters", n_clusters, error) ||
      !ple_recipe_set (recipe, "seed", seed, error))
    return NULL;
  return g_steal_pointer (&recipe);
}

/* The window's list of recent projects is none of our business: it goes to a folder that goes. */
static PleProject *
make_project (Study *study, PleDataset *dataset, GError **error)
{
  g_autofree char *elsewhere = g_dir_make_tmp ("make-project-XXXXXX", error);
  PleEnvironment environment = { .data_dir = elsewhere, .cache_dir = elsewhere };
  PleProject *project;

  if (elsewhere == NULL)
    return NULL;
  project = ple_project_new (study->path, dataset, &environment, error);
  ple_remove_recursively (elsewhere, NULL);
  return project;
}

/* It opens as any run does. */
static gboolean
check (
    const Study *study, PleProject *project, PleDataset *dataset, const char *key, GError **error)
{
  g_autoptr (PleRun) run = ple_run_load (study->path, dataset, key, error);

  if (run == NULL || !ple_project_set_current_run (project, key, error))
    return FALSE;
  if (run->xy == NULL || run->neighbours == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "its map or neighbours are lost");
      return FALSE;
    }
  printf ("%s: %zu items, %zu clusters, %zu features each, accuracy %.4f, run %s\n", study->path,
          run->labels->n, run->n_clusters, run->features->n_cols, run->train_metrics.accuracy, key);
  return TRUE;
}

static gboolean
make (Study *study, GError **error)
{
  g_autoptr (PleDataset) dataset = make_dataset (study, error);
  g_autoptr (PleRecipe) recipe = dataset != NULL ? make_recipe (study, error) : NULL;
  g_autoptr (PleProject) project = recipe != NULL ? make_project (study, dataset, error) : NULL;
  g_auto (PleStages) stages = { 0 };

  return project != NULL && ple_stages_init (&stages, study->path, dataset, recipe, error) &&
         write_features (study, &stages, error) && write_run (study, &stages, error) &&
         write_neighbours (study, &stages, error) && write_map (study, &stages, error) &&
         check (study, project, dataset, stages.run_key, error);
}

int
main (int argc, char *argv[])
{
  int n_items = 10000, n_clusters = 20, dim = 64;
  gint64 seed = 1;
  gboolean pictures = FALSE;
  const GOptionEntry entries[] = {
    { "items", 0, 0, G_OPTION_ARG_INT, &n_items, "Pictures or vectors", "N" },
    { "clusters", 0, 0, G_OPTION_ARG_INT, &n_clusters, "Clusters", "K" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &seed, "Of all that is made up", "S" },
    { "dim", 0, 0, G_OPTION_ARG_INT, &dim, "Features of each", "D" },
    { "pictures", 0, 0, G_OPTION_ARG_NONE, &pictures, "The built-in sample, not bare vectors",
      NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("DIR");
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  Study study = { 0 };
  gboolean ok;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc != 2 || n_clusters < 1 ||
      n_items < n_clusters || n_items < 2 || dim < 1 || seed < 0)
    {
      fprintf (stderr, "make-project: %s\n",
               error != NULL ? error->message
                             : "needs DIR, and at least as many items as clusters");
      return 2;
    }
  ple_linalg_init ();
  path = g_canonicalize_filename (argv[1], NULL);
  study = (Study){ .n_items = (size_t) n_items,
                   .n_clusters = (size_t) n_clusters,
                   .dim = (size_t) dim,
                   .seed = (guint64) seed,
                   .pictures = pictures,
                   .path = path };
  ple_rng_init (&study.rng, study.seed);
  ok = make (&study, &error);
  g_clear_pointer (&study.centres, ple_matrix_unref);
  g_clear_pointer (&study.features, ple_matrix_unref);
  g_clear_pointer (&study.blobs, ple_labels_unref);
  g_clear_pointer (&study.xy, ple_matrix_unref);
  if (!ok)
    fprintf (stderr, "make-project: %s\n", error->message);
  return ok ? 0 : 1;
}
