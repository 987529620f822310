/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-archive-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Tar (POSIX.1-1988 "ustar", POSIX.1-2001 "pax", GNU): blocks of 512 bytes. A header block
 *
 *   0    100  name
 *   124  12   size: octal digits, or big-endian binary if the top bit of the first byte is set
 *   148  8    sum of all bytes of the block, these eight taken as spaces, in octal digits
 *   156  1    type: '0' or NUL a file, 'L' a long name for the next member, 'x' further
 *             attributes of the next member ("LENGTH path=...\n"), 'S' a sparse file, ...
 *   257  5    "ustar", in all but the oldest
 *   345  155  what stands before the name
 *
 * is followed by the data, filled up to whole blocks. A block of zeros ends it. */

#define BLOCK 512
#define MAX_ATTRIBUTES (1 << 20)
#define REPORT_EVERY 1024

typedef struct
{
  int fd;
  PleGzip *gzip; /* (nullable) */
  guint64 size;  /* of the tar; beyond all bounds if it is packed and so not known */
  const char *name;
  char *next_name; /* from an 'L' or 'x' member, for the next one */
  gint64 next_size;
} Tar;

static gboolean
read_at (const Tar *tar, guint64 offset, void *buffer, size_t size)
{
  return tar->gzip != NULL ? ple_gzip_read_at (tar->gzip, offset, buffer, size, tar->name, NULL)
                           : ple_file_read_at (tar->fd, offset, buffer, size, tar->name, NULL);
}

static gboolean
parse_number (const guint8 *field, size_t n, guint64 *value)
{
  *value = 0;
  if (field[0] & 0x80)
    {
      for (size_t i = 0; i < n; i++)
        {
          if (*value >> 55 != 0)
            return FALSE;
          *value = *value << 8 | (i == 0 ? field[i] & 0x7f : field[i]);
        }
      return TRUE;
    }
  while (n > 0 && *field == ' ')
    field++, n--;
  for (; n > 0 && *field >= '0' && *field <= '7'; field++, n--)
    *value = *value << 3 | (guint64) (*field - '0');
  return n == 0 || *field == '\0' || *field == ' ';
}

/* Some old programs summed the bytes as signed ones. */
static gboolean
sum_is_right (const guint8 *block)
{
  guint64 claimed;
  gint64 sum = 0, signed_sum = 0;

  for (size_t i = 0; i < BLOCK; i++)
    {
      guint8 byte = i >= 148 && i < 156 ? ' ' : block[i];

      sum += byte;
      signed_sum += (gint8) byte;
    }
  return parse_number (block + 148, 8, &claimed) &&
         ((gint64) claimed == sum || (gint64) claimed == signed_sum);
}

static gboolean
is_zero (const guint8 *block)
{
  for (size_t i = 0; i < BLOCK; i++)
    if (block[i] != 0)
      return FALSE;
  return TRUE;
}

/* "LENGTH KEY=VALUE\n", again and again; LENGTH counts all of it. */
static void
parse_attributes (Tar *tar, const char *text, size_t size)
{
  const char *end = text + size;

  while (text < end)
    {
      const char *space = memchr (text, ' ', (size_t) (end - text));
      const char *key, *equals, *stop;
      guint64 length = 0;

      for (const char *p = text; space != NULL && p < space; p++)
        length = g_ascii_isdigit (*p) && length < MAX_ATTRIBUTES
                     ? length * 10 + (guint64) (*p - '0')
                     : MAX_ATTRIBUTES + 1;
      if (space == NULL || length > (guint64) (end - text) || length < (guint64) (space - text) + 2)
        return;
      key = space + 1;
      stop = text + length - 1;
      equals = memchr (key, '=', (size_t) (stop - key));
      if (equals != NULL && equals - key == 4 && memcmp (key, "path", 4) == 0)
        {
          g_free (tar->next_name);
          tar->next_name = g_strndup (equals + 1, (size_t) (stop - equals - 1));
        }
      else if (equals != NULL && equals - key == 4 && memcmp (key, "size", 4) == 0)
        {
          g_autofree char *digits = g_strndup (equals + 1, (size_t) (stop - equals - 1));

          if (!g_ascii_string_to_signed (digits, 10, 0, G_MAXINT64, &tar->next_size, NULL))
            tar->next_size = -1;
        }
      text += length;
    }
}

