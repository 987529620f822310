/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "curate/ple-pseudo-labels.h"

#include "base/ple-error.h"
#include "ple-test.h"

#include <math.h>

#define N 400
#define D 6
#define C 7
#define K 5

typedef struct
{
  PleMatrix *features;
  PleMatrix *centres;
  PleLabels *assignments;
  PleLabels *truth;
} Fixture;

/* Cluster C-1 is never used; some items are in none or have no class. */
static void
set_up (Fixture *fixture, gconstpointer data)
{
  PleRng rng;

  ple_rng_init (&rng, 11);
  fixture->features = ple_test_random_matrix (N, D, 1);
  fixture->centres = ple_test_random_matrix (C, D, 2);
  fixture->assignments = ple_labels_new (N);
  fixture->truth = ple_labels_new (N);
  for (size_t i = 0; i < N; i++)
    {
      fixture->assignments->data[i] = (gint32) ple_rng_below (&rng, C) - 1;
      fixture->truth->data[i] = (gint32) ple_rng_below (&rng, 4) - 1;
    }
  /* Equal rows: ties. */
  for (size_t f = 0; f < D; f++)
    ple_matrix_row (fixture->features, 9)[f] = ple_matrix_row (fixture->features, 3)[f];
  fixture->assignments->data[9] = fixture->assignments->data[3] = 2;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ple_matrix_unref (fixture->features);
  ple_matrix_unref (fixture->centres);
  ple_labels_unref (fixture->assignments);
  ple_labels_unref (fixture->truth);
}

static double
cosine (const float *a, const float *b)
{
  double ab = 0, aa = 0, bb = 0;

  for (size_t f = 0; f < D; f++)
    {
      ab += (double) a[f] * (double) b[f];
      aa += (double) a[f] * (double) a[f];
      bb += (double) b[f] * (double) b[f];
    }
  return ab / sqrt (aa * bb);
}

/* The definition, word by word: sort all members, count all classes. */
static void
check_reference (Fixture *fixture, const PlePseudoLabels *labels)
{
  for (gint32 j = 0; j < C; j++)
    {
      gboolean taken[N] = { FALSE };
      size_t counts[4] = { 0 }, n_votes = 0;
      gint32 best = -1;

      for (size_t place = 0; place < K; place++)
        {
          gint32 nearest = -1;

          for (size_t i = 0; i < N; i++)
            if (fixture->assignments->data[i] == j && !taken[i] &&
                (nearest < 0 || cosine (ple_matrix_row (fixture->features, i),
                                        ple_matrix_row (fixture->centres, (size_t) j)) >
                                    cosine (ple_matrix_row (fixture->features, (size_t) nearest),
                                            ple_matrix_row (fixture->centres, (size_t) j))))
              nearest = (gint32) i;
          g_assert_cmpint (labels->nearest[(size_t) j * K + place], ==, nearest);
          if (nearest < 0)
            continue;
          taken[nearest] = TRUE;
          if (fixture->truth->data[nearest] >= 0)
            {
              counts[fixture->truth->data[nearest]]++;
              n_votes++;
            }
        }
      for (gint32 class = 0; class < 4; class ++)
        if (counts[class] > (best < 0 ? 0 : counts[best]))
          best = class;
      g_assert_cmpint (labels->cluster_label[j], ==, best);
      g_assert_cmpfloat_with_epsilon ((double) labels->cluster_confidence[j],
                                      best < 0 ? 0 : (double) counts[best] / (double) n_votes,
                                      1e-6);
    }
}

static void
test_definition (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PlePseudoLabels) labels =
      ple_pseudo_labels_new (fixture->features, fixture->centres, fixture->assignments,
                             fixture->truth, NULL, K, NULL, &error);

  g_assert_no_error (error);
  check_reference (fixture, labels);
  for (size_t i = 0; i < N; i++)
    {
      gint32 cluster = fixture->assignments->data[i];
      double expected = 0;

      g_assert_cmpint (labels->labels->data[i], ==,
                       cluster < 0 ? -1 : labels->cluster_label[cluster]);
      if (cluster >= 0)
        expected = sqrt ((double) labels->cluster_confidence[cluster] *
                         (cosine (ple_matrix_row (fixture->features, i),
                                  ple_matrix_row (fixture->centres, (size_t) cluster)) +
                          1) /
                         2);
      g_assert_cmpfloat_with_epsilon ((double) labels->confidence[i], expected, 1e-6);
    }
}

