/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores of a clustering against classes, all from the counts of the confusion matrix.
 *
 * Mutual information and entropies are in nats; their ratios do not depend on it. Noise counts as
 * one more group for the information scores and for ARI, and as mistakes for accuracy. */
#include "config.h"

#include "evaluate/ple-metrics.h"

#include "linalg/ple-hungarian.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The counts without empty rows and columns. */
typedef struct
{
  size_t n_rows;
  size_t n_cols;
  double *counts;
  double *rows;
  double *cols;
  double n;
  gint32 *cluster; /* of a row, -1 for noise */
  gint32 *class_index;
} Table;

static void
table_clear (Table *table)
{
  g_free (table->counts);
  g_free (table->rows);
  g_free (table->cols);
  g_free (table->cluster);
  g_free (table->class_index);
}

static void
table_init (Table *table, const PleConfusion *confusion)
{
  size_t n_cols = MAX (confusion->n_classes, 1);
  g_autofree guint64 *row_sums = g_new0 (guint64, confusion->n_clusters + 1);
  g_autofree guint64 *col_sums = g_new0 (guint64, n_cols);

  memset (table, 0, sizeof *table);
  table->n = (double) confusion->n;
  for (size_t i = 0; i <= confusion->n_clusters; i++)
    for (size_t j = 0; j < n_cols; j++)
      {
        row_sums[i] += confusion->counts[i * n_cols + j];
        col_sums[j] += confusion->counts[i * n_cols + j];
      }
  table->cluster = g_new (gint32, confusion->n_clusters + 1);
  table->class_index = g_new (gint32, n_cols);
  table->rows = g_new (double, confusion->n_clusters + 1);
  table->cols = g_new (double, n_cols);
  for (size_t i = 0; i <= confusion->n_clusters; i++)
    if (row_sums[i] > 0)
      {
        table->cluster[table->n_rows] = i < confusion->n_clusters ? (gint32) i : -1;
        table->rows[table->n_rows++] = (double) row_sums[i];
      }
  for (size_t j = 0; j < n_cols; j++)
    if (col_sums[j] > 0)
      {
        table->class_index[table->n_cols] = (gint32) j;
        table->cols[table->n_cols++] = (double) col_sums[j];
      }
  table->counts = g_new (double, MAX (table->n_rows * table->n_cols, 1));
  for (size_t i = 0; i < table->n_rows; i++)
    for (size_t j = 0; j < table->n_cols; j++)
      {
        size_t row = table->cluster[i] >= 0 ? (size_t) table->cluster[i] : confusion->n_clusters;

        table->counts[i * table->n_cols + j] =
            (double) confusion->counts[row * n_cols + (size_t) table->class_index[j]];
      }
}

/* Rows that are clusters: all but noise, which comes last. */
static size_t
count_cluster_rows (const Table *table)
{
  return table->n_rows > 0 && table->cluster[table->n_rows - 1] < 0 ? table->n_rows - 1
                                                                    : table->n_rows;
}

/* Accuracy */

static size_t
find_majority (const Table *table, size_t row)
{
  const double *counts = table->counts + row * table->n_cols;
  size_t best = 0;

  for (size_t j = 1; j < table->n_cols; j++)
    if (counts[j] > counts[best])
      best = j;
  return best;
}

static void
match (const Table *table, PleMetrics *metrics, gint32 *class_of_cluster)
{
  size_t n_rows = count_cluster_rows (table);
  g_autofree double *cost = g_new (double, MAX (n_rows * table->n_cols, 1));
  g_autofree gint32 *column = g_new (gint32, MAX (n_rows, 1));
  double one_to_one = 0, many_to_one = 0;

  for (size_t k = 0; k < n_rows * table->n_cols; k++)
    cost[k] = -table->counts[k];
  ple_assignment_solve (n_rows, table->n_cols, cost, column);
  for (size_t i = 0; i < n_rows; i++)
    {
      const double *counts = table->counts + i * table->n_cols;

      if (column[i] >= 0)
        {
          one_to_one += counts[column[i]];
          many_to_one += counts[column[i]];
          if (class_of_cluster != NULL && counts[column[i]] > 0)
            class_of_cluster[table->cluster[i]] = table->class_index[column[i]];
        }
      else if (n_rows > table->n_cols)
        many_to_one += counts[find_majority (table, i)];
    }
  metrics->accuracy = one_to_one / table->n;
  metrics->accuracy_many_to_one = many_to_one / table->n;
}

/* Information */

static double
entropy (const double *sums, size_t n_groups, double n)
{
  double h = 0;

  for (size_t i = 0; i < n_groups; i++)
    h -= sums[i] / n * log (sums[i] / n);
  return h;
}

