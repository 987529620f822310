/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdio.h>

G_BEGIN_DECLS

/* Rows of text files that are the same bytes in every locale. Lines end in a line feed, as the
 * seeds' files do; quoting is that of RFC 4180. */

/* With four decimals, without a comma before or after. */
static inline void
ple_rows_put_decimal (FILE *out, double value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  fputs (g_ascii_formatd (buffer, sizeof buffer, "%.4f", value), out);
}

/* In JSON: at most six decimals. */
void ple_rows_put_json_number (FILE *out, double value);
void ple_rows_put_json_string (FILE *out, const char *text);

/* Each text as a CSV field, once for many rows. @texts: (nullable): %NULL makes none. (transfer
 * full) (element-type utf8) */
GPtrArray *ple_rows_quote (const char *const *texts, size_t n);
/* "" where there is none. */
static inline const char *
ple_rows_get (const GPtrArray *quoted, gint64 i)
{
  return i >= 0 && i < quoted->len ? g_ptr_array_index (quoted, (guint) i) : "";
}

G_END_DECLS
