/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-format.h"

#include <glib/gi18n.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#define THIN_SPACE "\342\200\211"

char *
ple_format_count (guint64 n)
{
  const char *separator = localeconv ()->thousands_sep;
  g_autofree char *digits = g_strdup_printf ("%" G_GUINT64_FORMAT, n);
  GString *grouped = g_string_new (NULL);
  size_t length = strlen (digits);

  if (separator == NULL || separator[0] == '\0' || !g_utf8_validate (separator, -1, NULL))
    separator = THIN_SPACE;
  for (size_t i = 0; i < length; i++)
    {
      if (i > 0 && (length - i) % 3 == 0)
        g_string_append (grouped, separator);
      g_string_append_c (grouped, digits[i]);
    }
  return g_string_free (grouped, FALSE);
}

char *
ple_format_percent (double share)
{
  if (isnan (share))
    return g_strdup ("–");
  return g_strdup_printf (_ ("%.1f %%"), 100 * share);
}

char *
ple_format_time (gint64 microseconds)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (microseconds / G_USEC_PER_SEC);

  return time != NULL ? g_date_time_format (time, "%x %H:%M") : g_strdup ("");
}
