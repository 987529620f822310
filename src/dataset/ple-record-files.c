/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-record-files-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

typedef struct
{
  char *name;
  int fd;        /* -1 if in memory */
  GBytes *bytes; /* else %NULL */
  guint64 header_size;
  guint64 record_size;
  guint64 n_records;
} RecordFile;

struct _PleRecordFiles
{
  GArray *files; /* RecordFile */
};

static void
record_file_clear (gpointer data)
{
  RecordFile *file = data;

  g_free (file->name);
  g_clear_pointer (&file->bytes, g_bytes_unref);
  if (file->fd >= 0)
    close (file->fd);
}

PleRecordFiles *
ple_record_files_new (void)
{
  PleRecordFiles *files = g_new (PleRecordFiles, 1);

  files->files = g_array_new (FALSE, FALSE, sizeof (RecordFile));
  g_array_set_clear_func (files->files, record_file_clear);
  return files;
}

void
ple_record_files_free (PleRecordFiles *files)
{
  if (files == NULL)
    return;
  g_array_unref (files->files);
  g_free (files);
}

gint64
ple_record_files_add (PleRecordFiles *files,
                      const char *path,
                      const char *name,
                      guint64 header_size,
                      guint64 record_size,
                      guint64 *size,
                      gint64 *mtime,
                      GError **error)
{
  RecordFile file = { .header_size = header_size, .record_size = record_size };

  file.fd = ple_file_open (path, name, size, mtime, error);
  if (file.fd < 0)
    return -1;
  file.name = g_strdup (name);
  file.n_records = *size < header_size ? 0 : (*size - header_size) / record_size;
  g_array_append_val (files->files, file);
  return (gint64) file.n_records;
}

gint64
ple_record_files_add_bytes (PleRecordFiles *files,
                            GBytes *bytes,
                            const char *name,
                            guint64 header_size,
                            guint64 record_size)
{
  RecordFile file = {
    .fd = -1, .bytes = bytes, .header_size = header_size, .record_size = record_size
  };
  size_t size = g_bytes_get_size (bytes);

  file.name = g_strdup (name);
  file.n_records = size < header_size ? 0 : (size - header_size) / record_size;
  g_array_append_val (files->files, file);
  return (gint64) file.n_records;
}

gboolean
ple_record_files_read (PleRecordFiles *files,
                       guint32 index,
                       guint64 number,
                       guint64 offset,
                       void *buffer,
                       size_t size,
                       GError **error)
{
  const RecordFile *file = &g_array_index (files->files, RecordFile, index);
  guint64 at = file->header_size + number * file->record_size + offset;

  g_assert (number < file->n_records && offset + size <= file->record_size);
  if (file->bytes == NULL)
    return ple_file_read_at (file->fd, at, buffer, size, file->name, error);
  memcpy (buffer, (const guint8 *) g_bytes_get_data (file->bytes, NULL) + at, size);
  return TRUE;
}

void
ple_planes_to_rgb (const guint8 *planes, guint width, guint height, gboolean by_column, guint8 *rgb)
{
  size_t plane = (size_t) width * height;

  for (size_t y = 0; y < height; y++)
    for (size_t x = 0; x < width; x++, rgb += 3)
      {
        const guint8 *pixel = planes + (by_column ? x * height + y : y * width + x);

        rgb[0] = pixel[0];
        rgb[1] = pixel[plane];
        rgb[2] = pixel[2 * plane];
      }
}