static double
mutual_information (const Table *table)
{
  double mi = 0;

  for (size_t i = 0; i < table->n_rows; i++)
    for (size_t j = 0; j < table->n_cols; j++)
      {
        double count = table->counts[i * table->n_cols + j];

        if (count > 0)
          mi += count / table->n * log (table->n * count / (table->rows[i] * table->cols[j]));
      }
  return mi;
}

static double
log_factorial (double x)
{
  int sign;

  return lgamma_r (x + 1, &sign);
}

/* Expectation of count/n log (n count / (a b)) for hypergeometric counts. The probabilities follow
 * from the one at the mode by their ratios, both ways until they no longer matter. */
static double
expected_term (double a, double b, double n)
{
  double low = fmax (0, a + b - n), high = fmin (a, b);
  double mode = fmin (fmax (floor ((a + 1) * (b + 1) / (n + 2)), low), high);
  double at_mode =
      exp (log_factorial (a) + log_factorial (b) + log_factorial (n - a) + log_factorial (n - b) -
           log_factorial (n) - log_factorial (mode) - log_factorial (a - mode) -
           log_factorial (b - mode) - log_factorial (n - a - b + mode));
  double scale = n / (a * b), sum = 0, p = at_mode;

  for (double k = mode; k <= high && p > at_mode * 1e-18; k++)
    {
      if (k > 0)
        sum += p * k * log (scale * k);
      p *= (a - k) * (b - k) / ((k + 1) * (n - a - b + k + 1));
    }
  p = at_mode;
  for (double k = mode; k > fmax (low, 1) && p > at_mode * 1e-18; k--)
    {
      p *= k * (n - a - b + k) / ((a - k + 1) * (b - k + 1));
      sum += p * (k - 1) * log (scale * (k - 1));
    }
  return sum / n;
}

typedef struct
{
  double size;
  double times;
} Repeated;

