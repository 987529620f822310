/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "curate/ple-tables.h"

G_BEGIN_DECLS

/**
 * PleDecided:
 * @n_ids: clusters, dead ones too
 * @label: (n_ids) index of the label, -1 for none
 * @name: (n_ids) of the label; "cluster-ID" where there is none
 * @confidence: (n_ids) 1 where a person named the cluster, else the share of the vote
 * @label_names: (element-type utf8): the classes, then names that are no class
 * @truth: (nullable): classes of the data set, borrowed
 *
 * What each cluster's pictures are called in an export. A name given by the person wins: it is the
 * class of that name (case folded), or a new label, numbered after the classes in the order of the
 * clusters' ids. Without a name the k training members nearest to the mean of the training members
 * (each of length one) vote with their classes. The test split's classes are never looked at.
 */
typedef struct
{
  size_t n_ids;
  gint32 *label;
  char **name;
  float *confidence;
  GPtrArray *label_names;
  PleLabels *truth;
} PleDecided;

PleDecided *ple_decided_new (const PleCurated *curated, PleProgress *progress, GError **error);
void ple_decided_free (PleDecided *decided);

/* As files have them: "train", "auto". */
const char *ple_split_to_text (PleSplit split);
const char *ple_state_to_text (PleState state);

static inline gboolean
ple_curated_is_exported (const PleCurated *curated, size_t item)
{
  return ple_curation_get_states (curated->curation)[item] != PLE_STATE_EXCLUDED;
}

/* 1 where a person confirmed the label, else the run's. */
static inline double
ple_curated_get_confidence (const PleCurated *curated, size_t item)
{
  if (ple_curation_get_states (curated->curation)[item] == PLE_STATE_CONFIRMED)
    return 1;
  return curated->confidence != NULL ? (double) curated->confidence->data[item] : 0;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleDecided, ple_decided_free)

G_END_DECLS
