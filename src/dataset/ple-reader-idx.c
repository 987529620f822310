/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-readers-private.h"
#include "dataset/ple-record-files-private.h"

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* IDX, the format of MNIST and its kin (LeCun): big-endian
 *
 *   0   2  zero
 *   2   1  type: 8 for unsigned bytes, the only one read here
 *   3   1  number of dimensions: 1 for labels, 3 for (n, height, width), 4 for (n, height, width, 1
 *          or 3) or (n, 3, height, width)
 *   4   4 per dimension: sizes
 *       then the bytes, last dimension fastest
 *
 * Files may be packed by gzip; these are unpacked into memory. Labels lie in the file whose name is
 * that of the pictures with "labels" for "images" and "idx1" for "idx3". */

#define MAX_SIDE 4096
#define MAX_HEADER 20
#define MAX_UNPACKED (G_GUINT64_CONSTANT (4) << 30)
/* Deflate makes at most that many bytes of one. */
#define DEFLATE_RATIO 1032

typedef struct
{
  guint width;
  guint height;
  guint channels; /* 1 or 3 */
  gboolean planes;
} Shape;

typedef struct
{
  PleRecordFiles *files;
  GArray *shapes; /* one per file */
} IdxData;

typedef struct
{
  guint header_size;
  guint64 n;
  guint64 record_size;
  Shape shape;
} Header;

static IdxData *
idx_data_new (void)
{
  IdxData *data = g_new (IdxData, 1);

  data->files = ple_record_files_new ();
  data->shapes = g_array_new (FALSE, FALSE, sizeof (Shape));
  return data;
}

static void
idx_data_free (gpointer pointer)
{
  IdxData *data = pointer;

  if (data == NULL)
    return;
  ple_record_files_free (data->files);
  g_array_unref (data->shapes);
  g_free (data);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IdxData, idx_data_free)

static guint32
get_be32 (const guint8 *p)
{
  return (guint32) p[0] << 24 | (guint32) p[1] << 16 | (guint32) p[2] << 8 | p[3];
}

static gboolean
looks_like_idx (const guint8 *head, size_t size)
{
  return size >= 8 && head[0] == 0 && head[1] == 0 && head[2] == 8 &&
         (head[3] == 1 || head[3] == 3 || head[3] == 4);
}

/* @n_dims: 1 for labels, 3 for pictures (4 is taken too). */
static gboolean
parse_header (
    const guint8 *head, size_t size, guint n_dims, const char *name, Header *header, GError **error)
{
  guint64 dims[4] = { 0, 1, 1, 1 };

  memset (header, 0, sizeof *header);
  if (!looks_like_idx (head, size) || (n_dims == 1) != (head[3] == 1))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                   n_dims == 1 ? _ ("%s: not an IDX file of labels (bytes, one dimension)")
                               : _ ("%s: not an IDX file of pictures (bytes, 3 or 4 dimensions)"),
                   name);
      return FALSE;
    }
  header->header_size = 4 + 4u * head[3];
  if (size < header->header_size)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TRUNCATED, _ ("%s: ends in its header"),
                   name);
      return FALSE;
    }
  for (guint d = 0; d < head[3]; d++)
    dims[d] = get_be32 (head + 4 + 4 * d);
  header->n = dims[0];
  header->shape = (Shape){ (guint) dims[2], (guint) dims[1], 1, FALSE };
  if (head[3] == 4 && dims[3] == 3)
    header->shape.channels = 3;
  else if (head[3] == 4 && dims[1] == 3 && dims[3] != 1)
    header->shape = (Shape){ (guint) dims[3], (guint) dims[2], 3, TRUE };
  else if (head[3] == 4 && dims[3] != 1)
    header->shape.width = 0;
  if (n_dims != 1 && (header->shape.width < 1 || header->shape.width > MAX_SIDE ||
                      header->shape.height < 1 || header->shape.height > MAX_SIDE))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                   _ ("%s: its sizes are not those of pictures (1 to %d pixels a side)"), name,
                   MAX_SIDE);
      return FALSE;
    }
  header->record_size =
      n_dims == 1 ? 1
                  : (guint64) header->shape.width * header->shape.height * header->shape.channels;
  return TRUE;
}

