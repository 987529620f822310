/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-error.h"
#include "dataset/ple-dataset.h"

#include "ple-test-pictures.h"

#include <unistd.h>
#include <zlib.h>

/* Readers of files of records: CIFAR, STL-10, IDX. */

static PleDataset *
open_set (const char *path, const PleDatasetOptions *options)
{
  g_autoptr (GError) error = NULL;
  PleDataset *dataset = ple_dataset_open (path, options, NULL, &error);

  g_assert_no_error (error);
  return dataset;
}

static void
assert_name (PleDataset *dataset, size_t item, const char *expected)
{
  g_autofree char *name = ple_dataset_dup_item_name (dataset, item);

  g_assert_cmpstr (name, ==, expected);
}

static const char *
class_of (PleDataset *dataset, size_t item)
{
  gint32 label = ple_dataset_get_labels (dataset)->data[item];

  return label >= 0 ? ple_dataset_get_class_name (dataset, (size_t) label) : NULL;
}

/* n records: labels as given, pixel (x, y) of plane p is x + 2 y + 50 p + record. */
static void
write_cifar (const char *folder, const char *name, guint n, guint n_labels, const guint8 *labels)
{
  GByteArray *bytes = g_byte_array_new ();

  for (guint i = 0; i < n; i++)
    {
      g_byte_array_append (bytes, labels + i * n_labels, n_labels);
      for (guint p = 0; p < 3; p++)
        for (guint y = 0; y < 32; y++)
          for (guint x = 0; x < 32; x++)
            {
              guint8 value = (guint8) (x + 2 * y + 50 * p + i);

              g_byte_array_append (bytes, &value, 1);
            }
    }
  ple_test_write (folder, name, bytes->data, bytes->len);
  g_byte_array_unref (bytes);
}

static void
test_cifar10 (void)
{
  static const guint8 labels[] = { 3, 0, 99 };
  char *folder = ple_test_folder_new ();
  g_autofree char *inner = g_build_filename (folder, "cifar-10-batches-bin", NULL);
  g_autofree char *single = g_build_filename (inner, "test_batch.bin", NULL);
  g_autoptr (PleDataset) dataset = NULL;
  g_autoptr (PleDataset) from_inside = NULL;
  g_autoptr (PleDataset) one_file = NULL;
  g_autoptr (PleImage) image = NULL;
  const guint8 *pixel;

  write_cifar (inner, "data_batch_1.bin", 3, 1, labels);
  write_cifar (inner, "test_batch.bin", 2, 1, labels);
  dataset = open_set (folder, NULL);
  g_assert_cmpstr (ple_dataset_get_kind (dataset), ==, "cifar10");
  g_assert_cmpuint (ple_dataset_get_n_items (dataset), ==, 5);
  g_assert_cmpuint (ple_dataset_get_split_size (dataset, PLE_SPLIT_TEST), ==, 2);
  g_assert_cmpuint (ple_dataset_get_n_classes (dataset), ==, 10);
  g_assert_cmpstr (class_of (dataset, 0), ==, "cat");
  g_assert_cmpstr (class_of (dataset, 1), ==, "airplane");
  g_assert_null (class_of (dataset, 2));
  g_assert_cmpuint (ple_dataset_get_n_odd_files (dataset), ==, 1);
  assert_name (dataset, 4, "test_batch.bin#1");
  image = ple_dataset_decode (dataset, 1, 0, NULL);
  pixel = image->data + (7 * 32 + 5) * 3;
  g_assert_cmpuint (pixel[0], ==, 5 + 14 + 1);
  g_assert_cmpuint (pixel[1], ==, 5 + 14 + 50 + 1);
  g_assert_cmpuint (pixel[2], ==, 5 + 14 + 100 + 1);
  /* The same set by the same name, whether opened by its folder or by the parent. */
  from_inside = open_set (inner, NULL);
  g_assert_cmpstr (ple_dataset_get_fingerprint (dataset), ==,
                   ple_dataset_get_fingerprint (from_inside));
  one_file = open_set (single, NULL);
  g_assert_cmpuint (ple_dataset_get_split_size (one_file, PLE_SPLIT_TEST), ==, 2);
  ple_test_folder_free (folder);
}