static int
compare_doubles (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

/* Groups of equal size contribute alike: each size once, with how often. */
static size_t
collect_sizes (const double *sums, size_t n, Repeated *sizes)
{
  g_autofree double *sorted = g_memdup2 (sums, n * sizeof (double));
  size_t n_sizes = 0;

  qsort (sorted, n, sizeof (double), compare_doubles);
  for (size_t i = 0; i < n; i++)
    if (n_sizes > 0 && sizes[n_sizes - 1].size == sorted[i])
      sizes[n_sizes - 1].times++;
    else
      sizes[n_sizes++] = (Repeated){ sorted[i], 1 };
  return n_sizes;
}

/* Vinh, Epps and Bailey 2010, eq. 24a. */
static double
expected_mutual_information (const Table *table)
{
  g_autofree Repeated *rows = g_new (Repeated, MAX (table->n_rows, 1));
  g_autofree Repeated *cols = g_new (Repeated, MAX (table->n_cols, 1));
  size_t n_rows = collect_sizes (table->rows, table->n_rows, rows);
  size_t n_cols = collect_sizes (table->cols, table->n_cols, cols);
  double sum = 0;

  for (size_t i = 0; i < n_rows; i++)
    for (size_t j = 0; j < n_cols; j++)
      sum += rows[i].times * cols[j].times * expected_term (rows[i].size, cols[j].size, table->n);
  return sum;
}

static void
measure_information (const Table *table, PleMetrics *metrics)
{
  double mi, emi, h_rows, h_cols, mean;

  if (table->n_rows == 1 || table->n_cols == 1)
    {
      double both = table->n_rows == table->n_cols ? 1 : 0;

      metrics->nmi = metrics->nmi_geometric = metrics->ami = both;
      return;
    }
  mi = mutual_information (table);
  h_rows = entropy (table->rows, table->n_rows, table->n);
  h_cols = entropy (table->cols, table->n_cols, table->n);
  mean = (h_rows + h_cols) / 2;
  emi = expected_mutual_information (table);
  metrics->nmi = fmax (mi, 0) / mean;
  metrics->nmi_geometric = fmax (mi, 0) / sqrt (h_rows * h_cols);
  /* Groups of one on both sides: nothing beyond chance can be said, and both differences are
   * rounding. */
  metrics->ami = fabs (mi - emi) <= 1e-12 * fmax (1, mean) ? 0 : (mi - emi) / (mean - emi);
}

/* Hubert and Arabie 1985, from the four kinds of pairs. */
static double
adjusted_rand (const Table *table)
{
  double squares = 0, row_squares = 0, col_squares = 0, n = table->n;
  double both, rows_only, cols_only, neither;

  for (size_t k = 0; k < table->n_rows * table->n_cols; k++)
    squares += table->counts[k] * table->counts[k];
  for (size_t i = 0; i < table->n_rows; i++)
    row_squares += table->rows[i] * table->rows[i];
  for (size_t j = 0; j < table->n_cols; j++)
    col_squares += table->cols[j] * table->cols[j];
  both = squares - n;
  rows_only = row_squares - squares;
  cols_only = col_squares - squares;
  neither = n * n - row_squares - col_squares + squares;
  if (rows_only == 0 && cols_only == 0)
    return 1;
  return 2 * (both * neither - rows_only * cols_only) /
         ((both + cols_only) * (cols_only + neither) + (both + rows_only) * (rows_only + neither));
}

static void
measure_sizes (const PleConfusion *confusion, const Table *table, PleMetrics *metrics)
{
  size_t n_rows = count_cluster_rows (table);
  double sum = 0, squares = 0, grouped;

  metrics->n_samples = confusion->n;
  metrics->n_clusters = confusion->n_clusters;
  metrics->n_active_clusters = n_rows;
  metrics->n_empty_clusters = confusion->n_clusters - n_rows;
  metrics->n_noise = confusion->n_noise;
  metrics->size_mean = metrics->size_deviation = metrics->balance = NAN;
  if (n_rows == 0)
    return;
  metrics->size_min = metrics->size_max = table->rows[0];
  for (size_t i = 0; i < n_rows; i++)
    {
      sum += table->rows[i];
      metrics->size_min = fmin (metrics->size_min, table->rows[i]);
      metrics->size_max = fmax (metrics->size_max, table->rows[i]);
    }
  metrics->size_mean = sum / (double) n_rows;
  for (size_t i = 0; i < n_rows; i++)
    squares += (table->rows[i] - metrics->size_mean) * (table->rows[i] - metrics->size_mean);
  metrics->size_deviation = n_rows > 1 ? sqrt (squares / (double) (n_rows - 1)) : 0;
  grouped = (double) (confusion->n - confusion->n_noise);
  metrics->balance = confusion->n_clusters > 1 ? entropy (table->rows, n_rows, grouped) /
                                                     log ((double) confusion->n_clusters)
                                               : 1;
}

void
ple_metrics_from_confusion (const PleConfusion *confusion,
                            PleMetrics *metrics,
                            gint32 *class_of_cluster)
{
  Table table;

  memset (metrics, 0, sizeof *metrics);
  metrics->accuracy = metrics->accuracy_many_to_one = NAN;
  metrics->nmi = metrics->nmi_geometric = metrics->ami = metrics->ari = NAN;
  for (size_t j = 0; class_of_cluster != NULL && j < confusion->n_clusters; j++)
    class_of_cluster[j] = -1;
  table_init (&table, confusion);
  measure_sizes (confusion, &table, metrics);
  if (confusion->n_classes > 0 && confusion->n > 0)
    {
      match (&table, metrics, class_of_cluster);
      measure_information (&table, metrics);
      metrics->ari = adjusted_rand (&table);
    }
  table_clear (&table);
}

void
ple_metrics_compute (const PleLabels *truth,
                     const PleLabels *predicted,
                     size_t n_clusters,
                     PleMetrics *metrics,
                     gint32 *class_of_cluster)
{
  g_autoptr (PleConfusion) confusion = ple_confusion_new (truth, predicted, 0, n_clusters);

  ple_metrics_from_confusion (confusion, metrics, class_of_cluster);
}

void
ple_metrics_to_json (const PleMetrics *metrics, JsonObject *object)
{
  json_object_set_double_member (object, "accuracy", metrics->accuracy);
  json_object_set_double_member (object, "accuracy_many_to_one", metrics->accuracy_many_to_one);
  json_object_set_double_member (object, "nmi", metrics->nmi);
  json_object_set_double_member (object, "nmi_geometric", metrics->nmi_geometric);
  json_object_set_double_member (object, "ari", metrics->ari);
  json_object_set_double_member (object, "ami", metrics->ami);
  json_object_set_int_member (object, "num_samples", (gint64) metrics->n_samples);
  json_object_set_int_member (object, "num_clusters", (gint64) metrics->n_clusters);
  json_object_set_int_member (object, "num_active_clusters", (gint64) metrics->n_active_clusters);
  json_object_set_int_member (object, "num_empty_clusters", (gint64) metrics->n_empty_clusters);
  json_object_set_int_member (object, "num_noise", (gint64) metrics->n_noise);
}
