/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/ple-cli.h"

#include "base/ple-error.h"
#include "evaluate/ple-metrics.h"
#include "project/ple-experiment.h"

#include <glib/gi18n.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOP_CLUSTERS 10
#define TOP_CLASSES 20

typedef struct
{
  bool detailed;
  bool plot;
} AnalyzeOptions;

/* clang-format off */
static const PleParam analyze_params[] = {
  PLE_BOOL (AnalyzeOptions, detailed, "detailed", N_("Detailed"), false,
            .blurb = N_("Also the largest clusters, the cluster of each class and the purity of clusters.")),
  PLE_BOOL (AnalyzeOptions, plot, "plot", N_("Plot"), false, .aliases = "plot_clusters",
            .blurb = N_("Lay out a map of the saved features and write visualizations/.")),
  PLE_PARAM_END
};
/* clang-format on */

typedef struct
{
  size_t index;
  size_t size;
  double purity; /* NaN without truth */
  gint32 class_index;
} Group;

static int
compare_sizes (const void *a, const void *b)
{
  const Group *x = a, *y = b;

  if (x->size != y->size)
    return x->size > y->size ? -1 : 1;
  return x->index < y->index ? -1 : x->index > y->index;
}

static int
compare_purity (const void *a, const void *b)
{
  const Group *x = a, *y = b;

  if (x->purity != y->purity)
    return x->purity > y->purity ? -1 : 1;
  return x->index < y->index ? -1 : x->index > y->index;
}

/* What one split looks like. */
typedef struct
{
  const char *name;
  PleMetrics metrics;
  Group *clusters; /* the active ones */
  size_t n_active;
  Group *classes; /* class -> dominant cluster in class_index, its share in purity */
  size_t n_classes;
} Analysis;

static void
analysis_clear (Analysis *analysis)
{
  g_free (analysis->clusters);
  g_free (analysis->classes);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Analysis, analysis_clear)

/* The largest entry of a row (or column) of counts, the first of equals. */
static size_t
find_largest (const guint64 *counts, size_t n, size_t stride, guint64 *largest)
{
  size_t best = 0;

  *largest = 0;
  for (size_t i = 0; i < n; i++)
    if (counts[i * stride] > *largest)
      {
        *largest = counts[i * stride];
        best = i;
      }
  return best;
}

static void
analyze_groups (Analysis *analysis,
                const PleLabels *truth,
                const PleLabels *labels,
                size_t n_clusters)
{
  g_autofree size_t *sizes = ple_labels_count (labels, n_clusters);
  g_autoptr (PleConfusion) confusion =
      truth != NULL ? ple_confusion_new (truth, labels, 0, n_clusters) : NULL;

  analysis->clusters = g_new0 (Group, MAX (n_clusters, 1));
  for (size_t c = 0; c < n_clusters; c++)
    {
      Group *group = &analysis->clusters[analysis->n_active];
      guint64 largest = 0;

      if (sizes[c] == 0)
        continue;
      group->index = c;
      group->size = sizes[c];
      group->class_index = -1;
      group->purity = (double) NAN;
      if (confusion != NULL && confusion->n_classes > 0)
        {
          const guint64 *row = confusion->counts + c * confusion->n_classes;
          size_t best = find_largest (row, confusion->n_classes, 1, &largest);

          if (largest > 0)
            group->class_index = (gint32) best;
          group->purity = (double) largest / (double) sizes[c];
        }
      analysis->n_active++;
    }
  analysis->n_classes = confusion != NULL ? confusion->n_classes : 0;
  analysis->classes = g_new0 (Group, MAX (analysis->n_classes, 1));
  for (size_t k = 0; k < analysis->n_classes; k++)
    {
      guint64 largest;
      Group *group = &analysis->classes[k];

      group->index = k;
      group->class_index = (gint32) find_largest (confusion->counts + k, confusion->n_clusters,
                                                  confusion->n_classes, &largest);
      for (size_t c = 0; c < confusion->n_clusters; c++)
        group->size += confusion->counts[c * confusion->n_classes + k];
      group->purity = group->size > 0 ? (double) largest / (double) group->size : 0;
    }
}

static void
analyze (
    Analysis *analysis, const PleExperiment *experiment, const char *name, size_t first, size_t n)
{
  g_autoptr (PleLabels) labels = ple_labels_new_from (experiment->labels->data + first, n);
  g_autoptr (PleLabels) truth =
      experiment->truth != NULL ? ple_labels_new_from (experiment->truth->data + first, n) : NULL;

  analysis->name = name;
  ple_metrics_compute (truth, labels, experiment->n_clusters, &analysis->metrics, NULL);
  analyze_groups (analysis, truth, labels, experiment->n_clusters);
}

