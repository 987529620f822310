/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-knn-graph-private.h"

#include <math.h>
#include <string.h>

PleKnnGraph *
ple_knn_graph_new (size_t n, size_t k)
{
  g_autoptr (PleKnnGraph) graph = g_new0 (PleKnnGraph, 1);

  graph->n = n;
  graph->k = k;
  graph->ids = g_try_new (gint32, n * k);
  graph->distances = g_try_new (float, n *k);
  graph->fresh = g_try_new0 (guint8, n * k);
  graph->worst = g_try_malloc_n (n, sizeof *graph->worst);
  graph->locks = g_try_new (atomic_flag, n);
  if (graph->ids == NULL || graph->distances == NULL || graph->fresh == NULL ||
      graph->worst == NULL || graph->locks == NULL)
    return NULL;
  for (size_t e = 0; e < n * k; e++)
    {
      graph->ids[e] = -1;
      graph->distances[e] = INFINITY;
    }
  for (size_t i = 0; i < n; i++)
    {
      atomic_init (&graph->worst[i], INFINITY);
      atomic_flag_clear (&graph->locks[i]);
    }
  return g_steal_pointer (&graph);
}

void
ple_knn_graph_free (PleKnnGraph *graph)
{
  if (graph == NULL)
    return;
  g_free (graph->ids);
  g_free (graph->distances);
  g_free (graph->fresh);
  g_free (graph->worst);
  g_free (graph->locks);
  g_free (graph);
}

/* Position of @id among the k entries, or k. */
static size_t
find (const gint32 *ids, size_t k, gint32 id)
{
  size_t at = k;

  /* No early end: this is one compare for sixteen entries. */
  for (size_t e = 0; e < k; e++)
    at = ids[e] == id ? e : at;
  return at;
}

void
ple_knn_graph_offer (PleKnnGraph *graph, size_t i, gint32 id, float distance)
{
  const size_t k = graph->k;
  gint32 *ids = graph->ids + i * k;
  float *distances = graph->distances + i * k;
  guint8 *fresh = graph->fresh + i * k;
  guint8 flag = 1;
  size_t hole;

  if (distance > ple_knn_graph_worst (graph, i))
    return;
  while (atomic_flag_test_and_set_explicit (&graph->locks[i], memory_order_acquire))
    continue;
  hole = find (ids, k, id);
  if (hole < k)
    flag = fresh[hole];
  else
    hole = k - 1;
  if (distance < distances[hole] || (distance == distances[hole] && id < ids[hole]) ||
      ids[hole] < 0)
    {
      while (hole > 0 && (distances[hole - 1] > distance ||
                          (distances[hole - 1] == distance && ids[hole - 1] > id)))
        {
          ids[hole] = ids[hole - 1];
          distances[hole] = distances[hole - 1];
          fresh[hole] = fresh[hole - 1];
          hole--;
        }
      ids[hole] = id;
      distances[hole] = distance;
      fresh[hole] = flag;
      atomic_store_explicit (&graph->worst[i], distances[k - 1], memory_order_relaxed);
    }
  atomic_flag_clear_explicit (&graph->locks[i], memory_order_release);
}
