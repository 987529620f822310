/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-error.h"
#include "features/ple-growing-array.h"
#include "features/ple-vision-extract.h"
#include "features/ple-vision-feed.h"
#include "linalg/ple-linalg.h"
#include "ple-test-model.h"
#include "ple-test.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_PICTURES 70
#define HEADER 128

static PleDataset *
open_pictures (void)
{
  return ple_sample_dataset_new (N_PICTURES, 3);
}

static PleVisionJob
describe (const PleTestModel *f, PleDataset *dataset)
{
  return (PleVisionJob){ .folder = f->model, .dataset = dataset, .batch_size = 4 };
}

static char *
file_of (const PleTestModel *f, const char *name)
{
  return g_build_filename (f->folder, name, NULL);
}

static PleMatrix *
read_rows (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PleArray) array = ple_npy_read (path, &error);

  g_assert_no_error (error);
  return ple_array_to_matrix (array, NULL);
}

/* All in one go, into NAME. (transfer full) */
static PleMatrix *
extract_whole (const PleTestModel *f, const char *name, JsonObject *record)
{
  g_autoptr (PleDataset) dataset = open_pictures ();
  g_autoptr (GError) error = NULL;
  g_autofree char *path = file_of (f, name);
  PleVisionJob job = describe (f, dataset);

  g_assert_true (ple_vision_extract (&job, path, record, NULL, &error));
  g_assert_no_error (error);
  return read_rows (path);
}

/* The rows are those of the network on the preprocessed pictures, in their order. */
static void
test_rows (PleTestModel *f, gconstpointer data)
{
  g_autoptr (JsonObject) record = json_object_new ();
  g_autoptr (PleMatrix) rows = extract_whole (f, "x.npy", record);
  g_autoptr (PleDataset) dataset = open_pictures ();
  g_autoptr (PleVisionModel) model = ple_vision_model_open (f->model, NULL, NULL);
  g_autoptr (PleVisionPlan) plan = ple_vision_plan_new (model, 28, 28, NULL);
  g_autoptr (PleVisionWorker) worker = ple_vision_worker_new (plan, NULL);
  PlePreprocess preprocess;
  float pixels[3 * 28 * 28], expected[24];

  g_assert_true (
      ple_preprocess_load (f->model, ple_vision_model_get_config (model), &preprocess, NULL));
  g_assert_cmpuint (rows->n_rows, ==, N_PICTURES);
  g_assert_cmpuint (rows->n_cols, ==, 24);
  for (size_t i = 0; i < N_PICTURES; i += 23)
    {
      g_autoptr (PleImage) image = ple_dataset_decode (dataset, i, 0, NULL);

      g_assert_true (ple_preprocess_run (&preprocess, image, pixels, NULL));
      ple_vision_worker_run (worker, 1, pixels, expected);
      for (size_t j = 0; j < 24; j++)
        g_assert_cmpfloat_with_epsilon (ple_matrix_row (rows, i)[j], expected[j], 1e-5);
    }
  g_assert_cmpuint (strlen (json_object_get_string_member (record, "weights")), ==, 64);
  g_assert_cmpstr (json_object_get_string_member (record, "precision"), ==, "exact");
  g_assert_nonnull (strstr (json_object_get_string_member (record, "preprocessing"), "bicubic"));
  g_assert_nonnull (json_object_get_string_member (record, "created"));
}

/* Cancelled after the first batch, then given again. */
typedef struct
{
  PleProgress *progress;
  char *path;
} Canceller;

static void
cancel_after_rows (gpointer data, double fraction, const char *stage, const char *detail)
{
  Canceller *canceller = data;
  GStatBuf info;

  if (g_stat (canceller->path, &info) == 0 && info.st_size > HEADER)
    ple_progress_cancel (canceller->progress);
}

static void
test_cancel (PleTestModel *f, gconstpointer data)
{
  static const PleProgressSink sink = { .report = cancel_after_rows };
  g_autoptr (PleMatrix) expected = extract_whole (f, "x.npy", NULL);
  g_autoptr (PleDataset) dataset = open_pictures ();
  g_autoptr (JsonObject) record = json_object_new ();
  g_autoptr (PleMatrix) found = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = file_of (f, "y.npy");
  Canceller canceller = { NULL, path };
  PleVisionJob job = describe (f, dataset);

  canceller.progress = ple_progress_new (&sink, &canceller, 2);
  ple_progress_set_every (canceller.progress);
  if (!ple_vision_extract (&job, path, NULL, canceller.progress, &error))
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  ple_progress_unref (canceller.progress);
  g_assert_true (ple_vision_extract (&job, path, record, NULL, NULL));
  g_assert_cmpint (json_object_get_int_member (record, "num_resumed"), >, 0);
  found = read_rows (path);
  ple_test_assert_same_bits (expected, found);
}

