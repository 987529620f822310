/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dataset/ple-dataset-private.h"
#include "dataset/ple-gzip-private.h"

G_BEGIN_DECLS

/**
 * PleArchive:
 *
 * The members of a tar or zip file, without unpacking it. Plain tar and zip have an index of
 * offsets: any member is read at once, from any thread. A tar packed by gzip has places to start
 * from every few megabytes. One packed by bzip2, xz or zstd can only be read from front to back, so
 * it is unpacked once, into a plain tar below the user's cache. Without a cache, or room in it,
 * members are handed out quickly in the order of the file (one thread after the other), and going
 * back starts anew.
 */
typedef struct _PleArchive PleArchive;

/**
 * PleArchiveVisitor:
 * @found: a regular file. Returns: whether it is kept; kept members are numbered from 0
 * @odd: a member that cannot be read, or where the archive is damaged; @name is a member or the
 * archive
 *
 * What ple_archive_open() tells about members as it meets them. Names are relative, their
 * components are separated by single '/', none is empty, "." or "..".
 */
typedef struct
{
  gpointer data;
  gboolean (*found) (gpointer data, const char *name, guint64 size);
  void (*odd) (gpointer data, const char *name, const char *reason);
} PleArchiveVisitor;

/* Whether @path begins as an archive does; @head: its first bytes. */
gboolean ple_archive_recognise (const char *name, const guint8 *head, size_t head_size);

/* @name: for messages. @cache_dir: (nullable): as in PleDatasetOptions. Damage behind the first
 * member is told to @visitor and ends the listing. */
PleArchive *ple_archive_open (const char *path,
                              const char *name,
                              const char *cache_dir,
                              const PleArchiveVisitor *visitor,
                              PleProgress *progress,
                              GError **error);
void ple_archive_free (PleArchive *archive);

/* Whether members are best read in the order of the file. */
gboolean ple_archive_is_sequential (PleArchive *archive);
/* The bytes of kept member @index; @name: for messages. At most %PLE_MAX_PICTURE_BYTES. */
GBytes *ple_archive_load (PleArchive *archive, size_t index, const char *name, GError **error);

/* Between the files that make it up. */

typedef struct
{
  guint64
      offset; /* of the data (tar), of the local header (zip); number in the file (packed tar) */
  guint64 packed_size;
  guint64 size;
  guint32 crc;    /* zip */
  guint32 method; /* zip: 0 stored, 8 deflated */
} PleArchiveMember;

/* Brings the name of a member into the form that visitors see. (transfer full) (nullable): %NULL if
 * it leads out of the archive or is that of nothing */
char *ple_archive_clean_name (const char *name);
/* Tells the visitor, keeps the member if it wants it. */
void ple_archive_visit (GArray *members,
                        const PleArchiveVisitor *visitor,
                        const char *raw_name,
                        const PleArchiveMember *member);

/* Each fills @members (PleArchiveMember). @gzip: (nullable): what the tar is packed in, else it is
 * read from @fd. */
gboolean ple_archive_index_tar (int fd,
                                PleGzip *gzip,
                                guint64 size,
                                const char *name,
                                GArray *members,
                                const PleArchiveVisitor *visitor,
                                PleProgress *progress,
                                GError **error);
gboolean ple_archive_index_zip (int fd,
                                guint64 size,
                                const char *name,
                                GArray *members,
                                const PleArchiveVisitor *visitor,
                                PleProgress *progress,
                                GError **error);
GBytes *ple_archive_load_zip (
    int fd, guint64 file_size, const PleArchiveMember *member, const char *name, GError **error);

/**
 * PleUnpacked:
 *
 * A tar that is packed by bzip2, xz or zstd, as a plain one in a file below the user's cache: found
 * there, or made. All such files together have at most %PLE_UNPACKED_MAX bytes.
 */
typedef struct _PleUnpacked PleUnpacked;
#define PLE_UNPACKED_MAX (G_GUINT64_CONSTANT (8) << 30)

/* @mtime: nanoseconds since 1970. %NULL: cancelled, or not packed at all. If there is no room it
 * has no file, which is told as a warning; what is damaged is unpacked as far as it goes. */
PleUnpacked *ple_unpacked_new (const char *path,
                               const char *name,
                               guint64 packed_size,
                               gint64 mtime,
                               const char *cache_dir,
                               PleProgress *progress,
                               GError **error);
/* Gives up a file that ple_unpacked_keep() has not let stay. */
void ple_unpacked_free (PleUnpacked *unpacked);
/* -1 if it has no file. Borrowed. */
int ple_unpacked_get_fd (const PleUnpacked *unpacked, guint64 *size);
/* It has turned out to be a tar: leaves it for the next time. Removes older ones for lack of room.
 */
void ple_unpacked_keep (PleUnpacked *unpacked);

/* The reader of tars packed by bzip2, xz or zstd that are not unpacked. */
typedef struct _PleArchiveStream PleArchiveStream;
PleArchiveStream *ple_archive_stream_new (const char *path,
                                          guint64 file_size,
                                          const char *name,
                                          GArray *members,
                                          const PleArchiveVisitor *visitor,
                                          PleProgress *progress,
                                          GError **error);
void ple_archive_stream_free (PleArchiveStream *stream);
GBytes *ple_archive_stream_load (PleArchiveStream *stream,
                                 const PleArchiveMember *member,
                                 const char *name,
                                 GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleArchive, ple_archive_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleArchiveStream, ple_archive_stream_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleUnpacked, ple_unpacked_free)

G_END_DECLS
