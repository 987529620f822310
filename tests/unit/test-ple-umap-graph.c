/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-rng.h"
#include "embed/ple-umap-graph-private.h"

#include <math.h>
#include <string.h>

static void
fill (float *distances, size_t n, guint64 seed)
{
  PleRng rng;

  ple_rng_init (&rng, seed);
  for (size_t e = 0; e < n; e++)
    distances[e] = (float) (0.1 + ple_rng_uniform (&rng));
}

static void
test_rows_sum_to_log2_of_neighbours (void)
{
  const size_t n = 300, k = 14;
  g_autofree float *distances = g_new (float, n *k);
  g_autofree float *strengths = g_new (float, n *k);

  fill (distances, n * k, 1);
  memcpy (strengths, distances, n * k * sizeof (float));
  g_assert_true (ple_umap_memberships (n, k, strengths, NULL, NULL));
  for (size_t i = 0; i < n; i++)
    {
      double sum = 0;
      size_t nearest = i * k;

      for (size_t e = i * k; e < (i + 1) * k; e++)
        {
          sum += (double) strengths[e];
          if (distances[e] < distances[nearest])
            nearest = e;
          for (size_t f = i * k; f < e; f++)
            g_assert_true (distances[e] >= distances[f] ? strengths[e] <= strengths[f]
                                                        : strengths[e] >= strengths[f]);
        }
      g_assert_cmpfloat_with_epsilon (sum, log2 (15), 1e-4);
      g_assert_cmpfloat (strengths[nearest], ==, 1);
    }
}

static void
test_unit_of_distance_does_not_matter (void)
{
  float near[20], far[20];

  fill (near, 20, 2);
  for (size_t e = 0; e < 20; e++)
    far[e] = near[e] * 1024;
  g_assert_true (ple_umap_memberships (2, 10, near, NULL, NULL));
  g_assert_true (ple_umap_memberships (2, 10, far, NULL, NULL));
  for (size_t e = 0; e < 20; e++)
    g_assert_cmpfloat_with_epsilon (near[e], far[e], 1e-5f);
}

static void
test_duplicates (void)
{
  float all[4] = { 0, 0, 0, 0 }, some[8] = { 0, 0, 0, 0, 0, 0, 0, 2 };
  float equal[6] = { 1, 1, 1, 1, 1, 1 };

  g_assert_true (ple_umap_memberships (1, 4, all, NULL, NULL));
  for (size_t e = 0; e < 4; e++)
    g_assert_cmpfloat (all[e], ==, 1);
  /* The only other point is the nearest that is not a duplicate: all are at strength 1. */
  g_assert_true (ple_umap_memberships (1, 8, some, NULL, NULL));
  for (size_t e = 0; e < 8; e++)
    g_assert_cmpfloat (some[e], ==, 1);
  g_assert_true (ple_umap_memberships (1, 6, equal, NULL, NULL));
  for (size_t e = 0; e < 6; e++)
    g_assert_cmpfloat (equal[e], ==, 1);
}

static void
test_same_bits_for_any_number_of_threads (void)
{
  const size_t n = 2000, k = 9;
  g_autofree float *one = g_new (float, n *k);
  g_autofree float *three = g_new (float, n *k);
  g_autoptr (PleProgress) single = ple_progress_new (NULL, NULL, 1);
  g_autoptr (PleProgress) triple = ple_progress_new (NULL, NULL, 3);

  fill (one, n * k, 3);
  memcpy (three, one, n * k * sizeof (float));
  g_assert_true (ple_umap_memberships (n, k, one, single, NULL));
  g_assert_true (ple_umap_memberships (n, k, three, triple, NULL));
  g_assert_cmpmem (one, n * k * sizeof (float), three, n * k * sizeof (float));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/embed/umap-graph/rows-sum-to-log2-of-neighbours",
                   test_rows_sum_to_log2_of_neighbours);
  g_test_add_func ("/embed/umap-graph/unit-of-distance-does-not-matter",
                   test_unit_of_distance_does_not_matter);
  g_test_add_func ("/embed/umap-graph/duplicates", test_duplicates);
  g_test_add_func ("/embed/umap-graph/same-bits-for-any-number-of-threads",
                   test_same_bits_for_any_number_of_threads);
  return g_test_run ();
}
