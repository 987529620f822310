/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "curate/ple-curation.h"
#include "dataset/ple-dataset.h"

G_BEGIN_DECLS

/* Tables of a curated project, byte-stable: same project, same bytes, in any locale. All writes are
 * atomic. */

/**
 * PleCurated:
 * @dataset: the pictures
 * @curation: the decisions
 * @features: (n_items, d) in item order
 * @confidence: (n_items, 1) of the run
 * @k_samples: for the vote
 *
 * What an export looks at.
 */
typedef struct
{
  PleDataset *dataset;
  PleCuration *curation;
  PleMatrix *features;
  PleMatrix *confidence;
  size_t k_samples;
} PleCurated;

/* One line per picture that is not excluded: sample_idx, image_path, split, cluster_id,
 * pseudo_label, pseudo_label_name, state, confidence_score, true_label, true_label_name,
 * is_correct. Label = class that the cluster's name or vote gives. */
gboolean ple_curated_write_csv (const PleCurated *curated, const char *path, GError **error);
/* The seeds' cluster_mapping columns. */
gboolean ple_curated_write_mapping (const PleCurated *curated, const char *path, GError **error);
gboolean ple_curated_write_json (const PleCurated *curated, const char *path, GError **error);
/* DIR/<label>/<picture>: copies (re-encoded to PNG where a picture is not a file of its own) or
 * symbolic links. */
gboolean ple_curated_write_folders (const PleCurated *curated,
                                    const char *path,
                                    gboolean links,
                                    PleProgress *progress,
                                    GError **error);

/* What stands in the way of an export, as sentences: unnamed clusters, unsure, conflicts,
 * unreviewed. (transfer full) (element-type utf8) */
GPtrArray *ple_curated_list_readiness (const PleCurated *curated);

G_END_DECLS
