/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/ple-cli-data.h"

#include "base/ple-text.h"
#include "dataset/ple-sample.h"

#include <glib/gi18n.h>
#include <string.h>

/* Names of known data sets, the reader's kind, and what their folders are called when unpacked. */
static const struct
{
  const char *name;
  const char *kind;
  const char *folders;
} known[] = {
  { "cifar10", "cifar10", "cifar-10-batches-bin cifar10 CIFAR10 cifar-10" },
  { "cifar100", "cifar100", "cifar-100-binary cifar100 CIFAR100 cifar-100" },
  { "stl10", "stl10", "stl10_binary stl10 STL10 stl-10" },
  { "imagenette", "folder", "imagenette2 imagenette2-320 imagenette2-160 imagenette" },
  { "tiny-imagenet", "folder", "tiny-imagenet-200 tiny-imagenet tiny_imagenet" },
  { "imagenet", "folder", "imagenet ILSVRC2012 imagenet-1k ImageNet" },
  { "imagenet-1k", "folder", "imagenet-1k imagenet ILSVRC2012 ImageNet" },
  { "mnist", "idx", "MNIST/raw mnist MNIST" },
  { "fashion-mnist", "idx", "FashionMNIST/raw fashion-mnist FashionMNIST fashion_mnist" },
};

char *
ple_cli_expand_sample (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, ":", -1);
  guint n = g_strv_length (parts);
  gint64 n_items = PLE_SAMPLE_DEFAULT_ITEMS;

  if (n == 0 || n > 2 || strcmp (parts[0], "sample") != 0 ||
      g_file_test (path, G_FILE_TEST_EXISTS) || (n == 2 && !ple_parse_int64 (parts[1], &n_items)))
    return g_strdup (path);
  return g_strdup_printf ("sample:%" G_GINT64_FORMAT ":%d", n_items, PLE_CLI_SAMPLE_SEED);
}

static PleDataset *
open_path (const char *path, const PleDatasetOptions *how, PleProgress *progress, GError **error)
{
  g_autofree char *expanded = ple_cli_expand_sample (path);

  return ple_dataset_open (expanded, how, progress, error);
}

/* The first of the usual folders in @root, else @root itself. */
static char *
find_folder (const char *root, const char *folders)
{
  g_auto (GStrv) names = g_strsplit (folders, " ", -1);

  for (size_t i = 0; names[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (root, names[i], NULL);

      if (g_file_test (path, G_FILE_TEST_IS_DIR))
        return g_steal_pointer (&path);
    }
  return g_strdup (root);
}

static PleDataset *
open_known (const PleDataOptions *options,
            PleDatasetOptions *how,
            PleProgress *progress,
            GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  if (ple_name_equal (options->dataset, "sample"))
    return open_path ("sample", how, progress, error);
  for (size_t i = 0; i < G_N_ELEMENTS (known); i++)
    {
      g_autofree char *path = NULL;
      PleDataset *dataset;

      g_string_append_printf (names, "%s, ", known[i].name);
      if (!ple_name_equal (known[i].name, options->dataset))
        continue;
      if (how->kind == NULL)
        how->kind = known[i].kind;
      path = find_folder (options->data_root, known[i].folders);
      dataset = ple_dataset_open (path, how, progress, error);
      if (dataset == NULL)
        g_prefix_error (error, _ ("%s is not in --data_root %s: "), options->dataset,
                        options->data_root);
      return dataset;
    }
  g_set_error (error, PLE_CLI_ERROR, PLE_CLI_ERROR_USAGE,
               _ ("dataset: \"%s\" is not one of: %ssample; for pictures of your own use --input"),
               options->dataset, names->str);
  return NULL;
}

PleDataset *
ple_cli_open_dataset (const PleDataOptions *options,
                      const PleEnvironment *environment,
                      PleProgress *progress,
                      GError **error)
{
  PleDatasetOptions how = {
    .ignore_orientation = options->ignore_orientation,
    .ignore_classes = options->ignore_classes,
    .classes_file = *options->classes != '\0' ? options->classes : NULL,
    .coarse_labels = options->coarse_labels,
    .kind = options->use_folder_structure ? "folder" : NULL,
    .cache_dir = environment->cache_dir,
  };

  if (*options->input != '\0' && *options->dataset != '\0')
    g_set_error (error, PLE_CLI_ERROR, PLE_CLI_ERROR_USAGE,
                 _ ("--input and --dataset name two data sets; give one of them"));
  else if (*options->input != '\0')
    return open_path (options->input, &how, progress, error);
  else if (*options->dataset != '\0')
    return open_known (options, &how, progress, error);
  else
    g_set_error (error, PLE_CLI_ERROR, PLE_CLI_ERROR_USAGE,
                 _ ("no pictures: give --input PATH or --dataset NAME"));
  return NULL;
}

PleDataset *
ple_cli_reopen_dataset (JsonObject *config,
                        const PleEnvironment *environment,
                        PleProgress *progress,
                        GError **error)
{
  const char *path = ple_json_get_string (config, "input", "");
  const char *classes = ple_json_get_string (config, "classes", "");
  const char *kind = ple_json_get_string (config, "dataset_kind", "");
  PleDatasetOptions how = {
    .ignore_orientation = ple_json_get_bool (config, "ignore_orientation", FALSE),
    .ignore_classes = ple_json_get_bool (config, "ignore_classes", FALSE),
    .classes_file = *classes != '\0' ? classes : NULL,
    .coarse_labels = ple_json_get_bool (config, "coarse_labels", FALSE),
    .kind = *kind != '\0' && strcmp (kind, "sample") != 0 ? kind : NULL,
    .cache_dir = environment->cache_dir,
  };

  return *path != '\0' ? ple_dataset_open (path, &how, progress, error) : NULL;
}
