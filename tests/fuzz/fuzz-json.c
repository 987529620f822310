/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-json.h"
#include "ple-fuzz.h"

#include <string.h>

/* What is read is written, read again and written again: the two texts must be the same. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) root = ple_json_parse ((const char *) data, size, "x.json", &error);

  ple_fuzz_check (root, error, "x.json: ");
  if (root != NULL)
    {
      g_autofree char *once = ple_json_to_text (root, 2);
      g_autoptr (GError) again_error = NULL;
      g_autoptr (JsonNode) again = ple_json_parse (once, strlen (once), "x.json", &again_error);
      g_autofree char *twice = NULL;

      g_assert_no_error (again_error);
      twice = ple_json_to_text (again, 2);
      g_assert_cmpstr (once, ==, twice);
    }
  return 0;
}
