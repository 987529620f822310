/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-json.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "base/ple-text.h"

#include <math.h>
#include <string.h>

/* The character of an escape \uXXXX at @text, or -1. */
static int
escaped_unit (const char *text, size_t size)
{
  int unit = 0;

  if (size < 6 || text[0] != '\\' || text[1] != 'u')
    return -1;
  for (size_t i = 2; i < 6; i++)
    {
      if (!g_ascii_isxdigit (text[i]))
        return -1;
      unit = unit << 4 | g_ascii_xdigit_value (text[i]);
    }
  return unit;
}

/* Length of the escape at @text, 0 if it stands for no character: json-glib makes broken UTF-8 of
 * half a surrogate pair, and cuts the string at a NUL. */
static size_t
escape_length (const char *text, size_t size)
{
  int unit, low;

  if (size < 2)
    return 0;
  if (text[1] != 'u')
    return 2;
  unit = escaped_unit (text, size);
  if (unit < 0xd800 || unit > 0xdfff)
    return unit > 0 ? 6 : 0;
  low = size >= 6 ? escaped_unit (text + 6, size - 6) : -1;
  return unit < 0xdc00 && low >= 0xdc00 && low <= 0xdfff ? 12 : 0;
}

/* What json-glib must not see: nesting that would exhaust the stack (it recurses once per level),
 * escapes that are no characters, and what is not JSON though json-glib reads it (comments, single
 * quotes), in which quotes or brackets could be hidden from this count. Returns: %NULL if sound,
 * else what is wrong */
static const char *
find_fault (const char *text, size_t size)
{
  static const char plain[] = " \t\r\n:,.+-0123456789abcdefghijklmnopqrstuvwxyzE";
  size_t depth = 0, length;
  gboolean in_string = FALSE;

  for (size_t i = 0; i < size; i++)
    {
      char c = text[i];

      if (in_string && c == '\\')
        {
          length = escape_length (text + i, size - i);
          if (length == 0)
            return "an escape in a string stands for no character";
          i += length - 1;
        }
      else if (c == '"')
        in_string = !in_string;
      else if (in_string)
        continue;
      else if (c == '[' || c == '{')
        {
          if (++depth > PLE_JSON_MAX_DEPTH)
            return "nested deeper than " G_STRINGIFY (PLE_JSON_MAX_DEPTH) " levels";
        }
      else if (c == ']' || c == '}')
        depth -= depth > 0;
      else if (c == '\0' || strchr (plain, c) == NULL)
        return "not valid JSON: a character outside of strings that has no meaning";
    }
  return NULL;
}

JsonNode *
ple_json_parse (const char *text, size_t size, const char *name, GError **error)
{
  g_autoptr (JsonParser) parser = NULL;
  g_autoptr (GError) local = NULL;
  const char *fault;
  JsonNode *root;

  if (size == 0)
    {
      /* A mapped empty file has no address, which json-glib takes for our mistake. */
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY, "%s: no JSON in it", name);
      return NULL;
    }
  if (size > G_MAXINT || !g_utf8_validate_len (text, size, NULL))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, "%s: not UTF-8 text", name);
      return NULL;
    }
  fault = find_fault (text, size);
  if (fault != NULL)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, "%s: %s", name, fault);
      return NULL;
    }
  parser = json_parser_new_immutable ();
  if (!json_parser_load_from_data (parser, text, (gssize) size, &local))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, "%s: not valid JSON: %s", name,
                   local->message);
      return NULL;
    }
  root = json_parser_steal_root (parser);
  if (root == NULL)
    g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY, "%s: no JSON in it", name);
  return root;
}

JsonNode *
ple_json_load (const char *path, size_t max_bytes, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, error);
  g_autofree char *name = g_path_get_basename (path);
  g_autoptr (GByteArray) bytes = NULL;

  if (stream == NULL)
    return NULL;
  bytes = g_byte_array_new ();
  for (;;)
    {
      guint8 buffer[16384];
      gssize n = g_input_stream_read (G_INPUT_STREAM (stream), buffer, sizeof buffer, NULL, error);

      if (n < 0)
        return NULL;
      if (n == 0)
        return ple_json_parse ((const char *) bytes->data, bytes->len, name, error);
      if (bytes->len + (size_t) n > max_bytes)
        {
          g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE,
                       "%s: larger than the %" G_GSIZE_FORMAT " bytes that such a file may have",
                       name, max_bytes);
          return NULL;
        }
      g_byte_array_append (bytes, buffer, (guint) n);
    }
}

static JsonNode *
get_value (JsonObject *object, const char *name, GType type)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return NULL;
  if (type == G_TYPE_DOUBLE && json_node_get_value_type (node) == G_TYPE_INT64)
    return node;
  return json_node_get_value_type (node) == type ? node : NULL;
}

const char *
ple_json_get_string (JsonObject *object, const char *name, const char *fallback)
{
  JsonNode *node = get_value (object, name, G_TYPE_STRING);

  return node != NULL ? json_node_get_string (node) : fallback;
}

