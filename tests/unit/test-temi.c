/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "cluster/ple-methods-private.h"
#include "cluster/ple-temi-private.h"
#include "linalg/ple-linalg.h"
#include "ple-test.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#define N 240
#define D 6
#define K 4

/* Four clouds round four directions; row i belongs to i % K. */
static PleMatrix *
clouds_new (void)
{
  PleMatrix *x = ple_test_random_matrix (N, D, 9);

  for (size_t i = 0; i < N; i++)
    for (size_t f = 0; f < D; f++)
      {
        float *v = &ple_matrix_row (x, i)[f];

        /* The last column is constant: its deviation is no divisor. */
        *v = f == D - 1 ? 0.5f : 0.15f * *v + (f == i % K ? 1 : 0);
      }
  return x;
}

static PleParams *
params_new (const char *more)
{
  g_autofree char *settings =
      g_strconcat ("num_clusters=4 num_heads=3 hidden_dim=24 projection_dim=8 num_epochs=12 "
                   "batch_size=40 knn=10 ",
                   more, NULL);
  g_auto (GStrv) parts = g_strsplit (settings, " ", -1);
  PleParams *params = ple_params_new (ple_temi_method.params, ple_temi_method.params_size);

  for (char **part = parts; *part != NULL; part++)
    if (**part != '\0')
      {
        g_auto (GStrv) pair = g_strsplit (*part, "=", 2);
        g_autoptr (GError) error = NULL;

        ple_params_set (params, pair[0], pair[1], &error);
        g_assert_no_error (error);
      }
  return params;
}

static PleClustering *
fit (PleMatrix *x, const char *settings, const char *folder, PleProgress *progress, GError **error)
{
  g_autoptr (PleParams) params = params_new (settings);
  const PleFitInput input = { x, 3, folder };

  return ple_temi_method.fit (&input, ple_params_get_struct (params), progress, error);
}

static void
assert_same (const PleClustering *a, const PleClustering *b)
{
  g_assert_cmpmem (a->labels->data, N * sizeof (gint32), b->labels->data, N * sizeof (gint32));
  ple_test_assert_same_bits (a->confidence, b->confidence);
  ple_test_assert_same_bits (a->probabilities, b->probabilities);
  ple_test_assert_same_bits (a->centres, b->centres);
  ple_test_assert_same_bits (a->history, b->history);
  ple_test_assert_same_bits (((PleTemiModel *) a->model)->heads->storage,
                             ((PleTemiModel *) b->model)->heads->storage);
}

