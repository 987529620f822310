/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "gui/ple-downloads.h"

G_BEGIN_DECLS

/* Models and data sets: what is known, what is here, getting them. Two lists in a window beside the
 * one it belongs to, so that pictures can be looked at while something is fetched; closing it stops
 * nothing. Its buttons are actions of that window. */
#define PLE_TYPE_MODELS_WINDOW (ple_models_window_get_type ())
G_DECLARE_FINAL_TYPE (PleModelsWindow, ple_models_window, PLE, MODELS_WINDOW, GtkWindow)

/* @owner: whose actions "win." are. (transfer none): shown, destroyed with @owner */
PleModelsWindow *ple_models_window_new (GtkApplicationWindow *owner, PleDownloads *downloads);

/* "models" or "datasets" */
void ple_models_window_set_page (PleModelsWindow *window, const char *name);

G_END_DECLS