gint64
ple_json_get_int (JsonObject *object, const char *name, gint64 fallback)
{
  JsonNode *node = get_value (object, name, G_TYPE_INT64);

  return node != NULL ? json_node_get_int (node) : fallback;
}

double
ple_json_get_double (JsonObject *object, const char *name, double fallback)
{
  JsonNode *node = get_value (object, name, G_TYPE_DOUBLE);

  return node != NULL ? json_node_get_double (node) : fallback;
}

gboolean
ple_json_get_bool (JsonObject *object, const char *name, gboolean fallback)
{
  JsonNode *node = get_value (object, name, G_TYPE_BOOLEAN);

  return node != NULL ? json_node_get_boolean (node) : fallback;
}

JsonObject *
ple_json_get_object (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

JsonArray *
ple_json_get_array (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

static void
append_string (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (; *text != '\0'; text++)
    switch (*text)
      {
      case '"':
      case '\\':
        g_string_append_c (out, '\\');
        g_string_append_c (out, *text);
        break;
      case '\n':
        g_string_append (out, "\\n");
        break;
      case '\t':
        g_string_append (out, "\\t");
        break;
      default:
        if ((guchar) *text < 0x20 || *text == 0x7f)
          g_string_append_printf (out, "\\u%04x", (guint) (guchar) *text);
        else
          g_string_append_c (out, *text);
      }
  g_string_append_c (out, '"');
}

static void
append_value (GString *out, JsonNode *node)
{
  GType type = json_node_get_value_type (node);
  char buffer[PLE_DOUBLE_BUFFER];

  if (type == G_TYPE_STRING)
    append_string (out, json_node_get_string (node));
  else if (type == G_TYPE_BOOLEAN)
    g_string_append (out, json_node_get_boolean (node) ? "true" : "false");
  else if (type == G_TYPE_INT64)
    g_string_append_printf (out, "%" G_GINT64_FORMAT, json_node_get_int (node));
  else if (!isfinite (json_node_get_double (node)))
    g_string_append (out, "null");
  else
    {
      ple_format_double (json_node_get_double (node), buffer);
      g_string_append (out, buffer);
      /* A double stays a double for who reads it back. */
      if (strpbrk (buffer, ".e") == NULL)
        g_string_append (out, ".0");
    }
}

static void append_node (GString *out, JsonNode *node, guint indent, guint level);

static void
append_break (GString *out, guint indent, guint level)
{
  if (indent == 0)
    return;
  g_string_append_c (out, '\n');
  for (guint i = 0; i < indent * level; i++)
    g_string_append_c (out, ' ');
}

static void
append_object (GString *out, JsonObject *object, guint indent, guint level)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;
  gboolean first = TRUE;

  g_string_append_c (out, '{');
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &member))
    {
      g_string_append (out, first ? "" : indent > 0 ? "," : ", ");
      append_break (out, indent, level + 1);
      append_string (out, name);
      g_string_append (out, ": ");
      append_node (out, member, indent, level + 1);
      first = FALSE;
    }
  if (!first)
    append_break (out, indent, level);
  g_string_append_c (out, '}');
}

static void
append_array (GString *out, JsonArray *array, guint indent, guint level)
{
  guint n = json_array_get_length (array);
  /* Arrays of plain values stay on one line: label lists of thousands of lines help nobody. */
  gboolean flat = TRUE;

  for (guint i = 0; i < n && flat; i++)
    flat = JSON_NODE_HOLDS_VALUE (json_array_get_element (array, i)) ||
           JSON_NODE_HOLDS_NULL (json_array_get_element (array, i));
  g_string_append_c (out, '[');
  for (guint i = 0; i < n; i++)
    {
      g_string_append (out, i == 0 ? "" : flat || indent == 0 ? ", " : ",");
      if (!flat)
        append_break (out, indent, level + 1);
      append_node (out, json_array_get_element (array, i), indent, level + 1);
    }
  if (!flat && n > 0)
    append_break (out, indent, level);
  g_string_append_c (out, ']');
}

static void
append_node (GString *out, JsonNode *node, guint indent, guint level)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    append_object (out, json_node_get_object (node), indent, level);
  else if (JSON_NODE_HOLDS_ARRAY (node))
    append_array (out, json_node_get_array (node), indent, level);
  else if (JSON_NODE_HOLDS_VALUE (node))
    append_value (out, node);
  else
    g_string_append (out, "null");
}

char *
ple_json_to_text (JsonNode *node, guint indent)
{
  GString *out = g_string_new (NULL);

  append_node (out, node, indent, 0);
  if (indent > 0)
    g_string_append_c (out, '\n');
  return g_string_free (out, FALSE);
}

gboolean
ple_json_save (JsonNode *node, const char *path, GError **error)
{
  g_autofree char *text = ple_json_to_text (node, 2);

  return ple_atomic_write (path, text, strlen (text), error);
}
