/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PATH: .npy, version 1, '<f4', C order, 128 bytes of header, then the rows there are so far.
 * PATH.json: {"identity": "...", "num_samples": n, "feature_dim": d} */
#include "config.h"

#include "features/ple-growing-array.h"

#include "base/ple-json.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define HEADER 128
#define CONFIG_MAX ((size_t) 1 << 16)

struct _PleGrowingArray
{
  char *path;
  int fd;
  size_t n_rows;
  size_t n_cols;
  size_t n_done;
};

static gboolean
fail (const char *path, GError **error)
{
  int code = errno;

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), "%s: %s", path,
               g_strerror (code));
  return FALSE;
}

static void
make_header (size_t n_rows, size_t n_cols, char header[HEADER])
{
  g_autofree char *text = g_strdup_printf (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %zu), }", n_rows, n_cols);

  memset (header, ' ', HEADER);
  memcpy (header, "\x93NUMPY\x01\x00\x76\x00", 10); /* 118 bytes follow */
  memcpy (header + 10, text, strlen (text));
  header[HEADER - 1] = '\n';
}

static char *
config_path (const char *path)
{
  return g_strconcat (path, ".json", NULL);
}

static gboolean
write_all (int fd, gconstpointer bytes, size_t size)
{
  const char *at = bytes;

  while (size > 0)
    {
      ssize_t n = write (fd, at, size);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      at += n;
      size -= (size_t) n;
    }
  return TRUE;
}

/* Whether what stands there is the beginning of what is asked for. */
static gboolean
is_same (const char *path, const char *identity)
{
  g_autofree char *config = config_path (path);
  g_autoptr (JsonNode) root = ple_json_load (config, CONFIG_MAX, NULL);

  return root != NULL && JSON_NODE_HOLDS_OBJECT (root) &&
         strcmp (ple_json_get_string (json_node_get_object (root), "identity", ""), identity) == 0;
}

/* The array is emptied before its new identity is written, and the identity before any row, so that
 * rows never stand beside an identity that is not theirs. */
static gboolean
start (PleGrowingArray *array, const char *identity, GError **error)
{
  g_autofree char *config = config_path (array->path);
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autoptr (JsonObject) object = json_object_new ();
  char header[HEADER];

  make_header (array->n_rows, array->n_cols, header);
  if (ftruncate (array->fd, 0) != 0 || lseek (array->fd, 0, SEEK_SET) != 0 ||
      !write_all (array->fd, header, sizeof header) || fdatasync (array->fd) != 0)
    return fail (array->path, error);
  json_object_set_string_member (object, "identity", identity);
  json_object_set_int_member (object, "num_samples", (gint64) array->n_rows);
  json_object_set_int_member (object, "feature_dim", (gint64) array->n_cols);
  json_node_set_object (node, object);
  return ple_json_save (node, config, error);
}

/* Rows that can be kept; the file is cut behind them. */
static gboolean
resume (PleGrowingArray *array, size_t unit)
{
  size_t row = array->n_cols * sizeof (float), rows;
  char header[HEADER], found[HEADER];
  off_t size = lseek (array->fd, 0, SEEK_END);

  make_header (array->n_rows, array->n_cols, header);
  if (size < HEADER || pread (array->fd, found, HEADER, 0) != HEADER ||
      memcmp (found, header, HEADER) != 0)
    return FALSE;
  rows = MIN (((size_t) size - HEADER) / row, array->n_rows);
  array->n_done = rows == array->n_rows ? rows : rows / unit * unit;
  size = (off_t) (HEADER + array->n_done * row);
  return ftruncate (array->fd, size) == 0 && lseek (array->fd, size, SEEK_SET) == size;
}

PleGrowingArray *
ple_growing_array_open (const char *path,
                        const char *identity,
                        size_t n_rows,
                        size_t n_cols,
                        size_t unit,
                        GError **error)
{
  g_autoptr (PleGrowingArray) array = g_new0 (PleGrowingArray, 1);

  array->path = g_strdup (path);
  array->n_rows = n_rows;
  array->n_cols = n_cols;
  array->fd = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (array->fd < 0)
    {
      fail (path, error);
      return NULL;
    }
  if (!(is_same (path, identity) && resume (array, MAX (unit, 1))))
    {
      array->n_done = 0;
      if (!start (array, identity, error))
        return NULL;
    }
  return g_steal_pointer (&array);
}

void
ple_growing_array_free (PleGrowingArray *array)
{
  if (array == NULL)
    return;
  if (array->fd >= 0)
    close (array->fd);
  g_free (array->path);
  g_free (array);
}

size_t
ple_growing_array_get_n_done (const PleGrowingArray *array)
{
  return array->n_done;
}

gboolean
ple_growing_array_append (PleGrowingArray *array, size_t n_rows, const float *rows, GError **error)
{
  g_return_val_if_fail (array->n_done + n_rows <= array->n_rows, FALSE);
  if (!write_all (array->fd, rows, n_rows * array->n_cols * sizeof *rows) ||
      fdatasync (array->fd) != 0)
    return fail (array->path, error);
  array->n_done += n_rows;
  return TRUE;
}

void
ple_growing_array_remove (const char *path)
{
  g_autofree char *config = config_path (path);

  g_unlink (path);
  g_unlink (config);
}

gboolean
ple_growing_array_finish (const char *path, const char *to, GError **error)
{
  g_autofree char *config = config_path (path);

  if (g_rename (path, to) != 0)
    return fail (to, error);
  g_unlink (config);
  return TRUE;
}
