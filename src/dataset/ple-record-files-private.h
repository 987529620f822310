/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dataset/ple-dataset-private.h"

G_BEGIN_DECLS

/**
 * PleRecordFiles:
 *
 * Files made of records of one size each, behind a header: what CIFAR, STL-10 and IDX are. A file
 * is held open and read by pread(), or lies unpacked in memory. Reading is safe from any thread.
 */
typedef struct _PleRecordFiles PleRecordFiles;

PleRecordFiles *ple_record_files_new (void);
void ple_record_files_free (PleRecordFiles *files);

/**
 * ple_record_files_add:
 * @path: file
 * @name: for messages and item names
 * @header_size: bytes before the first record
 * @record_size: > 0
 * @size: (out): of the file, bytes
 * @mtime: (out): nanoseconds
 *
 * Returns: number of whole records, -1 on error. The n-th file added is the builder's n-th folder.
 */
gint64 ple_record_files_add (PleRecordFiles *files,
                             const char *path,
                             const char *name,
                             guint64 header_size,
                             guint64 record_size,
                             guint64 *size,
                             gint64 *mtime,
                             GError **error);
/* The same for what has been unpacked into @bytes (transfer full). */
gint64 ple_record_files_add_bytes (PleRecordFiles *files,
                                   GBytes *bytes,
                                   const char *name,
                                   guint64 header_size,
                                   guint64 record_size);

/* @size bytes from @offset within record @number of the @file-th file. */
gboolean ple_record_files_read (PleRecordFiles *files,
                                guint32 file,
                                guint64 number,
                                guint64 offset,
                                void *buffer,
                                size_t size,
                                GError **error);

/* Red, green and blue planes become interleaved. @by_column: planes are stored column by column. */
void ple_planes_to_rgb (
    const guint8 *planes, guint width, guint height, gboolean by_column, guint8 *rgb);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleRecordFiles, ple_record_files_free)

G_END_DECLS
