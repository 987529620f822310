/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-rng.h"
#include "embed/ple-neighbour-graph-private.h"

#include <math.h>
#include <string.h>

typedef struct
{
  size_t n;
  size_t k;
  gint32 *neighbours;
  float *weights;
} Directed;

static void
directed_init (Directed *directed, size_t n, size_t k, guint64 seed)
{
  g_autofree guint32 *chosen = g_new (guint32, k);
  PleRng rng;

  ple_rng_init (&rng, seed);
  directed->n = n;
  directed->k = k;
  directed->neighbours = g_new (gint32, n * k);
  directed->weights = g_new (float, n *k);
  for (size_t i = 0; i < n; i++)
    {
      ple_rng_sample (&rng, n - 1, k, chosen);
      for (size_t a = 0; a < k; a++)
        {
          directed->neighbours[i * k + a] = (gint32) (chosen[a] + (chosen[a] >= i ? 1 : 0));
          directed->weights[i * k + a] = a == 0 ? 0 : (float) ple_rng_uniform (&rng);
        }
    }
}

static void
directed_clear (Directed *directed)
{
  g_free (directed->neighbours);
  g_free (directed->weights);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Directed, directed_clear)

static float *
dense_of (const Directed *directed)
{
  float *dense = g_new0 (float, directed->n * directed->n);

  for (size_t i = 0; i < directed->n; i++)
    for (size_t a = 0; a < directed->k; a++)
      dense[i * directed->n + (size_t) directed->neighbours[i * directed->k + a]] =
          directed->weights[i * directed->k + a];
  return dense;
}

static void
check_against_dense (PleGraphUnion how)
{
  g_auto (Directed) directed = { 0 };
  g_autofree float *dense = NULL;
  g_autoptr (PleNeighbourGraph) graph = NULL;
  size_t n = 200, n_positive = 0;

  directed_init (&directed, n, 7, 1);
  dense = dense_of (&directed);
  graph = ple_neighbour_graph_new (n, 7, directed.neighbours, directed.weights, how, NULL, NULL);
  g_assert_nonnull (graph);
  for (size_t i = 0; i < n; i++)
    for (size_t e = graph->offsets[i]; e < graph->offsets[i + 1]; e++)
      {
        size_t j = (size_t) graph->columns[e];
        double a = (double) dense[i * n + j], b = (double) dense[j * n + i];
        double wanted = how == PLE_GRAPH_UNION_MEAN ? (a + b) / (2 * (double) n) : a + b - a * b;

        g_assert_cmpuint (j, !=, i);
        g_assert_true (e == graph->offsets[i] || graph->columns[e - 1] < graph->columns[e]);
        g_assert_cmpfloat_with_epsilon ((double) graph->values[e], wanted, 1e-6);
      }
  for (size_t i = 0; i < n * n; i++)
    n_positive += dense[i] > 0 || dense[i % n * n + i / n] > 0;
  g_assert_cmpuint (ple_neighbour_graph_n_entries (graph), ==, n_positive);
}

static void
test_mean_agrees_with_dense (void)
{
  check_against_dense (PLE_GRAPH_UNION_MEAN);
}

static void
test_fuzzy_union_agrees_with_dense (void)
{
  check_against_dense (PLE_GRAPH_UNION_FUZZY);
}

static float
find (const PleNeighbourGraph *graph, size_t i, gint32 column)
{
  for (size_t e = graph->offsets[i]; e < graph->offsets[i + 1]; e++)
    if (graph->columns[e] == column)
      return graph->values[e];
  return -1;
}

static void
test_both_directions_have_the_same_bits (void)
{
  g_auto (Directed) directed = { 0 };
  g_autoptr (PleNeighbourGraph) graph = NULL;

  directed_init (&directed, 300, 9, 2);
  graph = ple_neighbour_graph_new (300, 9, directed.neighbours, directed.weights,
                                   PLE_GRAPH_UNION_FUZZY, NULL, NULL);
  for (size_t i = 0; i < 300; i++)
    for (size_t e = graph->offsets[i]; e < graph->offsets[i + 1]; e++)
      g_assert_cmpfloat (find (graph, (size_t) graph->columns[e], (gint32) i), ==,
                         graph->values[e]);
}

static void
test_permuted_graph_is_the_same_graph (void)
{
  g_auto (Directed) directed = { 0 };
  g_autoptr (PleNeighbourGraph) graph = NULL;
  g_autoptr (PleNeighbourGraph) permuted = NULL;
  guint32 order[300];
  PleRng rng;

  directed_init (&directed, 300, 9, 4);
  graph = ple_neighbour_graph_new (300, 9, directed.neighbours, directed.weights,
                                   PLE_GRAPH_UNION_MEAN, NULL, NULL);
  for (guint32 i = 0; i < 300; i++)
    order[i] = i;
  ple_rng_init (&rng, 5);
  ple_rng_shuffle (&rng, order, 300);
  permuted = ple_neighbour_graph_permute (graph, order, NULL, NULL);
  g_assert_cmpuint (ple_neighbour_graph_n_entries (permuted), ==,
                    ple_neighbour_graph_n_entries (graph));
  for (size_t i = 0; i < 300; i++)
    for (size_t e = permuted->offsets[i]; e < permuted->offsets[i + 1]; e++)
      g_assert_cmpfloat (find (graph, order[i], (gint32) order[permuted->columns[e]]), ==,
                         permuted->values[e]);
}

static void
test_components_are_counted (void)
{
  /* 0-1, 2-3-4, 5 alone (its only edge has no weight). */
  gint32 neighbours[6] = { 1, 0, 3, 4, 3, 0 };
  float weights[6] = { 1, 1, 1, 1, 1, 0 };
  g_autoptr (PleNeighbourGraph) graph =
      ple_neighbour_graph_new (6, 1, neighbours, weights, PLE_GRAPH_UNION_FUZZY, NULL, NULL);

  g_assert_cmpuint (ple_neighbour_graph_n_components (graph), ==, 3);
}

static void
test_no_points_no_edges (void)
{
  g_autoptr (PleNeighbourGraph) graph =
      ple_neighbour_graph_new (0, 0, NULL, NULL, PLE_GRAPH_UNION_MEAN, NULL, NULL);

  g_assert_nonnull (graph);
  g_assert_cmpuint (ple_neighbour_graph_n_entries (graph), ==, 0);
}

static void
test_cancelled (void)
{
  g_auto (Directed) directed = { 0 };
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 2);
  g_autoptr (GError) error = NULL;

  directed_init (&directed, 50, 3, 3);
  ple_progress_cancel (progress);
  g_assert_null (ple_neighbour_graph_new (50, 3, directed.neighbours, directed.weights,
                                          PLE_GRAPH_UNION_MEAN, progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/embed/neighbour-graph/mean-agrees-with-dense", test_mean_agrees_with_dense);
  g_test_add_func ("/embed/neighbour-graph/fuzzy-union-agrees-with-dense",
                   test_fuzzy_union_agrees_with_dense);
  g_test_add_func ("/embed/neighbour-graph/both-directions-have-the-same-bits",
                   test_both_directions_have_the_same_bits);
  g_test_add_func ("/embed/neighbour-graph/permuted-graph-is-the-same-graph",
                   test_permuted_graph_is_the_same_graph);
  g_test_add_func ("/embed/neighbour-graph/components-are-counted", test_components_are_counted);
  g_test_add_func ("/embed/neighbour-graph/no-points-no-edges", test_no_points_no_edges);
  g_test_add_func ("/embed/neighbour-graph/cancelled", test_cancelled);
  return g_test_run ();
}