static void
test_cifar100 (void)
{
  static const guint8 labels[] = { 4, 0, 1, 99 };
  char *folder = ple_test_folder_new ();
  GString *fine = g_string_new (NULL);
  g_autoptr (PleDataset) dataset = NULL;
  g_autoptr (PleDataset) coarse = NULL;
  g_autoptr (PleImage) image = NULL;

  for (int c = 0; c < 100; c++)
    g_string_append_printf (fine, "fine%d\n", c);
  write_cifar (folder, "cifar-100-binary/train.bin", 2, 2, labels);
  ple_test_write (folder, "cifar-100-binary/fine_label_names.txt", fine->str, fine->len);
  dataset = open_set (folder, NULL);
  g_assert_cmpstr (ple_dataset_get_kind (dataset), ==, "cifar100");
  g_assert_cmpstr (class_of (dataset, 0), ==, "fine0");
  g_assert_cmpstr (class_of (dataset, 1), ==, "fine99");
  coarse = open_set (folder, &(PleDatasetOptions){ .coarse_labels = TRUE });
  g_assert_cmpuint (ple_dataset_get_n_classes (coarse), ==, 20);
  g_assert_cmpint (ple_dataset_get_labels (coarse)->data[0], ==, 4);
  image = ple_dataset_decode (dataset, 0, 0, NULL);
  g_assert_cmpuint (image->data[3], ==, 1);
  g_string_free (fine, TRUE);
  ple_test_folder_free (folder);
}

static void
test_cifar_class_list (void)
{
  static const guint8 labels[] = { 3, 0, 5 };
  char *folder = ple_test_folder_new ();
  g_autofree char *list = g_build_filename (folder, "keep.txt", NULL);
  g_autoptr (PleDataset) dataset = NULL;

  write_cifar (folder, "data_batch_1.bin", 3, 1, labels);
  ple_test_write_text (folder, "keep.txt", "cat\ndog\n");
  dataset = open_set (folder, &(PleDatasetOptions){ .classes_file = list });
  g_assert_cmpuint (ple_dataset_get_n_items (dataset), ==, 2);
  g_assert_cmpuint (ple_dataset_get_n_classes (dataset), ==, 2);
  g_assert_cmpstr (class_of (dataset, 1), ==, "dog");
  assert_name (dataset, 1, "data_batch_1.bin#2");
  ple_test_folder_free (folder);
}