/* The first bytes of a file, unpacked where it is packed, and the file's stamp. */
static gboolean
read_head (const char *path,
           const char *name,
           guint8 head[MAX_HEADER],
           size_t *head_size,
           guint64 *size,
           gint64 *mtime,
           GError **error)
{
  int fd = ple_file_open (path, name, size, mtime, error);
  gzFile stream;
  int n;

  if (fd < 0)
    return FALSE;
  stream = gzdopen (fd, "rb");
  if (stream == NULL)
    {
      close (fd);
      return ple_file_fail (error, name, _ ("cannot read"));
    }
  n = gzread (stream, head, MAX_HEADER);
  gzclose (stream);
  *head_size = n > 0 ? (size_t) n : 0;
  return TRUE;
}

/* Unpacks header and records, at most as many as the header claims. What is missing at the end is
 * simply not there. */
static GBytes *
unpack (
    const char *path, const char *name, guint64 packed_size, const Header *header, GError **error)
{
  guint64 size = 0, done = 0;
  g_autofree guint8 *data = NULL;
  gzFile stream;
  int fd;

  if (header->record_size > 0 && header->n > MAX_UNPACKED / header->record_size)
    size = G_MAXUINT64;
  else
    size = header->header_size + header->n * header->record_size;
  if (size > MAX_UNPACKED || size / DEFLATE_RATIO > packed_size)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE,
                   _ ("%s: its header claims more than such a file can hold, or than %u GiB"), name,
                   (guint) (MAX_UNPACKED >> 30));
      return NULL;
    }
  data = g_try_malloc (size);
  if (data == NULL)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE,
                   _ ("%s: no memory to unpack %" G_GUINT64_FORMAT " bytes"), name, size);
      return NULL;
    }
  fd = ple_file_open (path, name, NULL, NULL, error);
  if (fd < 0)
    return NULL;
  stream = gzdopen (fd, "rb");
  if (stream == NULL)
    {
      close (fd);
      ple_file_fail (error, name, _ ("cannot read"));
      return NULL;
    }
  while (done < size)
    {
      int n = gzread (stream, data + done, (unsigned) MIN (size - done, 1 << 24));

      if (n <= 0)
        break;
      done += (guint64) n;
    }
  gzclose (stream);
  return g_bytes_new_take (g_steal_pointer (&data), done);
}

/* "train-images-idx3-ubyte.gz" -> "train-labels-idx1-ubyte.gz". (transfer full) (nullable) */
static char *
labels_name_for (const char *name)
{
  g_auto (GStrv) parts = g_strsplit (name, "images", 2);
  g_autofree char *joined = NULL;
  char *dims;

  if (parts[0] == NULL || parts[1] == NULL)
    return NULL;
  joined = g_strjoinv ("labels", parts);
  dims = strstr (joined, "idx3");
  if (dims == NULL)
    dims = strstr (joined, "idx4");
  if (dims != NULL)
    dims[3] = '1';
  return g_steal_pointer (&joined);
}

/* Labels of @images, packed or not; %NULL if there are none. (transfer full) */
static GBytes *
read_labels (PleDatasetBuilder *builder, const char *folder, const char *images)
{
  g_autofree char *name = labels_name_for (images);
  g_autofree char *path = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  guint8 head[MAX_HEADER];
  size_t head_size = 0;
  Header header;
  guint64 size;
  gint64 mtime;

  if (name == NULL)
    return NULL;
  if (!ple_file_is_there (folder, name))
    {
      char *other = g_str_has_suffix (name, ".gz") ? g_strndup (name, strlen (name) - 3)
                                                   : g_strconcat (name, ".gz", NULL);

      g_free (name);
      name = other;
      if (!ple_file_is_there (folder, name))
        return NULL;
    }
  path = g_build_filename (folder, name, NULL);
  if (read_head (path, name, head, &head_size, &size, &mtime, &error) &&
      parse_header (head, head_size, 1, name, &header, &error))
    bytes = unpack (path, name, size, &header, &error);
  if (bytes == NULL)
    {
      ple_dataset_builder_add_odd (builder, name, "%s", error->message);
      return NULL;
    }
  if (g_bytes_get_size (bytes) < header.header_size + header.n)
    ple_dataset_builder_add_odd (builder, name, _ ("ends early: some pictures have no label"));
  return g_bytes_new_from_bytes (bytes, header.header_size,
                                 g_bytes_get_size (bytes) - header.header_size);
}

