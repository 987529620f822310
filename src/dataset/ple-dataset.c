/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-dataset-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define N_SPLITS 3

struct _PleDataset
{
  int ref_count;
  const PleReader *reader;
  gpointer data;
  char *path;
  char *title;
  char *kind_title;
  char *arena; /* names, each ended by NUL */
  GPtrArray *folders;
  PleEntry *entries;
  size_t n_items;
  size_t split_begin[N_SPLITS + 1];
  GPtrArray *class_names;
  PleLabels *labels;
  PleMatrix *features;
  gboolean ignore_orientation;
  PleDatasetOptions options; /* strings are our own */
  char *fingerprint;
  GMutex odd_lock; /* guards the three below */
  GPtrArray *odd_files;
  GHashTable *odd_items;
  size_t n_odd_files;
};

static void
odd_file_free (gpointer data)
{
  PleOddFile *odd = data;

  g_free (odd->name);
  g_free (odd->reason);
  g_free (odd);
}

static PleOddFile *
odd_file_new (const char *name, const char *reason)
{
  PleOddFile *odd = g_new (PleOddFile, 1);
  size_t length = strlen (name);

  /* Messages name the file first; the list does so in a column of its own. */
  if (length > 0 && g_str_has_prefix (reason, name) && g_str_has_prefix (reason + length, ": "))
    reason += length + 2;
  odd->name = g_utf8_make_valid (name, -1);
  odd->reason = g_utf8_make_valid (reason, -1);
  return odd;
}

/* The builder. */

PleDatasetBuilder *
ple_dataset_builder_new (const PleReader *reader, const PleSource *source)
{
  PleDatasetBuilder *builder = g_new0 (PleDatasetBuilder, 1);

  builder->reader = reader;
  builder->path = g_strdup (source->path);
  builder->title = g_path_get_basename (source->path);
  builder->kind_title = g_strdup (g_dgettext (GETTEXT_PACKAGE, reader->title));
  builder->arena = g_string_new (NULL);
  builder->folders = g_ptr_array_new_with_free_func (g_free);
  builder->entries = g_array_new (FALSE, FALSE, sizeof (PleEntry));
  builder->splits = g_byte_array_new ();
  builder->labels = g_array_new (FALSE, FALSE, sizeof (gint32));
  builder->class_keys = g_ptr_array_new_with_free_func (g_free);
  builder->class_names = g_ptr_array_new_with_free_func (g_free);
  builder->class_index = g_hash_table_new (g_str_hash, g_str_equal);
  builder->odd_files = g_ptr_array_new_with_free_func (odd_file_free);
  builder->ignore_orientation = source->options->ignore_orientation;
  builder->hash = ple_hash_new ();
  return builder;
}

void
ple_dataset_builder_free (PleDatasetBuilder *builder)
{
  if (builder == NULL)
    return;
  g_free (builder->path);
  g_free (builder->title);
  g_free (builder->kind_title);
  if (builder->arena != NULL)
    g_string_free (builder->arena, TRUE);
  g_clear_pointer (&builder->folders, g_ptr_array_unref);
  g_array_unref (builder->entries);
  g_byte_array_unref (builder->splits);
  g_array_unref (builder->labels);
  g_hash_table_unref (builder->class_index);
  g_ptr_array_unref (builder->class_keys);
  g_clear_pointer (&builder->class_names, g_ptr_array_unref);
  g_clear_pointer (&builder->odd_files, g_ptr_array_unref);
  ple_hash_free (builder->hash);
  g_free (builder);
}

guint32
ple_dataset_builder_add_folder (PleDatasetBuilder *builder, const char *path)
{
  g_ptr_array_add (builder->folders, g_strdup (path));
  return builder->folders->len - 1;
}

gint32
ple_dataset_builder_add_class (PleDatasetBuilder *builder, const char *key, const char *name)
{
  gpointer index = g_hash_table_lookup (builder->class_index, key);

  if (index == NULL)
    {
      char *owned = g_strdup (key);

      g_ptr_array_add (builder->class_keys, owned);
      g_ptr_array_add (builder->class_names, g_utf8_make_valid (name != NULL ? name : key, -1));
      index = GSIZE_TO_POINTER (builder->class_keys->len);
      g_hash_table_insert (builder->class_index, owned, index);
    }
  return (gint32) GPOINTER_TO_SIZE (index) - 1;
}

