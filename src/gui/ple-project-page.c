/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-project-page.h"

#include "gui/ple-cluster-list.h"
#include "gui/ple-format.h"
#include "gui/ple-inspector.h"
#include "gui/ple-name-popover.h"
#include "gui/ple-tiles-view.h"

#include <glib/gi18n.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct _PleProjectPage
{
  GtkBox parent_instance;
  PleSession *session;
  GtkWidget *sidebar;
  GtkWidget *filter_entry;
  PleClusterList *cluster_list;
  PleMapPane *map_pane;
  GtkLabel *scope_label;
  GtkLabel *count_label;
  GtkLabel *order_label;
  GtkWidget *all_button;
  GtkAdjustment *size_adjustment;
  PleTilesView *tiles;
  GtkWidget *selection_revealer;
  GtkLabel *selected_label;
  GtkWidget *move_button;
  GtkWidget *split_button;
  PleInspector *inspector;
  GtkPaned *centre_paned;

  PlePictureCache *pictures; /* that the views have now */
  gboolean updating_list;    /* rows are selected by us, not by the person */
  PleClusterSort sort;
  gboolean inspector_wanted;
  gboolean sidebar_wanted;
  gint32 shown_scope;
  gulong size_handler;
};

G_DEFINE_FINAL_TYPE (PleProjectPage, ple_project_page, GTK_TYPE_BOX)

static void
update_list (PleProjectPage *page)
{
  page->updating_list = TRUE;
  ple_cluster_rows_fill (page->cluster_list, page->session, page->sort,
                         gtk_entry_get_text (GTK_ENTRY (page->filter_entry)));
  page->updating_list = FALSE;
}

/* Grid */

static void
describe_tile (gpointer data, guint32 item, size_t index, PleTileInfo *info)
{
  static const PleTileGlyph glyphs[PLE_N_STATES] = {
    [PLE_STATE_AUTO] = PLE_TILE_GLYPH_NONE,       [PLE_STATE_CONFIRMED] = PLE_TILE_GLYPH_CONFIRMED,
    [PLE_STATE_UNSURE] = PLE_TILE_GLYPH_UNSURE,   [PLE_STATE_EXCLUDED] = PLE_TILE_GLYPH_EXCLUDED,
    [PLE_STATE_CONFLICT] = PLE_TILE_GLYPH_UNSURE,
  };
  PleProjectPage *page = data;
  PleRun *run = ple_session_get_run (page->session);
  const guint8 *states = ple_session_get_states (page->session);

  if (run != NULL && run->confidence != NULL)
    info->confidence = (double) run->confidence->data[item];
  if (states != NULL)
    {
      info->glyph = glyphs[states[item]];
      info->struck = states[item] == PLE_STATE_EXCLUDED;
    }
}

static char *
name_tile (gpointer data, guint32 item, size_t index)
{
  PleProjectPage *page = data;
  const gint32 *labels = ple_session_get_labels (page->session);
  g_autofree char *file = ple_dataset_dup_item_name (ple_session_get_dataset (page->session), item);
  g_autofree char *cluster = NULL;

  if (labels == NULL)
    return g_steal_pointer (&file);
  cluster = ple_session_dup_cluster_name (page->session, labels[item]);
  return g_strdup_printf ("%s, %s", cluster, file);
}

static void
describe_scope (PleProjectPage *page)
{
  gint32 scope = ple_session_get_scope (page->session);
  g_autofree char *name = NULL;
  g_autofree char *count = NULL;
  g_autofree char *text = NULL;
  size_t n;

  ple_session_get_shown (page->session, &n);
  if (scope == PLE_SCOPE_ALL)
    name = g_strdup (_ ("All pictures"));
  else if (scope == PLE_SCOPE_PICKED)
    name = g_strdup (_ ("Picked on the map"));
  else
    name = ple_session_dup_cluster_name (page->session, scope);
  count = ple_format_count (n);
  text = g_strdup_printf (ngettext ("%s picture", "%s pictures", (gulong) n), count);
  gtk_label_set_text (page->scope_label, name);
  gtk_label_set_text (page->count_label, text);
  gtk_widget_set_visible (page->all_button, scope != PLE_SCOPE_ALL);
}

