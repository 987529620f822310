/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "linalg/ple-labels.h"
#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

/**
 * PlePseudoLabels:
 * @k: samples asked per cluster
 * @n_clusters: C
 * @cluster_label: (C) label of each cluster, -1 for none
 * @cluster_confidence: (C) share of the vote
 * @nearest: (C, k) rows of the members nearest to the centre, -1 padded
 * @labels: (n) per sample
 * @confidence: (n) per sample
 *
 * Pseudo-labels as the seeds define them (temi.md 2.3): of each used cluster the k members with the
 * smallest 1 - cos(x, centre) vote with their true labels (tie: smallest label); sample confidence
 * is sqrt(cluster confidence * (cos(x, centre) + 1) / 2), clipped at 0.
 */
typedef struct
{
  size_t k;
  size_t n_clusters;
  gint32 *cluster_label;
  float *cluster_confidence;
  gint32 *nearest;
  PleLabels *labels;
  float *confidence;
} PlePseudoLabels;

/**
 * ple_pseudo_labels_new:
 * @features: (n, d) training rows
 * @centres: (C, d)
 * @assignments: (n) clusters, -1 for none
 * @truth: (nullable): (n) classes. Without it there is no vote: pass @names
 * @names: (nullable): (C) label given by the person to each cluster, -1 for unnamed; takes the
 * vote's place, with confidence 1 where named
 *
 * Returns: (transfer full) (nullable)
 */
PlePseudoLabels *ple_pseudo_labels_new (const PleMatrix *features,
                                        const PleMatrix *centres,
                                        const PleLabels *assignments,
                                        const PleLabels *truth,
                                        const gint32 *names,
                                        size_t k,
                                        PleProgress *progress,
                                        GError **error);
/* Test split: the training mapping is used again; truth is never looked at. Confidence is the
 * cluster's. (transfer full) */
PlePseudoLabels *ple_pseudo_labels_new_for_test (const PlePseudoLabels *train,
                                                 const PleLabels *assignments);
void ple_pseudo_labels_free (PlePseudoLabels *labels);

/* Files with the seeds' names and columns (ARCHITECTURE.md 5): C locale, UTF-8, RFC 4180, four
 * decimals; atomic.
 * @truth may be %NULL: true_label is -1, true_label_name and is_correct are empty. @label_names has
 * one entry per label, or %NULL. */
gboolean ple_pseudo_labels_write_csv (const PlePseudoLabels *labels,
                                      const PleLabels *assignments,
                                      const PleLabels *truth,
                                      const char *const *label_names,
                                      const char *path,
                                      GError **error);
gboolean ple_pseudo_labels_write_mapping_csv (const PlePseudoLabels *train,
                                              const PleLabels *assignments,
                                              const PleLabels *truth,
                                              const char *const *label_names,
                                              const char *path,
                                              GError **error);
gboolean ple_pseudo_labels_write_json (const PlePseudoLabels *train,
                                       const PlePseudoLabels *test,
                                       const char *path,
                                       GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PlePseudoLabels, ple_pseudo_labels_free)

G_END_DECLS