static void
test_names_take_the_votes_place (Fixture *fixture, gconstpointer data)
{
  const gint32 names[C] = { -1, 17, -1, -1, -1, -1, 5 };
  g_autoptr (PlePseudoLabels) voted =
      ple_pseudo_labels_new (fixture->features, fixture->centres, fixture->assignments,
                             fixture->truth, NULL, K, NULL, NULL);
  g_autoptr (PlePseudoLabels) both =
      ple_pseudo_labels_new (fixture->features, fixture->centres, fixture->assignments,
                             fixture->truth, names, K, NULL, NULL);
  g_autoptr (PlePseudoLabels) named = ple_pseudo_labels_new (
      fixture->features, fixture->centres, fixture->assignments, NULL, names, K, NULL, NULL);

  g_assert_cmpint (both->cluster_label[1], ==, 17);
  g_assert_cmpfloat ((double) both->cluster_confidence[1], ==, 1);
  g_assert_cmpint (both->cluster_label[2], ==, voted->cluster_label[2]);
  g_assert_cmpint (named->cluster_label[1], ==, 17);
  g_assert_cmpint (named->cluster_label[2], ==, -1);
  g_assert_cmpfloat ((double) named->cluster_confidence[2], ==, 0);
  /* A name does not make an empty cluster used. */
  g_assert_cmpint (named->cluster_label[C - 1], ==, -1);
}

/* The mapping of the training is all that the test split sees. */
static void
test_split_for_test_is_leak_free (Fixture *fixture, gconstpointer data)
{
  static const gint32 assignments[] = { 0, 6, -1, 3, 99 };
  g_autoptr (PleLabels) clusters = ple_labels_new_from (assignments, G_N_ELEMENTS (assignments));
  g_autoptr (PlePseudoLabels) train =
      ple_pseudo_labels_new (fixture->features, fixture->centres, fixture->assignments,
                             fixture->truth, NULL, K, NULL, NULL);
  g_autoptr (PlePseudoLabels) test = ple_pseudo_labels_new_for_test (train, clusters);

  g_assert_cmpint (test->labels->data[0], ==, train->cluster_label[0]);
  g_assert_cmpint (test->labels->data[1], ==, -1);
  g_assert_cmpint (test->labels->data[2], ==, -1);
  g_assert_cmpint (test->labels->data[3], ==, train->cluster_label[3]);
  g_assert_cmpint (test->labels->data[4], ==, -1);
  g_assert_cmpfloat ((double) test->confidence[0], ==, (double) train->cluster_confidence[0]);
  g_assert_cmpfloat ((double) test->confidence[2], ==, 0);
}

static void
test_one_thread_equals_eight (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleProgress) one = ple_progress_new (NULL, NULL, 1);
  g_autoptr (PleProgress) eight = ple_progress_new (NULL, NULL, 8);
  g_autoptr (PlePseudoLabels) a =
      ple_pseudo_labels_new (fixture->features, fixture->centres, fixture->assignments,
                             fixture->truth, NULL, K, one, NULL);
  g_autoptr (PlePseudoLabels) b =
      ple_pseudo_labels_new (fixture->features, fixture->centres, fixture->assignments,
                             fixture->truth, NULL, K, eight, NULL);

  g_assert_cmpmem (a->confidence, N * sizeof (float), b->confidence, N * sizeof (float));
  g_assert_cmpmem (a->nearest, C * K * sizeof (gint32), b->nearest, C * K * sizeof (gint32));
}

static void
test_errors (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleLabels) fewer = ple_labels_new (3);
  g_autoptr (PleProgress) cancelled = ple_test_cancelled ();
  g_autoptr (GError) error = NULL;

  g_assert_null (ple_pseudo_labels_new (fixture->features, fixture->centres, fewer, NULL, NULL, K,
                                        NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE);
  g_clear_error (&error);
  g_assert_null (ple_pseudo_labels_new (fixture->features, fixture->centres, fixture->assignments,
                                        NULL, NULL, K, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  fixture->features->data[7] = NAN;
  g_assert_null (ple_pseudo_labels_new (fixture->features, fixture->centres, fixture->assignments,
                                        NULL, NULL, K, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NOT_FINITE);
}

static void
test_nothing (void)
{
  g_autoptr (PleMatrix) features = ple_matrix_new (0, D, NULL);
  g_autoptr (PleMatrix) centres = ple_matrix_new (0, D, NULL);
  g_autoptr (PleLabels) none = ple_labels_new (0);
  g_autoptr (PlePseudoLabels) labels =
      ple_pseudo_labels_new (features, centres, none, none, NULL, 10, NULL, NULL);

  g_assert_nonnull (labels);
  g_assert_cmpuint (labels->labels->n, ==, 0);
  g_assert_cmpuint (labels->n_clusters, ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
  g_test_add ("/curate/pseudo-labels/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("definition", test_definition);
  ADD ("names-take-the-votes-place", test_names_take_the_votes_place);
  ADD ("test-split-is-leak-free", test_split_for_test_is_leak_free);
  ADD ("one-thread-equals-eight", test_one_thread_equals_eight);
  ADD ("errors", test_errors);
  g_test_add_func ("/curate/pseudo-labels/nothing", test_nothing);
  return g_test_run ();
}
