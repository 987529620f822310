/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-welcome-page.h"

#include "gui/ple-recent-tile.h"
#include "gui/ple-widgets.h"
#include "project/ple-project.h"

#define N_RECENT 9
#define N_COLUMNS 3

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

void
ple_welcome_page_refresh (PleWelcomePage *page, const PleEnvironment *environment)
{
  g_autoptr (GPtrArray) recent = ple_project_list_recent (environment);

  ple_container_clear (GTK_CONTAINER (page->recent_box));
  for (guint i = 0; i < MIN (recent->len, N_RECENT); i++)
    {
      GtkWidget *tile = ple_recent_tile_new (g_ptr_array_index (recent, i), environment->cache_dir);
      GtkWidget *child = gtk_flow_box_child_new ();

      /* The buttons in it take the keyboard, not the place around them. */
      gtk_widget_set_can_focus (child, FALSE);
      gtk_container_add (GTK_CONTAINER (child), tile);
      gtk_widget_show (child);
      gtk_container_add (GTK_CONTAINER (page->recent_box), child);
    }
  /* No empty columns: what there is stands in the middle. */
  gtk_flow_box_set_max_children_per_line (GTK_FLOW_BOX (page->recent_box),
                                          CLAMP (recent->len, 1, N_COLUMNS));
  gtk_widget_set_visible (page->recent_box, recent->len > 0);
}
