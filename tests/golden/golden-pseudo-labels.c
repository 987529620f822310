/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pseudo-labels against the seed's code (data/temi/README.md). */
#include "config.h"

#include "curate/ple-pseudo-labels.h"
#include "ple-golden.h"

static void
assert_equal_labels (PleNpz *npz, const char *name, const gint32 *values, size_t n)
{
  g_autoptr (PleArray) array = ple_golden_get (npz, name);

  g_assert_cmpuint (array->n, ==, n);
  for (size_t i = 0; i < n; i++)
    g_assert_cmpint (values[i], ==, (gint32) ple_array_get (array, i));
}

/* Their confidences are rounded to float32: 1e-6 is 8 units in the last place of 1. */
static void
assert_near (PleNpz *npz, const char *name, const float *values, size_t n)
{
  g_autoptr (PleArray) array = ple_golden_get (npz, name);
  g_autofree double *expected = ple_array_to_doubles (array);
  g_autofree double *ours = g_new (double, n);

  g_assert_cmpuint (array->n, ==, n);
  for (size_t i = 0; i < n; i++)
    ours[i] = (double) values[i];
  ple_golden_assert_near (name, n, ours, expected, 1e-6, 0);
}

static void
test_case (gconstpointer data)
{
  g_autoptr (PleNpz) npz = ple_golden_open (data);
  g_autoptr (PleMatrix) features = ple_golden_get_matrix (npz, "features");
  g_autoptr (PleMatrix) centres = ple_golden_get_matrix (npz, "centers");
  g_autoptr (PleLabels) assignments = ple_golden_get_labels (npz, "assignments");
  g_autoptr (PleLabels) truth = ple_golden_get_labels (npz, "labels");
  size_t k = (size_t) ple_golden_get_scalar (npz, "k");
  g_autoptr (GError) error = NULL;
  g_autoptr (PlePseudoLabels) labels =
      ple_pseudo_labels_new (features, centres, assignments, truth, NULL, k, NULL, &error);

  g_assert_no_error (error);
  assert_equal_labels (npz, "cluster_to_label", labels->cluster_label, centres->n_rows);
  assert_equal_labels (npz, "nearest_idx", labels->nearest, centres->n_rows * k);
  assert_equal_labels (npz, "pseudo_labels", labels->labels->data, features->n_rows);
  assert_near (npz, "cluster_confidence", labels->cluster_confidence, centres->n_rows);
  assert_near (npz, "sample_confidence", labels->confidence, features->n_rows);
}

int
main (int argc, char **argv)
{
  PleGolden *golden = ple_golden_new (&argc, &argv, "temi");

  ple_golden_add_files (golden, "pseudo_labels*.npz", test_case);
  return ple_golden_run (golden);
}
