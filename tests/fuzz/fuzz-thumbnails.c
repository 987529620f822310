/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-thumbnails-private.h"
#include "ple-fuzz-dataset.h"

#include <glib/gstdio.h>
#include <utime.h>

/* The input is the packed file of a set of two: one of 40 x 40, one that is none. Their times are
 * fixed, so that a file of the corpus holds what is asked for. */

/* A BMP of 40 x 40, all one colour. */
static void
write_picture (const char *path)
{
  guint8 bmp[54 + 40 * 40 * 3] = { 'B', 'M', 0, 0,  0, 0, 0, 0,  0, 0, 54, 0, 0, 0,  40,
                                   0,   0,   0, 40, 0, 0, 0, 40, 0, 0, 0,  1, 0, 24, 0 };

  ple_fuzz_write (path, bmp, sizeof bmp);
}

static PleDataset *
open_set (void)
{
  g_autofree char *folder = g_build_filename (ple_fuzz_get_folder (), "data", NULL);
  g_autofree char *good = g_build_filename (folder, "good.bmp", NULL);
  g_autofree char *bad = g_build_filename (folder, "bad.bmp", NULL);
  const struct utimbuf times = { 1700000000, 1700000000 };

  if (g_mkdir (folder, 0777) == 0)
    {
      write_picture (good);
      ple_fuzz_write (bad, (const uint8_t *) "none", 4);
      g_utime (good, (struct utimbuf *) &times);
      g_utime (bad, (struct utimbuf *) &times);
    }
  return ple_dataset_open (folder, NULL, NULL, NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (PleDataset) dataset = open_set ();
  g_autofree char *path = ple_thumbnails_dup_cache_path (dataset, ple_fuzz_get_folder ());
  g_autofree char *folder = g_path_get_dirname (path);
  PleThumbnails *thumbnails;

  g_mkdir (folder, 0777);
  ple_fuzz_write (path, data, size);
  for (int time = 0; time < 2; time++)
    {
      thumbnails = ple_thumbnails_new (dataset, ple_fuzz_get_folder ());
      for (size_t i = 0; i < 2; i++)
        {
          g_autofree char *reason = NULL;
          g_autoptr (PleImage) image = ple_thumbnails_get (thumbnails, i, &reason);

          g_assert_true (image->width == image->height && image->width <= PLE_THUMBNAIL_SIDE);
        }
      ple_thumbnails_free (thumbnails);
    }
  return 0;
}
