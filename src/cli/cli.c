/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/ple-cli.h"

#include "base/ple-text.h"

#include <glib/gi18n.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

G_DEFINE_QUARK (ple - cli - error - quark, ple_cli_error)

/* clang-format off */
static const PleParamChoice progress_choices[] = {
  { PLE_CLI_PROGRESS_AUTO, "auto", N_("a bar on a terminal") },
  { PLE_CLI_PROGRESS_BAR, "bar", N_("a bar") },
  { PLE_CLI_PROGRESS_LINES, "lines", N_("a line per stage") },
  { PLE_CLI_PROGRESS_JSON, "json", N_("JSON lines") },
  { PLE_CLI_PROGRESS_NONE, "none", N_("nothing") },
  { 0, NULL, NULL },
};

const PleParam ple_cli_common_table[] = {
  PLE_BOOL   (PleCommonOptions, json, "json", N_("JSON"), false,
              .blurb = N_("Print one JSON object, with figures and seconds per phase.")),
  PLE_ENUM   (PleCommonOptions, progress, "progress", N_("Progress"), PLE_CLI_PROGRESS_AUTO, progress_choices,
              .blurb = N_("How to show progress on standard error.")),
  PLE_INT    (PleCommonOptions, threads, "threads", N_("Threads"), 0, 0, 4096, .aliases = "num_workers",
              .flags = PLE_PARAM_ZERO_IS_AUTO,
              .blurb = N_("Threads to compute with; results do not depend on it.")),
  PLE_STRING (PleCommonOptions, device, "device", N_("Device"), "auto",
              .blurb = N_("Where to compute: auto or cpu. For cuda this version falls back to the CPU.")),
  PLE_PARAM_END
};
/* clang-format on */

typedef struct
{
  char *name; /* as typed, without the dashes */
  char *value;
} Given;

static void
given_free (gpointer data)
{
  Given *given = data;

  g_free (given->name);
  g_free (given->value);
  g_free (given);
}

static gboolean
in_recipe_names (const PleCommand *command, const char *name)
{
  for (const char *const *known = command->recipe_names; *known != NULL; known++)
    if (ple_name_equal (*known, name))
      return TRUE;
  return FALSE;
}

/* The first table of that part, of any model, method or embedding, with an entry of that name. */
static const PleParam *
find_in_part (PleRecipePart part, const char *name)
{
  const PleParam *entry = NULL;

  if (part == PLE_RECIPE_METHOD)
    for (const PleMethod *const *m = ple_methods_list (); *m != NULL && entry == NULL; m++)
      entry = ple_param_find ((*m)->params, name);
  else if (part == PLE_RECIPE_MODEL)
    {
      for (const PleModel *const *m = ple_models_list (); *m != NULL && entry == NULL; m++)
        entry = ple_param_find ((*m)->params, name);
      if (entry == NULL)
        entry = ple_param_find (ple_model_of_folders ()->params, name);
    }
  else if (part == PLE_RECIPE_EMBEDDING)
    for (const PleEmbedding *const *e = ple_embeddings_list (); *e != NULL && entry == NULL; e++)
      entry = ple_param_find ((*e)->params, name);
  return entry;
}

/* The entry that an option may mean for this command, with any method; NULL if none. */
static const PleParam *
find_recipe_entry (const PleCommand *command, const char *name)
{
  static const struct
  {
    PleRecipePart part;
    const char *prefix;
  } parts[] = { { PLE_RECIPE_METHOD, "method." },
                { PLE_RECIPE_MODEL, "model." },
                { PLE_RECIPE_EMBEDDING, "embedding." } };
  const PleParam *entry;

  if (command->recipe_names == NULL)
    return NULL;
  entry = ple_param_find (ple_recipe_get_run_table (), name);
  if (entry != NULL && in_recipe_names (command, entry->name))
    return entry;
  entry = NULL;
  for (size_t i = 0; i < G_N_ELEMENTS (parts) && entry == NULL; i++)
    {
      size_t length = strlen (parts[i].prefix);

      if ((command->recipe_parts & (1u << parts[i].part)) == 0)
        continue;
      entry = find_in_part (parts[i].part,
                            g_str_has_prefix (name, parts[i].prefix) ? name + length : name);
    }
  return entry;
}

static const PleParam *
find_entry (const PleCommand *command, const char *name)
{
  const PleParam *entry = command->params != NULL ? ple_param_find (command->params, name) : NULL;

  if (entry == NULL)
    entry = ple_param_find (ple_cli_common_table, name);
  return entry != NULL ? entry : find_recipe_entry (command, name);
}

