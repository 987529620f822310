/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-json.h"
#include "base/ple-text.h"
#include "dataset/ple-layout-private.h"
#include "dataset/ple-readers-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A list of pictures: one a line, with its class and its split where these are known.
 *
 *   CSV (.csv, .tsv, .txt): fields between commas, semicolons or tabs (whichever the first line has
 *   most of), quoted as RFC 4180 has it. The first line names the columns; a list without such a
 *   line has path, label, split in that order.
 *   JSON lines (.jsonl, .ndjson): one object a line.
 *
 * Columns: path (file, filename, file_name, image, image_path, img), label (class, class_name,
 * label_name, category, target), split (set, subset, partition); case does not matter. Paths are
 * relative to the list's folder, or absolute. Classes are ordered by number if all are numbers,
 * else by name. A line whose file is missing stays an item, so that numbers agree with the list. */

#define MAX_LIST_BYTES (G_GUINT64_CONSTANT (2) << 30)
#define MAX_LINE_BYTES (1 << 20)
#define REPORT_EVERY 1024

typedef enum
{
  COLUMN_PATH,
  COLUMN_LABEL,
  COLUMN_SPLIT,
  N_COLUMNS,
} Column;

static const char *const column_names[N_COLUMNS] = {
  [COLUMN_PATH] = "path file filename file_name filepath image image_path img img_path",
  [COLUMN_LABEL] = "label class class_name label_name category target",
  [COLUMN_SPLIT] = "split set subset partition",
};

typedef struct
{
  PleDatasetBuilder *builder;
  PleProgress *progress;
  int folder_fd;          /* the list's folder */
  GHashTable *folders;    /* char * -> builder's folder + 1 */
  GHashTable *labels;     /* char * -> number of the label + 1, by first appearance */
  GPtrArray *label_texts; /* of the same strings */
  size_t n_missing;
  size_t n_strange_splits;
} List;

static int
column_of (const char *name)
{
  for (int column = 0; column < N_COLUMNS; column++)
    {
      g_auto (GStrv) names = g_strsplit (column_names[column], " ", -1);

      for (size_t i = 0; names[i] != NULL; i++)
        if (g_ascii_strcasecmp (names[i], name) == 0)
          return column;
    }
  return -1;
}

static guint32
intern_folder (List *list, const char *folder)
{
  gpointer found = g_hash_table_lookup (list->folders, folder);

  if (found == NULL)
    {
      found =
          GSIZE_TO_POINTER ((size_t) ple_dataset_builder_add_folder (list->builder, folder) + 1);
      g_hash_table_insert (list->folders, g_strdup (folder), found);
    }
  return (guint32) (GPOINTER_TO_SIZE (found) - 1);
}

static gint32
intern_label (List *list, const char *label)
{
  gpointer found;
  gint64 number;

  if (label == NULL || *label == '\0' || (ple_parse_int64 (label, &number) && number < 0))
    return -1;
  found = g_hash_table_lookup (list->labels, label);
  if (found == NULL)
    {
      char *text = g_strdup (label);

      g_ptr_array_add (list->label_texts, text);
      found = GSIZE_TO_POINTER (list->label_texts->len);
      g_hash_table_insert (list->labels, text, found);
    }
  return (gint32) GPOINTER_TO_SIZE (found) - 1;
}

/* One line of the list. @fields: the texts by column, each (nullable). */
static gboolean
add_item (List *list, char *fields[N_COLUMNS], GError **error)
{
  const char *path = fields[COLUMN_PATH];
  const char *slash = path != NULL ? strrchr (path, '/') : NULL;
  const char *name = slash != NULL ? slash + 1 : path;
  g_autofree char *folder = NULL;
  PleSplit split = PLE_SPLIT_TRAIN;
  struct stat info;
  guint64 size = 0;
  gint64 mtime = PLE_MTIME_MISSING;
  guint32 record;

  if (path == NULL || *name == '\0')
    return TRUE;
  folder = slash == NULL   ? g_strdup ("")
           : slash == path ? g_strdup ("/")
                           : g_strndup (path, (size_t) (slash - path));
  if (fields[COLUMN_SPLIT] != NULL && *fields[COLUMN_SPLIT] != '\0' &&
      !ple_split_from_name (fields[COLUMN_SPLIT], &split))
    list->n_strange_splits++;
  if (fstatat (list->folder_fd, path, &info, 0) == 0)
    {
      size = (guint64) info.st_size;
      mtime = info.st_mtim.tv_sec * G_GINT64_CONSTANT (1000000000) + info.st_mtim.tv_nsec;
    }
  else
    {
      list->n_missing++;
      ple_dataset_builder_add_odd (list->builder, path, _ ("in the list, but not there: %s"),
                                   g_strerror (errno));
    }
  record = ple_dataset_builder_add_named (list->builder, intern_folder (list, folder), name, split,
                                          intern_label (list, fields[COLUMN_LABEL]), size, mtime);
  if (record != G_MAXUINT32 && record % REPORT_EVERY == 0)
    return ple_progress_report_detail (list->progress, (double) record / (record + 100000.0), error,
                                       _ ("%u files"), record);
  return TRUE;
}

