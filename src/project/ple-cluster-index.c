/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "project/ple-cluster-index.h"

#include "base/ple-rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The two groups that are no clusters lie in front of the others: group of id = id + 2. */
#define N_SPECIAL 2

struct _PleClusterIndex
{
  PleMatrix *features;
  PleMatrix *confidence;
  PleLabels *truth;
  size_t n_items;
  size_t n_classes;
  float *inverse_norms; /* of the features' rows */

  size_t n_ids;
  gint32 *ids;     /* of each item: cluster, or one of the special ones */
  guint8 *states;  /* as of the last update */
  size_t *offsets; /* n_ids + N_SPECIAL + 1: start of each group in members */
  guint32 *members;
  float *centrality;
  PleClusterSummary *summaries;
};

static void
measure_norms (PleClusterIndex *index)
{
  size_t d = index->features->n_cols;

  index->inverse_norms = g_new (float, MAX (index->n_items, 1));
  for (size_t i = 0; i < index->n_items; i++)
    {
      const float *row = ple_matrix_row (index->features, i);
      double sum = 0;

      for (size_t f = 0; f < d; f++)
        sum += (double) row[f] * (double) row[f];
      index->inverse_norms[i] = sum > 1e-24 ? (float) (1 / sqrt (sum)) : 0;
    }
}

PleClusterIndex *
ple_cluster_index_new (PleMatrix *features, PleMatrix *confidence, PleLabels *truth, size_t n_items)
{
  PleClusterIndex *index = g_new0 (PleClusterIndex, 1);

  g_assert (features == NULL || features->n_rows == n_items);
  g_assert (confidence == NULL || confidence->n_rows == n_items);
  g_assert (truth == NULL || truth->n == n_items);

  index->features = ple_matrix_ref (features);
  index->confidence = ple_matrix_ref (confidence);
  index->truth = ple_labels_ref (truth);
  index->n_items = n_items;
  index->n_classes = truth != NULL ? ple_labels_get_n_groups (truth) : 0;
  index->ids = g_new (gint32, MAX (n_items, 1));
  for (size_t i = 0; i < n_items; i++)
    index->ids[i] = PLE_GROUP_NONE;
  index->states = g_new0 (guint8, MAX (n_items, 1));
  index->members = g_new (guint32, MAX (n_items, 1));
  index->centrality = g_new0 (float, MAX (n_items, 1));
  if (features != NULL)
    measure_norms (index);
  ple_cluster_index_update (index, index->ids, NULL, 0);
  return index;
}

void
ple_cluster_index_free (PleClusterIndex *index)
{
  if (index == NULL)
    return;
  ple_matrix_unref (index->features);
  ple_matrix_unref (index->confidence);
  ple_labels_unref (index->truth);
  g_free (index->inverse_norms);
  g_free (index->ids);
  g_free (index->states);
  g_free (index->offsets);
  g_free (index->members);
  g_free (index->centrality);
  g_free (index->summaries);
  g_free (index);
}

/* Groups the items by counting sort; members keep item order. */
static void
sort_members (PleClusterIndex *index)
{
  size_t n_groups = index->n_ids + N_SPECIAL;
  g_autofree size_t *next = NULL;

  g_free (index->offsets);
  index->offsets = g_new0 (size_t, n_groups + 1);
  for (size_t i = 0; i < index->n_items; i++)
    index->offsets[index->ids[i] + N_SPECIAL + 1]++;
  for (size_t g = 0; g < n_groups; g++)
    index->offsets[g + 1] += index->offsets[g];
  next = g_memdup2 (index->offsets, n_groups * sizeof (size_t));
  for (size_t i = 0; i < index->n_items; i++)
    index->members[next[index->ids[i] + N_SPECIAL]++] = (guint32) i;
}

/* Keeps the best few, best first; ties to the earlier item. */
static void
offer_nearest (PleClusterSummary *summary, const float *centrality, guint32 item)
{
  guint place = summary->n_nearest;

  while (place > 0 && centrality[item] > centrality[summary->nearest[place - 1]])
    place--;
  if (place == PLE_CLUSTER_N_NEAREST)
    return;
  if (summary->n_nearest < PLE_CLUSTER_N_NEAREST)
    summary->n_nearest++;
  memmove (&summary->nearest[place + 1], &summary->nearest[place],
           (summary->n_nearest - 1 - place) * sizeof (guint32));
  summary->nearest[place] = item;
}

