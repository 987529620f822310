/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-unpack.h"

#include "base/ple-atomic.h"
#include "dataset/ple-archive-private.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_SIZE ((size_t) 1 << 17)

typedef struct
{
  const char *name; /* of the archive, for messages */
  const char *top;
  const char *root; /* what we write below */
  const PleUnpackLimits *limits;
  PleProgress *progress;
  struct archive *archive;
  guint64 packed_size;
  guint64 n_files;
  guint64 n_bytes;
  guint8 *block;
} Unpacking;

static gboolean fail (Unpacking *work, PleFileError code, GError **error, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

static gboolean
fail (Unpacking *work, PleFileError code, GError **error, const char *format, ...)
{
  g_autofree char *reason = NULL;
  va_list arguments;

  va_start (arguments, format);
  reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, PLE_FILE_ERROR, (int) code, "%s: %s", work->name, reason);
  return FALSE;
}

static gboolean
fail_errno (Unpacking *work, const char *path, GError **error)
{
  int saved = errno;

  if (saved == ENOSPC || saved == EDQUOT)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC,
                 _ ("%s: the disk is full; make room and start again"), work->name);
  else
    g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (saved), "%s: %s", path,
                 g_strerror (saved));
  return FALSE;
}

static gboolean
is_of_a_mac (const char *name)
{
  const char *base = strrchr (name, '/');

  base = base != NULL ? base + 1 : name;
  return g_str_has_prefix (base, "._") || strcmp (base, ".DS_Store") == 0 ||
         g_str_has_prefix (name, "__MACOSX/") || strcmp (name, "__MACOSX") == 0;
}

/* The name below the root; "" for the top folder itself. (transfer full) (nullable) */
static char *
place (Unpacking *work, const char *raw, GError **error)
{
  g_autofree char *name = *raw != '/' ? ple_archive_clean_name (raw) : NULL;
  size_t length = work->top != NULL ? strlen (work->top) : 0;

  if (name == NULL && (strcmp (raw, ".") == 0 || strcmp (raw, "./") == 0))
    return g_strdup ("");
  if (name == NULL)
    fail (work, PLE_FILE_ERROR_FORMAT, error, _ ("a name in it leads out of it (%s)"), raw);
  else if (work->top == NULL || is_of_a_mac (name))
    return g_steal_pointer (&name);
  else if (strncmp (name, work->top, length) == 0 && (name[length] == '/' || name[length] == '\0'))
    return g_strdup (name + length + (name[length] == '/'));
  else
    fail (work, PLE_FILE_ERROR_FORMAT, error, _ ("%s in it is not in %s/"), name, work->top);
  return NULL;
}

static double
get_fraction (Unpacking *work)
{
  double fraction =
      (double) archive_filter_bytes (work->archive, -1) / (double) MAX (work->packed_size, 1);

  return CLAMP (fraction, 0, 1);
}

static gboolean
fail_reading (Unpacking *work, GError **error)
{
  const char *reason = archive_error_string (work->archive);

  return fail (work, PLE_FILE_ERROR_TRUNCATED, error, _ ("damaged or cut off (%s)"),
               reason != NULL ? reason : "?");
}

static gboolean
copy_data (Unpacking *work, int fd, const char *path, GError **error)
{
  for (;;)
    {
      la_ssize_t n = archive_read_data (work->archive, work->block, READ_SIZE);
      la_ssize_t done = 0;

      if (n == 0)
        return TRUE;
      if (n < 0)
        return fail_reading (work, error);
      work->n_bytes += (guint64) n;
      if (work->n_bytes > work->limits->max_bytes)
        return fail (work, PLE_FILE_ERROR_TOO_LARGE, error,
                     _ ("grows to more than it should (%" G_GUINT64_FORMAT " bytes)"),
                     work->limits->max_bytes);
      while (done < n)
        {
          ssize_t written = write (fd, work->block + done, (size_t) (n - done));

          if (written < 0 && errno == EINTR)
            continue;
          if (written <= 0)
            return fail_errno (work, path, error);
          done += written;
        }
      if (!ple_progress_report_detail (work->progress, get_fraction (work), error,
                                       _ ("%" G_GUINT64_FORMAT " files"), work->n_files))
        return FALSE;
    }
}

static gboolean
make_folder (Unpacking *work, const char *path, GError **error)
{
  return g_mkdir_with_parents (path, 0777) == 0 || fail_errno (work, path, error);
}

