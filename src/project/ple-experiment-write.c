/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run as the experiment folder of the seeds. */
#include "config.h"

#include "base/ple-atomic.h"
#include "base/ple-json.h"
#include "linalg/ple-array-file.h"
#include "project/ple-experiment.h"
#include "project/ple-results.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

typedef struct
{
  PleDataset *dataset;
  PleRun *run;
  PleExperiment *experiment;
  const PleExperimentOptions *options;
  const char *name;
  PleAtomicDir *dir;
} Writer;

/* What the seeds' config.json calls members of ours. */
static const struct
{
  const char *own;
  const char *seeds;
} seeds_names[] = {
  { "model", "model_type" },
  { "method", "clustering_method" },
  { "embedding", "viz_method" },
};

static gboolean
write_config (const Writer *writer, GError **error)
{
  g_autofree char *path = ple_atomic_dir_build (writer->dir, "config.json");
  g_autoptr (JsonObject) config = json_object_new ();
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), config);
  JsonArray *names = json_array_new ();

  json_object_set_string_member (config, "experiment_name", writer->name);
  json_object_set_string_member (config, "dataset", ple_dataset_get_title (writer->dataset));
  json_object_set_string_member (config, "input", ple_dataset_get_path (writer->dataset));
  ple_recipe_to_json (writer->run->recipe, config);
  for (size_t i = 0; i < G_N_ELEMENTS (seeds_names); i++)
    if (json_object_has_member (config, seeds_names[i].own))
      json_object_set_member (config, seeds_names[i].seeds,
                              json_object_dup_member (config, seeds_names[i].own));
  if (writer->options->config != NULL)
    {
      JsonObjectIter iter;
      const char *member;
      JsonNode *value;

      json_object_iter_init_ordered (&iter, writer->options->config);
      while (json_object_iter_next_ordered (&iter, &member, &value))
        json_object_set_member (config, member, json_node_copy (value));
    }
  json_object_set_string_member (config, "dataset_fingerprint",
                                 ple_dataset_get_fingerprint (writer->dataset));
  json_object_set_string_member (config, "run", writer->run->key);
  json_object_set_string_member (config, "pleiades_version", PLE_VERSION);
  for (size_t c = 0; c < ple_dataset_get_n_classes (writer->dataset); c++)
    json_array_add_string_element (names, ple_dataset_get_class_name (writer->dataset, c));
  json_object_set_array_member (config, "class_names", names);
  return ple_json_save (node, path, error);
}

/* A file of the run's own folder; one that is not there is no error. */
static gboolean
copy_file (const Writer *writer, const char *name, GError **error)
{
  g_autofree char *source = g_build_filename (writer->run->folder, name, NULL);
  g_autofree char *target = ple_atomic_dir_build (writer->dir, name);
  g_autoptr (GFile) from = g_file_new_for_path (source);
  g_autoptr (GFile) to = g_file_new_for_path (target);

  return !g_file_test (source, G_FILE_TEST_IS_REGULAR) ||
         g_file_copy (from, to, G_FILE_COPY_NONE, NULL, NULL, NULL, error);
}

