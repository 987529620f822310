/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One file, going on where an earlier try ended. Beside PATH stand, until it is whole, "PATH.part"
 * with its first bytes and "PATH.part-id" with the identity that the server told for them. */
#include "config.h"

#include "dataset/ple-download-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define BLOCK ((size_t) 1 << 18)
#define MAX_DELAY_MS 30000
#define MAX_DOUBLINGS 6

typedef struct
{
  PleDownloader *downloader;
  const PleDownloadFile *file;
  char *part;
  char *id;
  int fd;
  guint64 n;      /* bytes in the part */
  guint64 before; /* of which were there when this call began */
  char *identity; /* of these bytes */
  GChecksum *sha256;
  GChecksum *md5;
  guint8 *block;
  gboolean answered; /* the server has given us something in this call */
} Fetch;

static gboolean
fail_errno (Fetch *fetch, const char *path, GError **error)
{
  int saved = errno;

  if (saved == ENOSPC || saved == EDQUOT)
    g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_DISK_FULL,
                 _ ("%s: the disk is full; make room and start again, it goes on from there"),
                 path);
  else
    g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (saved), "%s: %s", path,
                 g_strerror (saved));
  return FALSE;
}

/* As if nothing had ever arrived. */
static gboolean
start_anew (Fetch *fetch, GError **error)
{
  fetch->n = 0;
  fetch->before = 0;
  g_clear_pointer (&fetch->identity, g_free);
  g_checksum_reset (fetch->sha256);
  if (fetch->md5 != NULL)
    g_checksum_reset (fetch->md5);
  if (ftruncate (fetch->fd, 0) != 0 || lseek (fetch->fd, 0, SEEK_SET) != 0)
    return fail_errno (fetch, fetch->part, error);
  return TRUE;
}

static void
add_to_checksums (Fetch *fetch, size_t size)
{
  g_checksum_update (fetch->sha256, fetch->block, (gssize) size);
  if (fetch->md5 != NULL)
    g_checksum_update (fetch->md5, fetch->block, (gssize) size);
  fetch->n += size;
}

/* Takes what an earlier try has left into the checksums. */
static gboolean
read_part (Fetch *fetch, PleProgress *progress, GError **error)
{
  ssize_t size;

  while ((size = read (fetch->fd, fetch->block, BLOCK)) != 0)
    {
      if (size < 0 && errno == EINTR)
        continue;
      if (size < 0)
        return fail_errno (fetch, fetch->part, error);
      if (!ple_progress_check (progress, error))
        return FALSE;
      add_to_checksums (fetch, (size_t) size);
    }
  fetch->before = fetch->n;
  return TRUE;
}

static gboolean
open_part (Fetch *fetch, PleProgress *progress, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (fetch->part);

  if (g_mkdir_with_parents (folder, 0777) != 0)
    return fail_errno (fetch, folder, error);
  fetch->fd = open (fetch->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (fetch->fd < 0)
    return fail_errno (fetch, fetch->part, error);
  if (!g_file_get_contents (fetch->id, &fetch->identity, NULL, NULL) && fetch->file->md5 == NULL &&
      fetch->file->sha256 == NULL)
    return start_anew (fetch, error);
  return read_part (fetch, progress, error);
}

/* Whether what is in the part is the beginning of what the server tells about. */
static gboolean
is_same_file (Fetch *fetch, const PleDownloadInfo *info)
{
  if (info->size >= 0 && fetch->n > (guint64) info->size)
    return FALSE;
  if (fetch->identity != NULL && info->identity != NULL)
    return strcmp (fetch->identity, info->identity) == 0;
  return fetch->file->md5 != NULL || fetch->file->sha256 != NULL;
}

static gboolean
check_room (Fetch *fetch, const PleDownloadInfo *info, GError **error)
{
  struct statvfs disk;
  guint64 room;
  guint64 needed;
  g_autofree char *room_text = NULL;
  g_autofree char *needed_text = NULL;

  if (fetch->file->max_bytes > 0 && info->size >= 0 &&
      (guint64) info->size > fetch->file->max_bytes)
    {
      g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_TOO_LARGE,
                   _ ("%s: larger than such a file may be"), fetch->file->url);
      return FALSE;
    }
  if (info->size < 0 || fstatvfs (fetch->fd, &disk) != 0)
    return TRUE;
  room = (guint64) disk.f_bavail * disk.f_frsize;
  needed = (guint64) info->size - MIN (fetch->n, (guint64) info->size);
  if (needed <= room)
    return TRUE;
  room_text = g_format_size (room);
  needed_text = g_format_size (needed);
  g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_DISK_FULL,
               _ ("%s: %s are needed, the disk has room for %s"), fetch->file->path, needed_text,
               room_text);
  return FALSE;
}

