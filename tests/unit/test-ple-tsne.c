/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-json.h"
#include "base/ple-rng.h"
#include "embed/ple-embedding.h"
#include "linalg/ple-linalg.h"

#include <math.h>

static PleMatrix *
noise (size_t n, size_t d, guint64 seed)
{
  PleMatrix *features = ple_matrix_new (n, d, NULL);
  PleRng rng;

  ple_rng_init (&rng, seed);
  ple_rng_fill_normal (&rng, features->data, n * d, 1);
  return features;
}

static PleMatrix *
run (const PleMatrix *features, const char *settings, JsonObject *quality, PleProgress *progress)
{
  const PleEmbedding *tsne = ple_embedding_find ("tsne", NULL);
  g_autoptr (PleParams) params = ple_params_new (tsne->params, tsne->params_size);
  g_auto (GStrv) pairs = g_strsplit (settings, " ", -1);
  g_autoptr (GError) error = NULL;
  PleMatrix *xy;

  for (size_t i = 0; pairs[i] != NULL; i++)
    {
      g_auto (GStrv) pair = g_strsplit (pairs[i], "=", 2);

      g_assert_true (ple_params_set (params, pair[0], pair[1], NULL));
    }
  xy = tsne->run (features, ple_params_get_struct (params), 42, quality, progress, &error);
  g_assert_no_error (error);
  return xy;
}

static double
squared (const float *a, const float *b, size_t d)
{
  double sum = 0;

  for (size_t f = 0; f < d; f++)
    sum += pow ((double) a[f] - (double) b[f], 2);
  return sum;
}

static int
compare_doubles (gconstpointer a, gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

/* KL(P || Q) from the definitions: every step in double, by plain bisection over all pairs. */
static double
divergence_reference (const PleMatrix *x, const PleMatrix *xy, double perplexity)
{
  size_t n = x->n_rows, k = (size_t) (3 * perplexity);
  g_autofree double *p = g_new0 (double, n *n);
  g_autofree double *sorted = g_new (double, n);
  double z = 0, kl = 0;

  for (size_t i = 0; i < n; i++)
    {
      double low = 0, high = 1e6, sum = 0;

      for (size_t j = 0; j < n; j++)
        sorted[j] = j == i ? (double) INFINITY
                           : squared (ple_matrix_row (x, i), ple_matrix_row (x, j), x->n_cols);
      qsort (sorted, n, sizeof *sorted, compare_doubles);
      for (int step = 0; step < 100; step++)
        {
          double beta = (low + high) / 2, mean = 0;

          sum = 0;
          for (size_t a = 0; a < k; a++)
            {
              sum += exp (-beta * sorted[a]);
              mean += sorted[a] * exp (-beta * sorted[a]);
            }
          if (sum > 0 && log (sum) + beta * mean / sum > log (perplexity))
            low = beta;
          else
            high = beta;
        }
      for (size_t j = 0; j < n; j++)
        {
          double distance = squared (ple_matrix_row (x, i), ple_matrix_row (x, j), x->n_cols);

          if (j != i && distance <= sorted[k - 1])
            p[i * n + j] = exp (-low * distance) / sum;
          if (j != i)
            z += 1 / (1 + squared (ple_matrix_row (xy, i), ple_matrix_row (xy, j), 2));
        }
    }
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++)
      {
        double joint = (p[i * n + j] + p[j * n + i]) / (2 * (double) n);

        if (joint > 0)
          kl += joint *
                log (joint * z * (1 + squared (ple_matrix_row (xy, i), ple_matrix_row (xy, j), 2)));
      }
  return kl;
}

static void
test_reported_divergence_is_the_true_one (void)
{
  g_autoptr (PleMatrix) features = noise (300, 8, 1);
  g_autoptr (JsonObject) quality = json_object_new ();
  g_autoptr (PleMatrix) xy = run (features, "perplexity=10 n_iter=200", quality, NULL);

  g_assert_cmpfloat_with_epsilon (ple_json_get_double (quality, "kl_divergence", -1),
                                  divergence_reference (features, xy, 10), 1e-3);
  g_assert_cmpstr (ple_json_get_string (quality, "kl_normaliser", ""), ==, "exact");
  g_assert_cmpint (ple_json_get_int (quality, "n_iterations", 0), ==, 200);
}

/* Each length has a schedule of its own and so may end in another minimum, one in a hundred worse
 * at most; but eight times the iterations fit better. */
