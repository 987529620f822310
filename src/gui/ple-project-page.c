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

#define HOVER_SIDE 128
/* Names beyond this would only be dropped as colliding. */
#define N_MAP_NAMES 200

struct _PleProjectPage
{
  GtkBox parent_instance;
  PleSession *session;
  GtkWidget *sidebar;
  GtkWidget *filter_entry;
  PleClusterList *cluster_list;
  GtkWidget *map_overlay;
  PleMapView *map;
  PleMapView *truth_map;
  GtkWidget *map_note;
  GtkLabel *colour_label;
  GtkWidget *legend;
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
  PleColourMode colour_mode;
  PleClusterSort sort;
  gboolean legend_wanted;
  gboolean inspector_wanted;
  gboolean sidebar_wanted;
  PleMapColours *colours;
  guint32 hovered;
  PleMapView *hover_map;
  GtkWidget *hover_popover;
  GtkWidget *hover_image;
  gint32 shown_scope;
  gulong size_handler;
};

G_DEFINE_FINAL_TYPE (PleProjectPage, ple_project_page, GTK_TYPE_BOX)

static const char *const colour_names[PLE_N_COLOUR_MODES] = {
  [PLE_COLOUR_BY_CLUSTER] = N_ ("Colour: cluster"),
  [PLE_COLOUR_BY_CLASS] = N_ ("Colour: true class"),
  [PLE_COLOUR_BY_STATE] = N_ ("Colour: state"),
  [PLE_COLOUR_BY_CONFIDENCE] = N_ ("Colour: confidence"),
  [PLE_COLOUR_BY_CORRECTNESS] = N_ ("Colour: right or wrong"),
};

/* Rows of the sidebar. The list knows its rows by unsigned ids: groups that are no clusters come
 * from the end. */

static guint32
row_id (gint32 id)
{
  return id >= 0 ? (guint32) id : G_MAXUINT32 - (guint32) -id;
}

static gint32
cluster_id (guint32 row)
{
  return row <= G_MAXINT32 ? (gint32) row : -(gint32) (G_MAXUINT32 - row);
}

/* @name: (transfer full): where the row's text lives */
static void
describe_row (PleProjectPage *page, gint32 id, PleClusterRow *row, char **name)
{
  PleClusterIndex *index = ple_session_get_index (page->session);
  PleCuration *curation = ple_session_get_curation (page->session);
  const PleClusterSummary *summary;
  size_t n;

  *name = ple_session_dup_cluster_name (page->session, id);
  *row = (PleClusterRow){ .id = row_id (id), .name = *name, .quality = NAN };
  ple_cluster_index_get_members (index, id, &n);
  row->count = n;
  row->colour = ple_map_colours_of_cluster (page->session, id);
  if (id < 0)
    return;
  summary = ple_cluster_index_get (index, id);
  row->named = curation != NULL && ple_curation_get_cluster (curation, id).name[0] != '\0';
  row->quality = isnan (summary->purity) ? summary->confidence : summary->purity;
  row->n_pictures = MIN (summary->n_nearest, PLE_CLUSTER_PICTURES);
  memcpy (row->pictures, summary->nearest, row->n_pictures * sizeof (guint32));
  row->state = summary->size > 0 && summary->n_confirmed == summary->size ? PLE_CLUSTER_DONE
               : summary->n_unsure > 0                                    ? PLE_CLUSTER_DOUBTFUL
                                                                          : PLE_CLUSTER_OPEN;
}

typedef struct
{
  PleClusterRow row;
  char *name;
  char *folded; /* for sorting by name */
  double key;
} SortRow;

static void
sort_row_clear (gpointer data)
{
  SortRow *row = data;

  g_free (row->name);
  g_free (row->folded);
}

static int
compare_rows (gconstpointer a, gconstpointer b)
{
  const SortRow *x = a, *y = b;
  gint32 x_id = cluster_id (x->row.id), y_id = cluster_id (y->row.id);

  /* Groups that are no clusters stand last. */
  if ((x_id < 0) != (y_id < 0))
    return x_id < 0 ? 1 : -1;
  if (x->folded != NULL && y->folded != NULL)
    return g_utf8_collate (x->folded, y->folded);
  if (x->key != y->key)
    return x->key < y->key ? -1 : 1;
  return (x_id > y_id) - (x_id < y_id);
}

