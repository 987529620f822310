/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "curate/ple-curation.h"
#include "evaluate/ple-metrics.h"
#include "linalg/ple-labels.h"
#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

#define PLE_CLUSTER_N_NEAREST 5

/* In place of a cluster id: items that belong to none, and items that were excluded. */
#define PLE_GROUP_NONE -1
#define PLE_GROUP_EXCLUDED -2

/**
 * PleClusterSummary:
 * @size: members that are not excluded
 * @n_confirmed: of them
 * @n_unsure: of them
 * @confidence: mean of the run's confidence, NaN without
 * @purity: share of the most frequent true class, NaN without truth
 * @majority: that class, -1 without truth
 * @nearest: members nearest to the centre, best first; the first is the medoid
 * @n_nearest: how many of them there are
 */
typedef struct
{
  size_t size;
  size_t n_confirmed;
  size_t n_unsure;
  double confidence;
  double purity;
  gint32 majority;
  guint32 nearest[PLE_CLUSTER_N_NEAREST];
  guint n_nearest;
} PleClusterSummary;

typedef enum
{
  PLE_ORDER_CENTRE,     /* most typical first */
  PLE_ORDER_EDGE,       /* least typical first */
  PLE_ORDER_CONFIDENCE, /* least confident first */
  PLE_ORDER_FILE,       /* as in the data set */
  PLE_ORDER_RANDOM,     /* by the seed */
} PleOrder;

/**
 * PleClusterIndex:
 *
 * What the views show of a clustering as it is now: members, sizes, purity, typical pictures,
 * counts against truth. Kept up to date by ple_cluster_index_update(), which looks again only at
 * the clusters that have changed. One thread at a time.
 */
typedef struct _PleClusterIndex PleClusterIndex;

/**
 * ple_cluster_index_new:
 * @features: (nullable): (n, d), item order; without it no item is more typical than another
 * @confidence: (nullable): (n, 1)
 * @truth: (nullable): (n)
 * @n_items: n
 *
 * Returns: (transfer full): without clusters
 */
PleClusterIndex *ple_cluster_index_new (PleMatrix *features,
                                        PleMatrix *confidence,
                                        PleLabels *truth,
                                        size_t n_items);
void ple_cluster_index_free (PleClusterIndex *index);

/**
 * ple_cluster_index_update:
 * @labels: (n) cluster of each item, -1 for none
 * @states: (nullable): (n) of PleState; excluded items belong to no cluster
 * @n_ids: clusters are 0..n_ids-1
 *
 * Cost: O(n) and O(d) per member of a changed cluster.
 */
void ple_cluster_index_update (PleClusterIndex *index,
                               const gint32 *labels,
                               const guint8 *states,
                               size_t n_ids);

size_t ple_cluster_index_get_n_ids (const PleClusterIndex *index);
/* Valid until the next update. */
const PleClusterSummary *ple_cluster_index_get (const PleClusterIndex *index, gint32 id);
/* Members in item order; also of %PLE_GROUP_NONE and %PLE_GROUP_EXCLUDED. Valid until the next
 * update. */
const guint32 *ple_cluster_index_get_members (const PleClusterIndex *index, gint32 id, size_t *n);
/* Cosine of an item to the centre of its cluster, 0 without features. */
float ple_cluster_index_get_centrality (const PleClusterIndex *index, guint32 item);

/* Sorts @items in place. Ties in item order. */
void ple_cluster_index_sort (
    const PleClusterIndex *index, guint32 *items, size_t n, PleOrder order, guint64 seed);

/* Counts of the clusters as they are now against truth, without excluded items; without truth only
 * sizes. (transfer full): for ple_metrics_from_confusion() on any thread */
PleConfusion *ple_cluster_index_dup_confusion (const PleClusterIndex *index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleClusterIndex, ple_cluster_index_free)

G_END_DECLS