static void
test_finds_clouds (void)
{
  static const char *const objectives[] = { "temi", "wmi", "pmi", "scan" };
  g_autoptr (PleMatrix) x = clouds_new ();

  for (size_t o = 0; o < G_N_ELEMENTS (objectives); o++)
    {
      g_autofree char *settings = g_strconcat ("objective=", objectives[o], NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (PleClustering) clustering = fit (x, settings, NULL, NULL, &error);

      g_assert_no_error (error);
      for (size_t i = K; i < N; i++)
        g_assert_cmpint (clustering->labels->data[i], ==, clustering->labels->data[i % K]);
      g_assert_cmpint (json_object_get_int_member (clustering->metrics, "active_clusters"), ==, K);
      for (size_t i = 0; i < N; i++)
        {
          const float *p = ple_matrix_row (clustering->probabilities, i);
          double sum = 0;

          for (size_t c = 0; c < K; c++)
            sum += (double) p[c];
          g_assert_cmpfloat_with_epsilon (sum, 1, 1e-5);
          g_assert_cmpfloat ((double) clustering->confidence->data[i], ==,
                             (double) p[clustering->labels->data[i]]);
        }
      g_assert_cmpuint (clustering->history->n_rows, ==, 12);
      g_assert_cmpfloat ((double) ple_matrix_row (clustering->history, 11)[0], <,
                         (double) ple_matrix_row (clustering->history, 0)[0]);
    }
}

static void
test_same_bits_for_any_threads (void)
{
  g_autoptr (PleMatrix) x = clouds_new ();
  g_autoptr (PleProgress) one = ple_progress_new (NULL, NULL, 1);
  g_autoptr (PleClustering) expected = fit (x, "", NULL, one, NULL);

  for (guint threads = 2; threads <= 3; threads++)
    {
      g_autoptr (PleProgress) many = ple_progress_new (NULL, NULL, threads);
      g_autoptr (PleClustering) found = fit (x, "", NULL, many, NULL);

      assert_same (found, expected);
    }
}

typedef struct
{
  PleProgress *progress;
  gboolean stop; /* keep what there is, rather than cancel */
  double at;     /* epoch */
  guint n_frames;
  guint n_warnings;
} Watcher;

static void
on_value (gpointer data, const char *series, double x, double y)
{
  Watcher *watcher = data;

  if (strcmp (series, "loss") != 0 || x < watcher->at)
    return;
  if (watcher->stop)
    ple_progress_request_stop (watcher->progress);
  else
    ple_progress_cancel (watcher->progress);
}

static void
on_publish (gpointer data, const char *topic, gconstpointer values, size_t n_rows, size_t row_bytes)
{
  Watcher *watcher = data;

  g_assert_cmpstr (topic, ==, "labels");
  g_assert_cmpuint (n_rows, ==, N);
  watcher->n_frames++;
}

static void
on_warning (gpointer data, const char *message)
{
  ((Watcher *) data)->n_warnings++;
}

static const PleProgressSink sink = { .value = on_value,
                                      .publish = on_publish,
                                      .warning = on_warning };

/* Cancelled after each epoch in turn, with checkpoints now and then: what goes on ends at the bits
 * of a run that was left alone. */
static void
test_killed_run_continues_to_the_same_bits (void)
{
  g_autoptr (PleMatrix) x = clouds_new ();
  g_autofree char *folder = g_dir_make_tmp ("ple-XXXXXX", NULL);
  g_autoptr (PleClustering) expected = fit (x, "", NULL, NULL, NULL);

  for (int at = 1; at < 12; at += 3)
    {
      Watcher watcher = { .at = at };
      g_autoptr (GError) error = NULL;
      g_autoptr (PleClustering) found = NULL;

      watcher.progress = ple_progress_new (&sink, &watcher, 2);
      g_assert_null (fit (x, "checkpoint_every=4", folder, watcher.progress, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&error);
      g_clear_pointer (&watcher.progress, ple_progress_unref);
    }
  {
    Watcher watcher = { .at = 1000 };
    g_autoptr (GError) error = NULL;
    g_autoptr (PleClustering) found = NULL;

    watcher.progress = ple_progress_new (&sink, &watcher, 2);
    found = fit (x, "checkpoint_every=4", folder, watcher.progress, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (watcher.n_warnings, ==, 0);
    assert_same (found, expected);
    ple_progress_unref (watcher.progress);
  }
  g_assert_true (ple_remove_recursively (folder, NULL));
}

static void
test_checkpoint_of_another_run_is_passed_over (void)
{
  g_autoptr (PleMatrix) x = clouds_new ();
  g_autofree char *folder = g_dir_make_tmp ("ple-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "temi-checkpoint.safetensors", NULL);
  g_autoptr (PleClustering) other = fit (x, "beta=0.9 num_epochs=3", folder, NULL, NULL);
  g_autoptr (PleClustering) expected = fit (x, "", NULL, NULL, NULL);
  g_autofree char *bytes = NULL;
  gsize size;

  for (int damage = 0; damage < 3; damage++)
    {
      Watcher watcher = { .at = 1000 };
      g_autoptr (PleClustering) found = NULL;

      watcher.progress = ple_progress_new (&sink, &watcher, 2);
      if (damage > 0)
        {
          /* A flipped byte in the data; then a file that ends early. */
          g_clear_pointer (&bytes, g_free);
          g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
          bytes[size - 40] ^= 1;
          g_assert_true (g_file_set_contents (
              path, bytes, damage == 1 ? (gssize) size : (gssize) size / 2, NULL));
        }
      found = fit (x, "", folder, watcher.progress, NULL);
      g_assert_cmpuint (watcher.n_warnings, ==, 1);
      assert_same (found, expected);
      ple_progress_unref (watcher.progress);
    }
  g_assert_true (ple_remove_recursively (folder, NULL));
}

static void
test_stop_early_keeps_what_there_is (void)
{
  g_autoptr (PleMatrix) x = clouds_new ();
  Watcher watcher = { .stop = TRUE, .at = 5 };
  g_autoptr (GError) error = NULL;
  g_autoptr (PleClustering) clustering = NULL;

  watcher.progress = ple_progress_new (&sink, &watcher, 2);
  clustering = fit (x, "", NULL, watcher.progress, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (clustering->history->n_rows, ==, 5);
  g_assert_cmpuint (watcher.n_frames, >=, 1);
  for (size_t i = 0; i < N; i++)
    g_assert_true (clustering->labels->data[i] >= 0 && clustering->labels->data[i] < K);
  ple_progress_unref (watcher.progress);
}

static void
test_saved_model_predicts_the_same (void)
{
  g_autoptr (PleMatrix) x = clouds_new ();
  g_autofree char *folder = g_dir_make_tmp ("ple-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL);
  g_autoptr (PleClustering) clustering = fit (x, "", NULL, NULL, NULL);
  g_autoptr (PleClustering) loaded = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (PleMatrix) narrow = ple_matrix_new (3, D - 1, NULL);
  gint32 labels[N];
  float confidence[N];

  g_assert_true (ple_temi_method.save (clustering, path, &error));
  loaded = ple_temi_method.load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (loaded->n_clusters, ==, K);
  g_assert_true (ple_temi_method.predict (loaded, x, labels, confidence, NULL, &error));
  g_assert_cmpmem (labels, sizeof labels, clustering->labels->data, N * sizeof (gint32));
  for (size_t i = 0; i < N; i++)
    g_assert_cmpfloat_with_epsilon ((double) confidence[i],
                                    (double) clustering->confidence->data[i], 1e-5);
  g_assert_false (ple_temi_method.predict (loaded, narrow, labels, NULL, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE);
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (path, "not a model", -1, NULL));
  g_assert_null (ple_temi_method.load (path, &error));
  g_assert_nonnull (error);
  g_assert_true (ple_remove_recursively (folder, NULL));
}

static void
test_bad_input (void)
{
  g_autoptr (PleMatrix) x = clouds_new ();
  g_autoptr (PleMatrix) few = ple_matrix_new_rows (x, 0, 3);
  g_autoptr (GError) error = NULL;
  Watcher watcher = { .at = 1000 };

  g_assert_null (fit (few, "", NULL, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW);
  g_clear_error (&error);
  x->data[100] = NAN;
  g_assert_null (fit (x, "", NULL, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NOT_FINITE);
  g_clear_error (&error);
  x->data[100] = 0;
  watcher.progress = ple_progress_new (&sink, &watcher, 2);
  {
    g_autoptr (PleClustering) many =
        fit (x, "knn=100 num_epochs=1", NULL, watcher.progress, &error);

    g_assert_no_error (error);
    g_assert_cmpuint (watcher.n_warnings, >=, 1);
  }
  ple_progress_unref (watcher.progress);
}

/* Few rows, equal rows, one head, batch larger than the data. */
static void
test_small_and_degenerate_data (void)
{
  g_autoptr (PleMatrix) same = ple_matrix_new (9, 3, NULL);
  g_autoptr (PleParams) params =
      ple_params_new (ple_temi_method.params, ple_temi_method.params_size);
  const PleFitInput input = { same, 1, NULL };
  g_autoptr (PleClustering) clustering = NULL;
  g_autoptr (GError) error = NULL;

  for (size_t i = 0; i < 27; i++)
    same->data[i] = 2;
  ple_params_set (params, "num_clusters", "4", NULL);
  ple_params_set (params, "num_heads", "1", NULL);
  ple_params_set (params, "hidden_dim", "8", NULL);
  ple_params_set (params, "num_epochs", "3", NULL);
  clustering = ple_temi_method.fit (&input, ple_params_get_struct (params), NULL, &error);
  g_assert_no_error (error);
  for (size_t i = 1; i < 9; i++)
    g_assert_cmpint (clustering->labels->data[i], ==, clustering->labels->data[0]);
}

static void
test_schedule (void)
{
  g_autoptr (PleParams) params =
      params_new ("learning_rate=0.02 min_lr=0.001 warmup_epochs=2 momentum=0.9 max_momentum=0.99");
  PleTemiPlan plan;
  PleTemiStep step;

  ple_temi_plan_init (&plan, ple_params_get_struct (params), N);
  g_assert_cmpuint (plan.steps_per_epoch, ==, 6);
  step = ple_temi_plan_get_step (&plan, 0.1, 0, 0);
  g_assert_cmpfloat (step.rate, ==, 0);
  g_assert_true (step.freeze_output);
  g_assert_cmpfloat_with_epsilon (step.momentum, 0.9, 1e-12);
  step = ple_temi_plan_get_step (&plan, 0.1, 1, 5);
  g_assert_cmpfloat_with_epsilon (step.rate, 0.02 * 40 / 256, 1e-12);
  g_assert_false (step.freeze_output);
  /* Half way between the end of the warm-up and the end. */
  step = ple_temi_plan_get_step (&plan, 0.1, 7, 0);
  g_assert_cmpfloat_with_epsilon (step.rate, 0.0105 * 40 / 256, 1e-12);
  /* What is automatic: momentum 1 - 1 / (2 * 19), rate 1e-3, 128 pairs. */
  ple_params_reset (params);
  ple_params_set (params, "num_clusters", "50", NULL);
  ple_temi_plan_init (&plan, ple_params_get_struct (params), 2500);
  g_assert_cmpuint (plan.batch, ==, 128);
  g_assert_cmpfloat_with_epsilon (plan.momentum, 1 - 1.0 / 38, 1e-12);
  g_assert_cmpfloat_with_epsilon (plan.peak_rate, 1e-3, 1e-15);
  g_assert_cmpuint (plan.n_neighbours, ==, 25);
}

static void
test_official_preset (void)
{
  g_autoptr (PleParams) params =
      ple_params_new (ple_temi_method.params, ple_temi_method.params_size);
  const PleTemiParams *values;
  g_autoptr (GError) error = NULL;

  g_assert_true (ple_params_apply_preset (params, ple_temi_method.presets, "official", &error));
  values = ple_params_get_struct (params);
  g_assert_cmpint (values->batch_size, ==, 1024);
  g_assert_cmpint (values->knn, ==, 50);
  g_assert_cmpfloat (values->momentum, ==, 0.996);
  g_assert_false (values->standardise);
  g_assert_cmpint (values->head_choice, ==, PLE_TEMI_HEAD_LOSS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  g_test_add_func ("/cluster/temi/finds-clouds", test_finds_clouds);
  g_test_add_func ("/cluster/temi/same-bits-for-any-threads", test_same_bits_for_any_threads);
  g_test_add_func ("/cluster/temi/killed-run-continues-to-the-same-bits",
                   test_killed_run_continues_to_the_same_bits);
  g_test_add_func ("/cluster/temi/checkpoint-of-another-run-is-passed-over",
                   test_checkpoint_of_another_run_is_passed_over);
  g_test_add_func ("/cluster/temi/stop-early-keeps-what-there-is",
                   test_stop_early_keeps_what_there_is);
  g_test_add_func ("/cluster/temi/saved-model-predicts-the-same",
                   test_saved_model_predicts_the_same);
  g_test_add_func ("/cluster/temi/bad-input", test_bad_input);
  g_test_add_func ("/cluster/temi/small-and-degenerate-data", test_small_and_degenerate_data);
  g_test_add_func ("/cluster/temi/schedule", test_schedule);
  g_test_add_func ("/cluster/temi/official-preset", test_official_preset);
  return g_test_run ();
}
