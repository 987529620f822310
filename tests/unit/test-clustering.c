/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-method.h"
#include "linalg/ple-linalg.h"
#include "ple-test.h"

#include <math.h>
#include <string.h>

/* What every method promises to the forms, the command line and the cache. */
static void
test_table_of_methods (void)
{
  for (const PleMethod *const *list = ple_methods_list (); *list != NULL; list++)
    {
      const PleMethod *method = *list;
      g_autoptr (PleParams) params = ple_params_new (method->params, method->params_size);

      g_assert_true (ple_method_find (method->id, NULL) == method);
      g_assert_nonnull (ple_param_find (method->params, "num_clusters"));
      g_assert_true (method->fit != NULL && method->predict != NULL && method->save != NULL &&
                     method->load != NULL);
      g_assert_cmpstr (method->presets[0].id, ==, "auto");
      for (const PlePreset *preset = method->presets; preset->id != NULL; preset++)
        {
          g_autoptr (GError) error = NULL;

          ple_params_apply_preset (params, method->presets, preset->id, &error);
          g_assert_no_error (error);
        }
    }
}

static void
test_unknown_method (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ple_method_find ("k-mean", &error));
  g_assert_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "kmeans"));
}

static void
test_default_centres (void)
{
  static const float rows[] = { 3, 0, /**/ 0, 4, /**/ 0, 0, /**/ 0, 1, /**/ 9, 9 };
  static const gint32 groups[] = { 0, 0, 0, 2, -1 };
  g_autoptr (PleMatrix) x = ple_matrix_new (5, 2, NULL);
  g_autoptr (PleLabels) labels = ple_labels_new_from (groups, 5);
  g_autoptr (PleMatrix) centres = NULL;

  memcpy (x->data, rows, sizeof rows);
  centres = ple_clustering_default_centres (x, labels, 4, NULL, NULL);
  g_assert_cmpuint (centres->n_rows, ==, 4);
  /* Mean of (1, 0), (0, 1) and a row without direction; nobody in 1 and 3; -1 belongs to none. */
  g_assert_cmpfloat_with_epsilon ((double) centres->data[0], 1.0 / 3, 1e-6);
  g_assert_cmpfloat_with_epsilon ((double) centres->data[1], 1.0 / 3, 1e-6);
  g_assert_cmpfloat ((double) centres->data[2], ==, 0);
  g_assert_cmpfloat ((double) centres->data[5], ==, 1);
  g_assert_cmpfloat ((double) centres->data[7], ==, 0);
}

static void
test_default_centres_same_bits_for_any_threads (void)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (2000, 7, 5);
  g_autoptr (PleLabels) labels = ple_labels_new (2000);
  g_autoptr (PleMatrix) expected = NULL;

  for (size_t i = 0; i < 2000; i++)
    labels->data[i] = (gint32) (i * i % 33);
  expected = ple_clustering_default_centres (x, labels, 33, NULL, NULL);
  for (guint threads = 1; threads <= 3; threads++)
    {
      g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, threads);
      g_autoptr (PleMatrix) found = ple_clustering_default_centres (x, labels, 33, progress, NULL);

      ple_test_assert_same_bits (found, expected);
    }
}

static void
count_free (gpointer data)
{
  ++*(int *) data;
}

static void
test_references (void)
{
  int freed = 0;
  PleClustering *clustering = ple_clustering_new (ple_methods_list ()[0], 3);

  clustering->model = &freed;
  clustering->model_free = count_free;
  ple_clustering_ref (clustering);
  ple_clustering_unref (clustering);
  g_assert_cmpint (freed, ==, 0);
  ple_clustering_unref (clustering);
  g_assert_cmpint (freed, ==, 1);
  ple_clustering_unref (NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  g_test_add_func ("/cluster/methods/table", test_table_of_methods);
  g_test_add_func ("/cluster/methods/unknown", test_unknown_method);
  g_test_add_func ("/cluster/clustering/default-centres", test_default_centres);
  g_test_add_func ("/cluster/clustering/default-centres-same-bits-for-any-threads",
                   test_default_centres_same_bits_for_any_threads);
  g_test_add_func ("/cluster/clustering/references", test_references);
  return g_test_run ();
}
