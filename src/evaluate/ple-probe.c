/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "evaluate/ple-probe.h"

#include "base/ple-error.h"
#include "base/ple-rng.h"
#include "evaluate/ple-logistic-private.h"
#include "linalg/ple-knn.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* Of the training rows of each class, for the choice of the penalty. */
#define VALIDATION_SHARE 0.2

void
ple_probe_free (PleProbe *probe)
{
  if (probe == NULL)
    return;
  g_free (probe->class_totals);
  g_free (probe->class_right);
  g_free (probe);
}

void
ple_probe_split (const PleLabels *classes, double share, guint64 seed, gboolean *chosen)
{
  const size_t n_classes = ple_labels_get_n_groups (classes);
  g_autofree size_t *counts = ple_labels_count (classes, n_classes);
  g_autofree size_t *wanted = g_new (size_t, n_classes);
  g_autofree guint32 *order = g_new (guint32, classes->n);
  PleRng rng;

  ple_rng_init (&rng, seed);
  for (size_t c = 0; c < n_classes; c++)
    wanted[c] = MIN (MAX ((size_t) (share * (double) counts[c] + 0.5), counts[c] > 1),
                     counts[c] > 0 ? counts[c] - 1 : 0);
  for (size_t i = 0; i < classes->n; i++)
    {
      order[i] = (guint32) i;
      chosen[i] = FALSE;
    }
  ple_rng_shuffle (&rng, order, classes->n);
  for (size_t i = 0; i < classes->n; i++)
    {
      const gint32 c = classes->data[order[i]];

      if (c >= 0 && wanted[c] > 0)
        {
          wanted[c]--;
          chosen[order[i]] = TRUE;
        }
    }
}

/* Rows with a class, and with @held == @want_held where @held is given. (transfer full) */
static guint32 *
list_rows (const PleLabels *classes, const gboolean *held, gboolean want_held, size_t *n)
{
  guint32 *rows = g_new (guint32, MAX (classes->n, 1));

  *n = 0;
  for (size_t i = 0; i < classes->n; i++)
    if (classes->data[i] >= 0 && (held == NULL || held[i] == want_held))
      rows[(*n)++] = (guint32) i;
  return rows;
}

static gboolean
check (const PleProbeData *data, GError **error)
{
  if (data->train->n_rows != data->train_classes->n ||
      data->test->n_rows != data->test_classes->n || data->train->n_cols != data->test->n_cols)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE,
                   _ ("training features (%zu, %zu) with %zu classes and test features (%zu, %zu) "
                      "with %zu do not fit together"),
                   data->train->n_rows, data->train->n_cols, data->train_classes->n,
                   data->test->n_rows, data->test->n_cols, data->test_classes->n);
      return FALSE;
    }
  return ple_matrix_check_finite (data->train, _ ("the training features"), error) &&
         ple_matrix_check_finite (data->test, _ ("the test features"), error);
}

static PleProbe *
probe_new (const PleProbeData *data)
{
  PleProbe *probe = g_new0 (PleProbe, 1);

  probe->n_classes = MAX (ple_labels_get_n_groups (data->train_classes),
                          ple_labels_get_n_groups (data->test_classes));
  probe->train_accuracy = NAN;
  probe->test_accuracy = NAN;
  probe->class_totals = g_new0 (size_t, probe->n_classes);
  probe->class_right = g_new0 (size_t, probe->n_classes);
  return probe;
}

static size_t
count_right (const PleLabels *classes, const gint32 *predicted)
{
  size_t right = 0;

  for (size_t i = 0; i < classes->n; i++)
    right += classes->data[i] == predicted[i];
  return right;
}

/* @predicted: (n_test) of the rows with a class */
static void
score_test (PleProbe *probe, const PleLabels *classes, const gint32 *predicted)
{
  probe->n_test = classes->n;
  for (size_t i = 0; i < classes->n; i++)
    {
      probe->class_totals[classes->data[i]]++;
      probe->class_right[classes->data[i]] += classes->data[i] == predicted[i];
    }
  if (classes->n > 0)
    probe->test_accuracy = (double) count_right (classes, predicted) / (double) classes->n;
}