static gboolean
write_file (Unpacking *work, const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  gboolean ok;
  int fd;

  if (++work->n_files > work->limits->max_files)
    return fail (work, PLE_FILE_ERROR_TOO_LARGE, error,
                 _ ("holds more files than it should (%" G_GUINT64_FORMAT ")"),
                 work->limits->max_files);
  if (!make_folder (work, parent, error))
    return FALSE;
  fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (fd < 0 && errno == EEXIST)
    return fail (work, PLE_FILE_ERROR_FORMAT, error, _ ("holds a file twice (%s)"),
                 path + strlen (work->root) + 1);
  if (fd < 0)
    return fail_errno (work, path, error);
  ok = copy_data (work, fd, path, error);
  if (close (fd) != 0 && ok)
    return fail_errno (work, path, error);
  return ok;
}

static gboolean
take_member (Unpacking *work, struct archive_entry *entry, GError **error)
{
  const char *raw = archive_entry_pathname (entry);
  g_autofree char *name = NULL;
  g_autofree char *path = NULL;

  if (raw == NULL)
    return fail (work, PLE_FILE_ERROR_FORMAT, error, _ ("a name in it cannot be read"));
  name = place (work, raw, error);
  if (name == NULL)
    return FALSE;
  if (is_of_a_mac (name))
    return TRUE;
  path = *name != '\0' ? g_build_filename (work->root, name, NULL) : g_strdup (work->root);
  if (archive_entry_hardlink (entry) != NULL || archive_entry_symlink (entry) != NULL)
    return fail (work, PLE_FILE_ERROR_FORMAT, error, _ ("holds a link (%s)"), raw);
  if (archive_entry_filetype (entry) == AE_IFDIR)
    return make_folder (work, path, error);
  if (archive_entry_filetype (entry) != AE_IFREG || *name == '\0')
    return fail (work, PLE_FILE_ERROR_FORMAT, error, _ ("holds what is no file (%s)"), raw);
  return write_file (work, path, error);
}

static gboolean
take_all (Unpacking *work, GError **error)
{
  for (;;)
    {
      struct archive_entry *entry;
      int result = archive_read_next_header (work->archive, &entry);

      if (result == ARCHIVE_EOF)
        break;
      if (result != ARCHIVE_OK && result != ARCHIVE_WARN)
        return fail_reading (work, error);
      if (!take_member (work, entry, error) ||
          !ple_progress_report (work->progress, get_fraction (work), error))
        return FALSE;
    }
  return work->n_files > 0 || fail (work, PLE_FILE_ERROR_EMPTY, error, _ ("no files in it"));
}

static struct archive *
open_archive (const char *path, const char *name, GError **error)
{
  struct archive *archive = archive_read_new ();

  archive_read_support_filter_gzip (archive);
  archive_read_support_filter_bzip2 (archive);
  archive_read_support_filter_xz (archive);
  archive_read_support_filter_zstd (archive);
  archive_read_support_format_tar (archive);
  archive_read_support_format_zip (archive);
  if (archive_read_open_filename (archive, path, READ_SIZE) == ARCHIVE_OK)
    return archive;
  g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, _ ("%s: not an archive (%s)"), name,
               archive_error_string (archive));
  archive_read_free (archive);
  return NULL;
}

gboolean
ple_unpack (const char *path,
            const char *top,
            const char *folder,
            const PleUnpackLimits *limits,
            PleProgress *progress,
            GError **error)
{
  g_autofree char *name = g_path_get_basename (path);
  Unpacking work = { .name = name, .top = top, .limits = limits, .progress = progress };
  g_autoptr (PleAtomicDir) dir = NULL;
  g_autofree guint8 *block = NULL;
  GStatBuf info;
  gboolean ok;

  if (g_stat (path, &info) != 0)
    return fail_errno (&work, path, error);
  work.packed_size = (guint64) info.st_size;
  work.archive = open_archive (path, name, error);
  if (work.archive == NULL)
    return FALSE;
  dir = ple_atomic_dir_begin (folder, error);
  if (dir != NULL)
    {
      work.root = ple_atomic_dir_get_path (dir);
      work.block = block = g_malloc (READ_SIZE);
    }
  ok = dir != NULL && take_all (&work, error);
  archive_read_free (work.archive);
  /* What is put in place is no longer there for the handle to remove. */
  return ok && ple_atomic_put_dir (work.root, folder, error);
}
