/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"

G_BEGIN_DECLS

/**
 * PleUnpackLimits:
 * @max_files: more is refused
 * @max_bytes: of all files together, as they come out; more is refused
 *
 * What an archive may grow to.
 */
typedef struct
{
  guint64 max_files;
  guint64 max_bytes;
} PleUnpackLimits;

/**
 * ple_unpack:
 * @path: a tar (plain, or packed by gzip, bzip2, xz or zstd) or a zip
 * @top: (nullable): the one folder that all of it is in, which is taken off; %NULL takes all as it
 *   is
 * @folder: where the contents go; appears at once and complete, an old one is replaced
 * @limits: what it may grow to
 * @progress: (nullable): fraction by bytes of the archive
 * @error: return location
 *
 * Files and folders only, made anew in a folder of our own: a member with an absolute name, one
 * with "..", a link of either kind, a device, or one outside of @top ends it, since no archive that
 * is meant well has any; what a Mac leaves in archives ("__MACOSX/", "._name") is left out. Nothing
 * of the archive's owners, modes or times is taken over. A cancel is seen every 128 kB.
 *
 * Returns: %FALSE with a #PleFileError (%PLE_FILE_ERROR_FORMAT, %PLE_FILE_ERROR_TRUNCATED,
 *   %PLE_FILE_ERROR_TOO_LARGE), a #GFileError (%G_FILE_ERROR_NOSPC) or %G_IO_ERROR_CANCELLED;
 * nothing is then left
 */
gboolean ple_unpack (const char *path,
                     const char *top,
                     const char *folder,
                     const PleUnpackLimits *limits,
                     PleProgress *progress,
                     GError **error);

G_END_DECLS