/* Copies of some rows, centred and scaled alike, with their classes. */
typedef struct
{
  PleMatrix *x;
  PleLabels *classes;
} Rows;

static void
rows_clear (Rows *rows)
{
  g_clear_pointer (&rows->x, ple_matrix_unref);
  g_clear_pointer (&rows->classes, ple_labels_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Rows, rows_clear)

static gboolean
rows_take (Rows *rows,
           const PleMatrix *x,
           const PleLabels *classes,
           const gboolean *held,
           gboolean want_held,
           GError **error)
{
  size_t n;
  g_autofree guint32 *chosen = list_rows (classes, held, want_held, &n);

  rows->x = ple_matrix_take (x, chosen, n, error);
  rows->classes = ple_labels_take (classes, chosen, n);
  return rows->x != NULL;
}

/* What centres the training rows and makes their mean squared length one, done to @others as well.
 */
static void
standardise (Rows *rows, Rows *others)
{
  const size_t n = rows->x->n_rows;
  const size_t d = rows->x->n_cols;
  g_autofree double *mean = g_new0 (double, d);
  double squares = 0, scale;

  for (size_t i = 0; i < n; i++)
    for (size_t f = 0; f < d; f++)
      mean[f] += (double) ple_matrix_row (rows->x, i)[f] / (double) n;
  for (size_t i = 0; i < n; i++)
    for (size_t f = 0; f < d; f++)
      squares += pow ((double) ple_matrix_row (rows->x, i)[f] - mean[f], 2) / (double) n;
  scale = squares > 0 ? 1 / sqrt (squares) : 1;
  for (int side = 0; side < 2; side++)
    {
      PleMatrix *x = side == 0 ? rows->x : others->x;

      for (size_t i = 0; i < x->n_rows; i++)
        for (size_t f = 0; f < d; f++)
          ple_matrix_row (x, i)[f] =
              (float) (((double) ple_matrix_row (x, i)[f] - mean[f]) * scale);
    }
}

static gboolean
predict_right (const PleLogistic *model,
               const Rows *rows,
               gint32 *predicted,
               size_t *right,
               PleProgress *progress,
               GError **error)
{
  if (!ple_logistic_predict (model, rows->x, predicted, progress, error))
    return FALSE;
  *right = count_right (rows->classes, predicted);
  return TRUE;
}

/* The penalty whose model does best on the held-out fifth of the training rows; the larger among
 * equals. */
static gboolean
choose_penalty (const Rows *train,
                size_t n_classes,
                const double *penalties,
                size_t n_penalties,
                size_t max_iterations,
                guint64 seed,
                double *chosen,
                PleProgress *progress,
                GError **error)
{
  g_autofree gboolean *held = g_new (gboolean, train->classes->n);
  g_autofree gint32 *predicted = g_new (gint32, train->classes->n);
  g_autoptr (PleLogistic) model = ple_logistic_new (n_classes, train->x->n_cols);
  g_auto (Rows) fitting = { NULL, NULL };
  g_auto (Rows) deciding = { NULL, NULL };
  size_t best = 0;

  ple_probe_split (train->classes, VALIDATION_SHARE, seed, held);
  if (!rows_take (&fitting, train->x, train->classes, held, FALSE, error) ||
      !rows_take (&deciding, train->x, train->classes, held, TRUE, error))
    return FALSE;
  *chosen = penalties[0];
  for (size_t p = 0; p < n_penalties; p++)
    {
      g_autoptr (PleProgress) stage =
          ple_progress_new_stage (progress, NULL, (double) p / (double) n_penalties,
                                  (double) (p + 1) / (double) n_penalties);
      size_t right;

      if (!ple_logistic_fit (model, fitting.x, fitting.classes->data, penalties[p], max_iterations,
                             stage, error) ||
          !predict_right (model, &deciding, predicted, &right, stage, error))
        return FALSE;
      if (p == 0 || right > best || (right == best && penalties[p] > *chosen))
        {
          best = right;
          *chosen = penalties[p];
        }
    }
  return TRUE;
}

static gboolean
has_two_classes (const PleLabels *classes)
{
  for (size_t i = 1; i < classes->n; i++)
    if (classes->data[i] != classes->data[0])
      return TRUE;
  return FALSE;
}

PleProbe *
ple_probe_logistic (const PleProbeData *data,
                    const double *penalties,
                    size_t n_penalties,
                    size_t max_iterations,
                    guint64 seed,
                    PleProgress *progress,
                    GError **error)
{
  g_autoptr (PleProbe) probe = probe_new (data);
  g_autoptr (PleProgress) choosing = ple_progress_new_stage (progress, _ ("Penalty"), 0, 0.8);
  g_autoptr (PleProgress) fitting =
      ple_progress_new_stage (progress, _ ("Logistic regression"), 0.8, 1);
  g_autoptr (PleLogistic) model = ple_logistic_new (probe->n_classes, data->train->n_cols);
  g_autofree gint32 *predicted = g_new (gint32, MAX (data->train->n_rows, data->test->n_rows) + 1);
  g_auto (Rows) train = { NULL, NULL };
  g_auto (Rows) test = { NULL, NULL };
  size_t right;

  g_return_val_if_fail (n_penalties > 0, NULL);
  if (!check (data, error) ||
      !rows_take (&train, data->train, data->train_classes, NULL, FALSE, error) ||
      !rows_take (&test, data->test, data->test_classes, NULL, FALSE, error))
    return NULL;
  if (!has_two_classes (train.classes))
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW,
                   _ ("a probe needs training rows of at least two classes"));
      return NULL;
    }
  standardise (&train, &test);
  probe->penalty = penalties[0];
  if (n_penalties > 1 && !choose_penalty (&train, probe->n_classes, penalties, n_penalties,
                                          max_iterations, seed, &probe->penalty, choosing, error))
    return NULL;
  if (!ple_logistic_fit (model, train.x, train.classes->data, probe->penalty, max_iterations,
                         fitting, error) ||
      !predict_right (model, &train, predicted, &right, fitting, error))
    return NULL;
  probe->n_train = train.classes->n;
  probe->train_accuracy = (double) right / (double) probe->n_train;
  probe->n_iterations = model->n_iterations;
  probe->converged = model->converged;
  if (!predict_right (model, &test, predicted, &right, fitting, error))
    return NULL;
  score_test (probe, test.classes, predicted);
  return g_steal_pointer (&probe);
}

