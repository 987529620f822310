/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "curate/ple-tables.h"

#include "base/ple-error.h"
#include "ple-test-pictures.h"
#include "ple-test.h"

#include <unistd.h>

typedef struct
{
  char *folder;
  char *path;
  PleCurated curated;
} Fixture;

/* The data that the test has written, all in cluster i % 3 (3 clusters). */
static void
open_data (Fixture *fixture)
{
  g_autofree char *data = g_build_filename (fixture->folder, "data", NULL);
  g_autofree char *journal = g_build_filename (fixture->folder, "curation.db", NULL);
  g_autoptr (PleLabels) labels = NULL;
  g_autoptr (GError) error = NULL;

  fixture->curated.dataset = ple_dataset_open (data, NULL, NULL, &error);
  g_assert_no_error (error);
  labels = ple_labels_new (ple_dataset_get_n_items (fixture->curated.dataset));
  for (size_t i = 0; i < labels->n; i++)
    labels->data[i] = (gint32) (i % 3);
  fixture->curated.curation = ple_curation_open (journal, "run", labels, 3, &error);
  g_assert_no_error (error);
  fixture->curated.k_samples = 10;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = ple_test_folder_new ();
  fixture->path = g_build_filename (fixture->folder, "out", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_object_unref (fixture->curated.curation);
  ple_dataset_unref (fixture->curated.dataset);
  g_free (fixture->path);
  ple_test_folder_free (fixture->folder);
}

static void
write_pictures (Fixture *fixture)
{
  static const char *const files[] = {
    "data/train/a/0.png", "data/train/a/1.jpg", "data/train/a/2.png",
    "data/train/b/0.png", "data/train/b/1.jpg", "data/train/b/0-2.png",
  };

  for (size_t i = 0; i < G_N_ELEMENTS (files); i++)
    ple_test_write_picture (fixture->folder, files[i],
                            g_str_has_suffix (files[i], "jpg") ? "jpeg" : "png");
}

/* Everything in the folder, sorted: "label/name label/name". */
static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
assert_tree (const char *path, const char *expected)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) labels = g_dir_open (path, 0, NULL);
  g_autofree char *joined = NULL;
  const char *label, *name;

  g_assert_nonnull (labels);
  while ((label = g_dir_read_name (labels)) != NULL)
    {
      g_autofree char *folder = g_build_filename (path, label, NULL);
      g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);

      while ((name = g_dir_read_name (dir)) != NULL)
        g_ptr_array_add (found, g_build_filename (label, name, NULL));
    }
  g_ptr_array_sort (found, compare);
  g_ptr_array_add (found, NULL);
  joined = g_strjoinv (" ", (char **) found->pdata);
  g_assert_cmpstr (joined, ==, expected);
}

static void
assert_same_file (const char *folder_a, const char *a, const char *folder_b, const char *b)
{
  g_autofree char *path_a = g_build_filename (folder_a, a, NULL);
  g_autofree char *path_b = g_build_filename (folder_b, b, NULL);
  g_autofree char *bytes_a = NULL, *bytes_b = NULL;
  size_t n_a, n_b;

  g_assert_true (g_file_get_contents (path_a, &bytes_a, &n_a, NULL));
  g_assert_true (g_file_get_contents (path_b, &bytes_b, &n_b, NULL));
  g_assert_cmpmem (bytes_a, n_a, bytes_b, n_b);
}

/* Sorted by name the items are a/0 a/1 a/2 b/0-2 b/0 b/1: clusters 0 1 2 0 1 2. */
static void
test_copies (Fixture *fixture, gconstpointer data)
{
  const guint32 excluded[] = { 2 };
  g_autoptr (GError) error = NULL;

  write_pictures (fixture);
  open_data (fixture);
  ple_curation_name_cluster (fixture->curated.curation, 0, "cats/dogs", NULL);
  ple_curation_name_cluster (fixture->curated.curation, 1, "cats_dogs", NULL);
  ple_curation_name_cluster (fixture->curated.curation, 2, "..", NULL);
  ple_curation_set_state (fixture->curated.curation, excluded, 1, PLE_STATE_EXCLUDED, NULL);
  g_assert_true (ple_curated_write_folders (&fixture->curated, fixture->path, FALSE, NULL, &error));
  g_assert_no_error (error);
  assert_tree (fixture->path, "_./1.jpg cats_dogs-2/0.png cats_dogs-2/1.jpg cats_dogs/0-2.png "
                              "cats_dogs/0.png");
  assert_same_file (fixture->path, "_./1.jpg", fixture->folder, "data/train/b/1.jpg");
}

