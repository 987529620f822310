/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-json.h"
#include "base/ple-rng.h"
#include "embed/ple-embedding.h"
#include "linalg/ple-linalg.h"

static PleMatrix *
groups (size_t n, size_t d, size_t n_groups, double distance, guint64 seed)
{
  PleMatrix *features = ple_matrix_new (n, d, NULL);
  PleRng rng;

  ple_rng_init (&rng, seed);
  for (size_t i = 0; i < n; i++)
    for (size_t f = 0; f < d; f++)
      ple_matrix_row (features, i)[f] =
          (float) (ple_rng_normal (&rng) + (f == i % n_groups ? distance : 0));
  return features;
}

static PleMatrix *
run (const PleMatrix *features,
     const char *name,
     const char *value,
     JsonObject *quality,
     GError **error)
{
  const PleEmbedding *umap = ple_embedding_find ("umap", NULL);
  g_autoptr (PleParams) params = ple_params_new (umap->params, umap->params_size);

  g_assert_true (ple_params_set (params, name, value, NULL));
  return umap->run (features, ple_params_get_struct (params), 42, quality, NULL, error);
}

static void
test_connected_graph_starts_from_its_spectrum (void)
{
  g_autoptr (PleMatrix) features = groups (300, 5, 1, 0, 1);
  g_autoptr (JsonObject) quality = json_object_new ();
  g_autoptr (PleMatrix) xy = run (features, "n_epochs", "20", quality, NULL);

  g_assert_nonnull (xy);
  g_assert_cmpint (ple_json_get_int (quality, "graph_components", 0), ==, 1);
  g_assert_cmpstr (ple_json_get_string (quality, "start", ""), ==, "spectral");
  g_assert_cmpint (ple_json_get_int (quality, "n_iterations", 0), ==, 20);
}

static void
test_graph_in_parts_starts_from_the_plane (void)
{
  g_autoptr (PleMatrix) features = groups (300, 5, 3, 100, 2);
  g_autoptr (JsonObject) quality = json_object_new ();
  g_autoptr (PleMatrix) xy = run (features, "num_epochs", "20", quality, NULL);

  g_assert_nonnull (xy);
  g_assert_cmpint (ple_json_get_int (quality, "graph_components", 0), ==, 3);
  g_assert_cmpstr (ple_json_get_string (quality, "start", ""), ==, "pca");
}

static void
test_automatic_number_of_epochs (void)
{
  g_autoptr (PleMatrix) features = groups (100, 4, 1, 0, 3);
  g_autoptr (JsonObject) quality = json_object_new ();
  g_autoptr (PleMatrix) xy = run (features, "num_epochs", "0", quality, NULL);

  g_assert_nonnull (xy);
  g_assert_cmpint (ple_json_get_int (quality, "n_iterations", 0), ==, 500);
}

static void
test_more_neighbours_than_points (void)
{
  g_autoptr (PleMatrix) features = groups (20, 4, 1, 0, 4);
  g_autoptr (GError) error = NULL;
  g_autoptr (PleMatrix) xy = run (features, "n_neighbors", "100", NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (ple_matrix_find_not_finite (xy), ==, 20);
}

static void
test_minimum_distance_beyond_spread_is_refused (void)
{
  g_autoptr (PleMatrix) features = groups (20, 4, 1, 0, 5);
  g_autoptr (GError) error = NULL;

  g_assert_null (run (features, "min_dist", "1.5", NULL, &error));
  g_assert_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_RANGE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  g_test_add_func ("/embed/umap/connected-graph-starts-from-its-spectrum",
                   test_connected_graph_starts_from_its_spectrum);
  g_test_add_func ("/embed/umap/graph-in-parts-starts-from-the-plane",
                   test_graph_in_parts_starts_from_the_plane);
  g_test_add_func ("/embed/umap/automatic-number-of-epochs", test_automatic_number_of_epochs);
  g_test_add_func ("/embed/umap/more-neighbours-than-points", test_more_neighbours_than_points);
  g_test_add_func ("/embed/umap/minimum-distance-beyond-spread-is-refused",
                   test_minimum_distance_beyond_spread_is_refused);
  return g_test_run ();
}
