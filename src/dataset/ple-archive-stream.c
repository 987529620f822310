/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-archive-private.h"

#include <archive.h>
#include <archive_entry.h>
#include <glib/gi18n-lib.h>
#include <string.h>

/* Packed tars (bzip2, xz, zstd), by libarchive. There is one cursor in the file. Who asks for
 * a member behind it moves it on; what is passed on the way is kept for a while, because threads
 * that work through the set ask a little out of order. Who asks for one before it starts anew. */

#define READ_SIZE (1 << 17)
#define KEPT_BYTES ((size_t) 64 << 20)
#define MAX_KEPT_MEMBER ((guint64) 8 << 20)

typedef struct
{
  guint64 number;
  GBytes *bytes;
} Kept;

struct _PleArchiveStream
{
  char *path;
  GMutex lock;
  struct archive *cursor; /* %NULL before the first use and after an error */
  guint64 next;           /* number of the member that it reads next */
  GQueue kept;            /* Kept, oldest first */
  GHashTable *by_number;  /* the same, by &Kept.number */
  size_t kept_bytes;
};

static void
kept_free (gpointer data)
{
  Kept *kept = data;

  g_bytes_unref (kept->bytes);
  g_free (kept);
}

static struct archive *
open_cursor (const char *path, const char *name, GError **error)
{
  struct archive *cursor = archive_read_new ();

  archive_read_support_filter_bzip2 (cursor);
  archive_read_support_filter_xz (cursor);
  archive_read_support_filter_zstd (cursor);
  archive_read_support_format_tar (cursor);
  if (archive_read_open_filename (cursor, path, READ_SIZE) == ARCHIVE_OK)
    return cursor;
  g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
               _ ("%s: not a packed tar archive (%s)"), name, archive_error_string (cursor));
  archive_read_free (cursor);
  return NULL;
}

