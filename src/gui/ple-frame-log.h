/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-environment.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * PleFrameLog:
 *
 * One line of a CSV file per frame that a window painted, in microseconds:
 * frame, t_us (of the frame clock), interval_us (since the last frame), total_us (from before-paint
 * to after-paint), cpu_us (of the main thread in between), draw_us (in our widgets' draw),
 * upload_us (pictures handed to the display server since the last line), worker_us and
 * worker_cpu_us (of the last map picture that came in since), latency_us (from the oldest input not
 * yet shown; -1 for none).
 *
 * %NULL is a valid log that does nothing, so callers need not ask. Main thread only.
 */
typedef struct _PleFrameLog PleFrameLog;

typedef enum
{
  PLE_FRAME_DRAW,
  PLE_FRAME_UPLOAD,
  PLE_FRAME_WORKER,
  PLE_FRAME_WORKER_CPU,
  PLE_FRAME_N_COUNTERS,
} PleFrameCounter;

/**
 * ple_frame_log_new:
 * @environment: names the file (or none), and says whether to wait for the display server
 * @toplevel: whose frames; the log starts when it is realized and holds no reference
 * @error: return location
 *
 * Returns: (transfer full) (nullable): %NULL without @error if no log is asked for
 */
PleFrameLog *
ple_frame_log_new (const PleEnvironment *environment, GtkWidget *toplevel, GError **error);
void ple_frame_log_free (PleFrameLog *log);

/* Adds to the sum of this frame; of the worker's times the last one counts. */
void ple_frame_log_add (PleFrameLog *log, PleFrameCounter counter, gint64 microseconds);
/* An input event that the next frame will answer; @time of gdk_event_get_time(). */
void ple_frame_log_input (PleFrameLog *log, guint32 time);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleFrameLog, ple_frame_log_free)

G_END_DECLS
