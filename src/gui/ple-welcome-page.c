/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-welcome-page.h"

#include "gui/ple-widgets.h"
#include "project/ple-project.h"

#include <glib/gi18n.h>

/* More would push the buttons off a small window. */
#define N_RECENT 6

struct _PleWelcomePage
{
  GtkBox parent_instance;
  GtkWidget *open_button;
  GtkWidget *recent_box;
};

G_DEFINE_FINAL_TYPE (PleWelcomePage, ple_welcome_page, GTK_TYPE_BOX)

static void
ple_welcome_page_class_init (PleWelcomePageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/pleiades/Pleiades/ui/ple-welcome-page.ui");
  gtk_widget_class_bind_template_child (widget_class, PleWelcomePage, open_button);
  gtk_widget_class_bind_template_child (widget_class, PleWelcomePage, recent_box);
}

static void
ple_welcome_page_init (PleWelcomePage *page)
{
  gtk_widget_init_template (GTK_WIDGET (page));
}

/* "today", "3 days ago" or a date. */
static char *
describe_time (gint64 time)
{
  g_autoptr (GDateTime) then = g_date_time_new_from_unix_local (time);
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  gint64 days;

  if (then == NULL)
    return g_strdup ("");
  days = g_date_time_difference (now, then) / G_TIME_SPAN_DAY;
  if (days < 1)
    return g_date_time_format (then, _ ("today, %H:%M"));
  if (days < 7)
    return g_strdup_printf (ngettext ("%d day ago", "%d days ago", (gulong) days), (int) days);
  return g_date_time_format (then, "%x");
}

static void
add_recent (PleWelcomePage *page, const PleRecentProject *recent)
{
  GtkWidget *button = gtk_button_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  GtkWidget *title = gtk_label_new (recent->title);
  g_autofree char *when = describe_time (recent->time);
  GtkWidget *detail = gtk_label_new (when);

  gtk_label_set_ellipsize (GTK_LABEL (title), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_max_width_chars (GTK_LABEL (title), 24);
  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_label_set_xalign (GTK_LABEL (detail), 0);
  gtk_style_context_add_class (gtk_widget_get_style_context (title), "headline");
  gtk_style_context_add_class (gtk_widget_get_style_context (detail), "dim-label");
  gtk_style_context_add_class (gtk_widget_get_style_context (button), "recent-tile");
  gtk_container_add (GTK_CONTAINER (box), title);
  gtk_container_add (GTK_CONTAINER (box), detail);
  gtk_widget_set_size_request (box, 180, -1);
  gtk_container_add (GTK_CONTAINER (button), box);
  gtk_button_set_relief (GTK_BUTTON (button), GTK_RELIEF_NONE);
  gtk_widget_set_tooltip_text (button, recent->path);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "win.open");
  gtk_actionable_set_action_target (GTK_ACTIONABLE (button), "s", recent->path);
  gtk_container_add (GTK_CONTAINER (page->recent_box), button);
  gtk_widget_show_all (gtk_widget_get_parent (button));
}

void
ple_welcome_page_refresh (PleWelcomePage *page, const PleEnvironment *environment)
{
  g_autoptr (GPtrArray) recent = ple_project_list_recent (environment);

  ple_container_clear (GTK_CONTAINER (page->recent_box));
  for (guint i = 0; i < MIN (recent->len, N_RECENT); i++)
    add_recent (page, g_ptr_array_index (recent, i));
  gtk_widget_set_visible (page->recent_box, recent->len > 0);
}