/* CSV. */

static char
choose_separator (const char *text, const char *end)
{
  static const char separators[] = { ',', ';', '\t' };
  size_t counts[G_N_ELEMENTS (separators)] = { 0 };
  size_t best = 0;

  for (; text < end && *text != '\n'; text++)
    for (size_t i = 0; i < G_N_ELEMENTS (separators); i++)
      counts[i] += *text == separators[i];
  for (size_t i = 1; i < G_N_ELEMENTS (separators); i++)
    if (counts[i] > counts[best])
      best = i;
  return separators[best];
}

/* The fields of one record; moves @text behind it. A quoted field may span lines. */
static gboolean
parse_record (const char **text,
              const char *end,
              char separator,
              GPtrArray *fields,
              const char *name,
              GError **error)
{
  const char *start = *text, *p = *text;
  g_autoptr (GString) field = g_string_new (NULL);
  gboolean quoted = FALSE, more = TRUE;

  g_ptr_array_set_size (fields, 0);
  while (more)
    {
      gboolean at_end = p >= end;
      char c = at_end ? '\n' : *p++;

      if (p - start > MAX_LINE_BYTES)
        {
          g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                       _ ("%s: a line of more than %d bytes; not a list of pictures"), name,
                       MAX_LINE_BYTES);
          return FALSE;
        }
      if (quoted && !at_end)
        {
          if (c != '"')
            g_string_append_c (field, c);
          else if (p < end && *p == '"')
            g_string_append_c (field, *p++);
          else
            quoted = FALSE;
        }
      else if (c == '"' && field->len == 0)
        quoted = TRUE;
      else if (c == separator || c == '\n')
        {
          g_ptr_array_add (fields, g_strstrip (g_strdup (field->str)));
          g_string_truncate (field, 0);
          more = c == separator;
        }
      else
        g_string_append_c (field, c);
    }
  *text = p;
  return TRUE;
}

/* Which field is which column: from the names in the first line, or by position. Returns: whether
 * the line is one of names. */
static gboolean
find_columns (GPtrArray *fields, int positions[N_COLUMNS])
{
  gboolean named = FALSE;

  for (int column = 0; column < N_COLUMNS; column++)
    positions[column] = -1;
  for (guint i = 0; i < fields->len; i++)
    {
      int column = column_of (g_ptr_array_index (fields, i));

      if (column >= 0 && positions[column] < 0)
        {
          positions[column] = (int) i;
          named = TRUE;
        }
    }
  if (!named)
    for (int column = 0; column < N_COLUMNS; column++)
      positions[column] = column;
  return named;
}

