/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-error.h"
#include "dataset/ple-dataset.h"
#include "linalg/ple-array-file.h"

#include "ple-test-pictures.h"

/* Lists of pictures, and features without any. */

static char *
describe (PleDataset *dataset)
{
  static const char *const splits[] = { "train", "val", "test" };
  GString *text = g_string_new (NULL);
  PleLabels *labels = ple_dataset_get_labels (dataset);

  for (size_t i = 0; i < ple_dataset_get_n_items (dataset); i++)
    {
      g_autofree char *name = ple_dataset_dup_item_name (dataset, i);
      gint32 label = labels != NULL ? labels->data[i] : -1;

      g_string_append_printf (
          text, "%s:%s:%s\n", splits[ple_dataset_get_split (dataset, i)],
          label >= 0 ? ple_dataset_get_class_name (dataset, (size_t) label) : "-", name);
    }
  return g_string_free (text, FALSE);
}

/* Writes @text as list @name beside pictures a.png, "b, c.png" and sub/d.jpg; opens it. */
static PleDataset *
open_list (char *folder, const char *name, const char *text, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  ple_test_write_picture (folder, "a.png", "png");
  ple_test_write_picture (folder, "b, c.png", "png");
  ple_test_write_picture (folder, "sub/d.jpg", "jpeg");
  ple_test_write_text (folder, name, text);
  return ple_dataset_open (path, NULL, NULL, error);
}