static guint32
builder_add (PleDatasetBuilder *builder, PleEntry entry, PleSplit split, gint32 label)
{
  guint8 byte = (guint8) split;

  if (builder->entries->len >= PLE_MAX_ITEMS)
    return G_MAXUINT32;
  entry.record = builder->entries->len;
  g_array_append_val (builder->entries, entry);
  g_byte_array_append (builder->splits, &byte, 1);
  g_array_append_val (builder->labels, label);
  return entry.record;
}

guint32
ple_dataset_builder_add_named (PleDatasetBuilder *builder,
                               guint32 folder,
                               const char *name,
                               PleSplit split,
                               gint32 label,
                               guint64 size,
                               gint64 mtime)
{
  PleEntry entry = { .name = builder->arena->len, .size = size, .mtime = mtime, .folder = folder };

  g_string_append_len (builder->arena, name, (gssize) strlen (name) + 1);
  return builder_add (builder, entry, split, label);
}

guint32
ple_dataset_builder_add_numbered (PleDatasetBuilder *builder,
                                  guint32 folder,
                                  guint64 number,
                                  PleSplit split,
                                  gint32 label,
                                  guint64 size,
                                  gint64 mtime)
{
  PleEntry entry = {
    .name = number | PLE_ENTRY_NUMBERED, .size = size, .mtime = mtime, .folder = folder
  };

  return builder_add (builder, entry, split, label);
}

void
ple_dataset_builder_add_odd (PleDatasetBuilder *builder, const char *name, const char *format, ...)
{
  builder->n_odd_files++;
  if (builder->odd_files->len < PLE_MAX_ODD_FILES)
    {
      g_autofree char *reason = NULL;
      va_list args;

      va_start (args, format);
      reason = g_strdup_vprintf (format, args);
      va_end (args);
      g_ptr_array_add (builder->odd_files, odd_file_new (name, reason));
    }
}

/* Finishing: classes. */

static int
compare_keys (gconstpointer a, gconstpointer b, gpointer data)
{
  GPtrArray *keys = data;

  return strcmp (g_ptr_array_index (keys, *(const guint32 *) a),
                 g_ptr_array_index (keys, *(const guint32 *) b));
}

/* Which classes the list names: marks them in @wanted, takes names that the list gives. A line is a
 * key or a shown name, or a key and a name ("n01498041 stingray"). */
static gboolean
read_class_list (PleDatasetBuilder *builder,
                 const char *path,
                 gboolean *wanted,
                 PleProgress *progress,
                 GError **error)
{
  g_autoptr (GBytes) bytes = ple_file_load (path, path, 16 << 20, error);
  g_autoptr (GHashTable) by_name = g_hash_table_new (g_str_hash, g_str_equal);
  g_auto (GStrv) lines = NULL;
  g_autofree char *text = NULL;
  size_t n_lines = 0, n_found = 0;
  const char *first_missing = NULL;

  if (bytes == NULL)
    return FALSE;
  text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  for (guint c = 0; c < builder->class_names->len; c++)
    g_hash_table_insert (by_name, g_ptr_array_index (builder->class_names, c),
                         GSIZE_TO_POINTER ((size_t) c + 1));
  lines = g_strsplit (text, "\n", -1);
  for (size_t i = 0; lines[i] != NULL; i++)
    {
      char *line = g_strstrip (lines[i]);
      size_t key_length = strcspn (line, " \t,");
      g_autofree char *key = g_strndup (line, key_length);
      gpointer index;
      size_t c;

      if (*line == '\0' || *line == '#')
        continue;
      n_lines++;
      index = g_hash_table_lookup (builder->class_index, line);
      if (index == NULL)
        index = g_hash_table_lookup (by_name, line);
      if (index == NULL)
        index = g_hash_table_lookup (builder->class_index, key);
      if (index == NULL)
        {
          first_missing = first_missing != NULL ? first_missing : line;
          continue;
        }
      c = GPOINTER_TO_SIZE (index) - 1;
      n_found += !wanted[c];
      wanted[c] = TRUE;
      if (strcmp (builder->class_names->pdata[c], key) == 0 && line[key_length] != '\0')
        {
          g_hash_table_remove (by_name, key);
          g_free (builder->class_names->pdata[c]);
          builder->class_names->pdata[c] =
              g_utf8_make_valid (g_strchug (line + key_length + 1), -1);
        }
    }
  if (n_found == 0)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   _ ("%s: none of the %zu classes that it lists is in %s"), path, n_lines,
                   builder->path);
      return FALSE;
    }
  if (first_missing != NULL)
    ple_progress_warning (progress, _ ("%s: %zu of %zu classes are not here (the first: %s)"), path,
                          n_lines - n_found, n_lines, first_missing);
  return TRUE;
}