static void
test_more_iterations_fit_better (void)
{
  g_autoptr (PleMatrix) features = noise (400, 10, 2);
  double first = NAN, best = INFINITY, kl = NAN;

  for (int n = 100; n <= 800; n *= 2)
    {
      g_autofree char *settings = g_strdup_printf ("num_iterations=%d", n);
      g_autoptr (JsonObject) quality = json_object_new ();
      g_autoptr (PleMatrix) xy = run (features, settings, quality, NULL);

      kl = ple_json_get_double (quality, "kl_divergence", -1);
      g_assert_cmpfloat (kl, <, 1.01 * best);
      best = MIN (best, kl);
      if (isnan (first))
        first = kl;
    }
  g_assert_cmpfloat (kl, <, first);
}

/* 3 100 points take the FFT, 2 900 all pairs: on the same kind of points both end alike. */
static void
test_both_repulsions_end_alike (void)
{
  g_autoptr (PleMatrix) many = noise (3100, 5, 3);
  g_autoptr (PleMatrix) few = ple_matrix_new_rows (many, 0, 2900);
  g_autoptr (JsonObject) by_fft = json_object_new ();
  g_autoptr (JsonObject) by_pairs = json_object_new ();
  g_autoptr (PleMatrix) xy_many = run (many, "num_iterations=150 perplexity=10", by_fft, NULL);
  g_autoptr (PleMatrix) xy_few = run (few, "num_iterations=150 perplexity=10", by_pairs, NULL);

  g_assert_cmpfloat_with_epsilon (ple_json_get_double (by_fft, "kl_divergence", -1) /
                                      ple_json_get_double (by_pairs, "kl_divergence", -2),
                                  1, 0.05);
}

static void
test_moving_the_features_changes_nothing (void)
{
  g_autoptr (PleMatrix) features = noise (200, 6, 4);
  g_autoptr (PleMatrix) moved = ple_matrix_copy (features, NULL);
  g_autoptr (JsonObject) one = json_object_new ();
  g_autoptr (JsonObject) other = json_object_new ();
  g_autoptr (PleMatrix) xy_one = NULL;
  g_autoptr (PleMatrix) xy_other = NULL;

  /* Turned by a right angle in the first plane, and shifted: round-off apart, the same distances.
   */
  for (size_t i = 0; i < 200; i++)
    {
      float *row = ple_matrix_row (moved, i), first = row[0];

      row[0] = -row[1] + 4;
      row[1] = first - 2;
    }
  xy_one = run (features, "num_iterations=500 perplexity=10", one, NULL);
  xy_other = run (moved, "num_iterations=500 perplexity=10", other, NULL);
  /* Round-off grows to another optimum, of nearly the same depth. */
  g_assert_cmpfloat_with_epsilon (ple_json_get_double (one, "kl_divergence", -1),
                                  ple_json_get_double (other, "kl_divergence", -2), 0.05);
}

typedef struct
{
  PleProgress *progress;
  guint n_values;
  double last;
} Listener;

static void
on_value (gpointer data, const char *series, double x, double y)
{
  Listener *listener = data;

  g_assert_cmpstr (series, ==, "kl_divergence");
  listener->last = y;
  if (++listener->n_values == 2)
    ple_progress_request_stop (listener->progress);
}

static const PleProgressSink sink = { .value = on_value };

static void
test_stop_ends_at_the_next_iteration (void)
{
  Listener listener = { 0 };
  g_autoptr (PleProgress) progress = ple_progress_new (&sink, &listener, 2);
  g_autoptr (PleMatrix) features = noise (300, 6, 5);
  g_autoptr (JsonObject) quality = json_object_new ();
  g_autoptr (PleMatrix) xy = NULL;

  listener.progress = progress;
  xy = run (features, "num_iterations=5000", quality, progress);
  g_assert_nonnull (xy);
  g_assert_cmpint (ple_json_get_int (quality, "n_iterations", 0), <, 200);
  g_assert_cmpfloat (listener.last, ==, ple_json_get_double (quality, "kl_divergence", -1));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  g_test_add_func ("/embed/tsne/reported-divergence-is-the-true-one",
                   test_reported_divergence_is_the_true_one);
  g_test_add_func ("/embed/tsne/more-iterations-fit-better", test_more_iterations_fit_better);
  g_test_add_func ("/embed/tsne/both-repulsions-end-alike", test_both_repulsions_end_alike);
  g_test_add_func ("/embed/tsne/moving-the-features-changes-nothing",
                   test_moving_the_features_changes_nothing);
  g_test_add_func ("/embed/tsne/stop-ends-at-the-next-iteration",
                   test_stop_ends_at_the_next_iteration);
  return g_test_run ();
}
