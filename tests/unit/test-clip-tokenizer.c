/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-clip-tokenizer.h"

#include "base/ple-error.h"

#include <string.h>

#define START 600
#define END 601

/* The 512 symbols of the bytes, those within a word first and by value; what @merged adds; the two
 * special tokens. */
static char *
make_vocabulary (const char *merged)
{
  GString *text = g_string_new ("{");
  guint id = 0;

  for (int at_end = 0; at_end < 2; at_end++)
    {
      guint n_moved = 0;

      for (guint byte = 0; byte < 256; byte++)
        {
          gboolean printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) ||
                               (byte >= 174 && byte <= 255);
          gunichar c = printable ? byte : 256 + n_moved++;

          g_string_append_printf (text, "\"");
          if (c == '"' || c == '\\')
            g_string_append_c (text, '\\');
          g_string_append_unichar (text, c);
          g_string_append_printf (text, "%s\": %u, ", at_end ? "</w>" : "", id++);
        }
    }
  g_string_append_printf (text, "%s\"<|startoftext|>\": %d, \"<|endoftext|>\": %d}", merged, START,
                          END);
  return g_string_free (text, FALSE);
}

static const char merged[] = "\"ca\": 512, \"cat</w>\": 513, \"at</w>\": 514, ";
static const char merges[] = "#version: 0.2\na t</w>\nc at</w>\nc a\n";

static PleClipTokenizer *
load (const char *vocabulary_merged, const char *merge_lines, GError **error)
{
  g_autofree char *vocab = make_vocabulary (vocabulary_merged);

  return ple_clip_tokenizer_parse (vocab, strlen (vocab), merge_lines, strlen (merge_lines),
                                   "model", error);
}

/* Ids of @text must be start, @n numbers, end, and ends to fill the sixteen. */
static void
assert_ids (const PleClipTokenizer *tokenizer, const char *text, const gint32 *expected, size_t n)
{
  g_autoptr (GError) error = NULL;
  gint32 ids[16];
  size_t length;

  g_assert_true (ple_clip_tokenizer_encode (tokenizer, text, 16, ids, &length, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (length, ==, n + 2);
  g_assert_cmpint (ids[0], ==, START);
  for (size_t i = 0; i < n; i++)
    g_assert_cmpint (ids[i + 1], ==, expected[i]);
  for (size_t i = n + 1; i < 16; i++)
    g_assert_cmpint (ids[i], ==, END);
}

#define ASSERT_IDS(tokenizer, text, ...)                                                           \
  assert_ids (tokenizer, text, (const gint32[]){ __VA_ARGS__ },                                    \
              G_N_ELEMENTS (((const gint32[]){ __VA_ARGS__ })))
/* the id of a byte within a word, and at its end */
#define IN(c) ((guchar) (c))
#define AT_END(c) (256 + (guchar) (c))

static void
test_merges (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PleClipTokenizer) tokenizer = load (merged, merges, &error);

  g_assert_no_error (error);
  g_assert_cmpint (ple_clip_tokenizer_get_n_ids (tokenizer), ==, END + 1);
  ASSERT_IDS (tokenizer, "cat", 513);
  /* "a t</w>" ranks before "c a", so "ca" is left only where no t follows. */
  ASSERT_IDS (tokenizer, "cat at ca", 513, 514, IN ('c'), AT_END ('a'));
  ASSERT_IDS (tokenizer, "CAT", 513);
  ASSERT_IDS (tokenizer, "cacat", 512, 513);
  assert_ids (tokenizer, " \t\n", NULL, 0);
  assert_ids (tokenizer, "", NULL, 0);
}

static void
test_words (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PleClipTokenizer) tokenizer = load (merged, merges, &error);

  ASSERT_IDS (tokenizer, "cat's", 513, IN ('\''), AT_END ('s'));
  ASSERT_IDS (tokenizer, "a19!?b", AT_END ('a'), AT_END ('1'), AT_END ('9'), IN ('!'), AT_END ('?'),
              AT_END ('b'));
  ASSERT_IDS (tokenizer, "<|StartOfText|>cat", START, 513);
  ASSERT_IDS (tokenizer, "?<|endoftext|>cat", AT_END ('?'), END, 513);
  /* e and a combining acute are one letter; İ becomes i with a dot above it. */
  ASSERT_IDS (tokenizer, "e\xcc\x81", IN (0xc3), AT_END (0xa9));
  ASSERT_IDS (tokenizer, "\xc4\xb0", AT_END ('i'), IN (0xcc), AT_END (0x87));
}

