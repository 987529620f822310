/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-param.h"
#include "linalg/ple-labels.h"
#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

typedef struct _PleMethod PleMethod;
typedef struct _PleClustering PleClustering;

/**
 * PleFitInput:
 * @features: (n, d) training rows, finite
 * @seed: of all that is random
 * @checkpoint_dir: (nullable): where to keep and find checkpoints, for a run that is killed and
 * continued
 */
typedef struct
{
  PleMatrix *features;
  guint64 seed;
  const char *checkpoint_dir;
} PleFitInput;

/**
 * PleMethod:
 *
 * A clustering method: a row of a constant table. All tables have "num_clusters"; the struct's
 * other members are the method's own.
 *
 * @fit: groups the rows. Reports "loss" and the like by ple_progress_value() per epoch, publishes
 * "labels". "Stop early" returns what there is; cancel returns %NULL.
 * @predict: groups of new rows by the fitted model: labels (m), confidence (m) in [0, 1] or %NULL
 * @save / @load: the fitted model as a .safetensors file
 */
struct _PleMethod
{
  const char *id;
  const char *title;
  const char *summary;
  const char *reference;
  guint version;
  const PleParam *params;
  size_t params_size;
  const PlePreset *presets; /* first is the default */
  PleClustering *(*fit) (const PleFitInput *input,
                         gconstpointer params,
                         PleProgress *progress,
                         GError **error);
  gboolean (*predict) (PleClustering *clustering,
                       const PleMatrix *features,
                       gint32 *labels,
                       float *confidence,
                       PleProgress *progress,
                       GError **error);
  gboolean (*save) (PleClustering *clustering, const char *path, GError **error);
  PleClustering *(*load) (const char *path, GError **error);
};

/**
 * PleClustering:
 * @method: which made it
 * @n_clusters: K; ids are 0..K-1, some may be empty
 * @labels: (n) training rows; -1 for noise
 * @confidence: (n, 1) in [0, 1]
 * @probabilities: (n, K) or %NULL where the method has none
 * @centres: (K, d) in the space of the features; a method without centres has the mean of its
 * L2-normalised members. A row of zeros for an empty cluster
 * @history: (n_epochs, n_series) values per epoch, or %NULL; @history_names has the n_series names,
 * %NULL-terminated
 * @metrics: free-standing figures by name (inertia, head losses, ...), written into results.json
 *
 * A finished clustering. Frozen; reference-counted.
 */
struct _PleClustering
{
  const PleMethod *method;
  size_t n_clusters;
  PleLabels *labels;
  PleMatrix *confidence;
  PleMatrix *probabilities;
  PleMatrix *centres;
  PleMatrix *history;
  char **history_names;
  JsonObject *metrics;
  gpointer model;
  GDestroyNotify model_free;
  /*< private >*/
  int ref_count;
};

/* Zeroed but for @method and the count. For methods only. */
PleClustering *ple_clustering_new (const PleMethod *method, size_t n_clusters);
PleClustering *ple_clustering_ref (PleClustering *clustering);
void ple_clustering_unref (PleClustering *clustering);

/* (array zero-terminated=1): all methods, in the order of the picker */
const PleMethod *const *ple_methods_list (void);
/* By id; %NULL with PLE_PARAM_ERROR_VALUE naming the known ones. */
const PleMethod *ple_method_find (const char *id, GError **error);

/**
 * ple_clustering_default_centres:
 * @features: (n, d)
 * @labels: (n)
 *
 * Means of the L2-normalised members of each cluster. Returns: (transfer full) (nullable):
 * (n_clusters, d)
 */
PleMatrix *ple_clustering_default_centres (const PleMatrix *features,
                                           const PleLabels *labels,
                                           size_t n_clusters,
                                           PleProgress *progress,
                                           GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleClustering, ple_clustering_unref)

G_END_DECLS