/* Puts the classes into their final order and drops items whose class is not wanted. */
static gboolean
builder_settle_classes (PleDatasetBuilder *builder,
                        const PleDatasetOptions *options,
                        PleProgress *progress,
                        GError **error)
{
  guint32 n = builder->class_keys->len;
  g_autofree guint32 *order = g_new (guint32, MAX (n, 1));
  g_autofree gint32 *rank = g_new (gint32, MAX (n, 1));
  g_autofree gboolean *wanted = g_new0 (gboolean, MAX (n, 1));
  GPtrArray *names;
  gint32 *labels = (gint32 *) (gpointer) builder->labels->data;
  gint32 n_kept = 0;

  if (options->classes_file != NULL && n == 0)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   _ ("%s: a list of classes is given, but there are no classes here"),
                   builder->path);
      return FALSE;
    }
  if (options->classes_file != NULL &&
      !read_class_list (builder, options->classes_file, wanted, progress, error))
    return FALSE;
  for (guint32 c = 0; c < n; c++)
    order[c] = c;
  if (!builder->keep_class_order)
    g_qsort_with_data (order, (int) n, sizeof *order, compare_keys, builder->class_keys);
  names = g_ptr_array_new_with_free_func (g_free);
  for (guint32 r = 0; r < n; r++)
    {
      guint32 c = order[r];

      rank[c] = -1;
      if (options->classes_file == NULL || wanted[c])
        {
          rank[c] = n_kept++;
          g_ptr_array_add (names, g_steal_pointer (&builder->class_names->pdata[c]));
        }
    }
  g_ptr_array_unref (builder->class_names);
  builder->class_names = names;
  for (guint i = 0; i < builder->labels->len; i++)
    {
      labels[i] = labels[i] >= 0 && (guint32) labels[i] < n ? rank[labels[i]] : -1;
      if (options->classes_file != NULL && labels[i] < 0)
        builder->splits->data[i] = PLE_SPLIT_DROPPED;
    }
  return TRUE;
}

/* Finishing: order. */

/* Byte order of paths with '/' before everything, so that a folder is followed by what is in it. */
static int
compare_paths (const char *a, const char *b)
{
  for (; *a == *b; a++, b++)
    if (*a == '\0')
      return 0;
  if (*a == '\0' || *b == '\0')
    return *a == '\0' ? -1 : 1;
  if (*a == '/' || *b == '/')
    return *a == '/' ? -1 : 1;
  return (guint8) *a < (guint8) *b ? -1 : 1;
}

static int
compare_folders (gconstpointer a, gconstpointer b, gpointer data)
{
  GPtrArray *folders = data;

  return compare_paths (g_ptr_array_index (folders, *(const guint32 *) a),
                        g_ptr_array_index (folders, *(const guint32 *) b));
}

static int
compare_names (gconstpointer a, gconstpointer b, gpointer data)
{
  const PleDatasetBuilder *builder = data;
  const PleEntry *entries = (const PleEntry *) (gconstpointer) builder->entries->data;
  guint64 x = entries[*(const guint32 *) a].name, y = entries[*(const guint32 *) b].name;
  int order =
      (x | y) & PLE_ENTRY_NUMBERED ? 0 : strcmp (builder->arena->str + x, builder->arena->str + y);

  return order != 0 ? order : x < y ? -1 : x > y;
}

