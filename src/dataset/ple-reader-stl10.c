/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-readers-private.h"
#include "dataset/ple-record-files-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* STL-10 (Coates, Lee and Ng 2011): train_X.bin, test_X.bin and unlabeled_X.bin are rows of
 * pictures, 27 648 bytes each: 96 x 96 of red, green, blue, stored column by column; train_y.bin
 * and test_y.bin hold one byte a picture, the class from 1 to 10. The unlabelled pictures follow
 * those for training, in the same split, without a class. */

#define SIDE 96
#define PIXEL_BYTES (3 * SIDE * SIDE)

static const struct
{
  const char *pictures;
  const char *labels;
  PleSplit split;
} parts[] = {
  { "train_X.bin", "train_y.bin", PLE_SPLIT_TRAIN },
  { "unlabeled_X.bin", NULL, PLE_SPLIT_TRAIN },
  { "test_X.bin", "test_y.bin", PLE_SPLIT_TEST },
};

static const char *const class_names[] = { "airplane", "bird",  "car",    "cat",  "deer",
                                           "dog",      "horse", "monkey", "ship", "truck" };

static char *
find_folder (const PleSource *source)
{
  static const char *const folders[] = { "", "stl10_binary", "stl10", "stl10/stl10_binary" };

  for (size_t i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *folder = g_build_filename (source->path, folders[i], NULL);

      for (size_t k = 0; k < G_N_ELEMENTS (parts); k++)
        if (ple_file_is_there (folder, parts[k].pictures))
          return g_steal_pointer (&folder);
    }
  return NULL;
}

static gboolean
recognise (const PleSource *source)
{
  g_autofree char *folder = NULL;

  if (source->is_folder)
    {
      folder = find_folder (source);
      return folder != NULL;
    }
  for (size_t k = 0; k < G_N_ELEMENTS (parts); k++)
    if (strcmp (source->name, parts[k].pictures) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
add_part (PleDatasetBuilder *builder,
          PleRecordFiles *files,
          const char *folder,
          size_t part,
          PleProgress *progress,
          GError **error)
{
  const char *name = parts[part].pictures;
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *labels_path =
      parts[part].labels != NULL ? g_build_filename (folder, parts[part].labels, NULL) : NULL;
  g_autoptr (GBytes) labels = NULL;
  g_autoptr (GError) local = NULL;
  const guint8 *values = NULL;
  size_t n_labels = 0;
  guint64 size;
  gint64 mtime, n;
  guint32 file;

  n = ple_record_files_add (files, path, name, 0, PIXEL_BYTES, &size, &mtime, error);
  if (n < 0)
    return FALSE;
  file = ple_dataset_builder_add_folder (builder, name);
  if (labels_path != NULL)
    {
      labels = ple_file_load (labels_path, parts[part].labels, PLE_MAX_ITEMS, &local);
      if (labels != NULL)
        values = g_bytes_get_data (labels, &n_labels);
      else
        ple_dataset_builder_add_odd (builder, parts[part].labels, "%s", local->message);
      if (labels != NULL && n_labels != (guint64) n)
        ple_dataset_builder_add_odd (builder, parts[part].labels,
                                     _ ("holds %zu labels for %" G_GINT64_FORMAT " pictures"),
                                     n_labels, n);
    }
  for (gint64 i = 0; i < n; i++)
    {
      guint label = (guint64) i < n_labels ? values[i] : 0;

      if (ple_dataset_builder_add_numbered (builder, file, (guint64) i, parts[part].split,
                                            label >= 1 && label <= 10 ? (gint32) label - 1 : -1,
                                            size, mtime) == G_MAXUINT32)
        break;
      if (i % 4096 == 0 && !ple_progress_report (progress, 0, error))
        return FALSE;
    }
  if (size % PIXEL_BYTES != 0)
    ple_dataset_builder_add_odd (builder, name,
                                 _ ("ends in the middle of picture %" G_GINT64_FORMAT), n);
  return TRUE;
}

static PleDataset *
open_stl10 (const PleSource *source, PleProgress *progress, GError **error)
{
  g_autoptr (PleDatasetBuilder) builder = ple_dataset_builder_new (&ple_reader_stl10, source);
  g_autoptr (PleRecordFiles) files = ple_record_files_new ();
  g_autofree char *folder =
      source->is_folder ? find_folder (source) : g_path_get_dirname (source->path);
  g_autofree char *names_path = NULL;
  g_auto (GStrv) lines = NULL;
  gboolean complete;

  if (folder == NULL)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY,
                   _ ("%s: no train_X.bin here, nor in a folder stl10_binary"), source->path);
      return NULL;
    }
  builder->keep_order = TRUE;
  builder->keep_class_order = TRUE;
  names_path = g_build_filename (folder, "class_names.txt", NULL);
  lines = ple_file_read_lines (names_path);
  complete = lines != NULL && g_strv_length (lines) == G_N_ELEMENTS (class_names);
  for (guint c = 0; c < G_N_ELEMENTS (class_names); c++)
    {
      g_autofree char *key = g_strdup_printf ("%u", c + 1);

      ple_dataset_builder_add_class (builder, key, complete ? lines[c] : class_names[c]);
    }
  for (size_t k = 0; k < G_N_ELEMENTS (parts); k++)
    if (source->is_folder ? ple_file_is_there (folder, parts[k].pictures)
                          : strcmp (source->name, parts[k].pictures) == 0)
      if (!add_part (builder, files, folder, k, progress, error))
        return NULL;
  return ple_dataset_builder_finish (g_steal_pointer (&builder), source->options,
                                     g_steal_pointer (&files), NULL, progress, error);
}

static PleImage *
decode (PleDataset *dataset, size_t item, guint size_hint, GError **error)
{
  const PleEntry *entry = ple_dataset_get_entry (dataset, item);
  g_autoptr (PleImage) image = NULL;
  guint8 planes[PIXEL_BYTES];

  if (!ple_record_files_read (ple_dataset_get_data (dataset), entry->folder,
                              entry->name & ~PLE_ENTRY_NUMBERED, 0, planes, sizeof planes, error))
    return NULL;
  image = ple_image_new (SIDE, SIDE, error);
  if (image != NULL)
    ple_planes_to_rgb (planes, SIDE, SIDE, TRUE, image->data);
  return g_steal_pointer (&image);
}

static void
free_data (gpointer data)
{
  ple_record_files_free (data);
}

const PleReader ple_reader_stl10 = {
  .id = "stl10",
  .title = N_ ("STL-10, binary version"),
  .aliases = "stl-10",
  .recognise = recognise,
  .open = open_stl10,
  .decode = decode,
  .free_data = free_data,
};
