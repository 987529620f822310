/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-archive-private.h"

#include "base/ple-atomic.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* A packed tar as a plain one below the user's cache: CACHE/unpacked/KEY-SIZE.tar. KEY is a hash of
 * the archive's path, size and time, SIZE that of the plain tar, against which the file is checked.
 * The folder is held below FOLDER_MAX: what was not used for longest goes first. Whoever has a file
 * open keeps it, removed or not. */

#define KEY_DIGITS 32
#define READ_SIZE (1 << 17)
/* Never more than that share of what the disk has left. */
#define SHARE_OF_FREE 2

struct _PleUnpacked
{
  int fd;
  guint64 size;
  PleAtomicFile *file; /* %NULL if it was there */
  char *folder;
  char *key;
};

void
ple_unpacked_free (PleUnpacked *unpacked)
{
  if (unpacked == NULL)
    return;
  if (unpacked->file != NULL)
    ple_atomic_file_abort (unpacked->file);
  if (unpacked->fd >= 0)
    close (unpacked->fd);
  g_free (unpacked->folder);
  g_free (unpacked->key);
  g_free (unpacked);
}

static char *
make_key (const char *path, guint64 size, gint64 mtime)
{
  g_autoptr (PleHash) hash = ple_hash_new ();

  ple_hash_add_string (hash, path);
  ple_hash_add_int (hash, (gint64) size);
  ple_hash_add_int (hash, mtime);
  return ple_hash_get_hex (hash, KEY_DIGITS);
}

/* What an earlier opening left there. */
static gboolean
find (PleUnpacked *unpacked)
{
  g_autoptr (GDir) dir = g_dir_open (unpacked->folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = NULL;
      guint64 size;
      struct stat info;

      if (!g_str_has_prefix (name, unpacked->key) || name[KEY_DIGITS] != '-')
        continue;
      size = g_ascii_strtoull (name + KEY_DIGITS + 1, NULL, 10);
      path = g_build_filename (unpacked->folder, name, NULL);
      unpacked->fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
      if (unpacked->fd < 0)
        continue;
      if (fstat (unpacked->fd, &info) == 0 && S_ISREG (info.st_mode) &&
          (guint64) info.st_size == size)
        {
          /* Used now, though not changed: see make_room(). */
          futimens (unpacked->fd, NULL);
          unpacked->size = size;
          return TRUE;
        }
      close (unpacked->fd);
      unpacked->fd = -1;
    }
  return FALSE;
}

/* How much may be unpacked now. */
static guint64
get_room (const char *folder)
{
  struct statvfs info;

  if (statvfs (folder, &info) != 0)
    return 0;
  return MIN ((guint64) info.f_bavail * info.f_frsize / SHARE_OF_FREE, PLE_UNPACKED_MAX);
}

static struct archive *
open_packed (const char *path, const char *name, GError **error)
{
  struct archive *packed = archive_read_new ();
  struct archive_entry *entry;

  archive_read_support_filter_bzip2 (packed);
  archive_read_support_filter_xz (packed);
  archive_read_support_filter_zstd (packed);
  archive_read_support_format_raw (packed);
  if (archive_read_open_filename (packed, path, READ_SIZE) == ARCHIVE_OK &&
      archive_read_next_header (packed, &entry) == ARCHIVE_OK)
    return packed;
  g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
               _ ("%s: not a packed tar archive (%s)"), name, archive_error_string (packed));
  archive_read_free (packed);
  return NULL;
}

typedef enum
{
  COPY_WHOLE,
  COPY_DAMAGED, /* what came out until then is there */
  COPY_NO_ROOM,
  COPY_STOPPED, /* with an error */
} CopyResult;

static CopyResult
copy (struct archive *packed,
      guint64 packed_size,
      guint64 room,
      FILE *out,
      guint64 *size,
      PleProgress *progress,
      GError **error)
{
  g_autofree guint8 *block = g_malloc (READ_SIZE);
  la_ssize_t n;

  *size = 0;
  while ((n = archive_read_data (packed, block, READ_SIZE)) > 0)
    {
      double done = (double) archive_filter_bytes (packed, -1) / (double) MAX (packed_size, 1);
      g_autofree char *text = NULL;

      *size += (guint64) n;
      if (*size > room || fwrite (block, 1, (size_t) n, out) != (size_t) n)
        return COPY_NO_ROOM;
      text = g_format_size (*size);
      /* Listing comes after it, and takes next to nothing. */
      if (!ple_progress_report_detail (progress, CLAMP (done, 0, 1), error, _ ("unpacking: %s"),
                                       text))
        return COPY_STOPPED;
    }
  if (fflush (out) != 0)
    return COPY_NO_ROOM;
  return n == 0 ? COPY_WHOLE : COPY_DAMAGED;
}

