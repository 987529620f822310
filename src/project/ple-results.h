/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-json.h"
#include "project/ple-pipeline.h"

G_BEGIN_DECLS

/* The files of a run's folder that the seeds' programs write too, with their member names. */

/* results.json of a run: experiment_name, num_clusters, training{}, test{} (the flat members of
 * ple_metrics_to_json() and a distribution{} of cluster sizes each; test{} also
 * accuracy_train_mapping, with the clusters matched on the training split), and the method's own
 * figures. (transfer full) */
JsonObject *
ple_results_to_json (const PleRun *run, PleDataset *dataset, const char *experiment_name);
gboolean ple_results_write (const char *path,
                            const PleRun *run,
                            PleDataset *dataset,
                            const char *experiment_name,
                            GError **error);
/* The method's figures in FOLDER/results.json. (transfer full) (nullable) */
JsonObject *ple_results_load_figures (const char *folder);

/**
 * ple_results_write_predictions:
 * @truth: classes of all items, -1 where unknown
 * @n_train: items of the training split, the first ones
 *
 * predictions.npz: train_predictions, train_labels, test_predictions, test_labels (int64),
 * train_confidence, test_confidence (float32) and cluster_centers (float32, (K, d)).
 */
gboolean ple_results_write_predictions (
    const char *path, const PleRun *run, const PleLabels *truth, size_t n_train, GError **error);

/* history.csv: a heading "epoch,SERIES,...", then one line per epoch from 1 on. */
gboolean
ple_history_write (const char *path, const PleMatrix *history, char *const *names, GError **error);
gboolean ple_history_read (const char *path, PleMatrix **history, char ***names, GError **error);

G_END_DECLS