/* Mean of the normalised members, then the cosine of each to it. */
static void
measure_centrality (PleClusterIndex *index, const guint32 *members, size_t n, float *mean)
{
  size_t d = index->features->n_cols;
  double norm = 0;
  float scale;

  memset (mean, 0, d * sizeof (float));
  for (size_t m = 0; m < n; m++)
    {
      const float *row = ple_matrix_row (index->features, members[m]);
      float weight = index->inverse_norms[members[m]];

      for (size_t f = 0; f < d; f++)
        mean[f] += weight * row[f];
    }
  for (size_t f = 0; f < d; f++)
    norm += (double) mean[f] * (double) mean[f];
  scale = norm > 1e-24 ? (float) (1 / sqrt (norm)) : 0;
  for (size_t m = 0; m < n; m++)
    {
      const float *row = ple_matrix_row (index->features, members[m]);
      float dot = 0;

      for (size_t f = 0; f < d; f++)
        dot += mean[f] * row[f];
      index->centrality[members[m]] = dot * scale * index->inverse_norms[members[m]];
    }
}

static void
find_majority (const PleClusterIndex *index,
               const guint32 *members,
               size_t n,
               size_t *counts,
               PleClusterSummary *summary)
{
  size_t n_known = 0;

  summary->majority = -1;
  summary->purity = NAN;
  if (index->n_classes == 0)
    return;
  memset (counts, 0, index->n_classes * sizeof (size_t));
  for (size_t m = 0; m < n; m++)
    if (index->truth->data[members[m]] >= 0)
      {
        counts[index->truth->data[members[m]]]++;
        n_known++;
      }
  if (n_known == 0)
    return;
  for (size_t c = 0; c < index->n_classes; c++)
    if (summary->majority < 0 || counts[c] > counts[summary->majority])
      summary->majority = (gint32) c;
  summary->purity = (double) counts[summary->majority] / (double) n_known;
}

static void
summarise (PleClusterIndex *index, size_t id, gboolean moved, float *mean, size_t *counts)
{
  PleClusterSummary *summary = &index->summaries[id];
  const guint32 *members = index->members + index->offsets[id + N_SPECIAL];
  size_t n = index->offsets[id + N_SPECIAL + 1] - index->offsets[id + N_SPECIAL];
  double confidence = 0;

  if (moved && index->features != NULL)
    measure_centrality (index, members, n, mean);
  memset (summary, 0, sizeof *summary);
  summary->size = n;
  for (size_t m = 0; m < n; m++)
    {
      guint32 item = members[m];

      offer_nearest (summary, index->centrality, item);
      if (index->confidence != NULL)
        confidence += (double) index->confidence->data[item];
      summary->n_confirmed += index->states[item] == PLE_STATE_CONFIRMED;
      summary->n_unsure += index->states[item] == PLE_STATE_UNSURE;
    }
  summary->confidence = index->confidence != NULL && n > 0 ? confidence / (double) n : (double) NAN;
  find_majority (index, members, n, counts, summary);
}

/* What an update has to look at again, per cluster. */
enum
{
  MEMBERS_CHANGED = 1,
  STATES_CHANGED = 2,
};

static guint8 *
take_over (PleClusterIndex *index, const gint32 *labels, const guint8 *states, size_t n_ids)
{
  guint8 *dirty = g_new0 (guint8, MAX (n_ids, 1));

  for (size_t i = 0; i < index->n_items; i++)
    {
      guint8 state = states != NULL ? states[i] : PLE_STATE_AUTO;
      gint32 id = state == PLE_STATE_EXCLUDED ? PLE_GROUP_EXCLUDED : labels[i];
      gint32 old = index->ids[i];

      if (id >= (gint32) n_ids || id < PLE_GROUP_EXCLUDED)
        id = PLE_GROUP_NONE;
      if (id != old)
        {
          if (old >= 0 && (size_t) old < n_ids)
            dirty[old] |= MEMBERS_CHANGED;
          if (id >= 0)
            dirty[id] |= MEMBERS_CHANGED;
        }
      else if (state != index->states[i] && id >= 0)
        dirty[id] |= STATES_CHANGED;
      index->ids[i] = id;
      index->states[i] = state;
    }
  return dirty;
}