static void
test_cifar_cut_off (void)
{
  static const guint8 labels[] = { 3, 0, 5 };
  char *folder = ple_test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "data_batch_1.bin", NULL);
  g_autoptr (PleDataset) dataset = NULL;
  g_autoptr (GError) error = NULL;

  write_cifar (folder, "data_batch_1.bin", 3, 1, labels);
  g_assert_cmpint (truncate (path, 3073 * 2 + 100), ==, 0);
  dataset = open_set (path, NULL);
  g_assert_cmpuint (ple_dataset_get_n_items (dataset), ==, 2);
  g_assert_cmpuint (ple_dataset_get_n_odd_files (dataset), ==, 1);
  /* The file shrinks while it is open. */
  g_assert_cmpint (truncate (path, 3073 + 100), ==, 0);
  g_assert_null (ple_dataset_decode (dataset, 1, 0, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TRUNCATED);
  g_clear_error (&error);
  g_assert_cmpint (truncate (path, 100), ==, 0);
  g_assert_null (ple_dataset_open (path, NULL, NULL, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY);
  ple_test_folder_free (folder);
}

static void
test_stl10 (void)
{
  char *folder = ple_test_folder_new ();
  size_t size = 96 * 96 * 3;
  g_autofree guint8 *pictures = g_malloc0 (2 * size);
  g_autoptr (PleDataset) dataset = NULL;
  g_autoptr (PleImage) image = NULL;

  /* Column 5, row 7 of green in the second picture. */
  pictures[size + 96 * 96 + 5 * 96 + 7] = 200;
  ple_test_write (folder, "stl10_binary/train_X.bin", pictures, 2 * size);
  ple_test_write (folder, "stl10_binary/train_y.bin", "\x01\x0a", 2);
  ple_test_write (folder, "stl10_binary/unlabeled_X.bin", pictures, size);
  ple_test_write (folder, "stl10_binary/test_X.bin", pictures, size);
  dataset = open_set (folder, NULL);
  g_assert_cmpstr (ple_dataset_get_kind (dataset), ==, "stl10");
  g_assert_cmpuint (ple_dataset_get_split_size (dataset, PLE_SPLIT_TRAIN), ==, 3);
  g_assert_cmpuint (ple_dataset_get_split_size (dataset, PLE_SPLIT_TEST), ==, 1);
  g_assert_cmpstr (class_of (dataset, 0), ==, "airplane");
  g_assert_cmpstr (class_of (dataset, 1), ==, "truck");
  g_assert_null (class_of (dataset, 2));
  assert_name (dataset, 2, "unlabeled_X.bin#0");
  image = ple_dataset_decode (dataset, 1, 0, NULL);
  g_assert_cmpuint (image->data[(7 * 96 + 5) * 3 + 1], ==, 200);
  g_assert_cmpuint (image->data[(7 * 96 + 5) * 3], ==, 0);
  ple_test_folder_free (folder);
}

static const guint8 idx_images[] = { 0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2,  0,  0,
                                     0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
static const guint8 idx_labels[] = { 0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 2 };

static void
write_gz (const char *folder, const char *name, const guint8 *data, size_t size)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  gzFile stream = gzopen (path, "wb");

  g_assert_cmpint (gzwrite (stream, data, (unsigned) size), ==, size);
  g_assert_cmpint (gzclose (stream), ==, Z_OK);
}

static void
test_idx (void)
{
  char *folder = ple_test_folder_new ();

  for (int packed = 0; packed < 2; packed++)
    {
      g_autoptr (PleDataset) dataset = NULL;
      g_autoptr (PleImage) image = NULL;

      if (packed)
        {
          write_gz (folder, "train-images-idx3-ubyte.gz", idx_images, sizeof idx_images);
          write_gz (folder, "train-labels-idx1-ubyte.gz", idx_labels, sizeof idx_labels);
        }
      else
        {
          ple_test_write (folder, "train-images-idx3-ubyte", idx_images, sizeof idx_images);
          ple_test_write (folder, "train-labels-idx1-ubyte", idx_labels, sizeof idx_labels);
          ple_test_write (folder, "t10k-images-idx3-ubyte", idx_images, sizeof idx_images);
        }
      dataset = open_set (folder, NULL);
      g_assert_cmpstr (ple_dataset_get_kind (dataset), ==, "idx");
      g_assert_cmpuint (ple_dataset_get_split_size (dataset, PLE_SPLIT_TRAIN), ==, 3);
      g_assert_cmpuint (ple_dataset_get_split_size (dataset, PLE_SPLIT_TEST), ==, packed ? 0 : 3);
      g_assert_cmpuint (ple_dataset_get_n_classes (dataset), ==, 8);
      g_assert_cmpstr (class_of (dataset, 0), ==, "7");
      image = ple_dataset_decode (dataset, 1, 0, NULL);
      g_assert_cmpmem (image->data, 12, "\5\5\5\6\6\6\7\7\7\10\10\10", 12);
      ple_test_folder_free (g_steal_pointer (&folder));
      folder = ple_test_folder_new ();
    }
  ple_test_folder_free (folder);
}

static void
test_idx_hostile (void)
{
  char *folder = ple_test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "x-images-idx3-ubyte", NULL);
  g_autofree char *packed = g_build_filename (folder, "x-images-idx3-ubyte.gz", NULL);
  guint8 huge[16] = { 0, 0, 8, 3, 255, 255, 255, 255, 0, 0, 16, 0, 0, 0, 16, 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (PleDataset) dataset = NULL;

  ple_test_write (folder, "x-images-idx3-ubyte", huge, sizeof huge);
  g_assert_null (ple_dataset_open (path, NULL, NULL, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY);
  g_clear_error (&error);
  write_gz (folder, "x-images-idx3-ubyte.gz", huge, sizeof huge);
  g_assert_null (ple_dataset_open (packed, NULL, NULL, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE);
  g_clear_error (&error);
  huge[8] = 255;
  ple_test_write (folder, "x-images-idx3-ubyte", huge, sizeof huge);
  g_assert_null (ple_dataset_open (path, NULL, NULL, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT);
  g_clear_error (&error);
  /* Two of three pictures. */
  ple_test_write (folder, "x-images-idx3-ubyte", idx_images, sizeof idx_images - 3);
  dataset = open_set (path, NULL);
  g_assert_cmpuint (ple_dataset_get_n_items (dataset), ==, 2);
  g_assert_cmpuint (ple_dataset_get_n_odd_files (dataset), ==, 1);
  ple_test_folder_free (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dataset/records/cifar10", test_cifar10);
  g_test_add_func ("/dataset/records/cifar100", test_cifar100);
  g_test_add_func ("/dataset/records/cifar-class-list", test_cifar_class_list);
  g_test_add_func ("/dataset/records/cifar-cut-off", test_cifar_cut_off);
  g_test_add_func ("/dataset/records/stl10", test_stl10);
  g_test_add_func ("/dataset/records/idx", test_idx);
  g_test_add_func ("/dataset/records/idx-hostile", test_idx_hostile);
  return g_test_run ();
}
