/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `datasets`: known data sets, which are here, getting one. */
#include "config.h"

#include "cli/ple-cli.h"
#include "dataset/ple-known-datasets.h"
#include "features/ple-model-store.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  char *download;
  char *data_root;
  char *mirror;
} DatasetsOptions;

/* clang-format off */
static const PleParam datasets_params[] = {
  PLE_STRING (DatasetsOptions, download, "download", N_("Download"), "",
              .blurb = N_("Get this data set and unpack it into the data folder. Going on where an earlier try ended.")),
  PLE_STRING (DatasetsOptions, data_root, "data_root", N_("Data folder"), "./data",
              .blurb = N_("Where data sets are, one folder each.")),
  PLE_STRING (DatasetsOptions, mirror, "mirror", N_("Mirror"), "",
              .blurb = N_("Address that holds the archives by name, in place of the official ones.")),
  PLE_PARAM_END
};
/* clang-format on */

static JsonObject *
to_json (const PleKnownDataset *dataset, const char *data_root)
{
  g_autofree char *folder = ple_known_dataset_find_folder (dataset, data_root);
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "id", dataset->id);
  json_object_set_string_member (object, "title", dataset->title);
  json_object_set_string_member (object, "url", dataset->url);
  json_object_set_string_member (object, "md5", dataset->md5);
  json_object_set_int_member (object, "bytes", (gint64) dataset->bytes);
  json_object_set_int_member (object, "num_samples", dataset->n_pictures);
  json_object_set_int_member (object, "num_classes", dataset->n_classes);
  json_object_set_string_member (object, "terms", dataset->terms);
  json_object_set_string_member (object, "good_for", _ (dataset->good_for));
  json_object_set_boolean_member (object, "here", folder != NULL);
  json_object_set_int_member (object, "part_bytes",
                              (gint64) ple_known_dataset_get_part_size (dataset, data_root));
  if (folder != NULL)
    json_object_set_string_member (object, "path", folder);
  return object;
}

static void
print_dataset (const PleKnownDataset *dataset, const char *data_root)
{
  g_autofree char *folder = ple_known_dataset_find_folder (dataset, data_root);
  guint64 part = ple_known_dataset_get_part_size (dataset, data_root);
  g_autofree char *size = g_format_size (dataset->bytes);
  g_autofree char *part_size = g_format_size (part);
  g_autofree char *fetched = part > 0 ? g_strdup_printf (_ ("%s fetched"), part_size) : NULL;

  printf ("  %-16s %9s  %6u pictures, %3u classes, %s  %s\n%6s%s (%s)\n", dataset->id, size,
          dataset->n_pictures, dataset->n_classes, dataset->size,
          folder != NULL    ? folder
          : fetched != NULL ? fetched
                            : "-",
          "", _ (dataset->good_for), dataset->terms);
}

static void
list (PleCli *cli, PleCliClock *clock)
{
  const DatasetsOptions *options = ple_cli_get_options (cli);
  size_t n;
  const PleKnownDataset *datasets = ple_known_datasets_list (&n);
  g_autoptr (JsonObject) object = json_object_new ();
  JsonArray *array = json_array_new ();

  if (!ple_cli_wants_json (cli))
    printf (_ ("Known data sets (--download NAME), looked for in %s\n\n"), options->data_root);
  for (size_t i = 0; i < n; i++)
    if (ple_cli_wants_json (cli))
      json_array_add_object_element (array, to_json (&datasets[i], options->data_root));
    else
      print_dataset (&datasets[i], options->data_root);
  json_object_set_string_member (object, "command", "datasets");
  json_object_set_array_member (object, "datasets", array);
  json_object_set_string_member (object, "data_root", options->data_root);
  ple_cli_clock_mark (clock, "list");
  ple_cli_clock_finish (clock, object);
  if (ple_cli_wants_json (cli))
    ple_cli_print_json (object);
}

static gboolean
download (PleCli *cli, PleCliClock *clock, GError **error)
{
  const DatasetsOptions *options = ple_cli_get_options (cli);
  const PleKnownDataset *dataset = ple_known_datasets_find (options->download);
  const char *mirror = *options->mirror != '\0' ? options->mirror : NULL;
  g_autoptr (JsonObject) object = NULL;
  g_autofree char *folder = NULL;

  if (dataset == NULL)
    {
      g_set_error (error, PLE_CLI_ERROR, PLE_CLI_ERROR_USAGE,
                   _ ("there is no data set \"%s\"; pleiades-cli datasets lists them"),
                   options->download);
      return FALSE;
    }
  if (mirror != NULL && !ple_model_store_is_address (mirror))
    {
      g_set_error (error, PLE_CLI_ERROR, PLE_CLI_ERROR_USAGE,
                   _ ("--mirror: \"%s\" is no address; it has to begin with https:// or http://"),
                   mirror);
      return FALSE;
    }
  folder = ple_known_dataset_download (dataset, options->data_root, mirror, cli->progress, error);
  if (folder == NULL)
    return FALSE;
  ple_cli_clock_mark (clock, "download");
  if (!ple_cli_wants_json (cli))
    {
      printf ("%s\n", folder);
      return TRUE;
    }
  object = json_object_new ();
  json_object_set_string_member (object, "command", "datasets");
  json_object_set_string_member (object, "dataset", dataset->id);
  json_object_set_string_member (object, "path", folder);
  ple_cli_clock_finish (clock, object);
  ple_cli_print_json (object);
  return TRUE;
}

static gboolean
run_datasets (PleCli *cli, GError **error)
{
  const DatasetsOptions *options = ple_cli_get_options (cli);
  g_auto (PleCliClock) clock = ple_cli_clock_start ();

  if (*options->download != '\0')
    return download (cli, &clock, error);
  list (cli, &clock);
  return TRUE;
}

const PleCommand ple_command_datasets = {
  .name = "datasets",
  .arguments = "[--download NAME] [OPTION…]",
  .summary = N_ ("known data sets, which are here, getting one"),
  .params = datasets_params,
  .params_size = sizeof (DatasetsOptions),
  .run = run_datasets,
};