static PleSplit
split_of (const char *name)
{
  if (strstr (name, "t10k") != NULL || strstr (name, "test") != NULL)
    return PLE_SPLIT_TEST;
  return strstr (name, "val") != NULL ? PLE_SPLIT_VALIDATION : PLE_SPLIT_TRAIN;
}

static gboolean
add_images (PleDatasetBuilder *builder,
            IdxData *data,
            const char *folder,
            const char *name,
            guint *n_classes,
            PleProgress *progress,
            GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GBytes) labels = NULL;
  const guint8 *values = NULL;
  size_t n_labels = 0, head_size = 0;
  guint8 head[MAX_HEADER];
  Header header;
  guint64 size;
  gint64 mtime, n;
  guint32 file;

  if (!read_head (path, name, head, &head_size, &size, &mtime, error) ||
      !parse_header (head, head_size, 3, name, &header, error))
    return FALSE;
  if (g_str_has_suffix (name, ".gz"))
    {
      GBytes *bytes = unpack (path, name, size, &header, error);

      if (bytes == NULL)
        return FALSE;
      n = ple_record_files_add_bytes (data->files, bytes, name, header.header_size,
                                      header.record_size);
    }
  else
    n = ple_record_files_add (data->files, path, name, header.header_size, header.record_size,
                              &size, &mtime, error);
  if (n < 0)
    return FALSE;
  g_array_append_val (data->shapes, header.shape);
  file = ple_dataset_builder_add_folder (builder, name);
  if ((guint64) n < header.n)
    ple_dataset_builder_add_odd (
        builder, name,
        _ ("ends early: %" G_GINT64_FORMAT " of %" G_GUINT64_FORMAT " pictures are there"), n,
        header.n);
  n = (gint64) MIN ((guint64) n, header.n);
  labels = read_labels (builder, folder, name);
  if (labels != NULL)
    values = g_bytes_get_data (labels, &n_labels);
  for (gint64 i = 0; i < n; i++)
    {
      gint32 label = (guint64) i < n_labels ? values[i] : -1;

      *n_classes = MAX (*n_classes, (guint) (label + 1));
      if (ple_dataset_builder_add_numbered (builder, file, (guint64) i, split_of (name), label,
                                            size, mtime) == G_MAXUINT32)
        break;
      if (i % 4096 == 0 && !ple_progress_report (progress, 0, error))
        return FALSE;
    }
  return TRUE;
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Files of pictures in @folder, one of each packed and unpacked pair. (transfer full): names */
static GPtrArray *
list_images (const char *folder)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (name[0] != '.' && strstr (name, "images") != NULL &&
        (strstr (name, "idx3") != NULL || strstr (name, "idx4") != NULL) &&
        ple_file_is_there (folder, name))
      {
        g_autofree char *plain =
            g_str_has_suffix (name, ".gz") ? g_strndup (name, strlen (name) - 3) : NULL;

        if (plain == NULL || !ple_file_is_there (folder, plain))
          g_ptr_array_add (names, g_strdup (name));
      }
  g_ptr_array_sort (names, compare_strings);
  return names;
}

/* (transfer full) (nullable): the folder that has such files, as they are unpacked or downloaded */
static char *
find_folder (const char *path)
{
  static const char *const folders[] = { "",           "raw",  "MNIST/raw", "FashionMNIST/raw",
                                         "KMNIST/raw", "gzip", "mnist",     "fashion-mnist" };

  for (size_t i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *folder = g_build_filename (path, folders[i], NULL);
      g_autoptr (GPtrArray) names = list_images (folder);

      if (names->len > 0)
        return g_steal_pointer (&folder);
    }
  return NULL;
}

static gboolean
recognise (const PleSource *source)
{
  g_autofree char *folder = NULL;

  if (!source->is_folder)
    return looks_like_idx (source->head, source->head_size) ||
           (source->head_size > 2 && source->head[0] == 0x1f && source->head[1] == 0x8b &&
            strstr (source->name, "idx") != NULL);
  folder = find_folder (source->path);
  return folder != NULL;
}