static void
update_order_label (PleProjectPage *page)
{
  static const char *const names[] = {
    [PLE_ORDER_CENTRE] = N_ ("centre first ▾"),
    [PLE_ORDER_EDGE] = N_ ("edge first ▾"),
    [PLE_ORDER_CONFIDENCE] = N_ ("least confident first ▾"),
    [PLE_ORDER_FILE] = N_ ("as in the data ▾"),
    [PLE_ORDER_RANDOM] = N_ ("random ▾"),
  };

  gtk_label_set_text (page->order_label, _ (names[ple_session_get_order (page->session)]));
}

/* The rows of the clusters that are shown; the person's own choice of several stays. */
static void
show_scope_in_list (PleProjectPage *page)
{
  gint32 scope = ple_session_get_scope (page->session);
  guint32 row = ple_cluster_rows_to_row (scope);
  g_autofree guint32 *selected = NULL;
  size_t n;

  selected = ple_cluster_list_dup_selected (page->cluster_list, &n);
  for (size_t i = 0; i < n; i++)
    if (selected[i] == row)
      return;
  page->updating_list = TRUE;
  ple_cluster_list_select (page->cluster_list, &row, scope >= PLE_GROUP_EXCLUDED ? 1 : 0);
  if (scope >= PLE_GROUP_EXCLUDED)
    ple_cluster_list_reveal (page->cluster_list, row);
  page->updating_list = FALSE;
}

static void
on_scope_changed (PleProjectPage *page)
{
  gint32 scope = ple_session_get_scope (page->session);
  const guint32 *items;
  size_t n;

  items = ple_session_get_shown (page->session, &n);
  /* An edit that takes pictures away does not move the others under the eye. */
  ple_tiles_view_set_items (page->tiles, items, n, NULL, 0);
  if (scope != page->shown_scope || scope == PLE_SCOPE_PICKED)
    ple_tiles_view_scroll_to_top (page->tiles);
  page->shown_scope = scope;
  show_scope_in_list (page);
  describe_scope (page);
  update_order_label (page);
}

static void
on_clusters_changed (PleProjectPage *page)
{
  update_list (page);
  ple_tiles_view_refresh (page->tiles);
}

/* Selection */

static void
on_selection_changed (PleProjectPage *page)
{
  PleSelection *selection = ple_session_get_selection (page->session);
  size_t n_selected = ple_selection_get_n_selected (selection);
  g_autofree char *count = ple_format_count (n_selected);
  g_autofree char *text =
      g_strdup_printf (ngettext ("%s selected", "%s selected", (gulong) n_selected), count);
  g_autofree char *move = g_strdup_printf (_ ("Move %s to…"), count);

  gtk_label_set_text (page->selected_label, text);
  gtk_button_set_label (GTK_BUTTON (page->move_button), move);
  gtk_revealer_set_reveal_child (GTK_REVEALER (page->selection_revealer),
                                 n_selected > 0 &&
                                     ple_session_get_curation (page->session) != NULL);
}

/* What was chosen on the map is what the grid shows: one point brings its cluster, several
 * themselves. */
static void
on_map_picked (PleProjectPage *page)
{
  PleSelection *selection = ple_session_get_selection (page->session);
  const gint32 *labels = ple_session_get_labels (page->session);
  g_autofree guint32 *items = NULL;
  size_t n;

  if (!ple_map_pane_has_focus (page->map_pane))
    return;
  items = ple_selection_dup_items (selection, &n);
  if (n == 1 && labels != NULL)
    ple_session_set_scope (page->session, labels[items[0]]);
  else if (n > 1)
    ple_session_pick (page->session, items, n);
}

