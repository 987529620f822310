/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-dataset-private.h"
#include "dataset/ple-image-private.h"
#include "dataset/ple-thumbnails-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* The packed file, CACHE/thumbnails/DIGEST.pack, little-endian throughout:
 *
 *   0   8  "PLETHUMB"
 *   8   4  version, 1
 *   12  4  largest side, 128
 *
 * then records, one behind the other, only ever appended:
 *
 *   0   16  key: the first half of the SHA-256 of name, size and modification time
 *   16  4   bytes of payload, at most 65 536
 *   20  2   side in pixels
 *   22  1   form: 0 RGB rows, 1 JPEG, 2 broken picture (payload: the reason, UTF-8)
 *   23  1   zero
 *   24  4   CRC-32 of the payload
 *   28  4   CRC-32 of bytes 0 to 27
 *   32      payload
 *
 * Opening hops from header to header; where one is wrong or its payload does not fit, the file is
 * cut. Of two records with one key the later counts. */

#define FILE_MAGIC "PLETHUMB"
#define FILE_VERSION 1
#define FILE_HEADER_SIZE 16
#define RECORD_HEADER_SIZE 32
#define KEY_SIZE 16
#define MAX_PAYLOAD 65536
/* Above that side JPEG is the smaller form, below it the faster. */
#define MAX_RAW_SIDE 32
#define JPEG_QUALITY 85

typedef enum
{
  FORM_RGB,
  FORM_JPEG,
  FORM_BROKEN,
} Form;

typedef struct
{
  guint8 key[KEY_SIZE];
  guint32 size;
  guint16 side;
  guint8 form;
  guint32 payload_crc;
} Record;

struct _PleThumbnails
{
  PleDataset *dataset;
  int fd; /* -1: nothing on disk */
  gboolean writable;
  GMutex lock;       /* guards the two below and appending */
  GHashTable *index; /* first 8 bytes of the key -> offset */
  guint64 end;
};

static void
put_le (guint8 *p, guint32 value, guint n)
{
  for (guint i = 0; i < n; i++)
    p[i] = (guint8) (value >> (8 * i));
}

static guint32
get_le (const guint8 *p, guint n)
{
  guint32 value = 0;

  while (n-- > 0)
    value = value << 8 | p[n];
  return value;
}

static guint32
checksum (const guint8 *data, size_t size)
{
  return (guint32) crc32 (0, data, (uInt) size);
}

static void
encode_header (const Record *record, guint8 header[RECORD_HEADER_SIZE])
{
  memcpy (header, record->key, KEY_SIZE);
  put_le (header + 16, record->size, 4);
  put_le (header + 20, record->side, 2);
  header[22] = record->form;
  header[23] = 0;
  put_le (header + 24, record->payload_crc, 4);
  put_le (header + 28, checksum (header, 28), 4);
}

static gboolean
decode_header (const guint8 header[RECORD_HEADER_SIZE], Record *record)
{
  memcpy (record->key, header, KEY_SIZE);
  record->size = get_le (header + 16, 4);
  record->side = (guint16) get_le (header + 20, 2);
  record->form = header[22];
  record->payload_crc = get_le (header + 24, 4);
  return get_le (header + 28, 4) == checksum (header, 28) && record->size <= MAX_PAYLOAD &&
         record->form <= FORM_BROKEN && header[23] == 0;
}

static gpointer
index_key (const guint8 key[KEY_SIZE])
{
  guint64 value;

  memcpy (&value, key, sizeof value);
  /* GHashTable takes NULL as a key, too. */
  return GSIZE_TO_POINTER ((size_t) value);
}

char *
ple_thumbnails_dup_cache_path (PleDataset *dataset, const char *cache_dir)
{
  g_autoptr (PleHash) hash = ple_hash_new ();
  g_autofree char *digest = NULL;
  g_autofree char *name = NULL;

  ple_hash_add_string (hash, ple_dataset_get_kind (dataset));
  ple_hash_add_string (hash, ple_dataset_get_path (dataset));
  ple_hash_add_int (hash, ple_dataset_get_ignore_orientation (dataset));
  digest = ple_hash_get_hex (hash, 32);
  name = g_strconcat (digest, ".pack", NULL);
  return g_build_filename (cache_dir, "thumbnails", name, NULL);
}

