/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The real program in a process of its own, driven over D-Bus by the names of its actions, as a
 * script would. To be used under a private bus and a private display (dbus-run-session, xvfb-run).
 * All waits end the test after two minutes and a half: whether the program is fast is not what they
 * say. */

/**
 * PleWindowDriver:
 * @folder: data, cache and settings of the program lie below it
 * @pid: of the running program, 0 while there is none
 * @errors: file that its standard error is appended to
 */
typedef struct
{
  char *program;
  char *folder;
  char *errors;
  char **environment;
  GDBusConnection *bus;
  GPid pid;
} PleWindowDriver;

PleWindowDriver *ple_window_driver_new (const char *program, const char *folder);
/* Kills what still runs. */
void ple_window_driver_free (PleWindowDriver *driver);
void
ple_window_driver_set_environment (PleWindowDriver *driver, const char *name, const char *value);
/* Size of the next window that opens. */
void ple_window_driver_set_size (PleWindowDriver *driver, int width, int height);

/* Starts the program with one argument or none; the first window answers when
 * ple_window_driver_wait_for_window() comes back. */
void ple_window_driver_start (PleWindowDriver *driver, const char *argument);
void ple_window_driver_wait_for_window (PleWindowDriver *driver);
/* SIGKILL, from any thread; returns when, by the monotonic clock. */
gint64 ple_window_driver_kill (PleWindowDriver *driver);
/* After a kill, or after "quit": waits for the end of the process and of its name on the bus.
 * Returns: the status of waitpid() */
int ple_window_driver_join (PleWindowDriver *driver);

/* Activates app.NAME or win.NAME; returns when the program has done so, or %FALSE if it is gone. */
gboolean ple_window_driver_act (PleWindowDriver *driver, const char *action, GVariant *parameter);
gboolean ple_window_driver_set (PleWindowDriver *driver, const char *action, GVariant *state);
gboolean ple_window_driver_is_enabled (PleWindowDriver *driver, const char *action);
gint32 ple_window_driver_get_int (PleWindowDriver *driver, const char *action);
gboolean ple_window_driver_get_boolean (PleWindowDriver *driver, const char *action);
char *ple_window_driver_dup_text (PleWindowDriver *driver, const char *action);

typedef gboolean (*PleWindowCondition) (PleWindowDriver *driver);
void ple_window_driver_wait (PleWindowDriver *driver, PleWindowCondition condition);
/* Conditions. */
gboolean ple_window_driver_can_curate (PleWindowDriver *driver);
gboolean ple_window_driver_can_start (PleWindowDriver *driver);
gboolean ple_window_driver_is_idle (PleWindowDriver *driver);
gboolean ple_window_driver_is_settled (PleWindowDriver *driver);

/* Fails the test if the program has said anything on its standard error. */
void ple_window_driver_assert_silent (PleWindowDriver *driver);

G_END_DECLS