/* One row: its cluster. Several: their members add up. */
static void
on_clusters_selected (PleProjectPage *page)
{
  PleClusterIndex *index = ple_session_get_index (page->session);
  PleSelection *selection = ple_session_get_selection (page->session);
  g_autoptr (GArray) items = NULL;
  g_autofree guint32 *rows = NULL;
  size_t n_rows;

  if (page->updating_list || index == NULL)
    return;
  rows = ple_cluster_list_dup_selected (page->cluster_list, &n_rows);
  if (n_rows == 1)
    ple_session_select_cluster (page->session, ple_cluster_rows_to_cluster (rows[0]));
  if (n_rows < 2)
    return;
  items = g_array_new (FALSE, FALSE, sizeof (guint32));
  for (size_t i = 0; i < n_rows; i++)
    {
      size_t n;
      const guint32 *members =
          ple_cluster_index_get_members (index, ple_cluster_rows_to_cluster (rows[i]), &n);

      if (n > 0)
        g_array_append_vals (items, members, (guint) n);
    }
  ple_session_set_scope (page->session, ple_cluster_rows_to_cluster (
                                            ple_cluster_list_get_focus_id (page->cluster_list)));
  ple_selection_apply (selection, (const guint32 *) items->data, items->len, PLE_SELECT_REPLACE);
}

static void
on_cluster_activated (PleClusterList *list, guint id, PleProjectPage *page)
{
  if (ple_cluster_rows_to_cluster (id) >= 0)
    ple_project_page_ask_name (page);
}

static void
on_tile_activated (PleTilesView *tiles, guint item, PleProjectPage *page)
{
  g_action_group_change_action_state (G_ACTION_GROUP (gtk_widget_get_toplevel (GTK_WIDGET (page))),
                                      "show-inspector", g_variant_new_boolean (TRUE));
}

static void
show_menu (PleProjectPage *page, GtkWidget *widget, GdkEvent *event)
{
  GtkApplication *app =
      gtk_window_get_application (GTK_WINDOW (gtk_widget_get_toplevel (GTK_WIDGET (page))));
  GMenu *menu = gtk_application_get_menu_by_id (app, "selection-menu");
  GtkWidget *popup;

  if (menu == NULL || ple_session_get_curation (page->session) == NULL)
    return;
  popup = gtk_menu_new_from_model (G_MENU_MODEL (menu));
  gtk_menu_attach_to_widget (GTK_MENU (popup), widget, NULL);
  g_signal_connect (popup, "selection-done", G_CALLBACK (gtk_widget_destroy), NULL);
  gtk_menu_popup_at_pointer (GTK_MENU (popup), event);
}

static void
on_menu (GtkWidget *view, GdkEvent *event, PleProjectPage *page)
{
  if (ple_selection_get_n_selected (ple_session_get_selection (page->session)) > 0)
    show_menu (page, view, event);
}

/* Size of the tiles: the slider is logarithmic. */

static void
on_size_slid (GtkAdjustment *adjustment, PleProjectPage *page)
{
  ple_tiles_view_set_tile_size (page->tiles,
                                (int) lround (exp2 (gtk_adjustment_get_value (adjustment))));
}

static void
on_tile_size_changed (PleProjectPage *page)
{
  g_signal_handler_block (page->size_adjustment, page->size_handler);
  gtk_adjustment_set_value (page->size_adjustment,
                            log2 (ple_tiles_view_get_tile_size (page->tiles)));
  g_signal_handler_unblock (page->size_adjustment, page->size_handler);
}

/* Narrow windows: the inspector folds away first, then the sidebar. */
static void
on_size_allocate (GtkWidget *widget, GtkAllocation *allocation, PleProjectPage *page)
{
  gtk_widget_set_visible (GTK_WIDGET (page->inspector),
                          page->inspector_wanted && allocation->width >= 900);
  gtk_widget_set_visible (page->sidebar, page->sidebar_wanted && allocation->width >= 600);
}

