/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-clip-tokenizer.h"
#include "ple-fuzz.h"

#include <string.h>

#define N_CONTEXT 77

/* Every id that comes out must be one of the vocabulary, whatever the text is. */
static void
encode (const PleClipTokenizer *tokenizer, const char *text)
{
  g_autoptr (GError) error = NULL;
  gint32 ids[N_CONTEXT];
  size_t length;

  if (!ple_clip_tokenizer_encode (tokenizer, text, N_CONTEXT, ids, &length, &error))
    {
      g_assert_nonnull (error);
      return;
    }
  g_assert_cmpuint (length, >=, 2);
  g_assert_cmpuint (length, <=, N_CONTEXT);
  for (size_t i = 0; i < N_CONTEXT; i++)
    {
      g_assert_cmpint (ids[i], >=, 0);
      g_assert_cmpint (ids[i], <, ple_clip_tokenizer_get_n_ids (tokenizer));
    }
}

/* The bytes are a tokenizer.json, and a vocab.json with the merges.txt
 * that comes after a NUL. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const char *text = (const char *) data;
  const char *nul = memchr (text, '\0', size);
  size_t first = nul != NULL ? (size_t) (nul - text) : size;
  const char *merges = nul != NULL ? nul + 1 : "";
  size_t n_merges = nul != NULL ? size - first - 1 : 0;
  g_autofree char *as_text = g_strndup (text, MIN (first, 300));
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) json_error = NULL;
  g_autoptr (PleClipTokenizer) tokenizer =
      ple_clip_tokenizer_parse (text, first, merges, n_merges, "x", &error);
  g_autoptr (PleClipTokenizer) json = ple_clip_tokenizer_parse_json (text, first, "x", &json_error);

  ple_fuzz_check (tokenizer, error, "x/");
  ple_fuzz_check (json, json_error, "x/");
  if (tokenizer != NULL)
    encode (tokenizer, as_text);
  if (json != NULL)
    encode (json, as_text);
  return 0;
}
