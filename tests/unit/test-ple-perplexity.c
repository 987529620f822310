/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-rng.h"
#include "embed/ple-perplexity-private.h"

#include <math.h>
#include <string.h>

static double
perplexity_of (size_t k, const float *p)
{
  double entropy = 0;

  for (size_t j = 0; j < k; j++)
    if (p[j] > 0)
      entropy -= (double) p[j] * log ((double) p[j]);
  return exp (entropy);
}

static void
fill (float *distances, size_t k, double scale, guint64 seed)
{
  PleRng rng;

  ple_rng_init (&rng, seed);
  for (size_t j = 0; j < k; j++)
    distances[j] = (float) (scale * (1 + 3 * ple_rng_uniform (&rng)));
}

static void
test_row_has_wanted_perplexity (void)
{
  const double scales[] = { 1e-20, 1e-3, 1, 1e6, 1e30 };
  float distances[90], p[90];

  for (size_t s = 0; s < G_N_ELEMENTS (scales); s++)
    for (double wanted = 2; wanted <= 80; wanted *= 1.7)
      {
        double sum = 0;

        fill (distances, 90, scales[s], s);
        ple_perplexity_row (90, wanted, distances, s % 2 == 0 ? 0 : 7.5, p);
        for (size_t j = 0; j < 90; j++)
          sum += (double) p[j];
        g_assert_cmpfloat_with_epsilon (sum, 1, 1e-5);
        g_assert_cmpfloat_with_epsilon (perplexity_of (90, p) / wanted, 1, 1e-4);
      }
}

static void
test_row_follows_the_definition (void)
{
  float distances[30], p[30];
  double beta;

  fill (distances, 30, 1, 3);
  ple_perplexity_row (30, 10, distances, 0, p);
  beta = log ((double) p[0] / (double) p[1]) / (double) (distances[1] - distances[0]);
  g_assert_cmpfloat (beta, >, 0);
  for (size_t j = 1; j < 30; j++)
    g_assert_cmpfloat_with_epsilon (log ((double) p[0] / (double) p[j]),
                                    beta * (double) (distances[j] - distances[0]), 1e-3);
}

static void
test_row_ignores_an_added_constant (void)
{
  float near[30], far[30], p[30], q[30];

  fill (near, 30, 1, 4);
  for (size_t j = 0; j < 30; j++)
    far[j] = near[j] + 64;
  ple_perplexity_row (30, 10, near, 0, p);
  ple_perplexity_row (30, 10, far, 0, q);
  for (size_t j = 0; j < 30; j++)
    g_assert_cmpfloat_with_epsilon (p[j], q[j], 1e-4f);
}

static void
test_equal_distances_weigh_the_same (void)
{
  float distances[8] = { 0 }, p[8];

  ple_perplexity_row (8, 3, distances, 0, p);
  for (size_t j = 0; j < 8; j++)
    g_assert_cmpfloat (p[j], ==, 0.125f);
}

static void
test_many_duplicates_take_all (void)
{
  float distances[8] = { 0, 0, 0, 0, 0, 1, 2, 3 }, p[8];

  /* Five are equally near, so no precision gets down to a perplexity of 3. */
  ple_perplexity_row (8, 3, distances, 0, p);
  for (size_t j = 0; j < 5; j++)
    g_assert_cmpfloat_with_epsilon (p[j], 0.2f, 1e-5f);
  for (size_t j = 5; j < 8; j++)
    g_assert_cmpfloat (p[j], <, 1e-5f);
}

static void
test_one_neighbour_gets_all (void)
{
  float distance = 5, p = 0;

  ple_perplexity_row (1, 1, &distance, 0, &p);
  g_assert_cmpfloat (p, ==, 1);
}

static void
test_rows_do_not_depend_on_threads (void)
{
  const size_t n = 1000, k = 20;
  g_autofree float *one = g_new (float, n *k);
  g_autofree float *three = g_new (float, n *k);
  g_autoptr (PleProgress) single = ple_progress_new (NULL, NULL, 1);
  g_autoptr (PleProgress) triple = ple_progress_new (NULL, NULL, 3);

  fill (one, n * k, 1, 5);
  memcpy (three, one, n * k * sizeof *one);
  g_assert_true (ple_perplexity_rows (n, k, 6, one, single, NULL));
  g_assert_true (ple_perplexity_rows (n, k, 6, three, triple, NULL));
  g_assert_cmpmem (one, n * k * sizeof *one, three, n * k * sizeof *three);
}

static void
test_rows_heed_cancel (void)
{
  float distances[4] = { 1, 2, 3, 4 };
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 2);
  g_autoptr (GError) error = NULL;

  ple_progress_cancel (progress);
  g_assert_false (ple_perplexity_rows (2, 2, 1, distances, progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/embed/perplexity/row-has-wanted-perplexity", test_row_has_wanted_perplexity);
  g_test_add_func ("/embed/perplexity/row-follows-the-definition", test_row_follows_the_definition);
  g_test_add_func ("/embed/perplexity/row-ignores-an-added-constant",
                   test_row_ignores_an_added_constant);
  g_test_add_func ("/embed/perplexity/equal-distances-weigh-the-same",
                   test_equal_distances_weigh_the_same);
  g_test_add_func ("/embed/perplexity/many-duplicates-take-all", test_many_duplicates_take_all);
  g_test_add_func ("/embed/perplexity/one-neighbour-gets-all", test_one_neighbour_gets_all);
  g_test_add_func ("/embed/perplexity/rows-do-not-depend-on-threads",
                   test_rows_do_not_depend_on_threads);
  g_test_add_func ("/embed/perplexity/rows-heed-cancel", test_rows_heed_cancel);
  return g_test_run ();
}
