/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "project/ple-stages-private.h"

#include "base/ple-error.h"
#include "base/ple-json.h"
#include "features/ple-growing-array.h"
#include "linalg/ple-array-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TRAIN_FILE "train_features.npy"
#define TEST_FILE "test_features.npy"

static gboolean
fail_shape (const char *path, size_t expected, size_t found, GError **error)
{
  g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
               _ ("%s: expected %zu rows, found %zu"), path, expected, found);
  return FALSE;
}

static PleMatrix *
read_matrix (const char *path, size_t n_rows, GError **error)
{
  g_autoptr (PleArray) array = ple_npy_read (path, error);
  g_autoptr (PleMatrix) matrix = NULL;

  if (array == NULL)
    return NULL;
  if (array->type != PLE_ARRAY_F4 || array->n_dims != 2 || array->shape[0] != n_rows)
    {
      fail_shape (path, n_rows, array->n_dims > 0 ? array->shape[0] : 0, error);
      return NULL;
    }
  return ple_array_to_matrix (array, error);
}

typedef struct
{
  void *address;
  size_t size;
} Region;

static void
region_free (gpointer data)
{
  Region *region = data;

  munmap (region->address, region->size);
  g_free (region);
}

static size_t
round_to_page (size_t size)
{
  size_t page = (size_t) sysconf (_SC_PAGESIZE);

  return (size + page - 1) / page * page;
}

/* The rows of @train, mapped, and behind them in memory those of @test, read: the mapping is
 * private, so the rest of its last page is ours to write. NULL where the system says no; then the
 * caller copies. */
static PleMatrix *
map_joined (const char *train_path, const PleMatrix *train, const PleMatrix *test)
{
  size_t d = train->n_cols;
  size_t train_bytes = train->n_rows * d * sizeof (float);
  size_t test_bytes = test->n_rows * d * sizeof (float);
  size_t offset, size;
  Region *region;
  char *base;
  GStatBuf info;
  int fd = g_open (train_path, O_RDONLY | O_CLOEXEC, 0);

  if (fd < 0)
    return NULL;
  if (fstat (fd, &info) != 0 || (size_t) info.st_size < train_bytes)
    {
      close (fd);
      return NULL;
    }
  offset = (size_t) info.st_size - train_bytes; /* of the header: the data end the file */
  size = round_to_page (offset + train_bytes + test_bytes);
  base = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED)
    {
      close (fd);
      return NULL;
    }
  if (mmap (base, (size_t) info.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0) !=
      base)
    {
      munmap (base, size);
      close (fd);
      return NULL;
    }
  close (fd);
  memcpy (base + offset + train_bytes, test->data, test_bytes);
  mprotect (base, size, PROT_READ);
  region = g_new (Region, 1);
  region->address = base;
  region->size = size;
  return ple_matrix_new_with_owner (train->n_rows + test->n_rows, d,
                                    (float *) (void *) (base + offset), region, region_free);
}

static PleMatrix *
join_copied (const PleMatrix *train, const PleMatrix *test, GError **error)
{
  PleMatrix *joined = ple_matrix_new (train->n_rows + test->n_rows, train->n_cols, error);

  if (joined == NULL)
    return NULL;
  memcpy (joined->data, train->data, train->n_rows * train->n_cols * sizeof (float));
  memcpy (ple_matrix_row (joined, train->n_rows), test->data,
          test->n_rows * test->n_cols * sizeof (float));
  return joined;
}

/* All items from the two files of a folder; the second is absent if there is no test split. */
static PleMatrix *
load_folder (const char *folder, size_t n_train, size_t n_items, GError **error)
{
  g_autofree char *train_path = g_build_filename (folder, TRAIN_FILE, NULL);
  g_autofree char *test_path = g_build_filename (folder, TEST_FILE, NULL);
  g_autoptr (PleMatrix) train = read_matrix (train_path, n_train, error);
  g_autoptr (PleMatrix) test = NULL;
  PleMatrix *joined;

  if (train == NULL || n_train == n_items)
    return g_steal_pointer (&train);
  test = read_matrix (test_path, n_items - n_train, error);
  if (test == NULL)
    return NULL;
  if (test->n_cols != train->n_cols)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   _ ("%s: expected %zu columns, found %zu"), test_path, train->n_cols,
                   test->n_cols);
      return NULL;
    }
  joined = map_joined (train_path, train, test);
  return joined != NULL ? joined : join_copied (train, test, error);
}

PleMatrix *
ple_stage_features_find (const PleStages *stages)
{
  g_autofree char *folder = ple_stages_folder (stages, "features", stages->features_key);
  g_autoptr (JsonObject) config = NULL;
  PleMatrix *own = ple_dataset_get_features (stages->dataset);

  if (own != NULL && *ple_recipe_get_settings (stages->recipe)->load_features == '\0')
    return ple_matrix_check_finite (own, NULL, NULL) ? ple_matrix_ref (own) : NULL;
  config = ple_stages_load_config (folder, "features", NULL);
  if (config == NULL)
    return NULL;
  return load_folder (folder, stages->n_train, stages->n_items, NULL);
}

/* What --load_features names: one file with all items, or train_features with test_features
 * beside it. */