static double
sort_key (PleProjectPage *page, const PleClusterRow *row)
{
  switch (page->sort)
    {
    case PLE_SORT_SIZE:
      return -(double) row->count;
    case PLE_SORT_DOUBT:
      return isnan (row->quality) ? 0.0 : row->quality;
    case PLE_SORT_NAME:
    case PLE_SORT_NUMBER:
    default:
      return row->id;
    }
}

static void
show_rows (PleProjectPage *page, GArray *sorted)
{
  g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (PleClusterRow));

  for (guint i = 0; i < sorted->len; i++)
    g_array_append_val (rows, g_array_index (sorted, SortRow, i).row);
  page->updating_list = TRUE;
  ple_cluster_list_set_rows (page->cluster_list, (const PleClusterRow *) rows->data, rows->len);
  page->updating_list = FALSE;
}

static void
update_list (PleProjectPage *page)
{
  PleClusterIndex *index = ple_session_get_index (page->session);
  g_autoptr (GArray) sorted = g_array_new (FALSE, FALSE, sizeof (SortRow));
  g_autofree char *filter =
      g_utf8_casefold (gtk_entry_get_text (GTK_ENTRY (page->filter_entry)), -1);
  gint32 n_ids = index != NULL ? (gint32) ple_cluster_index_get_n_ids (index) : 0;

  g_array_set_clear_func (sorted, sort_row_clear);
  for (gint32 id = index != NULL ? PLE_GROUP_EXCLUDED : 0; id < n_ids; id++)
    {
      SortRow row = { .key = 0 };

      describe_row (page, id, &row.row, &row.name);
      if (filter[0] != '\0' || page->sort == PLE_SORT_NAME)
        row.folded = g_utf8_casefold (row.name, -1);
      /* Before the first labels all pictures are in no cluster: nothing to list. */
      if (row.row.count == 0 ||
          (id == PLE_GROUP_NONE && ple_session_get_labels (page->session) == NULL) ||
          (filter[0] != '\0' && strstr (row.folded, filter) == NULL))
        {
          sort_row_clear (&row);
          continue;
        }
      if (page->sort != PLE_SORT_NAME)
        g_clear_pointer (&row.folded, g_free);
      row.key = sort_key (page, &row.row);
      g_array_append_val (sorted, row);
    }
  g_array_sort (sorted, compare_rows);
  show_rows (page, sorted);
}

/* The map */

static void
update_names (PleProjectPage *page)
{
  PleClusterIndex *index = ple_session_get_index (page->session);
  PleCuration *curation = ple_session_get_curation (page->session);
  PlePoints *points = ple_session_get_points (page->session);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) xy = g_array_new (FALSE, FALSE, sizeof (float));
  g_autoptr (GArray) weights = g_array_new (FALSE, FALSE, sizeof (double));
  size_t n_ids = index != NULL ? ple_cluster_index_get_n_ids (index) : 0;

  for (size_t id = 0; points != NULL && curation != NULL && id < n_ids; id++)
    {
      PleClusterInfo info = ple_curation_get_cluster (curation, (gint32) id);
      const PleClusterSummary *summary = ple_cluster_index_get (index, (gint32) id);
      guint32 position;
      double weight = (double) summary->size;

      /* Numbers say little; names are what the person gave. */
      if (summary->n_nearest == 0 || (info.name[0] == '\0' && n_ids > N_MAP_NAMES))
        continue;
      position = points->position[summary->nearest[0]];
      if (position == PLE_POINTS_NOWHERE)
        continue;
      if (info.name[0] != '\0')
        {
          g_ptr_array_add (names, g_strdup (info.name));
          weight *= 1000;
        }
      else
        g_ptr_array_add (names, g_strdup_printf ("%" G_GSIZE_FORMAT, id));
      g_array_append_val (xy, points->x[position]);
      g_array_append_val (xy, points->y[position]);
      g_array_append_val (weights, weight);
    }
  ple_map_view_set_names (page->map, names->len, (const char *const *) names->pdata,
                          (const float *) (void *) xy->data,
                          (const double *) (void *) weights->data);
}

/* While one cluster is in focus the others step back. */
static void
update_flags (PleProjectPage *page)
{
  gint32 scope = ple_session_get_scope (page->session);
  const gint32 *labels = ple_session_get_labels (page->session);
  size_t n = ple_session_get_n_items (page->session);
  g_autofree guint8 *flags = NULL;

  if (scope < 0 || labels == NULL)
    {
      ple_map_view_set_flags (page->map, NULL, n);
      return;
    }
  flags = g_new (guint8, MAX (n, 1));
  for (size_t i = 0; i < n; i++)
    flags[i] = labels[i] == scope ? PLE_POINT_HIGHLIGHTED : PLE_POINT_GREYED;
  ple_map_view_set_flags (page->map, flags, n);
}

