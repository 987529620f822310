/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-vision-extract.h"

#include "base/ple-error.h"
#include "base/ple-hash.h"
#include "features/ple-growing-array.h"
#include "features/ple-vision-feed.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Raised when the same weights and pictures give other vectors. */
#define VERSION 1

typedef struct
{
  const PleVisionJob *job;
  PleVisionModel *model;
  PleVisionPlan *plan;
  PlePreprocess preprocess;
  char *weights; /* hash */
  size_t n;
  size_t batch;    /* pictures */
  size_t n_values; /* of a picture */
  PleVisionWorker **workers;
  guint n_workers;
  PleVisionFeed *feed;   /* for pictures of a data set */
  PleMatrix *buffers[2]; /* (batch, n_values): one is computed on while the other is filled */
  PleMatrix *rows;       /* (batch, n_features) */
  size_t n_broken;
} Extraction;

static void
extraction_clear (Extraction *x)
{
  ple_vision_feed_free (x->feed);
  for (guint i = 0; x->workers != NULL && i < x->n_workers; i++)
    ple_vision_worker_free (x->workers[i]);
  g_free (x->workers);
  ple_matrix_unref (x->buffers[0]);
  ple_matrix_unref (x->buffers[1]);
  ple_matrix_unref (x->rows);
  g_free (x->weights);
  ple_vision_plan_unref (x->plan);
  ple_vision_model_unref (x->model);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Extraction, extraction_clear)

static gboolean
check_pixels (const PleArray *pixels, GError **error)
{
  if (pixels->n_dims == 4 && pixels->shape[0] > 0 && pixels->shape[1] == 3)
    return TRUE;
  g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
               _ ("preprocessed pictures: expected an array of the shape (n, 3, height, width)"));
  return FALSE;
}

/* The sum of the weights, made on a thread of its own while the model is read. */
typedef struct
{
  const PleVisionJob *job;
  PleProgress *progress;
  char *sum;
  GError *error;
} Summing;

static gpointer
sum_weights (gpointer data)
{
  Summing *summing = data;

  summing->sum = ple_vision_hash (summing->job->folder, summing->job->cache_file, summing->progress,
                                  &summing->error);
  return NULL;
}

static gboolean
load_model (Extraction *x, PleProgress *progress, GError **error)
{
  x->model = ple_vision_model_open (x->job->folder, progress, error);
  if (x->model != NULL &&
      ple_preprocess_load (x->job->folder, ple_vision_model_get_config (x->model), &x->preprocess,
                           error))
    return TRUE;
  g_prefix_error (error, "%s: ", x->job->folder);
  return FALSE;
}

/* Model, hash, preprocessing and plan. */
static gboolean
prepare_model (Extraction *x, PleProgress *progress, GError **error)
{
  const PleVisionJob *job = x->job;
  Summing summing = { job, progress, NULL, NULL };
  GThread *thread = g_thread_new ("weights", sum_weights, &summing);
  gboolean loaded = load_model (x, progress, error);
  size_t height, width;

  g_thread_join (thread);
  x->weights = summing.sum;
  if (!loaded)
    {
      g_clear_error (&summing.error);
      return FALSE;
    }
  if (x->weights == NULL)
    {
      g_propagate_error (error, summing.error);
      return FALSE;
    }
  if (job->weights != NULL && *job->weights != '\0' && strcmp (job->weights, x->weights) != 0)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   _ ("%s: these are other weights (%.12s) than those asked for (%.12s)"),
                   job->folder, x->weights, job->weights);
      return FALSE;
    }
  if (job->pixels == NULL && x->preprocess.assumed)
    ple_progress_warning (progress,
                          _ ("%s: there is no preprocessor_config.json; pictures are prepared as "
                             "is usual for %s"),
                          job->folder, ple_vision_model_get_config (x->model)->model_type);
  height = job->pixels != NULL ? job->pixels->shape[2] : ple_preprocess_get_height (&x->preprocess);
  width = job->pixels != NULL ? job->pixels->shape[3] : ple_preprocess_get_width (&x->preprocess);
  x->plan = ple_vision_plan_new (x->model, height, width, error);
  x->n_values = 3 * height * width;
  return x->plan != NULL;
}

static gboolean
prepare_memory (Extraction *x, PleProgress *progress, GError **error)
{
  size_t group = ple_vision_plan_get_group (x->plan);
  size_t batch = MIN (MAX (x->job->batch_size, 1), x->n);
  guint n_decoders = x->job->n_decoders;

  x->batch = (batch + group - 1) / group * group;
  x->n_workers = ple_progress_get_n_threads (progress);
  x->workers = g_new0 (PleVisionWorker *, x->n_workers);
  for (guint i = 0; i < x->n_workers; i++)
    {
      x->workers[i] = ple_vision_worker_new (x->plan, error);
      if (x->workers[i] == NULL)
        return FALSE;
    }
  for (size_t i = 0; i < (x->job->pixels != NULL ? 1 : 2); i++)
    {
      x->buffers[i] = ple_matrix_new (x->batch, x->n_values, error);
      if (x->buffers[i] == NULL)
        return FALSE;
    }
  x->rows = ple_matrix_new (x->batch, ple_vision_plan_get_n_features (x->plan), error);
  if (x->rows == NULL)
    return FALSE;
  if (x->job->pixels == NULL)
    x->feed = ple_vision_feed_new (x->job->dataset, &x->preprocess,
                                   n_decoders > 0 ? n_decoders : x->n_workers);
  return TRUE;
}