static void
ple_project_page_dispose (GObject *object)
{
  PleProjectPage *page = PLE_PROJECT_PAGE (object);

  g_clear_object (&page->pictures);
  G_OBJECT_CLASS (ple_project_page_parent_class)->dispose (object);
}

static void
ple_project_page_class_init (PleProjectPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  g_type_ensure (PLE_TYPE_CLUSTER_LIST);
  g_type_ensure (PLE_TYPE_MAP_PANE);
  g_type_ensure (PLE_TYPE_TILES_VIEW);
  g_type_ensure (PLE_TYPE_INSPECTOR);
  G_OBJECT_CLASS (klass)->dispose = ple_project_page_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/pleiades/Pleiades/ui/ple-project-page.ui");
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, sidebar);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, filter_entry);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, cluster_list);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, map_pane);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, scope_label);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, count_label);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, order_label);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, all_button);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, size_adjustment);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, tiles);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, selection_revealer);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, selected_label);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, move_button);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, split_button);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, inspector);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, centre_paned);
}

/* Not in the template: GtkBuilder knows no internal child of an accessible of our own. */
static void
set_name (gpointer widget, const char *name)
{
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (widget)), name);
}

static void
ple_project_page_init (PleProjectPage *page)
{
  page->inspector_wanted = page->sidebar_wanted = TRUE;
  page->shown_scope = PLE_SCOPE_ALL;
  gtk_widget_init_template (GTK_WIDGET (page));
  set_name (page->cluster_list, _ ("Clusters"));
  set_name (page->tiles, _ ("Pictures"));
  ple_tiles_view_set_info_func (page->tiles, describe_tile, page);
  ple_tiles_view_set_name_func (page->tiles, name_tile, page);
  g_signal_connect (page->map_pane, "context-menu", G_CALLBACK (on_menu), page);
  g_signal_connect_swapped (page->cluster_list, "selection-changed",
                            G_CALLBACK (on_clusters_selected), page);
  g_signal_connect (page->cluster_list, "activate", G_CALLBACK (on_cluster_activated), page);
  g_signal_connect (page->cluster_list, "context-menu", G_CALLBACK (on_menu), page);
  g_signal_connect (page->tiles, "activate", G_CALLBACK (on_tile_activated), page);
  g_signal_connect (page->tiles, "context-menu", G_CALLBACK (on_menu), page);
  g_signal_connect_swapped (page->tiles, "notify::tile-size", G_CALLBACK (on_tile_size_changed),
                            page);
  page->size_handler =
      g_signal_connect (page->size_adjustment, "value-changed", G_CALLBACK (on_size_slid), page);
  g_signal_connect_swapped (page->filter_entry, "search-changed", G_CALLBACK (update_list), page);
  g_signal_connect (page, "size-allocate", G_CALLBACK (on_size_allocate), page);
  on_tile_size_changed (page);
}

/* Another data set, or none: the views let go of the old pictures. */
static void
take_pictures (PleProjectPage *page)
{
  PlePictureCache *pictures = ple_session_get_pictures (page->session);

  if (page->pictures == pictures)
    return;
  g_set_object (&page->pictures, pictures);
  ple_tiles_view_set_pictures (page->tiles, pictures);
  ple_cluster_list_set_pictures (page->cluster_list, pictures);
}

static void
on_phase_changed (PleProjectPage *page)
{
  take_pictures (page);
  page->shown_scope = PLE_SCOPE_ALL;
  on_clusters_changed (page);
  on_scope_changed (page);
  on_selection_changed (page);
}

