/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `methods`: what this program can do, from the tables. */
#include "config.h"

#include "cli/ple-cli.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  bool markdown;
} ListOptions;

/* clang-format off */
static const PleParam list_params[] = {
  PLE_BOOL (ListOptions, markdown, "markdown", N_("Markdown"), false,
            .blurb = N_("Print tables for a README.")),
  PLE_PARAM_END
};
/* clang-format on */

/* What methods, models and embeddings have in common. */
typedef struct
{
  const char *kind;
  const char *id;
  const char *title;
  const char *summary;
  const char *reference;
  guint version;
  const PleParam *params;
} Item;

/* A cell of a Markdown table: no bar, no line break. (transfer full) */
static char *
cell (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "|", -1);

  return g_strjoinv ("\\|", parts);
}

static void
print_markdown (const Item *item)
{
  printf ("### `%s` — %s\n\n%s\n\n", item->id, _ (item->title), _ (item->summary));
  if (item->reference != NULL && *item->reference != '\0')
    printf (_ ("Source: %s\n\n"), item->reference);
  if (item->params->name == NULL)
    return;
  printf (_ ("| option | what it does |\n|---|---|\n"));
  for (const PleParam *entry = item->params; entry->name != NULL; entry++)
    {
      g_autofree char *description = ple_param_describe (entry);
      g_autofree char *safe = cell (description);

      printf ("| `--%s` | %s |\n", entry->name, safe);
    }
  putchar ('\n');
}

static void
print_text (const Item *item)
{
  printf ("%-18s %s\n%-18s %s\n", item->id, _ (item->title), "", _ (item->summary));
  if (item->reference != NULL && *item->reference != '\0')
    printf ("%-18s %s\n", "", item->reference);
}

static JsonObject *
item_to_json (const Item *item)
{
  JsonObject *object = json_object_new ();
  JsonArray *params = json_array_new ();

  json_object_set_string_member (object, "kind", item->kind);
  json_object_set_string_member (object, "id", item->id);
  json_object_set_string_member (object, "title", _ (item->title));
  json_object_set_string_member (object, "summary", _ (item->summary));
  json_object_set_string_member (object, "reference",
                                 item->reference != NULL ? item->reference : "");
  json_object_set_int_member (object, "version", item->version);
  for (const PleParam *entry = item->params; entry->name != NULL; entry++)
    {
      JsonObject *param = json_object_new ();
      g_autofree char *description = ple_param_describe (entry);

      json_object_set_string_member (param, "name", entry->name);
      json_object_set_string_member (param, "description", description);
      json_array_add_object_element (params, param);
    }
  json_object_set_array_member (object, "options", params);
  return object;
}

static void
print_item (PleCli *cli, gboolean markdown, const Item *item, JsonArray *array)
{
  if (ple_cli_wants_json (cli))
    json_array_add_object_element (array, item_to_json (item));
  else if (markdown)
    print_markdown (item);
  else
    print_text (item);
}

static void
print_heading (PleCli *cli, gboolean markdown, const char *heading)
{
  if (!ple_cli_wants_json (cli))
    printf (markdown ? "## %s\n\n" : "%s\n\n", heading);
}

static void
finish (PleCli *cli, JsonArray *array)
{
  g_autoptr (JsonObject) object = NULL;

  if (!ple_cli_wants_json (cli))
    return;
  object = json_object_new ();
  json_object_set_string_member (object, "command", "methods");
  json_object_set_array_member (object, "methods", json_array_ref (array));
  ple_cli_print_json (object);
}

static gboolean
run_methods (PleCli *cli, GError **error)
{
  gboolean markdown = ((const ListOptions *) ple_cli_get_options (cli))->markdown;
  g_autoptr (JsonArray) array = json_array_new ();

  print_heading (cli, markdown, _ ("Clustering (--method)"));
  for (const PleMethod *const *m = ple_methods_list (); *m != NULL; m++)
    {
      const Item item = { "clustering",    (*m)->id,      (*m)->title, (*m)->summary,
                          (*m)->reference, (*m)->version, (*m)->params };

      print_item (cli, markdown, &item, array);
    }
  if (!ple_cli_wants_json (cli))
    putchar ('\n');
  print_heading (cli, markdown, _ ("Maps (--embedding)"));
  for (const PleEmbedding *const *e = ple_embeddings_list (); *e != NULL; e++)
    {
      const Item item = { "embedding",     (*e)->id,      (*e)->title, (*e)->summary,
                          (*e)->reference, (*e)->version, (*e)->params };

      print_item (cli, markdown, &item, array);
    }
  finish (cli, array);
  return TRUE;
}

void
ple_cli_list_built_in_models (PleCli *cli, gboolean markdown, JsonArray *array)
{
  print_heading (cli, markdown, _ ("Features (--model); the first is what \"auto\" takes"));
  for (const PleModel *const *m = ple_models_list (); *m != NULL; m++)
    {
      const Item item = { "model",         (*m)->id,      (*m)->title, (*m)->summary,
                          (*m)->reference, (*m)->version, (*m)->params };

      print_item (cli, markdown, &item, array);
    }
}

const PleCommand ple_command_methods = {
  .name = "methods",
  .arguments = "[--markdown]",
  .summary = N_ ("clustering methods and maps of this version"),
  .params = list_params,
  .params_size = sizeof (ListOptions),
  .run = run_methods,
};