static const char *
class_name (const PleExperiment *experiment, gint32 class_index, char buffer[16])
{
  if (class_index < 0)
    return "-";
  if (experiment->class_names != NULL &&
      (guint) class_index < g_strv_length (experiment->class_names))
    return experiment->class_names[class_index];
  g_snprintf (buffer, 16, "%d", class_index);
  return buffer;
}

static void
print_metrics (const Analysis *analysis)
{
  const PleMetrics *m = &analysis->metrics;

  printf (_ ("\n%s: %zu rows, %zu of %zu clusters in use\n"), analysis->name, m->n_samples,
          m->n_active_clusters, m->n_clusters);
  if (isfinite (m->accuracy))
    printf (_ ("  accuracy %.4f  NMI %.4f  ARI %.4f  AMI %.4f\n"), m->accuracy, m->nmi, m->ari,
            m->ami);
  printf (_ ("  sizes    mean %.1f  std %.1f  min %.0f  max %.0f  cv %.3f\n"), m->size_mean,
          m->size_deviation, m->size_min, m->size_max, m->size_deviation / m->size_mean);
}

static void
print_purity (const Analysis *analysis)
{
  size_t n = analysis->n_active;
  double sum = 0;

  qsort (analysis->clusters, n, sizeof (Group), compare_purity);
  for (size_t i = 0; i < n; i++)
    sum += analysis->clusters[i].purity;
  printf (_ ("  purity   mean %.4f  median %.4f  min %.4f  max %.4f\n"), sum / (double) n,
          (analysis->clusters[(n - 1) / 2].purity + analysis->clusters[n / 2].purity) / 2,
          analysis->clusters[n - 1].purity, analysis->clusters[0].purity);
}

static void
print_details (const PleExperiment *experiment, const Analysis *analysis)
{
  char buffer[16];

  if (analysis->n_active == 0)
    return;
  qsort (analysis->clusters, analysis->n_active, sizeof (Group), compare_sizes);
  printf (_ ("  largest clusters\n"));
  for (size_t i = 0; i < MIN (analysis->n_active, TOP_CLUSTERS); i++)
    printf (_ ("    cluster %zu: %zu\n"), analysis->clusters[i].index, analysis->clusters[i].size);
  if (experiment->truth == NULL)
    return;
  printf (_ ("  classes and the cluster that holds most of each\n"));
  for (size_t k = 0; k < MIN (analysis->n_classes, TOP_CLASSES); k++)
    printf (_ ("    %s: cluster %d, %.1f %%\n"),
            class_name (experiment, (gint32) analysis->classes[k].index, buffer),
            analysis->classes[k].class_index, 100 * analysis->classes[k].purity);
  print_purity (analysis);
  for (size_t i = 0; i < MIN (analysis->n_active, TOP_CLUSTERS); i++)
    printf (_ ("    cluster %zu: %.4f %s (%zu)\n"), analysis->clusters[i].index,
            analysis->clusters[i].purity,
            class_name (experiment, analysis->clusters[i].class_index, buffer),
            analysis->clusters[i].size);
}

static JsonObject *
analysis_to_json (const PleExperiment *experiment, const Analysis *analysis, gboolean detailed)
{
  JsonObject *object = json_object_new ();
  JsonArray *clusters;

  ple_metrics_to_json (&analysis->metrics, object);
  json_object_set_double_member (object, "size_mean", analysis->metrics.size_mean);
  json_object_set_double_member (object, "size_std", analysis->metrics.size_deviation);
  json_object_set_double_member (object, "size_min", analysis->metrics.size_min);
  json_object_set_double_member (object, "size_max", analysis->metrics.size_max);
  if (!detailed)
    return object;
  clusters = json_array_new ();
  qsort (analysis->clusters, analysis->n_active, sizeof (Group), compare_sizes);
  for (size_t i = 0; i < analysis->n_active; i++)
    {
      JsonObject *cluster = json_object_new ();

      json_object_set_int_member (cluster, "cluster_id", (gint64) analysis->clusters[i].index);
      json_object_set_int_member (cluster, "size", (gint64) analysis->clusters[i].size);
      json_object_set_double_member (cluster, "purity", analysis->clusters[i].purity);
      json_object_set_int_member (cluster, "class", analysis->clusters[i].class_index);
      json_array_add_object_element (clusters, cluster);
    }
  json_object_set_array_member (object, "clusters", clusters);
  return object;
}

