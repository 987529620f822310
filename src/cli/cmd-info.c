/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/ple-cli-data.h"
#include "cli/ple-cli.h"

#include "linalg/ple-array-file.h"
#include "nn/ple-safetensors.h"
#include "project/ple-experiment.h"
#include "project/ple-project.h"

#include <glib/gi18n.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Names shown at most; the rest is counted. */
#define LIST_MAX 30

/* Each reader fills one object, which is printed as JSON or as lines "name: value". */
typedef gboolean (*InfoFunc) (PleCli *cli, const char *path, JsonObject *object, GError **error);

static const char *
array_type_name (PleArrayType type)
{
  switch (type)
    {
    case PLE_ARRAY_F2:
      return "float16";
    case PLE_ARRAY_F4:
      return "float32";
    case PLE_ARRAY_F8:
      return "float64";
    case PLE_ARRAY_I1:
      return "int8";
    case PLE_ARRAY_I2:
      return "int16";
    case PLE_ARRAY_I4:
      return "int32";
    case PLE_ARRAY_I8:
      return "int64";
    case PLE_ARRAY_U1:
      return "uint8";
    case PLE_ARRAY_BOOL:
    default:
      return "bool";
    }
}

static char *
shape_text (guint n_dims, const size_t *shape)
{
  GString *text = g_string_new ("(");

  for (guint i = 0; i < n_dims; i++)
    g_string_append_printf (text, "%s%zu", i > 0 ? ", " : "", shape[i]);
  g_string_append (text, n_dims == 1 ? ",)" : ")");
  return g_string_free (text, FALSE);
}

static void
set_array (JsonObject *object, const char *name, const PleArray *array)
{
  g_autofree char *shape = shape_text (array->n_dims, array->shape);
  g_autofree char *text = g_strdup_printf ("%s %s", array_type_name (array->type), shape);

  json_object_set_string_member (object, name, text);
}

static gboolean
info_npy (PleCli *cli, const char *path, JsonObject *object, GError **error)
{
  g_autoptr (PleArray) array = ple_npy_read (path, error);

  if (array == NULL)
    return FALSE;
  json_object_set_string_member (object, "kind", "npy");
  set_array (object, "array", array);
  return TRUE;
}

static gboolean
info_npz (PleCli *cli, const char *path, JsonObject *object, GError **error)
{
  g_autoptr (PleNpz) npz = ple_npz_open (path, error);
  JsonObject *arrays;

  if (npz == NULL)
    return FALSE;
  json_object_set_string_member (object, "kind", "npz");
  arrays = json_object_new ();
  json_object_set_object_member (object, "arrays", arrays);
  for (const char *const *name = ple_npz_get_names (npz); *name != NULL; name++)
    {
      g_autoptr (PleArray) array = ple_npz_get (npz, *name, error);

      if (array == NULL)
        return FALSE;
      set_array (arrays, *name, array);
    }
  return TRUE;
}

static gboolean
info_safetensors (PleCli *cli, const char *path, JsonObject *object, GError **error)
{
  PleSafetensors *file = ple_safetensors_open (path, error);
  JsonObject *tensors;
  size_t n;

  if (file == NULL)
    return FALSE;
  n = ple_safetensors_get_n (file);
  tensors = json_object_new ();
  json_object_set_string_member (object, "kind", "safetensors");
  json_object_set_int_member (object, "num_tensors", (gint64) n);
  for (size_t i = 0; i < n; i++)
    {
      const PleSafetensorsEntry *entry = ple_safetensors_get_entry (file, i);
      g_autofree char *shape = shape_text (entry->n_dims, entry->shape);

      json_object_set_string_member (tensors, entry->name, shape);
    }
  json_object_set_object_member (object, "tensors", tensors);
  ple_safetensors_free (file);
  return TRUE;
}

static void
describe_dataset (PleDataset *dataset, JsonObject *object)
{
  g_autoptr (GPtrArray) odd = ple_dataset_dup_odd_files (dataset);
  JsonArray *classes = json_array_new ();
  JsonArray *odd_list = json_array_new ();
  size_t n_classes = ple_dataset_get_n_classes (dataset);

  json_object_set_string_member (object, "path", ple_dataset_get_path (dataset));
  json_object_set_string_member (object, "reader", ple_dataset_get_kind (dataset));
  json_object_set_string_member (object, "description", ple_dataset_get_kind_title (dataset));
  json_object_set_int_member (object, "num_items", (gint64) ple_dataset_get_n_items (dataset));
  json_object_set_int_member (object, "num_train",
                              (gint64) ple_dataset_get_split_size (dataset, PLE_SPLIT_TRAIN));
  json_object_set_int_member (object, "num_validation",
                              (gint64) ple_dataset_get_split_size (dataset, PLE_SPLIT_VALIDATION));
  json_object_set_int_member (object, "num_test",
                              (gint64) ple_dataset_get_split_size (dataset, PLE_SPLIT_TEST));
  json_object_set_boolean_member (object, "has_pictures", ple_dataset_has_pictures (dataset));
  json_object_set_int_member (object, "num_classes", (gint64) n_classes);
  for (size_t c = 0; c < n_classes; c++)
    json_array_add_string_element (classes, ple_dataset_get_class_name (dataset, c));
  json_object_set_array_member (object, "classes", classes);
  json_object_set_int_member (object, "num_odd_files",
                              (gint64) ple_dataset_get_n_odd_files (dataset));
  for (guint i = 0; i < odd->len && i < LIST_MAX; i++)
    {
      const PleOddFile *file = g_ptr_array_index (odd, i);
      g_autofree char *text = g_strdup_printf ("%s: %s", file->name, file->reason);

      json_array_add_string_element (odd_list, text);
    }
  json_object_set_array_member (object, "odd_files", odd_list);
  json_object_set_string_member (object, "fingerprint", ple_dataset_get_fingerprint (dataset));
}

