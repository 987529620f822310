/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-archive-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#define ZLIB_CONST
#include <zlib.h>

/* Zip (PKWARE's APPNOTE 6.3), little-endian. It is read from its end: the end record
 *
 *   0   4  "PK\5\6"     8   2  members     12  4  bytes of the directory    16  4  its offset
 *   20  2  bytes of the comment that ends the file
 *
 * (sizes of all ones: a 64-bit one, "PK\6\6", lies where the locator "PK\6\7", 20 bytes before,
 * points to), then the directory, per member
 *
 *   0   4  "PK\1\2"     4   2  made by (high byte 3: Unix)   8   2  flags, bit 0: encrypted
 *   10  2  method       16  4  CRC-32      20  4  packed size     24  4  size
 *   28  2  bytes of name, 30 2 of extra, 32 2 of comment          38  4  attributes (Unix: mode <<
 * 16) 42  4  offset of the local header      46     name, extra, comment
 *
 * The local header, "PK\3\4", has bytes of name and extra at 26 and 28; after 30 + these, the data.
 */

#define END_SIZE 22
#define END64_SIZE 56
#define LOCATOR_SIZE 20
#define ENTRY_SIZE 46
#define LOCAL_SIZE 30
#define MAX_COMMENT 65535
#define FLAG_ENCRYPTED 1
#define METHOD_STORED 0
#define METHOD_DEFLATED 8
/* Deflate makes at most that many bytes of one. */
#define DEFLATE_RATIO 1032
#define REPORT_EVERY 1024

typedef struct
{
  guint64 n;
  guint64 offset;
  guint64 size;
  guint64 shift; /* bytes before the archive proper (self-extracting ones) */
} Directory;

static guint64
get_le (const guint8 *p, guint n)
{
  guint64 value = 0;

  while (n-- > 0)
    value = value << 8 | p[n];
  return value;
}

static gboolean
fail (GError **error, const char *name, PleFileError code, const char *reason)
{
  g_set_error (error, PLE_FILE_ERROR, (int) code, "%s: %s", name, reason);
  return FALSE;
}

/* The 64-bit end record, if there is one. @end: where the 32-bit one lies; moved. */
static gboolean
find_directory_64 (int fd, guint64 *end, const char *name, Directory *directory, GError **error)
{
  guint8 locator[LOCATOR_SIZE], record[END64_SIZE];
  guint64 at;

  if (*end < LOCATOR_SIZE)
    return TRUE;
  if (!ple_file_read_at (fd, *end - LOCATOR_SIZE, locator, LOCATOR_SIZE, name, error))
    return FALSE;
  if (memcmp (locator, "PK\6\7", 4) != 0)
    return TRUE;
  at = get_le (locator + 8, 8);
  if (at > *end - LOCATOR_SIZE || *end - LOCATOR_SIZE - at < END64_SIZE)
    return fail (error, name, PLE_FILE_ERROR_FORMAT, _ ("damaged zip archive (its end record)"));
  if (!ple_file_read_at (fd, at, record, END64_SIZE, name, error))
    return FALSE;
  if (memcmp (record, "PK\6\6", 4) != 0)
    return fail (error, name, PLE_FILE_ERROR_FORMAT, _ ("damaged zip archive (its end record)"));
  directory->n = get_le (record + 32, 8);
  directory->size = get_le (record + 40, 8);
  directory->offset = get_le (record + 48, 8);
  *end = at;
  return TRUE;
}