static gboolean
plot (PleCli *cli, PleExperiment *experiment, const char *folder, GError **error)
{
  const PleEmbedding *embedding = ple_recipe_get_embedding (cli->recipe);
  PleParams *params = ple_recipe_get_params (cli->recipe, PLE_RECIPE_EMBEDDING);
  g_autofree char *figures = g_build_filename (folder, "visualizations", NULL);
  g_autoptr (PleProgress) laying = ple_progress_new_stage (cli->progress, _ ("Map"), 0, 0.9);
  g_autoptr (PleProgress) drawing = ple_progress_new_stage (cli->progress, _ ("Figures"), 0.9, 1);
  g_autoptr (JsonObject) quality = json_object_new ();

  if (experiment->features == NULL)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY,
                   _ ("%s was saved without features; run it again with --save_features"), folder);
      return FALSE;
    }
  if (embedding != NULL)
    {
      experiment->xy = embedding->run (experiment->features, ple_params_get_struct (params),
                                       ple_recipe_get_seed (cli->recipe), quality, laying, error);
      if (experiment->xy == NULL)
        return FALSE;
      experiment->layout = g_strdup (embedding->id);
    }
  return ple_experiment_write_figures (experiment, figures, drawing, error);
}

static void
print_json (PleCli *cli,
            const PleExperiment *experiment,
            const Analysis *train,
            const Analysis *test,
            PleCliClock *clock)
{
  const AnalyzeOptions *options = ple_cli_get_options (cli);
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_string_member (object, "command", "analyze");
  json_object_set_string_member (object, "experiment_name", experiment->name);
  json_object_set_int_member (object, "num_clusters", (gint64) experiment->n_clusters);
  json_object_set_object_member (object, "training",
                                 analysis_to_json (experiment, train, options->detailed));
  json_object_set_object_member (object, "test",
                                 analysis_to_json (experiment, test, options->detailed));
  ple_cli_clock_finish (clock, object);
  ple_cli_print_json (object);
}

static gboolean
run_analyze (PleCli *cli, GError **error)
{
  const AnalyzeOptions *options = ple_cli_get_options (cli);
  g_auto (PleCliClock) clock = ple_cli_clock_start ();
  const char *folder = g_ptr_array_index (cli->arguments, 0);
  PleParams *settings = ple_recipe_get_params (cli->recipe, PLE_RECIPE_RUN);
  g_autoptr (PleExperiment) experiment = ple_experiment_load (folder, error);
  g_auto (Analysis) train = { 0 };
  g_auto (Analysis) test = { 0 };
  size_t n_train;

  if (experiment == NULL)
    return FALSE;
  if (!options->plot && ple_params_is_given (settings, "embedding"))
    ple_cli_note (_ ("--viz_method has no effect without --plot"));
  n_train = experiment->n_train;
  analyze (&train, experiment, _ ("training"), 0, n_train);
  analyze (&test, experiment, _ ("test"), n_train, experiment->labels->n - n_train);
  ple_cli_clock_mark (&clock, "analyze");
  if (options->plot && !plot (cli, experiment, folder, error))
    return FALSE;
  ple_cli_clock_mark (&clock, "plot");
  if (ple_cli_wants_json (cli))
    {
      print_json (cli, experiment, &train, &test, &clock);
      return TRUE;
    }
  printf (_ ("%s: %zu clusters\n"), experiment->name, experiment->n_clusters);
  print_metrics (&train);
  if (options->detailed)
    print_details (experiment, &train);
  if (test.metrics.n_samples > 0)
    {
      print_metrics (&test);
      if (options->detailed)
        print_details (experiment, &test);
    }
  return TRUE;
}

static const char *const recipe_names[] = { "embedding", "seed", NULL };

const PleCommand ple_command_analyze = {
  .name = "analyze",
  .arguments = "DIR [OPTION…]",
  .summary = N_ ("an existing experiment: metrics, clusters, plots"),
  .params = analyze_params,
  .params_size = sizeof (AnalyzeOptions),
  .recipe_names = recipe_names,
  .recipe_parts = 1u << PLE_RECIPE_EMBEDDING,
  .min_arguments = 1,
  .max_arguments = 1,
  .run = run_analyze,
};
