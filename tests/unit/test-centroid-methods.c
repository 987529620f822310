/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "cluster/ple-methods-private.h"
#include "linalg/ple-linalg.h"
#include "ple-test.h"

#include <gio/gio.h>
#include <math.h>

/* What all methods whose clusters are centres must do alike. */

#define N 600
#define D 6
#define K 6

static const PleMethod *const methods[] = {
  &ple_kmeans_method,
  &ple_spherical_kmeans_method,
  &ple_minibatch_kmeans_method,
  &ple_agglomerative_method,
};

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
fit (const PleMethod *method,
     PleMatrix *x,
     const char *settings,
     PleProgress *progress,
     GError **error)
{
  g_autoptr (PleParams) params = ple_params_new (method->params, method->params_size);
  const PleFitInput input = { x, 7, NULL };
  g_auto (GStrv) words = g_strsplit (settings, " ", -1);

  g_assert_true (ple_params_set (params, "num_clusters", G_STRINGIFY (K), NULL));
  for (char **word = words; *word != NULL; word++)
    {
      g_auto (GStrv) parts = g_strsplit (*word, "=", 2);

      if (**word != '\0')
        g_assert_true (ple_params_set (params, parts[0], parts[1], NULL));
    }
  return method->fit (&input, ple_params_get_struct (params), progress, error);
}

static void
assert_clouds (const PleClustering *clustering)
{
  for (size_t i = 0; i < N; i++)
    g_assert_cmpint (clustering->labels->data[i], ==, clustering->labels->data[i % K]);
  for (size_t i = 0; i < K; i++)
    for (size_t j = 0; j < i; j++)
      g_assert_cmpint (clustering->labels->data[i], !=, clustering->labels->data[j]);
  for (size_t i = 0; i < N; i++)
    g_assert_true (clustering->confidence->data[i] > 0.5f && clustering->confidence->data[i] <= 1);
}

static void
test_finds_clouds (void)
{
  static const struct
  {
    const PleMethod *method;
    const char *settings;
  } cases[] = {
    { &ple_kmeans_method, "" },
    { &ple_spherical_kmeans_method, "" },
    { &ple_minibatch_kmeans_method, "batch_size=50" },
    { &ple_minibatch_kmeans_method, "batch_size=64 metric=cosine" },
    { &ple_minibatch_kmeans_method, "batch_size=100000" },
    { &ple_agglomerative_method, "" },
    { &ple_agglomerative_method, "linkage=average metric=cosine" },
    { &ple_agglomerative_method, "linkage=complete" },
    { &ple_agglomerative_method, "max_points=60" },
    { &ple_agglomerative_method, "max_points=60 linkage=average metric=cosine" },
  };
  g_autoptr (PleMatrix) x = clouds_new ();

  for (size_t c = 0; c < G_N_ELEMENTS (cases); c++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (PleClustering) clustering =
          fit (cases[c].method, x, cases[c].settings, NULL, &error);

      g_assert_no_error (error);
      assert_clouds (clustering);
    }
}

/* A row stays where the tree puts it, though another centre is nearer: then nothing is sure of it.
 */
static void
test_tree_is_kept (void)
{
  g_autoptr (PleMatrix) x = ple_matrix_new (31, 1, NULL);
  g_autoptr (PleParams) params =
      ple_params_new (ple_agglomerative_method.params, ple_agglomerative_method.params_size);
  const PleFitInput input = { x, 7, NULL };
  g_autoptr (PleClustering) clustering = NULL;
  g_autoptr (GError) error = NULL;

  /* 0 to 10, whose mean is 5, and twenty rows at 13. */
  for (size_t i = 0; i < 31; i++)
    x->data[i] = i < 11 ? (float) i : 13;
  g_assert_true (ple_params_set (params, "num_clusters", "2", NULL));
  clustering = ple_agglomerative_method.fit (&input, ple_params_get_struct (params), NULL, &error);
  g_assert_no_error (error);
  for (size_t i = 0; i < 31; i++)
    g_assert_cmpint (clustering->labels->data[i], ==, i < 11 ? 0 : 1);
  g_assert_cmpfloat ((double) clustering->confidence->data[10], ==, 0);
  g_assert_cmpfloat ((double) clustering->confidence->data[5], >, 0.5);
}

