/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "base/ple-parallel.h"
#include "base/ple-text.h"
#include "curate/ple-decided-private.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Names are given first, one after the other; only then are the files made, in parallel. */

/* A few milliseconds of copying or encoding. */
#define CHUNK 8
/* What a name may have in all file systems of today, with room for a number. */
#define MAX_NAME_BYTES 240

/* The names in use in one folder, case folded: some file systems do not tell "A" from "a".
 * (transfer full) */
static GHashTable *
names_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

/* STEM EXTENSION, or with "-2", "-3", ... between. (transfer full) */
static char *
names_claim (GHashTable *names, const char *stem, const char *extension)
{
  size_t room = MAX_NAME_BYTES - MIN (strlen (extension), MAX_NAME_BYTES / 2);
  g_autofree char *short_stem = g_strndup (stem, room);
  const char *end;

  /* Not in the middle of a character. */
  if (strlen (stem) > room && !g_utf8_validate (short_stem, -1, &end))
    short_stem[end - short_stem] = '\0';
  for (guint i = 1;; i++)
    {
      g_autofree char *name = i == 1 ? g_strconcat (short_stem, extension, NULL)
                                     : g_strdup_printf ("%s-%u%s", short_stem, i, extension);
      char *folded = g_utf8_casefold (name, -1);

      if (g_hash_table_add (names, folded))
        return g_steal_pointer (&name);
    }
}

typedef struct
{
  const PleCurated *curated;
  const char *folder;
  gboolean links;
  PleProgress *progress;
  char **targets; /* per item: LABEL/NAME, NULL for those left out */
  size_t n_broken;
  GMutex mutex; /* guards all below */
  size_t error_item;
  GError *error; /* that of the first item that failed */
} Folders;

/* "stem" and ".ext" of the file that @item becomes. */
static void
split_name (const PleCurated *curated, size_t item, char **stem, char **extension)
{
  g_autofree char *path = ple_dataset_dup_item_path (curated->dataset, item);
  g_autofree char *name = ple_dataset_dup_item_name (curated->dataset, item);
  g_autofree char *base = g_path_get_basename (name);
  g_autofree char *safe = ple_file_name_from (base);
  const char *dot = strrchr (safe, '.');

  if (path == NULL)
    {
      *stem = g_steal_pointer (&safe);
      *extension = g_strdup (".png");
      return;
    }
  if (dot == NULL || dot == safe)
    dot = safe + strlen (safe);
  *stem = g_strndup (safe, (size_t) (dot - safe));
  *extension = g_strdup (dot);
}

/* One folder per label, one per cluster without a label, one for pictures in no cluster. */
static gboolean
name_targets (Folders *job, const PleDecided *decided, GError **error)
{
  size_t n = ple_curation_get_n_items (job->curated->curation);
  const gint32 *labels = ple_curation_get_labels (job->curated->curation);
  g_autoptr (GHashTable) folders = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  g_autoptr (GHashTable) names_of =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_hash_table_unref);
  g_autoptr (GHashTable) folder_names = names_new ();

  for (size_t i = 0; i < n; i++)
    {
      const char *label = labels[i] >= 0 ? decided->name[labels[i]] : "";
      const char *folder = g_hash_table_lookup (folders, label);
      g_autofree char *stem = NULL, *extension = NULL, *name = NULL;

      if (!ple_curated_is_exported (job->curated, i))
        continue;
      if (folder == NULL)
        {
          g_autofree char *safe = ple_file_name_from (label[0] != '\0' ? label : "unlabelled");
          char *claimed = names_claim (folder_names, safe, "");
          g_autofree char *path = g_build_filename (job->folder, claimed, NULL);

          g_hash_table_insert (folders, (gpointer) label, claimed);
          g_hash_table_insert (names_of, claimed, names_new ());
          folder = claimed;
          if (g_mkdir (path, 0777) != 0)
            {
              int saved = errno;

              g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (saved), "%s: %s",
                           path, g_strerror (saved));
              return FALSE;
            }
        }
      split_name (job->curated, i, &stem, &extension);
      name = names_claim (g_hash_table_lookup (names_of, folder), stem, extension);
      job->targets[i] = g_build_filename (folder, name, NULL);
    }
  return TRUE;
}

