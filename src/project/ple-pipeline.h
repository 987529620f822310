/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "project/ple-project.h"

G_BEGIN_DECLS

/**
 * PleRun:
 * @key: of the run; folder runs/KEY of the project
 * @recipe: as it was run (frozen copy)
 * @features: (n_items, d), item order, mapped
 * @labels: (n_items) clusters, train and test
 * @confidence: (n_items, 1)
 * @centres: (K, d)
 * @xy: (n_items, 2)
 * @neighbours: (n_items, k) int32 rows (k = 15, cosine), nearest first
 * @train_metrics / @test_metrics: NaN where there is no truth or no test split
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
  PleMetrics train_metrics;
  PleMetrics test_metrics;
  PleMatrix *history; /* epochs x series, or NULL */
  char **history_names;
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
 * @progress: stages with shares of the whole; publishes "layout" and "labels" in item order
 * @error: return location
 *
 * Makes what is missing: features, clustering, metrics, neighbours, embedding, pseudo-labels; each
 * stage is written atomically under its key and found again. Called by a job of the window, by the
 * command line, by a search. Any thread. A cancelled run keeps what is finished (and the method's
 * checkpoints).
 *
 * Returns: (transfer full) (nullable): the run
 */
PleRun *ple_pipeline_run (const char *project_path,
                          PleDataset *dataset,
                          PleRecipe *recipe,
                          PleProgress *progress,
                          GError **error);
/* A finished run from disk. Any thread. */
PleRun *
ple_run_load (const char *project_path, PleDataset *dataset, const char *key, GError **error);

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

/* The headless layout: the run as the seeds' experiment folder (config.json, results.json,
 * predictions.npz, history.csv, features/, visualizations/, pseudo_labels/) at @folder, atomic. */
gboolean ple_run_write_experiment (
    PleDataset *dataset, PleRun *run, const char *folder, PleProgress *progress, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleRun, ple_run_unref)

G_END_DECLS