/* Other weights under the same name: nothing of the old is kept. */
static void
test_other_weights (PleTestModel *f, gconstpointer data)
{
  g_autoptr (JsonObject) record = json_object_new ();
  g_autoptr (PleMatrix) mapped = extract_whole (f, "x.npy", NULL);
  g_autoptr (PleMatrix) before = ple_matrix_copy (mapped, NULL); /* the file changes below */
  g_autofree char *old = ple_vision_hash (f->model, NULL, NULL, NULL);
  g_autofree char *path = file_of (f, "x.npy");
  g_autoptr (PleDataset) dataset = open_pictures ();
  g_autoptr (PleMatrix) after = NULL;
  g_autoptr (GError) error = NULL;
  PleVisionJob job = describe (f, dataset);

  g_assert_true (ple_make_model (f->model, PLE_TEST_TINY_DINOV2 " seed=9", NULL));
  job.weights = old;
  g_assert_false (ple_vision_extract (&job, path, NULL, NULL, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH);
  job.weights = NULL;
  g_assert_true (ple_vision_extract (&job, path, record, NULL, NULL));
  g_assert_cmpint (json_object_get_int_member (record, "num_resumed"), ==, 0);
  after = read_rows (path);
  g_assert_cmpfloat (before->data[0], !=, after->data[0]);
}

/* Preprocessed pictures of any number type. */
static void
test_pixels (PleTestModel *f, gconstpointer data)
{
  const size_t shape[] = { 13, 3, 16, 20 };
  g_autoptr (PleMatrix) pixels = ple_test_random_matrix (13, 3 * 16 * 20, 1);
  g_autofree double *wide = g_new (double, 13 * 3 * 16 * 20);
  g_autofree char *single = file_of (f, "single.npy");
  g_autofree char *twice = file_of (f, "double.npy");
  g_autofree char *x = file_of (f, "x.npy");
  g_autofree char *y = file_of (f, "y.npy");
  g_autoptr (PleMatrix) a = NULL;
  g_autoptr (PleMatrix) b = NULL;
  g_autoptr (GError) error = NULL;
  PleVisionJob job = { .folder = f->model, .pixels_stamp = "1", .batch_size = 4 };

  for (size_t i = 0; i < 13 * 3 * 16 * 20; i++)
    wide[i] = (double) pixels->data[i];
  g_assert_true (ple_npy_write (single, PLE_ARRAY_F4, 4, shape, pixels->data, NULL));
  g_assert_true (ple_npy_write (twice, PLE_ARRAY_F8, 4, shape, wide, NULL));
  job.pixels = ple_npy_read (single, NULL);
  g_assert_true (ple_vision_extract (&job, x, NULL, NULL, &error));
  g_assert_no_error (error);
  ple_array_unref (job.pixels);
  job.pixels = ple_npy_read (twice, NULL);
  g_assert_true (ple_vision_extract (&job, y, NULL, NULL, NULL));
  a = read_rows (x);
  b = read_rows (y);
  ple_test_assert_same_bits (a, b);
  /* Not pictures. */
  job.pixels->n_dims = 2;
  g_assert_false (ple_vision_extract (&job, y, NULL, NULL, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH);
  ple_array_unref (job.pixels);
}

/* The sum is remembered by path, size and time, and found wanting when the file changes. */
static void
test_hash (PleTestModel *f, gconstpointer data)
{
  g_autofree char *cache = file_of (f, "cache.json");
  g_autofree char *plain = ple_vision_hash (f->model, NULL, NULL, NULL);
  g_autofree char *first = ple_vision_hash (f->model, cache, NULL, NULL);
  g_autofree char *again = ple_vision_hash (f->model, cache, NULL, NULL);
  g_autofree char *text = NULL;
  g_autofree char *changed = NULL;
  g_autofree char *broken = NULL;

  g_assert_cmpstr (plain, ==, first);
  g_assert_cmpstr (first, ==, again);
  g_assert_true (g_file_get_contents (cache, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "model.safetensors"));
  ple_test_model_write (f, "preprocessor_config.json", "{}");
  changed = ple_vision_hash (f->model, cache, NULL, NULL);
  g_assert_cmpstr (first, !=, changed);
  g_assert_true (g_file_set_contents (cache, "[[", -1, NULL));
  broken = ple_vision_hash (f->model, cache, NULL, NULL);
  g_assert_cmpstr (changed, ==, broken);
}

/* Batches come out in order whatever the number of threads, also when one is given up. */
static void
test_feed (PleTestModel *f, gconstpointer data)
{
  g_autoptr (PleDataset) dataset = open_pictures ();
  const PleVisionConfig config = { .family = PLE_VISION_DINOV2, .model_type = "dinov2" };
  PlePreprocess preprocess;
  g_autoptr (PleMatrix) expected = ple_matrix_new (9, 3 * 28 * 28, NULL);

  g_assert_true (ple_preprocess_load (f->model, &config, &preprocess, NULL));
  for (size_t i = 0; i < 9; i++)
    {
      g_autoptr (PleImage) image = ple_dataset_decode (dataset, 20 + i, 0, NULL);

      g_assert_true (ple_preprocess_run (&preprocess, image, ple_matrix_row (expected, i), NULL));
    }
  for (guint n_threads = 1; n_threads < 5; n_threads++)
    {
      /* Freed after the feed, which may still write into it. */
      g_autoptr (PleMatrix) found = ple_matrix_new (9, 3 * 28 * 28, NULL);
      g_autoptr (PleVisionFeed) feed = ple_vision_feed_new (dataset, &preprocess, n_threads);

      ple_vision_feed_begin (feed, 20, 5, found->data);
      g_assert_cmpuint (ple_vision_feed_finish (feed), ==, 0);
      ple_vision_feed_begin (feed, 25, 4, ple_matrix_row (found, 5));
      g_assert_cmpuint (ple_vision_feed_finish (feed), ==, 0);
      ple_test_assert_same_bits (expected, found);
      ple_vision_feed_begin (feed, 0, 9, found->data);
    }
}

/* ==== A real kill: this program again, as a child ==== */

/* At the first report after some rows are there: a parent that looked from outside might come too
 * late on a busy machine. */
static void
die_after_rows (gpointer data, double fraction, const char *stage, const char *detail)
{
  GStatBuf info;

  if (g_stat (data, &info) == 0 && info.st_size > HEADER)
    kill (getpid (), SIGKILL);
}

static int
be_child (char **argv)
{
  static const PleProgressSink sink = { .report = die_after_rows };
  g_autoptr (PleDataset) dataset = open_pictures ();
  g_autoptr (PleProgress) progress = ple_progress_new (&sink, argv[3], 2);
  const PleVisionJob job = { .folder = argv[2], .dataset = dataset, .batch_size = 1 };

  ple_progress_set_every (progress);
  return ple_vision_extract (&job, argv[3], NULL, progress, NULL) ? 0 : 1;
}

static const char *program;

/* Killed as soon as some rows are there: what is there is continued, at most one group is lost. */
static void
test_kill (PleTestModel *f, gconstpointer data)
{
  g_autoptr (PleMatrix) expected = extract_whole (f, "x.npy", NULL);
  g_autoptr (PleDataset) dataset = open_pictures ();
  g_autoptr (JsonObject) record = json_object_new ();
  g_autofree char *path = file_of (f, "y.npy");
  char *argv[] = { (char *) program, (char *) "--child", f->model, path, NULL };
  PleVisionJob job = describe (f, dataset);
  g_autoptr (PleMatrix) found = NULL;
  GStatBuf info = { 0 };
  size_t rows, resumed;
  int status = 0;
  GPid pid;

  g_assert_true (
      g_spawn_async (NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL));
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  rows = (size_t) (info.st_size - HEADER) / (24 * sizeof (float));
  g_assert_cmpuint (rows, <, N_PICTURES);
  g_assert_true (ple_vision_extract (&job, path, record, NULL, NULL));
  resumed = (size_t) json_object_get_int_member (record, "num_resumed");
  g_test_message ("killed with %zu rows of %d, went on from %zu", rows, N_PICTURES, resumed);
  g_assert_cmpuint (resumed, >, 0);
  g_assert_cmpuint (resumed + 10, >, rows); /* groups of ten */
  found = read_rows (path);
  ple_test_assert_same_bits (expected, found);
}

int
main (int argc, char **argv)
{
  ple_linalg_init ();
  if (argc == 4 && strcmp (argv[1], "--child") == 0)
    return be_child (argv);
  program = argv[0];
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test)                                                                            \
  g_test_add ("/features/vision-extract/" name, PleTestModel, NULL, ple_test_model_set_up, test,   \
              ple_test_model_tear_down)
  ADD ("rows-are-the-network-s", test_rows);
  ADD ("cancelled-and-continued", test_cancel);
  ADD ("killed-and-continued", test_kill);
  ADD ("other-weights-begin-anew", test_other_weights);
  ADD ("preprocessed-pictures", test_pixels);
  ADD ("hash-is-remembered", test_hash);
  ADD ("feed-keeps-the-order", test_feed);
  return g_test_run ();
}