/* --- making files -------------------------------------------------------------------------- */

static gboolean
make_link (const char *source, const char *target, GError **error)
{
  int saved;

  if (symlink (source, target) == 0)
    return TRUE;
  saved = errno;
  g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (saved), "%s: %s", target,
               g_strerror (saved));
  return FALSE;
}

static gboolean
make_copy (const char *source, const char *target, GError **error)
{
  g_autoptr (GFile) from = g_file_new_for_path (source);
  g_autoptr (GFile) to = g_file_new_for_path (target);

  if (g_file_copy (from, to, G_FILE_COPY_TARGET_DEFAULT_PERMS, NULL, NULL, NULL, error))
    return TRUE;
  g_prefix_error (error, "%s: ", source);
  return FALSE;
}

/* A picture that cannot be decoded is left out and counted; a disk that cannot be written ends it.
 */
static gboolean
make_png (Folders *job, size_t item, const char *target, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (PleImage) image = ple_dataset_decode (job->curated->dataset, item, 0, &reason);

  if (image != NULL)
    return ple_image_write_png (image, target, error);
  g_mutex_lock (&job->mutex);
  job->n_broken++;
  g_mutex_unlock (&job->mutex);
  ple_progress_warning (job->progress, "%s", reason->message);
  return TRUE;
}

static gboolean
make_file (Folders *job, size_t item, GError **error)
{
  g_autofree char *target = g_build_filename (job->folder, job->targets[item], NULL);
  g_autofree char *source = ple_dataset_dup_item_path (job->curated->dataset, item);

  if (source == NULL)
    return make_png (job, item, target, error);
  return job->links ? make_link (source, target, error) : make_copy (source, target, error);
}

static void
make_files (const PleChunk *chunk, gpointer data)
{
  Folders *job = data;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    {
      GError *error = NULL;

      if (job->targets[i] == NULL || make_file (job, i, &error))
        continue;
      g_mutex_lock (&job->mutex);
      if (job->error == NULL || i < job->error_item)
        {
          g_clear_error (&job->error);
          job->error = g_steal_pointer (&error);
          job->error_item = i;
        }
      g_mutex_unlock (&job->mutex);
      g_clear_error (&error);
      return;
    }
}

static gboolean
fill_folder (Folders *job, const PleDecided *decided, GError **error)
{
  size_t n = ple_curation_get_n_items (job->curated->curation);
  gboolean ok;

  if (!name_targets (job, decided, error))
    return FALSE;
  ok = ple_parallel_for_reporting (n, CHUNK, make_files, job, job->progress, error);
  if (ok && job->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&job->error));
      return FALSE;
    }
  if (ok && job->n_broken > 0)
    ple_progress_warning (job->progress,
                          ngettext ("%d picture could not be read and was left out",
                                    "%d pictures could not be read and were left out",
                                    (gulong) job->n_broken),
                          (int) job->n_broken);
  return ok;
}

gboolean
ple_curated_write_folders (const PleCurated *curated,
                           const char *path,
                           gboolean links,
                           PleProgress *progress,
                           GError **error)
{
  g_autoptr (PleDecided) decided = NULL;
  g_autoptr (PleAtomicDir) dir = NULL;
  Folders job = { .curated = curated, .links = links, .progress = progress };
  size_t n = ple_curation_get_n_items (curated->curation);
  gboolean ok;

  if (!ple_dataset_has_pictures (curated->dataset))
    {
      g_set_error_literal (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY,
                           _ ("This data set has features only, no pictures to put in folders"));
      return FALSE;
    }
  decided = ple_decided_new (curated, progress, error);
  dir = decided != NULL ? ple_atomic_dir_begin (path, error) : NULL;
  if (dir == NULL)
    return FALSE;
  job.folder = ple_atomic_dir_get_path (dir);
  job.targets = g_new0 (char *, n + 1);
  g_mutex_init (&job.mutex);
  ok = fill_folder (&job, decided, error);
  g_mutex_clear (&job.mutex);
  g_clear_error (&job.error);
  for (size_t i = 0; i < n; i++)
    g_free (job.targets[i]);
  g_free (job.targets);
  return ok && ple_atomic_dir_commit (g_steal_pointer (&dir), error);
}
