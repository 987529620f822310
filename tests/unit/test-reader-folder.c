/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-error.h"
#include "dataset/ple-dataset.h"

#include "ple-test-pictures.h"

#include <sys/stat.h>
#include <unistd.h>

static PleDataset *
open_set (const char *path, const PleDatasetOptions *options)
{
  g_autoptr (GError) error = NULL;
  PleDataset *dataset = ple_dataset_open (path, options, NULL, &error);

  g_assert_no_error (error);
  return dataset;
}

/* The set as "split:class:name" lines. (transfer full) */
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

static void
assert_described (const char *path, const PleDatasetOptions *options, const char *expected)
{
  g_autoptr (PleDataset) dataset = open_set (path, options);
  g_autofree char *text = describe (dataset);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_classes_in_order (void)
{
  char *folder = ple_test_folder_new ();
  g_autoptr (PleDataset) dataset = NULL;
  g_autoptr (PleImage) image = NULL;
  g_autofree char *item_path = NULL;
  guint64 size;
  gint64 mtime;

  ple_test_write_picture (folder, "dog/2.png", "png");
  ple_test_write_picture (folder, "dog/10.png", "png");
  ple_test_write_picture (folder, "cat/deep/er/1.JPG", "jpeg");
  ple_test_write_picture (folder, "cat dog/1.webp", "webp");
  ple_test_write_text (folder, "cat/notes.docx", "x");
  ple_test_write_text (folder, "cat/.hidden.png", "x");
  ple_test_write_text (folder, "README.md", "x");
  assert_described (folder, NULL,
                    "train:cat:cat/deep/er/1.JPG\ntrain:cat dog:cat dog/1.webp\n"
                    "train:dog:dog/10.png\ntrain:dog:dog/2.png\n");
  assert_described (folder, &(PleDatasetOptions){ .ignore_classes = TRUE },
                    "train:-:cat/deep/er/1.JPG\ntrain:-:cat dog/1.webp\n"
                    "train:-:dog/10.png\ntrain:-:dog/2.png\n");
  dataset = open_set (folder, NULL);
  g_assert_cmpstr (ple_dataset_get_kind (dataset), ==, "folder");
  g_assert_cmpuint (ple_dataset_get_n_odd_files (dataset), ==, 1);
  image = ple_dataset_decode (dataset, 2, 0, NULL);
  ple_test_assert_quarters (image);
  item_path = ple_dataset_dup_item_path (dataset, 2);
  g_assert_true (g_str_has_suffix (item_path, "/dog/10.png"));
  ple_dataset_get_item_stamp (dataset, 2, &size, &mtime);
  g_assert_cmpuint (size, >, 50);
  g_assert_cmpint (mtime, >, G_GINT64_CONSTANT (1600000000) * 1000000000);
  ple_test_folder_free (folder);
}

static void
test_splits (void)
{
  char *folder = ple_test_folder_new ();
  g_autoptr (PleDataset) dataset = NULL;

  ple_test_write_picture (folder, "set/test/b/1.png", "png");
  ple_test_write_picture (folder, "set/train/a/1.png", "png");
  ple_test_write_picture (folder, "set/train/b/1.png", "png");
  ple_test_write_picture (folder, "set/Valid/a/1.png", "png");
  ple_test_write_picture (folder, "set/extra/1.png", "png");
  assert_described (folder, NULL,
                    "train:a:set/train/a/1.png\ntrain:b:set/train/b/1.png\n"
                    "val:a:set/Valid/a/1.png\ntest:b:set/test/b/1.png\n");
  dataset = open_set (folder, NULL);
  g_assert_cmpuint (ple_dataset_get_n_odd_files (dataset), ==, 1);
  g_assert_cmpuint (ple_dataset_get_split_size (dataset, PLE_SPLIT_TRAIN), ==, 2);
  g_assert_cmpuint (ple_dataset_get_index_in_split (dataset, 1), ==, 1);
  g_assert_cmpuint (ple_dataset_get_index_in_split (dataset, 3), ==, 0);
  ple_test_folder_free (folder);
}

/* "train" among other vehicles is a class. */
static void
test_a_class_called_train (void)
{
  char *folder = ple_test_folder_new ();

  ple_test_write_picture (folder, "bus/1.png", "png");
  ple_test_write_picture (folder, "car/1.png", "png");
  ple_test_write_picture (folder, "train/1.png", "png");
  assert_described (folder, NULL,
                    "train:bus:bus/1.png\ntrain:car:car/1.png\ntrain:train:train/1.png\n");
  ple_test_folder_free (folder);
}

static void
test_tiny_imagenet (void)
{
  char *folder = ple_test_folder_new ();
  g_autoptr (PleDataset) dataset = NULL;
  g_autofree char *inner = NULL;

  ple_test_write_picture (folder, "tiny-imagenet-200/train/n01443537/images/n01443537_0.JPEG",
                          "jpeg");
  ple_test_write_picture (folder, "tiny-imagenet-200/train/n01629819/images/n01629819_0.JPEG",
                          "jpeg");
  ple_test_write_text (folder, "tiny-imagenet-200/train/n01443537/n01443537_boxes.txt", "x");
  ple_test_write_picture (folder, "tiny-imagenet-200/val/images/val_0.JPEG", "jpeg");
  ple_test_write_picture (folder, "tiny-imagenet-200/val/images/val_1.JPEG", "jpeg");
  ple_test_write_picture (folder, "tiny-imagenet-200/test/images/test_0.JPEG", "jpeg");
  ple_test_write_text (folder, "tiny-imagenet-200/val/val_annotations.txt",
                       "val_0.JPEG\tn01629819\t0\t32\t44\t62\nval_1.JPEG\tn01443537\t1\t2\t3\t4\n");
  ple_test_write_text (folder, "tiny-imagenet-200/words.txt",
                       "n01443537\tgoldfish, Carassius auratus\n"
                       "n01629819\tEuropean fire salamander, Salamandra salamandra\n");
  inner = g_build_filename (folder, "tiny-imagenet-200", NULL);
  assert_described (inner, NULL,
                    "train:goldfish:train/n01443537/images/n01443537_0.JPEG\n"
                    "train:European fire salamander:train/n01629819/images/n01629819_0.JPEG\n"
                    "val:European fire salamander:val/images/val_0.JPEG\n"
                    "val:goldfish:val/images/val_1.JPEG\ntest:-:test/images/test_0.JPEG\n");
  dataset = open_set (folder, NULL);
  g_assert_cmpuint (ple_dataset_get_n_items (dataset), ==, 5);
  g_assert_cmpuint (ple_dataset_get_n_classes (dataset), ==, 2);
  g_assert_cmpuint (ple_dataset_get_n_odd_files (dataset), ==, 0);
  /* Among other sets, by its name. */
  ple_test_write_picture (folder, "imagenette2/train/n01440764/1.JPEG", "jpeg");
  ple_dataset_unref (dataset);
  dataset = open_set (folder, &(PleDatasetOptions){ .kind = "tiny-imagenet" });
  g_assert_cmpuint (ple_dataset_get_n_items (dataset), ==, 5);
  ple_dataset_unref (dataset);
  dataset = open_set (folder, &(PleDatasetOptions){ .kind = "imagenette" });
  g_assert_cmpuint (ple_dataset_get_n_items (dataset), ==, 1);
  g_assert_cmpstr (ple_dataset_get_class_name (dataset, 0), ==, "tench");
  ple_test_folder_free (folder);
}

static void
test_imagenet (void)
{
  char *folder = ple_test_folder_new ();

  ple_test_write_picture (folder, "ILSVRC/Data/CLS-LOC/train/n02012849/n02012849_1.JPEG", "jpeg");
  ple_test_write_picture (folder, "ILSVRC/Data/CLS-LOC/train/n03126707/n03126707_1.JPEG", "jpeg");
  ple_test_write_picture (folder, "ILSVRC/Data/CLS-LOC/train/n01440764/n01440764_1.JPEG", "jpeg");
  ple_test_write_picture (folder, "ILSVRC/Data/CLS-LOC/val/ILSVRC2012_val_00000001.JPEG", "jpeg");
  ple_test_write_text (folder, "LOC_synset_mapping.txt",
                       "n01440764 tench, Tinca tinca\nn02012849 crane\nn03126707 crane\n");
  ple_test_write_text (
      folder, "LOC_val_solution.csv",
      "ImageId,PredictionString\nILSVRC2012_val_00000001,n03126707 85 1 499 272\n");
  assert_described (folder, NULL,
                    "train:tench:ILSVRC/Data/CLS-LOC/train/n01440764/n01440764_1.JPEG\n"
                    "train:crane (n02012849):ILSVRC/Data/CLS-LOC/train/n02012849/n02012849_1.JPEG\n"
                    "train:crane (n03126707):ILSVRC/Data/CLS-LOC/train/n03126707/n03126707_1.JPEG\n"
                    "val:crane (n03126707):ILSVRC/Data/CLS-LOC/val/ILSVRC2012_val_00000001.JPEG\n");
  ple_test_folder_free (folder);
}

static void
test_class_list (void)
{
  char *folder = ple_test_folder_new ();
  g_autofree char *list = g_build_filename (folder, "keep.txt", NULL);
  PleDatasetOptions options = { .classes_file = list };
  g_autoptr (GError) error = NULL;

  ple_test_write_picture (folder, "pics/n01498041/1.png", "png");
  ple_test_write_picture (folder, "pics/n01440764/1.png", "png");
  ple_test_write_picture (folder, "pics/blue whale/1.png", "png");
  ple_test_write_picture (folder, "pics/flat.png", "png");
  ple_test_write_text (folder, "keep.txt", "# two\nn01498041 stingray\nblue whale\n\nn09999999\n");
  assert_described (
      folder, &options,
      "train:blue whale:pics/blue whale/1.png\ntrain:stingray:pics/n01498041/1.png\n");
  ple_test_write_text (folder, "keep.txt", "unicorn\n");
  g_assert_null (ple_dataset_open (folder, &options, NULL, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH);
  ple_test_folder_free (folder);
}

static void
test_broken_pictures (void)
{
  char *folder = ple_test_folder_new ();
  g_autoptr (PleDataset) dataset = NULL;
  g_autoptr (GPtrArray) odd = NULL;
  const PleOddFile *first;

  ple_test_write_picture (folder, "a.png", "png");
  ple_test_write_text (folder, "b.png", "not a picture");
  ple_test_write_text (folder, "c.jpg", "");
  dataset = open_set (folder, NULL);
  g_assert_cmpuint (ple_dataset_get_n_items (dataset), ==, 3);
  for (int times = 0; times < 2; times++)
    for (size_t i = 0; i < 3; i++)
      {
        g_autoptr (GError) error = NULL;
        g_autoptr (PleImage) image = ple_dataset_decode (dataset, i, 0, &error);

        g_assert_true ((image != NULL) == (i == 0));
        g_assert_true ((error != NULL) == (i > 0));
      }
  odd = ple_dataset_dup_odd_files (dataset);
  g_assert_cmpuint (odd->len, ==, 2);
  first = g_ptr_array_index (odd, 0);
  g_assert_cmpstr (first->name, ==, "b.png");
  g_assert_false (g_str_has_prefix (first->reason, "b.png"));
  ple_test_folder_free (folder);
}

static void
test_errors (void)
{
  char *folder = ple_test_folder_new ();
  g_autofree char *parquet = g_build_filename (folder, "train.parquet", NULL);
  g_autofree char *missing = g_build_filename (folder, "missing", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 1);

  g_assert_null (ple_dataset_open (folder, NULL, NULL, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY);
  g_clear_error (&error);
  ple_test_write_text (folder, "a.doc", "x");
  g_assert_null (ple_dataset_open (folder, NULL, NULL, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY);
  g_assert_nonnull (strstr (error->message, "1 other file"));
  g_clear_error (&error);
  ple_test_write_text (folder, "train.parquet", "PAR1");
  g_assert_null (ple_dataset_open (folder, NULL, NULL, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED);
  g_clear_error (&error);
  g_assert_null (ple_dataset_open (parquet, NULL, NULL, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "Parquet"));
  g_clear_error (&error);
  g_assert_null (ple_dataset_open (missing, NULL, NULL, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_clear_error (&error);
  g_assert_null (
      ple_dataset_open (folder, &(PleDatasetOptions){ .kind = "nonsense" }, NULL, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED);
  ple_test_folder_free (folder);
}

static void
test_links (void)
{
  char *folder = ple_test_folder_new ();
  g_autofree char *loop = g_build_filename (folder, "a/loop", NULL);
  g_autofree char *link = g_build_filename (folder, "b", NULL);
  g_autofree char *pipe = g_build_filename (folder, "c/pipe.png", NULL);
  g_autoptr (PleDataset) dataset = NULL;

  ple_test_write_picture (folder, "a/1.png", "png");
  ple_test_write_picture (folder, "c/1.png", "png");
  g_assert_cmpint (symlink ("..", loop), ==, 0);
  g_assert_cmpint (symlink ("/nonexistent/b", link), ==, 0);
  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  dataset = open_set (folder, NULL);
  g_assert_cmpuint (ple_dataset_get_n_items (dataset), ==, 2);
  /* The loop, the link to nowhere and the pipe. */
  g_assert_cmpuint (ple_dataset_get_n_odd_files (dataset), ==, 3);
  ple_test_folder_free (folder);
}

static void
test_fingerprint (void)
{
  char *folder = ple_test_folder_new ();
  char *other = ple_test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "a/1.png", NULL);
  g_autoptr (PleDataset) first = NULL;
  g_autoptr (PleDataset) again = NULL;
  g_autoptr (PleDataset) unturned = NULL;
  g_autoptr (PleDataset) changed = NULL;

  ple_test_write_picture (folder, "a/1.png", "png");
  first = open_set (folder, NULL);
  again = open_set (folder, &(PleDatasetOptions){ .ignore_classes = TRUE });
  unturned = open_set (folder, &(PleDatasetOptions){ .ignore_orientation = TRUE });
  ple_test_write_picture (folder, "a/1.png", "bmp");
  changed = open_set (folder, NULL);
  g_assert_cmpuint (strlen (ple_dataset_get_fingerprint (first)), ==, 64);
  g_assert_cmpstr (ple_dataset_get_fingerprint (first), ==, ple_dataset_get_fingerprint (again));
  g_assert_cmpstr (ple_dataset_get_fingerprint (first), !=, ple_dataset_get_fingerprint (unturned));
  g_assert_cmpstr (ple_dataset_get_fingerprint (first), !=, ple_dataset_get_fingerprint (changed));
  ple_test_folder_free (folder);
  ple_test_folder_free (other);
}

static void
test_cancelled (void)
{
  char *folder = ple_test_folder_new ();
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 1);
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 2000; i++)
    {
      g_autofree char *name = g_strdup_printf ("%d.png", i);

      ple_test_write_text (folder, name, "");
    }
  ple_progress_cancel (progress);
  g_assert_null (ple_dataset_open (folder, NULL, progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  ple_test_folder_free (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dataset/folder/classes-in-order", test_classes_in_order);
  g_test_add_func ("/dataset/folder/splits", test_splits);
  g_test_add_func ("/dataset/folder/a-class-called-train", test_a_class_called_train);
  g_test_add_func ("/dataset/folder/tiny-imagenet", test_tiny_imagenet);
  g_test_add_func ("/dataset/folder/imagenet", test_imagenet);
  g_test_add_func ("/dataset/folder/class-list", test_class_list);
  g_test_add_func ("/dataset/folder/broken-pictures", test_broken_pictures);
  g_test_add_func ("/dataset/folder/errors", test_errors);
  g_test_add_func ("/dataset/folder/links", test_links);
  g_test_add_func ("/dataset/folder/fingerprint", test_fingerprint);
  g_test_add_func ("/dataset/folder/cancelled", test_cancelled);
  return g_test_run ();
}
