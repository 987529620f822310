/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dataset/ple-download.h"

G_BEGIN_DECLS

/* A response whose header has been read. */
typedef struct
{
  GInputStream *body; /* %NULL for HEAD */
  guint status;
  gint64 first; /* of a 206: where the body begins in the file; else 0 */
  PleDownloadInfo info;
} PleResponse;

void ple_response_clear (PleResponse *response);

/**
 * ple_downloader_open:
 * @downloader: with a progress set by ple_downloader_begin()
 * @method: "GET" or "HEAD"
 * @url: of the file
 * @from: first byte asked for
 * @response: (out caller-allocates): its header
 * @error: return location
 *
 * Follows redirections. Statuses other than 200, 206 and 416 are errors.
 */
gboolean ple_downloader_open (PleDownloader *downloader,
                              const char *method,
                              const char *url,
                              guint64 from,
                              PleResponse *response,
                              GError **error);

/* Some bytes; 0 at the end, -1 with @error. */
gssize ple_downloader_read (
    PleDownloader *downloader, PleResponse *response, gpointer buffer, size_t size, GError **error);

/* Around what belongs to one call: whom to ask whether to go on. */
void ple_downloader_begin (PleDownloader *downloader, PleProgress *progress);
void ple_downloader_end (PleDownloader *downloader);

/* Sleeps; FALSE if cancelled meanwhile. */
gboolean ple_downloader_sleep (PleDownloader *downloader, guint milliseconds, GError **error);

guint ple_downloader_get_n_tries (const PleDownloader *downloader);
guint ple_downloader_get_first_delay (const PleDownloader *downloader);
/* Reports @n more bytes of a file of @size (or -1), of which @before were there when the fetch
 * began. */
gboolean ple_downloader_report (
    PleDownloader *downloader, guint64 n, gint64 size, guint64 before, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PleResponse, ple_response_clear)

G_END_DECLS
