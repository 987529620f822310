/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/ple-cli.h"

#include "base/ple-error.h"
#include "base/ple-text.h"
#include "evaluate/ple-probe.h"
#include "linalg/ple-array-file.h"

#include <glib/gi18n.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Weight of a neighbour's vote, as in DINO's evaluation. */
#define KNN_TEMPERATURE 0.07

typedef struct
{
  char *features;
  char *labels;
  char *test_features;
  char *test_labels;
  double test_share;
  char *penalties;
  int max_iterations;
  int k;
  gint64 seed;
} ProbeOptions;

/* clang-format off */
static const PleParam probe_params[] = {
  PLE_STRING (ProbeOptions, features, "features", N_("Features"), "",
              .blurb = N_("Vectors: .npy, .npz or .csv, one row each. Further files may follow as words: one line of the table each.")),
  PLE_STRING (ProbeOptions, labels, "labels", N_("True classes"), "",
              .blurb = N_("Classes of the rows: .npy, .npz, .csv or text; -1 leaves a row out.")),
  PLE_STRING (ProbeOptions, test_features, "test_features", N_("Test features"), "",
              .blurb = N_("Vectors to test on; without them a share of the rows is held out.")),
  PLE_STRING (ProbeOptions, test_labels, "test_labels", N_("Test classes"), "",
              .blurb = N_("Their classes.")),
  PLE_DOUBLE (ProbeOptions, test_share, "test_share", N_("Test share"), 0.2, 0.01, 0.99,
              .blurb = N_("Share of each class that is held out where no test features are given.")),
  PLE_STRING (ProbeOptions, penalties, "penalties", N_("Penalties"), "1e-2,1e-3,1e-4,1e-5,1e-6",
              .aliases = "l2",
              .blurb = N_("L2 penalties to choose from, on a fifth of the training rows.")),
  PLE_INT    (ProbeOptions, max_iterations, "max_iterations", N_("Iterations"), 200, 1, 100000,
              .blurb = N_("At most so many per fit.")),
  PLE_INT    (ProbeOptions, k, "k", N_("Neighbours"), 20, 0, 10000,
              .aliases = "knn_k", .blurb = N_("Of the k-NN probe; 0 for none.")),
  PLE_INT64  (ProbeOptions, seed, "seed", N_("Seed"), 0, 0, 9007199254740991.0,
              .blurb = N_("Draws the rows that are held out.")),
  PLE_PARAM_END
};
/* clang-format on */

/* Training and test rows of one feature file. */
typedef struct
{
  PleMatrix *train, *test;
  PleLabels *train_classes, *test_classes;
} Sides;

static void
sides_clear (Sides *sides)
{
  g_clear_pointer (&sides->train, ple_matrix_unref);
  g_clear_pointer (&sides->test, ple_matrix_unref);
  g_clear_pointer (&sides->train_classes, ple_labels_unref);
  g_clear_pointer (&sides->test_classes, ple_labels_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Sides, sides_clear)

static gboolean
read_side (
    const char *features, const char *labels, PleMatrix **x, PleLabels **classes, GError **error)
{
  *x = ple_features_read (features, error);
  *classes = *x != NULL ? ple_labels_read (labels, error) : NULL;
  if (*classes == NULL)
    return FALSE;
  if ((*x)->n_rows == (*classes)->n)
    return TRUE;
  g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
               _ ("%s has %zu rows, %s has %zu labels"), features, (*x)->n_rows, labels,
               (*classes)->n);
  return FALSE;
}

static gboolean
hold_out (Sides *sides, const ProbeOptions *options, GError **error)
{
  const size_t n = sides->train->n_rows;
  g_autofree gboolean *held = g_new (gboolean, n);
  g_autofree guint32 *rows = g_new (guint32, n);
  g_auto (Sides) parts = { NULL };
  size_t n_test = 0, n_train = 0;

  ple_probe_split (sides->train_classes, options->test_share, (guint64) options->seed, held);
  for (size_t i = 0; i < n; i++)
    if (held[i])
      rows[n_test++] = (guint32) i;
  parts.test = ple_matrix_take (sides->train, rows, n_test, error);
  parts.test_classes = ple_labels_take (sides->train_classes, rows, n_test);
  for (size_t i = 0; i < n; i++)
    if (!held[i])
      rows[n_train++] = (guint32) i;
  parts.train = parts.test != NULL ? ple_matrix_take (sides->train, rows, n_train, error) : NULL;
  parts.train_classes = ple_labels_take (sides->train_classes, rows, n_train);
  if (parts.train == NULL)
    return FALSE;
  sides_clear (sides);
  *sides = parts;
  parts = (Sides){ NULL };
  return TRUE;
}