static void
assert_list (const char *name, const char *text, const char *expected)
{
  char *folder = ple_test_folder_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (PleDataset) dataset = open_list (folder, name, text, &error);
  g_autofree char *described = NULL;
  g_autoptr (PleImage) image = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (ple_dataset_get_kind (dataset), ==, "list");
  described = describe (dataset);
  g_assert_cmpstr (described, ==, expected);
  image = ple_dataset_decode (dataset, 0, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (image->width, ==, 12);
  ple_test_folder_free (folder);
}

static void
test_csv (void)
{
  assert_list ("l.csv",
               "\xef\xbb\xbf"
               "split,Label,file_name\r\ntest,dog,a.png\r\n"
               "train,cat,\"b, c.png\"\r\nval,,sub/d.jpg",
               "train:cat:b, c.png\nval:-:sub/d.jpg\ntest:dog:a.png\n");
  assert_list ("l.csv", "sub/d.jpg,10\na.png,9\n", "train:10:sub/d.jpg\ntrain:9:a.png\n");
  assert_list ("l.tsv", "path\tlabel\nsub/d.jpg\t\"say \"\"hi\"\"\"\n\n",
               "train:say \"hi\":sub/d.jpg\n");
  assert_list ("l.txt", "a.png\n./sub/d.jpg\n", "train:-:a.png\ntrain:-:./sub/d.jpg\n");
}

static void
test_json_lines (void)
{
  assert_list ("l.jsonl",
               "{\"path\": \"a.png\", \"label\": 10, \"split\": \"test\"}\n\n"
               "{\"image\": \"sub/d.jpg\", \"label\": 9, \"box\": [1, 2]}\n",
               "train:9:sub/d.jpg\ntest:10:a.png\n");
}

static void
test_numbers_are_ordered_by_value (void)
{
  char *folder = ple_test_folder_new ();
  g_autoptr (PleDataset) dataset =
      open_list (folder, "l.csv", "a.png,10\nsub/d.jpg,9\nsub/d.jpg,-1\n", NULL);

  g_assert_cmpstr (ple_dataset_get_class_name (dataset, 0), ==, "9");
  g_assert_cmpstr (ple_dataset_get_class_name (dataset, 1), ==, "10");
  g_assert_cmpint (ple_dataset_get_labels (dataset)->data[2], ==, -1);
  ple_test_folder_free (folder);
}

static void
test_absolute_paths (void)
{
  char *folder = ple_test_folder_new ();
  g_autofree char *text = g_strdup_printf ("path,label\n%s/sub/d.jpg,x\n", folder);
  g_autoptr (PleDataset) dataset = open_list (folder, "l.csv", text, NULL);
  g_autofree char *path = ple_dataset_dup_item_path (dataset, 0);
  g_autofree char *expected = g_build_filename (folder, "sub/d.jpg", NULL);
  g_autoptr (PleImage) image = ple_dataset_decode (dataset, 0, 0, NULL);

  g_assert_cmpstr (path, ==, expected);
  g_assert_nonnull (image);
  ple_test_folder_free (folder);
}

static void
test_missing_files (void)
{
  char *folder = ple_test_folder_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (PleDataset) dataset = open_list (folder, "l.csv", "a.png\ngone.png\n", NULL);

  g_assert_cmpuint (ple_dataset_get_n_items (dataset), ==, 2);
  g_assert_cmpuint (ple_dataset_get_n_odd_files (dataset), ==, 1);
  g_assert_null (ple_dataset_decode (dataset, 1, 0, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_clear_error (&error);
  g_assert_cmpuint (ple_dataset_get_n_odd_files (dataset), ==, 1);
  ple_dataset_unref (dataset);
  dataset = open_list (folder, "l.csv", "gone.png\nlost.png\n", &error);
  g_assert_null (dataset);
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY);
  ple_test_folder_free (folder);
}

static void
test_bad_lists (void)
{
  static const struct
  {
    const char *name;
    const char *text;
    int code;
  } lists[] = {
    { "l.csv", "sample_idx,label\n0,dog\n", PLE_FILE_ERROR_FORMAT },
    { "l.csv", "some prose\nmore prose\n", PLE_FILE_ERROR_FORMAT },
    { "l.csv", "path,label\n", PLE_FILE_ERROR_EMPTY },
    { "l.jsonl", "{\"label\": 3}\n", PLE_FILE_ERROR_FORMAT },
    { "l.jsonl", "{\"path\": \"a.png\"\n", PLE_FILE_ERROR_FORMAT },
    { "l.jsonl", "[1]\n", PLE_FILE_ERROR_FORMAT },
    { "l.jsonl", "", PLE_FILE_ERROR_EMPTY },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      char *folder = ple_test_folder_new ();
      g_autoptr (GError) error = NULL;

      g_assert_null (open_list (folder, lists[i].name, lists[i].text, &error));
      g_assert_error (error, PLE_FILE_ERROR, lists[i].code);
      ple_test_folder_free (folder);
    }
}

static void
test_features (void)
{
  static const float values[] = { 1, 2, 3, 4, 5, 6 };
  static const gint64 truth[] = { 2, 0, 2 };
  const size_t shape[] = { 3, 2 };
  const PleNpzMember members[] = {
    { "features", PLE_ARRAY_F4, 2, { 3, 2 }, values },
    { "labels", PLE_ARRAY_I8, 1, { 3 }, truth },
  };
  char *folder = ple_test_folder_new ();
  g_autofree char *npz = g_build_filename (folder, "x.npz", NULL);
  g_autofree char *npy = g_build_filename (folder, "train_features.npy", NULL);
  g_autofree char *npy_labels = g_build_filename (folder, "train_labels.npy", NULL);
  g_autofree char *csv = g_build_filename (folder, "x.csv", NULL);
  g_autofree char *keep = g_build_filename (folder, "keep.txt", NULL);
  const char *const paths[] = { npz, npy, csv };
  g_autoptr (GError) error = NULL;
  g_autoptr (PleDataset) some = NULL;

  g_assert_true (ple_npz_write (npz, members, 2, NULL));
  g_assert_true (ple_npy_write (npy, PLE_ARRAY_F4, 2, shape, values, NULL));
  g_assert_true (ple_npy_write (npy_labels, PLE_ARRAY_I8, 1, shape, truth, NULL));
  ple_test_write_text (folder, "x.csv", "a,b\n1,2\n3,4\n5,6\n");
  for (size_t i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (PleDataset) dataset = ple_dataset_open (paths[i], NULL, NULL, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (ple_dataset_get_kind (dataset), ==, "features");
      g_assert_false (ple_dataset_has_pictures (dataset));
      g_assert_cmpuint (ple_dataset_get_n_items (dataset), ==, 3);
      g_assert_cmpmem (ple_dataset_get_features (dataset)->data, sizeof values, values,
                       sizeof values);
      g_assert_cmpuint (ple_dataset_get_n_classes (dataset), ==, i < 2 ? 3 : 0);
      g_assert_null (ple_dataset_decode (dataset, 0, 0, &error));
      g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED);
      g_clear_error (&error);
    }
  ple_test_write_text (folder, "keep.txt", "2\n");
  some = ple_dataset_open (npz, &(PleDatasetOptions){ .classes_file = keep }, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ple_dataset_get_n_items (some), ==, 2);
  g_assert_cmpuint (ple_dataset_get_features (some)->n_rows, ==, 2);
  g_assert_cmpfloat (ple_dataset_get_features (some)->data[2], ==, 5);
  ple_test_folder_free (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dataset/list/csv", test_csv);
  g_test_add_func ("/dataset/list/json-lines", test_json_lines);
  g_test_add_func ("/dataset/list/numbers-are-ordered-by-value", test_numbers_are_ordered_by_value);
  g_test_add_func ("/dataset/list/absolute-paths", test_absolute_paths);
  g_test_add_func ("/dataset/list/missing-files", test_missing_files);
  g_test_add_func ("/dataset/list/bad-lists", test_bad_lists);
  g_test_add_func ("/dataset/features/without-pictures", test_features);
  return g_test_run ();
}
