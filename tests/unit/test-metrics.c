/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-rng.h"
#include "evaluate/ple-metrics.h"

#include <math.h>

static void
compute (const gint32 *truth, const gint32 *predicted, size_t n, size_t k, PleMetrics *metrics)
{
  g_autoptr (PleLabels) t = truth != NULL ? ple_labels_new_from (truth, n) : NULL;
  g_autoptr (PleLabels) p = ple_labels_new_from (predicted, n);

  ple_metrics_compute (t, p, k, metrics, NULL);
}

static void
test_by_hand (void)
{
  /* Counts: cluster 0 has classes (2, 1), cluster 1 (0, 3). */
  static const gint32 truth[] = { 0, 0, 1, 1, 1, 1 };
  static const gint32 predicted[] = { 0, 0, 0, 1, 1, 1 };
  double mi = 2.0 / 6 * log (6.0 * 2 / (3 * 2)) + 1.0 / 6 * log (6.0 * 1 / (3 * 4)) +
              3.0 / 6 * log (6.0 * 3 / (3 * 4));
  double h_clusters = log (2);
  double h_classes = -(2.0 / 6 * log (2.0 / 6) + 4.0 / 6 * log (4.0 / 6));
  PleMetrics m;

  compute (truth, predicted, 6, 0, &m);
  g_assert_cmpfloat_with_epsilon (m.accuracy, 5.0 / 6, 1e-12);
  g_assert_cmpfloat_with_epsilon (m.nmi, 2 * mi / (h_clusters + h_classes), 1e-12);
  g_assert_cmpfloat_with_epsilon (m.nmi_geometric, mi / sqrt (h_clusters * h_classes), 1e-12);
  /* Pairs: together in both 4, in clusters 6, in classes 7, of 15: (4 - 6*7/15) / (6.5 - 6*7/15).
   */
  g_assert_cmpfloat_with_epsilon (m.ari, (4 - 42.0 / 15) / (6.5 - 42.0 / 15), 1e-12);
  g_assert_cmpuint (m.n_active_clusters, ==, 2);
  g_assert_cmpfloat (m.size_mean, ==, 3);
  g_assert_cmpfloat (m.balance, ==, 1);
}

static void
test_conventions (void)
{
  static const gint32 one[] = { 0, 0, 0, 0 };
  static const gint32 two[] = { 0, 1, 0, 1 };
  static const gint32 all[] = { 0, 1, 2, 3 };
  static const gint32 unknown[] = { -1, -1, -1, -1 };
  PleMetrics m;

  compute (one, one, 4, 0, &m);
  g_assert_cmpfloat (m.nmi, ==, 1);
  g_assert_cmpfloat (m.ami, ==, 1);
  g_assert_cmpfloat (m.ari, ==, 1);
  compute (two, one, 4, 0, &m);
  g_assert_cmpfloat (m.nmi, ==, 0);
  g_assert_cmpfloat (m.ami, ==, 0);
  g_assert_cmpfloat (m.ari, ==, 0);
  g_assert_cmpfloat (m.accuracy, ==, 0.5);
  compute (all, all, 4, 0, &m);
  g_assert_cmpfloat (m.ami, ==, 0);
  g_assert_cmpfloat (m.accuracy, ==, 1);
  compute (NULL, two, 4, 5, &m);
  g_assert_true (isnan (m.accuracy) && isnan (m.ari));
  g_assert_cmpuint (m.n_clusters, ==, 5);
  g_assert_cmpuint (m.n_empty_clusters, ==, 3);
  compute (unknown, two, 4, 0, &m);
  g_assert_true (isnan (m.nmi));
  g_assert_cmpuint (m.n_samples, ==, 0);
}

static void
test_noise (void)
{
  static const gint32 truth[] = { 0, 0, 1, 1 };
  static const gint32 predicted[] = { 0, 0, 1, -1 };
  PleMetrics m;

  compute (truth, predicted, 4, 0, &m);
  g_assert_cmpfloat (m.accuracy, ==, 0.75);
  g_assert_cmpuint (m.n_noise, ==, 1);
  g_assert_cmpuint (m.n_active_clusters, ==, 2);
  g_assert_cmpfloat (m.ari, <, 1);
}

