/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How well k-means (10 starts) finds the classes of a data set by each kind of features, and what
 * they cost. Without arguments: the built-in sample, another one for each seed.
 *
 * bench-features [DATASET [SEEDS [MODEL[:OPTION=VALUE]...]...]] */
#include "config.h"

#include "dataset/ple-dataset.h"
#include "evaluate/ple-metrics.h"
#include "features/ple-model.h"
#include "linalg/ple-linalg.h"
#include "linalg/ple-lloyd.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define RAW_SIDE 32

typedef struct
{
  double accuracy, accuracy_min, accuracy_max, nmi, cpu, wall;
  size_t n_cols;
} Result;

static double
cpu_seconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

/* The baselines: squares of RAW_SIDE pixels, or their mean colour. */
static PleMatrix *
extract_pixels (PleDataset *dataset, gboolean mean, GError **error)
{
  size_t n = ple_dataset_get_n_items (dataset), n_pixels = RAW_SIDE * RAW_SIDE;
  PleMatrix *x = ple_matrix_new (n, mean ? 3 : 3 * n_pixels, error);

  for (size_t i = 0; x != NULL && i < n; i++)
    {
      g_autoptr (PleImage) image = ple_dataset_decode (dataset, i, RAW_SIDE, NULL);
      g_autoptr (PleImage) square =
          image != NULL ? ple_image_resize_square (image, RAW_SIDE, NULL) : NULL;

      for (size_t k = 0; square != NULL && k < 3 * n_pixels; k++)
        if (mean)
          ple_matrix_row (x, i)[k % 3] += (float) square->data[k] / (255.0f * (float) n_pixels);
        else
          ple_matrix_row (x, i)[k] = (float) square->data[k] / 255;
    }
  return x;
}

/* @spec: "mean-color", "raw-pixels" or MODEL:OPTION=VALUE:... */
static PleMatrix *
extract (PleDataset *dataset, const char *spec, guint64 seed, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (spec, ":", -1);
  g_autoptr (PleParams) params = NULL;
  const PleModel *model;

  if (strcmp (spec, "mean-color") == 0 || strcmp (spec, "raw-pixels") == 0)
    return extract_pixels (dataset, spec[0] == 'm', error);
  model = ple_model_find (parts[0], error);
  if (model == NULL)
    return NULL;
  params = ple_params_new (model->params, model->params_size);
  for (char **part = parts + 1; *part != NULL; part++)
    {
      g_auto (GStrv) pair = g_strsplit (*part, "=", 2);

      if (!ple_params_set (params, pair[0], pair[1] != NULL ? pair[1] : "", error))
        return NULL;
    }
  return model->extract (dataset,
                         &(PleModelRequest){ .source = model->id,
                                             .params = ple_params_get_struct (params),
                                             .seed = seed },
                         NULL, error);
}

static gboolean
measure (const char *path, const char *spec, guint64 seed, Result *result, GError **error)
{
  g_autoptr (PleDataset) dataset =
      path != NULL ? ple_dataset_open (path, NULL, NULL, error) : ple_sample_dataset_new (0, seed);
  g_autoptr (PleMatrix) x = NULL, centres = NULL;
  g_autoptr (PleLabels) labels = NULL;
  PleLloydOptions options = { .n_starts = 10, .max_iterations = 300, .tolerance = 1e-4 };
  PleMetrics metrics;
  PleRng rng;
  double cpu = cpu_seconds ();
  gint64 wall = g_get_monotonic_time ();

  if (dataset == NULL)
    return FALSE;
  if (ple_dataset_get_labels (dataset) == NULL)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: there are no classes", path);
      return FALSE;
    }
  x = extract (dataset, spec, seed, error);
  if (x == NULL)
    return FALSE;
  result->cpu += cpu_seconds () - cpu;
  result->wall += (double) (g_get_monotonic_time () - wall) / 1e6;
  result->n_cols = x->n_cols;

  options.n_clusters = ple_dataset_get_n_classes (dataset);
  labels = ple_labels_new (x->n_rows);
  ple_rng_init (&rng, seed);
  if (!ple_lloyd (x, &options, FALSE, &rng, &centres, labels->data, NULL, NULL, error))
    return FALSE;
  ple_metrics_compute (ple_dataset_get_labels (dataset), labels, options.n_clusters, &metrics,
                       NULL);
  result->accuracy += metrics.accuracy;
  result->nmi += metrics.nmi;
  result->accuracy_min = MIN (result->accuracy_min, metrics.accuracy);
  result->accuracy_max = MAX (result->accuracy_max, metrics.accuracy);
  return TRUE;
}

int
main (int argc, char **argv)
{
  static const char *const all[] = { "mean-color", "raw-pixels", "hog-color", "patch-kmeans" };
  const char *path = argc > 1 && strcmp (argv[1], "sample") != 0 ? argv[1] : NULL;
  guint64 n_seeds = argc > 2 ? g_ascii_strtoull (argv[2], NULL, 10) : 3;
  int n_specs = argc > 3 ? argc - 3 : (int) G_N_ELEMENTS (all);
  struct rusage usage;

  ple_linalg_init ();
  n_seeds = MAX (n_seeds, 1);
  printf ("%s, %d seeds, k-means with 10 starts\n%-28s %5s %6s %15s %6s %8s %8s\n",
          path != NULL ? path : "built-in sample", (int) n_seeds, "features", "d", "ACC",
          "(least-most)", "NMI", "CPU s", "wall s");
  for (int s = 0; s < n_specs; s++)
    {
      const char *spec = argc > 3 ? argv[3 + s] : all[s];
      g_autoptr (GError) error = NULL;
      Result result = { .accuracy_min = 1 };
      double n = (double) n_seeds;

      for (guint64 seed = 0; seed < n_seeds; seed++)
        if (!measure (path, spec, seed, &result, &error))
          {
            fprintf (stderr, "%s: %s\n", spec, error->message);
            return 1;
          }
      printf ("%-28s %5zu %6.3f (%.3f - %.3f) %6.3f %8.1f %8.1f\n", spec, result.n_cols,
              result.accuracy / n, result.accuracy_min, result.accuracy_max, result.nmi / n,
              result.cpu / n, result.wall / n);
      fflush (stdout);
    }
  getrusage (RUSAGE_SELF, &usage);
  printf ("peak memory %ld MiB\n", usage.ru_maxrss / 1024);
  return 0;
}
