/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-param.h"

#include "base/ple-json.h"
#include "base/ple-text.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

struct _PleParams
{
  GObject parent_instance;
  const PleParam *table;
  size_t n_entries;
  size_t struct_size;
  char *values; /* the struct */
  gboolean *given;
};

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* The names are no subtractions. */
/* clang-format off */
G_DEFINE_QUARK (ple-param-error-quark, ple_param_error)
/* clang-format on */
G_DEFINE_FINAL_TYPE (PleParams, ple_params, G_TYPE_OBJECT)

static inline gpointer
member (PleParams *params, const PleParam *entry)
{
  return params->values + entry->offset;
}

static double
get_number (PleParams *params, const PleParam *entry)
{
  switch (entry->type)
    {
    case PLE_PARAM_INT:
    case PLE_PARAM_ENUM:
      return *(int *) member (params, entry);
    case PLE_PARAM_INT64:
      return (double) *(gint64 *) member (params, entry);
    case PLE_PARAM_DOUBLE:
      return *(double *) member (params, entry);
    case PLE_PARAM_BOOL:
      return *(bool *) member (params, entry);
    case PLE_PARAM_STRING:
    default:
      return 0;
    }
}

static void
store_number (PleParams *params, const PleParam *entry, double value)
{
  switch (entry->type)
    {
    case PLE_PARAM_INT:
    case PLE_PARAM_ENUM:
      *(int *) member (params, entry) = (int) value;
      break;
    case PLE_PARAM_INT64:
      *(gint64 *) member (params, entry) = (gint64) value;
      break;
    case PLE_PARAM_DOUBLE:
      *(double *) member (params, entry) = value;
      break;
    case PLE_PARAM_BOOL:
      *(bool *) member (params, entry) = value != 0;
      break;
    case PLE_PARAM_STRING:
    default:
      break;
    }
}

static void
store_string (PleParams *params, const PleParam *entry, const char *value)
{
  char **slot = member (params, entry);

  /* A string may be set to itself; NULL becomes "". */
  if (value != NULL && *slot == value)
    return;
  g_free (*slot);
  *slot = g_strdup (value != NULL ? value : "");
}

static void
store_default (PleParams *params, const PleParam *entry)
{
  if (entry->type == PLE_PARAM_STRING)
    store_string (params, entry, entry->default_string);
  else
    store_number (params, entry, entry->default_number);
}

static void
ple_params_finalize (GObject *object)
{
  PleParams *params = PLE_PARAMS (object);

  for (size_t i = 0; i < params->n_entries; i++)
    if (params->table[i].type == PLE_PARAM_STRING)
      g_free (*(char **) member (params, &params->table[i]));
  g_free (params->values);
  g_free (params->given);
  G_OBJECT_CLASS (ple_params_parent_class)->finalize (object);
}

static void
ple_params_class_init (PleParamsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ple_params_finalize;
  signals[CHANGED] =
      g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED, 0,
                    NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
ple_params_init (PleParams *params)
{
}

PleParams *
ple_params_new (const PleParam *table, size_t struct_size)
{
  PleParams *params = g_object_new (PLE_TYPE_PARAMS, NULL);

  params->table = table;
  while (table[params->n_entries].name != NULL)
    params->n_entries++;
  params->struct_size = struct_size;
  params->values = g_malloc0 (MAX (struct_size, 1));
  params->given = g_new0 (gboolean, params->n_entries + 1);
  for (size_t i = 0; i < params->n_entries; i++)
    store_default (params, &table[i]);
  return params;
}

PleParams *
ple_params_copy (PleParams *params)
{
  PleParams *copy = ple_params_new (params->table, params->struct_size);

  for (size_t i = 0; i < params->n_entries; i++)
    {
      const PleParam *entry = &params->table[i];

      if (entry->type == PLE_PARAM_STRING)
        store_string (copy, entry, *(char **) member (params, entry));
      else if (entry->type == PLE_PARAM_INT64)
        *(gint64 *) member (copy, entry) = *(gint64 *) member (params, entry);
      else
        store_number (copy, entry, get_number (params, entry));
      copy->given[i] = params->given[i];
    }
  return copy;
}

gconstpointer
ple_params_get_struct (PleParams *params)
{
  return params->values;
}

const PleParam *
ple_params_get_table (PleParams *params)
{
  return params->table;
}

static gboolean
has_alias (const PleParam *entry, const char *name)
{
  g_auto (GStrv) aliases = NULL;

  if (entry->aliases == NULL)
    return FALSE;
  aliases = g_strsplit (entry->aliases, " ", -1);
  for (size_t i = 0; aliases[i] != NULL; i++)
    if (ple_name_equal (aliases[i], name))
      return TRUE;
  return FALSE;
}

const PleParam *
ple_param_find (const PleParam *table, const char *name)
{
  for (const PleParam *entry = table; entry->name != NULL; entry++)
    if (ple_name_equal (entry->name, name))
      return entry;
  for (const PleParam *entry = table; entry->name != NULL; entry++)
    if (has_alias (entry, name))
      return entry;
  return NULL;
}

static const PleParam *
find (PleParams *params, const char *name, GError **error)
{
  const PleParam *entry = ple_param_find (params->table, name);

  if (entry == NULL)
    g_set_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_UNKNOWN, _ ("there is no setting \"%s\""),
                 name);
  return entry;
}