static gboolean
parse_csv (List *list, const char *text, size_t size, const char *name, GError **error)
{
  const char *end = text + size;
  g_autoptr (GPtrArray) fields = g_ptr_array_new_with_free_func (g_free);
  int positions[N_COLUMNS];
  char separator;
  gboolean first = TRUE;

  if (size >= 3 && memcmp (text, "\xef\xbb\xbf", 3) == 0)
    text += 3;
  separator = choose_separator (text, end);
  while (text < end)
    {
      char *columns[N_COLUMNS] = { NULL };

      if (!parse_record (&text, end, separator, fields, name, error))
        return FALSE;
      if (first)
        {
          first = FALSE;
          if (find_columns (fields, positions))
            {
              if (positions[COLUMN_PATH] >= 0)
                continue;
              g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                           _ ("%s: no column is called \"path\", \"file_name\" or \"image\""),
                           name);
              return FALSE;
            }
          if (ple_name_get_kind (g_ptr_array_index (fields, 0)) != PLE_NAME_PICTURE)
            {
              g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                           _ ("%s: not a list of pictures: its first line neither names a column "
                              "\"path\" nor begins with the name of a picture"),
                           name);
              return FALSE;
            }
        }
      for (int column = 0; column < N_COLUMNS; column++)
        if (positions[column] >= 0 && positions[column] < (int) fields->len)
          columns[column] = g_ptr_array_index (fields, positions[column]);
      if (!add_item (list, columns, error))
        return FALSE;
    }
  return TRUE;
}

/* JSON lines. */

/* A member as text: strings and whole numbers. (transfer full) (nullable) */
static char *
member_text (JsonNode *node)
{
  if (!JSON_NODE_HOLDS_VALUE (node))
    return NULL;
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return json_node_dup_string (node);
  if (json_node_get_value_type (node) == G_TYPE_INT64)
    return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
  return NULL;
}

static gboolean
add_json_line (List *list, const char *line, size_t size, const char *name, GError **error)
{
  g_autoptr (JsonNode) root = ple_json_parse (line, size, name, error);
  char *columns[N_COLUMNS] = { NULL };
  JsonObjectIter iter;
  const char *member;
  JsonNode *node;
  gboolean ok = TRUE;

  if (root == NULL)
    return FALSE;
  if (!JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, _ ("%s: a line is not an object"),
                   name);
      return FALSE;
    }
  json_object_iter_init (&iter, json_node_get_object (root));
  while (json_object_iter_next (&iter, &member, &node))
    {
      int column = column_of (member);

      if (column >= 0 && columns[column] == NULL)
        columns[column] = member_text (node);
    }
  if (columns[COLUMN_PATH] == NULL)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                   _ ("%s: a line has no \"path\", \"file_name\" or \"image\""), name);
      ok = FALSE;
    }
  ok = ok && add_item (list, columns, error);
  for (int column = 0; column < N_COLUMNS; column++)
    g_free (columns[column]);
  return ok;
}

static gboolean
parse_json_lines (List *list, const char *text, size_t size, const char *name, GError **error)
{
  const char *end = text + size;
  size_t number = 0;

  while (text < end)
    {
      const char *stop = memchr (text, '\n', (size_t) (end - text));
      const char *line_end = stop != NULL ? stop : end;
      const char *start = text;

      number++;
      while (start < line_end && g_ascii_isspace (*start))
        start++;
      if (line_end - start > MAX_LINE_BYTES)
        {
          g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                       _ ("%s: a line of more than %d bytes; not a list of pictures"), name,
                       MAX_LINE_BYTES);
          return FALSE;
        }
      if (start < line_end)
        {
          g_autofree char *place = g_strdup_printf ("%s: %zu", name, number);

          if (!add_json_line (list, start, (size_t) (line_end - start), place, error))
            return FALSE;
        }
      text = stop != NULL ? stop + 1 : end;
    }
  return TRUE;
}

/* Classes. */

static gboolean
all_are_numbers (GPtrArray *texts)
{
  gint64 number;

  for (guint i = 0; i < texts->len; i++)
    if (!ple_parse_int64 (g_ptr_array_index (texts, i), &number))
      return FALSE;
  return TRUE;
}

