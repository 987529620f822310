/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-error.h"
#include "base/ple-hash.h"
#include "dataset/ple-dataset.h"

G_BEGIN_DECLS

/* How a reader makes a data set. ple_dataset_open() looks at the source, asks the readers of
 * ple_readers in turn whether it is theirs, and calls the first one's open(). That one fills a
 * PleDatasetBuilder and finishes it; the builder orders the items, drops the classes that are not
 * wanted and makes the fingerprint. */

/**
 * PleSource:
 * @path: absolute, or "sample:N:SEED"
 * @name: its last component
 * @exists: there is such a file or folder
 * @is_folder: it is a folder
 * @size: of the file, bytes
 * @mtime: nanoseconds since 1970
 * @head: the first bytes of a file
 * @head_size: how many of them
 * @options: never %NULL
 */
typedef struct
{
  const char *path;
  const char *name;
  gboolean exists;
  gboolean is_folder;
  guint64 size;
  gint64 mtime;
  guint8 head[1024];
  size_t head_size;
  const PleDatasetOptions *options;
} PleSource;

/**
 * PleReader:
 * @id: what ple_dataset_get_kind() gives
 * @title: N_(): for persons
 * @aliases: (nullable): further values of PleDatasetOptions.kind, separated by spaces
 * @recognise: whether the source is of this kind; reads names and a few bytes only, sets no error
 * @open: lists the items
 * @load: (nullable): the encoded picture file of @item, for ple_image_decode()
 * @decode: (nullable): the picture itself, for readers without @load
 * @dup_item_path: (nullable): absolute path where an item is one file
 * @free_data: (nullable): frees what was given to ple_dataset_builder_finish()
 *
 * One kind of source. @load and @decode are called from any thread.
 */
typedef struct
{
  const char *id;
  const char *title;
  const char *aliases;
  gboolean (*recognise) (const PleSource *source);
  PleDataset *(*open) (const PleSource *source, PleProgress *progress, GError **error);
  GBytes *(*load) (PleDataset *dataset, size_t item, GError **error);
  PleImage *(*decode) (PleDataset *dataset, size_t item, guint size_hint, GError **error);
  char *(*dup_item_path) (PleDataset *dataset, size_t item);
  void (*free_data) (gpointer data);
} PleReader;

/* All of them, in the order of asking; ends with %NULL. */
extern const PleReader *const ple_readers[];

/**
 * PleEntry:
 * @name: offset of the last component in the arena of names; or, with %PLE_ENTRY_NUMBERED set, the
 *   number of the item within its file
 * @size: stamp, bytes
 * @mtime: stamp, nanoseconds since 1970
 * @folder: number of its folder (of its file where it is numbered)
 * @record: the how-manieth the reader added: index into what the reader keeps by itself
 *
 * One item; 32 bytes, because there may be millions.
 */
typedef struct
{
  guint64 name;
  guint64 size;
  gint64 mtime;
  guint32 folder;
  guint32 record;
} PleEntry;

#define PLE_ENTRY_NUMBERED (G_GUINT64_CONSTANT (1) << 63)
/* PleEntry.mtime of a file that is known not to be there: already listed as odd. */
#define PLE_MTIME_MISSING G_MININT64
#define PLE_MAX_ITEMS ((size_t) G_MAXINT32)
/* Odd files are counted without end, but only that many are kept by name. */
#define PLE_MAX_ODD_FILES 1000

/**
 * PleDatasetBuilder:
 *
 * What a reader fills. Split and class of an item may be given when it is added or set afterwards
 * (layouts are only known once all names are).
 */
typedef struct
{
  const PleReader *reader;
  char *path;
  char *title; /* the last component of @path; a reader may put another */
  char *kind_title;
  GString *arena;        /* last components, each ended by NUL */
  GPtrArray *folders;    /* char *, relative to @path; "" is @path itself */
  GArray *entries;       /* PleEntry */
  GByteArray *splits;    /* PleSplit per entry, or PLE_SPLIT_DROPPED */
  GArray *labels;        /* gint32 per entry */
  GPtrArray *class_keys; /* char *: folder names, synsets */
  GPtrArray *class_names;
  GHashTable *class_index; /* key -> index + 1 */
  GPtrArray *odd_files;
  size_t n_odd_files;
  size_t n_text_files;       /* descriptions, lists: skipped, but not odd */
  gboolean keep_order;       /* items stay as added within their split */
  gboolean keep_class_order; /* else by key */
  gboolean ignore_orientation;
  PleHash *hash; /* further input of the fingerprint */
} PleDatasetBuilder;

/* A value in PleDatasetBuilder.splits: the item is left out. */
#define PLE_SPLIT_DROPPED 255

