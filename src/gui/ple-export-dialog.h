/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "gui/ple-session.h"

G_BEGIN_DECLS

/* What stands in the way of an export first, then the kinds, then where to. Export itself is a job.
 */
void ple_export_dialog_show (GtkWindow *parent, PleSession *session);

G_END_DECLS