static int
compare_numbers (gconstpointer a, gconstpointer b)
{
  gint64 x = 0, y = 0;

  ple_parse_int64 (*(const char *const *) a, &x);
  ple_parse_int64 (*(const char *const *) b, &y);
  return x < y ? -1 : x > y;
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
settle_classes (List *list)
{
  gint32 *labels = (gint32 *) (gpointer) list->builder->labels->data;
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();
  g_autofree gint32 *class_of_label = g_new (gint32, MAX (list->label_texts->len, 1));

  g_ptr_array_extend (sorted, list->label_texts, NULL, NULL);
  g_ptr_array_sort (sorted,
                    all_are_numbers (list->label_texts) ? compare_numbers : compare_strings);
  for (guint i = 0; i < sorted->len; i++)
    {
      const char *text = g_ptr_array_index (sorted, i);
      size_t label = GPOINTER_TO_SIZE (g_hash_table_lookup (list->labels, text)) - 1;

      class_of_label[label] = ple_dataset_builder_add_class (list->builder, text, NULL);
    }
  for (guint i = 0; i < list->builder->labels->len; i++)
    if (labels[i] >= 0)
      labels[i] = class_of_label[labels[i]];
}

static gboolean
is_json_name (const char *name)
{
  return g_str_has_suffix (name, ".jsonl") || g_str_has_suffix (name, ".ndjson");
}

static gboolean
recognise (const PleSource *source)
{
  static const char *const endings[] = { ".csv", ".tsv", ".txt", ".jsonl", ".ndjson" };

  for (size_t i = 0; !source->is_folder && i < G_N_ELEMENTS (endings); i++)
    if (g_str_has_suffix (source->name, endings[i]))
      return TRUE;
  return FALSE;
}

static gboolean
parse_list (List *list, GBytes *bytes, const PleSource *source, GError **error)
{
  size_t size;
  const char *text = g_bytes_get_data (bytes, &size);
  PleDatasetBuilder *builder = list->builder;

  if (memchr (text, '\0', size) != NULL)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, _ ("%s: not a text file"),
                   source->path);
      return FALSE;
    }
  if (is_json_name (source->name) ? !parse_json_lines (list, text, size, source->path, error)
                                  : !parse_csv (list, text, size, source->path, error))
    return FALSE;
  if (list->n_missing > 0 && list->n_missing == builder->entries->len)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY,
                   _ ("%s: none of the %zu files that it lists is there; paths are relative to the "
                      "list's folder"),
                   source->path, list->n_missing);
      return FALSE;
    }
  if (list->n_strange_splits > 0)
    ple_dataset_builder_add_odd (builder, source->name,
                                 _ ("%zu lines have a split other than train, val and test; they "
                                    "count as training"),
                                 list->n_strange_splits);
  settle_classes (list);
  return TRUE;
}

static PleDataset *
open_list (const PleSource *source, PleProgress *progress, GError **error)
{
  g_autoptr (PleDatasetBuilder) builder = NULL;
  g_autoptr (GBytes) bytes = ple_file_load (source->path, source->path, MAX_LIST_BYTES, error);
  g_autofree char *folder = g_path_get_dirname (source->path);
  List list = { .progress = progress };
  gboolean ok;

  if (bytes == NULL)
    return NULL;
  list.folder_fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (list.folder_fd < 0)
    {
      ple_file_fail (error, folder, _ ("cannot open the folder"));
      return NULL;
    }
  builder = ple_dataset_builder_new (&ple_reader_list, source);
  builder->keep_order = TRUE;
  builder->keep_class_order = TRUE;
  list.builder = builder;
  list.folders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  list.labels = g_hash_table_new (g_str_hash, g_str_equal);
  list.label_texts = g_ptr_array_new_with_free_func (g_free);
  ok = parse_list (&list, bytes, source, error);
  close (list.folder_fd);
  g_hash_table_unref (list.folders);
  g_hash_table_unref (list.labels);
  g_ptr_array_unref (list.label_texts);
  return ok ? ple_dataset_builder_finish (g_steal_pointer (&builder), source->options,
                                          g_steal_pointer (&folder), NULL, progress, error)
            : NULL;
}

static char *
dup_item_path (PleDataset *dataset, size_t item)
{
  char *name = ple_dataset_dup_item_name (dataset, item);
  char *path;

  if (g_path_is_absolute (name))
    return name;
  path = g_build_filename (ple_dataset_get_data (dataset), name, NULL);
  g_free (name);
  return path;
}

static GBytes *
load (PleDataset *dataset, size_t item, GError **error)
{
  g_autofree char *name = ple_dataset_dup_item_name (dataset, item);
  g_autofree char *path = dup_item_path (dataset, item);

  return ple_file_load (path, name, PLE_MAX_PICTURE_BYTES, error);
}

const PleReader ple_reader_list = {
  .id = "list",
  .title = N_ ("List of pictures"),
  .recognise = recognise,
  .open = open_list,
  .load = load,
  .dup_item_path = dup_item_path,
  .free_data = g_free,
};
