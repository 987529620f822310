/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <cairo.h>

#include "dataset/ple-dataset.h"

G_BEGIN_DECLS

/**
 * PleThumbnailLoader:
 *
 * Makes the small pictures of grid, list and inspector: from the thumbnails on disk where they are
 * large enough, else from the picture itself, scaled to the side asked for, with rounded corners.
 * Reference-counted, any thread.
 */
typedef struct _PleThumbnailLoader PleThumbnailLoader;

/* @cache_dir: (nullable): where thumbnails are kept */
PleThumbnailLoader *ple_thumbnail_loader_new (PleDataset *dataset, const char *cache_dir);
PleThumbnailLoader *ple_thumbnail_loader_ref (PleThumbnailLoader *loader);
void ple_thumbnail_loader_unref (gpointer loader);

/* A PlePictureFunc; @loader is the #PleThumbnailLoader. */
cairo_surface_t *ple_thumbnail_loader_load (gpointer loader, size_t item, guint side);

G_END_DECLS
