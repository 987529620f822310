/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-clip-tokenizer.h"

#include "base/ple-error.h"
#include "base/ple-json.h"

#include <string.h>

#define START_NAME "<|startoftext|>"
#define END_NAME "<|endoftext|>"
#define MAX_FILE_BYTES ((size_t) 64 << 20)
#define MAX_IDS (1 << 24)

/* Two neighbouring tokens that become one. */
typedef struct
{
  gint64 key; /* left id in the upper half, right id in the lower */
  guint rank; /* the lower, the earlier it is merged */
  gint32 merged;
} Merge;

struct _PleClipTokenizer
{
  gint32 bytes[2][256]; /* id of a byte within a word and, [1], at its end */
  gint32 start;
  gint32 end;
  gint32 n_ids;
  Merge *merges;
  GHashTable *by_pair; /* key of a merge -> it */
};

/* What is needed while a tokenizer is put together. */
typedef struct
{
  const char *folder;
  const char *file; /* the one being read, for messages */
  GHashTable *ids;  /* token -> id + 1 */
  GArray *merges;   /* of Merge */
  gint32 n_ids;
} Loading;

static void refuse (const Loading *loading, GError **error, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static void
refuse (const Loading *loading, GError **error, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list arguments;

  va_start (arguments, format);
  what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, "%s/%s: %s", loading->folder,
               loading->file, what);
}

/* -1 if it is not in the vocabulary */
static gint32
find_id (const Loading *loading, const char *token)
{
  return GPOINTER_TO_INT (g_hash_table_lookup (loading->ids, token)) - 1;
}

static gboolean
add_id (Loading *loading, const char *token, JsonNode *node, GError **error)
{
  gint64 id = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_int (node) : -1;

  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64 || id < 0 ||
      id >= MAX_IDS)
    {
      refuse (loading, error, "the token \"%.40s\" needs an id from 0 to %d", token, MAX_IDS - 1);
      return FALSE;
    }
  g_hash_table_insert (loading->ids, g_strdup (token), GINT_TO_POINTER ((gint) id + 1));
  loading->n_ids = MAX (loading->n_ids, (gint32) id + 1);
  return TRUE;
}

static gboolean
add_vocabulary (Loading *loading, JsonObject *vocabulary, GError **error)
{
  JsonObjectIter iter;
  const char *token;
  JsonNode *node;

  json_object_iter_init (&iter, vocabulary);
  while (json_object_iter_next (&iter, &token, &node))
    if (!add_id (loading, token, node, error))
      return FALSE;
  return TRUE;
}

/* The printable character that stands for a byte in the files: itself where it is one, else the
 * next free one from 256 on. */
static gunichar
byte_character (guint byte, guint *n_moved)
{
  if ((byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255))
    return byte;
  return 256 + (*n_moved)++;
}

static gboolean
find_bytes (const Loading *loading, PleClipTokenizer *tokenizer, GError **error)
{
  guint n_moved = 0;

  for (guint byte = 0; byte < 256; byte++)
    {
      char symbol[6 + sizeof "</w>"];
      int length = g_unichar_to_utf8 (byte_character (byte, &n_moved), symbol);

      for (int at_end = 0; at_end < 2; at_end++)
        {
          strcpy (symbol + length, at_end ? "</w>" : "");
          tokenizer->bytes[at_end][byte] = find_id (loading, symbol);
          if (tokenizer->bytes[at_end][byte] < 0)
            {
              refuse (loading, error, "the symbol \"%s\" of byte %u is missing", symbol, byte);
              return FALSE;
            }
        }
    }
  tokenizer->start = find_id (loading, START_NAME);
  tokenizer->end = find_id (loading, END_NAME);
  if (tokenizer->start < 0 || tokenizer->end < 0)
    {
      refuse (loading, error, "the token %s is missing",
              tokenizer->start < 0 ? START_NAME : END_NAME);
      return FALSE;
    }
  return TRUE;
}

static gint64
pair_key (gint32 left, gint32 right)
{
  return ((gint64) left << 32) | right;
}

static gboolean
add_merge (Loading *loading, const char *left, const char *right, GError **error)
{
  g_autofree char *both = g_strconcat (left, right, NULL);
  gint32 a = find_id (loading, left);
  gint32 b = find_id (loading, right);
  Merge merge = { .key = pair_key (a, b),
                  .rank = loading->merges->len,
                  .merged = find_id (loading, both) };

  if (a < 0 || b < 0 || merge.merged < 0)
    {
      refuse (loading, error, "merge %u: \"%.40s\" is not in the vocabulary",
              loading->merges->len + 1,
              a < 0   ? left
              : b < 0 ? right
                      : both);
      return FALSE;
    }
  g_array_append_val (loading->merges, merge);
  return TRUE;
}

