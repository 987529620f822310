/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"

G_BEGIN_DECLS

/**
 * PleGzip:
 *
 * Reading anywhere in a gzip file, as if it were not packed. While it is read for the first time,
 * places to start from are noted, every few megabytes, with the 32 KiB before them; later a read
 * unpacks from the nearest place, or goes on where an earlier read ended. From any thread.
 *
 * Cost: one pass over the file for the first read at its end; at most 1 024 places, 32 MiB.
 */
typedef struct _PleGzip PleGzip;

/* @fd: (borrowed): must outlive it. @packed_size: of the file. */
PleGzip *ple_gzip_new (int fd, guint64 packed_size);
void ple_gzip_free (PleGzip *gzip);

/* From now on long reads look whether @progress (nullable, borrowed) is cancelled. Not while others
 * read. */
void ple_gzip_set_progress (PleGzip *gzip, PleProgress *progress);

/**
 * ple_gzip_read_at:
 * @offset: in the unpacked data
 * @name: for messages
 *
 * Exactly @size bytes. Returns: %FALSE with %PLE_FILE_ERROR_TRUNCATED if there are not so many,
 * %PLE_FILE_ERROR_FORMAT if it is damaged there
 */
gboolean ple_gzip_read_at (
    PleGzip *gzip, guint64 offset, void *buffer, size_t size, const char *name, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleGzip, ple_gzip_free)

G_END_DECLS
