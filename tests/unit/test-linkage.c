/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-linkage.h"

#include "linalg/ple-linalg.h"
#include "ple-test.h"

#include <math.h>
#include <string.h>

#define N 60
#define D 4

/* The distance of two clusters by its definition, over their members. */
static double
define (
    const PleMatrix *x, const double *weights, const gint32 *of, gint32 a, gint32 b, PleLinkage l)
{
  double sum_a[D] = { 0 }, sum_b[D] = { 0 };
  double na = 0, nb = 0, mean = 0, largest = 0, square = 0;

  for (size_t i = 0; i < N; i++)
    {
      double w = weights != NULL ? weights[i] : 1;

      na += of[i] == a ? w : 0;
      nb += of[i] == b ? w : 0;
      for (size_t f = 0; f < D; f++)
        {
          sum_a[f] += of[i] == a ? w * (double) ple_matrix_row (x, i)[f] : 0;
          sum_b[f] += of[i] == b ? w * (double) ple_matrix_row (x, i)[f] : 0;
        }
    }
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < N; j++)
      if (of[i] == a && of[j] == b)
        {
          double distance = 0;

          for (size_t f = 0; f < D; f++)
            distance += pow ((double) (ple_matrix_row (x, i)[f] - ple_matrix_row (x, j)[f]), 2);
          mean += sqrt (distance) * (weights != NULL ? weights[i] * weights[j] : 1) / (na * nb);
          largest = MAX (largest, sqrt (distance));
        }
  for (size_t f = 0; f < D; f++)
    square += pow (sum_a[f] / na - sum_b[f] / nb, 2);
  return l == PLE_LINKAGE_WARD      ? sqrt (2 * na * nb / (na + nb) * square)
         : l == PLE_LINKAGE_AVERAGE ? mean
                                    : largest;
}

/* Merging the nearest pair over and over, each time by the definition. */
static void
check_against_definition (PleLinkage linkage, const double *weights)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (N, D, 5);
  g_autoptr (GError) error = NULL;
  PleMerge merges[N - 1];
  gint32 of[N], cut[N];

  g_assert_true (ple_linkage (x, linkage, weights, merges, NULL, &error));
  g_assert_no_error (error);
  for (gint32 i = 0; i < N; i++)
    of[i] = i;
  for (size_t m = 0; m < N - 1; m++)
    {
      double least = INFINITY;
      gint32 a = 0, b = 0;

      for (gint32 i = 0; i < N; i++)
        for (gint32 j = i + 1; j < N; j++)
          if (of[i] == i && of[j] == j)
            {
              double distance = define (x, weights, of, i, j, linkage);

              if (distance < least)
                {
                  least = distance;
                  a = i;
                  b = j;
                }
            }
      g_assert_cmpfloat_with_epsilon (merges[m].height, least, 1e-4);
      g_assert_cmpuint (merges[m].a, ==, (guint32) a);
      g_assert_cmpuint (merges[m].b, ==, (guint32) b);
      for (size_t i = 0; i < N; i++)
        of[i] = of[i] == b ? a : of[i];
      ple_linkage_cut (N, merges, N - 1 - m, cut);
      for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
          g_assert_true ((of[i] == of[j]) == (cut[i] == cut[j]));
    }
}

static void
test_definitions (void)
{
  double weights[N];

  for (size_t i = 0; i < N; i++)
    weights[i] = (double) (1 + i % 5);
  for (int l = PLE_LINKAGE_WARD; l <= PLE_LINKAGE_COMPLETE; l++)
    check_against_definition ((PleLinkage) l, NULL);
  check_against_definition (PLE_LINKAGE_WARD, weights);
  check_against_definition (PLE_LINKAGE_AVERAGE, weights);
}

static void
test_threads_and_ties (void)
{
  g_autoptr (PleMatrix) rows = ple_test_random_matrix (300, 3, 9);
  g_autoptr (PleMatrix) x = ple_matrix_new (300, 3, NULL);
  PleMerge merges[2][299];
  gint32 labels[300];

  /* All rows are there twice, and a third of them are one and the same. */
  for (size_t i = 0; i < 300; i++)
    memcpy (ple_matrix_row (x, i), ple_matrix_row (rows, i % 3 == 0 ? 0 : i / 2),
            3 * sizeof (float));
  for (guint threads = 1; threads <= 2; threads++)
    {
      g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, threads);

      g_assert_true (ple_linkage (x, PLE_LINKAGE_WARD, NULL, merges[threads - 1], progress, NULL));
    }
  g_assert_cmpmem (merges[0], sizeof merges[0], merges[1], sizeof merges[1]);
  for (size_t m = 1; m < 299; m++)
    g_assert_cmpfloat (merges[0][m].height, >=, merges[0][m - 1].height);
  ple_linkage_cut (300, merges[0], 7, labels);
  for (size_t i = 0; i < 300; i++)
    {
      g_assert_cmpint (labels[i], >=, 0);
      g_assert_cmpint (labels[i], <, 7);
      if (i % 3 == 0)
        g_assert_cmpint (labels[i], ==, labels[0]);
    }
  g_assert_cmpint (labels[0], ==, 0);
}

static void
test_cancel (void)
{
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 1);
  g_autoptr (PleMatrix) x = ple_test_random_matrix (N, D, 5);
  g_autoptr (GError) error = NULL;
  PleMerge merges[N - 1];

  ple_progress_cancel (progress);
  g_assert_false (ple_linkage (x, PLE_LINKAGE_WARD, NULL, merges, progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  g_test_add_func ("/cluster/linkage/as-defined", test_definitions);
  g_test_add_func ("/cluster/linkage/threads-and-ties", test_threads_and_ties);
  g_test_add_func ("/cluster/linkage/cancel", test_cancel);
  return g_test_run ();
}
