/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `features`: pictures to vectors. A vision model writes FILE.npy.partial batch by batch, which the
 * same command continues, and at the end FILE.npy with FILE.json, which says what it was made with.
 */
#include "config.h"

#include "cli/ple-cli-data.h"
#include "cli/ple-cli.h"

#include "base/ple-error.h"
#include "features/ple-growing-array.h"
#include "features/ple-vision-extract.h"
#include "linalg/ple-array-file.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  PleDataOptions data;
  PleModelOptions models;
  char *output;
  char *labels_output;
  bool save_features;
  int n_decoders;
} FeaturesOptions;

/* clang-format off */
static const PleParam features_params[] = {
  PLE_CLI_DATA_PARAMS (FeaturesOptions),
  PLE_CLI_MODEL_PARAMS (FeaturesOptions),
  PLE_STRING (FeaturesOptions, output, "output", N_("Output"), "",
              .blurb = N_("File to write: .npy, (n, d) float32, in the order of the data set.")),
  PLE_STRING (FeaturesOptions, labels_output, "labels_output", N_("Labels"), "",
              .blurb = N_("File for the true classes: .npy, int64, -1 where unknown.")),
  PLE_BOOL   (FeaturesOptions, save_features, "save_features", N_("Save by split"), false,
              .blurb = N_("Write train_features.npy and test_features.npy beside the output as well, a folder that --load_features takes.")),
  PLE_INT    (FeaturesOptions, n_decoders, "num_workers", N_("Decoding threads"), 0, 0, 1024,
              .flags = PLE_PARAM_ZERO_IS_AUTO,
              .blurb = N_("Vision models: threads that decode pictures ahead of the network.")),
  PLE_PARAM_END
};
/* clang-format on */

/* What the command works on and what comes of it. */
typedef struct
{
  PleCli *cli;
  const FeaturesOptions *options;
  PleDataset *dataset; /* NULL for preprocessed pictures */
  PleArray *pixels;    /* preprocessed pictures, or NULL */
  JsonObject *record;
  PleMatrix *matrix;
} Work;

static void
work_clear (Work *work)
{
  ple_matrix_unref (work->matrix);
  ple_array_unref (work->pixels);
  g_clear_pointer (&work->dataset, ple_dataset_unref);
  json_object_unref (work->record);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Work, work_clear)

/* Preprocessed pictures of a .npy or .npz file: an array of four dimensions; NULL if it is none. */
static PleArray *
read_pixels (const char *path)
{
  g_autoptr (PleArray) array = NULL;

  if (g_str_has_suffix (path, ".npy"))
    array = ple_npy_read (path, NULL);
  else if (g_str_has_suffix (path, ".npz"))
    {
      g_autoptr (PleNpz) npz = ple_npz_open (path, NULL);
      const char *const *names = npz != NULL ? ple_npz_get_names (npz) : NULL;

      if (names != NULL && g_strv_contains (names, "pixel_values"))
        array = ple_npz_get (npz, "pixel_values", NULL);
      else if (names != NULL && names[0] != NULL && names[1] == NULL)
        array = ple_npz_get (npz, names[0], NULL);
    }
  return array != NULL && array->n_dims == 4 ? g_steal_pointer (&array) : NULL;
}

/* A file is what it was if its size and time are. (transfer full) */
static char *
stamp_file (const char *path)
{
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  GStatBuf info = { 0 };

  g_stat (path, &info);
  return g_strdup_printf ("%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT ".%09ld", absolute,
                          (gint64) info.st_size, (gint64) info.st_mtim.tv_sec,
                          info.st_mtim.tv_nsec);
}

static gboolean
open_input (Work *work, PleProgress *progress, GError **error)
{
  const PleDataOptions *data = &work->options->data;

  if (*data->dataset == '\0' && *data->input != '\0')
    work->pixels = read_pixels (data->input);
  if (work->pixels == NULL)
    work->dataset = ple_cli_open_dataset (data, work->cli->environment, progress, error);
  return work->pixels != NULL || work->dataset != NULL;
}

/* OUTPUT with another ending. (transfer full) */
static char *
beside (const char *output, const char *ending)
{
  size_t length = strlen (output);

  if (g_str_has_suffix (output, ".npy"))
    length -= 4;
  return g_strdup_printf ("%.*s%s", (int) length, output, ending);
}

