/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "evaluate/ple-probe.h"

#include "base/ple-error.h"
#include "evaluate/ple-logistic-private.h"
#include "linalg/ple-linalg.h"
#include "ple-test.h"

#include <math.h>
#include <string.h>

#define N 400
#define D 5
#define C 3

/* Three overlapping clouds: no line separates them all. */
static void
make (PleMatrix **x, PleLabels **classes, guint64 seed)
{
  *x = ple_test_random_matrix (N, D, seed);
  *classes = ple_labels_new (N);
  for (size_t i = 0; i < N; i++)
    {
      (*classes)->data[i] = (gint32) (i % C);
      ple_matrix_row (*x, i)[i % C] += 1.5f;
    }
}

/* The gradient written down once more, in double and row by row. */
static double
largest_gradient (const PleLogistic *model,
                  const PleMatrix *x,
                  const gint32 *classes,
                  double penalty)
{
  double gradient[C][D + 1] = { { 0 } };
  double most = 0;

  for (size_t i = 0; i < N; i++)
    {
      const float *row = ple_matrix_row (x, i);
      double p[C], sum = 0;

      for (size_t c = 0; c < C; c++)
        {
          const double *w = model->weights + c * (D + 1);
          double logit = w[D];

          for (size_t f = 0; f < D; f++)
            logit += w[f] * (double) row[f];
          sum += p[c] = exp (logit);
        }
      for (size_t c = 0; c < C; c++)
        for (size_t f = 0; f <= D; f++)
          gradient[c][f] +=
              (p[c] / sum - ((size_t) classes[i] == c ? 1 : 0)) * (f < D ? (double) row[f] : 1) / N;
    }
  for (size_t c = 0; c < C; c++)
    for (size_t f = 0; f <= D; f++)
      most = MAX (most,
                  fabs (gradient[c][f] + (f < D ? penalty * model->weights[c * (D + 1) + f] : 0)));
  return most;
}

static void
test_reaches_the_bottom (void)
{
  static const double penalties[] = { 1, 1e-2, 1e-4 };
  g_autoptr (PleMatrix) x = NULL;
  g_autoptr (PleLabels) classes = NULL;

  make (&x, &classes, 3);
  for (size_t p = 0; p < G_N_ELEMENTS (penalties); p++)
    {
      g_autoptr (PleLogistic) one = ple_logistic_new (C, D);
      g_autoptr (PleLogistic) three = ple_logistic_new (C, D);
      g_autoptr (PleProgress) one_thread = ple_progress_new (NULL, NULL, 1);
      g_autoptr (PleProgress) three_threads = ple_progress_new (NULL, NULL, 3);
      g_autoptr (GError) error = NULL;

      g_assert_true (
          ple_logistic_fit (one, x, classes->data, penalties[p], 500, one_thread, &error));
      g_assert_no_error (error);
      g_assert_true (one->converged);
      g_assert_cmpfloat (largest_gradient (one, x, classes->data, penalties[p]), <, 1e-5);
      g_assert_true (
          ple_logistic_fit (three, x, classes->data, penalties[p], 500, three_threads, &error));
      g_assert_cmpmem (one->weights, C * (D + 1) * sizeof (double), three->weights,
                       C * (D + 1) * sizeof (double));
    }
}

static void
test_split (void)
{
  g_autoptr (PleLabels) classes = ple_labels_new (N);
  gboolean held[N], again[N], other[N];
  size_t counts[2] = { 0 };

  /* 300 of class 0, one of class 1, two of class 2, the rest without. */
  for (size_t i = 0; i < 303; i++)
    classes->data[i] = i < 300 ? 0 : i < 301 ? 1 : 2;
  ple_probe_split (classes, 0.2, 5, held);
  ple_probe_split (classes, 0.2, 5, again);
  ple_probe_split (classes, 0.2, 6, other);
  g_assert_cmpmem (held, sizeof held, again, sizeof again);
  g_assert_true (memcmp (held, other, sizeof held) != 0);
  for (size_t i = 0; i < N; i++)
    {
      g_assert_true (!held[i] || classes->data[i] == 0 || classes->data[i] == 2);
      if (held[i])
        counts[classes->data[i] / 2]++;
    }
  g_assert_cmpuint (counts[0], ==, 60);
  g_assert_cmpuint (counts[1], ==, 1);
}