/* All that the rows depend on. */
static char *
identify (const Extraction *x)
{
  g_autoptr (PleHash) hash = ple_hash_new ();
  g_autofree char *preprocessing = ple_preprocess_describe (&x->preprocess);

  ple_hash_add_int (hash, VERSION);
  ple_hash_add_string (hash, x->weights);
  ple_hash_add_string (hash, "exact");
  if (x->job->pixels != NULL)
    ple_hash_add_string (hash, x->job->pixels_stamp);
  else
    {
      ple_hash_add_string (hash, preprocessing);
      ple_hash_add_string (hash, ple_dataset_get_fingerprint (x->job->dataset));
      ple_hash_add_int (hash, ple_dataset_get_options (x->job->dataset)->ignore_orientation);
    }
  ple_hash_add_int (hash, (gint64) x->n);
  return ple_hash_get_hex (hash, 64);
}

/* Preprocessed pictures first .. first + n - 1, in memory already or converted. */
static const float *
get_pixels (const Extraction *x, size_t first, size_t n)
{
  const PleArray *pixels = x->job->pixels;

  if (pixels->type == PLE_ARRAY_F4 && (guintptr) pixels->data % sizeof (float) == 0)
    return (const float *) pixels->data + first * x->n_values;
  for (size_t i = 0; i < n * x->n_values; i++)
    x->buffers[0]->data[i] = (float) ple_array_get (pixels, first * x->n_values + i);
  return x->buffers[0]->data;
}

/* One batch through the network and into the file. */
static gboolean
run_batch (Extraction *x,
           PleGrowingArray *array,
           size_t first,
           size_t n,
           const float *pixels,
           PleProgress *progress,
           GError **error)
{
  double size = (double) x->n;
  g_autoptr (PleProgress) part =
      ple_progress_new_stage (progress, NULL, (double) first / size, (double) (first + n) / size);

  return ple_vision_run_all (x->plan, x->workers, n, pixels, x->rows->data, part, error) &&
         ple_growing_array_append (array, n, x->rows->data, error);
}

static gboolean
run_batches (Extraction *x, PleGrowingArray *array, PleProgress *progress, GError **error)
{
  size_t done = ple_growing_array_get_n_done (array), next;

  if (x->feed != NULL && done < x->n)
    ple_vision_feed_begin (x->feed, done, MIN (x->batch, x->n - done), x->buffers[0]->data);
  for (size_t turn = 0; done < x->n; done = next, turn++)
    {
      size_t n = MIN (x->batch, x->n - done);
      const float *pixels;

      next = done + n;
      if (!ple_progress_report_detail (progress, (double) done / (double) x->n, error,
                                       _ ("%zu of %zu pictures"), done, x->n))
        return FALSE;
      if (x->feed != NULL)
        {
          pixels = x->buffers[turn % 2]->data;
          x->n_broken += ple_vision_feed_finish (x->feed);
          if (next < x->n)
            ple_vision_feed_begin (x->feed, next, MIN (x->batch, x->n - next),
                                   x->buffers[(turn + 1) % 2]->data);
        }
      else
        pixels = get_pixels (x, done, n);
      if (!run_batch (x, array, done, n, pixels, progress, error))
        return FALSE;
    }
  return TRUE;
}

static void
fill_record (const Extraction *x, size_t n_resumed, JsonObject *record)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *date = g_date_time_format_iso8601 (now);
  g_autofree char *preprocessing = ple_preprocess_describe (&x->preprocess);

  json_object_set_string_member (record, "model", x->job->folder);
  json_object_set_string_member (record, "model_type",
                                 ple_vision_model_get_config (x->model)->model_type);
  json_object_set_string_member (record, "weights", x->weights);
  json_object_set_string_member (record, "preprocessing",
                                 x->job->pixels != NULL ? "" : preprocessing);
  json_object_set_string_member (record, "precision", "exact");
  json_object_set_string_member (record, "created", date);
  json_object_set_int_member (record, "num_resumed", (gint64) n_resumed);
}

gboolean
ple_vision_extract (const PleVisionJob *job,
                    const char *path,
                    JsonObject *record,
                    PleProgress *progress,
                    GError **error)
{
  g_auto (Extraction) x = { .job = job };
  g_autoptr (PleProgress) loading = ple_progress_new_stage (progress, _ ("Model"), 0, 0.01);
  g_autoptr (PleProgress) working = ple_progress_new_stage (progress, NULL, 0.01, 1);
  g_autoptr (PleGrowingArray) array = NULL;
  g_autofree char *identity = NULL;
  size_t n_resumed;

  g_return_val_if_fail ((job->dataset != NULL) != (job->pixels != NULL), FALSE);
  if (job->pixels != NULL && !check_pixels (job->pixels, error))
    return FALSE;
  x.n = job->pixels != NULL ? job->pixels->shape[0] : ple_dataset_get_n_items (job->dataset);
  if (!prepare_model (&x, loading, error) || !prepare_memory (&x, progress, error))
    return FALSE;
  identity = identify (&x);
  array = ple_growing_array_open (path, identity, x.n, ple_vision_plan_get_n_features (x.plan),
                                  ple_vision_plan_get_group (x.plan), error);
  if (array == NULL)
    return FALSE;
  n_resumed = ple_growing_array_get_n_done (array);
  if (!run_batches (&x, array, working, error))
    return FALSE;
  if (x.n_broken > 0)
    ple_progress_warning (progress,
                          g_dngettext (NULL, "%zu picture could not be decoded",
                                       "%zu pictures could not be decoded", (gulong) x.n_broken),
                          x.n_broken);
  if (record != NULL)
    fill_record (&x, n_resumed, record);
  return TRUE;
}
