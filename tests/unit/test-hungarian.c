/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-hungarian.h"

#include "base/ple-rng.h"

#include <math.h>

/* The cheapest of all ways to give rows first.. a column each, or none if rows are left over. */
static double
cheapest_reference (
    size_t n_rows, size_t n_cols, const double *cost, size_t first, guint used, size_t to_skip)
{
  double best = INFINITY;

  if (first == n_rows)
    return 0;
  if (to_skip > 0)
    best = cheapest_reference (n_rows, n_cols, cost, first + 1, used, to_skip - 1);
  for (size_t j = 0; j < n_cols; j++)
    if ((used >> j & 1) == 0)
      best =
          MIN (best, cost[first * n_cols + j] + cheapest_reference (n_rows, n_cols, cost, first + 1,
                                                                    used | 1u << j, to_skip));
  return best;
}

static void
assert_valid (size_t n_rows, size_t n_cols, const gint32 *column_of_row)
{
  g_autofree guint8 *used = g_new0 (guint8, n_cols + 1);
  size_t n_pairs = 0;

  for (size_t i = 0; i < n_rows; i++)
    if (column_of_row[i] >= 0)
      {
        g_assert_cmpint (column_of_row[i], <, (gint32) n_cols);
        g_assert_cmpuint (used[column_of_row[i]], ==, 0);
        used[column_of_row[i]] = 1;
        n_pairs++;
      }
  g_assert_cmpuint (n_pairs, ==, MIN (n_rows, n_cols));
}

static void
test_equals_brute_force (void)
{
  PleRng rng;

  ple_rng_init (&rng, 1);
  for (size_t n_rows = 1; n_rows <= 6; n_rows++)
    for (size_t n_cols = 1; n_cols <= 6; n_cols++)
      for (int kind = 0; kind < 30; kind++)
        {
          double cost[36], total;
          gint32 column_of_row[6];

          /* Ties, negative costs, and numbers without either. */
          for (size_t i = 0; i < n_rows * n_cols; i++)
            cost[i] = kind % 3 == 0   ? (double) ple_rng_below (&rng, 3)
                      : kind % 3 == 1 ? -(double) ple_rng_below (&rng, 100)
                                      : ple_rng_normal (&rng);
          total = ple_assignment_solve (n_rows, n_cols, cost, column_of_row);
          assert_valid (n_rows, n_cols, column_of_row);
          g_assert_cmpfloat_with_epsilon (
              total,
              cheapest_reference (n_rows, n_cols, cost, 0, 0,
                                  n_rows > n_cols ? n_rows - n_cols : 0),
              1e-12);
        }
}

/* A hidden permutation on a costly ground is found, and shuffling rows shuffles the answer. */
static void
test_permutations (void)
{
  enum
  {
    N = 150
  };
  g_autofree double *cost = g_new (double, N *N);
  g_autofree double *shuffled = g_new (double, N *N);
  guint32 hidden[N], order[N];
  gint32 found[N], again[N];
  double total, total_again;
  PleRng rng;

  ple_rng_init (&rng, 2);
  for (guint32 i = 0; i < N; i++)
    hidden[i] = order[i] = i;
  ple_rng_shuffle (&rng, hidden, N);
  ple_rng_shuffle (&rng, order, N);
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < N; j++)
      cost[i * N + j] =
          (double) i * 3 - (double) j * 2 + (hidden[i] == j ? 0 : 1 + ple_rng_uniform (&rng));
  total = ple_assignment_solve (N, N, cost, found);
  for (size_t i = 0; i < N; i++)
    g_assert_cmpint (found[i], ==, (gint32) hidden[i]);

  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < N; j++)
      shuffled[i * N + j] = cost[order[i] * N + j];
  total_again = ple_assignment_solve (N, N, shuffled, again);
  g_assert_cmpfloat_with_epsilon (total, total_again, 1e-9);
  for (size_t i = 0; i < N; i++)
    g_assert_cmpint (again[i], ==, (gint32) hidden[order[i]]);
}

