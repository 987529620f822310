/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Asks beside @relative_to for the number of parts and activates win.split-selection. */
void ple_split_popover_ask (GtkWidget *relative_to);

G_END_DECLS