static PleMatrix *
read_given (const PleStages *stages, const char *path, GError **error)
{
  gboolean is_folder = g_file_test (path, G_FILE_TEST_IS_DIR);
  g_autofree char *folder = is_folder ? g_strdup (path) : g_path_get_dirname (path);
  g_autofree char *train_path =
      is_folder ? g_build_filename (path, "train_features", NULL) : g_strdup (path);
  g_autofree char *test_path = g_build_filename (folder, "test_features", NULL);
  g_autoptr (PleMatrix) train = ple_features_read (train_path, error);
  g_autoptr (PleMatrix) test = NULL;

  if (train == NULL || train->n_rows == stages->n_items)
    return g_steal_pointer (&train);
  if (train->n_rows == stages->n_train)
    test = ple_features_read (test_path, NULL);
  if (test == NULL || train->n_rows + test->n_rows != stages->n_items ||
      test->n_cols != train->n_cols)
    {
      fail_shape (path, stages->n_items, train->n_rows + (test != NULL ? test->n_rows : 0), error);
      return NULL;
    }
  return join_copied (train, test, error);
}

/* Where a model may keep unfinished work. (transfer full) */
static char *
partial_path (const PleStages *stages)
{
  g_autofree char *name = g_strdup_printf (".partial-%s.npy", stages->features_key);

  return g_build_filename (stages->project_path, "features", name, NULL);
}

static PleMatrix *
extract (const PleStages *stages, JsonObject *record, PleProgress *progress, GError **error)
{
  const PleModel *model = ple_recipe_get_model (stages->recipe);
  g_autofree char *partial = partial_path (stages);
  g_autofree char *folder = g_path_get_dirname (partial);
  g_autofree char *cache = g_build_filename (folder, "weights.json", NULL);
  const PleModelRequest request = {
    .source = ple_recipe_get_model_source (stages->recipe),
    .params = ple_params_get_struct (ple_recipe_get_params (stages->recipe, PLE_RECIPE_MODEL)),
    .seed = ple_recipe_get_seed (stages->recipe),
    .partial = partial,
    .cache_file = cache,
    .record = record,
  };

  g_mkdir_with_parents (folder, 0777);
  return model->extract (stages->dataset, &request, progress, error);
}

static PleMatrix *
compute (const PleStages *stages, JsonObject *record, PleProgress *progress, GError **error)
{
  const char *file = ple_recipe_get_settings (stages->recipe)->load_features;
  g_autoptr (PleMatrix) matrix = NULL;

  if (*file != '\0')
    matrix = read_given (stages, file, error);
  else if (ple_dataset_get_features (stages->dataset) != NULL)
    matrix = ple_matrix_ref (ple_dataset_get_features (stages->dataset));
  else
    matrix = extract (stages, record, progress, error);
  if (matrix == NULL || !ple_matrix_check_finite (matrix, _ ("features"), error))
    return NULL;
  g_return_val_if_fail (matrix->n_rows == stages->n_items, NULL);
  return g_steal_pointer (&matrix);
}

/* Adds to @config, which holds what the model says of itself. */
static void
describe (const PleStages *stages, const PleMatrix *matrix, JsonObject *config)
{
  const PleModel *model = ple_recipe_get_model (stages->recipe);
  const char *file = ple_recipe_get_settings (stages->recipe)->load_features;

  if (*file != '\0')
    json_object_set_string_member (config, "load_features", file);
  else
    {
      json_object_set_string_member (config, "model", ple_recipe_get_model_source (stages->recipe));
      json_object_set_int_member (config, "model_version", model->version);
      if (!model->seedless)
        json_object_set_int_member (config, "seed", (gint64) ple_recipe_get_seed (stages->recipe));
      ple_params_to_json (ple_recipe_get_params (stages->recipe, PLE_RECIPE_MODEL), config);
    }
  json_object_set_string_member (config, "dataset_fingerprint",
                                 ple_dataset_get_fingerprint (stages->dataset));
  json_object_set_int_member (config, "num_samples", (gint64) matrix->n_rows);
  json_object_set_int_member (config, "num_train", (gint64) stages->n_train);
  json_object_set_int_member (config, "feature_dim", (gint64) matrix->n_cols);
}

static gboolean
write_rows (
    PleAtomicDir *dir, const char *name, PleMatrix *matrix, size_t first, size_t n, GError **error)
{
  g_autofree char *path = ple_atomic_dir_build (dir, name);
  g_autoptr (PleMatrix) rows = ple_matrix_new_rows (matrix, first, n);

  return ple_npy_write_matrix (path, rows, error);
}

PleMatrix *
ple_stage_features_make (const PleStages *stages, PleProgress *progress, GError **error)
{
  gint64 start = g_get_monotonic_time ();
  g_autoptr (JsonObject) config = json_object_new ();
  g_autoptr (PleMatrix) matrix = compute (stages, config, progress, error);
  g_autoptr (PleAtomicDir) dir = NULL;
  g_autofree char *folder = NULL;
  g_autofree char *partial = partial_path (stages);

  if (matrix == NULL || matrix == ple_dataset_get_features (stages->dataset))
    return g_steal_pointer (&matrix);
  describe (stages, matrix, config);
  dir = ple_stages_begin (stages, "features", stages->features_key, config, error);
  if (dir == NULL || !write_rows (dir, TRAIN_FILE, matrix, 0, stages->n_train, error))
    return NULL;
  if (stages->n_train < stages->n_items && !write_rows (dir, TEST_FILE, matrix, stages->n_train,
                                                        stages->n_items - stages->n_train, error))
    return NULL;
  if (!ple_stages_commit (g_steal_pointer (&dir), "features",
                          (double) (g_get_monotonic_time () - start) / 1e6, error))
    return NULL;
  /* From here on mapped: pages that the system can drop and read again. */
  g_clear_pointer (&matrix, ple_matrix_unref);
  ple_growing_array_remove (partial);
  folder = ple_stages_folder (stages, "features", stages->features_key);
  return load_folder (folder, stages->n_train, stages->n_items, error);
}
