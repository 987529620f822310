/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-frame-log.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <time.h>

struct _PleFrameLog
{
  FILE *file;
  gboolean sync;
  GtkWidget *toplevel;
  GdkFrameClock *clock;
  gboolean painted;
  gint64 frame;
  gint64 last_time;
  gint64 begin;
  gint64 begin_cpu;
  gint64 counters[PLE_FRAME_N_COUNTERS];
  gint64 input; /* microseconds, 0 for none */
};

static gint64
thread_cpu_time (void)
{
  struct timespec t;
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (gint64) t.tv_sec * G_USEC_PER_SEC + t.tv_nsec / 1000;
}

static void
on_before_paint (GdkFrameClock *clock, PleFrameLog *log)
{
  log->begin = g_get_monotonic_time ();
  log->begin_cpu = thread_cpu_time ();
  log->painted = FALSE;
}

static void
on_paint (GdkFrameClock *clock, PleFrameLog *log)
{
  log->painted = TRUE;
}

static void
on_after_paint (GdkFrameClock *clock, PleFrameLog *log)
{
  if (!log->painted)
    return;
  if (log->sync)
    gdk_display_sync (gtk_widget_get_display (log->toplevel));
  gint64 now = g_get_monotonic_time ();
  gint64 cpu = thread_cpu_time () - log->begin_cpu;
  gint64 time = gdk_frame_clock_get_frame_time (clock);
  fprintf (log->file,
           "%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT
           ",%" G_GINT64_FORMAT,
           log->frame++, time, log->last_time > 0 ? time - log->last_time : 0, now - log->begin,
           cpu);
  for (guint i = 0; i < PLE_FRAME_N_COUNTERS; i++)
    {
      fprintf (log->file, ",%" G_GINT64_FORMAT, log->counters[i]);
      log->counters[i] = 0;
    }
  fprintf (log->file, ",%" G_GINT64_FORMAT "\n", log->input > 0 ? now - log->input : -1);
  log->last_time = time;
  log->input = 0;
  log->painted = FALSE;
}

static void
disconnect_clock (PleFrameLog *log)
{
  if (log->clock != NULL)
    g_signal_handlers_disconnect_by_data (log->clock, log);
  g_clear_object (&log->clock);
}

static void
on_realize (GtkWidget *toplevel, PleFrameLog *log)
{
  disconnect_clock (log);
  log->clock = g_object_ref (gtk_widget_get_frame_clock (toplevel));
  g_signal_connect (log->clock, "before-paint", G_CALLBACK (on_before_paint), log);
  g_signal_connect (log->clock, "paint", G_CALLBACK (on_paint), log);
  g_signal_connect (log->clock, "after-paint", G_CALLBACK (on_after_paint), log);
}

static void
on_unrealize (GtkWidget *toplevel, PleFrameLog *log)
{
  disconnect_clock (log);
}

PleFrameLog *
ple_frame_log_new (const PleEnvironment *environment, GtkWidget *toplevel, GError **error)
{
  if (environment == NULL || environment->frame_log == NULL)
    return NULL;
  FILE *file = fopen (environment->frame_log, "we");
  if (file == NULL)
    {
      int saved = errno;
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (saved),
                   _ ("Cannot write the frame log %s: %s"), environment->frame_log,
                   g_strerror (saved));
      return NULL;
    }
  /* A line at a time: the log of a killed program is still whole. */
  setvbuf (file, NULL, _IOLBF, 4096);
  fputs ("frame,t_us,interval_us,total_us,cpu_us,draw_us,upload_us,worker_us,worker_cpu_us,"
         "latency_us\n",
         file);
  PleFrameLog *log = g_new0 (PleFrameLog, 1);
  log->file = file;
  log->sync = environment->frame_sync;
  log->toplevel = toplevel;
  g_object_add_weak_pointer (G_OBJECT (toplevel), (gpointer *) &log->toplevel);
  g_signal_connect_after (toplevel, "realize", G_CALLBACK (on_realize), log);
  g_signal_connect (toplevel, "unrealize", G_CALLBACK (on_unrealize), log);
  if (gtk_widget_get_realized (toplevel))
    on_realize (toplevel, log);
  return log;
}

void
ple_frame_log_free (PleFrameLog *log)
{
  if (log == NULL)
    return;
  disconnect_clock (log);
  if (log->toplevel != NULL)
    {
      g_signal_handlers_disconnect_by_data (log->toplevel, log);
      g_object_remove_weak_pointer (G_OBJECT (log->toplevel), (gpointer *) &log->toplevel);
    }
  fclose (log->file);
  g_free (log);
}

void
ple_frame_log_add (PleFrameLog *log, PleFrameCounter counter, gint64 microseconds)
{
  if (log == NULL)
    return;
  if (counter == PLE_FRAME_WORKER || counter == PLE_FRAME_WORKER_CPU)
    log->counters[counter] = microseconds;
  else
    log->counters[counter] += microseconds;
}

void
ple_frame_log_input (PleFrameLog *log, guint32 time)
{
  if (log == NULL || time == GDK_CURRENT_TIME || log->input > 0)
    return;
  /* Event times are the low 32 bits of the monotonic clock in milliseconds. */
  gint64 now = g_get_monotonic_time ();
  gint64 age = (gint32) ((guint32) (now / 1000) - time);
  if (age >= 0 && age < 60 * 1000)
    log->input = now - age * 1000;
}
