/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The .npz format: a ZIP archive of .npy members (PKWARE's APPNOTE 6.3). Read from the central
 * directory at the end, little-endian throughout:
 *
 *   end of central directory    "PK\5\6"; 10: entries (2), 12: bytes (4) and 16: offset (4) of the
 *                               central directory; before it, for large archives, the locator
 *                               "PK\6\7" (8: offset) of its 64-bit form "PK\6\6" (32: entries,
 *                               40: bytes, 48: offset)
 *   central directory, each     "PK\1\2"; 8: flags, 10: method, 16: CRC-32, 20: packed and
 *                               24: plain size, 28: lengths of name, extra field and comment,
 *                               42: offset of the local header; 46: the name, the extra field
 *   local header                "PK\3\4"; 26: lengths of name and extra field; 30: both, the data
 *
 * A size or offset of 0xffffffff stands in the extra field 1 as 64 bits. libarchive reads such
 * files as a stream only; members are wanted by name, in any order, from a mapped file. */
#include "config.h"

#include "linalg/ple-array-file.h"
#include "linalg/ple-array-private.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"

#include <errno.h>
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#define END_SIZE 22
#define LOCATOR_SIZE 20
#define END64_SIZE 56
#define CENTRAL_SIZE 46
#define LOCAL_SIZE 30
#define STORED 0
#define DEFLATED 8
/* Deflate cannot pack tighter than 1032 to 1: a size beyond is a lie. */
#define MAX_RATIO 1040
/* 1 January 1980: the archive's bytes depend on its contents only. */
#define DOS_DATE 0x21

typedef struct
{
  guint flags;
  guint method;
  guint32 crc;
  guint64 packed;
  guint64 plain;
  guint64 offset;
} Member;

struct _PleNpz
{
  GBytes *bytes;
  char *name;
  GArray *members;
  GPtrArray *names; /* ends with NULL */
  GHashTable *index;
};

static gboolean
fail (GError **error, PleFileError code, const char *name, const char *what)
{
  g_set_error (error, PLE_FILE_ERROR, (int) code, "%s: %s", name, what);
  return FALSE;
}

static guint
get16 (const guint8 *p)
{
  return (guint) p[0] | (guint) p[1] << 8;
}

static guint32
get32 (const guint8 *p)
{
  return (guint32) get16 (p) | (guint32) get16 (p + 2) << 16;
}

static guint64
get64 (const guint8 *p)
{
  return (guint64) get32 (p) | (guint64) get32 (p + 4) << 32;
}

static guint32
crc32_of (guint32 crc, const guint8 *data, size_t size)
{
  guint32 table[256];

  for (guint32 i = 0; i < 256; i++)
    {
      table[i] = i;
      for (int bit = 0; bit < 8; bit++)
        table[i] = (table[i] >> 1) ^ (0xedb88320 & (0 - (table[i] & 1)));
    }
  crc = ~crc;
  for (size_t i = 0; i < size; i++)
    crc = table[(crc ^ data[i]) & 0xff] ^ (crc >> 8);
  return ~crc;
}

/* Where the central directory lies: within the file, or FALSE. */
static gboolean
find_directory (const guint8 *data, size_t size, guint64 *n, guint64 *offset, guint64 *length)
{
  size_t end = size;

  if (size < END_SIZE)
    return FALSE;
  /* The archive's comment, at most 64 KiB, follows. */
  for (end = size - END_SIZE;; end--)
    {
      if (memcmp (data + end, "PK\5\6", 4) == 0 && get16 (data + end + 20) == size - end - END_SIZE)
        break;
      if (end == 0 || size - END_SIZE - end == G_MAXUINT16)
        return FALSE;
    }
  *n = get16 (data + end + 10);
  *length = get32 (data + end + 12);
  *offset = get32 (data + end + 16);
  if (end >= LOCATOR_SIZE && memcmp (data + end - LOCATOR_SIZE, "PK\6\7", 4) == 0)
    {
      guint64 at = get64 (data + end - LOCATOR_SIZE + 8);

      if (size < END64_SIZE || at > size - END64_SIZE || memcmp (data + at, "PK\6\6", 4) != 0)
        return FALSE;
      *n = get64 (data + at + 32);
      *length = get64 (data + at + 40);
      *offset = get64 (data + at + 48);
    }
  return *offset <= size && *length <= size - *offset && *n <= *length / CENTRAL_SIZE;
}

/* Sizes and offset from the 64-bit extra field, where the short ones are full. */
static gboolean
read_extra (const guint8 *extra, size_t size, Member *member)
{
  guint64 *wide[] = { &member->plain, &member->packed, &member->offset };

  while (size >= 4)
    {
      guint id = get16 (extra);
      size_t length = get16 (extra + 2);

      extra += 4;
      size -= 4;
      if (length > size)
        return FALSE;
      if (id == 1)
        {
          for (size_t i = 0; i < G_N_ELEMENTS (wide); i++)
            if (*wide[i] == G_MAXUINT32)
              {
                if (length < 8)
                  return FALSE;
                *wide[i] = get64 (extra);
                extra += 8;
                length -= 8;
                size -= 8;
              }
          return TRUE;
        }
      extra += length;
      size -= length;
    }
  return TRUE;
}

static gboolean
read_directory (PleNpz *npz, const guint8 *entry, guint64 left, guint64 n)
{
  for (guint64 i = 0; i < n; i++)
    {
      Member member;
      size_t name_length, extra_length, comment_length;
      g_autofree char *raw = NULL;
      char *name;

      if (left < CENTRAL_SIZE || memcmp (entry, "PK\1\2", 4) != 0)
        return FALSE;
      member.flags = get16 (entry + 8);
      member.method = get16 (entry + 10);
      member.crc = get32 (entry + 16);
      member.packed = get32 (entry + 20);
      member.plain = get32 (entry + 24);
      member.offset = get32 (entry + 42);
      name_length = get16 (entry + 28);
      extra_length = get16 (entry + 30);
      comment_length = get16 (entry + 32);
      if (name_length + extra_length + comment_length > left - CENTRAL_SIZE ||
          !read_extra (entry + CENTRAL_SIZE + name_length, extra_length, &member))
        return FALSE;

      raw = g_strndup ((const char *) entry + CENTRAL_SIZE, name_length);
      if (g_str_has_suffix (raw, ".npy"))
        raw[strlen (raw) - 4] = '\0';
      name = g_utf8_make_valid (raw, -1);
      g_ptr_array_add (npz->names, name);
      g_array_append_val (npz->members, member);
      g_hash_table_insert (npz->index, name, GSIZE_TO_POINTER (npz->members->len - 1));
      entry += CENTRAL_SIZE + name_length + extra_length + comment_length;
      left -= CENTRAL_SIZE + name_length + extra_length + comment_length;
    }
  return TRUE;
}

PleNpz *
ple_npz_parse (GBytes *bytes, const char *name, GError **error)
{
  g_autoptr (PleNpz) npz = g_new0 (PleNpz, 1);
  size_t size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  guint64 n, offset, length;

  npz->bytes = g_bytes_ref (bytes);
  npz->name = g_strdup (name);
  npz->members = g_array_new (FALSE, FALSE, sizeof (Member));
  npz->names = g_ptr_array_new_with_free_func (g_free);
  npz->index = g_hash_table_new (g_str_hash, g_str_equal);
  if (size == 0)
    {
      fail (error, PLE_FILE_ERROR_EMPTY, name, "the file is empty");
      return NULL;
    }
  if (memcmp (data, "PK", MIN (size, 2)) != 0)
    {
      fail (error, PLE_FILE_ERROR_FORMAT, name, "not a .npz archive");
      return NULL;
    }
  if (!find_directory (data, size, &n, &offset, &length))
    {
      fail (error, PLE_FILE_ERROR_TRUNCATED, name,
            "the archive's directory is missing, the file may have been cut off");
      return NULL;
    }
  if (!read_directory (npz, data + offset, length, n))
    {
      fail (error, PLE_FILE_ERROR_FORMAT, name, "the archive's directory is broken");
      return NULL;
    }
  g_ptr_array_add (npz->names, NULL);
  return g_steal_pointer (&npz);
}

PleNpz *
ple_npz_open (const char *path, GError **error)
{
  g_autofree char *name = NULL;
  g_autoptr (GBytes) bytes = ple_map_file (path, &name, error);

  return bytes != NULL ? ple_npz_parse (bytes, name, error) : NULL;
}

void
ple_npz_free (PleNpz *npz)
{
  if (npz == NULL)
    return;
  g_bytes_unref (npz->bytes);
  g_free (npz->name);
  g_array_unref (npz->members);
  g_hash_table_unref (npz->index);
  g_ptr_array_unref (npz->names);
  g_free (npz);
}

const char *const *
ple_npz_get_names (PleNpz *npz)
{
  return (const char *const *) npz->names->pdata;
}

/* Inflates to exactly @size bytes. */
static gboolean
inflate_to (const guint8 *packed, size_t n_packed, guint8 *plain, size_t size)
{
  g_autoptr (GZlibDecompressor) inflater = g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_RAW);
  size_t used = 0, made = 0;

  for (;;)
    {
      guint8 beyond;
      gsize n_read = 0, n_written = 0;
      gboolean full = made == size;
      GConverterResult result = g_converter_convert (
          G_CONVERTER (inflater), packed + used, n_packed - used, full ? &beyond : plain + made,
          full ? 1 : size - made, G_CONVERTER_INPUT_AT_END, &n_read, &n_written, NULL);

      if (result == G_CONVERTER_ERROR || (full && n_written > 0))
        return FALSE;
      used += n_read;
      made += n_written;
      if (result == G_CONVERTER_FINISHED)
        return made == size;
    }
}

