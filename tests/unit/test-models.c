/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-model.h"

#include "base/ple-error.h"
#include "dataset/ple-sample.h"
#include "linalg/ple-linalg.h"
#include "ple-test-pictures.h"
#include "ple-test.h"

#include <math.h>

/* What every model of the table promises; each test runs over all of them. */

static PleParams *
make_params (const PleModel *model)
{
  PleParams *params = ple_params_new (model->params, model->params_size);

  /* A small dictionary, for time. */
  if (ple_param_find (model->params, "words") != NULL)
    g_assert_true (ple_params_set (params, "words", "24", NULL));
  g_assert_true (ple_params_set (params, "dimensions", "8", NULL));
  return params;
}

static PleMatrix *
extract (const PleModel *model, PleDataset *dataset, guint64 seed, PleProgress *progress)
{
  g_autoptr (PleParams) params = make_params (model);
  g_autoptr (GError) error = NULL;
  PleMatrix *x = model->extract (dataset,
                                 &(PleModelRequest){ .source = model->id,
                                                     .params = ple_params_get_struct (params),
                                                     .seed = seed },
                                 progress, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (x->n_rows, ==, ple_dataset_get_n_items (dataset));
  g_assert_cmpuint (ple_matrix_find_not_finite (x), ==, x->n_rows);
  return x;
}

static double
row_distance (const PleMatrix *a, size_t i, const PleMatrix *b, size_t j)
{
  double sum = 0;

  for (size_t f = 0; f < a->n_cols; f++)
    sum += pow ((double) ple_matrix_row (a, i)[f] - (double) ple_matrix_row (b, j)[f], 2);
  return sqrt (sum);
}

static void
test_table (void)
{
  const PleModel *const *models = ple_models_list ();
  g_autoptr (GError) error = NULL;

  g_assert_true (ple_model_find ("auto", NULL) == models[0]);
  g_assert_nonnull (ple_model_find ("hog-color", NULL));
  g_assert_nonnull (ple_model_find ("patch-kmeans", NULL));
  for (size_t m = 0; models[m] != NULL; m++)
    {
      g_assert_true (ple_model_find (models[m]->id, NULL) == models[m]);
      g_assert_cmpuint (models[m]->version, >, 0);
    }
  g_assert_null (ple_model_find ("nothing", &error));
  g_assert_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_VALUE);
}

static void
test_same_seed_same_bits (void)
{
  g_autoptr (PleDataset) dataset = ple_sample_dataset_new (36, 0);
  g_autoptr (PleProgress) one = ple_progress_new (NULL, NULL, 1);
  g_autoptr (PleProgress) three = ple_progress_new (NULL, NULL, 3);

  for (const PleModel *const *model = ple_models_list (); *model != NULL; model++)
    {
      g_autoptr (PleMatrix) a = extract (*model, dataset, 5, one);
      g_autoptr (PleMatrix) b = extract (*model, dataset, 5, three);

      ple_test_assert_same_bits (a, b);
      g_assert_cmpuint (a->n_cols, ==, 8);
      for (size_t i = 0; i < a->n_rows; i++)
        {
          double sum = 0;

          for (size_t f = 0; f < a->n_cols; f++)
            sum += pow ((double) ple_matrix_row (a, i)[f], 2);
          g_assert_cmpfloat_with_epsilon (sum, 1, 1e-5);
        }
    }
}

/* The cache goes by that word: it has to be true, and said only where it is. */
static void
test_seedless_means_it (void)
{
  g_autoptr (PleDataset) dataset = ple_sample_dataset_new (36, 0);

  for (const PleModel *const *model = ple_models_list (); *model != NULL; model++)
    {
      g_autoptr (PleMatrix) a = extract (*model, dataset, 5, NULL);
      g_autoptr (PleMatrix) b = extract (*model, dataset, 6, NULL);
      gboolean same = memcmp (a->data, b->data, a->n_rows * a->n_cols * sizeof *a->data) == 0;

      g_assert_cmpint (same, ==, (*model)->seedless);
    }
}

static void
write_sample (
    const char *folder, const char *name, size_t class_index, size_t number, gboolean flip)
{
  g_autoptr (PleImage) image = ple_sample_render (class_index, number, 0, 64, NULL);
  g_autoptr (PleImage) out = ple_image_new (64, 64, NULL);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);

  for (size_t y = 0; y < 64; y++)
    for (size_t x = 0; x < 64; x++)
      memcpy (out->data + (y * 64 + x) * 3, image->data + (y * 64 + (flip ? 63 - x : x)) * 3, 3);
  g_assert_cmpint (g_mkdir_with_parents (parent, 0777), ==, 0);
  g_assert_true (ple_image_write_png (out, path, NULL));
}