/* What stands before "train", "test" or "t10k": EMNIST has several sets in one folder. */
static size_t
prefix_length (const char *name)
{
  static const char *const marks[] = { "train", "test", "t10k", "val", "images" };
  size_t least = strlen (name);

  for (size_t i = 0; i < G_N_ELEMENTS (marks); i++)
    {
      const char *mark = strstr (name, marks[i]);

      if (mark != NULL)
        least = MIN (least, (size_t) (mark - name));
    }
  return least;
}

static void
add_classes (PleDatasetBuilder *builder, guint n_classes)
{
  static const char *const fashion[] = {
    "T-shirt/top", "trouser", "pullover", "dress", "coat",
    "sandal",      "shirt",   "sneaker",  "bag",   "ankle boot"
  };
  g_autofree char *lower = g_ascii_strdown (builder->path, -1);
  gboolean is_fashion = n_classes == G_N_ELEMENTS (fashion) && strstr (lower, "fashion") != NULL;

  for (guint c = 0; c < n_classes; c++)
    {
      g_autofree char *key = g_strdup_printf ("%u", c);

      ple_dataset_builder_add_class (builder, key, is_fashion ? fashion[c] : NULL);
    }
}

static PleDataset *
open_idx (const PleSource *source, PleProgress *progress, GError **error)
{
  g_autoptr (PleDatasetBuilder) builder = ple_dataset_builder_new (&ple_reader_idx, source);
  g_autoptr (IdxData) data = idx_data_new ();
  g_autofree char *folder =
      source->is_folder ? find_folder (source->path) : g_path_get_dirname (source->path);
  g_autoptr (GPtrArray) names = NULL;
  guint n_classes = 0;

  if (folder == NULL)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY,
                   _ ("%s: no IDX files of pictures here (such as train-images-idx3-ubyte)"),
                   source->path);
      return NULL;
    }
  builder->keep_order = TRUE;
  builder->keep_class_order = TRUE;
  if (source->is_folder)
    names = list_images (folder);
  else
    {
      names = g_ptr_array_new_with_free_func (g_free);
      g_ptr_array_add (names, g_strdup (source->name));
    }
  for (guint i = 0; i < names->len; i++)
    {
      const char *first = g_ptr_array_index (names, 0), *name = g_ptr_array_index (names, i);

      if (prefix_length (name) != prefix_length (first) ||
          strncmp (name, first, prefix_length (first)) != 0)
        ple_dataset_builder_add_odd (builder, name,
                                     _ ("belongs to another set in the same folder; open this file "
                                        "by itself to see it"));
      else if (!add_images (builder, data, folder, name, &n_classes, progress, error))
        return NULL;
    }
  add_classes (builder, n_classes);
  return ple_dataset_builder_finish (g_steal_pointer (&builder), source->options,
                                     g_steal_pointer (&data), NULL, progress, error);
}

static PleImage *
decode (PleDataset *dataset, size_t item, guint size_hint, GError **error)
{
  const PleEntry *entry = ple_dataset_get_entry (dataset, item);
  IdxData *data = ple_dataset_get_data (dataset);
  Shape shape = g_array_index (data->shapes, Shape, entry->folder);
  size_t n_pixels = (size_t) shape.width * shape.height;
  g_autofree guint8 *bytes = g_malloc (n_pixels * shape.channels);
  g_autoptr (PleImage) image = NULL;

  if (!ple_record_files_read (data->files, entry->folder, entry->name & ~PLE_ENTRY_NUMBERED, 0,
                              bytes, n_pixels * shape.channels, error))
    return NULL;
  image = ple_image_new (shape.width, shape.height, error);
  if (image == NULL)
    return NULL;
  if (shape.planes)
    ple_planes_to_rgb (bytes, shape.width, shape.height, FALSE, image->data);
  else if (shape.channels == 3)
    memcpy (image->data, bytes, n_pixels * 3);
  else
    for (size_t i = 0; i < n_pixels; i++)
      memset (image->data + 3 * i, bytes[i], 3);
  return g_steal_pointer (&image);
}

const PleReader ple_reader_idx = {
  .id = "idx",
  .title = N_ ("IDX (MNIST and its kin)"),
  .aliases = "mnist fashion-mnist kmnist emnist",
  .recognise = recognise,
  .open = open_idx,
  .decode = decode,
  .free_data = idx_data_free,
};
