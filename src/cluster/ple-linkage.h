/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-param.h"
#include "base/ple-progress.h"
#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

/**
 * PleLinkage:
 * @PLE_LINKAGE_WARD: least growth of the sum of squared distances to the centres
 * @PLE_LINKAGE_AVERAGE: mean Euclidean distance between members
 * @PLE_LINKAGE_COMPLETE: largest distance between members
 */
typedef enum
{
  PLE_LINKAGE_WARD,
  PLE_LINKAGE_AVERAGE,
  PLE_LINKAGE_COMPLETE,
} PleLinkage;

/**
 * PleMerge:
 * @a, @b: the smallest row of each of the two clusters that become one, a < b
 * @height: their distance; for Ward sqrt (2 |A||B| / (|A| + |B|)) ‖mean A - mean B‖, so that two
 * single rows have their Euclidean distance, as SciPy and scikit-learn have it
 */
typedef struct
{
  guint32 a;
  guint32 b;
  double height;
} PleMerge;

/**
 * ple_linkage:
 * @x: (n, d) finite, n <= 30 000
 * @weights: (nullable): (n) how many rows each stands for, for Ward and average; 1 if %NULL
 * @merges: (out caller-allocates): n - 1, by rising height
 *
 * Agglomerative clustering by chains of nearest neighbours (Murtagh 1983; Müllner 2011) with the
 * update of Lance and Williams on a full matrix of distances.
 *
 * Cost: O(n²) time beside the O(n² d) of one product, 4 n² bytes. Same bits for any number of
 * threads; ties go to the lower row.
 *
 * Returns: %FALSE if cancelled, or with %PLE_NUMERIC_ERROR_NO_MEMORY
 */
gboolean ple_linkage (const PleMatrix *x,
                      PleLinkage linkage,
                      const double *weights,
                      PleMerge *merges,
                      PleProgress *progress,
                      GError **error);

/**
 * ple_linkage_cut:
 * @n: rows
 * @merges: n - 1 as from ple_linkage()
 * @n_clusters: 1 <= K <= n
 * @labels: (out caller-allocates): n; clusters are numbered by their first row
 *
 * The K clusters that are left when the first n - K merges have been made.
 */
void ple_linkage_cut (size_t n, const PleMerge *merges, size_t n_clusters, gint32 *labels);

G_END_DECLS
