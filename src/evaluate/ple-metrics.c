/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "evaluate/ple-metrics.h"

#include "evaluate/ple-contingency-private.h"

#include <math.h>
#include <stdlib.h>

/* Both sides one group, or each item alone on both sides. */
static gboolean
is_trivially_equal (const PleContingency *table)
{
  return (table->n_rows <= 1 && table->n_cols <= 1) ||
         (table->n_rows == table->n && table->n_cols == table->n);
}

static double
entropy (size_t n_groups, const guint64 *sums, guint64 n)
{
  double sum = 0;

  for (size_t i = 0; i < n_groups; i++)
    sum -= (double) sums[i] / (double) n * log ((double) sums[i] / (double) n);
  return sum;
}

static double
mutual_information (const PleContingency *table)
{
  double sum = 0, n = (double) table->n;

  for (size_t i = 0; i < table->n_cells; i++)
    {
      const PleCell *cell = &table->cells[i];
      double count = (double) cell->count;

      /* The same logarithms as in entropy(), so that a perfect match gives it to the last bit. */
      sum -= count / n *
             (log ((double) table->row_sums[cell->row] / n) +
              log ((double) table->col_sums[cell->col] / n) - log (count / n));
    }
  return MAX (sum, 0);
}

static void
score_information (const PleContingency *table, PleMetrics *metrics)
{
  double rows = entropy (table->n_rows, table->row_sums, table->n);
  double cols = entropy (table->n_cols, table->col_sums, table->n);
  double information, expected;

  if (is_trivially_equal (table))
    {
      metrics->nmi = metrics->nmi_geometric = 1;
      metrics->ami = table->n_rows <= 1;
      return;
    }
  if (table->n_rows <= 1 || table->n_cols <= 1)
    {
      metrics->nmi = metrics->nmi_geometric = metrics->ami = 0;
      return;
    }
  information = mutual_information (table);
  expected = ple_expected_information (table->n_rows, table->row_sums, table->n_cols,
                                       table->col_sums, table->n);
  metrics->nmi = MIN (information / ((rows + cols) / 2), 1);
  metrics->nmi_geometric = MIN (information / sqrt (rows * cols), 1);
  /* Each item a cluster of its own: chance explains all of it, and nothing is left to divide. */
  if (table->n_rows == table->n || table->n_cols == table->n)
    metrics->ami = 0;
  else
    metrics->ami = (information - expected) / ((rows + cols) / 2 - expected);
}

static double
pairs_within (size_t n_groups, const guint64 *sums)
{
  double pairs = 0;

  for (size_t i = 0; i < n_groups; i++)
    pairs += (double) sums[i] * ((double) sums[i] - 1) / 2;
  return pairs;
}

static double
adjusted_rand (const PleContingency *table)
{
  double rows = pairs_within (table->n_rows, table->row_sums);
  double cols = pairs_within (table->n_cols, table->col_sums);
  double all = (double) table->n * ((double) table->n - 1) / 2;
  double both = 0, expected;

  if (is_trivially_equal (table))
    return 1;
  for (size_t i = 0; i < table->n_cells; i++)
    both += (double) table->cells[i].count * ((double) table->cells[i].count - 1) / 2;
  expected = rows * cols / all;
  return (both - expected) / ((rows + cols) / 2 - expected);
}

/* Items of each row in its largest column. (transfer full) */
static guint64 *
majorities (const PleContingency *table)
{
  guint64 *most = g_new0 (guint64, MAX (table->n_rows, 1));

  for (size_t i = 0; i < table->n_cells; i++)
    most[table->cells[i].row] = MAX (most[table->cells[i].row], table->cells[i].count);
  return most;
}

static void
score_accuracy (const PleContingency *table, PleMetrics *metrics, gint32 *class_of_cluster)
{
  size_t n_clusters = table->n_rows - table->has_noise, n_matched = 0, n_left;
  g_autofree gint32 *col_of_row = g_new (gint32, MAX (table->n_rows, 1));
  g_autofree guint64 *most = majorities (table);
  guint64 one_to_one = 0, further = 0;

  if (!ple_contingency_match (table, col_of_row))
    return;
  for (size_t i = 0; i < table->n_cells; i++)
    if (col_of_row[table->cells[i].row] == (gint32) table->cells[i].col)
      {
        one_to_one += table->cells[i].count;
        n_matched++;
        if (class_of_cluster != NULL)
          class_of_cluster[table->row_ids[table->cells[i].row]] =
              table->col_ids[table->cells[i].col];
      }
  /* Classes without a match have no item in any cluster that is left; each takes one of these. */
  n_left = table->n_cols - n_matched;
  for (size_t i = 0; i < n_clusters && n_clusters > table->n_cols; i++)
    if (col_of_row[i] < 0)
      {
        if (n_left > 0)
          n_left--;
        else
          further += most[i];
      }
  metrics->accuracy = (double) one_to_one / (double) table->n;
  metrics->accuracy_many_to_one = (double) (one_to_one + further) / (double) table->n;
}