static gboolean
copy_checkpoints (const Writer *writer, GError **error)
{
  g_autofree char *source = g_build_filename (writer->run->folder, "checkpoints", NULL);
  g_autofree char *target = ple_atomic_dir_build (writer->dir, "checkpoints");
  g_autoptr (GDir) dir = g_dir_open (source, 0, NULL);
  const char *name;

  if (dir == NULL)
    return TRUE;
  g_mkdir (target, 0777);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *relative = g_build_filename ("checkpoints", name, NULL);

      if (!copy_file (writer, relative, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
write_split_features (const Writer *writer,
                      const char *folder,
                      const char *split,
                      size_t first,
                      size_t n,
                      GError **error)
{
  g_autofree char *features_name = g_strdup_printf ("%s_features.npy", split);
  g_autofree char *labels_name = g_strdup_printf ("%s_labels.npy", split);
  g_autofree char *features_path = g_build_filename (folder, features_name, NULL);
  g_autofree char *labels_path = g_build_filename (folder, labels_name, NULL);
  g_autoptr (PleMatrix) rows = NULL;
  g_autoptr (PleLabels) truth = NULL;

  if (n == 0)
    return TRUE;
  rows = ple_matrix_new_rows (writer->run->features, first, n);
  if (!ple_npy_write_matrix (features_path, rows, error))
    return FALSE;
  if (writer->experiment->truth == NULL)
    return TRUE;
  truth = ple_labels_new_from (writer->experiment->truth->data + first, n);
  return ple_npy_write_labels (labels_path, truth, error);
}

static gboolean
write_features (const Writer *writer, GError **error)
{
  g_autofree char *folder = ple_atomic_dir_build (writer->dir, "features");
  size_t n_train = writer->run->n_train;

  g_mkdir (folder, 0777);
  return write_split_features (writer, folder, "train", 0, n_train, error) &&
         write_split_features (writer, folder, "test", n_train, writer->run->labels->n - n_train,
                               error);
}

/* Adds what became of the vote to @results. */
static gboolean
write_pseudo_labels (const Writer *writer,
                     JsonObject *results,
                     PleProgress *progress,
                     GError **error)
{
  g_autofree char *folder = ple_atomic_dir_build (writer->dir, "pseudo_labels");
  const PleMappingPicture picture = { writer->options->max_clusters_viz,
                                      writer->options->samples_per_cluster };
  int k = ple_recipe_get_settings (writer->run->recipe)->k_samples;
  PleVoteSummary summary;
  JsonObject *object;

  if (!ple_experiment_write_pseudo_labels (writer->experiment, folder, (size_t) k,
                                           writer->options->visualize_mapping ? &picture : NULL,
                                           &summary, progress, error))
    return FALSE;
  object = json_object_new ();
  json_object_set_int_member (object, "k_samples", k);
  json_object_set_double_member (object, "train_accuracy", summary.train_accuracy);
  json_object_set_double_member (object, "test_accuracy", summary.test_accuracy);
  json_object_set_int_member (object, "num_train_labelled", (gint64) summary.n_train_labelled);
  json_object_set_int_member (object, "num_test_labelled", (gint64) summary.n_test_labelled);
  json_object_set_object_member (results, "pseudo_labels", object);
  return TRUE;
}

static gboolean
write_all (const Writer *writer, PleProgress *progress, GError **error)
{
  g_autofree char *results_path = ple_atomic_dir_build (writer->dir, "results.json");
  g_autofree char *figures = ple_atomic_dir_build (writer->dir, "visualizations");
  g_autoptr (PleProgress) drawing = ple_progress_new_stage (progress, _ ("Figures"), 0.1, 0.6);
  g_autoptr (PleProgress) labelling =
      ple_progress_new_stage (progress, _ ("Pseudo-labels"), 0.6, 0.95);
  g_autoptr (JsonObject) results = ple_results_to_json (writer->run, writer->dataset, writer->name);
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), results);

  if (!write_config (writer, error) || !copy_file (writer, "predictions.npz", error) ||
      !copy_file (writer, "history.csv", error) || !copy_file (writer, "log.txt", error) ||
      !copy_file (writer, "final_checkpoint.safetensors", error) ||
      !copy_checkpoints (writer, error))
    return FALSE;
  if (writer->options->save_features && !write_features (writer, error))
    return FALSE;
  if (!ple_progress_report (progress, 0.1, error))
    return FALSE;
  if (writer->options->plot_clusters &&
      !ple_experiment_write_figures (writer->experiment, figures, drawing, error))
    return FALSE;
  if (writer->options->generate_pseudo_labels &&
      !write_pseudo_labels (writer, results, labelling, error))
    return FALSE;
  return ple_json_save (node, results_path, error) && ple_progress_report (progress, 0.95, error);
}

gboolean
ple_run_write_experiment (PleDataset *dataset,
                          PleRun *run,
                          const char *folder,
                          const PleExperimentOptions *options,
                          PleProgress *progress,
                          GError **error)
{
  static const PleExperimentOptions everything = PLE_EXPERIMENT_OPTIONS_INIT;
  g_autofree char *name = g_path_get_basename (folder);
  g_autoptr (PleExperiment) experiment = ple_experiment_new_for_run (dataset, run);
  g_autoptr (PleAtomicDir) dir = ple_atomic_dir_begin (folder, error);
  Writer writer = { dataset, run, experiment, options != NULL ? options : &everything, name, dir };

  if (dir == NULL)
    return FALSE;
  if (writer.options->name != NULL)
    writer.name = writer.options->name;
  return write_all (&writer, progress, error) &&
         ple_atomic_dir_commit (g_steal_pointer (&dir), error) &&
         ple_progress_report (progress, 1, error);
}
