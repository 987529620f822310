/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-rng.h"
#include "cluster/ple-labeling.h"

#define N 300
#define K 7

/* By all pairs (Hubert and Arabie 1985). */
static double
compare_reference (size_t n, const gint32 *a, const gint32 *b)
{
  double both = 0, left = 0, right = 0, all = 0;

  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < i; j++)
      {
        both += a[i] == a[j] && b[i] == b[j];
        left += a[i] == a[j];
        right += b[i] == b[j];
        all++;
      }
  return (both - left * right / all) / ((left + right) / 2 - left * right / all);
}

static void
test_compare (void)
{
  gint32 a[N], b[N], renamed[N];
  PleRng rng;

  ple_rng_init (&rng, 3);
  for (size_t i = 0; i < N; i++)
    {
      a[i] = (gint32) ple_rng_below (&rng, K - 1);
      b[i] = ple_rng_uniform (&rng) < 0.6 ? a[i] : (gint32) ple_rng_below (&rng, K);
      renamed[i] = K - 1 - a[i];
    }
  g_assert_cmpfloat_with_epsilon (ple_labeling_compare (N, K, a, b), compare_reference (N, a, b),
                                  1e-12);
  g_assert_cmpfloat_with_epsilon (ple_labeling_compare (N, K, a, renamed), 1, 1e-12);
}

static void
test_sizes (void)
{
  const gint32 labels[] = { 3, 3, 0, 3, 1 };
  size_t smallest, largest;

  g_assert_cmpuint (ple_labeling_count_active (labels, 5, 5), ==, 3);
  g_assert_cmpuint (ple_labeling_count_active (labels, 0, 5), ==, 0);
  ple_labeling_get_sizes (labels, 5, 5, &smallest, &largest);
  g_assert_cmpuint (smallest, ==, 0);
  g_assert_cmpuint (largest, ==, 3);
  ple_labeling_get_sizes (labels + 2, 1, 1, &smallest, &largest);
  g_assert_cmpuint (smallest, ==, 1);
  g_assert_cmpfloat (ple_labeling_compare (1, 5, labels, labels), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cluster/labeling/compare", test_compare);
  g_test_add_func ("/cluster/labeling/sizes", test_sizes);
  return g_test_run ();
}