/* "left right", as a line of merges.txt and as a string of tokenizer.json */
static gboolean
add_merge_text (Loading *loading, const char *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, " ", 3);

  if (g_strv_length (parts) == 2 && parts[0][0] != '\0' && parts[1][0] != '\0')
    return add_merge (loading, parts[0], parts[1], error);
  refuse (loading, error, "merge %u: \"%.40s\" is not two tokens with a blank between them",
          loading->merges->len + 1, text);
  return FALSE;
}

static gboolean
add_merge_lines (Loading *loading, const char *text, size_t size, GError **error)
{
  g_autofree char *copy = g_strndup (text, size);
  g_auto (GStrv) lines = NULL;

  if (!g_utf8_validate (copy, -1, NULL) || strlen (copy) != size)
    {
      refuse (loading, error, "not UTF-8 text");
      return FALSE;
    }
  lines = g_strsplit (copy, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      g_strchomp (*line);
      /* Only the first line is a comment: '#' is a token like any other. */
      if (**line == '\0' || (line == lines && g_str_has_prefix (*line, "#version")))
        continue;
      if (!add_merge_text (loading, *line, error))
        return FALSE;
    }
  return TRUE;
}

/* Strings "left right", or pairs of strings: both forms are written. */
static gboolean
add_merge_array (Loading *loading, JsonArray *merges, GError **error)
{
  for (guint i = 0; i < json_array_get_length (merges); i++)
    {
      JsonNode *node = json_array_get_element (merges, i);
      JsonArray *pair = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
      const char *parts[2] = { NULL, NULL };

      if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_string (node) != NULL)
        {
          if (!add_merge_text (loading, json_node_get_string (node), error))
            return FALSE;
          continue;
        }
      for (guint p = 0; pair != NULL && json_array_get_length (pair) == 2 && p < 2; p++)
        if (JSON_NODE_HOLDS_VALUE (json_array_get_element (pair, p)))
          parts[p] = json_node_get_string (json_array_get_element (pair, p));
      if (parts[0] == NULL || parts[1] == NULL)
        {
          refuse (loading, error, "merge %u is not two strings", i + 1);
          return FALSE;
        }
      if (!add_merge (loading, parts[0], parts[1], error))
        return FALSE;
    }
  return TRUE;
}

static void
loading_init (Loading *loading, const char *folder)
{
  *loading = (Loading){
    .folder = folder,
    .ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
    .merges = g_array_new (FALSE, FALSE, sizeof (Merge)),
  };
}

/* Frees what @loading holds; the tokenizer only if all went well, which @tokenizer != NULL says. */
static PleClipTokenizer *
loading_finish (Loading *loading, PleClipTokenizer *tokenizer)
{
  g_hash_table_unref (loading->ids);
  if (tokenizer == NULL)
    {
      g_array_unref (loading->merges);
      return NULL;
    }
  tokenizer->n_ids = loading->n_ids;
  tokenizer->by_pair = g_hash_table_new (g_int64_hash, g_int64_equal);
  {
    guint n = loading->merges->len;

    tokenizer->merges = (Merge *) g_array_free (loading->merges, FALSE);
    /* Of a pair that is listed twice the first counts. */
    for (guint i = n; i > 0; i--)
      g_hash_table_replace (tokenizer->by_pair, &tokenizer->merges[i - 1].key,
                            &tokenizer->merges[i - 1]);
  }
  return tokenizer;
}

static JsonObject *
get_root (const Loading *loading, JsonNode *root, GError **error)
{
  if (JSON_NODE_HOLDS_OBJECT (root))
    return json_node_get_object (root);
  refuse (loading, error, "expected an object {…}");
  return NULL;
}

PleClipTokenizer *
ple_clip_tokenizer_parse (const char *vocab,
                          size_t vocab_size,
                          const char *merges,
                          size_t merges_size,
                          const char *folder,
                          GError **error)
{
  g_autofree char *name = g_build_filename (folder, "vocab.json", NULL);
  g_autoptr (JsonNode) root = ple_json_parse (vocab, vocab_size, name, error);
  g_autoptr (PleClipTokenizer) tokenizer = g_new0 (PleClipTokenizer, 1);
  JsonObject *object;
  Loading loading;
  gboolean done;

  if (root == NULL)
    return NULL;
  loading_init (&loading, folder);
  loading.file = "vocab.json";
  object = get_root (&loading, root, error);
  done = object != NULL && add_vocabulary (&loading, object, error) &&
         find_bytes (&loading, tokenizer, error);
  loading.file = "merges.txt";
  done = done && add_merge_lines (&loading, merges, merges_size, error);
  return loading_finish (&loading, done ? g_steal_pointer (&tokenizer) : NULL);
}

