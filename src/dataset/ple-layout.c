/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-layout-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define NO_SPLIT (-1)

/* What one folder of the builder is. */
typedef struct
{
  size_t n_pictures; /* directly in it */
  guint8 split;
  gint32 label;
} FolderInfo;

/* What lies directly in some folder. */
typedef struct
{
  gboolean has_pictures;
  GHashTable *children; /* char * -> itself: folders with pictures somewhere below */
} Contents;

/* The part of @path below @root, %NULL if it is not; "" for @root itself. */
static const char *
below (const char *path, const char *root)
{
  size_t n = strlen (root);

  if (n == 0)
    return path;
  if (strncmp (path, root, n) != 0 || (path[n] != '\0' && path[n] != '/'))
    return NULL;
  return path[n] == '/' ? path + n + 1 : path + n;
}

static char *
first_component (const char *path)
{
  return g_strndup (path, strcspn (path, "/"));
}

static void
contents_clear (Contents *contents)
{
  g_clear_pointer (&contents->children, g_hash_table_unref);
}

static void
contents_of (const PleDatasetBuilder *builder,
             const FolderInfo *infos,
             const char *root,
             Contents *contents)
{
  contents->has_pictures = FALSE;
  contents->children = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint f = 0; f < builder->folders->len; f++)
    {
      const char *rest = below (g_ptr_array_index (builder->folders, f), root);

      if (rest == NULL || infos[f].n_pictures == 0)
        continue;
      if (*rest == '\0')
        contents->has_pictures = TRUE;
      else
        g_hash_table_add (contents->children, first_component (rest));
    }
}

gboolean
ple_split_from_name (const char *name, PleSplit *split)
{
  static const struct
  {
    const char *name;
    PleSplit split;
  } names[] = {
    { "train", PLE_SPLIT_TRAIN },
    { "training", PLE_SPLIT_TRAIN },
    { "val", PLE_SPLIT_VALIDATION },
    { "valid", PLE_SPLIT_VALIDATION },
    { "validation", PLE_SPLIT_VALIDATION },
    { "dev", PLE_SPLIT_VALIDATION },
    { "test", PLE_SPLIT_TEST },
    { "testing", PLE_SPLIT_TEST },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strcasecmp (name, names[i].name) == 0)
      {
        *split = names[i].split;
        return TRUE;
      }
  return FALSE;
}

static int
split_of_name (const char *name)
{
  PleSplit split;

  return ple_split_from_name (name, &split) ? (int) split : NO_SPLIT;
}

static gboolean
is_wrapper (const char *name)
{
  return g_ascii_strcasecmp (name, "images") == 0 || g_ascii_strcasecmp (name, "imgs") == 0 ||
         g_ascii_strcasecmp (name, "img") == 0;
}

static const char *
only_child (const Contents *contents)
{
  GHashTableIter iter;
  gpointer child = NULL;

  if (contents->has_pictures || g_hash_table_size (contents->children) != 1)
    return NULL;
  g_hash_table_iter_init (&iter, contents->children);
  g_hash_table_iter_next (&iter, &child, NULL);
  return child;
}

static char *
join (const char *folder, const char *name)
{
  return *folder == '\0' ? g_strdup (name) : g_strconcat (folder, "/", name, NULL);
}

/* Passes through folders that hold nothing but one folder; only those called "images" and the like
 * if @wrappers_only. (transfer full) */
static char *
descend (const PleDatasetBuilder *builder,
         const FolderInfo *infos,
         const char *root,
         gboolean wrappers_only)
{
  char *at = g_strdup (root);

  for (;;)
    {
      Contents contents;
      const char *child;
      char *next = NULL;

      contents_of (builder, infos, at, &contents);
      child = only_child (&contents);
      if (child != NULL && (wrappers_only ? is_wrapper (child) : split_of_name (child) == NO_SPLIT))
        next = join (at, child);
      contents_clear (&contents);
      if (next == NULL)
        return at;
      g_free (at);
      at = next;
    }
}

