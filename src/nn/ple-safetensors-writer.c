/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "base/ple-json.h"
#include "nn/ple-safetensors-private.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#define DATA_ALIGNMENT 64
/* Written between two looks at the limit. */
#define PIECE ((size_t) 256 * 1024)

struct _PleSafetensorsWriter
{
  JsonObject *header;
  JsonObject *metadata;
  GPtrArray *blocks; /* borrowed data */
  GArray *sizes;     /* size_t each */
  size_t n_bytes;
  PleSafetensorsGoOn go_on; /* or NULL */
  gpointer go_on_data;
};

PleSafetensorsWriter *
ple_safetensors_writer_new (void)
{
  PleSafetensorsWriter *writer = g_new0 (PleSafetensorsWriter, 1);

  writer->header = json_object_new ();
  writer->blocks = g_ptr_array_new ();
  writer->sizes = g_array_new (FALSE, FALSE, sizeof (size_t));
  return writer;
}

void
ple_safetensors_writer_free (PleSafetensorsWriter *writer)
{
  if (writer == NULL)
    return;
  json_object_unref (writer->header);
  g_ptr_array_unref (writer->blocks);
  g_array_unref (writer->sizes);
  g_free (writer);
}

void
ple_safetensors_writer_set_metadata (PleSafetensorsWriter *writer, const char *key, const char *v)
{
  if (writer->metadata == NULL)
    {
      writer->metadata = json_object_new ();
      json_object_set_object_member (writer->header, "__metadata__", writer->metadata);
    }
  json_object_set_string_member (writer->metadata, key, v);
}

void
ple_safetensors_writer_add (PleSafetensorsWriter *writer,
                            const char *name,
                            PleSafetensorsType type,
                            guint n_dims,
                            const size_t *shape,
                            gconstpointer data)
{
  const PleSafetensorsTypeInfo *info = ple_safetensors_type_info (type);
  JsonObject *entry = json_object_new ();
  JsonArray *sizes = json_array_new ();
  JsonArray *offsets = json_array_new ();
  size_t size = info->size;

  g_return_if_fail (n_dims <= PLE_SAFETENSORS_MAX_DIMS);
  g_return_if_fail (!json_object_has_member (writer->header, name));

  for (guint i = 0; i < n_dims; i++)
    {
      json_array_add_int_element (sizes, (gint64) shape[i]);
      size *= shape[i];
    }
  json_array_add_int_element (offsets, (gint64) writer->n_bytes);
  writer->n_bytes += size;
  json_array_add_int_element (offsets, (gint64) writer->n_bytes);
  json_object_set_string_member (entry, "dtype", info->name);
  json_object_set_array_member (entry, "shape", sizes);
  json_object_set_array_member (entry, "data_offsets", offsets);
  json_object_set_object_member (writer->header, name, entry);
  g_ptr_array_add (writer->blocks, (gpointer) data);
  g_array_append_val (writer->sizes, size);
}

void
ple_safetensors_writer_add_matrix (PleSafetensorsWriter *writer,
                                   const char *name,
                                   const PleMatrix *matrix)
{
  const size_t shape[] = { matrix->n_rows, matrix->n_cols };

  ple_safetensors_writer_add (writer, name, PLE_SAFETENSORS_F32, 2, shape, matrix->data);
}

void
ple_safetensors_writer_set_limit (PleSafetensorsWriter *writer,
                                  PleSafetensorsGoOn go_on,
                                  gpointer data)
{
  writer->go_on = go_on;
  writer->go_on_data = data;
}

/* Length and header, padded; (transfer full). */
static GString *
build_header (PleSafetensorsWriter *writer)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), writer->header);
  g_autofree char *text = ple_json_to_text (node, 0);
  GString *out = g_string_new_len ("\0\0\0\0\0\0\0\0", 8);
  guint64 length;

  g_string_append (out, text);
  while (out->len % DATA_ALIGNMENT != 0)
    g_string_append_c (out, ' ');
  length = GUINT64_TO_LE ((guint64) out->len - sizeof length);
  memcpy (out->str, &length, sizeof length);
  return out;
}

static gboolean
is_over (const PleSafetensorsWriter *writer)
{
  return writer->go_on != NULL && !writer->go_on (writer->go_on_data);
}

/* %FALSE with errno, which is ECANCELED at the limit. */
static gboolean
write_all (PleSafetensorsWriter *writer, FILE *stream)
{
  g_autoptr (GString) header = build_header (writer);

  if (fwrite (header->str, 1, header->len, stream) != header->len)
    return FALSE;
  for (guint i = 0; i < writer->blocks->len; i++)
    {
      const char *block = g_ptr_array_index (writer->blocks, i);
      size_t size = g_array_index (writer->sizes, size_t, i);

      for (size_t at = 0, n; at < size; at += n)
        {
          n = MIN (PIECE, size - at);
          if (is_over (writer))
            {
              errno = ECANCELED;
              return FALSE;
            }
          if (fwrite (block + at, 1, n, stream) != n)
            return FALSE;
        }
    }
  return TRUE;
}

static gboolean
fail_errno (GError **error, const char *path)
{
  int saved = errno;

  if (saved == ECANCELED)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s: no time to write it", path);
      return FALSE;
    }
  g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (saved), "%s: cannot write: %s",
               path, g_strerror (saved));
  return FALSE;
}

static void
set_sum (PleSafetensorsWriter *writer)
{
  g_autofree char *text = NULL;
  guint64 sum = 0;

  for (guint i = 0; i < writer->blocks->len; i++)
    sum = ple_safetensors_add_sum (sum, g_ptr_array_index (writer->blocks, i),
                                   g_array_index (writer->sizes, size_t, i));
  text = g_strdup_printf ("%016" G_GINT64_MODIFIER "x", sum);
  ple_safetensors_writer_set_metadata (writer, "sum", text);
}

static gboolean
write_quick (PleSafetensorsWriter *writer, const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *hidden = g_strdup_printf (".tmp-%s", name);
  g_autofree char *temporary = g_build_filename (folder, hidden, NULL);
  FILE *stream;
  gboolean ok;
  int saved;

  if (g_mkdir_with_parents (folder, 0777) != 0 || (stream = g_fopen (temporary, "wbe")) == NULL)
    return fail_errno (error, path);
  set_sum (writer);
  ok = write_all (writer, stream);
  saved = errno;
  if (fclose (stream) != 0 && ok)
    {
      ok = FALSE;
      saved = errno;
    }
  if (ok && g_rename (temporary, path) != 0)
    {
      ok = FALSE;
      saved = errno;
    }
  if (!ok)
    {
      g_unlink (temporary);
      errno = saved;
      fail_errno (error, path);
    }
  return ok;
}

gboolean
ple_safetensors_writer_write (PleSafetensorsWriter *writer,
                              const char *path,
                              PleSafetensorsSync sync,
                              GError **error)
{
  g_autoptr (PleAtomicFile) file = NULL;

  if (sync == PLE_SAFETENSORS_QUICK)
    return write_quick (writer, path, error);

  file = ple_atomic_file_begin (path, error);
  if (file == NULL)
    return FALSE;
  if (!write_all (writer, ple_atomic_file_get_stream (file)))
    return fail_errno (error, path);
  return ple_atomic_file_commit (g_steal_pointer (&file), error);
}
