/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/ple-cli.h"

#include <glib/gi18n.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BAR_CELLS 24
/* Seconds before a time left is worth showing, and over which the rate is taken. */
#define RATE_SETTLE 1.0
#define RATE_WINDOW 10.0

struct _PleCliDisplay
{
  PleCliProgressStyle style;
  gboolean shown;
  char *stage;
  gint64 start;
  double window_time;
  double window_fraction;
  double rate; /* share of the whole per second; NaN while unknown */
};

static double
seconds_since (gint64 start)
{
  return (double) (g_get_monotonic_time () - start) / 1e6;
}

static void
erase (PleCliDisplay *display)
{
  if (display->shown)
    fputs ("\r\033[K", stderr);
  display->shown = FALSE;
}

static void
update_rate (PleCliDisplay *display, double fraction)
{
  double now = seconds_since (display->start);
  double elapsed = now - display->window_time;

  if (elapsed >= RATE_SETTLE && fraction > display->window_fraction)
    display->rate = (fraction - display->window_fraction) / elapsed;
  if (elapsed >= RATE_WINDOW)
    {
      display->window_time = now;
      display->window_fraction = fraction;
    }
}

static guint
terminal_width (void)
{
  struct winsize size;

  return ioctl (STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

static void
show_bar (PleCliDisplay *display, double fraction, const char *stage, const char *detail)
{
  g_autoptr (GString) line = g_string_new ("[");
  int filled = (int) (fraction * BAR_CELLS + 0.5);
  guint width = terminal_width ();
  gboolean utf8 = g_get_charset (NULL);
  glong length;

  update_rate (display, fraction);
  for (int i = 0; i < BAR_CELLS; i++)
    g_string_append (line, i < filled ? (utf8 ? "█" : "#") : (utf8 ? "·" : "."));
  g_string_append_printf (line, "] %3d %%", (int) floor (fraction * 100));
  if (isfinite (display->rate) && display->rate > 0)
    {
      double left = (1 - fraction) / display->rate;

      g_string_append_printf (line, "  %.1f %%/s", display->rate * 100);
      if (left < 100 * 3600)
        g_string_append_printf (line, _ ("  %d:%02d left"), (int) (left / 60),
                                (int) fmod (left, 60));
    }
  g_string_append_printf (line, "  %s", stage);
  if (detail != NULL)
    g_string_append_printf (line, "  %s", detail);
  length = g_utf8_strlen (line->str, -1);
  if (length >= (glong) width)
    g_string_truncate (
        line, (gsize) (g_utf8_offset_to_pointer (line->str, (glong) width - 1) - line->str));
  fprintf (stderr, "\r%s\033[K", line->str);
  fflush (stderr);
  display->shown = TRUE;
}

static void
print_line (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = ple_json_to_text (node, 0);

  fprintf (stderr, "%s\n", text);
  fflush (stderr);
}

static void
on_report (gpointer data, double fraction, const char *stage, const char *detail)
{
  PleCliDisplay *display = data;

  if (display->style == PLE_CLI_PROGRESS_BAR)
    show_bar (display, fraction, stage != NULL ? stage : "", detail);
  else if (display->style == PLE_CLI_PROGRESS_JSON)
    {
      g_autoptr (JsonObject) object = json_object_new ();

      json_object_set_double_member (object, "fraction", fraction);
      json_object_set_string_member (object, "stage", stage != NULL ? stage : "");
      if (detail != NULL)
        json_object_set_string_member (object, "detail", detail);
      json_object_set_double_member (object, "seconds", seconds_since (display->start));
      print_line (object);
    }
  else if (display->style == PLE_CLI_PROGRESS_LINES && g_strcmp0 (stage, display->stage) != 0 &&
           stage != NULL && *stage != '\0')
    {
      fprintf (stderr, "%6.1f s  %s\n", seconds_since (display->start), stage);
      g_free (display->stage);
      display->stage = g_strdup (stage);
    }
}

static void
on_value (gpointer data, const char *series, double x, double y)
{
  PleCliDisplay *display = data;
  g_autoptr (JsonObject) object = NULL;

  if (display->style != PLE_CLI_PROGRESS_JSON)
    return;
  object = json_object_new ();
  json_object_set_string_member (object, "series", series);
  json_object_set_double_member (object, "x", x);
  json_object_set_double_member (object, "y", y);
  print_line (object);
}

static void
on_warning (gpointer data, const char *message)
{
  PleCliDisplay *display = data;
  g_autoptr (JsonObject) object = NULL;

  if (display->style != PLE_CLI_PROGRESS_JSON)
    {
      erase (display);
      ple_cli_note ("%s", message);
      return;
    }
  object = json_object_new ();
  json_object_set_string_member (object, "warning", message);
  print_line (object);
}

static const PleProgressSink sink = {
  .report = on_report,
  .value = on_value,
  .warning = on_warning,
};

PleCliDisplay *
ple_cli_display_new (PleCliProgressStyle style)
{
  PleCliDisplay *display = g_new0 (PleCliDisplay, 1);

  if (style == PLE_CLI_PROGRESS_AUTO)
    style = isatty (STDERR_FILENO) ? PLE_CLI_PROGRESS_BAR : PLE_CLI_PROGRESS_LINES;
  display->style = style;
  display->start = g_get_monotonic_time ();
  display->rate = (double) NAN;
  return display;
}

void
ple_cli_display_free (PleCliDisplay *display)
{
  erase (display);
  g_free (display->stage);
  g_free (display);
}

PleProgress *
ple_cli_display_start (PleCliDisplay *display, guint n_threads)
{
  return ple_progress_new (&sink, display, n_threads);
}