PleClipTokenizer *
ple_clip_tokenizer_parse_json (const char *text, size_t size, const char *folder, GError **error)
{
  g_autofree char *name = g_build_filename (folder, "tokenizer.json", NULL);
  g_autoptr (JsonNode) root = ple_json_parse (text, size, name, error);
  g_autoptr (PleClipTokenizer) tokenizer = g_new0 (PleClipTokenizer, 1);
  JsonObject *object, *model, *vocabulary;
  JsonArray *merges;
  Loading loading;
  gboolean done = FALSE;

  if (root == NULL)
    return NULL;
  loading_init (&loading, folder);
  loading.file = "tokenizer.json";
  object = get_root (&loading, root, error);
  if (object != NULL)
    {
      model = ple_json_get_object (object, "model");
      vocabulary = model != NULL ? ple_json_get_object (model, "vocab") : NULL;
      merges = model != NULL ? ple_json_get_array (model, "merges") : NULL;
      if (vocabulary == NULL || merges == NULL)
        refuse (&loading, error, "expected model.vocab and model.merges of a byte pair encoding");
      else
        done = add_vocabulary (&loading, vocabulary, error) &&
               find_bytes (&loading, tokenizer, error) && add_merge_array (&loading, merges, error);
    }
  return loading_finish (&loading, done ? g_steal_pointer (&tokenizer) : NULL);
}

static gboolean
read_file (const char *folder, const char *name, char **text, size_t *size, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GMappedFile) mapped = g_mapped_file_new (path, FALSE, error);

  if (mapped == NULL)
    return FALSE;
  *size = g_mapped_file_get_length (mapped);
  if (*size > MAX_FILE_BYTES)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE,
                   "%s: a tokenizer's file has at most %zu MB", path, MAX_FILE_BYTES >> 20);
      return FALSE;
    }
  *text = g_strndup (*size > 0 ? g_mapped_file_get_contents (mapped) : "", *size);
  return TRUE;
}

static gboolean
has_file (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  return g_file_test (path, G_FILE_TEST_IS_REGULAR);
}

PleClipTokenizer *
ple_clip_tokenizer_load (const char *folder, GError **error)
{
  g_autofree char *vocab = NULL;
  g_autofree char *merges = NULL;
  size_t vocab_size, merges_size;

  if (has_file (folder, "vocab.json") && has_file (folder, "merges.txt"))
    {
      if (!read_file (folder, "vocab.json", &vocab, &vocab_size, error) ||
          !read_file (folder, "merges.txt", &merges, &merges_size, error))
        return NULL;
      return ple_clip_tokenizer_parse (vocab, vocab_size, merges, merges_size, folder, error);
    }
  if (has_file (folder, "tokenizer.json"))
    {
      if (!read_file (folder, "tokenizer.json", &vocab, &vocab_size, error))
        return NULL;
      return ple_clip_tokenizer_parse_json (vocab, vocab_size, folder, error);
    }
  g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY,
               "%s: no vocab.json with merges.txt and no tokenizer.json; text needs a CLIP model "
               "that was downloaded with its tokenizer",
               folder);
  return NULL;
}

void
ple_clip_tokenizer_free (PleClipTokenizer *tokenizer)
{
  if (tokenizer == NULL)
    return;
  g_clear_pointer (&tokenizer->by_pair, g_hash_table_unref);
  g_free (tokenizer->merges);
  g_free (tokenizer);
}

gint32
ple_clip_tokenizer_get_n_ids (const PleClipTokenizer *tokenizer)
{
  return tokenizer->n_ids;
}

/* NFC, blanks, lower case */
static char *
normalise (const char *text)
{
  g_autofree char *composed = g_utf8_normalize (text, -1, G_NORMALIZE_NFC);
  GString *out = g_string_new (NULL);

  for (const char *p = composed; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (g_unichar_isspace (c) || c == '\v')
        {
          if (out->len > 0 && out->str[out->len - 1] != ' ')
            g_string_append_c (out, ' ');
        }
      else if (c == 0x130)
        g_string_append (out, "i\xcc\x87");
      else
        g_string_append_unichar (out, g_unichar_tolower (c));
    }
  return g_string_free (out, FALSE);
}

static gboolean
is_letter (gunichar c)
{
  static const guint letters = 1u << G_UNICODE_LOWERCASE_LETTER | 1u << G_UNICODE_MODIFIER_LETTER |
                               1u << G_UNICODE_OTHER_LETTER | 1u << G_UNICODE_TITLECASE_LETTER |
                               1u << G_UNICODE_UPPERCASE_LETTER;

  return (letters >> g_unichar_type (c) & 1) != 0;
}

