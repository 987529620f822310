/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "project/ple-project.h"

G_BEGIN_DECLS

/**
 * PleStageTime:
 * @name: "features", "clustering", "neighbours", "embedding", "pseudo_labels"
 * @seconds: it took
 * @found: it was there already; a stage that was not asked for is neither found nor timed
 */
typedef struct
{
  const char *name;
  double seconds;
  gboolean found;
} PleStageTime;
#define PLE_PIPELINE_N_STAGES 5

/**
 * PleRun:
 * @key: of the run; folder runs/KEY of the project
 * @recipe: as it was run (frozen copy)
 * @features: (n_items, d), item order, mapped
 * @labels: (n_items) clusters, train and test
 * @confidence: (n_items, 1)
 * @centres: (K, d)
 * @xy: (n_items, 2), or %NULL without a map
 * @neighbours: (n_items, n_neighbours) int32 rows (15, cosine; fewer in a smaller set), nearest
 * first; %NULL for a single item or while they are not made
 * @n_train: items that the method was fitted on, the first ones; all if there is no training split
 * @train_metrics / @test_metrics: of the first @n_train items and of the rest; NaN where there is
 * no truth or no rest
 * @history: epochs x series, or %NULL
 * @figures: the method's own figures (inertia, ...), or %NULL
 * @stages: how long each stage took; zeros in a loaded run
 *
 * A finished run, loaded. Frozen; reference-counted; from any thread.
 */
typedef struct
{
  char *key;
  char *folder;
  PleRecipe *recipe;
  PleMatrix *features;
  PleLabels *labels;
  size_t n_clusters;
  PleMatrix *confidence;
  PleMatrix *centres;
  PleMatrix *xy;
  size_t n_neighbours;
  gint32 *neighbours;
  size_t n_train;
  PleMetrics train_metrics;
  PleMetrics test_metrics;
  PleMatrix *history;
  char **history_names;
  JsonObject *figures;
  PleStageTime stages[PLE_PIPELINE_N_STAGES];
  /*< private >*/
  int ref_count;
  gpointer neighbours_owner;
} PleRun;

PleRun *ple_run_ref (PleRun *run);
void ple_run_unref (PleRun *run);

/**
 * ple_pipeline_run:
 * @project_path: folder of the project (made by ple_project_new())
 * @dataset: the pictures
 * @recipe: a copy that nobody else changes
 * @progress: stages with shares of the whole; publishes "layout" (all items, in item order) and
 * "labels" (in item order; while the method trains only the first n_train items)
 * @error: return location
 *
 * Makes what is missing: features, clustering, metrics, neighbours, embedding, pseudo-labels; each
 * stage is written atomically under its key and found again. Called by a job of the window, by the
 * command line, by a search. Any thread. A cancelled run keeps what is finished (and the method's
 * checkpoints). The method is fitted on the training split and predicts the rest.
 *
 * For who watches: a PCA layout is published as soon as the features are there, then labels, then
 * the layout of the chosen embedding as it settles.
 *
 * Returns: (transfer full) (nullable): the run
 */
PleRun *ple_pipeline_run (const char *project_path,
                          PleDataset *dataset,
                          PleRecipe *recipe,
                          PleProgress *progress,
                          GError **error);
/* A finished run from disk; what is missing of map and neighbours is %NULL. Any thread. */
PleRun *
ple_run_load (const char *project_path, PleDataset *dataset, const char *key, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleRun, ple_run_unref)

/**
 * ple_export:
 * @kind: "csv", "mapping", "json", "grid-png", "map-png", "map-svg", "map-pdf", "folders", "links"
 * @path: the file or folder to write; replaced atomically
 *
 * What the window and `pleiades-cli export` both call: the same bytes. Reads the curation on the
 * calling thread.
 */
gboolean ple_export (PleDataset *dataset,
                     PleRun *run,
                     PleCuration *curation,
                     const char *kind,
                     const char *path,
                     PleProgress *progress,
                     GError **error);
/* (array zero-terminated=1) */
const char *const *ple_export_kinds (void);

/**
 * PleExperimentOptions:
 * @name: experiment_name; %NULL for the folder's last component
 * @config: (nullable): members to add to config.json (the command line's own options)
 * @save_features: write features/
 * @plot_clusters: write visualizations/ (needs a map in the run)
 * @generate_pseudo_labels: write pseudo_labels/
 * @visualize_mapping: with the picture of the mapping in it
 * @max_clusters_viz: rows of that picture
 * @samples_per_cluster: pictures per row
 */
typedef struct
{
  const char *name;
  JsonObject *config;
  gboolean save_features;
  gboolean plot_clusters;
  gboolean generate_pseudo_labels;
  gboolean visualize_mapping;
  guint max_clusters_viz;
  guint samples_per_cluster;
} PleExperimentOptions;

/* All of it, with 20 clusters of 5 pictures. */
#define PLE_EXPERIMENT_OPTIONS_INIT                                                                \
  {                                                                                                \
    NULL, NULL, TRUE, TRUE, TRUE, TRUE, 20, 5                                                      \
  }

/**
 * ple_run_write_experiment:
 * @folder: the folder to make; one that stands there is replaced atomically
 * @options: (nullable): %NULL for all of it
 *
 * The headless layout: the run as the seeds' experiment folder: config.json, results.json,
 * predictions.npz, history.csv, final_checkpoint.safetensors, and as asked features/,
 * visualizations/, pseudo_labels/.
 */
gboolean ple_run_write_experiment (PleDataset *dataset,
                                   PleRun *run,
                                   const char *folder,
                                   const PleExperimentOptions *options,
                                   PleProgress *progress,
                                   GError **error);

G_END_DECLS