static gboolean
find_directory (int fd, guint64 size, const char *name, Directory *directory, GError **error)
{
  size_t tail_size = (size_t) MIN (size, END_SIZE + MAX_COMMENT);
  g_autofree guint8 *tail = g_malloc (tail_size);
  size_t at;
  guint64 end;

  if (size < END_SIZE || !ple_file_read_at (fd, size - tail_size, tail, tail_size, name, error))
    return size < END_SIZE ? fail (error, name, PLE_FILE_ERROR_TRUNCATED,
                                   _ ("zip archive without its end, not all of it is there"))
                           : FALSE;
  for (at = tail_size - END_SIZE + 1; at-- > 0;)
    if (memcmp (tail + at, "PK\5\6", 4) == 0 &&
        get_le (tail + at + 20, 2) <= tail_size - at - END_SIZE)
      break;
  if (at == G_MAXSIZE)
    return fail (error, name, PLE_FILE_ERROR_TRUNCATED,
                 _ ("zip archive without its end, not all of it is there"));
  directory->n = get_le (tail + at + 10, 2);
  directory->size = get_le (tail + at + 12, 4);
  directory->offset = get_le (tail + at + 16, 4);
  end = size - tail_size + at;
  if (!find_directory_64 (fd, &end, name, directory, error))
    return FALSE;
  if (directory->size > end || directory->offset > end - directory->size)
    return fail (error, name, PLE_FILE_ERROR_FORMAT,
                 _ ("damaged zip archive (its directory lies outside)"));
  directory->shift = end - directory->size - directory->offset;
  return TRUE;
}

/* 64-bit sizes: extra fields are id (2), bytes (2), data; in that of id 1 stand, in this order,
 * those of size, packed size and offset that are all ones above. */
static void
apply_extra (const guint8 *extra, size_t n, PleArchiveMember *member)
{
  while (n >= 4)
    {
      size_t length = (size_t) get_le (extra + 2, 2);
      const guint8 *p = extra + 4;
      guint64 *const fields[] = { &member->size, &member->packed_size, &member->offset };

      if (length > n - 4)
        return;
      for (size_t i = 0, left = length; get_le (extra, 2) == 1 && i < G_N_ELEMENTS (fields); i++)
        if (*fields[i] == G_MAXUINT32 && left >= 8)
          {
            *fields[i] = get_le (p, 8);
            p += 8;
            left -= 8;
          }
      extra += 4 + length;
      n -= 4 + length;
    }
}

static void
visit_entry (const guint8 *entry,
             size_t name_size,
             size_t extra_size,
             guint64 shift,
             GArray *members,
             const PleArchiveVisitor *visitor)
{
  g_autofree char *name = g_strndup ((const char *) entry + ENTRY_SIZE, name_size);
  guint flags = (guint) get_le (entry + 8, 2);
  mode_t mode = (mode_t) get_le (entry + 40, 2);
  PleArchiveMember member = {
    .offset = get_le (entry + 42, 4),
    .packed_size = get_le (entry + 20, 4),
    .size = get_le (entry + 24, 4),
    .crc = (guint32) get_le (entry + 16, 4),
    .method = (guint32) get_le (entry + 10, 2),
  };

  apply_extra (entry + ENTRY_SIZE + name_size, extra_size, &member);
  member.offset = member.offset > G_MAXUINT64 - shift ? G_MAXUINT64 : member.offset + shift;
  if (name_size == 0 || strchr ("/\\", name[strlen (name) - (*name != '\0')]) != NULL)
    return;
  if (entry[5] == 3 && S_ISLNK (mode))
    return;
  if (flags & FLAG_ENCRYPTED)
    visitor->odd (visitor->data, name, _ ("encrypted"));
  else if (member.method != METHOD_STORED && member.method != METHOD_DEFLATED)
    visitor->odd (visitor->data, name, _ ("packed by a method other than deflate"));
  else
    ple_archive_visit (members, visitor, name, &member);
}