/* The final order: buckets by (split, folder), each sorted by name. Returns: number of items kept;
 * @order gets them. */
static size_t
builder_sort (PleDatasetBuilder *builder, guint32 **order, size_t split_begin[N_SPLITS + 1])
{
  const PleEntry *entries = (const PleEntry *) (gconstpointer) builder->entries->data;
  const guint8 *splits = builder->splits->data;
  size_t n = builder->entries->len, n_folders = MAX (builder->folders->len, 1);
  size_t n_buckets = builder->keep_order ? N_SPLITS : N_SPLITS * n_folders;
  g_autofree guint32 *folder_order = g_new (guint32, n_folders);
  g_autofree guint32 *folder_rank = g_new (guint32, n_folders);
  g_autofree size_t *begin = g_new0 (size_t, n_buckets + 1);
  g_autofree size_t *next = g_new (size_t, n_buckets);
  guint32 *sorted;

  for (guint32 f = 0; f < n_folders; f++)
    folder_order[f] = f;
  if (!builder->keep_order)
    g_qsort_with_data (folder_order, (int) builder->folders->len, sizeof *folder_order,
                       compare_folders, builder->folders);
  for (guint32 r = 0; r < n_folders; r++)
    folder_rank[folder_order[r]] = r;
#define BUCKET(i)                                                                                  \
  (builder->keep_order ? splits[i] : splits[i] * n_folders + folder_rank[entries[i].folder])
  for (size_t i = 0; i < n; i++)
    if (splits[i] < N_SPLITS)
      begin[BUCKET (i) + 1]++;
  for (size_t b = 0; b < n_buckets; b++)
    begin[b + 1] += begin[b];
  memcpy (next, begin, n_buckets * sizeof *next);
  sorted = g_new (guint32, MAX (begin[n_buckets], 1));
  for (size_t i = 0; i < n; i++)
    if (splits[i] < N_SPLITS)
      sorted[next[BUCKET (i)]++] = (guint32) i;
#undef BUCKET
  for (size_t b = 0; !builder->keep_order && b < n_buckets; b++)
    if (begin[b + 1] - begin[b] > 1)
      g_qsort_with_data (sorted + begin[b], (int) (begin[b + 1] - begin[b]), sizeof *sorted,
                         compare_names, builder);
  for (size_t s = 0; s <= N_SPLITS; s++)
    split_begin[s] = begin[s * (n_buckets / N_SPLITS)];
  *order = sorted;
  return begin[n_buckets];
}

static char *
make_fingerprint (const PleDataset *dataset, PleHash *hash)
{
  g_autoptr (GByteArray) block = g_byte_array_new ();

  ple_hash_add_string (hash, dataset->reader->id);
  ple_hash_add_int (hash, dataset->ignore_orientation);
  for (guint f = 0; f < dataset->folders->len; f++)
    ple_hash_add_string (hash, g_ptr_array_index (dataset->folders, f));
  for (size_t s = 0; s <= N_SPLITS; s++)
    ple_hash_add_int (hash, (gint64) dataset->split_begin[s]);
  for (size_t i = 0; i < dataset->n_items; i++)
    {
      const PleEntry *entry = &dataset->entries[i];
      guint64 numbers[4] = { entry->folder, entry->size, (guint64) entry->mtime, entry->name };

      if (!(entry->name & PLE_ENTRY_NUMBERED))
        {
          const char *name = dataset->arena + entry->name;

          numbers[3] = strlen (name);
          g_byte_array_append (block, (const guint8 *) name, (guint) numbers[3]);
        }
      for (size_t k = 0; k < G_N_ELEMENTS (numbers); k++)
        numbers[k] = GUINT64_TO_LE (numbers[k]);
      g_byte_array_append (block, (const guint8 *) numbers, sizeof numbers);
      if (block->len > 1 << 16)
        {
          ple_hash_add_bytes (hash, block->data, block->len);
          g_byte_array_set_size (block, 0);
        }
    }
  ple_hash_add_bytes (hash, block->data, block->len);
  return ple_hash_get_hex (hash, 64);
}

