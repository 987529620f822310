/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "base/ple-progress.h"

G_BEGIN_DECLS

/**
 * PleHash:
 *
 * A running SHA-256 over named, typed fields: the cache keys of a project and the fingerprints of
 * data sets. Each field is framed by its length, so ("ab", "c") and ("a", "bc") differ.
 */
typedef struct _PleHash PleHash;

PleHash *ple_hash_new (void);
void ple_hash_free (PleHash *hash);
void ple_hash_add_bytes (PleHash *hash, gconstpointer bytes, size_t size);
void ple_hash_add_string (PleHash *hash, const char *text);
void ple_hash_add_int (PleHash *hash, gint64 value);
void ple_hash_add_double (PleHash *hash, double value);

/* The first @n_digits (at most 64) hexadecimal digits of all that was added; more may be added
 * afterwards. (transfer full) */
char *ple_hash_get_hex (const PleHash *hash, guint n_digits);

/* SHA-256 of a file's bytes, 64 digits. (transfer full); %NULL with @error when it cannot be read
 * or is cancelled. */
char *ple_hash_file (const char *path, PleProgress *progress, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleHash, ple_hash_free)

G_END_DECLS