static void
test_many_to_one (void)
{
  static const gint32 truth[] = { 0, 0, 0, 0, 1, 1, 1, 1 };
  static const gint32 predicted[] = { 0, 0, 2, 2, 1, 1, 3, 3 };
  PleMetrics m;

  compute (truth, predicted, 8, 0, &m);
  g_assert_cmpfloat (m.accuracy, ==, 0.5);
  g_assert_cmpfloat (m.accuracy_many_to_one, ==, 1);
}

/* Names of groups and order of items do not matter; a random labelling scores about 0 once
 * adjusted. */
static void
test_invariance (void)
{
  enum
  {
    N = 3000
  };
  g_autofree gint32 *truth = g_new (gint32, N);
  g_autofree gint32 *predicted = g_new (gint32, N);
  g_autofree gint32 *renamed = g_new (gint32, N);
  PleMetrics a, b;
  PleRng rng;

  ple_rng_init (&rng, 5);
  for (size_t i = 0; i < N; i++)
    {
      truth[i] = (gint32) ple_rng_below (&rng, 12);
      predicted[i] = (gint32) ple_rng_below (&rng, 20);
      renamed[i] = (predicted[i] * 7 + 3) % 20;
    }
  compute (truth, predicted, N, 0, &a);
  compute (truth, renamed, N, 0, &b);
  g_assert_cmpfloat_with_epsilon (a.accuracy, b.accuracy, 1e-12);
  g_assert_cmpfloat_with_epsilon (a.nmi, b.nmi, 1e-12);
  g_assert_cmpfloat_with_epsilon (a.ami, b.ami, 1e-12);
  g_assert_cmpfloat_with_epsilon (a.ari, b.ari, 1e-12);
  g_assert_cmpfloat_with_epsilon (a.ami, 0, 0.02);
  g_assert_cmpfloat_with_epsilon (a.ari, 0, 0.02);
  compute (predicted, truth, N, 0, &b);
  g_assert_cmpfloat_with_epsilon (a.nmi, b.nmi, 1e-12);
  g_assert_cmpfloat_with_epsilon (a.ari, b.ari, 1e-12);
}

/* Moving items one at a time leads to the counts of the new labelling. */
static void
test_moves (void)
{
  static const gint32 truth[] = { 0, 1, 2, 0, 1, 2 };
  static const gint32 before[] = { 0, 0, 1, 1, -1, 2 };
  static const gint32 after[] = { 2, 0, -1, 1, 1, 2 };
  g_autoptr (PleLabels) t = ple_labels_new_from (truth, 6);
  g_autoptr (PleLabels) p = ple_labels_new_from (before, 6);
  g_autoptr (PleLabels) q = ple_labels_new_from (after, 6);
  g_autoptr (PleConfusion) moved = ple_confusion_new (t, p, 0, 3);
  g_autoptr (PleConfusion) fresh = ple_confusion_new (t, q, 0, 3);

  for (size_t i = 0; i < 6; i++)
    ple_confusion_move (moved, truth[i], before[i], after[i]);
  g_assert_cmpuint (moved->n_noise, ==, fresh->n_noise);
  g_assert_cmpmem (moved->counts, 4 * 3 * sizeof (guint64), fresh->counts,
                   4 * 3 * sizeof (guint64));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/evaluate/metrics/by-hand", test_by_hand);
  g_test_add_func ("/evaluate/metrics/conventions", test_conventions);
  g_test_add_func ("/evaluate/metrics/noise", test_noise);
  g_test_add_func ("/evaluate/metrics/many-to-one", test_many_to_one);
  g_test_add_func ("/evaluate/metrics/invariance", test_invariance);
  g_test_add_func ("/evaluate/metrics/moves", test_moves);
  return g_test_run ();
}
