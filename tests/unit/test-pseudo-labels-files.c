/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-atomic.h"
#include "base/ple-json.h"
#include "curate/ple-pseudo-labels.h"

#include <locale.h>

/* Five samples, three clusters (the last unused), two classes. */
typedef struct
{
  char *folder;
  char *path;
  PleMatrix *features;
  PleMatrix *centres;
  PleLabels *assignments;
  PleLabels *truth;
  PlePseudoLabels *train;
} Fixture;

static const char *const names[] = { "cat", "dog, \"big\"", "bird" };

static void
set_up (Fixture *fixture, gconstpointer data)
{
  static const float x[] = { 1, 0, 1, 0, 1, 1, 0, 1, 0, 1 };
  static const float centres[] = { 1, 0, 0, 1, 1, 1 };
  static const gint32 clusters[] = { 0, 0, 0, 1, -1 };
  static const gint32 classes[] = { 0, 0, 1, 1, -1 };

  fixture->folder = g_dir_make_tmp ("ple-pseudo-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "out", NULL);
  fixture->features = ple_matrix_new (5, 2, NULL);
  fixture->centres = ple_matrix_new (3, 2, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (x); i++)
    fixture->features->data[i] = x[i];
  for (size_t i = 0; i < G_N_ELEMENTS (centres); i++)
    fixture->centres->data[i] = centres[i];
  fixture->assignments = ple_labels_new_from (clusters, 5);
  fixture->truth = ple_labels_new_from (classes, 5);
  fixture->train = ple_pseudo_labels_new (fixture->features, fixture->centres, fixture->assignments,
                                          fixture->truth, NULL, 2, NULL, NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ple_remove_recursively (fixture->folder, NULL);
  ple_pseudo_labels_free (fixture->train);
  ple_matrix_unref (fixture->features);
  ple_matrix_unref (fixture->centres);
  ple_labels_unref (fixture->assignments);
  ple_labels_unref (fixture->truth);
  g_free (fixture->folder);
  g_free (fixture->path);
}

static void
assert_written (Fixture *fixture, gboolean ok, GError *error, const char *expected)
{
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  g_assert_true (ok);
  g_assert_true (g_file_get_contents (fixture->path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
}

/* cos is 1, 1 and 1/sqrt(2) in cluster 0: the third sample's score is sqrt(0.8536) = 0.9239. */
static void
test_csv (Fixture *fixture, gconstpointer data)
{
  GError *error = NULL;
  gboolean ok = ple_pseudo_labels_write_csv (fixture->train, fixture->assignments, fixture->truth,
                                             names, fixture->path, &error);

  assert_written (fixture, ok, error,
                  "sample_idx,cluster_id,pseudo_label,true_label,confidence_score,"
                  "pseudo_label_name,true_label_name,is_correct\n"
                  "0,0,0,0,1.0000,cat,cat,1\n"
                  "1,0,0,0,1.0000,cat,cat,1\n"
                  "2,0,0,1,0.9239,cat,\"dog, \"\"big\"\"\",0\n"
                  "3,1,1,1,1.0000,\"dog, \"\"big\"\"\",\"dog, \"\"big\"\"\",1\n"
                  "4,-1,-1,-1,0.0000,,,\n");
}

static void
test_csv_without_truth (Fixture *fixture, gconstpointer data)
{
  const gint32 given[] = { 2, -1, 0 };
  g_autoptr (PlePseudoLabels) labels = ple_pseudo_labels_new (
      fixture->features, fixture->centres, fixture->assignments, NULL, given, 2, NULL, NULL);
  GError *error = NULL;
  gboolean ok = ple_pseudo_labels_write_csv (labels, fixture->assignments, NULL, names,
                                             fixture->path, &error);

  assert_written (fixture, ok, error,
                  "sample_idx,cluster_id,pseudo_label,true_label,confidence_score,"
                  "pseudo_label_name,true_label_name,is_correct\n"
                  "0,0,2,-1,1.0000,bird,,\n"
                  "1,0,2,-1,1.0000,bird,,\n"
                  "2,0,2,-1,0.9239,bird,,\n"
                  "3,1,-1,-1,0.0000,,,\n"
                  "4,-1,-1,-1,0.0000,,,\n");
}

static void
test_mapping (Fixture *fixture, gconstpointer data)
{
  GError *error = NULL;
  gboolean ok = ple_pseudo_labels_write_mapping_csv (fixture->train, fixture->assignments,
                                                     fixture->truth, names, fixture->path, &error);

  assert_written (fixture, ok, error,
                  "cluster_id,pseudo_label,cluster_size,cluster_accuracy,confidence,"
                  "pseudo_label_name\n"
                  "0,0,3,0.6667,1.0000,cat\n"
                  "1,1,1,1.0000,1.0000,\"dog, \"\"big\"\"\"\n"
                  "2,-1,0,0.0000,0.0000,\n");
}

static void
test_mapping_without_names_or_truth (Fixture *fixture, gconstpointer data)
{
  GError *error = NULL;
  gboolean ok = ple_pseudo_labels_write_mapping_csv (fixture->train, fixture->assignments, NULL,
                                                     NULL, fixture->path, &error);

  assert_written (fixture, ok, error,
                  "cluster_id,pseudo_label,cluster_size,cluster_accuracy,confidence,"
                  "pseudo_label_name\n"
                  "0,0,3,,1.0000,\n"
                  "1,1,1,,1.0000,\n"
                  "2,-1,0,,0.0000,\n");
}

/* A locale that writes 0,5 changes nothing. */
static void
test_any_locale (Fixture *fixture, gconstpointer data)
{
  g_autofree char *before = g_strdup (setlocale (LC_ALL, NULL));

  if (setlocale (LC_ALL, "de_DE.UTF-8") == NULL && setlocale (LC_ALL, "fr_FR.UTF-8") == NULL)
    {
      g_test_skip ("no locale with a decimal comma is installed");
      return;
    }
  test_csv (fixture, data);
  setlocale (LC_ALL, before);
}

static void
test_json (Fixture *fixture, gconstpointer data)
{
  static const gint32 clusters[] = { 1, 2, 0 };
  static const char *const members[] = {
    "k_samples",
    "train_pseudo_labels",
    "train_cluster_to_label",
    "train_cluster_to_confidence",
    "train_confidence_scores",
    "train_k_nearest_indices",
    "test_pseudo_labels",
    "note",
  };
  g_autoptr (PleLabels) test_clusters = ple_labels_new_from (clusters, 3);
  g_autoptr (PlePseudoLabels) test = ple_pseudo_labels_new_for_test (fixture->train, test_clusters);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GList) found = NULL;
  JsonObject *object;
  JsonArray *array;
  guint n = 0;

  g_assert_true (ple_pseudo_labels_write_json (fixture->train, test, fixture->path, &error));
  g_assert_no_error (error);
  node = ple_json_load (fixture->path, 1 << 20, &error);
  g_assert_no_error (error);
  object = json_node_get_object (node);
  found = json_object_get_members (object);
  for (GList *at = found; at != NULL; at = at->next, n++)
    g_assert_cmpstr (at->data, ==, members[n]);
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (members));

  g_assert_cmpint (ple_json_get_int (object, "k_samples", 0), ==, 2);
  array = ple_json_get_array (object, "train_pseudo_labels");
  g_assert_cmpuint (json_array_get_length (array), ==, 5);
  g_assert_cmpint (json_array_get_int_element (array, 3), ==, 1);
  array = ple_json_get_array (object, "train_confidence_scores");
  g_assert_cmpfloat_with_epsilon (json_array_get_double_element (array, 2), 0.923880, 1e-6);
  array = ple_json_get_array (object, "test_pseudo_labels");
  g_assert_cmpint (json_array_get_int_element (array, 0), ==, 1);
  g_assert_cmpint (json_array_get_int_element (array, 1), ==, -1);
  array = ple_json_get_array (ple_json_get_object (object, "train_k_nearest_indices"), "0");
  g_assert_cmpuint (json_array_get_length (array), ==, 2);
  g_assert_cmpint (json_array_get_int_element (array, 1), ==, 1);
  array = ple_json_get_array (ple_json_get_object (object, "train_k_nearest_indices"), "2");
  g_assert_cmpuint (json_array_get_length (array), ==, 0);
  object = ple_json_get_object (object, "train_cluster_to_label");
  g_assert_cmpint (ple_json_get_int (object, "2", 7), ==, -1);
}

static void
test_cannot_write (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->path, "below-a-file", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (fixture->path, "x", 1, NULL));
  g_assert_false (ple_pseudo_labels_write_json (fixture->train, NULL, path, &error));
  g_assert_nonnull (error);
}

#define ADD(name, function)                                                                        \
  g_test_add ("/curate/pseudo-labels-files/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("csv", test_csv);
  ADD ("csv-without-truth", test_csv_without_truth);
  ADD ("mapping", test_mapping);
  ADD ("mapping-without-names-or-truth", test_mapping_without_names_or_truth);
  ADD ("any-locale", test_any_locale);
  ADD ("json", test_json);
  ADD ("cannot-write", test_cannot_write);
  return g_test_run ();
}
