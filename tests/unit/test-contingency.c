/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "evaluate/ple-contingency-private.h"

#include "base/ple-rng.h"

#include <math.h>

static PleContingency *
random_table (size_t n_rows, size_t n_cols, guint64 seed, guint64 most)
{
  g_autofree PleCell *cells = g_new (PleCell, n_rows * n_cols);
  PleRng rng;

  ple_rng_init (&rng, seed);
  for (size_t i = 0; i < n_rows; i++)
    for (size_t j = 0; j < n_cols; j++)
      {
        guint64 count = ple_rng_below (&rng, 3 * most);

        /* Labels with gaps, in falling order; two cells of three are empty. */
        cells[i * n_cols + j] = (PleCell){ (guint32) (5 * (n_rows - i)),
                                           (guint32) (7 * (n_cols - j)), count < most ? count : 0 };
      }
  return ple_contingency_new (cells, n_rows * n_cols);
}

static guint64
count_at (const PleContingency *table, size_t row, size_t col)
{
  for (size_t i = 0; i < table->n_cells; i++)
    if (table->cells[i].row == row && table->cells[i].col == col)
      return table->cells[i].count;
  return 0;
}

static guint64
best_reference (const PleContingency *table, size_t row, guint used)
{
  guint64 best;

  if (row == table->n_rows)
    return 0;
  best = best_reference (table, row + 1, used);
  for (size_t col = 0; col < table->n_cols; col++)
    if ((used >> col & 1) == 0)
      best = MAX (best,
                  count_at (table, row, col) + best_reference (table, row + 1, used | 1u << col));
  return best;
}

static void
test_sums_and_ids (void)
{
  static const PleCell cells[] = {
    { 9, 4, 2 }, { G_MAXUINT32, 4, 5 }, { 3, 8, 1 }, { 3, 4, 10 }, { 9, 100, 0 }
  };
  g_autoptr (PleContingency) table = ple_contingency_new (cells, G_N_ELEMENTS (cells));

  g_assert_cmpuint (table->n_rows, ==, 3);
  g_assert_cmpuint (table->n_cols, ==, 2);
  g_assert_cmpuint (table->n, ==, 18);
  g_assert_true (table->has_noise);
  g_assert_cmpint (table->row_ids[0], ==, 3);
  g_assert_cmpint (table->row_ids[1], ==, 9);
  g_assert_cmpint (table->row_ids[2], ==, -1);
  g_assert_cmpint (table->col_ids[1], ==, 8);
  g_assert_cmpuint (table->row_sums[0], ==, 11);
  g_assert_cmpuint (table->col_sums[0], ==, 17);
}

static void
test_match_equals_brute_force (void)
{
  for (guint64 seed = 0; seed < 200; seed++)
    {
      g_autoptr (PleContingency) table =
          random_table (1 + seed % 6, 1 + seed / 6 % 6, seed, seed % 2 == 0 ? 3 : 100);
      g_autofree gint32 *col_of_row = g_new (gint32, MAX (table->n_rows, 1));
      guint64 total = 0;
      guint used = 0;

      g_assert_true (ple_contingency_match (table, col_of_row));
      for (size_t i = 0; i < table->n_rows; i++)
        if (col_of_row[i] >= 0)
          {
            guint64 count = count_at (table, i, (size_t) col_of_row[i]);

            g_assert_cmpuint (count, >, 0);
            g_assert_cmpuint (used >> col_of_row[i] & 1, ==, 0);
            used |= 1u << col_of_row[i];
            total += count;
          }
      g_assert_cmpuint (total, ==, best_reference (table, 0, 0));
    }
}

/* Hundreds of thousands of groups on both sides: as one dense table it would be 10^11 entries. */
static void
test_match_in_parts (void)
{
  enum
  {
    N = 300000
  };
  g_autofree PleCell *cells = g_new (PleCell, N);
  g_autofree gint32 *col_of_row = g_new (gint32, N);
  g_autoptr (PleContingency) table = NULL;

  for (guint32 i = 0; i < N; i++)
    cells[i] = (PleCell){ i, (i * 7919u) % N, 1 };
  table = ple_contingency_new (cells, N);
  g_assert_true (ple_contingency_match (table, col_of_row));
  for (guint32 i = 0; i < N; i++)
    g_assert_cmpint (col_of_row[i], ==, (gint32) ((i * 7919u) % N));
}

static double
log_choose (double n, double k)
{
  return lgamma (n + 1) - lgamma (k + 1) - lgamma (n - k + 1);
}

/* The definition, term by term with factorials (Vinh, Epps and Bailey 2010, eq. 24a). */
static double
expected_reference (size_t n_a, const guint64 *as, size_t n_b, const guint64 *bs, double n)
{
  double sum = 0;

  for (size_t i = 0; i < n_a; i++)
    for (size_t j = 0; j < n_b; j++)
      {
        double a = (double) as[i], b = (double) bs[j];

        for (double k = MAX (1, a + b - n); k <= MIN (a, b); k++)
          sum += k / n * log (n * k / (a * b)) *
                 exp (log_choose (a, k) + log_choose (n - a, b - k) - log_choose (n, b));
      }
  return sum;
}

static void
test_expected_information (void)
{
  static const guint64 as[] = { 1, 1, 5, 30, 63 };
  static const guint64 bs[] = { 50, 49, 1 };
  static const guint64 halves[] = { 2, 2 };
  g_autofree guint64 *ones = g_new (guint64, 100);

  for (size_t i = 0; i < 100; i++)
    ones[i] = 1;
  g_assert_cmpfloat_with_epsilon (ple_expected_information (5, as, 3, bs, 100),
                                  expected_reference (5, as, 3, bs, 100), 1e-13);
  /* Two pairs of two, by hand: k = 1 with 2/3, k = 0 or 2 with 1/6: (4 / 6) log 2 * 2 / 4 * ... */
  g_assert_cmpfloat_with_epsilon (ple_expected_information (2, halves, 2, halves, 4),
                                  4 * (1.0 / 6) * 0.5 * log (2), 1e-15);
  /* Each item alone: chance explains everything. */
  g_assert_cmpfloat_with_epsilon (ple_expected_information (100, ones, 3, bs, 100),
                                  log (100) - (50 * log (50) + 49 * log (49)) / 100, 1e-13);
}

/* Groups of tens of thousands, where factorials lose digits, and a thousand groups each way. */
static void
test_expected_information_large (void)
{
  guint64 as[] = { 60000, 40000 }, bs[] = { 30000, 70000 };
  g_autofree guint64 *many = g_new (guint64, 1000);
  guint64 n = 0;

  g_assert_cmpfloat_with_epsilon (ple_expected_information (2, as, 2, bs, 100000),
                                  expected_reference (2, as, 2, bs, 100000), 1e-9);
  for (size_t i = 0; i < 1000; i++)
    n += many[i] = 5000 + i % 100;
  /* To first order (rows - 1) (cols - 1) / 2 n, the next is of the order of 1 / (count of a cell).
   */
  g_assert_cmpfloat_with_epsilon (ple_expected_information (1000, many, 1000, many, n),
                                  999.0 * 999 / (2 * (double) n), 0.006);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/evaluate/contingency/sums-and-ids", test_sums_and_ids);
  g_test_add_func ("/evaluate/contingency/match-equals-brute-force", test_match_equals_brute_force);
  g_test_add_func ("/evaluate/contingency/match-in-parts", test_match_in_parts);
  g_test_add_func ("/evaluate/expected-information/equals-definition", test_expected_information);
  g_test_add_func ("/evaluate/expected-information/large", test_expected_information_large);
  return g_test_run ();
}