static void
set_colours (PleMapView *map, const PleMapColours *colours)
{
  ple_map_view_set_colours (map, colours->index, colours->n, colours->table, colours->n_table);
}

static void
update_colours (PleProjectPage *page)
{
  g_clear_pointer (&page->colours, ple_map_colours_free);
  if (ple_session_get_index (page->session) == NULL)
    return;
  page->colours = ple_map_colours_new (page->session, page->colour_mode);
  set_colours (page->map, page->colours);
  if (gtk_widget_get_visible (GTK_WIDGET (page->truth_map)))
    {
      g_autoptr (PleMapColours) truth = ple_map_colours_new (page->session, PLE_COLOUR_BY_CLASS);

      set_colours (page->truth_map, truth);
    }
  gtk_label_set_text (page->colour_label, _ (colour_names[page->colour_mode]));
  gtk_widget_set_visible (page->legend, page->legend_wanted && page->colours->legend->len > 0);
  gtk_widget_set_size_request (page->legend, 150, 12 + 18 * (int) page->colours->legend->len);
  gtk_widget_queue_draw (page->legend);
}

static gboolean
on_draw_legend (GtkWidget *widget, cairo_t *cr, PleProjectPage *page)
{
  GtkStyleContext *style = gtk_widget_get_style_context (widget);
  double width = gtk_widget_get_allocated_width (widget);
  double height = gtk_widget_get_allocated_height (widget);
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (widget, NULL);
  GdkRGBA paper = { 1, 1, 1, 1 }, ink;

  if (page->colours == NULL)
    return FALSE;
  gtk_style_context_lookup_color (style, "theme_base_color", &paper);
  gtk_style_context_get_color (style, gtk_style_context_get_state (style), &ink);
  cairo_rectangle (cr, 0, 0, width, height);
  cairo_set_source_rgba (cr, paper.red, paper.green, paper.blue, 0.85);
  cairo_fill (cr);
  pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_END);
  pango_layout_set_width (layout, (int) (width - 32) * PANGO_SCALE);
  for (guint i = 0; i < page->colours->legend->len; i++)
    {
      const PleLegendEntry *entry = g_ptr_array_index (page->colours->legend, i);
      double y = 6 + 18.0 * i;

      cairo_arc (cr, 12, y + 9, 5, 0, 2 * G_PI);
      cairo_set_source_rgb (cr, (entry->colour >> 16) / 255.0, (entry->colour >> 8 & 255) / 255.0,
                            (entry->colour & 255) / 255.0);
      cairo_fill (cr);
      pango_layout_set_text (layout, entry->text, -1);
      gdk_cairo_set_source_rgba (cr, &ink);
      cairo_move_to (cr, 24, y);
      pango_cairo_show_layout (cr, layout);
    }
  return FALSE;
}

static void
update_map_note (PleProjectPage *page)
{
  PleJob *job = ple_session_get_job (page->session);
  gboolean has_map = ple_session_get_points (page->session) != NULL;
  const char *text;

  if (job != NULL && !ple_job_is_over (job))
    text = _ ("The map appears here as soon as the pictures are described.\n"
              "You can browse them below already.");
  else if (job != NULL && ple_job_get_state (job) == PLE_JOB_FAILED)
    text = _ ("The run failed. The ring at the top says why.");
  else if (job != NULL && ple_job_get_state (job) == PLE_JOB_CANCELLED)
    text = _ ("The run was cancelled. The ring at the top lets you try again.");
  else
    text = _ ("This run has no map.");
  gtk_label_set_text (GTK_LABEL (page->map_note), text);
  gtk_widget_set_visible (page->map_note, !has_map);
}

static void
on_layout_changed (PleProjectPage *page)
{
  PleMatrix *xy = ple_session_get_layout (page->session);

  ple_map_view_set_points (page->map, xy);
  if (gtk_widget_get_visible (GTK_WIDGET (page->truth_map)))
    ple_map_view_set_points (page->truth_map, xy);
  update_map_note (page);
  update_names (page);
}

/* Hover */

static void
hide_hover (PleProjectPage *page)
{
  page->hovered = PLE_SELECTION_NO_ITEM;
  gtk_popover_popdown (GTK_POPOVER (page->hover_popover));
}

