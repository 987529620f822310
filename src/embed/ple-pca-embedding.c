/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plane of largest variance: the scores on the first two principal axes, in units of the
 * features. */
#include "config.h"

#include "embed/ple-embedding-private.h"

#include <glib/gi18n-lib.h>

typedef struct
{
  int metric;
} Params;

/* clang-format off */
static const PleParam params_table[] = {
  PLE_ENUM (Params, metric, "metric", N_("Metric"), PLE_EMBED_METRIC_EUCLIDEAN, ple_embed_metrics,
            .flags = PLE_PARAM_ADVANCED | PLE_PARAM_NOT_SEARCHED,
            .blurb = N_("Cosine scales every vector to length one first. Automatic is cosine above 64 "
                        "dimensions.")),
  PLE_PARAM_END
};
/* clang-format on */

static PleMatrix *
run (const PleMatrix *features,
     gconstpointer data,
     guint64 seed,
     JsonObject *quality,
     PleProgress *progress,
     GError **error)
{
  const Params *params = data;
  g_auto (PleEmbedInput) input = { 0 };

  if (!ple_embed_input_init (&input, features, params->metric, PLE_EMBED_PLANE_ONLY, progress,
                             error))
    return NULL;
  if (quality != NULL)
    json_object_set_double_member (quality, "explained_variance",
                                   input.explained[0] + input.explained[1]);
  return g_steal_pointer (&input.start);
}

const PleEmbedding ple_embedding_pca = {
  .id = "pca",
  .title = N_ ("PCA"),
  .summary = N_ ("The plane in which the features vary most. Instant and faithful to large "
                 "distances; groups overlap."),
  .reference = "Pearson, On lines and planes of closest fit, 1901",
  .version = 1,
  .params = params_table,
  .params_size = sizeof (Params),
  .run = run,
};
