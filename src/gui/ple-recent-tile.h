/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "project/ple-project.h"

G_BEGIN_DECLS

/* A project on the welcome page: its mosaic (loaded on a thread), its title and how far it has
 * come, or that it is gone; a click opens it, a cross takes it from the list. */
#define PLE_TYPE_RECENT_TILE (ple_recent_tile_get_type ())
G_DECLARE_FINAL_TYPE (PleRecentTile, ple_recent_tile, PLE, RECENT_TILE, GtkOverlay)

/* (transfer none) */
GtkWidget *ple_recent_tile_new (const PleRecentProject *recent, const char *cache_dir);

G_END_DECLS
