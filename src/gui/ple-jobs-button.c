/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-jobs-button.h"

#include "gui/ple-paint.h"

#include <glib/gi18n.h>
#include <math.h>

struct _PleJobsButton
{
  GtkMenuButton parent_instance;
  PleSession *session;
  GtkWidget *ring;
  GtkLabel *title_label;
  GtkProgressBar *bar;
  GtkLabel *stage_label;
  GtkLabel *time_label;
  GtkWidget *curve;
  GtkWidget *message_label;
  GtkWidget *log_expander;
  GtkLabel *log_label;
  GtkWidget *buttons;
  GtkWidget *retry_button;
};

G_DEFINE_FINAL_TYPE (PleJobsButton, ple_jobs_button, GTK_TYPE_MENU_BUTTON)

static void
ple_jobs_button_class_init (PleJobsButtonClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/pleiades/Pleiades/ui/ple-jobs-button.ui");
  gtk_widget_class_bind_template_child (widget_class, PleJobsButton, ring);
  gtk_widget_class_bind_template_child (widget_class, PleJobsButton, title_label);
  gtk_widget_class_bind_template_child (widget_class, PleJobsButton, bar);
  gtk_widget_class_bind_template_child (widget_class, PleJobsButton, stage_label);
  gtk_widget_class_bind_template_child (widget_class, PleJobsButton, time_label);
  gtk_widget_class_bind_template_child (widget_class, PleJobsButton, curve);
  gtk_widget_class_bind_template_child (widget_class, PleJobsButton, message_label);
  gtk_widget_class_bind_template_child (widget_class, PleJobsButton, log_expander);
  gtk_widget_class_bind_template_child (widget_class, PleJobsButton, log_label);
  gtk_widget_class_bind_template_child (widget_class, PleJobsButton, buttons);
  gtk_widget_class_bind_template_child (widget_class, PleJobsButton, retry_button);
}

static gboolean
on_draw_ring (GtkWidget *widget, cairo_t *cr, PleJobsButton *button)
{
  PleJob *job = button->session != NULL ? ple_session_get_shown_job (button->session) : NULL;
  GtkStyleContext *style = gtk_widget_get_style_context (widget);
  double width = gtk_widget_get_allocated_width (widget);
  double height = gtk_widget_get_allocated_height (widget);
  double radius = MIN (width, height) / 2 - 1.5;
  guint32 accent = ple_paint_accent (widget, ple_paint_theme (widget, "theme_bg_color", 0xf6f5f4));
  GdkRGBA ink;

  gtk_style_context_get_color (style, gtk_style_context_get_state (style), &ink);
  cairo_set_line_width (cr, 3);
  cairo_set_source_rgba (cr, ink.red, ink.green, ink.blue, 0.25);
  cairo_arc (cr, width / 2, height / 2, radius, 0, 2 * G_PI);
  cairo_stroke (cr);
  if (job == NULL || ple_job_get_state (job) == PLE_JOB_CANCELLED)
    return FALSE;
  if (ple_job_get_state (job) == PLE_JOB_FAILED)
    accent = 0xd6303d;
  ple_paint_set (cr, accent, 1);
  cairo_arc (cr, width / 2, height / 2, radius, -G_PI / 2,
             -G_PI / 2 + 2 * G_PI * MAX (ple_job_get_fraction (job), 0.02));
  cairo_stroke (cr);
  return FALSE;
}

/* The first series that has at least two points: "loss" where there is one. */
static const PleJobPoint *
find_curve (PleJob *job, const char **name, size_t *n)
{
  const GPtrArray *names = ple_job_get_series_names (job);
  const PleJobPoint *points = ple_job_get_series (job, "loss", n);

  *name = "loss";
  for (guint i = 0; i < names->len && *n < 2; i++)
    {
      *name = g_ptr_array_index (names, i);
      points = ple_job_get_series (job, *name, n);
    }
  return *n >= 2 ? points : NULL;
}

static gboolean
on_draw_curve (GtkWidget *widget, cairo_t *cr, PleJobsButton *button)
{
  PleJob *job = ple_session_get_shown_job (button->session);
  GtkStyleContext *style = gtk_widget_get_style_context (widget);
  double width = gtk_widget_get_allocated_width (widget);
  double height = gtk_widget_get_allocated_height (widget);
  double low = INFINITY, high = -INFINITY;
  g_autofree char *caption = NULL;
  g_autoptr (PangoLayout) text = NULL;
  const PleJobPoint *points;
  const char *name;
  GdkRGBA ink;
  size_t n = 0;

  points = job != NULL ? find_curve (job, &name, &n) : NULL;
  if (points == NULL)
    return FALSE;
  for (size_t i = 0; i < n; i++)
    if (isfinite (points[i].y))
      {
        low = MIN (low, points[i].y);
        high = MAX (high, points[i].y);
      }
  if (!(high > low))
    high = low + 1;
  gtk_style_context_get_color (style, gtk_style_context_get_state (style), &ink);
  cairo_set_source_rgba (cr, ink.red, ink.green, ink.blue, 0.2);
  cairo_set_line_width (cr, 1);
  cairo_move_to (cr, 0, height - 0.5);
  cairo_line_to (cr, width, height - 0.5);
  cairo_stroke (cr);
  gdk_cairo_set_source_rgba (cr, &ink);
  cairo_set_line_width (cr, 1.5);
  for (size_t i = 0; i < n; i++)
    cairo_line_to (cr, 2 + (width - 4) * (double) i / (double) (n - 1),
                   height - 4 - (height - 8) * (points[i].y - low) / (high - low));
  cairo_stroke (cr);

  caption = g_strdup_printf ("%s %.4g", name, points[n - 1].y);
  text = gtk_widget_create_pango_layout (widget, caption);
  pango_layout_set_width (text, (int) (width - 4) * PANGO_SCALE);
  pango_layout_set_alignment (text, PANGO_ALIGN_RIGHT);
  gtk_render_layout (style, cr, 2, 2, text);
  return FALSE;
}

