/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-atomic.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX ".tmp-"
#define SWEEP_AGE_SECONDS 3600

struct _PleAtomicDir
{
  char *final_path;
  char *path;
};

struct _PleAtomicFile
{
  char *final_path;
  char *path;
  FILE *stream;
};

static gboolean
fail_errno (GError **error, const char *path, const char *verb)
{
  int saved = errno;

  g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (saved), "%s: %s: %s", path, verb,
               g_strerror (saved));
  return FALSE;
}

/* ".tmp-NAME-XXXXXX" in the folder of @path, whose parents are made. */
static char *
template_beside (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *temporary = NULL;

  if (g_mkdir_with_parents (folder, 0777) != 0)
    {
      fail_errno (error, folder, "cannot make the folder");
      return NULL;
    }
  if (strlen (name) > 200)
    name[200] = '\0';
  temporary = g_strdup_printf (PREFIX "%s-XXXXXX", name);
  return g_build_filename (folder, temporary, NULL);
}

static gboolean
sync_path (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  gboolean ok;

  if (fd < 0)
    return fail_errno (error, path, "cannot open to sync");
  /* EINVAL: a file system without syncing of folders. */
  ok = fsync (fd) == 0 || errno == EINVAL || fail_errno (error, path, "cannot sync");
  close (fd);
  return ok;
}

static gboolean
sync_parent (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);

  return sync_path (folder, error);
}

static gboolean
sync_recursively (const char *path, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, error);
  const char *name;

  if (dir == NULL)
    return FALSE;
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);
      struct stat info;

      if (lstat (child, &info) != 0)
        return fail_errno (error, child, "cannot look at it");
      if (S_ISDIR (info.st_mode) ? !sync_recursively (child, error)
                                 : S_ISREG (info.st_mode) && !sync_path (child, error))
        return FALSE;
    }
  return sync_path (path, error);
}

PleAtomicDir *
ple_atomic_dir_begin (const char *final_path, GError **error)
{
  g_autofree char *path = template_beside (final_path, error);
  PleAtomicDir *dir;

  if (path == NULL)
    return NULL;
  if (g_mkdtemp_full (path, 0777) == NULL)
    {
      fail_errno (error, path, "cannot make the folder");
      return NULL;
    }
  dir = g_new (PleAtomicDir, 1);
  dir->final_path = g_strdup (final_path);
  dir->path = g_steal_pointer (&path);
  return dir;
}

const char *
ple_atomic_dir_get_path (const PleAtomicDir *dir)
{
  return dir->path;
}

char *
ple_atomic_dir_build (const PleAtomicDir *dir, const char *name)
{
  return g_build_filename (dir->path, name, NULL);
}

static void
dir_free (PleAtomicDir *dir)
{
  g_free (dir->final_path);
  g_free (dir->path);
  g_free (dir);
}

/* For file systems without an exchange: the old one goes into a fresh temporary folder, whose name
 * is unique and swept if we die here. Between the two renames there is no folder at the final path.
 */
static gboolean
replace_in_two_steps (PleAtomicDir *dir, GError **error)
{
  g_autofree char *holder = template_beside (dir->final_path, error);
  g_autofree char *old = NULL;

  if (holder == NULL)
    return FALSE;
  if (g_mkdtemp_full (holder, 0777) == NULL)
    return fail_errno (error, holder, "cannot make the folder");
  old = g_build_filename (holder, "old", NULL);
  if (rename (dir->final_path, old) != 0)
    {
      fail_errno (error, dir->final_path, "cannot move the old one away");
      g_rmdir (holder);
      return FALSE;
    }
  if (rename (dir->path, dir->final_path) != 0)
    {
      fail_errno (error, dir->final_path, "cannot put in place");
      if (rename (old, dir->final_path) == 0)
        g_rmdir (holder);
      return FALSE;
    }
  ple_remove_recursively (holder, NULL);
  return TRUE;
}

/* Puts the new folder in place at once; what stood there is gone afterwards. */
static gboolean
put_in_place (PleAtomicDir *dir, GError **error)
{
  /* Not over an empty folder or a file either: rename() would take the one and refuse the other. */
  if (renameat2 (AT_FDCWD, dir->path, AT_FDCWD, dir->final_path, RENAME_NOREPLACE) == 0)
    return TRUE;
  if (errno == EEXIST &&
      renameat2 (AT_FDCWD, dir->path, AT_FDCWD, dir->final_path, RENAME_EXCHANGE) == 0)
    {
      ple_remove_recursively (dir->path, NULL);
      return TRUE;
    }
  if (g_file_test (dir->final_path, G_FILE_TEST_EXISTS))
    return replace_in_two_steps (dir, error);
  return rename (dir->path, dir->final_path) == 0 ||
         fail_errno (error, dir->final_path, "cannot put in place");
}