static gboolean
read_sides (Sides *sides, const char *features, const ProbeOptions *options, GError **error)
{
  if (!read_side (features, options->labels, &sides->train, &sides->train_classes, error))
    return FALSE;
  if (*options->test_features == '\0')
    return hold_out (sides, options, error);
  return read_side (options->test_features, options->test_labels, &sides->test,
                    &sides->test_classes, error);
}

/* (transfer full) (nullable) */
static GArray *
parse_penalties (const char *text, GError **error)
{
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));
  g_auto (GStrv) words = g_strsplit (text, ",", -1);

  for (char **word = words; *word != NULL; word++)
    {
      double value;

      if (!ple_parse_double (g_strstrip (*word), &value) || !(value > 0) || !isfinite (value))
        {
          g_set_error (error, PLE_CLI_ERROR, PLE_CLI_ERROR_USAGE,
                       _ ("--penalties: \"%s\" is not a number above 0"), *word);
          return NULL;
        }
      g_array_append_val (values, value);
    }
  if (values->len == 0)
    {
      g_set_error (error, PLE_CLI_ERROR, PLE_CLI_ERROR_USAGE, _ ("--penalties: none is given"));
      return NULL;
    }
  return g_steal_pointer (&values);
}

static void
set_share (JsonObject *object, const char *name, double value)
{
  if (isfinite (value))
    json_object_set_double_member (object, name, value);
  else
    json_object_set_null_member (object, name);
}

static JsonObject *
describe (const char *file, const Sides *sides, const PleProbe *probe, const PleProbe *knn)
{
  JsonObject *object = json_object_new ();
  JsonArray *classes = json_array_new ();

  json_object_set_string_member (object, "features", file);
  json_object_set_int_member (object, "dimension", (gint64) sides->train->n_cols);
  json_object_set_int_member (object, "num_train", (gint64) probe->n_train);
  json_object_set_int_member (object, "num_test", (gint64) probe->n_test);
  json_object_set_int_member (object, "num_classes", (gint64) probe->n_classes);
  set_share (object, "train_accuracy", probe->train_accuracy);
  set_share (object, "test_accuracy", probe->test_accuracy);
  json_object_set_double_member (object, "penalty", probe->penalty);
  json_object_set_int_member (object, "iterations", (gint64) probe->n_iterations);
  json_object_set_boolean_member (object, "converged", probe->converged);
  if (knn != NULL)
    set_share (object, "knn_accuracy", knn->test_accuracy);
  for (size_t c = 0; c < probe->n_classes; c++)
    {
      JsonObject *row = json_object_new ();

      json_object_set_int_member (row, "class", (gint64) c);
      json_object_set_int_member (row, "num_test", (gint64) probe->class_totals[c]);
      set_share (row, "accuracy",
                 probe->class_totals[c] > 0
                     ? (double) probe->class_right[c] / (double) probe->class_totals[c]
                     : (double) NAN);
      json_array_add_object_element (classes, row);
    }
  json_object_set_array_member (object, "classes", classes);
  return object;
}

static void
print_table (JsonArray *results)
{
  printf ("%8s %8s %8s %8s %8s %9s  %s\n", _ ("train"), _ ("test"), _ ("k-NN"), _ ("rows"),
          _ ("columns"), _ ("penalty"), _ ("features"));
  for (guint i = 0; i < json_array_get_length (results); i++)
    {
      JsonObject *row = json_array_get_object_element (results, i);

      printf ("%8.4f %8.4f %8.4f %8" G_GINT64_FORMAT " %8" G_GINT64_FORMAT " %9.0e  %s\n",
              ple_json_get_double (row, "train_accuracy", NAN),
              ple_json_get_double (row, "test_accuracy", NAN),
              ple_json_get_double (row, "knn_accuracy", NAN),
              ple_json_get_int (row, "num_train", 0), ple_json_get_int (row, "dimension", 0),
              ple_json_get_double (row, "penalty", NAN), ple_json_get_string (row, "features", ""));
    }
}

