/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "base/ple-environment.h"

G_BEGIN_DECLS

/* The program: windows, the actions of the group "app", keys. */
#define PLE_TYPE_APPLICATION (ple_application_get_type ())
G_DECLARE_FINAL_TYPE (PleApplication, ple_application, PLE, APPLICATION, GtkApplication)

/* @environment: constant, outlives the application. @settings: of the schema org.pleiades.Pleiades.
 */
PleApplication *ple_application_new (const PleEnvironment *environment,
                                     GSettings *settings,
                                     GApplicationFlags flags);

G_END_DECLS