static void
make_key (PleDataset *dataset, size_t item, guint8 key[KEY_SIZE])
{
  g_autofree char *name = ple_dataset_dup_item_name (dataset, item);
  g_autoptr (PleHash) hash = ple_hash_new ();
  g_autofree char *hex = NULL;
  guint64 size;
  gint64 mtime;

  ple_dataset_get_item_stamp (dataset, item, &size, &mtime);
  ple_hash_add_string (hash, name);
  ple_hash_add_int (hash, (gint64) size);
  ple_hash_add_int (hash, mtime);
  hex = ple_hash_get_hex (hash, 2 * KEY_SIZE);
  for (size_t i = 0; i < KEY_SIZE; i++)
    key[i] =
        (guint8) (g_ascii_xdigit_value (hex[2 * i]) << 4 | g_ascii_xdigit_value (hex[2 * i + 1]));
}

/* Opening. */

/* Cuts the file at @size, or begins it anew at 0. */
static void
cut (PleThumbnails *thumbnails, guint64 size)
{
  guint8 header[FILE_HEADER_SIZE];

  thumbnails->end = size;
  if (!thumbnails->writable)
    return;
  if (ftruncate (thumbnails->fd, (off_t) size) != 0)
    thumbnails->writable = FALSE;
  if (size > 0 || !thumbnails->writable)
    return;
  g_hash_table_remove_all (thumbnails->index);
  memcpy (header, FILE_MAGIC, 8);
  put_le (header + 8, FILE_VERSION, 4);
  put_le (header + 12, PLE_THUMBNAIL_SIDE, 4);
  if (pwrite (thumbnails->fd, header, sizeof header, 0) == (ssize_t) sizeof header)
    thumbnails->end = FILE_HEADER_SIZE;
  else
    thumbnails->writable = FALSE;
}

static void
scan (PleThumbnails *thumbnails)
{
  size_t limit = 2 * ple_dataset_get_n_items (thumbnails->dataset) + 1000, n = 0;
  guint8 head[FILE_HEADER_SIZE], header[RECORD_HEADER_SIZE];
  struct stat info;
  guint64 size, at = FILE_HEADER_SIZE;
  Record record;

  if (fstat (thumbnails->fd, &info) != 0)
    {
      thumbnails->writable = FALSE;
      return;
    }
  size = (guint64) info.st_size;
  if (size < FILE_HEADER_SIZE ||
      !ple_file_read_at (thumbnails->fd, 0, head, sizeof head, "thumbnails", NULL) ||
      memcmp (head, FILE_MAGIC, 8) != 0 || get_le (head + 8, 4) != FILE_VERSION ||
      get_le (head + 12, 4) != PLE_THUMBNAIL_SIDE)
    {
      cut (thumbnails, 0);
      return;
    }
  while (size - at >= RECORD_HEADER_SIZE &&
         ple_file_read_at (thumbnails->fd, at, header, sizeof header, "thumbnails", NULL) &&
         decode_header (header, &record) && record.size <= size - at - RECORD_HEADER_SIZE)
    {
      g_hash_table_insert (thumbnails->index, index_key (record.key),
                           GSIZE_TO_POINTER ((size_t) at));
      at += RECORD_HEADER_SIZE + record.size;
      n++;
    }
  /* What is stale is never removed one by one: when it is most of the file, all goes. */
  if (n > limit)
    cut (thumbnails, 0);
  else if (at < size)
    cut (thumbnails, at);
  else
    thumbnails->end = at;
}

