/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "cluster/ple-cludi-private.h"
#include "cluster/ple-labeling.h"
#include "cluster/ple-methods-private.h"
#include "linalg/ple-linalg.h"
#include "nn/ple-kernels.h"
#include "ple-test.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#define N 240
#define D 6
#define K 4
#define EPOCHS 6

/* Four clouds round four directions; row i belongs to i % K. */
static PleMatrix *
clouds_new (void)
{
  PleMatrix *x = ple_test_random_matrix (N, D, 9);

  for (size_t i = 0; i < N; i++)
    for (size_t f = 0; f < D; f++)
      {
        float *v = &ple_matrix_row (x, i)[f];

        /* The last column is constant. */
        *v = f == D - 1 ? 0.5f : 0.15f * *v + (f == i % K ? 1 : 0);
      }
  return x;
}

static PleParams *
params_new (const char *more)
{
  g_autofree char *settings =
      g_strconcat ("num_clusters=4 cludi_embedding_dim=16 cludi_rescaling_factor=2 "
                   "cludi_warm_steps=60 batch_size=90 "
                   "num_epochs=6 cludi_neighbours=5 ",
                   more, NULL);
  g_auto (GStrv) parts = g_strsplit (settings, " ", -1);
  PleParams *params = ple_params_new (ple_cludi_method.params, ple_cludi_method.params_size);

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

  return ple_cludi_method.fit (&input, ple_params_get_struct (params), progress, error);
}

static void
assert_same (const PleClustering *a, const PleClustering *b)
{
  g_assert_cmpmem (a->labels->data, N * sizeof (gint32), b->labels->data, N * sizeof (gint32));
  ple_test_assert_same_bits (a->confidence, b->confidence);
  ple_test_assert_same_bits (a->probabilities, b->probabilities);
  ple_test_assert_same_bits (a->centres, b->centres);
  ple_test_assert_same_bits (a->history, b->history);
  ple_test_assert_same_bits (((PleCludiModel *) a->model)->net->weights,
                             ((PleCludiModel *) b->model)->net->weights);
}

static void
test_finds_clouds (void)
{
  static const char *const forms[] = {
    "",
    "cludi_use_v_prediction=true cludi_teacher_gradient=chain",
    "cludi_noise_schedule=cosine cludi_deep_head=true cludi_loss_weights=snr",
    "cludi_teacher=average cludi_ema=0.9 cludi_clip_together=true cludi_reduce=false",
    "cludi_teacher_gradient=none cludi_activation=silu cludi_rescale_schedule=true",
  };
  g_autoptr (PleMatrix) x = clouds_new ();
  gint32 classes[N];

  for (size_t i = 0; i < N; i++)
    classes[i] = (gint32) (i % K);
  for (size_t f = 0; f < G_N_ELEMENTS (forms); f++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *settings = g_strconcat (forms[f], " cludi_warm_steps=350", NULL);
      g_autoptr (PleClustering) clustering = fit (x, settings, NULL, NULL, &error);

      g_assert_no_error (error);
      g_test_message ("%s: %.3f", forms[f],
                      ple_labeling_compare (N, K, classes, clustering->labels->data));
      /* What so short a training of the other forms ends with depends on the rounding of the
       * processor; that they run, and that what they hand out fits together, does not. */
      if (f == 0)
        g_assert_cmpfloat (ple_labeling_compare (N, K, classes, clustering->labels->data), >, 0.6);
      g_assert_cmpint (json_object_get_int_member (clustering->metrics, "active_clusters"), >=,
                       f == 0 ? K - 1 : 1);
      for (size_t i = 0; i < N; i++)
        {
          const float *p = ple_matrix_row (clustering->probabilities, i);

          g_assert_cmpfloat_with_epsilon (ple_kernel_sum (K, p), 1, 1e-5);
          g_assert_cmpfloat ((double) clustering->confidence->data[i], ==,
                             MIN ((double) p[clustering->labels->data[i]], 1));
        }
      g_assert_cmpuint (clustering->history->n_rows, ==, EPOCHS);
    }
}

