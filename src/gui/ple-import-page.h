/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "gui/ple-downloads.h"
#include "gui/ple-session.h"

G_BEGIN_DECLS

/* What was recognised on the left, the recipe on the right, Start below. */
#define PLE_TYPE_IMPORT_PAGE (ple_import_page_get_type ())
G_DECLARE_FINAL_TYPE (PleImportPage, ple_import_page, PLE, IMPORT_PAGE, GtkBox)

void ple_import_page_set_session (PleImportPage *page, PleSession *session);
/* Where the vision models come from that are offered; "auto" becomes the best of them. */
void ple_import_page_set_downloads (PleImportPage *page, PleDownloads *downloads);

G_END_DECLS
