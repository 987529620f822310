/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-readers-private.h"
#include "dataset/ple-record-files-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* The binary version of CIFAR (Krizhevsky 2009). A file is a row of records, without a header:
 *
 *   CIFAR-10    class (1 byte, 0..9), pixels
 *   CIFAR-100   coarse class (1 byte, 0..19), fine class (1 byte, 0..99), pixels
 *
 * pixels: 1 024 bytes of red, then green, then blue, row by row. The names of the classes stand in
 * text files beside, one a line. Sets with some of the files only are read as far as they go. */

#define SIDE 32
#define PIXEL_BYTES (3 * SIDE * SIDE)

typedef struct
{
  const PleReader *reader;
  guint n_label_bytes;
  const char *folders[5]; /* below the source, as archives unpack and as people keep them */
  struct
  {
    const char *name;
    PleSplit split;
  } files[7];
} Layout;

static const Layout cifar10 = {
  .reader = &ple_reader_cifar10,
  .n_label_bytes = 1,
  .folders = { "", "cifar-10-batches-bin", "cifar-10/cifar-10-batches-bin", "cifar10" },
  .files = { { "data_batch_1.bin", PLE_SPLIT_TRAIN },
             { "data_batch_2.bin", PLE_SPLIT_TRAIN },
             { "data_batch_3.bin", PLE_SPLIT_TRAIN },
             { "data_batch_4.bin", PLE_SPLIT_TRAIN },
             { "data_batch_5.bin", PLE_SPLIT_TRAIN },
             { "test_batch.bin", PLE_SPLIT_TEST } },
};

static const Layout cifar100 = {
  .reader = &ple_reader_cifar100,
  .n_label_bytes = 2,
  .folders = { "", "cifar-100-binary", "cifar-100/cifar-100-binary", "cifar100" },
  .files = { { "train.bin", PLE_SPLIT_TRAIN }, { "test.bin", PLE_SPLIT_TEST } },
};

static const char *const cifar10_names[] = { "airplane", "automobile", "bird",  "cat",  "deer",
                                             "dog",      "frog",       "horse", "ship", "truck" };

/* The folder that holds the files; %NULL if there is none. CIFAR-100's file names are common ones:
 * there the names of the classes, or the size, must speak for it too. */
static char *
find_folder (const PleSource *source, const Layout *layout)
{
  for (size_t i = 0; i < G_N_ELEMENTS (layout->folders) && layout->folders[i] != NULL; i++)
    {
      g_autofree char *folder = g_build_filename (source->path, layout->folders[i], NULL);

      for (size_t k = 0; layout->files[k].name != NULL; k++)
        if (ple_file_is_there (folder, layout->files[k].name) &&
            (layout == &cifar10 || ple_file_is_there (folder, "fine_label_names.txt") ||
             ple_file_is_there (folder, "coarse_label_names.txt") || source->options->kind != NULL))
          return g_steal_pointer (&folder);
    }
  return NULL;
}

static gboolean
recognise (const PleSource *source, const Layout *layout)
{
  if (source->is_folder)
    {
      g_autofree char *folder = find_folder (source, layout);

      return folder != NULL;
    }
  if (!g_str_has_suffix (source->name, ".bin"))
    return FALSE;
  for (size_t k = 0; layout == &cifar10 && layout->files[k].name != NULL; k++)
    if (strcmp (source->name, layout->files[k].name) == 0)
      return TRUE;
  return source->size % (layout->n_label_bytes + PIXEL_BYTES) == 0 &&
         source->head[0] < (layout == &cifar10 ? 10 : 20) &&
         (layout == &cifar10 || source->head[1] < 100);
}

static gboolean
recognise_cifar10 (const PleSource *source)
{
  return recognise (source, &cifar10);
}

static gboolean
recognise_cifar100 (const PleSource *source)
{
  return recognise (source, &cifar100);
}

/* From the text file beside, else from the list above, else numbers. */
static guint
add_classes (PleDatasetBuilder *builder, const Layout *layout, const char *folder, gboolean coarse)
{
  guint n = layout == &cifar10 ? 10 : coarse ? 20 : 100;
  g_autofree char *path = g_build_filename (folder,
                                            layout == &cifar10 ? "batches.meta.txt"
                                            : coarse           ? "coarse_label_names.txt"
                                                               : "fine_label_names.txt",
                                            NULL);
  g_auto (GStrv) lines = ple_file_read_lines (path);
  gboolean complete = lines != NULL && g_strv_length (lines) == n;

  for (guint c = 0; c < n; c++)
    {
      g_autofree char *key = g_strdup_printf ("%u", c);

      ple_dataset_builder_add_class (builder, key,
                                     complete             ? lines[c]
                                     : layout == &cifar10 ? cifar10_names[c]
                                                          : NULL);
    }
  return n;
}