static void
set_empty_error (const PleDatasetBuilder *builder, GError **error)
{
  size_t n_skipped = builder->n_odd_files + builder->n_text_files;

  if (n_skipped == 0)
    g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY, _ ("%s: no pictures here"),
                 builder->path);
  else
    g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY,
                 g_dngettext (GETTEXT_PACKAGE, "%s: no pictures here - %zu other file was skipped",
                              "%s: no pictures here - %zu other files were skipped", n_skipped),
                 builder->path, n_skipped);
}

PleDataset *
ple_dataset_builder_finish (PleDatasetBuilder *builder,
                            const PleDatasetOptions *options,
                            gpointer data,
                            PleMatrix *features,
                            PleProgress *progress,
                            GError **error)
{
  g_autoptr (PleDatasetBuilder) owned = builder;
  g_autoptr (PleDataset) dataset = g_new0 (PleDataset, 1);
  g_autofree guint32 *order = NULL;
  const PleEntry *entries = (const PleEntry *) (gconstpointer) builder->entries->data;
  const gint32 *labels = (const gint32 *) (gconstpointer) builder->labels->data;

  dataset->ref_count = 1;
  g_mutex_init (&dataset->odd_lock);
  dataset->reader = builder->reader;
  dataset->data = data;
  dataset->features = features;
  if (!builder_settle_classes (builder, options, progress, error))
    return NULL;
  dataset->n_items = builder_sort (builder, &order, dataset->split_begin);
  if (dataset->n_items == 0)
    {
      set_empty_error (builder, error);
      return NULL;
    }
  dataset->entries = g_new (PleEntry, dataset->n_items);
  for (size_t i = 0; i < dataset->n_items; i++)
    dataset->entries[i] = entries[order[i]];
  if (features != NULL && dataset->n_items != features->n_rows)
    {
      /* Rows were left out; those with pictures find theirs by PleEntry.record. */
      dataset->features = ple_matrix_take (features, order, dataset->n_items, error);
      ple_matrix_unref (features);
      if (dataset->features == NULL)
        return NULL;
    }
  if (builder->class_names->len > 0 && !options->ignore_classes)
    {
      dataset->labels = ple_labels_new (dataset->n_items);
      for (size_t i = 0; i < dataset->n_items; i++)
        dataset->labels->data[i] = labels[order[i]];
      dataset->class_names = g_steal_pointer (&builder->class_names);
    }
  dataset->path = g_steal_pointer (&builder->path);
  dataset->title = g_steal_pointer (&builder->title);
  dataset->kind_title = g_steal_pointer (&builder->kind_title);
  dataset->arena = g_string_free (g_steal_pointer (&builder->arena), FALSE);
  dataset->folders = g_steal_pointer (&builder->folders);
  dataset->ignore_orientation = builder->ignore_orientation;
  dataset->options = *options;
  if (options->classes_file != NULL)
    dataset->options.classes_file = g_canonicalize_filename (options->classes_file, NULL);
  dataset->options.kind = g_strdup (options->kind);
  dataset->options.cache_dir = NULL;
  dataset->odd_files = g_steal_pointer (&builder->odd_files);
  dataset->n_odd_files = builder->n_odd_files;
  dataset->odd_items = g_hash_table_new (g_direct_hash, g_direct_equal);
  dataset->fingerprint = make_fingerprint (dataset, builder->hash);
  return g_steal_pointer (&dataset);
}

/* The object. */

PleDataset *
ple_dataset_ref (PleDataset *dataset)
{
  g_atomic_int_inc (&dataset->ref_count);
  return dataset;
}