PleThumbnails *
ple_thumbnails_new (PleDataset *dataset, const char *cache_dir)
{
  PleThumbnails *thumbnails = g_new0 (PleThumbnails, 1);
  g_autofree char *path = NULL;
  g_autofree char *folder = NULL;

  thumbnails->dataset = ple_dataset_ref (dataset);
  thumbnails->fd = -1;
  thumbnails->index = g_hash_table_new (g_direct_hash, g_direct_equal);
  g_mutex_init (&thumbnails->lock);
  if (cache_dir == NULL || !ple_dataset_has_files (dataset))
    return thumbnails;
  path = ple_thumbnails_dup_cache_path (dataset, cache_dir);
  folder = g_path_get_dirname (path);
  /* Without a place to keep them, thumbnails are made each time. */
  if (g_mkdir_with_parents (folder, 0700) != 0)
    return thumbnails;
  thumbnails->fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (thumbnails->fd < 0)
    return thumbnails;
  thumbnails->writable = flock (thumbnails->fd, LOCK_EX | LOCK_NB) == 0;
  scan (thumbnails);
  return thumbnails;
}

void
ple_thumbnails_free (PleThumbnails *thumbnails)
{
  if (thumbnails == NULL)
    return;
  if (thumbnails->fd >= 0)
    close (thumbnails->fd);
  g_hash_table_unref (thumbnails->index);
  g_mutex_clear (&thumbnails->lock);
  ple_dataset_unref (thumbnails->dataset);
  g_free (thumbnails);
}

size_t
ple_thumbnails_get_n_cached (PleThumbnails *thumbnails)
{
  size_t n;

  g_mutex_lock (&thumbnails->lock);
  n = g_hash_table_size (thumbnails->index);
  g_mutex_unlock (&thumbnails->lock);
  return n;
}

/* Reading. */

/* The payload of @key, checked. (transfer full) (nullable) */
static guint8 *
find_payload (PleThumbnails *thumbnails, const guint8 key[KEY_SIZE], Record *record)
{
  guint8 header[RECORD_HEADER_SIZE];
  g_autofree guint8 *payload = NULL;
  guint64 at;

  g_mutex_lock (&thumbnails->lock);
  at = GPOINTER_TO_SIZE (g_hash_table_lookup (thumbnails->index, index_key (key)));
  g_mutex_unlock (&thumbnails->lock);
  if (at == 0 ||
      !ple_file_read_at (thumbnails->fd, at, header, sizeof header, "thumbnails", NULL) ||
      !decode_header (header, record) || memcmp (record->key, key, KEY_SIZE) != 0)
    return NULL;
  payload = g_malloc (record->size + 1);
  if (!ple_file_read_at (thumbnails->fd, at + RECORD_HEADER_SIZE, payload, record->size,
                         "thumbnails", NULL) ||
      checksum (payload, record->size) != record->payload_crc)
    return NULL;
  payload[record->size] = '\0';
  return g_steal_pointer (&payload);
}

static PleImage *
image_from_payload (const Record *record, const guint8 *payload)
{
  g_autoptr (PleImage) image = NULL;

  if (record->side == 0 || record->side > PLE_THUMBNAIL_SIDE)
    return NULL;
  if (record->form == FORM_JPEG)
    image = ple_image_decode_jpeg (payload, record->size, 0, "thumbnail", NULL, NULL);
  else if (record->size == (guint32) record->side * record->side * 3)
    {
      image = ple_image_new (record->side, record->side, NULL);
      if (image != NULL)
        memcpy (image->data, payload, record->size);
    }
  if (image != NULL && (image->width != record->side || image->height != record->side))
    return NULL;
  return g_steal_pointer (&image);
}

/* Writing. */

