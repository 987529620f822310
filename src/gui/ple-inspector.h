/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "gui/ple-session.h"

G_BEGIN_DECLS

/* All about the focused picture: large view, cluster and state, confidence, true class, neighbours,
 * history, file. */
#define PLE_TYPE_INSPECTOR (ple_inspector_get_type ())
G_DECLARE_FINAL_TYPE (PleInspector, ple_inspector, PLE, INSPECTOR, GtkScrolledWindow)

void ple_inspector_set_session (PleInspector *inspector, PleSession *session);
/* Whether no picture is on its way. */
gboolean ple_inspector_is_settled (PleInspector *inspector);

G_END_DECLS
