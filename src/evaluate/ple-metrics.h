/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-json.h"
#include "linalg/ple-labels.h"

G_BEGIN_DECLS

/**
 * PleConfusion:
 * @n_clusters: rows
 * @n_classes: columns
 * @counts: (n_clusters + 1, max (n_classes, 1)); the last row is noise. Without classes the one
 * column holds sizes
 * @n: items counted: those with a true label, or all without classes
 * @n_noise: of them, with predicted label -1
 *
 * How often each cluster meets each class: a dense table, for real classes and clusters.
 */
typedef struct
{
  size_t n_clusters;
  size_t n_classes;
  guint64 *counts;
  size_t n;
  size_t n_noise;
} PleConfusion;

/**
 * ple_confusion_new:
 * @truth: (nullable): classes, -1 for unknown: such items are left out
 * @predicted: clusters, -1 for noise
 * @n_classes: at least so many columns
 * @n_clusters: at least so many rows
 *
 * Aborts like g_new if memory is short, so labels from a file are better scored by
 * ple_metrics_compute(), which takes any.
 *
 * Returns: (transfer full)
 */
PleConfusion *ple_confusion_new (const PleLabels *truth,
                                 const PleLabels *predicted,
                                 size_t n_classes,
                                 size_t n_clusters);
void ple_confusion_free (PleConfusion *confusion);
/* One counted item changes its cluster (-1: noise): O(1), for live metrics. */
void ple_confusion_move (PleConfusion *confusion, gint32 class_index, gint32 from, gint32 to);

/**
 * PleMetrics: all as shares, 0 to 1; NaN where there is no truth
 * @accuracy: one-to-one (Hungarian); unmatched clusters and noise are mistakes; NaN if tens of
 * thousands of clusters and of classes hang together
 * @accuracy_many_to_one: one-to-one, and where more clusters are used than there are classes, the
 * unmatched ones go to their own majority class, as the official TEMI code counts. Where several
 * matches are the best, this value depends on which is taken: leftover classes go to the first
 * leftover clusters
 * @nmi: mutual information over the arithmetic mean of the entropies (Vinh, Epps and Bailey 2010);
 * @nmi_geometric: over their geometric mean
 * @ami: the same as @nmi, adjusted for chance (there, eq. 24a); @ari: Hubert and Arabie 1985
 * Conventions: both sides one group: 1; one side one group: 0; each item alone on a side: AMI 0;
 * noise counts as a group of its own.
 * @n_samples: items counted: those with a true label, or all where there is no truth
 */
typedef struct
{
  double accuracy;
  double accuracy_many_to_one;
  double nmi;
  double nmi_geometric;
  double ami;
  double ari;
  size_t n_samples;
  size_t n_clusters;
  size_t n_active_clusters;
  size_t n_empty_clusters;
  size_t n_noise;
  /* Over active clusters. */
  double size_mean, size_deviation, size_min, size_max;
  double balance; /* entropy of the sizes / log of the number of clusters */
} PleMetrics;

/**
 * ple_metrics_compute:
 * @truth: (nullable): classes
 * @predicted: clusters
 * @n_clusters: K, 0 for the largest label + 1
 * @class_of_cluster: (out caller-allocates) (optional): the one-to-one match, -1 for none or if it
 * has no item in common; as many entries as there are clusters
 *
 * Cost: O(n log n) beside the assignment, whatever the labels are.
 */
void ple_metrics_compute (const PleLabels *truth,
                          const PleLabels *predicted,
                          size_t n_clusters,
                          PleMetrics *metrics,
                          gint32 *class_of_cluster);
/* The same from counts alone: for live metrics, O(K C) beside the assignment. @class_of_cluster has
 * confusion->n_clusters entries. */
void ple_metrics_from_confusion (const PleConfusion *confusion,
                                 PleMetrics *metrics,
                                 gint32 *class_of_cluster);

/* The flat members of `evaluate --json`: accuracy accuracy_many_to_one nmi nmi_geometric ari ami
 * num_samples num_clusters num_active_clusters num_empty_clusters num_noise. */
void ple_metrics_to_json (const PleMetrics *metrics, JsonObject *object);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleConfusion, ple_confusion_free)

G_END_DECLS