gboolean
ple_archive_index_zip (int fd,
                       guint64 size,
                       const char *name,
                       GArray *members,
                       const PleArchiveVisitor *visitor,
                       PleProgress *progress,
                       GError **error)
{
  Directory directory = { 0 };
  g_autofree guint8 *bytes = NULL;
  guint64 at = 0;

  if (!find_directory (fd, size, name, &directory, error))
    return FALSE;
  bytes = g_try_malloc (MAX (directory.size, 1));
  if (bytes == NULL)
    return fail (error, name, PLE_FILE_ERROR_TOO_LARGE, _ ("no memory for its directory"));
  if (!ple_file_read_at (fd, directory.offset + directory.shift, bytes, directory.size, name,
                         error))
    return FALSE;
  for (guint64 i = 0; i < directory.n; i++)
    {
      const guint8 *entry = bytes + at;
      size_t name_size, extra_size, comment_size;

      if (directory.size - at < ENTRY_SIZE || memcmp (entry, "PK\1\2", 4) != 0)
        break;
      name_size = (size_t) get_le (entry + 28, 2);
      extra_size = (size_t) get_le (entry + 30, 2);
      comment_size = (size_t) get_le (entry + 32, 2);
      if (directory.size - at - ENTRY_SIZE < name_size + extra_size + comment_size)
        break;
      visit_entry (entry, name_size, extra_size, directory.shift, members, visitor);
      at += ENTRY_SIZE + name_size + extra_size + comment_size;
      if (i % REPORT_EVERY == 0 &&
          !ple_progress_report_detail (progress, (double) at / (double) directory.size, error,
                                       _ ("%u files"), members->len))
        return FALSE;
    }
  if (at < directory.size)
    visitor->odd (visitor->data, name, _ ("damaged directory; some members cannot be found"));
  return TRUE;
}

static gboolean
inflate_member (const guint8 *packed, size_t packed_size, guint8 *data, size_t size)
{
  z_stream stream = { 0 };
  gboolean ok;

  if (inflateInit2 (&stream, -MAX_WBITS) != Z_OK)
    return FALSE;
  /* Both are below 2 GiB: see the limits of the caller. */
  stream.next_in = packed;
  stream.avail_in = (uInt) packed_size;
  stream.next_out = data;
  stream.avail_out = (uInt) size;
  ok = inflate (&stream, Z_FINISH) == Z_STREAM_END && stream.total_out == size;
  inflateEnd (&stream);
  return ok;
}

GBytes *
ple_archive_load_zip (
    int fd, guint64 file_size, const PleArchiveMember *member, const char *name, GError **error)
{
  gboolean deflated = member->method == METHOD_DEFLATED;
  g_autofree guint8 *packed = NULL;
  g_autofree guint8 *data = NULL;
  guint8 local[LOCAL_SIZE];
  guint64 at;

  if (member->offset > file_size || file_size - member->offset < LOCAL_SIZE)
    goto damaged;
  if (!ple_file_read_at (fd, member->offset, local, LOCAL_SIZE, name, error))
    return NULL;
  at = member->offset + LOCAL_SIZE + get_le (local + 26, 2) + get_le (local + 28, 2);
  if (memcmp (local, "PK\3\4", 4) != 0 || at > file_size || member->packed_size > file_size - at ||
      member->packed_size > PLE_MAX_PICTURE_BYTES + (1 << 20) ||
      (deflated ? member->size / DEFLATE_RATIO > member->packed_size
                : member->size != member->packed_size))
    goto damaged;
  packed = g_try_malloc (MAX (member->packed_size, 1));
  data = deflated ? g_try_malloc (MAX (member->size, 1)) : NULL;
  if (packed == NULL || (deflated && data == NULL))
    {
      fail (error, name, PLE_FILE_ERROR_TOO_LARGE, _ ("no memory for it"));
      return NULL;
    }
  if (!ple_file_read_at (fd, at, packed, member->packed_size, name, error))
    return NULL;
  if (!deflated)
    data = g_steal_pointer (&packed);
  else if (!inflate_member (packed, member->packed_size, data, member->size))
    goto damaged;
  if (crc32 (0, data, (uInt) member->size) != member->crc)
    goto damaged;
  return g_bytes_new_take (g_steal_pointer (&data), member->size);

damaged:
  fail (error, name, PLE_FILE_ERROR_FORMAT, _ ("damaged in the zip archive"));
  return NULL;
}
