/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-param.h"
#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

/**
 * PleEmbedding:
 *
 * A way down to the plane: a row of a constant table (pca, tsne, umap).
 *
 * @run: (n, 2) coordinates of all rows. Publishes "layout" (n x 2 floats) as it settles, at least
 * twice a second, the start included; "stop early" returns what there is. Same seed, same bits for
 * any number of threads.
 *   @quality: (nullable): gets the figures of the method (kl_divergence, n_iterations, ...)
 */
typedef struct
{
  const char *id;
  const char *title;
  const char *summary;
  const char *reference;
  guint version;
  const PleParam *params;
  size_t params_size;
  PleMatrix *(*run) (const PleMatrix *features,
                     gconstpointer params,
                     guint64 seed,
                     JsonObject *quality,
                     PleProgress *progress,
                     GError **error);
} PleEmbedding;

const PleEmbedding *const *ple_embeddings_list (void);
const PleEmbedding *ple_embedding_find (const char *id, GError **error);

G_END_DECLS
