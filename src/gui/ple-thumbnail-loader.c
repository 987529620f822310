/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-thumbnail-loader.h"

#include "dataset/ple-thumbnails.h"
#include "gui/ple-surface.h"

struct _PleThumbnailLoader
{
  PleDataset *dataset;
  PleThumbnails *thumbnails;
};

static void
loader_clear (gpointer data)
{
  PleThumbnailLoader *loader = data;

  ple_thumbnails_free (loader->thumbnails);
  ple_dataset_unref (loader->dataset);
}

PleThumbnailLoader *
ple_thumbnail_loader_new (PleDataset *dataset, const char *cache_dir)
{
  PleThumbnailLoader *loader = g_atomic_rc_box_new0 (PleThumbnailLoader);

  loader->dataset = ple_dataset_ref (dataset);
  loader->thumbnails = ple_thumbnails_new (dataset, cache_dir);
  return loader;
}

PleThumbnailLoader *
ple_thumbnail_loader_ref (PleThumbnailLoader *loader)
{
  return g_atomic_rc_box_acquire (loader);
}

void
ple_thumbnail_loader_unref (gpointer loader)
{
  if (loader != NULL)
    g_atomic_rc_box_release_full (loader, loader_clear);
}

cairo_surface_t *
ple_thumbnail_loader_load (gpointer data, size_t item, guint side)
{
  PleThumbnailLoader *loader = data;
  g_autoptr (PleImage) image = NULL;
  g_autoptr (PleImage) square = NULL;

  if (side <= PLE_THUMBNAIL_SIDE)
    image = ple_thumbnails_get (loader->thumbnails, item, NULL);
  else
    image = ple_dataset_decode (loader->dataset, item, side, NULL);
  if (image == NULL)
    image = ple_image_new_placeholder (side);
  /* Enlarging is the view's business. */
  if (MIN (image->width, image->height) > side)
    square = ple_image_resize_square (image, side, NULL);
  return ple_surface_new_from_image (square != NULL ? square : image, 1);
}
