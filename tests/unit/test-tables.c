/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "curate/ple-tables.h"

#include "base/ple-error.h"
#include "base/ple-json.h"
#include "ple-test-pictures.h"
#include "ple-test.h"

#include <unistd.h>

/* Items 0-2 train/cat, 3-5 train/dog, 6 test/cat, 7 test/dog. */
#define N 8

typedef struct
{
  char *folder;
  char *path;
  PleCurated curated;
} Fixture;

static void
open_data (Fixture *fixture, gboolean ignore_classes)
{
  static const char *const files[N] = {
    "train/cat/0.png", "train/cat/1.png", "train/cat/2.png", "train/dog/0.png",
    "train/dog/1.png", "train/dog/2.png", "test/cat/0.png",  "test/dog/0.png",
  };
  static const float x[2 * N] = { 1, 0, 2, 0, 3, 0, 0, 1, 0, 2, 1, 1, 1, 0, 0, 1 };
  static const gint32 clusters[N] = { 0, 0, 0, 1, 1, 2, 0, 1 };
  const PleDatasetOptions options = { .ignore_classes = ignore_classes };
  g_autofree char *data = NULL, *journal = NULL;
  g_autoptr (PleLabels) labels = ple_labels_new_from (clusters, N);
  g_autoptr (GError) error = NULL;

  fixture->folder = ple_test_folder_new ();
  fixture->path = g_build_filename (fixture->folder, "out", NULL);
  data = g_build_filename (fixture->folder, "data", NULL);
  journal = g_build_filename (fixture->folder, "curation.db", NULL);
  for (size_t i = 0; i < N; i++)
    ple_test_write_picture (data, files[i], "png");
  fixture->curated.dataset = ple_dataset_open (data, &options, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ple_dataset_get_n_items (fixture->curated.dataset), ==, N);
  fixture->curated.curation = ple_curation_open (journal, "run", labels, 3, &error);
  g_assert_no_error (error);
  fixture->curated.features = ple_matrix_new (N, 2, NULL);
  memcpy (fixture->curated.features->data, x, sizeof x);
  fixture->curated.confidence = ple_matrix_new (N, 1, NULL);
  for (size_t i = 0; i < N; i++)
    fixture->curated.confidence->data[i] = 0.5f + (float) i / 16;
  fixture->curated.k_samples = 10;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  open_data (fixture, FALSE);
}

static void
set_up_without_truth (Fixture *fixture, gconstpointer data)
{
  open_data (fixture, TRUE);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_object_unref (fixture->curated.curation);
  ple_dataset_unref (fixture->curated.dataset);
  ple_matrix_unref (fixture->curated.features);
  ple_matrix_unref (fixture->curated.confidence);
  g_free (fixture->path);
  ple_test_folder_free (fixture->folder);
}

/* Cluster 1 gets a name that is no class, 2 one that is; item 6 (test) is alone in cluster 3. */
static void
curate (Fixture *fixture)
{
  PleCuration *curation = fixture->curated.curation;
  const guint32 excluded[] = { 1 }, confirmed[] = { 0 }, unsure[] = { 3 }, conflict[] = { 7 };
  const guint32 split[] = { 6 };
  const gint32 part[] = { 0 };

  g_assert_true (ple_curation_name_cluster (curation, 1, "wolf, \"grey\"", NULL));
  g_assert_true (ple_curation_name_cluster (curation, 2, "CAT", NULL));
  g_assert_true (ple_curation_set_state (curation, excluded, 1, PLE_STATE_EXCLUDED, NULL));
  g_assert_true (ple_curation_set_state (curation, confirmed, 1, PLE_STATE_CONFIRMED, NULL));
  g_assert_true (ple_curation_set_state (curation, unsure, 1, PLE_STATE_UNSURE, NULL));
  g_assert_true (ple_curation_set_state (curation, conflict, 1, PLE_STATE_CONFLICT, NULL));
  g_assert_true (ple_curation_split (curation, split, part, 1, 1, NULL));
}

