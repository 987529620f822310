/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-layout-private.h"
#include "dataset/ple-readers-private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder with pictures in it, at any depth. Names, sizes and times are read, nothing else. Links
 * are followed, to files and to folders, but no folder is listed twice. */

#define MAX_DEPTH 32
#define REPORT_EVERY 1024

typedef struct
{
  dev_t device;
  ino_t inode;
} FolderId;

typedef struct
{
  PleDatasetBuilder *builder;
  GHashTable *seen; /* FolderId */
  GString *path;    /* of the folder at hand, relative to the root */
  PleProgress *progress;
  size_t n_files;
} Walk;

static guint
folder_id_hash (gconstpointer key)
{
  const FolderId *id = key;

  return (guint) (id->inode * 2654435761u ^ id->device);
}

static gboolean
folder_id_equal (gconstpointer a, gconstpointer b)
{
  const FolderId *x = a, *y = b;

  return x->device == y->device && x->inode == y->inode;
}

/* Path of @name in the folder at hand. (transfer full) */
static char *
walk_join (const Walk *walk, const char *name)
{
  return walk->path->len == 0 ? g_strdup (name) : g_strconcat (walk->path->str, "/", name, NULL);
}

static void
add_file (Walk *walk, int fd, guint32 folder, const char *name)
{
  PleNameKind kind = ple_name_get_kind (name);
  struct stat info;

  if (kind == PLE_NAME_TEXT)
    walk->builder->n_text_files++;
  if (kind == PLE_NAME_OTHER)
    {
      g_autofree char *path = walk_join (walk, name);

      ple_dataset_builder_add_odd (walk->builder, path, _ ("not a picture, by its name"));
    }
  if (kind != PLE_NAME_PICTURE)
    return;
  if (fstatat (fd, name, &info, 0) == 0 && S_ISREG (info.st_mode))
    ple_dataset_builder_add_named (
        walk->builder, folder, name, PLE_SPLIT_TRAIN, -1, (guint64) info.st_size,
        info.st_mtim.tv_sec * G_GINT64_CONSTANT (1000000000) + info.st_mtim.tv_nsec);
  else
    {
      g_autofree char *path = walk_join (walk, name);

      ple_dataset_builder_add_odd (walk->builder, path, _ ("not a file, or a link to nowhere"));
    }
}

