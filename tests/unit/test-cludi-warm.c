/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-cludi-balance.h"
#include "cluster/ple-cludi-graph.h"
#include "cluster/ple-cludi-warm.h"
#include "cluster/ple-labeling.h"
#include "linalg/ple-linalg.h"
#include "nn/ple-kernels.h"
#include "ple-test.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#define N 120
#define D 8
#define K 4

/* Unit rows round K directions; class of row i in @classes. */
static PleMatrix *
rows_new (double noise, gint32 *classes)
{
  PleMatrix *x = ple_test_random_matrix (N, D, 6);

  for (size_t i = 0; i < N; i++)
    {
      classes[i] = (gint32) (i % K);
      for (size_t f = 0; f < D; f++)
        ple_matrix_row (x, i)[f] =
            (float) noise * ple_matrix_row (x, i)[f] + (f == (size_t) classes[i] ? 1 : 0);
    }
  ple_matrix_normalise_rows (x);
  return x;
}

/* Without structure to lean on, even clusters are about even and free ones are less so: it is their
 * soft members that are equally many. */
static void
test_balance_evens_the_sizes (void)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (N, 3, 12);
  size_t smallest[2], largest[2];
  PleRng rng;

  for (size_t i = 0; i < N; i++)
    ple_matrix_row (x, i)[0] += i < 3 * N / 4 ? 3 : 0;
  ple_matrix_normalise_rows (x);
  ple_rng_init (&rng, 1);
  for (int uniform = 0; uniform < 2; uniform++)
    {
      PleCludiBalance balance = { 0 };

      g_assert_true (ple_cludi_balance (x, K, uniform, 4, 30, &rng, &balance, NULL, NULL));
      ple_labeling_get_sizes (balance.labels, N, K, &smallest[uniform], &largest[uniform]);
      g_assert_cmpfloat (balance.soft_score, <=, 1 + 1e-5);
      g_assert_cmpfloat (balance.hard_score, <=, 1 + 1e-5);
      ple_cludi_balance_clear (&balance);
    }
  g_assert_cmpuint (smallest[1], >=, N / K / 2);
  g_assert_cmpuint (largest[1], <=, N / K * 3 / 2);
  g_assert_cmpuint (largest[0] - smallest[0], >, largest[1] - smallest[1]);
}

/* Leading eigenvectors of separate groups are constant on each: after scaling, rows of one group
 * are equal and rows of two are orthogonal. */
static void
test_embedding_separates_groups (void)
{
  gint32 classes[N];
  g_autoptr (PleMatrix) x = rows_new (0.02, classes);
  g_autoptr (PleCludiGraph) graph = ple_cludi_graph_new (x, NULL, NULL);
  g_autoptr (PleMatrix) vectors = NULL;
  g_autoptr (GError) error = NULL;
  PleRng rng;

  ple_rng_init (&rng, 2);
  g_assert_true (ple_cludi_graph_set_perplexity (graph, 20, NULL, &error));
  vectors = ple_cludi_graph_embed (graph, K, &rng, NULL, &error);
  g_assert_no_error (error);
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < N; j++)
      {
        double cosine =
            ple_kernel_dot (K, ple_matrix_row (vectors, i), ple_matrix_row (vectors, j));

        g_assert_cmpfloat_with_epsilon (cosine, classes[i] == classes[j] ? 1 : 0, 0.05);
      }
}

static void
test_warm_labels (void)
{
  gint32 classes[N];
  g_autoptr (PleMatrix) x = rows_new (0.25, classes);
  PleCludiWarm first = { 0 };
  PleRng rng;

  ple_rng_init (&rng, 3);
  for (guint threads = 1; threads <= 3; threads += 2)
    {
      g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, threads);
      g_autoptr (GError) error = NULL;
      PleCludiWarm warm;

      g_assert_true (ple_cludi_warm (x, K, &rng, &warm, progress, &error));
      g_assert_no_error (error);
      g_assert_true (warm.uniform);
      g_assert_cmpfloat (ple_labeling_compare (N, K, classes, warm.labels), >, 0.8);
      if (threads == 1)
        first = warm;
      else
        {
          g_assert_cmpmem (first.labels, sizeof classes, warm.labels, sizeof classes);
          g_assert_cmpfloat (first.excess, ==, warm.excess);
          ple_cludi_warm_clear (&warm);
        }
    }
  ple_cludi_warm_clear (&first);
}

static void
test_cancelled (void)
{
  gint32 classes[N];
  g_autoptr (PleMatrix) x = rows_new (0.25, classes);
  g_autoptr (PleProgress) progress = ple_test_cancelled ();
  g_autoptr (GError) error = NULL;
  PleCludiWarm warm;
  PleRng rng;

  ple_rng_init (&rng, 3);
  g_assert_false (ple_cludi_warm (x, K, &rng, &warm, progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  ple_cludi_warm_clear (&warm);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  g_test_add_func ("/cluster/cludi-warm/balance-evens-the-sizes", test_balance_evens_the_sizes);
  g_test_add_func ("/cluster/cludi-warm/embedding-separates-groups",
                   test_embedding_separates_groups);
  g_test_add_func ("/cluster/cludi-warm/warm-labels", test_warm_labels);
  g_test_add_func ("/cluster/cludi-warm/cancelled", test_cancelled);
  return g_test_run ();
}
