/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "gui/ple-session.h"

G_BEGIN_DECLS

/* The ring in the header bar: how far the job is; its popover has stage, time left, loss curve, log
 * and controls. */
#define PLE_TYPE_JOBS_BUTTON (ple_jobs_button_get_type ())
G_DECLARE_FINAL_TYPE (PleJobsButton, ple_jobs_button, PLE, JOBS_BUTTON, GtkMenuButton)

void ple_jobs_button_set_session (PleJobsButton *button, PleSession *session);

G_END_DECLS