/* Shows the hovered picture as soon as a thread has made it. */
static void
show_hover (PleProjectPage *page)
{
  GdkRectangle area = { .width = 1, .height = 1 };
  int scale = gtk_widget_get_scale_factor (GTK_WIDGET (page));
  const PlePictureForm form = { .side = (guint16) (HOVER_SIDE * scale) };
  cairo_surface_t *surface;
  double x, y;

  if (page->hovered == PLE_SELECTION_NO_ITEM || page->pictures == NULL)
    return;
  surface = ple_picture_cache_lookup (page->pictures, NULL, page->hovered, form);
  if (surface == NULL)
    {
      ple_picture_cache_request (page->pictures, page, page->hovered, form);
      return;
    }
  if (!ple_map_view_get_item_position (page->hover_map, page->hovered, &x, &y))
    return;
  cairo_surface_set_device_scale (surface, scale, scale);
  gtk_image_set_from_surface (GTK_IMAGE (page->hover_image), surface);
  area.x = (int) x;
  area.y = (int) y;
  gtk_popover_set_relative_to (GTK_POPOVER (page->hover_popover), GTK_WIDGET (page->hover_map));
  gtk_popover_set_pointing_to (GTK_POPOVER (page->hover_popover), &area);
  gtk_popover_popup (GTK_POPOVER (page->hover_popover));
}

static void
on_hover (PleMapView *map, guint item, PleProjectPage *page)
{
  PleMapView *other = map == page->map ? page->truth_map : page->map;

  if (gtk_widget_get_visible (GTK_WIDGET (other)))
    ple_map_view_set_hover (other, item);
  if (item == page->hovered)
    return;
  if (page->pictures != NULL)
    ple_picture_cache_retract (page->pictures, page);
  if (item == PLE_SELECTION_NO_ITEM)
    {
      hide_hover (page);
      return;
    }
  page->hovered = item;
  page->hover_map = map;
  show_hover (page);
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
  guint32 row = row_id (scope);
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
  update_flags (page);
  describe_scope (page);
  update_order_label (page);
}

static void
on_clusters_changed (PleProjectPage *page)
{
  update_list (page);
  update_colours (page);
  update_names (page);
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

  if (!gtk_widget_is_focus (GTK_WIDGET (page->map)) &&
      !gtk_widget_is_focus (GTK_WIDGET (page->truth_map)))
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
    ple_session_select_cluster (page->session, cluster_id (rows[0]));
  if (n_rows < 2)
    return;
  items = g_array_new (FALSE, FALSE, sizeof (guint32));
  for (size_t i = 0; i < n_rows; i++)
    {
      size_t n;
      const guint32 *members = ple_cluster_index_get_members (index, cluster_id (rows[i]), &n);

      if (n > 0)
        g_array_append_vals (items, members, (guint) n);
    }
  ple_session_set_scope (page->session,
                         cluster_id (ple_cluster_list_get_focus_id (page->cluster_list)));
  ple_selection_apply (selection, (const guint32 *) items->data, items->len, PLE_SELECT_REPLACE);
}

static void
on_cluster_activated (PleClusterList *list, guint id, PleProjectPage *page)
{
  if (cluster_id (id) >= 0)
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

  g_clear_pointer (&page->colours, ple_map_colours_free);
  g_clear_object (&page->pictures);
  g_clear_pointer (&page->hover_popover, gtk_widget_destroy);
  G_OBJECT_CLASS (ple_project_page_parent_class)->dispose (object);
}

static void
ple_project_page_class_init (PleProjectPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  g_type_ensure (PLE_TYPE_CLUSTER_LIST);
  g_type_ensure (PLE_TYPE_MAP_VIEW);
  g_type_ensure (PLE_TYPE_TILES_VIEW);
  g_type_ensure (PLE_TYPE_INSPECTOR);
  G_OBJECT_CLASS (klass)->dispose = ple_project_page_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/pleiades/Pleiades/ui/ple-project-page.ui");
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, sidebar);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, filter_entry);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, cluster_list);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, map_overlay);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, map);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, truth_map);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, map_note);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, colour_label);
  gtk_widget_class_bind_template_child (widget_class, PleProjectPage, legend);
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

