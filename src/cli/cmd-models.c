/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `models`: what describes pictures, what is known, what is on this computer; and getting one. */
#include "config.h"

#include "cli/ple-cli.h"
#include "features/ple-model-download.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  bool markdown;
  char *download;
  char *mirror;
  char *revision;
  char *add_folder;
  char *remove_folder;
} ModelsOptions;

/* clang-format off */
static const PleParam models_params[] = {
  PLE_STRING (ModelsOptions, download, "download", N_("Download"), "",
              .blurb = N_("Get this model: ORGANISATION/MODEL, or the name of a known one. Going on where an earlier try ended.")),
  PLE_STRING (ModelsOptions, mirror, "mirror", N_("Mirror"), "",
              .blurb = N_("Address to download from, this time. Otherwise the one set in the window, HF_ENDPOINT, or the hub's own.")),
  PLE_STRING (ModelsOptions, revision, "revision", N_("Revision"), "main",
              .blurb = N_("Branch, tag or commit to download.")),
  PLE_STRING (ModelsOptions, add_folder, "add_folder", N_("Add folder"), "",
              .blurb = N_("From now on look for models in this folder as well: a model, or a folder of models.")),
  PLE_STRING (ModelsOptions, remove_folder, "remove_folder", N_("Remove folder"), "",
              .blurb = N_("Look there no longer. Nothing is deleted.")),
  PLE_BOOL   (ModelsOptions, markdown, "markdown", N_("Markdown"), false,
              .blurb = N_("Print tables for a README.")),
  PLE_PARAM_END
};
/* clang-format on */

static const char *
describe_place (PleModelPlace place)
{
  switch (place)
    {
    case PLE_MODEL_PLACE_HUB:
      return "hub";
    case PLE_MODEL_PLACE_ADDED:
      return "added";
    case PLE_MODEL_PLACE_OWN:
    default:
      return "own";
    }
}

static const PleModelFolder *
find_folder (const GPtrArray *found, const PleKnownModel *model)
{
  for (guint i = 0; i < found->len; i++)
    {
      const PleModelFolder *folder = g_ptr_array_index (found, i);

      if (folder->known == model && folder->problem == NULL)
        return folder;
    }
  return NULL;
}

/* "here", "gated" and the like. (transfer full) */
static char *
describe_state (PleModelStore *store, const GPtrArray *found, const PleKnownModel *model)
{
  guint64 part;
  g_autofree char *size = NULL;

  if (find_folder (found, model) != NULL)
    return g_strdup (_ ("here"));
  part = ple_model_download_get_part_size (store, model->repository);
  if (part == 0)
    return g_strdup (model->gated ? _ ("gated") : "-");
  size = g_format_size (part);
  return g_strdup_printf (_ ("%s fetched"), size);
}

static JsonObject *
folder_to_json (const PleModelFolder *folder)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "name", folder->name);
  json_object_set_string_member (object, "path", folder->path);
  json_object_set_string_member (object, "family", folder->family);
  json_object_set_int_member (object, "dimension", folder->dimension);
  json_object_set_int_member (object, "bytes", (gint64) folder->bytes);
  json_object_set_string_member (object, "place", describe_place (folder->place));
  if (folder->problem != NULL)
    json_object_set_string_member (object, "problem", folder->problem);
  return object;
}

static JsonObject *
known_to_json (PleModelStore *store, const GPtrArray *found, const PleKnownModel *model)
{
  const PleModelFolder *folder = find_folder (found, model);
  g_autofree char *page = ple_known_model_build_page (model);
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "repository", model->repository);
  json_object_set_string_member (object, "family", model->family);
  json_object_set_string_member (object, "title", model->title);
  json_object_set_int_member (object, "dimension", model->dimension);
  json_object_set_int_member (object, "bytes", (gint64) model->bytes);
  json_object_set_string_member (object, "licence", model->licence);
  json_object_set_boolean_member (object, "gated", model->gated);
  json_object_set_string_member (object, "good_for", _ (model->good_for));
  json_object_set_string_member (object, "page", page);
  json_object_set_boolean_member (object, "here", folder != NULL);
  json_object_set_int_member (object, "part_bytes",
                              (gint64) ple_model_download_get_part_size (store, model->repository));
  if (folder != NULL)
    json_object_set_string_member (object, "path", folder->path);
  return object;
}

static void
print_json (PleModelStore *store, const GPtrArray *found, JsonArray *built_in, PleCliClock *clock)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *address = ple_model_store_dup_address (store);
  g_auto (GStrv) added = ple_model_store_dup_folders (store);
  JsonArray *known = json_array_new ();
  JsonArray *folders = json_array_new ();
  JsonArray *paths = json_array_new ();
  size_t n;
  const PleKnownModel *models = ple_known_models_list (&n);

  for (size_t i = 0; i < n; i++)
    json_array_add_object_element (known, known_to_json (store, found, &models[i]));
  for (guint i = 0; i < found->len; i++)
    json_array_add_object_element (folders, folder_to_json (g_ptr_array_index (found, i)));
  for (size_t i = 0; added[i] != NULL; i++)
    json_array_add_string_element (paths, added[i]);
  json_object_set_string_member (object, "command", "models");
  json_object_set_array_member (object, "models", json_array_ref (built_in));
  json_object_set_array_member (object, "known", known);
  json_object_set_array_member (object, "folders", folders);
  json_object_set_string_member (object, "own_folder", ple_model_store_get_own_folder (store));
  json_object_set_array_member (object, "added_folders", paths);
  json_object_set_string_member (object, "address", address);
  ple_cli_clock_finish (clock, object);
  ple_cli_print_json (object);
}