static GBytes *
extract (PleNpz *npz, const Member *member, const char *label, GError **error)
{
  size_t size;
  const guint8 *data = g_bytes_get_data (npz->bytes, &size);
  guint64 start = LOCAL_SIZE;
  g_autofree guint8 *plain = NULL;

  if ((member->flags & 1) != 0 || (member->method != STORED && member->method != DEFLATED))
    {
      fail (error, PLE_FILE_ERROR_UNSUPPORTED, label,
            "encrypted, or packed by a method that is not read; save it with numpy.savez");
      return NULL;
    }
  if (size < LOCAL_SIZE || member->offset > size - LOCAL_SIZE ||
      memcmp (data + member->offset, "PK\3\4", 4) != 0)
    {
      fail (error, PLE_FILE_ERROR_FORMAT, label, "no such member where the directory says");
      return NULL;
    }
  start += member->offset + get16 (data + member->offset + 26) + get16 (data + member->offset + 28);
  if (start > size || member->packed > size - start)
    {
      fail (error, PLE_FILE_ERROR_TRUNCATED, label, "the file ends within the member");
      return NULL;
    }
  data += start;
  if (member->method == STORED ? member->packed != member->plain
                               : member->plain / MAX_RATIO > member->packed)
    {
      fail (error, PLE_FILE_ERROR_FORMAT, label, "the member's sizes do not fit together");
      return NULL;
    }
  if (member->method == DEFLATED)
    {
      plain = g_try_malloc (MAX (member->plain, 1));
      if (plain == NULL)
        {
          fail (error, PLE_FILE_ERROR_TOO_LARGE, label, "does not fit in memory");
          return NULL;
        }
      if (!inflate_to (data, member->packed, plain, member->plain))
        {
          fail (error, PLE_FILE_ERROR_FORMAT, label, "the packed bytes are broken");
          return NULL;
        }
      data = plain;
    }
  if (crc32_of (0, data, member->plain) != member->crc)
    {
      fail (error, PLE_FILE_ERROR_FORMAT, label, "the bytes have changed since they were written");
      return NULL;
    }
  if (plain != NULL)
    return g_bytes_new_take (g_steal_pointer (&plain), member->plain);
  return g_bytes_new_from_bytes (npz->bytes, start, member->plain);
}

