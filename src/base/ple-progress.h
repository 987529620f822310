/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * PleProgress:
 *
 * What a long function is handed: where it reports, whether it shall go on, and how many threads it
 * may use. %NULL is a valid progress everywhere: nothing is reported, nothing cancels, one thread
 * per processor.
 *
 * A progress is a node of a tree that shares one root; ple_progress_new_stage() hands a part of the
 * range down. All functions may be called from any thread. Reference-counted.
 */
typedef struct _PleProgress PleProgress;

/**
 * PleProgressSink:
 * @report: fraction of the whole in [0, 1], path of stages, detail or %NULL; at most 20 times a
 * second
 * @value: one point of a curve, such as ("loss", epoch, value); every point arrives
 * @publish: an intermediate result: @n_rows records of @row_bytes; valid during the call only.
 * Topics in use: "layout" (float x, y per point), "labels" (gint32 per item)
 * @warning: a sentence for the person that does not stop the work
 *
 * Where a progress speaks to. Called on the working thread, never two calls at once. Any member may
 * be %NULL.
 */
typedef struct
{
  void (*report) (gpointer data, double fraction, const char *stage, const char *detail);
  void (*value) (gpointer data, const char *series, double x, double y);
  void (*publish) (
      gpointer data, const char *topic, gconstpointer values, size_t n_rows, size_t row_bytes);
  void (*warning) (gpointer data, const char *message);
} PleProgressSink;

/**
 * ple_progress_new:
 * @sink: (nullable): constant table of callbacks
 * @data: for the callbacks
 * @n_threads: threads that parallel loops may use, 0 for one per processor
 *
 * Returns: (transfer full): a root
 */
PleProgress *ple_progress_new (const PleProgressSink *sink, gpointer data, guint n_threads);

/* For a root just made: every report reaches the sink and every frame is wanted, however fast they
 * come. Who acts on the n-th report then does it at the same point of the work on any machine. */
void ple_progress_set_every (PleProgress *progress);
/* For a root that nothing has run under: as in ple_progress_new(). */
void ple_progress_set_n_threads (PleProgress *progress, guint n_threads);
PleProgress *ple_progress_ref (PleProgress *progress);
void ple_progress_unref (PleProgress *progress);

/**
 * ple_progress_new_stage:
 * @progress: (nullable): the parent
 * @name: (nullable): untranslated-safe name shown to the person, such as _("Neighbours")
 * @from: start within the parent's range
 * @to: end within the parent's range
 *
 * Returns: (transfer full) (nullable): a child whose 0..1 is @from..@to of @progress; %NULL for
 * %NULL
 */
PleProgress *
ple_progress_new_stage (PleProgress *progress, const char *name, double from, double to);

/**
 * ple_progress_report:
 * @progress: (nullable): where to report
 * @fraction: done, 0 to 1 of this stage
 * @error: return location
 *
 * Call it at least every 100 ms of work. While the work is paused it sleeps here.
 *
 * Returns: %FALSE with %G_IO_ERROR_CANCELLED when the work shall end; return at once then
 */
gboolean ple_progress_report (PleProgress *progress, double fraction, GError **error);

/* The same with a detail, such as "epoch 3 of 30"; printf-style. */
gboolean ple_progress_report_detail (PleProgress *progress,
                                     double fraction,
                                     GError **error,
                                     const char *format,
                                     ...) G_GNUC_PRINTF (4, 5);

/* Only asks: cheap enough for inner loops (one atomic load), from any thread; does not sleep when
 * paused. */
gboolean ple_progress_is_cancelled (PleProgress *progress);
/* As ple_progress_is_cancelled(), setting @error. Returns: %FALSE if cancelled. */
gboolean ple_progress_check (PleProgress *progress, GError **error);
/* "Stop early and keep": iterative methods end their loop at the next iteration and return what
 * they have. */
gboolean ple_progress_is_stop_requested (PleProgress *progress);

/* For a stage just made, before it is handed on: in it and in its stages "stop early" counts as
 * cancelled, since half of what it does is of no use. Who set it tells the two apart by asking the
 * parent. */
void ple_progress_set_stop_cancels (PleProgress *progress);

void ple_progress_value (PleProgress *progress, const char *series, double x, double y);
void ple_progress_warning (PleProgress *progress, const char *format, ...) G_GNUC_PRINTF (2, 3);

/**
 * ple_progress_wants:
 * @progress: (nullable): a progress
 * @topic: of ple_progress_publish()
 *
 * Returns: whether somebody listens and 60 ms have passed since the last ple_progress_publish();
 * ask before preparing a frame
 */
gboolean ple_progress_wants (PleProgress *progress, const char *topic);
void ple_progress_publish (PleProgress *progress,
                           const char *topic,
                           gconstpointer values,
                           size_t n_rows,
                           size_t row_bytes);

/* Controls, for who started the work; they act on the whole tree. */
void ple_progress_cancel (PleProgress *progress);
void ple_progress_set_paused (PleProgress *progress, gboolean paused);
void ple_progress_request_stop (PleProgress *progress);

/* Threads that parallel loops may use: at least 1. */
guint ple_progress_get_n_threads (PleProgress *progress);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleProgress, ple_progress_unref)

G_END_DECLS
