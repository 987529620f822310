/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The manual: a few pages on the way from pictures to labels, what the scores mean, and the keys
 * (of the same table as the bindings). Built in, so that it is there without a help viewer. */
#define PLE_TYPE_HELP_WINDOW (ple_help_window_get_type ())
G_DECLARE_FINAL_TYPE (PleHelpWindow, ple_help_window, PLE, HELP_WINDOW, GtkWindow)

/* (transfer none) */
GtkWidget *ple_help_window_new (void);
/* @page: start, map, select, decide, export, scores or keys */
void ple_help_window_show_page (PleHelpWindow *window, const char *page);

G_END_DECLS