static const PleParamChoice *
choice_of_value (const PleParam *entry, int value)
{
  for (const PleParamChoice *choice = entry->choices; choice->nick != NULL; choice++)
    if (choice->value == value)
      return choice;
  return NULL;
}

static const char *
nick_of_value (const PleParam *entry, int value)
{
  const PleParamChoice *choice = choice_of_value (entry, value);

  return choice != NULL ? choice->nick : "";
}

static char *
get_text (PleParams *params, const PleParam *entry)
{
  char buffer[PLE_DOUBLE_BUFFER];

  switch (entry->type)
    {
    case PLE_PARAM_STRING:
      return g_strdup (*(char **) member (params, entry));
    case PLE_PARAM_BOOL:
      return g_strdup (*(bool *) member (params, entry) ? "true" : "false");
    case PLE_PARAM_ENUM:
      return g_strdup (nick_of_value (entry, *(int *) member (params, entry)));
    case PLE_PARAM_INT64:
      return g_strdup_printf ("%" G_GINT64_FORMAT, *(gint64 *) member (params, entry));
    case PLE_PARAM_INT:
    case PLE_PARAM_DOUBLE:
    default:
      return g_strdup (ple_format_double (get_number (params, entry), buffer));
    }
}

gboolean
ple_params_applies (PleParams *params, const PleParam *entry)
{
  g_autofree char *name = NULL;
  g_autofree char *value = NULL;
  const char *equals;
  const PleParam *other;

  if (entry->only_when == NULL)
    return TRUE;
  equals = strchr (entry->only_when, '=');
  name = g_strndup (entry->only_when, (size_t) (equals - entry->only_when));
  other = ple_param_find (params->table, name);
  value = get_text (params, other);
  return strcmp (value, equals + 1) == 0;
}

static void
changed (PleParams *params, const PleParam *entry)
{
  g_signal_emit (params, signals[CHANGED], g_quark_from_static_string (entry->name));
}

static gboolean
check_range (const PleParam *entry, double value, GError **error)
{
  char low[PLE_DOUBLE_BUFFER], high[PLE_DOUBLE_BUFFER];

  if (value >= entry->min && value <= entry->max)
    return TRUE;
  if ((entry->flags & PLE_PARAM_ZERO_IS_AUTO) != 0 && value == 0)
    return TRUE;
  g_set_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_RANGE, _ ("%s must lie between %s and %s"),
               entry->name, ple_format_double (entry->min, low),
               ple_format_double (entry->max, high));
  return FALSE;
}

static gboolean
fail_value (const PleParam *entry, const char *text, const char *expected, GError **error)
{
  g_set_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_VALUE, _ ("%s: \"%s\" is not %s"),
               entry->name, text, expected);
  return FALSE;
}

static gboolean
parse_bool (const char *text, double *value)
{
  static const char *const yes[] = { "true", "yes", "1", "on", NULL };
  static const char *const no[] = { "false", "no", "0", "off", NULL };
  g_autofree char *lower = g_ascii_strdown (text, -1);

  if (g_strv_contains (yes, lower))
    *value = 1;
  else if (g_strv_contains (no, lower))
    *value = 0;
  else
    return FALSE;
  return TRUE;
}

static gboolean
parse_choice (const PleParam *entry, const char *text, double *value, GError **error)
{
  g_autoptr (GString) known = g_string_new (NULL);

  for (const PleParamChoice *choice = entry->choices; choice->nick != NULL; choice++)
    {
      if (ple_name_equal (choice->nick, text))
        {
          *value = choice->value;
          return TRUE;
        }
      g_string_append_printf (known, "%s%s", known->len > 0 ? ", " : "", choice->nick);
    }
  g_string_prepend (known, _ ("one of: "));
  return fail_value (entry, text, known->str, error);
}

