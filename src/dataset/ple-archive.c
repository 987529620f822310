/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-archive-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

typedef enum
{
  FORM_NONE,
  FORM_TAR,
  FORM_ZIP,
  FORM_GZIP_TAR,
  FORM_PACKED_TAR,
} Form;

struct _PleArchive
{
  Form form;
  int fd;
  guint64 size;
  GArray *members;
  PleGzip *gzip;
  PleUnpacked *unpacked; /* of a packed tar: one of the two */
  PleArchiveStream *stream;
};

static Form
find_form (const char *name, const guint8 *head, size_t size)
{
  static const struct
  {
    size_t size;
    const char *magic;
  } packers[] = { { 2, "\x1f\x8b" },
                  { 3, "BZh" },
                  { 6, "\xfd"
                       "7zXZ" },
                  { 4, "\x28\xb5\x2f\xfd" } };
  g_autofree char *lower = g_ascii_strdown (name, -1);
  const char *dot = strrchr (lower, '.');
  gboolean called_tar =
      strstr (lower, ".tar.") != NULL || (dot != NULL && dot[1] == 't' && strlen (dot) <= 5);

  if (size >= 4 && (memcmp (head, "PK\3\4", 4) == 0 || memcmp (head, "PK\5\6", 4) == 0))
    return FORM_ZIP;
  if (size >= 512 && (memcmp (head + 257, "ustar", 5) == 0 || g_str_has_suffix (lower, ".tar")))
    return FORM_TAR;
  for (size_t i = 0; called_tar && i < G_N_ELEMENTS (packers); i++)
    if (size >= packers[i].size && memcmp (head, packers[i].magic, packers[i].size) == 0)
      return i == 0 ? FORM_GZIP_TAR : FORM_PACKED_TAR;
  return FORM_NONE;
}

gboolean
ple_archive_recognise (const char *name, const guint8 *head, size_t head_size)
{
  return find_form (name, head, head_size) != FORM_NONE;
}

char *
ple_archive_clean_name (const char *name)
{
  GString *clean = g_string_new (NULL);
  /* Zips from Windows may have '\' throughout. */
  char separator = strchr (name, '/') == NULL ? '\\' : '/';
  gboolean outward = FALSE;

  while (*name != '\0' && !outward)
    {
      const char *stop = strchr (name, separator);
      size_t n = stop != NULL ? (size_t) (stop - name) : strlen (name);

      outward = n == 2 && memcmp (name, "..", 2) == 0;
      if (n > 0 && !(n == 1 && *name == '.'))
        {
          if (clean->len > 0)
            g_string_append_c (clean, '/');
          g_string_append_len (clean, name, (gssize) n);
        }
      name += n + (stop != NULL);
    }
  if (outward || clean->len == 0)
    {
      g_string_free (clean, TRUE);
      return NULL;
    }
  return g_string_free (clean, FALSE);
}

void
ple_archive_visit (GArray *members,
                   const PleArchiveVisitor *visitor,
                   const char *raw_name,
                   const PleArchiveMember *member)
{
  g_autofree char *name = ple_archive_clean_name (raw_name);

  if (name == NULL)
    visitor->odd (visitor->data, raw_name, _ ("its path leads out of the archive; it is left out"));
  else if (visitor->found (visitor->data, name, member->size))
    g_array_append_val (members, *member);
}

/* Unpacked, or else as it is. */
static gboolean
open_packed_tar (PleArchive *archive,
                 const char *path,
                 const char *name,
                 gint64 mtime,
                 const char *cache_dir,
                 const PleArchiveVisitor *visitor,
                 PleProgress *progress,
                 GError **error)
{
  g_autoptr (PleProgress) unpacking = ple_progress_new_stage (progress, NULL, 0, 0.95);
  g_autoptr (PleProgress) listing = ple_progress_new_stage (progress, NULL, 0.95, 1);
  guint64 size = 0;
  int fd = -1;

  if (cache_dir != NULL)
    {
      archive->unpacked =
          ple_unpacked_new (path, name, archive->size, mtime, cache_dir, unpacking, error);
      if (archive->unpacked == NULL)
        return FALSE;
      fd = ple_unpacked_get_fd (archive->unpacked, &size);
    }
  if (fd < 0)
    {
      archive->stream = ple_archive_stream_new (path, archive->size, name, archive->members,
                                                visitor, progress, error);
      return archive->stream != NULL;
    }
  if (!ple_archive_index_tar (fd, NULL, size, name, archive->members, visitor, listing, error))
    return FALSE;
  ple_unpacked_keep (archive->unpacked);
  return TRUE;
}

