/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ple-window-driver.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define BUS_NAME "org.pleiades.Pleiades"
#define APP_PATH "/org/pleiades/Pleiades"
#define WINDOW_PATH APP_PATH "/window/1"
#define ACTIONS "org.gtk.Actions"
#define PATIENCE (150 * G_USEC_PER_SEC)
#define LOOK_EVERY 2000 /* microseconds */

PleWindowDriver *
ple_window_driver_new (const char *program, const char *folder)
{
  static const char *const variables[] = { "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME" };
  PleWindowDriver *driver = g_new0 (PleWindowDriver, 1);
  g_autoptr (GError) error = NULL;

  driver->program = g_canonicalize_filename (program, NULL);
  driver->folder = g_strdup (folder);
  driver->errors = g_build_filename (folder, "stderr.txt", NULL);
  driver->environment = g_get_environ ();
  for (size_t i = 0; i < G_N_ELEMENTS (variables); i++)
    {
      g_autofree char *path = g_build_filename (folder, variables[i], NULL);

      ple_window_driver_set_environment (driver, variables[i], path);
    }
  /* Settings that last from one start to the next, in the folder above. */
  ple_window_driver_set_environment (driver, "GSETTINGS_BACKEND", "keyfile");
  driver->bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, &error);
  g_assert_no_error (error);
  g_dbus_connection_set_exit_on_close (driver->bus, FALSE);
  return driver;
}

void
ple_window_driver_free (PleWindowDriver *driver)
{
  if (driver->pid != 0)
    {
      ple_window_driver_kill (driver);
      ple_window_driver_join (driver);
    }
  g_object_unref (driver->bus);
  g_strfreev (driver->environment);
  g_free (driver->errors);
  g_free (driver->folder);
  g_free (driver->program);
  g_free (driver);
}

void
ple_window_driver_set_environment (PleWindowDriver *driver, const char *name, const char *value)
{
  driver->environment = g_environ_setenv (driver->environment, name, value, TRUE);
}

void
ple_window_driver_set_size (PleWindowDriver *driver, int width, int height)
{
  g_autofree char *path = g_build_filename (
      g_environ_getenv (driver->environment, "XDG_CONFIG_HOME"), "glib-2.0", "settings", NULL);
  g_autofree char *file = g_build_filename (path, "keyfile", NULL);
  g_autofree char *text =
      g_strdup_printf ("[org/pleiades/Pleiades]\nwindow-size=(%d, %d)\n", width, height);

  g_assert_cmpint (g_mkdir_with_parents (path, 0700), ==, 0);
  g_assert_true (g_file_set_contents (file, text, -1, NULL));
}

/* --- the process --------------------------------------------------------------------------- */

/* In the child. It does not outlive its parent, whatever happens to that. */
static void
prepare_child (gpointer data)
{
  const char *errors = data;
  int fd = open (errors, O_WRONLY | O_CREAT | O_APPEND, 0600);

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (fd >= 0)
    dup2 (fd, STDERR_FILENO);
}

void
ple_window_driver_start (PleWindowDriver *driver, const char *argument)
{
  char *const arguments[] = { driver->program, (char *) argument, NULL };
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (driver->pid, ==, 0);
  g_spawn_async (driver->folder, (char **) arguments, driver->environment,
                 G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, prepare_child,
                 driver->errors, &driver->pid, &error);
  g_assert_no_error (error);
}

gint64
ple_window_driver_kill (PleWindowDriver *driver)
{
  gint64 now = g_get_monotonic_time ();

  g_assert_cmpint (kill (driver->pid, SIGKILL), ==, 0);
  return now;
}

static gboolean
has_name (PleWindowDriver *driver)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      driver->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
      "NameHasOwner", g_variant_new ("(s)", BUS_NAME), G_VARIANT_TYPE ("(b)"),
      G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  gboolean owned = FALSE;

  g_assert_no_error (error);
  g_variant_get (reply, "(b)", &owned);
  return owned;
}

static gboolean
has_no_name (PleWindowDriver *driver)
{
  return !has_name (driver);
}

int
ple_window_driver_join (PleWindowDriver *driver)
{
  int status;

  g_assert_cmpint (waitpid (driver->pid, &status, 0), ==, driver->pid);
  g_spawn_close_pid (driver->pid);
  driver->pid = 0;
  /* The next one would hand its work over to the dead. */
  ple_window_driver_wait (driver, has_no_name);
  return status;
}

/* --- actions ------------------------------------------------------------------------------- */

/* %NULL if the program is gone or has no such window yet; that a method or an action is wrong fails
 * the test. */