void
ple_cluster_index_update (PleClusterIndex *index,
                          const gint32 *labels,
                          const guint8 *states,
                          size_t n_ids)
{
  g_autofree guint8 *dirty = take_over (index, labels, states, n_ids);
  g_autofree float *mean =
      g_new (float, index->features != NULL ? MAX (index->features->n_cols, 1) : 1);
  g_autofree size_t *counts = g_new (size_t, MAX (index->n_classes, 1));

  index->summaries = g_renew (PleClusterSummary, index->summaries, MAX (n_ids, 1));
  for (size_t id = index->n_ids; id < n_ids; id++)
    dirty[id] |= MEMBERS_CHANGED;
  index->n_ids = n_ids;
  sort_members (index);
  for (size_t id = 0; id < n_ids; id++)
    if (dirty[id] != 0)
      summarise (index, id, (dirty[id] & MEMBERS_CHANGED) != 0, mean, counts);
}

size_t
ple_cluster_index_get_n_ids (const PleClusterIndex *index)
{
  return index->n_ids;
}

const PleClusterSummary *
ple_cluster_index_get (const PleClusterIndex *index, gint32 id)
{
  g_return_val_if_fail (id >= 0 && (size_t) id < index->n_ids, NULL);

  return &index->summaries[id];
}

const guint32 *
ple_cluster_index_get_members (const PleClusterIndex *index, gint32 id, size_t *n)
{
  g_return_val_if_fail (id >= PLE_GROUP_EXCLUDED && id < (gint32) index->n_ids, NULL);

  *n = index->offsets[id + N_SPECIAL + 1] - index->offsets[id + N_SPECIAL];
  return index->members + index->offsets[id + N_SPECIAL];
}

float
ple_cluster_index_get_centrality (const PleClusterIndex *index, guint32 item)
{
  return index->centrality[item];
}

typedef struct
{
  double key;
  guint32 item;
} Keyed;

static int
compare_keyed (const void *a, const void *b)
{
  const Keyed *x = a, *y = b;

  if (x->key != y->key)
    return x->key < y->key ? -1 : 1;
  return (x->item > y->item) - (x->item < y->item);
}

void
ple_cluster_index_sort (
    const PleClusterIndex *index, guint32 *items, size_t n, PleOrder order, guint64 seed)
{
  g_autofree Keyed *keyed = g_new (Keyed, MAX (n, 1));

  for (size_t m = 0; m < n; m++)
    {
      guint32 item = items[m];

      keyed[m].item = item;
      switch (order)
        {
        case PLE_ORDER_CENTRE:
          keyed[m].key = -(double) index->centrality[item];
          break;
        case PLE_ORDER_EDGE:
          keyed[m].key = (double) index->centrality[item];
          break;
        case PLE_ORDER_CONFIDENCE:
          keyed[m].key = index->confidence != NULL ? (double) index->confidence->data[item] : 0.0;
          break;
        case PLE_ORDER_RANDOM:
          keyed[m].key = (double) (ple_mix64 (seed ^ ple_mix64 (item + 1)) >> 11);
          break;
        case PLE_ORDER_FILE:
        default:
          keyed[m].key = 0;
        }
    }
  qsort (keyed, n, sizeof (Keyed), compare_keyed);
  for (size_t m = 0; m < n; m++)
    items[m] = keyed[m].item;
}

PleConfusion *
ple_cluster_index_dup_confusion (const PleClusterIndex *index)
{
  g_autoptr (PleLabels) predicted = ple_labels_new_from (index->ids, index->n_items);
  g_autoptr (PleLabels) truth = NULL;

  if (index->truth != NULL)
    truth = ple_labels_new_from (index->truth->data, index->n_items);
  for (size_t i = 0; i < index->n_items; i++)
    if (index->ids[i] == PLE_GROUP_EXCLUDED)
      {
        predicted->data[i] = -1;
        /* No truth: not counted. */
        if (truth != NULL)
          truth->data[i] = -1;
      }
  return ple_confusion_new (truth, predicted, index->n_classes, index->n_ids);
}