static PleDataset *
open_folder (const char *folder)
{
  g_autoptr (GError) error = NULL;
  PleDataset *dataset = ple_dataset_open (folder, NULL, NULL, &error);

  g_assert_no_error (error);
  return dataset;
}

/* A picture and its mirror image are nearest to each other, by far. */
static void
test_mirror_does_not_matter (void)
{
  char *folder = ple_test_folder_new ();
  g_autoptr (PleDataset) dataset = NULL;

  for (size_t c = 0; c < PLE_SAMPLE_N_CLASSES; c++)
    for (int flip = 0; flip < 2; flip++)
      {
        g_autofree char *name = g_strdup_printf ("%02zu-%d.png", c, flip);

        write_sample (folder, name, c, 0, flip);
      }
  dataset = open_folder (folder);
  for (const PleModel *const *model = ple_models_list (); *model != NULL; model++)
    {
      g_autoptr (PleMatrix) x = extract (*model, dataset, 1, NULL);

      for (size_t i = 0; i < x->n_rows; i += 2)
        g_assert_cmpfloat (row_distance (x, i, x, i + 1), <, 0.05);
    }
  ple_test_folder_free (folder);
}

/* Other test pictures do not change the vectors of the training pictures by a bit. */
static void
test_learns_on_training_only (void)
{
  for (const PleModel *const *model = ple_models_list (); *model != NULL; model++)
    {
      g_autoptr (PleMatrix) first = NULL;

      for (size_t round = 0; round < 2; round++)
        {
          char *folder = ple_test_folder_new ();
          g_autoptr (PleDataset) dataset = NULL;
          g_autoptr (PleMatrix) x = NULL;

          for (size_t i = 0; i < 12; i++)
            {
              g_autofree char *name =
                  g_strdup_printf ("%s/a/%02zu.png", i < 9 ? "train" : "test", i);

              write_sample (folder, name, i, i < 9 ? 0 : round, FALSE);
            }
          dataset = open_folder (folder);
          g_assert_cmpuint (ple_dataset_get_split_size (dataset, PLE_SPLIT_TRAIN), ==, 9);
          x = extract (*model, dataset, 1, NULL);
          if (first == NULL)
            first = g_steal_pointer (&x);
          else
            {
              g_assert_cmpmem (first->data, 9 * first->n_cols * sizeof (float), x->data,
                               9 * x->n_cols * sizeof (float));
              g_assert_cmpfloat (row_distance (first, 10, x, 10), >, 1e-3);
            }
          ple_test_folder_free (folder);
        }
    }
}

static void
test_tiny_sets (void)
{
  for (size_t n = 1; n <= 3; n++)
    {
      g_autoptr (PleDataset) dataset = ple_sample_dataset_new (n, 0);

      for (const PleModel *const *model = ple_models_list (); *model != NULL; model++)
        {
          g_autoptr (PleMatrix) x = extract (*model, dataset, 1, NULL);

          g_assert_cmpuint (x->n_cols, ==, MAX (n - 1, 1));
        }
    }
}

static void
write_flat (const char *folder, const char *name, guint8 level, guint width, guint height)
{
  g_autoptr (PleImage) image = ple_image_new (width, height, NULL);
  g_autofree char *path = g_build_filename (folder, name, NULL);

  memset (image->data, level, (size_t) 3 * width * height);
  g_assert_true (ple_image_write_png (image, path, NULL));
}

static void
test_flat_pictures (void)
{
  char *folder = ple_test_folder_new ();
  g_autoptr (PleDataset) dataset = NULL;

  write_flat (folder, "a.png", 0, 1, 1);
  write_flat (folder, "b.png", 255, 300, 2);
  write_flat (folder, "c.png", 128, 16, 90);
  write_flat (folder, "d.png", 128, 32, 32);
  dataset = open_folder (folder);
  for (const PleModel *const *model = ple_models_list (); *model != NULL; model++)
    {
      g_autoptr (PleMatrix) x = extract (*model, dataset, 1, NULL);

      g_assert_cmpfloat (row_distance (x, 2, x, 3), <, 1e-3);
    }
  ple_test_folder_free (folder);
}

static void
on_warning (gpointer data, const char *message)
{
  char **last = data;

  g_free (*last);
  *last = g_strdup (message);
}

