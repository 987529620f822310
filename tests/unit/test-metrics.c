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

static PleLabels *
random_labels (size_t n, size_t n_groups, guint64 seed)
{
  PleLabels *labels = ple_labels_new (n);
  PleRng rng;

  ple_rng_init (&rng, seed);
  for (size_t i = 0; i < n; i++)
    labels->data[i] = (gint32) ple_rng_below (&rng, n_groups);
  return labels;
}

static PleLabels *
labels_of (size_t n, const gint32 *values)
{
  return ple_labels_new_from (values, n);
}

/* Hubert and Arabie by all pairs of items. */
static double
rand_reference (const PleLabels *a, const PleLabels *b)
{
  double both = 0, in_a = 0, in_b = 0, all = 0;

  for (size_t i = 0; i < a->n; i++)
    for (size_t j = 0; j < i; j++)
      {
        both += a->data[i] == a->data[j] && b->data[i] == b->data[j];
        in_a += a->data[i] == a->data[j];
        in_b += b->data[i] == b->data[j];
        all++;
      }
  return (both - in_a * in_b / all) / ((in_a + in_b) / 2 - in_a * in_b / all);
}

static void
assert_all (const PleMetrics *metrics, double accuracy, double scores)
{
  g_assert_cmpfloat (metrics->accuracy, ==, accuracy);
  g_assert_cmpfloat (metrics->nmi, ==, scores);
  g_assert_cmpfloat (metrics->nmi_geometric, ==, scores);
  g_assert_cmpfloat (metrics->ami, ==, scores);
  g_assert_cmpfloat (metrics->ari, ==, scores);
}

static void
test_rand_equals_all_pairs (void)
{
  for (guint64 seed = 0; seed < 10; seed++)
    {
      g_autoptr (PleLabels) truth = random_labels (120, 2 + seed, seed);
      g_autoptr (PleLabels) predicted = random_labels (120, 9 - seed % 6, 100 + seed);
      PleMetrics metrics;

      /* Half of the items right. */
      for (size_t i = 0; i < 60; i++)
        predicted->data[i] = truth->data[i];
      ple_metrics_compute (truth, predicted, 0, &metrics, NULL);
      g_assert_cmpfloat_with_epsilon (metrics.ari, rand_reference (truth, predicted), 1e-12);
    }
}

/* Names of groups do not matter, nor which side is the truth (but for accuracy). */
static void
test_permutation_and_symmetry (void)
{
  g_autoptr (PleLabels) truth = random_labels (400, 7, 1);
  g_autoptr (PleLabels) predicted = random_labels (400, 10, 2);
  g_autoptr (PleLabels) renamed = ple_labels_new (400);
  PleMetrics metrics, again, turned;
  gint32 match[10], renamed_match[40];

  for (size_t i = 0; i < 200; i++)
    predicted->data[i] = truth->data[i] + 2;
  for (size_t i = 0; i < 400; i++)
    renamed->data[i] = 39 - 3 * predicted->data[i];
  ple_metrics_compute (truth, predicted, 10, &metrics, match);
  ple_metrics_compute (truth, renamed, 0, &again, renamed_match);
  ple_metrics_compute (predicted, truth, 0, &turned, NULL);
  g_assert_cmpfloat (metrics.accuracy, ==, again.accuracy);
  g_assert_cmpfloat_with_epsilon (metrics.nmi, again.nmi, 1e-14);
  g_assert_cmpfloat_with_epsilon (metrics.ami, again.ami, 1e-12);
  g_assert_cmpfloat_with_epsilon (metrics.ari, again.ari, 1e-14);
  g_assert_cmpfloat_with_epsilon (metrics.nmi, turned.nmi, 1e-14);
  g_assert_cmpfloat_with_epsilon (metrics.ami, turned.ami, 1e-12);
  g_assert_cmpfloat_with_epsilon (metrics.ari, turned.ari, 1e-14);
  for (gint32 j = 0; j < 10; j++)
    g_assert_cmpint (match[j], ==, renamed_match[39 - 3 * j]);
  for (gint32 c = 0; c < 7; c++)
    g_assert_cmpint (match[c + 2], ==, c);
  g_assert_cmpuint (again.n_clusters, ==, 40);
  g_assert_cmpuint (again.n_active_clusters, ==, 10);
  g_assert_cmpuint (again.n_empty_clusters, ==, 30);
}

