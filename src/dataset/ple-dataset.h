/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "dataset/ple-image.h"
#include "linalg/ple-labels.h"
#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

/**
 * PleDataset:
 *
 * A set of pictures (or of bare feature vectors), as found on disk: names, splits, classes; pixels
 * are decoded when asked for. Immutable after opening, reference-counted, all functions from any
 * thread. Nothing is ever written into the data's folder.
 *
 * Items are numbered 0..n-1 in a stable order: by split (train, validation, test), within it by
 * folder, then by name, both in C-locale order (binary and list files: their own order). The number
 * is the item's id in a project.
 */
typedef struct _PleDataset PleDataset;

typedef enum
{
  PLE_SPLIT_TRAIN, /* also: no splits at all */
  PLE_SPLIT_VALIDATION,
  PLE_SPLIT_TEST,
} PleSplit;

/**
 * PleDatasetOptions:
 * @ignore_orientation: do not turn pictures as EXIF says
 * @ignore_classes: sub-folders are not classes (labels hidden)
 * @classes_file: (nullable): one class (folder name or synset) per line; all others are left out
 * @coarse_labels: CIFAR-100: the 20 coarse labels
 * @kind: (nullable): forces a reader by its id ("folder", "cifar10", ...), %NULL recognises
 * @cache_dir: (nullable): PleEnvironment.cache_dir; a tar packed by bzip2, xz or zstd is unpacked
 * below it, so that any of its pictures is there at once. It changes nothing about the data set
 */
typedef struct
{
  gboolean ignore_orientation;
  gboolean ignore_classes;
  const char *classes_file;
  gboolean coarse_labels;
  const char *kind;
  const char *cache_dir;
} PleDatasetOptions;

/* A file that is part of the source but gave no item or a broken one. */
typedef struct
{
  char *name;
  char *reason; /* a sentence */
} PleOddFile;

/**
 * ple_dataset_open:
 * @path: folder, archive, list file, binary file or feature file; "sample" opens nothing here, see
 *   ple_sample_dataset_new()
 * @options: (nullable): constant
 * @progress: (nullable): counts files
 *
 * Recognises the layout and lists the items; decodes nothing. At least 20 000 files a second on a
 * warm disk.
 *
 * Returns: (transfer full) (nullable): %PLE_FILE_ERROR_EMPTY when there is no picture ("No pictures
 * here - 312 other files were skipped"), %PLE_FILE_ERROR_UNSUPPORTED for Parquet and the like, with
 * what to do
 */
PleDataset *ple_dataset_open (const char *path,
                              const PleDatasetOptions *options,
                              PleProgress *progress,
                              GError **error);

/**
 * ple_sample_dataset_new:
 * @n_items: pictures, 12 classes, 80 % train, 20 % test; 0 for the default (1 800)
 * @seed: of the drawings
 *
 * The built-in sample, drawn when decoded; nothing on disk. Its path is "sample:N:SEED", which
 * ple_dataset_open() takes back. Returns: (transfer full)
 */
PleDataset *ple_sample_dataset_new (size_t n_items, guint64 seed);

PleDataset *ple_dataset_ref (PleDataset *dataset);
void ple_dataset_unref (PleDataset *dataset);

/* What it is: reader id ("folder", "cifar10", "cifar100", "stl10", "idx", "archive", "list",
 * "features", "sample"), a translated description of the kind, a title (last component), the
 * absolute path. (transfer none) */
const char *ple_dataset_get_kind (PleDataset *dataset);
const char *ple_dataset_get_kind_title (PleDataset *dataset);
const char *ple_dataset_get_title (PleDataset *dataset);
const char *ple_dataset_get_path (PleDataset *dataset);

/* With what it was opened, so that it can be opened again, but for @cache_dir. (transfer none) */
const PleDatasetOptions *ple_dataset_get_options (PleDataset *dataset);

size_t ple_dataset_get_n_items (PleDataset *dataset);
gboolean ple_dataset_has_pictures (PleDataset *dataset);
PleSplit ple_dataset_get_split (PleDataset *dataset, size_t item);
size_t ple_dataset_get_split_size (PleDataset *dataset, PleSplit split);
/* The item's position within its split: the sample_idx of the seeds. */
size_t ple_dataset_get_index_in_split (PleDataset *dataset, size_t item);

/* True classes, 0 if unknown; -1 for an item without one. The labels cover all items. (transfer
 * none) (nullable) */
size_t ple_dataset_get_n_classes (PleDataset *dataset);
const char *ple_dataset_get_class_name (PleDataset *dataset, size_t class_index);
PleLabels *ple_dataset_get_labels (PleDataset *dataset);

/* Path relative to the source, or what stands for it ("data_batch_1.bin#17"). (transfer full) */
char *ple_dataset_dup_item_name (PleDataset *dataset, size_t item);
/* The file itself where an item is one file. (transfer full) (nullable) */
char *ple_dataset_dup_item_path (PleDataset *dataset, size_t item);
/* Size in bytes and modification time in nanoseconds that key caches; zeros where there is no file.
 */
void ple_dataset_get_item_stamp (PleDataset *dataset, size_t item, guint64 *size, gint64 *mtime);

/**
 * ple_dataset_decode:
 * @size_hint: as in ple_image_decode(); 0 for full size
 *
 * Returns: (transfer full) (nullable): the picture; on error use ple_image_new_placeholder() and go
 * on
 */
PleImage *ple_dataset_decode (PleDataset *dataset, size_t item, guint size_hint, GError **error);

/* The vectors of a data set of kind "features". (transfer none) (nullable): (n_items, d) */
PleMatrix *ple_dataset_get_features (PleDataset *dataset);

/* The encoded file of an item (for copies of it). (transfer full) (nullable):
 * %PLE_FILE_ERROR_UNSUPPORTED where items are not picture files (CIFAR, IDX, the sample) */
GBytes *ple_dataset_load (PleDataset *dataset, size_t item, GError **error);

/* Files that were skipped or are broken, as far as seen: decoding adds to them, so this is a copy.
 * At most 1 000 are kept by name, all are counted. (transfer full): of PleOddFile */
GPtrArray *ple_dataset_dup_odd_files (PleDataset *dataset);
size_t ple_dataset_get_n_odd_files (PleDataset *dataset);
/* Hex digest (64 digits) of names, sizes and times (of the parameters for the sample), not of the
 * place and not of the classes: the input of cache keys. (transfer none) */
const char *ple_dataset_get_fingerprint (PleDataset *dataset);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleDataset, ple_dataset_unref)

G_END_DECLS