/* Reads over the data of a member, so that a cancel is seen within a huge one, too. */
static gboolean
pass (struct archive *cursor, double fraction, PleProgress *progress, GError **error)
{
  const void *block;
  size_t size;
  la_int64_t offset;
  int result = ARCHIVE_OK;

  for (size_t n = 1; result == ARCHIVE_OK; n++)
    {
      result = archive_read_data_block (cursor, &block, &size, &offset);
      if (n % 256 == 0 && !ple_progress_report (progress, fraction, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
list_members (struct archive *cursor,
              guint64 file_size,
              const char *name,
              GArray *members,
              const PleArchiveVisitor *visitor,
              PleProgress *progress,
              GError **error)
{
  struct archive_entry *entry;
  guint64 number = 0;
  int result;

  while ((result = archive_read_next_header (cursor, &entry)) == ARCHIVE_OK ||
         result == ARCHIVE_WARN)
    {
      double fraction = (double) archive_filter_bytes (cursor, -1) / (double) MAX (file_size, 1);
      const char *path = archive_entry_pathname (entry);
      PleArchiveMember member = { .offset = number++ };

      if (archive_entry_filetype (entry) == AE_IFREG && archive_entry_hardlink (entry) == NULL &&
          path != NULL && archive_entry_size (entry) >= 0)
        {
          member.size = (guint64) archive_entry_size (entry);
          ple_archive_visit (members, visitor, path, &member);
        }
      if (!ple_progress_report_detail (progress, CLAMP (fraction, 0, 1), error, _ ("%u files"),
                                       members->len) ||
          !pass (cursor, CLAMP (fraction, 0, 1), progress, error))
        return FALSE;
    }
  if (result == ARCHIVE_EOF)
    return TRUE;
  if (number == 0)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                   _ ("%s: not a packed tar archive (%s)"), name, archive_error_string (cursor));
      return FALSE;
    }
  visitor->odd (visitor->data, name, _ ("damaged or cut off; what follows cannot be read"));
  return TRUE;
}

PleArchiveStream *
ple_archive_stream_new (const char *path,
                        guint64 file_size,
                        const char *name,
                        GArray *members,
                        const PleArchiveVisitor *visitor,
                        PleProgress *progress,
                        GError **error)
{
  struct archive *cursor = open_cursor (path, name, error);
  PleArchiveStream *stream;
  gboolean ok;

  if (cursor == NULL)
    return NULL;
  ok = list_members (cursor, file_size, name, members, visitor, progress, error);
  archive_read_free (cursor);
  if (!ok)
    return NULL;
  stream = g_new0 (PleArchiveStream, 1);
  stream->path = g_strdup (path);
  g_mutex_init (&stream->lock);
  g_queue_init (&stream->kept);
  stream->by_number = g_hash_table_new (g_int64_hash, g_int64_equal);
  return stream;
}

void
ple_archive_stream_free (PleArchiveStream *stream)
{
  if (stream == NULL)
    return;
  if (stream->cursor != NULL)
    archive_read_free (stream->cursor);
  g_hash_table_unref (stream->by_number);
  g_queue_clear_full (&stream->kept, kept_free);
  g_mutex_clear (&stream->lock);
  g_free (stream->path);
  g_free (stream);
}

static GBytes *
find_kept (PleArchiveStream *stream, guint64 number)
{
  Kept *kept = g_hash_table_lookup (stream->by_number, &number);

  return kept != NULL ? g_bytes_ref (kept->bytes) : NULL;
}

static void
keep (PleArchiveStream *stream, guint64 number, GBytes *bytes)
{
  Kept *kept;

  if (g_hash_table_contains (stream->by_number, &number))
    return;
  kept = g_new (Kept, 1);
  kept->number = number;
  kept->bytes = g_bytes_ref (bytes);
  g_queue_push_tail (&stream->kept, kept);
  g_hash_table_insert (stream->by_number, &kept->number, kept);
  stream->kept_bytes += g_bytes_get_size (bytes);
  while (stream->kept_bytes > KEPT_BYTES)
    {
      Kept *oldest = g_queue_pop_head (&stream->kept);

      g_hash_table_remove (stream->by_number, &oldest->number);
      stream->kept_bytes -= g_bytes_get_size (oldest->bytes);
      kept_free (oldest);
    }
}

/* The data of the member whose header was just read; %NULL if it is not all there. What the header
 * claims is not allocated before it has arrived. */
static GBytes *
read_data (struct archive *cursor, guint64 size)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  g_autofree guint8 *block = g_malloc (READ_SIZE);

  while (data->len < size)
    {
      la_ssize_t n = archive_read_data (cursor, block, MIN (size - data->len, READ_SIZE));

      if (n <= 0)
        return NULL;
      g_byte_array_append (data, block, (guint) n);
    }
  return g_byte_array_free_to_bytes (g_steal_pointer (&data));
}

/* Moves the cursor on to @member and reads it. Returns: %NULL if the file does not give it. */
static GBytes *
advance_to (PleArchiveStream *stream, const PleArchiveMember *member)
{
  struct archive_entry *entry;
  int result;

  while ((result = archive_read_next_header (stream->cursor, &entry)) == ARCHIVE_OK ||
         result == ARCHIVE_WARN)
    {
      guint64 number = stream->next++;
      guint64 size = (guint64) MAX (archive_entry_size (entry), 0);
      gboolean wanted = number == member->offset;
      g_autoptr (GBytes) bytes = NULL;

      if (wanted && size != member->size)
        return NULL;
      if (wanted || (archive_entry_filetype (entry) == AE_IFREG && size <= MAX_KEPT_MEMBER))
        bytes = read_data (stream->cursor, size);
      if (bytes != NULL && !wanted)
        keep (stream, number, bytes);
      if (wanted)
        return g_steal_pointer (&bytes);
    }
  return NULL;
}

GBytes *
ple_archive_stream_load (PleArchiveStream *stream,
                         const PleArchiveMember *member,
                         const char *name,
                         GError **error)
{
  GBytes *bytes;

  g_mutex_lock (&stream->lock);
  bytes = find_kept (stream, member->offset);
  if (bytes == NULL)
    {
      if (stream->cursor != NULL && stream->next > member->offset)
        g_clear_pointer (&stream->cursor, archive_read_free);
      if (stream->cursor == NULL)
        {
          stream->cursor = open_cursor (stream->path, name, error);
          stream->next = 0;
        }
      if (stream->cursor != NULL)
        {
          bytes = advance_to (stream, member);
          if (bytes == NULL)
            {
              g_clear_pointer (&stream->cursor, archive_read_free);
              g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TRUNCATED,
                           _ ("%s: damaged in the archive, or the archive has changed"), name);
            }
        }
    }
  g_mutex_unlock (&stream->lock);
  return bytes;
}
