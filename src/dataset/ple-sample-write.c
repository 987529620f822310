/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-sample.h"

#include "base/ple-atomic.h"
#include "base/ple-parallel.h"
#include "dataset/ple-sample-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

typedef struct
{
  const char *folder;
  size_t n_items;
  guint64 seed;
  size_t begin[PLE_SAMPLE_N_CLASSES + 1]; /* first picture of each class in the loop's counting */
  int *status;                            /* cairo_status_t by picture */
} WriteJob;

static char *
build_class_folder (const char *folder, size_t class_index, gboolean train)
{
  return g_build_filename (folder, train ? "train" : "test", ple_sample_class_name (class_index),
                           NULL);
}

static void
write_chunk (const PleChunk *chunk, gpointer data)
{
  WriteJob *job = data;
  size_t c = 0;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    {
      g_autofree char *folder = NULL;
      g_autofree char *path = NULL;
      char name[16];
      size_t n_train;
      cairo_surface_t *surface;

      while (i >= job->begin[c + 1])
        c++;
      ple_sample_class_size (job->n_items, c, &n_train);
      folder = build_class_folder (job->folder, c, i - job->begin[c] < n_train);
      g_snprintf (name, sizeof name, "%04u.png", (guint) (i - job->begin[c]));
      path = g_build_filename (folder, name, NULL);
      surface = ple_sample_render_surface (c, i - job->begin[c], job->seed, PLE_SAMPLE_SIDE);
      job->status[i] = (int) cairo_surface_write_to_png (surface, path);
      cairo_surface_destroy (surface);
    }
}

static gboolean
check_free (const char *folder, GError **error)
{
  g_autoptr (GDir) dir = NULL;

  if (!g_file_test (folder, G_FILE_TEST_EXISTS))
    return TRUE;
  dir = g_dir_open (folder, 0, error);
  if (dir == NULL)
    return FALSE;
  if (g_dir_read_name (dir) == NULL)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
               _ ("%s: the folder is not empty; name a new one"), folder);
  return FALSE;
}

static gboolean
make_folders (const WriteJob *job, GError **error)
{
  for (size_t c = 0; c < PLE_SAMPLE_N_CLASSES; c++)
    for (int train = 0; train < 2; train++)
      {
        size_t n_train, n = ple_sample_class_size (job->n_items, c, &n_train);
        g_autofree char *path = build_class_folder (job->folder, c, train);

        if ((train ? n_train : n - n_train) > 0 && g_mkdir_with_parents (path, 0777) != 0)
          {
            int saved = errno;

            g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (saved), "%s: %s", path,
                         g_strerror (saved));
            return FALSE;
          }
      }
  return TRUE;
}

gboolean
ple_sample_write (
    const char *folder, size_t n_items, guint64 seed, PleProgress *progress, GError **error)
{
  g_autoptr (PleAtomicDir) dir = NULL;
  g_autofree int *status = NULL;
  WriteJob job = { .seed = seed };

  job.n_items = n_items == 0 ? PLE_SAMPLE_DEFAULT_ITEMS : n_items;
  g_return_val_if_fail (folder != NULL && job.n_items <= PLE_SAMPLE_MAX_ITEMS, FALSE);

  if (!check_free (folder, error))
    return FALSE;
  dir = ple_atomic_dir_begin (folder, error);
  if (dir == NULL)
    return FALSE;
  job.folder = ple_atomic_dir_get_path (dir);
  job.status = status = g_new0 (int, job.n_items);
  for (size_t c = 0; c < PLE_SAMPLE_N_CLASSES; c++)
    job.begin[c + 1] = job.begin[c] + ple_sample_class_size (job.n_items, c, NULL);
  if (!make_folders (&job, error) ||
      !ple_parallel_for_reporting (job.n_items, 8, write_chunk, &job, progress, error))
    return FALSE;
  for (size_t i = 0; i < job.n_items; i++)
    if (status[i] != CAIRO_STATUS_SUCCESS)
      {
        g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_IO, _ ("%s: cannot write pictures: %s"),
                     folder, cairo_status_to_string ((cairo_status_t) status[i]));
        return FALSE;
      }
  return ple_atomic_dir_commit (g_steal_pointer (&dir), error);
}