/* Keeps for a later try what the bytes to come belong to. */
static gboolean
note_identity (Fetch *fetch, const PleDownloadInfo *info, GError **error)
{
  if (g_strcmp0 (fetch->identity, info->identity) == 0)
    return TRUE;
  g_free (fetch->identity);
  fetch->identity = g_strdup (info->identity);
  if (fetch->identity == NULL)
    {
      g_unlink (fetch->id);
      return TRUE;
    }
  return g_file_set_contents (fetch->id, fetch->identity, -1, error);
}

static gboolean
write_block (Fetch *fetch, size_t size, GError **error)
{
  size_t done = 0;

  while (done < size)
    {
      ssize_t n = write (fetch->fd, fetch->block + done, size - done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        {
          int saved = errno;

          /* The checksum knows nothing of a part of a block. */
          if (ftruncate (fetch->fd, (off_t) fetch->n) != 0)
            g_unlink (fetch->part);
          errno = saved;
          return fail_errno (fetch, fetch->part, error);
        }
      done += (size_t) n;
    }
  add_to_checksums (fetch, size);
  return TRUE;
}

static gboolean
receive (Fetch *fetch, PleResponse *response, GError **error)
{
  for (;;)
    {
      gssize size = ple_downloader_read (fetch->downloader, response, fetch->block, BLOCK, error);

      if (size < 0)
        return FALSE;
      if (size == 0)
        break;
      if (!write_block (fetch, (size_t) size, error))
        return FALSE;
      fetch->answered = TRUE;
      if ((fetch->file->max_bytes > 0 && fetch->n > fetch->file->max_bytes) ||
          (response->info.size >= 0 && fetch->n > (guint64) response->info.size))
        {
          g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_TOO_LARGE,
                       _ ("%s: the server sends more than it should"), fetch->file->url);
          return FALSE;
        }
      if (!ple_downloader_report (fetch->downloader, fetch->n, response->info.size, fetch->before,
                                  error))
        return FALSE;
    }
  if (response->info.size >= 0 && fetch->n < (guint64) response->info.size)
    {
      g_set_error_literal (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_NETWORK,
                           _ ("the connection was closed too early"));
      return FALSE;
    }
  return TRUE;
}

static gboolean
seek_to_end (Fetch *fetch, GError **error)
{
  return lseek (fetch->fd, (off_t) fetch->n, SEEK_SET) >= 0 ||
         fail_errno (fetch, fetch->part, error);
}

/* One request for what is missing. @anew: (out): the part was of no use; ask again for the whole.
 */
static gboolean
attempt (Fetch *fetch, PleDownloadInfo *info, gboolean *anew, GError **error)
{
  g_auto (PleResponse) response = { 0 };

  *anew = FALSE;
  if (!ple_downloader_open (fetch->downloader, "GET", fetch->file->url, fetch->n, &response, error))
    return FALSE;
  fetch->answered = TRUE;
  if (fetch->n > 0 && (response.status != 206 || (guint64) response.first != fetch->n ||
                       !is_same_file (fetch, &response.info)))
    {
      if (!start_anew (fetch, error))
        return FALSE;
      *anew = response.status != 200;
      if (*anew)
        return TRUE;
    }
  if (response.status == 416 || (guint64) response.first != fetch->n)
    {
      g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_SERVER,
                   _ ("%s: the server sends another part than was asked for"), fetch->file->url);
      return FALSE;
    }
  ple_download_info_clear (info);
  *info = response.info;
  memset (&response.info, 0, sizeof response.info);
  response.info.size = info->size;
  return check_room (fetch, info, error) && note_identity (fetch, info, error) &&
         seek_to_end (fetch, error) && receive (fetch, &response, error);
}

/* Whether all of it has arrived in an earlier try, which ended before the rename. */
static gboolean
is_whole (Fetch *fetch, PleDownloadInfo *info)
{
  g_auto (PleResponse) response = { 0 };

  if (fetch->n == 0 ||
      !ple_downloader_open (fetch->downloader, "HEAD", fetch->file->url, 0, &response, NULL))
    return FALSE;
  if (response.info.size != (gint64) fetch->n || !is_same_file (fetch, &response.info))
    return FALSE;
  *info = response.info;
  memset (&response.info, 0, sizeof response.info);
  return TRUE;
}

