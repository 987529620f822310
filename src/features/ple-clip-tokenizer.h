/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A text of more bytes is refused: it is no caption, and merging is quadratic in a word's length.
 */
#define PLE_CLIP_TEXT_MAX_BYTES 4096

/**
 * PleClipTokenizer:
 *
 * CLIP's byte-level byte pair encoding: text to token ids. Frozen after loading; use from any
 * thread. About 3 MB for the official files.
 */
typedef struct _PleClipTokenizer PleClipTokenizer;

/**
 * ple_clip_tokenizer_load:
 * @folder: with vocab.json and merges.txt, or with tokenizer.json
 * @error: return location
 *
 * Every byte must have its two symbols in the vocabulary, every merge its parts and its result:
 * then no text whatever can meet an unknown token.
 *
 * Returns: (transfer full) (nullable): %NULL with a #PleFileError or a #GFileError that names the
 * file
 */
PleClipTokenizer *ple_clip_tokenizer_load (const char *folder, GError **error);

/* The same from the contents of the two files; @folder is for messages. */
PleClipTokenizer *ple_clip_tokenizer_parse (const char *vocab,
                                            size_t vocab_size,
                                            const char *merges,
                                            size_t merges_size,
                                            const char *folder,
                                            GError **error);
/* The same from the contents of a tokenizer.json. */
PleClipTokenizer *
ple_clip_tokenizer_parse_json (const char *text, size_t size, const char *folder, GError **error);
void ple_clip_tokenizer_free (PleClipTokenizer *tokenizer);

/* One more than the largest id: must not exceed the model's vocab_size. */
gint32 ple_clip_tokenizer_get_n_ids (const PleClipTokenizer *tokenizer);

/**
 * ple_clip_tokenizer_encode:
 * @text: UTF-8
 * @n_context: length of @ids, at least 2; the official models have 77
 * @ids: (out caller-allocates): start, the text's tokens, end; padded with end. What is too long is
 * cut, keeping the end
 * @length: (out) (optional): tokens including start and end
 * @error: return location
 *
 * NFC, white space to single blanks, lower case by simple mapping (and 'İ' to two code points, as
 * Unicode's full mapping; a final sigma stays 'σ'); words by the pattern of the original
 * (`'s|'t|'re|'ve|'m|'ll|'d|letters|one digit|others`); the pair of lowest rank merged until none
 * is left. The names of the two special tokens in the text stand for themselves.
 *
 * Source: Radford et al. 2021, and the tokenizer they released.
 *
 * Returns: %FALSE if @text is not UTF-8 (%PLE_FILE_ERROR_FORMAT) or longer than
 * %PLE_CLIP_TEXT_MAX_BYTES (%PLE_FILE_ERROR_TOO_LARGE)
 */
gboolean ple_clip_tokenizer_encode (const PleClipTokenizer *tokenizer,
                                    const char *text,
                                    size_t n_context,
                                    gint32 *ids,
                                    size_t *length,
                                    GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleClipTokenizer, ple_clip_tokenizer_free)

G_END_DECLS
