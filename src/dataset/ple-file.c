/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-dataset-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

gboolean
ple_file_fail (GError **error, const char *name, const char *verb)
{
  int saved = errno;

  g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (saved), "%s: %s: %s", name, verb,
               g_strerror (saved));
  return FALSE;
}

int
ple_file_open (const char *path, const char *name, guint64 *size, gint64 *mtime, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  struct stat info;

  if (fd < 0)
    {
      ple_file_fail (error, name, _ ("cannot open"));
      return -1;
    }
  if (fstat (fd, &info) != 0)
    {
      ple_file_fail (error, name, _ ("cannot look at it"));
      close (fd);
      return -1;
    }
  if (!S_ISREG (info.st_mode))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, _ ("%s: not a regular file"),
                   name);
      close (fd);
      return -1;
    }
  if (size != NULL)
    *size = (guint64) info.st_size;
  if (mtime != NULL)
    *mtime = info.st_mtim.tv_sec * G_GINT64_CONSTANT (1000000000) + info.st_mtim.tv_nsec;
  return fd;
}

gboolean
ple_file_read_at (
    int fd, guint64 offset, void *buffer, size_t size, const char *name, GError **error)
{
  guint8 *next = buffer;

  while (size > 0)
    {
      ssize_t n = pread (fd, next, size, (off_t) offset);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return ple_file_fail (error, name, _ ("cannot read"));
      if (n == 0)
        {
          g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TRUNCATED,
                       _ ("%s: ends before what it promises"), name);
          return FALSE;
        }
      next += n;
      offset += (guint64) n;
      size -= (size_t) n;
    }
  return TRUE;
}

GBytes *
ple_file_load (const char *path, const char *name, guint64 max_size, GError **error)
{
  guint64 size;
  int fd = ple_file_open (path, name, &size, NULL, error);
  g_autofree guint8 *data = NULL;
  gboolean ok;

  if (fd < 0)
    return NULL;
  if (size > max_size)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE,
                   _ ("%s: %" G_GUINT64_FORMAT " bytes are too many for what it is"), name, size);
      close (fd);
      return NULL;
    }
  data = g_try_malloc (MAX (size, 1));
  if (data == NULL)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE,
                   _ ("%s: no memory for its %" G_GUINT64_FORMAT " bytes"), name, size);
      close (fd);
      return NULL;
    }
  ok = ple_file_read_at (fd, 0, data, size, name, error);
  close (fd);
  return ok ? g_bytes_new_take (g_steal_pointer (&data), size) : NULL;
}

gboolean
ple_file_is_there (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  return g_file_test (path, G_FILE_TEST_IS_REGULAR);
}

char **
ple_text_split_lines (GBytes *bytes)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  size_t size;
  const char *text = g_bytes_get_data (bytes, &size);
  const char *end = text + size;

  while (text < end)
    {
      const char *stop = memchr (text, '\n', (size_t) (end - text));
      g_autofree char *line = g_strndup (text, (size_t) ((stop != NULL ? stop : end) - text));

      if (*g_strstrip (line) != '\0')
        g_ptr_array_add (lines, g_steal_pointer (&line));
      text = stop != NULL ? stop + 1 : end;
    }
  g_ptr_array_add (lines, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&lines), FALSE);
}

char **
ple_file_read_lines (const char *path)
{
  g_autoptr (GBytes) bytes = ple_file_load (path, path, 64 << 20, NULL);

  return bytes != NULL ? ple_text_split_lines (bytes) : NULL;
}

static gboolean
is_one_of (const char *text, const char *const *list)
{
  for (size_t i = 0; list[i] != NULL; i++)
    if (g_ascii_strcasecmp (text, list[i]) == 0)
      return TRUE;
  return FALSE;
}

PleNameKind
ple_name_get_kind (const char *name)
{
  static const char *const pictures[] = { "jpeg", "jpg",  "png", "webp", "gif", "bmp",
                                          "tif",  "tiff", "jpe", "jfif", "dib", NULL };
  static const char *const texts[] = { "txt", "csv",  "tsv", "json", "jsonl", "md",
                                       "xml", "yaml", "yml", "html", NULL };
  static const char *const litter[] = { "Thumbs.db", "desktop.ini", NULL };
  static const char *const notes[] = { "README", "LICENSE", "LICENCE", "COPYING", NULL };
  const char *dot = strrchr (name, '.');

  if (name[0] == '.' || is_one_of (name, litter))
    return PLE_NAME_LITTER;
  if (dot != NULL && is_one_of (dot + 1, pictures))
    return PLE_NAME_PICTURE;
  return (dot != NULL && is_one_of (dot + 1, texts)) || is_one_of (name, notes) ? PLE_NAME_TEXT
                                                                                : PLE_NAME_OTHER;
}