static void
make_hover_popover (PleProjectPage *page)
{
  page->hover_popover = gtk_popover_new (GTK_WIDGET (page->map));
  page->hover_image = gtk_image_new ();
  gtk_popover_set_modal (GTK_POPOVER (page->hover_popover), FALSE);
  gtk_style_context_add_class (gtk_widget_get_style_context (page->hover_popover), "hover-card");
  gtk_widget_show (page->hover_image);
  gtk_container_add (GTK_CONTAINER (page->hover_popover), page->hover_image);
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
  page->hovered = PLE_SELECTION_NO_ITEM;
  page->shown_scope = PLE_SCOPE_ALL;
  gtk_widget_init_template (GTK_WIDGET (page));
  make_hover_popover (page);
  set_name (page->cluster_list, _ ("Clusters"));
  set_name (page->map, _ ("Map"));
  set_name (page->truth_map, _ ("Map of the true classes"));
  set_name (page->tiles, _ ("Pictures"));
  ple_tiles_view_set_info_func (page->tiles, describe_tile, page);
  ple_tiles_view_set_name_func (page->tiles, name_tile, page);
  g_signal_connect (page->legend, "draw", G_CALLBACK (on_draw_legend), page);
  g_signal_connect (page->map, "hover", G_CALLBACK (on_hover), page);
  g_signal_connect (page->map, "context-menu", G_CALLBACK (on_menu), page);
  g_signal_connect (page->truth_map, "hover", G_CALLBACK (on_hover), page);
  g_signal_connect (page->truth_map, "context-menu", G_CALLBACK (on_menu), page);
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
  hide_hover (page);
  if (page->pictures != NULL)
    g_signal_handlers_disconnect_by_data (page->pictures, page);
  g_set_object (&page->pictures, pictures);
  ple_tiles_view_set_pictures (page->tiles, pictures);
  ple_cluster_list_set_pictures (page->cluster_list, pictures);
  if (pictures != NULL)
    g_signal_connect_object (pictures, "updated", G_CALLBACK (show_hover), page, G_CONNECT_SWAPPED);
}

static void
on_phase_changed (PleProjectPage *page)
{
  take_pictures (page);
  page->shown_scope = PLE_SCOPE_ALL;
  on_clusters_changed (page);
  on_layout_changed (page);
  on_scope_changed (page);
  on_selection_changed (page);
}

void
ple_project_page_set_session (PleProjectPage *page, PleSession *session)
{
  PleSelection *selection = ple_session_get_selection (session);

  page->session = session;
  ple_map_view_set_selection (page->map, selection);
  ple_map_view_set_selection (page->truth_map, selection);
  ple_tiles_view_set_selection (page->tiles, selection);
  ple_inspector_set_session (page->inspector, session);
  g_signal_connect_object (selection, "changed", G_CALLBACK (on_selection_changed), page,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (selection, "changed", G_CALLBACK (on_map_picked), page,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "phase-changed", G_CALLBACK (on_phase_changed), page,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "layout-changed", G_CALLBACK (on_layout_changed), page,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "clusters-changed", G_CALLBACK (on_clusters_changed), page,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "scope-changed", G_CALLBACK (on_scope_changed), page,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "job-changed", G_CALLBACK (update_map_note), page,
                           G_CONNECT_SWAPPED);
}

PleMapView *
ple_project_page_get_map (PleProjectPage *page)
{
  return page->map;
}

GtkWidget *
ple_project_page_get_split_button (PleProjectPage *page)
{
  return page->split_button;
}

void
ple_project_page_set_colour_mode (PleProjectPage *page, PleColourMode mode)
{
  page->colour_mode = mode;
  update_colours (page);
}

void
ple_project_page_set_sort (PleProjectPage *page, PleClusterSort sort)
{
  page->sort = sort;
  update_list (page);
}

void
ple_project_page_set_tool (PleProjectPage *page, PleMapTool tool)
{
  ple_map_view_set_tool (page->map, tool);
  ple_map_view_set_tool (page->truth_map, tool);
}

void
ple_project_page_set_side_by_side (PleProjectPage *page, gboolean shown)
{
  gtk_widget_set_visible (GTK_WIDGET (page->truth_map), shown);
  /* The legend is of the left map. */
  gtk_widget_set_halign (page->legend, shown ? GTK_ALIGN_START : GTK_ALIGN_END);
  on_layout_changed (page);
  update_colours (page);
}

void
ple_project_page_set_legend (PleProjectPage *page, gboolean shown)
{
  page->legend_wanted = shown;
  update_colours (page);
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
  return ple_map_view_get_settled (page->map) &&
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