/* Whether the folders in @root are splits, by the rule of the header. */
static gboolean
has_splits (const Contents *contents)
{
  GHashTableIter iter;
  gpointer child;
  guint n = 0;
  gboolean train = FALSE, other = FALSE;

  g_hash_table_iter_init (&iter, contents->children);
  while (g_hash_table_iter_next (&iter, &child, NULL))
    {
      int split = split_of_name (child);

      n += split != NO_SPLIT;
      train |= split == (int) PLE_SPLIT_TRAIN;
      other |= split > (int) PLE_SPLIT_TRAIN;
    }
  return n > 0 && ((train && other) ||
                   (!contents->has_pictures && n == g_hash_table_size (contents->children)));
}

/* Gives the folders at and below @root a split and classes. */
static void
settle_split (PleDatasetBuilder *builder, FolderInfo *infos, const char *root, PleSplit split)
{
  g_autofree char *inner = descend (builder, infos, root, TRUE);

  for (guint f = 0; f < builder->folders->len; f++)
    {
      const char *path = g_ptr_array_index (builder->folders, f);
      const char *rest = below (path, inner);

      if (below (path, root) == NULL)
        continue;
      infos[f].split = (guint8) split;
      if (rest != NULL && *rest != '\0' && infos[f].n_pictures > 0)
        {
          g_autofree char *key = first_component (rest);

          infos[f].label = ple_dataset_builder_add_class (builder, key, NULL);
        }
    }
}

/* Classes of pictures that lie flat in a split. */

/* "val_0.JPEG<tab>n03444034<tab>..." per line, or "ILSVRC2012_val_00048981,n03995372 85 1 ...". */
static GHashTable *
parse_annotations (char **lines)
{
  GHashTable *keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  for (size_t i = 0; lines[i] != NULL; i++)
    {
      size_t name = strcspn (lines[i], "\t,");
      size_t key = lines[i][name] != '\0' ? strcspn (lines[i] + name + 1, "\t, ") : 0;

      if (name > 0 && key > 0)
        g_hash_table_insert (keys, g_strndup (lines[i], name),
                             g_strndup (lines[i] + name + 1, key));
    }
  return keys;
}

static gint32
annotated_class (PleDatasetBuilder *builder, GHashTable *keys, const char *name)
{
  const char *dot = strrchr (name, '.');
  g_autofree char *stem = dot != NULL ? g_strndup (name, (size_t) (dot - name)) : NULL;
  const char *key = g_hash_table_lookup (keys, name);

  if (key == NULL && stem != NULL)
    key = g_hash_table_lookup (keys, stem);
  return key != NULL ? ple_dataset_builder_add_class (builder, key, NULL) : -1;
}

/* Cuts @folder down to its parent. Returns: %FALSE if it was the source itself. */
static gboolean
go_up (char *folder)
{
  char *slash = strrchr (folder, '/');

  if (*folder == '\0')
    return FALSE;
  *(slash != NULL ? slash : folder) = '\0';
  return TRUE;
}

/* The file @name in @folder or, upwards, in what it lies in. (transfer full) (nullable) */
static char **
read_lines_upwards (const PleLayoutFiles *files, const char *folder, const char *name)
{
  g_autofree char *at = g_strdup (folder);

  do
    {
      g_autofree char *path = join (at, name);
      char **lines = files->read_lines (files->data, path);

      if (lines != NULL)
        return lines;
    }
  while (go_up (at));
  return NULL;
}

static void
set_kind_title (PleDatasetBuilder *builder, const char *title)
{
  g_free (builder->kind_title);
  builder->kind_title = g_strdup (title);
}