static gboolean fail_usage (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
fail_usage (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (PLE_CLI_ERROR, PLE_CLI_ERROR_USAGE, format, arguments);
  va_end (arguments);
  return FALSE;
}

typedef struct
{
  PleCli *cli;
  GPtrArray *recipe_given; /* of Given, set once the choices are known */
  int argc;
  char **argv;
  int next;
} Parser;

static gboolean
take_seed_option (Parser *parser, const char *name, const char *inline_value, GError **error)
{
  gboolean takes_value = FALSE;
  const char *reason = NULL;

  switch (ple_cli_find_seed_option (name, &takes_value, &reason))
    {
    case PLE_SEED_OPTION_LATER:
      return fail_usage (error, _ ("--%s is not in this version"), name);
    case PLE_SEED_OPTION_NO_EFFECT:
      ple_cli_note (_ ("--%s has no effect: %s"), name, _ (reason));
      if (takes_value && inline_value == NULL && parser->next < parser->argc)
        parser->next++;
      return TRUE;
    case PLE_SEED_OPTION_NONE:
    default:
      return fail_usage (error, _ ("there is no option --%s"), name);
    }
}

/* The value that follows; for a switch none needs to. */
static const char *
take_value (Parser *parser, const PleParam *entry, GError **error)
{
  const char *word = parser->next < parser->argc ? parser->argv[parser->next] : NULL;

  if (entry->type == PLE_PARAM_BOOL)
    {
      if (word == NULL ||
          (g_ascii_strcasecmp (word, "true") != 0 && g_ascii_strcasecmp (word, "false") != 0))
        return "true";
    }
  else if (word == NULL)
    {
      fail_usage (error, _ ("--%s needs a value"), entry->name);
      return NULL;
    }
  parser->next++;
  return word;
}

static gboolean
store (Parser *parser, const char *name, const char *value, GError **error)
{
  PleCli *cli = parser->cli;
  Given *given;

  if (cli->options != NULL && ple_param_find (ple_params_get_table (cli->options), name) != NULL)
    return ple_params_set (cli->options, name, value, error);
  if (ple_param_find (ple_cli_common_table, name) != NULL)
    return ple_params_set (cli->common, name, value, error);
  given = g_new (Given, 1);
  given->name = g_strdup (name);
  given->value = g_strdup (value);
  g_ptr_array_add (parser->recipe_given, given);
  return TRUE;
}

static gboolean
take_option (Parser *parser, const char *word, GError **error)
{
  const PleCommand *command = parser->cli->command;
  const char *equals = strchr (word, '=');
  const char *value = equals != NULL ? equals + 1 : NULL;
  g_autofree char *name =
      equals != NULL ? g_strndup (word, (size_t) (equals - word)) : g_strdup (word);
  const PleParam *entry;

  if (command->method_is != NULL && strcmp (name, "method") == 0)
    {
      g_free (name);
      name = g_strdup (command->method_is);
    }
  entry = find_entry (command, name);
  if (entry == NULL && value == NULL &&
      (g_str_has_prefix (name, "no-") || g_str_has_prefix (name, "no_")))
    {
      entry = find_entry (command, name + 3);
      if (entry != NULL && entry->type == PLE_PARAM_BOOL)
        return store (parser, name + 3, "false", error);
      entry = NULL;
    }
  if (entry == NULL)
    return take_seed_option (parser, name, value, error);
  if (value == NULL)
    value = take_value (parser, entry, error);
  return value != NULL && store (parser, name, value, error);
}

static gboolean
is_choice (const char *name)
{
  static const char *const choices[] = { "model", "method", "embedding", "preset" };
  const PleParam *entry = ple_param_find (ple_recipe_get_run_table (), name);

  for (size_t i = 0; i < G_N_ELEMENTS (choices); i++)
    if (entry != NULL && strcmp (entry->name, choices[i]) == 0)
      return TRUE;
  return FALSE;
}

/* The vision model that "auto" or a name comes to. */
static gboolean
set_model (PleCli *cli, const char *name, GError **error)
{
  g_autofree char *source = ple_cli_resolve_model (cli, name, error);

  return source != NULL && ple_recipe_set (cli->recipe, "model", source, error);
}

static gboolean
is_model (const char *name)
{
  const PleParam *entry = ple_param_find (ple_recipe_get_run_table (), name);

  return entry != NULL && strcmp (entry->name, "model") == 0;
}

/* Whether the command has a model, and none was given. */
static gboolean
lacks_model (PleCli *cli, GPtrArray *all)
{
  if ((cli->command->recipe_parts & (1u << PLE_RECIPE_MODEL)) == 0)
    return FALSE;
  for (guint i = 0; i < all->len; i++)
    if (is_model (((const Given *) g_ptr_array_index (all, i))->name))
      return FALSE;
  return TRUE;
}

/* Choices first, since they bring the tables of the rest; of them the preset last, which belongs
 * to a method. */
static gboolean
set_recipe (PleCli *cli, GPtrArray *all, GError **error)
{
  if (lacks_model (cli, all) && !set_model (cli, "auto", error))
    return FALSE;
  for (int pass = 0; pass < 3; pass++)
    for (guint i = 0; i < all->len; i++)
      {
        const Given *given = g_ptr_array_index (all, i);
        gboolean preset = ple_name_equal (given->name, "preset");
        g_autoptr (GError) inner = NULL;

        if (pass != (is_choice (given->name) ? (preset ? 1 : 0) : 2))
          continue;
        if (is_model (given->name)
                ? set_model (cli, given->value, &inner)
                : ple_recipe_set (cli->recipe, given->name, given->value, &inner))
          continue;
        if (!g_error_matches (inner, PLE_PARAM_ERROR, PLE_PARAM_ERROR_UNKNOWN) ||
            is_choice (given->name))
          {
            g_propagate_error (error, g_steal_pointer (&inner));
            return FALSE;
          }
        ple_cli_note (_ ("--%s has no effect: %s"), given->name, inner->message);
      }
  return TRUE;
}

static gboolean
check_device (PleCli *cli, GError **error)
{
  const PleCommonOptions *common = ple_params_get_struct (cli->common);

  if (g_str_has_prefix (common->device, "cuda"))
    ple_cli_note (_ ("--device %s: this version computes on the CPU; going on there"),
                  common->device);
  else if (strcmp (common->device, "auto") != 0 && strcmp (common->device, "cpu") != 0)
    return fail_usage (error, _ ("device: \"%s\" is not one of: auto, cpu, cuda"), common->device);
  return TRUE;
}

static gboolean
check_arguments (PleCli *cli, GError **error)
{
  const PleCommand *command = cli->command;

  if (cli->arguments->len < command->min_arguments)
    return fail_usage (error, _ ("something is missing: %s %s"), command->name, command->arguments);
  if (cli->arguments->len > command->max_arguments)
    return fail_usage (error, _ ("\"%s\" is too much"),
                       (const char *) g_ptr_array_index (cli->arguments, command->max_arguments));
  return TRUE;
}

gboolean
ple_cli_parse (PleCli *cli, int argc, char **argv, gboolean *help, GError **error)
{
  const PleCommand *command = cli->command;
  g_autoptr (GPtrArray) recipe_given = g_ptr_array_new_with_free_func (given_free);
  Parser parser = { cli, recipe_given, argc, argv, 0 };
  gboolean options_end = FALSE;

  *help = FALSE;
  cli->options =
      command->params != NULL ? ple_params_new (command->params, command->params_size) : NULL;
  cli->common = ple_params_new (ple_cli_common_table, sizeof (PleCommonOptions));
  cli->recipe = command->recipe_names != NULL ? ple_recipe_new () : NULL;
  cli->arguments = g_ptr_array_new ();
  for (int i = 0; i < argc && strcmp (argv[i], "--") != 0; i++)
    if (strcmp (argv[i], "--help") == 0 || strcmp (argv[i], "-h") == 0)
      {
        *help = TRUE;
        return TRUE;
      }
  while (parser.next < argc)
    {
      const char *word = argv[parser.next++];

      if (!options_end && strcmp (word, "--") == 0)
        options_end = TRUE;
      else if (!options_end && g_str_has_prefix (word, "--"))
        {
          if (!take_option (&parser, word + 2, error))
            return FALSE;
        }
      else if (!options_end && word[0] == '-' && word[1] != '\0')
        return fail_usage (error, _ ("there is no option %s"), word);
      else
        g_ptr_array_add (cli->arguments, (char *) word);
    }
  return (cli->recipe == NULL || set_recipe (cli, recipe_given, error)) &&
         check_device (cli, error) && check_arguments (cli, error);
}

void
ple_cli_clear (PleCli *cli)
{
  g_clear_object (&cli->options);
  g_clear_object (&cli->common);
  g_clear_object (&cli->recipe);
  g_clear_pointer (&cli->arguments, g_ptr_array_unref);
  g_clear_pointer (&cli->progress, ple_progress_unref);
}

void
ple_cli_note (const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  fprintf (stderr, "pleiades-cli: %s\n", text);
}

gboolean
ple_cli_is_given (PleCli *cli, const char *name)
{
  return cli->options != NULL && ple_params_is_given (cli->options, name);
}

gconstpointer
ple_cli_get_options (PleCli *cli)
{
  return ple_params_get_struct (cli->options);
}

gboolean
ple_cli_wants_json (PleCli *cli)
{
  return ((const PleCommonOptions *) ple_params_get_struct (cli->common))->json;
}

gboolean
ple_cli_require (PleCli *cli, const char *name, GError **error)
{
  g_autofree char *value = ple_params_get (cli->options, name);

  return *value != '\0' || fail_usage (error, _ ("--%s is missing"), name);
}

void
ple_cli_print_json (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = ple_json_to_text (node, 2);

  fputs (text, stdout);
}

PleCliClock
ple_cli_clock_start (void)
{
  gint64 now = g_get_monotonic_time ();

  return (PleCliClock){ json_object_new (), now, now };
}

void
ple_cli_clock_mark (PleCliClock *clock, const char *phase)
{
  gint64 now = g_get_monotonic_time ();

  json_object_set_double_member (clock->object, phase, (double) (now - clock->last) / 1e6);
  clock->last = now;
}

void
ple_cli_clock_clear (PleCliClock *clock)
{
  g_clear_pointer (&clock->object, json_object_unref);
}

void
ple_cli_clock_finish (PleCliClock *clock, JsonObject *object)
{
  json_object_set_double_member (clock->object, "total",
                                 (double) (g_get_monotonic_time () - clock->start) / 1e6);
  json_object_set_object_member (object, "seconds", g_steal_pointer (&clock->object));
}