PleArray *
ple_npz_get (PleNpz *npz, const char *name, GError **error)
{
  g_autofree char *label = g_strdup_printf ("%s: %s", npz->name, name);
  g_autoptr (GBytes) bytes = NULL;
  gpointer index;

  if (!g_hash_table_lookup_extended (npz->index, name, NULL, &index))
    {
      fail (error, PLE_FILE_ERROR_FORMAT, label, "no array of that name");
      return NULL;
    }
  bytes =
      extract (npz, &g_array_index (npz->members, Member, GPOINTER_TO_SIZE (index)), label, error);
  return bytes != NULL ? ple_npy_parse (bytes, label, error) : NULL;
}

static void
put (GByteArray *out, guint64 value, guint n_bytes)
{
  guint8 bytes[8];

  for (guint i = 0; i < n_bytes; i++)
    bytes[i] = (guint8) (value >> (8 * i));
  g_byte_array_append (out, bytes, n_bytes);
}

typedef struct
{
  guint32 crc;
  guint64 size;
  guint64 offset;
} Written;

/* The fields that local and central headers share, from "version needed" to the sizes. */
static void
put_common (GByteArray *out, const Written *written, gboolean wide)
{
  put (out, wide ? 45 : 20, 2);
  /* Names are UTF-8. */
  put (out, 0x800, 2);
  put (out, STORED, 2);
  put (out, 0, 2);
  put (out, DOS_DATE, 2);
  put (out, written->crc, 4);
  put (out, wide ? G_MAXUINT32 : written->size, 4);
  put (out, wide ? G_MAXUINT32 : written->size, 4);
}

static gboolean
write_all (PleAtomicFile *file, gconstpointer bytes, size_t size, const char *path, GError **error)
{
  int saved;

  if (size == 0 || fwrite (bytes, 1, size, ple_atomic_file_get_stream (file)) == size)
    return TRUE;
  saved = errno;
  g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (saved), "%s: cannot write: %s",
               path, g_strerror (saved));
  return FALSE;
}

