/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench-embed FEATURES [METHOD] [NAME=VALUE ...]: lays out a file of features and prints one line
 * of JSON: seconds, processor seconds (of each stage, and the most between two of its reports), the
 * method's own figures, and how good the map is:
 *
 *   knn_preserved    share of the 10 nearest neighbours in the features (of all points) that are
 *                    among the 10 nearest in the plane, 5 000 queries
 *   trustworthiness  of Venna and Kaski, k = 10, on 5 000 points
 *   vote_features    share of points that the vote of their 10 nearest puts into their own class,
 *   vote_plane       if the file holds labels, 5 000 queries
 *
 * "threads=N", "seed=N" and "output=FILE" are the program's own, the rest are settings of the
 * method. Without arguments it makes 3 000 points in ten groups. */
#include "config.h"

#include "base/ple-json.h"
#include "base/ple-rng.h"
#include "base/ple-text.h"
#include "embed/ple-embedding.h"
#include "linalg/ple-array-file.h"
#include "linalg/ple-knn.h"
#include "linalg/ple-labels.h"
#include "linalg/ple-linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define K 10
#define N_QUERIES 5000
#define STAGE_WIDTH 48

typedef struct
{
  char stage[STAGE_WIDTH];
  double begun;
  JsonObject *seconds; /* processor seconds by stage */
  double reported;
  JsonObject *silences; /* the longest time between two reports, by stage */
} Clock;

static double
processor_seconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

static void
end_stage (Clock *clock)
{
  if (clock->stage[0] != '\0')
    json_object_set_double_member (clock->seconds, clock->stage,
                                   ple_json_get_double (clock->seconds, clock->stage, 0) +
                                       processor_seconds () - clock->begun);
  clock->begun = processor_seconds ();
}

static void
on_report (gpointer data, double fraction, const char *stage, const char *detail)
{
  Clock *clock = data;
  double now = processor_seconds (), silence = now - clock->reported;

  clock->reported = now;
  if (clock->stage[0] != '\0' && silence > ple_json_get_double (clock->silences, clock->stage, 0))
    json_object_set_double_member (clock->silences, clock->stage, silence);
  if (stage == NULL || strncmp (stage, clock->stage, STAGE_WIDTH - 1) == 0)
    return;
  end_stage (clock);
  g_strlcpy (clock->stage, stage, STAGE_WIDTH);
}

static const PleProgressSink sink = { .report = on_report };

static PleMatrix *
make_groups (PleLabels **labels)
{
  const size_t n = 3000, d = 64, n_groups = 10;
  PleMatrix *features = ple_matrix_new (n, d, NULL);
  PleRng rng;

  ple_rng_init (&rng, 1);
  *labels = ple_labels_new (n);
  for (size_t i = 0; i < n; i++)
    {
      (*labels)->data[i] = (gint32) (i % n_groups);
      for (size_t f = 0; f < d; f++)
        ple_matrix_row (features, i)[f] =
            (float) (ple_rng_normal (&rng) + (f % n_groups == i % n_groups ? 1.5 : 0));
    }
  return features;
}

/* The K nearest of the points named by @queries among all rows, themselves left out. */
static gint32 *
nearest (const PleMatrix *x, const guint32 *queries, size_t n_queries, PleProgress *progress)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PleMatrix) rows = ple_matrix_take (x, queries, n_queries, &error);
  g_autofree gint32 *found = g_new (gint32, n_queries * (K + 1));
  gint32 *neighbours = g_new (gint32, n_queries * K);

  if (!ple_knn_query (x, rows, K + 1, PLE_METRIC_EUCLIDEAN, found, NULL, progress, &error))
    g_error ("%s", error->message);
  for (size_t q = 0; q < n_queries; q++)
    for (size_t a = 0, b = 0; b < K; a++)
      if (a == K || found[q * (K + 1) + a] != (gint32) queries[q])
        neighbours[q * K + b++] = found[q * (K + 1) + MIN (a, K)];
  return neighbours;
}

static double
preserved (const gint32 *before, const gint32 *after, size_t n_queries)
{
  size_t n_kept = 0;

  for (size_t q = 0; q < n_queries; q++)
    for (size_t a = 0; a < K; a++)
      for (size_t b = 0; b < K; b++)
        n_kept += before[q * K + a] == after[q * K + b];
  return (double) n_kept / (double) (n_queries * K);
}

static double
vote (const gint32 *neighbours, const guint32 *queries, size_t n_queries, const PleLabels *labels)
{
  size_t n_right = 0;

  for (size_t q = 0; q < n_queries; q++)
    {
      gint32 best = -1;
      size_t best_count = 0;

      for (size_t a = 0; a < K; a++)
        {
          gint32 label = labels->data[neighbours[q * K + a]];
          size_t count = 0;

          for (size_t b = 0; b < K; b++)
            count += labels->data[neighbours[q * K + b]] == label;
          if (count > best_count || (count == best_count && label < best))
            {
              best = label;
              best_count = count;
            }
        }
      n_right += best == labels->data[queries[q]];
    }
  return (double) n_right / (double) n_queries;
}

static double
distance (const PleMatrix *x, size_t i, size_t j)
{
  const float *a = ple_matrix_row (x, i), *b = ple_matrix_row (x, j);
  float sum = 0;

  for (size_t f = 0; f < x->n_cols; f++)
    sum += (a[f] - b[f]) * (a[f] - b[f]);
  return (double) sum;
}