static void
test_probes_of_clouds (void)
{
  static const double penalties[] = { 10, 1e-2, 1e-4 };
  g_autoptr (PleMatrix) train = NULL;
  g_autoptr (PleLabels) train_classes = NULL;
  g_autoptr (PleMatrix) test = NULL;
  g_autoptr (PleLabels) test_classes = NULL;
  g_autoptr (PleProbe) probe = NULL;
  g_autoptr (PleProbe) blind = NULL;
  g_autoptr (PleProbe) knn = NULL;
  g_autoptr (GError) error = NULL;
  PleProbeData data;
  size_t right = 0;

  make (&train, &train_classes, 3);
  make (&test, &test_classes, 4);
  train_classes->data[0] = -1;
  test_classes->data[0] = -1;
  data = (PleProbeData){ train, train_classes, test, test_classes };
  probe = ple_probe_logistic (&data, penalties, 3, 200, 1, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (probe->n_train, ==, N - 1);
  g_assert_cmpuint (probe->n_test, ==, N - 1);
  /* The best that can be had of these clouds is about 0.78. */
  g_assert_cmpfloat (probe->test_accuracy, >, 0.68);
  g_assert_cmpfloat (probe->train_accuracy, >, 0.68);
  g_assert_cmpfloat (probe->penalty, <, 10);
  for (size_t c = 0; c < C; c++)
    right += probe->class_right[c];
  g_assert_cmpfloat_with_epsilon (probe->test_accuracy, (double) right / (N - 1), 1e-12);

  knn = ple_probe_knn (&data, 20, 0.07, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (knn->test_accuracy, >, 0.55);
  g_assert_true (isnan (knn->train_accuracy));

  /* What the test rows are called changes what they score and nothing else. */
  for (size_t i = 1; i < N; i++)
    test_classes->data[i] = (gint32) (i * 7 % 11 % C);
  blind = ple_probe_logistic (&data, penalties, 3, 200, 1, NULL, &error);
  g_assert_cmpfloat (blind->penalty, ==, probe->penalty);
  g_assert_cmpfloat (blind->train_accuracy, ==, probe->train_accuracy);
  g_assert_cmpuint (blind->n_iterations, ==, probe->n_iterations);
  g_assert_cmpfloat (blind->test_accuracy, <, 0.5);
}

static void
test_bad_input (void)
{
  static const double penalties[] = { 1e-2 };
  g_autoptr (PleMatrix) x = NULL;
  g_autoptr (PleLabels) classes = NULL;
  g_autoptr (PleLabels) one_class = ple_labels_new (N);
  g_autoptr (PleLabels) fewer = ple_labels_new (N - 1);
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 1);
  g_autoptr (GError) error = NULL;
  PleProbeData data;

  make (&x, &classes, 3);
  memset (one_class->data, 0, N * sizeof (gint32));
  data = (PleProbeData){ x, one_class, x, classes };
  g_assert_null (ple_probe_logistic (&data, penalties, 1, 20, 1, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW);
  g_clear_error (&error);
  data.train_classes = fewer;
  g_assert_null (ple_probe_logistic (&data, penalties, 1, 20, 1, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE);
  g_clear_error (&error);
  data.train_classes = classes;
  g_assert_null (ple_probe_knn (&data, N + 1, 0.07, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW);
  g_clear_error (&error);
  ple_progress_cancel (progress);
  g_assert_null (ple_probe_logistic (&data, penalties, 1, 20, 1, progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  x->data[3] = NAN;
  g_assert_null (ple_probe_logistic (&data, penalties, 1, 20, 1, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NOT_FINITE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  g_test_add_func ("/evaluate/logistic/reaches-the-bottom", test_reaches_the_bottom);
  g_test_add_func ("/evaluate/probe/split", test_split);
  g_test_add_func ("/evaluate/probe/clouds", test_probes_of_clouds);
  g_test_add_func ("/evaluate/probe/bad-input", test_bad_input);
  return g_test_run ();
}
