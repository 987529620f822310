/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"

G_BEGIN_DECLS

#define PLE_DOWNLOAD_ERROR (ple_download_error_quark ())
GQuark ple_download_error_quark (void);

/**
 * PleDownloadError:
 * @PLE_DOWNLOAD_ERROR_ADDRESS: not an address to download from, or it leads from https to http
 * @PLE_DOWNLOAD_ERROR_NETWORK: no connection, or lost for good; what has arrived is kept
 * @PLE_DOWNLOAD_ERROR_NOT_FOUND: 404 or 410
 * @PLE_DOWNLOAD_ERROR_FORBIDDEN: 401 or 403
 * @PLE_DOWNLOAD_ERROR_SERVER: another status than one expects
 * @PLE_DOWNLOAD_ERROR_CHECKSUM: all arrived, but not what was promised; nothing is kept
 * @PLE_DOWNLOAD_ERROR_TOO_LARGE: more than the caller allows
 * @PLE_DOWNLOAD_ERROR_DISK_FULL: no room; what has arrived is kept
 */
typedef enum
{
  PLE_DOWNLOAD_ERROR_ADDRESS,
  PLE_DOWNLOAD_ERROR_NETWORK,
  PLE_DOWNLOAD_ERROR_NOT_FOUND,
  PLE_DOWNLOAD_ERROR_FORBIDDEN,
  PLE_DOWNLOAD_ERROR_SERVER,
  PLE_DOWNLOAD_ERROR_CHECKSUM,
  PLE_DOWNLOAD_ERROR_TOO_LARGE,
  PLE_DOWNLOAD_ERROR_DISK_FULL,
} PleDownloadError;

/**
 * PleDownloader:
 *
 * Fetches files by HTTP. For one thread, the one that made it; each call blocks that thread and
 * returns within 100 ms of a cancel, whatever the network does. Proxies are those of the desktop or
 * of the environment (GProxyResolver). Redirections are followed up to ten times, not from https
 * to http; a token is sent to the first host only.
 *
 * A fetch that breaks off is tried again, a few times, from where it was; see
 * ple_downloader_set_patience().
 */
typedef struct _PleDownloader PleDownloader;

PleDownloader *ple_downloader_new (void);
void ple_downloader_free (PleDownloader *downloader);

/* Sent as "Authorization: Bearer TOKEN" with what is fetched next. (nullable) */
void ple_downloader_set_token (PleDownloader *downloader, const char *token);
/* How often a broken connection is made again without a byte having arrived (default 5), and how
 * long to wait before the first time (default 500 ms; it doubles). */
void ple_downloader_set_patience (PleDownloader *downloader, guint n_tries, guint first_delay_ms);
/* The bytes of all files that belong together and of those already there, for the fraction and the
 * detail that are reported; 0 for @total: of each file alone. */
void ple_downloader_set_span (PleDownloader *downloader, guint64 done, guint64 total);

/**
 * PleDownloadInfo:
 * @size: bytes of the file, or -1 where the server does not say
 * @identity: (nullable): changes when the file does: the hub's x-linked-etag, else the ETag
 * @sha256: (nullable): 64 digits, where @identity is one: x-linked-etag, or the ETag of a server
 *   that was not left by a redirection
 * @commit: (nullable): the hub's x-repo-commit, 40 digits: what "main" is now
 */
typedef struct
{
  gint64 size;
  char *identity;
  char *sha256;
  char *commit;
} PleDownloadInfo;

void ple_download_info_clear (PleDownloadInfo *info);

/**
 * ple_downloader_probe:
 * @downloader: a downloader
 * @url: of the file
 * @info: (out caller-allocates): what the server says about it
 * @progress: (nullable): cancels
 * @error: return location
 *
 * Asks (HEAD) without fetching. Returns: %FALSE with %PLE_DOWNLOAD_ERROR_NOT_FOUND and the like
 */
gboolean ple_downloader_probe (PleDownloader *downloader,
                               const char *url,
                               PleDownloadInfo *info,
                               PleProgress *progress,
                               GError **error);

/**
 * PleDownloadFile:
 * @url: where it is
 * @path: where it goes; "PATH.part" and "PATH.part-id" stand beside it until it is whole
 * @max_bytes: more is refused; 0 for any
 * @sha256: (nullable): expected; takes the place of what the server says
 * @md5: (nullable): expected
 *
 * A file to fetch.
 */
typedef struct
{
  const char *url;
  const char *path;
  guint64 max_bytes;
  const char *sha256;
  const char *md5;
} PleDownloadFile;

/**
 * ple_downloader_fetch:
 * @downloader: a downloader
 * @file: what to fetch and where to
 * @info: (out caller-allocates) (optional): @sha256 is that of the bytes that arrived
 * @progress: (nullable): fraction by bytes, detail "45.1 MB of 88.2 MB, 3.2 MB/s"
 * @error: return location
 *
 * Goes on where "PATH.part" ends if that is a beginning of the same file: the server must offer
 * ranges and tell the same identity as then, or @file have a checksum; else it starts anew. The
 * checksum is computed while reading. @path appears by a rename, synced, when size and checksum are
 * right; a file that stood there is replaced.
 *
 * Returns: %FALSE with a #PleDownloadError, a #GFileError or %G_IO_ERROR_CANCELLED. All but
 *   %PLE_DOWNLOAD_ERROR_CHECKSUM and %PLE_DOWNLOAD_ERROR_TOO_LARGE leave "PATH.part" to go on from
 */
gboolean ple_downloader_fetch (PleDownloader *downloader,
                               const PleDownloadFile *file,
                               PleDownloadInfo *info,
                               PleProgress *progress,
                               GError **error);

/* Bytes of "PATH.part", 0 if there is none. */
guint64 ple_download_get_part_size (const char *path);

/* "BASE/repository/resolve/REVISION/file" with what has to be escaped. (transfer full) */
char *ple_download_build_url (const char *base, const char *first, ...) G_GNUC_NULL_TERMINATED;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleDownloader, ple_downloader_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PleDownloadInfo, ple_download_info_clear)

G_END_DECLS