static void
print_folders (const GPtrArray *found)
{
  printf (_ ("\nOn this computer (--model NAME)\n\n"));
  if (found->len == 0)
    printf (_ ("  none; see --download and --add_folder\n"));
  for (guint i = 0; i < found->len; i++)
    {
      const PleModelFolder *folder = g_ptr_array_index (found, i);
      g_autofree char *size = g_format_size (folder->bytes);

      if (folder->problem != NULL)
        printf ("  %-46s %s: %s\n", folder->name, folder->path, folder->problem);
      else
        printf ("  %-46s %5u  %9s  %s\n", folder->name, folder->dimension, size, folder->path);
    }
}

static void
print_known (PleModelStore *store, const GPtrArray *found)
{
  size_t n;
  const PleKnownModel *models = ple_known_models_list (&n);

  printf (_ ("\nKnown models (--download NAME): dimension, size, state, licence\n\n"));
  for (size_t i = 0; i < n; i++)
    {
      g_autofree char *size = g_format_size (models[i].bytes);
      g_autofree char *state = describe_state (store, found, &models[i]);

      printf ("  %-46s %5u  %9s  %-8s  %s\n%6s%s\n", models[i].repository, models[i].dimension,
              size, state, models[i].licence, "", _ (models[i].good_for));
    }
}

static void
print_markdown (void)
{
  size_t n;
  const PleKnownModel *models = ple_known_models_list (&n);

  printf (_ ("| model | dimension | size | licence | what it is good for |\n"));
  printf ("|---|---|---|---|---|\n");
  for (size_t i = 0; i < n; i++)
    {
      g_autofree char *size = g_format_size (models[i].bytes);

      printf ("| `%s` | %u | %s | %s%s | %s |\n", models[i].repository, models[i].dimension, size,
              models[i].licence, models[i].gated ? _ (", gated") : "", _ (models[i].good_for));
    }
}

static gboolean
list (PleCli *cli, PleModelStore *store, PleCliClock *clock, GError **error)
{
  const ModelsOptions *options = ple_cli_get_options (cli);
  g_autoptr (GPtrArray) found = ple_model_store_list (store, cli->progress, error);
  g_autoptr (JsonArray) built_in = json_array_new ();

  if (found == NULL)
    return FALSE;
  ple_cli_clock_mark (clock, "list");
  ple_cli_list_built_in_models (cli, options->markdown, built_in);
  if (ple_cli_wants_json (cli))
    print_json (store, found, built_in, clock);
  else if (options->markdown)
    print_markdown ();
  else
    {
      print_folders (found);
      print_known (store, found);
    }
  return TRUE;
}

static gboolean
download (PleCli *cli, PleModelStore *store, PleCliClock *clock, GError **error)
{
  const ModelsOptions *options = ple_cli_get_options (cli);
  const PleModelDownloadOptions how = {
    .address = *options->mirror != '\0' ? options->mirror : NULL,
    .revision = options->revision,
  };
  g_autofree char *folder =
      ple_model_download (store, options->download, &how, cli->progress, error);
  g_autoptr (JsonObject) object = NULL;

  if (folder == NULL)
    return FALSE;
  ple_cli_clock_mark (clock, "download");
  if (!ple_cli_wants_json (cli))
    {
      printf ("%s\n", folder);
      return TRUE;
    }
  object = json_object_new ();
  json_object_set_string_member (object, "command", "models");
  json_object_set_string_member (object, "model", options->download);
  json_object_set_string_member (object, "path", folder);
  ple_cli_clock_finish (clock, object);
  ple_cli_print_json (object);
  return TRUE;
}

static gboolean
run_models (PleCli *cli, GError **error)
{
  const ModelsOptions *options = ple_cli_get_options (cli);
  g_auto (PleCliClock) clock = ple_cli_clock_start ();
  g_autoptr (PleModelStore) store = ple_model_store_new (cli->environment);

  if (*options->mirror != '\0' && !ple_model_store_is_address (options->mirror))
    {
      g_set_error (error, PLE_CLI_ERROR, PLE_CLI_ERROR_USAGE,
                   _ ("--mirror: \"%s\" is no address; it has to begin with https:// or http://"),
                   options->mirror);
      return FALSE;
    }
  if ((*options->add_folder != '\0' &&
       !ple_model_store_add_folder (store, options->add_folder, error)) ||
      (*options->remove_folder != '\0' &&
       !ple_model_store_remove_folder (store, options->remove_folder, error)))
    return FALSE;
  return *options->download != '\0' ? download (cli, store, &clock, error)
                                    : list (cli, store, &clock, error);
}

const PleCommand ple_command_models = {
  .name = "models",
  .arguments = "[--download NAME] [OPTION…]",
  .summary = N_ ("vision models: what is known, what is here, getting one"),
  .params = models_params,
  .params_size = sizeof (ModelsOptions),
  .run = run_models,
};
