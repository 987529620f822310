/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAME 200

char *
ple_format_double (double value, char buffer[PLE_DOUBLE_BUFFER])
{
  static const char *const formats[] = { "%.15g", "%.16g", "%.17g" };

  for (size_t i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      g_ascii_formatd (buffer, PLE_DOUBLE_BUFFER, formats[i], value);
      if (g_ascii_strtod (buffer, NULL) == value)
        break;
    }
  return buffer;
}

gboolean
ple_parse_double (const char *text, double *value)
{
  char *end;
  double parsed;

  if (*text == '\0' || g_ascii_isspace (*text))
    return FALSE;
  errno = 0;
  parsed = g_ascii_strtod (text, &end);
  if (*end != '\0' || end == text)
    return FALSE;
  *value = parsed;
  return TRUE;
}

gboolean
ple_parse_int64 (const char *text, gint64 *value)
{
  return g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, value, NULL);
}

gboolean
ple_name_equal (const char *a, const char *b)
{
  for (; *a != '\0' && *b != '\0'; a++, b++)
    if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
      return FALSE;
  return *a == *b;
}

char *
ple_csv_quote (const char *text)
{
  GString *quoted;

  if (strpbrk (text, ",\"\r\n") == NULL && !g_ascii_isspace (text[0]))
    return g_strdup (text);
  quoted = g_string_new ("\"");
  for (; *text != '\0'; text++)
    {
      if (*text == '"')
        g_string_append_c (quoted, '"');
      g_string_append_c (quoted, *text);
    }
  g_string_append_c (quoted, '"');
  return g_string_free (quoted, FALSE);
}

char *
ple_file_name_from (const char *text)
{
  GString *name = g_string_new (NULL);

  for (; *text != '\0' && name->len < MAX_NAME; text++)
    g_string_append_c (name, *text == '/' || (guchar) *text < 0x20 || *text == 0x7f ? '_' : *text);
  /* Not within a character of several bytes: back to where it begins. */
  if (((guchar) *text & 0xc0) == 0x80)
    {
      while (name->len > 0 && ((guchar) name->str[name->len - 1] & 0xc0) == 0x80)
        g_string_truncate (name, name->len - 1);
      g_string_truncate (name, name->len - (name->len > 0));
    }
  if (name->len == 0)
    g_string_append_c (name, '_');
  /* Neither a hidden file, nor a way up, nor what ple_atomic_sweep() takes for a leftover. */
  if (name->str[0] == '.')
    name->str[0] = '_';
  return g_string_free (name, FALSE);
}
