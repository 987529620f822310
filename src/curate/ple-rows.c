/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "curate/ple-rows-private.h"

#include "base/ple-json.h"
#include "base/ple-text.h"

#include <math.h>

void
ple_rows_put_json_number (FILE *out, double value)
{
  char buffer[PLE_DOUBLE_BUFFER];

  fputs (ple_format_double (round (value * 1e6) / 1e6, buffer), out);
}

void
ple_rows_put_json_string (FILE *out, const char *text)
{
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), text);
  g_autofree char *written = ple_json_to_text (node, 0);

  fputs (written, out);
}

GPtrArray *
ple_rows_quote (const char *const *texts, size_t n)
{
  GPtrArray *quoted = g_ptr_array_new_with_free_func (g_free);

  for (size_t i = 0; texts != NULL && i < n; i++)
    g_ptr_array_add (quoted, ple_csv_quote (texts[i]));
  return quoted;
}