void
ple_project_page_set_session (PleProjectPage *page, PleSession *session)
{
  PleSelection *selection = ple_session_get_selection (session);

  page->session = session;
  ple_map_pane_set_session (page->map_pane, session);
  ple_tiles_view_set_selection (page->tiles, selection);
  ple_inspector_set_session (page->inspector, session);
  g_signal_connect_object (selection, "changed", G_CALLBACK (on_selection_changed), page,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (selection, "changed", G_CALLBACK (on_map_picked), page,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "phase-changed", G_CALLBACK (on_phase_changed), page,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "clusters-changed", G_CALLBACK (on_clusters_changed), page,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "scope-changed", G_CALLBACK (on_scope_changed), page,
                           G_CONNECT_SWAPPED);
}

PleMapView *
ple_project_page_get_map (PleProjectPage *page)
{
  return ple_map_pane_get_map (page->map_pane);
}

void
ple_project_page_set_colour_mode (PleProjectPage *page, PleColourMode mode)
{
  ple_map_pane_set_colour_mode (page->map_pane, mode);
}

void
ple_project_page_set_tool (PleProjectPage *page, PleMapTool tool)
{
  ple_map_pane_set_tool (page->map_pane, tool);
}

void
ple_project_page_set_side_by_side (PleProjectPage *page, gboolean shown)
{
  ple_map_pane_set_side_by_side (page->map_pane, shown);
}

void
ple_project_page_set_legend (PleProjectPage *page, gboolean shown)
{
  ple_map_pane_set_legend (page->map_pane, shown);
}

PleTilesView *
ple_project_page_get_tiles (PleProjectPage *page)
{
  return page->tiles;
}

GtkWidget *
ple_project_page_get_split_button (PleProjectPage *page)
{
  return page->split_button;
}

void
ple_project_page_set_sort (PleProjectPage *page, PleClusterSort sort)
{
  page->sort = sort;
  update_list (page);
}

void
ple_project_page_set_sidebar (PleProjectPage *page, gboolean shown)
{
  page->sidebar_wanted = shown;
  gtk_widget_set_visible (page->sidebar, shown);
}

void
ple_project_page_set_inspector (PleProjectPage *page, gboolean shown)
{
  page->inspector_wanted = shown;
  gtk_widget_set_visible (GTK_WIDGET (page->inspector), shown);
}

void
ple_project_page_focus_filter (PleProjectPage *page)
{
  gtk_widget_grab_focus (page->filter_entry);
}

void
ple_project_page_step_cluster (PleProjectPage *page, int direction)
{
  ple_cluster_list_step (page->cluster_list, direction);
}

gboolean
ple_project_page_is_settled (PleProjectPage *page)
{
  return ple_map_pane_is_settled (page->map_pane) &&
         (!gtk_widget_get_mapped (GTK_WIDGET (page->tiles)) || page->pictures == NULL ||
          ple_tiles_view_get_settled (page->tiles)) &&
         ple_inspector_is_settled (page->inspector);
}

void
ple_project_page_ask_name (PleProjectPage *page)
{
  gint32 id = ple_session_get_scope (page->session);
  PleCuration *curation = ple_session_get_curation (page->session);
  g_autofree char *title = NULL;
  g_autofree char *question = NULL;

  if (id < 0 || curation == NULL)
    return;
  title = ple_session_dup_cluster_name (page->session, id);
  question = g_strdup_printf (_ ("Name of “%s”"), title);
  ple_name_popover_ask (GTK_WIDGET (page->scope_label), NULL, page->session, question,
                        ple_curation_get_cluster (curation, id).name, "win.name-cluster");
}

void
ple_project_page_ask_target (PleProjectPage *page)
{
  size_t n = ple_selection_get_n_selected (ple_session_get_selection (page->session));
  g_autofree char *count = ple_format_count (n);
  g_autofree char *question =
      g_strdup_printf (ngettext ("Move %s picture to", "Move %s pictures to", (gulong) n), count);

  ple_name_popover_ask (page->move_button, NULL, page->session, question, NULL,
                        "win.move-selection");
}