PleArchive *
ple_archive_open (const char *path,
                  const char *name,
                  const char *cache_dir,
                  const PleArchiveVisitor *visitor,
                  PleProgress *progress,
                  GError **error)
{
  g_autoptr (PleArchive) archive = g_new0 (PleArchive, 1);
  guint8 head[512];
  size_t head_size;
  gint64 mtime;
  gboolean ok = FALSE;

  archive->members = g_array_new (FALSE, FALSE, sizeof (PleArchiveMember));
  archive->fd = ple_file_open (path, name, &archive->size, &mtime, error);
  if (archive->fd < 0)
    return NULL;
  head_size = MIN (archive->size, sizeof head);
  if (!ple_file_read_at (archive->fd, 0, head, head_size, name, error))
    return NULL;
  archive->form = find_form (name, head, head_size);
  switch (archive->form)
    {
    case FORM_GZIP_TAR:
      archive->gzip = ple_gzip_new (archive->fd, archive->size);
      ple_gzip_set_progress (archive->gzip, progress);
      ok = ple_archive_index_tar (archive->fd, archive->gzip, archive->size, name, archive->members,
                                  visitor, progress, error);
      ple_gzip_set_progress (archive->gzip, NULL);
      break;
    case FORM_TAR:
      ok = ple_archive_index_tar (archive->fd, NULL, archive->size, name, archive->members, visitor,
                                  progress, error);
      break;
    case FORM_ZIP:
      ok = ple_archive_index_zip (archive->fd, archive->size, name, archive->members, visitor,
                                  progress, error);
      break;
    case FORM_PACKED_TAR:
      ok = open_packed_tar (archive, path, name, mtime, cache_dir, visitor, progress, error);
      break;
    case FORM_NONE:
    default:
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, _ ("%s: not a tar or zip archive"),
                   name);
      break;
    }
  return ok ? g_steal_pointer (&archive) : NULL;
}

void
ple_archive_free (PleArchive *archive)
{
  if (archive == NULL)
    return;
  ple_gzip_free (archive->gzip);
  if (archive->fd >= 0)
    close (archive->fd);
  g_array_unref (archive->members);
  ple_unpacked_free (archive->unpacked);
  ple_archive_stream_free (archive->stream);
  g_free (archive);
}

gboolean
ple_archive_is_sequential (PleArchive *archive)
{
  return archive->form == FORM_GZIP_TAR || archive->form == FORM_PACKED_TAR;
}

static GBytes *
load_tar (PleArchive *archive, const PleArchiveMember *member, const char *name, GError **error)
{
  g_autofree guint8 *data = NULL;
  guint64 size;
  int fd = archive->unpacked != NULL ? ple_unpacked_get_fd (archive->unpacked, &size) : archive->fd;

  /* Deflate makes at most 1 032 bytes of one. */
  if (archive->gzip != NULL && member->size / 1032 > archive->size)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TRUNCATED,
                   _ ("%s: larger than its archive can hold"), name);
      return NULL;
    }
  data = g_try_malloc (MAX (member->size, 1));
  if (data == NULL)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE,
                   _ ("%s: no memory for its %" G_GUINT64_FORMAT " bytes"), name, member->size);
      return NULL;
    }
  if (archive->gzip != NULL
          ? !ple_gzip_read_at (archive->gzip, member->offset, data, member->size, name, error)
          : !ple_file_read_at (fd, member->offset, data, member->size, name, error))
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&data), member->size);
}

GBytes *
ple_archive_load (PleArchive *archive, size_t index, const char *name, GError **error)
{
  const PleArchiveMember *member;

  g_return_val_if_fail (index < archive->members->len, NULL);
  member = &g_array_index (archive->members, PleArchiveMember, index);
  if (member->size > PLE_MAX_PICTURE_BYTES)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE,
                   _ ("%s: %" G_GUINT64_FORMAT " bytes are too many for what it is"), name,
                   member->size);
      return NULL;
    }
  switch (archive->form)
    {
    case FORM_ZIP:
      return ple_archive_load_zip (archive->fd, archive->size, member, name, error);
    case FORM_PACKED_TAR:
      return archive->stream != NULL
                 ? ple_archive_stream_load (archive->stream, member, name, error)
                 : load_tar (archive, member, name, error);
    case FORM_TAR:
    case FORM_GZIP_TAR:
    case FORM_NONE:
    default:
      return load_tar (archive, member, name, error);
    }
}
