/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "embed/ple-embedding.h"

#include "base/ple-progress.h"

G_BEGIN_DECLS

/* What the ways down share: the metric, the points among which neighbours are sought, the layout
 * that they start from, and the frames that they publish. */

/**
 * PleEmbedMetric:
 * @PLE_EMBED_METRIC_AUTO: cosine above %PLE_EMBED_EUCLIDEAN_MAX_DIMS dimensions (the vectors of a
 * vision model), Euclidean up to it (components, small pictures)
 * @PLE_EMBED_METRIC_EUCLIDEAN: as they are
 * @PLE_EMBED_METRIC_COSINE: rows scaled to length one, then Euclidean: |a-b|² = 2 - 2 cos
 */
typedef enum
{
  PLE_EMBED_METRIC_AUTO,
  PLE_EMBED_METRIC_EUCLIDEAN,
  PLE_EMBED_METRIC_COSINE,
} PleEmbedMetric;

#define PLE_EMBED_EUCLIDEAN_MAX_DIMS 64

/* "Components" set to automatic: all dimensions are kept while an exact search in them takes n² d
 * of at most this (about a minute of one core; 60 000 x 1 024 is 3.7e12), else the first 50
 * components. Not 50 always, as many programs do: on features of a vision model (2 500 x 384) that
 * costs 6 of the 61 in a hundred neighbours that t-SNE keeps. */
#define PLE_EMBED_MAX_SEARCH 5e12
#define PLE_EMBED_AUTO_COMPONENTS 50

/* No method searches the points. */
#define PLE_EMBED_PLANE_ONLY (-1)

extern const PleParamChoice ple_embed_metrics[];

extern const PleEmbedding ple_embedding_pca;
extern const PleEmbedding ple_embedding_tsne;
extern const PleEmbedding ple_embedding_umap;

/**
 * PleEmbedInput:
 * @points: (n, q) what neighbours are sought in, Euclidean
 * @start: (n, 2) scores on the first two principal axes; the second is 0 if there is only one
 * @explained: share of the variance that the two axes of @start explain
 * @cosine: whether rows were scaled to length one
 */
typedef struct
{
  PleMatrix *points;
  PleMatrix *start;
  double explained[2];
  gboolean cosine;
} PleEmbedInput;

/**
 * ple_embed_input_init:
 * @input: (out caller-allocates): to be cleared by ple_embed_input_clear(), also after an error
 * @features: (n, d), n >= 1, d >= 1, finite
 * @metric: see #PleEmbedMetric
 * @pca_dims: principal components kept as @points if d is larger; 0 for automatic, see
 * %PLE_EMBED_MAX_SEARCH; %PLE_EMBED_PLANE_ONLY if @points will not be searched
 * @progress: (nullable): stage of its own
 * @error: return location
 *
 * Publishes @start as the first "layout".
 *
 * Returns: %FALSE if cancelled, if a value is not finite (%PLE_NUMERIC_ERROR_NOT_FINITE), or if
 * there is no row (%PLE_NUMERIC_ERROR_TOO_FEW) or no column (%PLE_NUMERIC_ERROR_SHAPE)
 */
gboolean ple_embed_input_init (PleEmbedInput *input,
                               const PleMatrix *features,
                               int metric,
                               int pca_dims,
                               PleProgress *progress,
                               GError **error);
void ple_embed_input_clear (PleEmbedInput *input);

/* A frame: the layout @xy (n, 2) as it is now. */
void ple_embed_publish (const PleMatrix *xy, PleProgress *progress);

/* The layout where nothing came after the start. (transfer full) */
PleMatrix *ple_embed_keep_start (const PleEmbedInput *input, JsonObject *quality);

/**
 * ple_embed_find_neighbours:
 * @points: (n, d)
 * @k: 1 <= k < n
 * @neighbours: (out caller-allocates): (n, k)
 * @distances: (out caller-allocates): (n, k) squared, ascending
 * @stopped: (out): whether "stop early" came first; the outputs are then unspecified
 * @progress: (nullable): stage of its own
 * @error: return location
 *
 * ple_knn_exact() that heeds "stop early": half a search is of no use, so it ends without one.
 *
 * Returns: %FALSE if it failed, was cancelled or stopped; @error is not set if it was stopped
 */
gboolean ple_embed_find_neighbours (const PleMatrix *points,
                                    size_t k,
                                    gint32 *neighbours,
                                    float *distances,
                                    gboolean *stopped,
                                    PleProgress *progress,
                                    GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PleEmbedInput, ple_embed_input_clear)

G_END_DECLS