static void
assert_file (const char *path, const char *expected)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
}

#define HEAD                                                                                       \
  "sample_idx,image_path,split,cluster_id,pseudo_label,pseudo_label_name,state,confidence_score,"  \
  "true_label,true_label_name,is_correct\n"

static void
test_csv (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  curate (fixture);
  g_assert_true (ple_curated_write_csv (&fixture->curated, fixture->path, &error));
  g_assert_no_error (error);
  assert_file (fixture->path,
               HEAD "0,train/cat/0.png,train,0,0,cat,confirmed,1.0000,0,cat,1\n"
                    "2,train/cat/2.png,train,0,0,cat,auto,0.6250,0,cat,1\n"
                    "3,train/dog/0.png,train,1,2,\"wolf, \"\"grey\"\"\",unsure,0.6875,1,dog,0\n"
                    "4,train/dog/1.png,train,1,2,\"wolf, \"\"grey\"\"\",auto,0.7500,1,dog,0\n"
                    "5,train/dog/2.png,train,2,0,cat,auto,0.8125,1,dog,0\n"
                    "0,test/cat/0.png,test,3,-1,cluster-3,auto,0.8750,0,cat,0\n"
                    "1,test/dog/0.png,test,1,2,\"wolf, \"\"grey\"\"\",conflict,0.9375,1,dog,0\n");
}

static void
test_mapping (Fixture *fixture, gconstpointer data)
{
  curate (fixture);
  g_assert_true (ple_curated_write_mapping (&fixture->curated, fixture->path, NULL));
  assert_file (fixture->path, "cluster_id,pseudo_label,cluster_size,cluster_accuracy,confidence,"
                              "pseudo_label_name\n"
                              "0,0,2,1.0000,1.0000,cat\n"
                              "1,2,3,0.0000,1.0000,\"wolf, \"\"grey\"\"\"\n"
                              "2,0,1,0.0000,1.0000,cat\n"
                              "3,-1,1,0.0000,0.0000,cluster-3\n");
}

/* Without names the training members vote; the test picture of class cat has no say in cluster 1.
 */
static void
test_vote (Fixture *fixture, gconstpointer data)
{
  const guint32 items[] = { 6, 0 }, dogs[] = { 3 };

  g_assert_true (ple_curation_move (fixture->curated.curation, items, 1, 1, NULL));
  g_assert_true (
      ple_curation_set_state (fixture->curated.curation, dogs, 1, PLE_STATE_EXCLUDED, NULL));
  g_assert_true (ple_curation_move (fixture->curated.curation, items + 1, 1, 2, NULL));
  g_assert_true (ple_curated_write_mapping (&fixture->curated, fixture->path, NULL));
  /* Cluster 2 holds one cat and one dog: the smaller class, half the votes. */
  assert_file (fixture->path, "cluster_id,pseudo_label,cluster_size,cluster_accuracy,confidence,"
                              "pseudo_label_name\n"
                              "0,0,2,1.0000,1.0000,cat\n"
                              "1,1,3,0.6667,1.0000,dog\n"
                              "2,0,2,0.5000,0.5000,cat\n");
}

static void
test_without_truth (Fixture *fixture, gconstpointer data)
{
  const guint32 none[] = { 0, 1, 2, 3 };

  g_assert_true (ple_curation_name_cluster (fixture->curated.curation, 2, "boats", NULL));
  g_assert_true (ple_curation_name_cluster (fixture->curated.curation, 1, "mugs", NULL));
  g_assert_true (
      ple_curation_set_state (fixture->curated.curation, none, 4, PLE_STATE_EXCLUDED, NULL));
  g_assert_true (ple_curated_write_csv (&fixture->curated, fixture->path, NULL));
  assert_file (fixture->path, HEAD "4,train/dog/1.png,train,1,0,mugs,auto,0.7500,-1,,\n"
                                   "5,train/dog/2.png,train,2,1,boats,auto,0.8125,-1,,\n"
                                   "0,test/cat/0.png,test,0,-1,cluster-0,auto,0.8750,-1,,\n"
                                   "1,test/dog/0.png,test,1,0,mugs,auto,0.9375,-1,,\n");
}

