/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Figures as a person reads them, by the locale. All (transfer full). */

/* "12 430": grouped as the locale does, by thin spaces where it does not say. */
char *ple_format_count (guint64 n);
/* "91.2 %"; "–" for NaN. */
char *ple_format_percent (double share);
/* Day and time of microseconds since 1970. */
char *ple_format_time (gint64 microseconds);

G_END_DECLS