/* @root: what the splits lie in; @split_root: the folder of one. */
static void
annotate_split (PleDatasetBuilder *builder,
                const FolderInfo *infos,
                const PleLayoutFiles *files,
                const char *root,
                const char *split_root,
                PleSplit split)
{
  const PleEntry *entries = (const PleEntry *) (gconstpointer) builder->entries->data;
  gint32 *labels = (gint32 *) (gpointer) builder->labels->data;
  g_autofree char *tiny = join (split_root, "val_annotations.txt");
  g_auto (GStrv) lines = files->read_lines (files->data, tiny);
  g_autoptr (GHashTable) keys = NULL;

  if (lines != NULL)
    set_kind_title (builder, _ ("Tiny ImageNet"));
  else if (split == PLE_SPLIT_VALIDATION)
    {
      lines = read_lines_upwards (files, root, "LOC_val_solution.csv");
      if (lines != NULL)
        set_kind_title (builder, _ ("ImageNet"));
    }
  if (lines == NULL)
    return;
  keys = parse_annotations (lines);
  for (guint i = 0; i < builder->entries->len; i++)
    if (labels[i] < 0 && infos[entries[i].folder].label < 0 &&
        below (g_ptr_array_index (builder->folders, entries[i].folder), split_root) != NULL)
      labels[i] = annotated_class (builder, keys, builder->arena->str + entries[i].name);
}

/* Names of classes. */

static const char *const imagenette[][2] = {
  { "n01440764", "tench" },           { "n02102040", "English springer" },
  { "n02979186", "cassette player" }, { "n03000684", "chain saw" },
  { "n03028079", "church" },          { "n03394916", "French horn" },
  { "n03417042", "garbage truck" },   { "n03425413", "gas pump" },
  { "n03445777", "golf ball" },       { "n03888257", "parachute" },
};

static gboolean
is_synset (const char *key)
{
  return key[0] == 'n' && strlen (key) == 9 && strspn (key + 1, "0123456789") == 8;
}

static void
set_class_name (PleDatasetBuilder *builder, guint index, const char *name)
{
  g_free (builder->class_names->pdata[index]);
  builder->class_names->pdata[index] = g_utf8_make_valid (name, -1);
}

/* "n01440764 tench, Tinca tinca" per line. All synonyms are kept. */
static guint
name_classes_from (PleDatasetBuilder *builder, char **lines)
{
  guint n_named = 0;

  for (size_t i = 0; lines[i] != NULL; i++)
    {
      size_t n = strcspn (lines[i], " \t,:");
      g_autofree char *key = g_strndup (lines[i], n);
      gpointer index = g_hash_table_lookup (builder->class_index, key);
      const char *name = lines[i] + n + strspn (lines[i] + n, " \t,:");

      if (index != NULL && *name != '\0')
        {
          set_class_name (builder, (guint) GPOINTER_TO_SIZE (index) - 1, name);
          n_named++;
        }
    }
  return n_named;
}

/* The first synonym of each; where two classes would get the same, all synonyms, and the key where
 * even these agree. */
static void
shorten_names (PleDatasetBuilder *builder)
{
  g_autoptr (GHashTable) short_names =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) full_names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint n = builder->class_names->len;

#define SHORT(c)                                                                                   \
  g_strndup (builder->class_names->pdata[c], strcspn (builder->class_names->pdata[c], ","))
#define COUNT(table, name) GPOINTER_TO_SIZE (g_hash_table_lookup (table, name))
  for (guint c = 0; c < n; c++)
    {
      char *full = g_strdup (builder->class_names->pdata[c]), *first = SHORT (c);

      g_hash_table_insert (short_names, first, GSIZE_TO_POINTER (COUNT (short_names, first) + 1));
      g_hash_table_insert (full_names, full, GSIZE_TO_POINTER (COUNT (full_names, full) + 1));
    }
  for (guint c = 0; c < n; c++)
    {
      const char *full = builder->class_names->pdata[c];
      g_autofree char *first = SHORT (c);
      g_autofree char *with_key = g_strdup_printf (
          "%s (%s)", first, (const char *) g_ptr_array_index (builder->class_keys, c));

      if (COUNT (short_names, first) == 1)
        set_class_name (builder, c, first);
      else if (COUNT (full_names, full) > 1)
        set_class_name (builder, c, with_key);
    }
#undef SHORT
#undef COUNT
}