static void
test_same_bits_for_any_threads (void)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (N, D, 3);

  for (size_t m = 0; m < G_N_ELEMENTS (methods); m++)
    {
      g_autoptr (PleProgress) one = ple_progress_new (NULL, NULL, 1);
      g_autoptr (PleProgress) three = ple_progress_new (NULL, NULL, 3);
      g_autoptr (PleClustering) a = fit (methods[m], x, "", one, NULL);
      g_autoptr (PleClustering) b = fit (methods[m], x, "", three, NULL);

      g_assert_cmpmem (a->labels->data, N * 4, b->labels->data, N * 4);
      g_assert_cmpmem (a->centres->data, K * D * 4, b->centres->data, K * D * 4);
      g_assert_cmpmem (a->confidence->data, N * 4, b->confidence->data, N * 4);
    }
}

static void
test_save_and_load (void)
{
  g_autofree char *folder = g_dir_make_tmp ("ple-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL);
  g_autoptr (PleMatrix) x = clouds_new ();

  for (size_t m = 0; m < G_N_ELEMENTS (methods); m++)
    {
      const PleMethod *other = methods[(m + 1) % G_N_ELEMENTS (methods)];
      g_autoptr (PleClustering) fitted = fit (methods[m], x, "", NULL, NULL);
      g_autoptr (PleClustering) loaded = NULL;
      g_autoptr (GError) error = NULL;
      gint32 labels[2][N];
      float confidence[2][N];

      g_assert_true (methods[m]->save (fitted, path, &error));
      loaded = methods[m]->load (path, &error);
      g_assert_no_error (error);
      g_assert_true (methods[m]->predict (fitted, x, labels[0], confidence[0], NULL, NULL));
      g_assert_true (methods[m]->predict (loaded, x, labels[1], confidence[1], NULL, NULL));
      g_assert_cmpmem (labels[0], sizeof labels[0], labels[1], sizeof labels[1]);
      g_assert_cmpmem (confidence[0], sizeof confidence[0], confidence[1], sizeof confidence[1]);
      g_assert_cmpmem (labels[0], sizeof labels[0], fitted->labels->data, N * 4);
      g_assert_null (other->load (path, &error));
      g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT);
    }
  g_assert_true (ple_remove_recursively (folder, NULL));
}

static void
test_bad_input (void)
{
  for (size_t m = 0; m < G_N_ELEMENTS (methods); m++)
    {
      g_autoptr (PleMatrix) few = ple_test_random_matrix (K - 1, D, 3);
      g_autoptr (PleMatrix) constant = ple_matrix_new (40, D, NULL);
      g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 1);
      g_autoptr (PleClustering) clustering = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_null (fit (methods[m], few, "", NULL, &error));
      g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW);
      g_clear_error (&error);
      clustering = fit (methods[m], constant, "", NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (clustering->n_clusters, ==, K);
      constant->data[7] = NAN;
      g_assert_null (fit (methods[m], constant, "", NULL, &error));
      g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NOT_FINITE);
      g_clear_error (&error);
      constant->data[7] = 0;
      ple_progress_cancel (progress);
      g_assert_null (fit (methods[m], constant, "", progress, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  g_test_add_func ("/cluster/centroid-methods/finds-clouds", test_finds_clouds);
  g_test_add_func ("/cluster/centroid-methods/tree-is-kept", test_tree_is_kept);
  g_test_add_func ("/cluster/centroid-methods/same-bits-for-any-threads",
                   test_same_bits_for_any_threads);
  g_test_add_func ("/cluster/centroid-methods/save-and-load", test_save_and_load);
  g_test_add_func ("/cluster/centroid-methods/bad-input", test_bad_input);
  return g_test_run ();
}