static void
test_without_truth (void)
{
  static const gint32 values[] = { 0, 0, 0, 2, 2, -1 };
  static const gint32 partly[] = { 0, -1, 0, 1, -1, 1 };
  g_autoptr (PleLabels) predicted = labels_of (6, values);
  g_autoptr (PleLabels) truth = labels_of (6, partly);
  g_autoptr (PleLabels) unknown = ple_labels_new (6);
  g_autoptr (PleLabels) none = ple_labels_new (0);
  PleMetrics metrics;

  ple_metrics_compute (NULL, predicted, 4, &metrics, NULL);
  g_assert_true (isnan (metrics.accuracy) && isnan (metrics.nmi) && isnan (metrics.ami) &&
                 isnan (metrics.ari));
  g_assert_cmpuint (metrics.n_samples, ==, 6);
  g_assert_cmpuint (metrics.n_clusters, ==, 4);
  g_assert_cmpuint (metrics.n_active_clusters, ==, 2);
  g_assert_cmpuint (metrics.n_noise, ==, 1);
  g_assert_cmpfloat (metrics.size_mean, ==, 2.5);
  g_assert_cmpfloat (metrics.size_deviation, ==, 0.5);
  g_assert_cmpfloat (metrics.size_min, ==, 2);
  g_assert_cmpfloat (metrics.size_max, ==, 3);
  g_assert_cmpfloat_with_epsilon (metrics.balance, -(0.6 * log (0.6) + 0.4 * log (0.4)) / log (4),
                                  1e-12);
  /* Only items with a true label count. */
  ple_metrics_compute (truth, predicted, 0, &metrics, NULL);
  g_assert_cmpuint (metrics.n_samples, ==, 4);
  g_assert_cmpfloat (metrics.accuracy, ==, 0.75);
  ple_metrics_compute (unknown, predicted, 0, &metrics, NULL);
  g_assert_true (isnan (metrics.accuracy));
  g_assert_cmpuint (metrics.n_samples, ==, 0);
  ple_metrics_compute (none, none, 0, &metrics, NULL);
  g_assert_true (isnan (metrics.accuracy));
}

/* Labels up to 2^31: no table as large as they are. */
static void
test_wild_labels (void)
{
  static const gint32 wild[] = { 0, G_MAXINT32, 7, G_MAXINT32, 0, 7 };
  g_autoptr (PleLabels) labels = labels_of (6, wild);
  PleMetrics metrics;

  ple_metrics_compute (labels, labels, 0, &metrics, NULL);
  assert_all (&metrics, 1, 1);
  g_assert_cmpuint (metrics.n_active_clusters, ==, 3);
}

static void
test_many_moves (void)
{
  g_autoptr (PleLabels) truth = random_labels (300, 6, 1);
  g_autoptr (PleLabels) predicted = random_labels (300, 5, 2);
  g_autoptr (PleConfusion) confusion = NULL;
  PleRng rng;

  truth->data[10] = -1;
  predicted->data[11] = -1;
  confusion = ple_confusion_new (truth, predicted, 8, 9);
  g_assert_cmpuint (confusion->n_classes, ==, 8);
  g_assert_cmpuint (confusion->n_clusters, ==, 9);
  ple_rng_init (&rng, 3);
  for (int step = 0; step < 500; step++)
    {
      size_t i = (size_t) ple_rng_below (&rng, 300);
      gint32 to = (gint32) ple_rng_below (&rng, 10) - 1;

      ple_confusion_move (confusion, truth->data[i], predicted->data[i], to);
      predicted->data[i] = to;
      if (step % 50 == 0)
        {
          g_autoptr (PleConfusion) fresh = ple_confusion_new (truth, predicted, 8, 9);
          PleMetrics metrics, expected;
          gint32 match[9], expected_match[9];

          g_assert_cmpmem (confusion->counts, 80 * 8, fresh->counts, 80 * 8);
          g_assert_cmpuint (confusion->n_noise, ==, fresh->n_noise);
          ple_metrics_from_confusion (confusion, &metrics, match);
          ple_metrics_compute (truth, predicted, 9, &expected, expected_match);
          g_assert_cmpmem (&metrics, sizeof metrics, &expected, sizeof expected);
          g_assert_cmpmem (match, sizeof match, expected_match, sizeof expected_match);
        }
    }
}

static void
test_json (void)
{
  g_autoptr (PleLabels) labels = random_labels (50, 3, 1);
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *text = NULL;
  PleMetrics metrics;

  ple_metrics_compute (labels, labels, 4, &metrics, NULL);
  ple_metrics_to_json (&metrics, object);
  json_node_set_object (node, object);
  text = ple_json_to_text (node, 0);
  g_assert_cmpstr (text, ==,
                   "{\"accuracy\": 1.0, \"accuracy_many_to_one\": 1.0, \"nmi\": 1.0, "
                   "\"nmi_geometric\": 1.0, \"ari\": 1.0, \"ami\": 1.0, \"num_samples\": 50, "
                   "\"num_clusters\": 4, \"num_active_clusters\": 3, \"num_empty_clusters\": 1, "
                   "\"num_noise\": 0}");
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
  g_test_add_func ("/evaluate/metrics/rand-equals-all-pairs", test_rand_equals_all_pairs);
  g_test_add_func ("/evaluate/metrics/permutation-and-symmetry", test_permutation_and_symmetry);
  g_test_add_func ("/evaluate/metrics/without-truth", test_without_truth);
  g_test_add_func ("/evaluate/metrics/wild-labels", test_wild_labels);
  g_test_add_func ("/evaluate/metrics/many-moves", test_many_moves);
  g_test_add_func ("/evaluate/metrics/json", test_json);
  return g_test_run ();
}
