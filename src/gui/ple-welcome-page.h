/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "base/ple-environment.h"

G_BEGIN_DECLS

/* What is shown while nothing is open: try the sample, open pictures, projects used lately. */
#define PLE_TYPE_WELCOME_PAGE (ple_welcome_page_get_type ())
G_DECLARE_FINAL_TYPE (PleWelcomePage, ple_welcome_page, PLE, WELCOME_PAGE, GtkBox)

/* Reads the list of recent projects again. */
void ple_welcome_page_refresh (PleWelcomePage *page, const PleEnvironment *environment);

G_END_DECLS
