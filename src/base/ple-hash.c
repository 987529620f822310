/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-hash.h"
#include "base/ple-text.h"

#include <stdio.h>
#include <string.h>

struct _PleHash
{
  GChecksum *checksum;
};

PleHash *
ple_hash_new (void)
{
  PleHash *hash = g_new (PleHash, 1);

  hash->checksum = g_checksum_new (G_CHECKSUM_SHA256);
  return hash;
}

void
ple_hash_free (PleHash *hash)
{
  if (hash == NULL)
    return;
  g_checksum_free (hash->checksum);
  g_free (hash);
}

void
ple_hash_add_bytes (PleHash *hash, gconstpointer bytes, size_t size)
{
  guint64 framed = GUINT64_TO_LE ((guint64) size);
  const guchar *next = bytes;

  g_checksum_update (hash->checksum, (const guchar *) &framed, sizeof framed);
  while (size > 0)
    {
      /* GChecksum takes a signed 32-bit length on some builds. */
      size_t part = MIN (size, (size_t) 1 << 30);

      g_checksum_update (hash->checksum, next, (gssize) part);
      next += part;
      size -= part;
    }
}

void
ple_hash_add_string (PleHash *hash, const char *text)
{
  ple_hash_add_bytes (hash, text, strlen (text));
}

void
ple_hash_add_int (PleHash *hash, gint64 value)
{
  gint64 little = GINT64_TO_LE (value);

  ple_hash_add_bytes (hash, &little, sizeof little);
}

void
ple_hash_add_double (PleHash *hash, double value)
{
  char buffer[PLE_DOUBLE_BUFFER];

  ple_hash_add_string (hash, ple_format_double (value, buffer));
}

char *
ple_hash_get_hex (const PleHash *hash, guint n_digits)
{
  GChecksum *copy = g_checksum_copy (hash->checksum);
  char *hex = g_strndup (g_checksum_get_string (copy), n_digits);

  g_checksum_free (copy);
  return hex;
}

char *
ple_hash_file (const char *path, PleProgress *progress, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, error);
  g_autofree guchar *buffer = NULL;
  g_autoptr (GChecksum) checksum = NULL;
  g_autoptr (GFileInfo) info = NULL;
  double size, done = 0;

  if (stream == NULL)
    return NULL;
  info = g_file_input_stream_query_info (stream, G_FILE_ATTRIBUTE_STANDARD_SIZE, NULL, NULL);
  size = info != NULL ? MAX ((double) g_file_info_get_size (info), 1) : 1;
  checksum = g_checksum_new (G_CHECKSUM_SHA256);
  buffer = g_malloc (1 << 20);
  for (;;)
    {
      gssize n = g_input_stream_read (G_INPUT_STREAM (stream), buffer, 1 << 20, NULL, error);

      if (n < 0)
        return NULL;
      if (n == 0)
        return g_strdup (g_checksum_get_string (checksum));
      g_checksum_update (checksum, buffer, n);
      done += (double) n;
      if (!ple_progress_report (progress, done / size, error))
        return NULL;
    }
}
