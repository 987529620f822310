/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-archive-private.h"
#include "dataset/ple-layout-private.h"
#include "dataset/ple-readers-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Pictures in a tar or zip file, read where they lie; only tars that cannot be are unpacked, into
 * the user's cache. Folders in it mean what they mean on disk. Items of a packed tar keep the order
 * of the file, because that order is the quickest to read. */

typedef struct
{
  PleArchive *archive;
  guint32 *members; /* number in the archive, per record of the builder */
} Data;

typedef struct
{
  const PleSource *source;
  PleDatasetBuilder *builder;
  GHashTable *folders; /* char * -> builder's folder + 1 */
  GHashTable *texts;   /* char * -> number in the archive + 1 */
  GArray *members;     /* guint32, becomes Data.members */
  guint32 n_kept;
  guint n_record_files; /* data_batch_1.bin, train-images-idx3-ubyte and the like */
  PleArchive *archive;  /* once it is listed */
} Listing;

static void
data_free (gpointer pointer)
{
  Data *data = pointer;

  if (data == NULL)
    return;
  ple_archive_free (data->archive);
  g_free (data->members);
  g_free (data);
}

/* Whether any component of the path is hidden, or litter of a Mac. */
static gboolean
is_hidden (const char *name)
{
  return name[0] == '.' || strstr (name, "/.") != NULL || g_str_has_prefix (name, "__MACOSX/");
}

static guint32
intern_folder (Listing *listing, const char *name, size_t length)
{
  g_autofree char *folder = g_strndup (name, length);
  gpointer found = g_hash_table_lookup (listing->folders, folder);

  if (found == NULL)
    {
      found =
          GSIZE_TO_POINTER ((size_t) ple_dataset_builder_add_folder (listing->builder, folder) + 1);
      g_hash_table_insert (listing->folders, g_steal_pointer (&folder), found);
    }
  return (guint32) (GPOINTER_TO_SIZE (found) - 1);
}

static gboolean
on_found (gpointer data, const char *name, guint64 size)
{
  Listing *listing = data;
  const char *slash = strrchr (name, '/'), *leaf = slash != NULL ? slash + 1 : name;
  guint32 folder;

  if (is_hidden (name))
    return FALSE;
  switch (ple_name_get_kind (leaf))
    {
    case PLE_NAME_PICTURE:
      folder = intern_folder (listing, name, slash != NULL ? (size_t) (slash - name) : 0);
      if (ple_dataset_builder_add_named (listing->builder, folder, leaf, PLE_SPLIT_TRAIN, -1, size,
                                         listing->source->mtime) == G_MAXUINT32)
        return FALSE;
      g_array_append_val (listing->members, listing->n_kept);
      break;
    case PLE_NAME_TEXT:
      listing->builder->n_text_files++;
      g_hash_table_insert (listing->texts, g_strdup (name),
                           GSIZE_TO_POINTER ((size_t) listing->n_kept + 1));
      break;
    case PLE_NAME_OTHER:
      listing->n_record_files += g_str_has_suffix (leaf, ".bin") || strstr (leaf, "idx3") != NULL;
      ple_dataset_builder_add_odd (listing->builder, name, _ ("not a picture, by its name"));
      return FALSE;
    case PLE_NAME_LITTER:
    default:
      return FALSE;
    }
  listing->n_kept++;
  return TRUE;
}

static void
on_odd (gpointer data, const char *name, const char *reason)
{
  Listing *listing = data;

  if (!is_hidden (name) || strstr (name, "..") != NULL)
    ple_dataset_builder_add_odd (listing->builder, name, "%s", reason);
}

static char **
read_lines (gpointer data, const char *name)
{
  Listing *listing = data;
  gpointer found = g_hash_table_lookup (listing->texts, name);
  g_autoptr (GBytes) bytes = NULL;

  if (found != NULL)
    bytes = ple_archive_load (listing->archive, GPOINTER_TO_SIZE (found) - 1, name, NULL);
  return bytes != NULL ? ple_text_split_lines (bytes) : NULL;
}

static gboolean
recognise (const PleSource *source)
{
  return !source->is_folder &&
         ple_archive_recognise (source->name, source->head, source->head_size);
}

static PleDataset *
finish (Listing *listing, PleProgress *progress, GError **error)
{
  PleLayoutFiles files = { .data = listing, .read_lines = read_lines };
  PleDatasetBuilder *builder = listing->builder;
  Data *data;

  ple_layout_apply (builder, &files);
  builder->keep_order = ple_archive_is_sequential (listing->archive);
  if (builder->entries->len == 0 && listing->n_record_files > 0)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED,
                   _ ("%s: holds no pictures but files of CIFAR, STL-10 or IDX; unpack it and open "
                      "the folder"),
                   listing->source->path);
      return NULL;
    }
  data = g_new (Data, 1);
  data->archive = g_steal_pointer (&listing->archive);
  data->members = (guint32 *) (gpointer) g_array_free (g_steal_pointer (&listing->members), FALSE);
  return ple_dataset_builder_finish (g_steal_pointer (&listing->builder), listing->source->options,
                                     data, NULL, progress, error);
}

static PleDataset *
open_archive (const PleSource *source, PleProgress *progress, GError **error)
{
  Listing listing = { .source = source };
  const PleArchiveVisitor visitor = { .data = &listing, .found = on_found, .odd = on_odd };
  PleDataset *dataset = NULL;

  listing.builder = ple_dataset_builder_new (&ple_reader_archive, source);
  listing.folders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  listing.texts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  listing.members = g_array_new (FALSE, FALSE, sizeof (guint32));
  listing.archive = ple_archive_open (source->path, source->path, source->options->cache_dir,
                                      &visitor, progress, error);
  if (listing.archive != NULL)
    dataset = finish (&listing, progress, error);
  g_clear_pointer (&listing.builder, ple_dataset_builder_free);
  g_clear_pointer (&listing.archive, ple_archive_free);
  g_clear_pointer (&listing.members, g_array_unref);
  g_hash_table_unref (listing.folders);
  g_hash_table_unref (listing.texts);
  return dataset;
}

static GBytes *
load (PleDataset *dataset, size_t item, GError **error)
{
  const Data *data = ple_dataset_get_data (dataset);
  g_autofree char *name = ple_dataset_dup_item_name (dataset, item);

  return ple_archive_load (
      data->archive, data->members[ple_dataset_get_entry (dataset, item)->record], name, error);
}

const PleReader ple_reader_archive = {
  .id = "archive",
  .title = N_ ("Archive of pictures"),
  .aliases = "tar zip",
  .recognise = recognise,
  .open = open_archive,
  .load = load,
  .free_data = data_free,
};