PleProbe *
ple_probe_knn (
    const PleProbeData *data, size_t k, double temperature, PleProgress *progress, GError **error)
{
  g_autoptr (PleProbe) probe = probe_new (data);
  g_auto (Rows) train = { NULL, NULL };
  g_auto (Rows) test = { NULL, NULL };
  g_autofree gint32 *neighbours = NULL;
  g_autofree float *distances = NULL;
  g_autofree gint32 *predicted = NULL;
  g_autofree double *votes = g_new (double, probe->n_classes);

  if (!check (data, error) ||
      !rows_take (&train, data->train, data->train_classes, NULL, FALSE, error) ||
      !rows_take (&test, data->test, data->test_classes, NULL, FALSE, error))
    return NULL;
  if (k > train.x->n_rows)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW,
                   _ ("%zu neighbours cannot be had of %zu training rows"), k, train.x->n_rows);
      return NULL;
    }
  probe->n_train = train.x->n_rows;
  neighbours = g_new (gint32, test.x->n_rows * k + 1);
  distances = g_new (float, test.x->n_rows *k + 1);
  predicted = g_new (gint32, test.x->n_rows + 1);
  if (!ple_knn_query (train.x, test.x, k, PLE_METRIC_COSINE, neighbours, distances, progress,
                      error))
    return NULL;
  for (size_t i = 0; i < test.x->n_rows; i++)
    {
      memset (votes, 0, probe->n_classes * sizeof *votes);
      for (size_t j = 0; j < k; j++)
        votes[train.classes->data[neighbours[i * k + j]]] +=
            exp ((double) (distances[i * k] - distances[i * k + j]) / temperature);
      predicted[i] = 0;
      for (size_t c = 1; c < probe->n_classes; c++)
        if (votes[c] > votes[predicted[i]])
          predicted[i] = (gint32) c;
    }
  score_test (probe, test.classes, predicted);
  return g_steal_pointer (&probe);
}