gboolean
ple_atomic_dir_commit (PleAtomicDir *dir, GError **error)
{
  g_autoptr (PleAtomicDir) owned = dir;

  if (!sync_recursively (dir->path, error) || !put_in_place (dir, error) ||
      !sync_parent (dir->final_path, error))
    return FALSE;
  dir_free (g_steal_pointer (&owned));
  return TRUE;
}

gboolean
ple_atomic_put_dir (const char *path, const char *final_path, GError **error)
{
  PleAtomicDir dir = { .final_path = (char *) final_path, .path = (char *) path };
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean ok;

  if (fd < 0)
    return fail_errno (error, path, "cannot open to sync");
  ok = syncfs (fd) == 0 || fail_errno (error, path, "cannot sync");
  close (fd);
  return ok && put_in_place (&dir, error) && sync_parent (final_path, error);
}

void
ple_atomic_dir_abort (PleAtomicDir *dir)
{
  if (dir == NULL)
    return;
  ple_remove_recursively (dir->path, NULL);
  dir_free (dir);
}

PleAtomicFile *
ple_atomic_file_begin (const char *path, GError **error)
{
  g_autofree char *temporary = template_beside (path, error);
  PleAtomicFile *file;
  FILE *stream;
  int fd;

  if (temporary == NULL)
    return NULL;
  fd = g_mkstemp_full (temporary, O_RDWR | O_CLOEXEC, 0666);
  stream = fd >= 0 ? fdopen (fd, "w+b") : NULL;
  if (stream == NULL)
    {
      fail_errno (error, path, "cannot write");
      if (fd >= 0)
        close (fd);
      return NULL;
    }
  file = g_new (PleAtomicFile, 1);
  file->final_path = g_strdup (path);
  file->path = g_steal_pointer (&temporary);
  file->stream = stream;
  return file;
}

gpointer
ple_atomic_file_get_stream (PleAtomicFile *file)
{
  return file->stream;
}

const char *
ple_atomic_file_get_path (const PleAtomicFile *file)
{
  return file->path;
}

static void
file_free (PleAtomicFile *file)
{
  if (file->stream != NULL)
    fclose (file->stream);
  g_free (file->final_path);
  g_free (file->path);
  g_free (file);
}

gboolean
ple_atomic_file_commit (PleAtomicFile *file, GError **error)
{
  g_autoptr (PleAtomicFile) owned = file;
  FILE *stream = g_steal_pointer (&file->stream);
  gboolean failed = ferror (stream) != 0 || fflush (stream) != 0;

  if (fclose (stream) != 0 || failed)
    return fail_errno (error, file->final_path, "cannot write");
  /* By name, because a writer may have replaced the file that we opened. */
  if (!sync_path (file->path, error))
    return FALSE;
  if (rename (file->path, file->final_path) != 0)
    return fail_errno (error, file->final_path, "cannot put in place");
  if (!sync_parent (file->final_path, error))
    return FALSE;
  file_free (g_steal_pointer (&owned));
  return TRUE;
}

void
ple_atomic_file_abort (PleAtomicFile *file)
{
  if (file == NULL)
    return;
  g_unlink (file->path);
  file_free (file);
}

gboolean
ple_atomic_write (const char *path, gconstpointer bytes, size_t size, GError **error)
{
  g_autoptr (PleAtomicFile) file = ple_atomic_file_begin (path, error);

  if (file == NULL)
    return FALSE;
  if (size > 0 && fwrite (bytes, 1, size, file->stream) != size)
    return fail_errno (error, path, "cannot write");
  return ple_atomic_file_commit (g_steal_pointer (&file), error);
}

gboolean
ple_remove_recursively (const char *path, GError **error)
{
  struct stat info;

  if (lstat (path, &info) != 0)
    return errno == ENOENT || fail_errno (error, path, "cannot look at it");
  if (S_ISDIR (info.st_mode))
    {
      g_autoptr (GDir) dir = g_dir_open (path, 0, error);
      const char *name;

      if (dir == NULL)
        return FALSE;
      while ((name = g_dir_read_name (dir)) != NULL)
        {
          g_autofree char *child = g_build_filename (path, name, NULL);

          if (!ple_remove_recursively (child, error))
            return FALSE;
        }
    }
  return g_remove (path) == 0 || fail_errno (error, path, "cannot remove");
}

void
ple_atomic_sweep (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      struct stat info;

      if (g_str_has_prefix (name, PREFIX) && lstat (path, &info) == 0 &&
          now - info.st_mtime > SWEEP_AGE_SECONDS)
        ple_remove_recursively (path, NULL);
    }
}
