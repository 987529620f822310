/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "project/ple-cluster-index.h"

#include <math.h>

/* Three groups on the axes of space, 4 members each; the first of each group is exactly on the
 * axis. */
static PleMatrix *
make_features (void)
{
  PleMatrix *x = ple_matrix_new (12, 3, NULL);

  for (size_t i = 0; i < 12; i++)
    for (size_t f = 0; f < 3; f++)
      ple_matrix_row (x, i)[f] =
          f == i / 4 ? 2.0f : 0.1f * (float) (i % 4) * (f == (i / 4 + 1) % 3);
  return x;
}

static void
test_summaries (void)
{
  static const gint32 labels[] = { 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 0 };
  static const gint32 classes[] = { 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2 };
  static const guint8 states[] = { 1, 1, 0, 0, 0, 3, 0, 0, 0, 0, 2, 0 };
  g_autoptr (PleMatrix) x = make_features ();
  g_autoptr (PleLabels) truth = ple_labels_new_from (classes, 12);
  g_autoptr (PleClusterIndex) index = ple_cluster_index_new (x, NULL, truth, 12);
  const PleClusterSummary *first;
  const guint32 *members;
  size_t n;

  ple_cluster_index_update (index, labels, states, 3);
  first = ple_cluster_index_get (index, 0);
  g_assert_cmpuint (first->size, ==, 5);
  g_assert_cmpuint (first->n_confirmed, ==, 2);
  g_assert_cmpfloat_with_epsilon (first->purity, 0.8, 1e-12);
  g_assert_cmpint (first->majority, ==, 0);
  g_assert_cmpuint (first->n_nearest, ==, 5);
  g_assert_cmpuint (first->nearest[4], ==, 11);
  g_assert_true (isnan (first->confidence));

  members = ple_cluster_index_get_members (index, 1, &n);
  g_assert_cmpuint (n, ==, 3);
  g_assert_cmpuint (members[0], ==, 4);
  g_assert_cmpuint (members[1], ==, 6);
  ple_cluster_index_get_members (index, PLE_GROUP_EXCLUDED, &n);
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpuint (ple_cluster_index_get (index, 2)->n_unsure, ==, 1);
}

/* After any sequence of updates the index says what a fresh one says. */
static void
test_incremental (void)
{
  g_autoptr (PleMatrix) x = make_features ();
  g_autoptr (PleClusterIndex) index = ple_cluster_index_new (x, NULL, NULL, 12);
  gint32 labels[12];
  guint8 states[12];
  guint32 draw = 1;

  for (guint step = 0; step < 200; step++)
    {
      size_t n_ids = 2 + step / 20;
      g_autoptr (PleClusterIndex) fresh = ple_cluster_index_new (x, NULL, NULL, 12);

      for (size_t i = 0; i < 12; i++)
        {
          draw = draw * 1664525u + 1013904223u;
          if (step == 0 || (draw >> 28) < 3)
            {
              labels[i] = (gint32) ((draw >> 8) % (n_ids + 1)) - 1;
              states[i] = (draw >> 20) % PLE_N_STATES;
            }
        }
      ple_cluster_index_update (index, labels, states, n_ids);
      ple_cluster_index_update (fresh, labels, states, n_ids);
      for (size_t id = 0; id < n_ids; id++)
        {
          const PleClusterSummary *a = ple_cluster_index_get (index, (gint32) id);
          const PleClusterSummary *b = ple_cluster_index_get (fresh, (gint32) id);

          g_assert_cmpuint (a->size, ==, b->size);
          g_assert_cmpuint (a->n_confirmed, ==, b->n_confirmed);
          g_assert_cmpuint (a->n_unsure, ==, b->n_unsure);
          g_assert_cmpmem (a->nearest, a->n_nearest * sizeof (guint32), b->nearest,
                           b->n_nearest * sizeof (guint32));
        }
    }
}

static void
test_orders (void)
{
  static const gint32 labels[12] = { 0 };
  g_autoptr (PleMatrix) x = make_features ();
  g_autoptr (PleClusterIndex) index = ple_cluster_index_new (x, NULL, NULL, 12);
  guint32 centre[12], edge[12], random_a[12], random_b[12];

  ple_cluster_index_update (index, labels, NULL, 1);
  for (guint32 i = 0; i < 12; i++)
    centre[i] = edge[i] = random_a[i] = random_b[11 - i] = i;
  ple_cluster_index_sort (index, centre, 12, PLE_ORDER_CENTRE, 0);
  ple_cluster_index_sort (index, edge, 12, PLE_ORDER_EDGE, 0);
  for (size_t i = 1; i < 12; i++)
    {
      g_assert_cmpfloat (ple_cluster_index_get_centrality (index, centre[i - 1]), >=,
                         ple_cluster_index_get_centrality (index, centre[i]));
      g_assert_cmpfloat (ple_cluster_index_get_centrality (index, edge[i - 1]), <=,
                         ple_cluster_index_get_centrality (index, edge[i]));
    }
  /* A random order depends on the seed, not on the order before. */
  ple_cluster_index_sort (index, random_a, 12, PLE_ORDER_RANDOM, 7);
  ple_cluster_index_sort (index, random_b, 12, PLE_ORDER_RANDOM, 7);
  g_assert_cmpmem (random_a, sizeof random_a, random_b, sizeof random_b);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/project/cluster-index/summaries", test_summaries);
  g_test_add_func ("/project/cluster-index/updates-equal-fresh", test_incremental);
  g_test_add_func ("/project/cluster-index/orders", test_orders);
  return g_test_run ();
}