void
ple_dataset_unref (PleDataset *dataset)
{
  if (dataset == NULL || !g_atomic_int_dec_and_test (&dataset->ref_count))
    return;
  if (dataset->data != NULL && dataset->reader->free_data != NULL)
    dataset->reader->free_data (dataset->data);
  g_clear_pointer (&dataset->features, ple_matrix_unref);
  g_clear_pointer (&dataset->labels, ple_labels_unref);
  g_clear_pointer (&dataset->class_names, g_ptr_array_unref);
  g_clear_pointer (&dataset->folders, g_ptr_array_unref);
  g_clear_pointer (&dataset->odd_files, g_ptr_array_unref);
  g_clear_pointer (&dataset->odd_items, g_hash_table_unref);
  g_mutex_clear (&dataset->odd_lock);
  g_free (dataset->entries);
  g_free (dataset->arena);
  g_free (dataset->path);
  g_free (dataset->title);
  g_free (dataset->kind_title);
  g_free (dataset->fingerprint);
  g_free ((char *) dataset->options.classes_file);
  g_free ((char *) dataset->options.kind);
  g_free (dataset);
}

const char *
ple_dataset_get_kind (PleDataset *dataset)
{
  return dataset->reader->id;
}

const char *
ple_dataset_get_kind_title (PleDataset *dataset)
{
  return dataset->kind_title;
}

const char *
ple_dataset_get_title (PleDataset *dataset)
{
  return dataset->title;
}

const char *
ple_dataset_get_path (PleDataset *dataset)
{
  return dataset->path;
}

const PleDatasetOptions *
ple_dataset_get_options (PleDataset *dataset)
{
  return &dataset->options;
}

size_t
ple_dataset_get_n_items (PleDataset *dataset)
{
  return dataset->n_items;
}

gboolean
ple_dataset_has_pictures (PleDataset *dataset)
{
  return dataset->reader->load != NULL || dataset->reader->decode != NULL;
}

PleSplit
ple_dataset_get_split (PleDataset *dataset, size_t item)
{
  g_return_val_if_fail (item < dataset->n_items, PLE_SPLIT_TRAIN);
  return item < dataset->split_begin[1]   ? PLE_SPLIT_TRAIN
         : item < dataset->split_begin[2] ? PLE_SPLIT_VALIDATION
                                          : PLE_SPLIT_TEST;
}

size_t
ple_dataset_get_split_size (PleDataset *dataset, PleSplit split)
{
  g_return_val_if_fail ((guint) split < N_SPLITS, 0);
  return dataset->split_begin[split + 1] - dataset->split_begin[split];
}

size_t
ple_dataset_get_index_in_split (PleDataset *dataset, size_t item)
{
  return item - dataset->split_begin[ple_dataset_get_split (dataset, item)];
}

size_t
ple_dataset_get_n_classes (PleDataset *dataset)
{
  return dataset->class_names != NULL ? dataset->class_names->len : 0;
}

const char *
ple_dataset_get_class_name (PleDataset *dataset, size_t class_index)
{
  g_return_val_if_fail (class_index < ple_dataset_get_n_classes (dataset), "");
  return g_ptr_array_index (dataset->class_names, class_index);
}

PleLabels *
ple_dataset_get_labels (PleDataset *dataset)
{
  return dataset->labels;
}

gpointer
ple_dataset_get_data (PleDataset *dataset)
{
  return dataset->data;
}

const PleEntry *
ple_dataset_get_entry (PleDataset *dataset, size_t item)
{
  g_assert (item < dataset->n_items);
  return &dataset->entries[item];
}

const char *
ple_dataset_get_folder (PleDataset *dataset, guint32 folder)
{
  return g_ptr_array_index (dataset->folders, folder);
}

gboolean
ple_dataset_has_files (PleDataset *dataset)
{
  return dataset->reader->load != NULL;
}

gboolean
ple_dataset_get_ignore_orientation (PleDataset *dataset)
{
  return dataset->ignore_orientation;
}

char *
ple_dataset_dup_item_name (PleDataset *dataset, size_t item)
{
  const PleEntry *entry = ple_dataset_get_entry (dataset, item);
  const char *folder = ple_dataset_get_folder (dataset, entry->folder);

  if (entry->name & PLE_ENTRY_NUMBERED)
    return g_strdup_printf ("%s#%" G_GUINT64_FORMAT, folder, entry->name & ~PLE_ENTRY_NUMBERED);
  if (*folder == '\0' || strcmp (folder, "/") == 0)
    return g_strconcat (folder, dataset->arena + entry->name, NULL);
  return g_strconcat (folder, "/", dataset->arena + entry->name, NULL);
}