/* Over the rows of @x and @y, which are a sample. */
static double
trustworthiness (const PleMatrix *x, const PleMatrix *y, PleProgress *progress)
{
  size_t n = x->n_rows;
  g_autofree guint32 *all = g_new (guint32, n);
  g_autofree double *distances = g_new (double, n);
  g_autofree gint32 *neighbours = NULL;
  double penalty = 0;

  for (size_t i = 0; i < n; i++)
    all[i] = (guint32) i;
  neighbours = nearest (y, all, n, progress);
  for (size_t i = 0; i < n; i++)
    {
      for (size_t j = 0; j < n; j++)
        distances[j] = distance (x, i, j);
      for (size_t a = 0; a < K; a++)
        {
          size_t rank = 1;
          double own = distances[neighbours[i * K + a]];

          for (size_t j = 0; j < n; j++)
            rank += j != i && distances[j] < own;
          penalty += (double) (MAX (rank, K) - K);
        }
    }
  return 1 - 2 * penalty / ((double) n * K * (2 * (double) n - 3 * K - 1));
}

static void
score (const PleMatrix *x,
       const PleMatrix *y,
       const PleLabels *labels,
       JsonObject *result,
       PleProgress *progress)
{
  size_t n = x->n_rows, n_queries = MIN (n, N_QUERIES);
  g_autofree guint32 *queries = g_new (guint32, n_queries);
  g_autofree gint32 *before = NULL;
  g_autofree gint32 *after = NULL;
  g_autoptr (PleMatrix) sample_x = NULL;
  g_autoptr (PleMatrix) sample_y = NULL;
  PleRng rng;

  if (n <= 2 * K)
    return;
  ple_rng_init (&rng, 12345);
  ple_rng_sample (&rng, n, n_queries, queries);
  before = nearest (x, queries, n_queries, progress);
  after = nearest (y, queries, n_queries, progress);
  sample_x = ple_matrix_take (x, queries, n_queries, NULL);
  sample_y = ple_matrix_take (y, queries, n_queries, NULL);
  json_object_set_double_member (result, "knn_preserved", preserved (before, after, n_queries));
  json_object_set_double_member (result, "trustworthiness",
                                 trustworthiness (sample_x, sample_y, progress));
  if (labels == NULL)
    return;
  json_object_set_double_member (result, "vote_features",
                                 vote (before, queries, n_queries, labels));
  json_object_set_double_member (result, "vote_plane", vote (after, queries, n_queries, labels));
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PleLabels) labels = NULL;
  g_autoptr (PleMatrix) features = NULL;
  g_autoptr (PleMatrix) xy = NULL;
  g_autoptr (PleParams) params = NULL;
  g_autoptr (PleProgress) progress = NULL;
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *text = NULL;
  const PleEmbedding *embedding;
  const char *output = NULL;
  JsonObject *result = json_object_new (), *quality = json_object_new ();
  Clock clock = { .seconds = json_object_new (), .silences = json_object_new () };
  gint64 n_threads = 0, seed = 42, wall;
  double processor;

  ple_linalg_init ();
  embedding = ple_embedding_find (argc > 2 ? argv[2] : "tsne", &error);
  if (embedding == NULL)
    g_error ("%s", error->message);
  features = argc > 1 ? ple_features_read (argv[1], &error) : make_groups (&labels);
  if (features == NULL)
    g_error ("%s", error->message);
  if (argc > 1)
    labels = ple_labels_read (argv[1], NULL);
  params = ple_params_new (embedding->params, embedding->params_size);
  for (int i = 3; i < argc; i++)
    {
      g_auto (GStrv) parts = g_strsplit (argv[i], "=", 2);
      const char *value = g_strv_length (parts) == 2 ? parts[1] : "";

      if (g_str_equal (parts[0], "output"))
        output = strchr (argv[i], '=') + 1;
      else if (g_str_equal (parts[0], "threads") ? !ple_parse_int64 (value, &n_threads)
               : g_str_equal (parts[0], "seed")  ? !ple_parse_int64 (value, &seed)
                                                : !ple_params_set (params, parts[0], value, &error))
        g_error ("%s: %s", argv[i], error != NULL ? error->message : "not a number");
    }

  progress = ple_progress_new (&sink, &clock, (guint) n_threads);
  ple_progress_set_every (progress);
  wall = g_get_monotonic_time ();
  processor = processor_seconds ();
  xy = embedding->run (features, ple_params_get_struct (params), (guint64) seed, quality, progress,
                       &error);
  if (xy == NULL)
    g_error ("%s", error->message);
  end_stage (&clock);
  json_object_set_string_member (result, "method", embedding->id);
  json_object_set_int_member (result, "n", (gint64) features->n_rows);
  json_object_set_int_member (result, "d", (gint64) features->n_cols);
  json_object_set_double_member (result, "seconds",
                                 (double) (g_get_monotonic_time () - wall) / G_USEC_PER_SEC);
  json_object_set_double_member (result, "processor_seconds", processor_seconds () - processor);
  json_object_set_object_member (result, "stages", clock.seconds);
  json_object_set_object_member (result, "silences", clock.silences);
  json_object_set_object_member (result, "quality", quality);
  if (output != NULL && !ple_npy_write_matrix (output, xy, &error))
    g_error ("%s", error->message);
  score (features, xy, labels, result, progress);
  json_node_take_object (node, result);
  text = ple_json_to_text (node, 0);
  g_print ("%s\n", text);
  return EXIT_SUCCESS;
}
