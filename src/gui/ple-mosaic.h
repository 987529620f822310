/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <cairo.h>

#include "dataset/ple-dataset.h"

G_BEGIN_DECLS

/* The picture of a project on the welcome page: one typical picture of each of its largest
 * clusters, two by two, and what is known of the project without opening it. Kept in the cache as
 * mosaics/<hash of the project's path>.png, twice as large as shown, for dense screens; the facts
 * are in the same file (PNG tEXt: Pleiades::Items, Pleiades::Confirmed), so that they are never
 * those of another picture. */

#define PLE_MOSAIC_SIDE 210
#define PLE_MOSAIC_N 4

/**
 * PleMosaic:
 * @items: typical pictures, @n of them, at most %PLE_MOSAIC_N
 * @n_items: pictures of the project
 * @n_confirmed: of them
 */
typedef struct
{
  guint32 items[PLE_MOSAIC_N];
  guint n;
  guint64 n_items;
  guint64 n_confirmed;
} PleMosaic;

/**
 * ple_mosaic_keep:
 * @cache_dir: of the environment
 * @project: path of the project
 * @dataset: its pictures
 *
 * Decodes the pictures (or takes their thumbnails) and writes the file. Any thread; costs up to
 * four decodings.
 *
 * Returns: %FALSE with @error if it cannot be written
 */
gboolean ple_mosaic_keep (const char *cache_dir,
                          const char *project,
                          PleDataset *dataset,
                          const PleMosaic *mosaic,
                          GError **error);

/**
 * ple_mosaic_load:
 * @scale: device pixels for a logical one
 * @mosaic: (out): the counts; the items are not kept
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): %PLE_MOSAIC_SIDE logical pixels square with rounded corners;
 *   %NULL if nothing (or nothing readable) was kept for @project
 */
cairo_surface_t *
ple_mosaic_load (const char *cache_dir, const char *project, int scale, PleMosaic *mosaic);

G_END_DECLS
