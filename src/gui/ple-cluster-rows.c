/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-cluster-rows.h"

#include "gui/ple-map-colours.h"

#include <math.h>
#include <string.h>

guint32
ple_cluster_rows_to_row (gint32 id)
{
  return id >= 0 ? (guint32) id : G_MAXUINT32 - (guint32) -id;
}

gint32
ple_cluster_rows_to_cluster (guint32 row)
{
  return row <= G_MAXINT32 ? (gint32) row : -(gint32) (G_MAXUINT32 - row);
}

/* @name: (transfer full): where the row's text lives */
static void
describe_row (PleSession *session, gint32 id, PleClusterRow *row, char **name)
{
  PleClusterIndex *index = ple_session_get_index (session);
  PleCuration *curation = ple_session_get_curation (session);
  const PleClusterSummary *summary;
  size_t n;

  *name = ple_session_dup_cluster_name (session, id);
  *row = (PleClusterRow){ .id = ple_cluster_rows_to_row (id), .name = *name, .quality = NAN };
  ple_cluster_index_get_members (index, id, &n);
  row->count = n;
  row->colour = ple_map_colours_of_cluster (session, id);
  if (id < 0)
    return;
  summary = ple_cluster_index_get (index, id);
  row->named = curation != NULL && ple_curation_get_cluster (curation, id).name[0] != '\0';
  row->quality = isnan (summary->purity) ? summary->confidence : summary->purity;
  row->n_pictures = MIN (summary->n_nearest, PLE_CLUSTER_PICTURES);
  memcpy (row->pictures, summary->nearest, row->n_pictures * sizeof (guint32));
  row->state = summary->size > 0 && summary->n_confirmed == summary->size ? PLE_CLUSTER_DONE
               : summary->n_unsure > 0                                    ? PLE_CLUSTER_DOUBTFUL
                                                                          : PLE_CLUSTER_OPEN;
}

typedef struct
{
  PleClusterRow row;
  char *name;
  char *folded; /* for sorting by name */
  double key;
} SortRow;

static void
sort_row_clear (gpointer data)
{
  SortRow *row = data;

  g_free (row->name);
  g_free (row->folded);
}

static int
compare_rows (gconstpointer a, gconstpointer b)
{
  const SortRow *x = a, *y = b;
  gint32 x_id = ple_cluster_rows_to_cluster (x->row.id),
         y_id = ple_cluster_rows_to_cluster (y->row.id);

  /* Groups that are no clusters stand last. */
  if ((x_id < 0) != (y_id < 0))
    return x_id < 0 ? 1 : -1;
  if (x->folded != NULL && y->folded != NULL)
    return g_utf8_collate (x->folded, y->folded);
  if (x->key != y->key)
    return x->key < y->key ? -1 : 1;
  return (x_id > y_id) - (x_id < y_id);
}

static double
sort_key (PleClusterSort sort, const PleClusterRow *row)
{
  switch (sort)
    {
    case PLE_SORT_SIZE:
      return -(double) row->count;
    case PLE_SORT_DOUBT:
      return isnan (row->quality) ? 0.0 : row->quality;
    case PLE_SORT_NAME:
    case PLE_SORT_NUMBER:
    default:
      return row->id;
    }
}

void
ple_cluster_rows_fill (PleClusterList *list,
                       PleSession *session,
                       PleClusterSort sort,
                       const char *filter)
{
  PleClusterIndex *index = ple_session_get_index (session);
  g_autoptr (GArray) sorted = g_array_new (FALSE, FALSE, sizeof (SortRow));
  g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (PleClusterRow));
  g_autofree char *part = g_utf8_casefold (filter, -1);
  gint32 n_ids = index != NULL ? (gint32) ple_cluster_index_get_n_ids (index) : 0;

  g_array_set_clear_func (sorted, sort_row_clear);
  for (gint32 id = index != NULL ? PLE_GROUP_EXCLUDED : 0; id < n_ids; id++)
    {
      SortRow row = { .key = 0 };

      describe_row (session, id, &row.row, &row.name);
      if (part[0] != '\0' || sort == PLE_SORT_NAME)
        row.folded = g_utf8_casefold (row.name, -1);
      /* Before the first labels all pictures are in no cluster: nothing to list. */
      if (row.row.count == 0 ||
          (id == PLE_GROUP_NONE && ple_session_get_labels (session) == NULL) ||
          (part[0] != '\0' && strstr (row.folded, part) == NULL))
        {
          sort_row_clear (&row);
          continue;
        }
      if (sort != PLE_SORT_NAME)
        g_clear_pointer (&row.folded, g_free);
      row.key = sort_key (sort, &row.row);
      g_array_append_val (sorted, row);
    }
  g_array_sort (sorted, compare_rows);
  for (guint i = 0; i < sorted->len; i++)
    g_array_append_val (rows, g_array_index (sorted, SortRow, i).row);
  ple_cluster_list_set_rows (list, (const PleClusterRow *) rows->data, rows->len);
}
