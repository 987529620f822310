/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/ple-cli.h"
#include "base/ple-error.h"
#include "linalg/ple-array-file.h"
#include "linalg/ple-knn-approximate.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

typedef enum
{
  SEARCH_AUTO,
  SEARCH_EXACT,
  SEARCH_APPROXIMATE,
} SearchChoice;

typedef struct
{
  char *features;
  int k;
  int metric;
  char *output;
  char *distances;
  int search;
  bool exact;
  gint64 seed;
} KnnOptions;

/* clang-format off */
static const PleParamChoice metric_choices[] = {
  { PLE_METRIC_EUCLIDEAN, "euclidean", N_("Euclidean") },
  { PLE_METRIC_COSINE, "cosine", N_("Cosine") },
  { 0, NULL, NULL },
};

static const PleParamChoice search_choices[] = {
  { SEARCH_AUTO, "auto", N_("Automatic") },
  { SEARCH_EXACT, "exact", N_("Exact") },
  { SEARCH_APPROXIMATE, "approximate", N_("Approximate") },
  { 0, NULL, NULL },
};

static const PleParam knn_params[] = {
  PLE_STRING (KnnOptions, features, "features", N_("Features"), "",
              .blurb = N_("Vectors: .npy, .npz or .csv, one row each.")),
  PLE_INT    (KnnOptions, k, "k", N_("Neighbours"), 15, 1, 100000, .aliases = "knn n_neighbors",
              .blurb = N_("Neighbours per row; a row is not its own neighbour.")),
  PLE_ENUM   (KnnOptions, metric, "metric", N_("Metric"), PLE_METRIC_EUCLIDEAN, metric_choices,
              .blurb = N_("Which distance.")),
  PLE_STRING (KnnOptions, output, "output", N_("Output"), "",
              .blurb = N_("File for the rows of the neighbours: .npy, (n, k) int32, nearest first.")),
  PLE_STRING (KnnOptions, distances, "distances", N_("Distances"), "",
              .blurb = N_("File for the distances: .npy, (n, k) float32; squared if Euclidean.")),
  PLE_ENUM   (KnnOptions, search, "search", N_("Search"), SEARCH_AUTO, search_choices,
              .blurb = N_("Exact, NN-descent, or the faster of the two for this size.")),
  PLE_BOOL   (KnnOptions, exact, "exact", N_("Exact"), false,
              .blurb = N_("The same as --search exact.")),
  PLE_INT64  (KnnOptions, seed, "seed", N_("Seed"), 0, 0, 9007199254740991.0,
              .blurb = N_("Of NN-descent.")),
  PLE_PARAM_END
};
/* clang-format on */

/* @recall: 1 where the search is exact */
static gboolean
search (const KnnOptions *options,
        const PleMatrix *features,
        gint32 *neighbours,
        float *distances,
        double *recall,
        PleProgress *progress,
        GError **error)
{
  const size_t k = (size_t) options->k;
  const PleKnnOptions descent = { .seed = (guint64) options->seed };
  const gboolean exact = options->exact || options->search == SEARCH_EXACT ||
                         (options->search == SEARCH_AUTO &&
                          !ple_knn_prefers_approximate (features->n_rows, features->n_cols, k));

  *recall = 1;
  if (exact)
    return ple_knn_exact (features, k, (PleMetric) options->metric, neighbours, distances, progress,
                          error);
  if (k > PLE_KNN_MAX_APPROXIMATE_K)
    {
      g_set_error (error, PLE_CLI_ERROR, PLE_CLI_ERROR_USAGE,
                   _ ("--search approximate finds at most %d neighbours; %zu need --search exact"),
                   PLE_KNN_MAX_APPROXIMATE_K, k);
      return FALSE;
    }
  return ple_knn_approximate (features, k, (PleMetric) options->metric, &descent, neighbours,
                              distances, recall, progress, error);
}

static gboolean
run_knn (PleCli *cli, GError **error)
{
  const KnnOptions *options = ple_cli_get_options (cli);
  g_auto (PleCliClock) clock = ple_cli_clock_start ();
  g_autoptr (PleMatrix) features = NULL;
  g_autofree gint32 *neighbours = NULL;
  g_autofree float *distances = NULL;
  g_autoptr (JsonObject) object = json_object_new ();
  size_t k = (size_t) options->k;
  size_t shape[2];
  double recall;

  if (!ple_cli_require (cli, "features", error) || !ple_cli_require (cli, "output", error))
    return FALSE;
  features = ple_features_read (options->features, error);
  if (features == NULL)
    return FALSE;
  ple_cli_clock_mark (&clock, "read");
  shape[0] = features->n_rows;
  shape[1] = k;
  if (k >= shape[0])
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW,
                   _ ("%s: %zu rows have no %zu neighbours each"), options->features, shape[0], k);
      return FALSE;
    }
  neighbours = g_try_malloc_n (shape[0], k * sizeof *neighbours);
  if (*options->distances != '\0')
    distances = g_try_malloc_n (shape[0], k * sizeof *distances);
  if (neighbours == NULL || (distances == NULL && *options->distances != '\0'))
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY,
                   _ ("no memory for %zu neighbours of %zu rows"), k, shape[0]);
      return FALSE;
    }
  if (!search (options, features, neighbours, distances, &recall, cli->progress, error))
    return FALSE;
  ple_cli_clock_mark (&clock, "search");
  if (!ple_npy_write (options->output, PLE_ARRAY_I4, 2, shape, neighbours, error) ||
      (distances != NULL &&
       !ple_npy_write (options->distances, PLE_ARRAY_F4, 2, shape, distances, error)))
    return FALSE;
  ple_cli_clock_mark (&clock, "write");
  json_object_set_string_member (object, "command", "knn");
  json_object_set_string_member (object, "output", options->output);
  json_object_set_int_member (object, "num_samples", (gint64) shape[0]);
  json_object_set_int_member (object, "k", (gint64) k);
  json_object_set_double_member (object, "recall", recall);
  ple_cli_clock_finish (&clock, object);
  if (ple_cli_wants_json (cli))
    ple_cli_print_json (object);
  else
    printf (_ ("%s: %zu neighbours of %zu rows, recall %.3f\n"), options->output, k, shape[0],
            recall);
  return TRUE;
}

const PleCommand ple_command_knn = {
  .name = "knn",
  .arguments = "--features FILE --k N --output FILE.npy [OPTION…]",
  .summary = N_ ("nearest neighbours of each row"),
  .params = knn_params,
  .params_size = sizeof (KnnOptions),
  .run = run_knn,
};