static void
name_classes (PleDatasetBuilder *builder, const PleLayoutFiles *files, const char *root)
{
  static const char *const names[] = {
    "LOC_synset_mapping.txt", "synset_words.txt", "words.txt", "classes.txt",
    "class_names.txt",        "names.txt"
  };
  guint n_synsets = 0, n_known = 0;
  gboolean named = FALSE;

  for (size_t i = 0; i < G_N_ELEMENTS (names) && !named; i++)
    {
      g_auto (GStrv) lines = read_lines_upwards (files, root, names[i]);

      named = lines != NULL && name_classes_from (builder, lines) > 0;
    }
  for (guint c = 0; c < builder->class_keys->len; c++)
    n_synsets += is_synset (g_ptr_array_index (builder->class_keys, c));
  for (size_t i = 0; i < G_N_ELEMENTS (imagenette); i++)
    {
      gpointer index = g_hash_table_lookup (builder->class_index, imagenette[i][0]);

      n_known += index != NULL;
      if (index != NULL && !named)
        set_class_name (builder, (guint) GPOINTER_TO_SIZE (index) - 1, imagenette[i][1]);
    }
  if (n_synsets > 0)
    shorten_names (builder);
  if (n_known == G_N_ELEMENTS (imagenette) && builder->class_keys->len == n_known)
    set_kind_title (builder, _ ("Imagenette"));
}

static void
note_left_out (PleDatasetBuilder *builder, const FolderInfo *infos)
{
  for (guint f = 0; f < builder->folders->len; f++)
    {
      const char *path = g_ptr_array_index (builder->folders, f);

      if (infos[f].split == PLE_SPLIT_DROPPED && infos[f].n_pictures > 0)
        ple_dataset_builder_add_odd (builder, *path != '\0' ? path : ".",
                                     _ ("its %zu pictures lie beside the folders train, val and "
                                        "test and are left out"),
                                     infos[f].n_pictures);
    }
}

void
ple_layout_apply (PleDatasetBuilder *builder, const PleLayoutFiles *files)
{
  const PleEntry *entries = (const PleEntry *) (gconstpointer) builder->entries->data;
  g_autofree FolderInfo *infos = g_new0 (FolderInfo, MAX (builder->folders->len, 1));
  g_autofree char *root = NULL;
  g_autoptr (GPtrArray) split_roots = g_ptr_array_new_with_free_func (g_free);
  Contents contents;
  gint32 *labels;

  for (guint i = 0; i < builder->entries->len; i++)
    infos[entries[i].folder].n_pictures++;
  for (guint f = 0; f < builder->folders->len; f++)
    {
      infos[f].label = -1;
      infos[f].split = PLE_SPLIT_DROPPED;
    }
  root = descend (builder, infos, "", FALSE);
  contents_of (builder, infos, root, &contents);
  if (has_splits (&contents))
    {
      g_autoptr (GList) children = g_hash_table_get_keys (contents.children);

      children = g_list_sort (children, (GCompareFunc) strcmp);
      for (GList *l = children; l != NULL; l = l->next)
        if (split_of_name (l->data) != NO_SPLIT)
          {
            g_autofree char *split_root = join (root, l->data);

            settle_split (builder, infos, split_root, (PleSplit) split_of_name (l->data));
            g_ptr_array_add (split_roots, g_steal_pointer (&split_root));
          }
      note_left_out (builder, infos);
    }
  else
    settle_split (builder, infos, root, PLE_SPLIT_TRAIN);
  contents_clear (&contents);
  for (guint s = 0; s < split_roots->len; s++)
    {
      const char *split_root = g_ptr_array_index (split_roots, s);
      g_autofree char *name = g_path_get_basename (split_root);

      annotate_split (builder, infos, files, root, split_root, (PleSplit) split_of_name (name));
    }
  labels = (gint32 *) (gpointer) builder->labels->data;
  for (guint i = 0; i < builder->entries->len; i++)
    {
      const FolderInfo *info = &infos[entries[i].folder];

      builder->splits->data[i] = info->split;
      if (info->label >= 0)
        labels[i] = info->label;
    }
  name_classes (builder, files, root);
}