/* Follows links; TRUE for a folder. */
static gboolean
entry_is_folder (int fd, const struct dirent *entry)
{
  struct stat info;

  if (entry->d_type == DT_DIR || entry->d_type == DT_REG)
    return entry->d_type == DT_DIR;
  return (entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN) &&
         fstatat (fd, entry->d_name, &info, 0) == 0 && S_ISDIR (info.st_mode);
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static gboolean walk_folder (Walk *walk, int fd, guint depth, GError **error);

static gboolean
walk_children (Walk *walk, int fd, GPtrArray *names, guint depth, GError **error)
{
  size_t length = walk->path->len;

  /* In order, so that a folder that can be reached twice is always found in the same place. */
  g_ptr_array_sort (names, compare_strings);
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      int child = openat (fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      int saved = errno;

      if (length > 0)
        g_string_append_c (walk->path, '/');
      g_string_append (walk->path, name);
      if (child < 0)
        ple_dataset_builder_add_odd (walk->builder, walk->path->str,
                                     _ ("cannot open the folder: %s"), g_strerror (saved));
      else if (!walk_folder (walk, child, depth + 1, error))
        return FALSE;
      g_string_truncate (walk->path, length);
    }
  return TRUE;
}

/* @fd is consumed. */
static gboolean
walk_folder (Walk *walk, int fd, guint depth, GError **error)
{
  g_autoptr (GPtrArray) children = g_ptr_array_new_with_free_func (g_free);
  DIR *dir;
  struct dirent *entry;
  struct stat info;
  FolderId id = { 0 };
  guint32 folder;
  gboolean ok = TRUE;

  if (fstat (fd, &info) == 0)
    id = (FolderId){ info.st_dev, info.st_ino };
  if (depth > MAX_DEPTH || !g_hash_table_add (walk->seen, g_memdup2 (&id, sizeof id)))
    {
      ple_dataset_builder_add_odd (walk->builder, walk->path->str,
                                   depth > MAX_DEPTH
                                       ? _ ("folders are nested too deeply; it is left out")
                                       : _ ("the same folder as another one here; it is left out"));
      close (fd);
      return TRUE;
    }
  dir = fdopendir (fd);
  if (dir == NULL)
    {
      close (fd);
      return TRUE;
    }
  folder = ple_dataset_builder_add_folder (walk->builder, walk->path->str);
  while (ok && (entry = readdir (dir)) != NULL)
    {
      if (entry->d_name[0] == '.' || strcmp (entry->d_name, "__MACOSX") == 0)
        continue;
      if (entry_is_folder (fd, entry))
        g_ptr_array_add (children, g_strdup (entry->d_name));
      else
        add_file (walk, fd, folder, entry->d_name);
      if (++walk->n_files % REPORT_EVERY == 0)
        ok = ple_progress_report_detail (walk->progress,
                                         (double) walk->n_files / (double) (walk->n_files + 100000),
                                         error, _ ("%zu files"), walk->n_files);
    }
  ok = ok && walk_children (walk, fd, children, depth, error);
  closedir (dir);
  return ok;
}

static char **
read_lines (gpointer data, const char *name)
{
  g_autofree char *path = g_build_filename (data, name, NULL);

  return ple_file_read_lines (path);
}

/* A data set by name in the folder that all data lie in: "imagenette" finds "imagenette2-320".
 * (transfer full) */
static char *
find_named_set (const PleSource *source)
{
  static const struct
  {
    const char *kind;
    const char *prefixes[4];
  } sets[] = {
    { "imagenette", { "imagenette" } },
    { "tiny-imagenet", { "tiny-imagenet", "tiny_imagenet", "tinyimagenet" } },
    { "tiny_imagenet", { "tiny-imagenet", "tiny_imagenet", "tinyimagenet" } },
    { "tinyimagenet", { "tiny-imagenet", "tiny_imagenet", "tinyimagenet" } },
    { "imagenet", { "imagenet", "ILSVRC" } },
  };
  g_autoptr (GDir) dir = NULL;
  g_autofree char *found = NULL;
  const char *name;
  size_t set = 0;

  while (set < G_N_ELEMENTS (sets) && g_strcmp0 (source->options->kind, sets[set].kind) != 0)
    set++;
  if (set == G_N_ELEMENTS (sets))
    return g_strdup (source->path);
  dir = g_dir_open (source->path, 0, NULL);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      if (g_ascii_strcasecmp (name, "train") == 0 || g_ascii_strcasecmp (name, "val") == 0)
        return g_strdup (source->path);
      for (size_t i = 0; i < G_N_ELEMENTS (sets[set].prefixes) && sets[set].prefixes[i]; i++)
        if (g_ascii_strncasecmp (name, sets[set].prefixes[i], strlen (sets[set].prefixes[i])) ==
                0 &&
            /* "imagenet" does not mean "imagenette". */
            !g_str_has_prefix (name + strlen (sets[set].prefixes[i]), "te") &&
            (found == NULL || strcmp (name, found) < 0))
          {
            g_autofree char *path = g_build_filename (source->path, name, NULL);

            if (g_file_test (path, G_FILE_TEST_IS_DIR))
              {
                g_free (found);
                found = g_strdup (name);
              }
          }
    }
  return found != NULL ? g_build_filename (source->path, found, NULL) : g_strdup (source->path);
}

static gboolean
recognise (const PleSource *source)
{
  return source->is_folder;
}

static PleDataset *
open_folder (const PleSource *source, PleProgress *progress, GError **error)
{
  g_autoptr (PleDatasetBuilder) builder = ple_dataset_builder_new (&ple_reader_folder, source);
  g_autoptr (GHashTable) seen =
      g_hash_table_new_full (folder_id_hash, folder_id_equal, g_free, NULL);
  g_autoptr (GString) path = g_string_new (NULL);
  g_autofree char *root = NULL;
  Walk walk = { .builder = builder, .seen = seen, .path = path, .progress = progress };
  PleLayoutFiles files = { .read_lines = read_lines };
  int fd;

  if (!source->is_folder)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, _ ("%s: not a folder"),
                   source->path);
      return NULL;
    }
  root = find_named_set (source);
  fd = open (root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    {
      ple_file_fail (error, root, _ ("cannot open the folder"));
      return NULL;
    }
  if (!walk_folder (&walk, fd, 0, error))
    return NULL;
  files.data = root;
  ple_layout_apply (builder, &files);
  return ple_dataset_builder_finish (g_steal_pointer (&builder), source->options,
                                     g_steal_pointer (&root), NULL, progress, error);
}

static char *
dup_item_path (PleDataset *dataset, size_t item)
{
  g_autofree char *name = ple_dataset_dup_item_name (dataset, item);

  return g_build_filename (ple_dataset_get_data (dataset), name, NULL);
}

static GBytes *
load (PleDataset *dataset, size_t item, GError **error)
{
  g_autofree char *name = ple_dataset_dup_item_name (dataset, item);
  g_autofree char *path = g_build_filename (ple_dataset_get_data (dataset), name, NULL);

  return ple_file_load (path, name, PLE_MAX_PICTURE_BYTES, error);
}

const PleReader ple_reader_folder = {
  .id = "folder",
  .title = N_ ("Folder of pictures"),
  .aliases = "imagenette tiny-imagenet tiny_imagenet tinyimagenet imagenet",
  .recognise = recognise,
  .open = open_folder,
  .load = load,
  .dup_item_path = dup_item_path,
  .free_data = g_free,
};
