/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-readers-private.h"
#include "linalg/ple-array-file.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Vectors without pictures: .npy, .npz (array "features", or the only table; "labels" or the only
 * list of whole numbers is the truth) or .csv of numbers. The labels of a .npy or .csv file are
 * looked for beside it: "features" in its name replaced by "labels", or "-labels" or "_labels" put
 * behind its stem. */

/* More classes than that are numbers of another sort (times, identifiers). */
#define MAX_CLASSES (1 << 20)

/* Whether the second line (the only one, if there is no second) is all numbers as far as the head
 * shows it. */
static gboolean
looks_like_numbers (const PleSource *source)
{
  g_autofree char *text = g_strndup ((const char *) source->head, source->head_size);
  char *line = text, *stop = strchr (text, '\n');
  gboolean any = FALSE;

  if (strlen (text) < source->head_size)
    return FALSE;
  if (stop != NULL && stop[1] != '\0')
    line = stop + 1;
  stop = strchr (line, '\n');
  if (stop != NULL)
    *stop = '\0';
  else if (source->size > source->head_size && strpbrk (line, ",;\t ") != NULL)
    *(strrchr (line, ',') != NULL ? strrchr (line, ',') : line + strlen (line)) = '\0';
  for (char *p = line; *p != '\0'; p++)
    {
      if (strchr ("0123456789+-.eE,;\t\r nNaAiIfF", *p) == NULL)
        return FALSE;
      any |= g_ascii_isdigit (*p);
    }
  return any;
}

static gboolean
recognise (const PleSource *source)
{
  g_autofree char *lower = g_ascii_strdown (source->name, -1);

  if (source->is_folder || !source->exists)
    return FALSE;
  if (g_str_has_suffix (lower, ".npy") || g_str_has_suffix (lower, ".npz"))
    return TRUE;
  return (g_str_has_suffix (lower, ".csv") || g_str_has_suffix (lower, ".tsv")) &&
         looks_like_numbers (source);
}

/* (transfer full) (nullable): the file of labels beside a file of features */
static char *
find_labels_file (const char *path)
{
  static const char *const suffixes[] = { "-labels", "_labels" };
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  char *dot = strrchr (name, '.');
  const char *mark = strstr (name, "features");
  g_autofree char *stem = g_strndup (name, dot != NULL ? (size_t) (dot - name) : strlen (name));

  if (mark != NULL)
    {
      g_autofree char *head = g_strndup (name, (size_t) (mark - name));
      g_autofree char *other = g_strconcat (head, "labels", mark + strlen ("features"), NULL);

      if (ple_file_is_there (folder, other))
        return g_build_filename (folder, other, NULL);
    }
  for (size_t i = 0; dot != NULL && i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *other = g_strconcat (stem, suffixes[i], dot, NULL);

      if (ple_file_is_there (folder, other))
        return g_build_filename (folder, other, NULL);
    }
  return NULL;
}

/* The truth, if there is one that fits; what does not is listed. (transfer full) (nullable) */
static PleLabels *
read_labels (PleDatasetBuilder *builder, const PleSource *source, size_t n)
{
  gboolean is_npz = source->head_size >= 4 && memcmp (source->head, "PK\3\4", 4) == 0;
  g_autofree char *path = is_npz ? g_strdup (source->path) : find_labels_file (source->path);
  g_autofree char *name = path != NULL ? g_path_get_basename (path) : NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (PleLabels) labels = path != NULL ? ple_labels_read (path, &error) : NULL;
  size_t n_groups;

  if (labels == NULL)
    {
      /* An archive without labels is a normal one. */
      if (error != NULL && !is_npz)
        ple_dataset_builder_add_odd (builder, name, "%s", error->message);
      return NULL;
    }
  n_groups = ple_labels_get_n_groups (labels);
  if (labels->n != n)
    ple_dataset_builder_add_odd (builder, name, _ ("has %zu labels for %zu rows of features"),
                                 labels->n, n);
  else if (n_groups > MAX_CLASSES)
    ple_dataset_builder_add_odd (builder, name, _ ("its numbers are too large to be classes"));
  else
    return g_steal_pointer (&labels);
  return NULL;
}

static PleDataset *
open_features (const PleSource *source, PleProgress *progress, GError **error)
{
  g_autoptr (PleMatrix) features = ple_features_read (source->path, error);
  g_autoptr (PleDatasetBuilder) builder = NULL;
  g_autoptr (PleLabels) labels = NULL;
  guint32 file;

  if (features == NULL)
    return NULL;
  if (features->n_rows == 0 || features->n_cols == 0)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY, _ ("%s: a table without any row"),
                   source->path);
      return NULL;
    }
  if (features->n_rows > PLE_MAX_ITEMS)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE,
                   _ ("%s: %zu rows are too many (the limit is %zu)"), source->path,
                   features->n_rows, PLE_MAX_ITEMS);
      return NULL;
    }
  builder = ple_dataset_builder_new (&ple_reader_features, source);
  builder->keep_order = TRUE;
  builder->keep_class_order = TRUE;
  labels = read_labels (builder, source, features->n_rows);
  for (size_t c = 0; labels != NULL && c < ple_labels_get_n_groups (labels); c++)
    {
      g_autofree char *key = g_strdup_printf ("%zu", c);

      ple_dataset_builder_add_class (builder, key, NULL);
    }
  file = ple_dataset_builder_add_folder (builder, source->name);
  for (size_t i = 0; i < features->n_rows; i++)
    ple_dataset_builder_add_numbered (builder, file, i, PLE_SPLIT_TRAIN,
                                      labels != NULL ? labels->data[i] : -1, source->size,
                                      source->mtime);
  return ple_dataset_builder_finish (g_steal_pointer (&builder), source->options, NULL,
                                     g_steal_pointer (&features), progress, error);
}

const PleReader ple_reader_features = {
  .id = "features",
  .title = N_ ("Features without pictures"),
  .recognise = recognise,
  .open = open_features,
};