static void
test_long_texts (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PleClipTokenizer) tokenizer = load (merged, merges, &error);
  g_autofree char *text = g_strnfill (PLE_CLIP_TEXT_MAX_BYTES, 'a');
  g_autofree char *longer = g_strconcat (text, "a", NULL);
  gint32 ids[16];
  size_t length;

  g_assert_true (ple_clip_tokenizer_encode (tokenizer, text, 16, ids, &length, &error));
  g_assert_cmpuint (length, ==, 16);
  g_assert_cmpint (ids[14], ==, IN ('a'));
  g_assert_cmpint (ids[15], ==, END);
  g_assert_false (ple_clip_tokenizer_encode (tokenizer, longer, 16, ids, &length, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE);
  g_clear_error (&error);
  g_assert_false (ple_clip_tokenizer_encode (tokenizer, "\xff", 16, ids, &length, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT);
}

/* tokenizer.json, with merges written in either form, is the same tokenizer. */
static void
test_json (void)
{
  static const char *const forms[] = {
    "[\"a t</w>\", \"c at</w>\", \"c a\"]",
    "[[\"a\", \"t</w>\"], [\"c\", \"at</w>\"], [\"c\", \"a\"]]",
  };
  g_autofree char *vocab = make_vocabulary (merged);

  for (size_t i = 0; i < G_N_ELEMENTS (forms); i++)
    {
      g_autofree char *text =
          g_strdup_printf ("{\"model\": {\"vocab\": %s, \"merges\": %s}}", vocab, forms[i]);
      g_autoptr (GError) error = NULL;
      g_autoptr (PleClipTokenizer) tokenizer =
          ple_clip_tokenizer_parse_json (text, strlen (text), "model", &error);

      g_assert_no_error (error);
      ASSERT_IDS (tokenizer, "cat at", 513, 514);
    }
}

static void
test_refusals (void)
{
  static const struct
  {
    const char *merged, *merges, *message;
  } cases[] = {
    { merged, "a\n", "model/merges.txt: merge 1: \"a\" is not two tokens" },
    { merged, "a t</w> x\n", "model/merges.txt: merge 1: \"a t</w> x\" is not two" },
    { merged, "a t</w>\nx y\n", "model/merges.txt: merge 2: \"xy\" is not in the vocabulary" },
    { merged, "a \xff\n", "model/merges.txt: not UTF-8" },
    { "\"ca\": -1, ", merges, "model/vocab.json: the token \"ca\" needs an id" },
    { "\"ca\": \"1\", ", merges, "model/vocab.json: the token \"ca\" needs an id" },
    { "\"ca\": 99999999999, ", merges, "model/vocab.json: the token \"ca\" needs an id" },
  };
  g_autoptr (GError) error = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (PleClipTokenizer) tokenizer = load (cases[i].merged, cases[i].merges, &error);

      g_assert_null (tokenizer);
      g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT);
      g_assert_true (g_str_has_prefix (error->message, cases[i].message));
      g_clear_error (&error);
    }
  g_assert_null (ple_clip_tokenizer_parse ("{\"a\": 1}", 8, "", 0, "model", &error));
  g_assert_nonnull (strstr (error->message, "of byte 0 is missing"));
  g_clear_error (&error);
  g_assert_null (ple_clip_tokenizer_load ("/nonexistent", &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/features/clip-tokenizer/merges-by-rank", test_merges);
  g_test_add_func ("/features/clip-tokenizer/cuts-words-as-the-original", test_words);
  g_test_add_func ("/features/clip-tokenizer/cuts-long-texts", test_long_texts);
  g_test_add_func ("/features/clip-tokenizer/reads-both-layouts", test_json);
  g_test_add_func ("/features/clip-tokenizer/refuses-with-a-sentence", test_refusals);
  return g_test_run ();
}
