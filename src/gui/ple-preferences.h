/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "base/ple-environment.h"

G_BEGIN_DECLS

/**
 * PlePreferences:
 *
 * The window of settings. Each is a key of the schema and takes effect at once; below them, where
 * projects and thumbnails lie and how much room thumbnails take, with a button that frees it.
 */
#define PLE_TYPE_PREFERENCES (ple_preferences_get_type ())
G_DECLARE_FINAL_TYPE (PlePreferences, ple_preferences, PLE, PREFERENCES, GtkDialog)

/* (transfer none) */
GtkWidget *
ple_preferences_new (GtkWindow *parent, GSettings *settings, const PleEnvironment *environment);

/* Whether what can be made again (thumbnails and mosaics) is being measured or cleared. */
gboolean ple_preferences_is_busy (PlePreferences *preferences);

G_END_DECLS
