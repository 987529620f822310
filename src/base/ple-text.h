/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Numbers as text, the same in every locale: for files, command lines and keys. What a person reads
 * in the window is formatted by the locale instead. */

#define PLE_DOUBLE_BUFFER 32

/* The shortest of 15, 16 and 17 digits that reads back as the same number. Returns: @buffer. */
char *ple_format_double (double value, char buffer[PLE_DOUBLE_BUFFER]);

/* The whole of @text is one number. Returns: %FALSE otherwise; @value is then unchanged. */
gboolean ple_parse_double (const char *text, double *value);
gboolean ple_parse_int64 (const char *text, gint64 *value);

/* Option names are equal whether they are written with '-' or with '_'. */
gboolean ple_name_equal (const char *a, const char *b);

/* @text as one CSV field (RFC 4180): quoted only where needed. (transfer full) */
char *ple_csv_quote (const char *text);

/* A name that is safe as one path component: no separators, no control characters, no dot at the
 * beginning, never "", at most 200 bytes and cut between characters. (transfer full) */
char *ple_file_name_from (const char *text);

G_END_DECLS