static void
ple_jobs_button_init (PleJobsButton *button)
{
  gtk_widget_init_template (GTK_WIDGET (button));
  g_signal_connect (button->ring, "draw", G_CALLBACK (on_draw_ring), button);
  g_signal_connect (button->curve, "draw", G_CALLBACK (on_draw_curve), button);
}

static char *
describe_seconds (double seconds)
{
  if (seconds < 90)
    return g_strdup_printf (_ ("%.0f s"), seconds);
  if (seconds < 5400)
    return g_strdup_printf (_ ("%.0f min"), seconds / 60);
  return g_strdup_printf (_ ("%.1f h"), seconds / 3600);
}

static char *
describe_times (PleJob *job)
{
  g_autofree char *elapsed = describe_seconds (ple_job_get_elapsed (job));
  g_autofree char *left = NULL;
  double time_left = ple_job_get_time_left (job);

  if (ple_job_get_state (job) == PLE_JOB_QUEUED)
    return g_strdup (_ ("Waiting for the job before it"));
  if (ple_job_is_over (job) || isnan (time_left))
    return g_strdup_printf (_ ("%s so far"), elapsed);
  left = describe_seconds (time_left);
  return g_strdup_printf (_ ("%.0f %% · %s so far · about %s left"),
                          100 * ple_job_get_fraction (job), elapsed, left);
}

static char *
describe_stage (PleJob *job)
{
  switch (ple_job_get_state (job))
    {
    case PLE_JOB_PAUSED:
      return g_strdup (_ ("Paused"));
    case PLE_JOB_DONE:
      return g_strdup (_ ("Finished"));
    case PLE_JOB_CANCELLED:
      return g_strdup (_ ("Cancelled. What was finished is kept."));
    case PLE_JOB_FAILED:
      return g_strdup (_ ("Failed"));
    case PLE_JOB_QUEUED:
    case PLE_JOB_RUNNING:
    default:
      if (ple_job_get_detail (job) != NULL)
        return g_strdup_printf ("%s, %s",
                                ple_job_get_stage (job) != NULL ? ple_job_get_stage (job) : "",
                                ple_job_get_detail (job));
      return g_strdup (ple_job_get_stage (job) != NULL ? ple_job_get_stage (job) : "");
    }
}

static void
update (PleJobsButton *button)
{
  PleJob *job = ple_session_get_shown_job (button->session);
  g_autofree char *stage = NULL;
  g_autofree char *times = NULL;
  g_autofree char *log = NULL;
  const char *message = NULL;
  const char *name;
  size_t n = 0;
  gboolean over;

  gtk_widget_set_visible (GTK_WIDGET (button), job != NULL);
  gtk_widget_queue_draw (button->ring);
  if (job == NULL)
    return;
  over = ple_job_is_over (job);
  stage = describe_stage (job);
  times = describe_times (job);
  log = ple_job_dup_log (job);
  gtk_widget_set_tooltip_text (GTK_WIDGET (button), stage);
  gtk_label_set_text (button->title_label, ple_job_get_title (job));
  gtk_progress_bar_set_fraction (button->bar, ple_job_get_fraction (job));
  gtk_label_set_text (button->stage_label, stage);
  gtk_label_set_text (button->time_label, times);
  gtk_label_set_text (button->log_label, log);
  gtk_widget_set_visible (button->log_expander, log[0] != '\0');
  gtk_widget_set_visible (button->curve, find_curve (job, &name, &n) != NULL);
  gtk_widget_queue_draw (button->curve);
  gtk_widget_set_visible (button->buttons, !over);
  gtk_widget_set_visible (button->retry_button, ple_job_get_state (job) == PLE_JOB_FAILED ||
                                                    ple_job_get_state (job) == PLE_JOB_CANCELLED);
  if (ple_job_get_error (job) != NULL && ple_job_get_state (job) == PLE_JOB_FAILED)
    message = ple_job_get_error (job)->message;
  else if (ple_job_get_warnings (job)->len > 0)
    message = g_ptr_array_index (ple_job_get_warnings (job), ple_job_get_warnings (job)->len - 1);
  gtk_widget_set_visible (button->message_label, message != NULL);
  if (message != NULL)
    gtk_label_set_text (GTK_LABEL (button->message_label), message);
}

void
ple_jobs_button_set_session (PleJobsButton *button, PleSession *session)
{
  button->session = session;
  g_signal_connect_object (session, "job-changed", G_CALLBACK (update), button, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "phase-changed", G_CALLBACK (update), button,
                           G_CONNECT_SWAPPED);
  update (button);
}