static GVariant *
call (PleWindowDriver *driver, const char *action, const char *method, GVariant *parameters)
{
  g_autoptr (GError) error = NULL;
  GVariant *reply = g_dbus_connection_call_sync (
      driver->bus, BUS_NAME, g_str_has_prefix (action, "app.") ? APP_PATH : WINDOW_PATH, ACTIONS,
      method, parameters, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, (int) (PATIENCE / 1000), NULL,
      &error);

  if (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS) ||
      g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    g_error ("%s: %s", action, error->message);
  return reply;
}

gboolean
ple_window_driver_act (PleWindowDriver *driver, const char *action, GVariant *parameter)
{
  g_autoptr (GVariantBuilder) arguments = g_variant_builder_new (G_VARIANT_TYPE ("av"));
  g_autoptr (GVariant) reply = NULL;

  if (parameter != NULL)
    g_variant_builder_add (arguments, "v", parameter);
  reply = call (driver, action, "Activate",
                g_variant_new ("(sava{sv})", strchr (action, '.') + 1, arguments, NULL));
  return reply != NULL;
}

gboolean
ple_window_driver_set (PleWindowDriver *driver, const char *action, GVariant *state)
{
  g_autoptr (GVariant) reply =
      call (driver, action, "SetState",
            g_variant_new ("(sva{sv})", strchr (action, '.') + 1, state, NULL));

  return reply != NULL;
}

/* (transfer full) (nullable): the state, if the program and the action are there */
static GVariant *
describe (PleWindowDriver *driver, const char *action, gboolean *enabled)
{
  g_autoptr (GVariant) reply =
      call (driver, action, "Describe", g_variant_new ("(s)", strchr (action, '.') + 1));
  g_autoptr (GVariant) states = NULL;
  g_autoptr (GVariant) boxed = NULL;
  gboolean is_enabled = FALSE;

  if (reply != NULL)
    g_variant_get (reply, "((bg@av))", &is_enabled, NULL, &states);
  if (enabled != NULL)
    *enabled = is_enabled;
  if (states == NULL || g_variant_n_children (states) == 0)
    return NULL;
  boxed = g_variant_get_child_value (states, 0);
  return g_variant_get_variant (boxed);
}

gboolean
ple_window_driver_is_enabled (PleWindowDriver *driver, const char *action)
{
  gboolean enabled;
  g_autoptr (GVariant) state = describe (driver, action, &enabled);

  return enabled;
}

gint32
ple_window_driver_get_int (PleWindowDriver *driver, const char *action)
{
  g_autoptr (GVariant) state = describe (driver, action, NULL);

  return state != NULL ? g_variant_get_int32 (state) : -1;
}

gboolean
ple_window_driver_get_boolean (PleWindowDriver *driver, const char *action)
{
  g_autoptr (GVariant) state = describe (driver, action, NULL);

  return state != NULL && g_variant_get_boolean (state);
}

char *
ple_window_driver_dup_text (PleWindowDriver *driver, const char *action)
{
  g_autoptr (GVariant) state = describe (driver, action, NULL);

  return state != NULL ? g_variant_dup_string (state, NULL) : NULL;
}

/* --- waiting ------------------------------------------------------------------------------- */

void
ple_window_driver_wait (PleWindowDriver *driver, PleWindowCondition condition)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (!condition (driver))
    {
      if (driver->pid != 0)
        g_assert_cmpint (waitpid (driver->pid, NULL, WNOHANG), ==, 0);
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (LOOK_EVERY);
    }
}

static gboolean
has_window (PleWindowDriver *driver)
{
  g_autoptr (GVariant) state = has_name (driver) ? describe (driver, "win.job", NULL) : NULL;

  return state != NULL;
}

void
ple_window_driver_wait_for_window (PleWindowDriver *driver)
{
  ple_window_driver_wait (driver, has_window);
}

gboolean
ple_window_driver_can_curate (PleWindowDriver *driver)
{
  return ple_window_driver_is_enabled (driver, "win.name-cluster");
}

gboolean
ple_window_driver_can_start (PleWindowDriver *driver)
{
  return ple_window_driver_is_enabled (driver, "win.start");
}

gboolean
ple_window_driver_is_idle (PleWindowDriver *driver)
{
  g_autofree char *job = ple_window_driver_dup_text (driver, "win.job");

  return g_strcmp0 (job, "idle") == 0;
}

gboolean
ple_window_driver_is_settled (PleWindowDriver *driver)
{
  return ple_window_driver_get_boolean (driver, "win.settled");
}

void
ple_window_driver_assert_silent (PleWindowDriver *driver)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents (driver->errors, &text, NULL, NULL) || *text == '\0')
    return;
  g_test_message ("the program said:\n%s", text);
  g_test_fail ();
}
