/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The built-in sample as a data set. Its path is "sample:N:SEED"; item names are those that
 * ple_sample_write() gives the files. */
#include "config.h"

#include "dataset/ple-readers-private.h"
#include "dataset/ple-sample.h"

#include "base/ple-text.h"

#include <glib/gi18n-lib.h>
#include <string.h>

typedef struct
{
  guint16 class_index;
  guint16 number;
} Picture;

typedef struct
{
  guint64 seed;
  Picture *pictures; /* by record */
} SampleData;

static gboolean
parse_path (const char *path, size_t *n_items, guint64 *seed)
{
  g_auto (GStrv) parts = g_strsplit (path, ":", -1);
  guint64 n;

  if (g_strv_length (parts) != 3 || strcmp (parts[0], "sample") != 0 ||
      !g_ascii_string_to_unsigned (parts[1], 10, 1, PLE_SAMPLE_MAX_ITEMS, &n, NULL) ||
      !g_ascii_string_to_unsigned (parts[2], 10, 0, G_MAXUINT64, seed, NULL))
    return FALSE;
  *n_items = n;
  return TRUE;
}

static gboolean
sample_recognise (const PleSource *source)
{
  return !source->exists && g_str_has_prefix (source->path, "sample:");
}

static void
add_pictures (PleDatasetBuilder *builder,
              size_t n_items,
              PleSplit split,
              const char *split_name,
              Picture *pictures)
{
  for (size_t c = 0; c < PLE_SAMPLE_N_CLASSES; c++)
    {
      const char *name = ple_sample_class_name (c);
      g_autofree char *path = g_build_filename (split_name, name, NULL);
      guint32 folder = ple_dataset_builder_add_folder (builder, path);
      gint32 label = ple_dataset_builder_add_class (builder, name, NULL);
      size_t n_train, n = ple_sample_class_size (n_items, c, &n_train);
      size_t from = split == PLE_SPLIT_TRAIN ? 0 : n_train;
      size_t to = split == PLE_SPLIT_TRAIN ? n_train : n;

      for (size_t i = from; i < to; i++)
        {
          char file[16];
          guint32 record;

          g_snprintf (file, sizeof file, "%04u.png", (guint) i);
          record = ple_dataset_builder_add_named (builder, folder, file, split, label, 0, 0);
          pictures[record] = (Picture){ (guint16) c, (guint16) i };
        }
    }
}

static PleDataset *
sample_open (const PleSource *source, PleProgress *progress, GError **error)
{
  PleDatasetBuilder *builder;
  SampleData *data;
  size_t n_items;
  guint64 seed;

  if (!parse_path (source->path, &n_items, &seed))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                   _ ("%s: the sample is named sample:N:SEED, with 1 to %d pictures"), source->path,
                   PLE_SAMPLE_MAX_ITEMS);
      return NULL;
    }
  data = g_new (SampleData, 1);
  data->seed = seed;
  data->pictures = g_new0 (Picture, n_items);
  builder = ple_dataset_builder_new (&ple_reader_sample, source);
  g_free (builder->title);
  builder->title = g_strdup (_ ("Sample pictures"));
  add_pictures (builder, n_items, PLE_SPLIT_TRAIN, "train", data->pictures);
  add_pictures (builder, n_items, PLE_SPLIT_TEST, "test", data->pictures);
  ple_hash_add_int (builder->hash, PLE_SAMPLE_VERSION);
  ple_hash_add_int (builder->hash, (gint64) seed);
  return ple_dataset_builder_finish (builder, source->options, data, NULL, progress, error);
}

static PleImage *
sample_decode (PleDataset *dataset, size_t item, guint size_hint, GError **error)
{
  const SampleData *data = ple_dataset_get_data (dataset);
  const Picture *picture = &data->pictures[ple_dataset_get_entry (dataset, item)->record];

  return ple_sample_render (picture->class_index, picture->number, data->seed, PLE_SAMPLE_SIDE,
                            error);
}

static void
sample_free (gpointer pointer)
{
  SampleData *data = pointer;

  g_free (data->pictures);
  g_free (data);
}

const PleReader ple_reader_sample = {
  .id = "sample",
  .title = N_ ("Built-in sample"),
  .recognise = sample_recognise,
  .open = sample_open,
  .decode = sample_decode,
  .free_data = sample_free,
};

PleDataset *
ple_sample_dataset_new (size_t n_items, guint64 seed)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  PleDataset *dataset;

  if (n_items == 0)
    n_items = PLE_SAMPLE_DEFAULT_ITEMS;
  g_return_val_if_fail (n_items <= PLE_SAMPLE_MAX_ITEMS, NULL);

  path = g_strdup_printf ("sample:%zu:%" G_GUINT64_FORMAT, n_items, seed);
  dataset = ple_dataset_open (path, NULL, NULL, &error);
  g_assert_no_error (error);
  return dataset;
}
