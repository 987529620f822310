/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/ple-cli.h"

#include <glib/gi18n.h>
#include <string.h>

#define INDENT 6
#define WIDTH 80

/* @text in lines of WIDTH, each after INDENT spaces. */
static void
append_wrapped (GString *out, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  glong column = 0;

  for (size_t i = 0; words[i] != NULL; i++)
    {
      glong length = g_utf8_strlen (words[i], -1);

      if (column > 0 && column + 1 + length > WIDTH)
        {
          g_string_append_c (out, '\n');
          column = 0;
        }
      if (column == 0)
        g_string_append_printf (out, "%*s", INDENT, "");
      else
        g_string_append_c (out, ' ');
      column = (column == 0 ? INDENT : column + 1) + length;
      g_string_append (out, words[i]);
    }
  g_string_append_c (out, '\n');
}

static const char *
placeholder (const PleParam *entry)
{
  switch (entry->type)
    {
    case PLE_PARAM_INT:
    case PLE_PARAM_INT64:
      return " N";
    case PLE_PARAM_DOUBLE:
      return " X";
    case PLE_PARAM_ENUM:
      return _ (" WORD");
    case PLE_PARAM_STRING:
      return _ (" TEXT");
    case PLE_PARAM_BOOL:
    default:
      return "";
    }
}

static void
append_entry (GString *out, const PleParam *entry)
{
  g_autofree char *description = ple_param_describe (entry);

  g_string_append_printf (out, "  --%s%s", entry->name, placeholder (entry));
  if (entry->aliases != NULL)
    {
      g_auto (GStrv) aliases = g_strsplit (entry->aliases, " ", -1);

      for (size_t i = 0; aliases[i] != NULL; i++)
        g_string_append_printf (out, ", --%s%s", aliases[i], placeholder (entry));
    }
  g_string_append_c (out, '\n');
  append_wrapped (out, description);
}

/* The usual options first, then the advanced ones. @names: only these, or NULL for all. */
static void
append_table (GString *out, const char *title, const PleParam *table, const char *const *names)
{
  g_string_append_printf (out, "\n%s:\n", title);
  for (int advanced = 0; advanced < 2; advanced++)
    for (const PleParam *entry = table; entry->name != NULL; entry++)
      if (((entry->flags & PLE_PARAM_ADVANCED) != 0) == (advanced == 1) &&
          (names == NULL || g_strv_contains (names, entry->name)))
        append_entry (out, entry);
}

static void
append_part (
    GString *out, const char *kind, const char *id, const char *title, const PleParam *table)
{
  g_autofree char *heading = g_strdup_printf (_ ("With --%s %s (%s)"), kind, id, _ (title));

  if (table->name != NULL)
    append_table (out, heading, table, NULL);
}

static void
append_presets (GString *out, const PleMethod *method)
{
  for (const PlePreset *preset = method->presets; preset != NULL && preset->id != NULL; preset++)
    {
      g_autofree char *text =
          g_strdup_printf ("%s: %s", _ (preset->title),
                           *preset->settings != '\0' ? preset->settings : _ ("the defaults"));

      g_string_append_printf (out, "  --preset %s\n", preset->id);
      append_wrapped (out, text);
    }
}

static void
append_recipe (GString *out, const PleCommand *command)
{
  append_table (out, _ ("Recipe"), ple_recipe_get_run_table (), command->recipe_names);
  if ((command->recipe_parts & (1u << PLE_RECIPE_MODEL)) != 0)
    {
      const PleModel *vision = ple_model_of_folders ();

      for (const PleModel *const *model = ple_models_list (); *model != NULL; model++)
        append_part (out, "model", (*model)->id, (*model)->title, (*model)->params);
      append_part (out, "model", _ ("FOLDER or NAME"), vision->title, vision->params);
    }
  if ((command->recipe_parts & (1u << PLE_RECIPE_METHOD)) != 0)
    for (const PleMethod *const *method = ple_methods_list (); *method != NULL; method++)
      {
        append_part (out, "method", (*method)->id, (*method)->title, (*method)->params);
        append_presets (out, *method);
      }
  if ((command->recipe_parts & (1u << PLE_RECIPE_EMBEDDING)) != 0)
    for (const PleEmbedding *const *e = ple_embeddings_list (); *e != NULL; e++)
      append_part (out, "embedding", (*e)->id, (*e)->title, (*e)->params);
}

char *
ple_cli_help (const PleCommand *command)
{
  GString *out = g_string_new (NULL);

  g_string_append_printf (out, _ ("Usage: pleiades-cli %s %s\n\n%s\n"), command->name,
                          command->arguments, _ (command->summary));
  if (command->params != NULL)
    append_table (out, _ ("Options"), command->params, NULL);
  if (command->recipe_names != NULL)
    append_recipe (out, command);
  append_table (out, _ ("Common options"), ple_cli_common_table, NULL);
  g_string_append (
      out, _ ("\nNames may be written with - or with _; a switch NAME is turned off by --no-NAME.\n"
              "A setting that two tables have is told apart by method.NAME, model.NAME and\n"
              "embedding.NAME.\n"));
  return g_string_free (out, FALSE);
}

char *
ple_cli_overview (const PleCommand *const *commands)
{
  GString *out = g_string_new (_ ("Usage: pleiades-cli COMMAND [OPTION…]\n\n"
                                  "From a heap of pictures to labels, without a window.\n\n"
                                  "Commands:\n"));

  for (size_t i = 0; commands[i] != NULL; i++)
    g_string_append_printf (out, "  %-13s %s\n", commands[i]->name, _ (commands[i]->summary));
  g_string_append (out, _ ("\npleiades-cli COMMAND --help tells the options of a command.\n"
                           "Exit code: 0 done, 1 failed, 2 wrong usage, 130 cancelled.\n"));
  return g_string_free (out, FALSE);
}