char *
ple_dataset_dup_item_path (PleDataset *dataset, size_t item)
{
  g_return_val_if_fail (item < dataset->n_items, NULL);
  return dataset->reader->dup_item_path != NULL ? dataset->reader->dup_item_path (dataset, item)
                                                : NULL;
}

void
ple_dataset_get_item_stamp (PleDataset *dataset, size_t item, guint64 *size, gint64 *mtime)
{
  const PleEntry *entry = ple_dataset_get_entry (dataset, item);

  *size = entry->size;
  *mtime = entry->mtime != PLE_MTIME_MISSING ? entry->mtime : 0;
}

GBytes *
ple_dataset_load (PleDataset *dataset, size_t item, GError **error)
{
  g_return_val_if_fail (item < dataset->n_items, NULL);
  if (dataset->reader->load == NULL)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED,
                   _ ("%s: its items are not picture files of their own"), dataset->path);
      return NULL;
    }
  return dataset->reader->load (dataset, item, error);
}

PleImage *
ple_dataset_decode (PleDataset *dataset, size_t item, guint size_hint, GError **error)
{
  PleImage *image = NULL;
  GError *local = NULL;

  g_return_val_if_fail (item < dataset->n_items, NULL);
  if (dataset->reader->load != NULL)
    {
      g_autofree char *name = ple_dataset_dup_item_name (dataset, item);
      g_autoptr (GBytes) bytes = dataset->reader->load (dataset, item, &local);
      g_autofree char *flaw = NULL;

      if (bytes != NULL)
        image = ple_image_decode_flawed (bytes, size_hint, !dataset->ignore_orientation, name,
                                         &flaw, &local);
      if (flaw != NULL)
        ple_dataset_note_odd (dataset, item, name, flaw);
    }
  else if (dataset->reader->decode != NULL)
    image = dataset->reader->decode (dataset, item, size_hint, &local);
  else
    g_set_error (&local, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED, _ ("%s: has no pictures"),
                 dataset->path);
  if (image == NULL)
    {
      g_autofree char *name = ple_dataset_dup_item_name (dataset, item);

      ple_dataset_note_odd (dataset, item, name, local->message);
      g_propagate_error (error, local);
    }
  return image;
}

PleMatrix *
ple_dataset_get_features (PleDataset *dataset)
{
  return dataset->features;
}

void
ple_dataset_note_odd (PleDataset *dataset, size_t item, const char *name, const char *reason)
{
  if (item != G_MAXSIZE && dataset->entries[item].mtime == PLE_MTIME_MISSING)
    return;
  g_mutex_lock (&dataset->odd_lock);
  if (item == G_MAXSIZE || g_hash_table_add (dataset->odd_items, GSIZE_TO_POINTER (item + 1)))
    {
      dataset->n_odd_files++;
      if (dataset->odd_files->len < PLE_MAX_ODD_FILES)
        g_ptr_array_add (dataset->odd_files, odd_file_new (name, reason));
    }
  g_mutex_unlock (&dataset->odd_lock);
}

GPtrArray *
ple_dataset_dup_odd_files (PleDataset *dataset)
{
  GPtrArray *copy = g_ptr_array_new_with_free_func (odd_file_free);

  g_mutex_lock (&dataset->odd_lock);
  for (guint i = 0; i < dataset->odd_files->len; i++)
    {
      const PleOddFile *odd = g_ptr_array_index (dataset->odd_files, i);

      g_ptr_array_add (copy, odd_file_new (odd->name, odd->reason));
    }
  g_mutex_unlock (&dataset->odd_lock);
  return copy;
}

size_t
ple_dataset_get_n_odd_files (PleDataset *dataset)
{
  size_t n;

  g_mutex_lock (&dataset->odd_lock);
  n = dataset->n_odd_files;
  g_mutex_unlock (&dataset->odd_lock);
  return n;
}

const char *
ple_dataset_get_fingerprint (PleDataset *dataset)
{
  return dataset->fingerprint;
}
