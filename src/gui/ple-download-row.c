/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-download-row.h"

#include <glib/gi18n.h>
#include <string.h>

struct _PleDownloadRow
{
  GtkListBoxRow parent_instance;
  GtkLabel *title_label;
  GtkLabel *facts_label;
  GtkLabel *sentence_label;
  GtkLabel *state_label;
  GtkRevealer *work_revealer;
  GtkProgressBar *bar;
  GtkLabel *work_label;
  GtkRevealer *note_revealer;
  GtkLabel *note_label;
  GtkWidget *page_button;
  GtkWidget *download_button;
  GtkWidget *cancel_button;
  GtkWidget *open_button;
  GtkWidget *how_button;
  char *id;
  char *section;
  char *note;
  char *failure;
};

G_DEFINE_FINAL_TYPE (PleDownloadRow, ple_download_row, GTK_TYPE_LIST_BOX_ROW)

static void update_note (PleDownloadRow *row);

static void
on_how_toggled (GtkToggleButton *button, PleDownloadRow *row)
{
  update_note (row);
}

static void
ple_download_row_finalize (GObject *object)
{
  PleDownloadRow *row = PLE_DOWNLOAD_ROW (object);

  g_free (row->id);
  g_free (row->section);
  g_free (row->note);
  g_free (row->failure);
  G_OBJECT_CLASS (ple_download_row_parent_class)->finalize (object);
}

static void
ple_download_row_class_init (PleDownloadRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ple_download_row_finalize;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/pleiades/Pleiades/ui/ple-download-row.ui");
  gtk_widget_class_bind_template_child (widget_class, PleDownloadRow, title_label);
  gtk_widget_class_bind_template_child (widget_class, PleDownloadRow, facts_label);
  gtk_widget_class_bind_template_child (widget_class, PleDownloadRow, sentence_label);
  gtk_widget_class_bind_template_child (widget_class, PleDownloadRow, state_label);
  gtk_widget_class_bind_template_child (widget_class, PleDownloadRow, work_revealer);
  gtk_widget_class_bind_template_child (widget_class, PleDownloadRow, bar);
  gtk_widget_class_bind_template_child (widget_class, PleDownloadRow, work_label);
  gtk_widget_class_bind_template_child (widget_class, PleDownloadRow, note_revealer);
  gtk_widget_class_bind_template_child (widget_class, PleDownloadRow, note_label);
  gtk_widget_class_bind_template_child (widget_class, PleDownloadRow, page_button);
  gtk_widget_class_bind_template_child (widget_class, PleDownloadRow, download_button);
  gtk_widget_class_bind_template_child (widget_class, PleDownloadRow, cancel_button);
  gtk_widget_class_bind_template_child (widget_class, PleDownloadRow, open_button);
  gtk_widget_class_bind_template_child (widget_class, PleDownloadRow, how_button);
  gtk_widget_class_bind_template_callback (widget_class, on_how_toggled);
}

static void
ple_download_row_init (PleDownloadRow *row)
{
  gtk_widget_init_template (GTK_WIDGET (row));
}

GtkWidget *
ple_download_row_new (void)
{
  return g_object_new (PLE_TYPE_DOWNLOAD_ROW, "visible", TRUE, NULL);
}

/* A failure is shown at once, what is gated when asked for. */
static void
update_note (PleDownloadRow *row)
{
  gboolean asked = gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (row->how_button));
  const char *text = row->failure != NULL ? row->failure : row->note;
  GtkStyleContext *style = gtk_widget_get_style_context (GTK_WIDGET (row->note_label));
  gboolean gated = gtk_widget_get_visible (row->how_button);

  gtk_label_set_text (row->note_label, text != NULL ? text : "");
  if (row->failure != NULL || !gated)
    gtk_style_context_add_class (style, "invalid");
  else
    gtk_style_context_remove_class (style, "invalid");
  gtk_widget_set_visible (row->page_button, gated);
  gtk_revealer_set_reveal_child (row->note_revealer,
                                 text != NULL && (!gated || asked || row->failure != NULL));
}

static void
show_work (PleDownloadRow *row, PleJob *job)
{
  const char *stage = ple_job_get_stage (job);
  const char *detail = ple_job_get_detail (job);
  g_autofree char *text =
      g_strdup_printf ("%s%s%s", stage != NULL ? stage : _ ("Connecting…"),
                       detail != NULL ? " · " : "", detail != NULL ? detail : "");

  gtk_progress_bar_set_fraction (row->bar, ple_job_get_fraction (job));
  gtk_label_set_text (row->work_label, text);
}

static char *
describe_state (const PleDownloadItem *item, gboolean working)
{
  g_autofree char *size = g_format_size (item->part_bytes);

  if (working)
    return g_strdup ("");
  if (item->state == PLE_DOWNLOAD_HERE)
    return g_strdup (_ ("On this computer"));
  if (item->state == PLE_DOWNLOAD_BROKEN)
    return g_strdup (_ ("Incomplete"));
  if (item->part_bytes > 0)
    return g_strdup_printf (_ ("%s fetched"), size);
  return g_strdup (item->state == PLE_DOWNLOAD_GATED ? _ ("Licence to accept") : "");
}

void
ple_download_row_show (PleDownloadRow *row,
                       const PleDownloadItem *item,
                       PleJob *job,
                       const char *failure)
{
  gboolean working = job != NULL;
  gboolean wanted = !working && item->path == NULL;
  g_autofree char *state = describe_state (item, working);

  g_free (row->id);
  row->id = g_strdup (item->id);
  g_free (row->section);
  row->section = g_strdup (item->section);
  g_free (row->note);
  row->note = g_strdup (item->note);
  g_free (row->failure);
  row->failure = g_strdup (working ? NULL : failure);
  gtk_label_set_text (row->title_label, item->title);
  gtk_label_set_text (row->facts_label, item->facts);
  gtk_label_set_text (row->sentence_label, item->sentence != NULL ? item->sentence : "");
  gtk_widget_set_tooltip_text (GTK_WIDGET (row->title_label),
                               item->path != NULL ? item->path : item->id);
  gtk_label_set_text (row->state_label, state);
  gtk_widget_set_visible (GTK_WIDGET (row->state_label), *state != '\0');
  gtk_revealer_set_reveal_child (row->work_revealer, working);
  if (working)
    show_work (row, job);
  gtk_button_set_label (GTK_BUTTON (row->download_button),
                        item->part_bytes > 0 || failure != NULL ? _ ("Resume") : _ ("Download"));
  gtk_actionable_set_action_target (GTK_ACTIONABLE (row->download_button), "s", item->id);
  gtk_actionable_set_action_target (GTK_ACTIONABLE (row->cancel_button), "s", item->id);
  gtk_actionable_set_action_target (GTK_ACTIONABLE (row->open_button), "s",
                                    item->path != NULL ? item->path : "");
  if (item->page != NULL)
    gtk_link_button_set_uri (GTK_LINK_BUTTON (row->page_button), item->page);
  gtk_widget_set_visible (row->download_button, wanted && item->state == PLE_DOWNLOAD_ABSENT);
  gtk_widget_set_visible (row->how_button, wanted && item->state == PLE_DOWNLOAD_GATED);
  gtk_widget_set_visible (row->cancel_button, working);
  gtk_widget_set_visible (row->open_button,
                          !working && item->is_dataset && item->state == PLE_DOWNLOAD_HERE);
  update_note (row);
}

const char *
ple_download_row_get_id (PleDownloadRow *row)
{
  return row->id;
}

const char *
ple_download_row_get_section (PleDownloadRow *row)
{
  return row->section;
}
