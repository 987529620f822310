/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "cluster/ple-methods-private.h"
#include "linalg/ple-linalg.h"
#include "ple-test.h"

#include <gio/gio.h>
#include <math.h>

#define N 300
#define D 5
#define K 5

/* Row i lies round 4 times the unit vector of i % K. */
static PleMatrix *
clouds_new (void)
{
  PleMatrix *x = ple_test_random_matrix (N, D, 2);

  for (size_t i = 0; i < N; i++)
    for (size_t f = 0; f < D; f++)
      ple_matrix_row (x, i)[f] = 0.3f * ple_matrix_row (x, i)[f] + (f == i % K ? 4 : 0);
  return x;
}

static PleClustering *
fit (PleMatrix *x, const char *name, const char *value, PleProgress *progress, GError **error)
{
  g_autoptr (PleParams) params =
      ple_params_new (ple_kmeans_method.params, ple_kmeans_method.params_size);
  const PleFitInput input = { x, 7, NULL };

  g_assert_true (ple_params_set (params, "num_clusters", "5", NULL));
  if (name != NULL)
    g_assert_true (ple_params_set (params, name, value, NULL));
  return ple_kmeans_method.fit (&input, ple_params_get_struct (params), progress, error);
}

static void
test_finds_clouds (void)
{
  static const char *const settings[][2] = { { "metric", "euclidean" },
                                             { "metric", "cosine" },
                                             { "init", "random" } };
  g_autoptr (PleMatrix) x = clouds_new ();

  for (size_t s = 0; s < G_N_ELEMENTS (settings); s++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (PleClustering) clustering = fit (x, settings[s][0], settings[s][1], NULL, &error);

      g_assert_no_error (error);
      for (size_t i = K; i < N; i++)
        g_assert_cmpint (clustering->labels->data[i], ==, clustering->labels->data[i % K]);
      for (size_t i = 0; i < N; i++)
        g_assert_true (clustering->confidence->data[i] > 0.5f &&
                       clustering->confidence->data[i] <= 1);
      g_assert_cmpint (json_object_get_int_member (clustering->metrics, "active_clusters"), ==, K);
    }
}

static void
test_inertia_and_scale_of_cosine (void)
{
  g_autoptr (PleMatrix) x = clouds_new ();
  g_autoptr (PleMatrix) scaled = ple_matrix_copy (x, NULL);
  g_autoptr (PleClustering) plain = fit (x, NULL, NULL, NULL, NULL);
  g_autoptr (PleClustering) cosine = fit (x, "metric", "cosine", NULL, NULL);
  g_autoptr (PleClustering) same = NULL;
  double inertia = 0;

  for (size_t i = 0; i < N; i++)
    for (size_t f = 0; f < D; f++)
      {
        const float *centre = ple_matrix_row (plain->centres, (size_t) plain->labels->data[i]);

        inertia += pow ((double) (ple_matrix_row (x, i)[f] - centre[f]), 2);
        ple_matrix_row (scaled, i)[f] *= (float) (1 + i % 3);
      }
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (plain->metrics, "inertia") / inertia, 1, 1e-4);
  /* Lengths mean nothing to the cosine. */
  same = fit (scaled, "metric", "cosine", NULL, NULL);
  g_assert_cmpmem (same->labels->data, N * 4, cosine->labels->data, N * 4);
  for (size_t i = 0; i < N; i++)
    g_assert_cmpfloat_with_epsilon ((double) same->confidence->data[i],
                                    (double) cosine->confidence->data[i], 1e-4);
}

/* 0 on the border, rising towards the centre. */
static void
test_confidence (void)
{
  g_autoptr (PleMatrix) x = clouds_new ();
  g_autoptr (PleClustering) clustering = fit (x, NULL, NULL, NULL, NULL);
  g_autoptr (PleMatrix) path = ple_matrix_new (11, D, NULL);
  gint32 labels[11];
  float confidence[11];
  const float *from = ple_matrix_row (clustering->centres, 0);
  const float *to = ple_matrix_row (clustering->centres, 1);

  for (size_t i = 0; i < 11; i++)
    for (size_t f = 0; f < D; f++)
      ple_matrix_row (path, i)[f] = from[f] + (to[f] - from[f]) * (float) i / 10;
  g_assert_true (ple_kmeans_method.predict (clustering, path, labels, confidence, NULL, NULL));
  g_assert_cmpint (labels[0], ==, 0);
  g_assert_cmpint (labels[10], ==, 1);
  g_assert_cmpfloat ((double) confidence[5], <, 1e-3);
  for (size_t i = 1; i <= 5; i++)
    g_assert_cmpfloat ((double) confidence[i], <=, (double) confidence[i - 1]);
  g_assert_cmpfloat ((double) confidence[0], >, 0.99);
}