static gboolean
is_number (gunichar c)
{
  static const guint numbers =
      1u << G_UNICODE_DECIMAL_NUMBER | 1u << G_UNICODE_LETTER_NUMBER | 1u << G_UNICODE_OTHER_NUMBER;

  return (numbers >> g_unichar_type (c) & 1) != 0;
}

static gboolean
is_special (const char *text)
{
  return g_str_has_prefix (text, START_NAME) || g_str_has_prefix (text, END_NAME);
}

/* Bytes of the word that begins at @text, which is not a blank and not a special token. */
static size_t
word_length (const char *text)
{
  static const char *const contractions[] = { "'s", "'t", "'re", "'ve", "'m", "'ll", "'d" };
  const char *p = g_utf8_next_char (text);
  gunichar first = g_utf8_get_char (text);

  for (size_t i = 0; i < G_N_ELEMENTS (contractions); i++)
    if (g_str_has_prefix (text, contractions[i]))
      return strlen (contractions[i]);
  if (is_number (first))
    return (size_t) (p - text);
  if (is_letter (first))
    while (*p != '\0' && is_letter (g_utf8_get_char (p)))
      p = g_utf8_next_char (p);
  else
    while (*p != '\0' && *p != ' ' && !is_letter (g_utf8_get_char (p)) &&
           !is_number (g_utf8_get_char (p)) && !is_special (p))
      p = g_utf8_next_char (p);
  return (size_t) (p - text);
}

/* Merges in place until no pair is left; returns the number of tokens. */
static size_t
merge_word (const PleClipTokenizer *tokenizer, gint32 *ids, size_t n)
{
  while (n > 1)
    {
      const Merge *best = NULL;
      size_t kept = 0;

      for (size_t i = 0; i + 1 < n; i++)
        {
          gint64 key = pair_key (ids[i], ids[i + 1]);
          const Merge *merge = g_hash_table_lookup (tokenizer->by_pair, &key);

          if (merge != NULL && (best == NULL || merge->rank < best->rank))
            best = merge;
        }
      if (best == NULL)
        break;
      for (size_t i = 0; i < n; kept++)
        if (i + 1 < n && pair_key (ids[i], ids[i + 1]) == best->key)
          {
            ids[kept] = best->merged;
            i += 2;
          }
        else
          ids[kept] = ids[i++];
      n = kept;
    }
  return n;
}

gboolean
ple_clip_tokenizer_encode (const PleClipTokenizer *tokenizer,
                           const char *text,
                           size_t n_context,
                           gint32 *ids,
                           size_t *length,
                           GError **error)
{
  g_autofree char *clean = NULL;
  g_autofree gint32 *word = NULL;
  size_t n = 1;

  g_return_val_if_fail (n_context >= 2, FALSE);
  if (!g_utf8_validate (text, -1, NULL))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                   "the text is not UTF-8; convert it first");
      return FALSE;
    }
  if (strlen (text) > PLE_CLIP_TEXT_MAX_BYTES)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE,
                   "the text \"%.*s…\" has more than %d bytes; CLIP reads a sentence of %zu tokens",
                   (int) (g_utf8_offset_to_pointer (text, 20) - text), text,
                   PLE_CLIP_TEXT_MAX_BYTES, n_context);
      return FALSE;
    }
  clean = normalise (text);
  word = g_new (gint32, strlen (clean) + 1);
  ids[0] = tokenizer->start;
  for (const char *p = clean; *p != '\0' && n < n_context;)
    {
      size_t bytes, n_tokens = 1;

      if (*p == ' ')
        {
          p++;
          continue;
        }
      if (is_special (p))
        {
          gboolean start = g_str_has_prefix (p, START_NAME);

          bytes = strlen (start ? START_NAME : END_NAME);
          word[0] = start ? tokenizer->start : tokenizer->end;
        }
      else
        {
          bytes = word_length (p);
          for (size_t i = 0; i < bytes; i++)
            word[i] = tokenizer->bytes[i + 1 == bytes][(guchar) p[i]];
          n_tokens = merge_word (tokenizer, word, bytes);
        }
      for (size_t i = 0; i < n_tokens && n < n_context; i++)
        ids[n++] = word[i];
      p += bytes;
    }
  n = MIN (n, n_context - 1);
  for (size_t i = n; i < n_context; i++)
    ids[i] = tokenizer->end;
  if (length != NULL)
    *length = n + 1;
  return TRUE;
}