/* Parses and checks; stores nothing. */
static gboolean
parse (const PleParam *entry, const char *text, double *value, gint64 *integer, GError **error)
{
  switch (entry->type)
    {
    case PLE_PARAM_INT:
    case PLE_PARAM_INT64:
      if (!ple_parse_int64 (text, integer))
        return fail_value (entry, text, _ ("a whole number"), error);
      *value = (double) *integer;
      return check_range (entry, *value, error);
    case PLE_PARAM_DOUBLE:
      if (!ple_parse_double (text, value))
        return fail_value (entry, text, _ ("a number"), error);
      return check_range (entry, *value, error);
    case PLE_PARAM_BOOL:
      return parse_bool (text, value) || fail_value (entry, text, _ ("true or false"), error);
    case PLE_PARAM_ENUM:
      return parse_choice (entry, text, value, error);
    case PLE_PARAM_STRING:
    default:
      return g_utf8_validate (text, -1, NULL) || fail_value (entry, "…", _ ("UTF-8 text"), error);
    }
}

static gboolean
set_text (
    PleParams *params, const PleParam *entry, const char *text, gboolean given, GError **error)
{
  double value = 0;
  gint64 integer = 0;

  if (!parse (entry, text, &value, &integer, error))
    return FALSE;
  if (entry->type == PLE_PARAM_STRING)
    store_string (params, entry, text);
  else if (entry->type == PLE_PARAM_INT64)
    *(gint64 *) member (params, entry) = integer;
  else
    store_number (params, entry, value);
  if (given)
    params->given[entry - params->table] = TRUE;
  changed (params, entry);
  return TRUE;
}

gboolean
ple_params_set (PleParams *params, const char *name, const char *value, GError **error)
{
  const PleParam *entry = find (params, name, error);

  return entry != NULL && set_text (params, entry, value, TRUE, error);
}

char *
ple_params_get (PleParams *params, const char *name)
{
  const PleParam *entry = ple_param_find (params->table, name);

  g_return_val_if_fail (entry != NULL, NULL);
  return get_text (params, entry);
}

double
ple_params_get_number (PleParams *params, const char *name)
{
  const PleParam *entry = ple_param_find (params->table, name);

  g_return_val_if_fail (entry != NULL, 0);
  return get_number (params, entry);
}

gboolean
ple_params_set_number (PleParams *params, const char *name, double value, GError **error)
{
  const PleParam *entry = find (params, name, error);

  if (entry == NULL)
    return FALSE;
  g_return_val_if_fail (entry->type != PLE_PARAM_STRING, FALSE);
  if (entry->type == PLE_PARAM_ENUM)
    g_return_val_if_fail (choice_of_value (entry, (int) value) != NULL, FALSE);
  else if (!check_range (entry, value, error))
    return FALSE;
  if ((entry->type == PLE_PARAM_INT || entry->type == PLE_PARAM_INT64) && value != floor (value))
    {
      char text[PLE_DOUBLE_BUFFER];

      return fail_value (entry, ple_format_double (value, text), _ ("a whole number"), error);
    }
  store_number (params, entry, value);
  params->given[entry - params->table] = TRUE;
  changed (params, entry);
  return TRUE;
}

gboolean
ple_params_is_given (PleParams *params, const char *name)
{
  const PleParam *entry = ple_param_find (params->table, name);

  return entry != NULL && params->given[entry - params->table];
}

void
ple_params_reset (PleParams *params)
{
  for (size_t i = 0; i < params->n_entries; i++)
    {
      store_default (params, &params->table[i]);
      params->given[i] = FALSE;
      changed (params, &params->table[i]);
    }
}

