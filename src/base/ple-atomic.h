/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Nothing half-written is ever visible: write beside, sync, rename. What a killed program leaves
 * beside has a name that begins with ".tmp-" and is swept by ple_atomic_sweep(). */

/**
 * PleAtomicDir:
 *
 * A folder that appears at once and complete, or not at all.
 */
typedef struct _PleAtomicDir PleAtomicDir;

/**
 * ple_atomic_dir_begin:
 * @final_path: where the folder shall stand; its parents are made
 * @error: return location
 *
 * Returns: (transfer full) (nullable): a handle with an empty folder beside @final_path
 */
PleAtomicDir *ple_atomic_dir_begin (const char *final_path, GError **error);
/* The folder to write into; valid until commit or abort. (transfer none) */
const char *ple_atomic_dir_get_path (const PleAtomicDir *dir);
/* Path of a file in it. (transfer full) */
char *ple_atomic_dir_build (const PleAtomicDir *dir, const char *name);

/**
 * ple_atomic_dir_commit:
 * @dir: (transfer full): consumed in any case
 * @error: return location
 *
 * Syncs all files and renames. A folder or file that stood at the final path is exchanged for the
 * new one in one step (in two on a file system that has no such step) and then removed.
 *
 * Returns: %FALSE if it could not; the old folder then still stands
 */
gboolean ple_atomic_dir_commit (PleAtomicDir *dir, GError **error);
/* Removes what was written. (transfer full) */
void ple_atomic_dir_abort (PleAtomicDir *dir);

/**
 * ple_atomic_put_dir:
 * @path: a folder that is complete, on the same file system as @final_path
 * @final_path: where it shall stand; its parent exists
 * @error: return location
 *
 * As ple_atomic_dir_commit() for a folder of the caller's own: what was fetched over several runs,
 * or has so many files that syncing each would take minutes. The whole file system is synced in one
 * call.
 *
 * Returns: %FALSE if it could not; both folders then stand as before
 */
gboolean ple_atomic_put_dir (const char *path, const char *final_path, GError **error);

/**
 * PleAtomicFile:
 *
 * A file written through stdio that replaces @path at once when committed.
 */
typedef struct _PleAtomicFile PleAtomicFile;

PleAtomicFile *ple_atomic_file_begin (const char *path, GError **error);
/* (transfer none) (type FILE) */
gpointer ple_atomic_file_get_stream (PleAtomicFile *file);
/* The temporary name, for writers that open files by themselves. */
const char *ple_atomic_file_get_path (const PleAtomicFile *file);
gboolean ple_atomic_file_commit (PleAtomicFile *file, GError **error);
void ple_atomic_file_abort (PleAtomicFile *file);

/* The whole contents in one call. */
gboolean ple_atomic_write (const char *path, gconstpointer bytes, size_t size, GError **error);

/* Removes a file or a folder with all in it; does not follow symbolic links; no error if absent. */
gboolean ple_remove_recursively (const char *path, GError **error);
/* Removes leftovers of killed programs below @folder (one level) that are older than an hour. */
void ple_atomic_sweep (const char *folder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleAtomicDir, ple_atomic_dir_abort)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleAtomicFile, ple_atomic_file_abort)

G_END_DECLS
