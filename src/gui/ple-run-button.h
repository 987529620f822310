/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "gui/ple-session.h"

G_BEGIN_DECLS

/* Which run of the project is shown; its popover lists the others, the newest first, with method,
 * clusters, scores and date, and activating one is "win.show-run". Visible once there are two. */
#define PLE_TYPE_RUN_BUTTON (ple_run_button_get_type ())
G_DECLARE_FINAL_TYPE (PleRunButton, ple_run_button, PLE, RUN_BUTTON, GtkMenuButton)

/* Once; the session must live longer than the button. */
void ple_run_button_set_session (PleRunButton *button, PleSession *session);

G_END_DECLS
