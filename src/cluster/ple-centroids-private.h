/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cluster/ple-method.h"
#include "linalg/ple-knn.h"

G_BEGIN_DECLS

/* What methods whose clusters are centres share: reading labels and confidence out of centres,
 * predicting, and the fitted file.
 *
 * The file: "centres" (K, d) F32; metadata "method" the id, "metric" "euclidean" or "cosine",
 * "scale" the mean squared distance of a training row to its centre. */

/* For the tables: "euclidean" and "cosine". */
extern const PleParamChoice ple_metric_choices[];

/* @features (n, d) finite and n >= @n_clusters; the sentence otherwise. */
gboolean ple_centroids_check (const PleMatrix *features, size_t n_clusters, GError **error);

/* @features, or for the cosine a copy with rows of length one. (transfer full) */
PleMatrix *ple_centroids_rows (PleMatrix *features, PleMetric metric, GError **error);

/**
 * ple_centroids_finish:
 * @method: that found the centres
 * @features: (n, d) as the method was given them
 * @centres: (K, d)
 * @labels: (nullable): (n) where the method does not take the nearest centre: these are kept, and
 * the confidence is how much nearer the own centre is than any other, 0 if it is not
 *
 * Labels, confidence, the metrics "inertia" and "active_clusters", and the model that the other
 * functions here read. Publishes "labels" and the value "inertia".
 *
 * Returns: (transfer full) (nullable): the clustering
 */
PleClustering *ple_centroids_finish (const PleMethod *method,
                                     const PleMatrix *features,
                                     PleMatrix *centres,
                                     PleMetric metric,
                                     const gint32 *labels,
                                     PleProgress *progress,
                                     GError **error);

/* As in #PleMethod. */
gboolean ple_centroids_predict (PleClustering *clustering,
                                const PleMatrix *features,
                                gint32 *labels,
                                float *confidence,
                                PleProgress *progress,
                                GError **error);
gboolean ple_centroids_save (PleClustering *clustering, const char *path, GError **error);
/* Refuses a file of another method than @method. */
PleClustering *ple_centroids_load (const PleMethod *method, const char *path, GError **error);

G_END_DECLS