/* Turning the matrix over turns the pairs over, also for rectangles. */
static void
test_transpose (void)
{
  enum
  {
    ROWS = 60,
    COLS = 23
  };
  g_autofree double *cost = g_new (double, ROWS *COLS);
  g_autofree double *turned = g_new (double, ROWS *COLS);
  gint32 column_of_row[ROWS], row_of_column[COLS];
  PleRng rng;

  ple_rng_init (&rng, 3);
  for (size_t i = 0; i < ROWS; i++)
    for (size_t j = 0; j < COLS; j++)
      turned[j * ROWS + i] = cost[i * COLS + j] = ple_rng_normal (&rng);
  g_assert_cmpfloat_with_epsilon (ple_assignment_solve (ROWS, COLS, cost, column_of_row),
                                  ple_assignment_solve (COLS, ROWS, turned, row_of_column), 1e-10);
  assert_valid (ROWS, COLS, column_of_row);
  for (size_t j = 0; j < COLS; j++)
    g_assert_cmpint (column_of_row[row_of_column[j]], ==, (gint32) j);
}

static void
test_empty_and_constant (void)
{
  double cost[12] = { 0 };
  gint32 column_of_row[4] = { 7, 7, 7, 7 };

  g_assert_cmpfloat (ple_assignment_solve (0, 3, cost, column_of_row), ==, 0);
  g_assert_cmpfloat (ple_assignment_solve (4, 0, cost, column_of_row), ==, 0);
  for (size_t i = 0; i < 4; i++)
    g_assert_cmpint (column_of_row[i], ==, -1);
  g_assert_cmpfloat (ple_assignment_solve (4, 3, cost, column_of_row), ==, 0);
  assert_valid (4, 3, column_of_row);
}

/* The kinds of matrix on which simple versions take minutes: products (all paths long), small whole
 * numbers (many ties) and noise. Optimal by the dual: no cheaper pair of swaps exists. */
static void
test_thousand (void)
{
  enum
  {
    MOST = 1000
  };
  g_autofree double *cost = g_new (double, MOST *MOST);
  g_autofree gint32 *found = g_new (gint32, MOST);
  PleRng rng;

  ple_rng_init (&rng, 4);
  for (int kind = 0; kind < 3; kind++)
    {
      const size_t n = MOST;
      double seconds;

      for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
          cost[i * n + j] = kind == 0   ? (double) ((i + 1) * (j + 1))
                            : kind == 1 ? (double) ple_rng_below (&rng, 10)
                                        : ple_rng_uniform (&rng);
      g_test_timer_start ();
      ple_assignment_solve (n, n, cost, found);
      seconds = g_test_timer_elapsed ();
      g_test_message ("kind %d: %.3f s", kind, seconds);
      assert_valid (n, n, found);
      /* Products are cheapest the opposite way round. */
      for (size_t i = 0; i < n && kind == 0; i++)
        g_assert_cmpint (found[i], ==, (gint32) (n - 1 - i));
      for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
          g_assert_true (cost[i * n + (size_t) found[i]] + cost[j * n + (size_t) found[j]] <=
                         cost[i * n + (size_t) found[j]] + cost[j * n + (size_t) found[i]] + 1e-9);
    }
}

/* Products of other shapes: the searches are given up, and the matrix made square if it nearly is.
 * Rows and columns pair the opposite way round, and the dearest ones are left over. */
static void
test_products_of_any_shape (void)
{
  static const size_t shapes[][2] = { { 190, 200 }, { 200, 190 }, { 150, 200 }, { 60, 200 } };

  for (size_t s = 0; s < G_N_ELEMENTS (shapes); s++)
    {
      const size_t n_rows = shapes[s][0], n_cols = shapes[s][1], n = MIN (n_rows, n_cols);
      g_autofree double *cost = g_new (double, n_rows *n_cols);
      g_autofree gint32 *found = g_new (gint32, n_rows);

      for (size_t i = 0; i < n_rows; i++)
        for (size_t j = 0; j < n_cols; j++)
          cost[i * n_cols + j] = (double) ((i + 1) * (j + 1)) / 7;
      ple_assignment_solve (n_rows, n_cols, cost, found);
      for (size_t i = 0; i < n_rows; i++)
        g_assert_cmpint (found[i], ==, i < n ? (gint32) (n - 1 - i) : -1);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/linalg/hungarian/equals-brute-force", test_equals_brute_force);
  g_test_add_func ("/linalg/hungarian/permutations", test_permutations);
  g_test_add_func ("/linalg/hungarian/transpose", test_transpose);
  g_test_add_func ("/linalg/hungarian/empty-and-constant", test_empty_and_constant);
  g_test_add_func ("/linalg/hungarian/thousand", test_thousand);
  g_test_add_func ("/linalg/hungarian/products-of-any-shape", test_products_of_any_shape);
  return g_test_run ();
}