PleDatasetBuilder *ple_dataset_builder_new (const PleReader *reader, const PleSource *source);
void ple_dataset_builder_free (PleDatasetBuilder *builder);

/* Number of the folder (or of the file that holds numbered items); @path is relative to the source
 * and added once per call. */
guint32 ple_dataset_builder_add_folder (PleDatasetBuilder *builder, const char *path);
/* Number of the class; the same for the same @key. @name: (nullable): shown instead of @key. */
gint32
ple_dataset_builder_add_class (PleDatasetBuilder *builder, const char *key, const char *name);

/* One item with a name of its own. Returns: its record, or %G_MAXUINT32 beyond %PLE_MAX_ITEMS. */
guint32 ple_dataset_builder_add_named (PleDatasetBuilder *builder,
                                       guint32 folder,
                                       const char *name,
                                       PleSplit split,
                                       gint32 label,
                                       guint64 size,
                                       gint64 mtime);
/* Item @number of file @folder; its name is "FILE#NUMBER". */
guint32 ple_dataset_builder_add_numbered (PleDatasetBuilder *builder,
                                          guint32 folder,
                                          guint64 number,
                                          PleSplit split,
                                          gint32 label,
                                          guint64 size,
                                          gint64 mtime);
void
ple_dataset_builder_add_odd (PleDatasetBuilder *builder, const char *name, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/**
 * ple_dataset_builder_finish:
 * @builder: (transfer full)
 * @options: constant: classes_file, ignore_classes
 * @data: (transfer full): the reader's own, freed by free_data() also on error
 * @features: (transfer full) (nullable): for data sets without pictures
 * @progress: (nullable): for warnings
 *
 * Returns: (transfer full) (nullable): %PLE_FILE_ERROR_EMPTY if nothing is left
 */
PleDataset *ple_dataset_builder_finish (PleDatasetBuilder *builder,
                                        const PleDatasetOptions *options,
                                        gpointer data,
                                        PleMatrix *features,
                                        PleProgress *progress,
                                        GError **error);

/* For readers. */
gpointer ple_dataset_get_data (PleDataset *dataset);
const PleEntry *ple_dataset_get_entry (PleDataset *dataset, size_t item);
const char *ple_dataset_get_folder (PleDataset *dataset, guint32 folder);
/* Whether items are picture files, of their own or in an archive. */
gboolean ple_dataset_has_files (PleDataset *dataset);
gboolean ple_dataset_get_ignore_orientation (PleDataset *dataset);
/* Lists a file or an item as odd, once per @item (%G_MAXSIZE for none). From any thread. */
void ple_dataset_note_odd (PleDataset *dataset, size_t item, const char *name, const char *reason);

/**
 * ple_file_load:
 * @path: file
 * @name: for messages
 * @max_size: larger ones are refused with %PLE_FILE_ERROR_TOO_LARGE
 *
 * A regular file's bytes. Never blocks on a pipe or a device. Returns: (transfer full) (nullable)
 */
GBytes *ple_file_load (const char *path, const char *name, guint64 max_size, GError **error);
/* Opens a regular file for pread(); -1 on error. @size, @mtime: (out) (optional). */
int
ple_file_open (const char *path, const char *name, guint64 *size, gint64 *mtime, GError **error);
/* Exactly @size bytes at @offset; %PLE_FILE_ERROR_TRUNCATED if the file ends before. */
gboolean ple_file_read_at (
    int fd, guint64 offset, void *buffer, size_t size, const char *name, GError **error);
/* Whether @folder holds a regular file @name (which may be "a/b"). */
gboolean ple_file_is_there (const char *folder, const char *name);
/* Lines of a small text file, stripped, without empty ones; %NULL if it cannot be read. (transfer
 * full) */
char **ple_file_read_lines (const char *path);
char **ple_text_split_lines (GBytes *bytes);
/* "NAME: what the system says", from errno. Returns: %FALSE. */
gboolean ple_file_fail (GError **error, const char *name, const char *verb);

/* No encoded picture is larger than that. */
#define PLE_MAX_PICTURE_BYTES (G_GUINT64_CONSTANT (1) << 30)

/* What a file is by its name: a picture, a text (list, description, note), nothing to speak of
 * (hidden files, what file managers leave behind) or something else. */
typedef enum
{
  PLE_NAME_PICTURE,
  PLE_NAME_TEXT,
  PLE_NAME_LITTER,
  PLE_NAME_OTHER,
} PleNameKind;
PleNameKind ple_name_get_kind (const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleDatasetBuilder, ple_dataset_builder_free)

G_END_DECLS
