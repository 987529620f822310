/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-sample.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "dataset/ple-dataset.h"
#include "linalg/ple-linalg.h"
#include "ple-test.h"

#include <glib/gstdio.h>
#include <string.h>

static size_t
image_bytes (const PleImage *image)
{
  return (size_t) 3 * image->width * image->height;
}

static void
assert_same_image (const PleImage *a, const PleImage *b)
{
  g_assert_cmpuint (a->width, ==, b->width);
  g_assert_cmpmem (a->data, image_bytes (a), b->data, image_bytes (b));
}

static double
mean_difference (const PleImage *a, const PleImage *b)
{
  double sum = 0;

  for (size_t i = 0; i < image_bytes (a); i++)
    sum += abs (a->data[i] - b->data[i]);
  return sum / (double) image_bytes (a);
}

static void
test_deterministic (void)
{
  for (size_t c = 0; c < PLE_SAMPLE_N_CLASSES; c++)
    {
      g_autoptr (PleImage) a = ple_sample_render (c, 5, 1, 96, NULL);
      g_autoptr (PleImage) b = ple_sample_render (c, 5, 1, 96, NULL);
      g_autoptr (PleImage) other = ple_sample_render (c, 6, 1, 96, NULL);
      g_autoptr (PleImage) reseeded = ple_sample_render (c, 5, 2, 96, NULL);

      assert_same_image (a, b);
      g_assert_cmpfloat (mean_difference (a, other), >, 4);
      g_assert_cmpfloat (mean_difference (a, reseeded), >, 4);
    }
}

/* Drawn twice as large and averaged down, a picture is nearly what it is when drawn small. */
static void
test_scalable (void)
{
  for (size_t c = 0; c < PLE_SAMPLE_N_CLASSES; c++)
    {
      g_autoptr (PleImage) small = ple_sample_render (c, 3, 9, 96, NULL);
      g_autoptr (PleImage) large = ple_sample_render (c, 3, 9, 192, NULL);
      g_autoptr (PleImage) reduced = ple_image_resize (large, 96, 96, NULL);

      g_assert_cmpfloat (mean_difference (small, reduced), <, 4);
    }
}

/* The object has to stand out: rows and columns through the middle are not flat. */
static void
test_something_is_drawn (void)
{
  for (size_t c = 0; c < PLE_SAMPLE_N_CLASSES; c++)
    for (size_t number = 0; number < 8; number++)
      {
        g_autoptr (PleImage) image = ple_sample_render (c, number, 4, 48, NULL);
        guint steps = 0;

        for (guint y = 12; y < 36; y++)
          for (guint x = 12; x < 36; x++)
            steps +=
                abs (image->data[(y * 48 + x) * 3 + 1] - image->data[(y * 48 + x) * 3 - 2]) > 24;
        g_assert_cmpuint (steps, >, 25);
      }
}

/* Mean colours of two classes are as far from each other as those of two halves of one class: no
 * class owns a palette. Tolerance: four standard errors of the difference of means. */
static void
test_classes_share_colours (void)
{
  enum
  {
    N = 30
  };
  double mean[PLE_SAMPLE_N_CLASSES][3] = { { 0 } };
  double square[PLE_SAMPLE_N_CLASSES][3] = { { 0 } };

  for (size_t c = 0; c < PLE_SAMPLE_N_CLASSES; c++)
    for (size_t number = 0; number < N; number++)
      {
        g_autoptr (PleImage) image = ple_sample_render (c, number, 0, 32, NULL);

        for (size_t k = 0; k < 3; k++)
          {
            double sum = 0;

            for (size_t i = k; i < image_bytes (image); i += 3)
              sum += image->data[i];
            sum /= 32 * 32;
            mean[c][k] += sum / N;
            square[c][k] += sum * sum / N;
          }
      }
  for (size_t a = 0; a < PLE_SAMPLE_N_CLASSES; a++)
    for (size_t b = 0; b < a; b++)
      for (size_t k = 0; k < 3; k++)
        {
          double variance =
              square[a][k] - mean[a][k] * mean[a][k] + square[b][k] - mean[b][k] * mean[b][k];
          double difference = mean[a][k] - mean[b][k];

          g_assert_cmpfloat (difference * difference, <, 16 * variance / N);
        }
}