/* (transfer full) */
static char *
header_name (const guint8 *block)
{
  g_autofree char *name = g_strndup ((const char *) block, 100);
  g_autofree char *prefix = g_strndup ((const char *) block + 345, 155);

  /* GNU's own form of the header keeps times where POSIX has the prefix. */
  if (*prefix == '\0' || memcmp (block + 257, "ustar\0", 6) != 0)
    return g_steal_pointer (&name);
  return g_strconcat (prefix, "/", name, NULL);
}

/* Long names and attributes of the next member. */
static gboolean
read_attributes (Tar *tar, guint8 type, guint64 at, guint64 size)
{
  g_autofree char *text = NULL;

  if (size > MAX_ATTRIBUTES)
    return FALSE;
  text = g_malloc0 (size + 1);
  if (!read_at (tar, at, text, size))
    return FALSE;
  if (type == 'x')
    parse_attributes (tar, text, size);
  else
    {
      g_free (tar->next_name);
      tar->next_name = g_steal_pointer (&text);
    }
  return TRUE;
}

static void
visit_member (Tar *tar,
              guint8 type,
              const guint8 *block,
              guint64 data,
              guint64 size,
              GArray *members,
              const PleArchiveVisitor *visitor)
{
  g_autofree char *name =
      tar->next_name != NULL ? g_steal_pointer (&tar->next_name) : header_name (block);
  PleArchiveMember member = { .offset = data, .packed_size = size, .size = size };

  if (type == 'S')
    visitor->odd (visitor->data, name, _ ("a sparse file, which is not read from archives"));
  else if ((type == '0' || type == '\0' || type == '7') && !g_str_has_suffix (name, "/"))
    ple_archive_visit (members, visitor, name, &member);
}

/* One member at @at, which moves behind it. Returns: %FALSE at the end; @reason then says what is
 * wrong, or is %NULL. */
static gboolean
read_member (
    Tar *tar, guint64 *at, GArray *members, const PleArchiveVisitor *visitor, const char **reason)
{
  guint8 block[BLOCK];
  guint64 size, data = *at + BLOCK;
  guint8 type;

  *reason = NULL;
  if (*at == tar->size)
    return FALSE;
  if (tar->size - *at < BLOCK || !read_at (tar, *at, block, BLOCK))
    {
      *reason = _ ("ends in the middle of a header");
      return FALSE;
    }
  if (is_zero (block))
    return FALSE;
  if (!sum_is_right (block) || !parse_number (block + 124, 12, &size))
    {
      *reason = *at == 0 ? _ ("not a tar archive") : _ ("damaged; what follows cannot be read");
      return FALSE;
    }
  type = block[156];
  if (type != 'x' && type != 'L' && type != 'K' && type != 'g' && tar->next_size >= 0)
    {
      size = (guint64) tar->next_size;
      tar->next_size = -1;
    }
  /* Links and folders have no data, whatever their size field says. */
  if (type >= '1' && type <= '6')
    size = 0;
  if (size > tar->size - data)
    {
      *reason = _ ("ends in the middle of a member");
      return FALSE;
    }
  if (type == 'x' || type == 'L')
    {
      if (!read_attributes (tar, type, data, size))
        {
          *reason = _ ("a name or its attributes are too long");
          return FALSE;
        }
    }
  else if (type != 'K' && type != 'g')
    visit_member (tar, type, block, data, size, members, visitor);
  *at = data + MIN ((size + BLOCK - 1) / BLOCK * BLOCK, tar->size - data);
  return TRUE;
}

gboolean
ple_archive_index_tar (int fd,
                       PleGzip *gzip,
                       guint64 size,
                       const char *name,
                       GArray *members,
                       const PleArchiveVisitor *visitor,
                       PleProgress *progress,
                       GError **error)
{
  /* A packed tar: so that no sum of offsets can overflow. */
  Tar tar = { .fd = fd,
              .gzip = gzip,
              .size = gzip != NULL ? G_MAXUINT64 >> 1 : size,
              .name = name,
              .next_size = -1 };
  guint64 at = 0;
  const char *reason = NULL;
  gboolean ok = TRUE;

  for (size_t n = 0; ok && read_member (&tar, &at, members, visitor, &reason); n++)
    if (n % REPORT_EVERY == 0)
      ok = ple_progress_report_detail (progress, MIN ((double) at / (double) size, 1), error,
                                       _ ("%u files"), members->len);
  g_free (tar.next_name);
  ok = ok && ple_progress_check (progress, error);
  if (ok && reason != NULL && at == 0)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, "%s: %s", name, reason);
      return FALSE;
    }
  if (ok && reason != NULL)
    visitor->odd (visitor->data, name, reason);
  return ok;
}