static void
test_json (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonObject *object, *item;
  JsonArray *array;

  curate (fixture);
  g_assert_true (ple_curated_write_json (&fixture->curated, fixture->path, &error));
  g_assert_no_error (error);
  node = ple_json_load (fixture->path, 1 << 20, &error);
  g_assert_no_error (error);
  object = json_node_get_object (node);
  g_assert_cmpint (ple_json_get_int (object, "num_decisions", 0), ==, 7);
  g_assert_cmpint (ple_json_get_int (ple_json_get_object (object, "states"), "excluded", 0), ==, 1);
  array = ple_json_get_array (object, "label_names");
  g_assert_cmpuint (json_array_get_length (array), ==, 3);
  g_assert_cmpstr (json_array_get_string_element (array, 2), ==, "wolf, \"grey\"");
  array = ple_json_get_array (object, "clusters");
  g_assert_cmpuint (json_array_get_length (array), ==, 4);
  item = json_array_get_object_element (array, 2);
  g_assert_cmpstr (ple_json_get_string (item, "name", ""), ==, "CAT");
  g_assert_cmpstr (ple_json_get_string (item, "pseudo_label_name", ""), ==, "cat");
  array = ple_json_get_array (object, "items");
  g_assert_cmpuint (json_array_get_length (array), ==, N - 1);
  item = json_array_get_object_element (array, 6);
  g_assert_cmpint (ple_json_get_int (item, "pseudo_label", 0), ==, 2);
  g_assert_cmpstr (ple_json_get_string (item, "state", ""), ==, "conflict");
}

/* Written twice: the same bytes. */
static void
test_stable (Fixture *fixture, gconstpointer data)
{
  g_autofree char *first = NULL, *second = NULL;

  curate (fixture);
  g_assert_true (ple_curated_write_json (&fixture->curated, fixture->path, NULL));
  g_assert_true (g_file_get_contents (fixture->path, &first, NULL, NULL));
  g_assert_true (ple_curated_write_json (&fixture->curated, fixture->path, NULL));
  g_assert_true (g_file_get_contents (fixture->path, &second, NULL, NULL));
  g_assert_cmpstr (first, ==, second);
}

static void
test_readiness (Fixture *fixture, gconstpointer data)
{
  static const char *const expected[] = {
    "2 clusters have no name",
    "1 picture is marked as unsure",
    "1 picture has decisions in conflict",
    "4 pictures were not looked at",
  };
  g_autoptr (GPtrArray) list = NULL;

  curate (fixture);
  list = ple_curated_list_readiness (&fixture->curated);
  g_assert_cmpuint (list->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < list->len; i++)
    g_assert_cmpstr (g_ptr_array_index (list, i), ==, expected[i]);
}

static void
test_mismatch (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleMatrix) fewer = ple_matrix_new (3, 2, NULL);
  PleCurated curated = fixture->curated;
  g_autoptr (GError) error = NULL;

  curated.features = fewer;
  g_assert_false (ple_curated_write_csv (&curated, fixture->path, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH);
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
}

#define ADD(name, set_up, function)                                                                \
  g_test_add ("/curate/tables/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("csv", set_up, test_csv);
  ADD ("mapping", set_up, test_mapping);
  ADD ("vote-of-the-training-members", set_up, test_vote);
  ADD ("without-truth", set_up_without_truth, test_without_truth);
  ADD ("json", set_up, test_json);
  ADD ("same-bytes-again", set_up, test_stable);
  ADD ("readiness", set_up, test_readiness);
  ADD ("mismatch", set_up, test_mismatch);
  return g_test_run ();
}