static gboolean
write_record (const Work *work, GError **error)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *path = beside (work->options->output, ".json");

  json_object_set_string_member (work->record, "input", work->options->data.input);
  if (work->dataset != NULL)
    {
      json_object_set_string_member (work->record, "input", ple_dataset_get_path (work->dataset));
      json_object_set_string_member (work->record, "dataset_fingerprint",
                                     ple_dataset_get_fingerprint (work->dataset));
    }
  json_object_set_int_member (work->record, "num_samples", (gint64) work->matrix->n_rows);
  json_object_set_int_member (work->record, "feature_dim", (gint64) work->matrix->n_cols);
  json_node_set_object (node, work->record);
  return ple_json_save (node, path, error);
}

/* The vision model's vectors, in the output already. */
static gboolean
extract_vision (Work *work, PleProgress *progress, GError **error)
{
  PleCli *cli = work->cli;
  g_autofree char *partial = g_strconcat (work->options->output, ".partial", NULL);
  g_autofree char *cache = g_build_filename (cli->environment->cache_dir, "weights.json", NULL);
  g_autofree char *weights = ple_recipe_get (cli->recipe, "model." PLE_MODEL_WEIGHTS_PARAM);
  g_autofree char *batch = ple_recipe_get (cli->recipe, "model.feature_batch_size");
  g_autofree char *stamp = work->pixels != NULL ? stamp_file (work->options->data.input) : NULL;
  g_autoptr (PleArray) array = NULL;
  const PleVisionJob job = {
    .folder = ple_recipe_get_model_source (cli->recipe),
    .weights = weights,
    .cache_file = cache,
    .dataset = work->dataset,
    .pixels = work->pixels,
    .pixels_stamp = stamp,
    .batch_size = (guint) g_ascii_strtoull (batch, NULL, 10),
    .n_decoders = (guint) work->options->n_decoders,
  };

  cli->resumes = TRUE;
  if (!ple_vision_extract (&job, partial, work->record, progress, error) ||
      !ple_growing_array_finish (partial, work->options->output, error))
    return FALSE;
  array = ple_npy_read (work->options->output, error);
  work->matrix = array != NULL ? ple_array_to_matrix (array, error) : NULL;
  return work->matrix != NULL && write_record (work, error);
}

/* The vectors of a model of the table, a file or the data set itself, written at the end. */
static gboolean
extract_other (Work *work, PleProgress *progress, GError **error)
{
  PleCli *cli = work->cli;
  const PleModel *model = ple_recipe_get_model (cli->recipe);
  const PleModelRequest request = {
    .source = model->id,
    .params = ple_params_get_struct (ple_recipe_get_params (cli->recipe, PLE_RECIPE_MODEL)),
    .seed = ple_recipe_get_seed (cli->recipe),
  };
  const char *file = ple_recipe_get_settings (cli->recipe)->load_features;

  if (*file != '\0')
    work->matrix = ple_features_read (file, error);
  else if (ple_dataset_get_features (work->dataset) != NULL)
    {
      ple_cli_note (_ ("these are vectors already: they are copied"));
      work->matrix = ple_matrix_ref (ple_dataset_get_features (work->dataset));
    }
  else
    work->matrix = model->extract (work->dataset, &request, progress, error);
  if (work->matrix == NULL)
    return FALSE;
  if (*file != '\0' && work->matrix->n_rows != ple_dataset_get_n_items (work->dataset))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   _ ("%s: expected %zu rows, found %zu"), file,
                   ple_dataset_get_n_items (work->dataset), work->matrix->n_rows);
      return FALSE;
    }
  return ple_npy_write_matrix (work->options->output, work->matrix, error);
}

static gboolean
extract (Work *work, PleProgress *progress, GError **error)
{
  gboolean given = *ple_recipe_get_settings (work->cli->recipe)->load_features != '\0';
  gboolean vision = ple_recipe_get_model (work->cli->recipe) == ple_model_of_folders ();

  if (work->pixels != NULL && !vision)
    {
      g_set_error (error, PLE_CLI_ERROR, PLE_CLI_ERROR_USAGE,
                   _ ("preprocessed pictures are for vision models; give --model FOLDER or NAME"));
      return FALSE;
    }
  if (vision && !given &&
      (work->pixels != NULL || ple_dataset_get_features (work->dataset) == NULL))
    return extract_vision (work, progress, error);
  return extract_other (work, progress, error);
}

