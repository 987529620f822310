/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-rng.h"
#include "embed/ple-umap-sgd-private.h"

#include <math.h>
#include <string.h>

#define A 1.577
#define B 0.8951

/* Complete graphs of @size points, one beside the other, all edges of the same strength. */
static PleNeighbourGraph *
cliques (size_t n, size_t size, float strength)
{
  size_t k = size - 1;
  g_autofree gint32 *neighbours = g_new (gint32, n * k);
  g_autofree float *weights = g_new (float, n *k);

  for (size_t i = 0; i < n; i++)
    for (size_t a = 0; a < k; a++)
      {
        neighbours[i * k + a] = (gint32) (i / size * size + (a + (a >= i % size ? 1 : 0)));
        weights[i * k + a] = strength;
      }
  return ple_neighbour_graph_new (n, k, neighbours, weights, PLE_GRAPH_UNION_FUZZY, NULL, NULL);
}

static float *
scatter (size_t n, double extent, guint64 seed)
{
  float *xy = g_new (float, 2 * n);
  PleRng rng;

  ple_rng_init (&rng, seed);
  ple_rng_fill_normal (&rng, xy, 2 * n, extent);
  return xy;
}

static void
run (const PleNeighbourGraph *graph, guint n_epochs, guint64 seed, float *xy, guint n_threads)
{
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, n_threads);
  g_autoptr (PleUmapSgd) sgd = ple_umap_sgd_new (graph, A, B, n_epochs, seed);

  for (guint epoch = 0; epoch < n_epochs; epoch++)
    g_assert_true (ple_umap_sgd_epoch (sgd, epoch, xy, progress, NULL));
}

static void
test_groups_part_and_their_members_meet (void)
{
  g_autoptr (PleNeighbourGraph) graph = cliques (120, 20, 1);
  g_autofree float *xy = scatter (120, 10, 1);
  double inside = 0, between = 0;

  run (graph, 200, 1, xy, 2);
  for (size_t i = 0; i < 120; i++)
    for (size_t j = 0; j < 120; j++)
      {
        double d =
            hypot ((double) (xy[2 * i] - xy[2 * j]), (double) (xy[2 * i + 1] - xy[2 * j + 1]));

        g_assert_true (isfinite (d));
        if (i / 20 == j / 20)
          inside += d / (120 * 20);
        else
          between += d / (120 * 100);
      }
  g_assert_cmpfloat (inside, <, 2);
  g_assert_cmpfloat (between, >, 4 * inside);
}

static double
pair_distance (float strength, guint64 seed)
{
  g_autoptr (PleNeighbourGraph) graph = cliques (200, 2, strength);
  g_autofree float *xy = scatter (200, 10, seed);
  double sum = 0;

  run (graph, 200, seed, xy, 1);
  for (size_t i = 0; i < 200; i += 2)
    sum += hypot ((double) (xy[2 * i] - xy[2 * i + 2]), (double) (xy[2 * i + 1] - xy[2 * i + 3]));
  return sum / 100;
}

/* Only the ratio to the strongest edge counts. */
static void
test_unit_of_strength_does_not_matter (void)
{
  g_assert_cmpfloat_with_epsilon (pair_distance (0.5f, 3), pair_distance (0.25f, 3), 1e-6);
}

static void
test_edges_too_weak_to_come_up_are_left_out (void)
{
  gint32 neighbours[4] = { 1, 0, 3, 2 };
  float weights[4] = { 1, 1, 1e-4f, 1e-4f };
  g_autoptr (PleNeighbourGraph) graph =
      ple_neighbour_graph_new (4, 1, neighbours, weights, PLE_GRAPH_UNION_FUZZY, NULL, NULL);
  float xy[8] = { 0, 0, 1, 0, 50, 50, 60, 50 };

  run (graph, 100, 1, xy, 1);
  /* Neither pulled nor the head of a pull that would push it. */
  g_assert_cmpfloat (xy[4], ==, 50);
  g_assert_cmpfloat (xy[6], ==, 60);
}

static void
test_same_bits_for_any_number_of_threads (void)
{
  g_autoptr (PleNeighbourGraph) graph = cliques (3000, 6, 1);
  g_autofree float *one = scatter (3000, 10, 5);
  g_autofree float *three = scatter (3000, 10, 5);

  run (graph, 10, 9, one, 1);
  run (graph, 10, 9, three, 3);
  g_assert_cmpmem (one, 6000 * sizeof (float), three, 6000 * sizeof (float));
}

static void
test_seed_matters (void)
{
  g_autoptr (PleNeighbourGraph) graph = cliques (60, 6, 1);
  g_autofree float *one = scatter (60, 10, 5);
  g_autofree float *other = scatter (60, 10, 5);

  run (graph, 10, 1, one, 1);
  run (graph, 10, 2, other, 1);
  g_assert_true (memcmp (one, other, 120 * sizeof (float)) != 0);
}

static void
test_points_on_top_of_each_other_stay_finite (void)
{
  g_autoptr (PleNeighbourGraph) graph = cliques (60, 6, 1);
  g_autofree float *xy = g_new0 (float, 120);

  run (graph, 50, 1, xy, 1);
  for (size_t i = 0; i < 120; i++)
    g_assert_true (isfinite (xy[i]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/embed/umap-sgd/groups-part-and-their-members-meet",
                   test_groups_part_and_their_members_meet);
  g_test_add_func ("/embed/umap-sgd/unit-of-strength-does-not-matter",
                   test_unit_of_strength_does_not_matter);
  g_test_add_func ("/embed/umap-sgd/edges-too-weak-to-come-up-are-left-out",
                   test_edges_too_weak_to_come_up_are_left_out);
  g_test_add_func ("/embed/umap-sgd/same-bits-for-any-number-of-threads",
                   test_same_bits_for_any_number_of_threads);
  g_test_add_func ("/embed/umap-sgd/seed-matters", test_seed_matters);
  g_test_add_func ("/embed/umap-sgd/points-on-top-of-each-other-stay-finite",
                   test_points_on_top_of_each_other_stay_finite);
  return g_test_run ();
}