static void
test_dataset_layout (void)
{
  static const size_t sizes[] = { 1, 2, 3, 12, 13, 59, 60, 100, 1800 };

  for (size_t s = 0; s < G_N_ELEMENTS (sizes); s++)
    {
      g_autoptr (PleDataset) dataset = ple_sample_dataset_new (sizes[s], 7);
      size_t n = ple_dataset_get_n_items (dataset);

      g_assert_cmpuint (n, ==, sizes[s]);
      g_assert_cmpstr (ple_dataset_get_kind (dataset), ==, "sample");
      g_assert_cmpuint (ple_dataset_get_n_classes (dataset), ==, PLE_SAMPLE_N_CLASSES);
      g_assert_true (ple_dataset_has_pictures (dataset));
      if (n % 60 == 0)
        g_assert_cmpuint (ple_dataset_get_split_size (dataset, PLE_SPLIT_TEST) * 5, ==, n);
      for (size_t i = 0; i < n; i += 7)
        {
          g_autofree char *name = ple_dataset_dup_item_name (dataset, i);
          gint32 label = ple_dataset_get_labels (dataset)->data[i];

          g_assert_nonnull (strstr (name, ple_dataset_get_class_name (dataset, (size_t) label)));
          g_assert_true (g_str_has_prefix (
              name, ple_dataset_get_split (dataset, i) == PLE_SPLIT_TRAIN ? "train/" : "test/"));
        }
    }
}

static void
test_dataset_opens_by_path (void)
{
  g_autoptr (PleDataset) sample = ple_sample_dataset_new (120, 3);
  g_autoptr (PleDataset) again = ple_dataset_open (ple_dataset_get_path (sample), NULL, NULL, NULL);
  g_autoptr (PleDataset) other = ple_sample_dataset_new (120, 4);
  g_autoptr (PleImage) a = ple_dataset_decode (sample, 77, 0, NULL);
  g_autoptr (PleImage) b = ple_dataset_decode (again, 77, 32, NULL);
  static const char *const bad[] = { "sample:",          "sample:x:1",   "sample:0:1",
                                     "sample:9999999:1", "sample:12:-1", "sample:12:1:1" };

  g_assert_cmpstr (ple_dataset_get_path (sample), ==, "sample:120:3");
  g_assert_cmpstr (ple_dataset_get_fingerprint (sample), ==, ple_dataset_get_fingerprint (again));
  g_assert_cmpstr (ple_dataset_get_fingerprint (sample), !=, ple_dataset_get_fingerprint (other));
  assert_same_image (a, b);
  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (ple_dataset_open (bad[i], NULL, NULL, &error));
      g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT);
    }
}

static char *
make_temporary (void)
{
  g_autoptr (GError) error = NULL;
  char *path = g_dir_make_tmp ("ple-sample-XXXXXX", &error);

  g_assert_no_error (error);
  return path;
}

static void
test_write_matches_dataset (void)
{
  g_autofree char *parent = make_temporary ();
  g_autofree char *folder = g_build_filename (parent, "a", "sample", NULL);
  g_autoptr (PleDataset) sample = ple_sample_dataset_new (66, 5);
  g_autoptr (GError) error = NULL;

  g_assert_true (ple_sample_write (folder, 66, 5, NULL, &error));
  g_assert_no_error (error);
  for (size_t i = 0; i < 66; i++)
    {
      g_autofree char *name = ple_dataset_dup_item_name (sample, i);
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_autofree char *contents = NULL;
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (PleImage) written = NULL;
      g_autoptr (PleImage) drawn = ple_dataset_decode (sample, i, 0, NULL);
      size_t size;

      g_assert_true (g_file_get_contents (path, &contents, &size, NULL));
      bytes = g_bytes_new_take (g_steal_pointer (&contents), size);
      written = ple_image_decode (bytes, 0, FALSE, name, &error);
      g_assert_no_error (error);
      assert_same_image (written, drawn);
    }
  /* It stands there now: a second time is refused and changes nothing. */
  g_assert_false (ple_sample_write (folder, 12, 5, NULL, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST);
  g_assert_true (ple_remove_recursively (parent, NULL));
}

static void
test_write_cancelled_leaves_nothing (void)
{
  g_autofree char *parent = make_temporary ();
  g_autofree char *folder = g_build_filename (parent, "sample", NULL);
  g_autoptr (PleProgress) progress = ple_test_cancelled ();
  g_autoptr (GError) error = NULL;

  g_assert_false (ple_sample_write (folder, 120, 5, progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  /* Empty: not even something temporary beside it. */
  g_assert_cmpint (g_rmdir (parent), ==, 0);
}

int
main (int argc, char **argv)
{
  ple_linalg_init ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dataset/sample/deterministic", test_deterministic);
  g_test_add_func ("/dataset/sample/scalable", test_scalable);
  g_test_add_func ("/dataset/sample/something-is-drawn", test_something_is_drawn);
  g_test_add_func ("/dataset/sample/classes-share-colours", test_classes_share_colours);
  g_test_add_func ("/dataset/sample/dataset-layout", test_dataset_layout);
  g_test_add_func ("/dataset/sample/dataset-opens-by-path", test_dataset_opens_by_path);
  g_test_add_func ("/dataset/sample/write-matches-dataset", test_write_matches_dataset);
  g_test_add_func ("/dataset/sample/write-cancelled-leaves-nothing",
                   test_write_cancelled_leaves_nothing);
  return g_test_run ();
}