/* "0.png" twice and a real "0-2.png" in one folder. */
static void
test_names_do_not_collide (Fixture *fixture, gconstpointer data)
{
  const guint32 all[] = { 0, 1, 2, 3, 4, 5 };

  write_pictures (fixture);
  open_data (fixture);
  g_assert_true (ple_curation_move_to_name (fixture->curated.curation, all, 6, "all", NULL, NULL));
  g_assert_true (ple_curated_write_folders (&fixture->curated, fixture->path, FALSE, NULL, NULL));
  assert_tree (fixture->path, "all/0-2.png all/0-3.png all/0.png all/1-2.jpg all/1.jpg all/2.png");
}

static void
test_links (Fixture *fixture, gconstpointer data)
{
  g_autofree char *link = NULL, *target = NULL, *expected = NULL;
  g_autoptr (GError) error = NULL;

  write_pictures (fixture);
  open_data (fixture);
  /* Written over what stood there. */
  g_assert_true (g_file_set_contents (fixture->path, "old", 3, NULL));
  g_assert_true (ple_curated_write_folders (&fixture->curated, fixture->path, TRUE, NULL, &error));
  g_assert_no_error (error);
  link = g_build_filename (fixture->path, "cluster-1", "1.jpg", NULL);
  target = g_file_read_link (link, &error);
  g_assert_no_error (error);
  expected = ple_dataset_dup_item_path (fixture->curated.dataset, 1);
  g_assert_cmpstr (target, ==, expected);
  g_assert_true (g_path_is_absolute (target));
}

/* Two 28 x 28 pictures in one IDX file: they are written as PNG. */
static void
test_pictures_without_files (Fixture *fixture, gconstpointer data)
{
  guint8 idx[16 + 2 * 28 * 28] = { 0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28 };
  g_autofree char *bytes = NULL, *path = NULL;
  g_autoptr (GBytes) file = NULL;
  g_autoptr (PleImage) written = NULL, original = NULL;
  g_autoptr (GError) error = NULL;
  size_t size;

  for (size_t i = 16; i < sizeof idx; i++)
    idx[i] = (guint8) (i * 37);
  ple_test_write (fixture->folder, "data/train-images-idx3-ubyte", idx, sizeof idx);
  open_data (fixture);
  g_assert_true (ple_curated_write_folders (&fixture->curated, fixture->path, TRUE, NULL, &error));
  g_assert_no_error (error);
  assert_tree (fixture->path, "cluster-0/train-images-idx3-ubyte#0.png "
                              "cluster-1/train-images-idx3-ubyte#1.png");
  path = g_build_filename (fixture->path, "cluster-1", "train-images-idx3-ubyte#1.png", NULL);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  file = g_bytes_new_static (bytes, size);
  written = ple_image_decode (file, 0, TRUE, "written", &error);
  g_assert_no_error (error);
  original = ple_dataset_decode (fixture->curated.dataset, 1, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (written->width, ==, original->width);
  g_assert_cmpmem (written->data, (size_t) 3 * written->width * written->height, original->data,
                   (size_t) 3 * original->width * original->height);
}

/* Cancelled, or a source that is gone: nothing is left behind, what stood there stays. */
static void
test_all_or_nothing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleProgress) cancelled = ple_test_cancelled ();
  g_autofree char *gone = g_build_filename (fixture->folder, "data/train/b/0.png", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = NULL;
  const char *name;

  write_pictures (fixture);
  open_data (fixture);
  g_assert_true (g_file_set_contents (fixture->path, "old", 3, NULL));
  g_assert_false (
      ple_curated_write_folders (&fixture->curated, fixture->path, FALSE, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_cmpint (unlink (gone), ==, 0);
  g_assert_false (
      ple_curated_write_folders (&fixture->curated, fixture->path, FALSE, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_true (g_file_get_contents (fixture->path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "old");
  dir = g_dir_open (fixture->folder, 0, NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_assert_false (g_str_has_prefix (name, ".tmp-"));
}

#define ADD(name, function)                                                                        \
  g_test_add ("/curate/folders/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("copies", test_copies);
  ADD ("names-do-not-collide", test_names_do_not_collide);
  ADD ("links", test_links);
  ADD ("pictures-without-files", test_pictures_without_files);
  ADD ("all-or-nothing", test_all_or_nothing);
  return g_test_run ();
}
