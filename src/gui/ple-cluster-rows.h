/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "gui/ple-cluster-list.h"
#include "gui/ple-session.h"

G_BEGIN_DECLS

/* What the sidebar lists: the clusters of a session as rows of a PleClusterList, sorted and
 * filtered. The list knows its rows by unsigned ids: groups that are no clusters come from the end.
 */

typedef enum
{
  PLE_SORT_SIZE,
  PLE_SORT_NAME,
  PLE_SORT_NUMBER,
  PLE_SORT_DOUBT,
} PleClusterSort;

guint32 ple_cluster_rows_to_row (gint32 cluster);
gint32 ple_cluster_rows_to_cluster (guint32 row);

/**
 * ple_cluster_rows_fill:
 * @filter: a part of the names to list, whatever its case; "" for all
 *
 * Empty clusters are left out; groups that are no clusters stand last. Ties go by number. O(K log
 * K) for K clusters.
 */
void ple_cluster_rows_fill (PleClusterList *list,
                            PleSession *session,
                            PleClusterSort sort,
                            const char *filter);

G_END_DECLS