static gboolean
receive_all (Fetch *fetch, PleDownloadInfo *info, GError **error)
{
  guint n_tries = 0;
  guint n_anew = 0;

  if (is_whole (fetch, info))
    return TRUE;
  for (;;)
    {
      guint64 had = fetch->n;
      g_autoptr (GError) reason = NULL;
      gboolean anew;
      gboolean ok = attempt (fetch, info, &anew, &reason);
      guint delay;

      if (ok && !anew)
        return TRUE;
      if (ok && n_anew++ == 0)
        continue;
      if (ok)
        g_set_error (&reason, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_SERVER,
                     _ ("%s: the server sends another part than was asked for"), fetch->file->url);
      n_tries = fetch->n > had ? 0 : n_tries + 1;
      if (!g_error_matches (reason, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_NETWORK) ||
          !fetch->answered || n_tries > ple_downloader_get_n_tries (fetch->downloader))
        {
          if (fetch->n > 0 &&
              g_error_matches (reason, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_NETWORK))
            {
              g_autofree char *size = g_format_size (fetch->n);

              g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_NETWORK,
                           _ ("%s; the %s that have arrived are kept, starting again goes on "
                              "from there"),
                           reason->message, size);
            }
          else
            g_propagate_error (error, g_steal_pointer (&reason));
          return FALSE;
        }
      delay = ple_downloader_get_first_delay (fetch->downloader)
              << MIN (n_tries > 0 ? n_tries - 1 : 0, MAX_DOUBLINGS);
      if (!ple_downloader_sleep (fetch->downloader, MIN (delay, MAX_DELAY_MS), error))
        return FALSE;
    }
}

static gboolean
check_sum (Fetch *fetch, GChecksum *checksum, const char *expected, GError **error)
{
  const char *found;

  if (expected == NULL || checksum == NULL)
    return TRUE;
  found = g_checksum_get_string (checksum);
  if (g_ascii_strcasecmp (found, expected) == 0)
    return TRUE;
  g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_CHECKSUM,
               _ ("%s: what arrived is not what was promised (checksum %s instead of %s); it was "
                  "thrown away, try again"),
               fetch->file->url, found, expected);
  return FALSE;
}

static gboolean
sync_folder_of (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean ok = fd >= 0 && (fsync (fd) == 0 || errno == EINVAL);

  if (fd >= 0)
    close (fd);
  return ok;
}

static gboolean
put_in_place (Fetch *fetch, GError **error)
{
  if (fsync (fetch->fd) != 0)
    return fail_errno (fetch, fetch->part, error);
  if (g_rename (fetch->part, fetch->file->path) != 0 || !sync_folder_of (fetch->file->path))
    return fail_errno (fetch, fetch->file->path, error);
  g_unlink (fetch->id);
  return TRUE;
}

static gboolean
run (Fetch *fetch, PleDownloadInfo *info, PleProgress *progress, GError **error)
{
  const char *sha256;

  if (!open_part (fetch, progress, error) || !receive_all (fetch, info, error))
    return FALSE;
  sha256 = fetch->file->sha256 != NULL ? fetch->file->sha256 : info->sha256;
  return check_sum (fetch, fetch->sha256, sha256, error) &&
         check_sum (fetch, fetch->md5, fetch->file->md5, error) && put_in_place (fetch, error);
}

static void
fetch_clear (Fetch *fetch)
{
  if (fetch->fd >= 0)
    close (fetch->fd);
  g_free (fetch->part);
  g_free (fetch->id);
  g_free (fetch->identity);
  g_free (fetch->block);
  g_checksum_free (fetch->sha256);
  g_clear_pointer (&fetch->md5, g_checksum_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fetch, fetch_clear)

gboolean
ple_downloader_fetch (PleDownloader *downloader,
                      const PleDownloadFile *file,
                      PleDownloadInfo *info,
                      PleProgress *progress,
                      GError **error)
{
  g_auto (Fetch) fetch = { .downloader = downloader, .file = file, .fd = -1 };
  g_auto (PleDownloadInfo) told = { .size = -1 };
  g_autoptr (GError) reason = NULL;
  gboolean ok;

  fetch.part = g_strconcat (file->path, ".part", NULL);
  fetch.id = g_strconcat (file->path, ".part-id", NULL);
  fetch.block = g_malloc (BLOCK);
  fetch.sha256 = g_checksum_new (G_CHECKSUM_SHA256);
  if (file->md5 != NULL)
    fetch.md5 = g_checksum_new (G_CHECKSUM_MD5);
  ple_downloader_begin (downloader, progress);
  ok = run (&fetch, &told, progress, &reason);
  ple_downloader_end (downloader);
  if (!ok)
    {
      if (fetch.n == 0 ||
          g_error_matches (reason, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_CHECKSUM) ||
          g_error_matches (reason, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_TOO_LARGE))
        {
          g_unlink (fetch.part);
          g_unlink (fetch.id);
        }
      g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }
  if (info != NULL)
    {
      *info = told;
      memset (&told, 0, sizeof told);
      g_free (info->sha256);
      info->sha256 = g_strdup (g_checksum_get_string (fetch.sha256));
      info->size = (gint64) fetch.n;
    }
  return TRUE;
}

guint64
ple_download_get_part_size (const char *path)
{
  g_autofree char *part = g_strconcat (path, ".part", NULL);
  GStatBuf info;

  return g_stat (part, &info) == 0 ? (guint64) info.st_size : 0;
}
