/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "gui/ple-downloads.h"

G_BEGIN_DECLS

/* A model or a data set: title, facts, what it is good for, its state, the download within the row.
 * Its buttons are win.download, win.cancel-download and app.open with the item's id or path. */
#define PLE_TYPE_DOWNLOAD_ROW (ple_download_row_get_type ())
G_DECLARE_FINAL_TYPE (PleDownloadRow, ple_download_row, PLE, DOWNLOAD_ROW, GtkListBoxRow)

GtkWidget *ple_download_row_new (void);

/* @item: stays valid until the next call; @job: (nullable): that runs; @failure: (nullable): of the
 * last try */
void ple_download_row_show (PleDownloadRow *row,
                            const PleDownloadItem *item,
                            PleJob *job,
                            const char *failure);

const char *ple_download_row_get_id (PleDownloadRow *row);
const char *ple_download_row_get_section (PleDownloadRow *row);

G_END_DECLS
