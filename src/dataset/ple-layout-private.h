/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dataset/ple-dataset-private.h"

G_BEGIN_DECLS

/**
 * PleLayoutFiles:
 * @read_lines: (nullable) the lines of the text file @name, relative to the source; %NULL if there
 * is none (transfer full)
 *
 * How a layout looks at the descriptions that lie among the pictures: on disk or in an archive.
 */
typedef struct
{
  gpointer data;
  char **(*read_lines) (gpointer data, const char *name);
} PleLayoutFiles;

/**
 * ple_layout_apply:
 *
 * Finds out from the names of folders what the splits and the classes are, and sets them for all
 * entries of @builder, which were added with %PLE_SPLIT_TRAIN and class -1.
 *
 * - Folders that hold nothing but one folder are passed through ("archive/tiny-imagenet-200/...").
 * - Then, if folders are called train, val (valid, validation, dev) and test (testing), they are
 *   splits: all that hold pictures must be, or train and another one; what lies beside them is left
 *   out and listed.
 * - Below that the first folder is the class, whatever is deeper belongs to it
 * ("n01443537/images"). A single folder "images" is none.
 * - Pictures without a class folder get theirs from val_annotations.txt (Tiny ImageNet) or
 *   LOC_val_solution.csv (ImageNet).
 * - Names of synsets come from LOC_synset_mapping.txt, synset_words.txt, words.txt, classes.txt,
 *   class_names.txt or names.txt, else from the ten of Imagenette, which are known.
 */
void ple_layout_apply (PleDatasetBuilder *builder, const PleLayoutFiles *files);

/* "train", "valid", "Testing" and the like. Returns: %FALSE if @name is not the name of a split. */
gboolean ple_split_from_name (const char *name, PleSplit *split);

G_END_DECLS
