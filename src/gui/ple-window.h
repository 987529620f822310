/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "gui/ple-session.h"

G_BEGIN_DECLS

/* A window: one session, with the pages welcome, import and project. Every command is an action in
 * its group "win", reachable over D-Bus; see ple-window-actions.c. */
#define PLE_TYPE_WINDOW (ple_window_get_type ())
G_DECLARE_FINAL_TYPE (PleWindow, ple_window, PLE, WINDOW, GtkApplicationWindow)

PleWindow *
ple_window_new (GtkApplication *app, const PleEnvironment *environment, GSettings *settings);

PleSession *ple_window_get_session (PleWindow *window);
/* Opens pictures or a project in this window. */
void ple_window_open (PleWindow *window, const char *path);
/* Whether nothing is open in it, so that it may be used for what is opened next. */
gboolean ple_window_is_free (PleWindow *window);

G_END_DECLS