static gboolean
info_dataset (PleCli *cli, const char *path, JsonObject *object, GError **error)
{
  g_autofree char *expanded = ple_cli_expand_sample (path);
  g_autoptr (PleDataset) dataset = ple_dataset_open (expanded, NULL, cli->progress, error);

  if (dataset == NULL)
    return FALSE;
  json_object_set_string_member (object, "kind", "dataset");
  describe_dataset (dataset, object);
  return TRUE;
}

static gboolean
info_project (PleCli *cli, const char *path, JsonObject *object, GError **error)
{
  g_autoptr (PleProject) project = ple_project_open (path, cli->environment, cli->progress, error);
  g_auto (GStrv) runs = NULL;
  JsonArray *array = json_array_new ();

  json_object_set_string_member (object, "kind", "project");
  json_object_set_array_member (object, "runs", array);
  if (project == NULL)
    return FALSE;
  json_object_set_string_member (object, "title", ple_project_get_title (project));
  json_object_set_string_member (object, "current_run", ple_project_get_current_run (project));
  runs = ple_project_list_runs (project);
  for (size_t i = 0; runs[i] != NULL; i++)
    json_array_add_string_element (array, runs[i]);
  describe_dataset (ple_project_get_dataset (project), object);
  json_object_set_string_member (object, "project", ple_project_get_path (project));
  return TRUE;
}

static gboolean
info_experiment (PleCli *cli, const char *path, JsonObject *object, GError **error)
{
  g_autoptr (PleExperiment) experiment = ple_experiment_load (path, error);

  if (experiment == NULL)
    return FALSE;
  json_object_set_string_member (object, "kind", "experiment");
  json_object_set_string_member (object, "experiment_name", experiment->name);
  json_object_set_int_member (object, "num_clusters", (gint64) experiment->n_clusters);
  json_object_set_int_member (object, "num_train", (gint64) experiment->n_train);
  json_object_set_int_member (object, "num_test",
                              (gint64) (experiment->labels->n - experiment->n_train));
  json_object_set_int_member (object, "feature_dim",
                              experiment->features != NULL ? (gint64) experiment->features->n_cols
                                                           : 0);
  json_object_set_boolean_member (object, "has_features", experiment->features != NULL);
  json_object_set_boolean_member (object, "has_classes", experiment->truth != NULL);
  if (experiment->config != NULL)
    json_object_set_object_member (object, "config", json_object_ref (experiment->config));
  return TRUE;
}

/* By what a path is: the most telling first. */
static InfoFunc
choose (const char *path)
{
  g_autofree char *results = g_build_filename (path, "results.json", NULL);
  g_autofree char *lower = g_ascii_strdown (path, -1);

  if (ple_project_is_project (path))
    return info_project;
  if (g_file_test (results, G_FILE_TEST_IS_REGULAR))
    return info_experiment;
  if (g_str_has_suffix (lower, ".npy"))
    return info_npy;
  if (g_str_has_suffix (lower, ".npz"))
    return info_npz;
  if (g_str_has_suffix (lower, ".safetensors"))
    return info_safetensors;
  return info_dataset;
}

static void
print_value (const char *name, JsonNode *node, guint level)
{
  printf ("%*s%s:", (int) (2 * level), "", name);
  if (JSON_NODE_HOLDS_OBJECT (node))
    {
      JsonObjectIter iter;
      const char *member;
      JsonNode *value;

      putchar ('\n');
      json_object_iter_init_ordered (&iter, json_node_get_object (node));
      while (json_object_iter_next_ordered (&iter, &member, &value))
        print_value (member, value, level + 1);
    }
  else if (JSON_NODE_HOLDS_ARRAY (node))
    {
      JsonArray *array = json_node_get_array (node);
      guint n = json_array_get_length (array);

      for (guint i = 0; i < n && i < LIST_MAX; i++)
        {
          g_autofree char *text = ple_json_to_text (json_array_get_element (array, i), 0);
          g_autofree char *plain = g_strndup (text + 1, MAX (strlen (text), 2) - 2);

          printf ("%s%s", i > 0 ? ", " : " ", *text == '"' ? plain : text);
        }
      printf (n > LIST_MAX ? ", …\n" : "\n");
    }
  else if (json_node_get_value_type (node) == G_TYPE_STRING)
    printf (" %s\n", json_node_get_string (node));
  else
    {
      g_autofree char *text = ple_json_to_text (node, 0);

      printf (" %s\n", text);
    }
}

static gboolean
run_info (PleCli *cli, GError **error)
{
  const char *path = g_ptr_array_index (cli->arguments, 0);
  g_auto (PleCliClock) clock = ple_cli_clock_start ();
  g_autoptr (JsonObject) object = json_object_new ();
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_set_string_member (object, "command", "info");
  if (!choose (path) (cli, path, object, error))
    return FALSE;
  ple_cli_clock_mark (&clock, "read");
  if (ple_cli_wants_json (cli))
    {
      ple_cli_clock_finish (&clock, object);
      ple_cli_print_json (object);
      return TRUE;
    }
  json_object_remove_member (object, "command");
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    print_value (name, node, 0);
  return TRUE;
}

const PleCommand ple_command_info = {
  .name = "info",
  .arguments = "PATH [OPTION…]",
  .summary = N_ ("what is in a file, a folder, an experiment or a project"),
  .min_arguments = 1,
  .max_arguments = 1,
  .run = run_info,
};