static void
append (PleThumbnails *thumbnails, Record *record, const guint8 *payload)
{
  size_t size = RECORD_HEADER_SIZE + record->size;
  g_autofree guint8 *block = NULL;

  if (record->size > MAX_PAYLOAD)
    return;
  record->payload_crc = checksum (payload, record->size);
  block = g_malloc (size);
  encode_header (record, block);
  memcpy (block + RECORD_HEADER_SIZE, payload, record->size);
  g_mutex_lock (&thumbnails->lock);
  if (thumbnails->writable)
    {
      if (pwrite (thumbnails->fd, block, size, (off_t) thumbnails->end) == (ssize_t) size)
        {
          g_hash_table_insert (thumbnails->index, index_key (record->key),
                               GSIZE_TO_POINTER ((size_t) thumbnails->end));
          thumbnails->end += size;
        }
      else
        {
          /* The disk is full: what is there stays, no more is added. */
          cut (thumbnails, thumbnails->end);
          thumbnails->writable = FALSE;
        }
    }
  g_mutex_unlock (&thumbnails->lock);
}

static void
store_image (PleThumbnails *thumbnails, const guint8 key[KEY_SIZE], const PleImage *image)
{
  Record record = { .side = (guint16) image->width };
  g_autoptr (GBytes) jpeg = NULL;
  const guint8 *payload = image->data;
  size_t size = (size_t) image->width * image->height * 3;

  memcpy (record.key, key, KEY_SIZE);
  if (image->width > MAX_RAW_SIDE)
    {
      jpeg = ple_image_encode_jpeg (image, JPEG_QUALITY, NULL);
      if (jpeg == NULL)
        return;
      record.form = FORM_JPEG;
      payload = g_bytes_get_data (jpeg, &size);
    }
  record.size = (guint32) size;
  append (thumbnails, &record, payload);
}

static PleImage *
make_thumbnail (PleDataset *dataset, size_t item, GError **error)
{
  g_autoptr (PleImage) image = ple_dataset_decode (dataset, item, PLE_THUMBNAIL_SIDE, error);
  guint side;

  if (image == NULL)
    return NULL;
  side = MIN (MIN (image->width, image->height), PLE_THUMBNAIL_SIDE);
  if (image->width == side && image->height == side)
    return g_steal_pointer (&image);
  return ple_image_resize_square (image, side, error);
}

/* Whether trying again may give another result: rights, memory, a disk that was away. */
static gboolean
is_passing (const GError *error)
{
  return error->domain != PLE_FILE_ERROR || error->code == PLE_FILE_ERROR_TOO_LARGE;
}

PleImage *
ple_thumbnails_get (PleThumbnails *thumbnails, size_t item, char **reason)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PleImage) image = NULL;
  guint8 key[KEY_SIZE];
  Record record = { 0 };

  g_return_val_if_fail (item < ple_dataset_get_n_items (thumbnails->dataset), NULL);
  if (reason != NULL)
    *reason = NULL;
  if (thumbnails->fd >= 0)
    {
      g_autofree guint8 *payload = NULL;

      make_key (thumbnails->dataset, item, key);
      payload = find_payload (thumbnails, key, &record);
      if (payload != NULL && record.form == FORM_BROKEN)
        {
          g_autofree char *name = ple_dataset_dup_item_name (thumbnails->dataset, item);
          g_autofree char *text = g_utf8_make_valid ((const char *) payload, -1);

          ple_dataset_note_odd (thumbnails->dataset, item, name, text);
          if (reason != NULL)
            *reason = g_steal_pointer (&text);
          return ple_image_new_placeholder (PLE_THUMBNAIL_SIDE);
        }
      image = payload != NULL ? image_from_payload (&record, payload) : NULL;
      if (image != NULL)
        return g_steal_pointer (&image);
    }
  image = make_thumbnail (thumbnails->dataset, item, &error);
  if (image != NULL)
    {
      if (thumbnails->fd >= 0)
        store_image (thumbnails, key, image);
      return g_steal_pointer (&image);
    }
  if (thumbnails->fd >= 0 && !is_passing (error))
    {
      record =
          (Record){ .size = (guint32) MIN (strlen (error->message), 1024), .form = FORM_BROKEN };
      memcpy (record.key, key, KEY_SIZE);
      append (thumbnails, &record, (const guint8 *) error->message);
    }
  if (reason != NULL)
    *reason = g_strdup (error->message);
  return ple_image_new_placeholder (PLE_THUMBNAIL_SIDE);
}