static gboolean
write_member (PleAtomicFile *file,
              const PleNpzMember *member,
              Written *written,
              guint64 *offset,
              const char *path,
              GError **error)
{
  g_autoptr (GByteArray) header = ple_npy_header (member->type, member->n_dims, member->shape);
  g_autoptr (GByteArray) local = g_byte_array_new ();
  size_t n, n_bytes;
  gboolean wide;

  if (!ple_array_count (member->n_dims, member->shape, ple_array_type_size (member->type), &n,
                        &n_bytes))
    return fail (error, PLE_FILE_ERROR_TOO_LARGE, path, "an array is too large to be written");
  written->crc = crc32_of (0, header->data, header->len);
  written->crc = crc32_of (written->crc, member->data, n_bytes);
  written->size = header->len + n_bytes;
  written->offset = *offset;
  wide = written->size >= G_MAXUINT32;

  g_byte_array_append (local, (const guint8 *) "PK\3\4", 4);
  put_common (local, written, wide);
  put (local, strlen (member->name) + 4, 2);
  put (local, wide ? 20 : 0, 2);
  g_byte_array_append (local, (const guint8 *) member->name, (guint) strlen (member->name));
  g_byte_array_append (local, (const guint8 *) ".npy", 4);
  if (wide)
    {
      put (local, 1, 2);
      put (local, 16, 2);
      put (local, written->size, 8);
      put (local, written->size, 8);
    }
  *offset += local->len + written->size;
  return write_all (file, local->data, local->len, path, error) &&
         write_all (file, header->data, header->len, path, error) &&
         write_all (file, member->data, n_bytes, path, error);
}

static void
put_central (GByteArray *out, const PleNpzMember *member, const Written *written)
{
  gboolean wide = written->size >= G_MAXUINT32 || written->offset >= G_MAXUINT32;

  g_byte_array_append (out, (const guint8 *) "PK\1\2", 4);
  put (out, wide ? 45 : 20, 2);
  put_common (out, written, wide);
  put (out, strlen (member->name) + 4, 2);
  put (out, wide ? 28 : 0, 2);
  /* Comment, disk, attributes. */
  put (out, 0, 2);
  put (out, 0, 2);
  put (out, 0, 2);
  put (out, 0, 4);
  put (out, wide ? G_MAXUINT32 : written->offset, 4);
  g_byte_array_append (out, (const guint8 *) member->name, (guint) strlen (member->name));
  g_byte_array_append (out, (const guint8 *) ".npy", 4);
  if (wide)
    {
      put (out, 1, 2);
      put (out, 24, 2);
      put (out, written->size, 8);
      put (out, written->size, 8);
      put (out, written->offset, 8);
    }
}

/* The end of central directory, preceded by its 64-bit form where a number needs it. */
static void
put_end (GByteArray *out, guint64 n, guint64 length, guint64 offset)
{
  if (n >= G_MAXUINT16 || length >= G_MAXUINT32 || offset >= G_MAXUINT32)
    {
      g_byte_array_append (out, (const guint8 *) "PK\6\6", 4);
      put (out, END64_SIZE - 12, 8);
      put (out, 45, 2);
      put (out, 45, 2);
      put (out, 0, 4);
      put (out, 0, 4);
      put (out, n, 8);
      put (out, n, 8);
      put (out, length, 8);
      put (out, offset, 8);
      g_byte_array_append (out, (const guint8 *) "PK\6\7", 4);
      put (out, 0, 4);
      put (out, offset + length, 8);
      put (out, 1, 4);
    }
  g_byte_array_append (out, (const guint8 *) "PK\5\6", 4);
  put (out, 0, 4);
  put (out, MIN (n, G_MAXUINT16), 2);
  put (out, MIN (n, G_MAXUINT16), 2);
  put (out, MIN (length, G_MAXUINT32), 4);
  put (out, MIN (offset, G_MAXUINT32), 4);
  put (out, 0, 2);
}

gboolean
ple_npz_write (const char *path, const PleNpzMember *members, size_t n_members, GError **error)
{
  g_autoptr (PleAtomicFile) file = ple_atomic_file_begin (path, error);
  g_autoptr (GByteArray) central = g_byte_array_new ();
  g_autofree Written *written = g_new0 (Written, MAX (n_members, 1));
  guint64 offset = 0, length;

  if (file == NULL)
    return FALSE;
  for (size_t i = 0; i < n_members; i++)
    {
      g_return_val_if_fail (members[i].n_dims <= PLE_ARRAY_MAX_DIMS, FALSE);
      if (!write_member (file, &members[i], &written[i], &offset, path, error))
        return FALSE;
    }
  for (size_t i = 0; i < n_members; i++)
    put_central (central, &members[i], &written[i]);
  length = central->len;
  put_end (central, n_members, length, offset);
  return write_all (file, central->data, central->len, path, error) &&
         ple_atomic_file_commit (g_steal_pointer (&file), error);
}