static gboolean
add_file (PleDatasetBuilder *builder,
          PleRecordFiles *files,
          const Layout *layout,
          const char *folder,
          const char *name,
          PleSplit split,
          guint n_classes,
          gboolean coarse,
          PleProgress *progress,
          GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  guint64 record_size = layout->n_label_bytes + PIXEL_BYTES, size;
  gint64 mtime, n;
  guint32 file;
  size_t n_strange = 0;

  n = ple_record_files_add (files, path, name, 0, record_size, &size, &mtime, error);
  if (n < 0)
    return FALSE;
  file = ple_dataset_builder_add_folder (builder, name);
  for (gint64 i = 0; i < n; i++)
    {
      guint8 label[2];
      guint class_index;

      if (!ple_record_files_read (files, file, (guint64) i, 0, label, layout->n_label_bytes, error))
        return FALSE;
      class_index = label[layout == &cifar10 || coarse ? 0 : 1];
      n_strange += class_index >= n_classes;
      if (ple_dataset_builder_add_numbered (builder, file, (guint64) i, split,
                                            class_index < n_classes ? (gint32) class_index : -1,
                                            size, mtime) == G_MAXUINT32)
        break;
      if (i % 4096 == 0 && !ple_progress_report (progress, 0, error))
        return FALSE;
    }
  if (size % record_size != 0)
    ple_dataset_builder_add_odd (builder, name,
                                 _ ("ends in the middle of picture %" G_GINT64_FORMAT), n);
  if (n_strange > 0)
    ple_dataset_builder_add_odd (builder, name,
                                 _ ("%zu pictures have a class number above %u; they count as "
                                    "having none"),
                                 n_strange, n_classes - 1);
  return TRUE;
}

static PleDataset *
open_cifar (const PleSource *source, const Layout *layout, PleProgress *progress, GError **error)
{
  g_autoptr (PleDatasetBuilder) builder = ple_dataset_builder_new (layout->reader, source);
  g_autoptr (PleRecordFiles) files = ple_record_files_new ();
  gboolean coarse = layout == &cifar100 && source->options->coarse_labels;
  g_autofree char *folder =
      source->is_folder ? find_folder (source, layout) : g_path_get_dirname (source->path);
  guint n_classes;

  if (folder == NULL)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY,
                   _ ("%s: no %s here, nor in a folder %s"), source->path, layout->files[0].name,
                   layout->folders[1]);
      return NULL;
    }
  builder->keep_order = TRUE;
  builder->keep_class_order = TRUE;
  n_classes = add_classes (builder, layout, folder, coarse);
  if (!source->is_folder)
    {
      PleSplit split = strstr (source->name, "test") != NULL ? PLE_SPLIT_TEST : PLE_SPLIT_TRAIN;

      if (!add_file (builder, files, layout, folder, source->name, split, n_classes, coarse,
                     progress, error))
        return NULL;
    }
  for (size_t k = 0; source->is_folder && layout->files[k].name != NULL; k++)
    if (ple_file_is_there (folder, layout->files[k].name) &&
        !add_file (builder, files, layout, folder, layout->files[k].name, layout->files[k].split,
                   n_classes, coarse, progress, error))
      return NULL;
  return ple_dataset_builder_finish (g_steal_pointer (&builder), source->options,
                                     g_steal_pointer (&files), NULL, progress, error);
}

static PleDataset *
open_cifar10 (const PleSource *source, PleProgress *progress, GError **error)
{
  return open_cifar (source, &cifar10, progress, error);
}

static PleDataset *
open_cifar100 (const PleSource *source, PleProgress *progress, GError **error)
{
  return open_cifar (source, &cifar100, progress, error);
}

static PleImage *
decode (PleDataset *dataset, size_t item, guint n_label_bytes, GError **error)
{
  const PleEntry *entry = ple_dataset_get_entry (dataset, item);
  g_autoptr (PleImage) image = NULL;
  guint8 planes[PIXEL_BYTES];

  if (!ple_record_files_read (ple_dataset_get_data (dataset), entry->folder,
                              entry->name & ~PLE_ENTRY_NUMBERED, n_label_bytes, planes,
                              sizeof planes, error))
    return NULL;
  image = ple_image_new (SIDE, SIDE, error);
  if (image != NULL)
    ple_planes_to_rgb (planes, SIDE, SIDE, FALSE, image->data);
  return g_steal_pointer (&image);
}

static PleImage *
decode_cifar10 (PleDataset *dataset, size_t item, guint size_hint, GError **error)
{
  return decode (dataset, item, 1, error);
}

static PleImage *
decode_cifar100 (PleDataset *dataset, size_t item, guint size_hint, GError **error)
{
  return decode (dataset, item, 2, error);
}

static void
free_data (gpointer data)
{
  ple_record_files_free (data);
}

const PleReader ple_reader_cifar10 = {
  .id = "cifar10",
  .title = N_ ("CIFAR-10, binary version"),
  .aliases = "cifar-10",
  .recognise = recognise_cifar10,
  .open = open_cifar10,
  .decode = decode_cifar10,
  .free_data = free_data,
};

const PleReader ple_reader_cifar100 = {
  .id = "cifar100",
  .title = N_ ("CIFAR-100, binary version"),
  .aliases = "cifar-100",
  .recognise = recognise_cifar100,
  .open = open_cifar100,
  .decode = decode_cifar100,
  .free_data = free_data,
};