static JsonObject *
probe_file (const char *file,
            const ProbeOptions *options,
            const GArray *penalties,
            PleProgress *progress,
            GError **error)
{
  g_autoptr (PleProgress) fitting = ple_progress_new_stage (progress, NULL, 0, 0.9);
  g_autoptr (PleProgress) voting = ple_progress_new_stage (progress, _ ("k-NN"), 0.9, 1);
  g_auto (Sides) sides = { NULL };
  g_autoptr (PleProbe) probe = NULL;
  g_autoptr (PleProbe) knn = NULL;
  PleProbeData data;

  if (!read_sides (&sides, file, options, error))
    return NULL;
  data = (PleProbeData){ sides.train, sides.train_classes, sides.test, sides.test_classes };
  probe = ple_probe_logistic (&data, (const double *) penalties->data, penalties->len,
                              (size_t) options->max_iterations, (guint64) options->seed, fitting,
                              error);
  if (probe == NULL)
    return NULL;
  if (!probe->converged)
    ple_progress_warning (progress,
                          _ ("%s: not converged after %zu iterations; raise "
                             "--max_iterations"),
                          file, probe->n_iterations);
  if (options->k > 0)
    {
      knn = ple_probe_knn (&data, MIN ((size_t) options->k, probe->n_train), KNN_TEMPERATURE,
                           voting, error);
      if (knn == NULL)
        return NULL;
    }
  return describe (file, &sides, probe, knn);
}

static gboolean
run_probe (PleCli *cli, GError **error)
{
  const ProbeOptions *options = ple_cli_get_options (cli);
  g_auto (PleCliClock) clock = ple_cli_clock_start ();
  g_autoptr (GArray) penalties = NULL;
  g_autoptr (GPtrArray) files = g_ptr_array_new ();
  g_autoptr (JsonObject) object = json_object_new ();
  JsonArray *results = json_array_new ();

  json_object_set_string_member (object, "command", "probe");
  json_object_set_array_member (object, "results", results);
  if (*options->features != '\0')
    g_ptr_array_add (files, options->features);
  for (guint i = 0; i < cli->arguments->len; i++)
    g_ptr_array_add (files, cli->arguments->pdata[i]);
  if (files->len == 0)
    return ple_cli_require (cli, "features", error);
  if (!ple_cli_require (cli, "labels", error) ||
      (*options->test_features != '\0' && !ple_cli_require (cli, "test_labels", error)) ||
      (*options->test_labels != '\0' && !ple_cli_require (cli, "test_features", error)))
    return FALSE;
  if (files->len > 1 && *options->test_features != '\0')
    {
      g_set_error (error, PLE_CLI_ERROR, PLE_CLI_ERROR_USAGE,
                   _ ("--test_features belongs to one feature file; %u are given"), files->len);
      return FALSE;
    }
  penalties = parse_penalties (options->penalties, error);
  if (penalties == NULL)
    return FALSE;
  for (guint i = 0; i < files->len; i++)
    {
      g_autoptr (PleProgress) stage = ple_progress_new_stage (
          cli->progress, NULL, (double) i / files->len, (double) (i + 1) / files->len);
      JsonObject *row = probe_file (files->pdata[i], options, penalties, stage, error);

      if (row == NULL)
        return FALSE;
      json_array_add_object_element (results, row);
    }
  ple_cli_clock_mark (&clock, "probe");
  ple_cli_clock_finish (&clock, object);
  if (ple_cli_wants_json (cli))
    ple_cli_print_json (object);
  else
    print_table (results);
  return TRUE;
}

const PleCommand ple_command_probe = {
  .name = "probe",
  .arguments = "--labels FILE FEATURES… [OPTION…]",
  .summary = N_ ("what features are worth to a classifier: logistic and k-NN probe"),
  .params = probe_params,
  .params_size = sizeof (ProbeOptions),
  .max_arguments = 1000,
  .run = run_probe,
};