static void
test_save_and_load (void)
{
  static const char *const metrics[] = { "euclidean", "cosine" };
  g_autoptr (PleMatrix) x = clouds_new ();
  g_autofree char *folder = g_dir_make_tmp ("ple-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL);
  g_autoptr (GError) error = NULL;

  for (size_t m = 0; m < 2; m++)
    {
      g_autoptr (PleClustering) clustering = fit (x, "metric", metrics[m], NULL, NULL);
      g_autoptr (PleClustering) loaded = NULL;
      gint32 labels[N];
      float confidence[N];

      g_assert_true (ple_kmeans_method.save (clustering, path, &error));
      loaded = ple_kmeans_method.load (path, &error);
      g_assert_no_error (error);
      g_assert_true (ple_kmeans_method.predict (loaded, x, labels, confidence, NULL, &error));
      g_assert_cmpmem (labels, sizeof labels, clustering->labels->data, N * sizeof (gint32));
      g_assert_cmpmem (confidence, sizeof confidence, clustering->confidence->data,
                       N * sizeof (float));
    }
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  g_assert_null (ple_kmeans_method.load (path, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY);
  g_assert_true (ple_remove_recursively (folder, NULL));
}

static void
test_same_bits_for_any_threads (void)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (3000, 8, 4);
  g_autoptr (PleProgress) one = ple_progress_new (NULL, NULL, 1);
  g_autoptr (PleClustering) expected = fit (x, "n_init", "2", one, NULL);

  for (guint threads = 2; threads <= 3; threads++)
    {
      g_autoptr (PleProgress) many = ple_progress_new (NULL, NULL, threads);
      g_autoptr (PleClustering) found = fit (x, "n_init", "2", many, NULL);

      g_assert_cmpmem (found->labels->data, 3000 * 4, expected->labels->data, 3000 * 4);
      ple_test_assert_same_bits (found->centres, expected->centres);
      ple_test_assert_same_bits (found->confidence, expected->confidence);
    }
}

static void
test_bad_and_degenerate_input (void)
{
  g_autoptr (PleMatrix) x = clouds_new ();
  g_autoptr (PleMatrix) few = ple_matrix_new_rows (x, 0, 4);
  g_autoptr (PleMatrix) exact = ple_matrix_new_rows (x, 0, K);
  g_autoptr (PleMatrix) same = ple_matrix_new (20, 3, NULL);
  g_autoptr (PleProgress) cancelled = ple_test_cancelled ();
  g_autoptr (PleClustering) own = NULL;
  g_autoptr (PleClustering) equal = NULL;
  g_autoptr (PleClustering) single = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (fit (few, NULL, NULL, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW);
  g_clear_error (&error);
  g_assert_null (fit (x, NULL, NULL, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  /* As many clusters as rows; equal rows; a single cluster. */
  own = fit (exact, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (json_object_get_double_member (own->metrics, "inertia"), <, 1e-6);
  equal = fit (same, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  for (size_t i = 0; i < 20; i++)
    g_assert_true (isfinite (equal->confidence->data[i]));
  single = fit (x, "num_clusters", "1", NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat ((double) single->confidence->data[3], ==, 1);
  x->data[7] = INFINITY;
  g_assert_null (fit (x, NULL, NULL, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NOT_FINITE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  g_test_add_func ("/cluster/kmeans/finds-clouds", test_finds_clouds);
  g_test_add_func ("/cluster/kmeans/inertia-and-scale-of-cosine", test_inertia_and_scale_of_cosine);
  g_test_add_func ("/cluster/kmeans/confidence", test_confidence);
  g_test_add_func ("/cluster/kmeans/save-and-load", test_save_and_load);
  g_test_add_func ("/cluster/kmeans/same-bits-for-any-threads", test_same_bits_for_any_threads);
  g_test_add_func ("/cluster/kmeans/bad-and-degenerate-input", test_bad_and_degenerate_input);
  return g_test_run ();
}