/* Sizes of the clusters in use: what can be told without truth. */
static void
describe_sizes (const guint64 *sizes, size_t n_active, size_t n_clusters, PleMetrics *metrics)
{
  guint64 total = 0;
  double squares = 0;

  metrics->n_clusters = n_clusters;
  metrics->n_active_clusters = n_active;
  metrics->n_empty_clusters = n_clusters - n_active;
  metrics->size_min = n_active > 0 ? (double) sizes[0] : 0;
  for (size_t i = 0; i < n_active; i++)
    {
      total += sizes[i];
      metrics->size_min = MIN (metrics->size_min, (double) sizes[i]);
      metrics->size_max = MAX (metrics->size_max, (double) sizes[i]);
    }
  if (n_active > 0)
    metrics->size_mean = (double) total / (double) n_active;
  for (size_t i = 0; i < n_active; i++)
    squares += pow ((double) sizes[i] - metrics->size_mean, 2);
  if (n_active > 0)
    metrics->size_deviation = sqrt (squares / (double) n_active);
  metrics->balance = 1;
  if (n_clusters > 1)
    metrics->balance = entropy (n_active, sizes, total) / log ((double) n_clusters);
}

static void
score (const PleContingency *table,
       gboolean has_truth,
       size_t n_clusters,
       PleMetrics *metrics,
       gint32 *class_of_cluster)
{
  double unknown = (double) NAN;

  *metrics = (PleMetrics){ .accuracy = unknown,
                           .accuracy_many_to_one = unknown,
                           .nmi = unknown,
                           .nmi_geometric = unknown,
                           .ami = unknown,
                           .ari = unknown };
  for (size_t j = 0; class_of_cluster != NULL && j < n_clusters; j++)
    class_of_cluster[j] = -1;
  metrics->n_samples = table->n;
  metrics->n_noise = table->has_noise ? table->row_sums[table->n_rows - 1] : 0;
  describe_sizes (table->row_sums, table->n_rows - table->has_noise, n_clusters, metrics);
  if (!has_truth || table->n == 0)
    return;
  score_information (table, metrics);
  metrics->ari = adjusted_rand (table);
  score_accuracy (table, metrics, class_of_cluster);
}

static int
compare_keys (gconstpointer a, gconstpointer b)
{
  guint64 p = *(const guint64 *) a, q = *(const guint64 *) b;

  return p < q ? -1 : p > q;
}

void
ple_metrics_compute (const PleLabels *truth,
                     const PleLabels *predicted,
                     size_t n_clusters,
                     PleMetrics *metrics,
                     gint32 *class_of_cluster)
{
  g_autofree guint64 *keys = g_new (guint64, MAX (predicted->n, 1));
  g_autofree PleCell *cells = g_new (PleCell, MAX (predicted->n, 1));
  g_autoptr (PleContingency) table = NULL;
  size_t n_keys = 0, n_cells = 0;

  g_return_if_fail (truth == NULL || truth->n == predicted->n);

  for (size_t i = 0; i < predicted->n; i++)
    if (truth == NULL || truth->data[i] >= 0)
      keys[n_keys++] = (guint64) (guint32) MAX (predicted->data[i], -1) << 32 |
                       (guint64) (truth != NULL ? (guint32) truth->data[i] : 0);
  qsort (keys, n_keys, sizeof (guint64), compare_keys);
  for (size_t i = 0; i < n_keys; i++)
    if (i > 0 && keys[i] == keys[i - 1])
      cells[n_cells - 1].count++;
    else
      cells[n_cells++] = (PleCell){ (guint32) (keys[i] >> 32), (guint32) keys[i], 1 };
  table = ple_contingency_new (cells, n_cells);
  score (table, truth != NULL, MAX (n_clusters, ple_labels_get_n_groups (predicted)), metrics,
         class_of_cluster);
}

void
ple_metrics_from_confusion (const PleConfusion *confusion,
                            PleMetrics *metrics,
                            gint32 *class_of_cluster)
{
  size_t n_cols = MAX (confusion->n_classes, 1);
  g_autoptr (GArray) cells = g_array_new (FALSE, FALSE, sizeof (PleCell));
  g_autoptr (PleContingency) table = NULL;

  for (size_t j = 0; j <= confusion->n_clusters; j++)
    for (size_t c = 0; c < n_cols; c++)
      {
        guint64 count = confusion->counts[j * n_cols + c];
        PleCell cell = { j < confusion->n_clusters ? (guint32) j : G_MAXUINT32, (guint32) c,
                         count };

        if (count > 0)
          g_array_append_val (cells, cell);
      }
  table = ple_contingency_new ((const PleCell *) (gpointer) cells->data, cells->len);
  score (table, confusion->n_classes > 0, confusion->n_clusters, metrics, class_of_cluster);
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
