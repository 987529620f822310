/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "gui/ple-session.h"

G_BEGIN_DECLS

/* An entry with type-ahead over the names in use and the class names; Enter hands the name to an
 * action of the window. One line above says what will happen and to how many. */
#define PLE_TYPE_NAME_POPOVER (ple_name_popover_get_type ())
G_DECLARE_FINAL_TYPE (PleNamePopover, ple_name_popover, PLE, NAME_POPOVER, GtkPopover)

/**
 * ple_name_popover_ask:
 * @relative_to: widget to point at
 * @area: (nullable): part of it
 * @question: "Move 12 pictures to"
 * @text: (nullable): present name
 * @action: such as "win.name-cluster": takes a string
 *
 * Makes and shows one; it goes by itself.
 */
void ple_name_popover_ask (GtkWidget *relative_to,
                           const GdkRectangle *area,
                           PleSession *session,
                           const char *question,
                           const char *text,
                           const char *action);

G_END_DECLS
