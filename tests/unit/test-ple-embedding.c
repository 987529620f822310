/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-error.h"
#include "base/ple-rng.h"
#include "embed/ple-embedding.h"
#include "linalg/ple-linalg.h"
#include "ple-test.h"

#include <math.h>
#include <string.h>

/* What every row of the table promises. Runs with default settings unless told otherwise. */

static PleMatrix *
blobs (size_t n, size_t d, size_t n_groups, double distance, guint64 seed)
{
  PleMatrix *features = ple_matrix_new (n, d, NULL);
  PleRng rng;

  ple_rng_init (&rng, seed);
  for (size_t i = 0; i < n; i++)
    for (size_t f = 0; f < d; f++)
      ple_matrix_row (features, i)[f] =
          (float) (ple_rng_normal (&rng) + (f == i % n_groups ? distance : 0));
  return features;
}

static PleParams *
new_params (const PleEmbedding *embedding)
{
  PleParams *params = ple_params_new (embedding->params, embedding->params_size);

  /* Enough to settle a few hundred points, and quick. */
  if (ple_param_find (embedding->params, "num_iterations") != NULL)
    g_assert_true (ple_params_set (params, "num_iterations", "300", NULL));
  if (ple_param_find (embedding->params, "num_epochs") != NULL)
    g_assert_true (ple_params_set (params, "num_epochs", "150", NULL));
  return params;
}

static PleMatrix *
run (const PleEmbedding *embedding,
     const PleMatrix *features,
     JsonObject *quality,
     PleProgress *progress,
     GError **error)
{
  g_autoptr (PleParams) params = new_params (embedding);

  return embedding->run (features, ple_params_get_struct (params), 42, quality, progress, error);
}

static void
check_layout (const PleMatrix *xy, size_t n)
{
  g_assert_nonnull (xy);
  g_assert_cmpuint (xy->n_rows, ==, n);
  g_assert_cmpuint (xy->n_cols, ==, 2);
  g_assert_cmpuint (ple_matrix_find_not_finite (xy), ==, n);
}

/* Share of points whose 10 nearest in the plane are mostly of their own group. */
static double
vote (const PleMatrix *xy, size_t n_groups)
{
  size_t n = xy->n_rows, n_right = 0;

  for (size_t i = 0; i < n; i++)
    {
      float nearest[10];
      size_t group[10], n_own = 0;

      for (size_t a = 0; a < 10; a++)
        nearest[a] = INFINITY;
      for (size_t j = 0; j < n; j++)
        {
          float dx = xy->data[2 * i] - xy->data[2 * j];
          float dy = xy->data[2 * i + 1] - xy->data[2 * j + 1];
          float distance = dx * dx + dy * dy;
          size_t a = 9;

          if (j == i || distance >= nearest[9])
            continue;
          for (; a > 0 && nearest[a - 1] > distance; a--)
            {
              nearest[a] = nearest[a - 1];
              group[a] = group[a - 1];
            }
          nearest[a] = distance;
          group[a] = j % n_groups;
        }
      for (size_t a = 0; a < 10; a++)
        n_own += group[a] == i % n_groups;
      n_right += n_own > 5;
    }
  return (double) n_right / (double) n;
}

static void
test_found_by_id (void)
{
  const PleEmbedding *const *all = ple_embeddings_list ();
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (all[0]);
  for (size_t i = 0; all[i] != NULL; i++)
    {
      g_assert_true (ple_embedding_find (all[i]->id, NULL) == all[i]);
      g_assert_nonnull (all[i]->title);
      g_assert_nonnull (all[i]->summary);
      g_assert_nonnull (all[i]->reference);
      g_assert_cmpuint (all[i]->version, >=, 1);
    }
  g_assert_null (ple_embedding_find ("isomap", &error));
  g_assert_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_UNKNOWN);
}

static void
test_few_points (gconstpointer data)
{
  const size_t counts[] = { 1, 2, 3, 4, 5, 7, 12 };

  for (size_t c = 0; c < G_N_ELEMENTS (counts); c++)
    {
      g_autoptr (PleMatrix) features = blobs (counts[c], 6, 2, 3, c);
      g_autoptr (GError) error = NULL;
      g_autoptr (PleMatrix) xy = run (data, features, NULL, NULL, &error);

      g_assert_no_error (error);
      check_layout (xy, counts[c]);
    }
}

