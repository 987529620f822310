/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "plot/ple-figure.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * PlePictureCache:
 *
 * Thumbnails for all views of one data set: asked for by the main thread, made by a small pool of
 * threads, kept up to a number of bytes (the least recently used go first). What was asked for last
 * is made first; a view takes back what has scrolled away before it is made.
 *
 * Signal: "updated": pictures have come in; at most one a main loop turn. Main thread only.
 */
#define PLE_TYPE_PICTURE_CACHE (ple_picture_cache_get_type ())
G_DECLARE_FINAL_TYPE (PlePictureCache, ple_picture_cache, PLE, PICTURE_CACHE, GObject)

/**
 * ple_picture_cache_new:
 * @func: makes the picture of an item, at about the side asked for or smaller; called on threads of
 *   the pool, several at once
 * @data: for @func
 * @destroy: (nullable): for @data, when no thread uses it any more
 * @max_bytes: to keep, such as 256 MiB
 */
PlePictureCache *ple_picture_cache_new (PlePictureFunc func,
                                        gpointer data,
                                        GDestroyNotify destroy,
                                        size_t max_bytes);

/**
 * PlePictureForm:
 * @side: device pixels; the picture is cut to its middle square
 * @radius: of rounded corners, device pixels
 * @crisp: enlarge by whole squares instead of smoothly
 */
typedef struct
{
  guint16 side;
  guint8 radius;
  guint8 crisp;
} PlePictureForm;

/**
 * ple_picture_cache_lookup:
 * @widget: (nullable): where it will be drawn; if realized, the picture moves to its display server
 *   once and is then only copied there
 *
 * The surface has a device scale of 1.
 *
 * Returns: (transfer none) (nullable): the finished picture, valid until the next call; %NULL if it
 *   is not there: ask with ple_picture_cache_request()
 */
cairo_surface_t *ple_picture_cache_lookup (PlePictureCache *cache,
                                           GtkWidget *widget,
                                           guint32 item,
                                           PlePictureForm form);
/* The same item in another size, to stand in meanwhile. (transfer none) (nullable) */
cairo_surface_t *ple_picture_cache_lookup_any (PlePictureCache *cache, guint32 item, guint *side);

/* Asks for a picture on behalf of @client (any pointer). The last one asked for is made first. */
void ple_picture_cache_request (PlePictureCache *cache,
                                gconstpointer client,
                                guint32 item,
                                PlePictureForm form);
/* Takes back all requests of @client that no thread has begun. */
void ple_picture_cache_retract (PlePictureCache *cache, gconstpointer client);
/* Whether a request of @client is still open. */
gboolean ple_picture_cache_is_busy (PlePictureCache *cache, gconstpointer client);

/* Forgets everything: the items have changed. */
void ple_picture_cache_clear (PlePictureCache *cache);
size_t ple_picture_cache_get_bytes (PlePictureCache *cache);

G_END_DECLS
