/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stddef.h>

G_BEGIN_DECLS

/* What methods ask of labelings on the way; scores of results are in evaluate. Labels are 0 ..
 * n_clusters - 1. */

/* Clusters that some row belongs to. */
size_t ple_labeling_count_active (const gint32 *labels, size_t n, size_t n_clusters);

/* Rows of the smallest and of the largest cluster. */
void ple_labeling_get_sizes (
    const gint32 *labels, size_t n, size_t n_clusters, size_t *smallest, size_t *largest);

/* Adjusted Rand index of two labelings of n rows into n_clusters each (Hubert and Arabie 1985), in
 * O(n + n_clusters) memory. 1 where they are equal. */
double ple_labeling_compare (size_t n, size_t n_clusters, const gint32 *a, const gint32 *b);

G_END_DECLS