static void
test_one_column (gconstpointer data)
{
  g_autoptr (PleMatrix) features = blobs (60, 1, 1, 0, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (PleMatrix) xy = run (data, features, NULL, NULL, &error);

  g_assert_no_error (error);
  check_layout (xy, 60);
}

static void
test_duplicates_and_constant_columns (gconstpointer data)
{
  g_autoptr (PleMatrix) features = blobs (150, 70, 3, 5, 2);
  g_autoptr (GError) error = NULL;
  g_autoptr (PleMatrix) xy = NULL;

  /* Two thirds of the rows are the same; half of the columns are. */
  for (size_t i = 0; i < 150; i++)
    {
      for (size_t f = 35; f < 70; f++)
        ple_matrix_row (features, i)[f] = 7;
      if (i >= 50)
        memcpy (ple_matrix_row (features, i), ple_matrix_row (features, 49), 70 * sizeof (float));
    }
  xy = run (data, features, NULL, NULL, &error);
  g_assert_no_error (error);
  check_layout (xy, 150);
}

static void
test_all_points_the_same (gconstpointer data)
{
  g_autoptr (PleMatrix) features = ple_matrix_new (100, 5, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (PleMatrix) xy = NULL;

  for (size_t i = 0; i < 500; i++)
    features->data[i] = 3;
  xy = run (data, features, NULL, NULL, &error);
  g_assert_no_error (error);
  check_layout (xy, 100);
}

static void
test_bad_input_is_refused (gconstpointer data)
{
  g_autoptr (PleMatrix) features = blobs (30, 4, 2, 3, 3);
  g_autoptr (PleMatrix) no_rows = ple_matrix_new (0, 4, NULL);
  g_autoptr (PleMatrix) no_columns = ple_matrix_new (4, 0, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (run (data, no_rows, NULL, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW);
  g_clear_error (&error);
  g_assert_null (run (data, no_columns, NULL, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE);
  g_clear_error (&error);
  ple_matrix_row (features, 17)[2] = NAN;
  g_assert_null (run (data, features, NULL, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NOT_FINITE);
}

static void
test_groups_stay_apart (gconstpointer data)
{
  const PleEmbedding *embedding = data;
  g_autoptr (PleMatrix) features = blobs (400, 12, 4, 12, 4);
  g_autoptr (PleMatrix) xy = run (embedding, features, NULL, NULL, NULL);

  check_layout (xy, 400);
  /* Two axes of three that carry the groups: PCA lets two of four corners meet halfway. */
  g_assert_cmpfloat (vote (xy, 4), >, g_str_equal (embedding->id, "pca") ? 0.9 : 0.99);
}

static void
test_same_bits_for_any_number_of_threads (gconstpointer data)
{
  const guint counts[] = { 1, 2, 3, 7 };
  g_autoptr (PleMatrix) features = blobs (700, 80, 5, 4, 5);
  g_autoptr (PleMatrix) first = NULL;

  for (size_t c = 0; c < G_N_ELEMENTS (counts); c++)
    {
      g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, counts[c]);
      g_autoptr (PleMatrix) xy = run (data, features, NULL, progress, NULL);

      check_layout (xy, 700);
      if (first == NULL)
        first = g_steal_pointer (&xy);
      else
        g_assert_cmpmem (first->data, 1400 * sizeof (float), xy->data, 1400 * sizeof (float));
    }
}

static void
test_features_are_left_alone (gconstpointer data)
{
  g_autoptr (PleMatrix) features = blobs (100, 80, 2, 4, 6);
  g_autoptr (PleMatrix) before = ple_matrix_copy (features, NULL);
  g_autoptr (PleMatrix) xy = run (data, features, NULL, NULL, NULL);

  check_layout (xy, 100);
  g_assert_cmpmem (before->data, 8000 * sizeof (float), features->data, 8000 * sizeof (float));
}

typedef struct
{
  PleProgress *progress;
  guint n_frames;
  guint cancel_at; /* frame; 0 for never */
  guint stop_at;
  gint64 asked;
  double last_fraction;
} Listener;

static void
on_report (gpointer data, double fraction, const char *stage, const char *detail)
{
  Listener *listener = data;

  g_assert_cmpfloat (fraction, >=, listener->last_fraction - 1e-9);
  g_assert_cmpfloat (fraction, <=, 1);
  listener->last_fraction = fraction;
}

static void
on_publish (gpointer data, const char *topic, gconstpointer values, size_t n_rows, size_t row_bytes)
{
  Listener *listener = data;
  const float *xy = values;

  g_assert_cmpstr (topic, ==, "layout");
  g_assert_cmpuint (row_bytes, ==, 2 * sizeof (float));
  for (size_t i = 0; i < 2 * n_rows; i++)
    g_assert_true (isfinite (xy[i]));
  listener->n_frames++;
  if (listener->n_frames == listener->cancel_at || listener->n_frames == listener->stop_at)
    listener->asked = ple_test_cpu_time ();
  if (listener->n_frames == listener->cancel_at)
    ple_progress_cancel (listener->progress);
  if (listener->n_frames == listener->stop_at)
    ple_progress_request_stop (listener->progress);
}

static const PleProgressSink sink = { .report = on_report, .publish = on_publish };

static void
test_frames_begin_with_the_start (gconstpointer data)
{
  Listener listener = { 0 };
  g_autoptr (PleProgress) progress = ple_progress_new (&sink, &listener, 2);
  g_autoptr (PleMatrix) features = blobs (300, 20, 3, 4, 7);
  g_autoptr (PleMatrix) xy = run (data, features, NULL, progress, NULL);

  check_layout (xy, 300);
  g_assert_cmpuint (listener.n_frames, >=, 1);
}

/* At the first frame, and while it settles. The bound is loose, for a sanitizer. */
static void
test_cancel_is_prompt (gconstpointer data)
{
  for (guint frame = 1; frame <= 3; frame++)
    {
      Listener listener = { .cancel_at = frame };
      g_autoptr (PleProgress) progress = ple_progress_new (&sink, &listener, 2);
      g_autoptr (PleMatrix) features = blobs (1500, 20, 3, 4, 8);
      g_autoptr (GError) error = NULL;
      g_autoptr (PleMatrix) xy = NULL;

      listener.progress = progress;
      ple_progress_set_every (progress);
      xy = run (data, features, NULL, progress, &error);
      if (listener.asked == 0)
        continue; /* it has fewer frames */
      g_assert_null (xy);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_cmpint (ple_test_cpu_time () - listener.asked, <, 5 * G_USEC_PER_SEC);
    }
}

static void
test_stop_keeps_what_there_is (gconstpointer data)
{
  for (guint frame = 1; frame <= 3; frame++)
    {
      Listener listener = { .stop_at = frame };
      g_autoptr (PleProgress) progress = ple_progress_new (&sink, &listener, 2);
      g_autoptr (PleMatrix) features = blobs (1500, 20, 3, 4, 9);
      g_autoptr (GError) error = NULL;
      g_autoptr (PleMatrix) xy = NULL;

      listener.progress = progress;
      ple_progress_set_every (progress);
      xy = run (data, features, NULL, progress, &error);
      g_assert_no_error (error);
      check_layout (xy, 1500);
    }
}

typedef struct
{
  PleProgress *progress;
  gboolean asked;
} Stopper;

static void
on_neighbours (gpointer data, double fraction, const char *stage, const char *detail)
{
  Stopper *stopper = data;

  if (stage != NULL && strstr (stage, "Neighbours") != NULL && !stopper->asked)
    {
      stopper->asked = TRUE;
      ple_progress_request_stop (stopper->progress);
    }
}

static const PleProgressSink stopper_sink = { .report = on_neighbours };

/* Half a search is of no use: the start is what there is. */
static void
test_stop_while_neighbours_are_sought (gconstpointer data)
{
  const PleEmbedding *embedding = data;
  Stopper stopper = { 0 };
  g_autoptr (PleProgress) progress = ple_progress_new (&stopper_sink, &stopper, 1);
  g_autoptr (PleMatrix) features = blobs (6000, 64, 3, 4, 10);
  g_autoptr (PleMatrix) xy = NULL;
  g_autoptr (JsonObject) quality = json_object_new ();
  g_autoptr (GError) error = NULL;

  stopper.progress = progress;
  xy = run (embedding, features, quality, progress, &error);
  g_assert_no_error (error);
  check_layout (xy, 6000);
  if (g_str_equal (embedding->id, "pca"))
    return;
  g_assert_true (stopper.asked);
  g_assert_cmpint (json_object_get_int_member (quality, "n_iterations"), ==, 0);
}

static void
add (const char *id, const char *name, GTestDataFunc func)
{
  g_autofree char *path = g_strdup_printf ("/embed/%s/%s", id, name);

  g_test_add_data_func (path, ple_embedding_find (id, NULL), func);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  g_test_add_func ("/embed/embedding/found-by-id", test_found_by_id);
  for (size_t i = 0; ple_embeddings_list ()[i] != NULL; i++)
    {
      const char *id = ple_embeddings_list ()[i]->id;

      add (id, "few-points", test_few_points);
      add (id, "one-column", test_one_column);
      add (id, "duplicates-and-constant-columns", test_duplicates_and_constant_columns);
      add (id, "all-points-the-same", test_all_points_the_same);
      add (id, "bad-input-is-refused", test_bad_input_is_refused);
      add (id, "groups-stay-apart", test_groups_stay_apart);
      add (id, "same-bits-for-any-number-of-threads", test_same_bits_for_any_number_of_threads);
      add (id, "features-are-left-alone", test_features_are_left_alone);
      add (id, "frames-begin-with-the-start", test_frames_begin_with_the_start);
      add (id, "cancel-is-prompt", test_cancel_is_prompt);
      add (id, "stop-keeps-what-there-is", test_stop_keeps_what_there_is);
      add (id, "stop-while-neighbours-are-sought", test_stop_while_neighbours_are_sought);
    }
  return g_test_run ();
}