static void
test_same_bits_for_any_threads (void)
{
  g_autoptr (PleMatrix) x = clouds_new ();
  g_autoptr (PleProgress) one = ple_progress_new (NULL, NULL, 1);
  g_autoptr (PleClustering) expected = fit (x, "", NULL, one, NULL);
  g_autoptr (PleProgress) many = ple_progress_new (NULL, NULL, 3);
  g_autoptr (PleClustering) found = fit (x, "", NULL, many, NULL);

  assert_same (found, expected);
}

typedef struct
{
  PleProgress *progress;
  const char *series;
  gboolean stop; /* keep what there is, rather than cancel */
  double at;
  guint n_frames;
  guint n_warnings;
} Watcher;

static void
on_value (gpointer data, const char *series, double x, double y)
{
  Watcher *watcher = data;

  if (g_strcmp0 (series, watcher->series) != 0 || x < watcher->at)
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

/* What a run without a folder warns about: with so few steps the draws do not agree yet. */
static guint
count_warnings (PleMatrix *x)
{
  Watcher watcher = { 0 };
  g_autoptr (PleClustering) clustering = NULL;

  watcher.progress = ple_progress_new (&sink, &watcher, 2);
  clustering = fit (x, "", NULL, watcher.progress, NULL);
  ple_progress_unref (watcher.progress);
  return watcher.n_warnings;
}

/* Cancelled twice while the labels are taught and after some epochs: what goes on ends at the bits
 * of a run that was left alone. */
static void
test_killed_run_continues_to_the_same_bits (void)
{
  static const struct
  {
    const char *series;
    double at;
  } kills[] = {
    { "warm_loss", 10 }, { "warm_loss", 40 }, { "loss", 1 }, { "loss", 4 }, { NULL, 0 }
  };
  g_autoptr (PleMatrix) x = clouds_new ();
  g_autofree char *folder = g_dir_make_tmp ("ple-XXXXXX", NULL);
  g_autoptr (PleClustering) expected = fit (x, "", NULL, NULL, NULL);

  for (size_t i = 0; i < G_N_ELEMENTS (kills); i++)
    {
      Watcher watcher = { .series = kills[i].series, .at = kills[i].at };
      g_autoptr (GError) error = NULL;
      g_autoptr (PleClustering) found = NULL;

      watcher.progress = ple_progress_new (&sink, &watcher, 2);
      found = fit (x, "checkpoint_every=4", folder, watcher.progress, &error);
      if (kills[i].series == NULL)
        {
          g_assert_cmpuint (watcher.n_warnings, ==, count_warnings (x));
          assert_same (found, expected);
        }
      else
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      ple_progress_unref (watcher.progress);
    }
  g_assert_true (ple_remove_recursively (folder, NULL));
}

static void
test_checkpoint_of_another_run_is_passed_over (void)
{
  g_autoptr (PleMatrix) x = clouds_new ();
  g_autofree char *folder = g_dir_make_tmp ("ple-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "cludi-checkpoint.safetensors", NULL);
  g_autoptr (PleClustering) other = fit (x, "cludi_ce_lambda=9", folder, NULL, NULL);
  g_autoptr (PleClustering) expected = fit (x, "", NULL, NULL, NULL);

  for (int damage = 0; damage < 2; damage++)
    {
      Watcher watcher = { 0 };
      g_autoptr (PleClustering) found = NULL;
      g_autofree char *bytes = NULL;
      gsize size;

      watcher.progress = ple_progress_new (&sink, &watcher, 2);
      if (damage == 1)
        {
          g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
          bytes[size - 40] ^= 1;
          g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
        }
      found = fit (x, "", folder, watcher.progress, NULL);
      g_assert_cmpuint (watcher.n_warnings, ==, count_warnings (x) + 1);
      assert_same (found, expected);
      ple_progress_unref (watcher.progress);
    }
  g_assert_true (ple_remove_recursively (folder, NULL));
}

static void
test_stop_early_keeps_what_there_is (void)
{
  g_autoptr (PleMatrix) x = clouds_new ();
  Watcher watcher = { .series = "loss", .stop = TRUE, .at = 3 };
  g_autoptr (GError) error = NULL;
  g_autoptr (PleClustering) clustering = NULL;

  watcher.progress = ple_progress_new (&sink, &watcher, 2);
  clustering = fit (x, "", NULL, watcher.progress, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (clustering->history->n_rows, ==, 3);
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
  g_autoptr (PleMatrix) narrow = ple_matrix_new (3, D - 1, NULL);
  g_autoptr (GError) error = NULL;
  gint32 labels[N];
  float confidence[N];

  for (int whole = 0; whole < 2; whole++)
    {
      g_autoptr (PleClustering) clustering =
          fit (x, whole ? "cludi_reduce=false cludi_deep_head=true" : "", NULL, NULL, NULL);
      g_autoptr (PleClustering) loaded = NULL;

      g_assert_true (ple_cludi_method.save (clustering, path, &error));
      loaded = ple_cludi_method.load (path, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (loaded->n_clusters, ==, K);
      g_assert_true (ple_cludi_method.predict (loaded, x, labels, confidence, NULL, &error));
      g_assert_cmpmem (labels, sizeof labels, clustering->labels->data, N * sizeof (gint32));
      g_assert_cmpmem (confidence, sizeof confidence, clustering->confidence->data,
                       N * sizeof (float));
      g_assert_false (ple_cludi_method.predict (loaded, narrow, labels, NULL, NULL, &error));
      g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE);
      g_clear_error (&error);
    }
  g_assert_true (g_file_set_contents (path, "not a model", -1, NULL));
  g_assert_null (ple_cludi_method.load (path, &error));
  g_assert_nonnull (error);
  g_assert_true (ple_remove_recursively (folder, NULL));
}

static void
test_bad_input (void)
{
  g_autoptr (PleMatrix) x = clouds_new ();
  g_autoptr (PleMatrix) few = ple_matrix_new_rows (x, 0, 3);
  g_autoptr (PleMatrix) same = ple_matrix_new (9, 3, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (fit (few, "", NULL, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW);
  g_clear_error (&error);
  for (int reduce = 0; reduce < 2; reduce++)
    {
      for (size_t i = 0; i < 27; i++)
        same->data[i] = 2;
      g_assert_null (
          fit (same, reduce ? "cludi_reduce=true" : "cludi_reduce=false", NULL, NULL, &error));
      g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW);
      g_clear_error (&error);
    }
  x->data[100] = NAN;
  g_assert_null (fit (x, "", NULL, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NOT_FINITE);
}

/* As many clusters as rows, and one column. */
static void
test_small_data (void)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (5, 1, 2);
  g_autoptr (GError) error = NULL;
  g_autoptr (PleClustering) clustering = NULL;

  clustering = fit (x, "num_clusters=5 num_epochs=2 cludi_warm_steps=2", NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (clustering->labels->n, ==, 5);
}

/* Clusters of very different size: the method's own loss is left out, and that is said. */
static void
test_uneven_clusters_are_kept_uneven (void)
{
  g_autoptr (PleMatrix) x = clouds_new ();
  gint32 classes[N];
  Watcher watcher = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (PleClustering) clustering = NULL;
  size_t smallest, largest;

  for (size_t i = 0; i < N; i++)
    {
      classes[i] = i % 12 < 6 ? 0 : i % 12 < 9 ? 1 : i % 12 < 11 ? 2 : 3;
      for (size_t f = 0; f < K; f++)
        ple_matrix_row (x, i)[f] += (f == (size_t) classes[i] ? 1 : 0) - (f == i % K ? 1 : 0);
    }
  watcher.progress = ple_progress_new (&sink, &watcher, 2);
  clustering = fit (x, "cludi_warm_steps=350", NULL, watcher.progress, &error);
  g_assert_no_error (error);
  g_assert_false (json_object_get_boolean_member (clustering->metrics, "warm_even"));
  g_assert_cmpuint (watcher.n_warnings, >=, 1);
  g_assert_cmpuint (clustering->history->n_rows, ==, 0);
  ple_labeling_get_sizes (clustering->labels->data, N, K, &smallest, &largest);
  g_assert_cmpuint (largest, >, N / 3);
  g_assert_cmpuint (smallest, <, N / 8);
  ple_progress_unref (watcher.progress);
}

static void
test_presets (void)
{
  g_autoptr (PleParams) params =
      ple_params_new (ple_cludi_method.params, ple_cludi_method.params_size);
  const PleCludiParams *values;
  g_autoptr (GError) error = NULL;
  PleCludiPlan plan;
  size_t first, n_rows;

  g_assert_true (ple_params_apply_preset (params, ple_cludi_method.presets, "official", &error));
  values = ple_params_get_struct (params);
  g_assert_cmpint (values->batch_size, ==, 256);
  g_assert_cmpint (values->batch_diffusion, ==, 8);
  g_assert_cmpfloat (values->rescaling_factor, ==, 49);
  g_assert_cmpint (values->teacher_gradient, ==, PLE_CLUDI_GRADIENT_CHAIN);
  g_assert_cmpint (values->warm_start, ==, PLE_CLUDI_WARM_NONE);
  /* 2 500 rows: nine full batches and a last one of 196. */
  ple_cludi_plan_init (&plan, values, 2500);
  g_assert_cmpuint (plan.steps_per_epoch, ==, 10);
  g_assert_cmpuint (plan.n_warmup, ==, 10);
  g_assert_cmpuint (plan.warm_steps, ==, 0);
  ple_cludi_plan_get_batch (&plan, 2500, 9, &first, &n_rows);
  g_assert_cmpuint (n_rows, ==, 196);

  g_assert_true (ple_params_apply_preset (params, ple_cludi_method.presets, "seed", &error));
  values = ple_params_get_struct (params);
  g_assert_true (values->use_v_prediction);
  g_assert_cmpint (values->teacher, ==, PLE_CLUDI_TEACHER_AVERAGE);
  g_assert_true (ple_params_set (params, "pred-v", "false", &error));
  g_assert_true (ple_params_set (params, "vp_rf", "true", &error));
  values = ple_params_get_struct (params);
  g_assert_false (values->use_v_prediction);
  g_assert_true (values->rescale_schedule);
}

/* What is automatic covers every row once, whatever the sizes. */
static void
test_batches_cover_the_rows (void)
{
  g_autoptr (PleParams) params = params_new ("num_epochs=0");
  PleCludiPlan plan;

  for (size_t n = 4; n < 300000; n = n * 3 + 1)
    for (int given = 0; given < 2; given++)
      {
        size_t end = 0;

        ple_params_set (params, "batch_size", given ? "256" : "0", NULL);
        ple_cludi_plan_init (&plan, ple_params_get_struct (params), n);
        for (size_t step = 0; step < plan.steps_per_epoch; step++)
          {
            size_t first, n_rows;

            ple_cludi_plan_get_batch (&plan, n, step, &first, &n_rows);
            g_assert_cmpuint (first, ==, end);
            g_assert_cmpuint (n_rows, >, 0);
            g_assert_cmpuint (n_rows, <=, plan.batch);
            end = first + n_rows;
          }
        g_assert_cmpuint (end, ==, n);
        g_assert_cmpuint (plan.n_epochs * plan.steps_per_epoch, >=, PLE_CLUDI_AUTO_STEPS);
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  g_test_add_func ("/cluster/cludi/finds-clouds", test_finds_clouds);
  g_test_add_func ("/cluster/cludi/same-bits-for-any-threads", test_same_bits_for_any_threads);
  g_test_add_func ("/cluster/cludi/killed-run-continues-to-the-same-bits",
                   test_killed_run_continues_to_the_same_bits);
  g_test_add_func ("/cluster/cludi/checkpoint-of-another-run-is-passed-over",
                   test_checkpoint_of_another_run_is_passed_over);
  g_test_add_func ("/cluster/cludi/stop-early-keeps-what-there-is",
                   test_stop_early_keeps_what_there_is);
  g_test_add_func ("/cluster/cludi/saved-model-predicts-the-same",
                   test_saved_model_predicts_the_same);
  g_test_add_func ("/cluster/cludi/bad-input", test_bad_input);
  g_test_add_func ("/cluster/cludi/small-data", test_small_data);
  g_test_add_func ("/cluster/cludi/uneven-clusters-are-kept-uneven",
                   test_uneven_clusters_are_kept_uneven);
  g_test_add_func ("/cluster/cludi/presets", test_presets);
  g_test_add_func ("/cluster/cludi/batches-cover-the-rows", test_batches_cover_the_rows);
  return g_test_run ();
}
