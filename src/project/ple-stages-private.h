/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-atomic.h"
#include "project/ple-pipeline.h"

/* The stages of a run and their folders below a project:
 *
 *   features/KEY/    config.json train_features.npy test_features.npy log.txt
 *   neighbours/KEY/  config.json neighbours.npy log.txt
 *   runs/KEY/        config.json results.json predictions.npz history.csv
 *                    final_checkpoint.safetensors checkpoints/ pseudo_labels/ log.txt
 *   runs/.partial-KEY/  checkpoints of a training that has not ended
 *   embeddings/KEY/  config.json xy.npy log.txt
 *
 * train_features.npy holds the items of the training split (all items if there is no such split),
 * test_features.npy the rest; items are numbered train first, so the two files one after the other
 * are all items. Loading maps the first and reads the second right behind it in memory: one (n, d)
 * matrix, without a third file.
 *
 * A folder is written beside and renamed, so one that exists was complete; its files are checked
 * against the data set all the same when they are read, and what does not fit is made again. */

#define PLE_STAGES_SCHEMA 1
#define PLE_STAGES_N_NEIGHBOURS 15
#define PLE_STAGES_CONFIG_MAX (16u * 1024 * 1024)

/**
 * PleStages:
 * @n_train: items that methods are fitted on: the first ones
 * @embedding_key: %NULL without a map
 *
 * Where the stages of one recipe on one data set lie.
 */
typedef struct
{
  const char *project_path;
  PleDataset *dataset;
  PleRecipe *recipe;
  size_t n_items;
  size_t n_train;
  char *features_key;
  char *neighbours_key;
  char *run_key;
  char *embedding_key;
} PleStages;

/* Borrows its arguments. %FALSE if this build lacks a model or method that the recipe needs. */
gboolean ple_stages_init (PleStages *stages,
                          const char *project_path,
                          PleDataset *dataset,
                          PleRecipe *recipe,
                          GError **error);
void ple_stages_clear (PleStages *stages);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PleStages, ple_stages_clear)

/* Items of the training split, or all if there is none. */
size_t ple_stages_count_train (PleDataset *dataset);

/* PROJECT/STAGE/KEY. (transfer full) */
char *ple_stages_folder (const PleStages *stages, const char *stage, const char *key);
/* config.json of a stage's folder, checked to be of that stage and key. (transfer full)
 * (nullable) */
JsonObject *ple_stages_load_config (const char *folder, const char *stage, GError **error);
/* Starts a folder; writes config.json (with @stage and the key added) and log.txt. */
PleAtomicDir *ple_stages_begin (const PleStages *stages,
                                const char *stage,
                                const char *key,
                                JsonObject *config,
                                GError **error);
/* Adds log.txt and renames. Consumes @dir. */
gboolean ple_stages_commit (PleAtomicDir *dir, const char *stage, double seconds, GError **error);

/* Each finds what there is (NULL or FALSE without error: nothing usable) or makes it. */
PleMatrix *ple_stage_features_find (const PleStages *stages);
PleMatrix *ple_stage_features_make (const PleStages *stages, PleProgress *progress, GError **error);

/* Fill labels, confidence, centres, history and metrics of @run, whose features are there. */
gboolean ple_stage_run_find (const PleStages *stages, PleRun *run, gboolean accept_stopped);
gboolean
ple_stage_run_make (const PleStages *stages, PleRun *run, PleProgress *progress, GError **error);

/* The run's folder remembers how it was looked at last: map and votes are not part of its key. */
gboolean ple_stage_run_remember (const PleStages *stages, PleRun *run, GError **error);

/* Fill the neighbours of @run. */
gboolean ple_stage_neighbours_find (const PleStages *stages, PleRun *run);
gboolean ple_stage_neighbours_make (const PleStages *stages,
                                    PleRun *run,
                                    PleProgress *progress,
                                    GError **error);

/* Fill the layout of @run. */
gboolean ple_stage_embedding_find (const PleStages *stages, PleRun *run, gboolean accept_stopped);
gboolean ple_stage_embedding_make (const PleStages *stages,
                                   PleRun *run,
                                   PleProgress *progress,
                                   GError **error);

/* An empty run with one reference. */
PleRun *ple_run_new (const PleStages *stages);
/* Metrics from labels and the data set's truth. */
void ple_run_compute_metrics (PleRun *run, PleDataset *dataset);
