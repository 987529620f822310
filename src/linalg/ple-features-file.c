/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features and labels from whatever file they come in. The kind is told by the first bytes, so a
 * wrong extension does no harm. */
#include "config.h"

#include "linalg/ple-array-file.h"
#include "linalg/ple-array-private.h"

#include "base/ple-error.h"

#include <string.h>

typedef enum
{
  KIND_NPY,
  KIND_NPZ,
  KIND_TEXT,
} Kind;

static gboolean
begins_with (GBytes *bytes, const char *magic)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  return size >= strlen (magic) && memcmp (data, magic, strlen (magic)) == 0;
}

static gboolean
find_kind (GBytes *bytes, const char *name, Kind *kind, GError **error)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);

  if (g_str_has_suffix (lower, ".pt") || g_str_has_suffix (lower, ".pth") ||
      g_str_has_suffix (lower, ".safetensors") || g_str_has_suffix (lower, ".pkl"))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED,
                   "%s: this kind of file is not read here, save the array as .npy", name);
      return FALSE;
    }
  if (g_str_has_suffix (lower, ".npy") || begins_with (bytes, "\x93NUMPY"))
    *kind = KIND_NPY;
  else if (g_str_has_suffix (lower, ".npz") || begins_with (bytes, "PK\3\4"))
    *kind = KIND_NPZ;
  else
    *kind = KIND_TEXT;
  return TRUE;
}

/* The array called @wanted, or else the only one that @fits; the names stand in the error. */
static PleArray *
get_member (GBytes *bytes,
            const char *name,
            const char *wanted,
            gboolean (*fits) (const PleArray *array),
            GError **error)
{
  g_autoptr (PleNpz) npz = ple_npz_parse (bytes, name, error);
  g_autoptr (PleArray) found = NULL;
  const char *const *names;

  if (npz == NULL)
    return NULL;
  names = ple_npz_get_names (npz);
  if (g_strv_contains (names, wanted))
    return ple_npz_get (npz, wanted, error);
  for (size_t i = 0; names[i] != NULL; i++)
    {
      g_autoptr (PleArray) array = ple_npz_get (npz, names[i], NULL);

      if (array == NULL || !fits (array))
        continue;
      if (found != NULL)
        {
          g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                       "%s: several arrays could be meant, call one of them \"%s\"", name, wanted);
          return NULL;
        }
      found = g_steal_pointer (&array);
    }
  if (found == NULL)
    g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, "%s: no array \"%s\" in it", name,
                 wanted);
  return g_steal_pointer (&found);
}

static gboolean
is_table (const PleArray *array)
{
  return array->n_dims == 2;
}

static gboolean
is_list_of_whole_numbers (const PleArray *array)
{
  return array->n_dims == 1 && ple_array_is_whole (array);
}

/* @path itself, or what a folder of features or a stem stands for, as the seeds' --load_features.
 * (transfer full) */
static char *
find_file (const char *path)
{
  static const char *const insides[] = { "", "/train_features", "/features/train_features" };
  static const char *const endings[] = { "", ".npy", ".npz", ".csv" };

  for (size_t i = 0; i < G_N_ELEMENTS (insides); i++)
    for (size_t j = 0; j < G_N_ELEMENTS (endings); j++)
      {
        g_autofree char *candidate = g_strconcat (path, insides[i], endings[j], NULL);

        if (g_file_test (candidate, G_FILE_TEST_IS_REGULAR))
          return g_steal_pointer (&candidate);
      }
  return g_strdup (path);
}

PleMatrix *
ple_features_read (const char *path, GError **error)
{
  g_autofree char *file = find_file (path);
  g_autofree char *name = NULL;
  g_autoptr (GBytes) bytes = ple_map_file (file, &name, error);
  g_autoptr (PleArray) array = NULL;
  Kind kind;

  if (bytes == NULL || !find_kind (bytes, name, &kind, error))
    return NULL;
  if (kind == KIND_TEXT)
    return ple_csv_parse_matrix (bytes, name, error);
  array = kind == KIND_NPY ? ple_npy_read (file, error)
                           : get_member (bytes, name, "features", is_table, error);
  if (array == NULL)
    return NULL;
  if (array->n_dims == 0)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                   "%s: expected a table, found a single number", name);
      return NULL;
    }
  return ple_array_to_matrix (array, error);
}

PleLabels *
ple_labels_read (const char *path, GError **error)
{
  g_autofree char *name = NULL;
  g_autoptr (GBytes) bytes = ple_map_file (path, &name, error);
  g_autoptr (PleArray) array = NULL;
  Kind kind;

  if (bytes == NULL || !find_kind (bytes, name, &kind, error))
    return NULL;
  if (kind == KIND_TEXT)
    return ple_csv_parse_labels (bytes, name, error);
  array = kind == KIND_NPY ? ple_npy_parse (bytes, name, error)
                           : get_member (bytes, name, "labels", is_list_of_whole_numbers, error);
  return array != NULL ? ple_array_to_labels (array, name, error) : NULL;
}
