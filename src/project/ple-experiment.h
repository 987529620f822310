/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "project/ple-pipeline.h"

G_BEGIN_DECLS

/**
 * PleExperiment:
 * @name: for titles
 * @config: (nullable): config.json
 * @dataset: (nullable): pictures; its items are the rows below
 * @features: (nullable): (n, d), training rows first
 * @labels: (n) clusters
 * @truth: (nullable): (n) classes
 * @centres: (nullable): (K, d)
 * @xy: (nullable): (n, 2)
 * @layout: (nullable): id of the embedding that @xy is from
 * @history: (nullable): epochs x series
 * @class_names: (nullable) (array zero-terminated=1)
 * @n_train: training rows
 *
 * What the experiment folders of the seeds hold, from a run in memory or read back from such a
 * folder. Members that are absent are %NULL; the functions below say what they need.
 */
typedef struct
{
  char *name;
  JsonObject *config;
  PleDataset *dataset;
  PleMatrix *features;
  PleLabels *labels;
  PleLabels *truth;
  PleMatrix *centres;
  PleMatrix *xy;
  char *layout;
  PleMatrix *history;
  char **history_names;
  char **class_names;
  size_t n_clusters;
  size_t n_train;
} PleExperiment;

PleExperiment *ple_experiment_new_for_run (PleDataset *dataset, PleRun *run);

/**
 * ple_experiment_load:
 * @folder: with results.json and predictions.npz, as `run` and the seeds write it; features are
 *   taken from features/ if it is there (and from the project around a run of a project)
 *
 * Returns: (transfer full) (nullable): without @dataset and @xy
 */
PleExperiment *ple_experiment_load (const char *folder, GError **error);
void ple_experiment_free (PleExperiment *experiment);

/**
 * PleMappingPicture:
 * @max_clusters: rows, the first clusters that have members
 * @samples: pictures per row, nearest to the centre first
 */
typedef struct
{
  guint max_clusters;
  guint samples;
} PleMappingPicture;

/* Share of the labelled rows whose pseudo-label is their class, NaN where nothing is known; and the
 * rows that got a label. */
typedef struct
{
  double train_accuracy;
  double test_accuracy;
  size_t n_train_labelled;
  size_t n_test_labelled;
} PleVoteSummary;

/**
 * ple_experiment_write_pseudo_labels:
 * @folder: where the files go; made if absent. Each file appears complete, the JSON file last
 * @k: votes per cluster
 * @picture: (nullable): also cluster_mapping_kK.png; needs pictures
 * @summary: (out) (optional): how good they are
 *
 * train_pseudo_labels_kK.csv, test_pseudo_labels_kK.csv (with the training mapping),
 * cluster_mapping_kK.csv, pseudo_labels_kK.json. Needs features; without centres the means of the
 * members take their place. Without truth nobody votes and all labels are -1.
 */
gboolean ple_experiment_write_pseudo_labels (PleExperiment *experiment,
                                             const char *folder,
                                             size_t k,
                                             const PleMappingPicture *picture,
                                             PleVoteSummary *summary,
                                             PleProgress *progress,
                                             GError **error);

/* {training,test}_clusters_LAYOUT.png where there is a map, {training,test}_distribution.png, and
 * training_history.png where there is a history. */
gboolean ple_experiment_write_figures (PleExperiment *experiment,
                                       const char *folder,
                                       PleProgress *progress,
                                       GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleExperiment, ple_experiment_free)

G_END_DECLS