static void
test_broken_pictures_are_counted (void)
{
  static const PleProgressSink sink = { .warning = on_warning };
  char *folder = ple_test_folder_new ();
  g_autoptr (PleDataset) dataset = NULL;

  for (size_t i = 0; i < 6; i++)
    {
      g_autofree char *name = g_strdup_printf ("good-%zu.png", i);

      write_sample (folder, name, i, 0, FALSE);
    }
  ple_test_write_text (folder, "bad-1.png", "this is not a picture");
  ple_test_write_text (folder, "bad-2.jpg", "nor is this");
  dataset = open_folder (folder);
  g_assert_cmpuint (ple_dataset_get_n_items (dataset), ==, 8);
  for (const PleModel *const *model = ple_models_list (); *model != NULL; model++)
    {
      g_autofree char *warning = NULL;
      g_autoptr (PleProgress) progress = ple_progress_new (&sink, &warning, 2);
      g_autoptr (PleMatrix) x = extract (*model, dataset, 1, progress);

      g_assert_nonnull (warning);
      g_assert_nonnull (strstr (warning, "2"));
      /* Both get the vector of the placeholder. */
      g_assert_cmpfloat (row_distance (x, 0, x, 1), ==, 0);
    }
  ple_test_folder_free (folder);
}

typedef struct
{
  PleProgress *progress;
  gint64 cancelled_at;
} Cancelling;

static void
on_report (gpointer data, double fraction, const char *stage, const char *detail)
{
  Cancelling *cancelling = data;

  if (fraction > 0.4 && cancelling->cancelled_at == 0)
    {
      cancelling->cancelled_at = ple_test_cpu_time ();
      ple_progress_cancel (cancelling->progress);
    }
}

static void
test_cancel_half_way (void)
{
  static const PleProgressSink sink = { .report = on_report };
  g_autoptr (PleDataset) dataset = ple_sample_dataset_new (96, 0);

  for (const PleModel *const *model = ple_models_list (); *model != NULL; model++)
    {
      Cancelling cancelling = { 0 };
      g_autoptr (PleProgress) progress = ple_progress_new (&sink, &cancelling, 2);
      g_autoptr (PleParams) params = make_params (*model);
      g_autoptr (GError) error = NULL;

      cancelling.progress = progress;
      ple_progress_set_every (progress);
      g_assert_null ((*model)->extract (
          dataset, &(PleModelRequest){ .params = ple_params_get_struct (params), .seed = 1 },
          progress, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_cmpint (cancelling.cancelled_at, >, 0);
      g_test_message ("%s: %.1f ms of CPU from cancel to return", (*model)->id,
                      (double) (ple_test_cpu_time () - cancelling.cancelled_at) / 1000);
    }
}

static void
test_features_are_refused (void)
{
  char *folder = ple_test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "x.csv", NULL);
  g_autoptr (PleDataset) dataset = NULL;
  PleDatasetOptions options = { .kind = "features" };
  GError *error = NULL;

  ple_test_write_text (folder, "x.csv", "1,2\n3,4\n5,7\n");
  dataset = ple_dataset_open (path, &options, NULL, NULL);
  if (dataset == NULL)
    {
      g_test_skip ("this kind of feature file is not read");
      ple_test_folder_free (folder);
      return;
    }
  for (const PleModel *const *model = ple_models_list (); *model != NULL; model++)
    {
      g_autoptr (PleParams) params = make_params (*model);

      g_assert_null ((*model)->extract (
          dataset, &(PleModelRequest){ .params = ple_params_get_struct (params), .seed = 1 }, NULL,
          &error));
      g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED);
      g_clear_error (&error);
    }
  ple_test_folder_free (folder);
}

int
main (int argc, char **argv)
{
  ple_linalg_init ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/features/models/table", test_table);
  g_test_add_func ("/features/models/same-seed-same-bits", test_same_seed_same_bits);
  g_test_add_func ("/features/models/seedless-means-it", test_seedless_means_it);
  g_test_add_func ("/features/models/mirror-does-not-matter", test_mirror_does_not_matter);
  g_test_add_func ("/features/models/learns-on-training-only", test_learns_on_training_only);
  g_test_add_func ("/features/models/tiny-sets", test_tiny_sets);
  g_test_add_func ("/features/models/flat-pictures", test_flat_pictures);
  g_test_add_func ("/features/models/broken-pictures-are-counted",
                   test_broken_pictures_are_counted);
  g_test_add_func ("/features/models/cancel-half-way", test_cancel_half_way);
  g_test_add_func ("/features/models/features-are-refused", test_features_are_refused);
  return g_test_run ();
}
