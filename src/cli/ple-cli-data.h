/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli/ple-cli.h"
#include "dataset/ple-dataset.h"

G_BEGIN_DECLS

/**
 * PleDataOptions:
 *
 * Which pictures: members of the option structs of several commands, named alike. Put
 * PLE_CLI_DATA_PARAMS (TheStruct) into the table.
 */
typedef struct
{
  char *input;
  char *dataset;
  char *data_root;
  bool use_folder_structure;
  char *classes;
  bool coarse_labels;
  bool ignore_classes;
  bool ignore_orientation;
} PleDataOptions;

/* clang-format off */
#define PLE_CLI_DATA_PARAMS(S)                                                                      \
  PLE_STRING (S, data.input, "input", N_("Pictures"), "",                                            \
              .blurb = N_("Folder, archive, list, binary or feature file; or sample[:N[:SEED]].")), \
  PLE_STRING (S, data.dataset, "dataset", N_("Data set"), "",                                        \
              .blurb = N_("Known data set, looked for in --data_root: cifar10, cifar100, stl10, imagenette, tiny-imagenet, imagenet, mnist, fashion-mnist, sample.")), \
  PLE_STRING (S, data.data_root, "data_root", N_("Data folder"), "./data",                           \
              .blurb = N_("Folder of the data set, or its parent.")),                                \
  PLE_BOOL   (S, data.use_folder_structure, "use_folder_structure", N_("Folders"), false,            \
              .blurb = N_("Read a folder of pictures with a sub-folder per class, whatever its name.")), \
  PLE_STRING (S, data.classes, "classes", N_("Classes to keep"), "",                                 \
              .blurb = N_("File with one class a line; all others are left out.")),                  \
  PLE_BOOL   (S, data.coarse_labels, "coarse_labels", N_("Coarse labels"), false,                    \
              .blurb = N_("CIFAR-100: the 20 coarse classes.")),                                     \
  PLE_BOOL   (S, data.ignore_classes, "ignore_classes", N_("Ignore classes"), false,                 \
              .blurb = N_("Do not take sub-folders as classes.")),                                   \
  PLE_BOOL   (S, data.ignore_orientation, "ignore_orientation", N_("Ignore orientation"), false,     \
              .blurb = N_("Do not turn pictures as EXIF says."))
/* clang-format on */

/* Members of the option structs of commands that take --model. */
typedef struct
{
  char *dinov2_model;
  char *clip_model;
} PleModelOptions;

/* clang-format off */
#define PLE_CLI_MODEL_PARAMS(S)                                                                     \
  PLE_STRING (S, models.dinov2_model, "dinov2_model", N_("DINOv2 model"), "",                        \
              .blurb = N_("Which one --model dinov2 means: a folder, or a name such as facebook/dinov2-base; without it the largest on this computer.")), \
  PLE_STRING (S, models.clip_model, "clip_model", N_("CLIP model"), "",                              \
              .blurb = N_("Which one --model clip means, such as openai/clip-vit-base-patch32."))
/* clang-format on */

/* Of the sample where the person gives none: the one that the window opens. */
#define PLE_CLI_SAMPLE_SEED 1

/* "sample" and "sample:N" as the path of the built-in sample, unless there is such a file; other
 * paths as they are. (transfer full) */
char *ple_cli_expand_sample (const char *path);

/* The data set that the options name; a usage error if they name none. */
PleDataset *ple_cli_open_dataset (const PleDataOptions *options,
                                  const PleEnvironment *environment,
                                  PleProgress *progress,
                                  GError **error);

/* The data set that an experiment's config.json was made from; %NULL without error if it does not
 * say. */
PleDataset *ple_cli_reopen_dataset (JsonObject *config,
                                    const PleEnvironment *environment,
                                    PleProgress *progress,
                                    GError **error);

G_END_DECLS
