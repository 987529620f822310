/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "evaluate/ple-contingency-private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Terms smaller than that, against the largest, cannot be seen in the sum. */
#define NEGLIGIBLE 1e-22

#define MAX_LOGS ((size_t) 1 << 16)

/* Logarithms of the small whole numbers, which are asked for again and again. */
typedef struct
{
  size_t n;
  double *values;
} Logs;

static inline double
log_of (const Logs *logs, double k)
{
  return k < (double) logs->n ? logs->values[(size_t) k] : log (k);
}

typedef struct
{
  double size;
  double n_times;
} Size;

static int
compare_sums (gconstpointer a, gconstpointer b)
{
  guint64 p = *(const guint64 *) a, q = *(const guint64 *) b;

  return p < q ? -1 : p > q;
}

/* Distinct sizes and how often each occurs: pairs of equal sizes have equal terms. */
static Size *
distinct_sizes (const guint64 *sums, size_t n, size_t *n_distinct)
{
  g_autofree guint64 *sorted = g_memdup2 (sums, n * sizeof (guint64));
  Size *sizes = g_new0 (Size, MAX (n, 1));

  *n_distinct = 0;
  qsort (sorted, n, sizeof (guint64), compare_sums);
  for (size_t i = 0; i < n; i++)
    {
      if (i == 0 || sorted[i] != sorted[i - 1])
        sizes[(*n_distinct)++].size = (double) sorted[i];
      sizes[*n_distinct - 1].n_times++;
    }
  return sizes;
}

/* E [k log (n k / (a b))] for k in common of two random groups of sizes a and b of n, which is
 * hypergeometric. Probabilities are walked from the mode outwards by their ratios and divided by
 * their sum, so no factorial is needed and no digit lost to them. */
static double
expected_term (double a, double b, double n, const Logs *logs)
{
  double least = MAX (0, a + b - n), most = MIN (a, b);
  double mode = CLAMP (floor ((a + 1) * (b + 1) / (n + 2)), least, most);
  double shift = log_of (logs, n) - log_of (logs, a) - log_of (logs, b);
  double total = 0, sum = 0, p = 1;

  for (double k = mode; k <= most && p > NEGLIGIBLE; k++)
    {
      total += p;
      if (k > 0)
        sum += p * k * (log_of (logs, k) + shift);
      p *= (a - k) * (b - k) / ((k + 1) * (n - a - b + k + 1));
    }
  p = 1;
  for (double k = mode; k > least; k--)
    {
      p *= k * (n - a - b + k) / ((a - k + 1) * (b - k + 1));
      if (p <= NEGLIGIBLE)
        break;
      total += p;
      if (k > 1)
        sum += p * (k - 1) * (log_of (logs, k - 1) + shift);
    }
  return sum / total;
}

double
ple_expected_information (
    size_t n_rows, const guint64 *row_sums, size_t n_cols, const guint64 *col_sums, guint64 n)
{
  size_t n_a, n_b;
  g_autofree Size *a = distinct_sizes (row_sums, n_rows, &n_a);
  g_autofree Size *b = distinct_sizes (col_sums, n_cols, &n_b);
  Logs logs = { .n = (size_t) MIN (n + 1, MAX_LOGS) };
  g_autofree double *values = g_new (double, logs.n);
  double sum = 0;

  for (size_t k = 0; k < logs.n; k++)
    values[k] = log ((double) k);
  logs.values = values;
  for (size_t i = 0; i < n_a; i++)
    for (size_t j = 0; j < n_b; j++)
      sum += a[i].n_times * b[j].n_times * expected_term (a[i].size, b[j].size, (double) n, &logs);
  return n > 0 ? sum / (double) n : 0;
}
