/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

typedef enum
{
  PLE_METRIC_EUCLIDEAN, /* distances are squared Euclidean */
  PLE_METRIC_COSINE,    /* distances are 1 - cosine; a zero row is at distance 1 from all */
} PleMetric;

/**
 * ple_knn_exact:
 * @x: (n, d) points, one per row
 * @k: neighbours per point, 1 <= k < n; a point is never its own neighbour
 * @metric: which distance
 * @neighbours: (out caller-allocates): (n, k) row indices, nearest first
 * @distances: (out caller-allocates) (optional): (n, k), ascending
 * @progress: (nullable): where to report, and where cancelling comes from
 * @error: return location
 *
 * Brute force over blocks of @x, each pair once: ‖a-b‖² = ‖a‖² + ‖b‖² - 2a·b on centred data, in
 * tiles that are compared while they are in registers; what may count is computed again directly.
 * Ties go to the lower index, so that the result does not depend on the number of threads.
 * Distances are rounded to float before they are compared.
 *
 * Cost: n² d / 2 multiply-adds, at about 0.7 of the speed of a large product by BLAS; a copy of @x
 * (two for the cosine) beside the output. Many exact duplicates are slow, since all of them have to
 * be measured.
 *
 * Returns: %FALSE if cancelled (%G_IO_ERROR_CANCELLED), if @x holds NaN
 * (%PLE_NUMERIC_ERROR_NOT_FINITE) or if n <= k
 *   (%PLE_NUMERIC_ERROR_TOO_FEW); the outputs are then unspecified
 */
gboolean ple_knn_exact (const PleMatrix *x,
                        size_t k,
                        PleMetric metric,
                        gint32 *neighbours,
                        float *distances,
                        PleProgress *progress,
                        GError **error);

/**
 * ple_knn_query:
 * @x: (n, d) points
 * @queries: (m, d)
 * @k: 1 <= k <= n
 * @neighbours: (out caller-allocates): (m, k) rows of @x, nearest first; a query equal to a row
 * finds that row
 * @distances: (out caller-allocates) (optional): (m, k)
 */
gboolean ple_knn_query (const PleMatrix *x,
                        const PleMatrix *queries,
                        size_t k,
                        PleMetric metric,
                        gint32 *neighbours,
                        float *distances,
                        PleProgress *progress,
                        GError **error);

G_END_DECLS
