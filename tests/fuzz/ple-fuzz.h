/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdint.h>

/* Reads @data as if it were a file; returns 0. Whatever the bytes are, it must end soon, without a
 * crash and with a GError that names the file if they are refused. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* What every refusal looks like: an error with a message that begins with @name. Pass %NULL for
 * @result if the reader refused. */
static inline void
ple_fuzz_check (gconstpointer result, const GError *error, const char *name)
{
  g_assert_true ((result == NULL) == (error != NULL));
  if (error != NULL)
    g_assert_true (g_str_has_prefix (error->message, name));
}