PleUnpacked *
ple_unpacked_new (const char *path,
                  const char *name,
                  guint64 packed_size,
                  gint64 mtime,
                  const char *cache_dir,
                  PleProgress *progress,
                  GError **error)
{
  g_autoptr (PleUnpacked) unpacked = g_new0 (PleUnpacked, 1);
  g_autofree char *target = NULL;
  struct archive *packed;
  CopyResult result;

  unpacked->fd = -1;
  unpacked->folder = g_build_filename (cache_dir, "unpacked", NULL);
  unpacked->key = make_key (path, packed_size, mtime);
  if (find (unpacked))
    return g_steal_pointer (&unpacked);
  packed = open_packed (path, name, error);
  if (packed == NULL)
    return NULL;
  target = g_build_filename (unpacked->folder, unpacked->key, NULL);
  unpacked->file = ple_atomic_file_begin (target, NULL);
  if (unpacked->file != NULL)
    {
      ple_atomic_sweep (unpacked->folder);
      unpacked->fd = open (ple_atomic_file_get_path (unpacked->file), O_RDONLY | O_CLOEXEC);
    }
  result = unpacked->fd < 0 ? COPY_NO_ROOM
                            : copy (packed, packed_size, get_room (unpacked->folder),
                                    ple_atomic_file_get_stream (unpacked->file), &unpacked->size,
                                    progress, error);
  archive_read_free (packed);
  if (result == COPY_STOPPED)
    return NULL;
  if (result == COPY_NO_ROOM)
    ple_progress_warning (progress,
                          _ ("%s: there is no room in %s to unpack it, so its pictures are read "
                             "from the front each time; unpack it and open the folder instead"),
                          name, unpacked->folder);
  if (result != COPY_WHOLE)
    /* Nobody else shall find it; what is open stays to be read. */
    g_clear_pointer (&unpacked->file, ple_atomic_file_abort);
  if (result == COPY_NO_ROOM && unpacked->fd >= 0)
    {
      close (unpacked->fd);
      unpacked->fd = -1;
    }
  return g_steal_pointer (&unpacked);
}

int
ple_unpacked_get_fd (const PleUnpacked *unpacked, guint64 *size)
{
  *size = unpacked->size;
  return unpacked->fd;
}

typedef struct
{
  char *path;
  guint64 size;
  gint64 used;
} Kept;

static void
kept_clear (gpointer data)
{
  g_free (((Kept *) data)->path);
}

static int
compare_use (gconstpointer a, gconstpointer b)
{
  gint64 x = ((const Kept *) a)->used, y = ((const Kept *) b)->used;

  return x < y ? -1 : x > y;
}

/* Removes what was not used for longest until all together is small enough. */
static void
make_room (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (Kept));
  guint64 total = 0;
  const char *name;

  g_array_set_clear_func (all, kept_clear);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      Kept kept = { .path = g_build_filename (folder, name, NULL) };
      GStatBuf info;

      /* What begins with a dot is being written. */
      if (name[0] == '.' || g_lstat (kept.path, &info) != 0 || !S_ISREG (info.st_mode))
        {
          g_free (kept.path);
          continue;
        }
      kept.size = (guint64) info.st_size;
      kept.used = (gint64) info.st_mtim.tv_sec * G_USEC_PER_SEC + info.st_mtim.tv_nsec / 1000;
      total += kept.size;
      g_array_append_val (all, kept);
    }
  g_array_sort (all, compare_use);
  for (guint i = 0; i < all->len && total > PLE_UNPACKED_MAX; i++)
    {
      const Kept *kept = &g_array_index (all, Kept, i);

      if (g_unlink (kept->path) == 0)
        total -= kept->size;
    }
}

void
ple_unpacked_keep (PleUnpacked *unpacked)
{
  g_autofree char *name = NULL;
  g_autofree char *from = NULL;
  g_autofree char *to = NULL;

  if (unpacked->file == NULL)
    return;
  /* The size is known only now, so it gets its name in two steps. */
  from = g_build_filename (unpacked->folder, unpacked->key, NULL);
  name = g_strdup_printf ("%s-%" G_GUINT64_FORMAT ".tar", unpacked->key, unpacked->size);
  to = g_build_filename (unpacked->folder, name, NULL);
  if (ple_atomic_file_commit (g_steal_pointer (&unpacked->file), NULL) && g_rename (from, to) != 0)
    g_unlink (from);
  make_room (unpacked->folder);
}
