/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* JSON in and out, through json-glib, with what it lacks: limits against hostile files, 17-digit
 * numbers in the C locale, errors that name the file. */

#define PLE_JSON_MAX_DEPTH 64

/**
 * ple_json_parse:
 * @text: UTF-8, need not end in NUL
 * @size: bytes
 * @name: file name for messages
 * @error: return location
 *
 * Refuses nesting deeper than %PLE_JSON_MAX_DEPTH before json-glib recurses into it.
 *
 * Returns: (transfer full) (nullable): the root, %PLE_FILE_ERROR_FORMAT otherwise
 */
JsonNode *ple_json_parse (const char *text, size_t size, const char *name, GError **error);
/* Refuses files larger than @max_bytes (%PLE_FILE_ERROR_TOO_LARGE). */
JsonNode *ple_json_load (const char *path, size_t max_bytes, GError **error);

/* Members with a default; a member of another type counts as absent. Strings are borrowed from
 * @object. */
const char *ple_json_get_string (JsonObject *object, const char *name, const char *fallback);
gint64 ple_json_get_int (JsonObject *object, const char *name, gint64 fallback);
double ple_json_get_double (JsonObject *object, const char *name, double fallback);
gboolean ple_json_get_bool (JsonObject *object, const char *name, gboolean fallback);
/* %NULL if absent. (transfer none) */
JsonObject *ple_json_get_object (JsonObject *object, const char *name);
JsonArray *ple_json_get_array (JsonObject *object, const char *name);

/**
 * ple_json_to_text:
 * @node: what to write
 * @indent: spaces per level, 0 for one line
 *
 * Members in the order they were set; doubles as ple_format_double() writes them; NaN and infinity
 * as null.
 *
 * Returns: (transfer full): UTF-8 with a final newline if indented
 */
char *ple_json_to_text (JsonNode *node, guint indent);
gboolean ple_json_save (JsonNode *node, const char *path, GError **error);

G_END_DECLS
