/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-dataset-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Kinds that are not read, and what to do instead. */
static const struct
{
  const char *suffix;
  const char *advice;
} unsupported[] = {
  { ".parquet", N_ ("Parquet files are not read; write the pictures out as files first (for "
                    "example with the datasets library of Python, one folder a class) and open "
                    "that folder") },
  { ".arrow", N_ ("Arrow files are not read; write the pictures out as files first, one folder a "
                  "class, and open that folder") },
  { ".tfrecord", N_ ("TFRecord files are not read; write the pictures out as files first, one "
                     "folder a class, and open that folder") },
  { ".lmdb", N_ ("LMDB stores are not read; write the pictures out as files first, one folder a "
                 "class, and open that folder") },
  { ".mdb", N_ ("LMDB stores are not read; write the pictures out as files first, one folder a "
                "class, and open that folder") },
  { ".h5", N_ ("HDF5 files are not read; save the features as .npy or the pictures as files") },
  { ".hdf5", N_ ("HDF5 files are not read; save the features as .npy or the pictures as files") },
  { ".mat", N_ ("MATLAB files are not read; save the features as .npy or the pictures as files") },
  { ".7z", N_ ("this kind of archive is not read; unpack it and open the folder") },
  { ".rar", N_ ("this kind of archive is not read; unpack it and open the folder") },
  { ".pkl", N_ ("pickles are not read, because they can run code; save the features as .npy") },
  { ".pickle", N_ ("pickles are not read, because they can run code; save the features as .npy") },
};

/* Files of the Python versions of CIFAR, which are pickles. */
static const char *const cifar_pickles[] = {
  "data_batch_1",
  "cifar-10-batches-py/data_batch_1",
  "train",
  "cifar-100-python/train",
};

static const char *
find_advice (const char *name)
{
  for (size_t i = 0; i < G_N_ELEMENTS (unsupported); i++)
    {
      size_t n = strlen (name), k = strlen (unsupported[i].suffix);

      if (n > k && g_ascii_strcasecmp (name + n - k, unsupported[i].suffix) == 0)
        return g_dgettext (GETTEXT_PACKAGE, unsupported[i].advice);
    }
  return NULL;
}

/* A folder that holds such files, directly or in "data" as downloads of data sets have it. */
static const char *
find_advice_in_folder (const char *path, gboolean deeper)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name, *advice = NULL;

  while (dir != NULL && advice == NULL && (name = g_dir_read_name (dir)) != NULL)
    advice = find_advice (name);
  if (advice == NULL && deeper)
    {
      g_autofree char *data = g_build_filename (path, "data", NULL);

      advice = find_advice_in_folder (data, FALSE);
    }
  return advice;
}

static gboolean
is_cifar_for_python (const PleSource *source)
{
  for (size_t i = 0; source->is_folder && i < G_N_ELEMENTS (cifar_pickles); i++)
    {
      g_autofree char *path = g_build_filename (source->path, cifar_pickles[i], NULL);

      if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
        return TRUE;
    }
  return FALSE;
}

static gboolean
look_at_source (PleSource *source, GError **error)
{
  struct stat info;

  if (stat (source->path, &info) != 0)
    return errno == ENOENT && g_str_has_prefix (source->path, "sample:")
               ? TRUE
               : ple_file_fail (error, source->path, _ ("cannot open"));
  source->exists = TRUE;
  source->is_folder = S_ISDIR (info.st_mode);
  if (!source->is_folder)
    {
      int fd = ple_file_open (source->path, source->path, &source->size, &source->mtime, error);
      gboolean ok;

      if (fd < 0)
        return FALSE;
      source->head_size = MIN (source->size, sizeof source->head);
      ok = ple_file_read_at (fd, 0, source->head, source->head_size, source->path, error);
      close (fd);
      if (ok && source->size == 0)
        {
          g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY, _ ("%s: the file is empty"),
                       source->path);
          return FALSE;
        }
      return ok;
    }
  return TRUE;
}

static gboolean
reader_has_name (const PleReader *reader, const char *kind)
{
  g_auto (GStrv) aliases = g_strsplit (reader->aliases != NULL ? reader->aliases : "", " ", -1);

  return strcmp (reader->id, kind) == 0 || g_strv_contains ((const char *const *) aliases, kind);
}

/* Keeps the error that says more than "no pictures": what is there and what to do with it. */
static void
explain_empty (const PleSource *source, GError **error)
{
  const char *advice = NULL;

  if (error == NULL || !g_error_matches (*error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY) ||
      !source->is_folder)
    return;
  advice = find_advice_in_folder (source->path, TRUE);
  if (advice == NULL && is_cifar_for_python (source))
    advice =
        _ ("this is CIFAR for Python, a pickle; get the binary version (cifar-10-binary.tar.gz "
           "or cifar-100-binary.tar.gz), unpack it and open that folder");
  if (advice != NULL)
    {
      g_clear_error (error);
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED, "%s: %s", source->path,
                   advice);
    }
}

PleDataset *
ple_dataset_open (const char *path,
                  const PleDatasetOptions *options,
                  PleProgress *progress,
                  GError **error)
{
  static const PleDatasetOptions no_options = { 0 };
  g_autofree char *absolute = NULL;
  g_autofree char *name = NULL;
  PleSource source = { .options = options != NULL ? options : &no_options };
  const char *kind = source.options->kind, *advice;
  GError *local = NULL;
  PleDataset *dataset = NULL;
  gboolean known_kind = FALSE;

  g_return_val_if_fail (path != NULL, NULL);
  absolute =
      g_str_has_prefix (path, "sample:") ? g_strdup (path) : g_canonicalize_filename (path, NULL);
  name = g_path_get_basename (absolute);
  source.path = absolute;
  source.name = name;
  if (!look_at_source (&source, error))
    return NULL;
  for (size_t i = 0; ple_readers[i] != NULL && dataset == NULL && local == NULL; i++)
    {
      gboolean forced = kind != NULL && reader_has_name (ple_readers[i], kind);

      known_kind |= forced;
      if (forced || (kind == NULL && ple_readers[i]->recognise (&source)))
        dataset = ple_readers[i]->open (&source, progress, &local);
    }
  if (dataset != NULL)
    return dataset;
  if (local != NULL)
    explain_empty (&source, &local);
  else if (kind != NULL && !known_kind)
    g_set_error (&local, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED,
                 _ ("\"%s\" is not a kind of data set that is known"), kind);
  else if ((advice = find_advice (name)) != NULL)
    g_set_error (&local, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED, "%s: %s", path, advice);
  else
    g_set_error (&local, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED,
                 _ ("%s: not a set of pictures or features that is known here; open a folder of "
                    "pictures, a tar or zip of them, a list of files (.csv, .jsonl) or features "
                    "(.npy, .npz)"),
                 path);
  g_propagate_error (error, local);
  return NULL;
}