static gboolean
write_labels (const Work *work, GError **error)
{
  PleLabels *truth = work->dataset != NULL ? ple_dataset_get_labels (work->dataset) : NULL;
  g_autoptr (PleLabels) none = truth == NULL ? ple_labels_new (work->matrix->n_rows) : NULL;

  if (truth == NULL)
    ple_cli_note (_ ("no classes are known: all labels are -1"));
  return ple_npy_write_labels (work->options->labels_output, truth != NULL ? truth : none, error);
}

/* The training split, all of it if there is none, and the rest. */
static gboolean
write_splits (const Work *work, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (work->options->output);
  g_autofree char *train_path = g_build_filename (folder, "train_features.npy", NULL);
  g_autofree char *test_path = g_build_filename (folder, "test_features.npy", NULL);
  size_t n = work->matrix->n_rows;
  size_t n_train =
      work->dataset != NULL ? ple_dataset_get_split_size (work->dataset, PLE_SPLIT_TRAIN) : 0;
  g_autoptr (PleMatrix) train = NULL;
  g_autoptr (PleMatrix) test = NULL;

  if (n_train == 0 || n_train > n)
    n_train = n;
  train = ple_matrix_new_rows (work->matrix, 0, n_train);
  if (!ple_npy_write_matrix (train_path, train, error))
    return FALSE;
  if (n_train == n)
    return TRUE;
  test = ple_matrix_new_rows (work->matrix, n_train, n - n_train);
  return ple_npy_write_matrix (test_path, test, error);
}

static void
report (const Work *work, PleCliClock *clock)
{
  const char *model = ple_recipe_get_model_source (work->cli->recipe);
  const char *output = work->options->output;

  if (!ple_cli_wants_json (work->cli))
    {
      printf (_ ("%s: %zu x %zu by %s\n"), output, work->matrix->n_rows, work->matrix->n_cols,
              model);
      return;
    }
  json_object_set_string_member (work->record, "command", "features");
  json_object_set_string_member (work->record, "model", model);
  json_object_set_string_member (work->record, "output", output);
  json_object_set_int_member (work->record, "num_samples", (gint64) work->matrix->n_rows);
  json_object_set_int_member (work->record, "feature_dim", (gint64) work->matrix->n_cols);
  ple_cli_clock_finish (clock, work->record);
  ple_cli_print_json (work->record);
}

static gboolean
run_features (PleCli *cli, GError **error)
{
  g_auto (PleCliClock) clock = ple_cli_clock_start ();
  g_auto (Work)
      work = { .cli = cli, .options = ple_cli_get_options (cli), .record = json_object_new () };
  g_autoptr (PleProgress) opening = ple_progress_new_stage (cli->progress, _ ("Data set"), 0, 0.02);
  g_autoptr (PleProgress) working = ple_progress_new_stage (cli->progress, _ ("Features"), 0.02, 1);

  if (!ple_cli_require (cli, "output", error) || !open_input (&work, opening, error))
    return FALSE;
  ple_cli_clock_mark (&clock, "dataset");
  if (!extract (&work, working, error))
    return FALSE;
  ple_cli_clock_mark (&clock, "features");
  if (*work.options->labels_output != '\0' && !write_labels (&work, error))
    return FALSE;
  if (work.options->save_features && !write_splits (&work, error))
    return FALSE;
  ple_cli_clock_mark (&clock, "write");
  report (&work, &clock);
  return TRUE;
}

static const char *const recipe_names[] = { "model", "seed", "load_features", NULL };

const PleCommand ple_command_features = {
  .name = "features",
  .arguments = "--input PATH --output FILE.npy [OPTION…]",
  .summary = N_ ("pictures to feature vectors"),
  .params = features_params,
  .params_size = sizeof (FeaturesOptions),
  .recipe_names = recipe_names,
  .recipe_parts = 1u << PLE_RECIPE_MODEL,
  .run = run_features,
};