static gboolean
apply_settings (PleParams *params, const char *settings, GError **error)
{
  g_auto (GStrv) pairs = g_strsplit (settings, " ", -1);

  for (size_t i = 0; pairs[i] != NULL; i++)
    {
      char *equals = strchr (pairs[i], '=');
      const PleParam *entry;

      if (equals == NULL)
        continue;
      *equals = '\0';
      entry = find (params, pairs[i], error);
      if (entry == NULL)
        return FALSE;
      if (!params->given[entry - params->table] &&
          !set_text (params, entry, equals + 1, FALSE, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
ple_params_apply_preset (PleParams *params,
                         const PlePreset *presets,
                         const char *id,
                         GError **error)
{
  g_autoptr (GString) known = g_string_new (NULL);

  for (const PlePreset *preset = presets; preset != NULL && preset->id != NULL; preset++)
    {
      if (ple_name_equal (preset->id, id))
        {
          for (size_t i = 0; i < params->n_entries; i++)
            if (!params->given[i])
              {
                store_default (params, &params->table[i]);
                changed (params, &params->table[i]);
              }
          return apply_settings (params, preset->settings, error);
        }
      g_string_append_printf (known, "%s%s", known->len > 0 ? ", " : "", preset->id);
    }
  g_set_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_VALUE,
               _ ("preset: \"%s\" is not one of: %s"), id, known->str);
  return FALSE;
}

void
ple_params_to_json (PleParams *params, JsonObject *object)
{
  for (const PleParam *entry = params->table; entry->name != NULL; entry++)
    switch (entry->type)
      {
      case PLE_PARAM_INT:
        json_object_set_int_member (object, entry->name, *(int *) member (params, entry));
        break;
      case PLE_PARAM_INT64:
        json_object_set_int_member (object, entry->name, *(gint64 *) member (params, entry));
        break;
      case PLE_PARAM_DOUBLE:
        json_object_set_double_member (object, entry->name, get_number (params, entry));
        break;
      case PLE_PARAM_BOOL:
        json_object_set_boolean_member (object, entry->name, *(bool *) member (params, entry));
        break;
      case PLE_PARAM_ENUM:
      case PLE_PARAM_STRING:
      default:
        {
          g_autofree char *text = get_text (params, entry);

          json_object_set_string_member (object, entry->name, text);
        }
      }
}

/* The text that ple_params_set() would take for a JSON value, or NULL. */
static char *
text_of_node (JsonNode *node)
{
  char buffer[PLE_DOUBLE_BUFFER];
  GType type;

  if (!JSON_NODE_HOLDS_VALUE (node))
    return NULL;
  type = json_node_get_value_type (node);
  if (type == G_TYPE_STRING)
    return g_strdup (json_node_get_string (node));
  if (type == G_TYPE_BOOLEAN)
    return g_strdup (json_node_get_boolean (node) ? "true" : "false");
  if (type == G_TYPE_INT64)
    return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
  return g_strdup (ple_format_double (json_node_get_double (node), buffer));
}

gboolean
ple_params_from_json (PleParams *params, JsonObject *object, GError **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, &node))
    {
      const PleParam *entry = ple_param_find (params->table, name);
      g_autofree char *text = entry != NULL ? text_of_node (node) : NULL;

      if (text != NULL && !set_text (params, entry, text, TRUE, error))
        return FALSE;
    }
  return TRUE;
}

void
ple_params_hash (PleParams *params, PleHash *hash)
{
  for (const PleParam *entry = params->table; entry->name != NULL; entry++)
    if ((entry->flags & PLE_PARAM_NO_EFFECT) == 0)
      {
        g_autofree char *text = get_text (params, entry);

        ple_hash_add_string (hash, entry->name);
        ple_hash_add_string (hash, text);
      }
}

static void
append_choices (GString *text, const PleParam *entry)
{
  g_string_append (text, " (");
  for (const PleParamChoice *choice = entry->choices; choice->nick != NULL; choice++)
    g_string_append_printf (text, "%s%s", choice == entry->choices ? "" : ", ", choice->nick);
  g_string_append_printf (text, _ ("; default %s)"),
                          nick_of_value (entry, (int) entry->default_number));
}

char *
ple_param_describe (const PleParam *entry)
{
  GString *text = g_string_new (_ (entry->blurb != NULL ? entry->blurb : entry->label));
  char low[PLE_DOUBLE_BUFFER], high[PLE_DOUBLE_BUFFER], value[PLE_DOUBLE_BUFFER];

  if (entry->type == PLE_PARAM_ENUM)
    append_choices (text, entry);
  else if (entry->type == PLE_PARAM_BOOL)
    g_string_append_printf (text, _ (" (default %s)"),
                            entry->default_number != 0 ? "true" : "false");
  else if (entry->type != PLE_PARAM_STRING)
    {
      const char *shown = ple_format_double (entry->default_number, value);

      if ((entry->flags & PLE_PARAM_ZERO_IS_AUTO) != 0 && entry->default_number == 0)
        shown = _ ("automatic");
      g_string_append_printf (text, _ (" (%s to %s; default %s)"),
                              ple_format_double (entry->min, low),
                              ple_format_double (entry->max, high), shown);
    }
  else if (entry->default_string != NULL && *entry->default_string != '\0')
    g_string_append_printf (text, _ (" (default %s)"), entry->default_string);
  return g_string_free (text, FALSE);
}
